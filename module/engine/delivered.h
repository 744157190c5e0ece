/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_DELIVERED_H
#define _XTCP_DELIVERED_H

#include "../wire/segment.h"
#include "rate.h"
#include "sacks.h"
#include "tcb.h"

/**
 * struct xtcp_delivery - what an ACK says that it has received
 * @now_ns: when the ACK came
 * @now_us: the same in microseconds; it wraps
 * @prior_una: SND.UNA before it
 * @acked_bytes: how far it moves SND.UNA
 * @bytes: how much it says for the first time that the peer has: acknowledged or SACKed
 * @rtt_us: the round trip that it measures; 0: none
 * @sent_us: when the newest of it left, if @whole
 * @mark: and what was noted then
 * @again_us: when the first of what was sent more than once left last, if @again
 * @newest_us: when the newest of it left that is not ambiguous, if @newest
 * @newest_end: and behind it
 * @dsack: what came twice, if @has_dsack
 * @newest: there is such an skb, in disorder
 * @whole: at least one skb is delivered whole
 * @again: it acknowledges what was sent more than once
 * @sacked: its SACK blocks say something new
 * @has_dsack: it reports a duplicate
 * @reordered: something of it was overtaken on the way
 * @duplicate: a duplicate ACK by the definition in RFC 5681, section 2
 * @disorder: something was SACKed, lost or sent again, before it or by it; or @congested
 * @original: it says for the first time that the peer has what was sent only once, before
 *	loss was found
 * @reordering_us: what is missing has so much time left to come; 0: nothing has, or
 *	nothing is
 * @congested: it tells of congestion: RFC 3168's ECN-Echo
 * @undone: a reduction of the congestion window was a mistake, and was taken back
 * @reneged: what was SACKED is missing again
 */
struct xtcp_delivery {
	u64			now_ns;
	u32			now_us;
	u32			prior_una;
	struct xtcp_rate_mark	mark;
	u32			again_us;
	u32			newest_us;
	u32			newest_end;
	struct xtcp_range	dsack;
	/* from here on zero for xtcp_take_delivery(), which writes the others before anybody
	 * reads them, or says that they mean nothing
	 */
	u32			acked_bytes;
	u32			bytes;
	u32			rtt_us;
	u32			sent_us;
	u32			reordering_us;
	bool			newest;
	bool			whole;
	bool			again;
	bool			original;
	bool			sacked;
	bool			has_dsack;
	bool			reordered;
	bool			duplicate;
	bool			disorder;
	bool			congested;
	bool			undone;
	bool			reneged;
};

/* Does an ACK say that the path has marked what we sent, if that could be? */
static inline bool xtcp_tells_congestion(const struct xtcp_sock *x,
					 const struct xtcp_segment *seg)
{
	return unlikely(seg->flags & XTCP_ECE) && x->agreed.ecn && !x->ecn.plain;
}

void xtcp_take_delivery(struct sock *sk, const struct xtcp_segment *seg,
			struct xtcp_delivery *d);

#endif /* _XTCP_DELIVERED_H */
