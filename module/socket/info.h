/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_INFO_H
#define _XTCP_INFO_H

#include <linux/tcp.h>
#include <net/sock.h>

void xtcp_get_info(struct sock *sk, struct tcp_info *info);

#endif /* _XTCP_INFO_H */
