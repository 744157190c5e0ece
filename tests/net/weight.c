// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection weighs in the kernel's memory.  One that begins here weighs on TCP's
 * wire hardly more than a native one, for it holds no port in the kernel's TCP.
 *
 * run: counts-objects
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

enum {
	CONNECTIONS = 2000,
	MORE_BYTES = 300,	/* on TCP's wire than native */
	PART_BYTES = 200,	/* that a socket gets which becomes one of IPv6 */
	SERVER_PORT = 7000,
};

static int ends[2 * CONNECTIONS];

/* What the kernel's small objects take, in bytes. */
static long long slab(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	long long kb = -1;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Slab: %lld", &kb);
	if (f)
		fclose(f);
	return need(kb) * 1024;
}

/* The same once nothing more is given back: RCU and workers do that. */
static long long settled(void)
{
	long long end = now_ms() + LONG_MS, last = -1, is = slab();
	int same = 0;

	while (same < 3 && now_ms() < end) {
		pause_ms(SHORT_MS);
		last = is;
		is = slab();
		same = is == last ? same + 1 : 0;
	}
	return is;
}

/* A listener's connections share its hold. */
static int server(enum wire which)
{
	int fd;

	wire = which;
	fd = need(xsocket());
	need(bind_at(fd, "127.0.0.1", SERVER_PORT));
	need(listen(fd, 64));
	return fd;
}

static void open_all(int listener)
{
	int i;

	for (i = 0; i < CONNECTIONS; i++) {
		ends[2 * i] = need(xsocket());
		need(connect_at(ends[2 * i], "127.0.0.1", SERVER_PORT));
		ends[2 * i + 1] = need(accept_in_time(listener));
	}
}

static void close_all(void)
{
	int i;

	for (i = 0; i < 2 * CONNECTIONS; i++) {
		need(set_linger(ends[i], 1, 0));
		need(close(ends[i]));
	}
}

/* Bytes for both ends of a connection.  The first round makes what stays for the next. */
static long long weight(enum wire which, const char *name)
{
	int listener = server(which);
	long long before, bytes;

	open_all(listener);
	close_all();
	before = settled();
	open_all(listener);
	bytes = (settled() - before) / CONNECTIONS;
	close_all();
	need(close(listener));
	tap_diag("%s: both ends of a connection take %lld bytes", name, bytes);
	return bytes;
}

static void test_weight(void)
{
	struct rlimit files = { 2 * CONNECTIONS + 64, 2 * CONNECTIONS + 64 };
	int more = MORE_BYTES + (is_inet6() ? PART_BYTES : 0);
	long long kernel, native, tcp;

	if (!have_root() || wire == WIRE_NATIVE) {
		tap_skip("not root, or TCP's wire is to tell", "what a connection weighs");
		return;
	}
	need(setrlimit(RLIMIT_NOFILE, &files));
	if (wire == WIRE_KERNEL) {
		ok(weight(WIRE_KERNEL, "the kernel's TCP") > 0, "it is measured");
		return;
	}
	kernel = weight(WIRE_KERNEL, "the kernel's TCP");
	native = weight(WIRE_NATIVE, "native");
	tcp = weight(WIRE_TCP, "TCP's wire");
	ok(native < kernel, "native, less than the kernel's TCP");
	ok(tcp <= native + more, "TCP's wire, at most %d bytes more than native", more);
}

static const struct tap_test tests[] = {
	TEST_SLOW(weight, 200),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
