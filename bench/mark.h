/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the measured program tells count.so when to count: by executing an
 * instruction that does nothing and that no compiler makes.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

/* nopl 0x70637478(%rax) and nopl 0x71637478(%rax) */
#define MARK_BYTES	"\x0f\x1f\x80\x78\x74\x63"
#define MARK_START	0x70
#define MARK_STOP	0x71
#define MARK_LENGTH	7

static inline void mark_start(void)
{
	asm volatile("nopl 0x70637478(%rax)");
}

static inline void mark_stop(void)
{
	asm volatile("nopl 0x71637478(%rax)");
}

#endif
