/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TIMEOUT_H
#define _XTCP_TIMEOUT_H

#include "tcb.h"

void xtcp_timeout(struct sock *sk, enum xtcp_timer timer);
void xtcp_arm_keepalive(struct sock *sk);
void xtcp_keepalive_changed(struct sock *sk);
void xtcp_set_keepalive(struct sock *sk, int on);
void xtcp_fin_wait_2(struct sock *sk);
bool xtcp_orphan_is_too_much(struct sock *sk, int count);

#endif /* _XTCP_TIMEOUT_H */
