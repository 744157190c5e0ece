// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data: RFC 9293, 3.8.5; RFC 6093; MSG_OOB, SO_OOBINLINE, SIOCATMARK as
 * Linux's TCP has them.
 */
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include "conv.h"
#include "suites.h"

/* ---- sent ---- */

/* MUST-30, MUST-62 */
static void pointer_is_sent(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 10, user_send_flags(t, 10, MSG_OOB));
	expect(t, "URG|PSH|ACK seq 101 ack R len 10 urg 10");
	inject(t, "ACK seq R ack S");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 111 ack R len 10");
}

/* Relative to each segment; what lies behind the urgent byte is not urgent (MUST-31). */
static void pointer_of_each_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 0, user_option(t, SOL_TCP, TCP_NODELAY, 1));
	returns(t, 3000, user_send_flags(t, 3000, MSG_OOB));
	t->win = 10000;
	inject(t, "ACK seq R ack S");
	expect(t, "URG|ACK seq 101 ack R len 1460 urg 3000");
	expect(t, "URG|ACK seq 1561 ack R len 1460 urg 1540");
	expect(t, "URG|PSH|ACK seq 3021 ack R len 80 urg 80");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 3101 ack R len 10");
	/* an ACK alone is behind it as well */
	inject(t, "ACK seq R-1 ack U");
	expect(t, "ACK seq S ack R");
}

/* No segment leaves while it is not known yet where the urgent data end. */
static void pointer_of_the_first_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 3000, user_send_flags(t, 3000, MSG_OOB));
	expect(t, "URG|ACK seq 101 ack R len 1460 urg 3000");
	expect(t, "URG|ACK seq 1561 ack R len 1460 urg 1540");
	expect(t, "URG|PSH|ACK seq 3021 ack R len 80 urg 80");
	inject(t, "ACK seq R ack S");
}

static void pointer_is_sent_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 2000, user_send_flags(t, 2000, MSG_OOB));
	t->win = 10000;
	inject(t, "ACK seq R ack S");
	expect(t, "URG|ACK seq 101 ack R len 1460 urg 2000");
	expect(t, "URG|PSH|ACK seq 1561 ack R len 540 urg 540");
	time_passes(t, 1000);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "URG|ACK seq 101 ack R len 1460 urg 2000");
	inject(t, "ACK seq R ack 1561");
	expect(t, "URG|PSH|ACK seq 1561 ack R len 540 urg 540");
	/* acknowledged: no longer urgent */
	inject(t, "ACK seq R ack S");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq 2101 ack R len 10");
}

/* The last call counts: one pointer, 3.8.5 */
static void a_later_pointer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 10, user_send_flags(t, 10, MSG_OOB));
	returns(t, 20, user_send_flags(t, 20, MSG_OOB));
	returns(t, 5, user_send(t, 5));
	t->win = 1000;
	inject(t, "ACK seq R ack S");
	expect(t, "URG|PSH|ACK seq 101 ack R len 35 urg 30");
}

/* Farther than 16 bits reach: said once it is near enough. */
static void a_far_pointer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 200000));
	returns(t, 65535 + 1460, user_send_flags(t, 65535 + 1460, MSG_OOB));
	inject(t, "ACK seq R ack S win 2920");
	/* as far as it can say; 3.8.5: without the flag nothing is outstanding */
	expect(t, "URG|ACK seq 101 ack R len 1460 urg 65535");
	expect(t, "URG|ACK seq 1561 ack R len 1460 urg 65535");
}

/* News of urgent data does not wait for the window: what is sent carries it. */
static void into_a_closed_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 10, user_send_flags(t, 10, MSG_OOB));
	/* answers carry it: SND.UP is ahead of SND.NXT */
	inject(t, "ACK seq R-1 ack S");
	expect(t, "URG|ACK seq S ack R urg 10");
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "URG|ACK seq 101 ack R len 1 urg 10");
	t->win = 1000;
	inject(t, "ACK seq R ack 102");
	expect(t, "URG|PSH|ACK seq 102 ack R len 9 urg 9");
}

static void with_our_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 0;
	established(t);
	returns(t, 10, user_send_flags(t, 10, MSG_OOB));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	t->win = 1000;
	inject(t, "ACK seq R ack S");
	expect(t, "URG|FIN|PSH|ACK seq 101 ack R len 10 urg 10");
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_FIN_WAIT2);
}

/* ---- received ---- */

/* recv() with MSG_OOB.  Return: the byte, or a negative errno */
static int user_recv_oob(struct conv *t, int flags)
{
	u8 byte = 0;
	struct kvec vec = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { };
	int ret;

	ret = kernel_recvmsg(t->sock, &msg, &vec, 1, 1,
			     MSG_OOB | MSG_DONTWAIT | flags);
	return ret == 1 ? byte : ret < 0 ? ret : -ENODATA;
}

/* The reader goes on behind the urgent byte, which is not part of the stream. */
static void step_over(struct conv *t)
{
	t->read++;
}

/* ioctl(SIOCATMARK), whose answer goes to the user's memory */
static int user_at_mark(struct conv *t)
{
	unsigned long arg = kunit_vm_mmap(t->test, NULL, 0, PAGE_SIZE,
					  PROT_READ | PROT_WRITE,
					  MAP_ANONYMOUS | MAP_PRIVATE, 0);
	int answer, err;

	KUNIT_ASSERT_FALSE(t->test, IS_ERR_VALUE(arg) || !arg);
	err = t->sock->ops->ioctl(t->sock, SIOCATMARK, arg);
	if (err)
		return err;
	if (copy_from_user(&answer, (void __user *)arg, sizeof(answer)))
		return -EFAULT;
	return answer;
}

static bool urgent_is_polled(struct conv *t)
{
	return t->sock->ops->poll(NULL, t->sock, NULL) & EPOLLPRI;
}

/* MUST-30, MUST-33 */
static void out_of_line(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, -EINVAL, user_recv_oob(t, 0));
	inject(t, "PSH|ACK seq R ack S len 5");
	expect(t, "ACK seq S ack R+5");
	KUNIT_EXPECT_FALSE(test, urgent_is_polled(t));
	/* stream bytes 5 to 14; 9 is urgent */
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	KUNIT_EXPECT_TRUE(test, urgent_is_polled(t));
	returns(t, conv_byte(9), user_recv_oob(t, MSG_PEEK));
	returns(t, conv_byte(9), user_recv_oob(t, 0));
	returns(t, -EINVAL, user_recv_oob(t, 0));
	KUNIT_EXPECT_FALSE(test, urgent_is_polled(t));
	returns(t, 0, user_at_mark(t));
	returns(t, 9, user_recv(t, 100));	/* up to the mark */
	returns(t, 1, user_at_mark(t));
	step_over(t);
	returns(t, 5, user_recv(t, 100));
	returns(t, 0, user_at_mark(t));
	returns(t, -EAGAIN, user_recv(t, 100));
}

/* Nobody asked for it: it is stepped over all the same. */
static void never_read(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 1");
	expect(t, "ACK seq S ack R+10");
	returns(t, 1, user_at_mark(t));
	step_over(t);
	returns(t, 9, user_recv(t, 100));
	returns(t, -EINVAL, user_recv_oob(t, 0));
	KUNIT_EXPECT_FALSE(test, urgent_is_polled(t));
}

/* MUST-33 */
static void in_line(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_OOBINLINE, 1));
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	returns(t, -EINVAL, user_recv_oob(t, 0));
	returns(t, 4, user_recv(t, 100));
	returns(t, 1, user_at_mark(t));
	returns(t, 6, user_recv(t, 100));
	returns(t, 0, user_at_mark(t));
}

/* It points behind the byte, RFC 6093, 3.1: here at one received before. */
static void pointer_of_zero(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 0");
	expect(t, "ACK seq S ack R+10");
	returns(t, -EINVAL, user_recv_oob(t, 0));
	returns(t, 10, user_recv(t, 100));
}

/* A pointer without the flag means nothing. */
static void pointer_without_flag(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	returns(t, -EINVAL, user_recv_oob(t, 0));
	returns(t, 10, user_recv(t, 100));
}

/* Announced before it comes: by an earlier segment's pointer, even without data. */
static void told_ahead(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|ACK seq R ack S urg 15");
	returns(t, -EAGAIN, user_recv_oob(t, 0));
	KUNIT_EXPECT_FALSE(test, urgent_is_polled(t));
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 15");
	expect(t, "ACK seq S ack R+10");
	returns(t, -EAGAIN, user_recv_oob(t, 0));
	returns(t, 10, user_recv(t, 100));
	returns(t, 0, user_at_mark(t));
	/* it comes, and its segment need not say so again */
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	returns(t, conv_byte(14), user_recv_oob(t, 0));
	returns(t, 4, user_recv(t, 100));
	step_over(t);
	returns(t, 5, user_recv(t, 100));
}

/* The pointer may name what the window does not let in yet. */
static void beyond_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	small_window(t, 1000);
	inject(t, "URG|ACK seq R ack S len 1000 urg 1500");
	expect(t, "ACK seq S ack R+1000 win 0");
	set_clamp(t->sock, 1000);
	returns(t, -EAGAIN, user_recv_oob(t, 0));
	returns(t, 1000, user_recv(t, 2000));
	expect(t, "ACK seq S ack R win 1000");
	inject(t, "PSH|ACK seq R ack S len 600");
	expect(t, "ACK seq S ack R+600");
	returns(t, conv_byte(1499), user_recv_oob(t, 0));
	returns(t, 499, user_recv(t, 2000));
	step_over(t);
	returns(t, 100, user_recv(t, 2000));
	pass_over(t);
}

/* A later one replaces one that was not read; the earlier byte stays in the
 * stream, unless the reader was right before it.
 */
static void twice(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	returns(t, conv_byte(14), user_recv_oob(t, 0));
	returns(t, 14, user_recv(t, 100));
	returns(t, 1, user_at_mark(t));
	step_over(t);
	returns(t, 5, user_recv(t, 100));
}

static void twice_at_the_mark(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	/* a segment of its own, which goes with it */
	inject(t, "URG|PSH|ACK seq R ack S len 1 urg 1");
	expect(t, "ACK seq S ack R+1");
	returns(t, conv_byte(0), user_recv_oob(t, 0));
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	step_over(t);
	returns(t, 4, user_recv(t, 100));
	returns(t, 1, user_at_mark(t));
	/* the first of several */
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 10");
	expect(t, "ACK seq S ack R+10");
	step_over(t);
	returns(t, 14, user_recv(t, 100));
	returns(t, conv_byte(20), user_recv_oob(t, 0));
	returns(t, 1, user_at_mark(t));
	returns(t, -EAGAIN, user_recv(t, 100));
}

/* In line, every byte is part of the stream. */
static void twice_in_line(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_OOBINLINE, 1));
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 1");
	expect(t, "ACK seq S ack R+10");
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	returns(t, 14, user_recv(t, 100));
	returns(t, 1, user_at_mark(t));
	returns(t, 6, user_recv(t, 100));
}

/* The one byte can be had before its turn. */
static void out_of_order(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|PSH|ACK seq R+10 ack S len 10 urg 5");
	expect(t, "ACK seq S ack R");
	returns(t, conv_byte(14), user_recv_oob(t, 0));
	returns(t, -EAGAIN, user_recv(t, 100));
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+20");
	returns(t, 14, user_recv(t, 100));
	step_over(t);
	returns(t, 5, user_recv(t, 100));
}

/* An earlier pointer that comes late is an old one. */
static void older_pointer(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|PSH|ACK seq R+10 ack S len 10 urg 5");
	expect(t, "ACK seq S ack R");
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+20");
	returns(t, conv_byte(14), user_recv_oob(t, 0));
	returns(t, 14, user_recv(t, 100));
	step_over(t);
	returns(t, 5, user_recv(t, 100));
}

static void sent_again(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	returns(t, conv_byte(4), user_recv_oob(t, 0));
	inject(t, "URG|PSH|ACK seq R-10 ack S len 10 urg 5");
	expect(t, "ACK seq S ack R");
	returns(t, -EINVAL, user_recv_oob(t, 0));
	returns(t, 4, user_recv(t, 100));
	step_over(t);
	returns(t, 5, user_recv(t, 100));
	/* and once the mark is passed; half of it is new */
	inject(t, "URG|PSH|ACK seq R-10 ack S len 20 urg 5");
	expect(t, "ACK seq S ack R+10");
	returns(t, -EINVAL, user_recv_oob(t, 0));
	returns(t, 10, user_recv(t, 100));
}

static void with_peers_fin(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|FIN|PSH|ACK seq R ack S len 10 urg 10");
	expect(t, "ACK seq S ack R+11");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 9, user_recv(t, 100));
	returns(t, 1, user_at_mark(t));
	returns(t, conv_byte(9), user_recv_oob(t, 0));
	returns(t, 0, user_recv(t, 100));
	returns(t, 0, user_recv(t, 100));
}

/* The pointer names the FIN, which is not a byte: there will be none. */
static void peers_fin_is_no_byte(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "URG|FIN|PSH|ACK seq R ack S len 10 urg 11");
	expect(t, "ACK seq S ack R+11");
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, -ENODATA, user_recv_oob(t, 0));
	returns(t, 10, user_recv(t, 100));
	returns(t, 0, user_recv(t, 100));
}

/* Sixth: after the peer's FIN there is no more, so the URG is ignored. */
static void after_peers_fin(struct kunit *test)
{
	static const enum place places[] = {
		IN_CLOSE_WAIT, IN_CLOSING, IN_LAST_ACK,
	};
	struct conv *t = conv_of(test);

	for (int i = 0; i < ARRAY_SIZE(places); i++) {
		bring_to(t, places[i]);
		inject(t, "URG|ACK seq R ack U urg 10");
		returns(t, -EINVAL, user_recv_oob(t, 0));
		user_abort(t);
		pass_over(t);
		t->tuple.rport++;
	}
}

static void in_fin_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_FIN_WAIT_2);
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	expect(t, "ACK seq S ack R+10");
	returns(t, conv_byte(4), user_recv_oob(t, 0));
	returns(t, 4, user_recv(t, 100));
}

/* With what completes a handshake. */
static void with_first_data(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	inject(t, "URG|PSH|ACK seq R ack S len 10 urg 5");
	returns(t, 0, user_accept(t));
	returns(t, conv_byte(4), user_recv_oob(t, 0));
	returns(t, 4, user_recv(t, 100));
}

static struct kunit_case urgent_cases[] = {
	KUNIT_CASE(pointer_is_sent),
	KUNIT_CASE(pointer_of_each_segment),
	KUNIT_CASE(pointer_of_the_first_segment),
	KUNIT_CASE(pointer_is_sent_again),
	KUNIT_CASE(a_later_pointer),
	KUNIT_CASE(a_far_pointer),
	KUNIT_CASE(into_a_closed_window),
	KUNIT_CASE(with_our_fin),
	KUNIT_CASE(out_of_line),
	KUNIT_CASE(never_read),
	KUNIT_CASE(in_line),
	KUNIT_CASE(pointer_of_zero),
	KUNIT_CASE(pointer_without_flag),
	KUNIT_CASE(told_ahead),
	KUNIT_CASE(beyond_the_window),
	KUNIT_CASE(twice),
	KUNIT_CASE(twice_at_the_mark),
	KUNIT_CASE(twice_in_line),
	KUNIT_CASE(out_of_order),
	KUNIT_CASE(older_pointer),
	KUNIT_CASE(sent_again),
	KUNIT_CASE(with_peers_fin),
	KUNIT_CASE(peers_fin_is_no_byte),
	KUNIT_CASE(after_peers_fin),
	KUNIT_CASE(in_fin_wait),
	KUNIT_CASE(with_first_data),
	{}
};

struct kunit_suite urgent_suite = {
	.name = "wire_urgent",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = urgent_cases,
};
