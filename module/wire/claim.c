// SPDX-License-Identifier: GPL-2.0
/*
 * IPPROTO_TCP: claiming segments of real TCP.
 *
 * A netfilter hook at LOCAL_IN, behind the firewall's rules, looks at each TCP segment.
 * One for xtcp is handed on with the native protocol's number in its IP header, so that
 * the IP layer brings it to xtcp_rcv() and not to the kernel's TCP.  It must not be taken
 * away here: conntrack confirms a connection at the very last priority of LOCAL_IN, and
 * one that is never confirmed breaks stateful firewalls.  In IPv6 the number may be that
 * of an extension header, which the IP layer has yet to read; that of a fragment becomes
 * the whole packet's.
 *
 * Who has a 4-tuple first keeps it.  A segment is for xtcp where both sides know of a
 * connection of ours, for such a one was begun only where the kernel's TCP had none; and
 * so is the answer to a SYN of ours.
 * Otherwise the kernel's TCP is asked first: what it has a connection for is its own.
 * What then is for a listener of ours, for a SYN that we have sent, or for a TIME_WAIT, is
 * for xtcp; but a SYN that a listener of the kernel's TCP would take goes there.  All else
 * is for the kernel's TCP, which says so if it does not know the port either.
 *
 * ICMP errors: claim_icmp.c.
 *
 * The hook is there, for both IP versions, from the first use of a port on, and for a while
 * after the last.
 */
#include <linux/in.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "../compat.h"
#include "claim.h"
#include "claim_icmp.h"
#include "claimed.h"
#include "ip.h"
#include "kernel_tcp.h"

/* Nobody has use for more before TCP's header; to look behind each costs. */
#define CLAIM_EXTENSIONS_MAX	8

/* To register a hook changes the kernel's text: not for each of many short uses. */
#define UNHOOK_AFTER	(30 * HZ)

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/* ---- inbound ---- */

/* @offset, here and below: where TCP's header begins, from skb->data on */
static bool claim_checksum_bad(struct sk_buff *skb, u32 offset)
{
	return nf_checksum(skb, NF_INET_LOCAL_IN, offset, IPPROTO_TCP,
			   xtcp_skb_is_v6(skb) ? AF_INET6 : AF_INET);
}

/* A device may hand on to another namespace what comes for an address of that one: ipvlan
 * does.
 */
static bool claim_is_here(const struct xtcp_net *xn, const struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	return dst && net_eq(dev_net(dst->dev), xn->net);
}

/* Does this segment ask for a connection?  Then @syn is what it says. */
static bool claim_is_opening(struct sk_buff *skb, u32 offset, struct xtcp_segment *syn)
{
	const struct tcphdr *th;
	u32 bytes;
	u8 buf[XTCP_HEADER_MAX_BYTES];
	const void *header;

	th = skb_header_pointer(skb, offset, sizeof(*th), buf);
	if (!th || !th->syn || th->ack || th->rst || claim_checksum_bad(skb, offset))
		return false;
	bytes = th->doff * 4;
	header = skb_header_pointer(skb, offset, bytes, buf);
	return header && !xtcp_segment_parse(syn, header, bytes);
}

/* Is there a listener of the kernel's TCP that has a better right to this segment? */
static bool claim_listener_is_theirs(struct xtcp_net *xn, struct sk_buff *skb,
				     u32 offset, const struct xtcp_tuple *t,
				     enum xtcp_standing standing)
{
	struct xtcp_segment syn;

	return claim_is_opening(skb, offset, &syn) &&
	       xtcp_kernel_tcp_listens(xn->net, skb, offset, t) &&
	       (standing == XTCP_STANDS_SYN_SENT || upcalls->cedes(xn, skb, t, &syn));
}

/* Let a segment have found the open connection that it is for: early.h. */
static void claim_for(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_efree;
}

/* Let a segment have found its listener, which is there as long as this segment's noref route
 * is: the IP layer does not leave rcu_read_lock() before it has delivered it, and where a queue
 * of the firewall's does, that takes a reference, and the segment looks again.
 */
static void claim_for_listener(struct sk_buff *skb, struct sock *listener)
{
	skb->sk = listener;
	skb->destructor = sock_pfree;
}

/* What a segment acknowledges; 0: nothing. */
static u32 claim_ack(const struct tcphdr *th)
{
	return th->ack ? ntohl(th->ack_seq) : 0;
}

/* The header of a segment, if it is for this namespace; else NULL. */
static __always_inline const struct tcphdr *claim_header(const struct xtcp_net *xn,
							 struct sk_buff *skb, u32 offset)
{
	if (!claim_is_here(xn, skb) || !pskb_may_pull(skb, offset + sizeof(struct tcphdr)))
		return NULL;
	return (const struct tcphdr *)(skb->data + offset);
}

/* Is it for us, though for no connection that is open?  @whole: see claim_is_ours().  It may
 * have been found a socket already, by the kernel's TCP or by a rule of the firewall; but what
 * is a connection of ours was ours before.
 */
static noinline bool claim_weigh(struct xtcp_net *xn, struct sk_buff *skb, u32 offset,
				 const struct xtcp_tuple *t, bool whole)
{
	enum xtcp_standing standing;
	struct sock *listener;

	/* the port may not have been at hand: xtcp_claim_may_want() */
	if (!xtcp_claim_port_used(xn, t->lport))
		return false;
	standing = upcalls->standing(xn, skb, t,
				     claim_ack((const struct tcphdr *)(skb->data + offset)),
				     &listener);
	if (standing == XTCP_STANDS_CONNECTION)
		return true;
	if (standing == XTCP_STANDS_NOTHING || skb->sk)
		return false;
	if (xtcp_kernel_tcp_has_received(xn->net, skb, t))
		return false;
	if (standing != XTCP_STANDS_LISTENER)
		return !claim_listener_is_theirs(xn, skb, offset, t, standing);
	if (whole)
		claim_for_listener(skb, listener);
	return true;
}

/* Is this segment for us?  @whole: it is no fragment, which must have no socket.  A SYN is
 * hardly ever for what is open.
 */
static __always_inline bool claim_is_ours(struct xtcp_net *xn, struct sk_buff *skb, u32 offset,
					  const struct tcphdr *th, const struct xtcp_tuple *t,
					  bool whole)
{
	struct sock *open = NULL;

	if (whole && !t->l3mdev && likely(!th->syn))
		open = upcalls->open(xn, skb, t);
	if (unlikely(!open))
		return claim_weigh(xn, skb, offset, t, whole);
	claim_for(skb, open);
	return true;
}

/* Hand the segment on to the native protocol's handler, marked.  tcpdump's clone shares its
 * header and must show what was sent.  The header's checksum stays: it was looked at before,
 * and is right again with xtcp_claim_restore().
 */
static unsigned int claim_hand_on(struct sk_buff *skb)
{
	if (skb_try_make_writable(skb, sizeof(struct iphdr)))
		return NF_DROP;
	ip_hdr(skb)->protocol = IPPROTO_XTCP;
	IPCB(skb)->flags |= XTCP_IPCB_TCP_WIRE;
	return NF_ACCEPT;
}

/* Not part of the hook, which then saves no registers for what is not for us. */
static noinline unsigned int claim_segment(struct xtcp_net *xn, struct sk_buff *skb)
{
	u32 offset = ip_hdrlen(skb);
	const struct tcphdr *th = claim_header(xn, skb, offset);
	struct xtcp_tuple t __uninitialized;

	if (!th)
		return NF_ACCEPT;
	xtcp_hook_tuple(&t, skb, false, th, xtcp_skb_l3mdev(skb), IPPROTO_TCP);
	return claim_is_ours(xn, skb, offset, th, &t, true) ? claim_hand_on(skb) : NF_ACCEPT;
}

static unsigned int claim_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct xtcp_net *xn = priv;
	u8 protocol = ip_hdr(skb)->protocol;

	if (protocol == IPPROTO_TCP) {
		if (unlikely(xtcp_claim_may_want(xn->tcp_wire, skb, ip_hdrlen(skb))))
			return claim_segment(xn, skb);
	} else if (unlikely(protocol == IPPROTO_ICMP)) {
		xtcp_claim_icmp_error(xn, skb);
	}
	return NF_ACCEPT;
}

#if IS_ENABLED(CONFIG_IPV6)

/**
 * struct claim_place - where in an IPv6 packet TCP, or ICMPv6, is, from skb->data on
 * @protocol: the byte that names it: the IP header's, or the last extension header's
 * @header: its header
 * @whole: this is no fragment
 */
struct claim_place {
	u32	protocol;
	u32	header;
	bool	whole;
};

/* How long is this extension header, and may either be behind it, for this host?  0: no.  What
 * IPsec has sealed comes again when it is open.
 */
static u32 claim_extension_bytes(u8 type, const u8 *header)
{
	switch (type) {
	case NEXTHDR_ROUTING:
		if (header[3])	/* it goes on to somewhere else */
			return 0;
		fallthrough;
	case NEXTHDR_DEST:
		return ipv6_optlen((const struct ipv6_opt_hdr *)header);
	case NEXTHDR_FRAGMENT:
		/* RFC 7112: the first fragment has all headers */
		return get_unaligned_be16(header + 2) & IP6_OFFSET ? 0 :
		       sizeof(struct frag_hdr);
	}
	return 0;
}

/* Look for them from where the IP layer is by now.  Return: which of them is there; 0: none */
static u8 claim_find6(const struct sk_buff *skb, struct claim_place *at)
{
	const u8 *header;
	u8 buf[8], type, left = CLAIM_EXTENSIONS_MAX;
	u32 bytes;

	at->protocol = IP6CB(skb)->nhoff;
	at->header = skb_transport_offset(skb);
	at->whole = true;
	type = skb->data[at->protocol];
	while (type != IPPROTO_TCP && type != IPPROTO_ICMPV6) {
		if (!left--)
			return 0;
		header = skb_header_pointer(skb, at->header, sizeof(buf), buf);
		bytes = header ? claim_extension_bytes(type, header) : 0;
		if (!bytes)
			return 0;
		at->whole &= type != NEXTHDR_FRAGMENT;
		type = header[0];
		at->protocol = at->header;
		at->header += bytes;
	}
	return type;
}

/* As claim_hand_on().  No checksum of IP's tells that the header has changed; a sum over all
 * of the packet, which a device has made, does.
 */
static unsigned int claim_hand_on6(struct sk_buff *skb, u32 protocol)
{
	if (skb_try_make_writable(skb, protocol + 1))
		return NF_DROP;
	skb->data[protocol] = IPPROTO_XTCP;
	/* all headers are multiples of 8 bytes: it is the first of two */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_add(csum_sub(skb->csum,
					      (__force __wsum)htons(IPPROTO_TCP << 8)),
				     (__force __wsum)htons(IPPROTO_XTCP << 8));
	IP6CB(skb)->flags |= XTCP_IPCB_TCP_WIRE;
	return NF_ACCEPT;
}

static noinline unsigned int claim_segment6(struct xtcp_net *xn, struct sk_buff *skb)
{
	const struct tcphdr *th;
	struct claim_place at;
	struct xtcp_tuple t __uninitialized;

	switch (claim_find6(skb, &at)) {
	case IPPROTO_ICMPV6:
		/* a fragment has not come as a whole yet */
		if (at.whole)
			xtcp_claim_icmp6_error(xn, skb, at.header);
		return NF_ACCEPT;
	case 0:
		return NF_ACCEPT;
	}
	if (xtcp_skb_is_mapped(skb))
		return NF_ACCEPT;
	th = claim_header(xn, skb, at.header);
	if (!th)
		return NF_ACCEPT;
	xtcp_hook_tuple(&t, skb, true, th, xtcp_skb_l3mdev(skb), IPPROTO_TCP);
	return claim_is_ours(xn, skb, at.header, th, &t, at.whole) ?
	       claim_hand_on6(skb, at.protocol) : NF_ACCEPT;
}

static unsigned int claim_hook6(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct xtcp_net *xn = priv;

	switch (skb->data[IP6CB(skb)->nhoff]) {
	case IPPROTO_TCP:
		if (likely(!xtcp_claim_may_want(xn->tcp_wire, skb, skb_transport_offset(skb))))
			break;
		fallthrough;
	case NEXTHDR_DEST:
	case NEXTHDR_ROUTING:
	case NEXTHDR_FRAGMENT:
		return claim_segment6(xn, skb);
	case IPPROTO_ICMPV6:
		xtcp_claim_icmp6_error(xn, skb, skb_transport_offset(skb));
		break;
	}
	return NF_ACCEPT;
}

static void claim_restore6(struct sk_buff *skb)
{
	u8 *protocol = skb_network_header(skb) + IP6CB(skb)->nhoff;

	if (IP6CB(skb)->flags & XTCP_IPCB_TCP_WIRE && *protocol == IPPROTO_XTCP)
		*protocol = IPPROTO_TCP;
}

#else

static void claim_restore6(struct sk_buff *skb)
{
}

#endif

static const struct nf_hook_ops claim_hook_templates[] = {
	{
		.hook		= claim_hook,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		/* behind all else, SYNPROXY among it */
		.priority	= INT_MAX,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook		= claim_hook6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= INT_MAX,
	},
#endif
};

/**
 * xtcp_claim_restore() - say TCP again in a claimed segment's IP header
 * @skb: as the IP layer hands it to xtcp_rcv()
 *
 * Policies and filters judge what was on the wire.  The header is writable: the claim made
 * it so; only a raw socket of the native protocol's may share it since.
 */
void xtcp_claim_restore(struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);

	if (xtcp_skb_is_v6(skb)) {
		claim_restore6(skb);
		return;
	}
	if (IPCB(skb)->flags & XTCP_IPCB_TCP_WIRE && iph->protocol == IPPROTO_XTCP)
		iph->protocol = IPPROTO_TCP;
}

/* ---- the hook ---- */

/* tcp_wire_lock held.  Return: 0 or a negative errno */
static int claim_hook_register(struct xtcp_net *xn)
{
	int i, n = ARRAY_SIZE(claim_hook_templates), err;

	static_assert(ARRAY_SIZE(claim_hook_templates) <= ARRAY_SIZE(xn->tcp_wire_hooks));
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
	for (i = 0; i < n; i++) {
		xn->tcp_wire_hooks[i] = claim_hook_templates[i];
		xn->tcp_wire_hooks[i].priv = xn;
	}
	err = nf_register_net_hooks(xn->net, xn->tcp_wire_hooks, n);
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
			nf_unregister_net_hooks(xn->net, xn->tcp_wire_hooks,
						ARRAY_SIZE(claim_hook_templates));
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
	xtcp_claim_icmp_init(up);
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
