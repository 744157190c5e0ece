// SPDX-License-Identifier: GPL-2.0
/*
 * The listener itself: its beginning and its end.  RFC 9293, 3.10.1 and 3.10.4.
 */
#include "handshake.h"
#include "listen.h"
#include "ports.h"
#include "reset.h"

/**
 * xtcp_start_listening() - LISTEN
 * @sk: the socket, locked, in CLOSED; its port may be chosen here
 *
 * Process context.  Return: 0, -EADDRINUSE, -ENOMEM
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
	xtcp_init_connection(x);
	x->node.tuple.lport = inet_sk(sk)->inet_num;
	xtcp_transition(sk, XTCP_EV_PASSIVE_OPEN);
	err = xtcp_port_listen(sk);
	if (err)
		xtcp_transition(sk, XTCP_EV_ABORT);
	sk_dst_reset(sk);
	return err;
}

/**
 * xtcp_stop_listening() - no more; what was not accepted is reset
 * @sk: the listener, locked by lock_sock(): process context
 * @event: XTCP_EV_CLOSE or XTCP_EV_ABORT
 */
void xtcp_stop_listening(struct sock *sk, enum xtcp_event event)
{
	struct xtcp_sock *l = xtcp_sk(sk), *child, *next_child;
	struct xtcp_request *req, *next;

	xtcp_port_unlisten(sk);
	xtcp_transition(sk, event);
	local_bh_disable();
	list_for_each_entry_safe(req, next, &l->requests, list)
		xtcp_request_fail(req, XTCP_EV_ABORT);
	list_for_each_entry_safe(child, next_child, &l->accept_queue,
				 accept_node) {
		struct sock *csk = &child->inet.sk;

		bh_lock_sock_nested(csk);
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
		sock_hold(csk);
		sock_orphan(csk);
		if (csk->sk_state == TCP_CLOSE)
			xtcp_destroy(csk);
		else
			xtcp_abort(csk, 0);
		bh_unlock_sock(csk);
		sock_put(csk);
	}
	local_bh_enable();
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
}
