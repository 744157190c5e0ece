// SPDX-License-Identifier: GPL-2.0
/*
 * Passive open: RFC 9293, 3.10.7.2 and the SYN-RECEIVED parts of 3.10.7.4.
 *
 * A SYN for a listener makes a request, a small object in the connection table.
 * The ACK that completes the handshake turns it into a connection, which waits
 * in the listener's accept queue.  Requests are guarded by the listener's lock.
 */
#include <linux/security.h>
#include <linux/slab.h>
#include "../compat.h"
#include "../observe/drop.h"
#include "../observe/trace.h"
#include "../wire/early.h"
#include "../wire/ip.h"
#include "../wire/ipv6_sock.h"
#include "../wire/reply.h"
#include "../wire/version.h"
#include "ack.h"
#include "clock.h"
#include "connection.h"
#include "demux.h"
#include "handshake.h"
#include "input.h"
#include "isn.h"
#include "mss.h"
#include "ports.h"
#include "reset.h"
#include "rtt.h"
#include "skb.h"
#include "timers.h"
#include "timestamps.h"
#include "window.h"

static struct kmem_cache *request_cache;

/**
 * xtcp_handshake_init() - make the requests' cache
 *
 * At module load.  Return: 0 or -ENOMEM
 */
int xtcp_handshake_init(void)
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
 * xtcp_handshake_exit() - free the requests' cache
 *
 * At module unload, after rcu_barrier().
 */
void xtcp_handshake_exit(void)
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
 * The request holds a reference to its listener, so the caller can lock that.
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
	sock_put(req->listener);
	call_rcu(&req->rcu, request_free);
}

/* The request is over; listener locked.  Its place in the table has been given
 * to a connection already, or is given up here.
 */
static void request_end(struct xtcp_request *req, bool replaced)
{
	struct xtcp_sock *l = xtcp_sk(req->listener);

	if (req->dead)
		return;
	req->dead = 1;
	if (!replaced)
		xtcp_link_remove(l->xn, &req->link);
	list_del_init(&req->list);
	l->listener.request_count--;
	trace_xtcp_request_gone(&req->node.tuple, req->iss + 1, req->irs + 1,
				req->rcv_wnd);
	if (xtcp_timer_delete(&req->timer))
		xtcp_request_put(req);
	xtcp_request_put(req);
}

/**
 * xtcp_request_fail() - a handshake has failed
 * @req: the request; its listener locked
 * @event: why
 */
void xtcp_request_fail(struct xtcp_request *req, enum xtcp_event event)
{
	if (req->dead)
		return;
	xtcp_next_state(&req->node.tuple, TCP_SYN_RECV, event);
	xtcp_count(xtcp_sk(req->listener)->xn, ATTEMPT_FAILS);
	request_end(req, false);
}

static void request_reply(struct xtcp_request *req, struct xtcp_segment *seg)
{
	const struct xtcp_reply reply = {
		.exact = req->rcv_wnd == xtcp_sk(req->listener)->window_clamp,
		.tuple = &req->node.tuple,
		.sk = req->listener,
		.ifindex = req->node.ifindex,
		.mark = req->mark,
		.priority = req->priority,
		.secid = req->secid,
		.tos = req->tos,
		.ttl = req->ttl,
	};

	xtcp_ip_reply(sock_net(req->listener), &reply, seg);
}

static void request_send_syn_ack(struct xtcp_request *req)
{
	struct xtcp_segment seg = {
		.seq = req->iss,
		.ack = req->irs + 1,
		.wnd = req->rcv_wnd,
		.flags = XTCP_SYN | XTCP_ACK,
		.opt.mss = xtcp_sk(req->listener)->user_mss,
	};

	xtcp_agreed_syn(&req->agreed, &seg.opt);
	xtcp_timestamp_write(&req->ts, &seg.opt, ktime_get_ns());
	request_reply(req, &seg);
}

/* RFC 5961, section 7: not more often than the sysctl says. */
static void request_send_ack(struct xtcp_request *req)
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

	if (!xtcp_ack_challenge(&req->challenge_ms, xtcp_now_ms(),
				READ_ONCE(xn->sysctl.challenge_ack_ms))) {
		xtcp_count(xn, CHALLENGES_LIMITED);
		return;
	}
	xtcp_count(xn, CHALLENGE_ACKS);
	request_reply(req, &seg);
}

/* MUST-22 */
static unsigned long request_timeout(const struct xtcp_request *req)
{
	u64 us = (u64)XTCP_RTO_INITIAL_US << min_t(u8, req->retries, 7);

	return usecs_to_jiffies(min_t(u64, us, XTCP_RTO_MAX_US));
}

/* Listener locked and not in the user's hands: the SYN,ACK was not answered. */
static void request_expired(struct xtcp_request *req)
{
	struct xtcp_sock *l = xtcp_sk(req->listener);
	u8 most = l->syn_retries ?: READ_ONCE(l->xn->sysctl.synack_retries);

	if (req->dead)
		return;
	if (req->retries >= max(most, l->defer_accept)) {
		xtcp_request_fail(req, XTCP_EV_TIMEOUT);
		return;
	}
	req->retries++;
	/* acknowledged, and waiting for data: asking again would achieve nothing */
	if (!req->acked || req->retries >= l->defer_accept) {
		xtcp_count(l->xn, RETRANS);
		request_send_syn_ack(req);
	}
	refcount_inc(&req->refcnt);
	mod_timer(&req->timer, jiffies + request_timeout(req));
}

static void request_timer_fn(struct timer_list *t)
{
	struct xtcp_request *req = xtcp_from_timer(req, t, timer);
	struct sock *sk = req->listener;

	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk)) {
		request_expired(req);
	} else if (!req->dead) {
		refcount_inc(&req->refcnt);
		mod_timer(&req->timer, jiffies + 1);
	}
	bh_unlock_sock(sk);
	xtcp_request_put(req);
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

/* ---- SYN for a listener: RFC 9293, 3.10.7.2 ---- */

/* Return: why to drop it, or XTCP_DROP_DONE */
static enum xtcp_drop_reason listener_syn(struct sock *sk, struct sk_buff *skb,
					  const struct xtcp_segment *seg,
					  const struct xtcp_tuple *t)
{
	struct xtcp_sock *l = xtcp_sk(sk);
	struct xtcp_request *req;

	if (sk_acceptq_is_full(sk) ||
	    l->listener.request_count >= xtcp_bounded(l->xn, max_syn_backlog) ||
	    l->listener.request_count > (u32)READ_ONCE(sk->sk_max_ack_backlog))
		return XTCP_DROP_LISTENER_FULL;
	req = xtcp_zalloc_charged(request_cache, sk);
	if (!req)
		return XTCP_DROP_MEMORY;
	req->link.node = &req->node;
	req->node.tuple = *t;
	req->node.kind = XTCP_KIND_REQUEST;
	req->node.family = sk->sk_family;
	req->listener = sk;
	req->irs = seg->seq;
	req->iss = XTCP_CB(skb)->isn ?: xtcp_isn(l->xn, t);
	req->snd_wnd = seg->wnd;
	/* the window of a child, whose buffer is empty at first; the listener's may not
	 * be, if this segment is from its backlog
	 */
	req->rcv_wnd = xtcp_largest_window(sk);
	req->peer_mss = xtcp_peer_mss(seg);
	xtcp_offer(&req->agreed, &l->xn->sysctl, xtcp_window_bound(sk, 0),
		   xtcp_largest_rcvbuf(sk));
	xtcp_agree(&req->agreed, &seg->opt);
	if (req->agreed.timestamps) {
		req->ts.offset = xtcp_timestamp_offset(l->xn, t);
		xtcp_timestamp_set_recent(&req->ts, seg->opt.tsval);
	}
	req->mark = inet_request_mark(sk, skb);
	req->node.ifindex = xtcp_request_device(sk, skb);
	req->tos = xtcp_reply_tos(sk, t);
	req->ttl = xtcp_reply_ttl(sk, t);
	req->priority = READ_ONCE(sk->sk_priority);
	req->sent_us = xtcp_now_us();
	if (xtcp_skb_ip(skb)->permits_conn(sk, skb, t, req->node.ifindex, req->mark,
					   &req->secid)) {
		kmem_cache_free(request_cache, req);
		return XTCP_DROP_FILTERED;
	}
	timer_setup(&req->timer, request_timer_fn, 0);
	refcount_set(&req->refcnt, 2);	/* the table's and the timer's */
	if (xtcp_link_insert(l->xn, &req->link)) {
		kmem_cache_free(request_cache, req);
		return XTCP_DROP_MEMORY;
	}
	sock_hold(sk);
	list_add_tail(&req->list, &l->listener.requests);
	l->listener.request_count++;
	xtcp_count(l->xn, REQUESTS);
	xtcp_next_state(t, TCP_LISTEN, XTCP_EV_RCV_SYN);
	trace_xtcp_request_made(t, req->iss, req->irs + 1, req->rcv_wnd);
	mod_timer(&req->timer, jiffies + request_timeout(req));
	request_send_syn_ack(req);
	return XTCP_DROP_DONE;
}

/* MUST-57 */
static enum xtcp_drop_reason listener_first_segment(struct sock *sk,
						    struct sk_buff *skb,
						    const struct xtcp_segment *seg,
						    const struct xtcp_tuple *t)
{
	if (seg->flags & XTCP_RST || !xtcp_skb_ip(skb)->unicast(skb))
		return XTCP_DROP_LISTENER;
	if (seg->flags & XTCP_ACK) {
		xtcp_reply_reset(xtcp_sk(sk)->xn, skb, seg);
		return XTCP_DROP_LISTENER;
	}
	if (!(seg->flags & XTCP_SYN) || seg->flags & XTCP_FIN)
		return XTCP_DROP_LISTENER;
	return listener_syn(sk, skb, seg, t);
}

/* ---- the ACK that completes a handshake ---- */

/* What a clone of the listener must not share with it. */
static void child_init(struct sock *sk, const struct xtcp_request *req)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_tuple *t = &req->node.tuple;

	inet_sk_set_state(sk, TCP_SYN_RECV);
	sock_reset_flag(sk, SOCK_RCU_FREE);
	x->node.tuple = *t;
	x->node.kind = XTCP_KIND_CONNECTION;
	memset(&x->owner, 0, sizeof(x->owner));
	x->hashed = false;
	x->listening = false;
	INIT_LIST_HEAD(&x->accept_node);
	x->orphan = 0;
	sk->sk_ack_backlog = 0;
	xtcp_timers_init(sk);
	if (!x->cong_chosen)
		x->cong.ops = NULL;	/* the sysctl's, as it is now */
	xtcp_clear_connection(x);

	xtcp_ip_adopt(sk, t);
	inet->inet_num = t->lport;
	inet->inet_sport = htons(t->lport);
	sk->sk_mark = req->mark;
	sk->sk_bound_dev_if = req->node.ifindex;

	x->irs = req->irs;
	x->rcv_nxt = req->irs + 1;
	x->rcv_wup = x->rcv_nxt;
	x->copied_seq = x->rcv_nxt;
	x->rcv_wnd = req->rcv_wnd;
	x->rcv_adv = x->rcv_wup + x->rcv_wnd;
	xtcp_begin_at(sk, req->iss);
	x->snd_nxt++;	/* the SYN,ACK has left */
	x->write_seq++;
	x->snd_wnd = req->snd_wnd;
	x->snd_max_wnd = req->snd_wnd;
	x->snd_wl1 = req->irs;
	x->peer_mss = req->peer_mss;
	x->agreed = req->agreed;
	x->ts = req->ts;
	x->syn_lost = req->retries > 0 && !req->acked;
}

/* A child could not be set up: undo its cloning. */
static void child_discard(struct sock *sk)
{
	inet_sk_set_state(sk, TCP_CLOSE);
	sock_orphan(sk);
	xtcp_destroy(sk);
	__acquire(&sk->sk_lock.slock);	/* for sparse: sk_clone_lock() took it */
	bh_unlock_sock(sk);
	sock_put(sk);
}

/* The listener's memory cgroup pays for a child and for the data that comes
 * before it is accepted, and goes on paying.  Return: as sk_clone_lock()
 */
static struct sock *child_clone(struct sock *listener)
{
	struct mem_cgroup *old = set_active_memcg(xtcp_memcg(listener));
	struct sock *sk = sk_clone_lock(listener, GFP_ATOMIC);

	set_active_memcg(old);
	if (sk)
		xtcp_memcg_inherit(sk, listener);
	return sk;
}

/* Turn a request into a connection.  Listener locked.  Return: the child, with
 * a reference and its lock held; NULL where there is no memory or no route.
 */
static struct sock *child_make(struct xtcp_request *req, struct sk_buff *skb)
{
	struct sock *listener = req->listener, *sk;
	struct xtcp_sock *x;
	int err;

	sk = child_clone(listener);
	if (!sk)
		return NULL;
	x = xtcp_sk(sk);
	err = xtcp_ipv6_sock_clone(sk, skb);
	child_init(sk, req);
	if (err || x->ip->route(sk) || xtcp_port_inherit(sk, listener) ||
	    xtcp_link_replace(x->xn, &req->link, xtcp_sk_link(sk))) {
		child_discard(sk);
		return NULL;
	}
	x->hashed = true;
	xtcp_early_note_route(sk, skb);
	xtcp_syn_ack_window(sk, xtcp_offered_mss(sk));
	if (!req->retries && !req->acked && !req->resent) {
		u32 now_us = xtcp_now_us();

		xtcp_rtt_sample(&x->rtt, now_us - req->sent_us, now_us, xtcp_rto_min_us(x));
	}
	security_inet_conn_established(sk, skb);
	return sk;
}

static void accept_queue_add(struct sock *listener, struct sock *sk)
{
	list_add_tail(&xtcp_sk(sk)->accept_node,
		      &xtcp_sk(listener)->listener.accept_queue);
	sk_acceptq_added(listener);
}

/* The request's ACK came: RFC 9293, 3.10.7.4, fifth, SYN-RECEIVED.  Return: why to drop
 * the segment, or XTCP_DROP_NONE: it is consumed
 */
static enum xtcp_drop_reason request_complete(struct xtcp_request *req,
					      struct sk_buff *skb,
					      struct xtcp_segment *seg)
{
	struct sock *listener = req->listener, *sk;
	struct xtcp_net *xn = xtcp_sk(listener)->xn;

	/* TCP_DEFER_ACCEPT: the data will bring the ACK again */
	if (req->retries < xtcp_sk(listener)->defer_accept &&
	    seg->seq == seg->end) {
		req->acked = 1;
		return XTCP_DROP_DONE;
	}
	if (sk_acceptq_is_full(listener)) {
		/* the SYN,ACK will be sent again, and so will the peer's ACK */
		if (READ_ONCE(xn->sysctl.abort_on_overflow)) {
			xtcp_reply_reset(xn, skb, seg);
			xtcp_request_fail(req, XTCP_EV_ABORT);
		}
		return XTCP_DROP_LISTENER_FULL;
	}
	sk = child_make(req, skb);
	if (!sk)
		return XTCP_DROP_MEMORY;
	__acquire(&sk->sk_lock.slock);
	request_end(req, true);
	xtcp_count(xn, PASSIVE_OPENS);
	/* the queue's reference is the one that xtcp_destroy() drops */
	accept_queue_add(listener, sk);
	xtcp_segment_arrives(sk, skb, seg);
	bh_unlock_sock(sk);
	sock_put(sk);
	listener->sk_data_ready(listener);
	return XTCP_DROP_NONE;
}

/* Is any of the segment in the window?  RFC 9293, 3.10.7.4, first. */
static bool request_acceptable(const struct xtcp_request *req,
			       const struct xtcp_segment *seg)
{
	u32 rcv_nxt = req->irs + 1, len = seg->end - seg->seq;

	if (!req->rcv_wnd)
		return !len && seg->seq == rcv_nxt;
	return seg->seq - rcv_nxt < req->rcv_wnd ||
	       (len && seg->end - 1 - rcv_nxt < req->rcv_wnd);
}

/* A segment arrives in SYN_RECEIVED: RFC 9293, 3.10.7.4, as RFC 5961 has it (MUST-11).
 * Return: as request_complete()
 */
static enum xtcp_drop_reason request_segment(struct xtcp_request *req,
					     struct sk_buff *skb,
					     struct xtcp_segment *seg)
{
	struct xtcp_net *xn = xtcp_sk(req->listener)->xn;

	if ((seg->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST)) == XTCP_SYN &&
	    seg->seq == req->irs) {		/* our SYN,ACK was lost */
		xtcp_count(xn, RETRANS);
		req->resent = 1;
		request_send_syn_ack(req);
		return XTCP_DROP_DUPLICATE;
	}
	if (req->agreed.timestamps) {
		enum xtcp_drop_reason reason = xtcp_timestamp_judge(&req->ts, seg);

		if (reason == XTCP_DROP_PAWS)
			request_send_ack(req);
		if (reason)
			return reason;
	}
	if (!request_acceptable(req, seg)) {
		if (!(seg->flags & XTCP_RST))
			request_send_ack(req);
		return XTCP_DROP_OUT_OF_WINDOW;
	}
	if (seg->flags & XTCP_RST) {
		if (seg->seq == req->irs + 1) {
			xtcp_request_fail(req, XTCP_EV_RCV_RST);
			return XTCP_DROP_DONE;
		}
		request_send_ack(req);
		return XTCP_DROP_BAD_RST;
	}
	if (seg->flags & XTCP_SYN) {
		request_send_ack(req);
		return XTCP_DROP_BAD_SYN;
	}
	if (!(seg->flags & XTCP_ACK))
		return XTCP_DROP_NO_ACK;
	if (seg->ack != req->iss + 1) {
		xtcp_reply_reset(xn, skb, seg);
		return XTCP_DROP_BAD_ACK;
	}
	return request_complete(req, skb, seg);
}

/* Return: false where by now something else stands for its 4-tuple; else @reason is set
 * as request_complete() returns it
 */
static bool listener_take(struct sock *sk, struct sk_buff *skb,
			  struct xtcp_segment *seg, enum xtcp_drop_reason *reason)
{
	struct xtcp_net *xn = xtcp_sk(sk)->xn;
	struct xtcp_request *req;
	struct xtcp_node *node;
	struct xtcp_tuple t;

	xtcp_skb_tuple(skb, &t);
	node = xtcp_lookup(xn, &t);
	if (!node) {
		*reason = listener_first_segment(sk, skb, seg, &t);
		return true;
	}
	if (!xtcp_node_receives(xn, node, skb)) {
		/* it came by another device: it is for nobody here */
		*reason = XTCP_DROP_NO_PORT;
		return true;
	}
	req = container_of(node, struct xtcp_request, node);
	if (node->kind != XTCP_KIND_REQUEST || req->listener != sk ||
	    !xtcp_request_get(req))
		return false;
	*reason = request_segment(req, skb, seg);
	xtcp_request_put(req);
	return true;
}

/**
 * xtcp_listener_segment() - a segment arrives for a listener or its requests
 * @sk: the listener, locked
 * @skb: the segment; consumed unless false is returned
 * @seg: what its header says
 *
 * Return: false where by now something else stands for its 4-tuple: look again
 */
bool xtcp_listener_segment(struct sock *sk, struct sk_buff *skb,
			   struct xtcp_segment *seg)
{
	struct xtcp_net *xn = xtcp_sk(sk)->xn;
	enum xtcp_drop_reason reason;
	bool ours;

	rcu_read_lock();
	ours = listener_take(sk, skb, seg, &reason);
	rcu_read_unlock();
	if (!ours)
		return false;
	if (reason == XTCP_DROP_DONE)
		consume_skb(skb);
	else if (reason)
		xtcp_drop(xn, skb, reason);
	return true;
}
