// SPDX-License-Identifier: GPL-2.0
/* What goes wrong: status 1; or 2 where the arguments are wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "say.h"

static void say(const char *fmt, va_list args)
{
	fflush(stdout);
	fputs("xss: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

/* A line on stderr. */
void complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

/* A line on stderr, and the end. */
void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	exit(1);
}

/* The same, for what the user has typed. */
void bad_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	fputs("xss: try --help\n", stderr);
	exit(2);
}

/* realloc(), without failure. */
void *grow(void *old, size_t bytes)
{
	void *new = realloc(old, bytes);

	if (!new)
		die("no memory");
	return new;
}
