// SPDX-License-Identifier: GPL-2.0
/* connect() that takes its time: in progress, interrupted, timed out, given up. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_in_progress(void)
{
	struct address addr, peer = { .len = sizeof(peer.v6) };
	char byte;
	int full[2];
	int l = full_listener(full);
	int fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));

	addr = name_of(l);
	fails(connect_addr(fd, &addr), EINPROGRESS, "first");
	fails(connect_addr(fd, &addr), EALREADY, "second");
	eq(poll_now(fd, POLLIN | POLLOUT), 0, "poll() has nothing");
	eq(so_error(fd), 0, "SO_ERROR has nothing");
	fails(recv(fd, &byte, 1, 0), EAGAIN, "recv()");
	fails(send(fd, "x", 1, MSG_NOSIGNAL), EAGAIN, "send()");
	fails(getpeername(fd, &peer.any, &peer.len), ENOTCONN,
	      "getpeername()");
	ok(port_of(fd) != 0, "it has a port");
	ok(is_at(name_of(fd), "127.0.0.1"),
	   "and an address");
	fails(accept(fd, NULL, NULL), EINVAL, "accept()");
	fails(bind_at(fd, "127.0.0.1", 0), EINVAL, "bind()");

	need(listen(l, 8));
	/* the next SYN is sent after a second */
	eq(poll_for(fd, POLLOUT), POLLOUT, "completes");
	eq(so_error(fd), 0, "SO_ERROR");
	eq(connect_addr(fd, &addr), 0, "connect() confirms once");
	fails(connect_addr(fd, &addr), EISCONN, "then EISCONN");
	eq(port_in(peer_of(fd)), port_in(addr), "getpeername()");
}

static void test_interrupted(void)
{
	struct bg bg = { .fn = bg_connect };
	struct address addr;
	int full[2];
	int l = full_listener(full);

	addr = name_of(l);
	bg.arg = &addr;
	bg.fd = need(xsocket());
	catch_signal(SIGUSR1, 0);
	bg_start(&bg);
	ok(bg_blocked(&bg), "connect() blocks");
	bg_signal(&bg, SIGUSR1);
	fails(bg_join(&bg), EINTR, "a signal interrupts");
	eq(poll_now(bg.fd, POLLOUT), 0, "still connecting");

	/* a second call waits on */
	catch_signal(SIGUSR1, SA_RESTART);
	bg_start(&bg);
	ok(bg_blocked(&bg), "a second connect() blocks on");
	bg_signal(&bg, SIGUSR1);
	ok(bg_blocked(&bg), "SA_RESTART: goes on after the signal");
	need(listen(l, 8));
	eq(bg_join(&bg), 0, "and connects");
	fails(connect_addr(bg.fd, &addr), EISCONN, "is connected");
}

static void test_send_timeout(void)
{
	struct address addr;
	long long start;
	int full[2];
	int l = full_listener(full);
	int fd = need(xsocket());

	addr = name_of(l);
	need(set_ms(fd, SO_SNDTIMEO, SHORT_MS));
	start = now_ms();
	fails(connect_addr(fd, &addr), EINPROGRESS, "SO_SNDTIMEO");
	ok(now_ms() - start >= SHORT_MS / 2, "not before its time");
	fails(connect_addr(fd, &addr), EALREADY, "and again");
	eq(poll_now(fd, POLLOUT), 0, "still connecting");
}

/* A signal with SO_SNDTIMEO set is not restarted. */
static void test_timeout_signal(void)
{
	struct bg bg = { .fn = bg_connect };
	struct address addr;
	int full[2];

	addr = name_of(full_listener(full));
	bg.arg = &addr;
	bg.fd = need(xsocket());
	need(set_ms(bg.fd, SO_SNDTIMEO, LONG_MS));
	catch_signal(SIGUSR1, SA_RESTART);
	bg_start(&bg);
	ok(bg_blocked(&bg), "blocks");
	bg_signal(&bg, SIGUSR1);
	fails(bg_join(&bg), EINTR, "EINTR in spite of SA_RESTART");
}

/* While connecting, recv() and send() that may block wait for the outcome. */
static long long bg_send1(struct bg *bg)
{
	return send(bg->fd, "q", 1, MSG_NOSIGNAL);
}

static void test_blocked_io(void)
{
	struct bg rx = { .fn = bg_recv1 };
	struct bg tx = { .fn = bg_send1 };
	int full[2];
	int l = full_listener(full);
	char byte;
	int s;

	set_nonblock(full[1], false);
	rx.fd = full[1];
	tx.fd = full[1];
	bg_start(&rx);
	bg_start(&tx);
	ok(bg_blocked(&rx), "recv() waits");
	ok(bg_blocked(&tx), "send() waits");
	close(need(accept(l, NULL, NULL)));
	eq(bg_join(&tx), 1, "send() goes on when connected");
	s = need(accept_in_time(l));
	eq(recv(s, &byte, 1, 0), 1, "what it sent arrives");
	eq(byte, 'q', "it is right");
	need(send(s, "r", 1, 0));
	eq(bg_join(&rx), 1, "recv() returns with data");
}

static void test_give_up(void)
{
	struct address addr;
	int full[2];
	int l = full_listener(full);
	int fd = full[1];
	int again;

	addr = name_of(fd);
	eq(close(fd), 0, "close() while connecting");
	again = need(xsocket());
	eq(bind_at(again, "127.0.0.1", port_in(addr)), 0,
	   "the port is free at once");
	close(need(accept(l, NULL, NULL)));
	set_nonblock(l, true);
	fails(accept(l, NULL, NULL), EAGAIN, "no connection arrives");

	full_listener(full);
	eq(shutdown(full[1], SHUT_WR), 0, "shutdown() while connecting");
	eq(poll_now(full[1], POLLOUT | POLLIN) & POLLHUP, POLLHUP,
	   "ends the attempt");
}

static void test_user_timeout(void)
{
	struct address addr;
	int full[2];
	int fd = need(xsocket());
	long long start = now_ms();

	addr = name_of(full_listener(full));
	if (set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 200) < 0) {
		tap_skip("no TCP_USER_TIMEOUT", "TCP_USER_TIMEOUT");
		return;
	}
	fails(connect_addr(fd, &addr), ETIMEDOUT, "TCP_USER_TIMEOUT");
	ok(now_ms() - start < LONG_MS, "within seconds");
	eq(so_error(fd), 0, "SO_ERROR is clear");
}

/* A thread connects while another shuts the socket down. */
static void test_shut_by_other(void)
{
	struct bg bg = { .fn = bg_connect };
	struct address addr;
	int full[2];

	addr = name_of(full_listener(full));
	bg.arg = &addr;
	bg.fd = need(xsocket());
	bg_start(&bg);
	ok(bg_blocked(&bg), "connect() blocks");
	eq(shutdown(bg.fd, SHUT_RDWR), 0, "shutdown() by another thread");
	fails(bg_join(&bg), ECONNRESET, "connect() ends");
}

static const struct tap_test tests[] = {
	TEST_WAITS(in_progress),
	TEST_WAITS(interrupted),
	TEST(send_timeout),
	TEST(timeout_signal),
	TEST_WAITS(blocked_io),
	TEST(give_up),
	TEST_WAITS(user_timeout),
	TEST(shut_by_other),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
