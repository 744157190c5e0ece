// SPDX-License-Identifier: GPL-2.0
/*
 * The one transition table.  A row is a state, a column an event, a cell the
 * state that follows.  An empty cell is an event that cannot happen in that
 * state: asking for it is a bug in the engine.
 *
 * A SYN for a listener makes a request object in SYN_RECEIVED and leaves the
 * listener in LISTEN; TIME_WAIT, likewise, is an object of its own.  The table
 * speaks of the connection, whichever object stands for it.
 *
 * scripts/fsm reads this for the manual page, the diagram and the model, so each
 * entry, and each row's beginning, has a line of its own.
 */
#include <linux/kernel.h>
#include "fsm.h"

const struct xtcp_fsm_row xtcp_fsm[XTCP_FSM_STATES] = {
	[TCP_CLOSE] = { "CLOSED", {
		[XTCP_EV_PASSIVE_OPEN]	 = TCP_LISTEN,
		[XTCP_EV_ACTIVE_OPEN]	 = TCP_SYN_SENT,
		[XTCP_EV_CLOSE]		 = TCP_CLOSE,
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
	} },
	[TCP_LISTEN] = { "LISTEN", {
		[XTCP_EV_PASSIVE_OPEN]	 = TCP_LISTEN,
		[XTCP_EV_CLOSE]		 = TCP_CLOSE,
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_SYN]	 = TCP_SYN_RECV,
	} },
	[TCP_SYN_SENT] = { "SYN_SENT", {
		[XTCP_EV_CLOSE]		 = TCP_CLOSE,
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_SYN]	 = TCP_SYN_RECV,
		[XTCP_EV_RCV_SYN_ACK]	 = TCP_ESTABLISHED,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_SYN_RECV] = { "SYN_RECEIVED", {
		[XTCP_EV_CLOSE]		 = TCP_FIN_WAIT1,
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_ACK_OF_SYN] = TCP_ESTABLISHED,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_ESTABLISHED] = { "ESTABLISHED", {
		[XTCP_EV_CLOSE]		 = TCP_FIN_WAIT1,
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_FIN]	 = TCP_CLOSE_WAIT,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_FIN_WAIT1] = { "FIN_WAIT_1", {
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_ACK_OF_SYN] = TCP_FIN_WAIT1,
		[XTCP_EV_RCV_ACK_OF_FIN] = TCP_FIN_WAIT2,
		[XTCP_EV_RCV_FIN]	 = TCP_CLOSING,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_FIN_WAIT2] = { "FIN_WAIT_2", {
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_FIN]	 = TCP_TIME_WAIT,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_CLOSE_WAIT] = { "CLOSE_WAIT", {
		[XTCP_EV_CLOSE]		 = TCP_LAST_ACK,
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_CLOSING] = { "CLOSING", {
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_ACK_OF_FIN] = TCP_TIME_WAIT,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_LAST_ACK] = { "LAST_ACK", {
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_ACK_OF_FIN] = TCP_CLOSE,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_TIMEOUT]	 = TCP_CLOSE,
		[XTCP_EV_ERROR]		 = TCP_CLOSE,
	} },
	[TCP_TIME_WAIT] = { "TIME_WAIT", {
		[XTCP_EV_ACTIVE_OPEN]	 = TCP_CLOSE,	/* a new incarnation takes its place */
		[XTCP_EV_ABORT]		 = TCP_CLOSE,
		[XTCP_EV_RCV_SYN]	 = TCP_CLOSE,	/* so does it here */
		[XTCP_EV_RCV_FIN]	 = TCP_TIME_WAIT,
		[XTCP_EV_RCV_RST]	 = TCP_CLOSE,
		[XTCP_EV_2MSL]		 = TCP_CLOSE,
	} },
};

static const char *const xtcp_event_names[XTCP_EV_MAX] = {
	[XTCP_EV_PASSIVE_OPEN]	 = "passive OPEN",
	[XTCP_EV_ACTIVE_OPEN]	 = "active OPEN",
	[XTCP_EV_CLOSE]		 = "CLOSE",
	[XTCP_EV_ABORT]		 = "ABORT",
	[XTCP_EV_RCV_SYN]	 = "rcv SYN",
	[XTCP_EV_RCV_SYN_ACK]	 = "rcv SYN,ACK",
	[XTCP_EV_RCV_ACK_OF_SYN] = "rcv ACK of SYN",
	[XTCP_EV_RCV_ACK_OF_FIN] = "rcv ACK of FIN",
	[XTCP_EV_RCV_FIN]	 = "rcv FIN",
	[XTCP_EV_RCV_RST]	 = "rcv RST",
	[XTCP_EV_TIMEOUT]	 = "timeout",
	[XTCP_EV_2MSL]		 = "2MSL timeout",
	[XTCP_EV_ERROR]		 = "ICMP error",
};

/**
 * xtcp_state_name() - the RFC's name of a state
 * @state: any number
 *
 * Return: a constant string, "?" for a number that is no state
 */
const char *xtcp_state_name(int state)
{
	if (state <= 0 || state >= XTCP_FSM_STATES || !xtcp_fsm[state].name)
		return "?";
	return xtcp_fsm[state].name;
}

/**
 * xtcp_event_name() - an event in words
 * @event: any number
 *
 * Return: a constant string, "?" for a number that is no event
 */
const char *xtcp_event_name(enum xtcp_event event)
{
	if ((unsigned int)event >= XTCP_EV_MAX)
		return "?";
	return xtcp_event_names[event];
}
