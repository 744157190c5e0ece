// SPDX-License-Identifier: GPL-2.0
/*
 * A namespace uses up all that it may have of something, and its neighbour has all of its own:
 * orphans, TIME_WAITs, half-open requests, ports.  Of memory, which the machine has once, see
 * api/memory.
 *
 * run: ip-blind
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forge.h"
#include "listed.h"
#include "net.h"
#include "packets.h"
#include "space.h"
#include "tap.h"

#define PORT	7000

enum {
	ORPHANS = 4,
	TIME_WAITS = 2,
	BACKLOG = 4,
	PORTS = 4,		/* from 20000 to 20003 */
	FIRST_BOUND = 21000,
	BOUND = 100,
	MUCH = 100000,
};

/* It takes all it can get; its neighbour has done nothing of the kind. */
static int greedy, neighbour;

static bool set_up(void)
{
	if (!have_root()) {
		tap_skip("not root", "namespaces");
		return false;
	}
	neighbour = space_make();
	greedy = space_make();
	return true;
}

static bool sockets_become(int state, int least, int most)
{
	long long end = now_ms() + LONG_MS;
	int is;

	while ((is = listed_in(IN_STATE(state))) < least && now_ms() < end)
		pause_ms(10);
	tap_diag("%d of %d to %d", is, least, most);
	return is >= least && is <= most;
}

static bool sockets_end(int state)
{
	long long end = now_ms() + LONG_MS;

	while (listed_in(IN_STATE(state)) && now_ms() < end)
		pause_ms(10);
	return !listed_in(IN_STATE(state));
}

/* An exchange from beginning to end.  Return: whether it went as it should */
static bool talks(void)
{
	char byte = 'x', got = 0, none;
	struct pair p;
	bool good;

	pair_open(&p);
	good = send(p.c, &byte, 1, 0) == 1 && recv(p.s, &got, 1, 0) == 1 && got == byte;
	close(p.s);
	p.s = -1;
	good &= recv(p.c, &none, 1, 0) == 0;
	pair_close(&p);
	return good;
}

/* ---- orphans ---- */

/* Close an end that has much to say to one that does not read.  Return: the other end */
static int orphan_make(void)
{
	static const char much[MUCH];
	struct pair p;

	pair_open_small(&p, MUCH, 16384);
	need(send(p.c, much, sizeof(much), MSG_DONTWAIT) == sizeof(much) ? 0 : -1);
	need(poll_for(p.s, POLLIN) & POLLIN ? 0 : -1);
	close(p.c);
	close(p.l);
	return p.s;
}

static void test_orphans(void)
{
	int reads[ORPHANS + 2], kept = 0, i, fd;

	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP counts those of all namespaces", "everything");
		return;
	}
	if (!set_up())
		return;
	need(sysctl_wire("max_orphans", "4"));
	for (i = 0; i < ORPHANS + 2; i++)
		reads[i] = orphan_make();
	eq(listed_in(IN_STATE(TCP_FIN_WAIT1)), ORPHANS, "it has as many orphans as it may");
	eq(counter("AbortOnMemory"), 2, "others are reset");
	space_go(neighbour);
	need(sysctl_wire("max_orphans", "4"));
	fd = orphan_make();
	eq(listed_in(IN_STATE(TCP_FIN_WAIT1)), 1, "its neighbour has one");
	eq(read_to_end(fd), MUCH, "which says all that it has to say");
	close(fd);
	eq(counter("AbortOnMemory"), 0, "nothing is reset there");
	space_go(greedy);
	for (i = 0; i < ORPHANS + 2; i++)
		kept += read_to_end(reads[i]) == MUCH;
	eq(kept, ORPHANS, "nor do those end that there may be");
}

static void first_namespace_has(const char *orphan_retries)
{
	static int first = -1;

	if (first < 0)
		first = need(open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC));
	space_go(first);
	need(sysctl_wire("orphan_retries", orphan_retries));
	space_go(greedy);
}

static void test_patience(void)
{
	int fd;

	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP has no such bound", "everything");
		return;
	}
	if (!set_up())
		return;
	need(sysctl_wire("orphan_retries", "255"));
	first_namespace_has("1");
	fd = orphan_make();
	ok(sockets_become(TCP_FIN_WAIT1, 1, 1), "an orphan that its peer holds up");
	ok(sockets_end(TCP_FIN_WAIT1), "does not wait longer than the first namespace's would");
	first_namespace_has("0");
	close(fd);
}

/* ---- TIME_WAIT ---- */

static void test_time_waits(void)
{
	int i;

	if (!set_up())
		return;
	need(sysctl_wire("max_tw_buckets", "2"));
	for (i = 0; i < 2 * TIME_WAITS; i++)
		ok(talks(), "connection %d", i);
	ok(sockets_become(TCP_TIME_WAIT, TIME_WAITS, TIME_WAITS),
	   "a namespace has as many TIME_WAITs as it may");
	space_go(neighbour);
	for (i = 0; i < 2 * TIME_WAITS; i++)
		ok(talks(), "connection %d of its neighbour", i);
	ok(sockets_become(TCP_TIME_WAIT, 2 * TIME_WAITS, 2 * TIME_WAITS), "which has one for each");
}

/* ---- requests ---- */

static int listen_at(const char *ip, int port, int backlog)
{
	int fd = need(xsocket());

	need(bind4(fd, ip, port));
	need(listen(fd, backlog));
	return fd;
}

/* SYNs of nobody's, more than a listener keeps. */
static void half_open(void)
{
	int fd = forge_open();
	unsigned int i;

	for (i = 0; i < 10 * BACKLOG; i++) {
		struct spoofed syn = {
			.from = htonl(0x0a080000 | (i + 1)), .to = inet_addr("10.9.0.2"),
			.sport = 1024, .dport = PORT, .seq = i, .wnd = 1024, .flags = P_SYN,
		};

		forge(fd, &syn);
	}
	close(fd);
}

static void test_requests(void)
{
	struct spaces side;
	int fd, other;

	if (!set_up())
		return;
	spaces_make(&side);
	space_go(side.b);
	need(run("ip route add 10.8.0.0/16 via 10.9.0.1") ? 0 : -1);
	need(sysctl_wire("syncookies", "0"));
	listen_at("10.9.0.2", PORT, BACKLOG);
	other = listen_at("10.9.0.2", PORT + 1, BACKLOG);
	space_go(side.a);
	half_open();
	space_go(side.b);
	/* Linux: one less */
	ok(sockets_become(TCP_SYN_RECV, BACKLOG, BACKLOG + 1),
	   "a listener has as many half-open requests as it may");
	space_go(side.a);
	fd = need(xsocket());
	need(connect4(fd, "10.9.0.2", PORT + 1));
	ok(accept_in_time(other) >= 0, "another listener beside it accepts");
	space_go(neighbour);
	eq(listed_in(IN_STATE(TCP_SYN_RECV)), 0, "a neighbour has none");
	ok(talks(), "and its connections open");
}

/* ---- ports ---- */

/* Connections to a listener, until there is no port any more.  Return: how many */
static int connect_all(int most)
{
	int l = listen_at("127.0.0.1", PORT, 2 * PORTS), n = 0, fd;
	struct address to = name_of(l);

	set_port_range("20000 20003");
	while (n < most) {
		fd = need(xsocket());
		if (connect_addr(fd, &to) < 0)
			break;
		n++;
	}
	return n;
}

static void test_ports(void)
{
	if (!set_up())
		return;
	eq(connect_all(2 * PORTS), PORTS, "a namespace uses all ports to choose from");
	eq(errno, EADDRNOTAVAIL, "there are no more");
	space_go(neighbour);
	eq(connect_all(PORTS), PORTS, "its neighbour has as many");
}

/* Return: how many could be bound */
static int bind_all(int (*make)(void))
{
	int n = 0, i;

	for (i = 0; i < BOUND; i++)
		n += !bind4(make(), "0.0.0.0", FIRST_BOUND + i);
	return n;
}

/* On TCP's wire each is held in the kernel's TCP as well. */
static void test_bound_ports(void)
{
	if (!set_up())
		return;
	eq(bind_all(xsocket), BOUND, "a namespace binds many ports");
	if (wire == WIRE_TCP)
		eq(bind_all(other_socket), 0, "which the kernel's TCP has no more there");
	eq(bind_all(xsocket), 0, "nor anybody else");
	space_go(neighbour);
	if (wire == WIRE_TCP) {
		eq(bind_all(other_socket), BOUND, "its neighbour's kernel TCP has them all");
		space_make();
	}
	eq(bind_all(xsocket), BOUND, "as has a neighbour");
}

static const struct tap_test tests[] = {
	TEST(orphans),
	TEST(patience),
	TEST(time_waits),
	TEST(requests),
	TEST(ports),
	TEST(bound_ports),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
