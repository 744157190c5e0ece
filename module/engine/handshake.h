/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HANDSHAKE_H
#define _XTCP_HANDSHAKE_H

#include "connection.h"

int xtcp_handshake_init(void);
void xtcp_handshake_exit(void);

bool xtcp_listener_segment(struct sock *sk, struct sk_buff *skb);
bool xtcp_request_get(struct xtcp_request *req);
void xtcp_request_put(struct xtcp_request *req);
void xtcp_request_fail(struct xtcp_request *req, enum xtcp_event event);
bool xtcp_request_fire(struct xtcp_request *req);

#endif /* _XTCP_HANDSHAKE_H */
