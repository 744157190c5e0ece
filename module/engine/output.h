/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OUTPUT_H
#define _XTCP_OUTPUT_H

#include "tcb.h"

struct sk_buff *xtcp_data_skb(struct sock *sk, gfp_t gfp);
void xtcp_queue_skb(struct sock *sk, struct sk_buff *skb);
void xtcp_output(struct sock *sk, u8 nonagle);
void xtcp_output_pause(struct sock *sk);
void xtcp_note_limit(struct sock *sk);
void xtcp_arm_retransmit(struct sock *sk);
void xtcp_limit_patience(struct sock *sk);
bool xtcp_user_timeout_over(const struct xtcp_sock *x);
int xtcp_output_probe(struct sock *sk);
void xtcp_free_acked(struct sock *sk, struct sk_buff *skb);
int xtcp_resend(struct sock *sk, struct sk_buff *skb, u32 most_bytes);
int xtcp_send_syn(struct sock *sk, u8 flags);
int xtcp_send_fin(struct sock *sk);
void xtcp_send_ack(struct sock *sk);
void xtcp_ack_before_wait(struct sock *sk);
void xtcp_send_challenge_ack(struct sock *sk);
void xtcp_send_keepalive(struct sock *sk);
void xtcp_send_reset(struct sock *sk);
void xtcp_initial_window(struct sock *sk);
void xtcp_window_update(struct sock *sk);
u32 xtcp_offered_window(const struct sock *sk);
u16 xtcp_offered_mss(struct sock *sk);
void xtcp_sync_mss(struct sock *sk, u32 pmtu);
u32 xtcp_size_goal(const struct sock *sk);

#endif /* _XTCP_OUTPUT_H */
