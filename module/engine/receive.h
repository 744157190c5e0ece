/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECEIVE_H
#define _XTCP_RECEIVE_H

#include "../wire/ip.h"
#include "tuple.h"

struct sk_buff;
struct sock;
struct xtcp_net;
struct xtcp_segment;

int xtcp_rcv(struct sk_buff *skb);
enum xtcp_standing xtcp_standing(struct xtcp_net *xn, const struct sk_buff *skb,
				 const struct xtcp_tuple *t, u32 ack,
				 struct sock **listener);
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb);

#endif /* _XTCP_RECEIVE_H */
