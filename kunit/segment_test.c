// SPDX-License-Identifier: GPL-2.0
/*
 * Headers as bytes and as numbers: RFC 9293, 3.1 and 3.2.
 */
#include <linux/prandom.h>
#include <linux/string.h>
#include "../module/wire/segment.h"
#include "suites.h"

/* A header with options; the data offset says what it says. */
struct sample {
	const char	*name;
	u8		flags;
	u8		offset;		/* in words */
	u8		options_bytes;	/* that are there */
	u8		options[40];
	int		err;
	u16		mss;
};

static const struct sample samples[] = {
	{ "no options", XTCP_ACK, 5 },
	{ "MSS", XTCP_SYN, 6, 4, { 2, 4, 5, 180 }, 0, 1460 },
	{ "MSS on a SYN,ACK", XTCP_SYN | XTCP_ACK, 6, 4, { 2, 4, 5, 180 }, 0, 1460 },
	{ "MSS outside of a SYN", XTCP_ACK, 6, 4, { 2, 4, 5, 180 }, 0, 0 },
	{ "MSS of 0", XTCP_SYN, 6, 4, { 2, 4, 0, 0 }, 0, 0 },
	{ "MSS of 65535", XTCP_SYN, 6, 4, { 2, 4, 0xff, 0xff }, 0, 65535 },
	{ "MSS twice: the last counts", XTCP_SYN, 7, 8,
	  { 2, 4, 5, 180, 2, 4, 0x02, 0x18 }, 0, 536 },
	{ "MSS, 3 bytes", XTCP_SYN, 6, 4, { 2, 3, 0x05, 0 }, 0, 0 },
	{ "MSS, 5 bytes", XTCP_SYN, 7, 8, { 2, 5, 0x05, 0xb4, 0 }, 0, 0 },
	{ "MSS, 2 bytes", XTCP_SYN, 6, 4, { 2, 2, 0, 0 }, 0, 0 },
	{ "MSS, 3 bytes, outside of a SYN", XTCP_ACK, 6, 4, { 2, 3, 5, 0 }, 0, 0 },
	{ "MSS cut by the header's end", XTCP_SYN, 6, 4, { 1, 2, 4, 5 },
	  0, 0 },
	{ "NOPs before MSS", XTCP_SYN, 7, 8, { 1, 1, 1, 1, 2, 4, 5, 180 }, 0, 1460 },
	{ "NOPs only", XTCP_ACK, 6, 4, { 1, 1, 1, 1 }, 0, 0 },
	{ "END, then anything", XTCP_SYN, 7, 8, { 0, 2, 0, 99, 2, 4, 5, 180 }, 0, 0 },
	{ "MSS, then END", XTCP_SYN, 7, 8, { 2, 4, 5, 180, 0, 0xff, 0xff, 0xff }, 0,
	  1460 },
	{ "unknown, then MSS", XTCP_SYN, 8, 12,
	  { 253, 8, 1, 2, 3, 4, 5, 6, 2, 4, 5, 180 }, 0, 1460 },
	{ "unknown of 2 bytes", XTCP_SYN, 7, 8, { 99, 2, 1, 1, 2, 4, 5, 180 }, 0,
	  1460 },
	{ "unknown, length 0", XTCP_SYN, 6, 4, { 99, 0, 0, 0 }, 0, 0 },
	{ "unknown, length 1", XTCP_SYN, 6, 4, { 99, 1, 0, 0 }, 0, 0 },
	{ "unknown, beyond the header", XTCP_SYN, 6, 4, { 99, 5, 0, 0 },
	  0, 0 },
	{ "unknown, just the header", XTCP_SYN, 6, 4, { 99, 4, 0, 0 }, 0, 0 },
	{ "unknown, 255 bytes", XTCP_SYN, 6, 4, { 99, 255, 0, 0 }, 0, 0 },
	{ "a kind at the very end", XTCP_SYN, 6, 4, { 1, 1, 1, 2 }, 0, 0 },
	/* what came before an impossible length counts */
	{ "MSS, then length 0", XTCP_SYN, 7, 8, { 2, 4, 5, 180, 99, 0, 0, 0 }, 0, 1460 },
	{ "length 0, then MSS", XTCP_SYN, 7, 8, { 99, 0, 1, 1, 2, 4, 5, 180 }, 0, 0 },
	{ "MSS of 3 bytes, then of 4", XTCP_SYN, 7, 8, { 2, 3, 9, 2, 4, 5, 180, 1 }, 0,
	  1460 },
	{ "what a Linux host sends", XTCP_SYN, 10, 20,
	  { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 }, 0,
	  1460 },
	{ "60 bytes of header", XTCP_SYN, 15, 40, { 2, 4, 5, 180 }, 0, 1460 },
	{ "offset 0", XTCP_ACK, 0, 0, { }, -EINVAL },
	{ "offset 4", XTCP_ACK, 4, 0, { }, -EINVAL },
	{ "offset beyond the segment", XTCP_ACK, 6, 0, { }, -EINVAL },
	{ "offset 15, one byte short", XTCP_ACK, 15, 39, { 1 }, -EINVAL },
};

static void fill_sample(const struct sample *s, u8 *buf)
{
	memset(buf, 0, XTCP_HEADER_MAX_BYTES);
	buf[12] = s->offset << 4;
	buf[13] = s->flags;
	memcpy(buf + XTCP_HEADER_BYTES, s->options, s->options_bytes);
}

KUNIT_ARRAY_PARAM_DESC(sample, samples, name);

/* MUST-4, MUST-7, MUST-64, MUST-68 */
static void options(struct kunit *test)
{
	const struct sample *s = test->param_value;
	u8 buf[XTCP_HEADER_MAX_BYTES];
	struct xtcp_segment seg;
	int err;

	fill_sample(s, buf);
	err = xtcp_segment_parse(&seg, buf, XTCP_HEADER_BYTES + s->options_bytes);
	KUNIT_ASSERT_EQ(test, s->err, err);
	if (err)
		return;
	KUNIT_EXPECT_EQ(test, s->mss, seg.opt.mss);
	KUNIT_EXPECT_EQ(test, s->offset * 4, seg.header_bytes);
}

/* Less than the header says is refused, and no byte behind the end is read: the
 * buffer is no longer than that.
 */
static void truncation(struct kunit *test)
{
	u8 whole[XTCP_HEADER_MAX_BYTES], *part;
	struct xtcp_segment seg;

	for (int i = 0; i < ARRAY_SIZE(samples); i++) {
		u32 header = samples[i].offset * 4;

		fill_sample(&samples[i], whole);
		for (u32 len = 0; len < header; len++) {
			part = kmemdup(whole, len, GFP_KERNEL);
			KUNIT_ASSERT_TRUE(test, part || !len);
			KUNIT_EXPECT_EQ(test, -EINVAL,
					xtcp_segment_parse(&seg, part, len));
			kfree(part);
		}
	}
}

/* The parser does not judge what flags mean together. */
static void any_flags(struct kunit *test)
{
	struct xtcp_segment seg;
	u8 buf[XTCP_HEADER_BYTES] = { [12] = 5 << 4 };

	for (int flags = 0; flags < 256; flags++) {
		buf[13] = flags;
		KUNIT_EXPECT_EQ(test, 0, xtcp_segment_parse(&seg, buf, sizeof(buf)));
		KUNIT_EXPECT_EQ(test, flags, seg.flags);
	}
}

/* Options as a connection may have them: as much as there is room for. */
static void some_options(struct xtcp_segment *seg, struct rnd_state *rnd,
			 struct xtcp_sack_block *sack)
{
	struct xtcp_options *opt = &seg->opt;

	opt->present = prandom_u32_state(rnd) & XTCP_OPT_TIMESTAMPS;
	opt->sack = sack;
	if (seg->flags & XTCP_SYN) {
		opt->present |= prandom_u32_state(rnd) &
				(XTCP_OPT_SACK_PERMITTED | XTCP_OPT_WSCALE);
		if (opt->present & XTCP_OPT_WSCALE)
			opt->wscale = prandom_u32_state(rnd) % (XTCP_WSCALE_MAX + 1);
	} else {
		opt->sacks = prandom_u32_state(rnd) %
			     (opt->present ? 4 : XTCP_SACK_BLOCKS_MAX + 1);
		prandom_bytes_state(rnd, sack, opt->sacks * sizeof(*sack));
	}
	if (opt->present & XTCP_OPT_TIMESTAMPS) {
		opt->tsval = prandom_u32_state(rnd);
		opt->tsecr = prandom_u32_state(rnd);
	}
}

static void options_are_same(struct kunit *test, const struct xtcp_options *a,
			     const struct xtcp_options *b)
{
	KUNIT_ASSERT_EQ(test, a->mss, b->mss);
	KUNIT_ASSERT_EQ(test, a->present, b->present);
	KUNIT_ASSERT_EQ(test, a->wscale, b->wscale);
	KUNIT_ASSERT_EQ(test, a->tsval, b->tsval);
	KUNIT_ASSERT_EQ(test, a->tsecr, b->tsecr);
	KUNIT_ASSERT_EQ(test, a->sacks, b->sacks);
	if (a->sacks)
		KUNIT_ASSERT_MEMEQ(test, a->sack, b->sack, a->sacks * sizeof(*a->sack));
}

/* The header lies where the network put it: nothing is aligned. */
static void round_trip(struct kunit *test)
{
	u8 buf[XTCP_HEADER_MAX_BYTES + 3], first[XTCP_HEADER_MAX_BYTES];
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 9293);
	for (int i = 0; i < tries(10000); i++) {
		struct xtcp_sack_block sack[XTCP_SACK_BLOCKS_MAX];
		struct xtcp_segment in = { }, out;
		u8 *at = buf + i % 4;
		int len;

		in.sport = prandom_u32_state(&rnd);
		in.dport = prandom_u32_state(&rnd);
		in.seq = prandom_u32_state(&rnd);
		in.ack = prandom_u32_state(&rnd);
		in.wnd = (u16)prandom_u32_state(&rnd);
		in.urg = prandom_u32_state(&rnd);
		in.flags = prandom_u32_state(&rnd) | XTCP_ACK;
		if (in.flags & XTCP_SYN) {
			in.flags &= ~(XTCP_FIN | XTCP_RST);
			in.opt.mss = prandom_u32_state(&rnd);
		}
		some_options(&in, &rnd, sack);
		in.header_bytes = 20 + xtcp_options_bytes(&in.opt);

		memset(buf, 0xa5, sizeof(buf));
		len = xtcp_segment_header_bytes(&in);
		KUNIT_ASSERT_EQ(test, len, in.header_bytes);
		xtcp_segment_build(&in, at, len);
		KUNIT_ASSERT_EQ(test, 0, xtcp_segment_parse(&out, at, len));
		KUNIT_ASSERT_EQ(test, in.sport, out.sport);
		KUNIT_ASSERT_EQ(test, in.dport, out.dport);
		KUNIT_ASSERT_EQ(test, in.seq, out.seq);
		KUNIT_ASSERT_EQ(test, in.ack, out.ack);
		KUNIT_ASSERT_EQ(test, in.wnd, out.wnd);
		KUNIT_ASSERT_EQ(test, in.urg, out.urg);
		KUNIT_ASSERT_EQ(test, in.flags, out.flags);
		options_are_same(test, &in.opt, &out.opt);
		KUNIT_ASSERT_EQ(test, in.header_bytes, out.header_bytes);

		/* and what was read is written as it was */
		memcpy(first, at, len);
		KUNIT_ASSERT_EQ(test, len, xtcp_segment_header_bytes(&out));
		xtcp_segment_build(&out, at, len);
		KUNIT_ASSERT_MEMEQ(test, first, at, len);
	}
}

/* MUST-69 */
static void build_room(struct kunit *test)
{
	struct xtcp_segment seg = { .flags = XTCP_ACK };
	u8 buf[XTCP_HEADER_MAX_BYTES];

	KUNIT_EXPECT_EQ(test, 20, xtcp_segment_header_bytes(&seg));
	memset(buf, 0xff, sizeof(buf));
	xtcp_segment_build(&seg, buf, 20);
	KUNIT_EXPECT_EQ(test, 0xff, buf[20]);
	seg.flags = XTCP_SYN;
	seg.opt.mss = 1460;
	KUNIT_EXPECT_EQ(test, 24, xtcp_segment_header_bytes(&seg));
	memset(buf, 0xff, sizeof(buf));
	xtcp_segment_build(&seg, buf, 24);
	KUNIT_EXPECT_EQ(test, 0xff, buf[24]);
	KUNIT_EXPECT_EQ_MSG(test, 0, buf[16] | buf[17], "the checksum is 0");
}

/* Random bytes: whatever they are, no harm, and an answer that holds. */
static void random_bytes(struct kunit *test)
{
	struct xtcp_segment seg;
	struct rnd_state rnd;
	u8 *buf;

	prandom_seed_state(&rnd, 793);
	for (int i = 0; i < tries(20000); i++) {
		u32 len = prandom_u32_state(&rnd) % (XTCP_HEADER_MAX_BYTES + 1);

		buf = kmalloc(len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, buf);
		prandom_bytes_state(&rnd, buf, len);
		if (len > 13 && i % 2)
			buf[13] = XTCP_SYN;
		if (!xtcp_segment_parse(&seg, buf, len)) {
			KUNIT_EXPECT_GE(test, seg.header_bytes, 20);
			KUNIT_EXPECT_LE(test, seg.header_bytes, len);
		}
		kfree(buf);
	}
}

static struct kunit_case segment_cases[] = {
	KUNIT_CASE_PARAM(options, sample_gen_params),
	KUNIT_CASE(truncation),
	KUNIT_CASE(any_flags),
	KUNIT_CASE(round_trip),
	KUNIT_CASE(build_room),
	KUNIT_CASE(random_bytes),
	{}
};

struct kunit_suite segment_suite = {
	.name = "segment",
	.test_cases = segment_cases,
};
