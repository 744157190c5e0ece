// SPDX-License-Identifier: GPL-2.0
/*
 * Time in a conversation: it stands still, but a timer can be made to fire, its
 * deadline can be read, and what lies in the past can be moved farther away.
 */
#include "../module/engine/connection.h"
#include "../module/engine/demux.h"
#include "../module/engine/request.h"
#include "../module/engine/skb.h"
#include "../module/engine/timers.h"
#include "../module/engine/timewait.h"
#include "conv.h"

static const char *const timer_names[] = {
	[XTCP_TIMER_RETRANSMIT]	= "the retransmission timer",
	[XTCP_TIMER_DELACK]	= "the delayed-ACK timer",
	[XTCP_TIMER_KEEPALIVE]	= "the keep-alive timer",
};

/* ---- timers fire ---- */

static struct sock *get_sock(struct conv *t)
{
	struct xtcp_node *node;
	struct sock *sk = NULL;

	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_CONNECTION)
		sk = xtcp_node_get(t->xn, node, &t->tuple);
	rcu_read_unlock();
	return sk;
}

/**
 * conv_fire() - a timer of the connection fires
 * @t: the conversation
 * @timer: which
 *
 * Return: NULL; or that it was not armed
 */
const char *conv_fire(struct conv *t, enum xtcp_timer timer)
{
	const char *unseen = conv_unseen(t);
	struct sock *sk;
	bool fired;

	if (unseen)
		return unseen;
	sk = get_sock(t);
	if (!sk)
		return "there is no connection whose timer could fire";
	conv_look(t);
	conv_log(t, "    %s fires\n", timer_names[timer]);
	fired = xtcp_timer_fire(sk, timer);
	sock_put(sk);
	conv_freeze(t);
	return fired ? NULL : "the timer was not armed";
}

/**
 * conv_fire_request() - the SYN,ACK was not answered in time
 * @t: the conversation
 *
 * Return: NULL; or that there is no such timer
 */
const char *conv_fire_request(struct conv *t)
{
	const char *unseen = conv_unseen(t);
	struct xtcp_request *req = NULL;
	struct xtcp_node *node;
	bool fired;

	if (unseen)
		return unseen;
	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_REQUEST) {
		req = container_of(node, struct xtcp_request, node);
		if (!xtcp_request_get(req))
			req = NULL;
	}
	rcu_read_unlock();
	if (!req)
		return "there is no request whose timer could fire";
	conv_look(t);
	conv_log(t, "    the request's timer fires\n");
	fired = xtcp_request_fire(req);
	xtcp_request_put(req);
	conv_freeze(t);
	return fired ? NULL : "the request's timer was not pending";
}

/**
 * conv_fire_2msl() - 2MSL have passed
 * @t: the conversation
 *
 * Return: NULL; or that there is no such timer
 */
const char *conv_fire_2msl(struct conv *t)
{
	const char *unseen = conv_unseen(t);
	struct xtcp_timewait *tw = NULL;
	struct xtcp_node *node;
	bool fired;

	if (unseen)
		return unseen;
	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_TIME_WAIT) {
		tw = container_of(node, struct xtcp_timewait, node);
		if (!xtcp_timewait_get(tw))
			tw = NULL;
	}
	rcu_read_unlock();
	if (!tw)
		return "there is no TIME_WAIT whose timer could fire";
	conv_look(t);
	conv_log(t, "    2MSL are over\n");
	fired = xtcp_timewait_fire(tw);
	xtcp_timewait_put(tw);
	return fired ? NULL : "the 2MSL timer was not pending";
}

/**
 * timer_comes_again() - the kernel's timer fires
 * @t: the conversation
 *
 * It fires by itself, whether the connection has armed it or not, and whoever holds the
 * socket.
 *
 * Return: whether it is set again
 */
bool timer_comes_again(struct conv *t)
{
	struct sock *sk = t->sock->sk;
	struct timer_list *list = &sk->sk_timer;
	bool again;

	sk_stop_timer(sk, list);
	sock_hold(sk);	/* the timer's, which its function puts */
	local_bh_disable();
	t->xn->timers_held = false;
	list->function(list);
	again = timer_pending(list);
	sk_stop_timer(sk, list);
	t->xn->timers_held = true;
	local_bh_enable();
	return again;
}

/* ---- what timers are set to ---- */

/**
 * conv_is_armed() - is a timer of the connection armed?
 * @t: the conversation
 * @timer: which
 *
 * Return: whether it is
 */
bool conv_is_armed(struct conv *t, enum xtcp_timer timer)
{
	return xtcp_timer_armed(xtcp_sk(t->sock->sk), timer);
}

/**
 * conv_armed_is() - is a timer armed, or not, as it should be?
 * @t: the conversation
 * @timer: which
 * @want: whether it should be
 *
 * Return: NULL, or what it is
 */
const char *conv_armed_is(struct conv *t, enum xtcp_timer timer, bool want)
{
	if (conv_is_armed(t, timer) == want)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "%s is %sarmed", timer_names[timer],
		  want ? "not " : "");
	return t->said;
}

/**
 * conv_deadline() - when a timer is due
 * @t: the conversation
 * @timer: which; it must be armed
 *
 * Return: when, in jiffies
 */
unsigned long conv_deadline(struct conv *t, enum xtcp_timer timer)
{
	armed(t, timer);
	return xtcp_timer_expires(xtcp_sk(t->sock->sk), timer);
}

/**
 * set_deadline() - a timer is due at another time
 * @t: the conversation
 * @timer: which
 * @deadline: when, in jiffies
 */
void set_deadline(struct conv *t, enum xtcp_timer timer, unsigned long deadline)
{
	armed(t, timer);
	xtcp_sk(t->sock->sk)->expires[timer] = deadline;
}

/**
 * disarm() - a timer is not wanted
 * @t: the conversation
 * @timer: which
 */
void disarm(struct conv *t, enum xtcp_timer timer)
{
	xtcp_timer_stop(xtcp_sk(t->sock->sk), timer);
	t->disarmed |= timer == XTCP_TIMER_RETRANSMIT;
}

/**
 * fire_if_armed() - a timer fires, if it is armed
 * @t: the conversation
 * @timer: which
 */
void fire_if_armed(struct conv *t, enum xtcp_timer timer)
{
	if (conv_is_armed(t, timer))
		fire(t, timer);
}

/* ---- what lies in the past ---- */

/**
 * time_wait_passes() - what happened to a connection now in TIME_WAIT is longer ago
 * @t: the conversation
 * @s: by how many seconds
 *
 * The end of TIME_WAIT comes no nearer.
 */
void time_wait_passes(struct conv *t, u32 s)
{
	struct xtcp_node *node;

	conv_log(t, "    %u s pass\n", s);
	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_TIME_WAIT)
		container_of(node, struct xtcp_timewait, node)->ts.recent_s -= s;
	else
		KUNIT_FAIL(t->test, "there is no TIME_WAIT");
	rcu_read_unlock();
}

/**
 * time_passes() - all that happened to the connection is longer ago
 * @t: the conversation
 * @ms: by how much
 *
 * The future comes no nearer: a timer's deadline stays.
 */
void time_passes(struct conv *t, u32 ms)
{
	struct xtcp_sock *x = xtcp_sk(t->sock->sk);
	u32 us = ms * USEC_PER_MSEC;
	struct sk_buff *skb;

	conv_log(t, "    %u ms pass\n", ms);
	x->last_rcv_ms -= ms;
	x->rtx_since_ms -= ms;
	x->stalled_since_ms -= ms;
	x->last_sent_ms -= ms;
	if (x->ack.challenge_ms)
		x->ack.challenge_ms = (x->ack.challenge_ms - ms) | 1;
	x->rate.delivered_us -= us;
	x->rate.first_sent_us -= us;
	if (x->ts.recent_s)
		x->ts.recent_s -= ms / MSEC_PER_SEC;
	x->rightsize.round_us -= us;
	if (!x->agreed.timestamps && x->rightsize.mark_us)
		x->rightsize.mark_us = (x->rightsize.mark_us - us) | 1;
	if (x->tally.data_in_ms)
		x->tally.data_in_ms = (x->tally.data_in_ms - ms) ?: 1;
	x->tally.limit_since_ms -= ms;
	if (x->tally.rto_since_ms)
		x->tally.rto_since_ms = (x->tally.rto_since_ms - ms) | 1;
	for (skb = xtcp_board_first(&x->board); skb; skb = xtcp_board_next(skb)) {
		XTCP_CB(skb)->sent_us -= us;
		XTCP_CB(skb)->mark.delivered_us -= us;
	}
	x->rtt.half_since_us -= us;
	x->rack.sent_us -= us;
	x->cong.acked_us -= us;
	x->ts.offset += ms;	/* the clock of timestamps goes on */
}
