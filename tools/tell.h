/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libxtcpize.so says what is not on xtcp, once a kind, and counts for --report.
 *
 * Context of all: between vfork() and exec(), in a signal handler; errno stays.
 */
#ifndef TOOLS_TELL_H
#define TOOLS_TELL_H

#include <stdbool.h>

#include "xtcpize.h"

/* Before the program can change its environment and its files */
void tell_init(void);

/* Sockets are counted where they are opened; @by is negative if one changes its kind. */
void tell_xtcp(int by);
void tell_asked(int by);

/* A socket is the kernel's TCP, or under --strict (@refused) would be. */
void tell_kernel(enum why why, bool refused);

/* So is, or would be, whatever @path opens. */
void tell_program(enum reach reach, const char *path, bool refused);

#endif
