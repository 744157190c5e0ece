// SPDX-License-Identifier: GPL-2.0
/* What one end finds when the other end's process is killed. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

/* A pair, one end of which only a child has; the child does with it as told. */
struct killed {
	struct pair p;
	int *mine;
	int *theirs;
	int pid;
};

static void killed_fork(struct killed *k, bool client, void (*fn)(void *fd))
{
	pair_open(&k->p);
	k->mine = client ? &k->p.s : &k->p.c;
	k->theirs = client ? &k->p.c : &k->p.s;
	k->pid = need(fork());
	if (!k->pid) {
		alarm(LONG_MS / 1000);
		close(*k->mine);
		close(k->p.l);
		fn(k->theirs);
		pause();
	}
	close(*k->theirs);
}

static void kill_it(struct killed *k)
{
	need(kill(k->pid, SIGKILL));
	eq(exit_status(k->pid), 128 + SIGKILL, "killed");
}

static void do_nothing(void *fd)
{
	(void)fd;
}

static void send_for_ever(void *fd)
{
	stream_send(*(int *)fd, 1, 1LL << 40, 65536);
}

static void read_for_ever(void *fd)
{
	read_to_end(*(int *)fd);
}

static void test_sender(void)
{
	unsigned char buf[65536];
	struct killed k;

	killed_fork(&k, true, send_for_ever);
	eq(recv_all(k.mine[0], buf, sizeof(buf)), sizeof(buf), "data comes");
	eq(stream_diff(1, 0, buf, sizeof(buf)), -1, "as it was sent");
	kill_it(&k);
	ok(read_to_end(*k.mine) >= 0, "what was sent, then the end of the stream");
	eq(so_error(*k.mine), 0, "no error");
}

static void test_sender_with_unread(void)
{
	struct killed k;
	char byte;

	killed_fork(&k, true, do_nothing);
	need(send(*k.mine, "unread", 6, 0));
	ok(wait_outq(*k.mine, 0), "the peer has it, and does not read it");
	kill_it(&k);
	ok(poll_for(*k.mine, POLLIN) & POLLERR, "an error");
	fails(recv(*k.mine, &byte, 1, 0), ECONNRESET, "reset");
}

static void test_receiver_that_reads(void)
{
	struct killed k;
	char byte;

	killed_fork(&k, false, read_for_ever);
	need(send(*k.mine, "read", 4, 0));
	ok(wait_outq(*k.mine, 0), "the peer has it");
	pause_ms(SHORT_MS);	/* and reads it, but no event says so */
	kill_it(&k);
	ok(poll_for(*k.mine, POLLIN) & POLLIN, "something to read");
	eq(recv(*k.mine, &byte, 1, 0), 0, "the end of the stream");
	eq(send(*k.mine, "x", 1, MSG_NOSIGNAL), 1, "data after it is taken");
	ok(poll_for(*k.mine, 0) & POLLERR, "and answered by a reset");
	fails(send(*k.mine, "x", 1, MSG_NOSIGNAL), EPIPE, "no more then");
}

static void test_receiver_that_does_not(void)
{
	struct killed k;
	char byte;

	killed_fork(&k, false, do_nothing);
	ok(fill(*k.mine) > 0, "both buffers are full");
	kill_it(&k);
	ok(poll_for(*k.mine, 0) & POLLERR, "an error");
	fails(recv(*k.mine, &byte, 1, 0), ECONNRESET, "reset");
	fails(send(*k.mine, "x", 1, MSG_NOSIGNAL), EPIPE, "no more then");
}

static long long send_blocked(struct bg *bg)
{
	static char buf[1 << 20];
	ssize_t n;

	do
		n = send(bg->fd, buf, sizeof(buf), MSG_NOSIGNAL);
	while (n == sizeof(buf));
	return n < 0 ? -1 : 0;
}

static void test_blocked_sender(void)
{
	struct killed k;
	struct bg bg = { .fn = send_blocked };
	char byte;

	killed_fork(&k, false, do_nothing);
	bg.fd = *k.mine;
	bg_start(&bg);
	ok(bg_blocked(&bg), "send() waits for room");
	kill_it(&k);
	ok(bg_join(&bg) == 0 || errno == ECONNRESET, "send() returns");
	ok(recv(*k.mine, &byte, 1, 0) <= 0, "nothing comes");
	fails(send(*k.mine, "x", 1, MSG_NOSIGNAL), EPIPE, "no more then");
}

static void test_blocked_receiver(void)
{
	struct bg bg = { .fn = bg_recv1 };
	struct killed k;

	killed_fork(&k, true, do_nothing);
	bg.fd = *k.mine;
	bg_start(&bg);
	ok(bg_blocked(&bg), "recv() waits");
	kill_it(&k);
	eq(bg_join(&bg), 0, "the end of the stream");
}

static void listen_and_wait(void *port)
{
	int l = need(xsocket());

	need(set_int(l, SOL_SOCKET, SO_REUSEADDR, 1));
	need(bind_at(l, "127.0.0.1", *(int *)port));
	need(listen(l, 1));
	pause();
}

static int retry_connect(int port)
{
	long long end = now_ms() + LONG_MS;
	int fd;

	for (;;) {
		fd = need(xsocket());
		if (!connect_at(fd, "127.0.0.1", port))
			return fd;
		if (errno != ECONNREFUSED || now_ms() > end)
			need(-1);
		close(fd);
		pause_ms(1);
	}
}

static void test_listener(void)
{
	int port = 7001, pid = fork_run(listen_and_wait, &port), fd, fd2;
	char byte;

	fd = retry_connect(port);
	ok(true, "a connection, not accepted");
	need(kill(pid, SIGKILL));
	eq(exit_status(pid), 128 + SIGKILL, "the listener's process is killed");
	ok(poll_for(fd, POLLIN) & POLLERR, "an error");
	fails(recv(fd, &byte, 1, 0), ECONNRESET, "reset");
	fd2 = need(xsocket());
	fails(connect_at(fd2, "127.0.0.1", port), ECONNREFUSED, "nobody listens");
	need(bind_at(fd2, "127.0.0.1", port));
	ok(true, "the port is free");
}

static void connect_for_ever(void *port)
{
	int fd = need(xsocket());

	connect_at(fd, "127.0.0.1", *(int *)port);
}

static void test_connecting(void)
{
	int fd[2], l, port, pid;

	l = full_listener(fd);
	port = port_of(l);
	pid = fork_run(connect_for_ever, &port);
	pause_ms(SHORT_MS);
	need(kill(pid, SIGKILL));
	eq(exit_status(pid), 128 + SIGKILL, "killed in connect()");
	close(fd[0]);
	close(fd[1]);
	close(l);
	if (wire == WIRE_KERNEL)
		return;
	eq(counter("CurrEstab"), 0, "no connection is counted");
}

static const struct tap_test tests[] = {
	TEST(sender),
	TEST(sender_with_unread),
	TEST(receiver_that_reads),
	TEST(receiver_that_does_not),
	TEST(blocked_sender),
	TEST(blocked_receiver),
	TEST(listener),
	TEST(connecting),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
