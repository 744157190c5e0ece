// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "space.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

/* Run a shell command; what it says goes to standard error. */
bool run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

/* A new namespace; we are in it from now on. Return: a file that stands for it. */
int space_make(void)
{
	netns_new();
	return need(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

void space_go(int space)
{
	need(setns(space, CLONE_NEWNET));
}

/* One that ip netns knows. */
int space_named(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	return need(open(path, O_RDONLY | O_CLOEXEC));
}

void spaces_make(struct spaces *s)
{
	s->b = space_make();
	s->a = space_make();
	need(run("ip link add veth0 type veth peer name veth0 netns /proc/%d/fd/%d",
		 getpid(), s->b) ? 0 : -1);
	need(run("ip addr add %s dev veth0 && ip link set veth0 up", net_at("10.9.0.1", 24)) ? 0 : -1);
	space_go(s->b);
	need(run("ip addr add %s dev veth0 && ip link set veth0 up", net_at("10.9.0.2", 24)) ? 0 : -1);
	space_go(s->a);
}

/* net.xtcp.NAME, or net.ipv4.tcp_NAME where the kernel's TCP is tested. */
int sysctl_wire(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s%s",
		 wire == WIRE_KERNEL ? "ipv4/tcp_" : "xtcp/", name);
	return sysctl_set(path, value);
}

/* A line of /proc/net/xtcp_stat of the namespace we are in; -1: no such line. */
long long counter(const char *name)
{
	FILE *f = fopen("/proc/thread-self/net/xtcp_stat", "r");
	long long value = -1, n;
	char line[64];

	while (f && fscanf(f, "%63s %lld", line, &n) == 2)
		if (!strcmp(line, name))
			value = n;
	if (f)
		fclose(f);
	return value;
}

/*
 * The same of the kernel's, from a file that has two lines for each protocol: names,
 * values.
 */
static long long counter_in(const char *path, const char *protocol, const char *name)
{
	char names[8192], values[8192], *n, *v, *n_rest, *v_rest;
	FILE *f = fopen(path, "r");
	long long value = -1;

	while (f && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		n = strtok_r(names, "\n ", &n_rest);
		v = strtok_r(values, "\n ", &v_rest);
		if (!n || strcmp(n, protocol))
			continue;
		while (n && v && strcmp(n, name)) {
			n = strtok_r(NULL, "\n ", &n_rest);
			v = strtok_r(NULL, "\n ", &v_rest);
		}
		if (n && v)
			value = atoll(v);
	}
	if (f)
		fclose(f);
	return value;
}

long long kernel_counter(const char *protocol, const char *name)
{
	long long value = counter_in("/proc/thread-self/net/snmp", protocol, name);

	return value >= 0 ? value : counter_in("/proc/thread-self/net/netstat", protocol, name);
}
