/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include "tcb.h"

void xtcp_recovery_start(struct xtcp_sock *x);
void xtcp_recovery_acked(struct sock *sk, u32 acked_bytes);
void xtcp_recovery_dup_ack(struct sock *sk);
void xtcp_recovery_mark_first(struct sock *sk);
void xtcp_recovery_mark_all(struct sock *sk);
void xtcp_recovery_timeout(struct sock *sk);
void xtcp_recovery_resent(struct sock *sk, u32 end);

/* How much was sent and is not acknowledged: RFC 5681's FlightSize. */
static inline u32 xtcp_flight(const struct xtcp_sock *x)
{
	return x->snd_nxt - x->snd_una;
}

/* How much was sent, is not acknowledged, and is not thought lost: what is in
 * flight, RFC 6675's pipe.
 */
static inline u32 xtcp_pipe(const struct xtcp_sock *x)
{
	u32 lost = unlikely(x->rtx_head) ? x->rtx_end - x->rtx_nxt : 0;

	return xtcp_flight(x) - lost;
}

#endif /* _XTCP_RECOVERY_H */
