// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: who may share one, who gets which, and which listener is found.
 */
#include <linux/icmp.h>
#include <linux/workqueue.h>
#include <net/flow.h>
#include <net/ip.h>
#include "../module/engine/close.h"
#include "../module/engine/demux.h"
#include "../module/engine/listeners.h"
#include "../module/engine/owners.h"
#include "../module/observe/observe.h"
#include "conv.h"
#include "suites.h"

enum {
	PLAIN		= 0,
	REUSE		= BIT(0),
	REUSEPORT	= BIT(1),
	LISTENS		= BIT(2),
	ANY		= BIT(3),	/* bound to every address */
	OTHER		= BIT(4),	/* bound to another address */
};

struct pair {
	const char *name;
	int first;
	int second;
	int err;
};

static const struct pair pairs[] = {
	{ "plain, plain", PLAIN, PLAIN, -EADDRINUSE },
	{ "plain, any", PLAIN, ANY, -EADDRINUSE },
	{ "any, plain", ANY, PLAIN, -EADDRINUSE },
	{ "any, any", ANY, ANY, -EADDRINUSE },
	{ "plain, other", PLAIN, OTHER, 0 },
	{ "other, any", OTHER, ANY, -EADDRINUSE },
	{ "plain, reuse", PLAIN, REUSE, -EADDRINUSE },
	{ "reuse, plain", REUSE, PLAIN, -EADDRINUSE },
	{ "reuse, reuse", REUSE, REUSE, 0 },
	{ "reuse any, reuse", REUSE | ANY, REUSE, 0 },
	{ "reuse listens, reuse", REUSE | LISTENS, REUSE, -EADDRINUSE },
	{ "reuse listens on other, reuse", REUSE | LISTENS | OTHER, REUSE, 0 },
	{ "reuse listens on any, reuse", REUSE | LISTENS | ANY, REUSE,
	  -EADDRINUSE },
	{ "reuseport, plain", REUSEPORT, PLAIN, -EADDRINUSE },
	{ "plain, reuseport", PLAIN, REUSEPORT, -EADDRINUSE },
	{ "reuseport, reuseport", REUSEPORT, REUSEPORT, 0 },
	{ "reuseport listens, reuseport", REUSEPORT | LISTENS, REUSEPORT, 0 },
	{ "reuseport, reuse", REUSEPORT, REUSE, -EADDRINUSE },
	{ "both listen, reuseport", REUSEPORT | LISTENS, REUSEPORT | LISTENS, 0 },
};

KUNIT_ARRAY_PARAM_DESC(pair, pairs, name);

static int bind_as(struct conv *t, int how)
{
	struct socket *sock = user_socket(t);
	int err;

	sock->sk->sk_reuse = how & REUSE ? SK_CAN_REUSE : SK_NO_REUSE;
	sock->sk->sk_reuseport = !!(how & REUSEPORT);
	err = user_bind(t, sock, how & ANY ? 0 : how & OTHER ? INADDR_LOOPBACK :
			HERE_ADDR, 7000);
	if (!err && how & LISTENS)
		err = kernel_listen(sock, 1);
	return err;
}

/* MUST-42 */
static void shared(struct kunit *test)
{
	const struct pair *p = test->param_value;
	struct conv *t = conv_of(test);

	returns(t, 0, bind_as(t, p->first));
	returns(t, p->err, bind_as(t, p->second));
}

/* Two may have bound it; one may listen (MUST-41). */
static void one_listens(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *a = user_socket(t), *b = user_socket(t);

	sock_set_reuseaddr(a->sk);
	sock_set_reuseaddr(b->sk);
	returns(t, 0, user_bind(t, a, HERE_ADDR, 7000));
	returns(t, 0, user_bind(t, b, HERE_ADDR, 7000));
	returns(t, 0, kernel_listen(a, 1));
	returns(t, -EADDRINUSE, kernel_listen(b, 1));
	user_close_socket(t, a);
	returns(t, 0, kernel_listen(b, 1));
}

static void freed_by_close(struct kunit *test)
{
	struct conv *t = conv_of(test);

	for (int i = 0; i < 3; i++) {
		struct socket *sock = user_socket(t);

		returns(t, 0, user_bind(t, sock, HERE_ADDR, 7000));
		user_close_socket(t, sock);
	}
}

/* ---- what bind() costs ---- */

#define MANY	200

struct crowd {
	struct socket *socks[MANY];
	int n;
};

static void disperse(void *data)
{
	struct crowd *crowd = data;

	while (crowd->n)
		sock_release(crowd->socks[--crowd->n]);
}

/* More sockets than a conversation has.  They end with the case. */
static struct crowd *gather(struct kunit *test)
{
	struct crowd *crowd = kunit_kzalloc(test, sizeof(*crowd), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, crowd);
	for (; crowd->n < MANY; crowd->n++) {
		struct socket *sock;

		if (sock_create_kern(&init_net, AF_XTCP, SOCK_STREAM, 0, &sock))
			break;
		crowd->socks[crowd->n] = sock;
	}
	if (crowd->n < MANY) {
		disperse(crowd);
		KUNIT_FAIL_AND_ABORT(test, "no more sockets");
	}
	return crowd;
}

static int bind_more(struct conv *t, struct socket *sock, u32 addr, int how)
{
	sock->sk->sk_reuse = how & REUSE ? SK_CAN_REUSE : SK_NO_REUSE;
	sock->sk->sk_reuseport = !!(how & REUSEPORT);
	return user_bind(t, sock, addr, 7000);
}

/* However many sockets have the port at an address, bind() looks at them as one. */
static void equals_cost_as_one(struct kunit *test)
{
	struct crowd *crowd = gather(test);
	struct conv *t = conv_of(test);
	int err = 0;

	for (int i = 0; i < MANY && !err; i++) {
		err = bind_more(t, crowd->socks[i], HERE_ADDR, REUSE);
		KUNIT_EXPECT_LE(test, t->xn->port_looks, 1);
	}
	KUNIT_EXPECT_EQ(test, 0, err);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, bind_as(t, PLAIN));
	KUNIT_EXPECT_LE(test, t->xn->port_looks, 2);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, bind_as(t, PLAIN | ANY));
	KUNIT_EXPECT_LE(test, t->xn->port_looks, 3);
	KUNIT_EXPECT_EQ(test, 0, bind_as(t, REUSE | OTHER));
	KUNIT_EXPECT_EQ(test, 0, t->xn->port_looks);
	KUNIT_EXPECT_EQ(test, 0, bind_as(t, REUSE | ANY));
	KUNIT_EXPECT_EQ(test, 1, t->xn->port_looks);
	disperse(crowd);
}

/* However many addresses there are, a bid for all of them looks at one class. */
static void addresses_cost_as_one(struct kunit *test)
{
	struct crowd *crowd = gather(test);
	struct conv *t = conv_of(test);
	int err = 0;

	for (int i = 0; i < MANY && !err; i++) {
		t->sock = crowd->socks[i];
		err = user_option(t, SOL_IP, IP_FREEBIND, 1) ?:
		      bind_more(t, t->sock, HERE_ADDR + 1 + i, REUSE);
	}
	t->sock = NULL;
	KUNIT_EXPECT_EQ(test, 0, err);
	KUNIT_EXPECT_EQ(test, 0, bind_as(t, REUSE | ANY));
	KUNIT_EXPECT_EQ(test, 1, t->xn->port_looks);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, bind_as(t, ANY));
	KUNIT_EXPECT_LE(test, t->xn->port_looks, 3);
	disperse(crowd);
}

static int connect_to_port(struct conv *t, struct socket *sock, u16 port)
{
	struct sockaddr_storage to;
	int len = conv_sockaddr(t, &t->tuple.raddr, port, &to);
	int err = kernel_connect(sock, (struct sockaddr *)&to, len, O_NONBLOCK);

	return err == -EINPROGRESS ? 0 : err;
}

/* A connection owns the port where it is, not where it was bound. */
static void connections_cost_as_one(struct kunit *test)
{
	struct crowd *crowd = gather(test);
	struct conv *t = conv_of(test);
	int err = 0;

	for (int i = 0; i < MANY && !err; i++) {
		err = bind_more(t, crowd->socks[i], 0, REUSE) ?:
		      connect_to_port(t, crowd->socks[i], 1 + i);
		KUNIT_EXPECT_LE(test, t->xn->port_looks, 1);
	}
	KUNIT_EXPECT_EQ(test, 0, err);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, bind_as(t, PLAIN));
	KUNIT_EXPECT_LE(test, t->xn->port_looks, 2);
	KUNIT_EXPECT_EQ(test, 0, bind_as(t, PLAIN | OTHER));
	KUNIT_EXPECT_EQ(test, 0, t->xn->port_looks);
	/* back to every address */
	lock_sock(crowd->socks[0]->sk);
	KUNIT_EXPECT_EQ(test, 0, xtcp_disconnect(crowd->socks[0]->sk, 0));
	release_sock(crowd->socks[0]->sk);
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, bind_as(t, PLAIN | OTHER));
	disperse(crowd);
	conv_freeze(t);
	pass_over(t);
}

/* Options that are set later count at once; each socket is asked once. */
static void options_set_later(struct kunit *test)
{
	struct crowd *crowd = gather(test);
	struct conv *t = conv_of(test);
	int err = 0;

	for (int i = 0; i < MANY && !err; i++)
		err = bind_more(t, crowd->socks[i], HERE_ADDR, REUSEPORT);
	KUNIT_EXPECT_EQ(test, 0, err);
	for (int i = 1; i < MANY; i++)
		crowd->socks[i]->sk->sk_reuse = SK_CAN_REUSE;
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, bind_as(t, REUSE));
	crowd->socks[0]->sk->sk_reuse = SK_CAN_REUSE;
	KUNIT_EXPECT_EQ(test, 0, bind_as(t, REUSE));
	KUNIT_EXPECT_EQ(test, 0, bind_as(t, REUSE));
	KUNIT_EXPECT_LE(test, t->xn->port_looks, 3);
	disperse(crowd);
}

/* A socket that came because of an option stays when that is cleared; others
 * may still follow it, until the socket listens.
 */
static void options_cleared_later(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *a = user_socket(t);

	returns(t, 0, bind_more(t, a, HERE_ADDR, REUSE));
	returns(t, 0, bind_as(t, REUSE));
	a->sk->sk_reuse = SK_NO_REUSE;
	returns(t, 0, bind_as(t, REUSE));
	returns(t, -EADDRINUSE, kernel_listen(a, 1));
}

static void chosen(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *socks[20];
	int low, high;

	inet_get_local_port_range(&init_net, &low, &high);
	for (int i = 0; i < ARRAY_SIZE(socks); i++) {
		socks[i] = user_socket(t);
		returns(t, 0, user_bind(t, socks[i], 0, 0));
		KUNIT_EXPECT_GE(test, inet_sk(socks[i]->sk)->inet_num, low);
		KUNIT_EXPECT_LE(test, inet_sk(socks[i]->sk)->inet_num, high);
		for (int k = 0; k < i; k++)
			KUNIT_EXPECT_NE(test, inet_sk(socks[i]->sk)->inet_num,
					inet_sk(socks[k]->sk)->inet_num);
	}
}

/* connect() without bind(): another port each time, or the same to another peer
 * (MUST-44).
 */
static void chosen_by_connect(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *socks[10];

	for (int i = 0; i < ARRAY_SIZE(socks); i++) {
		socks[i] = user_socket(t);
		returns(t, 0, connect_to_port(t, socks[i], THERE_PORT));
		KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&t->nic->sent));
		pass_over(t);
		for (int k = 0; k < i; k++)
			KUNIT_EXPECT_NE(test, inet_sk(socks[i]->sk)->inet_num,
					inet_sk(socks[k]->sk)->inet_num);
	}
	conv_freeze(t);
}

#define ONLY	40000		/* among those that may be chosen */

/* A socket that shares its port where it may, and has just this one to choose. */
static struct socket *sharing(struct conv *t)
{
	t->sock = user_socket(t);
	sock_set_reuseaddr(t->sock->sk);
	returns(t, 0, user_option(t, SOL_IP, IP_LOCAL_PORT_RANGE, ONLY << 16 | ONLY));
	return t->sock;
}

/* bind() chooses no port that another socket has at the address, though both allow it,
 * unless the administrator does.
 */
static void chosen_alone(struct kunit *test)
{
	struct conv *t = conv_of(test);

	returns(t, 0, user_bind(t, sharing(t), HERE_ADDR, ONLY));
	returns(t, 0, user_bind(t, sharing(t), INADDR_LOOPBACK, 0));
	returns(t, -EADDRINUSE, user_bind(t, sharing(t), HERE_ADDR, 0));
	WRITE_ONCE(init_net.ipv4.sysctl_ip_autobind_reuse, 1);
	returns(t, 0, user_bind(t, sharing(t), HERE_ADDR, 0));
	WRITE_ONCE(init_net.ipv4.sysctl_ip_autobind_reuse, 0);
}

/* connect() chooses no port that a socket is bound to, but shares it once that is gone. */
static void bound_not_chosen(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *bound, *late;

	returns(t, 0, connect_to_port(t, sharing(t), 1));
	pass_over(t);
	bound = sharing(t);
	returns(t, 0, user_bind(t, bound, HERE_ADDR, ONLY));
	late = sharing(t);
	returns(t, -EADDRNOTAVAIL, connect_to_port(t, late, 2));
	user_close_socket(t, bound);
	returns(t, 0, connect_to_port(t, late, 2));
	pass_over(t);
	conv_freeze(t);
}

/* Each VRF has ports of its own. */
static void bound_in_vrf(struct kunit *test)
{
	struct xtcp_owner_key key = { .l3mdev = 5, .how = XTCP_OWNER_REUSE };
	struct xtcp_owner chosen = { }, bound = { };
	struct xtcp_owners owners = { };

	KUNIT_ASSERT_EQ(test, 0, xtcp_owners_add(&owners, &chosen, &key));
	KUNIT_EXPECT_FALSE(test, xtcp_owners_bound(&owners, 5));
	key.how |= XTCP_OWNER_BOUND;
	KUNIT_ASSERT_EQ(test, 0, xtcp_owners_add(&owners, &bound, &key));
	KUNIT_EXPECT_TRUE(test, xtcp_owners_bound(&owners, 5));
	KUNIT_EXPECT_FALSE(test, xtcp_owners_bound(&owners, 0));
	xtcp_owners_remove(&owners, &bound);
	KUNIT_EXPECT_FALSE(test, xtcp_owners_bound(&owners, 5));
	xtcp_owners_remove(&owners, &chosen);
}

/* How far the next port for a peer is from the last, after 20 ports went to other
 * peers.
 */
static int next_port_after_others(struct conv *t, u16 peer)
{
	struct socket *socks[22];
	int low, high, first, err = 0, last = ARRAY_SIZE(socks) - 1;

	inet_get_local_port_range(&init_net, &low, &high);
	for (int i = 0; i <= last && !err; i++) {
		socks[i] = user_socket(t);
		err = connect_to_port(t, socks[i], i && i < last ?
				      peer + i : peer);
	}
	pass_over(t);
	returns(t, 0, err);
	first = inet_sk(socks[0]->sk)->inet_num;
	err = inet_sk(socks[last]->sk)->inet_num - first;
	for (int i = 0; i <= last; i++)
		user_close_socket(t, socks[i]);
	return err < 0 ? err + high - low + 1 : err;
}

/* RFC 6056, 3.3.4: an observer of the ports used towards one peer cannot tell how many
 * connections others have got.  Two peers share a counter once in 65,536 times; three
 * times in three they do not.
 */
static void counters_apart(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int least = INT_MAX;

	for (int i = 0; i < 3; i++)
		least = min(least, next_port_after_others(t, 100 + 100 * i));
	KUNIT_EXPECT_GE(test, least, 1);
	KUNIT_EXPECT_LE(test, least, 8);
}

/* Nor does the first port for one peer say anything about another's. */
static void starts_apart(struct kunit *test)
{
	struct conv *t = conv_of(test);
	int last = 0, near = 0;

	for (u16 peer = 1; peer <= 40; peer++) {
		struct socket *sock = user_socket(t);
		int num;

		returns(t, 0, connect_to_port(t, sock, peer));
		pass_over(t);
		num = inet_sk(sock->sk)->inet_num;
		near += abs(num - last) < 200;
		last = num;
		user_close_socket(t, sock);
	}
	/* 400 of 28,232 ports are near: ten of 40 happens once in 10^9 times */
	KUNIT_EXPECT_LT(test, near, 10);
}

static void same_tuple_twice(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *first;

	t->sock = user_socket(t);
	first = t->sock;
	sock_set_reuseaddr(t->sock->sk);
	returns(t, 0, user_bind(t, t->sock, HERE_ADDR, HERE_PORT));
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	t->sock = user_socket(t);
	sock_set_reuseaddr(t->sock->sk);
	returns(t, 0, user_bind(t, t->sock, HERE_ADDR, HERE_PORT));
	returns(t, -EADDRNOTAVAIL, user_connect(t));
	t->tuple.rport++;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 100");
	t->tuple.rport--;
	user_close_socket(t, first);
	state_is(t, TCP_CLOSE);
}

/* The most specific listener answers. */
static void most_specific(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *any = user_socket(t), *here = user_socket(t);
	struct sock *found;

	sock_set_reuseport(any->sk);
	sock_set_reuseport(here->sk);
	returns(t, 0, user_bind(t, any, 0, HERE_PORT));
	returns(t, 0, kernel_listen(any, 1));
	rcu_read_lock();
	found = xtcp_lookup_listener(t->xn, &t->tuple, t->nic->dev->ifindex, 0);
	rcu_read_unlock();
	KUNIT_EXPECT_PTR_EQ(test, any->sk, found);
	returns(t, 0, user_bind(t, here, HERE_ADDR, HERE_PORT));
	returns(t, 0, kernel_listen(here, 1));
	rcu_read_lock();
	found = xtcp_lookup_listener(t->xn, &t->tuple, t->nic->dev->ifindex, 0);
	KUNIT_EXPECT_PTR_EQ(test, here->sk, found);
	t->tuple.wire = IPPROTO_TCP;
	KUNIT_EXPECT_NULL(test, xtcp_lookup_listener(t->xn, &t->tuple,
						     t->nic->dev->ifindex, 0));
	rcu_read_unlock();
}

static void group_of_four(struct conv *t, struct socket *socks[4])
{
	for (int i = 0; i < 4; i++) {
		socks[i] = user_socket(t);
		sock_set_reuseport(socks[i]->sk);
		returns(t, 0, user_bind(t, socks[i], 0, HERE_PORT));
		returns(t, 0, kernel_listen(socks[i], 1));
	}
}

/* Who of a group takes a SYN, of which no more is needed than that it is there. */
static struct sock *group_takes(struct conv *t, struct sk_buff *skb)
{
	struct sock *sk = xtcp_lookup_listener(t->xn, &t->tuple, 1, 0);

	return sk ? xtcp_listener_of_group(sk, skb, &t->tuple) : NULL;
}

static struct sk_buff *some_syn(struct conv *t)
{
	struct sk_buff *skb = alloc_skb(sizeof(struct tcphdr), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, skb);
	skb_put_zero(skb, sizeof(struct tcphdr));
	return skb;
}

/* Equals with SO_REUSEPORT all get their share, and each peer always gets the
 * same one.
 */
static void shares(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sk_buff *skb = some_syn(t);
	struct socket *socks[4];
	int hits[4] = { };

	group_of_four(t, socks);
	for (int port = 1; port <= 400; port++) {
		struct sock *found, *again;

		t->tuple.rport = port;
		rcu_read_lock();
		found = group_takes(t, skb);
		again = group_takes(t, skb);
		rcu_read_unlock();
		KUNIT_EXPECT_PTR_EQ(test, found, again);
		for (int i = 0; i < 4; i++)
			hits[i] += socks[i]->sk == found;
	}
	kfree_skb(skb);
	for (int i = 0; i < 4; i++)
		KUNIT_EXPECT_GT(test, hits[i], 50);
}

/* Whoever goes, first, last or from the middle, the others stay to be found: also when it
 * is who stands for them in the table.
 */
static void group_shrinks(struct kunit *test)
{
	static const int orders[][4] = {
		{ 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 0, 3, 2 }, { 2, 0, 1, 3 },
	};
	struct conv *t = conv_of(test);
	struct sk_buff *skb = some_syn(t);

	for (int o = 0; o < ARRAY_SIZE(orders); o++) {
		struct socket *socks[4];
		bool gone[4] = { };

		group_of_four(t, socks);
		for (int n = 0; n < 4; n++) {
			gone[orders[o][n]] = true;
			user_close_socket(t, socks[orders[o][n]]);
			for (t->tuple.rport = 1; t->tuple.rport <= 50; t->tuple.rport++) {
				struct sock *found;
				int i;

				rcu_read_lock();
				found = group_takes(t, skb);
				rcu_read_unlock();
				for (i = 0; i < 4 && (gone[i] || found != socks[i]->sk); i++)
					;
				KUNIT_EXPECT_EQ(test, n < 3, i < 4);
				KUNIT_EXPECT_EQ(test, n < 3, !!found);
			}
		}
	}
	kfree_skb(skb);
}

static struct kunit_case ports_cases[] = {
	KUNIT_CASE(group_shrinks),
	KUNIT_CASE_PARAM(shared, pair_gen_params),
	KUNIT_CASE(one_listens),
	KUNIT_CASE(freed_by_close),
	KUNIT_CASE(equals_cost_as_one),
	KUNIT_CASE(addresses_cost_as_one),
	KUNIT_CASE(connections_cost_as_one),
	KUNIT_CASE(options_set_later),
	KUNIT_CASE(options_cleared_later),
	KUNIT_CASE(chosen),
	KUNIT_CASE(chosen_alone),
	KUNIT_CASE(chosen_by_connect),
	KUNIT_CASE(bound_not_chosen),
	KUNIT_CASE(bound_in_vrf),
	KUNIT_CASE(counters_apart),
	KUNIT_CASE(starts_apart),
	KUNIT_CASE(same_tuple_twice),
	KUNIT_CASE(most_specific),
	KUNIT_CASE(shares),
	{}
};

struct kunit_suite ports_suite = {
	.name = "ports",
	.init = conv_init_native,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = ports_cases,
};
