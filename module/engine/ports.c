// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: who owns them.
 *
 * Each port is an object in a table, keyed by wire and number, and is there while it has
 * an owner: a socket that is bound or connected, or a TIME_WAIT object.  One of the
 * namespace's locks guards its owners (owners.c).  Which of them listen, listeners.c
 * knows; a port for those who want any, ephemeral.c chooses.
 */
#include <linux/hash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include "../compat.h"
#include "../wire/claim.h"
#include "../wire/hold.h"
#include "demux.h"
#include "listeners.h"
#include "owners.h"
#include "ports.h"

struct xtcp_port {
	struct rhash_head	hash;
	u32			key;
	struct xtcp_net		*xn;
	struct xtcp_owners	owners;
	struct rcu_head		rcu;
};

static const struct rhashtable_params ports_params = {
	.head_offset = offsetof(struct xtcp_port, hash),
	.key_offset = offsetof(struct xtcp_port, key),
	.key_len = sizeof(u32),
	.automatic_shrinking = true,
};

static struct kmem_cache *port_cache;

/**
 * xtcp_ports_init() - make the ports' cache
 *
 * At module load.  Return: 0 or -ENOMEM
 */
int xtcp_ports_init(void)
{
	/* ports are freed by RCU themselves; this spares zeroing them */
	port_cache = kmem_cache_create("xtcp_port", sizeof(struct xtcp_port), 0,
				       SLAB_ACCOUNT | SLAB_TYPESAFE_BY_RCU, NULL);
	return port_cache ? 0 : -ENOMEM;
}

/**
 * xtcp_ports_exit() - free the ports' cache
 *
 * At module unload, after rcu_barrier().
 */
void xtcp_ports_exit(void)
{
	kmem_cache_destroy(port_cache);
}

static u32 port_key(u8 wire, u16 num)
{
	return (u32)wire << 16 | num;
}

static bool port_on_tcp_wire(u32 key)
{
	return key >> 16 == IPPROTO_TCP;
}

/* The namespace is hashed in, so that nobody can tell which ports share a lock. */
static spinlock_t *port_lock(struct xtcp_net *xn, u32 key)
{
	return &xn->port_locks[hash_32(key ^ net_hash_mix(xn->net),
				       XTCP_PORT_LOCKS_LOG)];
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
	rhashtable_destroy(&xn->ports);
}

static struct xtcp_port *port_find(struct xtcp_net *xn, u32 key)
{
	return rhashtable_lookup_fast(&xn->ports, &key, ports_params);
}

static void port_free(struct rcu_head *rcu)
{
	kmem_cache_free(port_cache, container_of(rcu, struct xtcp_port, rcu));
}

/* Port lock held. */
static struct xtcp_port *port_find_or_make(struct xtcp_net *xn, u32 key)
{
	struct xtcp_port *port = port_find(xn, key);

	if (port)
		return port;
	port = kmem_cache_alloc(port_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!port)
		return NULL;
	port->key = key;
	port->xn = xn;
	xtcp_owners_init(&port->owners);
	if (rhashtable_insert_fast(&xn->ports, &port->hash, ports_params)) {
		kmem_cache_free(port_cache, port);
		return NULL;
	}
	if (port_on_tcp_wire(key))
		xtcp_claim_port(xn, key);
	return port;
}

/* Port lock held: free a port that nobody owns any more. */
static void port_free_unowned(struct xtcp_port *port)
{
	if (!xtcp_owners_none(&port->owners))
		return;
	rhashtable_remove_fast(&port->xn->ports, &port->hash, ports_params);
	if (port_on_tcp_wire(port->key))
		xtcp_claim_no_port(port->xn, port->key);
	call_rcu(&port->rcu, port_free);
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

/* On the TCP wire: hold the port in the kernel's TCP.  NULL on the other. */
static struct xtcp_hold *port_hold(struct sock *sk, u16 num, bool reuse)
{
	if (xtcp_sk(sk)->node.tuple.wire != IPPROTO_TCP)
		return NULL;
	return xtcp_hold_get(sk, num, reuse);
}

/* Port lock held.  Return: as xtcp_owners_conflict() */
static int port_granted(struct xtcp_port *port, const struct xtcp_owner_key *key,
			enum xtcp_port_wish wish)
{
	struct xtcp_owner_key alone = *key;

	switch (wish) {
	case XTCP_PORT_UNUSED:
		return xtcp_owners_none(&port->owners) ? 0 : -EADDRINUSE;
	case XTCP_PORT_ALONE:
		alone.how &= XTCP_OWNER_VERSIONS;
		return port_conflict(port, &alone, NULL);
	case XTCP_PORT_SHARED:
		break;
	}
	return port_conflict(port, key, NULL);
}

/* Port lock held.  Return: as xtcp_owners_conflict() */
static int port_take(struct xtcp_port *port, struct sock *sk,
		     enum xtcp_port_wish wish, struct xtcp_hold **hold)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_owner_key key;
	int err;

	x->owner.bound = true;
	owner_init(&x->owner, sk, &key);
	err = port_granted(port, &key, wish);
	if (err)
		return err;
	swap(x->owner.hold, *hold);
	err = owner_add(port, &x->owner, &key);
	if (err)
		swap(x->owner.hold, *hold);
	return err;
}

static int port_bind_held(struct sock *sk, u32 key, enum xtcp_port_wish wish,
			  struct xtcp_hold **hold)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_port *port;
	int err;

	do {
		/* softirqs had their turn; a bpf_bind() must not sleep here */
		spin_lock_bh(port_lock(x->xn, key));
		port = port_find_or_make(x->xn, key);
		err = port ? port_take(port, sk, wish, hold) : -ENOMEM;
		if (err && port)
			port_free_unowned(port);
		spin_unlock_bh(port_lock(x->xn, key));
	} while (err == -EAGAIN);
	return err;
}

/**
 * xtcp_port_bind() - own a port by bind()
 * @sk: the socket, locked; its tuple has the address to own it on
 * @num: the port
 * @wish: which it may be
 *
 * On TCP's wire the caller has got the hook: xtcp_claim_get().  Process context.
 *
 * Return: 0; -EADDRINUSE where it is taken, or, on TCP's wire, the kernel's TCP has it;
 * -ENOMEM
 */
int xtcp_port_bind(struct sock *sk, u16 num, enum xtcp_port_wish wish)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key = port_key(x->node.tuple.wire, num);
	struct xtcp_hold *hold;
	int err;

	if (wish == XTCP_PORT_UNUSED && port_find(x->xn, key))
		return -EADDRINUSE;
	hold = port_hold(sk, num, wish == XTCP_PORT_SHARED && sk->sk_reuse);
	if (IS_ERR(hold))
		return PTR_ERR(hold);
	err = port_bind_held(sk, key, wish, &hold);
	xtcp_hold_put(hold);
	if (err)
		return err;
	x->node.tuple.lport = num;
	inet_sk(sk)->inet_num = num;
	return 0;
}

/* Port lock held. */
static int port_enter(struct xtcp_port *port, struct sock *sk,
		      struct xtcp_hold **hold)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_owner_key key;
	int err;

	if (xtcp_owners_bound(&port->owners, x->node.tuple.l3mdev))
		return -EADDRINUSE;
	err = xtcp_link_insert(x->xn, xtcp_sk_link(sk));
	if (err)
		return err;
	x->owner.bound = false;
	owner_init(&x->owner, sk, &key);
	swap(x->owner.hold, *hold);
	err = owner_add(port, &x->owner, &key);
	if (err) {
		swap(x->owner.hold, *hold);
		xtcp_link_remove(x->xn, xtcp_sk_link(sk));
		return err;
	}
	xtcp_sk_set_hashed(sk, true);
	return 0;
}

/**
 * xtcp_port_connect_to() - own a port by connect(), and enter the connection table
 * @sk: the socket, locked; its tuple has both addresses and the remote port
 * @num: the port
 * @held: on TCP's wire: hold it in the kernel's TCP, for the user wished for it
 *
 * On TCP's wire the caller has got the hook: xtcp_claim_get().  Process context.
 *
 * Return: 0; -EADDRINUSE where somebody has bound it, or it cannot be held;
 * -EADDRNOTAVAIL where the 4-tuple is taken; -ENOMEM
 */
int xtcp_port_connect_to(struct sock *sk, u16 num, bool held)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 key = port_key(x->node.tuple.wire, num);
	struct xtcp_hold *hold = NULL;
	struct xtcp_port *port;
	int err;

	if (held)
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

/* Port lock held.  Return: as xtcp_owners_conflict() */
static int owner_listens(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_port *port = x->owner.port;
	struct xtcp_owner_key key;
	int err;

	owner_init(&x->owner, sk, &key);
	key.how |= XTCP_OWNER_LISTENS;
	err = port_conflict(port, &key, &x->owner);
	if (!err)
		err = xtcp_owners_move(&port->owners, &x->owner, &key);
	if (!err)
		owner_guard(&x->owner, true);
	return err;
}

static void owner_listens_no_more(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_port *port = x->owner.port;
	struct xtcp_owner_key key;

	spin_lock_bh(port_lock(x->xn, port->key));
	xtcp_owner_key(&key, sk, x->owner.uid);
	/* without memory for that, it keeps others away as a listener would */
	xtcp_owners_move(&port->owners, &x->owner, &key);
	owner_guard(&x->owner, !(key.how & XTCP_OWNER_REUSE));
	spin_unlock_bh(port_lock(x->xn, port->key));
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
	do {
		cond_resched();
		spin_lock_bh(port_lock(x->xn, port->key));
		err = owner_listens(sk);
		spin_unlock_bh(port_lock(x->xn, port->key));
	} while (err == -EAGAIN);
	if (x->owner.hold)
		xtcp_hold_guard(x->owner.hold, -1);	/* that xtcp_hold_listen() took */
	if (err)
		return err;
	err = xtcp_listeners_add(sk);
	if (err)
		owner_listens_no_more(sk);
	return err;
}

/**
 * xtcp_port_unlisten() - let no SYN find this listener any more
 * @sk: the socket, locked
 */
void xtcp_port_unlisten(struct sock *sk)
{
	if (!xtcp_sk(sk)->listening)
		return;
	xtcp_listeners_remove(sk);
	owner_listens_no_more(sk);
}

/**
 * xtcp_port_inherit() - let a child own its listener's port
 * @child: a connection made by a listener; its tuple is set
 * @listener: not locked; it has that port, or has lost it
 *
 * Softirq.  Return: 0; -EINVAL where the listener has lost its port; -ENOMEM
 */
int xtcp_port_inherit(struct sock *child, struct sock *listener)
{
	struct xtcp_owner *from = &xtcp_sk(listener)->owner;
	struct xtcp_sock *x = xtcp_sk(child);
	spinlock_t *lock = port_lock(x->xn, port_key(x->node.tuple.wire, x->node.tuple.lport));
	struct xtcp_owner_key key;
	struct xtcp_port *port;
	int err;

	spin_lock_bh(lock);
	port = from->port;
	if (!port) {
		spin_unlock_bh(lock);
		return -EINVAL;
	}
	x->owner.is_sock = true;
	x->owner.bound = from->bound;
	x->owner.uid = from->uid;
	xtcp_owner_key(&key, child, from->uid);
	xtcp_hold_ref(from->hold);
	x->owner.hold = from->hold;
	err = owner_add(port, &x->owner, &key);
	if (err) {
		xtcp_hold_put(from->hold);
		x->owner.hold = NULL;
	}
	spin_unlock_bh(lock);
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

	*heir = (struct xtcp_owner) { };
	if (!port)
		return;
	memcg = set_active_memcg(xtcp_memcg(&x->inet.sk));
	xtcp_owner_key(&key, &x->inet.sk, GLOBAL_ROOT_UID);
	if (key.how & XTCP_OWNER_REUSEPORT)
		key.how |= XTCP_OWNER_TIME_WAIT;
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

/**
 * xtcp_port_idle_sock() - a socket that is bound to a port, and no more than that
 * @xn: the namespace
 * @wire: IPPROTO_XTCP or IPPROTO_TCP
 * @num: the port
 * @nth: how many of them to pass over
 *
 * For diagnostics.  Any context but hard interrupt.  Return: the socket, with a reference for
 * the caller; NULL where there are no more
 */
struct sock *xtcp_port_idle_sock(struct xtcp_net *xn, u8 wire, u16 num, unsigned int nth)
{
	u32 key = port_key(wire, num);
	spinlock_t *lock = port_lock(xn, key);
	struct xtcp_port *port;
	struct sock *sk = NULL;

	if (!port_find(xn, key))	/* as nearly all */
		return NULL;
	spin_lock_bh(lock);
	port = port_find(xn, key);
	if (port)
		sk = xtcp_owners_idle_sock(&port->owners, nth);
	spin_unlock_bh(lock);
	return sk;
}
