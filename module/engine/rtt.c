// SPDX-License-Identifier: GPL-2.0
/*
 * Round-trip time and retransmission timeout, RFC 6298.
 *
 *	first sample R:	SRTT = R, RTTVAR = R / 2			(2.2)
 *	later:		RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R|		(2.3)
 *			SRTT = 7/8 SRTT + 1/8 R
 *	then:		RTO = SRTT + max(G, 4 RTTVAR)
 *
 * In place of G, the clock's granularity, stands a larger margin: the sysctl rto_min_us,
 * or the route's.  Where round trips are all alike RTTVAR is next to nothing, and the
 * peer's delayed ACK, or a queue that builds up, would look like a loss.  (2.4) asks for
 * an RTO of 1 s at least for that reason, but a least RTO does not help where the round
 * trip itself takes as long.  Linux has the same margin.  RTO is at most XTCP_RTO_MAX_US, and
 * what is armed at most the sysctl rto_max_ms.
 *
 * The caller must observe Karn's rule (3): never sample a segment sent twice.
 *
 * The shortest round trip is that of the last minutes only, so that it follows a path that
 * has become longer (RFC 8985, 6.2, step 1).
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include "rtt.h"

#define MIN_WINDOW_US	(300 * USEC_PER_SEC)	/* as Linux' tcp_min_rtt_wlen */

/**
 * xtcp_rtt_init() - before the first sample
 * @rtt: what to set up
 */
void xtcp_rtt_init(struct xtcp_rtt *rtt)
{
	*rtt = (struct xtcp_rtt) {
		.rto_us = XTCP_RTO_INITIAL_US,
		.min_us = U32_MAX,
		.half_min_us = U32_MAX,
	};
}

/* A sample is the shortest of the younger half, or begins a new one. */
static noinline void note_shortest(struct xtcp_rtt *rtt, u32 r_us, u32 now_us)
{
	u32 age_us = now_us - rtt->half_since_us;

	if (age_us > MIN_WINDOW_US / 2) {
		rtt->min_us = age_us > MIN_WINDOW_US ? r_us : rtt->half_min_us;
		rtt->half_min_us = r_us;
		rtt->half_since_us = now_us;
	}
	rtt->half_min_us = min(rtt->half_min_us, r_us);
	rtt->min_us = min(rtt->min_us, r_us);
}

/**
 * xtcp_rtt_sample() - take in a measured round trip
 * @rtt: the estimator
 * @r_us: the measurement; 0 counts as 1
 * @now_us: the time, on a clock that wraps
 * @rto_min_us: by how much the timeout must exceed the round trip
 *
 * Ends any back-off: the path answers again (RFC 6298, 5).
 *
 * RFC 9293: MUST-18.
 */
void xtcp_rtt_sample(struct xtcp_rtt *rtt, u32 r_us, u32 now_us, u32 rto_min_us)
{
	u32 delta;

	r_us = clamp(r_us, 1u, XTCP_RTO_MAX_US);
	if (!rtt->srtt_us) {
		rtt->srtt_us = r_us;
		rtt->rttvar_us = r_us / 2;
	} else {
		delta = r_us > rtt->srtt_us ? r_us - rtt->srtt_us :
					      rtt->srtt_us - r_us;
		rtt->rttvar_us = rtt->rttvar_us - rtt->rttvar_us / 4 + delta / 4;
		rtt->srtt_us = rtt->srtt_us - rtt->srtt_us / 8 + r_us / 8;
		rtt->srtt_us = max(rtt->srtt_us, 1u);
	}
	if (unlikely(r_us < rtt->half_min_us ||
		     now_us - rtt->half_since_us > MIN_WINDOW_US / 2))
		note_shortest(rtt, r_us, now_us);
	rto_min_us = min(rto_min_us, XTCP_RTO_MAX_US);
	rtt->rto_us = min(rtt->srtt_us + max(rto_min_us, 4 * rtt->rttvar_us),
			  XTCP_RTO_MAX_US);
	rtt->backoff = 0;
}

/**
 * xtcp_rtt_backoff() - the timer fired: double the timeout (5.5)
 * @rtt: the estimator
 *
 * RFC 9293: MUST-19.
 */
void xtcp_rtt_backoff(struct xtcp_rtt *rtt)
{
	if (xtcp_rtt_timeout_us(rtt) < XTCP_RTO_MAX_US)
		rtt->backoff++;
}

/**
 * xtcp_rtt_syn_lost() - the handshake is over, its SYN was sent again (5.7), and no sample
 *	could be taken
 * @rtt: the estimator
 *
 * Data starts with a careful timeout.
 */
void xtcp_rtt_syn_lost(struct xtcp_rtt *rtt)
{
	rtt->rto_us = XTCP_RTO_SYN_LOST_US;
	rtt->backoff = 0;
}
