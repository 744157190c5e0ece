// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6: routes, headers, ICMPv6 errors.  Read it beside ipv4.c.
 */
#include <linux/icmpv6.h>
#include <linux/netdevice.h>
#include <linux/security.h>
#include <net/ip6_checksum.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/protocol.h>
#include <net/xfrm.h>
#include "../compat.h"
#include "../engine/skb.h"
#include "ip.h"
#include "segment.h"

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

static int ipv6_route(struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct flowi6 fl6 = {
		.flowi6_proto = x->node.tuple.wire,
		.flowi6_oif = sk->sk_bound_dev_if,
		.flowi6_mark = sk->sk_mark,
		.flowi6_uid = sk->sk_uid,
		.flowlabel = ip6_make_flowinfo(np->tclass, np->flow_label),
		.daddr = sk->sk_v6_daddr,
		.saddr = np->saddr,
		.fl6_dport = inet->inet_dport,
		.fl6_sport = inet->inet_sport,
	};
	struct dst_entry *dst;

	security_sk_classify_flow(sk, flowi6_to_flowi_common(&fl6));
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	if (ipv6_addr_any(&np->saddr))
		np->saddr = fl6.saddr;
	np->dst_cookie = rt6_get_cookie(container_of(dst, struct rt6_info, dst));
	xtcp_ip_take_route(sk, dst);	/* the socket has the reference now */
	return 0;
}

/* MUST-44 */
static int ipv6_connect(struct sock *sk, const struct in6_addr *raddr, u16 rport)
{
	struct in6_addr peer = *raddr, laddr;
	int err;

	if (ipv6_addr_is_multicast(&peer))
		return -ENETUNREACH;
	/* :: is this host */
	if (ipv6_addr_any(&peer))
		ipv6_addr_set(&peer, 0, 0, 0, htonl(1));
	xtcp_ip_note_peer(sk, &peer, rport);
	err = ipv6_route(sk);
	if (err)
		return err;
	laddr = inet6_sk(sk)->saddr;
	xtcp_ip_note_local(sk, &laddr, &laddr);
	return 0;
}

static void put_ip_header(struct sk_buff *skb, const struct xtcp_tuple *t, u8 tclass,
			  u8 hop_limit, __be32 label)
{
	struct ipv6hdr *hdr;

	hdr = __skb_push(skb, sizeof(*hdr));
	skb_reset_network_header(skb);
	ip6_flow_hdr(hdr, tclass, label);
	hdr->nexthdr = t->wire;
	hdr->hop_limit = hop_limit;
	hdr->saddr = t->laddr;
	hdr->daddr = t->raddr;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
}

static int put_checksum(struct sk_buff *skb, const struct xtcp_tuple *t, bool hw)
{
	return xtcp_ip_put_checksum(skb, csum_ipv6_magic(&t->laddr, &t->raddr, skb->len, t->wire,
							 0), hw);
}

/* RFC 6437: the label that the user has leased, or one by which routers tell flows apart:
 * the packet's hash, which is the same for all of a connection.
 */
static __be32 flow_label(const struct sock *sk, struct sk_buff *skb)
{
	static struct flowi6 none;	/* not looked at: the packet has its hash */
	struct net *net = sock_net(sk);

	return ip6_make_flowlabel(net, skb, inet6_sk(sk)->flow_label,
				  xtcp_inet6_autoflowlabel(net, sk), &none);
}

/* MUST-48, MUST-49, SHLD-21, SHLD-22 */
static int ipv6_xmit(struct sock *sk, struct sk_buff *skb)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	int err = -EHOSTUNREACH, hop_limit;
	struct dst_entry *dst;

	rcu_read_lock();
	dst = __sk_dst_get(sk);
	if (unlikely(!dst))
		goto free;
	skb_dst_set_noref(skb, dst);
	err = put_checksum(skb, &x->node.tuple, x->csum_hw);
	if (unlikely(err))
		goto free;
	hop_limit = np->hop_limit;
	put_ip_header(skb, &x->node.tuple, READ_ONCE(np->tclass) | x->ecn.field,
		      hop_limit < 0 ? ip6_dst_hoplimit(dst) : hop_limit,
		      flow_label(sk, skb));
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	err = ip6_local_out(sock_net(sk), sk, skb);
	rcu_read_unlock();
	return net_xmit_eval(err);
free:
	rcu_read_unlock();
	kfree_skb(skb);
	return err;
}

static void ipv6_reply_to(struct net *net, struct xtcp_reply *r)
{
	/* RFC 3168, 6.1.4 and 6.1.5: no ECN bits on what is not data */
	r->tos = ipv6_get_dsfield(ipv6_hdr(r->skb)) & ~INET_ECN_MASK;
	r->mark = IP6_REPLY_MARK(net, r->skb->mark);
	/* a link-local address has no meaning but on its link */
	if (!r->ifindex && ipv6_addr_type(&r->tuple->raddr) & IPV6_ADDR_LINKLOCAL)
		r->ifindex = xtcp_skb_iif(r->skb);
}

static struct dst_entry *ipv6_reply_route(struct net *net, const struct xtcp_reply *r)
{
	const struct xtcp_tuple *t = r->tuple;
	struct flowi6 fl6 = {
		.flowi6_proto = t->wire,
		.flowi6_oif = r->ifindex,
		.flowi6_mark = r->mark,
		.flowi6_uid = sock_net_uid(net, r->sk),
		.flowlabel = ip6_make_flowinfo(r->tos & ~INET_ECN_MASK, 0),
		.daddr = t->raddr,
		.saddr = t->laddr,
		.fl6_dport = htons(t->rport),
		.fl6_sport = htons(t->lport),
	};

	if (r->skb)
		security_skb_classify_flow((struct sk_buff *)r->skb,
					   flowi6_to_flowi_common(&fl6));
	else
		fl6.flowi6_secid = r->secid;
	return ip6_dst_lookup_flow(net, r->sk, &fl6, NULL);
}

/* A label of the same hash as the connection's to come would tell of it: none. */
static int ipv6_reply_send(struct net *net, const struct xtcp_reply *r, struct sk_buff *skb)
{
	const struct xtcp_tuple *t = r->tuple;
	struct dst_entry *dst = skb_dst(skb);
	int err;

	skb->protocol = htons(ETH_P_IPV6);
	put_checksum(skb, t, xtcp_device_checksums(dst->dev, &xtcp_ipv6_ops, t->wire));
	put_ip_header(skb, t, r->tos, r->ttl ?: ip6_dst_hoplimit(dst), 0);
	err = ip6_local_out(net, skb->sk, skb);
	return net_xmit_eval(err);
}

static void ipv6_addresses(const struct sk_buff *skb, struct xtcp_tuple *t)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);

	t->laddr = hdr->daddr;
	t->raddr = hdr->saddr;
	t->lport = 0;
	t->rport = 0;
	t->l3mdev = xtcp_skb_l3mdev(skb);
	t->wire = xtcp_skb_wire(skb);
	memset(t->pad, 0, sizeof(t->pad));
}

static bool ipv6_checksum_bad(struct sk_buff *skb)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);

	return xtcp_ip_checksum_bad(skb, ~csum_unfold(csum_ipv6_magic(&hdr->saddr, &hdr->daddr,
								      skb->len,
								      xtcp_skb_wire(skb), 0)));
}

/* Its route is NULL if it was flushed meanwhile.  From :: nobody can be reached (MUST-63); IP
 * passes it on, for those who have no address yet.
 */
static bool ipv6_unicast(const struct sk_buff *skb)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);

	return skb_dst(skb) && ipv6_unicast_destination(skb) && !ipv6_addr_any(&hdr->saddr);
}

static bool ipv6_permits(struct sock *sk, struct sk_buff *skb)
{
	if (sk && sk->sk_family == AF_INET6 &&
	    ipv6_hdr(skb)->hop_limit < READ_ONCE(inet6_sk(sk)->min_hopcount))
		return false;
	return xfrm6_policy_check(sk, XFRM_POLICY_IN, skb);
}

/* Security modules know requests of the kernel's own kind. */
static int ipv6_permits_conn(struct sock *listener, struct sk_buff *skb,
			     const struct xtcp_tuple *t, int ifindex, u32 mark,
			     u32 *secid)
{
	static const struct request_sock_ops ops = { .family = AF_INET6 };
	struct inet_request_sock asked = {
		.ireq_family = AF_INET6,
		.ireq_state = TCP_NEW_SYN_RECV,
		.ir_v6_loc_addr = t->laddr,
		.ir_v6_rmt_addr = t->raddr,
		.ir_num = t->lport,
		.ir_rmt_port = htons(t->rport),
		.ir_iif = ifindex,
		.ir_mark = mark,
		.req.rsk_listener = listener,
		.req.rsk_ops = &ops,
	};
	struct ipv6_txoptions *opt;
	int err;

	write_pnet(&asked.ireq_net, sock_net(listener));
	err = security_inet_conn_request(listener, skb, &asked.req);
	*secid = asked.req.secid;
	/* a label for the IP header, for which a request has no room */
	opt = asked.ipv6_opt;
	if (opt)
		kfree_rcu(opt, rcu);
	return err;
}

/* What the error means to the user, positive; 0: nothing.  As Linux; RFC 4443, 3. */
static int icmp6_errno(u8 type, u8 code)
{
	static const u16 unreachable[] = {
		[ICMPV6_NOROUTE] = ENETUNREACH,
		[ICMPV6_ADM_PROHIBITED] = EACCES,
		[ICMPV6_NOT_NEIGHBOUR] = EHOSTUNREACH,
		[ICMPV6_ADDR_UNREACH] = EHOSTUNREACH,
		[ICMPV6_PORT_UNREACH] = ECONNREFUSED,
		[ICMPV6_POLICY_FAIL] = EACCES,
		[ICMPV6_REJECT_ROUTE] = EACCES,
	};

	/* of a type that nobody knows it is still said that it is an error */
	int err = type & ICMPV6_INFOMSG_MASK || type == ICMPV6_PKT_TOOBIG ? 0 : EPROTO;

	if (type == ICMPV6_DEST_UNREACH && code < ARRAY_SIZE(unreachable))
		err = unreachable[code];
	else if (type == ICMPV6_TIME_EXCEED)
		err = EHOSTUNREACH;
	return err;
}

/**
 * xtcp_ipv6_icmp() - what an ICMPv6 error means
 * @icmp: where to write it
 * @type: ICMPV6_DEST_UNREACH, ...
 * @code: ICMPV6_NOROUTE, ...
 * @seq: the sequence number that it quotes
 * @info: the MTU, where the packet was too big
 *
 * Pure.  RFC 4443; RFC 5927: an MTU below the least of IPv6's says nothing.
 */
void xtcp_ipv6_icmp(struct xtcp_icmp *icmp, u8 type, u8 code, u32 seq, u32 info)
{
	bool too_large = type == ICMPV6_PKT_TOOBIG;

	*icmp = (struct xtcp_icmp) {
		.seq = seq,
		.mtu = too_large && info >= IPV6_MIN_MTU ? info : 0,
		.err = icmp6_errno(type, code),
		.unreachable = type == ICMPV6_DEST_UNREACH,
		.redirect = type == NDISC_REDIRECT,
	};
}

/* ICMP quotes the packet that it complains of: ours, so its source is here. */
static int ipv6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
		    int offset, __be32 info)
{
	const struct ipv6hdr *hdr = (const struct ipv6hdr *)skb->data;
	const __be16 *ports;
	struct xtcp_icmp icmp;
	struct xtcp_tuple t = {
		.laddr = hdr->saddr,
		.raddr = hdr->daddr,
		.wire = IPPROTO_XTCP,
		.l3mdev = xtcp_skb_l3mdev(skb),
	};

	/* what was never sent: it must not get at connections of IPv4 */
	if (ipv6_addr_v4mapped(&t.laddr) || ipv6_addr_v4mapped(&t.raddr) ||
	    !pskb_may_pull(skb, offset + 8))
		return 0;
	ports = (const __be16 *)(skb->data + offset);
	t.lport = ntohs(ports[0]);
	t.rport = ntohs(ports[1]);
	xtcp_ipv6_icmp(&icmp, type, code, get_unaligned_be32(ports + 2), ntohl(info));
	icmp.hops = ipv6_hdr(skb)->hop_limit;
	return upcalls->icmp_error(skb, &t, &icmp);
}

const struct xtcp_ip_ops xtcp_ipv6_ops = {
	.header_bytes = sizeof(struct ipv6hdr),
	.tcp_gso_type = SKB_GSO_TCPV6,
	.tcp_checksum = NETIF_F_IPV6_CSUM,
	.connect = ipv6_connect,
	.route = ipv6_route,
	.routes_by_port = xtcp_ipv6_routes_by_port,
	.xmit = ipv6_xmit,
	.accepts_pmtu = ip6_sk_accept_pmtu,
	.addresses = ipv6_addresses,
	.checksum_bad = ipv6_checksum_bad,
	.unicast = ipv6_unicast,
	.permits = ipv6_permits,
	.permits_conn = ipv6_permits_conn,
	.reply_to = ipv6_reply_to,
	.reply_route = ipv6_reply_route,
	.reply_send = ipv6_reply_send,
};

static struct inet6_protocol ipv6_protocol __read_mostly = {
	.err_handler = ipv6_err,
	.flags = INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
};

/**
 * xtcp_ipv6_init() - receive the native protocol's packets
 * @up: whom to tell; stays
 *
 * At module load.  Return: 0, also where IPv6 is off; -EBUSY where another module has
 * protocol 253
 */
int xtcp_ipv6_init(const struct xtcp_ip_upcalls *up)
{
	upcalls = up;
	ipv6_protocol.handler = up->receive;
	if (!ipv6_mod_enabled())
		return 0;
	return inet6_add_protocol(&ipv6_protocol, IPPROTO_XTCP) ? -EBUSY : 0;
}

/**
 * xtcp_ipv6_exit() - receive no more
 *
 * At module unload.
 */
void xtcp_ipv6_exit(void)
{
	if (ipv6_mod_enabled())
		inet6_del_protocol(&ipv6_protocol, IPPROTO_XTCP);
}
