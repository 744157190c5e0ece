/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HYSTART_H
#define _XTCP_HYSTART_H

#include <linux/types.h>
#include "cong.h"

/**
 * struct xtcp_hystart - how slow start goes on, RFC 9406; before the first ACK all zero
 *
 * @window_end: the round ends when this is acknowledged
 * @last_min_rtt_us: the shortest round trip of the last round; U32_MAX: none
 * @min_rtt_us: of this round
 * @css_baseline_us: in CSS, and the round trip with which it began
 * @samples: how many of this round were taken, at most XTCP_HYSTART_SAMPLES
 * @css_rounds: in CSS: which of its rounds this is; 0: not in CSS
 * @begun: there is a round
 */
struct xtcp_hystart {
	u32	window_end;
	u32	last_min_rtt_us;
	u32	min_rtt_us;
	u32	css_baseline_us;
	u8	samples;
	u8	css_rounds;
	bool	begun;
};

/* RFC 9406, 4.3 */
#define XTCP_HYSTART_RTT_THRESH_LEAST_US	4000u
#define XTCP_HYSTART_RTT_THRESH_MOST_US		16000u
#define XTCP_HYSTART_RTT_DIVISOR		8
#define XTCP_HYSTART_SAMPLES			8
#define XTCP_HYSTART_CSS_DIVISOR		4
#define XTCP_HYSTART_CSS_ROUNDS			5

bool xtcp_hystart_acked(struct xtcp_hystart *h, const struct xtcp_cong_ack *a,
			u32 *grow_bytes);

#endif /* _XTCP_HYSTART_H */
