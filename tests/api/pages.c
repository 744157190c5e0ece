// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a stream has filled are kept for reuse while it is busy, and given back by a
 * worker once nobody has filled one for a while.
 *
 * run: counts-objects wire-blind
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define TRACE	"/sys/kernel/tracing/instances/xtcp-pages/"

enum {
	CHUNK_BYTES = 16384,
	PAGE_BYTES = 32768,	/* those that data are written into: of order 3 */
	KEPT = 128,		/* on a processor */
	FREED = KEPT * 3 / 4,	/* some of them may still be in use */
	PATIENCE_MS = 15000,
};

static void trace_write(const char *file, const char *text)
{
	int fd = need(open(file, O_WRONLY));

	need(write(fd, text, strlen(text)));
	close(fd);
}

/* Return: what reads the events, or -1 where the kernel has none */
static int trace_frees(void)
{
	if (mkdir(TRACE, 0700) || access(TRACE "events/kmem/mm_page_free", F_OK))
		return -1;
	trace_write(TRACE "events/kmem/mm_page_free/filter", "order == 3");
	trace_write(TRACE "events/kmem/mm_page_free/enable", "1");
	return open(TRACE "trace_pipe", O_RDONLY | O_NONBLOCK);
}

static void trace_end(int fd)
{
	if (fd >= 0)
		close(fd);
	rmdir(TRACE);
}

/* Fill more pages than are kept, but never have many in flight. */
static void stream(void)
{
	static char chunk[CHUNK_BYTES];
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < 4 * KEPT * (PAGE_BYTES / CHUNK_BYTES); i++) {
		need(send_all(p.c, chunk, sizeof(chunk)));
		need(recv_all(p.s, chunk, sizeof(chunk)));
	}
	pair_close(&p);
}

/* How many of the events are a worker's, in time. */
static int freed_by_worker(int fd, int most)
{
	long long end = now_ms() + PATIENCE_MS;
	static char text[65536];
	int freed = 0;

	while (freed < most && now_ms() < end) {
		ssize_t n = read(fd, text, sizeof(text) - 1);
		char *line = text;

		if (n <= 0) {
			poll_for(fd, POLLIN);
			continue;
		}
		text[n] = 0;
		for (; (line = strstr(line, "kworker/")); line++)
			freed++;
	}
	return freed;
}

static void test_given_back(void)
{
	int fd, freed;

	if (wire == WIRE_KERNEL) {
		tap_skip("it keeps none", "pages");
		return;
	}
	fd = trace_frees();
	if (fd < 0) {
		tap_skip("no event mm_page_free", "pages");
		trace_end(fd);
		return;
	}
	stream();
	freed = freed_by_worker(fd, FREED);
	ok(freed >= FREED, "a worker frees most that a processor keeps");
	trace_end(fd);
}

static const struct tap_test tests[] = {
	TEST_SLOW(given_back, 60),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
