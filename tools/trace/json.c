// SPDX-License-Identifier: GPL-2.0
/*
 * Events as JSON, an object a line, for other programs and for --read.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "trace.h"

static void begin(void)
{
	printf("{\"xtcp-trace\":%d,\"t\":\"seconds, monotonic\",\"events\":\"an object a line\"",
	       JSON_VERSION);
	if (realtime_ns)
		printf(",\"realtime_ns\":%llu", (unsigned long long)realtime_ns);
	puts("}");
}

/* No name or word of ours needs escaping. */
static void print_field(const struct event_field *f, const struct event *e)
{
	const uint32_t *number = event_number(f, e);
	char text[64];

	printf(",\"%s\":", f->name);
	switch (f->type) {
	case FIELD_NUMBER:
		printf("%u", *number);
		break;
	case FIELD_TEXT:
		printf("\"%s\"", event_text(f, e));
		break;
	case FIELD_FLAGS:
		flags_text(text, sizeof(text), *number, '|');
		printf("\"%s\"", text);
		break;
	case FIELD_IS:
		is_text(text, sizeof(text), *number);
		printf("\"%s\"", text);
		break;
	case FIELD_WORD:
		printf("\"%s\"", word_of(f->words, *number));
		break;
	case FIELD_SACK:
		putchar('[');
		for (uint32_t i = 0; i < e->sacks && i < EVENT_SACKS_MAX; i++)
			printf("%s[%u,%u]", i ? "," : "", number[2 * i], number[2 * i + 1]);
		putchar(']');
		break;
	}
}

static void put_event(const struct event *e, struct conn *c)
{
	char local[END_TEXT_BYTES], remote[END_TEXT_BYTES];

	(void)c;
	printf("{\"t\":%llu.%09llu,\"event\":\"%s\"", (unsigned long long)(e->ns / NS_PER_S),
	       (unsigned long long)(e->ns % NS_PER_S), event_name(e->kind));
	if (e->kind != EVENT_LOST) {
		end_text(local, &e->local);
		end_text(remote, &e->remote);
		printf(",\"netns\":%u,\"pid\":%u,\"wire\":\"%s\"", e->netns, e->pid,
		       word_of(&words_wire, e->wire));
		printf(",\"local\":\"%s\",\"remote\":\"%s\"", local, remote);
	}
	for (size_t i = 0; i < event_fields_count; i++)
		if (event_fields[i].kinds & 1u << e->kind)
			print_field(&event_fields[i], e);
	puts("}");
}

static int end(void)
{
	fflush(stdout);
	return 0;
}

const struct output json_output = {
	.kinds = (1u << EVENT_KINDS) - 1,
	.begin = begin,
	.event = put_event,
	.end = end,
};
