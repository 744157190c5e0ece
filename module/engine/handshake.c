// SPDX-License-Identifier: GPL-2.0
/*
 * Passive open: RFC 9293, 3.10.7.2 and the SYN-RECEIVED parts of 3.10.7.4.
 *
 * A SYN for a listener makes a request, a small object in the connection table.
 * The ACK that completes the handshake turns it into a connection, which waits
 * in the listener's accept queue.
 *
 * Nothing here takes the listener's lock: its user may have it for long, and other
 * processors be busy with other handshakes.  Instead
 *
 * - a request has a spinlock of its own.  It guards the timer, retries, acked, resent,
 *   challenge_ms and dead; all else is written before the table has the request, and
 *   then only read;
 * - a request that is not dead is in the table and in its listener's queue.  @dead is set
 *   once, by whoever ends it: the ACK, a RST, an ICMP error, the timer, the listener's
 *   end.  Who finds it dead looks again at what the 4-tuple stands for by now;
 * - the listener's queues have a spinlock of theirs (queues.c), and let nothing in once it
 *   has left LISTEN.  Then a request or a child, if it has just been made, is discarded;
 * - what a user may change of the listener meanwhile, by setsockopt(), is read once.
 *
 * Order: a request's lock, the child's socket lock, then the lock of the queues or of a
 * port; the table's bucket locks come last.  All are taken with softirqs off.  The
 * listener's memory is there as long as a request is, or for whom a look-up has found it,
 * under rcu_read_lock(); all of this runs there but the timer, which has a reference to
 * its request.
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
#include "queues.h"
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

/* The request, locked, is over.  Its place in the table has been given to a connection
 * already, or is given up here.
 */
static void request_end(struct xtcp_request *req, bool replaced)
{
	req->dead = 1;
	if (!replaced)
		xtcp_link_remove(xtcp_sk(req->listener)->xn, &req->link);
	xtcp_request_dequeue(req->listener, &req->list);
	trace_xtcp_request_gone(&req->node.tuple, req->iss + 1, req->irs + 1,
				req->rcv_wnd);
	if (xtcp_timer_delete(&req->timer))
		xtcp_request_put(req);
	xtcp_request_put(req);
}

/* The same, of a request that is alive: a handshake has failed. */
static void request_fail(struct xtcp_request *req, enum xtcp_event event)
{
	xtcp_next_state(&req->node.tuple, TCP_SYN_RECV, event);
	xtcp_count(xtcp_sk(req->listener)->xn, ATTEMPT_FAILS);
	request_end(req, false);
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
		request_fail(req, event);
	spin_unlock_bh(&req->lock);
}

static void request_reply(struct xtcp_request *req, struct xtcp_segment *seg)
{
	const struct xtcp_reply reply = {
		.exact = req->rcv_wnd == READ_ONCE(xtcp_sk(req->listener)->window_clamp),
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
		.opt.mss = READ_ONCE(xtcp_sk(req->listener)->user_mss),
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

/* The request, locked and alive: the SYN,ACK was not answered. */
static void request_expired(struct xtcp_request *req)
{
	struct xtcp_sock *l = xtcp_sk(req->listener);
	u8 most = READ_ONCE(l->syn_retries) ?: READ_ONCE(l->xn->sysctl.synack_retries);
	u8 defer_accept = READ_ONCE(l->defer_accept);

	if (req->retries >= max(most, defer_accept)) {
		request_fail(req, XTCP_EV_TIMEOUT);
		return;
	}
	req->retries++;
	/* acknowledged, and waiting for data: asking again would achieve nothing */
	if (!req->acked || req->retries >= defer_accept) {
		xtcp_count(l->xn, RETRANS);
		request_send_syn_ack(req);
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

static bool listener_full(const struct sock *sk)
{
	const struct xtcp_sock *l = xtcp_sk(sk);
	u32 requests = READ_ONCE(l->listener.request_count);

	return sk_acceptq_is_full(sk) ||
	       requests >= xtcp_bounded(l->xn, max_syn_backlog) ||
	       requests > (u32)READ_ONCE(sk->sk_max_ack_backlog);
}

/* An empty request, with a reference of the caller's; it takes over one to the listener.
 * Return: NULL: no memory
 */
static struct xtcp_request *request_alloc(struct sock *sk)
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

/* What a SYN says, and what its listener wants.  Return: false where a security module
 * refuses it
 */
static bool request_init(struct xtcp_request *req, struct sock *sk, struct sk_buff *skb,
			 const struct xtcp_segment *seg, const struct xtcp_tuple *t)
{
	struct xtcp_net *xn = xtcp_sk(sk)->xn;

	req->node.tuple = *t;
	req->node.kind = XTCP_KIND_REQUEST;
	req->node.family = sk->sk_family;
	req->irs = seg->seq;
	req->iss = XTCP_CB(skb)->isn ?: xtcp_isn(xn, t);
	req->snd_wnd = seg->wnd;
	req->rcv_wnd = xtcp_largest_window(sk);	/* a child's buffer is empty at first */
	req->peer_mss = xtcp_peer_mss(seg);
	xtcp_offer(&req->agreed, &xn->sysctl, xtcp_window_bound(sk, 0),
		   xtcp_largest_rcvbuf(sk));
	xtcp_agree(&req->agreed, &seg->opt);
	if (req->agreed.timestamps) {
		req->ts.offset = xtcp_timestamp_offset(xn, t);
		xtcp_timestamp_set_recent(&req->ts, seg->opt.tsval);
	}
	req->mark = inet_request_mark(sk, skb);
	req->node.ifindex = xtcp_request_device(sk, skb);
	req->tos = xtcp_reply_tos(sk, t);
	req->ttl = xtcp_reply_ttl(sk, t);
	req->priority = READ_ONCE(sk->sk_priority);
	req->sent_us = xtcp_now_us();
	return !xtcp_skb_ip(skb)->permits_conn(sk, skb, t, req->node.ifindex, req->mark,
					       &req->secid);
}

/* Enter a request, locked, in its listener's queue and in the table; or neither.  Return:
 * XTCP_DROP_NONE; XTCP_DROP_AGAIN where the listener listens no more, or something stands
 * for the 4-tuple already
 */
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
	xtcp_request_dequeue(sk, &req->list);
	return err == -EADDRNOTAVAIL ? XTCP_DROP_AGAIN : XTCP_DROP_MEMORY;
}

/* The request, locked, has just been entered; the reference is the table's now. */
static void request_begin(struct xtcp_request *req)
{
	const struct xtcp_tuple *t = &req->node.tuple;

	xtcp_count(xtcp_sk(req->listener)->xn, REQUESTS);
	xtcp_next_state(t, TCP_LISTEN, XTCP_EV_RCV_SYN);
	trace_xtcp_request_made(t, req->iss, req->irs + 1, req->rcv_wnd);
	refcount_inc(&req->refcnt);
	mod_timer(&req->timer, jiffies + request_timeout(req));
	request_send_syn_ack(req);
}

/* Return: why to drop it, or XTCP_DROP_DONE; XTCP_DROP_AGAIN as request_enter() */
static enum xtcp_drop_reason listener_syn(struct sock *sk, struct sk_buff *skb,
					  const struct xtcp_segment *seg,
					  const struct xtcp_tuple *t)
{
	enum xtcp_drop_reason reason;
	struct xtcp_request *req;

	if (listener_full(sk))
		return XTCP_DROP_LISTENER_FULL;
	/* it may be on its way out: nothing but rcu_read_lock() has kept it until here */
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return XTCP_DROP_AGAIN;
	req = request_alloc(sk);
	if (!req) {
		sock_put(sk);
		return XTCP_DROP_MEMORY;
	}
	reason = XTCP_DROP_FILTERED;
	if (request_init(req, sk, skb, seg, t)) {
		spin_lock(&req->lock);
		reason = request_enter(req);
		if (!reason)
			request_begin(req);
		spin_unlock(&req->lock);
	}
	if (!reason)
		return XTCP_DROP_DONE;
	xtcp_request_put(req);
	return reason;
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
		/* it came by another device than what it is for: it is for nobody here */
		if (xtcp_lookup(xtcp_sk(sk)->xn, t))
			return XTCP_DROP_NO_PORT;
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

/* Turn a request, which is locked and alive, into a connection.  Return: the child, with a
 * reference and its lock held; NULL where there is no memory or no route.
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

/* Not accepted, and not even in the queue for that: the listener has gone. */
static void child_forget(struct sock *sk)
{
	xtcp_unhash(sk);
	child_discard(sk);
}

/* The request's ACK came: RFC 9293, 3.10.7.4, fifth, SYN-RECEIVED.  Return: why to drop
 * the segment; XTCP_DROP_NONE: @child, with a reference and locked, takes it;
 * XTCP_DROP_AGAIN where the listener listens no more
 */
static enum xtcp_drop_reason request_complete(struct xtcp_request *req,
					      struct sk_buff *skb,
					      struct xtcp_segment *seg,
					      struct sock **child)
{
	struct sock *listener = req->listener, *sk;
	struct xtcp_net *xn = xtcp_sk(listener)->xn;

	/* TCP_DEFER_ACCEPT: the data will bring the ACK again */
	if (req->retries < READ_ONCE(xtcp_sk(listener)->defer_accept) &&
	    seg->seq == seg->end) {
		req->acked = 1;
		return XTCP_DROP_DONE;
	}
	if (sk_acceptq_is_full(listener)) {
		/* the SYN,ACK will be sent again, and so will the peer's ACK */
		if (READ_ONCE(xn->sysctl.abort_on_overflow)) {
			xtcp_reply_reset(xn, skb, seg);
			request_fail(req, XTCP_EV_ABORT);
		}
		return XTCP_DROP_LISTENER_FULL;
	}
	sk = child_make(req, skb);
	if (!sk)
		return XTCP_DROP_MEMORY;
	__acquire(&sk->sk_lock.slock);
	request_end(req, true);
	if (!xtcp_accept_enqueue(listener, sk)) {
		child_forget(sk);
		return XTCP_DROP_AGAIN;
	}
	xtcp_count(xn, PASSIVE_OPENS);
	*child = sk;
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
static enum xtcp_drop_reason request_judge(struct xtcp_request *req, struct sk_buff *skb,
					   struct xtcp_segment *seg, struct sock **child)
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
			request_fail(req, XTCP_EV_RCV_RST);
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
	return request_complete(req, skb, seg, child);
}

/* A segment has been judged.  Return: false where it must be looked up again */
static bool segment_done(struct xtcp_net *xn, struct sk_buff *skb,
			 enum xtcp_drop_reason reason)
{
	if (reason == XTCP_DROP_AGAIN)
		return false;
	if (reason == XTCP_DROP_DONE)
		consume_skb(skb);
	else
		xtcp_drop(xn, skb, reason);
	return true;
}

/**
 * xtcp_request_segment() - a segment arrives for a half-open connection
 * @req: the request
 * @skb: the segment; consumed unless false is returned
 * @seg: what its header says
 *
 * Softirq, under rcu_read_lock(), by which the request was found.
 *
 * Return: false where by now something else stands for its 4-tuple: look again
 */
bool xtcp_request_segment(struct xtcp_request *req, struct sk_buff *skb,
			  struct xtcp_segment *seg)
{
	enum xtcp_drop_reason reason = XTCP_DROP_AGAIN;
	struct sock *listener = req->listener, *child = NULL;

	spin_lock(&req->lock);
	if (!req->dead)
		reason = request_judge(req, skb, seg, &child);
	spin_unlock(&req->lock);
	if (!child)
		return segment_done(xtcp_sk(listener)->xn, skb, reason);
	xtcp_segment_arrives(child, skb, seg);
	bh_unlock_sock(child);
	sock_put(child);
	listener->sk_data_ready(listener);
	return true;
}

/**
 * xtcp_listener_segment() - a segment arrives for a listener
 * @sk: the listener
 * @skb: the segment; consumed unless false is returned
 * @seg: what its header says
 *
 * Softirq, under rcu_read_lock(), by which the listener was found.
 *
 * Return: false where by now something else stands for its 4-tuple: look again
 */
bool xtcp_listener_segment(struct sock *sk, struct sk_buff *skb,
			   struct xtcp_segment *seg)
{
	struct xtcp_tuple t;

	xtcp_skb_tuple(skb, &t);
	return segment_done(xtcp_sk(sk)->xn, skb, listener_first_segment(sk, skb, seg, &t));
}
