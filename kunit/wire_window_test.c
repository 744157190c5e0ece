// SPDX-License-Identifier: GPL-2.0
/*
 * The window: the one that we offer, and the peer's, which we obey: RFC 9293, 3.8.6.
 * It keeps its promise.
 */
#include <linux/prandom.h>
#include <linux/tcp.h>
#include "../module/engine/memory.h"
#include "conv.h"
#include "suites.h"

/* ---- the peer's ---- */

/* The sender stays within the peer's window; what is left waits. */
static void peers_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 3000;
	established(t);
	returns(t, 6000, user_send(t, 6000));
	expect(t, "ACK seq S ack R len m");
	expect(t, "ACK seq S+m ack R len m");
	inject(t, "ACK seq R ack 3021 win 1460");
	expect(t, "ACK seq 3021 ack R len m");
	/* the peer's reader reopens the window */
	inject(t, "ACK seq R ack 3021 win 4000");
	expect(t, "ACK seq 4481 ack R len m");
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
	if (IS_ENABLED(CONFIG_KASAN)) {		/* they take long to fill */
		t->xn->sysctl.rmem[1] /= 20;
		rcvbuf = rcvbuf > 8192 ? rcvbuf / 20 : rcvbuf;
	}
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

/* And its cost stays within bounds. */
static void memory_of_small_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct rnd_state rnd;
	struct sock *sk;

	prandom_seed_state(&rnd, 1);
	connect_with_rcvbuf(t, tries(131072));
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

/* Segments that each bring one byte and repeat what came before cost what those bytes
 * do.
 */
static void one_new_byte_each(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int bytes = tries(1500);
	struct sock *sk;
	u32 most = 0;

	connect_with_rcvbuf(t, 8192);
	pass_over(t);
	sk = t->sock->sk;
	inject(t, "ACK seq R ack S len m");
	pass_over(t);
	for (int i = 0; i < bytes; i++) {
		inject(t, "ACK seq R-1459 ack S len m");
		most = max_t(u32, most, atomic_read(&sk->sk_rmem_alloc));
		pass_over(t);
	}
	KUNIT_EXPECT_LE(test, most, 2 * sk->sk_rcvbuf + 8192);
	received_is(t, 1001 + 1460 + bytes);
	returns(t, 1460 + bytes, user_recv(t, 5000));
	pass_over(t);
}

/* Segments behind a gap that overlap, each by all but a byte: none lies within another, so
 * all are kept, up to a bound.
 */
static void overlapping_behind_a_gap(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 all, most = 0;
	struct sock *sk;

	connect_with_rcvbuf(t, 0);
	pass_over(t);
	sk = t->sock->sk;
	all = conv_value(t, CONV_WINDOW);
	for (int i = 1; i <= 400; i++) {
		inject(t, "ACK seq R+%d ack S len m", i);
		pass_over(t);
		most = max_t(u32, most, atomic_read(&sk->sk_rmem_alloc));
	}
	KUNIT_EXPECT_GT(test, most, 40 * MSS);
	KUNIT_EXPECT_LE(test, most, 4 * all);
	/* what is next is taken all the same, and all that it reaches */
	inject(t, "PSH|ACK seq R ack S len 100");
	pass_over(t);
	KUNIT_EXPECT_GE(test, user_recv(t, 100000), 1460);
	pass_over(t);
}

/* A buffer larger than the window can say: what the peer may cost follows from the window. */
static void large_buffer_and_small_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 all, most = 0;
	struct sock *sk;

	with_options(t, 0);
	connect_with_rcvbuf(t, 200000);
	pass_over(t);
	sk = t->sock->sk;
	all = conv_value(t, CONV_WINDOW);
	KUNIT_ASSERT_LE(test, all, U16_MAX);
	for (int i = 0; i < 700; i++) {
		inject(t, "ACK seq R+%d ack S len 1", 2 + 2 * i);
		pass_over(t);
		most = max_t(u32, most, atomic_read(&sk->sk_rmem_alloc));
	}
	KUNIT_EXPECT_LE(test, most, 4 * all);
	/* what is promised is taken all the same */
	for (u32 n = 0; n < all; n += 1000) {
		inject(t, "ACK seq R ack S len 1000");
		pass_over(t);
	}
	KUNIT_EXPECT_GE(test, user_recv(t, 100000), (int)all);
	pass_over(t);
}

/* While the user holds the socket nobody can pack or prune: then the backlog and what is
 * queued already have a bound together, however small the segments.
 */
static void backlog_of_tiny_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const char *said = NULL;
	struct sock *sk;
	u32 all, most;

	connect_with_rcvbuf(t, 0);
	pass_over(t);
	sk = t->sock->sk;
	all = conv_value(t, CONV_WINDOW);
	lock_sock(sk);
	for (int i = 0; i < 800 && !said; i++)
		said = conv_inject(t, "ACK seq R+%d ack S len 1", 2 * i);
	most = READ_ONCE(sk->sk_backlog.len) + atomic_read(&sk->sk_rmem_alloc);
	release_sock(sk);
	conv_freeze(t);
	CONV_STEP(said);
	pass_over(t);
	KUNIT_EXPECT_GT(test, most, all);
	KUNIT_EXPECT_LE(test, most, 4 * all);
	KUNIT_EXPECT_GT(test, conv_count(t, XTCP_MIB_BACKLOG_DROPS), 0);
	user_recv(t, 100000);
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

/* At the limit of all sockets together nothing is lost silently: we say that the window
 * is shut, so that the peer probes instead of counting its retransmissions.
 */
static void no_memory_shuts_the_window(struct kunit *test)
{
	long mem[3] = { xtcp_mem[0], xtcp_mem[1], xtcp_mem[2] };
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;
	u32 len;

	with_options(t, 0);	/* it counts bytes */
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

/* Under pressure less is offered. */
static void pressure_shrinks_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	long low = xtcp_mem[0];
	s64 offered;

	established(t);
	inject(t, "ACK seq R ack S len m");
	pass_over(t);
	xtcp_mem[0] = LONG_MIN;		/* below this the pressure would be over */
	WRITE_ONCE(xtcp_memory_pressure, 1);
	returns(t, 1460, user_recv(t, 5000));
	pass_over(t);
	inject(t, "ACK seq R ack S len 60000");
	pass_over(t);
	returns(t, 60000, user_recv(t, 100000));
	pass_over(t);
	inject(t, "ACK seq R-1 ack S");
	xtcp_mem[0] = low;
	WRITE_ONCE(xtcp_memory_pressure, 0);
	offered = conv_value(t, CONV_WINDOW);
	KUNIT_EXPECT_LE(test, offered, 4 * conv_value(t, CONV_PEER_MSS));
	pass_over(t);
}

/* Half of the buffer is offered, since the skbs cost more than the data.  Where
 * that is not enough, what the window promised is taken all the same.
 */
static void promise_costs_more(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 seq = 1001, edge, len;
	struct xtcp_segment seg;

	with_options(t, 0);	/* it counts bytes */
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

/* ---- how it moves ---- */

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
	inject(t, "PSH|ACK seq R ack S len m");
	expect(t, "ACK seq S ack R+m win 0");
	set_clamp(t->sock, U16_MAX);
	leave_room(t, 100);
	returns(t, 100, user_recv(t, 100));
	leave_room(t, 600);
	returns(t, 1300, user_recv(t, 1300));
	leave_room(t, 1460);
	returns(t, 60, user_recv(t, 1300));
	expect(t, "ACK seq S ack R");
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

static struct kunit_case window_cases[] = {
	KUNIT_CASE(peers_window),
	KUNIT_CASE(old_window),
	KUNIT_CASE_PARAM(promise_is_kept, promise_gen_params),
	KUNIT_CASE(memory_of_small_segments),
	KUNIT_CASE(promise_behind_a_gap),
	KUNIT_CASE(one_new_byte_each),
	KUNIT_CASE(promise_costs_more),
	KUNIT_CASE(overlapping_behind_a_gap),
	KUNIT_CASE(large_buffer_and_small_window),
	KUNIT_CASE(backlog_of_tiny_segments),
	KUNIT_CASE(buffer_made_smaller),
	KUNIT_CASE(no_memory_shuts_the_window),
	KUNIT_CASE(no_memory_and_empty_queues),
	KUNIT_CASE(no_memory_and_fin),
	KUNIT_CASE(pressure_shrinks_the_window),
	KUNIT_CASE(silly_receiver),
	KUNIT_CASE(window_never_shrinks),
	{}
};

struct kunit_suite window_suite = {
	.name = "wire_window",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = window_cases,
};
