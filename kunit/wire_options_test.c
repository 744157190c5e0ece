// SPDX-License-Identifier: GPL-2.0
/*
 * Conversations about options: what SYNs agree on; window scale and timestamps, RFC 7323;
 * TIME_WAIT and timestamps, RFC 6191.
 */
#include <linux/tcp.h>
#include "../module/engine/agreed.h"
#include "conv.h"
#include "suites.h"

#define SACKOK	XTCP_OPT_SACK_PERMITTED
#define TS	XTCP_OPT_TIMESTAMPS
#define WSCALE	XTCP_OPT_WSCALE
#define ALL	(SACKOK | TS | WSCALE)

#define DAYS_MS(n)	((n) * 24 * 3600 * 1000u)

static int wire_options_init(struct kunit *test)
{
	int err = conv_init(test);

	if (!err)
		with_options(conv_of(test), ALL);
	return err;
}

/* The next segment, whatever it says; its options by value. */
static struct xtcp_segment sent(struct conv *t)
{
	struct xtcp_segment seg = { };
	u32 len;

	if (!conv_next(t, &seg, &len))
		KUNIT_FAIL_AND_ABORT(t->test, "expected a segment, and there is none");
	return seg;
}

/* ---- what is agreed on: RFC 7323, 2.2 and 3.2; RFC 2018, 2 ---- */

struct offer {
	u8	ours;
	u8	theirs;
	bool	passive;
};

/* Every combination, in both roles. */
static const void *offer_gen_params(const void *prev, char *desc)
{
	static struct offer offer;
	int n = prev ? (offer.ours | offer.theirs << 3 | offer.passive << 6) + 1 : 0;

	if (n == 128)
		return NULL;
	offer = (struct offer) { n & 7, n >> 3 & 7, n >> 6 };
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, ours %u, theirs %u",
		 offer.passive ? "passive" : "active", offer.ours, offer.theirs);
	return &offer;
}

/* The peer's SYN has these options. */
static void their_syn(struct conv *t, const char *flags, u32 ack, u8 options)
{
	char ts[32] = "";

	if (options & TS)
		snprintf(ts, sizeof(ts), " ts 7000 ecr %u", ack ? t->tsval_seen : 0);
	inject(t, "%s seq 1000 ack %u mss 1460 plain%s%s%s", flags, ack,
	       options & SACKOK ? " sackok" : "", ts, options & WSCALE ? " wscale 5" : "");
}

static void agree(struct kunit *test)
{
	const struct offer o = *(const struct offer *)test->param_value;
	struct conv *t = conv_of(test);
	u8 both = o.ours & o.theirs;
	/* half of the buffer; with timestamps less than a step short of it */
	u32 opened = both & TS ? 45 * (MSS - 12) : 65536;
	struct xtcp_segment seg;

	with_options(t, o.ours);
	if (o.passive) {
		returns(t, 0, user_listen(t, 1));
		their_syn(t, "SYN", 0, o.theirs);
		seg = sent(t);
		/* a SYN,ACK has only what the SYN has: RFC 7323, 1.3 */
		KUNIT_EXPECT_EQ(test, both, seg.opt.present);
		t->options = both;
		inject(t, "ACK seq R ack S win 1000");
		returns(t, 0, user_accept(t));
	} else {
		returns(t, -EINPROGRESS, user_connect(t));
		seg = sent(t);
		KUNIT_EXPECT_EQ(test, o.ours, seg.opt.present);
		KUNIT_EXPECT_EQ(test, 0, seg.opt.tsecr);
		their_syn(t, "SYN|ACK", t->iss + 1, o.theirs);
		t->options = both;
		seg = sent(t);
		KUNIT_EXPECT_EQ(test, both & TS, seg.opt.present);
		KUNIT_EXPECT_EQ(test, both & WSCALE ? DIV_ROUND_UP(opened, 128) :
				min_t(u32, opened, U16_MAX), seg.wnd);
		inject(t, "ACK seq R ack S win 1000");
	}
	/* windows are scaled */
	peer_window_is(t, both & WSCALE ? 1000 << 5 : 1000);
	/* every segment has timestamps, and is shorter by them */
	mss_is(t, both & TS ? MSS - 12 : MSS);
	returns(t, 10, user_send(t, 10));
	seg = sent(t);
	KUNIT_EXPECT_EQ(test, both & TS, seg.opt.present);
	KUNIT_EXPECT_EQ(test, both & TS ? 7000 : 0, seg.opt.tsecr);
	/* what came before its turn is reported */
	inject(t, "ACK seq R+10 ack S len 10");
	seg = sent(t);
	KUNIT_EXPECT_EQ(test, both & SACKOK ? 1 : 0, seg.opt.sacks);
	inject(t, "ACK seq R ack S len 10");
	seg = sent(t);
	KUNIT_EXPECT_EQ(test, 0, seg.opt.sacks);
	KUNIT_EXPECT_EQ(test, 1021, seg.ack);
}

/* As Linux: the order, and what aligns them. */
static void bytes_on_the_wire(struct kunit *test)
{
	static const u8 syn[] = { 2, 4, 5, 180, 4, 2, 8, 10 };
	static const u8 sack[] = { 1, 1, 5, 10, 0, 0, 3, 243, 0, 0, 3, 253 };
	static const u8 ack[] = { 1, 1, 8, 10 };
	struct conv *t = conv_of(test);
	struct sk_buff *skb;
	const u8 *opt;

	returns(t, -EINPROGRESS, user_connect(t));
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, 60, skb->len);
	opt = skb->data + 40;
	KUNIT_EXPECT_EQ(test, 0, memcmp(opt, syn, sizeof(syn)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(opt + 12, (u8[]){ 0, 0, 0, 0, 1, 3, 3, 7 }, 8));
	kfree_skb(skb);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, 52, skb->len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(skb->data + 40, ack, sizeof(ack)));
	kfree_skb(skb);
	inject(t, "ACK seq R+10 ack S len 10");
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, 64, skb->len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(skb->data + 40, ack, sizeof(ack)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(skb->data + 52, sack, sizeof(sack)));
	kfree_skb(skb);
}

/* However often a SYN is sent, it keeps all its options, as in Linux. */
static void syn_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	for (int i = 0; i < t->xn->sysctl.syn_retries; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "SYN seq 100 mss 1460 win 64240 sackok ecr 0 wscale 7");
	}
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 wscale 3 sackok ts 7000 ecr T");
	expect(t, "ACK seq 101 ack 1001 ecr 7000");
	inject(t, "ACK seq R ack S win 10");
	peer_window_is(t, 10 << 3);
}

/* A SYN,ACK that is sent again says the same; a listener's scale is its own. */
static void syn_ack_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460 win 65160 sackok ecr 7000 wscale 7");
	inject(t, "SYN seq 1000 mss 1460 wscale 3 ts 7100 ecr 0 sackok");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460 sackok ecr 7000 wscale 7");
	inject(t, "ACK seq R ack S win 10");
	returns(t, 0, user_accept(t));
	peer_window_is(t, 10 << 7);	/* the first SYN's */
}

/* A socket that has been connected listens, or connects, as if it were new. */
static void anew(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	established(t);
	inject(t, "ACK seq R+10 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	inject(t, "ACK seq R-5 ack S len 5");
	expect(t, "ACK seq S ack R sack R-5..R R+10..R+20");
	returns(t, 0, kernel_connect(t->sock, &none, sizeof(none), 0));
	expect(t, "RST|ACK seq S ack R sack R+10..R+20");
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100 mss 1460 win 64240 sackok ecr 0 wscale 7");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 plain");
	expect(t, "ACK seq 101 ack 1001 win 65535 plain");
	KUNIT_EXPECT_EQ(test, 0, kernel_connect(t->sock, &none, sizeof(none), 0));
	pass_over(t);
	t->listener = t->sock;
	t->sock = NULL;
	returns(t, 0, kernel_listen(t->listener, 1));
	inject(t, "SYN seq 1000 mss 1460 plain");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460 win 64240 plain");
}

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
	seg = sent(t);
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

	/* not by SO_RCVBUF: the scale would be 0 */
	t->xn->sysctl.rmem[1] = 2 * 2048;
	t->xn->sysctl.moderate_rcvbuf = 0;
	bring_to(t, IN_CLOSED);
	returns(t, -EINPROGRESS, user_connect(t));
	pass_over(t);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	seg = sent(t);
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
	KUNIT_EXPECT_LE(test, at, 1001 + 2 * 2048);
	/* all that was ever offered is taken */
	inject(t, "ACK seq R ack S len %u", most - at);
	received_is(t, most);
	pass_over(t);
	returns(t, most - 1001, user_recv(t, 100000));
	seg = sent(t);
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
	seg = sent(t);
	KUNIT_EXPECT_EQ(test, 14, seg.opt.wscale);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	seg = sent(t);
	KUNIT_EXPECT_EQ(test, 1, seg.wnd);
	for (int i = 0; i < 20 && seg.wnd; i++) {
		inject(t, "ACK seq R ack S len 1000");
		fire_if_armed(t, XTCP_TIMER_DELACK);
		while (conv_next(t, &seg, &len))
			KUNIT_EXPECT_LE(test, seg.wnd, 1);
	}
	KUNIT_EXPECT_EQ(test, 0, seg.wnd);
	user_recv(t, 100000);
	seg = sent(t);				/* told at once */
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

/* ---- timestamps: RFC 7323, 3 and 4 ---- */

/* 4.3, (1): what is echoed is the timestamp of the first segment that an ACK takes in. */
static void echo_of_the_first(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len 10 ts 7010 ecr T");
	inject(t, "ACK seq R ack S len 10 ts 7020 ecr T");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R ecr 7010");
	inject(t, "ACK seq R ack S len 10 ts 7030 ecr T");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R ecr 7030");
}

/* 4.3, (2) and (3): what came out of turn is not echoed; what fills the gap is. */
static void echo_around_a_gap(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+10 ack S len 10 ts 7020 ecr T");
	expect(t, "ACK seq S ack R ecr 7000 sack R+10..R+20");
	inject(t, "ACK seq R+20 ack S len 10 ts 7030 ecr T");
	expect(t, "ACK seq S ack R ecr 7000 sack R+10..R+30");
	inject(t, "ACK seq R ack S len 10 ts 7040 ecr T");
	expect(t, "ACK seq S ack R+30 ecr 7040");
}

/* 5.3, R3: less than TS.Recent never replaces it; an equal one does. */
static void equal_and_wrapped(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->tsval = U32_MAX - 1;
	established(t);
	inject(t, "ACK seq R ack S len 10 ts %u ecr T", U32_MAX - 1);
	expect(t, "ACK seq S ack R+10 ecr %u", U32_MAX - 1);
	inject(t, "ACK seq R ack S len 10 ts 5 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 5");
	inject(t, "ACK seq R ack S len 10 ts %u ecr T", U32_MAX);
	expect(t, "ACK seq S ack R ecr 5");
	counted(t, PAWS, 1);
}

/* As Linux: a SYN with a timestamp of 0 says nothing of the clock. */
static void syn_with_timestamp_0(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 0 ecr T");
	expect(t, "ACK seq 101 ack 1001 ecr 0");
	inject(t, "ACK seq R ack S len 10 ts 3000000000 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 3000000000");
	counted(t, PAWS, 0);
}

/* What our SYN has said may be echoed, and nothing else: as Linux. */
static void impossible_echoes(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 first;

	bring_to(t, IN_SYN_SENT);
	first = t->tsval_seen;
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr %u", first - 1000);
	expect(t, "RST seq 101");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr %u",
	       first + 3600 * 1000);
	expect(t, "RST seq 101");
	inject(t, "RST|ACK seq 1000 ack 101 ts 7000 ecr %u", first - 1000);
	state_is(t, TCP_SYN_SENT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100 mss 1460 sackok wscale 7 ecr 0");
	/* the first SYN's, though another was sent */
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr %u", first);
	expect(t, "ACK seq 101 ack 1001 ecr 7000");
	state_is(t, TCP_ESTABLISHED);
	counted(t, PAWS, 3);
}

static void echo_of_0_is_none(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr 0");
	expect(t, "ACK seq 101 ack 1001 ecr 7000");
}

/* Two hosts' connections have one clock, so that a later connection's is later; whoever is
 * not told it cannot know how long the machine runs.
 */
static void offset_of_a_pair(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 first, plain;

	bring_to(t, IN_SYN_SENT);
	first = t->tsval_seen;
	user_close(t);
	t->tuple.lport++;
	bring_to(t, IN_SYN_SENT);
	KUNIT_EXPECT_LT(test, t->tsval_seen - first, 10 * 1000);
	user_close(t);
	t->xn->sysctl.timestamps = 2;
	bring_to(t, IN_SYN_SENT);
	plain = (u32)div_u64(ktime_get_ns(), NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, plain - t->tsval_seen, 10 * 1000);
	KUNIT_EXPECT_GT(test, first - t->tsval_seen + 10 * 1000, 20 * 1000);
	user_close(t);
}

/* ---- PAWS: RFC 7323, 5 ---- */

static void place_desc(const enum place *place, char *desc)
{
	strscpy(desc, place_names[*place], KUNIT_PARAM_DESC_SIZE);
}

static const enum place synchronized[] = {
	IN_REQUEST, IN_SIMULTANEOUS, IN_ESTABLISHED, IN_FIN_WAIT_1, IN_FIN_WAIT_2,
	IN_CLOSE_WAIT, IN_CLOSING, IN_LAST_ACK, IN_TIME_WAIT,
};

KUNIT_ARRAY_PARAM(place, synchronized, place_desc);

/* 5.3, R1: it is answered with an ACK, and dropped; TS.Recent stays. */
static void paws(struct kunit *test)
{
	static const char *const segments[] = {
		"ACK seq R ack S", "PSH|ACK seq R ack S len 10", "FIN|ACK seq R ack S",
		"FIN|ACK seq R-1 ack S", "ACK seq R ack S+1", "FIN seq R",
		"SYN|ACK seq R ack S", "URG|ACK seq R ack S len 3 urg 2",
	};
	enum place place = *(const enum place *)test->param_value;
	struct conv *t = conv_of(test);

	bring_to(t, place);
	for (int i = 0; i < ARRAY_SIZE(segments); i++) {
		/* of a SYN in TIME_WAIT other rules decide */
		bool syn = i == 6 && place == IN_TIME_WAIT;
		long before = conv_count(t, XTCP_MIB_PAWS);
		struct xtcp_segment seg;

		inject(t, "%s ts 6999 ecr T", segments[i]);
		seg = sent(t);
		KUNIT_EXPECT_EQ(test, XTCP_ACK, seg.flags & (XTCP_ACK | XTCP_SYN | XTCP_RST));
		KUNIT_EXPECT_EQ(test, t->rcv_nxt, seg.ack);
		KUNIT_EXPECT_EQ(test, 7000, seg.opt.tsecr);
		KUNIT_EXPECT_EQ(test, !syn, conv_count(t, XTCP_MIB_PAWS) - before);
		state_is(t, place_states[place]);
	}
	silence(t);
	if (place == IN_REQUEST)
		counted(t, PASSIVE_OPENS, 0);
}

/* 3.2: what has no timestamp is dropped, and not answered. */
static void without_a_timestamp(struct kunit *test)
{
	static const char *const segments[] = {
		"ACK seq R ack S", "PSH|ACK seq R ack S len 10", "FIN|ACK seq R ack S",
		"ACK seq R+10 ack S len 10", "ACK seq R+100000 ack S", "ACK seq R ack S+1",
	};
	enum place place = *(const enum place *)test->param_value;
	struct conv *t = conv_of(test);

	bring_to(t, place);
	for (int i = 0; i < ARRAY_SIZE(segments); i++) {
		inject(t, "%s plain", segments[i]);
		silence(t);
		state_is(t, place_states[place]);
	}
	counted(t, NO_TIMESTAMP, ARRAY_SIZE(segments));
	if (place == IN_REQUEST)
		counted(t, PASSIVE_OPENS, 0);
}

/* 5.2: a RST counts, whatever its timestamp says, and if it has none. */
static void reset_whatever_the_timestamp(struct kunit *test)
{
	static const char *const timestamps[] = { "ts 6999 ecr T", "plain", "ts 7000 ecr T" };
	enum place place = *(const enum place *)test->param_value;
	struct conv *t = conv_of(test);

	for (int i = 0; i < ARRAY_SIZE(timestamps); i++) {
		bring_to(t, place);
		inject(t, "RST seq R+5 %s", timestamps[i]);
		expect(t, "ACK ack R");		/* RFC 5961, 3.2 */
		inject(t, "RST seq R %s", timestamps[i]);
		state_is(t, place == IN_REQUEST ? TCP_LISTEN : TCP_CLOSE);
		if (t->sock && t->sock != t->listener)
			user_close(t);
		if (t->listener)
			user_close_socket(t, t->listener);
		t->sock = NULL;
	}
}

/* 5.3: what PAWS rejects does not move TS.Recent, nor does what lies outside the window. */
static void rejected_moves_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+10000000 ack S len 10 ts 9000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000");
	inject(t, "ACK seq R-10 ack S len 10 ts 9000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000 sack R-10..R");
	inject(t, "ACK seq R ack S+1 ts 9000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000");
	inject(t, "SYN seq R ts 9000 ecr 0");
	expect(t, "ACK seq S ack R ecr 7000");
	inject(t, "ACK seq R ack S len 10 ts 7001 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 7001");
}

/* 5.3, and RFC 2883, 4.3: a duplicate from long ago, and its D-SACK. */
static void old_duplicate(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S len 100 ts 7050 ecr T");
	expect(t, "ACK seq S ack R+100 ecr 7050");
	inject(t, "ACK seq R-100 ack S len 50 ts 7001 ecr T");
	expect(t, "ACK seq S ack R ecr 7050 sack R-100..R-50");
	counted(t, PAWS, 1);
	counted(t, DSACKS_OUT, 1);
	/* new data under an old timestamp is no duplicate, and not taken */
	inject(t, "ACK seq R ack S len 50 ts 7001 ecr T");
	expect(t, "ACK seq S ack R ecr 7050");
	counted(t, PAWS, 2);
}

/* An ACK that another has overtaken is heard, as far as it changes nothing else. */
static void overtaken_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, 2000);
	in_flight(t, 5, 0);
	time_passes(t, 2000);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack U sack U+m..U+2m ts 7020 ecr T");
	inject(t, "ACK seq R ack U sack U+m..U+3m ts 7019 ecr T");
	sacked_is(t, 2 * (MSS - XTCP_TIMESTAMPS_BYTES));
	counted(t, PAWS, 0);
	/* TS.Recent stays */
	inject(t, "ACK seq R ack U len 10 ts 7020 ecr T");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R ecr 7020");
	/* but not where it has another window, or text, or lies behind or before */
	inject(t, "ACK seq R ack U win 100 ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	inject(t, "ACK seq R ack U len 10 ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	inject(t, "ACK seq R-10 ack U ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	inject(t, "ACK seq R ack U+m ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	/* nor if it is from long ago */
	inject(t, "ACK seq R ack U sack U+m..U+4m ts %u ecr T", 7020 - 60000);
	expect(t, "ACK seq S ack R ecr 7020");
	counted(t, PAWS, 5);
	acked_is(t, 101);
	sacked_is(t, 2 * (MSS - XTCP_TIMESTAMPS_BYTES));
}

/* 5.5: after 24 days without a segment TS.Recent means nothing. */
static void idle_for_24_days(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	time_passes(t, DAYS_MS(24) - 20 * 60 * 1000);
	inject(t, "ACK seq R ack S len 10 ts 6000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000");
	counted(t, PAWS, 1);
	time_passes(t, 20 * 60 * 1000);
	inject(t, "ACK seq R ack S len 10 ts 6000 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 6000");
	inject(t, "ACK seq R ack S len 10 ts 5999 ecr T");
	expect(t, "ACK seq S ack R ecr 6000");
	counted(t, PAWS, 2);
}

/* ---- TIME_WAIT: RFC 6191 ---- */

/* Section 2: of the new SYN, what makes it new.  RFC 9293: SHLD-4. */
static const struct reuse {
	const char	*name;
	u8		old;		/* options of the old connection */
	const char	*syn;
	bool		reused;
} reuses[] = {
	{ "later timestamp, lower seq", TS, "seq R-1000 ts 7001 ecr 0", true },
	{ "later timestamp, higher seq", TS, "seq R+1000 ts 7001 ecr 0", true },
	{ "same timestamp, higher seq", TS, "seq R+1000 ts 7000 ecr 0", true },
	{ "same timestamp, lower seq", TS, "seq R-1000 ts 7000 ecr 0", false },
	{ "same timestamp, same seq", TS, "seq R ts 7000 ecr 0", false },
	{ "earlier timestamp, higher seq", TS, "seq R+1000 ts 6999 ecr 0", false },
	{ "earlier timestamp, lower seq", TS, "seq R-1000 ts 6999 ecr 0", false },
	{ "no timestamp, higher seq", TS, "seq R+1000 plain", true },
	{ "no timestamp, lower seq", TS, "seq R-1000 plain", false },
	{ "timestamp now, lower seq", 0, "seq R-1000 ts 1 ecr 0", true },
	{ "none before or now, higher seq", 0, "seq R+1000 plain", true },
	{ "none before or now, lower seq", 0, "seq R-1000 plain", false },
};

static void reuse_desc(const struct reuse *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reuse, reuses, reuse_desc);

static void time_wait_beside_listener(struct conv *t)
{
	established_passive(t);
	user_close(t);
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "ACK seq R ack S");
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_TIME_WAIT);
	conv_look(t);
}

static void new_incarnation(struct kunit *test)
{
	const struct reuse *r = test->param_value;
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;

	with_options(t, r->old);
	time_wait_beside_listener(t);
	with_options(t, TS);
	inject(t, "SYN %s mss 1460", r->syn);
	seg = sent(t);
	KUNIT_EXPECT_EQ(test, r->reused ? XTCP_SYN | XTCP_ACK : XTCP_ACK, seg.flags);
	state_is(t, r->reused ? TCP_SYN_RECV : TCP_TIME_WAIT);
	counted(t, TW_REUSED, r->reused);
	if (r->reused)		/* beyond all that the old one sent */
		KUNIT_EXPECT_EQ(test, t->snd_nxt + 65537, seg.seq);
}

/* The new connection would have no timestamps: the sequence number decides. */
static void new_incarnation_without(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, TS);
	time_wait_beside_listener(t);
	with_options(t, 0);
	inject(t, "SYN seq R-1000 ts 7001 ecr 0 mss 1460");
	expect(t, "ACK seq S ack R ecr 7000");
	state_is(t, TCP_TIME_WAIT);
	inject(t, "SYN seq R+1000 ts 6999 ecr 0 mss 1460");
	expect(t, "SYN|ACK seq S+65537 ack R+1001");
}

/* connect() to where a connection is in TIME_WAIT: net.xtcp.tw_reuse. */
static const struct follow {
	const char	*name;
	u8		reuse;
	u8		old;
	u8		now;
	u32		age_s;
	bool		bound;
	bool		may;
} follows[] = {
	{ "1: with timestamps, after a second", 1, TS, TS, 1, false, true },
	{ "1: all options, after a minute", 1, ALL, ALL, 60, false, true },
	{ "1: within the second", 1, TS, TS, 0, false, false },
	{ "1: there were no timestamps", 1, 0, TS, 60, false, false },
	{ "1: there will be no timestamps", 1, TS, 0, 60, false, false },
	{ "2: not on the loopback device", 2, TS, TS, 60, false, false },
	{ "0", 0, TS, TS, 60, false, false },
	{ "0: a bound port", 0, TS, TS, 60, true, true },
	{ "0: a bound port, within the second", 0, ALL, ALL, 0, true, true },
	{ "1: a bound port, there were none", 1, 0, TS, 60, true, false },
	{ "1: a bound port, there will be none", 1, TS, 0, 60, true, false },
};

static void follow_desc(const struct follow *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(follow, follows, follow_desc);

/* A socket that is bound to the port, or has no other to choose. */
static void new_socket(struct conv *t, bool bound)
{
	t->sock = user_socket(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_REUSEADDR, 1));
	if (bound)
		returns(t, 0, user_bind(t, t->sock, HERE_ADDR, t->tuple.lport));
	else
		returns(t, 0, user_option(t, SOL_IP, IP_LOCAL_PORT_RANGE,
					  t->tuple.lport << 16 | t->tuple.lport));
}

static void connect_follows(struct kunit *test)
{
	const struct follow *f = test->param_value;
	struct conv *t = conv_of(test);

	t->tuple.lport = 40000;		/* among those that connect() may choose */
	t->xn->sysctl.tw_reuse = f->reuse;
	new_socket(t, f->bound);
	with_options(t, f->old);
	bring_to(t, IN_TIME_WAIT);
	user_close(t);
	/* -1: in this second, and by no means in the one before */
	time_wait_passes(t, f->age_s ?: -1);
	with_options(t, f->now);
	new_socket(t, f->bound);
	if (!f->may) {
		returns(t, -EADDRNOTAVAIL, user_connect(t));
		state_is(t, TCP_TIME_WAIT);
		return;
	}
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq S+65537 mss 1460");
	state_is(t, TCP_SYN_SENT);
	counted(t, TW_REUSED, 1);
	inject(t, "SYN|ACK seq 5000 ack S mss 1460 ts 7000 ecr T");
	expect(t, "ACK seq S ack 5001 ecr 7000");
	state_is(t, TCP_ESTABLISHED);
}

static struct kunit_case wire_options_cases[] = {
	KUNIT_CASE_PARAM(agree, offer_gen_params),
	KUNIT_CASE(bytes_on_the_wire),
	KUNIT_CASE(syn_again),
	KUNIT_CASE(syn_ack_again),
	KUNIT_CASE(anew),
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
	KUNIT_CASE(echo_of_the_first),
	KUNIT_CASE(echo_around_a_gap),
	KUNIT_CASE(equal_and_wrapped),
	KUNIT_CASE(syn_with_timestamp_0),
	KUNIT_CASE(impossible_echoes),
	KUNIT_CASE(echo_of_0_is_none),
	KUNIT_CASE(offset_of_a_pair),
	KUNIT_CASE_PARAM(paws, place_gen_params),
	KUNIT_CASE_PARAM(without_a_timestamp, place_gen_params),
	KUNIT_CASE_PARAM(reset_whatever_the_timestamp, place_gen_params),
	KUNIT_CASE(rejected_moves_nothing),
	KUNIT_CASE(old_duplicate),
	KUNIT_CASE(overtaken_ack),
	KUNIT_CASE(idle_for_24_days),
	KUNIT_CASE_PARAM(new_incarnation, reuse_gen_params),
	KUNIT_CASE(new_incarnation_without),
	KUNIT_CASE_PARAM(connect_follows, follow_gen_params),
	{ }
};

struct kunit_suite wire_options_suite = {
	.name = "wire_options",
	.init = wire_options_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = wire_options_cases,
};
