/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TIMESTAMPS_H
#define _XTCP_TIMESTAMPS_H

#include <linux/types.h>
#include "../observe/drop.h"
#include "../wire/segment.h"
#include "clock.h"
#include "seq.h"

/**
 * struct xtcp_timestamps - the timestamps option's state, RFC 7323
 * @offset: what our clock is shifted by: random, one for each pair of hosts
 * @recent: TS.Recent: what is echoed, and what PAWS compares with
 * @recent_s: when it was set, in seconds; 0: never
 */
struct xtcp_timestamps {
	u32	offset;
	u32	recent;
	u32	recent_s;
};

bool xtcp_paws_rejects(const struct xtcp_timestamps *ts, u32 tsval, u32 now_s);
enum xtcp_drop_reason xtcp_timestamp_judge(const struct xtcp_timestamps *ts,
					   const struct xtcp_segment *seg);

/* Nearly all segments: there is a timestamp, and it is no less than TS.Recent. */
static inline bool xtcp_timestamp_fine(const struct xtcp_timestamps *ts,
				       const struct xtcp_options *opt)
{
	return opt->present & XTCP_OPT_TIMESTAMPS && seq_geq(opt->tsval, ts->recent);
}

/* TS.Recent is what the peer says now, if its clock has moved on. */
static inline void xtcp_timestamp_set_recent(struct xtcp_timestamps *ts, u32 tsval)
{
	if (tsval == ts->recent && ts->recent_s)
		return;
	ts->recent = tsval;
	ts->recent_s = xtcp_now_s() ?: 1;	/* 0 is never */
}

/* TSval of a segment that leaves at a time: our clock ticks once a millisecond. */
static inline u32 xtcp_tsval_at(const struct xtcp_timestamps *ts, u64 ns)
{
	return (u32)div_u64(ns, NSEC_PER_MSEC) + ts->offset;
}

/* TSval of a segment that leaves now. */
static inline u32 xtcp_tsval(const struct xtcp_timestamps *ts)
{
	return xtcp_tsval_at(ts, ktime_get_ns());
}

/* What a segment that leaves at a time says, if it has timestamps; the first SYN has
 * nothing to echo.
 */
static inline void xtcp_timestamp_write(const struct xtcp_timestamps *ts,
					struct xtcp_options *opt, u64 ns)
{
	if (!(opt->present & XTCP_OPT_TIMESTAMPS))
		return;
	opt->tsval = xtcp_tsval_at(ts, ns);
	opt->tsecr = ts->recent_s ? ts->recent : 0;
}

#endif /* _XTCP_TIMESTAMPS_H */
