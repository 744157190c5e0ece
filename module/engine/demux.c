// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table: 4-tuple and wire -> connection, request or TIME_WAIT.
 *
 * One rhashtable per network namespace: RCU to read, its bucket locks to write.
 *
 * A request or a TIME_WAIT is freed an RCU grace period after it left the table.  A
 * connection is freed at once, and its memory may soon be another connection's: whoever
 * has found one takes a reference, and looks whether it is still the one that he meant
 * (xtcp_node_get()).  Sockets that come back a grace period late, in bursts, cost pages
 * and time.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include "../wire/early.h"
#include "../wire/ip.h"
#include "demux.h"
#include "tcb.h"

static struct xtcp_node *link_node(const struct xtcp_link *link)
{
	if ((unsigned long)link->node > XTCP_LINK_SOCK)
		return link->node;
	return &container_of((struct hlist_node *)link, struct xtcp_sock,
			     inet.sk.sk_node)->node;
}

/* jhash2() of the whole would hash eleven words, in a loop. */
static __always_inline u32 tuple_hash(const void *data, u32 len, u32 seed)
{
	const struct xtcp_tuple *t = data;
	u32 ports = (u32)t->lport << 16 | t->rport;
	const __be32 *l = t->laddr.s6_addr32, *r = t->raddr.s6_addr32;

	seed ^= t->wire ^ (u32)t->l3mdev << 8;
	if (likely(ipv6_addr_v4mapped(&t->raddr)))
		return jhash_3words((__force u32)l[3], (__force u32)r[3], ports, seed);
	seed = jhash_3words((__force u32)l[0], (__force u32)l[1], (__force u32)l[2], seed);
	seed = jhash_3words((__force u32)l[3], (__force u32)r[0], (__force u32)r[1], seed);
	return jhash_3words((__force u32)r[2], (__force u32)r[3], ports, seed);
}

static u32 link_hash(const void *obj, u32 len, u32 seed)
{
	return tuple_hash(&link_node(obj)->tuple, len, seed);
}

static __always_inline bool tuples_differ(const struct xtcp_tuple *a, const struct xtcp_tuple *b)
{
	return a->lport != b->lport || a->rport != b->rport ||
	       a->wire != b->wire || a->l3mdev != b->l3mdev ||
	       !ipv6_addr_equal(&a->raddr, &b->raddr) ||
	       !ipv6_addr_equal(&a->laddr, &b->laddr);
}

static __always_inline int link_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	return tuples_differ(arg->key, &link_node(obj)->tuple);
}

static const struct rhashtable_params conns_params = {
	.head_offset = offsetof(struct xtcp_link, hash),
	.key_len = sizeof(struct xtcp_tuple),
	.hashfn = tuple_hash,
	.obj_hashfn = link_hash,
	.obj_cmpfn = link_differs,
	.nelem_hint = 256,
	.automatic_shrinking = true,
};

/* Where a request has its SYN's route. */
static void (*request_use_route)(struct xtcp_node *node, struct sk_buff *skb) __read_mostly;

/**
 * xtcp_demux_init() - say who gives a handshake's segments a route
 * @use_route: xtcp_request_use_route(); stays
 *
 * At module load.
 */
void xtcp_demux_init(void (*use_route)(struct xtcp_node *node, struct sk_buff *skb))
{
	request_use_route = use_route;
}

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
	struct xtcp_link *link = rhashtable_lookup(&xn->conns, t, conns_params);

	return link ? link_node(link) : NULL;
}

/**
 * xtcp_lookup() - what stands for this 4-tuple
 * @xn: the namespace
 * @t: local and remote end, and the wire
 *
 * Under rcu_read_lock(); the answer may leave the table at any time, so take a
 * reference, a connection's by xtcp_node_get(), lock it, and check that it is still alive.
 *
 * Return: the node, or NULL
 */
struct xtcp_node *xtcp_lookup(struct xtcp_net *xn, const struct xtcp_tuple *t)
{
	return lookup(xn, t);
}

/* Is that connection still the one that was found? */
static __always_inline bool sock_has(const struct sock *sk, const struct xtcp_net *xn,
				     const struct xtcp_tuple *t)
{
	return likely(xtcp_sk(sk)->xn == xn && !tuples_differ(&xtcp_sk(sk)->node.tuple, t));
}

static __always_inline struct sock *sock_get(struct sock *sk, const struct xtcp_net *xn,
					     const struct xtcp_tuple *t)
{
	if (unlikely(!refcount_inc_not_zero(&sk->sk_refcnt)))
		return NULL;
	if (sock_has(sk, xn, t))
		return sk;
	sock_put(sk);
	return NULL;
}

/**
 * xtcp_node_get() - take a reference to a connection, if it is still the one that was found
 * @xn: the namespace
 * @node: what a look-up found: a connection's
 * @t: the 4-tuple that was looked for
 *
 * Under rcu_read_lock().
 *
 * Return: the connection; NULL where it has ended, and its memory may be another one's
 */
struct sock *xtcp_node_get(const struct xtcp_net *xn, struct xtcp_node *node,
			   const struct xtcp_tuple *t)
{
	return sock_get(xtcp_node_sk(node), xn, t);
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

/* The open connection for a segment that came by no VRF, without a reference.  One of a
 * handshake may get its SYN's route.
 */
static __always_inline struct sock *lookup_open(struct xtcp_net *xn, struct sk_buff *skb,
						const struct xtcp_tuple *t)
{
	struct xtcp_node *node = lookup(xn, t);
	struct sock *sk;
	int bound;

	if (!node)
		return NULL;
	if (unlikely(node->kind != XTCP_KIND_CONNECTION)) {
		if (node->kind == XTCP_KIND_REQUEST && !skb_dst(skb))
			request_use_route(node, skb);
		return NULL;
	}
	sk = xtcp_node_sk(node);
	bound = READ_ONCE(sk->sk_bound_dev_if);
	return xtcp_in_state(sk, XTCP_STATES_CONNECTED) &&
	       (likely(!bound) || bound == skb->skb_iif) ? sk : NULL;
}

/**
 * xtcp_lookup_open() - the open connection that a segment is for
 * @xn: the namespace
 * @skb: the segment, routed or not; it came by no VRF
 * @t: its 4-tuple, as seen from here
 *
 * The quick way.  A handshake's segments go by the way of those that ask for one: the
 * 4-tuple of a SYN that was sent may be another TCP's.
 *
 * Softirq, under rcu_read_lock().
 *
 * Return: the connection, with a reference of the caller's; NULL where there is none, or
 * xtcp_lookup_received() must be asked
 */
struct sock *xtcp_lookup_open(struct xtcp_net *xn, struct sk_buff *skb,
			      const struct xtcp_tuple *t)
{
	struct sock *sk = lookup_open(xn, skb, t);

	return sk ? sock_get(sk, xn, t) : NULL;
}

/**
 * xtcp_lookup_open_route() - let a segment come by the route of its connection's last one
 * @xn: the namespace
 * @skb: the segment, not routed yet; it came by no VRF
 * @t: its 4-tuple, as seen from here
 *
 * As xtcp_lookup_open(), but takes no reference: that the route was the connection's shows
 * when the connection is still the one that was found.
 *
 * Softirq, under rcu_read_lock().
 *
 * Return: whether there is a connection; its route may not hold any more
 */
bool xtcp_lookup_open_route(struct xtcp_net *xn, struct sk_buff *skb, const struct xtcp_tuple *t)
{
	struct sock *sk = lookup_open(xn, skb, t);
	struct dst_entry *dst;

	if (!sk)
		return false;
	dst = xtcp_early_route(sk, skb);
	/* whoever has the memory next gives it a 4-tuple before a route: rcu_assign_pointer() */
	smp_rmb();
	if (!sock_has(sk, xn, t))
		return false;
	if (dst)
		skb_dst_set_noref(skb, dst);
	return true;
}

/**
 * xtcp_walk_node() - an entry of a walk over the table
 * @entry: what rhashtable_walk_next() or rhashtable_walk_peek() gave
 *
 * Return: the node, which may leave the table at any time; or the error, or NULL, that
 * @entry is
 */
struct xtcp_node *xtcp_walk_node(void *entry)
{
	return IS_ERR_OR_NULL(entry) ? entry : link_node(entry);
}

/**
 * xtcp_link_insert() - enter a node in the table
 * @xn: the namespace
 * @link: the node's; its tuple must not change from now on
 *
 * Any context but hard interrupt.
 *
 * Return: 0; -EADDRNOTAVAIL where the tuple is taken; -ENOMEM
 */
int xtcp_link_insert(struct xtcp_net *xn, struct xtcp_link *link)
{
	int err = rhashtable_lookup_insert_key(&xn->conns, &link_node(link)->tuple,
					       &link->hash, conns_params);

	if (err == -EEXIST)
		return -EADDRNOTAVAIL;
	return err ? -ENOMEM : 0;	/* -EBUSY, -E2BIG: it cannot grow now */
}

/**
 * xtcp_link_remove() - take a node out of the table
 * @xn: the namespace
 * @link: must be in it
 *
 * Any context but hard interrupt.  Readers may still see it until a grace
 * period has passed.
 */
void xtcp_link_remove(struct xtcp_net *xn, struct xtcp_link *link)
{
	rhashtable_remove_fast(&xn->conns, &link->hash, conns_params);
}

/**
 * xtcp_link_replace() - let another node stand for a 4-tuple
 * @xn: the namespace
 * @old: the one in the table
 * @new: with the same tuple, not in the table
 *
 * A reader always finds one of the two.  Any context but hard interrupt.
 *
 * Return: 0, or -ENOENT where @old was not there
 */
int xtcp_link_replace(struct xtcp_net *xn, struct xtcp_link *old,
		      struct xtcp_link *new)
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
	xtcp_sk_set_hashed(sk, false);
	xtcp_link_remove(x->xn, xtcp_sk_link(sk));
}
