/* SPDX-License-Identifier: GPL-2.0 */
/* How many sockets a namespace has, by its list in /proc/net. */
#ifndef TESTS_LISTED_H
#define TESTS_LISTED_H

#include "net.h"

#define IN_STATE(state)	(1U << (state))
#define IN_ANY_STATE	~0U

int listed_of(enum wire which, unsigned int states);
int listed_in(unsigned int states);

#endif
