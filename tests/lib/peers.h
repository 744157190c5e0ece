/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs whose one end is of the wire under test and whose other is the kernel's
 * TCP. On the other wires both ends are of the wire's own kind, so that the same
 * conversations show what to expect.
 */
#ifndef TESTS_PEERS_H
#define TESTS_PEERS_H

#include <stdbool.h>

#include "net.h"

int peer_socket(void);
void peers_open(struct pair *p, bool we_listen);

#endif
