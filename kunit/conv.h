/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test as a conversation.  The test is the peer and the user; xtcp between
 * them is the one under test.
 *
 *	user_connect(t);
 *	expect(t, "SYN seq 100 mss 1460");
 *	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
 *	expect(t, "ACK seq 101 ack 1001");
 *	state_is(t, TCP_ESTABLISHED);
 *
 * A segment in words: its flags, then what it says: seq, ack, win, mss, len, urg,
 * gso, each with a number.  In place of a number R is the receive window's left
 * edge (RCV.NXT), S SND.NXT and U SND.UNA, as they were before the last event;
 * m is a whole segment, as long as the peer's MSS allows: R+1, S-1, U+6m and
 * U+2m+100 are understood.  What is not said is not looked at, but for these: the
 * flags are all there are, no len means no data, and only a SYN has an mss.
 *
 * Options: sackok, wscale N, ts V ecr E, sack A..B C..D.  After with_options() both ends
 * have them without a word, m is shorter by the timestamps, and T is the last TSval that
 * xtcp sent; a segment that names one, or says plain, has those that it names.
 * ecn N is the IP header's ECN field, 0 if it is not said: 1 ECT(1), 2 ECT(0), 3 CE.
 *
 * The module's parameter conv_options gives options to the cases that do not call
 * with_options().  What they say of sizes and windows holds all the same: link and peer
 * take as much more as the timestamps need, the peer's scale is 0, a window of xtcp's
 * may be rounded, and there are no loss probes.
 * The parameter conv_ipv6 lets the cases talk over IPv6.  Sizes are the
 * same: the link takes as much more as the header is longer.  A case that is about one
 * version calls over_ipv4() or over_ipv6() and talks over that in any run.
 * The parameter conv_tcp_wire lets the cases talk over TCP's wire.  One that asks what
 * happens where there is nobody calls over_native(): there the kernel's TCP answers.
 * A segment of the peer's with a gso is several of that size, which GRO has merged.
 *
 * Whatever xtcp sends must be expected: inject(), icmp(), fire(), returns() and the
 * end of the case fail where xtcp sent something before that the test did not look at.
 * So no test need assert silence; pass_over() is for what does not matter.
 *
 * A test asks for what the connection knows by name, cwnd_is(), rto_is(), and sets by
 * name what it cannot bring about on the wire, set_cwnd().  Only conv_state.c and
 * conv_time.c know where that is kept.
 *
 * Time stands still: only fire() lets a timer fire, and only time_passes() lets
 * anything grow older.  A step that does not go as the test says ends the test and
 * shows the conversation so far.
 *
 * Each file below calls only those above it:
 *
 *	nic.c		the wire
 *	conv_ip.c	addresses, IP headers, ICMP
 *	conv_words.c	segments in words
 *	conv_state.c	what the connection knows
 *	conv_sound.c	whether what it knows is consistent: asked after every step
 *	conv.c		the steps: what the peer sends, and what it gets
 *	conv_time.c	timers, and how much time has passed
 *	conv_user.c	the user
 *	conv_case.c	a case's beginning and end
 *	conv_places.c	a connection in each state
 */
#ifndef _XTCP_KUNIT_CONV_H
#define _XTCP_KUNIT_CONV_H

#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include "../module/netns.h"
#include "../module/engine/fsm.h"
#include "../module/engine/seq.h"
#include "../module/engine/tally.h"	/* enum xtcp_limit */
#include "../module/engine/tcb.h"	/* enum xtcp_timer, enum xtcp_phase */
#include "../module/engine/tuple.h"
#include "../module/wire/segment.h"
#include "../module/uapi/xtcp.h"
#include "nic.h"

extern u8 conv_options;		/* kunit/suites.c has the parameters */
extern bool conv_ipv6;
extern bool conv_tcp_wire;

#define CONV_SOCKETS	64
#define CONV_LOG_BYTES	4096

#define HERE_ADDR	0xc0000201	/* 192.0.2.1 */
#define THERE_ADDR	0xc0000202	/* 192.0.2.2 */
#define HERE_PORT	5000
#define THERE_PORT	6000
#define HERE_ISS	100u
#define THERE_ISS	1000u
#define MSS		1460u	/* on a link of 1500 bytes; the peer offers as much */

/**
 * struct conv - a conversation
 * @test: the case
 * @nic: the test NIC
 * @xn: the namespace's xtcp
 * @tuple: of the connection talked about, as xtcp sees it
 * @iss: xtcp's initial sequence number
 * @irs: the peer's
 * @rcv_nxt: R
 * @snd_nxt: S
 * @snd_una: U
 * @win: the window in the peer's segments, unless they say another
 * @wscale: the window scale of the peer's SYN
 * @ip6: they talk over IPv6
 * @options: XTCP_OPT_*: what both ends have
 * @unsaid: the case has not asked for them
 * @tsval: the timestamp in the peer's segments, unless they say another
 * @tsval_seen: T
 * @peer_mss: the MSS option of the peer's SYN, and what m stands for; 0: none,
 *	and m is 536
 * @listener: a listening socket
 * @sock: the connection's socket
 * @written: how many bytes the user has written to it
 * @read: how many the user has read
 * @disarmed: the test has disarmed the retransmission timer
 * @due: when the timer of the request or TIME_WAIT was to fire, in jiffies, as last set
 */
struct conv {
	struct kunit		*test;
	struct nic		*nic;
	struct xtcp_net		*xn;
	struct xtcp_tuple	tuple;
	u32			iss;
	u32			irs;
	u32			rcv_nxt;
	u32			snd_nxt;
	u32			snd_una;
	u16			win;
	u16			peer_mss;
	u8			wscale;
	u8			options;
	bool			unsaid;
	bool			ip6;
	u32			tsval;
	u32			tsval_seen;
	struct socket		*listener;
	struct socket		*sock;
	u32			written;
	u32			read;
	bool			disarmed;
	unsigned long		due;

	/* private */
	struct socket		*socks[CONV_SOCKETS];
	struct xtcp_sysctls	sysctl;
	unsigned long		counters[XTCP_MIB_MAX];
	unsigned long		frozen;
	char			*log;
	size_t			log_len;
	u8			*packet;
	char			said[1024];
};

/* What timestamps take of a segment in a case that does not know of them. */
static inline u32 conv_unsaid_bytes(const struct conv *t)
{
	return t->unsaid && t->options & XTCP_OPT_TIMESTAMPS ? XTCP_TIMESTAMPS_BYTES : 0;
}

/* The link takes as much more as the longer IP header needs. */
static inline u32 conv_ip_bytes(const struct conv *t)
{
	return t->ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

static inline u32 conv_mtu_more(const struct conv *t)
{
	return conv_unsaid_bytes(t) + conv_ip_bytes(t) - sizeof(struct iphdr);
}

#define CONV_RCV_WSCALE	7	/* xtcp's, with the buffers that are its default */

/* A step says what went wrong, or NULL; the line in the test is the place. */
#define CONV_STEP(call)							\
	do {								\
		struct kunit *__test = kunit_get_current_test();	\
		const char *__said = (call);				\
									\
		if (__said)						\
			KUNIT_FAIL_AND_ABORT(__test, "%s\n%s", __said,	\
					     conv_of(__test)->log);	\
	} while (0)

/* ---- before and after a case: conv_case.c ---- */

int conv_init(struct kunit *test);
int conv_init_plain(struct kunit *test);
int conv_init_with_options(struct kunit *test);
int conv_init_no_sack(struct kunit *test);
int conv_init_gso_no_sack(struct kunit *test);
int conv_init_csum(struct kunit *test);
int conv_init_gso(struct kunit *test);
int conv_init_ipv6(struct kunit *test);
int conv_init_native(struct kunit *test);
int conv_init_bare(struct kunit *test);
void conv_exit(struct kunit *test);
void conv_suite_exit(struct kunit_suite *suite);

static inline struct conv *conv_of(struct kunit *test)
{
	return test->priv;
}

#define CONV_ALL_OPTIONS (XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TIMESTAMPS | XTCP_OPT_WSCALE)

void with_options(struct conv *t, u8 options);
void without_sack(struct conv *t);
void over_ipv4(struct conv *t);
void over_ipv6(struct conv *t);
void over_native(struct conv *t);
void conv_address(struct conv *t, u32 here, u32 there, int prefix);

/* ---- the IP version: conv_ip.c ---- */

#define CONV_ICMP_BYTES	192

/**
 * struct conv_header - what an IP header says, in either version
 * @tos: type of service, or traffic class
 * @ttl: TTL, or hop limit
 * @id: IPv4's identification
 * @label: IPv6's flow label
 */
struct conv_header {
	u8	tos;
	u8	ttl;
	u16	id;
	u32	label;
};

struct in6_addr conv_addr(const struct conv *t, u32 addr);
int conv_sockaddr(const struct conv *t, const struct in6_addr *addr, u16 port,
		  struct sockaddr_storage *to);
void conv_option(const struct conv *t, int *level, int *name);
__sum16 conv_sum(const struct conv *t, const void *data, size_t len);
void conv_put_header(const struct conv *t, u8 *packet, size_t bytes);
void conv_fix_header(const struct conv *t, u8 *packet, size_t bytes);
void conv_set_tos(const struct conv *t, u8 *packet, u8 tos);
struct conv_header conv_header(const struct conv *t, const struct sk_buff *skb);
const char *conv_check_header(const struct conv *t, const struct sk_buff *skb);
void conv_icmp_type(const struct conv *t, u8 *type, u8 *code);
size_t conv_put_icmp(const struct conv *t, u8 *packet, u8 type, u8 code, u32 info, u32 seq,
		     u32 options, u32 bytes);

/* ---- segments in words: conv_words.c ---- */

size_t conv_build(struct conv *t, u8 *packet, const char *said);
void conv_fix_sums(struct conv *t, u8 *packet, size_t len);
u8 conv_byte(u32 offset);

/* ---- what the connection knows: conv_state.c ---- */

/* What conv_value() tells; most have a word below. */
enum conv_value {
	CONV_ACKED,
	CONV_BACKOFF,
	CONV_CWND,
	CONV_DELIVERED,
	CONV_DELIVERY_AGE,	/* microseconds since something was acknowledged */
	CONV_DELIVERY_RATE,	/* bytes a second */
	CONV_ECN,		/* what is sent may be marked */
	CONV_ERROR,
	CONV_FLIGHT,
	CONV_IN_TIMEOUT_ROW,
	CONV_LOST,
	CONV_MIN_RTT,
	CONV_MSS,
	CONV_PEER_MSS,		/* how long the peer's segments seem to be */
	CONV_PEER_WINDOW,
	CONV_PIPE,
	CONV_PROBES,
	CONV_RECEIVED,
	CONV_RECOVER,
	CONV_ROUND_TRIP,	/* microseconds, as the receiver sees it */
	CONV_REORDERED,		/* the path has been seen to reorder */
	CONV_REORDERING_MULT,	/* RFC 8985's RACK.reo_wnd_mult */
	CONV_RETRIES,
	CONV_RTO,
	CONV_RTO_BASE,		/* without its back-off */
	CONV_SACKED,
	CONV_SEND_QUEUE,
	CONV_SOFT_ERROR,
	CONV_SRTT,
	CONV_SSTHRESH,
	CONV_STALLED,
	CONV_STALLED_SINCE,	/* jiffies */
	CONV_TIMEOUTS,
	CONV_TIMEOUT_ROWS,
	CONV_TIMEOUT_TIME,	/* jiffies spent in rows of timeouts */
	CONV_WAITS_SINCE,	/* jiffies: for an acknowledgment */
	CONV_WINDOW,
	CONV_VALUES
};

#define CONV_IS(t, value, n)	CONV_STEP(conv_is(t, CONV_##value, n))

/* sequence numbers: all before this one is acknowledged, or received */
#define acked_is(t, seq)		CONV_IS(t, ACKED, seq)
#define received_is(t, seq)		CONV_IS(t, RECEIVED, seq)
#define recover_is(t, seq)		CONV_IS(t, RECOVER, seq)
/* bytes */
#define cwnd_is(t, bytes)		CONV_IS(t, CWND, bytes)
#define ssthresh_is(t, bytes)		CONV_IS(t, SSTHRESH, bytes)
#define mss_is(t, bytes)		CONV_IS(t, MSS, bytes)
#define window_is(t, bytes)		CONV_IS(t, WINDOW, bytes)	/* what we offer */
#define peer_window_is(t, bytes)	CONV_IS(t, PEER_WINDOW, bytes)
#define flight_is(t, bytes)		CONV_IS(t, FLIGHT, bytes)
#define pipe_is(t, bytes)		CONV_IS(t, PIPE, bytes)
#define sacked_is(t, bytes)		CONV_IS(t, SACKED, bytes)
#define lost_is(t, bytes)		CONV_IS(t, LOST, bytes)	/* and not sent again */
/* microseconds */
#define rto_is(t, us)			CONV_IS(t, RTO, us)
#define srtt_is(t, us)			CONV_IS(t, SRTT, us)
#define round_trip_is(t, us)		CONV_IS(t, ROUND_TRIP, us)	/* the receiver's */
/* how many */
#define backoff_is(t, n)		CONV_IS(t, BACKOFF, n)
#define retries_is(t, n)		CONV_IS(t, RETRIES, n)
#define probes_is(t, n)			CONV_IS(t, PROBES, n)
#define timeouts_is(t, n)		CONV_IS(t, TIMEOUTS, n)
#define timeout_rows_is(t, n)		CONV_IS(t, TIMEOUT_ROWS, n)
#define in_timeout_row(t, yes)		CONV_IS(t, IN_TIMEOUT_ROW, yes)
#define stalled_is(t, yes)		CONV_IS(t, STALLED, yes)
#define reordered_is(t, yes)		CONV_IS(t, REORDERED, yes)
#define reordering_mult_is(t, n)	CONV_IS(t, REORDERING_MULT, n)
#define delivered_is(t, segs)		CONV_IS(t, DELIVERED, segs)
#define send_queue_is(t, packets)	CONV_IS(t, SEND_QUEUE, packets)	/* not acknowledged */
/* an errno */
#define error_is(t, err)		CONV_IS(t, ERROR, err)
#define soft_error_is(t, err)		CONV_IS(t, SOFT_ERROR, err)

#define state_is(t, state)	CONV_STEP(conv_state_is(t, state))
#define phase_is(t, phase)	CONV_STEP(conv_phase_is(t, XTCP_PHASE_##phase))
#define waits_for(t, what)	CONV_STEP(conv_waits_for(t, XTCP_RTX_##what))
#define limit_is(t, limit)	CONV_STEP(conv_limit_is(t, XTCP_LIMIT_##limit))
#define urgent_coming(t, seq)	CONV_STEP(conv_urgent_coming(t, seq))
#define counted(t, id, n)	CONV_STEP(conv_counted(t, XTCP_MIB_##id, n))

void conv_look(struct conv *t);
void conv_freeze(struct conv *t);
int conv_state(struct conv *t);
s64 conv_value(struct conv *t, enum conv_value value);
const char *conv_is(struct conv *t, enum conv_value value, s64 want);
const char *conv_state_is(struct conv *t, int state);
const char *conv_phase_is(struct conv *t, enum xtcp_phase phase);
const char *conv_waits_for(struct conv *t, enum xtcp_rtx what);
const char *conv_limit_is(struct conv *t, enum xtcp_limit limit);
const char *conv_urgent_coming(struct conv *t, u32 seq);
extern const char *const counter_names[XTCP_MIB_MAX];
long conv_count(struct conv *t, int id);
const char *conv_counted(struct conv *t, int id, long n);

void set_wire(struct socket *sock, u8 wire);
void set_clamp(struct socket *sock, u32 window);
void set_window(struct conv *t, u32 window);
void set_cwnd(struct conv *t, u32 bytes);
void set_ssthresh(struct conv *t, u32 bytes);
void set_rto(struct conv *t, u32 us);
void set_round_trip(struct conv *t, u32 us);
void set_recover(struct conv *t, u32 seq);
void set_quick_acks(struct conv *t, u8 acks);
void set_readers(struct conv *t, u16 readers);
void set_last_went_twice(struct conv *t);
void set_last_stamped(struct conv *t);
bool conv_is_stamped(struct conv *t, int packet);
void set_device(struct conv *t, int ifindex);

/* ---- is it consistent?  conv_sound.c ---- */

const char *conv_sound(struct conv *t);

/* ---- the steps: conv.c ---- */

#define inject(t, ...)		CONV_STEP(conv_inject(t, __VA_ARGS__))
#define expect(t, ...)		CONV_STEP(conv_expect(t, __VA_ARGS__))
#define silence(t)		CONV_STEP(conv_silence(t))

/* The least that a router quotes of a datagram: the IP header and 8 bytes. */
#define ICMP_QUOTE_BYTES(t)	(conv_ip_bytes(t) + 8)

#define icmp(t, type, code, info, seq) \
	CONV_STEP(conv_icmp(t, type, code, info, seq))

/* A call of the user's, and what it must return. */
#define returns(t, want, call)						\
	do {								\
		struct conv *__t = (t);					\
		int __want = (want), __got;				\
									\
		CONV_STEP(conv_unseen(__t));				\
		__got = (call);						\
		CONV_STEP(conv_returns(__t, #call, __want, __got));	\
	} while (0)

void __printf(2, 3) conv_log(struct conv *t, const char *fmt, ...);
const char *__printf(2, 3) conv_inject(struct conv *t, const char *fmt, ...);
const char *__printf(2, 3) conv_expect(struct conv *t, const char *fmt, ...);
const char *conv_silence(struct conv *t);
const char *conv_unseen(struct conv *t);
const char *conv_returns(struct conv *t, const char *call, int want, int got);
const char *conv_icmp(struct conv *t, u8 type, u8 code, u32 info, u32 seq);
const char *conv_icmp_quoting(struct conv *t, u8 type, u8 code, u32 info, u32 seq,
			      u32 options, u32 bytes);
const char *conv_icmp_exactly(struct conv *t, u8 type, u8 code, u32 info, u32 seq,
			      u32 options, u32 bytes);

bool conv_raw(struct conv *t, const void *packet, size_t len);
bool conv_next(struct conv *t, struct xtcp_segment *seg, u32 *len);
struct xtcp_segment next_segment(struct conv *t);
struct sk_buff *conv_sent(struct conv *t);
void pass_over(struct conv *t);

/* ---- timers, and how much time has passed: conv_time.c ---- */

#define fire(t, timer)		CONV_STEP(conv_fire(t, timer))
#define fire_request(t)		CONV_STEP(conv_fire_request(t))
#define fire_2msl(t)		CONV_STEP(conv_fire_2msl(t))
#define armed(t, timer)		CONV_STEP(conv_armed_is(t, timer, true))
#define not_armed(t, timer)	CONV_STEP(conv_armed_is(t, timer, false))

const char *conv_fire(struct conv *t, enum xtcp_timer timer);
const char *conv_fire_request(struct conv *t);
const char *conv_fire_2msl(struct conv *t);
bool conv_is_armed(struct conv *t, enum xtcp_timer timer);
const char *conv_armed_is(struct conv *t, enum xtcp_timer timer, bool want);
unsigned long conv_deadline(struct conv *t, enum xtcp_timer timer);
void set_deadline(struct conv *t, enum xtcp_timer timer, unsigned long deadline);
void fire_if_armed(struct conv *t, enum xtcp_timer timer);
void disarm(struct conv *t, enum xtcp_timer timer);
bool timer_comes_again(struct conv *t);
void time_passes(struct conv *t, u32 ms);
void time_wait_passes(struct conv *t, u32 s);

/* ---- the user: conv_user.c ---- */

struct socket *user_socket(struct conv *t);
int user_bind(struct conv *t, struct socket *sock, u32 addr, u16 port);
int user_connect(struct conv *t);
int user_listen(struct conv *t, int backlog);
int user_accept(struct conv *t);
int user_send_flags(struct conv *t, u32 len, int flags);
int user_recv_flags(struct conv *t, u32 len, int flags);
int user_shutdown(struct conv *t, int how);
void user_names_version(struct conv *t, struct socket *sock);
int user_option(struct conv *t, int level, int name, int value);
void user_close_socket(struct conv *t, struct socket *sock);

static inline int user_send(struct conv *t, u32 len)
{
	return user_send_flags(t, len, 0);
}

static inline int user_recv(struct conv *t, u32 len)
{
	return user_recv_flags(t, len, 0);
}

void user_close(struct conv *t);
void user_abort(struct conv *t);

/* ---- a connection in each state: conv_places.c ---- */

enum place {
	IN_CLOSED,
	IN_LISTEN,
	IN_SYN_SENT,
	IN_REQUEST,		/* SYN_RECEIVED by way of a listener */
	IN_SIMULTANEOUS,	/* SYN_RECEIVED by way of a simultaneous open */
	IN_ESTABLISHED,
	IN_FIN_WAIT_1,
	IN_FIN_WAIT_2,
	IN_CLOSE_WAIT,
	IN_CLOSING,
	IN_LAST_ACK,
	IN_TIME_WAIT,
	PLACES
};

extern const char *const place_names[PLACES];
extern const int place_states[PLACES];

void bring_to(struct conv *t, enum place place);
void established(struct conv *t);
void established_passive(struct conv *t);
void small_window(struct conv *t, u32 window);
void shut_window(struct conv *t, u32 window);
void established_ecn(struct conv *t, u32 rtt_ms);
void established_over(struct conv *t, u8 options, u32 rtt_ms);
void in_flight(struct conv *t, int segs, int more);

#endif /* _XTCP_KUNIT_CONV_H */
