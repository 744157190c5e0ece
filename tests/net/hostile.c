// SPDX-License-Identifier: GPL-2.0
/*
 * Floods of errors and resets from strangers who guess, and peers that mean no good: what they
 * may not end goes on, and what they may not keep comes back.
 *
 * run: counts-objects ip-blind
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "forge.h"
#include "info.h"
#include "listed.h"
#include "net.h"
#include "packets.h"
#include "space.h"
#include "tap.h"

#define PORT		7000
#define HERE		inet_addr("10.9.0.1")
#define THERE		inet_addr("10.9.0.2")
#define A_ROUTER	inet_addr("10.8.0.1")
#define A_STRANGER	inet_addr("10.8.0.2")

enum {
	FLOOD = 2000,
	WAITING_BYTES = 10000,		/* less than the initial window */
	LEAST_MSS = 552 - 40,		/* net.ipv4.route.min_pmtu */
	SILENT = 100,
	GREEDY = 64,
	GREEDY_BYTES = 160000,
	ORPHANS = 8,
	RESERVE_PAGES = 256,		/* of each processor, more or less than the sum shows */
	BACKWARDS = 3000,
};

/* a's client, of which all sequence numbers are known, and b's server */
struct talk {
	int c, s;
	unsigned int port;	/* the client's */
	unsigned int first;	/* the sequence number of its first byte */
	unsigned int back;	/* of the server's */
};

static struct spaces side;
static int listener, log_fd, forge_a, forge_b;

/* ---- both sides ---- */

/* Of the namespace that we are in. */
static void set_up_side(const char *route)
{
	/* a segment without one is no segment of a connection that has agreed on them */
	need(sysctl_wire("timestamps", "0"));
	/* what a test leaves behind must not stay for long */
	need(sysctl_wire("orphan_retries", "1"));
	need(run("ip route add 10.8.0.0/16 via %s", route) ? 0 : -1);
}

static bool set_up(int backlog)
{
	if (!have_root()) {
		tap_skip("not root", "namespaces");
		return false;
	}
	spaces_make(&side);
	set_up_side("10.9.0.2");
	forge_a = forge_open();
	space_go(side.b);
	set_up_side("10.9.0.1");
	forge_b = forge_open();
	listener = need(xsocket());
	need(bind4(listener, "10.9.0.2", PORT));
	need(listen(listener, backlog));
	space_go(side.a);
	log_fd = need(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	need(lseek(log_fd, 0, SEEK_END));
	return true;
}

/* Has the kernel had nothing to say of xtcp? */
static bool log_is_quiet(void)
{
	char line[1024];
	bool quiet = true;
	ssize_t n;

	while ((n = read(log_fd, line, sizeof(line) - 1)) > 0) {
		line[n] = 0;
		if (strstr(line, "xtcp") || strstr(line, "WARNING")) {
			tap_diag("%.100s", line);
			quiet = false;
		}
	}
	return quiet;
}

static void talk_open(struct talk *t)
{
	struct packet p;
	int sniff;

	space_go(side.b);
	sniff = packets_open();
	space_go(side.a);
	t->c = need(xsocket());
	need(connect4(t->c, "10.9.0.2", PORT));
	t->s = need(accept_in_time(listener));
	t->port = port_of(t->c);
	need(packets_next(sniff, PORT, &p) ? 0 : -1);
	t->first = p.ack;
	t->back = p.seq + 1;
	close(sniff);
}

static long long count_in(int space, const char *ours, const char *kernels)
{
	long long n;

	space_go(space);
	n = wire == WIRE_KERNEL ? kernel_counter("TcpExt:", kernels) : counter(ours);
	space_go(side.a);
	return n;
}

/* Until the flood is over. */
static long long bg_stream(struct bg *bg)
{
	const bool *over = bg->arg;
	unsigned char buf[20000];
	long long pos = 0;

	do {
		stream_fill(5, pos, buf, sizeof(buf));
		if (send_all(bg->fd, buf, sizeof(buf)) < 0)
			return -1;
		pos += sizeof(buf);
	} while (!__atomic_load_n(over, __ATOMIC_RELAXED));
	return shutdown(bg->fd, SHUT_WR) ? -1 : pos;
}

static long long bg_take(struct bg *bg)
{
	return stream_recv(bg->fd, 5, 20000);
}

/* The client streams to the server while a flood goes on.  Return: how many bytes */
static long long stream_under(const struct talk *t, void (*flood)(const struct talk *t))
{
	struct bg takes = { .fn = bg_take, .fd = t->s };
	bool over = false;
	struct bg sends = { .fn = bg_stream, .fd = t->c, .arg = &over };
	long long sent;

	bg_start(&takes);
	bg_start(&sends);
	flood(t);
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	sent = bg_join(&sends);
	ok(sent > 0, "a stream goes on meanwhile: %lld bytes", sent);
	eq(bg_join(&takes), sent, "all of it arrives, as it was");
	return sent;
}

/* ---- ICMP ---- */

static const struct {
	int type, code;
	bool heard;	/* it is an error of a connection, though the connection goes on */
} errors[] = {
	{ ICMP_DEST_UNREACH, ICMP_NET_UNREACH, true },
	{ ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, true },
	{ ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, true },
	{ ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, true },
	{ ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, true },
	{ ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, true },
	{ ICMP_PARAMETERPROB, 0, true },
	{ ICMP_SOURCE_QUENCH, 0, false },
};

/* a's host has received all: a queue on the way holds a thousand packets. */
static void wait_for_errors(long long sent)
{
	long long end = now_ms() + LONG_MS;

	while (kernel_counter("Icmp:", "InMsgs") < sent && now_ms() < end)
		pause_ms(1);
}

/* About the client's segment that begins at @seq. */
static void send_error(const struct talk *t, int type, int code, int mtu, unsigned int seq)
{
	struct spoofed about = {
		.from = HERE, .to = THERE, .sport = t->port, .dport = PORT,
		.seq = seq, .flags = P_ACK, .bytes = 1000,
	};
	static int sent;

	forge_icmp(forge_b, A_ROUTER, type, code, mtu, &about);
	if (++sent % 250 == 0)
		wait_for_errors(sent);
}

/* Of what was never sent: a stranger has guessed. */
static void wrong_errors(const struct talk *t)
{
	unsigned int i;

	for (i = 0; i < FLOOD; i++) {
		unsigned int e = i % (ARRAY_SIZE(errors) + 1);
		unsigned int seq = i & 1 ? t->first - 1 - i * 9973 :
					   t->first + 0x20000000 + i * 9973;

		if (e < ARRAY_SIZE(errors))
			send_error(t, errors[e].type, errors[e].code, 0, seq);
		else
			send_error(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 600, seq);
	}
}

/* Of what is in flight: whoever sends these has seen it.  Return: how many are heard */
static int right_errors(const struct talk *t)
{
	unsigned int i, heard = 0;

	for (i = 0; i < FLOOD; i++) {
		unsigned int e = i % ARRAY_SIZE(errors);

		heard += errors[e].heard;
		send_error(t, errors[e].type, errors[e].code, 0,
			   t->first + i * 7 % WAITING_BYTES);
	}
	return heard;
}

static void right_mtus(const struct talk *t)
{
	static const int mtus[] = { 1400, 1000, 600, 300, 68, 20, 1, 0, 65535 };
	unsigned int i;

	for (i = 0; i < FLOOD / 4; i++)
		send_error(t, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			   mtus[i * ARRAY_SIZE(mtus) / (FLOOD / 4)],
			   t->first + i * 7 % WAITING_BYTES);
}

static unsigned int mss_of(int fd)
{
	struct info info = { 0 };

	need(get_info(fd, &info));
	return info.snd_mss;
}

static bool is_open(int fd)
{
	return !(poll_now(fd, POLLIN | POLLOUT) & (POLLERR | POLLHUP | POLLIN));
}

static void test_icmp_flood(void)
{
	static char some[WAITING_BYTES], got[WAITING_BYTES];
	long long ignored, heard;
	unsigned int mss;
	struct talk t;

	if (!set_up(8))
		return;
	talk_open(&t);
	mss = mss_of(t.c);
	stream_under(&t, wrong_errors);
	ignored = count_in(side.a, "IcmpIgnored", "OutOfWindowIcmps");
	ok(ignored >= FLOOD * 7 / 9, "errors that quote what was never sent are ignored: %lld",
	   ignored);
	eq(mss_of(t.c), mss, "nor do they make its segments smaller");
	eq(so_error(t.c), 0, "it has no error");

	/* what is on its way now stays there: nothing reaches b, and whatever b sends a */
	talk_open(&t);
	need(run("tc qdisc add dev veth0 root netem loss 100%%") ? 0 : -1);
	memset(some, 'x', sizeof(some));
	eq(send(t.c, some, sizeof(some), 0), sizeof(some), "some is on its way");
	heard = right_errors(&t);
	if (wire != WIRE_KERNEL)
		eq(counter("IcmpErrors"), heard, "errors that quote it are heard");
	ok(is_open(t.c), "and end nothing");
	eq(so_error(t.c), EPROTO, "who asks is told of the last");
	eq(mss_of(t.c), mss, "its segments are as large as before");
	right_mtus(&t);
	ok(is_open(t.c), "nor does a small path MTU");
	eq(mss_of(t.c), LEAST_MSS, "which is never less than the host allows");
	need(run("tc qdisc del dev veth0 root") ? 0 : -1);
	need(set_ms(t.s, SO_RCVTIMEO, 2 * LONG_MS));
	eq(recv_all(t.s, got, sizeof(got)), sizeof(got), "all arrives once there is a way");
	ok(!memcmp(some, got, sizeof(got)), "as it was");
	ok(log_is_quiet(), "nothing is logged");
}

/* ---- RST ---- */

static void resets_to_client(const struct talk *t, unsigned char flags, unsigned int seq)
{
	struct spoofed seg = {
		.from = THERE, .to = HERE, .sport = PORT, .dport = t->port,
		.seq = seq, .flags = flags,
	};

	forge(forge_b, &seg);
}

static void resets_to_server(const struct talk *t, unsigned int seq)
{
	struct spoofed seg = {
		.from = HERE, .to = THERE, .sport = t->port, .dport = PORT,
		.seq = seq, .flags = P_RST,
	};

	forge(forge_a, &seg);
}

/* RFC 5961: those in the client's window, which are not next, it asks about, now and then. */
static void wrong_resets(const struct talk *t)
{
	unsigned int i;

	for (i = 0; i < FLOOD; i++) {
		resets_to_client(t, i & 3 ? P_RST : P_SYN, t->back + 1 + i * 29 % 60000);
		resets_to_client(t, P_RST, t->back + 0x10000000 + i * 9973);
		resets_to_client(t, P_RST, t->back - 1 - i);
		resets_to_server(t, t->first + 0x20000000 + i * 9973);
		resets_to_server(t, t->first - 1 - i);
	}
}

static void test_rst_flood(void)
{
	long long start, asked, most, sent;
	struct talk t;

	if (!set_up(8))
		return;
	talk_open(&t);
	start = now_ms();
	sent = stream_under(&t, wrong_resets);
	most = (now_ms() - start) / 500 + 2;
	asked = count_in(side.a, "ChallengeAcks", "TCPChallengeACK");
	ok(asked >= 1 && asked <= most, "the client asks every half second at most: %lld of %lld",
	   asked, most);
	eq(so_error(t.c), 0, "it has no error");
	eq(so_error(t.s), 0, "nor has the server");

	/* by the right number they would have ended: FIN and all are received */
	resets_to_server(&t, t.first + sent + 1);
	ok(wait_so_error(t.s, EPIPE), "a right guess resets the server");
	resets_to_client(&t, P_RST, t.back);
	ok(wait_so_error(t.c, ECONNRESET), "and one the client");
	ok(log_is_quiet(), "nothing is logged");
}

/* ---- peers that say nothing ---- */

/* The sockets of b in some states. */
static int sockets_in(unsigned int states)
{
	int n;

	space_go(side.b);
	n = listed_in(states);
	space_go(side.a);
	return n;
}

static bool sockets_become(unsigned int states, int want)
{
	long long end = now_ms() + 2 * LONG_MS;

	while (sockets_in(states) != want && now_ms() < end)
		pause_ms(20);
	return sockets_in(states) == want;
}

static void many_files(int n)
{
	struct rlimit files = { n, n };

	need(setrlimit(RLIMIT_NOFILE, &files));
}

static void test_silent(void)
{
	static int c[SILENT], s[SILENT];
	int i, ended = 0;

	if (!set_up(SILENT))
		return;
	many_files(2 * SILENT + 64);
	/* those that it accepts have these from it */
	need(set_int(listener, SOL_TCP, TCP_KEEPIDLE, 1));
	need(set_int(listener, SOL_TCP, TCP_KEEPINTVL, 1));
	need(set_int(listener, SOL_TCP, TCP_KEEPCNT, 1));
	need(set_int(listener, SOL_SOCKET, SO_KEEPALIVE, 1));
	for (i = 0; i < SILENT; i++) {
		c[i] = need(xsocket());
		need(connect4(c[i], "10.9.0.2", PORT));
		s[i] = need(accept_in_time(listener));
	}
	need(run("tc qdisc add dev veth0 root netem loss 100%%") ? 0 : -1);
	for (i = 0; i < SILENT; i++)
		ended += wait_so_error(s[i], ETIMEDOUT);
	eq(ended, SILENT, "peers that say nothing are asked, and given up");
	for (i = 0; i < SILENT; i++)
		close(s[i]);
	ok(sockets_become(IN_ANY_STATE, 1), "nothing is left of them but the listener");
	ok(log_is_quiet(), "nothing is logged");
}

/* ---- peers that read nothing ---- */

/* The memory in buffers, in pages; of all namespaces. */
static long long memory_pages(void)
{
	const char *ours = wire == WIRE_KERNEL ? "TCP" : "XTCP";
	FILE *f = fopen("/proc/net/protocols", "r");
	long long pages = -1, is;
	char line[256], name[64];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %*s %*s %lld", name, &is) == 2 && !strcmp(name, ours))
			pages = is;
	if (f)
		fclose(f);
	return need(pages);
}

static bool memory_becomes(long long most)
{
	long long end = now_ms() + LONG_MS;

	while (memory_pages() > most && now_ms() < end)
		pause_ms(20);
	tap_diag("%lld pages, %lld expected at most", memory_pages(), most);
	return memory_pages() <= most;
}

/* Each has opened, asked for much, and reads nothing.  The server closes all.  Return: the
 * memory that they had before
 */
static long long greedy_peers(int *c)
{
	static const char much[GREEDY_BYTES];
	int s[GREEDY], i;
	long long held;

	need(set_int(listener, SOL_SOCKET, SO_SNDBUF, GREEDY_BYTES));
	for (i = 0; i < GREEDY; i++) {
		c[i] = need(xsocket());
		need(set_int(c[i], SOL_SOCKET, SO_RCVBUF, 16384));
		need(connect4(c[i], "10.9.0.2", PORT));
		s[i] = need(accept_in_time(listener));
		need(send(s[i], much, sizeof(much), MSG_DONTWAIT));
	}
	for (i = 0; i < GREEDY; i++)
		need(poll_for(c[i], POLLIN) & POLLIN ? 0 : -1);
	held = memory_pages();
	for (i = 0; i < GREEDY; i++)
		close(s[i]);
	return held;
}

static int count_resets(const int *c)
{
	int i, n = 0;

	for (i = 0; i < GREEDY; i++)
		n += so_error(c[i]) == ECONNRESET;
	return n;
}

static void test_greedy(void)
{
	long long reserve = 2 * RESERVE_PAGES * sysconf(_SC_NPROCESSORS_ONLN), before, held;
	int c[GREEDY], i;

	if (!set_up(GREEDY))
		return;
	many_files(2 * GREEDY + 64);
	space_go(side.b);
	if (wire != WIRE_KERNEL)	/* whose limit is the machine's */
		need(sysctl_wire("max_orphans", "8"));
	space_go(side.a);
	before = memory_pages();
	held = greedy_peers(c);
	ok(held > before, "they hold memory: %lld pages", held - before);
	if (wire == WIRE_KERNEL) {
		/* as long as these are answered, probes go on for minutes */
		need(run("tc qdisc add dev veth0 root netem loss 100%%") ? 0 : -1);
	} else {
		eq(sockets_in(IN_STATE(TCP_FIN_WAIT1)), ORPHANS, "as many orphans as there may be");
		eq(count_in(side.b, "AbortOnMemory", ""), GREEDY - ORPHANS, "others are reset");
		eq(count_resets(c), GREEDY - ORPHANS, "as their peers hear");
	}
	ok(sockets_become(IN_STATE(TCP_FIN_WAIT1), 0), "no orphan waits for ever for a reader");
	for (i = 0; i < GREEDY; i++)
		close(c[i]);
	ok(memory_becomes(before + reserve), "the memory comes back");
	ok(log_is_quiet(), "nothing is logged");
}

/* ---- peers that send a byte at a time, backwards ---- */

/* A peer that is none: what it sends is all forged. */
struct stranger {
	int sniff;		/* what b sends */
	struct spoofed seg;	/* as the next one begins */
	unsigned int acked;	/* by b */
};

static void stranger_connects(struct stranger *w)
{
	struct packet p;

	space_go(side.b);
	w->sniff = packets_open();
	space_go(side.a);
	w->seg = (struct spoofed){
		.from = A_STRANGER, .to = THERE, .sport = 1024, .dport = PORT,
		.seq = 1000, .wnd = 60000, .flags = P_SYN,
	};
	forge(forge_a, &w->seg);
	need(packets_next(w->sniff, PORT, &p) ? 0 : -1);
	w->seg.seq = p.ack;
	w->seg.ack = p.seq + 1;
	w->seg.flags = P_ACK;
	forge(forge_a, &w->seg);
	w->acked = p.ack;
}

static void stranger_sends(struct stranger *w, const unsigned char *data, unsigned int at,
			   unsigned int bytes)
{
	struct spoofed seg = w->seg;

	seg.seq += at;
	seg.data = data + at;
	seg.bytes = bytes;
	forge(forge_a, &seg);
}

/* Send from what is acknowledged on until all is, as any peer does. */
static bool stranger_repeats(struct stranger *w, const unsigned char *data, unsigned int bytes)
{
	struct packet p;

	while (w->acked != w->seg.seq + bytes) {
		unsigned int at = w->acked - w->seg.seq, left = bytes - at;

		stranger_sends(w, data, at, left < 500 ? left : 500);
		do {
			if (!packets_next(w->sniff, PORT, &p))
				return false;
		} while ((int)(p.ack - w->acked) <= 0);
		w->acked = p.ack;
	}
	return true;
}

static unsigned int receive_memory(int fd)
{
	unsigned int of[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(of);

	need(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, of, &len));
	return of[SK_MEMINFO_RMEM_ALLOC];
}

static void test_backwards(void)
{
	unsigned char data[BACKWARDS], got[BACKWARDS];
	unsigned int most = 0, is, rcvbuf;
	struct stranger w;
	int s, i;

	if (!set_up(8))
		return;
	stranger_connects(&w);
	s = need(accept_in_time(listener));
	stream_fill(9, 0, data, sizeof(data));
	for (i = BACKWARDS - 1; i > 0; i--) {
		stranger_sends(&w, data, i, 1);
		if (i % 100)
			continue;
		is = receive_memory(s);
		most = is > most ? is : most;
	}
	rcvbuf = need(get_int(s, SOL_SOCKET, SO_RCVBUF));	/* the kernel's may have grown */
	ok(most > 50 * 256, "bytes wait for those before them: %u bytes of memory", most);
	ok(most <= 2 * rcvbuf, "within the receive buffer, of %u", rcvbuf);
	eq(fd_inq(s), 0, "nothing is to be read yet");
	ok(stranger_repeats(&w, data, sizeof(data)), "the peer is told what it has to send again");
	eq(recv_all(s, got, sizeof(got)), sizeof(got), "all can be read");
	ok(!memcmp(data, got, sizeof(got)), "in its order");
	ok(log_is_quiet(), "nothing is logged");
}

static const struct tap_test tests[] = {
	TEST_SLOW(icmp_flood, 90),
	TEST_SLOW(rst_flood, 90),
	TEST_SLOW(silent, 60),
	TEST_SLOW(greedy, 60),
	TEST_SLOW(backwards, 60),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
