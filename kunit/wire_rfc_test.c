// SPDX-License-Identifier: GPL-2.0
/*
 * What RFC 9293 requires, and no other suite tests: addresses, IP options,
 * flags, closed and shrunk windows.
 */
#include <linux/file.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/sched/signal.h>
#include <linux/tcp.h>
#include "../module/engine/isn.h"
#include "conv.h"
#include "suites.h"

/* ---- initial sequence numbers ---- */

/* MUST-8: ISNs follow a clock whose tick is 4.096 us */
static void isn_clock(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u64 before[2], after[2];
	u32 isn[2], ticks;

	t->xn->isn_pinned = false;
	for (int i = 0; i < 2; i++) {
		before[i] = ktime_get_ns();
		isn[i] = xtcp_isn(t->xn, &t->tuple, ktime_get_ns());
		after[i] = ktime_get_ns();
		if (!i)
			usleep_range(20000, 21000);
	}
	ticks = isn[1] - isn[0];
	KUNIT_EXPECT_GE(test, ticks, (u32)((before[1] >> 12) - (after[0] >> 12)));
	KUNIT_EXPECT_LE(test, ticks, (u32)((after[1] >> 12) - (before[0] >> 12)));
}

/* Do the numbers differ by more than a second of the clock that they share?  Two that
 * have nothing to do with each other do, except once in 8,000.
 */
static bool far_apart(u32 a, u32 b)
{
	return a - b + 250000 > 500000;
}

/* MUST-9: what is added to the clock depends on a secret, drawn at random at
 * each load: SHLD-1, RFC 6528
 */
static void isn_secret(struct kunit *test)
{
	struct conv *t = conv_of(test);
	bool other = false;

	t->xn->isn_pinned = false;
	for (int i = 0; i < 4; i++) {
		u32 first = xtcp_isn(t->xn, &t->tuple, ktime_get_ns());

		xtcp_isn_init();
		other |= far_apart(xtcp_isn(t->xn, &t->tuple, ktime_get_ns()), first);
	}
	KUNIT_EXPECT_TRUE(test, other);
}

static void isn_depends_on_tuple(struct conv *t, const struct xtcp_tuple *base)
{
	bool laddr = false, raddr = false, lport = false, rport = false;

	for (int i = 1; i <= 4; i++) {
		struct xtcp_tuple tuple = *base;
		u32 first = xtcp_isn(t->xn, &tuple, ktime_get_ns());

		tuple.laddr.s6_addr32[3] = htonl(HERE_ADDR + i);
		laddr |= far_apart(xtcp_isn(t->xn, &tuple, ktime_get_ns()), first);
		tuple = *base;
		tuple.raddr.s6_addr32[3] = htonl(THERE_ADDR + i);
		raddr |= far_apart(xtcp_isn(t->xn, &tuple, ktime_get_ns()), first);
		tuple = *base;
		tuple.lport += i;
		lport |= far_apart(xtcp_isn(t->xn, &tuple, ktime_get_ns()), first);
		tuple = *base;
		tuple.rport += i;
		rport |= far_apart(xtcp_isn(t->xn, &tuple, ktime_get_ns()), first);
	}
	KUNIT_EXPECT_TRUE(t->test, laddr && raddr && lport && rport);
}

/* SHLD-1: it also depends on each part of the 4-tuple */
static void isn_of_each_tuple(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_tuple ipv6 = t->tuple;

	t->xn->isn_pinned = false;
	isn_depends_on_tuple(t, &t->tuple);
	ipv6.laddr.s6_addr32[0] = htonl(0x20010db8);
	ipv6.raddr.s6_addr32[0] = htonl(0x20010db8);
	isn_depends_on_tuple(t, &ipv6);
}

/* ---- addresses ---- */

#define V4(addr) \
	{ .s6_addr32 = { 0, 0, cpu_to_be32(0xffff), cpu_to_be32(addr) } }
#define V6(first, last) \
	{ .s6_addr32 = { cpu_to_be32(first), 0, 0, cpu_to_be32(last) } }

/* IPv4: to all on the net, all hosts, all on the link.  IPv6, where multicast alone is for
 * many: all nodes of the link, of which this host is one, its routers, and others.
 */
static const struct in6_addr many[2][3] = {
	{ V4(0xc00002ff), V4(0xe0000001), V4(0xffffffff) },
	{ V6(0xff020000, 1), V6(0xff020000, 2), V6(0xff0e0000, 1) },
};

/* MUST-46: a connection has two ends */
static void connect_to_many(struct kunit *test)
{
	struct conv *t = conv_of(test);

	for (int i = 0; i < ARRAY_SIZE(many[0]); i++) {
		t->tuple.raddr = many[t->ip6][i];
		returns(t, -ENETUNREACH, user_connect(t));
	}
	t->tuple.raddr = conv_addr(t, THERE_ADDR);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
}

/* MUST-57: what is addressed to a broadcast or multicast address gets no answer */
static void to_many(struct kunit *test)
{
	struct conv *t = conv_of(test);
	long resets;

	bring_to(t, IN_LISTEN);
	for (int i = 0; i < ARRAY_SIZE(many[0]); i++) {
		t->tuple.laddr = many[t->ip6][i];
		inject(t, "SYN seq 1000 mss 1460");
		inject(t, "ACK seq 1000 ack 5000");
		KUNIT_EXPECT_TRUE(test, skb_queue_empty(&t->nic->sent));
		/* nor where nobody listens */
		resets = conv_count(t, XTCP_MIB_RST_OUT);
		t->tuple.lport++;
		inject(t, "SYN seq 1000 mss 1460");
		t->tuple.lport--;
		KUNIT_EXPECT_TRUE(test, skb_queue_empty(&t->nic->sent));
		counted(t, RST_OUT, resets);
	}
	t->tuple.laddr = conv_addr(t, HERE_ADDR);
	counted(t, REQUESTS, 0);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
}

/* MUST-57: nor does a packet that the link delivers to all */
static void to_all_on_the_link(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	t->nic->pkt_type = PACKET_BROADCAST;
	inject(t, "SYN seq 1000 mss 1460");
	t->nic->pkt_type = PACKET_MULTICAST;
	inject(t, "SYN seq 1000 mss 1460");
	counted(t, REQUESTS, 0);
	t->nic->pkt_type = PACKET_HOST;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
}

/* MUST-63: a SYN from an address where nobody can be reached */
static void from_nobody(struct kunit *test)
{
	static const struct in6_addr from[2][4] = {
		{ V4(0xe0000001), V4(0xffffffff), V4(0), V4(0x7f000001) },
		{ V6(0xff020000, 1), V6(0xff0e0000, 1), V6(0, 0), V6(0, 1) },
	};
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	for (int i = 0; i < ARRAY_SIZE(from[0]); i++) {
		t->tuple.raddr = from[t->ip6][i];
		inject(t, "SYN seq 1000 mss 1460");
		KUNIT_EXPECT_TRUE_MSG(test, skb_queue_empty(&t->nic->sent),
				      "source %pI6c", &from[t->ip6][i]);
	}
	t->tuple.raddr = conv_addr(t, THERE_ADDR);
	counted(t, REQUESTS, 0);
}

/* MUST-42: a listener beside a connection in SYN_SENT, on the same port */
static void listen_beside_syn_sent(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *l;

	t->sock = user_socket(t);
	sock_set_reuseaddr(t->sock->sk);
	returns(t, 0, user_bind(t, t->sock, HERE_ADDR, HERE_PORT));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	l = user_socket(t);
	sock_set_reuseaddr(l->sk);
	returns(t, 0, user_bind(t, l, HERE_ADDR, HERE_PORT));
	returns(t, 0, kernel_listen(l, 1));
	state_is(t, TCP_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	state_is(t, TCP_ESTABLISHED);
}

/* ---- what the IP layer brings, and what it is told ---- */

/* MUST-50: IP options are not for TCP */
static void ip_options(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct iphdr *iph = (struct iphdr *)t->packet;
	u8 *p = t->packet;
	size_t len;

	over_ipv4(t);		/* extension headers: wire_ipv6 */
	established(t);
	conv_look(t);
	len = conv_build(t, p, "PSH|ACK seq R ack S len 10");
	memmove(p + 24, p + 20, len - 20);
	memcpy(p + 20, (u8[]){ 1, 1, 1, 0 }, 4);	/* NOP, NOP, NOP, END */
	iph->ihl = 6;
	iph->tot_len = htons(len + 4);
	iph->check = 0;
	iph->check = ip_fast_csum(iph, iph->ihl);
	KUNIT_ASSERT_TRUE(test, conv_raw(t, p, len + 4));
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 100));
}

/* SHLD-6: the MSS that we offer is what the device takes, either way of opening */
static void mss_of_the_device(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	nic_set_mtu(t->nic, 1300 + conv_mtu_more(t));
	established(t);
	user_abort(t);
	pass_over(t);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100 mss 1260");
	user_abort(t);
	returns(t, 0, user_listen(t, 1));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1260");
}

/* 3.1: bits that are reserved are ignored */
static void reserved_bits(struct kunit *test)
{
	struct conv *t = conv_of(test);
	size_t len;

	established(t);
	conv_look(t);
	len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
	t->packet[conv_ip_bytes(t) + 12] |= 0x0f;
	conv_fix_sums(t, t->packet, len);
	KUNIT_ASSERT_TRUE(test, conv_raw(t, t->packet, len));
	expect(t, "ACK seq S ack R+10");
}

/* RFC 9293, 3.5, figure 8, line 7: the peer's SYN,ACK acknowledges our SYN, though the user has
 * closed meanwhile (3.10.4, SYN-RECEIVED).
 */
static void closed_while_syns_cross(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	returns(t, 0, user_shutdown(t, SHUT_WR));
	pass_over(t);
	state_is(t, TCP_FIN_WAIT1);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	pass_over(t);
	counted(t, CHALLENGE_ACKS, 0);
	acked_is(t, 101);
	inject(t, "ACK seq 1001 ack 102");
	state_is(t, TCP_FIN_WAIT2);
}

/* ---- RST ---- */

/* SHLD-2: a RST may carry text that says why; it is not the stream's */
static void reset_with_text(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "RST seq R len 20");
	state_is(t, TCP_CLOSE);
	returns(t, -ECONNRESET, user_recv(t, 100));
	returns(t, 0, user_recv(t, 100));
}

/* MUST-12: the user learns that the peer gave up, even in FIN_WAIT */
static void reset_in_fin_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_FIN_WAIT_1);
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
	returns(t, -ECONNRESET, user_recv(t, 1));
}

/* MUST-66: a RST gets through into a closed window */
static void reset_into_closed_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	inject(t, "RST seq R");
	state_is(t, TCP_CLOSE);
}

/* MUST-66: and so does the urgent pointer, */
static void urgent_into_closed_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	inject(t, "URG|ACK seq R ack S urg 5");
	urgent_coming(t, 2005);
}

/* MUST-66: though the text that it came with does not */
static void urgent_text_into_closed_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	shut_window(t, 1000);
	inject(t, "URG|ACK seq R ack S urg 5 len 10");
	expect(t, "ACK seq S ack R win 0");
	urgent_coming(t, 2005);
}

/* 3.10.7.4, first, table 6: text with neither end in the window is refused */
static void wider_than_the_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_window(t, 10);
	inject(t, "ACK seq R-5 ack S len 100");
	expect(t, "ACK seq S ack R");
	returns(t, -EAGAIN, user_recv(t, 100));
	inject(t, "ACK seq R-5 ack S len 15");
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 100));
}

/* ---- the peer's window ---- */

/* MUST-38, rule (3) of 3.8.6.2.1: less than a segment goes where nothing is in
 * flight and it is half of the largest window that the peer ever had
 */
static void half_of_a_small_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->win = 1000;
	established(t);
	returns(t, 3000, user_send(t, 3000));
	expect(t, "ACK seq 101 ack R len 1000");
	inject(t, "ACK seq R ack S win 499");
	inject(t, "ACK seq R ack S win 500");
	expect(t, "ACK seq 1101 ack R len 500");
}

/* The peer takes back what its window promised.  MUST-34, SHLD-15: nothing new is sent,
 * though the path has room; SHLD-16: only what is within the window is sent again;
 * SHLD-17, MUST-37: what lies beyond ends nothing, as long as the peer answers.
 * MUST-35: a window that shrinks to nothing is probed
 */
static void shrunk_window(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.retries2 = 2;
	established(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_SNDBUF, 400000));
	returns(t, 10 * MSS, user_send(t, 10 * MSS));
	pass_over(t);
	conv_look(t);
	KUNIT_ASSERT_EQ(test, 101 + 10 * MSS, t->snd_nxt);
	set_cwnd(t, 40 * MSS);
	inject(t, "ACK seq R ack U win 2000");
	returns(t, 4 * MSS, user_send(t, 4 * MSS));
	time_passes(t, 1000);	/* all of it is lost at the timeout (RFC 8985, 6.3) */
	for (int i = 0; i < 2; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq 101 ack R len 1460");
	}
	inject(t, "ACK seq R ack 1561 win 540");
	expect(t, "ACK seq 1561 ack R len 540");
	inject(t, "ACK seq R ack 2101 win 0");
	pass_over(t);
	for (int i = 0; i < 5; i++) {
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq 2101 ack R len 1");
		inject(t, "ACK seq R ack 2101 win 0");
	}
	state_is(t, TCP_ESTABLISHED);
}

/* ---- urgent data ---- */

static bool signalled(void)
{
	bool is = sigismember(&current->signal->shared_pending.signal, SIGURG);

	flush_signals(current);
	return is;
}

/* From here on the socket belongs to a file, as every program's does. */
static struct file *be_a_file(struct conv *t)
{
	struct file *file = sock_alloc_file(t->sock, 0, NULL);

	KUNIT_ASSERT_FALSE(t->test, IS_ERR(file));
	for (int i = 0; i < CONV_SOCKETS; i++)
		if (t->socks[i] == t->sock)
			t->socks[i] = NULL;
	return file;
}

static void close_file(struct conv *t, struct file *file)
{
	t->sock = NULL;
	__fput_sync(file);
	conv_freeze(t);
}

/* MUST-32: the user is told of urgent data at once, and of each later pointer that
 * goes on beyond the one before
 */
static void urgent_signals(struct kunit *test)
{
	struct conv *t = conv_of(test);
	bool told[4];
	struct file *file;

	established(t);
	file = be_a_file(t);
	allow_signal(SIGURG);
	KUNIT_EXPECT_EQ(test, 0, f_setown(file, task_pid_nr(current), 1));
	inject(t, "URG|ACK seq R ack S len 1 urg 5");
	told[0] = signalled();
	pass_over(t);
	inject(t, "URG|ACK seq R ack S len 1 urg 4");
	told[1] = signalled();
	pass_over(t);
	inject(t, "URG|ACK seq R ack S len 1 urg 10");
	told[2] = signalled();
	pass_over(t);
	inject(t, "ACK seq R ack S len 20");
	told[3] = signalled();
	disallow_signal(SIGURG);
	close_file(t, file);
	pass_over(t);
	KUNIT_EXPECT_TRUE(test, told[0]);
	KUNIT_EXPECT_FALSE(test, told[1]);
	KUNIT_EXPECT_TRUE(test, told[2]);
	KUNIT_EXPECT_FALSE(test, told[3]);
}

static struct kunit_case rfc_cases[] = {
	KUNIT_CASE(isn_clock),
	KUNIT_CASE(isn_secret),
	KUNIT_CASE(isn_of_each_tuple),
	KUNIT_CASE(connect_to_many),
	KUNIT_CASE(to_many),
	KUNIT_CASE(to_all_on_the_link),
	KUNIT_CASE(from_nobody),
	KUNIT_CASE(listen_beside_syn_sent),
	KUNIT_CASE(ip_options),
	KUNIT_CASE(mss_of_the_device),
	KUNIT_CASE(reserved_bits),
	KUNIT_CASE(closed_while_syns_cross),
	KUNIT_CASE(reset_with_text),
	KUNIT_CASE(reset_in_fin_wait),
	KUNIT_CASE(reset_into_closed_window),
	KUNIT_CASE(urgent_into_closed_window),
	KUNIT_CASE(urgent_text_into_closed_window),
	KUNIT_CASE(wider_than_the_window),
	KUNIT_CASE(half_of_a_small_window),
	KUNIT_CASE(shrunk_window),
	KUNIT_CASE(urgent_signals),
	{}
};

struct kunit_suite rfc_suite = {
	.name = "wire_rfc",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = rfc_cases,
};
