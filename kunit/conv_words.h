/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments in words, for the files that make up a conversation.
 */
#ifndef _XTCP_KUNIT_CONV_WORDS_H
#define _XTCP_KUNIT_CONV_WORDS_H

#include "../module/wire/segment.h"

struct conv;

/**
 * struct words - what a text says about a segment
 * @seg: the header
 * @len: how much data
 * @gso: the size of its segments
 * @ecn: the IP header's ECN field
 * @has_seq: @seg's seq was said; and so on
 */
struct words {
	struct xtcp_segment	seg;
	u32			len;
	u32			gso;
	u8			ecn;
	bool			has_seq, has_ack, has_win, has_mss, has_gso, has_ts, has_ecr,
				has_wscale;
	bool			plain;	/* no option but those it says */
	struct xtcp_sack_block	sack[XTCP_SACK_BLOCKS_MAX];	/* @seg's */
};

bool words_read(const struct conv *t, const char *p, struct words *w);
const char *words_of_packet(struct conv *t, struct sk_buff *skb,
			    struct words *w);
void words_add_options(const struct conv *t, struct words *w);
void words_print(char *buf, size_t room, const struct words *w);
bool words_fit(const struct conv *t, const struct words *want, const struct words *got);

#endif /* _XTCP_KUNIT_CONV_WORDS_H */
