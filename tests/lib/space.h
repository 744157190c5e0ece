/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several network namespaces in one process: a socket belongs to the one in
 * which its thread was when it called socket().
 */
#ifndef TESTS_SPACE_H
#define TESTS_SPACE_H

#include <stdbool.h>

int space_make(void);
void space_go(int space);
int space_named(const char *name);
void command_over_ip(char *to, const char *command);
bool run(const char *fmt, ...) __attribute((format(printf, 1, 2)));

/* Two namespaces joined by veth0, 10.9.0.1 in the first, 10.9.0.2 in the other. */
struct spaces {
	int a;
	int b;
};

void spaces_make(struct spaces *s);
int sysctl_ip(const char *name, const char *value);
void router_here(void);
int no_route_errno(void);
int sysctl_wire(const char *name, const char *value);
long long counter(const char *name);
long long kernel_counter(const char *protocol, const char *name);

#endif
