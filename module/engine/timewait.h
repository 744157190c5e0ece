/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TIMEWAIT_H
#define _XTCP_TIMEWAIT_H

#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include "agreed.h"
#include "fsm.h"
#include "owners.h"
#include "timestamps.h"
#include "tuple.h"

struct sk_buff;
struct sock;
struct xtcp_net;
struct xtcp_segment;

/**
 * struct xtcp_timewait - a closed connection that keeps its 4-tuple for 2MSL
 *
 * Guarded by @lock, except what the table reads.
 */
struct xtcp_timewait {
	struct xtcp_node	node;
	struct xtcp_link	link;
	refcount_t		refcnt;
	spinlock_t		lock;		/* all but what the table reads */
	struct xtcp_net		*xn;
	struct xtcp_owner	owner;
	struct timer_list	timer;
	struct rcu_head		rcu;
	u32			snd_nxt;
	u32			rcv_nxt;
	u32			rcv_wnd;
	u32			mark;
	u32			priority;
	u32			answered_ms;	/* when a challenge was last answered */
	struct xtcp_timestamps	ts;
	struct xtcp_agreed	agreed;
	u8			tos;
	u8			ttl;		/* 0: the route's */
	bool			dead;
};

int xtcp_timewait_init(void);
void xtcp_timewait_exit(void);
void xtcp_time_wait(struct sock *sk, enum xtcp_event event);
bool xtcp_timewait_cedes(struct xtcp_net *xn, const struct sk_buff *skb,
			 const struct xtcp_tuple *t, const struct xtcp_segment *syn);
bool xtcp_timewait_follow(struct xtcp_net *xn, const struct xtcp_tuple *t, bool bound,
			  u32 *isn);
bool xtcp_timewait_segment(struct xtcp_timewait *tw, struct sk_buff *skb,
			   const struct xtcp_segment *seg);
bool xtcp_timewait_get(struct xtcp_timewait *tw);
void xtcp_timewait_put(struct xtcp_timewait *tw);
void xtcp_timewait_kill(struct xtcp_timewait *tw, enum xtcp_event event);
bool xtcp_timewait_fire(struct xtcp_timewait *tw);

#endif /* _XTCP_TIMEWAIT_H */
