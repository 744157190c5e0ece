// SPDX-License-Identifier: GPL-2.0
/*
 * How large a segment may be: RFC 9293, 3.7.1.
 */
#include <net/dst.h>
#include "../compat.h"
#include "../wire/ip.h"
#include "cong.h"
#include "mss.h"

/**
 * xtcp_sync_mss() - the path's MTU, or what the peer takes, has become known
 * @sk: the connection, locked
 * @pmtu: bytes that an IP packet may have
 *
 * RFC 9293, 3.7.1, MUST-16: Eff.snd.MSS.  What the peer says of its MSS does not count
 * the options that a segment carries, SACK blocks among them: RFC 6691.
 */
void xtcp_sync_mss(struct sock *sk, u32 pmtu)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mss, headers = x->ip->header_bytes + XTCP_HEADER_BYTES;
	u32 options = xtcp_option_bytes(x);

	x->pmtu = pmtu;
	x->mss_options = options;
	mss = pmtu > headers ? pmtu - headers : 0;
	mss = min_t(u32, mss, x->peer_mss);
	if (x->user_mss)
		mss = min(mss, x->user_mss);
	/* the least leaves some bytes to data, whatever the options are */
	x->snd_mss = max_t(u32, mss, XTCP_MSS_LEAST) - options;
	/* SACK blocks come and go: the congestion window is not counted in their segments */
	xtcp_cong_set_mss(&x->cong, x->snd_mss + xtcp_sacks_bytes(x));
}

/**
 * xtcp_sync_route() - bring route and MTU up to date, before segments are built
 * @sk: the connection, locked
 *
 * Finds a route where the cached one is stale.  Where there is none the segments will be
 * refused below.
 */
void xtcp_sync_route(struct sock *sk)
{
	const struct dst_entry *dst = xtcp_route(sk);
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 mtu;

	if (unlikely(!dst))
		return;
	mtu = dst_mtu(dst);
	if (unlikely(mtu != x->pmtu) || xtcp_options_changed(x))
		xtcp_sync_mss(sk, mtu);
}

/**
 * xtcp_offered_mss() - the MSS option of our SYN
 * @sk: the connection, locked, its route known
 *
 * RFC 9293, 3.7.1.  Return: bytes of data that we can take in one piece
 *
 * RFC 9293: MUST-14, MUST-67, SHLD-6.
 */
u16 xtcp_offered_mss(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct dst_entry *dst = __sk_dst_get(sk);
	u32 mss = dst ? dst_metric_advmss(dst) : XTCP_MSS_DEFAULT;

	if (x->user_mss)
		mss = min(mss, x->user_mss);
	return mss;
}

/**
 * xtcp_size_goal() - how large to make the skbs of the write queue
 * @sk: the connection, locked
 *
 * Return: bytes, a multiple of the MSS: a GSO packet, or half of the largest
 * window that the peer has offered, whichever is less
 */
u32 xtcp_size_goal(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 mss = xtcp_mss_now(x), goal = mss;

	if (sk_can_gso(sk)) {
		goal = clamp_t(u32, READ_ONCE(sk->sk_gso_max_size),
			       2 * XTCP_MAX_HEADER, GSO_LEGACY_MAX_SIZE) -
		       XTCP_MAX_HEADER - 1;
		goal = min(goal, sk->sk_gso_max_segs * mss);
		if (x->snd_max_wnd > XTCP_MSS_DEFAULT)
			goal = min(goal, x->snd_max_wnd / 2);
		goal = max(rounddown(goal, mss), mss);
	}
	return goal;
}
