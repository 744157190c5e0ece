// SPDX-License-Identifier: GPL-2.0
/*
 * One sentence for a connection: what it waits for, since when, what comes next.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../module/observe/why.h"
#include "why.h"

#define SYN_TIMEOUT_MS 1000	/* the first; each is twice the one before */

/* The sentence that is being made. */
static char *to;
static size_t left;

static void add(const char *format, ...) __attribute((format(printf, 1, 2)));

static void add(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, left, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < left) {
		to += n;
		left -= n;
	}
}

static void add_time(uint64_t ns)
{
	if (ns < NS_PER_S / 10)
		add("%llu ms", (unsigned long long)(ns / NS_PER_MS));
	else
		add("%.1f s", ns / 1e9);
}

static void add_bytes(uint64_t bytes)
{
	if (bytes < 1000)
		add("%llu octet%s", (unsigned long long)bytes, bytes == 1 ? "" : "s");
	else if (bytes < 10000000)
		add("%llu KB", (unsigned long long)(bytes + 500) / 1000);
	else
		add("%llu MB", (unsigned long long)(bytes + 500000) / 1000000);
}

/* since_ns: 0 where it began before we watched: then about_ms ago, or where that is 0 more than
 * we have watched
 */
static void add_since(const struct story *s, uint64_t since_ns, uint64_t about_ms)
{
	if (since_ns) {
		add(" since ");
		add_time(s->e->ns > since_ns ? s->e->ns - since_ns : 0);
	} else if (about_ms) {
		add(" since about ");
		add_time(about_ms * NS_PER_MS);
	} else {
		add(" since more than ");
		add_time(s->watched_ns);
	}
}

static void add_in(const struct event *e)
{
	add(" in ");
	add_time(e->expires_ms * NS_PER_MS);
}

/* A timer that doubles has fired so often: how long ago was it set first? */
static uint64_t doubled_ms(uint64_t now_ms, uint32_t times, uint64_t left_ms)
{
	uint64_t first_ms = now_ms >> (times < 31 ? times : 31), all_ms = 2 * now_ms - first_ms;

	return all_ms > left_ms ? all_ms - left_ms : 1;
}

static void listener(const struct story *s)
{
	const struct event *e = s->e;

	if (s->overflows)
		add("the accept queue is full: ");
	if (e->rx || s->overflows)
		add("%u connection%s for the user's accept()", e->rx,
		    e->rx == 1 ? " waits" : "s wait");
	else
		add("listens, and nobody waits for accept()");
	if (s->overflows)
		add(", and %u segment%s dropped for it; the peers ask again by themselves",
		    s->overflows, s->overflows == 1 ? " was" : "s were");
}

static void handshake(const struct story *s, const char *what, uint64_t timeout_ms)
{
	const struct event *e = s->e;

	add("the %s is not answered", what);
	add_since(s, s->f->unacked_ns && !e->retries ? s->f->unacked_ns : 0,
		  doubled_ms(timeout_ms, e->retries, e->expires_ms));
	add("; %s %u leaves", what, e->retries + 2);
	add_in(e);
}

static bool fin_is_queued(const struct event *e)
{
	return !strcmp(e->to, "FIN_WAIT_1") || !strcmp(e->to, "CLOSING") ||
	       !strcmp(e->to, "LAST_ACK");
}

/* Octets of the user's that are unsent or not acknowledged; a FIN is none. */
static uint32_t unfinished(const struct event *e)
{
	return e->tx - (e->tx && fin_is_queued(e));
}

static void closed_window(const struct story *s)
{
	const struct event *e = s->e;
	/* before the first probe one timeout; each probe doubles it, but for the first */
	uint64_t about_ms = doubled_ms(e->rto_ms, e->probes ? e->probes - 1 : 0, e->expires_ms) +
			    (e->probes ? e->rto_ms >> (e->probes < 31 ? e->probes - 1 : 31) : 0);

	add("the peer's window is closed");
	add_since(s, s->f->closed_ns && !e->probes ? s->f->closed_ns : 0, about_ms);
	add("; probe %u leaves", e->probes + 1);
	add_in(e);
	add("; the user has ");
	add_bytes(unfinished(e));
	add(" unsent");
}

/* It began before we watched, and no probe has left so far. */
static void closed_or_corked(const struct event *e)
{
	add_bytes(unfinished(e));
	add(" wait for the peer's window, or for the user's word (TCP_CORK, MSG_MORE)");
	add("; a probe leaves");
	add_in(e);
}

static void held(const struct story *s)
{
	const struct event *e = s->e;

	switch (s->f->wait) {
	case XTCP_WAIT_CORK:
		add_bytes(s->f->wait_bytes);
		add(" wait for the user's word (TCP_CORK, MSG_MORE)");
		break;
	case XTCP_WAIT_NAGLE:
		add("Nagle's algorithm holds ");
		add_bytes(s->f->wait_bytes);
		add(" back: they wait for the ACK of what is in flight");
		break;
	case XTCP_WAIT_CWND:
		add("the congestion window (");
		add_bytes(s->f->cwnd);
		add(") is full, and ");
		add_bytes(s->f->wait_bytes);
		add(" wait");
		break;
	case XTCP_WAIT_WINDOW:
		add("the peer's window is full, and ");
		add_bytes(s->f->wait_bytes);
		add(" wait");
		break;
	}
	add_since(s, s->f->wait_ns, 0);
	if (e->runs == RUNS_RETRANSMIT) {
		add("; without an ACK retransmission %u leaves", e->retries + 1);
		add_in(e);
	} else if (e->runs == RUNS_PROBE) {
		add("; they leave");
		add_in(e);
	}
}

static void add_what_is_unacked(const struct event *e)
{
	uint32_t bytes = unfinished(e);

	if (bytes)
		add_bytes(bytes);
	if (fin_is_queued(e))
		add(bytes ? " and the FIN" : "the FIN");
	add(bytes == 1 || !bytes ? " is" : " are");
}

static void in_flight(const struct story *s)
{
	const struct event *e = s->e;

	add_what_is_unacked(e);
	add(" not acknowledged");
	if (e->retries)
		add_since(s, 0, doubled_ms(e->rto_ms, e->retries, e->expires_ms));
	else
		add_since(s, s->f->unacked_ns, 0);
	add("; retransmission %u leaves", e->retries + 1);
	add_in(e);
}

static void sending(const struct story *s)
{
	const struct event *e = s->e;

	if (e->runs == RUNS_PROBE &&
	    (e->probes || s->f->closed_ns || s->f->wait == XTCP_WAIT_WINDOW))
		closed_window(s);
	else if (e->runs == RUNS_PROBE && s->f->wait < 0)
		closed_or_corked(e);
	else if (s->f->wait >= 0 && !e->retries)
		held(s);
	else if (e->runs == RUNS_RETRANSMIT)
		in_flight(s);
	else
		add("octets of the user's wait for the next call or the next ACK");
}

static void not_read(const struct story *s)
{
	const struct event *e = s->e;

	if (s->f->is_shut) {
		add("the user does not read: our window is closed");
		add_since(s, s->f->shut_ns, 0);
		add(", and ");
	}
	add_bytes(e->rx);
	add(e->rx == 1 ? " is unread" : " are unread");
}

static void at_rest(const struct story *s)
{
	const struct event *e = s->e;

	if (!strcmp(e->to, "FIN_WAIT_2")) {
		add("waits for the peer's FIN");
		add_since(s, s->f->state_ns, 0);
		if (e->runs == RUNS_KEEPALIVE) {	/* the user has gone: for so long */
			add(e->inode ? "; keep-alive 1 leaves" : "; is given up");
			add_in(e);
		}
	} else if (!strcmp(e->to, "CLOSE_WAIT")) {
		add("the peer has closed, and the user has not");
		add_since(s, s->f->state_ns, 0);
	} else {
		add("nothing: all that was sent is acknowledged, and nothing is unsent");
		if (e->runs == RUNS_KEEPALIVE) {
			if (e->probes)
				add("; %u keep-alive%s not answered", e->probes,
				    e->probes == 1 ? " is" : "s are");
			add("; keep-alive %u leaves", e->probes + 1);
			add_in(e);
		}
	}
}

static void delayed_ack(const struct story *s)
{
	add("; an ACK waits for data to go with it, and leaves");
	add(" in ");
	add_time(s->f->delack_ns - s->e->ns);
}

/**
 * sentence() - say what a connection waits for
 * @s: what is known of it
 * @text: where it goes
 * @size: of that, in bytes
 */
void sentence(const struct story *s, char *text, size_t size)
{
	const struct event *e = s->e;

	to = text;
	left = size;
	*to = 0;
	if (!strcmp(e->to, "LISTEN")) {
		listener(s);
	} else if (!strcmp(e->to, "SYN_SENT")) {
		handshake(s, "SYN", e->rto_ms);
	} else if (!strcmp(e->to, "SYN_RECEIVED")) {
		handshake(s, "SYN,ACK",
			  (uint64_t)SYN_TIMEOUT_MS << (e->retries < 7 ? e->retries : 7));
	} else if (!strcmp(e->to, "TIME_WAIT")) {
		add("all is done; TIME_WAIT ends");
		add_in(e);
	} else if (e->tx) {
		sending(s);
		if (e->rx) {
			add("; ");
			not_read(s);
		}
	} else if (e->rx && strcmp(e->to, "CLOSE_WAIT")) {
		not_read(s);
	} else {
		at_rest(s);
		if (e->rx > 1) {
			add("; ");
			not_read(s);
		}
	}
	if (s->f->again)
		add("; %u segment%s sent again while we watched", s->f->again,
		    s->f->again == 1 ? " was" : "s were");
	if (s->f->delack_ns > e->ns)
		delayed_ack(s);
}
