// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification: RFC 3168.  A router that would drop a packet marks it
 * instead, if the packet says that its ends understand.
 *
 *	our SYN		ECE and CWR: we do; in a SYN,ACK ECE alone: so do we	(6.1.1)
 *			agreed.c; a SYN that goes again asks no more, for some
 *			middlebox may drop those that do			(6.1.1.1)
 *	data leaves	ECT(0): it may be marked; but not what goes again, probes a
 *			closed window, or is no data			(6.1.4 to 6.1.6)
 *	CE comes	ECE on all that leaves, until CWR comes			(6.1.3)
 *	ECE comes	the congestion window is reduced, as by a loss, but not more
 *			than once in a round trip: recovery.c
 *	it was reduced	CWR on the next new data, whatever it was reduced for	(6.1.2)
 */
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "ack.h"
#include "ecn.h"
#include "tcb.h"

#define QUICK_ACKS	2u	/* as Linux */

/**
 * xtcp_ecn_syn_is_marked() - is a SYN's own packet ECT, or marked?
 * @skb: a received SYN
 *
 * RFC 3168, 6.1.1, forbids it, so what it says of ECN is not to be trusted: some network has
 * another use for those bits.  As Linux; but a SYN with the flag of accurate ECN may be.
 */
bool xtcp_ecn_syn_is_marked(const struct sk_buff *skb)
{
	const u8 *header = skb_transport_header(skb);

	return xtcp_skb_ecn(skb) && !(header[12] & 0x0f);
}

/* The next ACKs are not delayed. */
static void tell_soon(struct xtcp_sock *x)
{
	x->ack.quick = max_t(u8, x->ack.quick, QUICK_ACKS);
	x->ack.ping_pong = 0;
}

/**
 * xtcp_ecn_received() - data has come, within the window
 * @x: the connection, locked; it has agreed on ECN
 * @skb: the segment, with the IP header that it had
 * @seg: what its header says
 *
 * RFC 3168, 6.1.3 and 6.1.5.  Where others were ECT, one that is not has probably gone
 * twice; as Linux.
 */
void xtcp_ecn_received(struct xtcp_sock *x, const struct sk_buff *skb,
		       const struct xtcp_segment *seg)
{
	u8 ecn = xtcp_skb_ecn(skb);

	if (seg->flags & XTCP_CWR) {
		x->ecn.echo = 0;
		/* its window may be down to what this ACK is about */
		xtcp_ack_now(&x->ack);
	}
	if (ecn == INET_ECN_CE && !x->ecn.echo) {
		x->ecn.echo = 1;
		tell_soon(x);
	} else if (ecn == INET_ECN_NOT_ECT && x->ecn.seen) {
		tell_soon(x);
	}
	if (ecn != INET_ECN_NOT_ECT)
		x->ecn.seen = 1;
}

/**
 * xtcp_ecn_leaves() - what a segment says of congestion
 * @x: the connection, locked; it has agreed on ECN; the IP header gets its ecn.field
 * @skb: the segment's data
 * @seg: the segment, no SYN; gets ECE and CWR
 * @fresh: it has data, for the first time, for which the peer has room
 *
 * RFC 3168, 6.1.2 to 6.1.6.
 *
 * RFC 9293: SHLD-8.
 */
void xtcp_ecn_leaves(struct xtcp_sock *x, struct sk_buff *skb, struct xtcp_segment *seg,
		     bool fresh)
{
	x->ecn.field = INET_ECN_NOT_ECT;
	if (x->ecn.echo)
		seg->flags |= XTCP_ECE;
	if (!fresh || x->ecn.plain)
		return;
	x->ecn.field = INET_ECN_ECT_0;
	if (!x->ecn.reduced)
		return;
	x->ecn.reduced = 0;
	seg->flags |= XTCP_CWR;
	/* of many segments in one packet the first alone has it */
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_ECN;
}
