// SPDX-License-Identifier: GPL-2.0
/*
 * Data both ways: RFC 9293, 3.7.  Other suites test when data waits, when it is
 * acknowledged, and what windows do.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

static void both_ways(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack 1001 len 100");
	inject(t, "PSH|ACK seq 1001 ack 201 len 50");
	returns(t, 50, user_recv(t, 1000));
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 201 ack 1051 len 100");
	inject(t, "ACK seq 1051 ack 301");
	flight_is(t, 0);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
}

/* MUST-1, MUST-61, SHLD-28, REC-1 */
static void full_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 4000, user_send(t, 4000));
	expect(t, "ACK seq S ack R len m");
	expect(t, "ACK seq S+m ack R len m");
	expect(t, "PSH|ACK seq S+2m ack R len 1080");
}

/* One write fills the initial window: RFC 6928's ten segments. */
static void first_write_fills_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	KUNIT_EXPECT_GE(test, user_send(t, 20000), 10 * 1460);
	for (int i = 0; i < 10; i++)
		expect(t, "%s seq %d ack R len m", i == 9 ? "PSH|ACK" : "ACK", 101 + i * 1460);
}

static void overlaps(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq 1001 ack S len 100");
	expect(t, "ACK seq S ack 1101");
	inject(t, "ACK seq 1051 ack S len 100");	/* half of it is new */
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1161 ack S len 30");
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1171 ack S len 100");
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1165 ack S len 10");		/* nothing new */
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1141 ack S len 80");
	expect(t, "ACK seq S ack 1271");
	returns(t, 270, user_recv(t, 1000));
	counted(t, DUPLICATES, 1);
}

static void fin_out_of_order(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "FIN|ACK seq 1011 ack S len 10");
	expect(t, "ACK seq S ack 1001");
	state_is(t, TCP_ESTABLISHED);
	inject(t, "ACK seq 1001 ack S len 10");
	expect(t, "ACK seq S ack 1022");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 20, user_recv(t, 100));
	returns(t, 0, user_recv(t, 100));
}

/* For TCP_INFO: what holds the sender back, and how quickly it goes. */
static void what_holds_back(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 2920;
	established(t);
	limit_is(t, NONE);
	returns(t, 1460, user_send(t, 1460));
	expect(t, "PSH|ACK len m");
	limit_is(t, PATH);
	returns(t, 4000, user_send(t, 4000));
	expect(t, "ACK len m");
	limit_is(t, WINDOW);
	inject(t, "ACK seq R ack S win 0");
	limit_is(t, WINDOW);
	delivered_is(t, 3);
	KUNIT_EXPECT_GT(test, conv_value(t, CONV_DELIVERY_RATE), 0);
	inject(t, "ACK seq R ack S win 65535");
	expect(t, "ACK len m");
	expect(t, "PSH|ACK len 1080");
	limit_is(t, PATH);
	inject(t, "ACK seq R ack S win 65535");
	limit_is(t, NONE);
	delivered_is(t, 5);

	/* it ends with the connection */
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK len 100");
	limit_is(t, PATH);
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	limit_is(t, NONE);
}

/* The NIC is slow to free what it was given: the data goes out all the same. */
static void slow_nic(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	t->nic->hold = true;
	returns(t, 2000, user_send(t, 2000));
	expect(t, "ACK seq S ack R len m");
	expect(t, "PSH|ACK seq S+m ack R len 540");
	time_passes(t, 1000);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack 601");
	expect(t, "PSH|ACK seq S-540 ack R len 540");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 601 ack R len 960");
	inject(t, "ACK seq R ack S");
	send_queue_is(t, 0);
	t->nic->hold = false;
	nic_release_held(t->nic);
}

static void no_way_out(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	nic_up(t->nic, false);
	returns(t, 100, user_send(t, 100));
	silence(t);
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_SEND_FAILS), 0);
	nic_up(t->nic, true);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 100");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_ESTABLISHED);
}

/* Out-of-order data gives way where memory is short. */
static void short_of_memory(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 seq = 1001;

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, 8192));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	/* tiny segments with gaps: much memory, little window */
	for (int i = 1; i < 60; i++) {
		inject(t, "ACK seq %u ack S len 1", 5001 + 2 * i);
		expect(t, "ACK seq 101 ack 1001");
	}
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_RCV_PRUNED), 0);
	/* what is next in order is taken all the same */
	for (int i = 0; i < 5; i++) {
		inject(t, "ACK seq %u ack S len 1000", seq);
		seq += 1000;
		pass_over(t);
	}
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_OFO_DROPPED), 0);
	returns(t, 5000, user_recv(t, 6000));
	pass_over(t);
}

static void peek_and_discard(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 100");
	expect(t, "ACK seq S ack R+100");
	returns(t, 50, user_recv_flags(t, 50, MSG_PEEK));
	returns(t, 100, user_recv_flags(t, 500, MSG_PEEK));
	returns(t, 30, user_recv_flags(t, 30, MSG_TRUNC));
	returns(t, 70, user_recv(t, 500));
	returns(t, -EAGAIN, user_recv(t, 1));
}

static struct kunit_case data_cases[] = {
	KUNIT_CASE(both_ways),
	KUNIT_CASE(full_segments),
	KUNIT_CASE(first_write_fills_window),
	KUNIT_CASE(overlaps),
	KUNIT_CASE(fin_out_of_order),
	KUNIT_CASE(what_holds_back),
	KUNIT_CASE(slow_nic),
	KUNIT_CASE(no_way_out),
	KUNIT_CASE(short_of_memory),
	KUNIT_CASE(peek_and_discard),
	{}
};

struct kunit_suite data_suite = {
	.name = "wire_data",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = data_cases,
};
