// SPDX-License-Identifier: GPL-2.0
/*
 * Rows as text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

static const struct {
	const char *name;
	int width;
} columns[] = {
#define COLUMN(id, name, width) { name, width },
	TABLE_COLUMNS(COLUMN)
};

/* What stands in a row. */
struct cells {
	char no[24], ms[24], seq[16], ack[16], win[16], len[16], flags[48];
	char more[TABLE_COLUMN_COUNT][24];
	const char *left, *right, *note;
	char dir;
};

static const struct conn *last_conn;
static bool has_zero, zero_is_segment;
static uint64_t zero_ns;

/* A line, put together. */
static char line[2048];
static size_t used;

static void put(const char *how, const char *format, ...) __attribute((format(printf, 2, 3)));

static void put(const char *how, const char *format, ...)
{
	char text[1024];
	va_list args;
	bool paint;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	paint = table_look.color && *how && text[strspn(text, " ")];
	used += snprintf(line + used, sizeof(line) - used, "%s%s%s%s%s", paint ? "\033[" : "",
			 paint ? how : "", paint ? "m" : "", text, paint ? "\033[0m" : "");
	if (used >= sizeof(line))
		used = sizeof(line) - 1;
}

static void put_line(void)
{
	while (used && line[used - 1] == ' ')
		used--;
	line[used] = 0;
	puts(line);
	used = 0;
}

/* how: the colour of all of it */
static void show(const struct cells *c, const char *how)
{
	const char *arrow = c->dir == '>' ? "-->" : c->dir == '<' ? "<--" : "";
	const char *way = *how ? how : c->dir == '>' ? "36" : "33", *strong = *how ? how : "1";

	put(how, "%4s %10s  ", c->no, c->ms);
	put(strong, "%-12s", c->left);
	put("", " ");
	put(way, "%-3s %-11s", arrow, c->flags);
	put(how, " %10s %10s %5s %5s ", c->seq, c->ack, c->win, c->len);
	put(way, "%-3s", arrow);
	put("", " ");
	put(strong, "%-12s", c->right);
	for (size_t i = 0; i < table_look.column_count; i++)
		put(how, " %*s", columns[table_look.columns[i]].width, c->more[i]);
	put("2", "  %s", c->note);
	put_line();
}

/**
 * print_head() - what stands above the columns
 */
void print_head(void)
{
	struct cells c = {
		.no = "no", .ms = "ms", .left = "state", .flags = "flags", .seq = "seq",
		.ack = "ack", .win = "win", .len = "len", .right = "state", .note = "",
	};

	if (table_look.tsv)
		return;
	for (size_t i = 0; i < table_look.column_count; i++)
		snprintf(c.more[i], sizeof(c.more[i]), "%s",
			 columns[table_look.columns[i]].name);
	show(&c, "2");
}

/* Above the rows of a connection, where those before are of another. */
static void heading(const struct conn *c)
{
	char left[END_TEXT_BYTES + 16], right[END_TEXT_BYTES + 16];
	bool listens = !c->opened && end_is_nobody(&c->side[1].end);

	end_text(left, &c->side[0].end);
	end_text(right, &c->side[1].end);
	if (c->opened) {
		strcat(left, "  client");
		strcat(right, "  server");
	} else if (listens) {
		strcat(left, "  listener");
		*right = 0;
	}
	puts("");
	put("1", "%-17s%-66s %s", "", left, right);
	if (c->wire)
		put("2", "  %s wire", word_of(&words_wire, c->wire));
	if (c->late)
		put("2", "%s", c->opened ? ", there before" :
		    ", there before: who opened it is not known");
	put_line();
}

static void milliseconds(char *to, size_t size, uint32_t us)
{
	snprintf(to, size, "%u.%03u", us / 1000, us % 1000);
}

static void more_cell(char *to, size_t size, const struct row *r, enum table_column column)
{
	const struct event *e = &r->segment;
	const struct side *from = r->conn ? &r->conn->side[r->dir == '<'] : NULL;
	bool has_conn = r->has_sending && e->rto_us;	/* not what is sent without a connection */

	*to = 0;
	if (!r->dir)
		return;
	switch (column) {
	case COLUMN_RCV_WND:
		if (e->flags & SEGMENT_SYN || !e->wnd)
			snprintf(to, size, "%u", e->wnd);
		else if (from->scale >= 0)
			snprintf(to, size, "%llu", (unsigned long long)e->wnd << from->scale);
		return;
	case COLUMN_WHY:
		if (r->has_sending)
			snprintf(to, size, "%s", word_of(&words_why, e->why));
		return;
	default:
		break;
	}
	if (!has_conn)
		return;
	switch (column) {
	case COLUMN_CWND:
		snprintf(to, size, "%u", e->cwnd);
		break;
	case COLUMN_SSTHRESH:
		if (e->ssthresh == UINT32_MAX >> 1 || e->ssthresh == UINT32_MAX)
			snprintf(to, size, "-");
		else
			snprintf(to, size, "%u", e->ssthresh);
		break;
	case COLUMN_PIPE:
		snprintf(to, size, "%u", e->pipe);
		break;
	case COLUMN_SND_WND:
		snprintf(to, size, "%u", e->snd_wnd);
		break;
	case COLUMN_SRTT:
		milliseconds(to, size, e->srtt_us);
		break;
	case COLUMN_RTO:
		milliseconds(to, size, e->rto_us);
		break;
	case COLUMN_PHASE:
		snprintf(to, size, "%s", word_of(&words_phase, e->phase));
		break;
	default:
		break;
	}
}

static void segment_cells(struct cells *c, const struct row *r)
{
	const struct event *e = &r->segment;
	const struct side *from = &r->conn->side[r->dir == '<'];
	const struct side *to = &r->conn->side[r->dir == '>'];
	uint32_t seq = e->seq, ack = e->ack;

	if (table_look.relative) {
		seq -= from->has_base && (seq || e->flags & SEGMENT_SYN) ? from->seq_base : 0;
		ack -= to->has_base && e->flags & SEGMENT_ACK ? to->seq_base : 0;
	}
	snprintf(c->no, sizeof(c->no), "%lu", r->conn->number);
	flags_text(c->flags, sizeof(c->flags), e->flags, ',');
	snprintf(c->seq, sizeof(c->seq), "%u", seq);
	snprintf(c->ack, sizeof(c->ack), "%u", ack);
	snprintf(c->win, sizeof(c->win), "%u", e->wnd);
	snprintf(c->len, sizeof(c->len), "%u", e->len);
}

static void show_tsv(const struct conn *conn, const struct cells *c)
{
	char left[END_TEXT_BYTES], right[END_TEXT_BYTES];

	end_text(left, &conn->side[0].end);
	end_text(right, &conn->side[1].end);
	printf("%s\t%s\t%s\t%s\t%s\t%.1s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", left, right, c->no, c->ms,
	       c->left, c->dir ? &c->dir : "", c->flags, c->seq, c->ack, c->win, c->len, c->right,
	       c->note);
	for (size_t i = 0; i < table_look.column_count; i++)
		printf("\t%s", c->more[i]);
	puts("");
}

static void of_no_connection(const struct row *r)
{
	if (table_look.tsv) {
		printf("\t\t\t\t\t\t\t\t\t\t\t\t%s", r->note);
		for (size_t i = 0; i < table_look.column_count; i++)
			putchar('\t');
		puts("");
	} else {
		put("2", "     %s", r->note);
		put_line();
	}
	last_conn = NULL;
}

/* Times count from the first segment, and until there is one from the first row. */
static void set_zero(const struct row *r)
{
	if (has_zero && (!r->dir || zero_is_segment))
		return;
	zero_ns = r->ns;
	has_zero = true;
	zero_is_segment = r->dir;
}

/**
 * print_row() - print a row, and what must stand above it
 * @r: the row
 */
void print_row(struct row *r)
{
	struct conn *conn = r->conn;
	struct cells c = { .dir = r->dir, .note = r->note ?: "" };
	int64_t us;

	if (!conn) {
		of_no_connection(r);
		return;
	}
	if (!table_look.tsv && (conn != last_conn || !conn->printed))
		heading(conn);
	last_conn = conn;
	if (!table_look.tsv && !conn->printed && (*conn->side[0].start || *conn->side[1].start)) {
		struct cells start = {
			.left = conn->side[0].start, .right = conn->side[1].start, .note = "",
		};

		show(&start, "");
	}
	conn->printed = true;
	set_zero(r);
	conn->number += !!r->dir;
	us = (int64_t)(r->ns - zero_ns + 500) / 1000;
	snprintf(c.ms, sizeof(c.ms), "%s%lld.%03lld", us < 0 ? "-" : "",
		 (us < 0 ? -us : us) / 1000LL, (us < 0 ? -us : us) % 1000LL);
	c.left = r->entered[0];
	c.right = r->entered[1];
	if (r->dir)
		segment_cells(&c, r);
	for (size_t i = 0; i < table_look.column_count; i++)
		more_cell(c.more[i], sizeof(c.more[i]), r, table_look.columns[i]);
	if (table_look.tsv)
		show_tsv(conn, &c);
	else
		show(&c, "");
}
