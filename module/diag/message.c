// SPDX-License-Identifier: GPL-2.0
/*
 * What sock_diag says of an entry: a struct inet_diag_msg, and the attributes that were asked
 * for.
 */
#include <linux/sock_diag.h>
#include "../compat.h"
#include "../engine/tcb.h"
#include "../engine/request.h"
#include "../engine/timewait.h"
#include "../observe/line.h"
#include "../socket/info.h"
#include "message.h"

/**
 * xtcp_diag_size() - how large a reply may be
 *
 * Return: bytes, for nlmsg_new()
 */
size_t xtcp_diag_size(void)
{
	return nla_total_size_64bit(sizeof(struct tcp_info)) +
	       nla_total_size(sizeof(struct inet_diag_msg)) +
	       inet_diag_msg_attrs_size() +
	       nla_total_size(sizeof(struct inet_diag_meminfo)) +
	       nla_total_size(SK_MEMINFO_VARS * sizeof(u32)) +
	       nla_total_size(XTCP_CONG_NAME_MAX) +
	       nla_total_size(sizeof(u8));	/* INET_DIAG_PROTOCOL */
}

static bool asked(const struct inet_diag_req_v2 *req, int attr)
{
	return req->idiag_ext & 1 << (attr - 1);
}

/* Of the timer's count only what belongs to it. */
static void set_line(struct inet_diag_msg *r, const struct xtcp_line *line)
{
	long left = max((long)(line->expires - jiffies), 0L);

	r->idiag_state = line->state;
	r->idiag_timer = line->timer;
	r->idiag_rqueue = line->rx;
	r->idiag_wqueue = line->tx;
	if (line->timer)
		r->idiag_expires = jiffies_to_msecs(left);
	r->idiag_retrans = line->timer == XTCP_LINE_TIMER_RETRANSMIT ? line->retries :
			   line->timer ? line->probes : 0;
}

static int put_memory(struct sk_buff *skb, struct sock *sk)
{
	const struct inet_diag_meminfo mem = {
		.idiag_rmem = sk_rmem_alloc_get(sk),
		.idiag_wmem = READ_ONCE(sk->sk_wmem_queued),
		.idiag_fmem = READ_ONCE(sk->sk_forward_alloc),
		.idiag_tmem = sk_wmem_alloc_get(sk),
	};

	return nla_put(skb, INET_DIAG_MEMINFO, sizeof(mem), &mem);
}

static int put_info(struct sk_buff *skb, struct sock *sk)
{
	struct nlattr *attr = nla_reserve_64bit(skb, INET_DIAG_INFO, sizeof(struct tcp_info),
						INET_DIAG_PAD);

	if (!attr)
		return -EMSGSIZE;
	lock_sock(sk);
	xtcp_get_info(sk, nla_data(attr));
	release_sock(sk);
	return 0;
}

static int put_cong(struct sk_buff *skb, struct sock *sk)
{
	char name[XTCP_CONG_NAME_MAX];

	lock_sock(sk);
	strscpy(name, xtcp_sk(sk)->cong.ops->name, sizeof(name));
	release_sock(sk);
	return nla_put_string(skb, INET_DIAG_CONG, name);
}

static int put_sock(struct sk_buff *skb, struct netlink_callback *cb, struct inet_diag_msg *r,
		    const struct inet_diag_req_v2 *req, struct sock *sk, bool net_admin)
{
	struct xtcp_line line;

	inet_diag_msg_common_fill(r, sk);
	xtcp_line_of_sock(&line, sk);
	set_line(r, &line);
	if (line.state == TCP_LISTEN)
		r->idiag_wqueue = READ_ONCE(sk->sk_max_ack_backlog);
	if (inet_diag_msg_attrs_fill(sk, skb, r, req->idiag_ext,
				     sk_user_ns(NETLINK_CB(cb->skb).sk), net_admin))
		return -EMSGSIZE;
	if ((asked(req, INET_DIAG_MEMINFO) && put_memory(skb, sk)) ||
	    (asked(req, INET_DIAG_SKMEMINFO) &&
	     sock_diag_put_meminfo(sk, skb, INET_DIAG_SKMEMINFO)) ||
	    (asked(req, INET_DIAG_INFO) && put_info(skb, sk)) ||
	    (asked(req, INET_DIAG_CONG) && put_cong(skb, sk)))
		return -EMSGSIZE;
	return 0;
}

static void set_addr(__be32 *to, const struct in6_addr *a, u8 family)
{
	memset(to, 0, sizeof(*a));
	if (family == AF_INET6)
		memcpy(to, a, sizeof(*a));
	else
		to[0] = xtcp_addr_v4(a);
}

/* What is no socket has no cookie, no inode, and nobody's uid. */
static int put_small(struct sk_buff *skb, struct inet_diag_msg *r, const struct xtcp_entry *e,
		     bool net_admin)
{
	const struct xtcp_node *node = xtcp_entry_node(e);
	bool request = e->kind == XTCP_KIND_REQUEST;
	struct xtcp_line line;

	r->idiag_family = node->family;
	set_addr(r->id.idiag_src, &node->tuple.laddr, node->family);
	set_addr(r->id.idiag_dst, &node->tuple.raddr, node->family);
	r->id.idiag_sport = htons(node->tuple.lport);
	r->id.idiag_dport = htons(node->tuple.rport);
	r->id.idiag_if = node->ifindex;
	r->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	r->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (request)
		xtcp_line_of_request(&line, e->req);
	else
		xtcp_line_of_time_wait(&line, e->tw);
	set_line(r, &line);
	if (net_admin &&
	    nla_put_u32(skb, INET_DIAG_MARK, request ? e->req->mark : READ_ONCE(e->tw->mark)))
		return -EMSGSIZE;
	return 0;
}

/**
 * xtcp_diag_put() - write what is asked for of an entry
 * @skb: to it
 * @cb: the request, with @cb->seq for a dump
 * @req: the request's payload
 * @e: the entry, with a reference of the caller's
 * @flags: NLM_F_MULTI in a dump
 * @net_admin: whoever asks may see marks
 *
 * Process context; takes the socket's lock.
 *
 * Return: 0; -EMSGSIZE where it did not fit, and nothing was written
 */
int xtcp_diag_put(struct sk_buff *skb, struct netlink_callback *cb,
		  const struct inet_diag_req_v2 *req, const struct xtcp_entry *e,
		  u16 flags, bool net_admin)
{
	struct nlmsghdr *nlh = nlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					 cb->nlh->nlmsg_type, sizeof(struct inet_diag_msg), flags);
	struct inet_diag_msg *r;
	int err;

	if (!nlh)
		return -EMSGSIZE;
	r = nlmsg_data(nlh);
	memset(r, 0, sizeof(*r));	/* nlmsg_put() leaves what the memory held */
	err = e->kind == XTCP_KIND_CONNECTION ?
	      put_sock(skb, cb, r, req, e->sk, net_admin) : put_small(skb, r, e, net_admin);
	if (!err)
		err = nla_put_u8(skb, INET_DIAG_PROTOCOL, xtcp_entry_node(e)->tuple.wire);
	if (err) {
		nlmsg_cancel(skb, nlh);
		return -EMSGSIZE;
	}
	nl_dump_check_consistent(cb, nlh);
	nlmsg_end(skb, nlh);
	return 0;
}
