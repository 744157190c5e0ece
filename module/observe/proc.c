// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/xtcp and xtcp6, in the columns of /proc/net/tcp and tcp6, with the options that
 * were agreed on behind them; and /proc/net/xtcp_stat, the counters: a name and a value a line.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "../engine/demux.h"
#include "../engine/listeners.h"
#include "../engine/request.h"
#include "../engine/timewait.h"
#include "line.h"
#include "observe.h"

static const char *const counter_names[XTCP_MIB_MAX] = {
#define XTCP_COUNTER_NAME(id, name, doc) [XTCP_MIB_##id] = name,
	XTCP_COUNTERS(XTCP_COUNTER_NAME)
#undef XTCP_COUNTER_NAME
};

static int proc_stat_show(struct seq_file *seq, void *v)
{
	struct xtcp_net *xn = xtcp_pernet(seq_file_single_net(seq));
	int i;

	for (i = 0; i < XTCP_MIB_MAX; i++)
		seq_printf(seq, "%s %ld\n", counter_names[i],
			   xtcp_counter(xn, i));
	return 0;
}

/* ---- /proc/net/xtcp, /proc/net/xtcp6 ---- */

#define LINE_WIDTH	179	/* a word more than the 149 of the kernel's */
#define LINE_WIDTH6	(LINE_WIDTH + 2 * 24)

static unsigned int conns_width(const struct xtcp_conns_iter *it)
{
	return it->family == AF_INET6 ? LINE_WIDTH6 : LINE_WIDTH;
}

/* A word, as ss(8) names them: "ts,sack,ecn,wscale:7,8"; "-": none.  The first scale is the
 * peer's, the second ours.
 */
static void conns_show_agreed(struct seq_file *seq, const struct xtcp_agreed *a)
{
	if (a->timestamps)
		seq_puts(seq, "ts");
	if (a->sack)
		seq_printf(seq, "%ssack", a->timestamps ? "," : "");
	if (a->ecn)
		seq_printf(seq, "%secn", a->timestamps || a->sack ? "," : "");
	if (a->wscale)
		seq_printf(seq, "%swscale:%u,%u",
			   a->timestamps || a->sack || a->ecn ? "," : "",
			   a->snd_wscale, a->rcv_wscale);
	if (!a->timestamps && !a->sack && !a->ecn && !a->wscale)
		seq_putc(seq, '-');
}

static void conns_show_end(struct seq_file *seq, const struct in6_addr *a, u16 port)
{
	const struct xtcp_conns_iter *it = seq->private;

	if (it->family == AF_INET6)
		seq_printf(seq, "%08X%08X%08X", (__force u32)a->s6_addr32[0],
			   (__force u32)a->s6_addr32[1], (__force u32)a->s6_addr32[2]);
	seq_printf(seq, "%08X:%04X ", (__force u32)a->s6_addr32[3], port);
}

/* What else a line says of any entry, but its 4-tuple. */
struct conns_owner {
	kuid_t		uid;
	unsigned long	inode;
	int		refs;
	const void	*object;	/* shown as kernel.kptr_restrict has it */
};

static void conns_show_line(struct seq_file *seq, const struct xtcp_tuple *t,
			    const struct xtcp_line *line, const struct conns_owner *owner)
{
	long left = max((long)(line->expires - jiffies), 0L);

	seq_setwidth(seq, conns_width(seq->private));
	seq_printf(seq, "%4d: ", (int)seq->index - 1);
	conns_show_end(seq, &t->laddr, t->lport);
	conns_show_end(seq, &t->raddr, t->rport);
	seq_printf(seq, "%02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %pK ", line->state,
		   line->tx, line->rx, line->timer, line->timer ? jiffies_to_clock_t(left) : 0,
		   line->retries, from_kuid_munged(seq_user_ns(seq), owner->uid), line->probes,
		   owner->inode, owner->refs, owner->object);
}

static void conns_end_line(struct seq_file *seq, const struct xtcp_agreed *agreed)
{
	conns_show_agreed(seq, agreed);
	seq_pad(seq, '\n');
}

/* What only sockets have: timeout and delay of ACKs, in clock ticks; ACKs that are not
 * delayed, and ping-pong; cwnd and ssthresh, in segments.
 */
static void conns_show_pace(struct seq_file *seq, const struct xtcp_sock *x)
{
	u32 mss = max(READ_ONCE(x->snd_mss), 1u), ssthresh = READ_ONCE(x->cong.ssthresh_bytes);
	u32 delack_ms = READ_ONCE(x->xn->sysctl.delack_ms);

	seq_printf(seq, "%lu %lu %u %u %d ",
		   (unsigned long)jiffies_to_clock_t(usecs_to_jiffies(xtcp_timeout_us(x))),
		   (unsigned long)jiffies_to_clock_t(msecs_to_jiffies(delack_ms)),
		   x->ack.quick << 1 | x->ack.ping_pong, READ_ONCE(x->cong.cwnd_bytes) / mss,
		   ssthresh == XTCP_SSTHRESH_INFINITE ? -1 : (int)(ssthresh / mss));
}

static void conns_show_connection(struct seq_file *seq, struct sock *sk)
{
	const struct conns_owner owner = {
		.uid = READ_ONCE(sk->sk_uid),
		.inode = sock_i_ino(sk),
		.refs = refcount_read(&sk->sk_refcnt),
		.object = sk,
	};
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_agreed agreed = { };
	struct xtcp_line line;

	xtcp_line_of_sock(&line, sk);
	/* in SYN_SENT it is what we offer */
	if (line.state != TCP_LISTEN && line.state != TCP_SYN_SENT)
		agreed = x->agreed;
	conns_show_line(seq, &x->node.tuple, &line, &owner);
	conns_show_pace(seq, x);
	conns_end_line(seq, &agreed);
}

/* Its memory may be another socket's by now, of another namespace. */
static void conns_show_if_here(struct seq_file *seq, struct sock *sk)
{
	const struct xtcp_conns_iter *it = seq->private;

	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return;
	if (xtcp_sk(sk)->xn == it->xn && xtcp_sk(sk)->hashed)
		conns_show_connection(seq, sk);
	sock_put(sk);
}

static void conns_show_request(struct seq_file *seq, const struct xtcp_request *req)
{
	const struct conns_owner owner = {
		.uid = READ_ONCE(req->listener->sk_uid),
		.refs = refcount_read(&req->refcnt),
		.object = req,
	};
	struct xtcp_line line;

	xtcp_line_of_request(&line, req);
	conns_show_line(seq, &req->node.tuple, &line, &owner);
	conns_end_line(seq, &req->agreed);
}

static void conns_show_time_wait(struct seq_file *seq, const struct xtcp_timewait *tw)
{
	const struct conns_owner owner = {
		.uid = GLOBAL_ROOT_UID,
		.refs = refcount_read(&tw->refcnt),
		.object = tw,
	};
	struct xtcp_line line;

	xtcp_line_of_time_wait(&line, tw);
	conns_show_line(seq, &tw->node.tuple, &line, &owner);
	conns_end_line(seq, &tw->agreed);
}

static void conns_show_node(struct seq_file *seq, struct xtcp_node *node)
{
	switch (node->kind) {
	case XTCP_KIND_CONNECTION:
		conns_show_if_here(seq, xtcp_node_sk(node));
		break;
	case XTCP_KIND_REQUEST:
		conns_show_request(seq, container_of(node, struct xtcp_request, node));
		break;
	case XTCP_KIND_TIME_WAIT:
		conns_show_time_wait(seq, container_of(node, struct xtcp_timewait, node));
		break;
	case XTCP_KIND_NONE:
		break;
	}
}

/* The listeners come first, by number, then the connection table.  Both may
 * change during the walk: an entry that is there all the time is shown once, or
 * twice if the table grows.
 *
 * A reader takes a few lines at a time.  Its place is kept between reads, or
 * reading all would take time quadratic in the number of entries.
 */
static void *conns_table_entry(struct xtcp_conns_iter *it, bool next)
{
	void *entry;

	do {
		entry = xtcp_walk_node(next ? rhashtable_walk_next(&it->walk) :
					      rhashtable_walk_peek(&it->walk));
		it->steps++;
	} while (IS_ERR(entry) && PTR_ERR(entry) == -EAGAIN);
	it->place = IS_ERR_OR_NULL(entry) ? XTCP_CONNS_END : XTCP_CONNS_TABLE;
	return it->place == XTCP_CONNS_TABLE ? entry : NULL;
}

/* The listener with that number, or the next one; after the last, the table. */
static void *conns_listener_entry(struct xtcp_conns_iter *it, unsigned long id)
{
	struct sock *sk = xtcp_next_listener(it->xn, &id);

	it->steps++;
	it->listener = id;
	return sk ?: conns_table_entry(it, true);
}

static void *conns_step(struct xtcp_conns_iter *it)
{
	switch (it->place) {
	case XTCP_CONNS_START:
		it->place = XTCP_CONNS_LISTENERS;
		return conns_listener_entry(it, 0);
	case XTCP_CONNS_LISTENERS:
		return conns_listener_entry(it, it->listener + 1);
	case XTCP_CONNS_TABLE:
		return conns_table_entry(it, true);
	case XTCP_CONNS_END:
		break;
	}
	return NULL;
}

/* Is it a socket's of the family that is shown? */
static bool conns_shown(const struct xtcp_conns_iter *it, const void *v)
{
	const struct xtcp_node *node = v;

	if (it->place == XTCP_CONNS_LISTENERS)
		return ((const struct sock *)v)->sk_family == it->family;
	if (node->kind == XTCP_KIND_CONNECTION)
		return xtcp_node_sk((struct xtcp_node *)node)->sk_family == it->family;
	return node->family == it->family;
}

static void *conns_advance(struct xtcp_conns_iter *it)
{
	void *v;

	do {
		v = conns_step(it);
	} while (v && !conns_shown(it, v));
	return v;
}

/* The entry at this place; if it has gone, the next one. */
static void *conns_at(struct xtcp_conns_iter *it)
{
	switch (it->place) {
	case XTCP_CONNS_START:
		return SEQ_START_TOKEN;
	case XTCP_CONNS_LISTENERS:
		return conns_listener_entry(it, it->listener);
	case XTCP_CONNS_TABLE:
		return conns_table_entry(it, false);
	case XTCP_CONNS_END:
		break;
	}
	return NULL;
}

static void *conns_here(struct xtcp_conns_iter *it)
{
	void *v = conns_at(it);

	return v && v != SEQ_START_TOKEN && !conns_shown(it, v) ? conns_advance(it) : v;
}

static void conns_rewind(struct xtcp_conns_iter *it)
{
	rhashtable_walk_exit(&it->walk);
	rhashtable_walk_enter(&it->xn->conns, &it->walk);
	it->place = XTCP_CONNS_START;
	it->pos = 0;
}

static void *conns_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	struct xtcp_conns_iter *it = seq->private;
	void *v;

	if (*pos != it->pos || !*pos)
		conns_rewind(it);
	rhashtable_walk_start(&it->walk);
	v = conns_here(it);
	for (; v && it->pos < *pos; it->pos++)
		v = conns_advance(it);
	it->pos = *pos;
	return v;
}

static void *conns_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct xtcp_conns_iter *it = seq->private;

	it->pos = ++*pos;
	return conns_advance(it);
}

static void conns_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	struct xtcp_conns_iter *it = seq->private;

	rhashtable_walk_stop(&it->walk);
}

static int conns_show(struct seq_file *seq, void *v)
{
	struct xtcp_conns_iter *it = seq->private;

	if (v == SEQ_START_TOKEN) {
		bool v6 = it->family == AF_INET6;
		int width = v6 ? 38 : 14;

		seq_setwidth(seq, conns_width(it));
		seq_printf(seq, "  sl  %-*s%-*s", width, "local_address", width,
			   v6 ? "remote_address" : "rem_address");
		seq_puts(seq, "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode options");
		seq_pad(seq, '\n');
	} else if (it->place == XTCP_CONNS_LISTENERS) {
		conns_show_connection(seq, v);
	} else {
		conns_show_node(seq, v);
	}
	return 0;
}

const struct seq_operations xtcp_conns_ops = {
	.start	= conns_start,
	.next	= conns_next,
	.stop	= conns_stop,
	.show	= conns_show,
};

/**
 * xtcp_conns_iter_init() - before a walk over all that a namespace has
 * @it: the walk, which xtcp_conns_iter_exit() must end; zeroed
 * @xn: the namespace, which must be there as long
 * @family: whose sockets are shown: AF_INET, AF_INET6
 *
 * Process context.
 */
void xtcp_conns_iter_init(struct xtcp_conns_iter *it, struct xtcp_net *xn, u8 family)
{
	it->xn = xn;
	it->family = family;
	rhashtable_walk_enter(&xn->conns, &it->walk);
}

/**
 * xtcp_conns_iter_exit() - after a walk
 * @it: the walk
 *
 * Process context.
 */
void xtcp_conns_iter_exit(struct xtcp_conns_iter *it)
{
	rhashtable_walk_exit(&it->walk);
}

/* An open file keeps the namespace: the namespace's end must not wait for a
 * reader, which may sleep in a page fault for as long as it likes.
 */
static int conns_open(struct inode *inode, struct file *file, u8 family)
{
	struct xtcp_net *xn = pde_data(inode);	/* there as long as the entry is */
	struct xtcp_conns_iter *it;

	if (!maybe_get_net(xn->net))
		return -ENXIO;
	it = __seq_open_private(file, &xtcp_conns_ops, sizeof(*it));
	if (!it) {
		put_net(xn->net);
		return -ENOMEM;
	}
	xtcp_conns_iter_init(it, xn, family);
	return 0;
}

static int conns_open4(struct inode *inode, struct file *file)
{
	return conns_open(inode, file, AF_INET);
}

static int conns_open6(struct inode *inode, struct file *file)
{
	return conns_open(inode, file, AF_INET6);
}

static int conns_release(struct inode *inode, struct file *file)
{
	struct seq_file *seq = file->private_data;
	struct xtcp_conns_iter *it = seq->private;
	struct net *net = it->xn->net;
	int err;

	xtcp_conns_iter_exit(it);
	err = seq_release_private(inode, file);
	put_net(net);
	return err;
}

static const struct proc_ops conns4_proc_ops = {
	.proc_open	= conns_open4,
	.proc_read_iter	= seq_read_iter,
	.proc_lseek	= seq_lseek,
	.proc_release	= conns_release,
};

static const struct proc_ops conns6_proc_ops = {
	.proc_open	= conns_open6,
	.proc_read_iter	= seq_read_iter,
	.proc_lseek	= seq_lseek,
	.proc_release	= conns_release,
};

/**
 * xtcp_proc_net_init() - make the files of a namespace
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_proc_net_init(struct xtcp_net *xn)
{
	struct proc_dir_entry *dir = xn->net->proc_net;

	if (proc_create_data("xtcp", 0444, dir, &conns4_proc_ops, xn) &&
	    (!ipv6_mod_enabled() || proc_create_data("xtcp6", 0444, dir, &conns6_proc_ops, xn)) &&
	    proc_create_net_single("xtcp_stat", 0444, dir, proc_stat_show, NULL))
		return 0;
	xtcp_proc_net_exit(xn);
	return -ENOMEM;
}

/**
 * xtcp_proc_net_exit() - undo xtcp_proc_net_init()
 * @xn: the namespace
 */
void xtcp_proc_net_exit(struct xtcp_net *xn)
{
	remove_proc_subtree("xtcp_stat", xn->net->proc_net);
	remove_proc_subtree("xtcp6", xn->net->proc_net);
	remove_proc_subtree("xtcp", xn->net->proc_net);
}
