/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TEXT_H
#define _XTCP_TEXT_H

#include "../observe/drop.h"
#include "../wire/segment.h"

struct sk_buff;
struct sock;
struct xtcp_sock;

noinline enum xtcp_drop_reason xtcp_step_text(struct sock *sk, struct sk_buff *skb,
					      struct xtcp_segment *seg);
void xtcp_note_duplicate(struct xtcp_sock *x, u32 start, u32 end);
noinline void xtcp_data_ready(struct sock *sk);

#endif /* _XTCP_TEXT_H */
