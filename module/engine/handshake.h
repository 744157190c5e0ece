/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HANDSHAKE_H
#define _XTCP_HANDSHAKE_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct xtcp_request;
struct xtcp_segment;

bool xtcp_listener_segment(struct sock *sk, struct sk_buff *skb,
			   struct xtcp_segment *seg);
bool xtcp_request_segment(struct xtcp_request *req, struct sk_buff *skb,
			  struct xtcp_segment *seg);

#endif /* _XTCP_HANDSHAKE_H */
