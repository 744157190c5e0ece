// SPDX-License-Identifier: GPL-2.0
/*
 * The user's ways to end a connection: shutdown, close, disconnect, and what
 * becomes of a connection whose user, or whose namespace, has gone.  RFC 9293,
 * 3.10.4 and 3.10.5.
 */
#include <linux/rhashtable.h>
#include "../compat.h"
#include "../wire/early.h"
#include "../wire/hold.h"
#include "../wire/ip.h"
#include "../wire/version.h"
#include "close.h"
#include "connection.h"
#include "demux.h"
#include "listen.h"
#include "output.h"
#include "ports.h"
#include "rcvq.h"
#include "reset.h"
#include "sndq.h"
#include "timeout.h"
#include "timers.h"
#include "timewait.h"

/* CLOSE, RFC 9293, 3.10.4: the FIN follows all that is queued.  Return: false
 * where the connection had to be reset, or there was none.
 */
static bool close_sending(struct sock *sk)
{
	if (sk->sk_state == TCP_SYN_SENT) {
		xtcp_done(sk, XTCP_EV_CLOSE, 0);
		return false;
	}
	if (!xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_SYN_RECV |
			   TCPF_CLOSE_WAIT))
		return true;	/* its FIN is on the way */
	if (!xtcp_transition(sk, XTCP_EV_CLOSE))
		return false;
	if (xtcp_send_fin(sk)) {
		xtcp_count(xtcp_sk(sk)->xn, ABORT_MEMORY);
		xtcp_abort(sk, ENOBUFS);
		return false;
	}
	return true;
}

/**
 * xtcp_shutdown() - shutdown(): close the sending side
 * @sk: the socket, locked
 * @how: RCV_SHUTDOWN, SEND_SHUTDOWN, or both
 *
 * Closing the receiving side sends nothing: RFC 9293 has no such thing.  This
 * is struct proto's shutdown.
 */
void xtcp_shutdown(struct sock *sk, int how)
{
	if (how & SEND_SHUTDOWN &&
	    xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_SYN_RECV | TCPF_CLOSE_WAIT))
		close_sending(sk);
}

/* A user that lingers waits until the peer has acknowledged the FIN. */
static void wait_for_close(struct sock *sk, long timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!timeo)
		return;
	add_wait_queue(sk_sleep(sk), &wait);
	while (timeo && !signal_pending(current) &&
	       xtcp_in_state(sk, TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK)) {
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* The user closes a connection, RFC 9293, 3.10.4 (SHLD-3, MAY-1). */
static void close_connection(struct sock *sk, long timeout)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool unread = xtcp_rcvq_purge_unread(sk);

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (unread) {
		xtcp_count(x->xn, ABORT_CLOSE);
		xtcp_abort(sk, 0);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		xtcp_count(x->xn, ABORT_LINGER);
		xtcp_abort(sk, 0);
	} else if (close_sending(sk)) {
		wait_for_close(sk, timeout);
	}
}

/* The socket has no user any more.  Locked, softirqs off. */
static void adopt_orphan(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->orphan = 1;
	if (xtcp_orphan_is_too_much(sk, atomic_inc_return(&x->xn->orphan_count)))
		return;
	xtcp_timer_stop(x, XTCP_TIMER_KEEPALIVE);
	if (sk->sk_state == TCP_FIN_WAIT2)
		xtcp_fin_wait_2(sk);
}

/**
 * xtcp_close() - close(): the user gives the socket up
 * @sk: the socket
 * @timeout: SO_LINGER's, in jiffies; 0: do not wait
 *
 * Process context.  What was written is still delivered; the connection ends in
 * its own time.  This is struct proto's close.
 */
void xtcp_close(struct sock *sk, long timeout)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool held;
	int state;

	lock_sock(sk);
	held = x->owner.hold;
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN)
		xtcp_stop_listening(sk, XTCP_EV_CLOSE);
	else
		close_connection(sk, timeout);

	sock_hold(sk);
	sock_orphan(sk);
	state = sk->sk_state;
	/* the last time that the backlog is processed on the user's behalf */
	release_sock(sk);

	local_bh_disable();
	bh_lock_sock(sk);
	/* a connection that ended in the backlog, or since, has freed itself */
	if (sk->sk_state != TCP_CLOSE)
		adopt_orphan(sk);
	else if (state == TCP_CLOSE)
		xtcp_destroy(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	if (held && state == TCP_CLOSE)
		xtcp_hold_settle(x->xn);
	sock_put(sk);
}

/**
 * xtcp_disconnect() - back to a fresh socket: connect() with AF_UNSPEC
 * @sk: the socket, locked
 * @flags: unused
 *
 * A connection is reset, and the user reads ECONNRESET once.  Bound address and
 * port stay if the user chose them.
 * This is struct proto's disconnect.
 *
 * Return: 0
 */
int xtcp_disconnect(struct sock *sk, int flags)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);

	if (sk->sk_state == TCP_LISTEN) {
		xtcp_stop_listening(sk, XTCP_EV_ABORT);
		synchronize_rcu();	/* see there */
	} else if (sk->sk_state != TCP_CLOSE) {
		xtcp_abort(sk, ECONNRESET);
	}
	/* a call asleep on this connection must not go on with the next one */
	x->incarnation++;
	xtcp_timers_stop(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	xtcp_sndq_purge(sk);
	xtcp_rcvq_free_held(sk);
	xtcp_clear_connection(x);
	xtcp_ip_forget_peer(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		xtcp_put_port(sk);
		inet->inet_sport = 0;
	}
	x->node.tuple.lport = inet->inet_num;
	xtcp_port_readdress(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_err_soft, 0);
	sk_dst_reset(sk);
	xtcp_early_forget_route(sk);
	if (sk->sk_frag.page) {
		put_page(sk->sk_frag.page);
		sk->sk_frag.page = NULL;
		sk->sk_frag.offset = 0;
	}
	sk_error_report(sk);
	return 0;
}

/**
 * xtcp_destroy_by_admin() - end a socket from outside: SOCK_DESTROY
 * @sk: the socket, with a reference of the caller's
 * @err: what its user will read, positive
 *
 * A connection is reset; a listener listens no more, and keeps its port if the user chose it.
 * Who may do so was asked before.  Process context.  This is struct proto's diag_destroy.
 *
 * Return: 0; -ENOENT where it is closed already
 */
int xtcp_destroy_by_admin(struct sock *sk, int err)
{
	int result = 0;

	lock_sock(sk);
	if (sk->sk_state == TCP_CLOSE) {
		result = -ENOENT;
	} else if (sk->sk_state == TCP_LISTEN) {
		xtcp_stop_listening(sk, XTCP_EV_ABORT);
		synchronize_rcu();	/* see there */
		WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
		WRITE_ONCE(sk->sk_err, err);
		sk->sk_state_change(sk);
		sk_error_report(sk);
	} else {
		xtcp_abort(sk, err);
	}
	release_sock(sk);
	return result;
}

static void end_node(struct xtcp_net *xn, struct xtcp_node *node)
{
	struct xtcp_timewait *tw;
	struct sock *sk;

	if (node->kind == XTCP_KIND_TIME_WAIT) {
		tw = container_of(node, struct xtcp_timewait, node);
		if (xtcp_timewait_get(tw)) {
			xtcp_timewait_kill(tw, XTCP_EV_ABORT);
			xtcp_timewait_put(tw);
		}
	} else if (node->kind == XTCP_KIND_CONNECTION) {
		sk = xtcp_node_sk(node);
		if (!refcount_inc_not_zero(&sk->sk_refcnt))
			return;
		local_bh_disable();
		bh_lock_sock(sk);
		if (xtcp_sk(sk)->xn == xn && sk->sk_state != TCP_CLOSE)
			xtcp_abort(sk, ECONNABORTED);
		bh_unlock_sock(sk);
		local_bh_enable();
		sock_put(sk);
	}
}

/**
 * xtcp_end_connections() - end what a dying namespace still has in its table
 * @xn: the namespace
 *
 * These are TIME_WAIT objects, and connections of kernel sockets, which do not
 * keep a namespace alive.  Users' sockets do, so none is left.
 *
 * Process context.
 */
void xtcp_end_connections(struct xtcp_net *xn)
{
	struct rhashtable_iter walk;
	struct xtcp_node *node;

	rhashtable_walk_enter(&xn->conns, &walk);
	rhashtable_walk_start(&walk);
	while ((node = xtcp_walk_node(rhashtable_walk_next(&walk)))) {
		if (!IS_ERR(node))
			end_node(xn, node);
		else if (PTR_ERR(node) != -EAGAIN)
			break;
	}
	rhashtable_walk_stop(&walk);
	rhashtable_walk_exit(&walk);
}
