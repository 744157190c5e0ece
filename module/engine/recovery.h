/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include "tcb.h"

struct xtcp_delivery;
struct xtcp_segment;

void xtcp_recovery_start(struct xtcp_sock *x);
void xtcp_recovery_ack(struct sock *sk, const struct xtcp_segment *seg,
		       struct xtcp_delivery *d);
void xtcp_recovery_idle(struct xtcp_sock *x);
void xtcp_recovery_mark_first(struct sock *sk);
void xtcp_recovery_mark_all(struct sock *sk);
void xtcp_recovery_timeout(struct sock *sk);
u32 xtcp_recovery_reordering_over(struct sock *sk);
void xtcp_recovery_sent(struct xtcp_sock *x, u32 seq, u32 end, bool again, u64 now_ns);
void xtcp_recovery_probed(struct xtcp_sock *x, bool again);

#endif /* _XTCP_RECOVERY_H */
