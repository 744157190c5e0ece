/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which ports may have segments of real TCP that are xtcp's: the first look of claim.c's
 * hooks, and of others.
 */
#ifndef _XTCP_CLAIMED_H
#define _XTCP_CLAIMED_H

#include <linux/bitmap.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include "../compat.h"
#include "../netns.h"

/**
 * struct xtcp_tcp_wire - what the hook looks at first; made with the first use, kept
 * @used: the port, in network byte order, of each bit has an owner on TCP's wire, at some
 *	address
 */
struct xtcp_tcp_wire {
	DECLARE_BITMAP(used, 65536);
};

static inline u16 xtcp_claim_bit(__be16 port)
{
	return (__force u16)port;
}

/**
 * xtcp_claim_port_used() - has a port an owner on TCP's wire, at any address?
 * @xn: the namespace; it may never have had one
 * @port: the port
 *
 * Any context.
 */
static inline bool xtcp_claim_port_used(const struct xtcp_net *xn, u16 port)
{
	const struct xtcp_tcp_wire *tw;

	/* zeroed before it was there, and read through this pointer alone */
	tw = READ_ONCE(xn->tcp_wire);
	return tw && test_bit(xtcp_claim_bit(htons(port)), tw->used);
}

/**
 * xtcp_claim_may_want() - may a segment of real TCP be for xtcp, by its port?
 * @tw: which ports have owners
 * @skb: the segment or a fragment, its IP header at skb->data
 * @offset: where TCP's header begins, from there
 *
 * The first look, which every segment of the kernel's TCP pays for.  "Yes" where the port
 * is not at hand.  Softirq.
 */
static __always_inline bool xtcp_claim_may_want(const struct xtcp_tcp_wire *tw,
						const struct sk_buff *skb,
						u32 offset)
{
	offset += offsetof(struct tcphdr, dest);
	return unlikely(offset + sizeof(__be16) > skb_headlen(skb)) ||
	       test_bit(xtcp_claim_bit(get_unaligned((__be16 *)(skb->data + offset))), tw->used);
}

#endif /* _XTCP_CLAIMED_H */
