// SPDX-License-Identifier: GPL-2.0
/* Urgent data: MSG_OOB, SO_OOBINLINE, SIOCATMARK, POLLPRI. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static int at_mark(int fd)
{
	int value = -1;

	return ioctl(fd, SIOCATMARK, &value) < 0 ? -1 : value;
}

static void test_none(void)
{
	struct pair p;
	char byte;
	int fd = need(xsocket());

	pair_open(&p);
	fails(recv(p.s, &byte, 1, MSG_OOB), EINVAL, "no urgent data");
	eq(at_mark(p.s), 0, "no mark");
	fails(recv(fd, &byte, 1, MSG_OOB), EINVAL, "new");
}

static void test_out_of_band(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	need(send(p.c, "ab", 2, 0));
	eq(send(p.c, "!", 1, MSG_OOB), 1, "MSG_OOB");
	ok(poll_for(p.s, POLLPRI) & POLLPRI, "POLLPRI");
	need(send(p.c, "cd", 2, 0));
	need(wait_inq(p.s, 2) ? 0 : -1);
	eq(recv(p.s, buf, 8, MSG_OOB | MSG_PEEK), 1, "looked at");
	eq(recv(p.s, buf, 8, MSG_OOB), 1, "read");
	eq(buf[0], '!', "it is right");
	fails(recv(p.s, buf, 8, MSG_OOB), EINVAL, "read twice");
	eq(at_mark(p.s), 0, "before the mark");
	eq(recv(p.s, buf, 8, 0), 2, "recv() stops at the mark");
	eq(at_mark(p.s), 1, "at the mark");
	eq(recv(p.s, buf, 8, MSG_WAITALL | MSG_DONTWAIT), 2, "then goes on");
	ok(!memcmp(buf, "cd", 2), "without the urgent byte");
	eq(at_mark(p.s), 0, "behind the mark");
}

/* MUST-33 */
static void test_in_line(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_OOBINLINE, 1));
	need(send(p.c, "ab", 2, 0));
	need(send(p.c, "!", 1, MSG_OOB));
	need(send(p.c, "cd", 2, 0));
	need(wait_inq(p.s, 5) ? 0 : -1);
	fails(recv(p.s, buf, 8, MSG_OOB), EINVAL, "MSG_OOB is refused");
	eq(recv(p.s, buf, 8, 0), 2, "recv() stops at the mark");
	eq(at_mark(p.s), 1, "at the mark");
	eq(recv(p.s, buf, 8, 0), 3, "then goes on");
	ok(!memcmp(buf, "!cd", 3), "with the urgent byte");
}

/* MUST-32 */
static void test_signal(void)
{
	struct pair p;
	long long end;

	pair_open(&p);
	catch_signal(SIGURG, 0);
	need(fcntl(p.s, F_SETOWN, getpid()));
	need(send(p.c, "!", 1, MSG_OOB));
	for (end = now_ms() + LONG_MS; !caught() && now_ms() < end;)
		pause_ms(1);
	eq(caught(), 1, "SIGURG");
}

static const struct tap_test tests[] = {
	TEST(none),
	TEST(out_of_band),
	TEST(in_line),
	TEST(signal),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
