/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RCVQ_H
#define _XTCP_RCVQ_H

#include "../observe/drop.h"
#include "held.h"
#include "skb.h"
#include "tcb.h"

bool xtcp_rcvq_add(struct sock *sk, struct sk_buff *skb);
bool xtcp_rcvq_fill(struct sock *sk);
enum xtcp_drop_reason xtcp_rcvq_hold(struct sock *sk, struct sk_buff *skb);
struct xtcp_held *xtcp_rcvq_need_held(struct xtcp_sock *x);
void xtcp_rcvq_purge_held(struct sock *sk);
void xtcp_rcvq_free_held(struct sock *sk);
bool xtcp_rcvq_purge_unread(struct sock *sk);
u32 xtcp_unread(const struct sock *sk);

/* Does anything wait for its turn? */
static inline bool xtcp_rcvq_holds(const struct xtcp_sock *x)
{
	return unlikely(x->held) && !xtcp_reassembly_empty(&x->held->queue);
}

/* The skb of the receive queue with this sequence number, and its place there. */
static inline struct sk_buff *xtcp_rcvq_find(struct sock *sk, u32 seq, u32 *offset)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		*offset = seq - xtcp_seq(skb);
		if (*offset < skb->len)
			return skb;
	}
	return NULL;
}

/* Free an skb that was read to its end. */
static inline void xtcp_rcvq_eat(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	consume_skb(skb);
}

#endif /* _XTCP_RCVQ_H */
