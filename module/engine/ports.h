/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PORTS_H
#define _XTCP_PORTS_H

#include "../netns.h"
#include "tcb.h"

/**
 * enum xtcp_port_wish - which port will do for bind()
 * @XTCP_PORT_SHARED: one that the rules allow it to have
 * @XTCP_PORT_UNUSED: only one that nobody owns
 * @XTCP_PORT_ALONE: only one that nobody owns at its address and on its device
 */
enum xtcp_port_wish {
	XTCP_PORT_SHARED,
	XTCP_PORT_UNUSED,
	XTCP_PORT_ALONE,
};

int xtcp_ports_init(void);
void xtcp_ports_exit(void);
int xtcp_ports_net_init(struct xtcp_net *xn);
void xtcp_ports_net_exit(struct xtcp_net *xn);

int xtcp_port_bind(struct sock *sk, u16 num, enum xtcp_port_wish wish);
int xtcp_port_connect_to(struct sock *sk, u16 num, bool held);
int xtcp_port_readdress(struct sock *sk);
int xtcp_port_listen(struct sock *sk);
void xtcp_port_unlisten(struct sock *sk);
int xtcp_port_inherit(struct sock *child, struct sock *listener);
void xtcp_put_port(struct sock *sk);
void xtcp_port_keep(struct xtcp_sock *x, struct xtcp_owner *heir);
void xtcp_port_drop(struct xtcp_net *xn, struct xtcp_owner *heir);
struct sock *xtcp_port_idle_sock(struct xtcp_net *xn, u8 wire, u16 num, unsigned int nth);

#endif /* _XTCP_PORTS_H */
