// SPDX-License-Identifier: GPL-2.0
/* ioctl(): how much waits to be read, to be acknowledged, to be sent. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static int ask(int fd, unsigned long request)
{
	int value = -1;

	return ioctl(fd, request, &value) < 0 ? -1 : value;
}

static void test_inq(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	eq(ask(p.s, FIONREAD), 0, "nothing");
	need(send(p.c, "abc", 3, 0));
	need(send(p.c, "de", 2, 0));
	ok(wait_inq(p.s, 5), "5 bytes in two segments");
	eq(ask(p.s, SIOCINQ), 5, "SIOCINQ is the same");
	need(recv(p.s, buf, 2, 0));
	eq(ask(p.s, FIONREAD), 3, "2 are read");
	need(recv(p.s, buf, 8, MSG_PEEK));
	eq(ask(p.s, FIONREAD), 3, "MSG_PEEK takes none");
	need(shutdown(p.c, SHUT_WR));
	need(poll_for(p.s, POLLRDHUP));
	eq(ask(p.s, FIONREAD), 3, "the FIN does not count");
	need(recv(p.s, buf, 8, 0));
	eq(ask(p.s, FIONREAD), 0, "all is read");
}

static void test_outq(void)
{
	struct pair p;
	long long sent;
	int unsent;

	pair_open_small(&p, 20000, 8192);
	eq(ask(p.c, SIOCOUTQ), 0, "nothing");
	need(send(p.c, "abc", 3, 0));
	ok(wait_outq(p.c, 0), "0 when acknowledged, though not read");
	sent = fill(p.c);
	unsent = ask(p.c, SIOCOUTQNSD);
	ok(ask(p.c, SIOCOUTQ) > 0, "the window is closed: SIOCOUTQ");
	ok(unsent > 0, "SIOCOUTQNSD");
	ok(unsent <= ask(p.c, SIOCOUTQ), "is a part of it");
	eq(ask(p.c, SIOCOUTQ) + ask(p.s, SIOCINQ), sent + 3,
	   "what is not here is there");
	need(drain(p.s));
	ok(wait_outq(p.c, 0), "0 when the peer has read");
	eq(ask(p.c, SIOCOUTQNSD), 0, "SIOCOUTQNSD, too");
}

static void test_outq_fin(void)
{
	struct pair p;

	pair_open_small(&p, 20000, 8192);
	need(fill(p.c));
	need(shutdown(p.c, SHUT_WR));
	ok(ask(p.c, SIOCOUTQ) > 0, "data and a FIN wait");
	need(read_to_end(p.s));
	ok(wait_outq(p.c, 0), "0 when both are acknowledged");
}

static void test_states(void)
{
	int fd = need(xsocket());
	int l = listen_on(1);
	int full[2];

	eq(ask(fd, SIOCINQ), 0, "new: SIOCINQ");
	eq(ask(fd, SIOCOUTQ), 0, "new: SIOCOUTQ");
	eq(ask(fd, SIOCOUTQNSD), 0, "new: SIOCOUTQNSD");
	eq(ask(fd, SIOCATMARK), 0, "new: SIOCATMARK");
	fails(ask(l, SIOCINQ), EINVAL, "listening: SIOCINQ");
	fails(ask(l, SIOCOUTQ), EINVAL, "listening: SIOCOUTQ");
	fails(ask(l, SIOCOUTQNSD), EINVAL, "listening: SIOCOUTQNSD");
	full_listener(full);
	eq(ask(full[1], SIOCINQ), 0, "SYN-SENT: SIOCINQ");
	eq(ask(full[1], SIOCOUTQ), 0, "SYN-SENT: SIOCOUTQ");
	eq(ask(full[1], SIOCOUTQNSD), 0, "SYN-SENT: SIOCOUTQNSD");
}

static void test_others(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	struct pair p;
	int on = 1;
	char byte;

	pair_open(&p);
	eq(ioctl(p.c, FIONBIO, &on), 0, "FIONBIO");
	eq(fcntl(p.c, F_GETFL) & O_NONBLOCK, O_NONBLOCK, "sets O_NONBLOCK");
	fails(recv(p.c, &byte, 1, 0), EAGAIN, "and works");
	fails(ioctl(p.c, SIOCINQ, (void *)8), EFAULT, "SIOCINQ: bad pointer");
	fails(ioctl(p.c, SIOCOUTQ, (void *)8), EFAULT, "SIOCOUTQ: bad pointer");
	fails(ioctl(p.c, 0x12345678, &on), ENOTTY, "an unknown request");
	eq(ioctl(p.c, SIOCGIFINDEX, &ifr), 0, "SIOCGIFINDEX of lo");
	ok(ifr.ifr_ifindex > 0, "has an index");
	if (is_inet6())
		fails(ioctl(p.c, SIOCGIFADDR, &ifr), ENOTTY, "SIOCGIFADDR of lo");
	else
		eq(ioctl(p.c, SIOCGIFADDR, &ifr), 0, "SIOCGIFADDR of lo");
}

static void test_async(void)
{
	struct pair p;
	char buf[4];
	long long end;

	pair_open(&p);
	catch_signal(SIGIO, 0);
	need(fcntl(p.s, F_SETOWN, getpid()));
	need(fcntl(p.s, F_SETFL, O_ASYNC));
	need(send(p.c, "x", 1, 0));
	for (end = now_ms() + LONG_MS; !caught() && now_ms() < end;)
		pause_ms(1);
	ok(caught() > 0, "O_ASYNC: SIGIO when data comes");
	eq(recv(p.s, buf, 4, 0), 1, "and the data is there");
}

static const struct tap_test tests[] = {
	TEST(inq),
	TEST(outq),
	TEST(outq_fin),
	TEST(states),
	TEST(others),
	TEST(async),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
