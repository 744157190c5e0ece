/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RESET_H
#define _XTCP_RESET_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct xtcp_net;
struct xtcp_segment;

void xtcp_reply_reset(struct xtcp_net *xn, const struct sk_buff *skb,
		      const struct xtcp_segment *seg);
void xtcp_abort(struct sock *sk, int err);

#endif /* _XTCP_RESET_H */
