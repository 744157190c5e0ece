// SPDX-License-Identifier: GPL-2.0
/*
 * A listener ends, and listens again, while SYNs, the ACKs that complete handshakes, and
 * accept() are at it on other processors: nothing of it is left behind.
 *
 * XTCP_RELISTEN_MS says for how long, 3000 by default.
 *
 * run: counts-objects
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define OPENERS		3
#define ACCEPTORS	2
#define PORT		5500
#define SEVERAL		8	/* connections accepted between two ends */

static int duration_ms = 3000;
static int the_listener;	/* its number may be another socket's by now */
static bool over;
static int accepted, opened, odd_errno;

static bool is_one_of(int err, const int *list, int n)
{
	while (n--)
		if (err == list[n])
			return true;
	return false;
}

static void note_odd(int err)
{
	if (!odd_errno)
		odd_errno = err;
}

/* Neither side waits: the socket is gone, and the peer's as well. */
static void drop(int fd)
{
	set_linger(fd, 1, 0);
	close(fd);
}

static long long open_many(struct bg *bg)
{
	static const int ends[] = { ECONNREFUSED, ECONNRESET, EINPROGRESS };
	(void)bg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		int fd = need(xsocket());

		/* a SYN that nobody takes is sent again, a second later */
		need(set_ms(fd, SO_SNDTIMEO, 5));
		if (!connect_at(fd, "127.0.0.1", PORT))
			__atomic_add_fetch(&opened, 1, __ATOMIC_RELAXED);
		else if (!is_one_of(errno, ends, ARRAY_SIZE(ends)))
			note_odd(errno);
		drop(fd);
	}
	return 0;
}

static long long accept_many(struct bg *bg)
{
	/* EAGAIN: in time nobody came; the others: it listens no more */
	static const int ends[] = { EAGAIN, EINVAL, EBADF, ENOTSOCK };
	(void)bg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		int fd = accept(__atomic_load_n(&the_listener, __ATOMIC_RELAXED), NULL, NULL);

		if (fd >= 0) {
			__atomic_add_fetch(&accepted, 1, __ATOMIC_RELAXED);
			drop(fd);
		} else if (!is_one_of(errno, ends, ARRAY_SIZE(ends))) {
			note_odd(errno);
		}
	}
	return 0;
}

/* An accept() keeps the port until it returns, though the socket was closed under it. */
static int bind_in_time(int fd)
{
	long long end = now_ms() + LONG_MS;
	int ret;

	while ((ret = bind_at(fd, "127.0.0.1", PORT)) && errno == EADDRINUSE && now_ms() < end)
		pause_ms(1);
	return ret;
}

static int begin(void)
{
	int fd = need(xsocket());

	need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	need(set_ms(fd, SO_RCVTIMEO, 5));
	need(bind_in_time(fd));
	need(listen(fd, 4));
	__atomic_store_n(&the_listener, fd, __ATOMIC_RELAXED);
	return fd;
}

static void wait_for_some(void)
{
	int more = __atomic_load_n(&accepted, __ATOMIC_RELAXED) + SEVERAL;
	long long end = now_ms() + LONG_MS;

	while (__atomic_load_n(&accepted, __ATOMIC_RELAXED) < more && now_ms() < end)
		pause_ms(1);
}

static void disconnect(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	need(connect(fd, &none, sizeof(none)));
}

/* What user and port of a listener may come to, in turn.  Return: the next listener */
static int end_and_begin(int fd, int round)
{
	int other;

	switch (round % 4) {
	case 0:
		need(close(fd));
		return begin();
	case 1:
		need(shutdown(fd, SHUT_RDWR));
		need(listen(fd, 4));
		return fd;
	case 2:
		disconnect(fd);
		need(listen(fd, 4));
		return fd;
	}
	/* another life */
	other = listen_on(4);
	need(shutdown(fd, SHUT_RDWR));
	need(connect_at(fd, "127.0.0.1", port_of(other)));
	drop(need(accept_in_time(other)));
	need(close(other));
	drop(fd);
	return begin();
}

/* All sockets of the namespace, children and what a request keeps among them. */
static int sockets_used(void)
{
	FILE *f = fopen("/proc/net/sockstat", "r");
	int used = -1;

	need(f && fscanf(f, "sockets: used %d", &used) == 1 ? 0 : -1);
	need(fclose(f));
	return used;
}

static int sockets_left(int before)
{
	long long end = now_ms() + LONG_MS;

	while (sockets_used() > before && now_ms() < end)
		pause_ms(10);
	return sockets_used() - before;
}

static void under_load(const char *cookies)
{
	struct bg threads[OPENERS + ACCEPTORS] = { };
	int i, before, fd, rounds = 0;
	long long end;

	if (!have_root()) {
		tap_skip("not root", "a namespace of its own");
		return;
	}
	netns_new();
	need(sysctl_wire("syncookies", cookies));
	before = sockets_used();
	fd = begin();
	for (i = 0; i < OPENERS + ACCEPTORS; i++) {
		threads[i].fn = i < OPENERS ? open_many : accept_many;
		bg_start(&threads[i]);
	}
	end = now_ms() + duration_ms;
	while (now_ms() < end) {
		wait_for_some();
		fd = end_and_begin(fd, rounds++);
	}
	/* the last ends while they are at it as well */
	need(shutdown(fd, SHUT_RDWR));
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (i = 0; i < OPENERS + ACCEPTORS; i++)
		bg_join(&threads[i]);
	need(close(fd));

	tap_diag("%d times, %d opened, %d accepted", rounds, opened, accepted);
	ok(rounds > 8, "it ended several times in each way");
	ok(accepted >= rounds * SEVERAL, "and always took connections again");
	eq(odd_errno, 0, "no call failed for another reason");
	eq(sockets_left(before), 0, "no socket is left behind");
	fd = need(xsocket());
	fails(connect_at(fd, "127.0.0.1", PORT), ECONNREFUSED, "nobody listens");
	need(close(fd));
	fd = need(xsocket());
	eq(bind_at(fd, "127.0.0.1", PORT), 0, "and the port is free");
}

static void test_with_requests(void)
{
	under_load("0");
}

static void test_with_cookies(void)
{
	under_load("2");
}

static const struct tap_test tests[] = {
	TEST_SLOW(with_requests, 120),
	TEST_SLOW(with_cookies, 120),
};

int main(void)
{
	const char *ms = getenv("XTCP_RELISTEN_MS");

	if (ms)
		duration_ms = atoi(ms);
	return tap_main(tests, ARRAY_SIZE(tests));
}
