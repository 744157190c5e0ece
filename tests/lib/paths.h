/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths between two namespaces, by way of a router that does harm to what it forwards:
 *
 *	a - router - b
 *
 * The devices of a and b can neither gather nor add checksums, so each frame reaches the
 * router in one piece and complete: corruption meets the data, and not only the headers.
 */
#ifndef TESTS_PATHS_H
#define TESTS_PATHS_H

#include <stdbool.h>

enum { A, B, SIDES };

/* On path 3, a's address is 10.3.0.1, b's 10.3.1.1. */
struct paths {
	int count;
	int router;
	int space[SIDES];
};

/* Return: false where there is no netem; @harm has its words for each path */
bool paths_make(struct paths *p, const char * const *harm, int count);

/* Return: how many packets the device of a side has received or sent */
long long paths_packets(const struct paths *p, int side, int path, bool sent);

/* Return: what netem counts on the way to @side: "dropped", "requeues" (reordered) */
long long paths_counter(const struct paths *p, int side, int path, const char *name);

/* The same of a device of the namespace that we are in. */
long long qdisc_counter(const char *device, const char *name);

#endif
