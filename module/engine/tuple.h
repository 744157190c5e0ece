/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tells one connection from another, and the entry by which the
 * connection table knows it.
 */
#ifndef _XTCP_TUPLE_H
#define _XTCP_TUPLE_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <net/ipv6.h>

/**
 * struct xtcp_tuple - what tells one connection from another
 *
 * IPv4 addresses are written as IPv4-mapped ones, so that one table serves
 * both versions.  Ports are in host order.  Each VRF has connections of its own.
 *
 * RFC 9293: MUST-45.
 */
struct xtcp_tuple {
	struct in6_addr	laddr;		/* ours */
	struct in6_addr	raddr;		/* the peer's */
	u16		lport;
	u16		rport;
	int		l3mdev;		/* the VRF's device; 0: none */
	u8		wire;		/* IPPROTO_XTCP, or IPPROTO_TCP */
	u8		pad[3];		/* zero: the ISN hashes the whole */
};

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

static inline bool xtcp_addr_is_loopback(const struct in6_addr *a)
{
	return ipv6_addr_v4mapped(a) ? ipv4_is_loopback(xtcp_addr_v4(a)) : ipv6_addr_loopback(a);
}

/* Both IPv4 addresses, for a hash that costs a third of one of the whole. */
static inline u64 xtcp_tuple_v4_hosts(const struct xtcp_tuple *t)
{
	return (u64)(__force u32)xtcp_addr_v4(&t->laddr) << 32 |
	       (__force u32)xtcp_addr_v4(&t->raddr);
}

enum xtcp_kind {
	XTCP_KIND_NONE,		/* of no node */
	XTCP_KIND_CONNECTION,	/* struct xtcp_sock: tcb.h */
	XTCP_KIND_REQUEST,	/* struct xtcp_request: request.h */
	XTCP_KIND_TIME_WAIT,	/* struct xtcp_timewait: timewait.h */
};

/**
 * struct xtcp_node - what the connection table has: one of three objects
 *
 * Looked up under RCU.
 */
struct xtcp_node {
	struct xtcp_tuple	tuple;
	int			ifindex; /* the device it is bound to; 0: none.  Not a
					  * connection's: the socket knows
					  */
	u8			kind;	/* enum xtcp_kind */
	u8			family;	/* AF_INET, AF_INET6: whose sockets'.  As @ifindex */
};

/* In the place of a pointer: a number of one byte, so that nobody sees half of it. */
#define XTCP_LINK_SOCK	1UL

/**
 * struct xtcp_link - by which the connection table holds a node
 * @hash: the next in its chain
 * @node: the node; up to XTCP_LINK_SOCK: this is a socket's sk_node, and its
 *	node is meant
 *
 * A socket's memory may become another one's while a reader is still there
 * (SLAB_TYPESAFE_BY_RCU).  All of it is zeroed then, byte by byte perhaps, but sk_node.next.
 * That therefore has to be the link: the reader goes on to the end of some chain, notices
 * that it is not the end of its own, and begins again.
 */
struct xtcp_link {
	struct rhash_head	hash;
	struct xtcp_node	*node;
};

#endif /* _XTCP_TUPLE_H */
