/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_H
#define _XTCP_CONG_H

#include <linux/minmax.h>
#include <linux/types.h>

#define XTCP_CWND_MAX_BYTES	0x40000000u
#define XTCP_SSTHRESH_INFINITE	0x7fffffffu
#define XTCP_CONG_NAME_MAX	16	/* with its zero byte, as TCP_CA_NAME_MAX */

struct xtcp_cong;

/**
 * struct xtcp_cong_ops - a congestion control
 *
 * @name: as TCP_CONGESTION has it
 * @acked: new data was acknowledged while the window was in use: grow cwnd
 * @ssthresh: data was lost: the new ssthresh, in bytes
 */
struct xtcp_cong_ops {
	const char	*name;
	void		(*acked)(struct xtcp_cong *cc, u32 acked_bytes);
	u32		(*ssthresh)(struct xtcp_cong *cc, u32 flight_bytes);
};

/**
 * struct xtcp_cong - congestion window, RFC 5681
 *
 * @ops: how it grows and shrinks
 * @cwnd_bytes: how much may be in flight
 * @ssthresh_bytes: where slow start ends
 * @acked_bytes: acknowledged since the last growth in congestion avoidance
 * @mss_bytes: SMSS, the largest segment sent
 * @most_bytes: @cwnd_bytes never grows beyond this
 * @initial_segs: how many segments a connection begins with, and begins again with
 *	after it was idle
 */
struct xtcp_cong {
	const struct xtcp_cong_ops *ops;
	u32	cwnd_bytes;
	u32	ssthresh_bytes;
	u32	acked_bytes;
	u32	mss_bytes;
	u32	most_bytes;
	u32	initial_segs;
};

/* Each in a file of its own; cong_list.c knows them by name. */
extern const struct xtcp_cong_ops xtcp_cong_reno;

void xtcp_cong_init(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops,
		    u32 mss_bytes, bool syn_lost);
void xtcp_cong_route(struct xtcp_cong *cc, u32 initial_segs, u32 most_segs);
void xtcp_cong_set_mss(struct xtcp_cong *cc, u32 mss_bytes);
void xtcp_cong_acked(struct xtcp_cong *cc, u32 acked_bytes);
void xtcp_cong_loss(struct xtcp_cong *cc, u32 flight_bytes);
void xtcp_cong_inflate(struct xtcp_cong *cc, u32 segs);
void xtcp_cong_dup_ack(struct xtcp_cong *cc);
void xtcp_cong_partial_ack(struct xtcp_cong *cc, u32 acked_bytes);
void xtcp_cong_recovered(struct xtcp_cong *cc, u32 flight_bytes);
void xtcp_cong_timeout(struct xtcp_cong *cc, u32 flight_bytes, bool again);
void xtcp_cong_idle(struct xtcp_cong *cc);

static inline bool xtcp_cong_in_slow_start(const struct xtcp_cong *cc)
{
	return cc->cwnd_bytes < cc->ssthresh_bytes;
}

/* ---- for congestion controls ---- */

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

#endif /* _XTCP_CONG_H */
