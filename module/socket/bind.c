// SPDX-License-Identifier: GPL-2.0
/*
 * bind(): which address and port a socket has.
 */
#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/l3mdev.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/sock.h>
#include "../compat.h"
#include "../engine/ephemeral.h"
#include "../engine/owners.h"
#include "../engine/ports.h"
#include "../wire/ip.h"
#include "address.h"
#include "bind.h"

/* Own an address and port; port 0 is any.  The socket is locked, in CLOSED, and
 * owns no port yet.
 */
static int bind_port(struct sock *sk, const struct in6_addr *rcv, const struct in6_addr *from,
		     u16 port)
{
	const struct in6_addr any = xtcp_ip_any(sk);
	int err;

	xtcp_ip_note_local(sk, rcv, from);
	err = xtcp_get_port(sk, port);
	if (err)
		xtcp_ip_note_local(sk, &any, &any);
	return err;
}

/* Note the address, and the port if there is one, that the socket has by now.
 * @asked: the user named the port.
 */
static void bind_done(struct sock *sk, bool asked)
{
	struct inet_sock *inet = inet_sk(sk);

	if (!xtcp_owner_any_addr(&xtcp_sk(sk)->node.tuple.laddr))
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

/* Is the port one that this user may bind? */
static bool bind_port_permitted(const struct sock *sk, u16 port, u32 flags)
{
	struct net *net = sock_net(sk);

	return !port || flags & BIND_NO_CAP_NET_BIND_SERVICE ||
	       !inet_port_requires_bind_service(net, port) ||
	       ns_capable(net->user_ns, CAP_NET_BIND_SERVICE);
}

/* Of IPv6's addresses only every one, or a mapped one, has to do with IPv4. */
static void bind_narrow(struct sock *sk, const struct in6_addr *addr)
{
	if (sk->sk_family == AF_INET6 && !ipv6_addr_any(addr) && !ipv6_addr_v4mapped(addr))
		sk->sk_ipv6only = 1;
}

/* The address is one that the socket may have: own it, and the port. */
static int bind_at(struct sock *sk, const struct in6_addr *rcv, const struct in6_addr *from,
		   u16 port)
{
	const struct in6_addr any = xtcp_ip_any(sk);
	int err;

	if (!port && xtcp_inet_bind_no_port(sk)) {
		xtcp_ip_note_local(sk, rcv, from);
		bind_done(sk, false);
		return 0;
	}
	err = bind_port(sk, rcv, from, port);
	if (err)
		return err;
	err = xtcp_policy_bound(sk);
	if (err) {
		xtcp_put_port(sk);
		xtcp_ip_note_local(sk, &any, &any);
		return err;
	}
	bind_done(sk, port);
	return 0;
}

static int bind4_locked(struct sock *sk, const struct sockaddr_in *to, u32 flags)
{
	__be32 addr = to->sin_addr.s_addr;
	u16 port = ntohs(to->sin_port);
	struct in6_addr rcv, from;
	int type;

	/* AF_INET's bind() takes AF_UNSPEC as well, if the address is 0.0.0.0 */
	if (to->sin_family != AF_INET &&
	    (to->sin_family != AF_UNSPEC || addr != htonl(INADDR_ANY)))
		return -EAFNOSUPPORT;
	type = bind_addr_type(sk, addr);
	if (type < 0)
		return type;
	if (!bind_port_permitted(sk, port, flags))
		return -EACCES;
	if (sk->sk_state != TCP_CLOSE || inet_sk(sk)->inet_num)
		return -EINVAL;
	xtcp_addr_from_v4(&rcv, addr);
	from = rcv;
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		from = xtcp_ip_any(sk);	/* the device's will do */
	return bind_at(sk, &rcv, &from, port);
}

#if IS_ENABLED(CONFIG_IPV6)

/* May the socket be bound to this address?  Return: 0; -EINVAL, -ENODEV, -EADDRNOTAVAIL */
static int bind6_addr_check(struct sock *sk, const struct sockaddr_in6 *to, int addr_len)
{
	const struct in6_addr *addr = &to->sin6_addr;
	struct net *net = sock_net(sk);
	struct net_device *dev = NULL;
	int err;

	if (ipv6_addr_v4mapped(addr)) {
		err = bind_addr_type(sk, xtcp_addr_v4(addr));
		return sk->sk_ipv6only ? -EINVAL : min(err, 0);
	}
	if (ipv6_addr_any(addr))
		return 0;
	err = xtcp_take_scope(sk, to, addr_len, true);
	if (err)
		return err;
	rcu_read_lock();
	if (sk->sk_bound_dev_if) {
		dev = dev_get_by_index_rcu(net, sk->sk_bound_dev_if);
		if (!dev)
			err = -ENODEV;
	}
	if (!err && !ipv6_can_nonlocal_bind(net, inet_sk(sk)) &&
	    !ipv6_chk_addr(net, addr, dev, 0))
		err = -EADDRNOTAVAIL;
	rcu_read_unlock();
	return err;
}

static int bind6_locked(struct sock *sk, const struct sockaddr_in6 *to, int addr_len,
			u32 flags)
{
	const struct in6_addr *addr = &to->sin6_addr;
	u16 port = ntohs(to->sin6_port);
	bool only = sk->sk_ipv6only;
	int err;

	if (to->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (ipv6_addr_is_multicast(addr))
		return -EINVAL;
	if (!bind_port_permitted(sk, port, flags))
		return -EACCES;
	if (sk->sk_state != TCP_CLOSE || inet_sk(sk)->inet_num)
		return -EINVAL;
	err = bind6_addr_check(sk, to, addr_len);
	if (err)
		return err;
	bind_narrow(sk, addr);
	err = bind_at(sk, addr, addr, port);
	if (err)
		sk->sk_ipv6only = only;
	return err;
}

#else

static int bind6_locked(struct sock *sk, const struct sockaddr_in6 *to, int addr_len,
			u32 flags)
{
	return -EAFNOSUPPORT;
}

#endif

/* @family: the socket's, when policies judged; another thread may have changed it since. */
static int bind_locked(struct sock *sk, int family, const struct sockaddr *to, int addr_len,
		       u32 flags)
{
	if (sk->sk_family != family || addr_len < xtcp_address_bytes(sk))
		return -EINVAL;
	if (sk->sk_family == AF_INET6)
		return bind6_locked(sk, (const struct sockaddr_in6 *)to, addr_len, flags);
	return bind4_locked(sk, (const struct sockaddr_in *)to, flags);
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
	bool only = sk->sk_ipv6only;
	int err;

	bind_narrow(sk, &wish->rcv);
	if (wish->port) {
		err = bind_port(sk, &wish->rcv, &wish->from, wish->port);
		if (err) {
			sk->sk_ipv6only = only;
			return err;
		}
	} else {
		xtcp_ip_note_local(sk, &wish->rcv, &wish->from);
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
 * -EAFNOSUPPORT; -ENODEV where its device has gone; -EADDRNOTAVAIL for an address that is
 * not this host's; -EADDRINUSE; -EACCES for a privileged port; -ENOMEM; what a policy refuses with
 */
int xtcp_bind(struct socket *sock, XTCP_SOCKADDR *addr, int addr_len)
{
	struct sock *sk = sock->sk;
	int err, family;
	u32 flags = 0;

	if (addr_len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	lock_sock(sk);
	err = xtcp_take_family(sk, addr->sa_family);
	family = sk->sk_family;
	if (!err && addr_len < xtcp_address_bytes(sk))
		err = -EINVAL;
	release_sock(sk);
	if (err)
		return err;
	err = xtcp_policy_bind(sk, family, (struct sockaddr *)addr, &addr_len, &flags);
	if (err)
		return err;
	lock_sock(sk);
	err = bind_locked(sk, family, (struct sockaddr *)addr, addr_len, flags);
	release_sock(sk);
	return err;
}
