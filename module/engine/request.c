// SPDX-License-Identifier: GPL-2.0
/*
 * Requests: half-open connections of a listener.  What they say, how long they wait, and
 * their end.  Which lock guards what: handshake.c.
 */
#include <linux/slab.h>
#include "../compat.h"
#include "../observe/trace.h"
#include "../wire/ip.h"
#include "../wire/reply.h"
#include "ack.h"
#include "clock.h"
#include "connection.h"
#include "cookies.h"
#include "demux.h"
#include "queues.h"
#include "request.h"
#include "rtt.h"
#include "tcb.h"

static struct kmem_cache *request_cache;

/**
 * xtcp_requests_init() - make the requests' cache
 *
 * At module load.  Return: 0 or -ENOMEM
 */
int xtcp_requests_init(void)
{
	/* debugging makes locks and timers larger */
	BUILD_BUG_ON(!IS_ENABLED(CONFIG_LOCKDEP) &&
		     sizeof(struct xtcp_request) > 256);
	request_cache = kmem_cache_create("xtcp_request",
					  sizeof(struct xtcp_request), 0,
					  SLAB_ACCOUNT, NULL);
	return request_cache ? 0 : -ENOMEM;
}

/**
 * xtcp_requests_exit() - free the requests' cache
 *
 * At module unload, after rcu_barrier().
 */
void xtcp_requests_exit(void)
{
	kmem_cache_destroy(request_cache);
}

static void request_free(struct rcu_head *rcu)
{
	kmem_cache_free(request_cache,
			container_of(rcu, struct xtcp_request, rcu));
}

/**
 * xtcp_request_get() - take a reference to what the table answered
 * @req: found under rcu_read_lock()
 *
 * Return: false where it is being freed
 */
bool xtcp_request_get(struct xtcp_request *req)
{
	return refcount_inc_not_zero(&req->refcnt);
}

/**
 * xtcp_request_put() - drop a reference
 * @req: the request
 */
void xtcp_request_put(struct xtcp_request *req)
{
	if (!refcount_dec_and_test(&req->refcnt))
		return;
	dst_release(req->route);
	dst_release(req->in_route.dst);
	sock_put(req->listener);
	call_rcu(&req->rcu, request_free);
}

/**
 * xtcp_request_use_route() - let a segment come by the route of the SYN
 * @node: a request's, as the connection table has it
 * @skb: a segment for it, not routed yet
 *
 * So the ACK that completes the handshake needs no look-up.  Softirq, under
 * rcu_read_lock().
 */
void xtcp_request_use_route(struct xtcp_node *node, struct sk_buff *skb)
{
	const struct xtcp_in_route *route =
		&container_of(node, struct xtcp_request, node)->in_route;

	if (route->dst && route->ifindex == skb->skb_iif &&
	    dst_check(route->dst, route->cookie))
		skb_dst_set_noref(skb, route->dst);
}

/**
 * xtcp_request_end() - a request is over
 * @req: the request, locked and alive
 * @replaced: its place in the table has been given to a connection; else it is given up
 *
 * Softirqs off.  The lock stays held, and there is a reference left, or rcu_read_lock().
 */
void xtcp_request_end(struct xtcp_request *req, bool replaced)
{
	struct xtcp_net *xn = xtcp_sk(req->listener)->xn;

	req->dead = 1;
	if (!replaced)
		xtcp_link_remove(xn, &req->link);
	xtcp_request_dequeue(req->listener, &req->list, !req->retries);
	trace_xtcp_request_gone(xn, &req->node.tuple, req->iss + 1, req->irs + 1,
				req->rcv_wnd);
	if (xtcp_timer_delete(&req->timer))
		xtcp_request_put(req);
	xtcp_request_put(req);
}

/**
 * xtcp_request_fail_locked() - a handshake has failed
 * @req: the request, locked and alive
 * @event: why
 *
 * As xtcp_request_end().
 */
void xtcp_request_fail_locked(struct xtcp_request *req, enum xtcp_event event)
{
	xtcp_next_state(xtcp_sk(req->listener)->xn, &req->node.tuple, TCP_SYN_RECV, event);
	xtcp_count(xtcp_sk(req->listener)->xn, ATTEMPT_FAILS);
	xtcp_request_end(req, false);
}

/**
 * xtcp_request_fail() - a handshake has failed, unless it has come to another end before
 * @req: the request; with a reference of the caller's, or found under rcu_read_lock()
 * @event: why
 *
 * Any context but hard interrupt.
 */
void xtcp_request_fail(struct xtcp_request *req, enum xtcp_event event)
{
	spin_lock_bh(&req->lock);
	if (!req->dead)
		xtcp_request_fail_locked(req, event);
	spin_unlock_bh(&req->lock);
}

/* @route: where to keep the route; or NULL */
static void request_reply(const struct xtcp_request *req, struct xtcp_segment *seg,
			  struct dst_entry **route)
{
	struct xtcp_reply reply = {
		.exact = req->rcv_wnd == READ_ONCE(xtcp_sk(req->listener)->window_clamp),
		.tuple = &req->node.tuple,
		.sk = req->listener,
		.ifindex = req->node.ifindex,
		.mark = req->mark,
		.priority = req->priority,
		.secid = req->secid,
		.tos = req->tos,
		.ttl = req->ttl,
		.route = route,
	};

	xtcp_ip_reply(sock_net(req->listener), &reply, seg);
}

/* @ns: the time that it says.  @route: as request_reply() */
static void send_syn_ack(const struct xtcp_request *req, u64 ns, struct dst_entry **route)
{
	struct xtcp_segment seg = {
		.seq = req->iss,
		.ack = req->irs + 1,
		.wnd = req->rcv_wnd,
		.flags = XTCP_SYN | XTCP_ACK,
		.opt.mss = READ_ONCE(xtcp_sk(req->listener)->user_mss),
	};

	xtcp_agreed_syn(&req->agreed, &seg.opt);
	if (!req->plain)
		seg.flags = xtcp_agreed_flags(&req->agreed, seg.flags);
	xtcp_timestamp_write(&req->ts, &seg.opt, ns);
	request_reply(req, &seg, route);
}

/**
 * xtcp_request_send_cookie() - answer the SYN with a cookie
 * @req: what the request would be, which nobody keeps; its ISS is the cookie
 * @now_ns: the time
 */
void xtcp_request_send_cookie(const struct xtcp_request *req, u64 now_ns)
{
	u32 now_ms = div_u64(now_ns, NSEC_PER_MSEC);

	send_syn_ack(req, (u64)xtcp_cookie_stamp(&req->agreed, now_ms) * NSEC_PER_MSEC, NULL);
}

/* Whoever sends us what we answer at once must not make us send without end. */
static bool may_answer(struct xtcp_request *req)
{
	struct xtcp_net *xn = xtcp_sk(req->listener)->xn;

	if (xtcp_ack_challenge(&req->challenge_ms, xtcp_now_ms(),
			       READ_ONCE(xn->sysctl.challenge_ack_ms)))
		return true;
	xtcp_count(xn, CHALLENGES_LIMITED);
	return false;
}

/**
 * xtcp_request_send_ack() - a challenge ACK
 * @req: the request, locked
 *
 * RFC 5961, section 7: not more often than the sysctl says.
 */
void xtcp_request_send_ack(struct xtcp_request *req)
{
	struct xtcp_net *xn = xtcp_sk(req->listener)->xn;
	struct xtcp_segment seg = {
		.seq = req->iss + 1,
		.ack = req->irs + 1,
		.wnd = DIV_ROUND_UP(req->rcv_wnd, 1u << req->agreed.rcv_wscale),
		.flags = XTCP_ACK,
	};

	if (req->agreed.timestamps)
		seg.opt.present = XTCP_OPT_TIMESTAMPS;
	xtcp_timestamp_write(&req->ts, &seg.opt, ktime_get_ns());

	if (!may_answer(req))
		return;
	xtcp_count(xn, CHALLENGE_ACKS);
	request_reply(req, &seg, NULL);
}

/* MUST-22 */
static unsigned long request_timeout(const struct xtcp_request *req)
{
	u64 us = (u64)XTCP_RTO_INITIAL_US << min_t(u8, req->retries, 7);

	return usecs_to_jiffies(min_t(u64, us, xtcp_rto_max_us(xtcp_sk(req->listener)->xn)));
}

/**
 * xtcp_request_answer_again() - the SYN came again: our SYN,ACK may have been lost
 * @req: the request, locked and alive
 * @seg: the SYN
 *
 * If it does not ask for ECN any more, nor does the answer have it: RFC 3168, 6.1.1.
 * As in Linux, not more often than challenge ACKs leave; and then the timer begins anew.
 */
void xtcp_request_answer_again(struct xtcp_request *req, const struct xtcp_segment *seg)
{
	if ((seg->flags & (XTCP_ECE | XTCP_CWR)) != (XTCP_ECE | XTCP_CWR))
		req->plain = 1;
	if (!may_answer(req))
		return;
	xtcp_count(xtcp_sk(req->listener)->xn, RETRANS);
	req->resent = 1;
	send_syn_ack(req, ktime_get_ns(), &req->route);
	/* one that has just fired waits for the lock, and will answer once more */
	mod_timer_pending(&req->timer, jiffies + request_timeout(req));
}

/* The request, locked and alive: the SYN,ACK was not answered. */
static void request_expired(struct xtcp_request *req)
{
	struct xtcp_sock *l = xtcp_sk(req->listener);
	u8 most = READ_ONCE(l->syn_retries) ?: READ_ONCE(l->xn->sysctl.synack_retries);
	u8 defer_accept = READ_ONCE(l->defer_accept);

	if (req->retries >= xtcp_request_retries(req->listener, most) &&
	    (!req->acked || req->retries >= defer_accept)) {
		xtcp_request_fail_locked(req, XTCP_EV_TIMEOUT);
		return;
	}
	if (!req->retries++)
		xtcp_request_ages(req->listener);
	/* acknowledged, and waiting for data: asking again would achieve nothing */
	if (!req->acked || req->retries >= defer_accept) {
		xtcp_count(l->xn, RETRANS);
		send_syn_ack(req, ktime_get_ns(), &req->route);
	}
	refcount_inc(&req->refcnt);
	mod_timer(&req->timer, jiffies + request_timeout(req));
}

static void request_timer_fn(struct timer_list *t)
{
	struct xtcp_request *req = xtcp_from_timer(req, t, timer);

	spin_lock(&req->lock);
	if (!req->dead)
		request_expired(req);
	spin_unlock(&req->lock);
	xtcp_request_put(req);
}

/**
 * xtcp_request_alloc() - make an empty request, which nobody knows
 * @sk: its listener; the request takes over a reference of the caller's
 *
 * Softirq.  Return: the request, with a reference of the caller's; NULL: no memory
 */
struct xtcp_request *xtcp_request_alloc(struct sock *sk)
{
	struct xtcp_request *req = xtcp_zalloc_charged(request_cache, sk);

	if (!req)
		return NULL;
	req->link.node = &req->node;
	req->listener = sk;
	spin_lock_init(&req->lock);
	timer_setup(&req->timer, request_timer_fn, 0);
	refcount_set(&req->refcnt, 1);
	return req;
}

/* Enter it in its listener's queue and in the table; or in neither.  Locked. */
static enum xtcp_drop_reason request_enter(struct xtcp_request *req)
{
	struct sock *sk = req->listener;
	int err;

	req->dead = 1;
	if (!xtcp_request_enqueue(sk, &req->list))
		return XTCP_DROP_AGAIN;
	err = xtcp_link_insert(xtcp_sk(sk)->xn, &req->link);
	if (!err) {
		req->dead = 0;
		return XTCP_DROP_NONE;
	}
	xtcp_request_dequeue(sk, &req->list, true);
	return err == -EADDRNOTAVAIL ? XTCP_DROP_AGAIN : XTCP_DROP_MEMORY;
}

/* The request, locked, has just been entered; the reference is the table's now. */
static void request_begin(struct xtcp_request *req, u64 now_ns)
{
	const struct xtcp_tuple *t = &req->node.tuple;
	struct xtcp_net *xn = xtcp_sk(req->listener)->xn;

	xtcp_count(xn, REQUESTS);
	xtcp_next_state(xn, t, TCP_LISTEN, XTCP_EV_RCV_SYN);
	trace_xtcp_request_made(xn, t, req->iss, req->irs + 1, req->rcv_wnd);
	refcount_inc(&req->refcnt);
	mod_timer(&req->timer, jiffies + request_timeout(req));
	send_syn_ack(req, now_ns, &req->route);
}

/**
 * xtcp_request_enter() - a SYN is taken: the request is there from now on
 * @req: the request, complete; the reference is the table's, unless it is refused
 * @now_ns: the time
 *
 * Softirq, under rcu_read_lock().  Sends the SYN,ACK.
 *
 * Return: XTCP_DROP_NONE; XTCP_DROP_AGAIN where the listener listens no more, or something
 * stands for the 4-tuple already; XTCP_DROP_MEMORY
 */
enum xtcp_drop_reason xtcp_request_enter(struct xtcp_request *req, u64 now_ns)
{
	enum xtcp_drop_reason reason;

	spin_lock(&req->lock);
	reason = request_enter(req);
	if (!reason)
		request_begin(req, now_ns);
	spin_unlock(&req->lock);
	return reason;
}

/**
 * xtcp_request_fire() - let a request's timer fire now
 * @req: the request, to which the caller has a reference
 *
 * A test calls this instead of waiting.
 *
 * Return: false where the timer was not pending
 */
bool xtcp_request_fire(struct xtcp_request *req)
{
	if (!xtcp_timer_delete(&req->timer))
		return false;
	local_bh_disable();
	request_timer_fn(&req->timer);
	local_bh_enable();
	return true;
}
