// SPDX-License-Identifier: GPL-2.0
/*
 * many SERVER-NAMESPACE CLIENT-NAMESPACE COUNT
 *
 * Opens COUNT connections from 10.9.0.1 to 10.9.0.2, all open at once; sends a
 * byte there and a byte back on each; the client closes every other one first,
 * the server the rest.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define PORT		7000
#define BACKLOG		256

static int server_space;
static int client_space;
static int count;
static int *client;
static int *server;
static int listener;

static void open_files(rlim_t files)
{
	struct rlimit limit = { .rlim_cur = files, .rlim_max = files };

	need(setrlimit(RLIMIT_NOFILE, &limit));
}

static void open_all(void)
{
	int i;

	space_go(server_space);
	listener = need(xsocket());
	need(bind_at(listener, "0.0.0.0", PORT));
	need(listen(listener, BACKLOG));
	space_go(client_space);
	for (i = 0; i < count; i++) {
		client[i] = need(xsocket());
		need(connect_at(client[i], "10.9.0.2", PORT));
		server[i] = need(accept(listener, NULL, NULL));
	}
}

/* Return: on how many connections both bytes arrived right */
static int exchange_all(void)
{
	int i, good = 0;
	char byte;

	for (i = 0; i < count; i++) {
		byte = i;
		need(send(client[i], &byte, 1, 0));
	}
	for (i = 0; i < count; i++) {
		byte = ~i;
		need(recv(server[i], &byte, 1, 0));
		byte++;
		need(send(server[i], &byte, 1, 0));
	}
	for (i = 0; i < count; i++) {
		byte = ~i;
		need(recv(client[i], &byte, 1, 0));
		good += byte == (char)(i + 1);
	}
	return good;
}

/* Return: how many of those that close second saw the end of the stream */
static int close_all(void)
{
	int i, good = 0;
	char byte;

	for (i = 0; i < count; i++)
		close(i % 2 ? server[i] : client[i]);
	for (i = 0; i < count; i++) {
		int fd = i % 2 ? client[i] : server[i];

		good += recv(fd, &byte, 1, 0) == 0;
		close(fd);
	}
	close(listener);
	return good;
}

static long long both(const char *name)
{
	long long sum;

	space_go(server_space);
	sum = counter(name);
	space_go(client_space);
	return sum + counter(name);
}

static void test_many(void)
{
	open_files(2 * count + 64);
	client = calloc(count, sizeof(*client));
	server = calloc(count, sizeof(*server));
	open_all();
	ok(true, "%d connections opened", count);
	if (wire != WIRE_KERNEL)
		eq(both("CurrEstab"), 2 * count, "as many are counted on each side");
	eq(exchange_all(), count, "a byte there and back on each");
	eq(close_all(), count, "each ends in order");
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = { TEST_SLOW(many, 100) };

	if (argc != 4)
		tap_bail_out("usage: many SERVER-NAMESPACE CLIENT-NAMESPACE COUNT");
	server_space = space_named(argv[1]);
	client_space = space_named(argv[2]);
	count = atoi(argv[3]);
	return tap_main(tests, ARRAY_SIZE(tests));
}
