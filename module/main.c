// SPDX-License-Identifier: GPL-2.0
/*
 * Load, unload, and what each network namespace gets: the order of everything.
 */
#include <linux/module.h>
#include <net/net_namespace.h>
#include "compat.h"
#include "engine/close.h"
#include "engine/cookies.h"
#include "engine/demux.h"
#include "engine/ephemeral.h"
#include "engine/icmp.h"
#include "engine/isn.h"
#include "engine/listeners.h"
#include "engine/ports.h"
#include "engine/proven.h"
#include "engine/receive.h"
#include "engine/request.h"
#include "engine/timeout.h"
#include "engine/timers.h"
#include "engine/timewait.h"
#include "netns.h"
#include "observe/observe.h"
#include "socket/family.h"
#include "sysctl.h"
#include "uapi/xtcp.h"
#include "wire/claim.h"
#include "wire/early.h"
#include "wire/hold.h"
#include "wire/ip.h"
#include "wire/offload.h"

static int __net_init xtcp_net_init(struct net *net)
{
	struct xtcp_net *xn = xtcp_pernet(net);
	int err = -ENOMEM;

	xn->net = net;
	xtcp_claim_net_init(xn);
	xtcp_early_net_init(xn);
	xn->mib = alloc_percpu(struct xtcp_mib);
	if (!xn->mib)
		return err;
	err = xtcp_hold_net_init(xn);
	if (err)
		goto mib;
	err = xtcp_demux_net_init(xn);
	if (err)
		goto hold;
	err = xtcp_ports_net_init(xn);
	if (err)
		goto demux;
	err = xtcp_listeners_net_init(xn);
	if (err)
		goto ports;
	err = xtcp_sysctl_net_init(xn);
	if (err)
		goto listeners;
	err = xtcp_proc_net_init(xn);
	if (err)
		goto sysctl;
	return 0;
sysctl:
	xtcp_sysctl_net_exit(xn);
listeners:
	xtcp_listeners_net_exit(xn);
ports:
	xtcp_ports_net_exit(xn);
demux:
	xtcp_demux_net_exit(xn);
hold:
	xtcp_hold_net_exit(xn);
mib:
	free_percpu(xn->mib);
	return err;
}

/* No user's socket is left.  The grace period that follows, for all namespaces
 * that end together, waits for TIME_WAIT's timers that are running, and for segments on
 * their way to a connection.
 */
static void __net_exit xtcp_net_pre_exit(struct net *net)
{
	struct xtcp_net *xn = xtcp_pernet(net);

	xtcp_proc_net_exit(xn);
	xtcp_end_connections(xn);
}

static void __net_exit xtcp_net_exit_batch(struct list_head *nets)
{
	bool hooked = false;
	struct net *net;

	list_for_each_entry(net, nets, exit_list) {
		xtcp_hold_net_exit(xtcp_pernet(net));
		hooked |= xtcp_claim_net_stop(xtcp_pernet(net));
		hooked |= xtcp_early_net_stop(xtcp_pernet(net));
	}
	if (hooked)
		synchronize_net();	/* hooks may still be at work */
	list_for_each_entry(net, nets, exit_list) {
		struct xtcp_net *xn = xtcp_pernet(net);

		xtcp_claim_net_exit(xn);
		xtcp_sysctl_net_exit(xn);
		xtcp_listeners_net_exit(xn);
		xtcp_ports_net_exit(xn);
		xtcp_demux_net_exit(xn);
		free_percpu(xn->mib);
	}
}

static struct pernet_operations net_ops = {
	.init		= xtcp_net_init,
	.pre_exit	= xtcp_net_pre_exit,
	.exit_batch	= xtcp_net_exit_batch,
	.id		= &xtcp_net_id,
	.size		= sizeof(struct xtcp_net),
};

static const struct xtcp_ip_upcalls ip_upcalls = {
	.receive	= xtcp_rcv,
	.icmp_error	= xtcp_icmp_error,
	.standing	= xtcp_standing,
	.cedes		= xtcp_timewait_cedes,
	.open		= xtcp_lookup_open,
	.open_route	= xtcp_lookup_open_route,
};

static int __init xtcp_init(void)
{
	int err;

	xtcp_timers_set_handler(xtcp_timeout);
	xtcp_isn_init();
	xtcp_cookies_init();
	xtcp_proven_init();
	xtcp_demux_init(xtcp_request_use_route);
	xtcp_claim_init(&ip_upcalls);
	xtcp_early_init(&ip_upcalls);
	err = xtcp_ephemeral_init();
	if (err)
		return err;
	err = xtcp_ports_init();
	if (err)
		goto ephemeral;
	err = xtcp_requests_init();
	if (err)
		goto ports;
	err = xtcp_timewait_init();
	if (err)
		goto handshake;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto timewait;
	err = xtcp_offload_init();
	if (err)
		goto pernet;
	err = xtcp_ipv4_init(&ip_upcalls);
	if (err)
		goto offload;
	err = xtcp_ipv6_init(&ip_upcalls);
	if (err)
		goto ipv4;
	err = xtcp_family_init();
	if (err)
		goto ipv6;
	return 0;
ipv6:
	xtcp_ipv6_exit();
ipv4:
	xtcp_ipv4_exit();
offload:
	xtcp_offload_exit();
pernet:
	unregister_pernet_subsys(&net_ops);
timewait:
	xtcp_timewait_exit();
handshake:
	xtcp_requests_exit();
ports:
	xtcp_ports_exit();
ephemeral:
	xtcp_ephemeral_exit();
	return err;
}

static void __exit xtcp_exit(void)
{
	xtcp_family_stop();
	xtcp_ipv6_exit();
	xtcp_ipv4_exit();
	xtcp_offload_exit();
	unregister_pernet_subsys(&net_ops);
	/* sockets, requests, TIME_WAIT objects and ports are freed by RCU callbacks */
	rcu_barrier();
	xtcp_family_exit();
	xtcp_timewait_exit();
	xtcp_requests_exit();
	xtcp_ports_exit();
	xtcp_ephemeral_exit();
}

module_init(xtcp_init);
module_exit(xtcp_exit);

MODULE_AUTHOR("The xtcp developers");
MODULE_DESCRIPTION("A TCP of its own: protocol family AF_XTCP");
MODULE_LICENSE("GPL");
MODULE_VERSION(XTCP_VERSION);
MODULE_ALIAS_NETPROTO(AF_XTCP);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET, 253, 1);	/* SOCK_STREAM */
MODULE_ALIAS_NET_PF_PROTO(PF_INET, 253);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET6, 253, 1);
MODULE_ALIAS_NET_PF_PROTO(PF_INET6, 253);
