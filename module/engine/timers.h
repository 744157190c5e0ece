/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TIMERS_H
#define _XTCP_TIMERS_H

#include "tcb.h"

/* What to do when a timer fires: timeout.c.  Socket locked, softirq. */
typedef void (*xtcp_timer_handler)(struct sock *sk, enum xtcp_timer timer);

void xtcp_timers_init(struct sock *sk);
void xtcp_timer_arm(struct sock *sk, enum xtcp_timer timer,
		    unsigned long expires);
void xtcp_timers_stop(struct sock *sk);
bool xtcp_timer_fire(struct sock *sk, enum xtcp_timer timer);
void xtcp_timers_set_handler(xtcp_timer_handler handler);
void xtcp_arm_retransmit(struct sock *sk);
void xtcp_arm_timeout(struct sock *sk);
void xtcp_arm_timeout_since(struct sock *sk, u32 sent_us);
void xtcp_arm_reordering(struct sock *sk, u32 left_us);
void xtcp_arm_reneging(struct sock *sk);
void xtcp_limit_patience(struct sock *sk);
bool xtcp_user_timeout_over(const struct xtcp_sock *x);

static inline bool xtcp_timer_armed(const struct xtcp_sock *x,
				    enum xtcp_timer timer)
{
	return x->armed & BIT(timer);
}

/**
 * xtcp_timer_expires() - when a timer is due
 * @x: the connection
 * @timer: which; armed, for less than half the range of 32 bits
 *
 * Return: when, in jiffies
 */
static inline unsigned long xtcp_timer_expires(const struct xtcp_sock *x,
					       enum xtcp_timer timer)
{
	unsigned long now = jiffies;

	return now + (s32)(READ_ONCE(x->expires[timer]) - (u32)now);
}

/**
 * xtcp_timer_stop() - a timer is not wanted any more
 * @x: the connection, locked
 * @timer: which
 *
 * The kernel's timer may stay pending; when it fires it finds nothing armed.
 * That is cheaper than taking it out for each ACK.
 */
static inline void xtcp_timer_stop(struct xtcp_sock *x, enum xtcp_timer timer)
{
	x->armed &= ~BIT(timer);
}

#endif /* _XTCP_TIMERS_H */
