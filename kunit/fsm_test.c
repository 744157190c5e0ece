// SPDX-License-Identifier: GPL-2.0
/*
 * The transition table against a second statement of RFC 9293: figure 5 for the
 * arrows, 3.10 for what the figure leaves out.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include "../module/engine/fsm.h"
#include "suites.h"

struct arrow {
	int		from;
	enum xtcp_event	event;
	int		to;
};

static const struct arrow arrows[] = {
	/* figure 5, from top to bottom */
	{ TCP_CLOSE,	   XTCP_EV_PASSIVE_OPEN,   TCP_LISTEN },
	{ TCP_LISTEN,	   XTCP_EV_CLOSE,	   TCP_CLOSE },
	{ TCP_CLOSE,	   XTCP_EV_ACTIVE_OPEN,	   TCP_SYN_SENT },
	{ TCP_SYN_SENT,	   XTCP_EV_CLOSE,	   TCP_CLOSE },
	{ TCP_LISTEN,	   XTCP_EV_RCV_SYN,	   TCP_SYN_RECV },
	{ TCP_SYN_SENT,	   XTCP_EV_RCV_SYN,	   TCP_SYN_RECV },
	{ TCP_SYN_SENT,	   XTCP_EV_RCV_SYN_ACK,	   TCP_ESTABLISHED },
	{ TCP_SYN_RECV,	   XTCP_EV_RCV_ACK_OF_SYN, TCP_ESTABLISHED },
	{ TCP_SYN_RECV,	   XTCP_EV_CLOSE,	   TCP_FIN_WAIT1 },
	{ TCP_ESTABLISHED, XTCP_EV_CLOSE,	   TCP_FIN_WAIT1 },
	{ TCP_ESTABLISHED, XTCP_EV_RCV_FIN,	   TCP_CLOSE_WAIT },
	{ TCP_FIN_WAIT1,   XTCP_EV_RCV_ACK_OF_FIN, TCP_FIN_WAIT2 },
	{ TCP_FIN_WAIT1,   XTCP_EV_RCV_FIN,	   TCP_CLOSING },
	{ TCP_CLOSE_WAIT,  XTCP_EV_CLOSE,	   TCP_LAST_ACK },
	{ TCP_FIN_WAIT2,   XTCP_EV_RCV_FIN,	   TCP_TIME_WAIT },
	{ TCP_CLOSING,	   XTCP_EV_RCV_ACK_OF_FIN, TCP_TIME_WAIT },
	{ TCP_LAST_ACK,	   XTCP_EV_RCV_ACK_OF_FIN, TCP_CLOSE },
	{ TCP_TIME_WAIT,   XTCP_EV_2MSL,	   TCP_CLOSE },

	/* 3.10.7.4, second: a RST.  LISTEN and CLOSED ignore it. */
	{ TCP_SYN_SENT,	   XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_SYN_RECV,	   XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_ESTABLISHED, XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_FIN_WAIT1,   XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_FIN_WAIT2,   XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_CLOSE_WAIT,  XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_CLOSING,	   XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_LAST_ACK,	   XTCP_EV_RCV_RST,	   TCP_CLOSE },
	{ TCP_TIME_WAIT,   XTCP_EV_RCV_RST,	   TCP_CLOSE },

	/* 3.10.5: ABORT */
	{ TCP_CLOSE,	   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_LISTEN,	   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_SYN_SENT,	   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_SYN_RECV,	   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_ESTABLISHED, XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_FIN_WAIT1,   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_FIN_WAIT2,   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_CLOSE_WAIT,  XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_CLOSING,	   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_LAST_ACK,	   XTCP_EV_ABORT,	   TCP_CLOSE },
	{ TCP_TIME_WAIT,   XTCP_EV_ABORT,	   TCP_CLOSE },

	/* 3.8.3 and 3.10.8: given up.  Also 3.8.4, and an orphan's FIN_WAIT_2 */
	{ TCP_SYN_SENT,	   XTCP_EV_TIMEOUT,	   TCP_CLOSE },
	{ TCP_SYN_RECV,	   XTCP_EV_TIMEOUT,	   TCP_CLOSE },
	{ TCP_ESTABLISHED, XTCP_EV_TIMEOUT,	   TCP_CLOSE },
	{ TCP_FIN_WAIT1,   XTCP_EV_TIMEOUT,	   TCP_CLOSE },
	{ TCP_FIN_WAIT2,   XTCP_EV_TIMEOUT,	   TCP_CLOSE },
	{ TCP_CLOSE_WAIT,  XTCP_EV_TIMEOUT,	   TCP_CLOSE },
	{ TCP_CLOSING,	   XTCP_EV_TIMEOUT,	   TCP_CLOSE },
	{ TCP_LAST_ACK,	   XTCP_EV_TIMEOUT,	   TCP_CLOSE },

	/* 3.9.2.2: hard errors */
	{ TCP_SYN_SENT,	   XTCP_EV_ERROR,	   TCP_CLOSE },
	{ TCP_SYN_RECV,	   XTCP_EV_ERROR,	   TCP_CLOSE },
	{ TCP_ESTABLISHED, XTCP_EV_ERROR,	   TCP_CLOSE },
	{ TCP_FIN_WAIT1,   XTCP_EV_ERROR,	   TCP_CLOSE },
	{ TCP_FIN_WAIT2,   XTCP_EV_ERROR,	   TCP_CLOSE },
	{ TCP_CLOSE_WAIT,  XTCP_EV_ERROR,	   TCP_CLOSE },
	{ TCP_CLOSING,	   XTCP_EV_ERROR,	   TCP_CLOSE },
	{ TCP_LAST_ACK,	   XTCP_EV_ERROR,	   TCP_CLOSE },

	/* what changes nothing: close() of a fresh socket, listen() again, the
	 * SYN,ACK of a connection closed before it opened, the FIN sent again
	 */
	{ TCP_CLOSE,	   XTCP_EV_CLOSE,	   TCP_CLOSE },
	{ TCP_LISTEN,	   XTCP_EV_PASSIVE_OPEN,   TCP_LISTEN },
	{ TCP_FIN_WAIT1,   XTCP_EV_RCV_ACK_OF_SYN, TCP_FIN_WAIT1 },
	{ TCP_TIME_WAIT,   XTCP_EV_RCV_FIN,	   TCP_TIME_WAIT },

	/* 3.10.7.4, fourth, MAY-2: a new incarnation */
	{ TCP_TIME_WAIT,   XTCP_EV_RCV_SYN,	   TCP_CLOSE },
	{ TCP_TIME_WAIT,   XTCP_EV_ACTIVE_OPEN,	   TCP_CLOSE },
};

static int arrow_from(int state, int event)
{
	for (int i = 0; i < ARRAY_SIZE(arrows); i++)
		if (arrows[i].from == state && arrows[i].event == event)
			return arrows[i].to;
	return -1;
}

static void every_pair(struct kunit *test)
{
	for (int state = 1; state < XTCP_FSM_STATES; state++)
		for (int event = 0; event < XTCP_EV_MAX; event++)
			KUNIT_EXPECT_EQ_MSG(test, arrow_from(state, event),
					    xtcp_fsm_next(state, event),
					    "%s in %s", xtcp_event_name(event),
					    xtcp_state_name(state));
}

static void out_of_range(struct kunit *test)
{
	static const int bad[] = {
		INT_MIN, -1, 0, XTCP_FSM_STATES, XTCP_FSM_STATES + 1, INT_MAX,
	};
	static const int bad_events[] = { INT_MIN, -1, XTCP_EV_MAX, INT_MAX };

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		for (int event = 0; event < XTCP_EV_MAX; event++)
			KUNIT_EXPECT_EQ(test, -1, xtcp_fsm_next(bad[i], event));
		KUNIT_EXPECT_STREQ(test, "?", xtcp_state_name(bad[i]));
	}
	for (int i = 0; i < ARRAY_SIZE(bad_events); i++) {
		for (int state = 1; state < XTCP_FSM_STATES; state++)
			KUNIT_EXPECT_EQ(test, -1,
					xtcp_fsm_next(state, bad_events[i]));
		KUNIT_EXPECT_STREQ(test, "?", xtcp_event_name(bad_events[i]));
	}
}

static void names(struct kunit *test)
{
	static const struct {
		int state;
		const char *name;
	} states[] = {
		{ TCP_CLOSE, "CLOSED" },
		{ TCP_LISTEN, "LISTEN" },
		{ TCP_SYN_SENT, "SYN_SENT" },
		{ TCP_SYN_RECV, "SYN_RECEIVED" },
		{ TCP_ESTABLISHED, "ESTABLISHED" },
		{ TCP_FIN_WAIT1, "FIN_WAIT_1" },
		{ TCP_FIN_WAIT2, "FIN_WAIT_2" },
		{ TCP_CLOSE_WAIT, "CLOSE_WAIT" },
		{ TCP_CLOSING, "CLOSING" },
		{ TCP_LAST_ACK, "LAST_ACK" },
		{ TCP_TIME_WAIT, "TIME_WAIT" },
	};

	KUNIT_EXPECT_EQ(test, XTCP_FSM_STATES - 1, ARRAY_SIZE(states));
	for (int i = 0; i < ARRAY_SIZE(states); i++)
		KUNIT_EXPECT_STREQ(test, states[i].name,
				   xtcp_state_name(states[i].state));
	for (int i = 0; i < XTCP_EV_MAX; i++) {
		KUNIT_ASSERT_NOT_NULL(test, xtcp_event_name(i));
		KUNIT_EXPECT_STRNEQ(test, "?", xtcp_event_name(i));
		for (int k = 0; k < i; k++)
			KUNIT_EXPECT_STRNEQ(test, xtcp_event_name(k),
					    xtcp_event_name(i));
	}
}

/* From CLOSED every state is reached, and from every state CLOSED. */
static void connected(struct kunit *test)
{
	unsigned int reached = BIT(TCP_CLOSE), home = BIT(TCP_CLOSE);
	unsigned int all = GENMASK(XTCP_FSM_STATES - 1, 1);

	for (int round = 0; round < XTCP_FSM_STATES; round++) {
		for (int i = 0; i < ARRAY_SIZE(arrows); i++) {
			if (reached & BIT(arrows[i].from))
				reached |= BIT(arrows[i].to);
			if (home & BIT(arrows[i].to))
				home |= BIT(arrows[i].from);
		}
	}
	KUNIT_EXPECT_EQ(test, all, reached);
	KUNIT_EXPECT_EQ(test, all, home);
}

static struct kunit_case fsm_cases[] = {
	KUNIT_CASE(every_pair),
	KUNIT_CASE(out_of_range),
	KUNIT_CASE(names),
	KUNIT_CASE(connected),
	{}
};

struct kunit_suite fsm_suite = {
	.name = "fsm",
	.test_cases = fsm_cases,
};
