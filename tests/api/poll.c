// SPDX-License-Identifier: GPL-2.0
/* poll() and select() in every state. */
#define _GNU_SOURCE
#include <sys/select.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define ALL	(POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM)
#define WRITE	(POLLOUT | POLLWRNORM)
#define READ	(POLLIN | POLLRDNORM)

static void test_fresh(void)
{
	int fd = need(xsocket());

	eq(poll_now(fd, ALL), WRITE | POLLHUP, "new");
	need(bind_at(fd, "127.0.0.1", 0));
	eq(poll_now(fd, ALL), WRITE | POLLHUP, "bound");
}

static void test_listening(void)
{
	int l = listen_on(4);
	int fd;

	eq(poll_now(l, ALL), 0, "empty queue");
	connect_to(l);
	ok(poll_for(l, POLLIN), "a connection wakes");
	eq(poll_now(l, ALL), READ, "readable, nothing else");
	fd = need(accept(l, NULL, NULL));
	eq(poll_now(l, ALL), 0, "empty again");
	close(fd);
}

static void test_connecting(void)
{
	int full[2];

	full_listener(full);
	eq(poll_now(full[1], ALL), 0, "SYN-SENT: nothing");
	eq(poll_now(full[1], 0), 0, "SYN-SENT: no POLLHUP");
	need(shutdown(full[1], SHUT_RDWR));
	ok(poll_now(full[1], ALL) & POLLHUP, "shut down: POLLHUP");
}

static void test_established(void)
{
	struct pair p;
	char buf[4];

	pair_open(&p);
	eq(poll_now(p.c, ALL), WRITE, "writable");
	eq(poll_now(p.s, ALL), WRITE, "writable, accepted");
	need(send(p.c, "a", 1, 0));
	ok(poll_for(p.s, POLLIN), "data wakes");
	eq(poll_now(p.s, ALL), READ | WRITE, "readable and writable");
	eq(poll_now(p.s, POLLRDHUP), 0, "only what was asked");
	need(recv(p.s, buf, 4, 0));
	eq(poll_now(p.s, ALL), WRITE, "read: writable alone");
}

static void test_ends(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	need(shutdown(p.c, SHUT_WR));
	ok(poll_for(p.s, POLLRDHUP) & POLLRDHUP, "the FIN wakes");
	eq(poll_now(p.s, ALL), READ | WRITE | POLLRDHUP, "CLOSE-WAIT");
	eq(recv(p.s, &byte, 1, 0), 0, "the end is read");
	eq(poll_now(p.s, ALL), READ | WRITE | POLLRDHUP, "and stays");
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(poll_now(p.c, ALL), WRITE, "FIN-WAIT-2");
	need(shutdown(p.s, SHUT_WR));
	ok(poll_for(p.c, POLLRDHUP) & POLLHUP, "the other FIN wakes");
	eq(poll_now(p.c, ALL), READ | WRITE | POLLRDHUP | POLLHUP,
	   "both ends: POLLHUP");
	ok(poll_for(p.s, 0) & POLLHUP, "LAST-ACK is over");
	eq(poll_now(p.s, ALL), READ | WRITE | POLLRDHUP | POLLHUP,
	   "both ends: POLLHUP there too");
}

static void test_shut_rd(void)
{
	struct pair p;

	pair_open(&p);
	need(shutdown(p.c, SHUT_RD));
	eq(poll_now(p.c, ALL), READ | WRITE | POLLRDHUP, "SHUT_RD");
}

static void test_reset(void)
{
	struct pair p;

	pair_open(&p);
	need(set_linger(p.s, 1, 0));
	need(close(p.s));
	ok(poll_for(p.c, 0) & POLLERR, "a reset wakes, whatever was asked");
	eq(poll_now(p.c, ALL), READ | WRITE | POLLRDHUP | POLLHUP | POLLERR,
	   "all of it");
}

/* TCP's write space: writable when a third of the buffer is free, not before. */
static void test_write_space(void)
{
	struct pair p;

	pair_open_small(&p, 50000, 20000);
	need(fill(p.c));
	eq(poll_now(p.c, ALL), 0, "full: not writable");
	ok(drain(p.s) > 0, "the peer reads");
	eq(poll_for(p.c, POLLOUT), POLLOUT, "writable");
	eq(send(p.c, "x", 1, MSG_DONTWAIT), 1, "and it is true");
}

static long long bg_poll_out(struct bg *bg)
{
	return poll_for(bg->fd, POLLOUT);
}

static long long bg_poll_in(struct bg *bg)
{
	return poll_for(bg->fd, POLLIN | POLLRDHUP);
}

static void test_wakes(void)
{
	struct bg bg = { .fn = bg_poll_in };
	struct pair p;

	pair_open_small(&p, 20000, 8192);
	bg.fd = p.s;
	bg_start(&bg);
	ok(bg_blocked(&bg), "poll(POLLIN) blocks");
	need(send(p.c, "x", 1, 0));
	eq(bg_join(&bg), POLLIN, "data wakes it");

	need(drain(p.s));
	bg_start(&bg);
	ok(bg_blocked(&bg), "poll(POLLIN) blocks");
	need(shutdown(p.c, SHUT_WR));
	eq(bg_join(&bg), POLLIN | POLLRDHUP, "a FIN wakes it");

	pair_open_small(&p, 20000, 8192);
	need(fill(p.c));
	bg.fn = bg_poll_out;
	bg.fd = p.c;
	bg_start(&bg);
	ok(bg_blocked(&bg), "poll(POLLOUT) blocks");
	need(drain(p.s));
	eq(bg_join(&bg), POLLOUT, "room wakes it");

	bg.fn = bg_poll_in;
	bg.fd = p.l;
	bg_start(&bg);
	ok(bg_blocked(&bg), "poll() of a listener blocks");
	connect_to(p.l);
	eq(bg_join(&bg), POLLIN, "a connection wakes it");
}

static int select_now(int fd, int *r, int *w, int *x)
{
	struct timeval zero = { 0 };
	fd_set rs, ws, xs;
	int n;

	FD_ZERO(&rs);
	FD_ZERO(&ws);
	FD_ZERO(&xs);
	FD_SET(fd, &rs);
	FD_SET(fd, &ws);
	FD_SET(fd, &xs);
	n = select(fd + 1, &rs, &ws, &xs, &zero);
	*r = FD_ISSET(fd, &rs);
	*w = FD_ISSET(fd, &ws);
	*x = FD_ISSET(fd, &xs);
	return n;
}

static void test_selects(void)
{
	struct pair p;
	int r, w, x;

	pair_open(&p);
	eq(select_now(p.s, &r, &w, &x), 1, "established: one");
	ok(!r && w && !x, "writable");
	need(send(p.c, "x", 1, 0));
	need(wait_inq(p.s, 1) ? 0 : -1);
	eq(select_now(p.s, &r, &w, &x), 2, "data: two");
	ok(r && w && !x, "readable and writable");
	eq(select_now(p.l, &r, &w, &x), 0, "listening: none");
	eq(select_now(need(xsocket()), &r, &w, &x), 2, "new: two");
	ok(r && w && !x, "readable and writable");
}

static void test_many_at_once(void)
{
	struct pollfd pfd[64];
	struct pair p[64];
	int i;

	for (i = 0; i < 64; i++) {
		pair_open(&p[i]);
		pfd[i] = (struct pollfd){ .fd = p[i].s, .events = POLLIN };
	}
	eq(poll(pfd, 64, 0), 0, "64 quiet");
	for (i = 0; i < 64; i += 2)
		need(send(p[i].c, "x", 1, 0));
	for (i = 0; i < 64; i += 2)
		need(wait_inq(p[i].s, 1) ? 0 : -1);
	eq(poll(pfd, 64, 0), 32, "32 with data");
	for (i = 0; i < 64 && (pfd[i].revents != 0) == (i % 2 == 0); i++)
		;
	eq(i, 64, "and those that have it");
}

static const struct tap_test tests[] = {
	TEST(fresh),
	TEST(listening),
	TEST(connecting),
	TEST(established),
	TEST(ends),
	TEST(shut_rd),
	TEST(reset),
	TEST(write_space),
	TEST(wakes),
	TEST(selects),
	TEST(many_at_once),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
