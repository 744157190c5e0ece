// SPDX-License-Identifier: GPL-2.0
/*
 * The connections that events tell of: their ends, who opened them, their states and scales.
 */
#include <stdlib.h>
#include <string.h>

#include "conns.h"
#include "trace.h"

#define BUCKETS 16384	/* a power of two */

static struct conn *buckets[BUCKETS];
static struct conn *oldest, *newest;

static struct {
	struct end end;
	uint32_t netns;
} *listeners;
static size_t listener_count;

/* The same for both directions. */
static unsigned int bucket_of(const struct end *a, const struct end *b)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(a->addr); i++)
		h = (h ^ (uint8_t)(a->addr[i] + b->addr[i])) * 16777619u;
	h = (h ^ (uint32_t)(a->port + b->port)) * 16777619u;
	h ^= h >> 15;
	return h & (BUCKETS - 1);
}

static struct conn *conn_new(const struct event *e)
{
	unsigned int b = bucket_of(&e->local, &e->remote);
	struct conn *c = allocate(sizeof(*c));

	c->side[0].end = e->local;
	c->side[1].end = e->remote;
	for (int i = 0; i < 2; i++) {
		c->side[i].scale = -1;
		c->side[i].offered = -1;
		c->side[i].window = -1;
		c->side[i].shown_wait = -1;
		c->side[i].shown_window = -1;
	}
	c->hash_next = buckets[b];
	buckets[b] = c;
	c->prev = newest;
	if (newest)
		newest->next = c;
	else
		oldest = c;
	newest = c;
	return c;
}

static void conn_forget(struct conn *c)
{
	struct conn **at = &buckets[bucket_of(&c->side[0].end, &c->side[1].end)];

	while (*at != c)
		at = &(*at)->hash_next;
	*at = c->hash_next;
	*(c->prev ? &c->prev->next : &oldest) = c->next;
	*(c->next ? &c->next->prev : &newest) = c->prev;
	free(c->side[0].facts);
	free(c->side[1].facts);
	free(c);
}

/* Whether the end that an event happened at may be this side: in another namespace, others may
 * have the same address and port.
 */
static bool side_fits(const struct side *s, const struct event *e)
{
	return end_equal(&s->end, &e->local) && (!s->netns || !e->netns || s->netns == e->netns);
}

static struct conn *find(const struct event *e)
{
	struct conn *c, *unsure = NULL;

	for (c = buckets[bucket_of(&e->local, &e->remote)]; c; c = c->hash_next)
		for (int i = 0; i < 2; i++) {
			if (!side_fits(&c->side[i], e) || !end_equal(&c->side[!i].end, &e->remote))
				continue;
			if (c->side[i].netns == e->netns)
				return c;
			unsure = c;
		}
	return unsure;
}

/* Both in one namespace may be this end: then the remote one tells. */
static struct side *side_of(struct conn *c, const struct event *e, bool local)
{
	int i = end_equal(&c->side[0].end, &e->local) ? 0 : 1;

	return &c->side[local ? i : !i];
}

/**
 * conn_side() - which side of a connection an event happened at
 * @c: the connection
 * @e: the event
 *
 * Return: 0 left, 1 right
 */
int conn_side(const struct conn *c, const struct event *e)
{
	return end_equal(&c->side[0].end, &e->local) ? 0 : 1;
}

/* Before anything is shown of it: the end that opened it goes to the left. */
static void set_opener(struct conn *c, const struct end *opener)
{
	if (c->opened || c->fixed)
		return;
	if (!end_equal(&c->side[0].end, opener)) {
		struct side left = c->side[0];

		c->side[0] = c->side[1];
		c->side[1] = left;
	}
	c->opened = true;
}

static const struct end *opener_of(const struct event *e)
{
	bool in = e->kind == EVENT_SEGMENT_IN || e->kind == EVENT_DROP;

	if (e->kind == EVENT_STATE) {
		if (!strcmp(e->on, "active OPEN"))
			return &e->local;
		return strcmp(e->on, "rcv SYN") ? NULL : &e->remote;
	}
	if (!in && e->kind != EVENT_SEGMENT_OUT)
		return NULL;
	if (!(e->flags & SEGMENT_SYN))
		return NULL;
	return in == !(e->flags & SEGMENT_ACK) ? &e->remote : &e->local;
}

static void listener_add(const struct event *e)
{
	listeners = realloc(listeners, (listener_count + 1) * sizeof(*listeners));
	if (!listeners)
		die("no memory");
	listeners[listener_count].end = e->local;
	listeners[listener_count++].netns = e->netns;
}

/**
 * conns_listens() - whether somebody listens at an end, as far as sockets' lines told
 * @end: the end
 * @netns: in which namespace
 *
 * Return: whether
 */
bool conns_listens(const struct end *end, uint32_t netns)
{
	static const struct end any6;
	struct end any4;

	end_set_v4(&any4, "\0\0\0\0");
	for (size_t i = 0; i < listener_count; i++) {
		const struct end *l = &listeners[i].end;

		if (listeners[i].netns == netns && l->port == end->port &&
		    (!memcmp(l->addr, end->addr, sizeof(l->addr)) ||
		     !memcmp(l->addr, any6.addr, sizeof(l->addr)) ||
		     !memcmp(l->addr, any4.addr, sizeof(l->addr))))
			return true;
	}
	return false;
}

/* A line of a socket's: one that was there before we watched, or how it fares now. */
static void take_socket(struct conn *c, struct side *s, const struct event *e)
{
	bool listens = !strcmp(e->to, "LISTEN");

	if (listens && !s->has_socket)
		listener_add(e);
	if (!*s->now) {
		c->late = !listens;
		memcpy(s->start, e->to, sizeof(s->start));
	}
	memcpy(s->now, e->to, sizeof(s->now));
	s->has_socket = true;
	s->socket = *e;
	if (e->scales) {
		side_of(c, e, true)->scale = e->rcv_wscale;
		side_of(c, e, false)->scale = e->snd_wscale;
	}
	/* the other end has opened what came through a listener; this moves sides */
	if (c->late && conns_listens(&e->local, e->netns))
		set_opener(c, &e->remote);
}

static void take_state(struct side *s, const struct event *e)
{
	if (!*s->now)
		memcpy(s->start, e->from, sizeof(s->start));
	memcpy(s->now, e->to, sizeof(s->now));
}

static void take_scales(struct conn *c, struct side *from, const struct event *e)
{
	struct side *to = from == &c->side[0] ? &c->side[1] : &c->side[0];

	if (!(e->flags & SEGMENT_ACK)) {	/* a new incarnation */
		from->scale = -1;
		to->scale = -1;
		to->offered = -1;
	}
	from->offered = e->present & OPTION_WSCALE ? (int)e->wscale : -2;
	if (!(e->flags & SEGMENT_ACK) || to->offered == -1)
		return;
	/* RFC 7323, 2.2: both or none */
	from->scale = from->offered >= 0 && to->offered >= 0 ? from->offered : 0;
	to->scale = from->offered >= 0 && to->offered >= 0 ? to->offered : 0;
}

static void take_segment(struct conn *c, struct side *from, const struct event *e)
{
	struct side *to = from == &c->side[0] ? &c->side[1] : &c->side[0];

	if (e->flags & SEGMENT_FIN && e->kind == EVENT_SEGMENT_OUT) {
		from->fin = true;
		from->fin_end = e->seq + e->len + 1;
	}
	if (e->flags & SEGMENT_SYN) {
		take_scales(c, from, e);
		from->seq_base = e->seq;
		from->has_base = true;
		from->window = e->wnd;
		return;
	}
	if (e->flags & SEGMENT_RST)
		return;
	if (!from->has_base) {
		from->seq_base = e->seq - 1;
		from->has_base = true;
	}
	if (!to->has_base && e->flags & SEGMENT_ACK) {
		to->seq_base = e->ack - 1;
		to->has_base = true;
	}
	if (!e->wnd)
		from->window = 0;
	else
		from->window = from->scale >= 0 ? (int64_t)e->wnd << from->scale : -1;
}

/**
 * conns_event() - note what an event says of its connection
 * @e: the next event, in their order
 *
 * Return: the connection; NULL for an event of none.  It may be there only until the next event,
 * unless its uses were counted up
 */
struct conn *conns_event(const struct event *e)
{
	const struct end *opener;
	struct conn *c;
	struct side *s;

	if (e->kind == EVENT_LOST || e->kind == EVENT_TICK)
		return NULL;
	c = find(e);
	if (!c)
		c = conn_new(e);
	opener = opener_of(e);
	if (opener)
		set_opener(c, opener);
	s = side_of(c, e, true);
	if (e->wire)
		c->wire = e->wire;
	if (e->netns)
		s->netns = e->netns;
	if (e->kind != EVENT_DROP && e->kind != EVENT_SEGMENT_IN)
		s->here = true;
	if (e->kind == EVENT_STATE)
		take_state(s, e);
	else if (e->kind == EVENT_SOCKET)
		take_socket(c, s, e);
	else if (e->kind == EVENT_SEGMENT_OUT)
		take_segment(c, s, e);
	else if (e->kind == EVENT_SEGMENT_IN)
		take_segment(c, side_of(c, e, false), e);
	return c;
}

static bool closed(const struct side *s)
{
	return !*s->now || !strcmp(s->now, "CLOSED");
}

/**
 * conn_release() - count a connection's uses down; closed and unused it is forgotten
 * @c: the connection
 */
void conn_release(struct conn *c)
{
	c->uses--;
	if (!c->uses && closed(&c->side[0]) && closed(&c->side[1]) &&
	    (*c->side[0].now || *c->side[1].now))
		conn_forget(c);
}

/**
 * conns_first() - the connection that was seen first, of those that are there
 *
 * Return: it, and by its next the others; NULL: there is none
 */
struct conn *conns_first(void)
{
	return oldest;
}
