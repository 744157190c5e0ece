/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECV_H
#define _XTCP_RECV_H

#include <net/sock.h>

int xtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len);
u32 xtcp_unread(const struct sock *sk);
bool xtcp_at_mark(const struct sock *sk, u32 seq);

#endif /* _XTCP_RECV_H */
