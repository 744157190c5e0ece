/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a segment leaves, for the tracepoint xtcp_segment_out; and why what the user wrote
 * does not, for xtcp_waits.
 */
#ifndef _XTCP_WHY_H
#define _XTCP_WHY_H

#include <linux/types.h>

/* reason, what trace_pipe shows */
#define XTCP_WHYS(X) \
	X(HANDSHAKE,	"handshake") \
	X(NEW,		"new data") \
	X(FAST,		"fast retransmit") \
	X(TIMEOUT,	"timeout") \
	X(LOSS_PROBE,	"loss probe") \
	X(WINDOW_PROBE,	"window probe") \
	X(KEEPALIVE,	"keep-alive") \
	X(ACK,		"ACK") \
	X(DELAYED,	"delayed ACK") \
	X(UPDATE,	"window update") \
	X(CHALLENGE,	"challenge ACK") \
	X(CLOSE,	"close") \
	X(RESET,	"reset")

enum xtcp_why {
	XTCP_WHY_PLAIN,		/* what its flags and its text say */
#define XTCP_WHY_ENUM(id, text) XTCP_WHY_##id,
	XTCP_WHYS(XTCP_WHY_ENUM)
#undef XTCP_WHY_ENUM
};

/* What the user wrote waits for; or that all of it is sent, and the next is the user's. */
#define XTCP_WAITS(X) \
	X(WINDOW,	"the peer's window") \
	X(CWND,		"the congestion window") \
	X(CORK,		"the user's word") \
	X(NAGLE,	"an ACK of a short segment") \
	X(USER,		"the user")

enum xtcp_wait {
#define XTCP_WAIT_ENUM(id, text) XTCP_WAIT_##id,
	XTCP_WAITS(XTCP_WAIT_ENUM)
#undef XTCP_WAIT_ENUM
};

#endif /* _XTCP_WHY_H */
