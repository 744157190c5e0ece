/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a connection waits for: facts that its events have told, and the sentence made of them.
 */
#ifndef WHY_H
#define WHY_H

#include "trace.h"

extern const struct output why_output;

/**
 * struct facts - what the events of an end have told, beyond what its socket's line says
 *
 * A time of 0 is not known: then it began before we watched.
 *
 * @wait: enum xtcp_wait of what stays here; -1: nothing
 * @wait_ns: since when
 * @wait_bytes: how much
 * @closed_ns: since when the peer's window is closed
 * @unacked_ns: since when what is in flight waits for an ACK
 * @state_ns: when it entered its state
 * @shut_ns: since when our own window is closed
 * @is_shut: it is
 * @delack_ns: when a delayed ACK is to leave; 0: none waits
 * @again: how many segments were sent again
 * @cwnd: the congestion window, in octets; 0: not known
 */
struct facts {
	int wait;
	uint64_t wait_ns, closed_ns, unacked_ns, state_ns, shut_ns, delack_ns;
	uint32_t wait_bytes, cwnd;
	bool is_shut;
	unsigned int again;
};

/**
 * struct story - all that a sentence is made of
 * @e: the socket's line
 * @f: the facts
 * @watched_ns: for how long we watched
 * @overflows: how many segments a listener dropped because its queue is full
 */
struct story {
	const struct event *e;
	const struct facts *f;
	uint64_t watched_ns;
	unsigned int overflows;
};

void sentence(const struct story *s, char *text, size_t size);

#endif /* WHY_H */
