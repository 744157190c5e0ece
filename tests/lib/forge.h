/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What no TCP has sent, over the wire under test: a stranger's segments and ICMP errors, or
 * those of a peer that is none.  Over IPv4 alone.
 */
#ifndef TESTS_FORGE_H
#define TESTS_FORGE_H

#include "spoof.h"

/* They leave from the namespace in which this was called. */
int forge_open(void);

/* Send it.  A full queue on the way loses it. */
void forge(int fd, const struct spoofed *seg);

/* Send an ICMP error of @router's about a segment, to who claims to have sent that. */
void forge_icmp(int fd, in_addr_t router, int type, int code, int mtu,
		const struct spoofed *about);

#endif
