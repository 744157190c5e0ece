/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_LINE_H
#define _XTCP_LINE_H

#include <linux/types.h>

struct sock;
struct xtcp_request;
struct xtcp_timewait;

/* The timer that runs, in the numbers of /proc/net/tcp and of inet_diag. */
enum xtcp_line_timer {
	XTCP_LINE_TIMER_NONE		= 0,
	XTCP_LINE_TIMER_RETRANSMIT	= 1,
	XTCP_LINE_TIMER_KEEPALIVE	= 2,
	XTCP_LINE_TIMER_TIME_WAIT	= 3,
	XTCP_LINE_TIMER_PROBE		= 4,
};

/**
 * struct xtcp_line - what every way to list connections says of one
 * @state: TCP_ESTABLISHED and so on; a request's: TCP_SYN_RECV
 * @tx: bytes that the peer has not acknowledged; a listener's: 0
 * @rx: bytes that the user has not read; a listener's: connections that wait for accept()
 * @timer: enum xtcp_line_timer
 * @expires: when, in jiffies; where there is a timer
 * @retries: timeouts in a row
 * @probes: probes, of a window or for keep-alive, since the peer was last heard
 */
struct xtcp_line {
	u8		state;
	u32		tx;
	u32		rx;
	u8		timer;
	unsigned long	expires;
	u8		retries;
	u8		probes;
};

void xtcp_line_of_sock(struct xtcp_line *line, struct sock *sk);
void xtcp_line_of_request(struct xtcp_line *line, const struct xtcp_request *req);
void xtcp_line_of_time_wait(struct xtcp_line *line, const struct xtcp_timewait *tw);

#endif /* _XTCP_LINE_H */
