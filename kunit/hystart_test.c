// SPDX-License-Identifier: GPL-2.0
/*
 * HyStart++: RFC 9406.
 */
#include "../module/engine/hystart.h"
#include "suites.h"

#define MSS	1000u

/* A flow in slow start; a round is 100 segments long. */
struct start {
	struct xtcp_hystart h;
	struct xtcp_cong_ack a;
	u32 grown_bytes;
	bool over;
};

static void begin(struct start *s, u32 iss)
{
	*s = (struct start) { .a.snd_una = iss, .a.snd_nxt = iss + 100 * MSS };
}

/* @n ACKs of a segment each, with samples; never to the end of the round. */
static void acks(struct start *s, u32 n, u32 rtt_us)
{
	u32 grow;

	s->grown_bytes = 0;
	s->a.acked_bytes = MSS;
	s->a.rtt_us = rtt_us;
	while (n--) {
		s->a.snd_una += MSS;
		s->over = !xtcp_hystart_acked(&s->h, &s->a, &grow);
		s->grown_bytes += grow;
	}
}

/* The ACK that ends the round; it measures nothing. */
static void end_round(struct start *s)
{
	s->a.snd_una = s->a.snd_nxt - MSS;
	s->a.snd_nxt += 100 * MSS;
	acks(s, 1, 0);
}

static void whole_round(struct start *s, u32 n, u32 rtt_us)
{
	acks(s, n, rtt_us);
	end_round(s);
}

static bool in_css(const struct start *s)
{
	return s->h.css_rounds;
}

/* The first ACK begins a round, and no round is remembered. */
static void first_round(struct kunit *test)
{
	struct start s;

	begin(&s, 0);
	acks(&s, 20, 50000);
	KUNIT_EXPECT_EQ(test, 20 * MSS, s.grown_bytes);
	acks(&s, 20, 500000);
	KUNIT_EXPECT_EQ(test, 20 * MSS, s.grown_bytes);
	KUNIT_EXPECT_FALSE(test, in_css(&s));
}

/* An eighth more, but at least 4 ms and at most 16 ms. */
static void threshold(struct kunit *test)
{
	static const struct {
		u32 last_us, css_us;
	} t[] = {
		{ 1, 4001 }, { 8000, 12000 }, { 32000, 36000 }, { 40000, 45000 },
		{ 100000, 112500 }, { 128000, 144000 }, { 1000000, 1016000 },
		{ U32_MAX - 20000, U32_MAX - 4000 },
	};

	for (int i = 0; i < ARRAY_SIZE(t); i++) {
		struct start s;

		begin(&s, 0);
		whole_round(&s, 8, t[i].last_us);
		acks(&s, 8, t[i].css_us - 1);
		KUNIT_EXPECT_FALSE(test, in_css(&s));
		begin(&s, 0);
		whole_round(&s, 8, t[i].last_us);
		acks(&s, 8, t[i].css_us);
		KUNIT_EXPECT_TRUE(test, in_css(&s));
	}
}

/* The shortest of a round counts, of the last and of this one. */
static void shortest(struct kunit *test)
{
	struct start s;

	begin(&s, 0);
	acks(&s, 7, 90000);
	whole_round(&s, 1, 40000);
	acks(&s, 1, 44999);
	acks(&s, 20, 200000);
	KUNIT_EXPECT_FALSE(test, in_css(&s));
	/* the round before the last is forgotten */
	end_round(&s);
	acks(&s, 20, 49998);
	KUNIT_EXPECT_FALSE(test, in_css(&s));
}

/* Fewer than eight samples tell nothing, nor do ACKs without any. */
static void too_few_samples(struct kunit *test)
{
	struct start s;

	begin(&s, 0);
	whole_round(&s, 8, 40000);
	acks(&s, 7, 100000);
	acks(&s, 20, 0);
	KUNIT_EXPECT_FALSE(test, in_css(&s));
	acks(&s, 1, 100000);
	KUNIT_EXPECT_TRUE(test, in_css(&s));
	/* a round without samples is no round to compare with */
	begin(&s, 0);
	whole_round(&s, 8, 40000);
	whole_round(&s, 20, 0);
	acks(&s, 8, 100000);
	KUNIT_EXPECT_FALSE(test, in_css(&s));
}

/* CSS: a quarter of the growth, for five rounds, the first of which is partial. */
static void css(struct kunit *test)
{
	struct start s;

	begin(&s, 0);
	whole_round(&s, 8, 40000);
	acks(&s, 8, 50000);
	KUNIT_EXPECT_EQ(test, 7 * MSS + MSS / 4, s.grown_bytes);
	for (int rounds = 1; rounds <= 5; rounds++) {
		acks(&s, 20, 50000);
		KUNIT_EXPECT_EQ(test, 20 * MSS / 4, s.grown_bytes);
		KUNIT_EXPECT_FALSE(test, s.over);
		end_round(&s);
	}
	KUNIT_EXPECT_TRUE(test, s.over);
}

/* The delay was not a queue: slow start goes on, and can end again. */
static void resumes(struct kunit *test)
{
	struct start s;

	begin(&s, 0);
	whole_round(&s, 8, 40000);
	whole_round(&s, 8, 50000);
	acks(&s, 8, 50000);
	KUNIT_EXPECT_TRUE(test, in_css(&s));
	end_round(&s);
	acks(&s, 7, 49999);
	KUNIT_EXPECT_TRUE(test, in_css(&s));
	acks(&s, 1, 49999);
	KUNIT_EXPECT_FALSE(test, in_css(&s));
	acks(&s, 20, 60000);
	KUNIT_EXPECT_EQ(test, 20 * MSS, s.grown_bytes);
	end_round(&s);
	acks(&s, 8, 56247);
	KUNIT_EXPECT_FALSE(test, in_css(&s));
	end_round(&s);
	acks(&s, 8, 56247 + 7030);
	KUNIT_EXPECT_TRUE(test, in_css(&s));
	for (int rounds = 1; rounds <= 4; rounds++)
		whole_round(&s, 8, 70000);
	KUNIT_EXPECT_FALSE(test, s.over);
	whole_round(&s, 8, 70000);
	KUNIT_EXPECT_TRUE(test, s.over);
}

/* An ACK of many segments opens the window by all of them: no L. */
static void merged(struct kunit *test)
{
	struct start s;
	u32 grow;

	begin(&s, 0);
	s.a.acked_bytes = 44 * MSS;
	s.a.snd_una += 44 * MSS;
	KUNIT_EXPECT_TRUE(test, xtcp_hystart_acked(&s.h, &s.a, &grow));
	KUNIT_EXPECT_EQ(test, 44 * MSS, grow);
}

/* Sequence numbers wrap. */
static void wraps(struct kunit *test)
{
	struct start s;

	begin(&s, -50 * MSS);
	whole_round(&s, 8, 40000);
	KUNIT_EXPECT_EQ(test, 150 * MSS, s.h.window_end);
	acks(&s, 8, 50000);
	KUNIT_EXPECT_TRUE(test, in_css(&s));
}

static struct kunit_case hystart_cases[] = {
	KUNIT_CASE(first_round),
	KUNIT_CASE(threshold),
	KUNIT_CASE(shortest),
	KUNIT_CASE(too_few_samples),
	KUNIT_CASE(css),
	KUNIT_CASE(resumes),
	KUNIT_CASE(merged),
	KUNIT_CASE(wraps),
	{}
};

struct kunit_suite hystart_suite = {
	.name = "hystart",
	.test_cases = hystart_cases,
};
