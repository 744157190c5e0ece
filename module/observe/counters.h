/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, per CPU and network namespace, read as /proc/net/xtcp_stat.
 * One list makes the enum, the names and (through scripts/docs) the
 * documentation: name, what is counted.
 */
#ifndef _XTCP_COUNTERS_H
#define _XTCP_COUNTERS_H

#include <linux/types.h>
#include <net/snmp.h>

#define XTCP_COUNTERS(X) \
	X(SEGS_IN,		"InSegs",		"segments that reached the protocol handler") \
	X(SEGS_OUT,		"OutSegs",		"segments sent, those of a GSO packet counted singly") \
	X(RST_OUT,		"OutRsts",		"segments sent with RST") \
	X(RETRANS,		"RetransSegs",		"segments sent again") \
	X(ACTIVE_OPENS,		"ActiveOpens",		"CLOSED to SYN_SENT") \
	X(PASSIVE_OPENS,	"PassiveOpens",		"SYN_RECEIVED to ESTABLISHED by way of a listener") \
	X(ATTEMPT_FAILS,	"AttemptFails",		"handshakes that ended in CLOSED") \
	X(ESTAB_RESETS,		"EstabResets",		"ESTABLISHED or CLOSE_WAIT to CLOSED") \
	X(CURR_ESTAB,		"CurrEstab",		"connections in ESTABLISHED or CLOSE_WAIT now") \
	X(REQUESTS,		"Requests",		"half-open requests made") \
	X(COOKIES_SENT,		"SyncookiesSent",	"SYN cookies sent") \
	X(COOKIES_RECEIVED,	"SyncookiesRecv",	"ACKs that answered a SYN cookie") \
	X(COOKIES_FAILED,	"SyncookiesFailed",	"ACKs that should have, and did not") \
	X(TIME_WAITS,		"TimeWaits",		"TIME_WAIT objects made") \
	X(TW_REUSED,		"TimeWaitReused",	"TIME_WAIT objects ended by a new SYN") \
	X(IN_ERRS,		"InErrs",		"segments with a bad header: truncated, or its length impossible") \
	X(IN_CSUM_ERRS,		"InCsumErrors",		"segments with a bad checksum") \
	X(NO_PORT,		"NoPorts",		"segments for no connection and no listener") \
	X(LISTEN_OVERFLOWS,	"ListenOverflows",	"handshakes held up by a full accept queue") \
	X(LISTEN_DROPS,		"ListenDrops",		"SYNs and final ACKs that a listener dropped") \
	X(FILTERED,		"Filtered",		"segments that a socket filter or policy refused") \
	X(BACKLOG_DROPS,	"BacklogDrops",		"segments dropped, the socket's backlog being full") \
	X(OUT_OF_WINDOW,	"OutOfWindow",		"segments outside the receive window, and RSTs in it that are not next") \
	X(PAWS,			"Paws",			"segments whose timestamp is older than the peer's last, RFC 7323") \
	X(NO_TIMESTAMP,		"NoTimestamps",		"segments without the timestamp that was agreed on") \
	X(CHALLENGE_ACKS,	"ChallengeAcks",	"challenge ACKs sent, RFC 5961") \
	X(CHALLENGES_LIMITED,	"ChallengesLimited",	"challenge ACKs, and answers to SYNs that came again, not sent, the rate being limited") \
	X(OLD_ACKS,		"OldAcks",		"segments whose ACK is older than RFC 5961 allows") \
	X(RCV_PRUNED,		"RcvPruned",		"segments dropped for want of receive memory") \
	X(OFO_QUEUED,		"OfoQueued",		"segments queued out of order") \
	X(OFO_DROPPED,		"OfoDropped",		"out-of-order segments given up for memory") \
	X(DUPLICATES,		"Duplicates",		"segments that brought nothing new") \
	X(DSACKS_OUT,		"DsacksOut",		"duplicates reported to the peer, RFC 2883") \
	X(DATA_AFTER_CLOSE,	"DataAfterClose",	"connections reset: data came for a closed socket") \
	X(DELAYED_ACKS,		"DelayedAcks",		"ACKs that the delayed-ACK timer sent") \
	X(DUP_ACKS,		"DupAcks",		"duplicate ACKs received") \
	X(FAST_RETRANS,		"FastRetrans",		"losses repaired by fast retransmit") \
	X(PARTIAL_ACKS,		"PartialAcks",		"partial ACKs in fast recovery, RFC 6582") \
	X(DSACKS_IN,		"DsacksIn",		"duplicates that the peer reported, RFC 2883") \
	X(LOSS_PROBES,		"LossProbes",		"loss probes sent, RFC 8985") \
	X(PROBES_REPAIRED,	"LossProbesRepaired",	"losses that a loss probe repaired") \
	X(UNDOS,		"Undos",		"reductions of the congestion window taken back") \
	X(ECN_REDUCTIONS,	"EcnReductions",	"reductions of the congestion window for marked packets, RFC 3168") \
	X(RENEGED,		"Reneged",		"peers that gave up what they had SACKed") \
	X(TIMEOUTS,		"Timeouts",		"retransmission timeouts") \
	X(PROBES,		"WindowProbes",		"zero-window probes sent") \
	X(KEEPALIVES,		"KeepAlives",		"keep-alive probes sent") \
	X(ABORT_TIMEOUT,	"AbortOnTimeout",	"connections given up after retransmissions") \
	X(ABORT_LINGER,		"AbortOnLinger",	"connections reset by SO_LINGER 0 or its timeout") \
	X(ABORT_CLOSE,		"AbortOnClose",		"connections reset: closed with unread data") \
	X(ABORT_MEMORY,		"AbortOnMemory",	"connections reset: too many orphans or no memory") \
	X(SEND_FAILS,		"SendFails",		"segments that the IP layer or a device refused") \
	X(ICMP_ERRORS,		"IcmpErrors",		"ICMP errors that concerned a connection") \
	X(ICMP_IGNORED,		"IcmpIgnored",		"ICMP errors that fitted no connection")

enum xtcp_mib_id {
#define XTCP_COUNTER_ENUM(id, name, doc) XTCP_MIB_##id,
	XTCP_COUNTERS(XTCP_COUNTER_ENUM)
#undef XTCP_COUNTER_ENUM
	XTCP_MIB_MAX
};

struct xtcp_mib {
	unsigned long mibs[XTCP_MIB_MAX];
};

#define xtcp_count(xn, id)		SNMP_INC_STATS((xn)->mib, XTCP_MIB_##id)
#define xtcp_uncount(xn, id)		SNMP_DEC_STATS((xn)->mib, XTCP_MIB_##id)
#define xtcp_count_n(xn, id, n)		SNMP_ADD_STATS((xn)->mib, XTCP_MIB_##id, n)

#endif /* _XTCP_COUNTERS_H */
