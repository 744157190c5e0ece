// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence numbers over time, as the sender saw it: what it sent, what was acknowledged, and how
 * far the window reached.  Below, on the same time axis, what it let be in flight, and how long
 * answers took.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "plot.h"
#include "svg.h"

#define LEFT 78.0
#define RIGHT (PLOT_WIDTH - 30.0)
#define HEAD 58.0
#define SEQ_HIGH 330.0
#define CWND_HIGH 130.0
#define RTT_HIGH 120.0
#define BETWEEN 40.0
#define FOOT 46.0
#define ONE_HIGH (HEAD + SEQ_HIGH + BETWEEN + CWND_HIGH + BETWEEN + RTT_HIGH + FOOT)

/* One direction of a connection. */
struct view {
	const struct drawing *d;
	int side;	/* the sender */
	size_t nth;	/* of so many segments one is drawn, and all that were sent again or lost */
	uint64_t zero;
	double top;
	struct axis x, seq, cwnd, rtt;
};

/* A line that grows as points come; one that shows no difference is left out. */
struct line {
	const char *class;
	bool steps, begun;
	double x, y;
};

static double us_of(const struct view *v, uint64_t ns)
{
	return ((double)ns - v->zero) / 1000;
}

static double x_of(const struct view *v, uint64_t ns)
{
	return axis_at(&v->x, us_of(v, ns));
}

static bool is_sent(const struct view *v, const struct stroke *s)
{
	return s->dir == (v->side ? '<' : '>') && !s->part;
}

/* An ACK that has come to the sender. */
static bool is_answer(const struct view *v, const struct stroke *s)
{
	return s->dir == (v->side ? '>' : '<') && !s->part && !s->lost &&
	       s->segment.flags & SEGMENT_ACK && !(s->segment.flags & SEGMENT_RST);
}

static uint64_t came_ns(const struct stroke *s)
{
	return s->arrived ? s->arrived_ns : s->sent_ns;
}

static uint32_t end_of(const struct stroke *s)
{
	return s->seq + s->segment.len + !!(s->segment.flags & SEGMENT_SYN) +
	       !!(s->segment.flags & SEGMENT_FIN);
}

static bool carries_data(const struct drawing *d, int side)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->strokes[i].dir == (side ? '<' : '>') && d->strokes[i].segment.len)
			return true;
	return false;
}

static void line_begin(struct line *l, const char *class, bool steps)
{
	*l = (struct line) { .class = class, .steps = steps };
}

static void line_to(struct line *l, double x, double y)
{
	if (!l->begun) {
		svg_put("<path class=\"%s\" d=\"M%.1f %.1f", l->class, x, y);
		l->begun = true;
	} else if (fabs(x - l->x) < 0.3 && fabs(y - l->y) < 0.3) {
		return;
	} else if (l->steps) {
		svg_put("H%.1fV%.1f", x, y);
	} else {
		svg_put("L%.1f %.1f", x, y);
	}
	l->x = x;
	l->y = y;
}

static void line_end(struct line *l, double x)
{
	if (!l->begun)
		return;
	if (l->steps && x > l->x)
		svg_put("H%.1f", x);
	svg_put("\"/>\n");
}

static void find_ranges(struct view *v)
{
	double last = 1, low = INFINITY, high = 1, cwnd = 1, rtt_low = INFINITY, rtt_high = 1;
	const struct drawing *d = v->d;
	uint64_t sent = 0;
	double y = v->top + HEAD;

	for (size_t i = 0; i < d->count; i++) {
		const struct stroke *s = &d->strokes[i];

		last = fmax(last, us_of(v, stroke_ns(s)));
		if (s->arrived && s->dir)
			last = fmax(last, us_of(v, s->arrived_ns));
		if (is_answer(v, s) && s->window >= 0)
			high = fmax(high, s->ack + (double)s->window);
		if (!is_sent(v, s) || s->segment.flags & SEGMENT_RST)
			continue;
		low = fmin(low, s->seq);
		sent = fmax(sent, end_of(s));
		if (!s->has_sending)
			continue;
		cwnd = fmax(cwnd, fmax(s->segment.cwnd, s->segment.pipe));
		rtt_high = fmax(rtt_high, s->segment.rto_us);
		if (s->segment.srtt_us)
			rtt_low = fmin(rtt_low, s->segment.srtt_us);
	}
	for (size_t i = 0; i < d->sample_count; i++) {
		const struct sample *m = &d->samples[i];

		if (m->side != v->side)
			continue;
		cwnd = fmax(cwnd, m->cwnd);
		if (m->rtt_us) {
			rtt_low = fmin(rtt_low, m->rtt_us);
			rtt_high = fmax(rtt_high, m->rtt_us);
		}
	}
	/* a window that is far wider than all that is sent would leave no room for that */
	high = fmax(sent, fmin(high, low + 1.3 * (sent - low)));
	axis_make(&v->x, 0, last, LEFT, RIGHT, false);
	axis_make(&v->seq, low, high, y + SEQ_HIGH, y + 6, false);
	y += SEQ_HIGH + BETWEEN;
	axis_make(&v->cwnd, 0, cwnd * 1.05, y + CWND_HIGH, y, false);
	y += CWND_HIGH + BETWEEN;
	axis_make(&v->rtt, isfinite(rtt_low) ? rtt_low : 1, rtt_high, y + RTT_HIGH, y, true);
}

static void draw_frame(const struct view *v, const struct axis *y, const char *what,
		       void (*text_of)(char *to, size_t size, double value), bool last)
{
	char text[32];

	for (int i = 0; i < y->ticks; i++) {
		double at = axis_at(y, y->tick[i]);

		svg_put("<path class=\"grid\" d=\"M%.0f %.1fH%.0f\"/>", LEFT, at, RIGHT);
		text_of(text, sizeof(text), y->tick[i]);
		svg_text(LEFT - 8, at + 4, "class=\"m e\"", "%s", text);
	}
	for (int i = 0; i < v->x.ticks; i++) {
		double at = axis_at(&v->x, v->x.tick[i]);

		svg_put("<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", at, y->to, y->from);
		if (!last)
			continue;
		seconds_text(text, sizeof(text), v->x.tick[i]);
		svg_text(at, y->from + 16, "class=\"m c\"", "%s", text);
	}
	svg_put("<path class=\"life\" d=\"M%.0f %.1fV%.1fH%.0f\"/>\n", LEFT, y->to, y->from, RIGHT);
	svg_put("<text class=\"m c\" transform=\"translate(16 %.1f)rotate(-90)\">",
		(y->from + y->to) / 2);
	svg_put_text(what);
	svg_put("</text>\n");
}

/* A sample of each line, and its name. */
static void draw_legend(double y, const char *const (*entries)[3], size_t count)
{
	double x = LEFT;

	for (size_t i = 0; i < count; i++) {
		const char *class = entries[i][0], *shape = entries[i][1], *name = entries[i][2];

		svg_put("<path class=\"%s\" d=\"M%.0f %.1f%s\"/>", class, x, y - 4, shape);
		svg_text(x + 22, y, "", "%s", name);
		x += 22 + svg_width(name) + 16;
	}
}

#define CROSS "m4 -4l8 8m0 -8l-8 8"
#define BAR "m8 5v-10"
#define FLAT "h16"

static const char *const seq_legend[][3] = {
	{ "first wide", BAR, "sent" },
	{ "again wide", BAR, "sent again" },
	{ "x", CROSS, "lost" },
	{ "sack wide", BAR, "SACKed" },
	{ "acks", FLAT, "acknowledged" },
	{ "window", FLAT, "window's end (or beyond the top)" },
};

static const char *const cwnd_legend[][3] = {
	{ "first", FLAT, "cwnd" },
	{ "again thin", FLAT, "ssthresh" },
	{ "acks", FLAT, "pipe" },
};

static const char *const rtt_legend[][3] = {
	{ "first dot", "m8 0h0", "rtt" },
	{ "acks", FLAT, "srtt" },
	{ "again thin", FLAT, "rto" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void draw_answers(const struct view *v)
{
	uint32_t edge = 0;
	double window = 0;
	struct line acks, windows;

	line_begin(&acks, "acks", true);
	for (size_t i = 0; i < v->d->count; i++) {
		const struct stroke *s = &v->d->strokes[i];

		if (!is_answer(v, s))
			continue;
		if (s->ack > edge)
			edge = s->ack;
		line_to(&acks, x_of(v, came_ns(s)), axis_at(&v->seq, edge));
	}
	line_end(&acks, RIGHT);
	line_begin(&windows, "window", true);
	for (size_t i = 0; i < v->d->count; i++) {
		const struct stroke *s = &v->d->strokes[i];

		if (!is_answer(v, s) || s->window < 0)
			continue;
		window = fmin(s->ack + (double)s->window, v->seq.high);
		line_to(&windows, x_of(v, came_ns(s)), axis_at(&v->seq, window));
	}
	line_end(&windows, RIGHT);
	for (size_t i = 0; i < v->d->count; i++) {
		const struct stroke *s = &v->d->strokes[i];

		if (!is_answer(v, s))
			continue;
		for (uint32_t k = 0; k < s->segment.sacks && k < EVENT_SACKS_MAX; k++)
			svg_put("<path class=\"sack wide\" d=\"M%.1f %.1fV%.1f\"/>\n",
				x_of(v, came_ns(s)), axis_at(&v->seq, s->sack[2 * k]),
				axis_at(&v->seq, s->sack[2 * k + 1]));
	}
}

static void draw_bar(const struct view *v, const struct stroke *s)
{
	double x = x_of(v, stroke_ns(s)), from = axis_at(&v->seq, s->seq);
	double to = fmin(axis_at(&v->seq, end_of(s)), from - 1);

	if (svg_in_page())
		svg_put("<g class=\"q\" data-i=\"%lu\"><path class=\"hit\" d=\"M%.1f %.1fV%.1f\"/>",
			s->index, x, from, to);
	svg_put("<path class=\"%s wide\" d=\"M%.1f %.1fV%.1f\"/>", s->again ? "again" : "first", x,
		from, to);
	if (s->lost)
		svg_put("<path class=\"x wide\" d=\"M%.1f %.1fl10 10m0 -10l-10 10\"/>", x - 5,
			(from + to) / 2 - 5);
	svg_put(svg_in_page() ? "</g>\n" : "\n");
}

static void draw_bars(const struct view *v)
{
	for (size_t i = 0; i < v->d->count; i++) {
		const struct stroke *s = &v->d->strokes[i];

		if (!is_sent(v, s) || s->segment.flags & SEGMENT_RST || end_of(s) == s->seq)
			continue;
		if (s->number % v->nth && !s->again && !s->lost)
			continue;
		draw_bar(v, s);
	}
}

enum pace { PACE_CWND, PACE_SSTHRESH, PACE_PIPE };

static double pace_of(enum pace what, uint32_t cwnd, uint32_t ssthresh, uint32_t pipe)
{
	if (what == PACE_SSTHRESH)
		return ssthresh_is_set(ssthresh) ? (double)ssthresh : -1;
	return what == PACE_CWND ? cwnd : pipe;
}

/* Both sendings and ACKs say how it fares; they are merged by their time. */
static void draw_pace(const struct view *v, enum pace what, const char *class)
{
	const struct drawing *d = v->d;
	struct line l;
	size_t k = 0;

	line_begin(&l, class, true);
	for (size_t i = 0; i <= d->count; i++) {
		const struct stroke *s = i < d->count ? &d->strokes[i] : NULL;
		double value;

		for (; k < d->sample_count && (!s || d->samples[k].ns <= stroke_ns(s)); k++) {
			const struct sample *m = &d->samples[k];

			value = pace_of(what, m->cwnd, m->ssthresh, m->pipe);
			if (m->side == v->side && value >= 0)
				line_to(&l, x_of(v, m->ns),
					axis_at(&v->cwnd, fmin(value, v->cwnd.high)));
		}
		if (!s || !is_sent(v, s) || !s->has_sending)
			continue;
		value = pace_of(what, s->segment.cwnd, s->segment.ssthresh, s->segment.pipe);
		if (value >= 0)
			line_to(&l, x_of(v, s->sent_ns),
				axis_at(&v->cwnd, fmin(value, v->cwnd.high)));
	}
	line_end(&l, l.x);
}

static void draw_times(const struct view *v)
{
	const struct drawing *d = v->d;
	double x = -1, y = -1;
	struct line l;

	for (int rto = 0; rto < 2; rto++) {
		line_begin(&l, rto ? "again thin" : "acks", true);
		for (size_t i = 0; i < d->count; i++) {
			const struct stroke *s = &d->strokes[i];
			uint32_t us = rto ? s->segment.rto_us : s->segment.srtt_us;

			if (is_sent(v, s) && s->has_sending && us)
				line_to(&l, x_of(v, s->sent_ns), axis_at(&v->rtt, us));
		}
		line_end(&l, l.x);
	}
	svg_put("<path class=\"first dot\" d=\"");
	for (size_t i = 0; i < d->sample_count; i++) {
		const struct sample *m = &d->samples[i];
		double mx = x_of(v, m->ns), my = axis_at(&v->rtt, m->rtt_us);

		if (m->side != v->side || !m->rtt_us ||
		    (fabs(mx - x) < 0.5 && fabs(my - y) < 0.5))
			continue;
		svg_put("M%.1f %.1fh0", mx, my);
		x = mx;
		y = my;
	}
	svg_put("\"/>\n");
}

static void draw_side(const struct drawing *d, int side, double top)
{
	struct view v = { .d = d, .side = side, .zero = drawing_zero(d), .top = top };
	char from[END_TEXT_BYTES], to[END_TEXT_BYTES];

	v.nth = d->kept > SEGMENTS_DRAWN ? (d->kept + SEGMENTS_DRAWN - 1) / SEGMENTS_DRAWN : 1;
	find_ranges(&v);
	end_text(from, &d->end[side]);
	end_text(to, &d->end[!side]);
	svg_text(LEFT, top + 20, "class=\"h\"", "%s sends to %s", from, to);
	if (v.nth > 1)
		svg_text(RIGHT, top + 20, "class=\"m e\"",
			 "of %zu segments one is drawn, and those sent again or lost", v.nth);
	draw_legend(top + 42, seq_legend, COUNT(seq_legend));
	draw_frame(&v, &v.seq, "sequence number", number_text, false);
	draw_answers(&v);
	draw_bars(&v);
	draw_legend(v.cwnd.to - 12, cwnd_legend, COUNT(cwnd_legend));
	draw_frame(&v, &v.cwnd, "octets", number_text, false);
	draw_pace(&v, PACE_SSTHRESH, "again thin");
	draw_pace(&v, PACE_PIPE, "acks");
	draw_pace(&v, PACE_CWND, "first");
	draw_legend(v.rtt.to - 12, rtt_legend, COUNT(rtt_legend));
	draw_frame(&v, &v.rtt, "time, log.", seconds_text, true);
	draw_times(&v);
	svg_text((LEFT + RIGHT) / 2, v.rtt.from + 34, "class=\"m c\"",
		 "time since the first segment");
}

/**
 * plot_height() - how high a plot becomes
 * @d: what it shows
 *
 * Return: the height
 */
double plot_height(const struct drawing *d)
{
	int sides = carries_data(d, 0) + carries_data(d, 1);

	return sides ? sides * ONE_HIGH : 40;
}

/**
 * plot_draw() - draw it, for each direction in which there is data
 * @d: what it shows
 * @top: where it begins, from above
 */
void plot_draw(const struct drawing *d, double top)
{
	for (int side = 0; side < 2; side++)
		if (carries_data(d, side)) {
			draw_side(d, side, top);
			top += ONE_HIGH;
		}
	if (!carries_data(d, 0) && !carries_data(d, 1))
		svg_text(PLOT_WIDTH / 2.0, top + 24, "class=\"m c\"", "no data was sent");
}
