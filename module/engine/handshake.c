// SPDX-License-Identifier: GPL-2.0
/*
 * Passive open: RFC 9293, 3.10.7.2 and the SYN-RECEIVED parts of 3.10.7.4.
 *
 * A SYN for a listener makes a request, a small object in the connection table.
 * The ACK that completes the handshake turns it into a connection, which waits
 * in the listener's accept queue.  Where there is no room for a request, a cookie stands
 * for it (cookies.c): nothing is kept, and the ACK says all that there is to know.
 *
 * Nothing here takes the listener's lock: its user may have it for long, and other
 * processors be busy with other handshakes.  Instead
 *
 * - a request has a spinlock of its own.  It guards the timer, route, retries, acked,
 *   resent, plain, challenge_ms and dead; all else is written before the table has the
 *   request, and then only read;
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
#include "../compat.h"
#include "../observe/drop.h"
#include "../wire/early.h"
#include "../wire/ip.h"
#include "../wire/ipv6_sock.h"
#include "../wire/version.h"
#include "clock.h"
#include "connection.h"
#include "cookies.h"
#include "demux.h"
#include "ecn.h"
#include "handshake.h"
#include "input.h"
#include "isn.h"
#include "mss.h"
#include "ports.h"
#include "proven.h"
#include "queues.h"
#include "request.h"
#include "reset.h"
#include "rtt.h"
#include "skb.h"
#include "timers.h"
#include "timestamps.h"
#include "window.h"

/* ---- SYN for a listener: RFC 9293, 3.10.7.2 ---- */

/* Is there no room for a request?  Without cookies the last quarter of it is for hosts
 * that have answered before: who begins a flood of SYNs has not.
 */
static bool requests_full(const struct sock *sk, const struct xtcp_tuple *t, bool cookies)
{
	u32 requests = READ_ONCE(xtcp_sk(sk)->listener.request_count);
	u32 most = xtcp_requests_most(sk);

	if (cookies || requests < most - most / 4)
		return requests >= most;
	return requests >= most || !xtcp_host_is_proven(xtcp_sk(sk)->xn, &t->raddr);
}

/* What a SYN says, and what its listener wants; all but ISS.  Return: false where a security
 * module refuses it
 */
static bool request_init(struct xtcp_request *req, struct sock *sk, struct sk_buff *skb,
			 const struct xtcp_segment *seg, const struct xtcp_tuple *t, u64 now_ns)
{
	struct xtcp_net *xn = xtcp_sk(sk)->xn;

	req->node.tuple = *t;
	req->node.kind = XTCP_KIND_REQUEST;
	req->node.family = sk->sk_family;
	req->irs = seg->seq;
	req->snd_wnd = seg->wnd;
	req->rcv_wnd = xtcp_largest_window(sk);	/* a child's buffer is empty at first */
	req->peer_mss = xtcp_peer_mss(seg);
	xtcp_offer(&req->agreed, &xn->sysctl, xtcp_window_bound(sk, 0),
		   xtcp_largest_rcvbuf(sk));
	xtcp_agree(&req->agreed, seg);
	if (req->agreed.timestamps) {
		req->ts.offset = xtcp_timestamp_offset(xn, t);
		xtcp_timestamp_set_recent(&req->ts, seg->opt.tsval);
	}
	req->mark = inet_request_mark(sk, skb);
	req->node.ifindex = xtcp_request_device(sk, skb);
	req->tos = xtcp_reply_tos(sk, t);
	req->ttl = xtcp_reply_ttl(sk, t);
	req->priority = READ_ONCE(sk->sk_priority);
	req->sent_us = xtcp_us(now_ns);
	return !xtcp_skb_ip(skb)->permits_conn(sk, skb, t, req->node.ifindex, req->mark,
					       &req->secid);
}

/* Answer with a cookie, and keep nothing.  Return: why to drop it, or XTCP_DROP_DONE */
static enum xtcp_drop_reason cookie_syn(struct sock *sk, struct sk_buff *skb,
					const struct xtcp_segment *seg,
					const struct xtcp_tuple *t)
{
	struct xtcp_request req = { .listener = sk };
	u64 now_ns = ktime_get_ns();

	if (!request_init(&req, sk, skb, seg, t, now_ns))
		return XTCP_DROP_FILTERED;
	req.peer_mss = xtcp_cookie_mss(t, req.peer_mss);
	if (!req.peer_mss)
		return XTCP_DROP_LISTENER_FULL;
	if (!req.agreed.timestamps)	/* there is nowhere to write them */
		req.agreed = (struct xtcp_agreed) { };
	req.iss = xtcp_cookie_make(t, req.irs, req.peer_mss, xtcp_cookie_clock(now_ns));
	xtcp_count(xtcp_sk(sk)->xn, COOKIES_SENT);
	xtcp_cookie_sent(sk);
	xtcp_request_send_cookie(&req, now_ns);
	return XTCP_DROP_DONE;
}

/* Make a request.  Return: as xtcp_request_enter(), but XTCP_DROP_DONE */
static enum xtcp_drop_reason request_syn(struct sock *sk, struct sk_buff *skb,
					 const struct xtcp_segment *seg,
					 const struct xtcp_tuple *t)
{
	enum xtcp_drop_reason reason;
	u64 now_ns = ktime_get_ns();
	struct xtcp_request *req;

	/* it may be on its way out: nothing but rcu_read_lock() has kept it until here */
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return XTCP_DROP_AGAIN;
	req = xtcp_request_alloc(sk);
	if (!req) {
		sock_put(sk);
		return XTCP_DROP_MEMORY;
	}
	if (READ_ONCE(xtcp_sk(sk)->xn->early_hooked))
		xtcp_early_hold_route(&req->in_route, skb);
	req->iss = XTCP_CB(skb)->isn ?: xtcp_isn(xtcp_sk(sk)->xn, t, now_ns);
	reason = request_init(req, sk, skb, seg, t, now_ns) ? xtcp_request_enter(req, now_ns) :
							      XTCP_DROP_FILTERED;
	if (!reason)
		return XTCP_DROP_DONE;
	xtcp_request_put(req);
	return reason;
}

/* Return: why to drop it, or XTCP_DROP_DONE; XTCP_DROP_AGAIN as xtcp_request_enter() */
static enum xtcp_drop_reason listener_syn(struct sock *sk, struct sk_buff *skb,
					  const struct xtcp_segment *seg,
					  const struct xtcp_tuple *t)
{
	u8 cookies = READ_ONCE(xtcp_sk(sk)->xn->sysctl.syncookies);
	bool full = requests_full(sk, t, cookies);

	if (sk_acceptq_is_full(sk))
		return XTCP_DROP_LISTENER_FULL;
	/* one that has ended a TIME_WAIT has its ISN from there, and strangers send few */
	if ((full || cookies > 1) && !XTCP_CB(skb)->isn)
		return cookies ? cookie_syn(sk, skb, seg, t) : XTCP_DROP_LISTENER_FULL;
	return request_syn(sk, skb, seg, t);
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
	x->in_listeners = false;
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
	x->ecn.plain = req->plain;
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

/* Take the request's place in the table; or, where a cookie stood for it, a new one. */
static int child_enter(struct xtcp_sock *x, struct xtcp_request *req, bool cookie)
{
	return cookie ? xtcp_link_insert(x->xn, xtcp_sk_link(&x->inet.sk)) :
			xtcp_link_replace(x->xn, &req->link, xtcp_sk_link(&x->inet.sk));
}

/* The SYN,ACK's route is the child's as well, if it still holds.  IPv6's would need a cookie
 * that says so.
 */
static int child_route(struct sock *sk, struct xtcp_request *req)
{
	struct dst_entry *dst = req->route;

	if (!dst || dst->ops->family != AF_INET || !dst_check(dst, 0))
		return xtcp_sk(sk)->ip->route(sk);
	req->route = NULL;
	xtcp_ip_take_route(sk, dst);
	return 0;
}

/* Turn a request, which is locked and alive, or by a @cookie is known again, into a
 * connection.  Return: the child, with a reference and its lock held; NULL where there is
 * no memory or no route, or another has come before.
 */
static struct sock *child_make(struct xtcp_request *req, struct sk_buff *skb, bool cookie)
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
	if (err || child_route(sk, req) || xtcp_port_inherit(sk, listener) ||
	    child_enter(x, req, cookie)) {
		child_discard(sk);
		return NULL;
	}
	xtcp_sk_set_hashed(sk, true);
	xtcp_early_note_route(sk, skb);
	xtcp_syn_ack_window(sk, xtcp_offered_mss(sk));
	if (!cookie && !req->retries && !req->acked && !req->resent) {
		u32 now_us = xtcp_now_us();

		xtcp_rtt_sample(&x->rtt, now_us - req->sent_us, now_us, xtcp_rto_min_us(x));
	}
	if (unlikely(!READ_ONCE(x->xn->sysctl.syncookies)))
		xtcp_host_proves(x->xn, &x->node.tuple.raddr);
	security_inet_conn_established(sk, skb);
	return sk;
}

/* Return: XTCP_DROP_NONE; XTCP_DROP_AGAIN where the listener has gone, and the child as well */
static enum xtcp_drop_reason child_enqueue(struct sock *listener, struct sock *sk)
{
	if (!xtcp_accept_enqueue(listener, sk)) {
		xtcp_unhash(sk);
		child_discard(sk);
		return XTCP_DROP_AGAIN;
	}
	xtcp_count(xtcp_sk(listener)->xn, PASSIVE_OPENS);
	return XTCP_DROP_NONE;
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
	enum xtcp_drop_reason reason;

	/* TCP_DEFER_ACCEPT: the data will bring the ACK again */
	if (req->retries < READ_ONCE(xtcp_sk(listener)->defer_accept) &&
	    seg->seq == seg->end) {
		req->acked = 1;
		return XTCP_DROP_DONE;
	}
	if (sk_acceptq_is_full(listener)) {
		/* the SYN,ACK will be sent again, and so will the peer's ACK */
		req->acked = 1;	/* nothing was lost */
		if (READ_ONCE(xn->sysctl.abort_on_overflow)) {
			xtcp_reply_reset(xn, skb, seg);
			xtcp_request_fail_locked(req, XTCP_EV_ABORT);
		}
		return XTCP_DROP_LISTENER_FULL;
	}
	sk = child_make(req, skb, false);
	if (!sk)
		return XTCP_DROP_MEMORY;
	xtcp_request_end(req, true);
	reason = child_enqueue(listener, sk);
	if (!reason)
		*child = sk;
	return reason;
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
		xtcp_request_answer_again(req, seg);
		return XTCP_DROP_DUPLICATE;
	}
	if (req->agreed.timestamps) {
		enum xtcp_drop_reason reason = xtcp_timestamp_judge(&req->ts, seg);

		if (reason == XTCP_DROP_PAWS)
			xtcp_request_send_ack(req);
		if (reason)
			return reason;
	}
	if (!request_acceptable(req, seg)) {
		if (!(seg->flags & XTCP_RST))
			xtcp_request_send_ack(req);
		return XTCP_DROP_OUT_OF_WINDOW;
	}
	if (seg->flags & XTCP_RST) {
		if (seg->seq == req->irs + 1) {
			xtcp_request_fail_locked(req, XTCP_EV_RCV_RST);
			return XTCP_DROP_DONE;
		}
		xtcp_request_send_ack(req);
		return XTCP_DROP_BAD_RST;
	}
	if (seg->flags & XTCP_SYN) {
		xtcp_request_send_ack(req);
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

/* ---- segments for a listener ---- */

/* Has the SYN,ACK, if a cookie has called the SYN's options to mind, said as much?  A sysctl
 * may have changed meanwhile.
 */
static bool agreed_to(const struct xtcp_agreed *a, const struct xtcp_segment *syn)
{
	struct xtcp_options ours = { };

	xtcp_agreed_syn(a, &ours);
	return ours.present == syn->opt.present && a->ecn == !!(syn->flags & XTCP_ECE);
}

/* What the SYN was, and what its answer, by the ACK of a cookie.  Return: XTCP_DROP_NONE;
 * XTCP_DROP_LISTENER where it is no such thing; XTCP_DROP_FILTERED
 */
static enum xtcp_drop_reason cookie_recall(struct xtcp_request *req, struct sk_buff *skb,
					   const struct xtcp_segment *ack,
					   const struct xtcp_tuple *t)
{
	struct xtcp_net *xn = xtcp_sk(req->listener)->xn;
	struct xtcp_segment syn = { .seq = ack->seq - 1, .wnd = ack->wnd, .flags = XTCP_SYN };
	u64 now_ns = ktime_get_ns();

	req->iss = ack->ack - 1;
	syn.opt.mss = xtcp_cookie_check(t, syn.seq, req->iss, xtcp_cookie_clock(now_ns));
	if (!syn.opt.mss) {
		xtcp_count(xn, COOKIES_FAILED);
		return XTCP_DROP_LISTENER;
	}
	xtcp_count(xn, COOKIES_RECEIVED);
	if (ack->opt.present & XTCP_OPT_TIMESTAMPS) {
		syn.opt.present = XTCP_OPT_TIMESTAMPS;
		syn.opt.tsval = ack->opt.tsval;
		xtcp_cookie_syn(ack->opt.tsecr - xtcp_timestamp_offset(xn, t), &syn);
	}
	if (!request_init(req, req->listener, skb, &syn, t, now_ns))
		return XTCP_DROP_FILTERED;
	return agreed_to(&req->agreed, &syn) ? XTCP_DROP_NONE : XTCP_DROP_LISTENER;
}

/* An ACK for a listener that has sent cookies lately.  Return: as request_complete();
 * XTCP_DROP_LISTENER where it answers none of them
 */
static enum xtcp_drop_reason cookie_ack(struct sock *listener, struct sk_buff *skb,
					const struct xtcp_segment *seg,
					const struct xtcp_tuple *t, struct sock **child)
{
	struct xtcp_request req = { .listener = listener };
	struct xtcp_net *xn = xtcp_sk(listener)->xn;
	enum xtcp_drop_reason reason = cookie_recall(&req, skb, seg, t);
	struct sock *sk;

	if (reason)
		return reason;
	if (sk_acceptq_is_full(listener)) {
		if (READ_ONCE(xn->sysctl.abort_on_overflow))
			xtcp_reply_reset(xn, skb, seg);
		return XTCP_DROP_LISTENER_FULL;
	}
	xtcp_next_state(xn, t, TCP_LISTEN, XTCP_EV_RCV_SYN);
	sk = child_make(&req, skb, true);
	if (!sk)	/* another processor may have made it */
		return xtcp_lookup(xn, t) ? XTCP_DROP_AGAIN : XTCP_DROP_MEMORY;
	reason = child_enqueue(listener, sk);
	if (!reason)
		*child = sk;
	return reason;
}

/* Return: as request_complete() */
static enum xtcp_drop_reason listener_ack(struct sock *sk, struct sk_buff *skb,
					  const struct xtcp_segment *seg,
					  const struct xtcp_tuple *t, struct sock **child)
{
	enum xtcp_drop_reason reason = XTCP_DROP_LISTENER;
	struct xtcp_net *xn = xtcp_sk(sk)->xn;
	struct xtcp_node *node = xtcp_lookup(xn, t);

	/* what it is for has come up just now; or has another device, and is not for it */
	if (node)
		return xtcp_node_receives(xn, node, skb) ? XTCP_DROP_AGAIN : XTCP_DROP_NO_PORT;
	if (!(seg->flags & XTCP_SYN) && READ_ONCE(xn->sysctl.syncookies) && xtcp_cookies_out(sk))
		reason = cookie_ack(sk, skb, seg, t, child);
	if (reason == XTCP_DROP_LISTENER)
		xtcp_reply_reset(xn, skb, seg);
	return reason;
}

/* MUST-57.  Return: as request_complete() */
static enum xtcp_drop_reason listener_judge(struct sock *sk, struct sk_buff *skb,
					    struct xtcp_segment *seg,
					    const struct xtcp_tuple *t, struct sock **child)
{
	if (seg->flags & XTCP_RST || !xtcp_skb_ip(skb)->unicast(skb))
		return XTCP_DROP_LISTENER;
	if (seg->flags & XTCP_ACK)
		return listener_ack(sk, skb, seg, t, child);
	if (!(seg->flags & XTCP_SYN) || seg->flags & XTCP_FIN)
		return XTCP_DROP_LISTENER;
	if (unlikely(seg->flags & XTCP_ECE) && xtcp_ecn_syn_is_marked(skb))
		seg->flags &= ~XTCP_ECE;
	return listener_syn(sk, skb, seg, t);
}

/* A segment has been judged: drop it, or give it to the child, which is locked.  Return:
 * false where it must be looked up again
 */
static bool segment_done(struct sock *listener, struct sock *child, struct sk_buff *skb,
			 struct xtcp_segment *seg, enum xtcp_drop_reason reason)
{
	if (child) {
		__acquire(&child->sk_lock.slock);	/* for sparse */
		xtcp_segment_arrives(child, skb, seg);
		bh_unlock_sock(child);
		sock_put(child);
		listener->sk_data_ready(listener);
		return true;
	}
	if (reason == XTCP_DROP_AGAIN)
		return false;
	if (reason == XTCP_DROP_DONE)
		consume_skb(skb);
	else
		xtcp_drop(xtcp_sk(listener)->xn, skb, reason);
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
	return segment_done(listener, child, skb, seg, reason);
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
	enum xtcp_drop_reason reason;
	struct sock *child = NULL;
	struct xtcp_tuple t;

	xtcp_skb_tuple(skb, &t);
	reason = listener_judge(sk, skb, seg, &t, &child);
	return segment_done(sk, child, skb, seg, reason);
}
