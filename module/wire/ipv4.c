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
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/xfrm.h>
#include "../compat.h"
#include "../engine/skb.h"
#include "../observe/trace.h"
#include "ip.h"
#include "segment.h"

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

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
	xtcp_ip_take_route(sk, &rt->dst);	/* the socket has the reference now */
	return 0;
}

/* MUST-44 */
static int ipv4_connect(struct sock *sk, const struct in6_addr *raddr, u16 rport)
{
	struct inet_sock *inet = inet_sk(sk);
	__be32 daddr = xtcp_addr_v4(raddr);
	struct in6_addr laddr, peer;
	int err;

	/* 0.0.0.0 is this host */
	inet->inet_daddr = daddr ?: htonl(INADDR_LOOPBACK);
	inet->inet_dport = htons(rport);
	err = ipv4_route(sk);
	if (err)
		return err;
	/* it may be bound to what nothing can be sent from: a group, say */
	if (!daddr) {
		/* from the address that reaches it, as to itself */
		inet->inet_daddr = inet->inet_saddr;
		err = ipv4_route(sk);
		if (err)
			return err;
	}
	xtcp_addr_from_v4(&laddr, inet->inet_saddr);
	xtcp_addr_from_v4(&peer, inet->inet_daddr);
	xtcp_ip_note_local(sk, &laddr, &laddr);
	xtcp_ip_note_peer(sk, &peer, rport);
	return 0;
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

static int put_checksum(struct sk_buff *skb, const struct xtcp_tuple *t, bool hw)
{
	return xtcp_ip_put_checksum(skb, csum_tcpudp_magic(xtcp_addr_v4(&t->laddr),
							   xtcp_addr_v4(&t->raddr), skb->len,
							   t->wire, 0), hw);
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
	dst = __sk_dst_get(sk);
	if (unlikely(!dst))
		goto free;
	skb_dst_set_noref(skb, dst);
	err = put_checksum(skb, &x->node.tuple, x->csum_hw);
	if (unlikely(err))
		goto free;
	ttl = READ_ONCE(inet->uc_ttl);
	frag_off = ip_dont_fragment(sk, dst) ? htons(IP_DF) : 0;
	put_ip_header(skb, &x->node.tuple, READ_ONCE(inet->tos) | x->ecn.field,
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

static void ipv4_reply_to(struct net *net, struct xtcp_reply *r)
{
	/* RFC 3168, 6.1.4 and 6.1.5: no ECN bits on what is not data */
	r->tos = ip_hdr(r->skb)->tos & ~INET_ECN_MASK;
	r->mark = IP4_REPLY_MARK(net, r->skb->mark);
}

static struct dst_entry *ipv4_reply_route(struct net *net, const struct xtcp_reply *r)
{
	const struct xtcp_tuple *t = r->tuple;
	struct flowi4 fl4;
	struct rtable *rt;

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
	rt = ip_route_output_flow(net, &fl4, r->sk);
	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

/* It is never fragmented, so its identification means nothing: RFC 6864, 4.1.  MUST-49. */
static int ipv4_reply_send(struct net *net, const struct xtcp_reply *r, struct sk_buff *skb)
{
	const struct xtcp_tuple *t = r->tuple;
	struct dst_entry *dst = skb_dst(skb);
	int err;

	skb->protocol = htons(ETH_P_IP);
	put_checksum(skb, t, xtcp_device_checksums(dst->dev, &xtcp_ipv4_ops, t->wire));
	put_ip_header(skb, t, r->tos, r->ttl ?: ip4_dst_hoplimit(dst), 0, htons(IP_DF));
	err = ip_local_out(net, skb->sk, skb);
	return net_xmit_eval(err);
}

static void ipv4_addresses(const struct sk_buff *skb, struct xtcp_tuple *t)
{
	const struct iphdr *iph = ip_hdr(skb);

	xtcp_addr_from_v4(&t->laddr, iph->daddr);
	xtcp_addr_from_v4(&t->raddr, iph->saddr);
	t->lport = 0;
	t->rport = 0;
	t->l3mdev = xtcp_skb_l3mdev(skb);
	t->wire = xtcp_skb_wire(skb);
	memset(t->pad, 0, sizeof(t->pad));
}

static bool ipv4_checksum_bad(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return xtcp_ip_checksum_bad(skb, csum_tcpudp_nofold(iph->saddr, iph->daddr, skb->len,
							    xtcp_skb_wire(skb), 0));
}

/* Its route is NULL if it was flushed meanwhile. */
static bool ipv4_unicast(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	return rt && rt->rt_type == RTN_LOCAL;
}

static bool ipv4_permits(struct sock *sk, struct sk_buff *skb)
{
	if (sk && ip_hdr(skb)->ttl < READ_ONCE(inet_sk(sk)->min_ttl))
		return false;
	return xfrm4_policy_check(sk, XFRM_POLICY_IN, skb);
}

/* Security modules know requests of the kernel's own kind. */
static int ipv4_permits_conn(struct sock *listener, struct sk_buff *skb,
			     const struct xtcp_tuple *t, int ifindex, u32 mark,
			     u32 *secid)
{
	static const struct request_sock_ops ops = { .family = AF_INET };
	struct inet_request_sock asked = {
		.ireq_family = AF_INET,
		.ireq_state = TCP_NEW_SYN_RECV,
		.ir_loc_addr = xtcp_addr_v4(&t->laddr),
		.ir_rmt_addr = xtcp_addr_v4(&t->raddr),
		.ir_num = t->lport,
		.ir_rmt_port = htons(t->rport),
		.ir_iif = ifindex,
		.ir_mark = mark,
		.req.rsk_listener = listener,
		.req.rsk_ops = &ops,
	};
	struct ip_options_rcu *opt;
	int err;

	write_pnet(&asked.ireq_net, sock_net(listener));
	err = security_inet_conn_request(listener, skb, &asked.req);
	*secid = asked.req.secid;
	/* a label for the IP header, for which a request has no room */
	opt = rcu_dereference_protected(asked.ireq_opt, true);
	if (opt)
		kfree_rcu(opt, rcu);
	return err;
}

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

/**
 * xtcp_ipv4_icmp() - what an ICMP error means
 * @icmp: where to write it
 * @type: ICMP_DEST_UNREACH, ...
 * @code: ICMP_FRAG_NEEDED, ...
 * @seq: the sequence number that it quotes
 * @info: the MTU, where fragmentation was needed
 *
 * Pure.
 */
void xtcp_ipv4_icmp(struct xtcp_icmp *icmp, u8 type, u8 code, u32 seq, u32 info)
{
	bool too_large = type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED;

	*icmp = (struct xtcp_icmp) {
		.seq = seq,
		.mtu = too_large ? max(info, 1u) : 0,
		.err = too_large ? 0 : icmp_errno(type, code),
		.unreachable = type == ICMP_DEST_UNREACH && !too_large,
		.redirect = type == ICMP_REDIRECT,
	};
}

/* ICMP quotes the datagram that it complains of: ours, so its source is here. */
static int ipv4_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const __be16 *ports = (const __be16 *)(skb->data + iph->ihl * 4);
	struct xtcp_icmp icmp;
	struct xtcp_tuple t = {
		.wire = iph->protocol,
		.l3mdev = xtcp_skb_l3mdev(skb),
	};

	xtcp_addr_from_v4(&t.laddr, iph->saddr);
	xtcp_addr_from_v4(&t.raddr, iph->daddr);
	t.lport = ntohs(ports[0]);
	t.rport = ntohs(ports[1]);
	xtcp_ipv4_icmp(&icmp, icmp_hdr(skb)->type, icmp_hdr(skb)->code,
		       get_unaligned_be32(ports + 2), info);
	icmp.hops = iph->ttl;
	return upcalls->icmp_error(skb, &t, &icmp);
}

const struct xtcp_ip_ops xtcp_ipv4_ops = {
	.header_bytes = sizeof(struct iphdr),
	.tcp_gso_type = SKB_GSO_TCPV4,
	.tcp_checksum = NETIF_F_IP_CSUM,
	.connect = ipv4_connect,
	.route = ipv4_route,
	.routes_by_port = xtcp_ipv4_routes_by_port,
	.xmit = ipv4_xmit,
	.accepts_pmtu = ip_sk_accept_pmtu,
	.addresses = ipv4_addresses,
	.checksum_bad = ipv4_checksum_bad,
	.unicast = ipv4_unicast,
	.permits = ipv4_permits,
	.permits_conn = ipv4_permits_conn,
	.reply_to = ipv4_reply_to,
	.reply_route = ipv4_reply_route,
	.reply_send = ipv4_reply_send,
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
