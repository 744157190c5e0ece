// SPDX-License-Identifier: GPL-2.0
/*
 * How large the window must be, on paths and with readers that are imitated.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include "../module/engine/rightsize.h"
#include "suites.h"

#define MSS_BYTES	1448u
#define FIRST_SEGS	10u	/* the peer's initial window, and most_bytes at first */
#define FIRST_WINDOW	SZ_64K	/* what we offer at first */
#define SEQ		(U32_MAX - 50000)	/* wraps on the way */
#define NOW_US		(U32_MAX - 300000)

/* ---- slow start ---- */

/* A peer in slow start, and a reader that takes what it finds each @bite segments. */
struct start {
	u32	rtt_us;
	u32	estimate_us;
	u32	spread_us;	/* between two segments of the peer's first window */
	u32	bite;
	char	name[56];
};

#define START(rtt, estimate, spread, n)						\
	{ .rtt_us = rtt, .estimate_us = estimate, .spread_us = spread, .bite = n, \
	  .name = "rtt " #rtt ", estimate " #estimate ", spread " #spread ", bite " #n }

static const struct start starts[] = {
	START(100000, 100000, 0, 1),
	START(100000, 100000, 10000, 1),
	START(100000, 100000, 5000, 1),
	START(20000, 20000, 100, 1),
	START(20000, 20000, 2000, 7),
	START(1000, 1000, 100, 45),
	START(300000, 300000, 30000, 45),
	START(100, 1000, 10, 20),
	START(100000, 150000, 10000, 1),
	START(100000, 1000000, 10000, 1),
	START(100000, 75000, 10000, 1),
	START(100000, 70000, 0, 1),
};

KUNIT_ARRAY_PARAM_DESC(start, starts, name);

/* Each segment lets two more leave, which arrive a round trip later; before the ACK for
 * it leaves, the window must have room for all that is in flight by then.
 */
static void slow_start_is_never_held_back(struct kunit *test)
{
	enum { SEGS = 4096 };
	const struct start *s = test->param_value;
	u32 *at = kunit_kmalloc_array(test, SEGS, sizeof(*at), GFP_KERNEL);
	u32 window = FIRST_WINDOW, seq = SEQ, flight, i;
	struct xtcp_rightsize r;

	KUNIT_ASSERT_NOT_NULL(test, at);
	xtcp_rightsize_init(&r, seq, MSS_BYTES, NOW_US, s->estimate_us);
	for (i = 0; i < SEGS; i++) {
		at[i] = i < FIRST_SEGS ? NOW_US + s->rtt_us + i * s->spread_us :
					 at[(i - FIRST_SEGS) / 2] + s->rtt_us;
		/* the next finds the reader asleep */
		if ((i + 1) % s->bite)
			continue;
		seq += s->bite * MSS_BYTES;
		window = max(window, xtcp_rightsize_taken(&r, seq, 0, MSS_BYTES, at[i]));
		flight = (FIRST_SEGS + i + 1 + s->bite) * MSS_BYTES;
		KUNIT_ASSERT_GE_MSG(test, window, flight, "segment %u", i);
	}
}

/* ---- readers ---- */

/* As much in each round trip: the window is what a loss costs, and the cushion; the first
 * rounds were a rise.
 */
static void steady(struct kunit *test)
{
	u32 each = 100 * MSS_BYTES, seq = SEQ, now = NOW_US, window, most = 0;
	struct xtcp_rightsize r;

	xtcp_rightsize_init(&r, seq, MSS_BYTES, now, 10000);
	for (u32 i = 0; i < 1000; i++) {
		seq += each / 10;
		now += 1000;
		most = max(most, xtcp_rightsize_taken(&r, seq, 0, MSS_BYTES, now));
	}
	KUNIT_EXPECT_GE(test, most, 2 * each + 16 * MSS_BYTES);
	KUNIT_EXPECT_LE(test, most, 3 * (2 * each + 16 * MSS_BYTES));
	KUNIT_EXPECT_EQ(test, each, r.most_bytes);
	/* a little more than ever: a little more */
	now += 9000;
	window = xtcp_rightsize_taken(&r, seq + each, 0, MSS_BYTES, now);
	KUNIT_EXPECT_EQ(test, window, 2 * each + 16 * MSS_BYTES);
	window = xtcp_rightsize_taken(&r, seq + each + each / 10, 0, MSS_BYTES, now);
	KUNIT_EXPECT_EQ(test, window, (2 * (each + each / 10) + 16 * MSS_BYTES) * 12 / 10);
}

/* Three times the window for a steady flow is the most. */
static void rise_is_bounded(struct kunit *test)
{
	struct xtcp_rightsize r;
	u32 taken = SZ_16M;

	xtcp_rightsize_init(&r, SEQ, MSS_BYTES, NOW_US, 10000);
	KUNIT_EXPECT_EQ(test, 6 * taken + 48 * MSS_BYTES,
			xtcp_rightsize_taken(&r, SEQ + taken, 0, MSS_BYTES, NOW_US));
	/* no overflow */
	xtcp_rightsize_init(&r, SEQ, MSS_BYTES, NOW_US, 10000);
	KUNIT_EXPECT_EQ(test, U32_MAX, xtcp_rightsize_taken(&r, SEQ + S32_MAX, 0, 65535,
							    NOW_US));
}

/* A reader that always leaves more than it takes needs no larger window. */
static void slow_reader(struct kunit *test)
{
	u32 seq = SEQ, now = NOW_US;
	struct xtcp_rightsize r;

	xtcp_rightsize_init(&r, seq, MSS_BYTES, now, 10000);
	for (u32 i = 0; i < 1000; i++) {
		seq += 20000;
		now += 7000;
		KUNIT_ASSERT_LT(test, xtcp_rightsize_taken(&r, seq, 60000, MSS_BYTES, now),
				FIRST_WINDOW);
	}
	KUNIT_EXPECT_EQ(test, FIRST_SEGS * MSS_BYTES, r.most_bytes);
}

/* A trickle does not add up, however long it lasts. */
static void trickle(struct kunit *test)
{
	u32 seq = SEQ, now = NOW_US;
	struct xtcp_rightsize r;

	xtcp_rightsize_init(&r, seq, MSS_BYTES, now, 10000);
	for (u32 i = 0; i < 10000; i++) {
		seq += 100;
		now += 5000;
		if (xtcp_rightsize_due(&r, seq))
			KUNIT_ASSERT_LT(test, xtcp_rightsize_taken(&r, seq, 0, MSS_BYTES,
								   now), FIRST_WINDOW);
	}
	KUNIT_EXPECT_EQ(test, FIRST_SEGS * MSS_BYTES, r.most_bytes);
}

/* One that comes now and then and takes all that the window let in could take more. */
static void in_gulps(struct kunit *test)
{
	u32 seq = SEQ, now = NOW_US, window = FIRST_WINDOW;
	struct xtcp_rightsize r;

	xtcp_rightsize_init(&r, seq, MSS_BYTES, now, 1000);
	for (u32 i = 0; i < 7; i++) {
		u32 more;

		seq += window;
		now += 500000;
		more = xtcp_rightsize_taken(&r, seq, 0, MSS_BYTES, now);
		KUNIT_ASSERT_GE(test, more, 2 * window);
		window = more;
	}
}

/* A burst that is taken in small bites counts when the last is taken, if the round has
 * not lasted twice as long as it should.
 */
static void in_bites(struct kunit *test)
{
	struct xtcp_rightsize r;

	xtcp_rightsize_init(&r, SEQ, MSS_BYTES, NOW_US, 10000);
	KUNIT_EXPECT_LT(test, xtcp_rightsize_taken(&r, SEQ + 4000, 36000, MSS_BYTES,
						   NOW_US + 12000), FIRST_WINDOW);
	KUNIT_EXPECT_GE(test, xtcp_rightsize_taken(&r, SEQ + 40000, 0, MSS_BYTES,
						   NOW_US + 13000), 80000u);
	KUNIT_EXPECT_EQ(test, 40000u, r.most_bytes);
	KUNIT_EXPECT_EQ(test, SEQ + 40000, r.round_seq);

	xtcp_rightsize_taken(&r, SEQ + 44000, 76000, MSS_BYTES, NOW_US + 33000);
	KUNIT_EXPECT_EQ(test, SEQ + 44000, r.round_seq);
}

/* Nobody knows how long a round trip takes. */
static void without_estimate(struct kunit *test)
{
	struct xtcp_rightsize r;

	xtcp_rightsize_init(&r, SEQ, MSS_BYTES, NOW_US, 0);
	KUNIT_EXPECT_EQ(test, 0, xtcp_rightsize_taken(&r, SEQ + SZ_1M, 0, MSS_BYTES,
						      NOW_US + 1000));
}

/* ---- the round trip ---- */

static void echoes(struct kunit *test)
{
	struct xtcp_rightsize r;
	u32 i;

	xtcp_rightsize_init(&r, SEQ, MSS_BYTES, NOW_US, 0);
	xtcp_rightsize_echo(&r, U32_MAX - 10, 89);	/* the clock wraps */
	KUNIT_EXPECT_EQ(test, 100000u, r.rtt_us);
	KUNIT_EXPECT_EQ(test, U32_MAX - 10, r.mark);
	xtcp_rightsize_echo(&r, 20, 200);
	KUNIT_EXPECT_EQ(test, 100000u - 12500 + 22500, r.rtt_us);
	/* a pause of ten seconds: as 2 * 110 + 1 ms */
	xtcp_rightsize_echo(&r, 300, 10300);
	KUNIT_EXPECT_EQ(test, 110000u - 13750 + 27625, r.rtt_us);
	/* from the future: the peer made it up */
	xtcp_rightsize_echo(&r, 20000, 10300);
	KUNIT_EXPECT_EQ(test, 123875u, r.rtt_us);
	/* it settles */
	for (i = 0; i < 100; i++)
		xtcp_rightsize_echo(&r, 20000 + i, 20020 + i);
	KUNIT_EXPECT_LE(test, r.rtt_us, 20010u);
	KUNIT_EXPECT_GE(test, r.rtt_us, 19900u);
	/* less than a tick counts as one */
	for (i = 0; i < 100; i++)
		xtcp_rightsize_echo(&r, 30000 + i, 30000 + i);
	KUNIT_EXPECT_LE(test, r.rtt_us, 1010u);
	KUNIT_EXPECT_GE(test, r.rtt_us, 990u);
}

static void edges(struct kunit *test)
{
	struct xtcp_rightsize r;

	xtcp_rightsize_init(&r, SEQ, MSS_BYTES, NOW_US, 0);
	KUNIT_EXPECT_TRUE(test, xtcp_rightsize_passed(&r, SEQ));
	xtcp_rightsize_edge(&r, SEQ + FIRST_WINDOW, NOW_US);
	KUNIT_EXPECT_EQ(test, 0, r.rtt_us);
	/* all that was offered may have left before */
	KUNIT_EXPECT_FALSE(test, xtcp_rightsize_passed(&r, SEQ + FIRST_WINDOW));
	KUNIT_EXPECT_TRUE(test, xtcp_rightsize_passed(&r, SEQ + FIRST_WINDOW + 1));
	xtcp_rightsize_edge(&r, SEQ + 2 * FIRST_WINDOW, NOW_US + 500001);
	KUNIT_EXPECT_EQ(test, 500000u, r.rtt_us / 10 * 10);
	/* the shortest is the nearest to the truth */
	xtcp_rightsize_edge(&r, SEQ + 3 * FIRST_WINDOW, NOW_US + 530001);
	KUNIT_EXPECT_EQ(test, 30000u, r.rtt_us / 10 * 10);
	xtcp_rightsize_edge(&r, SEQ + 4 * FIRST_WINDOW, NOW_US + 930001);
	KUNIT_EXPECT_EQ(test, 30000u, r.rtt_us / 10 * 10);
}

/* ---- density ---- */

static u8 density_after(u8 density, u32 len, u32 truesize)
{
	for (int i = 0; i < 64; i++)
		density = xtcp_density(density, len, truesize);
	return density;
}

static void density(struct kunit *test)
{
	/* 64 KiB that the kernel's TCP sent on this machine; a frame in two kilobytes */
	KUNIT_EXPECT_GE(test, density_after(128, 65160, 65928), 248);
	KUNIT_EXPECT_EQ(test, (density_after(128, 1448, 2304) + 4) / 8, 160 / 8);
	KUNIT_EXPECT_EQ(test, (density_after(255, 1448, 2304) - 4) / 8, 160 / 8);
	/* a frame in a page, and worse */
	KUNIT_EXPECT_EQ(test, XTCP_DENSITY_HALF, density_after(255, 1448, 4864));
	KUNIT_EXPECT_EQ(test, XTCP_DENSITY_HALF, density_after(255, 1, 768));
	/* more than all */
	KUNIT_EXPECT_GE(test, density_after(128, 65536, 1000), 251);
	KUNIT_EXPECT_GE(test, density_after(128, 1 << 19, 0), 251);
	/* one skb says little */
	KUNIT_EXPECT_LE(test, xtcp_density(128, 65160, 65928), 144);
}

/* The memory for a window is enough for it. */
static void memory_for_data(struct kunit *test)
{
	static const u32 sizes[] = { 0, 1, 1000, 65535, SZ_1M + 1, 0x3fffc000 };

	for (u32 d = XTCP_DENSITY_HALF; d <= U8_MAX; d++)
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
			u64 memory = xtcp_memory_for(sizes[i], d);

			KUNIT_EXPECT_LE(test, memory, 2 * (u64)sizes[i]);
			KUNIT_EXPECT_EQ(test, sizes[i], xtcp_data_in(memory, d));
		}
}

static struct kunit_case rightsize_cases[] = {
	KUNIT_CASE_PARAM(slow_start_is_never_held_back, start_gen_params),
	KUNIT_CASE(steady),
	KUNIT_CASE(rise_is_bounded),
	KUNIT_CASE(slow_reader),
	KUNIT_CASE(trickle),
	KUNIT_CASE(in_gulps),
	KUNIT_CASE(in_bites),
	KUNIT_CASE(without_estimate),
	KUNIT_CASE(echoes),
	KUNIT_CASE(edges),
	KUNIT_CASE(density),
	KUNIT_CASE(memory_for_data),
	{}
};

struct kunit_suite rightsize_suite = {
	.name = "rightsize",
	.test_cases = rightsize_cases,
};
