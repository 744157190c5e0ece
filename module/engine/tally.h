/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What TCP_INFO tells of a connection's past.
 */
#ifndef _XTCP_TALLY_H
#define _XTCP_TALLY_H

#include <linux/jiffies.h>
#include <linux/types.h>

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
	u64	bytes_sent;		/* what was sent again among it */
	u64	bytes_resent;
	u32	segs_in;
	u32	segs_out;
	u32	data_segs_in;
	u32	data_segs_out;
	u32	segs_resent;
	u32	segs_out_of_order;
	u32	segs_delivered;		/* sent, and acknowledged */
	u32	data_in_ms;		/* when data came last */
	u32	limited[XTCP_LIMITS];	/* jiffies, until limit_since */
	u32	limit_since;		/* jiffies */
	u32	rto_since;		/* jiffies: the first timeout in a row; 0: none */
	u32	rto_time;		/* jiffies from there to progress, in sum */
	u16	timeouts;
	u16	rto_rows;		/* how many rows of them */
	u8	limit;			/* enum xtcp_limit */
};

/* From now on it is this that holds back what the user sends. */
static inline void xtcp_limit_is(struct xtcp_tally *t, enum xtcp_limit limit)
{
	if (limit == t->limit)
		return;
	t->limited[t->limit] += (u32)jiffies - t->limit_since;
	t->limit_since = jiffies;
	t->limit = limit;
}

#endif /* _XTCP_TALLY_H */
