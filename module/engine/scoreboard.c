// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard: what was sent and is not acknowledged, and what became of it.
 *
 *	in flight	sent, once or again: in the list of what is in flight, in the
 *			order of sending
 *	lost		thought lost: in the list of what is to be sent again
 *	SACKed		the peer has it: in neither
 *
 * All are in one tree, by sequence number.  Nothing here walks more of it than it
 * changes.  Adjacent SACKed skbs form a run; each knows one further on in its run, and
 * whoever goes along the run shortens the way for the next (union-find with path
 * compression), so that a SACK block which repeats what is known costs next to nothing.
 *
 * Only plain data: no socket, no lock, no clock.
 */
#include <linux/math.h>
#include <linux/minmax.h>
#include "scoreboard.h"
#include "seq.h"

/* What of an skb counts: a part may be acknowledged. */
static u32 bytes_from(const struct sk_buff *skb, u32 una)
{
	u32 seq = seq_lt(xtcp_seq(skb), una) ? una : xtcp_seq(skb);

	return seq_lt(seq, xtcp_end(skb)) ? xtcp_end(skb) - seq : 0;
}

/**
 * xtcp_board_init() - nothing was sent
 * @b: the scoreboard
 */
void xtcp_board_init(struct xtcp_scoreboard *b)
{
	*b = (struct xtcp_scoreboard) { .tree = RB_ROOT };
	INIT_LIST_HEAD(&b->in_flight);
	INIT_LIST_HEAD(&b->lost);
}

/**
 * xtcp_board_add() - an skb is sent for the first time
 * @b: the scoreboard
 * @skb: begins where the last one ends
 */
void xtcp_board_add(struct xtcp_scoreboard *b, struct sk_buff *skb)
{
	struct rb_node **link = &b->tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &b->tree);
	XTCP_CB(skb)->state = XTCP_SENT;
	list_add_tail(&XTCP_CB(skb)->link, &b->in_flight);
}

/**
 * xtcp_board_insert_behind() - an skb was cut in two
 * @b: the scoreboard
 * @skb: the first part, not SACKed
 * @part: the second, a copy of the first's marks
 */
void xtcp_board_insert_behind(struct xtcp_scoreboard *b, struct sk_buff *skb,
			      struct sk_buff *part)
{
	struct rb_node **link = &skb->rbnode.rb_right, *parent = &skb->rbnode;

	while (*link) {
		parent = *link;
		link = &parent->rb_left;
	}
	rb_link_node(&part->rbnode, parent, link);
	rb_insert_color(&part->rbnode, &b->tree);
	list_add(&XTCP_CB(part)->link, &XTCP_CB(skb)->link);
}

/* What @skb was counted as, it no longer is; @bytes of it counted. */
static void uncount(struct xtcp_scoreboard *b, const struct sk_buff *skb, u32 bytes)
{
	u8 state = XTCP_CB(skb)->state;

	if (likely(state == XTCP_SENT))
		return;
	if (state & XTCP_SACKED)
		b->sacked_bytes -= bytes;
	else if (state & XTCP_LOST)
		b->lost_bytes -= bytes;
	else if (state & XTCP_RESENT)
		b->resent_bytes -= bytes;
}

/**
 * xtcp_board_remove() - an skb leaves the scoreboard
 * @b: the scoreboard
 * @skb: acknowledged, or merged into another
 * @una: SND.UNA until now: what lies before does not count any more
 */
void xtcp_board_remove(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 una)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	uncount(b, skb, bytes_from(skb, una));
	if (unlikely(cb->state & XTCP_SACKED))
		b->sacked_segs -= min_t(u32, cb->segs, b->sacked_segs);
	else
		list_del(&cb->link);
	rb_erase(&skb->rbnode, &b->tree);
	cb->state = 0;
}

/**
 * xtcp_board_grow() - another skb's data are in this one now
 * @b: the scoreboard
 * @skb: lost
 * @end: behind its new end; what lay there was removed
 */
void xtcp_board_grow(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 end)
{
	b->lost_bytes += end - xtcp_end(skb);
	xtcp_end(skb) = end;
}

/**
 * xtcp_board_acked_part() - the beginning of an skb was acknowledged
 * @b: the scoreboard
 * @skb: the first
 * @bytes: so many more of it than before
 *
 * Afterwards only the rest of it counts.
 */
void xtcp_board_acked_part(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 bytes)
{
	uncount(b, skb, bytes);
}

/**
 * xtcp_board_find() - the skb that a sequence number lies in
 * @b: the scoreboard
 * @seq: the sequence number
 *
 * Return: that skb, or NULL
 */
struct sk_buff *xtcp_board_find(const struct xtcp_scoreboard *b, u32 seq)
{
	struct rb_node *node = b->tree.rb_node;

	while (node) {
		struct sk_buff *skb = rb_to_skb(node);

		if (seq_lt(seq, xtcp_seq(skb)))
			node = node->rb_left;
		else if (seq_geq(seq, xtcp_end(skb)))
			node = node->rb_right;
		else
			return skb;
	}
	return NULL;
}

/**
 * xtcp_board_behind_sacked() - what follows a run of SACKed skbs
 * @skb: one of the run
 *
 * Return: the first skb behind it that is not SACKed, or NULL
 */
struct sk_buff *xtcp_board_behind_sacked(struct sk_buff *skb)
{
	struct sk_buff *last = skb, *next, *to;

	for (;;) {
		while (XTCP_CB(last)->sacked_to != last)
			last = XTCP_CB(last)->sacked_to;
		next = skb_rb_next(last);
		if (!next || !(XTCP_CB(next)->state & XTCP_SACKED))
			break;
		XTCP_CB(last)->sacked_to = next;
	}
	/* those passed need not go this way again */
	while (skb != last) {
		to = XTCP_CB(skb)->sacked_to;
		XTCP_CB(skb)->sacked_to = last;
		skb = to;
	}
	return next;
}

/**
 * xtcp_board_mark_sacked() - the peer has an skb
 * @b: the scoreboard
 * @skb: not SACKed before; all of it lies behind what is acknowledged
 */
void xtcp_board_mark_sacked(struct xtcp_scoreboard *b, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);

	uncount(b, skb, cb->end - cb->seq);
	list_del(&cb->link);
	cb->state = (cb->state & (XTCP_SENT | XTCP_TWICE)) | XTCP_SACKED;
	cb->sacked_to = skb;
	if (!b->sacked_bytes || seq_gt(cb->end, b->sacked_end))
		b->sacked_end = cb->end;
	b->sacked_bytes += cb->end - cb->seq;
	b->sacked_segs += cb->segs;
}

/**
 * xtcp_board_mark_lost() - an skb must be sent again
 * @b: the scoreboard
 * @skb: in flight
 * @una: SND.UNA
 *
 * What lies before all others that are lost goes first; else it is the last.
 */
void xtcp_board_mark_lost(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 una)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 bytes = bytes_from(skb, una);

	uncount(b, skb, bytes);
	if (!list_empty(&b->lost) &&
	    seq_lt(cb->seq, xtcp_seq(xtcp_link_skb(b->lost.next))))
		list_move(&cb->link, &b->lost);
	else
		list_move_tail(&cb->link, &b->lost);
	cb->state = (cb->state & ~XTCP_RESENT) | XTCP_LOST;
	b->lost_bytes += bytes;
}

/**
 * xtcp_board_mark_sent() - an skb was sent again
 * @b: the scoreboard
 * @skb: lost, or in flight: a probe
 * @una: SND.UNA
 */
void xtcp_board_mark_sent(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 una)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 bytes = bytes_from(skb, una);

	uncount(b, skb, bytes);
	list_move_tail(&cb->link, &b->in_flight);
	cb->state = XTCP_SENT | XTCP_RESENT | XTCP_TWICE;
	b->resent_bytes += bytes;
}

/**
 * xtcp_board_forget_lost() - nothing was lost after all
 * @b: the scoreboard
 *
 * What was marked lost, and was not sent again, is in flight: longer than all else.
 */
void xtcp_board_forget_lost(struct xtcp_scoreboard *b)
{
	struct list_head *link;

	list_for_each(link, &b->lost)
		XTCP_CB(xtcp_link_skb(link))->state &= ~XTCP_LOST;
	list_splice_init(&b->lost, &b->in_flight);
	b->lost_bytes = 0;
}

/**
 * xtcp_board_forget_sacked() - the peer has given up what it had out of order
 * @b: the scoreboard
 *
 * RFC 2018, 8.  It counts as in flight, and has been so for longest.
 */
void xtcp_board_forget_sacked(struct xtcp_scoreboard *b)
{
	struct sk_buff *skb;

	for (skb = xtcp_board_last(b); skb; skb = skb_rb_prev(skb)) {
		struct xtcp_skb_cb *cb = XTCP_CB(skb);

		if (!(cb->state & XTCP_SACKED))
			continue;
		cb->state &= ~XTCP_SACKED;
		list_add(&cb->link, &b->in_flight);
	}
	b->sacked_bytes = 0;
	b->sacked_segs = 0;
}

/* How many segments of an skb count: of the first some may be acknowledged. */
static u32 segs_from(const struct sk_buff *skb, u32 una)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);

	if (likely(!seq_lt(cb->seq, una)))
		return cb->segs;
	return min_t(u32, cb->segs, DIV_ROUND_UP(cb->end - una, cb->seg_bytes));
}

/**
 * xtcp_board_count() - how many segments there are of each kind
 * @b: the scoreboard
 * @una: SND.UNA
 *
 * Looks at each skb, so not for every segment: the user asks, with TCP_INFO.
 *
 * Return: the numbers
 */
struct xtcp_board_segs xtcp_board_count(const struct xtcp_scoreboard *b, u32 una)
{
	struct xtcp_board_segs n = { };
	struct sk_buff *skb;
	u32 segs;

	for (skb = xtcp_board_first(b); skb; skb = xtcp_board_next(skb)) {
		segs = segs_from(skb, una);
		n.all += segs;
		if (XTCP_CB(skb)->state & XTCP_SACKED)
			n.sacked += segs;
		else if (XTCP_CB(skb)->state & XTCP_LOST)
			n.lost += segs;
		else if (XTCP_CB(skb)->state & XTCP_RESENT)
			n.resent += segs;
	}
	return n;
}
