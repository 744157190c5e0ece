/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECV_H
#define _XTCP_RECV_H

#include <net/sock.h>

int xtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);

#endif /* _XTCP_RECV_H */
