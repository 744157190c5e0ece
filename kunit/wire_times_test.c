// SPDX-License-Identifier: GPL-2.0
/*
 * How long: when each timer is due, and how often it is armed again.  RFC 9293,
 * 3.6, 3.8; RFC 6298, 5; RFC 5681, 3.1 and 4.1.
 *
 * Time stands still in a conversation; but a timer's deadline can be read.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

/* The deadline was set at some moment since @before, @wait ahead. */
static void due(struct conv *t, unsigned long deadline, unsigned long before,
		unsigned long wait)
{
	KUNIT_EXPECT_GE(t->test, deadline - before, wait);
	KUNIT_EXPECT_LE(t->test, deadline - jiffies, wait);
}

/* The timeout of a segment that was sent @retries times before. */
static unsigned long rto(struct conv *t, int retries)
{
	u64 us = conv_value(t, CONV_RTO_BASE) << retries;

	return usecs_to_jiffies(min_t(u64, us, XTCP_RTO_MAX_US));
}

static void flight(struct conv *t, int segs)
{
	established(t);
	returns(t, segs * MSS, user_send(t, segs * MSS));
	for (int i = 0; i < segs; i++)
		expect(t, "%s seq U+%dm ack R len m",
		       i == segs - 1 ? "PSH|ACK" : "ACK", i);
}

/* ---- retransmission ---- */

/* RFC 6298, 5.1: data starts the timer; more data lets it run on */
static void timer_starts(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	established(t);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
	before = jiffies;
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, rto(t, 0));
	set_deadline(t, XTCP_TIMER_RETRANSMIT, before - HZ);
	returns(t, MSS, user_send(t, MSS));
	expect(t, "PSH|ACK seq 111 ack R len m");
	KUNIT_EXPECT_EQ(test, before - HZ, conv_deadline(t, XTCP_TIMER_RETRANSMIT));
}

/* RFC 6298, 5.5, 5.6: after each timeout it waits for twice as long; MUST-19 */
static void timer_backs_off(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	for (int i = 1; i <= 12; i++) {
		before = jiffies;
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK seq 101 ack R len 10");
		due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, rto(t, i));
	}
	KUNIT_EXPECT_EQ(test, 120 * HZ, rto(t, 12));
}

/* The user may say that 120 s are too long, of a SYN,ACK as well: net.xtcp.rto_max_ms.  RFC
 * 6298, 2.5: a wait is bounded, and not what it grew from.
 */
static void longest_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	t->xn->sysctl.rto_max_ms = 2000;
	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	for (int i = 1; i <= 8; i++) {
		before = jiffies;
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK seq 101 ack R len 10");
		due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before,
		    min_t(unsigned long, rto(t, i), 2 * HZ));
	}
	rto_is(t, 2000000);
	t->xn->sysctl.rto_max_ms = 120000;
	before = jiffies;
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 10");
	due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, rto(t, 9));
}

static void longest_wait_of_syn_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	t->xn->sysctl.rto_max_ms = 2000;
	returns(t, 0, user_listen(t, 1));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	for (int i = 1; i <= 4; i++) {
		before = jiffies;
		fire_request(t);
		expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	}
	due(t, t->due, before, 2 * HZ);
}

/* RFC 5681, 3.1: a segment that times out again does not halve ssthresh again */
static void ssthresh_is_held(struct kunit *test)
{
	struct conv *t = conv_of(test);

	flight(t, 8);
	time_passes(t, 1000);	/* all of it is lost at the timeout (RFC 8985, 6.3) */
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	ssthresh_is(t, 4 * MSS);
	set_ssthresh(t, 3 * MSS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	ssthresh_is(t, 3 * MSS);
	/* another one does */
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+m ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	ssthresh_is(t, 7 * MSS / 2);
}

/* RFC 5681, 4.1: after a pause longer than the timeout, the restart window */
static void idle(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_cwnd(t, 40 * MSS);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	cwnd_is(t, 40 * MSS);
	inject(t, "ACK seq R ack S");
	time_passes(t, 5000);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	cwnd_is(t, 10 * MSS);
}

/* MUST-20, SHLD-10: three resends without an answer, and IP is asked for another
 * path: the hash that picks among several is drawn anew
 */
static void advice_at_r1(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk;
	u32 hash;

	established(t);
	sk = t->sock->sk;
	WRITE_ONCE(sk->sk_txrehash, SOCK_TXREHASH_ENABLED);
	hash = sk->sk_txhash;
	KUNIT_ASSERT_NE(test, 0, hash);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	for (int i = 0; i < 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK seq 101 ack R len 10");
		KUNIT_EXPECT_EQ(test, hash, sk->sk_txhash);
	}
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 10");
	KUNIT_EXPECT_NE(test, hash, sk->sk_txhash);
}

/* MUST-20, SHLD-11: R2 for data is at least 100 s */
static void patience_of_data(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long waited = 0;

	established(t);
	set_rto(t, 200 * USEC_PER_MSEC);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	for (int i = 0; conv_state(t) == TCP_ESTABLISHED; i++) {
		KUNIT_ASSERT_LT(test, i, 100);
		waited += rto(t, i);
		fire(t, XTCP_TIMER_RETRANSMIT);
		pass_over(t);
	}
	KUNIT_EXPECT_GE(test, waited, 100 * HZ);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
}

/* MUST-22: a SYN that is not answered comes again, each time after twice as
 * long; MUST-23: how long that goes on
 */
static void patience_of_syn(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before = jiffies, waited = 0;

	bring_to(t, IN_SYN_SENT);
	for (int i = 0; i < 6; i++) {
		due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, HZ << i);
		waited += HZ << i;
		before = jiffies;
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "SYN seq 100 mss 1460");
	}
	due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, HZ << 6);
	waited += HZ << 6;
	KUNIT_EXPECT_EQ(test, 127 * HZ, waited);
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
	returns(t, -ETIMEDOUT, user_connect(t));
}

/* MUST-22, MUST-23: so does a SYN,ACK */
static void patience_of_syn_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before, waited = 0;

	returns(t, 0, user_listen(t, 1));
	before = jiffies;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	for (int i = 0; i < 5; i++) {
		due(t, t->due, before, HZ << i);
		waited += HZ << i;
		before = jiffies;
		fire_request(t);
		expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	}
	due(t, t->due, before, HZ << 5);
	waited += HZ << 5;
	KUNIT_EXPECT_EQ(test, 63 * HZ, waited);
	fire_request(t);
	state_is(t, TCP_LISTEN);
}

/* ---- what waits for more ---- */

/* MUST-60: what the user holds back does not wait for ever: at most a second */
static void cork_is_no_prison(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;
	unsigned long before;
	u32 len;

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 1));
	before = jiffies;
	returns(t, 10, user_send(t, 10));
	KUNIT_EXPECT_LE(test, conv_deadline(t, XTCP_TIMER_RETRANSMIT) - before, HZ);
	fire(t, XTCP_TIMER_RETRANSMIT);
	KUNIT_ASSERT_TRUE(test, conv_next(t, &seg, &len));
	KUNIT_EXPECT_EQ(test, 101, seg.seq);
	KUNIT_EXPECT_EQ(test, 10, len);
}

/* MUST-40: an ACK is delayed by less than half a second */
static void delayed_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	established(t);
	set_quick_acks(t, 0);
	before = jiffies;
	inject(t, "PSH|ACK seq R ack S len 10");
	KUNIT_EXPECT_LT(test, conv_deadline(t, XTCP_TIMER_DELACK) - before, HZ / 2);
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
}

/* SHLD-29: the first probe after a timeout's time; SHLD-30: each later one after
 * twice as long, though all are answered
 */
static void probes(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	established(t);
	inject(t, "ACK seq R ack S win 0");
	before = jiffies;
	returns(t, 100, user_send(t, 100));
	due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, rto(t, 0));
	before = jiffies;
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack 101 win 0");
	due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, rto(t, 0));
	for (int i = 1; i <= 12; i++) {
		before = jiffies;
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq 101 ack R len 1");
		inject(t, "ACK seq R ack 101 win 0");
		due(t, conv_deadline(t, XTCP_TIMER_RETRANSMIT), before, rto(t, i));
	}
}

/* ---- an idle connection, and a closed one ---- */

/* MUST-25, MUST-28: no keep-alive unless it is asked for, and then after 2 h */
static void keepalive(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	established(t);
	not_armed(t, XTCP_TIMER_KEEPALIVE);
	before = jiffies;
	returns(t, 0, user_option(t, SOL_SOCKET, SO_KEEPALIVE, 1));
	due(t, conv_deadline(t, XTCP_TIMER_KEEPALIVE), before, 7200 * HZ);
	/* the peer must have been silent for as long, whatever the timer says */
	time_passes(t, 7100 * 1000);
	fire(t, XTCP_TIMER_KEEPALIVE);
	time_passes(t, 100 * 1000);
	before = jiffies;
	fire(t, XTCP_TIMER_KEEPALIVE);
	expect(t, "ACK seq S-1 ack R");
	due(t, conv_deadline(t, XTCP_TIMER_KEEPALIVE), before, 75 * HZ);
}

/* MUST-13: TIME_WAIT lasts for 2MSL, a minute, from the peer's last FIN on */
static void time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long before;

	bring_to(t, IN_FIN_WAIT_2);
	for (int i = 0; i < 2; i++) {
		before = jiffies;
		inject(t, "FIN|ACK seq %u ack S", t->irs + 1);
		expect(t, "ACK seq S ack 1002");
		state_is(t, TCP_TIME_WAIT);
		due(t, t->due, before, 60 * HZ);
	}
}

static struct kunit_case times_cases[] = {
	KUNIT_CASE(timer_starts),
	KUNIT_CASE(timer_backs_off),
	KUNIT_CASE(longest_wait),
	KUNIT_CASE(longest_wait_of_syn_ack),
	KUNIT_CASE(ssthresh_is_held),
	KUNIT_CASE(idle),
	KUNIT_CASE(advice_at_r1),
	KUNIT_CASE(patience_of_data),
	KUNIT_CASE(patience_of_syn),
	KUNIT_CASE(patience_of_syn_ack),
	KUNIT_CASE(cork_is_no_prison),
	KUNIT_CASE(delayed_ack),
	KUNIT_CASE(probes),
	KUNIT_CASE(keepalive),
	KUNIT_CASE(time_wait),
	{}
};

struct kunit_suite times_suite = {
	.name = "wire_times",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = times_cases,
};
