// SPDX-License-Identifier: GPL-2.0
/*
 * A route's attributes, ip-route(8): what a connection over it obeys.
 *
 * run: beside
 */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "space.h"
#include "tap.h"

#define HOST	"10.9.7.1"

/* Our own address, with a route to it that says this. */
static void route_with(const char *attributes)
{
	need(run("ip addr replace " HOST "/32 dev lo") ? 0 : -1);
	if (over_ipv6()) {	/* which has several, and the kernel's comes first */
		wait_for_way(-1, HOST, -1);
		need(run("ip route del local " HOST " table local") ? 0 : -1);
	}
	need(run("ip route replace local " HOST " dev lo table local proto kernel scope host src "
		 HOST " %s", attributes) ? 0 : -1);
}

/* A pair over it; the connecting end is bound there as well. */
static void pair_over(struct pair *p)
{
	p->l = need(xsocket());
	need(bind_at(p->l, HOST, 0));
	need(listen(p->l, 4));
	p->c = need(xsocket());
	need(bind_at(p->c, HOST, 0));
	need(connect_at(p->c, HOST, port_of(p->l)));
	p->s = need(accept_in_time(p->l));
}

static struct info info_of(int fd)
{
	struct info info;

	need(get_info(fd, &info));
	return info;
}

static void exchange(const struct pair *p)
{
	char byte;

	need(send(p->c, "x", 1, 0));
	need(recv(p->s, &byte, 1, 0));
	need(send(p->s, "y", 1, 0));
	need(recv(p->c, &byte, 1, 0));
}

static void test_none(void)
{
	struct pair p;

	route_with("");
	pair_over(&p);
	exchange(&p);
	eq(info_of(p.c).snd_cwnd, initial_window(info_of(p.c).snd_mss),
	   "RFC 6928's window to begin with");
	ok(info_of(p.c).rto >= 200000, "the usual least timeout");
	pair_close(&p);
}

static void test_initcwnd(void)
{
	struct pair p;

	route_with("initcwnd 3");
	pair_over(&p);
	eq(info_of(p.c).snd_cwnd, 3, "client: three segments to begin with");
	eq(info_of(p.s).snd_cwnd, 3, "server: three, too");
	pair_close(&p);
}

/* The route changes while a handshake waits for its end: the connection has the new one. */
static void test_changed_meanwhile(void)
{
	struct pair p;

	route_with("initcwnd 3");
	p.l = need(xsocket());
	need(set_int(p.l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5));
	need(bind_at(p.l, HOST, 0));
	need(listen(p.l, 4));
	p.c = need(xsocket());
	need(connect_at(p.c, HOST, port_of(p.l)));
	route_with("initcwnd 5");
	need(send(p.c, "x", 1, 0));
	p.s = need(accept_in_time(p.l));
	eq(info_of(p.s).snd_cwnd, 5, "five segments to begin with, as the route says by now");
	pair_close(&p);
}

static void test_cwnd(void)
{
	struct pair p;

	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP learns of it from the second connection on",
			 "everything");
		return;
	}
	route_with("cwnd lock 4 advmss 1000");
	pair_over(&p);
	ok(info_of(p.c).snd_cwnd <= 4, "four segments to begin with");
	need(set_int(p.c, SOL_SOCKET, SO_SNDBUF, 1 << 20));
	fill(p.c);
	drain(p.s);
	fill(p.c);
	drain(p.s);
	ok(info_of(p.c).snd_cwnd <= 4, "and never more");
	ok(info_of(p.c).snd_mss <= 1000, "of a thousand bytes");
	pair_close(&p);
}

static void test_rto_min(void)
{
	struct pair p;

	route_with("rto_min 5ms");
	pair_over(&p);
	exchange(&p);
	exchange(&p);
	ok(info_of(p.c).rto < 200000, "a timeout below the usual least: %u us",
	   info_of(p.c).rto);
	ok(info_of(p.c).rto >= 5000, "but not below the route's");
	pair_close(&p);
}

static void test_window(void)
{
	struct pair p;

	route_with("window 5000");
	pair_over(&p);
	ok(info_of(p.c).snd_wnd <= 5000, "server offers at most that");
	ok(info_of(p.s).snd_wnd <= 5000, "client, too");
	exchange(&p);
	ok(info_of(p.s).snd_wnd <= 5000, "later, too");
	/* xtcp rounds up to what its scale can express */
	ok(info_of(p.c).snd_wnd < 5128, "the server, later: %u", info_of(p.c).snd_wnd);
	pair_close(&p);
}

static void fill_a_bit(int fd)
{
	static const char zeros[8000];

	need(send(fd, zeros, sizeof(zeros), MSG_DONTWAIT) > 0 || errno == EAGAIN ? 0 : -1);
	pause_ms(5);
}

static void test_initrwnd(void)
{
	struct pair p;

	route_with("initrwnd 3 advmss 1000");
	pair_over(&p);
	/* the kernel's TCP rounds up to what its scale can express */
	ok(info_of(p.s).snd_wnd <= 3200, "client begins with a window of three segments");
	ok(info_of(p.c).snd_wnd <= 3200, "server, too");
	exchange(&p);
	ok(info_of(p.c).snd_wnd <= 3200 + 2000,
	   "server: little more after a byte: %u", info_of(p.c).snd_wnd);
	need(set_int(p.c, SOL_SOCKET, SO_SNDBUF, 1 << 18));
	for (int i = 0; i < 20; i++) {
		fill_a_bit(p.c);
		drain(p.s);
	}
	ok(info_of(p.c).snd_wnd > 30000, "which opens as data comes");
	pair_close(&p);
}

static void test_quickack(void)
{
	struct pair p;
	long long before;

	/* so long that an early ACK must be due to the route */
	if (wire != WIRE_KERNEL && have_root())
		need(sysctl_wire("delack_ms", "500"));
	route_with("quickack 1");
	pair_over(&p);
	/* what both have sent ends the quick ACKs of the beginning */
	exchange(&p);
	need(set_int(p.s, SOL_TCP, TCP_QUICKACK, 0));
	before = now_ms();
	need(send(p.c, "x", 1, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	ok(now_ms() - before < 400, "the ACK does not wait: %lld ms", now_ms() - before);
	pair_close(&p);
	if (wire != WIRE_KERNEL && have_root())
		need(sysctl_wire("delack_ms", "40"));
}

static bool has(int fd, const char *want)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	need(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	return !strcmp(name, want);
}

static int choose(int fd, const char *name)
{
	return setsockopt(fd, SOL_TCP, TCP_CONGESTION, name, strlen(name));
}

static void test_congctl(void)
{
	struct pair p;

	route_with("congctl reno");
	pair_over(&p);
	ok(has(p.c, "reno"), "client: as the route says");
	ok(has(p.s, "reno"), "server, too");
	ok(has(p.l, "cubic"), "the listener keeps its own");
	eq(choose(p.c, "cubic"), 0, "the user may choose another");
	ok(has(p.c, "cubic"), "and has it");
	pair_close(&p);

	route_with("congctl lock reno");
	pair_over(&p);
	ok(has(p.c, "reno"), "client: as the route says");
	fails(choose(p.c, "cubic"), EPERM, "client: nobody may choose another");
	fails(choose(p.s, "reno"), EPERM, "server: nor the same");
	ok(has(p.c, "reno"), "it is still that");
	pair_close(&p);
	route_with("");
}

static int listen_there(int port)
{
	int l = need(xsocket());

	need(bind_at(l, HOST, port));
	need(listen(l, 4));
	return l;
}

/* One port leads nowhere, as @err says; another, if connect() may choose that, does. */
static void ports_lead(int listener, const char *nowhere, int err, const char *there)
{
	int c;

	set_port_range(nowhere);
	c = need(xsocket());
	fails(connect_at(c, HOST, port_of(listener)), err,
	      "no way from the only port that there is");
	need(close(c));
	set_port_range(there);
	c = need(xsocket());
	ok(!connect_at(c, HOST, port_of(listener)), "another has one");
	need(close(c));
}

/* connect() chooses the port when it knows the route, and then the port may lead elsewhere. */
static void test_by_port(void)
{
	int l;

	if (wire == WIRE_KERNEL && over_ipv6()) {
		tap_skip("over IPv6 the kernel's TCP does not ask again", "everything");
		return;
	}
	route_with("");
	l = listen_there(7000);
	need(run("ip rule add pref 100 lookup local && ip rule del pref 0") ? 0 : -1);
	need(run("ip rule add pref 50 sport 45001 unreachable") ? 0 : -1);
	ports_lead(l, "45001 45001", ENETUNREACH, "45002 45002");
	need(run("ip rule add pref 0 lookup local && ip rule del pref 100") ? 0 : -1);
	need(run("ip rule del pref 50") ? 0 : -1);
	need(close(l));
}

/* So may a policy of IPsec's. */
static void test_policy_by_port(void)
{
	int l;

	if (wire == WIRE_NATIVE) {
		tap_skip("ip xfrm knows ports of TCP's protocol alone", "everything");
		return;
	}
	if (wire == WIRE_KERNEL && over_ipv6()) {
		tap_skip("over IPv6 the kernel's TCP does not ask again", "everything");
		return;
	}
	route_with("");
	l = listen_there(7001);
	if (!over_ipv6())
		need(sysctl_ip("conf/lo/disable_xfrm", "0"));
	route_with("");		/* a new one, which has that */
	need(run("ip xfrm policy add dst " HOST " proto tcp sport 45003 dir out action block") ?
	     0 : -1);
	ports_lead(l, "45003 45003", EPERM, "45004 45004");
	need(run("ip xfrm policy flush") ? 0 : -1);
	if (!over_ipv6())
		need(sysctl_ip("conf/lo/disable_xfrm", "1"));
	need(close(l));
}

static const struct tap_test tests[] = {
	TEST(none),
	TEST(initcwnd),
	TEST(changed_meanwhile),
	TEST(cwnd),
	TEST(rto_min),
	TEST(window),
	TEST(initrwnd),
	TEST(quickack),
	TEST(congctl),
	TEST(by_port),
	TEST(policy_by_port),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
