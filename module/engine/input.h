/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_INPUT_H
#define _XTCP_INPUT_H

#include "../observe/drop.h"
#include "../wire/segment.h"
#include "tcb.h"

void xtcp_segment_arrives(struct sock *sk, struct sk_buff *skb,
			  struct xtcp_segment *seg);

/* SEGMENT ARRIVES, step by step; the sixth, xtcp_step_urg(), is in urgent.h, the
 * seventh, xtcp_step_text(), in text.h.  They are neither static nor inlined, so that
 * ftrace shows the way that a segment takes.
 */
noinline enum xtcp_drop_reason xtcp_step_syn_sent(struct sock *sk,
						  struct sk_buff *skb,
						  const struct xtcp_segment *seg);
noinline enum xtcp_drop_reason xtcp_step_timestamps(struct sock *sk, struct sk_buff *skb,
						    const struct xtcp_segment *seg);
noinline enum xtcp_drop_reason xtcp_step_sequence(struct sock *sk,
						  struct sk_buff *skb,
						  struct xtcp_segment *seg);
noinline enum xtcp_drop_reason xtcp_step_rst(struct sock *sk,
					     const struct xtcp_segment *seg);
noinline enum xtcp_drop_reason xtcp_step_syn(struct sock *sk);
noinline enum xtcp_drop_reason xtcp_step_ack(struct sock *sk, struct sk_buff *skb,
					     const struct xtcp_segment *seg);
noinline void xtcp_step_fin(struct sock *sk);

#endif /* _XTCP_INPUT_H */
