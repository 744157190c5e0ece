// SPDX-License-Identifier: GPL-2.0
/*
 * Connections to one server one after the other, almost as many as there are ports, and
 * the same again at once: TIME_WAIT has the ports by then.
 *
 * XTCP_CHURN says how many: 2800 by default.  As many as a machine has ports, 28000, take
 * a minute or two under an emulated processor.
 *
 * run: counts-objects
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listed.h"
#include "net.h"
#include "space.h"
#include "tap.h"

#define FIRST_PORT	30000
#define SPARE_PORTS	20
#define SERVER_PORT	7000
#define FEW		300	/* ports that TIME_WAIT uses up */

static int count = 2800;
static int listener;

static void some_ports(int ports)
{
	char range[32];

	snprintf(range, sizeof(range), "%d %d", FIRST_PORT, FIRST_PORT + ports - 1);
	set_port_range(range);
}

static int listen_at(const char *ip)
{
	int fd = need(xsocket());

	need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	need(bind_at(fd, ip, SERVER_PORT));
	need(listen(fd, 64));
	return fd;
}

/* The client closes first, so TIME_WAIT is at the port that connect() chose.  Return: 0, or
 * what connect() failed with
 */
static int open_and_close(const char *ip)
{
	int c = need(xsocket()), s, err;
	char byte;

	if (connect_at(c, ip, SERVER_PORT)) {
		err = errno;
		need(close(c));
		return err;
	}
	s = need(accept_in_time(listener));
	need(shutdown(c, SHUT_WR));
	need(recv(s, &byte, 1, 0));
	need(close(s));
	need(recv(c, &byte, 1, 0));
	need(close(c));
	return 0;
}

/* A TIME_WAIT that may give way does so once it is a second old. */
static int open_in_time(const char *ip)
{
	long long end = now_ms() + LONG_MS;
	int err;

	while ((err = open_and_close(ip)) == EADDRNOTAVAIL && now_ms() < end)
		pause_ms(10);
	return err;
}

static void one_round(const char *which, long long most)
{
	long long begin = now_ms(), left;
	int i, err = 0;

	for (i = 0; i < count && !err; i++)
		err = open_in_time("127.0.0.1");
	eq(err, 0, "%s: %d connections", which, count);
	left = listed_in(IN_STATE(TCP_TIME_WAIT));
	tap_diag("%s: %d connections in %lld ms, %lld in TIME_WAIT", which, i,
		 now_ms() - begin, left);
	ok(left <= most, "%s: at most %lld in TIME_WAIT", which, most);
}

static bool is_root(void)
{
	if (have_root())
		return true;
	tap_skip("not root", "a range of ports");
	return false;
}

static void test_twice(void)
{
	int ports = count + SPARE_PORTS;

	if (!is_root())
		return;
	netns_new();
	some_ports(ports);
	need(sysctl_wire("max_tw_buckets", "65536"));
	listener = listen_at("127.0.0.1");
	one_round("once", ports);
	one_round("again", ports);
}

/* The bound is kept, and nothing fails for it. */
static void test_bounded(void)
{
	if (!is_root())
		return;
	netns_new();
	some_ports(count + SPARE_PORTS);
	need(sysctl_wire("max_tw_buckets", "100"));
	listener = listen_at("127.0.0.1");
	one_round("bounded", 100);
}

/* Between two hosts it lasts, so the ports run out. */
static void test_used_up(void)
{
	struct spaces side;
	int i, err = 0;

	if (!is_root())
		return;
	spaces_make(&side);
	space_go(side.b);
	listener = listen_at("10.9.0.2");
	space_go(side.a);
	some_ports(FEW);
	for (i = 0; i < FEW && !err; i++)
		err = open_and_close("10.9.0.2");
	eq(err, 0, "a connection for each port");
	eq(listed_in(IN_STATE(TCP_TIME_WAIT)), FEW, "all are in TIME_WAIT");
	eq(open_and_close("10.9.0.2"), EADDRNOTAVAIL, "one more");
	need(sysctl_wire("tw_reuse", "1"));
	eq(open_in_time("10.9.0.2"), 0, "but in a second, if tw_reuse is 1");
}

static const struct tap_test tests[] = {
	TEST_SLOW(twice, 350),
	TEST_SLOW(bounded, 200),
	TEST_SLOW(used_up, 60),
};

int main(void)
{
	const char *many = getenv("XTCP_CHURN");

	if (many)
		count = atoi(many);
	/* no namespace may have more than the first */
	sysctl_set("/proc/sys/net/xtcp/max_tw_buckets", "65536");
	return tap_main(tests, ARRAY_SIZE(tests));
}
