// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: who has bound which, who listens on it, and which one is free.
 *
 * A port is an object in a table of its own, keyed by wire and number, there
 * while anyone owns it: sockets bound or connected, and TIME_WAIT objects.  Its
 * owners are guarded by one of a small array of locks; listeners are also read
 * under RCU, by the SYNs that look for them.
 */
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include "../wire/tcp_wire.h"
#include "demux.h"
#include "ports.h"

struct xtcp_port {
	struct rhash_head	hash;
	u32			key;
	struct xtcp_net		*xn;
	struct hlist_head	owners;
	struct hlist_head	listeners;	/* RCU */
	bool			by_connect;	/* only connect() chose it */
	struct rcu_head		rcu;
};

#define PORT_LOCKS	64

static spinlock_t port_locks[PORT_LOCKS] = {
	[0 ... PORT_LOCKS - 1] = __SPIN_LOCK_UNLOCKED(port_locks)
};

static const struct rhashtable_params ports_params = {
	.head_offset = offsetof(struct xtcp_port, hash),
	.key_offset = offsetof(struct xtcp_port, key),
	.key_len = sizeof(u32),
	.automatic_shrinking = true,
};

static u32 port_key(u8 wire, u16 num)
{
	return (u32)wire << 16 | num;
}

static spinlock_t *port_lock(u32 key)
{
	return &port_locks[key % PORT_LOCKS];
}

/**
 * xtcp_ports_net_init() - make a namespace's table of ports
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_ports_net_init(struct xtcp_net *xn)
{
	xn->port_hint = get_random_u32();
	return rhashtable_init(&xn->ports, &ports_params);
}

/**
 * xtcp_ports_net_exit() - free a namespace's table of ports, empty by now
 * @xn: the namespace
 */
void xtcp_ports_net_exit(struct xtcp_net *xn)
{
	rhashtable_destroy(&xn->ports);
}

static struct xtcp_port *port_find(struct xtcp_net *xn, u32 key)
{
	return rhashtable_lookup_fast(&xn->ports, &key, ports_params);
}

/* Port lock held. */
static struct xtcp_port *port_find_or_make(struct xtcp_net *xn, u32 key)
{
	struct xtcp_port *port = port_find(xn, key);

	if (port)
		return port;
	port = kzalloc(sizeof(*port), GFP_ATOMIC);
	if (!port)
		return NULL;
	port->key = key;
	port->xn = xn;
	port->by_connect = true;
	if (rhashtable_insert_fast(&xn->ports, &port->hash, ports_params)) {
		kfree(port);
		return NULL;
	}
	return port;
}

/* Port lock held: free a port that nobody owns any more. */
static void port_free_unowned(struct xtcp_port *port)
{
	if (!hlist_empty(&port->owners))
		return;
	rhashtable_remove_fast(&port->xn->ports, &port->hash, ports_params);
	kfree_rcu(port, rcu);
}

static void owner_init(struct xtcp_owner *o, struct sock *sk)
{
	o->sk = sk;
	o->laddr = &xtcp_sk(sk)->node.tuple.laddr;
	o->ifindex = sk->sk_bound_dev_if;
	o->uid = sock_i_uid(sk);
}

/* Every address: ::, or 0.0.0.0 as an IPv4-mapped one. */
static bool addr_any(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | a->s6_addr32[3]) &&
	       (!a->s6_addr32[2] || a->s6_addr32[2] == htonl(0xffff));
}

static bool addrs_overlap(const struct in6_addr *a, const struct in6_addr *b)
{
	return ipv6_addr_equal(a, b) || addr_any(a) || addr_any(b);
}

/* The options may be set and cleared as long as the socket is there. */
static bool owner_reuse(const struct xtcp_owner *o)
{
	return o->sk ? o->sk->sk_reuse != SK_NO_REUSE : o->reuse;
}

static bool owner_reuseport(const struct xtcp_owner *o)
{
	return o->sk ? o->sk->sk_reuseport : o->reuseport;
}

/* On the TCP wire: does this owner share the port with sockets of the kernel's
 * TCP?  As two of those do: SO_REUSEADDR on both, as long as none listens.
 */
static void owner_guard(struct xtcp_owner *o, bool guards)
{
	if (!o->hold || o->guards == guards)
		return;
	o->guards = guards;
	xtcp_hold_guard(o->hold, guards ? 1 : -1);
}

static void owner_add(struct xtcp_port *port, struct xtcp_owner *o)
{
	o->port = port;
	hlist_add_head(&o->node, &port->owners);
	o->guards = o->hold && !owner_reuse(o);
	if (o->hold)
		xtcp_hold_guard(o->hold, o->guards);
}

/* Port lock held. */
static void owner_remove(struct xtcp_owner *o)
{
	struct xtcp_port *port = o->port;

	hlist_del_init(&o->node);
	o->port = NULL;
	owner_guard(o, false);
	xtcp_hold_put(o->hold);
	o->hold = NULL;
	port_free_unowned(port);
}

/* May these two have the port together?  The rules of socket(7): SO_REUSEADDR
 * on both as long as the other does not listen, or SO_REUSEPORT on both and the
 * same user.
 */
static bool owners_conflict(const struct xtcp_owner *o,
			    const struct xtcp_owner *other)
{
	if (o->ifindex && other->ifindex && o->ifindex != other->ifindex)
		return false;
	if (!addrs_overlap(o->laddr, other->laddr))
		return false;
	if (owner_reuse(o) && owner_reuse(other) &&
	    (!other->sk || READ_ONCE(other->sk->sk_state) != TCP_LISTEN))
		return false;
	if (owner_reuseport(o) && owner_reuseport(other) &&
	    (!other->sk || uid_eq(o->uid, other->uid)))
		return false;
	return true;
}

/* Port lock held. */
static bool port_conflicts(struct xtcp_port *port, const struct xtcp_owner *o)
{
	struct xtcp_owner *other;

	hlist_for_each_entry(other, &port->owners, node)
		if (other != o && owners_conflict(o, other))
			return true;
	return false;
}

enum port_wish {
	PORT_SHARED,	/* whatever the rules allow */
	PORT_UNUSED,	/* only one that nobody owns */
};

/* On the TCP wire: the port in the kernel's TCP, NULL else. */
static struct xtcp_hold *hold_port(struct sock *sk, u16 num, bool reuse)
{
	if (xtcp_sk(sk)->node.tuple.wire != IPPROTO_TCP)
		return NULL;
	return xtcp_hold_get(sk, num, reuse);
}

/* Own a port by bind(). */
static int port_bind(struct sock *sk, u16 num, enum port_wish wish)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key = port_key(x->node.tuple.wire, num);
	struct xtcp_hold *hold;
	struct xtcp_port *port;
	int err = -EADDRINUSE;

	if (wish == PORT_UNUSED && port_find(x->xn, key))
		return -EADDRINUSE;
	hold = hold_port(sk, num, wish == PORT_SHARED && sk->sk_reuse);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	spin_lock_bh(port_lock(key));
	port = port_find_or_make(x->xn, key);
	if (!port) {
		err = -ENOMEM;
		goto out;
	}
	owner_init(&x->owner, sk);
	if (wish == PORT_UNUSED ? !hlist_empty(&port->owners) :
				  port_conflicts(port, &x->owner)) {
		port_free_unowned(port);
		goto out;
	}
	port->by_connect = false;
	swap(x->owner.hold, hold);
	owner_add(port, &x->owner);
	x->node.tuple.lport = num;
	inet_sk(sk)->inet_num = num;
	err = 0;
out:
	spin_unlock_bh(port_lock(key));
	xtcp_hold_put(hold);
	return err;
}

static int port_bind_ephemeral(struct sock *sk, enum port_wish wish)
{
	int low, high, count, i, err;
	u32 start;

	inet_sk_get_local_port_range(sk, &low, &high);
	count = high - low + 1;
	start = get_random_u32() % count;
	for (i = 0; i < count; i++) {
		u16 num = low + (start + i) % count;

		if (inet_is_local_reserved_port(sock_net(sk), num))
			continue;
		err = port_bind(sk, num, wish);
		if (err != -EADDRINUSE)
			return err;
		if (!(i % 256))
			cond_resched();
	}
	return -EADDRINUSE;
}

/**
 * xtcp_get_port() - own a port on behalf of bind() or listen()
 * @sk: the socket, locked; inet_rcv_saddr is the address to own it on
 * @num: the port; 0: choose one from net.ipv4.ip_local_port_range
 *
 * Process context.  This is struct proto's get_port.
 *
 * Return: 0; -EADDRINUSE where it, or every one, is taken; -ENOMEM
 */
int xtcp_get_port(struct sock *sk, unsigned short num)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	xtcp_addr_from_v4(&x->node.tuple.laddr, inet_sk(sk)->inet_rcv_saddr);
	if (num) {
		err = port_bind(sk, num, PORT_SHARED);
	} else {
		err = port_bind_ephemeral(sk, PORT_UNUSED);
		if (err == -EADDRINUSE)
			err = port_bind_ephemeral(sk, PORT_SHARED);
	}
	return err;
}

/* Own a port by connect(), unless somebody bound it, and take the 4-tuple. */
static int port_try_connect(struct sock *sk, u16 num)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key = port_key(x->node.tuple.wire, num);
	struct xtcp_hold *hold;
	struct xtcp_port *port;
	int err;

	hold = hold_port(sk, num, false);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	spin_lock_bh(port_lock(key));
	port = port_find_or_make(x->xn, key);
	if (!port) {
		err = -ENOMEM;
		goto out;
	}
	err = -EADDRINUSE;
	if (!port->by_connect)
		goto out_free;
	x->node.tuple.lport = num;
	err = xtcp_node_insert(x->xn, &x->node);
	if (err)
		goto out_free;
	x->hashed = true;
	owner_init(&x->owner, sk);
	swap(x->owner.hold, hold);
	owner_add(port, &x->owner);
	inet_sk(sk)->inet_num = num;
	goto out;
out_free:
	port_free_unowned(port);
out:
	spin_unlock_bh(port_lock(key));
	xtcp_hold_put(hold);
	return err;
}

/* RFC 6056, 3.3.3: the search starts at a place that depends on the peer, and a
 * counter moves it on, so that ports are hard to guess and late to come again.
 */
static u32 port_search_start(struct xtcp_sock *x)
{
	static u32 secret __read_mostly;
	struct xtcp_tuple *t = &x->node.tuple;

	net_get_random_once(&secret, sizeof(secret));
	return jhash_3words((__force u32)xtcp_addr_v4(&t->laddr),
			    (__force u32)xtcp_addr_v4(&t->raddr), t->rport,
			    secret) + READ_ONCE(x->xn->port_hint);
}

/**
 * xtcp_port_connect() - choose a port for an active open and enter the table
 * @sk: the socket, locked; its tuple has both addresses and the remote port,
 *	and the local one if it was bound
 *
 * Process context.
 *
 * Return: 0; -EADDRNOTAVAIL where the 4-tuple, or every one, is taken; -ENOMEM
 */
int xtcp_port_connect(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int low, high, count, i, err;
	u32 start;

	if (x->owner.port) {
		err = xtcp_node_insert(x->xn, &x->node);
		x->hashed = !err;
		return err;
	}
	inet_sk_get_local_port_range(sk, &low, &high);
	count = high - low + 1;
	start = port_search_start(x) % count;
	for (i = 0; i < count; i++) {
		u16 num = low + (start + i) % count;

		if (inet_is_local_reserved_port(sock_net(sk), num))
			continue;
		err = port_try_connect(sk, num);
		if (!err) {
			WRITE_ONCE(x->xn->port_hint, x->xn->port_hint + i + 1);
			return 0;
		}
		if (err == -ENOMEM)
			return err;
		if (!(i % 256))
			cond_resched();
	}
	x->node.tuple.lport = 0;
	return -EADDRNOTAVAIL;
}

/**
 * xtcp_port_listen() - become a listener of the port owned
 * @sk: the socket, locked, in LISTEN
 *
 * Two sockets with SO_REUSEADDR may both have bound the port; only one may
 * listen, unless SO_REUSEPORT says otherwise.  Process context.
 *
 * Return: 0 or -EADDRINUSE
 */
int xtcp_port_listen(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_port *port = x->owner.port;
	int err = 0;

	if (x->owner.hold)
		err = xtcp_hold_listen(x->owner.hold);
	if (err)
		return err;
	spin_lock_bh(port_lock(port->key));
	owner_init(&x->owner, sk);
	if (port_conflicts(port, &x->owner)) {
		err = -EADDRINUSE;
	} else {
		owner_guard(&x->owner, true);
		hlist_add_tail_rcu(&x->listen_node, &port->listeners);
		x->listening = true;
	}
	spin_unlock_bh(port_lock(port->key));
	if (x->owner.hold)
		xtcp_hold_guard(x->owner.hold, -1);	/* the asking's */
	return err;
}

/**
 * xtcp_port_unlisten() - no SYN shall find this listener any more
 * @sk: the socket, locked
 */
void xtcp_port_unlisten(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key;

	if (!x->listening)
		return;
	key = x->owner.port->key;
	spin_lock_bh(port_lock(key));
	hlist_del_rcu(&x->listen_node);
	x->listening = false;
	owner_guard(&x->owner, !owner_reuse(&x->owner));
	spin_unlock_bh(port_lock(key));
}

/**
 * xtcp_port_inherit() - a child owns its listener's port, too
 * @child: a connection made by a listener; its tuple is set
 * @listener: locked
 *
 * Softirq.  Return: 0, or -EINVAL where the listener has lost its port
 */
int xtcp_port_inherit(struct sock *child, struct sock *listener)
{
	struct xtcp_port *port = xtcp_sk(listener)->owner.port;
	struct xtcp_sock *x = xtcp_sk(child);

	if (!port)
		return -EINVAL;
	spin_lock_bh(port_lock(port->key));
	owner_init(&x->owner, child);
	x->owner.uid = xtcp_sk(listener)->owner.uid;
	x->owner.hold = xtcp_sk(listener)->owner.hold;
	xtcp_hold_ref(x->owner.hold);
	owner_add(port, &x->owner);
	spin_unlock_bh(port_lock(port->key));
	return 0;
}

/**
 * xtcp_put_port() - own the port no longer, if there is one
 * @sk: the socket, locked
 */
void xtcp_put_port(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key;

	if (!x->owner.port)
		return;
	key = x->owner.port->key;
	spin_lock_bh(port_lock(key));
	owner_remove(&x->owner);
	spin_unlock_bh(port_lock(key));
	inet_sk(sk)->inet_num = 0;
}

/**
 * xtcp_port_keep() - a TIME_WAIT object owns the port beside its connection
 * @x: the connection, locked
 * @tw: the object
 */
void xtcp_port_keep(struct xtcp_sock *x, struct xtcp_timewait *tw)
{
	struct xtcp_port *port = x->owner.port;

	tw->owner = (struct xtcp_owner) {
		.laddr = &tw->node.tuple.laddr,
		.hold = x->owner.hold,
		.ifindex = tw->ifindex,
		.reuse = owner_reuse(&x->owner),
		.reuseport = owner_reuseport(&x->owner),
	};
	if (!port)
		return;
	xtcp_hold_ref(tw->owner.hold);
	spin_lock_bh(port_lock(port->key));
	owner_add(port, &tw->owner);
	spin_unlock_bh(port_lock(port->key));
}

/**
 * xtcp_port_drop() - a TIME_WAIT object ends and gives its port back
 * @tw: the object
 */
void xtcp_port_drop(struct xtcp_timewait *tw)
{
	struct xtcp_port *port = tw->owner.port;
	u32 key;

	if (!port)
		return;
	key = port->key;
	spin_lock_bh(port_lock(key));
	owner_remove(&tw->owner);
	spin_unlock_bh(port_lock(key));
}

/* How well does a listener fit?  0: not at all. */
static int listener_score(const struct sock *sk, const struct xtcp_tuple *t,
			  int ifindex, int l3_ifindex)
{
	const struct xtcp_tuple *bound = &xtcp_sk(sk)->node.tuple;
	const struct in6_addr *laddr = &bound->laddr;
	int dev = READ_ONCE(sk->sk_bound_dev_if), score = 1;

	/* it may have left, and listen elsewhere by now */
	if (bound->lport != t->lport || bound->wire != t->wire)
		return 0;
	if (!addr_any(laddr)) {
		if (!ipv6_addr_equal(laddr, &t->laddr))
			return 0;
		score += 4;
	}
	if (!inet_sk_bound_dev_eq(sock_net(sk), dev, ifindex, l3_ifindex))
		return 0;
	if (dev)
		score += 2;
	return score;
}

/**
 * xtcp_lookup_listener() - who answers a SYN to this address and port
 * @xn: the namespace
 * @t: local end, remote end, wire
 * @ifindex: the device that it came in by
 * @l3_ifindex: the port device of a VRF, or 0
 *
 * The most specific one wins: address, then device.  Among equals with
 * SO_REUSEPORT the 4-tuple decides, so that a connection's segments all go to
 * one of them.  Under rcu_read_lock().
 *
 * Return: the listener, no reference taken; or NULL
 */
struct sock *xtcp_lookup_listener(struct xtcp_net *xn,
				  const struct xtcp_tuple *t, int ifindex,
				  int l3_ifindex)
{
	u32 key = port_key(t->wire, t->lport);
	struct sock *best = NULL;
	int best_score = 0, equals = 0;
	struct xtcp_port *port;
	struct xtcp_sock *x;
	u32 hash = 0;

	port = rhashtable_lookup(&xn->ports, &key, ports_params);
	if (!port)
		return NULL;
	hlist_for_each_entry_rcu(x, &port->listeners, listen_node) {
		struct sock *sk = &x->inet.sk;
		int score = listener_score(sk, t, ifindex, l3_ifindex);

		if (!score || score < best_score)
			continue;
		if (score > best_score) {
			best = sk;
			best_score = score;
			equals = 1;
			hash = jhash2((const u32 *)t, sizeof(*t) / sizeof(u32),
				      xn->net->hash_mix);
		} else if (sk->sk_reuseport) {
			/* each of n equals is chosen for 1/n of the hashes */
			equals++;
			if (!reciprocal_scale(hash, equals))
				best = sk;
			hash = next_pseudo_random32(hash);
		}
	}
	return best;
}

/**
 * xtcp_ports_walk_start() - begin a walk over a namespace's listeners
 * @xn: the namespace
 * @w: the walk
 *
 * Process context; under rcu_read_lock() from now on.
 */
void xtcp_ports_walk_start(struct xtcp_net *xn, struct xtcp_ports_walk *w)
	__acquires(RCU)
{
	w->next = NULL;
	rhashtable_walk_enter(&xn->ports, &w->iter);
	rhashtable_walk_start(&w->iter);
}

/**
 * xtcp_ports_walk_next() - the next listener
 * @w: the walk
 *
 * Return: a listener, no reference taken; NULL at the end
 */
struct sock *xtcp_ports_walk_next(struct xtcp_ports_walk *w)
{
	struct xtcp_sock *x = w->next;
	struct xtcp_port *port;

	while (!x) {
		port = rhashtable_walk_next(&w->iter);
		if (!port)
			return NULL;
		if (IS_ERR(port)) {
			if (PTR_ERR(port) == -EAGAIN)
				continue;
			return NULL;
		}
		x = hlist_entry_safe(rcu_dereference(hlist_first_rcu(&port->listeners)),
				     struct xtcp_sock, listen_node);
	}
	w->next = hlist_entry_safe(rcu_dereference(hlist_next_rcu(&x->listen_node)),
				   struct xtcp_sock, listen_node);
	return &x->inet.sk;
}

/**
 * xtcp_ports_walk_stop() - end a walk
 * @w: the walk
 */
void xtcp_ports_walk_stop(struct xtcp_ports_walk *w)
	__releases(RCU)
{
	rhashtable_walk_stop(&w->iter);
	rhashtable_walk_exit(&w->iter);
}
