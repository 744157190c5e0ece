// SPDX-License-Identifier: GPL-2.0
/*
 * The listeners: wire, port and address -> those who listen there.
 *
 * Several may listen at one address, each on a device of its own, or as a group with
 * SO_REUSEPORT.  A group is the kernel's own (struct sock_reuseport), with the program that
 * may choose in it; one of its members stands in the table for all.  RCU to read; a listener
 * is freed a grace period after it has left.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/sock_reuseport.h>
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
	spin_lock_init(&xn->listeners_lock);
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

/* ---- SO_REUSEPORT groups; xtcp_net.listeners_lock held ---- */

static bool listener_same_group(const struct sock *a, const struct sock *b)
{
	return a->sk_reuseport && b->sk_reuseport && a->sk_family == b->sk_family &&
	       a->sk_ipv6only == b->sk_ipv6only &&
	       a->sk_bound_dev_if == b->sk_bound_dev_if &&
	       uid_eq(xtcp_sk(a)->owner.uid, xtcp_sk(b)->owner.uid) &&
	       ipv6_addr_equal(&xtcp_sk(a)->node.tuple.laddr, &xtcp_sk(b)->node.tuple.laddr);
}

/* Who stands in the table for the group that a socket belongs to; NULL: none yet. */
static struct sock *group_find(const struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct rhlist_head *list, *pos;
	struct sock *found = NULL;

	rcu_read_lock();
	list = rhltable_lookup(&x->xn->listeners, &x->node.tuple, listeners_params);
	rhl_for_each_entry_rcu(x, pos, list, listen_node)
		if (listener_same_group(&x->inet.sk, sk)) {
			found = &x->inet.sk;
			break;
		}
	rcu_read_unlock();
	return found;
}

/* Another member of a socket's group; NULL: it is alone. */
static struct sock *group_other(const struct sock *sk)
{
	struct sock_reuseport *group = rcu_access_pointer(sk->sk_reuseport_cb);

	if (!group || group->num_socks < 2)
		return NULL;
	return group->socks[0] == sk ? group->socks[1] : group->socks[0];
}

static int table_add(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (rhltable_insert(&x->xn->listeners, &x->listen_node, listeners_params))
		return -ENOMEM;	/* -EBUSY, -E2BIG: it cannot grow now */
	x->in_listeners = true;
	return 0;
}

static int listener_enter(struct sock *sk)
{
	bool any = xtcp_owner_any_addr(&xtcp_sk(sk)->node.tuple.laddr);
	struct sock *other;
	int err;

	if (!sk->sk_reuseport)
		return table_add(sk);
	other = group_find(sk);
	if (other)
		return reuseport_add_sock(sk, other, any);
	err = reuseport_alloc(sk, any);
	if (err)
		return err;
	err = table_add(sk);
	if (err)
		reuseport_detach_sock(sk);
	return err;
}

static void listener_leave(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sock *other = group_other(sk);

	if (x->in_listeners) {
		/* needs no memory: one with its key is there */
		if (other)
			table_add(other);
		rhltable_remove(&x->xn->listeners, &x->listen_node, listeners_params);
		x->in_listeners = false;
	}
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_detach_sock(sk);
}

/**
 * xtcp_listeners_add() - let SYNs find a listener
 * @sk: the socket, locked, in LISTEN; its tuple has wire, port and address
 *
 * With SO_REUSEPORT it joins those of its user that listen there.  Process context.
 *
 * Return: 0 or -ENOMEM
 */
int xtcp_listeners_add(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	err = xa_alloc(&x->xn->listener_ids, &x->listener_id, sk, xa_limit_31b,
		       GFP_KERNEL);
	if (err)
		return -ENOMEM;
	spin_lock_bh(&x->xn->listeners_lock);
	err = listener_enter(sk);
	spin_unlock_bh(&x->xn->listeners_lock);
	if (err) {
		xa_erase(&x->xn->listener_ids, x->listener_id);
		return -ENOMEM;
	}
	x->listening = true;
	xtcp_sk_set_table(sk, true);
	return 0;
}

/**
 * xtcp_listeners_remove() - let no SYN find a listener any more
 * @sk: the socket, locked, among the listeners
 */
void xtcp_listeners_remove(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	spin_lock_bh(&x->xn->listeners_lock);
	listener_leave(sk);
	spin_unlock_bh(&x->xn->listeners_lock);
	xa_erase(&x->xn->listener_ids, x->listener_id);
	x->listening = false;
	xtcp_sk_set_table(sk, false);
}

/* ---- look-up ---- */

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

/* Of those at an address, the one on the device wins. */
static struct sock *listener_choose(struct rhlist_head *list, const struct xtcp_tuple *key,
				    const struct xtcp_tuple *t,
				    int ifindex, int l3_ifindex)
{
	struct sock *best = NULL;
	int best_score = 0;
	struct rhlist_head *pos;
	struct xtcp_sock *x;

	rhl_for_each_entry_rcu(x, pos, list, listen_node) {
		struct sock *sk = &x->inet.sk;
		int score = listener_score(sk, key, t, ifindex, l3_ifindex);

		if (score > best_score) {
			best = sk;
			best_score = score;
		}
	}
	return best;
}

static struct sock *lookup_at(struct xtcp_net *xn, const struct xtcp_tuple *key,
			      const struct xtcp_tuple *t, int ifindex, int l3_ifindex)
{
	struct rhlist_head *list = rhltable_lookup(&xn->listeners, key, listeners_params);

	return listener_choose(list, key, t, ifindex, l3_ifindex);
}

/**
 * xtcp_lookup_listener() - find a listener that answers a SYN
 * @xn: the namespace
 * @t: local end, remote end, wire
 * @ifindex: the device that it came in by
 * @l3_ifindex: the port device of a VRF, or 0
 *
 * The most specific one wins: address, then device.  Under rcu_read_lock().
 *
 * Return: the listener, no reference taken, or whoever stands for its SO_REUSEPORT group;
 * NULL
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
 * xtcp_listener_of_group() - choose in a listener's SO_REUSEPORT group
 * @sk: the listener that was found, with others of its group
 * @skb: a segment for it; skb->data is the TCP header
 * @t: the segment's local end, remote end, wire
 *
 * The group's program decides, which sees what follows the header; without one, or if it
 * names nobody, the hash of the 4-tuple: all of a connection's segments go to one.  Under
 * rcu_read_lock().
 *
 * Return: who takes the segment, no reference taken
 */
struct sock *xtcp_listener_of_group(struct sock *sk, struct sk_buff *skb,
				    const struct xtcp_tuple *t)
{
	struct sock *chosen;
	u32 hash;

	hash = jhash2((const u32 *)t, sizeof(*t) / sizeof(u32), xtcp_sk(sk)->xn->net->hash_mix);
	chosen = reuseport_select_sock(sk, hash, skb,
				       __tcp_hdrlen((struct tcphdr *)skb->data));
	/* it may have left, and listen elsewhere by now */
	return chosen && xtcp_sk(chosen)->node.tuple.lport == t->lport ? chosen : sk;
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
