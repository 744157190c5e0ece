/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_BIND_H
#define _XTCP_BIND_H

#include "../compat.h"
#include "policy.h"

struct sock;
struct sockaddr;
struct socket;

int xtcp_bind(struct socket *sock, XTCP_SOCKADDR *addr, int addr_len);
int xtcp_bind_as_wished(struct sock *sk, const struct xtcp_bind_wish *wish);

#endif /* _XTCP_BIND_H */
