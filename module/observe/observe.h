/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OBSERVE_H
#define _XTCP_OBSERVE_H

#include "../netns.h"

int xtcp_proc_net_init(struct xtcp_net *xn);
void xtcp_proc_net_exit(struct xtcp_net *xn);
int xtcp_sysctl_net_init(struct xtcp_net *xn);
void xtcp_sysctl_net_exit(struct xtcp_net *xn);

#endif /* _XTCP_OBSERVE_H */
