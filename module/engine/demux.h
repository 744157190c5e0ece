/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_DEMUX_H
#define _XTCP_DEMUX_H

#include "../netns.h"
#include "tuple.h"

struct sk_buff;
struct sock;

void xtcp_demux_init(void (*use_route)(struct xtcp_node *node, struct sk_buff *skb));
int xtcp_demux_net_init(struct xtcp_net *xn);
void xtcp_demux_net_exit(struct xtcp_net *xn);

struct xtcp_node *xtcp_lookup(struct xtcp_net *xn, const struct xtcp_tuple *t);
struct xtcp_node *xtcp_lookup_received(struct xtcp_net *xn,
				       const struct sk_buff *skb,
				       const struct xtcp_tuple *t);
struct sock *xtcp_node_get(const struct xtcp_net *xn, struct xtcp_node *node,
			   const struct xtcp_tuple *t);
bool xtcp_node_receives(struct xtcp_net *xn, struct xtcp_node *node,
			const struct sk_buff *skb);
struct sock *xtcp_lookup_open(struct xtcp_net *xn, struct sk_buff *skb,
			      const struct xtcp_tuple *t);
bool xtcp_lookup_open_route(struct xtcp_net *xn, struct sk_buff *skb,
			    const struct xtcp_tuple *t);
struct xtcp_node *xtcp_walk_node(void *entry);
int xtcp_link_insert(struct xtcp_net *xn, struct xtcp_link *link);
void xtcp_link_remove(struct xtcp_net *xn, struct xtcp_link *link);
int xtcp_link_replace(struct xtcp_net *xn, struct xtcp_link *old,
		      struct xtcp_link *new);
void xtcp_unhash(struct sock *sk);

#endif /* _XTCP_DEMUX_H */
