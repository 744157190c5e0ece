// SPDX-License-Identifier: GPL-2.0
/* bind(): addresses, ports, and every way to get it wrong. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_wildcard(void)
{
	int fd = need(xsocket());

	eq(bind_at(fd, "0.0.0.0", 5000), 0, "0.0.0.0:5000");
	eq(port_of(fd), 5000, "the port is kept");
	ok(is_at(name_of(fd), "0.0.0.0"), "the address is kept");
	fd = need(xsocket());
	eq(bind_at(fd, "0.0.0.0", 0), 0, "0.0.0.0:0");
	ok(port_of(fd) != 0, "port 0 gets a port at once");
}

/* MUST-43 */
static void test_specific(void)
{
	int fd = need(xsocket());

	eq(bind_at(fd, "127.0.0.1", 5001), 0, "127.0.0.1:5001");
	ok(is_at(name_of(fd), "127.0.0.1"), "the address");
	eq(port_of(fd), 5001, "the port");
	fd = need(xsocket());
	eq(bind_at(fd, "127.0.0.2", 5001), 0, "the same port of another address");
	fd = need(xsocket());
	eq(bind_at(fd, "127.200.3.4", 0), 0, "port 0 of a specific address");
	ok(port_of(fd) != 0, "gets a port");
}

static void test_not_ours(void)
{
	int fd = need(xsocket());

	fails(bind_at(fd, "192.0.2.1", 5002), EADDRNOTAVAIL, "a foreign address");
	fails(bind_at(fd, "192.0.2.1", 0), EADDRNOTAVAIL,
	      "a foreign address, port 0");
	eq(port_of(fd), 0, "no port is kept after the failures");
	eq(bind_at(fd, "127.0.0.1", 5002), 0, "then a local one");
	fd = need(xsocket());
	if (over_ipv6()) {
		fails(bind_at(fd, "224.0.0.1", 5002), EINVAL, "multicast is not let through");
		tap_skip("IPv6 has no broadcast", "and so is broadcast");
		return;
	}
	eq(bind_at(fd, "224.0.0.1", 5002), 0, "multicast is let through");
	fd = need(xsocket());
	eq(bind_at(fd, "255.255.255.255", 5002), 0, "and so is broadcast");
}

static void test_in_use(void)
{
	int a = need(xsocket());
	int b = need(xsocket());

	need(bind_at(a, "127.0.0.1", 5003));
	fails(bind_at(b, "127.0.0.1", 5003), EADDRINUSE, "the same address");
	fails(bind_at(b, "0.0.0.0", 5003), EADDRINUSE, "wildcard over specific");
	eq(bind_at(b, "127.0.0.2", 5003), 0, "another address, same socket");

	a = need(xsocket());
	b = need(xsocket());
	need(bind_at(a, "0.0.0.0", 5004));
	fails(bind_at(b, "127.0.0.1", 5004), EADDRINUSE, "specific over wildcard");
	fails(bind_at(b, "0.0.0.0", 5004), EADDRINUSE, "wildcard over wildcard");
	close(a);
	eq(bind_at(b, "0.0.0.0", 5004), 0, "free again after close()");
}

static void test_in_use_by_connection(void)
{
	struct pair p;
	int fd = need(xsocket());

	pair_open(&p);
	fails(bind_at(fd, "127.0.0.1", port_of(p.c)), EADDRINUSE,
	      "the port of a connected socket");
	fails(bind_at(fd, "127.0.0.1", port_of(p.s)), EADDRINUSE,
	      "the port of listener and connection");
	close(p.l);
	fails(bind_at(fd, "127.0.0.1", port_of(p.s)), EADDRINUSE,
	      "the port of an accepted socket alone");
}

static void test_twice(void)
{
	struct pair p;
	int fd = need(xsocket());

	need(bind_at(fd, "127.0.0.1", 5005));
	fails(bind_at(fd, "127.0.0.1", 5006), EINVAL, "bound: another port");
	fails(bind_at(fd, "127.0.0.1", 5005), EINVAL, "bound: the same port");
	fails(bind_at(fd, "0.0.0.0", 0), EINVAL, "bound: wildcard, port 0");
	eq(port_of(fd), 5005, "the first one stands");

	fd = listen_on(1);
	fails(bind_at(fd, "127.0.0.1", 5007), EINVAL, "listening");
	pair_open(&p);
	fails(bind_at(p.c, "127.0.0.1", 5007), EINVAL, "connected");
	fails(bind_at(p.s, "127.0.0.1", 5007), EINVAL, "accepted");
}

static void test_addresses(void)
{
	struct address addr = at("127.0.0.1", 5008);
	struct sockaddr *sa = &addr.any;
	struct sockaddr_storage big = { 0 };
	int fd = need(xsocket());

	fails(bind(fd, sa, shortest_address() - 1), EINVAL, "one byte short");
	fails(bind(fd, sa, sizeof(sa_family_t)), EINVAL, "family alone");
	fails(bind(fd, sa, 0), EINVAL, "no address");
	fails(bind(fd, sa, -1), EINVAL, "negative length");
	fails(bind(fd, sa, sizeof(struct sockaddr_storage) + 1), EINVAL,
	      "too long");
	fails(bind(fd, NULL, addr.len), EFAULT, "null pointer");
	fails(bind(fd, (void *)8, addr.len), EFAULT, "bad pointer");

	sa->sa_family = AF_UNIX;
	fails(bind(fd, sa, addr.len), EAFNOSUPPORT, "AF_UNIX");
	sa->sa_family = 77;
	fails(bind(fd, sa, addr.len), EAFNOSUPPORT, "no such family");
	sa->sa_family = AF_UNSPEC;
	fails(bind(fd, sa, addr.len), EAFNOSUPPORT,
	      "AF_UNSPEC, specific address");
	addr = at("0.0.0.0", 5008);
	sa->sa_family = AF_UNSPEC;
	if (is_inet6()) {
		fails(bind(fd, sa, addr.len), EAFNOSUPPORT, "AF_UNSPEC, wildcard");
		addr = at("0.0.0.0", 5008);
		eq(bind(fd, sa, addr.len), 0, "AF_INET6, wildcard");
	} else {
		eq(bind(fd, sa, addr.len), 0, "AF_UNSPEC, wildcard: as AF_INET");
	}
	eq(port_of(fd), 5008, "and has the port");

	addr = at("127.0.0.1", 5009);
	memcpy(&big, sa, addr.len);
	fd = need(xsocket());
	eq(bind(fd, (struct sockaddr *)&big, sizeof(big)), 0,
	   "a whole sockaddr_storage");
}

static void privileged_port(void *arg)
{
	int fd = need(xsocket());

	(void)arg;
	need(setresuid(65534, 65534, 65534));
	fails(bind_at(fd, "127.0.0.1", 80), EACCES, "port 80 without capability");
	fails(bind_at(fd, "127.0.0.1", 1023), EACCES, "port 1023");
	eq(bind_at(fd, "127.0.0.1", 1024), 0, "port 1024");
}

static void test_privileged(void)
{
	int fd = need(xsocket());

	if (!have_root()) {
		tap_skip("not root", "ports below 1024");
		return;
	}
	eq(bind_at(fd, "127.0.0.1", 79), 0, "port 79 with capability");
	eq(exit_status(fork_run(privileged_port, NULL)), 0, "child");
}

static void test_nonlocal(void)
{
	int fd = need(xsocket());

	if (!have_root()) {
		tap_skip("not root", "IP_FREEBIND");
		return;
	}
	eq(set_ip(fd, IP_FREEBIND, 1), 0, "IP_FREEBIND");
	eq(bind_at(fd, "192.0.2.1", 5010), 0, "binds to a foreign address");
	fd = need(xsocket());
	eq(set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1), 0,
	   "IP_BIND_ADDRESS_NO_PORT");
	eq(bind_at(fd, "127.0.0.1", 0), 0, "binds to an address alone");
	eq(port_of(fd), 0, "and has no port yet");
}

static void test_bind_to_device(void)
{
	int fd = need(xsocket());
	int l = listen_on(1);
	char name[16] = "";
	socklen_t len = sizeof(name);

	fails(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nonesuch", 9), ENODEV,
	      "an unknown device");
	eq(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0, "lo");
	eq(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0,
	   "getsockopt");
	ok(!strcmp(name, "lo"), "says lo");
	eq(connect_at(fd, "127.0.0.1", port_of(l)), 0, "connects over lo");
	eq(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0, "none again");
}

static const struct tap_test tests[] = {
	TEST(wildcard),
	TEST(specific),
	TEST(not_ours),
	TEST(in_use),
	TEST(in_use_by_connection),
	TEST(twice),
	TEST(addresses),
	TEST(privileged),
	TEST(nonlocal),
	TEST(bind_to_device),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
