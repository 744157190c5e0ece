// SPDX-License-Identifier: GPL-2.0
/*
 * Initial sequence numbers: RFC 9293, 3.4.1; RFC 6528; and the beginning of timestamps,
 * RFC 7323.
 */
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/ipv6.h>
#include "isn.h"

static siphash_aligned_key_t secret;

/**
 * xtcp_isn_init() - draw the secret
 *
 * At module load.
 *
 * RFC 9293: MUST-9.
 */
void xtcp_isn_init(void)
{
	get_random_bytes(&secret, sizeof(secret));
}

/* F of RFC 6528.  Of IPv4 tuples the part that is not the same for all, which costs a
 * third.
 */
static u64 tuple_secret(const struct xtcp_tuple *t)
{
	if (ipv6_addr_v4mapped(&t->laddr))
		return siphash_2u64(xtcp_tuple_v4_hosts(t),
				    (u64)t->lport << 48 | (u64)t->rport << 32 |
				    (u32)(t->l3mdev ^ t->wire << 24), &secret);
	return siphash(t, sizeof(*t), &secret);
}

/**
 * xtcp_isn() - the initial sequence number for a 4-tuple
 * @xn: the namespace
 * @t: the 4-tuple
 * @now_ns: the time
 *
 * RFC 6528: ISN = M + F(4-tuple, secret); M ticks every 4.096 us, F is siphash
 * with a secret drawn at load.
 *
 * RFC 9293: MUST-8, SHLD-1.
 */
u32 xtcp_isn(struct xtcp_net *xn, const struct xtcp_tuple *t, u64 now_ns)
{
	if (unlikely(READ_ONCE(xn->isn_pinned)))
		return READ_ONCE(xn->isn);
	return (u32)(now_ns >> 12) + (u32)tuple_secret(t);
}

/**
 * xtcp_timestamp_offset() - what our timestamps are shifted by
 * @xn: the namespace
 * @t: the 4-tuple
 *
 * RFC 7323, 5.4 and 7.1: random, and the same for all connections between two hosts,
 * so that a new one's timestamps are ahead of an old one's.
 *
 * Return: the offset; 0 where the sysctl timestamps asks for none
 */
u32 xtcp_timestamp_offset(const struct xtcp_net *xn, const struct xtcp_tuple *t)
{
	struct {
		struct in6_addr	laddr, raddr;
	} hosts = { t->laddr, t->raddr };

	if (READ_ONCE(xn->sysctl.timestamps) != 1)
		return 0;
	if (ipv6_addr_v4mapped(&t->laddr))
		return siphash_1u64(xtcp_tuple_v4_hosts(t), &secret);
	return siphash(&hosts, sizeof(hosts), &secret);
}
