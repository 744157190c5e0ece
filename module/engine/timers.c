// SPDX-License-Identifier: GPL-2.0
/*
 * Arming and stopping the timers of a connection, and bringing their expiry
 * to it under its lock.  What to do then is in timeout.c.
 *
 * A connection's timers move with nearly every segment, but the kernel's
 * timer_list need not: struct xtcp_sock notes when each is due, and the one
 * timer_list, when it fires early, is set anew for the rest.  So it is touched only
 * to make it fire sooner, and all three timers share it.
 */
#include "../compat.h"
#include "../observe/trace.h"
#include "clock.h"
#include "rtt.h"
#include "timers.h"

static xtcp_timer_handler timer_handler __read_mostly;

static u32 remaining_ms(unsigned long expires)
{
	return time_after(expires, jiffies) ? jiffies_to_msecs(expires - jiffies) : 0;
}

/* The timer_list must fire then at the latest. */
static inline void fire_by(struct sock *sk, unsigned long expires)
{
	if (!timer_pending(&sk->sk_timer) || time_before(expires, sk->sk_timer.expires))
		sk_reset_timer(sk, &sk->sk_timer, expires);
}

/**
 * xtcp_timer_arm() - set when a timer will fire
 * @sk: the connection, locked
 * @timer: which
 * @expires: when, in jiffies
 *
 * If it was armed before, the new time counts.
 */
void xtcp_timer_arm(struct sock *sk, enum xtcp_timer timer,
		    unsigned long expires)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->armed |= BIT(timer);
	x->expires[timer] = expires;
	if (trace_xtcp_timer_armed_enabled())
		trace_xtcp_timer_armed(x, timer, remaining_ms(expires));
	fire_by(sk, expires);
}

/**
 * xtcp_timers_stop() - the connection is at its end
 * @sk: the connection, locked
 *
 * Drops the reference that a pending timer_list holds.
 */
void xtcp_timers_stop(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->armed = 0;
	sk_stop_timer(sk, &sk->sk_timer);
}

/* Socket locked and not in the user's hands. */
static void timer_expired(struct sock *sk, enum xtcp_timer timer)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!xtcp_timer_armed(x, timer) || time_before(jiffies, xtcp_timer_expires(x, timer)))
		return;
	xtcp_timer_stop(x, timer);
	trace_xtcp_timer_fired(x, timer, 0);
	timer_handler(sk, timer);
}

/* The same; and the timer_list is set for the next that is due. */
static void timers_expired(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	enum xtcp_timer timer;

	for (timer = 0; timer < XTCP_TIMERS; timer++)
		timer_expired(sk, timer);
	for (timer = 0; timer < XTCP_TIMERS; timer++)
		if (xtcp_timer_armed(x, timer))
			fire_by(sk, xtcp_timer_expires(x, timer));
}

/* The timer_list fired, and brought a reference to the socket along.
 *
 * No arming is lost, though xtcp_timer_arm() leaves a timer_list alone that is
 * pending: whatever it saw, one that fired since comes here, and
 * - where the user does not own the socket, the lock tells apart before and
 *   after: either we see what was armed, or the one who arms sees that the
 *   timer_list is no longer pending;
 * - where the user owns it, the user may be arming at this moment, on another
 *   processor.  The user writes @armed and then reads whether the timer_list is
 *   pending; it ceased to be, and then we would read @armed: without barriers both may
 *   read the old value.  So we do not read it: the timer_list is set again in any case,
 *   and once the user lets go we see whether it is wanted.
 */
static void timer_fn(struct timer_list *t)
{
	struct sock *sk = xtcp_from_timer(sk, t, sk_timer);

	if (unlikely(READ_ONCE(xtcp_sk(sk)->xn->timers_held))) {
		sock_put(sk);
		return;
	}
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		timers_expired(sk);
	else
		sk_reset_timer(sk, &sk->sk_timer, jiffies + 1);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/**
 * xtcp_timer_fire() - let an armed timer fire now
 * @sk: the connection, not locked by the caller
 * @timer: which
 *
 * A test calls this instead of waiting.  Process context; the handler runs with
 * softirqs off and under the socket lock, as from the timer itself.
 *
 * Return: false where that timer is not armed, or the user holds the socket
 */
bool xtcp_timer_fire(struct sock *sk, enum xtcp_timer timer)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool armed;

	local_bh_disable();
	bh_lock_sock(sk);
	armed = xtcp_timer_armed(x, timer) && !sock_owned_by_user(sk);
	if (armed) {
		x->expires[timer] = jiffies;
		timer_expired(sk, timer);
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	return armed;
}

/**
 * xtcp_timers_init() - before the first use of a connection
 * @sk: the connection
 */
void xtcp_timers_init(struct sock *sk)
{
	timer_setup(&sk->sk_timer, timer_fn, 0);
	xtcp_sk(sk)->armed = 0;
}

/**
 * xtcp_timers_set_handler() - set the function that acts on expiry
 * @handler: timeout.c's; timers.c calls nothing above itself by name
 *
 * Once, at module load.
 */
void xtcp_timers_set_handler(xtcp_timer_handler handler)
{
	timer_handler = handler;
}

/* ---- the retransmission timer ---- */

/* For how long the user's patience has been tried: TCP_USER_TIMEOUT. */
static u32 waited_ms(const struct xtcp_sock *x, u32 now_ms)
{
	return now_ms - (x->stalled ? x->stalled_since_ms : x->rtx_since_ms);
}

/**
 * xtcp_user_timeout_over() - has the user's patience run out?
 * @x: the connection, locked; data, or a SYN or FIN, waits for the peer
 *
 * RFC 5482's USER TIMEOUT, and tcp(7): how long data may stay unacknowledged, or unsent
 * because the peer's window is closed.
 *
 * Return: whether it has
 */
bool xtcp_user_timeout_over(const struct xtcp_sock *x)
{
	return x->user_timeout_ms && waited_ms(x, xtcp_now_ms()) >= x->user_timeout_ms;
}

/* Arm the timer no later than the user's patience lasts.  Data that the user holds
 * back, by TCP_CORK, does not try it.
 */
static void arm_within_patience(struct sock *sk, unsigned long due)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	unsigned long now = jiffies, over;
	u32 waited;

	if (unlikely(x->user_timeout_ms) &&
	    (x->stalled || x->snd_una != x->snd_nxt)) {
		waited = min(waited_ms(x, xtcp_ms_at(now)), x->user_timeout_ms);
		over = msecs_to_jiffies(x->user_timeout_ms - waited);
		over = now + max(over, 1ul);
		if (time_before(over, due))
			due = over;
	}
	xtcp_timer_arm(sk, XTCP_TIMER_RETRANSMIT, due);
}

/* RFC 8985, 7.2: does a loss probe make sense, if no ACK comes soon?  With SACK, and as
 * long as nothing is missing; and, 7.3, if the round trip was measured since the last
 * one: probes must not keep it from being measured.
 */
static bool probe_makes_sense(const struct xtcp_sock *x)
{
	return x->agreed.sack && x->syn_acked && x->phase <= XTCP_PHASE_CWR &&
	       x->snd_wnd && !x->retries && x->snd_una != x->snd_nxt &&
	       x->rtt.srtt_us && !x->rack.tlp && !x->rack.tlp_unmeasured &&
	       !(x->board.sacked_bytes | x->board.lost_bytes | x->board.resent_bytes) &&
	       READ_ONCE(x->xn->sysctl.early_retrans);
}

/**
 * xtcp_arm_retransmit() - the retransmission timer begins anew
 * @sk: the connection, locked; something is in flight, or a closed window is to be
 *	probed
 *
 * RFC 6298, 5: it fires after RTO, backed off; or then at the latest, for a loss probe
 * (RFC 8985, 7.2).
 */
void xtcp_arm_retransmit(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 timeout_us = xtcp_timeout_us(x), probe_us;

	if (!x->retries)
		x->rtx_since_ms = xtcp_now_ms();
	x->rtx_for = XTCP_RTX_TIMEOUT;
	if (probe_makes_sense(x)) {
		probe_us = xtcp_tlp_timeout_us(x->rtt.srtt_us,
					       x->snd_nxt - x->snd_una <= x->snd_mss);
		timeout_us = min(timeout_us, probe_us);
		x->rtx_for = XTCP_RTX_PROBE;
	}
	arm_within_patience(sk, jiffies + usecs_to_jiffies(timeout_us));
}

/**
 * xtcp_arm_timeout() - the retransmission timer, which was set for less, begins anew
 * @sk: the connection, locked; something is in flight
 *
 * RFC 8985, 7.3: behind a probe RTO, and not another probe.
 */
void xtcp_arm_timeout(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->rtx_for = XTCP_RTX_TIMEOUT;
	arm_within_patience(sk, jiffies + usecs_to_jiffies(xtcp_timeout_us(x)));
}

/**
 * xtcp_arm_timeout_since() - the retransmission timer, which was set for less
 * @sk: the connection, locked; something is in flight
 * @sent_us: when the first of it left last
 *
 * It fires after RTO as if it had been armed then.
 */
void xtcp_arm_timeout_since(struct sock *sk, u32 sent_us)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	s32 left_us = sent_us + xtcp_timeout_us(x) - xtcp_now_us();

	x->rtx_for = XTCP_RTX_TIMEOUT;
	arm_within_patience(sk, jiffies + max(usecs_to_jiffies(max(left_us, 0)), 1ul));
}

/**
 * xtcp_arm_reordering() - what is missing may still come
 * @sk: the connection, locked
 * @left_us: until then, in microseconds
 *
 * RFC 8985, 6.2, step 5.
 */
void xtcp_arm_reordering(struct sock *sk, u32 left_us)
{
	xtcp_sk(sk)->rtx_for = XTCP_RTX_REORDERING;
	xtcp_timer_arm(sk, XTCP_TIMER_RETRANSMIT,
		       jiffies + max(usecs_to_jiffies(left_us), 1ul));
}

/**
 * xtcp_arm_reneging() - the peer seems to have given up what it SACKed
 * @sk: the connection, locked
 *
 * RFC 2018, 8: only a timeout may say so; after half a round trip, as Linux.
 */
void xtcp_arm_reneging(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->rtx_for = XTCP_RTX_TIMEOUT;
	xtcp_timer_arm(sk, XTCP_TIMER_RETRANSMIT, jiffies +
		       max(usecs_to_jiffies(x->rtt.srtt_us / 2), msecs_to_jiffies(10)));
}

/**
 * xtcp_limit_patience() - TCP_USER_TIMEOUT was set while the timer is armed
 * @sk: the connection, locked
 */
void xtcp_limit_patience(struct sock *sk)
{
	arm_within_patience(sk, xtcp_timer_expires(xtcp_sk(sk), XTCP_TIMER_RETRANSMIT));
}
