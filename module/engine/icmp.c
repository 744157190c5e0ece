// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors: RFC 9293, 3.9.2.2, with RFC 5927's care: an error counts only if
 * it quotes a sequence number that is in flight, and it ends a connection only
 * during the handshake; later it is a hint, kept until the connection gives up.
 */
#include <net/sock.h>
#include "../compat.h"
#include "../wire/ip.h"
#include "connection.h"
#include "demux.h"
#include "icmp.h"
#include "mss.h"
#include "output.h"
#include "recovery.h"
#include "request.h"
#include "seq.h"

/* A router could not forward our segment whole: RFC 1191.  Socket locked. */
static void path_mtu(struct sock *sk, u32 mtu)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	mtu = xtcp_ip_path_mtu(sk, mtu);
	if (!mtu || mtu >= x->pmtu)
		return;
	xtcp_sync_mss(sk, mtu);
	if (x->snd_una == x->snd_nxt ||
	    !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		return;
	xtcp_recovery_mark_all(sk);
	xtcp_output_lost(sk);
}

/**
 * xtcp_release_cb() - the user gives the socket back: do what had to wait for that
 * @sk: the socket; its spinlock held, softirqs off
 *
 * This is struct proto's release_cb.
 */
void xtcp_release_cb(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mtu = x->mtu_reported;

	if (likely(!mtu))
		return;
	x->mtu_reported = 0;
	if (!xtcp_in_state(sk, TCPF_CLOSE | TCPF_LISTEN))
		path_mtu(sk, mtu);
}

/* IP_RECVERR, IPV6_RECVERR: the user wants to know at once. */
static bool wants_errors(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (xtcp_sk(sk)->ip == &xtcp_ipv6_ops)
		return xtcp_inet6_recverr(sk);
#endif
	return xtcp_inet_recverr(sk);
}

/* IP_MINTTL, IPV6_MINHOPCOUNT: what an error must have at least, as a segment must. */
static u8 least_hops(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (xtcp_sk(sk)->ip == &xtcp_ipv6_ops)
		return READ_ONCE(inet6_sk(sk)->min_hopcount);
#endif
	return READ_ONCE(inet_sk(sk)->min_ttl);
}

/* What the error does to the connection, whose socket is locked
 * (MUST-47, MUST-56, SHLD-20, SHLD-25, SHLD-26).
 */
static void connection_error(struct sock *sk, struct sk_buff *skb, const struct xtcp_icmp *icmp)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err = icmp->err;

	/* RFC 5927, 4.1: only what is in flight can have met an error; RFC 5082 */
	if (seq_lt(icmp->seq, x->snd_una) || seq_gt(icmp->seq, x->snd_nxt) ||
	    icmp->hops < least_hops(sk)) {
		xtcp_count(x->xn, ICMP_IGNORED);
		return;
	}
	if (icmp->redirect) {
		if (!sock_owned_by_user(sk))
			xtcp_ip_redirect(sk, skb);
		return;
	}
	if (icmp->mtu) {
		if (!sock_owned_by_user(sk))
			path_mtu(sk, icmp->mtu);
		else	/* xtcp_release_cb() */
			WRITE_ONCE(x->mtu_reported, icmp->mtu);
		return;
	}
	if (!err)
		return;
	xtcp_count(x->xn, ICMP_ERRORS);
	if (sock_owned_by_user(sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
	} else if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		xtcp_done(sk, XTCP_EV_ERROR, err);
	} else if (wants_errors(sk)) {
		WRITE_ONCE(sk->sk_err, err);
		sk_error_report(sk);
	} else {
		WRITE_ONCE(sk->sk_err_soft, err);
	}
}

/* A half-open connection cannot be completed. */
static void request_error(struct xtcp_request *req, const struct xtcp_icmp *icmp)
{
	if (icmp->seq == req->iss && icmp->unreachable)
		xtcp_request_fail(req, XTCP_EV_ERROR);
}

/**
 * xtcp_icmp_error() - an ICMP error came for a segment of ours
 * @skb: the ICMP message; not consumed
 * @t: the 4-tuple quoted, as seen from here
 * @icmp: what it says
 *
 * Softirq, under rcu_read_lock().
 *
 * RFC 9293: MUST-54.
 *
 * Return: 0, or -ENOENT where nothing here has that 4-tuple
 */
int xtcp_icmp_error(struct sk_buff *skb, const struct xtcp_tuple *t,
		    const struct xtcp_icmp *icmp)
{
	struct xtcp_net *xn = xtcp_pernet(dev_net(skb->dev));
	struct xtcp_node *node = xtcp_lookup_received(xn, skb, t);
	struct sock *sk;

	if (!node || node->kind == XTCP_KIND_TIME_WAIT) {
		xtcp_count(xn, ICMP_IGNORED);
		return node ? 0 : -ENOENT;
	}
	if (node->kind == XTCP_KIND_REQUEST) {
		request_error(container_of(node, struct xtcp_request, node), icmp);
		return 0;
	}
	sk = xtcp_node_get(xn, node, t);
	if (!sk)
		return 0;
	bh_lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE)
		connection_error(sk, skb, icmp);
	bh_unlock_sock(sk);
	sock_put(sk);
	return 0;
}
