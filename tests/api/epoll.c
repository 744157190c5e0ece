// SPDX-License-Identifier: GPL-2.0
/* epoll: level, edge, one-shot, exclusive. */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

/* An epoll set that holds one descriptor. */
static int watch(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };
	int ep = need(epoll_create1(EPOLL_CLOEXEC));

	need(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

static int rearm(int ep, int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev);
}

/* The events that are there; 0 if none. */
static int events_ms(int ep, int ms)
{
	struct epoll_event ev = { 0 };

	if (epoll_wait(ep, &ev, 1, ms) != 1)
		return 0;
	return ev.events;
}

static int events_now(int ep)
{
	return events_ms(ep, 0);
}

static int events_soon(int ep)
{
	return events_ms(ep, LONG_MS);
}

static void test_level(void)
{
	struct pair p;
	char byte;
	int ep;

	pair_open(&p);
	ep = watch(p.s, EPOLLIN | EPOLLRDHUP);
	eq(events_now(ep), 0, "quiet");
	need(send(p.c, "ab", 2, 0));
	eq(events_soon(ep), EPOLLIN, "data");
	eq(events_now(ep), EPOLLIN, "still data");
	need(recv(p.s, &byte, 1, 0));
	eq(events_now(ep), EPOLLIN, "more data");
	need(recv(p.s, &byte, 1, 0));
	eq(events_now(ep), 0, "none");
	need(shutdown(p.c, SHUT_WR));
	eq(events_soon(ep), EPOLLIN | EPOLLRDHUP, "the end");
	eq(events_now(ep), EPOLLIN | EPOLLRDHUP, "and stays");
}

static void test_edge(void)
{
	struct pair p;
	char byte;
	int ep;

	pair_open(&p);
	ep = watch(p.s, EPOLLIN | EPOLLRDHUP | EPOLLET);
	eq(events_now(ep), 0, "quiet");
	need(send(p.c, "a", 1, 0));
	eq(events_soon(ep), EPOLLIN, "data");
	eq(events_now(ep), 0, "once");
	need(send(p.c, "b", 1, 0));
	eq(events_soon(ep), EPOLLIN, "each new segment");
	need(recv(p.s, &byte, 1, 0));
	eq(events_now(ep), 0, "reading a part is no edge");
	need(shutdown(p.c, SHUT_WR));
	eq(events_soon(ep), EPOLLIN | EPOLLRDHUP, "the end is one");
	eq(events_now(ep), 0, "once");
}

static void test_edge_write(void)
{
	struct pair p;
	int ep;

	pair_open_small(&p, 20000, 8192);
	ep = watch(p.c, EPOLLOUT | EPOLLET);
	eq(events_now(ep), EPOLLOUT, "writable when added");
	eq(events_now(ep), 0, "once");
	need(fill(p.c));
	events_now(ep);
	eq(events_ms(ep, SHORT_MS), 0, "full");
	ok(drain(p.s) > 0, "the peer reads");
	eq(events_soon(ep), EPOLLOUT, "write space is an edge");
}

static void test_oneshot(void)
{
	struct pair p;
	int ep;

	pair_open(&p);
	ep = watch(p.s, EPOLLIN | EPOLLONESHOT);
	need(send(p.c, "a", 1, 0));
	eq(events_soon(ep), EPOLLIN, "data");
	need(send(p.c, "b", 1, 0));
	need(wait_inq(p.s, 2) ? 0 : -1);
	eq(events_now(ep), 0, "no second time");
	eq(rearm(ep, p.s, EPOLLIN | EPOLLONESHOT), 0, "armed again");
	eq(events_now(ep), EPOLLIN, "data");
}

static void test_states(void)
{
	struct pair p;
	int fd = need(xsocket());
	int full[2];
	int ep;

	eq(events_now(watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP)),
	   EPOLLOUT | EPOLLHUP, "new");
	full_listener(full);
	eq(events_now(watch(full[1], EPOLLIN | EPOLLOUT | EPOLLRDHUP)), 0,
	   "connecting");
	pair_open(&p);
	eq(events_now(watch(p.l, EPOLLIN | EPOLLOUT)), 0, "listening");
	eq(events_now(watch(p.c, EPOLLIN | EPOLLOUT)), EPOLLOUT, "established");
	ep = watch(p.c, EPOLLET);
	need(set_linger(p.s, 1, 0));
	need(close(p.s));
	eq(events_soon(ep), EPOLLERR | EPOLLHUP, "reset: unasked");
}

/* A socket is watched while new, then connected: the watcher hears of it. */
static void test_becomes_connected(void)
{
	int l = listen_on(4);
	int fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	int ep = watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	int s;

	eq(events_now(ep), EPOLLOUT | EPOLLHUP, "new");
	connect_at(fd, "127.0.0.1", port_of(l));
	eq(events_soon(ep), EPOLLOUT, "connected");
	s = need(accept_in_time(l));
	need(send(s, "x", 1, 0));
	eq(events_soon(ep) & EPOLLIN, EPOLLIN, "data");
}

static void test_refused(void)
{
	int fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	int port = closed_port();
	int ep;

	connect_at(fd, "127.0.0.1", port);
	ep = watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	poll_for(fd, 0);
	eq(events_soon(ep),
	   EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR,
	   "all there is");
}

static void test_listener_edge(void)
{
	int l = listen_on(8);
	int ep = watch(l, EPOLLIN | EPOLLET);

	connect_to(l);
	eq(events_soon(ep), EPOLLIN, "a connection");
	eq(events_now(ep), 0, "once");
	connect_to(l);
	eq(events_soon(ep), EPOLLIN, "the next");
}

static void test_closed_in_set(void)
{
	struct pair p;
	int ep;

	pair_open(&p);
	ep = watch(p.s, EPOLLIN);
	need(send(p.c, "x", 1, 0));
	eq(events_soon(ep), EPOLLIN, "data");
	need(close(p.s));
	eq(events_now(ep), 0, "close() takes it out of the set");
}

static long long bg_epoll(struct bg *bg)
{
	return events_soon(bg->fd);
}

static void test_wakes(void)
{
	struct bg bg = { .fn = bg_epoll };
	struct pair p;

	pair_open(&p);
	bg.fd = watch(p.s, EPOLLIN);
	bg_start(&bg);
	ok(bg_blocked(&bg), "epoll_wait() blocks");
	need(send(p.c, "x", 1, 0));
	eq(bg_join(&bg), EPOLLIN, "data wakes it");

	bg.fd = watch(p.l, EPOLLIN | EPOLLEXCLUSIVE);
	bg_start(&bg);
	ok(bg_blocked(&bg), "EPOLLEXCLUSIVE: blocks");
	connect_to(p.l);
	eq(bg_join(&bg), EPOLLIN, "a connection wakes it");
}

static const struct tap_test tests[] = {
	TEST(level),
	TEST(edge),
	TEST(edge_write),
	TEST(oneshot),
	TEST(states),
	TEST(becomes_connected),
	TEST(refused),
	TEST(listener_edge),
	TEST(closed_in_set),
	TEST(wakes),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
