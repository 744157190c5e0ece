// SPDX-License-Identifier: GPL-2.0
/*
 * RACK-TLP's formulae: RFC 8985, 6.2 and 7.2, in its order.
 */
#include <linux/limits.h>
#include "../module/engine/rack.h"
#include "suites.h"

#define MS	1000u
#define NOW	(U32_MAX - 50 * MS)	/* the clock wraps within the tests */

/* RACK_sent_after(): the time decides, and where it is the same the sequence number. */
static void sent_before(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, xtcp_sent_before(1, 9, 2, 5));
	KUNIT_EXPECT_FALSE(test, xtcp_sent_before(2, 5, 1, 9));
	KUNIT_EXPECT_TRUE(test, xtcp_sent_before(2, 5, 2, 9));
	KUNIT_EXPECT_FALSE(test, xtcp_sent_before(2, 9, 2, 5));
	KUNIT_EXPECT_FALSE(test, xtcp_sent_before(2, 9, 2, 9));
	/* both wrap */
	KUNIT_EXPECT_TRUE(test, xtcp_sent_before(U32_MAX, 9, 1, 5));
	KUNIT_EXPECT_TRUE(test, xtcp_sent_before(7, U32_MAX, 7, 3));
	KUNIT_EXPECT_FALSE(test, xtcp_sent_before(7, 3, 7, U32_MAX));
}

/* Step 2, RACK_update(): RACK.rtt is that of the ACK; RACK.segment is the newest of all. */
static void update(struct kunit *test)
{
	struct xtcp_rack r;

	xtcp_rack_init(&r);
	KUNIT_EXPECT_EQ(test, 0, r.rtt_us);
	xtcp_rack_delivered(&r, NOW, 5000, 100 * MS);
	KUNIT_EXPECT_EQ(test, NOW, r.sent_us);
	KUNIT_EXPECT_EQ(test, 5000, r.end);
	KUNIT_EXPECT_EQ(test, 100 * MS, r.rtt_us);
	/* one that left earlier: its round trip counts, it does not */
	xtcp_rack_delivered(&r, NOW - 1, 9000, 140 * MS);
	KUNIT_EXPECT_EQ(test, NOW, r.sent_us);
	KUNIT_EXPECT_EQ(test, 5000, r.end);
	KUNIT_EXPECT_EQ(test, 140 * MS, r.rtt_us);
	/* at the same time, and before it */
	xtcp_rack_delivered(&r, NOW, 4000, 120 * MS);
	KUNIT_EXPECT_EQ(test, 5000, r.end);
	/* and behind it */
	xtcp_rack_delivered(&r, NOW, 6000, 120 * MS);
	KUNIT_EXPECT_EQ(test, 6000, r.end);
	/* later, though the clock has wrapped */
	xtcp_rack_delivered(&r, NOW + 60 * MS, 1000, 90 * MS);
	KUNIT_EXPECT_EQ(test, NOW + 60 * MS, r.sent_us);
	KUNIT_EXPECT_EQ(test, 1000, r.end);
	KUNIT_EXPECT_EQ(test, 90 * MS, r.rtt_us);
	/* a round trip of less than a microsecond is one */
	xtcp_rack_delivered(&r, NOW + 70 * MS, 2000, 0);
	KUNIT_EXPECT_EQ(test, 1, r.rtt_us);
}

/* Step 4: RACK.reo_wnd. */
static void window(struct kunit *test)
{
	struct xtcp_rack r;

	xtcp_rack_init(&r);
	/* no reordering seen: none in recovery, or with three SACKed */
	KUNIT_EXPECT_EQ(test, 0, xtcp_rack_window_us(&r, 100 * MS, 120 * MS, true));
	/* else a quarter of min_RTT */
	KUNIT_EXPECT_EQ(test, 25 * MS, xtcp_rack_window_us(&r, 100 * MS, 120 * MS, false));
	/* and in any case once reordering was seen */
	r.reordered = 1;
	KUNIT_EXPECT_EQ(test, 25 * MS, xtcp_rack_window_us(&r, 100 * MS, 120 * MS, true));
	/* D-SACKs make it larger, up to SRTT */
	r.window_mult = 4;
	KUNIT_EXPECT_EQ(test, 100 * MS, xtcp_rack_window_us(&r, 100 * MS, 120 * MS, true));
	r.window_mult = 5;
	KUNIT_EXPECT_EQ(test, 120 * MS, xtcp_rack_window_us(&r, 100 * MS, 120 * MS, true));
	/* no overflow on the way there */
	r.window_mult = U8_MAX;
	KUNIT_EXPECT_EQ(test, 120 * MS, xtcp_rack_window_us(&r, U32_MAX, 120 * MS, true));
}

/* Step 4, RACK_update_reo_wnd(): once a round trip a D-SACK widens it. */
static void dsack_rounds(struct kunit *test)
{
	u32 una = U32_MAX - 1000, nxt = 5000;
	struct xtcp_rack r;

	xtcp_rack_init(&r);
	KUNIT_EXPECT_EQ(test, 1, r.window_mult);
	xtcp_rack_dsack(&r, una, nxt, false);
	KUNIT_EXPECT_EQ(test, 1, r.window_mult);
	xtcp_rack_dsack(&r, una, nxt, true);
	KUNIT_EXPECT_EQ(test, 2, r.window_mult);
	/* not a second time in that round */
	xtcp_rack_dsack(&r, una, nxt, true);
	xtcp_rack_dsack(&r, nxt - 1, nxt + 9000, true);
	KUNIT_EXPECT_EQ(test, 2, r.window_mult);
	/* which ends once all is acknowledged that was in flight then */
	xtcp_rack_dsack(&r, nxt, nxt + 9000, true);
	KUNIT_EXPECT_EQ(test, 3, r.window_mult);
	xtcp_rack_dsack(&r, nxt + 9000, nxt + 10000, false);
	xtcp_rack_dsack(&r, nxt + 9000, nxt + 10000, true);
	KUNIT_EXPECT_EQ(test, 4, r.window_mult);
	/* it does not wrap */
	for (int i = 0; i < 1000; i++) {
		nxt += 10000;
		xtcp_rack_dsack(&r, nxt, nxt + 10000, true);
	}
	KUNIT_EXPECT_EQ(test, U8_MAX, r.window_mult);
}

/* RACK.reo_wnd_persist: after 16 recoveries without a D-SACK it is what it was. */
static void persists(struct kunit *test)
{
	struct xtcp_rack r;

	xtcp_rack_init(&r);
	/* nothing to forget */
	for (int i = 0; i < 20; i++)
		xtcp_rack_recovered(&r);
	KUNIT_EXPECT_EQ(test, 1, r.window_mult);
	xtcp_rack_dsack(&r, 0, 1000, true);
	for (int i = 0; i < 15; i++)
		xtcp_rack_recovered(&r);
	KUNIT_EXPECT_EQ(test, 2, r.window_mult);
	/* a D-SACK in between starts anew */
	xtcp_rack_dsack(&r, 1000, 2000, true);
	KUNIT_EXPECT_EQ(test, 3, r.window_mult);
	for (int i = 0; i < 15; i++)
		xtcp_rack_recovered(&r);
	KUNIT_EXPECT_EQ(test, 3, r.window_mult);
	xtcp_rack_recovered(&r);
	KUNIT_EXPECT_EQ(test, 1, r.window_mult);
	xtcp_rack_recovered(&r);
	KUNIT_EXPECT_EQ(test, 1, r.window_mult);
}

/* Step 5, RACK_detect_loss(): remaining = xmit_ts + RACK.rtt + reo_wnd - now */
static void remaining(struct kunit *test)
{
	struct xtcp_rack r;

	xtcp_rack_init(&r);
	xtcp_rack_delivered(&r, NOW, 1000, 100 * MS);
	KUNIT_EXPECT_EQ(test, 25 * MS,
			xtcp_rack_remaining_us(&r, NOW, 25 * MS, NOW + 100 * MS));
	KUNIT_EXPECT_EQ(test, 1,
			xtcp_rack_remaining_us(&r, NOW, 25 * MS, NOW + 125 * MS - 1));
	KUNIT_EXPECT_EQ(test, 0,
			xtcp_rack_remaining_us(&r, NOW, 25 * MS, NOW + 125 * MS));
	KUNIT_EXPECT_EQ(test, 0,
			xtcp_rack_remaining_us(&r, NOW, 25 * MS, NOW + 500 * MS));
	/* without a window, what left a moment earlier has had its time */
	KUNIT_EXPECT_EQ(test, 0,
			xtcp_rack_remaining_us(&r, NOW - 1, 0, NOW + 100 * MS));
}

/* 7.2, TLP_calc_PTO() */
static void probe_timeout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 200 * MS, xtcp_tlp_timeout_us(100 * MS, false));
	KUNIT_EXPECT_EQ(test, 200 * MS + XTCP_TLP_MAX_ACK_DELAY_US,
			xtcp_tlp_timeout_us(100 * MS, true));
	KUNIT_EXPECT_EQ(test, 1000 * MS, xtcp_tlp_timeout_us(0, false));
	KUNIT_EXPECT_EQ(test, 1000 * MS, xtcp_tlp_timeout_us(0, true));
	KUNIT_EXPECT_EQ(test, U32_MAX / 2, xtcp_tlp_timeout_us(U32_MAX, true));
}

static struct kunit_case rack_cases[] = {
	KUNIT_CASE(sent_before),
	KUNIT_CASE(update),
	KUNIT_CASE(window),
	KUNIT_CASE(dsack_rounds),
	KUNIT_CASE(persists),
	KUNIT_CASE(remaining),
	KUNIT_CASE(probe_timeout),
	{}
};

struct kunit_suite rack_suite = {
	.name = "rack",
	.test_cases = rack_cases,
};
