/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_URGENT_H
#define _XTCP_URGENT_H

#include "../wire/segment.h"
#include "tcb.h"

struct sk_buff;

noinline void xtcp_step_urg(struct sock *sk, const struct sk_buff *skb,
			    const struct xtcp_segment *seg);
u16 xtcp_urgent_pointer(const struct xtcp_sock *x, u32 seq);

/* Has the peer said where its urgent byte is, and not sent it yet? */
static inline bool xtcp_urgent_awaited(const struct sock *sk)
{
	return xtcp_sk(sk)->urg_phase == XTCP_URGENT_COMING;
}

#endif /* _XTCP_URGENT_H */
