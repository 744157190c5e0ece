// SPDX-License-Identifier: GPL-2.0
/*
 * How a segment is made and leaves: what the write queue has, and what carries no data.
 */
#include "../compat.h"
#include "../observe/trace.h"
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "ack.h"
#include "clock.h"
#include "ecn.h"
#include "mss.h"
#include "rate.h"
#include "recovery.h"
#include "sacks.h"
#include "sndq.h"
#include "timers.h"
#include "transmit.h"
#include "urgent.h"
#include "window.h"

static void set_gso(const struct sock *sk, struct sk_buff *skb, u32 mss)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_segs = XTCP_CB(skb)->segs;
	if (skb->len <= mss) {
		shinfo->gso_size = 0;
		shinfo->gso_type = 0;
	} else {
		shinfo->gso_size = mss;
		shinfo->gso_type = sk->sk_gso_type;
	}
}

/* The socket has the packet's memory until the device has sent it.  skb_set_owner_w() would
 * take it from another owner first.  The IP layer tells the neighbour's entry what an ACK
 * has proved: input.c.
 */
static void set_owner(struct sock *sk, struct sk_buff *skb)
{
	skb->sk = sk;
	skb->destructor = sock_wfree;
	skb_set_hash_from_sk(skb, sk);
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	refcount_add(skb->truesize, &sk->sk_wmem_alloc);
}

/* Has it never been sent, and does it lie in the peer's window, so that it probes none? */
static bool is_fresh(const struct xtcp_sock *x, u32 seq)
{
	return !seq_lt(seq, x->snd_nxt) && xtcp_usable_window(x, seq);
}

/**
 * transmit_segment() - put a header in front of an skb and send it
 * @sk: the connection, locked
 * @skb: consumed; headroom for all headers, its data the segment's
 * @seq: SEG.SEQ
 * @flags: the segment's flags
 * @now_ns: the time
 *
 * Every segment of a connection leaves here.
 *
 * RFC 9293: MUST-65, SHLD-5, MAY-3.
 *
 * Return: 0, or a negative errno from below
 */
static __always_inline int transmit_segment(struct sock *sk, struct sk_buff *skb, u32 seq,
					    u8 flags, u64 now_ns)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 len = skb->len, header_bytes;
	u32 segs = xtcp_skb_segs(skb);
	struct xtcp_segment seg = {
		.sport = x->node.tuple.lport,
		.dport = x->node.tuple.rport,
		.seq = seq,
		.flags = flags,
	};
	struct xtcp_sack_block sacks[XTCP_SACK_BLOCKS_MAX] __uninitialized;
	int err;

	if (flags & XTCP_ACK) {
		seg.ack = x->rcv_nxt;
		xtcp_ack_done(&x->ack);
		xtcp_timer_stop(x, XTCP_TIMER_DELACK);
	}
	if (unlikely(flags & XTCP_SYN)) {
		seg.opt.mss = xtcp_offered_mss(sk);
		seg.wnd = xtcp_syn_window(sk, seg.opt.mss);
		xtcp_agreed_syn(&x->agreed, &seg.opt);
		if (!x->ecn.plain)
			seg.flags = xtcp_agreed_flags(&x->agreed, flags);
	} else {
		seg.wnd = xtcp_select_window(sk);
		if (likely(x->agreed.timestamps))
			seg.opt.present = XTCP_OPT_TIMESTAMPS;
		if (xtcp_sacks_due(x)) {
			u32 room = xtcp_sacks_room_beside(x, skb_shinfo(skb)->gso_size ?: len);

			seg.opt.sacks = xtcp_sacks_write(&x->held->sacks, sacks, room);
			seg.opt.sack = sacks;
			if (room)
				x->held->sacks.has_dup = false;	/* told once */
		}
		if (unlikely(x->agreed.ecn))
			xtcp_ecn_leaves(x, skb, &seg, len && is_fresh(x, seq));
	}
	xtcp_timestamp_write(&x->ts, &seg.opt, now_ns);
	if (unlikely(x->urg_sending)) {
		seg.urg = xtcp_urgent_pointer(x, seq);
		if (seg.urg)
			seg.flags |= XTCP_URG;
	}
	header_bytes = xtcp_segment_header_bytes(&seg);
	__skb_push(skb, header_bytes);
	skb_reset_transport_header(skb);
	xtcp_segment_build(&seg, skb->data, header_bytes);

	set_owner(sk, skb);
	xtcp_count_n(x->xn, SEGS_OUT, segs);
	x->tally.segs_out += segs;
	if (len) {
		x->tally.data_segs_out += segs;
		x->tally.bytes_sent += len;
	}
	if (flags & XTCP_RST)
		xtcp_count(x->xn, RST_OUT);
	trace_xtcp_segment_out(x->xn, &x->node.tuple, &seg, len, x);

	err = x->ip->xmit(sk, skb);
	if (unlikely(err))
		xtcp_count(x->xn, SEND_FAILS);
	return err;
}

/**
 * xtcp_transmit_queued() - send an skb of the write queue or the scoreboard
 * @sk: the connection, locked, its route in sync: xtcp_sync_route()
 * @skb: stays where it is
 * @mss: the bytes of each segment, but the last
 *
 * Return: 0; -ENOBUFS without memory: nothing was sent; or the IP layer's error: then it
 * counts as lost in the network
 */
int xtcp_transmit_queued(struct sock *sk, struct sk_buff *skb, u32 mss)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_skb_cb *cb = XTCP_CB(skb);
	struct sk_buff *clone;
	u64 now_ns;

	/* an earlier clone is still on its way down and uses the headroom */
	if (unlikely(skb_cloned(skb)))
		clone = pskb_copy(skb, GFP_ATOMIC);
	else
		clone = skb_clone(skb, GFP_ATOMIC);
	if (!clone)
		return -ENOBUFS;
	clone->dev = NULL;	/* it was a part of the node in the tree */
	x->sent_closed |= !x->snd_wnd;
	cb->segs = xtcp_sndq_segs(skb, mss);
	cb->seg_bytes = mss;
	XTCP_CB(clone)->segs = cb->segs;
	now_ns = ktime_get_ns();	/* before it leaves: the way may take a while */
	cb->sent_us = xtcp_us(now_ns);
	xtcp_rate_sent(&x->rate, &cb->mark, x->delivered, cb->sent_us,
		       x->snd_una == x->snd_nxt);
	if (unlikely(cb->state & XTCP_SENT || x->phase != XTCP_PHASE_OPEN))
		xtcp_recovery_sent(x, cb->seq, cb->end, cb->state & XTCP_SENT, now_ns);
	set_gso(sk, clone, mss);
	return transmit_segment(sk, clone, cb->seq, cb->flags, now_ns);
}

/* Send a segment without data, which is never repeated.  @why: XTCP_WHY_PLAIN, or what its
 * flags do not say
 */
static int transmit_bare(struct sock *sk, u32 seq, u8 flags, enum xtcp_why why)
{
	struct sk_buff *skb;
	int err;

	/* what carries no data needs no MSS, but SACK blocks make the next data shorter */
	if (unlikely(xtcp_sk(sk)->held))
		xtcp_sync_route(sk);
	else
		xtcp_route(sk);
	skb = alloc_skb(XTCP_MAX_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return -ENOBUFS;
	skb_reserve(skb, XTCP_MAX_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	xtcp_sk(sk)->why = why;
	err = transmit_segment(sk, skb, seq, flags, ktime_get_ns());
	xtcp_sk(sk)->why = XTCP_WHY_PLAIN;
	return err;
}

/* ---- without data ---- */

/* SEG.SEQ of a segment without data: the newest that the peer must find acceptable (RFC
 * 9293, 3.4; MUST-34, A.2).  SND.NXT may lie beyond its window, which was probed, or
 * has shrunk.
 */
static u32 bare_seq(const struct xtcp_sock *x)
{
	/* a SYN takes no room: the window begins behind it */
	if (unlikely(!x->syn_acked))
		return x->snd_nxt;
	return seq_gt(x->snd_nxt, xtcp_window_end(x)) ? xtcp_window_end(x) :
							x->snd_nxt;
}

/**
 * xtcp_send_ack() - acknowledge now what was received
 * @sk: the connection, locked
 * @why: XTCP_WHY_PLAIN, or what calls for it; for those who watch
 *
 * Without memory the delayed-ACK timer tries again.
 */
void xtcp_send_ack(struct sock *sk, enum xtcp_why why)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (transmit_bare(sk, bare_seq(x), XTCP_ACK, why) == -ENOBUFS &&
	    sk->sk_state != TCP_CLOSE) {
		x->ack.pending = 1;
		xtcp_timer_arm(sk, XTCP_TIMER_DELACK,
			       jiffies + msecs_to_jiffies(200));
	}
}

/**
 * xtcp_send_challenge_ack() - let the peer prove that it sent this
 * @sk: the connection, locked
 *
 * RFC 5961, section 7: not more often than the sysctl challenge_ack_ms says.
 */
void xtcp_send_challenge_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!xtcp_ack_challenge(&x->ack.challenge_ms, xtcp_now_ms(),
				READ_ONCE(x->xn->sysctl.challenge_ack_ms))) {
		xtcp_count(x->xn, CHALLENGES_LIMITED);
		return;
	}
	xtcp_count(x->xn, CHALLENGE_ACKS);
	xtcp_send_ack(sk, XTCP_WHY_CHALLENGE);
}

/**
 * xtcp_send_keepalive() - ask the peer whether it is still there
 * @sk: the connection, locked
 *
 * RFC 9293, 3.8.4: SEG.SEQ = SND.NXT - 1 (nothing is in flight), no data: not
 * acceptable, so an ACK comes back.
 *
 * RFC 9293: SHLD-12.
 */
void xtcp_send_keepalive(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_count(x->xn, KEEPALIVES);
	transmit_bare(sk, x->snd_una - 1, XTCP_ACK, XTCP_WHY_KEEPALIVE);
}

/**
 * xtcp_send_reset() - tell the peer that the connection no longer exists
 * @sk: the connection, locked, in a synchronized state
 *
 * RFC 9293, 3.10.5: <SEQ=SND.NXT><CTL=RST>, as far as the peer will accept it; with an
 * ACK, as all TCPs do.
 */
void xtcp_send_reset(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	transmit_bare(sk, bare_seq(x), XTCP_RST | XTCP_ACK, XTCP_WHY_PLAIN);
}
