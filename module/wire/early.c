// SPDX-License-Identifier: GPL-2.0
/*
 * Early demultiplexing: a segment finds its connection before it is routed, and takes the
 * route by which the connection's last segment came, so that none must be looked up.  On
 * TCP's wire it gets only the route: claim.c may not see it, where a firewall ends its way
 * through the hooks or another processor ends the connection.
 *
 * The IP layer does so for TCP and UDP, and offers it to nobody else.  So this is a
 * netfilter hook at PRE_ROUTING, behind all others: conntrack and NAT have had their say.
 * The sysctls are the IP layer's, and of both IP versions: net.ipv4.ip_early_demux, and
 * for TCP's wire tcp_early_demux as well.
 *
 * Every packet of the host's pays for a hook, so it is there only while it is of use: it
 * comes, for both versions, when segments have come to open connections that it would have
 * found, and goes when it has found none in a while.
 *
 * Only what is open is found: a SYN that was sent does not make others' segments ours.  A
 * segment with SYN is hardly ever for what is open, so it is not looked up.
 */
#include <linux/if_ether.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include "../compat.h"
#include "claimed.h"
#include "early.h"
#include "ip.h"

/* Fewer segments without the hook are not worth having it. */
#define HOOK_AFTER	16

/* To hook and to unhook change the kernel's text: not often. */
#define REVIEW_AFTER	(10 * HZ)

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/* What comes by a VRF is known to do so only once it is routed. */
static bool early_knows_device(const struct net_device *dev)
{
	return !netif_is_l3_slave(dev) && !netif_is_l3_master(dev);
}

/* The TCP header, at @offset, of a segment that may be for an open connection; else NULL. */
static __always_inline const struct tcphdr *early_header(struct sk_buff *skb, u32 offset)
{
	const struct tcphdr *th;

	if (skb->sk || skb_dst(skb) || skb->pkt_type != PACKET_HOST ||
	    nf_bridge_in_prerouting(skb) || !early_knows_device(skb->dev) ||
	    !pskb_may_pull(skb, offset + sizeof(*th)))
		return NULL;
	th = (const struct tcphdr *)(skb->data + offset);
	return th->syn ? NULL : th;
}

/* Return: whether there is a connection */
static __always_inline bool early_native(struct xtcp_net *xn, struct sk_buff *skb,
					 const struct xtcp_tuple *t)
{
	struct sock *sk = upcalls->open(xn, skb, t);
	struct dst_entry *dst;

	if (!sk)
		return false;
	dst = xtcp_early_route(sk, skb);
	if (dst)
		skb_dst_set_noref(skb, dst);
	skb->sk = sk;
	skb->destructor = sock_efree;
	return true;
}

/* What the kernel's TCP may get in the end must have no socket of ours. */
static __always_inline void early_find(struct xtcp_net *xn, struct sk_buff *skb,
				       const struct xtcp_tuple *t)
{
	bool found = t->wire == IPPROTO_TCP ? upcalls->open_route(xn, skb, t) :
					      early_native(xn, skb, t);

	if (found && unlikely(!READ_ONCE(xn->early_found)))
		WRITE_ONCE(xn->early_found, true);
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
	const struct iphdr *iph = ip_hdr(skb);
	u8 wire = iph->protocol;
	struct xtcp_tuple t __uninitialized;
	const struct tcphdr *th;

	if (!early_wanted(xn, wire) || ip_is_fragment(iph))
		return NF_ACCEPT;
	th = early_header(skb, ip_hdrlen(skb));
	if (!th)
		return NF_ACCEPT;
	xtcp_hook_tuple(&t, skb, false, th, 0, wire);
	early_find(xn, skb, &t);
	return NF_ACCEPT;
}

/* The first look, which every packet pays for.  @offset: where TCP's header would be */
static __always_inline bool early_may_want(const struct xtcp_net *xn, const struct sk_buff *skb,
					   u8 protocol, u32 offset)
{
	const struct xtcp_tcp_wire *tw;

	if (protocol != IPPROTO_TCP)
		return protocol == IPPROTO_XTCP;
	tw = READ_ONCE(xn->tcp_wire);
	return unlikely(tw && xtcp_claim_may_want(tw, skb, offset));
}

static unsigned int early_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	if (early_may_want(priv, skb, ip_hdr(skb)->protocol, ip_hdrlen(skb)))
		return early_segment(priv, skb);
	return NF_ACCEPT;
}

#if IS_ENABLED(CONFIG_IPV6)
static noinline unsigned int early_segment6(struct xtcp_net *xn, struct sk_buff *skb)
{
	u8 wire = ipv6_hdr(skb)->nexthdr;
	struct xtcp_tuple t __uninitialized;
	const struct tcphdr *th;

	if (!early_wanted(xn, wire) || xtcp_skb_is_mapped(skb))
		return NF_ACCEPT;
	th = early_header(skb, sizeof(struct ipv6hdr));
	if (!th)
		return NF_ACCEPT;
	xtcp_hook_tuple(&t, skb, true, th, 0, wire);
	early_find(xn, skb, &t);
	return NF_ACCEPT;
}

/* What has extension headers is found later. */
static unsigned int early_hook6(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	if (early_may_want(priv, skb, ipv6_hdr(skb)->nexthdr, sizeof(struct ipv6hdr)))
		return early_segment6(priv, skb);
	return NF_ACCEPT;
}
#endif

static const struct nf_hook_ops early_hook_templates[] = {
	{
		.hook		= early_hook,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= INT_MAX,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook		= early_hook6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= INT_MAX,
	},
#endif
};

/* tcp_wire_lock held.  Without memory it is tried again when segments call for it. */
static void early_hook_register(struct xtcp_net *xn)
{
	int i, n = ARRAY_SIZE(early_hook_templates);

	static_assert(ARRAY_SIZE(early_hook_templates) <= ARRAY_SIZE(xn->early_hooks));
	for (i = 0; i < n; i++) {
		xn->early_hooks[i] = early_hook_templates[i];
		xn->early_hooks[i].priv = xn;
	}
	if (!nf_register_net_hooks(xn->net, xn->early_hooks, n))
		WRITE_ONCE(xn->early_hooked, true);
}

/* tcp_wire_lock held */
static void early_hook_unregister(struct xtcp_net *xn)
{
	nf_unregister_net_hooks(xn->net, xn->early_hooks, ARRAY_SIZE(early_hook_templates));
	WRITE_ONCE(xn->early_hooked, false);
}

/* Is the hook, or would it be, of use? */
static void early_review(struct work_struct *work)
{
	struct xtcp_net *xn = container_of(to_delayed_work(work), struct xtcp_net,
					   early_review);

	mutex_lock(&xn->tcp_wire_lock);
	if (xn->early_hooked && !READ_ONCE(xn->early_found))
		early_hook_unregister(xn);
	else if (!xn->early_hooked && READ_ONCE(xn->early_missed) >= HOOK_AFTER)
		early_hook_register(xn);
	WRITE_ONCE(xn->early_missed, 0);
	WRITE_ONCE(xn->early_found, false);
	if (xn->early_hooked)
		schedule_delayed_work(&xn->early_review, REVIEW_AFTER);
	mutex_unlock(&xn->tcp_wire_lock);
}

/**
 * xtcp_early_missed() - a segment came to an open connection without the hook
 * @xn: the namespace
 * @skb: the segment, its IP header at hand
 *
 * Softirq.  Enough of them bring the hook.  What it would not have found either does not
 * count: with the sysctl off, by loopback, by a VRF, behind extension headers.
 */
void xtcp_early_missed(struct xtcp_net *xn, const struct sk_buff *skb)
{
	u8 wire = xtcp_skb_is_v6(skb) ? ipv6_hdr(skb)->nexthdr : ip_hdr(skb)->protocol;
	unsigned int missed;

	if (wire != IPPROTO_TCP && wire != IPPROTO_XTCP)
		return;
	if (!early_wanted(xn, wire) || skb->dev->flags & IFF_LOOPBACK ||
	    !early_knows_device(skb->dev))
		return;
	missed = READ_ONCE(xn->early_missed) + 1;
	WRITE_ONCE(xn->early_missed, missed);
	if (missed >= HOOK_AFTER)
		schedule_delayed_work(&xn->early_review, 0);
}

/**
 * xtcp_early_net_init() - before a namespace's first socket
 * @xn: the namespace
 */
void xtcp_early_net_init(struct xtcp_net *xn)
{
	INIT_DELAYED_WORK(&xn->early_review, early_review);
}

/**
 * xtcp_early_net_stop() - unregister the hook for good
 * @xn: the namespace; a grace period ago it had its last connection
 *
 * Process context; sleeps.
 *
 * Return: whether a grace period must pass before @xn is freed: there has been a hook, and
 * it may still be at work
 */
bool xtcp_early_net_stop(struct xtcp_net *xn)
{
	cancel_delayed_work_sync(&xn->early_review);
	if (xn->early_hooked)
		early_hook_unregister(xn);
	return xn->early_hooks[0].hook;
}

/* What the route is checked by. */
static u32 early_cookie(const struct sk_buff *skb, const struct dst_entry *dst)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (xtcp_skb_is_v6(skb))
		return rt6_get_cookie(container_of(dst, struct rt6_info, dst));
#endif
	return 0;
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
	WRITE_ONCE(sk->sk_rx_dst_cookie, early_cookie(skb, dst));
	rcu_assign_pointer(sk->sk_rx_dst, dst);
}

/**
 * xtcp_early_hold_route() - the route by which a segment came, for one that no connection has
 * @route: where to write it; dst_release() what it has in the end
 * @skb: the segment
 *
 * Under rcu_read_lock().
 */
void xtcp_early_hold_route(struct xtcp_in_route *route, const struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);

	if (!dst || !dst_hold_safe(dst))
		return;
	route->dst = dst;
	route->ifindex = skb->skb_iif;
	route->cookie = early_cookie(skb, dst);
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
