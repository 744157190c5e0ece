// SPDX-License-Identifier: GPL-2.0
/* getsockname() and getpeername() in each state, with each kind of buffer. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void buffers_of(const char *who, int fd,
		       int (*get)(int fd, struct sockaddr *sa, socklen_t *len))
{
	unsigned char raw[64];
	struct sockaddr *sa = (struct sockaddr *)raw;
	socklen_t len = sizeof(raw), want = at("127.0.0.1", 0).len;

	memset(raw, 0xee, sizeof(raw));
	eq(get(fd, sa, &len), 0, "%s: a large buffer", who);
	eq(len, want, "%s: length", who);
	eq(sa->sa_family, address_family(), "%s: family", who);
	if (is_inet6())
		ok(!memcmp(raw + 4, "\0\0\0", 4) && !memcmp(raw + 24, "\0\0\0", 4),
		   "%s: flow label and scope are zero", who);
	else
		ok(!memcmp(raw + 8, "\0\0\0\0\0\0\0", 8), "%s: sin_zero is zero", who);
	eq(raw[want], 0xee, "%s: no more is written", who);

	memset(raw, 0xee, sizeof(raw));
	len = 4;
	eq(get(fd, sa, &len), 0, "%s: a short buffer", who);
	eq(len, want, "%s: the true length", who);
	eq(raw[4], 0xee, "%s: only what fits is written", who);

	len = 0;
	eq(get(fd, sa, &len), 0, "%s: an empty buffer", who);
	eq(len, want, "%s: the true length", who);
	len = -1;
	fails(get(fd, sa, &len), EINVAL, "%s: a negative length", who);
	len = sizeof(raw);
	fails(get(fd, (void *)8, &len), EFAULT, "%s: a bad pointer", who);
	fails(get(fd, sa, NULL), EFAULT, "%s: no length", who);
}

/* glibc declares the address as a transparent union */
static int sock_name(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getsockname(fd, sa, len);
}

static int peer_name(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getpeername(fd, sa, len);
}

static void test_buffers(void)
{
	struct pair p;

	pair_open(&p);
	buffers_of("getsockname", p.c, sock_name);
	buffers_of("getpeername", p.c, peer_name);
}

static int no_peer(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	return getpeername(fd, (struct sockaddr *)&addr, &len);
}

static void test_before(void)
{
	int fd = need(xsocket());
	int full[2];

	fails(no_peer(fd), ENOTCONN, "fresh");
	need(bind_at(fd, "127.0.0.1", 0));
	fails(no_peer(fd), ENOTCONN, "bound");
	need(listen(fd, 1));
	fails(no_peer(fd), ENOTCONN, "listening");
	full_listener(full);
	fails(no_peer(full[1]), ENOTCONN, "SYN-SENT");
	fails(no_peer(-1), EBADF, "no file");
	fails(no_peer(STDIN_FILENO), ENOTSOCK, "no socket");
}

static void test_after(void)
{
	struct pair p;
	char byte;
	int port;

	pair_open(&p);
	port = port_of(p.c);
	eq(port_in(peer_of(p.c)), port_of(p.s), "ESTABLISHED: client");
	eq(port_in(peer_of(p.s)), port_of(p.c), "ESTABLISHED: server");
	ok(is_at(peer_of(p.c), "127.0.0.1"), "ESTABLISHED: address");

	need(shutdown(p.c, SHUT_WR));
	need(recv(p.s, &byte, 1, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(no_peer(p.c), 0, "FIN-WAIT-2");
	eq(no_peer(p.s), 0, "CLOSE-WAIT");
	need(close(p.s));
	need(poll_for(p.c, 0) & POLLHUP ? 0 : -1);
	fails(no_peer(p.c), ENOTCONN, "TIME-WAIT");
	eq(port_of(p.c), port, "TIME-WAIT: getsockname()");

	pair_open(&p);
	port = port_of(p.c);
	need(set_linger(p.s, 1, 0));
	need(close(p.s));
	need(poll_for(p.c, 0) & POLLHUP ? 0 : -1);
	fails(no_peer(p.c), ENOTCONN, "reset");
	eq(port_of(p.c), port, "reset: getsockname()");
}

static void test_failed_connect(void)
{
	int fd = need(xsocket());

	fails(connect_at(fd, "127.0.0.1", closed_port()), ECONNREFUSED,
	      "a connect() that fails");
	fails(no_peer(fd), ENOTCONN, "getpeername()");
	ok(is_at(name_of(fd), "0.0.0.0"), "getsockname(): no address");
}

static const struct tap_test tests[] = {
	TEST(buffers),
	TEST(before),
	TEST(after),
	TEST(failed_connect),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
