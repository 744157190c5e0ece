/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CLOSE_H
#define _XTCP_CLOSE_H

#include "tcb.h"

void xtcp_close(struct sock *sk, long timeout);
void xtcp_shutdown(struct sock *sk, int how);
int xtcp_disconnect(struct sock *sk, int flags);
int xtcp_destroy_by_admin(struct sock *sk, int err);
void xtcp_end_connections(struct xtcp_net *xn);

#endif /* _XTCP_CLOSE_H */
