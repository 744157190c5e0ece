/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HANDSHAKE_H
#define _XTCP_HANDSHAKE_H

#include "connection.h"

int xtcp_handshake_init(void);
void xtcp_handshake_exit(void);

u32 xtcp_isn(struct xtcp_net *xn, const struct xtcp_tuple *t);
int xtcp_start_listening(struct sock *sk);
void xtcp_stop_listening(struct sock *sk, enum xtcp_event event);
bool xtcp_listener_segment(struct sock *sk, struct sk_buff *skb);
bool xtcp_request_get(struct xtcp_request *req);
void xtcp_request_put(struct xtcp_request *req);
void xtcp_request_fail(struct xtcp_request *req, enum xtcp_event event);
bool xtcp_request_fire(struct xtcp_request *req);
void xtcp_skb_tuple(const struct sk_buff *skb, struct xtcp_tuple *t);
void xtcp_reply_reset(struct xtcp_net *xn, const struct sk_buff *skb);

#endif /* _XTCP_HANDSHAKE_H */
