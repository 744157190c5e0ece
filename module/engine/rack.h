/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RACK_H
#define _XTCP_RACK_H

#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/types.h>
#include "seq.h"

/**
 * struct xtcp_rack - RFC 8985: what the newest delivered segment says about older ones
 *
 * @sent_us: RACK.xmit_ts: when it left
 * @end: RACK.end_seq: behind it
 * @rtt_us: RACK.rtt: its round trip; 0: there is none yet
 * @dsack_round: RACK.dsack_round: snd_nxt at the last D-SACK that widened the window
 * @tlp_end: TLP.end_seq: snd_nxt when the loss probe left
 * @window_mult: RACK.reo_wnd_mult: how many quarters of the shortest round trip
 * @window_persist: RACK.reo_wnd_persist: recoveries without D-SACK until it is 1 again
 * @reordered: RACK.reordering_seen
 * @in_dsack_round: @dsack_round counts
 * @tlp: @tlp_end counts
 * @tlp_resent: TLP.is_retrans: the probe was not new data
 * @tlp_unmeasured: no round trip was measured since the last probe
 */
struct xtcp_rack {
	u32	sent_us;
	u32	end;
	u32	rtt_us;
	u32	dsack_round;
	u32	tlp_end;
	u8	window_mult;
	u8	window_persist;
	u8	reordered:1,
		in_dsack_round:1,
		tlp:1,
		tlp_resent:1,
		tlp_unmeasured:1;
};

#define XTCP_TLP_MAX_ACK_DELAY_US	200000u	/* RFC 8985, 7.2 */

void xtcp_rack_init(struct xtcp_rack *r);
void xtcp_rack_delivered(struct xtcp_rack *r, u32 sent_us, u32 end, u32 rtt_us);
void xtcp_rack_dsack(struct xtcp_rack *r, u32 snd_una, u32 snd_nxt, bool dsack);
void xtcp_rack_recovered(struct xtcp_rack *r);
u32 xtcp_rack_window_us(const struct xtcp_rack *r, u32 min_rtt_us, u32 srtt_us,
			bool hasty);

/* RFC 8985, 6.2: did the one segment leave before the other?  With the same time the
 * sequence number decides.
 */
static inline bool xtcp_sent_before(u32 sent_us, u32 end, u32 other_sent_us, u32 other_end)
{
	return seq_lt(sent_us, other_sent_us) ||
	       (sent_us == other_sent_us && seq_lt(end, other_end));
}

/* How long until a segment that is still missing counts as lost; 0: it does now. */
static inline u32 xtcp_rack_remaining_us(const struct xtcp_rack *r, u32 sent_us,
					 u32 window_us, u32 now_us)
{
	s32 left = sent_us + r->rtt_us + window_us - now_us;

	return left > 0 ? left : 0;
}

/**
 * xtcp_tlp_timeout_us() - PTO: how long to wait for an ACK before a probe
 * @srtt_us: the smoothed round trip; 0: unknown
 * @single: one segment is in flight: its ACK may be delayed
 *
 * RFC 8985, 7.2.  Return: microseconds
 */
static inline u32 xtcp_tlp_timeout_us(u32 srtt_us, bool single)
{
	if (!srtt_us)
		return USEC_PER_SEC;
	return min_t(u64, 2ull * srtt_us + (single ? XTCP_TLP_MAX_ACK_DELAY_US : 0),
		     U32_MAX / 2);
}

#endif /* _XTCP_RACK_H */
