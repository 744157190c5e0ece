/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_REQUEST_H
#define _XTCP_REQUEST_H

#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include "../observe/drop.h"
#include "../wire/early.h"
#include "agreed.h"
#include "fsm.h"
#include "timestamps.h"
#include "tuple.h"

struct dst_entry;
struct sock;
struct xtcp_segment;

/**
 * struct xtcp_request - a half-open connection of a listener, SYN_RECEIVED
 *
 * What stands above @lock never changes, once the table has it; @list is the queue's.
 */
struct xtcp_request {
	struct xtcp_node	node;
	struct xtcp_link	link;
	u32			secid;		/* its security label */
	struct sock		*listener;	/* counted */
	struct list_head	list;		/* in listener->requests */
	struct rcu_head		rcu;
	u32			irs;
	u32			iss;
	u32			snd_wnd;
	u32			rcv_wnd;
	u32			mark;
	u32			priority;
	u32			sent_us;	/* when the SYN,ACK first left */
	struct xtcp_timestamps	ts;
	struct xtcp_agreed	agreed;
	struct xtcp_in_route	in_route;	/* the SYN's */
	u16			peer_mss;
	u8			tos;
	u8			ttl;		/* 0: the route's */
	refcount_t		refcnt;
	spinlock_t		lock;		/* what follows */
	struct timer_list	timer;
	struct dst_entry	*route;		/* the SYN,ACK's, counted; NULL: not kept */
	u32			challenge_ms;	/* when something was answered last */
	u8			retries;
	u8			acked:1,	/* waits for data, TCP_DEFER_ACCEPT; or for room */
				resent:1,	/* to a SYN that came twice */
				plain:1,	/* which did not ask for ECN then */
				dead:1;		/* no longer in the table */
};

int xtcp_requests_init(void);
void xtcp_requests_exit(void);

struct xtcp_request *xtcp_request_alloc(struct sock *sk);
bool xtcp_request_get(struct xtcp_request *req);
void xtcp_request_put(struct xtcp_request *req);
enum xtcp_drop_reason xtcp_request_enter(struct xtcp_request *req, u64 now_ns);
void xtcp_request_end(struct xtcp_request *req, bool replaced);
void xtcp_request_fail_locked(struct xtcp_request *req, enum xtcp_event event);
void xtcp_request_fail(struct xtcp_request *req, enum xtcp_event event);
void xtcp_request_answer_again(struct xtcp_request *req, const struct xtcp_segment *seg);
void xtcp_request_send_cookie(const struct xtcp_request *req, u64 now_ns);
void xtcp_request_send_ack(struct xtcp_request *req);
void xtcp_request_use_route(struct xtcp_node *node, struct sk_buff *skb);
bool xtcp_request_fire(struct xtcp_request *req);

#endif /* _XTCP_REQUEST_H */
