// SPDX-License-Identifier: GPL-2.0
/*
 * Events on their way from a source to an output: filtered, and in their order.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filter.h"
#include "trace.h"

/* What makes the time of day of an event's time; 0: not known */
uint64_t realtime_ns;

static const struct output *out;
static struct event *waiting;
static size_t first, count, room;	/* those that wait: from first on, count of them */
static bool begun, unsorted;
static uint64_t added, latest_ns;

/**
 * pipe_begin() - before the first event
 * @output: where they go
 */
void pipe_begin(const struct output *output)
{
	out = output;
}

/* Only now it is sure that there is a source. */
static void begin(void)
{
	begun = true;
	if (out->begin)
		out->begin();
}

/**
 * pipe_add() - an event has come
 * @e: the event; its order need not be set
 */
void pipe_add(const struct event *e)
{
	struct event *to;

	if (!begun)
		begin();
	added++;
	if (!(out->kinds & 1u << e->kind) || !filter_passes(e))
		return;
	if (first + count == room) {
		if (first && first >= room / 2) {
			memmove(waiting, waiting + first, count * sizeof(*waiting));
			first = 0;
		} else {
			room = room ? 2 * room : 1024;
			waiting = realloc(waiting, room * sizeof(*waiting));
			if (!waiting)
				die("no memory");
		}
	}
	to = waiting + first + count++;
	*to = *e;
	to->order = added;
	if (e->ns < latest_ns)
		unsorted = true;
	else
		latest_ns = e->ns;
}

static int by_time(const void *pa, const void *pb)
{
	const struct event *a = pa, *b = pb;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/**
 * pipe_release() - hand on what nothing can come before any more
 * @until_ns: all events until then have been added
 */
void pipe_release(uint64_t until_ns)
{
	if (unsorted)
		qsort(waiting + first, count, sizeof(*waiting), by_time);
	unsorted = false;
	while (count && waiting[first].ns <= until_ns) {
		const struct event *e = &waiting[first];

		struct conn *c = conns_event(e);

		if (c)
			c->uses++;
		out->event(e, c);
		if (c)
			conn_release(c);
		first++;
		count--;
	}
	if (!count)
		first = 0;
}

/**
 * pipe_end() - after the last event
 *
 * Return: the exit status
 */
int pipe_end(void)
{
	int status;

	pipe_release(UINT64_MAX);
	status = out->end ? out->end() : 0;
	free(waiting);
	waiting = NULL;
	return status;
}

/**
 * pipe_count() - how many events have come, filtered ones too
 *
 * Return: the number
 */
uint64_t pipe_count(void)
{
	return added;
}

/**
 * pipe_latest_ns() - when the latest event was that has come
 *
 * Return: the time; 0: none has come
 */
uint64_t pipe_latest_ns(void)
{
	return latest_ns;
}

/**
 * now_ns() - the time, as the events have it
 *
 * Return: nanoseconds
 */
uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/**
 * clock_here() - note what time of day it is, for events of this machine's
 */
void clock_here(void)
{
	struct timespec t;
	uint64_t before_ns = now_ns(), day_ns;

	clock_gettime(CLOCK_REALTIME, &t);
	day_ns = t.tv_sec * NS_PER_S + t.tv_nsec;
	realtime_ns = day_ns > before_ns ? day_ns - before_ns : 0;
}
