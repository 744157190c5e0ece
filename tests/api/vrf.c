// SPDX-License-Identifier: GPL-2.0
/* VRFs: each has addresses, ports and connections of its own. */
#define _GNU_SOURCE
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define HERE	"10.9.1.1"
#define THERE	"10.9.1.2"

static const char *const networks[] = { "red", "blue" };

static bool make_end(const char *network, int end, int table)
{
	return run("ip link add %s%d type vrf table %d", network, end, table) &&
	       run("ip link set %s-%d master %s%d", network, end, network, end) &&
	       run("ip link set %s%d up", network, end) &&
	       run("ip link set %s-%d up", network, end) &&
	       run("ip addr add 10.9.1.%d/24 dev %s-%d", end, network, end);
}

/* Two networks with the same addresses, red and blue, and both ends of each in a
 * VRF: red1 is HERE, red2 THERE.
 */
static bool make_networks(void)
{
	int i;

	for (i = 0; i < 2; i++)
		if (!run("ip link add %s-1 type veth peer name %s-2", networks[i],
			 networks[i]) ||
		    !make_end(networks[i], 1, 2 * i + 1) ||
		    !make_end(networks[i], 2, 2 * i + 2))
			return false;
	return true;
}

/* A socket of one end of a network. */
static int put_in(int fd, const char *network, int end)
{
	char device[IFNAMSIZ];

	snprintf(device, sizeof(device), "%s%d", network, end);
	need(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
			strlen(device)));
	return fd;
}

static int listener_of(int fd, const char *network, int port)
{
	put_in(fd, network, 2);
	need(bind_at(fd, THERE, port));
	need(listen(fd, 8));
	return fd;
}

static int listener_in(const char *network, int port)
{
	return listener_of(need(xsocket()), network, port);
}

static int client_of(int fd, const char *network, int port)
{
	put_in(fd, network, 1);
	need(bind_at(fd, HERE, port));
	return fd;
}

/* From the same port in each network. */
static int client_in(const char *network, int port)
{
	return client_of(need(xsocket()), network, port);
}

static bool no_networks(void)
{
	if (if_nametoindex("blue2"))
		return false;
	tap_skip("no networks", "sockets in them");
	return true;
}

static bool passes(int from, int to, char c)
{
	char got = 0;

	return send(from, &c, 1, MSG_NOSIGNAL) == 1 &&
	       poll_for(to, POLLIN) & POLLIN && recv(to, &got, 1, 0) == 1 &&
	       got == c;
}

/* How many lines show that 4-tuple in that state. */
static int lines(const char *state)
{
	FILE *file = fopen(sockets_file(), "r");
	char line[256], what[128];
	int n = 0;

	if (!file)
		return -1;
	snprintf(what, sizeof(what), " %s:%04X %s:%04X %s ", hex_at(HERE), 6000,
		 hex_at(THERE), 7000, state);
	while (fgets(line, sizeof(line), file))
		n += !!strstr(line, what);
	fclose(file);
	return n;
}

static void test_same_tuple(void)
{
	int l[2], c[2], s[2], i;

	if (no_networks())
		return;
	for (i = 0; i < 2; i++)
		l[i] = listener_in(networks[i], 7000);
	for (i = 0; i < 2; i++) {
		c[i] = client_in(networks[i], 6000);
		eq(connect_at(c[i], THERE, 7000), 0, "a connection in %s",
		   networks[i]);
		s[i] = need(accept_in_time(l[i]));
		eq(port_of(s[i]), 7000, "accepted there");
	}
	eq(lines("01"), 2, "two connections have the 4-tuple");
	for (i = 0; i < 2; i++) {
		ok(passes(c[i], s[i], 'a' + i), "%s: forth", networks[i]);
		ok(passes(s[i], c[i], 'c' + i), "%s: and back", networks[i]);
	}
	/* red ends: TIME-WAIT stands for it, and blue goes on */
	close(c[0]);
	eq(read_to_end(s[0]), 0, "red ends");
	close(s[0]);
	for (i = 0; i < 100 && lines("06") != 1; i++)
		pause_ms(SHORT_MS);
	eq(lines("06"), 1, "TIME-WAIT in red");
	ok(passes(c[1], s[1], 'e'), "blue: forth");
	ok(passes(s[1], c[1], 'f'), "blue: and back");
	close(c[1]);
	eq(read_to_end(s[1]), 0, "blue ends");
	close(s[1]);
	for (i = 0; i < 100 && lines("06") != 2; i++)
		pause_ms(SHORT_MS);
	eq(lines("06"), 2, "TIME-WAIT in both");
}

/* Both at once: neither has got further than SYN-SENT or SYN-RECEIVED. */
static void test_at_once(void)
{
	int l[2], c[2], s[2], i;

	if (no_networks())
		return;
	for (i = 0; i < 2; i++)
		l[i] = listener_in(networks[i], 7001);
	for (i = 0; i < 2; i++) {
		c[i] = client_in(networks[i], 6001);
		set_nonblock(c[i], true);
		connect_at(c[i], THERE, 7001);
	}
	for (i = 0; i < 2; i++) {
		s[i] = need(accept_in_time(l[i]));
		ok(poll_for(c[i], POLLOUT) & POLLOUT, "%s connects", networks[i]);
	}
	for (i = 0; i < 2; i++)
		ok(passes(c[i], s[i], 'a' + i), "%s: its own", networks[i]);
}

static void test_refused(void)
{
	int l, c;

	if (no_networks())
		return;
	l = listener_in("red", 7002);
	c = client_in("blue", 6002);
	fails(connect_at(c, THERE, 7002), ECONNREFUSED,
	      "a listener of red's is none of blue's");
	c = client_in("red", 6003);
	eq(connect_at(c, THERE, 7002), 0, "but it is red's");
	need(accept_in_time(l));
}

/* A port that one socket has outside is free for another in a VRF. */
static void port_of_red(int listener, int client, int port, const char *whose)
{
	int fd = need(xsocket()), l, c, s;

	need(bind_at(fd, "0.0.0.0", port));
	need(listen(fd, 8));
	l = listener_of(listener, "red", port);
	c = client_of(client, "red", port - 1000);
	eq(connect_at(c, THERE, port), 0, "%s listener in red", whose);
	s = need(accept_in_time(l));
	ok(passes(c, s, 'a') && passes(s, c, 'b'), "forth and back");
}

static void test_port(void)
{
	if (no_networks())
		return;
	port_of_red(need(xsocket()), need(xsocket()), 7014, "another");
	port_of_red(other_socket(), other_socket(), 7015, "the other TCP's");
}

/* A listener outside serves VRFs if the administrator says so. */
static void test_outside(void)
{
	int l = need(xsocket()), c, s, i;

	if (no_networks())
		return;
	need(bind_at(l, "0.0.0.0", 7003));
	need(listen(l, 8));
	c = client_in("red", 6004);
	fails(connect_at(c, THERE, 7003), ECONNREFUSED, "one outside is not");
	need(sysctl_set("/proc/sys/net/ipv4/tcp_l3mdev_accept", "1"));
	for (i = 0; i < 2; i++) {
		c = client_in(networks[i], 6005);
		eq(connect_at(c, THERE, 7003), 0, "tcp_l3mdev_accept: it is %s's",
		   networks[i]);
		s = need(accept_in_time(l));
		ok(passes(c, s, 'a') && passes(s, c, 'b'), "forth and back");
		ok(get_int(s, SOL_SOCKET, SO_BINDTOIFINDEX) > 0,
		   "the connection is the VRF's");
	}
	need(sysctl_set("/proc/sys/net/ipv4/tcp_l3mdev_accept", "0"));
}

static void test_network(void)
{
	if (!have_root() || !make_networks()) {
		tap_skip("no root, or no VRFs", "networks");
		return;
	}
	ok(if_nametoindex("blue2") > 0, "two networks with the same addresses");
}

static const struct tap_test tests[] = {
	TEST_SLOW(network, 60),
	TEST(same_tuple),
	TEST(at_once),
	TEST(refused),
	TEST(port),
	TEST(outside),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
