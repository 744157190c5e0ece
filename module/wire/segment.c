// SPDX-License-Identifier: GPL-2.0
/*
 * A segment's header and options, both directions: RFC 9293, 3.1 and 3.2.
 *
 * Nothing here trusts a byte: lengths are checked before they are used.  What the
 * flags mean together, and in which state, is for the engine to judge.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../compat.h"
#include "segment.h"

#define OPT_END		0
#define OPT_NOP		1
#define OPT_MSS		2

/* RFC 9293, 3.2: kind, length, data; END and NOP are a single byte.  An option
 * that is not known is skipped by its length (MUST-6).  A length that cannot be
 * (MUST-7) says nothing of where the next option begins, so the rest is left
 * unread; what was read counts, and the segment with it, as with Linux: to drop it
 * would stall a connection for good behind a middlebox that damages an option
 * (MUST-4, MUST-5, MUST-64).
 */
static void options_parse(struct xtcp_segment *seg, const u8 *opt, size_t len)
{
	while (len) {
		u8 kind = opt[0], size;

		if (kind == OPT_END)
			return;
		if (kind == OPT_NOP) {
			opt++;
			len--;
			continue;
		}
		if (len < 2)
			return;
		size = opt[1];
		if (size < 2 || size > len)
			return;
		/* only a SYN may carry it; elsewhere it means nothing */
		if (kind == OPT_MSS && size == XTCP_MSS_OPTION_BYTES &&
		    seg->flags & XTCP_SYN)
			seg->mss = get_unaligned_be16(opt + 2);
		opt += size;
		len -= size;
	}
}

/**
 * xtcp_segment_parse() - read a header
 * @seg: where to write what it says
 * @data: the bytes, beginning with the source port; no alignment needed
 * @len: how many bytes there are to read; header_bytes of them must be
 *
 * Pure; any context.
 *
 * Return: 0; -EINVAL for a header that is truncated, or whose data offset lies
 * outside [20, @len]
 */
int xtcp_segment_parse(struct xtcp_segment *seg, const void *data, size_t len)
{
	const u8 *p = data;

	if (len < XTCP_HEADER_BYTES)
		return -EINVAL;
	seg->sport = get_unaligned_be16(p);
	seg->dport = get_unaligned_be16(p + 2);
	seg->seq = get_unaligned_be32(p + 4);
	seg->ack = get_unaligned_be32(p + 8);
	seg->header_bytes = xtcp_data_offset(p);
	seg->flags = p[13];
	seg->wnd = get_unaligned_be16(p + 14);
	seg->urg = get_unaligned_be16(p + 18);
	seg->mss = 0;
	if (seg->header_bytes < XTCP_HEADER_BYTES || seg->header_bytes > len)
		return -EINVAL;
	options_parse(seg, p + XTCP_HEADER_BYTES,
		      seg->header_bytes - XTCP_HEADER_BYTES);
	return 0;
}

/**
 * xtcp_segment_build() - write a header
 * @seg: what it shall say; @header_bytes is not read, it follows from the
 *	options
 * @data: where to write; no alignment needed
 * @len: room there
 *
 * The checksum is written as 0.  Pure; any context.
 *
 * RFC 9293: MUST-68, MUST-69.
 *
 * Return: the header's length in bytes; -ENOSPC where @len is too short
 */
int xtcp_segment_build(const struct xtcp_segment *seg, void *data, size_t len)
{
	u32 header_bytes = xtcp_segment_header_bytes(seg);
	u8 *p = data;

	if (len < header_bytes)
		return -ENOSPC;
	put_unaligned_be16(seg->sport, p);
	put_unaligned_be16(seg->dport, p + 2);
	put_unaligned_be32(seg->seq, p + 4);
	put_unaligned_be32(seg->ack, p + 8);
	p[12] = header_bytes / 4 << 4;
	p[13] = seg->flags;
	put_unaligned_be16(seg->wnd, p + 14);
	put_unaligned_be16(0, p + 16);
	put_unaligned_be16(seg->urg, p + 18);
	if (seg->mss) {
		p[20] = OPT_MSS;
		p[21] = XTCP_MSS_OPTION_BYTES;
		put_unaligned_be16(seg->mss, p + 22);
	}
	return header_bytes;
}
