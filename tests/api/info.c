// SPDX-License-Identifier: GPL-2.0
/* TCP_INFO: what it tells, against what is known otherwise. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "info.h"
#include "net.h"
#include "space.h"
#include "tap.h"

#define PORT		7100
#define DELAY_MS	20	/* one way */

static struct info info_of(int fd)
{
	struct info info;

	need(get_info(fd, &info));
	return info;
}

/* Look again and again until a field has, at least, the value. Return: its value */
static unsigned int wait_info(int fd, size_t field, unsigned int least)
{
	long long end = now_ms() + LONG_MS;
	struct info info = info_of(fd);
	unsigned int value;

	for (;;) {
		memcpy(&value, (char *)&info + field, sizeof(value));
		if (value >= least || now_ms() > end)
			return value;
		pause_ms(1);
		info = info_of(fd);
	}
}

#define FIELD(f)	offsetof(struct info, f)

/* The kernel's TCP counts a SYN and a FIN of its own as an octet each. */
static unsigned int extra(void)
{
	return wire == WIRE_KERNEL;
}

static void test_listener(void)
{
	int l = listen_on(7);
	struct info i = info_of(l);

	eq(i.state, TCP_LISTEN, "state");
	eq(i.unacked, 0, "nobody waits to be accepted");
	eq(i.sacked, 7, "the backlog");
	connect_to(l);
	connect_to(l);
	eq(wait_info(l, FIELD(unacked), 2), 2, "two wait to be accepted");
	need(accept_in_time(l));
	eq(info_of(l).unacked, 1, "one does");
}

/* Every segment of data is a write, so we know what both ends count. */
static void test_counts(void)
{
	struct info c, s;
	struct pair p;
	char buf[100];
	int i;

	pair_open(&p);
	need(set_int(p.c, SOL_TCP, TCP_NODELAY, 1));
	for (i = 0; i < 5; i++) {
		need(send(p.c, "0123456789", 10, 0));
		need(wait_outq(p.c, 0) ? 0 : -1);
	}
	need(recv_all(p.s, buf, 50));
	need(send(p.s, "abc", 3, 0));
	need(recv_all(p.c, buf, 3));
	need(wait_outq(p.s, 0) ? 0 : -1);
	c = info_of(p.c);
	s = info_of(p.s);
	eq(c.data_segs_out, 5, "data_segs_out");
	eq(s.data_segs_in, 5, "data_segs_in");
	eq(c.data_segs_in, 1, "data_segs_in, the other way");
	eq(s.data_segs_out, 1, "data_segs_out, the other way");
	ok(c.segs_out >= 7, "segs_out: SYN, ACK, data: %u", c.segs_out);
	ok(s.segs_in >= 6, "segs_in: ACK, data: %u", s.segs_in);
	ok(c.segs_in >= 2, "segs_in: SYN,ACK, ACKs, data: %u", c.segs_in);
	eq(c.bytes_sent, 50, "bytes_sent");
	eq(s.bytes_sent, 3, "bytes_sent, the other way");
	eq(c.bytes_acked, 50 + extra(), "bytes_acked");
	eq(s.bytes_acked, 3, "bytes_acked, the other way");
	eq(s.bytes_received, 50, "bytes_received");
	eq(c.bytes_received, 3, "bytes_received, the other way");
	eq(c.delivered, 6, "delivered: SYN and data");
	eq(s.delivered, 2, "delivered, the other way");
	eq(c.total_retrans, 0, "total_retrans");
	eq(c.bytes_retrans, 0, "bytes_retrans");
	eq(s.rcv_ooopack, 0, "rcv_ooopack");
	need(shutdown(p.c, SHUT_WR));
	need(poll_for(p.s, POLLRDHUP) & POLLRDHUP ? 0 : -1);
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(info_of(p.c).bytes_acked, 50 + 2 * extra(), "bytes_acked after a FIN");
	eq(info_of(p.s).bytes_received, 50 + extra(), "bytes_received after a FIN");
}

/* It agrees with what other calls say. */
static void test_agrees(void)
{
	struct info i;
	struct pair p;

	pair_open(&p);
	i = info_of(p.c);
	eq(i.pmtu, get_ip(p.c, IP_MTU), "pmtu is IP_MTU");
	eq(i.snd_mss, get_int(p.c, SOL_TCP, TCP_MAXSEG), "snd_mss is TCP_MAXSEG");
	ok(i.advmss >= i.snd_mss && i.advmss < i.pmtu, "advmss %u", i.advmss);
	ok(i.rcv_mss >= 536 && i.rcv_mss <= i.pmtu, "rcv_mss %u", i.rcv_mss);
	ok(i.rcv_space > 0 && (int)i.rcv_space <=
	   get_int(p.c, SOL_SOCKET, SO_RCVBUF), "rcv_space %u", i.rcv_space);
	ok(i.rcv_ssthresh > 0 && (int)i.rcv_ssthresh <=
	   get_int(p.c, SOL_SOCKET, SO_RCVBUF), "rcv_ssthresh %u", i.rcv_ssthresh);
	eq(i.reordering, 3, "reordering");
	eq(i.snd_cwnd, initial_window(i.snd_mss), "snd_cwnd: RFC 6928's");
	eq(i.max_pacing_rate, -1, "max_pacing_rate: no limit");
	need(set_int(p.c, SOL_SOCKET, SO_MAX_PACING_RATE, 1000000));
	eq(info_of(p.c).max_pacing_rate, 1000000, "max_pacing_rate as it was set");
	need(set_int(p.l, SOL_TCP, TCP_MAXSEG, 700));
	p.c = connect_to(p.l);
	p.s = need(accept_in_time(p.l));
	/* an option in each segment takes room from the data */
	ok(info_of(p.s).advmss <= 700 && info_of(p.s).advmss >= 680,
	   "advmss under TCP_MAXSEG: %u", info_of(p.s).advmss);
	ok(info_of(p.c).snd_mss <= 700 && info_of(p.c).snd_mss >= 680,
	   "the peer's snd_mss: %u", info_of(p.c).snd_mss);
}

static void test_closed_window(void)
{
	struct info i;
	struct pair p;
	int unsent = -1;

	pair_open_small(&p, 60000, 8192);
	ok(info_of(p.c).snd_wnd > 0, "snd_wnd: open");
	need(fill(p.c));
	need(ioctl(p.c, SIOCOUTQNSD, &unsent));
	i = info_of(p.c);
	ok(i.snd_wnd < 8192, "snd_wnd: closed, or nearly so: %u", i.snd_wnd);
	eq(i.notsent_bytes, unsent, "notsent_bytes is SIOCOUTQNSD");
	ok(unsent > 0, "and there are some");
	pause_ms(SHORT_MS);
	i = info_of(p.c);
	ok(i.rwnd_limited >= SHORT_MS * 500, "rwnd_limited: %llu us",
	   i.rwnd_limited);
	ok(i.busy_time >= i.rwnd_limited, "busy_time has that, too: %llu us",
	   i.busy_time);
	eq(i.sndbuf_limited, 0, "sndbuf_limited: it was not that");
	need(drain(p.s));
	ok(wait_info(p.c, FIELD(snd_wnd), 1024) >= 1024, "snd_wnd: open again");
	eq(info_of(p.c).notsent_bytes, 0, "notsent_bytes: all is sent");
	need(wait_outq(p.c, 0) ? 0 : -1);
	i = info_of(p.c);
	pause_ms(SHORT_MS);
	eq(info_of(p.c).busy_time, i.busy_time, "busy_time: over");
	eq(info_of(p.c).rwnd_limited, i.rwnd_limited, "rwnd_limited: over");
}

static void test_ages(void)
{
	long long before, elapsed;
	struct info i;
	struct pair p;
	char byte;

	pair_open(&p);
	need(send(p.c, "x", 1, 0));
	need(recv(p.s, &byte, 1, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	pause_ms(SHORT_MS);
	i = info_of(p.c);
	ok(i.last_data_recv + 5 >= SHORT_MS && i.last_data_recv < LONG_MS,
	   "last_data_recv where none came, since it was opened: %u ms", i.last_data_recv);
	ok(i.last_data_sent + 5 >= SHORT_MS && i.last_data_sent < LONG_MS,
	   "last_data_sent: %u ms", i.last_data_sent);
	ok(i.last_ack_recv + 5 >= SHORT_MS && i.last_ack_recv < LONG_MS,
	   "last_ack_recv: %u ms", i.last_ack_recv);
	i = info_of(p.s);
	ok(i.last_data_recv + 5 >= SHORT_MS && i.last_data_recv < LONG_MS,
	   "last_data_recv: %u ms", i.last_data_recv);
	/* an ACK is not data */
	before = now_ms();
	need(send(p.s, "y", 1, 0));
	need(wait_outq(p.s, 0) ? 0 : -1);
	i = info_of(p.s);
	elapsed = now_ms() - before + SHORT_MS / 2;	/* ticks may come late, and at once */
	ok(i.last_data_recv + 5 >= SHORT_MS, "last_data_recv after an ACK: %u ms",
	   i.last_data_recv);
	ok(i.last_data_sent <= elapsed, "last_data_sent after data: %u ms",
	   i.last_data_sent);
	ok(i.last_ack_recv <= elapsed, "last_ack_recv after an ACK: %u ms",
	   i.last_ack_recv);
}

/* ---- loss ---- */

/* What comes to the socket is lost, or no longer. */
static void lose(int fd, bool on)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &nothing };

	need(setsockopt(fd, SOL_SOCKET, on ? SO_ATTACH_FILTER : SO_DETACH_FILTER,
			&prog, sizeof(prog)));
}

static void test_out_of_order(void)
{
	struct pair p;
	char buf[100];

	pair_open(&p);
	need(set_int(p.c, SOL_TCP, TCP_NODELAY, 1));
	lose(p.s, true);
	need(send(p.c, "lost", 4, 0));
	lose(p.s, false);
	need(send(p.c, "later", 5, 0));
	eq(recv_all(p.s, buf, 9), 9, "all arrives");
	ok(!memcmp(buf, "lostlater", 9), "in order");
	eq(info_of(p.s).rcv_ooopack, 1, "rcv_ooopack: the one that came too early");
	ok(info_of(p.c).total_retrans >= 1, "total_retrans: the one that was lost");
}

static void test_loss(void)
{
	struct info i, before;
	struct pair p;
	char buf[100];

	if (wire != WIRE_KERNEL && have_root())
		need(sysctl_wire("rto_min_us", "5000"));
	pair_open(&p);
	need(send(p.c, "x", 1, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	before = info_of(p.c);
	eq(before.ca_state, 0, "ca_state: open");
	eq(before.unacked, 0, "unacked: none");
	lose(p.s, true);
	need(send(p.c, "0123456789", 10, 0));
	i = info_of(p.c);
	eq(i.unacked, 1, "unacked: one segment");
	eq(i.bytes_acked, before.bytes_acked, "bytes_acked: nothing new");
	ok(wait_info(p.c, FIELD(backoff), 2) >= 2, "backoff: two timeouts, or more");
	i = info_of(p.c);
	eq(i.ca_state, 4, "ca_state: loss");
	ok(i.retransmits >= 2, "retransmits %u", i.retransmits);
	eq(i.unacked, 1, "unacked: still");
	eq(i.lost, 1, "lost: it");
	eq(i.retrans, 1, "retrans: it, once more");
	ok(i.total_retrans >= 2, "total_retrans %u", i.total_retrans);
	eq(i.bytes_retrans, 10ULL * i.total_retrans, "bytes_retrans");
	eq(i.bytes_sent, 11 + i.bytes_retrans, "bytes_sent has them, too");
	eq(i.data_segs_out, 2 + i.total_retrans, "so has data_segs_out");
	eq(i.snd_cwnd, 1, "snd_cwnd");
	/* two at least, and with large segments that is the initial window */
	ok(i.snd_ssthresh < before.snd_cwnd || i.snd_ssthresh == 2, "snd_ssthresh %u",
	   i.snd_ssthresh);
	ok(i.rto > before.rto, "rto %u us, it was %u", i.rto, before.rto);
	lose(p.s, false);
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(recv_all(p.s, buf, 11), 11, "all arrives");
	i = info_of(p.c);
	eq(i.retransmits, 0, "retransmits: over");
	eq(i.lost, 0, "lost: over");
	eq(i.retrans, 0, "retrans: over");
	eq(i.unacked, 0, "unacked: over");
	ok(i.total_retrans >= 2, "total_retrans stays");
	eq(i.bytes_acked, before.bytes_acked + 10, "bytes_acked");
	eq(info_of(p.s).bytes_received, 11, "bytes_received: each once");
	/* RFC 6298, 5: until the next sample the timeout stays long */
	need(send(p.c, "x", 1, 0));
	need(wait_outq(p.c, 0) ? 0 : -1);
	eq(info_of(p.c).backoff, 0, "backoff: over");
	eq(info_of(p.c).ca_state, 0, "ca_state: open again");
}

/* ---- a path that takes its time ---- */

/* A connection over such a path, from one namespace to another, to a reader. */
static bool path_open(struct pair *p, struct bg *bg)
{
	struct spaces side;

	if (!have_root()) {
		tap_skip("not root", "no namespaces");
		return false;
	}
	spaces_make(&side);
	need(run("tc qdisc add dev veth0 root netem delay %dms", DELAY_MS) ? 0 : -1);
	space_go(side.b);
	p->l = need(xsocket());
	need(bind_at(p->l, "0.0.0.0", PORT));
	need(listen(p->l, 16));
	space_go(side.a);
	p->c = need(xsocket());
	need(connect_at(p->c, "10.9.0.2", PORT));
	p->s = need(accept_in_time(p->l));
	*bg = (struct bg){ .fn = bg_read_to_end, .fd = p->s };
	bg_start(bg);
	return true;
}

/* What holds the sender back on it, and how quickly it goes. */
static void test_rate(void)
{
	long long before = now_ms(), sent = 0;
	unsigned long long most;
	struct info i;
	struct pair p;
	struct bg bg;

	if (!path_open(&p, &bg))
		return;
	i = info_of(p.c);
	eq(i.delivery_rate, 0, "delivery_rate: unknown before data are sent");
	eq(i.delivery_rate_app_limited, 1, "delivery_rate_app_limited: so far");
	eq(i.busy_time, 0, "busy_time: none");
	eq(stream_send(p.c, 1, 100000, 100000), 100000, "100 KB");
	need(wait_outq(p.c, 0) ? 0 : -1);
	i = info_of(p.c);
	most = 100000 * 1000 / DELAY_MS;
	ok(i.delivery_rate > 0 && i.delivery_rate <= most, "delivery_rate: %llu",
	   i.delivery_rate);
	eq(i.delivered, 1 + i.data_segs_out - i.total_retrans, "delivered");
	ok(i.busy_time >= DELAY_MS * 800 &&
	   i.busy_time <= (now_ms() - before + 10) * 1000ULL,
	   "busy_time: %llu us", i.busy_time);
	ok(i.rwnd_limited <= i.busy_time, "rwnd_limited: %llu us", i.rwnd_limited);

	/* a byte each round trip is no measure of the path */
	for (most = i.delivery_rate; sent < 3; sent++) {
		need(send(p.c, "x", 1, 0));
		need(wait_outq(p.c, 0) ? 0 : -1);
	}
	eq(info_of(p.c).delivery_rate, most, "delivery_rate: as it was");

	need(set_int(p.c, SOL_SOCKET, SO_SNDBUF, 4096));
	sent += stream_send(p.c, 2, 200000, 200000);
	i = info_of(p.c);
	/* the kernel's TCP looks only when it sends, and then there is room */
	if (wire != WIRE_KERNEL)
		ok(i.sndbuf_limited >= DELAY_MS * 500, "sndbuf_limited: %llu us",
		   i.sndbuf_limited);
	ok(i.busy_time >= i.sndbuf_limited, "busy_time has that, too");
	need(shutdown(p.c, SHUT_WR));
	eq(bg_join(&bg), 100000 + sent, "all arrives");
}

/* Another connection of the same socket knows nothing of the first. */
static void test_again(void)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	char buf[10000] = { 0 };
	struct pair p;

	pair_open(&p);
	need(send(p.c, buf, sizeof(buf), 0));
	need(recv_all(p.s, buf, sizeof(buf)));
	need(wait_outq(p.c, 0) ? 0 : -1);
	ok(info_of(p.c).delivery_rate > 0, "delivery_rate");
	need(connect(p.c, &nobody, sizeof(nobody)));
	need(connect_at(p.c, "127.0.0.1", port_of(p.l)));
	if (wire != WIRE_KERNEL)	/* it remembers */
		eq(info_of(p.c).delivery_rate, 0, "delivery_rate: unknown again");
	eq(info_of(p.c).busy_time, 0, "busy_time: none");
}

static void test_path(void)
{
	struct info i;
	struct pair p;
	struct bg bg;

	if (!path_open(&p, &bg))
		return;
	eq(stream_send(p.c, 1, 500000, 100000), 500000, "half a megabyte");
	need(wait_outq(p.c, 0) ? 0 : -1);
	i = info_of(p.c);
	eq(i.pmtu, 1500, "pmtu");
	ok(i.rtt >= DELAY_MS * 800 && i.rtt < LONG_MS * 1000, "rtt %u us", i.rtt);
	/* on a slow machine sending takes time as well */
	ok(i.min_rtt >= DELAY_MS * 800 && i.min_rtt <= i.rtt + i.rttvar * 4,
	   "min_rtt %u us", i.min_rtt);
	ok(i.rttvar > 0 && i.rttvar < LONG_MS * 1000, "rttvar %u us", i.rttvar);
	ok(i.rto >= i.rtt && i.rto < 10 * LONG_MS * 1000, "rto %u us", i.rto);
	/* slow start: every ACK of new data widens the window */
	ok(i.snd_cwnd > 10, "snd_cwnd %u", i.snd_cwnd);
	need(shutdown(p.c, SHUT_WR));
	eq(bg_join(&bg), 500000, "all arrives");
	i = info_of(p.s);
	eq(i.bytes_received, 500000 + extra(), "bytes_received");
	ok(i.data_segs_in >= 500000 / 1460, "data_segs_in %u", i.data_segs_in);
}

static const struct tap_test tests[] = {
	TEST(listener),
	TEST(counts),
	TEST(agrees),
	TEST_WAITS(closed_window),
	TEST_WAITS(ages),
	TEST(out_of_order),
	TEST(loss),
	TEST(path),
	TEST(rate),
	TEST(again),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
