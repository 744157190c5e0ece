/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's answers: xtcp's sockets by sock_diag(7). */
#ifndef XSS_ASK_H
#define XSS_ASK_H

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"

/**
 * struct conn - what the kernel says of a socket, a request or a TIME_WAIT
 * @msg: addresses, state, queues, timer, user, inode
 * @state: as a bit number of enum xss_state: the kernel's, but for bound sockets
 * @wire: IPPROTO_XTCP or IPPROTO_TCP
 * @has: which of what follows came, EXT_...
 * @shutdown: 1 receiving, 2 sending
 * @v6only: IPV6_V6ONLY of a listener
 * @mark: SO_MARK
 * @cgroup: the number of its cgroup
 * @tos: type of service
 * @tclass: traffic class
 * @skmem: SO_MEMINFO
 * @info: TCP_INFO; zero where the kernel knows less
 * @cong: its congestion control
 */
struct conn {
	struct inet_diag_msg	msg;
	int			state;
	uint8_t			wire;
	unsigned int		has;
	uint8_t			shutdown;
	uint8_t			v6only;
	uint32_t		mark;
	uint64_t		cgroup;
	uint8_t			tos;
	uint8_t			tclass;
	uint32_t		skmem[SK_MEMINFO_VARS];
	struct tcp_info		info;
	char			cong[16];
};

enum {
	HAS_SHUTDOWN	= 1 << 0,
	HAS_V6ONLY	= 1 << 1,
	HAS_MARK	= 1 << 2,
	HAS_CGROUP	= 1 << 3,
	HAS_TOS		= 1 << 4,
	HAS_TCLASS	= 1 << 5,
	HAS_SKMEM	= 1 << 6,
	HAS_INFO	= 1 << 7,
	HAS_CONG	= 1 << 8,
};

/**
 * struct ask - what is asked for
 * @family: AF_INET, AF_INET6
 * @wire: IPPROTO_XTCP, IPPROTO_TCP, or 0: both
 * @states: a bit for each state
 * @ext: INET_DIAG_..., a bit for each attribute less one
 * @code: conditions
 */
struct ask {
	uint8_t			family;
	uint8_t			wire;
	uint32_t		states;
	uint8_t			ext;
	const struct code	*code;
};

void ask_open(void);
void ask_all(const struct ask *ask, void (*each)(struct conn *e));
int ask_destroy(const struct conn *e);

#endif
