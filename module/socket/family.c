// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol family: socket(), listen(), accept(), and the tables by which the socket
 * core calls xtcp.  RFC 9293, 3.10.1.
 */
#include <linux/compat.h>
#include <linux/module.h>
#include <linux/net.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/protocol.h>
#include <net/sock.h>
#include "../compat.h"
#include "../engine/buffers.h"
#include "../engine/close.h"
#include "../engine/connection.h"
#include "../engine/demux.h"
#include "../engine/ephemeral.h"
#include "../engine/icmp.h"
#include "../engine/listen.h"
#include "../engine/memory.h"
#include "../engine/open.h"
#include "../engine/ports.h"
#include "../engine/queues.h"
#include "../engine/rcvq.h"
#include "../engine/receive.h"
#include "../engine/timeout.h"
#include "../engine/timers.h"
#include "../uapi/xtcp.h"
#include "../wire/ip.h"
#include "../wire/offload.h"
#include "bind.h"
#include "connect.h"
#include "family.h"
#include "policy.h"
#include "poll.h"
#include "recv.h"
#include "send.h"
#include "sockopt.h"

static int family __read_mostly = AF_XTCP;
module_param(family, int, 0444);
MODULE_PARM_DESC(family, "number of the protocol family (default 13)");

/* ---- a socket's beginning ---- */

static void family_init_buffers(struct sock *sk, const struct xtcp_sysctls *ctl)
{
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(ctl->wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(ctl->rmem[1]));
}

/* A lockdep class of their own: on TCP's wire bind() locks a socket of the
 * kernel's TCP while it holds ours (hold.c).
 */
static struct lock_class_key family_lock_keys[2];

/* The part of socket() that AF_XTCP, AF_INET and AF_INET6 have in common. */
static int family_init_sock(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	sock_lock_init_class_and_name(sk, "slock-AF_XTCP", &family_lock_keys[0],
				      "sk_lock-AF_XTCP", &family_lock_keys[1]);
	x->xn = xtcp_pernet(sock_net(sk));
	x->node.kind = XTCP_KIND_CONNECTION;
	x->node.tuple.wire = IPPROTO_XTCP;
	x->node.tuple.laddr = xtcp_ip_any(sk);
	x->node.tuple.raddr = x->node.tuple.laddr;
	xtcp_ip_use(sk, &x->node.tuple.laddr);
	INIT_HLIST_NODE(&x->owner.node);
	x->window_clamp = XTCP_WINDOW_MAX;
	xtcp_init_connection(x);
	xtcp_timers_init(sk);
	family_init_buffers(sk, &x->xn->sysctl);
	sk->sk_gso_type = XTCP_GSO_TYPE;
	sk->sk_write_space = xtcp_write_space;
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	sk_sockets_allocated_inc(sk);
	return 0;
}

/* Undo family_init_sock(), for a socket that a policy refused. */
static void family_destroy_unused(struct sock *sk)
{
	sk_sockets_allocated_dec(sk);
}

static void family_set_wire(struct sock *sk, int protocol)
{
	if (protocol != IPPROTO_TCP)
		return;
	xtcp_sk(sk)->node.tuple.wire = IPPROTO_TCP;
	sk->sk_gso_type = xtcp_sk(sk)->ip->tcp_gso_type;
}

/* Set what the IP layer reads of a struct inet_sock. */
static void family_init_inet(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->pmtudisc = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	xtcp_inet_init_flags(sk);
}

static int family_create(struct net *net, struct socket *sock, int protocol,
			 int kern)
{
	struct sock *sk;
	int err;

	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	if (protocol && protocol != IPPROTO_XTCP && protocol != IPPROTO_TCP)
		return -EPROTONOSUPPORT;

	sock->state = SS_UNCONNECTED;
	sock->ops = &xtcp_stream_ops;
	sk = sk_alloc(net, PF_INET, GFP_KERNEL, &xtcp_prot, kern);
	if (!sk)
		return -ENOMEM;
	sock_init_data(sock, sk);
	sk->sk_destruct = inet_sock_destruct;
	sk->sk_protocol = IPPROTO_XTCP;
	sk->sk_backlog_rcv = xtcp_backlog_rcv;
	family_init_inet(sk);
	family_init_sock(sk);
	family_set_wire(sk, protocol);
	xtcp_sk(sk)->any_family = 1;
	err = kern ? 0 : xtcp_policy_create(sk);
	if (err) {
		sk_common_release(sk);
		sock->sk = NULL;
	}
	return err;
}

/* ---- listen, accept ---- */

static int xtcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM ||
	    !xtcp_in_state(sk, TCPF_CLOSE | TCPF_LISTEN))
		goto out;
	err = 0;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	if (sk->sk_state != TCP_LISTEN)
		err = xtcp_start_listening(sk);
out:
	release_sock(sk);
	return err;
}

/* Wait for a child.  The socket's lock would only hold up who else accepts. */
static struct sock *accept_wait(struct sock *sk, long timeo, int *error)
{
	DEFINE_WAIT(wait);
	struct sock *child;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		child = xtcp_accept_dequeue(sk);
		if (child)
			break;
		*error = -EINVAL;
		if (inet_sk_state_load(sk) != TCP_LISTEN)
			break;
		*error = -EAGAIN;
		if (!timeo)
			break;
		*error = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		timeo = schedule_timeout(timeo);
	}
	finish_wait(sk_sleep(sk), &wait);
	return child;
}

/* Not inet_accept(): it may charge the child to a memory cgroup again, and the
 * child has been charged since it was made.
 */
static int xtcp_accept(struct socket *sock, struct socket *newsock,
		       XTCP_ACCEPT_ARGS)
{
	struct sock *sk = sock->sk, *child;
	int err;

	child = xtcp_accept_dequeue(sk) ?:
		accept_wait(sk, sock_rcvtimeo(sk, xtcp_accept_flags & O_NONBLOCK), &err);
	if (!child)
		return err;
	lock_sock(child);
	sock_rps_record_flow(child);
	sock_graft(child, newsock);
	newsock->state = SS_CONNECTED;
	release_sock(child);
	return 0;
}

/* ---- the tables ---- */

static int family_sendmsg(struct socket *sock, struct msghdr *msg, size_t size)
{
	sock_rps_record_flow(sock->sk);
	return xtcp_sendmsg(sock->sk, msg, size);
}

static int family_recvmsg(struct socket *sock, struct msghdr *msg, size_t size,
			  int flags)
{
	int err;

	if (unlikely(flags & MSG_ERRQUEUE))
		return xtcp_recv_error(sock->sk, msg, size);
	sock_rps_record_flow(sock->sk);
	err = xtcp_recvmsg(sock->sk, msg, size, flags);
	if (err >= 0)
		msg->msg_namelen = 0;	/* a stream's data has no sender address */
	return err;
}

static int family_set_peek_off(struct sock *sk, int val)
{
	WRITE_ONCE(sk->sk_peek_off, val);
	return 0;
}

static int family_set_rcvlowat(struct sock *sk, int val)
{
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		val = min(val, READ_ONCE(sk->sk_rcvbuf) >> 1);
	else
		val = min(val, READ_ONCE(xtcp_sk(sk)->xn->sysctl.rmem[2]) >> 1);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	if (xtcp_unread(sk) >= (u32)sk->sk_rcvlowat)
		sk->sk_data_ready(sk);
	/* the mark must be reachable, and the window still be open there */
	xtcp_rcvbuf_fit(sk, 2 * val);
	return 0;
}

#ifdef CONFIG_COMPAT
static int family_compat_ioctl(struct socket *sock, unsigned int cmd,
			       unsigned long arg)
{
	return xtcp_ioctl(sock, cmd, (unsigned long)compat_ptr(arg));
}
#endif

static int family_release(struct socket *sock)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sock->sk && inet_sk(sock->sk)->pinet6)
		return inet6_release(sock);
#endif
	return inet_release(sock);
}

static int family_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sock->sk->sk_family == AF_INET6)
		return inet6_getname(sock, addr, peer);
#endif
	return inet_getname(sock, addr, peer);
}

const struct proto_ops xtcp_stream_ops = {
	.family		= PF_INET,
	.owner		= THIS_MODULE,
	.release	= family_release,
	.bind		= xtcp_bind,
	.connect	= xtcp_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= xtcp_accept,
	.getname	= family_getname,
	.poll		= xtcp_poll,
	.ioctl		= xtcp_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= family_compat_ioctl,
#endif
	.gettstamp	= sock_gettstamp,
	.listen		= xtcp_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= family_sendmsg,
	.recvmsg	= family_recvmsg,
	.mmap		= sock_no_mmap,
	.set_peek_off	= family_set_peek_off,
	.set_rcvlowat	= family_set_rcvlowat,
#if XTCP_HAVE_SPLICE_EOF
	.splice_eof	= xtcp_splice_eof,
#endif
};

struct proto xtcp_prot = {
	.name			= "XTCP",
	.owner			= THIS_MODULE,
	.init			= family_init_sock,
	.destroy		= family_destroy_unused,
	.unhash			= xtcp_unhash,
	.close			= xtcp_close,
	.disconnect		= xtcp_disconnect,
	.diag_destroy		= xtcp_destroy_by_admin,
	.shutdown		= xtcp_shutdown,
	.setsockopt		= xtcp_setsockopt,
	.getsockopt		= xtcp_getsockopt,
	.keepalive		= xtcp_set_keepalive,
	.sendmsg		= xtcp_sendmsg,
	.backlog_rcv		= xtcp_backlog_rcv,
	.stream_memory_free	= xtcp_stream_memory_free,
	.get_port		= xtcp_get_port,
	.put_port		= xtcp_put_port,
	.release_cb		= xtcp_release_cb,
	.enter_memory_pressure	= xtcp_enter_memory_pressure,
	.leave_memory_pressure	= xtcp_leave_memory_pressure,
	.memory_allocated	= &xtcp_memory_allocated,
	.per_cpu_fw_alloc	= &xtcp_memory_per_cpu_fw_alloc,
	.sockets_allocated	= &xtcp_sockets_allocated,
	.memory_pressure	= &xtcp_memory_pressure,
	.sysctl_mem		= xtcp_mem,
	.sysctl_wmem		= &xtcp_buffer_least,
	.sysctl_rmem		= &xtcp_buffer_least,
	.max_header		= XTCP_MAX_HEADER,
	.obj_size		= sizeof(struct xtcp_sock),
	/* a connection's memory may be another one's while a reader looks at it: demux.c */
	.slab_flags		= SLAB_TYPESAFE_BY_RCU,
	.no_autobind		= true,
};

static struct net_proto_family xtcp_family = {
	.create	= family_create,
	.owner	= THIS_MODULE,
};

/* socket(AF_INET, SOCK_STREAM, IPPROTO_XTCP): for programs whose user can
 * choose the protocol but not the family.
 */
static struct inet_protosw xtcp_protosw = {
	.type		= SOCK_STREAM,
	.protocol	= IPPROTO_XTCP,
	.prot		= &xtcp_prot,
	.ops		= &xtcp_stream_ops,
};

#if IS_ENABLED(CONFIG_IPV6)
/* xtcp_prot, with room for an IPv6 part behind each socket */
static struct proto xtcp6_prot;
static_assert(offsetofend(struct xtcp6_sock, inet6) == sizeof(struct xtcp6_sock));

static struct inet_protosw xtcp6_protosw = {
	.type		= SOCK_STREAM,
	.protocol	= IPPROTO_XTCP,
	.prot		= &xtcp6_prot,
	.ops		= &xtcp_stream_ops,
};

/* Where IPv6 is off there is nothing to do. */
static int family6_init(void)
{
	int err;

	if (!ipv6_mod_enabled())
		return 0;
	xtcp6_prot = xtcp_prot;
	strscpy(xtcp6_prot.name, "XTCPv6", sizeof(xtcp6_prot.name));
	xtcp6_prot.obj_size = sizeof(struct xtcp6_sock);
	xtcp_pinfo_is_at(&xtcp6_prot, offsetof(struct xtcp6_sock, inet6));
	err = proto_register(&xtcp6_prot, 1);
	if (err)
		return err;
	err = inet6_register_protosw(&xtcp6_protosw);
	if (err)
		proto_unregister(&xtcp6_prot);
	return err;
}

static void family6_stop(void)
{
	if (ipv6_mod_enabled())
		inet6_unregister_protosw(&xtcp6_protosw);
}

static void family6_exit(void)
{
	if (ipv6_mod_enabled())
		proto_unregister(&xtcp6_prot);
}
#else
static int family6_init(void)
{
	return 0;
}

static void family6_stop(void)
{
}

static void family6_exit(void)
{
}
#endif

/**
 * xtcp_family_init() - let programs open xtcp sockets
 *
 * At module load, last.
 *
 * Return: 0; -ENOMEM; -EBUSY where the family's number is taken; -EINVAL where
 * it is out of range
 */
int xtcp_family_init(void)
{
	int err;

	if (family <= 0 || family >= NPROTO)
		return -EINVAL;
	err = xtcp_memory_init();
	if (err)
		return err;
	err = proto_register(&xtcp_prot, 1);
	if (err)
		goto memory;
	err = xtcp_policy_init();
	if (err)
		goto proto;
	err = family6_init();
	if (err)
		goto policy;
	xtcp_family.family = family;
	err = sock_register(&xtcp_family);
	/* modprobe takes EEXIST to mean that the module is loaded already */
	if (err == -EEXIST)
		err = -EBUSY;
	if (err)
		goto family6;
	inet_register_protosw(&xtcp_protosw);
	return 0;
family6:
	family6_stop();
	family6_exit();
policy:
	xtcp_policy_exit();
proto:
	proto_unregister(&xtcp_prot);
memory:
	xtcp_memory_exit();
	return err;
}

/**
 * xtcp_family_stop() - no new sockets
 *
 * At module unload, first.
 */
void xtcp_family_stop(void)
{
	inet_unregister_protosw(&xtcp_protosw);
	family6_stop();
	sock_unregister(family);
}

/**
 * xtcp_family_exit() - free what xtcp_family_init() made
 *
 * At module unload, after rcu_barrier(): the last sockets are freed by RCU.
 */
void xtcp_family_exit(void)
{
	xtcp_policy_exit();
	family6_exit();
	proto_unregister(&xtcp_prot);
	xtcp_memory_exit();
	xtcp_send_exit();
}
