// SPDX-License-Identifier: GPL-2.0
/*
 * How large the receive window must be: dynamic right-sizing, after Fisk and Feng,
 * "Dynamic Right-Sizing in TCP", 2001.
 *
 *	taken	= what the reader takes in a round trip, less what it leaves unread
 *	most	= the largest such amount of earlier rounds
 *	growth	= (taken - most) / most, from 0 to 1
 *	window	= (2 taken + 16 MSS) (1 + 2 growth)		(as Linux)
 *
 * Twice, because while a lost segment is sent again, a round trip's worth arrives that
 * nobody can read, and another must be allowed behind it.  The growth, because an ACK
 * that leaves now says what the peer may send in the next round trip, and in slow start
 * that is twice as much as in this one; it counts twice, so that an estimate of the round
 * trip that is somewhat short does no harm.  A reader that leaves something would leave
 * more of more: a larger window would not make it faster.
 *
 * A round ends with the round trip, and before that counts as soon as more was taken
 * than ever before: the window opens while the peer speeds up, not a round later.  An
 * estimate of the round trip that is too long makes the window larger than it need be;
 * one that is much too short makes it too small.  So the receiver errs upwards:
 *
 *	timestamps	from the segment that TSecr echoes to now; smoothed
 *	without them	from a window offered to the first byte beyond it; the shortest
 *
 * Of how much memory the window may promise, the skbs tell: their density is the share
 * of it that holds data.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include "rightsize.h"

#define FIRST_ROUND_SEGS	10	/* the peer's initial window, RFC 6928 */
#define CUSHION_SEGS		16	/* as Linux */
#define TICK_US			1000u	/* of timestamps */

static void round_begins(struct xtcp_rightsize *r, u32 seq, u32 now_us)
{
	r->round_seq = seq;
	r->round_us = now_us;
}

/**
 * xtcp_rightsize_init() - the connection is open
 * @r: what to set up
 * @seq: the first byte to be read
 * @mss_bytes: the size of a segment
 * @now_us: the time
 * @rtt_us: how long the handshake's round trip took; 0: that is not known
 */
void xtcp_rightsize_init(struct xtcp_rightsize *r, u32 seq, u32 mss_bytes, u32 now_us,
			 u32 rtt_us)
{
	*r = (struct xtcp_rightsize) {
		.rtt_us = rtt_us,
		.most_bytes = FIRST_ROUND_SEGS * mss_bytes,
	};
	round_begins(r, seq, now_us);
}

static u32 window_wanted(u32 taken, u32 most, u32 mss_bytes)
{
	u64 window = 2ull * taken + CUSHION_SEGS * mss_bytes;
	u32 more = taken > most ? 2 * min(taken - most, most) : 0;

	return min_t(u64, window + div_u64(window * more, most), U32_MAX);
}

/**
 * xtcp_rightsize_taken() - the reader has taken something
 * @r: the connection's
 * @seq: the next byte to be read
 * @unread_bytes: how much it has left
 * @mss_bytes: the size of the peer's segments
 * @now_us: the time
 *
 * Return: the window that the peer should have by what is known of this round, in bytes;
 * it may have more by an earlier one.  0: nobody knows how long a round is
 */
u32 xtcp_rightsize_taken(struct xtcp_rightsize *r, u32 seq, u32 unread_bytes,
			 u32 mss_bytes, u32 now_us)
{
	u32 taken = seq - r->round_seq, elapsed = now_us - r->round_us, window;

	if (!r->rtt_us)
		return 0;
	taken -= min(taken, unread_bytes);
	window = window_wanted(taken, r->most_bytes, mss_bytes);
	/* better where nothing is left: a reader may take a burst in small bites */
	if (elapsed / (unread_bytes ? 2 : 1) >= r->rtt_us) {
		r->most_bytes = max(r->most_bytes, taken);
		round_begins(r, seq, now_us);
	}
	return window;
}

/**
 * xtcp_rightsize_echo() - a full segment with a timestamp came
 * @r: the connection's
 * @tsecr: its TSecr
 * @now_tsval: what TSval a segment would have now: our clock's milliseconds
 *
 * Of the segments with the same TSecr only the first counts, so the caller passes no
 * other.  A pause of the peer's looks like a long round trip; so a sample counts as twice
 * the estimate at most.
 */
void xtcp_rightsize_echo(struct xtcp_rightsize *r, u32 tsecr, u32 now_tsval)
{
	u32 ticks = max(now_tsval - tsecr, 1u), sample;

	r->mark = tsecr;
	if (ticks > S32_MAX / TICK_US)	/* the peer made it up */
		return;
	sample = ticks * TICK_US;
	if (!r->rtt_us) {
		r->rtt_us = sample;
		return;
	}
	sample = min(sample, 2 * r->rtt_us + TICK_US);
	r->rtt_us = r->rtt_us - r->rtt_us / 8 + sample / 8;
}

/**
 * xtcp_rightsize_edge() - all came that had been offered when the measurement began
 * @r: the connection's, without timestamps
 * @edge: the furthest right edge of the window, as offered until now
 * @now_us: the time
 *
 * The peer has had our later ACK before it sent this: a round trip has passed, or more.
 * Another measurement begins.
 */
void xtcp_rightsize_edge(struct xtcp_rightsize *r, u32 edge, u32 now_us)
{
	u32 sample = max((now_us | 1) - r->mark_us, 1u);

	if (r->mark_us && (!r->rtt_us || sample < r->rtt_us))
		r->rtt_us = sample;
	r->mark = edge;
	r->mark_us = now_us | 1;
}

/**
 * xtcp_density() - how much of the receive buffer's memory holds data
 * @density: so far, in 256ths
 * @len: the data of an skb that came, at least a full segment
 * @truesize: its memory
 *
 * Smoothed.  Never less than half: what is dearer is packed when memory runs short
 * (rcvq.c).
 *
 * Return: the share in 256ths, from XTCP_DENSITY_HALF to 255
 */
u8 xtcp_density(u8 density, u32 len, u32 truesize)
{
	u32 sample = min_t(u64, ((u64)len << 8) / max(truesize, 1u), U8_MAX);

	return max_t(u32, (7 * density + sample + 4) / 8, XTCP_DENSITY_HALF);
}
