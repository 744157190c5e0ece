// SPDX-License-Identifier: GPL-2.0
/*
 * The out-of-order queue against a model: a bit for each byte received.
 */
#include <linux/bitmap.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include "../module/engine/reassembly.h"
#include "../module/engine/seq.h"
#include "suites.h"

#define SPACE	400u

/* The queue's promises: ordered, none within another, last is the last. */
static void check_queue(struct kunit *test, const struct xtcp_reassembly *r)
{
	const struct xtcp_block *prev = NULL;
	struct rb_node *node;

	for (node = rb_first(&r->root); node; node = rb_next(node)) {
		const struct xtcp_block *b = rb_entry(node, struct xtcp_block,
						      node);

		KUNIT_ASSERT_TRUE(test, seq_lt(b->seq, b->end));
		if (prev) {
			KUNIT_ASSERT_TRUE(test, seq_lt(prev->seq, b->seq));
			KUNIT_ASSERT_TRUE(test, seq_lt(prev->end, b->end));
		}
		prev = b;
	}
	KUNIT_ASSERT_PTR_EQ(test, prev, r->last);
	KUNIT_ASSERT_EQ(test, !prev, xtcp_reassembly_empty(r));
}

static struct xtcp_block *block_new(struct kunit *test, u32 seq, u32 end)
{
	struct xtcp_block *b = kzalloc(sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->seq = seq;
	b->end = end;
	return b;
}

/* Return: whether it was taken */
static bool put(struct kunit *test, struct xtcp_reassembly *r, u32 seq, u32 end)
{
	struct xtcp_block *b = block_new(test, seq, end), *c;

	if (!xtcp_reassembly_insert(r, b)) {
		kfree(b);
		check_queue(test, r);
		return false;
	}
	while ((c = xtcp_reassembly_covered(r, b))) {
		KUNIT_ASSERT_TRUE(test, seq_leq(b->seq, c->seq));
		KUNIT_ASSERT_TRUE(test, seq_leq(c->end, b->end));
		kfree(c);
	}
	check_queue(test, r);
	return true;
}

static void drop_all(struct xtcp_reassembly *r)
{
	struct xtcp_block *b;

	while ((b = xtcp_reassembly_drop_last(r)))
		kfree(b);
}

static void expect_next(struct kunit *test, struct xtcp_reassembly *r,
			u32 rcv_nxt, u32 seq, u32 end)
{
	struct xtcp_block *b = xtcp_reassembly_next(r, rcv_nxt);

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, seq, b->seq);
	KUNIT_EXPECT_EQ(test, end, b->end);
	kfree(b);
	check_queue(test, r);
}

static void in_turn(struct kunit *test)
{
	struct xtcp_reassembly r = { };

	KUNIT_EXPECT_TRUE(test, xtcp_reassembly_empty(&r));
	KUNIT_EXPECT_NULL(test, xtcp_reassembly_next(&r, 0));
	KUNIT_EXPECT_NULL(test, xtcp_reassembly_drop_last(&r));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 200, 300));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 400, 500));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 300, 400));
	KUNIT_EXPECT_NULL(test, xtcp_reassembly_next(&r, 199));
	expect_next(test, &r, 200, 200, 300);
	expect_next(test, &r, 300, 300, 400);
	KUNIT_EXPECT_NULL(test, xtcp_reassembly_next(&r, 399));
	expect_next(test, &r, 450, 400, 500);
	KUNIT_EXPECT_TRUE(test, xtcp_reassembly_empty(&r));
}

static void duplicates(struct kunit *test)
{
	struct xtcp_reassembly r = { };

	KUNIT_EXPECT_TRUE(test, put(test, &r, 100, 200));
	KUNIT_EXPECT_FALSE(test, put(test, &r, 100, 200));
	KUNIT_EXPECT_FALSE(test, put(test, &r, 120, 180));
	KUNIT_EXPECT_FALSE(test, put(test, &r, 100, 150));
	KUNIT_EXPECT_FALSE(test, put(test, &r, 150, 200));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 300, 400));
	KUNIT_EXPECT_FALSE(test, put(test, &r, 100, 200));
	KUNIT_EXPECT_FALSE(test, put(test, &r, 110, 120));
	drop_all(&r);
}

static void covering(struct kunit *test)
{
	struct xtcp_reassembly r = { };

	for (u32 seq = 100; seq < 200; seq += 10)
		KUNIT_EXPECT_TRUE(test, put(test, &r, seq, seq + 5));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 100, 195));
	expect_next(test, &r, 100, 100, 195);
	KUNIT_EXPECT_TRUE(test, xtcp_reassembly_empty(&r));

	/* the same beginning, a longer end, and the other way round */
	KUNIT_EXPECT_TRUE(test, put(test, &r, 100, 110));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 100, 120));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 90, 120));
	expect_next(test, &r, 90, 90, 120);
	KUNIT_EXPECT_TRUE(test, xtcp_reassembly_empty(&r));

	/* covers the last of several */
	KUNIT_EXPECT_TRUE(test, put(test, &r, 10, 20));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 50, 60));
	KUNIT_EXPECT_TRUE(test, put(test, &r, 40, 70));
	expect_next(test, &r, 10, 10, 20);
	expect_next(test, &r, 40, 40, 70);
	KUNIT_EXPECT_TRUE(test, xtcp_reassembly_empty(&r));
}

static void highest_first(struct kunit *test)
{
	static const u32 order[] = { 300, 100, 500, 200, 400 };
	struct xtcp_reassembly r = { };
	struct xtcp_block *b;
	u32 want = 500;

	for (int i = 0; i < ARRAY_SIZE(order); i++)
		put(test, &r, order[i], order[i] + 50);
	while ((b = xtcp_reassembly_drop_last(&r))) {
		KUNIT_EXPECT_EQ(test, want, b->seq);
		want -= 100;
		kfree(b);
		check_queue(test, &r);
	}
	KUNIT_EXPECT_EQ(test, 0, want);
}

static int deepest(const struct rb_node *node)
{
	return node ? 1 + max(deepest(node->rb_left), deepest(node->rb_right)) : 0;
}

/* How far a look-up goes does not grow with what waits, in whatever order a peer sends it. */
static void is_never_deep(struct kunit *test)
{
	enum { BLOCKS = 1024, DEEPEST = 2 * 10 };	/* twice the logarithm */
	struct xtcp_reassembly r = { };

	for (u32 way = 0; way < 3; way++) {
		for (u32 i = 0; i < BLOCKS; i++) {
			/* upwards, downwards, from both ends to the middle */
			u32 at = way == 0 ? i : way == 1 ? BLOCKS - 1 - i :
				 i & 1 ? BLOCKS - 1 - i / 2 : i / 2;
			struct xtcp_block *b = block_new(test, 2 * at, 2 * at + 1);

			KUNIT_ASSERT_TRUE(test, xtcp_reassembly_insert(&r, b));
		}
		KUNIT_EXPECT_LE(test, deepest(r.root.rb_node), DEEPEST);
		check_queue(test, &r);
		drop_all(&r);
	}
}

/* Random blocks in random order, at @base; what comes out must be all that went
 * in, in order, and no more.
 */
static void against_model(struct kunit *test, struct rnd_state *rnd, u32 base)
{
	DECLARE_BITMAP(model, SPACE) = { };
	struct xtcp_reassembly r = { };
	u32 at = 0, blocks = prandom_u32_state(rnd) % 60;
	struct xtcp_block *b;

	for (u32 i = 0; i < blocks; i++) {
		u32 seq = prandom_u32_state(rnd) % (SPACE - 1);
		u32 most = prandom_u32_state(rnd) % 4 ? 20 : SPACE;
		u32 len = 1 + prandom_u32_state(rnd) % min(most, SPACE - seq);

		put(test, &r, base + seq, base + seq + len);
		bitmap_set(model, seq, len);
	}
	while (at < SPACE) {
		while ((b = xtcp_reassembly_next(&r, base + at))) {
			KUNIT_ASSERT_TRUE(test, seq_leq(b->seq, base + at));
			if (seq_gt(b->end, base + at)) {
				u32 end = b->end - base;

				KUNIT_ASSERT_EQ(test, end,
						find_next_zero_bit(model, end, at));
				at = end;
			}
			kfree(b);
			check_queue(test, &r);
		}
		/* a gap: the next that is there */
		KUNIT_ASSERT_FALSE(test, at < SPACE && test_bit(at, model));
		at = find_next_bit(model, SPACE, at);
	}
	KUNIT_ASSERT_TRUE(test, xtcp_reassembly_empty(&r));
}

static void random_orders(struct kunit *test)
{
	static const u32 base[] = {
		0, 5000, 0x7fffff00, 0x80000000 - SPACE / 2, 0xffffff00,
		0u - SPACE / 2, 0u - 1,
	};
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 1);
	for (int i = 0; i < tries(2000); i++)
		against_model(test, &rnd, base[i % ARRAY_SIZE(base)]);
}

static struct kunit_case reassembly_cases[] = {
	KUNIT_CASE(in_turn),
	KUNIT_CASE(duplicates),
	KUNIT_CASE(covering),
	KUNIT_CASE(highest_first),
	KUNIT_CASE(is_never_deep),
	KUNIT_CASE(random_orders),
	{}
};

struct kunit_suite reassembly_suite = {
	.name = "reassembly",
	.test_cases = reassembly_cases,
};
