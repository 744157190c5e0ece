// SPDX-License-Identifier: GPL-2.0
/*
 * What each connection waits for: the events tell since when, the sockets' lines at the end
 * how things are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/observe/why.h"
#include "../../module/observe/drops.h"
#include "why.h"

static uint64_t first_ns, latest_socket_ns;

/* Listeners that have dropped something because their queue is full. */
static struct overflow {
	struct end end;
	uint32_t netns;
	unsigned int count;
} *overflows;
static size_t overflow_count;

static struct facts *facts_of(struct side *s)
{
	if (!s->facts) {
		s->facts = allocate(sizeof(*s->facts));
		s->facts->wait = -1;
	}
	return s->facts;
}

static void overflowed(const struct event *e)
{
	size_t i;

	for (i = 0; i < overflow_count; i++)
		if (overflows[i].netns == e->netns && end_equal(&overflows[i].end, &e->local))
			break;
	if (i == overflow_count) {
		overflows = realloc(overflows, ++overflow_count * sizeof(*overflows));
		if (!overflows)
			die("no memory");
		overflows[i] = (struct overflow) { e->local, e->netns, 0 };
	}
	overflows[i].count++;
}

/* Of a listener of one address, or of all. */
static unsigned int overflows_of(const struct event *listener)
{
	static const struct end any6;
	struct end any4;
	unsigned int count = 0;

	end_set_v4(&any4, "\0\0\0\0");
	for (size_t i = 0; i < overflow_count; i++) {
		const struct overflow *o = &overflows[i];
		const uint8_t *addr = listener->local.addr;

		if (o->netns == listener->netns && o->end.port == listener->local.port &&
		    (!memcmp(addr, o->end.addr, sizeof(any4.addr)) ||
		     !memcmp(addr, any4.addr, sizeof(any4.addr)) ||
		     !memcmp(addr, any6.addr, sizeof(any6.addr))))
			count += o->count;
	}
	return count;
}

static void sent(struct facts *f, const struct event *e)
{
	uint32_t takes = e->len + !!(e->flags & (SEGMENT_SYN | SEGMENT_FIN));

	if (takes && !f->unacked_ns)
		f->unacked_ns = e->ns;
	if (takes)
		f->wait = -1;	/* if it still waits, the next event says so */
	if (e->cwnd)
		f->cwnd = e->cwnd;
	if (e->flags & SEGMENT_ACK)
		f->delack_ns = 0;
	if (e->flags & (SEGMENT_SYN | SEGMENT_RST))
		return;
	if (e->wnd) {
		f->is_shut = false;
	} else if (!f->is_shut) {
		f->is_shut = true;
		f->shut_ns = e->ns;
	}
}

static void received(struct facts *f, const struct event *e)
{
	if (e->flags & (SEGMENT_SYN | SEGMENT_RST))
		return;
	if (e->wnd)
		f->closed_ns = 0;
	else if (!f->closed_ns)
		f->closed_ns = e->ns;
}

static void waits(struct facts *f, const struct event *e)
{
	if (e->wait == XTCP_WAIT_USER)	/* nothing stays here: the socket's line says so, too */
		return;
	if (f->wait != (int)e->wait)
		f->wait_ns = e->ns;
	f->wait = e->wait;
	f->wait_bytes = e->bytes;
	f->cwnd = e->cwnd;
}

static void event(const struct event *e, struct conn *c)
{
	struct facts *f;

	if (!first_ns)
		first_ns = e->ns;
	if (!c)
		return;
	f = facts_of(&c->side[conn_side(c, e)]);
	switch (e->kind) {
	case EVENT_SOCKET:
		latest_socket_ns = e->ns;
		break;
	case EVENT_STATE:
		f->state_ns = e->ns;
		break;
	case EVENT_SEGMENT_OUT:
		sent(f, e);
		break;
	case EVENT_SEGMENT_IN:
		received(f, e);
		break;
	case EVENT_ACKED:
		if (e->acked)
			f->unacked_ns = e->snd_una == e->snd_nxt ? 0 : e->ns;
		break;
	case EVENT_WAITS:
		waits(f, e);
		break;
	case EVENT_RETRANSMIT:
		f->again++;
		break;
	case EVENT_TIMER_ARMED:
		if (e->timer == TIMER_DELAYED_ACK)
			f->delack_ns = e->ns + e->delay_ms * NS_PER_MS;
		break;
	case EVENT_DROP:
		if (e->reason == XTCP_DROP_LISTENER_FULL)
			overflowed(e);
		break;
	default:
		break;
	}
}

static void tell(struct side *s)
{
	char local[END_TEXT_BYTES], remote[END_TEXT_BYTES], text[512];
	const struct story story = {
		.e = &s->socket,
		.f = facts_of(s),
		.watched_ns = s->socket.ns - first_ns,
		.overflows = end_is_nobody(&s->socket.remote) ? overflows_of(&s->socket) : 0,
	};

	end_text(local, &s->socket.local);
	end_text(remote, &s->socket.remote);
	sentence(&story, text, sizeof(text));
	if (end_is_nobody(&s->socket.remote))
		printf("%s: %s\n", local, text);
	else
		printf("%s to %s: %s\n", local, remote, text);
}

static int end(void)
{
	bool any = false;

	for (struct conn *c = conns_first(); c; c = c->next)
		for (int i = 0; i < 2; i++)
			if (c->side[i].has_socket && c->side[i].socket.ns == latest_socket_ns) {
				tell(&c->side[i]);
				any = true;
			}
	if (!any)
		say("there is no such connection");
	fflush(stdout);
	return 0;
}

const struct output why_output = {
	.kinds = EVENT_IS(STATE) | EVENT_IS(SEGMENT_IN) | EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED) |
		 EVENT_IS(WAITS) | EVENT_IS(RETRANSMIT) | EVENT_IS(TIMER_ARMED) | EVENT_IS(DROP) |
		 EVENT_IS(SOCKET) | EVENT_IS(LOST),
	.event = event,
	.end = end,
};
