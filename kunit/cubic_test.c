// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC: RFC 9438.  A flow with a constant round trip is compared, round trip by
 * round trip, with the curve that the RFC's formulas give, computed here in
 * thousandths of a segment.
 */
#include <linux/math64.h>
#include "../module/engine/cong.h"
#include "suites.h"

#define MSS	1000u

/* A flow, its clock and its round trip */
struct flow {
	struct xtcp_cong cc;
	struct xtcp_cong_ack a;
};

static void flow_init(struct flow *f, u32 rtt_ms)
{
	*f = (struct flow) {
		.a.now_us = -5000000,	/* the clock wraps soon */
		.a.srtt_us = rtt_ms * 1000,
		.a.min_rtt_us = rtt_ms * 1000,
	};
	xtcp_cong_init(&f->cc, &xtcp_cong_cubic, MSS, false);
}

/* A loss at a window of @segs, recovered from at once. */
static void lose(struct flow *f, u32 segs)
{
	f->cc.cwnd_bytes = segs * MSS;
	xtcp_cong_enter_recovery(&f->cc, segs * MSS);
	xtcp_cong_recovered(&f->cc);
}

static void flow_at(struct flow *f, u32 rtt_ms, u32 segs)
{
	flow_init(f, rtt_ms);
	lose(f, segs);
	f->a.acked_bytes = 0;
	f->a.now_us += f->a.srtt_us;
}

static void ack(struct flow *f, u32 bytes)
{
	f->a.acked_bytes = bytes;
	f->a.snd_una += bytes;
	f->a.snd_nxt = f->a.snd_una + f->cc.cwnd_bytes;
	xtcp_cong_acked(&f->cc, &f->a);
}

/* A window is acknowledged by ACKs of two segments, in a round trip. */
static void round_trip(struct flow *f)
{
	u32 acks = f->cc.cwnd_bytes / (2 * MSS);
	u32 start_us = f->a.now_us;

	for (u32 i = 1; i <= acks; i++) {
		f->a.now_us = start_us + div_u64((u64)f->a.srtt_us * i, acks);
		ack(f, 2 * MSS);
	}
}

static u32 milli_cwnd(const struct flow *f)
{
	return div_u64(f->cc.cwnd_bytes * 1000ull, MSS);
}

/* 0.4 (@t_ms - @k_ms)^3 + @w_max, in thousandths of a segment */
static s64 curve(s64 t_ms, s64 k_ms, s64 w_max)
{
	s64 d = t_ms - k_ms;

	return w_max * 1000 + div_s64(d * d * d * 4, 10 * 1000 * 1000);
}

/* The flow must follow the curve, to two segments or half a percent, until @until_ms. */
static void follows(struct kunit *test, struct flow *f, u32 from_ms, u32 until_ms,
		    u32 k_ms, u32 w_max)
{
	u32 rtt_ms = f->a.srtt_us / 1000;

	for (u32 t = from_ms + rtt_ms; t <= until_ms; t += rtt_ms) {
		s64 want = curve(t, k_ms, w_max);

		round_trip(f);
		KUNIT_ASSERT_LE_MSG(test, abs(milli_cwnd(f) - want),
				    max(2000ll, div_s64(want, 200)),
				    "at %u ms, W_max %u: cwnd %u, curve %lld",
				    t, w_max, milli_cwnd(f), want);
	}
}

/* K = cbrt(W_max 0.3 / 0.4), worked out by hand; the large go far past K
 * (MAY-18).
 */
static void curves(struct kunit *test)
{
	static const struct {
		u32 w_max, k_ms, rtt_ms, until_ms;
	} t[] = {
		{ 40, 3107, 300, 4500 },
		{ 100, 4217, 100, 5000 },
		{ 1000, 9086, 100, 20000 },
		{ 10000, 19574, 100, 30000 },
	};

	for (int i = 0; i < ARRAY_SIZE(t); i++) {
		struct flow f;

		flow_at(&f, t[i].rtt_ms, t[i].w_max);
		KUNIT_EXPECT_EQ(test, t[i].w_max * MSS / 10 * 7, f.cc.ssthresh_bytes);
		KUNIT_EXPECT_EQ(test, t[i].w_max * MSS / 10 * 7, f.cc.cwnd_bytes);
		ack(&f, MSS);	/* congestion avoidance begins: t = 0 */
		follows(test, &f, 0, t[i].until_ms, t[i].k_ms, t[i].w_max);
	}
}

/* A second loss below W_max leaves room for others: W_max = 0.85 cwnd (4.7). */
static void fast_convergence(struct kunit *test)
{
	struct flow f;

	flow_at(&f, 100, 1000);
	lose(&f, 800);
	KUNIT_EXPECT_EQ(test, 560 * MSS, f.cc.cwnd_bytes);
	ack(&f, MSS);
	/* K = cbrt((680 - 560) / 0.4) */
	follows(test, &f, 0, 10000, 6694, 680);
	/* at W_max or above: no room is left */
	flow_at(&f, 100, 1000);
	lose(&f, 1000);
	ack(&f, MSS);
	follows(test, &f, 0, 10000, 9086, 1000);
}

/* With a short round trip Reno is faster: 9/17 of a segment for each window, one
 * from the cwnd of the loss on (4.3).
 */
static void reno_friendly(struct kunit *test)
{
	u32 windows = 0, half, cwnd;
	struct flow f;

	flow_at(&f, 1, 100);
	cwnd = f.cc.cwnd_bytes;
	for (; f.cc.cwnd_bytes < 100 * MSS && windows < 100; windows++)
		round_trip(&f);
	/* 30 segments, 17/9 windows each */
	KUNIT_EXPECT_GE(test, windows, 55);
	KUNIT_EXPECT_LE(test, windows, 59);
	KUNIT_EXPECT_EQ(test, 0, (f.cc.cwnd_bytes - cwnd) % MSS);
	half = windows;
	for (; f.cc.cwnd_bytes < 130 * MSS && windows < 200; windows++)
		round_trip(&f);
	KUNIT_EXPECT_GE(test, windows - half, 29);
	KUNIT_EXPECT_LE(test, windows - half, 32);
}

/* After a timeout there is no W_max: K = 0 (4.8). */
static void after_timeout(struct kunit *test)
{
	struct flow f;

	flow_at(&f, 500, 1000);
	f.cc.cwnd_bytes = 1000 * MSS;
	xtcp_cong_timeout(&f.cc, 1000 * MSS, false);
	KUNIT_EXPECT_EQ(test, MSS, f.cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 700 * MSS, f.cc.ssthresh_bytes);
	while (xtcp_cong_in_slow_start(&f.cc))
		ack(&f, MSS);
	KUNIT_EXPECT_EQ(test, 700 * MSS, f.cc.cwnd_bytes);
	ack(&f, MSS);
	/* Reno is faster for the first second and a half */
	follows(test, &f, 0, 12000, 0, 700);
}

/* Time without ACKs that grow the window does not count, but for a round trip. */
static void silence(struct kunit *test)
{
	struct flow f;

	flow_at(&f, 100, 1000);
	ack(&f, MSS);
	follows(test, &f, 0, 4000, 9086, 1000);
	f.a.now_us += 30000000;
	ack(&f, MSS);
	follows(test, &f, 4100, 12000, 9086, 1000);
}

/* After the restart window congestion avoidance begins anew, at ssthresh. */
static void idle(struct kunit *test)
{
	struct flow f;

	flow_at(&f, 1, 100);
	for (int i = 0; i < 40; i++)
		round_trip(&f);
	KUNIT_EXPECT_GT(test, f.cc.cwnd_bytes, 80 * MSS);
	xtcp_cong_idle(&f.cc);
	KUNIT_EXPECT_EQ(test, 10 * MSS, f.cc.cwnd_bytes);
	while (xtcp_cong_in_slow_start(&f.cc))
		ack(&f, MSS);
	for (int i = 0; i < 10; i++)
		ack(&f, MSS);
	KUNIT_EXPECT_GE(test, f.cc.cwnd_bytes, 70 * MSS);
	KUNIT_EXPECT_LE(test, f.cc.cwnd_bytes, 71 * MSS);
}

/* What was reduced for nothing goes on as if nothing had been (4.9). */
static void undo(struct kunit *test)
{
	struct flow f, twin;

	flow_at(&f, 100, 1000);
	ack(&f, MSS);
	follows(test, &f, 0, 4000, 9086, 1000);
	twin = f;
	xtcp_cong_enter_recovery(&f.cc, f.cc.cwnd_bytes);
	xtcp_cong_recovery_acked(&f.cc, MSS, f.cc.cwnd_bytes / 2, true);
	KUNIT_EXPECT_LT(test, f.cc.cwnd_bytes, twin.cc.cwnd_bytes);
	xtcp_cong_undo(&f.cc, 0);
	KUNIT_EXPECT_EQ(test, twin.cc.cwnd_bytes, f.cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, twin.cc.ssthresh_bytes, f.cc.ssthresh_bytes);
	follows(test, &f, 4000, 12000, 9086, 1000);
	/* a timeout, too */
	f = twin;
	xtcp_cong_timeout(&f.cc, f.cc.cwnd_bytes, false);
	xtcp_cong_undo(&f.cc, 0);
	follows(test, &f, 4000, 12000, 9086, 1000);
	/* the window has outgrown it: the new state stays */
	flow_at(&f, 100, 1000);
	ack(&f, MSS);
	lose(&f, 800);
	f.cc.cwnd_bytes = 900 * MSS;
	xtcp_cong_undo(&f.cc, 0);
	KUNIT_EXPECT_EQ(test, 900 * MSS, f.cc.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 700 * MSS, f.cc.ssthresh_bytes);
	f.cc.cwnd_bytes = 560 * MSS;
	f.cc.ssthresh_bytes = 560 * MSS;
	ack(&f, MSS);
	follows(test, &f, 0, 10000, 6694, 680);
}

/* In a round trip no more than half the window is added, and nothing taken (4.2). */
static void bounds(struct kunit *test)
{
	struct flow f;

	flow_at(&f, 30000, 1000);
	ack(&f, 700 * MSS);
	KUNIT_EXPECT_EQ(test, 1050 * MSS, f.cc.cwnd_bytes);
	flow_at(&f, 100, 1000);
	ack(&f, MSS);
	f.cc.cwnd_bytes = 5000 * MSS;
	ack(&f, 5000 * MSS);
	KUNIT_EXPECT_EQ(test, 5000 * MSS, f.cc.cwnd_bytes);
}

/* However the ACKs cut it, growth is the same: bytes are not lost to rounding. */
static void chunks(struct kunit *test)
{
	static const u32 chunk[] = { 100, MSS, 2 * MSS, 44 * MSS };

	for (int i = 0; i < ARRAY_SIZE(chunk); i++) {
		struct flow f;
		u32 sum;

		flow_at(&f, 100, 10000);
		ack(&f, MSS);
		f.a.now_us += 100000;
		for (sum = 0; sum < 7000 * MSS; sum += chunk[i])
			ack(&f, chunk[i]);
		/* W_cubic(200 ms) is 91.2 more than 7000; a window's worth of ACKs
		 * brings cwnd nearer by 1 - 1/e of that
		 */
		KUNIT_EXPECT_GE(test, milli_cwnd(&f), 7056800);
		KUNIT_EXPECT_LE(test, milli_cwnd(&f), 7058300);
	}
}

/* Slow start: HyStart++ ends the first, and no other. */
static void slow_start(struct kunit *test)
{
	struct flow f;
	u32 cwnd;

	flow_init(&f, 40);
	f.a.rtt_us = 40000;
	for (int i = 0; i < 3; i++)
		round_trip(&f);
	KUNIT_EXPECT_EQ(test, 80 * MSS, f.cc.cwnd_bytes);
	f.a.rtt_us = 60000;
	round_trip(&f);
	cwnd = f.cc.cwnd_bytes;
	KUNIT_EXPECT_LT(test, cwnd, 160 * MSS);
	KUNIT_EXPECT_EQ(test, XTCP_SSTHRESH_INFINITE, f.cc.ssthresh_bytes);
	for (int i = 0; i < 5; i++)
		round_trip(&f);
	KUNIT_EXPECT_NE(test, XTCP_SSTHRESH_INFINITE, f.cc.ssthresh_bytes);
	KUNIT_EXPECT_GE(test, f.cc.cwnd_bytes, cwnd * 2);
	KUNIT_EXPECT_LE(test, f.cc.cwnd_bytes, cwnd * 4);
	KUNIT_EXPECT_FALSE(test, xtcp_cong_in_slow_start(&f.cc));
	/* from there, K = 0; a slower path ends no later slow start */
	f.cc.cwnd_bytes = 1000 * MSS;
	xtcp_cong_timeout(&f.cc, 1000 * MSS, false);
	for (int i = 0; i < 10; i++) {
		f.a.rtt_us += 100000;
		round_trip(&f);
		ack(&f, MSS);
	}
	KUNIT_EXPECT_GE(test, f.cc.cwnd_bytes, 700 * MSS);
}

/* A loss in the first slow start, and it was none: it goes on. */
static void slow_start_undone(struct kunit *test)
{
	for (int grown = 0; grown < 2; grown++) {
		struct flow f;

		flow_init(&f, 40);
		f.a.rtt_us = 40000;
		round_trip(&f);
		round_trip(&f);
		KUNIT_EXPECT_EQ(test, 40 * MSS, f.cc.cwnd_bytes);
		lose(&f, 40);
		KUNIT_EXPECT_EQ(test, 28 * MSS, f.cc.cwnd_bytes);
		round_trip(&f);
		if (grown)
			f.cc.cwnd_bytes = 40 * MSS;
		xtcp_cong_undo(&f.cc, 0);
		KUNIT_EXPECT_EQ(test, 40 * MSS, f.cc.cwnd_bytes);
		KUNIT_EXPECT_EQ(test, XTCP_SSTHRESH_INFINITE, f.cc.ssthresh_bytes);
		round_trip(&f);
		KUNIT_EXPECT_EQ(test, 80 * MSS, f.cc.cwnd_bytes);
	}
}

/* Whatever comes, the window only grows, by half at most, and stays within its bound. */
static void extremes(struct kunit *test)
{
	static const u32 mss[] = { 1, 88, 1448, 65495, 65535 };
	static const u32 times[] = { 0, 1, 1000, 1000000, 0x7fffffff, U32_MAX };
	static const u32 windows[] = { 2, 1000, 1 << 20, XTCP_CWND_MAX_BYTES };

	for (int m = 0; m < ARRAY_SIZE(mss); m++)
		for (int t = 0; t < ARRAY_SIZE(times); t++)
			for (int w = 0; w < ARRAY_SIZE(windows); w++)
				for (int now = 0; now < ARRAY_SIZE(windows); now++) {
					struct flow f = { .a.srtt_us = times[t] };

					xtcp_cong_init(&f.cc, &xtcp_cong_cubic, mss[m],
						       false);
					f.cc.cwnd_bytes = windows[w];
					xtcp_cong_enter_recovery(&f.cc, windows[w]);
					f.cc.cwnd_bytes = windows[now];
					f.cc.ssthresh_bytes = 2;
					for (int i = 0; i < 20; i++) {
						u32 was = f.cc.cwnd_bytes;

						f.a.now_us += times[t];
						ack(&f, i % 2 ? U32_MAX : was);
						KUNIT_ASSERT_GE(test, f.cc.cwnd_bytes, was);
						KUNIT_ASSERT_LE(test, f.cc.cwnd_bytes,
								was + was / 2 + mss[m]);
						KUNIT_ASSERT_LE(test, f.cc.cwnd_bytes,
								XTCP_CWND_MAX_BYTES);
					}
				}
}

static struct kunit_case cubic_cases[] = {
	KUNIT_CASE(curves),
	KUNIT_CASE(fast_convergence),
	KUNIT_CASE(reno_friendly),
	KUNIT_CASE(after_timeout),
	KUNIT_CASE(silence),
	KUNIT_CASE(idle),
	KUNIT_CASE(undo),
	KUNIT_CASE(bounds),
	KUNIT_CASE(chunks),
	KUNIT_CASE(slow_start),
	KUNIT_CASE(slow_start_undone),
	KUNIT_CASE(extremes),
	{}
};

struct kunit_suite cubic_suite = {
	.name = "cubic",
	.test_cases = cubic_cases,
};
