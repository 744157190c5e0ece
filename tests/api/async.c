// SPDX-License-Identifier: GPL-2.0
/* O_ASYNC: a signal that says which socket, and what it is ready for. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

/* From now on the socket sends us a queued signal, which waits until it is asked for. */
static void watch(int fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	need(sigprocmask(SIG_BLOCK, &set, NULL));
	need(fcntl(fd, F_SETSIG, SIGRTMIN));
	need(fcntl(fd, F_SETOWN, getpid()));
	need(fcntl(fd, F_SETFL, need(fcntl(fd, F_GETFL)) | O_ASYNC));
}

/* Is there a signal from this socket that tells of the event? */
static bool told(int fd, int event, int ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	while (sigtimedwait(&set, &info, &left) == SIGRTMIN)
		if (info.si_fd == fd && info.si_band & event)
			return true;
	return false;
}

static void test_data(void)
{
	struct pair p;
	char byte;

	pair_open(&p);
	watch(p.s);
	ok(!told(p.s, POLLIN, 0), "nothing yet");
	need(send(p.c, "x", 1, 0));
	ok(told(p.s, POLLIN, LONG_MS), "data: POLLIN");
	need(recv(p.s, &byte, 1, 0));
	need(send(p.c, "!", 1, MSG_OOB));
	ok(told(p.s, POLLPRI, LONG_MS), "urgent data: POLLPRI");
	need(fcntl(p.s, F_SETFL, 0));
	while (told(p.s, POLLIN, 0))
		;
	need(send(p.c, "y", 1, 0));
	need(poll_for(p.s, POLLIN) & POLLIN ? 0 : -1);
	ok(!told(p.s, POLLIN, 0), "O_ASYNC off: no more");
}

static void test_listener(void)
{
	int l = listen_on(1);

	watch(l);
	connect_to(l);
	ok(told(l, POLLIN, LONG_MS), "a connection to accept: POLLIN");
	need(accept_in_time(l));
}

static void test_connect(void)
{
	int full[2], l = full_listener(full);
	int fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	struct address addr = name_of(l);

	watch(fd);
	fails(connect_addr(fd, &addr), EINPROGRESS, "connecting");
	while (told(fd, POLLOUT, 0))
		;
	need(listen(l, 8));
	ok(told(fd, POLLOUT, LONG_MS), "connected: POLLOUT");

	fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	watch(fd);
	connect_at(fd, "127.0.0.1", closed_port());
	ok(told(fd, POLLERR, LONG_MS), "refused: POLLERR");
}

static void test_room(void)
{
	struct pair p;

	pair_open_small(&p, 20000, 8192);
	set_nonblock(p.c, true);
	watch(p.c);
	need(fill(p.c));
	while (told(p.c, POLLOUT, 0))
		;
	need(drain(p.s));
	ok(told(p.c, POLLOUT, LONG_MS), "room to write: POLLOUT");
}

static void test_end(void)
{
	struct pair p;

	pair_open(&p);
	watch(p.s);
	need(shutdown(p.c, SHUT_WR));
	ok(told(p.s, POLLIN, LONG_MS), "the peer's end: POLLIN");
	pair_open(&p);
	watch(p.s);
	need(set_linger(p.c, 1, 0));
	need(close(p.c));
	ok(told(p.s, POLLERR | POLLHUP, LONG_MS), "a reset: POLLERR or POLLHUP");
}

static void test_owner(void)
{
	struct pair p;

	pair_open(&p);
	watch(p.s);
	eq(fcntl(p.s, F_GETOWN), getpid(), "F_GETOWN");
	eq(fcntl(p.s, F_GETSIG), SIGRTMIN, "F_GETSIG");
	need(fcntl(p.s, F_SETOWN, 0));
	need(send(p.c, "x", 1, 0));
	need(poll_for(p.s, POLLIN) & POLLIN ? 0 : -1);
	ok(!told(p.s, POLLIN, 0), "nobody's: no signal");
	fails(fcntl(p.s, F_SETOWN, 0x3fffffff), ESRCH, "no such process");
}

static const struct tap_test tests[] = {
	TEST(data),
	TEST(listener),
	TEST_WAITS(connect),
	TEST(room),
	TEST(end),
	TEST(owner),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
