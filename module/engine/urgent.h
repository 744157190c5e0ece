/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_URGENT_H
#define _XTCP_URGENT_H

#include "../wire/segment.h"
#include "seq.h"
#include "tcb.h"

struct sk_buff;

noinline void xtcp_step_urg(struct sock *sk, const struct sk_buff *skb,
			    const struct xtcp_segment *seg);
u16 xtcp_urgent_pointer(const struct xtcp_sock *x, u32 seq);

/* Is the urgent byte next: the mark?  Out of line, the reader steps over it. */
static inline bool xtcp_at_mark(const struct sock *sk, u32 seq)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return x->urg_phase != XTCP_URGENT_NONE && x->urg_seq == seq;
}

/* How many of the @used bytes from @seq lie before the mark. */
static inline u32 xtcp_before_mark(const struct sock *sk, u32 seq, u32 used)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (likely(x->urg_phase == XTCP_URGENT_NONE))
		return used;
	return min(used, x->urg_seq - seq ?: used);
}

/* The reader has moved on: has it passed the mark? */
static inline void xtcp_forget_mark(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->urg_phase != XTCP_URGENT_NONE && seq_gt(x->copied_seq, x->urg_seq))
		x->urg_phase = XTCP_URGENT_NONE;
}

/* Has the peer said where its urgent byte is, and not sent it yet? */
static inline bool xtcp_urgent_awaited(const struct sock *sk)
{
	return xtcp_sk(sk)->urg_phase == XTCP_URGENT_COMING;
}

#endif /* _XTCP_URGENT_H */
