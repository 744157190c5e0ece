// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "paths.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define MAC	"02:00:00:%02d:%02d:%02d"	/* router or not, side, path */

/* Hardly anything is sent of its own accord: neighbours are known, and there is no IPv6, or
 * devices have no addresses by themselves.
 */
static int quiet_space(void)
{
	int made = space_make();

	if (over_ipv6()) {
		need(sysctl_set("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"));
		/* nor tell routers which groups they are in */
		need(run("nft 'add table ip6 quiet;"
			 "add chain ip6 quiet out { type filter hook output priority 0; };"
			 "add rule ip6 quiet out icmpv6 type mld2-listener-report drop'") ?
		     0 : -1);
		return made;
	}
	need(sysctl_set("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
	return made;
}

/* Commands for ip or tc, in a namespace; batch_end() runs them. */
static FILE *batch_begin(int space, const char *tool)
{
	char command[64];
	FILE *f;

	space_go(space);
	snprintf(command, sizeof(command), "%s -batch - >/dev/null", tool);
	f = popen(command, "w");
	need(f ? 0 : -1);
	return f;
}

/* Of such commands, a line or a part of one. */
static void __attribute((format(printf, 2, 3))) put(FILE *f, const char *fmt, ...)
{
	char text[256], translated[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	command_over_ip(translated, text);
	fputs(translated, f);
}

static void batch_end(FILE *f)
{
	need(pclose(f) ? -1 : 0);
}

/* The router's devices have the names of those at their other end: a3, b3. */
static void make_router(const struct paths *p)
{
	FILE *f = batch_begin(p->router, "ip");
	int i, side;

	for (i = 0; i < p->count; i++)
		for (side = A; side < SIDES; side++) {
			int c = 'a' + side;

			put(f, "link add %c%d address " MAC " type veth ", c, i, 1, side, i);
			put(f, "peer name %c%d address " MAC, c, i, 0, side, i);
			put(f, " netns /proc/%d/fd/%d\n", getpid(), p->space[side]);
			put(f, "addr add 10.%d.%d.254/24 dev %c%d\n", i, side, c, i);
			put(f, "link set %c%d up\n", c, i);
			put(f, "neigh add 10.%d.%d.1 lladdr " MAC " dev %c%d\n", i, side,
			    0, side, i, c, i);
		}
	batch_end(f);
	router_here();
}

static void do_harm(const struct paths *p, const char * const *harm)
{
	FILE *f = batch_begin(p->router, "tc");
	int i, side;

	for (i = 0; i < p->count; i++)
		for (side = A; side < SIDES; side++) {
			fprintf(f, "qdisc add dev %c%d root netem limit 10000 delay 2ms ",
				'a' + side, i);
			fprintf(f, "%s\n", harm[i]);
		}
	batch_end(f);
}

/* rto_min is what the kernel's TCP adds to a timeout. */
static void make_side(const struct paths *p, int side)
{
	FILE *f = batch_begin(p->space[side], "ip");
	int i, c = 'a' + side;

	for (i = 0; i < p->count; i++) {
		put(f, "addr add 10.%d.%d.1/24 dev %c%d\n", i, side, c, i);
		put(f, "link set %c%d up\n", c, i);
		put(f, "neigh add 10.%d.%d.254 lladdr " MAC " dev %c%d\n", i, side,
		    1, side, i, c, i);
		put(f, "route add 10.%d.%d.0/24 via 10.%d.%d.254 rto_min 50ms\n",
		    i, !side, i, side);
	}
	batch_end(f);
	for (i = 0; i < p->count; i++)
		need(run("ethtool -K %c%d tx off sg off >/dev/null", c, i) ? 0 : -1);
}

bool paths_make(struct paths *p, const char * const *harm, int count)
{
	int side;

	p->count = count;
	p->router = quiet_space();
	if (!run("tc qdisc add dev lo root netem delay 1ms 2>/dev/null"))
		return false;
	for (side = A; side < SIDES; side++)
		p->space[side] = quiet_space();
	make_router(p);
	do_harm(p, harm);
	for (side = A; side < SIDES; side++)
		make_side(p, side);
	return true;
}

long long paths_packets(const struct paths *p, int side, int path, bool sent)
{
	char line[512], device[8], *colon;
	long long rx, tx, found = -1;
	FILE *f;

	space_go(p->space[side]);
	snprintf(device, sizeof(device), "%c%d", 'a' + side, path);
	f = fopen("/proc/thread-self/net/dev", "r");
	while (f && fgets(line, sizeof(line), f)) {
		colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon++ = 0;
		if (!strcmp(line + strspn(line, " "), device) &&
		    sscanf(colon, "%*s %lld %*s %*s %*s %*s %*s %*s %*s %lld", &rx, &tx) == 2)
			found = sent ? tx : rx;
	}
	if (f)
		fclose(f);
	return need(found);
}

long long paths_counter(const struct paths *p, int side, int path, const char *name)
{
	char device[8];

	space_go(p->router);
	snprintf(device, sizeof(device), "%c%d", 'a' + side, path);
	return qdisc_counter(device, name);
}

long long qdisc_counter(const char *device, const char *name)
{
	long long value = -1;
	char text[512], *at;
	FILE *f;

	snprintf(text, sizeof(text), "tc -s qdisc show dev %s", device);
	f = popen(text, "r");
	while (f && fgets(text, sizeof(text), f)) {
		at = strstr(text, name);
		if (at)
			value = atoll(at + strlen(name));
	}
	if (f)
		pclose(f);
	return need(value);
}
