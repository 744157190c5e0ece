/* SPDX-License-Identifier: GPL-2.0 */
/* Which programs a preloaded library gets into. */
#ifndef TOOLS_REACH_H
#define TOOLS_REACH_H

#include <limits.h>
#include <stdbool.h>

#define LIBRARY		"libxtcpize.so"

enum reach {
	REACH_YES,
	REACH_STATIC,
	REACH_GO,
	REACH_RIGHTS,
	REACH_BITS,
	REACH_UNREADABLE,	/* the library, by the user that the program runs as */
	REACH_ENVIRONMENT,	/* its LD_PRELOAD is not ours */
	REACH_KINDS,
};

/* What a line says of a program, after its name; and a word for a count. */
extern const char * const reach_why[REACH_KINDS];
extern const char * const reach_word[REACH_KINDS];

/* The file that execvp() takes for @name.  Return: whether there is one */
bool reach_find(const char *name, char path[PATH_MAX]);

/*
 * May a library be preloaded into @path?  If it is a script, what counts is its
 * interpreter, whose name then is in @path.
 *
 * Context: between vfork() and exec(), in a signal handler: it allocates nothing.
 * Return: REACH_YES also if @path cannot be read
 */
enum reach reach_program(char path[PATH_MAX]);

#endif
