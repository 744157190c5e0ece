/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An event of any kind, wherever it comes from: what the tracepoints of module/observe/trace.h
 * say, what a socket's line in /proc/net/xtcp says, and what was lost on the way.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* name; the tracepoint is xtcp_ and that */
#define EVENT_TRACEPOINTS(X) \
	X(STATE, "state") \
	X(SEGMENT_IN, "segment_in") \
	X(SEGMENT_OUT, "segment_out") \
	X(ACKED, "acked") \
	X(WAITS, "waits") \
	X(RETRANSMIT, "retransmit") \
	X(TIMER_ARMED, "timer_armed") \
	X(TIMER_FIRED, "timer_fired") \
	X(REQUEST_MADE, "request_made") \
	X(REQUEST_GONE, "request_gone") \
	X(TIME_WAIT_MADE, "time_wait_made") \
	X(TIME_WAIT_GONE, "time_wait_gone") \
	X(DROP, "drop")

enum event_kind {
#define EVENT_ENUM(id, name) EVENT_##id,
	EVENT_TRACEPOINTS(EVENT_ENUM)
#undef EVENT_ENUM
	EVENT_TRACEPOINT_KINDS,
	EVENT_SOCKET = EVENT_TRACEPOINT_KINDS,	/* a line of /proc/net/xtcp or xtcp6 */
	EVENT_LOST,	/* so many events were lost here */
	EVENT_KINDS,
	EVENT_TICK = EVENT_KINDS,	/* all events before this time have come; in no file */
};

#define EVENT_IS(kind) (1u << EVENT_##kind)

/* An address and a port; an IPv4 address is written as a mapped one. */
struct end {
	uint8_t addr[16];
	uint16_t port;
};

enum segment_flag {
	SEGMENT_FIN = 1, SEGMENT_SYN = 2, SEGMENT_RST = 4, SEGMENT_PSH = 8,
	SEGMENT_ACK = 16, SEGMENT_URG = 32, SEGMENT_ECE = 64, SEGMENT_CWR = 128,
};

/* Bits of struct event.present, and of .is: as in the module. */
enum { OPTION_SACK_PERMITTED = 1, OPTION_TIMESTAMPS = 2, OPTION_WSCALE = 4 };
enum { ACKED_DUPLICATE = 1 };

enum phase { PHASE_OPEN, PHASE_REDUCED, PHASE_RECOVERY, PHASE_LOSS };
enum timer { TIMER_RETRANSMIT, TIMER_DELAYED_ACK, TIMER_KEEPALIVE };

/* struct event.runs: the timer that a socket's line names. */
enum { RUNS_NONE, RUNS_RETRANSMIT, RUNS_KEEPALIVE, RUNS_TIME_WAIT, RUNS_PROBE };

#define EVENT_SACKS_MAX 4

/**
 * struct event - one event; which fields count depends on its kind: event_fields
 * @kind: what happened
 * @order: of two events at the same time the one that came first has the lower
 * @ns: when, on the monotonic clock
 * @netns: in which namespace, as the inode of /proc/PID/ns/net; 0: it is not known
 * @pid: the thread that ran, 0 for none: often it has nothing to do with the event
 * @local: the end that it happened at
 * @remote: the other end
 * @wire: 6 TCP's, 253 xtcp's own; 0: not known
 *
 * All others are named as in module/observe/trace.h, or as in /proc/net/xtcp.
 */
struct event {
	enum event_kind kind;
	uint64_t order;
	uint64_t ns;
	uint32_t netns, pid;
	struct end local, remote;
	uint32_t wire;

	char from[16], to[16], on[24];	/* states, and what led from one to the other */

	uint32_t flags, mss, wnd, seq, ack, len, present, wscale, tsval, tsecr;
	uint32_t sacks, sack[2 * EVENT_SACKS_MAX];
	uint32_t why, phase, cwnd, ssthresh, pipe, snd_wnd, srtt_us, rto_us;
	uint32_t from_phase, is, snd_una, snd_nxt, acked, delivered, lost, rtt_us;
	uint32_t wait, bytes, window_end;
	uint32_t retries;
	uint32_t timer, delay_ms, rcv_nxt;
	uint32_t reason;

	/* a socket: state as in to; octets unsent or unacknowledged, and unread (a listener: in
	 * its queue)
	 */
	uint32_t tx, rx;
	uint32_t runs, expires_ms, probes, uid, inode, rto_ms, cwnd_segs;
	uint32_t scales;	/* 1: both ends scale their windows, by: */
	uint32_t snd_wscale, rcv_wscale;
};

enum field_type {
	FIELD_NUMBER,
	FIELD_TEXT,
	FIELD_FLAGS,	/* of a segment */
	FIELD_IS,	/* of an ACK */
	FIELD_WORD,	/* a number that has a word */
	FIELD_SACK,
};

struct words;

/**
 * struct event_field - what files and the kernel call a part of struct event
 * @name: in a record of the kernel's and in JSON
 * @offset: in struct event
 * @size: of a text
 * @kinds: EVENT_IS() of those that have it
 * @words: for FIELD_WORD
 */
struct event_field {
	const char *name;
	enum field_type type;
	size_t offset, size;
	uint32_t kinds;
	const struct words *words;
};

extern const struct event_field event_fields[];
extern const size_t event_fields_count;
extern const struct words words_wire, words_why, words_wait, words_phase, words_timer, words_reason;

uint32_t *event_number(const struct event_field *f, const struct event *e);
char *event_text(const struct event_field *f, const struct event *e);
const char *event_name(enum event_kind kind);
int event_kind_named(const char *name);
const char *word_of(const struct words *words, uint32_t number);
bool word_number(const struct words *words, const char *word, uint32_t *number);
void flags_text(char *to, size_t size, uint32_t flags, char between);
bool flags_number(const char *text, char between, uint32_t *flags);
void is_text(char *to, size_t size, uint32_t is);
bool is_number(const char *text, uint32_t *is);

#define END_TEXT_BYTES 64
void end_text(char to[END_TEXT_BYTES], const struct end *end);
bool end_parse(const char *text, struct end *end);
bool end_equal(const struct end *a, const struct end *b);
bool end_is_nobody(const struct end *end);
bool end_is_v4(const struct end *end);
void end_set_v4(struct end *end, const void *addr);
const char *tcp_state_name(unsigned int state);

#endif /* EVENT_H */
