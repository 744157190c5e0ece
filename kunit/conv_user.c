// SPDX-License-Identifier: GPL-2.0
/*
 * The user of a conversation: the calls of a program, which never wait.
 */
#include <net/sock.h>
#include "conv.h"

static void keep(struct conv *t, struct socket *sock)
{
	for (int i = 0; i < CONV_SOCKETS; i++) {
		if (!t->socks[i]) {
			t->socks[i] = sock;
			return;
		}
	}
	sock_release(sock);
	KUNIT_FAIL_AND_ABORT(t->test, "too many sockets for one test");
}

/**
 * user_socket() - a new socket, closed at the case's end at the latest
 * @t: the conversation
 *
 * Return: the socket
 */
struct socket *user_socket(struct conv *t)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(t->test, 0, sock_create_kern(&init_net, AF_XTCP,
						     SOCK_STREAM, 0, &sock));
	keep(t, sock);
	set_wire(sock, t->tuple.wire);
	return sock;
}

/**
 * user_bind() - bind()
 * @t: the conversation
 * @sock: which socket
 * @addr: address, 0 for every one
 * @port: port, 0 for any
 *
 * Return: 0 or a negative errno
 */
int user_bind(struct conv *t, struct socket *sock, u32 addr, u16 port)
{
	struct in6_addr a = conv_addr(t, addr);
	struct sockaddr_storage to;
	int len = conv_sockaddr(t, &a, port, &to);

	return kernel_bind(sock, (struct sockaddr *)&to, len);
}

/**
 * user_connect() - connect() from the conversation's one end to the other
 * @t: the conversation; its socket is made where there is none
 *
 * Return: 0, or a negative errno; -EINPROGRESS when the SYN is sent
 */
int user_connect(struct conv *t)
{
	struct sockaddr_storage to;
	int err, len;

	if (!t->sock) {
		t->sock = user_socket(t);
		len = conv_sockaddr(t, &t->tuple.laddr, t->tuple.lport, &to);
		err = kernel_bind(t->sock, (struct sockaddr *)&to, len);
		if (err)
			return err;
	}
	conv_look(t);
	len = conv_sockaddr(t, &t->tuple.raddr, t->tuple.rport, &to);
	err = kernel_connect(t->sock, (struct sockaddr *)&to, len, O_NONBLOCK);
	conv_freeze(t);
	return err;
}

/**
 * user_listen() - bind() and listen()
 * @t: the conversation; its listener is made where there is none
 * @backlog: how many children may wait
 *
 * Return: 0 or a negative errno
 */
int user_listen(struct conv *t, int backlog)
{
	int err;

	if (!t->listener) {
		t->listener = user_socket(t);
		err = user_bind(t, t->listener, 0, t->tuple.lport);
		if (err)
			return err;
	}
	return kernel_listen(t->listener, backlog);
}

/**
 * user_accept() - accept(), without waiting; the child is the connection's socket
 * @t: the conversation
 *
 * Return: 0 or a negative errno
 */
int user_accept(struct conv *t)
{
	struct socket *sock;
	int err = kernel_accept(t->listener, &sock, O_NONBLOCK);

	if (err)
		return err;
	keep(t, sock);
	t->sock = sock;
	return 0;
}

/**
 * user_send_flags() - send() the stream's next bytes, without waiting
 * @t: the conversation
 * @len: how many
 * @flags: MSG_*
 *
 * Return: how many were taken, or a negative errno
 */
int user_send_flags(struct conv *t, u32 len, int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_len = len };
	u8 *buf = kvmalloc(max(len, 1u), GFP_KERNEL);
	int ret;

	if (!buf)
		return -ENOMEM;
	for (u32 i = 0; i < len; i++)
		buf[i] = conv_byte(t->written + i);
	vec.iov_base = buf;
	conv_look(t);
	ret = kernel_sendmsg(t->sock, &msg, &vec, 1, len);
	conv_freeze(t);
	kvfree(buf);
	if (ret > 0)
		t->written += ret;
	return ret;
}

/**
 * user_recv_flags() - recv(), without waiting; the bytes must be the stream's
 * @t: the conversation
 * @len: how many at most
 * @flags: MSG_*
 *
 * Return: how many came, -EBADMSG where they are wrong, or a negative errno
 */
int user_recv_flags(struct conv *t, u32 len, int flags)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_len = len };
	u8 *buf = kvmalloc(max(len, 1u), GFP_KERNEL);
	int ret;

	if (!buf)
		return -ENOMEM;
	vec.iov_base = buf;
	conv_look(t);
	ret = kernel_recvmsg(t->sock, &msg, &vec, 1, len, flags | MSG_DONTWAIT);
	conv_freeze(t);
	for (int i = 0; i < ret; i++) {
		if (!(flags & MSG_TRUNC) && buf[i] != conv_byte(t->read + i)) {
			kvfree(buf);
			return -EBADMSG;
		}
	}
	kvfree(buf);
	if (ret > 0 && !(flags & MSG_PEEK))
		t->read += ret;
	return ret;
}

/**
 * user_shutdown() - shutdown()
 * @t: the conversation
 * @how: SHUT_RD, SHUT_WR, SHUT_RDWR
 *
 * Return: 0 or a negative errno
 */
int user_shutdown(struct conv *t, int how)
{
	int err;

	conv_look(t);
	err = kernel_sock_shutdown(t->sock, how);
	conv_freeze(t);
	return err;
}

/**
 * user_names_version() - a socket without an address is of the conversation's IP version
 * @t: the conversation
 * @sock: which socket
 */
void user_names_version(struct conv *t, struct socket *sock)
{
	int no = 0;

	if (t->ip6)
		KUNIT_ASSERT_EQ(t->test, 0,
				sock->ops->setsockopt(sock, SOL_IPV6, IPV6_V6ONLY,
						      KERNEL_SOCKPTR(&no), sizeof(no)));
}

/**
 * user_option() - setsockopt() with an int
 * @t: the conversation
 * @level: SOL_TCP, SOL_SOCKET, SOL_IP; over IPv6 the option of SOL_IPV6 that says the same
 * @name: which option
 * @value: its value
 *
 * Return: 0 or a negative errno
 */
int user_option(struct conv *t, int level, int name, int value)
{
	sockptr_t val = KERNEL_SOCKPTR(&value);
	int err;

	conv_option(t, &level, &name);
	conv_look(t);
	if (level == SOL_SOCKET)
		err = sock_setsockopt(t->sock, level, name, val, sizeof(value));
	else
		err = t->sock->ops->setsockopt(t->sock, level, name, val,
					       sizeof(value));
	conv_freeze(t);
	return err;
}

/**
 * user_close_socket() - close() a socket
 * @t: the conversation
 * @sock: from user_socket() or user_accept()
 */
void user_close_socket(struct conv *t, struct socket *sock)
{
	for (int i = 0; i < CONV_SOCKETS; i++)
		if (t->socks[i] == sock)
			t->socks[i] = NULL;
	if (t->sock == sock)
		t->sock = NULL;
	if (t->listener == sock)
		t->listener = NULL;
	conv_look(t);
	sock_release(sock);
	conv_freeze(t);
}

/**
 * user_close() - close() the connection's socket
 * @t: the conversation
 */
void user_close(struct conv *t)
{
	CONV_STEP(conv_unseen(t));
	conv_log(t, "    user: close\n");
	user_close_socket(t, t->sock);
}

/**
 * user_abort() - close() it with SO_LINGER 0
 * @t: the conversation
 */
void user_abort(struct conv *t)
{
	CONV_STEP(conv_unseen(t));
	conv_log(t, "    user: abort\n");
	sock_no_linger(t->sock->sk);
	user_close_socket(t, t->sock);
}
