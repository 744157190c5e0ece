// SPDX-License-Identifier: GPL-2.0
/*
 * Timestamps: PAWS, protection against wrapped sequence numbers.  RFC 7323, 5.
 */
#include "seq.h"
#include "timestamps.h"

#define PAWS_IDLE_S	(24 * 24 * 3600u)	/* RFC 7323, 5.5: 24 days */

/**
 * xtcp_paws_rejects() - is a segment a duplicate from long ago?
 * @ts: the connection's
 * @tsval: the segment's TSval
 * @now_s: the time, in seconds
 *
 * RFC 7323, 5.3, R1: its timestamp is less than TS.Recent; but a TS.Recent that has not
 * changed for 24 days may have been overtaken by the peer's clock (5.5).  A TS.Recent of
 * 0 rejects nothing, as with Linux: some TCPs send 0 in their SYN, whatever their clock.
 *
 * Pure.  Return: whether to reject it
 */
bool xtcp_paws_rejects(const struct xtcp_timestamps *ts, u32 tsval, u32 now_s)
{
	return seq_lt(tsval, ts->recent) && ts->recent && ts->recent_s &&
	       now_s - ts->recent_s < PAWS_IDLE_S;
}

/**
 * xtcp_timestamp_judge() - by its timestamp, may a segment be taken?
 * @ts: the connection's, which has agreed on timestamps
 * @seg: what the segment's header says
 *
 * RFC 7323, 3.2: without one, it is dropped and not answered; 5.2: a RST always counts.
 *
 * Return: XTCP_DROP_NONE; XTCP_DROP_NO_TIMESTAMP; XTCP_DROP_PAWS: it must be answered
 * with an ACK
 */
enum xtcp_drop_reason xtcp_timestamp_judge(const struct xtcp_timestamps *ts,
					   const struct xtcp_segment *seg)
{
	if (xtcp_timestamp_fine(ts, &seg->opt) || seg->flags & XTCP_RST)
		return XTCP_DROP_NONE;
	if (!(seg->opt.present & XTCP_OPT_TIMESTAMPS))
		return XTCP_DROP_NO_TIMESTAMP;
	return xtcp_paws_rejects(ts, seg->opt.tsval, xtcp_now_s()) ? XTCP_DROP_PAWS :
								     XTCP_DROP_NONE;
}
