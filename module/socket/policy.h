/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_POLICY_H
#define _XTCP_POLICY_H

#include <linux/in6.h>
#include <linux/types.h>

struct sock;
struct sockaddr;

/**
 * struct xtcp_bind_wish - where a policy wants a socket bound before it connects
 * @wished: it wants that; else the rest means nothing
 * @rcv: the address to own the port on
 * @from: the address to send from; any: as the route says
 * @port: the port; 0: the address alone
 */
struct xtcp_bind_wish {
	bool	wished;
	u16	port;
	struct in6_addr rcv;
	struct in6_addr from;
};

int xtcp_policy_init(void);
void xtcp_policy_exit(void);

int xtcp_policy_create(struct sock *sk);
int xtcp_policy_bind(struct sock *sk, int family, struct sockaddr *addr, int *addr_len,
		     u32 *flags);
int xtcp_policy_bound(struct sock *sk);
int xtcp_policy_connect(struct sock *sk, struct sockaddr *addr, int *addr_len,
			struct xtcp_bind_wish *wish);

#endif /* _XTCP_POLICY_H */
