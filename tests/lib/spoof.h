/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYNs from addresses that do not answer, 10.8.0.0/16, written by hand.  What is tested and
 * what is measured share this; it needs nothing of either.
 */
#ifndef TESTS_SPOOF_H
#define TESTS_SPOOF_H

#include <netinet/in.h>

#define SPOOFED_NET	"10.8.0.0/16"

/* Return: a socket to send them by, from this namespace; -1 and errno */
int spoof_open(void);

/* The SYN number @n, of a protocol, to a server.  Return: 0; -1 and errno */
int spoof_syn(int fd, unsigned int n, int protocol, const struct sockaddr_in *to);

#endif
