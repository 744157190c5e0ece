// SPDX-License-Identifier: GPL-2.0
/*
 * RECEIVE: what has come in order, to the user.  RFC 9293, 3.10.3.
 */
#include <linux/sched/signal.h>
#include <linux/tcp.h>
#include <net/inet_common.h>
#include "../compat.h"
#include "../engine/output.h"
#include "../engine/seq.h"
#include "../engine/skb.h"
#include "recv.h"
#include "wait.h"

/* ---- the receive queue and the mark ---- */

/* The skb of the receive queue with this sequence number, and where in it. */
static struct sk_buff *recv_skb(struct sock *sk, u32 seq, u32 *offset)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		*offset = seq - xtcp_seq(skb);
		if (*offset < skb->len)
			return skb;
	}
	return NULL;
}

/* Read to the end: free it. */
static void eat_skb(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	consume_skb(skb);
}

/**
 * xtcp_at_mark() - is the urgent byte next: the mark?
 * @sk: the connection, locked
 * @seq: where the reader is
 *
 * Out of line, it is stepped over.
 */
bool xtcp_at_mark(const struct sock *sk, u32 seq)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return x->urg_phase != XTCP_URGENT_NONE && x->urg_seq == seq;
}

/* How much of @used bytes from @seq lies before the mark. */
static u32 before_mark(const struct sock *sk, u32 seq, u32 used)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (likely(x->urg_phase == XTCP_URGENT_NONE))
		return used;
	return min(used, x->urg_seq - seq ?: used);
}

/* The reader has passed the mark. */
static void forget_mark(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->urg_phase != XTCP_URGENT_NONE && seq_gt(x->copied_seq, x->urg_seq))
		x->urg_phase = XTCP_URGENT_NONE;
}

/**
 * xtcp_unread() - how many bytes the user may read
 * @sk: the socket
 *
 * Any context; exact under the socket lock.
 */
u32 xtcp_unread(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 n = READ_ONCE(x->rcv_nxt) - READ_ONCE(x->copied_seq);

	/* the peer's FIN has a sequence number, but is no byte */
	return n && x->fin_seen ? n - 1 : n;
}

/* ---- the call ---- */

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
	/* announced, not here yet: never waits */
	return -EAGAIN;
}

/* Nothing to read: why, and is that the answer?  Return: 1 to go on waiting */
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

/* Return: 0; -EPIPE where the connection is not the same any more */
static int wait_for_data(struct sock *sk, long *timeo)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 incarnation = x->incarnation;

	xtcp_ack_before_wait(sk);
	x->readers++;
	sk_wait_data(sk, timeo, skb_peek_tail(&sk->sk_receive_queue));
	x->readers--;
	return xtcp_disconnected(sk, incarnation) ? sock_error(sk) ?: -EPIPE : 0;
}

static int recv_locked(struct sock *sk, struct msghdr *msg, size_t len,
		       int flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	int target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	u32 peeked = x->copied_seq, *seq = &x->copied_seq, offset, used;
	struct sk_buff *skb;
	int copied = 0, err;
	bool stamped = false;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_PEEK) {
		int skip = sk_peek_offset(sk, flags);

		if (skip > 0)
			peeked += skip;
		seq = &peeked;
	}
	do {
		/* one call reads up to the mark, not across it */
		if (unlikely(xtcp_at_mark(sk, *seq)) && copied)
			break;
		skb = recv_skb(sk, *seq, &offset);
		if (!skb) {
			if (copied >= target && !READ_ONCE(sk->sk_backlog.tail))
				break;
			err = recv_nothing(sk, copied, timeo);
			if (err <= 0) {
				copied = copied ?: err;
				break;
			}
			if (!(flags & MSG_PEEK))
				xtcp_window_update(sk);
			if (copied >= target) {
				/* the backlog may bring more without waiting */
				release_sock(sk);
				lock_sock(sk);
			} else {
				err = wait_for_data(sk, &timeo);
				if (err)
					return copied ?: err;
			}
			if (flags & MSG_PEEK && seq_lt(peeked, x->copied_seq))
				peeked = x->copied_seq;
			continue;
		}
		if (unlikely(xtcp_at_mark(sk, *seq)) && len &&
		    !sock_flag(sk, SOCK_URGINLINE)) {
			++*seq;
			if (!(flags & MSG_PEEK)) {
				forget_mark(sk);
				if (offset + 1 == skb->len)
					eat_skb(sk, skb);
			}
			continue;
		}
		used = before_mark(sk, *seq, min_t(u32, skb->len - offset, len));
		if (!(flags & MSG_TRUNC) &&
		    skb_copy_datagram_msg(skb, offset, msg, used)) {
			if (!copied)
				copied = -EFAULT;
			break;
		}
		*seq += used;
		copied += used;
		len -= used;
		/* SO_TIMESTAMP: when the last of what is returned came */
		if (!stamped && (!len || skb_queue_is_last(&sk->sk_receive_queue,
							   skb))) {
			sock_recv_timestamp(msg, sk, skb);
			stamped = true;
		}
		if (flags & MSG_PEEK)
			continue;
		forget_mark(sk);
		if (offset + used == skb->len)
			eat_skb(sk, skb);
	} while (len);
	if (copied > 0) {
		if (flags & MSG_PEEK)
			sk_peek_offset_fwd(sk, copied);
		else
			sk_peek_offset_bwd(sk, copied);
	}
	if (!(flags & MSG_PEEK))
		xtcp_window_update(sk);
	return copied;
}

/**
 * xtcp_recvmsg() - RECEIVE
 * @sk: the socket
 * @msg: where to
 * @len: room there
 * @flags: MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_TRUNC (discard), MSG_ERRQUEUE
 * @addr_len: set to 0: a stream's data has no sender address
 *
 * Process context.  This is struct proto's recvmsg.
 *
 * Return: how many bytes; 0 at the end of the stream; -EAGAIN, -ENOTCONN, the
 * connection's error, -EINTR, -EFAULT; -EINVAL for MSG_OOB without urgent data
 */
int xtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len)
{
	int ret, unread;

	if (unlikely(flags & MSG_ERRQUEUE))
		return inet_recv_error(sk, msg, len, addr_len);
	lock_sock(sk);
	if (flags & MSG_OOB)
		ret = recv_urgent(sk, msg, len, flags);
	else
		ret = recv_locked(sk, msg, len, flags);
	/* to a program that reads only where there is something, the end is */
	unread = xtcp_unread(sk) ?: xtcp_sk(sk)->fin_seen;
	release_sock(sk);
	if (ret >= 0 && xtcp_sk(sk)->recv_inq)
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(unread), &unread);
	return ret;
}
