// SPDX-License-Identifier: GPL-2.0
/*
 * What makes each counter count, and why a segment is dropped: a conversation
 * for each of them.
 */
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/tcp.h>
#include "../module/observe/drop.h"
#include "../module/observe/trace.h"
#include "conv.h"
#include "suites.h"

/**
 * struct story - what happens
 * @place: to a connection in this state
 * @segment: this segment arrives; or NULL
 * @tell: or this happens
 * @options: both ends have these
 */
struct story {
	enum place	place;
	const char	*segment;
	void		(*tell)(struct conv *t);
	u8		options;
};

static void begin(struct conv *t, const struct story *story)
{
	if (story->options)
		with_options(t, story->options);
	if (story->place == IN_CLOSED)
		over_native(t);
	bring_to(t, story->place);
}

static void tell(struct conv *t, const struct story *story)
{
	if (story->tell)
		story->tell(t);
	else
		inject(t, "%s", story->segment);
}

/* ---- stories that are longer than a segment ---- */

static void connects(struct conv *t)
{
	returns(t, -EINPROGRESS, user_connect(t));
}

static void times_out(struct conv *t)
{
	fire(t, XTCP_TIMER_RETRANSMIT);
}

static void times_out_at_last(struct conv *t)
{
	t->xn->sysctl.syn_retries = 0;
	fire(t, XTCP_TIMER_RETRANSMIT);
	state_is(t, TCP_CLOSE);
}

static void comes_again(struct conv *t)
{
	inject(t, "SYN seq 1000 mss 1460");
	pass_over(t);
	inject(t, "ACK seq R ack S");
	returns(t, 0, user_accept(t));
	user_close(t);
	pass_over(t);
	inject(t, "FIN|ACK seq R ack S");
	pass_over(t);
	state_is(t, TCP_TIME_WAIT);
	inject(t, "SYN seq R+1 mss 1460");
	state_is(t, TCP_SYN_RECV);
}

static void is_damaged(struct conv *t)
{
	size_t len;

	conv_look(t);
	len = conv_build(t, t->packet, "PSH|ACK seq R ack S len 10");
	t->packet[len - 1] ^= 1;
	KUNIT_ASSERT_TRUE(t->test, conv_raw(t, t->packet, len));
}

static void has_bad_offset(struct conv *t)
{
	size_t len;

	conv_look(t);
	len = conv_build(t, t->packet, "ACK seq R ack S");
	t->packet[conv_ip_bytes(t) + 12] = 15 << 4;
	conv_fix_sums(t, t->packet, len);
	KUNIT_ASSERT_TRUE(t->test, conv_raw(t, t->packet, len));
}

static void meets_full_listener(struct conv *t)
{
	t->xn->sysctl.max_syn_backlog = 0;
	t->xn->sysctl.syncookies = 0;
	inject(t, "SYN seq 1000 mss 1460");
}

static void is_remembered_by_itself(struct conv *t)
{
	t->xn->sysctl.syncookies = 2;
	inject(t, "SYN seq 1000 mss 1460");
}

static void comes_back(struct conv *t)
{
	is_remembered_by_itself(t);
	inject(t, "ACK seq 1001 ack %u", next_segment(t).seq + 1);
}

static void comes_back_wrong(struct conv *t)
{
	is_remembered_by_itself(t);
	inject(t, "ACK seq 1001 ack %u", next_segment(t).seq);
}

/* The socket's filter lets this many bytes of each segment through. */
static const char *filtered_by(struct conv *t, struct sock_filter *code, u16 len,
			       const char *segment)
{
	struct sock_fprog_kern fprog = { .len = len, .filter = code };
	struct sk_filter filter = { .refcnt = REFCOUNT_INIT(1) };
	const char *said;

	if (bpf_prog_create(&filter.prog, &fprog))
		return "the filter cannot be made";
	rcu_assign_pointer(t->sock->sk->sk_filter, &filter);
	said = conv_inject(t, "%s", segment);
	RCU_INIT_POINTER(t->sock->sk->sk_filter, NULL);
	synchronize_rcu();
	bpf_prog_destroy(filter.prog);
	return said;
}

static const char *filtered(struct conv *t, u32 most, const char *segment)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, most) };

	return filtered_by(t, code, ARRAY_SIZE(code), segment);
}

static void is_filtered(struct conv *t)
{
	CONV_STEP(filtered(t, 0, "PSH|ACK seq R ack S len 10"));
}

/* The user holds the socket, and segments keep coming.  What the backlog took
 * is there when the user lets go.
 */
static void fills_backlog(struct conv *t)
{
	struct sock *sk = t->sock->sk;
	int rcvbuf = sk->sk_rcvbuf, sndbuf = sk->sk_sndbuf, taken = 0;
	long n = conv_count(t, XTCP_MIB_BACKLOG_DROPS);
	const char *said = NULL;

	lock_sock(sk);
	WRITE_ONCE(sk->sk_rcvbuf, 0);
	WRITE_ONCE(sk->sk_sndbuf, 0);
	while (!said && taken < 65000) {
		said = conv_inject(t, "ACK seq R+%d ack S len 10000", taken);
		if (conv_count(t, XTCP_MIB_BACKLOG_DROPS) > n)
			break;
		taken += 10000;
	}
	WRITE_ONCE(sk->sk_rcvbuf, rcvbuf);
	WRITE_ONCE(sk->sk_sndbuf, sndbuf);
	release_sock(sk);
	conv_freeze(t);
	CONV_STEP(said);
	pass_over(t);
	returns(t, taken, user_recv(t, 100000));
}

static void is_challenged_twice(struct conv *t)
{
	t->xn->sysctl.challenge_ack_ms = 60000;
	inject(t, "RST seq R+1");
	pass_over(t);
	inject(t, "RST seq R+1");
}

static void finds_no_room(struct conv *t)
{
	WRITE_ONCE(t->sock->sk->sk_rcvbuf, 0);
	inject(t, "ACK seq R+10 ack S len 10");
}

static void gives_way(struct conv *t)
{
	inject(t, "ACK seq R+10 ack S len 10");
	pass_over(t);
	WRITE_ONCE(t->sock->sk->sk_rcvbuf, 0);
	inject(t, "ACK seq R ack S len 10");
}

static void comes_after_close(struct conv *t)
{
	user_close(t);
	inject(t, "PSH|ACK seq R ack S len 10");
}

static void is_acknowledged_late(struct conv *t)
{
	set_quick_acks(t, 0);
	inject(t, "PSH|ACK seq R ack S len 10");
	fire(t, XTCP_TIMER_DELACK);
}

static void is_acknowledged_again(struct conv *t)
{
	returns(t, 10, user_send(t, 10));
	pass_over(t);
	inject(t, "ACK seq R ack U");
}

/* A connection is there already, with what options there may be. */
static void starts_anew(struct conv *t, u8 options)
{
	user_close_socket(t, t->sock);
	t->sock = NULL;
	with_options(t, options);
}

static void is_marked(struct conv *t)
{
	t->xn->sysctl.ecn = 1;
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN|ECE|CWR seq 100");
	inject(t, "SYN|ACK|ECE seq 1000 ack 101 mss 1460");
	expect(t, "ACK seq 101 ack 1001");
	returns(t, 10, user_send(t, 10));
	expect(t, "PSH|ACK seq S ack R len 10 ecn 2");
	inject(t, "ACK|ECE seq R ack S");
}

/* Without SACK duplicate ACKs tell of a loss. */
static void is_lost(struct conv *t)
{
	starts_anew(t, 0);
	established(t);
	returns(t, 4380, user_send(t, 4380));
	pass_over(t);
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U");
}

static void is_lost_with_the_next(struct conv *t)
{
	is_lost(t);
	pass_over(t);
	inject(t, "ACK seq R ack U+1460");
}

static void with_sack(struct conv *t)
{
	starts_anew(t, XTCP_OPT_SACK_PERMITTED);
	established_over(t, XTCP_OPT_SACK_PERMITTED, 2000);
	in_flight(t, 5, 0);
	time_passes(t, 2000);
}

static void is_told_of_duplicate(struct conv *t)
{
	with_sack(t);
	inject(t, "ACK seq R ack U sack U-10..U-5");
}

static void is_probed_for(struct conv *t)
{
	with_sack(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
}

static void is_repaired_by_probe(struct conv *t)
{
	is_probed_for(t);
	pass_over(t);
	inject(t, "ACK seq R ack S");
	in_flight(t, 1, 0);
	inject(t, "ACK seq R ack S");
}

static void is_undone(struct conv *t)
{
	with_sack(t);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	pass_over(t);
	inject(t, "ACK seq R ack U+4m");
	pass_over(t);
	inject(t, "ACK seq R ack U sack U-4m..U-3m");
}

static void is_given_up(struct conv *t)
{
	with_sack(t);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	pass_over(t);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	fire(t, XTCP_TIMER_RETRANSMIT);
}

static void meets_closed_window(struct conv *t)
{
	inject(t, "ACK seq R ack S win 0");
	returns(t, 10, user_send(t, 10));
	fire(t, XTCP_TIMER_RETRANSMIT);
}

static void is_kept_alive(struct conv *t)
{
	returns(t, 0, user_option(t, SOL_SOCKET, SO_KEEPALIVE, 1));
	returns(t, 0, user_option(t, SOL_TCP, TCP_KEEPIDLE, 10));
	time_passes(t, 10001);
	fire(t, XTCP_TIMER_KEEPALIVE);
}

static void is_not_read(struct conv *t)
{
	inject(t, "PSH|ACK seq R ack S len 10");
	pass_over(t);
	user_close(t);
}

static void has_too_many_orphans(struct conv *t)
{
	t->xn->sysctl.max_orphans = 0;
	user_close(t);
}

static void finds_no_way_out(struct conv *t)
{
	nic_up(t->nic, false);
	returns(t, 10, user_send(t, 10));
	nic_up(t->nic, true);
}

static void is_unreachable(struct conv *t)
{
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, t->iss);
}

static void was_never_sent(struct conv *t)
{
	icmp(t, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, t->iss - 1);
}

/* ---- counters ---- */

#define ONE(id, ...) \
	[XTCP_MIB_##id] = { __VA_ARGS__ }

static const struct story counters[XTCP_MIB_MAX] = {
	ONE(SEGS_IN,		IN_ESTABLISHED,	"ACK seq R ack S"),
	ONE(SEGS_OUT,		IN_ESTABLISHED,	"ACK seq R-1 ack S"),
	ONE(RST_OUT,		IN_CLOSED,	"SYN seq 1000 mss 1460"),
	ONE(RETRANS,		IN_SYN_SENT,	.tell = times_out),
	ONE(ACTIVE_OPENS,	IN_CLOSED,	.tell = connects),
	ONE(PASSIVE_OPENS,	IN_REQUEST,	"ACK seq R ack S"),
	ONE(ATTEMPT_FAILS,	IN_SYN_SENT,	"RST|ACK seq R ack S"),
	ONE(ESTAB_RESETS,	IN_ESTABLISHED,	"RST seq R"),
	ONE(CURR_ESTAB,		IN_REQUEST,	"ACK seq R ack S"),
	ONE(REQUESTS,		IN_LISTEN,	"SYN seq 1000 mss 1460"),
	ONE(COOKIES_SENT,	IN_LISTEN,	.tell = is_remembered_by_itself),
	ONE(COOKIES_RECEIVED,	IN_LISTEN,	.tell = comes_back),
	ONE(COOKIES_FAILED,	IN_LISTEN,	.tell = comes_back_wrong),
	ONE(TIME_WAITS,		IN_FIN_WAIT_2,	"FIN|ACK seq R ack S"),
	ONE(TW_REUSED,		IN_LISTEN,	.tell = comes_again),
	ONE(IN_ERRS,		IN_ESTABLISHED,	.tell = has_bad_offset),
	ONE(IN_CSUM_ERRS,	IN_ESTABLISHED,	.tell = is_damaged),
	ONE(NO_PORT,		IN_CLOSED,	"ACK seq R ack S"),
	ONE(LISTEN_OVERFLOWS,	IN_LISTEN,	.tell = meets_full_listener),
	ONE(LISTEN_DROPS,	IN_LISTEN,	"RST seq R"),
	ONE(FILTERED,		IN_ESTABLISHED,	.tell = is_filtered),
	ONE(BACKLOG_DROPS,	IN_ESTABLISHED,	.tell = fills_backlog),
	ONE(OUT_OF_WINDOW,	IN_ESTABLISHED,	"ACK seq R+100000 ack S"),
	ONE(PAWS,		IN_ESTABLISHED,	"ACK seq R ack S ts 6999",
	    .options = XTCP_OPT_TIMESTAMPS),
	ONE(NO_TIMESTAMP,	IN_ESTABLISHED,	"ACK seq R ack S plain",
	    .options = XTCP_OPT_TIMESTAMPS),
	ONE(DSACKS_OUT,		IN_ESTABLISHED,	"ACK seq R-5 ack S len 5",
	    .options = XTCP_OPT_SACK_PERMITTED),
	ONE(CHALLENGE_ACKS,	IN_ESTABLISHED,	"RST seq R+1"),
	ONE(CHALLENGES_LIMITED,	IN_ESTABLISHED,	.tell = is_challenged_twice),
	ONE(OLD_ACKS,		IN_ESTABLISHED,	"ACK seq R ack U-70000"),
	ONE(RCV_PRUNED,		IN_ESTABLISHED,	.tell = finds_no_room),
	ONE(OFO_QUEUED,		IN_ESTABLISHED,	"ACK seq R+10 ack S len 10"),
	ONE(OFO_DROPPED,	IN_ESTABLISHED,	.tell = gives_way),
	ONE(DUPLICATES,		IN_ESTABLISHED,	"ACK seq R-5 ack S len 5"),
	ONE(DATA_AFTER_CLOSE,	IN_FIN_WAIT_2,	.tell = comes_after_close),
	ONE(DELAYED_ACKS,	IN_ESTABLISHED,	.tell = is_acknowledged_late),
	ONE(DUP_ACKS,		IN_ESTABLISHED,	.tell = is_acknowledged_again),
	ONE(FAST_RETRANS,	IN_CLOSED,	.tell = is_lost),
	ONE(PARTIAL_ACKS,	IN_CLOSED,	.tell = is_lost_with_the_next),
	ONE(DSACKS_IN,		IN_CLOSED,	.tell = is_told_of_duplicate),
	ONE(LOSS_PROBES,	IN_CLOSED,	.tell = is_probed_for),
	ONE(PROBES_REPAIRED,	IN_CLOSED,	.tell = is_repaired_by_probe),
	ONE(UNDOS,		IN_CLOSED,	.tell = is_undone),
	ONE(ECN_REDUCTIONS,	IN_CLOSED,	.tell = is_marked),
	ONE(RENEGED,		IN_CLOSED,	.tell = is_given_up),
	ONE(TIMEOUTS,		IN_SYN_SENT,	.tell = times_out),
	ONE(PROBES,		IN_ESTABLISHED,	.tell = meets_closed_window),
	ONE(KEEPALIVES,		IN_ESTABLISHED,	.tell = is_kept_alive),
	ONE(ABORT_TIMEOUT,	IN_SYN_SENT,	.tell = times_out_at_last),
	ONE(ABORT_LINGER,	IN_ESTABLISHED,	.tell = user_abort),
	ONE(ABORT_CLOSE,	IN_ESTABLISHED,	.tell = is_not_read),
	ONE(ABORT_MEMORY,	IN_ESTABLISHED,	.tell = has_too_many_orphans),
	ONE(SEND_FAILS,		IN_ESTABLISHED,	.tell = finds_no_way_out),
	ONE(ICMP_ERRORS,	IN_SYN_SENT,	.tell = is_unreachable),
	ONE(ICMP_IGNORED,	IN_SYN_SENT,	.tell = was_never_sent),
};

/* KUnit asks for them in turn. */
static const void *next_story(const struct story *of, const char *const *names,
			      int n, const void *prev, char *desc)
{
	const struct story *story = prev ? (const struct story *)prev + 1 : of;

	if (story == of + n)
		return NULL;
	strscpy(desc, names[story - of], KUNIT_PARAM_DESC_SIZE);
	return story;
}

static const void *counter_gen_params(const void *prev, char *desc)
{
	return next_story(counters, counter_names, XTCP_MIB_MAX, prev, desc);
}

static void counts(struct kunit *test)
{
	const struct story *story = test->param_value;
	struct conv *t = conv_of(test);
	int id = story - counters;
	long before;

	KUNIT_ASSERT_TRUE_MSG(test, story->tell || story->segment,
			      "nothing makes %s count", counter_names[id]);
	begin(t, story);
	before = conv_count(t, id);
	tell(t, story);
	KUNIT_EXPECT_EQ(test, 1, conv_count(t, id) - before);
	pass_over(t);
}

/* ---- drops ---- */

#undef ONE
#define ONE(id, ...) \
	[XTCP_DROP_##id] = { __VA_ARGS__ }

static const struct story drops[XTCP_DROP_MAX] = {
	ONE(BAD_HEADER,		IN_ESTABLISHED,	.tell = has_bad_offset),
	ONE(BAD_CHECKSUM,	IN_ESTABLISHED,	.tell = is_damaged),
	ONE(NO_PORT,		IN_CLOSED,	"ACK seq R ack S"),
	ONE(FILTERED,		IN_ESTABLISHED,	.tell = is_filtered),
	ONE(BACKLOG,		IN_ESTABLISHED,	.tell = fills_backlog),
	ONE(OUT_OF_WINDOW,	IN_ESTABLISHED,	"ACK seq R+100000 ack S"),
	ONE(PAWS,		IN_ESTABLISHED,	"ACK seq R ack S ts 6999",
	    .options = XTCP_OPT_TIMESTAMPS),
	ONE(NO_TIMESTAMP,	IN_ESTABLISHED,	"ACK seq R ack S plain",
	    .options = XTCP_OPT_TIMESTAMPS),
	ONE(OLD_ACK,		IN_ESTABLISHED,	"ACK seq R ack U-70000"),
	ONE(BAD_ACK,		IN_ESTABLISHED,	"ACK seq R ack S+1"),
	ONE(NO_ACK,		IN_ESTABLISHED,	"FIN seq R"),
	ONE(BAD_RST,		IN_ESTABLISHED,	"RST seq R+1"),
	ONE(BAD_SYN,		IN_ESTABLISHED,	"SYN seq R+1"),
	ONE(LISTENER,		IN_LISTEN,	"RST seq R"),
	ONE(LISTENER_FULL,	IN_LISTEN,	.tell = meets_full_listener),
	ONE(MEMORY,		IN_ESTABLISHED,	.tell = finds_no_room),
	ONE(DUPLICATE,		IN_ESTABLISHED,	"ACK seq R-5 ack S len 5"),
	ONE(CLOSED,		IN_FIN_WAIT_2,	.tell = comes_after_close),
};

static const struct {
	const char	*name;
	int		counter;
} reasons[XTCP_DROP_MAX] = {
#define REASON(id, counter, text) \
	[XTCP_DROP_##id] = { text, XTCP_MIB_##counter },
	XTCP_DROPS(REASON)
#undef REASON
};

static const void *drop_gen_params(const void *prev, char *desc)
{
	/* the first three are no drops */
	enum { FIRST = XTCP_DROP_DONE + 1, N = XTCP_DROP_MAX - FIRST };
	const char *names[N];

	for (int i = 0; i < N; i++)
		names[i] = reasons[FIRST + i].name;
	return next_story(drops + FIRST, names, N, prev, desc);
}

static unsigned int dropped[XTCP_DROP_MAX];

static void on_drop(void *data, const struct xtcp_net *xn, const struct xtcp_tuple *t,
		    const struct xtcp_segment *seg, u32 len, u8 reason)
{
	dropped[reason]++;
}

static void drops_for(struct kunit *test)
{
	const struct story *story = test->param_value;
	struct conv *t = conv_of(test);
	int reason = story - drops;
	const char *name = reasons[reason].name;
	long before;

	KUNIT_ASSERT_TRUE_MSG(test, story->tell || story->segment,
			      "nothing is dropped for \"%s\"", name);
	begin(t, story);
	memset(dropped, 0, sizeof(dropped));
	before = conv_count(t, reasons[reason].counter);
	tell(t, story);
	for (int i = XTCP_DROP_DONE + 1; i < XTCP_DROP_MAX; i++)
		KUNIT_EXPECT_EQ_MSG(test, i == reason, dropped[i],
				    "drops for \"%s\"", reasons[i].name);
	KUNIT_EXPECT_EQ(test, 1, conv_count(t, reasons[reason].counter) - before);
	pass_over(t);
}

/* A filter sees the IP header as it was on the wire: the protocol, too. */
static void filter_reads_protocol(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 at = t->ip6 ? offsetof(struct ipv6hdr, nexthdr) : offsetof(struct iphdr, protocol);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, t->tuple.wire, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, U32_MAX),
	};

	bring_to(t, IN_ESTABLISHED);
	CONV_STEP(filtered_by(t, code, ARRAY_SIZE(code), "PSH|ACK seq R ack S len 10"));
	counted(t, FILTERED, 0);
	expect(t, "ACK seq S ack R+10");
}

/* A filter may also cut: the FIN goes, and what is left is acknowledged. */
static void filter_cuts(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, 0);	/* it counts bytes */
	bring_to(t, IN_ESTABLISHED);
	memset(dropped, 0, sizeof(dropped));
	CONV_STEP(filtered(t, XTCP_HEADER_BYTES + 5,
			   "FIN|PSH|ACK seq R ack S len 10"));
	expect(t, "ACK seq S ack R+5");
	state_is(t, TCP_ESTABLISHED);
	returns(t, 5, user_recv(t, 100));
	KUNIT_EXPECT_EQ(test, 0, dropped[XTCP_DROP_FILTERED]);
}

/* What a trace record keeps of an address has no byte of what was there before. */
static void traced_address(struct kunit *test)
{
	u8 record[XTCP_TRACE_ADDR_BYTES], want[XTCP_TRACE_ADDR_BYTES] = { };
	struct sockaddr_in *sin = (struct sockaddr_in *)want;
	struct in6_addr a;

	xtcp_addr_from_v4(&a, htonl(0xc0000201));
	sin->sin_family = AF_INET;
	sin->sin_port = htons(5000);
	sin->sin_addr.s_addr = htonl(0xc0000201);
	memset(record, 0xaa, sizeof(record));
	xtcp_trace_addr(record, &a, 5000);
	KUNIT_EXPECT_EQ(test, 0, memcmp(record, want, sizeof(want)));
}

static struct kunit_case counters_cases[] = {
	KUNIT_CASE(traced_address),
	KUNIT_CASE_PARAM(counts, counter_gen_params),
	KUNIT_CASE_PARAM(drops_for, drop_gen_params),
	KUNIT_CASE(filter_reads_protocol),
	KUNIT_CASE(filter_cuts),
	{}
};

static int watch_drops(struct kunit_suite *suite)
{
	return register_trace_xtcp_drop(on_drop, NULL);
}

static void watch_no_more(struct kunit_suite *suite)
{
	unregister_trace_xtcp_drop(on_drop, NULL);
	tracepoint_synchronize_unregister();
	conv_suite_exit(suite);
}

struct kunit_suite counters_suite = {
	.name = "wire_counters",
	.suite_init = watch_drops,
	.suite_exit = watch_no_more,
	.init = conv_init,
	.exit = conv_exit,
	.test_cases = counters_cases,
};
