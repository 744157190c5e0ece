// SPDX-License-Identifier: GPL-2.0
/*
 * The listener itself: its beginning and its end.  RFC 9293, 3.10.1 and 3.10.4.
 */
#include "connection.h"
#include "ephemeral.h"
#include "listen.h"
#include "ports.h"
#include "queues.h"
#include "request.h"
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
	xtcp_clear_connection(x);
	xtcp_queues_init(sk);
	x->node.tuple.lport = inet_sk(sk)->inet_num;
	/* who looks for a listener does not look twice whether it is the right one */
	sock_set_flag(sk, SOCK_RCU_FREE);
	xtcp_transition(sk, XTCP_EV_PASSIVE_OPEN);
	err = xtcp_port_listen(sk);
	if (err) {
		xtcp_transition(sk, XTCP_EV_ABORT);
		synchronize_rcu();	/* an accept() may have seen LISTEN */
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
	struct sock *child;

	while ((child = xtcp_accept_drain(sk))) {
		local_bh_disable();
		end_child(child);
		local_bh_enable();
		cond_resched();
	}
}

/* The request that has waited longest, with a reference; NULL: there is none. */
static struct xtcp_request *first_request(struct sock *sk)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	struct xtcp_request *req;

	spin_lock_bh(&l->lock);
	req = list_first_entry_or_null(&l->requests, struct xtcp_request, list);
	if (req)
		xtcp_request_get(req);	/* whoever ends it must take it out first */
	spin_unlock_bh(&l->lock);
	return req;
}

static void end_requests(struct sock *sk)
{
	struct xtcp_request *req;

	while ((req = first_request(sk))) {
		xtcp_request_fail(req, XTCP_EV_ABORT);
		xtcp_request_put(req);
		cond_resched();
	}
}

/**
 * xtcp_stop_listening() - listen no more; what was not accepted is reset
 * @sk: the listener, locked by lock_sock(): process context
 * @event: XTCP_EV_CLOSE or XTCP_EV_ABORT
 *
 * Nothing enters its queues once it has left LISTEN.  But softirqs, and accept(), that
 * have found it before may go on for a grace period: until then it must not become
 * anything else.
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
