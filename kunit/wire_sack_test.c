// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery with SACK: RFC 2018, RFC 6675, RFC 6937, and RFC 8985 where nothing is
 * reordered.  The first byte in flight is 101.
 */
#include <linux/tcp.h>
#include "../module/socket/info.h"
#include "conv.h"
#include "suites.h"

#define ALL	(XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS | XTCP_OPT_WSCALE)
#define SACK	XTCP_OPT_SACK_PERMITTED
#define RTT_MS	2000

/* A whole segment: shorter by the timestamps. */
#define SEG	(MSS - XTCP_TIMESTAMPS_BYTES)

/* Segments in flight for a round trip. */
static void sent(struct conv *t, int segs, int more)
{
	established_over(t, ALL, RTT_MS);
	in_flight(t, segs, more);
	time_passes(t, RTT_MS);
}

/* ---- losses ---- */

/* The first of ten is lost: each SACK lets a new one out, the third the lost one. */
static void one_loss(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 20);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	expect(t, "PSH|ACK seq U+10m ack R len m");
	phase_is(t, OPEN);
	pipe_is(t, 10 * SEG);
	waits_for(t, REORDERING);
	inject(t, "ACK seq R ack U sack U+m..U+3m");
	expect(t, "PSH|ACK seq U+11m ack R len m");
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	recover_is(t, 101 + 12 * SEG);
	/* RFC 5681, 3.2: what limited transmit has let out does not count */
	ssthresh_is(t, 5 * SEG);
	sacked_is(t, 3 * SEG);
	lost_is(t, 0);
	pipe_is(t, 9 * SEG);
	cwnd_is(t, 9 * SEG);
	/* RFC 6937: one for every two delivered */
	inject(t, "ACK seq R ack U sack U+m..U+5m");
	inject(t, "ACK seq R ack U sack U+m..U+6m");
	expect(t, "PSH|ACK seq U+12m ack R len m");
	inject(t, "ACK seq R ack U sack U+m..U+7m");
	inject(t, "ACK seq R ack U sack U+m..U+8m");
	expect(t, "PSH|ACK seq U+13m ack R len m");
	cwnd_is(t, 7 * SEG);
	/* what was sent again fills the hole, and all up to recover is there */
	inject(t, "ACK seq R ack U+12m");
	for (int i = 14; i < 17; i++)
		expect(t, "%s seq U+%dm ack R len m", i == 16 ? "PSH|ACK" : "ACK", i);
	phase_is(t, OPEN);
	cwnd_is(t, 5 * SEG);
	ssthresh_is(t, 5 * SEG);
	reordered_is(t, false);
	counted(t, FAST_RETRANS, 1);
	counted(t, RETRANS, 1);
	counted(t, TIMEOUTS, 0);
	counted(t, UNDOS, 0);
}

/* Three in a row are lost, and there is nothing new to send. */
static void burst(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	inject(t, "ACK seq R ack U sack U+3m..U+4m");
	inject(t, "ACK seq R ack U sack U+3m..U+5m");
	inject(t, "ACK seq R ack U sack U+3m..U+6m");
	expect(t, "ACK seq U ack R len m");
	ssthresh_is(t, 5 * SEG);
	lost_is(t, 2 * SEG);
	pipe_is(t, 5 * SEG);
	inject(t, "ACK seq R ack U sack U+3m..U+7m");
	expect(t, "ACK seq U+m ack R len m");
	inject(t, "ACK seq R ack U sack U+3m..U+8m");
	expect(t, "ACK seq U+2m ack R len m");
	lost_is(t, 0);
	inject(t, "ACK seq R ack U+m sack U+3m..U+10m");
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack U+m sack U+2m..U+9m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	cwnd_is(t, 5 * SEG);
	counted(t, RETRANS, 3);
	counted(t, FAST_RETRANS, 1);
}

/* Holes at both ends of a block. */
static void two_holes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+3m");
	inject(t, "ACK seq R ack U sack U+6m..U+7m U+m..U+3m");
	/* what lies between them is lost as well */
	expect(t, "ACK seq U ack R len m");
	lost_is(t, 3 * SEG);
	inject(t, "ACK seq R ack U sack U+6m..U+8m U+m..U+3m");
	expect(t, "ACK seq U+3m ack R len m");
	inject(t, "ACK seq R ack U+3m sack U+6m..U+8m");
	/* progress: RFC 6937's slow start */
	expect(t, "ACK seq U+4m ack R len m");
	expect(t, "ACK seq U+5m ack R len m");
	inject(t, "ACK seq R ack 101+10m");
	phase_is(t, OPEN);
	counted(t, RETRANS, 4);
}

/* What was sent again is lost again: something that left later comes. */
static void lost_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 20);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	pass_over(t);
	inject(t, "ACK seq R ack U sack U+m..U+8m");
	pass_over(t);
	conv_look(t);
	KUNIT_ASSERT_GT(test, t->snd_nxt, 101 + 11 * SEG);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U sack U+m..U+11m");
	expect(t, "ACK seq U ack R len m");
	pass_over(t);
	counted(t, RETRANS, 2);
	counted(t, FAST_RETRANS, 1);
	counted(t, TIMEOUTS, 0);
	phase_is(t, RECOVERY);
}

/* Two are in flight, too few for three SACKs: it is lost once it has had its time. */
static void early_retransmit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 2, 0);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	phase_is(t, OPEN);
	waits_for(t, REORDERING);
	time_passes(t, RTT_MS / 2);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	waits_for(t, TIMEOUT);
	ssthresh_is(t, 2 * SEG);
	counted(t, FAST_RETRANS, 1);
	counted(t, TIMEOUTS, 0);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
}

/* The whole window is lost: probe, timeout, and all of it again in slow start. */
static void whole_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 6, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+5m ack R len m");
	waits_for(t, TIMEOUT);
	phase_is(t, OPEN);
	time_passes(t, 3 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	cwnd_is(t, SEG);
	ssthresh_is(t, 3 * SEG);
	backoff_is(t, 1);
	lost_is(t, 5 * SEG);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+m ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	cwnd_is(t, 2 * SEG);
	backoff_is(t, 0);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+2m ack R len m");
	expect(t, "ACK seq U+3m ack R len m");
	inject(t, "ACK seq R ack 101+5m");
	expect(t, "PSH|ACK seq 101+5m ack R len m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	counted(t, TIMEOUTS, 1);
	counted(t, UNDOS, 0);
}

/* RFC 6675, 5.1: after a timeout no fast recovery until all is acknowledged that was in
 * flight then.
 */
static void no_recovery_after_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 6, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	time_passes(t, 3 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	time_passes(t, RTT_MS);
	ssthresh_is(t, 3 * SEG);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	pass_over(t);
	phase_is(t, LOSS);
	ssthresh_is(t, 3 * SEG);
	counted(t, FAST_RETRANS, 0);
	counted(t, UNDOS, 0);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
}

/* Of what left after a timeout one is lost: the recovery of the first loss is over, and
 * this is another (RFC 5681, 3.2).
 */
static void loss_behind_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.frto = 0;
	sent(t, 6, 20);
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	time_passes(t, 3 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	set_cwnd(t, 12 * SEG);
	set_ssthresh(t, 100 * SEG);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	conv_look(t);
	KUNIT_ASSERT_GE(test, t->snd_nxt, 101 + 12 * SEG);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack 101+7m sack 101+8m..101+12m");
	expect(t, "ACK seq 101+7m ack R len m");
	pass_over(t);
	phase_is(t, RECOVERY);
	counted(t, FAST_RETRANS, 1);
}

/* ---- RFC 6937's figures, 3.1 ---- */

/* The first of 20 is lost: retransmissions and new data alternate with nothing. */
static void prr_one_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int fresh = 20;

	sent(t, 20, 40);
	for (int ack = 1; ack <= 15; ack++) {
		inject(t, "ACK seq R ack U sack U+m..U+%dm", ack + 1);
		if (ack == 3)
			expect(t, "ACK seq U ack R len m");
		else if (ack < 3 || ack % 2)
			expect(t, "PSH|ACK seq U+%dm ack R len m", fresh++);
		silence(t);
	}
	ssthresh_is(t, 10 * SEG);
	inject(t, "ACK seq R ack U+22m");
	pass_over(t);
	cwnd_is(t, 10 * SEG);
}

/* The first 15 of 20 are lost: what is delivered is made up for, no more. */
static void prr_most_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 20, 40);
	inject(t, "ACK seq R ack U sack U+15m..U+16m");
	expect(t, "PSH|ACK seq U+20m ack R len m");
	inject(t, "ACK seq R ack U sack U+15m..U+17m");
	expect(t, "PSH|ACK seq U+21m ack R len m");
	for (int i = 0; i < 3; i++) {
		inject(t, "ACK seq R ack U sack U+15m..U+%dm", 18 + i);
		expect(t, "ACK seq U+%dm ack R len m", i);
		pipe_is(t, 5 * SEG);
		silence(t);
	}
	/* SND.UNA moves, and nothing more was lost: one more each time */
	inject(t, "ACK seq R ack U+m sack U+15m..U+20m");
	expect(t, "ACK seq U+3m ack R len m");
	expect(t, "ACK seq U+4m ack R len m");
	pipe_is(t, 6 * SEG);
}

/* The loss of an ACK's worth of data is no burst: cwnd never exceeds ssthresh in the
 * end, nor grows while it is above.
 */
static void prr_stretched_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 20, 60);
	inject(t, "ACK seq R ack U sack U+m..U+20m");
	/* 19 delivered at once: half of them may go */
	expect(t, "ACK seq U ack R len m");
	for (int i = 0; i < 9; i++)
		expect(t, "%s seq U+%dm ack R len m", i == 8 ? "PSH|ACK" : "ACK", 20 + i);
	cwnd_is(t, 10 * SEG);
	pipe_is(t, 10 * SEG);
	inject(t, "ACK seq R ack U+20m");
	phase_is(t, OPEN);
	cwnd_is(t, 10 * SEG);
	expect(t, "PSH|ACK seq U+29m ack R len m");
}

/* ---- ACKs ---- */

/* Every second ACK is lost: that is no reordering, and the window grows by all. */
static void every_second_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 8, 60);
	for (int i = 2; i <= 8; i += 2) {
		inject(t, "ACK seq R ack 101+%dm", i);
		pass_over(t);
	}
	cwnd_is(t, 16 * SEG);
	reordered_is(t, false);
	phase_is(t, OPEN);
	counted(t, RETRANS, 0);
}

/* An ACK that acknowledges something and SACKs something else: nothing was reordered. */
static void ack_and_sack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	inject(t, "ACK seq R ack U+2m sack U+3m..U+4m");
	reordered_is(t, false);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	reordered_is(t, false);
}

/* SACKs that are lost: the next one tells all. */
static void sacks_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	inject(t, "ACK seq R ack U sack U+7m..U+8m U+4m..U+6m U+m..U+2m");
	/* four delivered, and two are left in flight: three up to ssthresh */
	expect(t, "ACK seq U ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	expect(t, "ACK seq U+3m ack R len m");
	lost_is(t, SEG);
	sacked_is(t, 4 * SEG);
	phase_is(t, RECOVERY);
}

/* ---- a peer that gives up what it SACKed: RFC 2018, 8 ---- */

static void reneges(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 5, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	time_passes(t, RTT_MS);
	/* it has room for one only */
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	waits_for(t, TIMEOUT);
	counted(t, RENEGED, 0);
	/* not after a whole RTO */
	KUNIT_EXPECT_LE(test, (long)(conv_deadline(t, XTCP_TIMER_RETRANSMIT) - jiffies),
			(long)msecs_to_jiffies(RTT_MS));
	time_passes(t, 2 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	counted(t, RENEGED, 1);
	phase_is(t, LOSS);
	sacked_is(t, 0);
	lost_is(t, 3 * SEG);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	send_queue_is(t, 0);
}

/* A timeout alone, with the first of them missing, gives up nothing. */
static void keeps_what_is_sacked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 5, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	time_passes(t, 10000);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	sacked_is(t, 3 * SEG);
	counted(t, RENEGED, 0);
	inject(t, "ACK seq R ack U+4m");
	expect(t, "PSH|ACK seq U+4m ack R len m");
	inject(t, "ACK seq R ack S");
	counted(t, RETRANS, 3);
}

/* ---- round-trip samples ---- */

/* What is SACKed measures the round trip, if it was sent once. */
static void samples(struct kunit *test)
{
	struct conv *t = conv_of(test);
	s64 srtt;

	established_over(t, SACK, RTT_MS);
	in_flight(t, 5, 0);
	time_passes(t, 3 * RTT_MS);
	srtt = conv_value(t, CONV_SRTT);
	inject(t, "ACK seq R ack U sack U+2m..U+3m");
	/* an eighth of what it is more */
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_SRTT), srtt + RTT_MS * 1000 / 5);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_SRTT), srtt + RTT_MS * 1000 / 2);
	/* told once more it measures nothing */
	srtt = conv_value(t, CONV_SRTT);
	time_passes(t, 10000);
	inject(t, "ACK seq R ack U sack U+2m..U+3m");
	srtt_is(t, srtt);
	pass_over(t);
}

static void no_sample_of_what_went_twice(struct kunit *test)
{
	struct conv *t = conv_of(test);
	s64 srtt;

	established_over(t, SACK, RTT_MS);
	in_flight(t, 5, 0);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U sack U+2m..U+5m");
	expect(t, "ACK seq U ack R len m");
	expect(t, "ACK seq U+m ack R len m");
	srtt = conv_value(t, CONV_SRTT);
	time_passes(t, 30000);
	inject(t, "ACK seq R ack U+m sack U+2m..U+5m");
	pass_over(t);
	srtt_is(t, srtt);
	inject(t, "ACK seq R ack S");
	pass_over(t);
	srtt_is(t, srtt);
}

/* ---- what the user is told ---- */

/* TCP_INFO counts segments, however long they are. */
static void info_is(struct conv *t, u32 unacked, u32 sacked, u32 lost, u32 retrans)
{
	struct sock *sk = t->sock->sk;
	struct tcp_info info;

	lock_sock(sk);
	xtcp_get_info(sk, &info);
	release_sock(sk);
	KUNIT_EXPECT_EQ(t->test, unacked, info.tcpi_unacked);
	KUNIT_EXPECT_EQ(t->test, sacked, info.tcpi_sacked);
	KUNIT_EXPECT_EQ(t->test, lost, info.tcpi_lost);
	KUNIT_EXPECT_EQ(t->test, retrans, info.tcpi_retrans);
}

static void counted_in_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, RTT_MS);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	for (int i = 0; i < 8; i++) {
		returns(t, 100, user_send(t, 100));
		expect(t, "PSH|ACK len 100");
	}
	time_passes(t, RTT_MS);
	info_is(t, 8, 0, 0, 0);
	inject(t, "ACK seq R ack U+100");
	info_is(t, 7, 0, 0, 0);
	inject(t, "ACK seq R ack U sack U+200..U+300");
	inject(t, "ACK seq R ack U sack U+200..U+400");
	info_is(t, 7, 2, 0, 0);
	/* the third SACK says that two are lost; they go again in one */
	inject(t, "ACK seq R ack U sack U+200..U+500");
	expect(t, "PSH|ACK seq U len 200");
	info_is(t, 6, 3, 1, 1);
}

static struct kunit_case sack_cases[] = {
	KUNIT_CASE(one_loss),
	KUNIT_CASE(burst),
	KUNIT_CASE(two_holes),
	KUNIT_CASE(lost_again),
	KUNIT_CASE(early_retransmit),
	KUNIT_CASE(whole_window),
	KUNIT_CASE(no_recovery_after_timeout),
	KUNIT_CASE(loss_behind_timeout),
	KUNIT_CASE(prr_one_lost),
	KUNIT_CASE(prr_most_lost),
	KUNIT_CASE(prr_stretched_ack),
	KUNIT_CASE(every_second_ack),
	KUNIT_CASE(ack_and_sack),
	KUNIT_CASE(sacks_lost),
	KUNIT_CASE(reneges),
	KUNIT_CASE(keeps_what_is_sacked),
	KUNIT_CASE(samples),
	KUNIT_CASE(no_sample_of_what_went_twice),
	KUNIT_CASE(counted_in_segments),
	{}
};

struct kunit_suite sack_suite = {
	.name = "wire_sack",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = sack_cases,
};
