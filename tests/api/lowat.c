// SPDX-License-Identifier: GPL-2.0
/* SO_RCVLOWAT and small buffers at work. */
#define _GNU_SOURCE
#include <unistd.h>

#include "net.h"
#include "tap.h"

static long long bg_recv100(struct bg *bg)
{
	char buf[100];

	return recv(bg->fd, buf, sizeof(buf), 0);
}

static void test_recv(void)
{
	struct bg bg = { .fn = bg_recv100 };
	struct pair p;
	char buf[16];

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_RCVLOWAT, 10));
	bg.fd = p.s;
	bg_start(&bg);
	ok(bg_blocked(&bg), "none of 10: recv() waits");
	need(send(p.c, "01234", 5, 0));
	ok(bg_blocked(&bg), "5 of 10: recv() waits");
	need(send(p.c, "56789", 5, 0));
	eq(bg_join(&bg), 10, "10: recv() returns");

	need(send(p.c, "abc", 3, 0));
	need(wait_inq(p.s, 3) ? 0 : -1);
	eq(recv(p.s, buf, 3, 0), 3, "who asks for less gets less");
	need(send(p.c, "abc", 3, 0));
	need(wait_inq(p.s, 3) ? 0 : -1);
	eq(recv(p.s, buf, 16, MSG_DONTWAIT), 3, "MSG_DONTWAIT: what is there");
	need(send(p.c, "abcd", 4, 0));
	bg_start(&bg);
	ok(bg_blocked(&bg), "4 of 10: recv() waits");
	need(shutdown(p.c, SHUT_WR));
	eq(bg_join(&bg), 4, "the end: what was there");
	eq(recv(p.s, buf, 16, 0), 0, "then the end");
}

static void test_polls(void)
{
	struct pair p;
	char buf[16];

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_RCVLOWAT, 10));
	need(send(p.c, "01234", 5, 0));
	need(wait_inq(p.s, 5) ? 0 : -1);
	eq(poll_now(p.s, POLLIN), 0, "5 of 10: not readable");
	need(send(p.c, "56789", 5, 0));
	eq(poll_for(p.s, POLLIN), POLLIN, "10: readable");
	need(recv(p.s, buf, 3, 0));
	eq(poll_now(p.s, POLLIN), 0, "7 of 10: no longer");
	need(set_int(p.s, SOL_SOCKET, SO_RCVLOWAT, 5));
	eq(poll_now(p.s, POLLIN), POLLIN, "7 of 5: readable");
	need(set_int(p.s, SOL_SOCKET, SO_RCVLOWAT, 10));
	need(shutdown(p.c, SHUT_WR));
	eq(poll_for(p.s, POLLIN), POLLIN, "7 of 10 and the end: readable");
}

static long long bg_poll(struct bg *bg)
{
	return poll_for(bg->fd, POLLIN);
}

static void test_wakes(void)
{
	struct bg bg = { .fn = bg_poll };
	struct pair p;

	pair_open(&p);
	need(send(p.c, "01234", 5, 0));
	need(wait_inq(p.s, 5) ? 0 : -1);
	need(set_int(p.s, SOL_SOCKET, SO_RCVLOWAT, 10));
	bg.fd = p.s;
	bg_start(&bg);
	ok(bg_blocked(&bg), "poll() waits");
	need(set_int(p.s, SOL_SOCKET, SO_RCVLOWAT, 5));
	eq(bg_join(&bg), POLLIN, "a lower mark wakes it");
}

static int fork_sender(int fd, long long bytes, size_t chunk)
{
	int pid = need(fork());

	if (!pid)
		_exit(stream_send(fd, 3, bytes, chunk) == bytes ? 0 : 1);
	return pid;
}

/* A mark beyond the buffer makes the buffer grow. */
static void test_large_mark(void)
{
	struct pair p;
	int pid;

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_RCVLOWAT, 100000));
	pid = fork_sender(p.c, 100000, 10000);
	eq(poll_for(p.s, POLLIN), POLLIN, "100000 bytes fit");
	eq(fd_inq(p.s), 100000, "and are there");
	eq(exit_status(pid), 0, "sender");
}

static void through(int sndbuf, int rcvbuf, long long bytes)
{
	struct pair p;
	int pid;

	pair_open_small(&p, sndbuf, rcvbuf);
	pid = fork_sender(p.c, bytes, 3000);
	close(p.c);
	eq(stream_recv(p.s, 3, 1000), bytes, "%lld bytes arrive", bytes);
	eq(exit_status(pid), 0, "sender");
}

static void test_tiny_rcvbuf(void)
{
	through(0, 1, 20000);
}

static void test_tiny_sndbuf(void)
{
	through(1, 0, 200000);
}

static void test_tiny_both(void)
{
	through(1, 1, 20000);
}

/* The buffers bound what is in flight. */
static void test_bounded(void)
{
	struct pair p;
	long long sent;

	pair_open_small(&p, 10000, 10000);
	sent = fill(p.c);
	ok(sent >= 5000 && sent <= 100000, "10000 each way hold %lld", sent);
	need(close(p.c));
	eq(read_to_end(p.s), sent, "and all arrives");
}

static const struct tap_test tests[] = {
	TEST(recv),
	TEST(polls),
	TEST(wakes),
	TEST(large_mark),
	TEST(tiny_rcvbuf),
	TEST(tiny_sndbuf),
	TEST(tiny_both),
	TEST(bounded),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
