/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CLAIM_ICMP_H
#define _XTCP_CLAIM_ICMP_H

struct sk_buff;
struct xtcp_ip_upcalls;
struct xtcp_net;

void xtcp_claim_icmp_init(const struct xtcp_ip_upcalls *up);
void xtcp_claim_icmp_error(struct xtcp_net *xn, struct sk_buff *skb);
void xtcp_claim_icmp6_error(struct xtcp_net *xn, struct sk_buff *skb, u32 offset);

#endif /* _XTCP_CLAIM_ICMP_H */
