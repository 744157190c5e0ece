// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES: RFC 9293, 3.10.7, for a connection; in the RFC's order,
 * one function per step, with RFC 5961's care for what a blind attacker sends.
 *
 * On entry skb->data is the TCP header; XTCP_CB(skb) says what it says.
 */
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <net/xfrm.h>
#include "../compat.h"
#include "../observe/drop.h"
#include "../wire/segment.h"
#include "ack.h"
#include "clock.h"
#include "cong.h"
#include "connection.h"
#include "input.h"
#include "mss.h"
#include "output.h"
#include "rcvq.h"
#include "recovery.h"
#include "reset.h"
#include "rtt.h"
#include "sndq.h"
#include "timeout.h"
#include "timers.h"
#include "timewait.h"
#include "urgent.h"
#include "window.h"

#define ACK_HELD_MOST	(HZ / 5)	/* of the handshake's last ACK; as Linux */

/* ---- acknowledging ---- */

/* Does this wake a reader, or wait for one who accepts? */
static bool user_on_the_way(const struct sock *sk)
{
	return xtcp_sk(sk)->readers || !sk->sk_socket;
}

/* Has a reader been woken that will make room at once, or is the user in a call?  Then
 * this comes from the backlog.
 */
static bool reader_makes_room(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return (x->readers || sock_owned_by_user(sk)) &&
	       x->rcv_nxt - x->copied_seq >= (u32)READ_ONCE(sk->sk_rcvlowat);
}

/* Data came in order: an ACK now, or later (RFC 9293, 3.8.6.3): for at least every
 * second full segment at once (SHLD-19), unless a reader is on the way to it, and the
 * window is not as large as before: then its update will carry the ACK.
 *
 * A connection's first ACKs are not delayed.  But a user whom a message wakes may
 * answer it, with the ACK on the answer; one that waits again will not, and the
 * ACK leaves then: xtcp_ack_before_wait() (SHLD-18).
 */
static void ack_data(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	bool owed;

	/* the route's first window opens by twice what comes, as slow start does */
	if (unlikely(x->rcv_limit <= U16_MAX))
		x->rcv_limit += 2 * x->rcv_mss;
	owed = xtcp_ack_data(&x->ack, x->rcv_nxt - x->rcv_wup, x->rcv_mss,
			     user_on_the_way(sk), x->route_quickack);
	if (owed && (!reader_makes_room(sk) ||
		     xtcp_offered_window(sk) >= x->rcv_wnd))
		xtcp_ack_now(&x->ack);
}

/* Where the user is about to answer the timer is for one that does something
 * else first: it must have had a tick to run in (MUST-40).
 */
static unsigned long ack_delay(const struct xtcp_sock *x)
{
	return x->ack.soon ? 2 :
	       msecs_to_jiffies(READ_ONCE(x->xn->sysctl.delack_ms));
}

/* What the segment has made due is sent: data, which carries the ACK, or the
 * ACK alone (MUST-58).
 */
static void send_due(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->send_head || unlikely(x->rtx_head))
		xtcp_output(sk, x->nonagle);
	/* after that: TCP_NOTSENT_LOWAT counts what was not sent */
	sk->sk_write_space(sk);
	xtcp_note_limit(sk);
	if (!x->ack.pending)
		return;
	if (x->ack.now)
		xtcp_send_ack(sk);
	else if (!xtcp_timer_armed(x, XTCP_TIMER_DELACK))
		xtcp_timer_arm(sk, XTCP_TIMER_DELACK, jiffies + ack_delay(x));
}

/* ---- the connection opens ---- */

/* Both SYNs are acknowledged. */
static void established(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct dst_entry *dst = __sk_dst_get(sk);

	x->snd_max_wnd = max(x->snd_max_wnd, x->snd_wnd);
	if (x->syn_lost)
		xtcp_rtt_syn_lost(&x->rtt);
	xtcp_sync_mss(sk, dst ? dst_mtu(dst) : x->pmtu);
	xtcp_cong_init(&x->cong, x->cong.ops, x->snd_mss, x->syn_lost);
	if (dst)
		xtcp_cong_route(&x->cong,
				x->syn_lost ? 0 : dst_metric(dst, RTAX_INITCWND),
				dst_metric_locked(dst, RTAX_CWND) ?
				dst_metric(dst, RTAX_CWND) : 0);
	xtcp_sndq_grow(sk);	/* the initial window is filled by one write */
	xtcp_initial_window(sk);
	if (x->retries)
		xtcp_timeouts_over(x);
	x->phase = XTCP_PHASE_OPEN;
	x->sent_closed = 0;
	x->stalled = 0;
	x->ack.quick = 8;
	x->last_sent_ms = xtcp_now_ms();
	x->tally.segs_delivered = 1;	/* the SYN */
	if (sock_flag(sk, SOCK_KEEPOPEN))
		xtcp_arm_keepalive(sk);
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

static void forget_syn(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	if (skb && XTCP_CB(skb)->flags & XTCP_SYN) {
		/* one that went twice measures nothing; lost it was only if a timeout
		 * said so, not in a simultaneous open
		 */
		if (!XTCP_CB(skb)->resent)
			xtcp_rtt_sample(&x->rtt,
					xtcp_now_us() - XTCP_CB(skb)->sent_us,
					xtcp_rto_min_us(x));
		xtcp_sndq_free(sk, skb);
	}
	x->syn_acked = 1;
	xtcp_timer_stop(x, XTCP_TIMER_RETRANSMIT);
}

static void peer_syn(struct xtcp_sock *x, const struct xtcp_skb_cb *cb)
{
	x->irs = cb->block.seq;
	x->rcv_nxt = cb->block.seq + 1;
	x->rcv_wup = x->rcv_nxt;
	x->copied_seq = x->rcv_nxt;
	x->rcv_adv = x->rcv_nxt + x->rcv_wnd;
	x->snd_wnd = cb->wnd;
	x->snd_wl1 = cb->block.seq;
	x->snd_wl2 = cb->ack;
	x->snd_max_wnd = cb->wnd;
	x->peer_mss = cb->mss ?: XTCP_MSS_DEFAULT;
}

/* The peer knows an older connection, which our RST has just ended: 3.5.1, figure 9.
 * Now it will take the SYN.  Once: a peer that does not mend its ways has to wait.
 */
static void syn_again_soon(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->retries || x->syn_hastened)
		return;
	x->syn_hastened = 1;
	x->syn_due = 1;
	xtcp_timer_arm(sk, XTCP_TIMER_RETRANSMIT, jiffies + 2);
}

/* May the ACK of the SYN,ACK wait for data to carry it?  So with TCP_QUICKACK 0, set
 * before connect(), with TCP_DEFER_ACCEPT, which on this end means the same, and where
 * somebody waits to write: tcp(7).
 */
static bool holds_last_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool held = x->ack_held || x->defer_accept || sk->sk_write_pending;

	x->ack_held = 0;
	return held;
}

/**
 * xtcp_step_syn_sent() - a segment arrives in SYN_SENT: 3.10.7.3
 * @sk: the connection, locked
 * @skb: the segment; consumed
 *
 * RFC 9293: MUST-10.
 */
void xtcp_step_syn_sent(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	/* first: the ACK must be for our SYN, and for nothing else */
	if (cb->flags & XTCP_ACK && cb->ack != x->snd_nxt) {
		if (!(cb->flags & XTCP_RST)) {
			xtcp_reply_reset(x->xn, skb);
			syn_again_soon(sk);
		}
		goto drop_ack;
	}
	/* second: a RST counts only if it acknowledges our SYN */
	if (cb->flags & XTCP_RST) {
		if (!(cb->flags & XTCP_ACK))
			goto drop_ack;
		xtcp_done(sk, XTCP_EV_RCV_RST, ECONNREFUSED);
		consume_skb(skb);
		return;
	}
	/* fourth: SYN */
	if (!(cb->flags & XTCP_SYN)) {
		xtcp_drop(x->xn, skb, XTCP_DROP_BAD_SYN);
		return;
	}
	peer_syn(x, cb);
	if (cb->flags & XTCP_ACK) {
		x->snd_una = cb->ack;
		forget_syn(sk);
		security_inet_conn_established(sk, skb);
		if (xtcp_transition(sk, XTCP_EV_RCV_SYN_ACK)) {
			established(sk);
			if (holds_last_ack(sk)) {
				x->ack.pending = 1;
				xtcp_timer_arm(sk, XTCP_TIMER_DELACK,
					       jiffies + ACK_HELD_MOST);
			} else {
				xtcp_send_ack(sk);
			}
		}
	} else if (xtcp_transition(sk, XTCP_EV_RCV_SYN)) {
		/* simultaneous open: 3.5, figure 8 */
		xtcp_send_syn(sk, XTCP_SYN | XTCP_ACK);
	}
	/* data on a SYN will come again: it was not acknowledged */
	consume_skb(skb);
	return;
drop_ack:
	xtcp_drop(x->xn, skb, XTCP_DROP_BAD_ACK);
}

/* ---- first: check sequence number ---- */

/* A FIN without text takes no room: neither behind what fills the window, nor where
 * that is closed.
 */
static bool is_bare_fin(const struct sk_buff *skb)
{
	return XTCP_CB(skb)->flags & XTCP_FIN &&
	       skb->len == XTCP_CB(skb)->header_bytes;
}

/* A segment that occupies nothing, at RCV.NXT + @first: its ACK counts where the peer
 * may honestly stand.  That is up to the furthest edge that we ever offered, for it
 * may have filled the window and the rest been lost; and one beyond a closed window,
 * which it has probed.
 */
static bool bare_acceptable(const struct xtcp_sock *x, u32 first)
{
	s32 offered = x->rcv_adv - x->rcv_nxt;

	return first <= (u32)max(offered, 0) + !xtcp_rcv_window(x);
}

/**
 * xtcp_step_sequence() - is any of the segment in the window?
 * @sk: the connection, locked
 * @skb: the segment
 *
 * RFC 9293, 3.10.7.4, first.  Return: false where it was consumed
 *
 * RFC 9293: MUST-66.
 */
bool xtcp_step_sequence(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 wnd = xtcp_rcv_window(x), first = cb->block.seq - x->rcv_nxt;
	u32 len = cb->block.end - cb->block.seq;

	if (likely(first < wnd || (len && cb->block.end - 1 - x->rcv_nxt < wnd)))
		return true;
	if (len ? first == wnd && is_bare_fin(skb) :
		  !(cb->flags & XTCP_RST) && bare_acceptable(x, first))
		return true;
	/* the peer's SYN once more, now with the ACK of ours: figure 8, line 7 */
	if (sk->sk_state == TCP_SYN_RECV && cb->flags & XTCP_SYN &&
	    cb->flags & XTCP_ACK && cb->block.seq == x->irs) {
		cb->flags &= ~XTCP_SYN;
		cb->block.seq++;
		return true;
	}
	if (!wnd && !first) {
		/* a closed window takes no data, but ACKs and RSTs: what lies
		 * beyond it is cut off
		 */
		if (len) {
			cb->flags &= ~XTCP_FIN;
			cb->block.end = cb->block.seq;
			if (!(cb->flags & XTCP_SYN) &&
			    !pskb_trim(skb, cb->header_bytes))
				xtcp_ack_now(&x->ack);
		}
		return true;
	}
	if (!(cb->flags & XTCP_RST)) {
		if (len && !(cb->flags & XTCP_SYN))
			xtcp_ack_now(&x->ack);	/* our ACK was lost, or comes late */
		else
			xtcp_send_challenge_ack(sk);
	}
	xtcp_drop(x->xn, skb, seq_lt(cb->block.seq, x->rcv_nxt) ?
		  XTCP_DROP_DUPLICATE : XTCP_DROP_OUT_OF_WINDOW);
	return false;
}

/* ---- second: check the RST bit ---- */

/**
 * xtcp_step_rst() - the peer resets the connection
 * @sk: the connection, locked
 * @skb: the segment
 *
 * RFC 9293, 3.10.7.4, second, and RFC 5961, 3.2: only a RST that is exactly
 * next counts; one elsewhere in the window is answered.
 *
 * RFC 9293: SHLD-2.
 *
 * Return: false where it was consumed
 */
bool xtcp_step_rst(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err = ECONNRESET;

	if (likely(!(XTCP_CB(skb)->flags & XTCP_RST)))
		return true;
	if (xtcp_seq(skb) != x->rcv_nxt) {
		xtcp_send_challenge_ack(sk);
		xtcp_drop(x->xn, skb, XTCP_DROP_BAD_RST);
		return false;
	}
	if (sk->sk_state == TCP_SYN_RECV)
		err = ECONNREFUSED;
	else if (sk->sk_state == TCP_CLOSE_WAIT)
		err = EPIPE;
	else if (xtcp_in_state(sk, TCPF_CLOSING | TCPF_LAST_ACK) &&
		 !xtcp_unacked_bytes(xtcp_sk(sk)))
		err = 0;	/* all was received, all arrived: MUST-12 */
	xtcp_done(sk, XTCP_EV_RCV_RST, err);
	consume_skb(skb);
	return false;
}

/* ---- fourth: check the SYN bit ---- */

/**
 * xtcp_step_syn() - a SYN in an open connection
 * @sk: the connection, locked
 * @skb: the segment
 *
 * RFC 9293, 3.10.7.4, fourth, and RFC 5961, 4.2: answered, never obeyed.
 *
 * Return: false where it was consumed
 */
bool xtcp_step_syn(struct sock *sk, struct sk_buff *skb)
{
	if (likely(!(XTCP_CB(skb)->flags & XTCP_SYN)))
		return true;
	xtcp_send_challenge_ack(sk);
	xtcp_drop(xtcp_sk(sk)->xn, skb, XTCP_DROP_BAD_SYN);
	return false;
}

/* ---- fifth: check the ACK field ---- */

/* RFC 6298, 5.2 and 5.3 */
static void rearm_retransmit(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->snd_una == x->snd_nxt)
		xtcp_timer_stop(x, XTCP_TIMER_RETRANSMIT);
	else
		xtcp_arm_retransmit(sk);
}

static void new_data_acked(struct sock *sk, u32 ack)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 acked = ack - x->snd_una;

	x->snd_una = ack;
	x->tally.bytes_acked += acked - (x->fin_queued && ack == x->write_seq);
	if (unlikely(x->retries))
		xtcp_timeouts_over(x);
	if (unlikely(x->urg_sending) && seq_geq(ack, x->snd_up))
		x->urg_sending = 0;
	WRITE_ONCE(sk->sk_err_soft, 0);
	xtcp_sndq_acked(sk);
	if (unlikely(x->stalled) && ack == x->write_seq)
		x->stalled = 0;		/* nothing is held back any more */
	xtcp_recovery_acked(sk, acked);
	rearm_retransmit(sk);
	xtcp_sndq_grow(sk);
}

/* Return: true where the window was changed.  The segment's is used if it is
 * newer than the one known: SND.WL1, SND.WL2.
 */
static bool update_send_window(struct xtcp_sock *x, const struct xtcp_skb_cb *cb)
{
	bool changed;

	if (!seq_lt(x->snd_wl1, cb->block.seq) &&
	    !(x->snd_wl1 == cb->block.seq && seq_leq(x->snd_wl2, cb->ack)))
		return false;
	changed = x->snd_wnd != cb->wnd;
	x->snd_wnd = cb->wnd;
	x->snd_wl1 = cb->block.seq;
	x->snd_wl2 = cb->ack;
	x->snd_max_wnd = max(x->snd_max_wnd, x->snd_wnd);
	return changed;
}

/* The window was closed and opens: a probe's timer is not for what may go now,
 * and what the closed window did not take is sent again at once.  What was sent
 * before it closed is not, or two ACKs would have all of it sent again.
 */
static void window_opened(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->rtt.backoff = 0;
	if (x->snd_una == x->snd_nxt)
		xtcp_timer_stop(x, XTCP_TIMER_RETRANSMIT);
	else if (x->sent_closed)
		xtcp_recovery_mark_all(sk);
	x->sent_closed = 0;
	x->stalled = 0;
	rearm_retransmit(sk);
}

/* Our FIN is acknowledged.  Return: false where the connection is closed. */
static bool fin_acked(struct sock *sk)
{
	switch (sk->sk_state) {
	case TCP_FIN_WAIT1:
		xtcp_transition(sk, XTCP_EV_RCV_ACK_OF_FIN);
		if (sock_flag(sk, SOCK_DEAD))
			xtcp_fin_wait_2(sk);
		else
			sk->sk_state_change(sk);	/* SO_LINGER waits */
		return sk->sk_state != TCP_CLOSE;
	case TCP_CLOSING:
		xtcp_time_wait(sk, XTCP_EV_RCV_ACK_OF_FIN);
		return false;
	case TCP_LAST_ACK:
		xtcp_done(sk, XTCP_EV_RCV_ACK_OF_FIN, 0);
		return false;
	}
	return true;
}

/* SYN_RECEIVED becomes ESTABLISHED, or FIN_WAIT_1 where the user was quicker. */
static void syn_acked(struct sock *sk, const struct xtcp_skb_cb *cb)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->snd_una = x->iss + 1;
	x->snd_wnd = cb->wnd;
	x->snd_wl1 = cb->block.seq;
	x->snd_wl2 = cb->ack;
	forget_syn(sk);
	xtcp_transition(sk, XTCP_EV_RCV_ACK_OF_SYN);
	established(sk);
	rearm_retransmit(sk);	/* a FIN may be in flight already */
}

/* RFC 5961, 5.2: an ACK older than the largest window is refused; so is one of bytes that
 * were never sent, older than what the connection began with.
 */
static u32 oldest_ack(const struct xtcp_sock *x)
{
	bool fin = x->fin_queued && x->snd_una == x->write_seq;

	return x->snd_una - min_t(u64, x->snd_max_wnd,
				  x->tally.bytes_acked + 1 + fin);
}

/**
 * xtcp_step_ack() - what the peer acknowledges, and its window
 * @sk: the connection, locked
 * @skb: the segment
 *
 * RFC 9293, 3.10.7.4, fifth, and RFC 5961, 5.2.
 *
 * RFC 9293: SHLD-17, MAY-12.
 *
 * Return: false where it was consumed
 */
bool xtcp_step_ack(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	enum xtcp_drop_reason reason;
	bool window_moved;
	u32 old_wnd;

	if (unlikely(!(cb->flags & XTCP_ACK))) {
		reason = XTCP_DROP_NO_ACK;
		goto drop;
	}
	if (unlikely(!x->syn_acked)) {
		if (seq_leq(cb->ack, x->iss) || seq_gt(cb->ack, x->snd_nxt)) {
			xtcp_reply_reset(x->xn, skb);
			reason = XTCP_DROP_BAD_ACK;
			goto drop;
		}
		syn_acked(sk, cb);
	}
	if (unlikely(seq_gt(cb->ack, x->snd_nxt))) {
		xtcp_send_challenge_ack(sk);
		reason = XTCP_DROP_BAD_ACK;
		goto drop;
	}
	if (unlikely(seq_lt(cb->ack, oldest_ack(x)))) {
		xtcp_send_challenge_ack(sk);
		reason = XTCP_DROP_OLD_ACK;
		goto drop;
	}
	x->probes = 0;
	old_wnd = x->snd_wnd;
	window_moved = seq_geq(cb->ack, x->snd_una) &&
		       update_send_window(x, cb);
	if (seq_gt(cb->ack, x->snd_una)) {
		new_data_acked(sk, cb->ack);
		if (x->fin_queued && x->snd_una == x->write_seq &&
		    !fin_acked(sk)) {
			consume_skb(skb);
			return false;
		}
	} else if (cb->ack == x->snd_una && x->snd_una != x->snd_nxt) {
		/* the peer answers: only it can say when it has room again */
		if (!x->snd_wnd && x->retries)
			xtcp_timeouts_over(x);
		else if (x->snd_wnd && !window_moved &&
			 cb->block.end == cb->block.seq)
			xtcp_recovery_dup_ack(sk);
	}
	if (unlikely(!old_wnd && x->snd_wnd))
		window_opened(sk);
	return true;
drop:
	xtcp_drop(x->xn, skb, reason);
	return false;
}

/* ---- seventh: process the segment text ---- */

/**
 * xtcp_data_ready() - wake the reader if there is enough for it
 * @sk: the connection, locked
 */
void xtcp_data_ready(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 avail = x->rcv_nxt - x->copied_seq;

	if (avail >= (u32)READ_ONCE(sk->sk_rcvlowat) ||
	    sock_flag(sk, SOCK_DONE) ||
	    atomic_read(&sk->sk_rmem_alloc) > READ_ONCE(sk->sk_rcvbuf) / 2)
		sk->sk_data_ready(sk);
}

/**
 * xtcp_data_queue() - put a segment's text, in or out of order, in its queue
 * @sk: the connection, locked
 * @skb: skb->data is text; some of it, or a FIN, is in the window; consumed
 *
 * RFC 9293: MAY-13.
 */
void xtcp_data_queue(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	bool filled, fin = cb->flags & XTCP_FIN;
	u32 end = x->rcv_nxt + xtcp_rcv_window(x);

	/* beyond the window: cut off, the FIN first; but a FIN alone takes no room */
	if (seq_gt(cb->block.end, end) && !(fin && cb->block.end - 1 == end)) {
		if (fin) {
			cb->flags &= ~XTCP_FIN;
			cb->block.end--;
			fin = false;
		}
		if (seq_gt(cb->block.end, end)) {
			if (pskb_trim(skb, end - cb->block.seq)) {
				xtcp_drop(x->xn, skb, XTCP_DROP_MEMORY);
				return;
			}
			cb->block.end = end;
		}
		xtcp_ack_now(&x->ack);
	}
	if (cb->block.end == cb->block.seq) {
		consume_skb(skb);
		return;
	}
	xtcp_guess_rcv_mss(x, skb);
	if (seq_gt(cb->block.seq, x->rcv_nxt)) {
		xtcp_ack_now(&x->ack);	/* RFC 5681, 4.2: a duplicate ACK tells of the gap */
		xtcp_rcvq_hold(sk, skb);
		return;
	}
	if (seq_leq(cb->block.end, x->rcv_nxt)) {
		xtcp_ack_now(&x->ack);
		xtcp_drop(x->xn, skb, XTCP_DROP_DUPLICATE);
		return;
	}
	filled = !xtcp_reassembly_empty(&x->reassembly);
	if (unlikely(!xtcp_rcvq_add(sk, skb))) {
		/* the peer must not take it for a loss, but wait */
		x->no_memory = 1;
		xtcp_ack_now(&x->ack);
		xtcp_drop(x->xn, skb, XTCP_DROP_MEMORY);
		return;
	}
	if (fin) {
		xtcp_step_fin(sk);
		return;
	}
	ack_data(sk);
	if (unlikely(filled)) {
		xtcp_ack_now(&x->ack);	/* RFC 5681, 4.2: a gap is being filled */
		if (xtcp_rcvq_fill(sk))
			xtcp_step_fin(sk);
	}
	if (!sock_flag(sk, SOCK_DEAD))
		xtcp_data_ready(sk);
}

/**
 * xtcp_step_text() - the segment's data
 * @sk: the connection, locked
 * @skb: the segment; consumed
 *
 * RFC 9293, 3.10.7.4, seventh and eighth.
 */
void xtcp_step_text(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 text_end = cb->block.end - !!(cb->flags & XTCP_FIN);

	if (cb->block.end == cb->block.seq) {
		consume_skb(skb);
		return;
	}
	if (!xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_FIN_WAIT1 |
			   TCPF_FIN_WAIT2)) {
		/* the peer's FIN came before: there is nothing behind it */
		xtcp_ack_now(&x->ack);
		xtcp_drop(x->xn, skb, XTCP_DROP_DUPLICATE);
		return;
	}
	/* nobody will read it: RFC 9293, 3.6.1 */
	if (xtcp_in_state(sk, TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2) &&
	    sk->sk_shutdown & RCV_SHUTDOWN && seq_gt(text_end, x->rcv_nxt)) {
		xtcp_drop(x->xn, skb, XTCP_DROP_CLOSED);
		xtcp_abort(sk, ECONNRESET);
		return;
	}
	__skb_pull(skb, cb->header_bytes);
	skb_dst_drop(skb);
	secpath_reset(skb);
	xtcp_data_queue(sk, skb);
}

/* ---- eighth: check the FIN bit ---- */

/**
 * xtcp_step_fin() - the peer's FIN, all before it received
 * @sk: the connection, locked
 *
 * RFC 9293, 3.10.7.4, eighth.
 */
void xtcp_step_fin(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->fin_seen = 1;
	/* the FIN takes no room: the window stays as it was */
	x->rcv_wup++;
	x->rcv_adv++;
	xtcp_ack_now(&x->ack);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	if (sk->sk_state == TCP_FIN_WAIT2) {
		xtcp_send_ack(sk);
		xtcp_time_wait(sk, XTCP_EV_RCV_FIN);
		return;
	}
	xtcp_transition(sk, XTCP_EV_RCV_FIN);
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
}

/**
 * xtcp_segment_arrives() - a segment arrives for a connection
 * @sk: the connection, locked, in any state but LISTEN and CLOSED
 * @skb: the segment, checked, header still on; consumed
 *
 * RFC 9293, 3.10.7.
 */
void xtcp_segment_arrives(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 segs = xtcp_skb_segs(skb);

	x->last_rcv = jiffies;
	x->tally.segs_in += segs;
	if (skb->len > XTCP_CB(skb)->header_bytes) {
		x->tally.data_segs_in += segs;
		x->tally.data_in_ms = xtcp_now_ms();
	}
	if (unlikely(sk->sk_state == TCP_SYN_SENT)) {
		xtcp_step_syn_sent(sk, skb);
		if (sk->sk_state != TCP_CLOSE)
			send_due(sk);
		return;
	}
	if (xtcp_step_sequence(sk, skb) && xtcp_step_rst(sk, skb) &&
	    xtcp_step_syn(sk, skb) && xtcp_step_ack(sk, skb)) {
		if (unlikely(XTCP_CB(skb)->flags & XTCP_URG ||
			     x->urg_phase == XTCP_URGENT_COMING))
			xtcp_urgent_received(sk, skb);
		xtcp_step_text(sk, skb);
	}
	if (likely(sk->sk_state != TCP_CLOSE))
		send_due(sk);
}
