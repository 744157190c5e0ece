// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies on the wire: RFC 4987, 3.6; net.xtcp.syncookies.
 */
#include "../module/engine/cookies.h"
#include "conv.h"
#include "suites.h"

/* The peer's SYN has been answered: S begins where the cookie says. */
static struct xtcp_segment cookie_comes(struct conv *t)
{
	struct xtcp_segment seg = next_segment(t);

	KUNIT_EXPECT_EQ(t->test, XTCP_SYN | XTCP_ACK, seg.flags);
	KUNIT_EXPECT_EQ(t->test, t->irs + 1, seg.ack);
	t->iss = seg.seq;
	return seg;
}

/* A listener that has room for one request, and that is another peer's. */
static void full_listener(struct conv *t)
{
	t->xn->sysctl.max_syn_backlog = 1;
	returns(t, 0, user_listen(t, 8));
	t->tuple.rport = 6000;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	state_is(t, TCP_SYN_RECV);
	t->tuple.rport = 6001;
}

static void ack_comes(struct conv *t)
{
	inject(t, "ACK seq 1001 ack %u", t->iss + 1);
}

static void open_by_cookie(struct conv *t)
{
	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	ack_comes(t);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

/* "the server ... not allocating any state": and all the same a connection comes of it. */
static void nothing_is_kept(struct kunit *test)
{
	struct conv *t = conv_of(test);

	full_listener(t);
	for (int i = 0; i < 3; i++) {
		inject(t, "SYN seq 1000 mss 1460");
		cookie_comes(t);
		state_is(t, TCP_LISTEN);
	}
	counted(t, REQUESTS, 1);
	counted(t, COOKIES_SENT, 3);
	counted(t, LISTEN_OVERFLOWS, 0);
	returns(t, -EAGAIN, user_accept(t));
	inject(t, "ACK seq 1001 ack %u win 9000", t->iss + 1);
	state_is(t, TCP_ESTABLISHED);
	counted(t, COOKIES_RECEIVED, 1);
	counted(t, COOKIES_FAILED, 0);
	counted(t, PASSIVE_OPENS, 1);
	returns(t, 0, user_accept(t));
	peer_window_is(t, 9000);
	srtt_is(t, 0);	/* when the SYN,ACK left is not known */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq %u ack 1001 len 10", t->iss + 1);
	inject(t, "PSH|ACK seq 1001 ack %u len 20", t->iss + 11);
	expect(t, "ACK seq %u ack 1021", t->iss + 11);
	returns(t, 20, user_recv(t, 100));
	counted(t, REQUESTS, 1);
}

/* Where the request's place is free again, there is no need for them. */
static void only_when_full(struct kunit *test)
{
	struct conv *t = conv_of(test);

	full_listener(t);
	t->tuple.rport = 6000;
	inject(t, "RST seq 1001");
	t->tuple.rport = 6001;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	state_is(t, TCP_SYN_RECV);
	counted(t, COOKIES_SENT, 0);
}

static void always(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.syncookies = 2;
	returns(t, 0, user_listen(t, 8));
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	state_is(t, TCP_LISTEN);
	ack_comes(t);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	counted(t, COOKIES_SENT, 1);
	counted(t, REQUESTS, 0);
}

static void never(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 iss;

	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	iss = cookie_comes(t).seq;
	t->xn->sysctl.syncookies = 0;
	inject(t, "SYN seq 1000 mss 1460");
	state_is(t, TCP_LISTEN);
	counted(t, COOKIES_SENT, 1);
	counted(t, LISTEN_OVERFLOWS, 1);
	inject(t, "ACK seq 1001 ack %u", iss + 1);
	expect(t, "RST seq %u", iss + 1);
	state_is(t, TCP_LISTEN);
	counted(t, COOKIES_RECEIVED, 0);
}

/* RFC 9293, 3.10.7.2: "Any acknowledgment is bad if it arrives on a connection still in
 * the LISTEN state", unless it answers a cookie to the last bit.
 */
static void guesses(struct kunit *test)
{
	struct conv *t = conv_of(test);

	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	for (int i = 0; i < 32; i++) {
		u32 guess = (t->iss + 1) ^ 1u << i;

		inject(t, "ACK seq 1001 ack %u", guess);
		expect(t, "RST seq %u", guess);
	}
	/* another SYN's, another peer's */
	inject(t, "ACK seq 1002 ack %u", t->iss + 1);
	expect(t, "RST seq %u", t->iss + 1);
	t->tuple.rport++;
	ack_comes(t);
	expect(t, "RST seq %u", t->iss + 1);
	t->tuple.rport--;
	counted(t, COOKIES_FAILED, 34);
	/* neither a SYN nor a RST completes a handshake */
	inject(t, "SYN|ACK seq 1000 ack %u mss 1460", t->iss + 1);
	expect(t, "RST seq %u", t->iss + 1);
	inject(t, "RST|ACK seq 1001 ack %u", t->iss + 1);
	inject(t, "FIN seq 1001");
	state_is(t, TCP_LISTEN);
	counted(t, COOKIES_FAILED, 34);
	counted(t, COOKIES_RECEIVED, 0);
	ack_comes(t);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

/* As long as no cookie is out, nobody gets to guess one. */
static void not_lately(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_listener *l;

	full_listener(t);
	inject(t, "ACK seq 1001 ack 5000");
	expect(t, "RST seq 5000");
	counted(t, COOKIES_FAILED, 0);
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	l = &xtcp_sk(t->listener->sk)->listener;
	l->cookies_s -= XTCP_COOKIE_SECONDS + 1;
	ack_comes(t);
	expect(t, "RST seq %u", t->iss + 1);
	state_is(t, TCP_LISTEN);
	counted(t, COOKIES_FAILED, 0);
	counted(t, COOKIES_RECEIVED, 0);
	l->cookies_s += 2;
	ack_comes(t);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

/* Window scale and SACK lie in the timestamp. */
static void options_by_timestamp(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;

	with_options(t, CONV_ALL_OPTIONS);
	t->wscale = 5;
	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	seg = cookie_comes(t);
	KUNIT_EXPECT_EQ(test, CONV_ALL_OPTIONS, seg.opt.present);
	KUNIT_EXPECT_EQ(test, CONV_RCV_WSCALE, seg.opt.wscale);
	KUNIT_EXPECT_EQ(test, t->tsval, seg.opt.tsecr);
	inject(t, "ACK seq 1001 ack %u win 300", t->iss + 1);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	peer_window_is(t, 300 << 5);
	/* the clock goes on from there */
	returns(t, 10, user_send(t, 10));
	KUNIT_EXPECT_LT(test, next_segment(t).opt.tsval - seg.opt.tsval, 60 * MSEC_PER_SEC);
	/* SACK, and RFC 7323's PAWS */
	inject(t, "ACK seq 2001 ack %u len 10", t->iss + 11);
	expect(t, "ACK seq %u ack 1001 sack 2001..2011", t->iss + 11);
	inject(t, "ACK seq 1001 ack %u len 10 ts %u ecr T", t->iss + 11, t->tsval - 1);
	pass_over(t);
	counted(t, PAWS, 1);
	received_is(t, 1001);
}

/* So does ECN, RFC 3168. */
static void ecn_by_timestamp(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, XTCP_OPT_TIMESTAMPS);
	full_listener(t);
	for (int ecn = 0; ecn < 2; ecn++) {
		struct xtcp_segment seg;

		inject(t, "%s seq 1000 mss 1460", ecn ? "SYN|ECE|CWR" : "SYN");
		seg = next_segment(t);
		KUNIT_EXPECT_EQ(test, XTCP_SYN | XTCP_ACK | (ecn ? XTCP_ECE : 0),
				(unsigned long)seg.flags);
		t->iss = seg.seq;
		ack_comes(t);
		returns(t, 0, user_accept(t));
		inject(t, "PSH|ACK seq 1001 ack %u len 10 ecn 3", t->iss + 1);
		expect(t, "%s seq %u ack 1011", ecn ? "ACK|ECE" : "ACK", t->iss + 1);
		returns(t, 10, user_send(t, 10));
		expect(t, "%s seq S ack 1011 len 10 ecn %d", ecn ? "PSH|ACK|ECE" : "PSH|ACK",
		       ecn ? 2 : 0);
		t->tuple.rport++;
		t->written = 0;
	}
	/* there is nowhere to write it, so it is not offered */
	with_options(t, 0);
	inject(t, "SYN|ECE|CWR seq 1000 mss 1460");
	cookie_comes(t);
	counted(t, COOKIES_SENT, 3);
}

/* What the peer did not offer it does not get, and what the sysctls do not. */
static void options_of_both(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;

	with_options(t, XTCP_OPT_TIMESTAMPS);
	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	seg = cookie_comes(t);
	KUNIT_EXPECT_EQ(test, XTCP_OPT_TIMESTAMPS, seg.opt.present);
	inject(t, "ACK seq 1001 ack %u win 300", t->iss + 1);
	returns(t, 0, user_accept(t));
	peer_window_is(t, 300);
	inject(t, "ACK seq 2001 ack %u len 10", t->iss + 1);
	seg = next_segment(t);
	KUNIT_EXPECT_EQ(test, XTCP_OPT_TIMESTAMPS, seg.opt.present);
	KUNIT_EXPECT_EQ(test, 0, seg.opt.sacks);
}

/* Without timestamps there is no place for options, so none are offered. */
static void no_timestamps_no_options(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;

	with_options(t, XTCP_OPT_SACK_PERMITTED | XTCP_OPT_WSCALE);
	t->wscale = 7;
	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	seg = cookie_comes(t);
	KUNIT_EXPECT_EQ(test, 0, seg.opt.present);
	inject(t, "ACK seq 1001 ack %u win 300", t->iss + 1);
	returns(t, 0, user_accept(t));
	peer_window_is(t, 300);
	mss_is(t, t->ip6 ? 1440 : 1460);	/* the largest that a cookie remembers */
}

/* What a sysctl takes back meanwhile, the SYN,ACK has promised: there is no such answer. */
static void promise_not_kept(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, CONV_ALL_OPTIONS);
	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	t->xn->sysctl.sack = 0;
	ack_comes(t);
	expect(t, "RST seq %u", t->iss + 1);
	t->xn->sysctl.sack = 1;
	t->xn->sysctl.window_scaling = 0;
	ack_comes(t);
	expect(t, "RST seq %u", t->iss + 1);
	t->xn->sysctl.window_scaling = 1;
	t->xn->sysctl.timestamps = 0;
	ack_comes(t);
	expect(t, "RST seq %u", t->iss + 1);
	state_is(t, TCP_LISTEN);
}

/* The same of ECN: the peer's packets would be marked, and nobody would tell it. */
static void promise_of_ecn(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, XTCP_OPT_TIMESTAMPS);
	full_listener(t);
	inject(t, "SYN|ECE|CWR seq 1000 mss 1460");
	t->iss = next_segment(t).seq;
	t->xn->sysctl.ecn = 0;
	ack_comes(t);
	expect(t, "RST seq %u", t->iss + 1);
	state_is(t, TCP_LISTEN);
	t->xn->sysctl.ecn = 2;
	ack_comes(t);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

/* RFC 9293, 3.7.1, MUST-16: never more than the peer takes. */
static void mss_of_peer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);
	full_listener(t);
	inject(t, "SYN seq 1000 mss 1400");
	cookie_comes(t);
	ack_comes(t);
	returns(t, 0, user_accept(t));
	mss_is(t, 1340);
	/* no table has so little: it has to wait for room */
	t->tuple.rport++;
	inject(t, "SYN seq 1000 mss 500");
	state_is(t, TCP_LISTEN);
	counted(t, COOKIES_SENT, 1);
	counted(t, LISTEN_OVERFLOWS, 1);
}

/* The ACK is lost: the data that follows it says the same. */
static void data_completes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	inject(t, "PSH|ACK seq 1001 ack %u len 10", t->iss + 1);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	returns(t, 10, user_recv(t, 100));
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq %u ack 1011", t->iss + 1);
}

static void fin_completes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	inject(t, "FIN|ACK seq 1001 ack %u", t->iss + 1);
	expect(t, "ACK seq %u ack 1002", t->iss + 1);
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 0, user_accept(t));
	returns(t, 0, user_recv(t, 1));
}

/* The ACK comes twice: it is the child's by then. */
static void twice(struct kunit *test)
{
	struct conv *t = conv_of(test);

	open_by_cookie(t);
	ack_comes(t);
	returns(t, -EAGAIN, user_accept(t));
	counted(t, COOKIES_RECEIVED, 1);
	counted(t, PASSIVE_OPENS, 1);
	/* and once it has ended, it is old */
	inject(t, "RST seq 1001");
	state_is(t, TCP_LISTEN);
}

/* A full accept queue is beyond help: neither SYN nor ACK is taken. */
static void accept_queue_full(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.syncookies = 2;
	returns(t, 0, user_listen(t, 0));
	t->tuple.rport = 6001;
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	t->tuple.rport = 6002;
	inject(t, "SYN seq 1000 mss 1460");
	inject(t, "ACK seq 1001 ack %u", cookie_comes(t).seq + 1);
	state_is(t, TCP_ESTABLISHED);
	t->tuple.rport = 6003;
	inject(t, "SYN seq 1000 mss 1460");
	counted(t, LISTEN_OVERFLOWS, 1);
	/* the ACK is not answered: data will bring it again */
	t->tuple.rport = 6002;
	returns(t, 0, user_accept(t));
	inject(t, "RST seq 1001");
	counted(t, COOKIES_SENT, 2);
}

/* There is room for the ACK's connection when it comes again. */
static void ack_finds_no_room(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 first;

	t->xn->sysctl.syncookies = 2;
	returns(t, 0, user_listen(t, 0));
	t->tuple.rport = 6001;
	inject(t, "SYN seq 1000 mss 1460");
	first = cookie_comes(t).seq;
	t->tuple.rport = 6002;
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	ack_comes(t);
	t->tuple.rport = 6001;
	inject(t, "ACK seq 1001 ack %u", first + 1);
	state_is(t, TCP_LISTEN);
	counted(t, LISTEN_OVERFLOWS, 1);
	t->xn->sysctl.abort_on_overflow = 1;
	inject(t, "ACK seq 1001 ack %u", first + 1);
	expect(t, "RST seq %u", first + 1);
	returns(t, 0, user_accept(t));
	t->iss = first;
	inject(t, "PSH|ACK seq 1001 ack %u len 5", first + 1);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	returns(t, 5, user_recv(t, 10));
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq %u ack 1006", first + 1);
}

/* A TIME_WAIT, and a listener on its port. */
static void wait_with_listener(struct conv *t)
{
	returns(t, 0, user_listen(t, 8));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_accept(t));
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	inject(t, "FIN|ACK seq 1001 ack 102");
	expect(t, "ACK seq 102 ack 1002");
	state_is(t, TCP_TIME_WAIT);
}

/* The peer ends the TIME_WAIT by another SYN, and gets a request. */
static void comes_anew(struct conv *t)
{
	t->irs = 2000;
	t->tsval++;
	t->iss = 102 + U16_MAX + 2;
	inject(t, "SYN seq 2000 mss 1460");
	expect(t, "SYN|ACK seq %u ack 2001", t->iss);
	state_is(t, TCP_SYN_RECV);
}

/* A SYN that ends a TIME_WAIT must begin beyond it, so it gets a request in any case. */
static void new_incarnation(struct kunit *test)
{
	struct conv *t = conv_of(test);

	wait_with_listener(t);
	t->xn->sysctl.syncookies = 2;
	comes_anew(t);
	counted(t, COOKIES_SENT, 0);
}

/* The listener has no room for requests, and may not send cookies. */
static void new_incarnation_when_full(struct kunit *test)
{
	struct conv *t = conv_of(test);

	wait_with_listener(t);
	t->xn->sysctl.max_syn_backlog = 0;
	t->xn->sysctl.syncookies = 0;
	comes_anew(t);
	counted(t, LISTEN_OVERFLOWS, 0);
	/* nobody else gets in */
	t->tuple.rport++;
	inject(t, "SYN seq 1000 mss 1460");
	counted(t, LISTEN_OVERFLOWS, 1);
}

/* The listener has gone, and its cookies with it. */
static void listener_gone(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	full_listener(t);
	inject(t, "SYN seq 1000 mss 1460");
	cookie_comes(t);
	user_close_socket(t, t->listener);
	ack_comes(t);
	expect(t, "RST seq %u", t->iss + 1);
	state_is(t, TCP_CLOSE);
	counted(t, NO_PORT, 1);
}

/* Half-open connections from ports of the peer's. */
static void open_half(struct conv *t, int rport, int n)
{
	for (t->tuple.rport = rport; n--; t->tuple.rport++) {
		inject(t, "SYN seq 1000 mss 1460");
		expect(t, "SYN|ACK seq 100 ack 1001");
	}
}

/* "last quarter of backlog" for hosts that have completed a handshake before, where there
 * are no cookies: Linux.
 */
static void last_quarter_for_the_proven(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct in6_addr proven = t->tuple.raddr;

	t->xn->sysctl.syncookies = 0;
	returns(t, 0, user_listen(t, 8));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_accept(t));

	t->tuple.raddr = conv_addr(t, THERE_ADDR + 1);
	open_half(t, 6000, 7);		/* of 9 */
	inject(t, "SYN seq 1000 mss 1460");
	state_is(t, TCP_LISTEN);
	counted(t, LISTEN_OVERFLOWS, 1);
	t->tuple.raddr = proven;
	open_half(t, 6100, 2);
	inject(t, "SYN seq 1000 mss 1460");
	state_is(t, TCP_LISTEN);
	counted(t, LISTEN_OVERFLOWS, 2);
	/* with cookies there is room for all of them */
	t->xn->sysctl.syncookies = 1;
	t->tuple.raddr = conv_addr(t, THERE_ADDR + 1);
	t->tuple.rport = 6006;
	inject(t, "RST seq 1001");
	t->tuple.rport = 6008;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	counted(t, COOKIES_SENT, 0);
}

/* Half of the room is for those that have just come: beyond it the others are asked less
 * often, as in Linux.
 */
static void half_for_the_young(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.syncookies = 0;
	returns(t, 0, user_listen(t, 8));
	open_half(t, 6000, 5);
	for (t->tuple.rport = 6000; t->tuple.rport < 6005; t->tuple.rport++) {
		fire_request(t);
		expect(t, "SYN|ACK seq 100 ack 1001");
	}
	t->tuple.rport = 6000;
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001");
	fire_request(t);
	state_is(t, TCP_LISTEN);
	counted(t, ATTEMPT_FAILS, 1);
	/* four are not too many */
	t->tuple.rport = 6001;
	for (int i = 1; i < t->xn->sysctl.synack_retries; i++) {
		fire_request(t);
		expect(t, "SYN|ACK seq 100 ack 1001");
	}
	fire_request(t);
	state_is(t, TCP_LISTEN);
	/* five, of which two have just come, are a little too many */
	open_half(t, 6005, 2);
	t->tuple.rport = 6002;
	for (int i = 1; i < t->xn->sysctl.synack_retries - 1; i++) {
		fire_request(t);
		expect(t, "SYN|ACK seq 100 ack 1001");
	}
	fire_request(t);
	state_is(t, TCP_LISTEN);
	counted(t, ATTEMPT_FAILS, 3);
}

static struct kunit_case wire_cookies_cases[] = {
	KUNIT_CASE(last_quarter_for_the_proven),
	KUNIT_CASE(half_for_the_young),
	KUNIT_CASE(nothing_is_kept),
	KUNIT_CASE(only_when_full),
	KUNIT_CASE(always),
	KUNIT_CASE(never),
	KUNIT_CASE(guesses),
	KUNIT_CASE(not_lately),
	KUNIT_CASE(options_by_timestamp),
	KUNIT_CASE(ecn_by_timestamp),
	KUNIT_CASE(options_of_both),
	KUNIT_CASE(no_timestamps_no_options),
	KUNIT_CASE(promise_not_kept),
	KUNIT_CASE(promise_of_ecn),
	KUNIT_CASE(mss_of_peer),
	KUNIT_CASE(data_completes),
	KUNIT_CASE(fin_completes),
	KUNIT_CASE(twice),
	KUNIT_CASE(accept_queue_full),
	KUNIT_CASE(ack_finds_no_room),
	KUNIT_CASE(new_incarnation),
	KUNIT_CASE(new_incarnation_when_full),
	KUNIT_CASE(listener_gone),
	{}
};

struct kunit_suite wire_cookies_suite = {
	.name = "wire_cookies",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = wire_cookies_cases,
};
