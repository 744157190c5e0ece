/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONNECT_H
#define _XTCP_CONNECT_H

#include "../compat.h"

struct socket;

int xtcp_connect(struct socket *sock, XTCP_SOCKADDR *addr, int addr_len, int flags);

#endif /* _XTCP_CONNECT_H */
