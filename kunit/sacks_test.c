// SPDX-License-Identifier: GPL-2.0
/*
 * What the receiver reports as SACK blocks, RFC 2018 and RFC 2883; and PAWS, RFC 7323.
 */
#include <linux/string.h>
#include "../module/engine/sacks.h"
#include "../module/engine/timestamps.h"
#include "suites.h"

#define DAY_S	(24 * 3600u)

/* The blocks are these, in this order; a range of nothing ends them. */
static void blocks_are(struct kunit *test, const struct xtcp_sacks *s,
		       const struct xtcp_range *want)
{
	struct xtcp_sack_block got[8];
	u32 n = xtcp_sacks_write(s, got, 8), i;

	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(test, want[i].start, ntohl(got[i].start));
		KUNIT_EXPECT_EQ(test, want[i].end, ntohl(got[i].end));
		KUNIT_ASSERT_NE(test, want[i].start, want[i].end);
	}
	KUNIT_EXPECT_EQ(test, want[n].start, want[n].end);
	KUNIT_EXPECT_EQ(test, n, xtcp_sacks_count(s));
}

#define BLOCKS_ARE(test, s, ...) \
	blocks_are(test, s, (struct xtcp_range []){ __VA_ARGS__ })

/* RFC 2018, 4: the block of the segment that came last is first. */
static void newest_first(struct kunit *test)
{
	struct xtcp_sacks s = { };

	BLOCKS_ARE(test, &s, { });
	xtcp_sacks_add(&s, 100, 200);
	BLOCKS_ARE(test, &s, { 100, 200 }, { });
	xtcp_sacks_add(&s, 500, 600);
	BLOCKS_ARE(test, &s, { 500, 600 }, { 100, 200 }, { });
	xtcp_sacks_add(&s, 300, 400);
	BLOCKS_ARE(test, &s, { 300, 400 }, { 500, 600 }, { 100, 200 }, { });
	xtcp_sacks_add(&s, 200, 210);		/* touches */
	BLOCKS_ARE(test, &s, { 100, 210 }, { 300, 400 }, { 500, 600 }, { });
	xtcp_sacks_add(&s, 400, 500);		/* joins two */
	BLOCKS_ARE(test, &s, { 300, 600 }, { 100, 210 }, { });
	xtcp_sacks_add(&s, 205, 700);		/* overlaps and joins all */
	BLOCKS_ARE(test, &s, { 100, 700 }, { });
}

/* Of many blocks the oldest report is forgotten; a header with timestamps has room for 3. */
static void four_at_most(struct kunit *test)
{
	struct xtcp_sack_block to[3];
	struct xtcp_sacks s = { };

	for (u32 i = 1; i <= 6; i++)
		xtcp_sacks_add(&s, 100 * i, 100 * i + 10);
	BLOCKS_ARE(test, &s, { 600, 610 }, { 500, 510 }, { 400, 410 }, { 300, 310 }, { });
	KUNIT_EXPECT_EQ(test, 3, xtcp_sacks_write(&s, to, 3));
	KUNIT_EXPECT_EQ(test, 400, ntohl(to[2].start));
	xtcp_sacks_duplicate(&s, 50, 60);
	KUNIT_EXPECT_EQ(test, 3, xtcp_sacks_write(&s, to, 3));
	KUNIT_EXPECT_EQ(test, 50, ntohl(to[0].start));
	KUNIT_EXPECT_EQ(test, 500, ntohl(to[2].start));
}

static void across_zero(struct kunit *test)
{
	struct xtcp_sacks s = { };

	xtcp_sacks_add(&s, -50u, 50);
	xtcp_sacks_add(&s, -100u, -50u);
	BLOCKS_ARE(test, &s, { -100u, 50 }, { });
	xtcp_sacks_received(&s, -101u);
	BLOCKS_ARE(test, &s, { -100u, 50 }, { });
	xtcp_sacks_forget(&s, 10);
	BLOCKS_ARE(test, &s, { -100u, 10 }, { });
	xtcp_sacks_received(&s, 10);
	BLOCKS_ARE(test, &s, { });
}

/* What RCV.NXT has reached is acknowledged. */
static void received(struct kunit *test)
{
	struct xtcp_sacks s = { };

	xtcp_sacks_add(&s, 100, 200);
	xtcp_sacks_add(&s, 500, 600);
	xtcp_sacks_add(&s, 300, 400);
	xtcp_sacks_received(&s, 99);
	BLOCKS_ARE(test, &s, { 300, 400 }, { 500, 600 }, { 100, 200 }, { });
	xtcp_sacks_received(&s, 400);
	BLOCKS_ARE(test, &s, { 500, 600 }, { });
}

/* RFC 2018, 8: what was given up is not reported any more. */
static void forgotten(struct kunit *test)
{
	struct xtcp_sacks s = { };

	xtcp_sacks_add(&s, 100, 200);
	xtcp_sacks_add(&s, 500, 600);
	xtcp_sacks_add(&s, 300, 400);
	xtcp_sacks_forget(&s, 600);
	BLOCKS_ARE(test, &s, { 300, 400 }, { 500, 600 }, { 100, 200 }, { });
	xtcp_sacks_forget(&s, 550);
	BLOCKS_ARE(test, &s, { 300, 400 }, { 500, 550 }, { 100, 200 }, { });
	xtcp_sacks_forget(&s, 500);
	BLOCKS_ARE(test, &s, { 300, 400 }, { 100, 200 }, { });
	xtcp_sacks_forget(&s, 250);
	BLOCKS_ARE(test, &s, { 100, 200 }, { });
	xtcp_sacks_forget(&s, 100);
	BLOCKS_ARE(test, &s, { });
}

/* RFC 2883, 4: first what came twice; next the held block that it lies in. */
static void twice(struct kunit *test)
{
	struct xtcp_sacks s = { };

	xtcp_sacks_add(&s, 100, 200);
	xtcp_sacks_add(&s, 300, 400);
	xtcp_sacks_duplicate(&s, 150, 200);
	BLOCKS_ARE(test, &s, { 150, 200 }, { 100, 200 }, { 300, 400 }, { });
	s.has_dup = false;
	BLOCKS_ARE(test, &s, { 100, 200 }, { 300, 400 }, { });
	xtcp_sacks_duplicate(&s, 350, 401);	/* more than the block: not within it */
	BLOCKS_ARE(test, &s, { 350, 401 }, { 100, 200 }, { 300, 400 }, { });
	xtcp_sacks_duplicate(&s, 20, 30);
	BLOCKS_ARE(test, &s, { 20, 30 }, { 100, 200 }, { 300, 400 }, { });
}

/* RFC 2883, 4.2: the first part of a segment that is held, in whatever order they came. */
static void first_held_part(struct kunit *test)
{
	static const struct {
		struct xtcp_range segment, held;
	} of[] = {
		{ { 0, 100 } },
		{ { 0, 101 }, { 100, 101 } },
		{ { 199, 300 }, { 199, 200 } },
		{ { 200, 300 } },
		{ { 120, 130 }, { 120, 130 } },
		{ { 0, 1000 }, { 100, 200 } },
		{ { 150, 1000 }, { 150, 200 } },
		{ { 200, 1000 }, { 300, 400 } },
		{ { 350, 1000 }, { 350, 400 } },
		{ { 600, 1000 } },
	};
	static const u8 orders[][3] = { { 1, 3, 5 }, { 5, 3, 1 }, { 3, 5, 1 }, { 1, 5, 3 } };

	for (int o = 0; o < ARRAY_SIZE(orders); o++) {
		struct xtcp_sacks s = { };

		for (int i = 0; i < 3; i++)
			xtcp_sacks_add(&s, 100 * orders[o][i], 100 * orders[o][i] + 100);
		for (int i = 0; i < ARRAY_SIZE(of); i++) {
			struct xtcp_range held = { };
			bool any = xtcp_sacks_held(&s, of[i].segment.start,
						   of[i].segment.end, &held);

			KUNIT_EXPECT_EQ_MSG(test, of[i].held.end != 0, any, "row %d", i);
			KUNIT_EXPECT_EQ_MSG(test, of[i].held.start, held.start, "row %d", i);
			KUNIT_EXPECT_EQ_MSG(test, of[i].held.end, held.end, "row %d", i);
		}
	}
}

/* ---- PAWS ---- */

/* RFC 7323, 5.3, R1: less than TS.Recent, as sequence numbers are. */
static void paws(struct kunit *test)
{
	static const struct {
		u32 recent, tsval;
		bool rejects;
	} of[] = {
		{ 100, 99, true },
		{ 100, 100, false },
		{ 100, 101, false },
		{ 100, 0x80000063, false },
		{ 100, 0x80000065, true },
		{ 100, 0xffffffff, true },
		{ 0xffffffff, 0, false },
		{ 0xffffffff, 0xfffffffe, true },
		{ 0xffffffff, 5, false },
		{ 5, 0xffffffff, true },
		/* some TCPs send 0 in a SYN, whatever their clock says */
		{ 0, 0x90000000, false },
	};

	for (int i = 0; i < ARRAY_SIZE(of); i++) {
		struct xtcp_timestamps ts = { .recent = of[i].recent, .recent_s = 1000 };

		KUNIT_EXPECT_EQ_MSG(test, of[i].rejects,
				    xtcp_paws_rejects(&ts, of[i].tsval, 1000), "row %d", i);
	}
}

/* RFC 7323, 5.5: after 24 days TS.Recent means nothing. */
static void paws_after_24_days(struct kunit *test)
{
	static const u32 since[] = { 1, 1000, U32_MAX - 10 };

	for (int i = 0; i < ARRAY_SIZE(since); i++) {
		struct xtcp_timestamps ts = { .recent = 100, .recent_s = since[i] };

		KUNIT_EXPECT_TRUE(test, xtcp_paws_rejects(&ts, 99, since[i]));
		KUNIT_EXPECT_TRUE(test, xtcp_paws_rejects(&ts, 99, since[i] + 24 * DAY_S - 1));
		KUNIT_EXPECT_FALSE(test, xtcp_paws_rejects(&ts, 99, since[i] + 24 * DAY_S));
		KUNIT_EXPECT_FALSE(test, xtcp_paws_rejects(&ts, 99, since[i] + 60 * DAY_S));
	}
}

/* Before the peer has said anything there is nothing to compare with. */
static void paws_never_set(struct kunit *test)
{
	struct xtcp_timestamps ts = { .recent = 100 };

	KUNIT_EXPECT_FALSE(test, xtcp_paws_rejects(&ts, 99, 5));
	xtcp_timestamp_set_recent(&ts, 100);
	KUNIT_EXPECT_NE(test, 0, ts.recent_s);
	KUNIT_EXPECT_TRUE(test, xtcp_paws_rejects(&ts, 99, ts.recent_s));
}

/* RFC 7323, 3.2 and 5.2: without a timestamp, only a RST counts, and that always. */
static void judged(struct kunit *test)
{
	struct xtcp_timestamps ts = { };
	struct xtcp_segment seg = { .flags = XTCP_ACK };

	xtcp_timestamp_set_recent(&ts, 100);
	KUNIT_EXPECT_EQ(test, XTCP_DROP_NO_TIMESTAMP, xtcp_timestamp_judge(&ts, &seg));
	seg.flags = XTCP_RST;
	KUNIT_EXPECT_EQ(test, XTCP_DROP_NONE, xtcp_timestamp_judge(&ts, &seg));
	seg.opt.present = XTCP_OPT_TIMESTAMPS;
	seg.opt.tsval = 99;
	KUNIT_EXPECT_EQ(test, XTCP_DROP_NONE, xtcp_timestamp_judge(&ts, &seg));
	seg.flags = XTCP_FIN | XTCP_ACK;
	KUNIT_EXPECT_EQ(test, XTCP_DROP_PAWS, xtcp_timestamp_judge(&ts, &seg));
	seg.opt.tsval = 100;
	KUNIT_EXPECT_EQ(test, XTCP_DROP_NONE, xtcp_timestamp_judge(&ts, &seg));
}

static struct kunit_case sacks_cases[] = {
	KUNIT_CASE(newest_first),
	KUNIT_CASE(four_at_most),
	KUNIT_CASE(across_zero),
	KUNIT_CASE(received),
	KUNIT_CASE(forgotten),
	KUNIT_CASE(twice),
	KUNIT_CASE(first_held_part),
	KUNIT_CASE(paws),
	KUNIT_CASE(paws_after_24_days),
	KUNIT_CASE(paws_never_set),
	KUNIT_CASE(judged),
	{ }
};

struct kunit_suite sacks_suite = {
	.name = "sacks",
	.test_cases = sacks_cases,
};
