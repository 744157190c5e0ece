// SPDX-License-Identifier: GPL-2.0
/* SO_REUSEADDR and SO_REUSEPORT. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static int socket_with(int option)
{
	int fd = need(xsocket());

	if (option)
		need(set_int(fd, SOL_SOCKET, option, 1));
	return fd;
}

static void test_reuseaddr_bound(void)
{
	int a = socket_with(SO_REUSEADDR);
	int b = socket_with(SO_REUSEADDR);
	int plain = socket_with(0);

	need(bind_at(a, "127.0.0.1", 5200));
	eq(bind_at(b, "127.0.0.1", 5200), 0, "two that are only bound share");
	fails(bind_at(plain, "127.0.0.1", 5200), EADDRINUSE,
	      "not with one that lacks the option");
	eq(listen(a, 1), 0, "the first listens");
	fails(listen(b, 1), EADDRINUSE, "the second then cannot");
	close(a);
	eq(listen(b, 1), 0, "it can when the first is gone");
}

static void test_reuseaddr_listening(void)
{
	int a = socket_with(SO_REUSEADDR);
	int b = socket_with(SO_REUSEADDR);

	need(bind_at(a, "127.0.0.1", 5201));
	need(listen(a, 1));
	fails(bind_at(b, "127.0.0.1", 5201), EADDRINUSE, "not beside a listener");
	fails(bind_at(b, "0.0.0.0", 5201), EADDRINUSE, "nor as wildcard");

	a = socket_with(0);
	need(bind_at(a, "127.0.0.1", 5202));
	fails(bind_at(b, "127.0.0.1", 5202), EADDRINUSE,
	      "not beside one that lacks the option");
	need(set_int(a, SOL_SOCKET, SO_REUSEADDR, 1));
	eq(bind_at(b, "127.0.0.1", 5202), 0, "it does when both have it");
}

/* Leave a connection of the port in TIME-WAIT, on the side of the port. */
static void leave_time_wait(int port, int option)
{
	int l = socket_with(option);
	int c, s;
	char byte;

	need(bind_at(l, "127.0.0.1", port));
	need(listen(l, 1));
	c = connect_to(l);
	s = need(accept_in_time(l));
	close(l);
	close(s);
	need(recv(c, &byte, 1, 0));
	need(shutdown(c, SHUT_WR));
	/* its FIN is acknowledged: the other side is in TIME-WAIT by now */
	need(wait_outq(c, 0) ? 0 : -1);
	close(c);
}

static void test_time_wait(void)
{
	int plain = socket_with(0);
	int fd = socket_with(SO_REUSEADDR);

	leave_time_wait(5203, 0);
	fails(bind_at(plain, "127.0.0.1", 5203), EADDRINUSE,
	      "TIME-WAIT holds the port");
	fails(bind_at(fd, "127.0.0.1", 5203), EADDRINUSE,
	      "that of a socket that lacked the option, even against it");

	leave_time_wait(5204, SO_REUSEADDR);
	fails(bind_at(plain, "127.0.0.1", 5204), EADDRINUSE,
	      "without the option: refused");
	eq(bind_at(fd, "127.0.0.1", 5204), 0, "with it on both: bound");
	eq(listen(fd, 1), 0, "and listening");
	eq(connect_at(need(xsocket()), "127.0.0.1", 5204), 0, "and it connects");
}

static void test_connected(void)
{
	int l = socket_with(SO_REUSEADDR);
	int fd = socket_with(SO_REUSEADDR);
	int c, s;

	need(bind_at(l, "127.0.0.1", 5205));
	need(listen(l, 1));
	c = connect_to(l);
	s = need(accept_in_time(l));
	close(l);
	eq(bind_at(fd, "127.0.0.1", 5205), 0, "beside an accepted connection");
	eq(listen(fd, 4), 0, "and listening");
	ok(connect_to(fd) >= 0, "new connections come");
	need(send(c, "x", 1, 0));
	ok(poll_for(s, POLLIN) & POLLIN, "the old one works");
}

static int reuseport_listener(int port)
{
	int fd = socket_with(SO_REUSEPORT);

	need(bind_at(fd, "127.0.0.1", port));
	need(listen(fd, 64));
	return fd;
}

static void test_reuseport_spread(void)
{
	int l[4], got[4] = { 0 };
	int i, n, fd, all = 0, used = 0;

	for (i = 0; i < 4; i++)
		l[i] = reuseport_listener(5206);
	ok(true, "four listeners on one port");
	for (i = 0; i < 64; i++)
		connect_to(l[0]);
	for (n = 0; n < 4; n++) {
		set_nonblock(l[n], true);
		while ((fd = accept(l[n], NULL, NULL)) >= 0) {
			close(fd);
			got[n]++;
		}
		all += got[n];
		used += got[n] > 0;
	}
	eq(all, 64, "each connection reaches one of them");
	/* fewer than three of four by chance: once in 10^15 */
	ok(used >= 3, "they are spread: %d %d %d %d", got[0], got[1], got[2],
	   got[3]);
	close(l[0]);
	close(l[1]);
	close(l[2]);
	for (i = 0; i < 8; i++)
		if (connect_at(need(xsocket()), "127.0.0.1", 5206) < 0)
			break;
	eq(i, 8, "the last listener takes all");
}

static void test_reuseport_mixed(void)
{
	int plain = socket_with(0);
	int addr = socket_with(SO_REUSEADDR);
	int port = socket_with(SO_REUSEPORT);

	reuseport_listener(5207);
	fails(bind_at(plain, "127.0.0.1", 5207), EADDRINUSE, "without an option");
	fails(bind_at(addr, "127.0.0.1", 5207), EADDRINUSE, "SO_REUSEADDR alone");
	eq(bind_at(port, "127.0.0.1", 5207), 0, "SO_REUSEPORT");

	port = socket_with(SO_REUSEPORT);
	need(bind_at(plain, "127.0.0.1", 5208));
	fails(bind_at(port, "127.0.0.1", 5208), EADDRINUSE,
	      "SO_REUSEPORT beside one without");
	eq(bind_at(port, "0.0.0.0", 5209), 0, "wildcard");
	eq(bind_at(socket_with(SO_REUSEPORT), "127.0.0.1", 5209), 0,
	   "and specific");
}

/* The specific listener is chosen over the wildcard. */
static void test_best_match(void)
{
	int any = socket_with(SO_REUSEPORT);
	int one = socket_with(SO_REUSEPORT);

	need(bind_at(any, "0.0.0.0", 5210));
	need(listen(any, 8));
	need(bind_at(one, "127.0.0.1", 5210));
	need(listen(one, 8));
	connect_at(need(xsocket()), "127.0.0.1", 5210);
	ok(poll_for(one, POLLIN) & POLLIN, "127.0.0.1 goes to the specific");
	eq(poll_now(any, POLLIN), 0, "and not to the wildcard");
	connect_at(need(xsocket()), "127.0.0.2", 5210);
	ok(poll_for(any, POLLIN) & POLLIN, "127.0.0.2 goes to the wildcard");
}

static void other_user(void *arg)
{
	int fd = socket_with(SO_REUSEPORT);

	(void)arg;
	need(setresuid(65534, 65534, 65534));
	eq(bind_at(fd, "127.0.0.1", 5211), 0,
	   "who made the socket counts, not who calls");
	fd = socket_with(SO_REUSEPORT);
	fails(bind_at(fd, "127.0.0.1", 5211), EADDRINUSE,
	      "a port of root's is not for another user");
}

static void same_user(void *arg)
{
	int l;

	(void)arg;
	need(setresuid(65534, 65534, 65534));
	l = reuseport_listener(5213);
	need(connect_at(need(xsocket()), "127.0.0.1", 5213));
	ok(poll_for(l, POLLIN) & POLLIN, "a connection waits to be accepted");
	l = socket_with(SO_REUSEPORT);
	eq(bind_at(l, "127.0.0.1", 5213), 0, "it is no obstacle to its own user");
	eq(listen(l, 1), 0, "nor to listen()");
}

/* Nobody may steal the connections of another user. */
static void test_reuseport_users(void)
{
	if (!have_root()) {
		tap_skip("not root", "users");
		return;
	}
	reuseport_listener(5211);
	eq(exit_status(fork_run(other_user, NULL)), 0, "child");
	eq(exit_status(fork_run(same_user, NULL)), 0, "child");
}

/* An old kernel does not ask the family. */
static bool refused(int ret)
{
	return ret < 0 && (errno == EOPNOTSUPP || errno == EINVAL);
}

/* Programs that choose among the sockets of a port */
static void test_reuseport_program(void)
{
	struct sock_filter first = { .code = BPF_RET | BPF_K };
	struct sock_fprog program = { .len = 1, .filter = &first };
	int l = reuseport_listener(5213);
	int c = connect_to(l), s = need(accept(l, NULL, NULL));

	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP has them", "none is taken");
		return;
	}
	ok(refused(setsockopt(l, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			      sizeof(program))), "a classic one is refused");
	ok(refused(set_int(l, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, 0)),
	   "so is another");
	ok(refused(setsockopt(s, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			      sizeof(program))), "on a connection, too");
	eq(set_int(s, SOL_SOCKET, SO_KEEPALIVE, 1), 0, "other options are not");
	eq(get_int(s, SOL_SOCKET, SO_KEEPALIVE), 1, "it is set");
	close(c);
}

static const struct tap_test tests[] = {
	TEST(reuseaddr_bound),
	TEST(reuseaddr_listening),
	TEST(time_wait),
	TEST(connected),
	TEST(reuseport_spread),
	TEST(reuseport_mixed),
	TEST(best_match),
	TEST(reuseport_users),
	TEST(reuseport_program),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
