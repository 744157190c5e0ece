// SPDX-License-Identifier: GPL-2.0
/*
 * The IPv6 part of a socket, struct ipv6_pinfo.  A socket that was made as one of AF_INET6
 * has it behind itself.  One of AF_XTCP becomes one of AF_INET6 when its user names an
 * IPv6 address or option, and gets it then.
 */
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>
#include "../compat.h"
#include "ipv6_sock.h"

/* Of a socket that became one of AF_INET6.  An RCU grace period after its end. */
static void pinfo_destruct(struct sock *sk)
{
	struct ipv6_pinfo *np = inet_sk(sk)->pinet6;

	inet6_sock_destruct(sk);
	kfree(np);
}

static void pinfo_init(struct sock *sk, struct ipv6_pinfo *np)
{
	np->hop_limit = -1;
	np->mcast_hops = IPV6_DEFAULT_MCASTHOPS;
	np->pmtudisc = IPV6_PMTUDISC_WANT;
	inet_sk(sk)->pinet6 = np;
	xtcp_inet6_init_flags(sk);
}

/**
 * xtcp_ipv6_sock_become() - a socket that may be of either family is one of AF_INET6
 * @sk: the socket, locked, in CLOSED, without address and port
 *
 * Process context.  Return: 0; -EAFNOSUPPORT where IPv6 is off; -ENOMEM
 */
int xtcp_ipv6_sock_become(struct sock *sk)
{
	struct ipv6_pinfo *np = inet_sk(sk)->pinet6;

	if (!ipv6_mod_enabled())
		return -EAFNOSUPPORT;
	if (!np) {
		np = kzalloc(sizeof(*np), GFP_KERNEL_ACCOUNT);
		if (!np)
			return -ENOMEM;
		pinfo_init(sk, np);
		sk->sk_destruct = pinfo_destruct;
		sk->sk_ipv6only = READ_ONCE(sock_net(sk)->ipv6.sysctl.bindv6only);
	}
	sk->sk_family = AF_INET6;
	return 0;
}

/* What the user has asked for, or all of it. */
static void pinfo_note_received(struct ipv6_pinfo *np, const struct sk_buff *skb, bool all)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);

	if (all || np->rxopt.bits.rxinfo || np->rxopt.bits.rxoinfo)
		WRITE_ONCE(np->mcast_oif, inet6_iif(skb));
	if (all || np->rxopt.bits.rxhlim || np->rxopt.bits.rxohlim)
		np->mcast_hops = hdr->hop_limit;	/* a bit field once */
	if (all || np->rxopt.bits.rxflow || np->rxopt.bits.rxtclass)
		np->rcv_flowinfo = ip6_flowinfo(hdr);
}

/**
 * xtcp_ipv6_note_received() - what the header of a segment in its turn says
 * @sk: the connection, locked, of AF_INET6
 * @skb: the segment
 *
 * IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS: the user finds it by
 * IPV6_2292PKTOPTIONS, without the extension headers.  IPV6_FLOWLABEL_MGR may ask that the
 * flow label be the connection's.
 */
void xtcp_ipv6_note_received(struct sock *sk, const struct sk_buff *skb)
{
	struct ipv6_pinfo *np = inet6_sk(sk);

	if (skb->protocol != htons(ETH_P_IPV6))
		return;
	pinfo_note_received(np, skb, false);
	if (xtcp_inet6_repflow(sk))
		np->flow_label = ip6_flowlabel(ipv6_hdr(skb));
}

/* What a child does not share with its listener. */
static void pinfo_unshare(struct sock *child, struct ipv6_pinfo *np,
			  const struct sk_buff *skb)
{
	np->ipv6_mc_list = NULL;
	np->ipv6_ac_list = NULL;
	np->pktoptions = NULL;
	np->rxpmtu = NULL;
	np->dst_cookie = 0;
	RCU_INIT_POINTER(np->opt, NULL);
	xtcp_inet6_forget_flow_labels(child, np);
	inet_sk(child)->pinet6 = np;
	np->flow_label = 0;
	if (skb->protocol == htons(ETH_P_IPV6))
		pinfo_note_received(np, skb, true);
	xtcp_ipv6_note_received(child, skb);
}

/* It was the listener's. */
static void pinfo_lose(struct sock *child)
{
	child->sk_family = AF_INET;
	child->sk_destruct = inet_sock_destruct;
	inet_sk(child)->pinet6 = NULL;
}

/**
 * xtcp_ipv6_sock_clone() - give a listener's child an IPv6 part of its own, if it has one
 * @child: a copy of the listener, not yet visible; it has the listener's
 * @skb: the segment that completes the handshake: IPV6_FLOWLABEL_MGR, or
 *	net.ipv6.flowlabel_reflect, may ask that its flow label be the connection's
 *
 * Softirq.  Return: 0; -ENOMEM: then it is one of AF_INET, and not to be used
 */
int xtcp_ipv6_sock_clone(struct sock *child, const struct sk_buff *skb)
{
	struct ipv6_pinfo *np = inet_sk(child)->pinet6;

	if (likely(!np))
		return 0;
	if (child->sk_destruct == pinfo_destruct) {
		np = kmemdup(np, sizeof(*np), GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
		if (!np) {
			pinfo_lose(child);
			return -ENOMEM;
		}
	} else {
		np = &((struct xtcp6_sock *)child)->inet6;
	}
	pinfo_unshare(child, np, skb);
	return 0;
}
