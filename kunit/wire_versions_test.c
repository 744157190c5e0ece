// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets of both IP versions: RFC 3493.  Who listens at :: hears IPv4 as well, and who
 * connects to a mapped address talks over it.  A case begins over IPv6, whatever conv_ipv6
 * says; the NIC has an address of each version.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include "../module/engine/listeners.h"
#include "conv.h"
#include "suites.h"

/* From now on the two ends talk over this version. */
static void over(struct conv *t, bool ip6)
{
	t->ip6 = ip6;
	t->tuple.laddr = conv_addr(t, HERE_ADDR);
	t->tuple.raddr = conv_addr(t, THERE_ADDR);
}

static int versions_init(struct kunit *test)
{
	int err = conv_init_ipv6(test);
	struct in6_addr ip4;

	xtcp_addr_from_v4(&ip4, htonl(HERE_ADDR));
	return err ?: nic_add_ip4(conv_of(test)->nic, &ip4);
}

/* IPV6_V6ONLY */
static int only(struct socket *sock)
{
	int yes = 1;

	return sock->ops->setsockopt(sock, SOL_IPV6, IPV6_V6ONLY, KERNEL_SOCKPTR(&yes),
				     sizeof(yes));
}

/* RFC 3493, 3.7: a listener on :: takes either */
static void dual_stack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	over(t, false);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	counted(t, REQUESTS, 2);
}

/* RFC 3493, 5.3: IPV6_V6ONLY */
static void only_ip6(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *first = user_socket(t);

	t->listener = first;
	returns(t, 0, only(first));
	returns(t, 0, user_bind(t, t->listener, 0, t->tuple.lport));
	returns(t, 0, user_listen(t, 8));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	over(t, false);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "RST|ACK seq 0 ack 1001");
	/* that is for another to take */
	t->listener = user_socket(t);
	returns(t, 0, user_bind(t, t->listener, 0, t->tuple.lport));
	returns(t, 0, user_listen(t, 8));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	/* who takes nothing else */
	user_close_socket(t, first);
	over(t, true);
	pass_over(t);
	t->tuple.rport++;
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "RST|ACK seq 0 ack 1001");
}

/* As Linux: who listens at every IPv4 address gets what comes over IPv4. */
static void of_one_version(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct socket *both = user_socket(t), *ip4;

	sock_set_reuseport(both->sk);
	returns(t, 0, user_bind(t, both, 0, t->tuple.lport));
	returns(t, 0, kernel_listen(both, 8));
	over(t, false);
	ip4 = user_socket(t);
	sock_set_reuseport(ip4->sk);
	returns(t, 0, user_bind(t, ip4, 0, t->tuple.lport));
	returns(t, 0, kernel_listen(ip4, 8));
	for (int i = 0; i < 16; i++) {
		struct sock *found;

		t->tuple.rport++;
		rcu_read_lock();
		found = xtcp_lookup_listener(t->xn, &t->tuple, t->nic->dev->ifindex, 0);
		rcu_read_unlock();
		KUNIT_EXPECT_PTR_EQ(test, ip4->sk, found);
	}
	over(t, true);
	rcu_read_lock();
	KUNIT_EXPECT_PTR_EQ(test, both->sk,
			    xtcp_lookup_listener(t->xn, &t->tuple, t->nic->dev->ifindex, 0));
	rcu_read_unlock();
}

/* Both ways, and what a router says of it. */
static void works_over_ip4(struct conv *t)
{
	KUNIT_EXPECT_EQ(t->test, AF_INET6, t->sock->sk->sk_family);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
	icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, t->iss + 1);
	soft_error_is(t, EHOSTUNREACH);
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 100));
}

/* The packet that is quoted went from one of these addresses to the other. */
static void quote_addresses(struct conv *t, u8 *packet, const struct xtcp_tuple *of)
{
	struct icmp6hdr *icmp6 = (struct icmp6hdr *)(packet + sizeof(struct ipv6hdr));
	size_t bytes = sizeof(*icmp6) + ICMP_QUOTE_BYTES(t);
	struct ipv6hdr *quoted = (struct ipv6hdr *)(icmp6 + 1);

	quoted->saddr = of->laddr;
	quoted->daddr = of->raddr;
	icmp6->icmp6_cksum = 0;
	icmp6->icmp6_cksum = csum_ipv6_magic(&t->tuple.raddr, &t->tuple.laddr, bytes,
					     IPPROTO_ICMPV6, csum_partial(icmp6, bytes, 0));
}

/* RFC 3493, 3.7: an IPv6 socket reaches who has IPv4 alone by a mapped address */
static void mapped_open(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct sockaddr_in6 name;

	over(t, false);
	t->ip6 = true;		/* to the user it is */
	returns(t, -EINPROGRESS, user_connect(t));
	t->ip6 = false;
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq S ack R");
	KUNIT_EXPECT_EQ(test, sizeof(name), kernel_getpeername(t->sock, (struct sockaddr *)&name));
	KUNIT_EXPECT_EQ(test, AF_INET6, name.sin6_family);
	KUNIT_EXPECT_TRUE(test, ipv6_addr_equal(&t->tuple.raddr, &name.sin6_addr));
	works_over_ip4(t);
}

static void mapped_child(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	over(t, false);
	established_passive(t);
	works_over_ip4(t);
}

/* RFC 4942, 2.2: nor does an ICMPv6 error that quotes mapped addresses mean a connection of
 * IPv4.  It is sent to this host's IPv6 address, as a router would.
 */
static void mapped_in_a_quote(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u8 packet[CONV_ICMP_BYTES];
	struct xtcp_tuple ip4;
	size_t len;

	over(t, false);
	established(t);
	ip4 = t->tuple;
	over(t, true);
	len = conv_put_icmp(t, packet, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0, t->iss + 1, 0,
			    ICMP_QUOTE_BYTES(t));
	quote_addresses(t, packet, &ip4);
	KUNIT_ASSERT_TRUE(test, conv_raw(t, packet, len));
	over(t, false);
	soft_error_is(t, 0);
	counted(t, ICMP_ERRORS, 0);
	icmp(t, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, t->iss + 1);
	soft_error_is(t, EHOSTUNREACH);
}

/* ---- ports ---- */

/* Where a socket is bound, and of which versions it is. */
enum at {
	IP4_ANY,
	IP4_HERE,
	MAPPED_ANY,
	MAPPED_HERE,
	IP6_ANY,
	IP6_ANY_ONLY,
	IP6_HERE,
};

struct pair {
	const char *name;
	enum at a, b;
	bool clash;
};

/* RFC 3493, 3.7: :: is every address of IPv4 as well.  In either order. */
static const struct pair pairs[] = {
	{ "::, 0.0.0.0", IP6_ANY, IP4_ANY, true },
	{ "::, 192.0.2.1", IP6_ANY, IP4_HERE, true },
	{ "::, a mapped address", IP6_ANY, MAPPED_HERE, true },
	{ "::, an address", IP6_ANY, IP6_HERE, true },
	{ ":: alone, 0.0.0.0", IP6_ANY_ONLY, IP4_ANY, false },
	{ ":: alone, 192.0.2.1", IP6_ANY_ONLY, IP4_HERE, false },
	{ ":: alone, ::", IP6_ANY_ONLY, IP6_ANY, true },
	{ ":: alone, an address", IP6_ANY_ONLY, IP6_HERE, true },
	{ "an address, 0.0.0.0", IP6_HERE, IP4_ANY, false },
	{ "an address, 192.0.2.1", IP6_HERE, IP4_HERE, false },
	{ "a mapped address, 192.0.2.1", MAPPED_HERE, IP4_HERE, true },
	{ "a mapped address, 0.0.0.0", MAPPED_HERE, IP4_ANY, true },
	{ "::ffff:0.0.0.0, 192.0.2.1", MAPPED_ANY, IP4_HERE, true },
	{ "::ffff:0.0.0.0, :: alone", MAPPED_ANY, IP6_ANY_ONLY, false },
};

KUNIT_ARRAY_PARAM_DESC(pair, pairs, name);

static int bind_at(struct conv *t, enum at at)
{
	bool mapped = at == MAPPED_ANY || at == MAPPED_HERE;
	struct socket *sock = user_socket(t);
	struct sockaddr_storage to;
	struct in6_addr addr;
	int err = 0, len;

	over(t, at >= IP6_ANY);
	addr = at == IP4_HERE || at == MAPPED_HERE || at == IP6_HERE ? t->tuple.laddr :
								       conv_addr(t, 0);
	t->ip6 |= mapped;
	if (at == IP6_ANY_ONLY)
		err = only(sock);
	len = conv_sockaddr(t, &addr, 7000, &to);
	return err ?: kernel_bind(sock, (struct sockaddr *)&to, len);
}

static void versions_of_a_port(struct kunit *test)
{
	const struct pair *p = test->param_value;
	struct conv *t = conv_of(test);
	int err = p->clash ? -EADDRINUSE : 0;

	returns(t, 0, bind_at(t, p->a));
	returns(t, err, bind_at(t, p->b));
	for (int i = 0; i < CONV_SOCKETS; i++)
		if (t->socks[i])
			user_close_socket(t, t->socks[i]);
	returns(t, 0, bind_at(t, p->b));
	returns(t, err, bind_at(t, p->a));
}

static struct kunit_case versions_cases[] = {
	KUNIT_CASE(dual_stack),
	KUNIT_CASE(only_ip6),
	KUNIT_CASE(of_one_version),
	KUNIT_CASE(mapped_open),
	KUNIT_CASE(mapped_child),
	KUNIT_CASE(mapped_in_a_quote),
	KUNIT_CASE_PARAM(versions_of_a_port, pair_gen_params),
	{}
};

struct kunit_suite versions_suite = {
	.name = "wire_versions",
	.init = versions_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = versions_cases,
};
