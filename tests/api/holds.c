// SPDX-License-Identifier: GPL-2.0
/*
 * One port space: a port that xtcp has on TCP's wire, and the kernel's TCP.  The
 * two conflict as two sockets of one TCP do, which the kernel wire shows.
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

#define HERE		"127.0.0.1"
#define NEXT		"127.0.0.2"
#define STATE_BOUND	13	/* TCP_BOUND_INACTIVE, linux/tcp_states.h since 6.8 */

static int reusing(int fd)
{
	need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	return fd;
}

static int bound(int fd, int port)
{
	need(bind_at(fd, HERE, port));
	return fd;
}

/* Skip where nothing can be shared. */
static bool two_tcps(const char *what)
{
	if (wire != WIRE_NATIVE)
		return true;
	tap_skip("native has a port space of its own", "%s", what);
	return false;
}

static int listening(int fd, int port)
{
	need(bind_at(fd, HERE, port));
	need(listen(fd, 8));
	return fd;
}

/* A connection to @l, from a socket of the kernel's TCP bound to @port, or to 0. */
static int connected(int l, int port)
{
	int fd = reusing(other_socket());

	need(bind_at(fd, HERE, port));
	need(connect_at(fd, HERE, port_of(l)));
	return fd;
}

static int accepted(int l, const char *who)
{
	int fd = accept_in_time(l);

	ok(fd >= 0, "%s accepts", who);
	return need(fd);
}

static void talks(int a, int b, const char *what)
{
	char byte;

	need(send(a, "a", 1, 0));
	eq(recv_all(b, &byte, 1), 1, "%s: there", what);
	need(send(b, "b", 1, 0));
	eq(recv_all(a, &byte, 1), 1, "%s: and back", what);
}

static void test_plain(void)
{
	if (!two_tcps("bind()"))
		return;
	bound(xsocket(), 5600);
	fails(bind_at(other_socket(), HERE, 5600), EADDRINUSE, "bound");
	fails(bind_at(reusing(other_socket()), HERE, 5600), EADDRINUSE,
	      "bound, and only the other has SO_REUSEADDR");
	bound(other_socket(), 5601);
	fails(bind_at(xsocket(), HERE, 5601), EADDRINUSE, "bound by the other");
	fails(bind_at(reusing(xsocket()), HERE, 5601), EADDRINUSE,
	      "bound by the other, and only we have SO_REUSEADDR");
}

static void test_listener(void)
{
	if (!two_tcps("listen()"))
		return;
	listening(reusing(xsocket()), 5602);
	fails(bind_at(reusing(other_socket()), HERE, 5602), EADDRINUSE,
	      "SO_REUSEADDR on both, we listen");
	listening(reusing(other_socket()), 5603);
	fails(bind_at(reusing(xsocket()), HERE, 5603), EADDRINUSE,
	      "SO_REUSEADDR on both, the other listens");
}

/* Both may have bound it; the first to listen has it. */
static void test_first_listens(void)
{
	int a, b;

	if (!two_tcps("two that are bound"))
		return;
	a = bound(reusing(xsocket()), 5604);
	b = other_socket();
	eq(bind_at(reusing(b), HERE, 5604), 0, "SO_REUSEADDR on both, none listens");
	eq(listen(a, 1), 0, "we listen");
	fails(listen(b, 1), EADDRINUSE, "then the other does not");
	need(close(a));
	eq(listen(b, 1), 0, "we have closed: now it does");

	a = bound(reusing(xsocket()), 5605);
	b = bound(reusing(other_socket()), 5605);
	eq(listen(b, 1), 0, "the other listens");
	fails(listen(a, 1), EADDRINUSE, "then we do not");
	need(close(b));
	eq(listen(a, 1), 0, "it has closed: now we do");
}

/* A latecomer learns that one listens, whichever was there first. */
static void test_third(void)
{
	int a;

	if (!two_tcps("three sockets"))
		return;
	bound(reusing(other_socket()), 5612);
	a = bound(reusing(xsocket()), 5612);
	eq(bind_at(reusing(other_socket()), HERE, 5612), 0,
	   "SO_REUSEADDR on all three, none listens");
	eq(listen(a, 1), 0, "we listen");
	fails(bind_at(reusing(other_socket()), HERE, 5612), EADDRINUSE,
	      "then there is no fourth");
	need(close(a));
	eq(bind_at(reusing(other_socket()), HERE, 5612), 0, "until we have closed");
}

#define ROUNDS	300

/* Where close() has returned, the port is free. */
static void test_closed(void)
{
	int i, a, k, kept = 0;

	if (!two_tcps("closed"))
		return;
	for (i = 0; i < ROUNDS; i++) {
		a = bound(xsocket(), 5618);
		if (i % 2)
			need(listen(a, 1));
		need(close(a));
		k = other_socket();
		kept += bind_at(k, HERE, 5618) != 0;
		need(close(k));
	}
	eq(kept, 0, "a port that we have closed was never kept");
}

struct rival {
	pthread_barrier_t	end;
	atomic_int		round;
	int			fd;
	int			ret;
};

/* Awake when the round begins, since waking up takes longer than listen(). */
static void *listen_too(void *arg)
{
	struct rival *r = arg;

	for (int i = 1; i <= ROUNDS; i++) {
		while (atomic_load(&r->round) != i)
			sched_yield();
		r->ret = listen(r->fd, 1);
		pthread_barrier_wait(&r->end);
	}
	return NULL;
}

static pthread_t begin_rival(struct rival *r)
{
	pthread_t thread;

	atomic_init(&r->round, 0);
	need(pthread_barrier_init(&r->end, NULL, 2) ? -1 : 0);
	need(pthread_create(&thread, NULL, listen_too, r) ? -1 : 0);
	return thread;
}

/* Two listen at the same time: now one is first, now the other. */
static int race(struct rival *r, int round, int fd)
{
	int ret;

	atomic_store(&r->round, round);
	for (int late = round % 30 * 100; late; late--)
		atomic_load(&r->round);
	ret = listen(fd, 1) ? errno : 0;
	pthread_barrier_wait(&r->end);
	return ret;
}

/* Both ask at the same time: one at most may listen. */
static void test_race(void)
{
	int a, err, both = 0, wrong = 0;
	struct rival rival;
	pthread_t thread;

	if (!two_tcps("two that would listen"))
		return;
	thread = begin_rival(&rival);
	for (int i = 1; i <= ROUNDS; i++) {
		a = bound(reusing(xsocket()), 5613);
		rival.fd = bound(reusing(other_socket()), 5613);
		err = race(&rival, i, a);
		wrong += err && err != EADDRINUSE;
		both += !err && !rival.ret;
		need(close(a));
		need(close(rival.fd));
	}
	need(pthread_join(thread, NULL) ? -1 : 0);
	eq(both, 0, "never did both listen");
	eq(wrong, 0, "EADDRINUSE to who came too late");
}

/* Sockets at another address change nothing. */
static void test_neighbours(void)
{
	int a, there, failed = 0;
	struct rival rival;
	pthread_t thread;

	if (!two_tcps("two addresses"))
		return;
	need(bind_at(xsocket(), NEXT, 5614));
	bound(reusing(other_socket()), 5614);
	fails(bind_at(xsocket(), HERE, 5614), EADDRINUSE,
	      "one of us beside it, the other has SO_REUSEADDR, we do not");

	a = bound(reusing(xsocket()), 5615);
	rival.fd = bound(reusing(other_socket()), 5615);
	need(listen(a, 1));
	thread = begin_rival(&rival);
	for (int i = 1; i <= ROUNDS; i++) {
		there = reusing(xsocket());
		need(bind_at(there, NEXT, 5615));
		failed += race(&rival, i, there) || !rival.ret;
		need(close(there));
	}
	need(pthread_join(thread, NULL) ? -1 : 0);
	eq(failed, 0, "one of us listens beside us, the other never at ours");
}

/* A listener has gone, its connections remain: the other TCP's may take its place. */
static void test_after_listener(void)
{
	int l, c, s, k, kc, ks;

	if (!two_tcps("after a listener"))
		return;
	l = listening(reusing(xsocket()), 5606);
	c = connected(l, 0);
	s = accepted(l, "our listener");
	need(close(l));
	fails(bind_at(other_socket(), HERE, 5606), EADDRINUSE,
	      "a connection keeps others away");
	k = reusing(other_socket());
	eq(bind_at(k, HERE, 5606), 0, "but for SO_REUSEADDR");
	eq(listen(k, 8), 0, "which listens");
	fails(bind_at(reusing(xsocket()), HERE, 5606), EADDRINUSE,
	      "so that we cannot");
	kc = connected(k, 0);
	ks = accepted(k, "the other listener");
	talks(kc, ks, "its connection");
	talks(c, s, "and ours, on one port");
	need(close(k));
	need(close(ks));
	eq(recv_all(kc, &l, 1), 0, "its connection ends");
	talks(c, s, "ours lasts");
}

/* The other way round: its connections go on beside our listener. */
static void test_after_their_listener(void)
{
	int a, l, k, kc, ks, c, s;

	if (!two_tcps("after the other's listener"))
		return;
	k = listening(reusing(other_socket()), 5616);
	kc = connected(k, 0);
	ks = accepted(k, "the other listener");
	need(close(k));
	l = reusing(xsocket());
	eq(bind_at(l, HERE, 5616), 0, "where the other has a connection, we bind");
	eq(listen(l, 8), 0, "and listen");
	talks(kc, ks, "its connection");
	c = connected(l, 0);
	s = accepted(l, "our listener");
	talks(c, s, "ours");
	a = other_socket();
	fails(bind_at(reusing(a), HERE, 5616), EADDRINUSE, "no more of the other");
	talks(kc, ks, "its connection");
	need(close(ks));
	eq(recv_all(kc, &a, 1), 0, "ends as it should");
}

static void leave_time_wait(int port, int from)
{
	int l = listening(reusing(xsocket()), port);
	int c = connected(l, from);
	int s = need(accept_in_time(l));
	char byte;

	need(close(s));		/* first: TIME_WAIT is here */
	need(recv_all(c, &byte, 1));
	need(close(c));
	need(close(l));
}

/* A TIME_WAIT is left: a server of the other TCP begins. */
static void test_time_wait(void)
{
	int k = other_socket(), c, s;

	if (!two_tcps("TIME_WAIT"))
		return;
	leave_time_wait(5607, 5608);
	if (wire == WIRE_KERNEL) {
		fails(bind_at(k, HERE, 5607), EADDRINUSE, "TIME_WAIT keeps others away");
		eq(bind_at(reusing(k), HERE, 5607), 0, "but for SO_REUSEADDR");
	} else {
		eq(bind_at(k, HERE, 5607), 0, "TIME_WAIT keeps nobody of the other away");
	}
	eq(listen(k, 8), 0, "which listens");
	c = connected(k, 0);
	s = accepted(k, "the other listener");
	talks(c, s, "a new connection");
	/* from the very port that the TIME_WAIT knows */
	c = connected(k, 5608);
	s = accepted(k, "from the TIME_WAIT's peer");
	talks(c, s, "in its place");
}

/* A server of the other TCP on the port that a connect() chose: both work. */
static void serves_beside(int c, int s)
{
	int k = reusing(other_socket()), kc, ks;

	eq(bind_at(k, HERE, port_of(c)), 0, "connected: the other binds the port");
	eq(listen(k, 8), 0, "and listens");
	kc = connected(k, 0);
	ks = accepted(k, "the other");
	talks(kc, ks, "its connection");
	talks(c, s, "and ours");
	need(close(kc));
	need(close(ks));
	need(close(k));
}

/* A connect() without SO_REUSEADDR has its port, even in TIME_WAIT: that is how two
 * sockets of one TCP are.  On TCP's wire it has no more than its 4-tuple.
 */
static void test_client(void)
{
	int l, c, s, port;
	char byte;

	if (!two_tcps("a client's port"))
		return;
	l = listening(other_socket(), 5609);
	c = need(xsocket());
	need(connect_at(c, HERE, 5609));
	s = need(accept_in_time(l));
	port = port_of(c);
	if (wire == WIRE_KERNEL)
		fails(bind_at(reusing(other_socket()), HERE, port), EADDRINUSE,
		      "connected: the port is taken");
	else
		serves_beside(c, s);
	need(shutdown(c, SHUT_WR));
	need(recv_all(s, &byte, 1));
	need(close(s));
	need(recv_all(c, &byte, 1));
	need(close(c));
	if (wire == WIRE_KERNEL)
		fails(bind_at(reusing(other_socket()), HERE, port), EADDRINUSE,
		      "in TIME_WAIT, too");
	else
		eq(bind_at(other_socket(), HERE, port), 0, "in TIME_WAIT, too");
}

/* ---- what ss(8) asks, inet_diag ---- */

static bool sees_bound(void)
{
	int major, minor;
	struct utsname u;

	need(uname(&u));
	need(sscanf(u.release, "%d.%d", &major, &minor) == 2 ? 0 : -1);
	return major > 6 || (major == 6 && minor >= 8);
}

/* The kernel's TCP shows a socket of IPv6 as one, wherever it is bound; what xtcp holds is
 * of the address's family.
 */
static int shown_family(void)
{
	return wire == WIRE_TCP && ip_version == IP_MAPPED ? AF_INET : address_family();
}

/* How many sockets of the kernel's TCP are bound to this port, and no more. */
static int count_bound(int port)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 req;
	} ask = {
		.h.nlmsg_len = sizeof(ask),
		.h.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.req.sdiag_family = shown_family(),
		.req.sdiag_protocol = IPPROTO_TCP,
		.req.idiag_states = 1 << STATE_BOUND,
	};
	int fd = need(socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG));
	long long buf[2048];	/* aligned */
	int n = 0, len;

	need(send(fd, &ask, sizeof(ask), 0));
	for (;;) {
		struct nlmsghdr *h = (void *)buf;

		len = need(recv(fd, buf, sizeof(buf), 0));
		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			struct inet_diag_msg *msg = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_DONE) {
				close(fd);
				return n;
			}
			need(h->nlmsg_type == NLMSG_ERROR ? -1 : 0);
			n += msg->id.idiag_sport == htons(port);
		}
	}
}

static void test_shown(void)
{
	int l, s;

	if (!two_tcps("what ss shows"))
		return;
	if (!sees_bound()) {
		tap_skip("the kernel shows none before 6.8", "bound sockets");
		return;
	}
	bound(xsocket(), 5610);
	eq(count_bound(5610), 1, "a bound port is shown as bound");
	if (wire == WIRE_KERNEL)	/* shown as what they are */
		return;
	l = listening(reusing(xsocket()), 5611);
	eq(count_bound(5611), 1, "a listener's");
	connected(l, 0);
	s = need(accept_in_time(l));
	eq(count_bound(5611), 1, "once, for all its connections");
	need(close(l));
	eq(count_bound(5611), 1, "as long as one is left");
	need(set_linger(s, 1, 0));
	need(close(s));
	/* a worker gives it back */
	for (long long end = now_ms() + LONG_MS; now_ms() < end && count_bound(5611);)
		pause_ms(1);
	eq(count_bound(5611), 0, "and no longer");
}

static const struct tap_test tests[] = {
	TEST(plain),
	TEST(listener),
	TEST(first_listens),
	TEST(third),
	TEST(closed),
	TEST(race),
	TEST(neighbours),
	TEST(after_listener),
	TEST(after_their_listener),
	TEST(time_wait),
	TEST(client),
	TEST(shown),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
