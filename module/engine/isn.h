/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ISN_H
#define _XTCP_ISN_H

#include "../netns.h"
#include "tuple.h"

void xtcp_isn_init(void);
u32 xtcp_isn(struct xtcp_net *xn, const struct xtcp_tuple *t, u64 now_ns);
u32 xtcp_timestamp_offset(const struct xtcp_net *xn, const struct xtcp_tuple *t);

#endif /* _XTCP_ISN_H */
