// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp on TCP's wire against the kernel's TCP, as client and as server: with every option,
 * and with each of them off at either end; over a path that is clean, and over ones that
 * lose, reorder, duplicate and corrupt segments. On the other wires both ends are of the
 * wire's own kind.
 *
 * a is of the wire under test. All paths are in use at the same time, and in both roles;
 * options change from round to round.
 *
 * Packet sockets see what leaves a and b, before the router has it.
 *
 * run: counts-objects
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "info.h"
#include "listed.h"
#include "net.h"
#include "packets.h"
#include "paths.h"
#include "peers.h"
#include "space.h"
#include "tap.h"

#define PORT		7000
#define BYTES		200000	/* each way: some 140 segments */
#define CHUNK_BYTES	16384
#define ROUND_MS	60000	/* for one round, however slow the machine */

enum { CLEAN, LOSS, REORDER, DUPLICATE, CORRUPT, PATHS };

static const char * const path_names[PATHS] = {
	[CLEAN]		= "no harm",
	[LOSS]		= "loss",
	[REORDER]	= "reordering",
	[DUPLICATE]	= "duplicates",
	[CORRUPT]	= "corruption",
};

static const char * const harm[PATHS] = {
	[CLEAN]		= "",
	[LOSS]		= "loss 2%",
	[REORDER]	= "reorder 25% 50%",
	[DUPLICATE]	= "duplicate 5%",
	[CORRUPT]	= "corrupt 1%",
};

/* Bits of what an end may use, and the sysctl of each */
enum {
	TIMESTAMPS = 1 << 0,
	SACK = 1 << 1,
	WSCALE = 1 << 2,
	DSACK = 1 << 3,
	ALL = TIMESTAMPS | SACK | WSCALE | DSACK,
};

static const struct {
	const char *sysctl;
	unsigned int bit;
} options[] = {
	{ "timestamps", TIMESTAMPS },
	{ "sack", SACK },
	{ "window_scaling", WSCALE },
	{ "dsack", DSACK },
};

static const struct round {
	const char *name;
	unsigned int use[SIDES];
} rounds[] = {
	{ "all options", { ALL, ALL } },
	{ "no timestamps", { ALL & ~TIMESTAMPS, ALL } },
	{ "no SACK", { ALL & ~SACK, ALL } },
	{ "no window scaling", { ALL & ~WSCALE, ALL } },
	{ "no D-SACK", { ALL & ~DSACK, ALL } },
	{ "no options", { 0, ALL } },
	/* from here on only where b is of another kind */
	{ "peer without options", { ALL, 0 } },
	/* and not where XTCP_QUICK is set */
	{ "peer without timestamps", { ALL, ALL & ~TIMESTAMPS } },
	{ "peer without SACK", { ALL, ALL & ~SACK } },
	{ "peer without window scaling", { ALL, ALL & ~WSCALE } },
	{ "peer without D-SACK", { ALL, ALL & ~DSACK } },
};

#define SAME_KIND_ROUNDS	6
#define QUICK_ROUNDS		7

/* What an end has sent, as seen on the wire */
struct seen {
	struct packet syn;	/* the last one */
	int syns;
	int stamped;
	int unstamped;
	int sacks;
	int dsacks;
	int stale;		/* SACKs of what it acknowledged meanwhile, with its peer's FIN */
	unsigned int longest;	/* segment, in bytes of data */
};

struct end {
	int fd;
	int side;
	unsigned long long seed;	/* of what it sends */
	long long sent;
	long long received;
	bool shut;	/* all is sent, and the end of it */
	bool ended;	/* all is received, or nothing more will be */
	bool wrong;	/* something else came */
	struct info info;
	struct seen seen;
};

struct connection {
	int path;
	int client;	/* which side's */
	int port;	/* of the client */
	struct end end[SIDES];
};

#define CONNECTIONS	(PATHS * SIDES)

static struct paths net;
static int listener[SIDES], packets[SIDES];
static struct connection conns[CONNECTIONS];
static const struct round *now;
/* All rounds' connections together, of each path and side */
static long long retransmitted[PATHS][SIDES], out_of_order[PATHS][SIDES];

/* ---- two kinds of TCP ---- */

/* b is of the kernel's, where that can talk to a. */
static bool is_kernel(int side)
{
	return wire == WIRE_KERNEL || (wire == WIRE_TCP && side == B);
}

static int socket_of(int side)
{
	int fd;

	space_go(net.space[side]);
	fd = side == A ? need(xsocket()) : peer_socket();
	set_nonblock(fd, true);
	return fd;
}

static void set_sysctl(int side, const char *name, const char *value)
{
	char path[128];

	space_go(net.space[side]);
	snprintf(path, sizeof(path), "/proc/sys/net/%s%s",
		 is_kernel(side) ? "ipv4/tcp_" : "xtcp/", name);
	need(sysctl_set(path, value));
}

/* What both kinds count */
enum { RETRANSMITTED, DAMAGED, OUT_OF_ORDER, DSACKS_OUT, DSACKS_IN };

static long long counted(int side, int what)
{
	static const struct {
		const char *xtcp, *protocol, *kernel;
	} names[] = {
		[RETRANSMITTED]	= { "RetransSegs", "Tcp:", "RetransSegs" },
		[DAMAGED]	= { "InCsumErrors", "Tcp:", "InCsumErrors" },
		[OUT_OF_ORDER]	= { "OfoQueued", "TcpExt:", "TCPOFOQueue" },
		[DSACKS_OUT]	= { "DsacksOut", "TcpExt:", "TCPDSACKOldSent" },
		[DSACKS_IN]	= { "DsacksIn", "TcpExt:", "TCPDSACKRecv" },
	};

	space_go(net.space[side]);
	if (is_kernel(side))
		return need(kernel_counter(names[what].protocol, names[what].kernel));
	return need(counter(names[what].xtcp));
}

/* ---- what is on the wire ---- */

/* Whose segment is that? NULL: of an earlier round */
static struct connection *connection_of(int side, const struct packet *p)
{
	int path = ntohl(p->saddr) >> 16 & 0xff, i;

	for (i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &conns[i];
		int port = c->client == side ? p->sport : p->dport;
		int other = c->client == side ? p->dport : p->sport;

		if (c->path == path && c->port == port && other == PORT)
			return c;
	}
	return NULL;
}

/*
 * With the ACK for a FIN that was out of order, the kernel's TCP sends the SACK blocks
 * that it had before, which looks like a D-SACK.
 */
static bool is_stale(const struct connection *c, int side, const struct packet *p)
{
	return is_kernel(side) && p->ack == c->end[!side].seen.syn.seq + 1 + BYTES + 1;
}

static void look_at(int side, const struct packet *p)
{
	struct connection *c = connection_of(side, p);
	struct seen *seen;

	if (!c || p->flags & P_RST)
		return;
	seen = &c->end[side].seen;
	if (p->flags & P_SYN) {
		seen->syn = *p;
		seen->syns++;
		return;
	}
	if (p->timestamps)
		seen->stamped++;
	else
		seen->unstamped++;
	seen->sacks += p->sack_blocks > 0;
	if (p->dsack && is_stale(c, side, p))
		seen->stale++;
	else
		seen->dsacks += p->dsack;
	if (seen->longest < p->bytes)
		seen->longest = p->bytes;
}

static void look(void)
{
	struct packet p;
	int side;

	for (side = A; side < SIDES; side++)
		while (packets_any(packets[side], &p))
			look_at(side, &p);
}

/* ---- the connections ---- */

static void listen_at(int side)
{
	listener[side] = socket_of(side);
	need(bind_at(listener[side], "0.0.0.0", PORT));
	need(listen(listener[side], CONNECTIONS));
}

static void begin_end(struct connection *c, int side, int fd)
{
	struct end *e = &c->end[side];

	*e = (struct end){
		.fd = fd,
		.side = side,
		/* no two streams of the run are the same */
		.seed = ((now - rounds) * CONNECTIONS + (c - conns)) * SIDES + side + 1,
	};
}

static void connect_all(void)
{
	char address[32];
	int i;

	for (i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &conns[i];
		int fd;

		c->path = i / SIDES;
		c->client = i % SIDES;
		fd = socket_of(c->client);
		snprintf(address, sizeof(address), "10.%d.%d.1", c->path, !c->client);
		if (connect_at(fd, address, PORT) < 0 && errno != EINPROGRESS)
			need(-1);
		c->port = port_of(fd);
		begin_end(c, c->client, fd);
		begin_end(c, !c->client, -1);
	}
}

static void accept_all(int side)
{
	int fd, i;

	while ((fd = accept(listener[side], NULL, NULL)) >= 0) {
		struct address peer = peer_of(fd);
		int path = host_in(peer) >> 16 & 0xff;
		bool found = false;

		set_nonblock(fd, true);
		for (i = 0; i < CONNECTIONS && !found; i++) {
			struct connection *c = &conns[i];

			found = c->client != side && c->path == path &&
				c->port == port_in(peer) && c->end[side].fd < 0;
			if (found)
				c->end[side].fd = fd;
		}
		if (!found) {
			ok(false, "%s: a connection that nobody opened", now->name);
			close(fd);
		}
	}
}

static void send_some(struct end *e)
{
	unsigned char buf[CHUNK_BYTES];
	size_t len = BYTES - e->sent;
	ssize_t n;

	if (len > sizeof(buf))
		len = sizeof(buf);
	stream_fill(e->seed, e->sent, buf, len);
	n = send(e->fd, buf, len, MSG_NOSIGNAL);
	if (n > 0)
		e->sent += n;
	else if (errno != EAGAIN)
		e->shut = true;
	if (e->sent == BYTES) {
		shutdown(e->fd, SHUT_WR);
		e->shut = true;
	}
}

static void receive_some(struct end *e, const struct end *from)
{
	unsigned char buf[CHUNK_BYTES];
	ssize_t n = recv(e->fd, buf, sizeof(buf), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		e->wrong |= n < 0;
		e->ended = true;
		return;
	}
	e->wrong |= stream_diff(from->seed, e->received, buf, n) >= 0;
	e->received += n;
}

static struct end *end_nr(int i)
{
	return &conns[i / SIDES].end[i % SIDES];
}

/* Let all of them send and receive, until the last has ended. */
static void exchange(void)
{
	struct pollfd pfd[2 * SIDES + SIDES * CONNECTIONS];
	long long until = now_ms() + ROUND_MS;
	int i, open;

	do {
		for (i = A; i < SIDES; i++) {
			pfd[i] = (struct pollfd){ listener[i], POLLIN, 0 };
			pfd[SIDES + i] = (struct pollfd){ packets[i], POLLIN, 0 };
		}
		open = 0;
		for (i = 0; i < SIDES * CONNECTIONS; i++) {
			struct end *e = end_nr(i);

			open += !e->ended || !e->shut;
			pfd[2 * SIDES + i] = (struct pollfd){
				.fd = e->ended && e->shut ? -1 : e->fd,
				.events = (e->ended ? 0 : POLLIN) | (e->shut ? 0 : POLLOUT),
			};
		}
		if (!open || poll(pfd, ARRAY_SIZE(pfd), ROUND_MS) <= 0)
			break;
		for (i = 0; i < SIDES * CONNECTIONS; i++) {
			int events = pfd[2 * SIDES + i].revents;
			struct end *e = end_nr(i);

			if (!e->ended && events & (POLLIN | POLLERR | POLLHUP))
				receive_some(e, end_nr(i ^ 1));
			if (!e->shut && events & (POLLOUT | POLLERR | POLLHUP))
				send_some(e);
		}
		for (i = A; i < SIDES; i++)
			if (pfd[i].revents)
				accept_all(i);
		look();
	} while (now_ms() < until);
}

/* Lines of a list of sockets, as /proc/net/tcp, that are not in TIME_WAIT */
static int listed(int side)
{
	space_go(net.space[side]);
	return listed_of(is_kernel(side) ? WIRE_KERNEL : wire, ~IN_STATE(TCP_TIME_WAIT));
}

/* Return: how many are left once nothing changes any more, or too much time has passed */
static int left(int side, int want)
{
	long long until = now_ms() + LONG_MS;

	while (listed(side) > want && now_ms() < until)
		pause_ms(10);
	return listed(side);
}

static void end_all(void)
{
	int i;

	for (i = 0; i < SIDES * CONNECTIONS; i++) {
		struct end *e = end_nr(i);

		if (e->fd < 0)
			continue;
		need(get_info(e->fd, &e->info));
		close(e->fd);
	}
	for (i = A; i < SIDES; i++)
		eq(left(i, 1), 1, "%s: %c has nothing but its listener left", now->name, 'a' + i);
	look();
}

/* ---- what must have happened ---- */

/* What both SYNs have is in use. */
static unsigned int agreed(void)
{
	return now->use[A] & now->use[B] & (TIMESTAMPS | SACK | WSCALE);
}

static unsigned int in_info(const struct info *info)
{
	return (info->options & TCPI_OPT_TIMESTAMPS ? TIMESTAMPS : 0) |
	       (info->options & TCPI_OPT_SACK ? SACK : 0) |
	       (info->options & TCPI_OPT_WSCALE ? WSCALE : 0);
}

static unsigned int in_syn(const struct packet *syn)
{
	return (syn->timestamps ? TIMESTAMPS : 0) | (syn->sack_permitted ? SACK : 0) |
	       (syn->wscale >= 0 ? WSCALE : 0);
}

static bool scales_fit(const struct end *sends, const struct end *receives)
{
	int scale = agreed() & WSCALE ? receives->seen.syn.wscale : 0;

	return (int)sends->info.snd_wscale == scale && (int)receives->info.rcv_wscale == scale;
}

/* All its segments have what was agreed on, and nothing else. */
static bool segments_fit(const struct end *e)
{
	const struct seen *seen = &e->seen;
	bool dsack = agreed() & SACK && now->use[e->side] & DSACK;

	return (agreed() & TIMESTAMPS ? !seen->unstamped && seen->stamped :
					!seen->stamped && seen->unstamped) &&
	       (agreed() & SACK || !seen->sacks) && (dsack || !seen->dsacks) &&
	       seen->longest == 1480U - ip_header_bytes() - (agreed() & TIMESTAMPS ? 12 : 0);
}

static void show(const struct connection *c)
{
	int side;

	for (side = A; side < SIDES; side++) {
		const struct end *e = &c->end[side];

		tap_diag("%c sent %lld bytes, received %lld%s, longest segment %u", 'a' + side,
			 e->sent, e->received, e->wrong ? " wrong" : "", e->seen.longest);
		tap_diag("in TCP_INFO %#x, scales %u %u; in %d SYNs %#x, scale %d",
			 in_info(&e->info), e->info.snd_wscale, e->info.rcv_wscale,
			 e->seen.syns, in_syn(&e->seen.syn), e->seen.syn.wscale);
		tap_diag("segments with timestamps %d, without %d, with SACKs %d, D-SACKs %d",
			 e->seen.stamped, e->seen.unstamped, e->seen.sacks, e->seen.dsacks);
	}
}

static void judge(const struct connection *c)
{
	const struct end *a = &c->end[A], *b = &c->end[B];
	const struct end *client = &c->end[c->client], *server = &c->end[!c->client];
	const char *role = c->client == A ? "client" : "server";
	const char *path = path_names[c->path];
	bool good;

	good = ok(a->received == BYTES && b->received == BYTES && !a->wrong && !b->wrong,
		  "%s, %s, %s: all of it arrives, both ways", now->name, path, role);
	good &= ok(in_info(&a->info) == agreed() && in_info(&b->info) == agreed() &&
		   scales_fit(a, b) && scales_fit(b, a),
		   "%s, %s, %s: TCP_INFO has what was agreed on", now->name, path, role);
	good &= ok(client->seen.syns && in_syn(&client->seen.syn) == (now->use[client->side] &
								       ~DSACK),
		   "%s, %s, %s: the SYN has what its sender may use", now->name, path, role);
	good &= ok(server->seen.syns && in_syn(&server->seen.syn) == agreed(),
		   "%s, %s, %s: the SYN,ACK has what both may use", now->name, path, role);
	good &= ok(segments_fit(a) && segments_fit(b),
		   "%s, %s, %s: so have all segments after them", now->name, path, role);
	if (!good)
		show(c);
}

/* What D-SACKs a side has sent, and whether its peer has learnt of them */
static void judge_dsacks(int side, long long before)
{
	long long learnt = counted(!side, DSACKS_IN) - before;
	int i, sacks = 0, dsacks = 0, stale = 0;

	for (i = 0; i < CONNECTIONS; i++) {
		const struct seen *seen = &conns[i].end[side].seen;

		sacks += conns[i].path == REORDER ? seen->sacks : 0;
		dsacks += conns[i].path == DUPLICATE ? seen->dsacks : 0;
		stale += seen->stale;
	}
	if (agreed() & SACK)
		ok(sacks > 0, "%s: %c sends SACKs (%d)", now->name, 'a' + side, sacks);
	if (agreed() & SACK && now->use[side] & DSACK)
		ok(dsacks > 0 && learnt > 0,
		   "%s: %c reports duplicates (%d), and its peer learns of them (%lld)",
		   now->name, 'a' + side, dsacks, learnt);
	else
		ok(learnt <= stale, "%s: %c reports no duplicates (%lld, %d stale)", now->name,
		   'a' + side, learnt, stale);
}

static void judge_round(const long long *dsacks_before)
{
	int i, side;

	for (i = 0; i < CONNECTIONS; i++) {
		judge(&conns[i]);
		for (side = A; side < SIDES; side++) {
			struct info *info = &conns[i].end[side].info;

			retransmitted[conns[i].path][side] += info->total_retrans;
			out_of_order[conns[i].path][side] += info->rcv_ooopack;
		}
	}
	for (side = A; side < SIDES; side++)
		judge_dsacks(side, dsacks_before[!side]);
}

static void play(const struct round *round)
{
	long long dsacks[SIDES];
	size_t i;
	int side;

	now = round;
	for (side = A; side < SIDES; side++) {
		for (i = 0; i < ARRAY_SIZE(options); i++)
			set_sysctl(side, options[i].sysctl,
				   now->use[side] & options[i].bit ? "1" : "0");
		dsacks[side] = counted(side, DSACKS_IN);
	}
	connect_all();
	exchange();
	end_all();
	judge_round(dsacks);
}

/* The router did what it was told to, and both ends noticed. */
static void judge_harm(void)
{
	int side, path;

	for (side = A; side < SIDES; side++) {
		long long more[PATHS];
		int c = 'a' + side;

		for (path = 0; path < PATHS; path++)
			more[path] = paths_packets(&net, side, path, false) -
				     paths_packets(&net, !side, path, true);
		eq(more[CLEAN], 0, "no harm: as many packets reach %c as were sent", c);
		ok(more[LOSS] < 0 && paths_counter(&net, side, LOSS, "dropped") > 0,
		   "loss: fewer reach %c (%lld)", c, more[LOSS]);
		ok(more[DUPLICATE] > 0, "duplicates: more reach %c (%lld)", c, more[DUPLICATE]);
		ok(paths_counter(&net, side, REORDER, "requeues") > 0,
		   "reordering: packets to %c overtook others (%lld)", c,
		   paths_counter(&net, side, REORDER, "requeues"));
		ok(out_of_order[REORDER][side] > 0, "reordering: %c received them so (%lld)", c,
		   out_of_order[REORDER][side]);
		ok(counted(side, DAMAGED) > 0, "corruption: %c noticed (%lld)", c,
		   counted(side, DAMAGED));
		ok(retransmitted[LOSS][side] > 0, "loss: %c sent again (%lld)", c,
		   retransmitted[LOSS][side]);
		ok(retransmitted[CORRUPT][side] > 0, "corruption: %c sent again (%lld)", c,
		   retransmitted[CORRUPT][side]);
		ok(counted(side, RETRANSMITTED) >= retransmitted[LOSS][side] +
						   retransmitted[CORRUPT][side],
		   "%c counted that (%lld)", c, counted(side, RETRANSMITTED));
		ok(counted(side, OUT_OF_ORDER) > 0, "%c queued what was out of order (%lld)", c,
		   counted(side, OUT_OF_ORDER));
		ok(counted(side, DSACKS_OUT) > 0, "%c counted its D-SACKs (%lld)", c,
		   counted(side, DSACKS_OUT));
		eq(packets_missed(packets[side]), 0, "all that %c sent was looked at", c);
	}
}

/* What only xtcp counts */
static void judge_counters(int side, int opened)
{
	static const char * const none[] = {
		"CurrEstab", "AttemptFails", "EstabResets", "AbortOnTimeout", "AbortOnClose",
		"AbortOnMemory", "NoTimestamps", "Reneged", "RcvPruned",
	}, * const some[] = { "FastRetrans", "DupAcks", "Duplicates" };
	size_t i;

	space_go(net.space[side]);
	for (i = 0; i < ARRAY_SIZE(none); i++)
		eq(counter(none[i]), 0, "%c: %s", 'a' + side, none[i]);
	for (i = 0; i < ARRAY_SIZE(some); i++)
		ok(counter(some[i]) > 0, "%c: %s (%lld)", 'a' + side, some[i], counter(some[i]));
	eq(counter("ActiveOpens"), opened, "%c: ActiveOpens", 'a' + side);
	eq(counter("PassiveOpens"), opened, "%c: PassiveOpens", 'a' + side);
}

/* Return: objects in use in a cache of the kernel's */
static long long objects(const char *name)
{
	char line[512], cache[64], shrink[96];
	long long n, found = 0;
	FILE *f;

	snprintf(shrink, sizeof(shrink), "/sys/kernel/slab/%s/shrink", name);
	sysctl_set(shrink, "1");
	f = fopen("/proc/slabinfo", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lld", cache, &n) == 2 && !strcmp(cache, name))
			found = n;
	if (f)
		fclose(f);
	return found;
}

/* Timeouts are so short that a lost last segment costs little time. */
static void prepare(void)
{
	int side;

	for (side = A; side < SIDES; side++) {
		space_go(net.space[side]);
		/* what has been learnt from one connection would change the next */
		need(sysctl_set("/proc/sys/net/ipv4/tcp_no_metrics_save", "1"));
		if (!is_kernel(side))
			set_sysctl(side, "rto_min_us", "50000");
		packets[side] = packets_open();
		listen_at(side);
	}
	/* so that the two ends' window scales differ */
	set_sysctl(A, "rmem", "4096 131072 16777216");
}

static void test_paths(void)
{
	static const char * const caches[] = { "XTCP", "xtcp_request" };
	int count = is_kernel(A) == is_kernel(B) ? SAME_KIND_ROUNDS :
		    getenv("XTCP_QUICK") ? QUICK_ROUNDS : ARRAY_SIZE(rounds);
	long long before[ARRAY_SIZE(caches)], probes = 0, until;
	int side, r;
	size_t i;

	if (!have_root()) {
		tap_skip("not root", "all paths");
		return;
	}
	if (!paths_make(&net, harm, PATHS)) {
		tap_skip("no netem", "all paths");
		return;
	}
	prepare();
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		before[i] = objects(caches[i]);
	for (r = 0; r < count; r++)
		play(&rounds[r]);
	judge_harm();
	for (side = A; side < SIDES; side++) {
		if (!is_kernel(side)) {
			judge_counters(side, count * PATHS);
			probes += counter("LossProbes");
		}
		close(listener[side]);
		eq(left(side, 0), 0, "%c: no socket is listed but those in TIME_WAIT", 'a' + side);
	}
	if (wire == WIRE_KERNEL)
		return;
	/* few last segments are lost: one side alone may have none */
	ok(probes > 0, "LossProbes (%lld)", probes);
	until = now_ms() + LONG_MS;
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		while (objects(caches[i]) > before[i] && now_ms() < until)
			pause_ms(10);
		ok(objects(caches[i]) <= before[i], "no object is left in %s", caches[i]);
	}
}

static const struct tap_test tests[] = {
	TEST_SLOW(paths, 300),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
