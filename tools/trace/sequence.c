// SPDX-License-Identifier: GPL-2.0
/*
 * The sequence diagram.  Two lines are the two ends, and time goes down.  It goes down faster
 * where little happens: between two instants there is at least the room that their texts need,
 * and of a long pause only a mark stays that says how long it was.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "sequence.h"
#include "svg.h"

#define LEFT_X 210.0
#define RIGHT_X 810.0
#define TIME_X 72.0
#define HEAD 46.0	/* above the lines */
#define FOOT 16.0
#define STEP 15.0	/* what the usual time from one instant to the next becomes */
#define FAR 52.0	/* what the longest does */
#define ALONE 12.0	/* how far a segment slants of which only one end is seen */
#define PAUSE_NS (5 * NS_PER_MS)	/* what is shorter needs no mark */
#define NOTE_CHARS 92
#define NOTE_LINES 4

/* A moment at which something is drawn: a segment leaves or arrives. */
struct instant {
	uint64_t ns;
	size_t stroke;
	bool arrival;
};

/* Where a stroke goes, and its note, part into lines. */
struct place {
	double from, to;	/* y where it leaves, and where it arrives */
	const char *line[NOTE_LINES];
	int length[NOTE_LINES], lines;
	bool drawn;
};

struct pause {
	double y;
	uint64_t ns;
};

static struct {
	const struct drawing *of;
	size_t most;
	struct place *places;
	struct pause *pauses;
	size_t pause_count, left_out;
	double bottom;
} plan;

/**
 * milliseconds_text() - a time as a person reads it
 * @to: where it goes
 * @size: of it, in bytes
 * @ns: the time
 */
void milliseconds_text(char *to, size_t size, int64_t ns)
{
	int64_t us = ((ns < 0 ? -ns : ns) + 500) / 1000;

	snprintf(to, size, "%s%lld.%03lld", ns < 0 && us ? "-" : "", us / 1000LL, us % 1000LL);
}

/**
 * drawing_title() - what a connection is called
 * @to: where it goes
 * @size: of it, in bytes
 * @d: the connection
 */
void drawing_title(char *to, size_t size, const struct drawing *d)
{
	char left[END_TEXT_BYTES], right[END_TEXT_BYTES];

	end_text(left, &d->end[0]);
	end_text(right, &d->end[1]);
	snprintf(to, size, "%s and %s", left, right);
}

static int by_ns(const void *pa, const void *pb)
{
	const struct instant *a = pa, *b = pb;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	if (a->stroke != b->stroke)
		return a->stroke < b->stroke ? -1 : 1;
	return a->arrival - b->arrival;
}

static int by_value(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* The usual time between two instants that are not one. */
static double usual_gap(const struct instant *instants, size_t count)
{
	uint64_t *gaps = allocate((count + 1) * sizeof(*gaps));
	size_t n = 0;
	double usual;

	for (size_t i = 1; i < count; i++)
		if (instants[i].ns > instants[i - 1].ns)
			gaps[n++] = instants[i].ns - instants[i - 1].ns;
	qsort(gaps, n, sizeof(*gaps), by_value);
	usual = n ? gaps[n / 2] : 1;
	free(gaps);
	return usual;
}

/* Whether it is known when it arrives, or would have. */
static bool has_both(const struct stroke *s)
{
	return s->sent && (s->arrived || s->lost);
}

/* Notes break at a comma. */
static void part_note(struct place *p, const char *note)
{
	while (note && *note && p->lines < NOTE_LINES) {
		int n = strlen(note), cut = n;

		if (n > NOTE_CHARS) {
			for (cut = NOTE_CHARS; cut && strncmp(note + cut - 2, ", ", 2); cut--)
				if (cut == 2)
					break;
			if (cut <= 2)
				cut = NOTE_CHARS;
		}
		p->line[p->lines] = note;
		p->length[p->lines++] = cut;
		note += cut;
	}
}

static bool wide(const struct place *p)
{
	for (int i = 0; i < p->lines; i++)
		if (p->length[i] > 46)
			return true;
	return false;
}

/* Whether a side is where an instant is. */
static bool is_at(const struct stroke *s, bool arrival, int side)
{
	return !s->dir || (side == (s->dir == '<')) == !arrival || !has_both(s);
}

/* Whether a text stands there; what is wide reaches over to the other side. */
static bool has_text(const struct stroke *s, const struct place *p, bool arrival, int side)
{
	if (arrival && has_both(s))
		return false;
	return !s->dir || side == (s->dir == '<') || wide(p);
}

/* How low an instant must be, for what stands above it. */
static double least_y(const struct stroke *s, const struct place *p, bool arrival,
		      const double texts[2], const double states[2])
{
	double y = 0;

	for (int side = 0; side < 2; side++) {
		if (has_text(s, p, arrival, side))
			y = fmax(y, texts[side] + SVG_LINE + 3);
		else if (is_at(s, arrival, side))
			y = fmax(y, texts[side] + 2);
		/* the sender enters a state as it sends, the other as it receives */
		if (is_at(s, arrival, side) && *s->entered[side])
			y = fmax(y, states[side] + SVG_LINE);
	}
	return y;
}

static void take_room(const struct stroke *s, const struct place *p, double y, bool arrival,
		      double texts[2], double states[2])
{
	for (int side = 0; side < 2; side++) {
		if (is_at(s, arrival, side) && *s->entered[side])
			states[side] = y;
		if (has_text(s, p, arrival, side))
			texts[side] = y + 2 + p->lines * (SVG_LINE - 1);
		else if (is_at(s, arrival, side))
			texts[side] = y;
	}
}

/* Where the ends of a stroke are; of one that is seen at one end only, the other is made up. */
static void set_end(const struct stroke *s, struct place *p, double y, bool arrival)
{
	double slant = s->dir ? ALONE : 0;

	if (arrival)
		p->to = y;
	else
		p->from = y;
	if (!has_both(s) && arrival)
		p->from = y - slant;
	else if (!has_both(s))
		p->to = y + slant;
}

static void set_places(struct instant *instants, size_t count)
{
	double usual = usual_gap(instants, count), y = HEAD + 2 * SVG_LINE;
	double texts[2] = { HEAD, HEAD }, states[2] = { HEAD + SVG_LINE, HEAD + SVG_LINE };
	int on_their_way = 0;

	for (size_t i = 0; i < count; i++) {
		const struct instant *at = &instants[i];
		const struct stroke *s = &plan.of->strokes[at->stroke];
		struct place *p = &plan.places[at->stroke];
		uint64_t gap = i ? at->ns - instants[i - 1].ns : 0;
		double before = fmax(fmax(texts[0], texts[1]), y);

		y += fmin(FAR, STEP * log2(1 + gap / usual));
		y = fmax(y, least_y(s, p, at->arrival, texts, states));
		if (gap >= PAUSE_NS && gap > 12 * usual && !on_their_way) {
			y = fmax(y, before + 3 * SVG_LINE);
			plan.pauses[plan.pause_count].y = (before + y - SVG_LINE) / 2;
			plan.pauses[plan.pause_count++].ns = gap;
		}
		if (s->dir && has_both(s))
			on_their_way += at->arrival ? -1 : 1;
		set_end(s, p, y, at->arrival);
		take_room(s, p, y, at->arrival, texts, states);
		plan.bottom = fmax(fmax(plan.bottom, p->to), fmax(texts[0], texts[1]));
	}
}

static void make_plan(const struct drawing *d, size_t most)
{
	struct instant *instants = allocate((2 * d->count + 1) * sizeof(*instants));
	size_t count = 0, segments = 0;

	free(plan.places);
	free(plan.pauses);
	memset(&plan, 0, sizeof(plan));
	plan.of = d;
	plan.most = most;
	plan.places = allocate((d->count + 1) * sizeof(*plan.places));
	plan.pauses = allocate((2 * d->count + 1) * sizeof(*plan.pauses));
	plan.bottom = HEAD + 2 * SVG_LINE;
	for (size_t i = 0; i < d->count; i++) {
		const struct stroke *s = &d->strokes[i];
		struct place *p = &plan.places[i];

		if (s->part)
			continue;
		if (segments == most)
			break;
		segments += !!s->dir;
		p->drawn = true;
		part_note(p, s->note);
		if (s->sent)
			instants[count++] = (struct instant) { s->sent_ns, i, false };
		if (s->arrived && s->dir)
			instants[count++] = (struct instant) { s->arrived_ns, i, true };
		else if (s->lost)
			instants[count++] = (struct instant) { s->would_ns, i, true };
	}
	plan.left_out = d->segments - segments;
	qsort(instants, count, sizeof(*instants), by_ns);
	set_places(instants, count);
	free(instants);
}

/**
 * sequence_height() - how high a diagram becomes
 * @d: what it shows
 * @most: so many segments at most
 *
 * Return: the height
 */
double sequence_height(const struct drawing *d, size_t most)
{
	if (plan.of != d || plan.most != most)
		make_plan(d, most);
	return plan.bottom + FOOT + (plan.left_out ? 2 * SVG_LINE : 0);
}

static void draw_head(const struct drawing *d, double top)
{
	static const char *const roles[] = { "client", "server" };

	for (int i = 0; i < 2; i++) {
		double x = i ? RIGHT_X : LEFT_X;
		char end[END_TEXT_BYTES];

		end_text(end, &d->end[i]);
		if (strlen(end) < 29)
			svg_text(x, top + 18, "class=\"h c\"", "%s", end);
		else	/* the longest fit only so */
			svg_text(i ? SEQUENCE_WIDTH - 8 : 8, top + 18,
				 i ? "class=\"h e\"" : "class=\"h\"", "%s", end);
		if (d->opened)
			svg_text(x, top + 33, "class=\"m c\"", "%s", roles[i]);
		svg_put("<path class=\"life\" d=\"M%.0f %.1fV%.1f\"/>\n", x, top + HEAD - 6,
			top + plan.bottom + 8);
		if (*d->start[i])
			svg_text(i ? x + 12 : x - 12, top + HEAD + SVG_LINE - 2,
				 i ? "class=\"st\"" : "class=\"st e\"", "%s", d->start[i]);
	}
	svg_text(TIME_X, top + 33, "class=\"m e\"", "ms");
	svg_text((LEFT_X + RIGHT_X) / 2, top + 18, "class=\"m c\"", "%s%s%s",
		 d->wire ? word_of(&words_wire, d->wire) : "", d->wire ? " wire" : "",
		 d->late ? ", there before" : "");
	if (!d->here[0] || !d->here[1])
		svg_text((LEFT_X + RIGHT_X) / 2, top + 33, "class=\"m c\"",
			 "only one end is seen: when segments leave or reach the other is not known");
}

static void draw_pause(const struct pause *p, double top)
{
	char text[32];

	for (int i = 0; i < 2; i++) {
		double x = i ? RIGHT_X : LEFT_X;

		svg_put("<path class=\"gap\" d=\"M%.0f %.1fv8\"/>", x, top + p->y - 4);
		svg_put("<path class=\"life\" d=\"M%.0f %.1fl14 -6m-14 14l14 -6\"/>\n", x - 7,
			top + p->y - 1);
	}
	seconds_text(text, sizeof(text), p->ns / 1000000 * 1000.0);
	svg_text(LEFT_X - 12, top + p->y + 4, "class=\"m e\"", "%s pass", text);
}

static void segment_text(char *to, size_t size, const struct stroke *s)
{
	const struct event *e = &s->segment;
	char flags[48];
	int n;

	flags_text(flags, sizeof(flags), e->flags, ',');
	n = snprintf(to, size, "%s seq %u", *flags ? flags : "no flag", s->seq);
	if (e->flags & SEGMENT_ACK)
		n += snprintf(to + n, size - n, " ack %u", s->ack);
	if (e->len)
		n += snprintf(to + n, size - n, " len %u", e->len);
	if (s->window >= 0)
		snprintf(to + n, size - n, " win %lld", (long long)s->window);
	else
		snprintf(to + n, size - n, " win %u (scaled)", e->wnd);
}

/* The line, with its head, or if it was lost to the middle, with a cross. */
static void draw_line(double x1, double y1, double x2, double y2, bool lost)
{
	double length, ux, uy;

	if (lost) {
		x2 = (x1 + x2) / 2;
		y2 = (y1 + y2) / 2;
	}
	if (svg_in_page())
		svg_put("<path class=\"hit\" d=\"M%.0f %.1fL%.0f %.1f\"/>", x1, y1, x2, y2);
	length = hypot(x2 - x1, y2 - y1);
	ux = (x2 - x1) / length;
	uy = (y2 - y1) / length;
	svg_put("<path d=\"M%.0f %.1fL%.1f %.1f", x1, y1, x2, y2);
	if (lost)
		svg_put("\"/><path class=\"cut x wide\" d=\"M%.1f %.1fl12 12m0 -12l-12 12\"/>",
			x2 - 6, y2 - 6);
	else
		svg_put("M%.1f %.1fL%.1f %.1fL%.1f %.1f\"/>", x2 - 9 * ux + 4 * uy,
			y2 - 9 * uy - 4 * ux, x2, y2, x2 - 9 * ux - 4 * uy, y2 - 9 * uy + 4 * ux);
}

static void draw_segment(const struct stroke *s, const struct place *p, double top)
{
	bool left = s->dir == '>';
	double x1 = left ? LEFT_X : RIGHT_X, x2 = left ? RIGHT_X : LEFT_X;
	double y1 = top + p->from, y2 = top + p->to;
	double angle = atan2(y2 - y1, x2 > x1 ? x2 - x1 : x1 - x2) * 180 / M_PI;
	const char *anchor = left ? "" : " class=\"e\"";
	double x = left ? x1 + 12 : x1 - 12;
	char text[160];

	svg_put("<g class=\"s %c%s%s\"", left ? 'a' : 'b', s->lost ? " x" : "",
		has_both(s) ? "" : " alone");
	if (svg_in_page())
		svg_put(" data-i=\"%lu\"", s->index);
	svg_put(">");
	draw_line(x1, y1, x2, y2, s->lost);
	segment_text(text, sizeof(text), s);
	svg_put("<g transform=\"rotate(%.2f %.0f %.1f)\"><text x=\"%.0f\" y=\"%.1f\"%s>",
		left ? angle : -angle, x1, y1, x, y1 - 4, anchor);
	svg_put_text(text);
	if (s->lost && s->missing && s->missing < s->segment.len)
		svg_put(" (%u octets of it lost)", s->missing);
	else if (s->lost)
		svg_put(" (lost)");
	svg_put("</text>");
	for (int i = 0; i < p->lines; i++) {
		snprintf(text, sizeof(text), "%.*s", p->length[i], p->line[i]);
		svg_put("<text class=\"n%s\" x=\"%.0f\" y=\"%.1f\">", left ? "" : " e", x,
			y1 + 11 + i * (SVG_LINE - 1));
		svg_put_text(text);
		svg_put("</text>");
	}
	svg_put("</g></g>\n");
}

static void draw_states(const struct stroke *s, const struct place *p, double top)
{
	for (int side = 0; side < 2; side++) {
		double x = side ? RIGHT_X : LEFT_X;
		bool sends = !s->dir || side == (s->dir == '<');
		double y = top + (sends ? p->from : p->to);

		if (!*s->entered[side])
			continue;
		svg_put("<path class=\"life dot\" d=\"M%.0f %.1fh0\"/>", x, y);
		svg_text(side ? x + 12 : x - 12, y + 4,
			 side ? "class=\"st\"" : "class=\"st e\"", "%s", s->entered[side]);
	}
}

/* What happened without a segment: at the side that entered a state, or between them. */
static void draw_note(const struct stroke *s, const struct place *p, double top)
{
	bool left = *s->entered[0], right = *s->entered[1];
	double x = left ? LEFT_X + 12 : right ? RIGHT_X - 12 : (LEFT_X + RIGHT_X) / 2;

	for (int i = 0; i < p->lines; i++)
		svg_text(x, top + p->from + 4 + i * (SVG_LINE - 1),
			 left ? "class=\"n\"" : right ? "class=\"n e\"" : "class=\"n c\"", "%.*s",
			 p->length[i], p->line[i]);
}

/**
 * sequence_draw() - draw it
 * @d: what it shows
 * @most: so many segments at most
 * @top: where it begins, from above
 */
void sequence_draw(const struct drawing *d, size_t most, double top)
{
	uint64_t zero = drawing_zero(d);
	double height = sequence_height(d, most), last = -SVG_LINE;
	char text[32];

	draw_head(d, top);
	for (size_t i = 0; i < plan.pause_count; i++)
		draw_pause(&plan.pauses[i], top);
	for (size_t i = 0; i < d->count; i++) {
		const struct stroke *s = &d->strokes[i];
		const struct place *p = &plan.places[i];
		double y = s->sent ? p->from : p->to;

		if (!p->drawn)
			continue;
		if (s->dir)
			draw_segment(s, p, top);
		else
			draw_note(s, p, top);
		draw_states(s, p, top);
		if (y < last + SVG_LINE - 2)
			continue;
		last = y;
		milliseconds_text(text, sizeof(text), stroke_ns(s) - zero);
		svg_text(TIME_X, top + y + 4, "class=\"m e\"", "%s", text);
	}
	if (plan.left_out)
		svg_text(SEQUENCE_WIDTH / 2.0, top + height - FOOT, "class=\"h c\"",
			 "%zu more segments are left out", plan.left_out);
}
