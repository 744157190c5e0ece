// SPDX-License-Identifier: GPL-2.0
/*
 * Loss: finding it, and what it costs; and congestion that the path tells of before
 * anything is lost (RFC 3168).  What is found lost is marked on the scoreboard;
 * output.c sends it again.  Nothing is sent here.
 *
 *	XTCP_PHASE_OPEN		With SACK a segment is lost if one that left later has
 *				come, and the time for reordering is over (RACK, RFC
 *				8985).  Without, if three duplicate ACKs say so (RFC
 *				5681, 3.2), or fewer where too little is in flight for
 *				three to come (RFC 5827).
 *	XTCP_PHASE_CWR		Congestion window reduced: an ACK has told of marked packets.
 *				Nothing is missing, but less is sent, until something is
 *				acknowledged that left since, and has told the peer.
 *	XTCP_PHASE_RECOVERY	Fast recovery: what is lost is sent again, as the
 *				proportional rate reduction allows (RFC 6937).  It ends
 *				when all is acknowledged that was in flight when it
 *				began.  Without SACK a partial ACK shows the next one
 *				lost (RFC 6582).
 *	XTCP_PHASE_LOSS		The timer fired: all that has been in flight for long
 *				enough is lost and is sent again in order, as slow start
 *				allows; if that was a mistake, F-RTO finds out (RFC 5682).
 *
 * Where nothing had been lost, the congestion control takes its reduction back: an ACK
 * answers the first transmission, by its timestamp (RFC 3522, RFC 4015), or D-SACKs say
 * that all that was sent again had come twice (RFC 3708).
 */
#include <linux/skbuff.h>
#include "clock.h"
#include "cong.h"
#include "delivered.h"
#include "flight.h"
#include "rack.h"
#include "recovery.h"
#include "scoreboard.h"
#include "seq.h"
#include "sndq.h"

#define DUP_THRESH	3
#define NOTHING_RESENT	U32_MAX		/* of undo_bytes */

/* ---- was it a mistake? ---- */

/* A reduction of cwnd begins here, which may be taken back.  What was sent again before,
 * a loss probe or after an earlier mistake, and is still in flight counts along: it may be
 * answered, and come twice, without a word about this reduction.
 */
static void undo_begin(struct xtcp_sock *x)
{
	x->undo = 1;
	x->undo_start = x->snd_una;
	x->undo_end = x->snd_nxt;
	x->undo_bytes = x->board.resent_bytes;
	/* the peer may have the probe, and still say that it came twice */
	if (x->rack.tlp && x->rack.tlp_resent)
		x->undo_bytes += x->snd_mss;
	if (!x->undo_bytes)
		x->undo_bytes = NOTHING_RESENT;
}

/* Has anything been sent again that may make a reduction look like a mistake? */
static bool undo_counts(const struct xtcp_sock *x)
{
	return x->board.resent_bytes || (x->undo && x->undo_bytes != NOTHING_RESENT);
}

/* Was that sent again?  The peer can only have got twice what was; of what it has
 * acknowledged since, nothing is left but between where such data lay.
 */
static bool went_again(const struct xtcp_sock *x, const struct xtcp_range *r)
{
	const struct sk_buff *skb;

	if (seq_lt(r->start, x->undo_start) || seq_gt(r->end, x->undo_end))
		return false;
	skb = seq_lt(r->start, x->snd_una) ? NULL : xtcp_board_find(&x->board, r->start);
	return !skb || XTCP_CB(skb)->state & XTCP_TWICE;
}

/* The peer has received something twice that was sent again since.  It says so of one
 * segment at a time (RFC 2883, 4), so never more than what was sent again.
 */
static void undo_dsack(struct xtcp_sock *x, const struct xtcp_range *twice)
{
	u32 bytes = twice->end - twice->start;

	if (x->undo && x->undo_bytes != NOTHING_RESENT && bytes <= x->undo_bytes &&
	    went_again(x, twice))
		x->undo_bytes -= bytes;
}

/* RFC 3522: the ACK that moves SND.UNA echoes a time before anything was sent again. */
static bool answers_original(const struct xtcp_sock *x, const struct xtcp_segment *seg)
{
	return x->undo_bytes != NOTHING_RESENT && x->agreed.timestamps &&
	       seg->opt.tsecr && seq_lt(seg->opt.tsecr, x->undo_tsval);
}

/* RFC 3168, 6.1.2: the peer is told of each reduction, whatever it is for. */
static void note_reduced(struct xtcp_sock *x)
{
	x->ecn.reduced = x->agreed.ecn;
}

/* Nothing was lost: all goes on as before. */
static void undo(struct xtcp_sock *x)
{
	x->ecn.reduced = 0;
	xtcp_count(x->xn, UNDOS);
	xtcp_cong_undo(&x->cong, x->snd_nxt);
	xtcp_board_forget_lost(&x->board);
	x->undo = 0;
	x->frto = 0;
	x->phase = XTCP_PHASE_OPEN;
}

/* All that was sent again had come, or the first of it. */
static bool was_needless(const struct xtcp_sock *x, const struct xtcp_segment *seg,
			 const struct xtcp_delivery *d)
{
	return x->undo && (!x->undo_bytes || (d->acked_bytes && answers_original(x, seg)));
}

/* ---- what is lost ---- */

/* The segments from SND.UNA on, up to @end, are lost, but for those SACKed. */
static void mark_from_una(struct xtcp_sock *x, u32 end)
{
	struct sk_buff *skb = xtcp_board_first(&x->board);

	for (; skb && seq_lt(xtcp_seq(skb), end); skb = xtcp_board_next(skb))
		if (!(XTCP_CB(skb)->state & (XTCP_SACKED | XTCP_LOST)))
			xtcp_board_mark_lost(&x->board, skb, x->snd_una);
}

/* The first segment is lost, and not what was sent along with it. */
static void mark_first_segment(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_board_first(&x->board);

	skb = xtcp_sndq_cut_acked(sk, skb) ?: skb;
	if (skb->len > x->snd_mss)
		xtcp_sndq_cut(sk, skb, x->snd_mss);
	if (!(XTCP_CB(skb)->state & (XTCP_SACKED | XTCP_LOST)))
		xtcp_board_mark_lost(&x->board, skb, x->snd_una);
}

static u32 reordering_window_us(const struct xtcp_sock *x)
{
	bool hasty = x->phase > XTCP_PHASE_CWR || x->board.sacked_segs >= DUP_THRESH;

	return xtcp_rack_window_us(&x->rack, x->rtt.min_us, x->rtt.srtt_us, hasty);
}

/* RFC 8985, 6.2, step 5: of what left before the newest delivered segment, what has had
 * its time is lost.  The list is in the order of sending, so the first that has not is
 * the last to be looked at.
 *
 * Return: how much time that one has left; 0: there is none
 */
static u32 rack_mark_lost(struct xtcp_sock *x, u32 now_us)
{
	u32 window_us, left_us;
	struct sk_buff *skb;

	if (!x->rack.rtt_us)
		return 0;
	window_us = reordering_window_us(x);
	while ((skb = xtcp_board_oldest(&x->board))) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);

		if (!xtcp_sent_before(cb->sent_us, cb->end, x->rack.sent_us, x->rack.end))
			return 0;
		left_us = xtcp_rack_remaining_us(&x->rack, cb->sent_us, window_us, now_us);
		if (left_us)
			return left_us;
		xtcp_board_mark_lost(&x->board, skb, x->snd_una);
	}
	return 0;
}

/* ---- without SACK ---- */

/* RFC 5827, 3.1: two or three segments in flight and no more to send: three
 * duplicate ACKs cannot come.  Behind a single one there is nothing that could
 * cause any: duplicates then mean something else.
 */
static u32 dup_thresh(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 segs = DIV_ROUND_UP(xtcp_flight(x), x->snd_mss);

	if (segs < 2 || segs > DUP_THRESH || !skb_queue_empty(&sk->sk_write_queue))
		return DUP_THRESH;
	return segs - 1;
}

/* Are there more than @n segments in flight, which may be short? */
static bool more_in_flight(const struct xtcp_sock *x, u32 n)
{
	struct sk_buff *skb = xtcp_board_first(&x->board);
	u32 segs = 0;

	for (; skb && segs <= n; skb = xtcp_board_next(skb))
		segs += XTCP_CB(skb)->segs;
	return segs > n;
}

/* No more duplicates than segments count.  Only for the first few is it worth while to
 * look how many short ones there are.
 */
static bool dup_acks_possible(const struct xtcp_sock *x)
{
	return x->dup_acks < U8_MAX &&
	       ((x->dup_acks + 1) * x->snd_mss <= xtcp_flight(x) ||
		(x->dup_acks < DUP_THRESH && more_in_flight(x, x->dup_acks)));
}

/* A duplicate ACK: another segment has left the network. */
static void dup_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->phase != XTCP_PHASE_LOSS && dup_acks_possible(x))
		x->dup_acks++;
	/* RFC 6582, 3.2, (2): only an ACK beyond recover, the end of what had been sent by
	 * then, because data sent again causes duplicates for that flight; none was, where
	 * the window was reduced for another reason
	 */
	if (x->dup_acks >= dup_thresh(sk) &&
	    (x->phase == XTCP_PHASE_CWR ||
	     (x->phase == XTCP_PHASE_OPEN && seq_gt(x->snd_una, x->recover))))
		mark_first_segment(sk);
}

/* SND.UNA has moved: the hole is filled, and what lay behind it had caused duplicates,
 * each of which stood for a segment delivered (RFC 6937, 3).
 */
static void dup_acks_answered(struct xtcp_sock *x, struct xtcp_delivery *d)
{
	u32 answered = x->dup_acks;

	if (x->phase == XTCP_PHASE_RECOVERY && seq_lt(x->snd_una, x->recover))
		answered = min_t(u32, answered,
				 DIV_ROUND_UP(d->acked_bytes, x->snd_mss) - 1);
	x->dup_acks -= answered;
	d->bytes -= min(d->bytes, answered * x->snd_mss);
}

/* ---- loss probes: RFC 8985, 7 ---- */

/**
 * xtcp_recovery_probed() - a loss probe has left
 * @x: the connection, locked
 * @again: it was no new data
 */
void xtcp_recovery_probed(struct xtcp_sock *x, bool again)
{
	x->rack.tlp = 1;
	x->rack.tlp_resent = again;
	x->rack.tlp_unmeasured = 1;
	x->rack.tlp_end = x->snd_nxt;
	xtcp_count(x->xn, LOSS_PROBES);
}

/* RFC 8985, 7.4.2: has the probe repaired a loss?  That is a loss like any other. */
static void probe_answered(struct sock *sk, const struct xtcp_segment *seg,
			   const struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (seq_lt(seg->ack, x->rack.tlp_end))
		return;
	if (!x->rack.tlp_resent || (d->has_dsack && d->dsack.end == x->rack.tlp_end)) {
		x->rack.tlp = 0;	/* nothing was lost */
	} else if (seq_gt(seg->ack, x->rack.tlp_end)) {
		x->rack.tlp = 0;
		if (x->phase != XTCP_PHASE_OPEN)
			return;
		xtcp_count(x->xn, PROBES_REPAIRED);
		x->undo = 0;	/* of an earlier reduction: this one is not a part of it */
		x->recover = x->snd_nxt;
		note_reduced(x);
		xtcp_cong_enter_recovery(&x->cong, d->acked_bytes + xtcp_flight(x));
		xtcp_cong_recovered(&x->cong);
	} else if (d->duplicate && !seg->opt.sacks) {
		x->rack.tlp = 0;	/* both have come */
	}
}

/* ---- phases ---- */

/* A segment at a time says nothing of the path; so most ACKs of those who ask and answer
 * are done with here.
 */
static bool window_in_use(struct xtcp_sock *x, u32 prior_una)
{
	return x->cwnd_limited ||
	       (x->snd_nxt - prior_una > x->snd_mss &&
		xtcp_cong_half_used(&x->cong, prior_una, x->snd_nxt));
}

/* Nothing is missing: if the window was in use, it grows. */
static void grow(struct xtcp_sock *x, const struct xtcp_delivery *d)
{
	if (d->acked_bytes && window_in_use(x, d->prior_una)) {
		const struct xtcp_cong_ack a = {
			.acked_bytes = d->acked_bytes,
			.now_us = d->now_us,
			.rtt_us = d->rtt_us,
			.srtt_us = x->rtt.srtt_us,
			.min_rtt_us = x->rtt.min_us,
			.snd_una = x->snd_una,
			.snd_nxt = x->snd_nxt,
		};

		xtcp_cong_acked(&x->cong, &a);
	}
}

/* RFC 5681, 3.2: not counting what limited transmit let out. */
static u32 loss_flight(const struct xtcp_sock *x)
{
	return min(xtcp_flight(x), x->cong.cwnd_bytes);
}

static void enter_recovery(struct xtcp_sock *x, const struct xtcp_delivery *d)
{
	xtcp_count(x->xn, FAST_RETRANS);
	x->phase = XTCP_PHASE_RECOVERY;
	x->recover = x->snd_nxt;
	if (!d->congested)
		undo_begin(x);
	note_reduced(x);
	x->rack.tlp = 0;
	xtcp_cong_enter_recovery(&x->cong, loss_flight(x));
	xtcp_cong_recovery_acked(&x->cong, d->bytes, xtcp_pipe(x), false);
}

/* RFC 3168, 6.1.2: as by a loss, but nothing is sent again, and nothing can be taken back. */
static void enter_cwr(struct xtcp_sock *x, const struct xtcp_delivery *d)
{
	u32 flight = min(d->acked_bytes + xtcp_flight(x), x->cong.cwnd_bytes);

	xtcp_count(x->xn, ECN_REDUCTIONS);
	x->phase = XTCP_PHASE_CWR;
	x->recover = x->snd_nxt;
	x->undo = 0;
	note_reduced(x);
	x->rack.tlp = 0;
	xtcp_cong_enter_recovery(&x->cong, flight);
	xtcp_cong_recovery_acked(&x->cong, d->bytes, xtcp_pipe(x), d->acked_bytes);
}

static void cwr_over(struct xtcp_sock *x)
{
	x->phase = XTCP_PHASE_OPEN;
	xtcp_cong_recovered(&x->cong);
}

/* A loss beside the marks: of the same congestion, so it costs no more.  But what left since
 * the window was reduced is lost to another.
 */
static void lost_in_cwr(struct xtcp_sock *x, const struct xtcp_delivery *d)
{
	if (x->snd_una == x->recover) {
		cwr_over(x);
		enter_recovery(x, d);
		return;
	}
	xtcp_count(x->xn, FAST_RETRANS);
	x->phase = XTCP_PHASE_RECOVERY;
	x->recover = x->snd_nxt;
	x->rack.tlp = 0;
	xtcp_cong_lost(&x->cong);
	xtcp_cong_recovery_acked(&x->cong, d->bytes, xtcp_pipe(x), false);
}

/* Fast recovery, or that after a timeout, is over. */
static void recovered(struct xtcp_sock *x)
{
	x->phase = XTCP_PHASE_OPEN;
	x->frto = 0;
	xtcp_rack_recovered(&x->rack);
}

/* What was in flight at the last reduction says no more than that did; nor does what had been
 * acknowledged before.
 */
static void ack_in_open(struct xtcp_sock *x, const struct xtcp_delivery *d)
{
	if (x->board.lost_bytes)
		enter_recovery(x, d);
	else if (!d->congested)
		grow(x, d);
	else if (seq_gt(x->snd_una, x->recover) && d->prior_una != x->snd_nxt)
		enter_cwr(x, d);
}

static void ack_in_cwr(struct xtcp_sock *x, const struct xtcp_delivery *d)
{
	if (seq_gt(x->snd_una, x->recover)) {
		cwr_over(x);
		ack_in_open(x, d);
	} else if (x->board.lost_bytes) {
		lost_in_cwr(x, d);
	} else {
		xtcp_cong_recovery_acked(&x->cong, d->bytes, xtcp_pipe(x), d->acked_bytes);
	}
}

static void ack_in_recovery(struct sock *sk, const struct xtcp_delivery *d,
			    u32 lost_before)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool progress = d->acked_bytes && x->board.lost_bytes <= lost_before;

	if (seq_geq(x->snd_una, x->recover)) {
		xtcp_cong_recovered(&x->cong);
		recovered(x);
		if (x->board.lost_bytes)
			enter_recovery(x, d);
		return;
	}
	if (d->acked_bytes && !x->agreed.sack) {
		/* RFC 6582, 3.2, (3), partial: the next is lost as well */
		xtcp_count(x->xn, PARTIAL_ACKS);
		mark_first_segment(sk);
	}
	xtcp_cong_recovery_acked(&x->cong, d->bytes, xtcp_pipe(x), progress);
}

/* RFC 5682, 2.1 and 3.1: what the first two ACKs after a timeout acknowledge tells
 * whether it was a mistake.  Return: whether it was
 */
static bool timeout_was_spurious(struct sock *sk, const struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->frto)
		return false;
	/* (3b): something sent only once has come */
	if (d->original && x->undo && (x->agreed.sack || !d->again))
		return true;
	if (x->frto == XTCP_FRTO_NEW_SENT) {
		/* (3a): the loss was real */
		if (d->sacked || d->duplicate)
			x->frto = 0;
	} else if (d->acked_bytes && seq_lt(x->snd_una, x->recover)) {
		/* (2b): send new data, if there is any, and see */
		x->frto = XTCP_FRTO_SEND_NEW;
		x->recover = x->snd_nxt;
	} else if (d->duplicate) {
		x->frto = 0;		/* (2a) */
	}
	return false;
}

static void ack_in_loss(struct xtcp_sock *x, const struct xtcp_delivery *d)
{
	if (seq_geq(x->snd_una, x->recover)) {
		recovered(x);
		if (x->board.lost_bytes) {
			enter_recovery(x, d);
			return;
		}
	}
	/* what goes again cannot be marked: until all has gone, ECE is about what left before,
	 * and the peer is not told that the window was reduced (as Linux)
	 */
	if (x->phase == XTCP_PHASE_LOSS || !d->congested)
		grow(x, d);
}

/* Was it a mistake to think that something was lost?  Then it is taken back.
 *
 * Return: whether what else is missing may be as late as the first was
 */
static bool take_back(struct sock *sk, const struct xtcp_segment *seg,
		      struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool mistake = false, late = false;

	/* whatever was lost: less must be sent (as Linux) */
	if (unlikely(d->congested))
		x->undo = 0;
	switch (x->phase) {
	case XTCP_PHASE_CWR:
		break;
	case XTCP_PHASE_OPEN:		/* a recovery that is over */
		mistake = d->has_dsack && was_needless(x, seg, d);
		break;
	case XTCP_PHASE_RECOVERY:
		late = x->agreed.sack && d->acked_bytes && answers_original(x, seg);
		/* but while others that went again may have been lost it is too early to
		 * say so of all
		 */
		mistake = was_needless(x, seg, d) &&
			  (!x->undo_bytes || !late || !x->board.resent_bytes);
		break;
	case XTCP_PHASE_LOSS:
		mistake = (d->acked_bytes && was_needless(x, seg, d)) ||
			  timeout_was_spurious(sk, d);
		break;
	}
	/* the first of what had been overtaken has come: it was reordered, though it was sent
	 * again (as Linux)
	 */
	if (late) {
		x->rack.reordered = 1;
		xtcp_board_forget_lost(&x->board);
	}
	if (mistake)
		undo(x);
	d->undone = mistake;
	return late;
}

/* What is lost as far as it is known now, and for how long the rest may be late.  That a
 * segment came late says that more of them may: they have as long again (Linux marks no
 * more either, tcp_try_undo_partial()).
 */
static u32 time_for_reordering(struct xtcp_sock *x, bool late, u32 now_us)
{
	if (!late)
		return rack_mark_lost(x, now_us);
	return x->board.sacked_bytes ? reordering_window_us(x) : 0;
}

/* Something is missing, or may be. */
static noinline void ack_in_disorder(struct sock *sk, const struct xtcp_segment *seg,
				     struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 lost_before = x->board.lost_bytes;
	bool late;

	if (d->duplicate)
		xtcp_count(x->xn, DUP_ACKS);
	if (d->has_dsack)
		undo_dsack(x, &d->dsack);
	xtcp_rack_dsack(&x->rack, x->snd_una, x->snd_nxt, d->has_dsack);
	if (x->rack.tlp)
		probe_answered(sk, seg, d);
	if (!x->agreed.sack && d->acked_bytes) {
		dup_acks_answered(x, d);
	} else if (!x->agreed.sack && d->duplicate) {
		dup_ack(sk);
		d->bytes = x->snd_mss;
	}
	late = take_back(sk, seg, d);
	/* only then: what is lost all the same must be found */
	if (x->agreed.sack)
		d->reordering_us = time_for_reordering(x, late, d->now_us);
	switch (x->phase) {
	case XTCP_PHASE_OPEN:
		ack_in_open(x, d);
		break;
	case XTCP_PHASE_CWR:
		ack_in_cwr(x, d);
		break;
	case XTCP_PHASE_RECOVERY:
		ack_in_recovery(sk, d, lost_before);
		break;
	case XTCP_PHASE_LOSS:
		ack_in_loss(x, d);
		break;
	}
}

/* The peer acknowledges up to what it SACKed, and not that: it has given it up.  RFC
 * 2018, 8: only a timeout may say so; that need not be long.
 */
static bool peer_reneges(const struct xtcp_sock *x)
{
	const struct sk_buff *skb = xtcp_board_first(&x->board);

	return skb && XTCP_CB(skb)->state & XTCP_SACKED;
}

/**
 * xtcp_recovery_ack() - an ACK has come
 * @sk: the connection, locked
 * @seg: the segment
 * @d: what it says that the peer has
 *
 * Marks what is lost, and lets the congestion control know.
 */
void xtcp_recovery_ack(struct sock *sk, const struct xtcp_segment *seg,
		       struct xtcp_delivery *d)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	/* close behind, or it would lie ahead again after 2 GiB */
	if (unlikely(x->phase == XTCP_PHASE_OPEN && seq_gt(x->snd_una, x->recover)))
		x->recover = x->snd_una - 1;
	if (likely(!d->disorder))
		grow(x, d);
	else
		ack_in_disorder(sk, seg, d);
	if (unlikely(x->board.sacked_bytes) && d->acked_bytes)
		d->reneged = peer_reneges(x);
	if (x->snd_una == x->snd_nxt)
		x->cwnd_limited = 0;
}

/**
 * xtcp_recovery_start() - the handshake is over: nothing is missing
 * @x: the connection, locked
 */
void xtcp_recovery_start(struct xtcp_sock *x)
{
	x->phase = XTCP_PHASE_OPEN;
	x->dup_acks = 0;
	xtcp_rack_init(&x->rack);
}

/**
 * xtcp_recovery_idle() - nothing has been in flight for longer than the timeout
 * @x: the connection, locked
 *
 * What marks have begun is over; or the first ACK would end it, and make ssthresh of the
 * restart window (RFC 5681, 4.1).
 */
void xtcp_recovery_idle(struct xtcp_sock *x)
{
	if (x->phase == XTCP_PHASE_CWR)
		cwr_over(x);
}

/**
 * xtcp_recovery_sent() - data leaves, while the window is reduced, or again
 * @x: the connection, locked
 * @seq: its first sequence number
 * @end: behind its last
 * @again: not for the first time
 * @now_ns: the time that its timestamp says
 */
void xtcp_recovery_sent(struct xtcp_sock *x, u32 seq, u32 end, bool again, u64 now_ns)
{
	if (xtcp_is_reducing(x))
		xtcp_cong_sent(&x->cong, end - seq);
	if (!again)
		return;
	if (!undo_counts(x))
		x->undo_tsval = xtcp_tsval_at(&x->ts, now_ns);
	if (!x->undo)
		return;
	if (x->undo_bytes == NOTHING_RESENT) {
		x->undo_bytes = 0;
		x->undo_start = seq;
		x->undo_end = end;
	}
	x->undo_bytes += end - seq;
	if (seq_lt(seq, x->undo_start))
		x->undo_start = seq;
	if (seq_gt(end, x->undo_end))
		x->undo_end = end;
}

/**
 * xtcp_recovery_reordering_over() - the time that reordered segments had is over
 * @sk: the connection, locked
 *
 * RFC 8985, 6.2, step 5: the timer.  Return: how much time others have left, in
 * microseconds; 0: there are none
 */
u32 xtcp_recovery_reordering_over(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_delivery none = { .now_us = xtcp_now_us() };
	u32 before = x->board.lost_bytes, left_us;

	left_us = rack_mark_lost(x, none.now_us);
	if (x->board.lost_bytes == before)
		return left_us;
	if (x->phase == XTCP_PHASE_CWR)
		lost_in_cwr(x, &none);
	else if (x->phase == XTCP_PHASE_OPEN)
		enter_recovery(x, &none);
	else if (x->phase == XTCP_PHASE_RECOVERY)
		xtcp_cong_recovery_acked(&x->cong, 0, xtcp_pipe(x), false);
	return left_us;
}

/**
 * xtcp_recovery_mark_first() - the first segment in flight must go again
 * @sk: the connection, locked; something is in flight
 *
 * For a probe of a closed window, and a SYN: neither is a loss.
 */
void xtcp_recovery_mark_first(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	mark_from_una(x, x->snd_una + 1);
}

/**
 * xtcp_recovery_mark_all() - all in flight was lost, and not by congestion
 * @sk: the connection, locked; something is in flight
 *
 * The peer did not take what was sent into a closed window, or was too large
 * for the path.  It need not wait for the timer.
 */
void xtcp_recovery_mark_all(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->phase = XTCP_PHASE_LOSS;
	x->recover = x->snd_nxt;
	x->dup_acks = 0;
	x->frto = 0;
	x->undo = 0;
	mark_from_una(x, x->snd_nxt);
}

/* RFC 8985, 6.3: the first is lost, and of the others those that have had their time.
 * Without SACK: all.
 */
static void mark_lost_by_timeout(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_rack rack = x->rack;
	u32 now_us = xtcp_now_us();
	struct sk_buff *skb;

	if (!x->agreed.sack) {
		mark_from_una(x, x->snd_nxt);
		return;
	}
	if (!rack.rtt_us)
		rack.rtt_us = x->rtt.srtt_us;
	mark_from_una(x, x->snd_una + 1);
	while ((skb = xtcp_board_oldest(&x->board)) &&
	       !xtcp_rack_remaining_us(&rack, XTCP_CB(skb)->sent_us,
				       reordering_window_us(x), now_us))
		xtcp_board_mark_lost(&x->board, skb, x->snd_una);
}

/**
 * xtcp_recovery_timeout() - the retransmission timer fired
 * @sk: the connection, locked; something is in flight
 *
 * RFC 6298, 5.4 to 5.6, and RFC 5681, 3.1.  Where marks have reduced the window in this
 * round trip, ssthresh stays (as Linux).
 *
 * RFC 9293: MUST-35.
 */
void xtcp_recovery_timeout(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool again = x->retries > 0;
	bool reduced = x->phase == XTCP_PHASE_CWR && seq_gt(x->recover, x->snd_una);

	if (!x->snd_wnd) {	/* a window probe, not answered or not taken */
		xtcp_recovery_mark_first(sk);
		return;
	}
	if (peer_reneges(x)) {
		xtcp_count(x->xn, RENEGED);
		xtcp_board_forget_sacked(&x->board);
	}
	if (!xtcp_in_disorder(x))
		x->rack.rtt_us = 0;	/* what it knew may be long ago */
	/* RFC 5682, 2.1, (1): not within a recovery */
	x->frto = READ_ONCE(x->xn->sysctl.frto) &&
		  (x->phase <= XTCP_PHASE_CWR || again) ? XTCP_FRTO_BEGUN : 0;
	if (!again && !reduced)
		undo_begin(x);
	note_reduced(x);
	x->rack.tlp = 0;
	x->dup_acks = 0;
	xtcp_cong_timeout(&x->cong, xtcp_flight(x), again || reduced);
	x->cwnd_limited = 1;
	x->phase = XTCP_PHASE_LOSS;
	x->recover = x->snd_nxt;
	mark_lost_by_timeout(sk);
}
