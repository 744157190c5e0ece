/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_WINDOW_H
#define _XTCP_WINDOW_H

#include "seq.h"
#include "tcb.h"

/* How much may still arrive: the window last sent, less what came since. */
static inline u32 xtcp_rcv_window(const struct xtcp_sock *x)
{
	s32 wnd = x->rcv_wup + x->rcv_wnd - x->rcv_nxt;

	return max(wnd, 0);
}

/* Behind the last byte that the peer's window allows. */
static inline u32 xtcp_window_end(const struct xtcp_sock *x)
{
	return x->snd_una + x->snd_wnd;
}

/* How much of the peer's window is left from @seq on. */
static inline u32 xtcp_usable_window(const struct xtcp_sock *x, u32 seq)
{
	s32 usable = xtcp_window_end(x) - seq;

	return max(usable, 0);
}

/* Our window's right edge is here now. */
static inline void xtcp_window_note_edge(struct xtcp_sock *x)
{
	u32 edge = x->rcv_wup + x->rcv_wnd;

	if (seq_gt(edge, x->rcv_adv))
		x->rcv_adv = edge;
}

u32 xtcp_window_bound(const struct sock *sk, u32 route_window);
u32 xtcp_largest_rcvbuf(const struct sock *sk);
u32 xtcp_largest_window(const struct sock *sk);
u32 xtcp_offered_window(const struct sock *sk);
u16 xtcp_select_window(struct sock *sk);
bool xtcp_window_worth_telling(const struct sock *sk);
bool xtcp_window_shut(const struct sock *sk);
u16 xtcp_syn_window(struct sock *sk, u32 mss);
void xtcp_syn_ack_window(struct sock *sk, u32 mss);
void xtcp_initial_window(struct sock *sk);

#endif /* _XTCP_WINDOW_H */
