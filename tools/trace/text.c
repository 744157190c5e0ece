// SPDX-License-Identifier: GPL-2.0
/*
 * A line that the kernel printed as an event.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source_file.h"
#include "trace.h"

/* The number after a word; 0: the word is not there. */
static uint32_t value(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += n)
		if (at > text && at[-1] == ' ' && at[n] == ' ' && isdigit((unsigned char)at[n + 1]))
			return strtoul(at + n + 1, NULL, 10);
	return 0;
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += n)
		if (at > text && at[-1] == ' ' && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

static void read_options(const char *text, struct event *e)
{
	const char *at = strstr(text, " sack ");
	char *rest;

	e->mss = value(text, "mss");
	if (has_word(text, "sackok"))
		e->present |= OPTION_SACK_PERMITTED;
	if (has_word(text, "ts"))
		e->present |= OPTION_TIMESTAMPS;
	if (has_word(text, "wscale"))
		e->present |= OPTION_WSCALE;
	e->tsval = value(text, "ts");
	e->tsecr = value(text, "ecr");
	e->wscale = value(text, "wscale");
	for (at = at ? at + 5 : NULL; at && e->sacks < EVENT_SACKS_MAX; e->sacks++) {
		unsigned long start = strtoul(at, &rest, 10);

		if (rest == at || strncmp(rest, "..", 2))
			break;
		e->sack[2 * e->sacks] = start;
		e->sack[2 * e->sacks + 1] = strtoul(rest + 2, &rest, 10);
		at = rest;
	}
}

static void read_flags(const char *text, struct event *e)
{
	char flags[64];

	if (sscanf(text, "flags %63[A-Z|] ", flags) == 1)
		flags_number(flags, '|', &e->flags);
}

static void read_sending(char *text, struct event *e)
{
	char *why = strstr(text, " | "), *pace = why ? strstr(why + 3, " | ") : NULL;
	char *phase = strrchr(text, ' ');

	if (!pace)
		return;
	*why = *pace = 0;
	word_number(&words_why, why + 3, &e->why);
	e->cwnd = value(pace + 2, "cwnd");
	e->ssthresh = value(pace + 2, "ssthresh");
	e->pipe = value(pace + 2, "pipe");
	e->snd_wnd = value(pace + 2, "snd_wnd");
	e->srtt_us = value(pace + 2, "srtt_us");
	e->rto_us = value(pace + 2, "rto_us");
	word_number(&words_phase, phase + 1, &e->phase);
}

static void read_acked(const char *text, struct event *e)
{
	char from[16], to[16], is[64] = "";
	const char *after = strstr(text, " snd_wnd ");

	e->snd_una = value(text - 1, "snd_una");
	e->snd_nxt = value(text, "snd_nxt");
	e->acked = value(text, "acked");
	e->delivered = value(text, "delivered");
	e->lost = value(text, "lost");
	e->rtt_us = value(text, "rtt_us");
	if (!after || sscanf(after + 9, "%*u %15s -> %15s %63s", from, to, is) < 2)
		return;
	word_number(&words_phase, from, &e->from_phase);
	word_number(&words_phase, to, &e->phase);
	is_number(is, &e->is);
}

static bool read_state(const char *text, struct event *e)
{
	return sscanf(text, "%15s -> %15s on %23[^\n]", e->from, e->to, e->on) == 3;
}

static bool read_rest(char *text, struct event *e)
{
	const char *colon = strrchr(text, ':');

	if (e->kind == EVENT_STATE)
		return read_state(text, e);
	e->seq = value(text - 1, "seq");
	e->ack = value(text, "ack");
	e->wnd = value(text, "win");
	e->len = value(text, "len");
	e->cwnd = value(text, "cwnd");
	e->pipe = value(text, "pipe");
	switch (e->kind) {
	case EVENT_SEGMENT_OUT:
		read_sending(text, e);
		__attribute((fallthrough));
	case EVENT_SEGMENT_IN:
		read_options(text, e);
		__attribute((fallthrough));
	case EVENT_RETRANSMIT:
		read_flags(text, e);
		e->retries = value(text, "timeouts");
		break;
	case EVENT_DROP:
		read_flags(text, e);
		if (colon)
			word_number(&words_reason, colon + 2, &e->reason);
		break;
	case EVENT_ACKED:
		read_acked(text, e);
		break;
	case EVENT_WAITS:
		e->bytes = value(text, "bytes");
		e->window_end = value(text, "window_end");
		if (colon)
			word_number(&words_wait, colon + 2, &e->wait);
		break;
	default:
		return false;
	}
	return true;
}

/* "SECONDS.MICROSECONDS" that ends here. */
static bool read_time(const char *line, const char *end, uint64_t *ns)
{
	const char *at = end;
	unsigned long long seconds, parts;
	char digits[10];
	int n;

	while (at > line && (isdigit((unsigned char)at[-1]) || at[-1] == '.'))
		at--;
	if (sscanf(at, "%llu.%9[0-9]", &seconds, digits) != 2)
		return false;
	parts = strtoull(digits, NULL, 10);
	for (n = strlen(digits); n < 9; n++)
		parts *= 10;
	*ns = seconds * NS_PER_S + parts;
	return true;
}

/**
 * text_line() - read a line that the kernel has printed
 * @line: the line
 * @e: where the event goes; of EVENT_LOST, its time is not set
 *
 * Return: whether the line is an event that the table can show
 */
bool text_line(const char *line, struct event *e)
{
	const char *at = strstr(line, ": xtcp_"), *lost = strstr(line, " [LOST ");
	char name[32], from[END_TEXT_BYTES], to[END_TEXT_BYTES], wire[16], text[1024];
	int used = 0, kind;
	bool in;

	memset(e, 0, sizeof(*e));
	if (lost && sscanf(lost, " [LOST %u EVENTS]", &e->lost) == 1) {
		e->kind = EVENT_LOST;
		return true;
	}
	if (!at || !read_time(line, at, &e->ns) ||
	    sscanf(at, ": xtcp_%31[a-z_]: %63s > %63s %15[^:]: %n", name, from, to, wire,
		   &used) != 4 || !used)
		return false;
	kind = event_kind_named(name);
	if (kind < 0 || kind >= EVENT_TRACEPOINT_KINDS)
		return false;
	e->kind = kind;
	in = kind == EVENT_SEGMENT_IN || kind == EVENT_DROP;
	if (!end_parse(in ? to : from, &e->local) || !end_parse(in ? from : to, &e->remote))
		return false;
	word_number(&words_wire, wire, &e->wire);
	/* a space before it, as before every word */
	snprintf(text, sizeof(text), " %s", at + used);
	text[strcspn(text, "\n")] = 0;
	return read_rest(text + 1, e);
}
