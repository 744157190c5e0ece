/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_STREAM_H
#define _XTCP_STREAM_H

#include <linux/poll.h>
#include "../engine/connection.h"

int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int xtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len);
void xtcp_splice_eof(struct socket *sock);
__poll_t xtcp_poll(struct file *file, struct socket *sock, poll_table *wait);
void xtcp_write_space(struct sock *sk);
bool xtcp_stream_memory_free(const struct sock *sk, int wake);
int xtcp_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
u32 xtcp_unread(const struct sock *sk);
void xtcp_stream_exit(void);

#endif /* _XTCP_STREAM_H */
