// SPDX-License-Identifier: GPL-2.0
/*
 * net.xtcp.NAME, per network namespace.  Names and units are those of
 * net.ipv4.tcp_NAME where both exist.
 */
#include <linux/jiffies.h>
#include <linux/sysctl.h>
#include "../compat.h"
#include "../engine/memory.h"
#include "../engine/rtt.h"
#include "observe.h"

static int zero;
static int one = 1;
static int three = 3;
static int most_u8 = 255;
static int retries_most = 127;
static int ms_most = 60 * 1000;
static int delack_most_ms = 500;	/* RFC 9293, 3.8.6.3, MUST-40 */
static int seconds_most = 24 * 3600;
static int buffer_least = 2048;
static unsigned int rto_least_us = 1000;
static unsigned int rto_most_us = 120 * USEC_PER_SEC;

/* A number's place in struct xtcp_sysctls; the table is made per namespace. */
#define AT(field) ((void *)offsetof(struct xtcp_sysctls, field))
#define SIZE(field) sizeof_field(struct xtcp_sysctls, field)

#define NUMBER(field, handler, least, most) {		\
	.procname = #field,				\
	.data = AT(field),				\
	.maxlen = SIZE(field),				\
	.mode = 0644,					\
	.proc_handler = handler,			\
	.extra1 = least,				\
	.extra2 = most,					\
}

/* net.xtcp.mem: low, pressure, high, in this order or none. */
static int set_mem(XTCP_CTL_TABLE *table, int write, void *buffer, size_t *len,
		   loff_t *pos)
{
	unsigned long mem[ARRAY_SIZE(xtcp_mem)];
	struct ctl_table copy = *table;
	int err, i;

	for (i = 0; i < ARRAY_SIZE(mem); i++)
		mem[i] = READ_ONCE(xtcp_mem[i]);
	copy.data = mem;
	err = proc_doulongvec_minmax(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (mem[0] > mem[1] || mem[1] > mem[2] || mem[2] > LONG_MAX)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(mem); i++)
		WRITE_ONCE(xtcp_mem[i], mem[i]);
	return 0;
}

static const struct ctl_table xtcp_table[] = {
	NUMBER(abort_on_overflow, proc_dou8vec_minmax, &zero, &one),
	NUMBER(challenge_ack_ms, proc_dointvec_minmax, &zero, &ms_most),
	NUMBER(delack_ms, proc_dointvec_minmax, &one, &delack_most_ms),
	NUMBER(fin_timeout, proc_dointvec_minmax, &one, &seconds_most),
	NUMBER(keepalive_intvl, proc_dointvec_minmax, &one, &seconds_most),
	NUMBER(keepalive_probes, proc_dou8vec_minmax, &one, &retries_most),
	NUMBER(keepalive_time, proc_dointvec_minmax, &one, &seconds_most),
	NUMBER(max_orphans, proc_dointvec_minmax, &zero, NULL),
	NUMBER(max_syn_backlog, proc_dointvec_minmax, &zero, NULL),
	NUMBER(max_tw_buckets, proc_dointvec_minmax, &zero, NULL),
	NUMBER(orphan_retries, proc_dou8vec_minmax, &zero, &most_u8),
	NUMBER(retries1, proc_dou8vec_minmax, &zero, &most_u8),
	NUMBER(retries2, proc_dou8vec_minmax, &zero, &most_u8),
	NUMBER(rmem, proc_dointvec_minmax, &buffer_least, NULL),
	NUMBER(rto_min_us, proc_douintvec_minmax, &rto_least_us, &rto_most_us),
	NUMBER(syn_retries, proc_dou8vec_minmax, &one, &retries_most),
	NUMBER(synack_retries, proc_dou8vec_minmax, &zero, &retries_most),
	NUMBER(tcp_wire, proc_dointvec_minmax, &zero, &three),
	NUMBER(time_wait, proc_dointvec_minmax, &one, &seconds_most),
	NUMBER(wmem, proc_dointvec_minmax, &buffer_least, NULL),
	/* last, for only the first namespace has it: the memory is the machine's */
	{
		.procname = "mem",
		.data = xtcp_mem,
		.maxlen = sizeof(xtcp_mem),
		.mode = 0644,
		.proc_handler = set_mem,
	},
};

/* What costs the machine kernel memory for long when nobody holds a socket any
 * more, and who may use TCP's wire: of these a namespace, whose owner may be
 * anybody, has at most what the first one has.  xtcp_bounded() says so to those
 * that are set already.
 */
static const size_t bounded[] = {
	offsetof(struct xtcp_sysctls, fin_timeout),
	offsetof(struct xtcp_sysctls, max_orphans),
	offsetof(struct xtcp_sysctls, max_syn_backlog),
	offsetof(struct xtcp_sysctls, max_tw_buckets),
	offsetof(struct xtcp_sysctls, tcp_wire),
	offsetof(struct xtcp_sysctls, time_wait),
};

/* MUST-28, SHLD-10, SHLD-11 */
static const struct xtcp_sysctls defaults = {
	.retries1 = 3,
	.retries2 = 15,
	.syn_retries = 6,
	.synack_retries = 5,
	.keepalive_time = 7200,
	.keepalive_intvl = 75,
	.keepalive_probes = 9,
	.fin_timeout = 60,
	.time_wait = 60,
	.delack_ms = 40,
	.challenge_ack_ms = 500,
	.max_orphans = 16384,
	.max_syn_backlog = 1024,
	.max_tw_buckets = 65536,
	.tcp_wire = 2,
	.rto_min_us = XTCP_RTO_MIN_US,
	.rmem = { 4096, 131072, 6 << 20 },
	.wmem = { 4096, 16384, 4 << 20 },
};

/* A namespace but the first begins with no more than that has, and stays there. */
static void bound(struct xtcp_net *xn)
{
	u8 *first = (u8 *)&xtcp_pernet(&init_net)->sysctl;
	u8 *ours = (u8 *)&xn->sysctl;
	struct ctl_table *row;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bounded); i++) {
		int *most = (int *)(first + bounded[i]);
		int *is = (int *)(ours + bounded[i]);

		*is = min(*is, READ_ONCE(*most));
		for (row = xn->sysctl_table; row->data != is; row++)
			;
		row->extra2 = most;
	}
}

/**
 * xtcp_sysctl_net_init() - make net.xtcp in a namespace, at its defaults
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_sysctl_net_init(struct xtcp_net *xn)
{
	size_t n = ARRAY_SIZE(xtcp_table) - 1, i;

	xn->sysctl = defaults;
	if (!IS_ENABLED(CONFIG_SYSCTL))
		return 0;
	/* one zeroed entry more: older kernels look for it */
	xn->sysctl_table = kcalloc(n + 2, sizeof(xtcp_table[0]), GFP_KERNEL);
	if (!xn->sysctl_table)
		return -ENOMEM;
	memcpy(xn->sysctl_table, xtcp_table, n * sizeof(xtcp_table[0]));
	for (i = 0; i < n; i++)
		xn->sysctl_table[i].data = (u8 *)&xn->sysctl +
					   (unsigned long)xtcp_table[i].data;
	if (net_eq(xn->net, &init_net))
		xn->sysctl_table[n++] = xtcp_table[i];
	else
		bound(xn);
	xn->sysctl_header = xtcp_register_sysctl(xn->net, "net/xtcp",
						 xn->sysctl_table, n);
	if (xn->sysctl_header)
		return 0;
	kfree(xn->sysctl_table);
	return -ENOMEM;
}

/**
 * xtcp_sysctl_net_exit() - undo xtcp_sysctl_net_init()
 * @xn: the namespace
 */
void xtcp_sysctl_net_exit(struct xtcp_net *xn)
{
	if (!xn->sysctl_header)
		return;
	unregister_net_sysctl_table(xn->sysctl_header);
	kfree(xn->sysctl_table);
}
