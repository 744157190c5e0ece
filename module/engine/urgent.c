// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data: RFC 9293, 3.8.5, and RFC 6093.
 *
 * As everywhere, the urgent pointer is taken to point behind the one urgent byte
 * (RFC 6093, 3.1).  Unless SO_OOBINLINE is set the byte is taken out of the
 * stream and kept aside for recv() with MSG_OOB; a later one replaces it.
 */
#include "../wire/segment.h"
#include "rcvq.h"
#include "seq.h"
#include "skb.h"
#include "urgent.h"

/**
 * xtcp_urgent_pointer() - SEG.UP of a segment to be sent
 * @x: the connection, locked
 * @seq: SEG.SEQ
 *
 * Where the byte is farther away than a pointer reaches, the pointer goes as far as it
 * can: urgent data is outstanding all the same, and the peer must know (3.8.5, MUST-31).
 *
 * RFC 9293: MUST-62.
 *
 * Return: behind the urgent byte, relative to @seq; 0: not urgent
 */
u16 xtcp_urgent_pointer(const struct xtcp_sock *x, u32 seq)
{
	if (!x->urg_sending || !seq_gt(x->snd_up, seq))
		return 0;
	return min_t(u32, x->snd_up - seq, U16_MAX);
}

/* The reader is right before the previous urgent byte, which must not fall back into
 * the stream when a newer one replaces it.
 */
static void step_over_mark(struct sock *sk)
{
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	struct xtcp_sock *x = xtcp_sk(sk);

	x->copied_seq++;
	if (skb && seq_leq(xtcp_end(skb), x->copied_seq))
		xtcp_rcvq_eat(sk, skb);
}

/* The pointer names a byte beyond the one known: tell the user (MUST-32). */
static void new_urgent_byte(struct sock *sk, u32 seq)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->urg_phase != XTCP_URGENT_NONE && x->urg_seq == x->copied_seq &&
	    x->copied_seq != x->rcv_nxt && !sock_flag(sk, SOCK_URGINLINE))
		step_over_mark(sk);
	x->urg_phase = XTCP_URGENT_COMING;
	x->urg_seq = seq;
	sk_send_sigurg(sk);
}

/**
 * xtcp_step_urg() - sixth: check the URG bit
 * @sk: the connection, locked
 * @skb: a segment in the window, header still on
 * @seg: what its header says
 *
 * RFC 9293, 3.10.7.4, sixth: ignored once the peer's FIN was received.
 *
 * RFC 9293: MUST-30.
 */
void xtcp_step_urg(struct sock *sk, const struct sk_buff *skb,
		   const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 len = skb->len - seg->header_bytes, seq;

	if (seg->flags & XTCP_URG && seg->urg && !x->fin_seen) {
		seq = seg->seq + seg->urg - 1;
		if (seq_geq(seq, x->copied_seq) && seq_geq(seq, x->rcv_nxt) &&
		    (x->urg_phase == XTCP_URGENT_NONE || seq_gt(seq, x->urg_seq)))
			new_urgent_byte(sk, seq);
	}
	if (x->urg_phase != XTCP_URGENT_COMING ||
	    x->urg_seq - seg->seq >= len)
		return;
	if (skb_copy_bits(skb, seg->header_bytes + x->urg_seq - seg->seq,
			  &x->urg_byte, 1))
		return;
	x->urg_phase = XTCP_URGENT_HERE;
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}
