// SPDX-License-Identifier: GPL-2.0
/*
 * RFC 6298, on numbers worked out by hand.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/time64.h>
#include "../module/engine/rtt.h"
#include "suites.h"

#define MIN_US	200000u

static void before_any_sample(struct kunit *test)
{
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt);
	KUNIT_EXPECT_EQ(test, 1000000u, xtcp_rtt_timeout_us(&rtt));	/* (2.1) */
	KUNIT_EXPECT_EQ(test, 0, rtt.srtt_us);
	KUNIT_EXPECT_EQ(test, 0, rtt.backoff);
	KUNIT_EXPECT_EQ(test, U32_MAX, rtt.min_us);
}

/* MUST-18 */
static void by_hand(struct kunit *test)
{
	static const struct {
		u32 r, rttvar, srtt, rto;
	} row[] = {
		/* (2.2): R, R / 2; R + 4 * R / 2 */
		{ 800000, 400000, 800000, 2400000 },
		/* 300000 + |800000 - 800000| / 4; 700000 + 100000 */
		{ 800000, 300000, 800000, 2000000 },
		/* 225000 + 400000 / 4 = 325000; 700000 + 150000 = 850000 */
		{ 1200000, 325000, 850000, 2150000 },
		/* 243750 + 750000 / 4 = 431250; 743750 + 12500 = 756250 */
		{ 100000, 431250, 756250, 2481250 },
	};
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt);
	for (int i = 0; i < ARRAY_SIZE(row); i++) {
		xtcp_rtt_sample(&rtt, row[i].r, 0, MIN_US);
		KUNIT_EXPECT_EQ(test, row[i].rttvar, rtt.rttvar_us);
		KUNIT_EXPECT_EQ(test, row[i].srtt, rtt.srtt_us);
		KUNIT_EXPECT_EQ(test, row[i].rto, xtcp_rtt_timeout_us(&rtt));
	}
	KUNIT_EXPECT_EQ(test, 100000, rtt.min_us);
}

static void clamps(struct kunit *test)
{
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt);
	xtcp_rtt_sample(&rtt, 1000, 0, MIN_US);
	KUNIT_EXPECT_EQ(test, 1000 + MIN_US, xtcp_rtt_timeout_us(&rtt));
	/* the margin is the caller's, sample by sample */
	xtcp_rtt_sample(&rtt, 1000, 0, 5000);
	KUNIT_EXPECT_EQ(test, 1000 + 5000, xtcp_rtt_timeout_us(&rtt));
	xtcp_rtt_sample(&rtt, 1000, 0, 1);
	KUNIT_EXPECT_LT(test, xtcp_rtt_timeout_us(&rtt), 1000 + 5000);
	KUNIT_EXPECT_GT(test, xtcp_rtt_timeout_us(&rtt), 1000);
	xtcp_rtt_sample(&rtt, 1000, 0, U32_MAX);
	KUNIT_EXPECT_EQ(test, XTCP_RTO_MAX_US, xtcp_rtt_timeout_us(&rtt));

	xtcp_rtt_init(&rtt);
	xtcp_rtt_sample(&rtt, 0, 0, 1);
	KUNIT_EXPECT_EQ(test, 1, rtt.srtt_us);
	KUNIT_EXPECT_EQ(test, 1, rtt.min_us);
	KUNIT_EXPECT_GT(test, xtcp_rtt_timeout_us(&rtt), 1);
}

/* Round trips all alike have no variance, however long they are: a delayed ACK must still
 * come in time.
 */
static void steady_path(struct kunit *test)
{
	static const u32 r[] = { 1000, 100000, 200000, 3000000 };

	for (int i = 0; i < ARRAY_SIZE(r); i++) {
		struct xtcp_rtt rtt;

		xtcp_rtt_init(&rtt);
		for (int n = 0; n < 100; n++)
			xtcp_rtt_sample(&rtt, r[i], 0, MIN_US);
		KUNIT_EXPECT_EQ(test, rtt.srtt_us + MIN_US, xtcp_rtt_timeout_us(&rtt));
	}
}

static void no_overflow(struct kunit *test)
{
	static const u32 r[] = { U32_MAX, 1, U32_MAX, U32_MAX, 0, U32_MAX };
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt);
	for (int i = 0; i < ARRAY_SIZE(r); i++) {
		xtcp_rtt_sample(&rtt, r[i], 0, MIN_US);
		KUNIT_EXPECT_LE(test, rtt.srtt_us, XTCP_RTO_MAX_US);
		KUNIT_EXPECT_LE(test, rtt.rttvar_us, XTCP_RTO_MAX_US);
		KUNIT_EXPECT_GE(test, rtt.srtt_us, 1);
		KUNIT_EXPECT_LE(test, rtt.rto_us, XTCP_RTO_MAX_US);
		KUNIT_EXPECT_GE(test, rtt.rto_us, MIN_US);
		KUNIT_EXPECT_GE(test, rtt.rto_us, rtt.srtt_us);
	}
}

/* MUST-19 */
static void back_off(struct kunit *test)
{
	u32 want = 1000000;
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt);
	for (int i = 0; i < 300; i++) {
		KUNIT_EXPECT_EQ(test, want, xtcp_rtt_timeout_us(&rtt));
		xtcp_rtt_backoff(&rtt);			/* (5.5) */
		want = min(want * 2, XTCP_RTO_MAX_US);
	}
	KUNIT_EXPECT_LT(test, rtt.backoff, 32);
}

/* (3): only a sample, from a segment sent once, ends the back-off (MUST-18) */
static void karn(struct kunit *test)
{
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt);
	xtcp_rtt_sample(&rtt, 100000, 0, MIN_US);
	KUNIT_EXPECT_EQ(test, 300000, xtcp_rtt_timeout_us(&rtt));
	xtcp_rtt_backoff(&rtt);
	xtcp_rtt_backoff(&rtt);
	KUNIT_EXPECT_EQ(test, 1200000, xtcp_rtt_timeout_us(&rtt));
	xtcp_rtt_sample(&rtt, 100000, 0, MIN_US);
	/* 3/4 of 50000: 4 * 37500 is less than the margin */
	KUNIT_EXPECT_EQ(test, 300000, xtcp_rtt_timeout_us(&rtt));
}

static void syn_lost(struct kunit *test)
{
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt);
	xtcp_rtt_backoff(&rtt);
	xtcp_rtt_syn_lost(&rtt);
	KUNIT_EXPECT_EQ(test, 3000000u, xtcp_rtt_timeout_us(&rtt));	/* (5.7) */
	KUNIT_EXPECT_EQ(test, 0, rtt.srtt_us);
	xtcp_rtt_sample(&rtt, 400000, 0, MIN_US);
	KUNIT_EXPECT_EQ(test, 1200000, xtcp_rtt_timeout_us(&rtt));
}

/* RFC 8985, 6.2, step 1: the shortest of the last five minutes, on a clock that wraps. */
static void shortest_is_forgotten(struct kunit *test)
{
	u32 now_us = U32_MAX - 100 * USEC_PER_SEC;
	struct xtcp_rtt rtt;
	int s = 0;

	xtcp_rtt_init(&rtt);
	xtcp_rtt_sample(&rtt, 100000, now_us, MIN_US);
	KUNIT_EXPECT_EQ(test, 100000, rtt.min_us);
	/* the path is longer from now on */
	for (s = 10; s <= 300; s += 10) {
		xtcp_rtt_sample(&rtt, 400000, now_us + s * USEC_PER_SEC, MIN_US);
		if (s <= 150)
			KUNIT_EXPECT_EQ(test, 100000, rtt.min_us);
	}
	now_us += (s + 1) * USEC_PER_SEC;
	xtcp_rtt_sample(&rtt, 450000, now_us, MIN_US);
	KUNIT_EXPECT_EQ(test, 400000, rtt.min_us);
	/* and shorter: that is known at once */
	xtcp_rtt_sample(&rtt, 50000, now_us + 1, MIN_US);
	KUNIT_EXPECT_EQ(test, 50000, rtt.min_us);
	/* after a long silence nothing that was known counts */
	xtcp_rtt_sample(&rtt, 700000, now_us + 1000 * USEC_PER_SEC, MIN_US);
	KUNIT_EXPECT_EQ(test, 700000, rtt.min_us);
	xtcp_rtt_sample(&rtt, 600000, now_us + 1001 * USEC_PER_SEC, MIN_US);
	KUNIT_EXPECT_EQ(test, 600000, rtt.min_us);
}

static struct kunit_case rtt_cases[] = {
	KUNIT_CASE(before_any_sample),
	KUNIT_CASE(by_hand),
	KUNIT_CASE(clamps),
	KUNIT_CASE(steady_path),
	KUNIT_CASE(no_overflow),
	KUNIT_CASE(back_off),
	KUNIT_CASE(karn),
	KUNIT_CASE(syn_lost),
	KUNIT_CASE(shortest_is_forgotten),
	{}
};

struct kunit_suite rtt_suite = {
	.name = "rtt",
	.test_cases = rtt_cases,
};
