/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_EARLY_H
#define _XTCP_EARLY_H

#include <linux/skbuff.h>
#include <net/sock.h>
#include "ip.h"

struct xtcp_ip_upcalls;
struct xtcp_net;

void xtcp_early_init(const struct xtcp_ip_upcalls *up);
void xtcp_early_net_init(struct xtcp_net *xn);
bool xtcp_early_net_stop(struct xtcp_net *xn);
void xtcp_early_missed(struct xtcp_net *xn, const struct sk_buff *skb);
void xtcp_early_keep_route(struct sock *sk, const struct sk_buff *skb);
void xtcp_early_forget_route(struct sock *sk);

/**
 * struct xtcp_in_route - the route by which a segment came, for another one
 * @dst: counted; NULL: none
 * @ifindex: the device that it came in by
 * @cookie: what says whether it still holds: dst_check()
 */
struct xtcp_in_route {
	struct dst_entry	*dst;
	int			ifindex;
	u32			cookie;
};

void xtcp_early_hold_route(struct xtcp_in_route *route, const struct sk_buff *skb);

/**
 * xtcp_early_take() - what a segment has found before it came here
 * @skb: the segment; afterwards it belongs to no socket
 * @listener: where to write the listener, without a reference; NULL: none was found
 *
 * Under rcu_read_lock().
 *
 * Return: the connection, with a reference that is the caller's; NULL: none was found
 */
static inline struct sock *xtcp_early_take(struct sk_buff *skb, struct sock **listener)
{
	struct sock *sk = skb->sk;

	*listener = NULL;
	if (unlikely(!xtcp_skb_found_early(skb))) {
		if (xtcp_skb_found_listener(skb))
			*listener = sk;
		skb_orphan(skb);
		return NULL;
	}
	skb->sk = NULL;
	skb->destructor = NULL;
	return sk;
}

/**
 * xtcp_early_route() - the route by which a connection's last segment came
 * @sk: the connection
 * @skb: the next segment
 *
 * Under rcu_read_lock().
 *
 * Return: the route, without a reference; NULL where it does not hold for this segment
 */
static __always_inline struct dst_entry *xtcp_early_route(const struct sock *sk,
							  const struct sk_buff *skb)
{
	struct dst_entry *dst = rcu_dereference(sk->sk_rx_dst);

	if (dst)
		dst = dst_check(dst, READ_ONCE(sk->sk_rx_dst_cookie));
	return dst && READ_ONCE(sk->sk_rx_dst_ifindex) == skb->skb_iif ? dst : NULL;
}

/**
 * xtcp_early_note_route() - the route by which a segment came, for the next one
 * @sk: the connection, locked
 * @skb: the segment
 */
static inline void xtcp_early_note_route(struct sock *sk, const struct sk_buff *skb)
{
	if (unlikely(skb_dst(skb) != rcu_access_pointer(sk->sk_rx_dst) ||
		     skb->skb_iif != sk->sk_rx_dst_ifindex))
		xtcp_early_keep_route(sk, skb);
}

#endif /* _XTCP_EARLY_H */
