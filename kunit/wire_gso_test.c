// SPDX-License-Identifier: GPL-2.0
/*
 * GSO: segments leave as one packet where the NIC, or the kernel before it, cuts
 * them.
 */
#include <linux/tcp.h>
#include "../module/socket/info.h"
#include "conv.h"
#include "suites.h"

static void leaves_whole(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 20000, user_send(t, 20000));
	/* as much as the congestion window of ten segments takes */
	expect(t, "PSH|ACK seq 101 ack R len 14600 gso m");
	counted(t, SEGS_OUT, 12);
	inject(t, "ACK seq R ack 14701");
	expect(t, "PSH|ACK seq 14701 ack R len 5400 gso 1460");
	/* one segment of the four is lost */
	time_passes(t, 1000);
	inject(t, "ACK seq R ack 16161");
	/* the rate's time moves on with what is delivered */
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_DELIVERY_AGE), USEC_PER_SEC);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 16161 ack R len m gso 0");
	inject(t, "ACK seq R ack 20101");
	send_queue_is(t, 0);
	delivered_is(t, 1 + 14);
}

#define SEG	(MSS - XTCP_TIMESTAMPS_BYTES)

/* Ten segments leave as one packet, and then we have a SACK block to tell: what leaves from
 * now on is shorter.
 */
static void sent_before_a_hole(struct conv *t, bool probe)
{
	with_options(t, XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS);
	t->xn->sysctl.early_retrans = probe;
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 10 * SEG, user_send(t, 10 * SEG));
	expect(t, "PSH|ACK seq U ack R len 10m gso m");
	inject(t, "ACK seq R+100 ack U len 100");
	expect(t, "ACK seq S ack R sack R+100..R+200");
	mss_is(t, SEG - 12);
}

static u32 blocks_sent(struct conv *t, u32 seq, u32 len)
{
	struct xtcp_segment seg;
	u32 got;

	KUNIT_ASSERT_TRUE(t->test, conv_next(t, &seg, &got));
	KUNIT_EXPECT_EQ(t->test, seq, seg.seq);
	KUNIT_EXPECT_EQ(t->test, len, got);
	return seg.opt.sacks;
}

/* What the peer has is known to the segment, as they were sent; and so they go again, with
 * as many blocks as there is room for (RFC 6691).
 */
static void sacked_by_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent_before_a_hole(t, false);
	inject(t, "ACK seq R ack U sack U+2m..U+3m");
	pass_over(t);
	sacked_is(t, SEG);
	time_passes(t, 1000);
	inject(t, "ACK seq R ack U sack U+2m..U+3m U+8m..U+10m");
	sacked_is(t, 3 * SEG);
	phase_is(t, RECOVERY);
	pass_over(t);
	/* an ACK that is owed tells what the segment has no room for */
	inject(t, "ACK seq R+300 ack U+m len 100 sack 101+2m..101+5m 101+8m..101+10m");
	sacked_is(t, 5 * SEG);
	KUNIT_EXPECT_EQ(test, 0, blocks_sent(t, 101 + 5 * SEG, 3 * SEG));
	expect(t, "ACK seq S ack R sack R+300..R+400 R+100..R+200");
}

static void timeout_by_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent_before_a_hole(t, false);
	fire(t, XTCP_TIMER_RETRANSMIT);
	KUNIT_EXPECT_EQ(test, 0, blocks_sent(t, 101, SEG));
	/* what is short has room */
	inject(t, "ACK seq R ack S");
	returns(t, SEG - 50, user_send(t, SEG - 50));
	expect(t, "PSH|ACK len m-50 sack R+100..R+200");
	fire(t, XTCP_TIMER_RETRANSMIT);
	KUNIT_EXPECT_EQ(test, 1, blocks_sent(t, 101 + 10 * SEG, SEG - 50));
}

static void probe_by_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent_before_a_hole(t, true);
	waits_for(t, PROBE);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+9m ack R len m gso 0");
}

/* Text out of order comes with what makes a segment go again: the ACK that tells of it
 * follows.
 */
static void ack_behind_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent_before_a_hole(t, false);
	time_passes(t, 1000);
	inject(t, "ACK seq R+300 ack U len 100 sack U+m..U+4m");
	KUNIT_EXPECT_EQ(test, 0, blocks_sent(t, 101, SEG));
	expect(t, "ACK seq S ack R sack R+300..R+400 R+100..R+200");
}

/* TCP_INFO */
static u32 unacked_segs(struct conv *t)
{
	struct sock *sk = t->sock->sk;
	struct tcp_info info;

	lock_sock(sk);
	xtcp_get_info(sk, &info);
	release_sock(sk);
	return info.tcpi_unacked;
}

/* A packet counts for as many segments as it makes, less those acknowledged. */
static void counted_in_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 14000, user_send(t, 14000));
	expect(t, "PSH|ACK seq 101 ack R len 14000 gso m");
	KUNIT_EXPECT_EQ(test, 10, unacked_segs(t));
	inject(t, "ACK seq R ack U+3m");
	KUNIT_EXPECT_EQ(test, 7, unacked_segs(t));
	inject(t, "ACK seq R ack U+100");
	KUNIT_EXPECT_EQ(test, 7, unacked_segs(t));
}

static struct kunit_case gso_cases[] = {
	KUNIT_CASE(leaves_whole),
	KUNIT_CASE(counted_in_segments),
	KUNIT_CASE(sacked_by_segment),
	KUNIT_CASE(timeout_by_segment),
	KUNIT_CASE(probe_by_segment),
	KUNIT_CASE(ack_behind_segment),
	{}
};

struct kunit_suite gso_suite = {
	.name = "wire_gso",
	.init = conv_init_gso,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = gso_cases,
};

static void is_cut(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 10000, user_send_flags(t, 10000, MSG_MORE));
	for (int i = 0; i < 6; i++)
		expect(t, "ACK seq S+%d ack R len m gso 0", i * 1460);
	counted(t, SEGS_OUT, 8);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|PSH|ACK seq 8861 ack R len 1240");
}

/* Only the last segment has FIN and PSH. */
static void fin_is_last(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 5000, user_send(t, 5000));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	inject(t, "ACK seq R ack S win 65535");
	expect(t, "ACK seq 101 ack R len m");
	expect(t, "ACK seq 1561 ack R len m");
	expect(t, "ACK seq 3021 ack R len m");
	expect(t, "FIN|PSH|ACK seq 4481 ack R len 620");
	inject(t, "ACK seq R ack 5102");
	state_is(t, TCP_FIN_WAIT2);
}

static struct kunit_case gso_cut_cases[] = {
	KUNIT_CASE(is_cut),
	KUNIT_CASE(fin_is_last),
	{}
};

struct kunit_suite gso_cut_suite = {
	.name = "wire_gso_cut",
	.init = conv_init_csum,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = gso_cut_cases,
};
