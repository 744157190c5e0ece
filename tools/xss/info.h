/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSS_INFO_H
#define XSS_INFO_H

#include "ask.h"

void info_print(const struct conn *c);

#endif
