/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SACKS_H
#define _XTCP_SACKS_H

#include <linux/types.h>
#include "../wire/options.h"

/* A range of sequence numbers, from @start to the one before @end. */
struct xtcp_range {
	u32	start;
	u32	end;
};

/**
 * struct xtcp_sacks - what came out of order, for the SACK option that we send
 * @block: contiguous data that is held, the one that changed last first
 * @dup: came twice, and was not reported yet: D-SACK
 * @count: how many of @block are used
 * @has_dup: @dup is used
 */
struct xtcp_sacks {
	struct xtcp_range	block[XTCP_SACK_BLOCKS_MAX];
	struct xtcp_range	dup;
	u8			count;
	bool			has_dup;
};

bool xtcp_sacks_held(const struct xtcp_sacks *s, u32 start, u32 end,
		     struct xtcp_range *held);
void xtcp_sacks_add(struct xtcp_sacks *s, u32 start, u32 end);
void xtcp_sacks_received(struct xtcp_sacks *s, u32 rcv_nxt);
void xtcp_sacks_forget(struct xtcp_sacks *s, u32 from);
void xtcp_sacks_duplicate(struct xtcp_sacks *s, u32 start, u32 end);
u32 xtcp_sacks_write(const struct xtcp_sacks *s, struct xtcp_sack_block *to, u32 most);

static inline u32 xtcp_sacks_count(const struct xtcp_sacks *s)
{
	return s->count + s->has_dup;
}

#endif /* _XTCP_SACKS_H */
