/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_EPHEMERAL_H
#define _XTCP_EPHEMERAL_H

#include <linux/types.h>

struct sock;

/* Does what stands for the 4-tuple that @sk wants make room for it? */
typedef bool xtcp_port_yields(struct sock *sk);

int xtcp_ephemeral_init(void);
void xtcp_ephemeral_exit(void);
int xtcp_get_port(struct sock *sk, unsigned short num);
int xtcp_port_connect(struct sock *sk, xtcp_port_yields *yields);

#endif /* _XTCP_EPHEMERAL_H */
