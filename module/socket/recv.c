// SPDX-License-Identifier: GPL-2.0
/*
 * RECEIVE: the user takes the bytes that have come in order.  RFC 9293, 3.10.3.
 */
#include <linux/sched/signal.h>
#include <linux/tcp.h>
#include <net/inet_common.h>
#include "../engine/buffers.h"
#include "../engine/output.h"
#include "../engine/rcvq.h"
#include "../engine/seq.h"
#include "../engine/urgent.h"
#include "recv.h"
#include "wait.h"

/* recv() with MSG_OOB */
static int recv_urgent(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (sock_flag(sk, SOCK_URGINLINE) || x->urg_phase == XTCP_URGENT_NONE ||
	    x->urg_phase == XTCP_URGENT_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (x->urg_phase == XTCP_URGENT_HERE) {
		char byte = x->urg_byte;

		if (!(flags & MSG_PEEK))
			x->urg_phase = XTCP_URGENT_READ;
		msg->msg_flags |= MSG_OOB;
		if (!len) {
			msg->msg_flags |= MSG_TRUNC;
			return 0;
		}
		if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &byte, 1))
			return -EFAULT;
		return 1;
	}
	if (sk->sk_state == TCP_CLOSE || sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	/* announced but not here yet: MSG_OOB never waits */
	return -EAGAIN;
}

/* There is nothing to read.  Return: 1 to go on waiting, else what recv()
 * answers
 */
static int recv_nothing(struct sock *sk, int copied, long timeo)
{
	if (copied && (sk->sk_err || sk->sk_state == TCP_CLOSE ||
		       sk->sk_shutdown & RCV_SHUTDOWN || !timeo ||
		       signal_pending(current)))
		return 0;
	if (copied)
		return 1;
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;	/* never connected */
	if (!timeo) {
		xtcp_ack_before_wait(sk);
		return -EAGAIN;
	}
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 1;
}

/* Return: 0; the socket's error or -EPIPE if it was disconnected meanwhile */
static int recv_wait_for_data(struct sock *sk, long *timeo)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 incarnation = x->incarnation;

	xtcp_ack_before_wait(sk);
	x->readers++;
	sk_wait_data(sk, timeo, skb_peek_tail(&sk->sk_receive_queue));
	x->readers--;
	return xtcp_disconnected(sk, incarnation) ? sock_error(sk) ?: -EPIPE : 0;
}

/**
 * struct recv_call - a recv() on its way
 * @msg: where the bytes go
 * @len: room left there
 * @flags: the user's
 * @timeo: how long it may wait still
 * @target: with so many bytes it need not wait
 * @copied: the answer so far: bytes, or an error
 * @seq: the next byte to read: the socket's copied_seq, or @peeked
 * @peeked: that of MSG_PEEK
 * @stamped: SO_TIMESTAMP has been answered
 * @disconnected: the connection is not the same any more
 */
struct recv_call {
	struct msghdr	*msg;
	size_t		len;
	int		flags;
	long		timeo;
	int		target;
	int		copied;
	u32		*seq;
	u32		peeked;
	bool		stamped;
	bool		disconnected;
};

static void recv_begin(struct sock *sk, struct recv_call *c)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int skip;

	c->timeo = sock_rcvtimeo(sk, c->flags & MSG_DONTWAIT);
	c->target = sock_rcvlowat(sk, c->flags & MSG_WAITALL, c->len);
	c->seq = &x->copied_seq;
	if (c->flags & MSG_PEEK) {
		c->peeked = x->copied_seq;
		skip = sk_peek_offset(sk, c->flags);
		if (skip > 0)
			c->peeked += skip;
		c->seq = &c->peeked;
	}
}

/* What was read makes room, and shows how much room this reader can use. */
static void recv_make_room(struct sock *sk)
{
	xtcp_rcvbuf_taken(sk);
	xtcp_window_update(sk);
}

/* The queue has nothing more.  Return: whether to look again */
static bool recv_wait(struct sock *sk, struct recv_call *c)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	if (c->copied >= c->target && !READ_ONCE(sk->sk_backlog.tail))
		return false;
	err = recv_nothing(sk, c->copied, c->timeo);
	if (err <= 0) {
		c->copied = c->copied ?: err;
		return false;
	}
	if (c->copied && !(c->flags & MSG_PEEK))
		recv_make_room(sk);
	if (c->copied >= c->target) {
		/* the backlog may bring more without waiting */
		release_sock(sk);
		lock_sock(sk);
	} else {
		err = recv_wait_for_data(sk, &c->timeo);
		if (err) {
			c->copied = c->copied ?: err;
			c->disconnected = true;
			return false;
		}
	}
	if (c->flags & MSG_PEEK && seq_lt(c->peeked, x->copied_seq))
		c->peeked = x->copied_seq;
	return true;
}

/* The urgent byte, out of line, is no part of the stream. */
static void recv_step_over(struct sock *sk, struct recv_call *c,
			   struct sk_buff *skb, u32 offset)
{
	++*c->seq;
	if (c->flags & MSG_PEEK)
		return;
	xtcp_forget_mark(sk);
	if (offset + 1 == skb->len)
		xtcp_rcvq_eat(sk, skb);
}

/* Return: whether the call goes on: false where the user's memory is bad */
static bool recv_copy(struct sock *sk, struct recv_call *c, struct sk_buff *skb,
		      u32 offset)
{
	u32 used = xtcp_before_mark(sk, *c->seq, min_t(u32, skb->len - offset, c->len));

	if (!(c->flags & MSG_TRUNC) &&
	    skb_copy_datagram_msg(skb, offset, c->msg, used)) {
		if (!c->copied)
			c->copied = -EFAULT;
		return false;
	}
	*c->seq += used;
	c->copied += used;
	c->len -= used;
	/* SO_TIMESTAMP: when the last of what is returned came */
	if (!c->stamped && (!c->len ||
			    skb_queue_is_last(&sk->sk_receive_queue, skb))) {
		sock_recv_timestamp(c->msg, sk, skb);
		c->stamped = true;
	}
	if (c->flags & MSG_PEEK)
		return true;
	xtcp_forget_mark(sk);
	if (offset + used == skb->len)
		xtcp_rcvq_eat(sk, skb);
	return true;
}

static void recv_end(struct sock *sk, const struct recv_call *c)
{
	if (c->disconnected)
		return;
	if (c->copied > 0) {
		if (c->flags & MSG_PEEK)
			sk_peek_offset_fwd(sk, c->copied);
		else
			sk_peek_offset_bwd(sk, c->copied);
	}
	if (!(c->flags & MSG_PEEK))
		recv_make_room(sk);
}

static int recv_locked(struct sock *sk, struct msghdr *msg, size_t len,
		       int flags)
{
	struct recv_call c = { .msg = msg, .len = len, .flags = flags };
	struct sk_buff *skb;
	u32 offset;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	recv_begin(sk, &c);
	do {
		/* one call reads up to the mark, not across it */
		if (unlikely(xtcp_at_mark(sk, *c.seq)) && c.copied)
			break;
		skb = xtcp_rcvq_find(sk, *c.seq, &offset);
		if (!skb) {
			if (!recv_wait(sk, &c))
				break;
		} else if (unlikely(xtcp_at_mark(sk, *c.seq)) && c.len &&
			   !sock_flag(sk, SOCK_URGINLINE)) {
			recv_step_over(sk, &c, skb, offset);
		} else if (!recv_copy(sk, &c, skb, offset)) {
			break;
		}
	} while (c.len);
	recv_end(sk, &c);
	return c.copied;
}

/**
 * xtcp_recvmsg() - RECEIVE
 * @sk: the socket
 * @msg: where to
 * @len: room there
 * @flags: MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_TRUNC (discard)
 *
 * Process context.
 *
 * Return: how many bytes; 0 at the end of the stream; -EAGAIN, -ENOTCONN, the
 * connection's error, -EINTR, -EFAULT; -EINVAL for MSG_OOB without urgent data
 */
int xtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	int ret, unread;

	lock_sock(sk);
	if (flags & MSG_OOB)
		ret = recv_urgent(sk, msg, len, flags);
	else
		ret = recv_locked(sk, msg, len, flags);
	/* count the FIN as one, so that a program that reads only what is there
	 * reads the end of the stream
	 */
	unread = xtcp_unread(sk) ?: xtcp_sk(sk)->fin_seen;
	release_sock(sk);
	if (ret >= 0 && xtcp_sk(sk)->recv_inq)
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(unread), &unread);
	return ret;
}
