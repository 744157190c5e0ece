/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection: what RFC 9293, 3.3.1, calls the transmission control block.
 */
#ifndef _XTCP_TCB_H
#define _XTCP_TCB_H

#include <linux/stddef.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "../compat.h"
#include "../netns.h"
#include "ack.h"
#include "agreed.h"
#include "cong.h"
#include "ecn.h"
#include "owners.h"
#include "rack.h"
#include "rate.h"
#include "rightsize.h"
#include "rtt.h"
#include "scoreboard.h"
#include "tally.h"
#include "timestamps.h"
#include "tuple.h"

struct xtcp_held;
struct xtcp_ip_ops;

/* The peer's urgent byte, RFC 9293, 3.8.5, RFC 6093 */
enum xtcp_urgent {
	XTCP_URGENT_NONE,
	XTCP_URGENT_COMING,	/* its place is known */
	XTCP_URGENT_HERE,	/* urg_byte has it */
	XTCP_URGENT_READ,	/* the user has read it, but not what is around it */
};

enum xtcp_timer {
	XTCP_TIMER_RETRANSMIT,	/* and zero-window probes: never both */
	XTCP_TIMER_DELACK,
	XTCP_TIMER_KEEPALIVE,	/* and FIN_WAIT_2, once the user has closed */
	XTCP_TIMERS
};

/* How far loss recovery has got: recovery.c */
enum xtcp_phase {
	XTCP_PHASE_OPEN,	/* nothing is missing */
	XTCP_PHASE_CWR,		/* nor here, but the path is congested, RFC 3168 */
	XTCP_PHASE_RECOVERY,	/* fast recovery, RFC 6582 */
	XTCP_PHASE_LOSS,	/* after a timeout: all is sent again from snd_una */
};

/* F-RTO, RFC 5682: was the timeout a mistake? */
enum xtcp_frto {
	XTCP_FRTO_OFF,
	XTCP_FRTO_BEGUN,	/* (1) the first was sent again */
	XTCP_FRTO_SEND_NEW,	/* (2b) new data goes before what is lost */
	XTCP_FRTO_NEW_SENT,	/* and it has */
};

/* What the retransmission timer is armed for. */
enum xtcp_rtx {
	XTCP_RTX_TIMEOUT,	/* RFC 6298; and window probes */
	XTCP_RTX_PROBE,		/* a loss probe, RFC 8985, 7 */
	XTCP_RTX_REORDERING,	/* the time for reordering is over, RFC 8985, 6.2 */
};

/**
 * struct xtcp_listener - what a socket in LISTEN has: queues.c
 * @lock: guards all of it, and sk_ack_backlog
 * @requests: struct xtcp_request: half-open connections
 * @accept_queue: struct xtcp_sock, by accept_node: open ones; sk_ack_backlog counts them
 * @request_count: how many requests
 * @young: how many of them have not been asked again
 * @cookies_s: when a SYN cookie left last, in seconds; 0: never.  Not guarded
 */
struct xtcp_listener {
	spinlock_t		lock;	/* all of it */
	struct list_head	requests;
	struct list_head	accept_queue;
	u32			request_count;
	u32			young;
	u32			cookies_s;
};

/**
 * struct xtcp_sock - a connection, or a listener
 *
 * Fields stand under the idea that owns them, and so that there are few holes.  The
 * socket lock guards all of them (lock_sock() for the user, bh_lock_sock() in softirq)
 * unless a comment says otherwise.
 */
struct xtcp_sock {
	struct inet_sock	inet;		/* first: IP-level code finds it there */
	struct xtcp_node	node;
	struct xtcp_net		*xn;
	const struct xtcp_ip_ops *ip;

	/* The connection table and the ports: demux.c, ports.c, listeners.c */
	struct xtcp_owner	owner;
	union {
		struct rhlist_head	listen_node;	/* among the listeners */
		struct list_head	accept_node;	/* a child's, until it is accepted */
	};
	u32			listener_id;	/* among the namespace's */
	bool			hashed;		/* in the connection table */
	bool			listening;	/* among the listeners */
	bool			in_listeners;	/* in their table, for itself or its group */

	/* Timers; expiry is the truth, sk_timer may fire early: timers.c */
	u8			armed;		/* BIT(enum xtcp_timer) */
	u8			rtx_for;	/* enum xtcp_rtx */
	u32			expires[XTCP_TIMERS];	/* the low half of jiffies */

	/* The route's: wire/ip.h */
	u16			ip_id;
	u8			csum_hw:1,	/* the device does our checksum */
				route_quickack:1; /* the route wants no delay */
	u32			route_rto_min_us; /* 0: the sysctl's */
	u32			route_window;	/* 0: none */

	/* All of one connection, from its first segment to its last: connection.c
	 * zeroes it before the next.
	 */
	struct_group(life,

	/* Send sequence space, RFC 9293, 3.3.1; windows are 32 bits wide (MUST-1, REC-1) */
	u32			snd_una;
	u32			snd_nxt;
	u32			snd_wnd;
	u32			snd_wl1;
	u32			snd_wl2;
	u32			iss;
	u32			snd_max_wnd;	/* the largest window ever offered */

	/* What the user wrote: sndq.c */
	u32			write_seq;	/* behind the last byte */
	u32			snd_sml;	/* behind the last partial segment sent */
	u32			last_sent_ms;	/* when data left last: idle restart */
	struct xtcp_scoreboard	board;		/* what was sent; the write queue has
						 * what was not
						 */
	u32			recover;	/* RFC 6582: snd_nxt when loss was found, or
						 * congestion
						 */

	/* The options: agreed.c, timestamps.c */
	struct xtcp_timestamps	ts;		/* in SYN_SENT, recent is our first TSval */
	struct xtcp_agreed	agreed;

	/* The size of a segment: mss.c */
	u8			mss_options;	/* snd_mss leaves room for so many bytes of them */
	u8			rcv_density;	/* 256ths of the receive buffer that hold data */
	u32			snd_mss;	/* effective: MTU, peer's MSS, options */
	u32			pmtu;		/* what snd_mss was made from */
	u16			peer_mss;	/* the MSS option, or the default */
	u16			rcv_mss;	/* guess at the peer's segment size */

	/* Receive sequence space, RFC 9293, 3.3.1, and the window: window.c */
	u32			rcv_nxt;
	u32			rcv_wup;	/* rcv_nxt when the window was last sent */
	u32			rcv_wnd;	/* the window sent then */
	u32			rcv_adv;	/* the furthest right edge ever sent */
	u32			irs;
	u32			rcv_limit;	/* never offer more, for now: the route's
						 * initrwnd, and what came since
						 */
	bool			no_memory;	/* offer nothing now */

	/* Urgent data: urgent.c */
	u8			urg_byte;
	u8			urg_phase;	/* enum xtcp_urgent */
	u8			urg_sending;	/* snd_up counts */
	u32			snd_up;		/* SND.UP: behind the urgent byte */
	u32			urg_seq;	/* the peer's urgent byte */

	/* The size of the receive buffer: buffers.c */
	struct xtcp_rightsize	rightsize;

	/* What came and was not read: rcvq.c */
	u32			copied_seq;	/* the user has read up to here */
	struct xtcp_held	*held;		/* ahead of its turn; NULL: nothing ever was */

	/* Acknowledgment: ack.c */
	struct xtcp_ack		ack;

	/* The handshake: open.c */
	u8			syn_lost:1,
				syn_acked:1,
				syn_hastened:1,	/* the SYN went again at once, once */
				syn_due:1;	/* and the timer is set for that */

	/* Congestion that the path tells of: ecn.c */
	struct xtcp_ecn		ecn;

	/* The end: close.c */
	u8			fin_seen:1,	/* the peer's FIN was received */
				fin_queued:1;	/* ours is in the write queue */

	/* Patience: timeout.c */
	u8			retries;	/* timeouts since the last progress */
	u8			probes;		/* unanswered window or keep-alive probes */
	u8			sent_closed:1,	/* into a closed window */
				stalled:1;	/* the closed window holds data back */
	u8			why;		/* enum xtcp_why: of what leaves just now */
	u32			mtu_reported;	/* by ICMP while the user held the
						 * socket; 0: none
						 */
	u32			last_rcv_ms;	/* when a segment came last */
	u32			rtx_since_ms;	/* what is in flight has waited since */
	u32			stalled_since_ms; /* if stalled */

	/* Congestion control and loss recovery: cong.c, recovery.c */
	u8			phase;		/* enum xtcp_phase */
	u8			dup_acks;	/* without SACK: they stand for a segment */
	u8			frto;		/* enum xtcp_frto */
	u8			cwnd_limited:1,
				undo:1;		/* the reduction can be taken back */
	struct xtcp_cong	cong;
	struct xtcp_rtt		rtt;
	struct xtcp_rate	rate;
	struct xtcp_rack	rack;
	u32			delivered;	/* bytes acknowledged or SACKed; wraps */
	u32			undo_start;	/* what was sent again since cwnd was last */
	u32			undo_end;	/* reduced lies in between */
	u32			undo_bytes;	/* sent again, and in flight then or
						 * later, less D-SACKs
						 */
	u32			undo_tsval;	/* when the first of that left */

	/* A socket in LISTEN has no connection, so its own fields take that place. */
	union {
		struct xtcp_tally	tally;
		struct xtcp_listener	listener;
	};
	);

	/* The user: waiting, gone, or back for another connection */
	u32			incarnation;	/* how often disconnected */
	u16			readers;	/* asleep in recvmsg() */
	u8			any_family:1,	/* the first address decides: AF_XTCP */
				orphan:1,	/* counted as one */
				ack_held:1;	/* TCP_QUICKACK 0: the handshake's
						 * last ACK waits for data
						 */

	/* What the user asked for: sockopt.c */
	s8			linger2_s;	/* 0: the sysctl's, <0: none */
	u32			user_timeout_ms;
	u32			notsent_lowat;	/* TCP_NOTSENT_LOWAT, bytes; 0: no mark */
	u32			window_clamp;	/* never offer more than this */
	u16			user_mss;	/* TCP_MAXSEG; 0: none */
	u16			keepalive_time_s; /* 0: the sysctl's */
	u16			keepalive_intvl_s; /* 0: the sysctl's */
	u8			keepalive_probes; /* 0: the sysctl's */
	u8			syn_retries;	/* 0: the sysctl's */
	u8			nonagle;	/* XTCP_NAGLE_* */
	u8			defer_accept;	/* SYN,ACK timeouts to wait for data */
	u8			recv_inq;	/* TCP_INQ */
	u8			cong_chosen:1,	/* TCP_CONGESTION, not the sysctl's */
				cong_locked:1;	/* by the route */
};

static inline struct xtcp_sock *xtcp_sk(const struct sock *sk)
{
	return (struct xtcp_sock *)sk;
}

/* A connection's place in the connection table. */
static inline struct xtcp_link *xtcp_sk_link(struct sock *sk)
{
	BUILD_BUG_ON(sizeof(struct xtcp_link) != sizeof(sk->sk_node));
	return (struct xtcp_link *)&sk->sk_node;
}

/* Is it in a table, of connections or of listeners?  sk_unhashed() asks that: a socket in
 * a table, and in no SO_REUSEPORT group, gets no program that chooses in one.
 */
static inline void xtcp_sk_set_table(struct sock *sk, bool in)
{
	sk->sk_node.pprev = (struct hlist_node **)(in ? XTCP_LINK_SOCK : 0);
}

static inline void xtcp_sk_set_hashed(struct sock *sk, bool hashed)
{
	xtcp_sk(sk)->hashed = hashed;
	xtcp_sk_set_table(sk, hashed);
}

static inline struct sock *xtcp_node_sk(struct xtcp_node *node)
{
	return (struct sock *)container_of(node, struct xtcp_sock, node);
}

#define XTCP_STATES_CONNECTED	(TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | \
				 TCPF_FIN_WAIT2 | TCPF_CLOSE_WAIT | \
				 TCPF_CLOSING | TCPF_LAST_ACK)

static inline bool xtcp_in_state(const struct sock *sk, int states)
{
	return (1 << READ_ONCE(sk->sk_state)) & states;
}

/* By how much the retransmission timeout exceeds the round trip at least: the route's
 * word, or the sysctl's.
 */
static inline u32 xtcp_rto_min_us(const struct xtcp_sock *x)
{
	return x->route_rto_min_us ?: READ_ONCE(x->xn->sysctl.rto_min_us);
}

/* No timeout is longer.  RFC 6298, 2.5, asks for 60 s or more; the user may know better. */
static inline u32 xtcp_rto_max_us(const struct xtcp_net *xn)
{
	return READ_ONCE(xn->sysctl.rto_max_ms) * (u32)USEC_PER_MSEC;
}

/* The retransmission timeout to arm now, back-off included. */
static inline u32 xtcp_timeout_us(const struct xtcp_sock *x)
{
	return min(xtcp_rtt_timeout_us(&x->rtt), xtcp_rto_max_us(x->xn));
}

#endif /* _XTCP_TCB_H */
