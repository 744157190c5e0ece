// SPDX-License-Identifier: GPL-2.0
/*
 * What both IP versions have in common: what a socket keeps of its addresses and of its
 * route.
 */
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>
#include "../compat.h"
#include "ip.h"
#include "ipv6_sock.h"

/* ---- addresses ---- */

/* An address as struct inet_sock has it, which cannot say that it is an IPv6 one. */
static __be32 inet_address(const struct in6_addr *a)
{
	if (ipv6_addr_v4mapped(a))
		return xtcp_addr_v4(a);
	return ipv6_addr_any(a) ? htonl(INADDR_ANY) : LOOPBACK4_IPV6;
}

/**
 * xtcp_ip_set_local() - give a local address to a socket of xtcp's or of the kernel's TCP
 * @sk: the socket, locked
 * @rcv: where it receives, or any
 * @from: what it sends from, or any
 *
 * Notes it where the socket core, BPF and the IP layers look for it.
 */
void xtcp_ip_set_local(struct sock *sk, const struct in6_addr *rcv,
		       const struct in6_addr *from)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_rcv_saddr = inet_address(rcv);
	inet->inet_saddr = inet_address(from);
	xtcp_ipv6_note_local(sk, rcv, from);
}

/**
 * xtcp_ip_local() - the local address of a socket of xtcp's or of the kernel's TCP
 * @sk: the socket, locked
 * @rcv: where to write where it receives
 * @from: where to write what it sends from
 *
 * A program's bpf_bind() may have set it.
 */
void xtcp_ip_local(const struct sock *sk, struct in6_addr *rcv, struct in6_addr *from)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (sk->sk_family == AF_INET6) {
		*rcv = *xtcp_ipv6_rcv_saddr(sk);
		*from = *xtcp_ipv6_saddr(sk);
		return;
	}
	xtcp_addr_from_v4(rcv, inet->inet_rcv_saddr);
	xtcp_addr_from_v4(from, inet->inet_saddr);
}

/**
 * xtcp_ip_note_local() - the socket has a local address
 * @sk: the socket, locked
 * @rcv: where it receives, or any: its tuple's
 * @from: what it sends from, or any
 */
void xtcp_ip_note_local(struct sock *sk, const struct in6_addr *rcv,
			const struct in6_addr *from)
{
	xtcp_sk(sk)->node.tuple.laddr = *rcv;
	xtcp_ip_set_local(sk, rcv, from);
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

/**
 * xtcp_ip_redirect() - a router names another, nearer to the peer: note it in the route
 * @sk: the connection, locked
 * @skb: the ICMP redirect, its header the transport header; at skb->data the packet that it
 *	quotes, or, of IPv6, anything
 *
 * The IP layer judges whether to believe it: net.ipv4.conf.*.accept_redirects and its kin.
 * The connection finds the new route with the next segment.  Softirq, under rcu_read_lock().
 */
void xtcp_ip_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = __sk_dst_check(sk, xtcp_route_cookie(sk));

	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

/**
 * xtcp_ip_path_mtu() - a router says what it can pass on: note it in the route
 * @sk: the connection, locked
 * @mtu: so many bytes
 *
 * Return: the MTU that holds now; 0: the socket does not listen to such advice, or has no
 * route
 */
u32 xtcp_ip_path_mtu(struct sock *sk, u32 mtu)
{
	struct dst_entry *dst;
	u32 now = 0;

	rcu_read_lock();
	dst = xtcp_route(sk);
	if (dst) {
		dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
		dst = xtcp_route(sk);
	}
	if (dst && xtcp_sk(sk)->ip->accepts_pmtu(sk))
		now = dst_mtu(dst);
	rcu_read_unlock();
	return now;
}
