// SPDX-License-Identifier: GPL-2.0
/* Congestion controls: TCP_CONGESTION, and the sysctls that go with it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define NOBODY	65534

static bool has(int fd, const char *want)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	need(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
	if (strcmp(name, want))
		tap_diag("it is %s, not %s", name, want);
	return !strcmp(name, want);
}

static int choose(int fd, const char *name)
{
	return setsockopt(fd, SOL_TCP, TCP_CONGESTION, name, strlen(name));
}

/* What a sysctl says, without the end of the line. */
static bool says(const char *name, const char *want)
{
	char path[128], text[256];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s%s_congestion_control",
		 wire == WIRE_KERNEL ? "ipv4/tcp_" : "xtcp/", name);
	fd = need(open(path, O_RDONLY | O_CLOEXEC));
	len = need(read(fd, text, sizeof(text) - 1));
	close(fd);
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, want))
		tap_diag("%s is \"%s\", not \"%s\"", path, text, want);
	return !strcmp(text, want);
}

static bool no_root(const char *what)
{
	if (!have_root())
		tap_skip("not root", "%s", what);
	return !have_root();
}

static void test_default(void)
{
	int fd = need(xsocket());

	if (no_root("the sysctl"))
		return;
	ok(has(fd, "cubic"), "at first: cubic");
	eq(sysctl_wire("congestion_control", "reno\n"), 0, "set to reno");
	ok(has(need(xsocket()), "reno"), "a new socket has it");
	ok(has(fd, "cubic"), "an old one keeps its own");
	fails(sysctl_wire("congestion_control", "nonesuch"), ENOENT,
	      "an unknown one");
	fails(sysctl_wire("congestion_control", "renor"), ENOENT,
	      "one letter too many");
	ok(has(need(xsocket()), "reno"), "it is still reno");
	eq(sysctl_wire("congestion_control", "cubic"), 0, "set to cubic");
	ok(has(need(xsocket()), "cubic"), "a new socket has it");
}

static void test_connect(void)
{
	int l = listen_on(1);
	int fd = need(xsocket());

	if (no_root("the sysctl"))
		return;
	eq(sysctl_wire("congestion_control", "reno"), 0, "set to reno");
	need(connect_at(fd, "127.0.0.1", port_of(l)));
	ok(has(fd, "cubic"), "as it was at socket(), not at connect()");
	eq(sysctl_wire("congestion_control", "cubic"), 0, "set to cubic");
}

static void test_accept(void)
{
	int l = listen_on(8);
	int fd;

	if (no_root("the sysctl"))
		return;
	eq(sysctl_wire("congestion_control", "reno"), 0, "set to reno");
	connect_to(l);
	fd = need(accept_in_time(l));
	ok(has(fd, "reno"), "what comes in has the sysctl's");
	ok(has(l, "cubic"), "the listener keeps its own");
	eq(choose(l, "cubic"), 0, "the listener chooses what it has");
	connect_to(l);
	ok(has(need(accept_in_time(l)), "cubic"), "what comes in has that");
	eq(sysctl_wire("congestion_control", "cubic"), 0, "set to cubic");
	eq(choose(l, "reno"), 0, "the listener chooses another");
	connect_to(l);
	ok(has(need(accept_in_time(l)), "reno"), "what comes in has that");
}

static void test_switch(void)
{
	struct tcp_info before = { 0 }, after = { 0 };
	socklen_t len = sizeof(before);
	char buf[4096] = "";
	struct pair p;

	pair_open(&p);
	for (int i = 0; i < 10; i++) {
		eq(choose(p.c, i % 2 ? "cubic" : "reno"), 0, "change %d", i);
		need(send_all(p.c, buf, sizeof(buf)));
		eq(recv_all(p.s, buf, sizeof(buf)), sizeof(buf), "data flows");
	}
	ok(wait_outq(p.c, 0), "all is acknowledged");
	need(getsockopt(p.c, SOL_TCP, TCP_INFO, &before, &len));
	eq(choose(p.c, "reno"), 0, "to reno");
	need(getsockopt(p.c, SOL_TCP, TCP_INFO, &after, &len));
	ok(has(p.c, "reno"), "it is reno");
	ok(before.tcpi_snd_cwnd > 0, "there is a window");
	eq(after.tcpi_snd_cwnd, before.tcpi_snd_cwnd, "which stays");
	eq(after.tcpi_snd_ssthresh, before.tcpi_snd_ssthresh, "ssthresh, too");
}

static void test_lists(void)
{
	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's depend on its modules", "lists");
		return;
	}
	if (no_root("the sysctls"))
		return;
	ok(says("available", "cubic reno"), "there are two");
	ok(says("allowed", "cubic reno"), "and both are allowed");
	fails(sysctl_wire("allowed_congestion_control", "reno nonesuch"), ENOENT,
	      "an unknown one");
	ok(says("allowed", "cubic reno"), "changes nothing");
	eq(sysctl_wire("allowed_congestion_control", "reno\n"), 0, "reno alone");
	ok(says("allowed", "cubic reno"), "but cubic is the default");
	eq(sysctl_wire("congestion_control", "reno"), 0, "reno is the default");
	ok(says("allowed", "reno"), "and it alone is allowed");
	eq(sysctl_wire("allowed_congestion_control", "  cubic  reno "), 0, "both");
	ok(says("allowed", "cubic reno"), "in the order of the list");
	fails(sysctl_wire("available_congestion_control", "reno"), EACCES,
	      "what there is cannot be set");
	eq(sysctl_wire("congestion_control", "cubic"), 0, "back to cubic");
}

static void unprivileged(void *arg)
{
	int fd = need(xsocket());

	(void)arg;
	need(choose(fd, "cubic"));
	need(setresuid(NOBODY, NOBODY, NOBODY));
	eq(choose(fd, "cubic"), 0, "what it has is no change");
	eq(choose(fd, "reno"), 0, "the default");
	fails(choose(fd, "cubic"), EPERM, "not allowed");
	ok(has(fd, "reno"), "it stays reno");
	fails(choose(fd, "nonesuch"), ENOENT, "unknown");
}

static void unprivileged_default(void *arg)
{
	int fd = need(xsocket());

	(void)arg;
	need(setresuid(NOBODY, NOBODY, NOBODY));
	eq(choose(fd, "reno"), 0, "on the list");
	eq(choose(fd, "cubic"), 0, "the default is always allowed");
}

static void test_permission(void)
{
	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's list is the whole machine's", "permission");
		return;
	}
	if (no_root("permission"))
		return;
	need(sysctl_wire("allowed_congestion_control", "reno"));
	need(sysctl_wire("congestion_control", "reno"));
	eq(choose(need(xsocket()), "cubic"), 0, "CAP_NET_ADMIN may choose any");
	eq(exit_status(fork_run(unprivileged, NULL)), 0, "others");
	need(sysctl_wire("congestion_control", "cubic"));
	eq(exit_status(fork_run(unprivileged_default, NULL)), 0, "others");
	need(sysctl_wire("allowed_congestion_control", "cubic reno"));
}

static const struct tap_test tests[] = {
	TEST(default),
	TEST(connect),
	TEST(accept),
	TEST(switch),
	TEST(lists),
	TEST(permission),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
