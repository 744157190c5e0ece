/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a received segment was dropped: each reason has a counter, and the
 * tracepoint xtcp_drop names it.
 */
#ifndef _XTCP_DROP_H
#define _XTCP_DROP_H

#include "../netns.h"
#include "drops.h"

struct sk_buff;

void xtcp_drop(struct xtcp_net *xn, struct sk_buff *skb,
	       enum xtcp_drop_reason reason);

#endif /* _XTCP_DROP_H */
