// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard: each change of an skb's state and what it counts, runs of SACKed skbs,
 * and random changes beside a model that is an array.
 */
#include <linux/random.h>
#include "../module/engine/scoreboard.h"
#include "../module/engine/seq.h"
#include "suites.h"

#define FIRST	(U32_MAX - 2500)	/* sequence numbers wrap within the tests */
#define MSS	1000u
#define MOST	64

/**
 * struct desk - a scoreboard, and what the connection knows beside it
 * @b: the scoreboard
 * @una: SND.UNA
 * @nxt: SND.NXT
 */
struct desk {
	struct xtcp_scoreboard	b;
	u32			una;
	u32			nxt;
};

static struct sk_buff *new_skb(struct kunit *test, u32 seq, u32 end)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	memset(XTCP_CB(skb), 0, sizeof(*XTCP_CB(skb)));
	xtcp_seq(skb) = seq;
	xtcp_end(skb) = end;
	XTCP_CB(skb)->segs = DIV_ROUND_UP(end - seq, MSS);
	return skb;
}

/* @bytes leave for the first time. */
static struct sk_buff *leaves(struct kunit *test, struct desk *d, u32 bytes)
{
	struct sk_buff *skb = new_skb(test, d->nxt, d->nxt + bytes);

	xtcp_board_add(&d->b, skb);
	d->nxt += bytes;
	return skb;
}

static void goes(struct desk *d, struct sk_buff *skb)
{
	xtcp_board_remove(&d->b, skb, d->una);
	kfree_skb(skb);
}

/* As an ACK does it. */
static void acked(struct desk *d, u32 ack)
{
	struct sk_buff *skb;
	u32 seq;

	while ((skb = xtcp_board_first(&d->b))) {
		seq = seq_lt(xtcp_seq(skb), d->una) ? d->una : xtcp_seq(skb);
		if (seq_gt(xtcp_end(skb), ack)) {
			if (seq_lt(seq, ack))
				xtcp_board_acked_part(&d->b, skb, ack - seq);
			break;
		}
		goes(d, skb);
	}
	d->una = ack;
}

/* As the write queue does it. */
static struct sk_buff *cut(struct kunit *test, struct desk *d, struct sk_buff *skb, u32 bytes)
{
	struct sk_buff *part = new_skb(test, xtcp_seq(skb) + bytes, xtcp_end(skb));

	XTCP_CB(part)->state = XTCP_CB(skb)->state;
	XTCP_CB(part)->sent_us = XTCP_CB(skb)->sent_us;
	xtcp_end(skb) = xtcp_seq(part);
	XTCP_CB(skb)->segs = DIV_ROUND_UP(bytes, MSS);
	xtcp_board_insert_behind(&d->b, skb, part);
	return part;
}

static void desk_init(struct desk *d)
{
	xtcp_board_init(&d->b);
	d->una = FIRST;
	d->nxt = FIRST;
}

static void desk_clear(struct desk *d)
{
	struct sk_buff *skb;

	while ((skb = xtcp_board_first(&d->b)))
		goes(d, skb);
}

/* In segments. */
static void counts(struct kunit *test, const struct desk *d, u32 sacked, u32 lost, u32 resent)
{
	KUNIT_EXPECT_EQ(test, sacked * MSS, d->b.sacked_bytes);
	KUNIT_EXPECT_EQ(test, sacked, d->b.sacked_segs);
	KUNIT_EXPECT_EQ(test, lost * MSS, d->b.lost_bytes);
	KUNIT_EXPECT_EQ(test, resent * MSS, d->b.resent_bytes);
}

/* ---- one change after the other ---- */

static void empty(struct kunit *test)
{
	struct desk d;

	desk_init(&d);
	KUNIT_EXPECT_TRUE(test, xtcp_board_empty(&d.b));
	KUNIT_EXPECT_NULL(test, xtcp_board_first(&d.b));
	KUNIT_EXPECT_NULL(test, xtcp_board_last(&d.b));
	KUNIT_EXPECT_NULL(test, xtcp_board_lost(&d.b));
	KUNIT_EXPECT_NULL(test, xtcp_board_oldest(&d.b));
	KUNIT_EXPECT_NULL(test, xtcp_board_find(&d.b, FIRST));
	xtcp_board_forget_lost(&d.b);
	xtcp_board_forget_sacked(&d.b);
	counts(test, &d, 0, 0, 0);
}

static void in_order(struct kunit *test)
{
	struct sk_buff *skb[MOST], *at;
	struct desk d;
	int i;

	desk_init(&d);
	for (i = 0; i < MOST; i++)
		skb[i] = leaves(test, &d, MSS);
	for (i = 0, at = xtcp_board_first(&d.b); at; at = xtcp_board_next(at))
		KUNIT_EXPECT_PTR_EQ(test, skb[i++], at);
	KUNIT_EXPECT_EQ(test, MOST, i);
	KUNIT_EXPECT_PTR_EQ(test, skb[MOST - 1], xtcp_board_last(&d.b));
	KUNIT_EXPECT_PTR_EQ(test, skb[0], xtcp_board_oldest(&d.b));
	for (i = 0; i < MOST; i++) {
		KUNIT_EXPECT_PTR_EQ(test, skb[i], xtcp_board_find(&d.b, FIRST + i * MSS));
		KUNIT_EXPECT_PTR_EQ(test, skb[i],
				    xtcp_board_find(&d.b, FIRST + (i + 1) * MSS - 1));
	}
	KUNIT_EXPECT_NULL(test, xtcp_board_find(&d.b, FIRST - 1));
	KUNIT_EXPECT_NULL(test, xtcp_board_find(&d.b, d.nxt));
	counts(test, &d, 0, 0, 0);
	acked(&d, d.nxt);
	KUNIT_EXPECT_TRUE(test, xtcp_board_empty(&d.b));
	KUNIT_EXPECT_NULL(test, xtcp_board_oldest(&d.b));
}

/* In flight, lost, sent again, lost again, SACKed, given up. */
static void each_change(struct kunit *test)
{
	struct sk_buff *a, *b, *c;
	struct desk d;

	desk_init(&d);
	a = leaves(test, &d, MSS);
	b = leaves(test, &d, MSS);
	c = leaves(test, &d, MSS);
	xtcp_board_mark_lost(&d.b, a, d.una);
	counts(test, &d, 0, 1, 0);
	KUNIT_EXPECT_PTR_EQ(test, a, xtcp_board_lost(&d.b));
	KUNIT_EXPECT_PTR_EQ(test, b, xtcp_board_oldest(&d.b));
	KUNIT_EXPECT_FALSE(test, XTCP_CB(a)->state & XTCP_TWICE);

	xtcp_board_mark_sent(&d.b, a, d.una);
	counts(test, &d, 0, 0, 1);
	KUNIT_EXPECT_NULL(test, xtcp_board_lost(&d.b));
	KUNIT_EXPECT_PTR_EQ(test, b, xtcp_board_oldest(&d.b));
	KUNIT_EXPECT_EQ(test, XTCP_SENT | XTCP_RESENT | XTCP_TWICE, XTCP_CB(a)->state);

	xtcp_board_mark_lost(&d.b, a, d.una);
	counts(test, &d, 0, 1, 0);
	xtcp_board_mark_sent(&d.b, a, d.una);
	counts(test, &d, 0, 0, 1);

	/* a probe: what is in flight goes again */
	xtcp_board_mark_sent(&d.b, c, d.una);
	counts(test, &d, 0, 0, 2);
	xtcp_board_mark_sent(&d.b, c, d.una);
	counts(test, &d, 0, 0, 2);

	xtcp_board_mark_sacked(&d.b, b);
	counts(test, &d, 1, 0, 2);
	KUNIT_EXPECT_EQ(test, xtcp_end(b), d.b.sacked_end);
	KUNIT_EXPECT_PTR_EQ(test, a, xtcp_board_oldest(&d.b));
	xtcp_board_mark_sacked(&d.b, c);
	counts(test, &d, 2, 0, 1);
	KUNIT_EXPECT_EQ(test, xtcp_end(c), d.b.sacked_end);
	KUNIT_EXPECT_TRUE(test, XTCP_CB(c)->state & XTCP_TWICE);

	xtcp_board_forget_sacked(&d.b);
	counts(test, &d, 0, 0, 1);
	/* they have been in flight for longest, in order */
	KUNIT_EXPECT_PTR_EQ(test, b, xtcp_board_oldest(&d.b));
	KUNIT_EXPECT_FALSE(test, XTCP_CB(b)->state & XTCP_TWICE);
	KUNIT_EXPECT_TRUE(test, XTCP_CB(c)->state & XTCP_TWICE);	/* no sample of it */

	/* what is lost may turn out to be there */
	xtcp_board_mark_lost(&d.b, b, d.una);
	xtcp_board_mark_sacked(&d.b, b);
	counts(test, &d, 1, 0, 1);
	KUNIT_EXPECT_NULL(test, xtcp_board_lost(&d.b));

	acked(&d, xtcp_end(b));
	counts(test, &d, 0, 0, 0);
	acked(&d, d.nxt);
	KUNIT_EXPECT_TRUE(test, xtcp_board_empty(&d.b));
}

/* SACKed and lost ones leave, and are counted no more. */
static void leave_counted(struct kunit *test)
{
	struct sk_buff *skb[4];
	struct desk d;

	desk_init(&d);
	for (int i = 0; i < 4; i++)
		skb[i] = leaves(test, &d, 2 * MSS);
	xtcp_board_mark_lost(&d.b, skb[0], d.una);
	xtcp_board_mark_sacked(&d.b, skb[1]);
	xtcp_board_mark_lost(&d.b, skb[2], d.una);
	xtcp_board_mark_sent(&d.b, skb[2], d.una);
	counts(test, &d, 2, 2, 2);
	for (int i = 0; i < 4; i++) {
		acked(&d, FIRST + (i + 1) * 2 * MSS);
		counts(test, &d, i < 1 ? 2 : 0, 0, i < 2 ? 2 : 0);
	}
}

/* A part is acknowledged: the rest counts. */
static void acked_in_part(struct kunit *test)
{
	struct sk_buff *skb;
	struct desk d;

	desk_init(&d);
	skb = leaves(test, &d, 4 * MSS);
	acked(&d, FIRST + MSS);
	xtcp_board_mark_lost(&d.b, skb, d.una);
	counts(test, &d, 0, 3, 0);
	acked(&d, FIRST + 2 * MSS);
	counts(test, &d, 0, 2, 0);
	xtcp_board_mark_sent(&d.b, skb, d.una);
	counts(test, &d, 0, 0, 2);
	acked(&d, FIRST + 3 * MSS);
	counts(test, &d, 0, 0, 1);
	acked(&d, FIRST + 4 * MSS);
	counts(test, &d, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, xtcp_board_empty(&d.b));
}

/* A part of a cut skb stands where the whole did, in the tree and in its list. */
static void cut_in_two(struct kunit *test)
{
	struct sk_buff *a, *b, *a2, *b2;
	struct desk d;

	desk_init(&d);
	a = leaves(test, &d, 4 * MSS);
	b = leaves(test, &d, 4 * MSS);
	xtcp_board_mark_lost(&d.b, b, d.una);
	a2 = cut(test, &d, a, MSS);
	b2 = cut(test, &d, b, 3 * MSS);
	KUNIT_EXPECT_PTR_EQ(test, a2, xtcp_board_next(a));
	KUNIT_EXPECT_PTR_EQ(test, b, xtcp_board_next(a2));
	KUNIT_EXPECT_PTR_EQ(test, b2, xtcp_board_next(b));
	KUNIT_EXPECT_PTR_EQ(test, b2, xtcp_board_last(&d.b));
	counts(test, &d, 0, 4, 0);
	KUNIT_EXPECT_PTR_EQ(test, a, xtcp_board_oldest(&d.b));
	acked(&d, xtcp_end(a));
	KUNIT_EXPECT_PTR_EQ(test, a2, xtcp_board_oldest(&d.b));
	KUNIT_EXPECT_PTR_EQ(test, b, xtcp_board_lost(&d.b));
	xtcp_board_mark_sent(&d.b, b, d.una);
	counts(test, &d, 0, 1, 3);
	KUNIT_EXPECT_PTR_EQ(test, b2, xtcp_board_lost(&d.b));
	desk_clear(&d);
	counts(test, &d, 0, 0, 0);
}

/* Two lost ones are made one. */
static void grows(struct kunit *test)
{
	struct sk_buff *a, *b;
	struct desk d;
	u32 end;

	desk_init(&d);
	a = leaves(test, &d, MSS);
	b = leaves(test, &d, MSS);
	xtcp_board_mark_lost(&d.b, a, d.una);
	xtcp_board_mark_lost(&d.b, b, d.una);
	end = xtcp_end(b);
	goes(&d, b);
	counts(test, &d, 0, 1, 0);
	xtcp_board_grow(&d.b, a, end);
	counts(test, &d, 0, 2, 0);
	KUNIT_EXPECT_EQ(test, end, xtcp_end(a));
	KUNIT_EXPECT_PTR_EQ(test, a, xtcp_board_find(&d.b, end - 1));
	desk_clear(&d);
	counts(test, &d, 0, 0, 0);
}

/* What lies before all others that are lost goes first. */
static void lost_in_order(struct kunit *test)
{
	struct sk_buff *skb[5];
	struct desk d;

	desk_init(&d);
	for (int i = 0; i < 5; i++)
		skb[i] = leaves(test, &d, MSS);
	xtcp_board_mark_lost(&d.b, skb[2], d.una);
	xtcp_board_mark_lost(&d.b, skb[3], d.una);
	KUNIT_EXPECT_PTR_EQ(test, skb[2], xtcp_board_lost(&d.b));
	xtcp_board_mark_lost(&d.b, skb[0], d.una);
	KUNIT_EXPECT_PTR_EQ(test, skb[0], xtcp_board_lost(&d.b));
	xtcp_board_mark_sent(&d.b, skb[0], d.una);
	KUNIT_EXPECT_PTR_EQ(test, skb[2], xtcp_board_lost(&d.b));
	/* nothing was lost after all: they have been in flight for longest */
	xtcp_board_forget_lost(&d.b);
	counts(test, &d, 0, 0, 1);
	KUNIT_EXPECT_NULL(test, xtcp_board_lost(&d.b));
	KUNIT_EXPECT_PTR_EQ(test, skb[2], xtcp_board_oldest(&d.b));
	KUNIT_EXPECT_EQ(test, XTCP_SENT, XTCP_CB(skb[2])->state);
	KUNIT_EXPECT_EQ(test, XTCP_SENT | XTCP_RESENT | XTCP_TWICE, XTCP_CB(skb[0])->state);
	desk_clear(&d);
}

/* ---- runs of SACKed skbs ---- */

/* How many steps lead from a SACKed skb to the last one of its run that it knows. */
static u32 way(const struct sk_buff *skb)
{
	u32 n = 0;

	while (XTCP_CB(skb)->sacked_to != skb) {
		skb = XTCP_CB(skb)->sacked_to;
		n++;
	}
	return n;
}

static void runs(struct kunit *test)
{
	struct sk_buff *skb[MOST];
	struct desk d;

	desk_init(&d);
	for (int i = 0; i < MOST; i++)
		skb[i] = leaves(test, &d, MSS);
	for (int i = 1; i < MOST - 1; i++) {
		xtcp_board_mark_sacked(&d.b, skb[i]);
		KUNIT_EXPECT_PTR_EQ(test, skb[i + 1], xtcp_board_behind_sacked(skb[1]));
	}
	/* the first knows the last */
	KUNIT_EXPECT_LE(test, way(skb[1]), 1);
	xtcp_board_mark_sacked(&d.b, skb[MOST - 1]);
	KUNIT_EXPECT_NULL(test, xtcp_board_behind_sacked(skb[1]));
	KUNIT_EXPECT_NULL(test, xtcp_board_behind_sacked(skb[MOST - 1]));
	desk_clear(&d);
}

/* A run that grows from behind is walked once, and each of it knows its end then. */
static void long_ways_are_shortened(struct kunit *test)
{
	struct sk_buff *skb[MOST];
	struct desk d;

	desk_init(&d);
	for (int i = 0; i < MOST; i++)
		skb[i] = leaves(test, &d, MSS);
	for (int i = MOST - 2; i > 0; i--) {
		xtcp_board_mark_sacked(&d.b, skb[i]);
		KUNIT_EXPECT_EQ(test, 0, way(skb[i]));
	}
	for (int i = MOST - 2; i > 0; i--)	/* each learns of the next */
		KUNIT_EXPECT_PTR_EQ(test, skb[MOST - 1], xtcp_board_behind_sacked(skb[i]));
	for (int i = 1; i < MOST - 1; i++)
		KUNIT_EXPECT_LE(test, way(skb[i]), 1);
	/* the beginning is acknowledged: the rest still knows */
	acked(&d, xtcp_end(skb[MOST / 2]));
	KUNIT_EXPECT_PTR_EQ(test, skb[MOST - 1],
			    xtcp_board_behind_sacked(skb[MOST / 2 + 1]));
	/* what was given up and SACKed again begins anew */
	xtcp_board_forget_sacked(&d.b);
	xtcp_board_mark_sacked(&d.b, skb[MOST / 2 + 1]);
	KUNIT_EXPECT_PTR_EQ(test, skb[MOST / 2 + 2],
			    xtcp_board_behind_sacked(skb[MOST / 2 + 1]));
	desk_clear(&d);
}

/* ---- random changes ---- */

#define UNITS	96	/* of a hundred bytes: the send window of the model */
#define UNIT	100u

enum { NOT_SENT, IN_FLIGHT, LOST, SACKED };

/* A hundred bytes each, by their place behind FIRST, modulo UNITS. */
struct model {
	struct {
		u8	is;
		bool	resent;
		bool	twice;
		struct sk_buff *skb;
	} unit[UNITS];
};

static u32 slot(u32 seq)
{
	return (seq - FIRST) / UNIT % UNITS;
}

static void set(struct model *m, const struct sk_buff *skb, u32 una, u8 is, bool resent,
		bool twice)
{
	for (u32 seq = xtcp_seq(skb); seq != xtcp_end(skb); seq += UNIT) {
		if (seq_lt(seq, una))
			continue;
		m->unit[slot(seq)].is = is;
		m->unit[slot(seq)].resent = resent;
		m->unit[slot(seq)].twice |= twice;
	}
}

static void stands_for(struct model *m, struct sk_buff *skb)
{
	for (u32 seq = xtcp_seq(skb); seq != xtcp_end(skb); seq += UNIT)
		m->unit[slot(seq)].skb = skb;
}

static u32 listed(struct kunit *test, const struct list_head *list, u8 want)
{
	struct list_head *link;
	u32 n = 0;

	list_for_each(link, list) {
		u8 state = XTCP_CB(xtcp_link_skb(link))->state;

		KUNIT_EXPECT_EQ(test, want, state & (XTCP_LOST | XTCP_SACKED));
		n++;
	}
	return n;
}

static void compare(struct kunit *test, const struct desk *d, const struct model *m)
{
	u32 sacked = 0, lost = 0, resent = 0, segs = 0, on_lost = 0, in_flight = 0;
	struct sk_buff *skb;
	u32 next = 0;

	for (u32 seq = d->una; seq != d->nxt; seq += UNIT) {
		u8 is = m->unit[slot(seq)].is;

		sacked += is == SACKED;
		lost += is == LOST;
		resent += is == IN_FLIGHT && m->unit[slot(seq)].resent;
		skb = xtcp_board_find(&d->b, seq);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_ASSERT_PTR_EQ(test, m->unit[slot(seq)].skb, skb);
		KUNIT_ASSERT_EQ(test, is == SACKED, !!(XTCP_CB(skb)->state & XTCP_SACKED));
		KUNIT_ASSERT_EQ(test, is == LOST, !!(XTCP_CB(skb)->state & XTCP_LOST));
		KUNIT_ASSERT_EQ(test, m->unit[slot(seq)].twice,
				!!(XTCP_CB(skb)->state & XTCP_TWICE));
	}
	KUNIT_ASSERT_EQ(test, sacked * UNIT, d->b.sacked_bytes);
	KUNIT_ASSERT_EQ(test, lost * UNIT, d->b.lost_bytes);
	KUNIT_ASSERT_EQ(test, resent * UNIT, d->b.resent_bytes);
	for (skb = xtcp_board_first(&d->b); skb; skb = xtcp_board_next(skb)) {
		u8 state = XTCP_CB(skb)->state;

		if (skb != xtcp_board_first(&d->b))
			KUNIT_ASSERT_EQ(test, next, xtcp_seq(skb));
		next = xtcp_end(skb);
		if (state & XTCP_SACKED)
			segs += XTCP_CB(skb)->segs;
		else if (state & XTCP_LOST)
			on_lost++;
		else
			in_flight++;
	}
	KUNIT_ASSERT_EQ(test, segs, d->b.sacked_segs);
	KUNIT_ASSERT_EQ(test, on_lost, listed(test, &d->b.lost, XTCP_LOST));
	KUNIT_ASSERT_EQ(test, in_flight, listed(test, &d->b.in_flight, 0));
}

/* One that lies wholly behind SND.UNA, or NULL. */
static struct sk_buff *any(struct desk *d)
{
	u32 units = (d->nxt - d->una) / UNIT;
	struct sk_buff *skb;

	if (!units)
		return NULL;
	skb = xtcp_board_find(&d->b, d->una + get_random_u32_below(units) * UNIT);
	return skb && seq_geq(xtcp_seq(skb), d->una) ? skb : NULL;
}

static void behind(struct kunit *test, struct desk *d, const struct model *m,
		   struct sk_buff *skb)
{
	u32 seq = xtcp_seq(skb);

	while (seq != d->nxt && m->unit[slot(seq)].is == SACKED)
		seq += UNIT;
	KUNIT_EXPECT_PTR_EQ(test, seq == d->nxt ? NULL : m->unit[slot(seq)].skb,
			    xtcp_board_behind_sacked(skb));
}

static void change(struct kunit *test, struct desk *d, struct model *m)
{
	u32 units = (d->nxt - d->una) / UNIT, n = 1 + get_random_u32_below(8), seq;
	struct sk_buff *skb = any(d), *part;
	u8 is;

	switch (get_random_u32_below(16)) {
	case 0 ... 3:
		if (units + n > UNITS - 16)	/* the first may begin before SND.UNA */
			return;
		skb = leaves(test, d, n * UNIT);
		for (seq = xtcp_seq(skb); seq != d->nxt; seq += UNIT)
			m->unit[slot(seq)].twice = false;
		set(m, skb, d->una, IN_FLIGHT, false, false);
		stands_for(m, skb);
		return;
	case 4:
		acked(d, d->una + min(n, units) * UNIT);
		return;
	case 5:
		xtcp_board_forget_lost(&d->b);
		for (seq = d->una; seq != d->nxt; seq += UNIT)
			if (m->unit[slot(seq)].is == LOST) {
				m->unit[slot(seq)].is = IN_FLIGHT;
				m->unit[slot(seq)].resent = false;
			}
		return;
	case 6:
		xtcp_board_forget_sacked(&d->b);
		for (seq = d->una; seq != d->nxt; seq += UNIT)
			if (m->unit[slot(seq)].is == SACKED) {
				m->unit[slot(seq)].is = IN_FLIGHT;
				m->unit[slot(seq)].resent = false;
			}
		return;
	}
	if (!skb)
		return;
	is = m->unit[slot(xtcp_seq(skb))].is;
	switch (get_random_u32_below(5)) {
	case 0:
		if (is == IN_FLIGHT) {
			xtcp_board_mark_lost(&d->b, skb, d->una);
			set(m, skb, d->una, LOST, false, false);
		}
		break;
	case 1:
		if (is == IN_FLIGHT || is == LOST) {
			xtcp_board_mark_sent(&d->b, skb, d->una);
			set(m, skb, d->una, IN_FLIGHT, true, true);
		}
		break;
	case 2:
		if (is != SACKED) {
			xtcp_board_mark_sacked(&d->b, skb);
			set(m, skb, d->una, SACKED, false, false);
		}
		break;
	case 3:
		n = (xtcp_end(skb) - xtcp_seq(skb)) / UNIT;
		if (is != SACKED && n > 1) {
			part = cut(test, d, skb, (1 + get_random_u32_below(n - 1)) * UNIT);
			stands_for(m, part);
		}
		break;
	case 4:
		if (is == SACKED)
			behind(test, d, m, skb);
		break;
	}
}

static void random_changes(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct desk d;

	KUNIT_ASSERT_NOT_NULL(test, m);
	desk_init(&d);
	for (int i = 0; i < tries(20000); i++) {
		change(test, &d, m);
		if (test->status == KUNIT_FAILURE)
			break;
		compare(test, &d, m);
	}
	desk_clear(&d);
	counts(test, &d, 0, 0, 0);
}

static struct kunit_case scoreboard_cases[] = {
	KUNIT_CASE(empty),
	KUNIT_CASE(in_order),
	KUNIT_CASE(each_change),
	KUNIT_CASE(leave_counted),
	KUNIT_CASE(acked_in_part),
	KUNIT_CASE(cut_in_two),
	KUNIT_CASE(grows),
	KUNIT_CASE(lost_in_order),
	KUNIT_CASE(runs),
	KUNIT_CASE(long_ways_are_shortened),
	KUNIT_CASE(random_changes),
	{}
};

struct kunit_suite scoreboard_suite = {
	.name = "scoreboard",
	.test_cases = scoreboard_cases,
};
