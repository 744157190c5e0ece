// SPDX-License-Identifier: GPL-2.0
/*
 * A segment's options, both directions: RFC 9293, 3.2; window scale and timestamps,
 * RFC 7323; SACK, RFC 2018.
 *
 * They are written in the order, and aligned, as Linux does it, which tools and
 * middleboxes know:
 *
 *	SYN:	MSS; SACK permitted, timestamps; NOP, window scale
 *	others:	NOP, NOP, timestamps; NOP, NOP, SACK blocks
 *
 * Nothing here trusts a byte: lengths are checked before they are used.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include "../compat.h"
#include "options.h"

enum option {
	OPT_END			= 0,
	OPT_NOP			= 1,
	OPT_MSS			= 2,
	OPT_WSCALE		= 3,
	OPT_SACK_PERMITTED	= 4,
	OPT_SACK		= 5,
	OPT_TIMESTAMPS		= 8,
};

/* Lengths, kind and length themselves included */
#define MSS_LEN			4
#define WSCALE_LEN		3
#define SACK_PERMITTED_LEN	2
#define SACK_LEN		2
#define TIMESTAMPS_LEN		10

#define WORD(a, b, c, d)	((a) << 24 | (b) << 16 | (c) << 8 | (d))
#define TIMESTAMPS_WORD		WORD(OPT_NOP, OPT_NOP, OPT_TIMESTAMPS, TIMESTAMPS_LEN)

static void read_timestamps(struct xtcp_options *opt, const u8 *at)
{
	opt->present |= XTCP_OPT_TIMESTAMPS;
	opt->tsval = get_unaligned_be32(at);
	opt->tsecr = get_unaligned_be32(at + 4);
}

/* RFC 2018, 3: two or more sequence numbers, in pairs. */
static void read_sack(struct xtcp_options *opt, const u8 *at, size_t len)
{
	size_t blocks = len / XTCP_SACK_BLOCK_BYTES;

	if (len % XTCP_SACK_BLOCK_BYTES || !blocks)
		return;
	opt->sacks = min_t(size_t, blocks, XTCP_SACK_BLOCKS_MAX);
	opt->sack = (const struct xtcp_sack_block *)at;
}

/* One option with a length.  What only a SYN may carry means nothing elsewhere. */
static void read_option(struct xtcp_options *opt, const u8 *at, u8 len, bool syn)
{
	switch (at[0]) {
	case OPT_MSS:
		if (syn && len == MSS_LEN)
			opt->mss = get_unaligned_be16(at + 2);
		break;
	case OPT_WSCALE:
		/* RFC 7323, 2.3: what is larger counts as 14 */
		if (!syn || len != WSCALE_LEN)
			break;
		opt->present |= XTCP_OPT_WSCALE;
		opt->wscale = min_t(u8, at[2], XTCP_WSCALE_MAX);
		break;
	case OPT_SACK_PERMITTED:
		if (syn && len == SACK_PERMITTED_LEN)
			opt->present |= XTCP_OPT_SACK_PERMITTED;
		break;
	case OPT_SACK:
		if (!syn)
			read_sack(opt, at + SACK_LEN, len - SACK_LEN);
		break;
	case OPT_TIMESTAMPS:
		if (len == TIMESTAMPS_LEN)
			read_timestamps(opt, at + 2);
		break;
	}
}

/**
 * xtcp_options_parse() - read options
 * @opt: where to write what they say
 * @data: the bytes, from behind the fixed header; no alignment needed.  SACK blocks are
 *	not copied: they must stay for as long as @opt is used
 * @len: how many bytes there are
 * @syn: whether the segment has a SYN
 *
 * RFC 9293, 3.2: kind, length, data; END and NOP are a single byte.  An option that is
 * not known is skipped by its length (MUST-6).  A length that cannot be (MUST-7) says
 * nothing of where the next option begins, so the rest is left unread; what was read
 * counts, and the segment with it, as with Linux: to drop it would stall a connection
 * for good behind a middlebox that damages an option (MUST-4, MUST-5, MUST-64).
 *
 * Pure; any context.
 */
void xtcp_options_parse(struct xtcp_options *opt, const void *data, size_t len,
			bool syn)
{
	const u8 *at = data;

	*opt = (struct xtcp_options) { };
	/* nearly all segments of a connection with timestamps look like this */
	if (len == XTCP_TIMESTAMPS_BYTES && get_unaligned_be32(at) == TIMESTAMPS_WORD) {
		read_timestamps(opt, at + 4);
		return;
	}
	while (len && at[0] != OPT_END) {
		u8 size = 1;

		if (at[0] != OPT_NOP) {
			if (len < 2)
				return;
			size = at[1];
			if (size < 2 || size > len)
				return;
			read_option(opt, at, size, syn);
		}
		at += size;
		len -= size;
	}
}

static u8 *put_word(u8 *at, u32 word)
{
	put_unaligned_be32(word, at);
	return at + 4;
}

/**
 * xtcp_options_build() - write options
 * @opt: what they shall say
 * @data: where to write; xtcp_options_bytes() of room; no alignment needed
 *
 * Pure; any context.
 */
void xtcp_options_build(const struct xtcp_options *opt, void *data)
{
	u8 *at = data;

	if (likely(xtcp_options_timestamps_alone(opt))) {
		at = put_word(at, TIMESTAMPS_WORD);
		at = put_word(at, opt->tsval);
		put_word(at, opt->tsecr);
		return;
	}
	if (opt->mss)
		at = put_word(at, WORD(OPT_MSS, MSS_LEN, 0, 0) | opt->mss);
	if (opt->present & XTCP_OPT_TIMESTAMPS) {
		at = put_word(at, opt->present & XTCP_OPT_SACK_PERMITTED ?
			      WORD(OPT_SACK_PERMITTED, SACK_PERMITTED_LEN,
				   OPT_TIMESTAMPS, TIMESTAMPS_LEN) :
			      TIMESTAMPS_WORD);
		at = put_word(at, opt->tsval);
		at = put_word(at, opt->tsecr);
	} else if (opt->present & XTCP_OPT_SACK_PERMITTED) {
		at = put_word(at, WORD(OPT_NOP, OPT_NOP, OPT_SACK_PERMITTED,
				       SACK_PERMITTED_LEN));
	}
	if (opt->present & XTCP_OPT_WSCALE)
		at = put_word(at, WORD(OPT_NOP, OPT_WSCALE, WSCALE_LEN, opt->wscale));
	if (unlikely(opt->sacks)) {
		at = put_word(at, WORD(OPT_NOP, OPT_NOP, OPT_SACK, SACK_LEN +
				       opt->sacks * XTCP_SACK_BLOCK_BYTES));
		memcpy(at, opt->sack, opt->sacks * XTCP_SACK_BLOCK_BYTES);
	}
}
