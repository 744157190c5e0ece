// SPDX-License-Identifier: GPL-2.0
/*
 * The listener itself: its beginning and its end.  RFC 9293, 3.10.1 and 3.10.4.
 */
#include "connection.h"
#include "ephemeral.h"
#include "handshake.h"
#include "listen.h"
#include "ports.h"
#include "reset.h"

/**
 * xtcp_start_listening() - LISTEN
 * @sk: the socket, locked, in CLOSED; its port may be chosen here
 *
 * Process context.  Return: 0, -EADDRINUSE, -ENOMEM
 *
 * RFC 9293: MUST-41.
 */
int xtcp_start_listening(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	if (!x->owner.port) {
		err = xtcp_get_port(sk, 0);
		if (err)
			return err;
		inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	}
	sk->sk_ack_backlog = 0;
	xtcp_clear_connection(x);
	INIT_LIST_HEAD(&x->listener.requests);
	INIT_LIST_HEAD(&x->listener.accept_queue);
	x->node.tuple.lport = inet_sk(sk)->inet_num;
	/* who looks for a listener does not look twice whether it is the right one */
	sock_set_flag(sk, SOCK_RCU_FREE);
	xtcp_transition(sk, XTCP_EV_PASSIVE_OPEN);
	err = xtcp_port_listen(sk);
	if (err) {
		xtcp_transition(sk, XTCP_EV_ABORT);
		xtcp_clear_connection(x);
	}
	sk_dst_reset(sk);
	return err;
}

/* End a connection that was never accepted.  Softirqs off. */
static void end_child(struct sock *sk)
{
	bh_lock_sock_nested(sk);
	sock_hold(sk);
	sock_orphan(sk);
	if (sk->sk_state == TCP_CLOSE)
		xtcp_destroy(sk);
	else
		xtcp_abort(sk, 0);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/* There may be thousands, so softirqs and other tasks may run between two of them. */
static void end_children(struct sock *sk)
{
	struct xtcp_sock *l = xtcp_sk(sk), *child;

	while ((child = list_first_entry_or_null(&l->listener.accept_queue,
						 struct xtcp_sock,
						 accept_node))) {
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
		local_bh_disable();
		end_child(&child->inet.sk);
		local_bh_enable();
		cond_resched();
	}
}

static void end_requests(struct sock *sk)
{
	struct xtcp_sock *l = xtcp_sk(sk);
	struct xtcp_request *req;

	while ((req = list_first_entry_or_null(&l->listener.requests,
					       struct xtcp_request, list))) {
		local_bh_disable();
		xtcp_request_fail(req, XTCP_EV_ABORT);
		local_bh_enable();
		cond_resched();
	}
}

/**
 * xtcp_stop_listening() - listen no more; what was not accepted is reset
 * @sk: the listener, locked by lock_sock(): process context
 * @event: XTCP_EV_CLOSE or XTCP_EV_ABORT
 *
 * As long as it is locked, nobody adds to its queues or takes from them.
 */
void xtcp_stop_listening(struct sock *sk, enum xtcp_event event)
{
	xtcp_port_unlisten(sk);
	xtcp_transition(sk, event);
	end_requests(sk);
	end_children(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
}
