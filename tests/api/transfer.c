// SPDX-License-Identifier: GPL-2.0
/* Much data, every byte of it checked. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void finish(int pid)
{
	eq(exit_status(pid), 0, "the sender is content");
}

static int fork_stream(const struct pair *p, int fd, unsigned long long seed,
		       long long bytes, size_t chunk)
{
	int pid = need(fork());

	if (!pid) {
		if (fd != p->c)
			close(p->c);
		if (fd != p->s)
			close(p->s);
		_exit(stream_send(fd, seed, bytes, chunk) != bytes ||
		      shutdown(fd, SHUT_WR));
	}
	return pid;
}

static void one_way(long long bytes, size_t out, size_t in)
{
	struct pair p;
	int pid;

	pair_open(&p);
	pid = fork_stream(&p, p.c, bytes, bytes, out);
	eq(stream_recv(p.s, bytes, in), bytes, "%lld bytes by %zu, read by %zu",
	   bytes, out, in);
	finish(pid);
	pair_close(&p);
}

static void test_sizes(void)
{
	one_way(1, 1, 100);
	one_way(1459, 2000, 2000);
	one_way(1461, 2000, 2000);
	one_way(65535, 65536, 65536);
	one_way(65537, 100000, 100000);
	one_way(4 << 20, 65536, 65536);
	one_way(1 << 20, 1 << 20, 1000003);
	one_way(300000, 777, 1 << 20);
	one_way(100000, 100000, 7);
}

static void test_both_ways(void)
{
	struct pair p;
	long long bytes = 1 << 20;
	int pid[3];

	pair_open(&p);
	pid[0] = fork_stream(&p, p.c, 11, bytes, 65536);
	pid[1] = fork_stream(&p, p.s, 12, bytes, 65536);
	pid[2] = need(fork());
	if (!pid[2])
		_exit(stream_recv(p.c, 12, 65536) != bytes);
	eq(stream_recv(p.s, 11, 65536), bytes, "one way");
	eq(exit_status(pid[2]), 0, "the other way at the same time");
	finish(pid[0]);
	finish(pid[1]);
}

static void bytewise(int nodelay)
{
	struct pair p;
	int pid;

	pair_open(&p);
	need(set_int(p.c, SOL_TCP, TCP_NODELAY, nodelay));
	pid = fork_stream(&p, p.c, 13, 3000, 1);
	eq(stream_recv(p.s, 13, 100), 3000, "3000 writes of one byte%s",
	   nodelay ? ", TCP_NODELAY" : "");
	finish(pid);
}

static void test_one_byte_writes(void)
{
	bytewise(0);
	bytewise(1);
}

static void test_one_byte_reads(void)
{
	one_way(3000, 1000, 1);
}

static void test_ping_pong(void)
{
	struct pair p;
	char byte = 0;
	int i, pid;

	pair_open(&p);
	pid = need(fork());
	if (!pid) {
		for (i = 0; i < 500; i++)
			if (recv(p.s, &byte, 1, 0) != 1 ||
			    send(p.s, &byte, 1, 0) != 1)
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < 500; i++) {
		char want = i;

		byte = ~want;
		if (send(p.c, &want, 1, 0) != 1 ||
		    recv(p.c, &byte, 1, 0) != 1 || byte != want)
			break;
	}
	eq(i, 500, "500 round trips");
	finish(pid);
}

/* The reader pauses until the sender is stuck, again and again. */
static void test_stop_and_go(void)
{
	unsigned char buf[30000];
	struct pair p;
	long long pos = 0, diff = -1;
	ssize_t n;
	int pid;

	pair_open_small(&p, 20000, 20000);
	pid = fork_stream(&p, p.c, 14, 500000, 10000);
	while (diff < 0) {
		if (pos % 5 == 0)
			pause_ms(5);
		n = recv(p.s, buf, 1 + pos % sizeof(buf), 0);
		if (n <= 0)
			break;
		diff = stream_diff(14, pos, buf, n);
		pos += n;
	}
	eq(diff, -1, "no byte is wrong");
	eq(pos, 500000, "none is missing");
	finish(pid);
}

static void test_small_mss(void)
{
	struct pair p;
	int pid;

	p.l = listen_on(1);
	p.c = need(xsocket());
	need(set_int(p.c, SOL_TCP, TCP_MAXSEG, 100));
	need(connect_at(p.c, "127.0.0.1", port_of(p.l)));
	p.s = need(accept_in_time(p.l));
	pid = fork_stream(&p, p.c, 15, 300000, 65536);
	eq(stream_recv(p.s, 15, 65536), 300000, "300000 bytes by segments of 100");
	finish(pid);
}

static void test_many_connections(void)
{
	struct pair p[20];
	int pid[20], i, good = 0;

	for (i = 0; i < 20; i++) {
		pair_open(&p[i]);
		pid[i] = fork_stream(&p[i], p[i].c, 100 + i, 100000, 10000);
		close(p[i].c);
	}
	for (i = 0; i < 20; i++)
		good += stream_recv(p[i].s, 100 + i, 10000) == 100000;
	eq(good, 20, "20 connections at once");
	for (i = 0; i < 20; i++)
		exit_status(pid[i]);
}

static void test_connect_send_close(void)
{
	int l = listen_on(64);
	int i, fd, s, good = 0;
	char buf[8];

	for (i = 0; i < 200; i++) {
		fd = connect_to(l);
		need(send(fd, "hello", 5, 0));
		s = need(accept_in_time(l));
		good += recv(s, buf, 5, MSG_WAITALL) == 5 &&
			send(s, "bye", 3, 0) == 3 && close(s) == 0 &&
			recv(fd, buf, 3, MSG_WAITALL) == 3 &&
			recv(fd, buf, 1, 0) == 0;
		close(fd);
	}
	eq(good, 200, "200 short connections");
}

static const struct tap_test tests[] = {
	TEST_SLOW(sizes, 40),
	TEST_SLOW(both_ways, 40),
	TEST(one_byte_writes),
	TEST(one_byte_reads),
	TEST(ping_pong),
	TEST(stop_and_go),
	TEST(small_mss),
	TEST(many_connections),
	TEST(connect_send_close),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
