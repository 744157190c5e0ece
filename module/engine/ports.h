/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PORTS_H
#define _XTCP_PORTS_H

#include "../netns.h"
#include "tcb.h"

int xtcp_ports_init(void);
void xtcp_ports_exit(void);
int xtcp_ports_net_init(struct xtcp_net *xn);
void xtcp_ports_net_exit(struct xtcp_net *xn);

int xtcp_get_port(struct sock *sk, unsigned short num);
int xtcp_port_readdress(struct sock *sk);
/* Does what stands for the 4-tuple that @sk wants make room for it? */
typedef bool xtcp_port_yields(struct sock *sk);

int xtcp_port_connect(struct sock *sk, xtcp_port_yields *yields);
int xtcp_port_listen(struct sock *sk);
void xtcp_port_unlisten(struct sock *sk);
int xtcp_port_inherit(struct sock *child, struct sock *listener);
void xtcp_put_port(struct sock *sk);
void xtcp_port_keep(struct xtcp_sock *x, struct xtcp_owner *heir);
void xtcp_port_drop(struct xtcp_net *xn, struct xtcp_owner *heir);
struct sock *xtcp_lookup_listener(struct xtcp_net *xn,
				  const struct xtcp_tuple *t, int ifindex,
				  int l3_ifindex);
struct sock *xtcp_next_listener(struct xtcp_net *xn, unsigned long *id);

#endif /* _XTCP_PORTS_H */
