// SPDX-License-Identifier: GPL-2.0
/*
 * poll(), the wake-up of those who wait for room, and how much is waiting in
 * each direction.
 */
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include "../engine/rcvq.h"
#include "../engine/seq.h"
#include "../engine/tcb.h"
#include "../engine/urgent.h"
#include "../engine/window.h"
#include "poll.h"

/**
 * xtcp_write_space() - wake those who wait for room in the send buffer
 * @sk: the connection, locked
 *
 * This is the socket's sk_write_space.
 */
void xtcp_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	smp_mb();	/* pairs with poll_writable(): the room, then the flag */
	if (!sock || !test_bit(SOCK_NOSPACE, &sock->flags) ||
	    !sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
					   EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

/**
 * xtcp_stream_memory_free() - TCP_NOTSENT_LOWAT: is little enough not sent yet?
 * @sk: the connection
 * @wake: 1: the caller would wake writers: then half of the mark counts
 *
 * Any context.  This is struct proto's stream_memory_free.
 */
bool xtcp_stream_memory_free(const struct sock *sk, int wake)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u64 notsent = READ_ONCE(x->write_seq) - READ_ONCE(x->snd_nxt);

	return notsent << wake < (READ_ONCE(x->notsent_lowat) ?: U32_MAX);
}

static __poll_t poll_readable(struct sock *sk)
{
	int lowat = sock_rcvlowat(sk, 0, INT_MAX);
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 unread = xtcp_unread(sk);
	__poll_t mask = 0;

	if (unlikely(x->urg_phase == XTCP_URGENT_HERE))
		mask = EPOLLPRI;
	/* the urgent byte itself is not read as part of the stream */
	if (x->urg_phase != XTCP_URGENT_NONE && x->urg_seq == x->copied_seq &&
	    !sock_flag(sk, SOCK_URGINLINE))
		lowat++;

	if (unread && (unread >= (u32)lowat || xtcp_sk(sk)->fin_seen ||
		       xtcp_window_shut(sk)))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static __poll_t poll_writable(struct sock *sk)
{
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return EPOLLOUT | EPOLLWRNORM;
	if (__sk_stream_is_writeable(sk, 1))
		return EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* room may have come between the test and the flag */
	smp_mb__after_atomic();
	return __sk_stream_is_writeable(sk, 1) ? EPOLLOUT | EPOLLWRNORM : 0;
}

/**
 * xtcp_poll() - what may be done without waiting
 * @file: the socket's file
 * @sock: the socket
 * @wait: the poll table
 *
 * Process context, no lock.  Answers as tcp(7)'s sockets do.
 *
 * Return: EPOLL* bits
 */
__poll_t xtcp_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	u8 shutdown;
	__poll_t mask = 0;
	int state;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return READ_ONCE(sk->sk_ack_backlog) ? EPOLLIN | EPOLLRDNORM : 0;
	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		mask |= poll_readable(sk) | poll_writable(sk);
	smp_rmb();	/* sk_err is set before the wake-up */
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

/* How many bytes one recv() may get: those before the mark, if the urgent byte
 * is out of line.
 */
static u32 ioctl_readable_now(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		return 0;
	if (x->urg_phase == XTCP_URGENT_NONE || sock_flag(sk, SOCK_URGINLINE) ||
	    seq_geq(x->urg_seq, x->rcv_nxt))
		return xtcp_unread(sk);
	return x->urg_seq - x->copied_seq;
}

static int ioctl_other(struct socket *sock, unsigned int cmd, unsigned long arg)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sock->sk->sk_family == AF_INET6)
		return inet6_ioctl(sock, cmd, arg);
#endif
	return inet_ioctl(sock, cmd, arg);
}

/**
 * xtcp_ioctl() - SIOCINQ (FIONREAD), SIOCOUTQ (TIOCOUTQ), SIOCOUTQNSD
 * @sock: the socket
 * @cmd: which; others go to inet_ioctl(), or inet6_ioctl()
 * @arg: where to write the answer
 *
 * RFC 9293: MUST-33.
 *
 * Return: 0; -EINVAL on a listener; -EFAULT
 */
int xtcp_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	struct xtcp_sock *x = xtcp_sk(sk);
	int answer;

	switch (cmd) {
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
	case SIOCATMARK:
		break;
	default:
		return ioctl_other(sock, cmd, arg);
	}
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN && cmd != SIOCATMARK) {
		release_sock(sk);
		return -EINVAL;
	}
	if (cmd == SIOCINQ)
		answer = ioctl_readable_now(sk);
	else if (cmd == SIOCATMARK)
		answer = xtcp_at_mark(sk, x->copied_seq);
	else if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE))
		answer = 0;
	else if (cmd == SIOCOUTQ)
		answer = x->write_seq - x->snd_una;
	else
		answer = x->write_seq - x->snd_nxt;
	release_sock(sk);
	return put_user(answer, (int __user *)arg);
}
