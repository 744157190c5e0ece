/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONNECTION_H
#define _XTCP_CONNECTION_H

#include "../netns.h"
#include "../wire/segment.h"
#include "clock.h"
#include "fsm.h"
#include "seq.h"
#include "skb.h"
#include "tcb.h"

/* struct xtcp_sock.nonagle, as TCP_NODELAY and TCP_CORK set it */
#define XTCP_NAGLE_OFF	BIT(0)
#define XTCP_NAGLE_CORK	BIT(1)
#define XTCP_NAGLE_PUSH	BIT(2)	/* TCP_NODELAY was just set: send what waits */

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
