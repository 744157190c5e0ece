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
bool xtcp_force_charge(struct sock *sk, int bytes);

/* Memory is scarce, in net.xtcp.mem or in the socket's memory cgroup: grow nothing. */
static inline bool xtcp_memory_scarce(const struct sock *sk)
{
	return unlikely(sk_under_memory_pressure(sk));
}

#endif /* _XTCP_MEMORY_H */
