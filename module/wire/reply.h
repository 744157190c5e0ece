/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_REPLY_H
#define _XTCP_REPLY_H

#include <linux/types.h>

struct net;
struct xtcp_reply;
struct xtcp_segment;

int xtcp_ip_reply(struct net *net, struct xtcp_reply *reply, struct xtcp_segment *seg);

#endif /* _XTCP_REPLY_H */
