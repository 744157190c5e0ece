// SPDX-License-Identifier: GPL-2.0
/*
 * xtcpize-probe CONNECTING LISTENING
 *
 * A program for the kernel's TCP, to be run by xtcpize: what it is told about
 * its sockets, and what they are.  CONNECTING and LISTENING are the protocols
 * that the kernel knows of a socket that connects, and of one that listens:
 * IPPROTO_TCP for its own, IPPROTO_XTCP for xtcp's.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static int connecting, listening;

/* No library hears of this. */
static int real_protocol(int fd)
{
	socklen_t len = sizeof(int);
	int val = -1;

	syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, &val, &len);
	return val;
}

static int new_socket(void)
{
	return need(socket(AF_INET, SOCK_STREAM, 0));
}

static unsigned long inode(int fd)
{
	struct stat st;

	need(fstat(fd, &st));
	return st.st_ino;
}

static void test_kind(void)
{
	static const int types[] = {
		SOCK_STREAM, SOCK_STREAM | SOCK_CLOEXEC,
		SOCK_STREAM | SOCK_NONBLOCK,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		fd = need(socket(AF_INET, types[i], i & 1 ? IPPROTO_TCP : 0));
		eq(real_protocol(fd), connecting, "flags %#x: kind", types[i]);
		eq(!!(fcntl(fd, F_GETFD) & FD_CLOEXEC),
		   !!(types[i] & SOCK_CLOEXEC), "flags %#x: FD_CLOEXEC",
		   types[i]);
		eq(!!(fcntl(fd, F_GETFL) & O_NONBLOCK),
		   !!(types[i] & SOCK_NONBLOCK), "flags %#x: O_NONBLOCK",
		   types[i]);
	}
}

/* What is not TCP stays what it is. */
static void test_others(void)
{
	int fd;

	fd = need(socket(AF_INET, SOCK_DGRAM, 0));
	eq(real_protocol(fd), IPPROTO_UDP, "UDP");
	fd = need(socket(AF_UNIX, SOCK_STREAM, 0));
	eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_UNIX, "AF_UNIX");
	fd = need(socket(AF_INET, SOCK_RAW, IPPROTO_XTCP));
	eq(get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_XTCP,
	   "SO_PROTOCOL of a raw socket of xtcp's number");
	fd = need(socket(AF_INET6, SOCK_DGRAM, 0));
	eq(real_protocol(fd), IPPROTO_UDP, "UDP over IPv6");
	fd = need(socket(AF_INET6, SOCK_RAW, IPPROTO_XTCP));
	eq(get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_XTCP,
	   "SO_PROTOCOL of a raw socket of IPv6");
	fails(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT,
	      "a stream by UDP");
	fails(socket(AF_INET, SOCK_STREAM | 0x100, 0), EINVAL,
	      "an unknown flag");
}

static void test_told(void)
{
	int fd = new_socket(), val;
	socklen_t len = 1;
	char byte = 0;

	eq(get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP, "SO_PROTOCOL");
	eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET, "SO_DOMAIN");
	eq(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM, "SO_TYPE");
	eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0, "SO_ACCEPTCONN");
	need(listen(fd, 1));
	eq(get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP,
	   "SO_PROTOCOL of a listener");
	eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 1,
	   "SO_ACCEPTCONN of a listener");
	eq(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &byte, &len), 0,
	   "SO_PROTOCOL in one byte");
	eq(len, 1, "SO_PROTOCOL in one byte: its length");
	len = sizeof(val);
	fails(getsockopt(-1, SOL_SOCKET, SO_PROTOCOL, &val, &len), EBADF,
	      "SO_PROTOCOL of no socket");
	fails(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, NULL, &len), EFAULT,
	      "SO_PROTOCOL to nowhere");
}

static void test_errno(void)
{
	int fd;

	errno = ENOTTY;
	fd = new_socket();
	eq(errno, ENOTTY, "socket");
	get_int(fd, SOL_SOCKET, SO_PROTOCOL);
	eq(errno, ENOTTY, "getsockopt");
	need(listen(fd, 1));
	eq(errno, ENOTTY, "listen");
	fails(listen(-1, 1), EBADF, "listen on no socket");
	fails(listen(STDIN_FILENO, 1), ENOTSOCK, "listen on a file");
	fails(listen(need(socket(AF_INET, SOCK_DGRAM, 0)), 1), EOPNOTSUPP,
	      "listen by UDP");
}

static void test_listen(void)
{
	struct linger linger = { 0 };
	socklen_t len = sizeof(linger);
	unsigned long same;
	int fd = new_socket(), port, rcvbuf;

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(fd, SOL_SOCKET, SO_RCVBUF, 50000);
	rcvbuf = get_int(fd, SOL_SOCKET, SO_RCVBUF);
	set_int(fd, SOL_SOCKET, SO_PRIORITY, 3);
	need(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	set_linger(fd, 1, 7);
	set_int(fd, SOL_IP, IP_TTL, 33);
	set_int(fd, SOL_TCP, TCP_NODELAY, 1);
	set_int(fd, SOL_TCP, TCP_KEEPIDLE, 77);
	set_int(fd, SOL_TCP, TCP_MAXSEG, 900);
	set_nonblock(fd, true);
	need(fcntl(fd, F_SETFD, FD_CLOEXEC));
	need(bind4(fd, "127.0.0.1", 0));
	port = port_of(fd);
	eq(real_protocol(fd), connecting, "kind before listen()");
	eq(listen(fd, 5), 0, "listen");
	eq(real_protocol(fd), listening, "kind after listen()");
	eq(port_of(fd), port, "port");
	ok(is_at(name_of(fd), "127.0.0.1"), "address");
	eq(get_int(fd, SOL_SOCKET, SO_REUSEADDR), 1, "SO_REUSEADDR");
	eq(get_int(fd, SOL_SOCKET, SO_KEEPALIVE), 0, "SO_KEEPALIVE");
	eq(get_int(fd, SOL_SOCKET, SO_RCVBUF), rcvbuf, "SO_RCVBUF");
	eq(get_int(fd, SOL_SOCKET, SO_PRIORITY), 3, "SO_PRIORITY");
	need(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len));
	ok(linger.l_onoff == 1 && linger.l_linger == 7, "SO_LINGER");
	eq(get_int(fd, SOL_IP, IP_TTL), 33, "IP_TTL");
	eq(get_int(fd, SOL_TCP, TCP_NODELAY), 1, "TCP_NODELAY");
	eq(get_int(fd, SOL_TCP, TCP_KEEPIDLE), 77, "TCP_KEEPIDLE");
	eq(get_int(fd, SOL_TCP, TCP_MAXSEG), 900, "TCP_MAXSEG");
	eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK, "O_NONBLOCK");
	eq(fcntl(fd, F_GETFD), FD_CLOEXEC, "FD_CLOEXEC");
	same = inode(fd);
	eq(listen(fd, 6), 0, "listen again");
	eq(inode(fd), same, "listen again: the same socket");
}

static void test_listen_default(void)
{
	int fd = new_socket(), next = new_socket();

	close(next);
	eq(listen(fd, 1), 0, "listen without bind()");
	eq(real_protocol(fd), listening, "kind");
	ok(port_of(fd) > 0, "port");
	eq(new_socket(), next, "no file is left open");
}

static void test_listen_taken(void)
{
	int fd = new_socket(), other = new_socket();

	need(bind4(fd, "127.0.0.1", 7011));
	need(listen(fd, 1));
	/* told by listen() where bind() asked the other kind */
	if (!bind4(other, "127.0.0.1", 7011))
		fails(listen(other, 1), EADDRINUSE, "listen: another listens");
	else
		eq(errno, EADDRINUSE, "bind: another listens");
}

/* ---- IPv6 ---- */

static int new_socket6(void)
{
	return need(socket(AF_INET6, SOCK_STREAM, 0));
}

/* The yardstick */
static int kernel_socket6(void)
{
	return need(syscall(SYS_socket, AF_INET6, SOCK_STREAM, 0));
}

static struct sockaddr_in6 name6(int fd)
{
	struct sockaddr_in6 a = { 0 };
	socklen_t len = sizeof(a);

	need(getsockname(fd, (struct sockaddr *)&a, &len));
	eq(a.sin6_family, AF_INET6, "the name's family");
	eq(len, sizeof(a), "the name's length");
	return a;
}

static int bind6(int fd, const struct in6_addr *ip, int port)
{
	struct sockaddr_in6 a = {
		.sin6_family = AF_INET6, .sin6_addr = *ip, .sin6_port = htons(port),
	};

	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int connect6(int fd, const struct in6_addr *ip, int port)
{
	struct sockaddr_in6 a = {
		.sin6_family = AF_INET6, .sin6_addr = *ip, .sin6_port = htons(port),
	};

	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static void test_inet6_kind(void)
{
	static const int types[] = {
		SOCK_STREAM, SOCK_STREAM | SOCK_CLOEXEC, SOCK_STREAM | SOCK_NONBLOCK,
	};
	struct sockaddr_in6 name;
	int fd, theirs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		fd = need(socket(AF_INET6, types[i], i & 1 ? IPPROTO_TCP : 0));
		eq(real_protocol(fd), connecting, "flags %#x: kind", types[i]);
		eq(!!(fcntl(fd, F_GETFD) & FD_CLOEXEC), !!(types[i] & SOCK_CLOEXEC),
		   "flags %#x: FD_CLOEXEC", types[i]);
		eq(!!(fcntl(fd, F_GETFL) & O_NONBLOCK), !!(types[i] & SOCK_NONBLOCK),
		   "flags %#x: O_NONBLOCK", types[i]);
	}
	fd = new_socket6();
	theirs = kernel_socket6();
	eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET6, "SO_DOMAIN");
	eq(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM, "SO_TYPE");
	eq(get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP, "SO_PROTOCOL");
	eq(get_int(fd, SOL_IPV6, IPV6_UNICAST_HOPS),
	   get_int(theirs, SOL_IPV6, IPV6_UNICAST_HOPS), "IPV6_UNICAST_HOPS");
	eq(get_int(fd, SOL_IPV6, IPV6_V6ONLY), 0, "IPV6_V6ONLY");
	name = name6(fd);
	ok(IN6_IS_ADDR_UNSPECIFIED(&name.sin6_addr) && !name.sin6_port, "the name is ::");
	fails(socket(AF_INET6, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT, "a stream by UDP");

	need(sysctl_set("/proc/sys/net/ipv6/bindv6only", "1"));
	eq(get_int(new_socket6(), SOL_IPV6, IPV6_V6ONLY), 1, "IPV6_V6ONLY under bindv6only");
	need(sysctl_set("/proc/sys/net/ipv6/bindv6only", "0"));
}

/* @fd, of ::, accepts from both, as what it should be. */
static void test_inet6_dual(void)
{
	struct address addr = at("127.0.0.1", 0);
	int l = new_socket6(), c, s;
	struct sockaddr_in6 name;
	char byte = 0;

	need(bind6(l, &in6addr_any, 0));
	need(listen(l, 2));
	eq(real_protocol(l), listening, "kind of the listener");
	if (connecting != listening)
		return;	/* the wires may not meet */
	addr.v4.sin_port = name6(l).sin6_port;
	c = new_socket();
	need(connect_addr(c, &addr));
	s = need(accept_in_time(l));
	name = name6(s);
	ok(IN6_IS_ADDR_V4MAPPED(&name.sin6_addr), "accepted from IPv4: its name is mapped");
	eq(get_int(s, SOL_SOCKET, SO_DOMAIN), AF_INET6, "accepted from IPv4: SO_DOMAIN");
	eq(get_int(s, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP, "accepted from IPv4: SO_PROTOCOL");
	eq(real_protocol(s), listening, "accepted from IPv4: kind");

	c = new_socket6();
	need(connect6(c, &in6addr_loopback, ntohs(addr.v4.sin_port)));
	s = need(accept_in_time(l));
	name = name6(s);
	ok(IN6_IS_ADDR_LOOPBACK(&name.sin6_addr), "accepted from IPv6: its name");
	eq(get_int(s, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP, "accepted from IPv6: SO_PROTOCOL");
	eq(real_protocol(s), listening, "accepted from IPv6: kind");
	eq(real_protocol(c), connecting, "kind of what connected");
	need(send(c, "x", 1, 0));
	eq(recv(s, &byte, 1, 0), 1, "a byte");
	eq(byte, 'x', "what was sent");
}

/* As the kernel's TCP says it: a socket keeps the family that it was opened with. */
static void other_family(const char *what, int fd4, int fd6)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	struct address four = at("127.0.0.1", 0);
	int one = 1;

	fails(bind(fd4, (struct sockaddr *)&six, sizeof(six)), EAFNOSUPPORT, "%s: bind", what);
	fails(bind(fd6, &four.any, sizeof(four.v6)), EAFNOSUPPORT,
	      "%s: bind, of AF_INET6", what);
	fails(bind(fd6, &four.any, four.len), EINVAL,
	      "%s: bind, of AF_INET6, a short address", what);
	six.sin6_port = htons(9);
	four.v4.sin_port = htons(9);
	fails(connect(fd4, (struct sockaddr *)&six, sizeof(six)), EAFNOSUPPORT,
	      "%s: connect", what);
	fails(connect(fd6, &four.any, sizeof(four.v6)), EAFNOSUPPORT,
	      "%s: connect, of AF_INET6", what);
	fails(connect(fd6, &four.any, four.len), EINVAL,
	      "%s: connect, of AF_INET6, a short address", what);
	fails(setsockopt(fd4, SOL_IPV6, IPV6_V6ONLY, &one, sizeof(one)), ENOPROTOOPT,
	      "%s: an option of IPv6's", what);
	fails(bind(fd4, (void *)8, sizeof(four.v6)), EFAULT, "%s: bind to nowhere", what);
	fails(connect(fd6, (void *)8, sizeof(six)), EFAULT, "%s: connect to nowhere", what);
	eq(get_int(fd4, SOL_SOCKET, SO_DOMAIN), AF_INET, "%s: SO_DOMAIN", what);
	eq(get_int(fd6, SOL_SOCKET, SO_DOMAIN), AF_INET6, "%s: SO_DOMAIN of AF_INET6", what);
	eq(set_int(fd6, SOL_IPV6, IPV6_V6ONLY, 1), 0, "%s: an option of its own", what);
}

static void test_inet6_other_family(void)
{
	other_family("ours", new_socket(), new_socket6());
	other_family("the kernel's", need(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)),
		     kernel_socket6());
}

/* What listen() carries over, where it replaces the socket */
static void test_inet6_listen(void)
{
	int fd = new_socket6(), port;
	struct sockaddr_in6 name;

	set_int(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 33);
	set_int(fd, SOL_IPV6, IPV6_TCLASS, 0x20);
	set_int(fd, SOL_IPV6, IPV6_MINHOPCOUNT, 7);
	set_int(fd, SOL_TCP, TCP_NODELAY, 1);
	need(bind6(fd, &in6addr_loopback, 0));
	port = ntohs(name6(fd).sin6_port);
	eq(real_protocol(fd), connecting, "kind before listen()");
	eq(listen(fd, 5), 0, "listen");
	eq(real_protocol(fd), listening, "kind after listen()");
	name = name6(fd);
	eq(ntohs(name.sin6_port), port, "port");
	ok(IN6_IS_ADDR_LOOPBACK(&name.sin6_addr), "address");
	eq(get_int(fd, SOL_IPV6, IPV6_UNICAST_HOPS), 33, "IPV6_UNICAST_HOPS");
	eq(get_int(fd, SOL_IPV6, IPV6_TCLASS), 0x20, "IPV6_TCLASS");
	eq(get_int(fd, SOL_IPV6, IPV6_MINHOPCOUNT), 7, "IPV6_MINHOPCOUNT");
	eq(get_int(fd, SOL_TCP, TCP_NODELAY), 1, "TCP_NODELAY");

	fd = new_socket6();
	eq(listen(fd, 1), 0, "listen without bind()");
	eq(real_protocol(fd), listening, "its kind");
	name = name6(fd);
	ok(IN6_IS_ADDR_UNSPECIFIED(&name.sin6_addr) && name.sin6_port, "its name");
	eq(get_int(fd, SOL_IPV6, IPV6_V6ONLY), 0, "it takes IPv4");

	/* not of ::1, which an address of IPv4 never reaches */
	fd = new_socket6();
	set_int(fd, SOL_IPV6, IPV6_V6ONLY, 1);
	need(bind6(fd, &in6addr_any, 0));
	eq(listen(fd, 1), 0, "listen, for IPv6 only");
	eq(real_protocol(fd), listening, "kind of that");
	eq(get_int(fd, SOL_IPV6, IPV6_V6ONLY), 1, "IPV6_V6ONLY");
}

/* Programs tell epoll about a socket before they connect it. */
static void test_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	const char *wire = getenv("XTCPIZE_WIRE");
	struct address addr;
	bool native = wire && !strcmp(wire, "native");
	int fd, l, epoll;

	/* by the system call, so that it is of the kind that connects */
	l = need(syscall(SYS_socket, connecting == IPPROTO_TCP ? AF_INET : AF_XTCP,
			 SOCK_STREAM,
			 native && connecting != IPPROTO_TCP ? IPPROTO_XTCP : IPPROTO_TCP));
	need(bind4(l, "127.0.0.1", 0));
	need(syscall(SYS_listen, l, 1));
	addr = name_of(l);
	fd = need(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	epoll = need(epoll_create1(0));
	need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev));
	while (epoll_wait(epoll, &ev, 1, 0) == 1)
		;
	if (connect_addr(fd, &addr) < 0)
		eq(errno, EINPROGRESS, "connect");
	eq(epoll_wait(epoll, &ev, 1, LONG_MS), 1, "an event");
	eq(so_error(fd), 0, "connected");
	eq(real_protocol(fd), connecting, "kind");
	fails(listen(fd, 1), EINVAL, "listen on a connection");
	eq(real_protocol(fd), connecting, "kind after that");
}

static const struct tap_test tests[] = {
	TEST(kind),
	TEST(others),
	TEST(told),
	TEST(errno),
	TEST(listen),
	TEST(listen_default),
	TEST(listen_taken),
	TEST(inet6_kind),
	TEST(inet6_dual),
	TEST(inet6_other_family),
	TEST(inet6_listen),
	TEST(epoll),
};

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: %s CONNECTING LISTENING", argv[0]);
	connecting = atoi(argv[1]);
	listening = atoi(argv[2]);
	return tap_main(tests, ARRAY_SIZE(tests));
}
