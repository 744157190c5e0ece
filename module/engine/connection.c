// SPDX-License-Identifier: GPL-2.0
/*
 * A connection's beginning, its changes of state, and its end.
 */
#include <net/xfrm.h>
#include "../observe/trace.h"
#include "../wire/segment.h"
#include "cong.h"
#include "connection.h"
#include "demux.h"
#include "ports.h"
#include "rcvq.h"
#include "rtt.h"
#include "sndq.h"
#include "timers.h"

/**
 * xtcp_init_connection() - set everything as it is before the first segment
 * @x: the connection of a new socket, whose memory is all zero; not yet visible
 */
void xtcp_init_connection(struct xtcp_sock *x)
{
	const struct xtcp_cong_ops *cong = x->cong.ops ?:
		READ_ONCE(x->xn->sysctl.congestion_control);

	x->peer_mss = XTCP_MSS_DEFAULT;
	x->snd_mss = XTCP_MSS_DEFAULT;
	x->rcv_mss = XTCP_MSS_DEFAULT;
	x->rcv_limit = U32_MAX;
	x->rcv_density = XTCP_DENSITY_HALF;
	xtcp_cong_init(&x->cong, cong, XTCP_MSS_DEFAULT, false);
	xtcp_rtt_init(&x->rtt);
	xtcp_rack_init(&x->rack);
	xtcp_board_init(&x->board);
}

/**
 * xtcp_clear_connection() - forget all that has happened to a connection
 * @x: the connection; locked, or not yet visible
 *
 * Leaves alone what the user has asked for: options, bound address and port.
 */
void xtcp_clear_connection(struct xtcp_sock *x)
{
	const struct xtcp_cong_ops *cong = x->cong.ops;

	memset(&x->life, 0, sizeof(x->life));
	x->cong.ops = cong;
	xtcp_init_connection(x);
}

/**
 * xtcp_begin_at() - the initial sequence number is chosen
 * @sk: the connection; locked, or not yet visible
 * @iss: ISS
 *
 * Nothing was sent.  The ISN is a secret hash, as good as any for what else wants one.
 */
void xtcp_begin_at(struct sock *sk, u32 iss)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->iss = iss;
	x->ip_id = iss;
	sk->sk_txhash = iss ?: 1;
	x->snd_una = iss;
	x->snd_nxt = iss;
	x->write_seq = iss;
	x->snd_sml = iss;
	x->recover = iss;
}

/**
 * xtcp_next_state() - the one door by which an event changes a state
 * @xn: the namespace
 * @t: the tuple of a connection, a request, or a TIME_WAIT object
 * @from: the state that it is in
 * @event: what happened
 *
 * Asks the table and tells the tracepoint.  Any context.  RFC 9293, 3.3.2.
 *
 * Return: the state that follows; -1, with a warning once, where the table has no such
 * transition
 */
int xtcp_next_state(const struct xtcp_net *xn, const struct xtcp_tuple *t, int from,
		    enum xtcp_event event)
{
	int to = xtcp_fsm_next(from, event);

	if (WARN_ONCE(to < 0, "xtcp: %s in %s\n", xtcp_event_name(event),
		      xtcp_state_name(from)))
		return to;
	trace_xtcp_state(xn, t, from, to, event);
	return to;
}

/**
 * xtcp_transition() - take the connection to the state that an event leads to
 * @sk: the connection, locked
 * @event: what happened
 *
 * RFC 9293, 3.3.2.
 *
 * Return: true; false, with a warning once, where the table has no such
 * transition: then nothing changed
 */
bool xtcp_transition(struct sock *sk, enum xtcp_event event)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int from = sk->sk_state;
	int to = xtcp_next_state(x->xn, &x->node.tuple, from, event);

	if (to < 0)
		return false;
	if (from == to)
		return true;
	if (to == TCP_ESTABLISHED)
		xtcp_count(x->xn, CURR_ESTAB);
	else if ((1 << from) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) &&
		 to != TCP_CLOSE_WAIT)
		xtcp_uncount(x->xn, CURR_ESTAB);
	if (to == TCP_CLOSE) {
		if ((1 << from) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
			xtcp_count(x->xn, ATTEMPT_FAILS);
		if ((1 << from) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
			xtcp_count(x->xn, ESTAB_RESETS);
	}
	/* TIME_WAIT is an object of its own; the socket is closed.  A socket
	 * said to be in TIME_WAIT would not count as a full one.
	 */
	inet_sk_set_state(sk, to == TCP_TIME_WAIT ? TCP_CLOSE : to);
	return true;
}

/**
 * xtcp_destroy() - free what the connection holds and let the socket go
 * @sk: in CLOSED, orphaned, locked
 *
 * Drops the reference that the protocol holds: the caller has one of its own.
 * RFC 9293, 3.10: "delete TCB".
 */
void xtcp_destroy(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE || !sock_flag(sk, SOCK_DEAD));
	if (x->orphan) {
		x->orphan = 0;
		atomic_dec(&x->xn->orphan_count);
	}
	xtcp_put_port(sk);
	xtcp_sndq_purge(sk);
	xtcp_rcvq_free_held(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	sk_mem_reclaim(sk);
	xfrm_sk_free_policy(sk);
	percpu_counter_dec(sk->sk_prot->sockets_allocated);
	sock_put(sk);
}

/**
 * xtcp_timeouts_over() - there is progress after retransmission timeouts
 * @x: the connection, locked
 */
void xtcp_timeouts_over(struct xtcp_sock *x)
{
	xtcp_tally_row_over(&x->tally);
	x->retries = 0;
}

/**
 * xtcp_done() - the connection has come to its end
 * @sk: the connection, locked
 * @event: why: its transition must lead to CLOSED or TIME_WAIT
 * @err: errno for the user, positive; 0: an orderly end
 *
 * Leaves the table, stops the timers and wakes the user; an orphan is freed.
 *
 * RFC 9293: MUST-12.
 */
void xtcp_done(struct sock *sk, enum xtcp_event event, int err)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (err)
		WRITE_ONCE(sk->sk_err, err);
	if (sk->sk_state != TCP_CLOSE && !xtcp_transition(sk, event))
		inet_sk_set_state(sk, TCP_CLOSE);
	xtcp_unhash(sk);
	xtcp_timers_stop(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
	xtcp_sndq_purge(sk);
	xtcp_rcvq_free_held(sk);
	xtcp_limit_is(&x->tally, XTCP_LIMIT_NONE);
	xtcp_tally_row_over(&x->tally);
	xtcp_ack_done(&x->ack);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sock_flag(sk, SOCK_DEAD)) {
		xtcp_destroy(sk);
		return;
	}
	sk->sk_state_change(sk);
	if (err)
		sk_error_report(sk);
}
