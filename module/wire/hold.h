/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HOLD_H
#define _XTCP_HOLD_H

#include <linux/types.h>

struct sock;
struct xtcp_hold;
struct xtcp_net;

int xtcp_hold_net_init(struct xtcp_net *xn);
void xtcp_hold_net_exit(struct xtcp_net *xn);

struct xtcp_hold *xtcp_hold_get(struct sock *sk, u16 port, bool reuse);
int xtcp_hold_listen(struct xtcp_hold *hold);
void xtcp_hold_guard(struct xtcp_hold *hold, int by);
void xtcp_hold_ref(struct xtcp_hold *hold);
void xtcp_hold_put(struct xtcp_hold *hold);
void xtcp_hold_settle(struct xtcp_net *xn);

#endif /* _XTCP_HOLD_H */
