// SPDX-License-Identifier: GPL-2.0
/*
 * IPPROTO_TCP: sharing the port space with the kernel's own TCP.
 *
 * Each address and port that xtcp owns on this wire is held in the kernel's TCP
 * by a socket that is bound and that no SYN ever finds: a hold.  A port that
 * the kernel's TCP has cannot be held.  Holds are made and freed under a mutex;
 * the last user may leave in softirq, so a worker frees them.  A hold claims
 * the port's segments: claim.c.
 *
 * While one of a hold's users listens, or has not set SO_REUSEADDR, nobody else
 * gets the port, and xtcp claims every segment for it.  But where connections
 * of the kernel's TCP were on the port before, they go on: xtcp then claims
 * only the segments whose 4-tuple is in its table, and those that open a
 * connection.  While all users have set SO_REUSEADDR and none listens, a socket
 * of the kernel's TCP with SO_REUSEADDR may share the port and listen, as it
 * may beside the kernel's own such sockets; xtcp then claims only the segments
 * whose 4-tuple is in its table.
 */
#include <linux/in.h>
#include <linux/net.h>
#include <linux/slab.h>
#include "../engine/tcb.h"
#include "claim.h"
#include "hold.h"
#include <net/ip.h>

/**
 * struct xtcp_hold - a port of the kernel's TCP, held for xtcp
 * @claim: address and port, and which of their segments are xtcp's
 * @dead: for the worker: the last user has left, its reference is the worker's
 * @rcu: frees it once the hook has left it
 * @users: owners in ports.c, and the worker's
 * @lock: protects the claim's guards, @yields, and @sock's sk_reuse
 * @yields: another hold asks for the port
 * @xn: the namespace
 * @sock: the kernel's socket
 */
struct xtcp_hold {
	struct xtcp_claim	claim;
	struct llist_node	dead;
	struct rcu_head		rcu;
	atomic_t		users;
	spinlock_t		lock;		/* guards, yields, sk_reuse */
	bool			yields;
	struct xtcp_net		*xn;
	struct socket		*sock;
};

/* A hold on every address will do for any of them. */
static struct xtcp_hold *hold_find(struct xtcp_net *xn, __be32 addr, u16 port)
{
	struct xtcp_hold *hold;

	hlist_for_each_entry(hold, xtcp_claim_bucket(xn, port), claim.node) {
		const struct xtcp_claim *c = &hold->claim;

		if (c->port == port && (c->addr == addr || !c->addr))
			return hold;
	}
	return NULL;
}

/* Set what the kernel's TCP reads of a bound socket when another wants the
 * port.  Lock held.
 */
static void hold_set_reuse(struct xtcp_hold *hold)
{
	hold->sock->sk->sk_reuse = hold->yields || !hold->claim.guards ?
				   SK_CAN_REUSE : SK_NO_REUSE;
}

/* Keep our own holds out of the way of another one on their port: ports.c
 * decides which xtcp sockets may share it.
 */
static void holds_yield(const struct xtcp_hold *asks, bool yield)
{
	const struct xtcp_claim *c = &asks->claim;
	struct xtcp_hold *hold;

	hlist_for_each_entry(hold, xtcp_claim_bucket(asks->xn, c->port),
			     claim.node) {
		if (!xtcp_claim_overlaps(&hold->claim, c->addr, c->port))
			continue;
		spin_lock_bh(&hold->lock);
		hold->yields = yield;
		hold_set_reuse(hold);
		spin_unlock_bh(&hold->lock);
	}
}

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
	return sk->sk_prot->get_port(sk, hold->claim.port) ? -EADDRINUSE : 0;
}

/* hold_ask() for a hold already bound; its users decide what follows. */
static int hold_ask_again(struct xtcp_hold *hold, bool reuse)
{
	int err;

	lock_sock(hold->sock->sk);
	holds_yield(hold, true);
	err = hold_ask(hold, reuse);
	holds_yield(hold, false);
	release_sock(hold->sock->sk);
	return err;
}

/* Bind a socket of the kernel's TCP; @reuse: beside others that allow it.  It
 * keeps others away until xtcp_hold_guard() says otherwise.
 */
static int hold_bind(struct xtcp_hold *hold, bool reuse)
{
	const struct xtcp_claim *c = &hold->claim;
	struct inet_sock *inet;
	int err;

	err = sock_create_kern(hold->xn->net, PF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &hold->sock);
	if (err)
		return err;
	inet = inet_sk(hold->sock->sk);
	lock_sock(&inet->sk);
	inet->inet_rcv_saddr = c->addr;
	inet->inet_saddr = c->addr;
	err = hold_ask(hold, false);
	if (err && (reuse || xtcp_is_claimed(hold->xn, c->addr, c->port))) {
		holds_yield(hold, true);
		err = hold_ask(hold, true);
		holds_yield(hold, false);
		inet->sk.sk_reuse = SK_NO_REUSE;
		hold->claim.shared = true;
	}
	inet->inet_sport = htons(inet->inet_num);
	release_sock(&inet->sk);
	if (err)
		sock_release(hold->sock);
	return err;
}

/* tcp_wire_lock held. */
static struct xtcp_hold *hold_make(struct xtcp_net *xn, __be32 addr, u16 port,
				   bool reuse)
{
	struct xtcp_hold *hold;
	int err;

	err = xtcp_claim_hook(xn);
	if (err)
		return ERR_PTR(err);
	hold = kzalloc(sizeof(*hold), GFP_KERNEL);
	err = -ENOMEM;
	if (!hold)
		goto unhook;
	spin_lock_init(&hold->lock);
	hold->xn = xn;
	hold->claim.addr = addr;
	hold->claim.port = port;
	err = hold_bind(hold, reuse);
	if (err)
		goto free;
	xtcp_claim_enter(xn, &hold->claim);
	return hold;
free:
	kfree(hold);
unhook:
	xtcp_claim_unhook(xn);
	return ERR_PTR(err);
}

/* tcp_wire_lock held. */
static void hold_free(struct xtcp_hold *hold)
{
	struct xtcp_net *xn = hold->xn;

	xtcp_claim_leave(xn, &hold->claim);
	sock_release(hold->sock);
	kfree_rcu(hold, rcu);
	xtcp_claim_unhook(xn);
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

static void holds_free_work(struct work_struct *work)
{
	struct xtcp_net *xn = container_of(work, struct xtcp_net, tcp_wire_work);

	mutex_lock(&xn->tcp_wire_lock);
	holds_free_unused(xn);
	mutex_unlock(&xn->tcp_wire_lock);
}

/* tcp_wire_lock held. */
static struct xtcp_hold *hold_find_or_make(struct xtcp_net *xn, __be32 addr,
					   u16 port, bool reuse)
{
	struct xtcp_hold *hold = xn->tcp_wire ? hold_find(xn, addr, port) : NULL;
	int err;

	if (!hold)
		return hold_make(xn, addr, port, reuse);
	if (READ_ONCE(hold->claim.guards))
		return hold;
	err = hold_ask_again(hold, reuse);
	if (!err)
		hold->claim.shared = reuse;
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
	/* bound to a group, it sends from any */
	__be32 addr = inet_sk(sk)->inet_saddr;
	struct xtcp_net *xn = xtcp_sk(sk)->xn;
	struct xtcp_hold *hold;

	mutex_lock(&xn->tcp_wire_lock);
	do
		hold = hold_find_or_make(xn, addr, port, reuse);
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
	/* claim_part_of() that sees it sees @shared */
	smp_store_release(&hold->claim.guards, hold->claim.guards + by);
	hold_set_reuse(hold);
	spin_unlock_bh(&hold->lock);
}

/* One guard more, if there is one already. */
static bool hold_guard_more(struct xtcp_hold *hold)
{
	bool more;

	spin_lock_bh(&hold->lock);
	more = hold->claim.guards;
	if (more)
		WRITE_ONCE(hold->claim.guards, hold->claim.guards + 1);
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
	holds_yield(hold, true);
	hold->claim.shared = hold_ask(hold, false);
	err = hold->claim.shared ? hold_ask(hold, true) : 0;
	if (!err)
		xtcp_hold_guard(hold, 1);
	holds_yield(hold, false);
	if (!err)
		sk->sk_prot->get_port(sk, hold->claim.port);
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
 * xtcp_hold_net_init() - before a namespace's first TCP-wire socket
 * @xn: the namespace
 */
void xtcp_hold_net_init(struct xtcp_net *xn)
{
	mutex_init(&xn->tcp_wire_lock);
	init_llist_head(&xn->tcp_wire_dead);
	INIT_WORK(&xn->tcp_wire_work, holds_free_work);
}

/**
 * xtcp_hold_net_stop() - free the holds and unregister the hook
 * @xn: the namespace; nobody owns a port in it any more
 *
 * Process context; sleeps.
 *
 * Return: whether a grace period must pass before xtcp_claim_net_exit():
 * there was a hook, and it may still be at work
 */
bool xtcp_hold_net_stop(struct xtcp_net *xn)
{
	flush_work(&xn->tcp_wire_work);
	WARN_ON_ONCE(xn->tcp_wire_users);
	return xn->tcp_wire;
}
