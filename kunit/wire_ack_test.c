// SPDX-License-Identifier: GPL-2.0
/*
 * Acknowledgments: when they are sent, and which of the peer's are taken.  RFC 9293,
 * 3.8.6.3; RFC 5681, 4.2; RFC 5961, 5.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

/* MUST-58, SHLD-18 */
static void delayed_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "PSH|ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	counted(t, DELAYED_ACKS, 1);
	/* data carries it */
	inject(t, "PSH|ACK seq R ack S len 10");
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	not_armed(t, XTCP_TIMER_DELACK);
}

/* The first ACKs are not delayed, unless a reader may answer. */
static void answer_carries_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	set_readers(t, 1);
	inject(t, "PSH|ACK seq R ack S len 10");
	returns(t, 20, user_recv(t, 100));
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	not_armed(t, XTCP_TIMER_DELACK);
	inject(t, "ACK seq R ack S");

	/* the reader waits for more */
	set_quick_acks(t, 8);
	inject(t, "PSH|ACK seq R ack S len 10");
	returns(t, 10, user_recv(t, 100));
	returns(t, -EAGAIN, user_recv(t, 100));
	expect(t, "ACK seq S ack R");

	/* the reader does something else */
	set_quick_acks(t, 8);
	inject(t, "PSH|ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");

	/* a full segment: the peer's congestion window waits for it */
	set_quick_acks(t, 8);
	inject(t, "PSH|ACK seq R ack S len m");
	expect(t, "ACK seq S ack R+m");
	set_readers(t, 0);
}

/* The peer sends one full segment after the other; @quick of them are acknowledged at once,
 * then every second.
 */
static void quick_then_delayed(struct conv *t, int quick)
{
	for (int i = 0; i < quick; i++) {
		inject(t, "ACK seq R ack S len m");
		expect(t, "ACK seq S ack R+m");
	}
	inject(t, "ACK seq R ack S len m");
	silence(t);
	inject(t, "ACK seq R ack S len m");
	expect(t, "ACK seq S ack R+m");
}

/* A connection begins with 16 ACKs that are not delayed, so that the peer's slow start is
 * not slowed, even if the user has asked for what comes; and again after silence: the peer
 * may have begun anew.
 */
static void quick_at_first(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK len 100");
	inject(t, "ACK seq R ack S");
	quick_then_delayed(t, 16);
	time_passes(t, 50);
	quick_then_delayed(t, 0);
	time_passes(t, 1500);
	quick_then_delayed(t, 16);
}

/* The clock passes 0 five minutes after boot, and may be anywhere when data come first. */
static void first_by_any_clock(struct kunit *test)
{
	static const u32 now_ms[] = { 1, 39, 1000, BIT(31), U32_MAX };
	struct xtcp_tally tally = { };

	for (int i = 0; i < ARRAY_SIZE(now_ms); i++)
		KUNIT_EXPECT_EQ(test, U32_MAX, xtcp_data_in_age_ms(&tally, now_ms[i]));
	tally.data_in_ms = U32_MAX - 9;
	KUNIT_EXPECT_EQ(test, 30, xtcp_data_in_age_ms(&tally, 20));
}

/* No more of them than take half of the window. */
static void quick_half_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	set_clamp(t->sock, 20000);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	quick_then_delayed(t, 6);
}

/* A user who answers what comes has its answers carry the ACKs, until an answer is
 * missing.
 */
static void ping_pong(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.delack_ms = 10000;	/* an answer may take a while */
	established(t);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	inject(t, "PSH|ACK seq R ack S len 10");
	returns(t, 20, user_recv(t, 100));
	returns(t, -EAGAIN, user_recv(t, 100));
	silence(t);
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	inject(t, "PSH|ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
}

/* What is sent long after the peer's data is no answer to it. */
static void no_answer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	time_passes(t, 100);
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
}

/* Nor is a FIN. */
static void no_answer_by_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
}

/* Each ACK that leaves is one of the quick ones, an answer that carries it as well. */
static void answers_count(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.delack_ms = 10000;	/* an answer may take a while */
	established(t);
	set_quick_acks(t, 3);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	for (int i = 0; i < 2; i++) {
		returns(t, 5, user_send(t, 5));
		expect(t, "PSH|ACK seq S ack R len 5");
		inject(t, "PSH|ACK seq R ack S len 10");
	}
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
}

/* TCP_QUICKACK: 0 as if the user answered what comes, 1 as if not; 2 for one ACK only. */
static void quickack_option(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.delack_ms = 10000;	/* an answer may take a while */
	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_QUICKACK, 0));
	inject(t, "PSH|ACK seq R ack S len 10");
	silence(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_QUICKACK, 1));
	expect(t, "ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	inject(t, "PSH|ACK seq R ack S len 10");
	silence(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_QUICKACK, 2));
	expect(t, "ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack S len 10");
	silence(t);
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
}

/* SHLD-19 */
static void every_second_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	set_clamp(t->sock, 20000);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN win 20000");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len m");
	inject(t, "ACK seq R ack S len m");
	expect(t, "ACK seq S ack R+m");
	inject(t, "ACK seq R ack S len m");
	inject(t, "ACK seq R ack S len m");
	expect(t, "ACK seq S ack R+m");
}

/* The last full segment for now says so, by PSH: a reader that waits for more lets the ACK
 * go.
 */
static void pushed_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.delack_ms = 10000;	/* an answer may take a while */
	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len m");
	returns(t, 1460, user_recv(t, 2000));
	returns(t, -EAGAIN, user_recv(t, 2000));
	silence(t);
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack S len m");
	silence(t);
	returns(t, 1460, user_recv(t, 2000));
	returns(t, -EAGAIN, user_recv(t, 2000));
	expect(t, "ACK seq S ack R");
	/* a small one likewise: it may have been the last, and no answer follows */
	inject(t, "PSH|ACK seq R ack S len 100");
	silence(t);
	returns(t, 100, user_recv(t, 2000));
	returns(t, -EAGAIN, user_recv(t, 2000));
	expect(t, "ACK seq S ack R");
	/* but where the user answers what comes, it is a question: the answer may take long */
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	inject(t, "PSH|ACK seq R ack S len 100");
	returns(t, 100, user_recv(t, 2000));
	returns(t, -EAGAIN, user_recv(t, 2000));
	silence(t);
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
}

/* SHLD-19, with a slow reader */
static void every_second_unread(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;
	u32 len, seq = 1001;
	int acks = 0;

	established(t);
	set_quick_acks(t, 0);
	for (int i = 0; i < 20; i++) {
		inject(t, "ACK seq %u ack S len m", seq);
		seq += 1460;
		while (conv_next(t, &seg, &len))
			acks++;
	}
	KUNIT_EXPECT_EQ(test, 10, acks);
}

/* RFC 5681, 4.2: at once when out of order, and when a gap is filled (SHLD-31,
 * MAY-13, MUST-59)
 */
static void out_of_order(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq 1101 ack S len 100");
	expect(t, "ACK seq S ack 1001");
	inject(t, "ACK seq 1301 ack S len 100");
	expect(t, "ACK seq S ack 1001");
	returns(t, -EAGAIN, user_recv(t, 1000));
	inject(t, "ACK seq 1001 ack S len 100");
	expect(t, "ACK seq S ack 1201");
	returns(t, 200, user_recv(t, 1000));
	inject(t, "PSH|ACK seq 1201 ack S len 100");
	expect(t, "ACK seq S ack 1401");
	returns(t, 200, user_recv(t, 1000));
	counted(t, OFO_QUEUED, 2);
}

/* RFC 5961, 5.2: nothing older than the connection's first byte. */
static void ack_of_the_time_before(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK len 100");
	inject(t, "ACK seq R ack S");
	inject(t, "PSH|ACK seq R ack 100 len 10");	/* our ISS */
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack 99 len 10");
	expect(t, "ACK seq S ack R");
	counted(t, OLD_ACKS, 1);
	returns(t, 10, user_recv(t, 100));
}

static struct kunit_case ack_cases[] = {
	KUNIT_CASE(delayed_ack),
	KUNIT_CASE(answer_carries_ack),
	KUNIT_CASE(quick_at_first),
	KUNIT_CASE(first_by_any_clock),
	KUNIT_CASE(quick_half_window),
	KUNIT_CASE(ping_pong),
	KUNIT_CASE(no_answer),
	KUNIT_CASE(no_answer_by_fin),
	KUNIT_CASE(answers_count),
	KUNIT_CASE(quickack_option),
	KUNIT_CASE(every_second_segment),
	KUNIT_CASE(pushed_segment),
	KUNIT_CASE(every_second_unread),
	KUNIT_CASE(out_of_order),
	KUNIT_CASE(ack_of_the_time_before),
	{}
};

struct kunit_suite ack_suite = {
	.name = "wire_ack",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = ack_cases,
};
