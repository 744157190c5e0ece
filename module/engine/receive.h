/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECEIVE_H
#define _XTCP_RECEIVE_H

#include "connection.h"

int xtcp_rcv(struct sk_buff *skb);
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb);

#endif /* _XTCP_RECEIVE_H */
