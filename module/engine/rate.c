// SPDX-License-Identifier: GPL-2.0
/*
 * How quickly data are delivered: draft-ietf-ccwg-bbr, 4.1, delivery rate
 * samples.
 *
 * A segment that is acknowledged says how many bytes have been acknowledged
 * since it left.  That took the longer of two times: from one acknowledgment to the
 * other, and, since acknowledgments may come in a bunch, from the first of their
 * segments to the last.
 *
 * Where the user had too little to send, the rate is the user's, not the path's:
 * such a sample counts only if it is higher than what is known.
 */
#include <linux/minmax.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include "rate.h"
#include "seq.h"

/**
 * xtcp_rate_pause() - the user had nothing more to send, and the path had room
 * @rate: the connection's
 * @end: how many bytes will have been delivered once all in flight is
 */
void xtcp_rate_pause(struct xtcp_rate *rate, u32 end)
{
	rate->pause_end = end;
	rate->paused = 1;
}

/**
 * xtcp_rate_acked() - segments are acknowledged
 * @rate: the connection's
 * @mark: of the one that left last; NULL: no skb is acknowledged whole
 * @sent_us: when it left
 * @delivered: bytes acknowledged so far, with these
 * @now_us: the time
 * @min_us: the shortest round trip: what took less is no sample
 */
void xtcp_rate_acked(struct xtcp_rate *rate, const struct xtcp_rate_mark *mark,
		     u32 sent_us, u32 delivered, u32 now_us, u32 min_us)
{
	u32 bytes, interval_us;

	rate->delivered_us = now_us;
	if (rate->paused && seq_gt(delivered, rate->pause_end))
		rate->paused = 0;
	if (!mark)
		return;
	rate->first_sent_us = sent_us;
	bytes = delivered - mark->delivered;
	interval_us = max_t(u32, mark->elapsed_us, now_us - mark->delivered_us);
	if (!interval_us || interval_us < min_us)
		return;
	if (mark->app_limited && rate->interval_us &&
	    (u64)bytes * rate->interval_us < (u64)rate->bytes * interval_us)
		return;
	rate->bytes = bytes;
	rate->interval_us = interval_us;
	rate->app_limited = mark->app_limited;
}

/**
 * xtcp_rate_per_s() - the rate
 * @rate: the connection's
 *
 * Return: bytes a second; 0 where there is no sample
 */
u64 xtcp_rate_per_s(const struct xtcp_rate *rate)
{
	if (!rate->interval_us)
		return 0;
	return div_u64((u64)rate->bytes * USEC_PER_SEC, rate->interval_us);
}
