// SPDX-License-Identifier: GPL-2.0
/*
 * Closing a connection: RFC 9293, 3.6; TIME_WAIT.
 */
#include <linux/ip.h>
#include <linux/interrupt.h>
#include <linux/tcp.h>
#include <net/inet_ecn.h>
#include "../module/engine/memory.h"
#include "conv.h"
#include "suites.h"

/* MUST-13 */
static void active_close(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	state_is(t, TCP_FIN_WAIT1);
	inject(t, "ACK seq 1001 ack 102");
	state_is(t, TCP_FIN_WAIT2);
	inject(t, "FIN|ACK seq 1001 ack 102");
	expect(t, "ACK seq 102 ack 1002");
	state_is(t, TCP_TIME_WAIT);
	counted(t, TIME_WAITS, 1);
	fire_2msl(t);
	state_is(t, TCP_CLOSE);
}

static void passive_close(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_passive(t);
	inject(t, "FIN|ACK seq 1001 ack 101");
	expect(t, "ACK seq 101 ack 1002");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 0, user_recv(t, 1));
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1002");
	state_is(t, TCP_LAST_ACK);
	inject(t, "ACK seq 1002 ack 102");
	state_is(t, TCP_LISTEN);
	counted(t, TIME_WAITS, 0);
}

/* 3.6, figure 13 */
static void simultaneous_close(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	inject(t, "FIN|ACK seq 1001 ack 101");
	expect(t, "ACK seq 102 ack 1002");
	state_is(t, TCP_CLOSING);
	inject(t, "ACK seq 1002 ack 102");
	state_is(t, TCP_TIME_WAIT);
}

static void half_close(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq 101 ack 1001");
	inject(t, "ACK seq 1001 ack 102");
	state_is(t, TCP_FIN_WAIT2);
	/* the other direction goes on */
	for (int i = 0; i < 3; i++) {
		inject(t, "PSH|ACK seq R ack 102 len 100");
		fire(t, XTCP_TIMER_DELACK);
		expect(t, "ACK seq 102 ack R");
		returns(t, 100, user_recv(t, 1000));
	}
	inject(t, "FIN|ACK seq R ack 102 len 100");
	expect(t, "ACK seq 102 ack R+101");
	state_is(t, TCP_TIME_WAIT);
	returns(t, 100, user_recv(t, 1000));
	returns(t, 0, user_recv(t, 1000));
}

static void half_closed_by_peer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSE_WAIT);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack 1002 len 100");
	inject(t, "ACK seq 1002 ack 201");
	returns(t, 2000, user_send(t, 2000));
	expect(t, "ACK seq 201 ack 1002 len 1460");
	expect(t, "PSH|ACK seq 1661 ack 1002 len 540");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq 2201 ack 1002");
	inject(t, "ACK seq 1002 ack 2202");
	state_is(t, TCP_CLOSE);
	returns(t, -EPIPE, user_send(t, 1));
}

/* What was written goes first, and the FIN on its last segment. */
static void data_then_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 2000;
	established(t);
	returns(t, 3000, user_send(t, 3000));
	expect(t, "ACK seq 101 ack R len 1460");
	user_close(t);
	state_is(t, TCP_FIN_WAIT1);
	inject(t, "ACK seq R ack 1561 win 2000");
	expect(t, "ACK seq 1561 ack R len 1460");
	expect(t, "FIN|PSH|ACK seq 3021 ack R len 80");
	inject(t, "ACK seq R ack 3101 win 2000");
	state_is(t, TCP_FIN_WAIT1);
	inject(t, "ACK seq R ack 3102 win 2000");
	state_is(t, TCP_FIN_WAIT2);
}

/* 3.6.1: a close with data unread tells the peer (SHLD-3) */
static void unread_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	user_close(t);
	expect(t, "RST|ACK seq 101 ack 1011");
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_CLOSE, 1);
}

static void unread_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1002");
	state_is(t, TCP_LAST_ACK);
	counted(t, ABORT_CLOSE, 0);
}

/* SHLD-3, MAY-1 */
static void data_after_close(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	inject(t, "PSH|ACK seq 1001 ack 102 len 10");
	expect(t, "RST|ACK seq 102");
	state_is(t, TCP_CLOSE);
	counted(t, DATA_AFTER_CLOSE, 1);
}

static void aborted(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	user_abort(t);
	expect(t, "RST|ACK seq 111 ack R");
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_LINGER, 1);
	counted(t, ESTAB_RESETS, 1);
	counted(t, RST_OUT, 1);
}

/* MUST-12 */
static void reset_by_peer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	returns(t, 10, user_recv(t, 10));
	returns(t, -ECONNRESET, user_recv(t, 10));
	returns(t, 0, user_recv(t, 10));
	returns(t, -EPIPE, user_send(t, 10));
}

static void too_many_orphans(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.max_orphans = 0;
	established(t);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	expect(t, "RST|ACK seq 102 ack 1001");
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_MEMORY, 1);
}

/* A connection whose peer reads nothing, and so much for it that it is worth freeing. */
static void much_to_send(struct conv *t)
{
	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 8000, user_send(t, 8000));
}

/* While all memory that buffers may have has been taken. */
static void close_without_memory(struct conv *t)
{
	const long high = xtcp_mem[2];

	xtcp_mem[2] = LONG_MIN;
	user_close(t);
	xtcp_mem[2] = high;
}

static const char *timeout_without_memory(struct conv *t)
{
	const long high = xtcp_mem[2];
	const char *said;

	xtcp_mem[2] = LONG_MIN;
	said = conv_fire(t, XTCP_TIMER_RETRANSMIT);
	xtcp_mem[2] = high;
	return said;
}

/* Nobody waits for an orphan: where memory has run out, what it has yet to send goes. */
static void orphan_without_memory(struct kunit *test)
{
	struct conv *t = conv_of(test);

	much_to_send(t);
	close_without_memory(t);
	expect(t, "RST|ACK seq S ack R");
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_MEMORY, 1);
}

/* So does what an orphan has that was there before, once its timer fires. */
static void orphan_gives_memory_back(struct kunit *test)
{
	struct conv *t = conv_of(test);

	much_to_send(t);
	/* its user still waits */
	CONV_STEP(timeout_without_memory(t));
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack U win 0");
	user_close(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack U win 0");
	state_is(t, TCP_FIN_WAIT1);
	CONV_STEP(timeout_without_memory(t));
	/* in the peer's window, which is shut */
	expect(t, "RST|ACK seq U ack R");
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_MEMORY, 1);
	counted(t, ABORT_TIMEOUT, 0);
}

/* An orphan that has next to nothing is not worth it. */
static void small_orphan_without_memory(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	close_without_memory(t);
	expect(t, "FIN|ACK seq 101 ack R");
	CONV_STEP(timeout_without_memory(t));
	expect(t, "FIN|ACK seq 101 ack R");
	inject(t, "ACK seq R ack 102");
	state_is(t, TCP_FIN_WAIT2);
	counted(t, ABORT_MEMORY, 0);
}

/* The limit is less than it was. */
static void fewer_orphans(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.max_orphans = 1;
	established(t);
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack R");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|ACK seq 101 ack R");
	t->xn->sysctl.max_orphans = 0;
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "RST|ACK seq S ack R");
	state_is(t, TCP_CLOSE);
	counted(t, ABORT_MEMORY, 1);
}

/* ---- TIME_WAIT ---- */

/* The user closes first, and the peer at once. */
static void close_to_time_wait(struct conv *t)
{
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_TIME_WAIT);
}

static void fin_again_restarts(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	t->xn->sysctl.time_wait = 48 * 3600;
	inject(t, "FIN|ACK seq R-1 ack S");
	expect(t, "ACK seq S ack R");
	KUNIT_EXPECT_TRUE(test, time_after(t->due, jiffies + 47 * 3600 * HZ));
	/* nothing else does */
	t->due = 0;
	inject(t, "ACK seq R+5 ack S len 5");
	expect(t, "ACK seq S ack R");
	KUNIT_EXPECT_EQ(test, 0, t->due);
}

/* MAY-2: a SYN with a higher number, and somebody listens */
static void new_incarnation(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->tuple.rport = 6001;
	established_passive(t);
	close_to_time_wait(t);
	t->irs = 2000;
	inject(t, "SYN seq 2000 mss 1460");
	/* beyond all that the old connection may have sent */
	t->iss = 102 + U16_MAX + 2;
	expect(t, "SYN|ACK seq %u ack 2001", t->iss);
	state_is(t, TCP_SYN_RECV);
	inject(t, "ACK seq 2001 ack %u", t->iss + 1);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
	counted(t, TW_REUSED, 1);
}

/* The user holds the listener at that moment: the number is kept with the
 * segment.
 */
static void new_incarnation_waits(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said;

	established_passive(t);
	close_to_time_wait(t);
	t->irs = 2000;
	lock_sock(t->listener->sk);
	said = conv_inject(t, "SYN seq 2000 mss 1460");
	release_sock(t->listener->sk);
	conv_freeze(t);
	CONV_STEP(said);
	t->iss = 102 + U16_MAX + 2;
	expect(t, "SYN|ACK seq %u ack 2001", t->iss);
	inject(t, "ACK seq 2001 ack %u", t->iss + 1);
	returns(t, 0, user_accept(t));
	state_is(t, TCP_ESTABLISHED);
}

/* The listener has gone: TIME_WAIT stays to do its job. */
static void nobody_for_new_incarnation(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_passive(t);
	user_close_socket(t, t->listener);
	close_to_time_wait(t);
	inject(t, "SYN seq 2000 mss 1460");
	expect(t, "ACK seq S ack R");
	state_is(t, TCP_TIME_WAIT);
	counted(t, TW_REUSED, 0);
	counted(t, NO_PORT, 0);
}

static void old_syn(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->tuple.rport = 6001;
	established_passive(t);
	close_to_time_wait(t);
	inject(t, "SYN seq 500 mss 1460");
	expect(t, "ACK seq S ack R");
	inject(t, "SYN seq R-1 mss 1460");
	expect(t, "ACK seq S ack R");
	state_is(t, TCP_TIME_WAIT);
	counted(t, TW_REUSED, 0);
}

static void no_more_buckets(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.max_tw_buckets = 0;
	bring_to(t, IN_FIN_WAIT_2);
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_CLOSE);
	counted(t, TIME_WAITS, 0);
}

/* RFC 5961, 3.2, as in an open connection.  None of it is data after a close. */
static void reset_in_time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	inject(t, "RST seq R-1");
	inject(t, "RST seq R+100000");
	counted(t, OUT_OF_WINDOW, 2);
	inject(t, "RST seq R+1");
	expect(t, "ACK seq S ack R");
	counted(t, OUT_OF_WINDOW, 3);
	state_is(t, TCP_TIME_WAIT);
	/* this one is no drop */
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	counted(t, OUT_OF_WINDOW, 3);
	counted(t, DATA_AFTER_CLOSE, 0);
	counted(t, DUPLICATES, 0);
}

static void answers_are_limited(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.challenge_ack_ms = 60000;
	bring_to(t, IN_TIME_WAIT);
	inject(t, "RST seq R+1");
	expect(t, "ACK seq S ack R");
	for (int i = 0; i < 5; i++)
		inject(t, "RST seq R+1");
	counted(t, CHALLENGES_LIMITED, 5);
	/* the FIN is no challenge */
	inject(t, "FIN|ACK seq R-1 ack S");
	expect(t, "ACK seq S ack R");
}

/* The FIN overtook the ACK of ours, and both wait while the user has the socket: the
 * ACK then meets TIME_WAIT, not a closed socket.
 */
static void overtaken_by_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk;

	established(t);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq 101 ack 1001");
	sk = t->sock->sk;
	lock_sock(sk);
	inject(t, "FIN|ACK seq 1001 ack 102");
	inject(t, "ACK seq 1001 ack 102");
	silence(t);
	release_sock(sk);
	expect(t, "ACK seq 102 ack 1002");
	state_is(t, TCP_TIME_WAIT);
	/* it is old there: RFC 9293, 3.10.7.4, first: an ACK in reply */
	expect(t, "ACK seq 102 ack 1002");
	counted(t, NO_PORT, 0);
}

/* While the user has the socket a RST and one more segment wait, and the device that
 * they came by goes: nothing may ask for it.
 */
static void device_gone(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct nic *gone, *stays = t->nic;
	struct sock *sk;

	gone = nic_make(&init_net, NIC_PLAIN);
	KUNIT_ASSERT_FALSE(test, IS_ERR(gone));
	t->nic = gone;
	conv_address(t, 0x0a090101, 0x0a090102, 24);
	established(t);
	sk = t->sock->sk;
	lock_sock(sk);
	inject(t, "RST seq R");
	inject(t, "ACK seq R ack S");
	t->nic = stays;
	nic_free(gone);
	release_sock(sk);
	state_is(t, TCP_CLOSE);
	counted(t, NO_PORT, 1);
}

/* The port is the old connection's until 2MSL are over. */
static void port_stays(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *sock;

	bring_to(t, IN_TIME_WAIT);
	user_close(t);
	sock = user_socket(t);
	returns(t, -EADDRINUSE, user_bind(t, sock, HERE_ADDR, HERE_PORT));
	fire_2msl(t);
	returns(t, 0, user_bind(t, sock, HERE_ADDR, HERE_PORT));
}

/* MUST-12: what was written was lost, and the user must learn of it. */
static void reset_in_last_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSE_WAIT);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	state_is(t, TCP_LAST_ACK);
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	error_is(t, ECONNRESET);
}

/* MUST-12 */
static void reset_in_closing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	inject(t, "FIN|ACK seq R ack S win 0");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_CLOSING);
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	error_is(t, ECONNRESET);
}

/* All data arrived, only the FIN's ACK is missing: an end like any other. */
static void reset_for_the_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSE_WAIT);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK len 100");
	inject(t, "ACK seq R ack S");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	error_is(t, 0);
}

/* RFC 3168, 6.1.4: no ECN bits on a segment without data, whatever it answers. */
static void reset_without_ecn(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sk_buff *skb;
	size_t len;

	bring_to(t, IN_CLOSED);
	conv_look(t);
	len = conv_build(t, t->packet, "ACK seq R ack S");
	conv_set_tos(t, t->packet, 0x48 | INET_ECN_CE);
	conv_fix_sums(t, t->packet, len);
	conv_raw(t, t->packet, len);
	skb = conv_sent(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, 0x48, conv_header(t, skb).tos);
	kfree_skb(skb);
}

/* 3.5.2, group 3: a segment other than the next one is answered; as Linux, not more
 * often than challenges are.
 */
static void odd_segments_in_time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	inject(t, "ACK seq R+10 ack S");
	expect(t, "ACK seq S ack R");
	inject(t, "ACK seq R ack S+1000");
	expect(t, "ACK seq S ack R");
	inject(t, "SYN|FIN seq R+5000");
	expect(t, "ACK seq S ack R");
	inject(t, "0 seq R+10");
	expect(t, "ACK seq S ack R");
	state_is(t, TCP_TIME_WAIT);
	/* the next one is an ACK without data */
	inject(t, "ACK seq R ack S");
	t->xn->sysctl.challenge_ack_ms = 60000;
	inject(t, "ACK seq R+10 ack S");
	inject(t, "ACK seq R ack S+1000");
}

static int sent_in_a_row, most_in_a_row;

static void softirq_runs(struct tasklet_struct *unused)
{
	sent_in_a_row = 0;
}

static DECLARE_TASKLET(softirq, softirq_runs);

static void segment_leaves(struct nic *nic)
{
	most_in_a_row = max(most_in_a_row, ++sent_in_a_row);
	tasklet_schedule(&softirq);
}

/* However many wait to be accepted, their end does not keep softirqs off. */
static void crowded_listener_closes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_listen(t, 40));
	for (u16 port = 6000; port < 6040; port++) {
		t->tuple.rport = port;
		inject(t, "SYN seq 1000 mss 1460");
		expect(t, "SYN|ACK seq 100 ack 1001");
		inject(t, "ACK seq 1001 ack 101");
	}
	sent_in_a_row = 0;
	most_in_a_row = 0;
	t->nic->sends = segment_leaves;
	user_close_socket(t, t->listener);
	t->nic->sends = NULL;
	tasklet_kill(&softirq);
	counted(t, RST_OUT, 40);
	KUNIT_EXPECT_GT(test, most_in_a_row, 0);
	KUNIT_EXPECT_LT(test, most_in_a_row, 20);
	pass_over(t);
}

static struct kunit_case close_cases[] = {
	KUNIT_CASE(active_close),
	KUNIT_CASE(passive_close),
	KUNIT_CASE(simultaneous_close),
	KUNIT_CASE(half_close),
	KUNIT_CASE(half_closed_by_peer),
	KUNIT_CASE(data_then_fin),
	KUNIT_CASE(unread_data),
	KUNIT_CASE(unread_fin),
	KUNIT_CASE(data_after_close),
	KUNIT_CASE(aborted),
	KUNIT_CASE(reset_by_peer),
	KUNIT_CASE(too_many_orphans),
	KUNIT_CASE(orphan_without_memory),
	KUNIT_CASE(orphan_gives_memory_back),
	KUNIT_CASE(small_orphan_without_memory),
	KUNIT_CASE(fewer_orphans),
	KUNIT_CASE(fin_again_restarts),
	KUNIT_CASE(new_incarnation),
	KUNIT_CASE(new_incarnation_waits),
	KUNIT_CASE(nobody_for_new_incarnation),
	KUNIT_CASE(old_syn),
	KUNIT_CASE(no_more_buckets),
	KUNIT_CASE(reset_in_time_wait),
	KUNIT_CASE(answers_are_limited),
	KUNIT_CASE(reset_in_last_ack),
	KUNIT_CASE(reset_in_closing),
	KUNIT_CASE(reset_for_the_fin),
	KUNIT_CASE(reset_without_ecn),
	KUNIT_CASE(odd_segments_in_time_wait),
	KUNIT_CASE(overtaken_by_fin),
	KUNIT_CASE(device_gone),
	KUNIT_CASE(port_stays),
	KUNIT_CASE(crowded_listener_closes),
	{}
};

struct kunit_suite close_suite = {
	.name = "wire_close",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = close_cases,
};
