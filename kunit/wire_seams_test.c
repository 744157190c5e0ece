// SPDX-License-Identifier: GPL-2.0
/*
 * What one room hands to the next: rules that one room states and several obey.
 */
#include "conv.h"
#include "suites.h"

/* RFC 5961, 7: half-open, a connection is a request, and its challenge ACKs are
 * limited as others are.  So are answers to the SYN itself, as in Linux; but its timer
 * sends another.
 */
static void request_answers_are_limited(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.challenge_ack_ms = 60000;
	bring_to(t, IN_REQUEST);
	inject(t, "SYN seq R+1000 mss 1460");
	expect(t, "ACK seq 101 ack R");
	for (int i = 0; i < 2; i++) {
		inject(t, "SYN seq R+1000 mss 1460");
		inject(t, "RST seq R+1");
		inject(t, "ACK seq R+100000 ack S");
	}
	counted(t, CHALLENGE_ACKS, 1);
	counted(t, CHALLENGES_LIMITED, 6);
	inject(t, "SYN seq 1000 mss 1460");
	counted(t, CHALLENGES_LIMITED, 7);
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack R mss 1460");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_ESTABLISHED);
}

/* While a SYN,ACK is on its way down filters can tell whose it is.  But nobody's send buffer
 * has it: a flood of them would fill that of the one listener.
 */
static void syn_ack_has_an_owner(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sk_buff *skb;
	struct sock *sk;

	bring_to(t, IN_LISTEN);
	sk = t->listener->sk;
	t->nic->hold = true;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	skb = skb_peek(&t->nic->held);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_PTR_EQ(test, sk, skb->sk);
	KUNIT_EXPECT_EQ(test, 0, sk_wmem_alloc_get(sk));
	t->nic->hold = false;
	nic_release_held(t->nic);
}

/* An established connection with eight full segments in flight, and @more bytes
 * that the congestion window holds back.  Then the timer fires.
 */
static void eight_time_out(struct conv *t, u32 more)
{
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 200000));
	set_cwnd(t, 8 * MSS);
	returns(t, 8 * MSS, user_send(t, 8 * MSS));
	for (int i = 0; i < 8; i++)
		expect(t, "%s seq U+%dm ack R len m", i == 7 ? "PSH|ACK" : "ACK", i);
	if (more)
		returns(t, more, user_send(t, more));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
}

/* recovery.c marks what is lost, output.c sends it again: what was acknowledged
 * meanwhile is not lost, and leaves room for the rest.
 */
static void acked_is_not_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	eight_time_out(t, 0);
	/* two more had arrived */
	inject(t, "ACK seq R ack U+3m");
	cwnd_is(t, 4 * MSS);
	for (int i = 3; i < 7; i++)
		expect(t, "ACK seq 101+%dm ack R len m", i);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	flight_is(t, 0);
}

/* Lost data goes first: what is new waits until all of it has left. */
static void lost_goes_first(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.frto = 0;		/* it would send new data to see */
	eight_time_out(t, 4 * MSS);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq 101+m ack R len m");
	expect(t, "ACK seq 101+2m ack R len m");
	/* all the others had arrived */
	inject(t, "ACK seq R ack S");
	for (int i = 8; i < 12; i++)
		expect(t, "%s seq 101+%dm ack R len m", i == 11 ? "PSH|ACK" : "ACK", i);
}

/* Nor does a small segment slip through where a lost one has no room. */
static void small_waits_for_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.frto = 0;
	eight_time_out(t, 100);
	set_cwnd(t, MSS + 500);
	inject(t, "ACK seq R ack U+m");
	cwnd_is(t, 2 * MSS + 500);
	expect(t, "ACK seq 101+m ack R len m");
	expect(t, "ACK seq 101+2m ack R len m");
	inject(t, "ACK seq R ack S");
	expect(t, "PSH|ACK seq 101+8m ack R len 100");
}

static struct kunit_case seams_cases[] = {
	KUNIT_CASE(acked_is_not_lost),
	KUNIT_CASE(lost_goes_first),
	KUNIT_CASE(small_waits_for_lost),
	KUNIT_CASE(request_answers_are_limited),
	KUNIT_CASE(syn_ack_has_an_owner),
	{}
};

struct kunit_suite seams_suite = {
	.name = "wire_seams",
	.init = conv_init_no_sack,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = seams_cases,
};

/* A partial ACK shows one segment lost: that one goes again, though the window has
 * room for more, and the packet that it was part of could fill it.
 */
static void no_more_than_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 200000));
	returns(t, 10 * MSS, user_send(t, 10 * MSS));
	expect(t, "PSH|ACK seq U ack R len 10m gso m");
	for (int i = 0; i < 3; i++)
		inject(t, "ACK seq R ack U");
	expect(t, "ACK seq U ack R len m gso 0");
	for (int i = 0; i < 5; i++)
		inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U+2m");
	phase_is(t, RECOVERY);
	set_cwnd(t, 20 * MSS);
	expect(t, "ACK seq 101+2m ack R len m gso 0");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
}

/* Of a packet that the NIC has cut, a part may be acknowledged: as in acked_is_not_lost(),
 * that part is lost no more (RFC 6298, 5.4).
 */
static void acked_part_is_not_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 200000));
	set_cwnd(t, 8 * MSS);
	returns(t, 8 * MSS, user_send(t, 8 * MSS));
	expect(t, "PSH|ACK seq U ack R len 8m gso m");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m gso 0");
	lost_is(t, 7 * MSS);
	inject(t, "ACK seq R ack U+3m");
	cwnd_is(t, 4 * MSS);
	expect(t, "ACK seq 101+3m ack R len 4m gso m");
	lost_is(t, MSS);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	flight_is(t, 0);
}

static struct kunit_case seams_gso_cases[] = {
	KUNIT_CASE(acked_part_is_not_lost),
	KUNIT_CASE(no_more_than_lost),
	{}
};

struct kunit_suite seams_gso_suite = {
	.name = "wire_seams_gso",
	.init = conv_init_gso_no_sack,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = seams_gso_cases,
};
