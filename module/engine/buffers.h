/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_BUFFERS_H
#define _XTCP_BUFFERS_H

#include "rightsize.h"
#include "tcb.h"

struct sk_buff;
struct xtcp_segment;

void xtcp_buffers_begin(struct sock *sk);
void xtcp_rcvbuf_came(struct xtcp_sock *x, const struct sk_buff *skb,
		      const struct xtcp_segment *seg);
void xtcp_rcvbuf_tune(struct sock *sk);
void xtcp_rcvbuf_fit(struct sock *sk, u32 bytes);
void xtcp_sndbuf_grow(struct sock *sk);

/* The reader has taken something: does it need a larger window? */
static inline void xtcp_rcvbuf_taken(struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (xtcp_rightsize_due(&x->rightsize, x->copied_seq))
		xtcp_rcvbuf_tune(sk);
}

#endif /* _XTCP_BUFFERS_H */
