// SPDX-License-Identifier: GPL-2.0
/* Requests of sock_diag(7) and what comes back. */
#define _GNU_SOURCE
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sockdiag.h"
#include "tap.h"

/* Return: a socket of NETLINK_SOCK_DIAG, of the namespace that this thread is in */
int sockdiag_open(void)
{
	return need(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
}

/* Return: a request for all of the wire's sockets that are in one of @states, a bit each */
struct inet_diag_req_v2 sockdiag_request(unsigned int states)
{
	return (struct inet_diag_req_v2) {
		.sdiag_family = address_family(),
		.sdiag_protocol = wire == WIRE_KERNEL ? IPPROTO_TCP : IPPROTO_XTCP,
		.pad = wire == WIRE_TCP ? IPPROTO_TCP : wire == WIRE_NATIVE ? IPPROTO_XTCP : 0,
		.idiag_states = states,
		.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
	};
}

/* Return: as sendmsg() */
int sockdiag_ask(int fd, int type, const struct inet_diag_req_v2 *req, int flags,
		 const struct conditions *conditions)
{
	struct rtattr attr = {
		.rta_type = INET_DIAG_REQ_BYTECODE,
		.rta_len = RTA_LENGTH(conditions ? conditions->len : 0),
	};
	struct nlmsghdr nlh = {
		.nlmsg_len = NLMSG_LENGTH(sizeof(*req)) +
			     (conditions ? RTA_LENGTH(conditions->len) : 0),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
		.nlmsg_seq = 77,
	};
	struct iovec iov[] = {
		{ &nlh, sizeof(nlh) },
		{ (struct inet_diag_req_v2 *)req, sizeof(*req) },
		{ &attr, sizeof(attr) },
		{ conditions ? (void *)conditions->code : NULL, conditions ? conditions->len : 0 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = conditions ? 4 : 2 };

	return sendmsg(fd, &msg, 0);
}

static void found_in(const struct nlmsghdr *nlh, struct found *f)
{
	int len = nlh->nlmsg_len - NLMSG_LENGTH(sizeof(f->msg));
	struct rtattr *a;

	memset(f, 0, sizeof(*f));
	memcpy(&f->msg, NLMSG_DATA(nlh), sizeof(f->msg));
	for (a = (struct rtattr *)((char *)NLMSG_DATA(nlh) + NLMSG_ALIGN(sizeof(f->msg)));
	     RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type > INET_DIAG_MAX)
			continue;
		f->attr[a->rta_type].data = RTA_DATA(a);
		f->attr[a->rta_type].len = RTA_PAYLOAD(a);
	}
}

/*
 * One recv() of what was asked for: @each is called with what is in it.
 * Return: 1, there is more; 0, that was all; or the error, negative
 */
int sockdiag_read(int fd, void (*each)(const struct found *f, void *arg), void *arg)
{
	static struct nlmsghdr buf[(1 << 16) / sizeof(struct nlmsghdr)];
	int len = need(recv(fd, buf, sizeof(buf), 0));
	struct nlmsghdr *nlh;
	bool more = false;

	for (nlh = buf; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		struct found f;

		if (nlh->nlmsg_type == NLMSG_DONE)
			return *(int *)NLMSG_DATA(nlh);
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
		more = nlh->nlmsg_flags & NLM_F_MULTI;
		found_in(nlh, &f);
		each(&f, arg);
	}
	return more;
}

/* Return: 0, or the error, negative */
int sockdiag_dump(const struct inet_diag_req_v2 *req, const struct conditions *conditions,
		  void (*each)(const struct found *f, void *arg), void *arg)
{
	int fd = sockdiag_open(), more;

	need(sockdiag_ask(fd, SOCK_DIAG_BY_FAMILY, req, NLM_F_DUMP, conditions));
	do {
		more = sockdiag_read(fd, each, arg);
	} while (more > 0);
	close(fd);
	return more;
}

/*
 * One socket, by its ends: look (SOCK_DIAG_BY_FAMILY) or end it (SOCK_DESTROY).
 * Return: 0, or the error, negative
 */
int sockdiag_one(int type, const struct inet_diag_req_v2 *req,
		 void (*each)(const struct found *f, void *arg), void *arg)
{
	int fd = sockdiag_open(), err;

	need(sockdiag_ask(fd, type, req, NLM_F_ACK, NULL));
	err = sockdiag_read(fd, each, arg);
	close(fd);
	return err;
}

/*
 * One more condition, which all must fulfil: INET_DIAG_BC_op, and what follows it. What does
 * not fulfil it jumps four bytes behind the end, which means "no".
 */
void conditions_add(struct conditions *c, int op, const void *operand, int bytes)
{
	struct inet_diag_bc_op head = { .code = op, .yes = sizeof(head) + bytes };
	int at = 0;

	memcpy(c->code + c->len, &head, sizeof(head));
	memcpy(c->code + c->len + sizeof(head), operand, bytes);
	c->len += sizeof(head) + bytes;
	while (at < c->len) {
		struct inet_diag_bc_op *o = (struct inet_diag_bc_op *)(c->code + at);

		o->no = c->len - at + 4;
		at += o->yes;
	}
}
