/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ENTRIES_H
#define _XTCP_ENTRIES_H

#include "../netns.h"
#include "../engine/tuple.h"

struct sock;
struct xtcp_request;
struct xtcp_timewait;

enum xtcp_entries_part {
	XTCP_ENTRIES_LISTENERS,
	XTCP_ENTRIES_TABLE,
	XTCP_ENTRIES_BOUND,
	XTCP_ENTRIES_END,
};

/* Among the bits of the states: a socket that has a port, and neither listens nor is connected. */
#define XTCP_STATE_BOUND	13
#define XTCP_STATEF_BOUND	BIT(XTCP_STATE_BOUND)

/**
 * struct xtcp_entries_place - how far a walk is; all zero: at its beginning
 * @part: enum xtcp_entries_part
 * @in_table: @table is set
 * @table: of the connection table, which one: it has another seed when it grows
 * @where: the listener's number, the bucket, or wire and port
 * @nth: how many there are behind us
 * @restarts: how often the table was begun anew: entries may have been seen before
 */
struct xtcp_entries_place {
	u8	part;
	u8	in_table;
	u32	table;
	u32	where;
	u32	nth;
	u32	restarts;
};

/**
 * struct xtcp_entry - what a walk has come to, or a look-up has found
 * @kind: enum xtcp_kind
 * @sk: a connection, a listener, or a bound socket
 * @req: a request
 * @tw: a TIME_WAIT
 *
 * One of the three, with a reference that xtcp_entry_put() gives back.
 */
struct xtcp_entry {
	u8	kind;
	union {
		struct sock		*sk;
		struct xtcp_request	*req;
		struct xtcp_timewait	*tw;
	};
};

typedef bool (*xtcp_entry_wanted)(const struct xtcp_entry *e, const void *arg);

bool xtcp_entries_next(struct xtcp_net *xn, struct xtcp_entries_place *at, u32 states,
		       xtcp_entry_wanted wanted, const void *arg, struct xtcp_entry *e);
bool xtcp_entry_find(struct xtcp_net *xn, const struct xtcp_tuple *t, int ifindex,
		     struct xtcp_entry *e);
void xtcp_entry_put(const struct xtcp_entry *e);
int xtcp_entry_abort(const struct xtcp_entry *e);
const struct xtcp_node *xtcp_entry_node(const struct xtcp_entry *e);

#endif /* _XTCP_ENTRIES_H */
