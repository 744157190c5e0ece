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

/* What is not TCP over IPv4 stays what it is. */
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
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	ok(fd < 0 || real_protocol(fd) == IPPROTO_TCP, "AF_INET6");
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
