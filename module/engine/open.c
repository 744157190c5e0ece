// SPDX-License-Identifier: GPL-2.0
/*
 * A connection opens: active OPEN, RFC 9293, 3.10.1, and what ends a handshake in
 * ESTABLISHED, whichever side began it: 3.5.
 */
#include <linux/security.h>
#include <net/dst.h>
#include "../wire/ip.h"
#include "../wire/version.h"
#include "buffers.h"
#include "clock.h"
#include "cong_list.h"
#include "connection.h"
#include "demux.h"
#include "ephemeral.h"
#include "isn.h"
#include "mss.h"
#include "open.h"
#include "output.h"
#include "ports.h"
#include "recovery.h"
#include "rtt.h"
#include "sndq.h"
#include "timeout.h"
#include "timers.h"
#include "timewait.h"
#include "transmit.h"
#include "window.h"

#define LAST_ACK_HELD_MOST	(HZ / 5)	/* as Linux */

/* ---- active OPEN ---- */

/* Undo an OPEN that failed before it sent a SYN. */
static void open_undo(struct sock *sk, bool was_bound)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_unhash(sk);
	if (!was_bound)
		xtcp_put_port(sk);
	xtcp_clear_connection(x);
	inet->inet_sport = htons(inet->inet_num);
	xtcp_ip_forget_peer(sk);
	x->node.tuple.lport = inet->inet_num;
	xtcp_port_readdress(sk);
	sk_dst_reset(sk);
	sk->sk_route_caps = 0;
}

/* TIME_WAIT may.  Then the new connection begins beyond the old one. */
static bool old_one_yields(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	return xtcp_timewait_follow(x->xn, &x->node.tuple, x->owner.port, &x->iss);
}

/* Settle all of the 4-tuple: the peer, our address, and our port. */
static int open_addresses(struct sock *sk, const struct in6_addr *raddr, u16 rport)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	err = x->ip->connect(sk, raddr, rport);
	if (!err)
		err = xtcp_port_connect(sk, old_one_yields);
	if (err)
		return err;
	inet->inet_sport = htons(inet->inet_num);
	/* the port is known now */
	if (x->ip->routes_by_port(sock_net(sk)))
		err = x->ip->route(sk);
	if (err)
		return err;
	return 0;
}

/* Does our SYN ask for ECN?  As ip-route(8) has it, the route may want it. */
static bool asks_for_ecn(const struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get((struct sock *)sk);

	return READ_ONCE(xtcp_sk(sk)->xn->sysctl.ecn) == 1 ||
	       (dst && dst_feature(dst, RTAX_FEATURE_ECN));
}

/**
 * xtcp_open() - active OPEN
 * @sk: the socket, locked, in CLOSED, as xtcp_clear_connection() has left it
 * @raddr: the peer's address, IPv4 as a mapped one
 * @rport: its port
 *
 * Process context.  RFC 9293, 3.10.1.
 *
 * Return: 0: a SYN was sent, or the timer will send it; -EADDRNOTAVAIL,
 * -EADDRINUSE: there is no port, or the 4-tuple is taken; -ENOBUFS; or a routing
 * lookup's error.  After an error nothing has changed
 */
int xtcp_open(struct sock *sk, const struct in6_addr *raddr, u16 rport)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool was_bound = x->owner.port;
	u64 now_ns;
	int err;

	/* a writer that waited for the last connection may have left something */
	xtcp_sndq_purge(sk);
	err = open_addresses(sk, raddr, rport);
	if (err)
		goto undo;
	xtcp_offer(&x->agreed, &x->xn->sysctl,
		   xtcp_window_bound(sk, x->route_window), xtcp_largest_rcvbuf(sk));
	x->agreed.ecn = asks_for_ecn(sk);
	x->ts.offset = xtcp_timestamp_offset(x->xn, &x->node.tuple);
	now_ns = ktime_get_ns();
	x->ts.recent = xtcp_tsval_at(&x->ts, now_ns);
	/* it may follow one in TIME_WAIT */
	xtcp_begin_at(sk, x->iss ?: xtcp_isn(x->xn, &x->node.tuple, now_ns));
	sock_reset_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_err, 0);
	xtcp_transition(sk, XTCP_EV_ACTIVE_OPEN);
	xtcp_count(x->xn, ACTIVE_OPENS);
	err = xtcp_send_syn(sk, XTCP_SYN);
	/* a SYN that the IP layer refused is lost: the timer sends another */
	if (err != -ENOBUFS)
		return 0;
	xtcp_done(sk, XTCP_EV_ABORT, 0);
	WRITE_ONCE(sk->sk_shutdown, 0);
undo:
	open_undo(sk, was_bound);
	return err;
}

/* ---- SYN_SENT ---- */

/**
 * xtcp_syn_again_soon() - the peer knew an older connection, and was reset
 * @sk: the connection, locked, in SYN_SENT
 *
 * RFC 9293, 3.5.1, figure 9: now it will take the SYN.  Only once: a peer that does the
 * same again has to wait.
 */
void xtcp_syn_again_soon(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->retries || x->syn_hastened)
		return;
	x->syn_hastened = 1;
	x->syn_due = 1;
	xtcp_timer_arm(sk, XTCP_TIMER_RETRANSMIT, jiffies + 2);
}

/* What the peer's SYN says. */
static void take_syn(struct xtcp_sock *x, const struct xtcp_segment *seg)
{
	x->irs = seg->seq;
	x->rcv_nxt = seg->seq + 1;
	x->rcv_wup = x->rcv_nxt;
	x->copied_seq = x->rcv_nxt;
	x->rcv_adv = x->rcv_nxt + x->rcv_wnd;
	x->snd_wnd = seg->wnd;
	x->snd_wl1 = seg->seq;
	x->snd_wl2 = seg->ack;
	x->snd_max_wnd = seg->wnd;
	x->peer_mss = xtcp_peer_mss(seg);
	xtcp_agree(&x->agreed, seg);
	if (x->agreed.timestamps)
		xtcp_timestamp_set_recent(&x->ts, seg->opt.tsval);
}

/**
 * xtcp_syn_crossed() - a SYN in SYN_SENT: a simultaneous open
 * @sk: the connection, locked
 * @seg: the peer's SYN
 *
 * RFC 9293, 3.5, figure 8.
 */
void xtcp_syn_crossed(struct sock *sk, const struct xtcp_segment *seg)
{
	take_syn(xtcp_sk(sk), seg);
	if (xtcp_transition(sk, XTCP_EV_RCV_SYN))
		xtcp_send_syn(sk, XTCP_SYN | XTCP_ACK);
}

/* ---- ESTABLISHED ---- */

/* The congestion window as the route wants it, which has the last word. */
static void begin_window(struct xtcp_sock *x, const struct dst_entry *dst)
{
	const struct xtcp_cong_ops *ops;

	ops = dst ? xtcp_cong_by_key(dst_metric(dst, RTAX_CC_ALGO)) : NULL;
	x->cong_locked = ops && dst_metric_locked(dst, RTAX_CC_ALGO);
	xtcp_cong_init(&x->cong, ops ?: x->cong.ops, x->snd_mss, x->syn_lost);
	if (dst)
		xtcp_cong_route(&x->cong,
				x->syn_lost ? 0 : dst_metric(dst, RTAX_INITCWND),
				dst_metric_locked(dst, RTAX_CWND) ?
				dst_metric(dst, RTAX_CWND) : 0);
}

/* Both SYNs are acknowledged. */
static void become_established(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct dst_entry *dst = __sk_dst_get(sk);

	x->snd_max_wnd = max(x->snd_max_wnd, x->snd_wnd);
	if (x->syn_lost && !x->rtt.srtt_us)
		xtcp_rtt_syn_lost(&x->rtt);
	xtcp_sync_mss(sk, dst ? dst_mtu(dst) : x->pmtu);
	begin_window(x, dst);
	xtcp_buffers_begin(sk);
	xtcp_initial_window(sk);
	if (x->retries)
		xtcp_timeouts_over(x);
	xtcp_recovery_start(x);
	x->sent_closed = 0;
	x->stalled = 0;
	x->last_sent_ms = xtcp_now_ms();
	x->tally.opened_ms = x->last_sent_ms;
	x->tally.segs_delivered = 1;	/* the SYN */
	if (sock_flag(sk, SOCK_KEEPOPEN))
		xtcp_arm_keepalive(sk);
	sk->sk_state_change(sk);
	sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
}

/* How long the answer to our SYN took; 0: nobody knows.  Of a SYN sent twice (Karn) only the
 * timestamp that comes back says it, if it is the last one's (RFC 7323, 4.1): an answer to
 * an earlier one was late, or lost at first.
 */
static u32 syn_rtt_us(const struct xtcp_sock *x, const struct sk_buff *skb,
		      const struct xtcp_segment *seg, u64 now_ns)
{
	u32 us = max(xtcp_us(now_ns) - XTCP_CB(skb)->sent_us, 1u);

	if (!(XTCP_CB(skb)->state & XTCP_TWICE))
		return us;
	if (!x->agreed.timestamps || !seg->opt.tsecr)
		return 0;
	return xtcp_tsval_at(&x->ts, now_ns) - seg->opt.tsecr < us / USEC_PER_MSEC + 2 ? us : 0;
}

/* Our SYN is acknowledged by @seg: it leaves the write queue. */
static void forget_syn(struct sock *sk, const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_board_first(&x->board);

	if (skb && XTCP_CB(skb)->flags & XTCP_SYN) {
		u64 now_ns = ktime_get_ns();
		u32 rtt_us = syn_rtt_us(x, skb, seg, now_ns);

		/* whether it was lost, only a timeout says: a simultaneous open sends it
		 * twice without a loss
		 */
		if (rtt_us)
			xtcp_rtt_sample(&x->rtt, rtt_us, xtcp_us(now_ns), xtcp_rto_min_us(x));
		xtcp_sndq_free(sk, skb);
	}
	x->snd_una = x->iss + 1;	/* now: the scoreboard counts from there on */
	x->syn_acked = 1;
	xtcp_timer_stop(x, XTCP_TIMER_RETRANSMIT);
}

/* May the ACK of the SYN,ACK wait for data to carry it?  It may with TCP_QUICKACK 0,
 * set before connect(); with TCP_DEFER_ACCEPT, which means the same on this end; and
 * where somebody waits to write: tcp(7).
 */
static bool holds_last_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	bool held = x->ack_held || x->defer_accept || sk->sk_write_pending;

	x->ack_held = 0;
	return held;
}

/**
 * xtcp_syn_ack_received() - a SYN,ACK in SYN_SENT: the connection is open
 * @sk: the connection, locked
 * @skb: the segment; for security modules
 * @seg: what its header says; it acknowledges our SYN
 *
 * RFC 9293, 3.10.7.3, fourth.
 */
void xtcp_syn_ack_received(struct sock *sk, struct sk_buff *skb,
			   const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	take_syn(x, seg);
	forget_syn(sk, seg);
	security_inet_conn_established(sk, skb);
	if (!xtcp_transition(sk, XTCP_EV_RCV_SYN_ACK))
		return;
	become_established(sk);
	if (!holds_last_ack(sk)) {
		xtcp_send_ack(sk, XTCP_WHY_HANDSHAKE);
		return;
	}
	x->ack.pending = 1;
	xtcp_timer_arm(sk, XTCP_TIMER_DELACK, jiffies + LAST_ACK_HELD_MOST);
}

/**
 * xtcp_syn_acked() - our SYN is acknowledged in SYN_RECEIVED
 * @sk: the connection, locked; or in FIN_WAIT_1, if the user has closed already
 * @seg: the segment
 *
 * RFC 9293, 3.10.7.4, fifth, SYN-RECEIVED.
 */
void xtcp_syn_acked(struct sock *sk, const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->snd_wnd = seg->wnd;
	x->snd_wl1 = seg->seq;
	x->snd_wl2 = seg->ack;
	forget_syn(sk, seg);
	xtcp_transition(sk, XTCP_EV_RCV_ACK_OF_SYN);
	become_established(sk);
}
