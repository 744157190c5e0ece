// SPDX-License-Identifier: GPL-2.0
/*
 * What a handshake agrees on: an option that both SYNs have, and ECN.
 *
 *	window scale	RFC 7323, 2.2: both, or none
 *	timestamps	RFC 7323, 3.2
 *	SACK		RFC 2018, 2
 *	ECN		RFC 3168, 6.1.1: by flags, ECE and CWR in a SYN, ECE in a SYN,ACK
 */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include "../sysctl.h"
#include "agreed.h"

/* The least scale by which a window as large as the buffer can be said in 16 bits; at
 * most half of the buffer is ever offered, but the other half may come.
 */
static u8 wscale_for(u32 bytes)
{
	return clamp_t(int, ilog2(bytes | 1) - 15, 0, XTCP_WSCALE_MAX);
}

/**
 * xtcp_offer() - what we offer in a SYN, and take from one
 * @a: where to write it
 * @ctl: the namespace's knobs
 * @window_clamp: no larger window will be offered, in bytes: xtcp_window_bound()
 * @rcvbuf_bytes: the receive buffer, as it is or as the user may set it; it may grow to
 *	rmem's third
 *
 * Pure.  RFC 7323, 2.2; the scale follows from the largest buffer, as with Linux.  Of ECN,
 * what we take: whether a SYN of ours asks for it is for xtcp_open() to say.
 */
void xtcp_offer(struct xtcp_agreed *a, const struct xtcp_sysctls *ctl, u32 window_clamp,
		u32 rcvbuf_bytes)
{
	u32 most = max_t(u32, rcvbuf_bytes, READ_ONCE(ctl->rmem[2]));

	*a = (struct xtcp_agreed) {
		.wscale = READ_ONCE(ctl->window_scaling),
		.timestamps = !!READ_ONCE(ctl->timestamps),
		.sack = READ_ONCE(ctl->sack),
		.dsack = READ_ONCE(ctl->sack) && READ_ONCE(ctl->dsack),
		.ecn = !!READ_ONCE(ctl->ecn),
	};
	if (a->wscale)
		a->rcv_wscale = wscale_for(min(most, window_clamp));
}

/**
 * xtcp_agree() - the peer's SYN has come
 * @a: what we offer; what is agreed afterwards
 * @syn: its SYN or SYN,ACK
 *
 * Pure.
 */
void xtcp_agree(struct xtcp_agreed *a, const struct xtcp_segment *syn)
{
	const struct xtcp_options *theirs = &syn->opt;
	u8 ecn = syn->flags & XTCP_ACK ? XTCP_ECE : XTCP_ECE | XTCP_CWR;

	a->wscale &= !!(theirs->present & XTCP_OPT_WSCALE);
	a->timestamps &= !!(theirs->present & XTCP_OPT_TIMESTAMPS);
	a->sack &= !!(theirs->present & XTCP_OPT_SACK_PERMITTED);
	a->dsack &= a->sack;
	a->ecn &= (syn->flags & (XTCP_ECE | XTCP_CWR)) == ecn;
	a->snd_wscale = a->wscale ? theirs->wscale : 0;
	a->rcv_wscale = a->wscale ? a->rcv_wscale : 0;
}

/**
 * xtcp_agreed_flags() - what the flags of our SYN say of ECN
 * @a: what we offer; in a SYN,ACK what is agreed
 * @flags: XTCP_SYN, or XTCP_SYN | XTCP_ACK
 *
 * Pure.  RFC 3168, 6.1.1.
 *
 * Return: @flags, and those
 */
u8 xtcp_agreed_flags(const struct xtcp_agreed *a, u8 flags)
{
	if (!a->ecn)
		return flags;
	return flags | (flags & XTCP_ACK ? XTCP_ECE : XTCP_ECE | XTCP_CWR);
}

/**
 * xtcp_agreed_syn() - the options of our SYN
 * @a: what we offer; in a SYN,ACK what is agreed
 * @opt: where to write them; the timestamps themselves are the caller's
 *
 * Pure.
 */
void xtcp_agreed_syn(const struct xtcp_agreed *a, struct xtcp_options *opt)
{
	if (a->sack)
		opt->present |= XTCP_OPT_SACK_PERMITTED;
	if (a->timestamps)
		opt->present |= XTCP_OPT_TIMESTAMPS;
	if (a->wscale) {
		opt->present |= XTCP_OPT_WSCALE;
		opt->wscale = a->rcv_wscale;
	}
}
