// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification, RFC 3168, end to end: over a link that marks what it
 * would otherwise drop, if it may.  On TCP's wire the other end is the kernel's.
 *
 * run: beside
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "paths.h"
#include "peers.h"
#include "space.h"
#include "tap.h"

#define PORT	7000

enum {
	BYTES = 2 << 20,
	INFINITE_SSTHRESH = 0x7fffffff / 65536,	/* in segments, at least */
	SYN_LOST_MS = 300,			/* less than it takes until another leaves */
};

static const char *const address_of[SIDES] = { "10.9.0.1", "10.9.0.2" };
static struct spaces both;
static int l[SIDES];

/* ---- two kinds of TCP ---- */

static bool is_kernel(int side)
{
	return wire == WIRE_KERNEL || (wire == WIRE_TCP && side == B);
}

static void go(int side)
{
	space_go(side == A ? both.a : both.b);
}

static int socket_of(int side)
{
	go(side);
	return side == A ? need(xsocket()) : peer_socket();
}

static void knob(int side, const char *name, const char *value)
{
	char path[128];

	go(side);
	snprintf(path, sizeof(path), "/proc/sys/net/%s%s",
		 is_kernel(side) ? "ipv4/tcp_" : "xtcp/", name);
	need(sysctl_set(path, value));
}

static long long reductions(int side)
{
	go(side);
	return counter("EcnReductions");
}

static bool set_up(void)
{
	int side;

	if (!have_root()) {
		tap_skip("not root", "namespaces");
		return false;
	}
	spaces_make(&both);
	if (!run("tc qdisc add dev veth0 root netem && tc qdisc del dev veth0 root")) {
		tap_skip("no netem", "marks");
		return false;
	}
	for (side = 0; side < SIDES; side++) {
		l[side] = socket_of(side);
		need(bind_at(l[side], address_of[side], PORT));
		need(listen(l[side], 8));
	}
	return true;
}

/* A connection that @asks has opened: fd[side]. */
static void opens(int asks, int *fd)
{
	fd[asks] = socket_of(asks);
	need(connect_at(fd[asks], address_of[!asks], PORT));
	fd[!asks] = need(accept_in_time(l[!asks]));
}

static void closes(const int *fd)
{
	close(fd[A]);
	close(fd[B]);
}

static struct info info_of(int fd)
{
	struct info info;

	need(get_info(fd, &info));
	return info;
}

static bool agreed(int fd)
{
	return info_of(fd).options & TCPI_OPT_ECN;
}

/* ---- who asks, and who agrees ---- */

static void test_agreement(void)
{
	static const struct {
		const char *ours, *theirs;
		bool agree;
	} of[] = {
		{ "1", "2", true },
		{ "1", "1", true },
		{ "1", "0", false },
		{ "2", "2", false },
		{ "2", "1", false },	/* it would, if it were asked */
		{ "0", "1", false },
	};
	unsigned int i;
	int asks, fd[SIDES];

	if (!set_up())
		return;
	for (asks = 0; asks < SIDES; asks++)
		for (i = 0; i < ARRAY_SIZE(of); i++) {
			knob(asks, "ecn", of[i].ours);
			knob(!asks, "ecn", of[i].theirs);
			opens(asks, fd);
			eq(agreed(fd[asks]), of[i].agree, "%c asks with ecn %s, the other has %s",
			   "ab"[asks], of[i].ours, of[i].theirs);
			eq(agreed(fd[!asks]), of[i].agree, "the other knows as much");
			closes(fd);
		}
}

/* ip-route(8): "features ecn" */
static void test_route(void)
{
	int asks, fd[SIDES];

	if (!set_up())
		return;
	for (asks = 0; asks < SIDES; asks++) {
		go(asks);
		need(run("ip route add %s/32 dev veth0 features ecn", address_of[!asks]) ? 0 : -1);
		opens(asks, fd);
		ok(agreed(fd[asks]) && agreed(fd[!asks]), "a route of %c's wants it", "ab"[asks]);
		closes(fd);
		go(asks);
		need(run("ip route del %s/32 dev veth0 features ecn", address_of[!asks]) ? 0 : -1);
	}
}

/* RFC 3168, 6.1.1.1: a SYN that is lost may be so for what it asks. */
static void test_fallback(void)
{
	int asks, fd[SIDES], fallback;

	if (!set_up())
		return;
	for (asks = 0; asks < SIDES; asks++)
		for (fallback = 0; fallback < 2; fallback++) {
			knob(asks, "ecn", "1");
			knob(asks, "ecn_fallback", fallback ? "1" : "0");
			fd[asks] = socket_of(asks);
			need(run("tc qdisc add dev veth0 root netem loss 100%%") ? 0 : -1);
			set_nonblock(fd[asks], true);
			fails(connect_at(fd[asks], address_of[!asks], PORT), EINPROGRESS,
			      "%c asks in vain", "ab"[asks]);
			pause_ms(SYN_LOST_MS);
			go(asks);
			need(run("tc qdisc del dev veth0 root") ? 0 : -1);
			fd[!asks] = need(accept_in_time(l[!asks]));
			eq(agreed(fd[!asks]), !fallback, "%s", fallback ?
			   "its second SYN asks for nothing" : "its second SYN asks again");
			need(poll_for(fd[asks], POLLOUT) & POLLOUT ? 0 : -1);
			eq(agreed(fd[asks]), !fallback, "so there is %s", fallback ? "no ECN" :
										    "ECN");
			closes(fd);
		}
}

/* ---- a link that marks ---- */

/* Of a namespace: nothing is sent again but for a loss, or where two processors have changed
 * the order of what they sent; and each segment is a packet.
 */
static void plain_link(int side)
{
	knob(side, "early_retrans", "0");
	need(run("ip link set veth0 gso_max_segs 1") ? 0 : -1);
	need(run("ip route add %s/32 dev veth0 rto_min 5s", address_of[!side]) ? 0 : -1);
}

static long long bg_send(struct bg *bg)
{
	return stream_send(bg->fd, 3, BYTES, 20000);
}

/* @from sends through what marks one packet of fifty, or drops it.  Return: what it says;
 * @dropped: how many were; there are kernels that count the marked ones as well
 */
static struct info stream(int from, const int *fd, long long *dropped)
{
	static unsigned char got[BYTES];
	struct bg sends = { .fn = bg_send, .fd = fd[from] };
	struct info info;

	go(from);
	need(run("tc qdisc add dev veth0 root netem loss 2%% ecn") ? 0 : -1);
	bg_start(&sends);
	eq(recv_all(fd[!from], got, BYTES), BYTES, "all that %c sends arrives", "ab"[from]);
	eq(bg_join(&sends), BYTES, "all is sent");
	eq(stream_diff(3, 0, got, BYTES), -1, "as it was");
	info = info_of(fd[from]);
	*dropped = qdisc_counter("veth0", "dropped ");
	need(run("tc qdisc del dev veth0 root") ? 0 : -1);
	return info;
}

static void test_marks(void)
{
	struct info info, peer;
	int from, fd[SIDES];
	long long dropped;

	if (!set_up())
		return;
	for (from = 0; from < SIDES; from++)
		plain_link(from);
	for (from = 0; from < SIDES; from++) {
		knob(A, "ecn", "1");
		opens(A, fd);
		info = stream(from, fd, &dropped);
		peer = info_of(fd[!from]);
		ok(info.delivered_ce > 0, "the peer has told of marks: %u of %u segments",
		   info.delivered_ce, info.delivered);
		ok(info.total_retrans < info.delivered_ce, "hardly any is sent again for that: %u",
		   info.total_retrans);
		ok(info.snd_ssthresh < INFINITE_SSTHRESH, "it sends less for that: ssthresh %u",
		   info.snd_ssthresh);
		ok(peer.options & TCPI_OPT_ECN_SEEN, "the peer has seen that it may mark");
		ok(!(info.options & TCPI_OPT_ECN_SEEN), "but ACKs are not to be marked");
		if (!is_kernel(from))
			ok(reductions(from) > 0, "it was so %lld times", reductions(from));
		closes(fd);
	}
	/* the same link, to one who does no ECN: what is lost there is found as ever */
	knob(A, "ecn", "2");
	knob(A, "early_retrans", "3");
	need(run("ip route del %s/32 dev veth0 rto_min 5s", address_of[B]) ? 0 : -1);
	opens(A, fd);
	info = stream(A, fd, &dropped);
	ok(dropped && info.total_retrans * 2 > dropped,
	   "without ECN %lld are dropped, and %u sent again", dropped, info.total_retrans);
	eq(info.delivered_ce, 0, "and no marks told of");
	closes(fd);
}

static const struct tap_test tests[] = {
	TEST(agreement),
	TEST(route),
	TEST(fallback),
	TEST(marks),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
