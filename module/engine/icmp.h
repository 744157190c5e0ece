/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ICMP_H
#define _XTCP_ICMP_H

#include "tuple.h"

struct sk_buff;
struct sock;

int xtcp_icmp_error(struct sk_buff *skb, const struct xtcp_tuple *t, u32 seq,
		    u32 info);
void xtcp_release_cb(struct sock *sk);

#endif /* _XTCP_ICMP_H */
