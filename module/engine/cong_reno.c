// SPDX-License-Identifier: GPL-2.0
/*
 * Reno: RFC 5681.
 *
 *	slow start:		cwnd += bytes acknowledged	 (RFC 3465, 2.2)
 *	congestion avoidance:	cwnd += SMSS for each cwnd acknowledged, in whole
 *				segments			(RFC 5681, 3.1, (2))
 *	loss:			ssthresh = max(flight / 2, 2 SMSS)	     (4)
 */
#include <linux/minmax.h>
#include "cong.h"

static void reno_acked(struct xtcp_cong *cc, const struct xtcp_cong_ack *a)
{
	u32 window_bytes;

	cc->acked_bytes += xtcp_cong_slow_start(cc, a->acked_bytes);
	window_bytes = xtcp_cong_window_bytes(cc);
	if (cc->acked_bytes >= window_bytes) {
		cc->acked_bytes -= window_bytes;
		xtcp_cong_grow(cc, cc->mss_bytes);
	}
}

static u32 reno_ssthresh(struct xtcp_cong *cc, u32 flight_bytes)
{
	cc->acked_bytes = 0;
	return max(flight_bytes / 2, 2 * cc->mss_bytes);
}

const struct xtcp_cong_ops xtcp_cong_reno = {
	.name = "reno",
	.acked = reno_acked,
	.ssthresh = reno_ssthresh,
};
