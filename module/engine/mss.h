/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_MSS_H
#define _XTCP_MSS_H

#include "../wire/segment.h"
#include "held.h"
#include "tcb.h"

struct sk_buff;

/* What the peer's SYN says that it takes.  A window of 64 KiB must have room for more than
 * one segment, or each waits for the last one's ACK.
 */
static inline u16 xtcp_peer_mss(const struct xtcp_segment *seg)
{
	return seg->opt.mss ? min_t(u16, seg->opt.mss, U16_MAX / 2) : XTCP_MSS_DEFAULT;
}

void xtcp_sync_mss(struct sock *sk, u32 pmtu);
void xtcp_sync_route(struct sock *sk);
u16 xtcp_offered_mss(struct sock *sk);
u32 xtcp_size_goal(const struct sock *sk);

/* How many SACK blocks a header has room for. */
static inline u32 xtcp_sacks_room(const struct xtcp_sock *x)
{
	return x->agreed.timestamps ? 3 : 4;
}

/* Are there SACK blocks for the next segment? */
static inline bool xtcp_sacks_due(const struct xtcp_sock *x)
{
	return unlikely(x->held) && xtcp_sacks_count(&x->held->sacks);
}

/* What SACK blocks take of the next segment. */
static inline u32 xtcp_sacks_bytes(const struct xtcp_sock *x)
{
	return xtcp_sacks_due(x) ?
	       xtcp_sack_option_bytes(min(xtcp_sacks_count(&x->held->sacks),
					  xtcp_sacks_room(x))) : 0;
}

/* What the options take of every segment but a SYN. */
static inline u32 xtcp_option_bytes(const struct xtcp_sock *x)
{
	return (x->agreed.timestamps ? XTCP_TIMESTAMPS_BYTES : 0) + xtcp_sacks_bytes(x);
}

/* Have SACK blocks come or gone since snd_mss was reckoned?  Timestamps do not. */
static inline bool xtcp_options_changed(const struct xtcp_sock *x)
{
	return unlikely(x->held) && xtcp_option_bytes(x) != x->mss_options;
}

/* How much a segment may have that goes without SACK blocks. */
static inline u32 xtcp_mss_bare(const struct xtcp_sock *x)
{
	return x->snd_mss + x->mss_options -
	       (x->agreed.timestamps ? XTCP_TIMESTAMPS_BYTES : 0);
}

/* How many SACK blocks a segment has room for whose text takes @bytes. */
static inline u32 xtcp_sacks_room_beside(const struct xtcp_sock *x, u32 bytes)
{
	u32 room = xtcp_mss_bare(x) - min(bytes, xtcp_mss_bare(x));

	room -= min_t(u32, room, XTCP_SACK_BYTES);
	return min(room / XTCP_SACK_BLOCK_BYTES, xtcp_sacks_room(x));
}

/* The next segment's MSS; snd_mss is that of the last time that one was built. */
static inline u32 xtcp_mss_now(const struct xtcp_sock *x)
{
	return x->snd_mss + x->mss_options - xtcp_option_bytes(x);
}

/**
 * xtcp_guess_rcv_mss() - how large are the peer's segments?
 * @x: the connection, locked
 * @skb: one of them, or several that GRO merged; skb->data is text
 */
static inline void xtcp_guess_rcv_mss(struct xtcp_sock *x, const struct sk_buff *skb)
{
	u32 size = skb_shinfo(skb)->gso_size ?: skb->len;

	if (size > x->rcv_mss)
		x->rcv_mss = min_t(u32, size, U16_MAX / 2);
}

#endif /* _XTCP_MSS_H */
