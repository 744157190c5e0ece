// SPDX-License-Identifier: GPL-2.0
/*
 * The congestion window: RFC 5681, RFC 6928, RFC 6937.
 */
#include <linux/jhash.h>
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

/* RFC 6928, (1), below, between and above its bounds. */
static void initial_window(struct kunit *test)
{
	static const struct {
		u32 mss, window;
	} t[] = {
		{ 536, 5360 }, { 1448, 14480 }, { 1460, 14600 }, { 1461, 14600 },
		{ 4096, 14600 }, { 7300, 14600 }, { 7301, 14602 }, { 8960, 17920 },
		{ 65495, 130990 },
	};

	for (int i = 0; i < ARRAY_SIZE(t); i++) {
		struct xtcp_cong cc;

		xtcp_cong_init(&cc, &xtcp_cong_reno, t[i].mss, false);
		KUNIT_EXPECT_EQ(test, t[i].window, cc.cwnd_bytes);
		cc.cwnd_bytes = 1000000;
		xtcp_cong_idle(&cc);
		KUNIT_EXPECT_EQ(test, t[i].window, cc.cwnd_bytes);
		/* the route has the last word */
		xtcp_cong_route(&cc, 10, 0);
		KUNIT_EXPECT_EQ(test, 10 * t[i].mss, cc.cwnd_bytes);
	}
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
		xtcp_cong_enter_recovery(&cc, 20 * MSS);
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

/* Half of 19 segments: nine are in flight, and when they are acknowledged, a round trip is
 * over.  So RFC 5681, 3.1: "roughly 1 full-sized segment per round-trip time".
 */
static void half_a_segment(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	xtcp_cong_enter_recovery(&cc, 19 * MSS);
	xtcp_cong_recovered(&cc);
	KUNIT_EXPECT_EQ(test, 9 * MSS + MSS / 2, cc.cwnd_bytes);
	for (u32 segs = 9; segs < 20; segs++) {
		acked(&cc, segs * MSS - 1);
		KUNIT_ASSERT_EQ(test, segs * MSS + MSS / 2, cc.cwnd_bytes);
		acked(&cc, 1);
		KUNIT_ASSERT_EQ(test, (segs + 1) * MSS + MSS / 2, cc.cwnd_bytes);
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
	xtcp_cong_enter_recovery(&cc, 10 * MSS);
	KUNIT_EXPECT_EQ(test, 5 * MSS, cc.ssthresh_bytes);	/* (4) */
	KUNIT_EXPECT_EQ(test, 10 * MSS, cc.cwnd_bytes);
	xtcp_cong_enter_recovery(&cc, 3 * MSS);
	KUNIT_EXPECT_EQ(test, 2 * MSS, cc.ssthresh_bytes);
	xtcp_cong_enter_recovery(&cc, 0);
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

/* ---- proportional rate reduction: RFC 6937, 3.1, "Examples" ---- */

/* A flow of 20 segments.  Limited transmit has sent two more when the third ACK finds
 * the loss, so 22 are outstanding, and ssthresh is 11: the window of the RFC's row for
 * RFC 6675.  (Its text says 10; its rows are those of 11.)
 */
struct prr {
	struct xtcp_cong cc;
	u32 pipe_segs;
};

static void prr_begin(struct kunit *test, struct prr *p, u32 lost_segs)
{
	*p = (struct prr) { .pipe_segs = 22 - 2 - lost_segs };
	xtcp_cong_init(&p->cc, &xtcp_cong_reno, MSS, false);
	p->cc.cwnd_bytes = 20 * MSS;
	xtcp_cong_enter_recovery(&p->cc, 22 * MSS);
	KUNIT_EXPECT_EQ(test, 11 * MSS, p->cc.ssthresh_bytes);
}

/* An ACK that says of one more segment that it is there.  Return: how many leave */
static u32 prr_ack(struct prr *p, bool progress)
{
	u32 segs;

	p->pipe_segs--;
	xtcp_cong_recovery_acked(&p->cc, MSS, p->pipe_segs * MSS, progress);
	segs = p->cc.cwnd_bytes / MSS - p->pipe_segs;
	xtcp_cong_sent(&p->cc, segs * MSS);
	p->pipe_segs += segs;
	return segs;
}

/* The first segment is lost.  The row "sent" under "PRR", from the ACK for segment 3. */
static void prr_one_lost(struct kunit *test)
{
	static const u8 sent[] = {
		1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1
	};

	for (int progress = 0; progress < 2; progress++) {
		struct prr p;

		prr_begin(test, &p, 1);
		for (int i = 0; i < ARRAY_SIZE(sent); i++)
			KUNIT_EXPECT_EQ_MSG(test, sent[i], prr_ack(&p, progress),
					    "segment %d", 3 + i);
		KUNIT_EXPECT_EQ(test, 11 * MSS, p.cc.cwnd_bytes);
		xtcp_cong_recovered(&p.cc);
		KUNIT_EXPECT_EQ(test, 11 * MSS, p.cc.cwnd_bytes);
	}
}

/* The first 15 are lost.  The rows "pipe" and "sent" under "PRR-CRB" and "PRR-SSRB", from
 * the ACK for segment 17.
 */
static void prr_many_lost(struct kunit *test)
{
	struct prr p;

	prr_begin(test, &p, 15);
	for (int i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 4, p.pipe_segs - 1);
		KUNIT_EXPECT_EQ(test, 1, prr_ack(&p, false));
	}
	prr_begin(test, &p, 15);
	for (int i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 4 + i, p.pipe_segs - 1);
		KUNIT_EXPECT_EQ(test, 2, prr_ack(&p, true));
	}
	/* and so on, until pipe is ssthresh */
	for (int i = 0; i < 5; i++)
		prr_ack(&p, true);
	KUNIT_EXPECT_EQ(test, 1, prr_ack(&p, true));
	KUNIT_EXPECT_EQ(test, 11, p.pipe_segs);
}

/* What was not sent when it might have been is sent later ("banked"), up to ssthresh. */
static void prr_banked(struct kunit *test)
{
	struct prr p;

	prr_begin(test, &p, 1);
	prr_ack(&p, true);
	for (int i = 0; i < 8; i++) {
		p.pipe_segs--;
		xtcp_cong_recovery_acked(&p.cc, MSS, p.pipe_segs * MSS, true);
	}
	KUNIT_EXPECT_EQ(test, 11, p.pipe_segs);
	for (int i = 0; i < 4; i++) {
		p.pipe_segs--;
		xtcp_cong_recovery_acked(&p.cc, MSS, p.pipe_segs * MSS, true);
	}
	KUNIT_EXPECT_EQ(test, 7, p.pipe_segs);
	KUNIT_EXPECT_EQ(test, 11 * MSS, p.cc.cwnd_bytes);
	/* at ssthresh nothing more */
	xtcp_cong_recovery_acked(&p.cc, 0, 11 * MSS, true);
	KUNIT_EXPECT_EQ(test, 11 * MSS, p.cc.cwnd_bytes);
}

/* The first retransmission leaves at once, whatever the ACK says has arrived. */
static void prr_first(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	xtcp_cong_enter_recovery(&cc, 20 * MSS);
	xtcp_cong_recovery_acked(&cc, 0, 19 * MSS, false);
	KUNIT_EXPECT_EQ(test, 20 * MSS, cc.cwnd_bytes);
	xtcp_cong_sent(&cc, MSS);
	xtcp_cong_recovery_acked(&cc, 0, 20 * MSS, false);
	KUNIT_EXPECT_EQ(test, 20 * MSS, cc.cwnd_bytes);
}

/* No input overflows. */
static void prr_extremes(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	cc.cwnd_bytes = XTCP_CWND_MAX_BYTES;
	xtcp_cong_enter_recovery(&cc, XTCP_CWND_MAX_BYTES);
	xtcp_cong_recovery_acked(&cc, XTCP_CWND_MAX_BYTES, XTCP_CWND_MAX_BYTES, true);
	KUNIT_EXPECT_EQ(test, XTCP_CWND_MAX_BYTES, cc.cwnd_bytes);
	xtcp_cong_recovery_acked(&cc, 0, 0, true);
	KUNIT_EXPECT_EQ(test, XTCP_CWND_MAX_BYTES / 2, cc.cwnd_bytes);
	xtcp_cong_enter_recovery(&cc, 0);
	xtcp_cong_recovery_acked(&cc, U32_MAX, U32_MAX, true);
	KUNIT_EXPECT_EQ(test, XTCP_CWND_MAX_BYTES, cc.cwnd_bytes);
}

/* ---- taking back, and changing over ---- */

static void undo(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	xtcp_cong_undo(&cc, 0);
	KUNIT_EXPECT_EQ(test, 10 * MSS, cc.cwnd_bytes);
	cc.cwnd_bytes = 20 * MSS;
	cc.ssthresh_bytes = 15 * MSS;
	xtcp_cong_enter_recovery(&cc, 20 * MSS);
	xtcp_cong_recovery_acked(&cc, MSS, 18 * MSS, true);
	xtcp_cong_undo(&cc, 0);
	KUNIT_EXPECT_EQ(test, 20 * MSS, cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 15 * MSS, cc.ssthresh_bytes);
	/* a timeout, and another: back to what was before both */
	xtcp_cong_timeout(&cc, 20 * MSS, false);
	xtcp_cong_timeout(&cc, MSS, true);
	KUNIT_EXPECT_EQ(test, MSS, cc.cwnd_bytes);
	xtcp_cong_undo(&cc, 0);
	KUNIT_EXPECT_EQ(test, 20 * MSS, cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 15 * MSS, cc.ssthresh_bytes);
	/* what has grown since stays */
	xtcp_cong_timeout(&cc, 20 * MSS, false);
	cc.cwnd_bytes = 30 * MSS;
	cc.ssthresh_bytes = 25 * MSS;
	xtcp_cong_undo(&cc, 0);
	KUNIT_EXPECT_EQ(test, 30 * MSS, cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 25 * MSS, cc.ssthresh_bytes);
}

static void switches(struct kunit *test)
{
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_cubic, MSS, false);
	acked(&cc, 10 * MSS);
	xtcp_cong_enter_recovery(&cc, 20 * MSS);
	xtcp_cong_recovered(&cc);
	for (int i = 0; i < 5; i++)
		acked(&cc, 3 * MSS + 1);
	xtcp_cong_switch(&cc, &xtcp_cong_reno);
	KUNIT_EXPECT_PTR_EQ(test, &xtcp_cong_reno, cc.ops);
	KUNIT_EXPECT_EQ(test, 14 * MSS, cc.ssthresh_bytes);
	KUNIT_EXPECT_EQ(test, 0, cc.acked_bytes);
	for (int i = 0; i < XTCP_CONG_PRIVATE_WORDS; i++)
		KUNIT_EXPECT_EQ(test, 0, cc.private[i]);
	/* the other's state is not brought back */
	xtcp_cong_undo(&cc, 0);
	KUNIT_EXPECT_EQ(test, 14 * MSS, cc.ssthresh_bytes);
	/* the same again is no change */
	acked(&cc, MSS);
	xtcp_cong_switch(&cc, &xtcp_cong_reno);
	KUNIT_EXPECT_EQ(test, MSS, cc.acked_bytes);
}

/* In slow start, twice what was in flight in a round trip; the sequence numbers wrap. */
static void half_used(struct kunit *test)
{
	struct xtcp_cong cc;
	u32 una = -3 * MSS;

	xtcp_cong_init(&cc, &xtcp_cong_reno, MSS, false);
	cc.used.end = una - 1;
	KUNIT_EXPECT_FALSE(test, xtcp_cong_half_used(&cc, una, una + 5 * MSS));
	KUNIT_EXPECT_TRUE(test, xtcp_cong_half_used(&cc, una, una + 6 * MSS));
	/* in the same round trip it counts on */
	KUNIT_EXPECT_TRUE(test, xtcp_cong_half_used(&cc, una + 4 * MSS, una + 6 * MSS));
	cc.cwnd_bytes = 12 * MSS;
	KUNIT_EXPECT_FALSE(test, xtcp_cong_half_used(&cc, una + 4 * MSS, una + 6 * MSS));
	cc.cwnd_bytes = 10 * MSS;
	/* and in the next not */
	KUNIT_EXPECT_FALSE(test, xtcp_cong_half_used(&cc, una + 6 * MSS, una + 8 * MSS));
	KUNIT_EXPECT_TRUE(test, xtcp_cong_half_used(&cc, una + 6 * MSS, una + 12 * MSS));
	/* not in congestion avoidance */
	cc.ssthresh_bytes = cc.cwnd_bytes;
	KUNIT_EXPECT_FALSE(test, xtcp_cong_half_used(&cc, una + 6 * MSS, una + 12 * MSS));
}

/* A route names it by a number that the kernel's TCP makes of the name. */
static void by_key(struct kunit *test)
{
	static const char reno[16] = "reno", cubic[16] = "cubic", vegas[16] = "vegas";

	KUNIT_EXPECT_PTR_EQ(test, &xtcp_cong_reno, xtcp_cong_by_key(jhash(reno, 16, 4)));
	KUNIT_EXPECT_PTR_EQ(test, &xtcp_cong_cubic, xtcp_cong_by_key(jhash(cubic, 16, 5)));
	KUNIT_EXPECT_NULL(test, xtcp_cong_by_key(jhash(vegas, 16, 5)));
	KUNIT_EXPECT_NULL(test, xtcp_cong_by_key(0));
}

static struct kunit_case cong_cases[] = {
	KUNIT_CASE(begins),
	KUNIT_CASE(initial_window),
	KUNIT_CASE(slow_start),
	KUNIT_CASE(avoidance),
	KUNIT_CASE(half_a_segment),
	KUNIT_CASE(crossing),
	KUNIT_CASE(loss),
	KUNIT_CASE(timeout),
	KUNIT_CASE(idle),
	KUNIT_CASE(route),
	KUNIT_CASE(new_mss),
	KUNIT_CASE(most),
	KUNIT_CASE(prr_one_lost),
	KUNIT_CASE(prr_many_lost),
	KUNIT_CASE(prr_banked),
	KUNIT_CASE(prr_first),
	KUNIT_CASE(prr_extremes),
	KUNIT_CASE(undo),
	KUNIT_CASE(switches),
	KUNIT_CASE(by_key),
	KUNIT_CASE(half_used),
	{}
};

struct kunit_suite cong_suite = {
	.name = "cong",
	.test_cases = cong_cases,
};
