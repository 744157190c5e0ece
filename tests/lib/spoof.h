/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments and ICMP errors written by hand, over IPv4.  What is tested and what is measured
 * share this; it needs nothing of either.
 */
#ifndef TESTS_SPOOF_H
#define TESTS_SPOOF_H

#include <netinet/in.h>

#define SPOOFED_NET	"10.8.0.0/16"	/* whose addresses do not answer: spoof_syn() */
#define SPOOFED_BYTES	1400

/**
 * struct spoofed - a segment
 * @from: whose it claims to be, network order
 * @to: network order
 * @sport: port at @from
 * @dport: port at @to
 * @seq: sequence number
 * @ack: acknowledgment number
 * @wnd: window
 * @flags: TH_SYN and others
 * @data: what it carries
 * @bytes: how much of that, at most SPOOFED_BYTES
 */
struct spoofed {
	in_addr_t from, to;
	unsigned short sport, dport;
	unsigned int seq, ack;
	unsigned short wnd;
	unsigned char flags;
	const void *data;
	unsigned int bytes;
};

/* Return: a socket to send them by, from this namespace; -1 and errno */
int spoof_open(void);

/* Send one, of a protocol.  Return: 0; -1 and errno */
int spoof(int fd, int protocol, const struct spoofed *seg);

/* Send an ICMP error of @router's about one, to who claims to have sent it.  Return: as spoof() */
int spoof_icmp(int fd, int protocol, in_addr_t router, int type, int code, int mtu,
	       const struct spoofed *about);

/* The SYN number @n, of a protocol, to a server.  Return: as spoof() */
int spoof_syn(int fd, unsigned int n, int protocol, const struct sockaddr_in *to);

#endif
