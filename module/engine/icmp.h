/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ICMP_H
#define _XTCP_ICMP_H

struct sk_buff;
struct sock;
struct xtcp_icmp;
struct xtcp_tuple;

int xtcp_icmp_error(struct sk_buff *skb, const struct xtcp_tuple *t,
		    const struct xtcp_icmp *icmp);
void xtcp_release_cb(struct sock *sk);

#endif /* _XTCP_ICMP_H */
