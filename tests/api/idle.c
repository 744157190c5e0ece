// SPDX-License-Identifier: GPL-2.0
/*
 * Ten seconds in which nothing happens: to connections whose window is closed,
 * and to ones that keepalive keeps. The peer is the kernel's TCP on TCP's wire.
 *
 * run: beside
 */
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "peers.h"
#include "space.h"
#include "tap.h"

#define IDLE_MS	10000

/* Client or server is of the wire under test, and each plays both parts. */
enum { PAIRS = 4 };

static const char *what(int i)
{
	static const char * const names[PAIRS] = {
		"client, active", "server, passive",
		"client, passive", "server, active",
	};

	return names[i];
}

static void open_pairs(struct pair *p, int *active, int *passive)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		peers_open(&p[i], i & 1);
		active[i] = i & 2 ? p[i].s : p[i].c;
		passive[i] = i & 2 ? p[i].c : p[i].s;
	}
}

/* The reader stops: the window closes. */
static void fill_them(const int *sends, long long *sent)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		need(set_int(sends[i], SOL_SOCKET, SO_SNDBUF, 65536));
		sent[i] = fill(sends[i]);
		ok(sent[i] > 0, "%s: until nothing goes", what(i));
	}
}

static void keep_them(const int *keeps)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		need(set_int(keeps[i], SOL_TCP, TCP_KEEPIDLE, 1));
		need(set_int(keeps[i], SOL_TCP, TCP_KEEPINTVL, 1));
		/* a probe that is not answered within a second ends it */
		need(set_int(keeps[i], SOL_TCP, TCP_KEEPCNT, 1));
		need(set_int(keeps[i], SOL_SOCKET, SO_KEEPALIVE, 1));
	}
}

static void test_ten_seconds(void)
{
	int sends[PAIRS], reads[PAIRS], keeps[PAIRS], others[PAIRS], i;
	struct pair full[PAIRS], kept[PAIRS];
	long long sent[PAIRS];
	struct pollfd pfd[2 * PAIRS];
	char byte;

	open_pairs(full, sends, reads);
	open_pairs(kept, keeps, others);
	keep_them(keeps);
	fill_them(sends, sent);
	for (i = 0; i < PAIRS; i++) {
		pfd[i] = (struct pollfd){ .fd = sends[i], .events = POLLOUT };
		pfd[PAIRS + i] = (struct pollfd){ .fd = keeps[i], .events = POLLIN };
	}
	eq(poll(pfd, ARRAY_SIZE(pfd), IDLE_MS), 0, "neither room nor an error comes");

	for (i = 0; i < PAIRS; i++) {
		set_nonblock(sends[i], false);
		need(shutdown(sends[i], SHUT_WR));
		eq(read_to_end(reads[i]), sent[i],
		   "%s: all of it and no more, once the reader reads", what(i));
		need(send(others[i], "x", 1, 0));
		eq(recv(keeps[i], &byte, 1, 0), 1,
		   "%s: what was kept alive carries data", what(i));
	}
	if (wire != WIRE_KERNEL) {
		/* how often in ten seconds depends on the measured round trip */
		ok(counter("WindowProbes") >= (wire == WIRE_TCP ? PAIRS / 2 : PAIRS),
		   "each window was probed (%lld)", counter("WindowProbes"));
		ok(counter("KeepAlives") >= 8, "and idle peers (%lld)",
		   counter("KeepAlives"));
	}
}

static const struct tap_test tests[] = {
	TEST_SLOW(ten_seconds, 60),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
