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

/* One process's connections fill the pool; another's go on, if slowly. */
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

static const struct tap_test tests[] = {
	TEST(values),
	TEST_SLOW(at_the_limit, 60),
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
