// SPDX-License-Identifier: GPL-2.0
/* Several threads at one socket. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define RECORDS	2000

/* As in TCP: the blocked call holds the file; close() only takes the number. */
static void test_close_under_recv(void)
{
	struct bg bg = { .fn = bg_recv1 };
	struct pair p;
	char byte;

	pair_open(&p);
	bg.fd = p.s;
	bg_start(&bg);
	ok(bg_blocked(&bg), "recv() blocks");
	eq(close(p.s), 0, "close() by another thread");
	ok(bg_blocked(&bg), "recv() stays blocked");
	eq(poll_now(p.c, POLLRDHUP), 0, "there is no FIN yet");
	need(send(p.c, "x", 1, 0));
	eq(bg_join(&bg), 1, "recv() returns with data");
	eq(recv(p.c, &byte, 1, 0), 0, "and now the socket is closed");
}

static void test_close_under_accept(void)
{
	struct bg bg = { .fn = bg_accept };
	int port;

	bg.fd = listen_on(4);
	port = port_of(bg.fd);
	bg_start(&bg);
	ok(bg_blocked(&bg), "accept() blocks");
	eq(close(bg.fd), 0, "close() by another thread");
	ok(bg_blocked(&bg), "accept() stays blocked");
	eq(connect_at(need(xsocket()), "127.0.0.1", port), 0, "it still listens");
	ok(bg_join(&bg) >= 0, "accept() returns with the connection");
	fails(connect_at(need(xsocket()), "127.0.0.1", port), ECONNREFUSED,
	      "and now the listener is closed");
}

static long long bg_poll(struct bg *bg)
{
	return poll_for(bg->fd, POLLIN);
}

static void test_close_under_poll(void)
{
	struct bg bg = { .fn = bg_poll };
	struct pair p;

	pair_open(&p);
	bg.fd = p.s;
	bg_start(&bg);
	ok(bg_blocked(&bg), "poll() blocks");
	need(close(p.s));
	ok(bg_blocked(&bg), "and stays blocked");
	need(send(p.c, "x", 1, 0));
	eq(bg_join(&bg), POLLNVAL, "data wakes it, and the number is gone");
}

static long long bg_send_records(struct bg *bg)
{
	char record[8];
	int i;

	memset(record, *(char *)bg->arg, sizeof(record));
	for (i = 0; i < RECORDS; i++)
		if (send_all(bg->fd, record, sizeof(record)) < 0)
			return -1;
	return RECORDS;
}

static void test_two_senders(void)
{
	struct bg a = { .fn = bg_send_records, .arg = "A" };
	struct bg b = { .fn = bg_send_records, .arg = "B" };
	int count[256] = { 0 };
	unsigned char buf[4096];
	struct pair p;
	ssize_t n, i, all = 0;

	pair_open_small(&p, 20000, 20000);
	a.fd = p.c;
	b.fd = p.c;
	bg_start(&a);
	bg_start(&b);
	while (all < 2 * 8 * RECORDS) {
		n = recv(p.s, buf, sizeof(buf), 0);
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			count[buf[i]]++;
		all += n;
	}
	eq(bg_join(&a), RECORDS, "one has sent");
	eq(bg_join(&b), RECORDS, "the other has sent");
	eq(count['A'], 8 * RECORDS, "all of the one has come");
	eq(count['B'], 8 * RECORDS, "all of the other has come");
}

/* Count the bytes read, and add them up: their order is not defined. */
static long long bg_read_sum(struct bg *bg)
{
	unsigned char buf[1000];
	long long sum = 0;
	ssize_t n, i;

	while ((n = recv(bg->fd, buf, sizeof(buf), 0)) > 0)
		for (i = 0; i < n; i++)
			sum += 1000 + buf[i];
	return n < 0 ? -1 : sum;
}

static void test_two_receivers(void)
{
	static unsigned char data[200000];
	struct bg a = { .fn = bg_read_sum };
	struct bg b = { .fn = bg_read_sum };
	long long sum = 0;
	struct pair p;
	size_t i;

	pair_open(&p);
	stream_fill(4, 0, data, sizeof(data));
	for (i = 0; i < sizeof(data); i++)
		sum += 1000 + data[i];
	a.fd = p.s;
	b.fd = p.s;
	bg_start(&a);
	bg_start(&b);
	eq(send_all(p.c, data, sizeof(data)), sizeof(data), "sent");
	need(shutdown(p.c, SHUT_WR));
	eq(bg_join(&a) + bg_join(&b), sum, "each byte is read once");
}

static long long bg_send_stream(struct bg *bg)
{
	long long n = stream_send(bg->fd, 5, 500000, 10000);

	shutdown(bg->fd, SHUT_WR);
	return n;
}

static long long bg_recv_stream(struct bg *bg)
{
	return stream_recv(bg->fd, 5, 10000);
}

static void test_send_and_receive(void)
{
	struct bg bg[4];
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < 4; i++) {
		bg[i] = (struct bg) {
			.fn = i < 2 ? bg_send_stream : bg_recv_stream,
			.fd = i % 2 ? p.c : p.s,
		};
		bg_start(&bg[i]);
	}
	for (i = 0; i < 4; i++)
		eq(bg_join(&bg[i]), 500000, "%s %d",
		   i < 2 ? "sender" : "receiver", i % 2);
}

/* close() and a reset from the peer at the same time, many times over. */
static long long bg_abort(struct bg *bg)
{
	set_linger(bg->fd, 1, 0);
	return close(bg->fd);
}

static void test_close_races(void)
{
	struct bg bg = { .fn = bg_abort };
	struct pair p;
	int i;

	for (i = 0; i < 100; i++) {
		pair_open(&p);
		if (i % 2)
			need(send(p.s, "x", 1, 0));
		bg.fd = p.c;
		bg_start(&bg);
		close(p.s);
		if (bg_join(&bg))
			break;
		close(p.l);
	}
	eq(i, 100, "close() against a reset");
}

static long long bg_connect_many(struct bg *bg)
{
	struct address addr = name_of(bg->fd);
	int i, fd;

	for (i = 0; i < 100; i++) {
		fd = xsocket();
		if (connect_addr(fd, &addr) < 0)
			return -1;
		send(fd, "hello", 5, MSG_NOSIGNAL);
		close(fd);
	}
	return 0;
}

static void test_connect_crowd(void)
{
	struct bg bg[4];
	int l = listen_on(1000);
	int i, fd, good = 0;
	char buf[8];

	for (i = 0; i < 4; i++) {
		bg[i] = (struct bg) { .fn = bg_connect_many, .fd = l };
		bg_start(&bg[i]);
	}
	for (i = 0; i < 400; i++) {
		fd = need(accept_in_time(l));
		good += recv(fd, buf, 8, MSG_WAITALL) == 5;
		close(fd);
	}
	eq(good, 400, "400 connections by four threads");
	for (i = 0; i < 4; i++)
		eq(bg_join(&bg[i]), 0, "thread %d", i);
}

static const struct tap_test tests[] = {
	TEST(close_under_recv),
	TEST(close_under_accept),
	TEST(close_under_poll),
	TEST(two_senders),
	TEST(two_receivers),
	TEST(send_and_receive),
	TEST(close_races),
	TEST(connect_crowd),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
