// SPDX-License-Identifier: GPL-2.0
/*
 * What each timer does when it fires: RFC 9293, 3.8.
 */
#include "clock.h"
#include "connection.h"
#include "memory.h"
#include "output.h"
#include "recovery.h"
#include "reset.h"
#include "rtt.h"
#include "scoreboard.h"
#include "sndq.h"
#include "timeout.h"
#include "timers.h"
#include "transmit.h"

#define ORPHAN_RETRIES	8	/* as Linux, where the sysctl is 0 */

static u8 or_sysctl(u8 mine, const u8 *sysctl)
{
	return mine ?: READ_ONCE(*sysctl);
}

/* The peer does not answer: the connection ends.  RFC 9293, 3.8.3, R2 (MUST-20). */
static void give_up(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_count(x->xn, ABORT_TIMEOUT);
	xtcp_done(sk, XTCP_EV_TIMEOUT, READ_ONCE(sk->sk_err_soft) ?: ETIMEDOUT);
}

/* How many timeouts in a row end an orphan, which nobody waits for.  It holds memory meanwhile,
 * so a namespace's owner gives it no more than the first namespace does.
 */
static u8 orphan_retries(const struct xtcp_net *xn)
{
	u8 own = READ_ONCE(xn->sysctl.orphan_retries) ?: ORPHAN_RETRIES;
	u8 most = READ_ONCE(xtcp_first_net->sysctl.orphan_retries) ?: ORPHAN_RETRIES;

	return min(own, most);
}

/* A peer may keep its window closed for as long as it answers probes, but not
 * towards a connection that nobody waits for: it must not hold our memory.
 */
static bool orphan_stalled(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return sock_flag(sk, SOCK_DEAD) && !x->snd_wnd &&
	       x->rtt.backoff >= orphan_retries(x->xn);
}

/**
 * xtcp_orphan_is_too_much() - end an orphan that there is no room for
 * @sk: the orphan, locked, not in CLOSED
 * @count: how many there are in its namespace
 *
 * Nobody waits for its outcome: where there are too many, or memory has run out, it is the
 * first to go.  As Linux, when it becomes an orphan and whenever it has waited in vain.
 *
 * Return: whether it was reset, and is freed
 */
bool xtcp_orphan_is_too_much(struct sock *sk, int count)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (count <= xtcp_bounded(x->xn, max_orphans) && !xtcp_memory_out(sk))
		return false;
	xtcp_count(x->xn, ABORT_MEMORY);
	xtcp_abort(sk, 0);
	return true;
}

/* How many timeouts in a row end the connection (MUST-21, MUST-22, MUST-23). */
static u8 most_retries(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_sysctls *ctl = &x->xn->sysctl;

	switch (sk->sk_state) {
	case TCP_SYN_SENT:
		return or_sysctl(x->syn_retries, &ctl->syn_retries);
	case TCP_SYN_RECV:
		return or_sysctl(x->syn_retries, &ctl->synack_retries);
	}
	if (sock_flag(sk, SOCK_DEAD))
		return orphan_retries(x->xn);
	return READ_ONCE(ctl->retries2);
}

/* Zero window, nothing in flight: RFC 9293, 3.8.6.1.  As long as the peer
 * answers the probes, the connection stays (MUST-37).
 */
static void probe_window(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->probes >= most_retries(sk) ||
	    (x->stalled && xtcp_user_timeout_over(x))) {
		give_up(sk);
		return;
	}
	if (x->probes < U8_MAX)
		x->probes++;
	if (xtcp_output_probe(sk))	/* no memory: try again */
		xtcp_timer_arm(sk, XTCP_TIMER_RETRANSMIT, jiffies + HZ / 5);
}

/* A half-open peer was reset: the SYN goes again, though nothing was lost. */
static bool syn_again(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->syn_due = 0;
	if (sk->sk_state != TCP_SYN_SENT)
		return false;
	xtcp_recovery_mark_first(sk);
	xtcp_output_lost(sk);
	xtcp_arm_retransmit(sk);
	return true;
}

/* RFC 8985, 6.2, step 5 */
static void reordering_timeout(struct sock *sk)
{
	u32 left_us = xtcp_recovery_reordering_over(sk);

	xtcp_output(sk, xtcp_sk(sk)->nonagle);
	if (left_us)
		xtcp_arm_reordering(sk, left_us);
	else
		xtcp_arm_timeout(sk);
}

/* MUST-20, SHLD-30 */
static void retransmit_timeout(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (sock_flag(sk, SOCK_DEAD) &&
	    xtcp_orphan_is_too_much(sk, atomic_read(&x->xn->orphan_count)))
		return;
	if (x->snd_una == x->snd_nxt) {
		if (xtcp_send_head(sk))
			probe_window(sk);
		return;
	}
	if (unlikely(x->syn_due) && syn_again(sk))
		return;
	if (x->rtx_for == XTCP_RTX_PROBE) {
		xtcp_output_loss_probe(sk);
		xtcp_arm_timeout(sk);
		return;
	}
	if (x->rtx_for == XTCP_RTX_REORDERING) {
		reordering_timeout(sk);
		return;
	}
	xtcp_count(x->xn, TIMEOUTS);
	/* what a closed window refuses is not lost */
	if (x->snd_wnd || !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		xtcp_tally_timeout(&x->tally);
	if (x->retries >= most_retries(sk) || xtcp_user_timeout_over(x) ||
	    orphan_stalled(sk)) {
		give_up(sk);
		return;
	}
	/* the path may be at fault: ask for another (RFC 1122, 3.3.1.4) */
	if (x->retries >= READ_ONCE(x->xn->sysctl.retries1) ||
	    !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		dst_negative_advice(sk);
	if (!xtcp_in_state(sk, XTCP_STATES_CONNECTED)) {
		x->syn_lost = 1;
		/* it may have been lost for what it asks: RFC 3168, 6.1.1.1 */
		x->ecn.plain |= sk->sk_state == TCP_SYN_SENT &&
				READ_ONCE(x->xn->sysctl.ecn_fallback);
	}
	xtcp_recovery_timeout(sk);
	xtcp_output_lost(sk);
	if (x->retries < U8_MAX)
		x->retries++;
	xtcp_rtt_backoff(&x->rtt);
	xtcp_arm_retransmit(sk);
}

static void delack_timeout(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->ack.pending)
		return;
	xtcp_count(x->xn, DELAYED_ACKS);
	x->ack.ping_pong = 0;	/* there was no answer */
	xtcp_send_ack(sk, XTCP_WHY_DELAYED);
}

static u32 keepalive_time_s(const struct xtcp_sock *x)
{
	return x->keepalive_time_s ?: READ_ONCE(x->xn->sysctl.keepalive_time);
}

static u32 keepalive_intvl_s(const struct xtcp_sock *x)
{
	return x->keepalive_intvl_s ?: READ_ONCE(x->xn->sysctl.keepalive_intvl);
}

/**
 * xtcp_arm_keepalive() - ask the peer once it has been silent for long enough
 * @sk: the connection, locked, with SO_KEEPALIVE
 */
void xtcp_arm_keepalive(struct sock *sk)
{
	xtcp_timer_arm(sk, XTCP_TIMER_KEEPALIVE,
		       jiffies + keepalive_time_s(xtcp_sk(sk)) * HZ);
}

/* For how much longer the peer may be silent before it is asked, in ms. */
static u32 silence_left_ms(const struct xtcp_sock *x)
{
	u32 silent_ms = xtcp_now_ms() - x->last_rcv_ms;
	u32 most_ms = keepalive_time_s(x) * MSEC_PER_SEC;

	return silent_ms < most_ms ? most_ms - silent_ms : 0;
}

/**
 * xtcp_keepalive_changed() - TCP_KEEPIDLE was set
 * @sk: the socket, locked
 */
void xtcp_keepalive_changed(struct sock *sk)
{
	if (sock_flag(sk, SOCK_KEEPOPEN) &&
	    xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		xtcp_timer_arm(sk, XTCP_TIMER_KEEPALIVE, jiffies +
			       msecs_to_jiffies(silence_left_ms(xtcp_sk(sk))));
}

/**
 * xtcp_set_keepalive() - SO_KEEPALIVE was set or cleared
 * @sk: the socket, locked
 * @on: which
 *
 * This is struct proto's keepalive.
 *
 * RFC 9293: MUST-24, MUST-25.
 */
void xtcp_set_keepalive(struct sock *sk, int on)
{
	if (!xtcp_in_state(sk, XTCP_STATES_CONNECTED) || sock_flag(sk, SOCK_DEAD))
		return;
	if (on && !sock_flag(sk, SOCK_KEEPOPEN))
		xtcp_arm_keepalive(sk);
	else if (!on)
		xtcp_timer_stop(xtcp_sk(sk), XTCP_TIMER_KEEPALIVE);
}

/**
 * xtcp_fin_wait_2() - an orphan waits for the peer's FIN, but not for ever
 * @sk: an orphan in FIN_WAIT_2, locked
 */
void xtcp_fin_wait_2(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int wait_s = x->linger2_s ?: xtcp_bounded(x->xn, fin_timeout);

	if (wait_s < 0) {
		xtcp_count(x->xn, ABORT_LINGER);
		xtcp_abort(sk, 0);
		return;
	}
	xtcp_timer_arm(sk, XTCP_TIMER_KEEPALIVE, jiffies + wait_s * HZ);
}

/* RFC 9293, 3.8.4, MUST-26, MUST-29, MAY-5 */
static void keepalive_timeout(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 left_ms;

	if (sock_flag(sk, SOCK_DEAD)) {
		/* FIN_WAIT_2, the user gone, and the peer sends no FIN */
		if (sk->sk_state == TCP_FIN_WAIT2)
			xtcp_done(sk, XTCP_EV_TIMEOUT, 0);
		return;
	}
	if (!sock_flag(sk, SOCK_KEEPOPEN) ||
	    !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		return;
	/* not while data is on its way: its own timer watches */
	if (x->snd_una != x->snd_nxt || xtcp_send_head(sk)) {
		xtcp_arm_keepalive(sk);
		return;
	}
	left_ms = silence_left_ms(x);
	if (left_ms) {
		xtcp_timer_arm(sk, XTCP_TIMER_KEEPALIVE,
			       jiffies + msecs_to_jiffies(left_ms));
		return;
	}
	if ((x->user_timeout_ms && x->probes &&
	     xtcp_now_ms() - x->last_rcv_ms >= x->user_timeout_ms) ||
	    (!x->user_timeout_ms &&
	     x->probes >= or_sysctl(x->keepalive_probes,
				    &x->xn->sysctl.keepalive_probes))) {
		xtcp_send_reset(sk);
		give_up(sk);
		return;
	}
	xtcp_send_keepalive(sk);
	x->probes++;
	xtcp_timer_arm(sk, XTCP_TIMER_KEEPALIVE, jiffies + keepalive_intvl_s(x) * HZ);
}

/**
 * xtcp_timeout() - a timer of a connection fired
 * @sk: the connection, locked, softirqs off
 * @timer: which
 */
void xtcp_timeout(struct sock *sk, enum xtcp_timer timer)
{
	switch (timer) {
	case XTCP_TIMER_RETRANSMIT:
		retransmit_timeout(sk);
		break;
	case XTCP_TIMER_DELACK:
		delack_timeout(sk);
		break;
	case XTCP_TIMER_KEEPALIVE:
		keepalive_timeout(sk);
		break;
	case XTCP_TIMERS:
		break;
	}
}
