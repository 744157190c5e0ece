// SPDX-License-Identifier: GPL-2.0
/*
 * A listener's two queues: its half-open requests, and its children that were not
 * accepted yet.
 *
 * A spinlock of their own guards both, and is held for a few instructions: neither softirq
 * nor accept() takes the socket's lock.  They take nothing in once the listener has left
 * LISTEN, which is looked at under the spinlock: whoever empties them then empties them for
 * good.
 *
 * Queues and spinlock are there only in LISTEN.  So who comes without the socket's lock
 * comes under rcu_read_lock(), and a socket begins another life no sooner than a grace
 * period after it has left LISTEN: close.c.
 */
#include <net/sock.h>
#include <net/sock_reuseport.h>
#include "clock.h"
#include "cookies.h"
#include "queues.h"
#include "tcb.h"

#define REQUESTS_FEW	8u
#define RETRIES_LEAST	2

/**
 * xtcp_queues_init() - before the socket enters LISTEN
 * @sk: the socket, locked
 */
void xtcp_queues_init(struct sock *sk)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;

	spin_lock_init(&l->lock);
	INIT_LIST_HEAD(&l->requests);
	INIT_LIST_HEAD(&l->accept_queue);
	l->request_count = 0;
	l->young = 0;
	l->cookies_s = 0;
	WRITE_ONCE(sk->sk_ack_backlog, 0);
	smp_wmb();	/* whoever sees LISTEN sees them: xtcp_accept_dequeue() */
}

/* A SO_REUSEPORT group has one in common: another of it may get the ACK. */
static u32 *cookies_seconds(const struct sock *sk)
{
	struct sock_reuseport *group = rcu_dereference(sk->sk_reuseport_cb);

	return group ? &group->synq_overflow_ts : &xtcp_sk(sk)->listener.cookies_s;
}

/**
 * xtcp_cookie_sent() - a listener answers a SYN with a cookie
 * @sk: the listener
 *
 * Softirq, under rcu_read_lock().
 */
void xtcp_cookie_sent(struct sock *sk)
{
	u32 *sent_s = cookies_seconds(sk), now_s = xtcp_now_s() ?: 1;

	if (READ_ONCE(*sent_s) != now_s)
		WRITE_ONCE(*sent_s, now_s);
}

/**
 * xtcp_cookies_out() - may an ACK answer a cookie?
 * @sk: the listener
 *
 * As long as none was sent lately, nobody gets to guess.
 *
 * Softirq, under rcu_read_lock().
 */
bool xtcp_cookies_out(const struct sock *sk)
{
	u32 sent_s = READ_ONCE(*cookies_seconds(sk));

	return sent_s && xtcp_now_s() - sent_s <= XTCP_COOKIE_SECONDS;
}

/**
 * xtcp_requests_most() - for how many requests has a listener room?
 * @sk: the listener
 *
 * One more than its backlog, or what net.xtcp.max_syn_backlog says.  Any context.
 */
u32 xtcp_requests_most(const struct sock *sk)
{
	u32 most = xtcp_bounded(xtcp_sk(sk)->xn, max_syn_backlog);

	return min_t(u64, most, (u64)READ_ONCE(sk->sk_max_ack_backlog) + 1);
}

/**
 * xtcp_request_enqueue() - a listener has one more request
 * @sk: the listener
 * @request: the request's place in the list
 *
 * Softirq, under rcu_read_lock().
 *
 * Return: false where it listens no more: nothing is queued
 */
bool xtcp_request_enqueue(struct sock *sk, struct list_head *request)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	bool listens;

	spin_lock(&l->lock);
	listens = sk->sk_state == TCP_LISTEN;
	if (listens) {
		list_add_tail(request, &l->requests);
		WRITE_ONCE(l->request_count, l->request_count + 1);
		WRITE_ONCE(l->young, l->young + 1);
	}
	spin_unlock(&l->lock);
	return listens;
}

/**
 * xtcp_request_dequeue() - a listener has one request less
 * @sk: the listener
 * @request: the request's place in the list
 * @young: it has not been asked again
 *
 * Softirqs off.
 */
void xtcp_request_dequeue(struct sock *sk, struct list_head *request, bool young)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;

	spin_lock(&l->lock);
	list_del_init(request);
	WRITE_ONCE(l->request_count, l->request_count - 1);
	WRITE_ONCE(l->young, l->young - young);
	spin_unlock(&l->lock);
}

/**
 * xtcp_request_ages() - a request is asked for the first time again
 * @sk: the listener
 *
 * Softirqs off.
 */
void xtcp_request_ages(struct sock *sk)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;

	spin_lock(&l->lock);
	WRITE_ONCE(l->young, l->young - 1);
	spin_unlock(&l->lock);
}

/**
 * xtcp_request_retries() - how often may a request be asked again?
 * @sk: the listener
 * @most: if there is room
 *
 * Half of the room is for those that have just come.  Beyond it, as in Linux, each is
 * asked once less for each halving of the share of the young, but twice at least.  Any
 * context.
 */
u8 xtcp_request_retries(const struct sock *sk, u8 most)
{
	const struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	u32 requests = READ_ONCE(l->request_count);
	u64 young = 2 * (u64)READ_ONCE(l->young);

	if (requests <= max(REQUESTS_FEW, xtcp_requests_most(sk)) / 2)
		return most;
	for (; most > RETRIES_LEAST && requests >= young; young *= 2)
		most--;
	return most;
}

/**
 * xtcp_accept_enqueue() - a child waits to be accepted
 * @sk: the listener
 * @child: the child, locked; the reference that xtcp_destroy() drops is the queue's now
 *
 * Softirq, under rcu_read_lock().
 *
 * Return: false where the listener listens no more: nothing is queued
 */
bool xtcp_accept_enqueue(struct sock *sk, struct sock *child)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	bool listens;

	spin_lock(&l->lock);
	listens = sk->sk_state == TCP_LISTEN;
	if (listens) {
		list_add_tail(&xtcp_sk(child)->accept_node, &l->accept_queue);
		sk_acceptq_added(sk);
	}
	spin_unlock(&l->lock);
	return listens;
}

/**
 * xtcp_accept_drain() - the child that has waited longest, of a listener that ends
 * @sk: the socket, locked; it has just left LISTEN
 *
 * Process context.  Return: the child, not locked; NULL where there is none
 */
struct sock *xtcp_accept_drain(struct sock *sk)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	struct xtcp_sock *child;

	spin_lock_bh(&l->lock);
	child = list_first_entry_or_null(&l->accept_queue, struct xtcp_sock, accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
	}
	spin_unlock_bh(&l->lock);
	return child ? &child->inet.sk : NULL;
}

/**
 * xtcp_accept_dequeue() - the child that has waited longest
 * @sk: a socket, in any state, not locked
 *
 * Process context.
 *
 * Return: the child, not locked; NULL where there is none, or the socket does not listen
 */
struct sock *xtcp_accept_dequeue(struct sock *sk)
{
	struct sock *child = NULL;

	if (!READ_ONCE(sk->sk_ack_backlog))
		return NULL;
	rcu_read_lock();
	if (inet_sk_state_load(sk) == TCP_LISTEN)
		child = xtcp_accept_drain(sk);
	rcu_read_unlock();
	return child;
}
