// SPDX-License-Identifier: GPL-2.0
/*
 * Loss: finding it and repairing it, without help from the peer's options.
 *
 *	XTCP_PHASE_OPEN		Duplicate ACKs are counted; the first two each let
 *				a new segment out (RFC 3042).  The third says
 *				that a segment is lost (RFC 5681, 3.2); so does
 *				an earlier one where too little is in flight for
 *				three to come (RFC 5827).
 *	XTCP_PHASE_RECOVERY	The first segment not acknowledged is sent again;
 *				each further duplicate ACK is a segment that has
 *				left the network: cwnd is inflated by it.  An ACK
 *				that is partial, short of what was in flight when
 *				the loss was found, shows the next one lost
 *				(RFC 6582).
 *	XTCP_PHASE_LOSS		The timer fired: everything in flight counts as
 *				lost and is sent again in order, as slow start
 *				allows; ACKs for what did arrive skip it.
 */
#include "cong.h"
#include "connection.h"
#include "output.h"
#include "recovery.h"

#define DUP_THRESH	3

/* The skb of the write queue with this sequence number. */
static struct sk_buff *skb_at(struct sock *sk, u32 seq)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_write_queue, skb) {
		if (skb == xtcp_sk(sk)->send_head)
			break;
		if (seq_gt(xtcp_end(skb), seq))
			return skb;
	}
	return NULL;
}

static void resend_first(struct sock *sk)
{
	struct sk_buff *skb = skb_at(sk, xtcp_sk(sk)->snd_una);

	if (skb)
		xtcp_resend(sk, skb, xtcp_sk(sk)->snd_mss);
}

/* XTCP_PHASE_LOSS: as much as the window allows, from rtx_nxt on. */
static void resend_lost(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb;
	u32 sent, room;

	if (seq_lt(x->rtx_nxt, x->snd_una))
		x->rtx_nxt = x->snd_una;
	while (seq_lt(x->rtx_nxt, x->recover)) {
		sent = x->rtx_nxt - x->snd_una;
		if (sent && sent + x->snd_mss > x->cong.cwnd_bytes)
			return;
		if (sent && seq_geq(x->rtx_nxt, xtcp_window_end(x)))
			return;
		room = max(x->cong.cwnd_bytes, sent) - sent;
		skb = skb_at(sk, x->rtx_nxt);
		if (!skb || xtcp_resend(sk, skb, room))
			return;
	}
	x->phase = XTCP_PHASE_OPEN;
	x->dup_acks = 0;
}

/**
 * xtcp_recovery_acked() - new data was acknowledged
 * @sk: the connection, locked; snd_una has moved on
 * @acked_bytes: how far
 */
void xtcp_recovery_acked(struct sock *sk, u32 acked_bytes)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_cong *cc = &x->cong;

	switch (x->phase) {
	case XTCP_PHASE_OPEN:
		x->dup_acks = 0;
		/* close behind, or it would lie ahead again after 2 GiB */
		if (seq_gt(x->snd_una, x->recover))
			x->recover = x->snd_una - 1;
		if (x->cwnd_limited)
			xtcp_cong_acked(cc, acked_bytes);
		break;
	case XTCP_PHASE_RECOVERY:
		if (seq_geq(x->snd_una, x->recover)) {
			/* RFC 6582, 3.2, (3), full acknowledgment, option 1 */
			cc->cwnd_bytes = min(cc->ssthresh_bytes,
					     max(xtcp_flight(x), cc->mss_bytes) +
					     cc->mss_bytes);
			x->phase = XTCP_PHASE_OPEN;
			x->dup_acks = 0;
			break;
		}
		/* partial: the next is lost, too; deflate by what has left */
		xtcp_count(x->xn, PARTIAL_ACKS);
		cc->cwnd_bytes -= min(acked_bytes, cc->cwnd_bytes - cc->mss_bytes);
		if (acked_bytes >= cc->mss_bytes)
			cc->cwnd_bytes += cc->mss_bytes;
		resend_first(sk);
		break;
	case XTCP_PHASE_LOSS:
		x->dup_acks = 0;
		xtcp_cong_acked(cc, acked_bytes);
		resend_lost(sk);
		break;
	}
	if (x->snd_una == x->snd_nxt)
		x->cwnd_limited = 0;
}

/* RFC 5827, 3.1: two or three segments in flight and no more to send: three
 * duplicate ACKs cannot come.  Behind a single one there is nothing that could
 * cause any: they tell of something else.
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
	struct xtcp_cong *cc = &x->cong;

	xtcp_count(x->xn, DUP_ACKS);
	if (!x->dup_acks)
		x->dup_nxt = x->snd_nxt;
	if (x->dup_acks < U8_MAX)
		x->dup_acks++;
	switch (x->phase) {
	case XTCP_PHASE_OPEN:
		/* RFC 6582, 3.2, (2): only an ACK that covers more than recover, which is
		 * behind the last byte then sent; for duplicates of an older flight
		 * follow what was sent again
		 */
		if (x->dup_acks < dup_thresh(x) ||
		    seq_leq(x->snd_una, x->recover))
			return;
		xtcp_count(x->xn, FAST_RETRANS);
		x->phase = XTCP_PHASE_RECOVERY;
		x->recover = x->snd_nxt;
		/* RFC 5681, 3.2: without what duplicate ACKs let out */
		xtcp_cong_loss(cc, x->dup_nxt - x->snd_una);
		cc->cwnd_bytes = cc->ssthresh_bytes + x->dup_acks * cc->mss_bytes;
		resend_first(sk);
		break;
	case XTCP_PHASE_RECOVERY:
		cc->cwnd_bytes = min(cc->cwnd_bytes + cc->mss_bytes,
				     cc->most_bytes);
		break;
	}
}

/**
 * xtcp_recovery_window_moved() - there may be room for what is to be sent again
 * @sk: the connection, locked, in XTCP_PHASE_LOSS
 */
void xtcp_recovery_window_moved(struct sock *sk)
{
	resend_lost(sk);
}

/**
 * xtcp_recovery_window_opened() - the peer makes room after a closed window
 * @sk: the connection, locked; something is in flight
 *
 * What was sent into the closed window was not taken: that is no congestion,
 * and need not wait for the timer.
 */
void xtcp_recovery_window_opened(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->phase = XTCP_PHASE_LOSS;
	x->recover = x->snd_nxt;
	x->rtx_nxt = x->snd_una;
	x->dup_acks = 0;
	resend_lost(sk);
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
		resend_first(sk);
		return;
	}
	xtcp_cong_timeout(&x->cong, xtcp_flight(x), x->retries > 0);
	x->phase = XTCP_PHASE_LOSS;
	x->recover = x->snd_nxt;
	x->rtx_nxt = x->snd_una;
	x->dup_acks = 0;
	x->cwnd_limited = 1;
	resend_lost(sk);
}
