// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers find their size: the receive buffer as its reader takes, the send buffer as the
 * path does.  Unless the user has chosen it.
 */
#include <linux/poll.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/tcp.h>
#include "../module/engine/memory.h"
#include "../module/engine/rightsize.h"
#include "../module/socket/poll.h"
#include "conv.h"
#include "suites.h"

#define SEGMENT		1448u			/* with timestamps */
#define MERGED		(41 * SEGMENT)		/* what GRO makes of 41 */
#define RTT_MS		10000u			/* no case takes longer */

static void open_with(struct conv *t, u8 options)
{
	with_options(t, options);
	established(t);
	set_round_trip(t, RTT_MS * USEC_PER_MSEC);
}

static void open_scaled(struct conv *t)
{
	open_with(t, XTCP_OPT_WSCALE | XTCP_OPT_TIMESTAMPS);
}

static u32 window(struct conv *t)
{
	return conv_value(t, CONV_WINDOW);
}

/* What it says when it is asked: an ACK of its own tells only of one twice as large. */
static u32 window_told(struct conv *t)
{
	inject(t, "ACK seq R-1 ack S");
	pass_over(t);
	return window(t);
}

static int rcvbuf(struct conv *t)
{
	return READ_ONCE(t->sock->sk->sk_rcvbuf);
}

static int sndbuf(struct conv *t)
{
	return READ_ONCE(t->sock->sk->sk_sndbuf);
}

/* All that the receive queue costs. */
static u32 cost(struct conv *t)
{
	return atomic_read(&t->sock->sk->sk_rmem_alloc);
}

/* The peer uses its window up; what is larger than a segment was merged by GRO. */
static void peer_fills(struct conv *t, u32 each)
{
	u32 n;

	while ((n = min(window(t), each))) {
		if (n > SEGMENT)
			inject(t, "ACK seq R ack S len %u gso %u", n, SEGMENT);
		else
			inject(t, "ACK seq R ack S len %u", n);
		pass_over(t);
		fire_if_armed(t, XTCP_TIMER_DELACK);
		pass_over(t);
	}
}

static void user_empties(struct conv *t)
{
	while (user_recv(t, SZ_64K) > 0)
		;
	pass_over(t);
	KUNIT_ASSERT_EQ(t->test, conv_value(t, CONV_RECEIVED) - THERE_ISS - 1, t->read);
}

/* Round trips in which the peer uses its window up, and the reader takes all. */
static void round_trips(struct conv *t, int n)
{
	while (n--) {
		peer_fills(t, MERGED);
		time_passes(t, RTT_MS);
		user_empties(t);
	}
}

/* ---- the receive buffer ---- */

/* Each round trip's worth is taken at once, so the window at least doubles, up to what
 * the largest buffer can hold.
 */
static void reader_takes_all(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 most, before;

	open_scaled(t);
	most = t->xn->sysctl.rmem[2];
	while (rcvbuf(t) < most) {
		before = window(t);
		round_trips(t, 1);
		if (rcvbuf(t) < most)
			KUNIT_ASSERT_GE(test, window(t), 2 * before);
	}
	KUNIT_EXPECT_EQ(test, most, rcvbuf(t));
	/* merged segments are dense: nearly all of it may be data */
	KUNIT_EXPECT_GE(test, window_told(t), most / 5 * 4);
	round_trips(t, 2);
	KUNIT_EXPECT_EQ(test, most, rcvbuf(t));
	counted(t, RCV_PRUNED, 0);
}

/* The window opens while the peer speeds up: before the round trip is over. */
static void reader_takes_at_once(struct kunit *test)
{
	struct conv *t = conv_of(test);

	open_scaled(t);
	for (int i = 0; i < 40; i++) {
		inject(t, "ACK seq R ack S len m");
		pass_over(t);
		returns(t, SEGMENT, user_recv(t, SZ_64K));
		pass_over(t);
	}
	KUNIT_EXPECT_GE(test, rcvbuf(t), 4 * 40 * SEGMENT);
}

static void reader_takes_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int before;

	open_scaled(t);
	before = rcvbuf(t);
	peer_fills(t, SEGMENT);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R-1 ack S");
	expect(t, "ACK win 0");
	KUNIT_EXPECT_EQ(test, before, rcvbuf(t));
	KUNIT_EXPECT_LE(test, cost(t), 2 * before);
}

/* It leaves more than it takes: with a larger buffer it would leave more. */
static void reader_is_slow(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int before;

	open_scaled(t);
	before = rcvbuf(t);
	for (int i = 0; i < 10; i++) {
		peer_fills(t, SEGMENT);
		time_passes(t, RTT_MS);
		returns(t, 20000, user_recv(t, 20000));
		pass_over(t);
	}
	KUNIT_EXPECT_EQ(test, before, rcvbuf(t));
}

/* The user, the administrator or the want of memory says no. */
static void rcvbuf_stays(struct kunit *test)
{
	struct conv *t = conv_of(test);

	open_scaled(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, 50000));
	round_trips(t, 4);
	KUNIT_EXPECT_EQ(test, 100000, rcvbuf(t));
}

static void rcvbuf_not_moderated(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.moderate_rcvbuf = 0;
	open_scaled(t);
	round_trips(t, 4);
	KUNIT_EXPECT_EQ(test, t->xn->sysctl.rmem[1], rcvbuf(t));
	t->xn->sysctl.moderate_rcvbuf = 1;
	round_trips(t, 2);
	KUNIT_EXPECT_GT(test, rcvbuf(t), t->xn->sysctl.rmem[1]);
}

/* Return: for pressure_ends() */
static long pressure_begins(void)
{
	long low = xtcp_mem[0];

	xtcp_mem[0] = LONG_MIN;		/* below this it would be over */
	WRITE_ONCE(xtcp_memory_pressure, 1);
	return low;
}

static void pressure_ends(long low)
{
	xtcp_mem[0] = low;
	WRITE_ONCE(xtcp_memory_pressure, 0);
}

static void rcvbuf_under_pressure(struct kunit *test)
{
	struct conv *t = conv_of(test);
	long low;

	open_scaled(t);
	peer_fills(t, MERGED);
	low = pressure_begins();
	user_empties(t);
	KUNIT_EXPECT_EQ(test, t->xn->sysctl.rmem[1], rcvbuf(t));
	round_trips(t, 2);
	pressure_ends(low);
	KUNIT_EXPECT_EQ(test, t->xn->sysctl.rmem[1], rcvbuf(t));
	/* then it makes up for that */
	round_trips(t, 1);
	KUNIT_EXPECT_GT(test, rcvbuf(t), t->xn->sysctl.rmem[1]);
}

/* What may never be offered needs no memory. */
static void rcvbuf_and_clamp(struct kunit *test)
{
	struct conv *t = conv_of(test);

	open_scaled(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_WINDOW_CLAMP, 100000));
	for (int i = 0; i < 6; i++) {
		round_trips(t, 1);
		KUNIT_ASSERT_LE(test, window_told(t), 100000u);
	}
	KUNIT_EXPECT_GE(test, window(t), 100000u - SEGMENT);
	KUNIT_EXPECT_LE(test, rcvbuf(t), 200000);
}

static void rcvbuf_without_scale(struct kunit *test)
{
	struct conv *t = conv_of(test);

	open_with(t, XTCP_OPT_TIMESTAMPS);
	round_trips(t, 6);
	KUNIT_EXPECT_LE(test, rcvbuf(t), 131072);
}

/* The peer uses its window up, and goes on when it opens; that takes so long. */
static void beyond_the_edge(struct conv *t, u32 ms)
{
	time_passes(t, ms);
	peer_fills(t, MERGED);
	user_empties(t);
	time_passes(t, ms);
	for (int i = 0; i < 2; i++) {
		inject(t, "ACK seq R ack S len m");
		pass_over(t);
	}
	user_empties(t);
}

/* Without timestamps the window tells how long a round trip takes: the shortest time. */
static void round_trip_by_window(struct kunit *test)
{
	struct conv *t = conv_of(test);
	s64 shortest;

	open_with(t, XTCP_OPT_WSCALE);
	inject(t, "ACK seq R ack S len m");
	pass_over(t);
	beyond_the_edge(t, 300);
	shortest = conv_value(t, CONV_ROUND_TRIP);
	KUNIT_EXPECT_GE(test, shortest, 300 * USEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, shortest, RTT_MS * USEC_PER_MSEC);
	beyond_the_edge(t, 20000);
	round_trip_is(t, shortest);
}

/* With them, a full segment's TSecr does; a pause counts for little. */
static void round_trip_by_timestamp(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 now;

	open_scaled(t);
	now = t->tsval_seen;
	set_round_trip(t, 0);
	inject(t, "ACK seq R ack S len 100 ts 7001 ecr %u", now - 5000);
	pass_over(t);
	inject(t, "ACK seq R ack S len m ts 7001 ecr %u", now - 200);
	pass_over(t);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_ROUND_TRIP), 200 * USEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_ROUND_TRIP), 5000 * USEC_PER_MSEC);
	set_round_trip(t, 80000);
	inject(t, "ACK seq R ack S len m ts 7002 ecr %u", now - 200);
	pass_over(t);
	round_trip_is(t, 80000);	/* the same again */
	inject(t, "ACK seq R ack S len m ts 7002 ecr %u", now - 60000);
	pass_over(t);
	round_trip_is(t, 70000 + 161000 / 8);
	inject(t, "ACK seq R ack S len m ts 7002 ecr %u", now + 60000);
	pass_over(t);
	round_trip_is(t, 70000 + 161000 / 8);
}

/* ---- what it holds ---- */

/* How much of the buffer is offered follows the cost of what comes. */
static void window_follows_density(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 dense, single;

	open_scaled(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, 200000));
	for (int i = 0; i < 6; i++) {
		peer_fills(t, MERGED);
		user_empties(t);
	}
	dense = window_told(t);
	KUNIT_EXPECT_GE(test, dense, 265000u);
	/* what does not fill a segment is dear whatever the path */
	for (int i = 0; i < 60; i++) {
		inject(t, "PSH|ACK seq R ack S len 100");
		pass_over(t);
	}
	user_empties(t);
	/* it opens by whole steps: what is less than one may be missing */
	KUNIT_EXPECT_GT(test, window_told(t), dense - SEGMENT);
	peer_fills(t, SEGMENT);
	user_empties(t);
	peer_fills(t, SEGMENT);
	user_empties(t);
	single = window_told(t);
	KUNIT_EXPECT_LT(test, single, dense);
	KUNIT_EXPECT_GE(test, single, 200000u - SEGMENT);
	counted(t, RCV_PRUNED, 0);
}

/* A window that was promised for dense skbs is kept for any, at no more than four times
 * its size.
 */
struct sizes {
	u32	least;
	u32	most;
	char	name[24];
};

#define SIZES(a, b) { .least = a, .most = b, .name = #a " to " #b }

static const struct sizes sizes[] = {
	SIZES(40, 80),
	SIZES(1, 400),
	SIZES(1, 1448),
	SIZES(700, 760),
	SIZES(1448, 1448),
};

KUNIT_ARRAY_PARAM_DESC(sizes, sizes, name);

/* Return: how many bytes the peer could send in such segments; those behind a gap, if
 * there is one, were not acknowledged
 */
static u32 fill_mixed(struct conv *t, const struct sizes *s, bool gap)
{
	u32 sent = gap, all = window(t), most = 0, n;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, s->least);
	while (sent < all) {
		n = s->least + prandom_u32_state(&rnd) % (s->most - s->least + 1);
		n = min(n, all - sent);
		if (gap)
			inject(t, "ACK seq R+%u ack S len %u", sent, n);
		else
			inject(t, "ACK seq R ack S len %u", n);
		pass_over(t);
		sent += n;
		most = max(most, cost(t));
	}
	KUNIT_EXPECT_LE(t->test, most, 2 * (u32)rcvbuf(t));
	KUNIT_EXPECT_LE(t->test, most, 4 * all);
	return sent;
}

static void grow_dense(struct conv *t)
{
	/* with sanitizers it takes long to fill */
	int most = IS_ENABLED(CONFIG_KASAN) ? SZ_128K + SZ_32K : SZ_512K;

	t->xn->sysctl.rmem[2] = most;
	open_scaled(t);
	round_trips(t, 6);
	KUNIT_ASSERT_EQ(t->test, most, rcvbuf(t));
	KUNIT_ASSERT_GE(t->test, window_told(t), most / 4u * 3);
}

static void dense_promise_is_kept(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 sent, before;

	grow_dense(t);
	before = conv_value(t, CONV_RECEIVED);
	sent = fill_mixed(t, test->param_value, false);
	received_is(t, before + sent);
	user_empties(t);
	counted(t, RCV_PRUNED, 0);
}

/* Behind a gap what is refused for memory comes again, so nothing else than the bound
 * matters.
 */
static void dense_promise_behind_a_gap(struct kunit *test)
{
	struct conv *t = conv_of(test);

	grow_dense(t);
	fill_mixed(t, test->param_value, true);
	inject(t, "ACK seq R ack S len 1");
	pass_over(t);
	user_empties(t);
}

/* What GRO has merged counts as the segments that it was: the second is acknowledged at
 * once, a segment's size is one's, and none is lost in the count.
 */
static void merged_segments(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	open_scaled(t);
	inject(t, "ACK seq R ack S len %u gso %u", MERGED, SEGMENT);
	pass_over(t);
	set_quick_acks(t, 0);
	before = xtcp_sk(t->sock->sk)->tally.data_segs_in;
	inject(t, "ACK seq R ack S len 2m gso m");
	expect(t, "ACK seq S ack R+2m");
	inject(t, "ACK seq R ack S len m");
	armed(t, XTCP_TIMER_DELACK);
	KUNIT_EXPECT_EQ(test, SEGMENT, conv_value(t, CONV_PEER_MSS));
	KUNIT_EXPECT_EQ(test, before + 3, xtcp_sk(t->sock->sk)->tally.data_segs_in);
	user_empties(t);
}

/* ---- SO_RCVLOWAT never stalls ---- */

static bool readable(struct conv *t)
{
	return xtcp_poll(NULL, t->sock, NULL) & EPOLLIN;
}

/* Beyond the buffer: it grows, and the mark is reached. */
static void lowat_grows_the_buffer(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 mark = SZ_1M;

	open_scaled(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVLOWAT, mark));
	KUNIT_EXPECT_EQ(test, mark, t->sock->sk->sk_rcvlowat);
	for (u32 n = 0; n < mark; n += MERGED) {
		KUNIT_ASSERT_FALSE_MSG(test, readable(t), "after %u bytes", n);
		KUNIT_ASSERT_GE(test, window(t), min(MERGED, mark - n));
		inject(t, "ACK seq R ack S len %u gso %u", MERGED, SEGMENT);
		pass_over(t);
	}
	KUNIT_EXPECT_TRUE(test, readable(t));
	user_empties(t);
	/* half of the largest buffer is the most */
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVLOWAT, INT_MAX));
	KUNIT_EXPECT_EQ(test, t->xn->sysctl.rmem[2] / 2, t->sock->sk->sk_rcvlowat);
}

struct lowat {
	int	rcvbuf;		/* SO_RCVBUF; 0: none */
	u32	each;		/* the peer's segments */
	bool	later;		/* the buffer is made so small after the mark is set */
	char	name[48];
};

#define LOWAT(buf, n, l) \
	{ .rcvbuf = buf, .each = n, .later = l, \
	  .name = "buffer " #buf ", segments of " #n ", later " #l }

static const struct lowat lowats[] = {
	LOWAT(0, 100, false),
	LOWAT(0, 1448, false),
	LOWAT(30000, 100, false),
	LOWAT(30000, 1448, false),
	LOWAT(30000, 1448, true),
	LOWAT(4000, 10, false),
	LOWAT(4000, 1448, true),
	LOWAT(1152, 1, false),
	LOWAT(1152, 500, true),
};

KUNIT_ARRAY_PARAM_DESC(lowat, lowats, name);

/* However large the mark and however small the buffer: where no more can come the reader
 * is woken.
 */
static void lowat_never_stalls(struct kunit *test)
{
	const struct lowat *p = test->param_value;
	struct conv *t = conv_of(test);

	t->xn->sysctl.rmem[2] = 200000;
	open_scaled(t);
	if (p->rcvbuf && !p->later)
		returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, p->rcvbuf));
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVLOWAT, INT_MAX));
	if (p->rcvbuf && p->later)
		returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVBUF, p->rcvbuf));
	pass_over(t);
	/* as long as a peer may send a segment, and at least a mark's worth for the rest */
	for (int i = 0; i < 10000 && window(t) >= p->each && !readable(t); i++) {
		inject(t, "ACK seq R ack S len %u", p->each);
		pass_over(t);
		fire_if_armed(t, XTCP_TIMER_DELACK);
		pass_over(t);
	}
	KUNIT_EXPECT_TRUE(test, readable(t));
	user_empties(t);
}

/* No memory for more. */
static void lowat_without_memory(struct kunit *test)
{
	long mem[3] = { xtcp_mem[0], xtcp_mem[1], xtcp_mem[2] };
	struct conv *t = conv_of(test);
	bool before, then;

	open_scaled(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_RCVLOWAT, 50000));
	inject(t, "ACK seq R ack S len 1000");
	pass_over(t);
	before = readable(t);
	for (int i = 0; i < 3; i++)	/* less than nothing: a processor keeps a reserve */
		xtcp_mem[i] = LONG_MIN;
	inject(t, "ACK seq R ack S len 30000");
	then = readable(t);
	memcpy(xtcp_mem, mem, sizeof(mem));
	WRITE_ONCE(xtcp_memory_pressure, 0);
	pass_over(t);
	KUNIT_EXPECT_FALSE(test, before);
	KUNIT_EXPECT_TRUE(test, then);
	user_empties(t);
}

/* ---- the send buffer ---- */

/* The user writes until there is no room; the peer acknowledges all. */
static void send_round_trip(struct conv *t)
{
	while (user_send(t, 20000) > 0)
		;
	pass_over(t);
	inject(t, "ACK seq R ack S");
	pass_over(t);
}

/* It holds two congestion windows, in segments that are skbs of their own. */
static void sndbuf_follows_cwnd(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int most = IS_ENABLED(CONFIG_KASAN) ? 500000 : 2000000;
	u32 before = 0;

	t->xn->sysctl.wmem[2] = most;
	/* however long a round trip takes here, it is no pause */
	t->xn->sysctl.rto_min_us = 60 * USEC_PER_SEC;
	open_scaled(t);
	for (int i = 0; i < 20 && sndbuf(t) < most; i++) {
		KUNIT_ASSERT_GE(test, sndbuf(t), 2 * conv_value(t, CONV_CWND));
		KUNIT_ASSERT_GT(test, sndbuf(t), before);
		before = sndbuf(t);
		send_round_trip(t);
	}
	KUNIT_EXPECT_EQ(test, most, sndbuf(t));
	send_round_trip(t);
	KUNIT_EXPECT_EQ(test, most, sndbuf(t));
}

static void sndbuf_stays(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	with_options(t, XTCP_OPT_WSCALE | XTCP_OPT_TIMESTAMPS);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 20000));
	established(t);
	for (int i = 0; i < 4; i++)
		send_round_trip(t);
	KUNIT_EXPECT_EQ(test, 40000, sndbuf(t));
}

static void sndbuf_under_pressure(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int before;
	long low;

	open_scaled(t);
	before = sndbuf(t);
	while (user_send(t, 20000) > 0)
		;
	pass_over(t);
	low = pressure_begins();
	inject(t, "ACK seq R ack S");
	pressure_ends(low);
	pass_over(t);
	KUNIT_EXPECT_EQ(test, before, sndbuf(t));
}

/* Who found no room is woken by an ACK that makes a third of it free, or makes the buffer
 * grow that far.
 */
static void writer_is_woken(struct kunit *test)
{
	struct conv *t = conv_of(test);

	open_scaled(t);
	while (user_send(t, 20000) > 0)
		;
	pass_over(t);
	KUNIT_EXPECT_TRUE(test, test_bit(SOCK_NOSPACE, &t->sock->flags));
	inject(t, "ACK seq R ack S");
	pass_over(t);
	KUNIT_EXPECT_FALSE(test, test_bit(SOCK_NOSPACE, &t->sock->flags));
	KUNIT_EXPECT_GT(test, user_send(t, 20000), 0);
	pass_over(t);
}

static struct kunit_case buffers_cases[] = {
	KUNIT_CASE(reader_takes_all),
	KUNIT_CASE(reader_takes_at_once),
	KUNIT_CASE(reader_takes_nothing),
	KUNIT_CASE(reader_is_slow),
	KUNIT_CASE(rcvbuf_stays),
	KUNIT_CASE(rcvbuf_not_moderated),
	KUNIT_CASE(rcvbuf_under_pressure),
	KUNIT_CASE(rcvbuf_and_clamp),
	KUNIT_CASE(rcvbuf_without_scale),
	KUNIT_CASE(round_trip_by_window),
	KUNIT_CASE(round_trip_by_timestamp),
	KUNIT_CASE(window_follows_density),
	KUNIT_CASE_PARAM(dense_promise_is_kept, sizes_gen_params),
	KUNIT_CASE_PARAM(dense_promise_behind_a_gap, sizes_gen_params),
	KUNIT_CASE(merged_segments),
	KUNIT_CASE(lowat_grows_the_buffer),
	KUNIT_CASE_PARAM(lowat_never_stalls, lowat_gen_params),
	KUNIT_CASE(lowat_without_memory),
	KUNIT_CASE(sndbuf_follows_cwnd),
	KUNIT_CASE(sndbuf_stays),
	KUNIT_CASE(sndbuf_under_pressure),
	KUNIT_CASE(writer_is_woken),
	{}
};

struct kunit_suite buffers_suite = {
	.name = "wire_buffers",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = buffers_cases,
};
