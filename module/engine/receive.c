// SPDX-License-Identifier: GPL-2.0
/*
 * The NIC's door: check a segment, look up the socket that it is for, lock that
 * or leave the segment in its backlog, and hand it on.
 */
#include <linux/filter.h>
#include <linux/skbuff.h>
#include "../compat.h"
#include "../observe/drop.h"
#include "../observe/trace.h"
#include "../wire/claim.h"
#include "../wire/early.h"
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "demux.h"
#include "handshake.h"
#include "input.h"
#include "listeners.h"
#include "receive.h"
#include "request.h"
#include "reset.h"
#include "skb.h"
#include "timewait.h"

#define LOOKUPS_MAX	4	/* what stands for a 4-tuple may change meanwhile */

/* The backlog may hold what the peer may have in flight, and the skbs around it. */
static u32 backlog_limit(const struct sock *sk)
{
	return (u32)READ_ONCE(sk->sk_rcvbuf) + (u32)READ_ONCE(sk->sk_sndbuf) +
	       64 * 1024;
}

/* RFC 9293, 3.1: 20 to 60 bytes, as the data offset says. */
static bool header_complete(struct sk_buff *skb)
{
	u32 header_bytes;

	if (!pskb_may_pull(skb, XTCP_HEADER_BYTES))
		return false;
	header_bytes = xtcp_data_offset(skb->data);
	return header_bytes >= XTCP_HEADER_BYTES && pskb_may_pull(skb, header_bytes);
}

/* What the header of a checked segment says.  A filter may have cut its text short: the
 * FIN goes first.
 */
static void segment_read(struct xtcp_segment *seg, const struct sk_buff *skb)
{
	xtcp_segment_parse(seg, skb->data, xtcp_data_offset(skb->data));
	if (unlikely(XTCP_CB(skb)->cut))
		seg->flags &= ~XTCP_FIN;
	seg->end = seg->seq + skb->len - seg->header_bytes +
		   !!(seg->flags & XTCP_SYN) + !!(seg->flags & XTCP_FIN);
}

static void trace_segment_in(const struct xtcp_net *xn, const struct sk_buff *skb)
{
	struct xtcp_segment seg;
	struct xtcp_tuple t;

	xtcp_skb_tuple(skb, &t);
	segment_read(&seg, skb);
	trace_xtcp_segment_in(xn, &t, &seg, skb->len - seg.header_bytes);
}

/* Header and checksum, RFC 9293, 3.1 (MUST-3, MUST-57).  Return: false where the segment
 * is dropped
 */
static bool segment_check(struct xtcp_net *xn, struct sk_buff *skb)
{
	if (skb->pkt_type != PACKET_HOST || xtcp_skb_is_mapped(skb) || !header_complete(skb)) {
		xtcp_drop(xn, skb, XTCP_DROP_BAD_HEADER);
		return false;
	}
	if (!skb_csum_unnecessary(skb) && xtcp_skb_ip(skb)->checksum_bad(skb)) {
		xtcp_drop(xn, skb, XTCP_DROP_BAD_CHECKSUM);
		return false;
	}
	XTCP_CB(skb)->isn = 0;
	XTCP_CB(skb)->cut = 0;
	if (trace_xtcp_segment_in_enabled())
		trace_segment_in(xn, skb);
	return true;
}

/* Policies and filters that watch over a socket: cgroups', the user's own. */
static bool socket_permits(struct sock *sk, struct sk_buff *skb)
{
	u32 len = skb->len;

	if (!xtcp_skb_ip(skb)->permits(sk, skb) ||
	    sk_filter_trim_cap(sk, skb, xtcp_data_offset(skb->data)))
		return false;
	XTCP_CB(skb)->cut |= skb->len != len;	/* it may be asked twice */
	return true;
}

/* Where there is no socket, a policy may still demand IPsec.  Return: false
 * where the segment lacks it, and is consumed
 */
static bool policy_permits(struct xtcp_net *xn, struct sk_buff *skb)
{
	if (xtcp_skb_ip(skb)->permits(NULL, skb))
		return true;
	xtcp_drop(xn, skb, XTCP_DROP_FILTERED);
	return false;
}

/* A segment for a socket that is locked and not in the user's hands.  Return: false where
 * it must be looked up again.
 */
static __always_inline bool socket_segment(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_segment seg __uninitialized;

	if (unlikely(xtcp_in_state(sk, TCPF_CLOSE | TCPF_LISTEN)))
		return false;
	segment_read(&seg, skb);
	xtcp_early_note_route(sk, skb);
	if (xtcp_ipv6_wants_headers(sk) &&
	    (seg.seq == xtcp_sk(sk)->rcv_nxt || sk->sk_state == TCP_SYN_SENT))
		xtcp_ipv6_note_received(sk, skb);
	xtcp_segment_arrives(sk, skb, &seg);
	return true;
}

/* Lock a socket, or leave the segment in its backlog.  Return: false where the
 * segment must be looked up again: the connection ended while we waited for the lock.
 */
static __always_inline bool socket_receive(struct xtcp_net *xn, struct sock *sk,
					   struct sk_buff *skb, bool judged)
{
	bool done = true;

	if (!judged && !socket_permits(sk, skb)) {
		xtcp_drop(xn, skb, XTCP_DROP_FILTERED);
		return true;
	}
	if (unlikely(!READ_ONCE(xn->early_hooked)) && !judged &&
	    xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		xtcp_early_missed(xn, skb);
	nf_reset_ct(skb);
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk))
		done = socket_segment(sk, skb);
	else if (sk_add_backlog(sk, skb, backlog_limit(sk)))
		xtcp_drop(xn, skb, XTCP_DROP_BACKLOG);
	bh_unlock_sock(sk);
	return done;
}

/* Of a SO_REUSEPORT group, whose segment is it? */
static struct sock *member_of_group(struct sock *listener, struct sk_buff *skb)
{
	struct xtcp_tuple t;

	if (likely(!rcu_access_pointer(listener->sk_reuseport_cb)))
		return listener;
	xtcp_skb_tuple(skb, &t);
	return xtcp_listener_of_group(listener, skb, &t);
}

/* A segment for a listener, or its group, or for a request of it, which are not locked.
 * Return: as socket_receive()
 */
static bool listener_receive(struct xtcp_net *xn, struct sock *listener,
			     struct xtcp_request *req, struct sk_buff *skb, bool judged)
{
	struct xtcp_segment seg;

	if (!req)
		listener = member_of_group(listener, skb);
	if (!judged && !socket_permits(listener, skb)) {
		xtcp_drop(xn, skb, XTCP_DROP_FILTERED);
		return true;
	}
	nf_reset_ct(skb);
	segment_read(&seg, skb);
	return req ? xtcp_request_segment(req, skb, &seg) :
		     xtcp_listener_segment(listener, skb, &seg);
}

/* What a look-up found: @sk or @tw with a reference; or a listener, and maybe a request of
 * it, as rcu_read_lock() keeps them.
 */
struct target {
	struct sock		*sk;
	struct xtcp_timewait	*tw;
	struct xtcp_request	*req;
	struct sock		*listener;
};

/* Under rcu_read_lock(). */
static bool find_target(struct xtcp_net *xn, const struct sk_buff *skb,
			const struct xtcp_tuple *t, struct target *found)
{
	struct xtcp_node *node = xtcp_lookup_received(xn, skb, t);

	*found = (struct target) { };
	switch (node ? node->kind : XTCP_KIND_NONE) {
	case XTCP_KIND_TIME_WAIT:
		found->tw = container_of(node, struct xtcp_timewait, node);
		return xtcp_timewait_get(found->tw);
	case XTCP_KIND_REQUEST:
		found->req = container_of(node, struct xtcp_request, node);
		found->listener = found->req->listener;
		break;
	case XTCP_KIND_CONNECTION:
		found->sk = xtcp_node_get(xn, node, t);
		return found->sk;
	case XTCP_KIND_NONE:
		if (node)
			return false;	/* a connection's memory is just becoming another's */
		found->listener = xtcp_lookup_listener(xn, t, xtcp_skb_iif(skb),
						       xtcp_skb_sdif(skb));
		break;
	}
	return true;
}

/* Nothing stands for the 4-tuple and nobody listens: 3.10.7.1, CLOSED.  @judged:
 * see receive_dispatch().
 */
static void receive_no_port(struct xtcp_net *xn, struct sk_buff *skb, bool judged)
{
	const struct xtcp_ip_ops *ip = xtcp_skb_ip(skb);
	struct xtcp_segment seg;

	/* no answer to a broadcast */
	if (ip->unicast(skb) && (judged || ip->permits(NULL, skb))) {
		segment_read(&seg, skb);
		xtcp_reply_reset(xn, skb, &seg);
	}
	xtcp_drop(xn, skb, XTCP_DROP_NO_PORT);
}

/* A segment for TIME_WAIT.  Return: whether it must be looked up again */
static bool timewait_receive(struct xtcp_net *xn, struct xtcp_timewait *tw,
			     struct sk_buff *skb, bool judged)
{
	struct xtcp_segment seg;

	if (!judged && !policy_permits(xn, skb))
		return false;
	segment_read(&seg, skb);
	return xtcp_timewait_segment(tw, skb, &seg);
}

/* Bring a checked segment to whatever stands for its 4-tuple.  One that comes
 * from a backlog was judged by filters and policies before, and the device that
 * they would ask for may be gone.
 */
static noinline void receive_dispatch(struct xtcp_net *xn, struct sk_buff *skb, bool judged)
{
	struct xtcp_tuple t;
	struct target to;
	bool done, again;
	int i;

	xtcp_skb_tuple(skb, &t);
	for (i = 0; i < LOOKUPS_MAX; i++) {
		if (!find_target(xn, skb, &t, &to))
			continue;
		if (to.tw) {
			again = timewait_receive(xn, to.tw, skb, judged);
			xtcp_timewait_put(to.tw);
			if (!again)
				return;
			continue;
		}
		if (to.listener) {
			done = listener_receive(xn, to.listener, to.req, skb, judged);
		} else if (to.sk) {
			done = socket_receive(xn, to.sk, skb, judged);
			sock_put(to.sk);
		} else {
			receive_no_port(xn, skb, judged);
			done = true;
		}
		if (done)
			return;
	}
	xtcp_drop(xn, skb, XTCP_DROP_NO_PORT);
}

/**
 * xtcp_rcv() - a segment comes from the IP layer
 * @skb: skb->data is the TCP header; consumed
 *
 * Softirq, under rcu_read_lock().  The handler of the native protocol; segments
 * of TCP's wire are led here as well.
 *
 * RFC 9293: MUST-50.
 *
 * Return: 0
 */
int xtcp_rcv(struct sk_buff *skb)
{
	struct sock *listener, *sk = xtcp_early_take(skb, &listener);
	struct xtcp_net *xn = sk ? xtcp_sk(sk)->xn : xtcp_pernet(dev_net(skb->dev));
	bool done;

	xtcp_count(xn, SEGS_IN);
	if (unlikely(READ_ONCE(xn->tcp_wire)))
		xtcp_claim_restore(skb);
	done = !segment_check(xn, skb) || (sk && socket_receive(xn, sk, skb, false));
	if (!done && !(listener && listener_receive(xn, listener, NULL, skb, false)))
		receive_dispatch(xn, skb, false);
	if (sk)
		sock_put(sk);
	return 0;
}

/* Has a SYN been sent, and is this not the answer?  @ack: 0: it answers nothing. */
static bool awaits_answer(const struct sock *sk, u32 ack)
{
	return xtcp_in_state(sk, TCPF_SYN_SENT) &&
	       (!ack || ack != READ_ONCE(xtcp_sk(sk)->snd_nxt));
}

/**
 * xtcp_standing() - what is there for a 4-tuple, on a wire that is shared?
 * @xn: the namespace
 * @skb: a segment that has it, or an ICMP error that quotes one
 * @t: the 4-tuple, as seen from here
 * @ack: what the segment acknowledges; 0: nothing
 * @listener: where to write the listener, where no more than that is there; else NULL
 *
 * Under rcu_read_lock().
 */
enum xtcp_standing xtcp_standing(struct xtcp_net *xn, const struct sk_buff *skb,
				 const struct xtcp_tuple *t, u32 ack,
				 struct sock **listener)
{
	struct xtcp_node *node = xtcp_lookup_received(xn, skb, t);

	*listener = NULL;
	switch (node ? node->kind : XTCP_KIND_NONE) {
	case XTCP_KIND_TIME_WAIT:
		return XTCP_STANDS_TIME_WAIT;
	case XTCP_KIND_REQUEST:
		return XTCP_STANDS_CONNECTION;
	case XTCP_KIND_CONNECTION:
		return awaits_answer(xtcp_node_sk(node), ack) ?
		       XTCP_STANDS_SYN_SENT : XTCP_STANDS_CONNECTION;
	}
	*listener = xtcp_lookup_listener(xn, t, xtcp_skb_iif(skb), xtcp_skb_sdif(skb));
	return *listener ? XTCP_STANDS_LISTENER : XTCP_STANDS_NOTHING;
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
		socket_segment(sk, skb);
		return 0;
	}
	/* a child is locked in there as in softirq, so none may come between */
	local_bh_disable();
	rcu_read_lock();
	/* a request has become a connection since, or a connection TIME_WAIT */
	if (!socket_segment(sk, skb))
		receive_dispatch(xtcp_sk(sk)->xn, skb, true);
	rcu_read_unlock();
	local_bh_enable();
	return 0;
}
