/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine asks of an IP version.
 */
#ifndef _XTCP_IP_H
#define _XTCP_IP_H

#include <linux/module.h>
#include <net/dsfield.h>
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "../engine/tcb.h"
#include "ipv6_sock.h"
#include "segment.h"
#include "../uapi/xtcp.h"

/* Room for the link's header, IP's (IPv6's is the longer), and ours: with what an
 * skb keeps behind the data this is half a kilobyte.  A tunnel makes more.
 */
#define XTCP_MAX_HEADER		SKB_WITH_OVERHEAD(512)
static_assert(XTCP_MAX_HEADER >= 2 * ETH_HLEN + 40 + XTCP_HEADER_MAX_BYTES);

struct xtcp_reply;

/**
 * struct xtcp_ip_ops - an IP version, as the engine sees it
 *
 * Of a connection, whose socket lock is held:
 * @header_bytes: the IP header's length
 * @tcp_gso_type: how a GSO packet on TCP's wire is marked
 * @tcp_checksum: the feature of devices that sum up TCP over this version, and only that
 * @connect: find the addresses of a connection to a peer, and the route, and note them
 *	in the socket and its tuple.  Return: 0, or as @route
 * @route: find the route to the peer and cache it in the socket.  Return: 0, or a
 *	negative errno as a routing lookup gives
 * @routes_by_port: could another local port take another route?
 * @xmit: hand a segment down by the cached route: writes checksum and IP header, which
 *	has ecn.field beside the user's type of service.  Consumes the skb.  Return: 0, or
 *	a negative errno
 * @accepts_pmtu: does the socket listen to what routers say of the path's MTU?
 *
 * Of a received segment, in softirq, under rcu_read_lock():
 * @addresses: write the addresses, wire and VRF of a 4-tuple, as seen from here; the
 *	rest is zeroed
 * @checksum_bad: is it damaged?  The device has not found it right: skb_csum_unnecessary()
 * @unicast: is it for this host alone?
 * @permits: do IPsec's policies let it in; and the socket, or NULL, by its least TTL?
 * @permits_conn: do security modules let a listener take a SYN?  Also gives the label
 *	of the connection to come.  Return: 0, or a negative errno
 *
 * Of what has no connection, in any context but hard interrupt; xtcp_ip_reply() is made of
 * these:
 * @reply_to: take from a received segment how to answer it: mark, type of service, a device
 * @reply_route: find the way of a reply.  Return: the route, with a reference, or an
 *	ERR_PTR()
 * @reply_send: hand down a segment that has its route: writes checksum and IP header.
 *	Consumes the skb.  Return: 0, or a negative errno
 */
struct xtcp_ip_ops {
	u32	header_bytes;
	int	tcp_gso_type;
	netdev_features_t tcp_checksum;
	int	(*connect)(struct sock *sk, const struct in6_addr *raddr, u16 rport);
	int	(*route)(struct sock *sk);
	bool	(*routes_by_port)(const struct net *net);
	int	(*xmit)(struct sock *sk, struct sk_buff *skb);
	bool	(*accepts_pmtu)(const struct sock *sk);

	void	(*addresses)(const struct sk_buff *skb, struct xtcp_tuple *t);
	bool	(*checksum_bad)(struct sk_buff *skb);
	bool	(*unicast)(const struct sk_buff *skb);
	bool	(*permits)(struct sock *sk, struct sk_buff *skb);
	int	(*permits_conn)(struct sock *listener, struct sk_buff *skb,
				const struct xtcp_tuple *t, int ifindex, u32 mark,
				u32 *secid);

	void	(*reply_to)(struct net *net, struct xtcp_reply *reply);
	struct dst_entry *(*reply_route)(struct net *net, const struct xtcp_reply *reply);
	int	(*reply_send)(struct net *net, const struct xtcp_reply *reply,
			      struct sk_buff *skb);
};

extern const struct xtcp_ip_ops xtcp_ipv4_ops;

#if IS_ENABLED(CONFIG_IPV6)
extern const struct xtcp_ip_ops xtcp_ipv6_ops;
#else
#define xtcp_ipv6_ops	xtcp_ipv4_ops	/* nothing has it */
#endif

static inline bool xtcp_skb_is_v6(const struct sk_buff *skb)
{
	return IS_ENABLED(CONFIG_IPV6) && unlikely(skb->protocol == htons(ETH_P_IPV6));
}

/* Has an IPv6 packet an address of the IPv4-mapped kind?  It is not to be on the wire, and
 * would be taken for a connection's of IPv4: RFC 4942, 2.2.
 */
static inline bool xtcp_skb_is_mapped(const struct sk_buff *skb)
{
	return xtcp_skb_is_v6(skb) && (ipv6_addr_v4mapped(&ipv6_hdr(skb)->saddr) ||
				       ipv6_addr_v4mapped(&ipv6_hdr(skb)->daddr));
}

/* The IP version of a received packet, of an address, and of a 4-tuple. */
static inline const struct xtcp_ip_ops *xtcp_skb_ip(const struct sk_buff *skb)
{
	return xtcp_skb_is_v6(skb) ? &xtcp_ipv6_ops : &xtcp_ipv4_ops;
}

static inline const struct xtcp_ip_ops *xtcp_addr_ip(const struct in6_addr *a)
{
	return likely(ipv6_addr_v4mapped(a)) ? &xtcp_ipv4_ops : &xtcp_ipv6_ops;
}

static inline const struct xtcp_ip_ops *xtcp_tuple_ip(const struct xtcp_tuple *t)
{
	return xtcp_addr_ip(&t->raddr);
}

/**
 * xtcp_ip_use() - a socket speaks the IP version of an address from now on
 * @sk: the socket, locked
 * @a: the address
 */
static inline void xtcp_ip_use(struct sock *sk, const struct in6_addr *a)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->ip = xtcp_addr_ip(a);
	if (x->node.tuple.wire == IPPROTO_TCP)
		sk->sk_gso_type = x->ip->tcp_gso_type;
}

/**
 * struct xtcp_icmp - what an ICMP error says of a segment of ours
 * @seq: the sequence number that it quotes
 * @mtu: the segment was too large: what a router can pass on; 0: it was not that
 * @err: errno for the user, positive; 0: nothing to be told
 * @unreachable: the peer, or its port, cannot be reached
 * @redirect: another router is nearer to the peer
 * @hops: what IP_MINTTL and IPV6_MINHOPCOUNT judge, as Linux: the TTL that the quoted segment
 *	had left; the hop limit of the ICMPv6 packet itself.  The caller's to set
 */
struct xtcp_icmp {
	u32	seq;
	u32	mtu;
	int	err;
	bool	unreachable;
	bool	redirect;
	u8	hops;
};

/* What there is for a 4-tuple; claim.c weighs it against what the kernel's TCP has. */
enum xtcp_standing {
	XTCP_STANDS_NOTHING,
	XTCP_STANDS_LISTENER,	/* no more than that */
	XTCP_STANDS_SYN_SENT,	/* what only we have said so far */
	XTCP_STANDS_TIME_WAIT,
	XTCP_STANDS_CONNECTION,	/* or a request, or the answer to a SYN of ours: both
				 * sides know of it
				 */
};

/**
 * struct xtcp_ip_upcalls - what an IP version has to tell, and to ask
 *
 * @receive: a segment has come: skb->data is the TCP header.  Softirq, under
 *	rcu_read_lock().  Consumes the skb.  Return: 0
 * @icmp_error: an ICMP error has come for a segment with that 4-tuple, as seen from
 *	here.  Softirq, under rcu_read_lock().  Return: 0, or -ENOENT where nothing has
 *	that 4-tuple
 * @standing: what is there for a 4-tuple, which a segment has, or an ICMP error quotes?
 *	@ack: what the segment acknowledges; 0: nothing.  @listener: where to write it,
 *	where no more than that is there.  Under rcu_read_lock()
 * @cedes: would a TIME_WAIT make room for that SYN?  Then it is gone.  Under
 *	rcu_read_lock()
 * @open: is there a connection with that 4-tuple, past its handshake?  The packet came by no
 *	VRF; it need not be routed.  Softirq, under rcu_read_lock().  Return: it, with a
 *	reference of the caller's; NULL where the others must be asked
 * @open_route: the same, and the packet, which was not routed yet, gets its route, if that
 *	holds.  Return: whether there is one
 */
struct xtcp_ip_upcalls {
	int	(*receive)(struct sk_buff *skb);
	int	(*icmp_error)(struct sk_buff *skb, const struct xtcp_tuple *t,
			      const struct xtcp_icmp *icmp);
	enum xtcp_standing (*standing)(struct xtcp_net *xn, const struct sk_buff *skb,
				       const struct xtcp_tuple *t, u32 ack,
				       struct sock **listener);
	bool	(*cedes)(struct xtcp_net *xn, const struct sk_buff *skb,
			 const struct xtcp_tuple *t, const struct xtcp_segment *syn);
	struct sock *(*open)(struct xtcp_net *xn, struct sk_buff *skb,
			     const struct xtcp_tuple *t);
	bool	(*open_route)(struct xtcp_net *xn, struct sk_buff *skb,
			      const struct xtcp_tuple *t);
};

/**
 * struct xtcp_reply - where a segment without a connection goes
 *
 * @tuple: ours and the peer's end
 * @skb: the segment that it answers, which says all that follows; or NULL
 * @sk: whose permissions and xfrm policy route it; or NULL
 * @ifindex: the device to leave by; 0: as routed
 * @mark: the packet mark
 * @priority: the packet's, for queueing disciplines
 * @secid: the security label that routes it; 0: none
 * @tos: type of service
 * @ttl: time to live; 0: the route's
 * @exact: a SYN,ACK's window is the user's word, to the byte
 * @route: where to keep the route, with a reference, if there is none yet; or NULL
 */
struct xtcp_reply {
	const struct xtcp_tuple	*tuple;
	const struct sk_buff	*skb;
	const struct sock	*sk;
	int			ifindex;
	u32			mark;
	u32			priority;
	u32			secid;
	u8			tos;
	u8			ttl;
	bool			exact;
	struct dst_entry	**route;
};

/* The type of service, and the bound on TTL, that a socket has set are those of segments
 * sent in its name as well.  IPv6 calls them traffic class and hop limit.
 */
static inline u8 xtcp_reply_tos(const struct sock *sk, const struct xtcp_tuple *t)
{
	if (likely(ipv6_addr_v4mapped(&t->raddr)))
		return READ_ONCE(inet_sk(sk)->tos);
	return READ_ONCE(inet6_sk(sk)->tclass);
}

static inline u8 xtcp_reply_ttl(const struct sock *sk, const struct xtcp_tuple *t)
{
	int ttl;

	if (likely(ipv6_addr_v4mapped(&t->raddr)))
		ttl = READ_ONCE(inet_sk(sk)->uc_ttl);
	else
		ttl = inet6_sk(sk)->hop_limit;
	return ttl < 0 ? 0 : ttl;
}

bool xtcp_device_checksums(const struct net_device *dev, const struct xtcp_ip_ops *ip,
			   u8 wire);
struct in6_addr xtcp_ip_any(const struct sock *sk);
void xtcp_ip_set_local(struct sock *sk, const struct in6_addr *rcv,
		       const struct in6_addr *from);
void xtcp_ip_local(const struct sock *sk, struct in6_addr *rcv, struct in6_addr *from);
void xtcp_ip_note_local(struct sock *sk, const struct in6_addr *rcv,
			const struct in6_addr *from);
void xtcp_ip_note_peer(struct sock *sk, const struct in6_addr *raddr, u16 rport);
void xtcp_ip_take_route(struct sock *sk, struct dst_entry *dst);
u32 xtcp_ip_path_mtu(struct sock *sk, u32 mtu);
void xtcp_ip_redirect(struct sock *sk, struct sk_buff *skb);

/**
 * xtcp_ip_put_checksum() - the checksum of RFC 9293, 3.1
 * @skb: the segment, skb->data its header
 * @pseudo: the pseudo-header's sum, folded, as it would be with an empty segment
 * @hw: the device adds the rest
 *
 * Return: 0; -ENOMEM
 *
 * RFC 9293: MUST-2.
 */
static inline int xtcp_ip_put_checksum(struct sk_buff *skb, __sum16 pseudo, bool hw)
{
	tcp_hdr(skb)->check = ~pseudo;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	return hw ? 0 : skb_checksum_help(skb);
}

/**
 * xtcp_ip_checksum_bad() - is a received segment damaged?
 * @skb: the segment, whose checksum the device has not found right
 * @pseudo: the pseudo-header's sum
 */
static inline bool xtcp_ip_checksum_bad(struct sk_buff *skb, __wsum pseudo)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE && !csum_fold(csum_add(pseudo, skb->csum))) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		return false;
	}
	skb->csum = pseudo;
	return __skb_checksum_complete(skb);
}

void xtcp_ipv4_icmp(struct xtcp_icmp *icmp, u8 type, u8 code, u32 seq, u32 info);
int xtcp_ipv4_init(const struct xtcp_ip_upcalls *up);
void xtcp_ipv4_exit(void);

#if IS_ENABLED(CONFIG_IPV6)
void xtcp_ipv6_icmp(struct xtcp_icmp *icmp, u8 type, u8 code, u32 seq, u32 info);
int xtcp_ipv6_init(const struct xtcp_ip_upcalls *up);
void xtcp_ipv6_exit(void);
#else
static inline int xtcp_ipv6_init(const struct xtcp_ip_upcalls *up)
{
	return 0;
}

static inline void xtcp_ipv6_exit(void)
{
}
#endif

/**
 * xtcp_route() - the route to the peer, found anew where the cached one is stale
 * @sk: the connection, locked
 *
 * Return: the route, its reference the socket's; NULL where there is none
 */
static inline struct dst_entry *xtcp_route(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, xtcp_route_cookie(sk));

	if (likely(dst))
		return dst;
	return xtcp_sk(sk)->ip->route(sk) ? NULL : __sk_dst_get(sk);
}

/**
 * xtcp_skb_tuple() - whose segment is this?
 * @skb: a received segment, header checked, network and transport headers set
 * @t: where to write the 4-tuple, as seen from here
 */
static inline void xtcp_skb_tuple(const struct sk_buff *skb, struct xtcp_tuple *t)
{
	const __be16 *ports = (const __be16 *)skb_transport_header(skb);

	xtcp_skb_ip(skb)->addresses(skb, t);
	t->lport = ntohs(ports[1]);
	t->rport = ntohs(ports[0]);
}

/**
 * xtcp_hook_tuple() - whose segment is this, as a hook sees it?
 * @t: where to write the 4-tuple, as seen from here; all of it is written
 * @skb: the packet, its IP header the network header
 * @v6: its IP version, which the hook knows
 * @th: its TCP header, which need not be the transport header yet
 * @l3mdev: the VRF that it came by; 0: none, or not known yet
 * @wire: IPPROTO_XTCP or IPPROTO_TCP
 */
static __always_inline void xtcp_hook_tuple(struct xtcp_tuple *t, const struct sk_buff *skb,
					    bool v6, const struct tcphdr *th, int l3mdev, u8 wire)
{
	if (v6) {
		t->laddr = ipv6_hdr(skb)->daddr;
		t->raddr = ipv6_hdr(skb)->saddr;
	} else {
		xtcp_addr_from_v4(&t->laddr, ip_hdr(skb)->daddr);
		xtcp_addr_from_v4(&t->raddr, ip_hdr(skb)->saddr);
	}
	t->lport = ntohs(th->dest);
	t->rport = ntohs(th->source);
	t->l3mdev = l3mdev;
	t->wire = wire;
	memset(t->pad, 0, sizeof(t->pad));
}

/* The device that a received packet came by, and the VRF's port, if that is one. */
static inline int xtcp_skb_iif(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (xtcp_skb_is_v6(skb))
		return inet6_iif(skb);
#endif
	return inet_iif(skb);
}

static inline int xtcp_skb_sdif(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (xtcp_skb_is_v6(skb))
		return inet6_sdif(skb);
#endif
	return inet_sdif(skb);
}

/**
 * xtcp_request_device() - what a connection that a SYN asks for will be bound to
 * @listener: who takes the SYN
 * @skb: the SYN
 *
 * Return: the listener's device; if it takes any, the VRF, or where the SYN's source has
 * no meaning but on its link, that; 0: none
 */
static inline int xtcp_request_device(const struct sock *listener, struct sk_buff *skb)
{
	int ifindex = inet_request_bound_dev_if(listener, skb);

#if IS_ENABLED(CONFIG_IPV6)
	if (xtcp_skb_is_v6(skb) && !READ_ONCE(listener->sk_bound_dev_if) &&
	    ipv6_addr_type(&ipv6_hdr(skb)->saddr) & IPV6_ADDR_LINKLOCAL)
		return inet6_iif(skb);
#endif
	return ifindex;
}

/* The ECN field of a received packet: RFC 3168, 5. */
static inline u8 xtcp_skb_ecn(const struct sk_buff *skb)
{
	u8 field = xtcp_skb_is_v6(skb) ? ipv6_get_dsfield(ipv6_hdr(skb)) :
					 ipv4_get_dsfield(ip_hdr(skb));

	return field & INET_ECN_MASK;
}

/* Has a received packet found its connection before it was routed?  early.c */
static inline bool xtcp_skb_found_early(const struct sk_buff *skb)
{
	return skb->sk && skb->destructor == sock_efree &&
	       skb->sk->sk_prot->owner == THIS_MODULE;
}

/* Has it found its listener, to which it has no reference?  claim.c */
static inline bool xtcp_skb_found_listener(const struct sk_buff *skb)
{
	return skb->sk && skb->destructor == sock_pfree &&
	       skb->sk->sk_prot->owner == THIS_MODULE;
}

/* An skb->cb flag beside IPCB's own, and IP6CB's: a TCP-wire segment, led to the native
 * protocol's handler by claim.c.
 */
#define XTCP_IPCB_TCP_WIRE	BIT(15)

/**
 * xtcp_skb_wire() - which wire a received segment came by
 * @skb: IPCB or IP6CB as the IP layer left it
 *
 * Return: IPPROTO_XTCP or IPPROTO_TCP
 */
static inline u8 xtcp_skb_wire(const struct sk_buff *skb)
{
	u16 flags = xtcp_skb_is_v6(skb) ? IP6CB(skb)->flags : IPCB(skb)->flags;

	return flags & XTCP_IPCB_TCP_WIRE ? IPPROTO_TCP : IPPROTO_XTCP;
}

/**
 * xtcp_skb_l3mdev() - the VRF that a packet came by
 * @skb: a received packet, IPCB as the IP layer left it
 *
 * Return: its device's ifindex; 0: none
 */
static inline int xtcp_skb_l3mdev(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (xtcp_skb_is_v6(skb))
		return ipv6_l3mdev_skb(IP6CB(skb)->flags) ? skb->skb_iif : 0;
#endif
	return unlikely(ipv4_l3mdev_skb(IPCB(skb)->flags)) ? skb->skb_iif : 0;
}

#endif /* _XTCP_IP_H */
