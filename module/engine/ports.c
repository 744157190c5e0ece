// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: their owners, their listeners, and the choice of a free one.
 *
 * Each port is an object in a table, keyed by wire and number, and is there
 * while it has an owner: a socket that is bound or connected, or a TIME_WAIT
 * object.  One of the namespace's locks guards its owners (owners.c) and its
 * listeners; SYNs look for a listener under RCU.
 */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <net/l3mdev.h>
#include "../compat.h"
#include "../wire/hold.h"
#include "demux.h"
#include "owners.h"
#include "ports.h"

struct xtcp_port {
	struct rhash_head	hash;
	u32			key;
	struct xtcp_net		*xn;
	struct xtcp_owners	owners;
	struct hlist_head	listeners;	/* RCU */
	bool			by_connect;	/* only connect() chose it */
	struct rcu_head		rcu;
};

#define PORT_COUNTERS_LOG	16
#define PORT_COUNTERS		BIT(PORT_COUNTERS_LOG)
#define PORT_STEP_MAX		8

static siphash_aligned_key_t port_secret;
static u32 *port_counters __read_mostly;

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

/* The namespace is hashed in, so that nobody can tell which ports share a lock. */
static spinlock_t *port_lock(struct xtcp_net *xn, u32 key)
{
	return &xn->port_locks[hash_32(key ^ net_hash_mix(xn->net),
				       XTCP_PORT_LOCKS_LOG)];
}

/**
 * xtcp_ports_init() - draw the secret by which connect() chooses ports
 *
 * At module load.  Return: 0 or -ENOMEM
 */
int xtcp_ports_init(void)
{
	port_counters = kvmalloc_array(PORT_COUNTERS, sizeof(*port_counters),
				       GFP_KERNEL);
	if (!port_counters)
		return -ENOMEM;
	get_random_bytes(port_counters, PORT_COUNTERS * sizeof(*port_counters));
	get_random_bytes(&port_secret, sizeof(port_secret));
	return 0;
}

/**
 * xtcp_ports_exit() - undo xtcp_ports_init()
 *
 * At module unload, when there are no sockets any more.
 */
void xtcp_ports_exit(void)
{
	kvfree(port_counters);
}

/**
 * xtcp_ports_net_init() - make a namespace's table of ports
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_ports_net_init(struct xtcp_net *xn)
{
	int i;

	xa_init_flags(&xn->listeners, XA_FLAGS_ALLOC);
	for (i = 0; i < ARRAY_SIZE(xn->port_locks); i++)
		spin_lock_init(&xn->port_locks[i]);
	return rhashtable_init(&xn->ports, &ports_params);
}

/**
 * xtcp_ports_net_exit() - free a namespace's table of ports, empty by now
 * @xn: the namespace
 */
void xtcp_ports_net_exit(struct xtcp_net *xn)
{
	xa_destroy(&xn->listeners);
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
	port = kzalloc(sizeof(*port), GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
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
	if (!xtcp_owners_none(&port->owners))
		return;
	rhashtable_remove_fast(&port->xn->ports, &port->hash, ports_params);
	kfree_rcu(port, rcu);
}

static void owner_init(struct xtcp_owner *o, struct sock *sk,
		       struct xtcp_owner_key *key)
{
	o->is_sock = true;
	o->uid = READ_ONCE(sk->sk_uid);
	xtcp_owner_key(key, sk, o->uid);
}

/* On the TCP wire: does this owner keep sockets of the kernel's TCP away?
 * Those share a port if both have set SO_REUSEADDR and neither listens.
 */
static void owner_guard(struct xtcp_owner *o, bool guards)
{
	if (!o->hold || o->guards == guards)
		return;
	o->guards = guards;
	xtcp_hold_guard(o->hold, guards ? 1 : -1);
}

/* It is among the port's owners: from now on its hold counts. */
static void owner_added(struct xtcp_port *port, struct xtcp_owner *o, bool reuse)
{
	o->port = port;
	o->guards = o->hold && !reuse;
	if (o->hold)
		xtcp_hold_guard(o->hold, o->guards);
}

/* Port lock held.  Return: 0 or -ENOMEM */
static int owner_add(struct xtcp_port *port, struct xtcp_owner *o,
		     const struct xtcp_owner_key *key)
{
	int err = xtcp_owners_add(&port->owners, o, key);

	if (!err)
		owner_added(port, o, key->how & XTCP_OWNER_REUSE);
	return err;
}

/* Port lock held. */
static void owner_remove(struct xtcp_owner *o)
{
	struct xtcp_port *port = o->port;

	xtcp_owners_remove(&port->owners, o);
	o->port = NULL;
	owner_guard(o, false);
	xtcp_hold_put(o->hold);
	o->hold = NULL;
	port_free_unowned(port);
}

/* Port lock held.  As xtcp_owners_conflict() (MUST-42). */
static int port_conflict(struct xtcp_port *port, const struct xtcp_owner_key *wish,
			 const struct xtcp_owner *self)
{
	struct xtcp_owners_check check = { .wish = wish, .self = self };
	int err = xtcp_owners_conflict(&port->owners, &check);

	WRITE_ONCE(port->xn->port_looks, check.looks);
	return err;
}

enum port_wish {
	PORT_WISH_SHARED,	/* whatever the rules allow */
	PORT_WISH_UNUSED,	/* only one that nobody owns */
};

/* On the TCP wire: hold the port in the kernel's TCP.  NULL on the other. */
static struct xtcp_hold *port_hold(struct sock *sk, u16 num, bool reuse)
{
	if (xtcp_sk(sk)->node.tuple.wire != IPPROTO_TCP)
		return NULL;
	return xtcp_hold_get(sk, num, reuse);
}

/* Port lock held.  Return: as xtcp_owners_conflict() */
static int port_take(struct xtcp_port *port, struct sock *sk,
		     enum port_wish wish, struct xtcp_hold **hold)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_owner_key key;
	int err;

	owner_init(&x->owner, sk, &key);
	if (wish == PORT_WISH_UNUSED)
		err = xtcp_owners_none(&port->owners) ? 0 : -EADDRINUSE;
	else
		err = port_conflict(port, &key, NULL);
	if (err)
		return err;
	swap(x->owner.hold, *hold);
	err = owner_add(port, &x->owner, &key);
	if (err)
		swap(x->owner.hold, *hold);
	return err;
}

/* Own a port by bind(). */
static int port_bind(struct sock *sk, u16 num, enum port_wish wish)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key = port_key(x->node.tuple.wire, num);
	struct xtcp_hold *hold;
	struct xtcp_port *port;
	int err;

	if (wish == PORT_WISH_UNUSED && port_find(x->xn, key))
		return -EADDRINUSE;
	hold = port_hold(sk, num, wish == PORT_WISH_SHARED && sk->sk_reuse);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
again:
	spin_lock_bh(port_lock(x->xn, key));
	port = port_find_or_make(x->xn, key);
	err = port ? port_take(port, sk, wish, &hold) : -ENOMEM;
	if (!err) {
		port->by_connect = false;
		x->node.tuple.lport = num;
		inet_sk(sk)->inet_num = num;
	} else if (port) {
		port_free_unowned(port);
	}
	spin_unlock_bh(port_lock(x->xn, key));
	/* softirqs had their turn; a bpf_bind() must not sleep here */
	if (err == -EAGAIN)
		goto again;
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
 * @sk: the socket, locked; its tuple has the address to own it on
 * @num: the port; 0: choose one from net.ipv4.ip_local_port_range
 *
 * Process context.  This is struct proto's get_port.
 *
 * RFC 9293: MUST-43.
 *
 * Return: 0; -EADDRINUSE where it, or every one, is taken; -ENOMEM
 */
int xtcp_get_port(struct sock *sk, unsigned short num)
{
	int err;

	if (num) {
		err = port_bind(sk, num, PORT_WISH_SHARED);
	} else {
		err = port_bind_ephemeral(sk, PORT_WISH_UNUSED);
		if (err == -EADDRINUSE)
			err = port_bind_ephemeral(sk, PORT_WISH_SHARED);
	}
	return err;
}

/* Port lock held. */
static int port_enter(struct xtcp_port *port, struct sock *sk,
		      struct xtcp_hold **hold)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_owner_key key;
	int err;

	if (!port->by_connect)
		return -EADDRINUSE;
	err = xtcp_node_insert(x->xn, &x->node);
	if (err)
		return err;
	owner_init(&x->owner, sk, &key);
	swap(x->owner.hold, *hold);
	err = owner_add(port, &x->owner, &key);
	if (err) {
		swap(x->owner.hold, *hold);
		xtcp_node_remove(x->xn, &x->node);
		return err;
	}
	x->hashed = true;
	return 0;
}

/* Own a port by connect(), unless somebody bound it, and take the 4-tuple. */
static int port_connect_to(struct sock *sk, u16 num)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key = port_key(x->node.tuple.wire, num);
	struct xtcp_hold *hold;
	struct xtcp_port *port;
	int err;

	hold = port_hold(sk, num, false);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	spin_lock_bh(port_lock(x->xn, key));
	x->node.tuple.lport = num;
	port = port_find_or_make(x->xn, key);
	err = port ? port_enter(port, sk, &hold) : -ENOMEM;
	if (!err)
		inet_sk(sk)->inet_num = num;
	else if (port)
		port_free_unowned(port);
	spin_unlock_bh(port_lock(x->xn, key));
	xtcp_hold_put(hold);
	return err;
}

/* As port_connect_to(); what stands for the 4-tuple may make room. */
static int port_try_connect(struct sock *sk, u16 num, xtcp_port_yields *yields)
{
	int err = port_connect_to(sk, num);

	if (err == -EADDRNOTAVAIL && yields(sk))
		err = port_connect_to(sk, num);
	return err;
}

/* RFC 6056, 3.3.4: the double-hash algorithm.  The place where the search
 * begins depends on the peer, by a secret, and on how many ports were given
 * before to peers that share its counter.  So nobody can guess the next port,
 * or learn which other peers there are, and a port is reused late.  There are
 * 65,536 counters, because with few a host could be recognised by the
 * collisions.
 */
struct port_search {
	u32	offset;
	u32	*counter;
};

static struct port_search port_search(const struct xtcp_sock *x)
{
	const struct xtcp_tuple *t = &x->node.tuple;
	struct {
		struct in6_addr	laddr;
		struct in6_addr	raddr;
		u32		net;
		int		l3mdev;
		u16		rport;
		u16		wire;
	} __packed key = {
		.laddr = t->laddr,
		.raddr = t->raddr,
		.net = net_hash_mix(x->xn->net),
		.l3mdev = t->l3mdev,
		.rport = t->rport,
		.wire = t->wire,
	};
	u64 hash = siphash(&key, sizeof(key), &port_secret);

	return (struct port_search) {
		.offset = lower_32_bits(hash),
		.counter = &port_counters[hash >> (64 - PORT_COUNTERS_LOG)],
	};
}

/* Let the next search begin beyond this one, and nobody know how far. */
static void port_search_ends(struct port_search *search, u32 tried)
{
	WRITE_ONCE(*search->counter, READ_ONCE(*search->counter) + tried +
		   get_random_u32() % PORT_STEP_MAX);
}

/**
 * xtcp_port_readdress() - the socket's local address or device has changed
 * @sk: the socket, locked
 *
 * A connection owns its port at the address that it has, not at the one that it
 * was bound to.  Process context.
 *
 * Return: 0; -ENOMEM: then it owns what it owned before
 */
int xtcp_port_readdress(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_port *port = x->owner.port;
	struct xtcp_owner_key key;
	int err;

	if (!port)
		return 0;
	spin_lock_bh(port_lock(x->xn, port->key));
	xtcp_owner_key(&key, sk, x->owner.uid);
	err = xtcp_owners_move(&port->owners, &x->owner, &key);
	spin_unlock_bh(port_lock(x->xn, port->key));
	return err;
}

/**
 * xtcp_port_connect() - choose a port for an active open and enter the table
 * @sk: the socket, locked; its tuple has both addresses and the remote port,
 *	and the local one if it was bound
 * @yields: asked where something stands for the 4-tuple that its tuple has
 *
 * Process context.
 *
 * Return: 0; -EADDRNOTAVAIL where the 4-tuple, or every one, is taken; -ENOMEM
 */
int xtcp_port_connect(struct sock *sk, xtcp_port_yields *yields)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int low, high, count, i, err;
	struct port_search search;
	u32 start;

	x->node.tuple.l3mdev = l3mdev_master_ifindex_by_index(sock_net(sk),
							      sk->sk_bound_dev_if);
	if (x->owner.port) {
		err = xtcp_port_readdress(sk);
		if (!err)
			err = xtcp_node_insert(x->xn, &x->node);
		if (err == -EADDRNOTAVAIL && yields(sk))
			err = xtcp_node_insert(x->xn, &x->node);
		x->hashed = !err;
		return err;
	}
	inet_sk_get_local_port_range(sk, &low, &high);
	count = high - low + 1;
	search = port_search(x);
	start = (search.offset + READ_ONCE(*search.counter)) % count;
	for (i = 0; i < count; i++) {
		u16 num = low + (start + i) % count;

		if (inet_is_local_reserved_port(sock_net(sk), num))
			continue;
		err = port_try_connect(sk, num, yields);
		if (!err) {
			port_search_ends(&search, i + 1);
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

/* Port lock held.  Return: as xtcp_owners_conflict() */
static int port_add_listener(struct xtcp_port *port, struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_owner_key key;
	int err;

	owner_init(&x->owner, sk, &key);
	key.how |= XTCP_OWNER_LISTENS;
	err = port_conflict(port, &key, &x->owner);
	if (!err)
		err = xtcp_owners_move(&port->owners, &x->owner, &key);
	if (err)
		return err;
	owner_guard(&x->owner, true);
	hlist_add_tail_rcu(&x->listen_node, &port->listeners);
	x->listening = true;
	return 0;
}

/**
 * xtcp_port_listen() - become a listener of the port owned
 * @sk: the socket, locked, in LISTEN
 *
 * Two sockets with SO_REUSEADDR may both have bound the port; only one may
 * listen, unless SO_REUSEPORT says otherwise.  Process context.
 *
 * Return: 0, -EADDRINUSE, -ENOMEM
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
	err = xa_alloc(&x->xn->listeners, &x->listener_id, sk, xa_limit_31b,
		       GFP_KERNEL);
	if (err)
		goto out;
	do {
		cond_resched();
		spin_lock_bh(port_lock(x->xn, port->key));
		err = port_add_listener(port, sk);
		spin_unlock_bh(port_lock(x->xn, port->key));
	} while (err == -EAGAIN);
	if (err)
		xa_erase(&x->xn->listeners, x->listener_id);
out:
	if (x->owner.hold)
		xtcp_hold_guard(x->owner.hold, -1);	/* that xtcp_hold_listen() took */
	return err;
}

/**
 * xtcp_port_unlisten() - let no SYN find this listener any more
 * @sk: the socket, locked
 */
void xtcp_port_unlisten(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_port *port = x->owner.port;
	struct xtcp_owner_key key;

	if (!x->listening)
		return;
	xa_erase(&x->xn->listeners, x->listener_id);
	spin_lock_bh(port_lock(x->xn, port->key));
	hlist_del_rcu(&x->listen_node);
	x->listening = false;
	xtcp_owner_key(&key, sk, x->owner.uid);
	/* without memory for that, it keeps others away as a listener would */
	xtcp_owners_move(&port->owners, &x->owner, &key);
	owner_guard(&x->owner, !(key.how & XTCP_OWNER_REUSE));
	spin_unlock_bh(port_lock(x->xn, port->key));
}

/**
 * xtcp_port_inherit() - let a child own its listener's port
 * @child: a connection made by a listener; its tuple is set
 * @listener: locked
 *
 * Softirq.  Return: 0; -EINVAL where the listener has lost its port; -ENOMEM
 */
int xtcp_port_inherit(struct sock *child, struct sock *listener)
{
	struct xtcp_owner *from = &xtcp_sk(listener)->owner;
	struct xtcp_sock *x = xtcp_sk(child);
	struct xtcp_port *port = from->port;
	struct xtcp_owner_key key;
	int err;

	if (!port)
		return -EINVAL;
	spin_lock_bh(port_lock(x->xn, port->key));
	x->owner.is_sock = true;
	x->owner.uid = from->uid;
	xtcp_owner_key(&key, child, from->uid);
	xtcp_hold_ref(from->hold);
	x->owner.hold = from->hold;
	err = owner_add(port, &x->owner, &key);
	if (err) {
		xtcp_hold_put(from->hold);
		x->owner.hold = NULL;
	}
	spin_unlock_bh(port_lock(x->xn, port->key));
	return err;
}

/**
 * xtcp_put_port() - give up the port, if the socket owns one
 * @sk: the socket, locked
 */
void xtcp_put_port(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key;

	if (!x->owner.port)
		return;
	key = x->owner.port->key;
	spin_lock_bh(port_lock(x->xn, key));
	owner_remove(&x->owner);
	spin_unlock_bh(port_lock(x->xn, key));
	inet_sk(sk)->inet_num = 0;
}

/**
 * xtcp_port_keep() - a TIME_WAIT object owns the port beside its connection
 * @x: the connection, locked
 * @heir: the object's part that owns
 */
void xtcp_port_keep(struct xtcp_sock *x, struct xtcp_owner *heir)
{
	struct xtcp_port *port = x->owner.port;
	struct xtcp_owner_key key;
	struct mem_cgroup *memcg;

	*heir = (struct xtcp_owner) { .hold = x->owner.hold };
	if (!port)
		return;
	memcg = set_active_memcg(xtcp_memcg(&x->inet.sk));
	xtcp_owner_key(&key, &x->inet.sk, GLOBAL_ROOT_UID);
	if (key.how & XTCP_OWNER_REUSEPORT)
		key.how |= XTCP_OWNER_TIME_WAIT;
	xtcp_hold_ref(heir->hold);
	spin_lock_bh(port_lock(x->xn, port->key));
	if (xtcp_owners_add(&port->owners, heir, &key))
		/* no memory: it shares the port as the connection does */
		xtcp_owners_join(heir, &x->owner);
	owner_added(port, heir, key.how & XTCP_OWNER_REUSE);
	spin_unlock_bh(port_lock(x->xn, port->key));
	set_active_memcg(memcg);
}

/**
 * xtcp_port_drop() - a TIME_WAIT object ends and gives its port back
 * @xn: the namespace
 * @heir: the object's part that owns
 */
void xtcp_port_drop(struct xtcp_net *xn, struct xtcp_owner *heir)
{
	struct xtcp_port *port = heir->port;
	u32 key;

	if (!port)
		return;
	key = port->key;
	spin_lock_bh(port_lock(xn, key));
	owner_remove(heir);
	spin_unlock_bh(port_lock(xn, key));
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
	if (!xtcp_owner_any_addr(laddr)) {
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
 * xtcp_lookup_listener() - find the listener that answers a SYN
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
			hash = jhash_1word(hash, equals);
		}
	}
	return best;
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
	return xa_find(&xn->listeners, id, ULONG_MAX, XA_PRESENT);
}
