// SPDX-License-Identifier: GPL-2.0
/*
 * Two TCPs on one wire: who has a port or a 4-tuple first keeps it, and a user of one
 * cannot take or disturb what a user of the other has.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "space.h"
#include "tap.h"

#define HERE	"127.0.0.1"

static bool two_tcps(const char *what)
{
	if (wire == WIRE_NATIVE)
		tap_skip("native is a wire of its own", "%s", what);
	else if (!have_root())
		tap_skip("not root", "%s", what);
	else
		return true;
	return false;
}

static int reusing(int fd)
{
	need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	return fd;
}

static int bound(int fd, const char *ip, int port)
{
	need(bind_at(fd, ip, port));
	return fd;
}

static int listening(int fd, const char *ip, int port)
{
	bound(fd, ip, port);
	need(listen(fd, 64));
	return fd;
}

static void talks(int a, int b, const char *what)
{
	char byte;

	need(send(a, "a", 1, MSG_NOSIGNAL));
	eq(recv_all(b, &byte, 1), 1, "%s: there", what);
	need(send(b, "b", 1, MSG_NOSIGNAL));
	eq(recv_all(a, &byte, 1), 1, "%s: and back", what);
}

/* Someone has bound the server's port before it, and wants the 4-tuple of its client. */
static void steal_tuple(const char *early_demux, int port)
{
	int thief, l, c, s;

	need(sysctl_set("/proc/sys/net/ipv4/ip_early_demux", early_demux));
	thief = bound(reusing(xsocket()), HERE, port);
	l = listening(reusing(other_socket()), HERE, port);
	c = bound(reusing(other_socket()), HERE, port + 1);
	need(connect_at(c, HERE, port));
	s = need(accept_in_time(l));
	fails(connect_at(thief, HERE, port + 1), EADDRNOTAVAIL,
	      "ip_early_demux %s: the 4-tuple is taken", early_demux);
	talks(c, s, "its connection");
	thief = reusing(xsocket());
	fails(bind_at(thief, HERE, port), EADDRINUSE, "nor may one come late");
	talks(c, s, "its connection");
}

static void test_tuple(void)
{
	if (!two_tcps("a 4-tuple that is taken"))
		return;
	steal_tuple("1", 5700);
	steal_tuple("0", 5702);
}

/* The other way round: the kernel's TCP does not know what xtcp has.  But what xtcp has
 * first, it keeps.
 */
static void test_ours(void)
{
	int l, c, s, thief;

	if (!two_tcps("a 4-tuple that we have"))
		return;
	l = listening(xsocket(), HERE, 5704);
	c = bound(reusing(xsocket()), HERE, 5705);
	need(connect_at(c, HERE, 5704));
	s = need(accept_in_time(l));
	thief = bound(reusing(other_socket()), HERE, 5705);
	need(set_int(thief, IPPROTO_TCP, TCP_USER_TIMEOUT, 300));
	ok(connect_at(thief, HERE, 5704), "nobody else gets it");
	talks(c, s, "our connection");
	need(close(thief));
	talks(c, s, "our connection");
}

/* A SYN that was sent into the blue does not take away what a listener is to get. */
static void test_syn_sent(void)
{
	int thief, l, c, s;
	struct spaces side;
	struct info info;

	if (!two_tcps("a SYN that nobody answers"))
		return;
	if (wire == WIRE_KERNEL) {
		tap_skip("it takes part in a handshake there", "a SYN that nobody answers");
		return;
	}
	spaces_make(&side);
	space_go(side.b);		/* whose answers go nowhere for now */
	need(run("ip route add blackhole 10.9.0.1/32") ? 0 : -1);
	space_go(side.a);
	thief = bound(reusing(xsocket()), "10.9.0.1", 5706);
	l = listening(reusing(other_socket()), "10.9.0.1", 5706);
	set_nonblock(thief, true);
	fails(connect_at(thief, "10.9.0.2", 5707), EINPROGRESS, "a SYN is sent");
	space_go(side.b);
	need(run("ip route del blackhole 10.9.0.1/32") ? 0 : -1);
	c = bound(reusing(other_socket()), "10.9.0.2", 5707);
	eq(connect_at(c, "10.9.0.1", 5706), 0, "who is there connects to the listener");
	s = accept_in_time(l);
	ok(s >= 0, "which accepts");
	talks(c, s, "its connection");
	for (info.retransmits = 0; !info.retransmits;)
		need(get_info(thief, &info));
	eq(poll_now(thief, POLLIN | POLLOUT), 0, "the SYN went again: nothing comes of it");
	talks(c, s, "its connection");
}

/* A port that is only to be chosen is not one that a program has bound. */
static void test_chosen(void)
{
	int l, c, s, k;

	if (!two_tcps("a port that is chosen"))
		return;
	set_port_range("41000 41000");
	l = listening(xsocket(), HERE, 5708);
	k = bound(reusing(other_socket()), HERE, 41000);
	fails(connect_at(xsocket(), HERE, 5708), EADDRNOTAVAIL,
	      "the only port is bound by the other");
	need(close(k));
	k = listening(other_socket(), HERE, 41000);
	fails(connect_at(xsocket(), HERE, 5708), EADDRNOTAVAIL,
	      "the other listens on the only port");
	need(close(k));
	c = xsocket();
	eq(connect_at(c, HERE, 5708), 0, "nobody has it any more");
	eq(port_of(c), 41000, "it is chosen");
	s = need(accept_in_time(l));
	talks(c, s, "the connection");
}

#define PORTS	8

/* Clients that have gone leave no port of the kernel's TCP taken. */
static void test_nothing_held(void)
{
	int l, k, c, s, i;
	char byte;

	if (!two_tcps("clients that have gone"))
		return;
	if (wire == WIRE_KERNEL) {
		tap_skip("the ports are its own", "clients that have gone");
		return;
	}
	need(sysctl_set("/proc/sys/net/ipv4/ip_local_port_range", "42000 42007"));
	need(sysctl_set("/proc/sys/net/xtcp/local_port_range", "42000 43000"));
	l = listening(xsocket(), HERE, 5709);
	for (i = 0; i < 3 * PORTS; i++) {
		c = need(xsocket());
		need(connect_at(c, HERE, 5709));
		s = need(accept_in_time(l));
		need(shutdown(c, SHUT_WR));
		need(recv_all(s, &byte, 1));
		close(s);
		need(recv_all(c, &byte, 1));
		close(c);
	}
	k = listening(other_socket(), HERE, 5710);
	for (i = 0; i < PORTS; i++)
		if (connect_at(need(other_socket()), HERE, 5710))
			break;
	eq(i, PORTS, "the kernel's connect() has all its ports");
	need(accept_in_time(k));
}

/* ---- in pieces: the kernel looks for no connection before it has them all ---- */

#define PIECES	(100 << 10)

static void *send_pieces(void *arg)
{
	static char data[PIECES];
	const int *fd = arg;

	send_all(*fd, data, sizeof(data));
	close(*fd);
	return NULL;
}

static void one_stream(int fd, int l, const char *ip, int port, const char *who)
{
	pthread_t thread;
	int s;

	need(connect_at(fd, ip, port));
	s = need(accept_in_time(l));
	need(pthread_create(&thread, NULL, send_pieces, &fd) ? -1 : 0);
	eq(read_to_end(s), PIECES, "%s: all that was sent in pieces", who);
	need(pthread_join(thread, NULL) ? -1 : 0);
	close(s);
}

/* The router's link to the server is narrow, and nobody forbids it to cut. */
static void make_narrow(int space[3])
{
	int i;

	for (i = 0; i < 3; i++)
		space[i] = space_make();
	space_go(space[1]);
	need(run("ip link add c0 type veth peer name v0 netns /proc/%d/fd/%d", getpid(),
		 space[0]) &&
	     run("ip link add s0 mtu 700 type veth peer name v0 netns /proc/%d/fd/%d",
		 getpid(), space[2]) &&
	     run("ip addr add 10.8.0.254/24 dev c0 && ip link set c0 up") &&
	     run("ip addr add 10.8.1.254/24 dev s0 && ip link set s0 up") ? 0 : -1);
	need(sysctl_set("/proc/sys/net/ipv4/ip_forward", "1"));
	for (i = 0; i < 3; i += 2) {
		space_go(space[i]);
		need(sysctl_set("/proc/sys/net/ipv4/ip_no_pmtu_disc", "1"));
		need(run("ip addr add 10.8.%d.1/24 dev v0 && ip link set v0 mtu 1500 up",
			 i / 2) &&
		     run("ip route add default via 10.8.%d.254", i / 2) ? 0 : -1);
	}
	need(run("ip addr add 10.8.1.2/24 dev v0") ? 0 : -1);
}

static void test_pieces(void)
{
	int space[3], l, k, c;
	long long before, now;

	if (!two_tcps("fragments"))
		return;
	if (over_ipv6()) {
		tap_skip("no router cuts what is IPv6's", "fragments");
		return;
	}
	make_narrow(space);
	l = listening(xsocket(), "10.8.1.1", 5711);
	k = listening(other_socket(), "10.8.1.2", 5711);
	before = kernel_counter("Ip:", "ReasmOKs");
	space_go(space[0]);
	c = need(other_socket());
	space_go(space[2]);
	one_stream(c, k, "10.8.1.2", 5711, "theirs");
	now = kernel_counter("Ip:", "ReasmOKs");
	ok(now >= before + 50, "they were pieces (%lld)", now - before);
	before = now;
	space_go(space[0]);
	c = need(xsocket());
	space_go(space[2]);
	one_stream(c, l, "10.8.1.1", 5711, "ours");
	now = kernel_counter("Ip:", "ReasmOKs");
	ok(now >= before + 50, "they were pieces (%lld)", now - before);
}

static const struct tap_test tests[] = {
	TEST(tuple),
	TEST(ours),
	TEST(syn_sent),
	TEST(chosen),
	TEST(nothing_held),
	TEST(pieces),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
