// SPDX-License-Identifier: GPL-2.0
/*
 * Window scale, timestamps and SACK: what two ends agree on, what of it TCP_INFO tells
 * and the wire shows. On TCP's wire the other end is the kernel's TCP.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "packets.h"
#include "peers.h"
#include "tap.h"

#define OPT_TIMESTAMPS	1	/* TCPI_OPT_* */
#define OPT_SACK	2
#define OPT_WSCALE	4
#define OPT_ALL		7

#ifndef TCP_TIMESTAMP
#define TCP_TIMESTAMP	24
#endif

static struct info info_of(int fd)
{
	struct info info;

	need(get_info(fd, &info));
	return info;
}

/* Of the side that the wire under test has; the kernel's, where that is the other's. */
static void knob(bool ours, const char *name, const char *value)
{
	char path[100];

	if (ours && wire != WIRE_KERNEL)
		snprintf(path, sizeof(path), "/proc/sys/net/xtcp/%s", name);
	else
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/tcp_%s", name);
	need(sysctl_set(path, value));
}

static bool root_and_netns(void)
{
	if (!have_root()) {
		tap_skip("not root", "no sysctls to set");
		return false;
	}
	netns_new();
	return true;
}

/* Both ends know the same, and it is this. */
static void agreed(struct pair *p, unsigned int options, const char *what)
{
	struct info c = info_of(p->c), s = info_of(p->s);

	eq(c.options & OPT_ALL, options, "%s: the client's options", what);
	eq(s.options & OPT_ALL, options, "%s: the server's", what);
	eq(c.snd_wscale, s.rcv_wscale, "%s: the server's scale", what);
	eq(s.snd_wscale, c.rcv_wscale, "%s: the client's scale", what);
	if (!(options & OPT_WSCALE))
		eq(c.snd_wscale + s.snd_wscale, 0, "%s: none", what);
}

/* Some data each way, and the MSS, which timestamps make shorter. */
static void talk(struct pair *p, const char *what)
{
	static char buf[100000], got[100000];
	struct bg bg = { .fn = bg_read_to_end, .fd = p->s };

	memset(buf, 'x', sizeof(buf));
	need(send_all(p->s, buf, 1000));
	eq(recv_all(p->c, got, 1000), 1000, "%s: data comes", what);
	bg_start(&bg);
	need(send_all(p->c, buf, sizeof(buf)));
	need(shutdown(p->c, SHUT_WR));
	eq(bg_join(&bg), sizeof(buf), "%s: and goes", what);
}

static void each_role(const char *what, unsigned int options)
{
	struct pair p;
	char name[100];
	int i;

	for (i = 0; i < 2; i++) {
		peers_open(&p, i);
		snprintf(name, sizeof(name), "%s, %s", what, i ? "server" : "client");
		agreed(&p, options, name);
		talk(&p, name);
		close(p.c);
		close(p.s);
		close(p.l);
	}
}

static const struct {
	const char *name;
	unsigned int option;
} knobs[] = {
	{ "timestamps", OPT_TIMESTAMPS },
	{ "sack", OPT_SACK },
	{ "window_scaling", OPT_WSCALE },
};

static void test_all(void)
{
	each_role("all options", OPT_ALL);
}

/* One is off, at either end: the others are agreed on. */
static void test_one_off(void)
{
	char what[100];
	size_t i;

	if (!root_and_netns())
		return;
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		snprintf(what, sizeof(what), "no %s", knobs[i].name);
		knob(true, knobs[i].name, "0");
		each_role(what, OPT_ALL & ~knobs[i].option);
		knob(true, knobs[i].name, "1");
		if (wire != WIRE_TCP)
			continue;
		snprintf(what, sizeof(what), "no %s of the peer's", knobs[i].name);
		knob(false, knobs[i].name, "0");
		each_role(what, OPT_ALL & ~knobs[i].option);
		knob(false, knobs[i].name, "1");
	}
}

static void test_one_on(void)
{
	char what[100];
	size_t i;

	if (!root_and_netns())
		return;
	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		knob(true, knobs[i].name, "0");
	each_role("none", 0);
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		snprintf(what, sizeof(what), "%s alone", knobs[i].name);
		knob(true, knobs[i].name, "1");
		each_role(what, knobs[i].option);
		knob(true, knobs[i].name, "0");
	}
}

/* The scale follows from the largest buffer. */
static void test_scale(void)
{
	struct pair p;

	if (!root_and_netns())
		return;
	knob(true, "rmem", "4096 131072 33554432");
	peers_open(&p, false);
	eq(info_of(p.c).rcv_wscale, 10, "32 MiB: 10");
	eq(info_of(p.s).snd_wscale, 10, "and the peer knows");
}

static struct packet next_from(int wire_fd, int port)
{
	struct packet p;

	need(packets_next(wire_fd, port, &p) ? 0 : -1);
	return p;
}

static bool bytes_are(const unsigned char *got, const char *want)
{
	for (; *want; want++, got++)
		if (*want != '?' && *got != (unsigned char)*want - 'A')
			return false;
	return true;
}

/* Letters are numbers: A is 0, B is 1; ? is anything. */
static void options_are(const struct packet *p, const char *want, const char *what)
{
	eq(p->options_bytes, strlen(want), "%s: how many bytes", what);
	ok(bytes_are(p->options, want), "%s: the options, and their order", what);
}

static void test_bytes(void)
{
	struct packet seen;
	struct pair p;
	int w;

	if (!have_root()) {
		tap_skip("not root", "nothing to look at the wire with");
		return;
	}
	p.l = listen_on(1);
	w = packets_open();
	p.c = connect_to(p.l);
	p.s = need(accept_in_time(p.l));
	need(send(p.c, "x", 1, 0));
	seen = next_from(w, port_of(p.c));
	/* MSS; SACK permitted, timestamps; NOP, window scale */
	options_are(&seen, "CE??ECIK????AAAABDD?", "SYN");
	ok(seen.options[19] >= 7, "SYN: the scale");
	seen = next_from(w, port_of(p.c));
	options_are(&seen, "BBIK????????", "ACK");
	do
		seen = next_from(w, port_of(p.c));
	while (!seen.bytes);
	options_are(&seen, "BBIK????????", "data");
	close(w);
	w = packets_open();
	connect_to(p.l);
	seen = next_from(w, port_of(p.l));
	options_are(&seen, "CE??ECIK????????BDD?", "SYN,ACK");
	ok(memcmp(seen.options + 12, "\0\0\0\0", 4), "SYN,ACK: it echoes the SYN's timestamp");
}

/* tcp(7) does not have it: for repair, but anybody may read it. */
static void test_timestamp(void)
{
	unsigned int then, now;
	struct pair p;

	pair_open(&p);
	then = get_int(p.c, SOL_TCP, TCP_TIMESTAMP);
	pause_ms(20);
	now = get_int(p.c, SOL_TCP, TCP_TIMESTAMP);
	ok(now - then >= 10 && now - then < 10000, "a clock of milliseconds: %u", now - then);
	fails(set_int(p.c, SOL_TCP, TCP_TIMESTAMP, 1), EPERM, "not to be set");
}

/* Buffer and clamp may be larger than 64 KiB, and all of it is used. */
static void test_large_window(void)
{
	static char buf[100000];
	long long sent = 0, end = now_ms() + LONG_MS;
	struct pair p;

	if (!have_root()) {
		tap_skip("not root", "no large buffers");
		return;
	}
	p.l = listen_on(1);
	need(set_int(p.l, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20));
	p.c = need(xsocket());
	need(set_int(p.c, SOL_SOCKET, SO_SNDBUFFORCE, 16 << 20));
	need(connect_at(p.c, "127.0.0.1", port_of(p.l)));
	p.s = need(accept_in_time(p.l));
	while (sent < 2 << 20)
		sent += need(send(p.c, buf, sizeof(buf), 0));
	while (fd_inq(p.s) < 1 << 20 && now_ms() < end)
		pause_ms(SHORT_MS);
	ok(fd_inq(p.s) >= 1 << 20, "a megabyte waits for its reader: %d", fd_inq(p.s));
	ok(info_of(p.s).rcv_wscale > 4, "the scale: %u", info_of(p.s).rcv_wscale);
	need(shutdown(p.c, SHUT_WR));
	eq(read_to_end(p.s), sent, "all arrives");
	eq(set_int(p.c, SOL_TCP, TCP_WINDOW_CLAMP, 1000000), 0, "a clamp of a million");
	eq(get_int(p.c, SOL_TCP, TCP_WINDOW_CLAMP), 1000000, "is what it is");
}

/* A clamp of more than 64 KiB bounds the window. */
static void test_large_clamp(void)
{
	struct pair p;
	unsigned int wnd;

	if (!have_root()) {
		tap_skip("not root", "no large buffers");
		return;
	}
	p.l = listen_on(1);
	need(set_int(p.l, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20));
	need(set_int(p.l, SOL_TCP, TCP_WINDOW_CLAMP, 200000));
	p.c = connect_to(p.l);
	p.s = need(accept_in_time(p.l));
	need(send(p.s, "x", 1, 0));
	need(wait_inq(p.c, 1) ? 0 : -1);
	wnd = info_of(p.c).snd_wnd;
	ok(wnd >= 64000 && wnd <= 200000, "the window: %u", wnd);
}

/* A socket that connects from a port: because it is bound, or has no other to choose. */
static int socket_from(int port, bool bound)
{
	int fd = need(xsocket());
	char range[32];

	if (bound) {
		need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
		need(bind_at(fd, "127.0.0.1", port));
	} else {
		snprintf(range, sizeof(range), "%d %d", port, port);
		set_port_range(range);
	}
	return fd;
}

static void leave_time_wait(int l, int port, bool bound)
{
	int c = socket_from(port, bound), s;
	char byte;

	need(connect_at(c, "127.0.0.1", port_of(l)));
	s = need(accept_in_time(l));
	need(shutdown(c, SHUT_WR));
	need(recv(s, &byte, 1, 0));
	close(s);
	need(poll_for(c, POLLHUP) & POLLHUP ? 0 : -1);
	close(c);
}

/* connect() from a port that is in TIME_WAIT: a bound one may at once, one that is to be
 * chosen after a second, on the loopback device: that is how tcp_tw_reuse begins.
 */
static void test_reuse(void)
{
	int l, fd, err = EADDRNOTAVAIL;
	long long end;

	if (!root_and_netns())
		return;
	l = listen_on(9);
	leave_time_wait(l, 5301, true);
	fd = socket_from(5301, true);
	eq(connect_at(fd, "127.0.0.1", port_of(l)), 0, "the bound port is taken at once");
	ok(accept_in_time(l) >= 0, "and the other end takes it for a new connection");
	leave_time_wait(l, 5302, false);
	end = now_ms() + LONG_MS;
	while (err == EADDRNOTAVAIL && now_ms() < end) {
		fd = need(xsocket());
		err = connect_at(fd, "127.0.0.1", port_of(l)) ? errno : 0;
		if (err)
			close(fd);
		pause_ms(SHORT_MS);
	}
	eq(err, 0, "the only port is taken after a while");
	ok(accept_in_time(l) >= 0, "and the other end takes it for a new connection");
	knob(true, "tw_reuse", "0");
	leave_time_wait(l, 5303, false);
	pause_ms(2100);
	fd = need(xsocket());
	fails(connect_at(fd, "127.0.0.1", port_of(l)), EADDRNOTAVAIL, "tw_reuse 0: never");
}

static const struct tap_test tests[] = {
	TEST(all),
	TEST(one_off),
	TEST(one_on),
	TEST(scale),
	TEST(bytes),
	TEST(timestamp),
	TEST(large_window),
	TEST(large_clamp),
	TEST_WAITS(reuse),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
