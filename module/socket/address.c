// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses that a user names: of which family a socket is, and what its scope means.
 */
#include <net/ipv6.h>
#include "../engine/tcb.h"
#include "../wire/ip.h"
#include "address.h"
#include "policy.h"

/* A policy may have let a socket of IPv4 be made, and not let one of IPv6. */
static int become_ipv6(struct sock *sk)
{
	int err = xtcp_ipv6_sock_become(sk);

	if (err)
		return err;
	err = sk->sk_kern_sock ? 0 : xtcp_policy_create(sk);
	if (err)
		sk->sk_family = AF_INET;
	return err;
}

/**
 * xtcp_take_family() - a user speaks of this family
 * @sk: the socket, locked
 * @family: AF_INET, AF_INET6, or anything else
 *
 * The first address that is named, or an option of IPv6, decides of which family a socket
 * of AF_XTCP is.  It may become one of the other as long as it has no address and no port.
 *
 * Return: 0, whatever the socket is now; -EAFNOSUPPORT where IPv6 is off; -ENOMEM; what a
 * policy for new sockets says, -EPERM mostly
 */
int xtcp_take_family(struct sock *sk, int family)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct in6_addr any;
	int err;

	if (!x->any_family || family == sk->sk_family ||
	    (family != AF_INET && family != AF_INET6) ||
	    sk->sk_state != TCP_CLOSE || inet_sk(sk)->inet_num ||
	    sk->sk_userlocks & SOCK_BINDADDR_LOCK)
		return 0;
	if (family == AF_INET6) {
		err = become_ipv6(sk);
		if (err)
			return err;
	} else {
		sk->sk_family = AF_INET;
	}
	any = xtcp_ip_any(sk);
	xtcp_ip_note_local(sk, &any, &any);
	xtcp_ip_note_peer(sk, &any, 0);
	xtcp_ip_use(sk, &any);
	return 0;
}

/**
 * xtcp_take_scope() - an address that has a meaning on one link only names the link
 * @sk: the socket, locked, of AF_INET6
 * @to: the address
 * @addr_len: its length; RFC 2133's has no scope
 * @binds: bind() overrides a device that the socket was bound to before; connect() does not
 *
 * RFC 4007.  Return: 0; -EINVAL where the link is not named, or is not the one that the
 * socket is bound to
 */
int xtcp_take_scope(struct sock *sk, const struct sockaddr_in6 *to, int addr_len,
		    bool binds)
{
	if (!__ipv6_addr_needs_scope_id(ipv6_addr_type(&to->sin6_addr)))
		return 0;
	if (addr_len >= (int)sizeof(*to) && to->sin6_scope_id) {
		if (!binds && !sk_dev_equal_l3scope(sk, to->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = to->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}
