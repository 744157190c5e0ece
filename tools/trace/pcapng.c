// SPDX-License-Identifier: GPL-2.0
/*
 * From events to packets.  What an ACK does, that a segment is dropped, and which state it leads
 * to, is known a moment later: a packet waits that long.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcapng.h"

/**
 * struct packet - a segment, until it is written
 * @conn: its connection
 * @event: it leaves, arrives, or was dropped and nothing else was seen of it
 * @may_act: it came while something was in flight: otherwise its ACK has nothing to do
 * @arrived: it leaves, and was seen to arrive in the same namespace
 * @comment: what is known of it, of @comment_bytes
 */
struct packet {
	struct packet *next, *conn_next;
	struct conn *conn;
	struct event event;
	bool may_act, arrived;
	char *comment;
	size_t comment_bytes;
};

static struct packet *first, *last;
static uint32_t *interfaces;	/* their namespaces */
static uint32_t interface_count;
static uint64_t lost_unsaid, lost_total;

static void comment(struct packet *p, const char *format, ...)
	__attribute((format(printf, 2, 3)));

static void comment(struct packet *p, const char *format, ...)
{
	char text[512];
	va_list args;
	size_t n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->comment = realloc(p->comment, p->comment_bytes + n + 3);
	if (!p->comment)
		die("no memory");
	p->comment_bytes += sprintf(p->comment + p->comment_bytes, "%s%s",
				    p->comment_bytes ? "; " : "", text);
}

static uint32_t interface_of(uint32_t netns)
{
	for (uint32_t i = 0; i < interface_count; i++)
		if (interfaces[i] == netns)
			return i;
	interfaces = realloc(interfaces, (interface_count + 1) * sizeof(*interfaces));
	if (!interfaces)
		die("no memory");
	interfaces[interface_count] = netns;
	interface_write(netns);
	return interface_count++;
}

static struct side *side_with(struct conn *c, const struct end *end)
{
	return &c->side[!end_equal(&c->side[0].end, end)];
}

static bool leaves(const struct packet *p)
{
	return p->event.kind == EVENT_SEGMENT_OUT;
}

/* Whether it has come to the end that an event happened at. */
static bool came_to(const struct packet *p, const struct event *e)
{
	return leaves(p) ? p->arrived && end_equal(&p->event.remote, &e->local) :
			   end_equal(&p->event.local, &e->local);
}

/* ---- writing ---- */

/* IP cannot say of a packet that it is longer than 64 KiB, as one may be that a device is to cut
 * or has joined: it becomes several.
 */
static void write_parts(const struct packet *p, uint32_t room)
{
	uint32_t parts = (p->event.len + room - 1) / room, flags = p->event.flags;
	const uint32_t begins = SEGMENT_SYN | SEGMENT_CWR, ends = SEGMENT_PSH | SEGMENT_FIN;

	for (uint32_t i = 0; i < parts; i++) {
		bool is_last = i == parts - 1;
		struct event e = p->event;
		struct frame f = {
			.ns = e.ns, .interface = interface_of(e.netns), .out = leaves(p),
		};
		char *text;

		e.seq += i * room + (i && flags & SEGMENT_SYN);
		e.len = is_last ? p->event.len - i * room : room;
		e.flags = flags & ~(i ? begins : 0) & ~(is_last ? 0 : ends);
		if (asprintf(&text, "part %u of %u of a segment of %u octets; %s", i + 1, parts,
			     p->event.len, p->comment ?: "") < 0)
			die("no memory");
		f.comment = text;
		frame_build(&f, &e);
		packet_write(&f);
		free(text);
	}
}

static void write_packet(const struct packet *p)
{
	const struct event *e = &p->event;
	uint32_t room = frame_room(e);
	struct frame f = {
		.ns = e->ns, .out = leaves(p), .comment = p->comment ?: "",
	};

	if (e->len > room) {
		write_parts(p, room);
		return;
	}
	f.interface = interface_of(e->netns);
	frame_build(&f, e);
	packet_write(&f);
}

static void forget(struct side *s, const struct packet *p)
{
	if (s->packets.received == p)
		s->packets.received = NULL;
	if (s->packets.unacted == p)
		s->packets.unacted = p->conn_next;
	if (s->packets.unarrived == p)
		s->packets.unarrived = p->conn_next;
}

/* The oldest goes out. */
static void flush_packet(void)
{
	struct packet *p = first;
	struct conn *c = p->conn;

	write_packet(p);
	first = p->next;
	if (!first)
		last = NULL;
	c->first_packet = p->conn_next;
	if (!c->first_packet)
		c->last_packet = NULL;
	forget(&c->side[0], p);
	forget(&c->side[1], p);
	conn_release(c);
	free(p->comment);
	free(p);
}

/* ---- what is known of it ---- */

static void comment_state(struct packet *p, const char *at, const struct event *e)
{
	const struct side *s = side_with(p->conn, &e->local);

	if (*s->now)
		comment(p, "%sstate %s", at, s->now);
	else if (conns_listens(&e->local, e->netns))
		comment(p, "%sstate LISTEN", at);
}

static void comment_congestion(struct packet *p, const struct event *e)
{
	comment(p, "cwnd %u", e->cwnd);
	if (e->ssthresh < UINT32_MAX >> 1)	/* else there is none so far */
		comment(p, "ssthresh %u", e->ssthresh);
	comment(p, "pipe %u; snd_wnd %u", e->pipe, e->snd_wnd);
}

static void comment_time(struct packet *p, const char *name, uint32_t us)
{
	comment(p, "%s %u.%03u ms", name, us / 1000, us % 1000);
}

static void comment_left(struct packet *p, const struct event *e)
{
	if (e->why)
		comment(p, "why %s", word_of(&words_why, e->why));
	if (!e->rto_us)		/* it is of no connection: a listener's answer, a reset */
		return;
	comment_congestion(p, e);
	if (e->srtt_us)
		comment_time(p, "srtt", e->srtt_us);
	comment_time(p, "rto", e->rto_us);
	comment(p, "phase %s", word_of(&words_phase, e->phase));
}

static void comment_acted(struct packet *p, const struct event *e)
{
	char is[64];

	is_text(is, sizeof(is), e->is);
	comment(p, "%sacked %u; delivered %u; lost %u", leaves(p) ? "there: " : "", e->acked,
		e->delivered, e->lost);
	if (e->rtt_us && e->rtt_us != UINT32_MAX)
		comment_time(p, "rtt", e->rtt_us);
	if (*is)
		comment(p, "is %s", is);
	comment_congestion(p, e);
	if (e->phase != e->from_phase)
		comment(p, "phase %s -> %s", word_of(&words_phase, e->from_phase),
			word_of(&words_phase, e->phase));
	else
		comment(p, "phase %s", word_of(&words_phase, e->phase));
}

/* ---- events ---- */

static struct packet *packet_new(struct conn *c, const struct event *e)
{
	struct packet *p = allocate(sizeof(*p));

	p->conn = c;
	p->event = *e;
	*(last ? &last->next : &first) = p;
	last = p;
	c->fixed = true;
	c->uses++;
	*(c->last_packet ? &c->last_packet->conn_next : &c->first_packet) = p;
	c->last_packet = p;
	if (lost_unsaid)
		comment(p, "before this %llu events were lost: they came too fast",
			(unsigned long long)lost_unsaid);
	lost_unsaid = 0;
	return p;
}

static void received(struct packet *p, struct side *s)
{
	p->may_act = !s->packets.una_known || s->packets.una != s->packets.sent_end;
	s->packets.received = p;
	if (!s->packets.unacted)
		s->packets.unacted = p;
}

/* What acknowledges a SYN makes a connection, and no event tells of that as of other ACKs. */
static void in_flight(struct side *s, const struct event *e)
{
	uint32_t seq_end = e->seq + e->len + !!(e->flags & SEGMENT_FIN);

	if (e->flags & SEGMENT_RST)
		return;
	if (e->flags & SEGMENT_SYN) {
		s->packets.una = e->seq + 1;
		s->packets.sent_end = seq_end + 1;
		s->packets.una_known = true;
	} else if (!s->packets.una_known || (int32_t)(seq_end - s->packets.sent_end) > 0) {
		s->packets.sent_end = seq_end;
	}
}

static void left(struct conn *c, const struct event *e)
{
	struct side *s = side_with(c, &e->local);
	struct packet *p = packet_new(c, e);

	if (!s->packets.unarrived)
		s->packets.unarrived = p;
	in_flight(s, e);
	comment_state(p, "", e);
	comment_left(p, e);
}

static bool same(const struct packet *p, const struct event *e)
{
	const struct event *a = &p->event;

	return a->seq == e->seq && a->ack == e->ack && a->len == e->len && a->wnd == e->wnd &&
	       a->flags == e->flags;
}

/* Both ends are in one namespace: then a segment is written as it leaves, and not once more. */
static bool is_loopback(struct conn *c, const struct event *e)
{
	const struct side *from = side_with(c, &e->remote);

	return from->here && from->netns == e->netns;
}

static struct packet *sent_from(struct packet *p, const struct event *e)
{
	while (p && !(leaves(p) && !p->arrived && end_equal(&p->event.local, &e->remote) &&
		      same(p, e)))
		p = p->conn_next;
	return p;
}

/* The packet of a segment that arrives in the namespace that it left in; NULL: it was written. */
static struct packet *arrives(struct conn *c, const struct event *e)
{
	struct side *from = side_with(c, &e->remote);
	struct packet *p = sent_from(from->packets.unarrived, e);

	if (p)
		from->packets.unarrived = p->conn_next;
	else
		p = sent_from(c->first_packet, e);	/* others have overtaken it */
	if (!p)
		return NULL;
	p->arrived = true;
	comment_state(p, "there: ", e);
	return p;
}

static void came(struct conn *c, const struct event *e)
{
	struct packet *p;

	if (is_loopback(c, e)) {
		p = arrives(c, e);
	} else {
		p = packet_new(c, e);
		comment_state(p, "", e);
	}
	if (p)
		received(p, side_with(c, &e->local));
}

/* Most have been seen to arrive; not one that is damaged. */
static void drop(struct conn *c, const struct event *e)
{
	struct packet *found = NULL;

	for (struct packet *p = c->first_packet; p; p = p->conn_next)
		if (came_to(p, e) && same(p, e))
			found = p;
	if (!found && is_loopback(c, e))
		found = arrives(c, e);
	if (!found) {
		found = packet_new(c, e);
		comment_state(found, "", e);
		comment(found, "its options are not known");
	}
	comment(found, "dropped: %s", word_of(&words_reason, e->reason));
}

/* ACKs act in the order in which they come, a few of them perhaps late, one after the other: when
 * the user lets go of the socket.
 */
static void acted(struct side *s, const struct event *e)
{
	struct packet *p = s->packets.unacted;

	s->packets.una = e->snd_una;
	s->packets.una_known = true;
	while (p && !(came_to(p, e) && p->may_act && p->event.flags & SEGMENT_ACK &&
		      p->event.ack == e->snd_una))
		p = p->conn_next;
	if (!p)
		p = s->packets.received;
	if (!p)
		return;		/* it was written */
	s->packets.unacted = p->conn_next;
	comment_acted(p, e);
}

static bool leads(const struct packet *p, const char *on)
{
	uint32_t flags = p->event.flags;

	if (strstr(on, "ACK of"))
		return flags & SEGMENT_ACK;
	if (strstr(on, "FIN"))
		return flags & SEGMENT_FIN;
	return flags & (strstr(on, "RST") ? SEGMENT_RST : SEGMENT_SYN);
}

/* A state that a segment's arrival leads to. */
static void state(struct conn *c, const struct event *e)
{
	struct packet *found = NULL;

	if (strncmp(e->on, "rcv ", 4))
		return;
	for (struct packet *p = c->first_packet; p; p = p->conn_next)
		if (came_to(p, e) && leads(p, e->on))
			found = p;
	if (found)
		comment(found, "%s%s -> %s on %s", leaves(found) ? "there: " : "", e->from, e->to,
			e->on);
}

static void event(const struct event *e, struct conn *c)
{
	while (first && first->event.ns + hold_ns <= e->ns)
		flush_packet();
	switch (e->kind) {
	case EVENT_LOST:
		lost_unsaid += e->lost;
		lost_total += e->lost;
		break;
	case EVENT_SEGMENT_OUT:
		left(c, e);
		break;
	case EVENT_SEGMENT_IN:
		came(c, e);
		break;
	case EVENT_DROP:
		drop(c, e);
		break;
	case EVENT_ACKED:
		acted(side_with(c, &e->local), e);
		break;
	case EVENT_STATE:
		state(c, e);
		break;
	default:
		break;
	}
}

static int end(void)
{
	while (first)
		flush_packet();
	if (lost_total)
		statistics_write(interface_count ? 0 : interface_of(0), pipe_latest_ns(),
				 lost_total);
	section_close();
	return 0;
}

const struct output pcapng_output = {
	.kinds = EVENT_IS(STATE) | EVENT_IS(SEGMENT_IN) | EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED) |
		 EVENT_IS(DROP) | EVENT_IS(SOCKET) | EVENT_IS(LOST) | EVENT_IS(TICK),
	.begin = section_open,
	.event = event,
	.end = end,
};
