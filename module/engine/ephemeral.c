// SPDX-License-Identifier: GPL-2.0
/*
 * Ephemeral ports: the choice of a free one, for bind() and for connect().  RFC 6056.
 *
 * On TCP's wire a port that connect() chooses is not held in the kernel's TCP (hold.c).  So
 * it comes from net.xtcp.local_port_range, in which the kernel's own connect() does not
 * choose, and the kernel's TCP is asked whether a program has bound it there, or it has the
 * 4-tuple.  A port that a user wishes for is held: by bind(), or by IP_LOCAL_PORT_RANGE.
 */
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include "../compat.h"
#include "../wire/claim.h"
#include "../wire/kernel_tcp.h"
#include "demux.h"
#include "ephemeral.h"
#include "ports.h"

#define PORT_COUNTERS_LOG	16
#define PORT_COUNTERS		BIT(PORT_COUNTERS_LOG)
#define PORT_STEP_MAX		8

static siphash_aligned_key_t port_secret;
static u32 *port_counters __read_mostly;

/**
 * xtcp_ephemeral_init() - draw the secret by which connect() chooses ports
 *
 * At module load.  Return: 0 or -ENOMEM
 */
int xtcp_ephemeral_init(void)
{
	port_counters = kvmalloc_array(PORT_COUNTERS, sizeof(*port_counters),
				       GFP_KERNEL);
	if (!port_counters)
		return -ENOMEM;
	get_random_bytes(port_counters, PORT_COUNTERS * sizeof(*port_counters));
	get_random_bytes(&port_secret, sizeof(port_secret));
	return 0;
}

/**
 * xtcp_ephemeral_exit() - undo xtcp_ephemeral_init()
 *
 * At module unload, when there are no sockets any more.
 */
void xtcp_ephemeral_exit(void)
{
	kvfree(port_counters);
}

static bool on_tcp_wire(const struct sock *sk)
{
	return xtcp_sk(sk)->node.tuple.wire == IPPROTO_TCP;
}

/* ---- bind() ---- */

static int bind_ephemeral(struct sock *sk, enum xtcp_port_wish wish)
{
	int low, high, count, i, err;
	u32 start;

	inet_sk_get_local_port_range(sk, &low, &high);
	count = high - low + 1;
	start = get_random_u32() % count;
	for (i = 0; i < count; i++) {
		u16 num = low + (start + i) % count;

		if (inet_is_local_reserved_port(sock_net(sk), num))
			continue;
		err = xtcp_port_bind(sk, num, wish);
		if (err != -EADDRINUSE)
			return err;
		if (!(i % 256))
			cond_resched();
	}
	return -EADDRINUSE;
}

static int get_port(struct sock *sk, u16 num)
{
	int err;

	if (num)
		return xtcp_port_bind(sk, num, XTCP_PORT_SHARED);
	err = bind_ephemeral(sk, XTCP_PORT_UNUSED);
	if (err == -EADDRINUSE)
		err = bind_ephemeral(sk, XTCP_PORT_ALONE);
	if (err == -EADDRINUSE && READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_autobind_reuse))
		err = bind_ephemeral(sk, XTCP_PORT_SHARED);
	return err;
}

/**
 * xtcp_get_port() - own a port on behalf of bind() or listen()
 * @sk: the socket, locked; its tuple has the address to own it on
 * @num: the port; 0: choose one from net.ipv4.ip_local_port_range
 *
 * Process context.  This is struct proto's get_port.
 *
 * RFC 9293: MUST-43.
 *
 * Return: 0; -EADDRINUSE where it, or every one, is taken; -ENOMEM
 */
int xtcp_get_port(struct sock *sk, unsigned short num)
{
	struct xtcp_net *xn = xtcp_sk(sk)->xn;
	int err;

	if (!on_tcp_wire(sk))
		return get_port(sk, num);
	err = xtcp_claim_get(xn);
	if (err)
		return err;
	err = get_port(sk, num);
	xtcp_claim_put(xn);
	return err;
}

/* ---- connect() ---- */

/* RFC 6056, 3.3.4: the double-hash algorithm.  The place where the search
 * begins depends on the peer, by a secret, and on how many ports were given
 * before to peers that share its counter.  So nobody can guess the next port,
 * or learn which other peers there are, and a port is reused late.  There are
 * 65,536 counters, because with few a host could be recognised by the
 * collisions.
 */
struct port_search {
	u32	offset;
	u32	*counter;
};

static u64 port_hash(const struct xtcp_sock *x)
{
	const struct xtcp_tuple *t = &x->node.tuple;
	struct {
		struct in6_addr	laddr;
		struct in6_addr	raddr;
		u64		rest;
	} key = {
		.laddr = t->laddr,
		.raddr = t->raddr,
		.rest = (u64)(net_hash_mix(x->xn->net) ^ t->l3mdev) << 32 |
			t->wire << 16 | t->rport,
	};

	if (ipv6_addr_v4mapped(&t->raddr))
		return siphash_2u64(xtcp_tuple_v4_hosts(t), key.rest, &port_secret);
	return siphash(&key, sizeof(key), &port_secret);
}

static struct port_search port_search(const struct xtcp_sock *x)
{
	u64 hash = port_hash(x);

	return (struct port_search) {
		.offset = lower_32_bits(hash),
		.counter = &port_counters[hash >> (64 - PORT_COUNTERS_LOG)],
	};
}

/* Let the next search begin beyond this one, and nobody know how far. */
static void port_search_ends(struct port_search *search, u32 tried)
{
	WRITE_ONCE(*search->counter, READ_ONCE(*search->counter) + tried +
		   get_random_u32() % PORT_STEP_MAX);
}

/* The ports among which connect() chooses.  @held: on TCP's wire: hold what is chosen. */
struct port_range {
	int	low;
	int	high;
	bool	held;
};

static struct port_range port_range(const struct sock *sk)
{
	struct port_range range = { };
	int low, high;
	u32 wire;

	inet_sk_get_local_port_range(sk, &range.low, &range.high);
	if (!on_tcp_wire(sk))
		return range;
	inet_get_local_port_range(sock_net(sk), &low, &high);
	range.held = range.low != low || range.high != high;
	if (range.held)		/* IP_LOCAL_PORT_RANGE */
		return range;
	wire = READ_ONCE(xtcp_sk(sk)->xn->sysctl.local_port_range);
	range.low = XTCP_PORT_RANGE_LOW(wire);
	range.high = XTCP_PORT_RANGE_HIGH(wire);
	return range;
}

/* On TCP's wire: has the kernel's TCP the 4-tuple? */
static bool tuple_is_theirs(const struct sock *sk)
{
	return on_tcp_wire(sk) && xtcp_kernel_tcp_has(sk, &xtcp_sk(sk)->node.tuple);
}

/* What stands for the 4-tuple may make room. */
static int try_port(struct sock *sk, u16 num, bool held, xtcp_port_yields *yields)
{
	struct xtcp_tuple *t = &xtcp_sk(sk)->node.tuple;
	int err;

	t->lport = num;
	if (tuple_is_theirs(sk) ||
	    (on_tcp_wire(sk) && !held && xtcp_kernel_tcp_bound(sock_net(sk), num, t->l3mdev)))
		return -EADDRNOTAVAIL;
	err = xtcp_port_connect_to(sk, num, held);
	if (err == -EADDRNOTAVAIL && yields(sk))
		err = xtcp_port_connect_to(sk, num, held);
	return err;
}

static int connect_ephemeral(struct sock *sk, xtcp_port_yields *yields)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct port_range range = port_range(sk);
	struct port_search search = port_search(x);
	int count = range.high - range.low + 1, i, err;
	u32 start = (search.offset + READ_ONCE(*search.counter)) % count;

	for (i = 0; i < count; i++) {
		u16 num = range.low + (start + i) % count;

		if (inet_is_local_reserved_port(sock_net(sk), num))
			continue;
		err = try_port(sk, num, range.held, yields);
		if (!err) {
			port_search_ends(&search, i + 1);
			return 0;
		}
		if (err == -ENOMEM)
			return err;
		if (!(i % 256))
			cond_resched();
	}
	x->node.tuple.lport = 0;
	return -EADDRNOTAVAIL;
}

/* The user has bound the port. */
static int connect_bound(struct sock *sk, xtcp_port_yields *yields)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	if (tuple_is_theirs(sk))
		return -EADDRNOTAVAIL;
	err = xtcp_port_readdress(sk);
	if (!err)
		err = xtcp_link_insert(x->xn, xtcp_sk_link(sk));
	if (err == -EADDRNOTAVAIL && yields(sk))
		err = xtcp_link_insert(x->xn, xtcp_sk_link(sk));
	xtcp_sk_set_hashed(sk, !err);
	return err;
}

/**
 * xtcp_port_connect() - choose a port for an active open and enter the table
 * @sk: the socket, locked; its tuple has both addresses and the remote port,
 *	and the local one if it was bound
 * @yields: asked where something stands for the 4-tuple that its tuple has
 *
 * Process context.
 *
 * Return: 0; -EADDRNOTAVAIL where the 4-tuple, or every one, is taken, by us or on TCP's
 * wire by the kernel's TCP; -ENOMEM
 */
int xtcp_port_connect(struct sock *sk, xtcp_port_yields *yields)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	x->node.tuple.l3mdev = l3mdev_master_ifindex_by_index(sock_net(sk),
							      sk->sk_bound_dev_if);
	if (x->owner.port)
		return connect_bound(sk, yields);
	if (!on_tcp_wire(sk))
		return connect_ephemeral(sk, yields);
	err = xtcp_claim_get(x->xn);
	if (err)
		return err;
	err = connect_ephemeral(sk, yields);
	xtcp_claim_put(x->xn);
	return err;
}
