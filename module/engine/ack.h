/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ACK_H
#define _XTCP_ACK_H

#include <linux/compiler.h>
#include <linux/types.h>

/**
 * struct xtcp_ack - which acknowledgment is owed to the peer
 * @challenge_ms: when a challenge ACK left last, made odd; 0: never
 * @quick: how many more ACKs not to delay, while not @ping_pong
 * @ping_pong: the user answers what comes, and its answers carry the ACKs
 * @pending: one is owed: now, or when the timer fires
 * @now: at once
 * @soon: at once if the user waits for more; an answer of the user's will carry it
 */
struct xtcp_ack {
	u32	challenge_ms;
	u8	quick;
	u8	ping_pong:1,
		pending:1,
		now:1,
		soon:1;
};

/* An ACK is owed at once. */
static inline void xtcp_ack_now(struct xtcp_ack *ack)
{
	ack->pending = 1;
	ack->now = 1;
}

/* Nothing is owed any more: a segment has carried the ACK. */
static inline void xtcp_ack_done(struct xtcp_ack *ack)
{
	if (unlikely(ack->quick))
		ack->quick -= ack->pending;
	ack->pending = 0;
	ack->now = 0;
	ack->soon = 0;
}

/**
 * xtcp_ack_data() - data came in order
 * @ack: what is owed
 * @unacked_bytes: received since an ACK left last
 * @mss_bytes: the size of the peer's segments
 * @user_comes: a reader is being woken, or a program is about to accept the
 *	connection: either may answer
 * @never_delay: the route says so
 *
 * A reader that answers carries the ACK along.  When it waits again instead,
 * the ACK leaves then (SHLD-18).
 *
 * Pure.  Return: whether this is the second full segment, so that the ACK must
 * leave now unless something else is about to carry it
 */
static inline bool xtcp_ack_data(struct xtcp_ack *ack, u32 unacked_bytes,
				 u32 mss_bytes, bool user_comes, bool never_delay)
{
	ack->pending = 1;
	if (likely(!never_delay) && (ack->ping_pong || !ack->quick)) {
		if (!ack->ping_pong && unacked_bytes < mss_bytes)
			ack->soon = 1;
		return unacked_bytes > mss_bytes;
	}
	if (unacked_bytes < mss_bytes && user_comes)
		ack->soon = 1;
	else
		ack->now = 1;
	return false;
}

void xtcp_ack_quickly(struct xtcp_ack *ack, u32 window_bytes, u32 mss_bytes);
bool xtcp_ack_challenge(u32 *last_ms, u32 now_ms, u32 interval_ms);

#endif /* _XTCP_ACK_H */
