/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ADDRESS_H
#define _XTCP_ADDRESS_H

#include <linux/in.h>
#include <net/ipv6.h>
#include <net/sock.h>

int xtcp_take_family(struct sock *sk, int family);
int xtcp_take_scope(struct sock *sk, const struct sockaddr_in6 *to, int addr_len,
		    bool binds);

/* The least length of an address for a socket of this family. */
static inline int xtcp_address_bytes(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 ? SIN6_LEN_RFC2133 : sizeof(struct sockaddr_in);
}

#endif /* _XTCP_ADDRESS_H */
