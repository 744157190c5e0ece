// SPDX-License-Identifier: GPL-2.0
/* send(), recv() and their flags. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_basics(void)
{
	struct pair p;
	char buf[16];

	pair_open(&p);
	eq(send(p.c, "abcdef", 6, 0), 6, "send()");
	eq(recv(p.s, buf, 2, 0), 2, "recv() of a part");
	eq(recv(p.s, buf + 2, 14, 0), 4, "recv() of the rest");
	ok(!memcmp(buf, "abcdef", 6), "the data is right");
	eq(write(p.s, "xy", 2), 2, "write()");
	eq(read(p.c, buf, 16), 2, "read()");
	eq(sendto(p.c, "z", 1, 0, NULL, 0), 1, "sendto() without an address");
	eq(recv(p.s, buf, 16, 0), 1, "arrives");
	need(send(p.c, "12", 2, 0));
	need(send(p.c, "34", 2, 0));
	eq(recv(p.s, buf, 4, MSG_WAITALL), 4, "no borders between messages");
	ok(!memcmp(buf, "1234", 4), "the data is right");
}

/* sendto()'s address is ignored by a connected TCP. */
static void test_with_address(void)
{
	struct address addr = at("127.0.0.1", 9);
	struct address from = { .len = sizeof(from.v6) };
	struct pair p;
	char buf[4];

	pair_open(&p);
	eq(sendto(p.c, "a", 1, 0, &addr.any, addr.len), 1,
	   "sendto() with an address");
	memset(&from.v6, 0xee, sizeof(from.v6));
	eq(recvfrom(p.s, buf, 4, 0, &from.any, &from.len), 1,
	   "recvfrom()");
	eq(from.len, 0, "tells no address");
	eq(port_in(from), 0xeeee, "writes none");
}

static void test_dontwait(void)
{
	struct pair p;
	char buf[4];

	pair_open_small(&p, 8192, 8192);
	fails(recv(p.c, buf, 4, MSG_DONTWAIT), EAGAIN, "recv(), nothing there");
	need(fill(p.c));
	fails(send(p.c, "x", 1, MSG_DONTWAIT), EAGAIN, "send(), no room");
	set_nonblock(p.c, true);
	fails(recv(p.c, buf, 4, 0), EAGAIN, "O_NONBLOCK: recv()");
	fails(send(p.c, "x", 1, 0), EAGAIN, "O_NONBLOCK: send()");
	ok(drain(p.s) > 0, "the peer reads");
	ok(poll_for(p.c, POLLOUT) & POLLOUT, "there is room");
	eq(send(p.c, "x", 1, 0), 1, "send() goes on");
}

static void test_partial_send(void)
{
	static char big[1 << 20];
	struct pair p;
	ssize_t n;

	pair_open_small(&p, 8192, 8192);
	n = send(p.c, big, sizeof(big), MSG_DONTWAIT);
	ok(n > 0 && n < (ssize_t)sizeof(big), "send() takes what fits: %zd", n);
}

static void test_peek(void)
{
	struct pair p;
	char buf[16];

	pair_open(&p);
	need(send(p.c, "abc", 3, 0));
	need(send(p.c, "def", 3, 0));
	need(wait_inq(p.s, 6) ? 0 : -1);
	eq(recv(p.s, buf, 2, MSG_PEEK), 2, "a part");
	eq(recv(p.s, buf, 16, MSG_PEEK), 6, "across segments");
	ok(!memcmp(buf, "abcdef", 6), "the data is right");
	eq(recv(p.s, buf, 16, MSG_PEEK | MSG_DONTWAIT), 6, "again");
	eq(fd_inq(p.s), 6, "all is still there");
	eq(recv(p.s, buf, 4, 0), 4, "a part is read");
	eq(recv(p.s, buf, 16, MSG_PEEK), 2, "the rest is seen");
	ok(!memcmp(buf, "ef", 2), "it is right");
	eq(recv(p.s, buf, 16, 0), 2, "and read");
	fails(recv(p.s, buf, 16, MSG_PEEK | MSG_DONTWAIT), EAGAIN, "nothing");
	need(close(p.c));
	eq(recv(p.s, buf, 16, MSG_PEEK), 0, "the end is seen");
	eq(recv(p.s, buf, 16, 0), 0, "and read");
}

static void test_peek_waits(void)
{
	struct pair p;
	struct bg bg = { .fn = bg_recv1 };
	char buf[8];

	pair_open(&p);
	bg.fd = p.s;
	bg_start(&bg);
	ok(bg_blocked(&bg), "recv() waits");
	eq(recv(p.s, buf, 8, MSG_PEEK | MSG_DONTWAIT), -1,
	   "meanwhile another looks");
	need(send(p.c, "x", 1, 0));
	eq(bg_join(&bg), 1, "recv() gets the byte");
}

static long long bg_waitall(struct bg *bg)
{
	return recv(bg->fd, bg->arg, 8, MSG_WAITALL);
}

static void test_waitall(void)
{
	struct bg bg = { .fn = bg_waitall };
	struct pair p;
	char buf[8];

	pair_open(&p);
	bg.fd = p.s;
	bg.arg = buf;
	need(send(p.c, "abcd", 4, 0));
	bg_start(&bg);
	ok(bg_blocked(&bg), "waits for the whole");
	need(send(p.c, "efgh", 4, 0));
	eq(bg_join(&bg), 8, "has the whole");
	ok(!memcmp(buf, "abcdefgh", 8), "the data is right");

	catch_signal(SIGUSR1, 0);
	need(send(p.c, "abc", 3, 0));
	bg_start(&bg);
	ok(bg_blocked(&bg), "waits");
	bg_signal(&bg, SIGUSR1);
	eq(bg_join(&bg), 3, "a signal: what was there");

	need(send(p.c, "ab", 2, 0));
	eq(recv(p.s, buf, 8, MSG_WAITALL | MSG_DONTWAIT), 2,
	   "MSG_DONTWAIT is stronger");

	need(set_ms(p.s, SO_RCVTIMEO, SHORT_MS));
	need(send(p.c, "abcde", 5, 0));
	eq(recv(p.s, buf, 8, MSG_WAITALL), 5, "SO_RCVTIMEO: what was there");
	need(set_ms(p.s, SO_RCVTIMEO, 0));

	need(send(p.c, "ab", 2, 0));
	bg_start(&bg);
	ok(bg_blocked(&bg), "waits");
	need(close(p.c));
	eq(bg_join(&bg), 2, "the end: what was there");
	eq(recv(p.s, buf, 8, MSG_WAITALL), 0, "then the end");
}

static void test_trunc(void)
{
	struct pair p;
	char buf[8] = "........";

	pair_open(&p);
	need(send(p.c, "abcdefgh", 8, 0));
	need(wait_inq(p.s, 8) ? 0 : -1);
	eq(recv(p.s, buf, 3, MSG_TRUNC), 3, "MSG_TRUNC discards");
	ok(!memcmp(buf, "........", 8), "and writes nothing");
	eq(recv(p.s, NULL, 2, MSG_TRUNC), 2, "a null pointer will do");
	eq(recv(p.s, buf, 8, 0), 3, "the rest");
	ok(!memcmp(buf, "fgh", 3), "is right");
	need(send(p.c, "ab", 2, 0));
	need(wait_inq(p.s, 2) ? 0 : -1);
	eq(recv(p.s, NULL, 8, MSG_TRUNC | MSG_PEEK), 2, "MSG_PEEK: counts only");
	eq(recv(p.s, buf, 8, 0), 2, "nothing is lost");
}

static void test_nothing(void)
{
	struct pair p;
	char buf[4];

	pair_open(&p);
	eq(send(p.c, "", 0, 0), 0, "send() of 0 bytes");
	eq(write(p.c, "", 0), 0, "write() of 0 bytes");
	eq(poll_now(p.s, POLLIN), 0, "nothing arrives");
	need(send(p.c, "abc", 3, 0));
	need(wait_inq(p.s, 3) ? 0 : -1);
	eq(recv(p.s, buf, 0, 0), 0, "recv() of 0 bytes");
	eq(read(p.s, buf, 0), 0, "read() of 0 bytes");
	eq(fd_inq(p.s), 3, "takes nothing");
	eq(recv(p.s, buf, 4, 0), 3, "the data is there");
	eq(read(p.s, buf, 0), 0, "read() of 0 bytes does not wait");
	fails(recv(p.s, buf, 0, MSG_DONTWAIT), EAGAIN,
	      "recv() of 0 bytes does wait for data");
	need(shutdown(p.c, SHUT_WR));
	eq(send(p.c, "", 0, MSG_NOSIGNAL), -1, "send() of 0 bytes, shut down");
	eq(errno, EPIPE, "EPIPE");
}

static void test_signals(void)
{
	struct bg bg = { .fn = bg_recv1 };
	struct pair p;

	pair_open(&p);
	bg.fd = p.s;
	catch_signal(SIGUSR1, 0);
	bg_start(&bg);
	ok(bg_blocked(&bg), "recv() blocks");
	bg_signal(&bg, SIGUSR1);
	fails(bg_join(&bg), EINTR, "a signal interrupts");
	catch_signal(SIGUSR1, SA_RESTART);
	bg_start(&bg);
	ok(bg_blocked(&bg), "SA_RESTART: blocks");
	bg_signal(&bg, SIGUSR1);
	ok(bg_blocked(&bg), "SA_RESTART: goes on");
	need(send(p.c, "x", 1, 0));
	eq(bg_join(&bg), 1, "SA_RESTART: returns with data");
}

static long long bg_send_big(struct bg *bg)
{
	static char big[1 << 20];

	return send(bg->fd, big, sizeof(big), MSG_NOSIGNAL);
}

static void test_send_signals(void)
{
	struct bg bg = { .fn = bg_send_big };
	struct pair p;

	pair_open_small(&p, 8192, 8192);
	bg.fd = p.c;
	catch_signal(SIGUSR1, 0);
	bg_start(&bg);
	ok(bg_blocked(&bg), "send() blocks");
	bg_signal(&bg, SIGUSR1);
	ok(bg_join(&bg) > 0, "a signal: returns what it sent: %lld", bg.ret);
	need(fill(p.c));
	bg_start(&bg);
	ok(bg_blocked(&bg), "no room: blocks");
	bg_signal(&bg, SIGUSR1);
	fails(bg_join(&bg), EINTR, "a signal: nothing sent, EINTR");
}

/* They are counted in ticks, of which a busy machine misses some. */
static void test_timeouts(void)
{
	struct pair p;
	long long start;
	char byte;

	pair_open_small(&p, 8192, 8192);
	need(set_ms(p.c, SO_RCVTIMEO, SHORT_MS));
	start = now_ms();
	fails(recv(p.c, &byte, 1, 0), EAGAIN, "SO_RCVTIMEO: recv()");
	ok(now_ms() - start >= SHORT_MS / 2, "not before its time");
	need(set_ms(p.c, SO_SNDTIMEO, SHORT_MS));
	need(fill(p.c));
	start = now_ms();
	fails(send(p.c, "x", 1, 0), EAGAIN, "SO_SNDTIMEO: send()");
	ok(now_ms() - start >= SHORT_MS / 2, "not before its time");
	need(drain(p.s));
	need(poll_for(p.c, POLLOUT) & POLLOUT ? 0 : -1);
	ok(bg_send_big(&(struct bg){ .fd = p.c }) > 0,
	   "what could be sent until then is told");
}

static void test_strange_flags(void)
{
	struct pair p;
	char buf[8];

	pair_open(&p);
	eq(send(p.c, "a", 1, MSG_DONTROUTE | MSG_CONFIRM | MSG_EOR), 1,
	   "MSG_DONTROUTE, MSG_CONFIRM, MSG_EOR are let pass");
	eq(send(p.c, "b", 1, MSG_MORE), 1, "MSG_MORE");
	eq(send(p.c, "c", 1, 0), 1, "and the rest");
	eq(recv(p.s, buf, 3, MSG_WAITALL), 3, "all arrives");
	fails(recv(p.s, buf, 1, MSG_ERRQUEUE | MSG_DONTWAIT), EAGAIN,
	      "MSG_ERRQUEUE: empty");
}

static const struct tap_test tests[] = {
	TEST(basics),
	TEST(with_address),
	TEST(dontwait),
	TEST(partial_send),
	TEST(peek),
	TEST(peek_waits),
	TEST(waitall),
	TEST(trunc),
	TEST(nothing),
	TEST(signals),
	TEST(send_signals),
	TEST(timeouts),
	TEST(strange_flags),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
