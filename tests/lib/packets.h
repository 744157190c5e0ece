/* SPDX-License-Identifier: GPL-2.0 */
/* What is on the wire: TCP headers, native or TCP's, as they leave a device. */
#ifndef TESTS_PACKETS_H
#define TESTS_PACKETS_H

#include <stdbool.h>

#define P_FIN	0x01
#define P_SYN	0x02
#define P_RST	0x04
#define P_ACK	0x10

struct packet {
	unsigned int saddr;	/* network order; the last four bytes of IPv6's */
	unsigned int sport, dport;
	unsigned int tos, ttl;
	bool df;		/* of IPv6 always */
	unsigned int seq, ack, wnd, flags;
	unsigned int mss;	/* the option; 0: none */
	int wscale;		/* the option; -1: none */
	bool sack_permitted;
	bool timestamps;
	unsigned int sack_blocks;
	bool dsack;		/* the first of them is RFC 2883's */
	unsigned int options_bytes;
	unsigned char options[40];
	unsigned int bytes;	/* of data */
};

/* From now on: whatever leaves through lo, or all devices of this namespace */
int packets_open(void);

/* The next one from a port, waiting for it. Return: false if none comes */
bool packets_next(int fd, unsigned int sport, struct packet *p);

/* The next one from any port, if it is there */
bool packets_any(int fd, struct packet *p);

/* The next one from a port, if it is there */
bool packets_now(int fd, unsigned int sport, struct packet *p);

/* How many there are by now, with data and without, from a port */
int packets_count(int fd, unsigned int sport);

/* Return: how many were missed, for want of memory */
unsigned int packets_missed(int fd);

#endif
