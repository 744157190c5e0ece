// SPDX-License-Identifier: GPL-2.0
/*
 * Connections whose window is shut: what still goes through, how they end, and
 * for how long they wait.
 *
 * run: beside
 */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

/* The peer has been asked for its window, and said that there is none. */
static void wait_probed(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len;

	do {
		pause_ms(20);
		len = sizeof(info);
		need(getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	} while (!info.tcpi_backoff && !info.tcpi_probes);
}

/* c's sender is stuck: s does not read. */
static void stalled_pair(struct pair *p)
{
	pair_open_small(p, 65536, 16384);
	ok(fill(p->c) > 0, "until nothing goes");
	wait_probed(p->c);
}

static long long bg_stream(struct bg *bg)
{
	return stream_send(bg->fd, 7, 3000000, 65536);
}

/* An end that does not read may write: its ACKs come from within the peer's window. */
static void test_other_way(void)
{
	struct bg bg = { .fn = bg_stream };
	unsigned char buf[65536];
	long long got = 0, start;
	struct pair p;

	stalled_pair(&p);
	bg.fd = p.s;
	start = now_ms();
	bg_start(&bg);
	while (got < 3000000) {
		ssize_t n = need(recv(p.c, buf, sizeof(buf), 0));

		if (!n || stream_diff(7, got, buf, n) >= 0)
			break;
		got += n;
	}
	eq(got, 3000000, "three megabytes the other way");
	eq(bg_join(&bg), 3000000, "all of them");
	ok(now_ms() - start < LONG_MS, "at once, not by retransmissions");
}

static void hears_of_reset(struct pair *p, const char *how)
{
	ok(poll_for(p->s, POLLERR) & POLLERR, "%s reaches the peer", how);
	eq(so_error(p->s), ECONNRESET, "as a reset");
	pair_close(p);
}

static void test_abort(void)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct pair p;

	stalled_pair(&p);
	need(set_linger(p.c, 1, 0));
	need(close(p.c));
	p.c = -1;
	hears_of_reset(&p, "close() with SO_LINGER 0");

	stalled_pair(&p);
	need(connect(p.c, &unspec, sizeof(unspec)));
	hears_of_reset(&p, "connect() to AF_UNSPEC");

	stalled_pair(&p);
	need(send(p.s, "unread", 6, 0));
	ok(poll_for(p.c, POLLIN) & POLLIN, "something to read");
	need(close(p.c));
	p.c = -1;
	hears_of_reset(&p, "close() with unread data");
}

/* Many small writes that nobody reads, and then all of them. */
static void test_small_writes(void)
{
	static const int sizes[] = { 50, 100, 150, 200, 300 };
	char buf[300] = "";
	struct pair p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		long long sent = 0, n;

		pair_open_small(&p, 1 << 20, 65536);
		need(set_int(p.c, SOL_TCP, TCP_NODELAY, 1));
		do {
			while ((n = send(p.c, buf, sizes[i], MSG_DONTWAIT)) > 0)
				sent += n;
		} while (poll_now(p.c, POLLOUT) & POLLOUT);
		need(shutdown(p.c, SHUT_WR));
		eq(read_to_end(p.s), sent, "all of %d bytes at a time", sizes[i]);
		pair_close(&p);
	}
}

/* SO_RCVBUF made smaller while data is on its way: nothing is lost, and it goes on. */
static void test_smaller_buffer(void)
{
	struct bg bg = { .fn = bg_stream };
	struct pair p;

	pair_open(&p);
	bg.fd = p.c;
	bg_start(&bg);
	while (fd_inq(p.s) < 10000)
		need(poll_for(p.s, POLLIN) & POLLIN);
	need(set_int(p.s, SOL_SOCKET, SO_RCVBUF, 2304));
	ok(bg_blocked(&bg), "the sender waits");
	eq(get_int(p.s, SOL_SOCKET, SO_RCVBUF) < 16384, 1, "the buffer is small");
	{
		unsigned char buf[65536];
		long long got = 0;

		while (got < 300000) {
			ssize_t n = need(recv(p.s, buf, sizeof(buf), 0));

			if (!n || stream_diff(7, got, buf, n) >= 0)
				break;
			got += n;
		}
		ok(got >= 300000, "and what it sends goes on coming");
	}
	need(set_linger(p.s, 1, 0));
	close(p.s);
	p.s = -1;
	bg_join(&bg);
	pair_close(&p);
}

/* At some time between began and full the connection has stalled. */
static void in_time(int fd, long long began, long long full, const char *what)
{
	long long end;

	ok(poll_for(fd, POLLERR) & POLLERR, "%s ends", what);
	end = now_ms();
	eq(so_error(fd), ETIMEDOUT, "with a timeout");
	ok(end - began >= 2400 && end - full < 3100, "after 2.5 s: %lld to %lld ms", end - full,
	   end - began);
}

/* TCP_USER_TIMEOUT behind a window that stays shut, though probes are answered. */
static void test_patience_with_window(void)
{
	long long began;
	struct pair p;

	pair_open_small(&p, 65536, 16384);
	need(set_int(p.c, SOL_TCP, TCP_USER_TIMEOUT, 2500));
	began = now_ms();
	fill(p.c);
	in_time(p.c, began, now_ms(), "a stalled connection");
	pair_close(&p);
}

enum { MUCH = 10000000 };

static long long bg_send_much(struct bg *bg)
{
	static const char zeros[MUCH];

	return send(bg->fd, zeros, MUCH, MSG_NOSIGNAL);
}

/* A sender that sleeps does not wake up in the next connection. */
static void test_disconnect_under_sender(void)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct bg bg = { .fn = bg_send_much };
	struct pair p;

	pair_open_small(&p, 65536, 16384);
	bg.fd = p.c;
	bg_start(&bg);
	ok(bg_blocked(&bg), "send() blocks");
	need(connect(p.c, &unspec, sizeof(unspec)));
	need(connect_at(p.c, "127.0.0.1", port_of(p.l)));
	ok(bg_join(&bg) < MUCH, "its call ends with the connection");
	close(p.s);
	p.s = need(accept_in_time(p.l));
	eq(poll_now(p.s, POLLIN) & POLLIN, 0, "the next connection has none of its data");
	pair_close(&p);
}

/* As haproxy checks: no ACK for the SYN,ACK, then a reset, so nothing is accepted. */
static void test_silent_check(void)
{
	int l = listen_on(4), i;

	for (i = 0; i < 4; i++) {
		int fd = need(xsocket());

		need(set_int(fd, SOL_TCP, TCP_QUICKACK, 0));
		need(connect_at(fd, "127.0.0.1", port_of(l)));
		need(set_linger(fd, 1, 0));
		need(close(fd));
	}
	pause_ms(SHORT_MS);
	eq(poll_now(l, POLLIN), 0, "the server has seen no connection");
	i = need(connect_to(l));
	ok(accept_in_time(l) >= 0, "one that is meant is accepted");
	close(i);
}

/* The least buffer: one write fills the initial window of ten segments. */
static void test_first_write(void)
{
	static const char zeros[65536];
	struct pair p;

	pair_open(&p);
	ok(send(p.c, zeros, 14600, MSG_DONTWAIT) == 14600,
	   "what fills the initial window is taken at once");
	pair_close(&p);
}

static const struct tap_test tests[] = {
	TEST_SLOW(other_way, 40),
	TEST_SLOW(abort, 40),
	TEST(small_writes),
	TEST_SLOW(smaller_buffer, 30),
	TEST_SLOW(patience_with_window, 30),
	TEST(disconnect_under_sender),
	TEST(silent_check),
	TEST(first_write),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
