// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces: by name, by process, all that can be found.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "namespaces.h"

#define NAMED "/run/netns"

static uint32_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/**
 * namespace_here() - the namespace that we are in
 *
 * Return: its inode
 */
uint32_t namespace_here(void)
{
	return inode_of("/proc/self/ns/net");
}

/**
 * namespace_of() - find a namespace
 * @name_or_pid: as "ip netns" names it, or the number of a process in it
 * @path: where the path of it goes
 * @size: of that, in bytes
 *
 * Return: its inode; 0: there is none
 */
uint32_t namespace_of(const char *name_or_pid, char *path, unsigned long size)
{
	uint32_t netns;

	if (!*name_or_pid || strchr(name_or_pid, '/'))
		return 0;
	snprintf(path, size, NAMED "/%s", name_or_pid);
	netns = inode_of(path);
	if (netns || strspn(name_or_pid, "0123456789") != strlen(name_or_pid))
		return netns;
	snprintf(path, size, "/proc/%s/ns/net", name_or_pid);
	return inode_of(path);
}

/**
 * namespace_enter() - go into a namespace
 * @path: of it
 *
 * Return: whether it succeeded
 */
bool namespace_enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool in = fd >= 0 && !setns(fd, CLONE_NEWNET);

	if (fd >= 0)
		close(fd);
	return in;
}

struct seen {
	uint32_t *list;
	size_t count;
};

static bool is_new(struct seen *seen, uint32_t netns)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->list[i] == netns)
			return false;
	seen->list = realloc(seen->list, (seen->count + 1) * sizeof(netns));
	if (!seen->list)
		abort();
	seen->list[seen->count++] = netns;
	return true;
}

/**
 * namespaces_each() - call a function for every namespace: ours, those that have a name, those
 * of processes
 * @f: the function; it may go into the namespace and must come back
 * @data: for it
 */
void namespaces_each(void (*f)(uint32_t netns, const char *path, void *data), void *data)
{
	static const struct {
		const char *dir, *below;
	} places[] = { { NAMED, "" }, { "/proc", "/ns/net" } };
	struct seen seen = { };

	is_new(&seen, namespace_here());
	f(seen.list[0], "/proc/self/ns/net", data);
	for (int i = 0; i < 2; i++) {
		DIR *dir = opendir(places[i].dir);
		struct dirent *d;

		while (dir && (d = readdir(dir))) {
			char path[320];
			uint32_t netns;

			if (*d->d_name == '.' || (i == 1 && (*d->d_name < '1' || *d->d_name > '9')))
				continue;
			snprintf(path, sizeof(path), "%s/%s%s", places[i].dir, d->d_name,
				 places[i].below);
			netns = inode_of(path);
			if (netns && is_new(&seen, netns))
				f(netns, path, data);
		}
		if (dir)
			closedir(dir);
	}
	free(seen.list);
}
