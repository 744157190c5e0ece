// SPDX-License-Identifier: GPL-2.0
/*
 * The sockets that there are: the lines of /proc/net/xtcp and xtcp6 as events.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "namespaces.h"
#include "trace.h"

static bool parse_end(const char *hex, bool six, struct end *end)
{
	uint32_t words[4];
	unsigned int port;

	if (six) {
		if (sscanf(hex, "%8x%8x%8x%8x:%4x", &words[0], &words[1], &words[2], &words[3],
			   &port) != 5)
			return false;
		memcpy(end->addr, words, sizeof(end->addr));
	} else {
		if (sscanf(hex, "%8x:%4x", &words[0], &port) != 2)
			return false;
		end_set_v4(end, words);
	}
	end->port = port;
	return true;
}

static bool parse_line(const char *line, bool six, struct event *e)
{
	char local[48], remote[48], rest[160] = "";
	unsigned int state, tx, rx, runs, retries, uid, probes, inode, rto = 0, cwnd = 0;
	unsigned long expires, ticks = sysconf(_SC_CLK_TCK);
	const char *scales;
	int used = 0;

	if (sscanf(line, " %*d: %47s %47s %x %x:%x %x:%lx %x %u %u %u %*d %*s %n", local, remote,
		   &state, &tx, &rx, &runs, &expires, &retries, &uid, &probes, &inode,
		   &used) < 11 || !used)
		return false;
	memset(e, 0, sizeof(*e));
	e->kind = EVENT_SOCKET;
	if (!parse_end(local, six, &e->local) || !parse_end(remote, six, &e->remote))
		return false;
	snprintf(e->to, sizeof(e->to), "%s", tcp_state_name(state));
	e->tx = tx;
	e->rx = rx;
	e->runs = runs;
	e->expires_ms = expires * 1000 / ticks;
	e->retries = retries;
	e->probes = probes;
	e->uid = uid;
	e->inode = inode;
	/* only what has a socket has these: a connection, a listener */
	if (sscanf(line + used, "%u %*u %*u %u %*d", &rto, &cwnd) == 2) {
		e->rto_ms = rto * 1000UL / ticks;
		e->cwnd_segs = cwnd;
	}
	snprintf(rest, sizeof(rest), "%s", line + used);
	scales = strstr(rest, "wscale:");
	if (scales && sscanf(scales, "wscale:%u,%u", &e->snd_wscale, &e->rcv_wscale) == 2)
		e->scales = 1;
	return true;
}

/**
 * sockets_of() - the sockets in a file
 * @netns: in which namespace they are
 * @path: /proc/net/xtcp, or xtcp6
 * @six: the latter
 * @ns: when
 * @take: called for each
 * @data: for it
 *
 * Return: 0; -1: there is no such file
 */
int sockets_of(uint32_t netns, const char *path, bool six, uint64_t ns,
	       void (*take)(const struct event *e, void *data), void *data)
{
	FILE *file = fopen(path, "r");
	char line[512];
	struct event e;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (parse_line(line, six, &e)) {
			e.netns = netns;
			e.ns = ns;
			take(&e, data);
		}
	fclose(file);
	return 0;
}

static void add(const struct event *e, void *data)
{
	(void)data;
	pipe_add(e);
}

static void add_here(uint32_t netns, uint64_t ns)
{
	sockets_of(netns, "/proc/thread-self/net/xtcp", false, ns, add, NULL);
	sockets_of(netns, "/proc/thread-self/net/xtcp6", true, ns, add, NULL);
}

static void add_there(uint32_t netns, const char *path, void *data)
{
	static uint32_t ours;
	static int home = -1;

	if (home < 0) {
		ours = namespace_here();
		home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	if (netns == ours) {
		add_here(netns, *(uint64_t *)data);
	} else if (namespace_enter(path)) {
		add_here(netns, *(uint64_t *)data);
		if (setns(home, CLONE_NEWNET))
			die("cannot come back to our namespace");
	}
}

/**
 * sockets_add_all() - add an event for each socket of every namespace
 * @ns: when
 */
void sockets_add_all(uint64_t ns)
{
	namespaces_each(add_there, &ns);
}
