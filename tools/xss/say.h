/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSS_SAY_H
#define XSS_SAY_H

#include <stdnoreturn.h>

#define PRINTF(m, n)	__attribute((format(printf, m, n)))

void complain(const char *fmt, ...) PRINTF(1, 2);
noreturn void die(const char *fmt, ...) PRINTF(1, 2);
noreturn void bad_usage(const char *fmt, ...) PRINTF(1, 2);
void *grow(void *old, size_t bytes);

#endif
