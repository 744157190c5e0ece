// SPDX-License-Identifier: GPL-2.0
/*
 * SEND: the user's bytes on their way into the write queue.  RFC 9293, 3.10.2.
 */
#include "../compat.h"
#include "../engine/memory.h"
#include "../engine/mss.h"
#include "../engine/output.h"
#include "../engine/sndq.h"
#include "send.h"
#include "wait.h"

/* ---- copying ---- */

/* Keep full pages for reuse: by the time a new one is wanted, the oldest is
 * often free, and none has to be allocated and zeroed.  Where it is not, it
 * stays, as it is the next to be: with more in flight than there are pages
 * here, to keep the newest instead would be to find none free.  Only bytes
 * written since are ever sent.  A processor on which nobody has filled a page for a while
 * keeps none.
 */
#define FRAGS_KEPT	128		/* four megabytes: what a send buffer grows to */
#define FRAGS_IDLE	(2 * HZ)

struct used_frags {
	spinlock_t		lock;	/* taken elsewhere by send_free_idle() alone */
	struct page_frag	frag[FRAGS_KEPT];
	unsigned int		oldest;
	bool			busy;	/* since send_free_idle() looked */
};

static DEFINE_PER_CPU(struct used_frags, used_frags) = {
	.lock = __SPIN_LOCK_UNLOCKED(used_frags.lock),
};

static void send_free_idle(struct work_struct *work);
static DECLARE_DELAYED_WORK(send_idle_work, send_free_idle);

static void send_free_frags(struct used_frags *used)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(used->frag); i++) {
		if (used->frag[i].page)
			put_page(used->frag[i].page);
		used->frag[i].page = NULL;
	}
}

static void send_free_idle(struct work_struct *work)
{
	bool again = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct used_frags *used = per_cpu_ptr(&used_frags, cpu);

		spin_lock(&used->lock);
		if (used->busy)
			again = true;
		else
			send_free_frags(used);
		used->busy = false;
		spin_unlock(&used->lock);
	}
	if (again)
		schedule_delayed_work(&send_idle_work, FRAGS_IDLE);
}

static void send_keep_frag(struct page_frag *pfrag)
{
	struct used_frags *used = get_cpu_ptr(&used_frags);
	struct page_frag *oldest;

	spin_lock(&used->lock);
	oldest = &used->frag[used->oldest];
	if (!oldest->page || page_ref_count(oldest->page) == 1) {
		swap(*pfrag, *oldest);
		used->oldest = (used->oldest + 1) % ARRAY_SIZE(used->frag);
	}
	used->busy = true;
	spin_unlock(&used->lock);
	put_cpu_ptr(&used_frags);
	if (!delayed_work_pending(&send_idle_work))
		schedule_delayed_work(&send_idle_work, FRAGS_IDLE);
}

static bool send_frag_refill(struct sock *sk, struct page_frag *pfrag)
{
	if (pfrag->page && pfrag->offset == pfrag->size &&
	    !page_is_pfmemalloc(pfrag->page))
		send_keep_frag(pfrag);
	return sk_page_frag_refill(sk, pfrag);
}

/**
 * xtcp_send_exit() - free the pages kept for reuse
 *
 * At module unload, when nobody can send any more.
 */
void xtcp_send_exit(void)
{
	int cpu;

	cancel_delayed_work_sync(&send_idle_work);
	for_each_possible_cpu(cpu)
		send_free_frags(per_cpu_ptr(&used_frags, cpu));
}

/* Copy up to @most bytes from the user to the end of @skb.  Return: how many;
 * 0: the skb has no fragment left; -ENOBUFS: wait for memory; -EFAULT.
 */
static int send_append(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		       u32 most)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags, err, copy;
	bool merge;

	if (!send_frag_refill(sk, pfrag))
		return -ENOBUFS;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;
	copy = min_t(int, most, pfrag->size - pfrag->offset);
	if (!sk_wmem_schedule(sk, copy)) {
		/* always allow a little: with nothing in flight no ACK would
		 * ever make room
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

/* ---- the call ---- */

/* MAY-15, MAY-16 */
static void send_push(struct sock *sk, int flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u8 nonagle = x->nonagle;

	if (!xtcp_send_head(sk))
		return;
	if (flags & MSG_MORE)
		nonagle = XTCP_NAGLE_CORK;
	else
		xtcp_sndq_push(sk);
	xtcp_output(sk, nonagle);
}

static int send_wait_for_memory(struct sock *sk, int flags, long *timeo)
{
	u32 incarnation = xtcp_sk(sk)->incarnation;
	int err;

	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* sending what was written so far makes the room */
	send_push(sk, flags & ~MSG_MORE);
	xtcp_note_limit(sk);
	err = sk_stream_wait_memory(sk, timeo);
	return xtcp_disconnected(sk, incarnation) ? -EPIPE : err;
}

/* SO_TIMESTAMPING: tell when the last byte written leaves, and when it is
 * acknowledged.  Bytes are numbered from the setting of the option, which
 * zeroes sk_tskey.
 */
static void send_stamp(struct sock *sk, const struct sockcm_cookie *sockc,
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

/* The last byte written is urgent, or the last of a record. */
static noinline void send_marked(struct sock *sk, struct msghdr *msg)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	struct xtcp_sock *x = xtcp_sk(sk);

	if (msg->msg_flags & MSG_OOB) {
		x->snd_up = x->write_seq;
		x->urg_sending = 1;
	}
	if (msg->msg_flags & MSG_EOR && !msg_data_left(msg) && skb)
		XTCP_CB(skb)->eor = 1;
}

/* The call has put @copied bytes of @msg into the write queue, and adds no
 * more.
 */
static __always_inline void send_written(struct sock *sk, struct msghdr *msg,
					 const struct sockcm_cookie *sockc, int copied)
{
	if (unlikely(msg->msg_flags & (MSG_OOB | MSG_EOR)))
		send_marked(sk, msg);
	if (unlikely(sockc->tsflags))
		send_stamp(sk, sockc, copied);
	send_push(sk, msg->msg_flags);
}

/* How large to make the skb that takes what is left of a message.  A small one fits into a
 * segment of its own.
 */
static u32 send_goal(const struct sock *sk, size_t left)
{
	u32 mss = xtcp_sk(sk)->snd_mss;

	return left < mss && !xtcp_send_head(sk) ? mss : xtcp_size_goal(sk);
}

/* Take what fits into one skb.  Return: how many bytes; 0: try again; -ENOBUFS:
 * wait for memory; -EFAULT
 */
static int send_some(struct sock *sk, struct msghdr *msg)
{
	struct sk_buff *skb;
	u32 goal = send_goal(sk, msg_data_left(msg));
	int n;

	skb = xtcp_sndq_tail(sk, goal);
	if (!skb && sk_stream_memory_free(sk))
		skb = xtcp_sndq_append(sk);
	if (!skb)
		return -ENOBUFS;
	n = send_append(sk, skb, msg, min_t(u32, msg_data_left(msg),
					    goal - skb->len));
	if (n == -ENOBUFS)
		xtcp_sndq_drop_empty(sk);
	if (n < 0)
		return n;
	if (!n) {	/* no fragment left: full before its time */
		xtcp_sndq_push(sk);
		return sk_stream_memory_free(sk) && xtcp_sndq_append(sk) ? 0 : -ENOBUFS;
	}
	xtcp_sk(sk)->write_seq += n;
	xtcp_end(skb) += n;
	/* send a full packet at once, while the user writes on; but not one
	 * that must still say where the urgent data end
	 */
	if (skb->len >= goal && msg_data_left(msg) &&
	    skb == xtcp_send_head(sk) && !(msg->msg_flags & MSG_OOB))
		xtcp_output(sk, XTCP_NAGLE_OFF);
	return n;
}

static bool send_possible(const struct sock *sk)
{
	return !sk->sk_err && !(sk->sk_shutdown & SEND_SHUTDOWN) &&
	       xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
}

/* Before it is connected a socket takes nothing. */
static int send_wait_connected(struct sock *sk, long *timeo)
{
	u32 incarnation = xtcp_sk(sk)->incarnation;
	int err;

	if (xtcp_in_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		return 0;
	err = sk_stream_wait_connect(sk, timeo);
	return !err && xtcp_disconnected(sk, incarnation) ? -EPIPE : err;
}

/* An error came before any byte was taken.  Return: what send() answers */
static int send_failed(struct sock *sk, int flags, int err)
{
	err = sk_stream_error(sk, flags, err);
	/* wake an edge-triggered epoll: another try may find room */
	if (err == -EAGAIN && xtcp_sndq_empty(sk))
		sk->sk_write_space(sk);
	return err;
}

static int send_locked(struct sock *sk, struct msghdr *msg,
		       const struct sockcm_cookie *sockc)
{
	u32 incarnation = xtcp_sk(sk)->incarnation;
	int flags = msg->msg_flags, copied = 0, n;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);

	n = send_wait_connected(sk, &timeo);
	if (n)
		goto error;
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	xtcp_output_pause(sk);

	while (msg_data_left(msg)) {
		n = send_possible(sk) ? send_some(sk, msg) : -EPIPE;
		if (n == -ENOBUFS)
			n = send_wait_for_memory(sk, flags, &timeo);
		if (n < 0)
			goto error;
		copied += n;
	}
	if (copied)
		send_written(sk, msg, sockc, copied);
	return copied;
error:
	xtcp_sndq_drop_empty(sk);
	if (!copied)
		return send_failed(sk, flags, n);
	if (!xtcp_disconnected(sk, incarnation))
		send_written(sk, msg, sockc, copied);
	return copied;
}

/**
 * xtcp_sendmsg() - SEND
 * @sk: the socket
 * @msg: the data; MSG_DONTWAIT, MSG_EOR, MSG_MORE, MSG_NOSIGNAL, MSG_OOB count; a
 *	control message may ask for timestamps of it
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

/**
 * xtcp_splice_eof() - sendfile() has come to the file's end before its count
 * @sock: the socket
 *
 * Process context.  Sends what MSG_MORE held back.  This is struct proto_ops'
 * splice_eof.
 */
void xtcp_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	if (xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		send_push(sk, 0);
	release_sock(sk);
}
