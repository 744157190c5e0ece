// SPDX-License-Identifier: GPL-2.0
/*
 * bind(): which address and port a socket has.
 */
#include <net/inet_common.h>
#include <net/l3mdev.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/sock.h>
#include "../compat.h"
#include "../engine/ephemeral.h"
#include "../engine/ports.h"
#include "bind.h"

/* Where the socket receives, and what it sends from; 0: any. */
static void set_source(struct sock *sk, __be32 rcv_saddr, __be32 saddr)
{
	inet_sk(sk)->inet_rcv_saddr = rcv_saddr;
	inet_sk(sk)->inet_saddr = saddr;
	xtcp_addr_from_v4(&xtcp_sk(sk)->node.tuple.laddr, rcv_saddr);
}

/* Own an address and port; port 0 is any.  The socket is locked, in CLOSED, and
 * owns no port yet.
 */
static int bind_port(struct sock *sk, __be32 rcv_saddr, __be32 saddr, u16 port)
{
	int err;

	set_source(sk, rcv_saddr, saddr);
	err = xtcp_get_port(sk, port);
	if (err)
		set_source(sk, 0, 0);
	return err;
}

/* Note the address, and the port if there is one, that the socket has by now.
 * @asked: the user named the port.
 */
static void bind_done(struct sock *sk, bool asked)
{
	struct inet_sock *inet = inet_sk(sk);

	if (inet->inet_rcv_saddr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (asked)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(inet->inet_num);
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	sk_dst_reset(sk);
}

/* May the socket be bound to this address?  Return: its type by the routing
 * table, or -EADDRNOTAVAIL
 */
static int bind_addr_type(struct sock *sk, __be32 addr)
{
	struct net *net = sock_net(sk);
	u32 table = l3mdev_fib_table_by_index(net, sk->sk_bound_dev_if);
	int type = inet_addr_type_table(net, addr, table ?: RT_TABLE_LOCAL);

	if (!inet_addr_valid_or_nonlocal(net, inet_sk(sk), addr, type))
		return -EADDRNOTAVAIL;
	return type;
}

static int bind_locked(struct sock *sk, const struct sockaddr_in *to, u32 flags)
{
	__be32 addr = to->sin_addr.s_addr, saddr = addr;
	u16 port = ntohs(to->sin_port);
	struct net *net = sock_net(sk);
	int type, err;

	/* AF_INET's bind() takes AF_UNSPEC as well, if the address is 0.0.0.0 */
	if (to->sin_family != AF_INET &&
	    (to->sin_family != AF_UNSPEC || addr != htonl(INADDR_ANY)))
		return -EAFNOSUPPORT;
	type = bind_addr_type(sk, addr);
	if (type < 0)
		return type;
	if (port && !(flags & BIND_NO_CAP_NET_BIND_SERVICE) &&
	    inet_port_requires_bind_service(net, port) &&
	    !ns_capable(net->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;
	if (sk->sk_state != TCP_CLOSE || inet_sk(sk)->inet_num)
		return -EINVAL;
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		saddr = 0;	/* the device's will do */
	if (!port && xtcp_inet_bind_no_port(sk)) {
		set_source(sk, addr, saddr);
	} else {
		err = bind_port(sk, addr, saddr, port);
		if (err)
			return err;
		err = xtcp_policy_bound(sk);
		if (err) {
			xtcp_put_port(sk);
			set_source(sk, 0, 0);
			return err;
		}
	}
	bind_done(sk, port);
	return 0;
}

/**
 * xtcp_bind_as_wished() - bind a socket as a policy wishes, before it connects
 * @sk: the socket, locked, in CLOSED
 * @wish: the address, and a port or 0
 *
 * Process context.  Return: 0, or a negative errno
 */
int xtcp_bind_as_wished(struct sock *sk, const struct xtcp_bind_wish *wish)
{
	int err;

	if (wish->port) {
		err = bind_port(sk, wish->rcv_saddr, wish->saddr, wish->port);
		if (err)
			return err;
	} else {
		set_source(sk, wish->rcv_saddr, wish->saddr);
	}
	bind_done(sk, wish->port);
	return 0;
}

/**
 * xtcp_bind() - bind()
 * @sock: the socket
 * @addr: where the user wants it; a port of 0 is any
 * @addr_len: its length
 *
 * Process context.  This is struct proto_ops' bind.
 *
 * Return: 0; -EINVAL for a socket that is bound or open, or an address that is too short;
 * -EAFNOSUPPORT; -EADDRNOTAVAIL for an address that is not this host's; -EADDRINUSE;
 * -EACCES for a privileged port; -ENOMEM; what a policy refuses with
 */
int xtcp_bind(struct socket *sock, XTCP_SOCKADDR *addr, int addr_len)
{
	struct sock *sk = sock->sk;
	u32 flags = 0;
	int err;

	if (addr_len < (int)sizeof(struct sockaddr_in))
		return -EINVAL;
	err = xtcp_policy_bind(sk, (struct sockaddr *)addr, &addr_len, &flags);
	if (err)
		return err;
	lock_sock(sk);
	err = bind_locked(sk, (struct sockaddr_in *)addr, flags);
	release_sock(sk);
	return err;
}
