// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "uring.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static char *map(int fd, size_t bytes, off_t what)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, fd, what);

	need(at == MAP_FAILED ? -1 : 0);
	return at;
}

int uring_open(struct uring *r, unsigned int entries)
{
	struct io_uring_params p;
	char *sq, *cq;

	memset(&p, 0, sizeof(p));
	r->fd = syscall(SYS_io_uring_setup, entries, &p);
	if (r->fd < 0)
		return -1;
	sq = map(r->fd, p.sq_off.array + p.sq_entries * sizeof(*r->sq_array),
		 IORING_OFF_SQ_RING);
	cq = map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes),
		 IORING_OFF_CQ_RING);
	r->sqes = (void *)map(r->fd, p.sq_entries * sizeof(*r->sqes), IORING_OFF_SQES);
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
	return 0;
}

struct io_uring_sqe *uring_sqe(struct uring *r, int opcode, int fd,
			       const void *addr, unsigned int len)
{
	unsigned int at = *r->sq_tail & *r->sq_mask;
	struct io_uring_sqe *sqe = &r->sqes[at];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcode;
	sqe->fd = fd;
	sqe->addr = (unsigned long)addr;
	sqe->len = len;
	r->sq_array[at] = at;
	return sqe;
}

int uring_submit(struct uring *r)
{
	__atomic_store_n(r->sq_tail, *r->sq_tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0);
}

int uring_done(const struct uring *r)
{
	return __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) != *r->cq_head;
}

int uring_wait(struct uring *r, unsigned long long *user_data)
{
	struct io_uring_cqe *cqe;
	int res;

	while (!uring_done(r))
		need(syscall(SYS_io_uring_enter, r->fd, 0, 1,
			     IORING_ENTER_GETEVENTS, NULL, 0));
	cqe = &r->cqes[*r->cq_head & *r->cq_mask];
	res = cqe->res;
	if (user_data)
		*user_data = cqe->user_data;
	__atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE);
	return res;
}
