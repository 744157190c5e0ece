/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_MEMORY_H
#define _XTCP_MEMORY_H

#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <net/sock.h>
#include "../compat.h"

/* What struct proto points at. */
extern atomic_long_t xtcp_memory_allocated;
DECLARE_PER_CPU(int, xtcp_memory_per_cpu_fw_alloc);
extern struct percpu_counter xtcp_sockets_allocated;
extern unsigned long xtcp_memory_pressure;
extern long xtcp_mem[3];
extern int xtcp_buffer_least;

int xtcp_memory_init(void);
void xtcp_memory_exit(void);
int xtcp_buffer_most(int bytes);
void xtcp_enter_memory_pressure(struct sock *sk);
void xtcp_leave_memory_pressure(struct sock *sk);
bool xtcp_force_charge_more(struct sock *sk, int bytes);

/**
 * xtcp_force_charge() - charge a socket for memory whatever the limits say
 * @sk: the socket, locked
 * @bytes: how much; sk_mem_charge() takes it from there
 *
 * For the one segment that an empty queue takes.
 *
 * Any context.  Return: true, unless the core no longer forces charges
 */
static inline bool xtcp_force_charge(struct sock *sk, int bytes)
{
	return bytes <= sk->sk_forward_alloc || xtcp_force_charge_more(sk, bytes);
}

/* Has all been taken that there is, some of it by what this socket has yet to send?  As Linux. */
static inline bool xtcp_memory_out(const struct sock *sk)
{
	return unlikely(atomic_long_read(&xtcp_memory_allocated) > READ_ONCE(xtcp_mem[2])) &&
	       sk->sk_wmem_queued > SOCK_MIN_SNDBUF;
}

/* Memory is scarce, in net.xtcp.mem or in the socket's memory cgroup: grow nothing. */
static inline bool xtcp_memory_scarce(const struct sock *sk)
{
	return unlikely(sk_under_memory_pressure(sk));
}

#endif /* _XTCP_MEMORY_H */
