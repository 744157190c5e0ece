// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that all sockets may have together, net.xtcp.mem, and its end.
 *
 * run: takes-memory
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define HOGS	40
#define ORPHANS	8

/* The first namespace's, which is the machine's: opened before a test has its own. */
static int mem_fd;

static void get_mem(char *text, size_t room)
{
	text[need(pread(mem_fd, text, room - 1, 0))] = 0;
}

/* Return: 0, or -1 with errno */
static int set_mem(const char *text)
{
	return pwrite(mem_fd, text, strlen(text), 0) == (ssize_t)strlen(text) ? 0 : -1;
}

static void test_values(void)
{
	char before[100], after[100];

	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP takes any three numbers", "everything");
		return;
	}
	get_mem(before, sizeof(before));
	fails(set_mem("300 200 400"), EINVAL, "low above pressure");
	fails(set_mem("100 300 200"), EINVAL, "pressure above high");
	fails(set_mem("many"), EINVAL, "no number");
	get_mem(after, sizeof(after));
	ok(!strcmp(before, after), "nothing has changed");
	eq(set_mem(before), 0, "what it says can be written");
}

enum { SOME = 20000 };

static long long bg_send_some(struct bg *bg)
{
	long long sent = stream_send(bg->fd, 3, SOME, 1000);

	return sent == SOME && !shutdown(bg->fd, SHUT_WR) ? sent : -1;
}

/* One process's connections fill the pool; another's go on, if slowly, and those of another
 * namespace.
 */
static void test_at_the_limit(void)
{
	struct bg bg = { .fn = bg_send_some };
	struct pair hog[HOGS], p[3];
	char before[100];
	long long sent = 0;
	int i;

	get_mem(before, sizeof(before));
	for (i = 0; i < HOGS; i++)
		pair_open(&hog[i]);
	need(set_mem("128 192 256"));	/* a megabyte */
	for (i = 0; i < HOGS; i++)
		sent += fill(hog[i].c);
	ok(sent < 40 * 1000000, "the limit holds the hogs back");
	for (i = 0; i < 3; i++) {
		if (i == 1 && have_root())
			netns_new();
		pair_open(&p[i]);
		bg.fd = p[i].c;
		bg_start(&bg);
		eq(stream_recv(p[i].s, 3, 4096), SOME, "connection %d moves its data", i);
		eq(bg_join(&bg), SOME, "all of it");
		pair_close(&p[i]);
	}
	need(set_mem(before));
	/* and the hogs have lost nothing */
	for (i = 0; i < HOGS; i++) {
		long long n;

		need(shutdown(hog[i].c, SHUT_WR));
		n = read_to_end(hog[i].s);
		ok(n > 0, "hog %d is read to the end", i);
		sent -= n;
		pair_close(&hog[i]);
	}
	eq(sent, 0, "every byte of the hogs");
}

/* Has the peer been reset, in time? */
static bool is_reset(struct pair *p)
{
	return poll_for(p->s, POLLERR) & POLLERR && so_error(p->s) == ECONNRESET;
}

/* The sum of all memory leaves out what each processor has in reserve, up to a megabyte: let
 * connections that have a user hold much more.  Return: how many bytes they have to send
 */
static long long hold_memory(struct pair *p, int n)
{
	static const char much[400000];
	long long sent = 0;

	while (n--) {
		pair_open_small(&p[n], 200000, 16384);
		sent += need(send(p[n].c, much, sizeof(much), MSG_DONTWAIT));
	}
	return sent;
}

/* A peer does not read, and its user has gone: when memory is short that is the first to go. */
static void test_orphans(void)
{
	struct pair before[ORPHANS], after[ORPHANS], waits[2 * ORPHANS];
	long long held = hold_memory(waits, 2 * ORPHANS);
	char mem[100];
	int i, n;

	get_mem(mem, sizeof(mem));
	for (i = 0; i < ORPHANS; i++) {
		pair_open_small(&before[i], 4 * SOME, 16384);
		pair_open_small(&after[i], 4 * SOME, 16384);
		need(stream_send(before[i].c, 3, 4 * SOME, SOME));
		need(stream_send(after[i].c, 3, 4 * SOME, SOME));
	}
	for (i = 0; i < ORPHANS; i++)
		close(before[i].c);
	need(set_mem("3 3 3"));
	for (i = 0; i < ORPHANS; i++)
		close(after[i].c);
	for (i = n = 0; i < ORPHANS; i++)
		n += is_reset(&after[i]);
	eq(n, ORPHANS, "who is closed when there is no memory is reset at once");
	for (i = n = 0; i < ORPHANS; i++)
		n += is_reset(&before[i]);
	eq(n, ORPHANS, "who was closed before, when its peer is asked for room again");
	need(set_mem(mem));
	for (i = 0; i < 2 * ORPHANS; i++) {
		need(shutdown(waits[i].c, SHUT_WR));
		held -= read_to_end(waits[i].s);
	}
	eq(held, 0, "connections with a user lose nothing");
}

static const struct tap_test tests[] = {
	TEST(values),
	TEST_SLOW(at_the_limit, 60),
	TEST_SLOW(orphans, 60),
};

int main(void)
{
	const char *kernel = getenv("XTCP_WIRE");

	mem_fd = open(kernel && !strcmp(kernel, "kernel") ?
		      "/proc/sys/net/ipv4/tcp_mem" : "/proc/sys/net/xtcp/mem", O_RDWR);
	if (mem_fd < 0)
		tap_bail_out("net.xtcp.mem: %s", tap_errno_name(errno));
	return tap_main(tests, ARRAY_SIZE(tests));
}
