// SPDX-License-Identifier: GPL-2.0
/*
 * What the connection knows, by name: this file knows where the module keeps it, so
 * that no test has to.
 */
#include <net/ip.h>
#include "../module/engine/clock.h"
#include "../module/engine/connection.h"
#include "../module/engine/demux.h"
#include "../module/engine/request.h"
#include "../module/engine/rate.h"
#include "../module/engine/flight.h"
#include "../module/engine/rtt.h"
#include "../module/engine/skb.h"
#include "../module/engine/timewait.h"
#include "../module/wire/ip.h"
#include "conv.h"

#define FROZEN		(24 * 3600 * HZ)

/* A moment that the connection keeps in milliseconds, in jiffies. */
static unsigned long ticks_of(u32 then_ms)
{
	return jiffies - msecs_to_jiffies(xtcp_now_ms() - then_ms);
}

static struct xtcp_sock *conv_x(struct conv *t)
{
	return xtcp_sk(t->sock->sk);
}

/* ---- whatever stands for the connection ---- */

/* R, S and U, as it knows them. */
static void look_at(struct conv *t, const struct xtcp_node *node)
{
	const struct xtcp_timewait *tw;
	const struct xtcp_request *req;
	const struct xtcp_sock *x;

	t->rcv_nxt = t->irs + 1;
	t->snd_nxt = t->iss + 1;
	t->snd_una = t->iss + 1;
	if (!node)
		return;
	if (node->kind == XTCP_KIND_CONNECTION) {
		x = container_of(node, struct xtcp_sock, node);
		if (x->inet.sk.sk_state != TCP_SYN_SENT)
			t->rcv_nxt = x->rcv_nxt;
		t->snd_nxt = x->snd_nxt;
		t->snd_una = x->snd_una;
	} else if (node->kind == XTCP_KIND_REQUEST) {
		req = container_of(node, struct xtcp_request, node);
		t->rcv_nxt = req->irs + 1;
		t->snd_nxt = req->iss + 1;
		t->snd_una = req->iss;
	} else {
		tw = container_of(node, struct xtcp_timewait, node);
		t->rcv_nxt = tw->rcv_nxt;
		t->snd_nxt = tw->snd_nxt;
		t->snd_una = tw->snd_nxt;
	}
}

/**
 * conv_look() - let R, S and U say what holds now
 * @t: the conversation
 */
void conv_look(struct conv *t)
{
	rcu_read_lock();
	look_at(t, xtcp_lookup(t->xn, &t->tuple));
	rcu_read_unlock();
}

static void freeze_timer(struct conv *t, const struct xtcp_node *node,
			 struct timer_list *timer, unsigned long never)
{
	if (timer_pending(timer) && timer->expires != t->frozen &&
	    !memcmp(&node->tuple, &t->tuple, sizeof(t->tuple)))
		t->due = timer->expires;
	mod_timer_pending(timer, never);
}

static void freeze_node(struct conv *t, struct xtcp_node *node, unsigned long never)
{
	if (node->kind == XTCP_KIND_REQUEST)
		freeze_timer(t, node, &container_of(node, struct xtcp_request,
						    node)->timer, never);
	else if (node->kind == XTCP_KIND_TIME_WAIT)
		freeze_timer(t, node, &container_of(node, struct xtcp_timewait,
						    node)->timer, never);
}

/**
 * conv_freeze() - no timer fires of its own accord
 * @t: the conversation
 *
 * Those of connections are held (timers_held), for a step may take longer than they do,
 * and a connection knows when each is due.  A request's and TIME_WAIT's are set far away
 * here, and when they were due is noted: in @t->due, for the 4-tuple talked about.
 * Every step of a test ends with this.
 */
void conv_freeze(struct conv *t)
{
	unsigned long never = jiffies + FROZEN;
	struct rhashtable_iter walk;
	struct xtcp_node *node;

	rhashtable_walk_enter(&t->xn->conns, &walk);
	rhashtable_walk_start(&walk);
	while ((node = xtcp_walk_node(rhashtable_walk_next(&walk))))
		if (!IS_ERR(node))
			freeze_node(t, node, never);
	rhashtable_walk_stop(&walk);
	rhashtable_walk_exit(&walk);
	t->frozen = never;
}

/**
 * conv_state() - the state of the connection, whichever object stands for it
 * @t: the conversation
 *
 * Return: a TCP_* state; TCP_LISTEN where there is only a listener, TCP_CLOSE
 * where there is nothing
 */
int conv_state(struct conv *t)
{
	struct xtcp_node *node;
	int state = TCP_CLOSE;

	if (t->listener && t->listener->sk->sk_state == TCP_LISTEN)
		state = TCP_LISTEN;
	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_REQUEST)
		state = TCP_SYN_RECV;
	else if (node && node->kind == XTCP_KIND_TIME_WAIT)
		state = TCP_TIME_WAIT;
	else if (node)
		state = xtcp_node_sk(node)->sk_state;
	rcu_read_unlock();
	return state;
}

/**
 * conv_state_is() - is the connection in this state?
 * @t: the conversation
 * @state: TCP_ESTABLISHED ..
 *
 * Return: NULL, or the state that it is in
 */
const char *conv_state_is(struct conv *t, int state)
{
	int is = conv_state(t);

	if (is == state)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "expected state %s, it is %s",
		  xtcp_state_name(state), xtcp_state_name(is));
	return t->said;
}

/* ---- numbers ---- */

/* Sent or not. */
static int packets_queued(const struct xtcp_sock *x)
{
	int n = skb_queue_len(&x->inet.sk.sk_write_queue);
	struct sk_buff *skb;

	for (skb = xtcp_board_first(&x->board); skb; skb = xtcp_board_next(skb))
		n++;
	return n;
}

/**
 * conv_value() - something that the connection's socket knows
 * @t: the conversation
 * @value: which
 *
 * Return: its value
 */
s64 conv_value(struct conv *t, enum conv_value value)
{
	const struct xtcp_sock *x = conv_x(t);
	const struct sock *sk = &x->inet.sk;

	switch (value) {
	case CONV_ACKED:
		return x->snd_una;
	case CONV_BACKOFF:
		return x->rtt.backoff;
	case CONV_CWND:
		return x->cong.cwnd_bytes;
	case CONV_DELIVERED:
		return x->tally.segs_delivered;
	case CONV_DELIVERY_AGE:
		return xtcp_now_us() - x->rate.delivered_us;
	case CONV_DELIVERY_RATE:
		return xtcp_rate_per_s(&x->rate);
	case CONV_ECN:
		return x->agreed.ecn && !x->ecn.plain;
	case CONV_ERROR:
		return sk->sk_err;
	case CONV_FLIGHT:
		return x->snd_nxt - x->snd_una;
	case CONV_IN_TIMEOUT_ROW:
		return !!x->tally.rto_since_ms;
	case CONV_LOST:
		return x->board.lost_bytes;
	case CONV_MIN_RTT:
		return x->rtt.min_us;
	case CONV_MSS:
		return x->snd_mss;
	case CONV_PEER_MSS:
		return x->rcv_mss;
	case CONV_PEER_WINDOW:
		return x->snd_wnd;
	case CONV_PIPE:
		return xtcp_pipe(x);
	case CONV_PROBES:
		return x->probes;
	case CONV_RECEIVED:
		return x->rcv_nxt;
	case CONV_RECOVER:
		return x->recover;
	case CONV_ROUND_TRIP:
		return x->rightsize.rtt_us;
	case CONV_REORDERED:
		return x->rack.reordered;
	case CONV_REORDERING_MULT:
		return x->rack.window_mult;
	case CONV_RETRIES:
		return x->retries;
	case CONV_RTO:
		return xtcp_timeout_us(x);
	case CONV_RTO_BASE:
		return x->rtt.rto_us;
	case CONV_SACKED:
		return x->board.sacked_bytes;
	case CONV_SEND_QUEUE:
		return packets_queued(x);
	case CONV_SOFT_ERROR:
		return sk->sk_err_soft;
	case CONV_SRTT:
		return x->rtt.srtt_us;
	case CONV_SSTHRESH:
		return x->cong.ssthresh_bytes;
	case CONV_STALLED:
		return x->stalled;
	case CONV_STALLED_SINCE:
		return ticks_of(x->stalled_since_ms);
	case CONV_TIMEOUTS:
		return x->tally.timeouts;
	case CONV_TIMEOUT_ROWS:
		return x->tally.rto_rows;
	case CONV_TIMEOUT_TIME:
		return msecs_to_jiffies(x->tally.rto_time_ms);
	case CONV_WAITS_SINCE:
		return ticks_of(x->rtx_since_ms);
	case CONV_WINDOW:
		return x->rcv_wup + x->rcv_wnd - x->rcv_nxt;
	case CONV_VALUES:
		break;
	}
	KUNIT_FAIL_AND_ABORT(t->test, "no such value: %d", value);
	return 0;
}

static const char *const value_names[CONV_VALUES] = {
	[CONV_ACKED]		= "SND.UNA",
	[CONV_BACKOFF]		= "the back-off",
	[CONV_CWND]		= "cwnd",
	[CONV_DELIVERED]	= "segments delivered",
	[CONV_DELIVERY_AGE]	= "microseconds since the last delivery",
	[CONV_DELIVERY_RATE]	= "the delivery rate",
	[CONV_ECN]		= "ECN",
	[CONV_ERROR]		= "the socket's error",
	[CONV_FLIGHT]		= "bytes in flight",
	[CONV_IN_TIMEOUT_ROW]	= "in a row of timeouts",
	[CONV_LOST]		= "bytes lost",
	[CONV_MIN_RTT]		= "the shortest round trip in microseconds",
	[CONV_MSS]		= "the MSS",
	[CONV_PEER_MSS]		= "the size of the peer's segments",
	[CONV_PEER_WINDOW]	= "the peer's window",
	[CONV_PIPE]		= "pipe",
	[CONV_PROBES]		= "unanswered probes",
	[CONV_RECEIVED]		= "RCV.NXT",
	[CONV_RECOVER]		= "recover",
	[CONV_REORDERED]	= "reordering seen",
	[CONV_REORDERING_MULT]	= "the reordering window's factor",
	[CONV_RETRIES]		= "retries",
	[CONV_ROUND_TRIP]	= "the receiver's round trip",
	[CONV_RTO]		= "the timeout in microseconds",
	[CONV_RTO_BASE]		= "the timeout without back-off in microseconds",
	[CONV_SACKED]		= "bytes SACKed",
	[CONV_SEND_QUEUE]	= "packets in the send queue",
	[CONV_SOFT_ERROR]	= "the socket's soft error",
	[CONV_SRTT]		= "srtt in microseconds",
	[CONV_SSTHRESH]		= "ssthresh",
	[CONV_STALLED]		= "stalled by the peer's window",
	[CONV_STALLED_SINCE]	= "stalled since",
	[CONV_TIMEOUTS]		= "timeouts",
	[CONV_TIMEOUT_ROWS]	= "rows of timeouts",
	[CONV_TIMEOUT_TIME]	= "time spent in timeouts",
	[CONV_WAITS_SINCE]	= "waiting since",
	[CONV_WINDOW]		= "the window offered",
};

/**
 * conv_is() - is this what the connection's socket knows?
 * @t: the conversation
 * @value: which value
 * @want: what it must be
 *
 * Return: NULL, or both numbers
 */
const char *conv_is(struct conv *t, enum conv_value value, s64 want)
{
	s64 got = conv_value(t, value);

	if (got == want)
		return NULL;
	if (value == CONV_WINDOW && t->unsaid && t->options & XTCP_OPT_WSCALE &&
	    abs(got - want) < 1 << CONV_RCV_WSCALE)
		return NULL;	/* scaled, and rounded */
	scnprintf(t->said, sizeof(t->said), "%s: expected %lld, it is %lld",
		  value_names[value], want, got);
	return t->said;
}

/* ---- phases ---- */

static const char *is_named(struct conv *t, const char *what, const char *const *names,
			    int want, int got)
{
	if (want == got)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "%s: expected %s, it is %s", what,
		  names[want], names[got]);
	return t->said;
}

/**
 * conv_phase_is() - is this how far loss recovery has got?
 * @t: the conversation
 * @phase: the phase expected
 *
 * Return: NULL, or how far it has got
 */
const char *conv_phase_is(struct conv *t, enum xtcp_phase phase)
{
	static const char *const names[] = {
		[XTCP_PHASE_OPEN]	= "open",
		[XTCP_PHASE_CWR]	= "reduced",
		[XTCP_PHASE_RECOVERY]	= "recovery",
		[XTCP_PHASE_LOSS]	= "loss",
	};

	return is_named(t, "the phase", names, phase, conv_x(t)->phase);
}

/**
 * conv_waits_for() - is this what the retransmission timer is armed for?
 * @t: the conversation
 * @what: what it should be
 *
 * Return: NULL, or what it is armed for
 */
const char *conv_waits_for(struct conv *t, enum xtcp_rtx what)
{
	static const char *const names[] = {
		[XTCP_RTX_TIMEOUT]	= "a timeout",
		[XTCP_RTX_PROBE]	= "a loss probe",
		[XTCP_RTX_REORDERING]	= "reordering to be over",
	};

	if (!(conv_x(t)->armed & BIT(XTCP_TIMER_RETRANSMIT)))
		return "the retransmission timer is not armed";
	return is_named(t, "the timer", names, what, conv_x(t)->rtx_for);
}

/**
 * conv_limit_is() - is this what holds back what the user sends?
 * @t: the conversation
 * @limit: the limit expected
 *
 * Return: NULL, or what holds it back
 */
const char *conv_limit_is(struct conv *t, enum xtcp_limit limit)
{
	static const char *const names[] = {
		[XTCP_LIMIT_NONE]	= "nothing",
		[XTCP_LIMIT_PATH]	= "the path",
		[XTCP_LIMIT_WINDOW]	= "the window",
		[XTCP_LIMIT_SNDBUF]	= "the send buffer",
	};

	return is_named(t, "held back by", names, limit, conv_x(t)->tally.limit);
}

/**
 * conv_urgent_coming() - is the place of an urgent byte known, and the byte not here?
 * @t: the conversation
 * @seq: its sequence number
 *
 * Return: NULL, or what holds
 */
const char *conv_urgent_coming(struct conv *t, u32 seq)
{
	static const char *const names[] = {
		[XTCP_URGENT_NONE]	= "not known",
		[XTCP_URGENT_COMING]	= "known",
		[XTCP_URGENT_HERE]	= "here",
		[XTCP_URGENT_READ]	= "read",
	};
	const struct xtcp_sock *x = conv_x(t);

	if (x->urg_phase == XTCP_URGENT_COMING && x->urg_seq != seq) {
		scnprintf(t->said, sizeof(t->said),
			  "the urgent byte: expected %u, it is %u", seq, x->urg_seq);
		return t->said;
	}
	return is_named(t, "the urgent byte", names, XTCP_URGENT_COMING, x->urg_phase);
}

/* ---- counters ---- */

const char *const counter_names[XTCP_MIB_MAX] = {
#define COUNTER_NAME(id, name, ...) \
	[XTCP_MIB_##id] = name,
	XTCP_COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
};

/**
 * conv_count() - by how much a counter has grown since the case began
 * @t: the conversation
 * @id: XTCP_MIB_*
 *
 * Return: by how much
 */
long conv_count(struct conv *t, int id)
{
	return xtcp_counter(t->xn, id) - t->counters[id];
}

/**
 * conv_counted() - has a counter grown by this?
 * @t: the conversation
 * @id: XTCP_MIB_*
 * @n: how many
 *
 * Return: NULL, or by how much it has
 */
const char *conv_counted(struct conv *t, int id, long n)
{
	long got = conv_count(t, id);

	if (got == n)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "%s: expected %ld, it is %ld",
		  counter_names[id], n, got);
	return t->said;
}

/* ---- what a test cannot bring about on the wire ---- */

/**
 * set_wire() - the socket is for another wire
 * @sock: a new socket
 * @wire: IPPROTO_XTCP, or IPPROTO_TCP; the kernel's TCP is not told
 */
void set_wire(struct socket *sock, u8 wire)
{
	struct xtcp_tuple *t = &xtcp_sk(sock->sk)->node.tuple;

	t->wire = wire;
	xtcp_ip_use(sock->sk, &t->laddr);
}

/**
 * set_clamp() - set the largest window to offer
 * @sock: a socket
 * @window: in bytes; 0: none at all
 */
void set_clamp(struct socket *sock, u32 window)
{
	xtcp_sk(sock->sk)->window_clamp = window;
}

/**
 * set_window() - set the window that was last offered
 * @t: the conversation
 * @window: in bytes
 */
void set_window(struct conv *t, u32 window)
{
	conv_x(t)->rcv_wnd = window;
}

/**
 * set_cwnd() - set the congestion window
 * @t: the conversation
 * @bytes: its size
 */
void set_cwnd(struct conv *t, u32 bytes)
{
	conv_x(t)->cong.cwnd_bytes = bytes;
}

/**
 * set_ssthresh() - set where slow start ends
 * @t: the conversation
 * @bytes: the threshold
 */
void set_ssthresh(struct conv *t, u32 bytes)
{
	conv_x(t)->cong.ssthresh_bytes = bytes;
}

/**
 * set_rto() - set the timeout that round-trip times have led to
 * @t: the conversation
 * @us: in microseconds, without back-off
 */
void set_rto(struct conv *t, u32 us)
{
	conv_x(t)->rtt.rto_us = us;
}

/**
 * set_round_trip() - set how long a round trip takes, as the receiver sees it
 * @t: the conversation
 * @us: in microseconds
 */
void set_round_trip(struct conv *t, u32 us)
{
	conv_x(t)->rightsize.rtt_us = us;
}

/**
 * set_recover() - set how much had been sent when the last loss was found
 * @t: the conversation
 * @seq: up to here
 */
void set_recover(struct conv *t, u32 seq)
{
	conv_x(t)->recover = seq;
}

/**
 * set_quick_acks() - set how many ACKs are not delayed
 * @t: the conversation
 * @acks: how many
 *
 * The peer's next data are not the first.  With any, the user does not answer what comes;
 * without, he does.
 */
void set_quick_acks(struct conv *t, u8 acks)
{
	struct xtcp_sock *x = conv_x(t);

	x->ack.quick = acks;
	x->ack.ping_pong = !acks;
	x->tally.data_in_ms = x->last_rcv_ms;
}

/**
 * set_readers() - set how many readers sleep in recvmsg()
 * @t: the conversation
 * @readers: how many
 */
void set_readers(struct conv *t, u16 readers)
{
	conv_x(t)->readers = readers;
}

/**
 * set_last_went_twice() - the last packet in flight was sent again
 * @t: the conversation
 */
void set_last_went_twice(struct conv *t)
{
	XTCP_CB(xtcp_board_last(&conv_x(t)->board))->state |= XTCP_TWICE;
}

/**
 * set_last_stamped() - SO_TIMESTAMPING asks for the last byte written
 * @t: the conversation
 */
void set_last_stamped(struct conv *t)
{
	struct sk_buff *skb = skb_peek_tail(&t->sock->sk->sk_write_queue);

	XTCP_CB(skb ?: xtcp_board_last(&conv_x(t)->board))->stamped = 1;
}

/**
 * conv_is_stamped() - does SO_TIMESTAMPING ask for the last byte of a packet?
 * @t: the conversation
 * @packet: which of those not acknowledged
 *
 * Return: whether it does
 */
bool conv_is_stamped(struct conv *t, int packet)
{
	struct sk_buff *skb;

	for (skb = xtcp_board_first(&conv_x(t)->board); skb; skb = xtcp_board_next(skb))
		if (!packet--)
			return XTCP_CB(skb)->stamped;
	skb_queue_walk(&t->sock->sk->sk_write_queue, skb)
		if (!packet--)
			return XTCP_CB(skb)->stamped;
	return false;
}

/**
 * set_device() - the request or TIME_WAIT belongs to a connection by another device
 * @t: the conversation
 * @ifindex: the device that it is bound to
 */
void set_device(struct conv *t, int ifindex)
{
	struct xtcp_node *node;

	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node)
		node->ifindex = ifindex;
	else
		KUNIT_FAIL(t->test, "there is no request, nor a TIME_WAIT");
	rcu_read_unlock();
}
