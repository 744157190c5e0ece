// SPDX-License-Identifier: GPL-2.0
/*
 * Every event in every state: what is sent, and what state follows.  RFC 9293,
 * 3.10, sentence by sentence, as RFC 5961 amends it.
 *
 * A cell says what is sent, segments separated by ";", then "> STATE" where the
 * state changes.  "~" before a segment: the delayed-ACK timer sends it.
 */
#include <linux/icmp.h>
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

#define NOTHING		""
#define ACK		"ACK seq S ack R"	/* the answer to what is not acceptable */
#define RESET		"RST seq S"		/* <SEQ=SEG.ACK>, where that is S */
#define FIN		"FIN|ACK seq S ack R"

/* As a result of an event, or before it. */
static void check_cell(struct conv *t, enum place at, const char *cell)
{
	char text[128], *rest = text, *state, *seg;

	strscpy(text, cell, sizeof(text));
	state = strchr(text, '>');
	if (state) {
		*state++ = 0;
		state = skip_spaces(state);
	}
	while ((seg = strsep(&rest, ";"))) {
		seg = strim(seg);
		if (*seg == '~') {
			u32 rcv_nxt = t->rcv_nxt;

			fire(t, XTCP_TIMER_DELACK);
			t->rcv_nxt = rcv_nxt;
			seg++;
		}
		if (*seg)
			expect(t, "%s", seg);
	}
	KUNIT_EXPECT_STREQ(t->test, xtcp_state_name(conv_state(t)),
			   state ?: xtcp_state_name(place_states[at]));
}

/* ---- segments ---- */

struct segment_event {
	const char *name;
	const char *segment;
	const char *cell[PLACES];
};

static const struct segment_event segments[] = {
	{ "SYN", "SYN seq 1000 mss 1460", {
		[IN_CLOSED]	  = "RST|ACK seq 0 ack 1001",
		[IN_LISTEN]	  = "SYN|ACK seq 100 ack 1001 > SYN_RECEIVED",
		[IN_SYN_SENT]	  = "SYN|ACK seq 100 ack 1001 > SYN_RECEIVED",
		/* a request answers as it did before */
		[IN_REQUEST]	  = "SYN|ACK seq 100 ack 1001",
		[IN_SIMULTANEOUS] = ACK,
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "SYN,ACK", "SYN|ACK seq 1000 ack S mss 1460", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = "ACK seq 101 ack 1001 > ESTABLISHED",
		[IN_REQUEST]	  = ACK,
		[IN_SIMULTANEOUS] = "> ESTABLISHED",	/* figure 8, line 7 */
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "SYN,ACK of what was not sent", "SYN|ACK seq 1000 ack S+1 mss 1460", {
		[IN_CLOSED]	  = "RST seq S+1",
		[IN_LISTEN]	  = "RST seq S+1",
		[IN_SYN_SENT]	  = "RST seq S+1",
		[IN_REQUEST]	  = ACK,
		[IN_SIMULTANEOUS] = "RST seq S+1",
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "SYN in the window", "SYN seq R+1 mss 1460", {
		[IN_CLOSED]	  = "RST|ACK seq 0 ack R+2",
		[IN_LISTEN]	  = "SYN|ACK seq 100 ack R+2 > SYN_RECEIVED",
		[IN_SYN_SENT]	  = "SYN|ACK seq 100 ack R+2 > SYN_RECEIVED",
		/* not back to LISTEN: RFC 5961, 4, for whoever guesses */
		[IN_REQUEST]	  = ACK,
		[IN_SIMULTANEOUS] = ACK,
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		/* MAY-2: a new connection; but here nobody listens */
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "SYN,ACK in the window", "SYN|ACK seq R+1 ack S mss 1460", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = "ACK seq 101 ack R+2 > ESTABLISHED",
		[IN_REQUEST]	  = ACK,
		[IN_SIMULTANEOUS] = ACK,
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "ACK of our SYN", "ACK seq 1001 ack 101", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = "> ESTABLISHED",
		[IN_SIMULTANEOUS] = "> ESTABLISHED",
		[IN_ESTABLISHED]  = NOTHING,
		[IN_FIN_WAIT_1]	  = NOTHING,
		[IN_FIN_WAIT_2]	  = NOTHING,
		[IN_CLOSE_WAIT]	  = ACK,	/* from before the FIN */
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "ACK of nothing new", "ACK seq R ack U", {
		[IN_CLOSED]	  = "RST seq U",
		[IN_LISTEN]	  = "RST seq U",
		[IN_SYN_SENT]	  = "RST seq U",
		[IN_REQUEST]	  = "RST seq U",
		[IN_SIMULTANEOUS] = "RST seq U",
		[IN_ESTABLISHED]  = NOTHING,
		[IN_FIN_WAIT_1]	  = NOTHING,
		[IN_FIN_WAIT_2]	  = NOTHING,
		[IN_CLOSE_WAIT]	  = NOTHING,
		[IN_CLOSING]	  = NOTHING,
		[IN_LAST_ACK]	  = NOTHING,
		[IN_TIME_WAIT]	  = NOTHING,
	} },
	{ "ACK of all that was sent", "ACK seq R ack S", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = "> ESTABLISHED",
		[IN_SIMULTANEOUS] = "> ESTABLISHED",
		[IN_ESTABLISHED]  = NOTHING,
		[IN_FIN_WAIT_1]	  = "> FIN_WAIT_2",
		[IN_FIN_WAIT_2]	  = NOTHING,
		[IN_CLOSE_WAIT]	  = NOTHING,
		[IN_CLOSING]	  = "> TIME_WAIT",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = NOTHING,
	} },
	{ "ACK of what was not sent", "ACK seq R ack S+1", {
		[IN_CLOSED]	  = "RST seq S+1",
		[IN_LISTEN]	  = "RST seq S+1",
		[IN_SYN_SENT]	  = "RST seq S+1",
		[IN_REQUEST]	  = "RST seq S+1",
		[IN_SIMULTANEOUS] = "RST seq S+1",
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "old ACK", "ACK seq R ack U-1", {
		[IN_CLOSED]	  = "RST seq U-1",
		[IN_LISTEN]	  = "RST seq U-1",
		[IN_SYN_SENT]	  = "RST seq U-1",
		[IN_REQUEST]	  = "RST seq U-1",
		[IN_SIMULTANEOUS] = "RST seq U-1",
		[IN_ESTABLISHED]  = NOTHING,
		[IN_FIN_WAIT_1]	  = NOTHING,
		[IN_FIN_WAIT_2]	  = NOTHING,
		[IN_CLOSE_WAIT]	  = NOTHING,
		[IN_CLOSING]	  = NOTHING,
		[IN_LAST_ACK]	  = NOTHING,
		[IN_TIME_WAIT]	  = NOTHING,
	} },
	{ "ACK older than any window", "ACK seq R ack U-70000", {
		[IN_CLOSED]	  = "RST seq U-70000",
		[IN_LISTEN]	  = "RST seq U-70000",
		[IN_SYN_SENT]	  = "RST seq U-70000",
		[IN_REQUEST]	  = "RST seq U-70000",
		[IN_SIMULTANEOUS] = "RST seq U-70000",
		[IN_ESTABLISHED]  = ACK,	/* RFC 5961, 5.2 */
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = NOTHING,
	} },
	{ "data", "PSH|ACK seq R ack S len 10", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = "~ACK seq S ack R+10 > ESTABLISHED",
		[IN_SIMULTANEOUS] = "ACK seq S ack R+10 > ESTABLISHED",
		[IN_ESTABLISHED]  = "ACK seq S ack R+10",
		[IN_FIN_WAIT_1]	  = "ACK seq S ack R+10 > FIN_WAIT_2",
		[IN_FIN_WAIT_2]	  = "ACK seq S ack R+10",
		[IN_CLOSE_WAIT]	  = ACK,	/* its text is ignored */
		[IN_CLOSING]	  = "> TIME_WAIT",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "data out of order", "ACK seq R+10 ack S len 10", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = ACK " > ESTABLISHED",
		[IN_SIMULTANEOUS] = ACK " > ESTABLISHED",
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK " > FIN_WAIT_2",
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = "> TIME_WAIT",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "data outside the window", "ACK seq R+100000 ack S len 10", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = ACK,
		[IN_SIMULTANEOUS] = ACK,
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "data received before", "ACK seq R-5 ack S len 5", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = ACK,
		[IN_SIMULTANEOUS] = ACK,
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "FIN", "FIN|ACK seq R ack U", {
		[IN_CLOSED]	  = "RST seq U",
		[IN_LISTEN]	  = "RST seq U",
		[IN_SYN_SENT]	  = "RST seq U",
		[IN_REQUEST]	  = "RST seq U",
		[IN_SIMULTANEOUS] = "RST seq U",
		[IN_ESTABLISHED]  = "ACK seq S ack R+1 > CLOSE_WAIT",
		[IN_FIN_WAIT_1]	  = "ACK seq S ack R+1 > CLOSING",
		[IN_FIN_WAIT_2]	  = "ACK seq S ack R+1 > TIME_WAIT",
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "FIN and ACK of all that was sent", "FIN|ACK seq R ack S", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = "ACK seq S ack R+1 > CLOSE_WAIT",
		[IN_SIMULTANEOUS] = "ACK seq S ack R+1 > CLOSE_WAIT",
		[IN_ESTABLISHED]  = "ACK seq S ack R+1 > CLOSE_WAIT",
		[IN_FIN_WAIT_1]	  = "ACK seq S ack R+1 > TIME_WAIT",
		[IN_FIN_WAIT_2]	  = "ACK seq S ack R+1 > TIME_WAIT",
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = "> TIME_WAIT",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "FIN sent again", "FIN|ACK seq R-1 ack S", {
		[IN_CLOSED]	  = RESET,
		[IN_LISTEN]	  = RESET,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = ACK,
		[IN_SIMULTANEOUS] = ACK,
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "FIN without ACK", "FIN seq R", {
		[IN_CLOSED]	  = "RST|ACK seq 0 ack R+1",
		[IN_LISTEN]	  = NOTHING,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = NOTHING,
		[IN_SIMULTANEOUS] = NOTHING,
		[IN_ESTABLISHED]  = NOTHING,	/* fifth: drop the segment */
		[IN_FIN_WAIT_1]	  = NOTHING,
		[IN_FIN_WAIT_2]	  = NOTHING,
		[IN_CLOSE_WAIT]	  = NOTHING,
		[IN_CLOSING]	  = NOTHING,
		[IN_LAST_ACK]	  = NOTHING,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "RST", "RST seq R", {
		[IN_CLOSED]	  = NOTHING,
		[IN_LISTEN]	  = NOTHING,
		[IN_SYN_SENT]	  = NOTHING,	/* it acknowledges nothing */
		[IN_REQUEST]	  = "> LISTEN",
		[IN_SIMULTANEOUS] = "> CLOSED",
		[IN_ESTABLISHED]  = "> CLOSED",
		[IN_FIN_WAIT_1]	  = "> CLOSED",
		[IN_FIN_WAIT_2]	  = "> CLOSED",
		[IN_CLOSE_WAIT]	  = "> CLOSED",
		[IN_CLOSING]	  = "> CLOSED",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = "> CLOSED",
	} },
	{ "RST,ACK", "RST|ACK seq R ack S", {
		[IN_CLOSED]	  = NOTHING,
		[IN_LISTEN]	  = NOTHING,
		[IN_SYN_SENT]	  = "> CLOSED",
		[IN_REQUEST]	  = "> LISTEN",
		[IN_SIMULTANEOUS] = "> CLOSED",
		[IN_ESTABLISHED]  = "> CLOSED",
		[IN_FIN_WAIT_1]	  = "> CLOSED",
		[IN_FIN_WAIT_2]	  = "> CLOSED",
		[IN_CLOSE_WAIT]	  = "> CLOSED",
		[IN_CLOSING]	  = "> CLOSED",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = "> CLOSED",
	} },
	{ "RST,ACK of what was not sent", "RST|ACK seq R ack S+1", {
		[IN_CLOSED]	  = NOTHING,
		[IN_LISTEN]	  = NOTHING,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = "> LISTEN",
		[IN_SIMULTANEOUS] = "> CLOSED",
		[IN_ESTABLISHED]  = "> CLOSED",
		[IN_FIN_WAIT_1]	  = "> CLOSED",
		[IN_FIN_WAIT_2]	  = "> CLOSED",
		[IN_CLOSE_WAIT]	  = "> CLOSED",
		[IN_CLOSING]	  = "> CLOSED",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = "> CLOSED",
	} },
	{ "RST in the window", "RST seq R+1", {
		[IN_CLOSED]	  = NOTHING,
		[IN_LISTEN]	  = NOTHING,
		[IN_SYN_SENT]	  = NOTHING,
		[IN_REQUEST]	  = ACK,	/* RFC 5961, 3.2 */
		[IN_SIMULTANEOUS] = ACK,
		[IN_ESTABLISHED]  = ACK,
		[IN_FIN_WAIT_1]	  = ACK,
		[IN_FIN_WAIT_2]	  = ACK,
		[IN_CLOSE_WAIT]	  = ACK,
		[IN_CLOSING]	  = ACK,
		[IN_LAST_ACK]	  = ACK,
		[IN_TIME_WAIT]	  = ACK,
	} },
	{ "RST before the window", "RST seq R-1", {
		[IN_CLOSED ... IN_TIME_WAIT] = NOTHING,
	} },
	{ "RST behind the window", "RST seq R+100000", {
		[IN_CLOSED ... IN_TIME_WAIT] = NOTHING,
	} },
};

/* A pair for each cell of a table, whose rows begin with a name.  KUnit asks for
 * them in turn.
 */
struct pair {
	unsigned int	event;
	unsigned int	place;
};

static const void *next_pair(const void *prev, char *desc, const void *table,
			     size_t row_bytes, unsigned int rows)
{
	static struct pair pair;

	if (!prev)
		pair = (struct pair) { };
	else if (++pair.place == PLACES)
		pair = (struct pair) { .event = pair.event + 1 };
	if (pair.event == rows)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s", place_names[pair.place],
		 *(const char **)(table + pair.event * row_bytes));
	return &pair;
}

static const void *segment_gen_params(const void *prev, char *desc)
{
	return next_pair(prev, desc, segments, sizeof(segments[0]),
			 ARRAY_SIZE(segments));
}

static void segment_arrives(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	const struct segment_event *e = &segments[pair->event];
	struct conv *t = conv_of(test);

	bring_to(t, pair->place);
	inject(t, "%s", e->segment);
	check_cell(t, pair->place, e->cell[pair->place]);
}

/* ---- the user's calls ---- */

struct user_cell {
	int		ret;
	const char	*cell;
};

struct user_event {
	const char *name;
	int (*call)(struct conv *t);
	struct user_cell cell[PLACES];
};

static int call_connect(struct conv *t)
{
	return user_connect(t);
}

static int call_listen(struct conv *t)
{
	int err = kernel_listen(t->sock, 8);

	if (!err)
		t->listener = t->sock;
	return err;
}

static int call_send(struct conv *t)
{
	return user_send(t, 10);
}

static int call_recv(struct conv *t)
{
	return user_recv(t, 10);
}

static int call_shutdown_rd(struct conv *t)
{
	return user_shutdown(t, SHUT_RD);
}

static int call_shutdown_wr(struct conv *t)
{
	return user_shutdown(t, SHUT_WR);
}

static int call_shutdown_rdwr(struct conv *t)
{
	return user_shutdown(t, SHUT_RDWR);
}

static int call_close(struct conv *t)
{
	user_close(t);
	return 0;
}

static int call_abort(struct conv *t)
{
	user_abort(t);
	return 0;
}

static const struct user_event calls[] = {
	{ "connect", call_connect, {
		[IN_CLOSED]	  = { -EINPROGRESS, "SYN seq 100 > SYN_SENT" },
		[IN_LISTEN]	  = { -EISCONN, NOTHING },
		[IN_SYN_SENT]	  = { -EALREADY, NOTHING },
		[IN_REQUEST]	  = { -EISCONN, NOTHING },
		[IN_SIMULTANEOUS] = { -EALREADY, NOTHING },
		[IN_ESTABLISHED]  = { -EISCONN, NOTHING },
		[IN_FIN_WAIT_1]	  = { -EISCONN, NOTHING },
		[IN_FIN_WAIT_2]	  = { -EISCONN, NOTHING },
		[IN_CLOSE_WAIT]	  = { -EISCONN, NOTHING },
		[IN_CLOSING]	  = { -EISCONN, NOTHING },
		[IN_LAST_ACK]	  = { -EISCONN, NOTHING },
		[IN_TIME_WAIT]	  = { -EISCONN, NOTHING },
	} },
	{ "listen", call_listen, {
		[IN_CLOSED]	  = { 0, "> LISTEN" },
		[IN_LISTEN]	  = { 0, NOTHING },
		[IN_SYN_SENT]	  = { -EINVAL, NOTHING },
		[IN_REQUEST]	  = { 0, NOTHING },
		[IN_SIMULTANEOUS] = { -EINVAL, NOTHING },
		[IN_ESTABLISHED]  = { -EINVAL, NOTHING },
		[IN_FIN_WAIT_1]	  = { -EINVAL, NOTHING },
		[IN_FIN_WAIT_2]	  = { -EINVAL, NOTHING },
		[IN_CLOSE_WAIT]	  = { -EINVAL, NOTHING },
		[IN_CLOSING]	  = { -EINVAL, NOTHING },
		[IN_LAST_ACK]	  = { -EINVAL, NOTHING },
		[IN_TIME_WAIT]	  = { -EINVAL, NOTHING },
	} },
	{ "send", call_send, {
		[IN_CLOSED]	  = { -EPIPE, NOTHING },
		[IN_LISTEN]	  = { -EPIPE, NOTHING },
		[IN_SYN_SENT]	  = { -EAGAIN, NOTHING },
		[IN_REQUEST]	  = { -EPIPE, NOTHING },
		[IN_SIMULTANEOUS] = { -EAGAIN, NOTHING },
		[IN_ESTABLISHED]  = { 10, "PSH|ACK seq S ack R len 10" },
		[IN_FIN_WAIT_1]	  = { -EPIPE, NOTHING },
		[IN_FIN_WAIT_2]	  = { -EPIPE, NOTHING },
		[IN_CLOSE_WAIT]	  = { 10, "PSH|ACK seq S ack R len 10" },
		[IN_CLOSING]	  = { -EPIPE, NOTHING },
		[IN_LAST_ACK]	  = { -EPIPE, NOTHING },
		[IN_TIME_WAIT]	  = { -EPIPE, NOTHING },
	} },
	{ "recv", call_recv, {
		[IN_CLOSED]	  = { -ENOTCONN, NOTHING },
		[IN_LISTEN]	  = { -ENOTCONN, NOTHING },
		[IN_SYN_SENT]	  = { -EAGAIN, NOTHING },
		[IN_REQUEST]	  = { -ENOTCONN, NOTHING },
		[IN_SIMULTANEOUS] = { -EAGAIN, NOTHING },
		[IN_ESTABLISHED]  = { -EAGAIN, NOTHING },
		[IN_FIN_WAIT_1]	  = { -EAGAIN, NOTHING },
		[IN_FIN_WAIT_2]	  = { -EAGAIN, NOTHING },
		[IN_CLOSE_WAIT]	  = { 0, NOTHING },
		[IN_CLOSING]	  = { 0, NOTHING },
		[IN_LAST_ACK]	  = { 0, NOTHING },
		[IN_TIME_WAIT]	  = { 0, NOTHING },
	} },
	{ "shutdown, RD", call_shutdown_rd, {
		[IN_CLOSED]	  = { -ENOTCONN, NOTHING },
		[IN_LISTEN]	  = { 0, "> CLOSED" },
		[IN_SYN_SENT]	  = { 0, "> CLOSED" },
		[IN_REQUEST]	  = { 0, "> CLOSED" },
		[IN_SIMULTANEOUS] = { 0, NOTHING },
		[IN_ESTABLISHED]  = { 0, NOTHING },
		[IN_FIN_WAIT_1]	  = { 0, NOTHING },
		[IN_FIN_WAIT_2]	  = { 0, NOTHING },
		[IN_CLOSE_WAIT]	  = { 0, NOTHING },
		[IN_CLOSING]	  = { 0, NOTHING },
		[IN_LAST_ACK]	  = { 0, NOTHING },
		[IN_TIME_WAIT]	  = { -ENOTCONN, NOTHING },
	} },
	{ "shutdown, WR", call_shutdown_wr, {
		[IN_CLOSED]	  = { -ENOTCONN, NOTHING },
		[IN_LISTEN]	  = { 0, NOTHING },
		[IN_SYN_SENT]	  = { 0, "> CLOSED" },
		[IN_REQUEST]	  = { 0, NOTHING },
		[IN_SIMULTANEOUS] = { 0, FIN " > FIN_WAIT_1" },
		[IN_ESTABLISHED]  = { 0, FIN " > FIN_WAIT_1" },
		[IN_FIN_WAIT_1]	  = { 0, NOTHING },
		[IN_FIN_WAIT_2]	  = { 0, NOTHING },
		[IN_CLOSE_WAIT]	  = { 0, FIN " > LAST_ACK" },
		[IN_CLOSING]	  = { 0, NOTHING },
		[IN_LAST_ACK]	  = { 0, NOTHING },
		[IN_TIME_WAIT]	  = { -ENOTCONN, NOTHING },
	} },
	{ "shutdown, RDWR", call_shutdown_rdwr, {
		[IN_CLOSED]	  = { -ENOTCONN, NOTHING },
		[IN_LISTEN]	  = { 0, "> CLOSED" },
		[IN_SYN_SENT]	  = { 0, "> CLOSED" },
		[IN_REQUEST]	  = { 0, "> CLOSED" },
		[IN_SIMULTANEOUS] = { 0, FIN " > FIN_WAIT_1" },
		[IN_ESTABLISHED]  = { 0, FIN " > FIN_WAIT_1" },
		[IN_FIN_WAIT_1]	  = { 0, NOTHING },
		[IN_FIN_WAIT_2]	  = { 0, NOTHING },
		[IN_CLOSE_WAIT]	  = { 0, FIN " > LAST_ACK" },
		[IN_CLOSING]	  = { 0, NOTHING },
		[IN_LAST_ACK]	  = { 0, NOTHING },
		[IN_TIME_WAIT]	  = { -ENOTCONN, NOTHING },
	} },
	{ "close", call_close, {
		[IN_CLOSED]	  = { 0, NOTHING },
		[IN_LISTEN]	  = { 0, "> CLOSED" },
		[IN_SYN_SENT]	  = { 0, "> CLOSED" },
		[IN_REQUEST]	  = { 0, "> CLOSED" },
		[IN_SIMULTANEOUS] = { 0, FIN " > FIN_WAIT_1" },
		[IN_ESTABLISHED]  = { 0, FIN " > FIN_WAIT_1" },
		[IN_FIN_WAIT_1]	  = { 0, NOTHING },
		[IN_FIN_WAIT_2]	  = { 0, NOTHING },
		[IN_CLOSE_WAIT]	  = { 0, FIN " > LAST_ACK" },
		[IN_CLOSING]	  = { 0, NOTHING },
		[IN_LAST_ACK]	  = { 0, NOTHING },
		[IN_TIME_WAIT]	  = { 0, NOTHING },
	} },
	{ "abort", call_abort, {	/* 3.10.5 */
		[IN_CLOSED]	  = { 0, NOTHING },
		[IN_LISTEN]	  = { 0, "> CLOSED" },
		[IN_SYN_SENT]	  = { 0, "> CLOSED" },
		[IN_REQUEST]	  = { 0, "> CLOSED" },
		[IN_SIMULTANEOUS] = { 0, "RST|ACK seq S ack R > CLOSED" },
		[IN_ESTABLISHED]  = { 0, "RST|ACK seq S ack R > CLOSED" },
		[IN_FIN_WAIT_1]	  = { 0, "RST|ACK seq S ack R > CLOSED" },
		[IN_FIN_WAIT_2]	  = { 0, "RST|ACK seq S ack R > CLOSED" },
		[IN_CLOSE_WAIT]	  = { 0, "RST|ACK seq S ack R > CLOSED" },
		[IN_CLOSING]	  = { 0, "> CLOSED" },
		[IN_LAST_ACK]	  = { 0, "> CLOSED" },
		[IN_TIME_WAIT]	  = { 0, NOTHING },
	} },
};

static const void *call_gen_params(const void *prev, char *desc)
{
	return next_pair(prev, desc, calls, sizeof(calls[0]),
			 ARRAY_SIZE(calls));
}

static void user_calls(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	const struct user_event *e = &calls[pair->event];
	struct conv *t = conv_of(test);

	bring_to(t, pair->place);
	returns(t, e->cell[pair->place].ret, e->call(t));
	check_cell(t, pair->place, e->cell[pair->place].cell);
}

/* ---- timers and ICMP errors ---- */

#define NOT_ARMED	"-"

struct other_event {
	const char *name;
	const char *(*happen)(struct conv *t);
	const char *cell[PLACES];
};

static const char *retransmission(struct conv *t)
{
	return conv_fire(t, XTCP_TIMER_RETRANSMIT);
}

static const char *delayed_ack(struct conv *t)
{
	return conv_fire(t, XTCP_TIMER_DELACK);
}

static const char *keep_alive(struct conv *t)
{
	return conv_fire(t, XTCP_TIMER_KEEPALIVE);
}

static const char *last_retransmission(struct conv *t)
{
	t->xn->sysctl.synack_retries = 0;
	t->xn->sysctl.syn_retries = 0;
	t->xn->sysctl.retries2 = 0;
	if (conv_fire_request(t))	/* there is no request */
		return conv_fire(t, XTCP_TIMER_RETRANSMIT);
	return NULL;
}

static const char *port_unreachable(struct conv *t)
{
	conv_look(t);
	return conv_icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0,
			 t->snd_una);
}

static const char *host_unreachable(struct conv *t)
{
	conv_look(t);
	return conv_icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0,
			 t->snd_una);
}

static const struct other_event others[] = {
	{ "retransmission timer", retransmission, {
		[IN_CLOSED]	  = NOT_ARMED,
		[IN_LISTEN]	  = NOT_ARMED,
		[IN_SYN_SENT]	  = "SYN seq 100",
		[IN_REQUEST]	  = NOT_ARMED,
		[IN_SIMULTANEOUS] = "SYN|ACK seq 100 ack R",
		[IN_ESTABLISHED]  = NOT_ARMED,
		[IN_FIN_WAIT_1]	  = "FIN|ACK seq U ack R",
		[IN_FIN_WAIT_2]	  = NOT_ARMED,
		[IN_CLOSE_WAIT]	  = NOT_ARMED,
		[IN_CLOSING]	  = "FIN|ACK seq U ack R",
		[IN_LAST_ACK]	  = "FIN|ACK seq U ack R",
		[IN_TIME_WAIT]	  = NOT_ARMED,
	} },
	{ "request's timer", conv_fire_request, {
		[IN_CLOSED ... IN_SYN_SENT]	= NOT_ARMED,
		[IN_REQUEST]			= "SYN|ACK seq 100 ack R",
		[IN_SIMULTANEOUS ... IN_TIME_WAIT] = NOT_ARMED,
	} },
	{ "last retransmission timer", last_retransmission, {
		[IN_CLOSED]	  = NOT_ARMED,
		[IN_LISTEN]	  = NOT_ARMED,
		[IN_SYN_SENT]	  = "> CLOSED",
		[IN_REQUEST]	  = "> LISTEN",
		[IN_SIMULTANEOUS] = "> CLOSED",
		[IN_ESTABLISHED]  = NOT_ARMED,
		[IN_FIN_WAIT_1]	  = "> CLOSED",
		[IN_FIN_WAIT_2]	  = NOT_ARMED,
		[IN_CLOSE_WAIT]	  = NOT_ARMED,
		[IN_CLOSING]	  = "> CLOSED",
		[IN_LAST_ACK]	  = "> CLOSED",
		[IN_TIME_WAIT]	  = NOT_ARMED,
	} },
	{ "delayed-ACK timer", delayed_ack, {
		[IN_CLOSED ... IN_TIME_WAIT] = NOT_ARMED,
	} },
	{ "keep-alive timer", keep_alive, {
		[IN_CLOSED ... IN_TIME_WAIT] = NOT_ARMED,
	} },
	{ "2MSL timer", conv_fire_2msl, {
		[IN_CLOSED ... IN_LAST_ACK] = NOT_ARMED,
		[IN_TIME_WAIT] = "> CLOSED",
	} },
	{ "ICMP port unreachable", port_unreachable, {
		[IN_CLOSED]	  = NOTHING,
		[IN_LISTEN]	  = NOTHING,
		[IN_SYN_SENT]	  = "> CLOSED",
		[IN_REQUEST]	  = "> LISTEN",
		[IN_SIMULTANEOUS] = "> CLOSED",
		[IN_ESTABLISHED ... IN_TIME_WAIT] = NOTHING,
	} },
	{ "ICMP host unreachable", host_unreachable, {
		[IN_CLOSED]	  = NOTHING,
		[IN_LISTEN]	  = NOTHING,
		/* soft by 3.9.2.2, but a user waiting for connect() wants to
		 * know now: RFC 5461, 4.1
		 */
		[IN_SYN_SENT]	  = "> CLOSED",
		[IN_REQUEST]	  = "> LISTEN",
		[IN_SIMULTANEOUS] = "> CLOSED",
		[IN_ESTABLISHED ... IN_TIME_WAIT] = NOTHING,
	} },
};

static const void *other_gen_params(const void *prev, char *desc)
{
	return next_pair(prev, desc, others, sizeof(others[0]),
			 ARRAY_SIZE(others));
}

static void timers_and_errors(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	const struct other_event *e = &others[pair->event];
	const char *cell = e->cell[pair->place], *said;
	struct conv *t = conv_of(test);

	bring_to(t, pair->place);
	said = e->happen(t);
	if (!strcmp(cell, NOT_ARMED)) {
		KUNIT_EXPECT_NOT_NULL(test, said);
		cell = NOTHING;
	} else if (said) {
		KUNIT_FAIL_AND_ABORT(test, "%s", said);
	}
	check_cell(t, pair->place, cell);
}

static struct kunit_case matrix_cases[] = {
	KUNIT_CASE_PARAM(segment_arrives, segment_gen_params),
	KUNIT_CASE_PARAM(user_calls, call_gen_params),
	KUNIT_CASE_PARAM(timers_and_errors, other_gen_params),
	{}
};

struct kunit_suite matrix_suite = {
	.name = "wire_matrix",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = matrix_cases,
};
