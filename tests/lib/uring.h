/* SPDX-License-Identifier: GPL-2.0 */
/* As much of io_uring as the tests need, without a library. */
#ifndef TESTS_URING_H
#define TESTS_URING_H

#include <linux/io_uring.h>

struct uring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

/* Return: -1 with errno where there is no io_uring; nothing of it need be undone */
int uring_open(struct uring *r, unsigned int entries);

/* A blank entry, which uring_submit() hands to the kernel */
struct io_uring_sqe *uring_sqe(struct uring *r, int opcode, int fd,
			       const void *addr, unsigned int len);
int uring_submit(struct uring *r);

/* Wait for the next completion. Return: its result: -errno, as the kernel has it */
int uring_wait(struct uring *r, unsigned long long *user_data);

/* Is there a completion? */
int uring_done(const struct uring *r);

#endif
