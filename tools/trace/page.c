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
	svg_put("</style>\n</head>\n<body>\n");
	svg_put("<header><h1>xtcp-trace</h1>\n<p>%s\n%s</p>\n%s</header>\n",
		"Point at a segment, or press Tab and the arrow keys, to see all that is known of it.",
		"Wheel, + and - zoom; drag, or Shift and an arrow, move; 0 shows it as at first.",
		"<button type=\"button\" id=\"theme\">Light or dark</button>");
	svg_put("<main>\n");
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
	svg_put("\"><h3>%s</h3>\n<div class=\"tools\">", title);
	svg_put("<button type=\"button\" data-do=\"in\" aria-label=\"zoom in\">+</button>");
	svg_put("<button type=\"button\" data-do=\"out\" aria-label=\"zoom out\">");
	svg_put("&#8722;</button>");
	svg_put("<button type=\"button\" data-do=\"all\">As at first</button></div>\n");
	svg_put("<div class=\"view\" tabindex=\"0\" role=\"application\" aria-label=\"");
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

/* What is said of a segment, in this order; what is empty stays out. */
static const char *const names[] = {
	"number", "from", "sent, ms", "arrived, ms", "on its way, ms", "lost", "flags", "seq",
	"ack", "len", "win", "window, octets", "options", "states", "why", "phase", "cwnd",
	"ssthresh", "pipe", "send window", "srtt, ms", "rto, ms", "notes",
};

static void put_nothing(unsigned int times)
{
	while (times--)
		svg_put(",\"\"");
}

static void put_ms(int64_t ns, bool known)
{
	char text[32];

	milliseconds_text(text, sizeof(text), ns);
	svg_put(",%s", known ? text : "\"\"");
}

static void put_number(long long number, bool known)
{
	if (known)
		svg_put(",%lld", number);
	else
		put_nothing(1);
}

/* Only what a text of ours can hold; "<" would end the script that it stands in. */
static void put_string(const char *text)
{
	svg_put(",\"");
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
		n += snprintf(text + n, sizeof(text) - n, ", timestamps %u %u", e->tsval,
			      e->tsecr);
	if (e->present & OPTION_WSCALE)
		n += snprintf(text + n, sizeof(text) - n, ", wscale %u", e->wscale);
	put_string(n ? text + 2 : text);
}

static void put_sending(const struct event *e)
{
	put_string(word_of(&words_why, e->why));
	put_string(word_of(&words_phase, e->phase));
	put_number(e->cwnd, true);
	put_number(e->ssthresh, ssthresh_is_set(e->ssthresh));
	put_number(e->pipe, true);
	put_number(e->snd_wnd, true);
	put_ms(e->srtt_us * 1000LL, e->srtt_us);
	put_ms(e->rto_us * 1000LL, true);
}

static void put_segment(const struct drawing *d, const struct stroke *s, uint64_t zero,
			const char states[2][16])
{
	char flags[48], from[END_TEXT_BYTES], both[40];

	flags_text(flags, sizeof(flags), s->segment.flags, ',');
	end_text(from, &d->end[s->dir == '<']);
	svg_put("\"%lu\":[%lu", s->index, s->number);
	put_string(from);
	put_ms(s->sent_ns - zero, s->sent);
	put_ms(s->arrived_ns - zero, s->arrived);
	put_ms(s->arrived_ns - s->sent_ns, s->sent && s->arrived);
	put_string(!s->lost ? "" : s->missing && s->missing < s->segment.len ? "part of it" :
		   "all of it");
	put_string(flags);
	put_number(s->seq, true);
	put_number(s->ack, s->segment.flags & SEGMENT_ACK);
	put_number(s->segment.len, true);
	put_number(s->segment.wnd, true);
	put_number(s->window, s->window >= 0);
	put_options(&s->segment);
	snprintf(both, sizeof(both), "%s, %s", *states[0] ? states[0] : "?",
		 *states[1] ? states[1] : "?");
	put_string(both);
	if (s->has_sending)
		put_sending(&s->segment);
	else
		put_nothing(8);
	put_string(s->note ?: "");
	svg_put("]");
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
		"<script type=\"application/json\" id=\"segments\">{\"names\":[");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		svg_put("%s\"%s\"", i ? "," : "", names[i]);
	svg_put("],\"values\":{");
	for (const struct drawing *d = drawings; d && n < drawings_drawn; d = d->next, n++)
		put_segments(d, most, &comma);
	svg_put("}}</script>\n<script>\n%s</script>\n</body>\n</html>\n", page_js);
}
