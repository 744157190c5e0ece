// SPDX-License-Identifier: GPL-2.0
/*
 * Early demultiplexing: a segment finds its connection before it is routed, and takes the
 * route by which the connection's last segment came, so that none must be looked up.
 *
 * The IP layer does so for TCP and UDP, and offers it to nobody else.  So this is a
 * netfilter hook at PRE_ROUTING, behind all others: conntrack and NAT have had their say.
 * It is there in namespaces that have had a connection of xtcp's.  The sysctls are the IP
 * layer's: net.ipv4.ip_early_demux, and for TCP's wire tcp_early_demux as well.
 *
 * Only what is open is found: a SYN that was sent does not make others' segments ours.  A
 * segment with SYN is hardly ever for what is open, so it is not looked up.
 */
#include <linux/if_ether.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include "../compat.h"
#include "claim.h"
#include "early.h"
#include "ip.h"

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/* The route that the connection's last segment came by, if it holds for this one. */
static void early_route(const struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = rcu_dereference(sk->sk_rx_dst);

	if (dst)
		dst = dst_check(dst, 0);
	if (dst && READ_ONCE(sk->sk_rx_dst_ifindex) == skb->skb_iif)
		skb_dst_set_noref(skb, dst);
}

/* What comes by a VRF is known to do so only once it is routed. */
static bool early_knows_device(const struct net_device *dev)
{
	return !netif_is_l3_slave(dev) && !netif_is_l3_master(dev);
}

static void early_find(struct xtcp_net *xn, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct xtcp_tuple t = { .wire = iph->protocol };
	const __be16 *ports;
	struct sock *sk;

	if (skb->sk || skb_dst(skb) || skb->pkt_type != PACKET_HOST || ip_is_fragment(iph) ||
	    nf_bridge_in_prerouting(skb) || !early_knows_device(skb->dev) ||
	    !pskb_may_pull(skb, ip_hdrlen(skb) + XTCP_HEADER_BYTES))
		return;
	iph = ip_hdr(skb);
	ports = (const __be16 *)((const u8 *)iph + iph->ihl * 4);
	if (((const u8 *)ports)[13] & XTCP_SYN)
		return;
	t.rport = ntohs(ports[0]);
	t.lport = ntohs(ports[1]);
	xtcp_addr_from_v4(&t.laddr, iph->daddr);
	xtcp_addr_from_v4(&t.raddr, iph->saddr);
	sk = upcalls->early(xn, skb, &t);
	if (!sk)
		return;
	skb->sk = sk;
	skb->destructor = sock_efree;
	early_route(sk, skb);
}

static bool early_wanted(const struct xtcp_net *xn, u8 protocol)
{
	const struct netns_ipv4 *ipv4 = &xn->net->ipv4;

	return READ_ONCE(ipv4->sysctl_ip_early_demux) &&
	       (protocol != IPPROTO_TCP || READ_ONCE(ipv4->sysctl_tcp_early_demux));
}

/* Not part of the hook, which then saves no registers for what is not for us. */
static noinline unsigned int early_segment(struct xtcp_net *xn, struct sk_buff *skb)
{
	if (early_wanted(xn, ip_hdr(skb)->protocol))
		early_find(xn, skb);
	return NF_ACCEPT;
}

static unsigned int early_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct xtcp_net *xn = priv;
	u8 protocol = ip_hdr(skb)->protocol;

	if (protocol == IPPROTO_TCP) {
		const struct xtcp_tcp_wire *tw = READ_ONCE(xn->tcp_wire);

		if (likely(!tw || !xtcp_claim_may_want(tw, skb)))
			return NF_ACCEPT;
	} else if (protocol != IPPROTO_XTCP) {
		return NF_ACCEPT;
	}
	return early_segment(xn, skb);
}

static const struct nf_hook_ops early_hook_template = {
	.hook		= early_hook,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_PRE_ROUTING,
	.priority	= INT_MAX,
};

/**
 * xtcp_early_hook() - a namespace gets a connection of xtcp's
 * @xn: the namespace
 *
 * Process context; sleeps.  Without memory the next connection tries again: nothing but
 * speed depends on it.
 */
void xtcp_early_hook(struct xtcp_net *xn)
{
	if (READ_ONCE(xn->early_hooked))
		return;
	mutex_lock(&xn->tcp_wire_lock);
	if (!xn->early_hooked) {
		xn->early_hook = early_hook_template;
		xn->early_hook.priv = xn;
		if (!nf_register_net_hook(xn->net, &xn->early_hook))
			WRITE_ONCE(xn->early_hooked, true);
	}
	mutex_unlock(&xn->tcp_wire_lock);
}

/**
 * xtcp_early_unhook() - a namespace has no connection of xtcp's any more
 * @xn: the namespace
 *
 * Process context; sleeps.  The hook may be at work until a grace period has passed.
 */
void xtcp_early_unhook(struct xtcp_net *xn)
{
	if (xn->early_hooked)
		nf_unregister_net_hook(xn->net, &xn->early_hook);
	xn->early_hooked = false;
}

/**
 * xtcp_early_keep_route() - a segment came by another route than the last one
 * @sk: the connection, locked
 * @skb: the segment
 */
void xtcp_early_keep_route(struct sock *sk, const struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);

	xtcp_early_forget_route(sk);
	if (!dst || !dst_hold_safe(dst))
		return;
	WRITE_ONCE(sk->sk_rx_dst_ifindex, skb->skb_iif);
	rcu_assign_pointer(sk->sk_rx_dst, dst);
}

/**
 * xtcp_early_forget_route() - the peer is another one from now on
 * @sk: the connection, locked
 */
void xtcp_early_forget_route(struct sock *sk)
{
	struct dst_entry *dst;

	dst = rcu_replace_pointer(sk->sk_rx_dst, NULL, lockdep_sock_is_held(sk));
	dst_release(dst);
}

/**
 * xtcp_early_init() - say whom to ask, before the first socket
 * @up: whom to ask; stays
 *
 * At module load.
 */
void xtcp_early_init(const struct xtcp_ip_upcalls *up)
{
	upcalls = up;
}
