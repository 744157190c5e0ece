// SPDX-License-Identifier: GPL-2.0
/*
 * Options as bytes and as numbers, and what two SYNs agree on: RFC 9293, 3.2; RFC 7323;
 * RFC 2018.
 */
#include <linux/string.h>
#include "../module/engine/agreed.h"
#include "../module/sysctl.h"
#include "../module/wire/options.h"
#include "suites.h"

#define ALL	(XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS | XTCP_OPT_WSCALE)

/* ---- both directions ---- */

static const struct xtcp_sack_block two_blocks[] = {
	{ cpu_to_be32(0x01020304), cpu_to_be32(0x05060708) },
	{ cpu_to_be32(0x11121314), cpu_to_be32(0x15161718) },
};

static const struct xtcp_sack_block four_blocks[4] = { };

/* As Linux writes them. */
static const struct whole {
	const char		*name;
	bool			syn;
	struct xtcp_options	opt;
	u32			bytes_n;
	u8			bytes[XTCP_OPTIONS_MAX_BYTES];
} wholes[] = {
	{ "none", false, { }, 0 },
	{ "MSS", true, { .mss = 1460 }, 4, { 2, 4, 5, 180 } },
	{ "MSS, window scale", true,
	  { .mss = 1460, .present = XTCP_OPT_WSCALE, .wscale = 7 }, 8,
	  { 2, 4, 5, 180, 1, 3, 3, 7 } },
	{ "MSS, SACK permitted", true,
	  { .mss = 1460, .present = XTCP_OPT_SACK_PERMITTED }, 8,
	  { 2, 4, 5, 180, 1, 1, 4, 2 } },
	{ "MSS, SACK permitted, window scale", true,
	  { .mss = 1460, .present = XTCP_OPT_SACK_PERMITTED | XTCP_OPT_WSCALE, .wscale = 0 },
	  12, { 2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 0 } },
	{ "MSS, timestamps", true,
	  { .mss = 1460, .present = XTCP_OPT_TIMESTAMPS, .tsval = 0x01020304 }, 16,
	  { 2, 4, 5, 180, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0 } },
	{ "MSS, timestamps, window scale", true,
	  { .mss = 1460, .present = XTCP_OPT_TIMESTAMPS | XTCP_OPT_WSCALE,
	    .tsval = 0x01020304, .tsecr = 0x05060708, .wscale = 14 }, 20,
	  { 2, 4, 5, 180, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 14 } },
	{ "MSS, SACK permitted, timestamps", true,
	  { .mss = 1460, .present = XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS,
	    .tsval = 1, .tsecr = 2 }, 16,
	  { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 } },
	{ "all of a SYN", true,
	  { .mss = 65495, .present = ALL, .tsval = 0xfffefdfc, .tsecr = 0, .wscale = 7 },
	  20, { 2, 4, 0xff, 0xd7, 4, 2, 8, 10, 0xff, 0xfe, 0xfd, 0xfc, 0, 0, 0, 0, 1, 3, 3, 7 } },
	{ "timestamps", false,
	  { .present = XTCP_OPT_TIMESTAMPS, .tsval = 0x01020304, .tsecr = 0x05060708 }, 12,
	  { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 } },
	{ "two SACK blocks", false, { .sacks = 2, .sack = two_blocks }, 20,
	  { 1, 1, 5, 18, 1, 2, 3, 4, 5, 6, 7, 8,
	    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18 } },
	{ "timestamps, two SACK blocks", false,
	  { .present = XTCP_OPT_TIMESTAMPS, .tsval = 1, .tsecr = 2,
	    .sacks = 2, .sack = two_blocks }, 32,
	  { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 18, 1, 2, 3, 4, 5, 6, 7, 8,
	    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18 } },
	{ "timestamps, three SACK blocks: 40 bytes", false,
	  { .present = XTCP_OPT_TIMESTAMPS, .sacks = 3, .sack = four_blocks }, 40,
	  { 1, 1, 8, 10, [12] = 1, 1, 5, 26 } },
	{ "four SACK blocks", false, { .sacks = 4, .sack = four_blocks }, 36,
	  { 1, 1, 5, 34 } },
};

static void get_desc(const struct whole *w, char *desc)
{
	strscpy(desc, w->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(whole, wholes, get_desc);

static void same(struct kunit *test, const struct xtcp_options *want,
		 const struct xtcp_options *got)
{
	KUNIT_EXPECT_EQ(test, want->mss, got->mss);
	KUNIT_EXPECT_EQ(test, want->present, got->present);
	KUNIT_EXPECT_EQ(test, want->wscale, got->wscale);
	KUNIT_EXPECT_EQ(test, want->tsval, got->tsval);
	KUNIT_EXPECT_EQ(test, want->tsecr, got->tsecr);
	KUNIT_ASSERT_EQ(test, want->sacks, got->sacks);
	if (want->sacks)
		KUNIT_EXPECT_EQ(test, 0, memcmp(want->sack, got->sack,
						want->sacks * sizeof(*want->sack)));
}

static void written(struct kunit *test)
{
	const struct whole *w = test->param_value;
	u8 bytes[XTCP_OPTIONS_MAX_BYTES + 1];

	memset(bytes, 0xa5, sizeof(bytes));
	KUNIT_ASSERT_EQ(test, w->bytes_n, xtcp_options_bytes(&w->opt));
	KUNIT_EXPECT_EQ(test, 0, w->bytes_n % 4);
	xtcp_options_build(&w->opt, bytes);
	KUNIT_EXPECT_EQ(test, 0, memcmp(w->bytes, bytes, w->bytes_n));
	KUNIT_EXPECT_EQ(test, 0xa5, bytes[w->bytes_n]);
}

static void read_back(struct kunit *test)
{
	const struct whole *w = test->param_value;
	struct xtcp_options opt;

	xtcp_options_parse(&opt, w->bytes, w->bytes_n, w->syn);
	same(test, &w->opt, &opt);
}

/* However few of the bytes there are, none behind them is read: the sanitizers watch. */
static void read_cut(struct kunit *test)
{
	const struct whole *w = test->param_value;
	struct xtcp_options opt;

	for (u32 n = 0; n < w->bytes_n; n++) {
		u8 *bytes = kunit_kmalloc(test, n ?: 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, bytes);
		memcpy(bytes, w->bytes, n);
		xtcp_options_parse(&opt, bytes, n, w->syn);
		KUNIT_EXPECT_LE(test, opt.sacks * XTCP_SACK_BLOCK_BYTES, n);
		kunit_kfree(test, bytes);
	}
}

/* ---- what others may send ---- */

static const struct odd {
	const char		*name;
	bool			syn;
	u32			bytes_n;
	u8			bytes[XTCP_OPTIONS_MAX_BYTES];
	struct xtcp_options	opt;
} odds[] = {
	/* RFC 7323, 2.3: larger than 14 counts as 14 */
	{ "window scale 15", true, 4, { 3, 3, 15 }, { .present = XTCP_OPT_WSCALE, .wscale = 14 } },
	{ "window scale 255", true, 4, { 3, 3, 255 },
	  { .present = XTCP_OPT_WSCALE, .wscale = 14 } },
	{ "window scale 14", true, 4, { 3, 3, 14 },
	  { .present = XTCP_OPT_WSCALE, .wscale = 14 } },
	{ "window scale of 2 bytes", true, 4, { 3, 2, 7, 0 }, { } },
	{ "window scale of 4 bytes", true, 4, { 3, 4, 7, 7 }, { } },
	{ "window scale cut", true, 2, { 3, 3 }, { } },
	{ "window scale outside of a SYN", false, 4, { 3, 3, 7 }, { } },
	{ "SACK permitted outside of a SYN", false, 4, { 4, 2, 1, 1 }, { } },
	{ "SACK permitted of 3 bytes", true, 4, { 4, 3, 0, 1 }, { } },
	{ "SACK on a SYN", true, 12, { 1, 1, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8 }, { } },
	{ "SACK without a block", false, 4, { 5, 2, 1, 1 }, { } },
	{ "SACK with half a block", false, 8, { 1, 1, 5, 6, 1, 2, 3, 4 }, { } },
	{ "SACK with a block and a half", false, 16,
	  { 1, 1, 5, 14, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4 }, { } },
	{ "SACK a byte short", false, 12, { 1, 1, 5, 9, 1, 2, 3, 4, 5, 6, 7, 8 }, { } },
	{ "SACK a byte long", false, 16, { 1, 1, 5, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { } },
	{ "SACK beyond the header", false, 12, { 1, 1, 5, 18, 1, 2, 3, 4, 5, 6, 7, 8 }, { } },
	{ "SACK, not aligned", false, 20,
	  { 5, 18, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18 },
	  { .sacks = 2, .sack = two_blocks } },
	{ "SACK before timestamps", false, 32,
	  { 1, 1, 5, 18, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
	    1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 },
	  { .present = XTCP_OPT_TIMESTAMPS, .tsval = 1, .tsecr = 2,
	    .sacks = 2, .sack = two_blocks } },
	{ "timestamps of 9 bytes", false, 12, { 1, 1, 8, 9, 0, 0, 0, 1, 0, 0, 0, 2 }, { } },
	{ "timestamps of 11 bytes", false, 16, { 1, 1, 8, 11, 0, 0, 0, 1, 0, 0, 0, 2, 3 }, { } },
	{ "timestamps cut", false, 8, { 1, 1, 8, 10, 0, 0, 0, 1 }, { } },
	{ "timestamps, not aligned", false, 12, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 },
	  { .present = XTCP_OPT_TIMESTAMPS, .tsval = 1, .tsecr = 2 } },
	{ "timestamps, NOPs behind", false, 12, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1 },
	  { .present = XTCP_OPT_TIMESTAMPS, .tsval = 1, .tsecr = 2 } },
	{ "timestamps twice: the last count", false, 24,
	  { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 8, 10, 0, 0, 0, 3, 0, 0, 0, 4 },
	  { .present = XTCP_OPT_TIMESTAMPS, .tsval = 3, .tsecr = 4 } },
	{ "timestamps behind END", false, 16, { 0, 1, 1, 1, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 },
	  { } },
	{ "timestamps behind what cannot be", false, 16,
	  { 5, 1, 1, 1, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 }, { } },
	{ "timestamps behind a SACK that means nothing", false, 16,
	  { 5, 4, 1, 1, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 },
	  { .present = XTCP_OPT_TIMESTAMPS, .tsval = 1, .tsecr = 2 } },
};

static void odd_desc(const struct odd *o, char *desc)
{
	strscpy(desc, o->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(odd, odds, odd_desc);

static void oddities(struct kunit *test)
{
	const struct odd *o = test->param_value;
	struct xtcp_options opt;

	xtcp_options_parse(&opt, o->bytes, o->bytes_n, o->syn);
	same(test, &o->opt, &opt);
}

/* ---- what two SYNs agree on ---- */

static const struct xtcp_sysctls knobs_on = {
	.window_scaling = 1, .timestamps = 1, .sack = 1, .dsack = 1,
	.rmem = { 4096, 131072, 6 << 20 },
};

/* An option is agreed on if both SYNs have it, whatever the others are. */
static void both_or_none(struct kunit *test)
{
	for (u8 ours = 0; ours <= ALL; ours++) {
		for (u8 theirs = 0; theirs <= ALL; theirs++) {
			struct xtcp_sysctls knobs = knobs_on;
			struct xtcp_segment syn = { .opt.present = theirs, .opt.wscale = 5 };
			struct xtcp_options opt = { };
			struct xtcp_agreed a;
			u8 both = ours & theirs;

			knobs.window_scaling = !!(ours & XTCP_OPT_WSCALE);
			knobs.timestamps = !!(ours & XTCP_OPT_TIMESTAMPS);
			knobs.sack = !!(ours & XTCP_OPT_SACK_PERMITTED);
			xtcp_offer(&a, &knobs, XTCP_WINDOW_MAX, 131072);
			xtcp_agreed_syn(&a, &opt);
			KUNIT_EXPECT_EQ(test, ours, opt.present);
			xtcp_agree(&a, &syn);
			opt.present = 0;
			xtcp_agreed_syn(&a, &opt);	/* a SYN,ACK has what both have */
			KUNIT_EXPECT_EQ(test, both, opt.present);
			KUNIT_EXPECT_EQ(test, !!(both & XTCP_OPT_SACK_PERMITTED), (u8)a.dsack);
			KUNIT_EXPECT_EQ(test, both & XTCP_OPT_WSCALE ? 5 : 0, (u8)a.snd_wscale);
			KUNIT_EXPECT_EQ(test, both & XTCP_OPT_WSCALE ? 7 : 0, (u8)a.rcv_wscale);
		}
	}
}

/* RFC 3168, 6.1.1: an ECN-setup SYN has ECE and CWR, an ECN-setup SYN,ACK has ECE alone. */
static void ecn_by_flags(struct kunit *test)
{
	for (u8 ours = 0; ours < 3; ours++)
		for (u32 theirs = 0; theirs < 8; theirs++) {
			bool ack = theirs & 1, ece = theirs & 2, cwr = theirs & 4;
			struct xtcp_sysctls knobs = knobs_on;
			struct xtcp_segment syn = {
				.flags = XTCP_SYN | (ack ? XTCP_ACK : 0) |
					 (ece ? XTCP_ECE : 0) | (cwr ? XTCP_CWR : 0),
			};
			struct xtcp_agreed a;
			u8 flags;

			knobs.ecn = ours;
			xtcp_offer(&a, &knobs, XTCP_WINDOW_MAX, 131072);
			KUNIT_EXPECT_EQ(test, !!ours, (u8)a.ecn);
			xtcp_agree(&a, &syn);
			KUNIT_EXPECT_EQ(test, ours && ece && cwr == !ack, (bool)a.ecn);
			flags = xtcp_agreed_flags(&a, XTCP_SYN);
			KUNIT_EXPECT_EQ(test, a.ecn ? XTCP_SYN | XTCP_ECE | XTCP_CWR : XTCP_SYN,
					(unsigned long)flags);
			flags = xtcp_agreed_flags(&a, XTCP_SYN | XTCP_ACK);
			KUNIT_EXPECT_EQ(test, XTCP_SYN | XTCP_ACK | (a.ecn ? XTCP_ECE : 0),
					(unsigned long)flags);
		}
}

/* The sysctl timestamps has two values that offer them, dsack means nothing alone. */
static void knobs(struct kunit *test)
{
	struct xtcp_sysctls knobs = knobs_on;
	struct xtcp_agreed a;

	knobs.timestamps = 2;
	knobs.dsack = 0;
	xtcp_offer(&a, &knobs, XTCP_WINDOW_MAX, 131072);
	KUNIT_EXPECT_EQ(test, 1, (u8)a.timestamps);
	KUNIT_EXPECT_EQ(test, 0, (u8)a.dsack);
	KUNIT_EXPECT_EQ(test, 1, (u8)a.sack);
	knobs.dsack = 1;
	knobs.sack = 0;
	xtcp_offer(&a, &knobs, XTCP_WINDOW_MAX, 131072);
	KUNIT_EXPECT_EQ(test, 0, (u8)a.dsack);
}

/* The scale follows from the largest buffer, or the clamp; as with Linux, which has 7 for
 * the buffers that are its default.
 */
static void scale(struct kunit *test)
{
	static const struct {
		u32 rmem_most, rcvbuf, clamp;
		u8 wscale;
	} of[] = {
		{ 6 << 20, 131072, XTCP_WINDOW_MAX, 7 },
		{ 6 << 20, 131072, 65535, 0 },
		{ 6 << 20, 131072, 65536, 1 },
		{ 6 << 20, 131072, 128, 0 },
		{ 6 << 20, 64 << 20, XTCP_WINDOW_MAX, 11 },
		{ 65535, 4096, XTCP_WINDOW_MAX, 0 },
		{ 65536, 4096, XTCP_WINDOW_MAX, 1 },
		{ 131071, 4096, XTCP_WINDOW_MAX, 1 },
		{ 131072, 4096, XTCP_WINDOW_MAX, 2 },
		{ 2048, 2304, XTCP_WINDOW_MAX, 0 },
		{ S32_MAX, 4096, XTCP_WINDOW_MAX, 14 },
		{ S32_MAX, 4096, 0, 0 },
	};

	for (int i = 0; i < ARRAY_SIZE(of); i++) {
		struct xtcp_sysctls knobs = knobs_on;
		struct xtcp_agreed a;

		knobs.rmem[2] = of[i].rmem_most;
		xtcp_offer(&a, &knobs, of[i].clamp, of[i].rcvbuf);
		KUNIT_EXPECT_EQ_MSG(test, of[i].wscale, (u8)a.rcv_wscale, "row %d", i);
		knobs.window_scaling = 0;
		xtcp_offer(&a, &knobs, of[i].clamp, of[i].rcvbuf);
		KUNIT_EXPECT_EQ(test, 0, (u8)a.rcv_wscale);
	}
}

static struct kunit_case options_cases[] = {
	KUNIT_CASE_PARAM(written, whole_gen_params),
	KUNIT_CASE_PARAM(read_back, whole_gen_params),
	KUNIT_CASE_PARAM(read_cut, whole_gen_params),
	KUNIT_CASE_PARAM(oddities, odd_gen_params),
	KUNIT_CASE(both_or_none),
	KUNIT_CASE(ecn_by_flags),
	KUNIT_CASE(knobs),
	KUNIT_CASE(scale),
	{ }
};

struct kunit_suite options_suite = {
	.name = "options",
	.test_cases = options_cases,
};
