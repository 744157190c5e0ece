// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES: RFC 9293, 3.10.7, for a connection; in the RFC's order,
 * one function per step, with RFC 5961's care about what a blind attacker may send.
 *
 * xtcp_segment_arrives(), at the end, lists the steps.  Each returns why the segment
 * must be dropped, XTCP_DROP_DONE where it has had all its effect, or XTCP_DROP_NONE
 * to go on.  A step may change what @seg says for those that follow.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "../compat.h"
#include "../observe/trace.h"
#include "buffers.h"
#include "clock.h"
#include "connection.h"
#include "delivered.h"
#include "input.h"
#include "open.h"
#include "output.h"
#include "recovery.h"
#include "reset.h"
#include "sndq.h"
#include "text.h"
#include "timeout.h"
#include "timers.h"
#include "timewait.h"
#include "transmit.h"
#include "urgent.h"
#include "window.h"

/* ---- SYN_SENT ---- */

/* Does it echo a timestamp of ours, if any?  As Linux. */
static bool echo_possible(const struct xtcp_sock *x, const struct xtcp_options *opt)
{
	if (!x->agreed.timestamps || !(opt->present & XTCP_OPT_TIMESTAMPS) || !opt->tsecr)
		return true;
	return seq_geq(opt->tsecr, x->ts.recent) && seq_leq(opt->tsecr, xtcp_tsval(&x->ts));
}

/**
 * xtcp_step_syn_sent() - a segment arrives in SYN_SENT: 3.10.7.3
 * @sk: the connection, locked
 * @skb: the segment
 * @seg: what its header says
 *
 * RFC 9293: MUST-10.
 *
 * Return: why to drop it; data on a SYN will come again: it is not acknowledged
 */
enum xtcp_drop_reason xtcp_step_syn_sent(struct sock *sk, struct sk_buff *skb,
					 const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	/* first: the ACK must be for our SYN, and for nothing else */
	if (seg->flags & XTCP_ACK && seg->ack != x->snd_nxt) {
		if (!(seg->flags & XTCP_RST)) {
			xtcp_reply_reset(x->xn, skb, seg);
			xtcp_syn_again_soon(sk);
		}
		return XTCP_DROP_BAD_ACK;
	}
	if (seg->flags & XTCP_ACK && !echo_possible(x, &seg->opt)) {
		if (!(seg->flags & XTCP_RST))
			xtcp_reply_reset(x->xn, skb, seg);
		return XTCP_DROP_PAWS;
	}
	/* second: a RST counts only if it acknowledges our SYN */
	if (seg->flags & XTCP_RST) {
		if (!(seg->flags & XTCP_ACK))
			return XTCP_DROP_BAD_ACK;
		xtcp_done(sk, XTCP_EV_RCV_RST, ECONNREFUSED);
		return XTCP_DROP_DONE;
	}
	/* fourth: SYN */
	if (!(seg->flags & XTCP_SYN))
		return XTCP_DROP_BAD_SYN;
	if (seg->flags & XTCP_ACK)
		xtcp_syn_ack_received(sk, skb, seg);
	else
		xtcp_syn_crossed(sk, seg);
	return XTCP_DROP_DONE;
}

/* ---- first: check sequence number ---- */

/* A FIN without text takes no room in the window, not even in one that is full or
 * closed.
 */
static bool is_bare_fin(const struct sk_buff *skb, const struct xtcp_segment *seg)
{
	return seg->flags & XTCP_FIN && skb->len == seg->header_bytes;
}

/* A segment that occupies no sequence number, at RCV.NXT + @first: its ACK counts where
 * an honest peer may be.  That is up to the furthest edge that we ever offered, for the
 * peer may have filled the window, and data been lost; and one beyond a closed window,
 * which it may have probed.
 */
static bool is_bare_acceptable(const struct xtcp_sock *x, u32 first)
{
	s32 offered = x->rcv_adv - x->rcv_nxt;

	return first <= (u32)max(offered, 0) + !xtcp_rcv_window(x);
}

/* A closed window takes ACKs and RSTs, but no data: what lies beyond it is cut off. */
static void cut_to_closed_window(struct sock *sk, struct sk_buff *skb,
				 struct xtcp_segment *seg)
{
	if (seg->end == seg->seq)
		return;
	seg->flags &= ~XTCP_FIN;
	seg->end = seg->seq;
	seg->opt.sacks = 0;	/* trimming may move the header that they lie in */
	if (!(seg->flags & XTCP_SYN) && !pskb_trim(skb, seg->header_bytes))
		xtcp_ack_now(&xtcp_sk(sk)->ack);
}

/* A segment with text, none of which is wanted. */
static void answer_duplicate(struct xtcp_sock *x, const struct xtcp_segment *seg)
{
	xtcp_ack_now(&x->ack);
	if (seq_lt(seg->seq, x->rcv_nxt))
		xtcp_note_duplicate(x, seg->seq, seq_lt(seg->end, x->rcv_nxt) ?
						 seg->end : x->rcv_nxt);
}

/**
 * xtcp_step_sequence() - is any of the segment in the window?
 * @sk: the connection, locked
 * @skb: the segment
 * @seg: what its header says
 *
 * RFC 9293, 3.10.7.4, first.
 *
 * RFC 9293: MUST-66.
 *
 * Return: why to drop it, or XTCP_DROP_NONE
 */
enum xtcp_drop_reason xtcp_step_sequence(struct sock *sk, struct sk_buff *skb,
					 struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 wnd = xtcp_rcv_window(x), first = seg->seq - x->rcv_nxt;
	u32 len = seg->end - seg->seq;

	if (likely(first < wnd || (len && seg->end - 1 - x->rcv_nxt < wnd)))
		return XTCP_DROP_NONE;
	if (len ? first == wnd && is_bare_fin(skb, seg) :
		  !(seg->flags & XTCP_RST) && is_bare_acceptable(x, first))
		return XTCP_DROP_NONE;
	/* the peer's SYN once more, now with the ACK of ours: figure 8, line 7; the user may have
	 * closed since
	 */
	if (!x->syn_acked && seg->flags & XTCP_SYN &&
	    seg->flags & XTCP_ACK && seg->seq == x->irs) {
		x->ecn.plain |= !(seg->flags & XTCP_ECE);	/* RFC 3168, 6.1.1: a no */
		seg->flags &= ~(XTCP_SYN | XTCP_ECE);	/* of a SYN,ACK it is no echo */
		seg->seq++;
		return XTCP_DROP_NONE;
	}
	if (!wnd && !first) {
		cut_to_closed_window(sk, skb, seg);
		return XTCP_DROP_NONE;
	}
	if (!(seg->flags & XTCP_RST)) {
		if (len && !(seg->flags & XTCP_SYN))
			answer_duplicate(x, seg); /* our ACK was lost, or comes late */
		else
			xtcp_send_challenge_ack(sk);
	}
	return seq_lt(seg->seq, x->rcv_nxt) ? XTCP_DROP_DUPLICATE :
					      XTCP_DROP_OUT_OF_WINDOW;
}

/* An ACK that another has overtaken: it changes nothing but what the peer is known to have
 * out of order, and is not older than a round trip and its margin may be.
 */
static bool is_overtaken_ack(const struct xtcp_sock *x, const struct xtcp_segment *seg)
{
	return (seg->flags & ~(XTCP_PSH | XTCP_ECE)) == XTCP_ACK && seg->seq == seg->end &&
	       seg->seq == x->rcv_nxt && seg->wnd == x->snd_wnd &&
	       seg->ack == x->snd_una && x->snd_una != x->snd_nxt &&
	       x->ts.recent - seg->opt.tsval <=
	       xtcp_timeout_us(x) / (u32)USEC_PER_MSEC;
}

/**
 * xtcp_step_timestamps() - is the segment a duplicate from long ago?
 * @sk: the connection, locked; it has agreed on timestamps
 * @skb: the segment
 * @seg: what its header says
 *
 * RFC 7323, 5.3, R1, before the sequence number is looked at.  RFC 2883, 4.3: its ACK
 * may say that it came twice.  But an ACK that another has overtaken is heard, as Linux
 * does (tcp_disordered_ack()): it may be the only one that has a D-SACK.  TS.Recent stays.
 *
 * Return: why to drop it, or XTCP_DROP_NONE
 */
enum xtcp_drop_reason xtcp_step_timestamps(struct sock *sk, struct sk_buff *skb,
					   const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	enum xtcp_drop_reason reason = xtcp_timestamp_judge(&x->ts, seg);

	if (likely(reason != XTCP_DROP_PAWS))
		return reason;
	if (is_overtaken_ack(x, seg))
		return xtcp_step_ack(sk, skb, seg) ?: XTCP_DROP_DONE;
	if (seg->end != seg->seq && !(seg->flags & XTCP_SYN))
		answer_duplicate(x, seg);
	else
		xtcp_send_challenge_ack(sk);
	return reason;
}

/* ---- second: check the RST bit ---- */

/**
 * xtcp_step_rst() - the peer resets the connection
 * @sk: the connection, locked
 * @seg: a segment with RST
 *
 * RFC 9293, 3.10.7.4, second, and RFC 5961, 3.2: only a RST that is exactly
 * next counts; one elsewhere in the window is answered.
 *
 * RFC 9293: SHLD-2.
 *
 * Return: why to drop it, or XTCP_DROP_DONE
 */
enum xtcp_drop_reason xtcp_step_rst(struct sock *sk, const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err = ECONNRESET;

	if (seg->seq != x->rcv_nxt) {
		xtcp_send_challenge_ack(sk);
		return XTCP_DROP_BAD_RST;
	}
	if (sk->sk_state == TCP_SYN_RECV)
		err = ECONNREFUSED;
	else if (sk->sk_state == TCP_CLOSE_WAIT)
		err = EPIPE;
	else if (xtcp_in_state(sk, TCPF_CLOSING | TCPF_LAST_ACK) &&
		 !xtcp_unacked_bytes(x))
		err = 0;	/* both sides have received everything: MUST-12 */
	xtcp_done(sk, XTCP_EV_RCV_RST, err);
	return XTCP_DROP_DONE;
}

/* ---- fourth: check the SYN bit ---- */

/**
 * xtcp_step_syn() - a SYN in an open connection
 * @sk: the connection, locked
 *
 * RFC 9293, 3.10.7.4, fourth, and RFC 5961, 4.2: answered, never obeyed.
 *
 * Return: why to drop it
 */
enum xtcp_drop_reason xtcp_step_syn(struct sock *sk)
{
	xtcp_send_challenge_ack(sk);
	return XTCP_DROP_BAD_SYN;
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

static void new_data_acked(struct sock *sk, u32 acked)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 ack = x->snd_una;

	x->tally.bytes_acked += acked - (x->fin_queued && ack == x->write_seq);
	if (unlikely(x->retries))
		xtcp_timeouts_over(x);
	if (unlikely(x->urg_sending) && seq_geq(ack, x->snd_up))
		x->urg_sending = 0;
	WRITE_ONCE(sk->sk_err_soft, 0);
	if (unlikely(x->stalled) && ack == x->write_seq)
		x->stalled = 0;		/* nothing is held back any more */
}

/* The retransmission timer, for what is in flight now. */
static void rearm_after(struct sock *sk, const struct xtcp_delivery *d)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (unlikely(d->reneged))
		xtcp_arm_reneging(sk);
	else if (unlikely(d->reordering_us))
		xtcp_arm_reordering(sk, d->reordering_us);
	else if (d->acked_bytes)
		rearm_retransmit(sk);
	else if (d->sacked && x->rtx_for != XTCP_RTX_TIMEOUT)
		xtcp_arm_timeout_since(sk, XTCP_CB(xtcp_board_first(&x->board))->sent_us);
}

/* What the ACK brings, while something is in flight. */
static void take_ack(struct sock *sk, const struct xtcp_segment *seg, bool duplicate)
{
	u32 cwnd_bytes = xtcp_sk(sk)->cong.cwnd_bytes, lost_before = 0;
	struct xtcp_delivery d __uninitialized;
	u8 phase_before = 0;

	if (trace_xtcp_acked_enabled()) {
		lost_before = xtcp_sk(sk)->board.lost_bytes;
		phase_before = xtcp_sk(sk)->phase;
	}

	memset_startat(&d, 0, acked_bytes);
	d.duplicate = duplicate;
	xtcp_take_delivery(sk, seg, &d);
	if (d.acked_bytes)
		new_data_acked(sk, d.acked_bytes);
	xtcp_recovery_ack(sk, seg, &d);
	trace_xtcp_acked(xtcp_sk(sk), &d, phase_before, lost_before);
	rearm_after(sk, &d);
	/* the first hop forwards what we send: no need to ask it (RFC 1122, 2.3.2.1) */
	if (d.acked_bytes || d.sacked)
		sk_dst_confirm(sk);
	if (xtcp_sk(sk)->cong.cwnd_bytes > cwnd_bytes)
		xtcp_sndbuf_grow(sk);
}

/* The segment's window is used if it is newer than the one known: SND.WL1,
 * SND.WL2.  Return: whether the window has changed
 */
static bool update_send_window(struct xtcp_sock *x, const struct xtcp_segment *seg)
{
	bool changed;

	if (!seq_lt(x->snd_wl1, seg->seq) &&
	    !(x->snd_wl1 == seg->seq && seq_leq(x->snd_wl2, seg->ack)))
		return false;
	changed = x->snd_wnd != seg->wnd;
	x->snd_wnd = seg->wnd;
	x->snd_wl1 = seg->seq;
	x->snd_wl2 = seg->ack;
	x->snd_max_wnd = max(x->snd_max_wnd, x->snd_wnd);
	return changed;
}

/* The window was closed and opens.  The probe's timer does not apply to what
 * may go now, and what was sent into the closed window is sent again at once;
 * but not what was sent before it closed, or two ACKs would cause all of that
 * to be sent again.
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
			sk->sk_state_change(sk);	/* close() may wait: SO_LINGER */
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

/* RFC 5961, 5.2: an ACK older than the largest window is refused; so is one older than
 * the connection's first byte, as such bytes were never sent.
 */
static u32 oldest_ack(const struct xtcp_sock *x)
{
	bool fin = x->fin_queued && x->snd_una == x->write_seq;

	return x->snd_una - min_t(u64, x->snd_max_wnd,
				  x->tally.bytes_acked + 1 + fin);
}

/* The ACK brings nothing new, while something is in flight; or what it answers is: with
 * nothing in flight a D-SACK may still come, and tell of a mistake (RFC 2883, 5), or a
 * loss probe's answer (RFC 8985, 7.4.2).
 */
static bool answers_something(const struct xtcp_sock *x, const struct xtcp_segment *seg)
{
	return x->snd_una != x->snd_nxt || x->rack.tlp ||
	       unlikely(seg->opt.sacks && x->agreed.sack);
}

static void same_ack_again(struct sock *sk, const struct xtcp_segment *seg,
			   bool window_moved)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool duplicate = x->snd_wnd && !window_moved && seg->end == seg->seq;

	/* the peer answers: only it can say when it has room again */
	if (!x->snd_wnd && x->retries)
		xtcp_timeouts_over(x);
	else if (duplicate || seg->opt.sacks || xtcp_tells_congestion(x, seg))
		take_ack(sk, seg, duplicate);
}

/**
 * xtcp_step_ack() - what the peer acknowledges, and its window
 * @sk: the connection, locked
 * @skb: the segment
 * @seg: what its header says
 *
 * RFC 9293, 3.10.7.4, fifth, and RFC 5961, 5.2.
 *
 * RFC 9293: SHLD-17, MAY-12.
 *
 * Return: why to drop it, or XTCP_DROP_NONE
 */
enum xtcp_drop_reason xtcp_step_ack(struct sock *sk, struct sk_buff *skb,
				    const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool window_moved;
	u32 old_wnd;

	if (unlikely(!(seg->flags & XTCP_ACK)))
		return XTCP_DROP_NO_ACK;
	if (unlikely(!x->syn_acked)) {
		if (seq_leq(seg->ack, x->iss) || seq_gt(seg->ack, x->snd_nxt)) {
			xtcp_reply_reset(x->xn, skb, seg);
			return XTCP_DROP_BAD_ACK;
		}
		xtcp_syn_acked(sk, seg);
		rearm_retransmit(sk);	/* a FIN may be in flight already */
	}
	if (unlikely(seq_gt(seg->ack, x->snd_nxt))) {
		xtcp_send_challenge_ack(sk);
		return XTCP_DROP_BAD_ACK;
	}
	if (unlikely(seq_lt(seg->ack, oldest_ack(x)))) {
		xtcp_send_challenge_ack(sk);
		return XTCP_DROP_OLD_ACK;
	}
	x->probes = 0;
	old_wnd = x->snd_wnd;
	window_moved = seq_geq(seg->ack, x->snd_una) &&
		       update_send_window(x, seg);
	if (seq_gt(seg->ack, x->snd_una)) {
		take_ack(sk, seg, false);
		if (x->fin_queued && x->snd_una == x->write_seq &&
		    !fin_acked(sk))
			return XTCP_DROP_DONE;
	} else if (seg->ack == x->snd_una && answers_something(x, seg)) {
		same_ack_again(sk, seg, window_moved);
	}
	if (unlikely(!old_wnd && x->snd_wnd))
		window_opened(sk);
	return XTCP_DROP_NONE;
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
		xtcp_send_ack(sk, XTCP_WHY_PLAIN);
		xtcp_time_wait(sk, XTCP_EV_RCV_FIN);
		return;
	}
	xtcp_transition(sk, XTCP_EV_RCV_FIN);
	if (sock_flag(sk, SOCK_DEAD))
		return;
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
}

/* ---- the steps ---- */

static void tally_arrival(struct xtcp_sock *x, const struct sk_buff *skb,
			  const struct xtcp_segment *seg)
{
	u32 segs = xtcp_skb_segs(skb);

	x->last_rcv_ms = xtcp_now_ms();
	x->tally.segs_in += segs;
	if (skb->len > seg->header_bytes)
		x->tally.data_segs_in += segs;
}

/**
 * xtcp_segment_arrives() - a segment arrives for a connection
 * @sk: the connection, locked, in any state but LISTEN and CLOSED
 * @skb: the segment, checked, header still on; consumed
 * @seg: what its header says
 *
 * RFC 9293, 3.10.7: the eight steps.
 */
void xtcp_segment_arrives(struct sock *sk, struct sk_buff *skb,
			  struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	enum xtcp_drop_reason reason;

	tally_arrival(x, skb, seg);
	if (unlikely(sk->sk_state == TCP_SYN_SENT)) {
		reason = xtcp_step_syn_sent(sk, skb, seg);
		goto out;
	}
	if (likely(!(seg->flags & XTCP_SYN)))
		seg->wnd <<= x->agreed.snd_wscale;
	/* first: check sequence number, and before it the timestamp: RFC 7323, 5.3 */
	if (x->agreed.timestamps && unlikely(!xtcp_timestamp_fine(&x->ts, &seg->opt))) {
		reason = xtcp_step_timestamps(sk, skb, seg);
		if (reason)
			goto out;
	}
	reason = xtcp_step_sequence(sk, skb, seg);
	if (unlikely(reason))
		goto out;
	/* second: check the RST bit */
	if (unlikely(seg->flags & XTCP_RST)) {
		reason = xtcp_step_rst(sk, seg);
		goto out;
	}
	/* third: check security: receive.c has asked filters and policies already */
	/* fourth: check the SYN bit */
	if (unlikely(seg->flags & XTCP_SYN)) {
		reason = xtcp_step_syn(sk);
		goto out;
	}
	/* fifth: check the ACK field */
	reason = xtcp_step_ack(sk, skb, seg);
	if (unlikely(reason))
		goto out;
	/* RFC 7323, 5.3, R3: of an acceptable segment, by the last ACK that was sent */
	if (x->agreed.timestamps && seq_leq(seg->seq, x->rcv_wup))
		xtcp_timestamp_set_recent(&x->ts, seg->opt.tsval);
	/* sixth: check the URG bit */
	if (unlikely(seg->flags & XTCP_URG || xtcp_urgent_awaited(sk)))
		xtcp_step_urg(sk, skb, seg);
	/* seventh: process the segment text */
	reason = xtcp_step_text(sk, skb, seg);
	if (reason)
		goto out;
	/* eighth: check the FIN bit; by now the segment is in a queue */
	if (unlikely(seg->flags & XTCP_FIN))
		xtcp_step_fin(sk);
out:
	if (reason == XTCP_DROP_DONE)
		consume_skb(skb);
	else if (unlikely(reason))
		xtcp_drop(x->xn, skb, reason);
	if (likely(sk->sk_state != TCP_CLOSE))
		xtcp_send_due(sk);
	sk_mem_reclaim(sk);	/* what it has acknowledged is free */
}
