// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define TOP	"/sys/fs/cgroup"
#define LOG_BYTES	65536

static void move_to(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), TOP "/%s/cgroup.procs", group);
	need(sysctl_set(path, "0"));
}

/**
 * cgroup_enter() - into a cgroup, made if need be
 * @name: below the top
 *
 * Return: false where there are no cgroups of the newer kind
 */
bool cgroup_enter(const char *name)
{
	char path[128];

	if (access(TOP "/cgroup.procs", W_OK))
		return false;
	snprintf(path, sizeof(path), TOP "/%s", name);
	if (mkdir(path, 0700) && errno != EEXIST)
		need(-1);
	move_to(name);
	return true;
}

/**
 * cgroup_leave() - out of all groups, and the group is removed
 * @name: the group
 */
void cgroup_leave(const char *name)
{
	char path[128];

	move_to(".");
	snprintf(path, sizeof(path), TOP "/%s", name);
	need(rmdir(path));
}

static int group_fd(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), TOP "/%s", group);
	return need(open(path, O_DIRECTORY | O_CLOEXEC));
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static enum bpf_prog_type type_of(enum bpf_attach_type where)
{
	switch (where) {
	case BPF_CGROUP_INET_SOCK_CREATE:
	case BPF_CGROUP_INET4_POST_BIND:
		return BPF_PROG_TYPE_CGROUP_SOCK;
	default:
		return BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
	}
}

/**
 * bpf_attach() - let a program watch over a cgroup
 * @group: its name
 * @where: what it is asked about; it takes the place of an earlier one
 * @insns: the program
 * @n: how long it is
 *
 * Return: 0; the test ends where the kernel does not take the program
 */
int bpf_attach(const char *group, enum bpf_attach_type where,
	       const struct bpf_insn *insns, int n)
{
	static char log[LOG_BYTES];
	union bpf_attr attr;
	int prog, fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type_of(where);
	attr.expected_attach_type = where;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = n;
	attr.license = (unsigned long)"GPL";
	attr.log_buf = (unsigned long)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	prog = bpf(BPF_PROG_LOAD, &attr);
	if (prog < 0)
		tap_diag("%s", log);
	need(prog);
	fd = group_fd(group);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = fd;
	attr.attach_bpf_fd = prog;
	attr.attach_type = where;
	need(bpf(BPF_PROG_ATTACH, &attr));
	close(fd);
	close(prog);
	return 0;
}

/**
 * bpf_detach() - away with a program
 * @group: the cgroup's name
 * @where: what it was asked about
 */
void bpf_detach(const char *group, enum bpf_attach_type where)
{
	union bpf_attr attr;
	int fd = group_fd(group);

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = fd;
	attr.attach_type = where;
	need(bpf(BPF_PROG_DETACH, &attr));
	close(fd);
}
