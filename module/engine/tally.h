/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What TCP_INFO tells about a connection's past.
 */
#ifndef _XTCP_TALLY_H
#define _XTCP_TALLY_H

#include <linux/limits.h>
#include <linux/types.h>
#include "clock.h"

/* What holds back what the user sends. */
enum xtcp_limit {
	XTCP_LIMIT_NONE,	/* there is nothing to send, nor in flight */
	XTCP_LIMIT_PATH,	/* its round trip, the congestion window, Nagle */
	XTCP_LIMIT_WINDOW,	/* the peer's */
	XTCP_LIMIT_SNDBUF,	/* the user waits for room in the send buffer */
	XTCP_LIMITS
};

/**
 * struct xtcp_tally - what a connection has done since it opened, for TCP_INFO
 *
 * RFC 4898's names are in TCP_INFO's; here SYN and FIN count as segments, but
 * not as bytes.
 */
struct xtcp_tally {
	u64	bytes_acked;
	u64	bytes_received;		/* in order */
	u64	bytes_sent;		/* including what was sent again */
	u64	bytes_resent;
	u32	segs_in;
	u32	segs_out;
	u32	data_segs_in;
	u32	data_segs_out;
	u32	segs_resent;
	u32	segs_out_of_order;
	u32	segs_delivered;		/* sent, and acknowledged */
	u32	segs_delivered_ce;	/* by ACKs that told of congestion */
	u32	segs_dsacked;		/* that the peer had twice */
	u32	reorderings;		/* ACKs that told of reordering */
	u32	opened_ms;		/* when both SYNs were known */
	u32	data_in_ms;		/* when data came last; 0: never */
	u32	limited_ms[XTCP_LIMITS - 1]; /* by each but the first; until limit_since_ms */
	u32	limit_since_ms;
	u32	rto_since_ms;		/* the first timeout in a row, made odd; 0: none */
	u32	rto_time_ms;		/* sum of the times from there to progress */
	u16	timeouts;
	u16	rto_rows;		/* how many rows of them */
	u8	limit;			/* enum xtcp_limit */
};

/* From now on @limit is what holds back the user's data. */
static inline void xtcp_limit_is(struct xtcp_tally *t, enum xtcp_limit limit)
{
	u32 now_ms;

	if (limit == t->limit)
		return;
	now_ms = xtcp_now_ms();
	if (t->limit)
		t->limited_ms[t->limit - 1] += now_ms - t->limit_since_ms;
	t->limit_since_ms = now_ms;
	t->limit = limit;
}

/* For how long has @limit held back the user's data, until now? */
static inline u32 xtcp_limited_ms(const struct xtcp_tally *t, enum xtcp_limit limit)
{
	u32 ms = t->limited_ms[limit - 1];

	return t->limit == limit ? ms + xtcp_now_ms() - t->limit_since_ms : ms;
}

/* How long ago data came last; U32_MAX: none has ever come.  The clock may be at any
 * number when a connection begins: it passes 0 five minutes after boot.
 */
static inline u32 xtcp_data_in_age_ms(const struct xtcp_tally *t, u32 now_ms)
{
	return t->data_in_ms ? now_ms - t->data_in_ms : U32_MAX;
}

/* The retransmission timer fired. */
static inline void xtcp_tally_timeout(struct xtcp_tally *t)
{
	t->timeouts++;
	if (t->rto_since_ms)
		return;
	t->rto_since_ms = xtcp_now_ms() | 1;
	t->rto_rows++;
}

/* How long rows of timeouts have lasted, until now. */
static inline u32 xtcp_tally_rto_ms(const struct xtcp_tally *t)
{
	return t->rto_since_ms ?
	       t->rto_time_ms + xtcp_now_ms() - t->rto_since_ms : t->rto_time_ms;
}

/* There is progress, or the end: a row of timeouts is over. */
static inline void xtcp_tally_row_over(struct xtcp_tally *t)
{
	t->rto_time_ms = xtcp_tally_rto_ms(t);
	t->rto_since_ms = 0;
}

#endif /* _XTCP_TALLY_H */
