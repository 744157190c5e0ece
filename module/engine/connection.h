/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONNECTION_H
#define _XTCP_CONNECTION_H

#include "fsm.h"
#include "tcb.h"

void xtcp_init_connection(struct xtcp_sock *x);
void xtcp_clear_connection(struct xtcp_sock *x);
void xtcp_begin_at(struct sock *sk, u32 iss);
int xtcp_next_state(const struct xtcp_net *xn, const struct xtcp_tuple *t, int from,
		    enum xtcp_event event);
bool xtcp_transition(struct sock *sk, enum xtcp_event event);
void xtcp_timeouts_over(struct xtcp_sock *x);
void xtcp_done(struct sock *sk, enum xtcp_event event, int err);
void xtcp_destroy(struct sock *sk);

#endif /* _XTCP_CONNECTION_H */
