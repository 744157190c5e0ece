/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_POLL_H
#define _XTCP_POLL_H

#include <linux/poll.h>
#include <net/sock.h>

int xtcp_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
__poll_t xtcp_poll(struct file *file, struct socket *sock, poll_table *wait);
void xtcp_write_space(struct sock *sk);
bool xtcp_stream_memory_free(const struct sock *sk, int wake);

#endif /* _XTCP_POLL_H */
