// SPDX-License-Identifier: GPL-2.0
/*
 * A memory cgroup pays for what its listener receives, and for what its
 * connections leave; and its limit is one for them, and for no others.
 *
 * run: beside
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define TOP	"/sys/fs/cgroup"
#define GROUP	TOP "/xtcp-memcg"

enum {
	CLIENTS = 32,
	UNREAD_BYTES = 48 * 1024,	/* of each: less than a window */
	CLOSED = 1000,
	TIME_WAIT_BYTES = 200,		/* at least: without lock debugging */
	HOGS = 32,
	HOG_BYTES = 200000,
	STREAM_BYTES = 2000000,
	LIMIT_BYTES = 6 << 20,
};

static int put(const char *path, const char *text)
{
	return sysctl_set(path, text);
}

/* Into a group, or out of all. */
static void move_to(const char *group)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	need(put(path, "0"));
}

/* What the group is charged with, in bytes. */
static long long charged(const char *with)
{
	FILE *f = fopen(GROUP "/memory.stat", "re");
	long long bytes = -1, value;
	char name[64];

	need(f ? 0 : -1);
	while (fscanf(f, "%63s %lld", name, &value) == 2)
		if (!strcmp(name, with))
			bytes = value;
	fclose(f);
	need(bytes);
	return bytes;
}

/* The kernel sums it up every two seconds, or when there is much. */
static bool charged_in_time(const char *with, long long least, long long most)
{
	long long end = now_ms() + LONG_MS, is;

	do {
		is = charged(with);
		if (is >= least && is <= most)
			return true;
		pause_ms(50);
	} while (now_ms() < end);
	tap_diag("%s is %lld, not %lld to %lld", with, is, least, most);
	return false;
}

static bool group_made(void)
{
	if (put(TOP "/cgroup.subtree_control", "+memory"))
		return false;
	rmdir(GROUP);
	need(mkdir(GROUP, 0700));
	return true;
}

/* In the group, as a service manager starts a server there. */
static int listen_in_group(int backlog)
{
	int fd;

	move_to(GROUP);
	fd = listen_on(backlog);
	move_to(TOP);
	return fd;
}

static int accept_in_group(int listener)
{
	int fd;

	move_to(GROUP);
	fd = need(accept(listener, NULL, NULL));
	move_to(TOP);
	return fd;
}

static void test_unread(void)
{
	const long long all = (long long)CLIENTS * UNREAD_BYTES;
	int listener, c[CLIENTS], s[CLIENTS], i;
	static char data[UNREAD_BYTES];

	if (!group_made()) {
		tap_skip("no memory controller", "everything");
		return;
	}
	listener = listen_in_group(CLIENTS);
	for (i = 0; i < CLIENTS; i++) {
		c[i] = connect_to(listener);
		need(send_all(c[i], data, sizeof(data)));
	}
	/* the kernel's TCP charges when accept() is called */
	if (wire != WIRE_KERNEL)
		ok(charged_in_time("sock", all, 8 * all),
		   "unread data is charged to the listener's group");
	for (i = 0; i < CLIENTS; i++) {
		s[i] = accept_in_group(listener);
		need(wait_inq(s[i], sizeof(data)) ? 0 : -1);
	}
	ok(charged_in_time("sock", all, 8 * all), "as it is once accepted");
	for (i = 0; i < CLIENTS; i++) {
		eq(recv_all(s[i], data, sizeof(data)), sizeof(data),
		   "it is read (%d)", i);
		need(send_all(s[i], data, sizeof(data)));
	}
	ok(charged_in_time("sock", 0, all / 4), "what is read is charged no more");
	for (i = 0; i < CLIENTS; i++) {
		close(s[i]);
		close(c[i]);
	}
	close(listener);
	ok(charged_in_time("sock", 0, 0), "nothing is left");
	ok(!rmdir(GROUP), "the group can go");
}

static long long bg_stream(struct bg *bg)
{
	long long sent = stream_send(bg->fd, 3, STREAM_BYTES, 65536);

	return shutdown(bg->fd, SHUT_WR) ? -1 : sent;
}

/* A client in the group, and its server. */
static void pair_in_group(struct pair *p)
{
	struct address to = name_of(p->l);

	move_to(GROUP);
	p->c = need(xsocket());
	move_to(TOP);
	need(set_int(p->c, SOL_SOCKET, SO_SNDBUF, HOG_BYTES));
	need(connect_addr(p->c, &to));
	p->s = accept_in_group(p->l);
}

/* Return: how much of what a hog wants to send it can */
static long long hog(int fd)
{
	static const char much[2 * HOG_BYTES];
	ssize_t n = send(fd, much, sizeof(much), MSG_DONTWAIT);

	return n < 0 ? 0 : n;
}

/* What a group may have its sockets cannot exceed; a neighbour has all that it would have. */
static void test_limit(void)
{
	struct bg bg = { .fn = bg_stream };
	struct pair hogs[HOGS], other;
	long long sent = 0, first;
	int i;

	if (!group_made()) {
		tap_skip("no memory controller", "everything");
		return;
	}
	hogs[0].l = listen_in_group(HOGS);
	for (i = 0; i < HOGS; i++) {
		hogs[i].l = hogs[0].l;
		pair_in_group(&hogs[i]);
	}
	first = hog(hogs[0].c);
	sent += first;
	need(put(GROUP "/memory.max", "6M"));
	for (i = 1; i < HOGS; i++)
		sent += hog(hogs[i].c);
	ok(first > HOG_BYTES, "one has room for %lld bytes", first);
	ok(sent < HOGS * first * 2 / 3, "all together for less, by the group's limit: %lld", sent);
	/* what an empty queue takes is charged all the same */
	ok(charged_in_time("sock", LIMIT_BYTES / 4, LIMIT_BYTES * 5 / 4), "near which they stay");

	pair_open(&other);
	bg.fd = other.c;
	bg_start(&bg);
	eq(stream_recv(other.s, 3, 65536), STREAM_BYTES, "a neighbour moves its data meanwhile");
	eq(bg_join(&bg), STREAM_BYTES, "all of it");
	pair_close(&other);

	need(put(GROUP "/memory.max", "max"));
	for (i = 0; i < HOGS; i++) {
		need(shutdown(hogs[i].c, SHUT_WR));
		sent -= read_to_end(hogs[i].s);
		close(hogs[i].c);
		close(hogs[i].s);
	}
	eq(sent, 0, "nor have the others lost a byte");
	close(hogs[0].l);
	ok(charged_in_time("sock", 0, 0), "nothing is left");
	ok(!rmdir(GROUP), "the group can go");
}

static void close_many(int listener, int n)
{
	while (n--) {
		int c = connect_to(listener);
		int s = need(accept(listener, NULL, NULL));
		char byte;

		close(s);	/* first, so this end has the TIME_WAIT */
		need(recv(c, &byte, 1, 0));
		close(c);
	}
}

/* Bytes of the kernel's objects that the group pays for, once they stay. */
static long long settled(void)
{
	long long last = -1, is = charged("slab");
	int same = 0;

	while (same < 5) {
		pause_ms(500);
		last = is;
		is = charged("slab");
		same = is == last ? same + 1 : 0;
	}
	return is;
}

static void test_time_wait(void)
{
	long long before, after;
	int listener;

	if (wire == WIRE_KERNEL || !group_made()) {
		tap_skip("no memory controller, or none that is asked", "everything");
		return;
	}
	need(sysctl_wire("time_wait", "60"));
	listener = listen_in_group(8);
	before = settled();
	close_many(listener, CLOSED);
	after = settled();
	ok(after - before >= CLOSED * TIME_WAIT_BYTES,
	   "%d TIME_WAITs are charged to the listener's group (%lld bytes)",
	   CLOSED, after - before);
	ok(after - before < CLOSED * 1024, "and not much else");
	close(listener);
}

static const struct tap_test tests[] = {
	TEST_SLOW(unread, 60),
	TEST_SLOW(limit, 60),
	TEST_SLOW(time_wait, 60),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
