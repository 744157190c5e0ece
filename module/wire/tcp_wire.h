/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TCP_WIRE_H
#define _XTCP_TCP_WIRE_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct xtcp_hold;
struct xtcp_ip_upcalls;
struct xtcp_net;

void xtcp_tcp_wire_init(const struct xtcp_ip_upcalls *up);
void xtcp_tcp_wire_restore(struct sk_buff *skb);
void xtcp_tcp_wire_net_init(struct xtcp_net *xn);
bool xtcp_tcp_wire_net_stop(struct xtcp_net *xn);
void xtcp_tcp_wire_net_exit(struct xtcp_net *xn);

struct xtcp_hold *xtcp_hold_get(struct sock *sk, u16 port, bool reuse);
int xtcp_hold_listen(struct xtcp_hold *hold);
void xtcp_hold_guard(struct xtcp_hold *hold, int by);
void xtcp_hold_ref(struct xtcp_hold *hold);
void xtcp_hold_put(struct xtcp_hold *hold);

#endif /* _XTCP_TCP_WIRE_H */
