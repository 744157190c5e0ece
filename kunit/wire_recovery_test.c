// SPDX-License-Identifier: GPL-2.0
/*
 * Losses: RFC 6298, RFC 5681, RFC 6582, RFC 3042, RFC 5827.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

#define MSS	1460

/* An established connection with @segs full segments in flight, and @more that
 * the congestion window holds back.
 */
static void in_flight(struct conv *t, int segs, int more)
{
	struct xtcp_sock *x;

	established(t);
	x = conv_x(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 200000));
	x->cong.cwnd_bytes = segs * MSS;
	returns(t, (segs + more) * MSS, user_send(t, (segs + more) * MSS));
	for (int i = 0; i < segs; i++)
		expect(t, "%s seq %u ack R len 1460",
		       i == segs - 1 && !more ? "PSH|ACK" : "ACK", 101 + i * MSS);
	silence(t);
}

/* MUST-18 */
static void retransmission(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;
	u32 rto, srtt;

	established(t);
	x = conv_x(t);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack R len 100");
	rto = xtcp_rtt_timeout_us(&x->rtt);
	srtt = x->rtt.srtt_us;
	for (int i = 1; i <= 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK seq 101 ack R len 100");
		/* (5.5) */
		KUNIT_EXPECT_EQ(test, rto << i, xtcp_rtt_timeout_us(&x->rtt));
	}
	x->tally.rto_since -= HZ;	/* a second passes */
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_EQ(test, 1, x->tally.rto_rows);
	KUNIT_EXPECT_GE(test, x->tally.rto_time, HZ);
	KUNIT_EXPECT_LT(test, x->tally.rto_time, 10 * HZ);
	/* Karn: no sample, and the back-off stays until there is one */
	KUNIT_EXPECT_EQ(test, srtt, x->rtt.srtt_us);
	KUNIT_EXPECT_EQ(test, rto << 3, xtcp_rtt_timeout_us(&x->rtt));
	KUNIT_EXPECT_FALSE(test, xtcp_timer_armed(x, XTCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_EQ(test, 0, x->retries);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 201 ack R len 100");
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_EQ(test, 0, x->rtt.backoff);
	counted(t, RETRANS, 3);
	counted(t, TIMEOUTS, 3);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 301 ack R len 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 301 ack R len 100");
	KUNIT_EXPECT_EQ(test, 2, x->tally.rto_rows);
}

/* MUST-20 */
static void given_up(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.retries2 = 3;
	established(t);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack R len 100");
	for (int i = 0; i < 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK seq 101 ack R len 100");
	}
	KUNIT_EXPECT_NE(test, 0, conv_x(t)->tally.rto_since);
	fire(t, XTCP_TIMER_RETRANSMIT);
	silence(t);
	state_is(t, TCP_CLOSE);
	/* the time of its timeouts ends with it */
	KUNIT_EXPECT_EQ(test, 0, conv_x(t)->tally.rto_since);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
	returns(t, -EPIPE, user_send(t, 1));
	counted(t, ABORT_TIMEOUT, 1);
}

/* RFC 6298, 5.3: progress starts the timer anew */
static void progress(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	in_flight(t, 4, 0);
	x = conv_x(t);
	x->expires[XTCP_TIMER_RETRANSMIT] = jiffies;
	inject(t, "ACK seq R ack 1561");
	KUNIT_EXPECT_TRUE(test, time_after(x->expires[XTCP_TIMER_RETRANSMIT],
					   jiffies));
	/* an ACK of nothing new does not */
	x->expires[XTCP_TIMER_RETRANSMIT] = 1;
	inject(t, "ACK seq R ack 1561");
	KUNIT_EXPECT_EQ(test, 1, x->expires[XTCP_TIMER_RETRANSMIT]);
}

/* After a timeout all is sent again from the first on, as slow start allows (MUST-19). */
static void slow_start_after_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	in_flight(t, 8, 0);
	x = conv_x(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1460");
	silence(t);
	KUNIT_EXPECT_EQ(test, MSS, x->cong.cwnd_bytes);
	KUNIT_EXPECT_EQ(test, 4 * MSS, x->cong.ssthresh_bytes);
	inject(t, "ACK seq R ack 1561");
	expect(t, "ACK seq 1561 ack R len 1460");
	expect(t, "ACK seq 3021 ack R len 1460");
	silence(t);
	/* the rest had arrived: what is acknowledged is not sent again */
	inject(t, "ACK seq R ack S");
	silence(t);
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_OPEN, x->phase);
	KUNIT_EXPECT_EQ(test, x->snd_una, x->snd_nxt);
}

static void fast_retransmit(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	in_flight(t, 10, 0);
	x = conv_x(t);
	inject(t, "ACK seq R ack U");
	silence(t);
	inject(t, "ACK seq R ack U");
	silence(t);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq 101 ack R len 1460");
	silence(t);
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_RECOVERY, x->phase);
	KUNIT_EXPECT_EQ(test, 5 * MSS, x->cong.ssthresh_bytes);
	KUNIT_EXPECT_EQ(test, 8 * MSS, x->cong.cwnd_bytes);
	inject(t, "ACK seq R ack U");
	silence(t);
	KUNIT_EXPECT_EQ(test, 9 * MSS, x->cong.cwnd_bytes);
	inject(t, "ACK seq R ack S");
	silence(t);
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_OPEN, x->phase);
	KUNIT_EXPECT_EQ(test, 2 * MSS, x->cong.cwnd_bytes);	/* RFC 6582, (3) */
	counted(t, FAST_RETRANS, 1);
	counted(t, DUP_ACKS, 4);
	counted(t, RETRANS, 1);
	counted(t, TIMEOUTS, 0);
}

/* RFC 3042: each of the first two lets a new segment out. */
static void limited_transmit(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	in_flight(t, 6, 8);
	x = conv_x(t);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq %u ack R len 1460", 101 + 6 * MSS);
	silence(t);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq %u ack R len 1460", 101 + 7 * MSS);
	silence(t);
	KUNIT_EXPECT_EQ(test, 6 * MSS, x->cong.cwnd_bytes);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq 101 ack R len 1460");
	silence(t);
	/* 8 in flight, two of them let out by duplicates: those do not count.
	 * ssthresh 3, cwnd 3 + 3: each more opens it by one
	 */
	KUNIT_EXPECT_EQ(test, 3 * MSS, x->cong.ssthresh_bytes);
	KUNIT_EXPECT_EQ(test, 6 * MSS, x->cong.cwnd_bytes);
	inject(t, "ACK seq R ack U");
	silence(t);
	inject(t, "ACK seq R ack U");
	silence(t);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq %u ack R len 1460", 101 + 8 * MSS);
	silence(t);
}

/* What left before the window closed is not sent again because it opens (MUST-35). */
static void window_flaps(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 10, 0);
	for (int i = 0; i < 3; i++) {
		inject(t, "ACK seq R ack U win 0");
		inject(t, "ACK seq R ack U win 65535");
		silence(t);
	}
	/* but what was sent while it was closed, a full segment again */
	inject(t, "ACK seq R ack U win 0");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack U win 65535");
	expect(t, "ACK seq 101 ack R len 1460");
}

static void partial_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	in_flight(t, 10, 0);
	x = conv_x(t);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq 101 ack R len 1460");
	/* the third and the sixth were lost, too */
	inject(t, "ACK seq R ack %u", 101 + 2 * MSS);
	expect(t, "ACK seq %u ack R len 1460", 101 + 2 * MSS);
	silence(t);
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_RECOVERY, x->phase);
	/* 8, less the two acknowledged, plus one */
	KUNIT_EXPECT_EQ(test, 7 * MSS, x->cong.cwnd_bytes);
	inject(t, "ACK seq R ack %u", 101 + 5 * MSS);
	expect(t, "ACK seq %u ack R len 1460", 101 + 5 * MSS);
	silence(t);
	inject(t, "ACK seq R ack S");
	silence(t);
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_OPEN, x->phase);
	counted(t, PARTIAL_ACKS, 2);
	counted(t, FAST_RETRANS, 1);
}

/* RFC 5681, 2: not every ACK that repeats itself is a duplicate */
static void no_duplicates(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 10, 0);
	for (int i = 0; i < 3; i++) {
		inject(t, "ACK seq R ack U win %d", 60000 - i);
		inject(t, "PSH|ACK seq R ack U win %d len 10", 60000 - i);
		silence(t);
		fire(t, XTCP_TIMER_DELACK);
		expect(t, "ACK seq S ack R");
	}
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_OPEN, conv_x(t)->phase);
	counted(t, DUP_ACKS, 0);
	inject(t, "ACK seq R ack U-1 win 59998");
	counted(t, DUP_ACKS, 0);
	/* nothing in flight, nothing to repair */
	inject(t, "ACK seq R ack S win 59998");
	for (int i = 0; i < 4; i++)
		inject(t, "ACK seq R ack S win 59998");
	silence(t);
	counted(t, DUP_ACKS, 0);
}

/* RFC 5827: too little in flight for three */
static void early_retransmit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 3, 0);
	inject(t, "ACK seq R ack U");
	silence(t);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq 101 ack R len 1460");
	silence(t);
}

static void early_retransmit_of_two(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 2, 0);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq 101 ack R len 1460");
	silence(t);
}

/* Behind a single segment there is nothing that could cause duplicates. */
static void single_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 1, 0);
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
	silence(t);
}

/* RFC 6582, 3.2, (2): duplicates of what a timeout sent again tell nothing */
static void duplicates_after_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 6, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1460");
	for (int i = 0; i < 5; i++)
		inject(t, "ACK seq R ack U");
	silence(t);
	counted(t, FAST_RETRANS, 0);
	inject(t, "ACK seq R ack S");
	silence(t);
}

/* MUST-19 */
static void congestion_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	in_flight(t, 4, 20);
	x = conv_x(t);
	inject(t, "ACK seq R ack 3021");
	/* two acknowledged: two for them, two for slow start */
	for (int i = 4; i < 8; i++)
		expect(t, "ACK seq %u ack R len 1460", 101 + i * MSS);
	silence(t);
	KUNIT_EXPECT_EQ(test, 6 * MSS, x->cong.cwnd_bytes);
}

/* What is not used does not grow: RFC 7661's spirit, RFC 5681's letter */
static void unused_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 cwnd;

	established(t);
	cwnd = conv_x(t)->cong.cwnd_bytes;
	for (int i = 0; i < 10; i++) {
		returns(t, 100, user_send(t, 100));
		expect(t, "PSH|ACK len 100");
		inject(t, "ACK seq R ack S");
	}
	KUNIT_EXPECT_EQ(test, cwnd, conv_x(t)->cong.cwnd_bytes);
}

static void part_of_a_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 2, 0);
	inject(t, "ACK seq R ack 601");
	silence(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 601 ack R len 960");
	silence(t);
	inject(t, "ACK seq R ack 1561");
	expect(t, "PSH|ACK seq 1561 ack R len 1460");
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&t->sock->sk->sk_write_queue));
}

static void fin_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack R len 100");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq 201 ack R");
	inject(t, "ACK seq R ack 201");
	state_is(t, TCP_FIN_WAIT1);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|ACK seq 201 ack R");
	inject(t, "ACK seq R ack 202");
	state_is(t, TCP_FIN_WAIT2);
	silence(t);
}

/* RFC 6582, 3.2, (2): only an ACK that covers more than recover.  Duplicates of the old
 * flight, which follow what came twice, begin no second recovery.
 */
static void duplicates_of_old_flight(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	in_flight(t, 10, 0);
	x = conv_x(t);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq 101 ack R len 1460");
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_OPEN, x->phase);
	x->cong.cwnd_bytes = 10 * MSS;
	returns(t, 6 * MSS, user_send(t, 6 * MSS));
	conv_forget_sent(t);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	silence(t);
	KUNIT_EXPECT_EQ(test, XTCP_PHASE_OPEN, x->phase);
	counted(t, FAST_RETRANS, 1);
	/* past it, a loss is a loss */
	inject(t, "ACK seq R ack U+1460");
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len 1460");
	counted(t, FAST_RETRANS, 2);
}

/* The same behind a timeout: RFC 6582, 4 */
static void duplicates_of_needless(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 8, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1460");
	inject(t, "ACK seq R ack 1561");
	expect(t, "ACK seq 1561 ack R len 1460");
	expect(t, "ACK seq 3021 ack R len 1460");
	inject(t, "ACK seq R ack S");	/* it had the rest */
	silence(t);
	conv_x(t)->cong.cwnd_bytes = 10 * MSS;
	returns(t, 6 * MSS, user_send(t, 6 * MSS));
	conv_forget_sent(t);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	silence(t);
	counted(t, FAST_RETRANS, 0);
}

/* After 2 GiB without a loss the first is still found by its duplicates. */
static void recover_keeps_up(struct kunit *test)
{
	struct conv *t = conv_of(test);

	in_flight(t, 10, 0);
	conv_x(t)->recover = conv_x(t)->snd_una - 1;
	inject(t, "ACK seq R ack U+1460");
	KUNIT_EXPECT_EQ(test, conv_x(t)->snd_una - 1, conv_x(t)->recover);
}

/* RFC 6298, 3: an ACK that covers what was sent twice measures nothing, though it
 * covers what was sent once, too (MUST-18).
 */
static void karn(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sk_buff *skb;
	u32 srtt;

	in_flight(t, 4, 0);
	srtt = conv_x(t)->rtt.srtt_us;
	/* all were sent half a minute ago and arrived; their ACKs were lost */
	skb_queue_walk(&t->sock->sk->sk_write_queue, skb)
		XTCP_CB(skb)->sent_us -= 30 * USEC_PER_SEC;
	for (int i = 0; i < 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq 101 ack R len 1460");
	}
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_EQ(test, srtt, conv_x(t)->rtt.srtt_us);
	KUNIT_EXPECT_EQ(test, 3, conv_x(t)->rtt.backoff);
	/* the next one measures, and ends the back-off */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_EQ(test, 0, conv_x(t)->rtt.backoff);
}

/* Nor does one that ends within it. */
static void karn_part(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sk_buff *skb;
	u32 srtt;

	in_flight(t, 2, 0);
	srtt = conv_x(t)->rtt.srtt_us;
	skb = skb_peek(&t->sock->sk->sk_write_queue);
	XTCP_CB(skb)->sent_us -= 30 * USEC_PER_SEC;
	skb = skb_peek_tail(&t->sock->sk->sk_write_queue);
	XTCP_CB(skb)->resent = 1;
	inject(t, "ACK seq R ack U+1500");
	KUNIT_EXPECT_EQ(test, srtt, conv_x(t)->rtt.srtt_us);
}

/* Small writes that left singly go again as one segment. */
static void small_writes_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	for (int i = 0; i < 10; i++) {
		returns(t, 50, user_send(t, 50));
		expect(t, "PSH|ACK seq %d ack R len 50", 101 + 50 * i);
	}
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 500");
	silence(t);
	inject(t, "ACK seq R ack 601");
	silence(t);
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&t->sock->sk->sk_write_queue));
	counted(t, TIMEOUTS, 1);
}

/* As many as make a segment, and none that was never sent. */
static void small_writes_make_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 2100;
	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	for (int i = 0; i < 3; i++) {
		returns(t, 700, user_send(t, 700));
		expect(t, "PSH|ACK len 700");
	}
	returns(t, 10, user_send(t, 10));
	silence(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 1400");
	silence(t);
	inject(t, "ACK seq R ack 1501 win 700");
	expect(t, "PSH|ACK seq 1501 ack R len 700");
	inject(t, "ACK seq R ack 2201 win 2100");
	expect(t, "PSH|ACK seq 2201 ack R len 10");
	silence(t);
}

/* With the FIN that followed them. */
static void small_writes_and_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	for (int i = 0; i < 3; i++) {
		returns(t, 20, user_send(t, 20));
		expect(t, "PSH|ACK len 20");
	}
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq 161 ack R");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|PSH|ACK seq 101 ack R len 60");
	silence(t);
	inject(t, "ACK seq R ack 162");
	state_is(t, TCP_FIN_WAIT2);
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(retransmission),
	KUNIT_CASE(given_up),
	KUNIT_CASE(progress),
	KUNIT_CASE(slow_start_after_timeout),
	KUNIT_CASE(fast_retransmit),
	KUNIT_CASE(limited_transmit),
	KUNIT_CASE(window_flaps),
	KUNIT_CASE(partial_ack),
	KUNIT_CASE(no_duplicates),
	KUNIT_CASE(early_retransmit),
	KUNIT_CASE(early_retransmit_of_two),
	KUNIT_CASE(single_segment),
	KUNIT_CASE(duplicates_after_timeout),
	KUNIT_CASE(congestion_window),
	KUNIT_CASE(unused_window),
	KUNIT_CASE(part_of_a_segment),
	KUNIT_CASE(fin_lost),
	KUNIT_CASE(duplicates_of_old_flight),
	KUNIT_CASE(duplicates_of_needless),
	KUNIT_CASE(recover_keeps_up),
	KUNIT_CASE(karn),
	KUNIT_CASE(karn_part),
	KUNIT_CASE(small_writes_again),
	KUNIT_CASE(small_writes_make_segments),
	KUNIT_CASE(small_writes_and_fin),
	{}
};

struct kunit_suite recovery_suite = {
	.name = "wire_recovery",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = recovery_cases,
};
