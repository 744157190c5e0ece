// SPDX-License-Identifier: GPL-2.0
/*
 * Segments in words: text to packet, packet to text.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "../module/compat.h"
#include "conv.h"
#include "conv_words.h"

static const char *const flag_names[] = {
	"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR",
};

static const char *read_flags(const char *p, u8 *flags)
{
	size_t n;
	int i;

	*flags = 0;
	for (;;) {
		n = strcspn(p, "| ");
		for (i = 0; i < ARRAY_SIZE(flag_names); i++)
			if (n == 3 && !strncmp(p, flag_names[i], 3))
				break;
		if (i < ARRAY_SIZE(flag_names))
			*flags |= BIT(i);
		else if (n != 1 || *p != '0')
			return NULL;
		p += n;
		if (*p != '|')
			return p;
		p++;
	}
}

/* Each segment has timestamps, or none. */
static u32 whole_segment(const struct conv *t)
{
	u32 bytes = t->options & XTCP_OPT_TIMESTAMPS ? XTCP_TIMESTAMPS_BYTES : 0;

	if (!t->peer_mss)
		return XTCP_MSS_DEFAULT - bytes;
	return t->peer_mss + conv_unsaid_bytes(t) - bytes;
}

/* What one letter or number says; with an m behind it, that many segments. */
static const char *read_term(const struct conv *t, const char *p, u32 *value)
{
	bool number = isdigit(*p);

	*value = 0;
	while (isdigit(*p))
		*value = *value * 10 + *p++ - '0';
	if (*p == 'm') {
		*value = (number ? *value : 1) * whole_segment(t);
		return p + 1;
	}
	if (number)
		return p;
	switch (*p) {
	case 'R':
		*value = t->rcv_nxt;
		return p + 1;
	case 'S':
		*value = t->snd_nxt;
		return p + 1;
	case 'U':
		*value = t->snd_una;
		return p + 1;
	case 'T':
		*value = t->tsval_seen;
		return p + 1;
	}
	return NULL;
}

static const char *read_number(const struct conv *t, const char *p, u32 *value)
{
	u32 more;

	p = read_term(t, p, value);
	while (p && (*p == '+' || *p == '-')) {
		bool minus = *p == '-';

		p = read_term(t, p + 1, &more);
		*value += minus ? -more : more;
	}
	return p && (!*p || *p == ' ' || !strncmp(p, "..", 2)) ? p : NULL;
}

/* sack A..B C..D: blocks, each a range */
static const char *read_sack(const struct conv *t, const char *p, struct words *w)
{
	struct xtcp_sack_block *b;
	u32 start, end;

	while (p && w->seg.opt.sacks < XTCP_SACK_BLOCKS_MAX) {
		p = skip_spaces(p);
		if (!isdigit(*p) && !strchr("RSUm", *p))
			break;
		if (!*p)
			break;
		p = read_number(t, p, &start);
		if (!p || strncmp(p, "..", 2))
			return NULL;
		p = read_number(t, p + 2, &end);
		if (!p)
			return NULL;
		b = &w->sack[w->seg.opt.sacks++];
		b->start = htonl(start);
		b->end = htonl(end);
	}
	w->seg.opt.sack = w->sack;
	return w->seg.opt.sacks ? p : NULL;
}

/**
 * words_read() - what a text says about a segment
 * @t: the conversation, for R, S, U and m
 * @p: the text
 * @w: where to write it
 *
 * Return: whether it makes sense
 */
bool words_read(const struct conv *t, const char *p, struct words *w)
{
	u32 value;
	size_t n;

	*w = (struct words) { };
	p = read_flags(p, &w->seg.flags);
	while (p && *p) {
		const char *key;

		p = skip_spaces(p);
		if (!*p)
			break;
		key = p;
		n = strcspn(p, " ");
		if (n == 6 && !strncmp(key, "sackok", n)) {
			w->seg.opt.present |= XTCP_OPT_SACK_PERMITTED;
			p += n;
			continue;
		}
		if (n == 5 && !strncmp(key, "plain", n)) {
			w->plain = true;
			p += n;
			continue;
		}
		if (n == 4 && !strncmp(key, "sack", n)) {
			p = read_sack(t, p + n, w);
			continue;
		}
		p = read_number(t, skip_spaces(p + n), &value);
		if (!p)
			return false;
		if (!strncmp(key, "seq ", 4)) {
			w->seg.seq = value;
			w->has_seq = true;
		} else if (!strncmp(key, "ack ", 4)) {
			w->seg.ack = value;
			w->has_ack = true;
		} else if (!strncmp(key, "win ", 4)) {
			w->seg.wnd = value;
			w->has_win = true;
		} else if (!strncmp(key, "mss ", 4)) {
			w->seg.opt.mss = value;
			w->has_mss = true;
		} else if (!strncmp(key, "wscale ", 7)) {
			w->seg.opt.present |= XTCP_OPT_WSCALE;
			w->seg.opt.wscale = value;
			w->has_wscale = true;
		} else if (!strncmp(key, "ts ", 3)) {
			w->seg.opt.present |= XTCP_OPT_TIMESTAMPS;
			w->seg.opt.tsval = value;
			w->has_ts = true;
		} else if (!strncmp(key, "ecr ", 4)) {
			w->seg.opt.present |= XTCP_OPT_TIMESTAMPS;
			w->seg.opt.tsecr = value;
			w->has_ecr = true;
		} else if (!strncmp(key, "urg ", 4)) {
			w->seg.urg = value;
		} else if (!strncmp(key, "gso ", 4)) {
			w->gso = value;
			w->has_gso = true;
		} else if (!strncmp(key, "ecn ", 4)) {
			w->ecn = value;
		} else if (!strncmp(key, "len ", 4)) {
			w->len = value;
		} else {
			return false;
		}
	}
	return p;
}

/**
 * words_add_options() - what goes without saying where both ends have options
 * @t: the conversation
 * @w: the segment
 *
 * A SYN that names no option has all of them; each other segment, but a RST, has
 * timestamps.
 */
void words_add_options(const struct conv *t, struct words *w)
{
	struct xtcp_options *opt = &w->seg.opt;
	bool named = opt->present;

	if (w->plain || named || w->seg.flags & XTCP_RST)
		return;
	opt->present = w->seg.flags & XTCP_SYN ? t->options :
		       t->options & XTCP_OPT_TIMESTAMPS;
}

/**
 * conv_byte() - a byte of either stream
 * @offset: which, from the stream's beginning
 *
 * Return: the byte
 */
u8 conv_byte(u32 offset)
{
	return offset * 7 + (offset >> 8) * 13 + (offset >> 16);
}

/* Is there an MSS option among these?  Only a SYN may have one (MUST-65), and
 * xtcp_segment_parse() looks for it nowhere else.
 */
static bool has_mss_option(const u8 *opt, int len)
{
	while (len >= 2 && opt[0] != TCPOPT_EOL) {
		int size = opt[0] == TCPOPT_NOP ? 1 : max_t(int, opt[1], 1);

		if (opt[0] == TCPOPT_MSS)
			return true;
		opt += size;
		len -= size;
	}
	return false;
}

/* ---- from the peer ---- */

/**
 * conv_build() - the peer's segment as a packet
 * @t: the conversation
 * @packet: where to write it; room for 64 KiB
 * @said: the segment in words
 *
 * Return: its length in bytes; 0 where the words make no sense
 */
size_t conv_build(struct conv *t, u8 *packet, const char *said)
{
	u32 ip_bytes = conv_ip_bytes(t);
	u8 *p = packet + ip_bytes;
	struct tcphdr *th = (struct tcphdr *)p;
	struct words w;
	u32 i, offset;
	int header;

	if (!words_read(t, said, &w))
		return 0;
	t->nic->merged = w.gso;
	t->nic->segs = w.gso ? DIV_ROUND_UP(w.len, w.gso) : 0;
	words_add_options(t, &w);
	if (w.seg.opt.mss && w.seg.opt.present & XTCP_OPT_TIMESTAMPS)
		w.seg.opt.mss = min(w.seg.opt.mss + conv_unsaid_bytes(t), (u32)U16_MAX);
	if (!w.has_wscale)
		w.seg.opt.wscale = t->wscale;
	if (!w.has_ts)
		w.seg.opt.tsval = t->tsval;
	if (!w.has_ecr && w.seg.flags & XTCP_ACK)
		w.seg.opt.tsecr = t->tsval_seen;
	w.seg.sport = t->tuple.rport;
	w.seg.dport = t->tuple.lport;
	if (!w.has_win)
		w.seg.wnd = t->win;
	header = xtcp_segment_header_bytes(&w.seg);
	if (header > XTCP_HEADER_MAX_BYTES || ip_bytes + header + w.len > IP_MAX_MTU)
		return 0;
	xtcp_segment_build(&w.seg, p, header);
	offset = w.seg.seq + !!(w.seg.flags & XTCP_SYN) - t->irs - 1;
	for (i = 0; i < w.len; i++)
		p[header + i] = conv_byte(offset + i);
	conv_put_header(t, packet, header + w.len);
	conv_set_tos(t, packet, w.ecn);
	conv_fix_header(t, packet, header + w.len);
	th->check = conv_sum(t, p, header + w.len);
	return ip_bytes + header + w.len;
}

/**
 * conv_fix_sums() - make the checksums of a packet right again
 * @t: the conversation
 * @packet: from conv_build(), changed behind the IP header
 * @len: its length in bytes, perhaps another than before
 */
void conv_fix_sums(struct conv *t, u8 *packet, size_t len)
{
	u32 ip_bytes = conv_ip_bytes(t);
	struct tcphdr *th = (struct tcphdr *)(packet + ip_bytes);

	conv_fix_header(t, packet, len - ip_bytes);
	if (len < ip_bytes + XTCP_HEADER_BYTES)
		return;
	th->check = 0;
	th->check = conv_sum(t, th, len - ip_bytes);
}

/* ---- from xtcp ---- */

/**
 * words_of_packet() - what a packet of xtcp's says
 * @t: the conversation, whose addresses and data it must have
 * @skb: the packet, linear, beginning with the IP header
 * @w: where to write it
 *
 * Checks the packet's form as well: lengths, checksums.
 *
 * RFC 9293: MUST-2, MUST-45.
 *
 * Return: NULL, or what is wrong with it
 */
const char *words_of_packet(struct conv *t, struct sk_buff *skb,
			    struct words *w)
{
	struct tcphdr *th = (struct tcphdr *)(skb->data + conv_ip_bytes(t));
	u32 len = skb->len - conv_ip_bytes(t), offset, i;
	const char *bad = conv_check_header(t, skb);
	const u8 *text;

	*w = (struct words) { };
	if (bad)
		return bad;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		/* what the NIC's hardware would do */
		if (skb_checksum_start(skb) != (u8 *)th ||
		    skb->csum_offset != offsetof(struct tcphdr, check))
			return "sent: the checksum's place is wrong";
		th->check = csum_fold(csum_partial(th, len, 0));
	}
	if (conv_sum(t, th, len))
		return "sent: a bad checksum";
	if (xtcp_segment_parse(&w->seg, th, len))
		return "sent: a bad header";
	if (!(w->seg.flags & XTCP_SYN) &&
	    has_mss_option((u8 *)(th + 1), w->seg.header_bytes - XTCP_HEADER_BYTES))
		return "sent: an MSS without a SYN";
	if (w->seg.sport != t->tuple.lport || w->seg.dport != t->tuple.rport)
		return "sent: not of this conversation";
	if (w->seg.opt.mss > conv_unsaid_bytes(t))
		w->seg.opt.mss -= conv_unsaid_bytes(t);
	if (w->seg.opt.present & XTCP_OPT_TIMESTAMPS)
		t->tsval_seen = w->seg.opt.tsval;
	w->len = len - w->seg.header_bytes;
	w->gso = skb_shinfo(skb)->gso_size;
	w->ecn = conv_header(t, skb).tos & INET_ECN_MASK;
	if (w->seg.opt.sacks > XTCP_SACK_BLOCKS_MAX)
		return "sent: too many SACK blocks";
	if (w->seg.opt.sacks) {		/* the packet may be freed before the words */
		memcpy(w->sack, w->seg.opt.sack, w->seg.opt.sacks * sizeof(w->sack[0]));
		w->seg.opt.sack = w->sack;
	}
	text = (u8 *)th + w->seg.header_bytes;
	offset = w->seg.seq - t->iss - 1;
	for (i = 0; i < w->len; i++)
		if (text[i] != conv_byte(offset + i))
			return "sent: wrong data";
	return NULL;
}

static void flags_print(char *buf, size_t room, u8 flags)
{
	static const char name[][4] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR",
	};
	size_t n = 0;

	buf[0] = 0;
	for (int i = 0; i < ARRAY_SIZE(name); i++)
		if (flags & BIT(i))
			n += scnprintf(buf + n, room - n, "%s%s", n ? "|" : "",
				       name[i]);
}

/**
 * words_print() - a segment as text
 * @buf: where to write it
 * @room: how much fits there
 * @w: the segment
 */
void words_print(char *buf, size_t room, const struct words *w)
{
	char flags[40];
	size_t n;

	flags_print(flags, sizeof(flags), w->seg.flags);
	n = scnprintf(buf, room, "%s seq %u ack %u win %u", flags, w->seg.seq,
		      w->seg.ack, w->seg.wnd);
	if (w->seg.opt.mss)
		n += scnprintf(buf + n, room - n, " mss %u", w->seg.opt.mss);
	if (w->seg.opt.present & XTCP_OPT_SACK_PERMITTED)
		n += scnprintf(buf + n, room - n, " sackok");
	if (w->seg.opt.present & XTCP_OPT_TIMESTAMPS)
		n += scnprintf(buf + n, room - n, " ts %u ecr %u",
			       w->seg.opt.tsval, w->seg.opt.tsecr);
	if (w->seg.opt.present & XTCP_OPT_WSCALE)
		n += scnprintf(buf + n, room - n, " wscale %u", w->seg.opt.wscale);
	for (int i = 0; i < w->seg.opt.sacks; i++)
		n += scnprintf(buf + n, room - n, " %s%u..%u", i ? "" : "sack ",
			       ntohl(w->seg.opt.sack[i].start),
			       ntohl(w->seg.opt.sack[i].end));
	if (w->len)
		n += scnprintf(buf + n, room - n, " len %u", w->len);
	if (w->gso)
		n += scnprintf(buf + n, room - n, " gso %u", w->gso);
	if (w->seg.urg)
		n += scnprintf(buf + n, room - n, " urg %u", w->seg.urg);
	if (w->ecn)
		n += scnprintf(buf + n, room - n, " ecn %u", w->ecn);
}

/* A window of xtcp's may be scaled and rounded where the case does not know of scales. */
static bool window_fits(const struct conv *t, u32 want, u32 got)
{
	return want == got ||
	       (t->unsaid && t->options & XTCP_OPT_WSCALE &&
		(got == want >> CONV_RCV_WSCALE ||
		 got == DIV_ROUND_UP(want, 1 << CONV_RCV_WSCALE)));
}

static bool sacks_fit(const struct xtcp_options *want, const struct xtcp_options *got)
{
	return want->sacks == got->sacks &&
	       (!want->sacks ||
		!memcmp(want->sack, got->sack, want->sacks * sizeof(*want->sack)));
}

/* Timestamps are in all segments or in none: those that are not said may be there. */
static bool options_fit(const struct conv *t, const struct words *want,
			const struct words *got)
{
	const struct xtcp_options *w = &want->seg.opt, *g = &got->seg.opt;

	if (t->unsaid)
		return true;
	if ((w->present ^ g->present) & (XTCP_OPT_SACK_PERMITTED | XTCP_OPT_WSCALE))
		return false;
	if (w->present & ~g->present || (want->has_wscale && w->wscale != g->wscale))
		return false;
	return (!want->has_ts || w->tsval == g->tsval) &&
	       (!want->has_ecr || w->tsecr == g->tsecr) && sacks_fit(w, g);
}

/**
 * words_fit() - is this the segment that was expected?
 * @t: the conversation
 * @want: the segment expected; what it does not say is not looked at
 * @got: the segment sent
 *
 * Return: whether it is
 */
bool words_fit(const struct conv *t, const struct words *want, const struct words *got)
{
	if (want->seg.flags != got->seg.flags || want->len != got->len)
		return false;
	if (!(got->seg.flags & XTCP_ACK) && got->seg.ack)
		return false;
	return (!want->has_seq || want->seg.seq == got->seg.seq) &&
	       (!want->has_ack || want->seg.ack == got->seg.ack) &&
	       (!want->has_win || window_fits(t, want->seg.wnd, got->seg.wnd)) &&
	       (!want->has_mss || want->seg.opt.mss == got->seg.opt.mss) &&
	       (!want->has_gso || want->gso == got->gso) && want->ecn == got->ecn &&
	       want->seg.urg == got->seg.urg &&
	       options_fit(t, want, got);
}
