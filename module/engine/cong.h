/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_H
#define _XTCP_CONG_H

#include <linux/build_bug.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/types.h>

#define XTCP_CWND_MAX_BYTES	0x40000000u
#define XTCP_SSTHRESH_INFINITE	0x7fffffffu
#define XTCP_CONG_NAME_MAX	16	/* with its zero byte, as TCP_CA_NAME_MAX */

struct xtcp_cong;

/**
 * struct xtcp_cong_ack - an ACK, as a congestion control sees it
 *
 * @acked_bytes: how much new data it acknowledges
 * @now_us: the time, on a clock that wraps
 * @rtt_us: the round trip that it measures; 0: none
 * @srtt_us: the smoothed round trip; 0: none yet
 * @min_rtt_us: the shortest round trip of the last minutes
 * @snd_una: after this ACK
 * @snd_nxt: the next byte to be sent
 */
struct xtcp_cong_ack {
	u32	acked_bytes;
	u32	now_us;
	u32	rtt_us;
	u32	srtt_us;
	u32	min_rtt_us;
	u32	snd_una;
	u32	snd_nxt;
};

/**
 * struct xtcp_cong_ops - a congestion control
 *
 * @name: as TCP_CONGESTION has it
 * @acked: new data was acknowledged while the window was in use: grow cwnd
 * @ssthresh: data was lost: the new ssthresh, in bytes
 * @timed_out: after @ssthresh, if the retransmission timer found the loss; NULL: that
 *	makes no difference
 * @restarted: cwnd is the restart window, after nothing was sent for long; NULL: that
 *	makes no difference
 *
 * Its private words are zero when a connection begins or changes to it; an undo brings
 * them back as they were before the reduction.
 */
struct xtcp_cong_ops {
	const char	*name;
	void		(*acked)(struct xtcp_cong *cc, const struct xtcp_cong_ack *a);
	u32		(*ssthresh)(struct xtcp_cong *cc, u32 flight_bytes);
	void		(*timed_out)(struct xtcp_cong *cc);
	void		(*restarted)(struct xtcp_cong *cc);
};

#define XTCP_CONG_PRIVATE_WORDS	5

/**
 * struct xtcp_cong - congestion window, RFC 5681
 *
 * @ops: how it grows and shrinks
 * @cwnd_bytes: how much may be in flight
 * @ssthresh_bytes: where slow start ends
 * @acked_bytes: acknowledged since the last growth in congestion avoidance
 * @mss_bytes: SMSS, the largest segment sent
 * @most_bytes: @cwnd_bytes never grows beyond this
 * @acked_us: when the window grew last, or could have: the last xtcp_cong_acked()
 * @initial_segs: how many segments a connection begins with, and begins again with
 *	after it was idle, by its route; 0: as RFC 6928 says
 * @private: the congestion control's own; see xtcp_cong_private()
 * @undo: what cwnd, ssthresh and @private were before the last reduction
 * @prr: proportional rate reduction, RFC 6937: what the peer has received since
 *	recovery began, what we have sent since, and what was in flight then (that stays)
 * @used: outside fast recovery: the most that was in flight in this round trip, which
 *	ends when what had been sent by then is acknowledged; noted only while less than
 *	the window is in use
 */
struct xtcp_cong {
	const struct xtcp_cong_ops *ops;
	u32	cwnd_bytes;
	u32	ssthresh_bytes;
	u32	acked_bytes;
	u32	mss_bytes;
	u32	most_bytes;
	u32	initial_segs;
	u32	acked_us;
	u32	private[XTCP_CONG_PRIVATE_WORDS];
	struct {
		u32	cwnd_bytes;
		u32	ssthresh_bytes;
		u32	private[XTCP_CONG_PRIVATE_WORDS];
	} undo;
	union {
		struct {
			u32	delivered_bytes;
			u32	out_bytes;
			u32	recover_fs_bytes;
		} prr;
		struct {
			u32	bytes;
			u32	end;
		} used;
	};
};

/* Each in a file of its own; cong_list.c knows them by name. */
extern const struct xtcp_cong_ops xtcp_cong_cubic;
extern const struct xtcp_cong_ops xtcp_cong_reno;

void xtcp_cong_init(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops,
		    u32 mss_bytes, bool syn_lost);
void xtcp_cong_route(struct xtcp_cong *cc, u32 initial_segs, u32 most_segs);
void xtcp_cong_set_mss(struct xtcp_cong *cc, u32 mss_bytes);
void xtcp_cong_switch(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops);
bool xtcp_cong_half_used(struct xtcp_cong *cc, u32 snd_una, u32 snd_nxt);
void xtcp_cong_acked(struct xtcp_cong *cc, const struct xtcp_cong_ack *a);
void xtcp_cong_enter_recovery(struct xtcp_cong *cc, u32 flight_bytes);
void xtcp_cong_lost(struct xtcp_cong *cc);
void xtcp_cong_recovery_acked(struct xtcp_cong *cc, u32 delivered_bytes,
			      u32 pipe_bytes, bool progress);
void xtcp_cong_sent(struct xtcp_cong *cc, u32 bytes);
void xtcp_cong_recovered(struct xtcp_cong *cc);
void xtcp_cong_undo(struct xtcp_cong *cc, u32 snd_nxt);
void xtcp_cong_timeout(struct xtcp_cong *cc, u32 flight_bytes, bool again);
void xtcp_cong_idle(struct xtcp_cong *cc);

static inline bool xtcp_cong_in_slow_start(const struct xtcp_cong *cc)
{
	return cc->cwnd_bytes < cc->ssthresh_bytes;
}

/* ---- for congestion controls ---- */

/**
 * xtcp_cong_private() - a congestion control's own state
 * @cc: the window
 * @type: what it keeps there
 */
#define xtcp_cong_private(cc, type)					\
	({								\
		BUILD_BUG_ON(sizeof(type) > sizeof((cc)->private));	\
		(type *)(cc)->private;					\
	})

/**
 * xtcp_cong_grow() - open the window
 * @cc: the window
 * @bytes: by how much
 */
static inline void xtcp_cong_grow(struct xtcp_cong *cc, u32 bytes)
{
	cc->cwnd_bytes = min(cc->cwnd_bytes + bytes, cc->most_bytes);
}

/**
 * xtcp_cong_window_bytes() - how much a full window is
 * @cc: the window
 *
 * Only whole segments leave, so that is all that a round trip acknowledges; after a loss
 * cwnd often is half a segment more.
 */
static inline u32 xtcp_cong_window_bytes(const struct xtcp_cong *cc)
{
	return max(rounddown(cc->cwnd_bytes, cc->mss_bytes), cc->mss_bytes);
}

/**
 * xtcp_cong_slow_start() - grow as slow start does, up to ssthresh
 * @cc: the window
 * @acked_bytes: how much was acknowledged
 *
 * Return: how much of it is left for congestion avoidance
 */
static inline u32 xtcp_cong_slow_start(struct xtcp_cong *cc, u32 acked_bytes)
{
	u32 grow;

	if (!xtcp_cong_in_slow_start(cc))
		return acked_bytes;
	grow = min(acked_bytes, cc->ssthresh_bytes - cc->cwnd_bytes);
	xtcp_cong_grow(cc, grow);
	return acked_bytes - grow;
}

/**
 * xtcp_cong_end_slow_start() - slow start has found what the path takes, without a loss
 * @cc: the window
 */
static inline void xtcp_cong_end_slow_start(struct xtcp_cong *cc)
{
	cc->ssthresh_bytes = cc->cwnd_bytes;
}

#endif /* _XTCP_CONG_H */
