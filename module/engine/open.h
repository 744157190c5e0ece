/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OPEN_H
#define _XTCP_OPEN_H

#include "../wire/segment.h"
#include "tcb.h"

struct sk_buff;

int xtcp_open(struct sock *sk, const struct in6_addr *raddr, u16 rport);
void xtcp_syn_again_soon(struct sock *sk);
void xtcp_syn_crossed(struct sock *sk, const struct xtcp_segment *seg);
void xtcp_syn_ack_received(struct sock *sk, struct sk_buff *skb,
			   const struct xtcp_segment *seg);
void xtcp_syn_acked(struct sock *sk, const struct xtcp_segment *seg);

#endif /* _XTCP_OPEN_H */
