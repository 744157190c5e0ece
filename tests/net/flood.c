// SPDX-License-Identifier: GPL-2.0
/*
 * A flood of SYNs from addresses that do not answer: who is honest gets in all the same,
 * and nothing is kept of the others, if net.xtcp.syncookies allows cookies.
 *
 * run: ip-blind
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listed.h"
#include "net.h"
#include "space.h"
#include "spoof.h"
#include "tap.h"

#define SERVER		"10.9.0.2"
#define PORT		7000
#define BACKLOG		16
#define CLIENTS		50
#define A_FLOOD		2000	/* SYNs, before who is honest comes, and each time */

static struct spaces side;
static int flood_fd;
static unsigned int flood_sent;
static bool over;

static void send_syn(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, SERVER, &to.sin_addr);
	/* a full queue on the way is the flood's own doing */
	if (spoof_syn(flood_fd, flood_sent++, wire == WIRE_NATIVE ? IPPROTO_XTCP : IPPROTO_TCP,
		      &to) < 0 && errno != ENOBUFS)
		need(-1);
}

static void send_syns(int n)
{
	while (n--)
		send_syn();
}

static long long flood(struct bg *bg)
{
	(void)bg;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
		send_syn();
	return 0;
}

/* Each connection gets its byte back. */
static long long serve(struct bg *bg)
{
	char byte;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		int fd = accept(bg->fd, NULL, NULL);

		if (fd < 0)
			continue;	/* a look whether it is over */
		/* not the listener's, which is shorter than a byte may take that goes again */
		need(set_ms(fd, SO_RCVTIMEO, LONG_MS));
		if (recv(fd, &byte, 1, 0) == 1)
			send(fd, &byte, 1, 0);
		close(fd);
	}
	return 0;
}

/* The server ends first, and keeps the connection in TIME-WAIT.  Whoever ends last keeps none:
 * the ACK of a FIN that was sent twice would be for the listener, and no cookie.
 *
 * Return: how long a connection of one byte took, in milliseconds; -1: it failed
 */
static long long honest(void)
{
	long long begin = now_ms();
	int fd = need(xsocket());
	char byte = 'x';
	bool done;

	need(set_ms(fd, SO_SNDTIMEO, LONG_MS));
	need(set_ms(fd, SO_RCVTIMEO, LONG_MS));
	done = !connect4(fd, SERVER, PORT) && send(fd, &byte, 1, 0) == 1 &&
	       recv(fd, &byte, 1, 0) == 1 && byte == 'x' && recv(fd, &byte, 1, 0) == 0;
	if (!done)
		tap_diag("%s", tap_errno_name(errno));
	need(close(fd));
	return done ? now_ms() - begin : -1;
}

/* Half-open requests of the namespace. */
static int requests(void)
{
	return listed_in(IN_STATE(TCP_SYN_RECV));
}

static long long count(const char *name)
{
	return wire == WIRE_KERNEL ? kernel_counter("TcpExt:", name) : counter(name);
}

static bool set_up(const char *cookies, int *listener)
{
	if (!have_root()) {
		tap_skip("not root", "a flood");
		return false;
	}
	spaces_make(&side);
	flood_fd = need(spoof_open());
	space_go(side.b);
	need(run("ip route add " SPOOFED_NET " via 10.9.0.1") ? 0 : -1);
	need(sysctl_wire("syncookies", cookies));
	*listener = need(xsocket());
	need(set_ms(*listener, SO_RCVTIMEO, 100));
	need(bind4(*listener, SERVER, PORT));
	need(listen(*listener, BACKLOG));
	space_go(side.a);
	return true;
}

static void test_honest_client(void)
{
	struct bg server = { .fn = serve }, flooder = { .fn = flood };
	long long ms, worst = 0;
	int i, most = 0;

	if (!set_up("1", &server.fd))
		return;
	bg_start(&server);
	send_syns(A_FLOOD);
	bg_start(&flooder);
	for (i = 0; i < CLIENTS; i++) {
		ms = honest();
		if (ms < 0)
			break;
		worst = ms > worst ? ms : worst;
		space_go(side.b);
		most = requests() > most ? requests() : most;
		space_go(side.a);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	bg_join(&flooder);
	bg_join(&server);
	tap_diag("%u SYNs; the slowest of %d connections took %lld ms", flood_sent, i, worst);
	eq(i, CLIENTS, "all connections open and exchange a byte");
	space_go(side.b);
	ok(count("SyncookiesSent") >= A_FLOOD / 2, "the flood was answered with cookies");
	ok(count("SyncookiesRecv") >= CLIENTS / 2, "and honest clients were");
	eq(count("SyncookiesFailed"), 0, "nobody had to guess");
	ok(most <= BACKLOG + 2, "of the flood no more is kept than the backlog: %d", most);
}

/* SYNs for which a listener had no room. */
static long long dropped(void)
{
	long long n;

	space_go(side.b);
	n = count(wire == WIRE_KERNEL ? "ListenDrops" : "ListenOverflows");
	space_go(side.a);
	return n;
}

static bool dropped_more(long long before)
{
	long long end = now_ms() + LONG_MS;

	while (dropped() <= before && now_ms() < end)
		pause_ms(1);
	return dropped() > before;
}

/* Without cookies it is as bad as it looks: this is why there are any. */
static void test_without_cookies(void)
{
	long long before;
	int listener, fd;

	if (!set_up("0", &listener))
		return;
	send_syns(A_FLOOD);
	before = dropped();
	fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	fails(connect4(fd, SERVER, PORT), EINPROGRESS, "a SYN among others");
	ok(dropped_more(before), "is dropped");
	eq(poll_now(fd, POLLOUT | POLLIN), 0, "neither answered nor refused");
	space_go(side.b);
	eq(count("SyncookiesSent"), 0, "no cookies are sent");
	ok(requests() <= BACKLOG + 2, "nor is more kept than the backlog");
}

/* Where every connection begins with one, all goes as ever. */
static void test_always(void)
{
	struct bg server = { .fn = serve };
	int i;

	if (!set_up("2", &server.fd))
		return;
	bg_start(&server);
	for (i = 0; i < CLIENTS && honest() >= 0; i++)
		;
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	bg_join(&server);
	eq(i, CLIENTS, "all connections open and exchange a byte");
	space_go(side.b);
	eq(count("SyncookiesSent"), CLIENTS, "each by a cookie");
	eq(count("SyncookiesRecv"), CLIENTS, "that came back");
	eq(count("SyncookiesFailed"), 0, "as it was");
}

static const struct tap_test tests[] = {
	TEST_SLOW(honest_client, 120),
	TEST(without_cookies),
	TEST_SLOW(always, 60),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
