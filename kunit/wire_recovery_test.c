// SPDX-License-Identifier: GPL-2.0
/*
 * Losses: RFC 6298, RFC 5681, RFC 6582, RFC 3042, RFC 5827.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

/* An established connection with @segs full segments in flight, and @more that
 * the congestion window holds back.
 */
static void sent(struct conv *t, int segs, int more)
{
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 200000));
	in_flight(t, segs, more);
}

/* MUST-18 */
static void retransmission(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 rto, srtt;

	with_options(t, 0);	/* timestamps tell */
	established(t);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack R len 100");
	rto = conv_value(t, CONV_RTO);
	srtt = conv_value(t, CONV_SRTT);
	for (int i = 1; i <= 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK seq 101 ack R len 100");
		/* (5.5) */
		rto_is(t, rto << i);
	}
	time_passes(t, 1000);
	inject(t, "ACK seq R ack S");
	timeout_rows_is(t, 1);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_TIMEOUT_TIME), HZ);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_TIMEOUT_TIME), 10 * HZ);
	/* Karn: no sample, and the back-off stays until there is one */
	srtt_is(t, srtt);
	rto_is(t, rto << 3);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
	retries_is(t, 0);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 201 ack R len 100");
	inject(t, "ACK seq R ack S");
	backoff_is(t, 0);
	counted(t, RETRANS, 3);
	counted(t, TIMEOUTS, 3);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 301 ack R len 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 301 ack R len 100");
	timeout_rows_is(t, 2);
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
	in_timeout_row(t, true);
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
	/* the time of its timeouts ends with it */
	in_timeout_row(t, false);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
	returns(t, -EPIPE, user_send(t, 1));
	counted(t, ABORT_TIMEOUT, 1);
}

/* RFC 6298, 5.3: progress starts the timer anew */
static void progress(struct kunit *test)
{
	unsigned long then = jiffies - HZ;
	struct conv *t = conv_of(test);

	sent(t, 4, 0);
	set_deadline(t, XTCP_TIMER_RETRANSMIT, jiffies);
	inject(t, "ACK seq R ack U+m");
	KUNIT_EXPECT_TRUE(test, time_after(conv_deadline(t, XTCP_TIMER_RETRANSMIT),
					   jiffies));
	/* an ACK of nothing new does not */
	set_deadline(t, XTCP_TIMER_RETRANSMIT, then);
	inject(t, "ACK seq R ack U");
	KUNIT_EXPECT_EQ(test, then, conv_deadline(t, XTCP_TIMER_RETRANSMIT));
}

/* After a timeout all is sent again from the first on, as slow start allows (MUST-19). */
static void slow_start_after_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 8, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	cwnd_is(t, MSS);
	ssthresh_is(t, 4 * MSS);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+m ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	/* the rest had arrived: what is acknowledged is not sent again */
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	flight_is(t, 0);
}

static void fast_retransmit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	ssthresh_is(t, 5 * MSS);
	/* RFC 6937: six are in flight, and one may go for every two delivered */
	cwnd_is(t, 7 * MSS);
	inject(t, "ACK seq R ack U");
	cwnd_is(t, 6 * MSS);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	cwnd_is(t, 5 * MSS);
	counted(t, FAST_RETRANS, 1);
	counted(t, DUP_ACKS, 4);
	counted(t, RETRANS, 1);
	counted(t, TIMEOUTS, 0);
}

/* RFC 3042: each of the first two lets a new segment out. */
static void limited_transmit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 6, 8);
	inject(t, "ACK seq R ack U");
	expect(t, "PSH|ACK seq U+6m ack R len m");
	inject(t, "ACK seq R ack U");
	expect(t, "PSH|ACK seq U+7m ack R len m");
	cwnd_is(t, 6 * MSS);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
	/* 8 were sent, two of them let out by duplicates: those do not count.  Four are
	 * left in flight, and the one that went again
	 */
	ssthresh_is(t, 3 * MSS);
	cwnd_is(t, 5 * MSS);
	/* RFC 6937: the next may go when fewer than ssthresh are in flight */
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
	expect(t, "PSH|ACK seq U+8m ack R len m");
}

/* What left before the window closed is not sent again because it opens (MUST-35). */
static void window_flaps(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	for (int i = 0; i < 3; i++) {
		inject(t, "ACK seq R ack U win 0");
		inject(t, "ACK seq R ack U win 65535");
	}
	/* but what was sent while it was closed is, as a full segment */
	inject(t, "ACK seq R ack U win 0");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len 1");
	inject(t, "ACK seq R ack U win 65535");
	for (int i = 0; i < 10; i++)
		expect(t, "%s seq U+%dm ack R len m", i == 9 ? "PSH|ACK" : "ACK", i);
}

static void partial_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
	/* the third and the sixth were lost as well */
	inject(t, "ACK seq R ack U+2m");
	expect(t, "ACK seq U+2m ack R len m");
	phase_is(t, RECOVERY);
	/* five are left in flight: the one sent again is a sixth */
	cwnd_is(t, 5 * MSS);
	flight_is(t, 8 * MSS);
	inject(t, "ACK seq R ack U+3m");
	expect(t, "ACK seq U+3m ack R len m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	counted(t, PARTIAL_ACKS, 2);
	counted(t, FAST_RETRANS, 1);
}

/* RFC 5681, 2: not every ACK that repeats itself is a duplicate */
static void no_duplicates(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.delack_ms = 10000;	/* it fires by hand alone */
	sent(t, 10, 0);
	set_quick_acks(t, 0);
	for (int i = 0; i < 3; i++) {
		inject(t, "ACK seq R ack U win %d", 60000 - i);
		inject(t, "PSH|ACK seq R ack U win %d len 10", 60000 - i);
		fire(t, XTCP_TIMER_DELACK);
		expect(t, "ACK seq S ack R");
	}
	phase_is(t, OPEN);
	counted(t, DUP_ACKS, 0);
	inject(t, "ACK seq R ack U-1 win 59998");
	counted(t, DUP_ACKS, 0);
	/* nothing in flight, nothing to repair */
	inject(t, "ACK seq R ack S win 59998");
	for (int i = 0; i < 4; i++)
		inject(t, "ACK seq R ack S win 59998");
	counted(t, DUP_ACKS, 0);
}

/* RFC 5827: too little in flight for three */
static void early_retransmit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 3, 0);
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
}

static void early_retransmit_of_two(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 2, 0);
	inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
}

/* Behind a single segment there is nothing that could cause duplicates. */
static void single_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 1, 0);
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
}

/* RFC 6582, 3.2, (2): duplicates caused by a timeout's resends mean nothing */
static void duplicates_after_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 6, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	for (int i = 0; i < 5; i++)
		inject(t, "ACK seq R ack U");
	counted(t, FAST_RETRANS, 0);
	inject(t, "ACK seq R ack S");
}

/* MUST-19 */
static void congestion_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 4, 20);
	inject(t, "ACK seq R ack U+2m");
	/* two acknowledged: two for them, two for slow start */
	for (int i = 4; i < 8; i++)
		expect(t, "%s seq U+%dm ack R len m", i == 7 ? "PSH|ACK" : "ACK", i);
	cwnd_is(t, 6 * MSS);
}

/* An unused window does not grow: RFC 7661's spirit, RFC 5681's letter */
static void unused_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 cwnd;

	established(t);
	cwnd = conv_value(t, CONV_CWND);
	for (int i = 0; i < 10; i++) {
		returns(t, 100, user_send(t, 100));
		expect(t, "PSH|ACK len 100");
		inject(t, "ACK seq R ack S");
	}
	cwnd_is(t, cwnd);
}

/* But in slow start it grows to twice what was in flight in a round trip: RFC 7661, 4.3,
 * and Linux, from whose tests these numbers are.
 */
static const struct used {
	u32		segs;	/* of the ten that the window begins with */
	u32		cwnd;	/* in segments, once all are acknowledged */
	const char	name[24];
} used[] = {
	{ 5, 10, "half, and no more" },
	{ 6, 12, "6 of 10" },
	{ 9, 18, "9 of 10" },
	{ 10, 20, "all, and no more" },
};

KUNIT_ARRAY_PARAM_DESC(used, used, name);

static void window_used_in_part(struct kunit *test)
{
	const struct used *p = test->param_value;
	struct conv *t = conv_of(test);
	u32 mss;

	established(t);
	mss = conv_value(t, CONV_MSS);
	cwnd_is(t, 10 * mss);
	returns(t, p->segs * mss, user_send(t, p->segs * mss));
	pass_over(t);
	for (u32 i = 0; i < p->segs / 2; i++) {
		inject(t, "ACK seq R ack U+2m");
		cwnd_is(t, min(10 + 2 * (i + 1), p->cwnd) * mss);
	}
	inject(t, "ACK seq R ack S");
	cwnd_is(t, p->cwnd * mss);
	/* what was used then says nothing of now */
	returns(t, 3 * mss, user_send(t, 3 * mss));
	pass_over(t);
	inject(t, "ACK seq R ack S");
	cwnd_is(t, p->cwnd * mss);
}

static void part_of_a_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 2, 0);
	inject(t, "ACK seq R ack U+500");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m-500");
	inject(t, "ACK seq R ack U+960");
	expect(t, "PSH|ACK seq U+960 ack R len m");
	inject(t, "ACK seq R ack S");
	send_queue_is(t, 0);
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
}

/* RFC 6582, 3.2, (2): only an ACK that covers more than recover.  Duplicates of the old
 * flight, which follow what came twice, begin no second recovery.
 */
static void duplicates_of_old_flight(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	set_cwnd(t, 10 * MSS);
	returns(t, 6 * MSS, user_send(t, 6 * MSS));
	pass_over(t);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	phase_is(t, OPEN);
	counted(t, FAST_RETRANS, 1);
	/* past it, a loss is a loss */
	inject(t, "ACK seq R ack U+m");
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
	counted(t, FAST_RETRANS, 2);
}

/* The same after a timeout: RFC 6582, 4 */
static void duplicates_of_needless(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 8, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+m ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	inject(t, "ACK seq R ack S");	/* it had the rest */
	set_cwnd(t, 10 * MSS);
	returns(t, 6 * MSS, user_send(t, 6 * MSS));
	pass_over(t);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	counted(t, FAST_RETRANS, 0);
}

/* After 2 GiB without a loss the first is still found by its duplicates. */
static void recover_keeps_up(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 10, 0);
	set_recover(t, t->iss);
	inject(t, "ACK seq R ack U+m");
	recover_is(t, t->iss + MSS);
}

/* RFC 6298, 3: an ACK that covers anything sent twice measures nothing, even if it also
 * covers data sent once (MUST-18).
 */
static void karn(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 srtt;

	with_options(t, 0);	/* timestamps tell */
	sent(t, 4, 0);
	srtt = conv_value(t, CONV_SRTT);
	/* all were sent half a minute ago and arrived; their ACKs were lost */
	time_passes(t, 30000);
	for (int i = 0; i < 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq U ack R len m");
	}
	inject(t, "ACK seq R ack S");
	srtt_is(t, srtt);
	backoff_is(t, 3);
	/* the next one measures, and ends the back-off */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	inject(t, "ACK seq R ack S");
	backoff_is(t, 0);
}

/* Nor does one that ends within it. */
static void karn_part(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 srtt;

	with_options(t, 0);	/* timestamps tell */
	sent(t, 2, 0);
	srtt = conv_value(t, CONV_SRTT);
	time_passes(t, 30000);
	set_last_went_twice(t);
	inject(t, "ACK seq R ack U+1500");
	srtt_is(t, srtt);
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
	inject(t, "ACK seq R ack 601");
	send_queue_is(t, 0);
	counted(t, TIMEOUTS, 1);
}

/* As many as make up a segment, and none that was never sent. */
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
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 1400");
	inject(t, "ACK seq R ack 1501 win 700");
	expect(t, "PSH|ACK seq 1501 ack R len 700");
	inject(t, "ACK seq R ack 2201 win 2100");
	expect(t, "PSH|ACK seq 2201 ack R len 10");
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
	inject(t, "ACK seq R ack 162");
	state_is(t, TCP_FIN_WAIT2);
}

/* Segments shorter than the MSS, which do not fit two in one: a third duplicate ACK
 * sends one of them again, not an MSS' worth.
 */
static void short_segments_one_by_one(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	set_cwnd(t, 10 * MSS);
	for (int i = 0; i < 6; i++) {
		returns(t, 1000, user_send(t, 1000));
		expect(t, "PSH|ACK seq S ack R len 1000");
	}
	conv_look(t);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "PSH|ACK seq U ack R len 1000");
	counted(t, RETRANS, 1);
	/* and a partial ACK the next one */
	inject(t, "ACK seq R ack U+2000");
	expect(t, "PSH|ACK seq U+2000 ack R len 1000");
}

/* Many that are shorter still: their duplicates count as well, and what follows the first
 * is not lost.
 */
static void tiny_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	for (int i = 0; i < 5; i++) {
		returns(t, 100, user_send(t, 100));
		expect(t, "PSH|ACK seq S ack R len 100");
	}
	conv_look(t);
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
	phase_is(t, OPEN);
	inject(t, "ACK seq R ack U");
	expect(t, "PSH|ACK seq U ack R len 100");
	phase_is(t, RECOVERY);
	counted(t, RETRANS, 1);
	counted(t, FAST_RETRANS, 1);
}

/* What MSG_MORE holds back stays when the timer sends again what was before it. */
static void timeout_sends_nothing_new(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack R len 100");
	returns(t, 50, user_send_flags(t, 50, MSG_MORE));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 100");
}

/* Of a SYN and a FIN that the timer sent again, the SYN is acknowledged: the FIN waits
 * for the timer.
 */
static void syn_acked_fin_in_flight(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SIMULTANEOUS);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	inject(t, "ACK seq 1001 ack 101");
	silence(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|ACK seq 101 ack 1001");
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
	KUNIT_CASE_PARAM(window_used_in_part, used_gen_params),
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
	KUNIT_CASE(short_segments_one_by_one),
	KUNIT_CASE(tiny_segments),
	KUNIT_CASE(timeout_sends_nothing_new),
	KUNIT_CASE(syn_acked_fin_in_flight),
	{}
};

struct kunit_suite recovery_suite = {
	.name = "wire_recovery",
	.init = conv_init_no_sack,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = recovery_cases,
};
