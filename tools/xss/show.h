/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSS_SHOW_H
#define XSS_SHOW_H

#include <stdbool.h>

#include "ask.h"

/* What else is shown of each socket. */
struct show {
	bool	numeric;	/* -n */
	bool	resolve;	/* -r */
	bool	timers;		/* -o */
	bool	extended;	/* -e */
	bool	memory;		/* -m */
	bool	processes;	/* -p */
	bool	info;		/* -i */
	bool	cgroups;	/* --cgroup */
	bool	tos;		/* --tos */
	bool	one_line;	/* -O */
	bool	no_header;	/* -H */
};

void show_table(struct conn *conns, int n, const struct show *show);
void show_summary(const struct conn *conns, int n);

#endif
