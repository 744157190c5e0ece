/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OUTPUT_H
#define _XTCP_OUTPUT_H

#include "tcb.h"

/* struct xtcp_sock.nonagle, as TCP_NODELAY and TCP_CORK set it */
#define XTCP_NAGLE_OFF	BIT(0)
#define XTCP_NAGLE_CORK	BIT(1)
#define XTCP_NAGLE_PUSH	BIT(2)	/* TCP_NODELAY was just set: send what waits */

void xtcp_output(struct sock *sk, u8 nonagle);
void xtcp_output_lost(struct sock *sk);
void xtcp_output_loss_probe(struct sock *sk);
void xtcp_output_pause(struct sock *sk);
int xtcp_output_probe(struct sock *sk);
void xtcp_note_limit(struct sock *sk);
void xtcp_send_due(struct sock *sk);
int xtcp_send_syn(struct sock *sk, u8 flags);
int xtcp_send_fin(struct sock *sk);
void xtcp_window_update(struct sock *sk);
void xtcp_ack_before_wait(struct sock *sk);

#endif /* _XTCP_OUTPUT_H */
