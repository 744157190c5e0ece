// SPDX-License-Identifier: GPL-2.0
/*
 * The conversation, step by step: what the peer sends, what it gets, and what the
 * user's calls return.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "../module/compat.h"
#include "conv.h"
#include "conv_words.h"

/* ---- the log ---- */

/**
 * conv_log() - note a line, to be shown if the test fails
 * @t: the conversation
 * @fmt: a line
 */
void conv_log(struct conv *t, const char *fmt, ...)
{
	va_list args;

	if (t->log_len > CONV_LOG_BYTES - 200) {
		/* keep the newer half */
		size_t half = t->log_len / 2;

		memmove(t->log, t->log + half, t->log_len - half + 1);
		t->log_len -= half;
	}
	va_start(args, fmt);
	t->log_len += vscnprintf(t->log + t->log_len,
				 CONV_LOG_BYTES - t->log_len, fmt, args);
	va_end(args);
}

/* ---- from the peer ---- */

/**
 * conv_raw() - the peer sends a packet, whatever it says
 * @t: the conversation
 * @packet: begins with the IP header
 * @len: its length in bytes
 *
 * Return: whether it went in
 */
bool conv_raw(struct conv *t, const void *packet, size_t len)
{
	bool ok = nic_receive(t->nic, packet, len);

	conv_freeze(t);
	return ok;
}

/**
 * conv_inject() - the peer sends a segment
 * @t: the conversation
 * @fmt: the segment in words
 *
 * Return: NULL, or what went wrong
 */
const char *conv_inject(struct conv *t, const char *fmt, ...)
{
	const char *unseen = conv_unseen(t);
	char words[192];
	va_list args;
	size_t len;

	if (unseen)
		return unseen;
	va_start(args, fmt);
	vscnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	conv_look(t);
	conv_log(t, "    in:  %s\n", words);
	len = conv_build(t, t->packet, words);
	if (!len)
		return "what does this segment say?";
	return conv_raw(t, t->packet, len) ? NULL : "the softirq did not run";
}

/**
 * conv_icmp() - a router complains about a segment of xtcp's
 * @t: the conversation
 * @type: ICMP type, IPv4's; over IPv6 the router says the same
 * @code: ICMP code, likewise
 * @info: the second word of the ICMP header: for "fragmentation needed" the MTU
 * @seq: the sequence number quoted
 *
 * Return: NULL, or what went wrong
 */
const char *conv_icmp(struct conv *t, u8 type, u8 code, u32 info, u32 seq)
{
	return conv_icmp_quoting(t, type, code, info, seq, 0, ICMP_QUOTE_BYTES(t));
}

/**
 * conv_icmp_quoting() - conv_icmp() with another quote
 * @t: the conversation
 * @type: ICMP type, IPv4's
 * @code: ICMP code, IPv4's
 * @info: the second word of the ICMP header
 * @seq: the sequence number quoted
 * @options: how many bytes of IP options, or of an extension header, the packet had; up
 *	to 40
 * @bytes: how much of it is quoted, from its IP header on; up to those and
 *	ICMP_QUOTE_BYTES
 *
 * Return: NULL, or what went wrong
 */
const char *conv_icmp_quoting(struct conv *t, u8 type, u8 code, u32 info, u32 seq,
			      u32 options, u32 bytes)
{
	conv_icmp_type(t, &type, &code);
	return conv_icmp_exactly(t, type, code, info, seq, options, bytes);
}

/**
 * conv_icmp_exactly() - conv_icmp_quoting(), and the type is the IP version's own
 * @t: the conversation
 * @type: ICMP type, or ICMPv6's
 * @code: ICMP code, or ICMPv6's
 * @info: the second word of the ICMP header
 * @seq: the sequence number quoted
 * @options: how many bytes of options the packet had
 * @bytes: how much of it is quoted
 *
 * Return: NULL, or what went wrong
 */
const char *conv_icmp_exactly(struct conv *t, u8 type, u8 code, u32 info, u32 seq,
			      u32 options, u32 bytes)
{
	const char *unseen = conv_unseen(t);
	u8 packet[CONV_ICMP_BYTES];
	size_t len;

	if (unseen)
		return unseen;
	t->nic->used_up = true;		/* it may teach the route something */
	conv_look(t);
	conv_log(t, "    in:  ICMP type %u code %u info %u seq %u\n", type, code,
		 info, seq);
	len = conv_put_icmp(t, packet, type, code, info, seq, options, bytes);
	return conv_raw(t, packet, len) ? NULL : "the softirq did not run";
}

/* ---- from xtcp ---- */

/**
 * conv_sent() - the next packet that xtcp sent
 * @t: the conversation
 *
 * Return: the packet, linear, beginning with the IP header, to be freed by the
 * caller; NULL where there is none
 */
struct sk_buff *conv_sent(struct conv *t)
{
	return skb_dequeue(&t->nic->sent);
}

/**
 * pass_over() - what xtcp sent so far does not matter
 * @t: the conversation
 */
void pass_over(struct conv *t)
{
	struct sk_buff *skb;
	struct words w;

	while ((skb = conv_sent(t))) {
		words_of_packet(t, skb, &w);	/* for T */
		kfree_skb(skb);
	}
}

/**
 * conv_next() - the next segment that xtcp sent, whatever it says
 * @t: the conversation
 * @seg: where to write its header
 * @len: where to write how much data it has
 *
 * Return: whether there was one
 */
bool conv_next(struct conv *t, struct xtcp_segment *seg, u32 *len)
{
	struct sk_buff *skb = conv_sent(t);
	const char *bad;
	struct words w;

	if (!skb)
		return false;
	bad = words_of_packet(t, skb, &w);
	kfree_skb(skb);
	if (bad)
		KUNIT_FAIL_AND_ABORT(t->test, "%s", bad);
	*seg = w.seg;
	seg->opt.sack = NULL;	/* they were the packet's */
	*len = w.len;
	return true;
}

/**
 * next_segment() - the next segment that xtcp sent, whatever it says
 * @t: the conversation
 *
 * The case fails where there is none.
 *
 * Return: the segment, without its SACK blocks
 */
struct xtcp_segment next_segment(struct conv *t)
{
	struct xtcp_segment seg = { };
	u32 len;

	if (!conv_next(t, &seg, &len))
		KUNIT_FAIL_AND_ABORT(t->test, "expected a segment, and there is none");
	return seg;
}

/**
 * conv_expect() - the next segment that xtcp sent
 * @t: the conversation
 * @fmt: the segment in words
 *
 * Return: NULL, or what went wrong
 */
const char *conv_expect(struct conv *t, const char *fmt, ...)
{
	struct words want, got;
	const char *bad;
	struct sk_buff *skb;
	char words[192];
	char text[256];
	va_list args;

	va_start(args, fmt);
	vscnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	if (!words_read(t, words, &want))
		return "what does this segment say?";
	words_add_options(t, &want);
	skb = conv_sent(t);
	if (!skb) {
		scnprintf(t->said, sizeof(t->said),
			  "expected %s (R %u, S %u, U %u), and nothing was sent",
			  words, t->rcv_nxt, t->snd_nxt, t->snd_una);
		return t->said;
	}
	bad = words_of_packet(t, skb, &got);
	words_print(text, sizeof(text), &got);
	kfree_skb(skb);
	if (bad) {
		scnprintf(t->said, sizeof(t->said), "%s (%s), expected %s", bad,
			  text, words);
		return t->said;
	}
	if (!words_fit(t, &want, &got)) {
		scnprintf(t->said, sizeof(t->said),
			  "expected %s (R %u, S %u, U %u), sent was %s", words,
			  t->rcv_nxt, t->snd_nxt, t->snd_una, text);
		return t->said;
	}
	conv_log(t, "    out: %s\n", text);
	return NULL;
}

/* Return: NULL where nothing more was sent, as it should be; else @text and the segment
 */
static const char *nothing_sent(struct conv *t, const char *text)
{
	struct sk_buff *skb = skb_peek(&t->nic->sent);
	char sent[256];
	const char *bad;
	struct words got;

	if (!skb)
		return NULL;
	bad = words_of_packet(t, skb, &got);
	words_print(sent, sizeof(sent), &got);
	scnprintf(t->said, sizeof(t->said), "%s %s%s%s", text, bad ?: "",
		  bad ? ": " : "", sent);
	return t->said;
}

/**
 * conv_silence() - xtcp has sent nothing more
 * @t: the conversation
 *
 * Return: NULL, or what it sent
 */
const char *conv_silence(struct conv *t)
{
	return nothing_sent(t, "expected silence, sent was");
}

/**
 * conv_unseen() - has the test looked at all that xtcp sent before this step?
 * @t: the conversation
 *
 * And is what the connections know consistent?
 *
 * Return: NULL, or the first segment that it did not look at, or what is inconsistent
 */
const char *conv_unseen(struct conv *t)
{
	return conv_sound(t) ?: nothing_sent(t, "before this step, not looked at:");
}

/* ---- the user ---- */

/**
 * conv_returns() - did a call of the user's return this?
 * @t: the conversation
 * @call: the call
 * @want: what it must return
 * @got: what it returned
 *
 * Return: NULL, or what it returned
 */
const char *conv_returns(struct conv *t, const char *call, int want, int got)
{
	conv_log(t, "    user: %s: %d\n", call, got);
	if (want == got)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "%s returned %d, expected %d", call,
		  got, want);
	return t->said;
}
