// SPDX-License-Identifier: GPL-2.0
/*
 * Memory is short: each step here is taken once for every allocation that it makes, and
 * that allocation fails.  Then peer and user go on as usual, and all must come out
 * right.
 *
 * Only allocations that must not wait fail: those with GFP_ATOMIC, for arriving
 * segments and for the user's sockets.
 */
#include <linux/icmp.h>
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

#define MOST_FAULTS	40	/* no step has as many allocations */

/**
 * struct step - what happens while memory is short
 * @name: for people
 * @place: it happens to a connection in this state
 * @before: what happened before, or NULL
 * @take: it happens
 * @after: what the peer and the user do then, and what they find
 * @for_route: only a route needs memory there, which IPv4 makes for what comes in
 */
struct step {
	const char	*name;
	enum place	place;
	void		(*before)(struct conv *t);
	void		(*take)(struct conv *t);
	void		(*after)(struct conv *t);
	bool		for_route;
};

static int took;	/* what the user's call returned */

/* The peer sends a segment, and has not seen what xtcp sent before. */
static void crosses(struct conv *t, const char *words)
{
	conv_look(t);
	conv_raw(t, t->packet, conv_build(t, t->packet, words));
}

/* The peer takes what comes in order, up to @end, and nothing else.  If nothing
 * comes, the timer fires.
 */
static void peer_takes(struct conv *t, u32 end)
{
	struct xtcp_segment seg;
	u32 len, got;

	conv_look(t);
	got = t->snd_una;
	for (int i = 0; i < 20 && t->snd_una != end; i++) {
		while (conv_next(t, &seg, &len)) {
			len += !!(seg.flags & XTCP_SYN) + !!(seg.flags & XTCP_FIN);
			if (seq_leq(seg.seq, got) && seq_gt(seg.seq + len, got))
				got = seg.seq + len;
		}
		if (got == t->snd_una)
			fire(t, XTCP_TIMER_RETRANSMIT);
		else
			inject(t, "ACK seq R ack %u", got);
		conv_look(t);
	}
	KUNIT_ASSERT_EQ(t->test, end, t->snd_una);
	pass_over(t);
}

/* The peer sends text at its stream's @seq; again, if xtcp had to drop it. */
static void text_comes(struct conv *t, u32 seq, u32 len)
{
	pass_over(t);
	conv_look(t);
	if (t->rcv_nxt == seq)
		inject(t, "PSH|ACK seq %u ack S len %u", seq, len);
	pass_over(t);
	fire_if_armed(t, XTCP_TIMER_DELACK);
	pass_over(t);
	conv_look(t);
	KUNIT_ASSERT_EQ(t->test, seq + len, t->rcv_nxt);
	returns(t, len, user_recv(t, 10000));
}

/* Both ways, and to the end. */
static void works(struct conv *t)
{
	state_is(t, TCP_ESTABLISHED);
	conv_look(t);
	pass_over(t);
	returns(t, 10, user_send(t, 10));
	peer_takes(t, t->snd_nxt + 10);
	text_comes(t, t->rcv_nxt, 20);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	peer_takes(t, t->snd_nxt + 1);
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_TIME_WAIT);
}

/* ---- handshakes ---- */

static void syn_comes(struct conv *t)
{
	inject(t, "SYN seq 1000 mss 1460");
}

static void handshake_goes_on(struct conv *t)
{
	if (conv_state(t) == TCP_LISTEN)
		inject(t, "SYN seq 1000 mss 1460");
	state_is(t, TCP_SYN_RECV);
	if (skb_queue_empty(&t->nic->sent))
		fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "ACK seq R ack S");
	returns(t, 0, user_accept(t));
	works(t);
}

static void request_times_out(struct conv *t)
{
	fire_request(t);
}

static void completes(struct conv *t)
{
	inject(t, "ACK seq 1001 ack 101");
}

static void completed(struct conv *t)
{
	if (conv_state(t) == TCP_SYN_RECV)
		completes(t);
	returns(t, 0, user_accept(t));
	works(t);
}

static void completes_with_text(struct conv *t)
{
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
}

static void completed_with_text(struct conv *t)
{
	if (conv_state(t) == TCP_SYN_RECV)
		completes_with_text(t);
	pass_over(t);
	returns(t, 0, user_accept(t));
	text_comes(t, 1001, 10);
	works(t);
}

static void atomic_user(struct conv *t)
{
	t->sock->sk->sk_allocation = GFP_ATOMIC;
}

static void connects(struct conv *t)
{
	took = user_connect(t);
}

static void peer_answers(struct conv *t)
{
	inject(t, "SYN|ACK seq 1000 ack %u mss 1460", t->iss + 1);
}

static void answered(struct conv *t)
{
	if (conv_state(t) == TCP_SYN_SENT)
		peer_answers(t);
	/* its ACK may be missing: the peer asks again */
	pass_over(t);
	peer_answers(t);
	expect(t, "ACK seq %u ack 1001", t->iss + 1);
	returns(t, 0, user_connect(t));
	works(t);
}

/* The connection that failed has left nothing to this one. */
static void connects_again(struct conv *t)
{
	t->iss = 5000;
	t->xn->isn = t->iss;
	returns(t, -EINPROGRESS, user_connect(t));
}

static void connected(struct conv *t)
{
	if (took != -EINPROGRESS) {
		KUNIT_EXPECT_TRUE_MSG(t->test, took == -ENOMEM || took == -ENOBUFS,
				      "connect() returned %d", took);
		connects_again(t);
	}
	if (skb_queue_empty(&t->nic->sent))
		fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq %u mss 1460", t->iss);
	answered(t);
}

static void unbound_user(struct conv *t)
{
	user_close(t);
	t->sock = user_socket(t);
	atomic_user(t);
}

static void connected_from_any_port(struct conv *t)
{
	if (took != -EINPROGRESS) {
		KUNIT_EXPECT_TRUE_MSG(t->test, took == -ENOMEM || took == -ENOBUFS ||
				      took == -EADDRNOTAVAIL,
				      "connect() returned %d", took);
		KUNIT_EXPECT_EQ(t->test, 0, inet_sk(t->sock->sk)->inet_num);
		connects_again(t);
	}
	t->tuple.lport = inet_sk(t->sock->sk)->inet_num;
	if (skb_queue_empty(&t->nic->sent))
		fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq %u mss 1460", t->iss);
	answered(t);
}

static void peer_opens_too(struct conv *t)
{
	inject(t, "SYN seq 1000 mss 1460");
}

static void opened_by_both(struct conv *t)
{
	if (conv_state(t) == TCP_SYN_SENT)
		peer_opens_too(t);
	state_is(t, TCP_SYN_RECV);
	if (skb_queue_empty(&t->nic->sent))
		fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_connect(t));
	works(t);
}

static void binds(struct conv *t)
{
	took = user_bind(t, user_socket(t), HERE_ADDR, HERE_PORT + 1);
}

static void bound(struct conv *t)
{
	/* without memory the kernel's TCP says that it has the port */
	if (took && t->tuple.wire == IPPROTO_TCP && took != -ENOMEM)
		returns(t, -EADDRINUSE, took);
	else if (took)
		returns(t, -ENOMEM, took);
	else	/* it has the port: nobody else may */
		t->tuple.lport++;
	returns(t, took ? 0 : -EADDRINUSE,
		user_bind(t, user_socket(t), HERE_ADDR, HERE_PORT + 1));
}

static void unbound_listener(struct conv *t)
{
	t->listener = user_socket(t);
	user_names_version(t, t->listener);
}

static void listens_anywhere(struct conv *t)
{
	took = kernel_listen(t->listener, 8);
}

static void listening(struct conv *t)
{
	if (took) {
		returns(t, -ENOMEM, took);
		state_is(t, TCP_CLOSE);
		returns(t, 0, kernel_listen(t->listener, 8));
	}
	t->tuple.lport = inet_sk(t->listener->sk)->inet_num;
	handshake_goes_on(t);
}

/* ---- data ---- */

static void user_sends(struct conv *t)
{
	took = user_send(t, 3000);
}

static void users_data_goes(struct conv *t)
{
	if (took < 0) {
		returns(t, -EAGAIN, took);
		took = 0;
	}
	if (took < 3000)
		took += user_send(t, 3000 - took);
	KUNIT_ASSERT_EQ(t->test, 3000, took);
	peer_takes(t, 3101);
	works(t);
}

static void data_in_flight(struct conv *t)
{
	returns(t, 4380, user_send(t, 4380));
	pass_over(t);
}

/* The NIC has not freed what it was given, and the peer has taken part of it. */
static void part_in_flight(struct conv *t)
{
	t->nic->hold = true;
	data_in_flight(t);
	inject(t, "ACK seq R ack 701");
	pass_over(t);
}

static void retransmits(struct conv *t)
{
	fire(t, XTCP_TIMER_RETRANSMIT);
}

static void data_is_taken(struct conv *t)
{
	peer_takes(t, 4481);
	t->nic->hold = false;
	nic_release_held(t->nic);
	works(t);
}

static void peer_lacks_the_first(struct conv *t)
{
	crosses(t, "ACK seq R ack 101");
	crosses(t, "ACK seq R ack 101");
}

static void window_is_closed(struct conv *t)
{
	inject(t, "ACK seq R ack S win 0");
	returns(t, 4380, user_send(t, 4380));
}

static void window_opens(struct conv *t)
{
	inject(t, "ACK seq R ack S win 2000");
}

static void window_is_open(struct conv *t)
{
	t->win = 60000;
	crosses(t, "ACK seq R ack U");
	data_is_taken(t);
}

static void text_arrives(struct conv *t)
{
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
}

static void text_is_read(struct conv *t)
{
	text_comes(t, 1001, 10);
	works(t);
}

/* All of it is lost but a piece in the middle. */
static void gap(struct conv *t)
{
	inject(t, "PSH|ACK seq 1011 ack 101 len 10");
}

static void gap_is_filled(struct conv *t)
{
	pass_over(t);
	gap(t);
	pass_over(t);
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
	pass_over(t);
	returns(t, 20, user_recv(t, 100));
	works(t);
}

static void text_waits(struct conv *t)
{
	set_quick_acks(t, 0);
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
}

static void delack_fires(struct conv *t)
{
	fire(t, XTCP_TIMER_DELACK);
}

static void acknowledged(struct conv *t)
{
	if (skb_queue_empty(&t->nic->sent))
		fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 1011");
	text_is_read(t);
}

static void path_narrows(struct conv *t)
{
	icmp(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
	     conv_ip_bytes(t) + XTCP_HEADER_BYTES + 1240, 101);
}

static void challenged(struct conv *t)
{
	inject(t, "RST seq R+1");
}

static void challenged_again(struct conv *t)
{
	pass_over(t);
	challenged(t);
	expect(t, "ACK seq S ack R");
	works(t);
}

static void is_kept_alive(struct conv *t)
{
	returns(t, 0, user_option(t, SOL_SOCKET, SO_KEEPALIVE, 1));
	returns(t, 0, user_option(t, SOL_TCP, TCP_KEEPIDLE, 10));
	time_passes(t, 10001);
}

static void keepalive_fires(struct conv *t)
{
	fire(t, XTCP_TIMER_KEEPALIVE);
}

static void probed_again(struct conv *t)
{
	pass_over(t);
	fire(t, XTCP_TIMER_KEEPALIVE);
	expect(t, "ACK seq S-1 ack R");
	works(t);
}

/* ---- the end ---- */

static void peer_closes(struct conv *t)
{
	inject(t, "FIN|ACK seq 1001 ack 101");
}

static void peer_has_closed(struct conv *t)
{
	if (conv_state(t) == TCP_ESTABLISHED)
		peer_closes(t);
	state_is(t, TCP_CLOSE_WAIT);
	pass_over(t);
	returns(t, 0, user_recv(t, 1));
	peer_closes(t);
	expect(t, "ACK seq 101 ack 1002");
}

static void last_fin_comes(struct conv *t)
{
	inject(t, "FIN|ACK seq 1001 ack 102");
}

/* Without memory for a TIME_WAIT the 4-tuple is free at once. */
static void both_have_closed(struct conv *t)
{
	if (conv_state(t) == TCP_FIN_WAIT2)
		last_fin_comes(t);
	pass_over(t);
	if (conv_state(t) == TCP_TIME_WAIT) {
		counted(t, TIME_WAITS, 1);
		last_fin_comes(t);
		expect(t, "ACK seq 102 ack 1002");
	} else {
		counted(t, TIME_WAITS, 0);
		state_is(t, TCP_CLOSE);
		last_fin_comes(t);
		expect(t, "RST seq 102");
	}
	returns(t, 0, user_recv(t, 1));
}

static void user_closes(struct conv *t)
{
	user_close(t);
}

/* The connection ends in order, or, where there is no memory for the FIN, by a
 * RST.
 */
static void user_has_closed(struct conv *t)
{
	if (conv_state(t) == TCP_CLOSE) {
		counted(t, ABORT_MEMORY, 1);
		pass_over(t);
		return;
	}
	counted(t, ABORT_MEMORY, 0);
	state_is(t, TCP_FIN_WAIT1);
	conv_look(t);
	peer_takes(t, 102);
	state_is(t, TCP_FIN_WAIT2);
}

static void user_aborts(struct conv *t)
{
	user_abort(t);
}

static void aborted(struct conv *t)
{
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_LINGER, 1);
	pass_over(t);
}

static void comes_to_nobody(struct conv *t)
{
	inject(t, "ACK seq 1001 ack 101");
}

static void refused(struct conv *t)
{
	pass_over(t);
	comes_to_nobody(t);
	expect(t, "RST seq 101");
	state_is(t, TCP_CLOSE);
}

static const struct step steps[] = {
	{ "SYN", IN_LISTEN, NULL, syn_comes, handshake_goes_on },
	{ "SYN,ACK again", IN_REQUEST, NULL, request_times_out,
	  handshake_goes_on },
	{ "last ACK of a handshake", IN_REQUEST, NULL, completes, completed },
	{ "last ACK with text", IN_REQUEST, NULL, completes_with_text,
	  completed_with_text },
	{ "connect", IN_CLOSED, atomic_user, connects, connected },
	{ "connect, any port", IN_CLOSED, unbound_user, connects,
	  connected_from_any_port },
	{ "SYN,ACK", IN_SYN_SENT, NULL, peer_answers, answered },
	{ "SYN of both", IN_SYN_SENT, NULL, peer_opens_too, opened_by_both,
	  .for_route = true },
	{ "bind", IN_CLOSED, NULL, binds, bound },
	{ "listen", IN_CLOSED, unbound_listener, listens_anywhere, listening },
	{ "send", IN_ESTABLISHED, atomic_user, user_sends, users_data_goes },
	{ "retransmission", IN_ESTABLISHED, data_in_flight, retransmits,
	  data_is_taken },
	{ "retransmission of a part", IN_ESTABLISHED, part_in_flight,
	  retransmits, data_is_taken },
	{ "fast retransmit", IN_ESTABLISHED, data_in_flight,
	  peer_lacks_the_first, data_is_taken },
	{ "window probe", IN_ESTABLISHED, window_is_closed, retransmits,
	  window_is_open },
	{ "window opens", IN_ESTABLISHED, window_is_closed, window_opens,
	  window_is_open },
	{ "narrow path", IN_ESTABLISHED, data_in_flight, path_narrows,
	  data_is_taken },
	{ "text", IN_ESTABLISHED, NULL, text_arrives, text_is_read },
	{ "gap", IN_ESTABLISHED, NULL, gap, gap_is_filled },
	{ "delayed ACK", IN_ESTABLISHED, text_waits, delack_fires,
	  acknowledged },
	{ "challenge", IN_ESTABLISHED, NULL, challenged, challenged_again },
	{ "keep-alive", IN_ESTABLISHED, is_kept_alive, keepalive_fires,
	  probed_again },
	{ "peer's FIN", IN_ESTABLISHED, NULL, peer_closes, peer_has_closed },
	{ "last FIN", IN_FIN_WAIT_2, NULL, last_fin_comes, both_have_closed },
	{ "FIN in TIME_WAIT", IN_TIME_WAIT, NULL, last_fin_comes,
	  both_have_closed },
	{ "close", IN_ESTABLISHED, atomic_user, user_closes, user_has_closed },
	{ "abort", IN_ESTABLISHED, NULL, user_aborts, aborted },
	{ "to nobody", IN_CLOSED, NULL, comes_to_nobody, refused },
};

/* A step, and which of its allocations fails. */
static struct fault {
	const struct step	*step;
	unsigned int		nth;
	bool			reached;	/* there was such an allocation */
} fault;

/* Again and again, until the step has no further allocation; then the next. */
static const void *fault_gen_params(const void *prev, char *desc)
{
	if (!prev)
		fault = (struct fault) { .step = steps };
	else if (!fault.reached || fault.nth == MOST_FAULTS)
		fault = (struct fault) { .step = fault.step + 1 };
	if (fault.step == steps + ARRAY_SIZE(steps))
		return NULL;
	fault.nth++;
	fault.reached = false;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: allocation %u",
		 fault.step->name, fault.nth);
	return &fault;
}

static void no_memory(struct kunit *test)
{
	const struct step *step = fault.step;
	struct conv *t = conv_of(test);

	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "no CONFIG_FAILSLAB");
	KUNIT_ASSERT_LT(test, fault.nth, MOST_FAULTS);
	if (step->take == peer_lacks_the_first)
		without_sack(t);
	bring_to(t, step->place);
	if (step->before)
		step->before(t);
	t->nic->direct = true;
	t->nic->used_up = true;		/* the next case allocates its routes as well */
	fail_nth(fault.nth);
	step->take(t);
	fault.reached = !fail_nth(0);
	t->nic->direct = false;
	conv_freeze(t);
	/* IPv6's routes are each processor's own: this one may have it already */
	if (fault.nth == 1 && !(t->ip6 && step->for_route))
		KUNIT_EXPECT_TRUE_MSG(test, fault.reached, "no allocation");
	step->after(t);
}

static struct kunit_case faults_cases[] = {
	KUNIT_CASE_PARAM(no_memory, fault_gen_params),
	{}
};

struct kunit_suite faults_suite = {
	.name = "wire_faults",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = faults_cases,
};
