// SPDX-License-Identifier: GPL-2.0
/*
 * When to acknowledge.
 *
 *	data in order		later, on data of ours or by the timer
 *							(RFC 9293, 3.8.6.3)
 *	every second segment	at once			(SHLD-19)
 *	a full segment with PSH	when its reader waits for more: it may be the last that
 *				the peer's congestion window let out
 *	the first few		at once, so that the peer's slow start is not
 *				slowed: unless the user is about to answer
 *	a gap, or its filling	at once			(RFC 5681, 4.2)
 *	what may be forged	a challenge ACK, but not too often
 *							(RFC 5961, 7)
 */
#include "ack.h"

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
bool xtcp_ack_data(struct xtcp_ack *ack, u32 unacked_bytes, u32 mss_bytes,
		   bool user_comes, bool never_delay)
{
	ack->pending = 1;
	if (!ack->quick && !never_delay)
		return unacked_bytes > mss_bytes;
	if (ack->quick)
		ack->quick--;
	if (unacked_bytes < mss_bytes && user_comes)
		ack->soon = 1;
	else
		ack->now = 1;
	return false;
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
