// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors: RFC 9293, 3.9.2.2, with RFC 5927's care: an error counts only if
 * it quotes a sequence number that is in flight, and it ends a connection only
 * during the handshake; later it is a hint, kept until the connection gives up.
 */
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/route.h>
#include "../compat.h"
#include "../wire/ip.h"
#include "connection.h"
#include "demux.h"
#include "handshake.h"
#include "icmp.h"
#include "mss.h"
#include "output.h"
#include "recovery.h"
#include "seq.h"

/* What the error means to the user; 0: nothing (MUST-55). */
static int icmp_errno(u8 type, u8 code)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
		if (code > NR_ICMP_UNREACH)
			return 0;
		return icmp_err_convert[code].errno;
	case ICMP_PARAMETERPROB:
		return EPROTO;
	case ICMP_TIME_EXCEEDED:
		return EHOSTUNREACH;
	}
	return 0;
}

/* A router could not pass our segment on whole: RFC 1191.  Socket locked. */
static void path_mtu(struct sock *sk, u32 mtu)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 before = x->pmtu;	/* a route found anew changes it */
	struct dst_entry *dst;

	rcu_read_lock();
	dst = xtcp_route(sk);
	if (!dst)
		goto out;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	dst = xtcp_route(sk);
	if (!dst || dst_mtu(dst) >= before || !ip_sk_accept_pmtu(sk))
		goto out;
	xtcp_sync_mss(sk, dst_mtu(dst));
	if (x->snd_una != x->snd_nxt &&
	    xtcp_in_state(sk, XTCP_STATES_CONNECTED)) {
		xtcp_recovery_mark_all(sk);
		xtcp_output(sk, x->nonagle);
	}
out:
	rcu_read_unlock();
}

/**
 * xtcp_release_cb() - the user gives the socket back: what had to wait for that?
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

/* What the error does to the connection, whose socket is locked
 * (MUST-47, MUST-56, SHLD-20, SHLD-25, SHLD-26).
 */
static void connection_error(struct sock *sk, struct sk_buff *skb, u32 seq,
			     u32 info)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u8 type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	int err;

	/* RFC 5927, 4.1: only what is in flight can have met an error */
	if (seq_lt(seq, x->snd_una) || seq_gt(seq, x->snd_nxt)) {
		xtcp_count(x->xn, ICMP_IGNORED);
		return;
	}
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED) {
		if (!sock_owned_by_user(sk))
			path_mtu(sk, info);
		else	/* xtcp_release_cb() */
			WRITE_ONCE(x->mtu_reported, max(info, 1u));
		return;
	}
	err = icmp_errno(type, code);
	if (!err)
		return;
	xtcp_count(x->xn, ICMP_ERRORS);
	if (sock_owned_by_user(sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
	} else if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		xtcp_done(sk, XTCP_EV_ERROR, err);
	} else if (xtcp_inet_recverr(sk)) {
		WRITE_ONCE(sk->sk_err, err);
		sk_error_report(sk);
	} else {
		WRITE_ONCE(sk->sk_err_soft, err);
	}
}

/**
 * xtcp_icmp_error() - an ICMP error came for a segment of ours
 * @skb: its transport header is the ICMP message; not consumed
 * @t: the 4-tuple quoted, as seen from here
 * @seq: the sequence number quoted
 * @info: the MTU, where fragmentation was needed
 *
 * Softirq, under rcu_read_lock().
 *
 * RFC 9293: MUST-54.
 *
 * Return: 0, or -ENOENT where nothing here has that 4-tuple
 */
int xtcp_icmp_error(struct sk_buff *skb, const struct xtcp_tuple *t, u32 seq,
		    u32 info)
{
	struct xtcp_net *xn = xtcp_pernet(dev_net(skb->dev));
	struct xtcp_node *node = xtcp_lookup_received(xn, skb, t);
	struct xtcp_request *req;
	struct sock *sk;

	if (!node || node->kind == XTCP_KIND_TIME_WAIT) {
		xtcp_count(xn, ICMP_IGNORED);
		return node ? 0 : -ENOENT;
	}
	if (node->kind == XTCP_KIND_REQUEST) {
		req = container_of(node, struct xtcp_request, node);
		if (!xtcp_request_get(req))
			return 0;
		sk = req->listener;
		bh_lock_sock(sk);
		if (!sock_owned_by_user(sk) && !req->dead && seq == req->iss &&
		    icmp_hdr(skb)->type == ICMP_DEST_UNREACH &&
		    icmp_hdr(skb)->code != ICMP_FRAG_NEEDED)
			xtcp_request_fail(req, XTCP_EV_ERROR);
		bh_unlock_sock(sk);
		xtcp_request_put(req);
		return 0;
	}
	sk = xtcp_node_sk(node);
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return 0;
	bh_lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE)
		connection_error(sk, skb, seq, info);
	bh_unlock_sock(sk);
	sock_put(sk);
	return 0;
}
