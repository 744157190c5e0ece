// SPDX-License-Identifier: GPL-2.0
/*
 * Whether what the connections know is consistent: the scoreboard's counts and lists
 * with what is on it, the queues with the sequence numbers; and that nothing is in flight
 * that no timer watches.  Asked after every step of every conversation.
 */
#include "../module/engine/demux.h"
#include "../module/engine/flight.h"
#include "../module/engine/scoreboard.h"
#include "../module/engine/skb.h"
#include "conv.h"

struct found {
	u32	sacked_bytes;
	u32	lost_bytes;
	u32	resent_bytes;
	u32	sacked_segs;
	u32	in_flight;	/* skbs */
	u32	lost;
	u32	truesize;
};

static u32 counting_bytes(const struct sk_buff *skb, u32 una)
{
	u32 seq = seq_lt(xtcp_seq(skb), una) ? una : xtcp_seq(skb);

	return seq_lt(seq, xtcp_end(skb)) ? xtcp_end(skb) - seq : 0;
}

/* One skb, by its state. */
static const char *add(struct found *f, const struct sk_buff *skb, u32 una)
{
	const struct xtcp_skb_cb *cb = XTCP_CB(skb);
	u32 bytes = counting_bytes(skb, una);
	u8 of = cb->state & (XTCP_SACKED | XTCP_LOST | XTCP_RESENT);

	f->truesize += skb->truesize;
	if (!(cb->state & XTCP_SENT))
		return "what is on it was not sent";
	if (of & (of - 1))
		return "an skb has two states";
	if (of == XTCP_RESENT && !(cb->state & XTCP_TWICE))
		return "what was sent again was sent once";
	if (of == XTCP_SACKED) {
		f->sacked_bytes += bytes;
		f->sacked_segs += cb->segs;
		if (!(XTCP_CB(cb->sacked_to)->state & XTCP_SACKED) ||
		    seq_lt(xtcp_seq(cb->sacked_to), cb->seq))
			return "a run of SACKed skbs leads astray";
		return NULL;
	}
	if (of == XTCP_LOST) {
		f->lost++;
		f->lost_bytes += bytes;
		return NULL;
	}
	f->in_flight++;
	if (of == XTCP_RESENT)
		f->resent_bytes += bytes;
	return NULL;
}

/* How many are in a list; U32_MAX if one of them does not belong there. */
static u32 listed(const struct list_head *list, u8 want)
{
	struct list_head *link;
	u32 n = 0;

	list_for_each(link, list) {
		if ((XTCP_CB(xtcp_link_skb(link))->state & (XTCP_SACKED | XTCP_LOST)) != want)
			return U32_MAX;
		n++;
	}
	return n;
}

static const char *board_sound(const struct xtcp_sock *x, struct found *f)
{
	const struct xtcp_scoreboard *b = &x->board;
	const struct sk_buff *last_sacked = NULL;
	struct sk_buff *skb = xtcp_board_first(b);
	u32 next = skb ? xtcp_seq(skb) : x->snd_nxt;
	bool in_flight = x->snd_una != x->snd_nxt;
	const char *bad;

	if (!skb == in_flight)
		return "what is in flight is not on it";
	if (skb && (seq_gt(next, x->snd_una) || seq_leq(xtcp_end(skb), x->snd_una)))
		return "it does not begin at SND.UNA";
	for (; skb; skb = xtcp_board_next(skb)) {
		if (xtcp_seq(skb) != next)
			return "its skbs are not in order";
		next = xtcp_end(skb);
		bad = add(f, skb, x->snd_una);
		if (bad)
			return bad;
		if (XTCP_CB(skb)->state & XTCP_SACKED)
			last_sacked = skb;
	}
	if (next != x->snd_nxt)
		return "it does not end at SND.NXT";
	if (f->sacked_bytes != b->sacked_bytes)
		return "sacked_bytes is wrong";
	if (f->lost_bytes != b->lost_bytes)
		return "lost_bytes is wrong";
	if (f->resent_bytes != b->resent_bytes)
		return "resent_bytes is wrong";
	if (f->sacked_segs != b->sacked_segs)
		return "sacked_segs is wrong";
	if (last_sacked && xtcp_end(last_sacked) != b->sacked_end)
		return "sacked_end is wrong";
	if (listed(&b->in_flight, 0) != f->in_flight)
		return "the list of what is in flight is wrong";
	if (listed(&b->lost, XTCP_LOST) != f->lost)
		return "the list of what is lost is wrong";
	if (xtcp_pipe(x) > xtcp_flight(x))
		return "pipe is larger than what is in flight";
	return NULL;
}

static const char *queue_sound(const struct xtcp_sock *x, struct found *f)
{
	const struct sock *sk = &x->inet.sk;
	u32 next = x->snd_nxt;
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_write_queue, skb) {
		if (XTCP_CB(skb)->state)
			return "what waits in the write queue was sent";
		if (xtcp_seq(skb) != next)
			return "the write queue is not in order";
		next = xtcp_end(skb);
		f->truesize += skb->truesize;
	}
	if (next != x->write_seq)
		return "the write queue does not end where the user's data do";
	if (f->truesize != sk->sk_wmem_queued)
		return "the memory of the write queue is miscounted";
	return NULL;
}

static const char *connection_sound(struct conv *t, const struct xtcp_sock *x)
{
	struct found f = { };
	const char *bad;

	if (!xtcp_in_state(&x->inet.sk, XTCP_STATES_CONNECTED))
		return NULL;
	bad = board_sound(x, &f) ?: queue_sound(x, &f);
	if (bad)
		return bad;
	if (x->snd_una != x->snd_nxt && !(x->armed & BIT(XTCP_TIMER_RETRANSMIT)) &&
	    !t->disarmed)
		return "data are in flight, and no timer is armed";
	return NULL;
}

/**
 * conv_sound() - is what the connections know consistent?
 * @t: the conversation
 *
 * Return: NULL, or what is not
 */
const char *conv_sound(struct conv *t)
{
	const char *bad = NULL;
	struct rhashtable_iter walk;
	struct xtcp_node *node;

	rhashtable_walk_enter(&t->xn->conns, &walk);
	rhashtable_walk_start(&walk);
	while (!bad && (node = xtcp_walk_node(rhashtable_walk_next(&walk))))
		if (!IS_ERR(node) && node->kind == XTCP_KIND_CONNECTION)
			bad = connection_sound(t, container_of(node, struct xtcp_sock,
							       node));
	rhashtable_walk_stop(&walk);
	rhashtable_walk_exit(&walk);
	if (!bad)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "inconsistent: %s", bad);
	return t->said;
}
