// SPDX-License-Identifier: GPL-2.0
/* /proc/net/xtcp: who is connected, in the columns of /proc/net/tcp. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "space.h"
#include "tap.h"

#define CONNS	150
#define LINE	(wire == WIRE_KERNEL ? 150 : 180)

/* The file, taken from a descriptor in reads of @step bytes. */
static char *text_of(int fd, size_t step)
{
	size_t len = 0, room = 1 << 20;
	char *text = malloc(room);
	ssize_t n;

	while ((n = read(fd, text + len, step)) > 0) {
		len += n;
		if (len + step >= room)
			break;
	}
	need(n);
	text[len] = 0;
	return text;
}

static int times(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* How many lines tell of two ports. */
static int lines_of(const char *text, int lport, int rport)
{
	const char *lo = hex_at("127.0.0.1");
	char what[128];

	snprintf(what, sizeof(what), " %s:%04X %s:%04X ", lo, lport, lo, rport);
	return times(text, what);
}

/* Each end of each connection, and each listener, stands there once. */
static bool all_once(const char *text, const int *ports, int l, const int *others,
		     int n)
{
	char what[128];
	int i;

	for (i = 0; i < CONNS; i++)
		if (lines_of(text, ports[i], l) != 1 ||
		    lines_of(text, l, ports[i]) != 1)
			return false;
	for (i = 0; i < n; i++) {
		snprintf(what, sizeof(what), ":%04X %s:0000 0A ", others[i],
			 hex_at("0.0.0.0"));
		if (times(text, what) != 1)
			return false;
	}
	return true;
}

/* A table that grows just then may show some twice: then read again. */
static bool shows_all(size_t step, const int *ports, int l, const int *others,
		      int n)
{
	bool good = false;
	char *text;
	int i, fd;

	for (i = 0; i < 10 && !good; i++) {
		fd = need(open(sockets_file(), O_RDONLY));
		text = text_of(fd, step);
		good = all_once(text, ports, l, others, n);
		free(text);
		close(fd);
	}
	return good;
}

/* Where a line begins: those of IPv4 are all of one length. */
static off_t line_at(const char *text, int line)
{
	const char *begin = text;
	int i;

	if (!is_inet6())
		return line * LINE;
	for (i = 0; i < line; i++)
		begin = strchr(begin, '\n') + 1;
	return begin - text;
}

static void test_lines(void)
{
	const int steps[] = { 1 << 16, 4096, LINE, 100, 7 };
	int ports[CONNS], others[20], l = listen_on(CONNS), fd, i;
	char *whole, *again, *pieces, buf[256];

	for (i = 0; i < 20; i++)
		others[i] = port_of(listen_on(1));
	for (i = 0; i < CONNS; i++)
		ports[i] = port_of(connect_to(l));
	for (i = 0; i < CONNS; i++)
		need(accept_in_time(l));
	for (i = 0; i < (int)ARRAY_SIZE(steps); i++)
		ok(shows_all(steps[i], ports, port_of(l), others, 20),
		   "each stands there once, read by %d bytes", steps[i]);

	fd = need(open(sockets_file(), O_RDONLY));
	whole = text_of(fd, 1 << 16);
	eq(read(fd, buf, 1), 0, "the end is the end");
	need(lseek(fd, 0, SEEK_SET));
	again = text_of(fd, 1 << 16);
	eq(times(again, "\n"), times(whole, "\n"), "from the beginning once more");
	eq(pread(fd, buf, LINE, line_at(whole, 100)), LINE, "a line from the middle");
	ok(!strncmp(buf, "  99: ", 6), "it is that line");
	/* pread() leaves the place alone */
	need(lseek(fd, line_at(whole, 50), SEEK_SET));
	pieces = text_of(fd, 1 << 16);
	eq(times(pieces, "\n") + 50, times(again, "\n"), "the rest from there on");
}

/* Behind the inode: how many hold the socket, where it is, its timeout and its ACKs' delay in
 * ticks, quick ACKs and ping-pong, cwnd and ssthresh; then ours has its options.
 */
static void test_pace(void)
{
	int l = listen_on(1), c = connect_to(l), s = need(accept_in_time(l)), fd;
	unsigned long rto = 0, ato = 0, tick_us = 1000000 / sysconf(_SC_CLK_TCK);
	char what[128], where[32], options[64] = "", *text, *line;
	int refs = 0, ssthresh = 0, n;
	unsigned int quick, cwnd = 0;
	struct info info;

	snprintf(what, sizeof(what), ":%04X %s:%04X 01 ", port_of(c), hex_at("127.0.0.1"),
		 port_of(l));
	fd = need(open(sockets_file(), O_RDONLY));
	text = text_of(fd, 4096);
	close(fd);
	line = strstr(text, what);
	need(line ? 0 : -1);
	n = sscanf(line + strlen(what), "%*s %*s %*s %*s %*s %*s %d %31s %lu %lu %u %u %d %63s",
		   &refs, where, &rto, &ato, &quick, &cwnd, &ssthresh, options);
	ok(n >= 7, "all columns are there: %d", n);
	need(get_info(c, &info));
	ok(refs >= 1, "somebody holds it: %d", refs);
	ok(rto >= info.rto / tick_us && rto <= info.rto / tick_us + 1,
	   "the timeout: %lu ticks, %u us", rto, info.rto);
	ok(ato >= 1 || wire == WIRE_KERNEL, "the delay of its ACKs: %lu ticks", ato);
	eq(cwnd, info.snd_cwnd, "the congestion window");
	eq(ssthresh, -1, "ssthresh: there was no loss yet");
	if (wire != WIRE_KERNEL)
		ok(strstr(options, "sack"), "the options: %s", options);
	free(text);
	close(c);
	close(s);
}

/* A process that enters another namespace sees that one's. */
static void test_namespace(void)
{
	char *here, *there, what[128];
	int l = listen_on(1), fd;

	if (!have_root()) {
		tap_skip("not root", "namespace");
		return;
	}
	snprintf(what, sizeof(what), ":%04X %s:0000 0A ", port_of(l), hex_at("0.0.0.0"));
	fd = need(open(sockets_file(), O_RDONLY));
	netns_new();
	here = text_of(fd, LINE);
	eq(times(here, what), 1, "a file stays its namespace's");
	close(fd);
	fd = need(open(sockets_file(), O_RDONLY));
	there = text_of(fd, LINE);
	eq(times(there, what), 0, "another namespace has another");
	eq(times(there, "\n"), 1, "with nothing in it but the heading");
}

static const struct tap_test tests[] = {
	TEST(lines),
	TEST(pace),
	TEST(namespace),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
