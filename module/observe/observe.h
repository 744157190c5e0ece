/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OBSERVE_H
#define _XTCP_OBSERVE_H

#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include "../netns.h"

enum xtcp_conns_place {
	XTCP_CONNS_START,	/* the heading */
	XTCP_CONNS_LISTENERS,
	XTCP_CONNS_TABLE,
	XTCP_CONNS_END,
};

/**
 * struct xtcp_conns_iter - a reader's place in /proc/net/xtcp, or xtcp6
 * @xn: the namespace
 * @family: whose sockets are shown: AF_INET, AF_INET6
 * @place: in which part of the file
 * @listener: among the listeners: the number of this one
 * @walk: in the table: the walk over it
 * @pos: how many lines are before it
 * @steps: how often one of the tables was asked for the next entry
 */
struct xtcp_conns_iter {
	struct xtcp_net		*xn;
	u8			family;
	enum xtcp_conns_place	place;
	unsigned long		listener;
	struct rhashtable_iter	walk;
	loff_t			pos;
	unsigned long		steps;
};

extern const struct seq_operations xtcp_conns_ops;

void xtcp_conns_iter_init(struct xtcp_conns_iter *it, struct xtcp_net *xn, u8 family);
void xtcp_conns_iter_exit(struct xtcp_conns_iter *it);
int xtcp_proc_net_init(struct xtcp_net *xn);
void xtcp_proc_net_exit(struct xtcp_net *xn);

#endif /* _XTCP_OBSERVE_H */
