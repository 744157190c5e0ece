// SPDX-License-Identifier: GPL-2.0
/*
 * The rows of the table, kept for a picture, and which of the segments were lost.
 */
#include <stdlib.h>
#include <string.h>

#include "drawing.h"

struct drawing *drawings;
uint32_t drawing_lost_events;

static struct drawing **last = &drawings;
static unsigned long kept;
static uint64_t latest_ns;

/* Room for one more. */
static void *more(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? 2 * *room : 64;
	array = realloc(array, *room * size);
	if (!array)
		die("no memory");
	return array;
}

static struct drawing *drawing_of(struct conn *c)
{
	struct drawing *d = c->drawing;

	if (!d) {
		d = allocate(sizeof(*d));
		for (int i = 0; i < 2; i++)
			memcpy(d->start[i], c->side[i].start, sizeof(d->start[i]));
		*last = d;
		last = &d->next;
		c->drawing = d;
	}
	for (int i = 0; i < 2; i++) {
		d->end[i] = c->side[i].end;
		d->here[i] |= c->side[i].here;
	}
	d->opened = c->opened;
	d->late = c->late;
	d->wire = c->wire;
	return d;
}

static void fill_segment(struct stroke *s, const struct row *r)
{
	const struct event *e = &r->segment;
	const struct side *from = &r->conn->side[r->dir == '<'];
	const struct side *to = &r->conn->side[r->dir == '>'];
	bool zero = !e->seq && !(e->flags & SEGMENT_SYN);	/* a RST of no connection's */

	s->seq = e->seq - (from->has_base && !zero ? from->seq_base : 0);
	s->ack = e->ack - (to->has_base && e->flags & SEGMENT_ACK ? to->seq_base : 0);
	for (uint32_t i = 0; i < 2 * EVENT_SACKS_MAX; i++)
		s->sack[i] = e->sack[i] - to->seq_base;
	s->window = from->scale >= 0 ? (int64_t)e->wnd << from->scale : -1;
	if (e->flags & SEGMENT_SYN || !e->wnd)
		s->window = e->wnd;
}

static void keep(struct row *r)
{
	struct drawing *d;
	struct stroke *s;

	d = drawing_of(r->conn);
	d->segments += !!r->dir;
	if (kept == SEGMENTS_KEPT)
		return;
	kept++;
	d->kept += !!r->dir;
	d->strokes = more(d->strokes, d->count, &d->room, sizeof(*s));
	s = &d->strokes[d->count++];
	memset(s, 0, sizeof(*s));
	s->dir = r->dir;
	s->sent = r->sent || !r->dir;
	s->arrived = r->arrived;
	s->dropped = r->dropped;
	s->has_sending = r->has_sending && r->segment.rto_us;
	s->sent_ns = r->ns;
	s->arrived_ns = r->arrived_ns;
	s->number = d->segments;
	s->segment = r->segment;
	memcpy(s->entered, r->entered, sizeof(s->entered));
	s->note = r->note;
	r->note = NULL;
	if (r->dir)
		fill_segment(s, r);
}

/**
 * drawing_begin() - before the first event
 */
void drawing_begin(void)
{
	row_done = keep;
	table_look.relative = true;	/* the notes speak of octets, too */
}

static void take_acked(const struct event *e, struct conn *c)
{
	struct drawing *d = drawing_of(c);

	if (d->sample_count == SEGMENTS_KEPT)
		return;
	d->samples = more(d->samples, d->sample_count, &d->sample_room, sizeof(*d->samples));
	d->samples[d->sample_count++] = (struct sample) {
		.ns = e->ns, .side = conn_side(c, e), .cwnd = e->cwnd, .ssthresh = e->ssthresh,
		.pipe = e->pipe, .rtt_us = e->rtt_us,
	};
}

/**
 * drawing_event() - one more event, in their order
 * @e: the event
 * @c: its connection; NULL: it has none
 */
void drawing_event(const struct event *e, struct conn *c)
{
	if (e->kind == EVENT_LOST)
		drawing_lost_events += e->lost;
	else
		table_output.event(e, c);
	if (e->kind != EVENT_TICK)
		latest_ns = e->ns;
	if (c && c->fixed && e->kind == EVENT_ACKED)
		take_acked(e, c);
}

/**
 * stroke_ns() - when a stroke begins
 * @s: the stroke
 *
 * Return: when it was sent, or if that was not seen, when it arrived
 */
uint64_t stroke_ns(const struct stroke *s)
{
	return s->sent ? s->sent_ns : s->arrived_ns;
}

/**
 * drawing_zero() - from when on times are counted
 * @d: what is drawn
 *
 * Return: the first segment's time; of none, the first stroke's
 */
uint64_t drawing_zero(const struct drawing *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->strokes[i].dir)
			return stroke_ns(&d->strokes[i]);
	return d->count ? stroke_ns(&d->strokes[0]) : 0;
}

/**
 * ssthresh_is_set() - whether a slow start threshold is one
 * @ssthresh: as an event has it
 *
 * Return: false while there has been no loss yet
 */
bool ssthresh_is_set(uint32_t ssthresh)
{
	return ssthresh != UINT32_MAX && ssthresh != UINT32_MAX >> 1;
}

static uint32_t space(const struct stroke *s)
{
	return s->segment.len;
}

/* So many octets of a segment have a place in another. */
static uint32_t overlap(const struct stroke *a, const struct stroke *b)
{
	int32_t from = b->segment.seq - a->segment.seq;
	int64_t to = (int64_t)from + space(b);

	if (from < 0)
		from = 0;
	if (to > space(a))
		to = space(a);
	return to > from ? to - from : 0;
}

/* A card or the kernel parts a large segment or joins small ones on the way: what arrived so is
 * looked up among what was sent and did not arrive as it was.
 */
static void find_parts(struct drawing *d, const uint64_t longest[2])
{
	size_t begin = 0;

	for (size_t i = 0; i < d->count; i++) {
		struct stroke *piece = &d->strokes[i];
		uint32_t left = space(piece);

		if (!piece->dir || piece->sent || !left || !d->here[piece->dir == '<'])
			continue;
		/* far back there is nothing that is still on its way */
		while (begin < i && d->strokes[begin].sent_ns + NS_PER_S + 4 * longest[0] +
		       4 * longest[1] < piece->arrived_ns)
			begin++;
		for (size_t k = begin; k < d->count && left; k++) {
			struct stroke *s = &d->strokes[k];
			uint32_t n;

			if (stroke_ns(s) > piece->arrived_ns)
				break;
			if (s->dir != piece->dir || !s->sent || !s->missing)
				continue;
			n = overlap(s, piece);
			if (!n)
				continue;
			s->missing -= n < s->missing ? n : s->missing;
			s->arrived_ns = piece->arrived_ns;
			s->arrived = !s->missing;
			left -= n < left ? n : left;
			for (int e = 0; e < 2; e++)
				if (*piece->entered[e] && !*s->entered[e])
					memcpy(s->entered[e], piece->entered[e],
					       sizeof(s->entered[e]));
			if (!s->note) {
				s->note = piece->note;
				piece->note = NULL;
			}
			piece->part = true;
		}
	}
}

static void find_lost(struct drawing *d)
{
	uint64_t longest[2] = { 0, 0 }, usual[2] = { 0, 0 };
	uint64_t next_ns[2] = { UINT64_MAX, UINT64_MAX };

	for (size_t i = 0; i < d->count; i++) {
		struct stroke *s = &d->strokes[i];
		int way = s->dir == '<';

		if (s->dir && s->sent && s->arrived && s->arrived_ns > s->sent_ns + longest[way])
			longest[way] = s->arrived_ns - s->sent_ns;
		s->missing = s->dir && s->sent && !s->arrived ? space(s) : 0;
	}
	find_parts(d, longest);
	for (size_t i = 0; i < d->count; i++) {
		struct stroke *s = &d->strokes[i];
		int way = s->dir == '<';

		/* what left last may still be on its way */
		s->lost = s->dir && s->sent && !s->arrived && d->here[0] && d->here[1] &&
			  s->sent_ns + longest[way] < latest_ns;
		if (s->dir && s->sent && s->arrived && s->arrived_ns > s->sent_ns)
			usual[way] = s->arrived_ns - s->sent_ns;
		s->would_ns = s->sent_ns + usual[way];
	}
	/* and before those behind it */
	for (size_t i = d->count; i--;) {
		struct stroke *s = &d->strokes[i];
		int way = s->dir == '<';

		if (s->lost && s->would_ns > next_ns[way] && next_ns[way] > s->sent_ns)
			s->would_ns = next_ns[way];
		if (s->dir && s->sent && s->arrived)
			next_ns[way] = s->arrived_ns;
	}
}

static void find_repeated(struct drawing *d)
{
	uint32_t next[2] = { 0, 0 };

	for (size_t i = 0; i < d->count; i++) {
		struct stroke *s = &d->strokes[i];
		int way = s->dir == '<';
		uint32_t end = s->seq + space(s) + !!(s->segment.flags & SEGMENT_SYN) +
			       !!(s->segment.flags & SEGMENT_FIN);

		if (!s->dir || s->part || s->segment.flags & SEGMENT_RST || end == s->seq)
			continue;
		s->again = (int32_t)(s->seq - next[way]) < 0;
		if ((int32_t)(end - next[way]) > 0)
			next[way] = end;
	}
}

static int by_time(const void *pa, const void *pb)
{
	const struct stroke *a = pa, *b = pb;

	if (stroke_ns(a) != stroke_ns(b))
		return stroke_ns(a) < stroke_ns(b) ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Only those whose segments were seen are drawn. */
static void forget_silent(void)
{
	struct drawing **at = &drawings;

	while (*at) {
		if ((*at)->kept)
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

/**
 * drawing_end() - after the last event: the drawings are complete
 */
void drawing_end(void)
{
	unsigned long index = 0;

	table_output.end();
	forget_silent();
	for (struct drawing *d = drawings; d; d = d->next) {
		qsort(d->strokes, d->count, sizeof(*d->strokes), by_time);
		find_lost(d);
		find_repeated(d);
		d->segments -= d->kept;
		d->kept = 0;
		for (size_t i = 0; i < d->count; i++) {
			struct stroke *s = &d->strokes[i];

			if (!s->dir || s->part)
				continue;
			s->index = index++;
			s->number = ++d->kept;
		}
		d->segments += d->kept;
	}
}
