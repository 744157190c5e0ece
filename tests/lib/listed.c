// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "listed.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Not there yet: what tells it from other sockets. */
static bool is_new(void **seen, const char *local, const char *remote, const char *inode)
{
	char *key;

	if (asprintf(&key, "%s %s %s", local, remote, inode) < 0)
		need(-1);
	if (*(char **)tsearch(key, seen, by_text) == key)
		return true;
	free(key);
	return false;
}

/**
 * listed_of() - count sockets
 * @which: whose: in the namespace that this thread is in, and of the IP version under test
 * @states: in which of these states they are: IN_STATE(TCP_LISTEN) | ..., IN_ANY_STATE
 *
 * A table that grows or shrinks while it is read may show some twice: they count once.
 */
int listed_of(enum wire which, unsigned int states)
{
	FILE *f = fopen(sockets_file_of(which), "r");
	char line[512], local[40], remote[40], inode[24];
	void *seen = NULL;
	unsigned int state;
	int n = 0;

	need(f ? 0 : -1);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: %39s %39s %x %*s %*s %*s %*s %*s %23s", local, remote,
			   &state, inode) == 4 && states & IN_STATE(state))
			n += is_new(&seen, local, remote, inode);
	fclose(f);
	tdestroy(seen, free);
	return n;
}

/* Of the wire under test. */
int listed_in(unsigned int states)
{
	return listed_of(wire, states);
}
