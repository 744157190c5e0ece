/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_INPUT_H
#define _XTCP_INPUT_H

#include "tcb.h"

void xtcp_segment_arrives(struct sock *sk, struct sk_buff *skb);

/* SEGMENT ARRIVES, step by step.  Each says whether to go on; where not, the
 * segment is consumed.  Not static and not inlined: ftrace shows the way that a
 * segment takes.
 */
noinline void xtcp_step_syn_sent(struct sock *sk, struct sk_buff *skb);
noinline bool xtcp_step_sequence(struct sock *sk, struct sk_buff *skb);
noinline bool xtcp_step_rst(struct sock *sk, struct sk_buff *skb);
noinline bool xtcp_step_syn(struct sock *sk, struct sk_buff *skb);
noinline bool xtcp_step_ack(struct sock *sk, struct sk_buff *skb);
noinline void xtcp_step_text(struct sock *sk, struct sk_buff *skb);
noinline void xtcp_step_fin(struct sock *sk);
noinline void xtcp_data_queue(struct sock *sk, struct sk_buff *skb);
noinline void xtcp_data_ready(struct sock *sk);

#endif /* _XTCP_INPUT_H */
