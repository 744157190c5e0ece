// SPDX-License-Identifier: GPL-2.0
/* shutdown() in every state, and what each side then reads and writes. */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_unconnected(void)
{
	int fd = need(xsocket());

	fails(shutdown(fd, SHUT_RD), ENOTCONN, "fresh: SHUT_RD");
	fails(shutdown(fd, SHUT_WR), ENOTCONN, "fresh: SHUT_WR");
	fails(shutdown(fd, SHUT_RDWR), ENOTCONN, "fresh: SHUT_RDWR");
	fails(shutdown(fd, 3), EINVAL, "fresh: how is 3");
	fails(shutdown(fd, -1), EINVAL, "fresh: how is -1");
	need(bind_at(fd, "127.0.0.1", 0));
	fails(shutdown(fd, SHUT_RDWR), ENOTCONN, "bound");
	fails(shutdown(-1, SHUT_RD), EBADF, "no file");
	fails(shutdown(STDIN_FILENO, SHUT_RD), ENOTSOCK, "no socket");
}

static void test_shut_wr(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	need(send(p.c, "abc", 3, 0));
	fails(shutdown(p.c, 3), EINVAL, "how is 3");
	eq(shutdown(p.c, SHUT_WR), 0, "SHUT_WR");
	catch_signal(SIGPIPE, 0);
	fails(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE, "send(), MSG_NOSIGNAL");
	eq(caught(), 0, "no SIGPIPE");
	fails(send(p.c, "x", 1, 0), EPIPE, "send()");
	eq(caught(), 1, "SIGPIPE");
	fails(write(p.c, "x", 1), EPIPE, "write()");
	eq(caught(), 2, "SIGPIPE");
	eq(recv(p.s, buf, 8, 0), 3, "the peer reads what was sent");
	eq(recv(p.s, buf, 8, 0), 0, "then the end");
	eq(recv(p.s, buf, 8, 0), 0, "the end again");
	eq(send(p.s, "defg", 4, 0), 4, "the peer still sends");
	eq(recv(p.c, buf, 8, 0), 4, "and is heard");
	eq(shutdown(p.c, SHUT_WR), 0, "SHUT_WR again changes nothing");
	eq(so_error(p.c), 0, "SO_ERROR");
	eq(shutdown(p.s, SHUT_WR), 0, "the peer ends too");
	eq(recv(p.c, buf, 8, 0), 0, "the end is read");
}

static void test_shut_rd(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	need(send(p.s, "abc", 3, 0));
	need(wait_inq(p.c, 3) ? 0 : -1);
	eq(shutdown(p.c, SHUT_RD), 0, "SHUT_RD");
	eq(recv(p.c, buf, 8, 0), 3, "what had come is read");
	eq(recv(p.c, buf, 8, 0), 0, "then the end");
	eq(send(p.s, "de", 2, 0), 2, "the peer does not know");
	ok(wait_outq(p.s, 0), "it is acknowledged");
	eq(recv(p.c, buf, 8, 0), 2, "what comes later is read nevertheless");
	eq(recv(p.c, buf, 8, 0), 0, "then the end again");
	eq(send(p.c, "fg", 2, 0), 2, "sending goes on");
	eq(recv(p.s, buf, 8, 0), 2, "and is read");
}

static void test_shut_rdwr(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	eq(shutdown(p.c, SHUT_RDWR), 0, "SHUT_RDWR");
	eq(recv(p.c, buf, 8, 0), 0, "reads the end");
	fails(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE, "cannot send");
	eq(recv(p.s, buf, 8, 0), 0, "the peer reads the end");
	eq(poll_now(p.c, POLLIN | POLLOUT | POLLRDHUP),
	   POLLIN | POLLOUT | POLLRDHUP | POLLHUP, "poll()");
	eq(port_in(peer_of(p.c)), port_of(p.s),
	   "getpeername() still works in FIN-WAIT-2");
	eq(send(p.s, "x", 1, MSG_NOSIGNAL), 1, "the peer still may send");
	/* FIN-WAIT-2 and nobody can read it: RFC 9293 3.6.1 */
	ok(poll_for(p.s, 0) & POLLHUP, "but is reset");
	eq(so_error(p.s), EPIPE, "and told so");
}

/* After both FINs the socket is gone from the protocol's view. */
static void test_closed_both(void)
{
	struct address peer = { .len = sizeof(peer.v6) };
	struct pair p;
	char byte;

	pair_open(&p);
	need(shutdown(p.c, SHUT_WR));
	eq(recv(p.s, &byte, 1, 0), 0, "CLOSE-WAIT: the end");
	eq(shutdown(p.s, SHUT_RD), 0, "CLOSE-WAIT: SHUT_RD");
	eq(shutdown(p.s, SHUT_WR), 0, "CLOSE-WAIT: SHUT_WR");
	eq(recv(p.c, &byte, 1, 0), 0, "the end on the other side");
	need(poll_for(p.s, POLLOUT) & POLLHUP ? 0 : -1);
	fails(shutdown(p.s, SHUT_WR), ENOTCONN, "LAST-ACK done: shutdown()");
	fails(shutdown(p.c, SHUT_RDWR), ENOTCONN, "TIME-WAIT: shutdown()");
	fails(getpeername(p.c, &peer.any, &peer.len), ENOTCONN,
	      "TIME-WAIT: getpeername()");
	eq(recv(p.c, &byte, 1, 0), 0, "TIME-WAIT: recv() reads the end");
	fails(send(p.c, "x", 1, MSG_NOSIGNAL), EPIPE, "TIME-WAIT: send()");
	eq(recv(p.s, &byte, 1, 0), 0, "CLOSED: recv() reads the end");
	fails(send(p.s, "x", 1, MSG_NOSIGNAL), EPIPE, "CLOSED: send()");
	eq(so_error(p.c), 0, "TIME-WAIT: no error");
	eq(so_error(p.s), 0, "CLOSED: no error");
	ok(port_of(p.c) != 0, "TIME-WAIT: getsockname() still tells the port");
}

static void test_wakes_reader(void)
{
	struct bg bg = { .fn = bg_recv1 };
	struct pair p;

	pair_open(&p);
	bg.fd = p.c;
	bg_start(&bg);
	ok(bg_blocked(&bg), "recv() blocks");
	need(shutdown(p.c, SHUT_RD));
	eq(bg_join(&bg), 0, "shutdown() by another thread ends it");

	bg.fd = p.s;
	bg_start(&bg);
	ok(bg_blocked(&bg), "recv() of the peer blocks");
	need(shutdown(p.c, SHUT_WR));
	eq(bg_join(&bg), 0, "the FIN ends it");
}

static long long bg_fill(struct bg *bg)
{
	static char zeros[65536];
	ssize_t n;

	do
		n = send(bg->fd, zeros, sizeof(zeros), MSG_NOSIGNAL);
	while (n == (ssize_t)sizeof(zeros));
	/* a send() that is cut short says why when it is called again */
	return n < 0 ? n : send(bg->fd, zeros, 1, MSG_NOSIGNAL);
}

static void test_wakes_writer(void)
{
	struct bg bg = { .fn = bg_fill };
	struct pair p;

	pair_open_small(&p, 8192, 8192);
	bg.fd = p.c;
	bg_start(&bg);
	ok(bg_blocked(&bg), "send() blocks");
	need(shutdown(p.c, SHUT_WR));
	fails(bg_join(&bg), EPIPE, "shutdown() by another thread ends it");
}

/* Both shut down at once: CLOSING. */
static void test_simultaneous(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	need(shutdown(p.c, SHUT_WR));
	need(shutdown(p.s, SHUT_WR));
	eq(recv(p.c, &byte, 1, 0), 0, "one side reads the end");
	eq(recv(p.s, &byte, 1, 0), 0, "the other side reads the end");
	ok(poll_for(p.c, 0) & POLLHUP, "one side is closed");
	ok(poll_for(p.s, 0) & POLLHUP, "the other side is closed");
}

/* A FIN waits its turn behind data that the peer's window does not take. */
static void test_fin_after_data(void)
{
	struct pair p;
	long long sent;

	pair_open_small(&p, 20000, 8192);
	sent = fill(p.c);
	ok(sent > 0, "the way is full");
	eq(shutdown(p.c, SHUT_WR), 0, "SHUT_WR does not wait");
	eq(poll_now(p.s, POLLRDHUP | POLLIN), POLLIN, "the end is not there yet");
	eq(read_to_end(p.s), sent, "all data arrives");
	eq(poll_for(p.s, POLLRDHUP) & POLLRDHUP, POLLRDHUP, "then the end");
}

static const struct tap_test tests[] = {
	TEST(unconnected),
	TEST(shut_wr),
	TEST(shut_rd),
	TEST(shut_rdwr),
	TEST(closed_both),
	TEST(wakes_reader),
	TEST(wakes_writer),
	TEST(simultaneous),
	TEST(fin_after_data),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
