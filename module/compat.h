/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernels that xtcp builds on differ here, and nowhere else.  What a kernel
 * has is asked of its headers, in ask/questions.c, not concluded from its version.
 */
#ifndef _XTCP_COMPAT_H
#define _XTCP_COMPAT_H

#include <linux/bpf-cgroup.h>
#include <linux/inet_diag.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <linux/timer.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/route.h>
#include <net/sock.h>
#include <uapi/linux/landlock.h>
#include "../ask/answers.h"

/* GSO has a header of its own */
#if XTCP_HAVE_GSO_H
#include <net/gso.h>
#endif

/* the accounting of protocols' memory has a header of its own */
#if XTCP_HAVE_PROTO_MEMORY_H
#include <net/proto_memory.h>
#endif

/* references to fragments have a header of their own */
#if XTCP_HAVE_SKBUFF_REF_H
#include <linux/skbuff_ref.h>
#endif

/* receive packet steering has a header of its own */
#if XTCP_HAVE_RPS_H
#include <net/rps.h>
#endif

/* <asm/unaligned.h> moved */
#if XTCP_HAVE_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* a variable on the stack that is written before it is read: where the kernel's configuration
 * has all of them zeroed, this one is not
 */
#ifndef __uninitialized
#define __uninitialized		__attribute__((__uninitialized__))
#endif

/* timer_delete() for del_timer() */
static inline int xtcp_timer_delete(struct timer_list *timer)
{
#if XTCP_HAVE_TIMER_DELETE
	return timer_delete(timer);
#else
	return del_timer(timer);
#endif
}

/* timer_container_of() for from_timer() */
#if XTCP_HAVE_TIMER_CONTAINER_OF
#define xtcp_from_timer(var, timer, field) timer_container_of(var, timer, field)
#else
#define xtcp_from_timer(var, timer, field) from_timer(var, timer, field)
#endif

/* A table's size is an argument; before, an empty entry ends it.
 * The caller's table has one zeroed entry behind the @n that count.
 */
static inline struct ctl_table_header *
xtcp_register_sysctl(struct net *net, const char *path, struct ctl_table *table,
		     size_t n)
{
#if XTCP_HAVE_REGISTER_NET_SYSCTL_SZ
	return register_net_sysctl_sz(net, path, table, n);
#else
	return register_net_sysctl(net, path, table);
#endif
}

/* the address that bind() and connect() are given */
#if XTCP_HAVE_SOCKADDR_UNSIZED
#define XTCP_SOCKADDR	struct sockaddr_unsized
#else
#define XTCP_SOCKADDR	struct sockaddr
#endif

/* a sysctl's handler may not change its table */
#if XTCP_HAVE_CONST_CTL_TABLE
#define XTCP_CTL_TABLE	const struct ctl_table
#else
#define XTCP_CTL_TABLE	struct ctl_table
#endif

/* the bit fields of struct inet_sock became inet_flags */
#if XTCP_HAVE_INET_FLAGS
#define xtcp_inet_recverr(sk)		inet_test_bit(RECVERR, sk)
#define xtcp_inet_bind_no_port(sk)	inet_test_bit(BIND_ADDRESS_NO_PORT, sk)
static inline void xtcp_inet_init_flags(struct sock *sk)
{
	inet_set_bit(MC_LOOP, sk);
	inet_set_bit(MC_ALL, sk);
}
#else
#define xtcp_inet_recverr(sk)		(inet_sk(sk)->recverr)
#define xtcp_inet_bind_no_port(sk)	(inet_sk(sk)->bind_address_no_port)
static inline void xtcp_inet_init_flags(struct sock *sk)
{
	inet_sk(sk)->mc_loop = 1;
	inet_sk(sk)->mc_all = 1;
}
#endif

/* the bit fields of struct ipv6_pinfo became inet_flags, too */
#if IS_ENABLED(CONFIG_IPV6)
#if XTCP_HAVE_INET6_FLAGS
#define xtcp_inet6_recverr(sk)		inet6_test_bit(RECVERR6, sk)
#define xtcp_inet6_sndflow(sk)		inet6_test_bit(SNDFLOW, sk)
#define xtcp_inet6_repflow(sk)		inet6_test_bit(REPFLOW, sk)
static inline void xtcp_inet6_init_flags(struct sock *sk)
{
	inet6_set_bit(MC6_LOOP, sk);
	inet6_set_bit(MC6_ALL, sk);
	inet6_assign_bit(REPFLOW, sk, READ_ONCE(sock_net(sk)->ipv6.sysctl.flowlabel_reflect) &
				      FLOWLABEL_REFLECT_ESTABLISHED);
}

static inline bool xtcp_inet6_autoflowlabel(struct net *net, const struct sock *sk)
{
	return inet6_test_bit(AUTOFLOWLABEL_SET, sk) ?
	       inet6_test_bit(AUTOFLOWLABEL, sk) : ip6_default_np_autolabel(net);
}
#else
#define xtcp_inet6_recverr(sk)		(inet6_sk(sk)->recverr)
#define xtcp_inet6_sndflow(sk)		(inet6_sk(sk)->sndflow)
#define xtcp_inet6_repflow(sk)		(inet6_sk(sk)->repflow)
static inline void xtcp_inet6_init_flags(struct sock *sk)
{
	inet6_sk(sk)->mc_loop = 1;
	inet6_sk(sk)->mc_all = 1;
	inet6_sk(sk)->repflow = !!(sock_net(sk)->ipv6.sysctl.flowlabel_reflect &
				   FLOWLABEL_REFLECT_ESTABLISHED);
}

static inline bool xtcp_inet6_autoflowlabel(struct net *net, const struct sock *sk)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	return np->autoflowlabel_set ? np->autoflowlabel : ip6_default_np_autolabel(net);
}
#endif

/* the flow labels that a socket has leased moved to struct inet_sock */
static inline void xtcp_inet6_forget_flow_labels(struct sock *sk, struct ipv6_pinfo *np)
{
#if XTCP_HAVE_INET_FLOW_LABELS
	RCU_INIT_POINTER(inet_sk(sk)->ipv6_fl_list, NULL);
#else
	RCU_INIT_POINTER(np->ipv6_fl_list, NULL);
#endif
}

/* struct proto says where a socket's IPv6 part is; before, it is the end */
static inline void xtcp_pinfo_is_at(struct proto *prot, size_t offset)
{
#if XTCP_HAVE_PINFO_OFFSET
	prot->ipv6_pinfo_offset = offset;
#endif
}
#endif

/* the address length is an argument (in and out) */
static inline int xtcp_cgroup_connect6(struct sock *sk, struct sockaddr *addr,
				       int *addr_len)
{
#if XTCP_HAVE_CGROUP_ADDR_LEN
	return BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr, addr_len);
#else
	return BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr);
#endif
}

static inline int xtcp_cgroup_bind6(struct sock *sk, struct sockaddr *addr,
				    int *addr_len, u32 *flags)
{
#if XTCP_HAVE_CGROUP_ADDR_LEN
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, addr_len,
						  CGROUP_INET6_BIND, flags);
#else
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, CGROUP_INET6_BIND,
						  flags);
#endif
}

static inline int xtcp_cgroup_connect4(struct sock *sk, struct sockaddr *addr,
				       int *addr_len)
{
#if XTCP_HAVE_CGROUP_ADDR_LEN
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr, addr_len);
#else
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr);
#endif
}

static inline int xtcp_cgroup_bind4(struct sock *sk, struct sockaddr *addr,
				    int *addr_len, u32 *flags)
{
#if XTCP_HAVE_CGROUP_ADDR_LEN
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, addr_len,
						  CGROUP_INET4_BIND, flags);
#else
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, CGROUP_INET4_BIND,
						  flags);
#endif
}

/* Landlock has rules for TCP */
#if IS_ENABLED(CONFIG_SECURITY_LANDLOCK) && defined(LANDLOCK_ACCESS_NET_BIND_TCP)
#define XTCP_LANDLOCK_TCP	1
#else
#define XTCP_LANDLOCK_TCP	0
#endif

/* accept() takes its arguments in a struct */
#if XTCP_HAVE_ACCEPT_ARG
#define XTCP_ACCEPT_ARGS		struct proto_accept_arg *arg
#define xtcp_accept_flags		(arg->flags)
#else
#define XTCP_ACCEPT_ARGS		int flags, bool kern
#define xtcp_accept_flags		(flags)
#endif

/* the type of service to route by no longer includes LOCALROUTE */
static inline u8 xtcp_route_tos(const struct sock *sk)
{
#ifdef RT_CONN_FLAGS
	return RT_CONN_FLAGS(sk);
#else
	return ip_sock_rt_tos(sk);
#endif
}

/* tcp_info tells the window that we offer */
static inline void xtcp_info_set_rcv_wnd(struct tcp_info *info, u32 bytes)
{
#if XTCP_HAVE_TCPI_RCV_WND
	info->tcpi_rcv_wnd = bytes;
#endif
}

/* tcp_info tells how often the retransmission timer has fired, in how many
 * rows, and how long those lasted
 */
static inline void xtcp_info_set_total_rto(struct tcp_info *info, u16 n,
					   u16 rows, u32 ms)
{
#if XTCP_HAVE_TCPI_TOTAL_RTO
	info->tcpi_total_rto = n;
	info->tcpi_total_rto_recoveries = rows;
	info->tcpi_total_rto_time = ms;
#endif
}

/* the cookie itself is asked which timestamps are wanted */
static inline void xtcp_tx_timestamp(struct sock *sk,
				     const struct sockcm_cookie *sockc,
				     u8 *tx_flags)
{
#if XTCP_HAVE_TX_TIMESTAMP_COOKIE
	sock_tx_timestamp(sk, sockc, tx_flags);
#else
	sock_tx_timestamp(sk, sockc->tsflags, tx_flags);
#endif
}

/* Read the queue of errors; the sender of the packet that one is about is its
 * address.
 */
static inline int xtcp_recv_error(struct sock *sk, struct msghdr *msg, int len)
{
#if XTCP_HAVE_RECV_ERROR_ADDR_LEN
	int addr_len = 0;
	int ret = inet_recv_error(sk, msg, len, &addr_len);

	if (ret >= 0)
		msg->msg_namelen = addr_len;
	return ret;
#else
	return inet_recv_error(sk, msg, len);
#endif
}

/* Does one look into the table of the kernel's TCP, or is the table an argument?  Here it
 * is one, with the comma behind it, or nothing.
 */
#if XTCP_HAVE_LOOKUP_BY_NET
#define XTCP_TCP_TABLE(net)
#else
#define XTCP_TCP_TABLE(net)		((net)->ipv4.tcp_death_row.hashinfo),
#endif

/* The memory cgroup that pays for a socket, or NULL. */
static inline struct mem_cgroup *xtcp_memcg(const struct sock *sk)
{
#ifdef CONFIG_MEMCG
	return sk->sk_memcg;
#else
	return NULL;
#endif
}

/* Let it also pay for a child, for which nobody has paid so far. */
static inline void xtcp_memcg_inherit(struct sock *child, const struct sock *sk)
{
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg = sk->sk_memcg;

	if (memcg)
		css_get(&memcg->css);
	child->sk_memcg = memcg;
#endif
}

/* Allocate a zeroed object of a cache with SLAB_ACCOUNT, at a socket's expense:
 * in softirq nobody would pay otherwise.
 */
static inline void *xtcp_zalloc_charged(struct kmem_cache *cache,
					const struct sock *sk)
{
	struct mem_cgroup *old = set_active_memcg(xtcp_memcg(sk));
	void *object = kmem_cache_zalloc(cache, GFP_ATOMIC | __GFP_NOWARN);

	set_active_memcg(old);
	return object;
}

/* Could another local port take another route?  Rules, the choice among several next hops,
 * and IPsec's policies, a socket's own among them, may look at ports.
 */
static inline bool xtcp_ipv4_routes_by_port(const struct net *net)
{
	bool by_port = false;

#ifdef CONFIG_IP_MULTIPLE_TABLES
	by_port |= net->ipv4.fib_has_custom_rules;
#endif
#ifdef CONFIG_IP_ROUTE_MULTIPATH
	by_port |= READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_policy);
#endif
#ifdef CONFIG_XFRM
	by_port |= net->xfrm.policy_count[XFRM_POLICY_OUT];
	by_port |= net->xfrm.policy_count[XFRM_POLICY_MAX + XFRM_POLICY_OUT];
#endif
	return by_port;
}

#if IS_ENABLED(CONFIG_IPV6)
static inline bool xtcp_ipv6_routes_by_port(const struct net *net)
{
	bool by_port = false;

#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	by_port |= net->ipv6.fib6_has_custom_rules;
#endif
	by_port |= READ_ONCE(net->ipv6.sysctl.multipath_hash_policy);
#ifdef CONFIG_XFRM
	by_port |= net->xfrm.policy_count[XFRM_POLICY_OUT];
	by_port |= net->xfrm.policy_count[XFRM_POLICY_MAX + XFRM_POLICY_OUT];
#endif
	return by_port;
}
#endif

/* inet_diag holds the module of its handler; before, whoever uses it must */
#if XTCP_HAVE_INET_DIAG_OWNER
#define XTCP_INET_DIAG_OWNER	.owner = THIS_MODULE,
#else
#define XTCP_INET_DIAG_OWNER
#endif

/* did a program of conditions come with the request? */
static inline bool xtcp_diag_has_filter(const struct inet_diag_dump_data *dump)
{
	return dump->inet_diag_nla_bc;
}

/* does it let the socket through? */
static inline bool xtcp_diag_filter(const struct inet_diag_dump_data *dump, struct sock *sk)
{
#if XTCP_HAVE_INET_DIAG_FILTER_BY_DUMP
	return inet_diag_bc_sk(dump, sk);
#else
	return inet_diag_bc_sk(dump->inet_diag_nla_bc, sk);
#endif
}

#endif /* _XTCP_COMPAT_H */
