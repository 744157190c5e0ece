// SPDX-License-Identifier: GPL-2.0
/*
 * Whose connections are they?  A process holds a socket while /proc/PID/fd has it; and what a
 * thread of its opens is its from the start.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "trace.h"

#define MOST 64
#define PAIRS 4096	/* a power of two */

/* A pair of ends that was looked at: whether they hold it is known as long as it is here. */
struct pair {
	struct end a, b;	/* of a listener, b has no port */
	bool used, held;
};

static uint32_t pids[MOST];
static size_t count;
static struct pair *pairs;
static size_t pair_count;
static unsigned long *inodes;
static size_t inode_count;

/**
 * pids_add() - ask for the connections of a process
 * @text: its number
 *
 * Return: whether there is such a process
 */
bool pids_add(const char *text)
{
	char path[64], *rest;
	unsigned long pid = strtoul(text, &rest, 10);

	if (*text < '1' || *text > '9' || *rest || pid > INT32_MAX || count == MOST)
		return false;
	snprintf(path, sizeof(path), "/proc/%lu/fd", pid);
	if (access(path, F_OK))
		return false;
	pids[count++] = pid;
	return true;
}

/**
 * pids_any() - whether pids_add() was called
 *
 * Return: whether
 */
bool pids_any(void)
{
	return count;
}

static struct pair *place(const struct end *a, const struct end *b)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(a->addr); i++)
		h = (h ^ (uint8_t)(a->addr[i] + b->addr[i])) * 16777619u;
	h = (h ^ (uint32_t)(a->port + b->port)) * 16777619u;
	for (;; h++) {
		struct pair *p = &pairs[h & (PAIRS - 1)];

		if (!p->used || (end_equal(&p->a, a) && end_equal(&p->b, b)) ||
		    (end_equal(&p->a, b) && end_equal(&p->b, a)))
			return p;
	}
}

static struct pair *remember(const struct end *a, const struct end *b, bool held)
{
	struct pair *p;

	if (!pairs || pair_count > PAIRS / 2) {	/* who is forgotten is looked for again */
		free(pairs);
		pairs = allocate(PAIRS * sizeof(*pairs));
		pair_count = 0;
	}
	p = place(a, b);
	pair_count += !p->used;
	*p = (struct pair) { *a, *b, true, held || p->held };
	return p;
}

static void take_fds(uint32_t pid)
{
	char path[320], target[64];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		unsigned long inode;
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%u/fd/%s", pid, d->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = 0;
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		inodes = realloc(inodes, (inode_count + 1) * sizeof(*inodes));
		if (!inodes)
			die("no memory");
		inodes[inode_count++] = inode;
	}
	if (dir)
		closedir(dir);
}

static void take_socket(const struct event *e, void *data)
{
	(void)data;
	for (size_t i = 0; e->inode && i < inode_count; i++)
		if (inodes[i] == e->inode)
			remember(&e->local, &e->remote, true);
}

static void look(uint32_t pid)
{
	char path[64];

	inode_count = 0;
	take_fds(pid);
	if (!inode_count)
		return;
	snprintf(path, sizeof(path), "/proc/%u/net/xtcp", pid);
	sockets_of(0, path, false, 0, take_socket, NULL);
	snprintf(path, sizeof(path), "/proc/%u/net/xtcp6", pid);
	sockets_of(0, path, true, 0, take_socket, NULL);
}

static bool opened_by_us(const struct event *e)
{
	char path[64];

	if (e->kind != EVENT_STATE || !e->pid || !strstr(e->on, "OPEN"))
		return false;
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/proc/%u/task/%u", pids[i], e->pid);
		if (e->pid == pids[i] || !access(path, F_OK))
			return true;
	}
	return false;
}

/* Not accepted so far, it is its listener's: of the address, or of all. */
static bool listener_is_ours(struct end local)
{
	static const struct end any6;
	struct end any4 = { }, nobody4 = { }, any = any6;

	end_set_v4(&nobody4, "\0\0\0\0");
	end_set_v4(&any4, "\0\0\0\0");
	any4.port = local.port;
	any.port = local.port;
	return place(&local, &nobody4)->held || place(&any4, &nobody4)->held ||
	       place(&local, &any6)->held || place(&any, &any6)->held;
}

/**
 * pids_hold() - whether an event is of a connection of theirs
 * @e: the event
 *
 * Return: whether
 */
bool pids_hold(const struct event *e)
{
	struct pair *p;

	if (!pairs)
		remember(&(struct end){ }, &(struct end){ }, false);
	if (opened_by_us(e))
		return remember(&e->local, &e->remote, true)->held;
	p = place(&e->local, &e->remote);
	/* a new one of the same ports may be another's; or it is the one that was seen already, in
	 * the list of sockets, before what had happened to it was read
	 */
	if (p->used && e->kind == EVENT_STATE && strstr(e->on, "OPEN"))
		p->held = false;
	else if (p->used)
		return p->held;
	for (size_t i = 0; i < count; i++)
		look(pids[i]);
	return remember(&e->local, &e->remote, listener_is_ours(e->local) ||
			listener_is_ours(e->remote))->held;
}
