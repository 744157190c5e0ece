// SPDX-License-Identifier: GPL-2.0
/*
 * What json.c has written as events again.  Of JSON this reads what it needs: an object of
 * numbers, texts, and arrays of numbers.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "source_file.h"
#include "trace.h"

#define NUMBERS_MAX (2 * EVENT_SACKS_MAX)
#define TEXT_MAX 128

/* A value: a text, or numbers. */
struct value {
	enum { VALUE_TEXT, VALUE_NUMBER, VALUE_NUMBERS } type;
	char text[TEXT_MAX];	/* of a number, its digits */
	uint32_t numbers[NUMBERS_MAX];
	size_t count;
};

static const char *const not_json = "this is no JSON object of xtcp-trace's";

static const char *skip(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

static bool read_text(const char **at, char text[TEXT_MAX])
{
	size_t n = 0;
	const char *s = *at;

	if (*s++ != '"')
		return false;
	for (; *s && *s != '"'; s++) {
		if (*s == '\\' || n == TEXT_MAX - 1)
			return false;
		text[n++] = *s;
	}
	text[n] = 0;
	*at = s + 1;
	return *s;
}

static bool read_number(const char **at, char text[TEXT_MAX])
{
	size_t n = strspn(*at, "0123456789.");

	if (!n || n >= TEXT_MAX)
		return false;
	memcpy(text, *at, n);
	text[n] = 0;
	*at += n;
	return true;
}

static bool to_u32(const char *text, uint32_t *number)
{
	unsigned long long all;
	char *rest;

	all = strtoull(text, &rest, 10);
	*number = all;
	return *text && !*rest && strlen(text) < 11 && all <= UINT32_MAX;
}

/* Brackets may be within brackets. */
static bool read_array(const char **at, struct value *v)
{
	const char *s = *at;
	int depth = 0;

	do {
		char digits[TEXT_MAX];

		s = skip(s);
		if (*s == '[') {
			depth++;
			s++;
		} else if (*s == ']') {
			depth--;
			s++;
		} else if (*s == ',') {
			s++;
		} else if (v->count == NUMBERS_MAX || !read_number(&s, digits) ||
			   !to_u32(digits, &v->numbers[v->count++])) {
			return false;
		}
	} while (depth);
	*at = s;
	return true;
}

static bool read_value(const char **at, struct value *v)
{
	v->count = 0;
	if (**at == '"') {
		v->type = VALUE_TEXT;
		return read_text(at, v->text);
	}
	if (**at == '[') {
		v->type = VALUE_NUMBERS;
		return read_array(at, v);
	}
	v->type = VALUE_NUMBER;
	return read_number(at, v->text);
}

/* Call take() for each member.  Return: whether it is an object, and take() liked all of it */
static bool members(const char *line,
		    bool (*take)(const char *name, const struct value *v, void *data), void *data)
{
	const char *at = skip(line);

	if (*at++ != '{')
		return false;
	for (;;) {
		char name[TEXT_MAX];
		struct value v;

		at = skip(at);
		if (!read_text(&at, name))
			return false;
		at = skip(at);
		if (*at++ != ':')
			return false;
		at = skip(at);
		if (!read_value(&at, &v) || !take(name, &v, data))
			return false;
		at = skip(at);
		if (*at == '}')
			break;
		if (*at++ != ',')
			return false;
	}
	return !*skip(at + 1);
}

/* An event that is being read, and what is wrong with it. */
struct reading {
	struct event *e;
	int kind;
	uint64_t fields;	/* which of event_fields were there */
	bool time, local, remote;
	char wrong[160];
};

static bool wrong(struct reading *r, const char *what, const char *name)
{
	snprintf(r->wrong, sizeof(r->wrong), "%s \"%.60s\"", what, name);
	return false;
}

static bool read_time(const char *text, uint64_t *ns)
{
	const char *dot = strchr(text, '.');
	char *rest;

	*ns = strtoull(text, &rest, 10) * NS_PER_S;
	if (!dot)
		return !*rest;
	if (rest != dot || strlen(dot + 1) != 9 || strspn(dot + 1, "0123456789") != 9)
		return false;
	*ns += strtoull(dot + 1, NULL, 10);
	return true;
}

static bool take_field(struct reading *r, size_t i, const struct value *v)
{
	const struct event_field *f = &event_fields[i];
	uint32_t *number = event_number(f, r->e);
	bool text = v->type == VALUE_TEXT, good = false;

	r->fields |= 1ULL << i;
	switch (f->type) {
	case FIELD_NUMBER:
		good = v->type == VALUE_NUMBER && to_u32(v->text, number);
		break;
	case FIELD_TEXT:
		good = text && strlen(v->text) < f->size;
		if (good)
			memcpy(event_text(f, r->e), v->text, strlen(v->text) + 1);
		break;
	case FIELD_FLAGS:
		good = text && flags_number(v->text, '|', number);
		break;
	case FIELD_IS:
		good = text && is_number(v->text, number);
		break;
	case FIELD_WORD:
		good = text && word_number(f->words, v->text, number);
		break;
	case FIELD_SACK:
		good = v->type == VALUE_NUMBERS && !(v->count % 2) && v->count / 2 == r->e->sacks;
		if (good)
			memcpy(number, v->numbers, v->count * sizeof(*number));
		break;
	}
	return good ? true : wrong(r, "this is no value for", f->name);
}

static bool take_member(const char *name, const struct value *v, void *data)
{
	bool text = v->type == VALUE_TEXT, digits = v->type == VALUE_NUMBER, good;
	struct reading *r = data;
	struct event *e = r->e;

	if (!strcmp(name, "t")) {
		good = digits && read_time(v->text, &e->ns);
		r->time = good;
	} else if (!strcmp(name, "event")) {
		r->kind = text ? event_kind_named(v->text) : -1;
		if (r->kind < 0)
			return wrong(r, "there is no event", v->text);
		e->kind = r->kind;
		return true;
	} else if (!strcmp(name, "netns")) {
		good = digits && to_u32(v->text, &e->netns);
	} else if (!strcmp(name, "pid")) {
		good = digits && to_u32(v->text, &e->pid);
	} else if (!strcmp(name, "wire")) {
		good = text && word_number(&words_wire, v->text, &e->wire);
	} else if (!strcmp(name, "local")) {
		good = text && end_parse(v->text, &e->local);
		r->local = good;
	} else if (!strcmp(name, "remote")) {
		good = text && end_parse(v->text, &e->remote);
		r->remote = good;
	} else {
		for (size_t i = 0; r->kind >= 0 && i < event_fields_count; i++)
			if (event_fields[i].kinds & 1u << r->kind &&
			    !strcmp(event_fields[i].name, name))
				return take_field(r, i, v);
		return wrong(r, r->kind < 0 ? "the event's name must come before" :
			     "the event has no field", name);
	}
	return good ? true : wrong(r, "this is no value for", name);
}

/* Whether all that such an event has was there. */
static bool complete(struct reading *r)
{
	if (r->kind < 0)
		return wrong(r, "there is no", "event");
	if (!r->time)
		return wrong(r, "there is no", "t");
	if (r->kind != EVENT_LOST && (!r->local || !r->remote))
		return wrong(r, "there is no", r->local ? "remote" : "local");
	for (size_t i = 0; i < event_fields_count; i++)
		if (event_fields[i].kinds & 1u << r->kind && !(r->fields & 1ULL << i))
			return wrong(r, "there is no", event_fields[i].name);
	return true;
}

/**
 * json_line() - read a line that --json has written
 * @line: the line
 * @e: where the event goes
 * @why_not: set where it cannot be read: what is wrong, good until the next call
 *
 * Return: whether it is an event
 */
bool json_line(const char *line, struct event *e, const char **why_not)
{
	static struct reading r;

	r = (struct reading) { .e = e, .kind = -1 };
	memset(e, 0, sizeof(*e));
	if (members(line, take_member, &r) && complete(&r))
		return true;
	*why_not = *r.wrong ? r.wrong : not_json;
	return false;
}

/* Years are below 20 digits of nanoseconds. */
static bool to_u64(const char *text, uint64_t *number)
{
	size_t n = strspn(text, "0123456789");

	*number = strtoull(text, NULL, 10);
	return n && !text[n] && n < 20;
}

static bool take_head(const char *name, const struct value *v, void *data)
{
	bool digits = v->type == VALUE_NUMBER;

	if (!strcmp(name, "xtcp-trace") && digits)
		to_u32(v->text, data);
	if (!strcmp(name, "realtime_ns"))	/* others may not say it */
		return digits && to_u64(v->text, &realtime_ns);
	return true;
}

/**
 * json_first_line() - read the line that describes the others
 * @line: the line
 * @why_not: set where it is none: what is wrong
 *
 * Return: whether the lines that follow can be read
 */
bool json_first_line(const char *line, const char **why_not)
{
	uint32_t version = 0;

	*why_not = not_json;
	if (!members(line, take_head, &version))
		return false;
	if (version)
		*why_not = "another version of xtcp-trace has written this";
	return version == JSON_VERSION;
}
