// SPDX-License-Identifier: GPL-2.0
/*
 * A connection in each state: how it gets there, for tests that begin there.
 */
#include "conv.h"

const char *const place_names[PLACES] = {
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED, request",
	"SYN_RECEIVED, simultaneous", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
	"CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT",
};

const int place_states[PLACES] = {
	TCP_CLOSE, TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECV, TCP_SYN_RECV,
	TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT,
	TCP_CLOSING, TCP_LAST_ACK, TCP_TIME_WAIT,
};

static void peer_syn(struct conv *t, const char *flags, u32 ack)
{
	char mss[16] = "";

	if (t->peer_mss)
		scnprintf(mss, sizeof(mss), " mss %u", t->peer_mss);
	inject(t, "%s seq %u ack %u%s", flags, t->irs, ack, mss);
}

/**
 * established() - an active open
 * @t: the conversation
 */
void established(struct conv *t)
{
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq %u", t->iss);
	peer_syn(t, "SYN|ACK", t->iss + 1);
	expect(t, "ACK seq %u ack %u", t->iss + 1, t->irs + 1);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_connect(t));
}

/**
 * established_over() - an active open over a path with some delay
 * @t: the conversation
 * @options: XTCP_OPT_*: what both ends have
 * @rtt_ms: the round trip
 *
 * A step of a test takes a while, so a test that is about times has a round trip of
 * seconds.
 */
void established_over(struct conv *t, u8 options, u32 rtt_ms)
{
	with_options(t, options);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq %u", t->iss);
	time_passes(t, rtt_ms);
	peer_syn(t, "SYN|ACK", t->iss + 1);
	expect(t, "ACK seq %u ack %u", t->iss + 1, t->irs + 1);
	returns(t, 0, user_connect(t));
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 400000));
}

/**
 * established_ecn() - an active open that has asked for ECN, and got it
 * @t: the conversation
 * @rtt_ms: the round trip
 */
void established_ecn(struct conv *t, u32 rtt_ms)
{
	t->xn->sysctl.ecn = 1;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq %u", t->iss);
	time_passes(t, rtt_ms);
	peer_syn(t, "SYN|ACK|ECE", t->iss + 1);
	expect(t, "ACK seq %u ack %u", t->iss + 1, t->irs + 1);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 400000));
}

/**
 * in_flight() - full segments in flight, all that the congestion window lets out
 * @t: the conversation, established
 * @segs: how many
 * @more: so many are written and held back
 */
void in_flight(struct conv *t, int segs, int more)
{
	u32 mss = conv_value(t, CONV_MSS);
	u32 ecn = conv_value(t, CONV_ECN) ? 2 : 0;	/* ECT(0) */

	set_cwnd(t, segs * mss);
	returns(t, (segs + more) * mss, user_send(t, (segs + more) * mss));
	for (int i = 0; i < segs; i++)
		expect(t, "%s seq U+%dm ack R len m ecn %u",
		       i == segs - 1 ? "PSH|ACK" : "ACK", i, ecn);
}

/**
 * established_passive() - a passive open, accepted
 * @t: the conversation
 */
void established_passive(struct conv *t)
{
	returns(t, 0, user_listen(t, 8));
	peer_syn(t, "SYN", 0);
	expect(t, "SYN|ACK seq %u ack %u", t->iss, t->irs + 1);
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

/**
 * small_window() - an active open with a receive window that closes as it fills
 * @t: the conversation
 * @window: its size in bytes
 */
void small_window(struct conv *t, u32 window)
{
	bring_to(t, IN_CLOSED);
	set_clamp(t->sock, window);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq %u win %u", t->iss, window);
	peer_syn(t, "SYN|ACK", t->iss + 1);
	expect(t, "ACK seq %u ack %u", t->iss + 1, t->irs + 1);
	set_clamp(t->sock, 0);
}

/**
 * shut_window() - an active open, and then our receive window is full
 * @t: the conversation
 * @window: its size in bytes, at most a segment's
 */
void shut_window(struct conv *t, u32 window)
{
	small_window(t, window);
	inject(t, "ACK seq R ack S len %u", window);
	expect(t, "ACK seq S ack R+%u win 0", window);
}

/**
 * bring_to() - bring a connection to a state
 * @t: the conversation
 * @place: which
 *
 * From CLOSED by the shortest way, as an active opener; silence follows.
 */
void bring_to(struct conv *t, enum place place)
{
	switch (place) {
	case IN_CLOSED:
		t->sock = user_socket(t);
		returns(t, 0, user_bind(t, t->sock, HERE_ADDR, HERE_PORT));
		break;
	case IN_LISTEN:
		returns(t, 0, user_listen(t, 8));
		t->sock = t->listener;
		break;
	case IN_SYN_SENT:
		returns(t, -EINPROGRESS, user_connect(t));
		expect(t, "SYN seq %u", t->iss);
		break;
	case IN_REQUEST:
		bring_to(t, IN_LISTEN);
		peer_syn(t, "SYN", 0);
		expect(t, "SYN|ACK seq %u ack %u", t->iss, t->irs + 1);
		break;
	case IN_SIMULTANEOUS:
		bring_to(t, IN_SYN_SENT);
		peer_syn(t, "SYN", 0);
		expect(t, "SYN|ACK seq %u ack %u", t->iss, t->irs + 1);
		break;
	case IN_ESTABLISHED:
		established(t);
		break;
	case IN_FIN_WAIT_1:
		established(t);
		returns(t, 0, user_shutdown(t, SHUT_WR));
		expect(t, "FIN|ACK seq S ack R");
		break;
	case IN_FIN_WAIT_2:
		bring_to(t, IN_FIN_WAIT_1);
		inject(t, "ACK seq R ack S");
		break;
	case IN_CLOSE_WAIT:
		established(t);
		inject(t, "FIN|ACK seq R ack S");
		expect(t, "ACK seq S ack R+1");
		break;
	case IN_CLOSING:
		bring_to(t, IN_FIN_WAIT_1);
		inject(t, "FIN|ACK seq R ack U");
		expect(t, "ACK seq S ack R+1");
		break;
	case IN_LAST_ACK:
		bring_to(t, IN_CLOSE_WAIT);
		returns(t, 0, user_shutdown(t, SHUT_WR));
		expect(t, "FIN|ACK seq S ack R");
		break;
	case IN_TIME_WAIT:
		bring_to(t, IN_FIN_WAIT_2);
		inject(t, "FIN|ACK seq R ack S");
		expect(t, "ACK seq S ack R+1");
		break;
	case PLACES:
		break;
	}
	state_is(t, place_states[place]);
	silence(t);
	conv_look(t);
}
