// SPDX-License-Identifier: GPL-2.0
/* sendmsg(), recvmsg(), iovecs, and pointers that lead nowhere. */
#define _GNU_SOURCE
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define IOVS	1024	/* UIO_MAXIOV */

/* Nonsense that the C library's declaration would make the compiler refuse. */
static long long raw_writev(int fd, const void *iov, int count)
{
	return syscall(SYS_writev, fd, iov, count);
}

static void test_vectors(void)
{
	char a[4], b[4], c[4];
	struct iovec out[3] = { { "ab", 2 }, { NULL, 0 }, { "cdefg", 5 } };
	struct iovec in[3] = { { a, 3 }, { b, 0 }, { c, 4 } };
	struct pair p;

	pair_open(&p);
	eq(writev(p.c, out, 3), 7, "writev()");
	need(wait_inq(p.s, 7) ? 0 : -1);
	eq(readv(p.s, in, 3), 7, "readv()");
	ok(!memcmp(a, "abc", 3) && !memcmp(c, "defg", 4), "the data is right");
	eq(writev(p.c, out, 0), 0, "writev() of no iovec");
	fails(raw_writev(p.c, out, -1), EINVAL, "writev() of -1");
	fails(raw_writev(p.c, out, IOVS + 1), EINVAL, "writev() of too many");
}

static void test_many(void)
{
	static unsigned char out[IOVS], in[IOVS];
	struct iovec iov[IOVS];
	struct pair p;
	int i;

	pair_open(&p);
	stream_fill(2, 0, out, sizeof(out));
	for (i = 0; i < IOVS; i++)
		iov[i] = (struct iovec){ out + i, 1 };
	eq(writev(p.c, iov, IOVS), IOVS, "writev() of 1024");
	need(wait_inq(p.s, IOVS) ? 0 : -1);
	for (i = 0; i < IOVS; i++)
		iov[i] = (struct iovec){ in + IOVS - 1 - i, 1 };
	eq(readv(p.s, iov, IOVS), IOVS, "readv() of 1024, in reverse");
	for (i = 0; i < IOVS && in[i] == out[IOVS - 1 - i]; i++)
		;
	eq(i, IOVS, "the data is right");
}

static void test_messages(void)
{
	char buf[8], control[64];
	struct address addr = at("127.0.0.1", 9);
	struct iovec iov = { "abc", 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pair p;

	pair_open(&p);
	eq(sendmsg(p.c, &msg, 0), 3, "sendmsg()");
	iov = (struct iovec){ buf, 8 };
	msg.msg_name = &addr.any;
	msg.msg_namelen = addr.len;
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	msg.msg_flags = -1;
	eq(recvmsg(p.s, &msg, 0), 3, "recvmsg()");
	eq(msg.msg_namelen, 0, "no name");
	eq(msg.msg_controllen, 0, "no control message");
	eq(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC | MSG_EOR | MSG_OOB), 0,
	   "no flag");
	msg = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = IOVS + 1 };
	fails(sendmsg(p.c, &msg, 0), EMSGSIZE, "sendmsg(): too many iovecs");
	fails(recvmsg(p.c, &msg, 0), EMSGSIZE, "recvmsg(): too many iovecs");
	msg = (struct msghdr){ 0 };
	eq(sendmsg(p.c, &msg, 0), 0, "sendmsg() of nothing");
	fails(sendmsg(p.c, (void *)8, 0), EFAULT, "sendmsg(): bad pointer");
	fails(recvmsg(p.c, (void *)8, 0), EFAULT, "recvmsg(): bad pointer");
}

static void test_batches(void)
{
	char buf[2][4];
	struct iovec out[2] = { { "ab", 2 }, { "cd", 2 } };
	struct iovec in[2] = { { buf[0], 2 }, { buf[1], 2 } };
	struct mmsghdr msgs[2] = {
		{ .msg_hdr = { .msg_iov = &out[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &out[1], .msg_iovlen = 1 } },
	};
	struct pair p;

	pair_open(&p);
	eq(sendmmsg(p.c, msgs, 2, 0), 2, "sendmmsg()");
	eq(msgs[1].msg_len, 2, "length of the second");
	need(wait_inq(p.s, 4) ? 0 : -1);
	msgs[0].msg_hdr.msg_iov = &in[0];
	msgs[1].msg_hdr.msg_iov = &in[1];
	eq(recvmmsg(p.s, msgs, 2, 0, NULL), 2, "recvmmsg()");
	ok(!memcmp(buf[0], "ab", 2) && !memcmp(buf[1], "cd", 2),
	   "the data is right");
}

/* Two pages, of which only the first is there. */
static char *cliff(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(map == MAP_FAILED ? -1 : 0);
	need(munmap(map + page, page));
	return map + page;
}

static void test_send_fault(void)
{
	char *end = cliff();
	struct pair p;
	char buf[16];
	long long n;

	pair_open(&p);
	memcpy(end - 4, "abcd", 4);
	fails(send(p.c, (void *)8, 4, 0), EFAULT, "send() from nowhere");
	n = send(p.c, end - 4, 8, 0);
	ok(n == 4 || (n == -1 && errno == EFAULT),
	   "send() over the edge: what is there, or EFAULT: %lld", n);
	need(send(p.c, "efgh", 4, 0));
	need(shutdown(p.c, SHUT_WR));
	if (n == 4)
		need(recv_all(p.s, buf, 4));
	eq(recv_all(p.s, buf, 8), 4, "what was not there was not sent");
	ok(!memcmp(buf, "efgh", 4), "the stream is whole");
	eq(so_error(p.c), 0, "the connection stands");
}

static void test_recv_fault(void)
{
	char *end = cliff();
	struct pair p;
	char buf[16];
	long long n;

	pair_open(&p);
	need(send(p.c, "abcdefgh", 8, 0));
	need(wait_inq(p.s, 8) ? 0 : -1);
	fails(recv(p.s, (void *)8, 8, 0), EFAULT, "recv() to nowhere");
	eq(fd_inq(p.s), 8, "takes nothing");
	fails(recv(p.s, end - 4, 8, 0), EFAULT, "recv() over the edge");
	eq(fd_inq(p.s), 8, "takes nothing");
	eq(recv(p.s, buf, 16, 0), 8, "all is still there");
	ok(!memcmp(buf, "abcdefgh", 8), "and right");

	/* whole segments before the one that faults are kept */
	need(send(p.c, "1234", 4, 0));
	need(wait_inq(p.s, 4) ? 0 : -1);
	need(send(p.c, "5678", 4, 0));
	need(wait_inq(p.s, 8) ? 0 : -1);
	n = recv(p.s, end - 6, 8, 0);
	ok(n == 4 || (n == -1 && errno == EFAULT),
	   "two segments, the second over the edge: %lld", n);
	eq(fd_inq(p.s), n == 4 ? 4 : 8, "what was not told is still there");
}

static void test_iov_fault(void)
{
	struct iovec iov[2] = { { "good", 4 }, { (void *)8, 4 } };
	struct pair p;
	char buf[8];
	long long n;

	pair_open(&p);
	n = writev(p.c, iov, 2);
	ok(n == 4 || (n == -1 && errno == EFAULT),
	   "writev(), the second bad: what is there, or EFAULT: %lld", n);
	if (n < 0)
		need(send(p.c, "good", 4, 0));
	eq(recv(p.s, buf, 8, 0), 4, "the stream is whole");
	ok(!memcmp(buf, "good", 4), "and right");
	fails(raw_writev(p.c, (void *)8, 2), EFAULT, "a bad array");
	iov[0].iov_len = -1;
	fails(raw_writev(p.c, iov, 2), EINVAL, "a negative length");
}

static const struct tap_test tests[] = {
	TEST(vectors),
	TEST(many),
	TEST(messages),
	TEST(batches),
	TEST(send_fault),
	TEST(recv_fault),
	TEST(iov_fault),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
