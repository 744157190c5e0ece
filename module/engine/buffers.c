// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers that find their size, unless the user has chosen it.
 *
 *	receive		as the reader's appetite asks: rightsize.c; up to rmem's third,
 *			if net.xtcp.moderate_rcvbuf is set
 *	send		2 cwnd: what is in flight, and as much again that has been
 *			written and follows it; up to wmem's third
 *
 * Neither grows while memory is scarce, and neither shrinks.
 */
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "buffers.h"
#include "clock.h"
#include "memory.h"

#define LEAST_CWND_SEGS	10	/* RFC 6928: so much is written before the first ACK */

/**
 * xtcp_buffers_begin() - the connection is open
 * @sk: the connection, locked; its MSS and congestion window known
 */
void xtcp_buffers_begin(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_rightsize_init(&x->rightsize, x->copied_seq, x->snd_mss, xtcp_now_us(),
			    x->rtt.srtt_us);
	xtcp_sndbuf_grow(sk);	/* the initial window is filled by one write */
}

/* ---- receive ---- */

/**
 * xtcp_rcvbuf_came() - text came: what does it cost, and how long is a round trip?
 * @x: the connection, locked
 * @skb: skb->data is text
 * @seg: what its header says
 *
 * Only what fills a segment counts.
 */
void xtcp_rcvbuf_came(struct xtcp_sock *x, const struct sk_buff *skb,
		      const struct xtcp_segment *seg)
{
	if (skb->len < x->rcv_mss)
		return;
	x->rcv_density = xtcp_density(x->rcv_density, skb->len, skb->truesize);
	if (x->agreed.timestamps) {
		if (seg->opt.tsecr != x->rightsize.mark)
			xtcp_rightsize_echo(&x->rightsize, seg->opt.tsecr,
					    xtcp_tsval(&x->ts));
	} else if (xtcp_rightsize_passed(&x->rightsize, x->rcv_nxt)) {
		xtcp_rightsize_edge(&x->rightsize, x->rcv_adv, xtcp_now_us());
	}
}

/**
 * xtcp_rcvbuf_fit() - let the receive buffer have room for as much data
 * @sk: the connection, locked
 * @bytes: how much
 *
 * Does nothing where the user has chosen the buffer's size.
 */
void xtcp_rcvbuf_fit(struct sock *sk, u32 bytes)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u64 want = min_t(u64, xtcp_memory_for(bytes, x->rcv_density),
			 READ_ONCE(x->xn->sysctl.rmem[2]));

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && (int)want > READ_ONCE(sk->sk_rcvbuf))
		WRITE_ONCE(sk->sk_rcvbuf, want);
}

/**
 * xtcp_rcvbuf_tune() - xtcp_rcvbuf_taken(), where enough was taken to look
 * @sk: the connection, locked
 */
void xtcp_rcvbuf_tune(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 window = xtcp_rightsize_taken(&x->rightsize, x->copied_seq,
					  x->rcv_nxt - x->copied_seq, x->rcv_mss,
					  xtcp_now_us());

	if (window && READ_ONCE(x->xn->sysctl.moderate_rcvbuf) && !xtcp_memory_scarce(sk))
		/* no more than can ever be offered */
		xtcp_rcvbuf_fit(sk, min3(window, x->window_clamp,
					 xtcp_agreed_window_max(&x->agreed)));
}

/* ---- send ---- */

/**
 * xtcp_sndbuf_grow() - let the send buffer follow the congestion window
 * @sk: the connection, locked
 *
 * The buffer must be able to fill the window, and the writer be a window ahead: it is
 * woken when a third of the buffer is free.  What counts is memory: at worst each segment
 * is an skb of its own.
 */
void xtcp_sndbuf_grow(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int most = READ_ONCE(x->xn->sysctl.wmem[2]);
	u32 mss = x->snd_mss;
	u64 want;

	if (READ_ONCE(sk->sk_sndbuf) >= most || sk->sk_userlocks & SOCK_SNDBUF_LOCK ||
	    xtcp_memory_scarce(sk))
		return;
	want = 2ull * max(x->cong.cwnd_bytes, LEAST_CWND_SEGS * mss);
	want = min_t(u64, want, most);	/* so that the next line cannot overflow */
	want += div_u64(want, mss) * SKB_TRUESIZE(XTCP_MAX_HEADER);
	want = min_t(u64, want, most);
	if ((int)want > READ_ONCE(sk->sk_sndbuf))
		WRITE_ONCE(sk->sk_sndbuf, want);
}
