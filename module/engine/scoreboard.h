/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SCOREBOARD_H
#define _XTCP_SCOREBOARD_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/skbuff.h>
#include "skb.h"

/**
 * struct xtcp_scoreboard - what was sent and is not acknowledged
 * @tree: all of it, by sequence number
 * @in_flight: what is neither SACKed nor lost, in the order in which it left last
 * @lost: what is to be sent again, in the order in which it shall be
 * @sacked_bytes: how much the peer has out of order
 * @lost_bytes: how much is on @lost
 * @resent_bytes: how much was sent again and is in flight
 * @sacked_segs: segments SACKed
 * @sacked_end: behind the highest SACKed byte, while there is one
 */
struct xtcp_scoreboard {
	struct rb_root		tree;
	struct list_head	in_flight;
	struct list_head	lost;
	u32			sacked_bytes;
	u32			lost_bytes;
	u32			resent_bytes;
	u32			sacked_segs;
	u32			sacked_end;
};

/**
 * struct xtcp_board_segs - how many segments
 * @all: what was sent and is not acknowledged
 * @sacked: SACKed
 * @lost: to be sent again
 * @resent: sent again, and in flight
 */
struct xtcp_board_segs {
	u32	all;
	u32	sacked;
	u32	lost;
	u32	resent;
};

void xtcp_board_init(struct xtcp_scoreboard *b);
void xtcp_board_add(struct xtcp_scoreboard *b, struct sk_buff *skb);
void xtcp_board_insert_behind(struct xtcp_scoreboard *b, struct sk_buff *skb,
			      struct sk_buff *part);
void xtcp_board_grow(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 end);
void xtcp_board_remove(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 una);
void xtcp_board_acked_part(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 bytes);
struct sk_buff *xtcp_board_find(const struct xtcp_scoreboard *b, u32 seq);
struct sk_buff *xtcp_board_behind_sacked(struct sk_buff *skb);
void xtcp_board_mark_sacked(struct xtcp_scoreboard *b, struct sk_buff *skb);
void xtcp_board_mark_lost(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 una);
void xtcp_board_mark_sent(struct xtcp_scoreboard *b, struct sk_buff *skb, u32 una);
void xtcp_board_forget_lost(struct xtcp_scoreboard *b);
void xtcp_board_forget_sacked(struct xtcp_scoreboard *b);
struct xtcp_board_segs xtcp_board_count(const struct xtcp_scoreboard *b, u32 una);

static inline struct sk_buff *xtcp_board_first(const struct xtcp_scoreboard *b)
{
	return skb_rb_first(&b->tree);
}

static inline struct sk_buff *xtcp_board_last(const struct xtcp_scoreboard *b)
{
	return skb_rb_last(&b->tree);
}

static inline struct sk_buff *xtcp_board_next(struct sk_buff *skb)
{
	return skb_rb_next(skb);
}

static inline bool xtcp_board_empty(const struct xtcp_scoreboard *b)
{
	return RB_EMPTY_ROOT(&b->tree);
}

static inline struct sk_buff *xtcp_link_skb(struct list_head *link)
{
	struct xtcp_skb_cb *cb = container_of(link, struct xtcp_skb_cb, link);

	return container_of((void *)cb, struct sk_buff, cb);
}

/* What is to be sent again next; NULL: nothing. */
static inline struct sk_buff *xtcp_board_lost(struct xtcp_scoreboard *b)
{
	return list_empty(&b->lost) ? NULL : xtcp_link_skb(b->lost.next);
}

/* What has been in flight for longest; NULL: nothing is. */
static inline struct sk_buff *xtcp_board_oldest(struct xtcp_scoreboard *b)
{
	return list_empty(&b->in_flight) ? NULL : xtcp_link_skb(b->in_flight.next);
}

#endif /* _XTCP_SCOREBOARD_H */
