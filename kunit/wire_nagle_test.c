// SPDX-License-Identifier: GPL-2.0
/*
 * What waits for more: RFC 9293, 3.7.4 and 3.8.6.2.1; TCP_NODELAY, TCP_CORK,
 * MSG_MORE.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

/* SHLD-7, SHLD-27 */
static void nagle(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	returns(t, 10, user_send(t, 10));
	returns(t, 20, user_send(t, 20));
	/* a full segment need not wait */
	returns(t, 1440, user_send(t, 1440));
	expect(t, "PSH|ACK seq 111 ack R len m");
	inject(t, "ACK seq R ack 1571");
	expect(t, "PSH|ACK seq 1571 ack R len 10");
}

/* MUST-17 */
static void no_delay(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	returns(t, 20, user_send(t, 20));
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	expect(t, "PSH|ACK seq 111 ack R len 20");
	returns(t, 30, user_send(t, 30));
	expect(t, "PSH|ACK seq 131 ack R len 30");
}

/* MAY-16 */
static void cork(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 1));
	returns(t, 10, user_send(t, 10));
	returns(t, 1460, user_send(t, 1460));
	expect(t, "PSH|ACK seq 101 ack R len m");
	inject(t, "ACK seq R ack 1561");
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 0));
	expect(t, "PSH|ACK seq 1561 ack R len 10");
}

/* MAY-15 */
static void more_to_come(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send_flags(t, 10, MSG_MORE));
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 20");
}

/* MSG_EOR: nothing is written behind a record's last byte. */
static void records(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 1));
	returns(t, 10, user_send_flags(t, 10, MSG_EOR));
	silence(t);
	returns(t, 20, user_send(t, 20));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	returns(t, 30, user_send_flags(t, 30, MSG_EOR));
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 0));
	expect(t, "PSH|ACK seq 111 ack R len 50");
}

/* A record that does not leave in one go ends all the same. */
static void record_in_parts(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1000;
	established(t);
	returns(t, 1300, user_send_flags(t, 1300, MSG_EOR));
	expect(t, "ACK seq 101 ack R len 1000");
	returns(t, 10, user_send(t, 10));
	inject(t, "ACK seq R ack S");
	expect(t, "PSH|ACK seq S ack R len 300");
	inject(t, "ACK seq R ack S");
	expect(t, "PSH|ACK seq S ack R len 10");
}

/* What is sent again keeps its records. */
static void records_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	without_sack(t);
	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	for (int i = 0; i < 4; i++) {
		returns(t, 100, user_send_flags(t, 100, i == 1 ? MSG_EOR : 0));
		expect(t, "PSH|ACK len 100");
	}
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len 200");
	expect(t, "PSH|ACK seq U+200 ack R len 200");
}

/* A bit of a window is not worth a segment: 3.8.6.2.1 (MUST-38) */
static void silly_sender(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 4000;
	established(t);
	returns(t, 3900, user_send(t, 3900));
	expect(t, "ACK len m");
	expect(t, "ACK len m");
	expect(t, "PSH|ACK len 980");
	returns(t, 5000, user_send(t, 5000));
	inject(t, "ACK seq R ack S win 100");
	inject(t, "ACK seq R ack S win 1400");
	/* half of the largest window that it ever offered */
	inject(t, "ACK seq R ack S win 2000");
	expect(t, "ACK len m");
}

static struct kunit_case nagle_cases[] = {
	KUNIT_CASE(nagle),
	KUNIT_CASE(no_delay),
	KUNIT_CASE(cork),
	KUNIT_CASE(more_to_come),
	KUNIT_CASE(records),
	KUNIT_CASE(record_in_parts),
	KUNIT_CASE(records_again),
	KUNIT_CASE(silly_sender),
	{}
};

struct kunit_suite nagle_suite = {
	.name = "wire_nagle",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = nagle_cases,
};
