// SPDX-License-Identifier: GPL-2.0
/*
 * What a network damages, and what an attacker makes up.
 */
#include <linux/ip.h>
#include <linux/prandom.h>
#include <linux/tcp.h>
#include "conv.h"
#include "suites.h"

#define TCP_AT(t)	conv_ip_bytes(t)	/* where a packet's TCP header begins */

/* The connection is as it was: it answers, and data goes both ways. */
static void still_works(struct conv *t)
{
	pass_over(t);
	conv_look(t);
	set_quick_acks(t, 0);
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10");
	inject(t, "PSH|ACK seq R ack S len 20");
	returns(t, 20, user_recv(t, 100));
	fire_if_armed(t, XTCP_TIMER_DELACK);
	pass_over(t);
	state_is(t, TCP_ESTABLISHED);
}

/* MUST-3 */
static void bad_checksum(struct kunit *test)
{
	struct conv *t = conv_of(test);
	size_t len;

	over_native(t);
	established(t);
	conv_look(t);
	for (int bit = 0; bit < 8 * 30; bit++) {
		len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
		t->packet[TCP_AT(t) + bit / 8] ^= BIT(bit % 8);
		conv_raw(t, t->packet, len);
	}
	/* except for the data offset, which is looked at first */
	KUNIT_EXPECT_EQ(test, 240, conv_count(t, XTCP_MIB_IN_CSUM_ERRS) +
				   conv_count(t, XTCP_MIB_IN_ERRS));
	KUNIT_EXPECT_LE(test, conv_count(t, XTCP_MIB_IN_ERRS), 4);
	still_works(t);
}

/* Cut anywhere, the checksum made right for what is left. */
static void truncated(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	established(t);
	conv_look(t);
	for (size_t len = TCP_AT(t); len < TCP_AT(t) + 20; len++) {
		conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
		conv_fix_sums(t, t->packet, len);
		conv_raw(t, t->packet, len);
	}
	counted(t, IN_ERRS, 20);
	still_works(t);
}

static void bad_offset(struct kunit *test)
{
	struct conv *t = conv_of(test);
	size_t len;

	with_options(t, 0);	/* it counts bytes */
	established(t);
	conv_look(t);
	for (int words = 0; words < 16; words++) {
		len = conv_build(t, t->packet, "ACK seq R ack S");
		t->packet[TCP_AT(t) + 12] = words << 4;
		if (words == 5)
			continue;
		conv_fix_sums(t, t->packet, len);
		conv_raw(t, t->packet, len);
	}
	counted(t, IN_ERRS, 15);
	still_works(t);
}

/* RFC 9293, 3.10.7.4: each bit is looked at in its turn, whatever stands beside it. */
static void odd_flags(struct kunit *test)
{
	static const char *const without_ack[] = {
		"0 seq R", "PSH seq R len 10", "URG seq R", "ECE|CWR seq R", "FIN seq R",
	};
	struct conv *t = conv_of(test);

	established(t);
	for (int i = 0; i < ARRAY_SIZE(without_ack); i++)
		inject(t, "%s", without_ack[i]);
	counted(t, IN_ERRS, ARRAY_SIZE(without_ack));
	inject(t, "SYN|FIN seq R");
	expect(t, "ACK seq S ack R");
	inject(t, "SYN|FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R");
	/* a RST that is not exactly next */
	inject(t, "FIN|SYN|RST|PSH|ACK|URG|ECE|CWR seq R+1 ack S");
	expect(t, "ACK seq S ack R");
	still_works(t);
	inject(t, "SYN|RST seq R");
	state_is(t, TCP_CLOSE);
}

/* 3.10.7.1: anything but a RST gets a RST. */
static void odd_flags_to_nobody(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_CLOSED);
	inject(t, "PSH seq 5000 len 10");
	expect(t, "RST|ACK seq 0 ack 5010");
	inject(t, "0 seq 5000");
	expect(t, "RST|ACK seq 0 ack 5000");
	inject(t, "SYN|FIN seq 5000");
	expect(t, "RST|ACK seq 0 ack 5002");
	inject(t, "SYN|FIN|ACK seq 5000 ack 77");
	expect(t, "RST seq 77");
	inject(t, "SYN|RST seq 5000");
	inject(t, "SYN|FIN|RST|ACK seq 5000 ack 77");
}

/* A listener ignores a SYN that ends what it opens; as Linux. */
static void odd_flags_to_listener(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_LISTEN);
	inject(t, "SYN|FIN seq 1000 mss 1460");
	inject(t, "SYN|RST seq 1000 mss 1460");
	inject(t, "0 seq 1000");
	counted(t, REQUESTS, 0);
	inject(t, "SYN|FIN|ACK seq 1000 ack 77");
	expect(t, "RST seq 77");
	/* nor does a RST ask a request for its SYN,ACK */
	inject(t, "SYN seq 1000 mss 1460");
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "SYN|RST seq 1000");
	state_is(t, TCP_SYN_RECV);
}

/* A segment with these options before its text of 10 bytes. */
static void with_raw_options(struct conv *t, const char *said, const u8 *options,
			     size_t n)
{
	size_t len;

	conv_look(t);
	len = conv_build(t, t->packet, said);
	memmove(t->packet + TCP_AT(t) + 20 + n, t->packet + TCP_AT(t) + 20,
		len - TCP_AT(t) - 20);
	memcpy(t->packet + TCP_AT(t) + 20, options, n);
	t->packet[TCP_AT(t) + 12] = (20 + n) / 4 << 4;
	conv_fix_sums(t, t->packet, len + n);
	conv_raw(t, t->packet, len + n);
}

/* MUST-5, MUST-6 */
static void unknown_options(struct kunit *test)
{
	static const u8 known[] = {
		2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	static const u8 unknown[] = { 1, 1, 253, 4, 1, 2, 254, 2 };
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	returns(t, 0, user_listen(t, 1));
	with_raw_options(t, "SYN seq 1000", known, sizeof(known));
	expect(t, "SYN|ACK seq 100 ack 1001 mss 1460");
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_accept(t));
	mss_is(t, 1460);
	with_raw_options(t, "PSH|ACK seq R ack S len 10", unknown, sizeof(unknown));
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 100));
	/* an MSS outside of a SYN means nothing */
	with_raw_options(t, "PSH|ACK seq R ack S len 10", (u8[]){ 2, 4, 0, 100 }, 4);
	expect(t, "ACK seq S ack R+10");
	returns(t, 10, user_recv(t, 100));
	mss_is(t, 1460);
	still_works(t);
}

/* A damaged option is not read, but the segment is; as Linux (MUST-7). */
static void bad_options(struct kunit *test)
{
	static const u8 options[][4] = {
		{ 99, 0, 0, 0 }, { 99, 1, 0, 0 }, { 99, 5, 0, 0 },
		{ 1, 1, 1, 99 }, { 2, 3, 0, 0 }, { 2, 2, 1, 1 },
	};
	static const u8 mss_and_more[] = { 2, 4, 2, 88, 99, 0, 1, 1 };
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	returns(t, 0, user_listen(t, 1));
	with_raw_options(t, "SYN seq 1000", mss_and_more, sizeof(mss_and_more));
	expect(t, "SYN|ACK seq 100 ack 1001");
	inject(t, "ACK seq 1001 ack 101");
	returns(t, 0, user_accept(t));
	mss_is(t, 600);
	for (int i = 0; i < ARRAY_SIZE(options); i++) {
		with_raw_options(t, "PSH|ACK seq R ack S len 10", options[i], 4);
		expect(t, "ACK seq S ack R+10");
		returns(t, 10, user_recv(t, 100));
	}
	counted(t, IN_ERRS, 0);
	still_works(t);
}

/* Ethernet pads: what lies behind the datagram is no part of it. */
static void padding(struct kunit *test)
{
	struct conv *t = conv_of(test);
	size_t len;

	established(t);
	conv_look(t);
	len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 2");
	memset(t->packet + len, 0xa5, 30);
	conv_raw(t, t->packet, len + 30);
	expect(t, "ACK seq S ack R+2");
	returns(t, 2, user_recv(t, 100));
	still_works(t);
}

static void to_nobody(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	established(t);
	t->tuple.lport++;
	inject(t, "SYN seq 5000 mss 1460");
	expect(t, "RST|ACK seq 0 ack 5001");
	inject(t, "SYN seq 5000 len 10");
	expect(t, "RST|ACK seq 0 ack 5011");
	inject(t, "FIN|ACK seq 5000 ack 7000 len 10");
	expect(t, "RST seq 7000");
	inject(t, "RST seq 5000");
	inject(t, "RST|ACK seq 5000 ack 7000");
	counted(t, NO_PORT, 5);
	t->tuple.lport--;
	t->tuple.rport++;
	inject(t, "ACK seq 1001 ack 101");
	expect(t, "RST seq 101");
	t->tuple.rport--;
	still_works(t);
}

/* Whatever comes with a stale checksum: nothing happens. */
static void noise(struct kunit *test)
{
	struct conv *t = conv_of(test);
	struct rnd_state rnd;
	size_t len;

	prandom_seed_state(&rnd, 9293);
	established(t);
	conv_look(t);
	for (int i = 0; i < tries(3000); i++) {
		len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
		/* 16 bits of checksum let few through; none here: one byte */
		t->packet[TCP_AT(t) + prandom_u32_state(&rnd) % (len - TCP_AT(t))] ^=
			1 + prandom_u32_state(&rnd) % 255;
		conv_raw(t, t->packet, len);
	}
	still_works(t);
}

/* Mutants with a right checksum.  Some may end the connection: then another is
 * opened.  Nothing may warn, and the last one must work.
 */
static void mutants(struct kunit *test)
{
	static const char *const seeds[] = {
		"ACK seq R ack S", "PSH|ACK seq R ack S len 100",
		"FIN|ACK seq R ack S", "ACK seq R+100 ack U len 50",
		"SYN seq 1000 mss 1460", "SYN|ACK seq 1000 ack S mss 1460",
		"RST seq R+10", "URG|ACK seq R ack S urg 5 len 10",
		"ACK seq R ack S win 0", "FIN|PSH|ACK seq R+50 ack S len 20",
	};
	struct conv *t = conv_of(test);
	struct rnd_state rnd;
	int opened = 0;
	size_t len;

	prandom_seed_state(&rnd, 5961);
	for (int i = 0; i < tries(6000); i++) {
		if (conv_state(t) != TCP_ESTABLISHED || !t->sock) {
			t->written = 0;
			t->read = 0;
			if (t->sock)
				user_abort(t);
			pass_over(t);
			/* what else stands for the 4-tuple */
			t->tuple.rport++;
			established(t);
			opened++;
		}
		conv_look(t);
		len = conv_build(t, t->packet,
				 seeds[prandom_u32_state(&rnd) % ARRAY_SIZE(seeds)]);
		for (u32 n = prandom_u32_state(&rnd) % 4; n; n--)
			t->packet[TCP_AT(t) + 4 + prandom_u32_state(&rnd) %
				  (len - TCP_AT(t) - 4)] = prandom_u32_state(&rnd);
		if (prandom_u32_state(&rnd) % 8 == 0)
			len = TCP_AT(t) + prandom_u32_state(&rnd) % (len - TCP_AT(t));
		conv_fix_sums(t, t->packet, len);
		conv_raw(t, t->packet, len);
		if (i % 16 == 0 && t->sock) {
			struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
			struct kvec vec = { .iov_base = t->said, .iov_len = 100 };

			kernel_recvmsg(t->sock, &msg, &vec, 1, 100, MSG_DONTWAIT);
			kernel_sendmsg(t->sock, &msg, &vec, 1, 100);
			conv_freeze(t);
		}
		pass_over(t);
		if (i % 64 == 0 && t->sock &&
		    conv_is_armed(t, XTCP_TIMER_RETRANSMIT) &&
		    conv_state(t) == TCP_ESTABLISHED)
			fire(t, XTCP_TIMER_RETRANSMIT);
		pass_over(t);
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, opened, 1);
	if (t->sock)
		user_abort(t);
	pass_over(t);
	t->tuple.rport++;
	t->written = 0;
	t->read = 0;
	established(t);
	still_works(t);
}

/* Blind: RFC 5961.  A RST, SYN or data from one who cannot see the connection (MAY-12).
 */
static void blind_attacker(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	for (u32 seq = 0; seq < 0xf0000000; seq += 0x01000000) {
		if (seq - 1001 < 65535)
			continue;
		inject(t, "RST seq %u", seq);
	}
	for (int i = 1; i < 60000; i += 1000) {
		inject(t, "RST seq R+%d", i);
		expect(t, "ACK seq S ack R");
		inject(t, "SYN seq R+%d", i);
		expect(t, "ACK seq S ack R");
		inject(t, "PSH|ACK seq R+%d ack S+1 len 10", i);
		expect(t, "ACK seq S ack R");
	}
	still_works(t);
}

/* RFC 5082: what comes from farther away than the user allows */
static void from_afar(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	returns(t, 0, user_option(t, SOL_IP, IP_MINTTL, 65));
	inject(t, "PSH|ACK seq R ack S len 10");
	counted(t, FILTERED, 1);
	returns(t, 0, user_option(t, SOL_IP, IP_MINTTL, 64));
	still_works(t);
}

/* SO_BINDTODEVICE: by another device there is no such connection */
static void wrong_device(struct kunit *test)
{
	struct conv *t = conv_of(test);

	over_native(t);
	established(t);
	t->sock->sk->sk_bound_dev_if = 1;	/* lo */
	inject(t, "PSH|ACK seq R ack S len 10");
	expect(t, "RST seq S");
	counted(t, NO_PORT, 1);
	t->sock->sk->sk_bound_dev_if = t->nic->dev->ifindex;
	still_works(t);
}

static struct kunit_case hostile_cases[] = {
	KUNIT_CASE(from_afar),
	KUNIT_CASE(wrong_device),
	KUNIT_CASE(bad_checksum),
	KUNIT_CASE(truncated),
	KUNIT_CASE(bad_offset),
	KUNIT_CASE(odd_flags),
	KUNIT_CASE(odd_flags_to_nobody),
	KUNIT_CASE(odd_flags_to_listener),
	KUNIT_CASE(unknown_options),
	KUNIT_CASE(bad_options),
	KUNIT_CASE(padding),
	KUNIT_CASE(to_nobody),
	KUNIT_CASE(noise),
	KUNIT_CASE(mutants),
	KUNIT_CASE(blind_attacker),
	{}
};

struct kunit_suite hostile_suite = {
	.name = "wire_hostile",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = hostile_cases,
};
