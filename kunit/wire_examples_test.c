// SPDX-License-Identifier: GPL-2.0
/*
 * Examples of loss recovery, played from beginning to end: those of RFC 8985, 3.4, 3.5 and
 * 9.1, the rules of RFC 6675's NextSeg(), and what else paths do.  What leaves when, and
 * cwnd, ssthresh and the timeout after it.  The first byte in flight is 101.
 *
 * RFC 6937 lets as much go as is delivered, so that of two lost segments both go again at
 * once only if the ACK that shows it says of two that they are there.
 */
#include "conv.h"
#include "suites.h"

#define ALL	(XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS | XTCP_OPT_WSCALE)
#define RTT_MS	2000
#define SEG	(MSS - XTCP_TIMESTAMPS_BYTES)
#define INFINITE	0x7fffffff

static void sent(struct conv *t, int segs, int more)
{
	established_over(t, ALL, RTT_MS);
	in_flight(t, segs, more);
	time_passes(t, RTT_MS);
}

/* RFC 6298's, and not backed off. */
static void rto_is_of_round_trip(struct conv *t)
{
	s64 srtt = conv_value(t, CONV_SRTT), rto = conv_value(t, CONV_RTO);

	backoff_is(t, 0);
	KUNIT_EXPECT_GE(t->test, rto, srtt + 200000);
	KUNIT_EXPECT_LE(t->test, rto, 4 * srtt);
}

/* How it all ended. */
static void repaired(struct conv *t, u32 cwnd, u32 ssthresh, int retransmissions)
{
	phase_is(t, OPEN);
	cwnd_is(t, cwnd);
	ssthresh_is(t, ssthresh);
	rto_is_of_round_trip(t);
	counted(t, RETRANS, retransmissions);
	counted(t, TIMEOUTS, 0);
}

/* ---- RFC 8985 ---- */

/* 3.4, figure 1.  P1, P2 and P3 are lost, and P1 once more.  (The ACK of P0 comes with
 * that of the probe.)
 */
static void fast_recovery(struct kunit *test)
{
	struct conv *t = conv_of(test);
	long left;

	established_over(t, ALL, RTT_MS);
	in_flight(t, 4, 0);					/* 1 */
	waits_for(t, PROBE);
	left = jiffies_to_msecs(conv_deadline(t, XTCP_TIMER_RETRANSMIT) - jiffies);
	KUNIT_EXPECT_LE(test, left, 2 * conv_value(t, CONV_SRTT) / 1000 + 20);
	KUNIT_EXPECT_GE(test, left, RTT_MS);
	time_passes(t, 2 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+3m ack R len m");		/* 3b */
	waits_for(t, TIMEOUT);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U+m sack U+3m..U+4m");	/* 4 */
	expect(t, "ACK seq U+m ack R len m");			/* 5c */
	expect(t, "ACK seq U+2m ack R len m");
	phase_is(t, RECOVERY);
	ssthresh_is(t, 2 * SEG);
	pipe_is(t, 2 * SEG);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U sack U+m..U+3m");		/* 6 */
	expect(t, "ACK seq U ack R len m");			/* 7b */
	waits_for(t, TIMEOUT);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack S");				/* 8 */
	repaired(t, 2 * SEG, 2 * SEG, 4);
	counted(t, FAST_RETRANS, 1);
	counted(t, UNDOS, 0);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
}

/* 3.5.  The second and the third leave right before the timeout of the first: only the
 * first has had its time.
 */
static void timeout_of_the_first(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	t->xn->sysctl.early_retrans = 0;
	in_flight(t, 1, 0);
	time_passes(t, 3 * RTT_MS);
	set_cwnd(t, 3 * SEG);
	returns(t, 2 * SEG, user_send(t, 2 * SEG));
	expect(t, "ACK seq S ack R len m");
	expect(t, "PSH|ACK seq S+m ack R len m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
	phase_is(t, LOSS);
	cwnd_is(t, SEG);
	lost_is(t, 0);
	pipe_is(t, 3 * SEG);
	backoff_is(t, 1);
	/* its ACK comes: the others wait for a timeout of their own */
	time_passes(t, RTT_MS / 2);
	inject(t, "ACK seq R ack U+m");
	waits_for(t, TIMEOUT);
	lost_is(t, 0);
	rto_is_of_round_trip(t);
	time_passes(t, 3 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	counted(t, TIMEOUTS, 2);
	counted(t, RETRANS, 2);
}

/* Segments each of which leaves later than the one before by more than the time for
 * reordering.
 */
static void sent_apart(struct conv *t, int segs)
{
	established_over(t, ALL, RTT_MS);
	for (int i = 0; i < segs; i++) {
		if (i)
			time_passes(t, RTT_MS / 4 + 200);
		returns(t, SEG, user_send(t, SEG));
		expect(t, "PSH|ACK seq S ack R len m");
	}
	conv_look(t);
}

/* 9.1, 1: the first and the last are lost. */
static void first_and_last_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent_apart(t, 3);
	time_passes(t, RTT_MS * 3 / 4 - 200);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	expect(t, "PSH|ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	lost_is(t, 0);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U+2m");
	expect(t, "PSH|ACK seq U+2m ack R len m");
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack S");
	repaired(t, 2 * SEG, 2 * SEG, 2);
}

/* 9.1, 2: two are lost, and the retransmission of the first.  (A segment before them arrived,
 * and was not acknowledged.)
 */
static void retransmission_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent_apart(t, 4);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U+m sack U+3m..U+4m");
	expect(t, "PSH|ACK seq U+m ack R len m");
	expect(t, "PSH|ACK seq U+2m ack R len m");
	phase_is(t, RECOVERY);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U sack U+m..U+3m");
	expect(t, "PSH|ACK seq U ack R len m");
	lost_is(t, 0);
	waits_for(t, TIMEOUT);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack S");
	repaired(t, 2 * SEG, 2 * SEG, 3);
}

/* 9.1, 3: an octet overtakes two segments.  The path is known to reorder. */
static void octet_overtakes(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, 4, 0);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	inject(t, "ACK seq R ack S");
	reordered_is(t, true);
	for (int late = 0; late < 2; late++) {
		set_cwnd(t, 10 * SEG);
		returns(t, 2 * SEG + 1, user_send(t, 2 * SEG + 1));
		expect(t, "ACK seq S ack R len m");
		expect(t, "ACK seq S+m ack R len m");
		expect(t, "PSH|ACK seq S+2m ack R len 1");
		before = t->tsval_seen;
		time_passes(t, RTT_MS);
		inject(t, "ACK seq R ack U sack U+2m..U+2m+1");
		waits_for(t, REORDERING);
		phase_is(t, OPEN);
		if (late)
			break;
		/* the others come within a quarter of a round trip */
		time_passes(t, RTT_MS / 8);
		inject(t, "ACK seq R ack S");
		counted(t, RETRANS, 0);
	}
	/* or later: they are thought lost, and that was a mistake */
	time_passes(t, RTT_MS / 4);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	ssthresh_is(t, 2 * SEG);
	inject(t, "ACK seq R ack S ecr %u", before);
	repaired(t, 10 * SEG, INFINITE, 1);
	counted(t, UNDOS, 1);
}

/* ---- RFC 6675, 4, NextSeg() ---- */

/* (1) what is lost, the first of it first; (2) then what was never sent; (5) else nothing.
 * (3) and (4) would send what is not known to be lost: a loss probe does (RFC 8985, 7).
 */
static void next_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 4);
	inject(t, "ACK seq R ack U sack U+2m..U+5m");
	expect(t, "ACK seq U ack R len m");		/* (1) */
	lost_is(t, SEG);
	pipe_is(t, 6 * SEG);
	inject(t, "ACK seq R ack U sack U+2m..U+6m");
	silence(t);
	inject(t, "ACK seq R ack U sack U+2m..U+7m");
	expect(t, "ACK seq U+m ack R len m");		/* (1) */
	lost_is(t, 0);
	pipe_is(t, 5 * SEG);
	for (int i = 0; i < 3; i++) {
		inject(t, "ACK seq R ack U sack U+2m..U+%dm", 8 + i);
		expect(t, "PSH|ACK seq U+%dm ack R len m", 10 + i);	/* (2) */
	}
	ssthresh_is(t, 5 * SEG);
	cwnd_is(t, 5 * SEG);
	inject(t, "ACK seq R ack 101+10m");
	expect(t, "PSH|ACK seq 101+13m ack R len m");
	inject(t, "ACK seq R ack S");
	silence(t);					/* (5) */
	repaired(t, 5 * SEG, 5 * SEG, 2);
}

/* ---- paths ---- */

/* One is overtaken by three: it is sent again, and as the first answer shows, for nothing.
 * The next that is overtaken by three has its time.
 */
static void overtaken_by_three(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, 10, 0);
	before = t->tsval_seen;
	for (int i = 2; i < 5; i++)
		inject(t, "ACK seq R ack U ecr %u sack U+m..U+%dm", before, i);
	expect(t, "ACK seq U ack R len m");
	ssthresh_is(t, 5 * SEG);
	inject(t, "ACK seq R ack U+4m ecr %u", before);
	repaired(t, 14 * SEG, INFINITE, 1);	/* slow start goes on */
	counted(t, UNDOS, 1);
	for (int i = 2; i < 5; i++)
		inject(t, "ACK seq R ack U ecr %u sack U+m..U+%dm", before, i);
	phase_is(t, OPEN);
	waits_for(t, REORDERING);
	inject(t, "ACK seq R ack U+4m ecr %u", before);
	repaired(t, 18 * SEG, INFINITE, 1);
}

/* One is lost, and every second ACK. */
static void half_the_acks(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 20);
	inject(t, "ACK seq R ack U sack U+m..U+3m");
	expect(t, "ACK seq U+10m ack R len m");
	expect(t, "PSH|ACK seq U+11m ack R len m");
	inject(t, "ACK seq R ack U sack U+m..U+5m");
	expect(t, "ACK seq U ack R len m");
	ssthresh_is(t, 5 * SEG);
	cwnd_is(t, 8 * SEG);
	inject(t, "ACK seq R ack U sack U+m..U+7m");
	expect(t, "PSH|ACK seq U+12m ack R len m");
	cwnd_is(t, 7 * SEG);
	inject(t, "ACK seq R ack U sack U+m..U+9m");
	silence(t);
	inject(t, "ACK seq R ack U+12m");
	for (int i = 13; i < 17; i++)
		expect(t, "%s seq U+%dm ack R len m", i == 16 ? "PSH|ACK" : "ACK", i);
	repaired(t, 5 * SEG, 5 * SEG, 1);
	reordered_is(t, false);
}

/* All is late by two round trips, and nothing lost: the timeout is taken back, and the next
 * one is longer, as the path is (RFC 4015, 3.2).
 */
static void all_is_late(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;
	s64 rto;

	established_over(t, ALL, RTT_MS);
	t->xn->sysctl.early_retrans = 0;
	in_flight(t, 10, 20);
	before = t->tsval_seen;
	rto = conv_value(t, CONV_RTO);
	time_passes(t, 3 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	cwnd_is(t, SEG);
	ssthresh_is(t, 5 * SEG);
	rto_is(t, 2 * rto);
	inject(t, "ACK seq R ack U+m ecr %u", before);
	/* as if nothing had been: slow start goes on */
	expect(t, "ACK seq U+10m ack R len m");
	expect(t, "PSH|ACK seq U+11m ack R len m");
	phase_is(t, OPEN);
	cwnd_is(t, 11 * SEG);
	ssthresh_is(t, INFINITE);
	lost_is(t, 0);
	pipe_is(t, 11 * SEG);
	inject(t, "ACK seq R ack U+m ecr %u", before);
	pass_over(t);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_SRTT), (RTT_MS + RTT_MS / 8) * USEC_PER_MSEC);
	rto_is_of_round_trip(t);
	counted(t, RETRANS, 1);
	counted(t, UNDOS, 1);
}

static struct kunit_case examples_cases[] = {
	KUNIT_CASE(fast_recovery),
	KUNIT_CASE(timeout_of_the_first),
	KUNIT_CASE(first_and_last_lost),
	KUNIT_CASE(retransmission_lost),
	KUNIT_CASE(octet_overtakes),
	KUNIT_CASE(next_segments),
	KUNIT_CASE(overtaken_by_three),
	KUNIT_CASE(half_the_acks),
	KUNIT_CASE(all_is_late),
	{}
};

struct kunit_suite examples_suite = {
	.name = "wire_examples",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = examples_cases,
};
