/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_KERNEL_TCP_H
#define _XTCP_KERNEL_TCP_H

#include <linux/types.h>

struct net;
struct sk_buff;
struct sock;
struct xtcp_tuple;

bool xtcp_kernel_tcp_has(const struct sock *sk, const struct xtcp_tuple *t);
bool xtcp_kernel_tcp_has_received(struct net *net, const struct sk_buff *skb,
				  const struct xtcp_tuple *t);
bool xtcp_kernel_tcp_listens(struct net *net, struct sk_buff *skb, u32 offset,
			     const struct xtcp_tuple *t);
bool xtcp_kernel_tcp_bound(struct net *net, u16 port, int l3mdev);

#endif /* _XTCP_KERNEL_TCP_H */
