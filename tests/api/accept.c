// SPDX-License-Identifier: GPL-2.0
/* accept() and accept4(): flags, addresses, blocking, signals, timeouts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_nonblocking(void)
{
	int l = listen_on(4);
	int c, s;

	set_nonblock(l, true);
	fails(accept(l, NULL, NULL), EAGAIN, "an empty queue");
	c = connect_to(l);
	need(poll_for(l, POLLIN) & POLLIN ? 0 : -1);
	s = accept(l, NULL, NULL);
	ok(s >= 0, "a connection");
	eq(fcntl(s, F_GETFL) & O_NONBLOCK, 0, "O_NONBLOCK is not inherited");
	eq(fcntl(s, F_GETFD) & FD_CLOEXEC, 0, "nor FD_CLOEXEC");
	fails(accept(l, NULL, NULL), EAGAIN, "empty again");
	close(c);
}

static void test_accept4_flags(void)
{
	int l = listen_on(4);
	int s;

	connect_to(l);
	need(poll_for(l, POLLIN) & POLLIN ? 0 : -1);
	fails(accept4(l, NULL, NULL, 1), EINVAL, "an unknown flag");
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ok(s >= 0, "SOCK_NONBLOCK | SOCK_CLOEXEC");
	eq(fcntl(s, F_GETFL) & O_NONBLOCK, O_NONBLOCK, "O_NONBLOCK");
	eq(fcntl(s, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "FD_CLOEXEC");
}

static void test_wrong_use(void)
{
	int fd = need(xsocket());
	struct pair p;

	fails(accept(fd, NULL, NULL), EINVAL, "fresh");
	need(bind_at(fd, "127.0.0.1", 0));
	fails(accept(fd, NULL, NULL), EINVAL, "bound");
	pair_open(&p);
	fails(accept(p.c, NULL, NULL), EINVAL, "connected");
	fails(accept(p.s, NULL, NULL), EINVAL, "accepted");
	fails(accept(-1, NULL, NULL), EBADF, "no file");
	fails(accept(STDIN_FILENO, NULL, NULL), ENOTSOCK, "no socket");
}

static void test_addresses(void)
{
	struct address addr, want = at("127.0.0.1", 0);
	struct sockaddr *sa = &addr.any;
	socklen_t len = sizeof(addr.v6);
	int l = listen_on(8);
	int c, s;

	c = connect_to(l);
	s = accept(l, sa, &len);
	ok(s >= 0, "with an address");
	eq(len, want.len, "its length");
	eq(sa->sa_family, address_family(), "its family");
	addr.len = len;
	eq(port_in(addr), port_of(c), "its port");
	ok(is_at(addr, "127.0.0.1"), "the address");

	c = connect_to(l);
	memset(&addr, 0xee, sizeof(addr));
	len = 4;
	s = accept(l, sa, &len);
	ok(s >= 0, "with a short buffer");
	eq(len, want.len, "the true length is told");
	eq(port_in(addr), port_of(c), "what fits is written");
	/* IPv6 has sin6_flowinfo there */
	eq(addr.v4.sin_addr.s_addr, 0xeeeeeeee, "no more is written");

	c = connect_to(l);
	len = 100;
	ok(accept(l, sa, &len) >= 0, "with a large buffer");
	eq(len, want.len, "the true length is told");

	c = connect_to(l);
	len = -1;
	fails(accept(l, sa, &len), EINVAL, "with a negative length");
	c = connect_to(l);
	fails(accept(l, sa, NULL), EFAULT, "with an address but no length");
	c = connect_to(l);
	len = sizeof(addr);
	fails(accept(l, (void *)8, &len), EFAULT, "with a bad pointer");
	set_nonblock(l, true);
	fails(accept(l, NULL, NULL), EAGAIN,
	      "a connection whose address could not be told is gone");
}

static void test_inherits(void)
{
	int l = listen_on(4);
	int c, s;

	need(set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1));
	need(set_int(l, SOL_SOCKET, SO_SNDBUF, 20000));
	need(set_int(l, SOL_SOCKET, SO_RCVBUF, 30000));
	need(set_int(l, SOL_SOCKET, SO_REUSEADDR, 1));
	need(set_linger(l, 1, 0));
	need(set_ms(l, SO_RCVTIMEO, 5000));
	c = connect_to(l);
	s = need(accept_in_time(l));
	eq(get_int(s, SOL_SOCKET, SO_KEEPALIVE), 1, "SO_KEEPALIVE");
	eq(get_int(s, SOL_SOCKET, SO_SNDBUF), 40000, "SO_SNDBUF");
	eq(get_int(s, SOL_SOCKET, SO_RCVBUF), 60000, "SO_RCVBUF");
	eq(get_int(s, SOL_SOCKET, SO_REUSEADDR), 1, "SO_REUSEADDR");
	eq(get_int(s, SOL_SOCKET, SO_LINGER), 1, "SO_LINGER");
	eq(get_int(s, SOL_SOCKET, SO_RCVTIMEO), 5, "SO_RCVTIMEO");
	eq(get_int(s, SOL_SOCKET, SO_ACCEPTCONN), 0, "but not SO_ACCEPTCONN");
	close(c);
}

static void test_names(void)
{
	int l = need(xsocket());
	int c = need(xsocket());
	int s;

	need(bind_at(l, "0.0.0.0", 0));
	need(listen(l, 4));
	need(connect_at(c, "127.0.0.9", port_of(l)));
	s = need(accept_in_time(l));
	ok(is_at(name_of(s), "127.0.0.9"),
	   "local address: the one that was called");
	eq(port_of(s), port_of(l), "local port: the listener's");
	eq(port_in(peer_of(s)), port_of(c), "peer: the caller");
	ok(is_at(peer_of(c), "127.0.0.9"),
	   "the caller's peer");
}

static void test_waits(void)
{
	struct bg bg = { .fn = bg_accept };

	bg.fd = listen_on(4);
	bg_start(&bg);
	ok(bg_blocked(&bg), "blocks on an empty queue");
	connect_to(bg.fd);
	ok(bg_join(&bg) >= 0, "returns with the connection");
}

/* Each connection wakes one sleeper; all are served. */
static void test_two_wait(void)
{
	struct bg a = { .fn = bg_accept };
	struct bg b = { .fn = bg_accept };
	long long end;

	a.fd = listen_on(4);
	b.fd = a.fd;
	bg_start(&a);
	bg_start(&b);
	ok(bg_blocked(&a) && bg_blocked(&b), "two threads block");
	connect_to(a.fd);
	end = now_ms() + LONG_MS;
	while (!bg_ends(&a, 1) && !bg_ends(&b, 1) && now_ms() < end)
		;
	pause_ms(SHORT_MS);
	eq(bg_ends(&a, 0) + bg_ends(&b, 0), 1, "one connection wakes one");
	connect_to(a.fd);
	ok(bg_join(&a) >= 0 && bg_join(&b) >= 0, "two wake both");
	ok(a.ret != b.ret, "each has its own");
}

static void test_signals(void)
{
	struct bg bg = { .fn = bg_accept };

	bg.fd = listen_on(4);
	catch_signal(SIGUSR1, 0);
	bg_start(&bg);
	ok(bg_blocked(&bg), "blocks");
	bg_signal(&bg, SIGUSR1);
	fails(bg_join(&bg), EINTR, "a signal interrupts");

	catch_signal(SIGUSR1, SA_RESTART);
	bg_start(&bg);
	ok(bg_blocked(&bg), "SA_RESTART: blocks");
	bg_signal(&bg, SIGUSR1);
	ok(bg_blocked(&bg), "SA_RESTART: goes on after the signal");
	eq(caught(), 1, "SA_RESTART: the handler ran");
	connect_to(bg.fd);
	ok(bg_join(&bg) >= 0, "SA_RESTART: returns with the connection");

	/* with a timeout, SA_RESTART does not restart */
	need(set_ms(bg.fd, SO_RCVTIMEO, LONG_MS));
	bg_start(&bg);
	ok(bg_blocked(&bg), "SO_RCVTIMEO: blocks");
	bg_signal(&bg, SIGUSR1);
	fails(bg_join(&bg), EINTR, "SO_RCVTIMEO: EINTR in spite of SA_RESTART");
}

static void test_timeout(void)
{
	int l = listen_on(4);
	long long start;

	need(set_ms(l, SO_RCVTIMEO, SHORT_MS));
	start = now_ms();
	fails(accept(l, NULL, NULL), EAGAIN, "SO_RCVTIMEO");
	ok(now_ms() - start >= SHORT_MS / 2, "not before its time");
	connect_to(l);
	ok(accept(l, NULL, NULL) >= 0, "then a connection");
}

/* The peer is gone before accept(): Linux hands out the dead connection. */
static void test_peer_gone(void)
{
	int l = listen_on(4);
	int c = connect_to(l);
	char buf[8];
	int s;

	need(send(c, "last", 4, 0));
	close(c);
	s = accept_in_time(l);
	ok(s >= 0, "closed by the peer: accepted");
	eq(recv(s, buf, sizeof(buf), 0), 4, "its data is there");
	eq(recv(s, buf, sizeof(buf), 0), 0, "then the end");

	c = connect_to(l);
	need(set_linger(c, 1, 0));
	need(poll_for(l, POLLIN) & POLLIN ? 0 : -1);
	close(c);
	s = accept_in_time(l);
	ok(s >= 0, "reset by the peer: accepted");
	fails(recv(s, buf, sizeof(buf), 0), ECONNRESET, "and reads the reset");
}

static const struct tap_test tests[] = {
	TEST(nonblocking),
	TEST(accept4_flags),
	TEST(wrong_use),
	TEST(addresses),
	TEST(inherits),
	TEST(names),
	TEST(waits),
	TEST(two_wait),
	TEST(signals),
	TEST(timeout),
	TEST(peer_gone),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
