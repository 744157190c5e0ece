// SPDX-License-Identifier: GPL-2.0
/*
 * Conversations about options: what SYNs agree on.
 */
#include "conv.h"
#include "suites.h"

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

	if (options & XTCP_OPT_TIMESTAMPS)
		snprintf(ts, sizeof(ts), " ts 7000 ecr %u", ack ? t->tsval_seen : 0);
	inject(t, "%s seq 1000 ack %u mss 1460 plain%s%s%s", flags, ack,
	       options & XTCP_OPT_SACK_PERMITTED ? " sackok" : "", ts,
	       options & XTCP_OPT_WSCALE ? " wscale 5" : "");
}

static void agree(struct kunit *test)
{
	const struct offer o = *(const struct offer *)test->param_value;
	struct conv *t = conv_of(test);
	u8 both = o.ours & o.theirs;
	/* half of the buffer; with timestamps less than a step short of it */
	u32 opened = both & XTCP_OPT_TIMESTAMPS ? 45 * (MSS - 12) : 65536;
	struct xtcp_segment seg;

	with_options(t, o.ours);
	if (o.passive) {
		returns(t, 0, user_listen(t, 1));
		their_syn(t, "SYN", 0, o.theirs);
		seg = next_segment(t);
		/* a SYN,ACK has only what the SYN has: RFC 7323, 1.3 */
		KUNIT_EXPECT_EQ(test, both, seg.opt.present);
		t->options = both;
		inject(t, "ACK seq R ack S win 1000");
		returns(t, 0, user_accept(t));
	} else {
		returns(t, -EINPROGRESS, user_connect(t));
		seg = next_segment(t);
		KUNIT_EXPECT_EQ(test, o.ours, seg.opt.present);
		KUNIT_EXPECT_EQ(test, 0, seg.opt.tsecr);
		their_syn(t, "SYN|ACK", t->iss + 1, o.theirs);
		t->options = both;
		seg = next_segment(t);
		KUNIT_EXPECT_EQ(test, both & XTCP_OPT_TIMESTAMPS, seg.opt.present);
		KUNIT_EXPECT_EQ(test, both & XTCP_OPT_WSCALE ? DIV_ROUND_UP(opened, 128) :
				min_t(u32, opened, U16_MAX), seg.wnd);
		inject(t, "ACK seq R ack S win 1000");
	}
	/* windows are scaled */
	peer_window_is(t, both & XTCP_OPT_WSCALE ? 1000 << 5 : 1000);
	/* every segment has timestamps, and is shorter by them */
	mss_is(t, both & XTCP_OPT_TIMESTAMPS ? MSS - 12 : MSS);
	returns(t, 10, user_send(t, 10));
	seg = next_segment(t);
	KUNIT_EXPECT_EQ(test, both & XTCP_OPT_TIMESTAMPS, seg.opt.present);
	KUNIT_EXPECT_EQ(test, both & XTCP_OPT_TIMESTAMPS ? 7000 : 0, seg.opt.tsecr);
	/* what came before its turn is reported */
	inject(t, "ACK seq R+10 ack S len 10");
	seg = next_segment(t);
	KUNIT_EXPECT_EQ(test, both & XTCP_OPT_SACK_PERMITTED ? 1 : 0, seg.opt.sacks);
	inject(t, "ACK seq R ack S len 10");
	seg = next_segment(t);
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
	u32 ip_bytes = conv_ip_bytes(t), at = ip_bytes + XTCP_HEADER_BYTES;
	struct sk_buff *skb;
	const u8 *opt;

	returns(t, -EINPROGRESS, user_connect(t));
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, ip_bytes + 40, skb->len);
	opt = skb->data + at;
	KUNIT_EXPECT_EQ(test, 0, memcmp(opt, syn, sizeof(syn)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(opt + 12, (u8[]){ 0, 0, 0, 0, 1, 3, 3, 7 }, 8));
	kfree_skb(skb);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, ip_bytes + 32, skb->len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(skb->data + at, ack, sizeof(ack)));
	kfree_skb(skb);
	inject(t, "ACK seq R+10 ack S len 10");
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, ip_bytes + 44, skb->len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(skb->data + at, ack, sizeof(ack)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(skb->data + at + 12, sack, sizeof(sack)));
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

static struct kunit_case wire_options_cases[] = {
	KUNIT_CASE_PARAM(agree, offer_gen_params),
	KUNIT_CASE(bytes_on_the_wire),
	KUNIT_CASE(syn_again),
	KUNIT_CASE(syn_ack_again),
	KUNIT_CASE(anew),
	{ }
};

struct kunit_suite wire_options_suite = {
	.name = "wire_options",
	.init = conv_init_with_options,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = wire_options_cases,
};
