// SPDX-License-Identifier: GPL-2.0
/*
 * Opening a connection: RFC 9293, 3.5.
 */
#include "conv.h"
#include "suites.h"

/* MUST-14, SHLD-5, MAY-3 */
static void active_open(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, -EINPROGRESS, user_connect(t));
	/* a whole number of segments: half of the buffer, which a SYN can say */
	expect(t, "SYN seq 100 win %u mss 1460", 44 * (MSS + conv_unsaid_bytes(t)));
	state_is(t, TCP_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 win 8192 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_connect(t));
	peer_window_is(t, 8192);
	counted(t, ACTIVE_OPENS, 1);
	counted(t, CURR_ESTAB, 1);
	counted(t, SEGS_IN, 1);
	counted(t, SEGS_OUT, 2);
}

/* MUST-14, SHLD-5, MAY-3 */
static void passive_open(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 1));
	state_is(t, TCP_LISTEN);
	returns(t, -EAGAIN, user_accept(t));
	inject(t, "SYN seq 1000 win 8192 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	state_is(t, TCP_SYN_RECV);
	returns(t, -EAGAIN, user_accept(t));
	inject(t, "ACK seq 1001 ack 101 win 9000");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	returns(t, -EAGAIN, user_accept(t));
	peer_window_is(t, 9000);
	counted(t, PASSIVE_OPENS, 1);
	counted(t, REQUESTS, 1);
}

/* 3.5, figure 8 (MUST-10) */
static void simultaneous_open(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN seq 1000 mss 1000");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	state_is(t, TCP_SYN_RECV);
	returns(t, -EALREADY, user_connect(t));
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1000");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_connect(t));
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 1001 len 10");
	inject(t, "PSH|ACK seq 1001 ack 111 len 20");
	expect(t, "ACK seq 111 ack 1021");
	returns(t, 20, user_recv(t, 100));
	mss_is(t, 1000);
}

/* The user closes before the peer has acknowledged our SYN. */
static void closed_while_opening(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SIMULTANEOUS);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	state_is(t, TCP_FIN_WAIT1);
	inject(t, "ACK seq 1001 ack 101");
	state_is(t, TCP_FIN_WAIT1);
	inject(t, "ACK seq 1001 ack 102");
	state_is(t, TCP_FIN_WAIT2);
	inject(t, "FIN|ACK seq 1001 ack 102");
	expect(t, "ACK seq 102 ack 1002");
	state_is(t, TCP_TIME_WAIT);
}

static void refused(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "RST|ACK seq 0 ack 101");
	state_is(t, TCP_CLOSE);
	returns(t, -ECONNREFUSED, user_connect(t));
	/* the socket can try again */
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	counted(t, ATTEMPT_FAILS, 1);
}

/* An old connection of the peer's: 3.5.1, figure 9 */
static void half_open_peer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "ACK seq 5000 ack 3000");
	expect(t, "RST seq 3000");
	state_is(t, TCP_SYN_SENT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	state_is(t, TCP_ESTABLISHED);
}

static void syn_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* with timestamps it is measured: wire_timestamps */
	bring_to(t, IN_SYN_SENT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100 mss 1460");
	rto_is(t, 2000000u);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100 mss 1460");
	rto_is(t, 4000000u);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	/* RFC 6298, 5.7; RFC 5681, 3.1; Karn */
	rto_is(t, 3000000u);
	cwnd_is(t, 1460);
	srtt_is(t, 0);
	counted(t, RETRANS, 2);
	counted(t, TIMEOUTS, 2);
}

static void syn_given_up(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.syn_retries = 3;
	bring_to(t, IN_SYN_SENT);
	for (int i = 0; i < 3; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "SYN seq 100");
	}
	state_is(t, TCP_SYN_SENT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
	returns(t, -ETIMEDOUT, user_connect(t));
	counted(t, ABORT_TIMEOUT, 1);
	counted(t, ATTEMPT_FAILS, 1);
}

static void syn_retries_option(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_TCP, TCP_SYNCNT, 1));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100");
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
}

static void syn_ack_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_accept(t));
	state_is(t, TCP_ESTABLISHED);
	rto_is(t, 3000000u);
	cwnd_is(t, 1460);
	counted(t, RETRANS, 2);
	counted(t, REQUESTS, 1);
}

static void syn_ack_given_up(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.synack_retries = 2;
	bring_to(t, IN_REQUEST);
	for (int i = 0; i < 2; i++) {
		fire_request(t);
		expect(t, "SYN|ACK seq 100 ack 1001");
	}
	fire_request(t);
	state_is(t, TCP_LISTEN);
	/* too late */
	inject(t, "ACK seq 1001 ack 101");
	expect(t, "RST seq 101");
	counted(t, ATTEMPT_FAILS, 1);
	counted(t, LISTEN_DROPS, 1);
}

/* The SYN again means that our SYN,ACK was lost; another SYN in the window means
 * nothing good: RFC 5961, 4.  Neither hinders the handshake.
 */
static void syn_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	counted(t, RETRANS, 1);
	counted(t, DUPLICATES, 1);
	for (int i = 1; i < 4; i++) {
		inject(t, "SYN seq R+%d mss 1460", i * 1000);
		expect(t, "ACK seq 101 ack 1001");
	}
	/* outside of it as well: RFC 9293, 3.10.7.4, first */
	inject(t, "SYN seq R+100000 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	inject(t, "SYN seq R-2 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	counted(t, CHALLENGE_ACKS, 5);
	counted(t, REQUESTS, 1);
	state_is(t, TCP_SYN_RECV);
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	/* Karn: which of the SYN,ACKs it answers is not known */
	srtt_is(t, 0);
}

/* Whoever repeats a SYN, or the ghost of one, is not answered each time. */
static void syn_again_limited(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.challenge_ack_ms = 60000;
	bring_to(t, IN_REQUEST);
	t->due = 0;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	/* the timer waits as long as for the first answer */
	KUNIT_EXPECT_TRUE(test, time_in_range(t->due, jiffies + HZ / 4, jiffies + HZ));
	for (int i = 0; i < 3; i++)
		inject(t, "SYN seq 1000 mss 1460");
	inject(t, "SYN seq R+1000 mss 1460");	/* nor a challenge */
	counted(t, RETRANS, 1);
	counted(t, DUPLICATES, 4);
	counted(t, CHALLENGE_ACKS, 0);
	counted(t, CHALLENGES_LIMITED, 4);
	/* but by the timer */
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "ACK seq 1001 ack 101");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

/* All of that while the user has the listener, which holds up nothing. */
static void handshake_does_not_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	lock_sock(t->listener->sk);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "RST seq 1002");
	expect(t, "ACK seq 101 ack 1001");
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "ACK seq 1001 ack 101");
	state_is(t, TCP_ESTABLISHED);
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
	returns(t, 0, user_accept(t));
	release_sock(t->listener->sk);
	returns(t, 10, user_recv(t, 100));
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 1011");
}

/* Every SYN is offered what an empty buffer has room for, however many there are. */
static void window_of_many(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	t->listener->sk->sk_rcvbuf = 4096;
	t->listener->sk->sk_max_ack_backlog = 100;
	for (int i = 0; i < 15; i++) {
		t->tuple.rport++;
		inject(t, "SYN seq 1000");
		expect(t, "SYN|ACK seq 100 ack 1001 win 1460 mss 1460");
	}
}

/* The same for a RST. */
static void reset_does_not_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	lock_sock(t->listener->sk);
	inject(t, "RST seq 1001");
	state_is(t, TCP_LISTEN);
	release_sock(t->listener->sk);
	counted(t, ATTEMPT_FAILS, 1);
}

/* Only a RST that is next is obeyed, and only the others are dropped (MUST-11). */
static void reset_while_half_open(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	inject(t, "RST seq R+1");
	expect(t, "ACK seq S ack R");
	state_is(t, TCP_SYN_RECV);
	counted(t, OUT_OF_WINDOW, 1);
	inject(t, "RST seq R");
	state_is(t, TCP_LISTEN);
	counted(t, OUT_OF_WINDOW, 1);
	counted(t, ATTEMPT_FAILS, 1);
}

/* Text on a SYN is not taken: it comes again. */
static void text_on_syn(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 1));
	inject(t, "SYN seq 1000 mss 1460 len 10");
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
	returns(t, 0, user_accept(t));
	returns(t, 10, user_recv(t, 20));
	returns(t, -EAGAIN, user_recv(t, 20));
	expect(t, "ACK seq 101 ack 1011");
}

static void text_on_syn_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 len 10");
	expect(t, "ACK seq 101 ack 1001");
	inject(t, "PSH|ACK seq 1001 ack 101 len 10");
	expect(t, "ACK seq 101 ack 1011");
	returns(t, 10, user_recv(t, 20));
}

/* Another peer's SYN, and the ACK that completes its handshake. */
static void peer_begins(struct conv *t, u16 port)
{
	t->tuple.rport = port;
	inject(t, "SYN seq 1000 mss 1460");
}

static void peer_completes(struct conv *t, u16 port)
{
	t->tuple.rport = port;
	inject(t, "ACK seq 1001 ack 101");
}

static void accept_queue(struct kunit *test)
{
	struct conv *t = conv_of(test);

	/* a backlog of 1: two may wait, as everywhere */
	returns(t, 0, user_listen(t, 1));
	for (u16 port = 6000; port < 6003; port++) {
		if (port == 6002)	/* while there is room */
			break;
		peer_begins(t, port);
		expect(t, "SYN|ACK seq 100 ack 1001");
	}
	peer_completes(t, 6000);
	peer_begins(t, 6002);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_completes(t, 6001);
	/* full: no new SYN is answered, no ACK completes */
	peer_begins(t, 6003);
	state_is(t, TCP_LISTEN);
	peer_completes(t, 6002);
	state_is(t, TCP_SYN_RECV);
	counted(t, LISTEN_OVERFLOWS, 2);
	returns(t, 0, user_accept(t));
	/* the SYN,ACK goes again, and so does the peer's ACK */
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_completes(t, 6002);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	returns(t, 0, user_accept(t));
	/* no SYN,ACK was lost, and how long there was no room measures nothing */
	cwnd_is(t, 10 * 1460);
	rto_is(t, XTCP_RTO_INITIAL_US);
	srtt_is(t, 0);
	returns(t, -EAGAIN, user_accept(t));
	counted(t, PASSIVE_OPENS, 3);
}

/* The data comes again before the SYN,ACK does. */
static void accept_queue_data_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 1));
	peer_begins(t, 6000);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_begins(t, 6001);
	expect(t, "SYN|ACK seq 100 ack 1001");
	kernel_listen(t->listener, 0);
	peer_completes(t, 6000);
	for (int i = 0; i < 3; i++) {
		peer_completes(t, 6001);
		inject(t, "PSH|ACK seq 1001 ack 101 len 5");
		state_is(t, TCP_SYN_RECV);
	}
	counted(t, LISTEN_OVERFLOWS, 6);
	returns(t, 0, user_accept(t));
	inject(t, "PSH|ACK seq 1001 ack 101 len 5");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	srtt_is(t, 0);
	returns(t, 5, user_recv(t, 10));
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 1006");
}

static void accept_queue_abort(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.abort_on_overflow = 1;
	returns(t, 0, user_listen(t, 0));
	peer_begins(t, 6000);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_completes(t, 6000);
	state_is(t, TCP_ESTABLISHED);
	/* one waits: no more are taken */
	peer_begins(t, 6001);
	returns(t, 0, user_accept(t));
	peer_begins(t, 6001);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_completes(t, 6001);
	returns(t, 0, user_accept(t));

	/* two handshakes, room for one */
	kernel_listen(t->listener, 1);
	peer_begins(t, 6002);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_begins(t, 6003);
	expect(t, "SYN|ACK seq 100 ack 1001");
	kernel_listen(t->listener, 0);
	peer_completes(t, 6002);
	peer_completes(t, 6003);
	expect(t, "RST seq 101");
	state_is(t, TCP_LISTEN);
}

static void many_requests(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.max_syn_backlog = 3;
	t->xn->sysctl.syncookies = 0;
	returns(t, 0, user_listen(t, 100));
	for (u16 port = 6000; port < 6003; port++) {
		peer_begins(t, port);
		expect(t, "SYN|ACK seq 100 ack 1001");
	}
	peer_begins(t, 6003);
	state_is(t, TCP_LISTEN);
	counted(t, LISTEN_OVERFLOWS, 1);
	peer_completes(t, 6000);
	peer_begins(t, 6003);
	expect(t, "SYN|ACK seq 100 ack 1001");
}

/* Peers that have not been accepted are told; half-open ones are not. */
static void listener_closes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	returns(t, 0, user_listen(t, 8));
	peer_begins(t, 6000);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_begins(t, 6001);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_completes(t, 6001);
	user_close_socket(t, t->listener);
	expect(t, "RST|ACK seq 101 ack 1001");
	state_is(t, TCP_CLOSE);
	peer_completes(t, 6000);
	expect(t, "RST seq 101");
	counted(t, NO_PORT, 1);
	counted(t, RST_OUT, 2);
}

/* The peer is gone again before it is accepted. */
static void reset_before_accept(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 8));
	peer_begins(t, 6000);
	expect(t, "SYN|ACK seq 100 ack 1001");
	peer_completes(t, 6000);
	inject(t, "RST seq 1001");
	state_is(t, TCP_LISTEN);
	returns(t, 0, user_accept(t));
	returns(t, -ECONNRESET, user_recv(t, 1));
	counted(t, ESTAB_RESETS, 1);
}

/* 3.5.1, figure 9: our RST ends the peer's old connection, and the SYN follows soon. */
static void half_open_peer_again(struct kunit *test)
{
	struct conv *t = conv_of(test);
	long due;

	bring_to(t, IN_SYN_SENT);
	inject(t, "ACK seq 7000 ack 9000");
	expect(t, "RST seq 9000");
	due = conv_deadline(t, XTCP_TIMER_RETRANSMIT) - jiffies;
	KUNIT_EXPECT_LE(test, due, 2);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100");
	/* once: then it waits as ever */
	inject(t, "ACK seq 7000 ack 9000");
	expect(t, "RST seq 9000");
	due = conv_deadline(t, XTCP_TIMER_RETRANSMIT) - jiffies;
	KUNIT_EXPECT_GT(test, due, HZ / 2);
	/* a RST that answers nothing of ours hastens nothing */
	inject(t, "RST|ACK seq 7000 ack 9000");
	/* nothing was lost: the connection begins as any other */
	counted(t, TIMEOUTS, 0);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	cwnd_is(t, 10 * 1460);
}

/* tcp(7): TCP_QUICKACK 0 before connect(), and the SYN,ACK's ACK waits for data. */
static void last_ack_held(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_TCP, TCP_QUICKACK, 0));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 1001 len 10");
	not_armed(t, XTCP_TIMER_DELACK);
}

static void last_ack_held_for_so_long(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_TCP, TCP_QUICKACK, 0));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	KUNIT_EXPECT_LE(test, conv_deadline(t, XTCP_TIMER_DELACK) - jiffies, HZ / 5);
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 1001");
}

/* A health check: the server never sees a connection. */
static void last_ack_held_and_reset(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_TCP, TCP_QUICKACK, 0));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	user_abort(t);
	expect(t, "RST|ACK seq 101 ack 1001");
}

static void last_ack_deferred(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_TCP, TCP_DEFER_ACCEPT, 1));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 1001 len 10");
}

/* RFC 5681, 3.1; RFC 6298, 5.7: a simultaneous open sends its SYN twice and loses none. */
static void simultaneous_open_lost_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* nor can it be measured */
	bring_to(t, IN_SIMULTANEOUS);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	state_is(t, TCP_ESTABLISHED);
	cwnd_is(t, 10 * 1460);
	rto_is(t, XTCP_RTO_INITIAL_US);
}

/* The route is gone when the peer's SYN crosses ours: another is found at once. */
static void syn_crosses_without_route(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_MARK, 7));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
}

static struct kunit_case handshake_cases[] = {
	KUNIT_CASE(active_open),
	KUNIT_CASE(passive_open),
	KUNIT_CASE(simultaneous_open),
	KUNIT_CASE(simultaneous_open_lost_nothing),
	KUNIT_CASE(closed_while_opening),
	KUNIT_CASE(refused),
	KUNIT_CASE(half_open_peer),
	KUNIT_CASE(syn_lost),
	KUNIT_CASE(syn_given_up),
	KUNIT_CASE(syn_retries_option),
	KUNIT_CASE(syn_ack_lost),
	KUNIT_CASE(syn_ack_given_up),
	KUNIT_CASE(syn_again),
	KUNIT_CASE(syn_again_limited),
	KUNIT_CASE(handshake_does_not_wait),
	KUNIT_CASE(window_of_many),
	KUNIT_CASE(reset_does_not_wait),
	KUNIT_CASE(reset_while_half_open),
	KUNIT_CASE(text_on_syn),
	KUNIT_CASE(text_on_syn_ack),
	KUNIT_CASE(accept_queue),
	KUNIT_CASE(accept_queue_data_again),
	KUNIT_CASE(accept_queue_abort),
	KUNIT_CASE(many_requests),
	KUNIT_CASE(listener_closes),
	KUNIT_CASE(reset_before_accept),
	KUNIT_CASE(half_open_peer_again),
	KUNIT_CASE(last_ack_held),
	KUNIT_CASE(last_ack_held_for_so_long),
	KUNIT_CASE(last_ack_held_and_reset),
	KUNIT_CASE(last_ack_deferred),
	KUNIT_CASE(syn_crosses_without_route),
	{}
};

struct kunit_suite handshake_suite = {
	.name = "wire_handshake",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = handshake_cases,
};
