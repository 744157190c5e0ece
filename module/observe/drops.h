/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reasons for which a received segment is dropped.  xtcp-trace includes this as well.
 */
#ifndef _XTCP_DROPS_H
#define _XTCP_DROPS_H

/* reason, counter, what trace_pipe shows */
#define XTCP_DROPS(X) \
	X(BAD_HEADER,		IN_ERRS,	"bad header") \
	X(BAD_CHECKSUM,		IN_CSUM_ERRS,	"bad checksum") \
	X(NO_PORT,		NO_PORT,	"no port") \
	X(FILTERED,		FILTERED,	"filtered") \
	X(BACKLOG,		BACKLOG_DROPS,	"backlog full") \
	X(OUT_OF_WINDOW,	OUT_OF_WINDOW,	"out of window") \
	X(PAWS,			PAWS,		"old timestamp") \
	X(NO_TIMESTAMP,		NO_TIMESTAMP,	"no timestamp") \
	X(OLD_ACK,		OLD_ACKS,	"old ACK") \
	X(BAD_ACK,		OLD_ACKS,	"ACK of what was not sent") \
	X(NO_ACK,		IN_ERRS,	"no ACK flag") \
	X(BAD_RST,		OUT_OF_WINDOW,	"RST not acceptable") \
	X(BAD_SYN,		IN_ERRS,	"SYN not acceptable") \
	X(LISTENER,		LISTEN_DROPS,	"not for a listener") \
	X(LISTENER_FULL,	LISTEN_OVERFLOWS, "listener full") \
	X(MEMORY,		RCV_PRUNED,	"no memory") \
	X(DUPLICATE,		DUPLICATES,	"nothing new") \
	X(CLOSED,		DATA_AFTER_CLOSE, "closed")

/* What a step of SEGMENT ARRIVES returns as well. */
enum xtcp_drop_reason {
	XTCP_DROP_NONE,		/* no drop: go on to the next step */
	XTCP_DROP_AGAIN,	/* no drop: what it was for has gone, look it up again */
	XTCP_DROP_DONE,		/* the segment has had its effect: free it */
#define XTCP_DROP_ENUM(id, counter, text) XTCP_DROP_##id,
	XTCP_DROPS(XTCP_DROP_ENUM)
#undef XTCP_DROP_ENUM
	XTCP_DROP_MAX
};

#endif /* _XTCP_DROPS_H */
