// SPDX-License-Identifier: GPL-2.0
/*
 * What happened, in words: the notes at the end of a row.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/observe/why.h"
#include "table.h"

/**
 * note_add() - add to a row's notes
 * @r: the row
 * @format: as of printf()
 */
void note_add(struct row *r, const char *format, ...)
{
	char *text = NULL, *both = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		die("no memory");
	va_end(args);
	if (!r->note) {
		r->note = text;
		return;
	}
	if (asprintf(&both, "%s, %s", r->note, text) < 0)
		die("no memory");
	free(text);
	free(r->note);
	r->note = both;
}

/**
 * note_options() - what a SYN offers; of other segments what they say is missing, or came twice
 * @r: the row of the segment
 *
 * Timestamps are in all or in none.
 */
void note_options(struct row *r)
{
	const struct event *e = &r->segment;
	uint32_t base = 0;
	char sacks[128];
	size_t n = 0;

	if (e->mss)
		note_add(r, "mss %u", e->mss);
	if (e->present & OPTION_SACK_PERMITTED)
		note_add(r, "sack");
	if (e->flags & SEGMENT_SYN && e->present & OPTION_TIMESTAMPS)
		note_add(r, "timestamps");
	if (e->present & OPTION_WSCALE)
		note_add(r, "wscale %u", e->wscale);
	if (!e->sacks)
		return;
	if (table_look.relative)
		base = r->conn->side[r->dir == '>'].seq_base;
	for (uint32_t i = 0; i < e->sacks && i < EVENT_SACKS_MAX; i++)
		n += snprintf(sacks + n, sizeof(sacks) - n, " %u..%u", e->sack[2 * i] - base,
			      e->sack[2 * i + 1] - base);
	note_add(r, "sack%s", sacks);
}

/**
 * note_why() - why a segment left, where that does not show
 * @r: its row
 * @why: enum xtcp_why
 */
void note_why(struct row *r, uint32_t why)
{
	switch (why) {
	case XTCP_WHY_FAST:
	case XTCP_WHY_TIMEOUT:
	case XTCP_WHY_LOSS_PROBE:
	case XTCP_WHY_WINDOW_PROBE:
	case XTCP_WHY_KEEPALIVE:
	case XTCP_WHY_DELAYED:
	case XTCP_WHY_UPDATE:
	case XTCP_WHY_CHALLENGE:
		note_add(r, "%s", word_of(&words_why, why));
	}
}

/**
 * note_window() - the window that a segment offers closes, or opens
 * @r: its row, made for it just now
 * @e: the segment, as it leaves or arrives
 * @before: what the end had offered before, in octets; -1: not known
 */
void note_window(struct row *r, const struct event *e, int64_t before)
{
	if (e->flags & (SEGMENT_SYN | SEGMENT_RST))
		return;
	if (!e->wnd && before)
		note_add(r, "peer's window is closed");
	else if (e->wnd && !before)
		note_add(r, "peer's window is open again");
}

/**
 * note_acked() - what an ACK has done
 * @r: its row; NULL: it has been printed
 * @s: the end that it arrived at
 * @e: EVENT_ACKED
 */
void note_acked(struct row *r, struct side *s, const struct event *e)
{
	if (e->is & ACKED_DUPLICATE)
		s->duplicates++;
	else if (e->acked)
		s->duplicates = 0;
	if (!r)
		return;
	if (e->is & ACKED_DUPLICATE)
		note_add(r, "duplicate ACK %u%s", s->duplicates,
			 e->phase == PHASE_RECOVERY && e->from_phase != PHASE_RECOVERY ?
			 ": fast retransmit" : "");
	else if (e->phase == PHASE_RECOVERY && e->from_phase != PHASE_RECOVERY)
		note_add(r, "%u octets lost: fast retransmit", e->lost);
	if (e->phase == PHASE_OPEN && e->from_phase != PHASE_OPEN)
		note_add(r, "%s", e->from_phase == PHASE_REDUCED ? "congestion answered" :
			 "all lost octets are there");
}

/**
 * note_waits() - what the user wrote stays here
 * @r: the row of what left last
 * @s: the end
 * @e: EVENT_WAITS
 */
void note_waits(struct row *r, struct side *s, const struct event *e)
{
	s->shown_wait = e->wait;
	note_add(r, "%u octets wait for %s", e->bytes, word_of(&words_wait, e->wait));
}
