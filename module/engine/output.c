// SPDX-License-Identifier: GPL-2.0
/*
 * What may be sent now, and the segments for it.
 *
 * The write queue holds all that is not acknowledged yet, in sequence order,
 * SYN and FIN among it; send_head is its first skb that was never sent.  Data
 * lies in page fragments, up to a GSO packet's worth in an skb, and what leaves
 * is a clone with a header in front.
 */
#include <linux/tcp.h>
#include <net/dst.h>
#include "../compat.h"
#include "../observe/trace.h"
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "cong.h"
#include "connection.h"
#include "memory.h"
#include "output.h"
#include "rate.h"
#include "rtt.h"
#include "timers.h"
#include "urgent.h"

/* ---- the window we offer: RFC 9293, 3.8.6.2.2 ---- */

#define SEGS_WHEN_SCARCE	4u	/* as Linux */

/**
 * xtcp_offered_window() - what the receive buffer has room for
 * @sk: the connection, locked
 *
 * Half of the free memory: the other half pays for the skbs around the data.
 *
 * Return: bytes, at most the clamp and 65535
 */
u32 xtcp_offered_window(const struct sock *sk)
{
	int space = READ_ONCE(sk->sk_rcvbuf) - READ_ONCE(sk->sk_backlog.len) -
		    atomic_read(&sk->sk_rmem_alloc);
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 offered;

	offered = min3((u32)max(space, 0) / 2, x->window_clamp, (u32)U16_MAX);
	offered = min(offered, x->rcv_limit);
	if (unlikely(x->route_window))
		offered = min(offered, x->route_window);
	/* what is offered is taken, so where memory is scarce less is offered */
	if (unlikely(xtcp_memory_scarce(sk)))
		offered = min(offered, SEGS_WHEN_SCARCE * x->rcv_mss);
	return offered;
}

/* How far the right edge must move to be worth telling: a full segment, or half
 * of what we would ever offer.
 */
static u32 window_step(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return max(min3(x->rcv_mss, (u32)READ_ONCE(sk->sk_rcvbuf) / 4,
			x->window_clamp / 2), 1u);
}

/* The window's right edge never moves left (SHLD-14), and right only in steps
 * that let the peer send a full segment, or half the buffer.  But where a segment in
 * the window could not be taken there is none: a peer that knows probes with patience,
 * one that does not counts its retransmissions and gives up (MUST-39, MAY-8).
 */
static u16 select_window(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 current_wnd = xtcp_rcv_window(x);
	u32 offered = xtcp_offered_window(sk);
	u32 step = window_step(sk);

	if (offered < current_wnd + step)
		offered = current_wnd;
	if (unlikely(x->no_memory)) {
		x->no_memory = 0;
		offered = 0;
	}
	x->rcv_wup = x->rcv_nxt;
	x->rcv_wnd = offered;
	xtcp_note_edge(x);
	return offered;
}

/* A route may say with how many segments to begin. */
static void limit_first_window(struct sock *sk, u32 mss)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	u32 segs = dst ? dst_metric(dst, RTAX_INITRWND) : 0;

	xtcp_sk(sk)->rcv_limit = segs ? min_t(u64, (u64)segs * mss, U16_MAX) :
					U32_MAX;
}

/**
 * xtcp_initial_window() - the window as the handshake ends
 * @sk: the connection, locked; its MSS known
 *
 * A whole number of segments, where there is room for one.
 */
void xtcp_initial_window(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 wnd;

	limit_first_window(sk, x->snd_mss);
	wnd = xtcp_offered_window(sk);
	if (wnd > x->snd_mss)
		wnd = rounddown(wnd, x->snd_mss);
	x->rcv_wup = x->rcv_nxt;
	x->rcv_wnd = max(wnd, xtcp_rcv_window(x));
	xtcp_note_edge(x);
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
	u32 current_wnd, offered;

	if (x->fin_seen || !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		return;
	/* it was held back until there would be room: now there is */
	if (x->ack_pending && x->rcv_nxt - x->rcv_wup > x->rcv_mss) {
		xtcp_send_ack(sk);
		return;
	}
	current_wnd = xtcp_rcv_window(x);
	offered = xtcp_offered_window(sk);
	if (offered >= 2 * current_wnd &&
	    offered >= current_wnd + window_step(sk))
		xtcp_send_ack(sk);
}

/**
 * xtcp_ack_before_wait() - the user waits for more: no answer will carry the ACK
 * @sk: the connection, locked
 */
void xtcp_ack_before_wait(struct sock *sk)
{
	if (xtcp_sk(sk)->ack_soon)
		xtcp_send_ack(sk);
}

/* ---- the size of a segment ---- */

/**
 * xtcp_sync_mss() - the path's MTU, or what the peer takes, has become known
 * @sk: the connection, locked
 * @pmtu: bytes that an IP packet may have
 *
 * RFC 9293, 3.7.1, MUST-16: Eff.snd.MSS.
 */
void xtcp_sync_mss(struct sock *sk, u32 pmtu)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mss, headers = x->ip->header_bytes + XTCP_HEADER_BYTES;

	x->pmtu = pmtu;
	mss = pmtu > headers ? pmtu - headers : 0;
	mss = min(mss, x->peer_mss);
	if (x->user_mss)
		mss = min(mss, x->user_mss);
	x->snd_mss = max_t(u32, mss, XTCP_MSS_LEAST);
	xtcp_cong_set_mss(&x->cong, x->snd_mss);
}

/**
 * xtcp_size_goal() - how large to make the skbs of the write queue
 * @sk: the connection, locked
 *
 * Return: bytes, a multiple of the MSS: a GSO packet, or half of the largest
 * window that the peer has offered, whichever is less
 */
u32 xtcp_size_goal(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 goal = x->snd_mss;

	if (sk_can_gso(sk)) {
		goal = clamp_t(u32, READ_ONCE(sk->sk_gso_max_size),
			       2 * XTCP_MAX_HEADER, GSO_LEGACY_MAX_SIZE) -
		       XTCP_MAX_HEADER - 1;
		goal = min(goal, sk->sk_gso_max_segs * x->snd_mss);
		if (x->snd_max_wnd > XTCP_MSS_DEFAULT)
			goal = min(goal, x->snd_max_wnd / 2);
		goal = max(rounddown(goal, x->snd_mss), x->snd_mss);
	}
	return goal;
}

/* ---- skbs of the write queue ---- */

/**
 * xtcp_data_skb() - an empty skb for the write queue
 * @sk: the connection, locked
 * @gfp: how to allocate
 *
 * Return: the skb, charged to the socket; NULL without memory
 */
struct sk_buff *xtcp_data_skb(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(XTCP_MAX_HEADER, gfp);

	if (!skb)
		return NULL;
	/* an empty queue takes one, or the connection stops for good */
	if (!sk_wmem_schedule(sk, skb->truesize) &&
	    !(skb_queue_empty(&sk->sk_write_queue) &&
	      xtcp_force_charge(sk, skb->truesize))) {
		__kfree_skb(skb);
		return NULL;
	}
	skb_reserve(skb, XTCP_MAX_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	return skb;
}

/**
 * xtcp_queue_skb() - put an skb at the end of the write queue
 * @sk: the connection, locked
 * @skb: from xtcp_data_skb(); begins at write_seq
 */
void xtcp_queue_skb(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	/* the clones' headers are their own, the data is shared */
	__skb_header_release(skb);
	__skb_queue_tail(&sk->sk_write_queue, skb);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	if (!x->send_head)
		x->send_head = skb;
}

/* A SYN, a FIN without data: occupies one sequence number. */
static struct sk_buff *queue_control(struct sock *sk, u8 flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb;

	skb = alloc_skb_fclone(XTCP_MAX_HEADER, sk->sk_allocation | __GFP_NOWARN);
	if (!skb)
		return NULL;
	/* must not fail for the socket's limits: the connection depends on it */
	skb_reserve(skb, XTCP_MAX_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	memset(XTCP_CB(skb), 0, sizeof(*XTCP_CB(skb)));
	XTCP_CB(skb)->flags = flags;
	xtcp_seq(skb) = x->write_seq;
	xtcp_end(skb) = ++x->write_seq;
	xtcp_queue_skb(sk, skb);
	return skb;
}

/* A clone on its way down shares the fragment list, which is about to change. */
static int unshare(struct sk_buff *skb)
{
	u32 truesize = skb->truesize;

	if (!skb_cloned(skb))
		return 0;
	if (pskb_expand_head(skb, 0, 0, GFP_ATOMIC))
		return -ENOMEM;
	skb->truesize = truesize;	/* what the socket was charged */
	__skb_header_release(skb);
	return 0;
}

/* SO_TIMESTAMPING asks about the last byte, which is in @to now. */
static void move_stamp(struct sk_buff *from, struct sk_buff *to)
{
	struct skb_shared_info *old = skb_shinfo(from), *new = skb_shinfo(to);

	new->tx_flags |= old->tx_flags & SKBTX_ANY_TSTAMP;
	new->tskey = old->tskey;
	old->tx_flags &= ~SKBTX_ANY_TSTAMP;
	XTCP_CB(from)->stamped = 0;
	XTCP_CB(from)->stamp_ack = 0;
}

/**
 * fragment() - cut an skb of the write queue in two
 * @sk: the connection, locked
 * @skb: in its write queue
 * @len: how many bytes of data the first part keeps; the second, which follows
 *	it in the queue, has the rest, FIN and PSH included
 *
 * Return: 0 or -ENOMEM
 */
static int fragment(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb), *cb2;
	struct sk_buff *skb2;
	u32 moved;

	if (unshare(skb))
		return -ENOMEM;
	skb2 = alloc_skb_fclone(XTCP_MAX_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb2)
		return -ENOMEM;
	skb_reserve(skb2, XTCP_MAX_HEADER);
	skb2->ip_summed = CHECKSUM_PARTIAL;

	moved = skb->len - len;
	skb_split(skb, skb2, len);
	skb->truesize -= moved;
	skb2->truesize += moved;
	sk_wmem_queued_add(sk, skb2->truesize - moved);
	sk_mem_charge(sk, skb2->truesize - moved);

	cb2 = XTCP_CB(skb2);
	*cb2 = *cb;
	cb2->block.seq = cb->block.seq + len;
	cb->block.end = cb2->block.seq;
	cb->flags &= ~(XTCP_FIN | XTCP_PSH);
	if (!moved) {	/* only the FIN goes: the last byte stays, and its stamp */
		cb2->stamped = 0;
		cb2->stamp_ack = 0;
	} else if (unlikely(cb->stamped)) {
		move_stamp(skb, skb2);
	}
	__skb_header_release(skb2);
	__skb_queue_after(&sk->sk_write_queue, skb, skb2);
	return 0;
}

/* How much of the peer's window is left from @seq on. */
static u32 usable_window(const struct xtcp_sock *x, u32 seq)
{
	s32 usable = xtcp_window_end(x) - seq;

	return max(usable, 0);
}

/* A FIN occupies a sequence number, so it waits for room in the peer's window: 3.8.6.
 * The data before it need not: what fills the window goes without it.
 *
 * Return: 0; -ENOMEM
 */
static int part_fin(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (likely(!(cb->flags & XTCP_FIN)) || !skb->len ||
	    skb->len < usable_window(xtcp_sk(sk), cb->block.seq))
		return 0;
	if (fragment(sk, skb, skb->len))
		return -ENOMEM;
	cb->flags |= XTCP_PSH;
	XTCP_CB(skb_queue_next(&sk->sk_write_queue, skb))->flags &= ~XTCP_PSH;
	return 0;
}

/* The next skb's data fit behind this one's, in a segment of at most @most bytes. */
static bool may_merge(const struct sk_buff *skb, const struct sk_buff *next, u32 most)
{
	const struct xtcp_skb_cb *a = XTCP_CB(skb), *b = XTCP_CB(next);

	return skb->len && skb->len + next->len <= most &&
	       !((a->flags | b->flags) & XTCP_SYN) && !a->stamped && !b->stamped &&
	       skb_shinfo(skb)->nr_frags + skb_shinfo(next)->nr_frags <= MAX_SKB_FRAGS;
}

/**
 * merge_next() - make one skb of what were two writes
 * @sk: the connection, locked
 * @skb: in its write queue, sent before, with data
 * @most: bytes that it may become
 *
 * Small writes that left singly go again as full segments (SHLD-27's sense): a peer that
 * lost ten of them needs one retransmission, not ten.
 *
 * Return: whether the next one's data are in @skb now
 */
static bool merge_next(struct sock *sk, struct sk_buff *skb, u32 most)
{
	struct skb_shared_info *to, *from;
	struct sk_buff *next;
	u32 moved;
	int i;

	if (skb_queue_is_last(&sk->sk_write_queue, skb))
		return false;
	next = skb_queue_next(&sk->sk_write_queue, skb);
	if (next == xtcp_sk(sk)->send_head || !may_merge(skb, next, most) ||
	    unshare(skb))
		return false;
	to = skb_shinfo(skb);
	from = skb_shinfo(next);
	for (i = 0; i < from->nr_frags; i++) {
		to->frags[to->nr_frags++] = from->frags[i];
		skb_frag_ref(next, i);
	}
	moved = next->len;
	skb->len += moved;
	skb->data_len += moved;
	skb->truesize += moved;
	sk_wmem_queued_add(sk, moved);
	sk_mem_charge(sk, moved);
	xtcp_end(skb) = xtcp_end(next);
	XTCP_CB(skb)->flags |= XTCP_CB(next)->flags;
	xtcp_write_queue_free(sk, next);
	return true;
}

/* ---- one segment ---- */

static u32 segs_of(const struct sk_buff *skb, u32 mss)
{
	return skb->len <= mss ? 1 : DIV_ROUND_UP(skb->len, mss);
}

static void set_gso(const struct sock *sk, struct sk_buff *skb, u32 mss)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_segs = segs_of(skb, mss);
	if (skb->len <= mss) {
		shinfo->gso_size = 0;
		shinfo->gso_type = 0;
	} else {
		shinfo->gso_size = mss;
		shinfo->gso_type = sk->sk_gso_type;
	}
}

/**
 * xtcp_offered_mss() - the MSS option of our SYN
 * @sk: the connection, locked, its route known
 *
 * RFC 9293, 3.7.1.  Return: bytes of data that we can take in one piece
 *
 * RFC 9293: MUST-14, MUST-67, SHLD-6.
 */
u16 xtcp_offered_mss(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct dst_entry *dst = __sk_dst_get(sk);
	u32 mss = dst ? dst_metric_advmss(dst) : XTCP_MSS_DEFAULT;

	if (x->user_mss)
		mss = min(mss, x->user_mss);
	return mss;
}

/**
 * transmit() - put a header in front of an skb and send it
 * @sk: the connection, locked
 * @skb: consumed; headroom for all headers, its data the segment's
 * @seq: SEG.SEQ
 * @flags: the segment's flags
 *
 * Every segment of a connection leaves here.
 *
 * RFC 9293: MUST-65, SHLD-5, MAY-3.
 *
 * Return: 0, or a negative errno from below
 */
static int transmit(struct sock *sk, struct sk_buff *skb, u32 seq, u8 flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 len = skb->len, header_bytes = XTCP_HEADER_BYTES;
	u32 segs = xtcp_skb_segs(skb);
	struct xtcp_segment seg = {
		.sport = x->node.tuple.lport,
		.dport = x->node.tuple.rport,
		.seq = seq,
		.flags = flags,
	};
	int err;

	if (flags & XTCP_ACK) {
		seg.ack = x->rcv_nxt;
		x->ack_pending = 0;
		x->ack_now = 0;
		x->ack_soon = 0;
		xtcp_timer_stop(x, XTCP_TIMER_DELACK);
	}
	if (unlikely(flags & XTCP_SYN)) {
		seg.mss = xtcp_offered_mss(sk);
		header_bytes += XTCP_MSS_OPTION_BYTES;
		x->rcv_wup = x->rcv_nxt;
		limit_first_window(sk, seg.mss);
		x->rcv_wnd = xtcp_offered_window(sk);
		x->rcv_adv = x->rcv_wup + x->rcv_wnd;
		seg.wnd = x->rcv_wnd;
	} else {
		seg.wnd = select_window(sk);
	}
	if (unlikely(x->urg_sending)) {
		seg.urg = xtcp_urgent_pointer(x, seq);
		if (seg.urg)
			seg.flags |= XTCP_URG;
	}
	__skb_push(skb, header_bytes);
	skb_reset_transport_header(skb);
	xtcp_segment_build(&seg, skb->data, header_bytes);

	skb_orphan(skb);
	skb_set_owner_w(skb, sk);
	skb_set_hash_from_sk(skb, sk);
	xtcp_count_n(x->xn, SEGS_OUT, segs);
	x->tally.segs_out += segs;
	if (len) {
		x->tally.data_segs_out += segs;
		x->tally.bytes_sent += len;
	}
	if (flags & XTCP_RST)
		xtcp_count(x->xn, RST_OUT);
	trace_xtcp_segment_out(&x->node.tuple, &seg, len);

	err = x->ip->xmit(sk, skb);
	if (unlikely(err))
		xtcp_count(x->xn, SEND_FAILS);
	return err;
}

/* Send an skb of the write queue, which stays there. */
static int transmit_queued(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct sk_buff *clone;

	/* an earlier clone is still on its way down and uses the headroom */
	if (unlikely(skb_cloned(skb)))
		clone = pskb_copy(skb, GFP_ATOMIC);
	else
		clone = skb_clone(skb, GFP_ATOMIC);
	if (!clone)
		return -ENOBUFS;
	x->sent_closed |= !x->snd_wnd;
	cb->sent_us = xtcp_now_us();	/* before: on its way it may take a while */
	xtcp_rate_sent(&x->rate, &cb->mark, x->tally.bytes_acked, cb->sent_us,
		       x->snd_una == x->snd_nxt);
	set_gso(sk, clone, x->snd_mss);
	return transmit(sk, clone, cb->block.seq, cb->flags);
}

/* A segment without data, that is not repeated. */
static int transmit_bare(struct sock *sk, u32 seq, u8 flags)
{
	struct sk_buff *skb;

	skb = alloc_skb(XTCP_MAX_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return -ENOBUFS;
	skb_reserve(skb, XTCP_MAX_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	return transmit(sk, skb, seq, flags);
}

/* ---- what may be sent now ---- */

/* Since when the user's patience is tried: TCP_USER_TIMEOUT. */
static unsigned long waits_since(const struct xtcp_sock *x)
{
	return x->stalled ? x->stalled_since : x->rtx_since;
}

/**
 * xtcp_user_timeout_over() - has the user's patience run out?
 * @x: the connection, locked; data, or a SYN or FIN, waits for the peer
 *
 * RFC 5482's USER TIMEOUT, and tcp(7): so long may data be unacknowledged, or unsent for
 * the peer's closed window.
 *
 * Return: whether it has
 */
bool xtcp_user_timeout_over(const struct xtcp_sock *x)
{
	return x->user_timeout_ms &&
	       time_after_eq(jiffies, waits_since(x) +
			     msecs_to_jiffies(x->user_timeout_ms));
}

/* Not later than the user's patience lasts, which what he holds back himself, by
 * TCP_CORK, does not try.
 */
static void arm_within_patience(struct sock *sk, unsigned long due)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	unsigned long over;

	if (unlikely(x->user_timeout_ms) &&
	    (x->stalled || x->snd_una != x->snd_nxt)) {
		over = waits_since(x) + msecs_to_jiffies(x->user_timeout_ms);
		if (time_before(over, due))
			due = time_after(over, jiffies) ? over : jiffies + 1;
	}
	xtcp_timer_arm(sk, XTCP_TIMER_RETRANSMIT, due);
}

/**
 * xtcp_arm_retransmit() - the retransmission timer begins anew
 * @sk: the connection, locked; something is in flight, or a closed window is to be
 *	probed
 *
 * RFC 6298, 5: it fires after RTO, backed off.
 */
void xtcp_arm_retransmit(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->retries)
		x->rtx_since = jiffies;
	arm_within_patience(sk, jiffies +
			    usecs_to_jiffies(xtcp_rtt_timeout_us(&x->rtt)));
}

/**
 * xtcp_limit_patience() - TCP_USER_TIMEOUT was set while the timer is armed
 * @sk: the connection, locked
 */
void xtcp_limit_patience(struct sock *sk)
{
	arm_within_patience(sk, xtcp_sk(sk)->expires[XTCP_TIMER_RETRANSMIT]);
}

/* Take send_head from "never sent" to "in flight". */
static void sent_new(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	cb->resent = 0;
	x->send_head = skb_queue_is_last(&sk->sk_write_queue, skb) ? NULL :
			skb_queue_next(&sk->sk_write_queue, skb);
	x->snd_nxt = cb->block.end;
	if (skb->len % x->snd_mss)
		x->snd_sml = cb->block.end;
	x->quick_acks = 0;	/* ACKs can ride on what we send */
	x->last_sent_ms = xtcp_now_ms();
	if (!xtcp_timer_armed(x, XTCP_TIMER_RETRANSMIT))
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

/* How much of the congestion window is free.  Limited transmit (RFC 3042): the
 * first two duplicate ACKs each let another segment out.
 */
static u32 cwnd_room(const struct xtcp_sock *x)
{
	u32 cwnd = x->cong.cwnd_bytes, flight = xtcp_flight(x);

	if (x->phase == XTCP_PHASE_LOSS)
		flight = x->rtx_nxt - x->snd_una;
	else if (x->phase == XTCP_PHASE_OPEN)
		cwnd += min_t(u32, x->dup_acks, 2) * x->snd_mss;
	return cwnd > flight ? cwnd - flight : 0;
}

/* How many bytes of send_head may go now: RFC 9293, 3.8.6.2.1.
 * 0: none; wait for an ACK, for the user, or for the timer
 * (MUST-34, MUST-38, SHLD-15, SHLD-28).
 */
static u32 sendable(struct xtcp_sock *x, struct sk_buff *skb, bool last,
		    u8 nonagle)
{
	u32 mss = x->snd_mss, len = skb->len, room, chunk;
	u32 wnd = usable_window(x, xtcp_seq(skb));

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
	/* not all of it: whole segments only, unless the peer's window is that
	 * small and this is half of all it ever offered
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

static enum xtcp_limit limit_of(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	const struct sk_buff *skb = x->send_head;
	u32 whole;

	if (x->snd_una == x->write_seq)
		return XTCP_LIMIT_NONE;
	if (!x->snd_wnd)
		return XTCP_LIMIT_WINDOW;
	if (x->phase == XTCP_PHASE_LOSS)
		return XTCP_LIMIT_PATH;
	if (!skb)
		return sk->sk_socket &&
		       test_bit(SOCK_NOSPACE, &sk->sk_socket->flags) &&
		       cwnd_room(x) ? XTCP_LIMIT_SNDBUF : XTCP_LIMIT_PATH;
	whole = clamp(skb->len, 1u, x->snd_mss);	/* a FIN takes one, too */
	return seq_lt(xtcp_window_end(x), xtcp_seq(skb) + whole) &&
	       cwnd_room(x) >= whole ? XTCP_LIMIT_WINDOW : XTCP_LIMIT_PATH;
}

/**
 * xtcp_note_limit() - what holds sending back may have changed
 * @sk: the connection, locked
 *
 * For TCP_INFO's times.
 */
void xtcp_note_limit(struct sock *sk)
{
	xtcp_limit_is(&xtcp_sk(sk)->tally, limit_of(sk));
}

/**
 * xtcp_output() - send what may be sent
 * @sk: the connection, locked
 * @nonagle: XTCP_NAGLE_OFF, XTCP_NAGLE_CORK, XTCP_NAGLE_PUSH, or 0
 *
 * Never resends: recovery.c does.  Where the peer's window holds all back and
 * nothing is in flight, arms the timer to probe it.
 *
 * RFC 9293: MUST-60, SHLD-29.
 */
void xtcp_output(struct sock *sk, u8 nonagle)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = x->send_head;
	u32 len;

	if (!skb || x->phase == XTCP_PHASE_LOSS ||
	    !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		return;
	if (x->snd_una == x->snd_nxt &&
	    (s32)(xtcp_now_ms() - x->last_sent_ms) >
	    (s32)(xtcp_rtt_timeout_us(&x->rtt) / USEC_PER_MSEC))
		xtcp_cong_idle(&x->cong);
	while ((skb = x->send_head)) {
		if (skb->len) {
			len = sendable(x, skb,
				       skb_queue_is_last(&sk->sk_write_queue, skb),
				       nonagle);
			if (!len)
				break;
			if (len > x->snd_mss)
				len = min(len, most_at_once(sk));
			/* the segment that a stamp is of goes alone: no
			 * segmentation has to find it
			 */
			if (unlikely(XTCP_CB(skb)->stamped) &&
			    len == skb->len && len > x->snd_mss)
				len = rounddown(len - 1, x->snd_mss);
		} else {	/* a bare FIN waits for room as a byte does */
			len = 0;
			if (!usable_window(x, xtcp_seq(skb)))
				break;
		}
		if (len < skb->len ? fragment(sk, skb, len) :
				     part_fin(sk, skb))
			break;
		/* an skb that could not be sent is lost, as in the network */
		if (transmit_queued(sk, skb) == -ENOBUFS)
			break;
		sent_new(sk, skb);
	}
	if (x->send_head && x->snd_una == x->snd_nxt &&
	    !xtcp_timer_armed(x, XTCP_TIMER_RETRANSMIT)) {
		if (!x->stalled && !usable_window(x, x->snd_nxt)) {
			x->stalled = 1;
			x->stalled_since = jiffies;
		}
		xtcp_arm_retransmit(sk);
	}
	xtcp_note_limit(sk);
}

/**
 * xtcp_output_pause() - the user begins to write: was the path waiting for that?
 * @sk: the connection, locked
 *
 * Then what was sent before says nothing of the path's rate.
 */
void xtcp_output_pause(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->write_seq - x->snd_nxt < x->snd_mss && cwnd_room(x) &&
	    sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1))
		xtcp_rate_pause(&x->rate, (u32)x->tally.bytes_acked +
				xtcp_flight(x));
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
	struct sk_buff *skb = x->send_head;
	s32 wnd = xtcp_window_end(x) - xtcp_seq(skb);
	u32 len = clamp_t(s32, wnd, 1, x->snd_mss);
	int err;

	/* SWS avoidance held a small window's worth back: it goes now */
	if (skb->len > len)
		err = fragment(sk, skb, len);
	else
		err = part_fin(sk, skb);
	if (err)
		return err;
	/* the user waits for more, but the peer's reader need not: MUST-61 */
	if (skb->len && skb_queue_is_last(&sk->sk_write_queue, skb))
		XTCP_CB(skb)->flags |= XTCP_PSH;
	xtcp_count(x->xn, PROBES);
	err = transmit_queued(sk, skb);
	if (err == -ENOBUFS)
		return err;
	sent_new(sk, skb);
	return 0;
}

/**
 * xtcp_free_acked() - an skb of the write queue is acknowledged
 * @sk: the connection, locked
 * @skb: counted and freed
 */
void xtcp_free_acked(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->tally.segs_delivered += segs_of(skb, x->snd_mss);
	xtcp_write_queue_free(sk, skb);
}

/**
 * xtcp_resend() - send again what is in the write queue
 * @sk: the connection, locked
 * @skb: sent before; its end lies behind snd_una
 * @most_bytes: at most that many bytes of it, in whole segments; at least one
 *
 * What was acknowledged of it is cut off first.  What cannot be sent in one go
 * is cut in two.
 *
 * RFC 9293: SHLD-16.
 *
 * Return: 0, or a negative errno where nothing was sent
 */
int xtcp_resend(struct sock *sk, struct sk_buff *skb, u32 most_bytes)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb;
	struct sk_buff *rest;
	u32 segs, wnd;
	int err;

	if (seq_lt(xtcp_seq(skb), x->snd_una)) {
		err = fragment(sk, skb, x->snd_una - xtcp_seq(skb));
		if (err)
			return err;
		rest = skb_queue_next(&sk->sk_write_queue, skb);
		xtcp_free_acked(sk, skb);
		skb = rest;
	}
	most_bytes = max(rounddown(most_bytes, x->snd_mss), x->snd_mss);
	/* the path may be another than when it was queued */
	most_bytes = min(most_bytes, most_at_once(sk));
	/* into a window that was closed after the data left: one octet */
	wnd = max(usable_window(x, xtcp_seq(skb)), 1u);
	most_bytes = min(most_bytes, wnd);
	while (skb->len < most_bytes && merge_next(sk, skb, most_bytes))
		;
	if (skb->len > most_bytes)
		err = fragment(sk, skb, most_bytes);
	else
		err = part_fin(sk, skb);
	if (err)
		return err;
	cb = XTCP_CB(skb);
	cb->resent = 1;
	segs = segs_of(skb, x->snd_mss);
	xtcp_count_n(x->xn, RETRANS, segs);
	x->tally.segs_resent += segs;
	x->tally.bytes_resent += skb->len;
	trace_xtcp_retransmit(x, cb->block.seq, skb->len, cb->flags);
	err = transmit_queued(sk, skb);
	if (seq_lt(x->rtx_nxt, cb->block.end))
		x->rtx_nxt = cb->block.end;
	return err;
}

/* ---- control segments ---- */

/**
 * xtcp_send_syn() - send the SYN of an active or simultaneous open
 * @sk: the connection, locked; iss chosen, write_seq and snd_una equal to it
 * @flags: XTCP_SYN, or XTCP_SYN | XTCP_ACK
 *
 * Return: 0; -ENOBUFS without memory; what the IP layer refuses with
 */
int xtcp_send_syn(struct sock *sk, u8 flags)
{
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	int err;

	if (skb) {	/* a simultaneous open: the SYN goes again, with an ACK */
		XTCP_CB(skb)->flags = flags;
		XTCP_CB(skb)->resent = 1;
		return transmit_queued(sk, skb);
	}
	skb = queue_control(sk, flags);
	if (!skb)
		return -ENOBUFS;
	err = transmit_queued(sk, skb);
	sent_new(sk, skb);
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

	if (x->send_head) {	/* so the tail was not sent */
		XTCP_CB(skb)->flags |= XTCP_FIN | XTCP_PSH;
		xtcp_end(skb)++;
		x->write_seq++;
	} else {
		skb = queue_control(sk, XTCP_FIN | XTCP_ACK);
		if (!skb)
			return -ENOBUFS;
	}
	x->fin_queued = 1;
	xtcp_output(sk, XTCP_NAGLE_OFF);
	return 0;
}

/* SEG.SEQ of a segment without data: the newest that the peer must find acceptable
 * (RFC 9293, 3.4; MUST-34, A.2).  SND.NXT may lie beyond its window, for that was probed,
 * or has shrunk.
 */
static u32 bare_seq(const struct xtcp_sock *x)
{
	/* a SYN takes no room: the window begins behind it */
	if (unlikely(!x->syn_acked))
		return x->snd_nxt;
	return seq_gt(x->snd_nxt, xtcp_window_end(x)) ? xtcp_window_end(x) :
							x->snd_nxt;
}

/**
 * xtcp_send_ack() - acknowledge now what was received
 * @sk: the connection, locked
 *
 * Without memory the delayed-ACK timer tries again.
 */
void xtcp_send_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (transmit_bare(sk, bare_seq(x), XTCP_ACK) == -ENOBUFS &&
	    sk->sk_state != TCP_CLOSE) {
		x->ack_pending = 1;
		xtcp_timer_arm(sk, XTCP_TIMER_DELACK,
			       jiffies + msecs_to_jiffies(200));
	}
}

/**
 * xtcp_send_challenge_ack() - let the peer prove that it sent this
 * @sk: the connection, locked
 *
 * RFC 5961, section 7: not more often than the sysctl challenge_ack_ms says.
 */
void xtcp_send_challenge_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 now = xtcp_now_ms();

	if (x->challenged && now - x->challenge_ms <
	    (u32)READ_ONCE(x->xn->sysctl.challenge_ack_ms)) {
		xtcp_count(x->xn, CHALLENGES_LIMITED);
		return;
	}
	x->challenged = 1;
	x->challenge_ms = now;
	xtcp_count(x->xn, CHALLENGE_ACKS);
	xtcp_send_ack(sk);
}

/**
 * xtcp_send_keepalive() - ask the peer whether it is still there
 * @sk: the connection, locked
 *
 * RFC 9293, 3.8.4: SEG.SEQ = SND.NXT - 1 (nothing is in flight), no data: not
 * acceptable, so an ACK comes back.
 *
 * RFC 9293: SHLD-12.
 */
void xtcp_send_keepalive(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_count(x->xn, KEEPALIVES);
	transmit_bare(sk, x->snd_una - 1, XTCP_ACK);
}

/**
 * xtcp_send_reset() - tell the peer that the connection is no more
 * @sk: the connection, locked, in a synchronized state
 *
 * RFC 9293, 3.10.5: <SEQ=SND.NXT><CTL=RST>, as far as the peer will accept it; with an
 * ACK, as all TCPs do.
 */
void xtcp_send_reset(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	transmit_bare(sk, bare_seq(x), XTCP_RST | XTCP_ACK);
}
