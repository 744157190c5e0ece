/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_REASSEMBLY_H
#define _XTCP_REASSEMBLY_H

#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct xtcp_block - sequence space that arrived before its turn
 * @seq: first sequence number
 * @end: the one behind the last
 * @node: place in the tree
 */
struct xtcp_block {
	u32		seq;
	u32		end;
	struct rb_node	node;
};

/**
 * struct xtcp_reassembly - blocks received out of order, by sequence number
 * @root: the blocks; none lies within another, neighbours may overlap
 * @last: the block with the highest sequence number: where most arrive
 */
struct xtcp_reassembly {
	struct rb_root		root;
	struct xtcp_block	*last;
};

static inline bool xtcp_reassembly_empty(const struct xtcp_reassembly *r)
{
	return RB_EMPTY_ROOT(&r->root);
}

bool xtcp_reassembly_insert(struct xtcp_reassembly *r, struct xtcp_block *b);
struct xtcp_block *xtcp_reassembly_covered(struct xtcp_reassembly *r,
					   struct xtcp_block *b);
struct xtcp_block *xtcp_reassembly_next(struct xtcp_reassembly *r, u32 rcv_nxt);
struct xtcp_block *xtcp_reassembly_drop_last(struct xtcp_reassembly *r);

#endif /* _XTCP_REASSEMBLY_H */
