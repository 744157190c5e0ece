// SPDX-License-Identifier: GPL-2.0
/*
 * When to acknowledge.
 *
 *	data in order		later, on data of ours or by the timer
 *							(RFC 9293, 3.8.6.3)
 *	every second segment	at once			(SHLD-19)
 *	a full one with PSH	when its reader waits for more: it may be the last that
 *				the peer's congestion window let out
 *	a small one		then, too: the peer may wait, by Nagle's algorithm
 *	the first few		at once, so that the peer's slow start is not
 *				slowed; and again after silence, a duplicate, or at
 *				the user's word
 *	ping-pong		the user answers what comes, and the answers carry the
 *				ACKs: the last two rules rest until an answer is
 *				missing
 *	a gap, or its filling	at once			(RFC 5681, 4.2)
 *	what may be forged	a challenge ACK, but not too often
 *							(RFC 5961, 7)
 */
#include <linux/minmax.h>
#include "ack.h"

#define QUICK_ACKS_MOST	16u	/* as Linux */

/**
 * xtcp_ack_quickly() - the next few ACKs must not be delayed
 * @ack: what is owed
 * @window_bytes: what the peer may send
 * @mss_bytes: the size of its segments
 *
 * As many as half of the window takes, if every second segment were acknowledged: then the
 * peer's congestion window fills it.  As Linux.  Pure.
 */
void xtcp_ack_quickly(struct xtcp_ack *ack, u32 window_bytes, u32 mss_bytes)
{
	u32 quick = min(window_bytes / (2 * mss_bytes) ?: 2, QUICK_ACKS_MOST);

	ack->quick = max_t(u32, ack->quick, quick);
}

/**
 * xtcp_ack_challenge() - may a challenge ACK leave?
 * @last_ms: when one left last, for the same peer; 0: never.  Updated
 * @now_ms: the time
 * @interval_ms: the least time between two
 *
 * RFC 5961, section 7.  Pure.
 *
 * Return: true, and the time is noted; false where the last is too recent
 */
bool xtcp_ack_challenge(u32 *last_ms, u32 now_ms, u32 interval_ms)
{
	now_ms |= 1;	/* 0 is none */
	if (*last_ms && now_ms - *last_ms < interval_ms)
		return false;
	*last_ms = now_ms;
	return true;
}
