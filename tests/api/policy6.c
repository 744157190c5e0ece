// SPDX-License-Identifier: GPL-2.0
/*
 * Policies for sockets of IPv6: BPF programs of the socket's cgroup.  api/policy has IPv4's,
 * and the rest.
 *
 * run: ip-blind
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf.h"
#include "net.h"
#include "tap.h"

#define GROUP	"xtcp-policy6"

enum { SERVER_PORT = 7000, PORT = 7100 };

static bool in_group(void)
{
	if (cgroup_enter(GROUP))
		return true;
	tap_skip("no cgroups", "everything");
	return false;
}

static void leave(enum bpf_attach_type where)
{
	bpf_detach(GROUP, where);
	cgroup_leave(GROUP);
}

/* A program that refuses where a word of its context is @value. */
static void deny(enum bpf_attach_type where, size_t word, int value)
{
	const struct bpf_insn program[] = {
		LOAD(2, 1, word),
		MOV_IMM(0, 1),
		JUMP_NE(2, value, 1),
		MOV_IMM(0, 0),
		EXIT,
	};

	bpf_attach(GROUP, where, program, ARRAY_SIZE(program));
}

static struct sockaddr_in6 loopback(int port)
{
	return (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
}

static int bind6(int fd, int port)
{
	struct sockaddr_in6 a = loopback(port);

	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int connect6(int fd, int port)
{
	struct sockaddr_in6 a = loopback(port);

	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static int port6(int fd)
{
	struct sockaddr_in6 a = { 0 };
	socklen_t len = sizeof(a);

	need(getsockname(fd, (struct sockaddr *)&a, &len));
	return ntohs(a.sin6_port);
}

/* Sockets of IPv6 are refused: also to one of AF_XTCP, when it becomes one. */
static void test_create(void)
{
	int fd;

	if (!in_group())
		return;
	deny(BPF_CGROUP_INET_SOCK_CREATE, offsetof(struct bpf_sock, family), AF_INET6);
	fails(inet6_socket(), EPERM, "AF_INET6");
	fd = need(xsocket());
	if (wire != WIRE_KERNEL) {
		fails(bind6(fd, 0), EPERM, "AF_XTCP, bound to an address of IPv6");
		fails(connect6(fd, PORT), EPERM, "connected");
		fails(set_int(fd, SOL_IPV6, IPV6_V6ONLY, 1), EPERM, "with an option");
		eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET, "it is what it was");
	}
	ok(!bind4(fd, "127.0.0.1", 0), "IPv4 goes on");
	leave(BPF_CGROUP_INET_SOCK_CREATE);
}

static void test_bind(void)
{
	int fd;

	if (!in_group())
		return;
	fd = need(inet6_socket());
	deny(BPF_CGROUP_INET6_BIND, offsetof(struct bpf_sock_addr, user_port), htons(PORT));
	fails(bind6(fd, PORT), EPERM, "the port that is refused");
	ok(!bind6(fd, PORT + 1), "another");
	eq(port6(fd), PORT + 1, "it is bound");
	leave(BPF_CGROUP_INET6_BIND);
}

static void test_bind_rewrite(void)
{
	const struct bpf_insn program[] = {
		MOV_IMM(2, htons(PORT)),
		STORE(1, offsetof(struct bpf_sock_addr, user_port), 2),
		MOV_IMM(0, 1),
		EXIT,
	};
	int fd;

	if (!in_group())
		return;
	fd = need(inet6_socket());
	bpf_attach(GROUP, BPF_CGROUP_INET6_BIND, program, ARRAY_SIZE(program));
	ok(!bind6(fd, PORT + 1), "bind");
	eq(port6(fd), PORT, "to the program's port");
	leave(BPF_CGROUP_INET6_BIND);
}

static void test_post_bind(void)
{
	int fd;

	if (!in_group())
		return;
	fd = need(inet6_socket());
	deny(BPF_CGROUP_INET6_POST_BIND, offsetof(struct bpf_sock, src_port), PORT);
	fails(bind6(fd, PORT), EPERM, "the port that is refused");
	ok(!bind6(fd, PORT + 1), "another");
	bpf_detach(GROUP, BPF_CGROUP_INET6_POST_BIND);
	fd = need(inet6_socket());
	ok(!bind6(fd, PORT), "nothing is left of what was refused");
	cgroup_leave(GROUP);
}

static int server(void)
{
	int l = need(inet6_socket());

	need(bind6(l, SERVER_PORT));
	need(listen(l, 4));
	return l;
}

static void test_connect(void)
{
	int fd;

	if (!in_group())
		return;
	server();
	fd = need(inet6_socket());
	deny(BPF_CGROUP_INET6_CONNECT, offsetof(struct bpf_sock_addr, user_port),
	     htons(SERVER_PORT));
	fails(connect6(fd, SERVER_PORT), EPERM, "the port that is refused");
	bpf_detach(GROUP, BPF_CGROUP_INET6_CONNECT);
	ok(!connect6(fd, SERVER_PORT), "nobody refuses it");
	cgroup_leave(GROUP);
}

static void test_connect_rewrite(void)
{
	const struct bpf_insn program[] = {
		MOV_IMM(2, htons(SERVER_PORT)),
		STORE(1, offsetof(struct bpf_sock_addr, user_port), 2),
		MOV_IMM(0, 1),
		EXIT,
	};
	int l, fd;

	if (!in_group())
		return;
	l = server();
	fd = need(inet6_socket());
	bpf_attach(GROUP, BPF_CGROUP_INET6_CONNECT, program, ARRAY_SIZE(program));
	ok(!connect6(fd, PORT), "a program that says another port");
	ok(accept_in_time(l) >= 0, "it is connected there");
	leave(BPF_CGROUP_INET6_CONNECT);
}

static const struct tap_test tests[] = {
	TEST(create),
	TEST(bind),
	TEST(bind_rewrite),
	TEST(post_bind),
	TEST(connect),
	TEST(connect_rewrite),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
