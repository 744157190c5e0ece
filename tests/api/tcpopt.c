// SPDX-License-Identifier: GPL-2.0
/* Options at the level SOL_TCP. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void round_trip(const char *name, int fd, int option, int value)
{
	eq(set_int(fd, SOL_TCP, option, value), 0, "%s: set to %d", name, value);
	eq(get_int(fd, SOL_TCP, option), value, "%s: get", name);
}

static void test_nodelay(void)
{
	struct pair p;

	pair_open(&p);
	eq(get_int(p.c, SOL_TCP, TCP_NODELAY), 0, "off at first");
	round_trip("on", p.c, TCP_NODELAY, 1);
	round_trip("off", p.c, TCP_NODELAY, 0);
	need(set_int(p.c, SOL_TCP, TCP_NODELAY, 7));
	eq(get_int(p.c, SOL_TCP, TCP_NODELAY), 1, "7 is 1");
	need(set_int(p.l, SOL_TCP, TCP_NODELAY, 1));
	connect_to(p.l);
	eq(get_int(need(accept_in_time(p.l)), SOL_TCP, TCP_NODELAY), 1,
	   "accept() inherits it");
}

static void test_maxseg(void)
{
	struct pair p;
	int fd = need(xsocket());
	int mss;

	ok(get_int(fd, SOL_TCP, TCP_MAXSEG) > 0, "has a default");
	round_trip("new", fd, TCP_MAXSEG, 700);
	fails(set_int(fd, SOL_TCP, TCP_MAXSEG, 1), EINVAL, "1 is too small");
	fails(set_int(fd, SOL_TCP, TCP_MAXSEG, 87), EINVAL, "87 is too small");
	fails(set_int(fd, SOL_TCP, TCP_MAXSEG, 40000), EINVAL,
	      "40000 is too large");
	p.l = listen_on(1);
	need(connect_at(fd, "127.0.0.1", port_of(p.l)));
	p.s = need(accept_in_time(p.l));
	mss = get_int(p.s, SOL_TCP, TCP_MAXSEG);
	ok(mss > 88 && mss <= 700, "the peer keeps to it: %d", mss);
	pair_open(&p);
	ok(get_int(p.c, SOL_TCP, TCP_MAXSEG) > 1000, "connected over lo: large");
}

static void test_cork(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	round_trip("TCP_CORK", p.c, TCP_CORK, 1);
	need(send(p.c, "a", 1, 0));
	eq(poll_now(p.s, POLLIN), 0, "what is corked is held back");
	need(send(p.c, "b", 1, 0));
	eq(set_int(p.c, SOL_TCP, TCP_CORK, 0), 0, "uncorked");
	eq(recv(p.s, buf, 2, MSG_WAITALL), 2, "it arrives");
	need(send(p.c, "c", 1, MSG_MORE));
	eq(poll_now(p.s, POLLIN), 0, "so is MSG_MORE");
	need(send(p.c, "d", 1, 0));
	eq(recv(p.s, buf, 2, MSG_WAITALL), 2, "it arrives");
	need(send(p.c, "e", 1, MSG_MORE));
	need(shutdown(p.c, SHUT_WR));
	eq(recv(p.s, buf, 2, MSG_WAITALL), 1, "shutdown() sends it, too");
}

static void test_nagle(void)
{
	struct pair p;
	char buf[8];
	int i;

	pair_open(&p);
	for (i = 0; i < 8; i++)
		need(send(p.c, "n", 1, 0));
	eq(recv(p.s, buf, 8, MSG_WAITALL), 8, "small writes arrive in the end");
}

static void test_keepalive(void)
{
	int fd = need(xsocket());

	round_trip("TCP_KEEPIDLE", fd, TCP_KEEPIDLE, 100);
	round_trip("TCP_KEEPINTVL", fd, TCP_KEEPINTVL, 10);
	round_trip("TCP_KEEPCNT", fd, TCP_KEEPCNT, 3);
	fails(set_int(fd, SOL_TCP, TCP_KEEPIDLE, 0), EINVAL, "TCP_KEEPIDLE: 0");
	fails(set_int(fd, SOL_TCP, TCP_KEEPIDLE, 32768), EINVAL,
	      "TCP_KEEPIDLE: 32768");
	fails(set_int(fd, SOL_TCP, TCP_KEEPINTVL, 0), EINVAL,
	      "TCP_KEEPINTVL: 0");
	fails(set_int(fd, SOL_TCP, TCP_KEEPCNT, 0), EINVAL, "TCP_KEEPCNT: 0");
	fails(set_int(fd, SOL_TCP, TCP_KEEPCNT, 128), EINVAL,
	      "TCP_KEEPCNT: 128");
}

static void test_others(void)
{
	int fd = need(xsocket());

	round_trip("TCP_SYNCNT", fd, TCP_SYNCNT, 3);
	fails(set_int(fd, SOL_TCP, TCP_SYNCNT, 0), EINVAL, "TCP_SYNCNT: 0");
	fails(set_int(fd, SOL_TCP, TCP_SYNCNT, 128), EINVAL, "TCP_SYNCNT: 128");
	round_trip("TCP_LINGER2", fd, TCP_LINGER2, 5);
	round_trip("TCP_USER_TIMEOUT", fd, TCP_USER_TIMEOUT, 5000);
	fails(set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, -1), EINVAL,
	      "TCP_USER_TIMEOUT: -1");
	eq(get_int(fd, SOL_TCP, TCP_QUICKACK), 1, "TCP_QUICKACK: to begin with");
	eq(set_int(fd, SOL_TCP, TCP_QUICKACK, 0), 0, "TCP_QUICKACK: clear");
	eq(get_int(fd, SOL_TCP, TCP_QUICKACK), 0, "TCP_QUICKACK: get 0");
	eq(set_int(fd, SOL_TCP, TCP_QUICKACK, 1), 0, "TCP_QUICKACK: set");
	eq(get_int(fd, SOL_TCP, TCP_QUICKACK), 1, "TCP_QUICKACK: get");
	round_trip("TCP_NOTSENT_LOWAT", fd, TCP_NOTSENT_LOWAT, 10000);
}

static void test_window_clamp(void)
{
	struct pair p;
	int fd = need(xsocket());
	int least;

	eq(get_int(fd, SOL_TCP, TCP_WINDOW_CLAMP), 0, "none at first");
	round_trip("new", fd, TCP_WINDOW_CLAMP, 100000);
	eq(set_int(fd, SOL_TCP, TCP_WINDOW_CLAMP, 1), 0, "1 is taken");
	least = get_int(fd, SOL_TCP, TCP_WINDOW_CLAMP);
	ok(least >= 1024 && least <= 2048, "as half of the least buffer: %d", least);
	round_trip("as large as can be", fd, TCP_WINDOW_CLAMP, -1);
	eq(set_int(fd, SOL_TCP, TCP_WINDOW_CLAMP, 0), 0, "taken away");
	eq(get_int(fd, SOL_TCP, TCP_WINDOW_CLAMP), 0, "there is none");
	pair_open(&p);
	ok(get_int(p.c, SOL_TCP, TCP_WINDOW_CLAMP) >= 65535,
	   "a connection's is what its scale can say: %d",
	   get_int(p.c, SOL_TCP, TCP_WINDOW_CLAMP));
}

static void test_defer_accept(void)
{
	int l = listen_on(4);
	int fd;

	need(set_int(l, SOL_TCP, TCP_DEFER_ACCEPT, 5));
	ok(get_int(l, SOL_TCP, TCP_DEFER_ACCEPT) >= 5, "TCP_DEFER_ACCEPT: get");
	fd = connect_to(l);
	pause_ms(SHORT_MS);
	eq(poll_now(l, POLLIN), 0, "no data, no connection");
	need(send(fd, "x", 1, 0));
	eq(poll_for(l, POLLIN), POLLIN, "data brings it");
}

static void test_congestion(void)
{
	struct pair p;
	char name[16] = "";
	socklen_t len = sizeof(name);

	pair_open(&p);
	eq(getsockopt(p.c, SOL_TCP, TCP_CONGESTION, name, &len), 0, "get");
	ok(name[0] != '\0', "a name: %s", name);
	eq(setsockopt(p.c, SOL_TCP, TCP_CONGESTION, "reno", 4), 0, "set to reno");
	need(getsockopt(p.c, SOL_TCP, TCP_CONGESTION, name, &len));
	ok(!strcmp(name, "reno"), "it is reno");
	fails(setsockopt(p.c, SOL_TCP, TCP_CONGESTION, "nonesuch", 8), ENOENT,
	      "an unknown one");
	fails(setsockopt(p.c, SOL_TCP, TCP_CONGESTION, "", 0), EINVAL,
	      "no name");
}

static int tcp_state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len) < 0)
		return -1;
	return info.tcpi_state;
}

static void test_info_states(void)
{
	struct pair p;
	int fd = need(xsocket());
	int full[2];
	char byte;

	if (tcp_state(fd) < 0 && wire != WIRE_KERNEL) {
		tap_skip("no TCP_INFO yet", "TCP_INFO: tcpi_state");
		return;
	}
	eq(tcp_state(fd), TCP_CLOSE, "new: CLOSE");
	need(bind_at(fd, "127.0.0.1", 0));
	eq(tcp_state(fd), TCP_CLOSE, "bound: CLOSE");
	pair_open(&p);
	eq(tcp_state(p.l), TCP_LISTEN, "LISTEN");
	full_listener(full);
	eq(tcp_state(full[1]), TCP_SYN_SENT, "SYN-SENT");
	eq(tcp_state(p.c), TCP_ESTABLISHED, "ESTABLISHED");
	eq(tcp_state(p.s), TCP_ESTABLISHED, "ESTABLISHED, accepted");
	need(shutdown(p.c, SHUT_WR));
	need(recv(p.s, &byte, 1, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(tcp_state(p.c), TCP_FIN_WAIT2, "FIN-WAIT-2");
	eq(tcp_state(p.s), TCP_CLOSE_WAIT, "CLOSE-WAIT");
	need(shutdown(p.s, SHUT_WR));
	need(poll_for(p.c, 0) & POLLHUP ? 0 : -1);
	/* TIME-WAIT is no longer this socket's */
	eq(tcp_state(p.c), TCP_CLOSE, "after both FINs: CLOSE");
	need(poll_for(p.s, 0) & POLLHUP ? 0 : -1);
	eq(tcp_state(p.s), TCP_CLOSE, "LAST-ACK is over: CLOSE");

	pair_open_small(&p, 20000, 8192);
	need(fill(p.c));
	need(shutdown(p.c, SHUT_WR));
	eq(tcp_state(p.c), TCP_FIN_WAIT1, "FIN-WAIT-1");
	need(shutdown(p.s, SHUT_WR));
	need(poll_for(p.c, POLLRDHUP) & POLLRDHUP ? 0 : -1);
	eq(tcp_state(p.c), TCP_CLOSING, "CLOSING");
}

static void test_info_values(void)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	struct pair p;
	char buf[8];

	pair_open(&p);
	if (tcp_state(p.c) < 0 && wire != WIRE_KERNEL) {
		tap_skip("no TCP_INFO yet", "TCP_INFO: values");
		return;
	}
	need(send(p.c, "12345", 5, 0));
	need(recv(p.s, buf, 8, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(getsockopt(p.c, SOL_TCP, TCP_INFO, &info, &len), 0, "TCP_INFO");
	ok(len > 100, "length %u", len);
	ok(info.tcpi_snd_mss > 500, "tcpi_snd_mss %u", info.tcpi_snd_mss);
	ok(info.tcpi_rto >= 200000, "tcpi_rto %u us", info.tcpi_rto);
	ok(info.tcpi_rtt > 0, "tcpi_rtt %u us", info.tcpi_rtt);
	ok(info.tcpi_snd_cwnd >= 2, "tcpi_snd_cwnd %u", info.tcpi_snd_cwnd);
	eq(info.tcpi_unacked, 0, "tcpi_unacked");
	eq(info.tcpi_retransmits, 0, "tcpi_retransmits");
	len = 1;
	eq(getsockopt(p.c, SOL_TCP, TCP_INFO, &info, &len), 0, "one byte of it");
	eq(len, 1, "is what there is");
}

static const struct tap_test tests[] = {
	TEST(nodelay),
	TEST(maxseg),
	TEST(cork),
	TEST(nagle),
	TEST(keepalive),
	TEST(others),
	TEST(window_clamp),
	TEST(defer_accept),
	TEST(congestion),
	TEST(info_states),
	TEST(info_values),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
