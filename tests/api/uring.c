// SPDX-License-Identifier: GPL-2.0
/* io_uring: the same calls, by another way into the kernel. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"
#include "uring.h"

static struct uring ring;

static void open_ring(void)
{
	if (uring_open(&ring, 8) == 0)
		return;
	tap_skip(tap_errno_name(errno), "no io_uring");
	_exit(0);
}

static void start(int opcode, int fd, const void *addr, unsigned int len)
{
	uring_sqe(&ring, opcode, fd, addr, len);
	need(uring_submit(&ring));
}

static int call(int opcode, int fd, const void *addr, unsigned int len)
{
	start(opcode, fd, addr, len);
	return uring_wait(&ring, NULL);
}

static struct io_uring_sqe *start_connect(int fd, const struct address *addr)
{
	struct io_uring_sqe *sqe = uring_sqe(&ring, IORING_OP_CONNECT, fd, &addr->any, 0);

	sqe->off = addr->len;
	return sqe;
}

static int call_connect(int fd, const struct address *addr)
{
	start_connect(fd, addr);
	need(uring_submit(&ring));
	return uring_wait(&ring, NULL);
}

static void test_whole_life(void)
{
	struct address addr;
	unsigned long long who;
	int l, c, s, i, res[2];
	char buf[8];

	open_ring();
	l = listen_on(1);
	addr = name_of(l);
	c = need(xsocket());
	start(IORING_OP_ACCEPT, l, NULL, 0);
	start_connect(c, &addr)->user_data = 1;
	need(uring_submit(&ring));
	for (i = 0; i < 2; i++) {
		s = uring_wait(&ring, &who);
		res[who] = s;
	}
	eq(res[1], 0, "connect");
	s = res[0];
	ok(s > 2, "accept gives a file: %d", s);
	eq(port_in(peer_of(s)), port_of(c), "the connection's other end");
	eq(call(IORING_OP_SEND, c, "hello", 5), 5, "send");
	eq(call(IORING_OP_RECV, s, buf, sizeof(buf)), 5, "recv");
	ok(!memcmp(buf, "hello", 5), "the data is right");
	start(IORING_OP_SHUTDOWN, c, NULL, SHUT_WR);
	eq(uring_wait(&ring, NULL), 0, "shutdown");
	eq(call(IORING_OP_RECV, s, buf, sizeof(buf)), 0, "the end");
	eq(call(IORING_OP_CLOSE, s, NULL, 0), 0, "close");
	eq(recv(c, buf, 1, 0), 0, "the end, the other way");
}

/* What cannot be done at once waits in the ring, not in a thread of ours. */
static void test_waits(void)
{
	struct pair p;
	char buf[8];
	int l;

	open_ring();
	pair_open(&p);
	start(IORING_OP_RECV, p.s, buf, sizeof(buf));
	eq(uring_done(&ring), 0, "recv waits");
	need(send(p.c, "abc", 3, 0));
	eq(uring_wait(&ring, NULL), 3, "until data comes");
	l = listen_on(1);
	start(IORING_OP_ACCEPT, l, NULL, 0);
	eq(uring_done(&ring), 0, "accept waits");
	connect_to(l);
	ok(uring_wait(&ring, NULL) > 2, "until a connection comes");
	start(IORING_OP_RECV, p.s, buf, sizeof(buf));
	set_linger(p.c, 1, 0);
	close(p.c);
	eq(uring_wait(&ring, NULL), -ECONNRESET, "a reset ends recv");
}

/* A connect that takes its time: another way in than connect(). */
static void test_connect(void)
{
	struct address addr;
	unsigned long long who;
	int fd = need(xsocket());
	int full[2], res[2], got, i;

	open_ring();
	addr = at("127.0.0.1", closed_port());
	eq(call_connect(fd, &addr), -ECONNREFUSED, "refused");
	addr = name_of(listen_on(1));
	eq(call_connect(fd, &addr), 0, "the same socket, another port");
	eq(call_connect(fd, &addr), -EISCONN, "again");
	addr = name_of(full_listener(full));
	fd = need(xsocket());
	start_connect(fd, &addr)->user_data = 1;
	need(uring_submit(&ring));
	eq(uring_done(&ring), 0, "no answer: it waits");
	uring_sqe(&ring, IORING_OP_ASYNC_CANCEL, -1, (void *)1, 0)->user_data = 0;
	need(uring_submit(&ring));
	for (i = 0; i < 2; i++) {
		got = uring_wait(&ring, &who);
		res[who] = got;
	}
	eq(res[1], -ECANCELED, "until it is cancelled");
	eq(res[0], 0, "which succeeds");
}

static void test_messages(void)
{
	char a[3], b[3];
	struct iovec out[2] = { { "abc", 3 }, { "def", 3 } };
	struct iovec in[2] = { { a, 3 }, { b, 3 } };
	struct msghdr msg = { .msg_iov = out, .msg_iovlen = 2 };
	struct io_uring_sqe *sqe;
	struct pair p;

	open_ring();
	pair_open(&p);
	eq(call(IORING_OP_SENDMSG, p.c, &msg, 1), 6, "sendmsg");
	msg.msg_iov = in;
	sqe = uring_sqe(&ring, IORING_OP_RECVMSG, p.s, &msg, 1);
	sqe->msg_flags = MSG_WAITALL;
	need(uring_submit(&ring));
	eq(uring_wait(&ring, NULL), 6, "recvmsg, MSG_WAITALL");
	ok(!memcmp(a, "abc", 3) && !memcmp(b, "def", 3), "the data is right");
	eq(call(IORING_OP_WRITEV, p.c, out, 2), 6, "writev");
	need(wait_inq(p.s, 6) ? 0 : -1);
	eq(call(IORING_OP_READV, p.s, in, 2), 6, "readv");
	eq(call(IORING_OP_WRITE, p.c, "x", 1), 1, "write");
	eq(call(IORING_OP_READ, p.s, a, 3), 1, "read");
}

static void test_poll(void)
{
	struct io_uring_sqe *sqe;
	struct pair p;

	open_ring();
	pair_open(&p);
	sqe = uring_sqe(&ring, IORING_OP_POLL_ADD, p.s, NULL, 0);
	sqe->poll32_events = POLLIN;
	need(uring_submit(&ring));
	eq(uring_done(&ring), 0, "nothing to read");
	need(send(p.c, "x", 1, 0));
	eq(uring_wait(&ring, NULL), POLLIN, "POLLIN");
}

static void test_wrong(void)
{
	struct pair p;
	char buf[8];
	int zc;

	open_ring();
	pair_open(&p);
	eq(call(IORING_OP_RECV, need(xsocket()), buf, 8), -ENOTCONN, "recv: new");
	eq(call(IORING_OP_ACCEPT, p.c, NULL, 0), -EINVAL, "accept: a connection");
	eq(call(IORING_OP_SEND, p.c, (void *)8, 4), -EFAULT, "send: bad pointer");
	eq(call(IORING_OP_RECV, -1, buf, 8), -EBADF, "recv: no file");
	need(shutdown(p.c, SHUT_WR));
	eq(call(IORING_OP_SEND, p.c, "x", 1), -EPIPE, "send: shut down");
	/* what SO_ZEROCOPY refuses is refused here as well */
	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP has it", "send without copying");
		return;
	}
	zc = call(IORING_OP_SEND_ZC, p.s, "x", 1);
	eq(zc, -EOPNOTSUPP, "send without copying");
}

static const struct tap_test tests[] = {
	TEST(whole_life),
	TEST(waits),
	TEST(connect),
	TEST(messages),
	TEST(poll),
	TEST(wrong),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
