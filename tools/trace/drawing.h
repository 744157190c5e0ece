/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pictures are drawn from: the rows of the table and what ACKs told, kept until the end,
 * a drawing for each connection.
 */
#ifndef DRAWING_H
#define DRAWING_H

#include "table.h"

#define SEGMENTS_KEPT 200000	/* of all connections together: memory, about 100 MB */
#define SEGMENTS_DRAWN 10000	/* in a picture: what a browser still opens at once */

/**
 * struct stroke - a segment, or what happened without one: a row of the table's
 * @dir: as in struct row
 * @sent: it was seen where it was sent, at @sent_ns
 * @arrived: and where it arrived, at @arrived_ns
 * @dropped: it was dropped where it arrived
 * @has_sending: cwnd and the like are known
 * @lost: both ends are seen, and not all of it arrived; @missing: so many octets of it did not
 * @would_ns: when it would have arrived, had it taken as long as the one before
 * @part: it arrived so, but was sent with others or as part of more: that stroke stands for it
 * @again: it has octets that had been sent before
 * @index: among all segments of all drawings; @number: among those of the connection, from 1
 * @seq: counted from its sender's first; @ack: from the other's
 * @window: in octets; -1: not known
 */
struct stroke {
	char dir;
	bool sent, arrived, dropped, has_sending, lost, part, again;
	uint64_t sent_ns, arrived_ns, would_ns;
	unsigned long index, number;
	uint32_t seq, ack, missing, sack[2 * EVENT_SACKS_MAX];
	int64_t window;
	char entered[2][16];
	struct event segment;
	char *note;
};

/* What an ACK told at a side. */
struct sample {
	uint64_t ns;
	int side;
	uint32_t cwnd, ssthresh, pipe, rtt_us;
};

/**
 * struct drawing - a connection
 * @opened: the left end has opened it
 * @start: states before the first stroke
 * @here: which ends are seen
 * @segments: how many there are, of which those in @strokes were kept
 */
struct drawing {
	struct drawing *next;
	struct end end[2];
	bool opened, late, here[2];
	uint32_t wire;
	char start[2][16];
	struct stroke *strokes;
	size_t count, room;
	struct sample *samples;
	size_t sample_count, sample_room;
	unsigned long segments, kept;
};

extern struct drawing *drawings;
extern uint32_t drawing_lost_events;

void drawing_begin(void);
void drawing_event(const struct event *e, struct conn *c);
void drawing_end(void);
uint64_t stroke_ns(const struct stroke *s);
uint64_t drawing_zero(const struct drawing *d);
bool ssthresh_is_set(uint32_t ssthresh);

#endif /* DRAWING_H */
