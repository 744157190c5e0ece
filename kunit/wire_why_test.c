// SPDX-License-Identifier: GPL-2.0
/*
 * What the tracepoints say of sending: why a segment leaves, what an ACK has done, what the
 * rest waits for.
 */
#include <linux/tracepoint.h>
#include "../module/observe/trace.h"
#include "conv.h"
#include "suites.h"

/* What was traced last. */
static struct {
	u8 why;			/* enum xtcp_why */
	u8 wait;		/* enum xtcp_wait; NO_WAIT: nothing has waited since */
	u8 is;			/* of an ACK */
	u8 from_phase;
	u8 phase;
	u32 acked;
	u32 delivered;
	u32 lost;
} seen;

#define NO_WAIT	U8_MAX

static void see_segment(void *none, const struct xtcp_net *xn, const struct xtcp_tuple *t,
			const struct xtcp_segment *seg, u32 len, const struct xtcp_sock *x)
{
	seen.why = xtcp_trace_why(x, seg->flags, len);
}

static void see_acked(void *none, const struct xtcp_sock *x, const struct xtcp_delivery *d,
		      u8 phase_before, u32 lost_before)
{
	seen.is = xtcp_trace_acked(d);
	seen.from_phase = phase_before;
	seen.phase = x->phase;
	seen.acked = d->acked_bytes;
	seen.delivered = d->bytes;
	seen.lost = xtcp_trace_lost(x, lost_before);
}

static void see_wait(void *none, const struct xtcp_sock *x, u32 seq, u8 wait)
{
	seen.wait = wait;
}

static int why_init(struct kunit *test)
{
	int err = conv_init(test);

	if (err)
		return err;
	seen.wait = NO_WAIT;
	return register_trace_xtcp_segment_out(see_segment, NULL) ?:
	       register_trace_xtcp_acked(see_acked, NULL) ?:
	       register_trace_xtcp_waits(see_wait, NULL);
}

static void why_exit(struct kunit *test)
{
	unregister_trace_xtcp_segment_out(see_segment, NULL);
	unregister_trace_xtcp_acked(see_acked, NULL);
	unregister_trace_xtcp_waits(see_wait, NULL);
	tracepoint_synchronize_unregister();
	conv_exit(test);
}

#define why_is(t, reason)	KUNIT_EXPECT_EQ((t)->test, XTCP_WHY_##reason + 0, seen.why + 0)

/* ---- why it leaves ---- */

static void whole_life(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, -EINPROGRESS, user_connect(t));
	why_is(t, HANDSHAKE);
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	why_is(t, HANDSHAKE);
	expect(t, "ACK seq 101 ack 1001");
	returns(t, 10, user_send(t, 10));
	why_is(t, NEW);
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "PSH|ACK seq R ack S len 10");
	why_is(t, ACK);
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 10));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	why_is(t, CLOSE);
	expect(t, "FIN|ACK seq S ack R");
	user_abort(t);
	why_is(t, RESET);
	pass_over(t);
}

static void listener(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 8));
	inject(t, "SYN seq 1000 mss 1460");
	why_is(t, HANDSHAKE);
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq 1001 ack 200");
	why_is(t, RESET);
	expect(t, "RST seq 200");
}

static void sent_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);
	established(t);
	in_flight(t, 8, 0);
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	why_is(t, FAST);
	expect(t, "ACK seq U ack R len m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	why_is(t, TIMEOUT);
	pass_over(t);
}

static void syn_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	why_is(t, HANDSHAKE);
	expect(t, "SYN seq 100");
}

static void loss_probes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, XTCP_OPT_SACK_PERMITTED, 2000);
	in_flight(t, 5, 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	why_is(t, LOSS_PROBE);
	expect(t, "PSH|ACK seq U+4m ack R len m");
	inject(t, "ACK seq R ack S");
	in_flight(t, 5, 1);
	time_passes(t, 2000);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
}

static void probes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 10, user_send(t, 10));
	KUNIT_EXPECT_EQ(test, XTCP_WAIT_WINDOW + 0, seen.wait + 0);
	fire(t, XTCP_TIMER_RETRANSMIT);
	why_is(t, WINDOW_PROBE);
	expect(t, "ACK seq S ack R len 1");
	inject(t, "ACK seq R ack S win 9000");
	why_is(t, NEW);
	expect(t, "PSH|ACK seq S ack R len 9");
	inject(t, "ACK seq R ack S win 0");
	returns(t, 1, user_send(t, 1));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq S ack R len 1");
	fire(t, XTCP_TIMER_RETRANSMIT);
	why_is(t, WINDOW_PROBE);
	expect(t, "PSH|ACK seq U ack R len 1");
	inject(t, "ACK seq R ack S win 9000");
	returns(t, 0, user_option(t, SOL_SOCKET, SO_KEEPALIVE, 1));
	returns(t, 0, user_option(t, SOL_TCP, TCP_KEEPIDLE, 10));
	time_passes(t, 10001);
	fire(t, XTCP_TIMER_KEEPALIVE);
	why_is(t, KEEPALIVE);
	expect(t, "ACK seq S-1 ack R");
}

static void acks(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	why_is(t, DELAYED);
	expect(t, "ACK seq S ack R");
	inject(t, "ACK seq R+200000000 ack S");
	why_is(t, CHALLENGE);
	expect(t, "ACK seq S ack R");
}

static void window_update(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	why_is(t, ACK);
	set_clamp(t->sock, 1000);
	returns(t, 1000, user_recv(t, 2000));
	why_is(t, UPDATE);
	expect(t, "ACK seq S ack 2001 win 1000");
}

/* ---- what an ACK has done ---- */

static void ack_is(struct conv *t, u32 acked, u32 delivered, u32 lost, u8 is)
{
	KUNIT_EXPECT_EQ(t->test, acked, seen.acked);
	KUNIT_EXPECT_EQ(t->test, delivered, seen.delivered);
	KUNIT_EXPECT_EQ(t->test, lost, seen.lost);
	KUNIT_EXPECT_EQ(t->test, is + 0, seen.is + 0);
}

static void phases_are(struct conv *t, enum xtcp_phase from, enum xtcp_phase to)
{
	KUNIT_EXPECT_EQ(t->test, from + 0, seen.from_phase + 0);
	KUNIT_EXPECT_EQ(t->test, to + 0, seen.phase + 0);
}

static void acked(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mss;

	established_over(t, XTCP_OPT_SACK_PERMITTED, 2000);
	mss = conv_value(t, CONV_MSS);
	in_flight(t, 6, 0);
	time_passes(t, 2000);
	inject(t, "ACK seq R ack U+m");
	ack_is(t, mss, mss, 0, 0);
	phases_are(t, XTCP_PHASE_OPEN, XTCP_PHASE_OPEN);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	ack_is(t, 0, 3 * mss, mss, XTCP_ACKED_DUPLICATE | XTCP_ACKED_SACK);
	phases_are(t, XTCP_PHASE_OPEN, XTCP_PHASE_RECOVERY);
	pass_over(t);
	inject(t, "ACK seq R ack U+4m");
	pass_over(t);
	/* nothing had been lost */
	inject(t, "ACK seq R ack U sack U-4m..U-3m");
	KUNIT_EXPECT_TRUE(test, seen.is & XTCP_ACKED_DSACK);
	KUNIT_EXPECT_TRUE(test, seen.is & XTCP_ACKED_UNDONE);
	phases_are(t, XTCP_PHASE_RECOVERY, XTCP_PHASE_OPEN);
	pass_over(t);
}

/* ---- what the rest waits for ---- */

#define waits_is(t, for_what)						\
	do {								\
		KUNIT_EXPECT_EQ((t)->test, XTCP_WAIT_##for_what + 0, seen.wait + 0); \
		seen.wait = NO_WAIT;					\
	} while (0)

static void waits(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send(t, 10));
	waits_is(t, USER);	/* all of it has left */
	expect(t, "PSH|ACK seq S ack R len 10");
	returns(t, 10, user_send(t, 10));
	waits_is(t, NAGLE);
	inject(t, "ACK seq R ack S");
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "ACK seq R ack S");
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 1));
	returns(t, 10, user_send(t, 10));
	waits_is(t, CORK);
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 0));
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "ACK seq R ack S");
	in_flight(t, 4, 1);
	waits_is(t, CWND);
	inject(t, "ACK seq R ack S win 0");
	waits_is(t, WINDOW);
	user_shutdown(t, SHUT_WR);
	waits_is(t, WINDOW);	/* with a FIN behind it */
	inject(t, "ACK seq R ack S win 10000");
	pass_over(t);
	KUNIT_EXPECT_EQ(test, NO_WAIT, seen.wait + 0);	/* the user has nothing more to say */
}

static struct kunit_case why_cases[] = {
	KUNIT_CASE(whole_life),
	KUNIT_CASE(listener),
	KUNIT_CASE(sent_again),
	KUNIT_CASE(syn_again),
	KUNIT_CASE(loss_probes),
	KUNIT_CASE(probes),
	KUNIT_CASE(acks),
	KUNIT_CASE(window_update),
	KUNIT_CASE(acked),
	KUNIT_CASE(waits),
	{}
};

struct kunit_suite why_suite = {
	.name = "wire_why",
	.init = why_init,
	.exit = why_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = why_cases,
};
