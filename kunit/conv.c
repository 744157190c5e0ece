// SPDX-License-Identifier: GPL-2.0
/*
 * The conversation: segments in words, both ways, and a user for the socket.
 */
#include <linux/cpumask.h>
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/sched.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "../module/compat.h"
#include "../module/engine/close.h"
#include "../module/engine/demux.h"
#include "../module/engine/handshake.h"
#include "../module/engine/timewait.h"
#include "../module/socket/family.h"
#include "conv.h"

#define FROZEN		(24 * 3600 * HZ)
#define HEADERS_BYTES	(sizeof(struct iphdr) + XTCP_HEADER_BYTES)

/* ---- beginning and end ---- */

static int init_kind(struct kunit *test, enum nic_kind kind)
{
	struct conv *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->log = kunit_kzalloc(test, CONV_LOG_BYTES, GFP_KERNEL);
	t->packet = kunit_kmalloc(test, IP_MAX_MTU, GFP_KERNEL);
	if (!t->log || !t->packet)
		return -ENOMEM;
	/* a packet's softirq runs where it came in: so it is over when a test
	 * goes on
	 */
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	t->test = test;
	t->nic = nic_make(&init_net, kind);
	if (IS_ERR(t->nic))
		return PTR_ERR(t->nic);
	t->xn = xtcp_pernet(&init_net);
	t->sysctl = t->xn->sysctl;
	t->xn->sysctl.challenge_ack_ms = 0;
	t->iss = HERE_ISS;
	t->irs = THERE_ISS;
	t->win = U16_MAX;
	t->peer_mss = 1460;
	t->tuple.wire = IPPROTO_XTCP;
	t->tuple.lport = HERE_PORT;
	t->tuple.rport = THERE_PORT;
	t->xn->isn_pinned = true;
	t->xn->isn = HERE_ISS;
	for (int i = 0; i < XTCP_MIB_MAX; i++)
		t->counters[i] = snmp_fold_field((void __percpu *)t->xn->mib, i);
	test->priv = t;
	return 0;
}

/**
 * conv_address() - give the two ends their addresses
 * @t: the conversation
 * @here: xtcp's
 * @there: the peer's
 * @prefix: the length of their network's prefix
 */
void conv_address(struct conv *t, u32 here, u32 there, int prefix)
{
	KUNIT_ASSERT_EQ(t->test, 0, nic_add_address(t->nic, htonl(here), prefix));
	xtcp_addr_from_v4(&t->tuple.laddr, htonl(here));
	xtcp_addr_from_v4(&t->tuple.raddr, htonl(there));
}

static int init_addressed(struct kunit *test, enum nic_kind kind)
{
	int err = init_kind(test, kind);

	if (!err)
		conv_address(conv_of(test), HERE_ADDR, THERE_ADDR, 24);
	return err;
}

/**
 * conv_init() - before each case: a NIC, addresses, known sequence numbers
 * @test: the case
 *
 * This is struct kunit_suite's init.  Return: 0 or a negative errno
 */
int conv_init(struct kunit *test)
{
	return init_addressed(test, NIC_PLAIN);
}

/**
 * conv_init_csum() - conv_init() with a NIC that checksums
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_csum(struct kunit *test)
{
	return init_addressed(test, NIC_CSUM);
}

/**
 * conv_init_gso() - conv_init() with a NIC that takes GSO packets
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_gso(struct kunit *test)
{
	return init_addressed(test, NIC_GSO);
}

/**
 * conv_init_bare() - conv_init() without addresses
 * @test: the case
 *
 * Return: 0 or a negative errno
 */
int conv_init_bare(struct kunit *test)
{
	return init_kind(test, NIC_PLAIN);
}

/* What a node needs to be gone. */
static void end_node(struct xtcp_node *node)
{
	struct xtcp_timewait *tw;
	struct sock *sk;

	if (node->kind == XTCP_TIME_WAIT) {
		tw = container_of(node, struct xtcp_timewait, node);
		if (xtcp_timewait_get(tw)) {
			xtcp_timewait_kill(tw, XTCP_EV_ABORT);
			xtcp_timewait_put(tw);
		}
	} else if (node->kind == XTCP_CONNECTION) {
		sk = xtcp_node_sk(node);
		if (!refcount_inc_not_zero(&sk->sk_refcnt))
			return;
		local_bh_disable();
		bh_lock_sock(sk);
		if (sk->sk_state != TCP_CLOSE)
			xtcp_abort(sk, ECONNABORTED);
		bh_unlock_sock(sk);
		local_bh_enable();
		sock_put(sk);
	}
}

static void freeze_node(struct xtcp_node *node)
{
	unsigned long never = jiffies + FROZEN;
	struct sock *sk;

	if (node->kind == XTCP_CONNECTION) {
		sk = xtcp_node_sk(node);
		mod_timer_pending(&xtcp_sk(sk)->rtx_timer, never);
		mod_timer_pending(&xtcp_sk(sk)->delack_timer, never);
		mod_timer_pending(&sk->sk_timer, never);
	} else if (node->kind == XTCP_REQUEST) {
		mod_timer_pending(&container_of(node, struct xtcp_request,
						node)->timer, never);
	} else {
		mod_timer_pending(&container_of(node, struct xtcp_timewait,
						node)->timer, never);
	}
}

static void each_node(struct xtcp_net *xn, void (*act)(struct xtcp_node *node))
{
	struct rhashtable_iter walk;
	struct xtcp_node *node;

	rhashtable_walk_enter(&xn->conns, &walk);
	rhashtable_walk_start(&walk);
	while ((node = rhashtable_walk_next(&walk)))
		if (!IS_ERR(node))
			act(node);
	rhashtable_walk_stop(&walk);
	rhashtable_walk_exit(&walk);
}

/**
 * conv_freeze() - no timer fires of its own accord
 * @t: the conversation
 *
 * When each is due stays as it was.  Every step of a test ends with this.
 */
void conv_freeze(struct conv *t)
{
	each_node(t->xn, freeze_node);
}

/**
 * conv_exit() - after each case: nothing of it may be left
 * @test: the case
 *
 * This is struct kunit_suite's exit.
 */
void conv_exit(struct kunit *test)
{
	struct conv *t = conv_of(test);

	if (!t)
		return;
	for (int i = 0; i < CONV_SOCKETS; i++)
		if (t->socks[i])
			user_close_socket(t, t->socks[i]);
	each_node(t->xn, end_node);
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->conns.nelems),
			    "connections are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->ports.nelems),
			    "ports are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->orphan_count),
			    "orphans are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&t->xn->tw_count),
			    "TIME_WAIT objects are left");
	KUNIT_EXPECT_EQ_MSG(test, 0, conv_count(t, XTCP_MIB_CURR_ESTAB),
			    "CurrEstab is not 0 again");
	flush_work(&t->xn->tcp_wire_work);
	KUNIT_EXPECT_EQ_MSG(test, 0, t->xn->tcp_wire_users,
			    "ports of the kernel's TCP are held");
	KUNIT_EXPECT_EQ_MSG(test, 0, percpu_counter_sum(xtcp_prot.sockets_allocated),
			    "sockets are left");
	t->xn->isn_pinned = false;
	t->xn->sysctl = t->sysctl;
	nic_free(t->nic);
}

/* ---- the log ---- */

static void __printf(2, 3) conv_log(struct conv *t, const char *fmt, ...)
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

/* ---- segments in words ---- */

/* What a text says of a segment. */
struct words {
	struct xtcp_segment	seg;
	u32			len;
	u32			gso;
	bool			has_seq, has_ack, has_win, has_mss, has_gso,
				has_urg;
};

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

static const char *read_number(const struct conv *t, const char *p, u32 *value)
{
	u32 n = 0, more = 0;
	char sign = 0;

	if (*p == 'R' || *p == 'S' || *p == 'U') {
		n = *p == 'R' ? t->rcv_nxt : *p == 'S' ? t->snd_nxt : t->snd_una;
		p++;
	} else if (isdigit(*p)) {
		while (isdigit(*p))
			n = n * 10 + *p++ - '0';
	} else {
		return NULL;
	}
	if (*p == '+' || *p == '-') {
		sign = *p++;
		while (isdigit(*p))
			more = more * 10 + *p++ - '0';
	}
	*value = sign == '-' ? n - more : n + more;
	return p;
}

static bool read_words(const struct conv *t, const char *p, struct words *w)
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
			w->seg.mss = value;
			w->has_mss = true;
		} else if (!strncmp(key, "urg ", 4)) {
			w->seg.urg = value;
			w->has_urg = true;
		} else if (!strncmp(key, "gso ", 4)) {
			w->gso = value;
			w->has_gso = true;
		} else if (!strncmp(key, "len ", 4)) {
			w->len = value;
		} else {
			return false;
		}
	}
	return p;
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

static __sum16 segment_sum(const struct conv *t, __be32 from, __be32 to,
			   const void *data, size_t len)
{
	return csum_tcpudp_magic(from, to, len, t->tuple.wire,
				 csum_partial(data, len, 0));
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
	if (node->kind == XTCP_CONNECTION) {
		x = container_of(node, struct xtcp_sock, node);
		if (x->inet.sk.sk_state != TCP_SYN_SENT)
			t->rcv_nxt = x->rcv_nxt;
		t->snd_nxt = x->snd_nxt;
		t->snd_una = x->snd_una;
	} else if (node->kind == XTCP_REQUEST) {
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
 * conv_build() - the peer's segment as a packet
 * @t: the conversation
 * @packet: where to write it; room for 64 KiB
 * @said: the segment in words
 *
 * Return: its length in bytes; 0 where the words make no sense
 */
size_t conv_build(struct conv *t, u8 *packet, const char *said)
{
	struct iphdr *iph = (struct iphdr *)packet;
	u8 *p = packet + sizeof(*iph);
	struct tcphdr *th = (struct tcphdr *)p;
	struct words w;
	u32 i, offset;
	int header;

	if (!read_words(t, said, &w))
		return 0;
	w.seg.sport = t->tuple.rport;
	w.seg.dport = t->tuple.lport;
	if (!w.has_win)
		w.seg.wnd = t->win;
	header = xtcp_segment_build(&w.seg, p, XTCP_HEADER_MAX_BYTES);
	if (header < 0 || sizeof(*iph) + header + w.len > IP_MAX_MTU)
		return 0;
	offset = w.seg.seq + !!(w.seg.flags & XTCP_SYN) - t->irs - 1;
	for (i = 0; i < w.len; i++)
		p[header + i] = conv_byte(offset + i);
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(*iph) + header + w.len),
		.ttl = 64,
		.protocol = t->tuple.wire,
		.saddr = xtcp_addr_v4(&t->tuple.raddr),
		.daddr = xtcp_addr_v4(&t->tuple.laddr),
	};
	iph->check = ip_fast_csum(iph, iph->ihl);
	th->check = segment_sum(t, iph->saddr, iph->daddr, p, header + w.len);
	return sizeof(*iph) + header + w.len;
}

/**
 * conv_fix_sums() - make the checksums of a packet right again
 * @t: the conversation
 * @packet: from conv_build(), changed behind the IP header
 * @len: its length in bytes, perhaps another than before
 */
void conv_fix_sums(struct conv *t, u8 *packet, size_t len)
{
	struct iphdr *iph = (struct iphdr *)packet;
	struct tcphdr *th = (struct tcphdr *)(iph + 1);

	iph->tot_len = htons(len);
	iph->check = 0;
	iph->check = ip_fast_csum(iph, iph->ihl);
	if (len < HEADERS_BYTES)
		return;
	th->check = 0;
	th->check = segment_sum(t, iph->saddr, iph->daddr, th,
				len - sizeof(*iph));
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

/* The packet's form: lengths, checksums, addresses.  Then what it says. */
static const char *read_packet(struct conv *t, struct sk_buff *skb,
			       struct words *w)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	struct tcphdr *th = (struct tcphdr *)(iph + 1);
	u32 len = skb->len - sizeof(*iph), offset, i;
	__be32 here = xtcp_addr_v4(&t->tuple.laddr);
	__be32 there = xtcp_addr_v4(&t->tuple.raddr);
	const u8 *text;

	*w = (struct words) { };
	if (skb->len < HEADERS_BYTES || iph->version != 4 || iph->ihl != 5 ||
	    ntohs(iph->tot_len) != skb->len)
		return "sent: a bad IP header";
	if (ip_fast_csum(iph, iph->ihl))
		return "sent: a bad IP checksum";
	if (iph->protocol != t->tuple.wire || iph->saddr != here ||
	    iph->daddr != there)
		return "sent: not of this conversation";
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		/* what the NIC's hardware would do */
		if (skb_checksum_start(skb) != (u8 *)th ||
		    skb->csum_offset != offsetof(struct tcphdr, check))
			return "sent: the checksum's place is wrong";
		th->check = csum_fold(csum_partial(th, len, 0));
	}
	if (segment_sum(t, iph->saddr, iph->daddr, th, len))
		return "sent: a bad checksum";
	if (xtcp_segment_parse(&w->seg, th, len))
		return "sent: a bad header";
	if (w->seg.sport != t->tuple.lport || w->seg.dport != t->tuple.rport)
		return "sent: not of this conversation";
	w->len = len - w->seg.header_bytes;
	w->gso = skb_shinfo(skb)->gso_size;
	text = (u8 *)th + w->seg.header_bytes;
	offset = w->seg.seq - t->iss - 1;
	for (i = 0; i < w->len; i++)
		if (text[i] != conv_byte(offset + i))
			return "sent: wrong data";
	return NULL;
}

static void print_words(char *buf, size_t room, const struct words *w)
{
	char flags[40];
	size_t n;

	xtcp_flags_print(flags, sizeof(flags), w->seg.flags);
	n = scnprintf(buf, room, "%s seq %u ack %u win %u", flags, w->seg.seq,
		      w->seg.ack, w->seg.wnd);
	if (w->seg.mss)
		n += scnprintf(buf + n, room - n, " mss %u", w->seg.mss);
	if (w->len)
		n += scnprintf(buf + n, room - n, " len %u", w->len);
	if (w->gso)
		n += scnprintf(buf + n, room - n, " gso %u", w->gso);
	if (w->seg.urg)
		n += scnprintf(buf + n, room - n, " urg %u", w->seg.urg);
}

static bool words_fit(const struct words *want, const struct words *got)
{
	if (want->seg.flags != got->seg.flags || want->len != got->len)
		return false;
	if (!(got->seg.flags & XTCP_ACK) && got->seg.ack)
		return false;
	if (!want->has_mss && !(got->seg.flags & XTCP_SYN) && got->seg.mss)
		return false;
	return (!want->has_seq || want->seg.seq == got->seg.seq) &&
	       (!want->has_ack || want->seg.ack == got->seg.ack) &&
	       (!want->has_win || want->seg.wnd == got->seg.wnd) &&
	       (!want->has_mss || want->seg.mss == got->seg.mss) &&
	       (!want->has_gso || want->gso == got->gso) &&
	       want->seg.urg == got->seg.urg;
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
	bad = read_packet(t, skb, &w);
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
	if (!read_words(t, words, &want))
		return "what does this segment say?";
	skb = conv_sent(t);
	if (!skb) {
		scnprintf(t->said, sizeof(t->said),
			  "expected %s (R %u, S %u, U %u), and nothing was sent",
			  words, t->rcv_nxt, t->snd_nxt, t->snd_una);
		return t->said;
	}
	bad = read_packet(t, skb, &got);
	print_words(text, sizeof(text), &got);
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
	bad = read_packet(t, skb, &got);
	print_words(text, sizeof(text), &got);
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
	if (node && node->kind == XTCP_REQUEST)
		state = TCP_SYN_RECV;
	else if (node && node->kind == XTCP_TIME_WAIT)
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
	if (node && node->kind == XTCP_CONNECTION &&
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
	if (node && node->kind == XTCP_REQUEST) {
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
	if (node && node->kind == XTCP_TIME_WAIT) {
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

/* ---- the user ---- */

static void keep(struct conv *t, struct socket *sock)
{
	for (int i = 0; i < CONV_SOCKETS; i++) {
		if (!t->socks[i]) {
			t->socks[i] = sock;
			return;
		}
	}
	sock_release(sock);
	KUNIT_FAIL_AND_ABORT(t->test, "too many sockets for one test");
}

/**
 * user_socket() - a new socket, closed at the case's end at the latest
 * @t: the conversation
 *
 * Return: the socket
 */
struct socket *user_socket(struct conv *t)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(t->test, 0, sock_create_kern(&init_net, AF_XTCP,
						     SOCK_STREAM, 0, &sock));
	keep(t, sock);
	xtcp_sk(sock->sk)->node.tuple.wire = t->tuple.wire;
	return sock;
}

/**
 * user_bind() - bind()
 * @t: the conversation
 * @sock: which socket
 * @addr: address, 0 for every one
 * @port: port, 0 for any
 *
 * Return: 0 or a negative errno
 */
int user_bind(struct conv *t, struct socket *sock, u32 addr, u16 port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(addr),
		.sin_port = htons(port),
	};

	return kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
}

/**
 * user_connect() - connect() from the conversation's one end to the other
 * @t: the conversation; its socket is made where there is none
 *
 * Return: 0, or a negative errno; -EINPROGRESS when the SYN is sent
 */
int user_connect(struct conv *t)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = xtcp_addr_v4(&t->tuple.raddr),
		.sin_port = htons(t->tuple.rport),
	};
	int err;

	if (!t->sock) {
		t->sock = user_socket(t);
		err = user_bind(t, t->sock,
				ntohl(xtcp_addr_v4(&t->tuple.laddr)),
				t->tuple.lport);
		if (err)
			return err;
	}
	conv_look(t);
	err = kernel_connect(t->sock, (struct sockaddr *)&to, sizeof(to),
			     O_NONBLOCK);
	conv_freeze(t);
	return err;
}

/**
 * user_listen() - bind() and listen()
 * @t: the conversation; its listener is made where there is none
 * @backlog: how many children may wait
 *
 * Return: 0 or a negative errno
 */
int user_listen(struct conv *t, int backlog)
{
	int err;

	if (!t->listener) {
		t->listener = user_socket(t);
		err = user_bind(t, t->listener, 0, t->tuple.lport);
		if (err)
			return err;
	}
	return kernel_listen(t->listener, backlog);
}

/**
 * user_accept() - accept(), without waiting; the child is the connection's socket
 * @t: the conversation
 *
 * Return: 0 or a negative errno
 */
int user_accept(struct conv *t)
{
	struct socket *sock;
	int err = kernel_accept(t->listener, &sock, O_NONBLOCK);

	if (err)
		return err;
	keep(t, sock);
	t->sock = sock;
	return 0;
}

/**
 * user_send_flags() - send() the stream's next bytes, without waiting
 * @t: the conversation
 * @len: how many
 * @flags: MSG_*
 *
 * Return: how many were taken, or a negative errno
 */
int user_send_flags(struct conv *t, u32 len, int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_len = len };
	u8 *buf = kvmalloc(max(len, 1u), GFP_KERNEL);
	int ret;

	if (!buf)
		return -ENOMEM;
	for (u32 i = 0; i < len; i++)
		buf[i] = conv_byte(t->written + i);
	vec.iov_base = buf;
	conv_look(t);
	ret = kernel_sendmsg(t->sock, &msg, &vec, 1, len);
	conv_freeze(t);
	kvfree(buf);
	if (ret > 0)
		t->written += ret;
	return ret;
}

/**
 * user_recv_flags() - recv(), without waiting; the bytes must be the stream's
 * @t: the conversation
 * @len: how many at most
 * @flags: MSG_*
 *
 * Return: how many came, -EBADMSG where they are wrong, or a negative errno
 */
int user_recv_flags(struct conv *t, u32 len, int flags)
{
	struct msghdr msg = { };
	struct kvec vec = { .iov_len = len };
	u8 *buf = kvmalloc(max(len, 1u), GFP_KERNEL);
	int ret;

	if (!buf)
		return -ENOMEM;
	vec.iov_base = buf;
	conv_look(t);
	ret = kernel_recvmsg(t->sock, &msg, &vec, 1, len, flags | MSG_DONTWAIT);
	conv_freeze(t);
	for (int i = 0; i < ret; i++) {
		if (!(flags & MSG_TRUNC) && buf[i] != conv_byte(t->read + i)) {
			kvfree(buf);
			return -EBADMSG;
		}
	}
	kvfree(buf);
	if (ret > 0 && !(flags & MSG_PEEK))
		t->read += ret;
	return ret;
}

/**
 * user_shutdown() - shutdown()
 * @t: the conversation
 * @how: SHUT_RD, SHUT_WR, SHUT_RDWR
 *
 * Return: 0 or a negative errno
 */
int user_shutdown(struct conv *t, int how)
{
	int err;

	conv_look(t);
	err = kernel_sock_shutdown(t->sock, how);
	conv_freeze(t);
	return err;
}

/**
 * user_option() - setsockopt() with an int
 * @t: the conversation
 * @level: SOL_TCP, SOL_SOCKET
 * @name: which option
 * @value: its value
 *
 * Return: 0 or a negative errno
 */
int user_option(struct conv *t, int level, int name, int value)
{
	sockptr_t val = KERNEL_SOCKPTR(&value);
	int err;

	conv_look(t);
	if (level == SOL_SOCKET)
		err = sock_setsockopt(t->sock, level, name, val, sizeof(value));
	else
		err = t->sock->ops->setsockopt(t->sock, level, name, val,
					       sizeof(value));
	conv_freeze(t);
	return err;
}

/**
 * user_close_socket() - close() a socket
 * @t: the conversation
 * @sock: from user_socket() or user_accept()
 */
void user_close_socket(struct conv *t, struct socket *sock)
{
	for (int i = 0; i < CONV_SOCKETS; i++)
		if (t->socks[i] == sock)
			t->socks[i] = NULL;
	if (t->sock == sock)
		t->sock = NULL;
	if (t->listener == sock)
		t->listener = NULL;
	conv_look(t);
	sock_release(sock);
	conv_freeze(t);
}

/**
 * user_close() - close() the connection's socket
 * @t: the conversation
 */
void user_close(struct conv *t)
{
	conv_log(t, "    user: close\n");
	user_close_socket(t, t->sock);
}

/**
 * user_abort() - close() it with SO_LINGER 0
 * @t: the conversation
 */
void user_abort(struct conv *t)
{
	conv_log(t, "    user: abort\n");
	sock_no_linger(t->sock->sk);
	user_close_socket(t, t->sock);
}

/* ---- a connection in each state ---- */

const char *const place_names[PLACES] = {
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED, request",
	"SYN_RECEIVED, simultaneous", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
	"CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT",
};

const int place_states[PLACES] = {
	TCP_CLOSE, TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECV, TCP_SYN_RECV,
	TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT,
	TCP_CLOSING, TCP_LAST_ACK, TCP_TIME_WAIT,
};

static void peer_syn(struct conv *t, const char *flags, u32 ack)
{
	char mss[16] = "";

	if (t->peer_mss)
		scnprintf(mss, sizeof(mss), " mss %u", t->peer_mss);
	inject(t, "%s seq %u ack %u%s", flags, t->irs, ack, mss);
}

/**
 * established() - an active open
 * @t: the conversation
 */
void established(struct conv *t)
{
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq %u", t->iss);
	peer_syn(t, "SYN|ACK", t->iss + 1);
	expect(t, "ACK seq %u ack %u", t->iss + 1, t->irs + 1);
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_connect(t));
}

/**
 * established_passive() - a passive open, accepted
 * @t: the conversation
 */
void established_passive(struct conv *t)
{
	returns(t, 0, user_listen(t, 8));
	peer_syn(t, "SYN", 0);
	expect(t, "SYN|ACK seq %u ack %u", t->iss, t->irs + 1);
	inject(t, "ACK seq R ack S");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 0, user_accept(t));
}

/**
 * bring_to() - bring a connection to a state
 * @t: the conversation
 * @place: which
 *
 * From CLOSED on by the shortest way, as an active opener; silence follows.
 */
void bring_to(struct conv *t, enum place place)
{
	switch (place) {
	case IN_CLOSED:
		t->sock = user_socket(t);
		returns(t, 0, user_bind(t, t->sock, HERE_ADDR, HERE_PORT));
		break;
	case IN_LISTEN:
		returns(t, 0, user_listen(t, 8));
		t->sock = t->listener;
		break;
	case IN_SYN_SENT:
		returns(t, -EINPROGRESS, user_connect(t));
		expect(t, "SYN seq %u", t->iss);
		break;
	case IN_REQUEST:
		bring_to(t, IN_LISTEN);
		peer_syn(t, "SYN", 0);
		expect(t, "SYN|ACK seq %u ack %u", t->iss, t->irs + 1);
		break;
	case IN_SIMULTANEOUS:
		bring_to(t, IN_SYN_SENT);
		peer_syn(t, "SYN", 0);
		expect(t, "SYN|ACK seq %u ack %u", t->iss, t->irs + 1);
		break;
	case IN_ESTABLISHED:
		established(t);
		break;
	case IN_FIN_WAIT_1:
		established(t);
		returns(t, 0, user_shutdown(t, SHUT_WR));
		expect(t, "FIN|ACK seq S ack R");
		break;
	case IN_FIN_WAIT_2:
		bring_to(t, IN_FIN_WAIT_1);
		inject(t, "ACK seq R ack S");
		break;
	case IN_CLOSE_WAIT:
		established(t);
		inject(t, "FIN|ACK seq R ack S");
		expect(t, "ACK seq S ack R+1");
		break;
	case IN_CLOSING:
		bring_to(t, IN_FIN_WAIT_1);
		inject(t, "FIN|ACK seq R ack U");
		expect(t, "ACK seq S ack R+1");
		break;
	case IN_LAST_ACK:
		bring_to(t, IN_CLOSE_WAIT);
		returns(t, 0, user_shutdown(t, SHUT_WR));
		expect(t, "FIN|ACK seq S ack R");
		break;
	case IN_TIME_WAIT:
		bring_to(t, IN_FIN_WAIT_2);
		inject(t, "FIN|ACK seq R ack S");
		expect(t, "ACK seq S ack R+1");
		break;
	case PLACES:
		break;
	}
	state_is(t, place_states[place]);
	silence(t);
	conv_look(t);
}
