// SPDX-License-Identifier: GPL-2.0
/*
 * RACK-TLP on the wire: RFC 8985.  Reordering, and what is learnt of it; loss probes and
 * what their answers mean.  The first byte in flight is 101.
 */
#include "../module/socket/info.h"
#include "conv.h"
#include "suites.h"

#define ALL	(XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS | XTCP_OPT_WSCALE)
#define SACK	XTCP_OPT_SACK_PERMITTED
#define RTT_MS	2000
#define SEG	(MSS - XTCP_TIMESTAMPS_BYTES)

static void sent(struct conv *t, u8 options, int segs, int more)
{
	established_over(t, options, RTT_MS);
	in_flight(t, segs, more);
	time_passes(t, RTT_MS);
}

/* In milliseconds from now, by the clock of timers. */
static long due_in(struct conv *t)
{
	return jiffies_to_msecs(conv_deadline(t, XTCP_TIMER_RETRANSMIT) - jiffies);
}

/* Is the timer due then?  A step of the test may take a while. */
static void due(struct conv *t, long ms)
{
	KUNIT_EXPECT_LE(t->test, due_in(t), ms + ms / 10 + 20);
	KUNIT_EXPECT_GE(t->test, due_in(t), ms - ms / 4 - 100);
}

/* ---- reordering ---- */

/* One is overtaken by two: nothing is sent again, and it is learnt. */
static void overtaken_by_two(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	inject(t, "ACK seq R ack U sack U+m..U+3m");
	reordered_is(t, false);
	inject(t, "ACK seq R ack U+3m");
	reordered_is(t, true);
	phase_is(t, OPEN);
	counted(t, RETRANS, 0);
	/* from now on three SACKs are not enough */
	for (int i = 3; i < 7; i++)
		inject(t, "ACK seq R ack U sack 101+4m..101+%dm", i + 2);
	phase_is(t, OPEN);
	counted(t, RETRANS, 0);
	waits_for(t, REORDERING);
	due(t, RTT_MS / 4);
	/* but time is, a quarter of the round trip */
	time_passes(t, RTT_MS / 2);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	counted(t, FAST_RETRANS, 1);
}

/* As many as are in flight overtake the first: if it comes in time, nothing happens. */
static void overtaken_by_thirty(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 4, 0);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	inject(t, "ACK seq R ack S");
	reordered_is(t, true);
	in_flight(t, 40, 0);
	time_passes(t, RTT_MS);
	for (int i = 1; i < 31; i++)
		inject(t, "ACK seq R ack U sack U+m..U+%dm", i + 1);
	phase_is(t, OPEN);
	sacked_is(t, 30 * SEG);
	inject(t, "ACK seq R ack U+31m");
	phase_is(t, OPEN);
	waits_for(t, PROBE);
	counted(t, RETRANS, 0);
	counted(t, FAST_RETRANS, 0);
}

/* Three of which the first is overtaken, and it was sent again before it came: the peer's
 * D-SACK makes the window larger, once a round trip.
 */
static void window_grows(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len 1460");
	inject(t, "ACK seq R ack U+5840");
	reordering_mult_is(t, 1);
	inject(t, "ACK seq R ack U sack U-5840..U-4380");
	reordering_mult_is(t, 2);
	inject(t, "ACK seq R ack U sack U-5840..U-4380");
	reordering_mult_is(t, 2);
	counted(t, DSACKS_IN, 2);
	phase_is(t, OPEN);
}

static struct tcp_info info_of(struct conv *t)
{
	struct sock *sk = t->sock->sk;
	struct tcp_info info;

	lock_sock(sk);
	xtcp_get_info(sk, &info);
	release_sock(sk);
	return info;
}

/* TCP_INFO counts ACKs that told of reordering, and segments that came twice. */
static void told_by_tcp_info(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 10, 0);
	KUNIT_EXPECT_EQ(test, 10 * SEG, info_of(t).tcpi_rcv_space);
	inject(t, "ACK seq R ack U sack U+2m..U+3m");
	inject(t, "ACK seq R ack U sack U+m..U+3m");
	KUNIT_EXPECT_EQ(test, 1, info_of(t).tcpi_reord_seen);
	inject(t, "ACK seq R ack U+3m");
	KUNIT_EXPECT_EQ(test, 2, info_of(t).tcpi_reord_seen);
	inject(t, "ACK seq R ack U+3m");
	/* three in one are one */
	inject(t, "ACK seq R ack U sack U+3m..U+4m");
	inject(t, "ACK seq R ack U+4m");
	KUNIT_EXPECT_EQ(test, 3, info_of(t).tcpi_reord_seen);
	KUNIT_EXPECT_EQ(test, 0, info_of(t).tcpi_dsack_dups);
	inject(t, "ACK seq R ack S sack S-3m..S-m");
	KUNIT_EXPECT_EQ(test, 2, info_of(t).tcpi_dsack_dups);
	inject(t, "ACK seq R ack S sack S-m..S-1");
	KUNIT_EXPECT_EQ(test, 3, info_of(t).tcpi_dsack_dups);
	/* more than there ever was */
	inject(t, "ACK seq R ack S sack S-9000000..S-m");
	KUNIT_EXPECT_EQ(test, 3, info_of(t).tcpi_dsack_dups);
}

/* RFC 8985, 6.2, step 4, while fewer than three are SACKed. */
static void first_sack_starts_timer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 10, 0);
	waits_for(t, PROBE);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	waits_for(t, REORDERING);
	due(t, RTT_MS / 4);
	/* nothing before it is missing any more */
	inject(t, "ACK seq R ack U+2m");
	waits_for(t, PROBE);
}

/* 6.2, step 1: the path has become longer for good, and the window for reordering with it,
 * once the old round trip is minutes ago.
 */
static void longer_path(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	for (int i = 0; i < 5; i++) {
		in_flight(t, 2, 0);
		time_passes(t, 4 * RTT_MS);
		inject(t, "ACK seq R ack S");
		time_passes(t, 90 * MSEC_PER_SEC);
		if (i < 1)
			KUNIT_EXPECT_LT(test, conv_value(t, CONV_MIN_RTT),
					2 * RTT_MS * USEC_PER_MSEC);
	}
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_MIN_RTT), 4 * RTT_MS * USEC_PER_MSEC);
	in_flight(t, 4, 0);
	time_passes(t, 4 * RTT_MS);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	waits_for(t, REORDERING);
	due(t, 4 * RTT_MS / 4);
}

/* The timeout is that of what was sent again, which takes a round trip: RFC 6675, 6; as
 * Linux.
 */
static void timeout_of_what_went_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 10, 20);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	pass_over(t);
	waits_for(t, TIMEOUT);
	due(t, conv_value(t, CONV_RTO) / 1000);
	/* what else is SACKed does not put it off */
	set_deadline(t, XTCP_TIMER_RETRANSMIT, jiffies + HZ);
	inject(t, "ACK seq R ack U sack U+m..U+8m");
	pass_over(t);
	KUNIT_EXPECT_LE(test, due_in(t), 1000);
	/* the same segment a third time does */
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U sack U+m..U+11m");
	expect(t, "ACK seq U ack R len m");
	pass_over(t);
	waits_for(t, TIMEOUT);
	due(t, conv_value(t, CONV_RTO) / 1000);
}

/* The last is SACKed: whatever left before it and is not, is lost, however much. */
static void all_but_last(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 10, 0);
	inject(t, "ACK seq R ack U sack U+9m..U+10m");
	waits_for(t, REORDERING);
	time_passes(t, RTT_MS / 2);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	lost_is(t, 8 * SEG);
	phase_is(t, RECOVERY);
}

/* Times of a retransmission that the peer cannot have seen yet are not believed. */
static void spurious_time(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, ALL, 10, 0);
	before = t->tsval_seen;
	inject(t, "ACK seq R ack U sack U+m..U+4m ecr %u", before);
	expect(t, "ACK seq U ack R len m");
	/* the first time that it was sent is acknowledged: what left before the second
	 * is not lost by that
	 */
	inject(t, "ACK seq R ack U+4m ecr %u", before);
	phase_is(t, OPEN);
	lost_is(t, 0);
	counted(t, UNDOS, 1);
	counted(t, RETRANS, 1);
}

/* ---- loss probes ---- */

/* 7.2: twice the round trip */
static void probe_due(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	in_flight(t, 2, 0);
	waits_for(t, PROBE);
	due(t, 2 * RTT_MS);
	inject(t, "ACK seq R ack U+2m");
	not_armed(t, XTCP_TIMER_RETRANSMIT);
}

/* A single segment's ACK may be delayed. */
static void probe_of_one_due(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	in_flight(t, 1, 0);
	waits_for(t, PROBE);
	due(t, 2 * RTT_MS + 200);
}

/* If the timeout is due sooner, the probe takes its place. */
static void probe_instead_of_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	set_rto(t, 3000000);
	in_flight(t, 1, 0);
	waits_for(t, PROBE);
	due(t, 3000);
	time_passes(t, 3000);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
	counted(t, TIMEOUTS, 0);
	waits_for(t, TIMEOUT);
	due(t, 3000);
}

/* 7.3: new data, if there is any */
static void probe_with_new_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 4, 4);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U+4m ack R len m");
	counted(t, LOSS_PROBES, 1);
	counted(t, RETRANS, 0);
	waits_for(t, TIMEOUT);
	cwnd_is(t, 4 * SEG);
	/* it brings about a SACK: the others are lost */
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U+2m sack U+4m..U+5m");
	expect(t, "ACK seq U+2m ack R len m");
	phase_is(t, RECOVERY);
	pass_over(t);
}

/* Not beyond the peer's window: then the last goes again. */
static void probe_within_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	inject(t, "ACK seq R ack S win %u", 4 * SEG / 128);
	returns(t, 8 * SEG, user_send(t, 8 * SEG));
	for (int i = 0; i < 3; i++)
		expect(t, "ACK seq U+%dm ack R len m", i);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U+2m ack R len m");
	counted(t, LOSS_PROBES, 1);
}

/* The last of a flight is lost, and the probe repairs it: a loss like any other. */
static void probe_repairs(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 5, 0);
	inject(t, "ACK seq R ack U+4m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack S");
	counted(t, PROBES_REPAIRED, 0);
	cwnd_is(t, 9 * SEG);	/* as the first ACK has left it */
	/* it is known when no D-SACK has come by the next ACK */
	in_flight(t, 8, 0);
	inject(t, "ACK seq R ack U+2m");
	counted(t, PROBES_REPAIRED, 1);
	phase_is(t, OPEN);
	ssthresh_is(t, 4 * SEG);
	cwnd_is(t, 4 * SEG);
	counted(t, TIMEOUTS, 0);
}

/* A mistake of before, which is known only then, does not take that back. */
static void probe_repairs_after_mistake(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack S");
	in_flight(t, 5, 0);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U+4m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
	inject(t, "ACK seq R ack S");
	in_flight(t, 8, 0);
	inject(t, "ACK seq R ack U+2m");
	counted(t, PROBES_REPAIRED, 1);
	cwnd_is(t, 4 * MSS);
	inject(t, "ACK seq R ack U sack 101..101+m");
	/* not even where the probe came twice as well */
	inject(t, "ACK seq R ack U sack 101+14m..101+15m");
	counted(t, DSACKS_IN, 2);
	counted(t, UNDOS, 0);
	cwnd_is(t, 4 * MSS);
	inject(t, "ACK seq R ack S");
}

/* Its D-SACK comes with nothing in flight: the probe was not needed. */
static void probe_not_needed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 5, 0);
	inject(t, "ACK seq R ack U+4m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
	inject(t, "ACK seq R ack S");
	inject(t, "ACK seq R ack S sack S-m..S");
	counted(t, DSACKS_IN, 1);
	in_flight(t, 8, 0);
	inject(t, "ACK seq R ack U+2m");
	pass_over(t);
	counted(t, PROBES_REPAIRED, 0);
	ssthresh_is(t, 0x7fffffff);
}

/* The same with the D-SACK on the ACK of both. */
static void probe_not_needed_one_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 5, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+4m ack R len m");
	inject(t, "ACK seq R ack S sack S-m..S");
	in_flight(t, 8, 0);
	inject(t, "ACK seq R ack U+2m");
	pass_over(t);
	counted(t, PROBES_REPAIRED, 0);
}

/* And where the peer sends no D-SACKs: a duplicate ACK without SACK blocks. */
static void probe_not_needed_no_dsack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 5, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+4m ack R len m");
	inject(t, "ACK seq R ack S");
	inject(t, "ACK seq R ack S");
	in_flight(t, 8, 0);
	inject(t, "ACK seq R ack U+2m");
	pass_over(t);
	counted(t, PROBES_REPAIRED, 0);
}

/* The probe's SACK shows that others were lost. */
static void probe_sacked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, ALL, 5, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+4m ack R len m");
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U+2m sack U+4m..U+5m");
	expect(t, "ACK seq U+2m ack R len m");
	expect(t, "ACK seq U+3m ack R len m");
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack U+m sack U+2m..U+3m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	counted(t, TIMEOUTS, 0);
	counted(t, PROBES_REPAIRED, 0);
}

/* 7.3: not a second probe before the round trip was measured again. */
static void probe_once_a_sample(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, SACK, RTT_MS);
	in_flight(t, 1, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len 1460");
	inject(t, "ACK seq R ack S sack S-1460..S");	/* of which nobody knows */
	in_flight(t, 1, 0);
	waits_for(t, TIMEOUT);
	inject(t, "ACK seq R ack S");
	in_flight(t, 1, 0);
	waits_for(t, PROBE);
	counted(t, LOSS_PROBES, 1);
}

/* No answer to the probe: the timeout is the last resort, RTO after it. */
static void probe_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);
	s64 rto_ms;

	sent(t, ALL, 5, 0);
	rto_ms = conv_value(t, CONV_RTO) / 1000;
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+4m ack R len m");
	waits_for(t, TIMEOUT);
	due(t, rto_ms);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	counted(t, TIMEOUTS, 1);
	counted(t, LOSS_PROBES, 1);
}

/* Where the path is without SACK there are none, and the sysctl says so as well. */
static void no_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, XTCP_OPT_TIMESTAMPS, RTT_MS);
	in_flight(t, 2, 0);
	waits_for(t, TIMEOUT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	counted(t, LOSS_PROBES, 0);
}

static void no_probe_wanted(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	t->xn->sysctl.early_retrans = 0;
	in_flight(t, 2, 0);
	waits_for(t, TIMEOUT);
	inject(t, "ACK seq R ack S");
}

/* A FIN is probed for like data. */
static void probe_with_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	in_flight(t, 1, 0);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq S ack R");
	waits_for(t, PROBE);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|ACK seq S-1 ack R");
	inject(t, "ACK seq R ack U+m sack S-1..S");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_FIN_WAIT2);
}

static struct kunit_case wire_rack_cases[] = {
	KUNIT_CASE(overtaken_by_two),
	KUNIT_CASE(overtaken_by_thirty),
	KUNIT_CASE(window_grows),
	KUNIT_CASE(told_by_tcp_info),
	KUNIT_CASE(first_sack_starts_timer),
	KUNIT_CASE(longer_path),
	KUNIT_CASE(timeout_of_what_went_again),
	KUNIT_CASE(all_but_last),
	KUNIT_CASE(spurious_time),
	KUNIT_CASE(probe_due),
	KUNIT_CASE(probe_of_one_due),
	KUNIT_CASE(probe_instead_of_timeout),
	KUNIT_CASE(probe_with_new_data),
	KUNIT_CASE(probe_within_window),
	KUNIT_CASE(probe_repairs),
	KUNIT_CASE(probe_repairs_after_mistake),
	KUNIT_CASE(probe_not_needed),
	KUNIT_CASE(probe_not_needed_one_ack),
	KUNIT_CASE(probe_not_needed_no_dsack),
	KUNIT_CASE(probe_sacked),
	KUNIT_CASE(probe_once_a_sample),
	KUNIT_CASE(probe_lost),
	KUNIT_CASE(no_probe),
	KUNIT_CASE(no_probe_wanted),
	KUNIT_CASE(probe_with_fin),
	{}
};

struct kunit_suite wire_rack_suite = {
	.name = "wire_rack",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = wire_rack_cases,
};
