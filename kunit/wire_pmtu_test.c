// SPDX-License-Identifier: GPL-2.0
/*
 * The path's MTU, as routers tell it: RFC 1191, RFC 8201.
 */
#include <linux/icmp.h>
#include "conv.h"
#include "suites.h"

/* A full segment is on its way. */
static void segment_in_flight(struct conv *t)
{
	established(t);
	returns(t, MSS, user_send(t, MSS));
	expect(t, "PSH|ACK seq 101 ack R len m");
}

/* The MTU of a path that takes segments of as many bytes.  In all that follows it is one
 * that IPv6 may have: 1,280 bytes or more.
 */
static u32 mtu_for(struct conv *t, u32 mss)
{
	return conv_ip_bytes(t) + XTCP_HEADER_BYTES + mss;
}

/* A router says so, of the segment with this number. */
static const char *path_takes(struct conv *t, u32 mss, u32 seq)
{
	return conv_icmp(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu_for(t, mss), seq);
}

static void frag_needed_for(struct conv *t, u32 mss)
{
	CONV_STEP(path_takes(t, mss, 101));
}

static void frag_needed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	established(t);
	returns(t, 1460, user_send(t, 1460));
	expect(t, "PSH|ACK seq 101 ack R len 1460");
	frag_needed_for(t, 1240);
	mss_is(t, 1240);
	expect(t, "ACK seq 101 ack R len 1240");
	expect(t, "PSH|ACK seq 1341 ack R len 220");
	state_is(t, TCP_ESTABLISHED);
}

static void frag_needed_old(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 1460, user_send(t, 1460));
	expect(t, "PSH|ACK seq 101 ack R len 1460");
	CONV_STEP(path_takes(t, 1240, 5000000));
	mss_is(t, 1460);
}

/* The router is heard even while the user holds the socket. */
static void frag_needed_waits(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said;
	struct sock *sk;

	with_options(t, 0);	/* it counts bytes */
	established(t);
	returns(t, 1460, user_send(t, 1460));
	expect(t, "PSH|ACK seq 101 ack R len 1460");
	sk = t->sock->sk;
	lock_sock(sk);
	said = path_takes(t, 1240, 101);
	release_sock(sk);
	conv_freeze(t);
	CONV_STEP(said);
	mss_is(t, 1240);
	expect(t, "ACK seq 101 ack R len 1240");
	expect(t, "PSH|ACK seq 1341 ack R len 220");
}

/* It is not an error: nobody is told, not even with IP_RECVERR. */
static void frag_needed_is_no_error(struct kunit *test)
{
	struct conv *t = conv_of(test);

	segment_in_flight(t);
	returns(t, 0, user_option(t, SOL_IP, IP_RECVERR, 1));
	frag_needed_for(t, 1240);
	pass_over(t);
	counted(t, ICMP_ERRORS, 0);
	counted(t, ICMP_IGNORED, 0);
	error_is(t, 0);
	soft_error_is(t, 0);
	returns(t, -EAGAIN, user_recv(t, 1));
}

/* The path still takes what it took before: nothing goes again. */
static void frag_needed_for_no_less(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	segment_in_flight(t);
	frag_needed_for(t, MSS);
	frag_needed_for(t, MSS + 1);
	frag_needed_for(t, 65000);
	mss_is(t, MSS);
	/* once it is less, more is not believed, and less still is */
	frag_needed_for(t, 1240);
	expect(t, "ACK seq 101 ack R len 1240");
	expect(t, "PSH|ACK seq 1341 ack R len 220");
	frag_needed_for(t, 1240);
	frag_needed_for(t, 1400);
	mss_is(t, 1240);
	frag_needed_for(t, 1220);
	mss_is(t, 1220);
	expect(t, "ACK seq 101 ack R len 1220");
	expect(t, "PSH|ACK seq 1321 ack R len 240");
}

/* Less than any path has, or nothing, as routers older than RFC 1191 say: then the
 * least that IPv4 believes counts, min_pmtu, 552.
 */
static void frag_needed_for_too_little(struct kunit *test)
{
	static const u32 mtus[] = { 551, 68, 1, 0 };
	struct conv *t = conv_of(test);

	over_ipv4(t);		/* to IPv6 that says nothing: wire_ipv6 */
	with_options(t, 0);	/* it counts bytes */
	for (int i = 0; i < ARRAY_SIZE(mtus); i++) {
		segment_in_flight(t);
		icmp(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtus[i], 101);
		mss_is(t, 512);
		expect(t, "ACK seq 101 ack R len 512");
		expect(t, "ACK seq 613 ack R len 512");
		expect(t, "PSH|ACK seq 1125 ack R len 436");
		user_abort(t);
		pass_over(t);
		/* another path */
		t->tuple.raddr = conv_addr(t, THERE_ADDR + 1 + i);
		t->written = 0;
	}
}

/* A busy user also hears a router that names no MTU. */
static void frag_needed_for_nothing_waits(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said;

	over_ipv4(t);		/* to IPv6 that says nothing: wire_ipv6 */
	with_options(t, 0);	/* it counts bytes */
	segment_in_flight(t);
	lock_sock(t->sock->sk);
	said = conv_icmp(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 0, 101);
	release_sock(t->sock->sk);
	conv_freeze(t);
	CONV_STEP(said);
	mss_is(t, 512);
	pass_over(t);
}

/* net.ipv4.ip_no_pmtu_disc: 2: no router is heard; 1: it is, but not what it can take */
static void frag_needed_unheard(struct kunit *test)
{
	u8 *sysctl = &init_net.ipv4.sysctl_ip_no_pmtu_disc, was = *sysctl;
	struct conv *t = conv_of(test);
	const char *said;
	u32 unheard;

	over_ipv4(t);
	with_options(t, 0);	/* it counts bytes */
	segment_in_flight(t);
	*sysctl = 2;
	said = path_takes(t, 1240, 101);
	unheard = conv_value(t, CONV_MSS);
	*sysctl = 1;
	said = said ?: path_takes(t, 1240, 101);
	*sysctl = was;
	CONV_STEP(said);
	KUNIT_EXPECT_EQ(test, MSS, unheard);
	mss_is(t, 512);
	pass_over(t);
}

/* If several came meanwhile, the last counts, if what it quotes is in flight. */
static void frag_needed_waits_twice(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said;

	with_options(t, 0);	/* it counts bytes */
	segment_in_flight(t);
	lock_sock(t->sock->sk);
	said = path_takes(t, 1400, 101);
	said = said ?: path_takes(t, 1240, 101);
	said = said ?: path_takes(t, 1220, 100);
	release_sock(t->sock->sk);
	conv_freeze(t);
	CONV_STEP(said);
	mss_is(t, 1240);
	counted(t, ICMP_IGNORED, 1);
	expect(t, "ACK seq 101 ack R len 1240");
	expect(t, "PSH|ACK seq 1341 ack R len 220");
}

/* Nothing is in flight: what follows is smaller. */
static void frag_needed_when_idle(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	established(t);
	frag_needed_for(t, 1240);
	mss_is(t, 1240);
	returns(t, MSS, user_send(t, MSS));
	expect(t, "ACK seq 101 ack R len 1240");
	expect(t, "PSH|ACK seq 1341 ack R len 220");
}

/* The SYN itself was short enough: it does not go again, and what follows is shorter. */
static void frag_needed_while_opening(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	bring_to(t, IN_SYN_SENT);
	CONV_STEP(path_takes(t, 1240, t->iss));
	state_is(t, TCP_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	mss_is(t, 1240);
}

/* IP_PMTUDISC_INTERFACE: the user trusts no router, and nothing goes again for one.
 * What IP has learned about the path holds for what follows, as in Linux's TCP.
 */
static void frag_needed_not_trusted(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	established(t);
	returns(t, 0, user_option(t, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE));
	returns(t, MSS, user_send(t, MSS));
	expect(t, "PSH|ACK seq 101 ack R len m");
	frag_needed_for(t, 1240);
	inject(t, "ACK seq R ack S");
	returns(t, MSS, user_send(t, MSS));
	expect(t, "ACK seq S ack R len 1240");
	expect(t, "PSH|ACK seq S+1240 ack R len 220");
}

static struct kunit_case pmtu_cases[] = {
	KUNIT_CASE(frag_needed),
	KUNIT_CASE(frag_needed_old),
	KUNIT_CASE(frag_needed_waits),
	KUNIT_CASE(frag_needed_unheard),
	KUNIT_CASE(frag_needed_waits_twice),
	KUNIT_CASE(frag_needed_is_no_error),
	KUNIT_CASE(frag_needed_for_no_less),
	KUNIT_CASE(frag_needed_for_too_little),
	KUNIT_CASE(frag_needed_for_nothing_waits),
	KUNIT_CASE(frag_needed_when_idle),
	KUNIT_CASE(frag_needed_while_opening),
	KUNIT_CASE(frag_needed_not_trusted),
	{ }
};

struct kunit_suite pmtu_suite = {
	.name = "wire_pmtu",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = pmtu_cases,
};
