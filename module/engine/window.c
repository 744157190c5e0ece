// SPDX-License-Identifier: GPL-2.0
/*
 * The window that we offer: RFC 9293, 3.8.6.2.2.
 *
 *	offered = min(free memory * density, clamp, 65535 << scale)
 *
 *	free memory	the receive buffer, less what is in it
 *	density		the share of it that data takes, from 1/2 to nearly all; the
 *			skbs around the data take the rest (rightsize.c)
 *
 * The header says it in units of 1 << scale.  What comes is seldom a whole number of
 * them, and then the right edge must move (RFC 7323, 2.4): to the right where there is
 * room for that; else the peer sees it move to the left, by less than a unit, but all that
 * was ever offered is taken.  Small segments cost more memory than the half, so there is
 * room as long as there is for half of the window.  If the edge always moved to the right,
 * a peer that sends a byte at a time would never see the window close.
 */
#include <net/dst.h>
#include "../wire/segment.h"
#include "memory.h"
#include "window.h"

#define SEGS_WHEN_SCARCE	4u	/* as Linux */

/* What @space bytes of memory, the clamp and the header's 16 bits allow. */
static u32 window_for(const struct xtcp_sock *x, int space)
{
	return min3(xtcp_data_in(max(space, 0), x->rcv_density), READ_ONCE(x->window_clamp),
		    xtcp_agreed_window_max(&x->agreed));
}

static u32 window_unit(const struct xtcp_sock *x)
{
	return 1u << x->agreed.rcv_wscale;
}

/* Less than a unit would be scaled away, and the window never open again. */
static u32 window_in_sight(const struct xtcp_sock *x, u32 wnd)
{
	return wnd ? max(wnd, window_unit(x)) : 0;
}

/**
 * xtcp_window_bound() - no larger window will ever be offered
 * @sk: a connection, or the listener of one to come
 * @route_window: the route's bound; 0: none
 *
 * By the user's word: TCP_WINDOW_CLAMP, or SO_RCVBUF, half of which is the window.  As
 * Linux.
 *
 * Return: bytes
 */
u32 xtcp_window_bound(const struct sock *sk, u32 route_window)
{
	u32 bound = min_not_zero(READ_ONCE(xtcp_sk(sk)->window_clamp), route_window);

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		bound = min(bound, xtcp_data_in(READ_ONCE(sk->sk_rcvbuf),
						XTCP_DENSITY_HALF));
	return bound;
}

/**
 * xtcp_largest_rcvbuf() - how large the user may make the receive buffer
 * @sk: a connection, or the listener of one to come
 *
 * Return: bytes: net.core.rmem_max, or what it is already
 */
u32 xtcp_largest_rcvbuf(const struct sock *sk)
{
	return max_t(u32, READ_ONCE(sk->sk_rcvbuf), READ_ONCE(sysctl_rmem_max));
}

/**
 * xtcp_largest_window() - what can be offered while the receive buffer is empty
 * @sk: the connection, or the listener of one to come
 *
 * Return: bytes
 */
u32 xtcp_largest_window(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return window_in_sight(x, window_for(x, READ_ONCE(sk->sk_rcvbuf)));
}

/**
 * xtcp_offered_window() - what the receive buffer has room for
 * @sk: the connection, locked
 *
 * Return: bytes, at most xtcp_largest_window()
 */
u32 xtcp_offered_window(const struct sock *sk)
{
	int space = READ_ONCE(sk->sk_rcvbuf) - READ_ONCE(sk->sk_backlog.len) -
		    atomic_read(&sk->sk_rmem_alloc);
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 offered = min(window_for(x, space), x->rcv_limit);

	if (unlikely(x->route_window))
		offered = min(offered, x->route_window);
	/* what we offer we must take, so where memory is scarce offer less */
	if (unlikely(xtcp_memory_scarce(sk)))
		offered = min(offered, SEGS_WHEN_SCARCE * x->rcv_mss);
	return window_in_sight(x, offered);
}

/* How far the right edge must move to be worth telling: a full segment, or half
 * of what we would ever offer.
 */
static u32 window_step(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return max(min3((u32)x->rcv_mss, (u32)READ_ONCE(sk->sk_rcvbuf) / 4,
			x->window_clamp / 2), 1u);
}

/**
 * xtcp_select_window() - SEG.WND of the segment that leaves now
 * @sk: the connection, locked
 *
 * The window's right edge never moves left (SHLD-14), but for the rounding (see above),
 * and right only in steps that let the peer send a full segment, or half the buffer.  But
 * where there was no memory for a segment in the window, the window is 0: a peer that
 * knows probes with patience; one that does not know counts its retransmissions and gives
 * up (MUST-39, MAY-8).
 *
 * Return: the window, as it is in the header
 */
u16 xtcp_select_window(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 current_wnd = xtcp_rcv_window(x), room = xtcp_offered_window(sk);
	u32 offered = current_wnd, unit = window_unit(x);

	if (room > current_wnd && room - current_wnd >= window_step(sk))
		offered = max(current_wnd, round_down(room, unit));
	if (unlikely(x->no_memory)) {
		x->no_memory = 0;
		offered = 0;
	}
	/* the right edge may move on to a whole unit, where there is half the room for it */
	if (offered & (unit - 1) && round_up(offered, unit) / 2 <= room)
		offered = round_up(offered, unit);
	x->rcv_wup = x->rcv_nxt;
	x->rcv_wnd = offered;
	xtcp_window_note_edge(x);
	return offered >> x->agreed.rcv_wscale;
}

/**
 * xtcp_window_worth_telling() - has the window grown enough for an ACK of its own?
 * @sk: the connection, locked
 *
 * Return: whether it can at least double
 */
bool xtcp_window_worth_telling(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	/* as the peer knows it */
	s32 known = x->rcv_wup + round_down(x->rcv_wnd, window_unit(x)) - x->rcv_nxt;
	u32 current_wnd = max(known, 0), offered;

	/* mostly not even an empty buffer could offer as much */
	if (2 * current_wnd > xtcp_largest_window(sk))
		return false;
	offered = xtcp_offered_window(sk);
	return offered >= 2 * current_wnd &&
	       offered >= current_wnd + window_step(sk);
}

/**
 * xtcp_window_shut() - must the reader make room before more can come?
 * @sk: the connection
 *
 * Whoever waits for more than this (SO_RCVLOWAT) would wait for ever.
 *
 * Any context.
 */
bool xtcp_window_shut(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return xtcp_memory_scarce(sk) ||
	       max(xtcp_rcv_window(x), xtcp_offered_window(sk)) <= x->rcv_mss;
}

/* A route may say how many segments to begin with. */
static void limit_first_window(struct sock *sk, u32 mss)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	u32 segs = dst ? dst_metric(dst, RTAX_INITRWND) : 0;

	xtcp_sk(sk)->rcv_limit = U32_MAX;
	if (segs)
		xtcp_sk(sk)->rcv_limit = min_t(u64, (u64)segs * mss, XTCP_WINDOW_MAX);
}

/**
 * xtcp_syn_window() - SEG.WND of a SYN
 * @sk: the connection, locked
 * @mss: what the SYN's MSS option says
 *
 * Return: the window, as it is in the header
 */
u16 xtcp_syn_window(struct sock *sk, u32 mss)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	limit_first_window(sk, mss);
	x->rcv_wup = x->rcv_nxt;
	/* a SYN's is not scaled: RFC 7323, 2.2 */
	x->rcv_wnd = xtcp_offered_window(sk);
	/* the user's word is kept to the byte */
	if (x->rcv_wnd != x->window_clamp)
		x->rcv_wnd = xtcp_syn_window_for(x->rcv_wnd, mss, false);
	x->rcv_wnd = min_t(u32, x->rcv_wnd, U16_MAX);
	x->rcv_adv = x->rcv_wup + x->rcv_wnd;
	return x->rcv_wnd;
}

/**
 * xtcp_syn_ack_window() - the window that the SYN,ACK of a listener's child has said
 * @sk: the child, locked, its route known; rcv_wnd is the request's
 * @mss: what the SYN,ACK's MSS option has said
 *
 * The request does not know its route, which may have left less of it.
 */
void xtcp_syn_ack_window(struct sock *sk, u32 mss)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	limit_first_window(sk, mss);
	x->rcv_wnd = min3(x->rcv_wnd, x->rcv_limit, x->route_window ?: U32_MAX);
	if (x->rcv_wnd != x->window_clamp)
		x->rcv_wnd = xtcp_syn_window_for(x->rcv_wnd, mss, x->agreed.timestamps);
	x->rcv_adv = x->rcv_wup + x->rcv_wnd;
}

/**
 * xtcp_initial_window() - the window as the handshake ends
 * @sk: the connection, locked; its MSS known
 *
 * A whole number of segments, where there is room for one.
 */
void xtcp_initial_window(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 wnd;

	limit_first_window(sk, x->snd_mss);
	wnd = xtcp_offered_window(sk);
	if (wnd > x->snd_mss)
		wnd = rounddown(wnd, x->snd_mss);
	x->rcv_wup = x->rcv_nxt;
	x->rcv_wnd = max(wnd, xtcp_rcv_window(x));
	xtcp_window_note_edge(x);
}
