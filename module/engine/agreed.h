/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a handshake agrees on: RFC 7323, 2.2 and 3.2; RFC 2018, 2; RFC 3168, 6.1.1.
 */
#ifndef _XTCP_AGREED_H
#define _XTCP_AGREED_H

#include <linux/types.h>
#include "../wire/options.h"
#include "../wire/segment.h"

#define XTCP_WINDOW_MAX	((u32)U16_MAX << XTCP_WSCALE_MAX)	/* RFC 7323, 2.3 */

struct xtcp_sysctls;

/**
 * struct xtcp_agreed - the options of a connection, and ECN
 * @snd_wscale: the peer's window is SEG.WND << this
 * @rcv_wscale: ours is written >> this
 * @wscale: windows are scaled
 * @timestamps: every segment has them
 * @sack: the peer takes SACK blocks, and sends them
 * @dsack: it is told what came twice
 * @ecn: packets may be marked
 *
 * In our SYN: what we offer; with the peer's: what both have.
 */
struct xtcp_agreed {
	u8	snd_wscale:4,
		rcv_wscale:4;
	u8	wscale:1,
		timestamps:1,
		sack:1,
		dsack:1,
		ecn:1;
};

void xtcp_offer(struct xtcp_agreed *a, const struct xtcp_sysctls *ctl, u32 window_clamp,
		u32 rcvbuf_bytes);
void xtcp_agree(struct xtcp_agreed *a, const struct xtcp_segment *syn);
u8 xtcp_agreed_flags(const struct xtcp_agreed *a, u8 flags);
void xtcp_agreed_syn(const struct xtcp_agreed *a, struct xtcp_options *opt);

/* The largest window that the header's 16 bits can say. */
static inline u32 xtcp_agreed_window_max(const struct xtcp_agreed *a)
{
	return (u32)U16_MAX << a->rcv_wscale;
}

#endif /* _XTCP_AGREED_H */
