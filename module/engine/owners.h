/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OWNERS_H
#define _XTCP_OWNERS_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct sock;
struct xtcp_hold;
struct xtcp_owner_group;
struct xtcp_port;

/**
 * struct xtcp_owner - a socket or TIME_WAIT object that occupies a port
 * @node: in its group; like all of this, guarded by the port's lock
 * @port: the port, or NULL
 * @group: owners.c: those equal to it
 * @hold: on the TCP wire: the port in the kernel's TCP
 * @uid: the user that it belongs to; a child's: its listener's
 * @is_sock: this is part of a struct xtcp_sock
 * @bound: bind() gave it the port, or gave it to its listener; not connect()
 * @guards: @hold knows that this shares the port with nobody
 */
struct xtcp_owner {
	struct hlist_node	node;
	struct xtcp_port	*port;
	struct xtcp_owner_group	*group;
	struct xtcp_hold	*hold;
	kuid_t			uid;
	bool			is_sock;
	bool			bound;
	bool			guards;
};

/* A check moves owners to another group one by one, and stops after this many. */
#define XTCP_OWNERS_MOVES_MAX	64

enum xtcp_owner_how {
	XTCP_OWNER_REUSE	= BIT(0),	/* SO_REUSEADDR */
	XTCP_OWNER_REUSEPORT	= BIT(1),	/* SO_REUSEPORT */
	XTCP_OWNER_LISTENS	= BIT(2),
	XTCP_OWNER_TIME_WAIT	= BIT(3),	/* SO_REUSEPORT: for any user */
	XTCP_OWNER_BOUND	= BIT(4),	/* not chosen by connect() */
	XTCP_OWNER_V4		= BIT(5),	/* the address reaches IPv4 */
	XTCP_OWNER_V6		= BIT(6),
	XTCP_OWNER_VERSIONS	= XTCP_OWNER_V4 | XTCP_OWNER_V6,
};

/**
 * struct xtcp_owner_key - all that decides whether two owners conflict
 * @laddr: the local address; all zero: every one
 * @ifindex: the device; 0: every one
 * @l3mdev: the VRF's device; 0: none.  Each VRF has ports of its own
 * @uid: with SO_REUSEPORT: the user; else zero
 * @how: enum xtcp_owner_how
 *
 * Compared byte by byte: there is no padding.
 */
struct xtcp_owner_key {
	struct in6_addr	laddr;
	int		ifindex;
	int		l3mdev;
	kuid_t		uid;
	u32		how;
};

/**
 * struct xtcp_owner_group - owners with the same key, or a class of such groups
 * @node: among the port's groups, or classes
 * @key: of each member; a class' address is all zero
 * @taken: it is one of its port's own
 * @members: a group's: struct xtcp_owner; a class': struct xtcp_owner_group
 * @class: a group's class; NULL: this is one
 * @sibling: among its class' members
 */
struct xtcp_owner_group {
	struct rb_node		node;
	struct xtcp_owner_key	key;
	bool			taken;
	struct hlist_head	members;
	struct xtcp_owner_group	*class;
	struct hlist_node	sibling;
};

/**
 * struct xtcp_owners - who owns a port, in groups of equals
 * @groups: those with the same key
 * @classes: those groups whose keys differ in nothing but the address
 * @first: room for a group and its class: most ports have no more
 *
 * The port's lock guards all that is done to it.
 */
struct xtcp_owners {
	struct rb_root		groups;
	struct rb_root		classes;
	struct xtcp_owner_group	first[2];
};

/**
 * struct xtcp_owners_check - does a bid for a port conflict with its owners?
 * @wish: the bidder's key
 * @self: an owner that does not count, or NULL
 * @looks: how many classes, groups and owners were looked at
 * @moves: how many owners moved to another group
 */
struct xtcp_owners_check {
	const struct xtcp_owner_key	*wish;
	const struct xtcp_owner		*self;
	unsigned int			looks;
	unsigned int			moves;
};

/* Nobody owns the port yet. */
static inline void xtcp_owners_init(struct xtcp_owners *owners)
{
	owners->groups = RB_ROOT;
	owners->classes = RB_ROOT;
	owners->first[0].taken = false;
	owners->first[1].taken = false;
}

static inline bool xtcp_owners_none(const struct xtcp_owners *owners)
{
	return RB_EMPTY_ROOT(&owners->groups);
}

/* Every address: ::, or 0.0.0.0 as an IPv4-mapped one. */
static inline bool xtcp_owner_any_addr(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | a->s6_addr32[3]) &&
	       (!a->s6_addr32[2] || a->s6_addr32[2] == htonl(0xffff));
}

void xtcp_owner_key(struct xtcp_owner_key *key, const struct sock *sk,
		    kuid_t uid);
bool xtcp_owners_bound(const struct xtcp_owners *owners, int l3mdev);
int xtcp_owners_conflict(struct xtcp_owners *owners,
			 struct xtcp_owners_check *check);
int xtcp_owners_add(struct xtcp_owners *owners, struct xtcp_owner *o,
		    const struct xtcp_owner_key *key);
void xtcp_owners_join(struct xtcp_owner *o, const struct xtcp_owner *other);
int xtcp_owners_move(struct xtcp_owners *owners, struct xtcp_owner *o,
		     const struct xtcp_owner_key *key);
void xtcp_owners_remove(struct xtcp_owners *owners, struct xtcp_owner *o);
struct sock *xtcp_owners_idle_sock(const struct xtcp_owners *owners, unsigned int nth);

#endif /* _XTCP_OWNERS_H */
