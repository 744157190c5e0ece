/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CLAIM_H
#define _XTCP_CLAIM_H

#include <linux/types.h>

struct sk_buff;
struct xtcp_ip_upcalls;
struct xtcp_net;

void xtcp_claim_init(const struct xtcp_ip_upcalls *up);
void xtcp_claim_net_init(struct xtcp_net *xn);
bool xtcp_claim_net_stop(struct xtcp_net *xn);
void xtcp_claim_net_exit(struct xtcp_net *xn);
void xtcp_claim_restore(struct sk_buff *skb);

int xtcp_claim_get(struct xtcp_net *xn);
void xtcp_claim_put(struct xtcp_net *xn);
void xtcp_claim_port(struct xtcp_net *xn, u16 port);
void xtcp_claim_no_port(struct xtcp_net *xn, u16 port);

#endif /* _XTCP_CLAIM_H */
