/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_QUEUES_H
#define _XTCP_QUEUES_H

#include <linux/types.h>

struct list_head;
struct sock;

void xtcp_queues_init(struct sock *sk);
void xtcp_cookie_sent(struct sock *sk);
bool xtcp_cookies_out(const struct sock *sk);
u32 xtcp_requests_most(const struct sock *sk);
bool xtcp_request_enqueue(struct sock *sk, struct list_head *request);
void xtcp_request_dequeue(struct sock *sk, struct list_head *request, bool young);
void xtcp_request_ages(struct sock *sk);
u8 xtcp_request_retries(const struct sock *sk, u8 most);
bool xtcp_accept_enqueue(struct sock *sk, struct sock *child);
struct sock *xtcp_accept_drain(struct sock *sk);
struct sock *xtcp_accept_dequeue(struct sock *sk);

#endif /* _XTCP_QUEUES_H */
