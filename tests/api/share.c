// SPDX-License-Identifier: GPL-2.0
/* One socket, several owners: dup(), fork(), SCM_RIGHTS, threads. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_dup(void)
{
	struct pair p;
	char buf[4];
	int fd;

	pair_open(&p);
	fd = need(dup(p.c));
	eq(port_of(fd), port_of(p.c), "the same socket");
	eq(close(p.c), 0, "close() of one");
	eq(send(fd, "a", 1, 0), 1, "the other sends");
	eq(recv(p.s, buf, 4, 0), 1, "and is heard");
	eq(poll_now(p.s, POLLRDHUP), 0, "there was no FIN");
	need(close(fd));
	eq(recv(p.s, buf, 4, 0), 0, "the last close() sends it");
}

static void test_shutdown_is_for_all(void)
{
	struct pair p;
	int fd;

	pair_open(&p);
	fd = need(dup(p.c));
	need(shutdown(p.c, SHUT_WR));
	fails(send(fd, "a", 1, MSG_NOSIGNAL), EPIPE, "the copy is shut, too");
}

static void child_talks(void *arg)
{
	struct pair *p = arg;
	char buf[4];

	close(p->s);
	need(recv(p->c, buf, 4, MSG_WAITALL) == 4 ? 0 : -1);
	need(send(p->c, "answ", 4, 0));
}

static void test_fork(void)
{
	struct pair p;
	char buf[4];
	int pid;

	pair_open(&p);
	pid = fork_run(child_talks, &p);
	need(close(p.c));
	need(send(p.s, "ques", 4, 0));
	eq(recv(p.s, buf, 4, MSG_WAITALL), 4, "the child has the connection");
	ok(!memcmp(buf, "answ", 4), "it answered");
	eq(exit_status(pid), 0, "child");
	eq(recv(p.s, buf, 4, 0), 0, "its exit closes it");
}

static void child_accepts(void *arg)
{
	int l = *(int *)arg;
	int fd = need(accept_in_time(l));

	need(send(fd, "x", 1, 0));
	close(fd);
}

static void test_prefork(void)
{
	int l = listen_on(8);
	int pid[3], i, fd;
	char byte;

	for (i = 0; i < 3; i++)
		pid[i] = fork_run(child_accepts, &l);
	for (i = 0; i < 3; i++) {
		fd = connect_to(l);
		if (recv(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 0)
			break;
	}
	eq(i, 3, "three children share one listener");
	/* poll() may have woken two threads for one connection */
	for (i = 0; i < 3; i++)
		connect_start(l);
	for (i = 0; i < 3; i++)
		if (exit_status(pid[i]))
			break;
	eq(i, 3, "each has served");
}

static void child_killed(void *arg)
{
	struct pair *p = arg;

	close(p->s);
	need(send(p->c, "last", 4, 0));
	raise(SIGKILL);
}

static int pass(int via, int fd)
{
	union {
		struct cmsghdr align;
		char raw[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { "f", 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(via, &msg, 0);
}

static int take(int via)
{
	union {
		struct cmsghdr align;
		char raw[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(via, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void test_scm_rights(void)
{
	struct pair p;
	int sp[2], fd;
	char buf[4];

	pair_open(&p);
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, sp));
	eq(pass(sp[0], p.c), 1, "passed");
	need(close(p.c));
	eq(poll_now(p.s, POLLRDHUP), 0, "on its way it stays open");
	fd = need(take(sp[1]));
	eq(send(fd, "abc", 3, 0), 3, "taken: it sends");
	eq(recv(p.s, buf, 4, 0), 3, "and is heard");

	eq(pass(sp[0], fd), 1, "passed again");
	need(close(fd));
	need(close(sp[0]));
	need(close(sp[1]));
	eq(recv(p.s, buf, 4, 0), 0, "never taken: closed with the way");
	/* control messages of AF_UNIX mean nothing here */
	pair_open(&p);
	eq(pass(p.c, p.s), 1, "SCM_RIGHTS over the connection itself is ignored");
}

static void test_killed_owner(void)
{
	struct pair p;
	char buf[8];
	int pid;

	pair_open(&p);
	pid = fork_run(child_killed, &p);
	need(close(p.c));
	eq(recv(p.s, buf, 8, 0), 4, "what a killed process had sent arrives");
	eq(recv(p.s, buf, 8, 0), 0, "then the end");
	ok(exit_status(pid) > 128, "it was killed");
}

static void test_exec(void)
{
	struct pair p;
	char buf[8];
	int pid;

	pair_open(&p);
	pid = need(fork());
	if (!pid) {
		dup2(p.c, STDOUT_FILENO);
		close(p.s);
		execlp("echo", "echo", "hi", NULL);
		_exit(127);
	}
	need(close(p.c));
	eq(recv(p.s, buf, 8, MSG_WAITALL), 3, "standard output of a program");
	ok(!memcmp(buf, "hi\n", 3), "the data is right");
	eq(exit_status(pid), 0, "program");
}

static const struct tap_test tests[] = {
	TEST(dup),
	TEST(shutdown_is_for_all),
	TEST(fork),
	TEST(prefork),
	TEST(scm_rights),
	TEST(killed_owner),
	TEST(exec),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
