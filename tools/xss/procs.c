// SPDX-License-Identifier: GPL-2.0
/* Which process holds which socket: /proc/PID/fd, of those that this user may look into. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "procs.h"
#include "say.h"

static struct holder *holders;
static size_t count;

static int by_inode(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->pid != y->pid ? x->pid - y->pid : x->fd - y->fd;
}

static void name_of(int pid, char *name, size_t room)
{
	char path[64];
	FILE *f;

	*name = 0;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(name, room, f))
		name[strcspn(name, "\n")] = 0;
	fclose(f);
}

static void read_process(int pid)
{
	char path[64], link[64], name[17] = "";
	struct dirent *d;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((d = readdir(dir))) {
		struct holder h = { .pid = pid, .fd = atoi(d->d_name) };

		len = readlinkat(dirfd(dir), d->d_name, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = 0;
		if (sscanf(link, "socket:[%u]", &h.inode) != 1)
			continue;
		if (!*name)
			name_of(pid, name, sizeof(name));
		memcpy(h.name, name, sizeof(name));
		if (!(count & (count + 1)))
			holders = grow(holders, (2 * count + 2) * sizeof(*holders));
		holders[count++] = h;
	}
	closedir(dir);
}

/**
 * procs_read() - look once which process holds what
 */
void procs_read(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	if (!dir)
		die("/proc: not mounted");
	while ((d = readdir(dir)))
		if (atoi(d->d_name) > 0)
			read_process(atoi(d->d_name));
	closedir(dir);
	qsort(holders, count, sizeof(*holders), by_inode);
}

/**
 * procs_of() - who holds a socket
 * @inode: the socket's
 * @after: the holder before, or NULL
 *
 * Return: the next holder, or NULL
 */
const struct holder *procs_of(unsigned int inode, const struct holder *after)
{
	size_t low = 0, high = count;

	if (after)
		low = after - holders + 1;
	while (!after && low < high) {
		size_t middle = (low + high) / 2;

		if (holders[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && holders[low].inode == inode ? &holders[low] : NULL;
}
