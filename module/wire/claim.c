// SPDX-License-Identifier: GPL-2.0
/*
 * IPPROTO_TCP: claiming segments of real TCP.
 *
 * A netfilter hook at LOCAL_IN, behind the firewall's rules, looks at each TCP
 * segment's port.  One for xtcp is handed on with the native protocol's number in
 * its IP header, so that the IP layer brings it to xtcp_rcv() and not to the
 * kernel's TCP.  It must not be taken away here: conntrack confirms a connection
 * at the very last priority of LOCAL_IN, and one that is never confirmed breaks
 * stateful firewalls.
 *
 * A table of claims, one for each hold (hold.c), says which ports are xtcp's.
 * The hook is registered only while there is a claim.
 */
#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/netfilter_ipv4.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include "../compat.h"
#include "claim.h"
#include "ip.h"

#define CLAIM_BUCKETS	1024

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/**
 * struct xtcp_tcp_wire - a namespace's claims; made with the first, kept
 * @held: bit N: port N is claimed, at some address; read by the hook
 * @bucket: the claims, by port; tcp_wire_lock; read under RCU
 */
struct xtcp_tcp_wire {
	DECLARE_BITMAP(held, 65536);
	struct hlist_head	bucket[CLAIM_BUCKETS];
};

/**
 * xtcp_claim_bucket() - the claims among which those on a port are
 * @xn: the namespace, whose table is there
 * @port: the port
 *
 * tcp_wire_lock held, or under RCU.
 */
struct hlist_head *xtcp_claim_bucket(struct xtcp_net *xn, u16 port)
{
	return &READ_ONCE(xn->tcp_wire)->bucket[port % CLAIM_BUCKETS];
}

/* ---- inbound ---- */

/**
 * xtcp_claim_held() - is there a claim on a port, at any address?
 * @xn: the namespace; it may never have had one
 * @port: the port
 *
 * Any context.
 */
bool xtcp_claim_held(const struct xtcp_net *xn, u16 port)
{
	const struct xtcp_tcp_wire *tw;

	/* zeroed before it was there: see xtcp_claim_hook() */
	tw = smp_load_acquire(&xn->tcp_wire);
	return tw && test_bit(port, tw->held);
}

enum claim_part {
	CLAIM_PART_NONE,
	CLAIM_PART_KNOWN,	/* those of a 4-tuple in the connection table */
	CLAIM_PART_OPENING,	/* those, and SYNs that open a connection */
	CLAIM_PART_ALL,
};

/* Which of the segments for an address and port are xtcp's? */
static enum claim_part claim_part_of(struct xtcp_net *xn, __be32 addr, u16 port)
{
	enum claim_part part = CLAIM_PART_NONE;
	struct xtcp_claim *c;

	if (likely(!xtcp_claim_held(xn, port)))
		return CLAIM_PART_NONE;
	hlist_for_each_entry_rcu(c, xtcp_claim_bucket(xn, port), node) {
		if (c->port != port || (c->addr && c->addr != addr))
			continue;
		if (smp_load_acquire(&c->guards))	/* then @shared is set */
			return c->shared ? CLAIM_PART_OPENING : CLAIM_PART_ALL;
		part = CLAIM_PART_KNOWN;
	}
	return part;
}

static void claim_tuple(struct xtcp_tuple *t, const struct sk_buff *skb,
			__be32 laddr, __be32 raddr, u16 lport, u16 rport)
{
	memset(t, 0, sizeof(*t));
	t->l3mdev = xtcp_skb_l3mdev(skb);
	t->wire = IPPROTO_TCP;
	xtcp_addr_from_v4(&t->laddr, laddr);
	xtcp_addr_from_v4(&t->raddr, raddr);
	t->lport = lport;
	t->rport = rport;
}

/* Does this segment ask for a connection?  Then @syn is what it says. */
static bool claim_is_opening(struct sk_buff *skb, struct xtcp_segment *syn)
{
	u32 offset = ip_hdrlen(skb), bytes;
	const struct tcphdr *th;
	u8 buf[XTCP_HEADER_MAX_BYTES];
	const void *header;

	th = skb_header_pointer(skb, offset, sizeof(*th), buf);
	if (!th || !th->syn || th->ack || th->rst ||
	    nf_ip_checksum(skb, NF_INET_LOCAL_IN, offset, IPPROTO_TCP))
		return false;
	bytes = th->doff * 4;
	header = skb_header_pointer(skb, offset, bytes, buf);
	return header && !xtcp_segment_parse(syn, header, bytes);
}

/* Is this segment for us, on a port that the kernel's TCP may share?  Where the
 * listener may be the kernel's, a SYN may end our TIME_WAIT and go there.
 */
static bool claim_among_others(struct xtcp_net *xn, struct sk_buff *skb, u16 lport,
			       u16 rport, enum claim_part part)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct xtcp_segment syn;
	struct xtcp_tuple t;

	claim_tuple(&t, skb, iph->daddr, iph->saddr, lport, rport);
	if (!upcalls->knows(xn, skb, &t, NULL))
		return part == CLAIM_PART_OPENING && claim_is_opening(skb, &syn);
	return part == CLAIM_PART_OPENING || !claim_is_opening(skb, &syn) ||
	       upcalls->knows(xn, skb, &t, &syn);
}

/* Is this segment for us?  Only the ports of the TCP header are read. */
static bool claim_is_ours(struct xtcp_net *xn, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports;
	enum claim_part part;
	__be16 buf[2];

	ports = skb_header_pointer(skb, iph->ihl * 4, sizeof(buf), buf);
	if (!ports)
		return false;
	part = claim_part_of(xn, iph->daddr, ntohs(ports[1]));
	return part == CLAIM_PART_ALL ||
	       (part != CLAIM_PART_NONE &&
		claim_among_others(xn, skb, ntohs(ports[1]), ntohs(ports[0]),
				   part));
}

/* Hand the segment on to the native protocol's handler, marked. */
static unsigned int claim_hand_on(struct sk_buff *skb)
{
	struct iphdr *iph;

	/* tcpdump's clone shares this header and must show what was sent */
	if (skb_ensure_writable(skb, sizeof(*iph)))
		return NF_DROP;
	iph = ip_hdr(skb);
	csum_replace2(&iph->check, htons(IPPROTO_TCP), htons(IPPROTO_XTCP));
	iph->protocol = IPPROTO_XTCP;
	IPCB(skb)->flags |= XTCP_IPCB_TCP_WIRE;
	return NF_ACCEPT;
}

/* An ICMP error that quotes a TCP segment of ours.  It goes on to the kernel's
 * TCP, which does not know the connection.
 */
static void claim_icmp_error(struct xtcp_net *xn, struct sk_buff *skb)
{
	u32 ihl = ip_hdrlen(skb), offset = ihl + sizeof(struct icmphdr), info;
	const struct icmphdr *icmp;
	const struct iphdr *quoted;
	struct xtcp_icmp error;
	struct xtcp_tuple t;
	enum claim_part part;
	const u8 *tcp;

	if (!pskb_may_pull(skb, offset + sizeof(*quoted) + 8))
		return;
	icmp = (const struct icmphdr *)(skb->data + ihl);
	quoted = (const struct iphdr *)(skb->data + offset);
	if (icmp->type != ICMP_DEST_UNREACH &&
	    icmp->type != ICMP_TIME_EXCEEDED &&
	    icmp->type != ICMP_PARAMETERPROB)
		return;
	if (quoted->protocol != IPPROTO_TCP || quoted->ihl < 5 ||
	    quoted->frag_off & htons(IP_OFFSET) ||
	    !pskb_may_pull(skb, offset + quoted->ihl * 4 + 8))
		return;
	icmp = (const struct icmphdr *)(skb->data + ihl);
	quoted = (const struct iphdr *)(skb->data + offset);
	tcp = (const u8 *)quoted + quoted->ihl * 4;
	claim_tuple(&t, skb, quoted->saddr, quoted->daddr,
		    get_unaligned_be16(tcp), get_unaligned_be16(tcp + 2));
	part = claim_part_of(xn, quoted->saddr, t.lport);
	if (part == CLAIM_PART_NONE ||
	    (part != CLAIM_PART_ALL && !upcalls->knows(xn, skb, &t, NULL)))
		return;
	if (csum_fold(skb_checksum(skb, ihl, skb->len - ihl, 0)))
		return;
	info = icmp->type == ICMP_DEST_UNREACH ? ntohs(icmp->un.frag.mtu) : 0;
	xtcp_ipv4_icmp(&error, icmp->type, icmp->code, get_unaligned_be32(tcp + 4),
		       info);
	upcalls->icmp_error(skb, &t, &error);
}

/**
 * xtcp_claim_restore() - say TCP again in a claimed segment's IP header
 * @skb: as the IP layer hands it to xtcp_rcv()
 *
 * Policies and filters judge what was on the wire.  The header is writable:
 * claim_hand_on() made it so.
 */
void xtcp_claim_restore(struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);

	if (!(IPCB(skb)->flags & XTCP_IPCB_TCP_WIRE) ||
	    iph->protocol != IPPROTO_XTCP)
		return;
	csum_replace2(&iph->check, htons(IPPROTO_XTCP), htons(IPPROTO_TCP));
	iph->protocol = IPPROTO_TCP;
}

static unsigned int claim_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct xtcp_net *xn = priv;
	u8 protocol = ip_hdr(skb)->protocol;

	/* with a socket already: a connection was found, ours or the kernel's */
	if (protocol == IPPROTO_TCP &&
	    (skb->sk ? xtcp_skb_found_early(skb) : claim_is_ours(xn, skb)))
		return claim_hand_on(skb);
	if (unlikely(protocol == IPPROTO_ICMP))
		claim_icmp_error(xn, skb);
	return NF_ACCEPT;
}

static const struct nf_hook_ops claim_hook_template = {
	.hook		= claim_hook,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_LOCAL_IN,
	/* before conntrack's confirmation, behind all else */
	.priority	= INT_MAX - 1,
};

/* ---- the table ---- */

/**
 * xtcp_claim_overlaps() - does a claim take in an address and port?
 * @c: the claim
 * @addr: the address; 0: any
 * @port: the port
 */
bool xtcp_claim_overlaps(const struct xtcp_claim *c, __be32 addr, u16 port)
{
	return c->port == port && (c->addr == addr || !c->addr || !addr);
}

/**
 * xtcp_is_claimed() - is there a claim on a port?
 * @xn: the namespace, whose table is there
 * @addr: at that address; 0: at any
 * @port: the port
 *
 * tcp_wire_lock held.
 */
bool xtcp_is_claimed(struct xtcp_net *xn, __be32 addr, u16 port)
{
	struct xtcp_claim *c;

	hlist_for_each_entry(c, xtcp_claim_bucket(xn, port), node)
		if (xtcp_claim_overlaps(c, addr, port))
			return true;
	return false;
}

/**
 * xtcp_claim_hook() - before a claim is made: the table and the hook must be there
 * @xn: the namespace
 *
 * tcp_wire_lock held; sleeps.  Return: 0 or a negative errno
 */
int xtcp_claim_hook(struct xtcp_net *xn)
{
	if (xn->tcp_wire_users)
		return 0;
	if (!xn->tcp_wire) {
		struct xtcp_tcp_wire *tw;

		tw = kvzalloc(sizeof(*tw), GFP_KERNEL);
		if (!tw)
			return -ENOMEM;
		/* early.c looks at it before the hook is there */
		smp_store_release(&xn->tcp_wire, tw);
	}
	xn->tcp_wire_hook = claim_hook_template;
	xn->tcp_wire_hook.priv = xn;
	return nf_register_net_hook(xn->net, &xn->tcp_wire_hook);
}

/**
 * xtcp_claim_unhook() - after a claim has gone, or was not made: the hook with it?
 * @xn: the namespace
 *
 * tcp_wire_lock held; sleeps.
 */
void xtcp_claim_unhook(struct xtcp_net *xn)
{
	if (!xn->tcp_wire_users)
		nf_unregister_net_hook(xn->net, &xn->tcp_wire_hook);
}

/**
 * xtcp_claim_enter() - the hook is to see a claim
 * @xn: the namespace, hooked
 * @c: the claim
 *
 * tcp_wire_lock held.
 */
void xtcp_claim_enter(struct xtcp_net *xn, struct xtcp_claim *c)
{
	hlist_add_head_rcu(&c->node, xtcp_claim_bucket(xn, c->port));
	set_bit(c->port, xn->tcp_wire->held);
	xn->tcp_wire_users++;
}

/**
 * xtcp_claim_leave() - the hook is to see a claim no longer
 * @xn: the namespace
 * @c: the claim, to be freed by RCU; xtcp_claim_unhook() comes next
 *
 * tcp_wire_lock held.
 */
void xtcp_claim_leave(struct xtcp_net *xn, struct xtcp_claim *c)
{
	hlist_del_rcu(&c->node);
	if (!xtcp_is_claimed(xn, 0, c->port))
		clear_bit(c->port, xn->tcp_wire->held);
	xn->tcp_wire_users--;
}

/**
 * xtcp_claim_init() - say whom to tell, before the first claim
 * @up: whom to tell; stays
 *
 * At module load.
 */
void xtcp_claim_init(const struct xtcp_ip_upcalls *up)
{
	upcalls = up;
}

/**
 * xtcp_claim_net_exit() - free what the hook looked at
 * @xn: the namespace; the hook is not at work any more
 *
 * Process context.
 */
void xtcp_claim_net_exit(struct xtcp_net *xn)
{
	kvfree(xn->tcp_wire);
}
