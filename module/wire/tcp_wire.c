// SPDX-License-Identifier: GPL-2.0
/*
 * IPPROTO_TCP: claiming segments of real TCP, and sharing the port space with
 * the kernel's own.
 *
 * Inbound: a netfilter hook at LOCAL_IN, behind the firewall's rules, looks at
 * each TCP segment's port.  One for xtcp is handed on with the native protocol's
 * number in its IP header, so that the IP layer brings it to xtcp_rcv() and not
 * to the kernel's TCP.  It must not be taken away here: conntrack confirms a
 * connection at the very last priority of LOCAL_IN, and one that is never
 * confirmed breaks stateful firewalls.
 *
 * Ports: what xtcp owns on this wire is held in the kernel's TCP, too, by a
 * socket that is bound and that no SYN ever finds, one for each address and port:
 * a hold.  A port that the kernel's TCP has cannot be held.  Holds are made and
 * freed under a mutex; the last user may leave in softirq, so a worker frees them.
 *
 * As long as one of a hold's users listens, or has not set SO_REUSEADDR, nobody
 * else gets the port, and every segment for it is xtcp's; but where the kernel's
 * TCP was on the port before, without a listener, its connections go on: then what
 * is neither in xtcp's table nor opens a connection is not.  Where all have set it
 * and none listens, a socket of the kernel's TCP that has set it, too, may be
 * bound to the port and listen, as it may beside such sockets of its own; xtcp's
 * are then only the segments whose 4-tuple is in its table.
 *
 * The hook is there only while a hold is.
 */
#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/netfilter_ipv4.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include "../compat.h"
#include "ip.h"
#include "tcp_wire.h"

#define HOLD_BUCKETS	1024

static const struct xtcp_ip_upcalls *upcalls __read_mostly;

/**
 * struct xtcp_hold - a port of the kernel's TCP, held for xtcp
 * @node: in its bucket; tcp_wire_lock; read under RCU by the hook
 * @dead: for the worker: the last user has left, its reference is the worker's
 * @rcu: frees it once the hook has left it
 * @users: owners in ports.c, and the worker's
 * @lock: guards @guards, @yields, and @sock's sk_reuse
 * @guards: how many of the users share the port with nobody
 * @yields: another hold asks for the port
 * @shared: sockets of the kernel's TCP may have been on the port when the first
 *	guard came: connections without a listener; tcp_wire_lock
 * @xn: the namespace
 * @sock: the kernel's socket
 * @addr: the address; 0: every one
 * @port: the port
 */
struct xtcp_hold {
	struct hlist_node	node;
	struct llist_node	dead;
	struct rcu_head		rcu;
	atomic_t		users;
	spinlock_t		lock;		/* guards, yields, sk_reuse */
	u32			guards;
	bool			yields;
	bool			shared;
	struct xtcp_net		*xn;
	struct socket		*sock;
	__be32			addr;
	u16			port;
};

/**
 * struct xtcp_tcp_wire - a namespace's holds; made with the first, kept
 * @held: bit N: port N is held, at some address; read by the hook
 * @bucket: the holds, by port; tcp_wire_lock; read under RCU
 */
struct xtcp_tcp_wire {
	DECLARE_BITMAP(held, 65536);
	struct hlist_head	bucket[HOLD_BUCKETS];
};

/* ---- inbound ---- */

static struct hlist_head *bucket_of(struct xtcp_net *xn, u16 port)
{
	return &READ_ONCE(xn->tcp_wire)->bucket[port % HOLD_BUCKETS];
}

enum claim {
	CLAIM_NONE,
	CLAIM_KNOWN,	/* what the connection table knows */
	CLAIM_OPENING,	/* that, and what opens a connection */
	CLAIM_ALL,
};

/* What is xtcp's of the segments for an address and port. */
static enum claim claim_of(struct xtcp_net *xn, __be32 addr, u16 port)
{
	enum claim claim = CLAIM_NONE;
	struct xtcp_hold *hold;

	if (likely(!test_bit(port, READ_ONCE(xn->tcp_wire)->held)))
		return CLAIM_NONE;
	hlist_for_each_entry_rcu(hold, bucket_of(xn, port), node) {
		if (hold->port != port || (hold->addr && hold->addr != addr))
			continue;
		if (smp_load_acquire(&hold->guards))	/* then @shared is set */
			return hold->shared ? CLAIM_OPENING : CLAIM_ALL;
		claim = CLAIM_KNOWN;
	}
	return claim;
}

static void tuple_from_v4(struct xtcp_tuple *t, const struct sk_buff *skb,
			  __be32 laddr, __be32 raddr, u16 lport, u16 rport)
{
	memset(t, 0, sizeof(*t));
	t->l3mdev = xtcp_skb_l3mdev(skb);
	t->wire = IPPROTO_TCP;
	xtcp_addr_from_v4(&t->laddr, laddr);
	xtcp_addr_from_v4(&t->raddr, raddr);
	t->lport = lport;
	t->rport = rport;
}

/* Does this segment ask for a connection?  Then @seq is its sequence number. */
static bool opens(struct sk_buff *skb, u32 *seq)
{
	u32 offset = ip_hdrlen(skb);
	const struct tcphdr *th;
	struct tcphdr buf;

	th = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!th || !th->syn || th->ack || th->rst ||
	    nf_ip_checksum(skb, NF_INET_LOCAL_IN, offset, IPPROTO_TCP))
		return false;
	*seq = ntohl(th->seq);
	return true;
}

/* Is this segment for us, on a port where the kernel's TCP may have sockets, too?
 * Where it may have the listener, a SYN may end TIME_WAIT and go there.
 */
static bool among_others(struct xtcp_net *xn, struct sk_buff *skb, u16 lport,
			 u16 rport, enum claim claim)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct xtcp_tuple t;
	u32 seq;

	tuple_from_v4(&t, skb, iph->daddr, iph->saddr, lport, rport);
	if (!upcalls->knows(xn, skb, &t, NULL))
		return claim == CLAIM_OPENING && opens(skb, &seq);
	return claim == CLAIM_OPENING || !opens(skb, &seq) ||
	       upcalls->knows(xn, skb, &t, &seq);
}

/* The hook's view of the TCP header: no more than the ports is read. */
static bool is_ours(struct xtcp_net *xn, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports;
	enum claim claim;
	__be16 buf[2];

	ports = skb_header_pointer(skb, iph->ihl * 4, sizeof(buf), buf);
	if (!ports)
		return false;
	claim = claim_of(xn, iph->daddr, ntohs(ports[1]));
	return claim == CLAIM_ALL ||
	       (claim != CLAIM_NONE &&
		among_others(xn, skb, ntohs(ports[1]), ntohs(ports[0]), claim));
}

/* Hand the segment on to the native protocol's handler, marked. */
static unsigned int hand_on(struct sk_buff *skb)
{
	struct iphdr *iph;

	/* tcpdump's clone shares this header and shall show what was sent */
	if (skb_ensure_writable(skb, sizeof(*iph)))
		return NF_DROP;
	iph = ip_hdr(skb);
	csum_replace2(&iph->check, htons(IPPROTO_TCP), htons(IPPROTO_XTCP));
	iph->protocol = IPPROTO_XTCP;
	IPCB(skb)->flags |= XTCP_IPCB_TCP_WIRE;
	return NF_ACCEPT;
}

/* An ICMP error that quotes a TCP segment of ours.  The kernel's TCP, to which
 * it goes also, knows nothing of it.
 */
static void icmp_for_us(struct xtcp_net *xn, struct sk_buff *skb)
{
	u32 ihl = ip_hdrlen(skb), offset = ihl + sizeof(struct icmphdr), seq, info;
	int transport = skb->transport_header;
	const struct icmphdr *icmp;
	const struct iphdr *quoted;
	struct xtcp_tuple t;
	enum claim claim;
	const u8 *tcp;

	if (!pskb_may_pull(skb, offset + sizeof(*quoted) + 8))
		return;
	icmp = (const struct icmphdr *)(skb->data + ihl);
	quoted = (const struct iphdr *)(skb->data + offset);
	if (icmp->type != ICMP_DEST_UNREACH &&
	    icmp->type != ICMP_TIME_EXCEEDED &&
	    icmp->type != ICMP_PARAMETERPROB)
		return;
	if (quoted->protocol != IPPROTO_TCP || quoted->ihl < 5 ||
	    quoted->frag_off & htons(IP_OFFSET) ||
	    !pskb_may_pull(skb, offset + quoted->ihl * 4 + 8))
		return;
	icmp = (const struct icmphdr *)(skb->data + ihl);
	quoted = (const struct iphdr *)(skb->data + offset);
	tcp = (const u8 *)quoted + quoted->ihl * 4;
	tuple_from_v4(&t, skb, quoted->saddr, quoted->daddr,
		      get_unaligned_be16(tcp), get_unaligned_be16(tcp + 2));
	claim = claim_of(xn, quoted->saddr, t.lport);
	if (claim == CLAIM_NONE ||
	    (claim != CLAIM_ALL && !upcalls->knows(xn, skb, &t, NULL)))
		return;
	if (csum_fold(skb_checksum(skb, ihl, skb->len - ihl, 0)))
		return;
	seq = get_unaligned_be32(tcp + 4);
	info = icmp->type == ICMP_DEST_UNREACH ? ntohs(icmp->un.frag.mtu) : 0;
	skb_set_transport_header(skb, ihl);
	upcalls->icmp_error(skb, &t, seq, info);
	skb->transport_header = transport;
}

/**
 * xtcp_tcp_wire_restore() - say TCP again in a claimed segment's IP header
 * @skb: as the IP layer hands it to xtcp_rcv()
 *
 * Policies and filters judge what was on the wire.  The header is writable:
 * hand_on() made it so.
 */
void xtcp_tcp_wire_restore(struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);

	if (!(IPCB(skb)->flags & XTCP_IPCB_TCP_WIRE) ||
	    iph->protocol != IPPROTO_XTCP)
		return;
	csum_replace2(&iph->check, htons(IPPROTO_XTCP), htons(IPPROTO_TCP));
	iph->protocol = IPPROTO_TCP;
}

static unsigned int tcp_wire_hook(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct xtcp_net *xn = priv;
	u8 protocol = ip_hdr(skb)->protocol;

	/* with a socket already: one of the kernel's TCP was found */
	if (protocol == IPPROTO_TCP && !skb->sk && is_ours(xn, skb))
		return hand_on(skb);
	if (unlikely(protocol == IPPROTO_ICMP))
		icmp_for_us(xn, skb);
	return NF_ACCEPT;
}

static const struct nf_hook_ops hook_template = {
	.hook		= tcp_wire_hook,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_LOCAL_IN,
	/* before conntrack's confirmation, behind all else */
	.priority	= INT_MAX - 1,
};

/* ---- holds ---- */

/* A hold on every address will do for one of them. */
static struct xtcp_hold *hold_find(struct xtcp_net *xn, __be32 addr, u16 port)
{
	struct xtcp_hold *hold;

	hlist_for_each_entry(hold, bucket_of(xn, port), node)
		if (hold->port == port && (hold->addr == addr || !hold->addr))
			return hold;
	return NULL;
}

/* What the kernel's TCP asks of a bound socket when another wants the port.
 * Lock held.
 */
static void hold_set_reuse(struct xtcp_hold *hold)
{
	hold->sock->sk->sk_reuse = hold->yields || !hold->guards ?
				   SK_CAN_REUSE : SK_NO_REUSE;
}

static bool overlaps(const struct xtcp_hold *hold, __be32 addr, u16 port)
{
	return hold->port == port &&
	       (hold->addr == addr || !hold->addr || !addr);
}

/* Our own holds are no obstacle to another one on their port: which xtcp sockets
 * may share it is for ports.c to say.
 */
static void holds_yield(const struct xtcp_hold *asks, bool yield)
{
	struct xtcp_hold *hold;

	hlist_for_each_entry(hold, bucket_of(asks->xn, asks->port), node) {
		if (!overlaps(hold, asks->addr, asks->port))
			continue;
		spin_lock_bh(&hold->lock);
		hold->yields = yield;
		hold_set_reuse(hold);
		spin_unlock_bh(&hold->lock);
	}
}

/* Is there a hold on the port, at that address or, 0, at any? */
static bool is_held(struct xtcp_net *xn, __be32 addr, u16 port)
{
	struct xtcp_hold *hold;

	hlist_for_each_entry(hold, bucket_of(xn, port), node)
		if (overlaps(hold, addr, port))
			return true;
	return false;
}

/* Ask the kernel's TCP for the port, as bind() does, and listen() once more.  Not
 * by bind(): cgroups' programs that judge that have judged xtcp's own, and have
 * no say in a connect().  Socket locked.
 */
static int hold_ask(struct xtcp_hold *hold, bool reuse)
{
	struct sock *sk = hold->sock->sk;

	spin_lock_bh(&hold->lock);
	sk->sk_reuse = reuse ? SK_CAN_REUSE : SK_NO_REUSE;
	spin_unlock_bh(&hold->lock);
	return sk->sk_prot->get_port(sk, hold->port) ? -EADDRINUSE : 0;
}

/* As hold_ask(), of one that was bound before; its users say how it goes on. */
static int hold_ask_again(struct xtcp_hold *hold, bool reuse)
{
	int err;

	lock_sock(hold->sock->sk);
	holds_yield(hold, true);
	err = hold_ask(hold, reuse);
	holds_yield(hold, false);
	release_sock(hold->sock->sk);
	return err;
}

/* A bound socket of the kernel's TCP; @reuse: beside others that allow it.  It
 * keeps others away until its users say otherwise: xtcp_hold_guard().
 */
static int hold_bind(struct xtcp_hold *hold, bool reuse)
{
	struct inet_sock *inet;
	int err;

	err = sock_create_kern(hold->xn->net, PF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &hold->sock);
	if (err)
		return err;
	inet = inet_sk(hold->sock->sk);
	lock_sock(&inet->sk);
	inet->inet_rcv_saddr = hold->addr;
	inet->inet_saddr = hold->addr;
	err = hold_ask(hold, false);
	if (err && (reuse || is_held(hold->xn, hold->addr, hold->port))) {
		holds_yield(hold, true);
		err = hold_ask(hold, true);
		holds_yield(hold, false);
		inet->sk.sk_reuse = SK_NO_REUSE;
		hold->shared = true;
	}
	inet->inet_sport = htons(inet->inet_num);
	release_sock(&inet->sk);
	if (err)
		sock_release(hold->sock);
	return err;
}

static int hook_register(struct xtcp_net *xn)
{
	int err;

	if (!xn->tcp_wire) {
		struct xtcp_tcp_wire *tw;

		tw = kvzalloc(sizeof(*tw), GFP_KERNEL);
		if (!tw)
			return -ENOMEM;
		WRITE_ONCE(xn->tcp_wire, tw);
	}
	xn->tcp_wire_hook = hook_template;
	xn->tcp_wire_hook.priv = xn;
	err = nf_register_net_hook(xn->net, &xn->tcp_wire_hook);
	return err;
}

/* tcp_wire_lock held. */
static struct xtcp_hold *hold_make(struct xtcp_net *xn, __be32 addr, u16 port,
				   bool reuse)
{
	struct xtcp_hold *hold;
	int err;

	if (!xn->tcp_wire_users) {
		err = hook_register(xn);
		if (err)
			return ERR_PTR(err);
	}
	hold = kzalloc(sizeof(*hold), GFP_KERNEL);
	err = -ENOMEM;
	if (!hold)
		goto unhook;
	spin_lock_init(&hold->lock);
	hold->xn = xn;
	hold->addr = addr;
	hold->port = port;
	err = hold_bind(hold, reuse);
	if (err)
		goto free;
	hlist_add_head_rcu(&hold->node, bucket_of(xn, port));
	set_bit(port, xn->tcp_wire->held);
	xn->tcp_wire_users++;
	return hold;
free:
	kfree(hold);
unhook:
	if (!xn->tcp_wire_users)
		nf_unregister_net_hook(xn->net, &xn->tcp_wire_hook);
	return ERR_PTR(err);
}

/* tcp_wire_lock held. */
static void hold_free(struct xtcp_hold *hold)
{
	struct xtcp_net *xn = hold->xn;

	hlist_del_rcu(&hold->node);
	if (!is_held(xn, 0, hold->port))
		clear_bit(hold->port, xn->tcp_wire->held);
	sock_release(hold->sock);
	kfree_rcu(hold, rcu);
	if (!--xn->tcp_wire_users)
		nf_unregister_net_hook(xn->net, &xn->tcp_wire_hook);
}

/* tcp_wire_lock held.  Return: true where there was one. */
static bool free_unused(struct xtcp_net *xn)
{
	struct llist_node *list = llist_del_all(&xn->tcp_wire_dead);
	struct xtcp_hold *hold, *next;

	llist_for_each_entry_safe(hold, next, list, dead) {
		/* unless it has found a new user meanwhile */
		if (atomic_dec_and_test(&hold->users))
			hold_free(hold);
	}
	return list;
}

static void free_work(struct work_struct *work)
{
	struct xtcp_net *xn = container_of(work, struct xtcp_net, tcp_wire_work);

	mutex_lock(&xn->tcp_wire_lock);
	free_unused(xn);
	mutex_unlock(&xn->tcp_wire_lock);
}

/* tcp_wire_lock held. */
static struct xtcp_hold *hold_find_or_make(struct xtcp_net *xn, __be32 addr,
					   u16 port, bool reuse)
{
	struct xtcp_hold *hold = xn->tcp_wire ? hold_find(xn, addr, port) : NULL;
	int err;

	if (!hold)
		return hold_make(xn, addr, port, reuse);
	if (READ_ONCE(hold->guards))
		return hold;
	err = hold_ask_again(hold, reuse);
	if (!err)
		hold->shared = reuse;
	return err ? ERR_PTR(err) : hold;
}

/**
 * xtcp_hold_get() - hold a port in the kernel's TCP
 * @sk: the xtcp socket, locked; the address that it sends from counts
 * @port: the port
 * @reuse: it may be shared with sockets of the kernel's TCP that allow it
 *
 * Process context; sleeps.
 *
 * Return: the hold, with a reference; -EADDRINUSE where the kernel's TCP has the
 * port; -ENOMEM
 */
struct xtcp_hold *xtcp_hold_get(struct sock *sk, u16 port, bool reuse)
{
	/* bound to a group, it sends from any */
	__be32 addr = inet_sk(sk)->inet_saddr;
	struct xtcp_net *xn = xtcp_sk(sk)->xn;
	struct xtcp_hold *hold;

	mutex_lock(&xn->tcp_wire_lock);
	do
		hold = hold_find_or_make(xn, addr, port, reuse);
	while (hold == ERR_PTR(-EADDRINUSE) && free_unused(xn));
	if (!IS_ERR(hold))
		atomic_inc(&hold->users);
	mutex_unlock(&xn->tcp_wire_lock);
	return hold;
}

/**
 * xtcp_hold_guard() - one more user, or one less, shares the port with nobody
 * @hold: with a reference of the caller's
 * @by: 1 or -1; 0: a user that shares it has come
 *
 * Any context.
 */
void xtcp_hold_guard(struct xtcp_hold *hold, int by)
{
	spin_lock_bh(&hold->lock);
	/* claim_of() that sees it sees @shared */
	smp_store_release(&hold->guards, hold->guards + by);
	hold_set_reuse(hold);
	spin_unlock_bh(&hold->lock);
}

/* One guard more, if there is one already. */
static bool hold_guard_more(struct xtcp_hold *hold)
{
	bool more;

	spin_lock_bh(&hold->lock);
	more = hold->guards;
	if (more)
		WRITE_ONCE(hold->guards, hold->guards + 1);
	spin_unlock_bh(&hold->lock);
	return more;
}

/* As listen() asks: meanwhile the hold is in LISTEN, and whoever else asks is
 * refused; afterwards the guard refuses.  One who had looked before the guard was
 * there, and has not finished, has the bucket's lock: the second get_port() waits.
 */
static int hold_ask_to_listen(struct xtcp_hold *hold)
{
	struct sock *sk = hold->sock->sk;
	int err;

	lock_sock(sk);
	WRITE_ONCE(sk->sk_state, TCP_LISTEN);
	holds_yield(hold, true);
	hold->shared = hold_ask(hold, false);
	err = hold->shared ? hold_ask(hold, true) : 0;
	if (!err)
		xtcp_hold_guard(hold, 1);
	holds_yield(hold, false);
	if (!err)
		sk->sk_prot->get_port(sk, hold->port);
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	release_sock(sk);
	return err;
}

/**
 * xtcp_hold_listen() - may one of a hold's users listen?
 * @hold: with a reference of the caller's
 *
 * If so, the hold has one guard more, which the caller has to give back by
 * xtcp_hold_guard().  Process context; sleeps.
 *
 * Return: 0; -EADDRINUSE where a socket of the kernel's TCP listens on the port
 */
int xtcp_hold_listen(struct xtcp_hold *hold)
{
	int err = 0;

	mutex_lock(&hold->xn->tcp_wire_lock);
	if (!hold_guard_more(hold))
		err = hold_ask_to_listen(hold);
	mutex_unlock(&hold->xn->tcp_wire_lock);
	return err;
}

/**
 * xtcp_hold_ref() - one more user of a hold
 * @hold: with a reference of the caller's; or NULL: nothing is done
 */
void xtcp_hold_ref(struct xtcp_hold *hold)
{
	if (hold)
		atomic_inc(&hold->users);
}

/**
 * xtcp_hold_put() - a user leaves
 * @hold: or NULL: nothing is done
 *
 * Any context.  The last one's leaving frees the port soon, by a worker.
 */
void xtcp_hold_put(struct xtcp_hold *hold)
{
	struct xtcp_net *xn;

	if (!hold)
		return;
	xn = hold->xn;
	/* the last reference goes to the worker, so the hold stays until then */
	if (atomic_add_unless(&hold->users, -1, 1))
		return;
	if (llist_add(&hold->dead, &xn->tcp_wire_dead))
		schedule_work(&xn->tcp_wire_work);
}

/**
 * xtcp_tcp_wire_init() - before all else here
 * @up: whom to tell; stays
 *
 * At module load.
 */
void xtcp_tcp_wire_init(const struct xtcp_ip_upcalls *up)
{
	upcalls = up;
}

/**
 * xtcp_tcp_wire_net_init() - before a namespace's first TCP-wire socket
 * @xn: the namespace
 */
void xtcp_tcp_wire_net_init(struct xtcp_net *xn)
{
	mutex_init(&xn->tcp_wire_lock);
	init_llist_head(&xn->tcp_wire_dead);
	INIT_WORK(&xn->tcp_wire_work, free_work);
}

/**
 * xtcp_tcp_wire_net_stop() - free the holds and unregister the hook
 * @xn: the namespace; nobody owns a port in it any more
 *
 * Process context; sleeps.
 *
 * Return: whether a grace period must pass before xtcp_tcp_wire_net_exit():
 * there was a hook, and it may still be at work
 */
bool xtcp_tcp_wire_net_stop(struct xtcp_net *xn)
{
	flush_work(&xn->tcp_wire_work);
	WARN_ON_ONCE(xn->tcp_wire_users);
	return xn->tcp_wire;
}

/**
 * xtcp_tcp_wire_net_exit() - free what the hook looked at
 * @xn: the namespace, stopped
 *
 * Process context.
 */
void xtcp_tcp_wire_net_exit(struct xtcp_net *xn)
{
	kvfree(xn->tcp_wire);
}
