// SPDX-License-Identifier: GPL-2.0
/*
 * The names of all that an event has.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/observe/drops.h"
#include "../../module/observe/why.h"
#include "event.h"

struct words {
	uint32_t first;	/* number of the first */
	const char *const *list;
	size_t count;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WORDS(name, begin, ...) \
	static const char *const name##_list[] = { __VA_ARGS__ }; \
	const struct words words_##name = { begin, name##_list, COUNT(name##_list) }

#define WORD(id, text) text,
#define DROP_WORD(id, counter, text) text,
WORDS(why, 1, XTCP_WHYS(WORD));
WORDS(wait, 0, XTCP_WAITS(WORD));
WORDS(phase, 0, "open", "reduced", "recovery", "loss");
WORDS(timer, 0, "retransmit", "delayed-ack", "keepalive");
WORDS(reason, XTCP_DROP_DONE + 1, XTCP_DROPS(DROP_WORD));

static const char *const tcp_wire_list[] = { "tcp" };
const struct words words_wire = { 6, tcp_wire_list, 1 };

#define NATIVE_WIRE 253

#define SEGMENTS (EVENT_IS(SEGMENT_IN) | EVENT_IS(SEGMENT_OUT))
#define OBJECTS (EVENT_IS(REQUEST_MADE) | EVENT_IS(REQUEST_GONE) | \
		 EVENT_IS(TIME_WAIT_MADE) | EVENT_IS(TIME_WAIT_GONE))
#define TIMERS (EVENT_IS(TIMER_ARMED) | EVENT_IS(TIMER_FIRED))
#define SEQS (SEGMENTS | OBJECTS | EVENT_IS(RETRANSMIT) | EVENT_IS(DROP))

#define NUMBER(field, kinds) \
	{ #field, FIELD_NUMBER, offsetof(struct event, field), 0, kinds, NULL }
#define TEXT(name, field, kinds) \
	{ name, FIELD_TEXT, offsetof(struct event, field), \
	  sizeof(((struct event *)NULL)->field), kinds, NULL }
#define OF_WORD(field, kinds) \
	{ #field, FIELD_WORD, offsetof(struct event, field), 0, kinds, &words_##field }
#define SPECIAL(field, type, kinds) \
	{ #field, type, offsetof(struct event, field), 0, kinds, NULL }

const struct event_field event_fields[] = {
	TEXT("from_name", from, EVENT_IS(STATE)),
	TEXT("to_name", to, EVENT_IS(STATE)),
	TEXT("event_name", on, EVENT_IS(STATE)),
	SPECIAL(flags, FIELD_FLAGS, SEGMENTS | EVENT_IS(RETRANSMIT) | EVENT_IS(DROP)),
	NUMBER(seq, SEQS | EVENT_IS(WAITS)),
	NUMBER(ack, SEQS),
	NUMBER(wnd, SEQS),
	NUMBER(len, SEGMENTS | EVENT_IS(RETRANSMIT) | EVENT_IS(DROP)),
	NUMBER(mss, SEGMENTS),
	NUMBER(present, SEGMENTS),
	NUMBER(wscale, SEGMENTS),
	NUMBER(tsval, SEGMENTS),
	NUMBER(tsecr, SEGMENTS),
	NUMBER(sacks, SEGMENTS),
	SPECIAL(sack, FIELD_SACK, SEGMENTS),
	{ "why", FIELD_WORD, offsetof(struct event, why), 0, EVENT_IS(SEGMENT_OUT), &words_why },
	{ "from_phase", FIELD_WORD, offsetof(struct event, from_phase), 0, EVENT_IS(ACKED),
	  &words_phase },
	OF_WORD(phase, EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED)),
	SPECIAL(is, FIELD_IS, EVENT_IS(ACKED)),
	NUMBER(snd_una, EVENT_IS(ACKED) | TIMERS),
	NUMBER(snd_nxt, EVENT_IS(ACKED) | TIMERS),
	NUMBER(acked, EVENT_IS(ACKED)),
	NUMBER(delivered, EVENT_IS(ACKED)),
	NUMBER(lost, EVENT_IS(ACKED) | EVENT_IS(LOST)),
	NUMBER(rtt_us, EVENT_IS(ACKED)),
	NUMBER(cwnd, EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED) | EVENT_IS(WAITS) |
		     EVENT_IS(RETRANSMIT)),
	NUMBER(ssthresh, EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED)),
	NUMBER(pipe, EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED) | EVENT_IS(WAITS)),
	NUMBER(snd_wnd, EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED)),
	NUMBER(srtt_us, EVENT_IS(SEGMENT_OUT)),
	NUMBER(rto_us, EVENT_IS(SEGMENT_OUT)),
	OF_WORD(wait, EVENT_IS(WAITS)),
	NUMBER(bytes, EVENT_IS(WAITS)),
	NUMBER(window_end, EVENT_IS(WAITS)),
	NUMBER(retries, EVENT_IS(RETRANSMIT) | EVENT_IS(SOCKET)),
	OF_WORD(timer, TIMERS),
	NUMBER(delay_ms, TIMERS),
	NUMBER(rcv_nxt, TIMERS),
	OF_WORD(reason, EVENT_IS(DROP)),
	TEXT("state", to, EVENT_IS(SOCKET)),
	NUMBER(tx, EVENT_IS(SOCKET)),
	NUMBER(rx, EVENT_IS(SOCKET)),
	NUMBER(runs, EVENT_IS(SOCKET)),
	NUMBER(expires_ms, EVENT_IS(SOCKET)),
	NUMBER(probes, EVENT_IS(SOCKET)),
	NUMBER(uid, EVENT_IS(SOCKET)),
	NUMBER(inode, EVENT_IS(SOCKET)),
	NUMBER(rto_ms, EVENT_IS(SOCKET)),
	NUMBER(cwnd_segs, EVENT_IS(SOCKET)),
	NUMBER(scales, EVENT_IS(SOCKET)),
	NUMBER(snd_wscale, EVENT_IS(SOCKET)),
	NUMBER(rcv_wscale, EVENT_IS(SOCKET)),
};

const size_t event_fields_count = COUNT(event_fields);

static const char *const kind_names[EVENT_KINDS] = {
#define KIND_NAME(id, name) [EVENT_##id] = name,
	EVENT_TRACEPOINTS(KIND_NAME)
	[EVENT_SOCKET] = "socket",
	[EVENT_LOST] = "lost",
};

/**
 * event_number() - where an event keeps a number
 * @f: of any type but FIELD_TEXT; of FIELD_SACK it is the first of 2 * EVENT_SACKS_MAX
 * @e: the event
 *
 * Return: the place
 */
uint32_t *event_number(const struct event_field *f, const struct event *e)
{
	return (uint32_t *)((char *)e + f->offset);
}

/**
 * event_text() - where an event keeps a text
 * @f: of type FIELD_TEXT
 * @e: the event
 *
 * Return: the place, of @f->size bytes
 */
char *event_text(const struct event_field *f, const struct event *e)
{
	return (char *)e + f->offset;
}

/**
 * event_name() - what a kind of events is called
 * @kind: below EVENT_KINDS
 *
 * Return: a constant text
 */
const char *event_name(enum event_kind kind)
{
	return kind_names[kind];
}

/**
 * event_kind_named() - the kind that is called so
 * @name: as event_name()
 *
 * Return: the kind; -1: there is none
 */
int event_kind_named(const char *name)
{
	for (int i = 0; i < EVENT_KINDS; i++)
		if (!strcmp(kind_names[i], name))
			return i;
	return -1;
}

/**
 * word_of() - the word for a number
 * @words: which words
 * @number: the number
 *
 * Return: the word; "?" where there is none
 */
const char *word_of(const struct words *words, uint32_t number)
{
	if (words == &words_wire && number == NATIVE_WIRE)
		return "native";
	return number - words->first < words->count ? words->list[number - words->first] : "?";
}

/**
 * word_number() - the number that a word stands for
 * @words: which words
 * @word: the word
 * @number: where it goes; 0 for the word "?"
 *
 * Return: whether there is such a word
 */
bool word_number(const struct words *words, const char *word, uint32_t *number)
{
	*number = 0;
	if (!strcmp(word, "?"))
		return true;
	if (words == &words_wire && !strcmp(word, "native")) {
		*number = NATIVE_WIRE;
		return true;
	}
	for (size_t i = 0; i < words->count; i++)
		if (!strcmp(words->list[i], word)) {
			*number = words->first + i;
			return true;
		}
	return false;
}

static const char *const flag_names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
static const char *const is_names[] = {
	"duplicate", "sack", "dsack", "reordered", "congestion", "undone", "reneged"
};

static void bits_text(char *to, size_t size, uint32_t bits, const char *const *names, size_t count,
		      char between)
{
	size_t n = 0;

	*to = 0;
	for (size_t i = 0; i < count; i++)
		if (bits & 1u << i && n + 12 < size)
			n += sprintf(to + n, "%.*s%s", n ? 1 : 0, &between, names[i]);
}

static bool bits_number(const char *text, const char *const *names, size_t count, char between,
			uint32_t *bits)
{
	*bits = 0;
	while (*text) {
		size_t n = strcspn(text, (char[]){ between, 0 }), i;

		for (i = 0; i < count; i++)
			if (strlen(names[i]) == n && !strncmp(text, names[i], n))
				break;
		if (i == count)
			return false;
		*bits |= 1u << i;
		text += n;
		if (*text && !*++text)
			return false;
	}
	return true;
}

/**
 * flags_text() - a segment's flags in words
 * @to: where they go
 * @size: of it, in bytes
 * @flags: of enum segment_flag
 * @between: two of them
 */
void flags_text(char *to, size_t size, uint32_t flags, char between)
{
	bits_text(to, size, flags, flag_names, COUNT(flag_names), between);
}

/**
 * flags_number() - the flags that flags_text() has put into words
 * @text: the words
 * @between: what is between two
 * @flags: where they go
 *
 * Return: whether all words are known
 */
bool flags_number(const char *text, char between, uint32_t *flags)
{
	return bits_number(text, flag_names, COUNT(flag_names), between, flags);
}

/**
 * is_text() - what an ACK was, in words with commas
 * @to: where they go
 * @size: of it, in bytes
 * @is: as in the module
 */
void is_text(char *to, size_t size, uint32_t is)
{
	bits_text(to, size, is, is_names, COUNT(is_names), ',');
}

/**
 * is_number() - the bits that is_text() has put into words
 * @text: the words
 * @is: where they go
 *
 * Return: whether all words are known
 */
bool is_number(const char *text, uint32_t *is)
{
	return bits_number(text, is_names, COUNT(is_names), ',', is);
}

static const uint8_t v4_mapped[12] = { [10] = 0xff, 0xff };

/**
 * end_is_v4() - whether an end has an IPv4 address
 * @end: the end
 *
 * Return: whether
 */
bool end_is_v4(const struct end *end)
{
	return !memcmp(end->addr, v4_mapped, sizeof(v4_mapped));
}

/**
 * end_set_v4() - give an end an IPv4 address
 * @end: the end
 * @addr: four bytes
 */
void end_set_v4(struct end *end, const void *addr)
{
	memcpy(end->addr, v4_mapped, 12);
	memcpy(end->addr + 12, addr, 4);
}

/**
 * end_text() - address and port as a person writes them
 * @to: where they go
 * @end: the end
 */
void end_text(char to[END_TEXT_BYTES], const struct end *end)
{
	char a[INET6_ADDRSTRLEN];

	if (end_is_v4(end)) {
		inet_ntop(AF_INET, end->addr + 12, a, sizeof(a));
		snprintf(to, END_TEXT_BYTES, "%s:%u", a, end->port);
	} else {
		inet_ntop(AF_INET6, end->addr, a, sizeof(a));
		snprintf(to, END_TEXT_BYTES, "[%s]:%u", a, end->port);
	}
}

/**
 * end_parse() - undo end_text()
 * @text: the text, and nothing else
 * @end: where it goes
 *
 * Return: whether it is an end's
 */
bool end_parse(const char *text, struct end *end)
{
	char a[INET6_ADDRSTRLEN];
	const char *colon = strrchr(text, ':');
	bool six = *text == '[';
	unsigned long port;
	size_t n;
	char *rest;

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return false;
	if (six && (colon - text < 2 || colon[-1] != ']'))
		return false;
	n = colon - text - 2 * six;
	if (n >= sizeof(a))
		return false;
	memcpy(a, text + six, n);
	a[n] = 0;
	port = strtoul(colon + 1, &rest, 10);
	if (*rest || port > 65535)
		return false;
	end->port = port;
	if (six)
		return inet_pton(AF_INET6, a, end->addr) == 1;
	memcpy(end->addr, v4_mapped, 12);
	return inet_pton(AF_INET, a, end->addr + 12) == 1;
}

/**
 * end_equal() - whether two ends are one
 * @a: one
 * @b: the other
 *
 * Return: whether
 */
bool end_equal(const struct end *a, const struct end *b)
{
	return a->port == b->port && !memcmp(a->addr, b->addr, sizeof(a->addr));
}

/**
 * end_is_nobody() - whether it is a listener's other end
 * @end: the end
 *
 * Return: whether
 */
bool end_is_nobody(const struct end *end)
{
	return !end->port;
}

/**
 * tcp_state_name() - the RFC's name of a state
 * @state: the kernel's TCP_*, as in /proc/net/xtcp
 *
 * Return: a constant text; "?" for a number that is no state
 */
const char *tcp_state_name(unsigned int state)
{
	static const char *const names[] = {
		"?", "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2",
		"TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"
	};

	return names[state < COUNT(names) ? state : 0];
}
