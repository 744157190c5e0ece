// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies by themselves: RFC 4987, 3.6.
 */
#include "../module/engine/agreed.h"
#include "../module/engine/cookies.h"
#include "../module/engine/seq.h"
#include "../module/engine/tuple.h"
#include "../module/uapi/xtcp.h"
#include "suites.h"

#define IRS	0x89abcdefu
#define CLOCK	1000u
#define TICK	BIT_ULL(36)	/* in nanoseconds */

static struct xtcp_tuple ends(bool ip6)
{
	struct xtcp_tuple t = { .lport = 80, .rport = 40000, .wire = IPPROTO_TCP };

	if (ip6) {
		t.laddr.s6_addr[0] = 0xfd;
		t.laddr.s6_addr[15] = 1;
		t.raddr.s6_addr[0] = 0xfd;
		t.raddr.s6_addr[15] = 2;
	} else {
		xtcp_addr_from_v4(&t.laddr, htonl(0xc0000201));
		xtcp_addr_from_v4(&t.raddr, htonl(0xc0000202));
	}
	return t;
}

/* What the SYN said of the MSS comes back with the ACK, or the next less. */
static void remembers_mss(struct kunit *test)
{
	static const u16 said[][4] = { { 536, 1340, 1452, 1460 }, { 1220, 1340, 1432, 1440 } };

	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct xtcp_tuple t = ends(ip6);

		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_mss(&t, said[ip6][0] - 1));
		KUNIT_EXPECT_EQ(test, said[ip6][3], xtcp_cookie_mss(&t, U16_MAX));
		for (int i = 0; i < 4; i++) {
			u16 mss = xtcp_cookie_mss(&t, said[ip6][i]);
			u32 iss = xtcp_cookie_make(&t, IRS, mss, CLOCK);

			KUNIT_EXPECT_EQ(test, said[ip6][i], mss);
			KUNIT_EXPECT_EQ(test, mss, xtcp_cookie_mss(&t, mss + 1));
			KUNIT_EXPECT_EQ(test, mss, xtcp_cookie_check(&t, IRS, iss, CLOCK));
		}
	}
}

/* "t": it holds for a while and then no more, and never before its time. */
static void grows_old(struct kunit *test)
{
	/* where the clock's last eight bits wrap as well */
	static const u32 clocks[] = { 0, 1, CLOCK, 255, 256, U32_MAX - 1, U32_MAX };

	for (int i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct xtcp_tuple t = ends(i & 1);
		u32 clock = clocks[i], iss = xtcp_cookie_make(&t, IRS, 1460, clock);

		KUNIT_EXPECT_NE(test, 0, xtcp_cookie_check(&t, IRS, iss, clock));
		KUNIT_EXPECT_NE(test, 0, xtcp_cookie_check(&t, IRS, iss, clock + 1));
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&t, IRS, iss, clock + 2));
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&t, IRS, iss, clock + 128));
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&t, IRS, iss, clock - 1));
	}
	KUNIT_EXPECT_EQ(test, 6, xtcp_cookie_clock(7 * TICK - 1));
	KUNIT_EXPECT_EQ(test, 7, xtcp_cookie_clock(7 * TICK));
	/* nobody who has a cookie that holds is turned away */
	KUNIT_EXPECT_GE(test, XTCP_COOKIE_SECONDS * (u64)NSEC_PER_SEC, 2 * TICK);
}

/* Whatever else the ACK says, it is no answer to that SYN,ACK. */
static void fits_nothing_else(struct kunit *test)
{
	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct xtcp_tuple t = ends(ip6), other;
		u32 iss = xtcp_cookie_make(&t, IRS, 1460, CLOCK);

		for (int bit = 0; bit < 32; bit++) {
			KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&t, IRS, iss ^ BIT(bit), CLOCK));
			KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&t, IRS ^ BIT(bit), iss, CLOCK));
		}
		other = t;
		other.lport++;
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&other, IRS, iss, CLOCK));
		other = t;
		other.rport++;
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&other, IRS, iss, CLOCK));
		other = t;
		other.laddr.s6_addr[15]++;
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&other, IRS, iss, CLOCK));
		other = t;
		other.raddr.s6_addr[15]++;
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&other, IRS, iss, CLOCK));
		other = t;
		other.wire = IPPROTO_XTCP;
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&other, IRS, iss, CLOCK));
		other = t;
		other.l3mdev = 1;
		KUNIT_EXPECT_EQ(test, 0, xtcp_cookie_check(&other, IRS, iss, CLOCK));
	}
}

/* RFC 9293, 3.4.1 (MUST-8): a later ISS is ahead, by no more than two ticks' worth. */
static void moves_with_time(struct kunit *test)
{
	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct xtcp_tuple t = ends(ip6);

		for (u32 clock = 250; clock < 260; clock++) {
			u32 before = xtcp_cookie_make(&t, IRS, 1460, clock);
			u32 after = xtcp_cookie_make(&t, IRS, 536, clock + 1);

			if (ip6)
				after = xtcp_cookie_make(&t, IRS, 1220, clock + 1);
			KUNIT_EXPECT_LE(test, after - before, 2u << 24);
		}
	}
}

/* The time that carries options is true, but for the last bits, and never of the future. */
static void stamps(struct kunit *test)
{
	static const u32 times[] = { 0, 1, 14, 31, 32, 63, 64, 1000, U32_MAX };

	for (int i = 0; i < ARRAY_SIZE(times); i++)
		for (u32 bits = 0; bits < 128; bits++) {
			struct xtcp_agreed a = {
				.timestamps = 1, .sack = bits >> 5 & 1, .ecn = bits >> 6,
			};
			struct xtcp_segment syn = {
				.flags = XTCP_SYN, .opt.present = XTCP_OPT_TIMESTAMPS,
			};
			const struct xtcp_options *opt = &syn.opt;
			u8 ecn = a.ecn ? XTCP_ECE | XTCP_CWR : 0;
			u32 stamp;

			a.wscale = (bits & 15) <= XTCP_WSCALE_MAX && bits & 16;
			a.snd_wscale = a.wscale ? bits & 15 : 0;
			a.rcv_wscale = 7;	/* ours is not told */
			stamp = xtcp_cookie_stamp(&a, times[i]);
			KUNIT_EXPECT_LT(test, times[i] - stamp, 128);
			xtcp_cookie_syn(stamp, &syn);
			KUNIT_EXPECT_EQ(test, XTCP_SYN | ecn, (unsigned long)syn.flags);
			KUNIT_EXPECT_EQ(test, !!a.sack, !!(opt->present & XTCP_OPT_SACK_PERMITTED));
			KUNIT_EXPECT_EQ(test, !!a.wscale, !!(opt->present & XTCP_OPT_WSCALE));
			KUNIT_EXPECT_EQ(test, a.snd_wscale + 0, opt->wscale);
			KUNIT_EXPECT_TRUE(test, opt->present & XTCP_OPT_TIMESTAMPS);
		}
}

static struct kunit_case cookies_cases[] = {
	KUNIT_CASE(remembers_mss),
	KUNIT_CASE(grows_old),
	KUNIT_CASE(fits_nothing_else),
	KUNIT_CASE(moves_with_time),
	KUNIT_CASE(stamps),
	{}
};

struct kunit_suite cookies_suite = {
	.name = "cookies",
	.test_cases = cookies_cases,
};
