// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's own TCP has: connections, listeners, bound ports.
 *
 * On TCP's wire both share one space of 4-tuples, and who has one first keeps it.  The
 * kernel's TCP cannot be told what xtcp has, but it can be asked what it has itself, by
 * the look-ups that its own segments take.  An answer holds for the moment.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/l3mdev.h>
#include <net/tcp.h>
#include "../compat.h"
#include "ip.h"
#include "kernel_tcp.h"

static bool tuple_is_v6(const struct xtcp_tuple *t)
{
	return IS_ENABLED(CONFIG_IPV6) && !ipv6_addr_v4mapped(&t->raddr);
}

#if IS_ENABLED(CONFIG_IPV6)

static struct sock *kernel_tcp_find6(struct net *net, const struct xtcp_tuple *t, int ifindex,
				     int l3_ifindex)
{
	const struct in6_addr *from = &t->raddr;

	return __inet6_lookup_established(net, XTCP_TCP_TABLE(net)
					  from, htons(t->rport), &t->laddr, t->lport,
					  ifindex, l3_ifindex);
}

static bool kernel_tcp_listens6(struct net *net, struct sk_buff *skb, u32 offset,
				const struct xtcp_tuple *t)
{
	return inet6_lookup_listener(net, XTCP_TCP_TABLE(net) skb, offset,
				     &t->raddr, htons(t->rport), &t->laddr, t->lport,
				     xtcp_skb_iif(skb), xtcp_skb_sdif(skb));
}

#else

static struct sock *kernel_tcp_find6(struct net *net, const struct xtcp_tuple *t, int ifindex,
				     int l3_ifindex)
{
	return NULL;
}

static bool kernel_tcp_listens6(struct net *net, struct sk_buff *skb, u32 offset,
				const struct xtcp_tuple *t)
{
	return false;
}

#endif

static struct sock *kernel_tcp_find4(struct net *net, const struct xtcp_tuple *t, int ifindex,
				     int l3_ifindex)
{
	return __inet_lookup_established(net, XTCP_TCP_TABLE(net)
					 xtcp_addr_v4(&t->raddr), htons(t->rport),
					 xtcp_addr_v4(&t->laddr), t->lport,
					 ifindex, l3_ifindex);
}

static bool kernel_tcp_has(struct net *net, const struct xtcp_tuple *t, int ifindex,
			   int l3_ifindex)
{
	struct sock *sk = tuple_is_v6(t) ? kernel_tcp_find6(net, t, ifindex, l3_ifindex) :
					   kernel_tcp_find4(net, t, ifindex, l3_ifindex);

	if (!sk)
		return false;
	sock_gen_put(sk);
	return true;
}

/**
 * xtcp_kernel_tcp_has() - has the kernel's TCP the 4-tuple that a connection wants?
 * @sk: the socket that is to have it, locked
 * @t: the 4-tuple
 *
 * A connection in any state, TIME_WAIT among them, or a request.  Any context but hard
 * interrupt.
 */
bool xtcp_kernel_tcp_has(const struct sock *sk, const struct xtcp_tuple *t)
{
	return kernel_tcp_has(sock_net(sk), t, sk->sk_bound_dev_if, t->l3mdev);
}

/**
 * xtcp_kernel_tcp_has_received() - is a received packet for a connection of the kernel's
 * @net: the namespace
 * @skb: the packet, as the IP layer left it: a segment, or an ICMP error
 * @t: the 4-tuple that it names
 *
 * Under rcu_read_lock().  Return: as xtcp_kernel_tcp_has()
 */
bool xtcp_kernel_tcp_has_received(struct net *net, const struct sk_buff *skb,
				  const struct xtcp_tuple *t)
{
	return kernel_tcp_has(net, t, xtcp_skb_iif(skb), xtcp_skb_sdif(skb));
}

/**
 * xtcp_kernel_tcp_listens() - would the kernel's TCP take a SYN?
 * @net: the namespace
 * @skb: the SYN, as the IP layer left it; its TCP header is complete
 * @offset: where that begins
 * @t: its 4-tuple, as seen from here
 *
 * Softirq, under rcu_read_lock().
 */
bool xtcp_kernel_tcp_listens(struct net *net, struct sk_buff *skb, u32 offset,
			     const struct xtcp_tuple *t)
{
	offset += sizeof(struct tcphdr);
	if (tuple_is_v6(t))
		return kernel_tcp_listens6(net, skb, offset, t);
	return __inet_lookup_listener(net, XTCP_TCP_TABLE(net) skb, offset,
				      xtcp_addr_v4(&t->raddr), htons(t->rport),
				      xtcp_addr_v4(&t->laddr), t->lport,
				      xtcp_skb_iif(skb), xtcp_skb_sdif(skb));
}

/**
 * xtcp_kernel_tcp_bound() - has a program bound a port in the kernel's TCP?
 * @net: the namespace
 * @port: the port, at any address
 * @l3mdev: the VRF's device; 0: outside
 *
 * A port that a connect() of the kernel's TCP chose does not count: its 4-tuples do.  As
 * where the kernel's own connect() chooses a port, this needs no more than a bucket of
 * its table.  Any context but hard interrupt.
 */
bool xtcp_kernel_tcp_bound(struct net *net, u16 port, int l3mdev)
{
	struct inet_hashinfo *info = net->ipv4.tcp_death_row.hashinfo;
	struct inet_bind_hashbucket *head;
	struct inet_bind_bucket *tb;
	bool bound = false;

	head = &info->bhash[inet_bhashfn(net, port, info->bhash_size)];
	if (hlist_empty(&head->chain))
		return false;
	spin_lock_bh(&head->lock);
	inet_bind_bucket_for_each(tb, &head->chain)
		if (tb->port == port && tb->l3mdev == l3mdev &&
		    net_eq(ib_net(tb), net) &&
		    (tb->fastreuse >= 0 || tb->fastreuseport >= 0))
			bound = true;
	spin_unlock_bh(&head->lock);
	return bound;
}
