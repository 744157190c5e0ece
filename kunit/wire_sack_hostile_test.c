// SPDX-License-Identifier: GPL-2.0
/*
 * SACK from peers that mean harm: blocks that say what cannot be, and the mechanisms of
 * CVE-2018-5390, CVE-2019-11477, 11478 and 11479.  After every step conv_sound() compares
 * the scoreboard's counts with what is on it.
 */
#include <linux/random.h>
#include "conv.h"
#include "suites.h"

#define ALL	(XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS | XTCP_OPT_WSCALE)
#define SACK	XTCP_OPT_SACK_PERMITTED
#define RTT_MS	2000

/* ---- blocks that cannot be ---- */

/**
 * struct lie - what the peer says of ten segments in flight
 * @blocks: its SACK blocks
 * @sacked: how many segments it is believed to have
 * @name: for the report
 */
static const struct lie {
	const char	*blocks;
	u32		sacked;
	const char	name[40];
} lies[] = {
	{ "S+1..S+1461", 0, "beyond what was sent" },
	{ "U+m..S+1", 0, "ends beyond what was sent" },
	{ "U-3000..U-1", 0, "below SND.UNA" },
	{ "U-3000..U+3m", 0, "begins below SND.UNA" },
	{ "U..U+m", 0, "at SND.UNA" },
	{ "U..S", 0, "all of it" },
	{ "U+3m..U+2m", 0, "inverted" },
	{ "U+3m..U+3m", 0, "empty" },
	{ "S..U+m", 0, "inverted, all" },
	{ "U+m+1..U+3m-1", 0, "misaligned, nothing whole" },
	{ "U+m-1..U+2m+1", 1, "misaligned, one whole" },
	{ "U+m+1..U+4m", 2, "misaligned start" },
	{ "U+2m..U+4m U+m..U+3m", 3, "overlapping" },
	{ "U+4m..U+6m U+4m..U+6m U+4m..U+6m", 2, "thrice the same" },
	{ "U+4m..U+5m U+2m..U+7m", 5, "one within the other" },
	{ "U+2147483648..U+2147483700", 0, "half the world away" },
	{ "U+m..U+2147483649", 0, "as long as half the world" },
	{ "U+9m..S", 1, "the last" },
	{ "U+1..S", 9, "all but a byte" },
};

KUNIT_ARRAY_PARAM_DESC(lie, lies, name);

static void lied_to(struct kunit *test)
{
	const struct lie *lie = test->param_value;
	struct conv *t = conv_of(test);

	established_over(t, SACK, RTT_MS);
	in_flight(t, 10, 0);
	time_passes(t, RTT_MS);
	for (int i = 0; i < 3; i++) {
		inject(t, "ACK seq R ack U sack %s", lie->blocks);
		sacked_is(t, lie->sacked * MSS);
		pass_over(t);
	}
	flight_is(t, 10 * MSS);
	inject(t, "ACK seq R ack S");
	send_queue_is(t, 0);
	sacked_is(t, 0);
	state_is(t, TCP_ESTABLISHED);
}

/* The peer did not agree to SACK, and sends blocks all the same. */
static void not_agreed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, XTCP_OPT_TIMESTAMPS, RTT_MS);
	in_flight(t, 10, 0);
	for (int i = 0; i < 4; i++) {
		inject(t, "ACK seq R ack U sack U+m..U+9m");
		sacked_is(t, 0);
		pass_over(t);
	}
	inject(t, "ACK seq R ack S sack S-m..S");
	send_queue_is(t, 0);
}

/* What was SACKed is acknowledged in part: the peer has given it up, or lies. */
static void acks_within_what_it_sacked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, SACK, RTT_MS);
	in_flight(t, 10, 0);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U+2000");
	pass_over(t);
	sacked_is(t, 3 * MSS - 540);
	inject(t, "ACK seq R ack U+10 sack U+2m..U+3m");
	pass_over(t);
	time_passes(t, RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	sacked_is(t, 0);
	counted(t, RENEGED, 1);
	inject(t, "ACK seq R ack U+100 sack U+2m..U+3m");
	pass_over(t);
	inject(t, "ACK seq R ack S");
	send_queue_is(t, 0);
}

/* Anything, in any order, with timers in between. */
static void anything(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 a[3], b[3], ack, n;

	t->xn->sysctl.retries2 = 200;
	established_over(t, ALL, RTT_MS);
	for (int i = 0; i < tries(3000); i++) {
		if (conv_value(t, CONV_FLIGHT) < 20000) {
			user_send(t, 1 + get_random_u32_below(40000));
			set_cwnd(t, 60000);
			pass_over(t);
		}
		conv_look(t);
		for (int j = 0; j < 3; j++) {
			n = t->snd_nxt - t->snd_una + 2000;
			a[j] = t->snd_una - 1000 + get_random_u32_below(n);
			b[j] = a[j] + get_random_u32_below(10000) - 1000;
		}
		ack = t->snd_una;
		if (!get_random_u32_below(5))
			ack += get_random_u32_below(t->snd_nxt - t->snd_una + 1);
		inject(t, "ACK seq R ack %u sack %u..%u %u..%u %u..%u", ack, a[0], b[0],
		       a[1], b[1], a[2], b[2]);
		pass_over(t);
		if (!get_random_u32_below(4))
			time_passes(t, get_random_u32_below(RTT_MS));
		if (!get_random_u32_below(8))
			fire_if_armed(t, XTCP_TIMER_RETRANSMIT);
		pass_over(t);
		if (conv_state(t) != TCP_ESTABLISHED)
			break;
	}
	state_is(t, TCP_ESTABLISHED);
	inject(t, "ACK seq R ack S");
	pass_over(t);
}

/* ---- CVE-2018-5390: a queue of tiny segments out of order ---- */

static void tiny_out_of_order(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk;

	established_over(t, ALL, RTT_MS);
	sk = t->sock->sk;
	for (int i = 0; i < tries(6000); i++) {
		inject(t, "ACK seq R+%d ack S len 1", 2 + 2 * (i * 7919 % 30000));
		pass_over(t);
		KUNIT_ASSERT_LE(test, atomic_read(&sk->sk_rmem_alloc),
				2 * READ_ONCE(sk->sk_rcvbuf));
	}
	/* what is next is taken all the same */
	inject(t, "PSH|ACK seq R ack S len 2");
	pass_over(t);
	KUNIT_EXPECT_GE(test, user_recv(t, 100), 2);
	pass_over(t);
}

/* All of a window but its first byte, a byte at a time and backwards: the most that it can
 * cost.  What there is no memory for is sent again, as its peer must; and all of it arrives.
 */
static void bytes_backwards(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int bytes = tries(4000), most;
	struct sock *sk;
	u32 first, got;

	established_over(t, ALL, RTT_MS);
	sk = t->sock->sk;
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, 32768));
	conv_look(t);
	first = t->rcv_nxt;
	most = 2 * READ_ONCE(sk->sk_rcvbuf);
	for (int i = bytes - 1; i > 0; i--) {
		inject(t, "ACK seq %u ack S len 1", first + i);
		pass_over(t);
		KUNIT_ASSERT_LE(test, atomic_read(&sk->sk_rmem_alloc), most);
	}
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_OFO_QUEUED), 50);
	received_is(t, first);
	while (conv_value(t, CONV_RECEIVED) - first < bytes) {
		got = conv_value(t, CONV_RECEIVED);
		inject(t, "PSH|ACK seq %u ack S len 1", got);
		pass_over(t);
		KUNIT_ASSERT_GT(test, (u32)conv_value(t, CONV_RECEIVED), got);
		KUNIT_ASSERT_LE(test, atomic_read(&sk->sk_rmem_alloc), most);
	}
	returns(t, bytes, user_recv(t, bytes + 100));
	pass_over(t);
}

/* ---- CVE-2019-11477 and 11479: tiny segments ---- */

/* Whatever the peer's SYN says, a segment has 48 bytes, or it would be all header. */
static void tiny_mss(struct kunit *test)
{
	struct conv *t = conv_of(test);

	for (t->peer_mss = 8; t->peer_mss <= 48; t->peer_mss += 8) {
		t->sock = NULL;
		t->written = 0;
		t->tuple.lport++;
		established_over(t, SACK, RTT_MS);
		mss_is(t, 48);
		returns(t, 480, user_send(t, 480));
		for (int i = 0; i < 10; i++)
			expect(t, "%s len 48", i < 9 ? "ACK" : "PSH|ACK");
		inject(t, "ACK seq R ack S");
	}
}

/* The next numbers of packets that leave: of each no more segments than it has room for. */
static void look_at_packets(struct conv *t, u32 most_bytes)
{
	u32 headers = conv_ip_bytes(t) + XTCP_HEADER_BYTES;
	struct sk_buff *skb;

	while ((skb = conv_sent(t))) {
		u32 len = skb->len - headers, size = skb_shinfo(skb)->gso_size;

		KUNIT_EXPECT_LE(t->test, len, most_bytes);
		if (size)
			KUNIT_EXPECT_EQ(t->test, skb_shinfo(skb)->gso_segs,
					DIV_ROUND_UP(len, size));
		kfree_skb(skb);
	}
}

/* As many segments as there can be in one skb, SACKed piece by piece, lost, and merged
 * again for retransmission.
 */
static void many_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 first;

	t->peer_mss = 8;
	established_over(t, SACK, RTT_MS);
	set_cwnd(t, 1 << 20);
	KUNIT_ASSERT_GT(test, user_send(t, 200000), 60000);
	look_at_packets(t, 65535);
	conv_look(t);
	first = t->snd_una;
	time_passes(t, RTT_MS);
	/* every second segment is SACKed, and then all but the first */
	for (u32 at = 48; at + 48 < t->snd_nxt - first && at < 30000; at += 96) {
		inject(t, "ACK seq R ack U sack %u..%u", first + at, first + at + 48);
		set_cwnd(t, 1 << 20);
		look_at_packets(t, 65535);
	}
	inject(t, "ACK seq R ack U sack U+48..U+30000");
	look_at_packets(t, 65535);
	time_passes(t, 30000);
	/* a timeout, and the peer gives up all of it */
	inject(t, "ACK seq R ack U+48");
	look_at_packets(t, 65535);
	fire(t, XTCP_TIMER_RETRANSMIT);
	set_cwnd(t, 1 << 20);
	look_at_packets(t, 65535);
	inject(t, "ACK seq R ack U+48");
	look_at_packets(t, 65535);
	inject(t, "ACK seq R ack S");
	look_at_packets(t, 65535);
}

/* ---- CVE-2019-11478: a send queue in fragments ---- */

/* The peer SACKs every second segment of large skbs, from the first to the last or from the
 * last to the first.
 */
static void sack_every_second(struct conv *t, bool backwards)
{
	struct kunit *test = t->test;
	struct sock *sk;
	u32 most, len, n = 0;

	t->peer_mss = 48;
	established_over(t, SACK, RTT_MS);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 50000));
	sk = t->sock->sk;
	set_cwnd(t, 1 << 20);
	while (user_send(t, 50000) > 0)
		pass_over(t);
	pass_over(t);
	conv_look(t);
	most = 2 * (READ_ONCE(sk->sk_sndbuf) + 2 * SKB_TRUESIZE(GSO_LEGACY_MAX_SIZE)) +
	       2 * SKB_TRUESIZE(2048);
	time_passes(t, RTT_MS);
	len = t->snd_nxt - t->snd_una;
	len = rounddown(len - 48, 96);
	for (u32 done = 0; done < len; done += 96) {
		u32 at = 48 + (backwards ? len - 96 - done : done);

		inject(t, "ACK seq R ack U sack U+%u..U+%u", at, at + 48);
		pass_over(t);
		KUNIT_ASSERT_LE(test, READ_ONCE(sk->sk_wmem_queued), most);
		if (conv_value(t, CONV_SEND_QUEUE) > n)
			n = conv_value(t, CONV_SEND_QUEUE);
	}
	/* it was cut, many times */
	KUNIT_EXPECT_GT(test, n, 100);
	while (conv_value(t, CONV_SEND_QUEUE)) {
		inject(t, "ACK seq R ack S");
		pass_over(t);
	}
}

static void fragments(struct kunit *test)
{
	sack_every_second(conv_of(test), false);
}

static void fragments_backwards(struct kunit *test)
{
	sack_every_second(conv_of(test), true);
}

/* A block that was told costs nothing when told again: the same 4, ten thousand times. */
static void told_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, SACK, RTT_MS);
	in_flight(t, 40, 0);
	time_passes(t, RTT_MS);
	for (int i = 0; i < tries(2000); i++) {
		inject(t, "ACK seq R ack U sack U+4m..U+5m U+8m..U+9m U+12m..U+20m U+30m..U+31m");
		pass_over(t);
	}
	sacked_is(t, 11 * MSS);
	inject(t, "ACK seq R ack S");
	counted(t, FAST_RETRANS, 1);
}

static struct kunit_case sack_hostile_cases[] = {
	KUNIT_CASE_PARAM(lied_to, lie_gen_params),
	KUNIT_CASE(not_agreed),
	KUNIT_CASE(acks_within_what_it_sacked),
	KUNIT_CASE(anything),
	KUNIT_CASE(tiny_out_of_order),
	KUNIT_CASE(bytes_backwards),
	KUNIT_CASE(tiny_mss),
	KUNIT_CASE(told_again),
	{}
};

struct kunit_suite sack_hostile_suite = {
	.name = "wire_sack_hostile",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = sack_hostile_cases,
};

/* ---- one skb of many segments ---- */

/* A block within a GSO packet: it is cut between segments, and only there. */
static void block_within_a_packet(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, SACK, RTT_MS);
	set_cwnd(t, 10 * MSS);
	returns(t, 10 * MSS, user_send(t, 10 * MSS));
	expect(t, "PSH|ACK seq U ack R len 10m gso m");
	time_passes(t, RTT_MS);
	send_queue_is(t, 1);
	inject(t, "ACK seq R ack U sack U+3m+1..U+5m+1");
	sacked_is(t, MSS);
	send_queue_is(t, 3);
	inject(t, "ACK seq R ack U sack U+4m..U+7m");
	/* all before it left with it and is lost, nothing behind it is */
	expect(t, "ACK seq U ack R len 2m gso m");
	sacked_is(t, 3 * MSS);
	lost_is(t, 2 * MSS);
	inject(t, "ACK seq R ack U+2m+100 sack U+4m..U+7m");
	pass_over(t);
	inject(t, "ACK seq R ack S");
	send_queue_is(t, 0);
}

/* ---- a send queue in fragments, without any SACK ---- */

/* What the write queue may cost at most: the send buffer twice, and some packets. */
static u32 send_queue_most(const struct sock *sk)
{
	return 2 * (READ_ONCE(sk->sk_sndbuf) + 2 * SKB_TRUESIZE(GSO_LEGACY_MAX_SIZE)) +
	       2 * SKB_TRUESIZE(2048);
}

/* A connection that has filled its send buffer, and may send all of it. */
static struct sock *write_all(struct conv *t, u32 cwnd)
{
	established_over(t, SACK, RTT_MS);
	t->xn->sysctl.early_retrans = 0;	/* no loss probe before the timeout */
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 50000));
	set_cwnd(t, cwnd);
	while (user_send(t, 50000) > 0)
		pass_over(t);
	pass_over(t);
	return t->sock->sk;
}

static void acknowledge_all(struct conv *t)
{
	while (conv_value(t, CONV_SEND_QUEUE)) {
		inject(t, "ACK seq R ack S");
		pass_over(t);
	}
	conv_look(t);
	acked_is(t, HERE_ISS + 1 + t->written);
}

/* All is lost; then the peer takes it, a byte at a time. */
static void window_opens_by_a_byte(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk = write_all(t, 1 << 20);
	int most = IS_ENABLED(CONFIG_KASAN) ? 1500 : 4000;

	time_passes(t, 3 * RTT_MS);
	inject(t, "ACK seq R ack U win 1");
	pass_over(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len 1");
	set_cwnd(t, 1 << 20);
	inject(t, "ACK seq R ack U win 2");
	expect(t, "ACK seq U+1 ack R len 1");
	for (int i = 3; i < most; i++) {
		set_cwnd(t, 1 << 20);
		inject(t, "ACK seq R ack U win %d", i);
		pass_over(t);
		KUNIT_ASSERT_LE_MSG(test, READ_ONCE(sk->sk_wmem_queued), send_queue_most(sk),
				    "a window of %d", i);
	}
	KUNIT_EXPECT_GT(test, conv_value(t, CONV_SEND_QUEUE), 100);
	/* and it goes on */
	inject(t, "ACK seq R ack U win 65535");
	pass_over(t);
	acknowledge_all(t);
}

/* Each ACK lets out no more than it covers: a tiny segment. */
static void acks_of_tiny_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk;

	t->peer_mss = 48;
	sk = write_all(t, 30000);
	for (int i = 0; i < 30000 / 48; i++) {
		set_cwnd(t, 30000);
		inject(t, "ACK seq R ack U+48");
		pass_over(t);
		KUNIT_ASSERT_LE_MSG(test, READ_ONCE(sk->sk_wmem_queued), send_queue_most(sk),
				    "after %d ACKs", i + 1);
	}
	KUNIT_EXPECT_GT(test, conv_value(t, CONV_SEND_QUEUE), 100);
	acknowledge_all(t);
}

static struct kunit_case sack_cut_cases[] = {
	KUNIT_CASE(block_within_a_packet),
	KUNIT_CASE(many_segments),
	KUNIT_CASE(fragments),
	KUNIT_CASE(fragments_backwards),
	KUNIT_CASE(window_opens_by_a_byte),
	KUNIT_CASE(acks_of_tiny_segments),
	{}
};

struct kunit_suite sack_cut_suite = {
	.name = "wire_sack_cut",
	.init = conv_init_gso,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = sack_cut_cases,
};
