// SPDX-License-Identifier: GPL-2.0
/*
 * What both IP versions have in common: what a socket keeps of its addresses and of its
 * route, and segments that no connection sends.
 */
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>
#include "../compat.h"
#include "../engine/skb.h"
#include "../observe/trace.h"
#include "ip.h"
#include "ipv6_sock.h"
#include "segment.h"

/* ---- addresses ---- */

/* An address as struct inet_sock has it, which cannot say that it is an IPv6 one. */
static __be32 inet_address(const struct in6_addr *a)
{
	if (ipv6_addr_v4mapped(a))
		return xtcp_addr_v4(a);
	return ipv6_addr_any(a) ? htonl(INADDR_ANY) : LOOPBACK4_IPV6;
}

/**
 * xtcp_ip_note_local() - the socket has a local address
 * @sk: the socket, locked
 * @rcv: where it receives, or any: its tuple's
 * @from: what it sends from, or any
 *
 * Notes it where the socket core, BPF and the IP layers look for it.
 */
void xtcp_ip_note_local(struct sock *sk, const struct in6_addr *rcv,
			const struct in6_addr *from)
{
	struct inet_sock *inet = inet_sk(sk);

	xtcp_sk(sk)->node.tuple.laddr = *rcv;
	inet->inet_rcv_saddr = inet_address(rcv);
	inet->inet_saddr = inet_address(from);
	xtcp_ipv6_note_local(sk, rcv, from);
}

/**
 * xtcp_ip_note_peer() - the socket has a peer
 * @sk: the socket, locked
 * @raddr: its address, or any: it has none
 * @rport: its port, or 0
 */
void xtcp_ip_note_peer(struct sock *sk, const struct in6_addr *raddr, u16 rport)
{
	struct inet_sock *inet = inet_sk(sk);

	xtcp_sk(sk)->node.tuple.raddr = *raddr;
	xtcp_sk(sk)->node.tuple.rport = rport;
	inet->inet_daddr = inet_address(raddr);
	inet->inet_dport = htons(rport);
	xtcp_ipv6_note_peer(sk, raddr);
}

/**
 * xtcp_ip_any() - every address, as a socket of this one's family has it
 * @sk: the socket
 */
struct in6_addr xtcp_ip_any(const struct sock *sk)
{
	struct in6_addr any = in6addr_any;

	if (sk->sk_family == AF_INET)
		xtcp_addr_from_v4(&any, htonl(INADDR_ANY));
	return any;
}

/**
 * xtcp_ip_forget_peer() - there is no peer any more
 * @sk: the socket, locked
 *
 * Nor an address of ours, unless the user chose it.
 */
void xtcp_ip_forget_peer(struct sock *sk)
{
	struct in6_addr *laddr = &xtcp_sk(sk)->node.tuple.laddr;
	const struct in6_addr any = xtcp_ip_any(sk);

	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		xtcp_ip_note_local(sk, &any, &any);
	else if (sk->sk_family == AF_INET)	/* a bpf_bind() is noted there alone */
		xtcp_addr_from_v4(laddr, inet_sk(sk)->inet_rcv_saddr);
	else
		*laddr = *xtcp_ipv6_rcv_saddr(sk);
	xtcp_ip_note_peer(sk, &any, 0);
	xtcp_ip_use(sk, laddr);
}

/**
 * xtcp_ip_adopt() - a child has these addresses
 * @sk: the child, not yet visible
 * @t: its 4-tuple
 */
void xtcp_ip_adopt(struct sock *sk, const struct xtcp_tuple *t)
{
	struct inet_sock *inet = inet_sk(sk);

	xtcp_ip_use(sk, &t->raddr);
	xtcp_ip_note_local(sk, &t->laddr, &t->laddr);
	xtcp_ip_note_peer(sk, &t->raddr, t->rport);
	inet->mc_list = NULL;
	RCU_INIT_POINTER(inet->inet_opt, NULL);
}

/* ---- routes ---- */

/**
 * xtcp_device_checksums() - can a device put our checksum in?
 * @dev: the device
 * @ip: the IP version
 * @wire: IPPROTO_XTCP or IPPROTO_TCP
 *
 * One that does TCP's, and only that, knows TCP by its protocol number.
 */
bool xtcp_device_checksums(const struct net_device *dev, const struct xtcp_ip_ops *ip, u8 wire)
{
	netdev_features_t any = NETIF_F_HW_CSUM;

	if (wire == IPPROTO_TCP)
		any |= ip->tcp_checksum;
	return dev->features & any;
}

/**
 * xtcp_ip_take_route() - a socket takes a route
 * @sk: the socket, locked
 * @dst: the route; the reference is the socket's from now on
 */
void xtcp_ip_take_route(struct sock *sk, struct dst_entry *dst)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	sk_setup_caps(sk, dst);
	x->route_quickack = !!dst_metric(dst, RTAX_QUICKACK);
	x->route_window = dst_metric(dst, RTAX_WINDOW);
	x->route_rto_min_us = dst_metric_locked(dst, RTAX_RTO_MIN) ?
			      dst_metric(dst, RTAX_RTO_MIN) * USEC_PER_MSEC : 0;
	x->csum_hw = xtcp_device_checksums(dst->dev, x->ip, x->node.tuple.wire);
	if (!x->csum_hw)
		sk->sk_route_caps &= ~NETIF_F_GSO_MASK;
}

/* ---- what no connection sends ---- */

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

/**
 * xtcp_ip_reply() - send a bare segment that is of no connection
 * @net: the namespace
 * @as_asked: where to, and how
 * @seg: the segment.  Its ports are the reply's; a SYN's MSS is what the route allows, at
 *	most the segment's unless that is 0
 *
 * Any context but hard interrupt.  Return: 0, or a negative errno: no memory, no route
 */
int xtcp_ip_reply(struct net *net, const struct xtcp_reply *as_asked,
		  const struct xtcp_segment *seg)
{
	struct xtcp_reply answer = *as_asked, *reply = &answer;
	const struct xtcp_tuple *t = reply->tuple;
	const struct xtcp_ip_ops *ip = xtcp_tuple_ip(t);
	struct xtcp_segment copy = *seg;
	struct dst_entry *dst;
	struct sk_buff *skb;

	if (reply->skb)
		reply_to(net, ip, reply);
	copy.sport = t->lport;
	copy.dport = t->rport;
	dst = ip->reply_route(net, reply);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (copy.flags & XTCP_SYN) {
		copy.opt.mss = min_not_zero((u32)seg->opt.mss, dst_metric_advmss(dst));
		copy.wnd = route_window(dst, &copy, reply->exact);
	}
	skb = reply_build(&copy);
	if (!skb) {
		dst_release(dst);
		return -ENOBUFS;
	}
	skb_dst_set(skb, dst);
	skb->priority = reply->priority;
	skb->mark = reply->mark;
	if (reply->sk)
		skb_set_owner_w(skb, (struct sock *)reply->sk);
	xtcp_count(xtcp_pernet(net), SEGS_OUT);
	trace_xtcp_segment_out(t, &copy, 0);
	return ip->reply_send(net, reply, skb);
}
