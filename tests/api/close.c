// SPDX-License-Identifier: GPL-2.0
/* close(): FIN or RST, SO_LINGER, data that is still on its way. */
#define _GNU_SOURCE
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_fin(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	eq(close(p.c), 0, "close()");
	eq(recv(p.s, &byte, 1, 0), 0, "the peer reads the end");
	eq(send(p.s, "x", 1, MSG_NOSIGNAL), 1, "its send() is taken");
	ok(poll_for(p.s, 0) & POLLHUP, "and answered by a reset");
	eq(so_error(p.s), EPIPE, "SO_ERROR: EPIPE, for it had seen the end");
	fails(send(p.s, "x", 1, MSG_NOSIGNAL), EPIPE, "send() after that");
	eq(recv(p.s, &byte, 1, 0), 0, "recv() after that");
}

/* RFC 9293 3.6.1, RFC 2525 2.17: unread data, so the peer must know */
static void test_rst_if_unread(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	need(send(p.s, "unread", 6, 0));
	need(wait_inq(p.c, 6) ? 0 : -1);
	eq(close(p.c), 0, "close() with unread data");
	ok(poll_for(p.s, POLLIN) & POLLERR, "POLLERR at the peer");
	fails(recv(p.s, &byte, 1, 0), ECONNRESET, "the peer reads a reset");
	eq(recv(p.s, &byte, 1, 0), 0, "once; then the end");
	fails(send(p.s, "x", 1, MSG_NOSIGNAL), EPIPE, "and cannot send");
}

static void test_data_after_close(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	need(send(p.c, "a", 1, 0));
	need(close(p.c));
	need(poll_for(p.s, POLLRDHUP) & POLLRDHUP ? 0 : -1);
	need(send(p.s, "late", 4, MSG_NOSIGNAL));
	ok(poll_for(p.s, 0) & POLLHUP, "data to a closed socket: a reset");
	eq(so_error(p.s), EPIPE, "SO_ERROR: EPIPE");
	eq(recv(p.s, &byte, 1, 0) >= 0, 1, "reading does not fail after that");
}

static void test_orphan(void)
{
	unsigned char buf[20000];
	struct pair p;
	long long sent;

	pair_open_small(&p, 30000, 8192);
	stream_fill(1, 0, buf, sizeof(buf));
	set_nonblock(p.c, true);
	sent = send(p.c, buf, sizeof(buf), 0);
	ok(sent > 8192, "more is queued than the peer takes");
	eq(close(p.c), 0, "close() returns at once");
	eq(stream_recv(p.s, 1, 1000), sent, "all of it arrives, then the end");
}

static void test_many_orphans(void)
{
	int l = listen_on(64);
	int i, fd, good = 0;
	char buf[8];

	for (i = 0; i < 50; i++) {
		fd = connect_to(l);
		need(send(fd, "orphan", 6, 0));
		close(fd);
	}
	for (i = 0; i < 50; i++) {
		fd = need(accept_in_time(l));
		good += recv(fd, buf, 8, 0) == 6 && recv(fd, buf, 8, 0) == 0;
		close(fd);
	}
	eq(good, 50, "closed before accept(): data and end are there");
}

static void test_linger_0(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	need(set_linger(p.c, 1, 0));
	eq(close(p.c), 0, "close()");
	ok(poll_for(p.s, POLLIN) & POLLERR, "the peer: POLLERR");
	fails(recv(p.s, &byte, 1, 0), ECONNRESET, "ECONNRESET");
	eq(recv(p.s, &byte, 1, 0), 0, "once");

	pair_open(&p);
	need(send(p.c, "lost", 4, 0));
	need(wait_inq(p.s, 4) ? 0 : -1);
	need(set_linger(p.c, 1, 0));
	need(close(p.c));
	need(poll_for(p.s, 0));
	fails(send(p.s, "x", 1, MSG_NOSIGNAL), ECONNRESET,
	      "send() tells it first");
	fails(send(p.s, "x", 1, MSG_NOSIGNAL), EPIPE, "then EPIPE");
}

/* After a reset Linux still hands out what had arrived before it. */
static void test_data_before_reset(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	need(send(p.c, "kept", 4, 0));
	need(wait_inq(p.s, 4) ? 0 : -1);
	need(set_linger(p.c, 1, 0));
	need(close(p.c));
	need(poll_for(p.s, 0));
	eq(recv(p.s, buf, 8, 0), 4, "data is read before the error");
	fails(recv(p.s, buf, 8, 0), ECONNRESET, "then the error");
	eq(recv(p.s, buf, 8, 0), 0, "then the end");
}

static long long bg_close(struct bg *bg)
{
	return close(bg->fd);
}

static void test_linger_waits(void)
{
	struct bg bg = { .fn = bg_close };
	struct pair p;
	long long start;
	char byte;

	pair_open(&p);
	need(set_linger(p.c, 1, 3));
	start = now_ms();
	eq(close(p.c), 0, "nothing to send: close()");
	ok(now_ms() - start < 2000, "lasts no longer than the FIN needs");
	eq(recv(p.s, &byte, 1, 0), 0, "the peer reads the end");

	pair_open_small(&p, 30000, 8192);
	need(fill(p.c));
	need(set_linger(p.c, 1, 5));
	bg.fd = p.c;
	bg_start(&bg);
	ok(bg_blocked(&bg), "data not acknowledged: close() waits");
	ok(drain(p.s) > 0, "the peer reads");
	eq(bg_join(&bg), 0, "then close() returns");
}

static void test_linger_expires(void)
{
	struct pair p;
	long long start, sent;

	pair_open_small(&p, 30000, 8192);
	sent = need(fill(p.c));
	need(set_linger(p.c, 1, 1));
	start = now_ms();
	eq(close(p.c), 0, "the peer does not read: close() gives up");
	ok(now_ms() - start >= 900, "not before the time given");
	ok(now_ms() - start < 4000, "but then");
	eq(read_to_end(p.s), sent, "the data arrives nevertheless");
}

/* O_NONBLOCK does not shorten SO_LINGER's wait, as in TCP. */
static void test_linger_values(void)
{
	struct linger linger = { 0 };
	socklen_t len = sizeof(linger);
	int fd = need(xsocket());

	need(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len));
	eq(linger.l_onoff, 0, "off at first");
	need(set_linger(fd, 1, 7));
	need(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len));
	eq(linger.l_onoff, 1, "on");
	eq(linger.l_linger, 7, "seconds");
	eq(len, sizeof(linger), "length");
	fails(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, 4), EINVAL,
	      "too short");
}

static void test_half_close(void)
{
	struct pair p;
	char buf[4];
	int i;

	pair_open(&p);
	need(shutdown(p.c, SHUT_WR));
	for (i = 0; i < 10; i++) {
		need(send(p.s, "data", 4, 0));
		if (recv(p.c, buf, 4, MSG_WAITALL) != 4)
			break;
	}
	eq(i, 10, "data flows against the closed direction");
	need(close(p.s));
	eq(recv(p.c, buf, 4, 0), 0, "then the end");
	eq(so_error(p.c), 0, "and no error");
}

/* The peer of an orphan in FIN-WAIT-2 never closes; the orphan must go away. */
static void test_orphan_is_closed(void)
{
	struct address addr;
	struct pair p;
	int fd = need(xsocket());
	int port;
	char byte;

	p.l = listen_on(4);
	addr = name_of(p.l);
	p.c = need(xsocket());
	/* connect() alone may share its port with an earlier test's TIME-WAIT */
	need(bind_at(p.c, "127.0.0.1", 0));
	need(connect_addr(p.c, &addr));
	p.s = need(accept_in_time(p.l));
	port = port_of(p.c);
	need(close(p.c));
	eq(recv(p.s, &byte, 1, 0), 0, "the end");
	fails(bind_at(fd, "127.0.0.1", port), EADDRINUSE,
	      "the orphan holds its port");
	need(send(p.s, "x", 1, MSG_NOSIGNAL));
	need(poll_for(p.s, 0) & POLLHUP ? 0 : -1);
	eq(bind_at(fd, "127.0.0.1", port), 0, "until it was reset");
}

static const struct tap_test tests[] = {
	TEST(fin),
	TEST(rst_if_unread),
	TEST(data_after_close),
	TEST(orphan),
	TEST(many_orphans),
	TEST(linger_0),
	TEST(data_before_reset),
	TEST_WAITS(linger_waits),
	TEST_WAITS(linger_expires),
	TEST(linger_values),
	TEST(half_close),
	TEST(orphan_is_closed),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
