// SPDX-License-Identifier: GPL-2.0
/*
 * IPPROTO_TCP: sharing the port space with the kernel's own TCP.
 *
 * What a program has bound, or listens on, is held in the kernel's TCP by a socket that is
 * bound and that no SYN ever finds: a hold.  A port that the kernel's TCP has cannot be
 * held.  There is one for each address, device and port; a listener's children use its
 * own.  A port that connect() chose is not held, nor one that only a TIME_WAIT has: they
 * would use up the ports from which the kernel's own connect() chooses, and a socket each.
 * Their 4-tuples are enough (claim.c).
 *
 * While one of a hold's users listens, or has not set SO_REUSEADDR, nobody else gets the
 * port.  While all have set it and none listens, a socket of the kernel's TCP with
 * SO_REUSEADDR may share the port and listen, as it may beside the kernel's own such
 * sockets.
 *
 * Holds do not stand in each other's way: which of xtcp's sockets may share a port,
 * ports.c decides.  They have SO_REUSEPORT for that, and a user that is nobody else.
 *
 * Holds are made and freed under a mutex; the last user may leave in softirq, so a worker
 * frees them, or close() where it can.
 */
#include <linux/in.h>
#include <linux/net.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/ip.h>
#include "../engine/tcb.h"
#include "hold.h"
#include "ip.h"

/* What a hold is on.  Compared byte by byte: there is no padding. */
struct hold_key {
	struct in6_addr	addr;	/* or 0.0.0.0 as a mapped one, or :: */
	int		ifindex;	/* the device; 0: every one */
	u16		port;
	u16		only;	/* :: is not 0.0.0.0 as well */
};

/**
 * struct xtcp_hold - a port of the kernel's TCP, held for xtcp
 * @node: among the namespace's holds; tcp_wire_lock
 * @key: what is held
 * @dead: for the worker: the last user has left, its reference is the worker's
 * @users: owners in ports.c, and the worker's
 * @lock: protects @guards, and @sock's sk_reuse
 * @guards: how many users share the port with nobody
 * @xn: the namespace
 * @sock: the kernel's socket
 */
struct xtcp_hold {
	struct rhash_head	node;
	struct hold_key		key;
	struct llist_node	dead;
	atomic_t		users;
	spinlock_t		lock;		/* guards, sk_reuse */
	u32			guards;
	struct xtcp_net		*xn;
	struct socket		*sock;
};

static const struct rhashtable_params holds_params = {
	.head_offset = offsetof(struct xtcp_hold, node),
	.key_offset = offsetof(struct xtcp_hold, key),
	.key_len = sizeof(struct hold_key),
	.automatic_shrinking = true,
};

/* Ask the kernel's TCP for the port, as bind() does, and listen() again.  Not
 * by bind(): the cgroup's programs have judged xtcp's own bind(), and have no
 * say in a connect().  Socket locked.
 */
static int hold_ask(struct xtcp_hold *hold, bool reuse)
{
	struct sock *sk = hold->sock->sk;

	spin_lock_bh(&hold->lock);
	sk->sk_reuse = reuse ? SK_CAN_REUSE : SK_NO_REUSE;
	spin_unlock_bh(&hold->lock);
	return sk->sk_prot->get_port(sk, hold->key.port) ? -EADDRINUSE : 0;
}

/* hold_ask() for a hold already bound; its users decide what follows. */
static int hold_ask_again(struct xtcp_hold *hold, bool reuse)
{
	struct sock *sk = hold->sock->sk;
	int err;

	lock_sock(sk);
	err = hold_ask(hold, reuse);
	xtcp_hold_guard(hold, 0);
	release_sock(sk);
	return err;
}

/* Nobody's socket: SO_REUSEPORT lets it share a port with those of the same user, and
 * that are the other holds.
 */
static void hold_disown(struct xtcp_hold *hold)
{
	struct sock *sk = hold->sock->sk;

	SOCK_INODE(hold->sock)->i_uid = INVALID_UID;
	sk->sk_uid = INVALID_UID;
	sk->sk_reuseport = 1;
}

/* Where bind() would put it. */
static void hold_place(struct xtcp_hold *hold)
{
	struct sock *sk = hold->sock->sk;

	xtcp_ip_set_local(sk, &hold->key.addr, &hold->key.addr);
	sk->sk_bound_dev_if = hold->key.ifindex;
	sk->sk_ipv6only = hold->key.only;
}

/* Bind a socket of the kernel's TCP; @reuse: beside others that allow it.  It
 * keeps others away until xtcp_hold_guard() says otherwise.
 */
static int hold_bind(struct xtcp_hold *hold, bool reuse)
{
	int family = ipv6_addr_v4mapped(&hold->key.addr) ? PF_INET : PF_INET6;
	struct inet_sock *inet;
	int err;

	err = sock_create_kern(hold->xn->net, family, SOCK_STREAM, IPPROTO_TCP,
			       &hold->sock);
	if (err)
		return err;
	inet = inet_sk(hold->sock->sk);
	lock_sock(&inet->sk);
	hold_disown(hold);
	hold_place(hold);
	err = hold_ask(hold, reuse);
	inet->sk.sk_reuse = SK_NO_REUSE;
	inet->inet_sport = htons(inet->inet_num);
	release_sock(&inet->sk);
	if (err)
		sock_release(hold->sock);
	return err;
}

/* tcp_wire_lock held. */
static struct xtcp_hold *hold_make(struct xtcp_net *xn, const struct hold_key *key,
				   bool reuse)
{
	struct xtcp_hold *hold;
	int err;

	hold = kzalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);
	if (!hold)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&hold->lock);
	hold->xn = xn;
	hold->key = *key;
	err = hold_bind(hold, reuse);
	if (err)
		goto free;
	err = rhashtable_insert_fast(&xn->holds, &hold->node, holds_params);
	if (!err)
		return hold;
	err = -ENOMEM;
	sock_release(hold->sock);
free:
	kfree(hold);
	return ERR_PTR(err);
}

/* tcp_wire_lock held. */
static void hold_free(struct xtcp_hold *hold)
{
	rhashtable_remove_fast(&hold->xn->holds, &hold->node, holds_params);
	sock_release(hold->sock);
	kfree(hold);
}

/* Free the holds without users.  tcp_wire_lock held.  Return: was there one? */
static bool holds_free_unused(struct xtcp_net *xn)
{
	struct llist_node *list = llist_del_all(&xn->tcp_wire_dead);
	struct xtcp_hold *hold, *next;

	llist_for_each_entry_safe(hold, next, list, dead) {
		/* unless it has found a new user meanwhile */
		if (atomic_dec_and_test(&hold->users))
			hold_free(hold);
	}
	return list;
}

/* tcp_wire_lock held. */
static struct xtcp_hold *hold_find_or_make(struct xtcp_net *xn,
					   const struct hold_key *key, bool reuse)
{
	struct xtcp_hold *hold;
	int err;

	hold = rhashtable_lookup_fast(&xn->holds, key, holds_params);
	if (!hold)
		return hold_make(xn, key, reuse);
	if (READ_ONCE(hold->guards))
		return hold;
	err = hold_ask_again(hold, reuse);
	return err ? ERR_PTR(err) : hold;
}

/**
 * xtcp_hold_get() - hold a port in the kernel's TCP
 * @sk: the xtcp socket, locked; the address that it sends from counts
 * @port: the port
 * @reuse: it may be shared with sockets of the kernel's TCP that allow it
 *
 * Process context; sleeps.
 *
 * Return: the hold, with a reference; -EADDRINUSE where the kernel's TCP has the
 * port; -ENOMEM
 */
struct xtcp_hold *xtcp_hold_get(struct sock *sk, u16 port, bool reuse)
{
	struct hold_key key = {
		.ifindex = sk->sk_bound_dev_if,
		.port = port,
	};
	struct xtcp_net *xn = xtcp_sk(sk)->xn;
	struct xtcp_hold *hold;
	struct in6_addr rcv;

	/* bound to a group, it sends from any */
	xtcp_ip_local(sk, &rcv, &key.addr);
	key.only = !ipv6_addr_v4mapped(&key.addr) && sk->sk_ipv6only;
	mutex_lock(&xn->tcp_wire_lock);
	do
		hold = hold_find_or_make(xn, &key, reuse);
	while (hold == ERR_PTR(-EADDRINUSE) && holds_free_unused(xn));
	if (!IS_ERR(hold))
		atomic_inc(&hold->users);
	mutex_unlock(&xn->tcp_wire_lock);
	return hold;
}

/**
 * xtcp_hold_guard() - one more user, or one less, shares the port with nobody
 * @hold: with a reference of the caller's
 * @by: 1 or -1; 0: a user that shares it has come
 *
 * Any context.
 */
void xtcp_hold_guard(struct xtcp_hold *hold, int by)
{
	spin_lock_bh(&hold->lock);
	WRITE_ONCE(hold->guards, hold->guards + by);
	hold->sock->sk->sk_reuse = hold->guards ? SK_NO_REUSE : SK_CAN_REUSE;
	spin_unlock_bh(&hold->lock);
}

/* One guard more, if there is one already. */
static bool hold_guard_more(struct xtcp_hold *hold)
{
	bool more;

	spin_lock_bh(&hold->lock);
	more = hold->guards;
	if (more)
		WRITE_ONCE(hold->guards, hold->guards + 1);
	spin_unlock_bh(&hold->lock);
	return more;
}

/* Ask as listen() does.  Meanwhile the hold is in LISTEN, so other bidders are
 * refused; afterwards the guard refuses them.  A bidder that looked before the
 * guard was there, and has not finished, has the bucket's lock: the second
 * get_port() waits for it.
 */
static int hold_ask_to_listen(struct xtcp_hold *hold)
{
	struct sock *sk = hold->sock->sk;
	int err;

	lock_sock(sk);
	WRITE_ONCE(sk->sk_state, TCP_LISTEN);
	err = hold_ask(hold, true);
	xtcp_hold_guard(hold, !err);
	if (!err)
		sk->sk_prot->get_port(sk, hold->key.port);
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	release_sock(sk);
	return err;
}

/**
 * xtcp_hold_listen() - may one of a hold's users listen?
 * @hold: with a reference of the caller's
 *
 * If so, the hold has one guard more, which the caller has to give back by
 * xtcp_hold_guard().  Process context; sleeps.
 *
 * Return: 0; -EADDRINUSE where a socket of the kernel's TCP listens on the port
 */
int xtcp_hold_listen(struct xtcp_hold *hold)
{
	int err = 0;

	mutex_lock(&hold->xn->tcp_wire_lock);
	if (!hold_guard_more(hold))
		err = hold_ask_to_listen(hold);
	mutex_unlock(&hold->xn->tcp_wire_lock);
	return err;
}

/**
 * xtcp_hold_ref() - one more user of a hold
 * @hold: with a reference of the caller's; or NULL: nothing is done
 */
void xtcp_hold_ref(struct xtcp_hold *hold)
{
	if (hold)
		atomic_inc(&hold->users);
}

/**
 * xtcp_hold_put() - a user leaves
 * @hold: or NULL: nothing is done
 *
 * Any context.  The last one's leaving frees the port soon, by a worker.
 */
void xtcp_hold_put(struct xtcp_hold *hold)
{
	struct xtcp_net *xn;

	if (!hold)
		return;
	xn = hold->xn;
	/* the last reference goes to the worker, so the hold stays until then */
	if (atomic_add_unless(&hold->users, -1, 1))
		return;
	if (llist_add(&hold->dead, &xn->tcp_wire_dead))
		schedule_work(&xn->tcp_wire_work);
}

/**
 * xtcp_hold_settle() - free at once what nobody holds any more
 * @xn: the namespace
 *
 * The worker would soon.  But where close() has returned, a program expects the port to be
 * free.  Process context; sleeps.
 */
void xtcp_hold_settle(struct xtcp_net *xn)
{
	mutex_lock(&xn->tcp_wire_lock);
	holds_free_unused(xn);
	mutex_unlock(&xn->tcp_wire_lock);
}

static void holds_free_work(struct work_struct *work)
{
	xtcp_hold_settle(container_of(work, struct xtcp_net, tcp_wire_work));
}

/**
 * xtcp_hold_net_init() - before a namespace's first socket
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_hold_net_init(struct xtcp_net *xn)
{
	mutex_init(&xn->tcp_wire_lock);
	init_llist_head(&xn->tcp_wire_dead);
	INIT_WORK(&xn->tcp_wire_work, holds_free_work);
	return rhashtable_init(&xn->holds, &holds_params);
}

/**
 * xtcp_hold_net_exit() - free the holds, which have no users any more
 * @xn: the namespace; nobody owns a port in it any more
 *
 * Process context; sleeps.
 */
void xtcp_hold_net_exit(struct xtcp_net *xn)
{
	flush_work(&xn->tcp_wire_work);
	rhashtable_destroy(&xn->holds);
}
