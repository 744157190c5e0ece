// SPDX-License-Identifier: GPL-2.0
/*
 * The congestion window: RFC 5681.
 */
#include "../module/engine/cong_list.h"
#include "suites.h"

#define MSS	1000u

static void acked(struct xtcp_cong *cc, u32 bytes)
{
	const struct xtcp_cong_ack a = { .acked_bytes = bytes };

	xtcp_cong_acked(cc, &a);
}

static void begins(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	KUNIT_EXPECT_EQ(test, 10 * MSS, cc.cwnd_bytes);	/* RFC 6928 */
	KUNIT_EXPECT_TRUE(test, xtcp_cong_in_slow_start(&cc));
	KUNIT_EXPECT_EQ(test, XTCP_SSTHRESH_INFINITE, cc.ssthresh_bytes);
	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, true);
	KUNIT_EXPECT_EQ(test, MSS, cc.cwnd_bytes);	/* RFC 5681, 3.1 */
}

/* A window acknowledged doubles the window (MUST-19). */
static void slow_start(struct kunit *test)
{
	struct xtcp_cong cc;
	u32 cwnd = 10 * MSS;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	for (int round = 0; round < 5; round++) {
		for (u32 sum = 0; sum < cwnd; sum += MSS)
			acked(&cc, MSS);
		cwnd *= 2;
		KUNIT_EXPECT_EQ(test, cwnd, cc.cwnd_bytes);
	}
	acked(&cc, 1);
	KUNIT_EXPECT_EQ(test, cwnd + 1, cc.cwnd_bytes);
	acked(&cc, 0);
	KUNIT_EXPECT_EQ(test, cwnd + 1, cc.cwnd_bytes);
}

/* One MSS for each window acknowledged, however the ACKs cut it (MUST-19). */
static void avoidance(struct kunit *test)
{
	static const u32 chunk[] = { MSS, 2 * MSS, 1, 333, 10 * MSS };

	for (int i = 0; i < ARRAY_SIZE(chunk); i++) {
		struct xtcp_cong cc;
		u32 cwnd;

		xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
		xtcp_cong_loss(&cc, 20 * MSS);
		cc.cwnd_bytes = cc.ssthresh_bytes;
		KUNIT_EXPECT_FALSE(test, xtcp_cong_in_slow_start(&cc));
		for (int round = 0; round < 10; round++) {
			u32 sum = cc.acked_bytes;

			cwnd = cc.cwnd_bytes;
			for (; sum < cwnd; sum += chunk[i]) {
				KUNIT_ASSERT_EQ(test, cwnd, cc.cwnd_bytes);
				acked(&cc, chunk[i]);
			}
			KUNIT_ASSERT_EQ(test, cwnd + MSS, cc.cwnd_bytes);
		}
	}
}

/* The ACK that crosses ssthresh counts for both. */
static void crossing(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	cc.cwnd_bytes = 9 * MSS;
	cc.ssthresh_bytes = 10 * MSS;
	acked(&cc, 3 * MSS);
	KUNIT_EXPECT_EQ(test, 10 * MSS, cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 2 * MSS, cc.acked_bytes);
	acked(&cc, 8 * MSS);
	KUNIT_EXPECT_EQ(test, 11 * MSS, cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 0, cc.acked_bytes);
}

static void loss(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	xtcp_cong_loss(&cc, 10 * MSS);
	KUNIT_EXPECT_EQ(test, 5 * MSS, cc.ssthresh_bytes);	/* (4) */
	KUNIT_EXPECT_EQ(test, 10 * MSS, cc.cwnd_bytes);
	xtcp_cong_loss(&cc, 3 * MSS);
	KUNIT_EXPECT_EQ(test, 2 * MSS, cc.ssthresh_bytes);
	xtcp_cong_loss(&cc, 0);
	KUNIT_EXPECT_EQ(test, 2 * MSS, cc.ssthresh_bytes);
}

static void timeout(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	xtcp_cong_timeout(&cc, 8 * MSS, false);
	KUNIT_EXPECT_EQ(test, 4 * MSS, cc.ssthresh_bytes);
	KUNIT_EXPECT_EQ(test, MSS, cc.cwnd_bytes);
	KUNIT_EXPECT_TRUE(test, xtcp_cong_in_slow_start(&cc));
	/* the same segment again: ssthresh is held */
	xtcp_cong_timeout(&cc, MSS, true);
	KUNIT_EXPECT_EQ(test, 4 * MSS, cc.ssthresh_bytes);
	KUNIT_EXPECT_EQ(test, MSS, cc.cwnd_bytes);
	for (int i = 0; i < 3; i++)
		acked(&cc, MSS);
	KUNIT_EXPECT_EQ(test, 4 * MSS, cc.cwnd_bytes);
	KUNIT_EXPECT_FALSE(test, xtcp_cong_in_slow_start(&cc));
}

static void idle(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	cc.cwnd_bytes = 100 * MSS;
	xtcp_cong_idle(&cc);
	KUNIT_EXPECT_EQ(test, 10 * MSS, cc.cwnd_bytes);
	cc.cwnd_bytes = 3 * MSS;
	xtcp_cong_idle(&cc);
	KUNIT_EXPECT_EQ(test, 3 * MSS, cc.cwnd_bytes);
}

static void new_mss(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, true);
	xtcp_cong_set_mss(&cc, 1500);
	KUNIT_EXPECT_EQ(test, 1500, cc.cwnd_bytes);
	cc.cwnd_bytes = 20000;
	xtcp_cong_set_mss(&cc, 500);
	KUNIT_EXPECT_EQ(test, 20000, cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 500, cc.mss_bytes);
}

static void most(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	cc.cwnd_bytes = XTCP_CWND_MAX_BYTES - 10;
	acked(&cc, XTCP_CWND_MAX_BYTES);
	KUNIT_EXPECT_EQ(test, XTCP_CWND_MAX_BYTES, cc.cwnd_bytes);
	cc.ssthresh_bytes = XTCP_CWND_MAX_BYTES / 2;
	for (int i = 0; i < 10; i++)
		acked(&cc, XTCP_CWND_MAX_BYTES);
	KUNIT_EXPECT_EQ(test, XTCP_CWND_MAX_BYTES, cc.cwnd_bytes);
}

/* What a route says about the window still holds after a pause. */
static void route(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, 1000, false);
	xtcp_cong_route(&cc, 3, 0);
	KUNIT_EXPECT_EQ(test, 3000, cc.cwnd_bytes);
	cc.cwnd_bytes = 50000;
	xtcp_cong_idle(&cc);
	KUNIT_EXPECT_EQ(test, 3000, cc.cwnd_bytes);
	xtcp_cong_init(&cc, &xtcp_cong_reno, 1000, false);
	xtcp_cong_route(&cc, 50, 20);
	KUNIT_EXPECT_EQ(test, 20000, cc.cwnd_bytes);
	acked(&cc, 20000);
	KUNIT_EXPECT_EQ(test, 20000, cc.cwnd_bytes);
	/* a lost SYN says one segment, whatever the route */
	xtcp_cong_init(&cc, &xtcp_cong_reno, 1000, true);
	xtcp_cong_route(&cc, 0, 0);
	KUNIT_EXPECT_EQ(test, 1000, cc.cwnd_bytes);
}

static struct kunit_case cong_cases[] = {
	KUNIT_CASE(begins),
	KUNIT_CASE(slow_start),
	KUNIT_CASE(avoidance),
	KUNIT_CASE(crossing),
	KUNIT_CASE(loss),
	KUNIT_CASE(timeout),
	KUNIT_CASE(idle),
	KUNIT_CASE(route),
	KUNIT_CASE(new_mss),
	KUNIT_CASE(most),
	{}
};

struct kunit_suite cong_suite = {
	.name = "cong",
	.test_cases = cong_cases,
};
