// SPDX-License-Identifier: GPL-2.0
/*
 * xtcpize-kinds WORD... [--] [PROGRAM ARGUMENT...]
 *
 * A program for the kernel's TCP, to be run by xtcpize: it opens sockets, some of kinds
 * that stay the kernel's, and starts PROGRAM in each way that there is.  For each WORD it
 * prints what came of it: the protocol of a socket, the status of a program, or an errno.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "uring.h"

static char **program;

/* A step that is not the subject */
static int must(int ret)
{
	if (ret < 0)
		err(2, "a step failed");
	return ret;
}

/* No library hears of this. */
static int protocol_of(int fd)
{
	socklen_t len = sizeof(int);
	int val = -1;

	if (fd < 0)
		return -errno;
	syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, &val, &len);
	return val;
}

static int domain_of(int fd)
{
	socklen_t len = sizeof(int);
	int val = -1;

	must(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &val, &len));
	return val;
}

static int opened(int domain, int protocol)
{
	return protocol_of(socket(domain, SOCK_STREAM, protocol));
}

static int listens(int fd)
{
	if (fd < 0)
		return -errno;
	return listen(fd, 1) ? -errno : protocol_of(fd);
}

/* There is nobody there: a connection that is refused was tried. */
static int connects(int fd)
{
	struct sockaddr_in6 addr6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		.sin6_port = htons(9),
	};
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(9),
	};
	int ret;

	if (fd < 0)
		return -errno;
	if (domain_of(fd) == AF_INET6)
		ret = connect(fd, (struct sockaddr *)&addr6, sizeof(addr6));
	else
		ret = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	return ret && errno != ECONNREFUSED ? -errno : protocol_of(fd);
}

static int inet(void)
{
	return opened(AF_INET, 0);
}

static int inet_listens(void)
{
	return listens(socket(AF_INET, SOCK_STREAM, 0));
}

static int inet6(void)
{
	return opened(AF_INET6, 0);
}

static int inet6_listens(void)
{
	return listens(socket(AF_INET6, SOCK_STREAM, 0));
}

static int inet6_connects(void)
{
	return connects(socket(AF_INET6, SOCK_STREAM, 0));
}

static int mptcp(void)
{
	return opened(AF_INET, IPPROTO_MPTCP);
}

static int mptcp6(void)
{
	return opened(AF_INET6, IPPROTO_MPTCP);
}

static int mptcp_listens(void)
{
	return listens(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP));
}

static int mptcp_connects(void)
{
	return connects(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP));
}

static int past_listens(void)
{
	return listens(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
}

static int past_connects(void)
{
	return connects(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
}

static int past_listens6(void)
{
	return listens(syscall(SYS_socket, AF_INET6, SOCK_STREAM, 0));
}

static int past_connects6(void)
{
	return connects(syscall(SYS_socket, AF_INET6, SOCK_STREAM, 0));
}

/* Kernels before 5.19 lack this, and those that forbid io_uring. */
static int uring_listens(void)
{
	struct io_uring_sqe *sqe;
	struct uring ring;
	int fd;

	if (uring_open(&ring, 1))
		return -errno;
	sqe = uring_sqe(&ring, IORING_OP_SOCKET, AF_INET, NULL, 0);
	sqe->off = SOCK_STREAM;
	must(uring_submit(&ring));
	fd = uring_wait(&ring, NULL);
	return fd < 0 ? fd : listens(fd);
}

/* A line must not get into a file that has the number of standard error by chance. */
static int other_stderr(void)
{
	close(STDERR_FILENO);
	must(open("other-stderr", O_WRONLY | O_CREAT, 0600));
	return mptcp();
}

static int forked_mptcp(void)
{
	fflush(stdout);
	if (!must(fork()))
		_exit(mptcp() < 0);
	wait(NULL);
	return mptcp();
}

/* ---- programs ---- */

static int status_of(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	if (!WIFEXITED(status))
		return -EINTR;
	/* what a shell's status is: EACCES or another error */
	return WEXITSTATUS(status) > 125 ? -EPERM : WEXITSTATUS(status);
}

static char *own_environment[] = { "PATH=/usr/bin:/bin", NULL };

static void exec_by(const char *how)
{
	char **argv = program, *path = argv[0];

	if (!strcmp(how, "execve"))
		execve(path, argv, environ);
	if (!strcmp(how, "execv"))
		execv(path, argv);
	if (!strcmp(how, "execvp"))
		execvp(path, argv);
	if (!strcmp(how, "execvpe"))
		execvpe(path, argv, environ);
	if (!strcmp(how, "execl"))
		execl(path, path, argv[1], NULL);
	if (!strcmp(how, "execlp"))
		execlp(path, path, argv[1], NULL);
	if (!strcmp(how, "execle"))
		execle(path, path, argv[1], NULL, environ);
	if (!strcmp(how, "fexecve"))
		fexecve(open(path, O_RDONLY), argv, environ);
	if (!strcmp(how, "execveat"))
		execveat(AT_FDCWD, path, argv, environ, 0);
	if (!strcmp(how, "environment"))
		execve(path, argv, own_environment);
	if (!strcmp(how, "another-user")) {
		must(setgid(65533));
		must(setuid(65533));
		execv(path, argv);
	}
}

static int spawned(int error, const pid_t *pid)
{
	return error ? -error : status_of(*pid);
}

static int started(const char *how)
{
	char command[200];
	pid_t pid;

	fflush(stdout);
	if (!strcmp(how, "posix_spawn"))
		return spawned(posix_spawn(&pid, program[0], NULL, NULL, program, environ), &pid);
	if (!strcmp(how, "posix_spawnp"))
		return spawned(posix_spawnp(&pid, program[0], NULL, NULL, program, environ), &pid);
	if (!strcmp(how, "system")) {
		snprintf(command, sizeof(command), "%s %s", program[0], program[1]);
		/* not its last command, so that the shell forks */
		strcat(command, " || exit 126");
		return system(command) ? -EPERM : 0;
	}
	pid = must(strcmp(how, "vfork") ? fork() : vfork());
	if (!pid) {
		exec_by(strcmp(how, "vfork") ? how : "execve");
		_exit(126);
	}
	return status_of(pid);
}

static const struct {
	const char *name;
	int (*open)(void);
} kinds[] = {
	{ "inet", inet },
	{ "inet-listens", inet_listens },
	{ "inet6", inet6 },
	{ "inet6-listens", inet6_listens },
	{ "inet6-connects", inet6_connects },
	{ "mptcp", mptcp },
	{ "mptcp6", mptcp6 },
	{ "mptcp-listens", mptcp_listens },
	{ "mptcp-connects", mptcp_connects },
	{ "past-listens", past_listens },
	{ "past-connects", past_connects },
	{ "past-listens6", past_listens6 },
	{ "past-connects6", past_connects6 },
	{ "uring-listens", uring_listens },
	{ "forked-mptcp", forked_mptcp },
	{ "other-stderr", other_stderr },
};

static int result(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(word, kinds[i].name))
			return kinds[i].open();
	}
	if (!*program)
		errx(2, "%s: which program?", word);
	return started(word);
}

int main(int argc, char **argv)
{
	int n = 1, i, res;

	while (n < argc && strcmp(argv[n], "--"))
		n++;
	program = argv + n + (n < argc);
	for (i = 1; i < n; i++) {
		res = result(argv[i]);
		if (res < 0)
			printf("%s %s\n", argv[i], strerrorname_np(-res));
		else
			printf("%s %d\n", argv[i], res);
	}
	return 0;
}
