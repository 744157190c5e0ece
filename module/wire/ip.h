/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine asks of an IP version.
 */
#ifndef _XTCP_IP_H
#define _XTCP_IP_H

#include <net/dst.h>
#include <net/ip.h>
#include "../engine/tcb.h"
#include "segment.h"
#include "../uapi/xtcp.h"

/* Room for the link's header, IP's (IPv6's is the longer), and ours: with what an
 * skb keeps behind the data this is half a kilobyte.  A tunnel makes more.
 */
#define XTCP_MAX_HEADER		L1_CACHE_ALIGN(LL_MAX_HEADER + 40 + \
					       XTCP_HEADER_BYTES + \
					       XTCP_MSS_OPTION_BYTES)

/**
 * struct xtcp_ip_ops - an IP version, as a connection sees it
 *
 * @header_bytes: the IP header's length
 * @route: find the route to the peer and cache it in the socket; chooses the
 *	source address where the socket has none.  Socket lock held.
 *	Return: 0, or a negative errno as a routing lookup gives
 * @xmit: hand a segment down: writes checksum and IP header.  Consumes the skb.
 *	Return: 0, or a negative errno
 */
struct xtcp_ip_ops {
	u32	header_bytes;
	int	(*route)(struct sock *sk);
	int	(*xmit)(struct sock *sk, struct sk_buff *skb);
};

extern const struct xtcp_ip_ops xtcp_ipv4_ops;

/**
 * struct xtcp_ip_upcalls - what an IP version has to tell, and to ask
 *
 * @receive: a segment has come: skb->data is the TCP header.  Softirq, under
 *	rcu_read_lock().  Consumes the skb.  Return: 0
 * @icmp_error: an ICMP error has come for a segment of ours: the skb's transport
 *	header is its own; the 4-tuple as seen from here, and the sequence number
 *	quoted; the MTU, where fragmentation was needed.  Softirq, under
 *	rcu_read_lock().  Return: 0, or -ENOENT where nothing has that 4-tuple
 * @knows: is there anything with that 4-tuple, a listener aside, for a segment or
 *	an ICMP error that quotes one?  @syn_seq: of a
 *	SYN that asks for a connection, or NULL: it may end TIME_WAIT, and is then
 *	not for us.  Under rcu_read_lock()
 * @path_mtu: the path's MTU is known, or another than before.  Socket lock held
 */
struct xtcp_ip_upcalls {
	int	(*receive)(struct sk_buff *skb);
	int	(*icmp_error)(struct sk_buff *skb, const struct xtcp_tuple *t,
			      u32 seq, u32 info);
	bool	(*knows)(struct xtcp_net *xn, const struct sk_buff *skb,
			 const struct xtcp_tuple *t, const u32 *syn_seq);
	void	(*path_mtu)(struct sock *sk, u32 mtu);
};

/**
 * struct xtcp_reply - where a segment without a connection goes
 *
 * @tuple: ours and the peer's end
 * @ifindex: the device to leave by; 0: as routed
 * @mark: the packet mark
 * @priority: the packet's, for queueing disciplines
 * @tos: type of service
 * @ttl: time to live; 0: the route's
 * @sk: whose permissions and xfrm policy route it; or NULL
 * @skb: the segment that it answers, whose security label routes it; or NULL
 * @secid: else the label that does; 0: none
 */
struct xtcp_reply {
	const struct xtcp_tuple	*tuple;
	const struct sock	*sk;
	const struct sk_buff	*skb;
	int			ifindex;
	u32			mark;
	u32			priority;
	u32			secid;
	u8			tos;
	u8			ttl;
};

/* What a bound on TTL that a socket has set is to segments sent in its name. */
static inline u8 xtcp_reply_ttl(const struct sock *sk)
{
	int ttl = READ_ONCE(inet_sk(sk)->uc_ttl);

	return ttl < 0 ? 0 : ttl;
}

int xtcp_ipv4_reply(struct net *net, const struct xtcp_reply *reply,
		    const struct xtcp_segment *seg);
int xtcp_ipv4_init(const struct xtcp_ip_upcalls *up);
void xtcp_ipv4_exit(void);

struct dst_entry *xtcp_route(struct sock *sk);
bool xtcp_checksum_bad(struct sk_buff *skb);
void xtcp_skb_tuple(const struct sk_buff *skb, struct xtcp_tuple *t);

/* An skb->cb flag beside IPCB's own: a TCP-wire segment, led to the native
 * protocol's handler by claim.c.
 */
#define XTCP_IPCB_TCP_WIRE	BIT(15)

/**
 * xtcp_skb_wire() - which wire a received segment came by
 * @skb: IPCB as the IP layer left it
 *
 * Return: IPPROTO_XTCP or IPPROTO_TCP
 */
static inline u8 xtcp_skb_wire(const struct sk_buff *skb)
{
	return IPCB(skb)->flags & XTCP_IPCB_TCP_WIRE ? IPPROTO_TCP : IPPROTO_XTCP;
}

/**
 * xtcp_skb_l3mdev() - the VRF that a packet came by
 * @skb: a received packet, IPCB as the IP layer left it
 *
 * Return: its device's ifindex; 0: none
 */
static inline int xtcp_skb_l3mdev(const struct sk_buff *skb)
{
	return unlikely(ipv4_l3mdev_skb(IPCB(skb)->flags)) ? skb->skb_iif : 0;
}

#endif /* _XTCP_IP_H */
