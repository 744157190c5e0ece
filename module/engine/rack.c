// SPDX-License-Identifier: GPL-2.0
/*
 * RACK-TLP: RFC 8985.  A segment is lost if one that left later was delivered, and
 * time enough has passed for the two to have changed places on the way.  Where the last
 * ones are lost there is none that left later: a probe brings about an ACK.
 *
 * Pure: what is said of segments by their times of sending.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include "rack.h"

#define WINDOW_PERSIST	16	/* RFC 8985, 6.2, step 4 */

/**
 * xtcp_rack_init() - a connection opens
 * @r: what to set up
 */
void xtcp_rack_init(struct xtcp_rack *r)
{
	*r = (struct xtcp_rack) { .window_mult = 1 };
}

/**
 * xtcp_rack_delivered() - segments are newly acknowledged, or SACKed
 * @r: the connection's
 * @sent_us: when the newest of them left last
 * @end: behind its last byte
 * @rtt_us: how long ago that is; of one that was sent again, the caller has made sure
 *	that it is not the first that is acknowledged
 *
 * RFC 8985, 6.2, step 2: once for each ACK, which says all of them.
 */
void xtcp_rack_delivered(struct xtcp_rack *r, u32 sent_us, u32 end, u32 rtt_us)
{
	bool first = !r->rtt_us;

	r->rtt_us = max(rtt_us, 1u);
	if (!first && !xtcp_sent_before(r->sent_us, r->end, sent_us, end))
		return;
	r->sent_us = sent_us;
	r->end = end;
}

/**
 * xtcp_rack_dsack() - the reordering window learns from D-SACKs
 * @r: the connection's
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @dsack: this ACK reports a duplicate
 *
 * RFC 8985, 6.2, step 4: once in a round trip it grows, for something was sent again
 * without need.
 */
void xtcp_rack_dsack(struct xtcp_rack *r, u32 snd_una, u32 snd_nxt, bool dsack)
{
	if (r->in_dsack_round && seq_geq(snd_una, r->dsack_round))
		r->in_dsack_round = 0;
	if (!dsack || r->in_dsack_round)
		return;
	r->in_dsack_round = 1;
	r->dsack_round = snd_nxt;
	if (r->window_mult < U8_MAX)
		r->window_mult++;
	r->window_persist = WINDOW_PERSIST;
}

/**
 * xtcp_rack_recovered() - fast recovery, or that after a timeout, is over
 * @r: the connection's
 *
 * RFC 8985, 6.2, step 4: after 16 of them without a D-SACK the window is what it was.
 */
void xtcp_rack_recovered(struct xtcp_rack *r)
{
	if (r->window_persist && !--r->window_persist)
		r->window_mult = 1;
}

/**
 * xtcp_rack_window_us() - RACK.reo_wnd: how long to wait for what may be reordered
 * @r: the connection's
 * @min_rtt_us: the shortest round trip
 * @srtt_us: the smoothed one
 * @hasty: in recovery, or three segments are SACKed: do not wait, as long as the path
 *	has never been seen to reorder
 *
 * RFC 8985, 6.2, step 4.  Return: microseconds
 */
u32 xtcp_rack_window_us(const struct xtcp_rack *r, u32 min_rtt_us, u32 srtt_us,
			bool hasty)
{
	if (!r->reordered && hasty)
		return 0;
	return min_t(u64, (u64)r->window_mult * min_rtt_us / 4, srtt_us);
}
