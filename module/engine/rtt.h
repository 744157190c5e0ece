/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RTT_H
#define _XTCP_RTT_H

#include <linux/minmax.h>
#include <linux/types.h>

/**
 * struct xtcp_rtt - round-trip time and retransmission timeout, RFC 6298
 *
 * @srtt_us: smoothed round-trip time; 0 until the first sample
 * @rttvar_us: its mean deviation
 * @rto_us: the timeout that follows from them, without back-off
 * @min_us: the shortest sample of the last minutes: of the window's two halves
 * @half_min_us: the shortest of its younger half
 * @half_since_us: when that began, on a clock that wraps
 * @backoff: how often the timeout has been doubled since the last sample
 */
struct xtcp_rtt {
	u32	srtt_us;
	u32	rttvar_us;
	u32	rto_us;
	u32	min_us;
	u32	half_min_us;
	u32	half_since_us;
	u8	backoff;
};

#define XTCP_RTO_INITIAL_US	1000000u	/* RFC 6298 (2.1) */
#define XTCP_RTO_SYN_LOST_US	3000000u	/* RFC 6298 (5.7) */
#define XTCP_RTO_MAX_US		120000000u	/* the most that the sysctl rto_max_ms may say */

void xtcp_rtt_init(struct xtcp_rtt *rtt);
void xtcp_rtt_sample(struct xtcp_rtt *rtt, u32 r_us, u32 now_us, u32 rto_min_us);
void xtcp_rtt_backoff(struct xtcp_rtt *rtt);
void xtcp_rtt_syn_lost(struct xtcp_rtt *rtt);

/**
 * xtcp_rtt_timeout_us() - the timeout, back-off included
 * @rtt: the estimator
 *
 * What to arm the user may have bounded: xtcp_timeout_us().
 *
 * Return: microseconds, at most XTCP_RTO_MAX_US
 */
static inline u32 xtcp_rtt_timeout_us(const struct xtcp_rtt *rtt)
{
	return min_t(u64, (u64)rtt->rto_us << min_t(u8, rtt->backoff, 31),
		     XTCP_RTO_MAX_US);
}

#endif /* _XTCP_RTT_H */
