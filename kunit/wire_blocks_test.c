// SPDX-License-Identifier: GPL-2.0
/*
 * Conversations about the SACK blocks that we send: RFC 2018; D-SACK, RFC 2883.
 */
#include "../module/engine/memory.h"
#include "conv.h"
#include "suites.h"

/* ---- SACK: RFC 2018, 4 ---- */

/* The receiver has everything below 5000. */
static void below_5000(struct conv *t)
{
	t->irs = 4999;
	established(t);
}

/* Case 2: the first is lost, the rest is one block that grows. */
static void rfc2018_first_is_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below_5000(t);
	for (u32 seq = 5500; seq < 9000; seq += 500) {
		inject(t, "ACK seq %u ack S len 500", seq);
		expect(t, "ACK seq S ack 5000 sack 5500..%u", seq + 500);
	}
	inject(t, "ACK seq 5000 ack S len 500");
	expect(t, "ACK seq S ack 9000");
}

/* Case 3: every second is lost; then the fourth comes, and the second. */
static void rfc2018_every_second_is_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below_5000(t);
	inject(t, "ACK seq 5000 ack S len 500");
	expect(t, "ACK seq S ack 5500");
	inject(t, "ACK seq 6000 ack S len 500");
	expect(t, "ACK seq S ack 5500 sack 6000..6500");
	inject(t, "ACK seq 7000 ack S len 500");
	expect(t, "ACK seq S ack 5500 sack 7000..7500 6000..6500");
	inject(t, "ACK seq 8000 ack S len 500");
	expect(t, "ACK seq S ack 5500 sack 8000..8500 7000..7500 6000..6500");
	inject(t, "ACK seq 6500 ack S len 500");
	expect(t, "ACK seq S ack 5500 sack 6000..7500 8000..8500");
	inject(t, "ACK seq 5500 ack S len 500");
	expect(t, "ACK seq S ack 7500 sack 8000..8500");
	inject(t, "ACK seq 7500 ack S len 500");
	expect(t, "ACK seq S ack 8500");
}

/* As many as the header has room for: three with timestamps, else four. */
static void as_many_as_fit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	for (u32 i = 1; i <= 4; i++) {
		inject(t, "ACK seq R+%u ack S len 10", 20 * i);
		if (i < 4)
			pass_over(t);
	}
	expect(t, "ACK seq S ack R sack R+80..R+90 R+60..R+70 R+40..R+50");
	with_options(t, XTCP_OPT_SACK_PERMITTED);
	user_abort(t);
	expect(t, "RST|ACK sack 1081..1091 1061..1071 1041..1051");
	established(t);
	for (u32 i = 1; i <= 5; i++) {
		inject(t, "ACK seq R+%u ack S len 10", 20 * i);
		if (i < 5)
			pass_over(t);
	}
	expect(t, "ACK seq S ack R sack R+100..R+110 R+80..R+90 R+60..R+70 R+40..R+50");
}

/* Blocks are in every ACK while something is held; a segment with data is as much
 * shorter: RFC 6691, RFC 9293, 3.7.1.
 */
static void data_with_blocks(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+10 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	inject(t, "ACK seq R+30 ack S len 10");
	expect(t, "ACK seq S ack R sack R+30..R+40 R+10..R+20");
	inject(t, "ACK seq R+50 ack S len 10");
	expect(t, "ACK seq S ack R sack R+50..R+60 R+30..R+40 R+10..R+20");
	returns(t, 2 * MSS, user_send(t, 2 * MSS));
	expect(t, "ACK seq 101 ack R len 1420 sack R+50..R+60 R+30..R+40 R+10..R+20");
	expect(t, "ACK seq 1521 ack R len 1420 sack R+50..R+60 R+30..R+40 R+10..R+20");
	expect(t, "PSH|ACK seq 2941 ack R len 80 sack R+50..R+60 R+30..R+40 R+10..R+20");
	inject(t, "ACK seq R ack S len 50");
	expect(t, "ACK seq S ack R+60 sack R+10..R+20");
	inject(t, "ACK seq R ack S");
	returns(t, 2 * (MSS - 12), user_send(t, 2 * (MSS - 12)));
	mss_is(t, MSS - 12);
	expect(t, "ACK seq 3021 ack R len 1448");
	expect(t, "PSH|ACK seq 4469 ack R len 1448");
}

/* A D-SACK block goes once: the segment that carries it is shorter, the next is not. */
static void data_with_a_dsack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S win 0");
	returns(t, MSS, user_send(t, MSS));
	inject(t, "ACK seq R-10 ack S len 10");
	expect(t, "ACK seq S ack R sack R-10..R");
	inject(t, "ACK seq R ack S");
	expect(t, "ACK seq 101 ack R len 1448");
	expect(t, "PSH|ACK seq 1549 ack R len 12");
}

/* So it is where several leave at once: each has the MSS of its own options, for the device
 * could not cut it.
 */
static void burst_with_a_dsack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, XTCP_OPT_SACK_PERMITTED);
	established(t);
	inject(t, "ACK seq R+100 ack S win 1000 len 10");
	expect(t, "ACK seq S ack R sack R+100..R+110");
	returns(t, 4 * MSS, user_send(t, 4 * MSS));
	inject(t, "ACK seq R+100 ack S win 50000 len 10");
	expect(t, "ACK seq 101 ack R len 1440 sack R+100..R+110 R+100..R+110");
	expect(t, "ACK seq 1541 ack R len 8 sack R+100..R+110");
	expect(t, "ACK seq 1549 ack R len 1448 sack R+100..R+110");
	pass_over(t);
}

/* RFC 2018, 8: what is given up for want of memory is not reported any more. */
static void pruned_blocks(struct kunit *test)
{
	long mem[3] = { xtcp_mem[0], xtcp_mem[1], xtcp_mem[2] };
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;
	u32 len;

	established(t);
	inject(t, "ACK seq R ack S len 1000");
	pass_over(t);
	inject(t, "ACK seq R+1000 ack S len 1000");
	expect(t, "ACK seq S ack R sack R+1000..R+2000");
	inject(t, "ACK seq R+3000 ack S len 1000");
	expect(t, "ACK seq S ack R sack R+3000..R+4000 R+1000..R+2000");
	for (int i = 0; i < 3; i++)	/* less than nothing: a processor keeps a reserve */
		xtcp_mem[i] = LONG_MIN;
	inject(t, "ACK seq R ack S len 30000");
	memcpy(xtcp_mem, mem, sizeof(mem));
	KUNIT_ASSERT_TRUE(test, conv_next(t, &seg, &len));
	KUNIT_EXPECT_EQ(test, 2001, seg.ack);
	KUNIT_EXPECT_EQ(test, 0, seg.opt.sacks);
	counted(t, OFO_DROPPED, 2);
}

/* After a gap, and after what came twice, ACKs are not delayed for a while. */
static void quick_acks(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R");
	inject(t, "ACK seq R+10 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	inject(t, "ACK seq R ack S len 5");
	expect(t, "ACK seq S ack R+5 sack R+10..R+20");
	inject(t, "ACK seq R ack S len 5");
	expect(t, "ACK seq S ack R+15");
	inject(t, "ACK seq R-10 ack S len 10");
	expect(t, "ACK seq S ack R sack R-10..R");
	inject(t, "ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	inject(t, "ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
}

/* ---- D-SACK: RFC 2883, 4 ---- */

/* The receiver has everything below @seq. */
static void below(struct conv *t, u32 seq)
{
	t->irs = seq - 1;
	established(t);
}

static void rfc2883_example_1(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below(t, 3000);
	inject(t, "ACK seq 3000 ack S len 500");
	expect(t, "ACK seq S ack 3500");
	inject(t, "ACK seq 3500 ack S len 500");
	expect(t, "ACK seq S ack 4000");
	inject(t, "ACK seq 3000 ack S len 500");
	expect(t, "ACK seq S ack 4000 sack 3000..3500");
	/* and only once */
	inject(t, "ACK seq 4000 ack S len 500");
	expect(t, "ACK seq S ack 4500");
	counted(t, DSACKS_OUT, 1);
}

static void rfc2883_example_2(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below(t, 3000);
	inject(t, "ACK seq 3000 ack S len 500");
	expect(t, "ACK seq S ack 3500");
	inject(t, "ACK seq 3500 ack S len 500");
	expect(t, "ACK seq S ack 4000");
	inject(t, "ACK seq 4500 ack S len 500");
	expect(t, "ACK seq S ack 4000 sack 4500..5000");
	inject(t, "ACK seq 3000 ack S len 500");
	expect(t, "ACK seq S ack 4000 sack 3000..3500 4500..5000");
}

static void rfc2883_example_3(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below(t, 3500);
	inject(t, "ACK seq 3500 ack S len 500");
	expect(t, "ACK seq S ack 4000");
	inject(t, "ACK seq 4500 ack S len 500");
	expect(t, "ACK seq S ack 4000 sack 4500..5000");
	inject(t, "ACK seq 5000 ack S len 500");
	expect(t, "ACK seq S ack 4000 sack 4500..5500");
	inject(t, "ACK seq 5000 ack S len 500");
	expect(t, "ACK seq S ack 4000 sack 5000..5500 4500..5500");
}

static void rfc2883_example_4(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below(t, 500);
	inject(t, "ACK seq 500 ack S len 500");
	expect(t, "ACK seq S ack 1000");
	inject(t, "ACK seq 2000 ack S len 500");
	expect(t, "ACK seq S ack 1000 sack 2000..2500");
	inject(t, "ACK seq 1000 ack S len 500");
	expect(t, "ACK seq S ack 1500 sack 2000..2500");
	inject(t, "ACK seq 1000 ack S len 1000");
	expect(t, "ACK seq S ack 2500 sack 1000..1500");
}

static void rfc2883_example_5(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below(t, 500);
	inject(t, "ACK seq 500 ack S len 500");
	expect(t, "ACK seq S ack 1000");
	inject(t, "ACK seq 3000 ack S len 500");
	expect(t, "ACK seq S ack 1000 sack 3000..3500");
	inject(t, "ACK seq 1000 ack S len 500");
	expect(t, "ACK seq S ack 1500 sack 3000..3500");
	inject(t, "ACK seq 2000 ack S len 500");
	expect(t, "ACK seq S ack 1500 sack 2000..2500 3000..3500");
	inject(t, "ACK seq 1000 ack S len 1500");
	expect(t, "ACK seq S ack 2500 sack 1000..1500 3000..3500");
}

/* The RFC's own list has 1500-2000 and 2000-2500 apart, which touch. */
static void rfc2883_example_6(struct kunit *test)
{
	struct conv *t = conv_of(test);

	below(t, 500);
	inject(t, "ACK seq 500 ack S len 500");
	expect(t, "ACK seq S ack 1000");
	inject(t, "ACK seq 3500 ack S len 500");
	expect(t, "ACK seq S ack 1000 sack 3500..4000");
	inject(t, "ACK seq 2500 ack S len 500");
	expect(t, "ACK seq S ack 1000 sack 2500..3000 3500..4000");
	inject(t, "ACK seq 1500 ack S len 500");
	expect(t, "ACK seq S ack 1000 sack 1500..2000 2500..3000 3500..4000");
	inject(t, "ACK seq 1500 ack S len 1500");
	expect(t, "ACK seq S ack 1000 sack 1500..2000 1500..3000 3500..4000");
}

/* What is next runs into what is held: that part came twice. */
static void runs_into_held_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+100 ack S len 100");
	expect(t, "ACK seq S ack R sack R+100..R+200");
	inject(t, "ACK seq R ack S len 150");
	expect(t, "ACK seq S ack R+200 sack R+100..R+150");
	inject(t, "ACK seq R+100 ack S len 100");
	expect(t, "ACK seq S ack R sack R+100..R+200");
	inject(t, "FIN|ACK seq R ack S len 300");
	expect(t, "ACK seq S ack R+301 sack R+100..R+200");
	counted(t, DSACKS_OUT, 2);
}

/* Some of it is held, some is new, and it is still not its turn. */
static void partly_held(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+100 ack S len 100");
	expect(t, "ACK seq S ack R sack R+100..R+200");
	inject(t, "ACK seq R+150 ack S len 100");
	expect(t, "ACK seq S ack R sack R+150..R+200 R+100..R+250");
	inject(t, "ACK seq R+50 ack S len 100");
	expect(t, "ACK seq S ack R sack R+100..R+150 R+50..R+250");
	inject(t, "ACK seq R+120 ack S len 10");
	expect(t, "ACK seq S ack R sack R+120..R+130 R+50..R+250");
	counted(t, DSACKS_OUT, 3);
	inject(t, "ACK seq R ack S len 50");
	expect(t, "ACK seq S ack R+250");
}

/* A FIN that comes again, a window probe, a keep-alive with a byte: all came before. */
static void other_duplicates(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	inject(t, "ACK seq R-1 ack S len 1");
	expect(t, "ACK seq S ack R sack R-1..R");
	inject(t, "ACK seq R-1 ack S");
	expect(t, "ACK seq S ack R");
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	inject(t, "FIN|ACK seq R-1 ack S");
	expect(t, "ACK seq S ack R sack R-1..R");
	inject(t, "FIN|ACK seq R-11 ack S len 10");
	expect(t, "ACK seq S ack R sack R-11..R");
}

/* RFC 2883, 4, (1): it tells of duplicates alone.  Text beyond the window is refused and
 * answered as a duplicate is, but it has never come before.
 */
static void nothing_came_twice(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+100000 ack S len 10");
	expect(t, "ACK seq S ack R");
	inject(t, "ACK seq R+10 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	inject(t, "ACK seq R+100000 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	counted(t, DSACKS_OUT, 0);
}

static void no_dsack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.dsack = 0;
	established(t);
	inject(t, "ACK seq R+10 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	inject(t, "ACK seq R+10 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	inject(t, "ACK seq R-10 ack S len 10");
	expect(t, "ACK seq S ack R sack R+10..R+20");
	inject(t, "ACK seq R ack S len 15");
	expect(t, "ACK seq S ack R+20");
	counted(t, DSACKS_OUT, 0);
}

static struct kunit_case wire_blocks_cases[] = {
	KUNIT_CASE(rfc2018_first_is_lost),
	KUNIT_CASE(rfc2018_every_second_is_lost),
	KUNIT_CASE(as_many_as_fit),
	KUNIT_CASE(data_with_blocks),
	KUNIT_CASE(data_with_a_dsack),
	KUNIT_CASE(burst_with_a_dsack),
	KUNIT_CASE(pruned_blocks),
	KUNIT_CASE(quick_acks),
	KUNIT_CASE(rfc2883_example_1),
	KUNIT_CASE(rfc2883_example_2),
	KUNIT_CASE(rfc2883_example_3),
	KUNIT_CASE(rfc2883_example_4),
	KUNIT_CASE(rfc2883_example_5),
	KUNIT_CASE(rfc2883_example_6),
	KUNIT_CASE(runs_into_held_data),
	KUNIT_CASE(partly_held),
	KUNIT_CASE(other_duplicates),
	KUNIT_CASE(nothing_came_twice),
	KUNIT_CASE(no_dsack),
	{}
};

struct kunit_suite wire_blocks_suite = {
	.name = "wire_blocks",
	.init = conv_init_with_options,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = wire_blocks_cases,
};
