// SPDX-License-Identifier: GPL-2.0
/*
 * All that a namespace has, one after the other: listeners, the connection table, sockets
 * that are bound and no more.  For sock_diag, whose reader comes back for the next of them at
 * any time, or never: a place in the walk holds nothing.
 */
#include <linux/rhashtable.h>
#include <net/sock.h>
#include "../engine/demux.h"
#include "../engine/listeners.h"
#include "../engine/ports.h"
#include "../engine/request.h"
#include "../engine/timewait.h"
#include "../uapi/xtcp.h"
#include "entries.h"

static bool take_sock(struct xtcp_entry *e, struct sock *sk)
{
	e->kind = XTCP_KIND_CONNECTION;
	e->sk = sk;
	return refcount_inc_not_zero(&sk->sk_refcnt);
}

/* A reference to what the table has.  A connection's memory may be another one's by now. */
static bool take_node(struct xtcp_net *xn, struct xtcp_node *node, struct xtcp_entry *e)
{
	switch (node->kind) {
	case XTCP_KIND_CONNECTION:
		if (!take_sock(e, xtcp_node_sk(node)))
			return false;
		if (xtcp_sk(e->sk)->xn == xn && xtcp_sk(e->sk)->hashed)
			return true;
		sock_put(e->sk);
		return false;
	case XTCP_KIND_REQUEST:
		e->kind = XTCP_KIND_REQUEST;
		e->req = container_of(node, struct xtcp_request, node);
		return xtcp_request_get(e->req);
	case XTCP_KIND_TIME_WAIT:
		e->kind = XTCP_KIND_TIME_WAIT;
		e->tw = container_of(node, struct xtcp_timewait, node);
		return xtcp_timewait_get(e->tw);
	}
	return false;
}

/**
 * xtcp_entry_put() - give an entry's reference back
 * @e: what xtcp_entries_next() or xtcp_entry_find() gave
 *
 * Any context but hard interrupt, no lock of the entry's held.
 */
void xtcp_entry_put(const struct xtcp_entry *e)
{
	if (e->kind == XTCP_KIND_CONNECTION)
		sock_put(e->sk);
	else if (e->kind == XTCP_KIND_REQUEST)
		xtcp_request_put(e->req);
	else if (e->kind == XTCP_KIND_TIME_WAIT)
		xtcp_timewait_put(e->tw);
}
EXPORT_SYMBOL_GPL(xtcp_entry_put);

/**
 * xtcp_entry_node() - the 4-tuple of an entry
 * @e: the entry, with its reference
 *
 * Return: its node, there as long as the reference
 */
const struct xtcp_node *xtcp_entry_node(const struct xtcp_entry *e)
{
	if (e->kind == XTCP_KIND_REQUEST)
		return &e->req->node;
	return e->kind == XTCP_KIND_TIME_WAIT ? &e->tw->node : &xtcp_sk(e->sk)->node;
}
EXPORT_SYMBOL_GPL(xtcp_entry_node);

/* ---- the walk ---- */

/**
 * struct walk - a step of a walk
 * @xn: the namespace
 * @at: where it is
 * @states: which are asked for, a bit each
 * @wanted: who says whether an entry is asked for
 * @arg: for @wanted
 * @e: the answer
 * @paused: others should run; nothing was found so far
 */
struct walk {
	struct xtcp_net			*xn;
	struct xtcp_entries_place	*at;
	u32				states;
	xtcp_entry_wanted		wanted;
	const void			*arg;
	struct xtcp_entry		*e;
	bool				paused;
};

/* Of the connection table, under one rcu_read_lock(). */
#define BUCKETS_AT_ONCE	4096

static int entry_state(const struct xtcp_entry *e)
{
	if (e->kind == XTCP_KIND_REQUEST)
		return TCP_SYN_RECV;
	return e->kind == XTCP_KIND_TIME_WAIT ? TCP_TIME_WAIT : inet_sk_state_load(e->sk);
}

/* Is it one of those that are asked for?  It is given back where it is not. */
static bool is_wanted(const struct walk *w)
{
	int state = entry_state(w->e);

	if (w->at->part == XTCP_ENTRIES_BOUND)
		state = state == TCP_CLOSE ? XTCP_STATE_BOUND : 0;
	if (w->states & BIT(state) && w->wanted(w->e, w->arg))
		return true;
	xtcp_entry_put(w->e);
	return false;
}

static void next_part(struct xtcp_entries_place *at)
{
	at->part++;
	at->where = 0;
	at->nth = 0;
}

static bool next_listener(const struct walk *w)
{
	unsigned long id = w->at->where;
	struct sock *sk;

	for (; (sk = xtcp_next_listener(w->xn, &id)); id++) {
		w->at->where = id + 1;
		if (take_sock(w->e, sk) && is_wanted(w))
			return true;
	}
	return false;
}

/* The table that the walk is in.  Where it has gone, for the number of entries has changed
 * much, all are looked at again: those that were seen before are seen twice, but none is
 * left out.
 */
static struct bucket_table *table_of_walk(const struct walk *w)
{
	struct rhashtable *ht = &w->xn->conns;
	struct bucket_table *first = rht_dereference_rcu(ht->tbl, ht), *tbl = first;

	while (tbl && w->at->in_table && tbl->hash_rnd != w->at->table)
		tbl = rht_dereference_rcu(tbl->future_tbl, ht);
	if (tbl && w->at->in_table)
		return tbl;
	if (w->at->in_table)
		w->at->restarts++;
	w->at->in_table = true;
	w->at->table = first->hash_rnd;
	w->at->where = 0;
	w->at->nth = 0;
	return first;
}

/* The next that is wanted in a bucket.  Its chain may lead to another one's end where a
 * connection's memory has become another connection's: then it is gone through anew.
 */
static bool next_in_bucket(const struct walk *w, struct bucket_table *tbl)
{
	struct rhash_lock_head __rcu *const *bucket;
	struct rhash_head *pos;
	u32 nth;

	do {
		bucket = rht_bucket(tbl, w->at->where);
		nth = 0;
		rht_for_each_rcu_from(pos, rht_ptr_rcu(bucket), tbl, w->at->where) {
			if (nth++ < w->at->nth)
				continue;
			w->at->nth = nth;
			if (take_node(w->xn, xtcp_walk_node(pos), w->e) && is_wanted(w))
				return true;
		}
	} while (pos != RHT_NULLS_MARKER(bucket));
	return false;
}

/* Return: whether there is one; @w->paused: nothing so far */
static bool next_in_table(struct walk *w)
{
	struct bucket_table *tbl = table_of_walk(w);
	unsigned int buckets = 0;

	while (tbl) {
		for (; w->at->where < tbl->size; w->at->where++, w->at->nth = 0) {
			w->paused = ++buckets > BUCKETS_AT_ONCE;
			if (w->paused)
				return false;
			if (next_in_bucket(w, tbl))
				return true;
		}
		/* entries move there one after the other */
		tbl = rht_dereference_rcu(tbl->future_tbl, &w->xn->conns);
		if (tbl) {
			w->at->table = tbl->hash_rnd;
			w->at->where = 0;
		}
	}
	return false;
}

/* Ports by their numbers, of one wire and then of the other. */
static bool next_bound(const struct walk *w)
{
	struct xtcp_entries_place *at = w->at;
	struct sock *sk;

	for (; at->where < 2 << 16; at->where++, at->nth = 0) {
		u8 wire = at->where >> 16 ? IPPROTO_TCP : IPPROTO_XTCP;

		while ((sk = xtcp_port_idle_sock(w->xn, wire, at->where, at->nth))) {
			at->nth++;
			w->e->kind = XTCP_KIND_CONNECTION;
			w->e->sk = sk;
			if (is_wanted(w))
				return true;
		}
		if (!(at->where & 0xfff))
			cond_resched();
	}
	return false;
}

/**
 * xtcp_entries_next() - the next entry of a walk
 * @xn: the namespace
 * @at: how far it is; goes on behind the entry that was found
 * @states: which are asked for: BIT(TCP_ESTABLISHED) and so on, XTCP_STATEF_BOUND
 * @wanted: of those, which are asked for; may be called under rcu_read_lock()
 * @arg: for @wanted
 * @e: the entry, with a reference for the caller
 *
 * What is there all the time is found once, or once more for each restart.  What comes or
 * goes meanwhile may be found or not.
 *
 * Process context.  Return: whether there was one; else @e is not written
 */
bool xtcp_entries_next(struct xtcp_net *xn, struct xtcp_entries_place *at, u32 states,
		       xtcp_entry_wanted wanted, const void *arg, struct xtcp_entry *e)
{
	struct walk w = {
		.xn = xn, .at = at, .states = states, .wanted = wanted, .arg = arg, .e = e,
	};
	bool found = false;

	while (at->part < XTCP_ENTRIES_END) {
		if (at->part == XTCP_ENTRIES_BOUND) {
			found = states & XTCP_STATEF_BOUND && next_bound(&w);
		} else {
			rcu_read_lock();
			if (at->part == XTCP_ENTRIES_LISTENERS)
				found = states & TCPF_LISTEN && next_listener(&w);
			else if (states & ~(TCPF_LISTEN | XTCP_STATEF_BOUND))
				found = next_in_table(&w);
			rcu_read_unlock();
		}
		if (found)
			return true;
		if (!w.paused)
			next_part(at);
		w.paused = false;
		cond_resched();
	}
	return false;
}
EXPORT_SYMBOL_GPL(xtcp_entries_next);

/* ---- one of them ---- */

/**
 * xtcp_entry_find() - whom a segment would be for
 * @xn: the namespace
 * @t: its local end, its remote end, wire and VRF
 * @ifindex: the device by which it would come; 0: any that is bound to none
 * @e: the answer, with a reference for the caller
 *
 * Process context.  Return: whether there is somebody
 */
bool xtcp_entry_find(struct xtcp_net *xn, const struct xtcp_tuple *t, int ifindex,
		     struct xtcp_entry *e)
{
	struct xtcp_node *node;
	struct sock *sk;
	bool found;

	rcu_read_lock();
	node = xtcp_lookup(xn, t);
	if (node) {
		found = take_node(xn, node, e);
		if (found && memcmp(&xtcp_entry_node(e)->tuple, t, sizeof(*t))) {
			xtcp_entry_put(e);	/* another one's by now */
			found = false;
		}
	} else {
		sk = xtcp_lookup_listener(xn, t, ifindex, t->l3mdev);
		found = sk && take_sock(e, sk);
	}
	rcu_read_unlock();
	return found;
}
EXPORT_SYMBOL_GPL(xtcp_entry_find);

/**
 * xtcp_entry_abort() - end what is no socket: a request or a TIME_WAIT
 * @e: the entry; whether it may be ended was asked before
 *
 * A socket is ended by its struct proto's diag_destroy.
 *
 * Process context.  Return: 0; -EOPNOTSUPP for a socket
 */
int xtcp_entry_abort(const struct xtcp_entry *e)
{
	if (e->kind == XTCP_KIND_REQUEST)
		xtcp_request_fail(e->req, XTCP_EV_ABORT);
	else if (e->kind == XTCP_KIND_TIME_WAIT)
		xtcp_timewait_kill(e->tw, XTCP_EV_ABORT);
	else
		return -EOPNOTSUPP;
	return 0;
}
EXPORT_SYMBOL_GPL(xtcp_entry_abort);
