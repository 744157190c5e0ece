/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_URGENT_H
#define _XTCP_URGENT_H

#include "tcb.h"

void xtcp_urgent_received(struct sock *sk, const struct sk_buff *skb);
u16 xtcp_urgent_pointer(const struct xtcp_sock *x, u32 seq);

#endif /* _XTCP_URGENT_H */
