/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How events go from where they come from to what is made of them.
 *
 * A source adds events as it finds them: pipe_add().  The pipe filters them, gets them into
 * their order, tells conns.c of each and hands it to the output.
 */
#ifndef TRACE_H
#define TRACE_H

#include "conns.h"
#include "event.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

/* Events of several processors come nearly in order, within this; and a row of the table waits
 * as long for what belongs to it.
 */
#define HOLD_LIVE_NS (250 * NS_PER_MS)
#define HOLD_TEXT_NS (5 * NS_PER_S)	/* of the kernel's lines */

/**
 * struct output - what is made of the events
 * @kinds: EVENT_IS() of those that it wants
 * @begin: before the first; NULL: nothing is to be done
 * @event: one more, in their order, and the connection that it is of, NULL for EVENT_LOST and
 *	EVENT_TICK
 * @end: after the last; NULL: nothing is to be done.  Return: the exit status
 */
struct output {
	uint32_t kinds;
	void (*begin)(void);
	void (*event)(const struct event *e, struct conn *c);
	int (*end)(void);
};

/* pipe.c */
void pipe_begin(const struct output *output);
void pipe_add(const struct event *e);
void pipe_release(uint64_t until_ns);
int pipe_end(void);
uint64_t pipe_count(void);
uint64_t pipe_latest_ns(void);
uint64_t now_ns(void);
extern uint64_t realtime_ns;
void clock_here(void);

/* source_kernel.c */
struct kernel_options {
	uint32_t kinds;		/* EVENT_IS() */
	unsigned int buffer_kib;	/* of each processor; 0: as the kernel has it */
	double seconds;		/* how long; 0: until a signal comes */
	bool raw;		/* the kernel's own lines, and no events */
};

int kernel_watch(const struct kernel_options *o);

/* source_file.c */
int file_read(const char *name);

/* sockets.c */
void sockets_add_all(uint64_t ns);
int sockets_of(uint32_t netns, const char *path, bool six, uint64_t ns,
	       void (*take)(const struct event *e, void *data), void *data);

/* main.c */
extern const char *me;
extern uint64_t hold_ns;	/* for how long a row waits */
void say(const char *format, ...) __attribute((format(printf, 1, 2)));
void die(const char *format, ...) __attribute((format(printf, 1, 2), noreturn));
void *allocate(size_t size);

#endif /* TRACE_H */
