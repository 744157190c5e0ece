// SPDX-License-Identifier: GPL-2.0
/*
 * SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING: when data came, when it left.
 * SO_ZEROCOPY: refused, or working.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <linux/errqueue.h>	/* wants struct timespec */
#include <linux/net_tstamp.h>

#include "net.h"
#include "tap.h"

/* Read a byte, and the control message of this kind. Return: its length, or 0 */
static size_t recv_stamp(int fd, int type, void *stamp, size_t room)
{
	char byte, control[256];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	need(recvmsg(fd, &msg, 0));
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == type &&
		    len <= room) {
			memcpy(stamp, CMSG_DATA(c), len);
			return len;
		}
	}
	return 0;
}

/* The kernel begins to take timestamps a little after it is asked to. */
static size_t first_stamp(struct pair *p, int type, void *stamp, size_t room)
{
	long long end = now_ms() + LONG_MS;
	size_t len;

	do {
		need(send(p->c, "x", 1, 0));
		len = recv_stamp(p->s, type, stamp, room);
	} while (!len && now_ms() < end);
	return len;
}

/* Not by time(2), whose clock is a tick behind at times. */
static void is_about_now(time_t sec)
{
	struct timespec now;

	need(clock_gettime(CLOCK_REALTIME, &now));
	ok(sec >= now.tv_sec - 5 && sec <= now.tv_sec, "is about now");
}

static void test_us(void)
{
	struct timeval tv = { 0 };
	struct pair p;

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_TIMESTAMP, 1));
	eq(first_stamp(&p, SO_TIMESTAMP, &tv, sizeof(tv)), sizeof(tv),
	   "comes with the data");
	is_about_now(tv.tv_sec);
	need(set_int(p.s, SOL_SOCKET, SO_TIMESTAMP, 0));
	need(send(p.c, "x", 1, 0));
	eq(recv_stamp(p.s, SO_TIMESTAMP, &tv, sizeof(tv)), 0, "no more");
}

static void test_ns(void)
{
	struct timespec ts = { 0 };
	struct pair p;

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	eq(first_stamp(&p, SO_TIMESTAMPNS, &ts, sizeof(ts)), sizeof(ts),
	   "comes with the data");
	is_about_now(ts.tv_sec);
}

/* SO_TIMESTAMPING of what is received says the same in its own form. */
static void test_receive(void)
{
	struct scm_timestamping stamps = { 0 };
	struct pair p;

	pair_open(&p);
	need(set_int(p.s, SOL_SOCKET, SO_TIMESTAMPING,
		     SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE));
	eq(first_stamp(&p, SO_TIMESTAMPING, &stamps, sizeof(stamps)), sizeof(stamps),
	   "comes with the data");
	is_about_now(stamps.ts[0].tv_sec);
}

/* ---- timestamps of what is sent ---- */

#define SOFTWARE	SOF_TIMESTAMPING_SOFTWARE
#define TX_SCHED	SOF_TIMESTAMPING_TX_SCHED
#define TX_SOFTWARE	SOF_TIMESTAMPING_TX_SOFTWARE
#define TX_ACK		SOF_TIMESTAMPING_TX_ACK
#define OPT_ID		SOF_TIMESTAMPING_OPT_ID
#define OPT_TSONLY	SOF_TIMESTAMPING_OPT_TSONLY

struct sent_stamp {
	struct timespec ts;
	unsigned int kind;	/* SCM_TSTAMP_* */
	unsigned int id;
	ssize_t bytes;		/* that came with it */
};

/* Return: false if none comes */
static bool next_stamp(int fd, struct sent_stamp *stamp)
{
	char control[512], data[256];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int found = 0;

	if (!(poll_for(fd, 0) & POLLERR))
		return false;
	stamp->bytes = recvmsg(fd, &msg, MSG_ERRQUEUE);
	if (stamp->bytes < 0)
		return false;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPING) {
			memcpy(&stamp->ts, CMSG_DATA(c), sizeof(stamp->ts));
			found++;
		}
		if (is_inet6() ? c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR :
				 c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) {
			struct sock_extended_err err;

			memcpy(&err, CMSG_DATA(c), sizeof(err));
			found += err.ee_errno == ENOMSG &&
				 err.ee_origin == SO_EE_ORIGIN_TIMESTAMPING;
			stamp->kind = err.ee_info;
			stamp->id = err.ee_data;
		}
	}
	return found == 2;
}

static bool not_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec >= b->tv_nsec);
}

/* All three, in the order in which they happen. */
static void three_stamps(int fd, unsigned int id, const char *what)
{
	static const unsigned int kinds[] = {
		SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SCM_TSTAMP_ACK
	};
	struct sent_stamp stamp, last;
	int i;

	need(clock_gettime(CLOCK_REALTIME, &last.ts));
	last.ts.tv_sec -= 2 * LONG_MS / 1000;
	for (i = 0; i < 3; i++, last = stamp) {
		need(next_stamp(fd, &stamp) ? 0 : -1);
		eq(stamp.kind, kinds[i], "%s: kind %d", what, i);
		eq(stamp.id, id, "%s: kind %d is of the last byte", what, i);
		ok(not_before(&stamp.ts, &last.ts), "%s: kind %d, its time", what, i);
		eq(stamp.bytes, 0, "%s: kind %d has no data", what, i);
	}
}

/* SO_TIMESTAMPING is told on a connection; numbers count bytes from then on. */
static void test_sent(void)
{
	static unsigned char buf[200000];
	struct timespec before, after;
	struct sent_stamp stamp;
	struct pair p;
	struct bg bg;

	pair_open(&p);
	need(send(p.c, "before", 6, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	need(set_int(p.c, SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE | TX_SCHED |
		     TX_SOFTWARE | TX_ACK | OPT_ID | OPT_TSONLY));
	need(clock_gettime(CLOCK_REALTIME, &before));
	need(send(p.c, "0123456789", 10, 0));
	three_stamps(p.c, 9, "10 bytes");
	need(send(p.c, "x", 1, 0));
	three_stamps(p.c, 10, "one more");
	need(clock_gettime(CLOCK_REALTIME, &after));
	ok(after.tv_sec - before.tv_sec < 2 * LONG_MS / 1000, "in time");

	/* many segments: one of them has the last byte */
	bg = (struct bg){ .fn = bg_read_to_end, .fd = p.s };
	bg_start(&bg);
	need(send_all(p.c, buf, sizeof(buf)));
	three_stamps(p.c, 10 + sizeof(buf), "many segments");

	need(set_int(p.c, SOL_SOCKET, SO_TIMESTAMPING, 0));
	need(send(p.c, "quiet", 5, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(poll_now(p.c, 0), 0, "off: no more of them");
	need(set_int(p.c, SOL_SOCKET, SO_TIMESTAMPING,
		     SOFTWARE | TX_ACK | OPT_ID | OPT_TSONLY));
	need(send(p.c, "again", 5, 0));
	need(next_stamp(p.c, &stamp) ? 0 : -1);
	eq(stamp.kind, SCM_TSTAMP_ACK, "only of the kind that is asked for");
	eq(stamp.id, 4, "on again: numbers begin anew");
	eq(poll_now(p.c, 0), 0, "and no other");
	need(shutdown(p.c, SHUT_WR));
	eq(bg_join(&bg), 17 + sizeof(buf) + 10, "the data is whole");
}

/* Writes that wait for the same ACK keep their stamps apart. */
static void test_sent_together(void)
{
	struct sent_stamp stamp;
	struct pair p;
	char buf[8];
	int i;

	pair_open(&p);
	need(set_int(p.c, SOL_TCP, TCP_NODELAY, 1));
	need(set_int(p.c, SOL_SOCKET, SO_TIMESTAMPING,
		     SOFTWARE | TX_ACK | OPT_ID | OPT_TSONLY));
	for (i = 0; i < 3; i++)
		need(send(p.c, "ab", 2, 0));
	for (i = 0; i < 3; i++) {
		need(next_stamp(p.c, &stamp) ? 0 : -1);
		eq(stamp.id, 2 * i + 1, "write %d", i);
	}
	eq(recv(p.s, buf, 6, MSG_WAITALL), 6, "all arrives");
}

/* For one call alone, by a control message; and with the data, as sent. */
static void test_sent_by_message(void)
{
	char control[CMSG_SPACE(sizeof(unsigned int))] = "";
	struct iovec iov = { .iov_base = "abc", .iov_len = 3 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	unsigned int flags = TX_ACK;
	struct sent_stamp stamp;
	struct pair p;

	pair_open(&p);
	need(set_int(p.c, SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_TIMESTAMPING;
	c->cmsg_len = CMSG_LEN(sizeof(flags));
	memcpy(CMSG_DATA(c), &flags, sizeof(flags));
	need(send(p.c, "not this", 8, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(poll_now(p.c, 0), 0, "not asked for");
	eq(sendmsg(p.c, &msg, 0), 3, "asked for");
	need(next_stamp(p.c, &stamp) ? 0 : -1);
	eq(stamp.kind, SCM_TSTAMP_ACK, "the kind");
	ok(stamp.bytes >= 3, "the data comes with it: %zd", stamp.bytes);
	c->cmsg_type = 9999;
	fails(sendmsg(p.c, &msg, 0), EINVAL, "an unknown control message");
	c->cmsg_type = SO_TIMESTAMPING;
	flags = SOF_TIMESTAMPING_RX_SOFTWARE;
	memcpy(CMSG_DATA(c), &flags, sizeof(flags));
	fails(sendmsg(p.c, &msg, 0), EINVAL, "what is not about sending");
	eq(fd_inq(p.s), 11, "neither was sent");
}

static void test_sent_wrong(void)
{
	int fd = need(xsocket());

	fails(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, 1 << 30), EINVAL,
	      "an unknown flag");
	fails(set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
		      SOF_TIMESTAMPING_OPT_STATS), EINVAL,
	      "OPT_STATS without OPT_TSONLY");
	fails(recv(fd, NULL, 0, MSG_ERRQUEUE), EAGAIN, "nothing in the queue");
}

/* ---- SO_ZEROCOPY ---- */

static void test_zerocopy(void)
{
	struct pair p;
	char buf[4];

	pair_open(&p);
	/* MSG_ZEROCOPY without SO_ZEROCOPY is a hint that is not taken */
	eq(send(p.c, "copy", 4, MSG_ZEROCOPY), 4, "MSG_ZEROCOPY alone: a copy");
	eq(recv(p.s, buf, 4, MSG_WAITALL), 4, "which arrives");
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(poll_now(p.c, 0), 0, "and nothing says otherwise");
	if (wire == WIRE_KERNEL) {
		tap_skip("the kernel's TCP has it", "refused");
		return;
	}
	fails(set_int(p.c, SOL_SOCKET, SO_ZEROCOPY, 1), EOPNOTSUPP, "refused");
	eq(get_int(p.c, SOL_SOCKET, SO_ZEROCOPY), 0, "and off");
}

static const struct tap_test tests[] = {
	TEST(us),
	TEST(ns),
	TEST(receive),
	TEST(sent),
	TEST(sent_together),
	TEST(sent_by_message),
	TEST(sent_wrong),
	TEST(zerocopy),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
