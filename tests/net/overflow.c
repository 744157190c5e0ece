// SPDX-License-Identifier: GPL-2.0
/*
 * More clients than the accept queue holds, of a server that accepts late: as soon as it
 * does, all of them are served.
 *
 * Each sends a few bytes as soon as it may, and waits for the answer.  How long it may take
 * is some times what the kernel's TCP needs: 3 to 8 s with a backlog of 2, 15 s with one of 0.
 *
 * run: beside
 */
#include <stdio.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define MOST		20	/* clients */
#define BYTES		5

struct client {
	int fd;
	bool sent;
};

struct crowd {
	struct client of[MOST];
	int clients;
	int served, failed;
	int listener;
	long long begun_ms;
};

static void begin(struct crowd *c, int backlog, int clients)
{
	c->listener = listen_on(backlog);
	c->clients = clients;
	for (int i = 0; i < clients; i++)
		c->of[i].fd = connect_start(c->listener);
}

/* SYNs and ACKs for which the listener had no room. */
static long long refused(void)
{
	return wire == WIRE_KERNEL ? kernel_counter("TcpExt:", "ListenDrops") :
				     counter("ListenOverflows");
}

static void client_goes_on(struct crowd *c, struct client *client)
{
	char answer;

	if (!client->sent) {
		client->sent = true;
		if (send(client->fd, "hello", BYTES, MSG_NOSIGNAL) != BYTES)
			c->failed++;
		return;
	}
	if (recv(client->fd, &answer, 1, 0) == 1 && answer == 'x')
		c->served++;
	else
		c->failed++;
	close(client->fd);
	client->fd = -1;
}

/* Whoever is ready goes on. */
static void go_on(struct crowd *c, int timeout_ms)
{
	struct pollfd p[MOST];

	for (int i = 0; i < c->clients; i++) {
		p[i].fd = c->of[i].fd;
		p[i].events = c->of[i].sent ? POLLIN : POLLOUT;
	}
	need(poll(p, c->clients, timeout_ms));
	for (int i = 0; i < c->clients; i++)
		if (p[i].fd >= 0 && p[i].revents)
			client_goes_on(c, &c->of[i]);
}

/* Until the listener has had no room so often. */
static bool wait_refused(struct crowd *c, int times)
{
	long long end = now_ms() + LONG_MS;

	while (refused() < times && now_ms() < end)
		go_on(c, 5);
	return refused() >= times;
}

/* Accept one after the other: each has its bytes before the next is looked at. */
static long long serve(struct bg *bg)
{
	char buf[BYTES];
	int n = 0;

	for (;;) {
		int fd = accept(bg->fd, NULL, NULL);

		if (fd < 0)
			return n;	/* it listens no more */
		if (recv_all(fd, buf, BYTES) == BYTES && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
			n++;
		close(fd);
	}
}

/* All @clients come, then the server begins to accept: they have @most_s seconds. */
static void late(int backlog, int clients, int most_s)
{
	struct bg server = { .fn = serve };
	struct crowd c = { };
	long long end;

	begin(&c, backlog, clients);
	server.fd = c.listener;
	ok(wait_refused(&c, clients - backlog - 1), "the queue overflows");
	c.begun_ms = now_ms();
	end = c.begun_ms + most_s * 1000;
	bg_start(&server);
	while (c.served + c.failed < clients && now_ms() < end)
		go_on(&c, 100);
	need(shutdown(c.listener, SHUT_RDWR));
	tap_diag("%d of %d served in %lld ms", c.served, clients, now_ms() - c.begun_ms);
	eq(bg_join(&server), c.served, "whom the server has served knows it");
	eq(c.served, clients, "all are served");
	eq(c.failed, 0, "nobody is sent away");
}

/* SYNs find the queue full, and are sent again a second later, all at once: then the ACKs
 * find it full, and data must bring them again.
 */
static void test_backlog_2(void)
{
	netns_new();
	late(2, 20, 30);
}

/* One after the other gets in, each time that the rest try again in vain. */
static void test_backlog_0(void)
{
	netns_new();
	late(0, 10, 60);
}

/* All SYNs are answered before the first ACK is there, so the ACKs find the queue full. */
static void test_far_away(void)
{
	netns_new();
	if (!run("tc qdisc add dev lo root netem delay 20ms")) {
		tap_skip("no netem", "all checks");
		return;
	}
	late(2, 20, 30);
}

static const struct tap_test tests[] = {
	TEST_SLOW(backlog_2, 60),
	TEST_SLOW(backlog_0, 90),
	TEST_SLOW(far_away, 60),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
