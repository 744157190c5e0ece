// SPDX-License-Identifier: GPL-2.0
/*
 * A segment's header, both directions: RFC 9293, 3.1; its options are options.c's.
 *
 * Nothing here trusts a byte: lengths are checked before they are used.  What the
 * flags mean together, and in which state, is for the engine to judge.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../compat.h"
#include "segment.h"

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
	if (seg->header_bytes < XTCP_HEADER_BYTES || seg->header_bytes > len)
		return -EINVAL;
	xtcp_options_parse(&seg->opt, p + XTCP_HEADER_BYTES,
			   seg->header_bytes - XTCP_HEADER_BYTES,
			   seg->flags & XTCP_SYN);
	return 0;
}
