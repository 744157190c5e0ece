// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification on the wire: RFC 3168.
 */
#include <linux/skbuff.h>
#include <linux/tcp.h>
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

/* Nor is it with a FIN in flight, if the user has closed since. */
static void crossed_and_closed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.ecn = 1;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq 100");
	inject(t, "SYN|ECE|CWR seq 1000 mss 1460");
	expect(t, "SYN|ACK|ECE seq 100 ack 1001");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	pass_over(t);
	inject(t, "SYN|ACK|ECE seq 1000 ack 101 mss 1460");
	pass_over(t);
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
	pass_over(t);
	inject(t, "SYN|ACK|ECE seq 1000 ack 101 mss 1460");
	pass_over(t);
	phase_is(t, OPEN);
	counted(t, ECN_REDUCTIONS, 0);
}

/* ---- the receiver: 6.1.3 ---- */

/* "sends ECN-Echo ... until it receives a CWR packet" */
static void echo(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_ecn(t, 0);
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

	established_ecn(t, 0);
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

	established_ecn(t, 0);
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

/* ---- what leaves: 6.1.4 to 6.1.6 ---- */

/* 6.1.6: "MUST NOT set either an ECT codepoint or the CWR bit on window probe packets" */
static void probes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);
	established_ecn(t, 0);
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

	established_ecn(t, 0);
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
	KUNIT_CASE(crossed_and_closed),
	KUNIT_CASE(echo),
	KUNIT_CASE(echo_at_once),
	KUNIT_CASE(marks_of_others),
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
	established_ecn(t, 0);
	mss = conv_value(t, CONV_MSS);
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
