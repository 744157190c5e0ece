// SPDX-License-Identifier: GPL-2.0
/* Which error comes first, which call takes it away, what remains. */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

/* A connection that its peer has reset; poll() knows. */
static void pair_reset(struct pair *p)
{
	pair_open(p);
	need(set_linger(p->s, 1, 0));
	need(close(p->s));
	need(poll_for(p->c, POLLIN) & POLLERR ? 0 : -1);
}

/* MUST-12 */
static void test_by_recv(void)
{
	struct pair p;
	char byte;

	pair_reset(&p);
	fails(recv(p.c, &byte, 1, 0), ECONNRESET, "recv() takes the error");
	eq(so_error(p.c), 0, "SO_ERROR is clear");
	eq(recv(p.c, &byte, 1, 0), 0, "recv() then reads the end");
	fails(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE, "send() then is EPIPE");
}

static void test_by_send(void)
{
	struct pair p;
	char byte;

	pair_reset(&p);
	catch_signal(SIGPIPE, 0);
	fails(send(p.c, "x", 1, 0), ECONNRESET, "send() takes the error");
	eq(caught(), 0, "without SIGPIPE");
	eq(so_error(p.c), 0, "SO_ERROR is clear");
	fails(send(p.c, "x", 1, 0), EPIPE, "send() then is EPIPE");
	eq(caught(), 1, "with SIGPIPE");
	eq(recv(p.c, &byte, 1, 0), 0, "recv() reads the end");
}

static void test_by_so_error(void)
{
	struct pair p;
	char byte;

	pair_reset(&p);
	eq(so_error(p.c), ECONNRESET, "SO_ERROR takes the error");
	eq(so_error(p.c), 0, "once");
	eq(recv(p.c, &byte, 1, 0), 0, "recv() reads the end");
	fails(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE, "send() is EPIPE");
}

static void test_by_poll(void)
{
	struct pair p;
	int all = POLLIN | POLLOUT | POLLRDHUP;

	pair_reset(&p);
	eq(poll_now(p.c, all), all | POLLERR | POLLHUP, "poll()");
	eq(poll_now(p.c, 0), POLLERR | POLLHUP, "poll() takes nothing away");
	need(so_error(p.c));
	eq(poll_now(p.c, all), all | POLLHUP, "no POLLERR after SO_ERROR");
}

static void test_peek_takes(void)
{
	struct pair p;
	char byte;

	pair_reset(&p);
	fails(recv(p.c, &byte, 1, MSG_PEEK), ECONNRESET, "MSG_PEEK tells it");
	eq(so_error(p.c), 0, "and takes it");
}

static void test_zero_length(void)
{
	struct pair p;
	char byte;

	pair_reset(&p);
	fails(send(p.c, "", 0, MSG_NOSIGNAL), ECONNRESET,
	      "send() of nothing tells it");
	pair_reset(&p);
	fails(recv(p.c, &byte, 0, 0), ECONNRESET, "recv() of nothing tells it");
}

static void test_dead_socket(void)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	int l = listen_on(1);
	struct pair p;

	pair_reset(&p);
	fails(shutdown(p.c, SHUT_WR), ENOTCONN, "shutdown()");
	eq(so_error(p.c), ECONNRESET, "leaves the error");
	fails(accept(p.c, NULL, NULL), EINVAL, "accept()");
	fails(connect_at(p.c, "127.0.0.1", port_of(l)), EISCONN,
	      "connect(): it was connected");
	need(connect(p.c, &unspec, sizeof(unspec)));
	eq(connect_at(p.c, "127.0.0.1", port_of(l)), 0,
	   "connect() after AF_UNSPEC");
}

static void test_unconnected(void)
{
	int fd = need(xsocket());
	char byte;

	fails(recv(fd, &byte, 1, 0), ENOTCONN, "fresh: recv()");
	fails(recv(fd, &byte, 1, MSG_DONTWAIT), ENOTCONN,
	      "fresh: recv(MSG_DONTWAIT)");
	fails(recv(fd, &byte, 1, MSG_PEEK), ENOTCONN, "fresh: MSG_PEEK");
	fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE, "fresh: send()");
	fails(send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT), EPIPE,
	      "fresh: send(MSG_DONTWAIT)");
	fails(recv(fd, (void *)8, 1, 0), ENOTCONN,
	      "the state counts before the pointer");
	catch_signal(SIGPIPE, 0);
	fails(send(fd, "x", 1, 0), EPIPE, "fresh: send()");
	eq(caught(), 1, "with SIGPIPE");
	eq(so_error(fd), 0, "no error is left");
}

/* The data that came before the reset is read first; send() sees the reset. */
static void test_data_first(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	need(send(p.s, "data", 4, 0));
	need(wait_inq(p.c, 4) ? 0 : -1);
	need(set_linger(p.s, 1, 0));
	need(close(p.s));
	need(poll_for(p.c, 0) & POLLERR ? 0 : -1);
	eq(recv(p.c, buf, 2, 0), 2, "data");
	eq(recv(p.c, buf, 8, 0), 2, "the rest of it");
	fails(recv(p.c, buf, 8, 0), ECONNRESET, "the reset");
	eq(recv(p.c, buf, 8, 0), 0, "the end");
}

/* A waiting reader and a waiting writer are both woken; one gets the error. */
static void test_wakes_reader(void)
{
	struct bg bg = { .fn = bg_recv1 };
	struct pair p;

	pair_open(&p);
	bg.fd = p.c;
	bg_start(&bg);
	ok(bg_blocked(&bg), "recv() blocks");
	need(set_linger(p.s, 1, 0));
	need(close(p.s));
	fails(bg_join(&bg), ECONNRESET, "a reset wakes it");
}

static long long bg_send1(struct bg *bg)
{
	return send(bg->fd, "x", 1, MSG_NOSIGNAL);
}

static void test_wakes_writer(void)
{
	struct bg bg = { .fn = bg_send1 };
	struct pair p;

	pair_open_small(&p, 8192, 8192);
	need(fill(p.c));
	bg.fd = p.c;
	bg_start(&bg);
	ok(bg_blocked(&bg), "send() blocks");
	need(set_linger(p.s, 1, 0));
	need(close(p.s));
	fails(bg_join(&bg), ECONNRESET, "a reset wakes it");
}

static void test_wrong_calls(void)
{
	struct pair p;
	int fd[2];

	pair_open(&p);
	fails(lseek(p.c, 0, SEEK_CUR), ESPIPE, "lseek()");
	fails(pwrite(p.c, "x", 1, 0), ESPIPE, "pwrite()");
	fails(ftruncate(p.c, 0), EINVAL, "ftruncate()");
	fails(fsync(p.c), EINVAL, "fsync()");
	need(pipe(fd));
	fails(send(fd[1], "x", 1, 0), ENOTSOCK, "send() to a pipe");
	fails(recv(-1, NULL, 0, 0), EBADF, "recv() of no file");
}

static const struct tap_test tests[] = {
	TEST(by_recv),
	TEST(by_send),
	TEST(by_so_error),
	TEST(by_poll),
	TEST(peek_takes),
	TEST(zero_length),
	TEST(dead_socket),
	TEST(unconnected),
	TEST(data_first),
	TEST(wakes_reader),
	TEST(wakes_writer),
	TEST(wrong_calls),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
