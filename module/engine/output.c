// SPDX-License-Identifier: GPL-2.0
/*
 * The one sender: what may be sent now, lost data first, then new.
 */
#include <net/dst.h>
#include "../compat.h"
#include "../observe/trace.h"
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "ack.h"
#include "clock.h"
#include "cong.h"
#include "flight.h"
#include "mss.h"
#include "output.h"
#include "rate.h"
#include "recovery.h"
#include "rtt.h"
#include "sacks.h"
#include "sndq.h"
#include "timers.h"
#include "transmit.h"
#include "window.h"

/* A FIN occupies a sequence number, so it waits for room in the peer's window: 3.8.6.
 * The data before it need not wait: what fills the window goes without the FIN.
 *
 * Return: 0; -ENOMEM
 */
static noinline int part_its_fin(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (skb->len < xtcp_usable_window(xtcp_sk(sk), cb->seq))
		return 0;
	if (xtcp_sndq_cut(sk, skb, skb->len))
		return -ENOMEM;
	cb->flags |= XTCP_PSH;
	XTCP_CB(cb->state & XTCP_SENT ? xtcp_board_next(skb) :
		skb_queue_next(&sk->sk_write_queue, skb))->flags &= ~XTCP_PSH;
	return 0;
}

static inline int part_fin(struct sock *sk, struct sk_buff *skb)
{
	return unlikely(XTCP_CB(skb)->flags & XTCP_FIN) && skb->len ?
	       part_its_fin(sk, skb) : 0;
}

/* ---- what may be sent now ---- */

/* Is what has left now an answer to what came last?  As Linux; a FIN alone is none. */
static bool answers_data(const struct xtcp_sock *x)
{
	return xtcp_data_in_age_ms(&x->tally, x->last_sent_ms) <
	       READ_ONCE(x->xn->sysctl.delack_ms) &&
	       xtcp_board_last(&x->board)->len;
}

/* The first skb of the write queue has left. */
static void note_sent(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_sndq_sent(sk);
	if (!x->ack.ping_pong && answers_data(x))
		x->ack.ping_pong = 1;
	/* a loss probe is for what left last: RFC 8985, 7.2 */
	if (!xtcp_timer_armed(x, XTCP_TIMER_RETRANSMIT) ||
	    x->rtx_for == XTCP_RTX_PROBE)
		xtcp_arm_retransmit(sk);
}

/* Nagle's algorithm as RFC 9293, 3.7.4 has it, in Minshall's form: a partial
 * segment waits only for an earlier partial one to be acknowledged (SHLD-7).
 */
static bool nagle_holds(const struct xtcp_sock *x, u8 nonagle)
{
	if (nonagle & XTCP_NAGLE_PUSH)
		return false;
	if (nonagle & XTCP_NAGLE_CORK)
		return true;
	if (nonagle & XTCP_NAGLE_OFF)
		return false;
	return seq_gt(x->snd_sml, x->snd_una) && seq_leq(x->snd_sml, x->snd_nxt);
}

/* How much of the congestion window is free.  What is SACKed, or what duplicate ACKs
 * stand for, has left the network: limited transmit, RFC 3042, is a part of this.
 */
static inline u32 cwnd_room(const struct xtcp_sock *x)
{
	u32 cwnd = x->cong.cwnd_bytes, pipe = xtcp_pipe(x);

	return cwnd > pipe ? cwnd - pipe : 0;
}

/* How many bytes of an unsent skb may go now: RFC 9293, 3.8.6.2.1.
 * 0: none; wait for an ACK, for the user, or for the timer
 * (MUST-34, MUST-38, SHLD-15, SHLD-28).
 */
static u32 sendable_bytes(struct xtcp_sock *x, struct sk_buff *skb, bool last,
			  u8 nonagle)
{
	u32 mss = x->snd_mss, len = skb->len, room, chunk;
	u32 wnd = xtcp_usable_window(x, xtcp_seq(skb));

	room = cwnd_room(x);
	/* a window smaller than a segment, and nothing in flight */
	if (room < mss && x->snd_una == x->snd_nxt)
		room = mss;
	if (room < min(len, mss)) {
		x->cwnd_limited = 1;
		return 0;
	}
	chunk = min(len, room);
	if (chunk < len)
		x->cwnd_limited = 1;
	if (chunk > wnd)
		chunk = wnd;
	if (chunk >= len) {
		u32 tail = len % mss;

		if (!tail || !last || XTCP_CB(skb)->flags & XTCP_FIN ||
		    !nagle_holds(x, nonagle))
			return len;
		return len - tail;
	}
	/* not all of it fits: send whole segments only; but less than one if it
	 * is half of the largest window that the peer ever offered
	 */
	if (chunk >= mss)
		return rounddown(chunk, mss);
	return chunk >= x->snd_max_wnd / 2 ? chunk : 0;
}

/* With urgent data each segment has a pointer of its own. */
static u32 most_at_once(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	return x->urg_sending ? x->snd_mss : xtcp_size_goal(sk);
}

static inline enum xtcp_limit limited_by(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	const struct sk_buff *skb = xtcp_send_head(sk);
	u32 whole;

	if (x->snd_una == x->write_seq)
		return XTCP_LIMIT_NONE;
	if (!x->snd_wnd)
		return XTCP_LIMIT_WINDOW;
	if (x->board.lost_bytes)
		return XTCP_LIMIT_PATH;
	if (!skb)
		return sk->sk_socket &&
		       test_bit(SOCK_NOSPACE, &sk->sk_socket->flags) &&
		       cwnd_room(x) ? XTCP_LIMIT_SNDBUF : XTCP_LIMIT_PATH;
	whole = clamp(skb->len, 1u, x->snd_mss);	/* 1: a bare FIN */
	return seq_lt(xtcp_window_end(x), xtcp_seq(skb) + whole) &&
	       cwnd_room(x) >= whole ? XTCP_LIMIT_WINDOW : XTCP_LIMIT_PATH;
}

static __always_inline void note_limit(struct sock *sk)
{
	xtcp_limit_is(&xtcp_sk(sk)->tally, limited_by(sk));
}

/**
 * xtcp_note_limit() - what holds sending back may have changed
 * @sk: the connection, locked
 *
 * For TCP_INFO's times.
 */
void xtcp_note_limit(struct sock *sk)
{
	note_limit(sk);
}

/* Send again an skb of the scoreboard.  Its segments are as large as they would be without
 * SACK blocks, or those that left before there were any would go again in two pieces each.
 * What is left out of an ACK that is owed, another must say.
 */
static int transmit_again(struct sock *sk, struct sk_buff *skb, enum xtcp_why why)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mss = xtcp_mss_bare(x), segs = xtcp_sndq_segs(skb, mss);
	bool owed = x->ack.now && xtcp_sacks_due(x) &&
		    xtcp_sacks_count(&x->held->sacks) >
		    xtcp_sacks_room_beside(x, min(skb->len, mss));
	int err;

	xtcp_count_n(x->xn, RETRANS, segs);
	x->tally.segs_resent += segs;
	x->tally.bytes_resent += skb->len;
	trace_xtcp_retransmit(x, xtcp_seq(skb), skb->len, XTCP_CB(skb)->flags);
	x->why = why;
	err = xtcp_transmit_queued(sk, skb, mss);
	x->why = XTCP_WHY_PLAIN;
	xtcp_board_mark_sent(&x->board, skb, x->snd_una);
	if (unlikely(owed))
		xtcp_ack_now(&x->ack);
	return err;
}

/* Why what is lost goes again. */
static enum xtcp_why why_again(const struct xtcp_sock *x, const struct sk_buff *skb)
{
	if (XTCP_CB(skb)->flags & XTCP_SYN)
		return XTCP_WHY_PLAIN;
	if (!x->snd_wnd)
		return XTCP_WHY_WINDOW_PROBE;
	return x->phase == XTCP_PHASE_RECOVERY ? XTCP_WHY_FAST : XTCP_WHY_TIMEOUT;
}

/* How much of the peer's window is left for what goes again.  A scaled window may seem to
 * shrink by less than its unit: what was in it when it was sent goes again all the same
 * (RFC 7323, 2.4, (4)).
 */
static u32 window_again(const struct xtcp_sock *x, u32 seq)
{
	s32 beyond = x->snd_nxt - xtcp_window_end(x);

	if (x->snd_wnd && beyond > 0 && beyond < 1 << x->agreed.snd_wscale)
		return x->snd_nxt - seq;
	return xtcp_usable_window(x, seq);
}

/**
 * resend() - send again what is lost
 * @sk: the connection, locked
 * @skb: lost
 * @most_bytes: at most this many bytes of it, in whole segments; at least one
 *
 * Cuts off first what was acknowledged of it, and cuts in two what cannot be
 * sent in one go.
 *
 * RFC 9293: SHLD-16.
 *
 * Return: 0, or a negative errno where nothing was sent
 */
static int resend(struct sock *sk, struct sk_buff *skb, u32 most_bytes)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mss = xtcp_mss_bare(x), wnd;
	int err;

	skb = xtcp_sndq_cut_acked(sk, skb);
	if (!skb)
		return -ENOMEM;
	/* the path may have changed since it was queued */
	most_bytes = min(most_bytes, most_at_once(sk));
	most_bytes = max(rounddown(most_bytes, mss), mss);
	/* the window may have closed after the data left: send one octet */
	wnd = max(window_again(x, xtcp_seq(skb)), 1u);
	most_bytes = min(most_bytes, wnd);
	while (skb->len < most_bytes && xtcp_sndq_merge(sk, skb, most_bytes))
		;
	if (skb->len > most_bytes)
		err = xtcp_sndq_cut(sk, skb, most_bytes);
	else
		err = part_fin(sk, skb);
	if (err)
		return err;
	err = transmit_again(sk, skb, why_again(x, skb));
	/* its ACK is a round trip away: the timeout that is armed is another's */
	if (xtcp_seq(skb) == x->snd_una && x->rtx_for != XTCP_RTX_REORDERING)
		xtcp_arm_timeout(sk);
	return err;
}

/* Send again what is lost, as far as both windows allow; with @force the first of it in any
 * case.  Return: whether all of it was sent
 */
static bool send_lost(struct sock *sk, bool force)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb;
	u32 room;

	while ((skb = xtcp_board_lost(&x->board))) {
		room = cwnd_room(x);
		/* RFC 6582, 3.2, (3): without SACK a partial ACK asks for the next at once */
		force |= x->phase == XTCP_PHASE_RECOVERY && !x->agreed.sack;
		if (!force && (room < min(skb->len, x->snd_mss) ||
			       (!window_again(x, xtcp_seq(skb)) &&
				seq_gt(xtcp_seq(skb), x->snd_una))))
			return false;
		if (resend(sk, skb, room))
			return false;
		force = false;
	}
	return true;
}

/**
 * xtcp_output_lost() - a timer fired: send again what is marked lost, and nothing else
 * @sk: the connection, locked
 *
 * At least the first of it, whatever the congestion window says.
 */
void xtcp_output_lost(struct sock *sk)
{
	xtcp_sync_route(sk);
	send_lost(sk, true);
}

/* How many bytes of an unsent skb go as the next packet; 0: none, 1 for a bare FIN. */
static __always_inline u32 next_packet(struct sock *sk, struct sk_buff *skb, u8 nonagle)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 len;

	if (!skb->len)		/* a bare FIN waits for room as a byte does */
		return !!xtcp_usable_window(x, xtcp_seq(skb));
	len = sendable_bytes(x, skb, skb_queue_is_last(&sk->sk_write_queue, skb),
			     nonagle);
	if (len > x->snd_mss)
		len = min(len, most_at_once(sk));
	/* the segment to be stamped goes alone: segmentation need not find it */
	if (unlikely(XTCP_CB(skb)->stamped) && len == skb->len && len > x->snd_mss)
		len = rounddown(len - 1, x->snd_mss);
	return len;
}

/* Nothing is in flight.  RFC 5681, 4.1: for longer than an RTO? */
static noinline void note_idle(struct xtcp_sock *x)
{
	s32 idle_ms = xtcp_now_ms() - x->last_sent_ms;

	if (idle_ms <= (s32)(xtcp_timeout_us(x) / USEC_PER_MSEC))
		return;
	xtcp_recovery_idle(x);
	xtcp_cong_idle(&x->cong);
}

/* Send what was never sent, as far as both windows and Nagle allow. */
static __always_inline void send_new(struct sock *sk, u8 nonagle)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb;
	u32 len;

	if (x->snd_una == x->snd_nxt && xtcp_now_ms() != x->last_sent_ms)
		note_idle(x);
	while ((skb = xtcp_send_head(sk))) {
		/* a SACK block that is told once may have gone with the last one */
		if (xtcp_options_changed(x))
			xtcp_sync_mss(sk, x->pmtu);
		len = next_packet(sk, skb, nonagle);
		if (!len)
			break;
		if (len < skb->len ? xtcp_sndq_cut(sk, skb, len) :
				     part_fin(sk, skb))
			break;
		/* the last for now: the peer need not wait for another to acknowledge it */
		if (skb->len && cwnd_room(x) < len + x->snd_mss)
			XTCP_CB(skb)->flags |= XTCP_PSH;
		/* an skb that could not be sent counts as lost in the network */
		if (xtcp_transmit_queued(sk, skb, x->snd_mss) == -ENOBUFS)
			break;
		note_sent(sk);
	}
}

/* RFC 5682, 2.1, (2b): was the timeout a mistake?  New data will tell.  Return: whether
 * some was sent
 */
static noinline bool send_new_to_see(struct sock *sk, u8 nonagle)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 snd_nxt = x->snd_nxt;

	if (x->frto != XTCP_FRTO_SEND_NEW)
		return false;
	send_new(sk, nonagle);
	x->frto = x->snd_nxt != snd_nxt ? XTCP_FRTO_NEW_SENT : XTCP_FRTO_OFF;
	return x->frto;
}

/* Nothing is in flight, and the peer's window holds everything back: probe it. */
static void arm_probe(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->stalled && !xtcp_usable_window(x, x->snd_nxt)) {
		x->stalled = 1;
		x->stalled_since_ms = xtcp_now_ms();
	}
	xtcp_arm_retransmit(sk);
}

/* What the first of what is left here waits for, for those who watch. */
static enum xtcp_wait waits_for(const struct xtcp_sock *x, const struct sk_buff *skb, u8 nonagle)
{
	u32 whole = clamp(skb->len, 1u, x->snd_mss);

	if (cwnd_room(x) < whole && x->snd_una != x->snd_nxt)
		return XTCP_WAIT_CWND;
	if (xtcp_usable_window(x, xtcp_seq(skb)) < whole)
		return XTCP_WAIT_WINDOW;
	return nonagle & XTCP_NAGLE_CORK ? XTCP_WAIT_CORK : XTCP_WAIT_NAGLE;
}

static noinline void trace_waits(struct sock *sk, u8 nonagle)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct sk_buff *skb = xtcp_board_lost(&x->board) ?: xtcp_send_head(sk);

	if (skb && xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		trace_xtcp_waits(x, xtcp_seq(skb), waits_for(x, skb, nonagle));
	else if (!skb && xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		trace_xtcp_waits(x, x->snd_nxt, XTCP_WAIT_USER);
}

/**
 * xtcp_output() - send what may be sent: lost data first, then new
 * @sk: the connection, locked
 * @nonagle: XTCP_NAGLE_OFF, XTCP_NAGLE_CORK, XTCP_NAGLE_PUSH, or 0
 *
 * Where the peer's window holds everything back and nothing is in flight, arms the
 * timer to probe it.
 *
 * RFC 9293: MUST-60, SHLD-29.
 */
void xtcp_output(struct sock *sk, u8 nonagle)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!xtcp_send_head(sk) && !x->board.lost_bytes)
		return;
	xtcp_sync_route(sk);
	if (unlikely(x->board.lost_bytes) && !send_new_to_see(sk, nonagle) &&
	    !send_lost(sk, false))
		goto out;
	if (!xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		return;
	send_new(sk, nonagle);
	if (xtcp_send_head(sk) && x->snd_una == x->snd_nxt &&
	    !xtcp_timer_armed(x, XTCP_TIMER_RETRANSMIT))
		arm_probe(sk);
	note_limit(sk);
out:
	if (trace_xtcp_waits_enabled())
		trace_waits(sk, nonagle);
}

/**
 * xtcp_output_pause() - the user begins to write: had the path run dry?
 * @sk: the connection, locked
 *
 * If so, earlier samples measure the user, not the path.
 */
void xtcp_output_pause(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->write_seq - x->snd_nxt < x->snd_mss && cwnd_room(x) &&
	    sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1))
		xtcp_rate_pause(&x->rate, x->delivered + xtcp_pipe(x));
}

/**
 * xtcp_output_probe() - make the peer tell its window
 * @sk: the connection, locked; nothing in flight, something to send
 *
 * RFC 9293, 3.8.6.1: one octet of new data, though the window is 0 (MUST-36).
 * It is in flight from then on, and sent again like any other.
 *
 * Return: 0, or a negative errno where nothing was sent
 */
int xtcp_output_probe(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_send_head(sk);
	s32 wnd = xtcp_window_end(x) - xtcp_seq(skb);
	u32 len;
	int err;

	xtcp_sync_route(sk);
	len = clamp_t(s32, wnd, 1, x->snd_mss);

	/* SWS avoidance held a small window's worth back: it goes now */
	if (skb->len > len)
		err = xtcp_sndq_cut(sk, skb, len);
	else
		err = part_fin(sk, skb);
	if (err)
		return err;
	/* the peer's reader need not wait for more, even if the user does:
	 * MUST-61
	 */
	if (skb->len && skb_queue_is_last(&sk->sk_write_queue, skb))
		XTCP_CB(skb)->flags |= XTCP_PSH;
	xtcp_count(x->xn, PROBES);
	x->why = XTCP_WHY_WINDOW_PROBE;
	err = xtcp_transmit_queued(sk, skb, x->snd_mss);
	x->why = XTCP_WHY_PLAIN;
	if (err == -ENOBUFS)
		return err;
	note_sent(sk);
	return 0;
}

/* RFC 8985, 7.3: new data, if there is any and the peer has room.  Return: whether some
 * was sent
 */
static bool probe_with_new(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_send_head(sk);
	u32 len;
	int err;

	if (!skb)
		return false;
	len = min(max(skb->len, 1u), x->snd_mss);
	if (xtcp_usable_window(x, xtcp_seq(skb)) < len ||
	    (skb->len > len ? xtcp_sndq_cut(sk, skb, len) : part_fin(sk, skb)))
		return false;
	x->why = XTCP_WHY_LOSS_PROBE;
	err = xtcp_transmit_queued(sk, skb, x->snd_mss);
	x->why = XTCP_WHY_PLAIN;
	if (err == -ENOBUFS)
		return false;
	note_sent(sk);
	return true;
}

/* The last segment in flight once more.  Return: whether it was sent */
static bool probe_with_last(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_board_last(&x->board);
	u32 before, mss;

	if (!skb || seq_lt(xtcp_seq(skb), x->snd_una) ||
	    window_again(x, xtcp_seq(skb)) < skb->len)
		return false;
	mss = min_t(u32, XTCP_CB(skb)->seg_bytes, xtcp_mss_bare(x));
	if (skb->len > mss) {
		before = rounddown(skb->len - 1, mss);
		if (xtcp_sndq_cut(sk, skb, before))
			return false;
		skb = xtcp_board_next(skb);
	}
	return transmit_again(sk, skb, XTCP_WHY_LOSS_PROBE) != -ENOBUFS;
}

/**
 * xtcp_output_loss_probe() - no ACK has come for a while: bring one about
 * @sk: the connection, locked; something is in flight
 *
 * RFC 8985, 7.3: whatever the congestion window says.  The peer's window holds for it.
 */
void xtcp_output_loss_probe(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool fresh;

	xtcp_sync_route(sk);
	fresh = xtcp_in_state(sk, XTCP_STATES_CONNECTED) && probe_with_new(sk);
	if (fresh || probe_with_last(sk))
		xtcp_recovery_probed(x, !fresh);
}

/* ---- SYN and FIN, and when to acknowledge ---- */

/**
 * xtcp_send_syn() - send the SYN of an active or simultaneous open
 * @sk: the connection, locked; iss chosen, write_seq and snd_una equal to it
 * @flags: XTCP_SYN, or XTCP_SYN | XTCP_ACK
 *
 * Return: 0; -ENOBUFS without memory; the IP layer's error
 */
int xtcp_send_syn(struct sock *sk, u8 flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_board_first(&x->board);
	int err;

	xtcp_sync_route(sk);
	if (skb) {	/* a simultaneous open: the SYN goes again, with an ACK */
		XTCP_CB(skb)->flags = flags;
		XTCP_CB(skb)->state |= XTCP_TWICE;
		return xtcp_transmit_queued(sk, skb, x->snd_mss);
	}
	skb = xtcp_sndq_add_control(sk, flags);
	if (!skb)
		return -ENOBUFS;
	err = xtcp_transmit_queued(sk, skb, x->snd_mss);
	note_sent(sk);
	return err;
}

/**
 * xtcp_send_fin() - the user has no more to send
 * @sk: the connection, locked, in FIN_WAIT_1 or LAST_ACK
 *
 * The FIN follows what is queued, on its last segment if that has not left.
 *
 * Return: 0, or -ENOBUFS: no FIN is queued, the connection cannot be closed in
 * order
 */
int xtcp_send_fin(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb) {
		XTCP_CB(skb)->flags |= XTCP_FIN | XTCP_PSH;
		xtcp_end(skb)++;
		x->write_seq++;
	} else {
		skb = xtcp_sndq_add_control(sk, XTCP_FIN | XTCP_ACK);
		if (!skb)
			return -ENOBUFS;
	}
	x->fin_queued = 1;
	xtcp_output(sk, XTCP_NAGLE_OFF);
	return 0;
}

/**
 * xtcp_window_update() - the user has read: tell the peer if that helps it
 * @sk: the connection, locked
 *
 * Sends an ACK where the window can at least double, or one is owed anyway for
 * two segments.
 */
void xtcp_window_update(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->fin_seen || !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		return;
	/* an ACK was held back until there would be room: now there is */
	if ((x->ack.pending && x->rcv_nxt - x->rcv_wup > x->rcv_mss) ||
	    xtcp_window_worth_telling(sk))
		xtcp_send_ack(sk, XTCP_WHY_UPDATE);
}

/**
 * xtcp_ack_before_wait() - the user waits for more: no answer will carry the ACK
 * @sk: the connection, locked
 */
void xtcp_ack_before_wait(struct sock *sk)
{
	if (xtcp_sk(sk)->ack.soon)
		xtcp_send_ack(sk, XTCP_WHY_PLAIN);
}

/* A reader about to answer normally beats this timer; it is for the one that does
 * something else first, and gives it a full tick (MUST-40).
 */
static unsigned long ack_delay(const struct xtcp_sock *x)
{
	return x->ack.soon ? 2 :
	       msecs_to_jiffies(READ_ONCE(x->xn->sysctl.delack_ms));
}

/**
 * xtcp_send_due() - send what a segment has made due
 * @sk: the connection, locked, not in CLOSED
 *
 * Data, which carries the ACK, or the ACK alone, now or later (MUST-58).
 */
void xtcp_send_due(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (xtcp_send_head(sk) || unlikely(x->board.lost_bytes))
		xtcp_output(sk, x->nonagle);
	/* after sending: TCP_NOTSENT_LOWAT counts what was not sent */
	sk->sk_write_space(sk);
	if (x->tally.limit || x->snd_una != x->write_seq)
		note_limit(sk);
	if (!x->ack.pending)
		return;
	if (x->ack.now)
		xtcp_send_ack(sk, XTCP_WHY_PLAIN);
	else if (!xtcp_timer_armed(x, XTCP_TIMER_DELACK))
		xtcp_timer_arm(sk, XTCP_TIMER_DELACK, jiffies + ack_delay(x));
}
