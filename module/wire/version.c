// SPDX-License-Identifier: GPL-2.0
/*
 * Which IP version a socket speaks: that of its peer; and while it has none, that of the
 * address that it is bound to.
 */
#include "ip.h"
#include "version.h"

/**
 * xtcp_ip_forget_peer() - there is no peer any more
 * @sk: the socket, locked
 *
 * Nor an address of ours, unless the user chose it.
 */
void xtcp_ip_forget_peer(struct sock *sk)
{
	struct in6_addr *laddr = &xtcp_sk(sk)->node.tuple.laddr, from;
	const struct in6_addr any = xtcp_ip_any(sk);

	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		xtcp_ip_note_local(sk, &any, &any);
	else	/* a bpf_bind() is noted there alone */
		xtcp_ip_local(sk, laddr, &from);
	xtcp_ip_note_peer(sk, &any, 0);
	xtcp_ip_use(sk, laddr);
}

/**
 * xtcp_ip_adopt() - a child has these addresses
 * @sk: the child, not yet visible
 * @t: its 4-tuple
 */
void xtcp_ip_adopt(struct sock *sk, const struct xtcp_tuple *t)
{
	struct inet_sock *inet = inet_sk(sk);

	xtcp_ip_use(sk, &t->raddr);
	xtcp_ip_note_local(sk, &t->laddr, &t->laddr);
	xtcp_ip_note_peer(sk, &t->raddr, t->rport);
	inet->mc_list = NULL;
	RCU_INIT_POINTER(inet->inet_opt, NULL);
}
