/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_FAMILY_H
#define _XTCP_FAMILY_H

#include <linux/net.h>
#include <net/sock.h>

extern const struct proto_ops xtcp_stream_ops;
extern struct proto xtcp_prot;

int xtcp_family_init(void);
void xtcp_family_stop(void);
void xtcp_family_exit(void);

#endif /* _XTCP_FAMILY_H */
