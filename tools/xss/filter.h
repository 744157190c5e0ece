/* SPDX-License-Identifier: GPL-2.0 */
/* The words of a filter, as ss(8) has them, and the conditions that the kernel is given. */
#ifndef XSS_FILTER_H
#define XSS_FILTER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* States are the kernel's numbers. */
enum xss_state {
	S_ESTABLISHED = 1, S_SYN_SENT, S_SYN_RECV, S_FIN_WAIT_1, S_FIN_WAIT_2, S_TIME_WAIT,
	S_CLOSED, S_CLOSE_WAIT, S_LAST_ACK, S_LISTENING, S_CLOSING, S_BOUND = 13, S_MAX,
};

#define IN_STATE(s)	(1U << (s))
#define STATES_ALL	(IN_STATE(S_MAX) - 2 - IN_STATE(12))
#define STATES_CONNECTED \
	(STATES_ALL & ~(IN_STATE(S_CLOSED) | IN_STATE(S_LISTENING) | IN_STATE(S_BOUND)))
/* without a word: who has a peer, and no half-open or ended connections */
#define STATES_DEFAULT \
	(STATES_CONNECTED & ~(IN_STATE(S_SYN_RECV) | IN_STATE(S_TIME_WAIT)))

/* A program for INET_DIAG_REQ_BYTECODE. */
struct code {
	uint8_t	*bytes;
	size_t	len;
};

const char *state_name(int state);
void filter_parse(int argc, char **argv, uint32_t *states, struct code *code);

#endif
