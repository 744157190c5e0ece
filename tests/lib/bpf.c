// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
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
 * cgroup_enter() - enter a cgroup, made if need be
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
 * cgroup_leave() - leave all groups, and remove this one
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

/* A socket of IPv6 asks IPv6's programs, whatever it says on the wire. */
static enum bpf_attach_type of_family(enum bpf_attach_type where)
{
	if (!is_inet6())
		return where;
	switch (where) {
	case BPF_CGROUP_INET4_BIND:
		return BPF_CGROUP_INET6_BIND;
	case BPF_CGROUP_INET4_CONNECT:
		return BPF_CGROUP_INET6_CONNECT;
	case BPF_CGROUP_INET4_POST_BIND:
		return BPF_CGROUP_INET6_POST_BIND;
	default:
		return where;
	}
}

static enum bpf_prog_type type_of(enum bpf_attach_type where)
{
	switch (where) {
	case BPF_CGROUP_INET_SOCK_CREATE:
	case BPF_CGROUP_INET4_POST_BIND:
	case BPF_CGROUP_INET6_POST_BIND:
		return BPF_PROG_TYPE_CGROUP_SOCK;
	default:
		return BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
	}
}

/**
 * bpf_attach() - let a program watch over a cgroup
 * @group: its name
 * @where: what it is asked about; it replaces an earlier program. IPv4's stands for the
 *	one that the sockets under test ask
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

	where = of_family(where);
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
 * bpf_detach() - remove a program
 * @group: the cgroup's name
 * @where: what it was asked about
 */
void bpf_detach(const char *group, enum bpf_attach_type where)
{
	union bpf_attr attr;
	int fd = group_fd(group);

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = fd;
	attr.attach_type = of_family(where);
	need(bpf(BPF_PROG_DETACH, &attr));
	close(fd);
}

/* All of a file of the kernel's, which does not tell its size. */
static char *slurp(const char *path, size_t *bytes)
{
	size_t room = 1 << 20, n = 0;
	char *at = malloc(room);
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && at && (got = read(fd, at + n, room - n)) > 0) {
		n += got;
		if (n == room)
			at = realloc(at, room *= 2);
	}
	if (fd >= 0)
		close(fd);
	*bytes = n;
	return at;
}

/* What follows a type in the kernel's description of its types. */
static size_t bytes_behind(const struct btf_type *t)
{
	unsigned int n = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return 12;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return 12 * n;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * n;
	default:
		return 0;
	}
}

/* Return: the number of a function's type; 0: there is none */
static int type_of_function(const char *name)
{
	const struct btf_header *h;
	const char *strings, *at, *end;
	size_t bytes;
	int id = 0, found = 0;
	char *btf = slurp("/sys/kernel/btf/vmlinux", &bytes);

	if (btf && bytes > sizeof(*h)) {
		h = (const void *)btf;
		at = btf + h->hdr_len + h->type_off;
		end = at + h->type_len;
		strings = btf + h->hdr_len + h->str_off;
		while (at < end && !found) {
			const struct btf_type *t = (const void *)at;

			id++;
			if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC &&
			    !strcmp(strings + t->name_off, name))
				found = id;
			at += sizeof(*t) + bytes_behind(t);
		}
	}
	free(btf);
	return found;
}

/**
 * bpf_lsm_deny() - a security module that says no to whatever a hook asks
 * @hook: the hook's name
 *
 * For the whole machine, until the file returned is closed.
 *
 * Return: a file, or -1 where the kernel has no such modules
 */
int bpf_lsm_deny(const char *hook)
{
	const struct bpf_insn no[] = { MOV_IMM(0, -EPERM), EXIT };
	union bpf_attr attr;
	char name[64];
	int prog, link;

	snprintf(name, sizeof(name), "bpf_lsm_%s", hook);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_LSM;
	attr.expected_attach_type = BPF_LSM_MAC;
	attr.attach_btf_id = type_of_function(name);
	attr.insns = (unsigned long)no;
	attr.insn_cnt = ARRAY_SIZE(no);
	attr.license = (unsigned long)"GPL";
	prog = attr.attach_btf_id ? bpf(BPF_PROG_LOAD, &attr) : -1;
	if (prog < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = prog;
	link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	close(prog);
	return link;
}
