// SPDX-License-Identifier: GPL-2.0
/*
 * The seven frames: each is read, each is produced, and xtcp plays both roles
 * in both connections.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "conv.h"
#include "frames.h"
#include "suites.h"

KUNIT_ARRAY_PARAM_DESC(frame, frames, name);

static __sum16 tcp_sum(const struct frame *f, const void *data, u32 len)
{
	return csum_tcpudp_magic(htonl(f->saddr), htonl(f->daddr), len,
				 IPPROTO_TCP, csum_partial(data, len, 0));
}

static void is_read(struct kunit *test)
{
	const struct frame *f = test->param_value;
	const struct iphdr *iph = (const struct iphdr *)frame_ip(f);
	const struct tcphdr *th = (const struct tcphdr *)frame_tcp(f);
	struct xtcp_segment seg;

	KUNIT_EXPECT_FALSE(test, ip_fast_csum(iph, iph->ihl));
	KUNIT_EXPECT_EQ(test, ntohl(iph->saddr), f->saddr);
	KUNIT_EXPECT_EQ(test, ntohl(iph->daddr), f->daddr);
	KUNIT_EXPECT_EQ(test, ntohs(iph->tot_len), f->ip_bytes);
	KUNIT_EXPECT_EQ(test, ntohs(iph->id), f->ip_id);
	KUNIT_EXPECT_EQ(test, iph->ttl, f->ttl);
	KUNIT_EXPECT_EQ(test, ntohs(iph->frag_off), f->df ? IP_DF : 0);
	KUNIT_EXPECT_EQ(test, iph->protocol, IPPROTO_TCP);
	KUNIT_EXPECT_EQ(test, ntohs((__force __be16)th->check), f->checksum);
	KUNIT_EXPECT_FALSE(test, tcp_sum(f, th, frame_tcp_bytes(f)));

	KUNIT_ASSERT_EQ(test, 0, xtcp_segment_parse(&seg, frame_tcp(f),
						    frame_tcp_bytes(f)));
	KUNIT_EXPECT_EQ(test, seg.sport, f->seg.sport);
	KUNIT_EXPECT_EQ(test, seg.dport, f->seg.dport);
	KUNIT_EXPECT_EQ(test, seg.seq, f->seg.seq);
	KUNIT_EXPECT_EQ(test, seg.ack, f->seg.ack);
	KUNIT_EXPECT_EQ(test, seg.wnd, f->seg.wnd);
	KUNIT_EXPECT_EQ(test, seg.urg, 0);
	KUNIT_EXPECT_EQ(test, seg.flags, f->seg.flags);
	KUNIT_EXPECT_EQ(test, seg.header_bytes, f->seg.header_bytes);
	KUNIT_EXPECT_EQ(test, seg.opt.mss, f->seg.opt.mss);
}

static void is_produced(struct kunit *test)
{
	const struct frame *f = test->param_value;
	u8 out[XTCP_HEADER_MAX_BYTES];
	struct tcphdr *th = (struct tcphdr *)out;
	int len = xtcp_segment_header_bytes(&f->seg);

	KUNIT_ASSERT_EQ(test, len, frame_tcp_bytes(f));
	xtcp_segment_build(&f->seg, out, len);
	th->check = tcp_sum(f, out, len);
	KUNIT_EXPECT_MEMEQ(test, out, frame_tcp(f), len);
}

static struct kunit_case frames_cases[] = {
	KUNIT_CASE_PARAM(is_read, frame_gen_params),
	KUNIT_CASE_PARAM(is_produced, frame_gen_params),
	{}
};

struct kunit_suite frames_suite = {
	.name = "frames",
	.test_cases = frames_cases,
};

/* ---- live ---- */

#define play(t, n)	CONV_STEP(play_frame(t, &frames[(n) - 1]))
#define produces(t, n)	CONV_STEP(compare_frame(t, &frames[(n) - 1]))

/* The peer's frame comes in, padding and all. */
static const char *play_frame(struct conv *t, const struct frame *f)
{
	conv_look(t);
	return conv_raw(t, frame_ip(f), f->bytes - ETH_HLEN) ? NULL :
	       "the softirq did not run";
}

/* What xtcp sent next is the frame, from the TCP header on. */
static const char *compare_frame(struct conv *t, const struct frame *f)
{
	struct sk_buff *skb = conv_sent(t);
	const struct iphdr *iph;
	const u8 *sent;
	u32 i, len = frame_tcp_bytes(f);

	if (!skb)
		return "nothing was sent";
	iph = (const struct iphdr *)skb->data;
	sent = skb->data + sizeof(*iph);
	t->said[0] = 0;
	if (skb->len != f->ip_bytes || iph->protocol != IPPROTO_TCP ||
	    iph->saddr != htonl(f->saddr) || iph->daddr != htonl(f->daddr)) {
		strscpy(t->said, "another datagram", sizeof(t->said));
	} else {
		for (i = 0; i < len; i++)
			if (sent[i] != frame_tcp(f)[i])
				break;
		if (i < len)
			scnprintf(t->said, sizeof(t->said),
				  "%s: byte %u differs\nframe %*ph\nsent  %*ph",
				  f->name, i, len, frame_tcp(f), len, sent);
	}
	kfree_skb(skb);
	return t->said[0] ? t->said : NULL;
}

static int live_init(struct kunit *test)
{
	int err = conv_init_bare(test);

	if (err)
		return err;
	over_ipv4(conv_of(test));
	conv_of(test)->tuple.wire = IPPROTO_TCP;
	with_options(conv_of(test), 0);		/* they are compared byte by byte */
	return 0;
}

/* xtcp plays the sender of this frame. */
static void be_sender(struct conv *t, int n, u32 iss, u32 irs)
{
	const struct frame *f = &frames[n - 1];

	conv_address(t, f->saddr, f->daddr, 24);
	t->tuple.lport = f->seg.sport;
	t->tuple.rport = f->seg.dport;
	t->iss = iss;
	t->irs = irs;
	t->xn->isn = iss;
}

static struct socket *clamped_socket(struct conv *t, u32 window)
{
	struct socket *sock = user_socket(t);
	u32 here = ntohl(xtcp_addr_v4(&t->tuple.laddr));

	set_clamp(sock, window);
	KUNIT_ASSERT_EQ(t->test, 0, user_bind(t, sock, here, t->tuple.lport));
	return sock;
}

static void opens_as_client(struct kunit *test)
{
	struct conv *t = conv_of(test);

	be_sender(t, 1, 8221822, 1109645);
	t->sock = clamped_socket(t, 8192);
	returns(t, -EINPROGRESS, user_connect(t));
	produces(t, 1);
	set_clamp(t->sock, 8760);
	play(t, 2);
	produces(t, 3);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_connect(t));
}

static void opens_as_server(struct kunit *test)
{
	struct conv *t = conv_of(test);

	be_sender(t, 2, 1109645, 8221822);
	t->listener = clamped_socket(t, 8760);
	returns(t, 0, user_listen(t, 1));
	play(t, 1);
	produces(t, 2);
	state_is(t, TCP_SYN_RECV);
	play(t, 3);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

static void closes_as_client(struct kunit *test)
{
	struct conv *t = conv_of(test);

	be_sender(t, 4, 186685099, 3462835713u);
	t->sock = clamped_socket(t, 8192);
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq 186685099 win 8192 mss 1460");
	set_clamp(t->sock, 8760);
	inject(t, "SYN|ACK seq 3462835713 ack S win 28672 mss 1460");
	expect(t, "ACK seq 186685100 ack 3462835714 win 8760");
	returns(t, 0, user_connect(t));
	user_close(t);
	produces(t, 4);
	state_is(t, TCP_FIN_WAIT1);
	play(t, 5);
	state_is(t, TCP_FIN_WAIT2);
	play(t, 6);
	produces(t, 7);
	state_is(t, TCP_TIME_WAIT);
	/* as if frame 7 had been lost */
	play(t, 6);
	produces(t, 7);
	fire_2msl(t);
	state_is(t, TCP_CLOSE);
}

static void closes_as_server(struct kunit *test)
{
	struct conv *t = conv_of(test);

	be_sender(t, 5, 3462835713u, 186685099);
	t->listener = clamped_socket(t, 28672);
	returns(t, 0, user_listen(t, 1));
	inject(t, "SYN seq 186685099 win 8192 mss 1024");
	expect(t, "SYN|ACK seq 3462835713 ack R win 28672 mss 1460");
	inject(t, "ACK seq R ack S win 8760");
	returns(t, 0, user_accept(t));
	play(t, 4);
	produces(t, 5);
	state_is(t, TCP_CLOSE_WAIT);
	returns(t, 0, user_recv(t, 1));
	user_close(t);
	produces(t, 6);
	state_is(t, TCP_LAST_ACK);
	user_close_socket(t, t->listener);
	play(t, 7);
	state_is(t, TCP_CLOSE);
}

static struct kunit_case live_cases[] = {
	KUNIT_CASE(opens_as_client),
	KUNIT_CASE(opens_as_server),
	KUNIT_CASE(closes_as_client),
	KUNIT_CASE(closes_as_server),
	{}
};

struct kunit_suite frames_live_suite = {
	.name = "frames_live",
	.init = live_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = live_cases,
};
