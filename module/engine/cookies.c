// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: RFC 4987, 3.6.  A listener that has no room for requests keeps nothing of a
 * SYN.  It writes what it must know of it into the SYN,ACK, and finds it again in the ACK.
 *
 *	ISS = F(4-tuple) + (clock << 24 | size << 22 | proof)
 *
 *	F	a secret hash, as RFC 6528 has it
 *	clock	ticks every 2^36 ns, 69 s; so ISS moves on as fast as RFC 9293, 3.4.1 asks
 *	size	which row of a table the peer's MSS is, 2 bits
 *	proof	22 bits of a secret hash of 4-tuple, IRS, clock and size: of the first hash,
 *		all of it, and the others
 *
 * The ACK has ISS + 1 and IRS + 1.  It is taken if the proof is right and the clock has
 * ticked at most once since, so a cookie holds for one to two ticks.  To a stranger F is
 * 8 bits more to guess: of 2^32 acknowledgment numbers 8 are right.
 *
 * If the SYN has timestamps, so has all that follows, and the ACK echoes that of the
 * SYN,ACK, whose last bits tell the options:
 *
 *	TSval = clock in ms, but for the last 6 bits: ECN, SACK permitted, window scale
 *
 * 15 stands for no window scale.  It lies a little in the past, so TSval never steps back.
 * Without timestamps there are no options.
 */
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include "agreed.h"
#include "cookies.h"
#include "tuple.h"

#define CLOCK_SHIFT	36	/* of nanoseconds */
#define TICKS_OLD	1	/* a cookie may be */
#define ISS_CLOCK	24	/* where in the ISS they begin */
#define ISS_SIZE	22
#define PROOF_MASK	(BIT(ISS_SIZE) - 1)
#define SIZE_BITS	2
#define SIZES		BIT(SIZE_BITS)

#define STAMP_BITS	6
#define STAMP_MASK	(BIT(STAMP_BITS) - 1)
#define STAMP_ECN	BIT(5)
#define STAMP_SACK	BIT(4)
#define STAMP_WSCALE	(BIT(4) - 1)
#define STAMP_NO_WSCALE	15
static_assert(XTCP_WSCALE_MAX < STAMP_NO_WSCALE);

static siphash_aligned_key_t hash_key, proof_key;

/* From the default of RFC 9293, 3.7.1, by a tunnel's, and PPPoE's, to Ethernet's. */
static const u16 sizes_v4[SIZES] = { 536, 1340, 1452, 1460 };
static const u16 sizes_v6[SIZES] = { 1220, 1340, 1432, 1440 };

/**
 * xtcp_cookies_init() - draw the secrets
 *
 * At module load.
 */
void xtcp_cookies_init(void)
{
	get_random_bytes(&hash_key, sizeof(hash_key));
	get_random_bytes(&proof_key, sizeof(proof_key));
}

static bool is_v4(const struct xtcp_tuple *t)
{
	return ipv6_addr_v4mapped(&t->laddr);
}

/* Of IPv4's 4-tuples the part that is not the same for all. */
static u64 ends_of(const struct xtcp_tuple *t)
{
	return (u64)t->lport << 48 | (u64)t->rport << 32 | (u32)(t->l3mdev ^ t->wire << 24);
}

static u64 hash_of(const struct xtcp_tuple *t)
{
	if (is_v4(t))
		return siphash_2u64(xtcp_tuple_v4_hosts(t), ends_of(t), &hash_key);
	return siphash(t, sizeof(*t), &hash_key);
}

/* @hash: hash_of() the 4-tuple, which stands for it, so that it is not hashed twice: half of
 * the hash is never on the wire.
 */
static u32 proof_of(u64 hash, u32 irs, u32 clock, u32 size)
{
	u32 dated = clock << SIZE_BITS | size;	/* 2 bits of a clock of 2,300 years are lost */

	return siphash_2u64(hash, (u64)irs << 32 | dated, &proof_key) & PROOF_MASK;
}

/**
 * xtcp_cookie_clock() - what cookies are dated by
 * @ns: the time, in nanoseconds
 *
 * Pure.
 */
u32 xtcp_cookie_clock(u64 ns)
{
	return ns >> CLOCK_SHIFT;
}

/* The row of the largest size that is no more than @mss; -1: none is */
static int size_for(const struct xtcp_tuple *t, u16 mss)
{
	const u16 *sizes = is_v4(t) ? sizes_v4 : sizes_v6;
	int i = SIZES - 1;

	while (i >= 0 && sizes[i] > mss)
		i--;
	return i;
}

/**
 * xtcp_cookie_mss() - what a cookie will remember of the peer's MSS
 * @t: the 4-tuple
 * @mss: the peer's, or the default
 *
 * Pure.
 *
 * Return: at most that; 0: it takes so little that no cookie can say it (MUST-16)
 */
u16 xtcp_cookie_mss(const struct xtcp_tuple *t, u16 mss)
{
	int size = size_for(t, mss);

	if (size < 0)
		return 0;
	return is_v4(t) ? sizes_v4[size] : sizes_v6[size];
}

/**
 * xtcp_cookie_make() - the ISS of a SYN,ACK of which nothing is kept
 * @t: the 4-tuple
 * @irs: the peer's initial sequence number
 * @mss: what the cookie will remember: xtcp_cookie_mss()
 * @clock: xtcp_cookie_clock() of now
 */
u32 xtcp_cookie_make(const struct xtcp_tuple *t, u32 irs, u16 mss, u32 clock)
{
	u32 size = size_for(t, mss);
	u64 hash = hash_of(t);

	return (u32)hash + (clock << ISS_CLOCK | size << ISS_SIZE |
			    proof_of(hash, irs, clock, size));
}

/**
 * xtcp_cookie_check() - is an ISS a cookie that was sent lately?
 * @t: the 4-tuple
 * @irs: the peer's initial sequence number, if it is
 * @iss: the ISS: the ACK's number, less one
 * @clock: xtcp_cookie_clock() of now
 *
 * Return: the peer's MSS, or less; 0: it is not
 */
u16 xtcp_cookie_check(const struct xtcp_tuple *t, u32 irs, u32 iss, u32 clock)
{
	u64 hash = hash_of(t);
	u32 cookie = iss - (u32)hash, size = cookie >> ISS_SIZE & (SIZES - 1);
	u8 ticks = clock - (cookie >> ISS_CLOCK);

	if (ticks > TICKS_OLD ||
	    (cookie & PROOF_MASK) != proof_of(hash, irs, clock - ticks, size))
		return 0;
	return is_v4(t) ? sizes_v4[size] : sizes_v6[size];
}

/**
 * xtcp_cookie_stamp() - the time of a SYN,ACK, with what was agreed on
 * @a: what was agreed on, timestamps among it
 * @now: the time, in milliseconds
 *
 * Pure.
 *
 * Return: the time to say; no later than @now, and less than 128 ms earlier
 */
u32 xtcp_cookie_stamp(const struct xtcp_agreed *a, u32 now)
{
	u32 stamp = now & ~STAMP_MASK;

	stamp |= a->wscale ? a->snd_wscale : STAMP_NO_WSCALE;
	if (a->sack)
		stamp |= STAMP_SACK;
	if (a->ecn)
		stamp |= STAMP_ECN;
	return (s32)(stamp - now) > 0 ? stamp - BIT(STAMP_BITS) : stamp;
}

/**
 * xtcp_cookie_syn() - what the SYN asked for that a cookie answered
 * @stamp: the time that the SYN,ACK has said
 * @syn: where to write its flags of ECN and its options; the rest is left as it is
 *
 * Pure.
 */
void xtcp_cookie_syn(u32 stamp, struct xtcp_segment *syn)
{
	struct xtcp_options *opt = &syn->opt;

	if (stamp & STAMP_ECN)
		syn->flags |= XTCP_ECE | XTCP_CWR;
	if (stamp & STAMP_SACK)
		opt->present |= XTCP_OPT_SACK_PERMITTED;
	if ((stamp & STAMP_WSCALE) == STAMP_NO_WSCALE)
		return;
	opt->present |= XTCP_OPT_WSCALE;
	opt->wscale = stamp & STAMP_WSCALE;
}
