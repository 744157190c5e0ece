/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table: a row for each segment, or for what happened without one.
 */
#ifndef TABLE_H
#define TABLE_H

#include "trace.h"

/* name, width: further columns; each is a word for --columns */
#define TABLE_COLUMNS(X) \
	X(CWND, "cwnd", 9) \
	X(SSTHRESH, "ssthresh", 9) \
	X(PIPE, "pipe", 9) \
	X(SND_WND, "snd_wnd", 9) \
	X(RCV_WND, "rcv_wnd", 9) \
	X(SRTT, "srtt", 8) \
	X(RTO, "rto", 8) \
	X(PHASE, "phase", 9) \
	X(WHY, "why", 16)

enum table_column {
#define COLUMN_ENUM(id, name, width) COLUMN_##id,
	TABLE_COLUMNS(COLUMN_ENUM)
#undef COLUMN_ENUM
	TABLE_COLUMN_COUNT
};

/* How the table is to look. */
struct table_look {
	bool tsv, color, relative;
	enum table_column columns[TABLE_COLUMN_COUNT];
	size_t column_count;
};

extern struct table_look table_look;
extern const struct output table_output;

bool table_columns(const char *list);

/* What becomes of a row that is complete: print_row(), or what a picture makes of it. */
extern void (*row_done)(struct row *r);

/**
 * struct row - a row, until it is printed
 * @conn: its connection; NULL: it is of none
 * @dir: '>' a segment of the left end's, '<' of the right end's, 0 none
 * @entered: the state that the left end and the right one entered by it
 * @sent: it was seen where it leaves
 * @arrived: it was seen where it arrives, or dropped there
 * @led_ack: a change of state had its ACK as the cause
 * @segment: what is shown of it
 * @has_sending: it was sent here, so cwnd and the like are known
 * @dropped: it arrived, and was dropped there
 * @arrived_ns: when it arrived
 */
struct row {
	struct row *next, *conn_next, *hash_next;
	struct conn *conn;
	uint64_t ns;
	char dir;
	char entered[2][16];
	bool gone, sent, arrived, dropped, led_ack, led_fin, has_sending;
	uint64_t arrived_ns;
	struct event segment;
	char *note;
};

/* notes.c */
void note_add(struct row *r, const char *format, ...) __attribute((format(printf, 2, 3)));
void note_options(struct row *r);
void note_why(struct row *r, uint32_t why);
void note_window(struct row *r, const struct event *e, int64_t before);
void note_acked(struct row *r, struct side *s, const struct event *e);
void note_waits(struct row *r, struct side *s, const struct event *e);

/* print.c */
void print_head(void);
void print_row(struct row *r);

#endif /* TABLE_H */
