/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_DEMUX_H
#define _XTCP_DEMUX_H

#include "connection.h"

int xtcp_demux_net_init(struct xtcp_net *xn);
void xtcp_demux_net_exit(struct xtcp_net *xn);

struct xtcp_node *xtcp_lookup(struct xtcp_net *xn, const struct xtcp_tuple *t);
int xtcp_node_insert(struct xtcp_net *xn, struct xtcp_node *node);
void xtcp_node_remove(struct xtcp_net *xn, struct xtcp_node *node);
int xtcp_node_replace(struct xtcp_net *xn, struct xtcp_node *old,
		      struct xtcp_node *new);
void xtcp_unhash(struct sock *sk);

static inline void xtcp_addr_from_v4(struct in6_addr *a, __be32 v4)
{
	a->s6_addr32[0] = 0;
	a->s6_addr32[1] = 0;
	a->s6_addr32[2] = htonl(0xffff);
	a->s6_addr32[3] = v4;
}

/* The IPv4 address in a mapped one. */
static inline __be32 xtcp_addr_v4(const struct in6_addr *a)
{
	return a->s6_addr32[3];
}

#endif /* _XTCP_DEMUX_H */
