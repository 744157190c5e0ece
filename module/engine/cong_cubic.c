// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC: RFC 9438.  Sections in parentheses are its.
 *
 * In congestion avoidance the window follows a cubic curve of the time since that
 * began: steep at first, flat near W_max, where data was lost last, then steep
 * again in search of a new W_max.  All flows that share a bottleneck follow the same
 * curve, whatever their round trips.
 *
 *	W_cubic(t) = C (t - K)^3 + W_max			(4.2, figure 1)
 *	K = cbrt((W_max - cwnd at t = 0) / C)			(4.2, figure 2)
 *	C = 0.4 segments/s^3					(5.1)
 *	target = W_cubic(t + RTT), within cwnd and 1.5 cwnd	(4.2)
 *	cwnd += (target - cwnd) / cwnd for each acknowledged	(4.4, 4.5)
 *
 *	W_est += alpha SMSS for each cwnd acknowledged		(4.3, figure 4)
 *	alpha = 3 (1 - beta) / (1 + beta) = 9/17, and 1 from the cwnd of the last
 *	reduction on
 *	cwnd = W_est where that is more: the Reno-friendly region
 *
 *	loss: ssthresh = beta flight, beta = 0.7		(4.6)
 *	      W_max = cwnd, or cwnd (1 + beta) / 2 if less than the last W_max (4.7)
 *	timeout: then W_max = cwnd and K = 0 when congestion avoidance begins (4.8)
 *	slow start: the first by HyStart++, hystart.c		(4.10)
 *
 * The RFC tells the Reno-friendly region by W_cubic(t) < W_est; cwnd is what
 * W_cubic was a round trip ago, at t, so that taking the larger of cwnd and W_est says
 * the same and costs one cube less.
 *
 * The time counts only while the window is in use (5.8).  As long as data is in
 * flight, ACKs are hardly more than a round trip apart; what is more was silence,
 * a user who wrote less than the window takes, or a recovery.  So a gap between two
 * ACKs that grow the window counts as one round trip at most.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "cong.h"
#include "hystart.h"

#define TIME_MOST_MS	((1u << 21) - 1)	/* its cube has 63 bits */

/**
 * struct cubic - what CUBIC knows of a connection
 *
 * @hystart: in the first slow start, as long as ssthresh is infinite; after that:
 * @w_max: in bytes, where data was lost last; 0: never, or by a timeout
 * @t_us: how long congestion avoidance has lasted
 * @k_ms: K
 * @w_est: what Reno would have, in bytes; 0: congestion avoidance has not begun
 * @est_acked_bytes: acknowledged since @w_est grew
 *
 * acked_bytes of struct xtcp_cong is the remainder of the last growth, in bytes by
 * cwnd.
 */
struct cubic {
	union {
		struct xtcp_hystart	hystart;
		struct {
			u32	w_max;
			u32	t_us;
			u32	k_ms;
			u32	w_est;
			u32	est_acked_bytes;
		};
	};
};

/* The whole cube root of @x; TIME_MOST_MS if it is more.  Bit by bit: it is wanted
 * once for a loss.
 */
static u32 cube_root(u64 x)
{
	u64 root = 0, bit, next;

	for (bit = (TIME_MOST_MS + 1) / 2; bit; bit /= 2) {
		next = root | bit;
		if (next * next * next <= x)
			root = next;
	}
	return root;
}

/* C t^3 in bytes; C is 2/5 of a segment. */
static u64 curve_bytes(u32 t_ms, u32 mss_bytes)
{
	u64 t = min(t_ms, TIME_MOST_MS);

	return div_u64(div_u64(t * t * t, 1000000) * mss_bytes * 2, 5 * 1000);
}

/* And back: the time in which the curve rises by @bytes. */
static u32 curve_ms(u32 bytes, u32 mss_bytes)
{
	return cube_root(div_u64(bytes * 5ull / 2 * NSEC_PER_SEC, mss_bytes));
}

/* W_cubic(@t_ms) */
static u64 cubic_window(const struct cubic *cubic, u32 t_ms, u32 mss_bytes)
{
	u64 below;

	if (t_ms >= cubic->k_ms)
		return cubic->w_max + curve_bytes(t_ms - cubic->k_ms, mss_bytes);
	below = curve_bytes(cubic->k_ms - t_ms, mss_bytes);
	return cubic->w_max > below ? cubic->w_max - below : 0;
}

/* Congestion avoidance begins. */
static void begin_epoch(struct xtcp_cong *cc, struct cubic *cubic)
{
	cubic->t_us = 0;
	cubic->k_ms = 0;
	if (cc->cwnd_bytes < cubic->w_max)
		cubic->k_ms = curve_ms(cubic->w_max - cc->cwnd_bytes, cc->mss_bytes);
	else
		cubic->w_max = cc->cwnd_bytes;
	cubic->w_est = cc->cwnd_bytes;
	cubic->est_acked_bytes = 0;
	cc->acked_bytes = 0;
}

/* How time goes by: for all gaps between ACKs that grow the window, but a longer one
 * counts as a round trip.
 */
static void count_time(const struct xtcp_cong *cc, struct cubic *cubic,
		       const struct xtcp_cong_ack *a)
{
	u32 gap_us = min(a->now_us - cc->acked_us, a->srtt_us);

	cubic->t_us += min(gap_us, U32_MAX - cubic->t_us);
}

/* cwnd goes towards the target, so that it is there after a round trip. */
static void follow_curve(struct xtcp_cong *cc, const struct cubic *cubic,
			 const struct xtcp_cong_ack *a, u32 acked_bytes)
{
	u32 cwnd = cc->cwnd_bytes, t_ms, target;
	u64 credit;

	t_ms = div_u64((u64)cubic->t_us + a->srtt_us, USEC_PER_MSEC);
	target = clamp_t(u64, cubic_window(cubic, t_ms, cc->mss_bytes),
			 cwnd, (u64)cwnd + cwnd / 2);
	credit = (u64)(target - cwnd) * min(acked_bytes, cwnd) + cc->acked_bytes;
	xtcp_cong_grow(cc, div_u64_rem(credit, cwnd, &cc->acked_bytes));
}

/* What Reno would have (4.3).  cwnd must be no less. */
static void keep_up_with_reno(struct xtcp_cong *cc, struct cubic *cubic,
			      u32 acked_bytes)
{
	u32 need = xtcp_cong_window_bytes(cc);

	if (cubic->w_est < cc->undo.cwnd_bytes)
		need = div_u64(need * 17ull, 9);
	cubic->est_acked_bytes += min(acked_bytes, cc->cwnd_bytes);
	if (cubic->est_acked_bytes >= need) {
		cubic->est_acked_bytes -= need;
		cubic->w_est = min(cubic->w_est + cc->mss_bytes, cc->most_bytes);
	}
	if (cubic->w_est > cc->cwnd_bytes)
		xtcp_cong_grow(cc, cubic->w_est - cc->cwnd_bytes);
}

static void avoid_congestion(struct xtcp_cong *cc, struct cubic *cubic,
			     const struct xtcp_cong_ack *a, u32 acked_bytes)
{
	if (!cubic->w_est)
		begin_epoch(cc, cubic);
	else
		count_time(cc, cubic, a);
	follow_curve(cc, cubic, a, acked_bytes);
	keep_up_with_reno(cc, cubic, acked_bytes);
}

/* The first slow start.  Return: false: it is over */
static bool search(struct xtcp_cong *cc, struct cubic *cubic,
		   const struct xtcp_cong_ack *a)
{
	u32 grow_bytes;

	if (xtcp_hystart_acked(&cubic->hystart, a, &grow_bytes)) {
		xtcp_cong_grow(cc, grow_bytes);
		return true;
	}
	xtcp_cong_end_slow_start(cc);
	memset(cubic, 0, sizeof(*cubic));
	return false;
}

/* MAY-18 */
static void cubic_acked(struct xtcp_cong *cc, const struct xtcp_cong_ack *a)
{
	struct cubic *cubic = xtcp_cong_private(cc, struct cubic);
	u32 left = a->acked_bytes;

	if (cc->ssthresh_bytes == XTCP_SSTHRESH_INFINITE) {
		if (search(cc, cubic, a))
			return;
	} else {
		left = xtcp_cong_slow_start(cc, left);
	}
	if (left)
		avoid_congestion(cc, cubic, a, left);
}

static u32 cubic_ssthresh(struct xtcp_cong *cc, u32 flight_bytes)
{
	struct cubic *cubic = xtcp_cong_private(cc, struct cubic);
	u32 cwnd = cc->cwnd_bytes;

	if (cc->ssthresh_bytes == XTCP_SSTHRESH_INFINITE)
		memset(cubic, 0, sizeof(*cubic));
	/* fast convergence: leave room for the flow that took it (4.7) */
	cubic->w_max = cwnd < cubic->w_max ? div_u64(cwnd * 17ull, 20) : cwnd;
	cubic->w_est = 0;
	return max_t(u32, div_u64(flight_bytes * 7ull, 10), 2 * cc->mss_bytes);
}

static void cubic_timed_out(struct xtcp_cong *cc)
{
	xtcp_cong_private(cc, struct cubic)->w_max = 0;
}

/* What Reno would have is less as well, now; congestion avoidance begins anew. */
static void cubic_restarted(struct xtcp_cong *cc)
{
	if (cc->ssthresh_bytes != XTCP_SSTHRESH_INFINITE)
		xtcp_cong_private(cc, struct cubic)->w_est = 0;
}

const struct xtcp_cong_ops xtcp_cong_cubic = {
	.name = "cubic",
	.acked = cubic_acked,
	.ssthresh = cubic_ssthresh,
	.timed_out = cubic_timed_out,
	.restarted = cubic_restarted,
};
