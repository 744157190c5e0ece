// SPDX-License-Identifier: GPL-2.0
/*
 * IPPROTO_TCP: ICMP errors that quote a segment of ours.
 *
 * Such an error goes on to the kernel's TCP as well, which does not know the connection.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include "../compat.h"
#include "claim_icmp.h"
#include "claimed.h"
#include "ip.h"
#include "kernel_tcp.h"

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/* The rest of the 4-tuple that a quoted segment has, of whose TCP header 8 bytes are here. */
static void quoted_tuple(struct xtcp_tuple *t, const struct sk_buff *skb, const u8 *tcp)
{
	t->l3mdev = xtcp_skb_l3mdev(skb);
	t->wire = IPPROTO_TCP;
	t->lport = get_unaligned_be16(tcp);
	t->rport = get_unaligned_be16(tcp + 2);
}

/* Who has a 4-tuple first keeps it: claim.c. */
static bool quoted_is_ours(struct xtcp_net *xn, struct sk_buff *skb, const struct xtcp_tuple *t)
{
	enum xtcp_standing standing;
	struct sock *listener;

	if (!xtcp_claim_port_used(xn, t->lport))
		return false;
	standing = upcalls->standing(xn, skb, t, 0, &listener);
	return standing == XTCP_STANDS_CONNECTION ||
	       (standing > XTCP_STANDS_LISTENER &&
		!xtcp_kernel_tcp_has_received(xn->net, skb, t));
}

/* A hook may run in process context: what a program has looked at goes on there.  @quoted:
 * where what is quoted begins; skb->data is there where the IP layer tells a protocol.
 */
static void tell(struct sk_buff *skb, u32 quoted, const struct xtcp_tuple *t,
		 const struct xtcp_icmp *error)
{
	local_bh_disable();
	__skb_pull(skb, quoted);
	upcalls->icmp_error(skb, t, error);
	__skb_push(skb, quoted);
	local_bh_enable();
}

/* net.ipv4.ip_no_pmtu_disc, as far as it is about what routers say */
enum {
	NO_PMTU_DISC_LEAST = 1,		/* that a packet was too large, and no more */
	NO_PMTU_DISC_IGNORED = 2,
};

static int no_pmtu_disc(const struct xtcp_net *xn)
{
	return READ_ONCE(xn->net->ipv4.sysctl_ip_no_pmtu_disc);
}

/* Does the IP layer tell a protocol of such an error?  Here it is not asked. */
static bool icmp_is_passed_on(const struct xtcp_net *xn, const struct icmphdr *icmp)
{
	switch (icmp->type) {
	case ICMP_DEST_UNREACH:
		return icmp->code != ICMP_FRAG_NEEDED ||
		       no_pmtu_disc(xn) != NO_PMTU_DISC_IGNORED;
	case ICMP_TIME_EXCEEDED:
		return icmp->code != ICMP_EXC_FRAGTIME;
	}
	return icmp->type == ICMP_PARAMETERPROB || icmp->type == ICMP_REDIRECT;
}

/**
 * xtcp_claim_icmp_error() - an ICMP packet has come for this host
 * @xn: the namespace
 * @skb: the packet, its IP header at skb->data
 *
 * Softirq, or process context; under rcu_read_lock().  Not heard is what IPsec's policies
 * do not let in.
 */
void xtcp_claim_icmp_error(struct xtcp_net *xn, struct sk_buff *skb)
{
	u32 ihl = ip_hdrlen(skb), offset = ihl + sizeof(struct icmphdr), mtu;
	const struct icmphdr *icmp;
	const struct iphdr *quoted;
	struct xtcp_tuple t = { };
	struct xtcp_icmp error;
	const u8 *tcp;

	if (!pskb_may_pull(skb, offset + sizeof(*quoted) + 8))
		return;
	icmp = (const struct icmphdr *)(skb->data + ihl);
	quoted = (const struct iphdr *)(skb->data + offset);
	if (!icmp_is_passed_on(xn, icmp))
		return;
	if (quoted->protocol != IPPROTO_TCP || quoted->ihl < 5 ||
	    quoted->frag_off & htons(IP_OFFSET) ||
	    !pskb_may_pull(skb, offset + quoted->ihl * 4 + 8))
		return;
	icmp = (const struct icmphdr *)(skb->data + ihl);
	quoted = (const struct iphdr *)(skb->data + offset);
	tcp = (const u8 *)quoted + quoted->ihl * 4;
	xtcp_addr_from_v4(&t.laddr, quoted->saddr);
	xtcp_addr_from_v4(&t.raddr, quoted->daddr);
	quoted_tuple(&t, skb, tcp);
	if (!quoted_is_ours(xn, skb, &t) || !xtcp_ipv4_ops.permits(NULL, skb) ||
	    csum_fold(skb_checksum(skb, ihl, skb->len - ihl, 0)))
		return;
	mtu = no_pmtu_disc(xn) == NO_PMTU_DISC_LEAST ? 0 : ntohs(icmp->un.frag.mtu);
	xtcp_ipv4_icmp(&error, icmp->type, icmp->code, get_unaligned_be32(tcp + 4), mtu);
	error.hops = quoted->ttl;
	tell(skb, offset, &t, &error);
}

#if IS_ENABLED(CONFIG_IPV6)

static bool icmp6_checksum_bad(const struct sk_buff *skb, u32 offset)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	u32 bytes = skb->len - offset;

	return csum_ipv6_magic(&hdr->saddr, &hdr->daddr, bytes, IPPROTO_ICMPV6,
			       skb_checksum(skb, offset, bytes, 0));
}

/* Find the TCP header in a packet that an error quotes from @offset on, and have 8 bytes of
 * it at hand.  Return: where it is, or a negative number: there is none
 */
static int quoted_find6(struct sk_buff *skb, u32 offset)
{
	const struct ipv6hdr *hdr;
	__be16 frag_off;
	u8 protocol;
	int tcp;

	if (!pskb_may_pull(skb, offset + sizeof(*hdr)))
		return -1;
	hdr = (const struct ipv6hdr *)(skb->data + offset);
	/* of what was never sent: it must not get at connections of IPv4 */
	if (ipv6_addr_v4mapped(&hdr->saddr) || ipv6_addr_v4mapped(&hdr->daddr))
		return -1;
	protocol = hdr->nexthdr;
	tcp = ipv6_skip_exthdr(skb, offset + sizeof(*hdr), &protocol, &frag_off);
	if (tcp < 0 || protocol != IPPROTO_TCP || frag_off & htons(IP6_OFFSET) ||
	    !pskb_may_pull(skb, tcp + 8))
		return -1;
	return tcp;
}

/* Where an ICMPv6 redirect quotes a packet: in an option.  It must be a router's of this
 * link; the rest of it is for the route to judge, which reads it as it lies in memory.  As
 * the IP layer; RFC 4861, 8.1.  Return: 0: it is not to be believed, or does not quote
 */
static u32 redirect6_quoted(struct sk_buff *skb, u32 offset)
{
	const struct nd_opt_hdr *option;
	u32 at;

	if (ipv6_hdr(skb)->hop_limit != 255 ||
	    !(ipv6_addr_type(&ipv6_hdr(skb)->saddr) & IPV6_ADDR_LINKLOCAL) ||
	    offset != skb_transport_offset(skb) || skb_linearize(skb))
		return 0;
	for (at = offset + sizeof(struct rd_msg); at + sizeof(*option) <= skb->len;
	     at += option->nd_opt_len * 8) {
		option = (const struct nd_opt_hdr *)(skb->data + at);
		if (!option->nd_opt_len)
			return 0;
		if (option->nd_opt_type == ND_OPT_REDIRECT_HDR)
			return at + 8;
	}
	return 0;
}

/* Where an ICMPv6 packet that begins at @offset quotes another, whole or not.  Return: 0: it
 * does not
 */
static u32 icmp6_quoted(struct sk_buff *skb, u32 offset)
{
	const struct icmp6hdr *icmp;

	if (!pskb_may_pull(skb, offset + sizeof(*icmp)))
		return 0;
	icmp = (const struct icmp6hdr *)(skb->data + offset);
	if (icmp->icmp6_type == NDISC_REDIRECT && !icmp->icmp6_code)
		return redirect6_quoted(skb, offset);
	return icmp->icmp6_type & ICMPV6_INFOMSG_MASK ? 0 : offset + sizeof(*icmp);
}

/**
 * xtcp_claim_icmp6_error() - an ICMPv6 packet has come for this host
 * @xn: the namespace
 * @skb: the packet, its IP header at skb->data
 * @offset: where ICMPv6's begins, from there
 *
 * Softirq, or process context; under rcu_read_lock().  Not heard is what IPsec's policies
 * do not let in.
 */
void xtcp_claim_icmp6_error(struct xtcp_net *xn, struct sk_buff *skb, u32 offset)
{
	u32 quoted = icmp6_quoted(skb, offset);
	const struct icmp6hdr *icmp;
	const struct ipv6hdr *hdr;
	struct xtcp_icmp error;
	struct xtcp_tuple t = { };
	int tcp;

	if (!quoted)
		return;
	tcp = quoted_find6(skb, quoted);
	if (tcp < 0)
		return;
	icmp = (const struct icmp6hdr *)(skb->data + offset);
	hdr = (const struct ipv6hdr *)(skb->data + quoted);
	t.laddr = hdr->saddr;
	t.raddr = hdr->daddr;
	quoted_tuple(&t, skb, skb->data + tcp);
	if (!quoted_is_ours(xn, skb, &t) || !xtcp_ipv6_ops.permits(NULL, skb) ||
	    icmp6_checksum_bad(skb, offset))
		return;
	xtcp_ipv6_icmp(&error, icmp->icmp6_type, icmp->icmp6_code,
		       get_unaligned_be32(skb->data + tcp + 4), ntohl(icmp->icmp6_mtu));
	error.hops = ipv6_hdr(skb)->hop_limit;
	tell(skb, quoted, &t, &error);
}

#endif

/**
 * xtcp_claim_icmp_init() - say whom to tell, before the first claim
 * @up: whom to tell; stays
 *
 * At module load.
 */
void xtcp_claim_icmp_init(const struct xtcp_ip_upcalls *up)
{
	upcalls = up;
}
