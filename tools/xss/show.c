// SPDX-License-Identifier: GPL-2.0
/* The table, in ss's columns. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ftw.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "procs.h"
#include "say.h"
#include "show.h"
#include "xtcp.h"

#define CGROUPS	"/sys/fs/cgroup"

static const char *wire_name(int wire)
{
	return wire == IPPROTO_TCP ? "tcp" : "native";
}

/* ---- ends ---- */

static bool is_any(const struct conn *c, const uint32_t *addr)
{
	return !(addr[0] | addr[1] | addr[2] | addr[3]) &&
	       (c->msg.idiag_family == AF_INET || c->state == S_LISTENING || c->state == S_BOUND);
}

static void host_text(const struct conn *c, const uint32_t *addr, bool resolve, char *text,
		      size_t room)
{
	bool v6 = c->msg.idiag_family == AF_INET6;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	char plain[NI_MAXHOST];

	if (v6 && is_any(c, addr) && !c->v6only) {
		snprintf(text, room, "*");	/* both versions */
		return;
	}
	memcpy(v6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr, addr, v6 ? 16 : 4);
	if (resolve && !is_any(c, addr) &&
	    !getnameinfo(v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four,
			 v6 ? sizeof(six) : sizeof(four), plain, sizeof(plain), NULL, 0,
			 NI_NAMEREQD)) {
		snprintf(text, room, "%s", plain);
		return;
	}
	inet_ntop(c->msg.idiag_family, addr, plain, sizeof(plain));
	snprintf(text, room, v6 ? "[%s]" : "%s", plain);
}

static void port_text(int port, bool numeric, char *text, size_t room)
{
	struct servent *service = numeric || !port ? NULL : getservbyport(htons(port), "tcp");

	if (!port)
		snprintf(text, room, "*");
	else if (service)
		snprintf(text, room, "%s", service->s_name);
	else
		snprintf(text, room, "%d", port);
}

/* ADDRESS[%DEVICE]:PORT */
static char *end_text(const struct conn *c, bool peer, const struct show *show)
{
	const uint32_t *addr = peer ? c->msg.id.idiag_dst : c->msg.id.idiag_src;
	int port = ntohs(peer ? c->msg.id.idiag_dport : c->msg.id.idiag_sport);
	char host[NI_MAXHOST], service[64], device[IF_NAMESIZE + 1] = "", *text;

	host_text(c, addr, show->resolve, host, sizeof(host));
	port_text(port, show->numeric, service, sizeof(service));
	if (!peer && c->msg.id.idiag_if) {
		device[0] = '%';
		if (!if_indextoname(c->msg.id.idiag_if, device + 1))
			snprintf(device + 1, IF_NAMESIZE, "%u", c->msg.id.idiag_if);
	}
	if (asprintf(&text, "%s%s:%s", host, device, service) < 0)
		die("no memory");
	return text;
}

/* ---- behind the columns ---- */

static void print_holders(const struct conn *c)
{
	const struct holder *h = NULL;
	bool first = true;

	if (!c->msg.idiag_inode)
		return;
	while ((h = procs_of(c->msg.idiag_inode, h))) {
		printf("%s(\"%s\",pid=%d,fd=%d)", first ? " users:(" : ",", h->name, h->pid, h->fd);
		first = false;
	}
	if (!first)
		putchar(')');
}

/* 200ms, 1.234sec, 41sec, 2min3sec */
static void print_time(unsigned int ms)
{
	unsigned int s = ms / 1000;

	if (!s)
		printf("%ums", ms);
	else if (s < 10)
		printf("%u.%03usec", s, ms % 1000);
	else if (s < 60)
		printf("%usec", s);
	else if (s % 60)
		printf("%umin%usec", s / 60, s % 60);
	else
		printf("%umin", s / 60);
}

static void print_timer(const struct conn *c)
{
	static const char *const names[] = { "off", "on", "keepalive", "timewait", "persist" };
	unsigned int timer = c->msg.idiag_timer;

	if (!timer)
		return;
	printf(" timer:(%s,", timer < 5 ? names[timer] : "?");
	print_time(c->msg.idiag_expires);
	printf(",%u)", c->msg.idiag_retrans);
}

static uint64_t cgroup_wanted;
static char *cgroup_found;

static int cgroup_visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)ftw;
	if (kind != FTW_D || st->st_ino != cgroup_wanted)
		return 0;
	cgroup_found = strdup(path + strlen(CGROUPS));
	return 1;
}

/* A cgroup's number is its folder's inode. */
static void print_cgroup(uint64_t id)
{
	static struct seen {
		uint64_t id;
		char *path;
	} *seen;
	static int n;
	int i;

	for (i = 0; i < n && seen[i].id != id; i++)
		;
	if (i == n) {
		cgroup_wanted = id;
		cgroup_found = NULL;
		nftw(CGROUPS, cgroup_visit, 20, FTW_PHYS | FTW_MOUNT);
		seen = grow(seen, ++n * sizeof(*seen));
		seen[i] = (struct seen){ id, cgroup_found };
	}
	if (!seen[i].path)
		printf(" cgroup:unreachable:%llx", (unsigned long long)id);
	else
		printf(" cgroup:%s", *seen[i].path ? seen[i].path : "/");
}

static bool has_cookie(const struct conn *c)
{
	return c->msg.id.idiag_cookie[0] != INET_DIAG_NOCOOKIE;
}

static void print_extended(const struct conn *c)
{
	bool listens = c->state == S_LISTENING || c->state == S_BOUND;

	if (c->msg.idiag_uid)
		printf(" uid:%u", c->msg.idiag_uid);
	printf(" ino:%u", c->msg.idiag_inode);
	if (has_cookie(c))
		printf(" sk:%llx", (unsigned long long)c->msg.id.idiag_cookie[1] << 32 |
				   c->msg.id.idiag_cookie[0]);
	if (c->has & HAS_MARK && c->mark)
		printf(" fwmark:0x%x", c->mark);
	if (c->has & HAS_CGROUP && c->cgroup)
		print_cgroup(c->cgroup);
	if (listens && c->has & HAS_V6ONLY)
		printf(" v6only:%d", c->v6only);
	if (c->has & HAS_SHUTDOWN && !listens)
		printf(" %c-%c", c->shutdown & 1 ? '-' : '<', c->shutdown & 2 ? '-' : '>');
}

static void print_memory(const struct conn *c)
{
	const uint32_t *m = c->skmem;

	if (!(c->has & HAS_SKMEM))
		return;
	printf(" skmem:(r%u,rb%u,t%u,tb%u,f%u,w%u,o%u,bl%u,d%u)", m[SK_MEMINFO_RMEM_ALLOC],
	       m[SK_MEMINFO_RCVBUF], m[SK_MEMINFO_WMEM_ALLOC], m[SK_MEMINFO_SNDBUF],
	       m[SK_MEMINFO_FWD_ALLOC], m[SK_MEMINFO_WMEM_QUEUED], m[SK_MEMINFO_OPTMEM],
	       m[SK_MEMINFO_BACKLOG], m[SK_MEMINFO_DROPS]);
}

static void print_tos(const struct conn *c)
{
	if (c->has & HAS_TOS)
		printf(" tos:0x%x", c->tos);
	if (c->has & HAS_TCLASS)
		printf(" tclass:0x%x", c->tclass);
}

/* ---- the table ---- */

/* Listeners last, then by ports, then by addresses: the kernel's order is that of a hash. */
static int in_order(const void *a, const void *b)
{
	const struct conn *x = a, *y = b;
	int lx = x->state == S_LISTENING || x->state == S_BOUND;
	int ly = y->state == S_LISTENING || y->state == S_BOUND;

	if (lx != ly)
		return ly - lx;
	if (x->wire != y->wire)
		return x->wire < y->wire ? 1 : -1;
	if (x->msg.id.idiag_sport != y->msg.id.idiag_sport)
		return ntohs(x->msg.id.idiag_sport) < ntohs(y->msg.id.idiag_sport) ? -1 : 1;
	if (x->msg.id.idiag_dport != y->msg.id.idiag_dport)
		return ntohs(x->msg.id.idiag_dport) < ntohs(y->msg.id.idiag_dport) ? -1 : 1;
	return memcmp(&x->msg.id, &y->msg.id, sizeof(x->msg.id));
}

static int wider(int width, const char *text)
{
	int len = strlen(text);

	return len > width ? len : width;
}

static void print_row(const struct conn *c, char *const end[2], const int width[2],
		      const struct show *show)
{
	printf("%-6s %-10s %-6u %-6u %*s %*s", wire_name(c->wire), state_name(c->state),
	       c->msg.idiag_rqueue, c->msg.idiag_wqueue, width[0], end[0], width[1], end[1]);
	if (show->processes)
		print_holders(c);
	if (show->timers)
		print_timer(c);
	if (show->extended)
		print_extended(c);
	if (show->cgroups && !show->extended && c->has & HAS_CGROUP)
		print_cgroup(c->cgroup);
	if (!show->one_line && (show->memory || show->info))
		printf("\n\t");
	if (show->memory)
		print_memory(c);
	if (show->tos)
		print_tos(c);
	if (show->info)
		info_print(c);
	putchar('\n');
}

/**
 * show_table() - a line for each, or two with -i or -m
 * @conns: what there is; sorted by this
 * @n: how many
 * @show: what is shown of each
 */
void show_table(struct conn *conns, int n, const struct show *show)
{
	char *(*ends)[2] = grow(NULL, (n + 1) * sizeof(*ends));
	int width[2] = { strlen("Local Address:Port"), strlen("Peer Address:Port") };

	qsort(conns, n, sizeof(*conns), in_order);
	for (int i = 0; i < n; i++) {
		for (int peer = 0; peer < 2; peer++) {
			ends[i][peer] = end_text(&conns[i], peer, show);
			width[peer] = wider(width[peer], ends[i][peer]);
		}
	}
	if (!show->no_header)
		printf("%-6s %-10s %-6s %-6s %*s %*s%s\n", "Wire", "State", "Recv-Q", "Send-Q",
		       width[0], "Local Address:Port", width[1], "Peer Address:Port",
		       show->processes ? " Process" : "");
	for (int i = 0; i < n; i++) {
		print_row(&conns[i], ends[i], width, show);
		free(ends[i][0]);
		free(ends[i][1]);
	}
	free(ends);
}

/**
 * show_summary() - how many there are of each kind
 * @conns: all that there are
 * @n: how many
 */
void show_summary(const struct conn *conns, int n)
{
	static const struct {
		const char *name;
		uint32_t states;
	} kinds[] = {
		{ "established", IN_STATE(S_ESTABLISHED) },
		{ "opening", IN_STATE(S_SYN_SENT) | IN_STATE(S_SYN_RECV) },
		{ "closing", IN_STATE(S_FIN_WAIT_1) | IN_STATE(S_FIN_WAIT_2) |
			     IN_STATE(S_CLOSE_WAIT) | IN_STATE(S_LAST_ACK) |
			     IN_STATE(S_CLOSING) },
		{ "time-wait", IN_STATE(S_TIME_WAIT) },
		{ "listening", IN_STATE(S_LISTENING) },
		{ "bound", IN_STATE(S_BOUND) },
	};
	int counts[6][4] = { }, totals[4] = { };

	for (int i = 0; i < n; i++) {
		int column = 2 * (conns[i].wire == IPPROTO_TCP) +
			     (conns[i].msg.idiag_family == AF_INET6);

		totals[column]++;
		for (int k = 0; k < 6; k++)
			counts[k][column] += !!(kinds[k].states & IN_STATE(conns[i].state));
	}
	printf("%-12s %7s %13s %13s %10s %10s\n", "", "Total", "native, IPv4", "native, IPv6",
	       "tcp, IPv4", "tcp, IPv6");
	printf("%-12s %7d %13d %13d %10d %10d\n", "sockets", n, totals[0], totals[1], totals[2],
	       totals[3]);
	for (int k = 0; k < 6; k++)
		printf("%-12s %7d %13d %13d %10d %10d\n", kinds[k].name,
		       counts[k][0] + counts[k][1] + counts[k][2] + counts[k][3], counts[k][0],
		       counts[k][1], counts[k][2], counts[k][3]);
}
