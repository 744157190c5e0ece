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
 * R+1 and S-1 are understood.  What is not said is not looked at, but for these:
 * the flags are all there are, no len means no data, and only a SYN has an mss.
 *
 * Time stands still: no timer fires but by fire().  A step that does not go as
 * the test says ends the test, and the conversation so far is shown.
 */
#ifndef _XTCP_KUNIT_CONV_H
#define _XTCP_KUNIT_CONV_H

#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/net.h>
#include "../module/engine/clock.h"
#include "../module/engine/connection.h"
#include "../module/engine/handshake.h"
#include "../module/engine/seq.h"
#include "../module/engine/skb.h"
#include "../module/engine/timewait.h"
#include "../module/engine/window.h"
#include "../module/wire/segment.h"
#include "../module/engine/timers.h"
#include "../module/uapi/xtcp.h"
#include "nic.h"

#define CONV_SOCKETS	64
#define CONV_LOG_BYTES	4096

#define HERE_ADDR	0xc0000201	/* 192.0.2.1 */
#define THERE_ADDR	0xc0000202	/* 192.0.2.2 */
#define HERE_PORT	5000
#define THERE_PORT	6000
#define HERE_ISS	100u
#define THERE_ISS	1000u

/**
 * struct conv - a conversation
 * @test: whose
 * @nic: the test NIC
 * @xn: the namespace's xtcp
 * @tuple: of the connection talked about, as xtcp sees it
 * @iss: xtcp's initial sequence number
 * @irs: the peer's
 * @rcv_nxt: R
 * @snd_nxt: S
 * @snd_una: U
 * @win: the window that the peer's segments say, unless they say another
 * @peer_mss: the MSS option of the peer's SYN; 0: none
 * @listener: a listening socket
 * @sock: the connection's socket
 * @written: how many bytes the user has written to it
 * @read: how many the user has read
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
	struct socket		*listener;
	struct socket		*sock;
	u32			written;
	u32			read;

	/* private */
	struct socket		*socks[CONV_SOCKETS];
	struct xtcp_sysctls	sysctl;
	unsigned long		counters[XTCP_MIB_MAX];
	char			*log;
	size_t			log_len;
	u8			*packet;
	char			said[1024];
};

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

#define inject(t, ...)		CONV_STEP(conv_inject(t, __VA_ARGS__))
#define expect(t, ...)		CONV_STEP(conv_expect(t, __VA_ARGS__))
#define silence(t)		CONV_STEP(conv_silence(t))
#define state_is(t, state)	CONV_STEP(conv_state_is(t, state))
#define fire(t, timer)		CONV_STEP(conv_fire(t, timer))
#define fire_request(t)		CONV_STEP(conv_fire_request(t))
#define fire_2msl(t)		CONV_STEP(conv_fire_2msl(t))
#define counted(t, id, n)	CONV_STEP(conv_counted(t, XTCP_MIB_##id, n))
#define icmp(t, type, code, info, seq) \
	CONV_STEP(conv_icmp(t, type, code, info, seq))

/* A call of the user's, and what it must return. */
#define returns(t, want, call)						\
	do {								\
		int __want = (want), __got = (call);			\
									\
		CONV_STEP(conv_returns(t, #call, __want, __got));	\
	} while (0)

int conv_init(struct kunit *test);
int conv_init_csum(struct kunit *test);
int conv_init_gso(struct kunit *test);
int conv_init_bare(struct kunit *test);
void conv_exit(struct kunit *test);
void conv_suite_exit(struct kunit_suite *suite);

static inline struct conv *conv_of(struct kunit *test)
{
	return test->priv;
}

static inline struct xtcp_sock *conv_x(struct conv *t)
{
	return xtcp_sk(t->sock->sk);
}

void conv_address(struct conv *t, u32 here, u32 there, int prefix);
void conv_freeze(struct conv *t);
void __printf(2, 3) conv_log(struct conv *t, const char *fmt, ...);
void conv_look(struct conv *t);
int conv_state(struct conv *t);

const char *__printf(2, 3) conv_inject(struct conv *t, const char *fmt, ...);
const char *__printf(2, 3) conv_expect(struct conv *t, const char *fmt, ...);
const char *conv_silence(struct conv *t);
const char *conv_state_is(struct conv *t, int state);
const char *conv_fire(struct conv *t, enum xtcp_timer timer);
const char *conv_fire_request(struct conv *t);
const char *conv_fire_2msl(struct conv *t);
const char *conv_counted(struct conv *t, int id, long n);
const char *conv_returns(struct conv *t, const char *call, int want, int got);
const char *conv_icmp(struct conv *t, u8 type, u8 code, u32 info, u32 seq);

size_t conv_build(struct conv *t, u8 *packet, const char *said);
bool conv_raw(struct conv *t, const void *packet, size_t len);
bool conv_next(struct conv *t, struct xtcp_segment *seg, u32 *len);
void conv_fix_sums(struct conv *t, u8 *packet, size_t len);
struct sk_buff *conv_sent(struct conv *t);
void conv_forget_sent(struct conv *t);
long conv_count(struct conv *t, int id);
u8 conv_byte(u32 offset);

/* ---- the user: conv_user.c ---- */

struct socket *user_socket(struct conv *t);
int user_bind(struct conv *t, struct socket *sock, u32 addr, u16 port);
int user_connect(struct conv *t);
int user_listen(struct conv *t, int backlog);
int user_accept(struct conv *t);
int user_send_flags(struct conv *t, u32 len, int flags);
int user_recv_flags(struct conv *t, u32 len, int flags);
int user_shutdown(struct conv *t, int how);
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

#endif /* _XTCP_KUNIT_CONV_H */
