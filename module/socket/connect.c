// SPDX-License-Identifier: GPL-2.0
/*
 * connect(): to whom, and waiting for the handshake.  RFC 9293, 3.10.1.
 */
#include <net/ipv6.h>
#include <net/sock.h>
#include "../compat.h"
#include "../engine/close.h"
#include "../engine/open.h"
#include "../wire/ip.h"
#include "address.h"
#include "bind.h"
#include "connect.h"
#include "policy.h"

static int connect_to4(struct sock *sk, const struct sockaddr_in *to)
{
	struct in6_addr raddr;

	xtcp_addr_from_v4(&raddr, to->sin_addr.s_addr);
	return xtcp_open(sk, &raddr, ntohs(to->sin_port));
}

#if IS_ENABLED(CONFIG_IPV6)

/* IPV6_FLOWINFO_SEND: the user names the label, which must be one that he may use. */
static int connect_flow_label(struct sock *sk, const struct sockaddr_in6 *to)
{
	__be32 label = to->sin6_flowinfo & IPV6_FLOWLABEL_MASK;
	struct ip6_flowlabel *leased;

	inet6_sk(sk)->flow_label = 0;
	if (!xtcp_inet6_sndflow(sk) || !label)
		return 0;
	leased = fl6_sock_lookup(sk, label);
	if (IS_ERR(leased))
		return -EINVAL;
	fl6_sock_release(leased);
	inet6_sk(sk)->flow_label = label;
	return 0;
}

static int connect_to6(struct sock *sk, const struct sockaddr_in6 *to, int addr_len)
{
	struct in6_addr raddr = to->sin6_addr;
	int err = connect_flow_label(sk, to);

	if (err)
		return err;
	/* :: is this host, by the IP version that the socket is bound to */
	if (ipv6_addr_any(&raddr) && ipv6_addr_v4mapped(&xtcp_sk(sk)->node.tuple.laddr))
		xtcp_addr_from_v4(&raddr, htonl(INADDR_ANY));
	if (ipv6_addr_v4mapped(&raddr) && sk->sk_ipv6only)
		return -ENETUNREACH;
	if (!ipv6_addr_is_multicast(&raddr))
		err = xtcp_take_scope(sk, to, addr_len, false);
	if (err)
		return err;
	xtcp_ip_use(sk, &raddr);
	return xtcp_open(sk, &raddr, ntohs(to->sin6_port));
}

#else

static int connect_to6(struct sock *sk, const struct sockaddr_in6 *to, int addr_len)
{
	return -EAFNOSUPPORT;
}

#endif

static int connect_to(struct sock *sk, const struct sockaddr *to, int addr_len)
{
	if (sk->sk_family == AF_INET6)
		return connect_to6(sk, (const struct sockaddr_in6 *)to, addr_len);
	return connect_to4(sk, (const struct sockaddr_in *)to);
}

static long wait_for_connect(struct sock *sk, long timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	while (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
		if (signal_pending(current) || !timeo)
			break;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return timeo;
}

/* AF_UNSPEC: dissolve the association, connect(2). */
static int connect_dissolve(struct socket *sock)
{
	int err = xtcp_disconnect(sock->sk, 0);

	sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
	return err;
}

static int connect_check(struct sock *sk, struct sockaddr *addr, int *addr_len)
{
	struct xtcp_bind_wish wish;
	int err;

	err = xtcp_take_family(sk, addr->sa_family);
	if (err)
		return err;
	if (*addr_len < xtcp_address_bytes(sk))
		return -EINVAL;
	if (addr->sa_family != sk->sk_family)
		return -EAFNOSUPPORT;
	err = xtcp_policy_connect(sk, addr, addr_len, &wish);
	if (err || !wish.wished)
		return err;
	return xtcp_bind_as_wished(sk, &wish);
}

static int connect_locked(struct socket *sock, struct sockaddr *addr,
			  int addr_len, int flags)
{
	struct sock *sk = sock->sk;
	int err, unfinished = -EINPROGRESS;
	long timeo;

	if (addr->sa_family == AF_UNSPEC)
		return connect_dissolve(sock);
	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		unfinished = -EALREADY;
		break;
	case SS_UNCONNECTED:
		if (sk->sk_state != TCP_CLOSE)
			return -EISCONN;
		err = connect_check(sk, addr, &addr_len);
		if (!err)
			err = connect_to(sk, addr, addr_len);
		if (err)
			return err;
		sock->state = SS_CONNECTING;
		break;
	default:
		return -EINVAL;
	}

	timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		if (!timeo)
			return unfinished;
		timeo = wait_for_connect(sk, timeo);
		if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
			if (signal_pending(current))
				return sock_intr_errno(timeo);
			return unfinished;	/* SO_SNDTIMEO is over */
		}
	}
	if (sk->sk_state == TCP_CLOSE) {
		/* reset, refused, or timed out */
		err = sock_error(sk) ?: -ECONNABORTED;
		sock->state = SS_UNCONNECTED;
		xtcp_disconnect(sk, flags);
		return err;
	}
	sock->state = SS_CONNECTED;
	return 0;
}

/**
 * xtcp_connect() - connect()
 * @sock: the socket
 * @addr: the peer; AF_UNSPEC: none any more
 * @addr_len: its length
 * @flags: O_NONBLOCK
 *
 * Process context.  This is struct proto_ops' connect.
 *
 * Return: 0; -EINVAL for an address that is too short, or a link-local one without its
 * link; -EAFNOSUPPORT; -EISCONN; -EINPROGRESS, -EALREADY; -ECONNREFUSED and what else ended
 * the handshake; -EADDRNOTAVAIL, -EADDRINUSE, and what xtcp_open() fails with; what a policy
 * refuses with
 */
int xtcp_connect(struct socket *sock, XTCP_SOCKADDR *addr, int addr_len, int flags)
{
	int err;

	if (addr_len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	lock_sock(sock->sk);
	err = connect_locked(sock, (struct sockaddr *)addr, addr_len, flags);
	release_sock(sock->sk);
	return err;
}
