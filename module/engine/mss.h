/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_MSS_H
#define _XTCP_MSS_H

#include "tcb.h"

struct sk_buff;

void xtcp_sync_mss(struct sock *sk, u32 pmtu);
void xtcp_sync_route(struct sock *sk);
u16 xtcp_offered_mss(struct sock *sk);
u32 xtcp_size_goal(const struct sock *sk);
void xtcp_guess_rcv_mss(struct xtcp_sock *x, const struct sk_buff *skb);

#endif /* _XTCP_MSS_H */
