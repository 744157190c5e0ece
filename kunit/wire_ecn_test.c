// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification on the wire: RFC 3168.
 */
#include <linux/random.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include "../module/compat.h"
#include "conv.h"
#include "suites.h"

/* ---- negotiation: 6.1.1 ---- */

/* A listener's connection, whose SYN and SYN,ACK were these. */
static void opened(struct conv *t, const char *syn, const char *syn_ack)
{
	returns(t, 0, user_listen(t, 8));
	inject(t, "%s seq 1000 mss 1460", syn);
	expect(t, "%s seq 100 ack 1001", syn_ack);
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_accept(t));
}

/* What leaves cannot be marked, and marks that come are not told of. */
static void does_none(struct conv *t)
{
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "PSH|ACK|ECE|CWR seq R ack S len 10 ecn 3");
	expect(t, "ACK seq S ack R+10");
	phase_is(t, OPEN);
}

/* What leaves can be marked, and marks that come are told of. */
static void does_ecn(struct conv *t)
{
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	inject(t, "PSH|ACK seq R ack S len 10 ecn 3");
	expect(t, "ACK|ECE seq S ack R+10");
}

/* SHLD-8 */
static void asked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	opened(t, "SYN|ECE|CWR", "SYN|ACK|ECE");
	does_ecn(t);
}

static void not_asked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	opened(t, "SYN", "SYN|ACK");
	does_none(t);
}

/* "an ECN-setup SYN packet" has both flags. */
static void half_asked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	opened(t, "SYN|ECE", "SYN|ACK");
	does_none(t);
	t->tuple.rport++;
	inject(t, "SYN|CWR seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
}

/* "A host MUST NOT set ECT on SYN": whatever set these bits, it was not for ECN. */
static void marked_syn(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 8));
	for (int ecn = 1; ecn < 4; ecn++) {
		inject(t, "SYN|ECE|CWR seq 1000 mss 1460 ecn %d", ecn);
		expect(t, "SYN|ACK seq 100 ack 1001");
		t->tuple.rport++;
	}
}

/* But where a SYN asks for accurate ECN as well, it may be ECT. */
static void accurate_syn(struct kunit *test)
{
	struct conv *t = conv_of(test);
	size_t len;

	returns(t, 0, user_listen(t, 8));
	len = conv_build(t, t->packet, "SYN|ECE|CWR seq 1000 mss 1460 ecn 2");
	t->packet[conv_ip_bytes(t) + 12] |= 1;
	conv_fix_sums(t, t->packet, len);
	KUNIT_ASSERT_TRUE(test, conv_raw(t, t->packet, len));
	expect(t, "SYN|ACK|ECE seq 100 ack 1001");
}

static void switched_off(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.ecn = 0;
	opened(t, "SYN|ECE|CWR", "SYN|ACK");
	does_none(t);
}

/* Only net.xtcp.ecn = 1 asks, and the answer is ECE without CWR. */
static void asks(struct kunit *test)
{
	static const struct {
		const char *answer;
		bool agrees;
	} of[] = {
		{ "SYN|ACK|ECE", true },
		{ "SYN|ACK", false },
		{ "SYN|ACK|ECE|CWR", false },	/* it only gives back what it got */
		{ "SYN|ACK|CWR", false },
	};
	struct conv *t = conv_of(test);

	t->xn->sysctl.ecn = 1;
	for (int i = 0; i < ARRAY_SIZE(of); i++) {
		returns(t, -EINPROGRESS, user_connect(t));
		expect(t, "SYN|ECE|CWR seq 100");
		inject(t, "%s seq 1000 ack 101 mss 1460", of[i].answer);
		expect(t, "ACK seq 101 ack 1001");
		if (of[i].agrees)
			does_ecn(t);
		else
			does_none(t);
		user_abort(t);
		pass_over(t);
		t->tuple.rport++;
		t->written = 0;
	}
}

static void connected_over(struct conv *t, u32 rtt_ms)
{
	t->xn->sysctl.ecn = 1;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq 100");
	time_passes(t, rtt_ms);
	inject(t, "SYN|ACK|ECE seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 400000));
}

static void connected(struct conv *t)
{
	connected_over(t, 0);
}

/* 6.1.1.1: "MAY resend the SYN with CWR and ECE cleared", and 6.1.1: then "MUST NOT set ECT",
 * but what the peer has marked counts, if it does ECN.
 */
static void asks_once(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.ecn = 1;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK|ECE seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "PSH|ACK seq R ack S len 10 ecn 3");
	expect(t, "ACK|ECE seq S ack R+10");
	/* what is not ECT is not marked: who says so means something else */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK|ECE seq S ack R len 10");
	inject(t, "ACK|ECE seq R ack S");
	phase_is(t, OPEN);
	counted(t, ECN_REDUCTIONS, 0);
}

static void asks_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.ecn = 1;
	t->xn->sysctl.ecn_fallback = 0;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN|ECE|CWR seq 100");
	inject(t, "SYN|ACK|ECE seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	does_ecn(t);
}

/* A peer that has fallen back: the same from the other side. */
static void asked_once(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.challenge_ack_ms = 0;
	returns(t, 0, user_listen(t, 8));
	inject(t, "SYN|ECE|CWR seq 1000 mss 1460");
	expect(t, "SYN|ACK|ECE seq 100 ack 1001");
	inject(t, "SYN|ECE|CWR seq 1000 mss 1460");
	expect(t, "SYN|ACK|ECE seq 100 ack 1001");
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_accept(t));
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "PSH|ACK seq R ack S len 10 ecn 3");
	expect(t, "ACK|ECE seq S ack R+10");
}

/* A simultaneous open.  The ECE of a SYN,ACK is no echo. */
static void crossed(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 cwnd;

	t->xn->sysctl.ecn = 1;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq 100");
	inject(t, "SYN|ECE|CWR seq 1000 mss 1460");
	expect(t, "SYN|ACK|ECE seq 100 ack 1001");
	inject(t, "SYN|ACK|ECE seq 1000 ack 101 mss 1460");
	state_is(t, TCP_ESTABLISHED);
	pass_over(t);
	cwnd = conv_value(t, CONV_CWND);
	phase_is(t, OPEN);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	cwnd_is(t, cwnd);
}

/* A SYN,ACK that does not say ECE is a word against it, even where the SYN asked: "MUST NOT set
 * ECT".
 */
static void crossed_and_refused(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.ecn = 1;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq 100");
	inject(t, "SYN|ECE|CWR seq 1000 mss 1460");
	expect(t, "SYN|ACK|ECE seq 100 ack 1001");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	state_is(t, TCP_ESTABLISHED);
	pass_over(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
}

/* ---- the receiver: 6.1.3 ---- */

/* "sends ECN-Echo ... until it receives a CWR packet" */
static void echo(struct kunit *test)
{
	struct conv *t = conv_of(test);

	connected(t);
	inject(t, "PSH|ACK seq R ack S len 10 ecn 2");
	expect(t, "ACK seq S ack R+10");
	inject(t, "PSH|ACK seq R ack S len 10 ecn 3");
	expect(t, "ACK|ECE seq S ack R+10");
	inject(t, "PSH|ACK seq R ack S len 10 ecn 1");
	expect(t, "ACK|ECE seq S ack R+10");
	/* on data, on a FIN: on all that leaves */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK|ECE seq S ack R len 10 ecn 2");
	inject(t, "PSH|ACK|CWR seq R ack S len 10 ecn 2");
	expect(t, "ACK seq S ack R+10");
	/* one that tells and is marked is the next */
	inject(t, "PSH|ACK|CWR seq R ack S len 10 ecn 3");
	expect(t, "ACK|ECE seq S ack R+10");
	user_close(t);
	pass_over(t);
}

/* No delay: the peer must hear, and its window may be one segment after CWR. */
static void echo_at_once(struct kunit *test)
{
	struct conv *t = conv_of(test);

	connected(t);
	set_quick_acks(t, 0);
	set_readers(t, 0);
	inject(t, "ACK seq R ack S len 10 ecn 2");
	silence(t);
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	inject(t, "ACK seq R ack S len 10 ecn 3");
	expect(t, "ACK|ECE seq S ack R+10");
	set_quick_acks(t, 0);
	inject(t, "ACK|CWR seq R ack S len 10 ecn 2");
	expect(t, "ACK seq S ack R+10");
	/* not ECT among others: it went twice */
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
}

/* 6.1.5: "SHOULD ignore the CE codepoint ... outside of the receiver's current window"; and
 * what has no data cannot be ECT.
 */
static void marks_of_others(struct kunit *test)
{
	struct conv *t = conv_of(test);

	connected(t);
	inject(t, "PSH|ACK seq R ack S len 10 ecn 2");
	expect(t, "ACK seq S ack R+10");
	inject(t, "PSH|ACK seq R-10 ack S len 10 ecn 3");
	pass_over(t);
	inject(t, "PSH|ACK seq R+90000000 ack S len 10 ecn 3");
	pass_over(t);
	inject(t, "ACK seq R ack S ecn 3");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	/* ahead of its turn, but in the window, it counts */
	inject(t, "ACK seq R+10 ack S len 10 ecn 3");
	expect(t, "ACK|ECE seq S ack R%s", t->options & XTCP_OPT_SACK_PERMITTED && !t->unsaid ?
	       " sack R+10..R+20" : "");
}

/* ---- the sender: 6.1.2 ---- */

static u32 whole(struct conv *t)
{
	return conv_value(t, CONV_MSS);
}

/* @segs full segments in flight, and as many as @more held back. */
static void many_in_flight(struct conv *t, int segs, int more)
{
	u32 mss = whole(t);

	set_cwnd(t, segs * mss);
	returns(t, (segs + more) * mss, user_send(t, (segs + more) * mss));
	for (int i = 0; i < segs; i++)
		expect(t, "%s seq U+%dm ack R len m ecn 2", i == segs - 1 ? "PSH|ACK" : "ACK", i);
}

/* "as it would respond to a dropped packet", "at most once per window", and the peer is told
 * "on the first new data packet".
 */
static void reduced_once(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	connected(t);
	mss = whole(t);
	many_in_flight(t, 10, 40);
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

	connected(t);
	many_in_flight(t, 10, 0);
	inject(t, "PSH|ACK|ECE seq R ack U len 10");
	pass_over(t);
	phase_is(t, CWR);
	counted(t, ECN_REDUCTIONS, 1);
}

/* Nothing is in flight, or nothing was agreed: there is nothing to reduce for. */
static void echo_of_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	connected(t);
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

	connected(t);
	mss = whole(t);
	many_in_flight(t, 10, 100);
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
	connected_over(t, 100);
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
	connected(t);
	many_in_flight(t, 4, 0);
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

	connected(t);
	mss = whole(t);
	many_in_flight(t, 10, 0);
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
	connected(t);
	mss = whole(t);
	many_in_flight(t, 10, 0);
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
	connected(t);
	mss = whole(t);
	many_in_flight(t, 10, 0);
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
	connected(t);
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
	connected_over(t, 100);
	mss = whole(t);
	many_in_flight(t, 10, 30);
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

/* An ACK that another has overtaken is heard with an echo as without. */
static void echo_overtaken(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS);
	connected_over(t, 100);
	many_in_flight(t, 10, 0);
	time_passes(t, 100);
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
	connected(t);
	mss = whole(t);
	many_in_flight(t, 10, 0);
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
	connected_over(t, 100);
	mss = whole(t);
	many_in_flight(t, 10, 10);
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
	connected_over(t, 100);
	mss = whole(t);
	many_in_flight(t, 10, 0);
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
	connected_over(t, 100);
	mss = whole(t);
	many_in_flight(t, 5, 0);
	inject(t, "ACK seq R ack U+4m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
	counted(t, LOSS_PROBES, 1);
	time_passes(t, 200);
	inject(t, "ACK seq R ack S");
	many_in_flight(t, 8, 0);
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

	connected(t);
	mss = whole(t);
	many_in_flight(t, 40, 0);
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
	connected(t);
	mss = whole(t);
	many_in_flight(t, 10, 0);
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
	connected(t);
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
	connected_over(t, 100);
	many_in_flight(t, 10, 0);
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

/* 6.1.6: "MUST NOT set either an ECT codepoint or the CWR bit on window probe packets" */
static void probes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);
	connected(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len 10");
	inject(t, "ACK seq R ack S win 0");
	returns(t, 10, user_send(t, 10));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq S ack R len 1");
	inject(t, "ACK seq R ack S win 9000");
	/* CWR waits for what is no probe */
	expect(t, "PSH|ACK|CWR seq S ack R len 9 ecn 2");
}

/* Beside the user's type of service, and without it where there is no data. */
static void type_of_service(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sk_buff *skb;

	connected(t);
	returns(t, 0, user_option(t, SOL_IP, IP_TOS, 0x4b));
	returns(t, 10, user_send(t, 10));
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, 0x4a, conv_header(t, skb).tos);
	consume_skb(skb);
	inject(t, "PSH|ACK seq R ack 111 len 10");
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, 0x48, conv_header(t, skb).tos);
	consume_skb(skb);
}

static struct kunit_case ecn_cases[] = {
	KUNIT_CASE(asked),
	KUNIT_CASE(not_asked),
	KUNIT_CASE(half_asked),
	KUNIT_CASE(marked_syn),
	KUNIT_CASE(accurate_syn),
	KUNIT_CASE(switched_off),
	KUNIT_CASE(asks),
	KUNIT_CASE(asks_once),
	KUNIT_CASE(asks_again),
	KUNIT_CASE(asked_once),
	KUNIT_CASE(crossed),
	KUNIT_CASE(crossed_and_refused),
	KUNIT_CASE(echo),
	KUNIT_CASE(echo_at_once),
	KUNIT_CASE(marks_of_others),
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
	KUNIT_CASE(probes),
	KUNIT_CASE(type_of_service),
	{}
};

struct kunit_suite ecn_suite = {
	.name = "wire_ecn",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = ecn_cases,
};

/* ---- packets of many segments ---- */

/* Cut for a device that takes it in no other way: CWR is on the first, ECT on all. */
static void expect_cut(struct conv *t, struct sk_buff *skb, int segs)
{
	struct sk_buff *list, *seg;
	int n = 0;

	skb_reset_mac_header(skb);
	skb->mac_len = 0;
	list = skb_gso_segment(skb, NETIF_F_SG);
	KUNIT_ASSERT_FALSE(t->test, IS_ERR_OR_NULL(list));
	for (seg = list; seg; seg = seg->next) {
		KUNIT_EXPECT_EQ(t->test, !n++, (int)tcp_hdr(seg)->cwr);
		KUNIT_EXPECT_EQ(t->test, 2, conv_header(t, seg).tos);
	}
	KUNIT_EXPECT_EQ(t->test, segs, n);
	kfree_skb_list(list);
}

/* CWR is for the first segment alone: whoever cuts the packet must know. */
static void cwr_on_gso(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sk_buff *skb;
	u32 mss;

	with_options(t, 0);
	connected(t);
	mss = whole(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len 10");
	set_cwnd(t, 10 * mss);
	inject(t, "ACK seq R ack S");
	set_cwnd(t, 10 * mss);
	returns(t, 3 * mss, user_send(t, 3 * mss));
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, mss, skb_shinfo(skb)->gso_size);
	KUNIT_EXPECT_TRUE(test, skb_shinfo(skb)->gso_type & SKB_GSO_TCP_ECN);
	KUNIT_EXPECT_EQ(test, 2, conv_header(t, skb).tos);
	expect_cut(t, skb, 3);
	consume_skb(skb);
	set_cwnd(t, 20 * mss);
	returns(t, 3 * mss, user_send(t, 3 * mss));
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_FALSE(test, skb_shinfo(skb)->gso_type & SKB_GSO_TCP_ECN);
	consume_skb(skb);
}

static struct kunit_case ecn_gso_cases[] = {
	KUNIT_CASE(cwr_on_gso),
	{}
};

struct kunit_suite ecn_gso_suite = {
	.name = "wire_ecn_gso",
	.init = conv_init_gso,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = ecn_gso_cases,
};
