/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ECN_H
#define _XTCP_ECN_H

#include <linux/types.h>

struct sk_buff;
struct xtcp_segment;
struct xtcp_sock;

/**
 * struct xtcp_ecn - congestion that packets, and their ACKs, tell of
 * @field: the ECN field of the IP header that leaves now
 * @plain: a SYN has left, or come, that did not ask for ECN: what we send is not to be marked
 * @echo: a packet of the peer's was marked, and it has not said that it knows
 * @reduced: the congestion window was reduced, and the peer is to be told
 * @seen: a packet of the peer's could have been marked, or was
 */
struct xtcp_ecn {
	u8	field;
	u8	plain:1,
		echo:1,
		reduced:1,
		seen:1;
};

bool xtcp_ecn_syn_is_marked(const struct sk_buff *skb);
void xtcp_ecn_received(struct xtcp_sock *x, const struct sk_buff *skb,
		       const struct xtcp_segment *seg);
void xtcp_ecn_leaves(struct xtcp_sock *x, struct sk_buff *skb, struct xtcp_segment *seg,
		     bool fresh);

#endif /* _XTCP_ECN_H */
