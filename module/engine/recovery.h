/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include "tcb.h"

void xtcp_recovery_acked(struct sock *sk, u32 acked_bytes);
void xtcp_recovery_dup_ack(struct sock *sk);
void xtcp_recovery_window_moved(struct sock *sk);
void xtcp_recovery_window_opened(struct sock *sk);
void xtcp_recovery_timeout(struct sock *sk);

#endif /* _XTCP_RECOVERY_H */
