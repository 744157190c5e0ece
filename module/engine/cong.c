// SPDX-License-Identifier: GPL-2.0
/*
 * The congestion window: what all congestion controls have in common.  No other
 * file writes cwnd or ssthresh.
 *
 *	start:		cwnd = min(10 SMSS, max(2 SMSS, 14600)), or what the route
 *			says; ssthresh as high as can be	(RFC 6928, section 2)
 *	slow start:	cwnd += bytes acknowledged		(RFC 3465, 2.2)
 *			while more than half of it is in flight	(RFC 7661, 4.3)
 *	timeout:	cwnd = SMSS: slow start anew		(RFC 5681, 3.1)
 *	fast recovery:	cwnd = pipe + sndcnt, in the end ssthresh (RFC 6937)
 *			pipe > ssthresh: all sent since recovery began is at most
 *			    delivered * ssthresh / RecoverFS, rounded up to segments
 *			else sndcnt = min(ssthresh - pipe, what has been delivered
 *			    and not answered by sending); SMSS more for an ACK
 *			    that makes progress (RFC 9937)
 *
 * How cwnd grows beyond ssthresh, and what ssthresh becomes after a loss, is
 * for the congestion control to say: cong_cubic.c, cong_reno.c.
 *
 * In slow start an ACK opens the window by all that it acknowledges.  RFC 3465 would
 * stop at two segments for each ACK, its L.  But a receiver that merges segments, by
 * GRO or LRO, sends one ACK for up to 64 KiB; with L the window would hardly grow.
 * Linux does without L as well.
 */
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "cong.h"

#define INITIAL_SEGS	10	/* RFC 6928, (1) */
#define INITIAL_BYTES	14600u

/* The initial window, and the restart window. */
static u32 initial_window_bytes(const struct xtcp_cong *cc)
{
	u32 mss = cc->mss_bytes;

	if (!cc->initial_segs)
		return min(INITIAL_SEGS * mss, max(2 * mss, INITIAL_BYTES));
	return min_t(u64, (u64)cc->initial_segs * mss, XTCP_CWND_MAX_BYTES);
}

/**
 * xtcp_cong_init() - at the start of a connection
 * @cc: what to set up
 * @ops: the congestion control
 * @mss_bytes: SMSS
 * @syn_lost: the SYN or SYN,ACK had to be sent again: start with one segment
 *	(RFC 5681, 3.1)
 */
void xtcp_cong_init(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops,
		    u32 mss_bytes, bool syn_lost)
{
	*cc = (struct xtcp_cong) {
		.ops = ops,
		.mss_bytes = mss_bytes,
		.ssthresh_bytes = XTCP_SSTHRESH_INFINITE,
		.most_bytes = XTCP_CWND_MAX_BYTES,
	};
	cc->cwnd_bytes = syn_lost ? mss_bytes : initial_window_bytes(cc);
}

/**
 * xtcp_cong_switch() - another congestion control moves the window from now on
 * @cc: the window: cwnd and ssthresh stay
 * @ops: the congestion control
 */
void xtcp_cong_switch(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops)
{
	if (cc->ops == ops)
		return;
	cc->ops = ops;
	cc->acked_bytes = 0;
	memset(cc->private, 0, sizeof(cc->private));
	memset(&cc->undo, 0, sizeof(cc->undo));
}

/**
 * xtcp_cong_route() - what the route says about the window
 * @cc: the window, as xtcp_cong_init() left it
 * @initial_segs: how many segments to begin with; 0: leave it as it is
 * @most_segs: how many it may have at most; 0: no such bound
 */
void xtcp_cong_route(struct xtcp_cong *cc, u32 initial_segs, u32 most_segs)
{
	if (most_segs)
		cc->most_bytes = min_t(u64, (u64)most_segs * cc->mss_bytes,
				       cc->most_bytes);
	if (initial_segs) {
		cc->initial_segs = initial_segs;
		cc->cwnd_bytes = initial_window_bytes(cc);
	}
	cc->cwnd_bytes = min(cc->cwnd_bytes, cc->most_bytes);
}

/**
 * xtcp_cong_set_mss() - the path's MTU changed
 * @cc: the window
 * @mss_bytes: the new SMSS
 *
 * The window stays, in bytes, but never below one segment.
 */
void xtcp_cong_set_mss(struct xtcp_cong *cc, u32 mss_bytes)
{
	cc->mss_bytes = mss_bytes;
	cc->cwnd_bytes = max(cc->cwnd_bytes, mss_bytes);
}

/**
 * xtcp_cong_half_used() - does slow start go on, though the window was not full?
 * @cc: the window
 * @snd_una: SND.UNA, before the ACK that came
 * @snd_nxt: SND.NXT
 *
 * It does while cwnd is less than twice what was in flight in this round trip: what the
 * path has taken, it may be offered twice.  RFC 7661, 4.3: the validated phase; as Linux.
 *
 * Return: whether cwnd may grow
 */
bool xtcp_cong_half_used(struct xtcp_cong *cc, u32 snd_una, u32 snd_nxt)
{
	u32 flight = snd_nxt - snd_una;

	if (cc->used.end - snd_una - 1 >= flight) {	/* another round trip */
		cc->used.bytes = 0;
		cc->used.end = snd_nxt;
	}
	cc->used.bytes = max(cc->used.bytes, flight);
	return xtcp_cong_in_slow_start(cc) && cc->cwnd_bytes < 2 * cc->used.bytes;
}

/**
 * xtcp_cong_acked() - new data was acknowledged and the window was in use
 * @cc: the window
 * @a: the ACK
 *
 * Not for an ACK in fast recovery: see xtcp_cong_recovery_acked().
 *
 * RFC 9293: MUST-19.
 */
void xtcp_cong_acked(struct xtcp_cong *cc, const struct xtcp_cong_ack *a)
{
	cc->ops->acked(cc, a);
	cc->acked_us = a->now_us;
}

/* ---- fast recovery, with proportional rate reduction ---- */

/* Reduce: sets ssthresh, and keeps what an undo needs. */
static void reduce(struct xtcp_cong *cc, u32 flight_bytes)
{
	cc->undo.cwnd_bytes = cc->cwnd_bytes;
	cc->undo.ssthresh_bytes = cc->ssthresh_bytes;
	memcpy(cc->undo.private, cc->private, sizeof(cc->undo.private));
	cc->ssthresh_bytes = cc->ops->ssthresh(cc, flight_bytes);
	cc->prr.recover_fs_bytes = max(flight_bytes, 1u);
}

/**
 * xtcp_cong_enter_recovery() - a loss was found, and fast recovery begins; or a mark has
 *	come, and the window is reduced the same way
 * @cc: the window
 * @flight_bytes: sent and not acknowledged, RFC 6937's RecoverFS
 *
 * Sets ssthresh.  cwnd follows by xtcp_cong_recovery_acked(), which the same ACK must
 * call next.
 */
void xtcp_cong_enter_recovery(struct xtcp_cong *cc, u32 flight_bytes)
{
	reduce(cc, flight_bytes);
	xtcp_cong_lost(cc);
}

/**
 * xtcp_cong_lost() - a loss was found, but the window is being reduced already
 * @cc: the window
 *
 * ssthresh stays; but the first retransmission must not wait, whatever has left since.
 * xtcp_cong_recovery_acked() must be next.
 */
void xtcp_cong_lost(struct xtcp_cong *cc)
{
	cc->prr.delivered_bytes = 0;
	cc->prr.out_bytes = 0;
}

/**
 * xtcp_cong_recovery_acked() - an ACK in fast recovery, the one that began it included
 * @cc: the window
 * @delivered_bytes: how much more of our data this ACK says the peer has, by its
 *	acknowledgment number or SACK blocks
 * @pipe_bytes: what is in flight now
 * @progress: the acknowledgment number moved on and no further loss was found
 *
 * Sets cwnd to what is in flight and what may be sent for this ACK, RFC 6937's
 * sndcnt.
 */
void xtcp_cong_recovery_acked(struct xtcp_cong *cc, u32 delivered_bytes,
			      u32 pipe_bytes, bool progress)
{
	u32 ssthresh = cc->ssthresh_bytes, out = cc->prr.out_bytes;
	u32 delivered = cc->prr.delivered_bytes + delivered_bytes;
	u32 sndcnt, may;

	cc->prr.delivered_bytes = delivered;
	if (pipe_bytes > ssthresh) {
		may = min_t(u64, DIV_ROUND_UP_ULL((u64)delivered * ssthresh,
						  cc->prr.recover_fs_bytes),
			    XTCP_CWND_MAX_BYTES);
		may = roundup(may, cc->mss_bytes);
		sndcnt = may > out ? may - out : 0;
	} else {
		sndcnt = max(delivered > out ? delivered - out : 0, delivered_bytes);
		if (progress)
			sndcnt += cc->mss_bytes;
		sndcnt = min(sndcnt, ssthresh - pipe_bytes);
	}
	/* the first retransmission must not wait */
	if (!out)
		sndcnt = max(sndcnt, cc->mss_bytes);
	cc->cwnd_bytes = min_t(u64, (u64)pipe_bytes + sndcnt, XTCP_CWND_MAX_BYTES);
}

/**
 * xtcp_cong_sent() - data left in fast recovery, new or again
 * @cc: the window
 * @bytes: how much
 */
void xtcp_cong_sent(struct xtcp_cong *cc, u32 bytes)
{
	cc->prr.out_bytes += bytes;
}

/**
 * xtcp_cong_recovered() - fast recovery, or another reduction, ends
 * @cc: the window
 */
void xtcp_cong_recovered(struct xtcp_cong *cc)
{
	cc->cwnd_bytes = cc->ssthresh_bytes;
	cc->used.bytes = 0;
}

/**
 * xtcp_cong_undo() - nothing was lost after all: take the last reduction back
 * @cc: the window
 * @snd_nxt: SND.NXT
 *
 * If the window has grown beyond what it was, the congestion control goes on as it
 * is (RFC 9438, 4.9); but not if this takes it back into the first slow start.
 */
void xtcp_cong_undo(struct xtcp_cong *cc, u32 snd_nxt)
{
	bool first_slow_start = cc->undo.ssthresh_bytes == XTCP_SSTHRESH_INFINITE &&
				cc->ssthresh_bytes != XTCP_SSTHRESH_INFINITE;

	if (cc->cwnd_bytes < cc->undo.cwnd_bytes || first_slow_start) {
		memcpy(cc->private, cc->undo.private, sizeof(cc->private));
		cc->acked_bytes = 0;
	}
	cc->cwnd_bytes = max(cc->cwnd_bytes, cc->undo.cwnd_bytes);
	cc->ssthresh_bytes = max(cc->ssthresh_bytes, cc->undo.ssthresh_bytes);
	cc->used.bytes = cc->prr.recover_fs_bytes;
	cc->used.end = snd_nxt;
}

/* ---- the timer, and silence ---- */

/**
 * xtcp_cong_timeout() - a loss was found by the retransmission timer
 * @cc: the window
 * @flight_bytes: sent and not acknowledged
 * @again: the same segment timed out before: ssthresh is held constant
 *	(RFC 5681, 3.1); or it was reduced in this round trip
 *
 * RFC 9293: MUST-19.
 */
void xtcp_cong_timeout(struct xtcp_cong *cc, u32 flight_bytes, bool again)
{
	if (!again) {
		reduce(cc, flight_bytes);
		if (cc->ops->timed_out)
			cc->ops->timed_out(cc);
	}
	cc->acked_bytes = 0;
	cc->cwnd_bytes = cc->mss_bytes;
	cc->used.bytes = 0;
}

/**
 * xtcp_cong_idle() - nothing was sent for longer than the timeout
 * @cc: the window
 *
 * RFC 5681, 4.1: the ACK clock has stopped; begin with the restart window.
 */
void xtcp_cong_idle(struct xtcp_cong *cc)
{
	u32 restart_bytes = initial_window_bytes(cc);

	if (cc->cwnd_bytes <= restart_bytes)
		return;
	cc->cwnd_bytes = restart_bytes;
	if (cc->ops->restarted)
		cc->ops->restarted(cc);
}
