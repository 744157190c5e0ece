/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RIGHTSIZE_H
#define _XTCP_RIGHTSIZE_H

#include <linux/math64.h>
#include <linux/types.h>
#include "seq.h"

#define XTCP_DENSITY_HALF	128	/* half of the memory holds data */

/**
 * struct xtcp_rightsize - how much the reader takes in a round trip
 * @rtt_us: how long a round trip takes, as seen by the receiver; 0: not known
 * @round_seq: the reader stood here when this round began
 * @round_us: when that was
 * @most_bytes: the most that it has taken in an earlier round
 * @mark: with timestamps, the TSecr that was measured last; without them, the right edge
 *	that was offered when the measurement began
 * @mark_us: when that was, made odd; 0: no such measurement has begun
 */
struct xtcp_rightsize {
	u32	rtt_us;
	u32	round_seq;
	u32	round_us;
	u32	most_bytes;
	u32	mark;
	u32	mark_us;
};

void xtcp_rightsize_init(struct xtcp_rightsize *r, u32 seq, u32 mss_bytes, u32 now_us,
			 u32 rtt_us);
u32 xtcp_rightsize_taken(struct xtcp_rightsize *r, u32 seq, u32 unread_bytes,
			 u32 mss_bytes, u32 now_us);
void xtcp_rightsize_echo(struct xtcp_rightsize *r, u32 tsecr, u32 now_tsval);
void xtcp_rightsize_edge(struct xtcp_rightsize *r, u32 edge, u32 now_us);
u8 xtcp_density(u8 density, u32 len, u32 truesize);

/* Has the reader taken enough for it to be worth asking what time it is? */
static inline bool xtcp_rightsize_due(const struct xtcp_rightsize *r, u32 seq)
{
	return seq - r->round_seq > r->most_bytes / 8;
}

/* Has all come that we had offered when the measurement began? */
static inline bool xtcp_rightsize_passed(const struct xtcp_rightsize *r, u32 rcv_nxt)
{
	return !r->mark_us || seq_gt(rcv_nxt, r->mark);
}

/* How much data this much memory of the receive buffer holds. */
static inline u32 xtcp_data_in(u32 memory_bytes, u8 density)
{
	return (u64)memory_bytes * density >> 8;
}

/* How much memory of the receive buffer this much data takes. */
static inline u64 xtcp_memory_for(u32 data_bytes, u8 density)
{
	return div_u64(((u64)data_bytes << 8) + density - 1, density);
}

#endif /* _XTCP_RIGHTSIZE_H */
