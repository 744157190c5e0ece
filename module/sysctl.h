/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The knobs: net.xtcp.NAME, per network namespace.  Names and meanings are those
 * of net.ipv4.tcp_NAME where both exist.  A new one is a row here and nothing
 * else: the list makes the fields, the defaults, the table and (through
 * scripts/docs) the documentation.
 */
#ifndef _XTCP_SYSCTL_H
#define _XTCP_SYSCTL_H

#include <linux/limits.h>
#include <linux/types.h>
#include <net/inet_timewait_sock.h>

#undef tw_reuse		/* a field there, a knob here */

struct xtcp_cong_ops;
struct xtcp_net;

/* A range of ports in one word, so that it is read and written at once. */
#define XTCP_PORT_RANGE(low, high)	((u32)(high) << 16 | (low))
#define XTCP_PORT_RANGE_LOW(range)	((range) & U16_MAX)
#define XTCP_PORT_RANGE_HIGH(range)	((range) >> 16)

/* The rows:
 *
 * NUMBER: type, name, default, least, most, OWN or FIRST, what it says;
 * BUFFER: name, least, default, most, in bytes, what it says;
 * WORDS: type, name, default, mode, what it says: sysctl_set_NAME() reads and writes it;
 * MACHINE: name, what it says: the machine's, which the first namespace sets.
 *
 * FIRST is for what can cost the machine kernel memory for long after the sockets are
 * closed, and for the right to use TCP's wire: of these a namespace, whose owner may be
 * anybody, has at most what the first one has.  Read them by xtcp_bounded().
 *
 * RFC 9293: delack_ms MUST-40, keepalive_time MUST-28, retries1 SHLD-10, retries2
 * SHLD-11.  As in Linux, the least retransmission timeout is below RFC 6298's one
 * second (2.4).
 */
#define XTCP_SYSCTLS(NUMBER, BUFFER, WORDS, MACHINE) \
	NUMBER(u8,	abort_on_overflow,	0,	0,	1,		OWN,	"1: reset a connection that finds the accept queue full.") \
	WORDS(u32,	allowed_congestion_control, ~0u, 0644,	"The congestion controls that programs without CAP_NET_ADMIN may choose. The namespace's own is always among them. Each namespace has a list of its own, and begins with the first one's.") \
	WORDS(struct {}, available_congestion_control, {}, 0444,	"The congestion controls that there are.") \
	NUMBER(int,	challenge_ack_ms,	500,	0,	60000,		OWN,	"The least time between two challenge ACKs of a connection, RFC 5961, and between two answers to a SYN that comes again.") \
	WORDS(const struct xtcp_cong_ops *, congestion_control, XTCP_CONG_DEFAULT, 0644,	"The congestion control of new sockets, at first cubic.") \
	NUMBER(int,	delack_ms,		40,	1,	500,		OWN,	"How long an ACK may wait for something to ride on; at most 500, RFC 9293, 3.8.6.3.") \
	NUMBER(u8,	dsack,			1,	0,	1,		OWN,	"1: report what came twice, RFC 2883, if SACK is in use.") \
	NUMBER(u8,	early_retrans,		3,	0,	4,		OWN,	"0: no loss probes; anything else: after two round trips without an ACK, RFC 8985, 7.") \
	NUMBER(u8,	ecn,			2,	0,	2,		OWN,	"Explicit congestion notification, RFC 3168. 1: every SYN asks for it; 2: only a peer that asks gets it, and a route with the feature ecn; 0: only such a route.") \
	NUMBER(u8,	ecn_fallback,		1,	0,	1,		OWN,	"1: a SYN that goes again asks for ECN no more, RFC 3168, 6.1.1.1.") \
	NUMBER(int,	fin_timeout,		60,	1,	86400,		FIRST,	"How long FIN_WAIT_2 may last once the user has closed, in seconds.") \
	NUMBER(u8,	frto,			2,	0,	2,		OWN,	"Not 0: find out whether a timeout was a mistake, RFC 5682.") \
	NUMBER(int,	keepalive_time,		7200,	1,	86400,		OWN,	"As tcp(7) has it, in seconds.") \
	NUMBER(int,	keepalive_intvl,	75,	1,	86400,		OWN,	"As tcp(7) has it, in seconds.") \
	NUMBER(u8,	keepalive_probes,	9,	1,	127,		OWN,	"As tcp(7) has it.") \
	WORDS(u32,	local_port_range, XTCP_PORT_RANGE(10000, 32767), 0644,	"Where connect() chooses a port on TCP's wire: the first and the last, at first 10000 and 32767. It must not reach into net.ipv4.ip_local_port_range, where the kernel's TCP chooses: neither knows what the other has chosen.") \
	NUMBER(int,	max_orphans,		16384,	0,	INT_MAX,	FIRST,	"Connections that were closed and have not ended. One more is reset.") \
	NUMBER(int,	max_syn_backlog,	1024,	0,	INT_MAX,	FIRST,	"Half-open requests of a listener. Beyond half of the room each is asked less often for its ACK.") \
	NUMBER(int,	max_tw_buckets,		65536,	0,	INT_MAX,	FIRST,	"TIME_WAIT objects. Beyond it connections end without TIME_WAIT. At first what net.ipv4.tcp_max_tw_buckets is set to, which depends on the machine's memory.") \
	NUMBER(u8,	moderate_rcvbuf,	1,	0,	1,		OWN,	"1: a receive buffer grows as its reader can use it, up to rmem's third.") \
	NUMBER(u8,	orphan_retries,		0,	0,	255,		OWN,	"Timeouts in a row that end an orphan; 0 means 8. It never has more than in the first namespace.") \
	NUMBER(u8,	retries1,		3,	0,	255,		OWN,	"Timeouts in a row after which another route is asked for.") \
	NUMBER(u8,	retries2,		15,	0,	255,		OWN,	"Timeouts in a row after which the connection is given up with ETIMEDOUT.") \
	BUFFER(rmem,	4096,	131072,	6 << 20,	"Receive buffer: least, default, most, in bytes. Unless SO_RCVBUF is set, it grows from the second to the third, which is less on a machine of less than 768 MB.") \
	NUMBER(u32,	rto_max_ms,		120000,	1000,	120000,		OWN,	"The retransmission timeout is at most so long, backed off or not, a SYN,ACK's and a probe's as well.") \
	NUMBER(u32,	rto_min_us,		200000,	1000,	120000000,	OWN,	"The retransmission timeout exceeds the round trip by at least so much.") \
	NUMBER(u8,	sack,			1,	0,	1,		OWN,	"1: selective acknowledgments, RFC 2018.") \
	NUMBER(u8,	syncookies,		1,	0,	2,		OWN,	"1: a listener that has no room for half-open requests answers SYNs with cookies, RFC 4987, 3.6, and keeps nothing of them; 0: it drops them, and the last quarter of the room is for hosts that have completed a handshake since; 2: it answers every SYN so.") \
	NUMBER(u8,	syn_retries,		6,	1,	127,		OWN,	"How often a SYN is sent again.") \
	NUMBER(u8,	synack_retries,		5,	0,	127,		OWN,	"How often a SYN,ACK is sent again.") \
	NUMBER(int,	tcp_wire,		2,	0,	3,		FIRST,	"Who may use TCP's wire, see POLICIES.") \
	NUMBER(u8,	timestamps,		1,	0,	2,		OWN,	"Timestamps, RFC 7323. 1: shifted at random for each pair of hosts; 2: not shifted.") \
	NUMBER(int,	time_wait,		60,	1,	86400,		FIRST,	"2MSL, in seconds.") \
	NUMBER(u8,	tw_reuse,		2,	0,	2,		OWN,	"1: connect() may choose a port whose 4-tuple has been in TIME_WAIT for a second, if that connection had timestamps; 2: on the loopback device only. A port that the user has bound may be taken at once.") \
	NUMBER(u8,	window_scaling,		1,	0,	1,		OWN,	"1: windows larger than 65535 bytes, RFC 7323.") \
	BUFFER(wmem,	4096,	16384,	4 << 20,	"Send buffer: least, default, most, in bytes. Unless SO_SNDBUF is set, it grows from the second to the third, which is less on a machine of less than 512 MB.") \
	MACHINE(mem,	"Only in the first namespace: the memory that the buffers of all sockets of the machine may have together, low, pressure and high, in pages; by default 4.7, 6.2 and 9.4 percent of memory. Above high, connections that were closed and have much to send are reset.")

/**
 * struct xtcp_sysctls - what the knobs of a namespace are set to
 *
 * The rows' names are the fields: a NUMBER or WORDS of its type, a BUFFER of three ints.
 */
struct xtcp_sysctls {
#define XTCP_SYSCTL_NUMBER(type, name, standard, least, most, bound, doc) type name;
#define XTCP_SYSCTL_BUFFER(name, least, standard, most, doc) int name[3];
#define XTCP_SYSCTL_WORDS(type, name, standard, mode, doc) type name;
#define XTCP_SYSCTL_MACHINE(name, doc)
	XTCP_SYSCTLS(XTCP_SYSCTL_NUMBER, XTCP_SYSCTL_BUFFER, XTCP_SYSCTL_WORDS,
		     XTCP_SYSCTL_MACHINE)
#undef XTCP_SYSCTL_NUMBER
#undef XTCP_SYSCTL_BUFFER
#undef XTCP_SYSCTL_WORDS
#undef XTCP_SYSCTL_MACHINE
};

int xtcp_sysctl_net_init(struct xtcp_net *xn);
void xtcp_sysctl_net_exit(struct xtcp_net *xn);

#endif /* _XTCP_SYSCTL_H */
