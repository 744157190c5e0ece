// SPDX-License-Identifier: GPL-2.0
/*
 * sock_diag(7) for xtcp: the requests of inet_diag, for IPPROTO_XTCP.  xss shows connections
 * by it.  A module of its own, as tcp_diag is: who does not look needs neither.
 *
 * In a request's pad field may stand a wire, IPPROTO_XTCP or IPPROTO_TCP, as there stands a
 * raw socket's protocol; zero is both.  In a reply it is INET_DIAG_PROTOCOL.
 */
#include <linux/module.h>
#include <linux/sock_diag.h>
#include <net/l3mdev.h>
#include "../compat.h"
#include "../engine/tcb.h"
#include "../engine/request.h"
#include "../engine/timewait.h"
#include "../observe/entries.h"
#include "../uapi/xtcp.h"
#include "message.h"

/* ---- all that fit ---- */

struct diag_filter {
	const struct inet_diag_req_v2	*req;
	const struct netlink_callback	*cb;
};

/* Does the program of conditions that came with the request let it through?  It knows sockets
 * and the kernel TCP's requests: what is neither is written as one of the latter.
 */
static bool filter_runs(const struct netlink_callback *cb, const struct xtcp_entry *e)
{
	const struct xtcp_node *node = xtcp_entry_node(e);
	struct inet_request_sock like = { };
	struct sock *sk = (struct sock *)&like;

	if (!xtcp_diag_has_filter(cb->data))
		return true;
	if (e->kind == XTCP_KIND_CONNECTION)
		return xtcp_diag_filter(cb->data, e->sk);
	sk->sk_state = TCP_NEW_SYN_RECV;
	sk->sk_family = node->family;
	sk->sk_num = node->tuple.lport;
	sk->sk_dport = htons(node->tuple.rport);
	sk->sk_bound_dev_if = node->ifindex;
	sk->sk_rcv_saddr = xtcp_addr_v4(&node->tuple.laddr);
	sk->sk_daddr = xtcp_addr_v4(&node->tuple.raddr);
#if IS_ENABLED(CONFIG_IPV6)
	sk->sk_v6_rcv_saddr = node->tuple.laddr;
	sk->sk_v6_daddr = node->tuple.raddr;
#endif
	like.ir_mark = e->kind == XTCP_KIND_REQUEST ? e->req->mark : READ_ONCE(e->tw->mark);
	return xtcp_diag_filter(cb->data, sk);
}

static bool diag_wanted(const struct xtcp_entry *e, const void *arg)
{
	const struct diag_filter *f = arg;
	const struct inet_diag_req_v2 *req = f->req;
	const struct xtcp_node *node = xtcp_entry_node(e);
	u8 family = e->kind == XTCP_KIND_CONNECTION ? READ_ONCE(e->sk->sk_family) : node->family;

	return (!req->sdiag_family || req->sdiag_family == family) &&
	       (!req->pad || req->pad == node->tuple.wire) &&
	       (!req->id.idiag_sport || req->id.idiag_sport == htons(node->tuple.lport)) &&
	       (!req->id.idiag_dport || req->id.idiag_dport == htons(node->tuple.rport)) &&
	       filter_runs(f->cb, e);
}

static void diag_dump(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct inet_diag_req_v2 *req)
{
	struct xtcp_net *xn = xtcp_pernet(sock_net(cb->skb->sk));
	struct xtcp_entries_place *kept = (struct xtcp_entries_place *)cb->ctx;
	const struct diag_filter filter = { .req = req, .cb = cb };
	bool net_admin = netlink_net_capable(cb->skb, CAP_NET_ADMIN);
	struct xtcp_entries_place at = *kept;
	struct xtcp_entry e;
	int err = 0;

	BUILD_BUG_ON(sizeof(*kept) > sizeof(cb->ctx));
	while (!err && xtcp_entries_next(xn, &at, req->idiag_states, diag_wanted, &filter, &e)) {
		cb->seq = 1 + at.restarts;
		err = xtcp_diag_put(skb, cb, req, &e, NLM_F_MULTI, net_admin);
		xtcp_entry_put(&e);
		if (!err)
			*kept = at;
		cond_resched();
	}
	if (!err)
		*kept = at;
}

/* ---- one of them ---- */

static void set_tuple_addr(struct in6_addr *to, const __be32 *from, u8 family)
{
	if (family == AF_INET6)
		memcpy(to, from, sizeof(*to));
	else
		xtcp_addr_from_v4(to, from[0]);
}

/* Whom the request names: by its ends, and by its cookie unless that is INET_DIAG_NOCOOKIE. */
static int diag_find(struct net *net, const struct inet_diag_req_v2 *req, struct xtcp_entry *e)
{
	static const u8 wires[] = { IPPROTO_XTCP, IPPROTO_TCP };
	struct xtcp_tuple t = { };
	bool found = false;
	bool stale;
	int i;

	if (req->sdiag_family != AF_INET && req->sdiag_family != AF_INET6)
		return -EINVAL;
	set_tuple_addr(&t.laddr, req->id.idiag_src, req->sdiag_family);
	set_tuple_addr(&t.raddr, req->id.idiag_dst, req->sdiag_family);
	t.lport = ntohs(req->id.idiag_sport);
	t.rport = ntohs(req->id.idiag_dport);
	t.l3mdev = l3mdev_master_ifindex_by_index(net, req->id.idiag_if);
	for (i = 0; i < ARRAY_SIZE(wires) && !found; i++) {
		t.wire = wires[i];
		found = (!req->pad || req->pad == t.wire) &&
			xtcp_entry_find(xtcp_pernet(net), &t, req->id.idiag_if, e);
	}
	if (!found)
		return -ENOENT;
	if (e->kind == XTCP_KIND_CONNECTION)
		stale = sock_diag_check_cookie(e->sk, req->id.idiag_cookie);
	else
		stale = req->id.idiag_cookie[0] != INET_DIAG_NOCOOKIE ||
			req->id.idiag_cookie[1] != INET_DIAG_NOCOOKIE;
	if (!stale)
		return 0;
	xtcp_entry_put(e);
	return -ENOENT;
}

static int diag_dump_one(struct netlink_callback *cb, const struct inet_diag_req_v2 *req)
{
	struct net *net = sock_net(cb->skb->sk);
	struct xtcp_entry e;
	struct sk_buff *skb;
	int err = diag_find(net, req, &e);

	if (err)
		return err;
	skb = nlmsg_new(xtcp_diag_size(), GFP_KERNEL);
	err = skb ? xtcp_diag_put(skb, cb, req, &e, 0,
				  netlink_net_capable(cb->skb, CAP_NET_ADMIN)) : -ENOMEM;
	xtcp_entry_put(&e);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	return nlmsg_unicast(net->diag_nlsk, skb, NETLINK_CB(cb->skb).portid);
}

/* SOCK_DESTROY: for who has CAP_NET_ADMIN in the namespace. */
static int diag_destroy(struct sk_buff *in_skb, const struct inet_diag_req_v2 *req)
{
	struct net *net = sock_net(in_skb->sk);
	struct xtcp_entry e;
	int err = diag_find(net, req, &e);

	if (err)
		return err;
	if (e.kind == XTCP_KIND_CONNECTION)
		err = sock_diag_destroy(e.sk, ECONNABORTED);
	else
		err = ns_capable(net->user_ns, CAP_NET_ADMIN) ? xtcp_entry_abort(&e) : -EPERM;
	xtcp_entry_put(&e);
	return err;
}

/* inet_diag asks this for the dumps that it makes itself: not ours. */
static void diag_get_info(struct sock *sk, struct inet_diag_msg *r, void *info)
{
}

static const struct inet_diag_handler diag_handler = {
	XTCP_INET_DIAG_OWNER
	.dump			= diag_dump,
	.dump_one		= diag_dump_one,
	.idiag_get_info		= diag_get_info,
	.destroy		= diag_destroy,
	.idiag_type		= IPPROTO_XTCP,
	.idiag_info_size	= sizeof(struct tcp_info),
};

static int __init diag_init(void)
{
	return inet_diag_register(&diag_handler);
}

static void __exit diag_exit(void)
{
	inet_diag_unregister(&diag_handler);
}

module_init(diag_init);
module_exit(diag_exit);

MODULE_AUTHOR("The xtcp developers");
MODULE_DESCRIPTION("sock_diag for xtcp: what ss is for TCP");
MODULE_LICENSE("GPL");
MODULE_VERSION(XTCP_VERSION);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_NETLINK, NETLINK_SOCK_DIAG, 2-253);	/* AF_INET, IPPROTO_XTCP */
