// SPDX-License-Identifier: GPL-2.0
/*
 * Two sockets that want one port: what the second gets, whatever the first is, wherever
 * the two are, and whichever options they have set.  The kernel's TCP beside itself says
 * what to expect.  Where xtcp differs on purpose, differences[] says why, and so does
 * xtcp(7), "IPPROTO_TCP".
 *
 * XTCP_PAIRS=all tries every combination, which takes minutes; without it, all of the
 * addresses and options without a device, and some of each on devices and in VRFs, where
 * XTCP_QUICK is set of one pair of addresses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

enum stack { KERNEL, NATIVE, TCP };

static const char *const stacks[] = { "the kernel's TCP", "native", "TCP's wire" };

enum addr { ANY, ONE, OTHER, PEER };

static const char *const addrs[] = { "0.0.0.0", "10.9.0.1", "10.9.0.2", "10.9.0.3" };

/* Two devices, a VRF and a device in it, and the VRF of that one's peer. */
enum device { NONE, LO, DUMMY, VRF, IN_VRF, PEERS_VRF };

static const char *const devices[] = { "", "lo", "dum0", "red", "red0", "blue" };

enum options { PLAIN, ADDR, PORT, BOTH };

static const char *const options[] = {
	"", " SO_REUSEADDR", " SO_REUSEPORT", " SO_REUSEADDR SO_REUSEPORT",
};

struct side {
	enum addr addr;
	enum device device;
	enum options options;
};

enum kind {
	BOUND,
	LISTENING,
	ACCEPTED,	/* its listener has gone */
	CONNECTED,	/* from a port that it was bound to */
	CHOSEN,		/* connect() has chosen the port */
};

static const char *const kinds[] = {
	"bound", "listening", "accepted", "connected", "chosen",
};

struct first {
	enum stack stack;
	enum kind kind;
	bool time_wait;		/* it has closed, before its peer */
	struct side side;
	int port;
};

/* What the second asks for. */
enum wish {
	CHOOSE_ELSEWHERE,	/* connect(), where there is but the first one's port */
	CHOOSE_SAME,		/* the same, to the first one's peer */
	BIND_ANY,		/* bind() to port 0 */
	BIND,
	/* and once it is bound: */
	LISTEN,
	ELSEWHERE,		/* connect() to an address and port of its own */
	SAME,			/* and to the first one's peer */
	WISHES
};

static const char *const wishes[] = {
	"chooses the port", "chooses it to connect to the peer", "binds to port 0", "binds",
	"listens", "connects", "connects to the peer",
};

#define NOT_ASKED	(-1)

/* An errno each, 0 or NOT_ASKED. */
struct answers {
	int to[WISHES];
};

/* ---- sockets ---- */

#define PEER_PORT	900
#define NO_PORT		901	/* nobody is there */

static int make(enum stack tcp, const struct side *side)
{
	static const enum wire wires[] = {
		[KERNEL] = WIRE_KERNEL, [NATIVE] = WIRE_NATIVE, [TCP] = WIRE_TCP,
	};
	const char *device = devices[side->device];
	enum wire tested = wire;
	int fd;

	wire = wires[tcp];
	fd = need(xsocket());
	wire = tested;

	if (side->device)
		need(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)));
	if (side->options & ADDR)
		need(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	if (side->options & PORT)
		need(set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
	return fd;
}

/* Nothing of it is left. */
static void let_go(int fd)
{
	need(set_linger(fd, 1, 0));
	need(close(fd));
}

static int bind_result(int fd, const struct side *side, int port)
{
	return bind_at(fd, addrs[side->addr], port) ? errno : 0;
}

/* Does connect() get as far as a SYN?  What becomes of that is not asked. */
static int connect_result(int fd, int port)
{
	set_nonblock(fd, true);
	if (!connect_at(fd, addrs[PEER], port) || errno == EINPROGRESS)
		return 0;
	return errno;
}

/* ---- the first ---- */

static bool has_peer(const struct first *f)
{
	return f->kind >= ACCEPTED;
}

static struct side peer_side(const struct first *f)
{
	bool vrf = f->side.device == VRF || f->side.device == IN_VRF;

	return (struct side) { PEER, vrf ? PEERS_VRF : f->side.device, ADDR };
}

struct ends {
	int first;
	int peer;
};

static struct ends accepted(const struct first *f)
{
	struct side side = peer_side(f);
	struct ends ends = { .peer = make(f->stack, &side) };
	int l = make(f->stack, &f->side);

	need(bind_at(l, addrs[f->side.addr], f->port));
	need(listen(l, 1));
	need(bind_at(ends.peer, addrs[PEER], PEER_PORT));
	need(connect_at(ends.peer, addrs[ONE], f->port));
	ends.first = need(accept_in_time(l));
	need(close(l));
	return ends;
}

static struct ends connected(const struct first *f)
{
	struct side side = peer_side(f);
	struct ends ends = { .first = make(f->stack, &f->side) };
	int l = make(f->stack, &side);

	need(bind_at(l, addrs[PEER], PEER_PORT));
	need(listen(l, 1));
	if (f->kind == CHOSEN)
		need(set_int(ends.first, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	need(bind_at(ends.first, addrs[f->side.addr], f->kind == CHOSEN ? 0 : f->port));
	need(connect_at(ends.first, addrs[PEER], PEER_PORT));
	ends.peer = need(accept_in_time(l));
	need(close(l));
	return ends;
}

static void leave_time_wait(const struct ends *ends)
{
	char byte;

	need(shutdown(ends->first, SHUT_WR));
	need(recv(ends->peer, &byte, 1, 0));
	need(close(ends->peer));
	need(recv(ends->first, &byte, 1, 0));
	need(close(ends->first));
}

/* A connection's end gives a port back to the kernel's TCP soon, but not at once. */
static void wait_for_port(const struct first *f)
{
	struct side side = { ANY, f->side.device, PLAIN };
	long long end = now_ms() + LONG_MS;
	int fd = make(KERNEL, &side);

	while (bind_result(fd, &side, f->port) && now_ms() < end)
		pause_ms(1);
	need(close(fd));
}

static struct ends begin(const struct first *f)
{
	struct ends ends = { -1, -1 };

	if (f->kind == ACCEPTED)
		return accepted(f);
	if (has_peer(f))
		return connected(f);
	ends.first = make(f->stack, &f->side);
	need(bind_at(ends.first, addrs[f->side.addr], f->port));
	if (f->kind == LISTENING)
		need(listen(ends.first, 1));
	return ends;
}

static void end(const struct first *f, const struct ends *ends)
{
	if (f->time_wait)
		return;
	let_go(ends->first);
	if (has_peer(f))
		need(close(ends->peer));
}

/* ---- the second ---- */

static int choose(enum stack tcp, const struct side *side, int peer_port)
{
	int fd = make(tcp, side), err;

	need(set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	need(bind_at(fd, addrs[side->addr], 0));
	err = connect_result(fd, peer_port);
	let_go(fd);
	return err;
}

static int just_bind(enum stack tcp, const struct side *side)
{
	int fd = make(tcp, side);
	int err = bind_result(fd, side, 0);

	let_go(fd);
	return err;
}

static void ask_bound(struct answers *a, enum stack tcp, const struct side *side, int port,
		      enum wish wish)
{
	int fd = make(tcp, side);

	a->to[BIND] = bind_result(fd, side, port);
	if (a->to[BIND])
		a->to[wish] = NOT_ASKED;
	else if (wish == LISTEN)
		a->to[wish] = listen(fd, 1) ? errno : 0;
	else
		a->to[wish] = connect_result(fd, wish == SAME ? PEER_PORT : NO_PORT);
	let_go(fd);
}

static void ask(const struct first *f, enum stack tcp, const struct side *side,
		struct answers *a)
{
	a->to[CHOOSE_SAME] = NOT_ASKED;
	a->to[SAME] = NOT_ASKED;
	a->to[CHOOSE_ELSEWHERE] = choose(tcp, side, NO_PORT);
	if (has_peer(f))
		a->to[CHOOSE_SAME] = choose(tcp, side, PEER_PORT);
	a->to[BIND_ANY] = just_bind(tcp, side);
	ask_bound(a, tcp, side, f->port, LISTEN);
	ask_bound(a, tcp, side, f->port, ELSEWHERE);
	if (has_peer(f))
		ask_bound(a, tcp, side, f->port, SAME);
}

/* ---- all of them ---- */

struct couple {
	struct side first;
	struct side second;
};

static const enum addr addr_pairs[][2] = {
	{ ANY, ANY }, { ONE, ONE }, { ONE, OTHER },
	{ ANY, ONE }, { ONE, ANY }, { ANY, OTHER },
};

#define SOME_ADDRS	3

static const enum device device_pairs[][2] = {
	{ NONE, NONE },
	{ NONE, LO }, { LO, NONE }, { LO, LO }, { LO, DUMMY },
	{ NONE, VRF }, { VRF, NONE }, { LO, VRF }, { NONE, IN_VRF },
	{ VRF, VRF }, { VRF, IN_VRF }, { IN_VRF, VRF }, { IN_VRF, IN_VRF },
};

#define OPTION_PAIRS	16
#define COUPLES		(ARRAY_SIZE(addr_pairs) * ARRAY_SIZE(device_pairs) * OPTION_PAIRS)

static struct couple couples[COUPLES];
static struct answers expected[COUPLES];
static int nr_couples;

/* On devices and in VRFs: the same options on both, and not every pair of addresses. */
static bool is_wanted(size_t addr, size_t device, int option)
{
	const char *which = getenv("XTCP_PAIRS");
	size_t most = getenv("XTCP_QUICK") ? 1 : SOME_ADDRS;

	return (which && !strcmp(which, "all")) || !device ||
	       (addr < most && option % 5 == 0 && option / 5 != BOTH);
}

static void make_couples(void)
{
	size_t a, d;
	int o;

	for (a = 0; a < ARRAY_SIZE(addr_pairs); a++)
		for (d = 0; d < ARRAY_SIZE(device_pairs); d++)
			for (o = 0; o < OPTION_PAIRS; o++)
				if (is_wanted(a, d, o))
					couples[nr_couples++] = (struct couple) {
						{ addr_pairs[a][0], device_pairs[d][0], o % 4 },
						{ addr_pairs[a][1], device_pairs[d][1], o / 4 },
					};
}

/* Both TCPs choose this one. */
static void only_port(int port)
{
	char range[16];

	snprintf(range, sizeof(range), "%d %d", port, port);
	need(sysctl_set("/proc/sys/net/ipv4/ip_local_port_range", range));
	if (wire != WIRE_KERNEL)
		need(sysctl_set("/proc/sys/net/xtcp/local_port_range", range));
}

static void meet(struct first *f, const struct couple *couple, enum stack second,
		 struct answers *a)
{
	static int port = 1024;
	struct ends ends;

	f->side = couple->first;
	f->port = port++;
	only_port(f->port);
	ends = begin(f);
	if (f->time_wait)
		leave_time_wait(&ends);
	if (f->time_wait && f->stack == TCP)
		wait_for_port(f);
	ask(f, second, &couple->second, a);
	end(f, &ends);
}

/* ---- on purpose ---- */

/* One answer that is not what the kernel's TCP gives beside itself. */
struct oddity {
	const struct first *first;
	enum stack stack;
	const struct side *side;
	enum wish wish;
	int got;
	int expected;
};

static bool between_tcps(const struct oddity *o)
{
	return (o->first->stack == KERNEL) != (o->stack == KERNEL);
}

static bool for_kernel(const struct oddity *o)
{
	return o->first->stack == TCP && o->stack == KERNEL;
}

static bool is_reuseport(const struct oddity *o)
{
	return between_tcps(o) && o->first->side.options & o->side->options & PORT &&
	       o->wish == BIND && o->got == EADDRINUSE;
}

static bool is_free_for_kernel(const struct oddity *o)
{
	return for_kernel(o) && (o->first->kind == CHOSEN || o->first->time_wait) && !o->got;
}

static bool is_unknown_to_kernel(const struct oddity *o)
{
	return for_kernel(o) && (o->wish == SAME || o->wish == CHOOSE_SAME) && !o->got;
}

static bool is_held_still(const struct oddity *o)
{
	return for_kernel(o) && !o->first->time_wait &&
	       (o->first->kind == ACCEPTED || o->first->kind == CONNECTED) &&
	       o->first->side.addr == ANY && o->side->addr != ANY &&
	       (o->wish == BIND || o->wish == BIND_ANY) && o->got == EADDRINUSE;
}

static bool is_shared_time_wait(const struct oddity *o)
{
	return o->first->stack == KERNEL && o->stack == TCP && o->first->time_wait &&
	       o->first->side.options & PORT && !o->got;
}

static bool is_foreign_time_wait(const struct oddity *o)
{
	return o->first->stack == KERNEL && o->stack == TCP && o->first->time_wait &&
	       o->wish == SAME && o->got == EADDRNOTAVAIL;
}

static bool is_other_device(const struct oddity *o)
{
	return o->stack != KERNEL && o->first->stack == o->stack &&
	       o->first->side.device != o->side->device &&
	       (o->wish == SAME || o->wish == CHOOSE_SAME) && o->got == EADDRNOTAVAIL;
}

/* In the order of xtcp(7). */
static const struct {
	const char *why;
	bool (*is)(const struct oddity *o);
	enum wire wire;
} differences[] = {
	{ "SO_REUSEPORT is for xtcp's own", is_reuseport, WIRE_TCP },
	{ "TIME_WAIT, and what connect() chose, is free for the kernel's TCP",
	  is_free_for_kernel, WIRE_TCP },
	{ "the kernel's TCP does not know xtcp's 4-tuples", is_unknown_to_kernel, WIRE_TCP },
	{ "a connection keeps the addresses that its port was bound to", is_held_still,
	  WIRE_TCP },
	{ "TIME_WAIT of the kernel's with SO_REUSEPORT keeps no port", is_shared_time_wait,
	  WIRE_TCP },
	{ "TIME_WAIT of the kernel's keeps its 4-tuple", is_foreign_time_wait, WIRE_TCP },
	{ "a 4-tuple is one, on whichever device", is_other_device, WIRE_NATIVE },
};

/* How often each of them was met, by all tests. */
static unsigned int *met;

static bool is_meant(const struct oddity *o)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		if (differences[i].is(o)) {
			met[i]++;
			return true;
		}
	}
	return false;
}

/* ---- what is found ---- */

#define SHOWN	12

static const char *name_of_answer(int answer)
{
	return answer == NOT_ASKED ? "not asked" : tap_errno_name(answer);
}

static void show(const struct oddity *o)
{
	const struct side *a = &o->first->side, *b = o->side;

	tap_diag("%s%%%s%s, then %s%%%s%s %s: got %s, expected %s",
		 addrs[a->addr], devices[a->device], options[a->options],
		 addrs[b->addr], devices[b->device], options[b->options],
		 wishes[o->wish], name_of_answer(o->got), name_of_answer(o->expected));
}

/* Where bind() differs, what comes after it was not asked of one of the two. */
static bool can_compare(const struct answers *got, const struct answers *want, enum wish w)
{
	return w <= BIND || got->to[BIND] == want->to[BIND];
}

/* Return: how many answers differ without a reason; those are shown */
static int compare(const struct first *f, enum stack tcp, const struct side *side,
		   const struct answers *got, const struct answers *want)
{
	struct oddity o = { .first = f, .stack = tcp, .side = side };
	static int shown;
	int bad = 0;

	for (o.wish = 0; o.wish < WISHES; o.wish++) {
		o.got = got->to[o.wish];
		o.expected = want->to[o.wish];
		if (o.got == o.expected || !can_compare(got, want, o.wish) || is_meant(&o))
			continue;
		bad++;
		if (shown++ < SHOWN)
			show(&o);
	}
	return bad;
}

static void as_kernel(struct first f, enum stack first, enum stack second)
{
	struct answers got;
	int i, bad = 0;

	f.stack = first;
	for (i = 0; i < nr_couples; i++) {
		meet(&f, &couples[i], second, &got);
		bad += compare(&f, second, &couples[i].second, &got, &expected[i]);
	}
	eq(bad, 0, "%s after %s: as in the kernel's TCP", stacks[second], stacks[first]);
}

/* The ports are not the same. */
static void apart(struct first f, enum stack first, enum stack second)
{
	static const struct couple same = { { ONE, NONE, PLAIN }, { ONE, NONE, PLAIN } };
	static const struct couple any = { { ANY, NONE, PLAIN }, { ANY, NONE, PLAIN } };
	struct answers got, none = { };
	int bad;

	f.stack = first;
	if (!has_peer(&f)) {
		none.to[CHOOSE_SAME] = NOT_ASKED;
		none.to[SAME] = NOT_ASKED;
	}
	meet(&f, &same, second, &got);
	bad = compare(&f, second, &same.second, &got, &none);
	meet(&f, &any, second, &got);
	bad += compare(&f, second, &any.second, &got, &none);
	eq(bad, 0, "%s after %s: gets all", stacks[second], stacks[first]);
}

/* A VRF's addresses are asked for before those outside, which are the same ones.  All
 * devices that the firsts are on have them.
 */
static void make_network(void)
{
	netns_new();
	need(run("ip rule add pref 32765 table local && ip rule del pref 0") ? 0 : -1);
	need(run("ip -batch - <<END\n"
		 "link add dum0 type dummy\n"
		 "link add red type vrf table 9\n"
		 "link add blue type vrf table 10\n"
		 "link add red0 master red type veth peer name blue0\n"
		 "link set blue0 master blue\n"
		 "$(for dev in dum0 red blue red0 blue0; do echo link set $dev up; done)\n"
		 "END") ? 0 : -1);
	need(run("ip -batch - <<END\n"
		 "$(for dev in lo dum0 red; do for net in '%s' '%s'; do\n"
		 "	echo addr add $net dev $dev; done; done)\n"
		 "addr add 10.9.0.1/24 dev red0\n"
		 "addr add 10.9.0.2/24 dev red0\n"
		 "addr add 10.9.0.3/32 dev lo\n"
		 "addr add 10.9.0.3/32 dev dum0\n"
		 "addr add 10.9.0.3/24 dev blue0\n"
		 "END", net_at("10.9.0.1", 32), net_at("10.9.0.2", 32)) ? 0 : -1);
	wait_for_addresses();
}

static void test_kind(enum kind kind, bool time_wait)
{
	struct first f = { .kind = kind, .time_wait = time_wait, .stack = KERNEL };
	int i;

	if (!have_root()) {
		tap_skip("not root", "a socket that is %s", kinds[kind]);
		return;
	}
	make_network();
	/* a TIME_WAIT keeps its 4-tuple however long a pair takes */
	need(sysctl_set("/proc/sys/net/ipv4/tcp_tw_reuse", "0"));
	need(sysctl_wire("tw_reuse", "0"));
	make_couples();
	for (i = 0; i < nr_couples; i++)
		meet(&f, &couples[i], KERNEL, &expected[i]);
	if (wire == WIRE_KERNEL) {
		as_kernel(f, KERNEL, KERNEL);
	} else if (wire == WIRE_TCP) {
		as_kernel(f, TCP, TCP);
		as_kernel(f, KERNEL, TCP);
		as_kernel(f, TCP, KERNEL);
	} else {
		as_kernel(f, NATIVE, NATIVE);
		apart(f, NATIVE, KERNEL);
		apart(f, KERNEL, NATIVE);
		apart(f, NATIVE, TCP);
		apart(f, TCP, NATIVE);
	}
}

static void test_bound(void)
{
	test_kind(BOUND, false);
}

static void test_listening(void)
{
	test_kind(LISTENING, false);
}

static void test_accepted(void)
{
	test_kind(ACCEPTED, false);
}

static void test_connected(void)
{
	test_kind(CONNECTED, false);
}

static void test_chosen(void)
{
	test_kind(CHOSEN, false);
}

static void test_accepted_time_wait(void)
{
	test_kind(ACCEPTED, true);
}

static void test_connected_time_wait(void)
{
	test_kind(CONNECTED, true);
}

static void test_chosen_time_wait(void)
{
	test_kind(CHOSEN, true);
}

/* The list of differences has none that is no more. */
static void test_differences(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(differences); i++)
		if (wire == WIRE_KERNEL)
			eq(met[i], 0, "not in the kernel's TCP: %s", differences[i].why);
		else if (wire == WIRE_TCP || differences[i].wire == WIRE_NATIVE)
			ok(met[i] || !have_root(), "%s", differences[i].why);
}

#define LONG_S	300

static const struct tap_test tests[] = {
	TEST_SLOW(bound, LONG_S),
	TEST_SLOW(listening, LONG_S),
	TEST_SLOW(accepted, LONG_S),
	TEST_SLOW(connected, LONG_S),
	TEST_SLOW(chosen, LONG_S),
	TEST_SLOW(accepted_time_wait, LONG_S),
	TEST_SLOW(connected_time_wait, LONG_S),
	TEST_SLOW(chosen_time_wait, LONG_S),
	TEST(differences),
};

int main(void)
{
	met = mmap(NULL, sizeof(*met) * ARRAY_SIZE(differences), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (met == MAP_FAILED)
		return 1;
	return tap_main(tests, ARRAY_SIZE(tests));
}
