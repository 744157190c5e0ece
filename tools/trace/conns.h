/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connections that events tell of.
 */
#ifndef CONNS_H
#define CONNS_H

#include "event.h"

struct packet;
struct row;
struct drawing;

/**
 * struct side - an end of a connection, and what its events have told
 * @netns: where it is; 0: on another machine, or not known
 * @here: there was an event of its own
 * @start: the state in which it was first seen; empty: not known
 * @now: the state that it is in
 * @seq_base: of what it sends: the number that --relative calls 0
 * @scale: what its windows are to be shifted by: -1: not known
 * @offered: the scale that its SYN has; -1: none was seen
 * @window: the latest that its segments offer, in octets; -1: not known
 * @fin_end: after its FIN, which it has sent if @fin
 * @again_seq: what it says to send again, if @again
 * @socket: the latest line of its socket's, if @has_socket
 * @facts: for --why: since when, and how often
 * @rows: of a call of its user's that waits for the segment that leaves for it; of the latest
 *	segment that it has sent, and received
 * @duplicates: how many duplicate ACKs have come to it in a row
 * @shown_wait: what the table has said that its data waits for; -1: nothing
 * @shown_window: the latest window that the table has shown, as its segment has it; -1: none
 * @packets: of those that pcapng.c holds: the latest that came here; the oldest that came and whose
 *	ACK has not been seen to do anything; the oldest that left and has not been seen to arrive;
 *	behind all that left, and what is acknowledged of it if @una_known
 */
struct side {
	struct end end;
	uint32_t netns;
	bool here;
	char start[16], now[16];
	bool has_base;
	uint32_t seq_base;
	int scale, offered;
	int64_t window;
	bool fin, again;
	uint32_t fin_end, again_seq;
	bool has_socket;
	struct event socket;
	struct facts *facts;

	/* for the table */
	struct {
		struct row *held, *sent, *received;
	} rows;
	unsigned int duplicates;
	int shown_wait;
	int64_t shown_window;

	/* for pcapng */
	struct {
		struct packet *received, *unacted, *unarrived;
		uint32_t sent_end, una;
		bool una_known;
	} packets;
};

/**
 * struct conn - a connection
 * @side: the left end and the right one
 * @opened: the left end has opened it
 * @late: it was there before we watched
 * @fixed: something was shown of it, so the ends stay where they are
 * @wire: as in struct event
 * @uses: rows that speak of it: it is kept as long
 * @rows: for the table: its rows, the oldest and the newest
 * @drawing: for pictures: what is drawn of it
 */
struct conn {
	struct conn *next, *prev, *hash_next;
	struct side side[2];
	bool opened, late, fixed, printed;
	uint32_t wire;
	unsigned long number;
	unsigned int uses;
	struct row *first_row, *last_row;
	struct packet *first_packet, *last_packet;
	struct drawing *drawing;
};

struct conn *conns_event(const struct event *e);
int conn_side(const struct conn *c, const struct event *e);
void conn_release(struct conn *c);
struct conn *conns_first(void);
bool conns_listens(const struct end *end, uint32_t netns);

#endif /* CONNS_H */
