// SPDX-License-Identifier: GPL-2.0
/*
 * RST: in answer to a segment that belongs to nothing, RFC 9293, 3.10.7.1, and
 * to end a connection, 3.10.5.
 */
#include "../wire/ip.h"
#include "../wire/reply.h"
#include "connection.h"
#include "reset.h"
#include "sndq.h"
#include "transmit.h"

/**
 * xtcp_reply_reset() - answer a segment that belongs to nothing with a RST
 * @xn: the namespace
 * @skb: the segment; not consumed
 * @seg: what its header says
 *
 * RFC 9293, 3.10.7.1.  Never in answer to a RST.
 */
void xtcp_reply_reset(struct xtcp_net *xn, const struct sk_buff *skb,
		      const struct xtcp_segment *seg)
{
	struct xtcp_segment rst = { };
	struct xtcp_tuple t;
	struct xtcp_reply reply = { .tuple = &t, .skb = skb };

	if (seg->flags & XTCP_RST)
		return;
	xtcp_skb_tuple(skb, &t);
	if (seg->flags & XTCP_ACK) {
		rst.seq = seg->ack;
		rst.flags = XTCP_RST;
	} else {
		rst.ack = seg->end;
		rst.flags = XTCP_RST | XTCP_ACK;
	}
	xtcp_count(xn, RST_OUT);
	xtcp_ip_reply(xn->net, &reply, &rst);
}

/* RST is sent only where there is a peer that knows the connection and has not received
 * all of it (RFC 9293, 3.10.5).
 */
static bool peer_knows(const struct sock *sk)
{
	if (xtcp_in_state(sk, TCPF_CLOSING | TCPF_LAST_ACK))
		return xtcp_send_head(sk);
	return xtcp_in_state(sk, XTCP_STATES_CONNECTED | TCPF_SYN_RECV);
}

/**
 * xtcp_abort() - ABORT: reset the connection
 * @sk: the connection, locked, in any state but LISTEN
 * @err: what the user will read, positive; or 0
 *
 * RFC 9293, 3.10.5.  An orphan is freed.
 */
void xtcp_abort(struct sock *sk, int err)
{
	if (peer_knows(sk))
		xtcp_send_reset(sk);
	xtcp_done(sk, XTCP_EV_ABORT, err);
}
