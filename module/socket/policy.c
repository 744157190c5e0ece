// SPDX-License-Identifier: GPL-2.0
/*
 * Asking those who have a say in a socket before it is used: BPF programs of
 * its cgroup, Landlock, the administrator.
 *
 * Rules that speak of TCP must hold on TCP's wire.  They know TCP by the
 * socket's protocol number, which xtcp's sockets cannot have: the kernel takes
 * a stream socket with that number for a struct tcp_sock, and a program that
 * may set TCP's options would write beyond ours.  So on that wire a program
 * that looks at an address is shown a socket of the kernel's TCP, which stands
 * in for ours and is freed when the program has answered.  What the program has
 * set on it is then set on ours, as far as it can be read back.  Programs that
 * look only at the socket have no such helpers: for them our socket claims for
 * a moment to be TCP.
 *
 * The core asks Landlock before it calls xtcp, and Landlock finds no TCP.  xtcp
 * asks again about connect(), as sendto() with MSG_FASTOPEN would, on a kernel
 * where Landlock judges that.  Nobody outside the core can ask it about bind():
 * net.xtcp.tcp_wire says who must not bind.
 */
#include <linux/capability.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include "../compat.h"
#include "../engine/tcb.h"
#include "../netns.h"
#include "../uapi/xtcp.h"
#include "../wire/ip.h"
#include "policy.h"

/* Landlock has let it pass; there is nothing to send. */
static int asked_sendmsg(struct socket *sock, struct msghdr *msg, size_t size)
{
	return 0;
}

/**
 * struct asked - a socket of the kernel's TCP that Landlock is asked about; it is never used
 * @ops: what is called on it
 * @own_ops: what it had before
 * @sock: it; NULL: there is no such family
 */
struct asked {
	const struct proto_ops	ops;
	const struct proto_ops	*own_ops;
	struct socket		*sock;
};

#define ASKED(pf)	{ .ops = { .family = pf, .owner = THIS_MODULE, .sendmsg = asked_sendmsg } }

static struct asked asked4 = ASKED(PF_INET);
static struct asked asked6 = ASKED(PF_INET6);

static int asked_init(struct asked *a)
{
	int err = sock_create_kern(&init_net, a->ops.family, SOCK_STREAM, IPPROTO_TCP,
				   &a->sock);

	if (err)
		return err;
	a->own_ops = a->sock->ops;
	a->sock->ops = &a->ops;
	return 0;
}

static void asked_exit(struct asked *a)
{
	if (!a->sock)
		return;
	a->sock->ops = a->own_ops;
	sock_release(a->sock);
	a->sock = NULL;
}

/**
 * xtcp_policy_init() - get ready to ask
 *
 * At module load, before the first socket.
 *
 * Return: 0 or a negative errno
 */
int xtcp_policy_init(void)
{
	int err = asked_init(&asked4);

	if (!err && ipv6_mod_enabled())
		err = asked_init(&asked6);
	if (err)
		xtcp_policy_exit();
	return err;
}

/**
 * xtcp_policy_exit() - undo xtcp_policy_init()
 *
 * At module unload, after the last socket.
 */
void xtcp_policy_exit(void)
{
	asked_exit(&asked6);
	asked_exit(&asked4);
}

static bool policy_on_tcp_wire(const struct sock *sk)
{
	return xtcp_sk(sk)->node.tuple.wire == IPPROTO_TCP;
}

/* ---- who may use TCP's wire ---- */

enum policy_tcp_wire {
	POLICY_TCP_WIRE_NOBODY,
	/* capable of sending any segment: by a raw socket, past all rules */
	POLICY_TCP_WIRE_THE_CAPABLE,
	/* confined, by rules for bind() that cannot be asked */
	POLICY_TCP_WIRE_NOT_THE_CONFINED,
	POLICY_TCP_WIRE_EVERYBODY,
};

static bool policy_capable_of_any_segment(struct sock *sk)
{
	return ns_capable(sock_net(sk)->user_ns, CAP_NET_RAW);
}

static int policy_may_use_tcp_wire(struct sock *sk)
{
	int who = xtcp_bounded(xtcp_sk(sk)->xn, tcp_wire);

	if (who == POLICY_TCP_WIRE_NOBODY ||
	    (who == POLICY_TCP_WIRE_THE_CAPABLE &&
	     !policy_capable_of_any_segment(sk)))
		return -EACCES;
	return 0;
}

/* Landlock confines a task that has set no_new_privs, or one with CAP_SYS_ADMIN. */
static int policy_may_bind_on_tcp_wire(struct sock *sk)
{
	if (XTCP_LANDLOCK_TCP && task_no_new_privs(current) &&
	    xtcp_bounded(xtcp_sk(sk)->xn, tcp_wire) < POLICY_TCP_WIRE_EVERYBODY &&
	    !policy_capable_of_any_segment(sk))
		return -EACCES;
	return 0;
}

static int policy_ask_landlock(const struct sock *sk, struct sockaddr *addr, int addr_len)
{
	const struct asked *a = sk->sk_family == AF_INET6 ? &asked6 : &asked4;
	struct msghdr msg = {
		.msg_name = addr,
		.msg_namelen = addr_len,
		.msg_flags = MSG_FASTOPEN,
	};

	return XTCP_LANDLOCK_TCP ? sock_sendmsg(a->sock, &msg) : 0;
}

/* ---- programs that look at the socket ---- */

/* Nobody else can use the socket: it is new, or it is locked, closed, and in no
 * table.
 */
static int policy_run_as_tcp(struct sock *sk, int (*run)(struct sock *sk))
{
	int err;

	if (!policy_on_tcp_wire(sk))
		return run(sk);
	WRITE_ONCE(sk->sk_protocol, IPPROTO_TCP);
	err = run(sk);
	WRITE_ONCE(sk->sk_protocol, IPPROTO_XTCP);
	return err;
}

static int policy_run_sock_create(struct sock *sk)
{
	return BPF_CGROUP_RUN_PROG_INET_SOCK(sk);
}

static int policy_run_post_bind(struct sock *sk)
{
	return sk->sk_family == AF_INET6 ? BPF_CGROUP_RUN_PROG_INET6_POST_BIND(sk) :
					   BPF_CGROUP_RUN_PROG_INET4_POST_BIND(sk);
}

/**
 * xtcp_policy_create() - may this socket be made?
 * @sk: a user's socket, which he does not have yet
 *
 * Process context.
 *
 * Return: 0; -EACCES where net.xtcp.tcp_wire forbids it; what a program of
 * BPF_CGROUP_INET_SOCK_CREATE says, -EPERM mostly
 */
int xtcp_policy_create(struct sock *sk)
{
	int err = policy_on_tcp_wire(sk) ? policy_may_use_tcp_wire(sk) : 0;

	return err ?: policy_run_as_tcp(sk, policy_run_sock_create);
}

/**
 * xtcp_policy_bound() - may this socket keep the port that bind() gave it?
 * @sk: the socket, locked
 *
 * Return: 0, or what a program of BPF_CGROUP_INET4_POST_BIND says
 */
int xtcp_policy_bound(struct sock *sk)
{
	return policy_run_as_tcp(sk, policy_run_post_bind);
}

/* ---- programs that look at an address ---- */

/**
 * struct stand_in - a socket of the kernel's TCP in the place of ours
 * @sock: it
 * @cgroup: its own cgroup; until the end it has ours
 */
struct stand_in {
	struct socket		*sock;
	struct sock_cgroup_data	cgroup;
};

/* @sk is locked.  Process context. */
static int stand_in_make(struct stand_in *s, struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk), *its;
	struct in6_addr rcv, from;
	struct sock *tcp;
	int err;

	err = sock_create_kern(sock_net(sk), sk->sk_family, SOCK_STREAM, IPPROTO_TCP,
			       &s->sock);
	if (err)
		return err;
	tcp = s->sock->sk;
	its = inet_sk(tcp);
	lock_sock(tcp);
	s->cgroup = tcp->sk_cgrp_data;
	tcp->sk_cgrp_data = sk->sk_cgrp_data;
	atomic64_set(&tcp->sk_cookie, atomic64_read(&sk->sk_cookie));
	tcp->sk_bound_dev_if = sk->sk_bound_dev_if;
	tcp->sk_mark = READ_ONCE(sk->sk_mark);
	tcp->sk_priority = READ_ONCE(sk->sk_priority);
	tcp->sk_reuse = sk->sk_reuse;
	tcp->sk_ipv6only = sk->sk_ipv6only;
	its->tos = READ_ONCE(inet->tos);
	xtcp_ipv6_copy_tclass(tcp, sk);
	xtcp_ip_local(sk, &rcv, &from);
	xtcp_ip_set_local(tcp, &rcv, &from);
	its->inet_num = inet->inet_num;
	its->inet_sport = inet->inet_sport;
	release_sock(tcp);
	return 0;
}

/* Take over what a program may have set by bpf_setsockopt(). */
static void stand_in_take_options(struct sock *sk, const struct sock *tcp)
{
	WRITE_ONCE(sk->sk_bound_dev_if, tcp->sk_bound_dev_if);
	WRITE_ONCE(sk->sk_mark, tcp->sk_mark);
	WRITE_ONCE(sk->sk_priority, tcp->sk_priority);
	WRITE_ONCE(inet_sk(sk)->tos, inet_sk(tcp)->tos);
	xtcp_ipv6_copy_tclass(sk, tcp);
}

/* Take over the address and port that it may have wished for by bpf_bind(). */
static void stand_in_take_wish(struct sock *sk, const struct sock *tcp,
			       struct xtcp_bind_wish *wish)
{
	struct in6_addr rcv, from;

	if (inet_sk(sk)->inet_num)
		return;
	xtcp_ip_local(sk, &rcv, &from);
	xtcp_ip_local(tcp, &wish->rcv, &wish->from);
	wish->port = inet_sk(tcp)->inet_num;
	wish->wished = wish->port || !ipv6_addr_equal(&rcv, &wish->rcv);
}

/* @wish: where to write what the program wished for by bpf_bind(); or NULL. */
static void stand_in_end(struct stand_in *s, struct sock *sk,
			 struct xtcp_bind_wish *wish)
{
	struct sock *tcp = s->sock->sk;

	lock_sock(tcp);
	atomic64_cmpxchg(&sk->sk_cookie, 0, atomic64_read(&tcp->sk_cookie));
	stand_in_take_options(sk, tcp);
	if (wish)
		stand_in_take_wish(sk, tcp, wish);
	tcp->sk_cgrp_data = s->cgroup;
	if (inet_sk(sk)->inet_num)	/* it never had the port */
		inet_sk(tcp)->inet_num = 0;
	release_sock(tcp);
	sock_release(s->sock);
}

/* What the programs of either family are asked. */
static int policy_run_bind(struct sock *sk, int family, struct sockaddr *addr, int *addr_len,
			   u32 *flags)
{
	return family == AF_INET6 ? xtcp_cgroup_bind6(sk, addr, addr_len, flags) :
					   xtcp_cgroup_bind4(sk, addr, addr_len, flags);
}

static int policy_run_connect(struct sock *sk, struct sockaddr *addr, int *addr_len)
{
	return sk->sk_family == AF_INET6 ? xtcp_cgroup_connect6(sk, addr, addr_len) :
					   xtcp_cgroup_connect4(sk, addr, addr_len);
}

static bool policy_has_bind_programs(int family)
{
	return family == AF_INET6 ? cgroup_bpf_enabled(CGROUP_INET6_BIND) :
					   cgroup_bpf_enabled(CGROUP_INET4_BIND);
}

static bool policy_has_connect_programs(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 ? cgroup_bpf_enabled(CGROUP_INET6_CONNECT) :
					   cgroup_bpf_enabled(CGROUP_INET4_CONNECT);
}

/**
 * xtcp_policy_bind() - may this socket be bound to an address?
 * @sk: the socket, not locked
 * @family: its family, which may change meanwhile
 * @addr: the address, of the size of the family's at least; a program may
 *	change it
 * @addr_len: its length
 * @flags: gets BIND_NO_CAP_NET_BIND_SERVICE where a program says so
 *
 * Process context.
 *
 * Return: 0; -EACCES where net.xtcp.tcp_wire forbids it; what a program of
 * BPF_CGROUP_INET4_BIND or its twin says; -ENOMEM and the like
 */
int xtcp_policy_bind(struct sock *sk, int family, struct sockaddr *addr, int *addr_len,
		     u32 *flags)
{
	struct stand_in s;
	int err;

	if (!policy_on_tcp_wire(sk))
		return policy_run_bind(sk, family, addr, addr_len, flags);
	err = policy_may_bind_on_tcp_wire(sk);
	if (err || !policy_has_bind_programs(family))
		return err;
	lock_sock(sk);
	err = sk->sk_family == family ? stand_in_make(&s, sk) : -EINVAL;
	if (!err) {
		err = policy_run_bind(s.sock->sk, family, addr, addr_len, flags);
		stand_in_end(&s, sk, NULL);
	}
	release_sock(sk);
	return err;
}

/**
 * xtcp_policy_connect() - may this socket connect to an address?
 * @sk: the socket, locked, in CLOSED
 * @addr: the address, of the size of the family's at least; a program may
 *	change it
 * @addr_len: its length
 * @wish: where a program wants it bound first.  Only on TCP's wire: on the other
 *	it is bound when this returns.
 *
 * Process context.
 *
 * Return: 0; -EACCES where Landlock refuses it; what a program of
 * BPF_CGROUP_INET4_CONNECT or its twin says; -ENOMEM and the like
 */
int xtcp_policy_connect(struct sock *sk, struct sockaddr *addr, int *addr_len,
			struct xtcp_bind_wish *wish)
{
	struct stand_in s;
	int err;

	wish->wished = false;
	if (!policy_on_tcp_wire(sk))
		return policy_run_connect(sk, addr, addr_len);
	err = policy_ask_landlock(sk, addr, *addr_len);
	if (err || !policy_has_connect_programs(sk))
		return err;
	err = stand_in_make(&s, sk);
	if (err)
		return err;
	lock_sock(s.sock->sk);
	err = policy_run_connect(s.sock->sk, addr, addr_len);
	release_sock(s.sock->sk);
	stand_in_end(&s, sk, err ? NULL : wish);
	return err;
}
