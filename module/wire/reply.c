// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that no connection sends: a listener's, a TIME_WAIT's, and RST.
 */
#include <net/l3mdev.h>
#include "../engine/skb.h"
#include "../observe/trace.h"
#include "ip.h"
#include "reply.h"
#include "segment.h"

/* Where an answer goes: as the segment that it answers says. */
static void reply_to(struct net *net, const struct xtcp_ip_ops *ip, struct xtcp_reply *r)
{
	int iif = r->skb->skb_iif;

	r->ifindex = l3mdev_master_ifindex_by_index(net, iif) ? iif : 0;
	ip->reply_to(net, r);
}

/* What a route leaves of a SYN,ACK's window. */
static u16 route_window(const struct dst_entry *dst, const struct xtcp_segment *seg,
			bool exact)
{
	u32 wnd = min_not_zero(seg->wnd, dst_metric(dst, RTAX_WINDOW));
	u32 segs = dst_metric(dst, RTAX_INITRWND);

	if (segs)
		wnd = min_t(u64, wnd, (u64)segs * seg->opt.mss);
	if (exact && wnd == seg->wnd)
		return wnd;
	return xtcp_syn_window_for(wnd, seg->opt.mss, seg->opt.present & XTCP_OPT_TIMESTAMPS);
}

/* The segment as it is on the wire, but for the IP header; NULL: no memory. */
static struct sk_buff *reply_build(const struct xtcp_segment *seg)
{
	u32 header_bytes = xtcp_segment_header_bytes(seg);
	struct sk_buff *skb;

	skb = alloc_skb(XTCP_MAX_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, XTCP_MAX_HEADER);
	xtcp_segment_build(seg, __skb_push(skb, header_bytes), header_bytes);
	skb_reset_transport_header(skb);
	return skb;
}

/* Filters and classifiers ask whose it is.  It is not charged to the socket: that would be a
 * listener, whose send buffer is for nobody's use.
 */
static void set_owner(struct sk_buff *skb, struct sock *sk)
{
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return;		/* a listener that nothing but rcu_read_lock() has kept */
	skb->sk = sk;
	skb->destructor = sock_efree;
}

/**
 * xtcp_ip_reply() - send a bare segment that is of no connection
 * @net: the namespace
 * @reply: where to, and how
 * @seg: the segment.  Its ports are the reply's; a SYN's MSS is what the route allows, at
 *	most the segment's unless that is 0
 *
 * Completes both, which is cheaper than copies.  Any context but hard interrupt.
 *
 * Return: 0, or a negative errno: no memory, no route
 */
int xtcp_ip_reply(struct net *net, struct xtcp_reply *reply, struct xtcp_segment *seg)
{
	const struct xtcp_tuple *t = reply->tuple;
	const struct xtcp_ip_ops *ip = xtcp_tuple_ip(t);
	struct xtcp_net *xn = xtcp_pernet(net);
	struct dst_entry *dst;
	struct sk_buff *skb;

	if (reply->skb)
		reply_to(net, ip, reply);
	seg->sport = t->lport;
	seg->dport = t->rport;
	dst = ip->reply_route(net, reply);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (seg->flags & XTCP_SYN) {
		seg->opt.mss = min_not_zero((u32)seg->opt.mss, dst_metric_advmss(dst));
		seg->wnd = route_window(dst, seg, reply->exact);
	}
	skb = reply_build(seg);
	if (!skb) {
		dst_release(dst);
		return -ENOBUFS;
	}
	skb_dst_set(skb, dst);
	if (reply->route && !*reply->route) {
		dst_hold(dst);
		*reply->route = dst;
	}
	skb->priority = reply->priority;
	skb->mark = reply->mark;
	if (reply->sk)
		set_owner(skb, (struct sock *)reply->sk);
	xtcp_count(xn, SEGS_OUT);
	trace_xtcp_segment_out(xn, t, seg, 0, NULL);
	return ip->reply_send(net, reply, skb);
}
