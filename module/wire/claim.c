// SPDX-License-Identifier: GPL-2.0
/*
 * IPPROTO_TCP: claiming segments of real TCP.
 *
 * A netfilter hook at LOCAL_IN, behind the firewall's rules, looks at each TCP segment.
 * One for xtcp is handed on with the native protocol's number in its IP header, so that
 * the IP layer brings it to xtcp_rcv() and not to the kernel's TCP.  It must not be taken
 * away here: conntrack confirms a connection at the very last priority of LOCAL_IN, and
 * one that is never confirmed breaks stateful firewalls.
 *
 * Who has a 4-tuple first keeps it.  A segment is for xtcp where both sides know of a
 * connection of ours, for such a one was begun only where the kernel's TCP had none; and
 * so is the answer to a SYN of ours.
 * Otherwise the kernel's TCP is asked first: what it has a connection for is its own.
 * What then is for a listener of ours, for a SYN that we have sent, or for a TIME_WAIT, is
 * for xtcp; but a SYN that a listener of the kernel's TCP would take goes there.  All else
 * is for the kernel's TCP, which says so if it does not know the port either.
 *
 * The hook is there from the first use of a port on, and for a while after the last.
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
#include "kernel_tcp.h"

/* To register a hook changes the kernel's text: not for each of many short uses. */
#define UNHOOK_AFTER	(30 * HZ)

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/* ---- inbound ---- */

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

/* Is there a listener of the kernel's TCP that has a better right to this segment? */
static bool claim_listener_is_theirs(struct xtcp_net *xn, struct sk_buff *skb,
				     const struct xtcp_tuple *t,
				     enum xtcp_standing standing)
{
	struct xtcp_segment syn;

	return claim_is_opening(skb, &syn) && xtcp_kernel_tcp_listens(xn->net, skb, t) &&
	       (standing == XTCP_STANDS_SYN_SENT || upcalls->cedes(xn, skb, t, &syn));
}

/* Let a segment have found the open connection that it is for: early.h. */
static void claim_for(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_efree;
}

/* What a segment acknowledges; 0: nothing. */
static u32 claim_ack(const struct tcphdr *th)
{
	return th->ack ? ntohl(th->ack_seq) : 0;
}

/* Is this segment for us?  It may have been found a socket already, by the kernel's TCP or
 * by a rule of the firewall; but what is a connection of ours was ours before.
 */
static bool claim_is_ours(struct xtcp_net *xn, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	enum xtcp_standing standing;
	struct sock *open = NULL;
	const struct tcphdr *th;
	struct xtcp_tuple t;
	struct tcphdr buf;

	th = skb_header_pointer(skb, iph->ihl * 4, sizeof(buf), &buf);
	/* it may not have been at hand: xtcp_claim_may_want() */
	if (!th || !xtcp_claim_port_used(xn, ntohs(th->dest)))
		return false;
	claim_tuple(&t, skb, iph->daddr, iph->saddr, ntohs(th->dest), ntohs(th->source));
	standing = upcalls->standing(xn, skb, &t, claim_ack(th), &open);
	if (open)
		claim_for(skb, open);
	if (standing == XTCP_STANDS_CONNECTION)
		return true;
	if (standing == XTCP_STANDS_NOTHING || skb->sk)
		return false;
	return !xtcp_kernel_tcp_has_received(xn->net, skb, &t) &&
	       (standing == XTCP_STANDS_LISTENER ||
		!claim_listener_is_theirs(xn, skb, &t, standing));
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
static noinline void claim_icmp_error(struct xtcp_net *xn, struct sk_buff *skb)
{
	u32 ihl = ip_hdrlen(skb), offset = ihl + sizeof(struct icmphdr), info;
	const struct icmphdr *icmp;
	const struct iphdr *quoted;
	struct xtcp_icmp error;
	struct xtcp_tuple t;
	enum xtcp_standing standing;
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
	if (!xtcp_claim_port_used(xn, t.lport))
		return;
	standing = upcalls->standing(xn, skb, &t, 0, NULL);
	if (standing <= XTCP_STANDS_LISTENER ||
	    (standing != XTCP_STANDS_CONNECTION &&
	     xtcp_kernel_tcp_has_received(xn->net, skb, &t)))
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

	if (xtcp_skb_is_v6(skb) || !(IPCB(skb)->flags & XTCP_IPCB_TCP_WIRE) ||
	    iph->protocol != IPPROTO_XTCP)
		return;
	csum_replace2(&iph->check, htons(IPPROTO_XTCP), htons(IPPROTO_TCP));
	iph->protocol = IPPROTO_TCP;
}

/* Not part of the hook, which then saves no registers for what is not for us. */
static noinline unsigned int claim_segment(struct xtcp_net *xn, struct sk_buff *skb)
{
	if (xtcp_skb_found_early(skb) || claim_is_ours(xn, skb))
		return claim_hand_on(skb);
	return NF_ACCEPT;
}

static unsigned int claim_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct xtcp_net *xn = priv;
	u8 protocol = ip_hdr(skb)->protocol;

	if (protocol == IPPROTO_TCP) {
		if (unlikely(xtcp_claim_may_want(xn->tcp_wire, skb)))
			return claim_segment(xn, skb);
	} else if (unlikely(protocol == IPPROTO_ICMP)) {
		claim_icmp_error(xn, skb);
	}
	return NF_ACCEPT;
}

static const struct nf_hook_ops claim_hook_template = {
	.hook		= claim_hook,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_LOCAL_IN,
	/* before conntrack's confirmation, behind all else */
	.priority	= INT_MAX - 1,
};

/* ---- the hook ---- */

/* tcp_wire_lock held.  Return: 0 or a negative errno */
static int claim_hook_register(struct xtcp_net *xn)
{
	int err;

	if (xn->tcp_wire_hooked)
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
	err = nf_register_net_hook(xn->net, &xn->tcp_wire_hook);
	if (!err)
		WRITE_ONCE(xn->tcp_wire_hooked, true);
	return err;
}

static void claim_unhook_work(struct work_struct *work)
{
	struct xtcp_net *xn = container_of(to_delayed_work(work), struct xtcp_net,
					   tcp_wire_unhook);

	mutex_lock(&xn->tcp_wire_lock);
	if (xn->tcp_wire_hooked) {
		WRITE_ONCE(xn->tcp_wire_hooked, false);
		smp_mb();	/* a new user counts, and then looks at that: xtcp_claim_get() */
		if (atomic_read(&xn->tcp_wire_users))
			WRITE_ONCE(xn->tcp_wire_hooked, true);
		else
			nf_unregister_net_hook(xn->net, &xn->tcp_wire_hook);
	}
	mutex_unlock(&xn->tcp_wire_lock);
}

/**
 * xtcp_claim_get() - segments of real TCP may have to be claimed from now on
 * @xn: the namespace
 *
 * Until xtcp_claim_put().  Process context; sleeps where it is the first in a while.
 *
 * Return: 0, or a negative errno: no memory
 */
int xtcp_claim_get(struct xtcp_net *xn)
{
	int err;

	/* ordered before the look at @tcp_wire_hooked: claim_unhook_work() */
	atomic_inc_return(&xn->tcp_wire_users);
	if (likely(READ_ONCE(xn->tcp_wire_hooked)))
		return 0;
	mutex_lock(&xn->tcp_wire_lock);
	err = claim_hook_register(xn);
	mutex_unlock(&xn->tcp_wire_lock);
	if (err)
		xtcp_claim_put(xn);
	return err;
}

/**
 * xtcp_claim_put() - undo xtcp_claim_get()
 * @xn: the namespace
 *
 * Any context.  The hook goes some time after the last.
 */
void xtcp_claim_put(struct xtcp_net *xn)
{
	if (atomic_dec_and_test(&xn->tcp_wire_users))
		schedule_delayed_work(&xn->tcp_wire_unhook, UNHOOK_AFTER);
}

/**
 * xtcp_claim_port() - segments for a port are to be looked at
 * @xn: the namespace; the caller has got its hook
 * @port: the port, which somebody owns now; nobody did
 *
 * Any context.
 */
void xtcp_claim_port(struct xtcp_net *xn, u16 port)
{
	atomic_inc(&xn->tcp_wire_users);
	set_bit(xtcp_claim_bit(htons(port)), xn->tcp_wire->used);
}

/**
 * xtcp_claim_no_port() - undo xtcp_claim_port()
 * @xn: the namespace
 * @port: the port, which nobody owns any more
 *
 * Any context.
 */
void xtcp_claim_no_port(struct xtcp_net *xn, u16 port)
{
	clear_bit(xtcp_claim_bit(htons(port)), xn->tcp_wire->used);
	xtcp_claim_put(xn);
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
 * xtcp_claim_net_init() - before a namespace's first socket
 * @xn: the namespace
 */
void xtcp_claim_net_init(struct xtcp_net *xn)
{
	INIT_DELAYED_WORK(&xn->tcp_wire_unhook, claim_unhook_work);
}

/**
 * xtcp_claim_net_stop() - unregister the hook
 * @xn: the namespace; nobody owns a port in it any more
 *
 * Process context; sleeps.
 *
 * Return: whether a grace period must pass before xtcp_claim_net_exit(): there has been a
 * hook, and it may still be at work
 */
bool xtcp_claim_net_stop(struct xtcp_net *xn)
{
	WARN_ON_ONCE(atomic_read(&xn->tcp_wire_users));
	cancel_delayed_work_sync(&xn->tcp_wire_unhook);
	claim_unhook_work(&xn->tcp_wire_unhook.work);
	return xn->tcp_wire;
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
