// SPDX-License-Identifier: GPL-2.0
/*
 * The write queue: all that the user wrote and the peer has not acknowledged, in
 * sequence order, SYN and FIN included.  What was never sent is in sk_write_queue, what
 * was is on the scoreboard.
 *
 * Data lies in page fragments, up to a GSO packet's worth in an skb, and what leaves
 * is a clone with a header in front.
 */
#include "../wire/ip.h"
#include "clock.h"
#include "memory.h"
#include "seq.h"
#include "sndq.h"

static struct sk_buff *sndq_new_skb(gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(XTCP_MAX_HEADER, gfp);

	if (!skb)
		return NULL;
	skb_reserve(skb, XTCP_MAX_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	return skb;
}

/* Put an skb, which begins at write_seq, at the end of the queue. */
static void sndq_add(struct sock *sk, struct sk_buff *skb)
{
	/* the clones' headers are their own, the data is shared */
	__skb_header_release(skb);
	__skb_queue_tail(&sk->sk_write_queue, skb);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
}

/* May the queue take another skb? */
static bool sndq_charge(struct sock *sk, const struct sk_buff *skb)
{
	/* an empty queue takes one, or the connection stops for good */
	return xtcp_sndq_empty(sk) ? xtcp_force_charge(sk, skb->truesize) :
				     sk_wmem_schedule(sk, skb->truesize);
}

/**
 * xtcp_sndq_append() - a fresh skb at the end of the write queue, to be filled
 * @sk: the connection, locked
 *
 * Return: the skb, NULL without memory
 */
struct sk_buff *xtcp_sndq_append(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = sndq_new_skb(sk->sk_allocation);
	struct xtcp_skb_cb *cb;

	if (!skb)
		return NULL;
	if (!sndq_charge(sk, skb)) {
		__kfree_skb(skb);
		return NULL;
	}
	cb = XTCP_CB(skb);	/* all zero: alloc_skb() */
	cb->flags = XTCP_ACK;
	cb->seq = x->write_seq;
	cb->end = x->write_seq;
	sndq_add(sk, skb);
	return skb;
}

/**
 * xtcp_sndq_drop_empty() - drop an empty skb that an error left at the end
 * @sk: the connection, locked
 *
 * It has no place in the sequence space.
 */
void xtcp_sndq_drop_empty(struct sock *sk)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb && !skb->len && xtcp_seq(skb) == xtcp_end(skb))
		xtcp_sndq_free(sk, skb);
}

/**
 * xtcp_sndq_add_control() - put a SYN, or a FIN without data, at the end of the queue
 * @sk: the connection, locked
 * @flags: the segment's
 *
 * It occupies one sequence number.  The connection depends on it, so the socket's
 * limits do not apply to it.
 *
 * Return: the skb, NULL without memory
 */
struct sk_buff *xtcp_sndq_add_control(struct sock *sk, u8 flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = sndq_new_skb(sk->sk_allocation | __GFP_NOWARN);

	if (!skb)
		return NULL;
	XTCP_CB(skb)->flags = flags;	/* the rest is zero: alloc_skb() */
	xtcp_seq(skb) = x->write_seq;
	xtcp_end(skb) = ++x->write_seq;
	sndq_add(sk, skb);
	return skb;
}

/* A clone on its way down shares the fragment list, which is about to change. */
static int sndq_unshare(struct sk_buff *skb)
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
 * xtcp_sndq_in_pieces() - has the write queue been cut into too many pieces?
 * @sk: the connection, locked
 *
 * Each is an skb of its own.  A peer that asks for small pieces, by SACK blocks, by a
 * window that opens byte by byte or by ACKs of tiny segments, must not cost more memory
 * than the send buffer twice (CVE-2019-11478).
 */
bool xtcp_sndq_in_pieces(const struct sock *sk)
{
	return sk->sk_wmem_queued / 2 >
	       READ_ONCE(sk->sk_sndbuf) + 2 * SKB_TRUESIZE(GSO_LEGACY_MAX_SIZE);
}

/**
 * xtcp_sndq_cut() - cut an skb of the write queue in two
 * @sk: the connection, locked
 * @skb: in its write queue, or on its scoreboard and not SACKed
 * @len: how many bytes of data the first part keeps; the second, which follows
 *	it there, has the rest, FIN and PSH included
 *
 * What the peer awaits next may always be cut, so that nothing stalls.
 *
 * Return: 0 or -ENOMEM
 */
int xtcp_sndq_cut(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb), *cb2;
	struct sk_buff *skb2;
	u32 moved;

	if ((unlikely(xtcp_sndq_in_pieces(sk)) &&
	     seq_gt(cb->seq, xtcp_sk(sk)->snd_una)) || sndq_unshare(skb))
		return -ENOMEM;
	skb2 = sndq_new_skb(GFP_ATOMIC | __GFP_NOWARN);
	if (!skb2)
		return -ENOMEM;
	moved = skb->len - len;
	skb_split(skb, skb2, len);
	skb->truesize -= moved;
	skb2->truesize += moved;
	sk_wmem_queued_add(sk, skb2->truesize - moved);
	sk_mem_charge(sk, skb2->truesize - moved);

	cb2 = XTCP_CB(skb2);
	*cb2 = *cb;
	cb2->seq = cb->seq + len;
	cb->end = cb2->seq;
	cb->flags &= ~(XTCP_FIN | XTCP_PSH);
	if (!moved) {	/* only the FIN moves: the last byte stays, with its stamp */
		cb2->stamped = 0;
		cb2->stamp_ack = 0;
	} else {
		cb->eor = 0;
		if (unlikely(cb->stamped))
			move_stamp(skb, skb2);
	}
	__skb_header_release(skb2);
	if (!(cb->state & XTCP_SENT)) {
		__skb_queue_after(&sk->sk_write_queue, skb, skb2);
		return 0;
	}
	cb->segs = xtcp_sndq_segs(skb, cb->seg_bytes);
	cb2->segs = xtcp_sndq_segs(skb2, cb->seg_bytes);
	xtcp_board_insert_behind(&xtcp_sk(sk)->board, skb, skb2);
	return 0;
}

/* Do the next skb's data fit behind this one's, in a segment of at most @most bytes? */
static bool sndq_may_merge(const struct sk_buff *skb, const struct sk_buff *next, u32 most)
{
	const struct xtcp_skb_cb *a = XTCP_CB(skb), *b = XTCP_CB(next);

	return b->state & XTCP_LOST && skb->len && skb->len + next->len <= most &&
	       !((a->flags | b->flags) & XTCP_SYN) && !a->stamped && !b->stamped && !a->eor &&
	       skb_shinfo(skb)->nr_frags + skb_shinfo(next)->nr_frags <= MAX_SKB_FRAGS;
}

/**
 * xtcp_sndq_merge() - make one skb of two writes
 * @sk: the connection, locked
 * @skb: on its scoreboard, lost, with data; the next must be lost, too
 * @most: how many bytes it may have then
 *
 * Small writes that left singly go again as full segments (SHLD-27's sense): a peer that
 * lost ten of them needs one retransmission, not ten.
 *
 * Return: whether the next one's data are in @skb now
 */
bool xtcp_sndq_merge(struct sock *sk, struct sk_buff *skb, u32 most)
{
	struct skb_shared_info *to, *from;
	struct sk_buff *next;
	u32 moved;
	int i;

	next = xtcp_board_next(skb);
	if (!next || !sndq_may_merge(skb, next, most) || sndq_unshare(skb))
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
	XTCP_CB(skb)->flags |= XTCP_CB(next)->flags;
	XTCP_CB(skb)->eor = XTCP_CB(next)->eor;
	moved = xtcp_end(next);
	xtcp_sndq_free(sk, next);
	xtcp_board_grow(&xtcp_sk(sk)->board, skb, moved);
	return true;
}

/* The socket keeps the memory that it was charged for until sk_mem_reclaim(). */
static void sndq_free_skb(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_forward_alloc_add(sk, skb->truesize);
	__kfree_skb(skb);
}

/**
 * xtcp_sndq_purge() - free all that waits to be sent or acknowledged
 * @sk: the connection, locked
 */
void xtcp_sndq_purge(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_write_queue)))
		sndq_free_skb(sk, skb);
	while ((skb = xtcp_board_first(&xtcp_sk(sk)->board)))
		xtcp_sndq_acked(sk, skb);
	sk_mem_reclaim(sk);
}

/**
 * xtcp_sndq_free() - take an skb out of the write queue, or the scoreboard, and free it
 * @sk: the connection, locked
 * @skb: in its write queue, or on its scoreboard
 */
void xtcp_sndq_free(struct sock *sk, struct sk_buff *skb)
{
	xtcp_sndq_acked(sk, skb);
	sk_mem_reclaim(sk);
}

/**
 * xtcp_sndq_acked() - the same, and the socket keeps the memory for now
 * @sk: the connection, locked
 * @skb: in its write queue, or on its scoreboard
 *
 * A segment that acknowledges often brings data, which needs memory again.  The caller
 * must call sk_mem_reclaim() once the segment has had its effect.
 */
void xtcp_sndq_acked(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (XTCP_CB(skb)->state & XTCP_SENT)
		xtcp_board_remove(&x->board, skb, x->snd_una);
	else
		__skb_unlink(skb, &sk->sk_write_queue);
	sndq_free_skb(sk, skb);
}

/**
 * xtcp_sndq_sent() - the first skb has left for the first time: it is in flight
 * @sk: the connection, locked
 */
void xtcp_sndq_sent(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = __skb_dequeue(&sk->sk_write_queue);

	xtcp_board_add(&x->board, skb);
	x->snd_nxt = xtcp_end(skb);
	if (skb->len % x->snd_mss)
		x->snd_sml = x->snd_nxt;
	x->last_sent_ms = xtcp_now_ms();
}

/**
 * xtcp_sndq_cut_acked() - cut off what was acknowledged of an skb
 * @sk: the connection, locked
 * @skb: the first of the scoreboard, not SACKed; its end lies behind snd_una
 *
 * Return: what is left of it, in its place; NULL without memory
 */
struct sk_buff *xtcp_sndq_cut_acked(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *rest;

	if (!seq_lt(xtcp_seq(skb), xtcp_sk(sk)->snd_una))
		return skb;
	if (xtcp_sndq_cut(sk, skb, xtcp_sk(sk)->snd_una - xtcp_seq(skb)))
		return NULL;
	rest = xtcp_board_next(skb);
	xtcp_sk(sk)->tally.segs_delivered += XTCP_CB(skb)->segs;
	xtcp_sndq_free(sk, skb);
	return rest;
}

