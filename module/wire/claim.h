/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CLAIM_H
#define _XTCP_CLAIM_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include "../netns.h"

struct sk_buff;
struct xtcp_ip_upcalls;

/**
 * struct xtcp_tcp_wire - what the hook looks at first; made with the first use, kept
 * @used: bit N: port N has an owner on TCP's wire, at some address
 */
struct xtcp_tcp_wire {
	DECLARE_BITMAP(used, 65536);
};

void xtcp_claim_init(const struct xtcp_ip_upcalls *up);
void xtcp_claim_net_init(struct xtcp_net *xn);
bool xtcp_claim_net_stop(struct xtcp_net *xn);
void xtcp_claim_net_exit(struct xtcp_net *xn);
void xtcp_claim_restore(struct sk_buff *skb);

int xtcp_claim_get(struct xtcp_net *xn);
void xtcp_claim_put(struct xtcp_net *xn);
void xtcp_claim_port(struct xtcp_net *xn, u16 port);
void xtcp_claim_no_port(struct xtcp_net *xn, u16 port);

/**
 * xtcp_claim_port_used() - has a port an owner on TCP's wire, at any address?
 * @xn: the namespace; it may never have had one
 * @port: the port
 *
 * Any context.
 */
static inline bool xtcp_claim_port_used(const struct xtcp_net *xn, u16 port)
{
	const struct xtcp_tcp_wire *tw;

	/* zeroed before it was there */
	tw = smp_load_acquire(&xn->tcp_wire);
	return tw && test_bit(port, tw->used);
}

#endif /* _XTCP_CLAIM_H */
