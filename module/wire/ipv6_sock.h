/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a socket of AF_INET6 has beside what every socket of xtcp's has.  Where the kernel
 * has no IPv6 there is none.
 */
#ifndef _XTCP_IPV6_SOCK_H
#define _XTCP_IPV6_SOCK_H

#include <linux/ipv6.h>
#include "../compat.h"
#include "../engine/tcb.h"

#if IS_ENABLED(CONFIG_IPV6)

/**
 * struct xtcp6_sock - a socket that was made as one of AF_INET6
 * @xtcp: the socket
 * @inet6: its IPv6 part
 */
struct xtcp6_sock {
	struct xtcp_sock	xtcp;
	struct ipv6_pinfo	inet6;
};

void xtcp_ipv6_note_received(struct sock *sk, const struct sk_buff *skb);
int xtcp_ipv6_sock_become(struct sock *sk);
int xtcp_ipv6_sock_clone(struct sock *child, const struct sk_buff *skb);

/**
 * xtcp_ipv6_note_local() - where IPv6 looks for a socket's local address
 * @sk: the socket, locked; of any family
 * @rcv: where it receives, or any
 * @from: what it sends from, or any
 */
static inline void xtcp_ipv6_note_local(struct sock *sk, const struct in6_addr *rcv,
					const struct in6_addr *from)
{
	if (likely(sk->sk_family != AF_INET6))
		return;
	sk->sk_v6_rcv_saddr = *rcv;
	inet6_sk(sk)->saddr = *from;
}

/**
 * xtcp_ipv6_note_peer() - where IPv6 looks for a socket's peer
 * @sk: the socket, locked; of any family
 * @raddr: its address, or any
 */
static inline void xtcp_ipv6_note_peer(struct sock *sk, const struct in6_addr *raddr)
{
	if (unlikely(sk->sk_family == AF_INET6))
		sk->sk_v6_daddr = *raddr;
}

/* Where a socket of AF_INET6 receives. */
static inline const struct in6_addr *xtcp_ipv6_rcv_saddr(const struct sock *sk)
{
	return &sk->sk_v6_rcv_saddr;
}

/* What it sends from. */
static inline const struct in6_addr *xtcp_ipv6_saddr(const struct sock *sk)
{
	return &inet6_sk(sk)->saddr;
}

/* The traffic class of a socket of AF_INET6, of xtcp's or of the kernel's TCP. */
static inline void xtcp_ipv6_copy_tclass(struct sock *to, const struct sock *from)
{
	if (to->sk_family == AF_INET6)
		WRITE_ONCE(inet6_sk(to)->tclass, READ_ONCE(inet6_sk(from)->tclass));
}

/* Has a user asked what stands in the headers of what his connection receives? */
static inline bool xtcp_ipv6_wants_headers(const struct sock *sk)
{
	return unlikely(sk->sk_family == AF_INET6) &&
	       unlikely(inet6_sk(sk)->rxopt.all || xtcp_inet6_repflow(sk));
}

/* What the route that a socket has cached is checked by. */
static inline u32 xtcp_route_cookie(const struct sock *sk)
{
	return unlikely(sk->sk_family == AF_INET6) ? inet6_sk(sk)->dst_cookie : 0;
}

#else

static inline int xtcp_ipv6_sock_become(struct sock *sk)
{
	return -EAFNOSUPPORT;
}

static inline int xtcp_ipv6_sock_clone(struct sock *child, const struct sk_buff *skb)
{
	return 0;
}

static inline void xtcp_ipv6_note_local(struct sock *sk, const struct in6_addr *rcv,
					const struct in6_addr *from)
{
}

static inline void xtcp_ipv6_note_peer(struct sock *sk, const struct in6_addr *raddr)
{
}

static inline const struct in6_addr *xtcp_ipv6_rcv_saddr(const struct sock *sk)
{
	return &in6addr_any;
}

static inline const struct in6_addr *xtcp_ipv6_saddr(const struct sock *sk)
{
	return &in6addr_any;
}

static inline void xtcp_ipv6_copy_tclass(struct sock *to, const struct sock *from)
{
}

static inline bool xtcp_ipv6_wants_headers(const struct sock *sk)
{
	return false;
}

static inline void xtcp_ipv6_note_received(struct sock *sk, const struct sk_buff *skb)
{
}

static inline u32 xtcp_route_cookie(const struct sock *sk)
{
	return 0;
}

#endif

#endif /* _XTCP_IPV6_SOCK_H */
