/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

/*
 * Go on in a child, which becomes the program; wait here for its end, print what it
 * counted, and end as it did.  @inherited: sockets of the kernel's TCP that it is
 * started with
 */
void report(unsigned int inherited);

#endif
