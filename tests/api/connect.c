// SPDX-License-Identifier: GPL-2.0
/* connect(): success, refusal, wrong addresses, disconnecting, itself. */
#define _GNU_SOURCE
#include <unistd.h>

#include "net.h"
#include "tap.h"

/* MUST-44 */
static void test_blocking(void)
{
	int l = listen_on(4);
	int fd = need(xsocket());
	struct address addr = name_of(l);

	eq(connect_addr(fd, &addr), 0, "connects");
	ok(port_of(fd) != 0, "has a port");
	ok(is_at(name_of(fd), "127.0.0.1"), "an address");
	eq(port_in(peer_of(fd)), port_in(addr), "a peer");
	fails(connect_addr(fd, &addr), EISCONN, "again");
	addr = at("127.0.0.1", 1);
	fails(connect_addr(fd, &addr), EISCONN, "again, elsewhere");
}

static void test_bound_first(void)
{
	int l = listen_on(4);
	int fd = need(xsocket());
	struct address addr = name_of(l);
	int s;

	need(bind_at(fd, "127.0.0.7", 5300));
	eq(connect_addr(fd, &addr), 0, "connects");
	s = need(accept_in_time(l));
	eq(port_in(peer_of(s)), 5300, "from the port");
	ok(is_at(peer_of(s), "127.0.0.7"), "and address");
}

/* A socket bound to a group receives from it, and sends nothing from there. */
static void test_bound_to_group(void)
{
	int l = listen_on(4);
	int fd = need(xsocket());
	struct address addr = name_of(l);

	if (is_inet6()) {
		tap_skip("no connection leaves an IPv6 socket that is bound to a group",
			 "bound to one");
		return;
	}
	need(bind_at(fd, "224.0.0.1", 0));
	eq(connect_addr(fd, &addr), 0, "connects");
	ok(is_at(name_of(fd), "127.0.0.1"),
	   "from an address of this host");
	need(accept_in_time(l));
}

static void test_to_wildcard(void)
{
	int l = listen_on(4);
	int fd = need(xsocket());

	eq(connect_at(fd, "0.0.0.0", port_of(l)), 0, "0.0.0.0 is this host");
	ok(is_at(peer_of(fd), "127.0.0.1"), "127.0.0.1");
}

static void test_refused(void)
{
	int port = closed_port();
	int fd = need(xsocket());
	int l;

	fails(connect_at(fd, "127.0.0.1", port), ECONNREFUSED, "blocking");
	eq(so_error(fd), 0, "SO_ERROR is clear");
	fails(connect_at(fd, "127.0.0.1", port), ECONNREFUSED, "and again");
	l = listen_on(4);
	eq(connect_at(fd, "127.0.0.1", port_of(l)), 0,
	   "the same socket then connects elsewhere");

	fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	/* on loopback the refusal may come before connect() returns */
	if (connect_at(fd, "127.0.0.1", port) == 0 ||
	    (errno != EINPROGRESS && errno != ECONNREFUSED))
		ok(false, "non-blocking: EINPROGRESS");
	eq(poll_for(fd, POLLOUT | POLLIN), POLLOUT | POLLIN | POLLERR | POLLHUP,
	   "non-blocking: poll()");
	eq(so_error(fd), ECONNREFUSED, "non-blocking: SO_ERROR");
	eq(so_error(fd), 0, "SO_ERROR once only");
	eq(poll_now(fd, POLLOUT | POLLIN), POLLOUT | POLLIN | POLLHUP,
	   "poll() after that");
	fails(connect_at(fd, "127.0.0.1", port), ECONNABORTED,
	      "connect() says once that the last try is over");
	connect_at(fd, "127.0.0.1", port_of(l));
	eq(poll_for(fd, POLLOUT), POLLOUT, "then it connects elsewhere");
}

static void test_refused_as_error(void)
{
	int fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	int port = closed_port();
	char byte;

	connect_at(fd, "127.0.0.1", port);
	need(poll_for(fd, POLLOUT));
	fails(connect_at(fd, "127.0.0.1", port), ECONNREFUSED,
	      "the second connect() tells the error of the first");
	connect_at(fd, "127.0.0.1", port);
	need(poll_for(fd, POLLOUT));
	fails(recv(fd, &byte, 1, 0), ECONNREFUSED, "recv() tells it");
	eq(recv(fd, &byte, 1, 0), 0, "recv() after that: the end");
	fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE, "send() after that");
}

static void test_addresses(void)
{
	struct address addr = at("127.0.0.1", closed_port());
	struct sockaddr *sa = &addr.any;
	int fd = need(xsocket());

	fails(connect(fd, sa, shortest_address() - 1), EINVAL, "one byte short");
	fails(connect(fd, sa, 1), EINVAL, "no family");
	fails(connect(fd, sa, 0), EINVAL, "no address");
	fails(connect(fd, sa, -1), EINVAL, "a negative length");
	fails(connect(fd, sa, 1000), EINVAL, "too long");
	fails(connect(fd, NULL, addr.len), EFAULT, "a null pointer");
	sa->sa_family = AF_UNIX;
	fails(connect_addr(fd, &addr), EAFNOSUPPORT, "AF_UNIX");
	sa->sa_family = 77;
	fails(connect_addr(fd, &addr), EAFNOSUPPORT, "no such family");
	eq(port_of(fd), 0, "no port is taken");
	fails(connect_at(-1, "127.0.0.1", 1), EBADF, "no file");
	fails(connect_at(STDIN_FILENO, "127.0.0.1", 1), ENOTSOCK, "no socket");
}

static void test_unreachable(void)
{
	int fd = need(xsocket());

	if (!have_root()) {
		tap_skip("not root", "a namespace without routes");
		return;
	}
	fails(connect_at(fd, "192.0.2.1", 80), ENETUNREACH, "no route");
	fails(connect_at(fd, "224.0.0.1", 80), ENETUNREACH, "multicast");
	fails(connect_at(fd, "255.255.255.255", 80), ENETUNREACH, "broadcast");
	eq(port_of(fd), 0, "no port is taken");
	eq(connect_at(fd, "127.0.0.1", port_of(listen_on(1))), 0,
	   "the same socket then connects");
}

static int disconnect(int fd)
{
	struct address addr = { .len = sizeof(addr.v4), .any.sa_family = AF_UNSPEC };

	return connect_addr(fd, &addr);
}

static void test_unspec(void)
{
	struct address peer = { .len = sizeof(peer.v6) };
	struct pair p;
	char byte;
	int fd = need(xsocket());
	int port;

	eq(disconnect(fd), 0, "fresh: nothing to do");
	pair_open(&p);
	port = port_of(p.c);
	eq(disconnect(p.c), 0, "connected");
	fails(getpeername(p.c, &peer.any, &peer.len), ENOTCONN,
	      "it has no peer");
	fails(recv(p.c, &byte, 1, 0), ECONNRESET,
	      "recv() tells of the reset, once");
	fails(recv(p.c, &byte, 1, 0), ENOTCONN, "then ENOTCONN");
	fails(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE, "send()");
	ok(poll_for(p.s, POLLIN) & POLLIN, "the peer is told");
	fails(recv(p.s, &byte, 1, 0), ECONNRESET, "by a reset");
	close(p.s);
	eq(bind_at(fd, "127.0.0.1", port), 0,
	   "the port chosen by connect() is free again");
	eq(connect_at(p.c, "127.0.0.1", port_of(p.l)), 0, "connects again");
	p.s = need(accept_in_time(p.l));
	need(send(p.c, "y", 1, 0));
	eq(recv(p.s, &byte, 1, 0), 1, "data");
	eq(byte, 'y', "the right data");
}

static void test_unspec_keeps_bind(void)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };
	int fd = need(xsocket());
	int l = listen_on(4);

	need(bind_at(fd, "127.0.0.1", 5301));
	need(connect_at(fd, "127.0.0.1", port_of(l)));
	eq(connect(fd, &sa, sizeof(sa_family_t)), 0, "the family alone is enough");
	eq(port_of(fd), 5301, "the port of bind() stays");
	eq(listen(fd, 1), 0, "it may listen now");
	eq(connect_at(need(xsocket()), "127.0.0.1", 5301), 0, "and is reached");
	eq(disconnect(fd), 0, "a listener");
	fails(connect_at(need(xsocket()), "127.0.0.1", 5301), ECONNREFUSED,
	      "no longer listens");
}

static void test_unspec_connecting(void)
{
	int full[2];

	full_listener(full);
	eq(disconnect(full[1]), 0, "connecting");
	eq(connect_at(full[1], "127.0.0.1", port_of(listen_on(1))) == 0 ||
	   errno == EINPROGRESS, 1, "connects elsewhere");
	eq(poll_for(full[1], POLLOUT), POLLOUT, "and is connected");
}

/* RFC 9293 3.5, figure 8: simultaneous open, with itself */
static void test_self_connect(void)
{
	int fd = need(xsocket());
	char buf[4];

	need(bind_at(fd, "127.0.0.1", 5302));
	eq(connect_at(fd, "127.0.0.1", 5302), 0, "to its own port");
	eq(port_in(peer_of(fd)), 5302, "its peer is itself");
	eq(send(fd, "echo", 4, 0), 4, "send()");
	eq(recv(fd, buf, 4, MSG_WAITALL), 4, "its own data comes back");
	eq(shutdown(fd, SHUT_WR), 0, "shutdown()");
	eq(recv(fd, buf, 4, 0), 0, "its own FIN comes back");
	eq(close(fd), 0, "close()");
}

static const struct tap_test tests[] = {
	TEST(blocking),
	TEST(bound_first),
	TEST(bound_to_group),
	TEST(to_wildcard),
	TEST(refused),
	TEST(refused_as_error),
	TEST(addresses),
	TEST(unreachable),
	TEST(unspec),
	TEST(unspec_keeps_bind),
	TEST(unspec_connecting),
	TEST(self_connect),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
