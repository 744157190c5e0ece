// SPDX-License-Identifier: GPL-2.0
/*
 * HyStart++: how to leave slow start before it loses a window of data, RFC 9406.
 *
 * A round lasts until what had been sent when it began is acknowledged.  When the
 * shortest round trip of a round exceeds that of the round before by an eighth, but
 * at least 4 and at most 16 ms, a queue has begun to build:
 *
 *	slow start	cwnd += bytes acknowledged
 *	    |  ^	8 samples of the round, and
 *	    |  |	RTT >= last RTT + clamp(last RTT / 8, 4 ms, 16 ms)
 *	    v  |	back: a round's RTT is shorter than at the change
 *	CSS		cwnd += bytes acknowledged / 4
 *	    |		5 rounds, the one in which it began among them
 *	    v
 *	congestion avoidance
 *
 * The RFC's L, how many segments one ACK may open the window by, is infinite here.
 * It asks for 8 where nothing paces what is sent, and xtcp paces nothing.  But a
 * receiver that merges segments sends one ACK for up to 64 KiB: with 8 segments for
 * each of those, the window would grow by a fifth in a round trip instead of
 * doubling.  Nor would L do much against bursts there: an ACK for 64 KiB lets as much
 * out at once, however little the window grows.  Linux has no L either.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include "hystart.h"
#include "seq.h"

/* 4.2: "At the start of each round during slow start" */
static void begin_round(struct xtcp_hystart *h, const struct xtcp_cong_ack *a)
{
	h->last_min_rtt_us = h->begun ? h->min_rtt_us : U32_MAX;
	h->min_rtt_us = U32_MAX;
	h->samples = 0;
	h->window_end = a->snd_nxt;
	h->begun = true;
}

static bool delay_has_grown(const struct xtcp_hystart *h)
{
	u32 last_us = h->last_min_rtt_us;
	u32 thresh_us = clamp(last_us / XTCP_HYSTART_RTT_DIVISOR,
			      XTCP_HYSTART_RTT_THRESH_LEAST_US,
			      XTCP_HYSTART_RTT_THRESH_MOST_US);

	return last_us != U32_MAX && h->min_rtt_us >= (u64)last_us + thresh_us;
}

static void take_sample(struct xtcp_hystart *h, u32 rtt_us)
{
	h->min_rtt_us = min(h->min_rtt_us, rtt_us);
	if (h->samples < XTCP_HYSTART_SAMPLES)
		h->samples++;
	if (h->samples < XTCP_HYSTART_SAMPLES)
		return;
	if (h->css_rounds) {
		if (h->min_rtt_us < h->css_baseline_us)
			h->css_rounds = 0;
	} else if (delay_has_grown(h)) {
		h->css_baseline_us = h->min_rtt_us;
		h->css_rounds = 1;
	}
}

/**
 * xtcp_hystart_acked() - new data was acknowledged in the first slow start
 * @h: how it has gone so far
 * @a: the ACK
 * @grow_bytes: set to by how much to open the window
 *
 * Return: false: slow start is over
 */
bool xtcp_hystart_acked(struct xtcp_hystart *h, const struct xtcp_cong_ack *a,
			u32 *grow_bytes)
{
	if (!h->begun)
		begin_round(h, a);
	if (a->rtt_us)
		take_sample(h, a->rtt_us);
	*grow_bytes = h->css_rounds ? a->acked_bytes / XTCP_HYSTART_CSS_DIVISOR :
				      a->acked_bytes;
	if (seq_geq(a->snd_una, h->window_end)) {
		begin_round(h, a);
		if (h->css_rounds && ++h->css_rounds > XTCP_HYSTART_CSS_ROUNDS)
			return false;
	}
	return true;
}
