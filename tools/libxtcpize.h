/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of libxtcpize.so share. */
#ifndef TOOLS_LIBXTCPIZE_H
#define TOOLS_LIBXTCPIZE_H

#include <stdbool.h>

/* A function that stands in front of the C library's */
#define PUBLIC	__attribute__((visibility("default")))

/* Nothing may be on the kernel's TCP. */
bool is_strict(void);

#endif
