// SPDX-License-Identifier: GPL-2.0
/*
 * Timers other than the retransmission timer: RFC 9293, 3.8.3, 3.8.4; RFC 5482.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

#define KEEPIDLE_S	10

static void keep_alive(struct conv *t)
{
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_KEEPALIVE, 1));
	returns(t, 0, user_option(t, SOL_TCP, TCP_KEEPIDLE, KEEPIDLE_S));
	returns(t, 0, user_option(t, SOL_TCP, TCP_KEEPCNT, 2));
}

/* MUST-24, MUST-27, MAY-5, SHLD-12 */
static void keepalive_answered(struct kunit *test)
{
	struct conv *t = conv_of(test);

	keep_alive(t);
	fire(t, XTCP_TIMER_KEEPALIVE);	/* not yet */
	for (int i = 0; i < 4; i++) {
		time_passes(t, KEEPIDLE_S * 1000 + 1);
		fire(t, XTCP_TIMER_KEEPALIVE);
		expect(t, "ACK seq S-1 ack R");
		inject(t, "ACK seq R ack S");
		probes_is(t, 0);
	}
	state_is(t, TCP_ESTABLISHED);
	counted(t, KEEPALIVES, 4);
}

/* MUST-29 */
static void keepalive_unanswered(struct kunit *test)
{
	struct conv *t = conv_of(test);

	keep_alive(t);
	for (int i = 0; i < 2; i++) {
		time_passes(t, KEEPIDLE_S * 1000 + 1);
		fire(t, XTCP_TIMER_KEEPALIVE);
		expect(t, "ACK seq S-1 ack R");
	}
	time_passes(t, KEEPIDLE_S * 1000 + 1);
	fire(t, XTCP_TIMER_KEEPALIVE);
	expect(t, "RST|ACK seq S ack R");
	state_is(t, TCP_CLOSE);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
	counted(t, ABORT_TIMEOUT, 1);
}

/* The peer no longer knows the connection: figure 10 */
static void keepalive_reset(struct kunit *test)
{
	struct conv *t = conv_of(test);

	keep_alive(t);
	time_passes(t, KEEPIDLE_S * 1000 + 1);
	fire(t, XTCP_TIMER_KEEPALIVE);
	expect(t, "ACK seq S-1 ack R");
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	returns(t, -ECONNRESET, user_recv(t, 1));
}

/* MUST-26 */
static void keepalive_waits_for_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	keep_alive(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	time_passes(t, KEEPIDLE_S * 1000 + 1);
	fire(t, XTCP_TIMER_KEEPALIVE);
	armed(t, XTCP_TIMER_KEEPALIVE);
}

/* The other side's probe: 3.8.4, answered, whether it has a byte or not */
static void keepalive_of_peer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R-1 ack S");
	expect(t, "ACK seq S ack R");
	inject(t, "ACK seq R-1 ack S len 1");
	expect(t, "ACK seq S ack R");
	state_is(t, TCP_ESTABLISHED);
}

/* The timer fires when the user's patience ends, and not at the next doubled RTO. */
static void patience_ends(struct conv *t, unsigned long since)
{
	unsigned long over = since + msecs_to_jiffies(2500);

	for (int i = 0; time_before(conv_deadline(t, XTCP_TIMER_RETRANSMIT), over); i++) {
		KUNIT_ASSERT_LT(t->test, i, 10);
		fire(t, XTCP_TIMER_RETRANSMIT);
		pass_over(t);
	}
	KUNIT_EXPECT_EQ(t->test, over, conv_deadline(t, XTCP_TIMER_RETRANSMIT));
	time_passes(t, 2500);
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
}

/* MUST-21 */
static void user_timeout(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 2500));
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	patience_ends(t, conv_value(t, CONV_WAITS_SINCE));
	returns(t, -ETIMEDOUT, user_recv(t, 1));
}

static void user_timeout_of_syn(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 2500));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	patience_ends(t, conv_value(t, CONV_WAITS_SINCE));
	returns(t, -ETIMEDOUT, user_connect(t));
}

/* Set while data is on its way: it counts from when that left. */
static void user_timeout_set_late(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	for (int i = 0; i < 6; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK len 10");
	}
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 2500));
	KUNIT_EXPECT_LE(test, conv_deadline(t, XTCP_TIMER_RETRANSMIT),
			conv_value(t, CONV_WAITS_SINCE) + msecs_to_jiffies(2500));
	patience_ends(t, conv_value(t, CONV_WAITS_SINCE));
}

/* tcp(7): "or buffered data may remain untransmitted (due to zero window size)",
 * though the peer answers each probe.
 */
static void user_timeout_of_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	unsigned long since;

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 2500));
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	since = conv_value(t, CONV_STALLED_SINCE);
	for (int i = 0; i < 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq 101 ack R len 1");
		inject(t, "ACK seq R ack 101 win 0");
	}
	retries_is(t, 0);
	patience_ends(t, since);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
}

/* Nor does it outlast the data: the peer may take the probe, and stay shut. */
static void user_timeout_of_the_next_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 2500));
	inject(t, "ACK seq R ack S win 0");
	returns(t, 1, user_send(t, 1));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack 102 win 0");
	time_passes(t, 60000);
	returns(t, 10, user_send(t, 10));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 102 ack R len 1");
	state_is(t, TCP_ESTABLISHED);
}

/* A window that opens ends the stall. */
static void user_timeout_window_opens(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 2500));
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	time_passes(t, 2400);
	inject(t, "ACK seq R ack S win 1000");
	expect(t, "PSH|ACK len 100");
	stalled_is(t, false);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK len 100");
	patience_ends(t, conv_value(t, CONV_WAITS_SINCE));
}

static void user_timeout_of_days(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 86400000));
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	for (int i = 0; i < 10; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "PSH|ACK len 10");
	}
	state_is(t, TCP_ESTABLISHED);
}

/* An orphan does not wait in FIN_WAIT_2 for ever. */
static void fin_wait_2_orphan(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	user_close(t);
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_FIN_WAIT2);
	fire(t, XTCP_TIMER_KEEPALIVE);
	state_is(t, TCP_CLOSE);
	/* the peer's FIN comes after all */
	inject(t, "FIN|ACK seq R ack 102");
	expect(t, "RST seq 102");
}

/* With its user in place, it does. */
static void fin_wait_2_user(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_FIN_WAIT_2);
	not_armed(t, XTCP_TIMER_KEEPALIVE);
	user_close(t);
	state_is(t, TCP_FIN_WAIT2);
	fire(t, XTCP_TIMER_KEEPALIVE);
	state_is(t, TCP_CLOSE);
}

static void linger2(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_LINGER2, -1));
	user_close(t);
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "ACK seq R ack S");
	expect(t, "RST|ACK seq S ack R");
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_LINGER, 1);
}

static void orphan_retries(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.orphan_retries = 2;
	established(t);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack R");
	for (int i = 0; i < 2; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "FIN|ACK seq 101 ack R");
	}
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
}

static void challenges_are_limited(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.challenge_ack_ms = 60000;
	established(t);
	inject(t, "RST seq R+1");
	expect(t, "ACK seq S ack R");
	for (int i = 0; i < 3; i++) {
		inject(t, "RST seq R+1");
		inject(t, "SYN seq R+1");
		inject(t, "ACK seq R ack S+1");
	}
	counted(t, CHALLENGE_ACKS, 1);
	counted(t, CHALLENGES_LIMITED, 9);
	/* RFC 5961, 7: a minute later there is another */
	time_passes(t, 60000);
	inject(t, "RST seq R+1");
	expect(t, "ACK seq S ack R");
}

/* Another connection, with a port of its own at each end. */
static void turn_to_another(struct conv *t, enum place place)
{
	t->sock = NULL;
	t->listener = NULL;
	t->written = 0;
	t->tuple.lport++;
	t->tuple.rport++;
	bring_to(t, place);
}

/* RFC 5961, 7, and CVE-2016-5696: what one connection is answered says nothing of how often
 * others were, in whatever state they are: there is no limit that they share.
 */
static void challenges_are_its_own(struct kunit *test)
{
	static const enum place others[] = {
		IN_ESTABLISHED, IN_REQUEST, IN_TIME_WAIT, IN_ESTABLISHED,
	};
	struct conv *t = conv_of(test);

	t->xn->sysctl.challenge_ack_ms = 60000;
	established(t);
	/* a stranger has many guesses at a connection */
	inject(t, "RST seq R+1");
	expect(t, "ACK seq S ack R");
	for (int i = 0; i < 200; i++)
		inject(t, "RST seq R+%d", 2 + i);
	for (int i = 0; i < ARRAY_SIZE(others); i++) {
		turn_to_another(t, others[i]);
		/* and asks the next, which may be its own */
		inject(t, "RST seq R+1");
		expect(t, "ACK seq S ack R");
		inject(t, "RST seq R+1");
	}
	counted(t, CHALLENGES_LIMITED, 200 + ARRAY_SIZE(others));
}

/* A peer may keep its window closed for as long as it likes if somebody waits; but it does not
 * keep the memory of a connection for which nobody does.
 */
static void orphan_behind_shut_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int n = 0;

	t->xn->sysctl.orphan_retries = 4;
	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	user_close(t);
	state_is(t, TCP_FIN_WAIT1);
	for (; n < 20; n++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		if (conv_state(t) != TCP_FIN_WAIT1)
			break;
		expect(t, "ACK seq 101 ack R len 1");
		inject(t, "ACK seq R ack 101 win 0");
	}
	state_is(t, TCP_CLOSE);
	KUNIT_EXPECT_EQ(test, n, 1 + 4);
	counted(t, ABORT_TIMEOUT, 1);
}

/* MUST-61: the override timer pushes what it sends: there is no more (MUST-60). */
static void override_timer_pushes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send_flags(t, 10, MSG_MORE));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 10");
}

/* It fires while the user owns the socket, and may be arming it at this moment: it
 * comes again, armed or not, and looks once the user has let go.
 */
static void fires_in_the_users_hands(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk;

	established(t);
	sk = t->sock->sk;
	lock_sock(sk);
	disarm(t, XTCP_TIMER_RETRANSMIT);
	KUNIT_EXPECT_TRUE(test, timer_comes_again(t));
	release_sock(sk);
	/* the user has let go, and it is not armed */
	KUNIT_EXPECT_FALSE(test, timer_comes_again(t));
	state_is(t, TCP_ESTABLISHED);
}

/* Data that the user holds back does not try the user's patience. */
static void user_timeout_and_cork(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 1));
	returns(t, 10, user_send_flags(t, 10, MSG_MORE));
	KUNIT_EXPECT_GT(test, conv_deadline(t, XTCP_TIMER_RETRANSMIT) - jiffies, HZ / 10);
	/* once they leave they do, and a millisecond passes by itself */
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 800));
	time_passes(t, 1000);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 10");
	state_is(t, TCP_ESTABLISHED);
}

/* Shorter than TCP_KEEPIDLE: the first probe has its interval to be answered in. */
static void user_timeout_and_keepalive(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_KEEPALIVE, 1));
	returns(t, 0, user_option(t, SOL_TCP, TCP_KEEPIDLE, 10));
	returns(t, 0, user_option(t, SOL_TCP, TCP_KEEPINTVL, 5));
	returns(t, 0, user_option(t, SOL_TCP, TCP_USER_TIMEOUT, 2000));
	time_passes(t, 10000);
	fire(t, XTCP_TIMER_KEEPALIVE);
	expect(t, "ACK seq S-1 ack R");
	KUNIT_EXPECT_GE(test, conv_deadline(t, XTCP_TIMER_KEEPALIVE) - jiffies, 4 * HZ);
	fire(t, XTCP_TIMER_KEEPALIVE);
	expect(t, "RST|ACK seq S ack R");
	state_is(t, TCP_CLOSE);
}

static struct kunit_case timer_cases[] = {
	KUNIT_CASE(keepalive_answered),
	KUNIT_CASE(keepalive_unanswered),
	KUNIT_CASE(keepalive_reset),
	KUNIT_CASE(keepalive_waits_for_data),
	KUNIT_CASE(keepalive_of_peer),
	KUNIT_CASE(user_timeout),
	KUNIT_CASE(user_timeout_and_cork),
	KUNIT_CASE(user_timeout_and_keepalive),
	KUNIT_CASE(user_timeout_of_syn),
	KUNIT_CASE(user_timeout_set_late),
	KUNIT_CASE(user_timeout_of_window),
	KUNIT_CASE(user_timeout_window_opens),
	KUNIT_CASE(user_timeout_of_the_next_data),
	KUNIT_CASE(user_timeout_of_days),
	KUNIT_CASE(fin_wait_2_orphan),
	KUNIT_CASE(fin_wait_2_user),
	KUNIT_CASE(linger2),
	KUNIT_CASE(orphan_retries),
	KUNIT_CASE(orphan_behind_shut_window),
	KUNIT_CASE(override_timer_pushes),
	KUNIT_CASE(challenges_are_limited),
	KUNIT_CASE(challenges_are_its_own),
	KUNIT_CASE(fires_in_the_users_hands),
	{}
};

struct kunit_suite timer_suite = {
	.name = "wire_timer",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = timer_cases,
};
