// SPDX-License-Identifier: GPL-2.0
/*
 * A record of the kernel's as an event: field by field, by name.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

#include "record.h"
#include "trace.h"

#define FIELDS_MAX 64

/* A kind of events, as the running kernel lays out its records. */
static struct layout {
	int id;
	struct tep_format_field *laddr, *raddr, *netns, *wire, *pid;
	struct tep_format_field *fields[FIELDS_MAX];	/* in the order of event_fields */
} layouts[EVENT_TRACEPOINT_KINDS];

static struct tep_format_field *field_of(struct tep_event *event, const char *name)
{
	struct tep_format_field *f = tep_find_any_field(event, name);

	if (!f)
		die("the module is of another version: %s has no field %s", event->name, name);
	return f;
}

static void find_fields(struct layout *l, enum event_kind kind, struct tep_event *event)
{
	l->id = event->id;
	l->laddr = field_of(event, "laddr");
	l->raddr = field_of(event, "raddr");
	l->netns = field_of(event, "netns");
	l->wire = field_of(event, "wire");
	l->pid = field_of(event, "common_pid");
	for (size_t i = 0; i < event_fields_count; i++)
		if (event_fields[i].kinds & 1u << kind)
			l->fields[i] = field_of(event, event_fields[i].name);
}

/* How a record is printed stays out: we do not print it. */
static void parse_format(struct tep_handle *tep, const char *name)
{
	int size;
	char *text = tracefs_event_file_read(NULL, "xtcp", name, "format", &size), *print;

	if (!text)
		die("the module is of another version: there is no event %s", name);
	print = strstr(text, "print fmt:");
	if (print)
		memcpy(print, "print fmt: \"\"\n", sizeof("print fmt: \"\"\n"));
	if (tep_parse_event(tep, text, strlen(text), "xtcp"))
		die("cannot read the format of %s", name);
	free(text);
}

/**
 * record_formats() - learn how the running kernel lays out records
 *
 * Return: what record_read() needs.  A layout that lacks something ends the program
 */
struct tep_handle *record_formats(void)
{
	struct tep_handle *tep = tep_alloc();
	char *text;
	int size;

	if (!tep || event_fields_count > FIELDS_MAX)
		die("no memory");
	tep_set_loglevel(TEP_LOG_NONE);
	text = tracefs_instance_file_read(NULL, "events/header_page", &size);
	if (!text || tep_parse_header_page(tep, text, size, sizeof(long)))
		die("cannot read the format of the kernel's traces");
	free(text);
	for (int kind = 0; kind < EVENT_TRACEPOINT_KINDS; kind++) {
		char name[32];

		snprintf(name, sizeof(name), "xtcp_%s", event_name(kind));
		parse_format(tep, name);
		find_fields(&layouts[kind], kind, tep_find_event_by_name(tep, "xtcp", name));
	}
	return tep;
}

static uint32_t number(struct tep_format_field *f, const void *data)
{
	unsigned long long value = 0;

	tep_read_number_field(f, data, &value);
	return value;
}

static void address(struct tep_format_field *f, const void *data, struct end *end)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	memcpy(&six, (const char *)data + f->offset, sizeof(six));
	memcpy(&four, &six, sizeof(four));
	end->port = ntohs(four.sin_port);
	if (four.sin_family == AF_INET)
		end_set_v4(end, &four.sin_addr);
	else
		memcpy(end->addr, &six.sin6_addr, sizeof(end->addr));
}

/* A text's place in the record, and its length, are what the field itself holds. */
static void text(struct tep_format_field *f, const void *data, char *to, size_t size)
{
	uint32_t where;

	memcpy(&where, (const char *)data + f->offset, sizeof(where));
	snprintf(to, size, "%.*s", (int)(where >> 16), (const char *)data + (where & 0xffff));
}

/**
 * record_read() - read a record
 * @tep: of record_formats()
 * @record: the record
 * @e: where what it says goes
 *
 * Return: whether it is one of xtcp's
 */
bool record_read(struct tep_handle *tep, struct tep_record *record, struct event *e)
{
	int id = tep_data_type(tep, record), kind;
	const void *data = record->data;
	const struct layout *l;

	for (kind = 0; kind < EVENT_TRACEPOINT_KINDS && layouts[kind].id != id; kind++)
		;
	if (kind == EVENT_TRACEPOINT_KINDS)
		return false;
	l = &layouts[kind];
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->ns = record->ts;
	e->pid = number(l->pid, data);
	e->netns = number(l->netns, data);
	e->wire = number(l->wire, data);
	address(l->laddr, data, &e->local);
	address(l->raddr, data, &e->remote);
	for (size_t i = 0; i < event_fields_count; i++) {
		const struct event_field *f = &event_fields[i];

		if (!l->fields[i])
			continue;
		if (f->type == FIELD_TEXT)
			text(l->fields[i], data, event_text(f, e), f->size);
		else if (f->type == FIELD_SACK)
			memcpy(event_number(f, e), (const char *)data + l->fields[i]->offset,
			       sizeof(e->sack));
		else
			*event_number(f, e) = number(l->fields[i], data);
	}
	return true;
}
