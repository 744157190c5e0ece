/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SEND_H
#define _XTCP_SEND_H

#include <net/sock.h>

int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
void xtcp_splice_eof(struct socket *sock);
void xtcp_send_exit(void);

#endif /* _XTCP_SEND_H */
