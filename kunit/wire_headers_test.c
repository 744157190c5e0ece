// SPDX-License-Identifier: GPL-2.0
/*
 * What the packets of a handshake say: the MSS, RFC 9293, 3.7.1; where sequence numbers
 * begin, 3.4.1; and the IP header, 3.9.1.9.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include "../module/engine/isn.h"
#include "conv.h"
#include "suites.h"

static void default_mss(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	t->peer_mss = 0;
	established(t);
	mss_is(t, 536);		/* MUST-15 */
	returns(t, 600, user_send(t, 600));
	expect(t, "ACK seq S ack R len 536");
	expect(t, "PSH|ACK seq S+536 ack R len 64");
}

/* MUST-16: what the peer can take, down to where a segment is all header; as Linux */
static void small_mss(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->peer_mss = 64;
	established(t);
	returns(t, 80, user_send(t, 80));
	expect(t, "ACK len m");
	expect(t, "PSH|ACK len 16");
	inject(t, "ACK seq R ack S");
	flight_is(t, 0);
}

static void least_mss(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	t->peer_mss = 1;
	established(t);
	mss_is(t, 48);
}

/* MUST-16 */
static void large_mss(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->peer_mss = 9000;
	established_passive(t);
	mss_is(t, 1460);	/* the MTU's */
}

/* MUST-67 */
static void users_mss(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_TCP, TCP_MAXSEG, 1000));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100 mss 1000");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	mss_is(t, 1000);
}

/* A path of 64 KiB: no segment fills a window of 64 KiB alone. */
static void mss_of_a_huge_mtu(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	nic_set_mtu(t->nic, 65535);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 65495");
	expect(t, "ACK seq 101 ack 1001");
	mss_is(t, 32767);
}

/* RFC 6528: another peer, another number; later, a higher one. */
static void initial_sequence(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_tuple other = t->tuple;
	u32 first, again;

	t->xn->isn_pinned = false;
	other.rport++;
	first = xtcp_isn(t->xn, &t->tuple, ktime_get_ns());
	KUNIT_EXPECT_NE(test, first, xtcp_isn(t->xn, &other, ktime_get_ns()));
	usleep_range(50, 100);
	again = xtcp_isn(t->xn, &t->tuple, ktime_get_ns());
	KUNIT_EXPECT_TRUE(test, seq_gt(again, first));
	/* 4 us a tick: a minute's worth is not to be seen here */
	KUNIT_EXPECT_LT(test, again - first, 60u * 250000);
}

static void next_packet(struct conv *t, struct conv_header *ip, u32 *priority, u32 *mark)
{
	struct sk_buff *skb = conv_sent(t);

	KUNIT_ASSERT_NOT_NULL(t->test, skb);
	*ip = conv_header(t, skb);
	*priority = skb->priority;
	*mark = skb->mark;
	kfree_skb(skb);
}

/* MUST-3: a device's sum of all of a packet tells good from bad, whoever changes a header
 * meanwhile; where it would not, the kernel says so.
 */
static void summed_by_the_device(struct kunit *test)
{
	struct conv *t = conv_of(test);
	size_t len;

	t->nic->sums = true;
	established(t);
	inject(t, "PSH|ACK seq R ack S len 11");
	expect(t, "ACK seq S ack R+11");
	conv_look(t);
	len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
	t->packet[len - 1] ^= 1;
	conv_raw(t, t->packet, len);
	counted(t, IN_CSUM_ERRS, 1);
	silence(t);
	returns(t, 11, user_recv(t, 100));
}

/* RFC 7739, 3: the first identification cannot be guessed, and each packet has another.
 * Queues and paths are chosen by a hash that each connection has.
 */
static void identification_is(struct conv *t, u16 id)
{
	struct conv_header ip;
	u32 priority, mark;

	next_packet(t, &ip, &priority, &mark);
	KUNIT_EXPECT_EQ(t->test, id, ip.id);
}

static void identification(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_ipv4(t);
	t->xn->isn = 0x12345678;
	returns(t, -EINPROGRESS, user_connect(t));
	identification_is(t, 0x5678);
	inject(t, "SYN|ACK seq 1000 ack %u mss 1460", t->xn->isn + 1);
	identification_is(t, 0x5679);
	KUNIT_EXPECT_EQ(test, 0x12345678, t->sock->sk->sk_txhash);
}

static void identification_of_child(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_ipv4(t);
	established_passive(t);
	returns(t, 10, user_send(t, 10));
	identification_is(t, t->iss);
	KUNIT_EXPECT_EQ(test, t->iss, t->sock->sk->sk_txhash);
}

/* MUST-49, MUST-48: a GTSM peer (RFC 5082) takes nothing with a smaller TTL. */
static void listeners_ttl(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct conv_header ip;
	u32 priority, mark;

	bring_to(t, IN_LISTEN);
	returns(t, 0, user_option(t, SOL_IP, IP_TTL, 255));
	returns(t, 0, user_option(t, SOL_IP, IP_TOS, 0x48));
	returns(t, 0, user_option(t, SOL_SOCKET, SO_PRIORITY, 5));
	sock_set_mark(t->sock->sk, 0);
	inject(t, "SYN seq 1000 mss 1460");
	next_packet(t, &ip, &priority, &mark);
	KUNIT_EXPECT_EQ(test, 255, ip.ttl);
	KUNIT_EXPECT_EQ(test, 0x48, ip.tos);
	KUNIT_EXPECT_EQ(test, 5, priority);
	KUNIT_EXPECT_EQ(test, 0, ip.id);	/* never fragmented: RFC 6864, 4.1 */
	/* and again */
	fire_request(t);
	next_packet(t, &ip, &priority, &mark);
	KUNIT_EXPECT_EQ(test, 255, ip.ttl);
	/* and what answers in the request's name */
	inject(t, "ACK seq R+100000 ack S");
	next_packet(t, &ip, &priority, &mark);
	KUNIT_EXPECT_EQ(test, 255, ip.ttl);
}

static void listeners_mark(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct conv_header ip;
	u32 priority, mark;

	bring_to(t, IN_LISTEN);
	sock_set_mark(t->sock->sk, 77);
	inject(t, "SYN seq 1000 mss 1460");
	next_packet(t, &ip, &priority, &mark);
	KUNIT_EXPECT_EQ(test, 77, mark);
}

/* TIME_WAIT answers in the connection's name. */
static void time_wait_ttl(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct conv_header ip;
	u32 priority, mark;

	bring_to(t, IN_ESTABLISHED);
	returns(t, 0, user_option(t, SOL_IP, IP_TTL, 255));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "ACK seq R ack S");
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_TIME_WAIT);
	inject(t, "FIN|ACK seq R-1 ack S");
	next_packet(t, &ip, &priority, &mark);
	KUNIT_EXPECT_EQ(test, 255, ip.ttl);
}

static struct kunit_case headers_cases[] = {
	KUNIT_CASE(default_mss),
	KUNIT_CASE(small_mss),
	KUNIT_CASE(least_mss),
	KUNIT_CASE(large_mss),
	KUNIT_CASE(users_mss),
	KUNIT_CASE(mss_of_a_huge_mtu),
	KUNIT_CASE(summed_by_the_device),
	KUNIT_CASE(initial_sequence),
	KUNIT_CASE(identification),
	KUNIT_CASE(identification_of_child),
	KUNIT_CASE(listeners_ttl),
	KUNIT_CASE(listeners_mark),
	KUNIT_CASE(time_wait_ttl),
	{}
};

struct kunit_suite headers_suite = {
	.name = "wire_headers",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = headers_cases,
};
