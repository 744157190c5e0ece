/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection, and the two small objects that stand for one before it is
 * open and after it is closed.
 *
 * All of struct xtcp_sock is guarded by the socket lock (lock_sock() for the
 * user, bh_lock_sock() in softirq) unless a field says otherwise.
 */
#ifndef _XTCP_CONNECTION_H
#define _XTCP_CONNECTION_H

#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/sock.h>

#include "../netns.h"
#include "../wire/segment.h"
#include "cong.h"
#include "fsm.h"
#include "rate.h"
#include "reassembly.h"
#include "rtt.h"
#include "seq.h"

struct xtcp_hold;
struct xtcp_ip_ops;
struct xtcp_owner_group;
struct xtcp_port;

/**
 * struct xtcp_owner - a socket or TIME_WAIT object that occupies a port
 * @node: in its group; guarded by the port's lock, as all of this
 * @port: the port, or NULL
 * @group: owners.c: those equal to it
 * @hold: on the TCP wire: the port in the kernel's TCP
 * @sk: the socket; NULL for a TIME_WAIT object
 * @uid: whose it is; a child's: whose listener made it
 * @guards: @hold knows that this shares the port with nobody
 */
struct xtcp_owner {
	struct hlist_node	node;
	struct xtcp_port	*port;
	struct xtcp_owner_group	*group;
	struct xtcp_hold	*hold;
	struct sock		*sk;
	kuid_t			uid;
	bool			guards;
};

/**
 * struct xtcp_tuple - what tells one connection from another
 *
 * IPv4 addresses are written as IPv4-mapped ones, so that one table serves
 * both versions.  Ports are in host order.  Each VRF has connections of its own.
 *
 * RFC 9293: MUST-45.
 */
struct xtcp_tuple {
	struct in6_addr	laddr;		/* ours */
	struct in6_addr	raddr;		/* the peer's */
	u16		lport;
	u16		rport;
	int		l3mdev;		/* the VRF's device; 0: none */
	u8		wire;		/* IPPROTO_XTCP, or IPPROTO_TCP */
	u8		pad[3];		/* zero: the ISN is made of the whole */
};

static inline void xtcp_addr_from_v4(struct in6_addr *a, __be32 v4)
{
	a->s6_addr32[0] = 0;
	a->s6_addr32[1] = 0;
	a->s6_addr32[2] = htonl(0xffff);
	a->s6_addr32[3] = v4;
}

/* The IPv4 address in a mapped one. */
static inline __be32 xtcp_addr_v4(const struct in6_addr *a)
{
	return a->s6_addr32[3];
}

enum xtcp_kind {
	XTCP_KIND_NONE,		/* of no node */
	XTCP_KIND_CONNECTION,
	XTCP_KIND_REQUEST,
	XTCP_KIND_TIME_WAIT,
};

/**
 * struct xtcp_node - an entry of the connection table
 *
 * Begins each of the three objects; looked up under RCU.
 */
struct xtcp_node {
	struct rhash_head	hash;
	struct xtcp_tuple	tuple;
	enum xtcp_kind		kind;
};

/* The peer's urgent byte, RFC 9293, 3.8.5, RFC 6093 */
enum xtcp_urgent {
	XTCP_URGENT_NONE,
	XTCP_URGENT_COMING,	/* its place is known */
	XTCP_URGENT_HERE,		/* urg_byte has it */
	XTCP_URGENT_READ,		/* the user has read it, but not what is around it */
};

enum xtcp_timer {
	XTCP_TIMER_RETRANSMIT,	/* and zero-window probes: never both */
	XTCP_TIMER_DELACK,
	XTCP_TIMER_KEEPALIVE,	/* and FIN_WAIT_2, once the user has closed */
	XTCP_TIMERS
};

/* The peer's or our shortcoming with what is in flight: recovery.c */
enum xtcp_phase {
	XTCP_PHASE_OPEN,		/* nothing is missing */
	XTCP_PHASE_RECOVERY,	/* RFC 6582 */
	XTCP_PHASE_LOSS,		/* after a timeout: all is sent again from snd_una */
};

/* What holds back what the user sends. */
enum xtcp_limit {
	XTCP_LIMIT_NONE,	/* there is nothing to send, nor in flight */
	XTCP_LIMIT_PATH,	/* its round trip, the congestion window, Nagle */
	XTCP_LIMIT_WINDOW,	/* the peer's */
	XTCP_LIMIT_SNDBUF,	/* the user waits for room in the send buffer */
	XTCP_LIMITS
};

/**
 * struct xtcp_tally - what a connection has done since it opened, for TCP_INFO
 *
 * RFC 4898's names are in TCP_INFO's; here SYN and FIN count as segments, but
 * not as bytes.
 */
struct xtcp_tally {
	u64	bytes_acked;
	u64	bytes_received;		/* in order */
	u64	bytes_sent;		/* what was sent again among it */
	u64	bytes_resent;
	u32	segs_in;
	u32	segs_out;
	u32	data_segs_in;
	u32	data_segs_out;
	u32	segs_resent;
	u32	segs_out_of_order;
	u32	segs_delivered;		/* sent, and acknowledged */
	u32	data_in_ms;		/* when data came last */
	u32	limited[XTCP_LIMITS];	/* jiffies, until limit_since */
	u32	limit_since;		/* jiffies */
	u32	rto_since;		/* jiffies: the first timeout in a row; 0: none */
	u32	rto_time;		/* jiffies from there to progress, in sum */
	u16	timeouts;
	u16	rto_rows;		/* how many rows of them */
	u8	limit;			/* enum xtcp_limit */
};

/* From now on it is this that holds back what the user sends. */
static inline void xtcp_limit_is(struct xtcp_tally *t, enum xtcp_limit limit)
{
	if (limit == t->limit)
		return;
	t->limited[t->limit] += (u32)jiffies - t->limit_since;
	t->limit_since = jiffies;
	t->limit = limit;
}

struct xtcp_sock {
	struct inet_sock	inet;		/* first: IP-level code finds it there */
	struct xtcp_node	node;
	struct xtcp_net		*xn;
	const struct xtcp_ip_ops *ip;
	struct hlist_head	alone;		/* a table of its own: compat.h */

	/* demux.c, ports.c */
	struct xtcp_owner	owner;
	struct hlist_node	listen_node;	/* among the port's listeners */
	u32			listener_id;	/* among the namespace's */
	bool			hashed;		/* in the connection table */
	bool			listening;	/* among the port's listeners */

	/* Send sequence space, RFC 9293, 3.3.1; windows are 32 bits wide (MUST-1, REC-1) */
	u32			snd_una;
	u32			snd_nxt;
	u32			snd_wnd;
	u32			snd_wl1;
	u32			snd_wl2;
	u32			iss;
	u32			snd_max_wnd;	/* the largest window ever offered */
	u32			write_seq;	/* behind the last byte the user wrote */
	u32			snd_sml;	/* behind the last partial segment sent */
	struct sk_buff		*send_head;	/* the first skb of the write queue
						 * that was never sent
						 */
	u32			snd_mss;	/* effective: MTU, peer's MSS, options */
	u32			peer_mss;	/* the MSS option, or the default */
	u32			user_mss;	/* TCP_MAXSEG; 0: none */
	u32			pmtu;		/* what snd_mss was made from */

	/* Receive sequence space */
	u32			rcv_nxt;
	u32			rcv_wup;	/* rcv_nxt when the window was last sent */
	u32			rcv_wnd;	/* the window sent then */
	u32			rcv_adv;	/* the furthest right edge ever sent */
	u32			irs;
	u32			copied_seq;	/* the user has read up to here */
	u32			window_clamp;	/* never offer more than this */
	u32			rcv_limit;	/* nor, for now, than this: the route's
						 * initrwnd, and what came since
						 */
	u32			rcv_mss;	/* guess at the peer's segment size */
	struct xtcp_reassembly	reassembly;

	/* Urgent data: urgent.c */
	u32			snd_up;		/* SND.UP: behind the urgent byte */
	u32			urg_seq;	/* the peer's urgent byte */
	u8			urg_byte;
	u8			urg_phase;	/* enum xtcp_urgent */
	u8			urg_sending;	/* snd_up counts */

	/* Recovery and congestion */
	struct xtcp_cong	cong;
	struct xtcp_rtt		rtt;
	struct xtcp_rate	rate;
	u32			recover;	/* RFC 6582: snd_nxt when loss was found */
	u32			rtx_nxt;	/* XTCP_PHASE_LOSS: the next to send again */
	u32			dup_nxt;	/* snd_nxt at the first duplicate ACK */
	u32			last_sent_ms;	/* when data left last: idle restart */
	u8			phase;		/* enum xtcp_phase */
	u8			dup_acks;
	u8			retries;	/* timeouts since the last progress */
	u8			probes;		/* unanswered window or keep-alive probes */
	u8			cwnd_limited:1,
				syn_lost:1,
				syn_acked:1,
				csum_hw:1,	/* the device does our checksum */
				sent_closed:1,	/* into a closed window */
				stalled:1,	/* the closed window holds data back */
				syn_hastened:1,	/* the SYN went again at once, once */
				syn_due:1;	/* and the timer is set for that */

	/* Acknowledgment */
	u8			ack_pending:1,	/* owed: now or when the timer fires */
				ack_now:1,
				ack_soon:1,	/* the user is about to answer */
				ack_held:1,	/* TCP_QUICKACK 0: the handshake's
						 * last ACK waits for data
						 */
				route_quickack:1, /* the route wants no delay */
				no_memory:1;	/* tell the peer: no window now */
	u8			quick_acks;	/* how many more ACKs not to delay */
	u16			readers;	/* who sleep in recvmsg() */

	/* What the user asked for */
	u8			nonagle;	/* XTCP_NAGLE_* */
	u8			syn_retries;	/* 0: the sysctl's */
	u8			keepalive_probes; /* 0: the sysctl's */
	u8			fin_seen:1,	/* the peer's FIN was received */
				fin_queued:1,	/* ours is in the write queue */
				orphan:1,	/* counted as one */
				challenged:1;	/* challenge_ms is set */
	int			keepalive_time;	/* jiffies; 0: the sysctl's */
	int			keepalive_intvl;
	int			linger2;	/* jiffies; 0: the sysctl's, <0: none */
	u32			user_timeout_ms;
	u32			notsent_lowat;	/* TCP_NOTSENT_LOWAT, bytes; 0: no mark */
	u8			defer_accept;	/* SYN,ACK timeouts to wait for data */
	u8			recv_inq;	/* TCP_INQ */
	unsigned long		last_rcv;	/* jiffies: when a segment came last */
	unsigned long		rtx_since;	/* jiffies: what is in flight waits since */
	unsigned long		stalled_since;	/* jiffies: if stalled */

	/* Timers; expiry is the truth, the timer_list may fire early */
	struct timer_list	rtx_timer;
	struct timer_list	delack_timer;
	unsigned long		expires[XTCP_TIMERS];
	u8			armed;		/* BIT(enum xtcp_timer) */

	/* A listener's: handshake.c */
	struct list_head	requests;	/* struct xtcp_request */
	struct list_head	accept_queue;	/* struct xtcp_sock, by accept_node */
	u32			request_count;

	/* A child's, until it is accepted */
	struct list_head	accept_node;

	u32			challenge_ms;	/* when a challenge ACK left last */
	u32			route_rto_min_us; /* the route's; 0: the sysctl's */
	u32			route_window;	/* the route's; 0: none */
	u32			mtu_reported;	/* by ICMP while the user held the
						 * socket; 0: none
						 */
	u32			incarnation;	/* how often disconnected */
	u16			ip_id;

	struct xtcp_tally	tally;
};

static inline struct xtcp_sock *xtcp_sk(const struct sock *sk)
{
	return (struct xtcp_sock *)sk;
}

static inline struct sock *xtcp_node_sk(struct xtcp_node *node)
{
	return (struct sock *)container_of(node, struct xtcp_sock, node);
}

/**
 * struct xtcp_request - a half-open connection of a listener, SYN_RECEIVED
 *
 * Guarded by the listener's lock, but for what the table reads.
 */
struct xtcp_request {
	struct xtcp_node	node;
	refcount_t		refcnt;
	u32			secid;		/* its security label */
	struct sock		*listener;	/* counted */
	struct list_head	list;		/* in listener->requests */
	struct timer_list	timer;
	struct rcu_head		rcu;
	u32			irs;
	u32			iss;
	u32			snd_wnd;
	u32			rcv_wnd;
	u32			mark;
	u32			priority;
	int			ifindex;
	u32			sent_us;	/* when the SYN,ACK left first */
	u32			challenge_ms;	/* when a challenge ACK left last */
	u16			peer_mss;
	u8			tos;
	u8			ttl;		/* 0: the route's */
	u8			retries;
	u8			acked:1,	/* TCP_DEFER_ACCEPT: waits for data */
				resent:1,	/* to a SYN that came twice */
				dead:1;		/* no longer in the table */
};

/**
 * struct xtcp_timewait - a closed connection that keeps its 4-tuple for 2MSL
 *
 * Guarded by @lock, but for what the table reads.
 */
struct xtcp_timewait {
	struct xtcp_node	node;
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
	int			ifindex;
	u32			answered_ms;	/* when a challenge was last answered */
	u8			tos;
	u8			ttl;		/* 0: the route's */
	bool			dead;
};

/**
 * struct xtcp_skb_cb - what xtcp notes on an skb in its queues
 *
 * @block: sequence space, SYN and FIN included; its node is used only in the
 *	out-of-order queue
 * @mark: sent: for the delivery rate; lies over @block's node
 * @ack: received: SEG.ACK
 * @wnd: received: SEG.WND
 * @urg: received: SEG.UP; sent: urgent data ends here, relative to seq
 * @flags: the segment's flags
 * @header_bytes: received: the TCP header to strip
 * @sent_us: sent: when, for the round-trip time
 * @resent: sent more than once: no sample (Karn)
 * @stamped: sent: SO_TIMESTAMPING asks when the last byte leaves; nothing is
 *	appended behind it
 * @stamp_ack: sent: it asks when that byte is acknowledged
 * @isn: received, a SYN that ended a TIME_WAIT: the least ISN to answer it with;
 *	else 0
 */
struct xtcp_skb_cb {
	union {
		struct xtcp_block	block;
		struct xtcp_rate_mark	mark;
	};
	union {
		u32		ack;
		u32		sent_us;
	};
	u16			wnd;
	u16			urg;
	u8			flags;
	u8			header_bytes;
	u16			mss:15,
				resent:1;
	union {
		u32		isn;
		struct {
			u8	stamped:1,
				stamp_ack:1;
		};
	};
};

#define XTCP_CB(skb)	((struct xtcp_skb_cb *)&(skb)->cb[0])
#define xtcp_seq(skb)	(XTCP_CB(skb)->block.seq)
#define xtcp_end(skb)	(XTCP_CB(skb)->block.end)

/* How many segments GRO has made one of, or GSO will make of it. */
static inline u32 xtcp_skb_segs(const struct sk_buff *skb)
{
	return max_t(u16, 1, skb_shinfo(skb)->gso_segs);
}

/* What the IP layer left in an skb's cb, the device that it came in by among
 * it, is needed until the segment is queued: only the tree's node covers it.
 */
static_assert(offsetof(struct xtcp_skb_cb, block.seq) >=
	      sizeof(struct inet_skb_parm));
static_assert(offsetof(struct xtcp_skb_cb, block.seq) >=
	      sizeof(struct xtcp_rate_mark));
static_assert(sizeof(struct xtcp_skb_cb) <= sizeof_field(struct sk_buff, cb));

static inline struct sk_buff *xtcp_block_skb(struct xtcp_block *b)
{
	struct xtcp_skb_cb *cb = container_of(b, struct xtcp_skb_cb, block);

	return container_of((void *)cb, struct sk_buff, cb);
}

/* struct xtcp_sock.nonagle, as TCP_NODELAY and TCP_CORK set it */
#define XTCP_NAGLE_OFF	BIT(0)
#define XTCP_NAGLE_CORK	BIT(1)
#define XTCP_NAGLE_PUSH	BIT(2)	/* TCP_NODELAY was just set: send what waits */

#define XTCP_STATES_CONNECTED	(TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | \
				 TCPF_FIN_WAIT2 | TCPF_CLOSE_WAIT | \
				 TCPF_CLOSING | TCPF_LAST_ACK)

static inline bool xtcp_in_state(const struct sock *sk, int states)
{
	return (1 << READ_ONCE(sk->sk_state)) & states;
}

static inline u32 xtcp_now_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

static inline u32 xtcp_now_ms(void)
{
	return jiffies_to_msecs(jiffies);
}

/* How much may still arrive: the window last sent, less what came since. */
static inline u32 xtcp_rcv_window(const struct xtcp_sock *x)
{
	s32 wnd = x->rcv_wup + x->rcv_wnd - x->rcv_nxt;

	return max(wnd, 0);
}

static inline u32 xtcp_rto_min_us(const struct xtcp_sock *x)
{
	return x->route_rto_min_us ?: READ_ONCE(x->xn->sysctl.rto_min_us);
}

static inline u32 xtcp_flight(const struct xtcp_sock *x)
{
	return x->snd_nxt - x->snd_una;
}

static inline u32 xtcp_window_end(const struct xtcp_sock *x)
{
	return x->snd_una + x->snd_wnd;
}

/* The right edge of our window is here now. */
static inline void xtcp_note_edge(struct xtcp_sock *x)
{
	u32 edge = x->rcv_wup + x->rcv_wnd;

	if (seq_gt(edge, x->rcv_adv))
		x->rcv_adv = edge;
}

/* What a bound on TTL that a socket has set is to segments sent in its name. */
static inline u8 xtcp_reply_ttl(const struct sock *sk)
{
	int ttl = READ_ONCE(inet_sk(sk)->uc_ttl);

	return ttl < 0 ? 0 : ttl;
}

/* Data of ours, a FIN aside, that the peer has not acknowledged. */
static inline u32 xtcp_unacked_bytes(const struct xtcp_sock *x)
{
	return x->write_seq - x->snd_una - x->fin_queued;
}

/* connection.c */
void xtcp_init_connection(struct xtcp_sock *x);
bool xtcp_transition(struct sock *sk, enum xtcp_event event);
void xtcp_timeouts_over(struct xtcp_sock *x);
void xtcp_done(struct sock *sk, enum xtcp_event event, int err);
void xtcp_destroy(struct sock *sk);
void xtcp_write_queue_purge(struct sock *sk);
void xtcp_write_queue_free(struct sock *sk, struct sk_buff *skb);

#endif /* _XTCP_CONNECTION_H */
