/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SNDQ_H
#define _XTCP_SNDQ_H

#include "../wire/segment.h"
#include "scoreboard.h"
#include "skb.h"
#include "tcb.h"

struct sk_buff *xtcp_sndq_append(struct sock *sk);
void xtcp_sndq_drop_empty(struct sock *sk);
struct sk_buff *xtcp_sndq_add_control(struct sock *sk, u8 flags);
bool xtcp_sndq_in_pieces(const struct sock *sk);
int xtcp_sndq_cut(struct sock *sk, struct sk_buff *skb, u32 len);
struct sk_buff *xtcp_sndq_cut_acked(struct sock *sk, struct sk_buff *skb);
bool xtcp_sndq_merge(struct sock *sk, struct sk_buff *skb, u32 most);
void xtcp_sndq_sent(struct sock *sk);
void xtcp_sndq_acked(struct sock *sk, struct sk_buff *skb);
void xtcp_sndq_free(struct sock *sk, struct sk_buff *skb);
void xtcp_sndq_purge(struct sock *sk);

/* The first that was never sent, or NULL. */
static inline struct sk_buff *xtcp_send_head(const struct sock *sk)
{
	return skb_peek(&sk->sk_write_queue);
}

/* There is nothing of the user's that the peer has not acknowledged. */
static inline bool xtcp_sndq_empty(const struct sock *sk)
{
	return skb_queue_empty(&sk->sk_write_queue) &&
	       xtcp_board_empty(&xtcp_sk(sk)->board);
}

/* The last skb that was not sent, if it has room (SHLD-27); or NULL. */
static inline struct sk_buff *xtcp_sndq_tail(struct sock *sk, u32 size_goal)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (!skb || skb->len >= size_goal ||
	    XTCP_CB(skb)->flags & (XTCP_FIN | XTCP_SYN) ||
	    XTCP_CB(skb)->stamped | XTCP_CB(skb)->eor)
		return NULL;
	return skb;
}

/* PSH where the user stops writing: RFC 9293, 3.10.2 (MUST-61). */
static inline void xtcp_sndq_push(struct sock *sk)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb)
		XTCP_CB(skb)->flags |= XTCP_PSH;
}

/* How many segments the data of an skb makes; a SYN or FIN alone counts as one. */
static inline u32 xtcp_sndq_segs(const struct sk_buff *skb, u32 mss)
{
	return skb->len <= mss ? 1 : DIV_ROUND_UP(skb->len, mss);
}

/* Data of ours, a FIN aside, that the peer has not acknowledged. */
static inline u32 xtcp_unacked_bytes(const struct xtcp_sock *x)
{
	return x->write_seq - x->snd_una - x->fin_queued;
}

#endif /* _XTCP_SNDQ_H */
