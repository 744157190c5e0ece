// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6 between namespaces: link-local addresses, a router whose next link is narrower, a
 * path that loses segments, and what routers and hosts complain of.
 *
 *	a - router - b		2001:db8:a::1, 2001:db8:b::1; the router's end with ::2
 *
 * run: ip-blind
 */
#define _GNU_SOURCE
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "space.h"
#include "tap.h"

#define HERE	"2001:db8:a::1"
#define THERE	"2001:db8:b::1"

enum { PORT = 7000, BYTES = 1 << 20 };

static int a, router, b;

/* Nobody else has an address of ours. */
static int space(void)
{
	int fd = space_make();

	need(sysctl_set("/proc/sys/net/ipv6/conf/default/accept_dad", "0"));
	return fd;
}

static void link_to(int fd, const char *name, char net)
{
	space_go(router);
	need(run("ip link add %s type veth peer name veth0 netns /proc/%d/fd/%d", name, getpid(),
		 fd) ? 0 : -1);
	need(run("ip addr add 2001:db8:%c::2/64 dev %s nodad", net, name) ? 0 : -1);
	need(run("ip link set %s up", name) ? 0 : -1);
	space_go(fd);
	need(run("ip addr add 2001:db8:%c::1/64 dev veth0 nodad", net) ? 0 : -1);
	need(run("ip link set veth0 up") ? 0 : -1);
	need(run("ip route add default via 2001:db8:%c::2", net) ? 0 : -1);
}

/* Workers give the links addresses of their own. */
static void await_links(int fd, int count)
{
	long long end = now_ms() + LONG_MS;
	bool there;

	space_go(fd);
	do {
		there = run("test $(ip -6 -o addr show scope link -tentative | wc -l) = %d", count);
		if (!there)
			pause_ms(20);
	} while (!there && now_ms() < end);
	ok(there, "the links have addresses");
}

static void make_path(void)
{
	a = space();
	b = space();
	router = space();
	need(sysctl_set("/proc/sys/net/ipv6/conf/all/forwarding", "1"));
	link_to(a, "ra", 'a');
	link_to(b, "rb", 'b');
	await_links(router, 2);
	await_links(a, 1);
	await_links(b, 1);
}

static int inet6(void)
{
	return need(inet6_socket());
}

static struct sockaddr_in6 addr6(const char *ip, int port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (inet_pton(AF_INET6, ip, &to.sin6_addr) != 1)
		tap_bail_out("%s is no address", ip);
	return to;
}

static int listen_at(const char *ip)
{
	struct sockaddr_in6 at = addr6(ip, PORT);
	int fd = inet6();

	need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	need(bind(fd, (struct sockaddr *)&at, sizeof(at)));
	need(listen(fd, 4));
	return fd;
}

/* From a to b. */
static int connect_there(const char *ip)
{
	struct sockaddr_in6 to = addr6(ip, PORT);
	int fd;

	space_go(a);
	fd = inet6();
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? -1 : fd;
}

static long long sends(struct bg *bg)
{
	long long n = stream_send(bg->fd, 1, BYTES, 20000);

	shutdown(bg->fd, SHUT_WR);
	return n;
}

static void stream(int from, int to, const char *what)
{
	struct bg bg = { .fn = sends, .fd = from };

	bg_start(&bg);
	eq(stream_recv(to, 1, 65536), BYTES, "%s: every byte", what);
	eq(bg_join(&bg), BYTES, "%s: all of it was sent", what);
}

static void test_narrow(void)
{
	struct info info;
	int l, c, s;

	make_path();
	space_go(router);
	need(run("ip link set rb mtu 1300") ? 0 : -1);
	space_go(b);
	l = listen_at(THERE);
	c = need(connect_there(THERE));
	s = need(accept_in_time(l));
	need(get_info(c, &info));
	eq(info.snd_mss, 1500 - 40 - 20 - 12, "at first a segment is as long as our link takes");
	stream(c, s, "through the narrow link");
	need(get_info(c, &info));
	eq(info.snd_mss, 1300 - 40 - 20 - 12, "the router's Packet Too Big has shortened it");
	eq(info.pmtu, 1300, "tcpi_pmtu");
	c = need(connect_there(THERE));
	need(get_info(c, &info));
	eq(info.snd_mss, 1300 - 40 - 20 - 12, "the next connection knows");
}

static void test_loss(void)
{
	struct info info;
	int l, c, s;

	make_path();
	space_go(router);
	if (!run("tc qdisc add dev rb root netem delay 5ms loss 2%%")) {
		tap_skip("no netem", "loss");
		return;
	}
	/* single segments are lost, not packets of many */
	space_go(a);
	need(run("ethtool -K veth0 tx off sg off >/dev/null") ? 0 : -1);
	space_go(b);
	l = listen_at("::");
	c = need(connect_there(THERE));
	s = need(accept_in_time(l));
	stream(c, s, "with losses");
	need(get_info(c, &info));
	ok(info.total_retrans > 0, "something was lost, and sent again (%u)", info.total_retrans);
}

/* A link-local address means nothing without its link. */
static void test_link_local(void)
{
	struct sockaddr_in6 peer = { 0 }, to;
	socklen_t len = sizeof(peer);
	char text[64] = "";
	int l, c, s;
	FILE *f;

	make_path();
	space_go(router);
	f = popen("ip -6 -o addr show dev ra scope link | sed 's/.*inet6 //; s,/.*,,'", "r");
	need(f && fgets(text, sizeof(text), f) ? 0 : -1);
	pclose(f);
	text[strcspn(text, "\n")] = 0;
	l = listen_at("::");
	space_go(a);
	c = inet6();
	to = addr6(text, PORT);
	fails(connect(c, (struct sockaddr *)&to, sizeof(to)), EINVAL, "no link is named");
	to.sin6_scope_id = if_nametoindex("veth0");
	need(connect(c, (struct sockaddr *)&to, sizeof(to)));
	s = need(accept(l, (struct sockaddr *)&peer, &len));
	stream(c, s, "over the link");
	space_go(router);
	eq(peer.sin6_scope_id, if_nametoindex("ra"), "the peer's name has the link");
	close(c);
	close(s);
	close(l);

	/* nobody listens: the RST finds its way back over the link */
	space_go(a);
	c = inet6();
	fails(connect(c, (struct sockaddr *)&to, sizeof(to)), ECONNREFUSED, "refused");
}

static void test_complaints(void)
{
	make_path();
	space_go(router);
	need(run("ip -6 route add unreachable 2001:db8:c::/64") ? 0 : -1);
	need(run("ip -6 route add prohibit 2001:db8:d::/64") ? 0 : -1);
	fails(connect_there("2001:db8:c::1"), ENETUNREACH, "a router has no route");
	fails(connect_there("2001:db8:d::1"), EACCES, "a router does not let it through");
	fails(connect_there(THERE), ECONNREFUSED, "nobody listens");
	space_go(a);
	need(run("ip -6 route del default") ? 0 : -1);
	fails(connect_there(THERE), ENETUNREACH, "no route here");
}

static const struct tap_test tests[] = {
	TEST_SLOW(narrow, 60),
	TEST_SLOW(loss, 60),
	TEST_SLOW(link_local, 60),
	TEST_SLOW(complaints, 60),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
