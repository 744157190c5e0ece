// SPDX-License-Identifier: GPL-2.0
/*
 * The NIC's door: check a segment, look up whom it is for, lock that or leave
 * the segment in its backlog, and hand it on.
 */
#include <linux/filter.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/xfrm.h>
#include "../observe/drop.h"
#include "../observe/trace.h"
#include "../wire/claim.h"
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "demux.h"
#include "handshake.h"
#include "input.h"
#include "ports.h"
#include "receive.h"
#include "reset.h"
#include "skb.h"
#include "timewait.h"

#define LOOKUPS_MAX	4	/* what stands for a 4-tuple may change meanwhile */

/* The sender's view of how large the backlog may become: what it may have in
 * flight, and some for the skbs around it.
 */
static u32 backlog_limit(const struct sock *sk)
{
	return (u32)READ_ONCE(sk->sk_rcvbuf) + (u32)READ_ONCE(sk->sk_sndbuf) +
	       64 * 1024;
}

/* Header and checksum, RFC 9293, 3.1; then the CB says what the header says
 * (MUST-3, MUST-57).
 */
static bool segment_check(struct xtcp_net *xn, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct xtcp_segment seg;
	u32 header_bytes, len;

	if (skb->pkt_type != PACKET_HOST ||
	    !pskb_may_pull(skb, XTCP_HEADER_BYTES))
		goto bad_header;
	header_bytes = (skb->data[12] >> 4) * 4;
	if (header_bytes < XTCP_HEADER_BYTES || !pskb_may_pull(skb, header_bytes))
		goto bad_header;
	if (xtcp_checksum_bad(skb)) {
		xtcp_drop(xn, skb, XTCP_DROP_BAD_CHECKSUM);
		return false;
	}
	if (xtcp_segment_parse(&seg, skb->data, header_bytes))
		goto bad_header;
	len = skb->len - header_bytes;
	cb->block.seq = seg.seq;
	cb->block.end = seg.seq + len + !!(seg.flags & XTCP_SYN) +
			!!(seg.flags & XTCP_FIN);
	cb->ack = seg.ack;
	cb->wnd = seg.wnd;
	cb->urg = seg.urg;
	cb->flags = seg.flags;
	cb->header_bytes = header_bytes;
	cb->mss = min_t(u16, seg.mss, 0x7fff);
	cb->isn = 0;
	if (trace_xtcp_segment_in_enabled()) {
		struct xtcp_tuple t;

		xtcp_skb_tuple(skb, &t);
		trace_xtcp_segment_in(&t, &seg, len);
	}
	return true;
bad_header:
	xtcp_drop(xn, skb, XTCP_DROP_BAD_HEADER);
	return false;
}

/* Policies and filters that watch over a socket: cgroups', the user's own. */
static bool permitted(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 len = skb->len;

	if (ip_hdr(skb)->ttl < READ_ONCE(inet_sk(sk)->min_ttl) ||
	    !xfrm4_policy_check(sk, XFRM_POLICY_IN, skb) ||
	    sk_filter_trim_cap(sk, skb, cb->header_bytes))
		return false;
	/* a filter may have cut the text short: the FIN goes first */
	if (unlikely(skb->len != len)) {
		cb->block.end -= len - skb->len;
		if (cb->flags & XTCP_FIN) {
			cb->flags &= ~XTCP_FIN;
			cb->block.end--;
		}
	}
	return true;
}

/* Where there is no socket: a policy may ask for IPsec.  Return: false where it
 * does in vain, and the segment is consumed
 */
static bool permitted_at_all(struct xtcp_net *xn, struct sk_buff *skb)
{
	if (xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb))
		return true;
	xtcp_drop(xn, skb, XTCP_DROP_FILTERED);
	return false;
}

/* Lock a socket, or leave the segment in its backlog.  Return: false where the
 * segment must be looked up again.
 */
static bool hand_on(struct xtcp_net *xn, struct sock *sk, struct sk_buff *skb,
		    bool judged)
{
	bool done = true;

	if (!judged && !permitted(sk, skb)) {
		xtcp_drop(xn, skb, XTCP_DROP_FILTERED);
		return true;
	}
	nf_reset_ct(skb);
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk)) {
		if (unlikely(sk->sk_state == TCP_CLOSE))
			done = false;	/* ended while we waited for the lock */
		else if (sk->sk_state == TCP_LISTEN)
			done = xtcp_listener_segment(sk, skb);
		else
			xtcp_segment_arrives(sk, skb);
	} else if (sk_add_backlog(sk, skb, backlog_limit(sk))) {
		xtcp_drop(xn, skb, XTCP_DROP_BACKLOG);
	}
	bh_unlock_sock(sk);
	return done;
}

/* What a look-up found, with a reference. */
struct target {
	struct sock		*sk;
	struct xtcp_timewait	*tw;
};

/* Under rcu_read_lock(). */
static bool find(struct xtcp_net *xn, const struct sk_buff *skb,
		 const struct xtcp_tuple *t, struct target *found)
{
	struct xtcp_node *node = xtcp_lookup_received(xn, skb, t);
	struct xtcp_request *req;

	*found = (struct target) { };
	switch (node ? node->kind : XTCP_KIND_NONE) {
	case XTCP_KIND_TIME_WAIT:
		found->tw = container_of(node, struct xtcp_timewait, node);
		return xtcp_timewait_get(found->tw);
	case XTCP_KIND_REQUEST:
		req = container_of(node, struct xtcp_request, node);
		if (!xtcp_request_get(req))
			return false;
		sock_hold(req->listener);
		found->sk = req->listener;
		xtcp_request_put(req);
		return true;
	case XTCP_KIND_CONNECTION:
		found->sk = xtcp_node_sk(node);
		break;
	case XTCP_KIND_NONE:
		found->sk = xtcp_lookup_listener(xn, t, inet_iif(skb),
						 inet_sdif(skb));
		break;
	}
	return !found->sk || refcount_inc_not_zero(&found->sk->sk_refcnt);
}

/* Nothing stands for the 4-tuple and nobody listens: 3.10.7.1, CLOSED.  @judged:
 * see dispatch().
 */
static void no_port(struct xtcp_net *xn, struct sk_buff *skb, bool judged)
{
	/* no answer to a broadcast */
	if (skb_rtable(skb) && skb_rtable(skb)->rt_type == RTN_LOCAL &&
	    (judged || xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb)))
		xtcp_reply_reset(xn, skb);
	xtcp_drop(xn, skb, XTCP_DROP_NO_PORT);
}

/* Bring a checked segment to whatever stands for its 4-tuple.  One that comes
 * from a backlog was judged by filters and policies before, and the device that
 * they would ask for may be gone.
 */
static void dispatch(struct xtcp_net *xn, struct sk_buff *skb, bool judged)
{
	struct xtcp_tuple t;
	struct target to;
	bool done, again;
	int i;

	xtcp_skb_tuple(skb, &t);
	for (i = 0; i < LOOKUPS_MAX; i++) {
		if (!find(xn, skb, &t, &to))
			continue;
		if (to.tw) {
			again = judged || permitted_at_all(xn, skb);
			if (again)
				again = xtcp_timewait_segment(to.tw, skb);
			xtcp_timewait_put(to.tw);
			if (!again)
				return;
			continue;
		}
		if (!to.sk) {
			no_port(xn, skb, judged);
			return;
		}
		done = hand_on(xn, to.sk, skb, judged);
		sock_put(to.sk);
		if (done)
			return;
	}
	xtcp_drop(xn, skb, XTCP_DROP_NO_PORT);
}

/**
 * xtcp_rcv() - a segment comes from the IP layer
 * @skb: skb->data is the TCP header; consumed
 *
 * Softirq, under rcu_read_lock().  The handler of the native protocol, which
 * TCP-wire segments are led to, also.
 *
 * RFC 9293: MUST-50.
 *
 * Return: 0
 */
int xtcp_rcv(struct sk_buff *skb)
{
	struct xtcp_net *xn = xtcp_pernet(dev_net(skb->dev));

	xtcp_count(xn, SEGS_IN);
	skb_orphan(skb);	/* early demux may have given it a socket of TCP's */
	xtcp_claim_restore(skb);
	if (!segment_check(xn, skb))
		return 0;
	dispatch(xn, skb, false);
	return 0;
}

/**
 * xtcp_knows() - on a port that is shared with another TCP: is a segment for us?
 * @xn: the namespace
 * @skb: the segment, or an ICMP error that quotes one
 * @t: its 4-tuple, as seen from here
 * @syn_seq: the sequence number of a SYN that asks for a connection, or NULL
 *
 * Under rcu_read_lock().
 *
 * Return: whether there is a connection, a request, or a TIME_WAIT that the SYN
 * does not end
 */
bool xtcp_knows(struct xtcp_net *xn, const struct sk_buff *skb,
		const struct xtcp_tuple *t, const u32 *syn_seq)
{
	struct xtcp_node *node = xtcp_lookup_received(xn, skb, t);

	if (!node || !syn_seq || node->kind != XTCP_KIND_TIME_WAIT)
		return node;
	return !xtcp_timewait_cede(container_of(node, struct xtcp_timewait, node),
				   *syn_seq);
}

/**
 * xtcp_backlog_rcv() - a segment that waited while the user had the socket
 * @sk: the socket, locked by lock_sock(): process context
 * @skb: the segment; consumed
 *
 * This is struct proto's backlog_rcv.
 *
 * Return: 0
 */
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	if (likely(sk->sk_state != TCP_LISTEN && sk->sk_state != TCP_CLOSE)) {
		xtcp_segment_arrives(sk, skb);
		return 0;
	}
	/* a child is locked in there as by softirq: none may come between */
	local_bh_disable();
	rcu_read_lock();
	/* a request has become a connection since, or a connection TIME_WAIT */
	if (sk->sk_state == TCP_CLOSE || !xtcp_listener_segment(sk, skb))
		dispatch(xtcp_sk(sk)->xn, skb, true);
	rcu_read_unlock();
	local_bh_enable();
	return 0;
}
