// SPDX-License-Identifier: GPL-2.0
/*
 * Data both ways: windows, acknowledgments, the size of segments.  RFC 9293,
 * 3.7 and 3.8.6.
 */
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

static void both_ways(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 101 ack 1001 len 100");
	inject(t, "PSH|ACK seq 1001 ack 201 len 50");
	returns(t, 50, user_recv(t, 1000));
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK seq 201 ack 1051 len 100");
	inject(t, "ACK seq 1051 ack 301");
	flight_is(t, 0);
	not_armed(t, XTCP_TIMER_RETRANSMIT);
}

/* MUST-1, MUST-61, SHLD-28, REC-1 */
static void full_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 4000, user_send(t, 4000));
	expect(t, "ACK seq S ack R len 1460");
	expect(t, "ACK seq S+1460 ack R len 1460");
	expect(t, "PSH|ACK seq S+2920 ack R len 1080");
}

/* The sender stays within the peer's window; what is left waits. */
static void peers_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 3000;
	established(t);
	returns(t, 6000, user_send(t, 6000));
	expect(t, "ACK seq S ack R len 1460");
	expect(t, "ACK seq S+1460 ack R len 1460");
	inject(t, "ACK seq R ack 3021 win 1460");
	expect(t, "ACK seq 3021 ack R len 1460");
	/* a window reopened by the peer's reader alone */
	inject(t, "ACK seq R ack 3021 win 4000");
	expect(t, "ACK seq 4481 ack R len 1460");
	expect(t, "PSH|ACK seq 5941 ack R len 160");
}

/* An older segment's window is not believed: SND.WL1, SND.WL2 */
static void old_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq 1001 ack 101 win 5000");
	peer_window_is(t, 5000);
	inject(t, "PSH|ACK seq 1001 ack 101 win 4000 len 10");
	expect(t, "ACK seq 101 ack 1011");
	peer_window_is(t, 4000);
	inject(t, "ACK seq 1011 ack 101 win 6000");
	peer_window_is(t, 6000);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 1011 len 10");
	inject(t, "ACK seq 1011 ack 111 win 7000");
	peer_window_is(t, 7000);
	/* sent before: acknowledges less */
	inject(t, "ACK seq 1011 ack 101 win 100");
	peer_window_is(t, 7000);
}

/* SHLD-7, SHLD-27 */
static void nagle(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	returns(t, 10, user_send(t, 10));
	returns(t, 20, user_send(t, 20));
	/* a full segment need not wait */
	returns(t, 1440, user_send(t, 1440));
	expect(t, "PSH|ACK seq 111 ack R len 1460");
	inject(t, "ACK seq R ack 1571");
	expect(t, "PSH|ACK seq 1571 ack R len 10");
}

/* MUST-17 */
static void no_delay(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 10");
	returns(t, 20, user_send(t, 20));
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	expect(t, "PSH|ACK seq 111 ack R len 20");
	returns(t, 30, user_send(t, 30));
	expect(t, "PSH|ACK seq 131 ack R len 30");
}

/* MAY-16 */
static void cork(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 1));
	returns(t, 10, user_send(t, 10));
	returns(t, 1460, user_send(t, 1460));
	expect(t, "PSH|ACK seq 101 ack R len 1460");
	inject(t, "ACK seq R ack 1561");
	returns(t, 0, user_option(t, SOL_TCP, TCP_CORK, 0));
	expect(t, "PSH|ACK seq 1561 ack R len 10");
}

/* MAY-15 */
static void more_to_come(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send_flags(t, 10, MSG_MORE));
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack R len 20");
}

/* A bit of a window is not worth a segment: 3.8.6.2.1 (MUST-38) */
static void silly_sender(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 4000;
	established(t);
	returns(t, 3900, user_send(t, 3900));
	expect(t, "ACK len 1460");
	expect(t, "ACK len 1460");
	expect(t, "PSH|ACK len 980");
	returns(t, 5000, user_send(t, 5000));
	inject(t, "ACK seq R ack S win 100");
	inject(t, "ACK seq R ack S win 1400");
	/* half of the largest window it ever offered */
	inject(t, "ACK seq R ack S win 2000");
	expect(t, "ACK len 1460");
}

/* An active open with a receive window of this size, which then closes as it
 * fills.
 */
static void small_window(struct conv *t, u32 window)
{
	bring_to(t, IN_CLOSED);
	set_clamp(t->sock, window);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100 win %u", window);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	set_clamp(t->sock, 0);
}

/* The receive buffer has room for this window. */
static void leave_room(struct conv *t, u32 window)
{
	struct sock *sk = t->sock->sk;

	WRITE_ONCE(sk->sk_rcvbuf, atomic_read(&sk->sk_rmem_alloc) + 2 * window);
}

/* The reader makes room bit by bit: not worth an ACK.  3.8.6.2.2 (MUST-39, MAY-8) */
static void silly_receiver(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1460);
	inject(t, "PSH|ACK seq R ack S len 1460");
	expect(t, "ACK seq S ack R+1460 win 0");
	set_clamp(t->sock, U16_MAX);
	leave_room(t, 100);
	returns(t, 100, user_recv(t, 100));
	leave_room(t, 600);
	returns(t, 1300, user_recv(t, 1300));
	leave_room(t, 1460);
	returns(t, 60, user_recv(t, 1300));
	expect(t, "ACK seq S ack R");
}

/* Half of the buffer is offered, for the skbs cost more than the data.  Where
 * that is not enough, what the window promised is taken all the same.
 */
static void promise_is_kept(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 seq = 1001, edge, len;
	struct xtcp_segment seg;

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, 16384));
	returns(t, -EINPROGRESS, user_connect(t));
	pass_over(t);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	KUNIT_ASSERT_TRUE(test, conv_next(t, &seg, &len));
	edge = seg.ack + seg.wnd;
	for (int i = 0; i < 100 && seq_leq(seq + 1000, edge); i++) {
		inject(t, "PSH|ACK seq %u ack 101 len 1000", seq);
		seq += 1000;
		fire_if_armed(t, XTCP_TIMER_DELACK);
		while (conv_next(t, &seg, &len)) {
			KUNIT_ASSERT_EQ(test, seq, seg.ack);
			edge = seg.ack + seg.wnd;
		}
	}
	returns(t, seq - 1001, user_recv(t, 100000));
	pass_over(t);
}

/* SHLD-14: the right edge of the window never moves left. */
static void window_never_shrinks(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 seq = 1001, edge = 1001, len;
	struct xtcp_segment seg;

	established(t);
	for (int i = 0; i < 600; i++) {
		/* many small segments cost more memory than data */
		u32 n = i % 3 ? 100 : 1000;

		if (seq_leq(seq + n, edge) || i < 10)
			inject(t, "PSH|ACK seq %u ack S len %u", seq, n);
		fire_if_armed(t, XTCP_TIMER_DELACK);
		if (i % 7 == 0)
			user_recv(t, 500);
		while (conv_next(t, &seg, &len)) {
			u32 right = seg.ack + seg.wnd;

			KUNIT_ASSERT_TRUE_MSG(test, seq_geq(right, edge),
					      "segment %d: %u after %u", i, right,
					      edge);
			edge = right;
			seq = seg.ack;
		}
	}
	while (user_recv(t, 100000) > 0)
		;
	KUNIT_EXPECT_EQ(test, seq - 1001, t->read);
	pass_over(t);
}

/* MUST-58, SHLD-18 */
static void delayed_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "PSH|ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	counted(t, DELAYED_ACKS, 1);
	/* data carries it */
	inject(t, "PSH|ACK seq R ack S len 10");
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	not_armed(t, XTCP_TIMER_DELACK);
}

/* The first ACKs are not delayed, but for a reader who may answer. */
static void answer_carries_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	set_readers(t, 1);
	inject(t, "PSH|ACK seq R ack S len 10");
	returns(t, 20, user_recv(t, 100));
	returns(t, 5, user_send(t, 5));
	expect(t, "PSH|ACK seq S ack R len 5");
	not_armed(t, XTCP_TIMER_DELACK);
	inject(t, "ACK seq R ack S");

	/* he waits for more */
	set_quick_acks(t, 8);
	inject(t, "PSH|ACK seq R ack S len 10");
	returns(t, 10, user_recv(t, 100));
	returns(t, -EAGAIN, user_recv(t, 100));
	expect(t, "ACK seq S ack R");

	/* he does something else */
	set_quick_acks(t, 8);
	inject(t, "PSH|ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");

	/* a full segment: the peer's congestion window waits for it */
	set_quick_acks(t, 8);
	inject(t, "PSH|ACK seq R ack S len 1460");
	expect(t, "ACK seq S ack R+1460");
	set_readers(t, 0);
}

/* SHLD-19 */
static void every_second_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	set_clamp(t->sock, 20000);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN win 20000");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len 1460");
	inject(t, "ACK seq R ack S len 1460");
	expect(t, "ACK seq S ack R+1460");
	inject(t, "ACK seq R ack S len 1460");
	inject(t, "ACK seq R ack S len 1460");
	expect(t, "ACK seq S ack R+1460");
}

/* RFC 5681, 4.2: out of order at once, and so when a gap is filled
 * (SHLD-31, MAY-13, MUST-59)
 */
static void out_of_order(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq 1101 ack S len 100");
	expect(t, "ACK seq S ack 1001");
	inject(t, "ACK seq 1301 ack S len 100");
	expect(t, "ACK seq S ack 1001");
	returns(t, -EAGAIN, user_recv(t, 1000));
	inject(t, "ACK seq 1001 ack S len 100");
	expect(t, "ACK seq S ack 1201");
	returns(t, 200, user_recv(t, 1000));
	inject(t, "PSH|ACK seq 1201 ack S len 100");
	expect(t, "ACK seq S ack 1401");
	returns(t, 200, user_recv(t, 1000));
	counted(t, OFO_QUEUED, 2);
}

static void overlaps(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq 1001 ack S len 100");
	expect(t, "ACK seq S ack 1101");
	inject(t, "ACK seq 1051 ack S len 100");	/* half of it is new */
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1161 ack S len 30");
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1171 ack S len 100");
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1165 ack S len 10");		/* nothing new */
	expect(t, "ACK seq S ack 1151");
	inject(t, "ACK seq 1141 ack S len 80");
	expect(t, "ACK seq S ack 1271");
	returns(t, 270, user_recv(t, 1000));
	counted(t, DUPLICATES, 1);
}

static void fin_out_of_order(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "FIN|ACK seq 1011 ack S len 10");
	expect(t, "ACK seq S ack 1001");
	state_is(t, TCP_ESTABLISHED);
	inject(t, "ACK seq 1001 ack S len 10");
	expect(t, "ACK seq S ack 1022");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 20, user_recv(t, 100));
	returns(t, 0, user_recv(t, 100));
}

/* What lies beyond the window is cut off, a FIN with it. */
static void beyond_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1000);
	inject(t, "FIN|ACK seq 1001 ack S len 1200");
	expect(t, "ACK seq S ack 2001 win 0");
	state_is(t, TCP_ESTABLISHED);
	/* a closed window: ACKs and RSTs are still taken, data is not */
	inject(t, "ACK seq 2001 ack S len 10");
	expect(t, "ACK seq S ack 2001 win 0");
	inject(t, "RST seq 2002");
	set_clamp(t->sock, 1000);
	returns(t, 1000, user_recv(t, 2000));
	expect(t, "ACK seq S ack 2001 win 1000");
}

static void zero_window_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1");		/* MUST-36 */
	inject(t, "ACK seq R ack 101 win 0");
	/* as long as the peer answers the connection stays (MUST-37) */
	t->xn->sysctl.retries2 = 2;
	for (int i = 0; i < 5; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq 101 ack R len 1");
		inject(t, "ACK seq R ack 101 win 0");
	}
	state_is(t, TCP_ESTABLISHED);
	/* the peer holds us back, nothing is lost */
	limit_is(t, WINDOW);
	timeouts_is(t, 0);
	timeout_rows_is(t, 0);
	inject(t, "ACK seq R ack 101 win 1000");
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack 102 win 1000");
	expect(t, "PSH|ACK seq 102 ack R len 99");
	counted(t, PROBES, 1);
	counted(t, DUP_ACKS, 0);
}

/* For TCP_INFO: what holds the sender back, and how quickly it goes. */
static void what_holds_back(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 2920;
	established(t);
	limit_is(t, NONE);
	returns(t, 1460, user_send(t, 1460));
	expect(t, "PSH|ACK len 1460");
	limit_is(t, PATH);
	returns(t, 4000, user_send(t, 4000));
	expect(t, "ACK len 1460");
	limit_is(t, WINDOW);
	inject(t, "ACK seq R ack S win 0");
	limit_is(t, WINDOW);
	delivered_is(t, 3);
	KUNIT_EXPECT_GT(test, conv_value(t, CONV_DELIVERY_RATE), 0);
	inject(t, "ACK seq R ack S win 65535");
	expect(t, "ACK len 1460");
	expect(t, "PSH|ACK len 1080");
	limit_is(t, PATH);
	inject(t, "ACK seq R ack S win 65535");
	limit_is(t, NONE);
	delivered_is(t, 5);

	/* the connection's end is the end of it */
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK len 100");
	limit_is(t, PATH);
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	limit_is(t, NONE);
}

static void zero_window_reopens(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 3000, user_send(t, 3000));
	inject(t, "ACK seq R ack S win 65535");
	expect(t, "ACK seq S ack R len 1460");
	expect(t, "ACK seq S+1460 ack R len 1460");
	expect(t, "PSH|ACK seq S+2920 ack R len 80");
	counted(t, PROBES, 0);
}

static void zero_window_gives_up(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.retries2 = 2;
	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	for (int i = 0; i < 10 && conv_state(t) == TCP_ESTABLISHED; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		if (conv_state(t) == TCP_ESTABLISHED)
			expect(t, "ACK seq 101 ack R len 1");
	}
	state_is(t, TCP_CLOSE);
	returns(t, -ETIMEDOUT, user_recv(t, 1));
}

/* The NIC is slow to free what it was given: the data goes out all the same. */
static void slow_nic(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	t->nic->hold = true;
	returns(t, 2000, user_send(t, 2000));
	expect(t, "ACK seq S ack R len 1460");
	expect(t, "PSH|ACK seq S+1460 ack R len 540");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len 1460");
	inject(t, "ACK seq R ack 601");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 601 ack R len 960");
	inject(t, "ACK seq R ack S");
	send_queue_is(t, 0);
	t->nic->hold = false;
	nic_release_held(t->nic);
}

static void no_way_out(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	nic_up(t->nic, false);
	returns(t, 100, user_send(t, 100));
	silence(t);
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_SEND_FAILS), 0);
	nic_up(t->nic, true);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 100");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_ESTABLISHED);
}

/* Out-of-order data gives way where memory is short. */
static void short_of_memory(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 seq = 1001;

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, 8192));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	/* tiny segments with gaps: much memory, little window */
	for (int i = 1; i < 60; i++) {
		inject(t, "ACK seq %u ack S len 1", 5001 + 2 * i);
		expect(t, "ACK seq 101 ack 1001");
	}
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_RCV_PRUNED), 0);
	/* what is next in turn is taken all the same */
	for (int i = 0; i < 5; i++) {
		inject(t, "ACK seq %u ack S len 1000", seq);
		seq += 1000;
		pass_over(t);
	}
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_OFO_DROPPED), 0);
	returns(t, 5000, user_recv(t, 6000));
	pass_over(t);
}

static void peek_and_discard(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 100");
	expect(t, "ACK seq S ack R+100");
	returns(t, 50, user_recv_flags(t, 50, MSG_PEEK));
	returns(t, 100, user_recv_flags(t, 500, MSG_PEEK));
	returns(t, 30, user_recv_flags(t, 30, MSG_TRUNC));
	returns(t, 70, user_recv(t, 500));
	returns(t, -EAGAIN, user_recv(t, 1));
}

/* One write fills the initial window: RFC 6928's ten segments. */
static void first_write_fills_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	KUNIT_EXPECT_GE(test, user_send(t, 20000), 10 * 1460);
	for (int i = 0; i < 10; i++)
		expect(t, "ACK seq %d ack R len 1460", 101 + i * 1460);
}

/* RFC 5961, 5.2: nothing older than what the connection began with. */
static void ack_of_the_time_before(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 100, user_send(t, 100));
	expect(t, "PSH|ACK len 100");
	inject(t, "ACK seq R ack S");
	inject(t, "PSH|ACK seq R ack 100 len 10");	/* our ISS */
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	inject(t, "PSH|ACK seq R ack 99 len 10");
	expect(t, "ACK seq S ack R");
	counted(t, OLD_ACKS, 1);
	returns(t, 10, user_recv(t, 100));
}

static struct kunit_case data_cases[] = {
	KUNIT_CASE(both_ways),
	KUNIT_CASE(full_segments),
	KUNIT_CASE(first_write_fills_window),
	KUNIT_CASE(ack_of_the_time_before),
	KUNIT_CASE(peers_window),
	KUNIT_CASE(old_window),
	KUNIT_CASE(nagle),
	KUNIT_CASE(no_delay),
	KUNIT_CASE(cork),
	KUNIT_CASE(more_to_come),
	KUNIT_CASE(silly_sender),
	KUNIT_CASE(silly_receiver),
	KUNIT_CASE(promise_is_kept),
	KUNIT_CASE(window_never_shrinks),
	KUNIT_CASE(delayed_ack),
	KUNIT_CASE(answer_carries_ack),
	KUNIT_CASE(every_second_segment),
	KUNIT_CASE(out_of_order),
	KUNIT_CASE(overlaps),
	KUNIT_CASE(fin_out_of_order),
	KUNIT_CASE(beyond_the_window),
	KUNIT_CASE(what_holds_back),
	KUNIT_CASE(zero_window_probe),
	KUNIT_CASE(zero_window_reopens),
	KUNIT_CASE(zero_window_gives_up),
	KUNIT_CASE(slow_nic),
	KUNIT_CASE(no_way_out),
	KUNIT_CASE(short_of_memory),
	KUNIT_CASE(peek_and_discard),
	{}
};

struct kunit_suite data_suite = {
	.name = "wire_data",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = data_cases,
};

/* ---- GSO ---- */

static void leaves_whole(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 20000, user_send(t, 20000));
	/* as much as the congestion window of ten segments takes */
	expect(t, "ACK seq 101 ack R len 14600 gso 1460");
	counted(t, SEGS_OUT, 12);
	inject(t, "ACK seq R ack 14701");
	expect(t, "PSH|ACK seq 14701 ack R len 5400 gso 1460");
	/* one segment of the four is lost */
	time_passes(t, 1000);
	inject(t, "ACK seq R ack 16161");
	/* the rate's time moves on with what is delivered */
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_DELIVERY_AGE), USEC_PER_SEC);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 16161 ack R len 1460 gso 0");
	inject(t, "ACK seq R ack 20101");
	send_queue_is(t, 0);
	delivered_is(t, 1 + 14);
}

static struct kunit_case gso_cases[] = {
	KUNIT_CASE(leaves_whole),
	{}
};

struct kunit_suite gso_suite = {
	.name = "wire_gso",
	.init = conv_init_gso,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = gso_cases,
};

static void is_cut(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 10000, user_send_flags(t, 10000, MSG_MORE));
	for (int i = 0; i < 6; i++)
		expect(t, "ACK seq S+%d ack R len 1460 gso 0", i * 1460);
	counted(t, SEGS_OUT, 8);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|PSH|ACK seq 8861 ack R len 1240");
}

/* FIN and PSH are the last segment's alone. */
static void fin_is_last(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 100000));
	returns(t, 5000, user_send(t, 5000));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	inject(t, "ACK seq R ack S win 65535");
	expect(t, "ACK seq 101 ack R len 1460");
	expect(t, "ACK seq 1561 ack R len 1460");
	expect(t, "ACK seq 3021 ack R len 1460");
	expect(t, "FIN|PSH|ACK seq 4481 ack R len 620");
	inject(t, "ACK seq R ack 5102");
	state_is(t, TCP_FIN_WAIT2);
}

static struct kunit_case gso_cut_cases[] = {
	KUNIT_CASE(is_cut),
	KUNIT_CASE(fin_is_last),
	{}
};

struct kunit_suite gso_cut_suite = {
	.name = "wire_gso_cut",
	.init = conv_init_csum,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = gso_cut_cases,
};
