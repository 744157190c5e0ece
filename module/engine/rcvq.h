/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RCVQ_H
#define _XTCP_RCVQ_H

#include "../observe/drop.h"
#include "tcb.h"

bool xtcp_rcvq_add(struct sock *sk, struct sk_buff *skb);
bool xtcp_rcvq_fill(struct sock *sk);
enum xtcp_drop_reason xtcp_rcvq_hold(struct sock *sk, struct sk_buff *skb);
void xtcp_rcvq_purge_held(struct sock *sk);

#endif /* _XTCP_RCVQ_H */
