// SPDX-License-Identifier: GPL-2.0
/*
 * The conversation, step by step: what the peer sends, what it gets, and what
 * becomes of the connection.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "../module/engine/demux.h"
#include "../module/engine/handshake.h"
#include "../module/engine/timewait.h"
#include "conv.h"
#include "conv_words.h"

/* ---- the log ---- */

/**
 * conv_log() - note what is shown if the test fails
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

/* R, S and U, as whatever stands for the connection knows them. */
static void look_at(struct conv *t, const struct xtcp_node *node)
{
	const struct xtcp_timewait *tw;
	const struct xtcp_request *req;
	const struct xtcp_sock *x;

	t->rcv_nxt = t->irs + 1;
	t->snd_nxt = t->iss + 1;
	t->snd_una = t->iss + 1;
	if (!node)
		return;
	if (node->kind == XTCP_KIND_CONNECTION) {
		x = container_of(node, struct xtcp_sock, node);
		if (x->inet.sk.sk_state != TCP_SYN_SENT)
			t->rcv_nxt = x->rcv_nxt;
		t->snd_nxt = x->snd_nxt;
		t->snd_una = x->snd_una;
	} else if (node->kind == XTCP_KIND_REQUEST) {
		req = container_of(node, struct xtcp_request, node);
		t->rcv_nxt = req->irs + 1;
		t->snd_nxt = req->iss + 1;
		t->snd_una = req->iss;
	} else {
		tw = container_of(node, struct xtcp_timewait, node);
		t->rcv_nxt = tw->rcv_nxt;
		t->snd_nxt = tw->snd_nxt;
		t->snd_una = tw->snd_nxt;
	}
}

/**
 * conv_look() - let R, S and U say what holds now
 * @t: the conversation
 */
void conv_look(struct conv *t)
{
	rcu_read_lock();
	look_at(t, xtcp_lookup(t->xn, &t->tuple));
	rcu_read_unlock();
}

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
	char words[128];
	va_list args;
	size_t len;

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
 * conv_icmp() - a router complains of a segment of xtcp's
 * @t: the conversation
 * @type: ICMP type
 * @code: ICMP code
 * @info: the second word of the ICMP header: for "fragmentation needed" the MTU
 * @seq: the sequence number quoted
 *
 * Return: NULL, or what went wrong
 */
const char *conv_icmp(struct conv *t, u8 type, u8 code, u32 info, u32 seq)
{
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
		struct iphdr quoted;
		__be16 sport, dport;
		__be32 seq;
	} __packed p = { };

	conv_look(t);
	conv_log(t, "    in:  ICMP type %u code %u info %u seq %u\n", type, code,
		 info, seq);
	p.ip = (struct iphdr) {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP,
		.tot_len = htons(sizeof(p)),
		.saddr = xtcp_addr_v4(&t->tuple.raddr),
		.daddr = xtcp_addr_v4(&t->tuple.laddr),
	};
	p.ip.check = ip_fast_csum(&p.ip, p.ip.ihl);
	p.quoted = (struct iphdr) {
		.version = 4, .ihl = 5, .ttl = 1, .protocol = t->tuple.wire,
		.tot_len = htons(HEADERS_BYTES),
		.frag_off = htons(IP_DF),
		.saddr = xtcp_addr_v4(&t->tuple.laddr),
		.daddr = xtcp_addr_v4(&t->tuple.raddr),
	};
	p.quoted.check = ip_fast_csum(&p.quoted, p.quoted.ihl);
	p.sport = htons(t->tuple.lport);
	p.dport = htons(t->tuple.rport);
	p.seq = htonl(seq);
	p.icmp.type = type;
	p.icmp.code = code;
	p.icmp.un.gateway = htonl(info);
	p.icmp.checksum = ip_compute_csum(&p.icmp, sizeof(p) - sizeof(p.ip));
	return conv_raw(t, &p, sizeof(p)) ? NULL : "the softirq did not run";
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
 * conv_forget_sent() - what xtcp sent so far does not matter
 * @t: the conversation
 */
void conv_forget_sent(struct conv *t)
{
	skb_queue_purge(&t->nic->sent);
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
	*len = w.len;
	return true;
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
	char words[128];
	char text[128];
	va_list args;

	va_start(args, fmt);
	vscnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	if (!words_read(t, words, &want))
		return "what does this segment say?";
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
	if (!words_fit(&want, &got)) {
		scnprintf(t->said, sizeof(t->said),
			  "expected %s (R %u, S %u, U %u), sent was %s", words,
			  t->rcv_nxt, t->snd_nxt, t->snd_una, text);
		return t->said;
	}
	conv_log(t, "    out: %s\n", text);
	return NULL;
}

/**
 * conv_silence() - xtcp has sent nothing more
 * @t: the conversation
 *
 * Return: NULL, or what it sent
 */
const char *conv_silence(struct conv *t)
{
	struct sk_buff *skb = conv_sent(t);
	struct words got;
	const char *bad;
	char text[128];

	if (!skb)
		return NULL;
	bad = words_of_packet(t, skb, &got);
	words_print(text, sizeof(text), &got);
	kfree_skb(skb);
	scnprintf(t->said, sizeof(t->said), "expected silence, %s%s%s",
		  bad ?: "sent was", bad ? ": " : " ", text);
	return t->said;
}

/* ---- what became of it ---- */

/**
 * conv_state() - the state of the connection, whichever object stands for it
 * @t: the conversation
 *
 * Return: a TCP_* state; TCP_LISTEN where there is only a listener, TCP_CLOSE
 * where there is nothing
 */
int conv_state(struct conv *t)
{
	struct xtcp_node *node;
	int state = TCP_CLOSE;

	if (t->listener && t->listener->sk->sk_state == TCP_LISTEN)
		state = TCP_LISTEN;
	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_REQUEST)
		state = TCP_SYN_RECV;
	else if (node && node->kind == XTCP_KIND_TIME_WAIT)
		state = TCP_TIME_WAIT;
	else if (node)
		state = xtcp_node_sk(node)->sk_state;
	rcu_read_unlock();
	return state;
}

/**
 * conv_state_is() - is the connection in this state?
 * @t: the conversation
 * @state: TCP_ESTABLISHED ..
 *
 * Return: NULL, or in which it is
 */
const char *conv_state_is(struct conv *t, int state)
{
	int is = conv_state(t);

	if (is == state)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "expected state %s, it is %s",
		  xtcp_state_name(state), xtcp_state_name(is));
	return t->said;
}

static struct sock *get_sock(struct conv *t)
{
	struct xtcp_node *node;
	struct sock *sk = NULL;

	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_CONNECTION &&
	    refcount_inc_not_zero(&xtcp_node_sk(node)->sk_refcnt))
		sk = xtcp_node_sk(node);
	rcu_read_unlock();
	return sk;
}

/**
 * conv_fire() - a timer of the connection fires
 * @t: the conversation
 * @timer: which
 *
 * Return: NULL; or that it was not armed
 */
const char *conv_fire(struct conv *t, enum xtcp_timer timer)
{
	struct sock *sk = get_sock(t);
	bool fired;

	if (!sk)
		return "there is no connection whose timer could fire";
	conv_look(t);
	conv_log(t, "    timer %d\n", timer);
	fired = xtcp_timer_fire(sk, timer);
	sock_put(sk);
	conv_freeze(t);
	return fired ? NULL : "the timer was not armed";
}

/**
 * conv_fire_request() - the SYN,ACK was not answered in time
 * @t: the conversation
 *
 * Return: NULL; or that there is no such timer
 */
const char *conv_fire_request(struct conv *t)
{
	struct xtcp_request *req = NULL;
	struct xtcp_node *node;
	bool fired;

	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_REQUEST) {
		req = container_of(node, struct xtcp_request, node);
		if (!xtcp_request_get(req))
			req = NULL;
	}
	rcu_read_unlock();
	if (!req)
		return "there is no request whose timer could fire";
	conv_look(t);
	conv_log(t, "    request's timer\n");
	fired = xtcp_request_fire(req);
	xtcp_request_put(req);
	conv_freeze(t);
	return fired ? NULL : "the request's timer was not pending";
}

/**
 * conv_fire_2msl() - 2MSL have passed
 * @t: the conversation
 *
 * Return: NULL; or that there is no such timer
 */
const char *conv_fire_2msl(struct conv *t)
{
	struct xtcp_timewait *tw = NULL;
	struct xtcp_node *node;
	bool fired;

	rcu_read_lock();
	node = xtcp_lookup(t->xn, &t->tuple);
	if (node && node->kind == XTCP_KIND_TIME_WAIT) {
		tw = container_of(node, struct xtcp_timewait, node);
		if (!xtcp_timewait_get(tw))
			tw = NULL;
	}
	rcu_read_unlock();
	if (!tw)
		return "there is no TIME_WAIT whose timer could fire";
	conv_look(t);
	conv_log(t, "    2MSL\n");
	fired = xtcp_timewait_fire(tw);
	xtcp_timewait_put(tw);
	return fired ? NULL : "the 2MSL timer was not pending";
}

/**
 * conv_count() - by how much a counter has grown since the case began
 * @t: the conversation
 * @id: XTCP_MIB_*
 *
 * Return: that
 */
long conv_count(struct conv *t, int id)
{
	return snmp_fold_field((void __percpu *)t->xn->mib, id) - t->counters[id];
}

/**
 * conv_counted() - has a counter grown by this?
 * @t: the conversation
 * @id: XTCP_MIB_*
 * @n: how many
 *
 * Return: NULL, or by how much it has
 */
const char *conv_counted(struct conv *t, int id, long n)
{
	long got = conv_count(t, id);

	if (got == n)
		return NULL;
	scnprintf(t->said, sizeof(t->said), "expected the counter to say %ld, it says %ld",
		  n, got);
	return t->said;
}

/**
 * conv_returns() - did a call of the user's return this?
 * @t: the conversation
 * @call: the call
 * @want: what it shall
 * @got: what it did
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
