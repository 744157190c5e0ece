// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4: routes, headers, ICMP errors.
 *
 * xtcp writes the IP header itself: the protocol in it is the connection's wire,
 * which the socket's protocol number cannot be (a SOCK_STREAM socket of
 * IPPROTO_TCP is taken for a struct tcp_sock in many places).
 */
#include <linux/icmp.h>
#include <linux/netdevice.h>
#include <linux/security.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/route.h>
#include "../compat.h"
#include "../engine/skb.h"
#include "../observe/trace.h"
#include "ip.h"
#include "segment.h"

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/* Can a device put our checksum in?  One that does TCP's, and only that, knows
 * TCP by its protocol number.
 */
static bool device_checksums(const struct net_device *dev, u8 wire)
{
	netdev_features_t any = NETIF_F_HW_CSUM;

	if (wire == IPPROTO_TCP)
		any |= NETIF_F_IP_CSUM;
	return dev->features & any;
}

/* What is kept of a route by the socket that takes it. */
static void setup_caps(struct sock *sk, struct dst_entry *dst)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	sk_setup_caps(sk, dst);
	x->route_quickack = !!dst_metric(dst, RTAX_QUICKACK);
	x->route_window = dst_metric(dst, RTAX_WINDOW);
	x->route_rto_min_us = dst_metric_locked(dst, RTAX_RTO_MIN) ?
			      dst_metric(dst, RTAX_RTO_MIN) * USEC_PER_MSEC : 0;
	x->csum_hw = device_checksums(dst->dev, x->node.tuple.wire);
	if (!x->csum_hw)
		sk->sk_route_caps &= ~NETIF_F_GSO_MASK;
}

/* MUST-46 */
static int ipv4_route(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	struct flowi4 fl4 = { };
	struct rtable *rt;

	rt = ip_route_output_ports(sock_net(sk), &fl4, sk, inet->inet_daddr,
				   inet->inet_saddr, inet->inet_dport,
				   inet->inet_sport, x->node.tuple.wire,
				   xtcp_route_tos(sk), sk->sk_bound_dev_if);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}
	if (!inet->inet_saddr)
		inet->inet_saddr = fl4.saddr;
	setup_caps(sk, &rt->dst);	/* the socket has the reference now */
	upcalls->path_mtu(sk, dst_mtu(&rt->dst));
	return 0;
}

/**
 * xtcp_route() - the route to the peer, found anew where the cached one is stale
 * @sk: the connection, locked; under rcu_read_lock()
 *
 * Return: the route, its reference the socket's; NULL where there is none
 */
struct dst_entry *xtcp_route(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);

	if (likely(dst))
		return dst;
	if (xtcp_sk(sk)->ip->route(sk))
		return NULL;
	return __sk_dst_get(sk);
}

static void put_ip_header(struct sk_buff *skb, const struct xtcp_tuple *t,
			  u8 tos, u8 ttl, u16 id, __be16 frag_off)
{
	struct iphdr *iph;

	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*(__be16 *)iph = htons((4 << 12) | (5 << 8) | tos);
	iph->id = htons(id);
	iph->frag_off = frag_off;
	iph->ttl = ttl;
	iph->protocol = t->wire;
	iph->saddr = xtcp_addr_v4(&t->laddr);
	iph->daddr = xtcp_addr_v4(&t->raddr);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
}

/* The checksum of RFC 9293, 3.1: the pseudo-header's part now, the rest by the
 * device; or all of it now (MUST-2).
 */
static int put_checksum(struct sk_buff *skb, const struct xtcp_tuple *t, bool hw)
{
	struct tcphdr *th = tcp_hdr(skb);

	th->check = ~csum_tcpudp_magic(xtcp_addr_v4(&t->laddr),
				       xtcp_addr_v4(&t->raddr), skb->len,
				       t->wire, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	return hw ? 0 : skb_checksum_help(skb);
}

/* MUST-48, MUST-49, SHLD-21, SHLD-22 */
static int ipv4_xmit(struct sock *sk, struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	struct dst_entry *dst;
	int err = -EHOSTUNREACH, ttl;
	__be16 frag_off;

	rcu_read_lock();
	dst = xtcp_route(sk);
	if (unlikely(!dst))
		goto free;
	if (unlikely(dst_mtu(dst) != x->pmtu))
		upcalls->path_mtu(sk, dst_mtu(dst));
	skb_dst_set_noref(skb, dst);

	/* the route has just changed to a device that does not help with it */
	err = -EMSGSIZE;
	if (unlikely(skb_is_gso(skb) && !x->csum_hw))
		goto free;
	err = put_checksum(skb, &x->node.tuple, x->csum_hw);
	if (unlikely(err))
		goto free;
	ttl = READ_ONCE(inet->uc_ttl);
	frag_off = ip_dont_fragment(sk, dst) ? htons(IP_DF) : 0;
	put_ip_header(skb, &x->node.tuple, READ_ONCE(inet->tos),
		      ttl < 0 ? ip4_dst_hoplimit(dst) : ttl, x->ip_id, frag_off);
	x->ip_id += xtcp_skb_segs(skb);
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	err = ip_local_out(sock_net(sk), sk, skb);
	rcu_read_unlock();
	return net_xmit_eval(err);
free:
	rcu_read_unlock();
	kfree_skb(skb);
	return err;
}

static struct rtable *reply_route(struct net *net, const struct xtcp_reply *r)
{
	const struct xtcp_tuple *t = r->tuple;
	struct flowi4 fl4;

	flowi4_init_output(&fl4, r->ifindex, r->mark, r->tos & ~INET_ECN_MASK,
			   RT_SCOPE_UNIVERSE, t->wire,
			   r->sk ? inet_sk_flowi_flags(r->sk) : 0,
			   xtcp_addr_v4(&t->raddr), xtcp_addr_v4(&t->laddr),
			   htons(t->rport), htons(t->lport),
			   sock_net_uid(net, r->sk));
	if (r->skb)
		security_skb_classify_flow((struct sk_buff *)r->skb,
					   flowi4_to_flowi_common(&fl4));
	else
		fl4.flowi4_secid = r->secid;
	return ip_route_output_flow(net, &fl4, r->sk);
}

/* What a route leaves of a window to begin with. */
static u16 route_window(const struct dst_entry *dst, u16 wnd, u16 mss)
{
	u32 segs = dst_metric(dst, RTAX_INITRWND);

	wnd = min_not_zero((u32)wnd, dst_metric(dst, RTAX_WINDOW));
	return segs ? min_t(u64, wnd, (u64)segs * mss) : wnd;
}

/**
 * xtcp_ipv4_reply() - send a bare segment that belongs to no connection
 * @net: the namespace
 * @reply: where to
 * @seg: what it says; its ports are taken from @reply; a SYN's MSS is what the
 *	route allows, at most @seg's unless that is 0
 *
 * Any context but hard interrupt.
 *
 * RFC 9293: MUST-49.
 *
 * Return: 0, or a negative errno: no memory, no route
 */
int xtcp_ipv4_reply(struct net *net, const struct xtcp_reply *reply,
		    const struct xtcp_segment *seg)
{
	const struct xtcp_tuple *t = reply->tuple;
	struct xtcp_segment copy = *seg;
	u8 header[XTCP_HEADER_BYTES + XTCP_MSS_OPTION_BYTES];
	struct sk_buff *skb;
	struct rtable *rt;
	int len, err;

	copy.sport = t->lport;
	copy.dport = t->rport;
	rt = reply_route(net, reply);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (copy.flags & XTCP_SYN) {
		copy.mss = min_not_zero((u32)seg->mss,
					dst_metric_advmss(&rt->dst));
		copy.wnd = route_window(&rt->dst, copy.wnd, copy.mss);
	}
	skb = alloc_skb(XTCP_MAX_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb) {
		ip_rt_put(rt);
		return -ENOBUFS;
	}
	skb_reserve(skb, XTCP_MAX_HEADER);
	len = xtcp_segment_build(&copy, header, sizeof(header));
	memcpy(__skb_push(skb, len), header, len);
	skb_reset_transport_header(skb);
	skb->protocol = htons(ETH_P_IP);
	skb_dst_set(skb, &rt->dst);
	put_checksum(skb, t, device_checksums(rt->dst.dev, t->wire));
	put_ip_header(skb, t, reply->tos,
		      reply->ttl ?: ip4_dst_hoplimit(&rt->dst),
		      get_random_u32(), htons(IP_DF));
	skb->priority = reply->priority;
	skb->mark = reply->mark;
	if (reply->sk)
		skb_set_owner_w(skb, (struct sock *)reply->sk);
	xtcp_count(xtcp_pernet(net), SEGS_OUT);
	trace_xtcp_segment_out(t, &copy, 0);
	err = ip_local_out(net, skb->sk, skb);
	return net_xmit_eval(err);
}

/**
 * xtcp_skb_tuple() - whose segment is this
 * @skb: a received segment, header checked, network and transport headers set
 * @t: where to write the 4-tuple, as seen from here
 */
void xtcp_skb_tuple(const struct sk_buff *skb, struct xtcp_tuple *t)
{
	const __be16 *ports = (const __be16 *)skb_transport_header(skb);
	const struct iphdr *iph = ip_hdr(skb);

	xtcp_addr_from_v4(&t->laddr, iph->daddr);
	xtcp_addr_from_v4(&t->raddr, iph->saddr);
	t->lport = ntohs(ports[1]);
	t->rport = ntohs(ports[0]);
	t->l3mdev = xtcp_skb_l3mdev(skb);
	t->wire = xtcp_skb_wire(skb);
	memset(t->pad, 0, sizeof(t->pad));
}

/**
 * xtcp_checksum_bad() - is a received segment damaged?
 * @skb: skb->data is the TCP header
 *
 * Uses what the device has found out already.
 */
bool xtcp_checksum_bad(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	u8 wire = xtcp_skb_wire(skb);

	if (skb_csum_unnecessary(skb))
		return false;
	if (skb->ip_summed == CHECKSUM_COMPLETE &&
	    !csum_tcpudp_magic(iph->saddr, iph->daddr, skb->len, wire,
			       skb->csum)) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		return false;
	}
	skb->csum = csum_tcpudp_nofold(iph->saddr, iph->daddr, skb->len, wire, 0);
	return __skb_checksum_complete(skb);
}

/* ICMP quotes the datagram that it complains of: ours, so its source is here. */
static int ipv4_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const __be16 *ports = (const __be16 *)(skb->data + iph->ihl * 4);
	struct xtcp_tuple t = {
		.wire = iph->protocol,
		.l3mdev = xtcp_skb_l3mdev(skb),
	};

	xtcp_addr_from_v4(&t.laddr, iph->saddr);
	xtcp_addr_from_v4(&t.raddr, iph->daddr);
	t.lport = ntohs(ports[0]);
	t.rport = ntohs(ports[1]);
	return upcalls->icmp_error(skb, &t, get_unaligned_be32(ports + 2), info);
}

const struct xtcp_ip_ops xtcp_ipv4_ops = {
	.header_bytes = sizeof(struct iphdr),
	.route = ipv4_route,
	.xmit = ipv4_xmit,
};

static struct net_protocol ipv4_protocol __read_mostly = {
	.err_handler = ipv4_err,
	.no_policy = 1,
	.icmp_strict_tag_validation = 1,
};

/**
 * xtcp_ipv4_init() - receive the native protocol's datagrams
 * @up: whom to tell; stays
 *
 * At module load.  Return: 0, or -EBUSY where another module has protocol 253
 */
int xtcp_ipv4_init(const struct xtcp_ip_upcalls *up)
{
	upcalls = up;
	ipv4_protocol.handler = up->receive;
	return inet_add_protocol(&ipv4_protocol, IPPROTO_XTCP) ? -EBUSY : 0;
}

/**
 * xtcp_ipv4_exit() - receive no more
 *
 * At module unload.
 */
void xtcp_ipv4_exit(void)
{
	inet_del_protocol(&ipv4_protocol, IPPROTO_XTCP);
}
