/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clocks: microseconds measure a round trip, milliseconds and seconds say when
 * something happened last, jiffies set timers.  All but the last wrap; only differences
 * mean anything.
 */
#ifndef _XTCP_CLOCK_H
#define _XTCP_CLOCK_H

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>

static inline u32 xtcp_us(u64 ns)
{
	return div_u64(ns, NSEC_PER_USEC);
}

static inline u32 xtcp_now_us(void)
{
	return xtcp_us(ktime_get_ns());
}

/* The milliseconds of a time in jiffies. */
static inline u32 xtcp_ms_at(unsigned long at)
{
	/* a call saved, wherever a tick is a whole number of milliseconds */
	if (MSEC_PER_SEC % HZ == 0)
		return (u32)at * (MSEC_PER_SEC / HZ);
	return jiffies_to_msecs(at);
}

static inline u32 xtcp_now_ms(void)
{
	return xtcp_ms_at(jiffies);
}

static inline u32 xtcp_now_s(void)
{
	return ktime_get_seconds();
}

#endif /* _XTCP_CLOCK_H */
