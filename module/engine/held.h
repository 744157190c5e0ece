/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HELD_H
#define _XTCP_HELD_H

#include "reassembly.h"
#include "sacks.h"

/**
 * struct xtcp_held - what came ahead of its turn, and what is told of it
 * @queue: the skbs
 * @sacks: the ranges to report; and what came twice
 *
 * Most connections never need one, so a connection has none until it does: rcvq.c.
 */
struct xtcp_held {
	struct xtcp_reassembly	queue;
	struct xtcp_sacks	sacks;
};

#endif /* _XTCP_HELD_H */
