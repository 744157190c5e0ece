// SPDX-License-Identifier: GPL-2.0
/*
 * A case's beginning and end: the NIC, the addresses, time that stands still,
 * and nothing left behind.
 */
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <net/ip.h>
#include "../module/engine/close.h"
#include "../module/socket/family.h"
#include "conv.h"

u8 conv_options;
bool conv_ipv6;
bool conv_tcp_wire;

/* A suite's cases use one NIC: to make and free one takes longer than a case. */
static struct nic *suite_nic;

static void set_options(struct conv *t, u8 options, bool unsaid)
{
	t->options = options;
	t->unsaid = unsaid;
	t->wscale = unsaid ? 0 : 7;
	if (unsaid)	/* the timer is for a timeout then */
		t->xn->sysctl.early_retrans = 0;
	t->xn->sysctl.window_scaling = !!(options & XTCP_OPT_WSCALE);
	t->xn->sysctl.timestamps = !!(options & XTCP_OPT_TIMESTAMPS);
	t->xn->sysctl.sack = !!(options & XTCP_OPT_SACK_PERMITTED);
	nic_set_mtu(t->nic, ETH_DATA_LEN + conv_mtu_more(t));
}

/**
 * with_options() - both ends have these options
 * @t: the conversation, which has not begun
 * @options: XTCP_OPT_*
 */
void with_options(struct conv *t, u8 options)
{
	if (t->unsaid)
		t->xn->sysctl.early_retrans = t->sysctl.early_retrans;
	set_options(t, options, false);
}

/**
 * without_sack() - the two ends have the options that they have, but no SACK
 * @t: the conversation, which has not begun
 */
void without_sack(struct conv *t)
{
	set_options(t, t->options & ~XTCP_OPT_SACK_PERMITTED, t->unsaid);
}

static int init_kind(struct kunit *test, enum nic_kind kind)
{
	struct conv *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->log = kunit_kzalloc(test, CONV_LOG_BYTES, GFP_KERNEL);
	t->packet = kunit_kmalloc(test, IP_MAX_MTU, GFP_KERNEL);
	if (!t->log || !t->packet)
		return -ENOMEM;
	/* a packet's softirq runs where it came in, so it is over when a test
	 * goes on
	 */
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	t->test = test;
	if (!suite_nic) {
		struct nic *nic = nic_make(&init_net, kind);

		if (IS_ERR(nic))
			return PTR_ERR(nic);
		suite_nic = nic;
	}
	t->nic = suite_nic;
	t->xn = xtcp_pernet(&init_net);
	t->sysctl = t->xn->sysctl;
	t->xn->sysctl.challenge_ack_ms = 0;
	/* whose windows a reader can work out; CUBIC has tests of its own */
	t->xn->sysctl.congestion_control = &xtcp_cong_reno;
	t->ip6 = conv_ipv6;
	set_options(t, conv_options, conv_options);
	t->iss = HERE_ISS;
	t->irs = THERE_ISS;
	t->win = U16_MAX;
	t->peer_mss = MSS;
	t->tsval = 7000;
	t->tuple.wire = conv_tcp_wire ? IPPROTO_TCP : IPPROTO_XTCP;
	t->tuple.lport = HERE_PORT;
	t->tuple.rport = THERE_PORT;
	t->xn->isn_pinned = true;
	t->xn->timers_held = true;
	t->xn->isn = HERE_ISS;
	for (int i = 0; i < XTCP_MIB_MAX; i++)
		t->counters[i] = conv_count(t, i);
	test->priv = t;
	return 0;
}

/**
 * conv_address() - give the two ends their addresses
 * @t: the conversation
 * @here: xtcp's
 * @there: the peer's
 * @prefix: the length of their network's prefix
 */
void conv_address(struct conv *t, u32 here, u32 there, int prefix)
{
	t->tuple.laddr = conv_addr(t, here);
	t->tuple.raddr = conv_addr(t, there);
	KUNIT_ASSERT_EQ(t->test, 0, nic_set_address(t->nic, &t->tuple.laddr,
						    t->ip6 ? 96 + prefix : prefix));
}

/* It may be called before there are addresses, or a case's own. */
static void set_version(struct conv *t, bool ip6)
{
	t->ip6 = ip6;
	nic_set_mtu(t->nic, ETH_DATA_LEN + conv_mtu_more(t));
	if (!ipv6_addr_any(&t->tuple.laddr))
		conv_address(t, HERE_ADDR, THERE_ADDR, 24);
}

/**
 * over_ipv4() - this case is about IPv4, whatever conv_ipv6 says
 * @t: the conversation, which has not begun
 */
void over_ipv4(struct conv *t)
{
	if (t->ip6)
		set_version(t, false);
}

/**
 * over_ipv6() - this case is about IPv6, whatever conv_ipv6 says
 * @t: the conversation, which has not begun
 */
void over_ipv6(struct conv *t)
{
	if (!t->ip6)
		set_version(t, true);
}

/**
 * over_native() - this case is about the native wire, whatever conv_tcp_wire says
 * @t: the conversation, which has not begun
 *
 * On TCP's wire what is for nobody is for the kernel's TCP, which answers and counts it.
 */
void over_native(struct conv *t)
{
	t->tuple.wire = IPPROTO_XTCP;
}

static int init_addressed(struct kunit *test, enum nic_kind kind)
{
	int err = init_kind(test, kind);

	if (!err)
		conv_address(conv_of(test), HERE_ADDR, THERE_ADDR, 24);
	return err;
}

/**
 * conv_init() - before each case: a NIC, addresses, known sequence numbers
 * @test: the case
 *
 * This is struct kunit_suite's init.  Return: 0 or a negative errno
 */
int conv_init(struct kunit *test)
{
	return init_addressed(test, NIC_PLAIN);
}

/**
 * conv_init_plain() - conv_init() for cases that have options only if they ask for them
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_plain(struct kunit *test)
{
	int err = conv_init(test);

	if (!err)
		with_options(conv_of(test), 0);
	return err;
}

/**
 * conv_init_with_options() - conv_init(), and both ends offer all options
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_with_options(struct kunit *test)
{
	int err = conv_init(test);

	if (!err)
		with_options(conv_of(test), CONV_ALL_OPTIONS);
	return err;
}

/**
 * conv_init_no_sack() - conv_init() for cases that count duplicate ACKs
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_no_sack(struct kunit *test)
{
	int err = conv_init(test);

	if (!err)
		without_sack(conv_of(test));
	return err;
}

/**
 * conv_init_gso_no_sack() - conv_init_gso() for cases that count duplicate ACKs
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_gso_no_sack(struct kunit *test)
{
	int err = conv_init_gso(test);

	if (!err)
		without_sack(conv_of(test));
	return err;
}

/**
 * conv_init_csum() - conv_init() with a NIC that checksums
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_csum(struct kunit *test)
{
	return init_addressed(test, NIC_CSUM);
}

/**
 * conv_init_gso() - conv_init() with a NIC that takes GSO packets
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_gso(struct kunit *test)
{
	return init_addressed(test, NIC_GSO);
}

/**
 * conv_init_ipv6() - conv_init() for cases that are about IPv6
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_ipv6(struct kunit *test)
{
	int err = conv_init_bare(test);

	if (err)
		return err;
	over_ipv6(conv_of(test));
	conv_address(conv_of(test), HERE_ADDR, THERE_ADDR, 24);
	return 0;
}

/**
 * conv_init_native() - conv_init() for cases that are about the native wire
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_native(struct kunit *test)
{
	int err = conv_init(test);

	if (!err)
		over_native(conv_of(test));
	return err;
}

/**
 * conv_init_bare() - conv_init() without addresses
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_bare(struct kunit *test)
{
	return init_kind(test, NIC_PLAIN);
}

/**
 * conv_exit() - after each case: nothing of it may be left, or have gone unseen
 * @test: the case
 *
 * This is struct kunit_suite's exit.
 */
void conv_exit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	if (!t)
		return;
	if (test->status == KUNIT_SUCCESS && conv_unseen(t))
		KUNIT_FAIL(test, "%s\n%s", t->said, t->log);
	for (int i = 0; i < CONV_SOCKETS; i++)
		if (t->socks[i])
			user_close_socket(t, t->socks[i]);
	xtcp_end_connections(t->xn);
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->conns.nelems),
			    "connections are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->ports.nelems),
			    "ports are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->orphan_count),
			    "orphans are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->tw_count),
			    "TIME_WAIT objects are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, conv_count(t, XTCP_MIB_CURR_ESTAB),
			    "CurrEstab is not 0 again");
	flush_work(&t->xn->tcp_wire_work);
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->tcp_wire_users),
			    "ports of the kernel's TCP are held");
	KUNIT_EXPECT_EQ_MSG(test, 0, percpu_counter_sum(xtcp_prot.sockets_allocated),
			    "sockets are left");
	t->xn->isn_pinned = false;
	t->xn->timers_held = false;
	t->xn->sysctl = t->sysctl;
	nic_clear(t->nic);
}

/**
 * conv_suite_exit() - after the last case of a suite: its NIC goes
 * @suite: the suite
 *
 * This is struct kunit_suite's suite_exit.
 */
void conv_suite_exit(struct kunit_suite *suite)
{
	if (suite_nic)
		nic_free(suite_nic);
	suite_nic = NULL;
}
