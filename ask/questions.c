// SPDX-License-Identifier: GPL-2.0
/*
 * What xtcp asks of the kernel that it is built for. Each question is a function, and the answer
 * is yes if it compiles. They are all asked at once, of kbuild's compiler with kbuild's options,
 * and nothing but the errors is of interest. ask/answers.awk makes a macro of each answer,
 * XTCP_HAVE_NAME, 1 or 0; module/compat.h turns these into one interface.
 *
 * So it does not matter which release brought an interface, nor where else it was carried to.
 *
 * ASK_EITHER() marks a question where a kernel may have both the newer form and the older one:
 * scripts/check builds for 6.12 with these answers inverted. A question ends with the brace in
 * the first column. A name that is not declared is an error once in each function, but a function
 * that is not declared only once in the file.
 */
#include <linux/bpf-cgroup.h>
#include <linux/inet_diag.h>
#include <linux/kernel.h>
#include <linux/net.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <linux/timer.h>
#include <net/inet_common.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#define ASK(name)		static void __maybe_unused have_##name(void)
#define ASK_EITHER(name)	ASK(name)

/* These two show that the compiler answers. */
ASK(YES)
{
}

ASK(NO)
{
	(void)no_such_name;
}

/* ---- headers ---- */

ASK(GSO_H)
{
#if !__has_include("net/gso.h")
	(void)no_such_header;
#endif
}

ASK(PROTO_MEMORY_H)
{
#if !__has_include("net/proto_memory.h")
	(void)no_such_header;
#endif
}

ASK(SKBUFF_REF_H)
{
#if !__has_include("linux/skbuff_ref.h")
	(void)no_such_header;
#endif
}

ASK(RPS_H)
{
#if !__has_include("net/rps.h")
	(void)no_such_header;
#endif
}

/* before, it is <asm/unaligned.h> */
ASK(UNALIGNED_H)
{
#if !__has_include("linux/unaligned.h")
	(void)no_such_header;
#endif
}

/* ---- timers ---- */

/* del_timer() has this name */
ASK_EITHER(TIMER_DELETE)
{
	struct timer_list timer;

	timer_delete(&timer);
}

/* from_timer() has this name */
ASK(TIMER_CONTAINER_OF)
{
#ifndef timer_container_of
	(void)no_such_macro;
#endif
}

/* ---- sysctls ---- */

/* a table's size is an argument; before, an empty entry ends it */
ASK(REGISTER_NET_SYSCTL_SZ)
{
	struct ctl_table table[1];

	register_net_sysctl_sz(NULL, "", table, 1);
}

/* a handler may not change its table */
ASK(CONST_CTL_TABLE)
{
	int (*handler)(const struct ctl_table *table, int write, void *buffer,
		       size_t *lenp, loff_t *ppos) = NULL;
	proc_handler *p = handler;

	p(NULL, 0, NULL, NULL, NULL);
}

/* ---- addresses and policies ---- */

/* bind() and connect() are given an address the size of which no type tells */
ASK(SOCKADDR_UNSIZED)
{
	int (*bind)(struct socket *sock, struct sockaddr_unsized *addr, int len) = NULL;
	const struct proto_ops ops = { .bind = bind };

	ops.bind(NULL, NULL, 0);
}

/* a program may change the length of the address */
ASK(CGROUP_ADDR_LEN)
{
#ifdef CONFIG_CGROUP_BPF
	int len;

	__cgroup_bpf_run_filter_sock_addr(NULL, NULL, &len, 0, NULL, NULL);
#endif
}

/* ---- the tables of calls ---- */

/* accept() takes its arguments in a struct */
ASK(ACCEPT_ARG)
{
	struct proto_accept_arg arg;

	(void)arg.flags;
}

/* sendfile() tells when its file has ended */
ASK_EITHER(SPLICE_EOF)
{
	void (*splice_eof)(struct socket *sock) = NULL;
	const struct proto_ops ops = { .splice_eof = splice_eof };

	ops.splice_eof(NULL);
}

/* ---- sockets ---- */

/* the bits of struct inet_sock are in inet_flags */
ASK(INET_FLAGS)
{
	struct sock *sk = NULL;

	inet_test_bit(RECVERR, sk);
	inet_set_bit(MC_LOOP, sk);
}

#if IS_ENABLED(CONFIG_IPV6)
/* those of struct ipv6_pinfo as well */
ASK(INET6_FLAGS)
{
	struct sock *sk = NULL;

	inet6_test_bit(RECVERR6, sk);
	inet6_test_bit(AUTOFLOWLABEL_SET, sk);
	inet6_set_bit(MC6_LOOP, sk);
	inet6_assign_bit(REPFLOW, sk, 1);
}

/* and the list of flow labels */
ASK(INET_FLOW_LABELS)
{
	struct inet_sock inet;

	RCU_INIT_POINTER(inet.ipv6_fl_list, NULL);
}

/* struct proto says where the IPv6 part of a socket is */
ASK(PINFO_OFFSET)
{
	struct proto prot;

	prot.ipv6_pinfo_offset = 0;
}
#endif

/* the cookie itself is asked which timestamps are wanted */
ASK(TX_TIMESTAMP_COOKIE)
{
	const struct sockcm_cookie *sockc = NULL;
	__u8 flags;

	sock_tx_timestamp(NULL, sockc, &flags);
}

/* the length of the address is returned apart from the message */
ASK(RECV_ERROR_ADDR_LEN)
{
	int len;

	inet_recv_error(NULL, NULL, 0, &len);
}

/* the namespace alone says in which table the kernel's TCP looks a connection up */
ASK(LOOKUP_BY_NET)
{
	__inet_lookup_established(NULL, 0, 0, 0, 0, 0, 0);
}

/* ---- sock_diag ---- */

/* inet_diag holds the module of its handler */
ASK(INET_DIAG_OWNER)
{
	struct inet_diag_handler handler;

	handler.owner = NULL;
}

/* the conditions of a request are asked for by all that is known of it */
ASK(INET_DIAG_FILTER_BY_DUMP)
{
	const struct inet_diag_dump_data *dump = NULL;

	inet_diag_bc_sk(dump, NULL);
}

/* ---- struct tcp_info ---- */

ASK_EITHER(TCPI_RCV_WND)
{
	struct tcp_info info;

	info.tcpi_rcv_wnd = 0;
}

ASK_EITHER(TCPI_TOTAL_RTO)
{
	struct tcp_info info;

	info.tcpi_total_rto = 0;
	info.tcpi_total_rto_recoveries = 0;
	info.tcpi_total_rto_time = 0;
}
