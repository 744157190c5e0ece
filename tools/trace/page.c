// SPDX-License-Identifier: GPL-2.0
/*
 * A page that has all pictures, what each segment says, and page.js, by which one looks at them.
 * It needs nothing from anywhere else.
 */
#include <string.h>

#include "page.h"
#include "page_text.h"	/* made of page.css and page.js */
#include "plot.h"
#include "sequence.h"
#include "svg.h"

/**
 * page_begin() - all before the first picture
 */
void page_begin(void)
{
	svg_put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<title>xtcp-trace: connections</title>\n<link rel=\"icon\" href=\"data:,\">\n"
		"<style>\n");
	svg_look();
	svg_rules("", false);
	svg_put("@media (prefers-color-scheme:dark){\n");
	svg_rules(":root:not([data-theme=light]) ", true);
	svg_put("}\n");
	svg_rules(":root[data-theme=dark] ", true);
	svg_put("%s", page_css);
	svg_put("</style>\n</head>\n<body>\n<header><h1>xtcp-trace</h1>\n"
		"<p>Point at a segment, or press Tab and the arrow keys, to see all that is known of it. "
		"Wheel, + and - zoom; drag, or Shift and an arrow, move; 0 shows it as at first.</p>\n"
		"<button type=\"button\" id=\"theme\">Light or dark</button></header>\n<main>\n");
}

/**
 * page_message() - a line above the pictures
 * @text: the line
 */
void page_message(const char *text)
{
	svg_put("<p class=\"message\">");
	svg_put_text(text);
	svg_put("</p>\n");
}

static void pane_begin(const char *name, const char *title)
{
	svg_put("<section class=\"pane %s\" aria-label=\"", name);
	svg_put_text(title);
	svg_put("\"><h3>%s</h3>\n<div class=\"tools\">"
		"<button type=\"button\" data-do=\"in\" aria-label=\"zoom in\">+</button>"
		"<button type=\"button\" data-do=\"out\" aria-label=\"zoom out\">&#8722;</button>"
		"<button type=\"button\" data-do=\"all\">As at first</button></div>\n"
		"<div class=\"view\" tabindex=\"0\" role=\"application\" aria-label=\"", title);
	svg_put_text(title);
	svg_put("\">\n");
}

static void pane_end(void)
{
	svg_put("</div></section>\n");
}

/**
 * page_connection() - the pictures of a connection
 * @d: the connection
 * @most: so many segments at most in the sequence diagram
 */
void page_connection(const struct drawing *d, size_t most)
{
	char title[2 * END_TEXT_BYTES + 8];

	drawing_title(title, sizeof(title), d);
	svg_put("<article><h2>");
	svg_put_text(title);
	svg_put("</h2>\n<div class=\"panes\">\n");
	pane_begin("sequence", "Segments and states");
	svg_begin(SEQUENCE_WIDTH, sequence_height(d, most), "picture", "Segments and states");
	sequence_draw(d, most, 0);
	svg_end();
	pane_end();
	pane_begin("plot", "Sequence numbers over time");
	svg_begin(PLOT_WIDTH, plot_height(d), "picture", "Sequence numbers over time");
	plot_draw(d, 0);
	svg_end();
	pane_end();
	svg_put("</div></article>\n");
}

static void put_ms(const char *name, int64_t ns)
{
	char text[32];

	milliseconds_text(text, sizeof(text), ns);
	svg_put(",\"%s\":\"%s ms\"", name, text);
}

/* Only what a text of ours can hold; "<" would end the script that it stands in. */
static void put_string(const char *name, const char *text)
{
	if (!*text)
		return;
	svg_put(",\"%s\":\"", name);
	for (; *text; text++)
		svg_put("%c", *text < ' ' || *text > '~' || *text == '"' || *text == '\\' ||
			*text == '<' ? '?' : *text);
	svg_put("\"");
}

static void put_options(const struct event *e)
{
	char text[160];
	int n = 0;

	*text = 0;
	if (e->mss)
		n += snprintf(text + n, sizeof(text) - n, ", mss %u", e->mss);
	if (e->present & OPTION_SACK_PERMITTED)
		n += snprintf(text + n, sizeof(text) - n, ", sack permitted");
	if (e->present & OPTION_TIMESTAMPS)
		n += snprintf(text + n, sizeof(text) - n, ", timestamps %u %u", e->tsval, e->tsecr);
	if (e->present & OPTION_WSCALE)
		n += snprintf(text + n, sizeof(text) - n, ", wscale %u", e->wscale);
	put_string("options", n ? text + 2 : text);
}

static void put_sending(const struct event *e)
{
	put_string("why", word_of(&words_why, e->why));
	put_string("phase", word_of(&words_phase, e->phase));
	svg_put(",\"cwnd\":%u,\"ssthresh\":", e->cwnd);
	if (ssthresh_is_set(e->ssthresh))
		svg_put("%u", e->ssthresh);
	else
		svg_put("\"none yet\"");
	svg_put(",\"pipe\":%u,\"send window\":%u", e->pipe, e->snd_wnd);
	put_ms("srtt", e->srtt_us * 1000LL);
	put_ms("rto", e->rto_us * 1000LL);
}

static void put_segment(const struct drawing *d, const struct stroke *s, uint64_t zero,
			const char states[2][16])
{
	char flags[48], from[END_TEXT_BYTES], both[40];

	flags_text(flags, sizeof(flags), s->segment.flags, ',');
	end_text(from, &d->end[s->dir == '<']);
	svg_put("\"%lu\":{\"number\":%lu", s->index, s->number);
	put_string("from", from);
	if (s->sent)
		put_ms("sent", s->sent_ns - zero);
	if (s->arrived)
		put_ms("arrived", s->arrived_ns - zero);
	if (s->sent && s->arrived)
		put_ms("on its way", s->arrived_ns - s->sent_ns);
	if (s->lost)
		svg_put(",\"lost\":\"%s\"", s->missing && s->missing < s->segment.len ?
			"part of it" : "all of it");
	put_string("flags", flags);
	svg_put(",\"seq\":%u", s->seq);
	if (s->segment.flags & SEGMENT_ACK)
		svg_put(",\"ack\":%u", s->ack);
	svg_put(",\"len\":%u,\"win\":%u", s->segment.len, s->segment.wnd);
	if (s->window >= 0)
		svg_put(",\"window\":\"%lld octets\"", (long long)s->window);
	put_options(&s->segment);
	snprintf(both, sizeof(both), "%s, %s", *states[0] ? states[0] : "?",
		 *states[1] ? states[1] : "?");
	put_string("states", both);
	if (s->has_sending)
		put_sending(&s->segment);
	if (s->note)
		put_string("notes", s->note);
	svg_put("}");
}

static void put_segments(const struct drawing *d, size_t most, const char **comma)
{
	size_t nth = d->kept > SEGMENTS_DRAWN ? (d->kept + SEGMENTS_DRAWN - 1) / SEGMENTS_DRAWN : 1;
	uint64_t zero = drawing_zero(d);
	char states[2][16];

	memcpy(states, d->start, sizeof(states));
	for (size_t i = 0; i < d->count; i++) {
		const struct stroke *s = &d->strokes[i];

		for (int side = 0; side < 2; side++)
			if (*s->entered[side])
				memcpy(states[side], s->entered[side], sizeof(states[side]));
		if (!s->dir || s->part ||
		    (s->number > most && s->number % nth && !s->again && !s->lost))
			continue;
		svg_put("%s\n", *comma);
		*comma = ",";
		put_segment(d, s, zero, states);
	}
}

/**
 * page_end() - all behind the last picture
 * @drawings_drawn: so many connections were drawn at most
 * @most: as of page_connection()
 */
void page_end(size_t drawings_drawn, size_t most)
{
	const char *comma = "";
	size_t n = 0;

	svg_put("</main>\n<div id=\"tip\" role=\"status\" aria-live=\"polite\" hidden></div>\n"
		"<script type=\"application/json\" id=\"segments\">{");
	for (const struct drawing *d = drawings; d && n < drawings_drawn; d = d->next, n++)
		put_segments(d, most, &comma);
	svg_put("}</script>\n<script>\n%s</script>\n</body>\n</html>\n", page_js);
}
