// SPDX-License-Identifier: GPL-2.0
/*
 * Early demultiplexing: what a segment has found by the time that it is delivered to this
 * host, and when there is a hook for it.  net.ipv4.ip_early_demux
 */
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/route.h>
#include "../module/engine/demux.h"
#include "../module/engine/request.h"
#include "../module/wire/early.h"
#include "conv.h"
#include "suites.h"

/* The socket and the route of the last segment, as a firewall at LOCAL_IN sees them. */
static const struct sock *seen_sk;
static const struct dst_entry *seen_dst;

static unsigned int look(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	seen_sk = skb->sk;
	seen_dst = skb_dst(skb);
	return NF_ACCEPT;
}

static struct nf_hook_ops looker = {
	.hook		= look,
	.hooknum	= NF_INET_LOCAL_IN,
};

static void looker_gone(void *net)
{
	nf_unregister_net_hook(net, &looker);
}

static void look_on(struct conv *t)
{
	looker.pf = t->ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	KUNIT_ASSERT_EQ(t->test, 0, nf_register_net_hook(t->xn->net, &looker));
	KUNIT_ASSERT_EQ(t->test, 0,
			kunit_add_action_or_reset(t->test, looker_gone, t->xn->net));
}

static void ack_arrives(struct conv *t)
{
	inject(t, "ACK seq R ack S");
}

/* As when the time for it has come. */
static void review(struct conv *t)
{
	mod_delayed_work(system_wq, &t->xn->early_review, 0);
	flush_work(&t->xn->early_review.work);
}

/* Twice: the first may have something that was found before. */
static void unhook(struct conv *t)
{
	review(t);
	review(t);
	KUNIT_ASSERT_FALSE(t->test, t->xn->early_hooked);
}

/* As if enough segments had called for it; anew, so that it stays for the case's time. */
static void hook(struct conv *t)
{
	unhook(t);
	t->xn->early_missed = 16;
	review(t);
	KUNIT_ASSERT_TRUE(t->test, t->xn->early_hooked);
}

/* A connection that is open, and the hook. */
static struct sock *open_and_look(struct conv *t)
{
	look_on(t);
	hook(t);
	established(t);
	return t->sock->sk;
}

static void segment_found(struct conv *t, const struct sock *sk)
{
	static const char nobody;

	/* on TCP's wire it gets no more than the route */
	if (t->tuple.wire == IPPROTO_TCP)
		sk = NULL;
	seen_sk = (const struct sock *)&nobody;
	inject(t, "ACK seq R ack S len 1");
	pass_over(t);
	KUNIT_EXPECT_PTR_EQ(t->test, sk, seen_sk);
}

static const struct dst_entry *kept_route(const struct conv *t)
{
	return rcu_access_pointer(t->sock->sk->sk_rx_dst);
}

/* An open connection is found, and the first segment's route serves the next. */
static void connection_is_found(struct kunit *test)
{
	struct conv *t = conv_of(test);
	const struct dst_entry *route;

	open_and_look(t);
	segment_found(t, t->sock->sk);
	route = kept_route(t);
	KUNIT_ASSERT_NOT_NULL(test, route);
	KUNIT_EXPECT_PTR_EQ(test, route, seen_dst);
	segment_found(t, t->sock->sk);
	KUNIT_EXPECT_PTR_EQ(test, route, seen_dst);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&t->sock->sk->sk_refcnt) -
				 timer_pending(&t->sock->sk->sk_timer));
}

/* A child's first segment comes by the way of the ACK that made it. */
static void child_knows_the_route(struct kunit *test)
{
	struct conv *t = conv_of(test);

	look_on(t);
	hook(t);
	bring_to(t, IN_REQUEST);
	inject(t, "ACK seq R ack S");
	KUNIT_EXPECT_NULL(test, seen_sk);
	returns(t, 0, user_accept(t));
	KUNIT_ASSERT_NOT_NULL(test, kept_route(t));
	segment_found(t, t->sock->sk);
	KUNIT_EXPECT_PTR_EQ(test, kept_route(t), seen_dst);
}

/* The ACK that completes a handshake comes by the way of the SYN, if that still holds. */
static void ack_comes_by_the_syns_route(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct xtcp_request *req;
	struct rtable *like_it;

	over_ipv4(t);
	look_on(t);
	hook(t);
	for (int holds = 1; holds >= 0; holds--) {
		t->tuple.rport++;
		bring_to(t, IN_REQUEST);
		rcu_read_lock();
		req = container_of(xtcp_lookup(t->xn, &t->tuple), struct xtcp_request, node);
		rcu_read_unlock();
		KUNIT_ASSERT_NOT_NULL(test, req->in_route.dst);
		/* one that no look-up would find */
		like_it = rt_dst_clone(t->nic->dev, container_of(req->in_route.dst,
								 struct rtable, dst));
		KUNIT_ASSERT_NOT_NULL(test, like_it);
		dst_release(req->in_route.dst);
		req->in_route.dst = &like_it->dst;
		if (!holds)
			like_it->dst.obsolete = DST_OBSOLETE_KILL;
		inject(t, "ACK seq R ack S");
		state_is(t, TCP_ESTABLISHED);
		KUNIT_EXPECT_EQ(test, holds, seen_dst == &like_it->dst);
		returns(t, 0, user_accept(t));
		user_abort(t);
		pass_over(t);
	}
}

/* A SYN that was sent makes nothing ours: another TCP may have the 4-tuple. */
static void handshake_is_not_found(struct kunit *test)
{
	struct conv *t = conv_of(test);

	look_on(t);
	hook(t);
	bring_to(t, IN_SYN_SENT);
	seen_sk = t->sock->sk;
	inject(t, "ACK seq 1000 ack S");
	KUNIT_EXPECT_NULL(test, seen_sk);
	seen_sk = t->sock->sk;
	inject(t, "SYN|ACK seq 1000 ack S mss 1460");
	pass_over(t);
	state_is(t, TCP_ESTABLISHED);
	KUNIT_EXPECT_NULL(test, seen_sk);
	segment_found(t, t->sock->sk);
}

/* The hook comes with the sixteenth segment that would have been found, and stays while
 * something is found.
 */
static void hook_comes_and_goes(struct kunit *test)
{
	struct conv *t = conv_of(test);

	look_on(t);
	established(t);
	unhook(t);
	for (int i = 0; i < 15; i++)
		ack_arrives(t);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&t->xn->early_review));
	KUNIT_EXPECT_NULL(test, seen_sk);
	KUNIT_EXPECT_EQ(test, 15, t->xn->early_missed);
	ack_arrives(t);
	flush_work(&t->xn->early_review.work);
	KUNIT_ASSERT_TRUE(test, t->xn->early_hooked);
	for (int i = 0; i < 3; i++) {
		segment_found(t, t->sock->sk);
		KUNIT_EXPECT_TRUE(test, delayed_work_pending(&t->xn->early_review));
		review(t);
		KUNIT_ASSERT_TRUE(test, t->xn->early_hooked);
	}
	review(t);
	KUNIT_EXPECT_FALSE(test, t->xn->early_hooked);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&t->xn->early_review));
	segment_found(t, NULL);
	hook(t);
	segment_found(t, t->sock->sk);
}

/* A segment that the hook would not have found does not call for it. */
static void useless_is_not_hooked(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct netns_ipv4 *ipv4 = &t->xn->net->ipv4;

	bring_to(t, IN_SYN_SENT);
	unhook(t);
	for (int i = 0; i < 16; i++)
		inject(t, "ACK seq 1000 ack S");
	KUNIT_EXPECT_EQ(test, 0, t->xn->early_missed);
	inject(t, "SYN|ACK seq 1000 ack S mss 1460");
	pass_over(t);
	state_is(t, TCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, 0, t->xn->early_missed);
	WRITE_ONCE(ipv4->sysctl_ip_early_demux, 0);
	ack_arrives(t);
	WRITE_ONCE(ipv4->sysctl_ip_early_demux, 1);
	KUNIT_EXPECT_EQ(test, 0, t->xn->early_missed);
	ack_arrives(t);
	KUNIT_EXPECT_EQ(test, 1, t->xn->early_missed);
}

/* Where the routes have changed the one that was kept does not count. */
static void stale_route(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_ipv4(t);	/* where a new route is made, IPv6 may use an old one anew */
	open_and_look(t);
	segment_found(t, t->sock->sk);
	/* held, so that the next cannot lie where it did */
	KUNIT_ASSERT_TRUE(test, dst_hold_safe((struct dst_entry *)seen_dst));
	for (int i = 0; i < 2; i++) {
		struct dst_entry *stale = (struct dst_entry *)seen_dst;

		rt_genid_bump_ipv4(t->xn->net);
		segment_found(t, t->sock->sk);
		KUNIT_EXPECT_PTR_NE(test, (const struct dst_entry *)stale, seen_dst);
		KUNIT_EXPECT_PTR_EQ(test, kept_route(t), seen_dst);
		dst_release(stale);
		if (!i)
			KUNIT_ASSERT_TRUE(test, dst_hold_safe((struct dst_entry *)seen_dst));
	}
	received_is(t, 1001 + 3);
}

/* Nor does it where the segment came by another device: here it would lead to the peer. */
static void other_device(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk = open_and_look(t);

	lock_sock(sk);
	xtcp_early_forget_route(sk);
	rcu_assign_pointer(sk->sk_rx_dst, dst_clone(rcu_access_pointer(sk->sk_dst_cache)));
	sk->sk_rx_dst_ifindex = t->nic->dev->ifindex + 1;
	release_sock(sk);
	segment_found(t, sk);
	received_is(t, 1001 + 1);
	KUNIT_EXPECT_PTR_EQ(test, kept_route(t), seen_dst);
	KUNIT_EXPECT_EQ(test, sk->sk_rx_dst_ifindex, t->nic->dev->ifindex);
}

/* SO_BINDTODEVICE: what comes by another device is not for this connection. */
static void bound_elsewhere(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sock *sk = open_and_look(t);

	WRITE_ONCE(sk->sk_bound_dev_if, t->nic->dev->ifindex + 1);
	segment_found(t, NULL);
	received_is(t, 1001);
	WRITE_ONCE(sk->sk_bound_dev_if, t->nic->dev->ifindex);
	segment_found(t, sk);
	received_is(t, 1001 + 1);
	WRITE_ONCE(sk->sk_bound_dev_if, 0);
}

static void sysctl_off(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct netns_ipv4 *ipv4 = &t->xn->net->ipv4;

	open_and_look(t);
	WRITE_ONCE(ipv4->sysctl_ip_early_demux, 0);
	segment_found(t, NULL);
	WRITE_ONCE(ipv4->sysctl_ip_early_demux, 1);
	segment_found(t, t->sock->sk);
	received_is(t, 1001 + 2);
}

/* The next connection of a socket has another peer, and another route. */
static void route_is_forgotten(struct kunit *test)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S len 1");
	pass_over(t);
	KUNIT_ASSERT_NOT_NULL(test, kept_route(t));
	returns(t, 0, kernel_connect(t->sock, &unspec, sizeof(unspec), 0));
	pass_over(t);
	KUNIT_EXPECT_NULL(test, kept_route(t));
}

/* What ended before the segment was delivered takes nothing. */
static unsigned int end_it(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct conv *t = priv;

	seen_sk = skb->sk;
	WRITE_ONCE(t->sock->sk->sk_state, TCP_CLOSE);
	return NF_ACCEPT;
}

static void ended_meanwhile(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct nf_hook_ops ender = {
		.hook		= end_it,
		.pf		= t->ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priv		= t,
	};
	int refs;

	established(t);
	hook(t);
	refs = refcount_read(&t->sock->sk->sk_refcnt);
	KUNIT_ASSERT_EQ(test, 0, nf_register_net_hook(t->xn->net, &ender));
	inject(t, "ACK seq R ack S len 1");
	nf_unregister_net_hook(t->xn->net, &ender);
	WRITE_ONCE(t->sock->sk->sk_state, TCP_ESTABLISHED);
	if (t->tuple.wire == IPPROTO_TCP)	/* the kernel's TCP must not find ours */
		KUNIT_EXPECT_NULL(test, seen_sk);
	else
		KUNIT_EXPECT_PTR_EQ(test, (const struct sock *)t->sock->sk, seen_sk);
	KUNIT_EXPECT_EQ(test, refs, refcount_read(&t->sock->sk->sk_refcnt));
	received_is(t, 1001);
	pass_over(t);
}

static struct nf_hook_ops late_looker = {
	.hook		= look,
	.hooknum	= NF_INET_PRE_ROUTING,
	.priority	= INT_MAX,
};

static void late_looker_gone(void *net)
{
	nf_unregister_net_hook(net, &late_looker);
}

/* See what the hook has found, before the packet is routed. */
static void look_late(struct conv *t, u8 pf)
{
	late_looker.pf = pf;
	/* among equals who comes later is asked first */
	KUNIT_ASSERT_EQ(t->test, 0, nf_register_net_hook(t->xn->net, &late_looker));
	KUNIT_ASSERT_EQ(t->test, 0,
			kunit_add_action_or_reset(t->test, late_looker_gone, t->xn->net));
	hook(t);
}

static void found_before_routing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	look_late(t, t->ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	established(t);
	inject(t, "ACK seq R ack S len 1");
	pass_over(t);
	KUNIT_ASSERT_NOT_NULL(test, kept_route(t));
	segment_found(t, t->sock->sk);
	KUNIT_EXPECT_PTR_EQ(test, kept_route(t), seen_dst);
}

/* RFC 4942, 2.2: an IPv6 packet that names the addresses of a connection of IPv4 */
static void mapped_addresses(struct kunit *test)
{
	struct conv *t = conv_of(test);
	static const char nobody;
	size_t len, text;

	over_ipv4(t);
	look_late(t, NFPROTO_IPV6);
	established(t);
	inject(t, "ACK seq R ack S");	/* there is a route now */
	conv_look(t);
	len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
	text = len - sizeof(struct iphdr);
	memmove(t->packet + sizeof(struct ipv6hdr), t->packet + sizeof(struct iphdr), text);
	*(struct ipv6hdr *)t->packet = (struct ipv6hdr) {
		.version = 6,
		.payload_len = htons(text),
		.nexthdr = t->tuple.wire,
		.hop_limit = 64,
		.saddr = t->tuple.raddr,
		.daddr = t->tuple.laddr,
	};
	seen_sk = (const struct sock *)&nobody;
	seen_dst = (const struct dst_entry *)&nobody;
	conv_raw(t, t->packet, text + sizeof(struct ipv6hdr));
	KUNIT_EXPECT_NULL(test, seen_sk);
	KUNIT_EXPECT_NULL(test, seen_dst);
	received_is(t, 1001);
	silence(t);
}

static unsigned int look_at_confirm(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	*(bool *)priv = skb->dst_pending_confirm;
	return NF_ACCEPT;
}

/* RFC 1122, 2.3.2.1: what the peer acknowledges has come by the first hop. */
static void first_hop_is_confirmed(struct kunit *test)
{
	struct conv *t = conv_of(test);
	bool confirms = true;
	struct nf_hook_ops out = {
		.hook		= look_at_confirm,
		.pf		= t->ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priv		= &confirms,
	};
	struct sock *sk;

	established(t);
	sk = t->sock->sk;
	WRITE_ONCE(sk->sk_dst_pending_confirm, 0);
	KUNIT_ASSERT_EQ(test, 0, nf_register_net_hook(t->xn->net, &out));
	returns(t, 100, user_send(t, 100));
	pass_over(t);
	KUNIT_EXPECT_FALSE(test, confirms);
	/* something arrives, but nothing of ours is said to have */
	inject(t, "ACK seq 1001 ack 101");
	inject(t, "ACK seq 1001 ack 101");
	KUNIT_EXPECT_FALSE(test, READ_ONCE(sk->sk_dst_pending_confirm));
	inject(t, "ACK seq 1001 ack 101 len 1");
	pass_over(t);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(sk->sk_dst_pending_confirm));
	inject(t, "ACK seq 1002 ack 201");
	KUNIT_EXPECT_TRUE(test, READ_ONCE(sk->sk_dst_pending_confirm));
	returns(t, 100, user_send(t, 100));
	KUNIT_EXPECT_TRUE(test, confirms);
	pass_over(t);
	nf_unregister_net_hook(t->xn->net, &out);
	pass_over(t);
}

static struct kunit_case early_cases[] = {
	KUNIT_CASE(first_hop_is_confirmed),
	KUNIT_CASE(mapped_addresses),
	KUNIT_CASE(connection_is_found),
	KUNIT_CASE(found_before_routing),
	KUNIT_CASE(child_knows_the_route),
	KUNIT_CASE(ack_comes_by_the_syns_route),
	KUNIT_CASE(handshake_is_not_found),
	KUNIT_CASE(hook_comes_and_goes),
	KUNIT_CASE(useless_is_not_hooked),
	KUNIT_CASE(stale_route),
	KUNIT_CASE(other_device),
	KUNIT_CASE(bound_elsewhere),
	KUNIT_CASE(sysctl_off),
	KUNIT_CASE(route_is_forgotten),
	KUNIT_CASE(ended_meanwhile),
	{}
};

struct kunit_suite early_suite = {
	.name = "wire_early",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = early_cases,
};
