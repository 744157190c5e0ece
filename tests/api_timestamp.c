// SPDX-License-Identifier: GPL-2.0
/* SO_TIMESTAMP, SO_TIMESTAMPNS: when data came. SO_ZEROCOPY: refused, or working. */
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "net.h"
#include "tap.h"

/* Read a byte, and the control message of this kind. Return: its length, or 0 */
static size_t recv_stamp(int fd, int type, void *stamp, size_t room)
{
	char byte, control[256];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	need(recvmsg(fd, &msg, 0));
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == type &&
		    len <= room) {
			memcpy(stamp, CMSG_DATA(c), len);
			return len;
		}
	}
	return 0;
}

/* The kernel begins to take timestamps a little after it is asked to. */
static size_t first_stamp(struct pair *p, int type, void *stamp, size_t room)
{
	long long end = now_ms() + LONG_MS;
	size_t len;

	do {
		need(send(p->c, "x", 1, 0));
		len = recv_stamp(p->s, type, stamp, room);
	} while (!len && now_ms() < end);
	return len;
}

static void test_us(void)
{
	struct timeval tv = { 0 };
	struct pair p;

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_TIMESTAMP, 1));
	eq(first_stamp(&p, SO_TIMESTAMP, &tv, sizeof(tv)), sizeof(tv),
	   "comes with the data");
	ok(tv.tv_sec >= time(NULL) - 5 && tv.tv_sec <= time(NULL),
	   "is about now");
	need(set_int(p.s, SOL_SOCKET, SO_TIMESTAMP, 0));
	need(send(p.c, "x", 1, 0));
	eq(recv_stamp(p.s, SO_TIMESTAMP, &tv, sizeof(tv)), 0, "no more");
}

static void test_ns(void)
{
	struct timespec ts = { 0 };
	struct pair p;

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	eq(first_stamp(&p, SO_TIMESTAMPNS, &ts, sizeof(ts)), sizeof(ts),
	   "comes with the data");
	ok(ts.tv_sec >= time(NULL) - 5 && ts.tv_sec <= time(NULL),
	   "is about now");
}

static void test_zerocopy(void)
{
	struct pair p;
	int one = 1;

	pair_open(&p);
	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP has it", "refused");
		return;
	}
	fails(setsockopt(p.c, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)),
	      EOPNOTSUPP, "refused");
}

static const struct tap_test tests[] = {
	TEST(us),
	TEST(ns),
	TEST(zerocopy),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
