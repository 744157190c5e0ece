/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much is in flight, and whether any of it may be missing.
 */
#ifndef _XTCP_FLIGHT_H
#define _XTCP_FLIGHT_H

#include "tcb.h"

/* How much was sent and is not acknowledged: RFC 5681's FlightSize. */
static inline u32 xtcp_flight(const struct xtcp_sock *x)
{
	return x->snd_nxt - x->snd_una;
}

/* How much was sent, and is neither acknowledged, nor SACKed, nor thought lost: what is
 * in flight, RFC 6675's pipe.  Without SACK each duplicate ACK stands for a segment.
 */
static inline u32 xtcp_pipe(const struct xtcp_sock *x)
{
	u32 flight = xtcp_flight(x), gone;

	gone = x->board.sacked_bytes + x->board.lost_bytes;
	if (unlikely(x->dup_acks) && !x->agreed.sack)
		gone += x->dup_acks * x->snd_mss;
	return flight > gone ? flight - gone : 0;
}

/* Is the congestion window on its way down to ssthresh, as what is sent shrinks? */
static inline bool xtcp_is_reducing(const struct xtcp_sock *x)
{
	return x->phase == XTCP_PHASE_RECOVERY || x->phase == XTCP_PHASE_CWR;
}

/* Is anything SACKed, lost, or sent again: may something be missing? */
static inline bool xtcp_in_disorder(const struct xtcp_sock *x)
{
	return x->phase != XTCP_PHASE_OPEN || x->dup_acks || x->rack.tlp ||
	       x->board.sacked_bytes | x->board.lost_bytes | x->board.resent_bytes;
}

#endif /* _XTCP_FLIGHT_H */
