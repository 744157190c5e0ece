// SPDX-License-Identifier: GPL-2.0
/*
 * What is IPv6's alone: flow labels, extension headers, addresses of a link.  These cases
 * talk over IPv6 whatever conv_ipv6 says.
 */
#include <linux/hash.h>
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include "../module/wire/ip.h"
#include "conv.h"
#include "suites.h"

/* The next packet's IP header; the packet itself is still to be expected. */
static struct conv_header next_header(struct conv *t)
{
	struct sk_buff *skb = skb_peek(&t->nic->sent);

	if (!skb)
		KUNIT_FAIL_AND_ABORT(t->test, "nothing was sent");
	return conv_header(t, skb);
}

/* ---- flow labels ---- */

static void labelled(struct conv *t, u32 want)
{
	KUNIT_EXPECT_EQ(t->test, want, next_header(t).label);
}

/* RFC 6437, 2 and 3: a flow's packets have one label, which is not zero */
static void label_of_a_connection(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 label;

	returns(t, -EINPROGRESS, user_connect(t));
	label = next_header(t).label;
	KUNIT_EXPECT_NE(test, 0, label);
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460");
	labelled(t, label);
	expect(t, "ACK seq S ack R");
	returns(t, 10, user_send(t, 10));
	labelled(t, label);
	expect(t, "PSH|ACK seq S ack R len 10");
	fire(t, XTCP_TIMER_RETRANSMIT);
	labelled(t, label);
	expect(t, "PSH|ACK seq U ack R len 10");
	inject(t, "PSH|ACK seq R ack S len 10");
	labelled(t, label);
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 100));
	returns(t, 0, user_shutdown(t, SHUT_WR));
	labelled(t, label);
	expect(t, "FIN|ACK seq S ack R");
}

/* RFC 6437, 3: labels are spread evenly, and one does not tell of another */
static void label_of_each(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 labels[4];

	for (int i = 0; i < ARRAY_SIZE(labels); i++) {
		t->xn->isn = hash_32(1 + i, 32);
		t->tuple.lport++;
		t->sock = NULL;
		returns(t, -EINPROGRESS, user_connect(t));
		labels[i] = next_header(t).label;
		expect(t, "SYN seq %u", t->xn->isn);
		for (int k = 0; k < i; k++)
			KUNIT_EXPECT_NE(test, labels[k], labels[i]);
	}
}

/* net.ipv6.auto_flowlabels */
static void label_off_for_all(struct kunit *test)
{
	u8 *sysctl = &init_net.ipv6.sysctl.auto_flowlabels, was = *sysctl;
	struct conv *t = conv_of(test);
	int err;

	*sysctl = IP6_AUTO_FLOW_LABEL_OFF;
	err = user_connect(t);
	*sysctl = was;
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, err);
	labelled(t, 0);
	expect(t, "SYN seq 100");
}

static void label_off_for_one(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	returns(t, 0, user_option(t, SOL_IPV6, IPV6_AUTOFLOWLABEL, 0));
	returns(t, -EINPROGRESS, user_connect(t));
	labelled(t, 0);
	expect(t, "SYN seq 100");
}

/* What no connection sends has none: the same for all of them would tell that they come
 * from one host, and the connection's would need a connection.
 */
static void label_of_no_connection(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	inject(t, "ACK seq 1001 ack 101");
	labelled(t, 0);
	expect(t, "RST seq 101");
	bring_to(t, IN_LISTEN);
	inject(t, "SYN seq 1000 mss 1460");
	labelled(t, 0);
	expect(t, "SYN|ACK seq 100 ack 1001");
}

static void put_back(void *was)
{
	init_net.ipv6.sysctl.flowlabel_reflect = (uintptr_t)was;
}

/* The peer says something under a label. */
static void says_labelled(struct conv *t, u32 label, const char *segment)
{
	size_t len;

	conv_look(t);
	len = conv_build(t, t->packet, segment);
	ip6_flow_hdr((struct ipv6hdr *)t->packet, 0, htonl(label));
	KUNIT_ASSERT_TRUE(t->test, conv_raw(t, t->packet, len));
}

/* net.ipv6.flowlabel_reflect: the peer's label is ours */
static void label_reflected(struct kunit *test)
{
	uintptr_t was = init_net.ipv6.sysctl.flowlabel_reflect;
	struct conv *t = conv_of(test);

	init_net.ipv6.sysctl.flowlabel_reflect = 1;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_back, (void *)was));
	bring_to(t, IN_LISTEN);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	says_labelled(t, 0x12345, "ACK seq 1001 ack 101");
	user_accept(t);
	returns(t, 10, user_send(t, 10));
	labelled(t, 0x12345);
	expect(t, "PSH|ACK seq S ack R len 10");
	says_labelled(t, 0xabcde, "PSH|ACK seq R ack S len 10");
	labelled(t, 0xabcde);
	expect(t, "ACK seq S ack R+10");
	/* what is out of its turn may be anyone's */
	says_labelled(t, 0x54321, "PSH|ACK seq R+1000 ack S len 10");
	labelled(t, 0xabcde);
	pass_over(t);
	returns(t, 10, user_recv(t, 100));
}

/* ---- the rest of the header ---- */

/* MUST-48, MUST-49: IPV6_TCLASS, IPV6_UNICAST_HOPS */
static void class_and_hops(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct conv_header ip;

	returns(t, -EINPROGRESS, user_connect(t));
	ip = next_header(t);
	KUNIT_EXPECT_EQ(test, 0, ip.tos);
	KUNIT_EXPECT_EQ(test, IPV6_DEFAULT_HOPLIMIT, ip.ttl);
	expect(t, "SYN seq 100");
	returns(t, 0, user_option(t, SOL_IPV6, IPV6_TCLASS, 0x48));
	returns(t, 0, user_option(t, SOL_IPV6, IPV6_UNICAST_HOPS, 33));
	fire(t, XTCP_TIMER_RETRANSMIT);
	ip = next_header(t);
	KUNIT_EXPECT_EQ(test, 0x48, ip.tos);
	KUNIT_EXPECT_EQ(test, 33, ip.ttl);
	expect(t, "SYN seq 100");
}

/* RFC 5082, by IPV6_MINHOPCOUNT: who opens from farther away than a listener allows */
static void opens_from_afar(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	returns(t, 0, user_option(t, SOL_IPV6, IPV6_MINHOPCOUNT, 65));
	inject(t, "SYN seq 1000 mss 1460");
	counted(t, FILTERED, 1);
	counted(t, REQUESTS, 0);
	returns(t, 0, user_option(t, SOL_IPV6, IPV6_MINHOPCOUNT, 64));
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
}

/* ---- extension headers ---- */

#define EXT_BYTES	8

/* Put an extension header before what follows the IPv6 header.  Return: the packet's new
 * length
 */
static size_t put_ext(struct conv *t, size_t len, u8 type, const u8 *ext)
{
	struct ipv6hdr *ip6 = (struct ipv6hdr *)t->packet;
	u8 *at = t->packet + sizeof(*ip6);

	memmove(at + EXT_BYTES, at, len - sizeof(*ip6));
	memcpy(at, ext, EXT_BYTES);
	at[0] = ip6->nexthdr;
	ip6->nexthdr = type;
	len += EXT_BYTES;
	ip6->payload_len = htons(len - sizeof(*ip6));
	return len;
}

/* RFC 8200, 4: options before the TCP header are not TCP's, and the text is behind them all */
static void extension_headers(struct kunit *test)
{
	static const u8 padding[EXT_BYTES] = { 0, 0, IPV6_TLV_PADN, 4 };
	struct conv *t = conv_of(test);
	size_t len;

	established(t);
	for (int i = 1; i <= 7; i++) {
		t->nic->sums = i & 4;
		conv_look(t);
		len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
		if (i & 1)
			len = put_ext(t, len, NEXTHDR_DEST, padding);
		if (i & 2)
			len = put_ext(t, len, NEXTHDR_HOP, padding);
		KUNIT_ASSERT_TRUE(test, conv_raw(t, t->packet, len));
		expect(t, "ACK seq S ack R+10");
		returns(t, 10, user_recv(t, 100));
	}
}

/* A SYN as well, which is answered without them. */
static void syn_with_extension_header(struct kunit *test)
{
	static const u8 padding[EXT_BYTES] = { 0, 0, IPV6_TLV_PADN, 4 };
	struct conv *t = conv_of(test);
	size_t len;

	bring_to(t, IN_LISTEN);
	conv_look(t);
	len = conv_build(t, t->packet, "SYN seq 1000 mss 1460");
	len = put_ext(t, len, NEXTHDR_DEST, padding);
	KUNIT_ASSERT_TRUE(test, conv_raw(t, t->packet, len));
	expect(t, "SYN|ACK seq 100 ack 1001");
}

/* And an ICMPv6 error. */
static void error_with_extension_header(struct kunit *test)
{
	static const u8 padding[EXT_BYTES] = { 0, 0, IPV6_TLV_PADN, 4 };
	struct conv *t = conv_of(test);
	size_t len;

	established(t);
	conv_look(t);
	len = conv_put_icmp(t, t->packet, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0, 101, 0,
			    ICMP_QUOTE_BYTES(t));
	len = put_ext(t, len, NEXTHDR_DEST, padding);
	KUNIT_ASSERT_TRUE(test, conv_raw(t, t->packet, len));
	counted(t, ICMP_ERRORS, 1);
	soft_error_is(t, EHOSTUNREACH);
}

/* Send the segment that is in t->packet, and stays there, from this byte to that one. */
static void fragment_comes(struct conv *t, size_t len, u32 from, u32 to)
{
	u32 bytes = min_t(u32, to, len - sizeof(struct ipv6hdr)) - from;
	const u8 ext[EXT_BYTES] = { 0, 0, 0, from | (to < len), 0x12, 0x34, 0x56, 0x78 };
	u8 *whole = kunit_kmalloc(t->test, len, GFP_KERNEL);
	u8 *text = t->packet + sizeof(struct ipv6hdr);

	KUNIT_ASSERT_NOT_NULL(t->test, whole);
	memcpy(whole, t->packet, len);
	memmove(text, text + from, bytes);
	KUNIT_ASSERT_TRUE(t->test, conv_raw(t, t->packet,
					    put_ext(t, sizeof(struct ipv6hdr) + bytes,
						    NEXTHDR_FRAGMENT, ext)));
	memcpy(t->packet, whole, len);
}

/* RFC 8200, 4.5: nothing of a segment is seen until all of it is there, in whatever order */
static void fragmented_segment(struct kunit *test)
{
	struct conv *t = conv_of(test);
	size_t len;

	established(t);
	conv_look(t);
	len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 100");
	fragment_comes(t, len, 64, len);
	fragment_comes(t, len, 0, 32);
	silence(t);
	fragment_comes(t, len, 32, 64);
	expect(t, "ACK seq S ack R+100");
	returns(t, 100, user_recv(t, 200));
}

/* ---- packet too big ---- */

static const char *too_big(struct conv *t, u32 mtu)
{
	return conv_icmp_exactly(t, ICMPV6_PKT_TOOBIG, 0, mtu, 101, 0, ICMP_QUOTE_BYTES(t));
}

/* RFC 8201, 4: no path is narrower than 1,280 bytes, so whoever says that is not believed */
static void too_big_for_too_little(struct kunit *test)
{
	static const u32 mtus[] = { 0, 1, 68, 1279 };
	struct conv *t = conv_of(test);
	const char *said;

	with_options(t, 0);	/* it counts bytes */
	established(t);
	returns(t, MSS, user_send(t, MSS));
	expect(t, "PSH|ACK seq 101 ack R len m");
	for (int i = 0; i < ARRAY_SIZE(mtus); i++) {
		CONV_STEP(too_big(t, mtus[i]));
		mss_is(t, MSS);
	}
	lock_sock(t->sock->sk);
	said = too_big(t, 1279);
	release_sock(t->sock->sk);
	CONV_STEP(said);
	mss_is(t, MSS);
	/* nobody is told */
	counted(t, ICMP_ERRORS, 0);
	soft_error_is(t, 0);
	/* this is a link */
	CONV_STEP(too_big(t, IPV6_MIN_MTU));
	mss_is(t, 1220);
	expect(t, "ACK seq 101 ack R len 1220");
	expect(t, "PSH|ACK seq 1321 ack R len 240");
}

/* RFC 4443, 2.1: what is above 127 is no error.  Of those IPv6 passes on redirects. */
static void redirect(struct kunit *test)
{
	struct xtcp_icmp icmp;

	xtcp_ipv6_icmp(&icmp, NDISC_REDIRECT, 0, 101, 0);
	KUNIT_EXPECT_EQ(test, 101, icmp.seq);
	KUNIT_EXPECT_TRUE(test, icmp.redirect);
	KUNIT_EXPECT_EQ(test, 0, icmp.err);
	KUNIT_EXPECT_EQ(test, 0, icmp.mtu);
	KUNIT_EXPECT_FALSE(test, icmp.unreachable);
}

/* ---- redirects ---- */

/* @bytes: how long its first option, which quotes a segment, says that it is */
struct redirected {
	u8		hop_limit;
	u8		code;
	bool		off_link;
	u8		option;
	u8		bytes;
	bool		heard;
	const char	*name;
};

static const struct redirected redirects[] = {
	{ 255, 0, false, ND_OPT_REDIRECT_HDR, 80, true, "as it should be" },
	{ 254, 0, false, ND_OPT_REDIRECT_HDR, 80, false, "from another link" },
	{ 255, 1, false, ND_OPT_REDIRECT_HDR, 80, false, "of another code" },
	{ 255, 0, true, ND_OPT_REDIRECT_HDR, 80, false, "from an address of no router" },
	{ 255, 0, false, ND_OPT_REDIRECT_HDR, 0, false, "with an option of no length" },
	{ 255, 0, false, ND_OPT_MTU, 8, false, "that quotes nothing" },
	{ 255, 0, false, ND_OPT_MTU, 80, false, "whose options end there" },
};

KUNIT_ARRAY_PARAM_DESC(redirected, redirects, name);

/* RFC 4861, 8.1.  What it quotes was never sent, so that one that is heard is counted. */
static void redirect_is_checked(struct kunit *test)
{
	static const struct in6_addr router = { .s6_addr = { 0xfe, 0x80, [15] = 9 } };
	const struct redirected *r = test->param_value;
	struct conv *t = conv_of(test);
	struct ipv6hdr *ip6 = (struct ipv6hdr *)t->packet;
	struct rd_msg *rd = (struct rd_msg *)(ip6 + 1);
	struct ipv6hdr *quoted = (struct ipv6hdr *)(rd->opt + 8);
	__be16 *ports = (__be16 *)(quoted + 1);
	u32 bytes = sizeof(*rd) + 80;

	established(t);
	conv_look(t);
	memset(t->packet, 0, sizeof(*ip6) + bytes);
	*ip6 = (struct ipv6hdr) {
		.version = 6,
		.payload_len = htons(bytes),
		.nexthdr = IPPROTO_ICMPV6,
		.hop_limit = r->hop_limit,
		.saddr = r->off_link ? t->tuple.raddr : router,
		.daddr = t->tuple.laddr,
	};
	rd->icmph.icmp6_type = NDISC_REDIRECT;
	rd->icmph.icmp6_code = r->code;
	rd->target = router;
	rd->dest = t->tuple.raddr;
	rd->opt[0] = r->option;
	rd->opt[1] = r->bytes / 8;
	*quoted = (struct ipv6hdr) {
		.version = 6,
		.payload_len = htons(XTCP_HEADER_BYTES),
		.nexthdr = t->tuple.wire,
		.saddr = t->tuple.laddr,
		.daddr = t->tuple.raddr,
	};
	ports[0] = htons(t->tuple.lport);
	ports[1] = htons(t->tuple.rport);
	put_unaligned_be32(t->iss - 1, ports + 2);
	rd->icmph.icmp6_cksum = csum_ipv6_magic(&ip6->saddr, &ip6->daddr, bytes, IPPROTO_ICMPV6,
						csum_partial(rd, bytes, 0));
	KUNIT_ASSERT_TRUE(test, conv_raw(t, t->packet, sizeof(*ip6) + bytes));
	counted(t, ICMP_IGNORED, r->heard);
	silence(t);
}

/* ---- addresses ---- */

#define V6(first, last) \
	((struct in6_addr){ .s6_addr32 = { cpu_to_be32(first), 0, 0, cpu_to_be32(last) } })

static void free_nic(void *nic)
{
	nic_free(nic);
}

/* Both ends have addresses that mean something on their link only, and another link has the
 * same, and was there first.
 */
static void on_a_link(struct conv *t)
{
	struct nic *other = nic_make(&init_net, NIC_PLAIN);

	KUNIT_ASSERT_FALSE(t->test, IS_ERR(other));
	KUNIT_ASSERT_EQ(t->test, 0, kunit_add_action_or_reset(t->test, free_nic, other));
	KUNIT_ASSERT_EQ(t->test, 0, nic_set_address(other, &V6(0xfe800000, 3), 64));
	t->tuple.laddr = V6(0xfe800000, 1);
	t->tuple.raddr = V6(0xfe800000, 2);
	KUNIT_ASSERT_EQ(t->test, 0, nic_set_address(t->nic, &t->tuple.laddr, 64));
	t->nic->used_up = true;
}

/* RFC 4007, 9: what is said to a neighbour goes out where it is one, by a connection that is
 * bound to the link
 */
static void link_local_child(struct kunit *test)
{
	struct conv *t = conv_of(test);

	on_a_link(t);
	established_passive(t);
	KUNIT_EXPECT_EQ(test, t->nic->dev->ifindex, t->sock->sk->sk_bound_dev_if);
	KUNIT_EXPECT_EQ(test, 0, t->listener->sk->sk_bound_dev_if);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 100));
}

/* The request's answers, before there is a connection that could be bound. */
static void link_local_request(struct kunit *test)
{
	struct conv *t = conv_of(test);

	on_a_link(t);
	bring_to(t, IN_REQUEST);
	fire_request(t);
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq R+100000 ack S");
	expect(t, "ACK seq S ack R");
}

static void link_local_nobody(struct kunit *test)
{
	struct conv *t = conv_of(test);

	on_a_link(t);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "RST|ACK seq 0 ack 1001");
}

/* TIME_WAIT answers there as well, and a new SYN gets another connection. */
static void link_local_time_wait(struct kunit *test)
{
	struct conv *t = conv_of(test);

	on_a_link(t);
	established_passive(t);
	user_close(t);
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "ACK seq R ack S");
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_TIME_WAIT);
	inject(t, "FIN|ACK seq R-1 ack S");
	expect(t, "ACK seq S ack R");
	inject(t, "SYN seq R+1 mss 1460");
	expect(t, "SYN|ACK ack R+2");
	counted(t, TW_REUSED, 1);
}

/* RFC 4942, 2.2: who writes an IPv4-mapped address into an IPv6 packet wants to be taken for
 * someone else
 */
static void mapped_on_the_wire(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	xtcp_addr_from_v4(&t->tuple.raddr, htonl(THERE_ADDR));
	inject(t, "SYN seq 1000 mss 1460");
	counted(t, REQUESTS, 0);
	t->tuple.lport++;
	inject(t, "SYN seq 1000 mss 1460");
	counted(t, RST_OUT, 0);
	t->tuple.lport--;
	t->tuple.raddr = conv_addr(t, THERE_ADDR);
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
}

static void release(void *sock)
{
	sock_release(sock);
}

/* RFC 4291, 2.6: of those who have an anycast address one host gets a packet, and another
 * may get the next
 */
static void to_anycast(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct ipv6_mreq join = { .ipv6mr_ifindex = t->nic->dev->ifindex };
	struct socket *member;

	join.ipv6mr_acaddr = conv_addr(t, HERE_ADDR + 100);
	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, AF_INET6, SOCK_DGRAM, 0, &member));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, release, member));
	KUNIT_ASSERT_EQ(test, 0,
			member->ops->setsockopt(member, SOL_IPV6, IPV6_JOIN_ANYCAST,
						KERNEL_SOCKPTR(&join), sizeof(join)));
	bring_to(t, IN_LISTEN);
	t->tuple.laddr = join.ipv6mr_acaddr;
	inject(t, "SYN seq 1000 mss 1460");
	inject(t, "ACK seq 1000 ack 5000");
	silence(t);
	counted(t, REQUESTS, 0);
	counted(t, LISTEN_DROPS, 2);	/* it came that far */
	counted(t, RST_OUT, 0);
}

static struct kunit_case ipv6_cases[] = {
	KUNIT_CASE(label_of_a_connection),
	KUNIT_CASE(label_of_each),
	KUNIT_CASE(label_off_for_all),
	KUNIT_CASE(label_off_for_one),
	KUNIT_CASE(label_of_no_connection),
	KUNIT_CASE(label_reflected),
	KUNIT_CASE(class_and_hops),
	KUNIT_CASE(opens_from_afar),
	KUNIT_CASE(extension_headers),
	KUNIT_CASE(syn_with_extension_header),
	KUNIT_CASE(error_with_extension_header),
	KUNIT_CASE(fragmented_segment),
	KUNIT_CASE(too_big_for_too_little),
	KUNIT_CASE(redirect),
	KUNIT_CASE_PARAM(redirect_is_checked, redirected_gen_params),
	KUNIT_CASE(link_local_child),
	KUNIT_CASE(link_local_request),
	KUNIT_CASE(link_local_nobody),
	KUNIT_CASE(link_local_time_wait),
	KUNIT_CASE(mapped_on_the_wire),
	KUNIT_CASE(to_anycast),
	{}
};

struct kunit_suite ipv6_suite = {
	.name = "wire_ipv6",
	.init = conv_init_ipv6,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = ipv6_cases,
};
