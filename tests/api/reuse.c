// SPDX-License-Identifier: GPL-2.0
/* SO_REUSEADDR and SO_REUSEPORT. */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <linux/filter.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
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

/* Connect, and see which of two listeners has it; -1: none.  @port: the client's. */
static int taken_by(const int l[2], int *port)
{
	struct pollfd p[2] = {
		{ .fd = l[0], .events = POLLIN },
		{ .fd = l[1], .events = POLLIN },
	};
	int c = connect_to(l[0]), i, s;

	if (port)
		*port = port_of(c);
	if (poll(p, 2, LONG_MS) != 1)
		return -1;
	i = p[0].revents ? 0 : 1;
	s = need(accept(l[i], NULL, NULL));
	close(c);
	close(s);
	return i;
}

static bool all_taken_by(const int l[2], int which)
{
	for (int i = 0; i < 8; i++)
		if (taken_by(l, NULL) != which)
			return false;
	return true;
}

static int attach(int fd, struct sock_filter *code, unsigned int n)
{
	struct sock_fprog program = { .len = n, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program));
}

static int attach_number(int fd, int number)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, number);

	return attach(fd, &code, 1);
}

static int detach(int fd)
{
	return set_int(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
}

/* A program chooses among the sockets of a port, by their number: who listened first is 0. */
static void test_reuseport_program(void)
{
	struct sock_filter parity[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SKF_NET_OFF + ip_header_bytes()),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_filter bytes[] = {	/* of the data: a SYN has none */
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	int l[2], i, port;

	for (i = 0; i < 2; i++)
		l[i] = reuseport_listener(5214);
	eq(attach_number(l[0], 1), 0, "a program that names the second");
	ok(all_taken_by(l, 1), "all go there");
	eq(attach_number(l[1], 0), 0, "another, attached to the other: the first");
	ok(all_taken_by(l, 0), "all go there");
	eq(attach_number(l[1], 2), 0, "one that names a socket that is not there");
	for (i = 0; i < 8 && taken_by(l, NULL) >= 0; i++)
		;
	eq(i, 8, "a socket is found all the same");
	eq(attach(l[0], parity, ARRAY_SIZE(parity)), 0, "one that looks at the packet");
	for (i = 0; i < 16 && taken_by(l, &port) == (port & 1); i++)
		;
	eq(i, 16, "it sees the client's port");
	eq(attach(l[0], bytes, ARRAY_SIZE(bytes)), 0, "one that asks how long the data is");
	ok(all_taken_by(l, 0), "it is after the header");
	eq(attach_number(l[0], 1), 0, "once more");
	close(l[0]);
	l[0] = reuseport_listener(5214);
	ok(all_taken_by(l, 0), "the program stays when a socket goes, and the next is the second");
	eq(detach(l[1]), 0, "it is taken away");
	fails(detach(l[1]), ENOENT, "there is no other");
}

/* Who may have one, and when */
static void test_reuseport_program_refused(void)
{
	int plain = socket_with(0);
	int bound = socket_with(SO_REUSEPORT);
	int l[2], c, s;

	fails(attach_number(plain, 0), EINVAL, "without SO_REUSEPORT");
	fails(detach(plain), EINVAL, "nothing to take away");
	need(bind_at(plain, "127.0.0.1", 5215));
	need(listen(plain, 8));
	fails(attach_number(plain, 0), EINVAL, "nor while it listens");
	need(set_int(plain, SOL_SOCKET, SO_REUSEPORT, 1));
	fails(attach_number(plain, 0), EINVAL, "that is too late");

	need(bind_at(bound, "127.0.0.1", 5216));
	fails(detach(bound), ENOENT, "nothing to take away");
	eq(attach_number(bound, 1), 0, "before listen()");
	need(listen(bound, 64));
	l[0] = bound;
	l[1] = reuseport_listener(5216);
	ok(all_taken_by(l, 1), "it holds for who comes later");

	c = connect_to(l[0]);
	s = need(accept_in_time(l[1]));
	fails(attach_number(s, 0), EINVAL, "a connection has none");
	fails(attach_number(c, 0), EINVAL, "nor has a client");
	eq(set_int(s, SOL_SOCKET, SO_KEEPALIVE, 1), 0, "other options are set");
	eq(get_int(s, SOL_SOCKET, SO_KEEPALIVE), 1, "as they were");
	fails(set_int(l[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, -1), EBADF, "no file");
	ok(all_taken_by(l, 1), "that changes nothing");
}

static void test_reuseport_ebpf(void)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)code,
		.insn_cnt = ARRAY_SIZE(code),
		.license = (unsigned long)"GPL",
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)), l[2];

	if (fd < 0) {
		tap_skip("bpf() is refused", "eBPF");
		return;
	}
	l[0] = reuseport_listener(5217);
	l[1] = reuseport_listener(5217);
	eq(set_int(l[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, fd), 0, "attached");
	close(fd);
	ok(all_taken_by(l, 1), "it chooses");
	eq(detach(l[0]), 0, "taken away");
}

/* A SYN cookie is good for the group: its ACK may be another's. */
static void test_reuseport_cookies(void)
{
	struct sock_filter flags[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + ip_header_bytes() + 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	int l[2], i;

	if (!have_root()) {
		tap_skip("not root", "cookies");
		return;
	}
	need(sysctl_wire("syncookies", "2"));
	for (i = 0; i < 2; i++)
		l[i] = reuseport_listener(5219);
	eq(attach(l[0], flags, ARRAY_SIZE(flags)), 0, "SYNs for one, ACKs for the other");
	ok(all_taken_by(l, 1), "whom the ACK comes to has the connection");
	need(sysctl_wire("syncookies", "1"));
	ok(all_taken_by(l, 0), "without cookies it is whom the SYN came to");
}

/* Each of a port's groups is one for itself: by address, and by IPV6_V6ONLY. */
static void test_reuseport_groups(void)
{
	int any[2], one[2], i;

	for (i = 0; i < 2; i++) {
		one[i] = reuseport_listener(5218);
		any[i] = socket_with(SO_REUSEPORT);
		need(bind_at(any[i], "0.0.0.0", 5218));
		need(listen(any[i], 64));
	}
	need(attach_number(any[0], 0));
	need(attach_number(one[0], 1));
	ok(all_taken_by(one, 1), "its own group's program chooses");
	close(one[1]);
	close(one[0]);
	ok(all_taken_by(any, 0), "then the other's");
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
	TEST(reuseport_program_refused),
	TEST(reuseport_ebpf),
	TEST(reuseport_groups),
	TEST(reuseport_cookies),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
