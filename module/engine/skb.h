/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xtcp notes on an skb in its queues.
 */
#ifndef _XTCP_SKB_H
#define _XTCP_SKB_H

#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include "rate.h"
#include "reassembly.h"

/* Of a sent skb: scoreboard.c. */
#define XTCP_SENT	BIT(0)	/* it is on the scoreboard */
#define XTCP_SACKED	BIT(1)	/* the peer has it, out of order */
#define XTCP_LOST	BIT(2)	/* to be sent again */
#define XTCP_RESENT	BIT(3)	/* was lost, and was sent again since */
#define XTCP_TWICE	BIT(4)	/* was sent more than once: no sample (Karn) */

/**
 * struct xtcp_skb_cb - what xtcp notes on an skb in its queues
 *
 * @seq: its first sequence number, SYN and FIN counted
 * @end: behind its last
 * @node: received: in the out-of-order queue; with @seq and @end this is @block
 * @link: sent: among what is in flight, or lost
 * @sacked_to: sent and SACKed: another skb behind which the same run of them goes on, or
 *	this one
 * @sent_us: sent: when last, for the round-trip time
 * @segs: sent: how many segments it makes
 * @seg_bytes: sent: and how much each has, but for the last
 * @mark: sent: for the delivery rate
 * @isn: received, a SYN that ended a TIME_WAIT: the least ISN to answer it with;
 *	else 0
 * @flags: the segment's flags
 * @state: sent: XTCP_SENT ..
 * @cut: received: a socket filter has cut the text short
 * @stamped: sent: SO_TIMESTAMPING asks when the last byte leaves; nothing is
 *	appended behind it
 * @stamp_ack: sent: it asks when that byte is acknowledged
 * @eor: sent: MSG_EOR, nothing is appended behind its last byte either
 */
struct xtcp_skb_cb {
	union {
		struct xtcp_block	block;
		struct {
			u32	seq;
			u32	end;
			union {
				struct list_head	link;
				struct sk_buff		*sacked_to;
			};
			u32	sent_us;
			u16	segs;
			u16	seg_bytes;
		};
	};
	union {
		struct xtcp_rate_mark	mark;
		u32			isn;
	};
	u8			flags;
	u8			state;
	u8			cut:1,
				stamped:1,
				stamp_ack:1,
				eor:1;
};

#define XTCP_CB(skb)	((struct xtcp_skb_cb *)&(skb)->cb[0])
#define xtcp_seq(skb)	(XTCP_CB(skb)->seq)
#define xtcp_end(skb)	(XTCP_CB(skb)->end)

/* The IP layer's control block, which names the input device, is needed until the
 * segment is queued.
 */
static_assert(offsetof(struct xtcp_skb_cb, isn) >= sizeof(struct inet_skb_parm));
static_assert(offsetof(struct xtcp_skb_cb, isn) >= sizeof(struct inet6_skb_parm));
static_assert(offsetof(struct xtcp_skb_cb, seq) ==
	      offsetof(struct xtcp_skb_cb, block.seq));
static_assert(offsetof(struct xtcp_skb_cb, end) ==
	      offsetof(struct xtcp_skb_cb, block.end));
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
