// SPDX-License-Identifier: GPL-2.0
/*
 * From events to rows.  A segment is seen where it is sent and again where it arrives, and the
 * state that it leads to is known a moment later: a row waits that long.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../module/observe/why.h"
#include "table.h"

#define BUCKETS 65536	/* a power of two */

struct table_look table_look;
void (*row_done)(struct row *r) = print_row;

static struct row *first, *last;
static struct row *buckets[BUCKETS];	/* of segments; of those alike the oldest first */

/**
 * table_columns() - show these columns as well
 * @list: their names, with commas
 *
 * Return: whether all are known, and none comes twice
 */
bool table_columns(const char *list)
{
	static const char *const names[] = {
#define COLUMN_NAME(id, name, width) name,
		TABLE_COLUMNS(COLUMN_NAME)
	};

	table_look.column_count = 0;
	while (table_look.column_count < TABLE_COLUMN_COUNT) {
		size_t n = strcspn(list, ","), i;

		for (i = 0; i < TABLE_COLUMN_COUNT; i++)
			if (strlen(names[i]) == n && !strncmp(names[i], list, n))
				break;
		if (i == TABLE_COLUMN_COUNT)
			return false;
		for (size_t k = 0; k < table_look.column_count; k++)
			if (table_look.columns[k] == i)
				return false;
		table_look.columns[table_look.column_count++] = i;
		list += n;
		if (!*list)
			return true;
		list++;
	}
	return false;
}

static struct row *row_new(struct conn *c, uint64_t ns)
{
	struct row *r = allocate(sizeof(*r));

	r->conn = c;
	r->ns = ns;
	*(last ? &last->next : &first) = r;
	last = r;
	if (c) {
		c->fixed = true;
		c->uses++;
		*(c->last_row ? &c->last_row->conn_next : &c->first_row) = r;
		c->last_row = r;
	}
	return r;
}

static struct row **bucket_of(const struct conn *c, char dir, const struct event *e)
{
	uint64_t h = (uintptr_t)c / 64 + dir;

	h = h * 31 + e->seq;
	h = h * 31 + e->ack;
	h = h * 31 + e->len;
	h = h * 31 + e->wnd;
	h = h * 31 + e->flags;
	return &buckets[(h ^ h >> 16) & (BUCKETS - 1)];
}

static bool same(const struct row *r, const struct conn *c, char dir, const struct event *e)
{
	return r->conn == c && r->dir == dir && r->segment.seq == e->seq &&
	       r->segment.ack == e->ack && r->segment.len == e->len &&
	       r->segment.wnd == e->wnd && r->segment.flags == e->flags;
}

/* Of two segments that are the same otherwise, the one sent again has another timestamp. */
static bool same_time(const struct row *r, const struct event *e)
{
	return !(r->segment.present & e->present & OPTION_TIMESTAMPS) ||
	       r->segment.tsval == e->tsval;
}

static void row_unhash(struct row *r)
{
	struct row **at = bucket_of(r->conn, r->dir, &r->segment);

	while (*at != r)
		at = &(*at)->hash_next;
	*at = r->hash_next;
}

static void side_forgets(struct side *s, const struct row *r)
{
	if (s->rows.held == r)
		s->rows.held = NULL;
	if (s->rows.sent == r)
		s->rows.sent = NULL;
	if (s->rows.received == r)
		s->rows.received = NULL;
}

/* The oldest goes out. */
static void flush_row(void)
{
	struct row *r = first;
	struct conn *c = r->conn;

	if (!r->gone)
		row_done(r);
	first = r->next;
	if (!first)
		last = NULL;
	if (r->dir)
		row_unhash(r);
	if (c) {
		c->first_row = r->conn_next;
		if (!c->first_row)
			c->last_row = NULL;
		for (int i = 0; i < 2; i++)
			side_forgets(&c->side[i], r);
		conn_release(c);
	}
	free(r->note);
	free(r);
}

static struct row *segment_row(struct conn *c, char dir, const struct event *e)
{
	struct row *r = row_new(c, e->ns), **at = bucket_of(c, dir, e);

	r->dir = dir;
	r->segment = *e;
	while (*at)
		at = &(*at)->hash_next;
	*at = r;
	note_options(r);
	return r;
}

static uint32_t flag_for(const char *state)
{
	if (!strncmp(state, "SYN", 3))
		return SEGMENT_SYN;
	return strcmp(state, "CLOSED") ? SEGMENT_FIN : SEGMENT_RST;
}

static bool is_syn_ack(const struct event *e)
{
	return e->flags == (SEGMENT_SYN | SEGMENT_ACK);
}

static void drop(struct conn *c, char dir, const struct event *e)
{
	struct row *found = NULL;

	for (struct row *r = *bucket_of(c, dir, e); r; r = r->hash_next)
		if (same(r, c, dir, e))
			found = r;
	if (!found)
		found = segment_row(c, dir, e);
	found->arrived = true;
	found->dropped = true;
	found->arrived_ns = e->ns;
	note_add(found, "dropped: %s", word_of(&words_reason, e->reason));
}

static void row_left(struct conn *c, int side, const struct event *e, struct row *r, bool alike)
{
	struct side *s = &c->side[side];
	struct row *held;

	/* the SYN of a connection has an event that says so; the answer of a listener has none */
	if (is_syn_ack(e) && alike && !s->again)
		note_add(r, "sent again");
	r->sent = true;
	r->has_sending = true;
	r->ns = e->ns;
	r->segment = *e;
	if (s->again && s->again_seq == e->seq)
		note_add(r, "sent again");
	s->again = false;
	note_why(r, e->why);
	/* the user called, and this is what left for it */
	held = s->rows.held;
	if (held && e->flags & flag_for(held->entered[side])) {
		memcpy(r->entered[side], held->entered[side], sizeof(r->entered[side]));
		held->gone = true;
		s->rows.held = NULL;
	}
	s->rows.sent = r;
}

static void arrived(struct side *s, struct row *r, uint64_t ns)
{
	r->arrived = true;
	r->arrived_ns = ns;
	s->rows.received = r;
}

/* A segment, seen at one end or dropped there: the row that the other end made for it, or a new
 * one.
 */
static void segment(struct conn *c, const struct event *e)
{
	bool out = e->kind == EVENT_SEGMENT_OUT, alike = false;
	int side = out ? conn_side(c, e) : !conn_side(c, e);
	char dir = side ? '<' : '>';
	struct row *r;

	if (e->kind == EVENT_DROP) {
		drop(c, dir, e);
		return;
	}
	for (r = *bucket_of(c, dir, e); r; r = r->hash_next) {
		if (!same(r, c, dir, e))
			continue;
		if ((out ? !r->sent : !r->arrived) && same_time(r, e))
			break;
		alike = true;
	}
	if (!r) {
		r = segment_row(c, dir, e);
		note_window(r, e, c->side[side].shown_window);
		if (!(e->flags & SEGMENT_RST))
			c->side[side].shown_window = e->wnd;
	}
	if (out)
		row_left(c, side, e, r, alike);
	else
		arrived(&c->side[!side], r, e->ns);
}

static bool leads(struct row *r, const struct side *s, const char *event)
{
	uint32_t flags = r->segment.flags;

	if (!strcmp(event, "rcv SYN"))
		return flags & SEGMENT_SYN;
	if (!strcmp(event, "rcv SYN,ACK"))
		return flags & SEGMENT_SYN && flags & SEGMENT_ACK;
	if (!strcmp(event, "rcv RST"))
		return flags & SEGMENT_RST;
	if (!strcmp(event, "rcv FIN") && flags & SEGMENT_FIN && !r->led_fin) {
		r->led_fin = true;
		return true;
	}
	if (!(flags & SEGMENT_ACK) || r->led_ack)
		return false;
	if ((!strcmp(event, "rcv ACK of SYN") && !(flags & SEGMENT_SYN)) ||
	    (!strcmp(event, "rcv ACK of FIN") && s->fin && r->segment.ack == s->fin_end)) {
		r->led_ack = true;
		return true;
	}
	return false;
}

/* The row of the segment whose arrival at that side an event is; NULL: there is none. */
static struct row *cause(struct conn *c, int side, const char *event)
{
	for (struct row *r = c->first_row; r; r = r->conn_next)
		if (r->dir == (side ? '>' : '<') && r->arrived && leads(r, &c->side[side], event))
			return r;
	return NULL;
}

static void state(struct conn *c, const struct event *e)
{
	int side = conn_side(c, e);
	struct side *s = &c->side[side];
	struct row *r = cause(c, side, e->on);

	if (!r) {
		r = row_new(c, e->ns);
		note_add(r, "%s", e->on);
		if (strstr(e->on, "OPEN") || strstr(e->on, "CLOSE") || strstr(e->on, "ABORT"))
			s->rows.held = r;
	} else if (*r->entered[side]) {
		note_add(r, "through %s", r->entered[side]);
	}
	memcpy(r->entered[side], e->to, sizeof(r->entered[side]));
}

static void waits(struct conn *c, struct side *s, const struct event *e)
{
	if (e->wait != XTCP_WAIT_USER && s->shown_wait != (int)e->wait)
		note_waits(s->rows.sent ?: row_new(c, e->ns), s, e);
}

static void event(const struct event *e, struct conn *c)
{
	struct side *s = c ? &c->side[conn_side(c, e)] : NULL;

	while (first && first->ns + hold_ns <= e->ns)
		flush_row();
	switch (e->kind) {
	case EVENT_LOST:
		note_add(row_new(NULL, e->ns), "%u events were lost: they came too fast", e->lost);
		break;
	case EVENT_STATE:
		state(c, e);
		break;
	case EVENT_SEGMENT_IN:
	case EVENT_SEGMENT_OUT:
	case EVENT_DROP:
		segment(c, e);
		break;
	case EVENT_RETRANSMIT:
		s->again = true;
		s->again_seq = e->seq;
		break;
	case EVENT_ACKED:
		note_acked(s->rows.received, s, e);
		break;
	case EVENT_WAITS:
		waits(c, s, e);
		break;
	default:
		break;
	}
}

static int end(void)
{
	while (first)
		flush_row();
	fflush(stdout);
	return 0;
}

const struct output table_output = {
	.kinds = EVENT_IS(STATE) | EVENT_IS(SEGMENT_IN) | EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED) |
		 EVENT_IS(WAITS) | EVENT_IS(RETRANSMIT) | EVENT_IS(DROP) | EVENT_IS(SOCKET) |
		 EVENT_IS(LOST) | EVENT_IS(TICK),
	.begin = print_head,
	.event = event,
	.end = end,
};
