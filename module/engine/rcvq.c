// SPDX-License-Identifier: GPL-2.0
/*
 * What has been received but not read: in order, in the socket's receive queue, and
 * ahead of its turn, in the reassembly tree.
 *
 * What the window promised is taken (RFC 9293, 3.8.6).  Half of the free memory is
 * offered, which pays for skbs that cost up to twice their data.  Small segments
 * cost more: a byte, in an skb of its own, costs what a kilobyte of data may.  Where
 * such skbs begin to eat the memory of bytes that are still to come, their data moves
 * into skbs that are filled to their last byte, and then any mix of sizes fits.
 */
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "../observe/drop.h"
#include "../wire/segment.h"
#include "memory.h"
#include "rcvq.h"
#include "seq.h"
#include "skb.h"

#define WINDOW_LEAST	4096u	/* a smaller one has memory as for this */

/* Data in a packed skb: the whole is a page. */
#define PACK_BYTES	SKB_WITH_OVERHEAD(4096)

/* Small skbs are left as they are until they have used up what the buffer has to
 * spare: half as much again as its size.  That is three times the window; where the window
 * cannot be as large as the buffer allows, the window counts.
 */
static u64 rcvq_memory_limit(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 wnd = min(x->window_clamp, xtcp_agreed_window_max(&x->agreed));
	u32 rcvbuf = READ_ONCE(sk->sk_rcvbuf);

	return min((u64)rcvbuf + rcvbuf / 2, 3ull * max(wnd, WINDOW_LEAST));
}

static u64 rcvq_memory_with(const struct sock *sk, const struct sk_buff *skb)
{
	return (u64)atomic_read(&sk->sk_rmem_alloc) + skb->truesize;
}

/* Does the skb cost more than its @fresh bytes (those that had not come before) may,
 * and leave too little memory for what the window has promised?
 */
static bool rcvq_too_dear(const struct sock *sk, const struct sk_buff *skb, u32 fresh)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	s32 promised = x->rcv_wup + x->rcv_wnd - xtcp_end(skb);

	return skb->truesize > 2 * fresh &&
	       !(XTCP_CB(skb)->flags & XTCP_FIN) &&
	       rcvq_memory_with(sk, skb) + 2 * max(promised, 0) > rcvq_memory_limit(sk);
}

/**
 * xtcp_rcvq_need_held() - something came ahead of its turn, or twice
 * @x: the connection, locked
 *
 * Return: where it is noted; NULL without memory
 */
struct xtcp_held *xtcp_rcvq_need_held(struct xtcp_sock *x)
{
	if (!x->held)
		x->held = kzalloc(sizeof(*x->held), GFP_ATOMIC | __GFP_NOWARN);
	return x->held;
}

/* Give up the segment that is furthest from its turn.  Return: false where none is
 * left
 */
static bool rcvq_prune(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_block *b;

	if (!xtcp_rcvq_holds(x))
		return false;
	b = xtcp_reassembly_drop_last(&x->held->queue);
	xtcp_count(x->xn, OFO_DROPPED);
	xtcp_sacks_forget(&x->held->sacks, b->seq);
	kfree_skb(xtcp_block_skb(b));
	return true;
}

/* Get memory for an skb that is in order: what is out of order gives way.  At the limit
 * of all sockets together, a socket with nothing to read still takes a segment: else
 * nothing would ever move.  Packing keeps the cost below four times the buffer, and
 * twice the data where the buffer was larger once, unless it found no memory.
 */
static bool rcvq_charge(struct sock *sk, struct sk_buff *skb)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u64 most = 2ull * READ_ONCE(sk->sk_rcvbuf);

	while (unlikely(rcvq_memory_with(sk, skb) > most)) {
		if (rcvq_prune(sk))
			continue;
		if (rcvq_memory_with(sk, skb) > 2 * (most + (x->rcv_nxt - x->copied_seq)) &&
		    !skb_queue_empty(&sk->sk_receive_queue))
			return false;
		break;
	}
	do {
		if (likely(sk_rmem_schedule(sk, skb, skb->truesize)))
			return true;
	} while (rcvq_prune(sk));
	return skb_queue_empty(&sk->sk_receive_queue) &&
	       xtcp_force_charge(sk, skb->truesize);
}

/* Data that came later is in the same skb now: SO_TIMESTAMP reports the last. */
static void rcvq_stamp(struct sk_buff *to, const struct sk_buff *from)
{
	to->tstamp = from->tstamp;
	skb_hwtstamps(to)->hwtstamp = skb_shinfo(from)->hwtstamps.hwtstamp;
}

/* Append to the end of @to what follows it.  Consumes @skb where it succeeds.  Its cost
 * must have been allowed.
 */
static bool rcvq_coalesce(struct sock *sk, struct sk_buff *to, struct sk_buff *skb)
{
	bool stolen;
	int delta;

	if (xtcp_end(to) != xtcp_seq(skb) ||
	    (XTCP_CB(to)->flags | XTCP_CB(skb)->flags) & XTCP_FIN)
		return false;
	if (!skb_try_coalesce(to, skb, &stolen, &delta))
		return false;
	rcvq_stamp(to, skb);
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	xtcp_end(to) = xtcp_end(skb);
	kfree_skb_partial(skb, stolen);
	return true;
}

/* An skb to be filled, with room for a page's worth from @seq on.  @like: the skb whose
 * data it will begin with
 */
static struct sk_buff *rcvq_roomy_skb(const struct sk_buff *like, u32 seq)
{
	struct sk_buff *skb = alloc_skb(PACK_BYTES, GFP_ATOMIC | __GFP_NOWARN);

	if (!skb)
		return NULL;
	memset(XTCP_CB(skb), 0, sizeof(*XTCP_CB(skb)));
	XTCP_CB(skb)->flags = XTCP_CB(like)->flags;
	xtcp_seq(skb) = seq;
	xtcp_end(skb) = seq;
	return skb;
}

static u32 rcvq_room_in(const struct sk_buff *skb)
{
	return skb && !skb_cloned(skb) ? skb_tailroom(skb) : 0;
}

/* Copy from @skb, from @at on, as much as fits at the end of @to.  Return: how much */
static u32 rcvq_fill_up(struct sk_buff *to, const struct sk_buff *skb, u32 at)
{
	u32 n = min_t(u32, rcvq_room_in(to), skb->len - at);

	if (skb_copy_bits(skb, at, skb_tail_pointer(to), n))
		return 0;
	__skb_put(to, n);
	xtcp_end(to) += n;
	rcvq_stamp(to, skb);
	return n;
}

/* Move what is new of an skb to the end of the receive queue, byte after byte.  Return:
 * false where memory runs out first; what has been moved stays, and the reader will
 * skip it in @skb.
 */
static bool rcvq_pack(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	u32 at = xtcp_sk(sk)->rcv_nxt - xtcp_seq(skb);

	if (tail && xtcp_end(tail) != xtcp_seq(skb) + at)
		tail = NULL;
	while (at < skb->len) {
		u32 n;

		if (!rcvq_room_in(tail)) {
			tail = rcvq_roomy_skb(skb, xtcp_seq(skb) + at);
			if (!tail)
				return false;
			if (!rcvq_charge(sk, tail)) {
				kfree_skb(tail);
				return false;
			}
			skb_set_owner_r(tail, sk);
			__skb_queue_tail(&sk->sk_receive_queue, tail);
		}
		n = rcvq_fill_up(tail, skb, at);
		if (!n)
			return false;
		at += n;
	}
	return true;
}

/* Append to the receive queue what is next in sequence, or begins before: the
 * reader skips what it has read.  Consumes @skb, for which there is memory.
 */
static void rcvq_append(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 end = xtcp_end(skb);

	x->tally.bytes_received += end - x->rcv_nxt -
				   !!(XTCP_CB(skb)->flags & XTCP_FIN);
	if (!skb->len) {	/* a bare FIN */
		consume_skb(skb);
	} else if (unlikely(rcvq_too_dear(sk, skb, end - x->rcv_nxt)) && rcvq_pack(sk, skb)) {
		consume_skb(skb);
	} else if (skb_queue_empty(&sk->sk_receive_queue) ||
		   !rcvq_coalesce(sk, skb_peek_tail(&sk->sk_receive_queue), skb)) {
		if (!skb->destructor) {	/* charged already if it came out of order */
			/* packing may have stopped halfway, and used what was
			 * scheduled for this
			 */
			xtcp_force_charge(sk, skb->truesize);
			skb_set_owner_r(skb, sk);
		}
		__skb_queue_tail(&sk->sk_receive_queue, skb);
	}
	x->rcv_nxt = end;
}

/**
 * xtcp_rcvq_add() - queue what is next in sequence
 * @sk: the connection, locked
 * @skb: skb->data is text; begins at RCV.NXT or before, ends behind it and within
 *	the window; consumed where there is memory for it
 *
 * Moves RCV.NXT.
 *
 * Return: false where memory is exhausted: nothing has changed
 */
bool xtcp_rcvq_add(struct sock *sk, struct sk_buff *skb)
{
	/* a bare FIN costs nothing */
	if (skb->len && unlikely(!rcvq_charge(sk, skb)))
		return false;
	rcvq_append(sk, skb);
	return true;
}

/**
 * xtcp_rcvq_fill() - queue what came before its turn and is now in sequence
 * @sk: the connection, locked
 *
 * RFC 9293: MUST-59.
 *
 * Return: whether the peer's FIN was among it
 */
bool xtcp_rcvq_fill(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_block *b;

	if (!x->held)
		return false;
	while ((b = xtcp_reassembly_next(&x->held->queue, x->rcv_nxt))) {
		struct sk_buff *skb = xtcp_block_skb(b);
		u8 flags = XTCP_CB(skb)->flags;

		if (seq_leq(xtcp_end(skb), x->rcv_nxt)) {
			kfree_skb(skb);
			continue;
		}
		rcvq_append(sk, skb);
		if (flags & XTCP_FIN) {
			xtcp_rcvq_purge_held(sk);
			return true;
		}
	}
	return false;
}

/* Put one of many small segments behind a gap into an skb that the next ones fill up.
 * Return: the one to queue, @skb itself where there is no memory
 */
static struct sk_buff *rcvq_roomy_copy(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (skb->len > PACK_BYTES)
		return skb;
	copy = rcvq_roomy_skb(skb, xtcp_seq(skb));
	if (!copy)
		return skb;
	if (!sk_rmem_schedule(sk, copy, copy->truesize) || !rcvq_fill_up(copy, skb, 0)) {
		kfree_skb(copy);
		return skb;
	}
	consume_skb(skb);
	return copy;
}

/**
 * xtcp_rcvq_hold() - keep what came before its turn
 * @sk: the connection, locked
 * @skb: skb->data is text; begins behind RCV.NXT, ends within the window
 *
 * RFC 9293, 3.10.7.4, seventh, SHLD-31.
 *
 * Return: XTCP_DROP_NONE: @skb is consumed; else why to drop it: nothing in it is new,
 * or memory is short.  The peer sends it again: it was not acknowledged
 */
enum xtcp_drop_reason xtcp_rcvq_hold(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_held *held = xtcp_rcvq_need_held(x);
	struct xtcp_block *mine, *b, *last;
	u64 most = rcvq_memory_limit(sk);
	u32 segs = xtcp_skb_segs(skb);

	/* a little more: the last that was promised may fit where others are, or be packed */
	if (!held || rcvq_memory_with(sk, skb) > most + most / 8 ||
	    !sk_rmem_schedule(sk, skb, skb->truesize))
		return XTCP_DROP_MEMORY;
	last = held->queue.last;
	if (last && last->end == xtcp_seq(skb)) {
		if (rcvq_coalesce(sk, xtcp_block_skb(last), skb))
			goto queued;
		if (rcvq_too_dear(sk, skb, skb->len))
			skb = rcvq_roomy_copy(sk, skb);
	}
	mine = &XTCP_CB(skb)->block;
	/* never a copy: that begins behind all others */
	if (!xtcp_reassembly_insert(&held->queue, mine))
		return XTCP_DROP_DUPLICATE;
	skb_set_owner_r(skb, sk);
	while ((b = xtcp_reassembly_covered(&held->queue, mine)))
		kfree_skb(xtcp_block_skb(b));
queued:
	xtcp_count(x->xn, OFO_QUEUED);
	x->tally.segs_out_of_order += segs;
	return XTCP_DROP_NONE;
}

/**
 * xtcp_rcvq_purge_held() - free all that waits for its turn
 * @sk: the connection, locked
 */
void xtcp_rcvq_purge_held(struct sock *sk)
{
	struct xtcp_held *held = xtcp_sk(sk)->held;
	struct xtcp_block *b;

	if (!held)
		return;
	while ((b = xtcp_reassembly_drop_last(&held->queue)))
		kfree_skb(xtcp_block_skb(b));
	held->sacks.count = 0;
}

/**
 * xtcp_rcvq_free_held() - the connection is over: nothing has a turn any more
 * @sk: the connection, locked
 */
void xtcp_rcvq_free_held(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_rcvq_purge_held(sk);
	kfree(x->held);
	x->held = NULL;
}

/**
 * xtcp_rcvq_purge_unread() - free what came in order
 * @sk: the connection, locked
 *
 * Return: whether some of it was unread: then the peer must learn of that (RFC 9293,
 * 3.6.1)
 */
bool xtcp_rcvq_purge_unread(struct sock *sk)
{
	bool unread = false;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		if (seq_gt(xtcp_end(skb) - !!(XTCP_CB(skb)->flags & XTCP_FIN),
			   xtcp_sk(sk)->copied_seq)) {
			unread = true;
			kfree_skb(skb);
		} else {
			consume_skb(skb);
		}
	}
	return unread;
}

/**
 * xtcp_unread() - how many bytes the user may read
 * @sk: the socket
 *
 * Any context; exact under the socket lock.
 */
u32 xtcp_unread(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 n = READ_ONCE(x->rcv_nxt) - READ_ONCE(x->copied_seq);

	/* the peer's FIN has a sequence number, but is not a byte */
	return n && x->fin_seen ? n - 1 : n;
}
