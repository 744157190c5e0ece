// SPDX-License-Identifier: GPL-2.0
/*
 * The receiver's side of SACK: RFC 2018, 4, and RFC 2883.
 *
 * The first block is the contiguous data around the segment that came last; the others
 * are those reported before it, so that each is told several times.  A range that came
 * twice goes in front of them, once; where it lies within held data, the block that
 * holds it is next.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "sacks.h"
#include "seq.h"

static void remove_block(struct xtcp_sacks *s, u32 i)
{
	s->count--;
	memmove(&s->block[i], &s->block[i + 1],
		(s->count - i) * sizeof(s->block[0]));
}

static void put_first(struct xtcp_sacks *s, struct xtcp_range r)
{
	s->count = min_t(u32, s->count + 1, XTCP_SACK_BLOCKS_MAX);
	memmove(&s->block[1], &s->block[0], (s->count - 1) * sizeof(s->block[0]));
	s->block[0] = r;
}

/* Do they overlap, or touch? */
static bool adjoins(const struct xtcp_range *a, const struct xtcp_range *b)
{
	return seq_leq(a->start, b->end) && seq_leq(b->start, a->end);
}

/**
 * xtcp_sacks_held() - what of a segment is held already?
 * @s: the blocks
 * @start: the segment's first sequence number
 * @end: behind its last
 * @held: where to write the first part of it that is held
 *
 * Pure.  RFC 2883, 4.2: of several such parts the first is reported.
 *
 * Return: whether any is
 */
bool xtcp_sacks_held(const struct xtcp_sacks *s, u32 start, u32 end,
		     struct xtcp_range *held)
{
	bool any = false;
	u32 i;

	for (i = 0; i < s->count; i++) {
		const struct xtcp_range *b = &s->block[i];

		if (seq_geq(b->start, end) || seq_leq(b->end, start) ||
		    (any && seq_geq(b->start, held->start)))
			continue;
		held->start = seq_gt(b->start, start) ? b->start : start;
		held->end = seq_lt(b->end, end) ? b->end : end;
		any = true;
	}
	return any;
}

/**
 * xtcp_sacks_add() - a segment is held out of order
 * @s: the blocks
 * @start: its first sequence number
 * @end: behind its last
 *
 * Pure.
 */
void xtcp_sacks_add(struct xtcp_sacks *s, u32 start, u32 end)
{
	struct xtcp_range r = { start, end };
	u32 i = 0;

	while (i < s->count) {
		const struct xtcp_range *b = &s->block[i];

		if (!adjoins(b, &r)) {
			i++;
			continue;
		}
		if (seq_lt(b->start, r.start))
			r.start = b->start;
		if (seq_gt(b->end, r.end))
			r.end = b->end;
		remove_block(s, i);
	}
	put_first(s, r);
}

/**
 * xtcp_sacks_received() - RCV.NXT has moved on
 * @s: the blocks
 * @rcv_nxt: RCV.NXT
 *
 * Pure.
 */
void xtcp_sacks_received(struct xtcp_sacks *s, u32 rcv_nxt)
{
	u32 i = 0;

	while (i < s->count)
		if (seq_leq(s->block[i].start, rcv_nxt))
			remove_block(s, i);
		else
			i++;
}

/**
 * xtcp_sacks_forget() - data held furthest from its turn was given up
 * @s: the blocks
 * @from: from here on nothing is held any more
 *
 * Pure.  RFC 2018, 8: what was reported may be discarded, but must not be reported
 * again.
 */
void xtcp_sacks_forget(struct xtcp_sacks *s, u32 from)
{
	u32 i = 0;

	while (i < s->count) {
		struct xtcp_range *b = &s->block[i];

		if (seq_geq(b->start, from)) {
			remove_block(s, i);
			continue;
		}
		if (seq_gt(b->end, from))
			b->end = from;
		i++;
	}
}

/**
 * xtcp_sacks_duplicate() - data came that had come before
 * @s: the blocks
 * @start: the first sequence number that came twice
 * @end: behind the last
 *
 * Pure.  RFC 2883, 4.
 */
void xtcp_sacks_duplicate(struct xtcp_sacks *s, u32 start, u32 end)
{
	u32 i;

	s->dup = (struct xtcp_range) { start, end };
	s->has_dup = true;
	for (i = 0; i < s->count; i++) {
		struct xtcp_range b = s->block[i];

		if (seq_leq(b.start, start) && seq_geq(b.end, end)) {
			remove_block(s, i);
			put_first(s, b);
			return;
		}
	}
}

static void write_block(struct xtcp_sack_block *to, const struct xtcp_range *r)
{
	to->start = htonl(r->start);
	to->end = htonl(r->end);
}

/**
 * xtcp_sacks_write() - the blocks as they go into a header
 * @s: the blocks
 * @to: where to write them
 * @most: room for so many
 *
 * Pure.  Return: how many were written
 */
u32 xtcp_sacks_write(const struct xtcp_sacks *s, struct xtcp_sack_block *to, u32 most)
{
	u32 n = 0, i;

	if (s->has_dup && n < most)
		write_block(&to[n++], &s->dup);
	for (i = 0; i < s->count && n < most; i++)
		write_block(&to[n++], &s->block[i]);
	return n;
}
