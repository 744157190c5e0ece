// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6 and dual stack.  What the kernel's TCP does is the yardstick: most of it is asked
 * of a socket of its own beside ours, in the same breath.
 *
 * run: ip-blind
 */
#define _GNU_SOURCE
#include <linux/in6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT	75
#endif
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND		78
#endif

/* How a socket may be opened that is to speak IPv6. */
enum how {
	HOW_KERNEL,	/* the kernel's TCP */
	HOW_INET6,	/* one of AF_INET6 from the start */
	HOW_FAMILY,	/* AF_XTCP: the address decides */
};

static int open6(enum how how)
{
	if (how == HOW_KERNEL || wire == WIRE_KERNEL)
		return need(socket(AF_INET6, SOCK_STREAM, 0));
	if (how == HOW_INET6)
		return need(inet6_socket());
	return need(xsocket());
}

static int open4(enum how how)
{
	return how == HOW_KERNEL ? need(socket(AF_INET, SOCK_STREAM, 0)) : need(xsocket());
}

static struct sockaddr_in6 addr6(const char *ip, int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (inet_pton(AF_INET6, ip, &a.sin6_addr) != 1)
		tap_bail_out("%s is no address", ip);
	return a;
}

static int bind6(int fd, const char *ip, int port)
{
	struct sockaddr_in6 a = addr6(ip, port);

	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int connect6(int fd, const char *ip, int port)
{
	struct sockaddr_in6 a = addr6(ip, port);

	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static struct sockaddr_in6 name6(int fd, bool peer)
{
	struct sockaddr_in6 a = { 0 };
	socklen_t len = sizeof(a);

	need(peer ? getpeername(fd, (struct sockaddr *)&a, &len) :
		    getsockname(fd, (struct sockaddr *)&a, &len));
	eq(len, sizeof(a), "%s: its length", peer ? "the peer's name" : "the name");
	return a;
}

static void is_named(int fd, bool peer, const char *ip, int port)
{
	const char *what = peer ? "the peer's name" : "the name";
	struct sockaddr_in6 a = name6(fd, peer);
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text));
	eq(a.sin6_family, AF_INET6, "%s: its family", what);
	ok(!strcmp(text, ip), "%s is %s (%s)", what, ip, text);
	if (port)
		eq(ntohs(a.sin6_port), port, "%s: its port", what);
}

static int port6(int fd)
{
	struct sockaddr_in6 a = { 0 };
	socklen_t len = sizeof(a);

	need(getsockname(fd, (struct sockaddr *)&a, &len));
	return ntohs(a.sin6_port);	/* where IPv4's is as well */
}

static int listen6(enum how how, const char *ip, bool only)
{
	int fd = open6(how);

	need(set_int(fd, SOL_IPV6, IPV6_V6ONLY, only));
	need(bind6(fd, ip, 0));
	need(listen(fd, 8));
	return fd;
}

static void carries(int a, int b, const char *what)
{
	static const char hello[] = "through IPv6";
	char buf[sizeof(hello)] = "";

	eq(send_all(a, hello, sizeof(hello)), sizeof(hello), "%s: sent", what);
	eq(recv_all(b, buf, sizeof(buf)), sizeof(hello), "%s: received", what);
	ok(!memcmp(hello, buf, sizeof(hello)), "%s: the same bytes", what);
}

static void open_with(enum how how)
{
	int l = listen6(how, "::1", false), c = open6(how), s;

	need(connect6(c, "::1", port6(l)));
	s = need(accept_in_time(l));
	is_named(l, false, "::1", 0);
	is_named(c, true, "::1", port6(l));
	is_named(c, false, "::1", 0);
	is_named(s, true, "::1", port6(c));
	is_named(s, false, "::1", port6(l));
	eq(get_int(c, SOL_SOCKET, SO_DOMAIN), AF_INET6, "SO_DOMAIN");
	eq(get_int(s, SOL_SOCKET, SO_DOMAIN), AF_INET6, "SO_DOMAIN of what was accepted");
	carries(c, s, "there");
	carries(s, c, "back");
	need(shutdown(c, SHUT_WR));
	eq(read_to_end(s), 0, "the end");
	close(s);
	eq(read_to_end(c), 0, "the other end");
}

static void test_open(void)
{
	open_with(HOW_INET6);
	open_with(HOW_FAMILY);
}

/* Enough for segments of 64 KiB, windows and their options. */
static long long send_stream(struct bg *bg)
{
	long long n = stream_send(bg->fd, 6, 8 << 20, 100000);

	shutdown(bg->fd, SHUT_WR);
	return n;
}

static void test_stream(void)
{
	int l = listen6(HOW_FAMILY, "::", false), c = open6(HOW_FAMILY), s;
	struct bg bg = { .fn = send_stream };

	need(connect6(c, "::1", port6(l)));
	s = need(accept_in_time(l));
	bg.fd = c;
	bg_start(&bg);
	eq(stream_recv(s, 6, 65536), 8 << 20, "8 MiB arrive as they were sent");
	eq(bg_join(&bg), 8 << 20, "all were sent");
}

static void test_dual(void)
{
	int l = listen6(HOW_FAMILY, "::", false), c = open4(HOW_FAMILY), s;

	need(connect4(c, "127.0.0.1", port6(l)));
	s = need(accept_in_time(l));
	is_named(s, true, "::ffff:127.0.0.1", port_of(c));
	is_named(s, false, "::ffff:127.0.0.1", port6(l));
	eq(get_int(s, SOL_SOCKET, SO_DOMAIN), AF_INET6, "a socket of IPv6");
	carries(s, c, "to IPv4");
	carries(c, s, "from IPv4");

	c = open6(HOW_INET6);
	need(connect6(c, "::ffff:127.0.0.1", port6(l)));
	s = need(accept_in_time(l));
	is_named(c, true, "::ffff:127.0.0.1", port6(l));
	is_named(c, false, "::ffff:127.0.0.1", 0);
	carries(s, c, "between mapped addresses");

	if (wire == WIRE_KERNEL)
		return;	/* it sends from the mapped address now, and waits */
	/* again, over the other version */
	need(connect(c, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)));
	need(connect6(c, "::1", port6(l)));
	s = need(accept_in_time(l));
	is_named(c, false, "::1", 0);
	carries(c, s, "over IPv6, where it was IPv4");
}

static void test_only(void)
{
	int l = listen6(HOW_FAMILY, "::", true), port = port6(l), c;

	fails(connect4(open4(HOW_FAMILY), "127.0.0.1", port), ECONNREFUSED, "IPv4 finds nobody");
	fails(connect6(open6(HOW_INET6), "::ffff:127.0.0.1", port), ECONNREFUSED,
	      "nor do mapped addresses");
	c = open6(HOW_INET6);
	need(set_int(c, SOL_IPV6, IPV6_V6ONLY, 1));
	fails(connect6(c, "::ffff:127.0.0.1", port), ENETUNREACH, "nor can they be named");
	need(connect6(c, "::1", port));
	carries(c, need(accept_in_time(l)), "IPv6");

	need(sysctl_set("/proc/sys/net/ipv6/bindv6only", "1"));
	eq(get_int(open6(HOW_INET6), SOL_IPV6, IPV6_V6ONLY), 1, "net.ipv6.bindv6only");
	c = open6(HOW_FAMILY);
	need(bind6(c, "::", 0));
	eq(get_int(c, SOL_IPV6, IPV6_V6ONLY), 1, "where the address decides, too");
	need(sysctl_set("/proc/sys/net/ipv6/bindv6only", "0"));
	fails(set_int(c, SOL_IPV6, IPV6_V6ONLY, 0), EINVAL, "not once it is bound");
}

/* Of listeners at every address, one of IPv4's own is asked first. */
static void test_listeners(void)
{
	int six = open6(HOW_FAMILY), four = open4(HOW_FAMILY), c, port;

	need(set_int(six, SOL_IPV6, IPV6_V6ONLY, 1));
	need(bind6(six, "::", 0));
	port = port6(six);
	need(bind4(four, "0.0.0.0", port));
	need(listen(six, 1));
	need(listen(four, 1));
	c = open4(HOW_FAMILY);
	need(connect4(c, "127.0.0.1", port));
	need(accept_in_time(four));
	c = open6(HOW_FAMILY);
	need(connect6(c, "::1", port));
	need(accept_in_time(six));
	eq(poll_now(four, POLLIN), 0, "each its own");
	close(four);
	fails(connect4(open4(HOW_FAMILY), "127.0.0.1", port), ECONNREFUSED,
	      "IPv4 has none any more");

	/* both versions, and one for IPv4: SO_REUSEPORT lets them share */
	six = open6(HOW_FAMILY);
	four = open4(HOW_FAMILY);
	need(set_int(six, SOL_SOCKET, SO_REUSEPORT, 1));
	need(set_int(four, SOL_SOCKET, SO_REUSEPORT, 1));
	need(bind6(six, "::", 0));
	port = port6(six);
	need(bind4(four, "0.0.0.0", port));
	need(listen(six, 1));
	need(listen(four, 1));
	c = open4(HOW_FAMILY);
	need(connect4(c, "127.0.0.1", port));
	eq(poll_for(four, POLLIN), POLLIN, "IPv4's is asked first");
	eq(poll_now(six, POLLIN), 0, "and the other is not");
}

/* ---- who may have a port ---- */

static const char *const places[] = {
	"0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "only ::", "::ffff:0.0.0.0",
	"::ffff:127.0.0.1",
};

static int open_at(enum how how, const char *place, const char **ip)
{
	int fd, only = !strncmp(place, "only ", 5);

	*ip = place + (only ? 5 : 0);
	if (!strchr(*ip, ':'))
		return open4(how);
	fd = open6(how);
	need(set_int(fd, SOL_IPV6, IPV6_V6ONLY, only));
	return fd;
}

static int bind_place(int fd, const char *ip, int port)
{
	return strchr(ip, ':') ? bind6(fd, ip, port) : bind4(fd, ip, port);
}

/* Return: 0, or the errno of the bind() or listen() that was refused, and 1000 for listen() */
static int share(enum how how, const char *a, const char *b, int option, bool first_listens)
{
	const char *ip_a, *ip_b;
	int one = open_at(how, a, &ip_a), other = open_at(how, b, &ip_b), err = 0;

	if (option) {
		need(set_int(one, SOL_SOCKET, option, 1));
		need(set_int(other, SOL_SOCKET, option, 1));
	}
	need(bind_place(one, ip_a, 0));
	if (first_listens)
		need(listen(one, 1));
	if (bind_place(other, ip_b, port6(one)))
		err = errno;
	else if (listen(other, 1))
		err = 1000 + errno;
	close(one);
	close(other);
	return err;
}

/* Linux looks for ::, but not for its IPv4-mapped twin, before a mapped address is bound. */
static bool linux_overlooks(const char *a, const char *b)
{
	return !strcmp(a, "::ffff:0.0.0.0") && !strcmp(b, "::ffff:127.0.0.1");
}

static void ports_of(const char *a, const char *b)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };
	static const char *const names[] = { "", ", SO_REUSEADDR", ", SO_REUSEPORT" };
	int o, listens;

	for (o = 0; o < 3; o++)
		for (listens = 0; listens < 2; listens++)
			eq(share(HOW_FAMILY, a, b, options[o], listens),
			   share(HOW_KERNEL, a, b, options[o], listens), "%s%s, then %s%s", a,
			   listens ? " listening" : "", b, names[o]);
}

static void test_ports(void)
{
	int a, b;

	for (a = 0; a < (int)ARRAY_SIZE(places); a++)
		for (b = 0; b < (int)ARRAY_SIZE(places); b++)
			if (!linux_overlooks(places[a], places[b]))
				ports_of(places[a], places[b]);
}

/* ---- errors ---- */

/* Return: the errno of a call that is to fail, 0 if it does not */
static int error_of(int ret)
{
	return ret ? errno : 0;
}

/* glibc declares the address as a transparent union */
static int bind_to_addr(int fd, const struct sockaddr *to, socklen_t len)
{
	return bind(fd, to, len);
}

static int connect_to_addr(int fd, const struct sockaddr *to, socklen_t len)
{
	return connect(fd, to, len);
}

/* Return: the errno of a bind() or connect() with so many bytes of an address */
static int call_len(int (*call)(int fd, const struct sockaddr *to, socklen_t len), enum how how,
		    const char *ip, int scope, int len)
{
	struct sockaddr_in6 a = addr6(ip, call == connect_to_addr);
	int fd = open6(how), err;

	a.sin6_scope_id = scope;
	err = error_of(call(fd, (struct sockaddr *)&a, len));
	close(fd);
	return err;
}

static int bind_len(enum how how, const char *ip, int scope, int len)
{
	return call_len(bind_to_addr, how, ip, scope, len);
}

static int connect_len(enum how how, const char *ip, int scope, int len)
{
	return call_len(connect_to_addr, how, ip, scope, len);
}

static void test_errors(void)
{
	static const char *const ips[] = {
		"::", "::1", "::2", "2001:db8::1", "fe80::1", "ff02::1", "::ffff:127.0.0.1",
		"::ffff:192.0.2.1", "::ffff:224.0.0.1", "::127.0.0.1",
	};
	static const int lens[] = { 0, 1, 2, 16, 23, 24, 27, 28 };
	static const enum how hows[] = { HOW_INET6, HOW_FAMILY };
	int i, j, scope, h;

	for (h = 0; h < 2; h++)
		for (i = 0; i < (int)ARRAY_SIZE(ips); i++)
			for (scope = 0; scope < 3; scope++) {
				eq(bind_len(hows[h], ips[i], scope, 28),
				   bind_len(HOW_KERNEL, ips[i], scope, 28),
				   "bind to %s, scope %d", ips[i], scope);
				eq(connect_len(hows[h], ips[i], scope, 28),
				   connect_len(HOW_KERNEL, ips[i], scope, 28),
				   "connect to %s, scope %d", ips[i], scope);
			}
	for (j = 0; j < (int)ARRAY_SIZE(lens); j++) {
		eq(bind_len(HOW_INET6, "::1", 0, lens[j]),
		   bind_len(HOW_KERNEL, "::1", 0, lens[j]), "bind, %d bytes", lens[j]);
		eq(connect_len(HOW_INET6, "::1", 0, lens[j]),
		   connect_len(HOW_KERNEL, "::1", 0, lens[j]), "connect, %d bytes", lens[j]);
	}
}

/* Of every address of IPv4, said as IPv6's. */
static void test_mapped_any(void)
{
	int l = listen6(HOW_INET6, "::ffff:0.0.0.0", false);

	fails(connect6(open6(HOW_INET6), "::1", port6(l)), ECONNREFUSED, "it takes no IPv6");
	eq(connect6(open6(HOW_INET6), "::ffff:127.0.0.1", port6(l)), 0, "but IPv4");
	eq(connect4(open4(HOW_FAMILY), "127.0.0.1", port6(l)), 0, "however it is said");
}

/* What was wished for of IPv6 means nothing to IPv4. */
static void test_only_and_ipv4(void)
{
	int l = xsocket();

	if (wire == WIRE_KERNEL) {
		tap_skip("a socket of the kernel's keeps its family", "a listener of IPv4");
		return;
	}
	need(set_int(l, SOL_IPV6, IPV6_V6ONLY, 1));
	need(bind4(l, "127.0.0.1", 0));
	close(l);
	l = xsocket();
	need(set_int(l, SOL_IPV6, IPV6_V6ONLY, 1));
	need(bind4(l, "0.0.0.0", 0));
	need(listen(l, 1));
	eq(connect4(xsocket(), "127.0.0.1", port_of(l)), 0, "a listener of IPv4 is not deaf");
}

/* An address of the other family. */
static void test_families(void)
{
	int fd = open6(HOW_INET6);

	/* on TCP's wire each has been opened as one of either family */
	if (wire != WIRE_TCP) {
		eq(error_of(bind4(fd, "127.0.0.1", 0)),
		   error_of(bind4(open6(HOW_KERNEL), "127.0.0.1", 0)),
		   "IPv6 is not bound to IPv4");
		eq(error_of(connect4(fd, "127.0.0.1", 1)),
		   error_of(connect4(open6(HOW_KERNEL), "127.0.0.1", 1)), "nor connected");
	}
	if (wire == WIRE_KERNEL)
		return;
	fd = xsocket();
	eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET, "AF_XTCP: of IPv4 at first");
	fails(bind6(fd, "2001:db8::1", 0), EADDRNOTAVAIL, "an address of IPv6");
	eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET6, "of IPv6 now");
	need(bind4(fd, "127.0.0.1", 0));
	eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET, "and of IPv4 again");
	fails(bind6(fd, "::1", 0), EAFNOSUPPORT, "but not once it has an address");
	fails(set_int(fd, SOL_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT, "nor by an option");
	fails(connect6(fd, "::1", 1), EAFNOSUPPORT, "nor by its peer's");

	fd = need(socket(AF_INET, SOCK_STREAM, IPPROTO_XTCP));
	fails(bind6(fd, "::1", 0), EAFNOSUPPORT, "AF_INET stays what it is");
	fails(set_int(fd, SOL_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT, "whatever is set");
}

/* ---- options ---- */

struct option {
	const char *name;
	int number;
	int value;
};

/* What a connection has last been told of its peer's headers. */
struct told {
	int ifindex;
	int hops;
	int tclass;
	bool has_address;
};

static void want_headers(int fd)
{
	need(set_int(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1));
	need(set_int(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1));
	need(set_int(fd, SOL_IPV6, IPV6_RECVTCLASS, 1));
}

static struct told told_headers(int fd)
{
	union {
		char bytes[256];
		struct cmsghdr align;
	} room;
	struct msghdr m = { .msg_control = room.bytes };
	struct told told = { -1, -1, -1, false };
	socklen_t len = sizeof(room);
	struct {
		struct in6_addr address;
		unsigned int ifindex;
	} info;
	struct cmsghdr *c;

	need(getsockopt(fd, SOL_IPV6, IPV6_2292PKTOPTIONS, room.bytes, &len));
	m.msg_controllen = len;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&told.hops, CMSG_DATA(c), sizeof(int));
		if (c->cmsg_type == IPV6_TCLASS)
			memcpy(&told.tclass, CMSG_DATA(c), sizeof(int));
		if (c->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		told.ifindex = info.ifindex;
		told.has_address = !memcmp(&info.address, &in6addr_loopback, sizeof(info.address));
	}
	return told;
}

static void are_told(const char *who, int ours, int theirs)
{
	struct told a = told_headers(ours), b = told_headers(theirs);

	eq(a.ifindex, b.ifindex, "%s: the device", who);
	eq(a.hops, b.hops, "%s: the hop limit", who);
	eq(a.tclass, b.tclass, "%s: the traffic class", who);
	eq(a.has_address, b.has_address, "%s: the address", who);
}

/* IPV6_RECVPKTINFO and its kin, by IPV6_2292PKTOPTIONS: it is no part of recvmsg(). */
static void test_headers(void)
{
	int c[2], s[2], i;
	char byte;

	for (i = 0; i < 2; i++) {
		enum how how = i ? HOW_KERNEL : HOW_INET6;
		int l = listen6(how, "::1", false);

		want_headers(l);
		c[i] = open6(how);
		want_headers(c[i]);
		need(set_int(c[i], SOL_IPV6, IPV6_UNICAST_HOPS, 37));
		need(connect6(c[i], "::1", port6(l)));
		s[i] = need(accept_in_time(l));
	}
	are_told("connected", c[0], c[1]);
	are_told("accepted", s[0], s[1]);
	eq(told_headers(s[0]).hops, 37, "of the handshake");
	for (i = 0; i < 2; i++) {
		need(set_int(c[i], SOL_IPV6, IPV6_UNICAST_HOPS, 41));
		need(set_int(c[i], SOL_IPV6, IPV6_TCLASS, 0x48));
		need(send(c[i], "x", 1, 0));
		need(recv(s[i], &byte, 1, 0));
	}
	are_told("after data", s[0], s[1]);
	eq(told_headers(s[0]).hops, 41, "of the last segment");
	eq(told_headers(s[0]).tclass, 0x48, "and its class");
}

static void test_options(void)
{
	static const struct option options[] = {
		{ "V6ONLY", IPV6_V6ONLY, 1 },
		{ "UNICAST_HOPS", IPV6_UNICAST_HOPS, 7 },
		{ "UNICAST_HOPS, too many", IPV6_UNICAST_HOPS, 256 },
		{ "TCLASS", IPV6_TCLASS, 0x48 },
		{ "TCLASS, too large", IPV6_TCLASS, 256 },
		{ "RECVERR", IPV6_RECVERR, 1 },
		{ "MTU_DISCOVER", IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT },
		{ "MTU_DISCOVER, unknown", IPV6_MTU_DISCOVER, 9 },
		{ "MTU, unconnected", IPV6_MTU, 1400 },
		{ "DONTFRAG", IPV6_DONTFRAG, 1 },
		{ "MINHOPCOUNT", IPV6_MINHOPCOUNT, 255 },
		{ "MINHOPCOUNT, too many", IPV6_MINHOPCOUNT, 256 },
		{ "AUTOFLOWLABEL", IPV6_AUTOFLOWLABEL, 0 },
		{ "FLOWINFO_SEND", IPV6_FLOWINFO_SEND, 1 },
		{ "FREEBIND", IPV6_FREEBIND, 1 },
		{ "TRANSPARENT", IPV6_TRANSPARENT, 1 },
		{ "RECVPKTINFO", IPV6_RECVPKTINFO, 1 },
		{ "RECVHOPLIMIT", IPV6_RECVHOPLIMIT, 1 },
		{ "RECVTCLASS", IPV6_RECVTCLASS, 1 },
		{ "MULTICAST_HOPS", IPV6_MULTICAST_HOPS, 3 },
		{ "an unknown one", 250, 1 },
	};
	int i, ours, theirs;

	for (i = 0; i < (int)ARRAY_SIZE(options); i++) {
		const struct option *o = &options[i];

		ours = open6(i & 1 ? HOW_INET6 : HOW_FAMILY);
		theirs = open6(HOW_KERNEL);
		eq(error_of(set_int(ours, SOL_IPV6, o->number, o->value)),
		   error_of(set_int(theirs, SOL_IPV6, o->number, o->value)), "set %s", o->name);
		eq(get_int(ours, SOL_IPV6, o->number), get_int(theirs, SOL_IPV6, o->number),
		   "get %s", o->name);
		close(ours);
		close(theirs);
	}
	if (wire == WIRE_KERNEL)
		return;
	ours = open6(HOW_INET6);
	fails(set_int(ours, SOL_IPV6, IPV6_ADDRFORM, AF_INET), ENOPROTOOPT, "ADDRFORM is refused");
	fails(setsockopt(ours, SOL_IPV6, IPV6_HOPOPTS, "\0\0\0\0\0\0\0", 8), ENOPROTOOPT,
	      "extension headers are refused");
}

/* ---- /proc ---- */

#define LOOPBACK_HEX	"00000000000000000000000001000000"
#define MAPPED_HEX	"0000000000000000FFFF00000100007F"

/* The state of the line with these ends, in tcp6's columns; -1: there is none */
static int listed(const char *table, const char *local, int lport, const char *peer, int rport)
{
	char path[64], line[512], a[40], b[40];
	unsigned int p, q, state;
	int found = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s%s",
		 wire == WIRE_KERNEL ? "tcp" : "xtcp", table);
	f = fopen(path, "r");
	need(f ? 0 : -1);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " %*d: %39[0-9A-F]:%x %39[0-9A-F]:%x %x", a, &p, b, &q,
			   &state) == 5 && !strcmp(a, local) && !strcmp(b, peer) &&
		    (int)p == lport && (int)q == rport)
			found = state;
	fclose(f);
	return found;
}

static void test_proc(void)
{
	static const char none[] = "00000000000000000000000000000000";
	int l = listen6(HOW_FAMILY, "::", false), c = open6(HOW_INET6), s, four;

	need(connect6(c, "::1", port6(l)));
	s = need(accept_in_time(l));
	eq(listed("6", none, port6(l), none, 0), TCP_LISTEN, "the listener");
	eq(listed("6", LOOPBACK_HEX, port6(c), LOOPBACK_HEX, port6(l)), TCP_ESTABLISHED, "ours");
	eq(listed("6", LOOPBACK_HEX, port6(l), LOOPBACK_HEX, port6(c)), TCP_ESTABLISHED,
	   "theirs");
	eq(listed("", "00000000", port6(l), "00000000", 0), -1, "not among those of IPv4");

	four = open4(HOW_FAMILY);
	need(connect4(four, "127.0.0.1", port6(l)));
	need(accept_in_time(l));
	eq(listed("6", MAPPED_HEX, port6(l), MAPPED_HEX, port_of(four)), TCP_ESTABLISHED,
	   "a child that speaks IPv4 is one of IPv6");
	eq(listed("", "0100007F", port_of(four), "0100007F", port6(l)), TCP_ESTABLISHED,
	   "its peer is one of IPv4");

	shutdown(c, SHUT_WR);
	eq(read_to_end(s), 0, "closed");
	eq(listed("6", LOOPBACK_HEX, port6(l), LOOPBACK_HEX, port6(c)), TCP_CLOSE_WAIT,
	   "CLOSE_WAIT");
	close(s);
	eq(read_to_end(c), 0, "and there");
	eq(listed("6", LOOPBACK_HEX, port6(c), LOOPBACK_HEX, port6(l)), TCP_TIME_WAIT, "TIME_WAIT");
}

static const struct tap_test tests[] = {
	TEST(open),
	TEST_SLOW(stream, 60),
	TEST(dual),
	TEST(only),
	TEST(listeners),
	TEST_SLOW(ports, 60),
	TEST(errors),
	TEST(mapped_any),
	TEST(only_and_ipv4),
	TEST(families),
	TEST(options),
	TEST(headers),
	TEST(proc),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
