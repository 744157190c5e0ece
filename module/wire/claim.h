/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CLAIM_H
#define _XTCP_CLAIM_H

#include <linux/types.h>

struct sk_buff;
struct xtcp_ip_upcalls;
struct xtcp_net;

/**
 * struct xtcp_claim - a claim on the segments for a port; part of a hold
 * @node: in its bucket; tcp_wire_lock; read under RCU by the hook
 * @addr: the address; 0: every one
 * @port: the port
 * @guards: how many of the hold's users share the port with nobody
 * @shared: sockets of the kernel's TCP may have been on the port when the first
 *	guard came: connections without a listener; tcp_wire_lock
 */
struct xtcp_claim {
	struct hlist_node	node;
	__be32			addr;
	u32			guards;
	u16			port;
	bool			shared;
};

void xtcp_claim_init(const struct xtcp_ip_upcalls *up);
void xtcp_claim_net_exit(struct xtcp_net *xn);
void xtcp_claim_restore(struct sk_buff *skb);

bool xtcp_claim_held(const struct xtcp_net *xn, u16 port);
struct hlist_head *xtcp_claim_bucket(struct xtcp_net *xn, u16 port);
bool xtcp_claim_overlaps(const struct xtcp_claim *c, __be32 addr, u16 port);
bool xtcp_is_claimed(struct xtcp_net *xn, __be32 addr, u16 port);
int xtcp_claim_hook(struct xtcp_net *xn);
void xtcp_claim_unhook(struct xtcp_net *xn);
void xtcp_claim_enter(struct xtcp_net *xn, struct xtcp_claim *c);
void xtcp_claim_leave(struct xtcp_net *xn, struct xtcp_claim *c);

#endif /* _XTCP_CLAIM_H */
