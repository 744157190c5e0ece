/* SPDX-License-Identifier: GPL-2.0 */
/*
 * States, events and transitions of a connection: RFC 9293, 3.3.2, figure 5.
 */
#ifndef _XTCP_FSM_H
#define _XTCP_FSM_H

#include <linux/types.h>
#include <net/tcp_states.h>

/* The states are the kernel's TCP_* numbers, so that struct sock, ss and
 * every tool that knows TCP can read them.
 */
#define XTCP_FSM_STATES	(TCP_CLOSING + 1)

enum xtcp_event {
	XTCP_EV_PASSIVE_OPEN,		/* the user calls listen() */
	XTCP_EV_ACTIVE_OPEN,		/* the user calls connect() */
	XTCP_EV_CLOSE,			/* the user closes the sending side */
	XTCP_EV_ABORT,			/* the user, or a lack of resources, ends it */
	XTCP_EV_RCV_SYN,		/* a SYN that acknowledges nothing of ours */
	XTCP_EV_RCV_SYN_ACK,		/* a SYN that acknowledges our SYN */
	XTCP_EV_RCV_ACK_OF_SYN,		/* our SYN is acknowledged */
	XTCP_EV_RCV_ACK_OF_FIN,		/* our FIN is acknowledged */
	XTCP_EV_RCV_FIN,		/* the peer's FIN, all before it received */
	XTCP_EV_RCV_RST,		/* a RST that RFC 5961 accepts */
	XTCP_EV_TIMEOUT,		/* given up: retransmission, keep-alive, FIN_WAIT_2 */
	XTCP_EV_2MSL,			/* the TIME_WAIT timer fired */
	XTCP_EV_ERROR,			/* a hard ICMP error */
	XTCP_EV_MAX
};

/* A state of the table in fsm.c, and what follows it; 0: the event cannot happen in it. */
struct xtcp_fsm_row {
	const char *name;
	u8 next[XTCP_EV_MAX];
};

extern const struct xtcp_fsm_row xtcp_fsm[XTCP_FSM_STATES];

/**
 * xtcp_fsm_next() - the state that follows
 * @state: TCP_ESTABLISHED .. TCP_CLOSING
 * @event: what happened
 *
 * Pure; any context.
 *
 * Return: the next state, or -1 where the table has no such transition
 */
static inline int xtcp_fsm_next(int state, enum xtcp_event event)
{
	if (state <= 0 || state >= XTCP_FSM_STATES ||
	    (unsigned int)event >= XTCP_EV_MAX)
		return -1;
	return xtcp_fsm[state].next[event] ?: -1;
}

const char *xtcp_state_name(int state);
const char *xtcp_event_name(enum xtcp_event event);

#endif /* _XTCP_FSM_H */
