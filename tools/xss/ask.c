// SPDX-License-Identifier: GPL-2.0
/* sock_diag(7), by libmnl. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "say.h"
#include "xtcp.h"

static struct mnl_socket *sock;
static uint32_t seq;

/* A table that grows while it is read is read anew: what was shown is not shown twice. */
struct known {
	struct inet_diag_sockid	id;
	uint8_t			family;
	uint8_t			wire;
};

static void *known;

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct known));
}

static bool is_new(const struct conn *e)
{
	struct known *k = grow(NULL, sizeof(*k)), **found;

	memset(k, 0, sizeof(*k));
	k->id = e->msg.id;
	k->family = e->msg.idiag_family;
	k->wire = e->wire;
	found = tsearch(k, &known, by_bytes);
	if (!found)
		die("no memory");
	if (*found == k)
		return true;
	free(k);
	return false;
}

/**
 * ask_open() - before the first question
 *
 * To the namespace that this process is in.
 */
void ask_open(void)
{
	sock = mnl_socket_open(NETLINK_SOCK_DIAG);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID))
		die("netlink: %s", strerror(errno));
}

static struct nlmsghdr *request(void *buf, int type, int flags,
				const struct inet_diag_req_v2 *req)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++seq;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(*req)), req, sizeof(*req));
	return nlh;
}

static void copy(void *to, size_t room, const struct nlattr *attr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	memcpy(to, mnl_attr_get_payload(attr), len < room ? len : room);
}

#define sizeof_field(type, field)	sizeof(((type *)0)->field)

static int one_attribute(const struct nlattr *attr, void *arg)
{
	static const struct {
		int type;
		unsigned int has;
		size_t offset;
		size_t room;
	} kept[] = {
#define KEPT(type, has, field) \
		{ INET_DIAG_##type, has, offsetof(struct conn, field), \
		  sizeof_field(struct conn, field) }
		KEPT(PROTOCOL, 0, wire), KEPT(SHUTDOWN, HAS_SHUTDOWN, shutdown),
		KEPT(SKV6ONLY, HAS_V6ONLY, v6only), KEPT(MARK, HAS_MARK, mark),
		KEPT(CGROUP_ID, HAS_CGROUP, cgroup), KEPT(TOS, HAS_TOS, tos),
		KEPT(TCLASS, HAS_TCLASS, tclass), KEPT(SKMEMINFO, HAS_SKMEM, skmem),
		KEPT(INFO, HAS_INFO, info),
#undef KEPT
	};
	struct conn *e = arg;
	int type = mnl_attr_get_type(attr);

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		if (kept[i].type != type)
			continue;
		copy((char *)e + kept[i].offset, kept[i].room, attr);
		e->has |= kept[i].has;
	}
	if (type == INET_DIAG_CONG) {
		copy(e->cong, sizeof(e->cong) - 1, attr);
		e->has |= HAS_CONG;
	}
	return MNL_CB_OK;
}

struct dump {
	void (*each)(struct conn *e);
	uint32_t states;
};

static int one_message(const struct nlmsghdr *nlh, void *arg)
{
	const struct dump *dump = arg;
	struct conn e = { };

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(e.msg))
		return MNL_CB_OK;
	memcpy(&e.msg, mnl_nlmsg_get_payload(nlh), sizeof(e.msg));
	e.state = e.msg.idiag_state;
	/* who is closed and has a port is bound, and no more than that */
	if (e.state == S_CLOSED && dump->states & IN_STATE(S_BOUND))
		e.state = S_BOUND;
	mnl_attr_parse(nlh, sizeof(e.msg), one_attribute, &e);
	if (is_new(&e))
		dump->each(&e);
	return MNL_CB_OK;
}

static bool loaded(const char *module)
{
	char path[64] = "/sys/module/";

	return !access(strcat(path, module), F_OK);
}

static void no_answer(void)
{
	if (errno == ENOENT && !loaded("xtcp"))
		die("the module xtcp is not loaded: modprobe xtcp");
	if (errno == ENOENT)
		die("the module xtcp_diag is not there: modprobe xtcp_diag");
	if (errno == EPERM)
		die("the filter's fwmark takes CAP_NET_ADMIN");
	die("sock_diag: %s", strerror(errno));
}

/* An answer that is no more than an error, or none: the number comes first.  The end of a dump
 * says likewise how it went.
 */
static int one_end(const struct nlmsghdr *nlh, void *arg)
{
	int err = 0;

	(void)arg;
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	if (!err)
		return MNL_CB_STOP;
	errno = -err;
	return MNL_CB_ERROR;
}

/* The kernel's answers to one request. */
static int answers(int (*each)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	static mnl_cb_t control[] = { [NLMSG_ERROR] = one_end, [NLMSG_DONE] = one_end };
	static char *buf;
	size_t room = 1 << 17;
	ssize_t len;
	int more;

	if (!buf)
		buf = grow(NULL, room);
	do {
		len = mnl_socket_recvfrom(sock, buf, room);
		more = len < 0 ? -1 : mnl_cb_run2(buf, len, seq, mnl_socket_get_portid(sock),
						  each, arg, control, NLMSG_DONE + 1);
		/* "interrupted": it was begun anew */
		if (more < 0 && errno == EINTR)
			more = 1;
	} while (more > 0);
	return more;
}

/**
 * ask_all() - each socket that fits
 * @ask: which
 * @each: called for each, once
 *
 * Ends the program where there is no answer.
 */
void ask_all(const struct ask *ask, void (*each)(struct conn *e))
{
	const struct inet_diag_req_v2 req = {
		.sdiag_family = ask->family,
		.sdiag_protocol = IPPROTO_XTCP,
		.pad = ask->wire,
		.idiag_ext = ask->ext,
		.idiag_states = ask->states,
		.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
	};
	struct dump dump = { .each = each, .states = ask->states };
	char *buf = grow(NULL, 4096 + ask->code->len);
	struct nlmsghdr *nlh = request(buf, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req);

	if (ask->code->len)
		mnl_attr_put(nlh, INET_DIAG_REQ_BYTECODE, ask->code->len, ask->code->bytes);
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0 || answers(one_message, &dump) < 0)
		no_answer();
	free(buf);
}

static int nothing(const struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	(void)arg;
	return MNL_CB_OK;
}

/**
 * ask_destroy() - end a socket
 * @e: which
 *
 * Return: 0, or -1 with errno
 */
int ask_destroy(const struct conn *e)
{
	const struct inet_diag_req_v2 req = {
		.sdiag_family = e->msg.idiag_family,
		.sdiag_protocol = IPPROTO_XTCP,
		.pad = e->wire,
		.id = e->msg.id,
	};
	char buf[256];
	struct nlmsghdr *nlh = request(buf, SOCK_DESTROY, NLM_F_ACK, &req);
	/* a socket of its own: the other one's answers may still be on their way */
	struct mnl_socket *all = sock;
	int err = -1;

	sock = mnl_socket_open(NETLINK_SOCK_DIAG);
	if (sock && !mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) >= 0)
		err = answers(nothing, NULL);
	if (sock) {
		int why = errno;

		mnl_socket_close(sock);
		errno = why;
	}
	sock = all;
	return err < 0 ? -1 : 0;
}
