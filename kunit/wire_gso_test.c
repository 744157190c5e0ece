// SPDX-License-Identifier: GPL-2.0
/*
 * GSO: segments leave as one packet where the NIC, or the kernel before it, cuts
 * them.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

static void leaves_whole(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 20000, user_send(t, 20000));
	/* as much as the congestion window of ten segments takes */
	expect(t, "PSH|ACK seq 101 ack R len 14600 gso m");
	counted(t, SEGS_OUT, 12);
	inject(t, "ACK seq R ack 14701");
	expect(t, "PSH|ACK seq 14701 ack R len 5400 gso 1460");
	/* one segment of the four is lost */
	time_passes(t, 1000);
	inject(t, "ACK seq R ack 16161");
	/* the rate's time moves on with what is delivered */
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_DELIVERY_AGE), USEC_PER_SEC);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 16161 ack R len m gso 0");
	inject(t, "ACK seq R ack 20101");
	send_queue_is(t, 0);
	delivered_is(t, 1 + 14);
}

static struct kunit_case gso_cases[] = {
	KUNIT_CASE(leaves_whole),
	{}
};

struct kunit_suite gso_suite = {
	.name = "wire_gso",
	.init = conv_init_gso,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = gso_cases,
};

static void is_cut(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 10000, user_send_flags(t, 10000, MSG_MORE));
	for (int i = 0; i < 6; i++)
		expect(t, "ACK seq S+%d ack R len m gso 0", i * 1460);
	counted(t, SEGS_OUT, 8);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|PSH|ACK seq 8861 ack R len 1240");
}

/* Only the last segment has FIN and PSH. */
static void fin_is_last(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 5000, user_send(t, 5000));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	inject(t, "ACK seq R ack S win 65535");
	expect(t, "ACK seq 101 ack R len m");
	expect(t, "ACK seq 1561 ack R len m");
	expect(t, "ACK seq 3021 ack R len m");
	expect(t, "FIN|PSH|ACK seq 4481 ack R len 620");
	inject(t, "ACK seq R ack 5102");
	state_is(t, TCP_FIN_WAIT2);
}

static struct kunit_case gso_cut_cases[] = {
	KUNIT_CASE(is_cut),
	KUNIT_CASE(fin_is_last),
	{}
};

struct kunit_suite gso_cut_suite = {
	.name = "wire_gso_cut",
	.init = conv_init_csum,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = gso_cut_cases,
};
