// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification, the sender: RFC 3168, 6.1.2.
 */
#include <linux/random.h>
#include "../module/compat.h"
#include "conv.h"
#include "suites.h"

static u32 whole(struct conv *t)
{
	return conv_value(t, CONV_MSS);
}

/* "as it would respond to a dropped packet", "at most once per window", and the peer is told
 * "on the first new data packet".
 */
static void reduced_once(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 10, 40);
	inject(t, "ACK|ECE seq R ack U+m");
	expect(t, "PSH|ACK|CWR seq S ack R len m ecn 2");
	phase_is(t, CWR);
	ssthresh_is(t, 5 * mss);
	recover_is(t, 101 + 10 * mss);
	counted(t, ECN_REDUCTIONS, 1);
	/* the others of this round trip say nothing new; less leaves than comes */
	for (int i = 2; i <= 10; i++) {
		inject(t, "ACK|ECE seq R ack %u", 101 + i * mss);
		pass_over(t);
	}
	phase_is(t, CWR);
	counted(t, ECN_REDUCTIONS, 1);
	ssthresh_is(t, 5 * mss);
	/* the first that left since: the peer knows, and the window is what it should be */
	inject(t, "ACK seq R ack %u", 101 + 11 * mss);
	pass_over(t);
	phase_is(t, OPEN);
	ssthresh_is(t, 5 * mss);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_CWND), 5 * mss);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_CWND), 6 * mss);
	counted(t, RETRANS, 0);
	/* another round trip, another mark */
	inject(t, "ACK|ECE seq R ack %u", 101 + 12 * mss);
	pass_over(t);
	phase_is(t, CWR);
	counted(t, ECN_REDUCTIONS, 2);
}

/* An ACK that brings nothing else is heard, too. */
static void echo_alone(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_ecn(t, 0);
	in_flight(t, 10, 0);
	inject(t, "PSH|ACK|ECE seq R ack U len 10");
	pass_over(t);
	phase_is(t, CWR);
	counted(t, ECN_REDUCTIONS, 1);
}

/* Nothing is in flight, or nothing was agreed: there is nothing to reduce for. */
static void echo_of_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_ecn(t, 0);
	inject(t, "PSH|ACK|ECE seq R ack S len 10");
	pass_over(t);
	phase_is(t, OPEN);
	counted(t, ECN_REDUCTIONS, 0);
	user_abort(t);
	pass_over(t);
	t->tuple.rport++;
	t->xn->sysctl.ecn = 2;
	established(t);
	in_flight(t, 4, 0);
	inject(t, "ACK|ECE seq R ack U+m");
	phase_is(t, OPEN);
	counted(t, ECN_REDUCTIONS, 0);
}

/* A peer that always echoes gets two segments in a round trip, and more once it stops. */
static void echo_always(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 10, 100);
	for (int i = 0; i < 20; i++) {
		inject(t, "ACK|ECE seq R ack S");
		pass_over(t);
		phase_is(t, CWR);
		KUNIT_EXPECT_GE(test, conv_value(t, CONV_FLIGHT), 2 * mss);
	}
	counted(t, ECN_REDUCTIONS, 20);
	flight_is(t, 2 * mss);
	for (int i = 0; i < 10; i++) {
		inject(t, "ACK seq R ack S");
		pass_over(t);
	}
	phase_is(t, OPEN);
	KUNIT_EXPECT_GT(test, conv_value(t, CONV_CWND), 3 * mss);
}

/* Echoes with anything, in any order, with timers in between: afterwards all goes well. */
static void echo_with_anything(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 a, b, ack, flight;

	t->xn->sysctl.retries2 = 200;
	with_options(t, get_random_u32_below(2) ? XTCP_OPT_SACK_PERMITTED : 0);
	established_ecn(t, 100);
	for (int i = 0; i < tries(2000); i++) {
		if (conv_value(t, CONV_FLIGHT) < 20000) {
			user_send(t, 1 + get_random_u32_below(40000));
			if (!get_random_u32_below(4))
				set_cwnd(t, 60000);
			pass_over(t);
		}
		conv_look(t);
		flight = t->snd_nxt - t->snd_una;
		a = t->snd_una + get_random_u32_below(flight + 100);
		b = a + get_random_u32_below(5000);
		ack = t->snd_una;
		if (!get_random_u32_below(3))
			ack += get_random_u32_below(flight + 1);
		t->win = get_random_u32_below(6) ? 65535 : get_random_u32_below(3000);
		if (get_random_u32_below(2))
			inject(t, "ACK%s seq R ack %u", get_random_u32_below(3) ? "|ECE" : "", ack);
		else
			inject(t, "ACK%s seq R ack %u sack %u..%u",
			       get_random_u32_below(3) ? "|ECE" : "", ack, a, b);
		pass_over(t);
		if (!get_random_u32_below(4))
			time_passes(t, get_random_u32_below(200));
		if (!get_random_u32_below(8))
			fire_if_armed(t, XTCP_TIMER_RETRANSMIT);
		pass_over(t);
	}
	state_is(t, TCP_ESTABLISHED);
	t->win = 65535;
	for (int i = 0; i < 200 && conv_value(t, CONV_SEND_QUEUE); i++) {
		inject(t, "ACK seq R ack S");
		pass_over(t);
	}
	send_queue_is(t, 0);
	returns(t, 20 * whole(t), user_send(t, 20 * whole(t)));
	pass_over(t);
	while (conv_value(t, CONV_SEND_QUEUE)) {
		inject(t, "ACK seq R ack S");
		pass_over(t);
	}
	phase_is(t, OPEN);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_CWND), 2 * whole(t));
}

/* A FIN alone is no data: it is not ECT, says no CWR, and its timer is armed all the same. */
static void echo_at_the_end(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);
	established_ecn(t, 0);
	in_flight(t, 4, 0);
	inject(t, "ACK|ECE seq R ack U+2m");
	phase_is(t, CWR);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "ACK|ECE seq R ack U+2m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|ACK seq U ack R");
	inject(t, "ACK|ECE seq R ack S");
	state_is(t, TCP_FIN_WAIT2);
	inject(t, "FIN|ACK|ECE seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_TIME_WAIT);
}

/* It does not grow by what tells of congestion. */
static void no_growth(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 10, 0);
	inject(t, "ACK|ECE seq R ack S");
	/* all is acknowledged, and nothing has left since */
	phase_is(t, CWR);
	KUNIT_EXPECT_LE(test, conv_value(t, CONV_CWND), 5 * mss);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK|CWR seq S ack R len 10 ecn 2");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	cwnd_is(t, 5 * mss);
}

/* A loss in the same round trip is the same congestion. */
static void loss_beside(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	with_options(t, 0);
	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 10, 0);
	inject(t, "ACK|ECE seq R ack U+m");
	phase_is(t, CWR);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK|ECE seq R ack U");
	expect(t, "ACK seq U ack R len m");	/* again: not ECT, and no CWR: 6.1.5 */
	phase_is(t, RECOVERY);
	ssthresh_is(t, 5 * mss);
	counted(t, FAST_RETRANS, 1);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	cwnd_is(t, 5 * mss);
	/* it has not been told yet */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK|CWR seq S ack R len 10 ecn 2");
	counted(t, ECN_REDUCTIONS, 1);
}

static void timeout_beside(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	with_options(t, 0);
	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 10, 0);
	inject(t, "ACK|ECE seq R ack U+m");
	ssthresh_is(t, 5 * mss);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	ssthresh_is(t, 5 * mss);
	cwnd_is(t, mss);
}

/* What was acknowledged before says nothing more of the path, even if it came twice. */
static void echo_after_all(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 cwnd;

	with_options(t, XTCP_OPT_SACK_PERMITTED);
	established_ecn(t, 0);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	inject(t, "ACK seq R ack S");
	cwnd = conv_value(t, CONV_CWND);
	inject(t, "ACK|ECE seq R ack S sack S-10..S");
	phase_is(t, OPEN);
	cwnd_is(t, cwnd);
	counted(t, ECN_REDUCTIONS, 0);
}

/* Where a reduction was taken back, no ACK of that round trip that tells of marks lets the
 * window grow; the next one's make it smaller.
 */
static void echo_after_mistake(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss, cwnd;

	with_options(t, XTCP_OPT_SACK_PERMITTED);
	established_ecn(t, 100);
	mss = whole(t);
	in_flight(t, 10, 30);
	time_passes(t, 100);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	pass_over(t);
	inject(t, "ACK seq R ack U+4m sack U..U+m");
	pass_over(t);
	counted(t, UNDOS, 1);
	phase_is(t, OPEN);
	cwnd = conv_value(t, CONV_CWND);
	inject(t, "ACK|ECE seq R ack U+2m");
	pass_over(t);
	cwnd_is(t, cwnd);
	counted(t, ECN_REDUCTIONS, 0);
	inject(t, "ACK|ECE seq R ack %u", 101 + 12 * mss);
	pass_over(t);
	phase_is(t, CWR);
	counted(t, ECN_REDUCTIONS, 1);
}

/* An ACK that another has overtaken is heard with an echo as without.  A quarter of the round
 * trip is RACK's reordering window: longer than it takes here to send what is in flight.
 */
static void echo_overtaken(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS);
	established_ecn(t, 2000);
	in_flight(t, 10, 0);
	time_passes(t, 2000);
	inject(t, "ACK|ECE seq R ack U sack U+m..U+2m ts 7020 ecr T");
	inject(t, "ACK|ECE seq R ack U sack U+m..U+3m ts 7019 ecr T");
	sacked_is(t, 2 * whole(t));
	counted(t, PAWS, 0);
	counted(t, ECN_REDUCTIONS, 1);
}

/* What left since the reduction is lost: another congestion, and a recovery of its own, in
 * which a partial ACK asks for more.
 */
static void loss_since(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	with_options(t, 0);
	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 10, 0);
	inject(t, "ACK|ECE seq R ack S");
	phase_is(t, CWR);
	returns(t, 5 * mss, user_send(t, 5 * mss));
	expect(t, "ACK|CWR seq U ack R len m ecn 2");
	for (int i = 1; i < 5; i++)
		expect(t, "%s seq U+%dm ack R len m ecn 2", i == 4 ? "PSH|ACK" : "ACK", i);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	ssthresh_is(t, 5 * mss / 2);
	recover_is(t, 101 + 15 * mss);
	inject(t, "ACK seq R ack U+2m");
	expect(t, "ACK seq U+2m ack R len m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	counted(t, FAST_RETRANS, 1);
}

/* The first that is lost goes again at once, though the marks have let enough leave; and the
 * recovery is for all that has left by then.
 */
static void loss_goes_at_once(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	with_options(t, XTCP_OPT_SACK_PERMITTED);
	established_ecn(t, 100);
	mss = whole(t);
	in_flight(t, 10, 10);
	time_passes(t, 100);
	inject(t, "ACK|ECE seq R ack U+m");
	expect(t, "PSH|ACK|CWR seq S ack R len m ecn 2");
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	inject(t, "ACK seq R ack U sack U+m..U+3m");
	expect(t, "PSH|ACK seq S ack R len m ecn 2");
	phase_is(t, CWR);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	ssthresh_is(t, 5 * mss);
	recover_is(t, 101 + 12 * mss);
	counted(t, FAST_RETRANS, 1);
}

/* Lost, as it has had its time. */
static void late_beside(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	with_options(t, XTCP_OPT_SACK_PERMITTED);
	established_ecn(t, 100);
	mss = whole(t);
	in_flight(t, 10, 0);
	waits_for(t, PROBE);
	time_passes(t, 100);
	inject(t, "ACK|ECE seq R ack U+m");
	phase_is(t, CWR);
	/* nothing is missing: if no ACK comes, a probe will ask for one */
	waits_for(t, PROBE);
	inject(t, "ACK|ECE seq R ack U sack U+m..U+2m");
	waits_for(t, REORDERING);
	time_passes(t, 100);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	ssthresh_is(t, 5 * mss);
	waits_for(t, TIMEOUT);
	counted(t, ECN_REDUCTIONS, 1);
	counted(t, FAST_RETRANS, 1);
}

/* A loss probe has repaired a loss, of the same round trip as the marks. */
static void probe_beside(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	with_options(t, XTCP_OPT_SACK_PERMITTED);
	established_ecn(t, 100);
	mss = whole(t);
	in_flight(t, 5, 0);
	inject(t, "ACK seq R ack U+4m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
	counted(t, LOSS_PROBES, 1);
	time_passes(t, 200);
	inject(t, "ACK seq R ack S");
	in_flight(t, 8, 0);
	inject(t, "ACK|ECE seq R ack U+2m");
	counted(t, PROBES_REPAIRED, 1);
	counted(t, ECN_REDUCTIONS, 0);
	ssthresh_is(t, 4 * mss);
	cwnd_is(t, 4 * mss);
}

/* RFC 5681, 4.1: after a pause the restart window holds, and no ACK makes ssthresh of it. */
static void pause_after_marks(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 40, 0);
	inject(t, "ACK|ECE seq R ack S");
	phase_is(t, CWR);
	cwnd_is(t, 20 * mss);
	time_passes(t, 60000);
	returns(t, 40 * mss, user_send(t, 40 * mss));
	pass_over(t);
	flight_is(t, 10 * mss);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	phase_is(t, OPEN);
	ssthresh_is(t, 20 * mss);
	KUNIT_EXPECT_LE(test, conv_value(t, CONV_CWND), 11 * mss);
	counted(t, ECN_REDUCTIONS, 1);
}

/* After a timeout the window grows from one segment: what goes again cannot be marked, and the
 * peer hears of the reduction only when all of it has gone.
 */
static void echo_in_loss(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	with_options(t, 0);
	t->xn->sysctl.frto = 0;
	established_ecn(t, 0);
	mss = whole(t);
	in_flight(t, 10, 0);
	inject(t, "ACK|ECE seq R ack U+m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	inject(t, "ACK|ECE seq R ack U+m");
	pass_over(t);
	cwnd_is(t, 2 * mss);
	inject(t, "ACK|ECE seq R ack U+m");
	pass_over(t);
	cwnd_is(t, 3 * mss);
	/* but not by the one that ends it */
	inject(t, "ACK|ECE seq R ack S");
	phase_is(t, OPEN);
	cwnd_is(t, 3 * mss);
	counted(t, ECN_REDUCTIONS, 1);
}

/* "the TCP ... sets the CWR flag" for whatever the window was reduced. */
static void told_of_losses(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);
	established_ecn(t, 0);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len 10");
	inject(t, "ACK seq R ack S");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK|CWR seq S ack R len 10 ecn 2");
	inject(t, "ACK seq R ack S");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
}

/* After a mark it was no mistake to send less. */
static void not_taken_back(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 ssthresh;

	with_options(t, XTCP_OPT_SACK_PERMITTED);
	established_ecn(t, 100);
	in_flight(t, 10, 0);
	time_passes(t, 100);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	ssthresh = conv_value(t, CONV_SSTHRESH);
	inject(t, "ACK|ECE seq R ack U+4m");
	/* it had come twice: as if nothing had been lost */
	inject(t, "ACK seq R ack S sack 101..%u", 101 + whole(t));
	phase_is(t, OPEN);
	ssthresh_is(t, ssthresh);
	counted(t, UNDOS, 0);
}

static struct kunit_case ecn_sender_cases[] = {
	KUNIT_CASE(reduced_once),
	KUNIT_CASE(echo_alone),
	KUNIT_CASE(echo_of_nothing),
	KUNIT_CASE(echo_always),
	KUNIT_CASE(echo_with_anything),
	KUNIT_CASE(echo_at_the_end),
	KUNIT_CASE(no_growth),
	KUNIT_CASE(loss_beside),
	KUNIT_CASE(timeout_beside),
	KUNIT_CASE(echo_after_all),
	KUNIT_CASE(echo_after_mistake),
	KUNIT_CASE(echo_overtaken),
	KUNIT_CASE(loss_since),
	KUNIT_CASE(loss_goes_at_once),
	KUNIT_CASE(late_beside),
	KUNIT_CASE(probe_beside),
	KUNIT_CASE(pause_after_marks),
	KUNIT_CASE(echo_in_loss),
	KUNIT_CASE(told_of_losses),
	KUNIT_CASE(not_taken_back),
	{}
};

struct kunit_suite ecn_sender_suite = {
	.name = "wire_ecn_sender",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = ecn_sender_cases,
};
