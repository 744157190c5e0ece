// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts that have completed a handshake, so that they are where they say: the last ones of
 * a namespace, a word for each.
 *
 * A host's place, and the word that stands there, are two parts of a keyed hash of its
 * address: a stranger does not know whose place he takes, and must answer a SYN,ACK to
 * take any.  Two hosts that want one place take it from each other.  Nothing is locked: a
 * word is read and written at once.
 */
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/ipv6.h>
#include "proven.h"

static siphash_aligned_key_t secret;

/**
 * xtcp_proven_init() - draw the secret
 *
 * At module load.
 */
void xtcp_proven_init(void)
{
	get_random_bytes(&secret, sizeof(secret));
}

static u32 host_word(const struct in6_addr *addr, u32 *place)
{
	u64 hash = siphash(addr, sizeof(*addr), &secret);

	*place = hash % XTCP_PROVEN_HOSTS;
	return hash >> 32 ?: 1;		/* 0: nobody */
}

/**
 * xtcp_host_proves() - a host has completed a handshake
 * @xn: the namespace
 * @addr: its address
 *
 * Any context.
 */
void xtcp_host_proves(struct xtcp_net *xn, const struct in6_addr *addr)
{
	u32 place, word = host_word(addr, &place);

	WRITE_ONCE(xn->proven[place], word);
}

/**
 * xtcp_host_is_proven() - has a host completed a handshake not long ago?
 * @xn: the namespace
 * @addr: its address
 *
 * Any context.
 */
bool xtcp_host_is_proven(const struct xtcp_net *xn, const struct in6_addr *addr)
{
	u32 place, word = host_word(addr, &place);

	return READ_ONCE(xn->proven[place]) == word;
}
