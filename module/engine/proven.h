/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PROVEN_H
#define _XTCP_PROVEN_H

#include "../netns.h"

struct in6_addr;

void xtcp_proven_init(void);
void xtcp_host_proves(struct xtcp_net *xn, const struct in6_addr *addr);
bool xtcp_host_is_proven(const struct xtcp_net *xn, const struct in6_addr *addr);

#endif /* _XTCP_PROVEN_H */
