/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xtcp keeps for each network namespace.  It lives in the namespace's
 * generic storage: made with the namespace, freed with it.
 */
#ifndef _XTCP_NETNS_H
#define _XTCP_NETNS_H

#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/sysctl.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/netns/generic.h>
#include <net/net_namespace.h>
#include <net/snmp.h>

#include "observe/counters.h"
#include "sysctl.h"

struct xtcp_tcp_wire;

#define XTCP_PORT_LOCKS_LOG	6
#define XTCP_PROVEN_HOSTS	1024

struct xtcp_net {
	struct net		*net;
	struct rhashtable	conns;	/* 4-tuple: connection, request, TIME_WAIT */
	struct rhashtable	ports;	/* (wire, port): who has bound it */
	struct rhltable		listeners;	/* (wire, port, address): who listens */
	spinlock_t		listeners_lock;	/* who stands for a SO_REUSEPORT group */
	struct xarray		listener_ids;	/* all of them, for diagnostics */
	spinlock_t		port_locks[1 << XTCP_PORT_LOCKS_LOG];	/* owners of ports */
	unsigned int		port_looks;	/* tests: what the last bind() looked at */
	DEFINE_SNMP_STAT(struct xtcp_mib, mib);
	struct xtcp_sysctls	sysctl;
	atomic_t		tw_count;
	atomic_t		orphan_count;
	bool			isn_pinned;	/* tests: isn, not the hash */
	bool			timers_held;	/* tests: they fire by hand alone */
	u32			isn;

	/* IPPROTO_TCP: claim.c, hold.c */
	struct mutex		tcp_wire_lock;
	struct xtcp_tcp_wire	*tcp_wire;
	atomic_t		tcp_wire_users;	/* who need the hook */
	bool			tcp_wire_hooked;
	struct nf_hook_ops	tcp_wire_hooks[2];	/* of IPv4, of IPv6 */
	struct delayed_work	tcp_wire_unhook;
	struct rhashtable	holds;	/* what is held: struct xtcp_hold */
	struct llist_head	tcp_wire_dead;
	struct work_struct	tcp_wire_work;

	/* Early demultiplexing: early.c; tcp_wire_lock, but for what it has found or missed */
	bool			early_hooked;
	bool			early_found;	/* since the last review */
	unsigned int		early_missed;	/* for want of the hook */
	struct nf_hook_ops	early_hooks[2];	/* of IPv4, of IPv6 */
	struct delayed_work	early_review;

	u32			proven[XTCP_PROVEN_HOSTS];	/* hosts, hashed: proven.c */

	struct ctl_table_header	*sysctl_header;
	struct ctl_table	*sysctl_table;
};

extern unsigned int xtcp_net_id;

static inline struct xtcp_net *xtcp_pernet(const struct net *net)
{
	return net_generic(net, xtcp_net_id);
}

extern struct xtcp_net *xtcp_first_net;

/**
 * xtcp_bounded() - a knob by which a namespace's owner could burden the machine
 * @xn: the namespace
 * @knob: which of struct xtcp_sysctls
 *
 * Return: what it is set to, or what the first namespace has if that is less
 */
#define xtcp_bounded(xn, knob) \
	min(READ_ONCE((xn)->sysctl.knob), READ_ONCE(xtcp_first_net->sysctl.knob))

/* What all processors have counted of XTCP_MIB_id. */
static inline long xtcp_counter(const struct xtcp_net *xn, int id)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(xn->mib, cpu)->mibs[id]);
	return (long)sum;
}

#endif /* _XTCP_NETNS_H */
