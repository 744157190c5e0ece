/* SPDX-License-Identifier: GPL-2.0 */
/* sock_diag(7): ask the kernel for the sockets of the wire under test. */
#ifndef TESTS_SOCKDIAG_H
#define TESTS_SOCKDIAG_H

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "net.h"

#define STATE_BOUND	13	/* bound, and neither listening nor connected */
#define ANY_STATE	0xfff
#define EXT(attr)	(1 << (INET_DIAG_##attr - 1))

/* What a reply says of a socket; an attribute that did not come: len 0. */
struct found {
	struct inet_diag_msg msg;
	struct found_attr {
		const void *data;
		int len;
	} attr[INET_DIAG_MAX + 1];
};

/* A condition that a request can carry, up to 64 words. */
struct conditions {
	int len;
	unsigned char code[256];
};

int sockdiag_open(void);
struct inet_diag_req_v2 sockdiag_request(unsigned int states);
int sockdiag_ask(int fd, int type, const struct inet_diag_req_v2 *req, int flags,
		 const struct conditions *conditions);
int sockdiag_read(int fd, void (*each)(const struct found *f, void *arg), void *arg);
int sockdiag_dump(const struct inet_diag_req_v2 *req, const struct conditions *conditions,
		  void (*each)(const struct found *f, void *arg), void *arg);
int sockdiag_one(int type, const struct inet_diag_req_v2 *req,
		 void (*each)(const struct found *f, void *arg), void *arg);

void conditions_add(struct conditions *c, int op, const void *operand, int bytes);

#endif
