// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table: 4-tuple and wire -> connection, request or TIME_WAIT.
 *
 * One rhashtable per network namespace: RCU to read, its bucket locks to write.
 * The objects are freed an RCU grace period after they left it.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include "../wire/ip.h"
#include "demux.h"
#include "tcb.h"

static __always_inline u32 tuple_hash(const void *data, u32 len, u32 seed)
{
	const struct xtcp_tuple *t = data;
	u32 ports = (u32)t->lport << 16 | t->rport;

	if (likely(ipv6_addr_v4mapped(&t->raddr)))
		return jhash_3words((__force u32)t->laddr.s6_addr32[3],
				    (__force u32)t->raddr.s6_addr32[3], ports,
				    seed ^ t->wire ^ (u32)t->l3mdev << 8);
	return jhash2((const u32 *)t, sizeof(*t) / sizeof(u32), seed);
}

static __always_inline int tuple_differs(struct rhashtable_compare_arg *arg,
					 const void *obj)
{
	const struct xtcp_tuple *a = arg->key;
	const struct xtcp_tuple *b = &((const struct xtcp_node *)obj)->tuple;

	return a->lport != b->lport || a->rport != b->rport ||
	       a->wire != b->wire || a->l3mdev != b->l3mdev ||
	       !ipv6_addr_equal(&a->raddr, &b->raddr) ||
	       !ipv6_addr_equal(&a->laddr, &b->laddr);
}

static const struct rhashtable_params conns_params = {
	.head_offset = offsetof(struct xtcp_node, hash),
	.key_offset = offsetof(struct xtcp_node, tuple),
	.key_len = sizeof(struct xtcp_tuple),
	.hashfn = tuple_hash,
	.obj_cmpfn = tuple_differs,
	.nelem_hint = 256,
	.automatic_shrinking = true,
};

/**
 * xtcp_demux_net_init() - make a namespace's connection table
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_demux_net_init(struct xtcp_net *xn)
{
	return rhashtable_init(&xn->conns, &conns_params);
}

/**
 * xtcp_demux_net_exit() - free a namespace's connection table, empty by now
 * @xn: the namespace
 *
 * Process context; sleeps.
 */
void xtcp_demux_net_exit(struct xtcp_net *xn)
{
	rhashtable_destroy(&xn->conns);
}

static __always_inline struct xtcp_node *lookup(struct xtcp_net *xn,
						const struct xtcp_tuple *t)
{
	return rhashtable_lookup(&xn->conns, t, conns_params);
}

/**
 * xtcp_lookup() - what stands for this 4-tuple
 * @xn: the namespace
 * @t: local and remote end, and the wire
 *
 * Under rcu_read_lock(); the answer may leave the table at any time, so take a
 * reference, lock it, and check that it is still alive.
 *
 * Return: the node, or NULL
 */
struct xtcp_node *xtcp_lookup(struct xtcp_net *xn, const struct xtcp_tuple *t)
{
	return lookup(xn, t);
}

/**
 * xtcp_node_open() - the connection of a node, if it is open
 * @node: what a look-up found, or NULL
 *
 * Under rcu_read_lock().  Return: the connection, with a reference of the caller's; or NULL
 */
struct sock *xtcp_node_open(struct xtcp_node *node)
{
	struct sock *sk;

	if (!node || node->kind != XTCP_KIND_CONNECTION)
		return NULL;
	sk = xtcp_node_sk(node);
	return xtcp_in_state(sk, XTCP_STATES_CONNECTED) &&
	       refcount_inc_not_zero(&sk->sk_refcnt) ? sk : NULL;
}

/* The device that a node's socket is, or was, bound to. */
static int bound_device(struct xtcp_node *node)
{
	return node->kind == XTCP_KIND_CONNECTION ?
	       READ_ONCE(xtcp_node_sk(node)->sk_bound_dev_if) : node->ifindex;
}

/**
 * xtcp_node_receives() - may it have what came by this device?
 * @xn: the namespace
 * @node: what has the packet's 4-tuple
 * @skb: the packet, as the IP layer left it
 *
 * SO_BINDTODEVICE.  Under rcu_read_lock().
 */
bool xtcp_node_receives(struct xtcp_net *xn, struct xtcp_node *node,
			const struct sk_buff *skb)
{
	int bound = bound_device(node), sdif = xtcp_skb_sdif(skb);

	return likely(!bound && !sdif) ||
	       inet_sk_bound_dev_eq(xn->net, bound, xtcp_skb_iif(skb), sdif);
}

static struct xtcp_node *lookup_by_device(struct xtcp_net *xn,
					  const struct sk_buff *skb,
					  const struct xtcp_tuple *t)
{
	struct xtcp_node *node = lookup(xn, t);

	return node && xtcp_node_receives(xn, node, skb) ? node : NULL;
}

static noinline struct xtcp_node *lookup_outside_vrf(struct xtcp_net *xn,
						     const struct sk_buff *skb,
						     const struct xtcp_tuple *t)
{
	struct xtcp_tuple outside = *t;

	outside.l3mdev = 0;
	return lookup_by_device(xn, skb, &outside);
}

/**
 * xtcp_lookup_received() - whom a received packet is for
 * @xn: the namespace
 * @skb: the packet, as the IP layer left it: a segment, or an ICMP error
 * @t: the 4-tuple that it names, and the VRF that it came by
 *
 * Like xtcp_lookup(), but ignores what is bound to another device:
 * SO_BINDTODEVICE.  Where net.ipv4.tcp_l3mdev_accept says so, a packet that
 * came by a VRF may be for a connection outside every VRF.
 *
 * Under rcu_read_lock().  Return: the node, or NULL
 */
struct xtcp_node *xtcp_lookup_received(struct xtcp_net *xn,
				       const struct sk_buff *skb,
				       const struct xtcp_tuple *t)
{
	struct xtcp_node *node = lookup_by_device(xn, skb, t);

	return likely(node || !t->l3mdev) ? node : lookup_outside_vrf(xn, skb, t);
}

/**
 * xtcp_lookup_open() - the open connection for a segment that was not routed yet
 * @xn: the namespace
 * @skb: the segment; it came by no VRF
 * @t: its 4-tuple, as seen from here
 *
 * As xtcp_lookup_received().  A handshake's segments go by the way of those that ask for
 * one: the 4-tuple of a SYN that was sent may be another TCP's.
 *
 * Softirq, under rcu_read_lock().
 *
 * Return: the connection, with a reference of the caller's; or NULL
 */
struct sock *xtcp_lookup_open(struct xtcp_net *xn, const struct sk_buff *skb,
			      const struct xtcp_tuple *t)
{
	struct xtcp_node *node = lookup(xn, t);
	int bound = node ? bound_device(node) : 0;

	return !bound || bound == skb->skb_iif ? xtcp_node_open(node) : NULL;
}

/**
 * xtcp_node_insert() - enter a node in the table
 * @xn: the namespace
 * @node: its tuple must not change from now on
 *
 * Any context but hard interrupt.
 *
 * Return: 0; -EADDRNOTAVAIL where the tuple is taken; -ENOMEM
 */
int xtcp_node_insert(struct xtcp_net *xn, struct xtcp_node *node)
{
	int err = rhashtable_lookup_insert_fast(&xn->conns, &node->hash,
						conns_params);

	if (err == -EEXIST)
		return -EADDRNOTAVAIL;
	return err ? -ENOMEM : 0;	/* -EBUSY, -E2BIG: it cannot grow now */
}

/**
 * xtcp_node_remove() - take a node out of the table
 * @xn: the namespace
 * @node: must be in it
 *
 * Any context but hard interrupt.  Readers may still see it until a grace
 * period has passed.
 */
void xtcp_node_remove(struct xtcp_net *xn, struct xtcp_node *node)
{
	rhashtable_remove_fast(&xn->conns, &node->hash, conns_params);
}

/**
 * xtcp_node_replace() - let another node stand for a 4-tuple
 * @xn: the namespace
 * @old: the one in the table
 * @new: with the same tuple, not in the table
 *
 * A reader always finds one of the two.  Any context but hard interrupt.
 *
 * Return: 0, or -ENOENT where @old was not there
 */
int xtcp_node_replace(struct xtcp_net *xn, struct xtcp_node *old,
		      struct xtcp_node *new)
{
	return rhashtable_replace_fast(&xn->conns, &old->hash, &new->hash,
				       conns_params);
}

/**
 * xtcp_unhash() - take a connection out of the table, if it is in it
 * @sk: the connection, locked
 */
void xtcp_unhash(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->hashed)
		return;
	x->hashed = false;
	xtcp_node_remove(x->xn, &x->node);
}
