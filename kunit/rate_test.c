// SPDX-License-Identifier: GPL-2.0
/*
 * Delivery rate samples: a path of 1000 bytes each millisecond, on which a
 * segment is acknowledged after ten.
 */
#include "../module/engine/rate.h"
#include "suites.h"

#define SEGMENT		1000u		/* bytes */
#define EACH_US		1000u
#define RTT_US		10000u
#define PATH		1000000u	/* bytes a second */

struct sent {
	struct xtcp_rate_mark	mark;
	u32			sent_us;
};

/* Wraps on the way, and so does the number of bytes. */
struct flow {
	struct xtcp_rate	rate;
	u32			now_us;
	u32			delivered;
};

static struct flow begin(void)
{
	return (struct flow) {
		.now_us = -20 * EACH_US,
		.delivered = -15 * SEGMENT,
	};
}

static void send(struct flow *f, struct sent *s, bool idle)
{
	s->sent_us = f->now_us;
	xtcp_rate_sent(&f->rate, &s->mark, f->delivered, f->now_us, idle);
}

static void ack(struct flow *f, const struct sent *s, u32 segments)
{
	f->delivered += segments * SEGMENT;
	xtcp_rate_acked(&f->rate, &s->mark, s->sent_us, f->delivered, f->now_us,
			RTT_US);
}

/* Return: the rate, once @segments are acknowledged @us later. */
static u64 rate_after(struct flow *f, const struct sent *s, u32 us, u32 segments)
{
	f->now_us += us;
	ack(f, s, segments);
	return xtcp_rate_per_s(&f->rate);
}

/* A window of ten, then each ACK lets one out. */
static void steady(struct kunit *test)
{
	struct flow f = begin();
	struct sent s[60];

	KUNIT_EXPECT_EQ(test, 0, xtcp_rate_per_s(&f.rate));
	for (int i = 0; i < ARRAY_SIZE(s); i++) {
		if (i >= 10)
			ack(&f, &s[i - 10], 1);
		send(&f, &s[i], !i);
		f.now_us += EACH_US;
		/* the first ten are measured while the path fills */
		if (i >= 20)
			KUNIT_EXPECT_EQ(test, PATH, xtcp_rate_per_s(&f.rate));
	}
	KUNIT_EXPECT_FALSE(test, f.rate.app_limited);
}

/* Acknowledgments that were held back and come at once: no higher rate. */
static void bunch(struct kunit *test)
{
	struct flow f = begin();
	struct sent s[40];
	int acked = 0;

	for (int i = 0; i < ARRAY_SIZE(s); i++) {
		if (i >= 10 && i % 5 == 0)
			for (; acked <= i - 10; acked++)
				ack(&f, &s[acked], 1);
		send(&f, &s[i], !i);
		f.now_us += EACH_US;
		KUNIT_EXPECT_LE(test, xtcp_rate_per_s(&f.rate), PATH * 11 / 10);
	}
	KUNIT_EXPECT_GE(test, xtcp_rate_per_s(&f.rate), PATH / 2);
}

/* One ACK for many. */
static void stretched(struct kunit *test)
{
	struct flow f = begin();
	struct sent s[20];

	for (int i = 0; i < 20; i++) {
		send(&f, &s[i], !i);
		f.now_us += EACH_US;
	}
	ack(&f, &s[19], 20);
	KUNIT_EXPECT_EQ(test, PATH, xtcp_rate_per_s(&f.rate));
}

/* Data that the user held back says little about the path. */
static void paused(struct kunit *test)
{
	struct flow f = begin();
	struct sent s;

	send(&f, &s, true);
	xtcp_rate_pause(&f.rate, f.delivered + SEGMENT);
	KUNIT_EXPECT_EQ(test, PATH / 10, rate_after(&f, &s, RTT_US, 1));
	KUNIT_EXPECT_FALSE(test, f.rate.app_limited);

	/* slower: not counted, while the pause lasts */
	send(&f, &s, true);
	KUNIT_EXPECT_TRUE(test, s.mark.app_limited);
	KUNIT_EXPECT_EQ(test, PATH / 10, rate_after(&f, &s, 2 * RTT_US, 1));

	/* faster: the path can do that at least */
	xtcp_rate_pause(&f.rate, f.delivered + SEGMENT);
	send(&f, &s, true);
	KUNIT_EXPECT_EQ(test, PATH / 5, rate_after(&f, &s, RTT_US, 2));
	KUNIT_EXPECT_TRUE(test, f.rate.app_limited);

	/* it is over: whatever comes counts */
	send(&f, &s, true);
	KUNIT_EXPECT_FALSE(test, s.mark.app_limited);
	KUNIT_EXPECT_EQ(test, PATH / 20, rate_after(&f, &s, 2 * RTT_US, 1));
	KUNIT_EXPECT_FALSE(test, f.rate.app_limited);
}

/* Quicker than any round trip: an ACK for what was sent again, say. */
static void too_quick(struct kunit *test)
{
	struct flow f = begin();
	struct sent s;

	send(&f, &s, true);
	KUNIT_EXPECT_EQ(test, 0, rate_after(&f, &s, RTT_US - 1, 1));
	send(&f, &s, true);
	ack(&f, &s, 1);
	KUNIT_EXPECT_EQ(test, 0, xtcp_rate_per_s(&f.rate));
}

static struct kunit_case rate_cases[] = {
	KUNIT_CASE(steady),
	KUNIT_CASE(bunch),
	KUNIT_CASE(stretched),
	KUNIT_CASE(paused),
	KUNIT_CASE(too_quick),
	{}
};

struct kunit_suite rate_suite = {
	.name = "rate",
	.test_cases = rate_cases,
};
