/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_COOKIES_H
#define _XTCP_COOKIES_H

#include <linux/types.h>

struct xtcp_agreed;
struct xtcp_segment;
struct xtcp_tuple;

/* How long ACKs are taken for cookies after the last one was sent, in seconds: as long as
 * one holds.
 */
#define XTCP_COOKIE_SECONDS	138

void xtcp_cookies_init(void);
u32 xtcp_cookie_clock(u64 ns);
u16 xtcp_cookie_mss(const struct xtcp_tuple *t, u16 mss);
u32 xtcp_cookie_make(const struct xtcp_tuple *t, u32 irs, u16 mss, u32 clock);
u16 xtcp_cookie_check(const struct xtcp_tuple *t, u32 irs, u32 iss, u32 clock);
u32 xtcp_cookie_stamp(const struct xtcp_agreed *a, u32 now);
void xtcp_cookie_syn(u32 stamp, struct xtcp_segment *syn);

#endif /* _XTCP_COOKIES_H */
