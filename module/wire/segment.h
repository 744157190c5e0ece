/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A segment's header as bytes and as numbers: RFC 9293, 3.1.
 */
#ifndef _XTCP_SEGMENT_H
#define _XTCP_SEGMENT_H

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include "../compat.h"
#include "options.h"

#define XTCP_FIN	BIT(0)
#define XTCP_SYN	BIT(1)
#define XTCP_RST	BIT(2)
#define XTCP_PSH	BIT(3)
#define XTCP_ACK	BIT(4)
#define XTCP_URG	BIT(5)
#define XTCP_ECE	BIT(6)
#define XTCP_CWR	BIT(7)

#define XTCP_HEADER_BYTES	20u
#define XTCP_HEADER_MAX_BYTES	60u

#define XTCP_MSS_DEFAULT	536	/* RFC 9293, MUST-15 */
#define XTCP_MSS_LEAST		48	/* less would be all header: however small the
					 * peer's option or the path's MTU; as Linux
					 */
#define XTCP_MSS_USER_LEAST	88	/* by TCP_MAXSEG; as Linux */

/**
 * struct xtcp_segment - a header in host order
 *
 * @sport: source port
 * @dport: destination port
 * @seq: SEG.SEQ
 * @end: received: SEG.SEQ + SEG.LEN, SYN and FIN counted
 * @ack: SEG.ACK; 0 where the ACK flag is not set, on output
 * @wnd: SEG.WND; as on the wire until a connection applies the window scale
 * @urg: SEG.UP, relative to @seq
 * @flags: XTCP_FIN ..
 * @header_bytes: 20 .. 60, options included
 * @opt: the options
 */
struct xtcp_segment {
	u16	sport;
	u16	dport;
	u32	seq;
	u32	end;
	u32	ack;
	u32	wnd;
	u16	urg;
	u8	flags;
	u8	header_bytes;
	struct xtcp_options opt;
};

/* How long a segment's header is, with the options that it carries. */
static inline u32 xtcp_segment_header_bytes(const struct xtcp_segment *seg)
{
	return XTCP_HEADER_BYTES + xtcp_options_bytes(&seg->opt);
}

/**
 * xtcp_syn_window_for() - SEG.WND of a SYN, which is not scaled (RFC 7323, 2.2)
 * @wnd: what can be offered, in bytes
 * @mss: what the SYN's MSS option says
 * @timestamps: each of the peer's segments will have them, and room for less
 *
 * A whole number of segments, where there is room for one and the header can say so; as
 * Linux.  But the window that TCP_WINDOW_CLAMP asks for is kept to the byte.
 *
 * Return: the window, as it is in the header
 */
static inline u16 xtcp_syn_window_for(u32 wnd, u32 mss, bool timestamps)
{
	if (timestamps)
		mss -= XTCP_TIMESTAMPS_BYTES;
	return min_t(u32, wnd > mss ? rounddown(wnd, mss) : wnd, U16_MAX);
}

/* Where the text begins behind a header of 20 bytes or more: RFC 9293, 3.1. */
static inline u32 xtcp_data_offset(const void *header)
{
	return (((const u8 *)header)[12] >> 4) * 4;
}

int xtcp_segment_parse(struct xtcp_segment *seg, const void *data, size_t len);

/**
 * xtcp_segment_build() - write a header
 * @seg: what it shall say; its own @header_bytes is not read
 * @data: where to write; no alignment needed
 * @header_bytes: how long it is: xtcp_segment_header_bytes(); there is that much room
 *
 * The checksum is written as 0.  Pure; any context.
 *
 * RFC 9293: MUST-68, MUST-69.
 */
static inline void xtcp_segment_build(const struct xtcp_segment *seg, void *data,
				      u32 header_bytes)
{
	u8 *p = data;

	put_unaligned_be16(seg->sport, p);
	put_unaligned_be16(seg->dport, p + 2);
	put_unaligned_be32(seg->seq, p + 4);
	put_unaligned_be32(seg->ack, p + 8);
	p[12] = header_bytes / 4 << 4;
	p[13] = seg->flags;
	put_unaligned_be16(seg->wnd, p + 14);
	put_unaligned_be16(0, p + 16);
	put_unaligned_be16(seg->urg, p + 18);
	xtcp_options_build(&seg->opt, p + XTCP_HEADER_BYTES);
}

#endif /* _XTCP_SEGMENT_H */
