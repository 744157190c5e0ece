// SPDX-License-Identifier: GPL-2.0
/*
 * The byte stream as the user sees it: sendmsg, recvmsg, poll, and how much is
 * waiting in each direction.  RFC 9293, 3.10.2 and 3.10.3.
 */
#include <linux/sched/signal.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <asm/ioctls.h>
#include <net/inet_common.h>
#include "../compat.h"
#include "../engine/memory.h"
#include "../engine/mss.h"
#include "../engine/output.h"
#include "../engine/seq.h"
#include "../engine/sndq.h"
#include "../wire/segment.h"
#include "stream.h"

/* ---- sending ---- */

/**
 * xtcp_write_space() - room in the send buffer: wake who waits for it
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
 * @wake: 1: the answer decides about waking; then half of the mark counts
 *
 * Any context.  This is struct proto's stream_memory_free.
 */
bool xtcp_stream_memory_free(const struct sock *sk, int wake)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u64 notsent = READ_ONCE(x->write_seq) - READ_ONCE(x->snd_nxt);

	return notsent << wake < (READ_ONCE(x->notsent_lowat) ?: U32_MAX);
}

/* A fresh skb at the end of the write queue, to be filled. */
static struct sk_buff *append_skb(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_sndq_alloc(sk, sk->sk_allocation);
	struct xtcp_skb_cb *cb;

	if (!skb)
		return NULL;
	cb = XTCP_CB(skb);
	memset(cb, 0, sizeof(*cb));
	cb->flags = XTCP_ACK;
	cb->block.seq = x->write_seq;
	cb->block.end = x->write_seq;
	xtcp_sndq_add(sk, skb);
	return skb;
}

/* The last skb, if it was not sent and has room (SHLD-27). */
static struct sk_buff *tail_with_room(struct sock *sk, u32 size_goal)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (!skb || !xtcp_sk(sk)->send_head || skb->len >= size_goal ||
	    XTCP_CB(skb)->flags & (XTCP_FIN | XTCP_SYN) ||
	    XTCP_CB(skb)->stamped)
		return NULL;
	return skb;
}

/* Pages that were written full, the oldest of which nobody may need any more when
 * the next is wanted: then none has to be allocated and zeroed.  Only what was
 * written since is ever sent.
 */
struct used_frags {
	struct page_frag	frag[8];
	unsigned int		oldest;
};

static DEFINE_PER_CPU(struct used_frags, used_frags);

static bool frag_refill(struct sock *sk, struct page_frag *pfrag)
{
	if (pfrag->page && pfrag->offset == pfrag->size &&
	    !page_is_pfmemalloc(pfrag->page)) {
		struct used_frags *used = get_cpu_ptr(&used_frags);

		swap(*pfrag, used->frag[used->oldest]);
		used->oldest = (used->oldest + 1) % ARRAY_SIZE(used->frag);
		put_cpu_ptr(&used_frags);
	}
	return sk_page_frag_refill(sk, pfrag);
}

/**
 * xtcp_stream_exit() - free what was kept
 *
 * At module unload, when nobody can send any more.
 */
void xtcp_stream_exit(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu) {
		struct used_frags *used = per_cpu_ptr(&used_frags, cpu);

		for (i = 0; i < ARRAY_SIZE(used->frag); i++)
			if (used->frag[i].page)
				put_page(used->frag[i].page);
	}
}

/* Copy up to @most bytes from the user to the end of @skb.  Return: how many;
 * 0: the skb has no fragment left; -ENOBUFS: wait for memory; -EFAULT.
 */
static int append_data(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		       u32 most)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags, err, copy;
	bool merge;

	if (!frag_refill(sk, pfrag))
		return -ENOBUFS;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;
	copy = min_t(int, most, pfrag->size - pfrag->offset);
	if (!sk_wmem_schedule(sk, copy)) {
		/* little is always allowed: with nothing on its way nobody would ever
		 * make room
		 */
		if (sk->sk_wmem_queued >= xtcp_buffer_least)
			return -ENOBUFS;
		copy = min(copy, xtcp_buffer_least - sk->sk_wmem_queued);
		if (!xtcp_force_charge(sk, copy))
			return -ENOBUFS;
	}
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, pfrag->page,
				       pfrag->offset, copy);
	if (err)
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, copy);
		get_page(pfrag->page);
	}
	pfrag->offset += copy;
	return copy;
}

/* PSH where the user stops writing: RFC 9293, 3.10.2 (MUST-61). */
static void mark_push(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (!skb || !x->send_head)
		return;
	XTCP_CB(skb)->flags |= XTCP_PSH;
}

/* MAY-15, MAY-16 */
static void push(struct sock *sk, int flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u8 nonagle = x->nonagle;

	if (!x->send_head)
		return;
	if (flags & MSG_MORE)
		nonagle = XTCP_NAGLE_CORK;
	else
		mark_push(sk);
	xtcp_output(sk, nonagle);
}

/* An empty skb that an error left behind must not stay: it has no place in the
 * sequence space.
 */
static void drop_empty_tail(struct sock *sk)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb && !skb->len &&
	    XTCP_CB(skb)->block.seq == XTCP_CB(skb)->block.end)
		xtcp_sndq_free(sk, skb);
}

/* Has another thread disconnected the socket while this one slept?  Then its call is
 * over, even if there is a new connection by now.
 */
static bool disconnected(const struct sock *sk, u32 incarnation)
{
	return unlikely(xtcp_sk(sk)->incarnation != incarnation);
}

static int wait_for_memory(struct sock *sk, int flags, long *timeo)
{
	u32 incarnation = xtcp_sk(sk)->incarnation;
	int err;

	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* what was written so far makes the room */
	push(sk, flags & ~MSG_MORE);
	xtcp_note_limit(sk);
	err = sk_stream_wait_memory(sk, timeo);
	return disconnected(sk, incarnation) ? -EPIPE : err;
}

/* SO_TIMESTAMPING: when the last byte of what was written leaves, and when it is
 * acknowledged.  Its number counts from when the option was set, which zeroes
 * sk_tskey.
 */
static void stamp_written(struct sock *sk, const struct sockcm_cookie *sockc,
			  int bytes)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	u32 number = 0;

	if (READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_OPT_ID)
		number = atomic_add_return(bytes, &sk->sk_tskey) - 1;
	if (!skb || !(sockc->tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK))
		return;
	xtcp_tx_timestamp(sk, sockc, &skb_shinfo(skb)->tx_flags);
	skb_shinfo(skb)->tskey = number;
	XTCP_CB(skb)->stamped = 1;
	XTCP_CB(skb)->stamp_ack = !!(sockc->tsflags & SOF_TIMESTAMPING_TX_ACK);
}

/* @copied bytes are in the write queue: the last of @msg that will be. */
static void written(struct sock *sk, const struct msghdr *msg,
		    const struct sockcm_cookie *sockc, int copied)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (unlikely(msg->msg_flags & MSG_OOB)) {
		x->snd_up = x->write_seq;
		x->urg_sending = 1;
	}
	if (unlikely(sockc->tsflags))
		stamp_written(sk, sockc, copied);
	push(sk, msg->msg_flags);
}

static int send_locked(struct sock *sk, struct msghdr *msg,
		       const struct sockcm_cookie *sockc)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int flags = msg->msg_flags, copied = 0, err;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	u32 incarnation = x->incarnation, goal;
	struct sk_buff *skb;

	if (!xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) {
		err = sk_stream_wait_connect(sk, &timeo);
		if (!err && disconnected(sk, incarnation))
			err = -EPIPE;
		if (err)
			goto error;
	}
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	xtcp_output_pause(sk);

	while (msg_data_left(msg)) {
		err = -EPIPE;
		if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN ||
		    !xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
			goto error;
		goal = xtcp_size_goal(sk);
		skb = tail_with_room(sk, goal);
		if (!skb) {
			skb = sk_stream_memory_free(sk) ? append_skb(sk) : NULL;
			if (!skb) {
				err = wait_for_memory(sk, flags, &timeo);
				if (err)
					goto error;
				continue;
			}
		}
		err = append_data(sk, skb, msg, min_t(u32, msg_data_left(msg),
						      goal - skb->len));
		if (err == -ENOBUFS) {
			drop_empty_tail(sk);
			err = wait_for_memory(sk, flags, &timeo);
			if (err)
				goto error;
			continue;
		}
		if (err < 0)
			goto error;
		if (!err) {	/* no fragment left: full before its time */
			mark_push(sk);
			if (!sk_stream_memory_free(sk) || !append_skb(sk)) {
				err = wait_for_memory(sk, flags, &timeo);
				if (err)
					goto error;
			}
			continue;
		}
		x->write_seq += err;
		xtcp_end(skb) += err;
		copied += err;
		/* a packet's worth: away with it, while the user writes on;
		 * unless it must say where the urgent data end
		 */
		if (skb->len >= goal && msg_data_left(msg) &&
		    skb == x->send_head && !(flags & MSG_OOB))
			xtcp_output(sk, XTCP_NAGLE_OFF);
	}
	if (copied)
		written(sk, msg, sockc, copied);
	return copied;
error:
	drop_empty_tail(sk);
	if (copied) {
		if (!disconnected(sk, incarnation))
			written(sk, msg, sockc, copied);
		return copied;
	}
	err = sk_stream_error(sk, flags, err);
	/* epoll, edge-triggered: another try is worth it once there is room */
	if (err == -EAGAIN && skb_queue_empty(&sk->sk_write_queue))
		sk->sk_write_space(sk);
	return err;
}

/**
 * xtcp_sendmsg() - SEND
 * @sk: the socket
 * @msg: the data; MSG_DONTWAIT, MSG_MORE, MSG_NOSIGNAL, MSG_OOB count; a control
 *	message may ask for timestamps of it
 * @size: its length
 *
 * Process context.  This is struct proto's sendmsg.
 *
 * Return: how many bytes were taken; -EAGAIN where none without waiting;
 * -EPIPE after shutdown, with SIGPIPE unless MSG_NOSIGNAL; the connection's
 * error; -EFAULT; -EOPNOTSUPP for MSG_FASTOPEN; -EINVAL for an unknown control
 * message
 */
int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	struct sockcm_cookie sockc;
	int ret;

	if (msg->msg_flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	sockcm_init(&sockc, sk);
	if (unlikely(msg->msg_controllen)) {
		ret = sock_cmsg_send(sk, msg, &sockc);
		if (ret)
			return ret;
	}
	lock_sock(sk);
	ret = send_locked(sk, msg, &sockc);
	release_sock(sk);
	return ret;
}

/* ---- receiving ---- */

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

/* The urgent byte is next: the mark.  Out of line, it is stepped over. */
static bool at_mark(const struct sock *sk, u32 seq)
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
	return disconnected(sk, incarnation) ? sock_error(sk) ?: -EPIPE : 0;
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
		if (unlikely(at_mark(sk, *seq)) && copied)
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
		if (unlikely(at_mark(sk, *seq)) && len &&
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

/**
 * xtcp_splice_eof() - sendfile() has come to the file's end before its count
 * @sock: the socket
 *
 * Process context.  What was sent with MSG_MORE goes.  This is struct proto's
 * splice_eof.
 */
void xtcp_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	if (xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		push(sk, 0);
	release_sock(sk);
}

/* ---- poll, ioctl ---- */

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

static __poll_t poll_readable(struct sock *sk)
{
	int lowat = sock_rcvlowat(sk, 0, INT_MAX);
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 unread = xtcp_unread(sk);
	__poll_t mask = 0;

	if (unlikely(x->urg_phase == XTCP_URGENT_HERE))
		mask = EPOLLPRI;
	/* the byte itself is not to be read */
	if (x->urg_phase != XTCP_URGENT_NONE && x->urg_seq == x->copied_seq &&
	    !sock_flag(sk, SOCK_URGINLINE))
		lowat++;

	if (unread && (unread >= (u32)lowat || xtcp_sk(sk)->fin_seen ||
		       atomic_read(&sk->sk_rmem_alloc) > READ_ONCE(sk->sk_rcvbuf) / 2))
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
	/* the space may have come between the question and the flag */
	smp_mb__after_atomic();
	return __sk_stream_is_writeable(sk, 1) ? EPOLLOUT | EPOLLWRNORM : 0;
}

/**
 * xtcp_poll() - what may be done without waiting
 * @file: the socket's file
 * @sock: the socket
 * @wait: who wants to be woken
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

/* What one recv() may get: up to the mark, if the urgent byte is out of line. */
static u32 readable_now(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		return 0;
	if (x->urg_phase == XTCP_URGENT_NONE || sock_flag(sk, SOCK_URGINLINE) ||
	    seq_geq(x->urg_seq, x->rcv_nxt))
		return xtcp_unread(sk);
	return x->urg_seq - x->copied_seq;
}

/**
 * xtcp_ioctl() - SIOCINQ (FIONREAD), SIOCOUTQ (TIOCOUTQ), SIOCOUTQNSD
 * @sock: the socket
 * @cmd: which; others are the interface's own
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
		return inet_ioctl(sock, cmd, arg);
	}
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN && cmd != SIOCATMARK) {
		release_sock(sk);
		return -EINVAL;
	}
	if (cmd == SIOCINQ)
		answer = readable_now(sk);
	else if (cmd == SIOCATMARK)
		answer = at_mark(sk, x->copied_seq);
	else if (xtcp_in_state(sk, TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE))
		answer = 0;
	else if (cmd == SIOCOUTQ)
		answer = x->write_seq - x->snd_una;
	else
		answer = x->write_seq - x->snd_nxt;
	release_sock(sk);
	return put_user(answer, (int __user *)arg);
}
