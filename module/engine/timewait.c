// SPDX-License-Identifier: GPL-2.0
/*
 * TIME_WAIT: a small object that keeps a closed connection's 4-tuple for 2MSL,
 * so that old segments find nobody else, and a FIN sent again is acknowledged.
 * RFC 9293, 3.6 and 3.10.7.4.
 */
#include <linux/slab.h>
#include "../compat.h"
#include "../observe/drop.h"
#include "../observe/trace.h"
#include "../wire/ip.h"
#include "../wire/reply.h"
#include "ack.h"
#include "clock.h"
#include "connection.h"
#include "demux.h"
#include "listeners.h"
#include "ports.h"
#include "skb.h"
#include "timewait.h"
#include "window.h"

static struct kmem_cache *timewait_cache;

/**
 * xtcp_timewait_init() - make the objects' cache
 *
 * At module load.  Return: 0 or -ENOMEM
 */
int xtcp_timewait_init(void)
{
	/* debugging makes locks and timers larger */
	BUILD_BUG_ON(!IS_ENABLED(CONFIG_LOCKDEP) &&
		     sizeof(struct xtcp_timewait) > 256);
	timewait_cache = kmem_cache_create("xtcp_timewait",
					   sizeof(struct xtcp_timewait), 0,
					   SLAB_ACCOUNT, NULL);
	return timewait_cache ? 0 : -ENOMEM;
}

/**
 * xtcp_timewait_exit() - free the cache
 *
 * At module unload, after rcu_barrier().
 */
void xtcp_timewait_exit(void)
{
	kmem_cache_destroy(timewait_cache);
}

static void timewait_free(struct rcu_head *rcu)
{
	kmem_cache_free(timewait_cache,
			container_of(rcu, struct xtcp_timewait, rcu));
}

/**
 * xtcp_timewait_get() - take a reference to what the table answered
 * @tw: found under rcu_read_lock()
 *
 * Return: false where it is being freed
 */
bool xtcp_timewait_get(struct xtcp_timewait *tw)
{
	return refcount_inc_not_zero(&tw->refcnt);
}

/**
 * xtcp_timewait_put() - drop a reference
 * @tw: the object
 */
void xtcp_timewait_put(struct xtcp_timewait *tw)
{
	if (refcount_dec_and_test(&tw->refcnt))
		call_rcu(&tw->rcu, timewait_free);
}

/* Lock held.  Drops the table's reference, and the timer's if it is pending. */
static void timewait_end(struct xtcp_timewait *tw, enum xtcp_event event)
{
	struct xtcp_net *xn = tw->xn;

	if (tw->dead)
		return;
	tw->dead = true;
	xtcp_next_state(xn, &tw->node.tuple, TCP_TIME_WAIT, event);
	trace_xtcp_time_wait_gone(xn, &tw->node.tuple, tw->snd_nxt, tw->rcv_nxt,
				  tw->rcv_wnd);
	xtcp_link_remove(xn, &tw->link);
	xtcp_port_drop(xn, &tw->owner);
	atomic_dec(&xn->tw_count);
	if (xtcp_timer_delete(&tw->timer))
		xtcp_timewait_put(tw);
	xtcp_timewait_put(tw);
}

/**
 * xtcp_timewait_kill() - end it before its time
 * @tw: the object, with a reference of the caller's
 * @event: why
 *
 * Any context but hard interrupt; never sleeps.
 */
void xtcp_timewait_kill(struct xtcp_timewait *tw, enum xtcp_event event)
{
	spin_lock_bh(&tw->lock);
	timewait_end(tw, event);
	spin_unlock_bh(&tw->lock);
}

static void timewait_timer_fn(struct timer_list *t)
{
	struct xtcp_timewait *tw = xtcp_from_timer(tw, t, timer);

	xtcp_timewait_kill(tw, XTCP_EV_2MSL);
	xtcp_timewait_put(tw);
}

/**
 * xtcp_timewait_fire() - act as if 2MSL had passed
 * @tw: the object, with a reference of the caller's
 *
 * A test calls this instead of waiting.
 *
 * Return: false where its timer was not pending
 */
bool xtcp_timewait_fire(struct xtcp_timewait *tw)
{
	if (!xtcp_timer_delete(&tw->timer))
		return false;
	local_bh_disable();
	timewait_timer_fn(&tw->timer);
	local_bh_enable();
	return true;
}

static struct xtcp_timewait *timewait_make(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_timewait *tw;

	if (atomic_read(&x->xn->tw_count) >=
	    xtcp_bounded(x->xn, max_tw_buckets))
		return NULL;
	tw = xtcp_zalloc_charged(timewait_cache, sk);
	if (!tw)
		return NULL;
	tw->link.node = &tw->node;
	tw->node.tuple = x->node.tuple;
	tw->node.kind = XTCP_KIND_TIME_WAIT;
	tw->node.family = sk->sk_family;
	tw->xn = x->xn;
	tw->snd_nxt = x->snd_nxt;
	tw->rcv_nxt = x->rcv_nxt;
	tw->rcv_wnd = xtcp_rcv_window(x);
	tw->agreed = x->agreed;
	tw->ts = x->ts;
	tw->mark = READ_ONCE(sk->sk_mark);
	tw->node.ifindex = sk->sk_bound_dev_if;
	tw->priority = READ_ONCE(sk->sk_priority);
	tw->tos = xtcp_reply_tos(sk, &x->node.tuple);
	tw->ttl = xtcp_reply_ttl(sk, &x->node.tuple);
	spin_lock_init(&tw->lock);
	timer_setup(&tw->timer, timewait_timer_fn, 0);
	refcount_set(&tw->refcnt, 2);	/* the table's and the timer's */
	return tw;
}

/**
 * xtcp_time_wait() - a connection is closed on both sides: wait for 2MSL
 * @sk: the connection, locked
 * @event: what led here: rcv FIN or rcv ACK of FIN
 *
 * A small object takes the connection's place in the table, the socket is
 * closed.  Where there are too many such objects, or no memory, the 4-tuple is
 * free at once.
 *
 * RFC 9293: MUST-13.
 */
void xtcp_time_wait(struct sock *sk, enum xtcp_event event)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_timewait *tw = timewait_make(sk);

	if (tw) {
		local_bh_disable();
		spin_lock(&tw->lock);
		if (!x->hashed ||
		    xtcp_link_replace(x->xn, xtcp_sk_link(sk), &tw->link)) {
			/* namespace gone: nobody will look, nobody has seen it */
			spin_unlock(&tw->lock);
			kmem_cache_free(timewait_cache, tw);
		} else {
			xtcp_port_keep(x, &tw->owner);
			xtcp_sk_set_hashed(sk, false);
			atomic_inc(&x->xn->tw_count);
			xtcp_count(x->xn, TIME_WAITS);
			trace_xtcp_time_wait_made(x->xn, &tw->node.tuple,
						  tw->snd_nxt, tw->rcv_nxt, tw->rcv_wnd);
			mod_timer(&tw->timer, jiffies +
				  xtcp_bounded(x->xn, time_wait) * HZ);
			spin_unlock(&tw->lock);
		}
		local_bh_enable();
	}
	xtcp_done(sk, event, 0);
}

static void timewait_ack(struct xtcp_timewait *tw)
{
	struct xtcp_reply reply = {
		.tuple = &tw->node.tuple,
		.ifindex = tw->node.ifindex,
		.mark = tw->mark,
		.priority = tw->priority,
		.tos = tw->tos,
		.ttl = tw->ttl,
	};
	struct xtcp_segment seg = {
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.wnd = tw->rcv_wnd >> tw->agreed.rcv_wscale,
		.flags = XTCP_ACK,
	};

	if (tw->agreed.timestamps)
		seg.opt.present = XTCP_OPT_TIMESTAMPS;
	xtcp_timestamp_write(&tw->ts, &seg.opt, ktime_get_ns());
	xtcp_ip_reply(tw->xn->net, &reply, &seg);
}

/* Challenge ACKs, and answers to stray segments, are limited in rate. */
static void timewait_ack_limited(struct xtcp_timewait *tw)
{
	if (!xtcp_ack_challenge(&tw->answered_ms, xtcp_now_ms(),
				READ_ONCE(tw->xn->sysctl.challenge_ack_ms))) {
		xtcp_count(tw->xn, CHALLENGES_LIMITED);
		return;
	}
	timewait_ack(tw);
}

/* MAY-2, SHLD-4: a SYN beyond all that the old connection received may open a new one.  But where
 * the new one will have timestamps, they say what is new, and what is old (RFC 6191, 2);
 * if the old one had none, nothing of it can be taken for the new one's.
 */
static bool is_new(const struct xtcp_timewait *tw, const struct xtcp_segment *syn)
{
	bool beyond = seq_gt(syn->seq, tw->rcv_nxt);

	if (!(syn->opt.present & XTCP_OPT_TIMESTAMPS) ||
	    !READ_ONCE(tw->xn->sysctl.timestamps))
		return beyond;
	if (!tw->agreed.timestamps)
		return true;
	return seq_gt(syn->opt.tsval, tw->ts.recent) ||
	       (beyond && syn->opt.tsval == tw->ts.recent);
}

/* Is it such a SYN, and is there a listener to open the connection? */
static bool new_incarnation(const struct xtcp_timewait *tw,
			    const struct sk_buff *skb,
			    const struct xtcp_segment *seg)
{
	return !(seg->flags & (XTCP_ACK | XTCP_FIN)) && is_new(tw, seg) &&
	       xtcp_lookup_listener(tw->xn, &tw->node.tuple, xtcp_skb_iif(skb),
				    xtcp_skb_sdif(skb));
}

/**
 * xtcp_timewait_cedes() - a SYN comes, and only another TCP has a listener
 * @xn: the namespace
 * @skb: the SYN
 * @t: its 4-tuple, as seen from here
 * @syn: what it says
 *
 * RFC 9293, 3.6.1, MAY-2, SHLD-4.  Softirq, under rcu_read_lock().
 *
 * Return: true: what was in TIME_WAIT is gone, and the SYN is for that other TCP; false:
 * TIME_WAIT must answer it, or there is none any more
 */
bool xtcp_timewait_cedes(struct xtcp_net *xn, const struct sk_buff *skb,
			 const struct xtcp_tuple *t, const struct xtcp_segment *syn)
{
	struct xtcp_node *node = xtcp_lookup_received(xn, skb, t);
	struct xtcp_timewait *tw;

	if (!node || node->kind != XTCP_KIND_TIME_WAIT)
		return false;
	tw = container_of(node, struct xtcp_timewait, node);
	if (!is_new(tw, syn) || !xtcp_timewait_get(tw))
		return false;
	xtcp_timewait_kill(tw, XTCP_EV_RCV_SYN);
	xtcp_timewait_put(tw);
	return true;
}

/* A sequence number for a new incarnation, beyond all that the old one sent. */
static u32 later_isn(const struct xtcp_timewait *tw)
{
	return tw->snd_nxt + U16_MAX + 2 ?: 1;
}

/* Does it stay on this host? */
static bool is_loopback(const struct xtcp_node *node)
{
	return xtcp_addr_is_loopback(&node->tuple.laddr) ||
	       xtcp_addr_is_loopback(&node->tuple.raddr) ||
	       node->ifindex == LOOPBACK_IFINDEX;
}

/* May a new connection of ours follow at once?  It will begin beyond this one's sequence
 * numbers, and its timestamps be later than this one's last (RFC 6191, 3).  As Linux: a
 * user who has bound the port may; a port that is only to be chosen must be allowed to
 * be this one, and the last timestamp must have come in an earlier second.
 */
static bool may_be_followed(const struct xtcp_timewait *tw, bool bound)
{
	u8 reuse = READ_ONCE(tw->xn->sysctl.tw_reuse);

	if (!tw->agreed.timestamps || !READ_ONCE(tw->xn->sysctl.timestamps))
		return false;
	return bound ||
	       ((reuse == 1 || (reuse == 2 && is_loopback(&tw->node))) &&
		(s32)(xtcp_now_s() - tw->ts.recent_s) > 0);
}

/**
 * xtcp_timewait_follow() - connect() wants a 4-tuple: if it is in TIME_WAIT, may it?
 * @xn: the namespace
 * @t: the 4-tuple
 * @bound: whether the user has chosen the port
 * @isn: set to the ISN of the new connection, where it may; never 0
 *
 * Process context.
 *
 * Return: true: there was such an object, and it is gone; false: nothing has changed
 */
bool xtcp_timewait_follow(struct xtcp_net *xn, const struct xtcp_tuple *t, bool bound,
			  u32 *isn)
{
	struct xtcp_timewait *tw;
	struct xtcp_node *node;
	bool may = false;

	rcu_read_lock();
	node = xtcp_lookup(xn, t);
	if (node && node->kind == XTCP_KIND_TIME_WAIT) {
		tw = container_of(node, struct xtcp_timewait, node);
		spin_lock_bh(&tw->lock);
		may = !tw->dead && may_be_followed(tw, bound);
		if (may) {
			*isn = later_isn(tw);
			timewait_end(tw, XTCP_EV_ACTIVE_OPEN);
			xtcp_count(xn, TW_REUSED);
		}
		spin_unlock_bh(&tw->lock);
	}
	rcu_read_unlock();
	return may;
}

/* The remote FIN came again: 2MSL begins anew. */
static void timewait_fin(struct xtcp_timewait *tw)
{
	timewait_ack(tw);
	xtcp_next_state(tw->xn, &tw->node.tuple, TCP_TIME_WAIT, XTCP_EV_RCV_FIN);
	mod_timer_pending(&tw->timer, jiffies +
			  xtcp_bounded(tw->xn, time_wait) * HZ);
}

/* RFC 7323, 5.3; of a SYN is_new() judges.  Return: why to drop the segment, or
 * XTCP_DROP_NONE
 */
static enum xtcp_drop_reason timewait_judge(struct xtcp_timewait *tw,
					    const struct xtcp_segment *seg)
{
	enum xtcp_drop_reason reason;

	if (!tw->agreed.timestamps || seg->flags & (XTCP_SYN | XTCP_RST))
		return XTCP_DROP_NONE;
	reason = xtcp_timestamp_judge(&tw->ts, seg);
	if (reason == XTCP_DROP_PAWS)
		timewait_ack_limited(tw);
	else if (!reason && seg->seq == tw->rcv_nxt)
		xtcp_timestamp_set_recent(&tw->ts, seg->opt.tsval);
	return reason;
}

/* Lock held, the object alive.  Return: XTCP_DROP_NONE where a SYN opened a new
 * connection; else why to drop the segment
 */
static enum xtcp_drop_reason timewait_take(struct xtcp_timewait *tw,
					   struct sk_buff *skb,
					   const struct xtcp_segment *seg)
{
	bool in_window = seg->seq - tw->rcv_nxt < max(tw->rcv_wnd, 1u);
	enum xtcp_drop_reason reason = timewait_judge(tw, seg);

	if (reason)
		return reason;
	if (seg->flags & XTCP_RST) {
		if (seg->seq == tw->rcv_nxt) {
			timewait_end(tw, XTCP_EV_RCV_RST);
			return XTCP_DROP_DONE;
		}
		if (in_window)
			timewait_ack_limited(tw);
		return in_window ? XTCP_DROP_BAD_RST : XTCP_DROP_OUT_OF_WINDOW;
	}
	if (seg->flags & XTCP_SYN) {
		if (new_incarnation(tw, skb, seg)) {
			XTCP_CB(skb)->isn = later_isn(tw);
			timewait_end(tw, XTCP_EV_RCV_SYN);
			xtcp_count(tw->xn, TW_REUSED);
			return XTCP_DROP_NONE;
		}
		timewait_ack_limited(tw);
	} else if (seg->flags & XTCP_ACK && seg->flags & XTCP_FIN &&
		   seg->end == tw->rcv_nxt) {
		timewait_fin(tw);
	} else if (seg->end != seg->seq || seg->seq != tw->rcv_nxt ||
		   (seg->flags & XTCP_ACK && seq_gt(seg->ack, tw->snd_nxt))) {
		/* anything but an empty segment at RCV.NXT: 3.5.2, group 3 */
		timewait_ack_limited(tw);
	}
	return XTCP_DROP_DUPLICATE;
}

/**
 * xtcp_timewait_segment() - a segment arrives in TIME_WAIT
 * @tw: the object, with a reference of the caller's
 * @skb: the segment; consumed unless true is returned
 * @seg: what its header says
 *
 * RFC 9293, 3.10.7.4: the remote FIN sent again is acknowledged and restarts
 * 2MSL; a RST that RFC 5961 accepts ends it; anything else is answered.
 * Where a SYN opens a new connection the object is gone, and the segment, which
 * now carries the least ISN of the new incarnation, is for the listener.
 *
 * Under rcu_read_lock().
 *
 * Return: true where the caller must look for a listener
 */
bool xtcp_timewait_segment(struct xtcp_timewait *tw, struct sk_buff *skb,
			   const struct xtcp_segment *seg)
{
	enum xtcp_drop_reason reason = XTCP_DROP_NONE;

	spin_lock_bh(&tw->lock);
	if (!tw->dead)
		reason = timewait_take(tw, skb, seg);
	spin_unlock_bh(&tw->lock);
	if (reason == XTCP_DROP_DONE)
		consume_skb(skb);
	else if (reason)
		xtcp_drop(tw->xn, skb, reason);
	return !reason;
}
