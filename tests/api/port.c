// SPDX-License-Identifier: GPL-2.0
/* Ephemeral ports: the range, its exhaustion, ports shared between destinations. */
#define _GNU_SOURCE
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define FIRST	40000
#define PORTS	10

/* Ten ports, in a namespace of the test's own. */
static bool small_range(void)
{
	if (!have_root()) {
		tap_skip("not root", "a small range of ports");
		return false;
	}
	netns_new();
	set_port_range("40000 40009");
	return true;
}

static bool in_range(int port)
{
	return port >= FIRST && port < FIRST + PORTS;
}

static int listener_at(const char *ip, int port)
{
	int fd = need(xsocket());

	need(bind_at(fd, ip, port));
	need(listen(fd, 64));
	return fd;
}

static void test_binds(void)
{
	bool seen[PORTS] = { 0 };
	int fd[PORTS + 1];
	int i, port, distinct = 0;

	if (!small_range())
		return;
	for (i = 0; i < PORTS; i++) {
		fd[i] = need(xsocket());
		need(bind_at(fd[i], "127.0.0.1", 0));
		port = port_of(fd[i]);
		if (!in_range(port))
			break;
		distinct += !seen[port - FIRST];
		seen[port - FIRST] = true;
	}
	eq(i, PORTS, "bind() to port 0 stays in the range");
	eq(distinct, PORTS, "and uses all of it");
	fd[i] = need(xsocket());
	fails(bind_at(fd[i], "127.0.0.1", 0), EADDRINUSE, "one more: EADDRINUSE");
	fails(listen(need(xsocket()), 1), EADDRINUSE, "listen(): EADDRINUSE");
	fails(connect_at(fd[i], "127.0.0.1", FIRST), EADDRNOTAVAIL,
	      "connect(): EADDRNOTAVAIL");
	eq(bind_at(fd[i], "127.0.0.1", 50000), 0, "a port outside is free");
	need(close(fd[3]));
	eq(bind_at(need(xsocket()), "127.0.0.1", 0), 0, "one freed: bind()");
}

static void test_connects(void)
{
	bool seen[PORTS] = { 0 };
	int i, fd, port, distinct = 0;

	if (!small_range())
		return;
	listener_at("127.0.0.1", 5500);
	listener_at("127.0.0.1", 5501);
	listener_at("127.0.0.2", 5500);
	for (i = 0; i < PORTS; i++) {
		fd = need(xsocket());
		need(connect_at(fd, "127.0.0.1", 5500));
		port = port_of(fd);
		if (!in_range(port))
			break;
		distinct += !seen[port - FIRST];
		seen[port - FIRST] = true;
	}
	eq(i, PORTS, "connect() stays in the range");
	eq(distinct, PORTS, "and uses all of it");
	fd = need(xsocket());
	fails(connect_at(fd, "127.0.0.1", 5500), EADDRNOTAVAIL,
	      "one more: EADDRNOTAVAIL");
	eq(so_error(fd), 0, "SO_ERROR is clear");
	eq(connect_at(fd, "127.0.0.1", 5501), 0,
	   "another port of the peer: shares a local port");
	for (i = 1; i < PORTS; i++)
		need(connect_at(need(xsocket()), "127.0.0.1", 5501));
	fails(connect_at(need(xsocket()), "127.0.0.1", 5501), EADDRNOTAVAIL,
	      "until those are used, too");
	for (i = 0; i < PORTS; i++)
		need(connect_at(need(xsocket()), "127.0.0.2", 5500));
	ok(true, "another address of the peer: shares, too");
}

static void test_shared_works(void)
{
	int l[2], fd[2], s[2], i;
	char byte;

	if (!small_range())
		return;
	set_port_range("40000 40000");
	l[0] = listener_at("127.0.0.1", 5500);
	l[1] = listener_at("127.0.0.1", 5501);
	for (i = 0; i < 2; i++) {
		fd[i] = need(xsocket());
		need(connect_at(fd[i], "127.0.0.1", 5500 + i));
		s[i] = need(accept_in_time(l[i]));
		eq(port_of(fd[i]), 40000, "connection %d has the one port", i);
	}
	for (i = 0; i < 2; i++)
		need(send(s[i], i ? "B" : "A", 1, 0));
	for (i = 0; i < 2; i++) {
		need(recv(fd[i], &byte, 1, 0));
		eq(byte, i ? 'B' : 'A', "connection %d has its own data", i);
	}
	fails(bind_at(need(xsocket()), "127.0.0.1", 40000), EADDRINUSE,
	      "the port is taken for bind()");
	need(set_linger(fd[0], 1, 0));
	need(close(fd[0]));
	fails(bind_at(need(xsocket()), "127.0.0.1", 40000), EADDRINUSE,
	      "while one is left");
	need(set_linger(fd[1], 1, 0));
	need(close(fd[1]));
	eq(bind_at(need(xsocket()), "127.0.0.1", 40000), 0, "then it is free");
}

/* connect() must not share a port that bind() holds. */
static void test_bound_apart(void)
{
	if (!small_range())
		return;
	set_port_range("40000 40000");
	listener_at("127.0.0.1", 5500);
	need(bind_at(need(xsocket()), "127.0.0.1", 40000));
	fails(connect_at(need(xsocket()), "127.0.0.1", 5500), EADDRNOTAVAIL,
	      "connect() does not share a port of bind()");
}

static void test_same_tuple(void)
{
	int a = need(xsocket());
	int b = need(xsocket());
	int l = listen_on(8);

	need(set_int(a, SOL_SOCKET, SO_REUSEADDR, 1));
	need(set_int(b, SOL_SOCKET, SO_REUSEADDR, 1));
	need(bind_at(a, "127.0.0.1", 5510));
	need(bind_at(b, "127.0.0.1", 5510));
	eq(connect_at(a, "127.0.0.1", port_of(l)), 0, "the first");
	fails(connect_at(b, "127.0.0.1", port_of(l)), EADDRNOTAVAIL,
	      "the same four numbers twice");
	eq(connect_at(b, "127.0.0.1", port_of(listen_on(1))), 0,
	   "another destination");
}

static void test_address_without_port(void)
{
	int i, fd;

	if (!small_range())
		return;
	set_port_range("40000 40000");
	for (i = 0; i < 3; i++) {
		listener_at("127.0.0.1", 5520 + i);
		fd = need(xsocket());
		need(set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
		need(bind_at(fd, "127.0.0.5", 0));
		eq(connect_at(fd, "127.0.0.1", 5520 + i), 0,
		   "connection %d of one port and address", i);
		ok(is_at(name_of(fd), "127.0.0.5"),
		   "has the address");
	}
}

/* Ports of connections that have ended well do not pile up. */
static void test_churn(void)
{
	int l = listen_on(64);
	int i, fd;

	for (i = 0; i < 300; i++) {
		fd = connect_to(l);
		close(need(accept(l, NULL, NULL)));
		close(fd);
	}
	eq(i, 300, "300 connections one after the other");
}

static const struct tap_test tests[] = {
	TEST(binds),
	TEST(connects),
	TEST(shared_works),
	TEST(bound_apart),
	TEST(same_tuple),
	TEST(address_without_port),
	TEST(churn),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
