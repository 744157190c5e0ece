// SPDX-License-Identifier: GPL-2.0
/* Options at the levels SOL_SOCKET and SOL_IP, and options that do not exist. */
#define _GNU_SOURCE
#include <netinet/udp.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void round_trip(const char *name, int fd, int level, int option, int value)
{
	eq(set_int(fd, level, option, value), 0, "%s: set to %d", name, value);
	eq(get_int(fd, level, option), value, "%s: get", name);
}

static void test_booleans(void)
{
	int fd = need(xsocket());

	round_trip("SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	round_trip("SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE, 0);
	round_trip("SO_REUSEADDR", fd, SOL_SOCKET, SO_REUSEADDR, 1);
	round_trip("SO_REUSEPORT", fd, SOL_SOCKET, SO_REUSEPORT, 1);
	round_trip("SO_OOBINLINE", fd, SOL_SOCKET, SO_OOBINLINE, 1);
	round_trip("SO_DONTROUTE", fd, SOL_SOCKET, SO_DONTROUTE, 1);
	round_trip("SO_BROADCAST", fd, SOL_SOCKET, SO_BROADCAST, 1);
	round_trip("SO_TIMESTAMP", fd, SOL_SOCKET, SO_TIMESTAMP, 1);
	round_trip("SO_PRIORITY", fd, SOL_SOCKET, SO_PRIORITY, 3);
}

/* MUST-24 */
static void test_keepalive(void)
{
	struct pair p;
	int l = listen_on(1);

	pair_open(&p);
	eq(set_int(p.c, SOL_SOCKET, SO_KEEPALIVE, 1), 0, "connected: on");
	eq(set_int(p.c, SOL_SOCKET, SO_KEEPALIVE, 1), 0, "connected: on again");
	eq(set_int(p.c, SOL_SOCKET, SO_KEEPALIVE, 0), 0, "connected: off");
	eq(set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1), 0, "listening: on");
}

static void test_read_only(void)
{
	int fd = need(xsocket());
	struct pair p;

	fails(set_int(fd, SOL_SOCKET, SO_TYPE, SOCK_DGRAM), ENOPROTOOPT,
	      "SO_TYPE");
	fails(set_int(fd, SOL_SOCKET, SO_ERROR, 1), ENOPROTOOPT, "SO_ERROR");
	fails(set_int(fd, SOL_SOCKET, SO_PROTOCOL, 1), ENOPROTOOPT,
	      "SO_PROTOCOL");
	fails(set_int(fd, SOL_SOCKET, SO_DOMAIN, 1), ENOPROTOOPT, "SO_DOMAIN");
	fails(set_int(fd, SOL_SOCKET, SO_ACCEPTCONN, 1), ENOPROTOOPT,
	      "SO_ACCEPTCONN");
	pair_open(&p);
	eq(get_int(p.l, SOL_SOCKET, SO_ACCEPTCONN), 1, "SO_ACCEPTCONN: 1");
	eq(get_int(p.s, SOL_SOCKET, SO_ACCEPTCONN), 0, "accepted: 0");
	eq(get_int(p.s, SOL_SOCKET, SO_TYPE), SOCK_STREAM, "accepted: SO_TYPE");
	eq(get_int(p.s, SOL_SOCKET, SO_PROTOCOL),
	   get_int(p.c, SOL_SOCKET, SO_PROTOCOL), "accepted: SO_PROTOCOL");
	eq(get_int(p.s, SOL_SOCKET, SO_DOMAIN), address_family(), "accepted: SO_DOMAIN");
}

static void test_timeouts(void)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);
	int fd = need(xsocket());

	need(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	ok(!tv.tv_sec && !tv.tv_usec, "SO_RCVTIMEO: none at first");
	need(set_ms(fd, SO_RCVTIMEO, 2500));
	need(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	eq(tv.tv_sec, 2, "SO_RCVTIMEO: seconds");
	/* in jiffies */
	ok(tv.tv_usec >= 500000 && tv.tv_usec <= 510000, "and a half");
	need(set_ms(fd, SO_SNDTIMEO, 3000));
	need(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len));
	eq(tv.tv_sec, 3, "SO_SNDTIMEO");
	tv.tv_usec = 1000000;
	fails(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), EDOM,
	      "too many microseconds");
	fails(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, 4), EINVAL,
	      "too short");
}

static void test_unknown(void)
{
	struct pair p;
	int fd[3], i;

	pair_open(&p);
	fd[0] = need(xsocket());
	fd[1] = p.c;
	fd[2] = p.l;
	for (i = 0; i < 3; i++) {
		static const char * const what[] = {
			"new", "connected", "listening"
		};

		fails(set_int(fd[i], SOL_SOCKET, 9999, 1), ENOPROTOOPT,
		      "%s: set SOL_SOCKET 9999", what[i]);
		fails(get_int(fd[i], SOL_SOCKET, 9999), ENOPROTOOPT,
		      "%s: get SOL_SOCKET 9999", what[i]);
		fails(set_int(fd[i], SOL_TCP, 9999, 1), ENOPROTOOPT,
		      "%s: set SOL_TCP 9999", what[i]);
		fails(get_int(fd[i], SOL_TCP, 9999), ENOPROTOOPT,
		      "%s: get SOL_TCP 9999", what[i]);
		fails(set_int(fd[i], SOL_IP, 9999, 1), ENOPROTOOPT,
		      "%s: set SOL_IP 9999", what[i]);
		fails(get_int(fd[i], SOL_IP, 9999), ENOPROTOOPT,
		      "%s: get SOL_IP 9999", what[i]);
		fails(set_int(fd[i], 9999, 1, 1), ENOPROTOOPT,
		      "%s: set at level 9999", what[i]);
		fails(get_int(fd[i], 9999, 1), is_inet6() ? ENOPROTOOPT : EOPNOTSUPP,
		      "%s: get at level 9999", what[i]);
	}
	fails(set_int(fd[0], SOL_UDP, UDP_CORK, 1), ENOPROTOOPT, "SOL_UDP");
	fails(set_int(fd[0], SOL_RAW, 1, 1), ENOPROTOOPT, "SOL_RAW");
}

static void test_malformed(void)
{
	int fd = need(xsocket());
	socklen_t len = -1;
	int value = 0x55555555;
	char byte = 0x55;

	fails(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 3), EINVAL,
	      "SOL_SOCKET: short");
	fails(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4), EFAULT,
	      "SOL_SOCKET: bad pointer");
	fails(setsockopt(fd, SOL_TCP, TCP_NODELAY, &value, 3), EINVAL,
	      "SOL_TCP: short");
	fails(setsockopt(fd, SOL_TCP, TCP_NODELAY, (void *)8, 4), EFAULT,
	      "SOL_TCP: bad pointer");
	fails(setsockopt(fd, SOL_TCP, TCP_NODELAY, &value, -1), EINVAL,
	      "SOL_TCP: a negative length");
	fails(getsockopt(fd, SOL_TCP, TCP_NODELAY, &value, &len), EINVAL,
	      "get: a negative length");
	fails(getsockopt(fd, SOL_TCP, TCP_NODELAY, &value, NULL), EFAULT,
	      "get: no length");
	len = sizeof(value);
	fails(getsockopt(fd, SOL_TCP, TCP_NODELAY, (void *)8, &len), EFAULT,
	      "get: bad pointer");
	len = 1;
	eq(getsockopt(fd, SOL_TCP, TCP_NODELAY, &byte, &len), 0,
	   "get: one byte");
	eq(len, 1, "is what there is");
	eq(byte, 0, "and right");
	len = 100;
	eq(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len), 0, "get: much");
	eq(len, sizeof(int), "no more than an int");
	fails(setsockopt(-1, SOL_SOCKET, SO_KEEPALIVE, &value, 4), EBADF,
	      "no file");
	fails(setsockopt(STDIN_FILENO, SOL_SOCKET, SO_KEEPALIVE, &value, 4),
	      ENOTSOCK, "no socket");
}

static void test_ip(void)
{
	struct pair p;
	int fd = need(xsocket());

	round_trip("IP_TTL", fd, ip_level(), ip_option(IP_TTL), 77);
	round_trip("IP_TOS", fd, ip_level(), ip_option(IP_TOS), 0x10);
	fails(set_ip(fd, IP_TTL, 256), EINVAL, "IP_TTL: 256");
	if (over_ipv6())
		eq(set_ip(fd, IP_TTL, 0), 0, "IPV6_UNICAST_HOPS: 0");
	else
		fails(set_ip(fd, IP_TTL, 0), EINVAL, "IP_TTL: 0");
	round_trip("IP_MTU_DISCOVER", fd, ip_level(), ip_option(IP_MTU_DISCOVER),
		   IP_PMTUDISC_DONT);
	fails(get_ip(fd, IP_MTU), ENOTCONN, "IP_MTU: not connected");
	pair_open(&p);
	ok(get_ip(p.c, IP_MTU) >= 16436, "IP_MTU of lo");
	round_trip("IP_RECVERR", fd, ip_level(), ip_option(IP_RECVERR), 1);
}

static void test_buffers(void)
{
	int fd = need(xsocket());

	ok(get_int(fd, SOL_SOCKET, SO_SNDBUF) >= 4096, "SO_SNDBUF: default");
	ok(get_int(fd, SOL_SOCKET, SO_RCVBUF) >= 4096, "SO_RCVBUF: default");
	need(set_int(fd, SOL_SOCKET, SO_SNDBUF, 20000));
	eq(get_int(fd, SOL_SOCKET, SO_SNDBUF), 40000, "SO_SNDBUF is doubled");
	need(set_int(fd, SOL_SOCKET, SO_RCVBUF, 30000));
	eq(get_int(fd, SOL_SOCKET, SO_RCVBUF), 60000, "SO_RCVBUF is doubled");
	need(set_int(fd, SOL_SOCKET, SO_SNDBUF, 0));
	ok(get_int(fd, SOL_SOCKET, SO_SNDBUF) >= 2048, "SO_SNDBUF: least");
	need(set_int(fd, SOL_SOCKET, SO_RCVBUF, 0));
	ok(get_int(fd, SOL_SOCKET, SO_RCVBUF) >= 2048, "SO_RCVBUF: least");
}

static void test_lowat_values(void)
{
	int fd = need(xsocket());

	eq(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 1, "SO_RCVLOWAT: 1 at first");
	round_trip("SO_RCVLOWAT", fd, SOL_SOCKET, SO_RCVLOWAT, 100);
	need(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, 0));
	eq(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 1, "SO_RCVLOWAT: 0 is 1");
	eq(get_int(fd, SOL_SOCKET, SO_SNDLOWAT), 1, "SO_SNDLOWAT");
	fails(set_int(fd, SOL_SOCKET, SO_SNDLOWAT, 5), ENOPROTOOPT,
	      "SO_SNDLOWAT cannot be set");
}

static const struct tap_test tests[] = {
	TEST(booleans),
	TEST(keepalive),
	TEST(read_only),
	TEST(timeouts),
	TEST(unknown),
	TEST(malformed),
	TEST(ip),
	TEST(buffers),
	TEST(lowat_values),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
