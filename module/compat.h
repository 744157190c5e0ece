/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernels that xtcp builds on differ here, and nowhere else.  Each entry
 * says since which release the newer form holds.
 */
#ifndef _XTCP_COMPAT_H
#define _XTCP_COMPAT_H

#include <linux/version.h>
#include <linux/bpf-cgroup.h>
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
#include <net/net_namespace.h>
#include <net/route.h>
#include <net/sock.h>
#include <uapi/linux/landlock.h>

/* 6.5: GSO has a header of its own */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/* 6.10: the accounting of protocols' memory has a header of its own */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include <net/proto_memory.h>
#endif

/* 6.10: references to fragments have a header of their own */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include <linux/skbuff_ref.h>
#endif

/* 6.10: receive packet steering has a header of its own */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include <net/rps.h>
#endif

/* 6.12: <asm/unaligned.h> moved */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* 6.2: timer_delete() for del_timer() */
static inline int xtcp_timer_delete(struct timer_list *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return timer_delete(timer);
#else
	return del_timer(timer);
#endif
}

/* 6.16: timer_container_of() for from_timer() */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define xtcp_from_timer(var, timer, field) timer_container_of(var, timer, field)
#else
#define xtcp_from_timer(var, timer, field) from_timer(var, timer, field)
#endif

/* 6.6: a table's size is an argument; before, an empty entry ends it.
 * The caller's table has one zeroed entry behind the @n that count.
 */
static inline struct ctl_table_header *
xtcp_register_sysctl(struct net *net, const char *path, struct ctl_table *table,
		     size_t n)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return register_net_sysctl_sz(net, path, table, n);
#else
	return register_net_sysctl(net, path, table);
#endif
}

/* 6.11: a sysctl's handler may not change its table */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define XTCP_CTL_TABLE	const struct ctl_table
#else
#define XTCP_CTL_TABLE	struct ctl_table
#endif

/* 6.6: the bit fields of struct inet_sock became inet_flags */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
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

/* 6.7: the address length is an argument (in and out) */
static inline int xtcp_cgroup_connect4(struct sock *sk, struct sockaddr *addr,
				       int *addr_len)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr, addr_len);
#else
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr);
#endif
}

static inline int xtcp_cgroup_bind4(struct sock *sk, struct sockaddr *addr,
				    int *addr_len, u32 *flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, addr_len,
						  CGROUP_INET4_BIND, flags);
#else
	return BPF_CGROUP_RUN_PROG_INET_BIND_LOCK(sk, addr, CGROUP_INET4_BIND,
						  flags);
#endif
}

/* 6.7: Landlock has rules for TCP */
#if IS_ENABLED(CONFIG_SECURITY_LANDLOCK) && defined(LANDLOCK_ACCESS_NET_BIND_TCP)
#define XTCP_LANDLOCK_TCP	1
#else
#define XTCP_LANDLOCK_TCP	0
#endif

/* 6.5, and 6.1.192 at the latest: sendfile() tells when its file has ended */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0) ||	\
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 192) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))
#define XTCP_SPLICE_EOF
#endif

/* Socket options of SOL_SOCKET come to the family first, which hands them on.
 * An older kernel does not ask the family, but attaches no SO_REUSEPORT program
 * to a socket that is already in a table: so ours is put in one of its own,
 * @alone.
 */
struct xtcp_sol_socket {
#ifndef SOCK_CUSTOM_SOCKOPT
	struct hlist_head	alone;
#endif
};

static inline void xtcp_take_sol_socket(struct sock *sk, struct socket *sock,
					struct xtcp_sol_socket *its)
{
#ifdef SOCK_CUSTOM_SOCKOPT
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
#else
	INIT_HLIST_HEAD(&its->alone);
	hlist_add_head(&sk->sk_node, &its->alone);
#endif
}

/* 6.10: accept() takes its arguments in a struct */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define XTCP_ACCEPT_ARGS		struct proto_accept_arg *arg
#define xtcp_accept_flags		(arg->flags)
#else
#define XTCP_ACCEPT_ARGS		int flags, bool kern
#define xtcp_accept_flags		(flags)
#endif

/* 6.10: the type of service to route by no longer includes LOCALROUTE */
static inline u8 xtcp_route_tos(const struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return ip_sock_rt_tos(sk);
#else
	return RT_CONN_FLAGS(sk);
#endif
}

/* 6.10: __assign_str() takes the string from __string() */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define xtcp_assign_str(dst, src)	__assign_str(dst)
#else
#define xtcp_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* 6.2: tcp_info tells the window that we offer */
static inline void xtcp_info_set_rcv_wnd(struct tcp_info *info, u32 bytes)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	info->tcpi_rcv_wnd = bytes;
#endif
}

/* 6.7: tcp_info tells how often the retransmission timer has fired, in how many
 * rows, and how long those lasted
 */
static inline void xtcp_info_set_total_rto(struct tcp_info *info, u16 n,
					   u16 rows, u32 ms)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	info->tcpi_total_rto = n;
	info->tcpi_total_rto_recoveries = rows;
	info->tcpi_total_rto_time = ms;
#endif
}

/* 6.13: the cookie itself is asked which timestamps are wanted */
static inline void xtcp_tx_timestamp(struct sock *sk,
				     const struct sockcm_cookie *sockc,
				     u8 *tx_flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	sock_tx_timestamp(sk, sockc, tx_flags);
#else
	sock_tx_timestamp(sk, sockc->tsflags, tx_flags);
#endif
}

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

#endif /* _XTCP_COMPAT_H */
