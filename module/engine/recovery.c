// SPDX-License-Identifier: GPL-2.0
/*
 * Loss: finding it, without help from the peer's options.  What is found lost is
 * marked, from rtx_nxt to rtx_end in the write queue; output.c sends it again.
 *
 *	XTCP_PHASE_OPEN		Duplicate ACKs are counted; the first two each let
 *				a new segment out (RFC 3042).  The third says
 *				that a segment is lost (RFC 5681, 3.2); so does
 *				an earlier one where too little is in flight for
 *				three to come (RFC 5827).
 *	XTCP_PHASE_RECOVERY	Fast recovery: the first segment not acknowledged
 *				is lost; each further duplicate ACK is a segment
 *				that has left the network.  An ACK that is partial,
 *				short of what was in flight when the loss was
 *				found, shows the next one lost (RFC 6582).
 *	XTCP_PHASE_LOSS		The timer fired: everything in flight counts as
 *				lost and is sent again in order, as slow start
 *				allows; ACKs for what did arrive skip it.
 *
 * What a loss costs is for the congestion control to say.
 */
#include <linux/skbuff.h>
#include "clock.h"
#include "cong.h"
#include "recovery.h"
#include "seq.h"

#define DUP_THRESH	3

/* Lost: from snd_una to @end. */
static void mark_lost(struct sock *sk, u32 end)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->rtx_nxt = x->snd_una;
	x->rtx_end = seq_lt(end, x->snd_nxt) ? end : x->snd_nxt;
	x->rtx_head = skb_peek(&sk->sk_write_queue);
}

/* All that was lost has been sent again, or was not lost. */
static void nothing_lost(struct xtcp_sock *x)
{
	x->rtx_head = NULL;
	if (x->phase == XTCP_PHASE_LOSS) {
		x->phase = XTCP_PHASE_OPEN;
		x->dup_acks = 0;
	}
}

/* The peer has acknowledged some of what was thought lost. */
static void forget_lost(struct xtcp_sock *x)
{
	if (seq_geq(x->snd_una, x->rtx_end))
		nothing_lost(x);
	else if (seq_lt(x->rtx_nxt, x->snd_una))
		x->rtx_nxt = x->snd_una;
}

/**
 * xtcp_recovery_resent() - lost data was sent again
 * @sk: the connection, locked; the skb at rtx_head left
 * @end: behind its last byte
 */
void xtcp_recovery_resent(struct sock *sk, u32 end)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (seq_lt(x->rtx_nxt, end))
		x->rtx_nxt = end;
	/* without a timeout a single segment was marked, however short it is */
	if (x->phase == XTCP_PHASE_LOSS && seq_lt(x->rtx_nxt, x->rtx_end))
		x->rtx_head = skb_queue_next(&sk->sk_write_queue, x->rtx_head);
	else
		nothing_lost(x);
}

/**
 * xtcp_recovery_start() - the handshake is over: nothing is missing
 * @x: the connection, locked
 *
 * What the timer sent again meanwhile has its own turn to come.
 */
void xtcp_recovery_start(struct xtcp_sock *x)
{
	x->rtx_head = NULL;
	x->phase = XTCP_PHASE_OPEN;
}

static void grow(struct xtcp_sock *x, u32 acked_bytes)
{
	const struct xtcp_cong_ack a = {
		.acked_bytes = acked_bytes,
		.now_us = xtcp_now_us(),
		.srtt_us = x->rtt.srtt_us,
		.min_rtt_us = x->rtt.min_us,
		.snd_una = x->snd_una,
		.snd_nxt = x->snd_nxt,
	};

	xtcp_cong_acked(&x->cong, &a);
}

/**
 * xtcp_recovery_acked() - new data was acknowledged
 * @sk: the connection, locked; snd_una has moved on
 * @acked_bytes: how far
 */
void xtcp_recovery_acked(struct sock *sk, u32 acked_bytes)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	switch (x->phase) {
	case XTCP_PHASE_OPEN:
		x->dup_acks = 0;
		/* close behind, or it would lie ahead again after 2 GiB */
		if (seq_gt(x->snd_una, x->recover))
			x->recover = x->snd_una - 1;
		if (x->cwnd_limited)
			grow(x, acked_bytes);
		break;
	case XTCP_PHASE_RECOVERY:
		if (seq_geq(x->snd_una, x->recover)) {
			xtcp_cong_full_ack(&x->cong, xtcp_flight(x));
			x->phase = XTCP_PHASE_OPEN;
			x->dup_acks = 0;
			break;
		}
		/* partial: the next is lost as well */
		xtcp_count(x->xn, PARTIAL_ACKS);
		xtcp_cong_partial_ack(&x->cong, acked_bytes);
		mark_lost(sk, x->snd_una + x->snd_mss);
		break;
	case XTCP_PHASE_LOSS:
		x->dup_acks = 0;
		grow(x, acked_bytes);
		break;
	}
	if (unlikely(x->rtx_head || x->phase == XTCP_PHASE_LOSS))
		forget_lost(x);
	if (x->snd_una == x->snd_nxt)
		x->cwnd_limited = 0;
}

/* RFC 5827, 3.1: two or three segments in flight and no more to send: three
 * duplicate ACKs cannot come.  Behind a single one there is nothing that could
 * cause any: duplicates then mean something else.
 */
static u32 dup_thresh(const struct xtcp_sock *x)
{
	u32 segs = DIV_ROUND_UP(xtcp_flight(x), x->snd_mss);

	if (segs < 2 || segs > DUP_THRESH || x->send_head)
		return DUP_THRESH;
	return segs - 1;
}

/**
 * xtcp_recovery_dup_ack() - the peer acknowledged again what it had
 * @sk: the connection, locked
 *
 * A duplicate ACK by the definition in RFC 5681, section 2.
 */
void xtcp_recovery_dup_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_count(x->xn, DUP_ACKS);
	if (!x->dup_acks)
		x->dup_nxt = x->snd_nxt;
	if (x->dup_acks < U8_MAX)
		x->dup_acks++;
	switch (x->phase) {
	case XTCP_PHASE_OPEN:
		/* RFC 6582, 3.2, (2): only an ACK beyond recover, the end of what had
		 * been sent by then, because data sent again causes duplicates for that
		 * flight
		 */
		if (x->dup_acks < dup_thresh(x) ||
		    seq_leq(x->snd_una, x->recover))
			return;
		xtcp_count(x->xn, FAST_RETRANS);
		x->phase = XTCP_PHASE_RECOVERY;
		x->recover = x->snd_nxt;
		/* RFC 5681, 3.2: not counting what duplicate ACKs let out */
		xtcp_cong_loss(&x->cong, x->dup_nxt - x->snd_una);
		xtcp_cong_inflate(&x->cong, x->dup_acks);
		mark_lost(sk, x->snd_una + x->snd_mss);
		break;
	case XTCP_PHASE_RECOVERY:
		xtcp_cong_dup_ack(&x->cong);
		break;
	}
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
	u32 end = x->snd_una + 1;

	if (x->rtx_head && seq_lt(end, x->rtx_end))
		end = x->rtx_end;
	mark_lost(sk, end);
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
	mark_lost(sk, x->snd_nxt);
}

/**
 * xtcp_recovery_timeout() - the retransmission timer fired
 * @sk: the connection, locked; something is in flight
 *
 * RFC 6298, 5.4 to 5.6, and RFC 5681, 3.1.
 *
 * RFC 9293: MUST-35.
 */
void xtcp_recovery_timeout(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->snd_wnd) {	/* a window probe, not answered or not taken */
		xtcp_recovery_mark_first(sk);
		return;
	}
	xtcp_cong_timeout(&x->cong, xtcp_flight(x), x->retries > 0);
	x->cwnd_limited = 1;
	xtcp_recovery_mark_all(sk);
}
