// SPDX-License-Identifier: GPL-2.0
/*
 * Conversations about window scale, RFC 7323, 2.
 */
#include <linux/tcp.h>
#include "../module/engine/agreed.h"
#include "conv.h"
#include "suites.h"

/* ---- window scale: RFC 7323, 2 ---- */

/* 2.3: a shift larger than 14 counts as 14; 2.2: a SYN's window is not scaled. */
static void scale_of_the_peer(struct kunit *test)
{
	static const u8 said[] = { 0, 1, 7, 14, 15, 255 };
	struct conv *t = conv_of(test);

	for (int i = 0; i < ARRAY_SIZE(said); i++) {
		u8 shift = min_t(u8, said[i], 14);

		returns(t, -EINPROGRESS, user_connect(t));
		pass_over(t);
		inject(t, "SYN|ACK seq %u ack 101 win 60000 mss 1460 sackok ts 7000 wscale %u",
		       t->irs, said[i]);
		expect(t, "ACK seq 101 ack 1001");
		peer_window_is(t, 60000);
		inject(t, "ACK seq R ack S win 65535");
		peer_window_is(t, 65535 << shift);
		inject(t, "ACK seq R ack S win 1");
		peer_window_is(t, 1 << shift);
		inject(t, "ACK seq R ack S win 0");
		peer_window_is(t, 0);
		user_abort(t);
		expect(t, "RST|ACK seq S ack R");
	}
}

/* The same for a listener's child. */
static void scale_of_the_peer_passive(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 1));
	inject(t, "SYN seq 1000 win 60000 mss 1460 wscale 14 sackok ts 7000 ecr 0");
	expect(t, "SYN|ACK seq 100 ack 1001 win 65160 wscale 7 sackok ecr 7000");
	inject(t, "ACK seq R ack S win 3 len 10");
	returns(t, 0, user_accept(t));
	peer_window_is(t, 3 << 14);
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R ecr 7000");
}

/* 2.2: the window of a SYN is not scaled, though both SYNs are known when it comes. */
static void scale_of_crossed_syns(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN seq 1000 win 60000 mss 1460 wscale 7 sackok ts 7000 ecr 0");
	expect(t, "SYN|ACK seq 100 ack 1001 win 64240 wscale 7 sackok ecr 7000");
	inject(t, "SYN|ACK seq 1000 ack 101 win 50000 mss 1460 wscale 7 sackok ts 7000 ecr T");
	peer_window_is(t, 50000);
	inject(t, "ACK seq R ack S win 500");
	peer_window_is(t, 500 << 7);
}

/* RFC 9293, 3.8.6: as long as there is room, the edge does not move left at all. */
static void edge_stays(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg = { };
	u32 len, edge = 0;

	established(t);
	for (int i = 1; i < 200; i += 3) {
		inject(t, "ACK seq R ack S len %d", i);
		fire_if_armed(t, XTCP_TIMER_DELACK);
		while (conv_next(t, &seg, &len)) {
			KUNIT_EXPECT_GE(test, seg.ack + (seg.wnd << 7), edge);
			edge = seg.ack + (seg.wnd << 7);
		}
		user_recv(t, i);
		pass_over(t);
	}
}

/* 2.4, (4): the peer's edge moves left by less than a unit.  What was within it goes again
 * as it was.
 */
static void edge_of_the_peer(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 seg;

	established(t);
	t->xn->sysctl.early_retrans = 0;
	seg = conv_value(t, CONV_MSS);
	KUNIT_ASSERT_EQ(test, 1448, seg);
	inject(t, "ACK seq R ack S win %u", 46);	/* 5,888 bytes */
	returns(t, 4 * seg, user_send(t, 4 * seg));
	for (int i = 0; i < 4; i++)
		expect(t, "%s seq U+%dm ack R len m", i == 3 ? "PSH|ACK" : "ACK", i);
	inject(t, "ACK seq R ack U+2m win %u", 22);	/* 2,816 of 2,896 */
	time_passes(t, 1000);	/* all of it is lost at the timeout (RFC 8985, 6.3) */
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U+m win %u", 11);	/* 1,408 of 1,448 */
	expect(t, "PSH|ACK seq U+m ack R len m");
	/* by more than that: what it still takes */
	inject(t, "ACK seq R ack U win %u", 10);	/* 1,280 */
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len 1280");
	/* a loss probe has the same window */
	t->xn->sysctl.early_retrans = 3;
	inject(t, "ACK seq R ack S win %u", 46);
	returns(t, 2 * seg, user_send(t, 2 * seg));
	pass_over(t);
	inject(t, "ACK seq R ack U+m win %u", 11);
	waits_for(t, PROBE);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U ack R len m");
}

/* The scale follows from the largest window that there may be: from the largest buffer, by
 * rmem or net.core.rmem_max; but what the user has said, by SO_RCVBUF or TCP_WINDOW_CLAMP,
 * is the last word.  As Linux, in whose tests the first rows are.
 */
static const struct largest {
	int		rcvbuf;		/* SO_RCVBUF; 0: none */
	int		clamp;		/* TCP_WINDOW_CLAMP; 0: none */
	u32		rmem_max;	/* net.core.rmem_max; 0: as it is */
	u8		wscale;
	const char	name[48];
} largest[] = {
	{ 0, 0, 0, 7, "rmem" },
	{ 20000, 0, 0, 0, "SO_RCVBUF 20000" },
	{ 65535, 0, 0, 0, "SO_RCVBUF 65535" },
	{ 65536, 0, 0, 1, "SO_RCVBUF 65536" },
	{ 200000, 0, 0, 2, "SO_RCVBUF 200000" },
	{ 200000, 100000, 0, 1, "SO_RCVBUF and a smaller clamp" },
	{ 20000, 100000, 0, 0, "SO_RCVBUF and a larger clamp" },
	{ 0, 100000, 0, 1, "a clamp" },
	{ 0, 0, 64 << 20, 11, "rmem_max" },
	{ 0, 100000, 64 << 20, 1, "rmem_max and a clamp" },
	{ 20000, 0, 64 << 20, 0, "rmem_max and SO_RCVBUF" },
};

KUNIT_ARRAY_PARAM_DESC(largest, largest, name);

static void say_largest(struct conv *t, struct socket *sock, const struct largest *l)
{
	struct socket *mine = t->sock;

	t->sock = sock;
	if (l->rcvbuf)
		returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, l->rcvbuf));
	if (l->clamp)
		returns(t, 0, user_option(t, SOL_TCP, TCP_WINDOW_CLAMP, l->clamp));
	t->sock = mine;
}

static void scale_of_the_largest(struct kunit *test)
{
	const struct largest *l = test->param_value;
	struct conv *t = conv_of(test);
	u32 rmem_max = sysctl_rmem_max;
	struct xtcp_segment seg;
	u32 len;
	int err;

	bring_to(t, IN_CLOSED);
	say_largest(t, t->sock, l);
	sysctl_rmem_max = l->rmem_max ?: rmem_max;
	err = user_connect(t);
	sysctl_rmem_max = rmem_max;
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, err);
	expect(t, "SYN seq 100 wscale %u sackok ecr 0", l->wscale);
	user_close(t);

	bring_to(t, IN_LISTEN);
	say_largest(t, t->listener, l);
	sysctl_rmem_max = l->rmem_max ?: rmem_max;
	inject(t, "SYN seq 1000 mss 1460 wscale 3 ts 7100 ecr 0 sackok");
	sysctl_rmem_max = rmem_max;
	KUNIT_ASSERT_TRUE(test, conv_next(t, &seg, &len));
	KUNIT_EXPECT_EQ(test, XTCP_SYN | XTCP_ACK, seg.flags);
	KUNIT_EXPECT_EQ(test, l->wscale, seg.opt.wscale);
}

/* A window of a megabyte is offered, filled, closed, and opens again. */
static void a_megabyte_received(struct kunit *test)
{
	enum { STEP = 32768, MEGABYTE = 1 << 20 };
	struct conv *t = conv_of(test);
	struct xtcp_segment seg = { };
	u32 len, edge, at = 1001, n;

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUFFORCE, MEGABYTE));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100 win 65535 wscale 5 sackok ecr 0");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	seg = next_segment(t);
	edge = seg.ack + (seg.wnd << 5);
	KUNIT_EXPECT_GE(test, edge, 1001 + MEGABYTE - MSS);
	while (at != edge) {
		n = min_t(u32, edge - at, STEP);
		inject(t, "ACK seq R ack S len %u", n);
		at += n;
		fire_if_armed(t, XTCP_TIMER_DELACK);
		while (conv_next(t, &seg, &len)) {
			KUNIT_ASSERT_EQ(test, at, seg.ack);
			KUNIT_EXPECT_GE(test, seg.ack + (seg.wnd << 5), edge);
			edge = seg.ack + (seg.wnd << 5);
		}
		KUNIT_ASSERT_LE(test, edge, 1001 + MEGABYTE);
	}
	KUNIT_EXPECT_EQ(test, 0, seg.wnd);
	inject(t, "ACK seq R ack S len 1");	/* a probe */
	expect(t, "ACK seq S ack R win 0");
	for (u32 read = 0; read < at - 1001; read += n) {
		n = user_recv(t, 65536);
		KUNIT_ASSERT_GT(test, n, 0);
		pass_over(t);
	}
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_WINDOW), MEGABYTE / 2);
}

/* A window of a megabyte is used, as far as congestion allows. */
static void a_megabyte_sent(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20));
	inject(t, "ACK seq R ack S win 8192");
	peer_window_is(t, 1 << 20);
	set_cwnd(t, 4 << 20);
	for (int i = 0; i < 40; i++) {
		returns(t, 32768, user_send(t, 32768));
		pass_over(t);
	}
	KUNIT_EXPECT_GT(test, conv_value(t, CONV_FLIGHT), (1 << 20) - MSS);
	KUNIT_EXPECT_LE(test, conv_value(t, CONV_FLIGHT), 1 << 20);
}

/* The right edge never moves left by a unit or more, and a byte at a time closes it. */
static void closes_byte_by_byte(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg = { };
	u32 len, edge = 0, most, at = 1001;
	/* with sanitizers a byte takes long */
	u32 rcvbuf = 2 * (IS_ENABLED(CONFIG_KASAN) ? 1024 : 2048);

	/* not by SO_RCVBUF: the scale would be 0 */
	t->xn->sysctl.rmem[1] = rcvbuf;
	t->xn->sysctl.moderate_rcvbuf = 0;
	bring_to(t, IN_CLOSED);
	returns(t, -EINPROGRESS, user_connect(t));
	pass_over(t);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	seg = next_segment(t);
	most = seg.ack + (seg.wnd << 7);
	for (int i = 0; i < 6000; i++) {
		inject(t, "ACK seq R ack S len 1");
		fire_if_armed(t, XTCP_TIMER_DELACK);
		while (conv_next(t, &seg, &len)) {
			edge = seg.ack + (seg.wnd << 7);
			KUNIT_ASSERT_GT(test, edge, most - 128);
			most = max(most, edge);
			at = seg.ack;
		}
		if (!seg.wnd)
			break;
	}
	KUNIT_EXPECT_EQ(test, 0, seg.wnd);
	/* no more than a unit beyond what the buffer is for */
	KUNIT_EXPECT_LE(test, at, 1001 + rcvbuf);
	/* all that was ever offered is taken */
	inject(t, "ACK seq R ack S len %u", most - at);
	received_is(t, most);
	pass_over(t);
	returns(t, most - 1001, user_recv(t, 100000));
	seg = next_segment(t);
	KUNIT_EXPECT_GT(test, seg.wnd, 0);
	pass_over(t);
}

/* Nor does it move left where there is room for more, but not for a whole unit more. */
static void grows_by_less_than_a_unit(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_sock *x;

	t->xn->sysctl.rmem[2] = S32_MAX;	/* a scale of 14: units of 16 KiB */
	t->xn->sysctl.rmem[1] = 2 * (5 * 16384 - 1000);
	t->xn->sysctl.moderate_rcvbuf = 0;
	bring_to(t, IN_CLOSED);
	returns(t, -EINPROGRESS, user_connect(t));
	pass_over(t);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	pass_over(t);
	/* five units, of which 3000 bytes have come and were read */
	x = xtcp_sk(t->sock->sk);
	x->rcv_wup = x->rcv_nxt;
	x->rcv_wnd = 5 * 16384 - 3000;
	inject(t, "ACK seq 999 ack S");
	expect(t, "ACK seq S ack R win 5");
}

/* What is less than a unit is not scaled away. */
static void less_than_a_unit(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg = { };
	u32 len;

	t->xn->sysctl.rmem[2] = S32_MAX;	/* a scale of 14: units of 16 KiB */
	t->xn->sysctl.rmem[1] = 2 * 4096;
	t->xn->sysctl.moderate_rcvbuf = 0;
	bring_to(t, IN_CLOSED);
	returns(t, -EINPROGRESS, user_connect(t));
	seg = next_segment(t);
	KUNIT_EXPECT_EQ(test, 14, seg.opt.wscale);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	seg = next_segment(t);
	KUNIT_EXPECT_EQ(test, 1, seg.wnd);
	for (int i = 0; i < 20 && seg.wnd; i++) {
		inject(t, "ACK seq R ack S len 1000");
		fire_if_armed(t, XTCP_TIMER_DELACK);
		while (conv_next(t, &seg, &len))
			KUNIT_EXPECT_LE(test, seg.wnd, 1);
	}
	KUNIT_EXPECT_EQ(test, 0, seg.wnd);
	user_recv(t, 100000);
	seg = next_segment(t);				/* told at once */
	KUNIT_EXPECT_EQ(test, 1, seg.wnd);
	pass_over(t);
}

/* The peer's scaled window is closed: it is probed, and opens. */
static void scaled_window_is_probed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 1000, user_send(t, 1000));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq S ack R len 1 ecr 7000");
	inject(t, "ACK seq R ack U win 0");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len 1");
	inject(t, "ACK seq R ack U+1 win 8");		/* 1024 */
	expect(t, "PSH|ACK seq S ack R len 999");
}

/* RFC 9293, 3.4: a segment without data begins in the peer's window, though that has moved
 * left by less than a unit.
 */
static void bare_segments_in_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S win 10");		/* 1280 */
	returns(t, 1280, user_send(t, 1280));
	expect(t, "PSH|ACK seq 101 ack R len 1280");
	inject(t, "ACK seq R ack U+100 win 9");		/* the edge: 1252 */
	inject(t, "ACK seq R ack U win 9 len 10");
	fire_if_armed(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq U+1152 ack R");
}

static struct kunit_case wire_scale_cases[] = {
	KUNIT_CASE(scale_of_the_peer),
	KUNIT_CASE(scale_of_the_peer_passive),
	KUNIT_CASE(scale_of_crossed_syns),
	KUNIT_CASE_PARAM(scale_of_the_largest, largest_gen_params),
	KUNIT_CASE(edge_stays),
	KUNIT_CASE(edge_of_the_peer),
	KUNIT_CASE(a_megabyte_received),
	KUNIT_CASE(a_megabyte_sent),
	KUNIT_CASE(closes_byte_by_byte),
	KUNIT_CASE(grows_by_less_than_a_unit),
	KUNIT_CASE(less_than_a_unit),
	KUNIT_CASE(scaled_window_is_probed),
	KUNIT_CASE(bare_segments_in_the_window),
	{ }
};

struct kunit_suite wire_scale_suite = {
	.name = "wire_scale",
	.init = conv_init_with_options,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = wire_scale_cases,
};
