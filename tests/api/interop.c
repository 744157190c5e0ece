// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp on TCP's wire against the kernel's TCP, as client and as server: every
 * way to open and to end a connection. On the other wires the peer is of the
 * wire's own kind, so that the same conversations show what to expect.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "peers.h"
#include "tap.h"

static bool we_listen;	/* the wire under test is the server's */

static void both_roles(void (*conversation)(int a, int b))
{
	struct pair p;
	int i;

	for (i = 0; i < 4; i++) {
		we_listen = i & 1;
		peers_open(&p, we_listen);
		/* the client begins, then the server */
		if (i & 2)
			conversation(p.s, p.c);
		else
			conversation(p.c, p.s);
		close(p.c);
		close(p.s);
		close(p.l);
	}
}

static const char *role(void)
{
	return we_listen ? "server" : "client";
}

static void say(int a, int b)
{
	char buf[8];

	eq(send(a, "one", 3, 0), 3, "%s: there", role());
	eq(recv_all(b, buf, 3), 3, "%s: arrives", role());
	eq(send(b, "two", 3, 0), 3, "%s: back", role());
	eq(recv_all(a, buf, 3), 3, "%s: arrives, too", role());
}

static void half_close(int a, int b)
{
	char buf[8];

	need(send(a, "ask", 3, 0));
	eq(shutdown(a, SHUT_WR), 0, "%s: half-close", role());
	eq(recv_all(b, buf, sizeof(buf)), 3, "%s: all, then the end", role());
	eq(send(b, "answer", 6, 0), 6, "%s: the other half is open", role());
	eq(shutdown(b, SHUT_WR), 0, "%s: and closes", role());
	eq(recv_all(a, buf, sizeof(buf)), 6, "%s: the answer, then the end",
	   role());
}

static void simultaneous(int a, int b)
{
	char byte;

	eq(shutdown(a, SHUT_WR) | shutdown(b, SHUT_WR), 0, "%s: both close",
	   role());
	eq(recv(a, &byte, 1, 0), 0, "%s: one sees the end", role());
	eq(recv(b, &byte, 1, 0), 0, "%s: and the other", role());
}

static void abort_it(int a, int b)
{
	char byte;

	need(set_linger(a, 1, 0));
	close(a);
	eq(poll_for(b, POLLERR), POLLERR | POLLHUP | (poll_now(b, POLLERR) &
						      POLLIN), "%s: reset", role());
	fails(recv(b, &byte, 1, 0), ECONNRESET, "%s: is told", role());
}

static void close_early(int a, int b)
{
	char byte;

	need(send(b, "x", 1, 0));
	need(wait_inq(a, 1) ? 0 : -1);
	close(a);
	eq(poll_for(b, POLLERR) & POLLERR, POLLERR,
	   "%s: closed with unread data: reset", role());
	fails(recv(b, &byte, 1, 0), ECONNRESET, "%s: and is told", role());
}

static void both_streams(int a, int b)
{
	const long long bytes = 3000000;
	int pid = fork();

	if (!pid) {
		int sender = fork();

		if (!sender) {
			stream_send(b, 2, bytes, 30000);
			shutdown(b, SHUT_WR);
			_exit(0);
		}
		_exit(stream_recv(b, 1, 5000) != bytes || exit_status(sender));
	}
	if (!fork()) {
		stream_send(a, 1, bytes, 30000);
		shutdown(a, SHUT_WR);
		_exit(0);
	}
	eq(stream_recv(a, 2, 5000), bytes, "%s: one way", role());
	eq(exit_status(pid), 0, "%s: and the other, at once", role());
}

static void out_of_band(int a, int b)
{
	char byte = 0;

	need(send(a, "!", 1, MSG_OOB));
	eq(poll_for(b, POLLPRI) & POLLPRI, POLLPRI, "%s: urgent", role());
	eq(recv(b, &byte, 1, MSG_OOB), 1, "%s: the byte", role());
	eq(byte, '!', "%s: the right one", role());
}

static void test_say(void)
{
	both_roles(say);
}

static void test_half_close(void)
{
	both_roles(half_close);
}

static void test_simultaneous(void)
{
	both_roles(simultaneous);
}

static void test_reset(void)
{
	both_roles(abort_it);
}

static void test_unread(void)
{
	both_roles(close_early);
}

static void test_streams(void)
{
	both_roles(both_streams);
}

static void test_urgent(void)
{
	both_roles(out_of_band);
}

/* The peer's options, off and on: what xtcp does not speak must be refused, not broken. */
static void test_options(void)
{
	static const char * const option[] = {
		"sack", "timestamps", "window_scaling", "ecn"
	};
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(option); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/tcp_%s",
			 option[i]);
		need(sysctl_set(path, "0"));
		both_roles(say);
		need(sysctl_set(path, "1"));
		both_roles(say);
	}
}

/* Two TCPs, one port space. */
static void test_ports(void)
{
	int a = need(xsocket());
	int b = peer_socket();

	need(bind_at(a, "127.0.0.1", 6301));
	fails(bind_at(b, "127.0.0.1", 6301), EADDRINUSE, "what we have");
	fails(bind_at(b, "0.0.0.0", 6301), EADDRINUSE, "at every address");
	eq(bind_at(b, "127.0.0.2", 6301), 0, "another address is free");
	close(b);
	b = peer_socket();
	need(bind_at(b, "127.0.0.1", 6302));
	close(a);
	a = need(xsocket());
	fails(bind_at(a, "127.0.0.1", 6302), EADDRINUSE, "what they have");
	fails(bind_at(a, "0.0.0.0", 6302), EADDRINUSE, "at every address, too");
	need(listen(b, 1));
	fails(bind_at(a, "127.0.0.1", 6302), EADDRINUSE, "a listener's");
	close(b);
	eq(bind_at(a, "127.0.0.1", 6302), 0, "and when they are gone");
	close(a);
}

/* The other TCP can have a port that we gave back, soon: a worker does it. */
static void test_port_released(void)
{
	long long end = now_ms() + LONG_MS;
	int a = need(xsocket());
	int b = peer_socket();
	int bound;

	need(bind_at(a, "127.0.0.1", 6303));
	close(a);
	do
		bound = bind_at(b, "127.0.0.1", 6303);
	while (bound < 0 && now_ms() < end);
	eq(bound, 0, "given back");
}

/* The kernel's TCP goes on beside us on ports of its own. */
static void test_beside(void)
{
	int l = peer_socket();
	int x = listen_on(1);
	int c = peer_socket();
	struct pair p;
	char buf[4];

	need(bind_at(l, "127.0.0.1", 0));
	need(listen(l, 1));
	need(connect_at(c, "127.0.0.1", port_of(l)));
	p.s = need(accept_in_time(l));
	need(send(c, "abc", 3, 0));
	eq(recv_all(p.s, buf, 3), 3, "the kernel's own connection");
	p.c = connect_to(x);
	p.s = need(accept_in_time(x));
	need(send(p.c, "abc", 3, 0));
	eq(recv_all(p.s, buf, 3), 3, "and ours");
}

static const struct tap_test tests[] = {
	TEST(say),
	TEST(half_close),
	TEST(simultaneous),
	TEST(reset),
	TEST(unread),
	TEST(streams),
	TEST(urgent),
	TEST(options),
	TEST(ports),
	TEST(port_released),
	TEST(beside),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
