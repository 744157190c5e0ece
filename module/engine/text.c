// SPDX-License-Identifier: GPL-2.0
/*
 * The segment's text: RFC 9293, 3.10.7.4, seventh.  It is cut to the window, queued, in
 * order or ahead of it, and acknowledged now or later; the reader is woken.
 */
#include <linux/skbuff.h>
#include <net/xfrm.h>
#include "ack.h"
#include "buffers.h"
#include "ecn.h"
#include "mss.h"
#include "rcvq.h"
#include "reset.h"
#include "rtt.h"
#include "skb.h"
#include "text.h"
#include "window.h"

/* Does this wake a reader, or a program that accepts? */
static bool user_comes(const struct sock *sk)
{
	return xtcp_sk(sk)->readers || !sk->sk_socket;
}

/* Has a reader been woken that will make room at once, or is the user in a call (then
 * this comes from the backlog)?  Where the window is smaller than before, its update
 * will carry the ACK.
 */
static bool update_carries_ack(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return (x->readers || sock_owned_by_user(sk)) &&
	       x->rcv_nxt - x->copied_seq >= (u32)READ_ONCE(sk->sk_rcvlowat) &&
	       xtcp_offered_window(sk) < x->rcv_wnd;
}

/* The next few ACKs are not delayed. */
static void ack_quickly(struct xtcp_sock *x)
{
	xtcp_ack_quickly(&x->ack, x->rcv_wnd, x->rcv_mss);
}

/* Data came in order, the first for a while, or the first of all: if that was longer than
 * our timeout, the peer may begin with its restart window.
 */
static void note_pause(struct xtcp_sock *x)
{
	u32 pause_ms = xtcp_data_in_age_ms(&x->tally, x->last_rcv_ms);

	if (pause_ms > xtcp_timeout_us(x) / USEC_PER_MSEC)
		ack_quickly(x);
	x->tally.data_in_ms = x->last_rcv_ms;
}

/* Data came in order. */
static void ack_data(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->tally.data_in_ms != x->last_rcv_ms)
		note_pause(x);
	/* the route's first window opens by twice what comes, as slow start does */
	if (unlikely(x->rcv_limit != U32_MAX))
		x->rcv_limit = x->rcv_limit < xtcp_largest_window(sk) ?
			       x->rcv_limit + 2 * x->rcv_mss : U32_MAX;
	if (xtcp_ack_data(&x->ack, x->rcv_nxt - x->rcv_wup, x->rcv_mss,
			  user_comes(sk), x->route_quickack) &&
	    !update_carries_ack(sk))
		xtcp_ack_now(&x->ack);
}

/**
 * xtcp_data_ready() - wake the reader if there is enough for it
 * @sk: the connection, locked
 */
void xtcp_data_ready(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 avail = x->rcv_nxt - x->copied_seq;

	if (avail >= (u32)READ_ONCE(sk->sk_rcvlowat) ||
	    sock_flag(sk, SOCK_DONE) || xtcp_window_shut(sk))
		sk->sk_data_ready(sk);
}

/* Cut off what lies beyond the window, the FIN first; but a FIN alone takes no room.
 * @skb is text.  Return: false without memory
 */
static bool cut_to_window(struct sock *sk, struct sk_buff *skb,
			  struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 end = x->rcv_nxt + xtcp_rcv_window(x);

	if (likely(!seq_gt(seg->end, end)) ||
	    (seg->flags & XTCP_FIN && seg->end - 1 == end))
		return true;
	if (seg->flags & XTCP_FIN) {
		seg->flags &= ~XTCP_FIN;
		seg->end--;
	}
	if (seq_gt(seg->end, end)) {
		if (pskb_trim(skb, end - seg->seq))
			return false;
		seg->end = end;
	}
	xtcp_ack_now(&x->ack);
	return true;
}

/* Make a received segment an skb of the receive queue. */
static void strip_header(struct sk_buff *skb, const struct xtcp_segment *seg)
{
	__skb_pull(skb, seg->header_bytes);
	skb_dst_drop(skb);
	secpath_reset(skb);
}

/**
 * xtcp_note_duplicate() - some of what came had come before
 * @x: the connection, locked
 * @start: the first sequence number of it
 * @end: behind the last
 *
 * RFC 2883: the next ACK will say so; and the next few are not delayed.
 */
void xtcp_note_duplicate(struct xtcp_sock *x, u32 start, u32 end)
{
	ack_quickly(x);
	x->ack.ping_pong = 0;
	if (!x->agreed.dsack)
		return;
	if (!xtcp_rcvq_need_held(x))
		return;
	xtcp_sacks_duplicate(&x->held->sacks, start, end);
	xtcp_count(x->xn, DSACKS_OUT);
}

/* Of a segment that brings something new, the first part that had come before. */
static bool came_twice(const struct xtcp_sock *x, const struct xtcp_segment *seg,
		       struct xtcp_range *twice)
{
	if (unlikely(seq_lt(seg->seq, x->rcv_nxt))) {
		*twice = (struct xtcp_range) { seg->seq, x->rcv_nxt };
		return true;
	}
	return unlikely(x->held) &&
	       xtcp_sacks_held(&x->held->sacks, seg->seq, seg->end, twice);
}

/* A segment before its turn: RFC 5681, 4.2: a duplicate ACK tells of the gap. */
static enum xtcp_drop_reason hold_text(struct sock *sk, struct sk_buff *skb,
				       const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	enum xtcp_drop_reason reason = xtcp_rcvq_hold(sk, skb);
	struct xtcp_range twice;

	xtcp_ack_now(&x->ack);
	if (reason == XTCP_DROP_DUPLICATE) {
		xtcp_note_duplicate(x, seg->seq, seg->end);
	} else if (reason == XTCP_DROP_NONE && x->agreed.sack) {
		if (came_twice(x, seg, &twice))
			xtcp_note_duplicate(x, twice.start, twice.end);
		xtcp_sacks_add(&x->held->sacks, seg->seq, seg->end);
	}
	return reason;
}

/* Put text that is in the window, maybe with a FIN behind it, in its queue (MAY-13).
 * Afterwards @seg has a FIN if all before one was received.
 */
static enum xtcp_drop_reason queue_text(struct sock *sk, struct sk_buff *skb,
					struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct xtcp_range twice;
	bool filled, dup;

	cb->block.seq = seg->seq;
	cb->block.end = seg->end;
	cb->flags = seg->flags;
	xtcp_guess_rcv_mss(x, skb);
	xtcp_rcvbuf_came(x, skb, seg);
	if (unlikely(x->agreed.ecn))
		xtcp_ecn_received(x, skb, seg);
	if (seq_gt(seg->seq, x->rcv_nxt)) {
		seg->flags &= ~XTCP_FIN;
		return hold_text(sk, skb, seg);
	}
	if (seq_leq(seg->end, x->rcv_nxt)) {
		xtcp_ack_now(&x->ack);
		xtcp_note_duplicate(x, seg->seq, seg->end);
		return XTCP_DROP_DUPLICATE;
	}
	dup = came_twice(x, seg, &twice);
	filled = xtcp_rcvq_holds(x);
	if (unlikely(!xtcp_rcvq_add(sk, skb))) {
		/* the peer must wait, not take it for a loss */
		x->no_memory = 1;
		xtcp_ack_now(&x->ack);
		return XTCP_DROP_MEMORY;
	}
	if (unlikely(dup))
		xtcp_note_duplicate(x, twice.start, twice.end);
	if (seg->flags & XTCP_FIN) {
		xtcp_rcvq_purge_held(sk);	/* nothing can follow */
		return XTCP_DROP_NONE;
	}
	ack_data(sk);
	/* a full segment, the last for now: the peer's window may wait for its ACK */
	if (seg->flags & XTCP_PSH && seg->end - seg->seq >= x->rcv_mss)
		x->ack.soon = 1;
	if (unlikely(filled)) {
		/* RFC 5681, 4.2: a gap is being filled */
		xtcp_ack_now(&x->ack);
		if (xtcp_rcvq_fill(sk))
			seg->flags |= XTCP_FIN;
		xtcp_sacks_received(&x->held->sacks, x->rcv_nxt);
	}
	if (sock_flag(sk, SOCK_DEAD))
		return XTCP_DROP_NONE;
	if (unlikely(seg->flags & XTCP_FIN))
		sk->sk_data_ready(sk);	/* the last: however little it is */
	else
		xtcp_data_ready(sk);
	return XTCP_DROP_NONE;
}

/**
 * xtcp_step_text() - the segment's data
 * @sk: the connection, locked
 * @skb: the segment
 * @seg: what its header says; has a FIN afterwards if all before one was received
 *
 * RFC 9293, 3.10.7.4, seventh.
 *
 * Return: why to drop it; XTCP_DROP_NONE where it is in a queue
 */
enum xtcp_drop_reason xtcp_step_text(struct sock *sk, struct sk_buff *skb,
				     struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 text_end = seg->end - !!(seg->flags & XTCP_FIN);

	if (seg->end == seg->seq)
		return XTCP_DROP_DONE;
	if (!xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_FIN_WAIT1 |
			   TCPF_FIN_WAIT2)) {
		/* the peer's FIN came before: there is nothing behind it */
		xtcp_ack_now(&x->ack);
		return XTCP_DROP_DUPLICATE;
	}
	/* nobody will read it: RFC 9293, 3.6.1 */
	if (xtcp_in_state(sk, TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2) &&
	    sk->sk_shutdown & RCV_SHUTDOWN && seq_gt(text_end, x->rcv_nxt)) {
		xtcp_abort(sk, ECONNRESET);
		return XTCP_DROP_CLOSED;
	}
	strip_header(skb, seg);
	if (!cut_to_window(sk, skb, seg))
		return XTCP_DROP_MEMORY;
	if (seg->end == seg->seq)
		return XTCP_DROP_DONE;
	return queue_text(sk, skb, seg);
}
