/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence number arithmetic, modulo 2^32: RFC 9293, 3.4.
 */
#ifndef _XTCP_SEQ_H
#define _XTCP_SEQ_H

#include <linux/types.h>

static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_leq(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool seq_gt(u32 a, u32 b)
{
	return seq_lt(b, a);
}

static inline bool seq_geq(u32 a, u32 b)
{
	return seq_leq(b, a);
}

#endif /* _XTCP_SEQ_H */
