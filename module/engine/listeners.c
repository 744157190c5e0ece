// SPDX-License-Identifier: GPL-2.0
/*
 * The listeners: wire, port and address -> those who listen there.
 *
 * Several may listen at one address, each on a device of its own, or as a group with
 * SO_REUSEPORT.  RCU to read; a listener is freed a grace period after it has left.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <net/inet_sock.h>
#include "listeners.h"
#include "owners.h"
#include "tcb.h"

/* Every address counts as one: 0. */
static u32 listener_hash(const void *data, u32 len, u32 seed)
{
	const struct xtcp_tuple *t = data;
	u32 port = (u32)t->wire << 16 | t->lport;

	if (xtcp_owner_any_addr(&t->laddr))
		return jhash_2words(0, port, seed);
	return jhash2((const u32 *)&t->laddr, sizeof(t->laddr) / sizeof(u32), seed ^ port);
}

static u32 listener_hash_obj(const void *obj, u32 len, u32 seed)
{
	const struct xtcp_sock *x = obj;

	return listener_hash(&x->node.tuple, len, seed);
}

static int listener_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct xtcp_tuple *a = arg->key;
	const struct xtcp_tuple *b = &((const struct xtcp_sock *)obj)->node.tuple;

	if (a->lport != b->lport || a->wire != b->wire)
		return true;
	return !ipv6_addr_equal(&a->laddr, &b->laddr) &&
	       !(xtcp_owner_any_addr(&a->laddr) && xtcp_owner_any_addr(&b->laddr));
}

static const struct rhashtable_params listeners_params = {
	.head_offset = offsetof(struct xtcp_sock, listen_node),
	.key_offset = offsetof(struct xtcp_sock, node.tuple),
	.key_len = sizeof(struct xtcp_tuple),
	.hashfn = listener_hash,
	.obj_hashfn = listener_hash_obj,
	.obj_cmpfn = listener_differs,
	.automatic_shrinking = true,
};

/**
 * xtcp_listeners_net_init() - make a namespace's table of listeners
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_listeners_net_init(struct xtcp_net *xn)
{
	xa_init_flags(&xn->listener_ids, XA_FLAGS_ALLOC);
	return rhltable_init(&xn->listeners, &listeners_params);
}

/**
 * xtcp_listeners_net_exit() - free a namespace's table of listeners, empty by now
 * @xn: the namespace
 *
 * Process context; sleeps.
 */
void xtcp_listeners_net_exit(struct xtcp_net *xn)
{
	xa_destroy(&xn->listener_ids);
	rhltable_destroy(&xn->listeners);
}

/**
 * xtcp_listeners_add() - let SYNs find a listener
 * @sk: the socket, locked, in LISTEN; its tuple has wire, port and address
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_listeners_add(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	err = xa_alloc(&x->xn->listener_ids, &x->listener_id, sk, xa_limit_31b,
		       GFP_KERNEL);
	if (err)
		return -ENOMEM;
	err = rhltable_insert(&x->xn->listeners, &x->listen_node, listeners_params);
	if (err) {
		xa_erase(&x->xn->listener_ids, x->listener_id);
		return -ENOMEM;	/* -EBUSY, -E2BIG: it cannot grow now */
	}
	x->listening = true;
	return 0;
}

/**
 * xtcp_listeners_remove() - let no SYN find a listener any more
 * @sk: the socket, locked, among the listeners
 */
void xtcp_listeners_remove(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	rhltable_remove(&x->xn->listeners, &x->listen_node, listeners_params);
	xa_erase(&x->xn->listener_ids, x->listener_id);
	x->listening = false;
}

/* Does a listener at every address take what comes for this one?  One of :: takes IPv4 as
 * well, unless its user did not want that; one of ::ffff:0.0.0.0 takes nothing else.
 */
static bool listener_takes_version(const struct sock *sk, const struct in6_addr *laddr)
{
	if (ipv6_addr_v4mapped(laddr))
		return sk->sk_family == AF_INET || !sk->sk_ipv6only;
	return !ipv6_addr_v4mapped(&xtcp_sk(sk)->node.tuple.laddr);
}

/* How well does a listener at the right address fit?  0: not at all.  As Linux's TCP: the
 * device counts, and to be of IPv4 alone.
 */
static int listener_score(const struct sock *sk, const struct xtcp_tuple *key,
			  const struct xtcp_tuple *t, int ifindex, int l3_ifindex)
{
	struct rhashtable_compare_arg arg = { .key = key };
	int dev = READ_ONCE(sk->sk_bound_dev_if);

	/* it may have left, and listen elsewhere by now */
	if (listener_differs(&arg, xtcp_sk(sk)) ||
	    !listener_takes_version(sk, &t->laddr) ||
	    !inet_sk_bound_dev_eq(sock_net(sk), dev, ifindex, l3_ifindex))
		return 0;
	return (dev ? 2 : 1) + (sk->sk_family == AF_INET);
}

/* Of those at an address, the one on the device wins.  Among equals with SO_REUSEPORT
 * the 4-tuple decides: each of n is chosen for 1/n of the hashes.
 */
static struct sock *listener_choose(struct xtcp_net *xn, struct rhlist_head *list,
				    const struct xtcp_tuple *key,
				    const struct xtcp_tuple *t,
				    int ifindex, int l3_ifindex)
{
	struct sock *best = NULL;
	int best_score = 0, equals = 0;
	struct rhlist_head *pos;
	struct xtcp_sock *x;
	u32 hash = 0;

	rhl_for_each_entry_rcu(x, pos, list, listen_node) {
		struct sock *sk = &x->inet.sk;
		int score = listener_score(sk, key, t, ifindex, l3_ifindex);

		if (score > best_score) {
			best = sk;
			best_score = score;
			equals = 1;
		} else if (score && score == best_score && sk->sk_reuseport) {
			if (equals++ == 1)
				hash = jhash2((const u32 *)t, sizeof(*t) / sizeof(u32),
					      xn->net->hash_mix);
			if (!reciprocal_scale(hash, equals))
				best = sk;
			hash = jhash_1word(hash, equals);
		}
	}
	return best;
}

static struct sock *lookup_at(struct xtcp_net *xn, const struct xtcp_tuple *key,
			      const struct xtcp_tuple *t, int ifindex, int l3_ifindex)
{
	struct rhlist_head *list = rhltable_lookup(&xn->listeners, key, listeners_params);

	return list ? listener_choose(xn, list, key, t, ifindex, l3_ifindex) : NULL;
}

/**
 * xtcp_lookup_listener() - find the listener that answers a SYN
 * @xn: the namespace
 * @t: local end, remote end, wire
 * @ifindex: the device that it came in by
 * @l3_ifindex: the port device of a VRF, or 0
 *
 * The most specific one wins: address, then device.  All of a connection's segments go to
 * one of a SO_REUSEPORT group.  Under rcu_read_lock().
 *
 * Return: the listener, no reference taken; or NULL
 */
struct sock *xtcp_lookup_listener(struct xtcp_net *xn, const struct xtcp_tuple *t,
				  int ifindex, int l3_ifindex)
{
	struct sock *sk = lookup_at(xn, t, t, ifindex, l3_ifindex);
	struct xtcp_tuple any;

	if (sk)
		return sk;
	any.laddr = in6addr_any;
	any.lport = t->lport;
	any.wire = t->wire;
	return lookup_at(xn, &any, t, ifindex, l3_ifindex);
}

/**
 * xtcp_next_listener() - walk over a namespace's listeners
 * @xn: the namespace
 * @id: the least number to look for; set to the answer's
 *
 * A listener keeps its number as long as it listens.  Under rcu_read_lock().
 *
 * Return: a listener, no reference taken; NULL where there are no more
 */
struct sock *xtcp_next_listener(struct xtcp_net *xn, unsigned long *id)
{
	return xa_find(&xn->listener_ids, id, ULONG_MAX, XA_PRESENT);
}
