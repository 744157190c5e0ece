/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ACK_H
#define _XTCP_ACK_H

#include <linux/types.h>

#define XTCP_QUICK_ACKS_MOST	16	/* not delayed, after the user or a duplicate asks */

/**
 * struct xtcp_ack - which acknowledgment is owed to the peer
 * @challenge_ms: when a challenge ACK left last, made odd; 0: never
 * @quick: how many more ACKs not to delay
 * @pending: one is owed: now, or when the timer fires
 * @now: at once
 * @soon: at once if the user waits for more; an answer of the user's will carry it
 */
struct xtcp_ack {
	u32	challenge_ms;
	u8	quick;
	u8	pending:1,
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
	ack->pending = 0;
	ack->now = 0;
	ack->soon = 0;
}

bool xtcp_ack_data(struct xtcp_ack *ack, u32 unacked_bytes, u32 mss_bytes,
		   bool user_comes, bool never_delay);
bool xtcp_ack_challenge(u32 *last_ms, u32 now_ms, u32 interval_ms);

#endif /* _XTCP_ACK_H */
