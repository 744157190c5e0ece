// SPDX-License-Identifier: GPL-2.0
/* listen(): in which states, the backlog and what overflows it. */
#define _GNU_SOURCE
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "tap.h"

static void test_states(void)
{
	struct pair p;
	int fd = need(xsocket());
	int full[2];

	eq(listen(fd, 5), 0, "without bind()");
	ok(port_of(fd) != 0, "has an ephemeral port");
	ok(is_at(name_of(fd), "0.0.0.0"), "of the wildcard address");
	eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 1, "SO_ACCEPTCONN");
	ok(connect_at(need(xsocket()), "127.0.0.1", port_of(fd)) == 0,
	   "and takes connections");

	pair_open(&p);
	fails(listen(p.c, 5), EINVAL, "connected");
	fails(listen(p.s, 5), EINVAL, "accepted");
	full_listener(full);
	fails(listen(full[1], 5), EINVAL, "connecting");
	fails(listen(-1, 5), EBADF, "no socket");
	fails(listen(STDIN_FILENO, 5), ENOTSOCK, "not a socket");
}

static void test_again(void)
{
	int fd = listen_on(1);
	int port = port_of(fd);

	eq(listen(fd, 10), 0, "a second listen() changes the backlog");
	eq(port_of(fd), port, "the port stays");
	eq(listen(fd, 0), 0, "0");
	eq(listen(fd, -1), 0, "-1 stands for the most");
	eq(listen(fd, 1 << 30), 0, "too much is cut");
	eq(connect_at(need(xsocket()), "127.0.0.1", port), 0, "still listens");
}

/* MUST-41 */
static void test_occupied(void)
{
	int a = need(xsocket());
	int b = need(xsocket());

	need(bind_at(a, "127.0.0.1", 5100));
	need(listen(a, 1));
	fails(bind_at(b, "127.0.0.1", 5100), EADDRINUSE, "a port that listens");
	close(a);
	eq(bind_at(b, "127.0.0.1", 5100), 0, "free after close()");
	eq(listen(b, 1), 0, "and listens");
}

/* A backlog of n holds n + 1 connections, as it has in Linux forever. */
static void backlog_of(int backlog)
{
	int l = listen_on(backlog);
	int fd[8];
	int i;

	for (i = 0; i <= backlog; i++)
		fd[i] = connect_to(l);
	ok(poll_for(l, POLLIN) & POLLIN, "backlog %d: %d connect at once",
	   backlog, backlog + 1);
	fd[i] = connect_start(l);
	/* the SYN is dropped, not refused */
	eq(poll_now(fd[i], POLLOUT | POLLIN), 0,
	   "backlog %d: one more is neither connected nor refused", backlog);
	if (!backlog)
		return;
	close(need(accept(l, NULL, NULL)));
	/* after the SYN's first retransmission */
	ok(poll_for(fd[i], POLLOUT) & POLLOUT,
	   "backlog %d: connects when there is room", backlog);
	eq(so_error(fd[i]), 0, "backlog %d: without an error", backlog);
}

/* A socket that could not listen, or does no more, connects as a fresh one does. */
static void connects_afresh(int fd, const char *what)
{
	int l = listen_on(1);
	struct info info;

	eq(connect_at(fd, "127.0.0.1", port_of(l)), 0, "%s: it connects", what);
	need(get_info(fd, &info));
	ok(!info.bytes_sent && !info.bytes_received && !info.bytes_retrans,
	   "%s: nothing is counted", what);
	need(close(fd));
	need(close(l));
}

static void test_connect_after(void)
{
	int first = need(xsocket()), second = need(xsocket());

	need(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
	need(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	need(bind_at(first, "127.0.0.1", 0));
	need(bind_at(second, "127.0.0.1", port_of(first)));
	need(listen(first, 5));
	fails(listen(second, 5), EADDRINUSE, "another listens");
	connects_afresh(second, "listen() failed");
	need(shutdown(first, SHUT_RDWR));
	connects_afresh(first, "shut down");
}

static void test_backlog_0(void)
{
	backlog_of(0);
}

static void test_backlog_2(void)
{
	backlog_of(2);
}

static void test_backlog_grows(void)
{
	int fd[2];
	int l = full_listener(fd);

	eq(poll_now(fd[1], POLLOUT), 0, "the queue is full");
	need(listen(l, 8));
	eq(connect_at(need(xsocket()), "127.0.0.1", port_of(l)), 0,
	   "a larger backlog takes the next at once");
}

static void test_order(void)
{
	int l = listen_on(8);
	int port[5];
	int i, fd;

	for (i = 0; i < 5; i++)
		port[i] = port_of(connect_to(l));
	for (i = 0; i < 5; i++) {
		fd = need(accept_in_time(l));
		eq(port_in(peer_of(fd)), port[i], "number %d", i);
	}
}

/* Closing a listener resets what it had not accepted. */
static void test_close_unaccepted(void)
{
	int l = listen_on(4);
	int fd = connect_to(l);
	char byte;

	need(poll_for(l, POLLIN) & POLLIN ? 0 : -1);
	close(l);
	ok(poll_for(fd, POLLIN) & POLLIN, "the connection ends");
	fails(recv(fd, &byte, 1, 0), ECONNRESET, "with a reset");
}

static void test_shutdown_listener(void)
{
	struct bg bg = { .fn = bg_accept };
	int port = 5101;

	bg.fd = need(xsocket());
	need(bind_at(bg.fd, "127.0.0.1", port));
	need(listen(bg.fd, 4));
	bg_start(&bg);
	ok(bg_blocked(&bg), "accept() blocks");
	eq(shutdown(bg.fd, SHUT_RD), 0, "shutdown(SHUT_RD) of the listener");
	fails(bg_join(&bg), EINVAL, "accept() returns");
	fails(connect_at(need(xsocket()), "127.0.0.1", port), ECONNREFUSED,
	      "connections are refused");
	eq(get_int(bg.fd, SOL_SOCKET, SO_ACCEPTCONN), 0, "SO_ACCEPTCONN");
	eq(port_of(bg.fd), port, "the port is kept");
	fails(accept(bg.fd, NULL, NULL), EINVAL, "accept() fails");
	eq(listen(bg.fd, 4), 0, "listen() again");
	eq(connect_at(need(xsocket()), "127.0.0.1", port), 0, "and it connects");
	eq(shutdown(bg.fd, SHUT_WR), 0, "shutdown(SHUT_WR) changes nothing");
	eq(connect_at(need(xsocket()), "127.0.0.1", port), 0, "it still listens");
}

static void test_use_of_listener(void)
{
	struct address peer = { .len = sizeof(peer.v6) };
	int l = listen_on(4);
	char byte;

	fails(recv(l, &byte, 1, 0), ENOTCONN, "recv()");
	fails(send(l, "x", 1, MSG_NOSIGNAL), EPIPE, "send()");
	fails(connect_at(l, "127.0.0.1", port_of(l)), EISCONN, "connect()");
	fails(getpeername(l, &peer.any, &peer.len), ENOTCONN,
	      "getpeername()");
	eq(so_error(l), 0, "SO_ERROR");
	ok(port_of(l) != 0, "still bound");
	ok(connect_to(l) >= 0, "still listens");
}

static const struct tap_test tests[] = {
	TEST(states),
	TEST(again),
	TEST(occupied),
	TEST(connect_after),
	TEST(backlog_0),
	TEST(backlog_2),
	TEST(backlog_grows),
	TEST(order),
	TEST(close_unaccepted),
	TEST(shutdown_listener),
	TEST(use_of_listener),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
