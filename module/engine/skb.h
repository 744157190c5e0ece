/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xtcp notes on an skb in its queues.
 */
#ifndef _XTCP_SKB_H
#define _XTCP_SKB_H

#include <linux/skbuff.h>
#include <net/ip.h>
#include "rate.h"
#include "reassembly.h"

/**
 * struct xtcp_skb_cb - what xtcp notes on an skb in its queues
 *
 * @block: sequence space, SYN and FIN included; its node is used only in the
 *	out-of-order queue
 * @mark: sent: for the delivery rate; overlays @block's node
 * @sent_us: sent: when, for the round-trip time
 * @isn: received, a SYN that ended a TIME_WAIT: the least ISN to answer it with;
 *	else 0
 * @flags: the segment's flags
 * @cut: received: a socket filter has cut the text short
 * @resent: sent more than once: no sample (Karn)
 * @stamped: sent: SO_TIMESTAMPING asks when the last byte leaves; nothing is
 *	appended behind it
 * @stamp_ack: sent: it asks when that byte is acknowledged
 */
struct xtcp_skb_cb {
	union {
		struct xtcp_block	block;
		struct xtcp_rate_mark	mark;
	};
	union {
		u32		sent_us;
		u32		isn;
	};
	u8			flags;
	u8			cut:1,
				resent:1,
				stamped:1,
				stamp_ack:1;
};

#define XTCP_CB(skb)	((struct xtcp_skb_cb *)&(skb)->cb[0])
#define xtcp_seq(skb)	(XTCP_CB(skb)->block.seq)
#define xtcp_end(skb)	(XTCP_CB(skb)->block.end)

/* The IP layer's control block, which names the input device, is needed until
 * the segment is queued; so only the tree's node may overlay it.
 */
static_assert(offsetof(struct xtcp_skb_cb, block.seq) >=
	      sizeof(struct inet_skb_parm));
static_assert(offsetof(struct xtcp_skb_cb, block.seq) >=
	      sizeof(struct xtcp_rate_mark));
static_assert(sizeof(struct xtcp_skb_cb) <= sizeof_field(struct sk_buff, cb));

static inline struct sk_buff *xtcp_block_skb(struct xtcp_block *b)
{
	struct xtcp_skb_cb *cb = container_of(b, struct xtcp_skb_cb, block);

	return container_of((void *)cb, struct sk_buff, cb);
}

/* How many segments GRO has made one of, or GSO will make of it. */
static inline u32 xtcp_skb_segs(const struct sk_buff *skb)
{
	return max_t(u16, 1, skb_shinfo(skb)->gso_segs);
}

#endif /* _XTCP_SKB_H */
