/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_POLICY_H
#define _XTCP_POLICY_H

#include <linux/types.h>

struct sock;
struct sockaddr;

/**
 * struct xtcp_bind_wish - where a policy wants a socket bound before it connects
 * @wished: it wants that; else the rest means nothing
 * @rcv_saddr: the address to own the port on
 * @saddr: the address to send from; 0: as the route says
 * @port: the port; 0: the address alone
 */
struct xtcp_bind_wish {
	bool	wished;
	__be32	rcv_saddr;
	__be32	saddr;
	u16	port;
};

int xtcp_policy_init(void);
void xtcp_policy_exit(void);

int xtcp_policy_create(struct sock *sk);
int xtcp_policy_bind(struct sock *sk, struct sockaddr *addr, int *addr_len,
		     u32 *flags);
int xtcp_policy_bound(struct sock *sk);
int xtcp_policy_connect(struct sock *sk, struct sockaddr *addr, int *addr_len,
			struct xtcp_bind_wish *wish);

#endif /* _XTCP_POLICY_H */
