// SPDX-License-Identifier: GPL-2.0
/*
 * A shut window, the peer's or ours: it is probed, and what is sent is
 * acceptable all the same.  RFC 9293, 3.4, 3.8.6.1, 3.10.7.4.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

/* ---- probes ---- */

static void zero_window_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1");		/* MUST-36 */
	inject(t, "ACK seq R ack 101 win 0");
	/* as long as the peer answers the connection stays (MUST-37) */
	t->xn->sysctl.retries2 = 2;
	for (int i = 0; i < 5; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq 101 ack R len 1");
		inject(t, "ACK seq R ack 101 win 0");
	}
	state_is(t, TCP_ESTABLISHED);
	/* the peer holds us back, nothing is lost */
	limit_is(t, WINDOW);
	timeouts_is(t, 0);
	timeout_rows_is(t, 0);
	inject(t, "ACK seq R ack 101 win 1000");
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack 102 win 1000");
	expect(t, "PSH|ACK seq 102 ack R len 99");
	counted(t, PROBES, 1);
	counted(t, DUP_ACKS, 0);
}

static void zero_window_reopens(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 3000, user_send(t, 3000));
	inject(t, "ACK seq R ack S win 65535");
	expect(t, "ACK seq S ack R len m");
	expect(t, "ACK seq S+m ack R len m");
	expect(t, "PSH|ACK seq S+2m ack R len 80");
	counted(t, PROBES, 0);
}

static void zero_window_gives_up(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.retries2 = 2;
	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	for (int i = 0; i < 10 && conv_state(t) == TCP_ESTABLISHED; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		if (conv_state(t) == TCP_ESTABLISHED)
			expect(t, "ACK seq 101 ack R len 1");
	}
	state_is(t, TCP_CLOSE);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
}

/* The SYN of a peer that opens with its window shut: answers begin behind our SYN. */
static void syn_with_a_shut_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN seq 1000 mss 1460 win 0");
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq R+100000 ack S");
	expect(t, "ACK seq 101 ack 1001");
}

/* ---- a segment without data is acceptable to its peer: MUST-34, A.2 ---- */

/* A window probe that the peer did not take. */
static void probed(struct conv *t)
{
	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack 101 win 0");
}

static void ack_behind_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	probed(t);
	inject(t, "PSH|ACK seq R ack 101 win 0 len 1000");
	fire_if_armed(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 2001");
}

static void reset_behind_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	probed(t);
	user_abort(t);
	expect(t, "RST|ACK seq 101 ack R");
}

static void disconnect_behind_probe(struct kunit *test)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct conv *t = conv_of(test);

	probed(t);
	returns(t, 0, kernel_connect(t->sock, &unspec, sizeof(unspec), 0));
	expect(t, "RST|ACK seq 101 ack R");
}

static void unread_behind_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	probed(t);
	inject(t, "PSH|ACK seq R ack 101 win 0 len 1000");
	pass_over(t);
	user_close(t);
	expect(t, "RST|ACK seq 101 ack 2001");
}

/* The window shrinks under what is in flight: anything up to its edge (MUST-34). */
static void ack_behind_shrunk_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10 * MSS, user_send(t, 10 * MSS));
	pass_over(t);
	inject(t, "ACK seq R ack U win 1000");
	inject(t, "PSH|ACK seq R ack U win 1000 len 1000");
	fire_if_armed(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq %u ack 2001", 101 + 1000);
}

/* ---- a FIN has a sequence number: 3.8.6 ---- */

static void fin_into_closed_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	state_is(t, TCP_FIN_WAIT1);
	/* ACKs stay acceptable */
	inject(t, "PSH|ACK seq R ack 101 win 0 len 1000");
	fire_if_armed(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 2001");
	/* it serves as the probe */
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|ACK seq 101 ack R");
	inject(t, "ACK seq R ack 101 win 0");
	inject(t, "ACK seq R ack 101 win 1");
	expect(t, "FIN|ACK seq 101 ack R");
	inject(t, "ACK seq R ack 102");
	state_is(t, TCP_FIN_WAIT2);
}

static void fin_behind_full_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1000;
	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "PSH|ACK seq 101 ack R len 1000");
	inject(t, "ACK seq R ack 1101 win 0");
	inject(t, "ACK seq R ack 1101 win 1000");
	expect(t, "FIN|ACK seq 1101 ack R");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_FIN_WAIT2);
}

/* SO_TIMESTAMPING reports the last byte, which does not wait with the FIN. */
static void stamp_stays_with_the_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1000;
	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	set_last_stamped(t);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "PSH|ACK seq 101 ack R len 1000");
	send_queue_is(t, 2);
	KUNIT_EXPECT_TRUE(test, conv_is_stamped(t, 0));
	KUNIT_EXPECT_FALSE(test, conv_is_stamped(t, 1));
}

/* With room for it, it goes on the last data, as ever. */
static void fin_within_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1001;
	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|PSH|ACK seq 101 ack R len 1000");
}

/* Sent again into a window that has shrunk, the data goes without it. */
static void fin_again_into_less(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|PSH|ACK seq 101 ack R len 1000");
	inject(t, "ACK seq R ack U win 1000");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 1000");
	inject(t, "ACK seq R ack 1101 win 1000");
	expect(t, "FIN|ACK seq 1101 ack R");
}

/* ---- and as the receiver, the window shut ---- */

/* What lies beyond the window is cut off, a FIN with it. */
static void beyond_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1000);
	inject(t, "FIN|ACK seq 1001 ack S len 1200");
	expect(t, "ACK seq S ack 2001 win 0");
	state_is(t, TCP_ESTABLISHED);
	/* a closed window: ACKs and RSTs are still taken, data is not */
	inject(t, "ACK seq 2001 ack S len 10");
	expect(t, "ACK seq S ack 2001 win 0");
	inject(t, "RST seq 2002");
	set_clamp(t->sock, 1000);
	returns(t, 1000, user_recv(t, 2000));
	expect(t, "ACK seq S ack 2001 win 1000");
}

/* The peer has probed, and goes on from there. */
static void ack_of_a_peer_that_probed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 2001 len 10 win 0");
	inject(t, "ACK seq 2001 ack 101 len 1");
	expect(t, "ACK seq S ack 2001 win 0");
	inject(t, "ACK seq 2002 ack 111");
	acked_is(t, 111);
	/* but no further */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 111 len 10");
	inject(t, "ACK seq 2003 ack 121");
	expect(t, "ACK seq S ack 2001 win 0");
	acked_is(t, 111);
}

static void fin_needs_no_room(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	inject(t, "FIN|ACK seq 2001 ack S");
	expect(t, "ACK seq S ack 2002 win 0");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 1000, user_recv(t, 5000));
	returns(t, 0, user_recv(t, 5000));
	/* the peer's ACKs are acceptable behind it */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 2002 len 10");
	inject(t, "ACK seq 2002 ack 111");
	acked_is(t, 111);
}

static void fin_behind_what_fills_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1000);
	inject(t, "FIN|PSH|ACK seq 1001 ack S len 1000");
	expect(t, "ACK seq S ack 2002 win 0");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 1000, user_recv(t, 5000));
	returns(t, 0, user_recv(t, 5000));
}

/* Even out of order: the data that fills the window comes after it. */
static void fin_before_what_fills_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1000);
	inject(t, "FIN|ACK seq 2001 ack S");
	expect(t, "ACK seq S ack 1001");
	inject(t, "ACK seq 1001 ack S len 1000");
	expect(t, "ACK seq S ack 2002 win 0");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 1000, user_recv(t, 5000));
	returns(t, 0, user_recv(t, 5000));
}

/* With data in front of it that does not fit, it waits with the data. */
static void fin_on_a_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	inject(t, "FIN|PSH|ACK seq 2001 ack S len 1");
	expect(t, "ACK seq S ack 2001 win 0");
	state_is(t, TCP_ESTABLISHED);
	inject(t, "FIN|ACK seq 2002 ack S");
	expect(t, "ACK seq S ack 2001 win 0");
	state_is(t, TCP_ESTABLISHED);
}

static struct kunit_case zero_window_cases[] = {
	KUNIT_CASE(syn_with_a_shut_window),
	KUNIT_CASE(zero_window_probe),
	KUNIT_CASE(zero_window_reopens),
	KUNIT_CASE(zero_window_gives_up),
	KUNIT_CASE(ack_behind_probe),
	KUNIT_CASE(reset_behind_probe),
	KUNIT_CASE(disconnect_behind_probe),
	KUNIT_CASE(unread_behind_probe),
	KUNIT_CASE(ack_behind_shrunk_window),
	KUNIT_CASE(fin_into_closed_window),
	KUNIT_CASE(fin_behind_full_window),
	KUNIT_CASE(stamp_stays_with_the_data),
	KUNIT_CASE(fin_within_window),
	KUNIT_CASE(fin_again_into_less),
	KUNIT_CASE(beyond_the_window),
	KUNIT_CASE(ack_of_a_peer_that_probed),
	KUNIT_CASE(fin_needs_no_room),
	KUNIT_CASE(fin_behind_what_fills_the_window),
	KUNIT_CASE(fin_before_what_fills_the_window),
	KUNIT_CASE(fin_on_a_probe),
	{}
};

struct kunit_suite zero_window_suite = {
	.name = "wire_zero_window",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = zero_window_cases,
};
