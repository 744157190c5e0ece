// SPDX-License-Identifier: GPL-2.0
/*
 * What is shown of a connection, a listener, a request or a TIME_WAIT: the same in /proc and
 * by sock_diag.
 */
#include "../engine/request.h"
#include "../engine/timers.h"
#include "../engine/timewait.h"
#include "line.h"

/* The peer's window is closed: nothing is in flight but a probe, if one was sent. */
static bool is_probing(const struct xtcp_sock *x, int state)
{
	if (state == TCP_SYN_SENT)	/* it is not known yet */
		return false;
	return x->snd_una == x->snd_nxt || !READ_ONCE(x->snd_wnd);
}

/* A probe of a closed window that is answered is sent again, as if it were not, but with more
 * and more patience.
 */
static u8 probes_sent(const struct xtcp_sock *x, int state)
{
	if (is_probing(x, state) && x->snd_una != x->snd_nxt)
		return x->rtt.backoff + 1;
	return x->probes;
}

/**
 * xtcp_line_of_sock() - what is shown of a socket
 * @line: where to write it
 * @sk: a connection or a listener, with a reference of the caller's; need not be locked
 *
 * Any context.
 */
void xtcp_line_of_sock(struct xtcp_line *line, struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	*line = (struct xtcp_line) {
		.state = inet_sk_state_load(sk),
		.retries = x->retries,
	};
	line->probes = probes_sent(x, line->state);
	if (line->state == TCP_LISTEN) {
		line->rx = READ_ONCE(sk->sk_ack_backlog);
	} else {
		line->tx = READ_ONCE(x->write_seq) - READ_ONCE(x->snd_una);
		line->rx = READ_ONCE(x->rcv_nxt) - READ_ONCE(x->copied_seq);
	}
	if (xtcp_timer_armed(x, XTCP_TIMER_RETRANSMIT)) {
		line->timer = is_probing(x, line->state) ? XTCP_LINE_TIMER_PROBE :
								XTCP_LINE_TIMER_RETRANSMIT;
		line->expires = xtcp_timer_expires(x, XTCP_TIMER_RETRANSMIT);
	} else if (xtcp_timer_armed(x, XTCP_TIMER_KEEPALIVE)) {
		line->timer = XTCP_LINE_TIMER_KEEPALIVE;
		line->expires = xtcp_timer_expires(x, XTCP_TIMER_KEEPALIVE);
	}
}
EXPORT_SYMBOL_GPL(xtcp_line_of_sock);

/**
 * xtcp_line_of_request() - what is shown of a request
 * @line: where to write it
 * @req: the request; with a reference of the caller's, or under rcu_read_lock()
 *
 * Any context.
 */
void xtcp_line_of_request(struct xtcp_line *line, const struct xtcp_request *req)
{
	*line = (struct xtcp_line) {
		.state = TCP_SYN_RECV,
		.timer = XTCP_LINE_TIMER_RETRANSMIT,
		.expires = req->timer.expires,
		.retries = req->retries,
	};
}
EXPORT_SYMBOL_GPL(xtcp_line_of_request);

/**
 * xtcp_line_of_time_wait() - what is shown of a TIME_WAIT
 * @line: where to write it
 * @tw: the object; with a reference of the caller's, or under rcu_read_lock()
 *
 * Any context.
 */
void xtcp_line_of_time_wait(struct xtcp_line *line, const struct xtcp_timewait *tw)
{
	*line = (struct xtcp_line) {
		.state = TCP_TIME_WAIT,
		.timer = XTCP_LINE_TIMER_TIME_WAIT,
		.expires = tw->timer.expires,
	};
}
EXPORT_SYMBOL_GPL(xtcp_line_of_time_wait);
