// SPDX-License-Identifier: GPL-2.0
/*
 * Policies: BPF programs of the socket's cgroup, Landlock, net.xtcp.tcp_wire,
 * security modules, IPsec.  On TCP's wire, rules that speak of TCP apply.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/xfrm.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf.h"
#include "net.h"
#include "space.h"
#include "tap.h"

#define GROUP	"xtcp-policy"
#define NOBODY	65534

enum { SERVER_PORT = 7000, PORT = 7100, OTHER_PORT = 7101, MARK = 77 };

/* Where a program's context has things. */
#define PROTOCOL	offsetof(struct bpf_sock_addr, protocol)
#define USER_PORT	offsetof(struct bpf_sock_addr, user_port)
#define SOCK_PROTOCOL	offsetof(struct bpf_sock, protocol)

/* The protocol that a rule about the wire under test speaks of, and another. */
static int its_protocol(void)
{
	return wire == WIRE_NATIVE ? IPPROTO_XTCP : IPPROTO_TCP;
}

static int not_its_protocol(void)
{
	return wire == WIRE_NATIVE ? IPPROTO_TCP : IPPROTO_UDP;
}

static bool in_group(void)
{
	if (cgroup_enter(GROUP))
		return true;
	tap_skip("no cgroups", "everything");
	return false;
}

/* A rule: not this protocol. */
static void deny(enum bpf_attach_type where, int protocol)
{
	bool socket = where == BPF_CGROUP_INET_SOCK_CREATE ||
		      where == BPF_CGROUP_INET4_POST_BIND;
	const struct bpf_insn program[] = {
		LOAD(2, 1, socket ? SOCK_PROTOCOL : PROTOCOL),
		MOV_IMM(0, 1),
		JUMP_NE(2, protocol, 1),
		MOV_IMM(0, 0),
		EXIT,
	};

	bpf_attach(GROUP, where, program, ARRAY_SIZE(program));
}

static void test_create(void)
{
	int fd;

	if (!in_group())
		return;
	deny(BPF_CGROUP_INET_SOCK_CREATE, its_protocol());
	fails(xsocket(), EPERM, "a rule against its protocol");
	deny(BPF_CGROUP_INET_SOCK_CREATE, not_its_protocol());
	fd = xsocket();
	ok(fd >= 0, "a rule against another");
	close(fd);
	bpf_detach(GROUP, BPF_CGROUP_INET_SOCK_CREATE);
	cgroup_leave(GROUP);
}

static void test_bind(void)
{
	int fd;

	if (!in_group())
		return;
	fd = need(xsocket());
	deny(BPF_CGROUP_INET4_BIND, its_protocol());
	fails(bind_at(fd, "127.0.0.1", PORT), EPERM, "a rule against its protocol");
	deny(BPF_CGROUP_INET4_BIND, not_its_protocol());
	ok(!bind_at(fd, "127.0.0.1", PORT), "a rule against another");
	eq(port_of(fd), PORT, "it is bound");
	close(fd);
	bpf_detach(GROUP, BPF_CGROUP_INET4_BIND);
	cgroup_leave(GROUP);
}

/* systemd's SocketBindAllow=tcp:PORT, SocketBindDeny=any */
static void test_bind_allow(void)
{
	const struct bpf_insn program[] = {
		LOAD(2, 1, PROTOCOL),
		LOAD(3, 1, USER_PORT),
		MOV_IMM(0, 0),
		JUMP_NE(2, its_protocol(), 2),
		JUMP_NE(3, htons(PORT), 1),
		MOV_IMM(0, 1),
		EXIT,
	};
	int a, b;

	if (!in_group())
		return;
	bpf_attach(GROUP, BPF_CGROUP_INET4_BIND, program, ARRAY_SIZE(program));
	a = need(xsocket());
	b = need(xsocket());
	fails(bind_at(a, "127.0.0.1", OTHER_PORT), EPERM, "any other port");
	fails(bind_at(a, "127.0.0.1", 0), EPERM, "and none");
	ok(!bind_at(a, "127.0.0.1", PORT), "the port allowed");
	fails(bind_at(b, "127.0.0.1", PORT), EADDRINUSE, "it is taken, then");
	fails(bind_at(a, "127.0.0.1", PORT), EINVAL, "no second time");
	close(a);
	close(b);
	bpf_detach(GROUP, BPF_CGROUP_INET4_BIND);
	cgroup_leave(GROUP);
}

/* Asked a second time, the program would see its own rewrite, and refuse. */
static void test_bind_rewrite(void)
{
	const struct bpf_insn program[] = {
		LOAD(3, 1, USER_PORT),
		MOV_IMM(0, 0),
		JUMP_NE(3, htons(PORT), 3),
		MOV_IMM(2, htons(OTHER_PORT)),
		STORE(1, USER_PORT, 2),
		MOV_IMM(0, 1),
		EXIT,
	};
	int fd;

	if (!in_group())
		return;
	bpf_attach(GROUP, BPF_CGROUP_INET4_BIND, program, ARRAY_SIZE(program));
	fd = need(xsocket());
	ok(!bind_at(fd, "127.0.0.1", PORT), "a program that says another port");
	eq(port_of(fd), OTHER_PORT, "it is bound there");
	close(fd);
	bpf_detach(GROUP, BPF_CGROUP_INET4_BIND);
	cgroup_leave(GROUP);
}

static void test_post_bind(void)
{
	int fd;

	if (!in_group())
		return;
	fd = need(xsocket());
	deny(BPF_CGROUP_INET4_POST_BIND, its_protocol());
	fails(bind_at(fd, "127.0.0.1", PORT), EPERM, "a rule against its protocol");
	eq(port_of(fd), 0, "it is not bound");
	deny(BPF_CGROUP_INET4_POST_BIND, not_its_protocol());
	ok(!bind_at(fd, "127.0.0.1", PORT), "the port is free, and allowed");
	eq(port_of(fd), PORT, "it is bound");
	close(fd);
	bpf_detach(GROUP, BPF_CGROUP_INET4_POST_BIND);
	cgroup_leave(GROUP);
}

static int listen_at(const char *ip, int port)
{
	int fd = need(xsocket());

	need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	need(bind_at(fd, ip, port));
	need(listen(fd, 8));
	return fd;
}

static void test_connect(void)
{
	int listener, fd;

	if (!in_group())
		return;
	listener = listen_at("127.0.0.1", SERVER_PORT);
	fd = need(xsocket());
	deny(BPF_CGROUP_INET4_CONNECT, its_protocol());
	fails(connect_at(fd, "127.0.0.1", SERVER_PORT), EPERM,
	      "a rule against its protocol");
	deny(BPF_CGROUP_INET4_CONNECT, not_its_protocol());
	ok(!connect_at(fd, "127.0.0.1", SERVER_PORT), "a rule against another");
	close(fd);
	close(listener);
	bpf_detach(GROUP, BPF_CGROUP_INET4_CONNECT);
	cgroup_leave(GROUP);
}

/* To a port other than the user's */
static void test_connect_rewrite(void)
{
	const struct bpf_insn program[] = {
		MOV_IMM(2, htons(SERVER_PORT)),
		STORE(1, USER_PORT, 2),
		MOV_IMM(0, 1),
		EXIT,
	};
	int listener, fd;

	if (!in_group())
		return;
	listener = listen_at("127.0.0.1", SERVER_PORT);
	bpf_attach(GROUP, BPF_CGROUP_INET4_CONNECT, program, ARRAY_SIZE(program));
	fd = need(xsocket());
	ok(!connect_at(fd, "127.0.0.1", PORT), "a program that says another port");
	eq(port_in(peer_of(fd)), SERVER_PORT, "it is connected there");
	close(fd);
	close(listener);
	bpf_detach(GROUP, BPF_CGROUP_INET4_CONNECT);
	cgroup_leave(GROUP);
}

/* A program that calls bpf_bind() and permits the call where that went well */
static void bind_first(const char *ip, int port)
{
	const struct address a = at(ip, port);
	const int *words = (const int *)&a.any;
	const struct bpf_insn call[] = {
		MOV_REG(2, 10),
		ADD_IMM(2, -32),
		MOV_IMM(3, a.len),
		CALL(bind),
		MOV_REG(6, 0),
		MOV_IMM(0, 1),
		JUMP_EQ(6, 0, 1),
		MOV_IMM(0, 0),
		EXIT,
	};
	struct bpf_insn program[sizeof(a.v6) / 4 + ARRAY_SIZE(call)];
	int n = a.len / 4, i;

	for (i = 0; i < n; i++)
		program[i] = STORE_IMM(10, 4 * i - 32, words[i]);
	memcpy(program + n, call, sizeof(call));
	bpf_attach(GROUP, BPF_CGROUP_INET4_CONNECT, program, n + ARRAY_SIZE(call));
}

static void test_bpf_bind(void)
{
	int listener, fd, other;
	char byte = 'x';

	if (!in_group())
		return;
	listener = listen_at("127.0.0.1", SERVER_PORT);

	bind_first("127.0.0.1", PORT);
	fd = need(xsocket());
	ok(!connect_at(fd, "127.0.0.1", SERVER_PORT), "from an address and a port");
	eq(port_of(fd), PORT, "it is the port that the program says");
	other = need(accept(listener, NULL, NULL));
	eq(port_in(peer_of(other)), PORT, "the peer sees it");
	need(send(other, &byte, 1, 0));
	eq(recv(fd, &byte, 1, 0), 1, "data comes there");
	close(other);

	other = need(xsocket());
	ok(connect_at(other, "127.0.0.1", SERVER_PORT) < 0,
	   "the port is taken: another is refused");
	close(other);
	set_linger(fd, 1, 0);
	close(fd);

	bind_first("127.0.0.3", 0);
	fd = need(xsocket());
	ok(!connect_at(fd, "127.0.0.1", SERVER_PORT), "from an address alone");
	ok(is_at(name_of(fd), "127.0.0.3"),
	   "it is the address that the program says");
	ok(port_of(fd) > 0, "and some port");
	set_linger(fd, 1, 0);
	close(fd);

	fd = need(xsocket());
	need(bind_at(fd, "127.0.0.1", OTHER_PORT));
	bind_first("127.0.0.1", PORT);
	fails(connect_at(fd, "127.0.0.1", SERVER_PORT), EPERM,
	      "one that is bound cannot be bound again");
	eq(port_of(fd), OTHER_PORT, "it keeps its port");
	bpf_detach(GROUP, BPF_CGROUP_INET4_CONNECT);
	ok(!connect_at(fd, "127.0.0.1", SERVER_PORT), "and connects from there");
	close(fd);
	close(listener);
	cgroup_leave(GROUP);
}

/* bpf_setsockopt(SOL_SOCKET, SO_MARK), and bpf_getsockopt() of SOL_TCP */
static void test_bpf_setsockopt(void)
{
	const struct bpf_insn program[] = {
		MOV_REG(6, 1),
		STORE_IMM(10, -8, MARK),
		MOV_IMM(2, SOL_SOCKET),
		MOV_IMM(3, SO_MARK),
		MOV_REG(4, 10),
		ADD_IMM(4, -8),
		MOV_IMM(5, 4),
		CALL(setsockopt),
		MOV_REG(1, 6),
		STORE_IMM(10, -8, 1),
		MOV_IMM(2, SOL_TCP),
		MOV_IMM(3, TCP_NODELAY),
		MOV_REG(4, 10),
		ADD_IMM(4, -8),
		MOV_IMM(5, 4),
		CALL(setsockopt),
		MOV_IMM(0, 1),
		EXIT,
	};
	char byte = 'x';
	struct pair p;

	if (!in_group())
		return;
	bpf_attach(GROUP, BPF_CGROUP_INET4_CONNECT, program, ARRAY_SIZE(program));
	pair_open(&p);
	eq(get_int(p.c, SOL_SOCKET, SO_MARK), MARK, "a program's SO_MARK");
	eq(send(p.c, &byte, 1, 0), 1, "one that sets TCP's options harms nothing");
	eq(recv(p.s, &byte, 1, 0), 1, "data comes");
	pair_close(&p);
	bpf_detach(GROUP, BPF_CGROUP_INET4_CONNECT);
	cgroup_leave(GROUP);
}

/* ---- Landlock ---- */

/* From <linux/landlock.h> of Linux 6.7 and later */
struct ruleset_attr {
	unsigned long long handled_access_fs;
	unsigned long long handled_access_net;
};

struct net_port_attr {
	unsigned long long allowed_access;
	unsigned long long port;
};

enum { BIND_TCP = 1, CONNECT_TCP = 2, RULE_NET_PORT = 2, ABI_NET = 4 };

static bool has_landlock_net(void)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= ABI_NET)
		return true;
	tap_skip("no Landlock that knows TCP", "everything");
	return false;
}

/* From now on, TCP only to one port, and only bound to one. */
static void confine(int to_port, int bound_port)
{
	struct ruleset_attr attr = {
		.handled_access_net = BIND_TCP | CONNECT_TCP,
	};
	struct net_port_attr to = { CONNECT_TCP, to_port };
	struct net_port_attr bound = { BIND_TCP, bound_port };
	int fd = need(syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0));

	need(syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &to, 0));
	need(syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &bound, 0));
	need(syscall(SYS_landlock_restrict_self, fd, 0));
	close(fd);
}

static void no_new_privs(void)
{
	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void become_nobody(void)
{
	need(setgroups(0, NULL));
	need(setresgid(NOBODY, NOBODY, NOBODY));
	need(setresuid(NOBODY, NOBODY, NOBODY));
}

static void test_landlock_connect(void)
{
	int listener, other, fd;

	if (!has_landlock_net())
		return;
	listener = listen_at("127.0.0.1", SERVER_PORT);
	other = listen_at("127.0.0.1", PORT);
	confine(SERVER_PORT, OTHER_PORT);
	fd = need(xsocket());
	if (wire == WIRE_NATIVE)
		ok(!connect_at(fd, "127.0.0.1", PORT), "it does not speak of this wire");
	else
		fails(connect_at(fd, "127.0.0.1", PORT), EACCES,
		      "a port that it does not allow");
	close(fd);
	fd = need(xsocket());
	ok(!connect_at(fd, "127.0.0.1", SERVER_PORT), "the port that it allows");
	close(fd);
	close(listener);
	close(other);
}

static void test_landlock_bind(void)
{
	int fd;

	if (!has_landlock_net())
		return;
	become_nobody();
	no_new_privs();
	confine(SERVER_PORT, OTHER_PORT);
	fd = need(xsocket());
	if (wire == WIRE_NATIVE)
		ok(!bind_at(fd, "127.0.0.1", PORT), "it does not speak of this wire");
	else
		fails(bind_at(fd, "127.0.0.1", PORT), EACCES,
		      "a port that it does not allow");
	close(fd);
}

/* ---- net.xtcp.tcp_wire ---- */

/* Set it in the first namespace as well: that bounds the others. */
static void set_tcp_wire(const char *value)
{
	int ours = need(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
	int first = need(open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC));

	need(setns(first, CLONE_NEWNET));
	need(sysctl_wire("tcp_wire", value));
	need(setns(ours, CLONE_NEWNET));
	need(sysctl_wire("tcp_wire", value));
	close(first);
	close(ours);
}

static void try_nobody(void *arg)
{
	int *got = arg;
	int fd;

	become_nobody();
	fd = xsocket();
	got[0] = fd < 0 ? errno : 0;
	got[1] = bind_at(fd, "127.0.0.1", 0) ? errno : 0;
	fd = xsocket();
	no_new_privs();
	got[2] = bind_at(fd, "127.0.0.1", 0) ? errno : 0;
}

static void test_who(void)
{
	int *got = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= ABI_NET;
	int fd;

	if (wire != WIRE_TCP) {
		tap_skip("of TCP's wire", "everything");
		return;
	}
	set_tcp_wire("0");
	fails(xsocket(), EACCES, "0: nobody, not even root");
	fd = socket(AF_XTCP, SOCK_STREAM, 0);
	ok(fd >= 0, "0: the other wire is anybody's");
	close(fd);

	set_tcp_wire("1");
	fd = xsocket();
	ok(fd >= 0, "1: who may send any segment");
	close(fd);
	exit_status(fork_run(try_nobody, got));
	eq(got[0], EACCES, "1: nobody else");

	set_tcp_wire("2");
	exit_status(fork_run(try_nobody, got));
	eq(got[0], 0, "2: everybody");
	eq(got[1], 0, "2: who may bind");
	eq(got[2], landlock ? EACCES : 0, "2: but not who may be confined");
	no_new_privs();
	fd = need(xsocket());
	ok(!bind_at(fd, "127.0.0.1", PORT), "2: unless he may send any segment");
	close(fd);

	set_tcp_wire("3");
	exit_status(fork_run(try_nobody, got));
	eq(got[2], 0, "3: who may be confined, too");
	set_tcp_wire("2");
}

/* ---- security modules, and IPsec's policies ---- */

static bool connected_in(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, ms) == 1 && !so_error(fd);
}

/* A handshake that is held up, and goes on once it may. */
static void test_conn_request(void)
{
	int no = bpf_lsm_deny("inet_conn_request");
	int listener, fd;

	if (no < 0) {
		tap_skip("no BPF security modules", "everything");
		return;
	}
	listener = listen_on(8);
	fd = connect_start(listener);
	ok(!connected_in(fd, 500), "a module that refuses requests");
	close(no);
	ok(connected_in(fd, LONG_MS),
	   "the SYN comes again: nobody refuses it");
	close(fd);
	close(listener);
}

/* It is the socket's family that counts. */
static int policy_level(void)
{
	return is_inet6() ? SOL_IPV6 : SOL_IP;
}

static int policy_option(void)
{
	return is_inet6() ? IPV6_XFRM_POLICY : IP_XFRM_POLICY;
}

/* A socket's own policy */
static int block_output(int fd)
{
	struct xfrm_userpolicy_info policy = {
		.sel.family = over_ipv6() ? AF_INET6 : AF_INET,
		.lft.soft_byte_limit = XFRM_INF,
		.lft.hard_byte_limit = XFRM_INF,
		.lft.soft_packet_limit = XFRM_INF,
		.lft.hard_packet_limit = XFRM_INF,
		.dir = XFRM_POLICY_OUT,
		.action = XFRM_POLICY_BLOCK,
	};

	return setsockopt(fd, policy_level(), policy_option(), &policy, sizeof(policy));
}

static void test_listeners_policy(void)
{
	int listener = listen_on(8), fd;

	if (block_output(listener)) {
		tap_skip("no IPsec", "everything");
		return;
	}
	fd = connect_start(listener);
	ok(!connected_in(fd, 500),
	   "a listener that may not send does not answer");
	need(setsockopt(listener, policy_level(), policy_option(), NULL, 0));
	ok(connected_in(fd, LONG_MS),
	   "it does when it may");
	close(fd);
	close(listener);
}

static int connect_from(int port)
{
	int fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));

	need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	need(bind_at(fd, "10.9.0.2", port));
	if (connect_at(fd, "10.9.0.1", SERVER_PORT) && errno != EINPROGRESS)
		need(-1);
	return fd;
}

static bool counted(const char *name, long long least)
{
	long long end = now_ms() + LONG_MS;

	while (counter(name) < least && now_ms() < end)
		pause_ms(10);
	return counter(name) >= least;
}

/* A SYN that opens a new connection in the place of one in TIME_WAIT */
static void test_time_wait_policy(void)
{
	struct spaces in;
	int listener, c, s;
	char byte;

	if (wire == WIRE_KERNEL) {
		tap_skip("it counts nothing of that", "everything");
		return;
	}
	spaces_make(&in);
	space_go(in.a);
	listener = listen_at("0.0.0.0", SERVER_PORT);
	space_go(in.b);
	c = connect_from(PORT);
	s = need(accept(listener, NULL, NULL));
	close(s);
	set_nonblock(c, false);
	need(recv(c, &byte, 1, 0));
	close(c);
	space_go(in.a);
	need(counted("TimeWaits", 1) ? 0 : -1);
	if (!run("ip xfrm policy add src 10.9.0.2 dst 10.9.0.1 dir in action block")) {
		tap_skip("no IPsec", "everything");
		return;
	}
	space_go(in.b);
	c = connect_from(PORT);
	space_go(in.a);
	ok(counted("Filtered", 1), "a policy refuses the SYN");
	eq(counter("TimeWaitReused"), 0, "TIME_WAIT stays");
	need(run("ip xfrm policy flush") ? 0 : -1);
	ok(counted("TimeWaitReused", 1), "it ends when the SYN may pass");
	s = need(accept(listener, NULL, NULL));
	eq(so_error(c), 0, "it is connected");
	close(s);
	close(c);
	close(listener);
}

static const struct tap_test tests[] = {
	TEST(create),
	TEST(bind),
	TEST(bind_allow),
	TEST(bind_rewrite),
	TEST(post_bind),
	TEST(connect),
	TEST(connect_rewrite),
	TEST(bpf_bind),
	TEST(bpf_setsockopt),
	TEST(landlock_connect),
	TEST(landlock_bind),
	TEST(who),
	TEST(conn_request),
	TEST(listeners_policy),
	TEST(time_wait_policy),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
