// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table: who is found, and what /proc/net/xtcp shows of it.
 */
#include <linux/icmp.h>
#include <linux/workqueue.h>
#include "../module/engine/demux.h"
#include "../module/observe/observe.h"
#include "conv.h"
#include "suites.h"

/* ---- the connection table ---- */

struct entry {
	struct xtcp_node node;
	struct xtcp_link link;
};

static struct xtcp_node *new_node(struct kunit *test, const struct xtcp_tuple *t)
{
	struct entry *entry = kunit_kzalloc(test, sizeof(*entry), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, entry);
	entry->link.node = &entry->node;
	entry->node.tuple = *t;
	return &entry->node;
}

static struct xtcp_link *link_of(struct xtcp_node *node)
{
	return &container_of(node, struct entry, node)->link;
}

static void table(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_tuple other;
	struct xtcp_node *a, *b;

	a = new_node(test, &t->tuple);
	b = new_node(test, &t->tuple);
	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &t->tuple));
	KUNIT_EXPECT_EQ(test, -ENOENT, xtcp_link_replace(t->xn, link_of(a), link_of(b)));
	KUNIT_EXPECT_EQ(test, 0, xtcp_link_insert(t->xn, link_of(a)));
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, xtcp_link_insert(t->xn, link_of(b)));
	KUNIT_EXPECT_PTR_EQ(test, a, xtcp_lookup(t->xn, &t->tuple));

	/* each part of the tuple counts */
	other = t->tuple;
	other.lport++;
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &other));
	other = t->tuple;
	other.rport++;
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &other));
	other = t->tuple;
	other.wire = IPPROTO_TCP;
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &other));
	other = t->tuple;
	other.l3mdev = 7;
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &other));
	other = t->tuple;
	other.laddr = conv_addr(t, HERE_ADDR + 5);
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &other));
	other = t->tuple;
	other.raddr = conv_addr(t, THERE_ADDR + 5);
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &other));
	other = t->tuple;
	other.raddr.s6_addr32[0] = htonl(0x20010db9);
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &other));

	KUNIT_EXPECT_EQ(test, 0, xtcp_link_replace(t->xn, link_of(a), link_of(b)));
	KUNIT_EXPECT_PTR_EQ(test, b, xtcp_lookup(t->xn, &t->tuple));
	xtcp_link_remove(t->xn, link_of(b));
	KUNIT_EXPECT_NULL(test, xtcp_lookup(t->xn, &t->tuple));
	rcu_read_unlock();
	synchronize_rcu();
}

/* A connection that was found has ended, and its memory is another one's: of another
 * 4-tuple, or of another namespace.
 */
static void found_and_gone(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_tuple other = t->tuple;
	struct xtcp_node *node;
	struct sock *sk;
	int refs;

	bring_to(t, IN_ESTABLISHED);
	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	sk = xtcp_node_sk(node);
	refs = refcount_read(&sk->sk_refcnt);
	other.rport++;
	KUNIT_EXPECT_NULL(test, xtcp_node_get(t->xn, node, &other));
	KUNIT_EXPECT_NULL(test, xtcp_node_get(t->xn + 1, node, &t->tuple));
	KUNIT_EXPECT_EQ(test, refs, refcount_read(&sk->sk_refcnt));
	KUNIT_EXPECT_PTR_EQ(test, sk, xtcp_node_get(t->xn, node, &t->tuple));
	KUNIT_EXPECT_EQ(test, refs + 1, refcount_read(&sk->sk_refcnt));
	rcu_read_unlock();
	sock_put(sk);
}

/* Look-ups find listeners without looking twice; connections' memory comes back at once. */
static void only_listeners_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_node *node;

	bring_to(t, IN_REQUEST);
	KUNIT_EXPECT_TRUE(test, sock_flag(t->listener->sk, SOCK_RCU_FREE));
	inject(t, "ACK seq R ack S");
	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	KUNIT_EXPECT_EQ(test, XTCP_KIND_CONNECTION, node->kind);
	KUNIT_EXPECT_FALSE(test, sock_flag(xtcp_node_sk(node), SOCK_RCU_FREE));
	rcu_read_unlock();
}

/* A socket bound to another device hears nothing of what comes by this one. */
static void other_device_time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_TIME_WAIT);
	set_device(t, LOOPBACK_IFINDEX);
	inject(t, "FIN|ACK seq R-1 ack S");
	expect(t, "RST seq S");
	set_device(t, t->nic->dev->ifindex);
	inject(t, "FIN|ACK seq R-1 ack S");
	expect(t, "ACK seq S ack R");
}

static void other_device_request(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_REQUEST);
	set_device(t, LOOPBACK_IFINDEX);
	/* an ICMP error, which would end it */
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, t->iss);
	counted(t, ATTEMPT_FAILS, 0);
	set_device(t, t->nic->dev->ifindex);
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, t->iss);
	counted(t, ATTEMPT_FAILS, 1);
}

static void large_table(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_node **nodes;
	struct xtcp_tuple tuple = t->tuple;

	nodes = kunit_kcalloc(test, 2000, sizeof(*nodes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, nodes);
	for (int i = 0; i < 2000; i++) {
		tuple.rport = i;
		nodes[i] = new_node(test, &tuple);
		KUNIT_ASSERT_EQ(test, 0, xtcp_link_insert(t->xn, link_of(nodes[i])));
	}
	rcu_read_lock();
	for (int i = 0; i < 2000; i++)
		KUNIT_EXPECT_PTR_EQ(test, nodes[i],
				    xtcp_lookup(t->xn, &nodes[i]->tuple));
	rcu_read_unlock();
	for (int i = 0; i < 2000; i++)
		xtcp_link_remove(t->xn, link_of(nodes[i]));
	synchronize_rcu();
}

/* ---- /proc/net/xtcp ---- */

#define NODES	500

struct watched {
	struct xtcp_node *nodes[NODES];
	int times[NODES];
	int others;
};

static void seen(struct watched *w, void *entry)
{
	for (int i = 0; i < NODES; i++) {
		if (w->nodes[i] == entry) {
			w->times[i]++;
			return;
		}
	}
	w->others++;
}

/* As seq_file does for a program that reads line by line: the last line did not fit and
 * is the first of the next read().
 */
static void read_in_pieces(struct xtcp_conns_iter *it, struct watched *w,
			   int lines)
{
	const struct seq_operations *ops = &xtcp_conns_ops;
	struct seq_file seq = { .private = it };
	loff_t pos = 0;
	void *v;

	do {
		v = ops->start(&seq, &pos);
		for (int i = 0; v && i < lines; i++) {
			seen(w, v);
			v = ops->next(&seq, v, &pos);
		}
		ops->stop(&seq, v);
	} while (v);
}

static void read_line_by_line(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_tuple tuple = t->tuple;
	struct xtcp_conns_iter *it;
	struct watched *w;

	it = kunit_kzalloc(test, sizeof(*it), GFP_KERNEL);
	w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, it && w);
	for (int i = 0; i < 30; i++) {
		struct socket *sock = user_socket(t);

		returns(t, 0, user_bind(t, sock, i & 1 ? HERE_ADDR : 0, 7000 + i));
		returns(t, 0, kernel_listen(sock, 1));
	}
	for (int i = 0; i < NODES; i++) {
		tuple.rport = i;
		w->nodes[i] = new_node(test, &tuple);
		w->nodes[i]->family = t->ip6 ? AF_INET6 : AF_INET;
		KUNIT_ASSERT_EQ(test, 0, xtcp_link_insert(t->xn, link_of(w->nodes[i])));
	}
	/* a walk through a table that grows begins anew; one step may lead to the next */
	while (flush_work(&t->xn->conns.run_work))
		;
	xtcp_conns_iter_init(it, t->xn, t->ip6 ? AF_INET6 : AF_INET);
	for (int lines = 1; lines <= 7; lines += 3) {
		memset(w->times, 0, sizeof(w->times));
		w->others = 0;
		it->steps = 0;
		read_in_pieces(it, w, lines);
		KUNIT_EXPECT_EQ(test, 31, w->others);	/* and the heading */
		for (int i = 0; i < NODES; i++)
			KUNIT_EXPECT_EQ(test, 1, w->times[i]);
		/* each once, and once more where a read() begins with it */
		KUNIT_EXPECT_LE(test, it->steps,
				(NODES + 32) * (lines + 1) / lines + 4);
	}
	xtcp_conns_iter_exit(it);
	for (int i = 0; i < NODES; i++)
		xtcp_link_remove(t->xn, link_of(w->nodes[i]));
	synchronize_rcu();
}

/* A connection that goes meanwhile takes no other along. */
static void read_while_they_go(struct kunit *test)
{
	const struct seq_operations *ops = &xtcp_conns_ops;
	struct socket *socks[10];
	struct conv *t = conv_of(test);
	struct xtcp_conns_iter *it;
	struct seq_file seq = { };
	loff_t pos = 0;
	int n = 0;
	void *v;

	it = kunit_kzalloc(test, sizeof(*it), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, it);
	seq.private = it;
	for (int i = 0; i < ARRAY_SIZE(socks); i++) {
		socks[i] = user_socket(t);
		returns(t, 0, user_bind(t, socks[i], 0, 7000 + i));
		returns(t, 0, kernel_listen(socks[i], 1));
	}
	xtcp_conns_iter_init(it, t->xn, t->ip6 ? AF_INET6 : AF_INET);
	v = ops->start(&seq, &pos);
	v = ops->next(&seq, v, &pos);
	v = ops->next(&seq, v, &pos);
	ops->stop(&seq, v);
	/* the one that is due, and one that has been */
	user_close_socket(t, socks[1]);
	user_close_socket(t, socks[0]);
	for (v = ops->start(&seq, &pos); v; v = ops->next(&seq, v, &pos))
		n++;
	ops->stop(&seq, v);
	KUNIT_EXPECT_EQ(test, 8, n);
	/* from a place of the reader's choice */
	pos = 3;
	v = ops->start(&seq, &pos);
	KUNIT_EXPECT_PTR_EQ(test, v, (void *)socks[4]->sk);
	ops->stop(&seq, v);
	xtcp_conns_iter_exit(it);
}

static struct kunit_case conns_cases[] = {
	KUNIT_CASE(table),
	KUNIT_CASE(found_and_gone),
	KUNIT_CASE(only_listeners_wait),
	KUNIT_CASE(other_device_time_wait),
	KUNIT_CASE(other_device_request),
	KUNIT_CASE(large_table),
	KUNIT_CASE(read_line_by_line),
	KUNIT_CASE(read_while_they_go),
	{}
};

struct kunit_suite conns_suite = {
	.name = "conns",
	.init = conv_init_native,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = conns_cases,
};
