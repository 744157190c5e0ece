// SPDX-License-Identifier: GPL-2.0
/* sendfile(), splice(), and files in and out of a connection. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define BYTES	300000

/* A file in memory that holds the stream of a seed. */
static int stream_file(unsigned long long seed)
{
	static unsigned char buf[BYTES];
	int fd = need(memfd_create("stream", MFD_CLOEXEC));

	stream_fill(seed, 0, buf, BYTES);
	need(write(fd, buf, BYTES) == BYTES ? 0 : -1);
	need(lseek(fd, 0, SEEK_SET));
	return fd;
}

static int fork_sendfile(struct pair *p, int file)
{
	long long done = 0;
	ssize_t n;
	int pid = need(fork());

	if (!pid) {
		close(p->s);
		while (done < BYTES) {
			n = sendfile(p->c, file, NULL, BYTES - done);
			if (n <= 0)
				_exit(1);
			done += n;
		}
		_exit(0);
	}
	close(p->c);
	return pid;
}

static void test_sendfile(void)
{
	struct pair p;
	int pid;

	pair_open(&p);
	pid = fork_sendfile(&p, stream_file(21));
	eq(stream_recv(p.s, 21, 10000), BYTES, "all bytes arrive");
	eq(exit_status(pid), 0, "the sender is content");
}

static void test_sendfile_offset(void)
{
	struct pair p;
	unsigned char buf[100];
	off_t offset = 1000;
	int file = stream_file(22);

	pair_open(&p);
	eq(sendfile(p.c, file, &offset, 100), 100, "100 bytes from 1000 on");
	eq(offset, 1100, "the offset moves");
	eq(recv(p.s, buf, 100, MSG_WAITALL), 100, "they arrive");
	eq(stream_diff(22, 1000, buf, 100), -1, "and are right");
	need(shutdown(p.c, SHUT_WR));
	fails(sendfile(p.c, file, NULL, 100), EPIPE, "shut down");
	fails(sendfile(need(xsocket()), file, NULL, 100), EPIPE, "new");
}

/* A count beyond the file's end: its last bytes do not wait for more. */
static void test_sendfile_short(void)
{
	struct timespec begin, end;
	struct pair p;
	char buf[100];
	int file = need(memfd_create("short", MFD_CLOEXEC));

	need(write(file, buf, sizeof(buf)));
	need(lseek(file, 0, SEEK_SET));
	pair_open(&p);
	need(clock_gettime(CLOCK_MONOTONIC, &begin));
	eq(sendfile(p.c, file, NULL, 1 << 20), 100, "as much as there is");
	eq(recv_all(p.s, buf, sizeof(buf)), 100, "arrives");
	need(clock_gettime(CLOCK_MONOTONIC, &end));
	ok((end.tv_sec - begin.tv_sec) * 1000 +
	   (end.tv_nsec - begin.tv_nsec) / 1000000 < 180,
	   "before a timer would send it");
}

static void test_splice_in(void)
{
	struct pair p;
	unsigned char buf[100];
	int fd[2];

	pair_open(&p);
	need(pipe(fd));
	stream_fill(23, 0, buf, 100);
	need(write(fd[1], buf, 100));
	eq(splice(fd[0], NULL, p.c, NULL, 100, 0), 100, "pipe to socket");
	eq(recv(p.s, buf, 100, MSG_WAITALL), 100, "arrives");
	eq(stream_diff(23, 0, buf, 100), -1, "and is right");
}

static void test_splice_out(void)
{
	struct pair p;
	unsigned char buf[1000];
	long long pos = 0;
	ssize_t n, got;
	int fd[2];
	int pid;

	pair_open(&p);
	need(pipe(fd));
	pid = fork_sendfile(&p, stream_file(24));
	while ((n = splice(p.s, NULL, fd[1], NULL, sizeof(buf), 0)) > 0) {
		got = read(fd[0], buf, n);
		if (got != n || stream_diff(24, pos, buf, n) >= 0)
			break;
		pos += n;
	}
	eq(n, 0, "socket to pipe, until the end");
	eq(pos, BYTES, "all bytes, all right");
	eq(exit_status(pid), 0, "the sender is content");
}

/* As a proxy does it: data from one connection goes to the other and back, by pipes. */
static long long bg_relay(struct bg *bg)
{
	const int *to = bg->arg;
	long long total = 0;
	ssize_t n, out;
	int fd[2];

	need(pipe(fd));
	while ((n = splice(bg->fd, NULL, fd[1], NULL, 65536, SPLICE_F_MOVE)) > 0) {
		for (total += n; n > 0; n -= out) {
			out = splice(fd[0], NULL, *to, NULL, n, SPLICE_F_MORE);
			if (out <= 0)
				return -1;
		}
	}
	if (n < 0 || shutdown(*to, SHUT_WR))
		return -1;
	return total;
}

static long long bg_stream(struct bg *bg)
{
	long long sent = stream_send(bg->fd, *(int *)bg->arg, BYTES, 20000);

	return shutdown(bg->fd, SHUT_WR) ? -1 : sent;
}

static long long bg_hear(struct bg *bg)
{
	return stream_recv(bg->fd, *(int *)bg->arg, 10000);
}

static void test_relay(void)
{
	static int seed[] = { 25, 26 };
	struct pair left, right;
	struct bg there, back, say, answer, listener;

	pair_open(&left);
	pair_open(&right);
	/* left.c ... left.s = right.c ... right.s */
	there = (struct bg){ .fn = bg_relay, .fd = left.s, .arg = &right.c };
	back = (struct bg){ .fn = bg_relay, .fd = right.c, .arg = &left.s };
	say = (struct bg){ .fn = bg_stream, .fd = left.c, .arg = &seed[0] };
	answer = (struct bg){ .fn = bg_stream, .fd = right.s, .arg = &seed[1] };
	listener = (struct bg){ .fn = bg_hear, .fd = left.c, .arg = &seed[1] };
	bg_start(&there);
	bg_start(&back);
	bg_start(&say);
	bg_start(&answer);
	bg_start(&listener);
	eq(stream_recv(right.s, seed[0], 10000), BYTES, "what is said arrives");
	eq(bg_join(&listener), BYTES, "so does the answer");
	eq(bg_join(&there), BYTES, "spliced there");
	eq(bg_join(&back), BYTES, "spliced back");
	eq(bg_join(&say), BYTES, "all was said");
	eq(bg_join(&answer), BYTES, "all was answered");
}

static void test_splice_states(void)
{
	struct pair p;
	char buf[8];
	int fd[2];

	pair_open(&p);
	need(pipe(fd));
	set_nonblock(p.s, true);
	fails(splice(p.s, NULL, fd[1], NULL, 100, 0), EAGAIN,
	      "O_NONBLOCK: nothing there");
	need(send(p.c, "abcdef", 6, 0));
	need(wait_inq(p.s, 6) ? 0 : -1);
	eq(splice(p.s, NULL, fd[1], NULL, 2, 0), 2, "a part");
	eq(fd_inq(p.s), 4, "leaves the rest");
	eq(recv(p.s, buf, 8, 0), 4, "which recv() reads");
	ok(!memcmp(buf, "cdef", 4), "and is right");
	need(set_linger(p.c, 1, 0));
	need(close(p.c));
	need(poll_for(p.s, 0));
	fails(splice(p.s, NULL, fd[1], NULL, 2, 0), ECONNRESET, "a reset");
	fails(splice(need(xsocket()), NULL, fd[1], NULL, 2, 0), ENOTCONN,
	      "new");
}

static const struct tap_test tests[] = {
	TEST(sendfile),
	TEST(sendfile_offset),
	TEST(sendfile_short),
	TEST(splice_in),
	TEST(splice_out),
	TEST(relay),
	TEST(splice_states),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
