/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_H
#define _XTCP_CONG_H

#include <linux/types.h>

#define XTCP_CWND_MAX_BYTES	0x40000000u
#define XTCP_SSTHRESH_INFINITE	0x7fffffffu

/**
 * struct xtcp_cong - congestion window, RFC 5681
 *
 * @cwnd_bytes: how much may be in flight
 * @ssthresh_bytes: where slow start ends
 * @acked_bytes: acknowledged since the last growth in congestion avoidance
 * @mss_bytes: SMSS, the largest segment sent
 * @most_bytes: @cwnd_bytes never grows beyond
 * @initial_segs: with how many segments a connection begins, and begins again when it
 *	was idle
 */
struct xtcp_cong {
	u32	cwnd_bytes;
	u32	ssthresh_bytes;
	u32	acked_bytes;
	u32	mss_bytes;
	u32	most_bytes;
	u32	initial_segs;
};

void xtcp_cong_init(struct xtcp_cong *cc, u32 mss_bytes, bool syn_lost);
void xtcp_cong_route(struct xtcp_cong *cc, u32 initial_segs, u32 most_segs);
void xtcp_cong_set_mss(struct xtcp_cong *cc, u32 mss_bytes);
void xtcp_cong_acked(struct xtcp_cong *cc, u32 acked_bytes);
void xtcp_cong_loss(struct xtcp_cong *cc, u32 flight_bytes);
void xtcp_cong_timeout(struct xtcp_cong *cc, u32 flight_bytes, bool again);
void xtcp_cong_idle(struct xtcp_cong *cc);

static inline bool xtcp_cong_in_slow_start(const struct xtcp_cong *cc)
{
	return cc->cwnd_bytes < cc->ssthresh_bytes;
}

#endif /* _XTCP_CONG_H */
