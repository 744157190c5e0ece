// SPDX-License-Identifier: GPL-2.0
/*
 * Drops, and the tracepoints' one instance.
 */
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include "../wire/ip.h"
#include "../wire/segment.h"
#include "counters.h"
#include "drop.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static const u8 drop_counter[XTCP_DROP_MAX] = {
#define XTCP_DROP_COUNTER(id, counter, text) \
	[XTCP_DROP_##id] = XTCP_MIB_##counter,
	XTCP_DROPS(XTCP_DROP_COUNTER)
#undef XTCP_DROP_COUNTER
};

/**
 * xtcp_trace_options() - a segment's options as text
 * @p: where a trace's line is put together
 * @opt: what the record keeps of them
 *
 * In the order of the wire.  Called as a trace is read, as __print_flags() is.
 *
 * Return: the text, in @p; it begins with a space, or is empty
 */
const char *xtcp_trace_options(struct trace_seq *p, struct xtcp_trace_options opt)
{
	const char *text = trace_seq_buffer_ptr(p);
	u32 i;

	if (opt.mss)
		trace_seq_printf(p, " mss %u", opt.mss);
	if (opt.present & XTCP_OPT_SACK_PERMITTED)
		trace_seq_puts(p, " sackok");
	if (opt.present & XTCP_OPT_TIMESTAMPS)
		trace_seq_printf(p, " ts %u ecr %u", opt.tsval, opt.tsecr);
	if (opt.present & XTCP_OPT_WSCALE)
		trace_seq_printf(p, " wscale %u", opt.wscale);
	for (i = 0; i < opt.sacks; i++)
		trace_seq_printf(p, "%s %u..%u", i ? "" : " sack", opt.sack[2 * i],
				 opt.sack[2 * i + 1]);
	trace_seq_putc(p, 0);
	return text;
}

/* Of a segment that may be damaged: only what surely is there is read. */
static void trace_dropped(const struct xtcp_net *xn, const struct sk_buff *skb, u8 reason)
{
	struct xtcp_segment seg = { };
	struct xtcp_tuple t;
	u8 buf[XTCP_HEADER_MAX_BYTES];
	int offset = skb_transport_offset(skb), len;

	len = clamp_t(int, skb->len - offset, 0, sizeof(buf));
	if (!skb_copy_bits(skb, offset, buf, len))
		xtcp_segment_parse(&seg, buf, len);
	xtcp_skb_ip(skb)->addresses(skb, &t);
	t.lport = seg.dport;
	t.rport = seg.sport;
	len = skb->len - offset - seg.header_bytes;
	trace_xtcp_drop(xn, &t, &seg, max(len, 0), reason);
}

/**
 * xtcp_drop() - free a received segment, count it and say why
 * @xn: the namespace
 * @skb: the segment; its network and transport headers are set
 * @reason: why
 *
 * Any context.
 */
void xtcp_drop(struct xtcp_net *xn, struct sk_buff *skb,
	       enum xtcp_drop_reason reason)
{
	SNMP_INC_STATS(xn->mib, drop_counter[reason]);
	if (trace_xtcp_drop_enabled())
		trace_dropped(xn, skb, reason);
	kfree_skb(skb);
}
