// SPDX-License-Identifier: GPL-2.0
/*
 * The language of conversations itself: a word that is wrong says so, and nothing
 * that was sent goes unseen.
 */
#include <linux/icmp.h>
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

/* A step went wrong, and its complaint includes this. */
static void says(struct kunit *test, const char *said, const char *part)
{
	KUNIT_ASSERT_NOT_NULL_MSG(test, said, "no complaint, expected \"%s\"", part);
	KUNIT_EXPECT_TRUE_MSG(test, !!strstr(said, part), "\"%s\", expected \"%s\"",
			      said, part);
}

/* ---- what is sent must be looked at ---- */

static const char *peer_sends(struct conv *t)
{
	return conv_inject(t, "ACK seq R ack U");
}

static const char *router_complains(struct conv *t)
{
	return conv_icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 101);
}

static const char *timer_fires(struct conv *t)
{
	return conv_fire(t, XTCP_TIMER_RETRANSMIT);
}

struct step {
	const char	*(*take)(struct conv *t);
	char		name[24];
};

/* The end of a case and each call of the user's ask conv_unseen(). */
static const struct step steps[] = {
	{ peer_sends, "inject" },
	{ router_complains, "icmp" },
	{ timer_fires, "fire" },
	{ conv_fire_request, "fire_request" },
	{ conv_fire_2msl, "fire_2msl" },
	{ conv_unseen, "a call, the end" },
};

KUNIT_ARRAY_PARAM_DESC(step, steps, name);

static void nothing_goes_unseen(struct kunit *test)
{
	const struct step *step = test->param_value;
	struct conv *t = conv_of(test);
	const char *said;

	established(t);
	returns(t, 10, user_send(t, 10));
	for (int i = 0; i < 2; i++) {	/* the complaint does not take it */
		said = step->take(t);
		says(test, said, "not looked at");
		says(test, said, "PSH|ACK seq 101 ack 1001 win 65535 len 10");
	}
	counted(t, TIMEOUTS, 0);
	counted(t, SEGS_IN, 1);
	expect(t, "PSH|ACK seq 101 len 10");
	KUNIT_EXPECT_NULL(test, conv_unseen(t));
}

static void the_second_is_not_forgotten(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 2 * MSS, user_send(t, 2 * MSS));
	expect(t, "ACK seq U len m");
	says(test, peer_sends(t), "PSH|ACK seq 1561");
	pass_over(t);
	KUNIT_EXPECT_NULL(test, peer_sends(t));
	pass_over(t);
}

static void silence_is_broken(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	KUNIT_EXPECT_NULL(test, conv_silence(t));
	returns(t, 10, user_send(t, 10));
	says(test, conv_silence(t), "PSH|ACK seq 101");
	pass_over(t);
}

/* ---- segments in words ---- */

static void expected_otherwise(struct kunit *test)
{
	static const char *const wrong[] = {
		"ACK len 10", "PSH|ACK", "PSH|ACK len 11", "PSH|ACK seq S-1 len 10",
		"PSH|ACK ack R+1 len 10", "PSH|ACK win 1 len 10",
		"PSH|ACK len 10 urg 1", "PSH|ACK mss 1460 len 10",
		"PSH|ACK len 10 gso m",
	};
	struct conv *t = conv_of(test);
	const char *said;

	established(t);
	for (int i = 0; i < ARRAY_SIZE(wrong); i++) {
		returns(t, 10, user_send(t, 10));
		said = conv_expect(t, "%s", wrong[i]);
		says(test, said, wrong[i]);
		says(test, said, "sent was PSH|ACK seq");
		inject(t, "ACK seq R ack U+10");
	}
	says(test, conv_expect(t, "ACK"), "nothing was sent");
}

static void whole_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 5 * MSS, user_send(t, 5 * MSS));
	expect(t, "ACK seq U len m");
	expect(t, "ACK seq U+m len 1m");
	expect(t, "ACK seq U+2m len 2m-m");
	expect(t, "ACK seq 101+3m ack R len 1400+60");
	expect(t, "PSH|ACK seq S+5m-m ack 1m-459 len m");
	inject(t, "ACK seq R ack U+3m-1");
	acked_is(t, 100 + 3 * MSS);
	flight_is(t, 2 * MSS + 1);
}

/* A whole segment is as long as the peer's MSS allows. */
static void whole_small_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->peer_mss = 0;
	established(t);
	returns(t, 600, user_send(t, 600));
	expect(t, "ACK seq U len m");
	expect(t, "PSH|ACK seq U+m len 64");
	mss_is(t, 536);
}

static void nonsense(struct kunit *test)
{
	static const char *const words[] = {
		"", "NAK", "ACK|", "ACK seq", "ACK seq U+", "ACK seq U+6n",
		"ACK seq U+6m0", "ACK seq Q", "ACK seq 1x", "ACK len 10 wine 5",
		"ACK 5", "ACK seq U +1",
	};
	struct conv *t = conv_of(test);

	established(t);
	for (int i = 0; i < ARRAY_SIZE(words); i++) {
		says(test, conv_inject(t, "%s", words[i]), "what does this segment say?");
		says(test, conv_expect(t, "%s", words[i]), "what does this segment say?");
	}
	counted(t, SEGS_IN, 1);
}

/* ---- what the connection knows ---- */

/* Each value has a name, and a complaint tells the wrong and the right number. */
static void values(struct kunit *test)
{
	struct conv *t = conv_of(test);
	char number[24];

	established(t);
	returns(t, 3 * MSS, user_send(t, 3 * MSS));
	pass_over(t);
	for (enum conv_value value = 0; value < CONV_VALUES; value++) {
		s64 is = conv_value(t, value);
		const char *said;

		/* it moves on; and two clocks may tick between two looks */
		if (value == CONV_DELIVERY_AGE || value == CONV_WAITS_SINCE ||
		    value == CONV_STALLED_SINCE)
			continue;
		KUNIT_EXPECT_NULL(test, conv_is(t, value, is));
		said = conv_is(t, value, is + 7);
		snprintf(number, sizeof(number), "expected %lld", is + 7);
		says(test, said, number);
		snprintf(number, sizeof(number), "it is %lld", is);
		says(test, said, number);
		KUNIT_EXPECT_NULL_MSG(test, strstr(said, "(null)"), "%s", said);
	}
}

/* And each value is right. */
static void values_are_right(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 8000;
	established(t);
	peer_window_is(t, 8000);
	window_is(t, U16_MAX);
	mss_is(t, MSS);
	cwnd_is(t, 10 * MSS);
	flight_is(t, 0);
	send_queue_is(t, 0);
	acked_is(t, 101);
	received_is(t, 1001);
	inject(t, "PSH|ACK seq R ack S len 100");
	expect(t, "ACK seq S ack R+100");
	received_is(t, 1101);
	window_is(t, U16_MAX - 100);
	returns(t, 100, user_recv(t, 100));
	set_cwnd(t, 4 * MSS);
	set_ssthresh(t, 3 * MSS);
	set_rto(t, 300000);
	cwnd_is(t, 4 * MSS);
	ssthresh_is(t, 3 * MSS);
	rto_is(t, 300000);
	backoff_is(t, 0);
	retries_is(t, 0);
	returns(t, 2 * MSS, user_send(t, 2 * MSS));
	expect(t, "ACK len m");
	expect(t, "PSH|ACK len m");
	flight_is(t, 2 * MSS);
	send_queue_is(t, 2);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U len m");
	rto_is(t, 600000);
	backoff_is(t, 1);
	retries_is(t, 1);
	timeouts_is(t, 1);
	in_timeout_row(t, true);
	cwnd_is(t, MSS);
	phase_is(t, LOSS);
	limit_is(t, PATH);
}

static void names(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said;

	established(t);
	said = conv_state_is(t, TCP_CLOSE_WAIT);
	says(test, said, "CLOSE_WAIT");
	says(test, said, "ESTABLISHED");
	phase_is(t, OPEN);
	said = conv_phase_is(t, XTCP_PHASE_RECOVERY);
	says(test, said, "expected recovery");
	says(test, said, "it is open");
	limit_is(t, NONE);
	said = conv_limit_is(t, XTCP_LIMIT_WINDOW);
	says(test, said, "expected the window");
	says(test, said, "it is nothing");
	says(test, conv_urgent_coming(t, 1005), "it is not known");
	inject(t, "URG|ACK seq R ack S urg 5");
	urgent_coming(t, 1005);
	says(test, conv_urgent_coming(t, 1004), "expected 1004, it is 1005");
	counted(t, SEGS_IN, 2);
	says(test, conv_counted(t, XTCP_MIB_SEGS_IN, 3), "InSegs: expected 3, it is 2");
	says(test, conv_returns(t, "close()", 0, -EBADF), "close() returned -9, expected 0");
}

/* ---- time ---- */

static void timers(struct kunit *test)
{
	unsigned long then = jiffies - HZ;
	struct conv *t = conv_of(test);

	established(t);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
	says(test, conv_armed_is(t, XTCP_TIMER_RETRANSMIT, true), "is not armed");
	says(test, conv_fire(t, XTCP_TIMER_RETRANSMIT), "was not armed");
	says(test, conv_fire_request(t), "no request");
	says(test, conv_fire_2msl(t), "no TIME_WAIT");
	fire_if_armed(t, XTCP_TIMER_RETRANSMIT);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	armed(t, XTCP_TIMER_RETRANSMIT);
	says(test, conv_armed_is(t, XTCP_TIMER_RETRANSMIT, false), "is armed");
	set_deadline(t, XTCP_TIMER_RETRANSMIT, then);
	KUNIT_EXPECT_EQ(test, then, conv_deadline(t, XTCP_TIMER_RETRANSMIT));
	fire_if_armed(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK len 10");
	disarm(t, XTCP_TIMER_RETRANSMIT);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
}

/* The past moves away, deadlines stay. */
static void the_past(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long deadline;
	s64 since;

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	since = conv_value(t, CONV_WAITS_SINCE);
	deadline = conv_deadline(t, XTCP_TIMER_RETRANSMIT);
	time_passes(t, 5000);
	/* it is made of two clocks */
	KUNIT_EXPECT_LE(test, abs(since - 5 * HZ - conv_value(t, CONV_WAITS_SINCE)), 1);
	KUNIT_EXPECT_EQ(test, deadline, conv_deadline(t, XTCP_TIMER_RETRANSMIT));
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_DELIVERY_AGE), 5 * USEC_PER_SEC);
	/* the answer took that long */
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_SRTT), 5 * USEC_PER_SEC / 8);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_DELIVERY_AGE), 5 * USEC_PER_SEC);
}

static struct kunit_case conv_cases[] = {
	KUNIT_CASE_PARAM(nothing_goes_unseen, step_gen_params),
	KUNIT_CASE(the_second_is_not_forgotten),
	KUNIT_CASE(silence_is_broken),
	KUNIT_CASE(expected_otherwise),
	KUNIT_CASE(whole_segments),
	KUNIT_CASE(whole_small_segments),
	KUNIT_CASE(nonsense),
	KUNIT_CASE(values),
	KUNIT_CASE(values_are_right),
	KUNIT_CASE(names),
	KUNIT_CASE(timers),
	KUNIT_CASE(the_past),
	{}
};

struct kunit_suite conv_suite = {
	.name = "conv",
	.init = conv_init_plain,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = conv_cases,
};
