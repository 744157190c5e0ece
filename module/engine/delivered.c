// SPDX-License-Identifier: GPL-2.0
/*
 * What an ACK says that the peer has: the acknowledgment number, RFC 9293, 3.4, and SACK
 * blocks, RFC 2018 and RFC 2883.  What is acknowledged leaves the scoreboard, what is
 * SACKed is marked there; the round trip and the rate of delivery are measured.
 *
 * What follows from it is for recovery.c to say.
 */
#include <linux/errqueue.h>
#include <net/tcp.h>
#include "clock.h"
#include "delivered.h"
#include "flight.h"
#include "rack.h"
#include "rate.h"
#include "rtt.h"
#include "scoreboard.h"
#include "seq.h"
#include "sndq.h"

/* ---- one skb ---- */

/* What was sent again and is acknowledged sooner than any round trip took, or before
 * the peer can have seen it, was acknowledged for the first time that it was sent.
 * RFC 8985, 6.2, step 2.
 */
static bool answers_first(const struct xtcp_sock *x, const struct xtcp_segment *seg,
			  u32 rtt_us, u64 now_ns)
{
	if (rtt_us < x->rtt.min_us)
		return true;
	return x->agreed.timestamps && seg->opt.tsecr &&
	       xtcp_tsval_at(&x->ts, now_ns) - seg->opt.tsecr > rtt_us / USEC_PER_MSEC + 1;
}

static void note_reordering(struct xtcp_sock *x, struct xtcp_delivery *d)
{
	x->rack.reordered = 1;
	if (!d->reordered)
		x->tally.reorderings++;
	d->reordered = true;
}

/* An skb is delivered, by whichever way the peer says so.  @fack is RACK.fack of before
 * this ACK (RFC 8985, 6.2, step 3): what it tells all at once is not out of order.
 */
static void skb_delivered(struct xtcp_sock *x, const struct xtcp_segment *seg,
			  struct sk_buff *skb, u32 fack, struct xtcp_delivery *d)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 rtt_us = d->now_us - cb->sent_us;

	x->tally.segs_delivered += cb->segs;
	if (!d->whole || seq_geq(cb->sent_us, d->sent_us)) {
		d->sent_us = cb->sent_us;
		d->mark = cb->mark;
	}
	d->whole = true;
	if (likely(!(cb->state & XTCP_TWICE))) {
		d->original |= seq_leq(cb->end, x->recover);
		if (unlikely(seq_lt(cb->end, fack)))
			note_reordering(x, d);
	}
	if (likely(!d->disorder) ||
	    (cb->state & XTCP_TWICE && answers_first(x, seg, rtt_us, d->now_ns)) ||
	    (d->newest && !xtcp_sent_before(d->newest_us, d->newest_end, cb->sent_us, cb->end)))
		return;
	d->newest = true;
	d->newest_us = cb->sent_us;
	d->newest_end = cb->end;
}

/* ---- SACK blocks ---- */

/* Cut an skb where a block begins or ends; only between two of its segments, or before
 * its FIN.  Where there are too many pieces already, its blocks are not believed
 * (CVE-2019-11478).
 *
 * Return: how much of the skb lies before the cut: nothing, all, or a part, and then it
 * was cut
 */
static u32 cut_at(struct sock *sk, struct sk_buff *skb, u32 seq, bool upwards)
{
	u32 mss = XTCP_CB(skb)->seg_bytes, at = seq - xtcp_seq(skb);

	if (at < skb->len)
		at = upwards ? roundup(at, mss) : rounddown(at, mss);
	if (!at)
		return 0;
	if (at > skb->len || (at == skb->len && !(XTCP_CB(skb)->flags & XTCP_FIN)))
		return xtcp_end(skb) - xtcp_seq(skb);
	if (xtcp_sndq_in_pieces(sk) || xtcp_sndq_cut(sk, skb, at))
		return upwards ? xtcp_end(skb) - xtcp_seq(skb) : 0;
	return at;
}

/* The peer has what lies from @start to @end. */
static void take_block(struct sock *sk, const struct xtcp_segment *seg, u32 start,
		       u32 end, u32 fack, struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_board_find(&x->board, start);

	while (skb && seq_lt(xtcp_seq(skb), end)) {
		struct sk_buff *next;

		if (XTCP_CB(skb)->state & XTCP_SACKED) {
			skb = xtcp_board_behind_sacked(skb);
			continue;
		}
		if (seq_lt(xtcp_seq(skb), start)) {
			cut_at(sk, skb, start, true);
			skb = xtcp_board_next(skb);
			continue;
		}
		if (seq_lt(end, xtcp_end(skb)) && !cut_at(sk, skb, end, false))
			return;
		next = xtcp_board_next(skb);
		/* if it could not be cut where the block ends */
		if (seq_gt(xtcp_end(skb), end))
			return;
		d->bytes += xtcp_end(skb) - xtcp_seq(skb);
		d->sacked = true;
		if (!(XTCP_CB(skb)->state & XTCP_TWICE) &&
		    (!d->rtt_us || d->now_us - XTCP_CB(skb)->sent_us < d->rtt_us))
			d->rtt_us = max(d->now_us - XTCP_CB(skb)->sent_us, 1u);
		skb_delivered(x, seg, skb, fack, d);
		xtcp_board_mark_sacked(&x->board, skb);
		skb = next;
	}
}

static struct xtcp_range read_block(const struct xtcp_sack_block *b)
{
	return (struct xtcp_range) { ntohl(b->start), ntohl(b->end) };
}

/* RFC 2883, 4: the first block reports a duplicate where it lies below the
 * acknowledgment number, or within the second block.
 */
static bool first_is_dsack(const struct xtcp_segment *seg)
{
	struct xtcp_range first = read_block(&seg->opt.sack[0]), second;

	if (!seq_lt(first.start, first.end))
		return false;
	if (seq_lt(first.start, seg->ack))
		return true;
	if (seg->opt.sacks < 2)
		return false;
	second = read_block(&seg->opt.sack[1]);
	return seq_geq(first.start, second.start) && seq_leq(first.end, second.end);
}

/* How many segments the peer says that it had twice, if there can be so many. */
static u32 dsacked_segs(const struct xtcp_sock *x, const struct xtcp_range *twice)
{
	u32 bytes = twice->end - twice->start;

	return bytes > x->snd_max_wnd ? 0 : DIV_ROUND_UP(bytes, x->snd_mss);
}

/* RFC 2018, 5: what blocks cannot say is not believed. */
static void take_blocks(struct sock *sk, const struct xtcp_segment *seg, u32 fack,
			struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 i = 0;

	if (first_is_dsack(seg) && seq_leq(ntohl(seg->opt.sack[0].end), x->snd_nxt)) {
		d->dsack = read_block(&seg->opt.sack[0]);
		d->has_dsack = true;
		xtcp_count(x->xn, DSACKS_IN);
		x->tally.segs_dsacked += dsacked_segs(x, &d->dsack);
		i = 1;
	}
	for (; i < seg->opt.sacks; i++) {
		struct xtcp_range b = read_block(&seg->opt.sack[i]);

		if (!seq_lt(b.start, b.end) || seq_gt(b.end, x->snd_nxt) ||
		    seq_leq(b.end, seg->ack))
			continue;
		/* nothing at SND.UNA can be missing and there */
		if (seq_leq(b.start, seg->ack))
			continue;
		take_block(sk, seg, b.start, b.end, fack, d);
	}
}

/* ---- the acknowledgment number ---- */

static void sent_again(struct xtcp_delivery *d, const struct xtcp_skb_cb *cb)
{
	if (likely(!(cb->state & XTCP_TWICE)))
		return;
	if (!d->again || seq_lt(cb->sent_us, d->again_us))
		d->again_us = cb->sent_us;
	d->again = true;
}

/* Tell the user when this was acknowledged.  A kernel may look for that wish in TCP's
 * control block, where ours is: it is shown such a block meanwhile.
 */
static void report_ack_time(struct sock *sk, struct sk_buff *skb)
{
	char ours[sizeof(skb->cb)];

	memcpy(ours, skb->cb, sizeof(ours));
	memset(skb->cb, 0, sizeof(skb->cb));
	TCP_SKB_CB(skb)->txstamp_ack = 1;
	__skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK);
	memcpy(skb->cb, ours, sizeof(ours));
}

static void take_ack(struct sock *sk, const struct xtcp_segment *seg, u32 fack,
		     struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 sacked_bytes = 0, last_us = 0, seq;
	struct sk_buff *skb;
	bool fresh = false;

	while ((skb = xtcp_board_first(&x->board))) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);

		seq = seq_lt(cb->seq, d->prior_una) ? d->prior_una : cb->seq;
		if (seq_gt(cb->end, seg->ack)) {
			if (seq_lt(seq, seg->ack)) {
				sent_again(d, cb);
				if (cb->state & XTCP_SACKED)
					sacked_bytes += seg->ack - seq;
				xtcp_board_acked_part(&x->board, skb, seg->ack - seq);
			}
			break;
		}
		if (unlikely(cb->state & XTCP_SACKED)) {
			sacked_bytes += cb->end - seq;
		} else {
			sent_again(d, cb);
			last_us = cb->sent_us;
			fresh = true;
			skb_delivered(x, seg, skb, fack, d);
		}
		if (unlikely(cb->stamp_ack))
			report_ack_time(sk, skb);
		xtcp_sndq_acked(sk, skb);
	}
	d->acked_bytes = seg->ack - d->prior_una;
	d->bytes += d->acked_bytes - sacked_bytes;
	if (fresh)
		d->rtt_us = max(d->now_us - last_us, 1u);
}

/* An ACK that covers anything sent twice measures nothing: nobody knows which of the two
 * it answers (RFC 6298, 3) (MUST-18); but the timestamp that it echoes says it (RFC
 * 7323, 4.1).  If that is the first one's, it came late, or its ACK was lost, and the
 * time says nothing of either's round trip: what is sent next will (RFC 4015, 3.1, (11)).
 * Nor does an ACK that answers a duplicate.
 */
static void measure(struct xtcp_sock *x, const struct xtcp_segment *seg,
		    struct xtcp_delivery *d)
{
	u32 ms, most_ms = XTCP_RTO_MAX_US / USEC_PER_MSEC;

	if ((d->acked_bytes && d->again) || unlikely(d->has_dsack))
		d->rtt_us = 0;
	if (!d->rtt_us && d->acked_bytes && !d->has_dsack && x->agreed.timestamps &&
	    seg->opt.tsecr) {
		if (d->again)
			most_ms = min(most_ms, (d->now_us - d->again_us) / (u32)USEC_PER_MSEC + 2);
		ms = xtcp_tsval_at(&x->ts, d->now_ns) - seg->opt.tsecr;
		if (ms < most_ms)
			d->rtt_us = max_t(u32, ms, 1) * USEC_PER_MSEC;
	}
	if (!d->rtt_us)
		return;
	xtcp_rtt_sample(&x->rtt, d->rtt_us, d->now_us, xtcp_rto_min_us(x));
	x->rack.tlp_unmeasured = 0;
}

/**
 * xtcp_take_delivery() - what an ACK says that the peer has
 * @sk: the connection, locked; something is in flight, or was
 * @seg: the segment; its ACK lies between SND.UNA and SND.NXT
 * @d: where to write what is new; @d->duplicate is the caller's
 *
 * Moves SND.UNA.
 */
void xtcp_take_delivery(struct sock *sk, const struct xtcp_segment *seg,
			struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 fack = x->board.sacked_bytes ? x->board.sacked_end : x->snd_una;

	d->now_ns = ktime_get_ns();
	d->now_us = xtcp_us(d->now_ns);
	d->prior_una = x->snd_una;
	d->disorder = xtcp_in_disorder(x);
	d->congested = xtcp_tells_congestion(x, seg);
	if (!d->disorder && (seg->opt.sacks || d->duplicate || d->congested)) {
		d->disorder = true;
		x->rack.rtt_us = 0;	/* what it knew may be long ago */
	}
	if (unlikely(d->congested))
		x->tally.segs_delivered_ce -= x->tally.segs_delivered;
	if (unlikely(seg->opt.sacks) && x->agreed.sack)
		take_blocks(sk, seg, fack, d);
	if (seq_gt(seg->ack, x->snd_una))
		take_ack(sk, seg, fack, d);
	if (unlikely(d->newest))
		xtcp_rack_delivered(&x->rack, d->newest_us, d->newest_end,
				    d->now_us - d->newest_us);
	if (unlikely(d->congested))
		x->tally.segs_delivered_ce += x->tally.segs_delivered;
	x->snd_una = seg->ack;
	x->delivered += d->bytes;
	measure(x, seg, d);
	if (d->bytes)
		xtcp_rate_acked(&x->rate, d->whole ? &d->mark : NULL, d->sent_us,
				x->delivered, d->now_us, x->rtt.min_us);
}
