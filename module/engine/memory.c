// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that all sockets' buffers may have together: net.xtcp.mem, three
 * numbers in pages.
 *
 *	below low	every socket has what its own buffers allow
 *	above pressure	until below low again: no buffer grows, windows shrink, and
 *			only sockets that have less than their share get more
 *	above high	nothing is charged any more, and orphans that have much to send are
 *			reset
 *
 * But a connection that has nothing in a queue may always put one segment there:
 * so at the limit connections slow down, and none stops for ever.
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include "memory.h"

atomic_long_t xtcp_memory_allocated;
DEFINE_PER_CPU(int, xtcp_memory_per_cpu_fw_alloc);
struct percpu_counter xtcp_sockets_allocated;
unsigned long xtcp_memory_pressure;
long xtcp_mem[3] __read_mostly;
/* What every socket may have up to the high mark, however scarce memory is. */
int xtcp_buffer_least = 4096;

/**
 * xtcp_enter_memory_pressure() - the charge is above the pressure mark
 * @sk: whose charge it was
 *
 * This is struct proto's enter_memory_pressure.
 */
void xtcp_enter_memory_pressure(struct sock *sk)
{
	WRITE_ONCE(xtcp_memory_pressure, 1);
}

/**
 * xtcp_leave_memory_pressure() - the charge is below the low mark
 * @sk: whose charge it was
 *
 * This is struct proto's leave_memory_pressure.
 */
void xtcp_leave_memory_pressure(struct sock *sk)
{
	WRITE_ONCE(xtcp_memory_pressure, 0);
}

/* A processor's share of the sum, before it is added: as the core has it. */
#define PAGES_PER_CPU	((int)(SZ_1M >> PAGE_SHIFT))

/* The socket core forces a charge, the memory cgroup's included, only where a send buffer
 * is over its size; so for this moment the size is 0.  Whoever asks meanwhile, without the
 * lock, is told that there is no room, and is woken by the sk_write_space() that follows
 * each segment and each write.
 */
static noinline bool force_by_core(struct sock *sk, int bytes)
{
	u8 locks = sk->sk_userlocks;
	int sndbuf = sk->sk_sndbuf;
	bool done;

	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;	/* nobody else may change it */
	WRITE_ONCE(sk->sk_sndbuf, 0);
	done = __sk_mem_schedule(sk, bytes - sk->sk_forward_alloc, SK_MEM_SEND);
	WRITE_ONCE(sk->sk_sndbuf, sndbuf);
	sk->sk_userlocks = locks;
	return done;
}

/**
 * xtcp_force_charge_more() - charge a socket for memory that it does not have already
 * @sk: the socket, locked
 * @bytes: how much; more than it has
 *
 * Behind xtcp_force_charge().  Any context.  Return: true, unless the core no longer forces charges
 */
bool xtcp_force_charge_more(struct sock *sk, int bytes)
{
	int pages;

	if (xtcp_memcg(sk))
		return force_by_core(sk, bytes);
	pages = sk_mem_pages(bytes - sk->sk_forward_alloc);
	sk_forward_alloc_add(sk, pages << PAGE_SHIFT);
	if (unlikely(this_cpu_add_return(xtcp_memory_per_cpu_fw_alloc, pages) >=
		     PAGES_PER_CPU))
		atomic_long_add(this_cpu_xchg(xtcp_memory_per_cpu_fw_alloc, 0),
				&xtcp_memory_allocated);
	return true;
}

/**
 * xtcp_memory_init() - set the limits by how much memory there is
 *
 * At module load.  As the kernel's TCP: 4.7, 6.2 and 9.4 percent of memory.
 *
 * Return: 0 or -ENOMEM
 */
int xtcp_memory_init(void)
{
	unsigned long most = max(nr_free_buffer_pages() / 16, 128UL);

	xtcp_mem[0] = most / 4 * 3;
	xtcp_mem[1] = most;
	xtcp_mem[2] = xtcp_mem[0] * 2;
	return percpu_counter_init(&xtcp_sockets_allocated, 0, GFP_KERNEL);
}

/**
 * xtcp_buffer_most() - how large a buffer may grow on this machine
 * @bytes: how large on a machine with plenty of memory
 *
 * As the kernel's TCP: a 128th of memory, but 128 KiB in any case.
 *
 * Return: bytes
 */
int xtcp_buffer_most(int bytes)
{
	u64 share = (u64)nr_free_buffer_pages() << PAGE_SHIFT >> 7;

	return clamp_t(u64, share, SZ_128K, bytes);
}

/**
 * xtcp_memory_exit() - undo xtcp_memory_init()
 *
 * At module unload, when no socket is left.
 */
void xtcp_memory_exit(void)
{
	percpu_counter_destroy(&xtcp_sockets_allocated);
}
