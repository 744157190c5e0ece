// SPDX-License-Identifier: GPL-2.0
/* Options whose effect is seen on the wire, or by the other end. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "packets.h"
#include "space.h"
#include "tap.h"

static void need_root(void)
{
	if (have_root())
		return;
	tap_skip("not root", "nothing to look at the wire with");
	_exit(0);
}

static struct packet next_from(int wire_fd, int fd)
{
	struct packet p;

	need(packets_next(wire_fd, port_of(fd), &p) ? 0 : -1);
	return p;
}

/* What comes to the socket is lost: it acknowledges nothing. */
static void deafen(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &nothing };

	need(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
}

static int unsent(int fd)
{
	int bytes = -1;

	need(ioctl(fd, SIOCOUTQNSD, &bytes));
	return bytes;
}

/* Nagle: a small segment waits while another is not acknowledged (MUST-17). */
static void test_nodelay(void)
{
	struct pair p;
	int i;

	need_root();
	pair_open(&p);
	deafen(p.s);
	for (i = 0; i < 3; i++)
		need(send(p.c, "x", 1, 0));
	eq(unsent(p.c), 2, "the second and the third wait");
	need(set_int(p.c, SOL_TCP, TCP_NODELAY, 1));
	eq(unsent(p.c), 0, "TCP_NODELAY sends them");
	need(send(p.c, "x", 1, 0));
	eq(unsent(p.c), 0, "and the next at once");
	need(set_int(p.c, SOL_TCP, TCP_NODELAY, 0));
	need(send(p.c, "x", 1, 0));
	eq(unsent(p.c), 1, "off again: it waits");
}

/* Corked writes leave as one segment. */
static void test_cork(void)
{
	struct packet seen;
	struct pair p;
	int w;

	need_root();
	pair_open(&p);
	w = packets_open();
	need(set_int(p.c, SOL_TCP, TCP_CORK, 1));
	need(send(p.c, "ab", 2, 0));
	need(send(p.c, "cde", 3, 0));
	eq(packets_count(w, port_of(p.c)), 0, "nothing leaves");
	need(set_int(p.c, SOL_TCP, TCP_CORK, 0));
	seen = next_from(w, p.c);
	eq(seen.bytes, 5, "TCP_CORK: one segment");
	need(send(p.c, "ab", 2, MSG_MORE));
	eq(packets_count(w, port_of(p.c)), 0, "nothing leaves");
	need(send(p.c, "c", 1, 0));
	seen = next_from(w, p.c);
	eq(seen.bytes, 3, "MSG_MORE: one segment");
	need(set_int(p.c, SOL_TCP, TCP_CORK, 1));
	need(send(p.c, "ab", 2, MSG_EOR));
	need(send(p.c, "c", 1, 0));
	seen = next_from(w, p.c);
	eq(seen.bytes, 2, "MSG_EOR: the record's end is a segment's");
	need(set_int(p.c, SOL_TCP, TCP_CORK, 0));
	seen = next_from(w, p.c);
	eq(seen.bytes, 1, "and what follows begins another");
	/* what is corked does not wait for ever: 200 ms */
	need(send(p.c, "x", 1, MSG_MORE));
	need(shutdown(p.c, SHUT_WR));
	seen = next_from(w, p.c);
	ok(seen.bytes == 1 && seen.flags & P_FIN, "the FIN takes it along");
}

static void test_quickack(void)
{
	struct pair p;
	char buf[4];

	/* so long that an early ACK must be due to TCP_QUICKACK */
	if (wire != WIRE_KERNEL && have_root())
		need(sysctl_wire("delack_ms", "500"));
	pair_open(&p);
	need(set_int(p.s, SOL_TCP, TCP_QUICKACK, 0));
	need(send(p.c, "x", 1, 0));
	need(recv(p.s, buf, 1, 0));
	eq(fd_outq(p.c), 1, "off: the ACK waits");
	need(set_int(p.s, SOL_TCP, TCP_QUICKACK, 1));
	eq(fd_outq(p.c), 0, "on: it comes");
	need(send(p.c, "y", 1, 0));
	need(recv(p.s, buf, 1, 0));
	eq(fd_outq(p.c), 0, "and the next as soon as the data");
}

/* A SYN says it, and the IP header of every segment
 * (MUST-48, MUST-49, SHLD-21, SHLD-22).
 */
static void test_headers(void)
{
	struct packet syn, data;
	int l, c, s, w, back;

	need_root();
	l = listen_on(1);
	c = need(xsocket());
	need(set_int(c, SOL_TCP, TCP_MAXSEG, 700));
	need(set_ip(c, IP_TOS, 0x10));
	need(set_ip(c, IP_TTL, 33));
	need(set_ip(c, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	need(set_ip(l, IP_TOS, 0x08));
	w = packets_open();
	back = packets_open();
	need(connect_at(c, "127.0.0.1", port_of(l)));
	s = need(accept_in_time(l));
	syn = next_from(w, c);
	ok(syn.flags & P_SYN, "the SYN");
	eq(syn.mss, 700, "TCP_MAXSEG: its option");
	eq(syn.tos, 0x10, "IP_TOS: in it");
	eq(syn.ttl, 33, "IP_TTL: in it");
	if (over_ipv6())
		tap_skip("no router cuts what is IPv6's", "IP_PMTUDISC_DONT");
	else
		eq(syn.df, 0, "IP_PMTUDISC_DONT: in it");
	need(send(c, "x", 1, 0));
	do {
		data = next_from(w, c);
	} while (!data.bytes);
	eq(data.tos, 0x10, "IP_TOS: with data");
	eq(data.ttl, 33, "IP_TTL: with data");
	if (!over_ipv6())
		eq(data.df, 0, "IP_PMTUDISC_DONT: with data");
	packets_count(w, port_of(c));
	need(set_ip(c, IP_TOS, 0x04));
	need(set_ip(c, IP_TTL, 44));
	need(set_ip(c, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	need(send(c, "x", 1, 0));
	data = next_from(w, c);
	eq(data.tos, 0x04, "IP_TOS: changed");
	eq(data.ttl, 44, "IP_TTL: changed");
	eq(data.df, 1, "IP_PMTUDISC_DO: changed");
	syn = next_from(back, l);
	ok(syn.flags & P_SYN, "the SYN,ACK");
	eq(syn.tos, 0x08, "a listener's IP_TOS: in it");
	need(send(s, "y", 1, 0));
	do {
		data = next_from(back, s);
	} while (!data.bytes);
	eq(data.tos, 0x08, "accept() inherits it");
}

static void test_window_clamp(void)
{
	static char buf[20000];
	unsigned int widest = 0, many = 0;
	struct packet seen;
	struct pair p;
	int w;

	need_root();
	p.l = listen_on(1);
	p.c = need(xsocket());
	need(set_int(p.c, SOL_TCP, TCP_WINDOW_CLAMP, 3000));
	w = packets_open();
	need(connect_at(p.c, "127.0.0.1", port_of(p.l)));
	p.s = need(accept_in_time(p.l));
	seen = next_from(w, p.c);
	ok(seen.wnd > 0 && seen.wnd <= 3000, "the window of the SYN: %u", seen.wnd);
	need(send_all(p.s, buf, sizeof(buf)));
	need(recv_all(p.c, buf, sizeof(buf)));
	need(wait_outq(p.s, 0) ? 0 : -1);
	while (packets_now(w, port_of(p.c), &seen)) {
		many++;
		if (seen.wnd > widest)
			widest = seen.wnd;
	}
	ok(many >= 3, "the data took many turns: %u", many);
	if (wire == WIRE_KERNEL)
		tap_skip("newer kernels let it grow with the buffer", "the window");
	else
		ok(widest <= 3000, "in none was the window wider: %u", widest);
	fails(set_int(p.c, SOL_TCP, TCP_WINDOW_CLAMP, 0), EINVAL,
	      "not to be lifted while connected");
}

/* More data unsent than the mark: nobody may write. */
static void test_notsent_lowat(void)
{
	static char buf[20000];
	struct pair p;

	pair_open_small(&p, 400000, 8192);
	eq(get_int(p.c, SOL_TCP, TCP_NOTSENT_LOWAT), 0, "no mark at first");
	need(set_int(p.c, SOL_TCP, TCP_NOTSENT_LOWAT, 5000));
	set_nonblock(p.c, true);
	eq(poll_now(p.c, POLLOUT), POLLOUT, "nothing waits: writable");
	while (send(p.c, buf, sizeof(buf), 0) > 0)
		;
	ok(unsent(p.c) >= 5000, "%d wait", unsent(p.c));
	ok(fd_outq(p.c) < get_int(p.c, SOL_SOCKET, SO_SNDBUF) / 2,
	   "the buffer has room");
	eq(poll_now(p.c, POLLOUT), 0, "yet it is not writable");
	need(set_int(p.c, SOL_TCP, TCP_NOTSENT_LOWAT, 1000000));
	eq(poll_now(p.c, POLLOUT), POLLOUT, "a higher mark: writable");
	need(set_int(p.c, SOL_TCP, TCP_NOTSENT_LOWAT, 5000));
	eq(poll_now(p.c, POLLOUT), 0, "the lower one again: not");
	need(set_int(p.c, SOL_TCP, TCP_NOTSENT_LOWAT, 0));
	eq(poll_now(p.c, POLLOUT), POLLOUT, "none: writable");
	need(set_int(p.c, SOL_TCP, TCP_NOTSENT_LOWAT, 5000));
	need(drain(p.s));
	eq(poll_for(p.c, POLLOUT), POLLOUT, "all is sent: writable");
}

/* Return: what TCP_INQ tells with the data; -1 if nothing */
static int recv_inq(int fd, size_t len)
{
	char buf[16], control[64];
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int inq = -1;

	need(recvmsg(fd, &msg, 0));
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_TCP && c->cmsg_type == TCP_CM_INQ)
			memcpy(&inq, CMSG_DATA(c), sizeof(inq));
	return inq;
}

static void test_inq(void)
{
	struct pair p;

	pair_open(&p);
	need(send(p.c, "0123456789", 10, 0));
	need(wait_inq(p.s, 10) ? 0 : -1);
	eq(recv_inq(p.s, 1), -1, "off: nothing is told");
	eq(get_int(p.s, SOL_TCP, TCP_INQ), 0, "get: off");
	need(set_int(p.s, SOL_TCP, TCP_INQ, 1));
	eq(get_int(p.s, SOL_TCP, TCP_INQ), 1, "get: on");
	eq(recv_inq(p.s, 2), 7, "7 are left");
	eq(recv_inq(p.s, 7), 0, "none is left");
	fails(set_int(p.s, SOL_TCP, TCP_INQ, 2), EINVAL, "2");
	need(send(p.c, "0123456789", 10, 0));
	need(shutdown(p.c, SHUT_WR));
	eq(poll_for(p.s, POLLRDHUP) & POLLRDHUP, POLLRDHUP, "the end has come");
	eq(recv_inq(p.s, 10), 1, "the end counts, where nothing else is left");
}

/* The firewall sees SO_MARK, the scheduler SO_PRIORITY. */
static void test_mark_and_priority(void)
{
	static const char seen[] = "packets [1-9]";
	struct address addr;
	int l, c;

	need_root();
	netns_new();
	l = listen_on(4);
	addr = name_of(l);
	if (!run("nft 'add table inet t;"
		 "add chain inet t out { type filter hook output priority 0; };"
		 "add rule inet t out meta mark 7 counter;"
		 "add rule inet t out meta priority 0:3 counter'")) {
		tap_skip("no nft", "SO_MARK, SO_PRIORITY");
		return;
	}
	c = need(xsocket());
	need(connect_addr(c, &addr));
	c = need(xsocket());
	need(set_int(c, SOL_SOCKET, SO_MARK, 7));
	need(set_int(c, SOL_SOCKET, SO_PRIORITY, 3));
	need(connect_addr(c, &addr));
	ok(run("nft list ruleset | tr -d '\\n' | grep -q '7 counter %s.*3 counter %s'",
	       seen, seen),
	   "SO_MARK and SO_PRIORITY are on the packets");
	/* and policy routing goes by the mark */
	need(run("ip rule add fwmark 11 unreachable") ? 0 : -1);
	c = need(xsocket());
	need(set_int(c, SOL_SOCKET, SO_MARK, 11));
	fails(connect_at(c, "192.0.2.1", 9), ENETUNREACH, "a rule for the mark");
}

/* A connection from an address that is not ours, to one that is. */
static void test_transparent(void)
{
	struct address from;
	struct pair p;
	int l, c;

	need_root();
	netns_new();
	l = need(xsocket());
	need(bind_at(l, "0.0.0.0", 0));
	need(listen(l, 4));
	c = need(xsocket());
	fails(bind_at(c, "198.51.100.7", 0), EADDRNOTAVAIL, "a foreign address");
	need(set_ip(c, IP_TRANSPARENT, 1));
	eq(get_ip(c, IP_TRANSPARENT), 1, "get");
	eq(bind_at(c, "198.51.100.7", 0), 0, "IP_TRANSPARENT: it may be had");
	/* packets to it are led here, as a proxy's rules do */
	need(run("ip route add local 198.51.100.0/24 dev lo") ? 0 : -1);
	eq(connect_at(c, "127.0.0.1", port_of(l)), 0, "connect from there");
	p.s = need(accept_in_time(l));
	from = peer_of(p.s);
	ok(is_at(from, "198.51.100.7"), "the peer sees it");
}

/* It gets only what comes by the device. */
static void test_bind_to_device(void)
{
	struct address addr;
	int l, c;

	need_root();
	netns_new();
	need(run("set -e; ip link add other type dummy; ip link set other up;"
		 "ip addr add 10.8.0.1/24 dev other") ? 0 : -1);
	l = need(xsocket());
	need(bind_at(l, "0.0.0.0", 0));
	need(setsockopt(l, SOL_SOCKET, SO_BINDTODEVICE, "other", 6));
	need(listen(l, 4));
	addr = at("127.0.0.1", port_of(l));
	c = need(xsocket());
	fails(connect_addr(c, &addr), ECONNREFUSED, "a listener on another device");
	need(setsockopt(l, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	c = need(xsocket());
	eq(connect_addr(c, &addr), 0, "on this one");
	c = need(xsocket());
	need(setsockopt(c, SOL_SOCKET, SO_BINDTODEVICE, "other", 6));
	set_nonblock(c, true);
	if (over_ipv6()) {
		fails(connect_addr(c, &addr), ENETUNREACH, "a client on another device");
		return;
	}
	fails(connect_addr(c, &addr), EINPROGRESS, "a client on another device");
	eq(poll_now(c, POLLOUT), 0, "does not get here");
}

/* A router says that there is no way any more: a user who wants to know at once is told
 * (MUST-47, SHLD-20, SHLD-25).
 */
static void test_recverr(void)
{
	struct spaces side;
	int l, plain, told;
	char byte;

	need_root();
	spaces_make(&side);
	if (wire != WIRE_KERNEL)
		need(sysctl_wire("rto_min_us", "5000"));
	need(run("ip route add 10.77.0.0/24 via 10.9.0.2") ? 0 : -1);
	space_go(side.b);
	router_here();
	need(run("ip addr add 10.77.0.1/32 dev lo") ? 0 : -1);
	wait_for_way(side.a, "10.77.0.1", side.b);
	space_go(side.b);
	l = need(xsocket());
	need(bind_at(l, "10.77.0.1", 7200));
	need(listen(l, 4));
	space_go(side.a);
	plain = need(xsocket());
	told = need(xsocket());
	need(set_ip(told, IP_RECVERR, 1));
	need(connect_at(plain, "10.77.0.1", 7200));
	need(connect_at(told, "10.77.0.1", 7200));
	space_go(side.b);
	need(run("set -e; ip addr del 10.77.0.1/32 dev lo;"
		 "ip route add unreachable 10.77.0.1/32") ? 0 : -1);
	space_go(side.a);
	need(send(plain, "x", 1, 0));
	need(send(told, "x", 1, 0));
	ok(poll_for(told, POLLIN) & POLLERR, "IP_RECVERR: POLLERR");
	eq(so_error(told), no_route_errno(), "SO_ERROR: what the router says");
	eq(poll_now(plain, POLLIN), 0, "without: nothing, it may come right");
	space_go(side.b);
	need(run("set -e; ip route del unreachable 10.77.0.1/32;"
		 "ip addr add 10.77.0.1/32 dev lo") ? 0 : -1);
	space_go(side.a);
	eq(recv(need(accept_in_time(l)), &byte, 1, 0), 1, "it does come right");
	eq(recv(need(accept_in_time(l)), &byte, 1, 0), 1, "for both of them");
}

/* Closed in FIN-WAIT-2 without patience: a reset. */
static void test_linger2(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	need(set_int(p.c, SOL_TCP, TCP_LINGER2, -1));
	eq(get_int(p.c, SOL_TCP, TCP_LINGER2), -1, "get");
	need(shutdown(p.c, SHUT_WR));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(recv(p.s, &byte, 1, 0), 0, "the end");
	need(close(p.c));
	ok(poll_for(p.s, 0) & POLLHUP, "TCP_LINGER2 -1: reset");
	/* the same with the default: the peer may take its time */
	pair_open(&p);
	need(shutdown(p.c, SHUT_WR));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(recv(p.s, &byte, 1, 0), 0, "the end");
	need(close(p.c));
	pause_ms(SHORT_MS);
	eq(poll_now(p.s, 0), 0, "the default: not");
}

/* Cases that take seconds, all at the same time: who gives up when (MUST-27). */
static void test_patience(void)
{
	struct address addr;
	struct packet seen;
	int syncnt, w, fresh, port;
	long long start;
	struct pair k, f;
	int full[2];

	need_root();
	addr = name_of(full_listener(full));
	pair_open(&k);
	pair_open(&f);
	w = packets_open();

	need(set_int(f.c, SOL_TCP, TCP_LINGER2, 1));
	port = port_of(f.c);
	need(close(f.c));
	fresh = need(xsocket());
	fails(bind_at(fresh, "127.0.0.1", port), EADDRINUSE, "FIN-WAIT-2 holds the port");

	start = now_ms();
	syncnt = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	need(set_int(syncnt, SOL_TCP, TCP_SYNCNT, 1));
	fails(connect_addr(syncnt, &addr), EINPROGRESS, "a SYN into the void");

	need(set_int(k.c, SOL_TCP, TCP_KEEPIDLE, 1));
	need(set_int(k.c, SOL_TCP, TCP_KEEPINTVL, 1));
	need(set_int(k.c, SOL_SOCKET, SO_KEEPALIVE, 1));
	seen = next_from(w, k.c);
	ok(now_ms() - start >= 900, "TCP_KEEPIDLE: a probe after a second");
	ok(seen.bytes <= 1 && seen.flags == P_ACK, "which is a bare ACK");
	eq(poll_now(k.c, POLLIN), 0, "answered: the connection stays");
	next_from(w, k.c);
	ok(now_ms() - start >= 1800, "and another a second later");

	ok(poll_for(syncnt, POLLOUT) & POLLERR, "TCP_SYNCNT 1: an error");
	eq(so_error(syncnt), ETIMEDOUT, "ETIMEDOUT");
	ok(now_ms() - start >= 2500, "after the second timeout");
	eq(bind_at(fresh, "127.0.0.1", port), 0, "TCP_LINGER2 1: the port is free");
}

static const struct tap_test tests[] = {
	TEST(nodelay),
	TEST(cork),
	TEST(quickack),
	TEST(headers),
	TEST(window_clamp),
	TEST(notsent_lowat),
	TEST(inq),
	TEST_WAITS(mark_and_priority),
	TEST_WAITS(transparent),
	TEST_WAITS(bind_to_device),
	TEST_WAITS(recverr),
	TEST(linger2),
	TEST_WAITS(patience),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
