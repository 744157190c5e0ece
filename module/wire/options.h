/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A segment's options as bytes and as numbers: RFC 9293, 3.2; RFC 7323; RFC 2018.
 */
#ifndef _XTCP_OPTIONS_H
#define _XTCP_OPTIONS_H

#include <linux/bits.h>
#include <linux/types.h>

#define XTCP_OPT_SACK_PERMITTED	BIT(0)	/* a SYN's: RFC 2018, 2 */
#define XTCP_OPT_TIMESTAMPS	BIT(1)	/* RFC 7323, 3.2 */
#define XTCP_OPT_WSCALE		BIT(2)	/* a SYN's: RFC 7323, 2.2 */

#define XTCP_OPTIONS_MAX_BYTES	40u
#define XTCP_MSS_BYTES		4u
#define XTCP_TIMESTAMPS_BYTES	12u	/* with what aligns it */
#define XTCP_WSCALE_BYTES	4u	/* with what aligns it */
#define XTCP_SACK_BYTES		4u	/* of an option with SACK blocks: its head */
#define XTCP_SACK_BLOCK_BYTES	8u
#define XTCP_SACK_BLOCKS_MAX	4u

#define XTCP_WSCALE_MAX		14	/* RFC 7323, 2.3 */

/* A SACK block as it is on the wire. */
struct xtcp_sack_block {
	__be32	start;
	__be32	end;
} __packed;

/**
 * struct xtcp_options - what the options say
 * @mss: a SYN's MSS; 0: none
 * @present: XTCP_OPT_*: which of the others there are
 * @wscale: a SYN's window scale
 * @sacks: how many SACK blocks
 * @tsval: TSval
 * @tsecr: TSecr
 * @sack: the blocks; of a received segment they lie in its header
 */
struct xtcp_options {
	u16	mss;
	u8	present;
	u8	wscale;
	u8	sacks;
	u32	tsval;
	u32	tsecr;
	const struct xtcp_sack_block *sack;
};

/* How many bytes SACK blocks take in a header. */
static inline u32 xtcp_sack_option_bytes(u32 sacks)
{
	return sacks ? XTCP_SACK_BYTES + sacks * XTCP_SACK_BLOCK_BYTES : 0;
}

/* As nearly all segments of a connection with timestamps have it. */
static inline bool xtcp_options_timestamps_alone(const struct xtcp_options *opt)
{
	return opt->present == XTCP_OPT_TIMESTAMPS && !opt->mss && !opt->sacks;
}

/* How many bytes the options take, with what aligns them to a word. */
static inline u32 xtcp_options_bytes(const struct xtcp_options *opt)
{
	u32 bytes = xtcp_sack_option_bytes(opt->sacks);

	if (likely(xtcp_options_timestamps_alone(opt)))
		return XTCP_TIMESTAMPS_BYTES;
	if (opt->mss)
		bytes += XTCP_MSS_BYTES;
	/* SACK permitted lies where timestamps have something to align them */
	if (opt->present & (XTCP_OPT_TIMESTAMPS | XTCP_OPT_SACK_PERMITTED))
		bytes += opt->present & XTCP_OPT_TIMESTAMPS ?
			 XTCP_TIMESTAMPS_BYTES : 4;
	if (opt->present & XTCP_OPT_WSCALE)
		bytes += XTCP_WSCALE_BYTES;
	return bytes;
}

void xtcp_options_parse(struct xtcp_options *opt, const void *data, size_t len,
			bool syn);
void xtcp_options_build(const struct xtcp_options *opt, void *data);

#endif /* _XTCP_OPTIONS_H */
