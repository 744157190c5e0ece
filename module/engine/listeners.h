/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_LISTENERS_H
#define _XTCP_LISTENERS_H

#include "../netns.h"
#include "tuple.h"

struct sk_buff;
struct sock;

int xtcp_listeners_net_init(struct xtcp_net *xn);
void xtcp_listeners_net_exit(struct xtcp_net *xn);

int xtcp_listeners_add(struct sock *sk);
void xtcp_listeners_remove(struct sock *sk);
struct sock *xtcp_lookup_listener(struct xtcp_net *xn, const struct xtcp_tuple *t,
				  int ifindex, int l3_ifindex);
struct sock *xtcp_listener_of_group(struct sock *sk, struct sk_buff *skb,
				    const struct xtcp_tuple *t);
struct sock *xtcp_next_listener(struct xtcp_net *xn, unsigned long *id);

#endif /* _XTCP_LISTENERS_H */
