// SPDX-License-Identifier: GPL-2.0
/*
 * The window's promises, both ways: what is offered is taken, and what is sent is
 * acceptable to a peer whose window is shut.  RFC 9293, 3.4, 3.8.6, 3.10.7.4.
 */
#include <linux/prandom.h>
#include <linux/tcp.h>
#include "../module/engine/memory.h"
#include "conv.h"
#include "suites.h"

/* ---- what the window offers is taken ---- */

static void connect_with_rcvbuf(struct conv *t, int rcvbuf)
{
	bring_to(t, IN_CLOSED);
	if (rcvbuf)
		returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, rcvbuf));
	returns(t, -EINPROGRESS, user_connect(t));
	pass_over(t);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
}

/* Where the right edge is, by what was sent since; all before @seq must be
 * acknowledged.
 */
static u32 right_edge(struct conv *t, u32 seq, u32 edge)
{
	struct xtcp_segment seg;
	u32 len;

	fire_if_armed(t, XTCP_TIMER_DELACK);
	while (conv_next(t, &seg, &len)) {
		KUNIT_ASSERT_EQ(t->test, seq, seg.ack);
		edge = seg.ack + seg.wnd;
	}
	return edge;
}

/* The peer sends segments of a size from @least to @most until the window is shut.
 * Return: the sequence number it has come to
 */
static u32 fill_window(struct conv *t, u32 seq, struct rnd_state *rnd, u32 least,
		       u32 most)
{
	u32 edge = right_edge(t, seq, seq), n;

	while (seq != edge) {
		n = least + prandom_u32_state(rnd) % (most - least + 1);
		n = min(n, edge - seq);
		inject(t, "PSH|ACK seq %u ack S len %u", seq, n);
		seq += n;
		edge = right_edge(t, seq, edge);
	}
	return seq;
}

static void promise_of(struct conv *t, int rcvbuf, u32 least, u32 most)
{
	struct rnd_state rnd;
	u32 seq;

	prandom_seed_state(&rnd, 9293 + least);
	connect_with_rcvbuf(t, rcvbuf);
	/* full, emptied, and full again */
	for (int i = 0; i < 2; i++) {
		if (i) {
			pass_over(t);
			inject(t, "ACK seq R-1 ack S");
		}
		seq = fill_window(t, conv_value(t, CONV_RECEIVED), &rnd, least, most);
		KUNIT_EXPECT_GT(t->test, seq - 1001, (u32)t->read);
		while (user_recv(t, 3000) > 0)
			;
		KUNIT_EXPECT_EQ(t->test, seq - 1001, t->read);
	}
	counted(t, RCV_PRUNED, 0);
	pass_over(t);
}

struct promise {
	int	rcvbuf;
	u32	least;
	u32	most;
	char	name[40];
};

#define PROMISE(buf, a, b) \
	{ .rcvbuf = buf, .least = a, .most = b, .name = #a " to " #b ", buffer " #buf }

static const struct promise promises[] = {
	PROMISE(131072, 100, 100),
	PROMISE(131072, 150, 150),
	PROMISE(131072, 200, 200),
	PROMISE(131072, 1, 1460),
	PROMISE(131072, 1, 50),
	PROMISE(0, 1, 1460),
	PROMISE(0, 150, 150),
	PROMISE(1152, 1, 1460),
	PROMISE(1152, 10, 10),
	PROMISE(8192, 1, 200),
	PROMISE(8192, 1, 1460),
	PROMISE(8192, 700, 800),
	PROMISE(65536, 1400, 1460),
	PROMISE(65536, 1, 300),
};

KUNIT_ARRAY_PARAM_DESC(promise, promises, name);

/* SHLD-14 */
static void promise_is_kept(struct kunit *test)
{
	const struct promise *p = test->param_value;

	promise_of(conv_of(test), p->rcvbuf, p->least, p->most);
}

/* What it costs stays within bounds, too. */
static void memory_of_small_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct rnd_state rnd;
	struct sock *sk;

	prandom_seed_state(&rnd, 1);
	connect_with_rcvbuf(t, 131072);
	sk = t->sock->sk;
	fill_window(t, conv_value(t, CONV_RECEIVED), &rnd, 20, 20);
	KUNIT_EXPECT_LE(test, atomic_read(&sk->sk_rmem_alloc), sk->sk_rcvbuf * 3 / 2 + 8192);
}

/* Behind a gap as well: what was promised need not come in order. */
static void promise_behind_a_gap(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 seq = 1001 + 150, edge;

	connect_with_rcvbuf(t, 131072);
	edge = right_edge(t, 1001, 1001);
	for (; edge - seq >= 150; seq += 150) {
		inject(t, "PSH|ACK seq %u ack S len 150", seq);
		expect(t, "ACK seq 101 ack 1001");
	}
	counted(t, RCV_PRUNED, 0);
	inject(t, "PSH|ACK seq 1001 ack S len 150");
	expect(t, "ACK seq 101 ack %u", seq);
	received_is(t, seq);
	returns(t, seq - 1001, user_recv(t, 100000));
	pass_over(t);
}

/* Segments that bring a byte each and repeat what came before cost as bytes do. */
static void one_new_byte_each(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk;
	u32 most = 0;

	connect_with_rcvbuf(t, 8192);
	pass_over(t);
	sk = t->sock->sk;
	inject(t, "ACK seq R ack S len 1460");
	pass_over(t);
	for (int i = 0; i < 1500; i++) {
		inject(t, "ACK seq R-1459 ack S len 1460");
		most = max_t(u32, most, atomic_read(&sk->sk_rmem_alloc));
		pass_over(t);
	}
	KUNIT_EXPECT_LE(test, most, 2 * sk->sk_rcvbuf + 8192);
	received_is(t, 1001 + 1460 + 1500);
	returns(t, 2960, user_recv(t, 5000));
	pass_over(t);
}

/* A buffer made smaller does not take the promise back; it is kept, the window closes
 * as it fills, and opens when the reader has made room.
 */
static void buffer_made_smaller(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;
	struct rnd_state rnd;
	bool opened = false;
	u32 seq, len;

	prandom_seed_state(&rnd, 5);
	connect_with_rcvbuf(t, 131072);
	expect(t, "ACK seq 101 ack 1001");
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, 2304));
	inject(t, "ACK seq R-1 ack S");
	seq = fill_window(t, 1001, &rnd, 100, 1460);
	KUNIT_EXPECT_GT(test, seq, 1001u + 60000);
	counted(t, RCV_PRUNED, 0);
	while (user_recv(t, 3000) > 0)
		;
	KUNIT_EXPECT_EQ(test, seq - 1001, t->read);
	while (conv_next(t, &seg, &len))
		opened |= seg.ack == seq && seg.wnd;
	KUNIT_EXPECT_TRUE(test, opened);
}

/* At the limit of all sockets together nothing is lost in silence: the window is said to
 * be shut, so that the peer probes instead of counting its retransmissions.
 */
static void no_memory_shuts_the_window(struct kunit *test)
{
	long mem[3] = { xtcp_mem[0], xtcp_mem[1], xtcp_mem[2] };
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;
	u32 len;

	established(t);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 1001 len 10");
	inject(t, "ACK seq R ack U len 1000");
	pass_over(t);
	fire_if_armed(t, XTCP_TIMER_DELACK);
	pass_over(t);
	for (int i = 0; i < 3; i++)	/* less than nothing: a processor keeps a reserve */
		xtcp_mem[i] = LONG_MIN;
	inject(t, "ACK seq R ack U len 30000");
	memcpy(xtcp_mem, mem, sizeof(mem));
	KUNIT_ASSERT_TRUE(test, conv_next(t, &seg, &len));
	KUNIT_EXPECT_EQ(test, 2001, seg.ack);
	KUNIT_EXPECT_EQ(test, 0, seg.wnd);
	counted(t, RCV_PRUNED, 1);
	/* its ACKs count where it stands, behind what was promised and is in flight */
	inject(t, "ACK seq R+30000 ack S");
	acked_is(t, 111);
	/* the reader makes room */
	returns(t, 1000, user_recv(t, 5000));
	KUNIT_ASSERT_TRUE(test, conv_next(t, &seg, &len));
	KUNIT_EXPECT_GT(test, seg.wnd, 1460);
}

/* An empty queue takes a segment however scarce memory is, in both directions. */
static void no_memory_and_empty_queues(struct kunit *test)
{
	long mem[3] = { xtcp_mem[0], xtcp_mem[1], xtcp_mem[2] };
	struct conv *t = conv_of(test);
	int got, sent;

	established(t);
	for (int i = 0; i < 3; i++)	/* less than nothing: a processor keeps a reserve */
		xtcp_mem[i] = LONG_MIN;
	inject(t, "ACK seq R ack S len 30000");
	got = user_recv(t, 100000);
	pass_over(t);
	sent = user_send(t, 1000);
	memcpy(xtcp_mem, mem, sizeof(mem));
	KUNIT_EXPECT_EQ(test, 30000, got);
	KUNIT_EXPECT_EQ(test, 1000, sent);
	expect(t, "PSH|ACK seq 101 len 1000");
	counted(t, RCV_PRUNED, 0);
}

/* A FIN costs no memory. */
static void no_memory_and_fin(struct kunit *test)
{
	long mem[3] = { xtcp_mem[0], xtcp_mem[1], xtcp_mem[2] };
	struct conv *t = conv_of(test);

	established(t);
	/* until nothing is left of what was charged ahead */
	for (int i = 0; i < 40 && (!i || t->sock->sk->sk_forward_alloc >= 500); i++) {
		inject(t, "ACK seq R ack S len 1000");
		pass_over(t);
	}
	KUNIT_ASSERT_LT(test, t->sock->sk->sk_forward_alloc, 500);
	for (int i = 0; i < 3; i++)
		xtcp_mem[i] = LONG_MIN;
	inject(t, "FIN|ACK seq R ack S");
	memcpy(xtcp_mem, mem, sizeof(mem));
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_CLOSE_WAIT);
}

/* The SYN of a peer that opens with its window shut: answers stand behind ours. */
static void syn_with_a_shut_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN seq 1000 mss 1460 win 0");
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq R+100000 ack S");
	expect(t, "ACK seq 101 ack 1001");
}

/* Under pressure less is offered. */
static void pressure_shrinks_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	s64 offered;

	established(t);
	inject(t, "ACK seq R ack S len 1460");
	pass_over(t);
	WRITE_ONCE(xtcp_memory_pressure, 1);
	returns(t, 1460, user_recv(t, 5000));
	pass_over(t);
	inject(t, "ACK seq R ack S len 60000");
	pass_over(t);
	returns(t, 60000, user_recv(t, 100000));
	pass_over(t);
	inject(t, "ACK seq R-1 ack S");
	WRITE_ONCE(xtcp_memory_pressure, 0);
	offered = conv_value(t, CONV_WINDOW);
	KUNIT_EXPECT_LE(test, offered, 4 * conv_value(t, CONV_PEER_MSS));
	pass_over(t);
}

/* ---- a segment without data is acceptable to its peer: MUST-34, A.2 ---- */

/* A window probe that the peer did not take. */
static void probed(struct conv *t)
{
	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq 101 ack R len 1");
	inject(t, "ACK seq R ack 101 win 0");
}

static void ack_behind_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	probed(t);
	inject(t, "PSH|ACK seq R ack 101 win 0 len 1000");
	fire_if_armed(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 2001");
}

static void reset_behind_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	probed(t);
	user_abort(t);
	expect(t, "RST|ACK seq 101 ack R");
}

static void disconnect_behind_probe(struct kunit *test)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct conv *t = conv_of(test);

	probed(t);
	returns(t, 0, kernel_connect(t->sock, &unspec, sizeof(unspec), 0));
	expect(t, "RST|ACK seq 101 ack R");
}

static void unread_behind_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	probed(t);
	inject(t, "PSH|ACK seq R ack 101 win 0 len 1000");
	pass_over(t);
	user_close(t);
	expect(t, "RST|ACK seq 101 ack 2001");
}

/* The window shrinks under what is in flight: anything up to its edge (MUST-34). */
static void ack_behind_shrunk_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10 * MSS, user_send(t, 10 * MSS));
	pass_over(t);
	inject(t, "ACK seq R ack U win 1000");
	inject(t, "PSH|ACK seq R ack U win 1000 len 1000");
	fire_if_armed(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq %u ack 2001", 101 + 1000);
}

/* ---- a FIN has a sequence number: 3.8.6 ---- */

static void fin_into_closed_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	state_is(t, TCP_FIN_WAIT1);
	/* ACKs go on to be acceptable */
	inject(t, "PSH|ACK seq R ack 101 win 0 len 1000");
	fire_if_armed(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq 101 ack 2001");
	/* it is the probe, too */
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "FIN|ACK seq 101 ack R");
	inject(t, "ACK seq R ack 101 win 0");
	inject(t, "ACK seq R ack 101 win 1");
	expect(t, "FIN|ACK seq 101 ack R");
	inject(t, "ACK seq R ack 102");
	state_is(t, TCP_FIN_WAIT2);
}

static void fin_behind_full_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1000;
	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "PSH|ACK seq 101 ack R len 1000");
	inject(t, "ACK seq R ack 1101 win 0");
	inject(t, "ACK seq R ack 1101 win 1000");
	expect(t, "FIN|ACK seq 1101 ack R");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_FIN_WAIT2);
}

/* SO_TIMESTAMPING tells of the last byte, and that does not wait with the FIN. */
static void stamp_stays_with_the_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1000;
	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	set_last_stamped(t);
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "PSH|ACK seq 101 ack R len 1000");
	send_queue_is(t, 2);
	KUNIT_EXPECT_TRUE(test, conv_is_stamped(t, 0));
	KUNIT_EXPECT_FALSE(test, conv_is_stamped(t, 1));
}

/* With room for it, it goes on the last data, as ever. */
static void fin_within_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1001;
	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|PSH|ACK seq 101 ack R len 1000");
}

/* Sent again into a window that has shrunk: the data without it. */
static void fin_again_into_less(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 1000, user_send_flags(t, 1000, MSG_MORE));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|PSH|ACK seq 101 ack R len 1000");
	inject(t, "ACK seq R ack U win 1000");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq 101 ack R len 1000");
	inject(t, "ACK seq R ack 1101 win 1000");
	expect(t, "FIN|ACK seq 1101 ack R");
}

/* ---- and as the receiver, the window shut ---- */

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

static void shut_window(struct conv *t, u32 window)
{
	small_window(t, window);
	inject(t, "ACK seq 1001 ack S len %u", window);
	expect(t, "ACK seq S ack %u win 0", 1001 + window);
}

/* The peer has probed, and goes on from there. */
static void ack_of_a_peer_that_probed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 2001 len 10 win 0");
	inject(t, "ACK seq 2001 ack 101 len 1");
	expect(t, "ACK seq S ack 2001 win 0");
	inject(t, "ACK seq 2002 ack 111");
	acked_is(t, 111);
	/* but no further */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 111 len 10");
	inject(t, "ACK seq 2003 ack 121");
	expect(t, "ACK seq S ack 2001 win 0");
	acked_is(t, 111);
}

static void fin_needs_no_room(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	inject(t, "FIN|ACK seq 2001 ack S");
	expect(t, "ACK seq S ack 2002 win 0");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 1000, user_recv(t, 5000));
	returns(t, 0, user_recv(t, 5000));
	/* the peer's ACKs are acceptable behind it */
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 101 ack 2002 len 10");
	inject(t, "ACK seq 2002 ack 111");
	acked_is(t, 111);
}

static void fin_behind_what_fills_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1000);
	inject(t, "FIN|PSH|ACK seq 1001 ack S len 1000");
	expect(t, "ACK seq S ack 2002 win 0");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 1000, user_recv(t, 5000));
	returns(t, 0, user_recv(t, 5000));
}

/* Out of order, too: the data that fills the window comes after it. */
static void fin_before_what_fills_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1000);
	inject(t, "FIN|ACK seq 2001 ack S");
	expect(t, "ACK seq S ack 1001");
	inject(t, "ACK seq 1001 ack S len 1000");
	expect(t, "ACK seq S ack 2002 win 0");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 1000, user_recv(t, 5000));
	returns(t, 0, user_recv(t, 5000));
}

/* With data in front of it that does not fit, it waits with that. */
static void fin_on_a_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	inject(t, "FIN|PSH|ACK seq 2001 ack S len 1");
	expect(t, "ACK seq S ack 2001 win 0");
	state_is(t, TCP_ESTABLISHED);
	inject(t, "FIN|ACK seq 2002 ack S");
	expect(t, "ACK seq S ack 2001 win 0");
	state_is(t, TCP_ESTABLISHED);
}

/* SHLD-19, the reader being slow */
static void every_second_unread(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;
	u32 len, seq = 1001;
	int acks = 0;

	established(t);
	set_quick_acks(t, 0);
	for (int i = 0; i < 20; i++) {
		inject(t, "ACK seq %u ack S len 1460", seq);
		seq += 1460;
		while (conv_next(t, &seg, &len))
			acks++;
	}
	KUNIT_EXPECT_EQ(test, 10, acks);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE_PARAM(promise_is_kept, promise_gen_params),
	KUNIT_CASE(memory_of_small_segments),
	KUNIT_CASE(promise_behind_a_gap),
	KUNIT_CASE(one_new_byte_each),
	KUNIT_CASE(buffer_made_smaller),
	KUNIT_CASE(no_memory_shuts_the_window),
	KUNIT_CASE(no_memory_and_empty_queues),
	KUNIT_CASE(no_memory_and_fin),
	KUNIT_CASE(syn_with_a_shut_window),
	KUNIT_CASE(pressure_shrinks_the_window),
	KUNIT_CASE(ack_behind_probe),
	KUNIT_CASE(reset_behind_probe),
	KUNIT_CASE(disconnect_behind_probe),
	KUNIT_CASE(unread_behind_probe),
	KUNIT_CASE(ack_behind_shrunk_window),
	KUNIT_CASE(fin_into_closed_window),
	KUNIT_CASE(fin_behind_full_window),
	KUNIT_CASE(stamp_stays_with_the_data),
	KUNIT_CASE(fin_within_window),
	KUNIT_CASE(fin_again_into_less),
	KUNIT_CASE(ack_of_a_peer_that_probed),
	KUNIT_CASE(fin_needs_no_room),
	KUNIT_CASE(fin_behind_what_fills_the_window),
	KUNIT_CASE(fin_before_what_fills_the_window),
	KUNIT_CASE(fin_on_a_probe),
	KUNIT_CASE(every_second_unread),
	{}
};

struct kunit_suite window_suite = {
	.name = "wire_window",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = window_cases,
};
