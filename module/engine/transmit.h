/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TRANSMIT_H
#define _XTCP_TRANSMIT_H

#include "../observe/why.h"
#include "tcb.h"

int xtcp_transmit_queued(struct sock *sk, struct sk_buff *skb, u32 mss);
void xtcp_send_ack(struct sock *sk, enum xtcp_why why);
void xtcp_send_challenge_ack(struct sock *sk);
void xtcp_send_keepalive(struct sock *sk);
void xtcp_send_reset(struct sock *sk);

#endif /* _XTCP_TRANSMIT_H */
