// SPDX-License-Identifier: GPL-2.0
/*
 * sock_diag(7): what ss and its like ask. The module xtcp_diag answers; the kernel loads it
 * when somebody asks.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "info.h"
#include "sockdiag.h"
#include "space.h"
#include "tap.h"

#define IN(state)	(1U << (state))

/* ---- what was found, by its ports ---- */

struct list {
	int n;
	int dirty;
	struct found f[8192];
};

static void add(const struct found *f, void *arg)
{
	struct list *list = arg;

	/* nothing of what the memory held before: where no timer runs, it does not end */
	if (!f->msg.idiag_timer && (f->msg.idiag_expires || f->msg.idiag_retrans))
		list->dirty++;
	if (list->n < (int)ARRAY_SIZE(list->f))
		list->f[list->n++] = *f;
}

static struct list *dump(struct inet_diag_req_v2 req, const struct conditions *conditions)
{
	struct list *list = calloc(1, sizeof(*list));

	eq(sockdiag_dump(&req, conditions, add, list), 0, "the kernel answers");
	eq(list->dirty, 0, "no timer, no time");
	return list;
}

static struct list *dump_states(unsigned int states)
{
	return dump(sockdiag_request(states), NULL);
}

static bool is_between(const struct found *f, int sport, int dport)
{
	return ntohs(f->msg.id.idiag_sport) == sport && ntohs(f->msg.id.idiag_dport) == dport;
}

/* How many have these ports; @f: the last of them. */
static int count(const struct list *list, int sport, int dport, struct found *f)
{
	int n = 0;

	for (int i = 0; i < list->n; i++) {
		if (!is_between(&list->f[i], sport, dport))
			continue;
		n++;
		if (f)
			*f = list->f[i];
	}
	return n;
}

static struct inet_diag_req_v2 ends(int sport, const char *src, int dport, const char *dst)
{
	struct inet_diag_req_v2 req = sockdiag_request(ANY_STATE);
	struct address s = at(src, sport), d = at(dst, dport);

	req.id.idiag_sport = htons(sport);
	req.id.idiag_dport = htons(dport);
	if (is_inet6()) {
		memcpy(req.id.idiag_src, &s.v6.sin6_addr, 16);
		memcpy(req.id.idiag_dst, &d.v6.sin6_addr, 16);
	} else {
		req.id.idiag_src[0] = s.v4.sin_addr.s_addr;
		req.id.idiag_dst[0] = d.v4.sin_addr.s_addr;
	}
	return req;
}

static struct inet_diag_req_v2 ends_of(int fd)
{
	return ends(port_of(fd), "127.0.0.1", port_in(peer_of(fd)), "127.0.0.1");
}

static struct inet_diag_req_v2 listener(int fd)
{
	return ends(port_of(fd), "127.0.0.1", 0, "0.0.0.0");
}

static ino_t inode_of(int fd)
{
	struct stat st;

	need(fstat(fd, &st));
	return st.st_ino;
}

/* The extended state of a socket: its attributes. */
struct one {
	bool there;
	struct inet_diag_msg msg;
	int len[INET_DIAG_MAX + 1];
	unsigned char data[INET_DIAG_MAX + 1][512];
};

static void keep(const struct found *f, void *arg)
{
	struct one *one = arg;

	one->there = true;
	one->msg = f->msg;
	for (int i = 0; i <= INET_DIAG_MAX; i++) {
		one->len[i] = f->attr[i].len;
		if (f->attr[i].data)
			memcpy(one->data[i], f->attr[i].data,
			       f->attr[i].len < 512 ? f->attr[i].len : 512);
	}
}

static int look(struct inet_diag_req_v2 req, struct one *one)
{
	memset(one, 0, sizeof(*one));
	return sockdiag_one(SOCK_DIAG_BY_FAMILY, &req, keep, one);
}

/* A new connection, which its client has closed first: in TIME_WAIT by these ends. */
static struct inet_diag_req_v2 into_time_wait(struct one *one)
{
	struct inet_diag_req_v2 req;
	struct pair p;

	pair_open(&p);
	req = ends_of(p.c);
	close(p.c);
	eq(read_to_end(p.s), 0, "it closes");
	close(p.s);
	for (int i = 0; i < LONG_MS / 20; i++) {
		if (!look(req, one) && one->msg.idiag_state == TCP_TIME_WAIT)
			break;
		pause_ms(20);
	}
	eq(one->msg.idiag_state, TCP_TIME_WAIT, "TIME_WAIT, by its ends");
	return req;
}

/* ---- all of them ---- */

static void test_all(void)
{
	enum { CONNS = 150 };
	int ports[CONNS], l = listen_on(CONNS), lport = port_of(l), each = 0, i;
	struct list *list;
	struct found f;

	for (i = 0; i < CONNS; i++)
		ports[i] = port_of(connect_to(l));
	for (i = 0; i < CONNS - 3; i++)
		need(accept_in_time(l));
	list = dump_states(ANY_STATE);
	for (i = 0; i < CONNS; i++)
		each += count(list, ports[i], lport, NULL) == 1 &&
			count(list, lport, ports[i], NULL) == 1;
	eq(each, CONNS, "both ends of each connection are there once");
	eq(count(list, lport, 0, &f), 1, "and the listener");
	eq(f.msg.idiag_state, TCP_LISTEN, "which listens");
	eq(f.msg.idiag_family, address_family(), "by this version of IP");
	eq(f.msg.idiag_rqueue, 3, "connections wait for accept()");
	eq(f.msg.idiag_wqueue, CONNS, "and so many may");
	eq(f.msg.idiag_inode, inode_of(l), "its inode");
	eq(f.msg.idiag_uid, getuid(), "its user");
	free(list);
	list = dump_states(IN(TCP_LISTEN));
	eq(count(list, lport, 0, NULL), 1, "listeners alone");
	eq(count(list, lport, ports[0], NULL), 0, "without connections");
	free(list);
	list = dump_states(IN(TCP_ESTABLISHED));
	eq(count(list, lport, 0, NULL), 0, "connections alone");
	eq(count(list, lport, ports[0], NULL), 1, "each of them");
	free(list);
}

/* The table grows and shrinks while somebody reads it piece by piece: what is there all the
 * time is seen.
 */
struct seen {
	int lport;
	unsigned char times[1 << 16];
};

static void saw(const struct found *f, void *arg)
{
	struct seen *seen = arg;

	if (ntohs(f->msg.id.idiag_dport) == seen->lport)
		seen->times[ntohs(f->msg.id.idiag_sport)]++;
}

static void test_while_it_changes(void)
{
	enum { STAY = 400, COME = 1500 };
	int stay[STAY], come[COME], l = listen_on(4096), fd = sockdiag_open(), i, more, missed = 0;
	struct inet_diag_req_v2 req = sockdiag_request(IN(TCP_ESTABLISHED));
	struct seen *seen = calloc(1, sizeof(*seen));
	struct rlimit files = { 8192, 8192 };
	int began = 0;

	need(setrlimit(RLIMIT_NOFILE, &files));
	seen->lport = port_of(l);
	for (i = 0; i < STAY; i++) {
		stay[i] = connect_to(l);
		need(accept_in_time(l));
	}
	need(sockdiag_ask(fd, SOCK_DIAG_BY_FAMILY, &req, NLM_F_DUMP, NULL));
	do {
		more = sockdiag_read(fd, saw, seen);
		if (began++)
			continue;
		for (i = 0; i < COME; i++)
			come[i] = connect_to(l);
		for (i = 0; i < COME; i++)
			close(come[i]);
	} while (more > 0);
	eq(more, 0, "it comes to an end");
	ok(began > 2, "in pieces: %d", began);
	for (i = 0; i < STAY; i++)
		missed += !seen->times[port_of(stay[i])];
	eq(missed, 0, "nothing is left out that was there all the time");
	close(fd);
}

/* ---- what is said of one ---- */

static void test_attributes(void)
{
	struct inet_diag_req_v2 req;
	struct pair p;
	struct info mine;
	struct one one;
	unsigned int word, mem[9];
	socklen_t len = sizeof(mem);
	char name[16] = "";

	pair_open(&p);
	eq(send_all(p.c, "hello", 5), 5, "five bytes");
	ok(wait_inq(p.s, 5), "arrive");
	ok(wait_outq(p.c, 0), "and are acknowledged");
	need(set_ip(p.c, IP_TOS, 0x10));
	req = ends_of(p.c);
	req.idiag_ext = EXT(MEMINFO) | EXT(INFO) | EXT(CONG) | EXT(TOS) | EXT(SKMEMINFO) |
			EXT(TCLASS);
	eq(look(req, &one), 0, "one, by its ends");
	ok(one.there, "it is there");
	eq(one.msg.idiag_state, TCP_ESTABLISHED, "its state");
	eq(one.msg.idiag_wqueue, 0, "nothing waits to be acknowledged");
	eq(one.msg.idiag_inode, inode_of(p.c), "its inode");
	need(get_info(p.c, &mine));
	ok(one.len[INET_DIAG_INFO] >= 192, "TCP_INFO: %d bytes", one.len[INET_DIAG_INFO]);
	eq(one.data[INET_DIAG_INFO][0], TCP_ESTABLISHED, "the state in it");
	memcpy(&word, one.data[INET_DIAG_INFO] + 16, 4);
	eq(word, mine.snd_mss, "the MSS in it");
	memcpy(&word, one.data[INET_DIAG_INFO] + 8, 4);
	eq(word, mine.rto, "the timeout in it");
	len = sizeof(name);
	need(getsockopt(p.c, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	ok(!strcmp((char *)one.data[INET_DIAG_CONG], name), "congestion control %s", name);
	if (!is_inet6())
		eq(one.data[INET_DIAG_TOS][0], 0x10, "TOS");
	len = sizeof(mem);
	need(getsockopt(p.c, SOL_SOCKET, SO_MEMINFO, mem, &len));
	ok(one.len[INET_DIAG_SKMEMINFO] >= 28, "SO_MEMINFO");
	memcpy(&word, one.data[INET_DIAG_SKMEMINFO] + 4, 4);
	eq(word, mem[1], "the receive buffer in it");
	eq(one.len[INET_DIAG_MEMINFO], 16, "memory");
	eq(one.len[INET_DIAG_CLASS_ID], 4, "traffic class");
	eq(one.len[INET_DIAG_SHUTDOWN], 1, "what is shut down");
	eq(one.data[INET_DIAG_SHUTDOWN][0], 0, "nothing");
	eq(one.len[INET_DIAG_CGROUP_ID], 8, "cgroup");
	if (wire != WIRE_KERNEL)
		eq(one.data[INET_DIAG_PROTOCOL][0], wire == WIRE_TCP ? IPPROTO_TCP : IPPROTO_XTCP,
		   "the wire");

	req.idiag_ext = 0;
	eq(look(req, &one), 0, "with nothing asked for");
	eq(one.len[INET_DIAG_INFO] + one.len[INET_DIAG_CONG] + one.len[INET_DIAG_MEMINFO], 0,
	   "nothing comes");
	need(shutdown(p.c, SHUT_WR));
	look(req, &one);
	eq(one.data[INET_DIAG_SHUTDOWN][0], 2, "the sending side is shut down");
	ok(poll_for(p.s, POLLRDHUP) & POLLRDHUP, "the other end sees it");
	eq(look(ends_of(p.s), &one), 0, "the other end");
	eq(one.msg.idiag_rqueue, 6, "has five bytes unread, and a FIN");
	pair_close(&p);
}

static void test_timers(void)
{
	int full[2], l = full_listener(full), lport = port_of(l), c = connect_start(l);
	struct list *list = dump_states(IN(TCP_SYN_SENT));
	struct found f = { };

	eq(count(list, port_of(c), lport, &f), 1, "a SYN that is not answered");
	eq(f.msg.idiag_timer, 1, "waits for its timeout");
	ok(f.msg.idiag_expires > 0 && f.msg.idiag_expires <= 3500, "in %u ms",
	   f.msg.idiag_expires);
	free(list);
}

static void test_time_wait(void)
{
	struct one one;
	struct inet_diag_req_v2 req = into_time_wait(&one);
	struct list *list = dump_states(IN(TCP_TIME_WAIT));
	struct found f = { };

	eq(count(list, ntohs(req.id.idiag_sport), ntohs(req.id.idiag_dport), &f), 1, "it is there");
	eq(f.msg.idiag_state, TCP_TIME_WAIT, "in that state");
	eq(f.msg.idiag_timer, 3, "it ends");
	ok(f.msg.idiag_expires > 0 && f.msg.idiag_expires <= 60000, "in %u ms",
	   f.msg.idiag_expires);
	eq(f.msg.idiag_inode, 0, "nobody holds it");
	free(list);
}

/* A port is taken, and netstat does not say by whom. */
static void test_bound(void)
{
	int fd = xsocket(), port, l = listen_on(1);
	struct list *list;
	struct found f = { };

	need(bind_at(fd, "127.0.0.1", 0));
	port = port_of(fd);
	list = dump_states(IN(STATE_BOUND));
	if (wire == WIRE_KERNEL && !count(list, port, 0, NULL)) {
		tap_skip("the kernel's TCP does not tell yet", "bound sockets");
		return;
	}
	eq(count(list, port, 0, &f), 1, "a bound socket is there");
	eq(f.msg.idiag_inode, inode_of(fd), "it is that one");
	eq(f.msg.idiag_state, TCP_CLOSE, "closed");
	eq(count(list, port_of(l), 0, NULL), 0, "a listener is not one of them");
	free(list);
	close(fd);
	list = dump_states(IN(STATE_BOUND));
	eq(count(list, port, 0, &f), 0, "no more");
	free(list);
}

/* ---- filters ---- */

static bool lets_through(const struct conditions *c, int sport, int dport)
{
	struct list *list = dump(sockdiag_request(ANY_STATE), c);
	bool through = count(list, sport, dport, NULL);

	free(list);
	return through;
}

static bool port_condition(int op, unsigned int port, int sport, int dport)
{
	struct inet_diag_bc_op operand = { .no = port };
	struct conditions c = { };

	conditions_add(&c, op, &operand, sizeof(operand));
	return lets_through(&c, sport, dport);
}

static bool host_condition(int op, const char *ip, int bits, int port, int sport, int dport)
{
	struct address a = at(ip, 0);
	struct {
		struct inet_diag_hostcond cond;
		unsigned char addr[16];
	} operand = { };
	int bytes = is_inet6() ? 16 : 4;
	struct conditions c = { };

	operand.cond.family = address_family();
	operand.cond.prefix_len = is_inet6() ? 128 - 32 + bits : bits;
	operand.cond.port = port;
	if (is_inet6())
		memcpy(operand.addr, &a.v6.sin6_addr, 16);
	else
		memcpy(operand.addr, &a.v4.sin_addr, 4);
	conditions_add(&c, op, &operand, sizeof(operand.cond) + bytes);
	return lets_through(&c, sport, dport);
}

static void filters_of(int s, int d)
{
	int self = INET_DIAG_BC_S_COND, peer = INET_DIAG_BC_D_COND;
	struct conditions c = { };
	unsigned int device;

	ok(port_condition(INET_DIAG_BC_S_GE, s, s, d), "sport >= its own");
	ok(!port_condition(INET_DIAG_BC_S_GE, s + 1, s, d), "sport >= a higher one");
	ok(port_condition(INET_DIAG_BC_S_LE, s, s, d), "sport <= its own");
	ok(!port_condition(INET_DIAG_BC_S_LE, s - 1, s, d), "sport <= a lower one");
	ok(port_condition(INET_DIAG_BC_D_GE, d, s, d), "dport >= its own");
	ok(!port_condition(INET_DIAG_BC_D_LE, d - 1, s, d), "dport <= a lower one");
	ok(host_condition(self, "127.0.0.1", 32, -1, s, d), "src, its own");
	ok(host_condition(self, "127.0.0.1", 32, s, s, d), "src, with its port");
	ok(!host_condition(self, "127.0.0.1", 32, s + 1, s, d), "src, with another port");
	ok(!host_condition(self, "127.0.0.2", 32, -1, s, d), "src, another");
	ok(host_condition(peer, "127.0.0.1", 24, -1, s, d), "dst, its network");
	ok(!host_condition(peer, "10.9.0.0", 24, -1, s, d), "dst, another network");
	device = 77;
	conditions_add(&c, INET_DIAG_BC_DEV_COND, &device, sizeof(device));
	ok(!lets_through(&c, s, d), "a device that it is not bound to");
}

static void test_filters(void)
{
	struct inet_diag_req_v2 req = sockdiag_request(ANY_STATE);
	struct inet_diag_markcond mark = { .mark = 7, .mask = ~0U };
	struct conditions c = { }, bad = { .len = 4, .code = { 99, 4, 8, 0 } };
	struct inet_diag_bc_op operand = { };
	unsigned long long cgroup;
	int port, lport, l2;
	struct list *list;
	struct pair p;
	struct one one;

	pair_open(&p);
	port = port_of(p.c);
	lport = port_of(p.l);
	filters_of(port, lport);
	need(look(ends_of(p.c), &one));
	memcpy(&cgroup, one.data[INET_DIAG_CGROUP_ID], 8);
	conditions_add(&c, INET_DIAG_BC_CGROUP_COND, &cgroup, 8);
	ok(lets_through(&c, port, lport), "its cgroup");
	cgroup++;
	c.len = 0;
	conditions_add(&c, INET_DIAG_BC_CGROUP_COND, &cgroup, 8);
	ok(!lets_through(&c, port, lport), "another cgroup");

	/* two conditions: both count */
	c.len = 0;
	operand.no = port;
	conditions_add(&c, INET_DIAG_BC_S_GE, &operand, sizeof(operand));
	conditions_add(&c, INET_DIAG_BC_S_LE, &operand, sizeof(operand));
	list = dump(sockdiag_request(ANY_STATE), &c);
	eq(list->n, count(list, port, lport, NULL), "this port, and no other");
	free(list);
	c.len = 0;
	conditions_add(&c, INET_DIAG_BC_AUTO, NULL, 0);
	ok(lets_through(&c, port, lport), "a port that the kernel chose");
	l2 = xsocket();
	need(bind_at(l2, "127.0.0.1", 7321));
	need(listen(l2, 1));
	ok(!lets_through(&c, 7321, 0), "one that the program chose");

	req.id.idiag_dport = htons(lport);
	list = dump(req, NULL);
	eq(count(list, port, lport, NULL), 1, "by the peer's port in the request");
	eq(count(list, lport, port, NULL), 0, "not those of others");
	free(list);
	eq(sockdiag_dump(&req, &bad, keep, &one), -EINVAL, "conditions that there are not");
	if (!have_root())
		return;
	c.len = 0;
	need(set_int(p.c, SOL_SOCKET, SO_MARK, 7));
	conditions_add(&c, INET_DIAG_BC_MARK_COND, &mark, sizeof(mark));
	ok(lets_through(&c, port, lport), "its mark");
	ok(!lets_through(&c, lport, port), "the other end has none");
	pair_close(&p);
}

/* Requests and TIME_WAIT are filtered, too. */
static void test_filters_of_small(void)
{
	struct one one;
	struct inet_diag_req_v2 req = into_time_wait(&one);
	int port = ntohs(req.id.idiag_sport), lport = ntohs(req.id.idiag_dport);
	struct conditions c = { };
	struct inet_diag_bc_op operand = { .no = port };

	filters_of(port, lport);
	conditions_add(&c, INET_DIAG_BC_S_GE, &operand, sizeof(operand));
	ok(lets_through(&c, port, lport), "TIME_WAIT, by its port");
}

/* ---- exactly one ---- */

static void test_exact(void)
{
	struct inet_diag_req_v2 req;
	struct pair p;
	struct one one;
	int gone;

	pair_open(&p);
	eq(look(ends_of(p.c), &one), 0, "a connection");
	req = ends_of(p.c);
	memcpy(req.id.idiag_cookie, one.msg.id.idiag_cookie, sizeof(req.id.idiag_cookie));
	eq(look(req, &one), 0, "with its cookie");
	req.id.idiag_cookie[0]++;
	eq(look(req, &one), -ENOENT, "with another's");
	gone = closed_port();
	eq(look(ends(gone, "127.0.0.1", gone, "127.0.0.1"), &one), -ENOENT, "nobody");
	eq(look(listener(p.l), &one), 0, "a listener");
	eq(one.msg.idiag_state, TCP_LISTEN, "it is the listener");
	req = ends_of(p.c);
	req.sdiag_family = AF_UNIX;
	ok(look(req, &one) < 0, "no other family");
	pair_close(&p);
}

static void test_namespace(void)
{
	struct list *list;
	struct pair p;
	int port, lport;

	if (!have_root()) {
		tap_skip("not root", "namespace");
		return;
	}
	pair_open(&p);
	port = port_of(p.c);
	lport = port_of(p.l);
	netns_new();
	list = dump_states(ANY_STATE);
	eq(count(list, port, lport, NULL), 0, "another namespace's are not shown");
	eq(list->n, 0, "there is nothing");
	free(list);
}

/* ---- SOCK_DESTROY ---- */

static int destroy(struct inet_diag_req_v2 req)
{
	struct one one;

	return sockdiag_one(SOCK_DESTROY, &req, keep, &one);
}

/* In this thread's process, for good. */
static void drop_net_admin(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	need(syscall(SYS_capget, &head, data));
	data[0].effective &= ~(1U << CAP_NET_ADMIN);
	data[0].permitted &= ~(1U << CAP_NET_ADMIN);
	need(syscall(SYS_capset, &head, data));
}

static void test_destroy(void)
{
	struct inet_diag_req_v2 req;
	struct pair p;

	if (!have_root()) {
		tap_skip("not root", "destroy");
		return;
	}
	pair_open(&p);
	eq(send_all(p.s, "unread", 6), 6, "the peer has sent something");
	req = ends_of(p.c);
	eq(destroy(req), 0, "an administrator ends a connection");
	eq(so_error(p.c), ECONNABORTED, "its user is told");
	eq(poll_for(p.s, POLLIN) & (POLLERR | POLLHUP), POLLERR | POLLHUP, "the peer is reset");
	eq(so_error(p.s), ECONNRESET, "and reads that");
	eq(destroy(req), -ENOENT, "it is no more");
	close(p.c);

	/* a listener */
	fails(connect_at(xsocket(), "127.0.0.1", closed_port()), ECONNREFUSED,
	      "a port where nobody listens");
	req = listener(p.l);
	eq(destroy(req), 0, "an administrator ends a listener");
	eq(so_error(p.l), ECONNABORTED, "its user is told");
	fails(accept(p.l, NULL, NULL), EINVAL, "it does not listen");
	fails(connect_at(xsocket(), "127.0.0.1", ntohs(req.id.idiag_sport)), ECONNREFUSED,
	      "nobody does");
	need(listen(p.l, 1));
	connect_to(p.l);
	ok(accept_in_time(p.l) >= 0, "it may listen again");
}

/* Somebody who waits in accept() or recv() wakes. */
static void test_destroy_wakes(void)
{
	struct bg waits = { .fn = bg_accept }, reads = { .fn = bg_recv1 };
	struct pair p;

	if (!have_root()) {
		tap_skip("not root", "destroy wakes");
		return;
	}
	pair_open(&p);
	reads.fd = p.c;
	bg_start(&reads);
	ok(bg_blocked(&reads), "a reader waits");
	eq(destroy(ends_of(p.c)), 0, "its connection is ended");
	eq(bg_join(&reads), -1, "it wakes");
	eq(reads.err, ECONNABORTED, "and is told");
	waits.fd = p.l;
	bg_start(&waits);
	ok(bg_blocked(&waits), "somebody waits in accept()");
	eq(destroy(listener(p.l)), 0, "its listener is ended");
	eq(bg_join(&waits), -1, "it wakes");
	ok(waits.err == EINVAL || waits.err == ECONNABORTED, "and is told: %s",
	   tap_errno_name(waits.err));
}

/* What has no user any more: a FIN that is not answered, TIME_WAIT. */
static void test_destroy_orphans(void)
{
	struct inet_diag_req_v2 req;
	struct pair p;
	struct one one;
	int i;

	if (!have_root()) {
		tap_skip("not root", "destroy orphans");
		return;
	}
	pair_open(&p);
	req = ends_of(p.c);
	close(p.c);
	eq(poll_for(p.s, POLLRDHUP), POLLRDHUP, "the FIN is there");
	eq(look(req, &one), 0, "an orphan waits for the peer's");
	eq(destroy(req), 0, "an administrator ends it");
	for (i = 0; i < LONG_MS / 20 && look(req, &one) != -ENOENT; i++)
		pause_ms(20);
	eq(look(req, &one), -ENOENT, "it is gone");
	close(p.s);
	close(p.l);

	req = into_time_wait(&one);
	if (wire == WIRE_KERNEL)
		return;		/* there it depends on the kernel */
	eq(destroy(req), 0, "an administrator ends it");
	eq(look(req, &one), -ENOENT, "it is gone");
}

static void test_destroy_is_for_admins(void)
{
	struct pair p;
	struct one one;

	if (!have_root()) {
		tap_skip("not root", "destroy is for administrators");
		return;
	}
	pair_open(&p);
	drop_net_admin();
	eq(destroy(ends_of(p.c)), -EPERM, "without CAP_NET_ADMIN");
	eq(look(ends_of(p.c), &one), 0, "it is still there");
	eq(one.len[INET_DIAG_MARK], 0, "and its mark is not shown");
	eq(send_all(p.c, "x", 1), 1, "and works");
	pair_close(&p);
}

static const struct tap_test tests[] = {
	TEST(all),
	TEST_SLOW(while_it_changes, 120),
	TEST(attributes),
	TEST(timers),
	TEST(time_wait),
	TEST(bound),
	TEST(filters),
	TEST(filters_of_small),
	TEST(exact),
	TEST(namespace),
	TEST(destroy),
	TEST(destroy_wakes),
	TEST(destroy_orphans),
	TEST(destroy_is_for_admins),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
