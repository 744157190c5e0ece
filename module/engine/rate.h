/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RATE_H
#define _XTCP_RATE_H

#include <linux/types.h>

/**
 * struct xtcp_rate - how quickly data are delivered
 *
 * @delivered_us: when bytes were acknowledged last
 * @first_sent_us: when the first segment of the next sample left
 * @bytes: bytes delivered in the current sample
 * @interval_us: the time that took; 0: there is no sample yet
 * @pause_end: while @paused: behind the last byte that was in flight
 * @paused: the user had no more to send than that
 * @app_limited: the sample is of such a pause: the path may do better
 */
struct xtcp_rate {
	u32	delivered_us;
	u32	first_sent_us;
	u32	bytes;
	u32	interval_us;
	u32	pause_end;
	u8	paused:1,
		app_limited:1;
};

/**
 * struct xtcp_rate_mark - what a segment remembers of the time it left
 *
 * @delivered: how many bytes had been acknowledged
 * @delivered_us: when the last of them
 * @elapsed_us: how much later than the first of those in flight it left
 * @app_limited: sent in or after a pause by the user
 */
struct xtcp_rate_mark {
	u32	delivered;
	u32	delivered_us;
	u32	elapsed_us:31,
		app_limited:1;
};

void xtcp_rate_pause(struct xtcp_rate *rate, u32 end);
void xtcp_rate_acked(struct xtcp_rate *rate, const struct xtcp_rate_mark *mark,
		     u32 sent_us, u32 delivered, u32 now_us, u32 min_us);
u64 xtcp_rate_per_s(const struct xtcp_rate *rate);

/**
 * xtcp_rate_sent() - a segment leaves
 * @rate: the connection's
 * @mark: the segment's
 * @delivered: bytes acknowledged so far; wraps
 * @now_us: the time
 * @idle: nothing is in flight
 */
static inline void xtcp_rate_sent(struct xtcp_rate *rate, struct xtcp_rate_mark *mark,
				  u32 delivered, u32 now_us, bool idle)
{
	if (idle) {
		rate->first_sent_us = now_us;
		rate->delivered_us = now_us;
	}
	*mark = (struct xtcp_rate_mark) {
		.delivered = delivered,
		.delivered_us = rate->delivered_us,
		.elapsed_us = now_us - rate->first_sent_us,
		.app_limited = rate->paused,
	};
}

#endif /* _XTCP_RATE_H */
