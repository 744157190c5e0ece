// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors: RFC 9293, 3.9.2.2; RFC 5927.  The path's MTU: wire_pmtu_test.c.
 */
#include <linux/icmp.h>
#include "conv.h"
#include "suites.h"

/* ---- what each error means ---- */

/* The least and the most that RFC 4443, 2.1, leaves to experiments */
#define ICMPV6_UNKNOWN_ERROR	100
#define ICMPV6_UNKNOWN_NEWS	255

/* In each version one error; two that share a row often say the same. */
struct meaning {
	struct said {
		u8	type;
		u8	code;
		int	err;		/* 0: nothing */
	} ip4, ip6;
	char	name[80];
};

#define MEANS(type4, code4, err4, type6, code6, err6) \
	{ { ICMP_##type4, code4, err4 }, { ICMPV6_##type6, code6, err6 }, \
	  #type4 " " #code4 ", " #type6 " " #code6 }

/* Of the errors only "fragmentation needed" and "packet too big" are missing: they are none.
 * RFC 4443, 2.4 (a): an error of unknown type is passed to the upper layer as well.
 */
static const struct meaning meanings[] = {
	MEANS(DEST_UNREACH, ICMP_NET_UNREACH, ENETUNREACH,
	      DEST_UNREACH, ICMPV6_NOROUTE, ENETUNREACH),
	MEANS(DEST_UNREACH, ICMP_HOST_UNREACH, EHOSTUNREACH,
	      DEST_UNREACH, ICMPV6_ADDR_UNREACH, EHOSTUNREACH),
	MEANS(DEST_UNREACH, ICMP_PROT_UNREACH, ENOPROTOOPT, PARAMPROB, ICMPV6_UNK_NEXTHDR, EPROTO),
	MEANS(DEST_UNREACH, ICMP_PORT_UNREACH, ECONNREFUSED,
	      DEST_UNREACH, ICMPV6_PORT_UNREACH, ECONNREFUSED),
	MEANS(DEST_UNREACH, ICMP_SR_FAILED, EOPNOTSUPP, DEST_UNREACH, ICMPV6_POLICY_FAIL, EACCES),
	MEANS(DEST_UNREACH, ICMP_NET_UNKNOWN, ENETUNREACH,
	      DEST_UNREACH, ICMPV6_NOROUTE, ENETUNREACH),
	MEANS(DEST_UNREACH, ICMP_HOST_UNKNOWN, EHOSTDOWN,
	      DEST_UNREACH, ICMPV6_ADDR_UNREACH, EHOSTUNREACH),
	MEANS(DEST_UNREACH, ICMP_HOST_ISOLATED, ENONET,
	      DEST_UNREACH, ICMPV6_NOT_NEIGHBOUR, EHOSTUNREACH),
	MEANS(DEST_UNREACH, ICMP_NET_ANO, ENETUNREACH, DEST_UNREACH, ICMPV6_ADM_PROHIBITED, EACCES),
	MEANS(DEST_UNREACH, ICMP_HOST_ANO, EHOSTUNREACH,
	      DEST_UNREACH, ICMPV6_ADM_PROHIBITED, EACCES),
	MEANS(DEST_UNREACH, ICMP_NET_UNR_TOS, ENETUNREACH,
	      DEST_UNREACH, ICMPV6_NOROUTE, ENETUNREACH),
	MEANS(DEST_UNREACH, ICMP_HOST_UNR_TOS, EHOSTUNREACH,
	      DEST_UNREACH, ICMPV6_ADDR_UNREACH, EHOSTUNREACH),
	MEANS(DEST_UNREACH, ICMP_PKT_FILTERED, EHOSTUNREACH,
	      DEST_UNREACH, ICMPV6_REJECT_ROUTE, EACCES),
	MEANS(DEST_UNREACH, ICMP_PREC_VIOLATION, EHOSTUNREACH,
	      DEST_UNREACH, ICMPV6_REJECT_ROUTE + 1, EPROTO),
	MEANS(DEST_UNREACH, ICMP_PREC_CUTOFF, EHOSTUNREACH, DEST_UNREACH, 255, EPROTO),
	MEANS(DEST_UNREACH, NR_ICMP_UNREACH + 1, 0, PARAMPROB, ICMPV6_UNK_OPTION, EPROTO),
	MEANS(TIME_EXCEEDED, ICMP_EXC_TTL, EHOSTUNREACH,
	      TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, EHOSTUNREACH),
	/* IPv4 keeps it to itself */
	MEANS(TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0, TIME_EXCEED, ICMPV6_EXC_FRAGTIME, EHOSTUNREACH),
	MEANS(PARAMETERPROB, 0, EPROTO, PARAMPROB, ICMPV6_HDR_FIELD, EPROTO),
	MEANS(PARAMETERPROB, 1, EPROTO, PARAMPROB, 255, EPROTO),
	MEANS(SOURCE_QUENCH, 0, 0, UNKNOWN_ERROR, 0, EPROTO),
	MEANS(REDIRECT, ICMP_REDIR_HOST, 0, UNKNOWN_NEWS, 0, 0),
	MEANS(ECHOREPLY, 0, 0, ECHO_REPLY, 0, 0),
};

KUNIT_ARRAY_PARAM_DESC(meaning, meanings, name);

/* It comes about the segment with this number. */
static int comes(struct conv *t, const struct meaning *m, u32 seq)
{
	struct said said = t->ip6 ? m->ip6 : m->ip4;

	CONV_STEP(conv_icmp_exactly(t, said.type, said.code, 0, seq, 0, ICMP_QUOTE_BYTES(t)));
	return said.err;
}

/* A user who waits for connect() is told at once: MUST-54, MUST-55, MUST-47 */
static void means_while_opening(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int err;

	bring_to(t, IN_SYN_SENT);
	err = comes(t, test->param_value, t->iss);
	counted(t, ICMP_ERRORS, !!err);
	if (err) {
		state_is(t, TCP_CLOSE);
		returns(t, -err, user_connect(t));
	} else {
		state_is(t, TCP_SYN_SENT);
		soft_error_is(t, 0);
	}
}

/* Later it is only a hint: MUST-56, SHLD-26 */
static void means_once_open(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int err;

	established(t);
	err = comes(t, test->param_value, t->iss + 1);
	counted(t, ICMP_ERRORS, !!err);
	counted(t, ICMP_IGNORED, 0);
	state_is(t, TCP_ESTABLISHED);
	soft_error_is(t, err);
	error_is(t, 0);
}

/* SHLD-25: with IP_RECVERR the user is told, and the connection goes on */
static void means_with_recverr(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int err;

	established(t);
	returns(t, 0, user_option(t, SOL_IP, IP_RECVERR, 1));
	err = comes(t, test->param_value, t->iss + 1);
	counted(t, ICMP_ERRORS, !!err);
	soft_error_is(t, 0);
	error_is(t, err);
	returns(t, err ? -err : -EAGAIN, user_recv(t, 1));
	/* once */
	returns(t, -EAGAIN, user_recv(t, 1));
	state_is(t, TCP_ESTABLISHED);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
}

/* MUST-54 */
static void refuses(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 100);
	state_is(t, TCP_CLOSE);
	returns(t, -ECONNREFUSED, user_connect(t));
	counted(t, ICMP_ERRORS, 1);
}

/* MUST-56: a hint, which the user gets when the connection is given up */
static void is_soft(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.retries2 = 1;
	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 101);
	state_is(t, TCP_ESTABLISHED);
	returns(t, -EAGAIN, user_recv(t, 1));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK len 10");
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
	returns(t, -EHOSTUNREACH, user_recv(t, 1));
	counted(t, ICMP_ERRORS, 1);
}

static void hint_forgotten(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.retries2 = 1;
	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	icmp(t, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0, 101);
	inject(t, "ACK seq R ack S");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK len 10");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK len 10");
	fire(t, XTCP_TIMER_RETRANSMIT);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
}

/* MUST-56, MUST-54, SHLD-25: soft errors never end an open connection; the user is
 * told when it is given up, or asks.  SHLD-26: nor do hard ones (RFC 5927, 5.2).
 */
static void ends_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int n = 0;

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	for (int i = 0; i < ARRAY_SIZE(meanings); i++) {
		int err = comes(t, &meanings[i], 101);

		if (!err)
			continue;
		state_is(t, TCP_ESTABLISHED);
		returns(t, -EAGAIN, user_recv(t, 1));
		soft_error_is(t, err);
		counted(t, ICMP_ERRORS, ++n);
	}
	inject(t, "ACK seq R ack S");
	soft_error_is(t, 0);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 111 ack R len 10");
}

/* ---- which errors are heard ---- */

static void host_gone(struct conv *t, u32 seq)
{
	icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, seq);
}

/* RFC 5927, 4.1: SND.UNA =< SEG.SEQ =< SND.NXT, as both move on */
static void in_flight_only(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 20, user_send(t, 20));
	expect(t, "PSH|ACK seq 101 ack R len 20");
	host_gone(t, 100);
	host_gone(t, 122);
	host_gone(t, 100 + 0x80000000);
	counted(t, ICMP_IGNORED, 3);
	counted(t, ICMP_ERRORS, 0);
	soft_error_is(t, 0);
	host_gone(t, 101);
	host_gone(t, 110);
	host_gone(t, 121);
	counted(t, ICMP_ERRORS, 3);
	soft_error_is(t, EHOSTUNREACH);
	inject(t, "ACK seq R ack 111");
	soft_error_is(t, 0);
	host_gone(t, 110);
	counted(t, ICMP_IGNORED, 4);
	soft_error_is(t, 0);
	host_gone(t, 111);
	counted(t, ICMP_ERRORS, 4);
	soft_error_is(t, EHOSTUNREACH);
}

/* Only the destination ends a request, and only by an error about our SYN,ACK. */
static void request_is_checked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	host_gone(t, t->iss - 1);
	host_gone(t, t->iss + 1);
	icmp(t, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0, t->iss);
	icmp(t, ICMP_PARAMETERPROB, 0, 0, t->iss);
	icmp(t, ICMP_SOURCE_QUENCH, 0, 0, t->iss);
	icmp(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000, t->iss);
	state_is(t, TCP_SYN_RECV);
	counted(t, ATTEMPT_FAILS, 0);
	host_gone(t, t->iss);
	state_is(t, TCP_LISTEN);
	counted(t, ATTEMPT_FAILS, 1);
	/* nobody is told: the listener goes on */
	error_is(t, 0);
	soft_error_is(t, 0);
}

/* The listener's user holds up no error either. */
static void request_of_a_busy_listener(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	lock_sock(t->listener->sk);
	host_gone(t, t->iss);
	state_is(t, TCP_LISTEN);
	release_sock(t->listener->sk);
	counted(t, ATTEMPT_FAILS, 1);
}

/* Both have closed: there is nobody to be told. */
static void in_time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	host_gone(t, t->iss + 2);
	icmp(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000, t->iss + 2);
	state_is(t, TCP_TIME_WAIT);
	counted(t, ICMP_IGNORED, 2);
	counted(t, ICMP_ERRORS, 0);
}

static void to_a_listener(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	bring_to(t, IN_LISTEN);
	host_gone(t, t->iss);
	state_is(t, TCP_LISTEN);
	counted(t, ICMP_IGNORED, 1);
	counted(t, ICMP_ERRORS, 0);
	error_is(t, 0);
	soft_error_is(t, 0);
}

/* Each part of the 4-tuple counts, and the protocol. */
static void of_another_connection(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_tuple tuple;

	over_native(t);
	tuple = t->tuple;
	bring_to(t, IN_SYN_SENT);
	t->tuple.lport++;
	host_gone(t, 100);
	t->tuple = tuple;
	t->tuple.rport++;
	host_gone(t, 100);
	t->tuple = tuple;
	t->tuple.raddr = conv_addr(t, THERE_ADDR + 1);
	host_gone(t, 100);
	counted(t, ICMP_IGNORED, 3);
	/* the kernel's TCP is asked, and has none */
	t->tuple = tuple;
	t->tuple.wire = IPPROTO_TCP;
	host_gone(t, 100);
	t->tuple = tuple;
	counted(t, ICMP_ERRORS, 0);
	state_is(t, TCP_SYN_SENT);
	host_gone(t, 100);
	state_is(t, TCP_CLOSE);
}

/* RFC 792: the IP header and eight bytes; less is not enough. */
static void truncated_quote(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	for (u32 bytes = 0; bytes < ICMP_QUOTE_BYTES(t); bytes++)
		CONV_STEP(conv_icmp_quoting(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH,
					    0, t->iss, 0, bytes));
	/* eight bytes, but of options or of an extension header */
	for (u32 bytes = 0; bytes < ICMP_QUOTE_BYTES(t) + 8; bytes++)
		CONV_STEP(conv_icmp_quoting(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH,
					    0, t->iss, 8, bytes));
	state_is(t, TCP_SYN_SENT);
	counted(t, ICMP_ERRORS, 0);
	counted(t, ICMP_IGNORED, 0);
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, t->iss);
	state_is(t, TCP_CLOSE);
}

/* On its way the datagram got options: the ports stand behind them. */
static void quote_with_options(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	CONV_STEP(conv_icmp_quoting(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0,
				    t->iss, 40, ICMP_QUOTE_BYTES(t) + 40));
	state_is(t, TCP_CLOSE);
	counted(t, ICMP_ERRORS, 1);
}

/* While the user holds the socket nothing ends, not even an attempt to open: the
 * error is kept for when that fails.
 */
static void refuses_a_busy_user(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said;

	t->xn->sysctl.syn_retries = 1;
	bring_to(t, IN_SYN_SENT);
	lock_sock(t->sock->sk);
	said = conv_icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, t->iss);
	release_sock(t->sock->sk);
	CONV_STEP(said);
	state_is(t, TCP_SYN_SENT);
	counted(t, ICMP_ERRORS, 1);
	error_is(t, 0);
	soft_error_is(t, ECONNREFUSED);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
	returns(t, -ECONNREFUSED, user_connect(t));
}

/* A user who has asked to be told is not interrupted. */
static void recverr_of_a_busy_user(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said;

	established(t);
	returns(t, 0, user_option(t, SOL_IP, IP_RECVERR, 1));
	lock_sock(t->sock->sk);
	said = conv_icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, t->iss + 1);
	release_sock(t->sock->sk);
	CONV_STEP(said);
	error_is(t, 0);
	soft_error_is(t, ECONNREFUSED);
	returns(t, -EAGAIN, user_recv(t, 1));
}

/* RFC 5927: what is not in flight cannot have met an error */
static void is_checked(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	bring_to(t, IN_SYN_SENT);
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 99);
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 102);
	state_is(t, TCP_SYN_SENT);
	counted(t, ICMP_IGNORED, 2);
	t->tuple.rport++;
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 100);
	counted(t, ICMP_IGNORED, 3);
	counted(t, ICMP_ERRORS, 0);
	/* MUST-55: a Source Quench means nothing */
	t->tuple.rport--;
	icmp(t, ICMP_SOURCE_QUENCH, 0, 0, 100);
	state_is(t, TCP_SYN_SENT);
	counted(t, ICMP_ERRORS, 0);
}

/* RFC 5082, 3: what comes from farther away than the user allows.  Who writes errors may be
 * anywhere, but cannot write a TTL that is out of his reach into what he quotes, as Linux
 * thinks of IPv4; of IPv6 it asks where he is.
 */
static void from_afar(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int hops = t->ip6 ? 64 : 1;

	established(t);
	returns(t, 0, user_option(t, SOL_IP, IP_MINTTL, hops + 1));
	CONV_STEP(conv_icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 101));
	counted(t, ICMP_ERRORS, 0);
	counted(t, ICMP_IGNORED, 1);
	returns(t, 0, user_option(t, SOL_IP, IP_MINTTL, hops));
	CONV_STEP(conv_icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 101));
	counted(t, ICMP_ERRORS, 1);
	soft_error_is(t, EHOSTUNREACH);
}

static struct kunit_case icmp_cases[] = {
	KUNIT_CASE(from_afar),
	KUNIT_CASE_PARAM(means_while_opening, meaning_gen_params),
	KUNIT_CASE_PARAM(means_once_open, meaning_gen_params),
	KUNIT_CASE_PARAM(means_with_recverr, meaning_gen_params),
	KUNIT_CASE(refuses),
	KUNIT_CASE(is_soft),
	KUNIT_CASE(hint_forgotten),
	KUNIT_CASE(ends_nothing),
	KUNIT_CASE(is_checked),
	KUNIT_CASE(in_flight_only),
	KUNIT_CASE(request_is_checked),
	KUNIT_CASE(request_of_a_busy_listener),
	KUNIT_CASE(in_time_wait),
	KUNIT_CASE(to_a_listener),
	KUNIT_CASE(of_another_connection),
	KUNIT_CASE(truncated_quote),
	KUNIT_CASE(quote_with_options),
	KUNIT_CASE(refuses_a_busy_user),
	KUNIT_CASE(recverr_of_a_busy_user),
	{}
};

struct kunit_suite icmp_suite = {
	.name = "wire_icmp",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = icmp_cases,
};
