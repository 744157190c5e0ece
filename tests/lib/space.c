// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "space.h"

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/* Is there an address of IPv4 here?  *bits is -1 where no prefix follows.  Return: how long
 * that is
 */
static int address_here(const char *text, char *ip, int *bits)
{
	int len = 0, more = 0;

	if (sscanf(text, "%15[0-9.]%n", ip, &len) != 1 || inet_addr(ip) == INADDR_NONE ||
	    strspn(ip, "0123456789") == strlen(ip))
		return 0;
	*bits = -1;
	if (sscanf(text + len, "/%d%n", bits, &more) == 1)
		len += more;
	return len;
}

/*
 * A command over the IP under test: its addresses of IPv4 stand for IPv6's, and rules are
 * IPv6's.  An address that is added is there at once.
 */
void command_over_ip(char *to, const char *command)
{
	char ip[16], before = ' ';
	int bits, len;

	if (!over_ipv6()) {
		sprintf(to, "%s", command);
		return;
	}
	for (*to = '\0'; *command; before = command[-1]) {
		len = isalnum(before) || strchr(".:_", before) ?
			0 : address_here(command, ip, &bits);
		if (!len) {
			sprintf(to + strlen(to), "%c", *command++);
			if (ends_with(to, "ip rule"))
				sprintf(to + strlen(to) - strlen("rule"), "-6 rule");
			continue;
		}
		command += len;
		if (ends_with(to, "addr add ") || ends_with(to, "addr replace "))
			strcat(to, net_at(ip, bits < 0 ? 32 : bits));
		else if (bits >= 0)
			strncat(to, net_at(ip, bits), strcspn(net_at(ip, bits), " "));
		else
			strcat(to, text_at(ip));
	}
}

/* Run a shell command; what it says goes to standard error. */
bool run(const char *fmt, ...)
{
	char command[1024], translated[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	command_over_ip(translated, command);
	return system(translated) == 0;
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
	need(run("ip addr add 10.9.0.1/24 dev veth0 && ip link set veth0 up") ? 0 : -1);
	space_go(s->b);
	need(run("ip addr add 10.9.0.2/24 dev veth0 && ip link set veth0 up") ? 0 : -1);
	wait_for_way(s->b, "10.9.0.1", s->a);
	wait_for_way(s->a, "10.9.0.2", s->b);
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

/* net.ipv4.NAME or net.ipv6.NAME, by the IP under test */
int sysctl_ip(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv%d/%s", over_ipv6() ? 6 : 4, name);
	return sysctl_set(path, value);
}

/* This namespace forwards, and says each time where it cannot. */
void router_here(void)
{
	need(sysctl_ip("conf/all/forwarding", "1"));
	need(sysctl_ip(over_ipv6() ? "icmp/ratelimit" : "icmp_ratelimit", "0"));
}

/* What its peers get where a route of a router's says "unreachable" */
int no_route_errno(void)
{
	return over_ipv6() ? ENETUNREACH : EHOSTUNREACH;
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
