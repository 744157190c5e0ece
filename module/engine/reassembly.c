// SPDX-License-Identifier: GPL-2.0
/*
 * The out-of-order queue: RFC 9293, 3.10.7.4, "segments with higher beginning
 * sequence numbers SHOULD be held for later processing (SHLD-31)".
 *
 * A tree of blocks ordered by their first sequence number; none lies within
 * another, so their last ones are in the same order.  Neighbours may overlap;
 * whoever takes a block out trims what has been received by then.  Where bytes
 * came twice, those that came first count.
 */
#include "reassembly.h"
#include "seq.h"

static struct xtcp_block *block_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct xtcp_block, node);
}

/* b's last sequence number is p's or lies before it: p begins no later */
static bool block_within(const struct xtcp_block *b, const struct xtcp_block *p)
{
	return p && seq_leq(p->seq, b->seq) && seq_leq(b->end, p->end);
}

/**
 * xtcp_reassembly_insert() - keep a block until its turn
 * @r: the queue
 * @b: the block; @b->seq before @b->end
 *
 * Blocks that now lie within @b stay until xtcp_reassembly_covered() takes
 * them: call it until it answers NULL.
 *
 * Return: false where all of @b is there already and it was not taken
 */
bool xtcp_reassembly_insert(struct xtcp_reassembly *r, struct xtcp_block *b)
{
	struct rb_node **link = &r->root.rb_node, *parent = NULL;
	struct xtcp_block *p;

	if (r->last && seq_geq(b->seq, r->last->seq)) {
		if (block_within(b, r->last))
			return false;
		parent = &r->last->node;
		link = &parent->rb_right;
		/* the last has no right child: a new last goes there */
	} else {
		while (*link) {
			parent = *link;
			p = block_of(parent);
			if (block_within(b, p))
				return false;
			link = seq_lt(b->seq, p->seq) ? &parent->rb_left :
							&parent->rb_right;
		}
	}
	rb_link_node(&b->node, parent, link);
	rb_insert_color(&b->node, &r->root);
	if (!r->last || seq_geq(b->seq, r->last->seq))
		r->last = b;
	return true;
}

static void block_remove(struct xtcp_reassembly *r, struct xtcp_block *b)
{
	if (r->last == b)
		r->last = block_of(rb_prev(&b->node));
	rb_erase(&b->node, &r->root);
}

/**
 * xtcp_reassembly_covered() - take out a block that a newly inserted one covers
 * @r: the queue
 * @b: the block inserted last
 *
 * Return: a block that lies within @b, no longer in the queue, to be freed by
 * the caller; NULL when there is none left
 */
struct xtcp_block *xtcp_reassembly_covered(struct xtcp_reassembly *r,
					   struct xtcp_block *b)
{
	struct xtcp_block *p = block_of(rb_prev(&b->node));

	/* the same beginning and a shorter end: it sorts before b */
	if (!p || !block_within(p, b))
		p = block_of(rb_next(&b->node));
	if (!p || !block_within(p, b))
		return NULL;
	block_remove(r, p);
	return p;
}

/**
 * xtcp_reassembly_next() - take out the block whose turn has come
 * @r: the queue
 * @rcv_nxt: the sequence number awaited, RCV.NXT
 *
 * The block may begin, and even end, before @rcv_nxt: the caller trims it.
 *
 * Return: the lowest block if it begins at or before @rcv_nxt, no longer in
 * the queue; else NULL
 */
struct xtcp_block *xtcp_reassembly_next(struct xtcp_reassembly *r, u32 rcv_nxt)
{
	struct xtcp_block *b = block_of(rb_first(&r->root));

	if (!b || seq_gt(b->seq, rcv_nxt))
		return NULL;
	block_remove(r, b);
	return b;
}

/**
 * xtcp_reassembly_drop_last() - take out the block furthest from its turn
 * @r: the queue
 *
 * Return: the highest block, no longer in the queue, or NULL
 */
struct xtcp_block *xtcp_reassembly_drop_last(struct xtcp_reassembly *r)
{
	struct xtcp_block *b = r->last;

	if (b)
		block_remove(r, b);
	return b;
}
