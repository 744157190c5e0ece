// SPDX-License-Identifier: GPL-2.0
/*
 * What sock_diag walks over, finds, and ends.
 */
#include <linux/workqueue.h>
#include "../module/engine/close.h"
#include "../module/engine/demux.h"
#include "../module/engine/timewait.h"
#include "../module/observe/entries.h"
#include "../module/observe/line.h"
#include "conv.h"
#include "suites.h"

#define ALL	(~0U)
#define MOST	(~XTCP_STATEF_BOUND)	/* without those for which each port is looked at */

static bool anything(const struct xtcp_entry *e, const void *arg)
{
	return true;
}

static bool nothing(const struct xtcp_entry *e, const void *arg)
{
	return false;
}

static bool on_port(const struct xtcp_entry *e, const void *arg)
{
	return xtcp_entry_node(e)->tuple.lport == *(const u16 *)arg;
}

/* How many are in these states. */
static int count(struct conv *t, u32 states)
{
	struct xtcp_entries_place at = { };
	struct xtcp_entry e;
	int n = 0;

	while (xtcp_entries_next(t->xn, &at, states, anything, NULL, &e)) {
		xtcp_entry_put(&e);
		n++;
	}
	return n;
}

/* ---- the walk ---- */

static void each_kind(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *bound = user_socket(t);

	returns(t, 0, user_bind(t, bound, 0, 7321));
	bring_to(t, IN_REQUEST);
	KUNIT_EXPECT_EQ(test, 3, count(t, ALL));
	KUNIT_EXPECT_EQ(test, 1, count(t, TCPF_LISTEN));
	KUNIT_EXPECT_EQ(test, 1, count(t, TCPF_SYN_RECV));
	KUNIT_EXPECT_EQ(test, 2, count(t, MOST));
	KUNIT_EXPECT_EQ(test, 0, count(t, TCPF_ESTABLISHED | TCPF_TIME_WAIT | TCPF_CLOSE));
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_EQ(test, 1, count(t, TCPF_ESTABLISHED));
	KUNIT_EXPECT_EQ(test, 0, count(t, TCPF_SYN_RECV));
}

static void time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	KUNIT_EXPECT_EQ(test, 1, count(t, TCPF_TIME_WAIT));
	KUNIT_EXPECT_EQ(test, 0, count(t, TCPF_CLOSE | TCPF_ESTABLISHED));
}

static void as_wanted(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_entries_place at = { };
	struct xtcp_entry e;
	u16 port = 7002;

	for (int i = 0; i < 5; i++) {
		struct socket *sock = user_socket(t);

		returns(t, 0, user_bind(t, sock, 0, 7000 + i));
		returns(t, 0, kernel_listen(sock, 1));
	}
	KUNIT_EXPECT_FALSE(test, xtcp_entries_next(t->xn, &at, MOST, nothing, NULL, &e));
	KUNIT_EXPECT_EQ(test, XTCP_ENTRIES_END, at.part);
	KUNIT_EXPECT_FALSE(test, xtcp_entries_next(t->xn, &at, MOST, anything, NULL, &e));
	at = (struct xtcp_entries_place) { };
	KUNIT_ASSERT_TRUE(test, xtcp_entries_next(t->xn, &at, MOST, on_port, &port, &e));
	KUNIT_EXPECT_EQ(test, port, xtcp_entry_node(&e)->tuple.lport);
	xtcp_entry_put(&e);
	KUNIT_EXPECT_FALSE(test, xtcp_entries_next(t->xn, &at, MOST, on_port, &port, &e));
}

/* Several have one port: each is there once. */
static void port_of_many(struct kunit *test)
{
	struct conv *t = conv_of(test);

	for (int i = 0; i < 5; i++) {
		struct socket *sock = user_socket(t);

		sock_set_reuseaddr(sock->sk);
		returns(t, 0, user_bind(t, sock, 0, 7321));
	}
	KUNIT_EXPECT_EQ(test, 5, count(t, XTCP_STATEF_BOUND));
}

#define STAY	300
#define COME	3300

/* As the table has it; nobody frees it. */
static struct xtcp_timewait *new_time_wait(struct conv *t, u16 rport)
{
	struct xtcp_timewait *tw = kunit_kzalloc(t->test, sizeof(*tw), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, tw);
	tw->node.tuple = t->tuple;
	tw->node.tuple.rport = rport;
	tw->node.kind = XTCP_KIND_TIME_WAIT;
	tw->link.node = &tw->node;
	refcount_set(&tw->refcnt, 1);
	KUNIT_ASSERT_EQ(t->test, 0, xtcp_link_insert(t->xn, &tw->link));
	return tw;
}

static void settle(struct conv *t)
{
	while (flush_work(&t->xn->conns.run_work))
		;
}

struct walked {
	struct xtcp_timewait *tw[STAY + COME];
	u8 times[STAY + COME];
};

/* Goes on until @n have come, or the end. */
static void walk_on(struct conv *t, struct walked *w, struct xtcp_entries_place *at, int n)
{
	struct xtcp_entry e;

	while (n-- && xtcp_entries_next(t->xn, at, TCPF_TIME_WAIT, anything, NULL, &e)) {
		w->times[e.tw->node.tuple.rport]++;
		xtcp_entry_put(&e);
	}
}

static bool to_port(const struct xtcp_entry *e, const void *arg)
{
	return xtcp_entry_node(e)->tuple.rport == *(const u16 *)arg;
}

/* The one that is wanted, wherever it lies in a large table. */
static void found_alone(struct conv *t, u16 rport)
{
	struct xtcp_entries_place at = { };
	struct xtcp_entry e;

	KUNIT_ASSERT_TRUE(t->test, xtcp_entries_next(t->xn, &at, MOST, to_port, &rport, &e));
	xtcp_entry_put(&e);
	KUNIT_EXPECT_FALSE(t->test, xtcp_entries_next(t->xn, &at, MOST, to_port, &rport, &e));
}

/* Those that are there all the time. */
static void seen(struct conv *t, const struct walked *w, int least, int most)
{
	for (int i = 0; i < STAY; i++) {
		KUNIT_EXPECT_GE(t->test, w->times[i], least);
		KUNIT_EXPECT_LE(t->test, w->times[i], most);
	}
}

static void while_it_grows(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct walked *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct xtcp_entries_place at = { };

	KUNIT_ASSERT_NOT_NULL(test, w);
	for (int i = 0; i < STAY; i++)
		w->tw[i] = new_time_wait(t, i);
	settle(t);
	/* at rest: each once */
	walk_on(t, w, &at, -1);
	seen(t, w, 1, 1);
	KUNIT_EXPECT_EQ(test, 0u, at.restarts);

	memset(w->times, 0, sizeof(w->times));
	at = (struct xtcp_entries_place) { };
	walk_on(t, w, &at, STAY / 2);
	for (int i = STAY; i < STAY + COME; i++)
		w->tw[i] = new_time_wait(t, i);
	settle(t);
	for (int i = 0; i < STAY; i += 10)
		found_alone(t, i);
	walk_on(t, w, &at, STAY);
	/* and shrinks */
	for (int i = STAY; i < STAY + COME; i++)
		xtcp_link_remove(t->xn, &w->tw[i]->link);
	settle(t);
	walk_on(t, w, &at, -1);
	seen(t, w, 1, 3);
	KUNIT_EXPECT_GE(test, at.restarts, 1u);
	for (int i = 0; i < STAY; i++)
		xtcp_link_remove(t->xn, &w->tw[i]->link);
	synchronize_rcu();
}

/* One that has gone takes no other along. */
static void while_they_go(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_entries_place at = { };
	struct socket *socks[10];
	struct xtcp_entry e;
	int n = 0;

	for (int i = 0; i < ARRAY_SIZE(socks); i++) {
		socks[i] = user_socket(t);
		returns(t, 0, user_bind(t, socks[i], 0, 7000 + i));
		returns(t, 0, kernel_listen(socks[i], 1));
	}
	KUNIT_ASSERT_TRUE(test, xtcp_entries_next(t->xn, &at, TCPF_LISTEN, anything, NULL, &e));
	xtcp_entry_put(&e);
	user_close_socket(t, socks[0]);
	user_close_socket(t, socks[1]);
	while (xtcp_entries_next(t->xn, &at, TCPF_LISTEN, anything, NULL, &e)) {
		xtcp_entry_put(&e);
		n++;
	}
	KUNIT_EXPECT_EQ(test, 8, n);
}

/* ---- one of them ---- */

static bool finds(struct conv *t, const struct xtcp_tuple *tuple, int ifindex, u8 kind, int state)
{
	struct xtcp_entry e;
	struct xtcp_line line;

	if (!xtcp_entry_find(t->xn, tuple, ifindex, &e))
		return kind == XTCP_KIND_NONE;
	if (e.kind == XTCP_KIND_CONNECTION)
		xtcp_line_of_sock(&line, e.sk);
	else if (e.kind == XTCP_KIND_REQUEST)
		xtcp_line_of_request(&line, e.req);
	else
		xtcp_line_of_time_wait(&line, e.tw);
	xtcp_entry_put(&e);
	return e.kind == kind && line.state == state;
}

static void find(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_tuple other;

	bring_to(t, IN_REQUEST);
	KUNIT_EXPECT_TRUE(test, finds(t, &t->tuple, 0, XTCP_KIND_REQUEST, TCP_SYN_RECV));
	other = t->tuple;
	other.rport++;
	KUNIT_EXPECT_TRUE(test, finds(t, &other, 0, XTCP_KIND_CONNECTION, TCP_LISTEN));
	other.lport++;
	KUNIT_EXPECT_TRUE(test, finds(t, &other, 0, XTCP_KIND_NONE, 0));
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_TRUE(test, finds(t, &t->tuple, 0, XTCP_KIND_CONNECTION, TCP_ESTABLISHED));
}

static void find_time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	KUNIT_EXPECT_TRUE(test, finds(t, &t->tuple, 0, XTCP_KIND_TIME_WAIT, TCP_TIME_WAIT));
}

/* ---- what is said of one ---- */

static struct xtcp_line line_of(struct conv *t)
{
	struct xtcp_line line;

	xtcp_line_of_sock(&line, t->sock->sk);
	return line;
}

static void line_of_syn_sent(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	KUNIT_EXPECT_EQ(test, XTCP_LINE_TIMER_RETRANSMIT, line_of(t).timer);
	KUNIT_EXPECT_EQ(test, 0, line_of(t).probes);
}

static void line_of_a_stall(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, XTCP_LINE_TIMER_NONE, line_of(t).timer);
	returns(t, 100, user_send(t, 100));
	pass_over(t);
	KUNIT_EXPECT_EQ(test, XTCP_LINE_TIMER_RETRANSMIT, line_of(t).timer);
	KUNIT_EXPECT_EQ(test, 100u, line_of(t).tx);
	inject(t, "ACK seq R ack S win 0");
	returns(t, 100, user_send(t, 100));
	KUNIT_EXPECT_EQ(test, XTCP_LINE_TIMER_PROBE, line_of(t).timer);
	KUNIT_EXPECT_EQ(test, 0, line_of(t).probes);
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	KUNIT_EXPECT_EQ(test, XTCP_LINE_TIMER_PROBE, line_of(t).timer);
	KUNIT_EXPECT_EQ(test, 1, line_of(t).probes);
	inject(t, "ACK seq R ack U win 0");
	fire(t, XTCP_TIMER_RETRANSMIT);
	pass_over(t);
	KUNIT_EXPECT_EQ(test, 2, line_of(t).probes);
}

/* ---- SOCK_DESTROY ---- */

static void abort_entry(struct conv *t, int want)
{
	struct xtcp_entry e;

	KUNIT_ASSERT_TRUE(t->test, xtcp_entry_find(t->xn, &t->tuple, 0, &e));
	KUNIT_EXPECT_EQ(t->test, want, xtcp_entry_abort(&e));
	xtcp_entry_put(&e);
}

static void abort_request(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	abort_entry(t, 0);
	counted(t, ATTEMPT_FAILS, 1);
	KUNIT_EXPECT_EQ(test, 0, count(t, TCPF_SYN_RECV));
}

static void abort_time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	abort_entry(t, 0);
	KUNIT_EXPECT_EQ(test, 0, count(t, TCPF_TIME_WAIT));
}

static void abort_no_socket(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_ESTABLISHED);
	abort_entry(t, -EOPNOTSUPP);
	state_is(t, TCP_ESTABLISHED);
}

static void destroy_connection(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_ESTABLISHED);
	returns(t, 0, xtcp_destroy_by_admin(t->sock->sk, ECONNABORTED));
	expect(t, "RST|ACK seq S ack R");
	state_is(t, TCP_CLOSE);
	returns(t, -ECONNABORTED, user_recv(t, 1));
	returns(t, -ENOENT, xtcp_destroy_by_admin(t->sock->sk, ECONNABORTED));
}

static void destroy_syn_sent(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	returns(t, 0, xtcp_destroy_by_admin(t->sock->sk, ECONNABORTED));
	state_is(t, TCP_CLOSE);
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, sock_error(t->sock->sk));
}

/* What waits for accept() is reset with it, and it keeps the port that its user chose. */
static void destroy_listener(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk;

	bring_to(t, IN_REQUEST);
	inject(t, "ACK seq R ack S");
	sk = t->listener->sk;
	returns(t, 0, xtcp_destroy_by_admin(sk, ECONNABORTED));
	expect(t, "RST|ACK seq S ack R");
	KUNIT_EXPECT_EQ(test, 0, count(t, TCPF_LISTEN | TCPF_ESTABLISHED));
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, sock_error(sk));
	KUNIT_EXPECT_EQ(test, 1, count(t, XTCP_STATEF_BOUND));
	returns(t, -ENOENT, xtcp_destroy_by_admin(sk, ECONNABORTED));
}

static struct kunit_case entries_cases[] = {
	KUNIT_CASE(each_kind),
	KUNIT_CASE(time_wait),
	KUNIT_CASE(as_wanted),
	KUNIT_CASE(port_of_many),
	KUNIT_CASE(while_it_grows),
	KUNIT_CASE(while_they_go),
	KUNIT_CASE(find),
	KUNIT_CASE(find_time_wait),
	KUNIT_CASE(line_of_syn_sent),
	KUNIT_CASE(line_of_a_stall),
	KUNIT_CASE(abort_request),
	KUNIT_CASE(abort_time_wait),
	KUNIT_CASE(abort_no_socket),
	KUNIT_CASE(destroy_connection),
	KUNIT_CASE(destroy_syn_sent),
	KUNIT_CASE(destroy_listener),
	{}
};

struct kunit_suite entries_suite = {
	.name = "wire_entries",
	.init = conv_init_native,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = entries_cases,
};
