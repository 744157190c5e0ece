/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, system xtcp.  Addresses are kept as socket addresses, so that
 * trace_pipe prints them as a person writes them.
 *
 * A record is made of memory that was something else before: no byte of it may be
 * left out.  So fields follow each other without gaps, and an address is written
 * to its end.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xtcp

#if !defined(_XTCP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _XTCP_TRACE_H

#include <linux/trace_seq.h>
#include <linux/tracepoint.h>
#include "../compat.h"
#include "../engine/delivered.h"
#include "../engine/flight.h"
#include "../engine/fsm.h"
#include "../engine/tcb.h"
#include "../engine/window.h"
#include "../wire/segment.h"
#include "drop.h"
#include "why.h"

#ifndef _XTCP_TRACE_HELPERS
#define _XTCP_TRACE_HELPERS

#define XTCP_TRACE_ADDR_BYTES	sizeof(struct sockaddr_in6)

static inline void xtcp_trace_addr(void *to, const struct in6_addr *a, u16 port)
{
	memset(to, 0, XTCP_TRACE_ADDR_BYTES);
	if (ipv6_addr_v4mapped(a)) {
		struct sockaddr_in *sin = to;

		*sin = (struct sockaddr_in) {
			.sin_family = AF_INET,
			.sin_port = htons(port),
			.sin_addr.s_addr = a->s6_addr32[3],
		};
	} else {
		struct sockaddr_in6 *sin6 = to;

		*sin6 = (struct sockaddr_in6) {
			.sin6_family = AF_INET6,
			.sin6_port = htons(port),
			.sin6_addr = *a,
		};
	}
}

static inline void xtcp_trace_sacks(u32 *to, const struct xtcp_options *opt)
{
	int i;

	memset(to, 0, 2 * XTCP_SACK_BLOCKS_MAX * sizeof(*to));
	for (i = 0; i < opt->sacks; i++) {
		to[2 * i] = ntohl(opt->sack[i].start);
		to[2 * i + 1] = ntohl(opt->sack[i].end);
	}
}

/* What an ACK was, for xtcp_acked. */
#define XTCP_ACKED_DUPLICATE	BIT(0)
#define XTCP_ACKED_SACK		BIT(1)
#define XTCP_ACKED_DSACK	BIT(2)
#define XTCP_ACKED_REORDERED	BIT(3)
#define XTCP_ACKED_ECE		BIT(4)
#define XTCP_ACKED_UNDONE	BIT(5)
#define XTCP_ACKED_RENEGED	BIT(6)

static inline u8 xtcp_trace_acked(const struct xtcp_delivery *d)
{
	return (d->duplicate ? XTCP_ACKED_DUPLICATE : 0) |
	       (d->sacked ? XTCP_ACKED_SACK : 0) |
	       (d->has_dsack ? XTCP_ACKED_DSACK : 0) |
	       (d->reordered ? XTCP_ACKED_REORDERED : 0) |
	       (d->congested ? XTCP_ACKED_ECE : 0) |
	       (d->undone ? XTCP_ACKED_UNDONE : 0) |
	       (d->reneged ? XTCP_ACKED_RENEGED : 0);
}

/* How much was found lost, and has not been sent again so far. */
static inline u32 xtcp_trace_lost(const struct xtcp_sock *x, u32 before)
{
	return x->board.lost_bytes > before ? x->board.lost_bytes - before : 0;
}

/* Why it leaves: what the sender has noted, or what shows. */
static inline u8 xtcp_trace_why(const struct xtcp_sock *x, u8 flags, u32 len)
{
	if (x && x->why)
		return x->why;
	if (flags & XTCP_SYN)
		return XTCP_WHY_HANDSHAKE;
	if (flags & XTCP_RST)
		return XTCP_WHY_RESET;
	if (len)
		return XTCP_WHY_NEW;
	return flags & XTCP_FIN ? XTCP_WHY_CLOSE : XTCP_WHY_ACK;
}

/* What a record keeps of the options, for xtcp_trace_options(). */
struct xtcp_trace_options {
	u16	mss;
	u8	present;
	u8	wscale;
	u32	tsval;
	u32	tsecr;
	u32	sacks;
	const u32 *sack;
};

const char *xtcp_trace_options(struct trace_seq *p, struct xtcp_trace_options opt);

#endif /* _XTCP_TRACE_HELPERS */

#define XTCP_OPTIONS_SHOWN						\
	xtcp_trace_options(p, (struct xtcp_trace_options) {		\
		__entry->mss, __entry->present, __entry->wscale,	\
		__entry->tsval, __entry->tsecr, __entry->sacks,		\
		__entry->sack })

#define XTCP_FLAGS_SHOWN(flags)			\
	__print_flags(flags, "|",		\
		      { XTCP_FIN, "FIN" },	\
		      { XTCP_SYN, "SYN" },	\
		      { XTCP_RST, "RST" },	\
		      { XTCP_PSH, "PSH" },	\
		      { XTCP_ACK, "ACK" },	\
		      { XTCP_URG, "URG" },	\
		      { XTCP_ECE, "ECE" },	\
		      { XTCP_CWR, "CWR" })

#define XTCP_PHASE_SHOWN(phase)				\
	__print_symbolic(phase,				\
			 { XTCP_PHASE_OPEN, "open" },	\
			 { XTCP_PHASE_CWR, "reduced" },	\
			 { XTCP_PHASE_RECOVERY, "recovery" }, \
			 { XTCP_PHASE_LOSS, "loss" })

#define XTCP_WIRE_SHOWN(wire)			\
	__print_symbolic(wire, { IPPROTO_TCP, "tcp" }, { 253, "native" })

/* As __string() and __assign_str(), the arguments of which depend on the kernel. */
#define XTCP_TRACE_NAME(field, name)		\
	__dynamic_array(char, field, strlen(name) + 1)
#define XTCP_TRACE_ASSIGN(field, name)		\
	memcpy(__get_str(field), name, __get_dynamic_array_len(field))

/* Between whom, and in which namespace, as the inode of /proc/PID/ns/net: what every event has. */
#define XTCP_ENDS_FIELDS						\
	__array(__u8, laddr, XTCP_TRACE_ADDR_BYTES)			\
	__array(__u8, raddr, XTCP_TRACE_ADDR_BYTES)			\
	__field(__u32, netns)

#define XTCP_ENDS_ASSIGN(xn, t)							\
	do {									\
		xtcp_trace_addr(__entry->laddr, &(t)->laddr, (t)->lport);	\
		xtcp_trace_addr(__entry->raddr, &(t)->raddr, (t)->rport);	\
		__entry->netns = (xn)->net->ns.inum;				\
	} while (0)

/* What xtcp_segment_in and xtcp_segment_out have in common. */
#define XTCP_SEGMENT_FIELDS						\
	XTCP_ENDS_FIELDS						\
	__field(__u8, wire)						\
	__field(__u8, flags)						\
	__field(__u16, mss)						\
	__field(__u32, wnd)						\
	__field(__u32, seq)						\
	__field(__u32, ack)						\
	__field(__u32, len)						\
	__field(__u8, present)						\
	__field(__u8, wscale)						\
	__field(__u16, sacks)						\
	__field(__u32, tsval)						\
	__field(__u32, tsecr)						\
	__array(__u32, sack, 2 * XTCP_SACK_BLOCKS_MAX)

#define XTCP_SEGMENT_ASSIGN(xn, t, seg, bytes)					\
	do {									\
		XTCP_ENDS_ASSIGN(xn, t);					\
		__entry->wire = (t)->wire;					\
		__entry->flags = (seg)->flags;					\
		__entry->wnd = (seg)->wnd;					\
		__entry->mss = (seg)->opt.mss;					\
		__entry->seq = (seg)->seq;					\
		__entry->ack = (seg)->ack;					\
		__entry->len = (bytes);						\
		__entry->present = (seg)->opt.present;				\
		__entry->wscale = (seg)->opt.wscale;				\
		__entry->sacks = (seg)->opt.sacks;				\
		__entry->tsval = (seg)->opt.tsval;				\
		__entry->tsecr = (seg)->opt.tsecr;				\
		xtcp_trace_sacks(__entry->sack, &(seg)->opt);			\
	} while (0)

TRACE_EVENT(xtcp_state,
	TP_PROTO(const struct xtcp_net *xn, const struct xtcp_tuple *t, int from, int to,
		 enum xtcp_event event),
	TP_ARGS(xn, t, from, to, event),
	TP_STRUCT__entry(
		XTCP_ENDS_FIELDS
		__field(__u8, wire)
		__field(__u8, from)
		__field(__u8, to)
		__field(__u8, event)
		XTCP_TRACE_NAME(from_name, xtcp_state_name(from))
		XTCP_TRACE_NAME(to_name, xtcp_state_name(to))
		XTCP_TRACE_NAME(event_name, xtcp_event_name(event))
	),
	TP_fast_assign(
		XTCP_ENDS_ASSIGN(xn, t);
		__entry->wire = t->wire;
		__entry->from = from;
		__entry->to = to;
		__entry->event = event;
		XTCP_TRACE_ASSIGN(from_name, xtcp_state_name(from));
		XTCP_TRACE_ASSIGN(to_name, xtcp_state_name(to));
		XTCP_TRACE_ASSIGN(event_name, xtcp_event_name(event));
	),
	TP_printk("%pISpc > %pISpc %s: %s -> %s on %s",
		  __entry->laddr, __entry->raddr, XTCP_WIRE_SHOWN(__entry->wire),
		  __get_str(from_name), __get_str(to_name),
		  __get_str(event_name))
);

/* Received: the peer's end is named first, as on the wire. */
TRACE_EVENT(xtcp_segment_in,
	TP_PROTO(const struct xtcp_net *xn, const struct xtcp_tuple *t,
		 const struct xtcp_segment *seg, u32 len),
	TP_ARGS(xn, t, seg, len),
	TP_STRUCT__entry(
		XTCP_SEGMENT_FIELDS
	),
	TP_fast_assign(
		XTCP_SEGMENT_ASSIGN(xn, t, seg, len);
	),
	TP_printk("%pISpc > %pISpc %s: flags %s seq %u ack %u win %u len %u%s",
		  __entry->raddr, __entry->laddr, XTCP_WIRE_SHOWN(__entry->wire),
		  XTCP_FLAGS_SHOWN(__entry->flags), __entry->seq, __entry->ack,
		  __entry->wnd, __entry->len, XTCP_OPTIONS_SHOWN)
);

#undef XTCP_WHY_SHOWN
#define XTCP_WHY_SHOWN(id, text) { XTCP_WHY_##id, text },

/* @x: the connection, as it is before the segment counts; NULL: there is none */
TRACE_EVENT(xtcp_segment_out,
	TP_PROTO(const struct xtcp_net *xn, const struct xtcp_tuple *t,
		 const struct xtcp_segment *seg, u32 len, const struct xtcp_sock *x),
	TP_ARGS(xn, t, seg, len, x),
	TP_STRUCT__entry(
		XTCP_SEGMENT_FIELDS
		__field(__u16, why)
		__field(__u16, phase)
		__field(__u32, cwnd)
		__field(__u32, ssthresh)
		__field(__u32, pipe)
		__field(__u32, snd_wnd)
		__field(__u32, srtt_us)
		__field(__u32, rto_us)
	),
	TP_fast_assign(
		XTCP_SEGMENT_ASSIGN(xn, t, seg, len);
		__entry->why = xtcp_trace_why(x, seg->flags, len);
		__entry->phase = x ? x->phase : XTCP_PHASE_OPEN;
		__entry->cwnd = x ? x->cong.cwnd_bytes : 0;
		__entry->ssthresh = x ? x->cong.ssthresh_bytes : 0;
		__entry->pipe = x ? xtcp_pipe(x) : 0;
		__entry->snd_wnd = x ? x->snd_wnd : 0;
		__entry->srtt_us = x ? x->rtt.srtt_us : 0;
		__entry->rto_us = x ? xtcp_timeout_us(x) : 0;
	),
	TP_printk("%pISpc > %pISpc %s: flags %s seq %u ack %u win %u len %u%s | %s | cwnd %u ssthresh %u pipe %u snd_wnd %u srtt_us %u rto_us %u %s",
		  __entry->laddr, __entry->raddr, XTCP_WIRE_SHOWN(__entry->wire),
		  XTCP_FLAGS_SHOWN(__entry->flags), __entry->seq, __entry->ack,
		  __entry->wnd, __entry->len, XTCP_OPTIONS_SHOWN,
		  __print_symbolic(__entry->why, XTCP_WHYS(XTCP_WHY_SHOWN) { -1, "?" }),
		  __entry->cwnd, __entry->ssthresh, __entry->pipe, __entry->snd_wnd,
		  __entry->srtt_us, __entry->rto_us, XTCP_PHASE_SHOWN(__entry->phase))
);

/* What an ACK has done. */
TRACE_EVENT(xtcp_acked,
	TP_PROTO(const struct xtcp_sock *x, const struct xtcp_delivery *d,
		 u8 phase_before, u32 lost_before),
	TP_ARGS(x, d, phase_before, lost_before),
	TP_STRUCT__entry(
		XTCP_ENDS_FIELDS
		__field(__u8, wire)
		__field(__u8, from_phase)
		__field(__u8, phase)
		__field(__u8, is)
		__field(__u32, snd_una)
		__field(__u32, snd_nxt)
		__field(__u32, acked)
		__field(__u32, delivered)
		__field(__u32, lost)
		__field(__u32, rtt_us)
		__field(__u32, cwnd)
		__field(__u32, ssthresh)
		__field(__u32, pipe)
		__field(__u32, snd_wnd)
	),
	TP_fast_assign(
		XTCP_ENDS_ASSIGN(x->xn, &x->node.tuple);
		__entry->wire = x->node.tuple.wire;
		__entry->from_phase = phase_before;
		__entry->phase = x->phase;
		__entry->is = xtcp_trace_acked(d);
		__entry->snd_una = x->snd_una;
		__entry->snd_nxt = x->snd_nxt;
		__entry->acked = d->acked_bytes;
		__entry->delivered = d->bytes;
		__entry->lost = xtcp_trace_lost(x, lost_before);
		__entry->rtt_us = d->rtt_us;
		__entry->cwnd = x->cong.cwnd_bytes;
		__entry->ssthresh = x->cong.ssthresh_bytes;
		__entry->pipe = xtcp_pipe(x);
		__entry->snd_wnd = x->snd_wnd;
	),
	TP_printk("%pISpc > %pISpc %s: snd_una %u snd_nxt %u acked %u delivered %u lost %u rtt_us %u cwnd %u ssthresh %u pipe %u snd_wnd %u %s -> %s %s",
		  __entry->laddr, __entry->raddr, XTCP_WIRE_SHOWN(__entry->wire),
		  __entry->snd_una, __entry->snd_nxt, __entry->acked, __entry->delivered,
		  __entry->lost, __entry->rtt_us, __entry->cwnd, __entry->ssthresh,
		  __entry->pipe, __entry->snd_wnd, XTCP_PHASE_SHOWN(__entry->from_phase),
		  XTCP_PHASE_SHOWN(__entry->phase),
		  __print_flags(__entry->is, ",",
				{ XTCP_ACKED_DUPLICATE, "duplicate" },
				{ XTCP_ACKED_SACK, "sack" },
				{ XTCP_ACKED_DSACK, "dsack" },
				{ XTCP_ACKED_REORDERED, "reordered" },
				{ XTCP_ACKED_ECE, "congestion" },
				{ XTCP_ACKED_UNDONE, "undone" },
				{ XTCP_ACKED_RENEGED, "reneged" }))
);

#undef XTCP_WAIT_SHOWN
#define XTCP_WAIT_SHOWN(id, text) { XTCP_WAIT_##id, text },

/* What the user wrote stays here. */
TRACE_EVENT(xtcp_waits,
	TP_PROTO(const struct xtcp_sock *x, u32 seq, u8 wait),
	TP_ARGS(x, seq, wait),
	TP_STRUCT__entry(
		XTCP_ENDS_FIELDS
		__field(__u16, wire)
		__field(__u16, wait)
		__field(__u32, seq)
		__field(__u32, bytes)
		__field(__u32, cwnd)
		__field(__u32, pipe)
		__field(__u32, window_end)
	),
	TP_fast_assign(
		XTCP_ENDS_ASSIGN(x->xn, &x->node.tuple);
		__entry->wire = x->node.tuple.wire;
		__entry->wait = wait;
		__entry->seq = seq;
		__entry->bytes = x->write_seq - seq;
		__entry->cwnd = x->cong.cwnd_bytes;
		__entry->pipe = xtcp_pipe(x);
		__entry->window_end = xtcp_window_end(x);
	),
	TP_printk("%pISpc > %pISpc %s: seq %u bytes %u cwnd %u pipe %u window_end %u: %s",
		  __entry->laddr, __entry->raddr, XTCP_WIRE_SHOWN(__entry->wire),
		  __entry->seq, __entry->bytes, __entry->cwnd, __entry->pipe,
		  __entry->window_end,
		  __print_symbolic(__entry->wait, XTCP_WAITS(XTCP_WAIT_SHOWN) { -1, "?" }))
);

TRACE_EVENT(xtcp_retransmit,
	TP_PROTO(const struct xtcp_sock *x, u32 seq, u32 len, u8 flags),
	TP_ARGS(x, seq, len, flags),
	TP_STRUCT__entry(
		XTCP_ENDS_FIELDS
		__field(__u8, wire)
		__field(__u8, flags)
		__field(__u16, retries)
		__field(__u32, seq)
		__field(__u32, ack)
		__field(__u32, wnd)
		__field(__u32, len)
		__field(__u32, cwnd)
	),
	TP_fast_assign(
		XTCP_ENDS_ASSIGN(x->xn, &x->node.tuple);
		__entry->wire = x->node.tuple.wire;
		__entry->flags = flags;
		__entry->retries = x->retries;
		__entry->seq = seq;
		__entry->ack = x->rcv_nxt;
		__entry->wnd = xtcp_rcv_window(x);
		__entry->len = len;
		__entry->cwnd = x->cong.cwnd_bytes;
	),
	TP_printk("%pISpc > %pISpc %s: flags %s seq %u ack %u win %u len %u timeouts %u cwnd %u",
		  __entry->laddr, __entry->raddr, XTCP_WIRE_SHOWN(__entry->wire),
		  XTCP_FLAGS_SHOWN(__entry->flags), __entry->seq, __entry->ack,
		  __entry->wnd, __entry->len, __entry->retries, __entry->cwnd)
);

DECLARE_EVENT_CLASS(xtcp_timer,
	TP_PROTO(const struct xtcp_sock *x, u8 timer, u32 delay_ms),
	TP_ARGS(x, timer, delay_ms),
	TP_STRUCT__entry(
		XTCP_ENDS_FIELDS
		__field(__u16, wire)
		__field(__u16, timer)
		__field(__u32, delay_ms)
		__field(__u32, snd_una)
		__field(__u32, snd_nxt)
		__field(__u32, rcv_nxt)
	),
	TP_fast_assign(
		XTCP_ENDS_ASSIGN(x->xn, &x->node.tuple);
		__entry->wire = x->node.tuple.wire;
		__entry->timer = timer;
		__entry->delay_ms = delay_ms;
		__entry->snd_una = x->snd_una;
		__entry->snd_nxt = x->snd_nxt;
		__entry->rcv_nxt = x->rcv_nxt;
	),
	TP_printk("%pISpc > %pISpc %s: %s %u ms snd_una %u snd_nxt %u rcv_nxt %u",
		  __entry->laddr, __entry->raddr, XTCP_WIRE_SHOWN(__entry->wire),
		  __print_symbolic(__entry->timer,
				   { XTCP_TIMER_RETRANSMIT, "retransmit" },
				   { XTCP_TIMER_DELACK, "delayed-ack" },
				   { XTCP_TIMER_KEEPALIVE, "keepalive" }),
		  __entry->delay_ms, __entry->snd_una, __entry->snd_nxt,
		  __entry->rcv_nxt)
);

DEFINE_EVENT(xtcp_timer, xtcp_timer_armed,
	TP_PROTO(const struct xtcp_sock *x, u8 timer, u32 delay_ms),
	TP_ARGS(x, timer, delay_ms)
);

DEFINE_EVENT(xtcp_timer, xtcp_timer_fired,
	TP_PROTO(const struct xtcp_sock *x, u8 timer, u32 delay_ms),
	TP_ARGS(x, timer, delay_ms)
);

/* The small objects: a request, a TIME_WAIT. */
DECLARE_EVENT_CLASS(xtcp_object,
	TP_PROTO(const struct xtcp_net *xn, const struct xtcp_tuple *t, u32 seq, u32 ack,
		 u32 wnd),
	TP_ARGS(xn, t, seq, ack, wnd),
	TP_STRUCT__entry(
		XTCP_ENDS_FIELDS
		__field(__u32, wire)
		__field(__u32, seq)
		__field(__u32, ack)
		__field(__u32, wnd)
	),
	TP_fast_assign(
		XTCP_ENDS_ASSIGN(xn, t);
		__entry->wire = t->wire;
		__entry->seq = seq;
		__entry->ack = ack;
		__entry->wnd = wnd;
	),
	TP_printk("%pISpc > %pISpc %s: snd_nxt %u rcv_nxt %u win %u",
		  __entry->laddr, __entry->raddr, XTCP_WIRE_SHOWN(__entry->wire),
		  __entry->seq, __entry->ack, __entry->wnd)
);

#define XTCP_OBJECT_EVENT(name)						\
DEFINE_EVENT(xtcp_object, name,						\
	TP_PROTO(const struct xtcp_net *xn, const struct xtcp_tuple *t,	\
		 u32 seq, u32 ack, u32 wnd),				\
	TP_ARGS(xn, t, seq, ack, wnd)					\
)

XTCP_OBJECT_EVENT(xtcp_request_made);
XTCP_OBJECT_EVENT(xtcp_request_gone);
XTCP_OBJECT_EVENT(xtcp_time_wait_made);
XTCP_OBJECT_EVENT(xtcp_time_wait_gone);

#undef XTCP_DROP_SHOWN
#define XTCP_DROP_SHOWN(id, counter, text) { XTCP_DROP_##id, text },

TRACE_EVENT(xtcp_drop,
	TP_PROTO(const struct xtcp_net *xn, const struct xtcp_tuple *t,
		 const struct xtcp_segment *seg, u32 len, u8 reason),
	TP_ARGS(xn, t, seg, len, reason),
	TP_STRUCT__entry(
		XTCP_ENDS_FIELDS
		__field(__u8, wire)
		__field(__u8, flags)
		__field(__u16, reason)
		__field(__u32, wnd)
		__field(__u32, seq)
		__field(__u32, ack)
		__field(__u32, len)
	),
	TP_fast_assign(
		XTCP_ENDS_ASSIGN(xn, t);
		__entry->wire = t->wire;
		__entry->flags = seg->flags;
		__entry->reason = reason;
		__entry->wnd = seg->wnd;
		__entry->seq = seg->seq;
		__entry->ack = seg->ack;
		__entry->len = len;
	),
	TP_printk("%pISpc > %pISpc %s: flags %s seq %u ack %u win %u len %u: %s",
		  __entry->raddr, __entry->laddr, XTCP_WIRE_SHOWN(__entry->wire),
		  XTCP_FLAGS_SHOWN(__entry->flags), __entry->seq, __entry->ack,
		  __entry->wnd, __entry->len,
		  __print_symbolic(__entry->reason,
				   XTCP_DROPS(XTCP_DROP_SHOWN)
				   { -1, "?" }))
);

#endif /* _XTCP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
