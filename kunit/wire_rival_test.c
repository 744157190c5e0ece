// SPDX-License-Identifier: GPL-2.0
/*
 * TCP's wire, which the kernel's TCP shares: who has a 4-tuple first keeps it.
 */
#include <linux/workqueue.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/sock.h>
#include <net/tcp.h>
#include "../module/compat.h"
#include "../module/engine/timewait.h"
#include "../module/wire/claimed.h"
#include "../module/wire/kernel_tcp.h"
#include "conv.h"
#include "suites.h"

/* The kernel's sockets of a case, closed at its end. */
static struct socket *theirs, *their_child;

static int rival_init(struct kunit *test)
{
	int err = conv_init(test);

	if (err)
		return err;
	conv_of(test)->tuple.wire = IPPROTO_TCP;
	return 0;
}

static struct sock *find4(const struct conv *t)
{
	return __inet_lookup_established(&init_net, XTCP_TCP_TABLE(&init_net)
					 htonl(THERE_ADDR), htons(t->tuple.rport),
					 htonl(HERE_ADDR), t->tuple.lport,
					 t->nic->dev->ifindex, 0);
}

static struct sock *find6(const struct conv *t)
{
	const struct in6_addr there = conv_addr(t, THERE_ADDR), here = conv_addr(t, HERE_ADDR);

	return __inet6_lookup_established(&init_net, XTCP_TCP_TABLE(&init_net)
					  (&there), htons(t->tuple.rport),
					  &here, t->tuple.lport, t->nic->dev->ifindex, 0);
}

/* What the kernel's TCP has for the 4-tuple would meet the next case, or this one when the
 * module is loaded again: a request outlives its listener.
 */
static void they_forget(struct conv *t)
{
	struct sock *sk;

	rcu_read_lock();
	sk = t->ip6 ? find6(t) : find4(t);
	rcu_read_unlock();
	if (!sk)
		return;
	tcp_abort(sk, ECONNABORTED);
	sock_gen_put(sk);
}

/* Does the IP layer find the kernel's connections before it routes?  It does, but on
 * loopback, and where the sysctl says no.
 */
static void finds_early(bool yes)
{
	WRITE_ONCE(init_net.ipv4.sysctl_ip_early_demux, yes);
}

static void rival_exit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	finds_early(true);
	if (their_child)
		sock_release(their_child);
	their_child = NULL;
	if (theirs)
		sock_release(theirs);
	theirs = NULL;
	if (t)
		they_forget(t);
	conv_exit(test);
}

/* A socket of the kernel's TCP, bound to where ours is, or will be, or was. */
static int they_bind_if_free(struct conv *t, bool reuse)
{
	const struct in6_addr here = conv_addr(t, HERE_ADDR);
	struct sockaddr_storage at;
	int len = conv_sockaddr(t, &here, t->tuple.lport, &at);

	KUNIT_ASSERT_EQ(t->test, 0, sock_create_kern(&init_net, t->ip6 ? PF_INET6 : PF_INET,
						     SOCK_STREAM, IPPROTO_TCP, &theirs));
	if (reuse)
		sock_set_reuseaddr(theirs->sk);
	return kernel_bind(theirs, (struct sockaddr *)&at, len);
}

static void they_bind(struct conv *t)
{
	KUNIT_ASSERT_EQ(t->test, 0, they_bind_if_free(t, true));
}

static bool they_have(struct conv *t)
{
	bool has;

	rcu_read_lock();
	has = xtcp_kernel_tcp_has(theirs->sk, &t->tuple);
	rcu_read_unlock();
	return has;
}

/* Ours, bound to the same place. */
static void we_bind(struct conv *t)
{
	t->sock = user_socket(t);
	sock_set_reuseaddr(t->sock->sk);
	returns(t, 0, user_bind(t, t->sock, HERE_ADDR, t->tuple.lport));
}

/* They listen, and a peer asks for a connection: the 4-tuple is theirs.
 *
 * Return: their initial sequence number
 */
static u32 they_are_asked(struct conv *t)
{
	u32 iss;

	returns(t, 0, kernel_listen(theirs, 8));
	inject(t, "SYN seq 1000 mss 1460");
	iss = next_segment(t).seq;
	KUNIT_ASSERT_TRUE(t->test, they_have(t));
	return iss;
}

/* The peer answers their SYN, and they have a connection. */
static void they_are_answered(struct conv *t, u32 iss)
{
	inject(t, "ACK seq 1001 ack %u", iss + 1);
	silence(t);
	KUNIT_ASSERT_EQ(t->test, 0, kernel_accept(theirs, &their_child, O_NONBLOCK));
	sock_no_linger(their_child->sk);
}

/* Two sockets of one TCP cannot have one 4-tuple, nor can two of two. */
static void tuple_is_theirs(struct kunit *test)
{
	struct conv *t = conv_of(test);

	they_bind(t);
	we_bind(t);
	they_are_asked(t);
	returns(t, -EADDRNOTAVAIL, user_connect(t));
	t->tuple.rport++;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	t->tuple.rport--;
}

/* A SYN of ours that nobody has answered is no connection: who listens gets a SYN, and
 * then has the 4-tuple.
 */
static void both_are_answered(struct conv *t)
{
	u32 iss;

	they_bind(t);
	we_bind(t);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	iss = they_are_asked(t);
	state_is(t, TCP_SYN_SENT);
	/* what answers another's SYN is theirs: it would be reset by what sent ours */
	they_are_answered(t, iss);
	state_is(t, TCP_SYN_SENT);
	/* what answers ours is not */
	inject(t, "RST|ACK seq 0 ack 101");
	state_is(t, TCP_CLOSE);
	KUNIT_EXPECT_EQ(t->test, TCP_ESTABLISHED, their_child->sk->sk_state);
	sock_release(their_child);
	their_child = NULL;
	pass_over(t);
}

static void syn_sent_is_less(struct kunit *test)
{
	both_are_answered(conv_of(test));
}

/* The kernel's TCP is asked where the IP layer has not asked it. */
static void found_late(struct kunit *test)
{
	finds_early(false);
	both_are_answered(conv_of(test));
}

/* Two have sent a SYN from one port: the kernel's TCP does not know of ours.  The answer to
 * ours is ours.
 */
static void both_have_sent(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const struct in6_addr there = conv_addr(t, THERE_ADDR);
	struct sockaddr_storage to;
	int len = conv_sockaddr(t, &there, t->tuple.rport, &to);
	u32 tsval;

	we_bind(t);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	tsval = t->tsval_seen;
	they_bind(t);
	returns(t, -EINPROGRESS, kernel_connect(theirs, (struct sockaddr *)&to, len,
						O_NONBLOCK));
	pass_over(t);
	t->tsval_seen = tsval;
	KUNIT_EXPECT_TRUE(test, they_have(t));
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	state_is(t, TCP_ESTABLISHED);
	inject(t, "ACK seq 1001 ack 101 len 10");
	pass_over(t);
	returns(t, 10, user_recv(t, 10));
	KUNIT_EXPECT_EQ(test, TCP_SYN_SENT, theirs->sk->sk_state);
}

/* Where nobody else listens, both may have sent a SYN (RFC 9293, 3.5). */
static void syn_sent_is_enough(struct kunit *test)
{
	struct conv *t = conv_of(test);

	we_bind(t);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	state_is(t, TCP_SYN_RECV);
}

/* A connection of ours is ours, whoever comes to listen there. */
static void connection_is_ours(struct kunit *test)
{
	struct conv *t = conv_of(test);

	they_bind(t);
	we_bind(t);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	returns(t, 0, kernel_listen(theirs, 8));
	inject(t, "ACK seq 1001 ack 101 len 10");
	pass_over(t);
	returns(t, 10, user_recv(t, 10));
	inject(t, "SYN seq 5000 mss 1460");
	expect(t, "ACK seq 101 ack 1011");
	state_is(t, TCP_ESTABLISHED);
	KUNIT_EXPECT_FALSE(test, they_have(t));
}

/* Nobody holds the port of what is only in TIME_WAIT; a new SYN is for who listens. */
static void time_wait_yields(struct kunit *test)
{
	struct conv *t = conv_of(test);

	we_bind(t);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	user_close(t);
	expect(t, "FIN|ACK seq 101 ack 1001");
	inject(t, "FIN|ACK seq 1001 ack 102");
	expect(t, "ACK seq 102 ack 1002");
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&t->xn->tw_count));
	flush_work(&t->xn->tcp_wire_work);
	KUNIT_ASSERT_EQ(test, 0, they_bind_if_free(t, false));
	returns(t, 0, kernel_listen(theirs, 8));
	inject(t, "SYN seq 900 mss 1460");
	expect(t, "ACK seq 102 ack 1002");		/* an old one */
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&t->xn->tw_count));
	KUNIT_EXPECT_FALSE(test, they_have(t));
	inject(t, "SYN seq 9000 mss 1460");
	pass_over(t);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&t->xn->tw_count));
	KUNIT_EXPECT_TRUE(test, they_have(t));
}

/* A port without an owner is none of ours; one that is bound and does not listen neither:
 * the kernel's TCP says that there is nobody.
 */
static void stray(struct kunit *test)
{
	struct conv *t = conv_of(test);
	long before;

	before = conv_count(t, XTCP_MIB_SEGS_IN);
	KUNIT_EXPECT_FALSE(test, xtcp_claim_port_used(t->xn, t->tuple.lport));
	we_bind(t);
	KUNIT_EXPECT_TRUE(test, xtcp_claim_port_used(t->xn, t->tuple.lport));
	inject(t, "ACK seq 1000 ack 500");
	expect(t, "RST seq 500");
	user_close_socket(t, t->sock);
	KUNIT_EXPECT_FALSE(test, xtcp_claim_port_used(t->xn, t->tuple.lport));
	KUNIT_EXPECT_EQ(test, before, conv_count(t, XTCP_MIB_SEGS_IN));
}

/* A port that a program has bound in the kernel's TCP is not one to choose. */
static void bound_by_them(struct kunit *test)
{
	struct conv *t = conv_of(test);

	KUNIT_EXPECT_FALSE(test, xtcp_kernel_tcp_bound(&init_net, t->tuple.lport, 0));
	they_bind(t);
	KUNIT_EXPECT_TRUE(test, xtcp_kernel_tcp_bound(&init_net, t->tuple.lport, 0));
	KUNIT_EXPECT_FALSE(test, xtcp_kernel_tcp_bound(&init_net, t->tuple.lport, 5));
	KUNIT_EXPECT_FALSE(test, xtcp_kernel_tcp_bound(&init_net, t->tuple.lport + 1, 0));
}

static int they_bind_ip4(struct conv *t)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(t->tuple.lport),
	};
	int err;

	KUNIT_ASSERT_EQ(t->test, 0, sock_create_kern(&init_net, PF_INET, SOCK_STREAM,
						     IPPROTO_TCP, &theirs));
	err = kernel_bind(theirs, (struct sockaddr *)&at, sizeof(at));
	sock_release(theirs);
	theirs = NULL;
	return err;
}

/* Of a port that is bound at :: IPv4's half is held as well, unless IPV6_V6ONLY. */
static void both_versions(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_ipv6(t);
	for (int only = 0; only < 2; only++) {
		t->sock = user_socket(t);
		returns(t, 0, user_option(t, SOL_IPV6, IPV6_V6ONLY, only));
		returns(t, 0, user_bind(t, t->sock, 0, t->tuple.lport));
		returns(t, only ? 0 : -EADDRINUSE, they_bind_ip4(t));
		returns(t, -EADDRINUSE, they_bind_if_free(t, false));
		user_close_socket(t, t->sock);
		sock_release(theirs);
		theirs = NULL;
	}
}

static void worker_goes_on(void *work)
{
	enable_and_queue_work(system_wq, work);
}

/* Where close() has returned, the port is free; no worker needs to run before. */
static void free_once_closed(struct kunit *test)
{
	struct conv *t = conv_of(test);

	disable_work_sync(&t->xn->tcp_wire_work);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, worker_goes_on,
							   &t->xn->tcp_wire_work));
	for (int i = 0; i < 2; i++) {
		t->sock = user_socket(t);
		returns(t, 0, user_bind(t, t->sock, HERE_ADDR, t->tuple.lport));
		if (i)
			returns(t, 0, kernel_listen(t->sock, 1));
		user_close_socket(t, t->sock);
		KUNIT_ASSERT_EQ(test, 0, they_bind_if_free(t, false));
		sock_release(theirs);
		theirs = NULL;
	}
}

/* connect() chooses in net.xtcp.local_port_range, and holds nothing there. */
static void chosen(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.local_port_range = XTCP_PORT_RANGE(t->tuple.lport, t->tuple.lport);
	they_bind(t);
	t->sock = user_socket(t);
	returns(t, -EADDRNOTAVAIL, user_connect(t));
	sock_release(theirs);
	theirs = NULL;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	they_bind(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(tuple_is_theirs),
	KUNIT_CASE(syn_sent_is_less),
	KUNIT_CASE(found_late),
	KUNIT_CASE(both_have_sent),
	KUNIT_CASE(syn_sent_is_enough),
	KUNIT_CASE(connection_is_ours),
	KUNIT_CASE(time_wait_yields),
	KUNIT_CASE(stray),
	KUNIT_CASE(bound_by_them),
	KUNIT_CASE(both_versions),
	KUNIT_CASE(free_once_closed),
	KUNIT_CASE(chosen),
	{ }
};

struct kunit_suite rival_suite = {
	.name = "wire_rival",
	.init = rival_init,
	.exit = rival_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = cases,
};
