// SPDX-License-Identifier: GPL-2.0
/*
 * Conversations about timestamps: RFC 7323; TIME_WAIT and timestamps, RFC 6191.
 */
#include "conv.h"
#include "suites.h"

#define TS	XTCP_OPT_TIMESTAMPS
#define ALL	CONV_ALL_OPTIONS

#define DAYS_MS(n)	((n) * 24 * 3600 * 1000u)

/* ---- timestamps: RFC 7323, 3 and 4 ---- */

/* 4.3, (1): what is echoed is the timestamp of the first segment that an ACK takes in. */
static void echo_of_the_first(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack S len 10 ts 7010 ecr T");
	inject(t, "ACK seq R ack S len 10 ts 7020 ecr T");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R ecr 7010");
	inject(t, "ACK seq R ack S len 10 ts 7030 ecr T");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R ecr 7030");
}

/* 4.3, (2) and (3): what came out of turn is not echoed; what fills the gap is. */
static void echo_around_a_gap(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+10 ack S len 10 ts 7020 ecr T");
	expect(t, "ACK seq S ack R ecr 7000 sack R+10..R+20");
	inject(t, "ACK seq R+20 ack S len 10 ts 7030 ecr T");
	expect(t, "ACK seq S ack R ecr 7000 sack R+10..R+30");
	inject(t, "ACK seq R ack S len 10 ts 7040 ecr T");
	expect(t, "ACK seq S ack R+30 ecr 7040");
}

/* 5.3, R3: less than TS.Recent never replaces it; an equal one does. */
static void equal_and_wrapped(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->tsval = U32_MAX - 1;
	established(t);
	inject(t, "ACK seq R ack S len 10 ts %u ecr T", U32_MAX - 1);
	expect(t, "ACK seq S ack R+10 ecr %u", U32_MAX - 1);
	inject(t, "ACK seq R ack S len 10 ts 5 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 5");
	inject(t, "ACK seq R ack S len 10 ts %u ecr T", U32_MAX);
	expect(t, "ACK seq S ack R ecr 5");
	counted(t, PAWS, 1);
}

/* As Linux: a SYN with a timestamp of 0 says nothing of the clock. */
static void syn_with_timestamp_0(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 0 ecr T");
	expect(t, "ACK seq 101 ack 1001 ecr 0");
	inject(t, "ACK seq R ack S len 10 ts 3000000000 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 3000000000");
	counted(t, PAWS, 0);
}

/* What our SYN has said may be echoed, and nothing else: as Linux. */
static void impossible_echoes(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 first;

	bring_to(t, IN_SYN_SENT);
	first = t->tsval_seen;
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr %u", first - 1000);
	expect(t, "RST seq 101");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr %u",
	       first + 3600 * 1000);
	expect(t, "RST seq 101");
	inject(t, "RST|ACK seq 1000 ack 101 ts 7000 ecr %u", first - 1000);
	state_is(t, TCP_SYN_SENT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100 mss 1460 sackok wscale 7 ecr 0");
	/* the first SYN's, though another was sent */
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr %u", first);
	expect(t, "ACK seq 101 ack 1001 ecr 7000");
	state_is(t, TCP_ESTABLISHED);
	counted(t, PAWS, 3);
}

static void echo_of_0_is_none(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 sackok wscale 7 ts 7000 ecr 0");
	expect(t, "ACK seq 101 ack 1001 ecr 7000");
}

/* 4.1: of two that went again, one after the other, the peer echoes the first, as it should
 * where it has delayed its ACK: that is how long the first was under way.
 */
static void echo_of_what_went_again(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before, again;
	s64 srtt;

	established_over(t, ALL, 2000);
	in_flight(t, 10, 0);
	before = t->tsval_seen;
	time_passes(t, 2000);
	inject(t, "ACK seq R ack U ecr %u sack U+2m..U+5m", before);
	expect(t, "ACK seq U ack R len m");
	again = t->tsval_seen;
	time_passes(t, 500);
	inject(t, "ACK seq R ack U ecr %u sack U+2m..U+7m", before);
	expect(t, "ACK seq U+m ack R len m");
	time_passes(t, 500);
	srtt = conv_value(t, CONV_SRTT);
	inject(t, "ACK seq R ack U+7m ecr %u", again);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_SRTT), srtt);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_SRTT), srtt * 7 / 8);
}

/* A SYN that was sent again, 3 s after the first, is answered 300 ms later. */
static void syn_answered(struct conv *t, bool late)
{
	u32 before;

	bring_to(t, IN_SYN_SENT);
	before = t->tsval_seen;
	time_passes(t, 3000);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100");
	time_passes(t, 300);
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 ts 7000 ecr %u",
	       late ? before : t->tsval_seen);
	expect(t, "ACK seq 101 ack 1001");
	state_is(t, TCP_ESTABLISHED);
}

/* 4.1: what the last SYN said comes back, so the round trip is known, and RFC 6298, 5.7, has
 * no reason for its 3 s: whoever has had to try again, as with a full accept queue, must not
 * wait for so long if the first data is refused as well.  A window of one segment: RFC 5681, 3.1.
 */
static void syn_again_measured(struct kunit *test)
{
	struct conv *t = conv_of(test);
	s64 srtt;

	syn_answered(t, false);
	srtt = conv_value(t, CONV_SRTT);
	KUNIT_EXPECT_GE(test, srtt, 300000);
	KUNIT_EXPECT_LT(test, srtt, 3000000);
	KUNIT_EXPECT_NE(test, conv_value(t, CONV_RTO), 3000000);
	backoff_is(t, 0);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_CWND), 2 * 1460);
}

/* The first SYN's answer is late, or another was lost before: that is no round trip. */
static void syn_again_in_vain(struct kunit *test)
{
	struct conv *t = conv_of(test);

	syn_answered(t, true);
	srtt_is(t, 0);
	rto_is(t, 3000000);
}

/* The peer has timestamps, but none of ours comes back. */
static void syn_again_without_echo(struct kunit *test)
{
	struct conv *t = conv_of(test);

	bring_to(t, IN_SYN_SENT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "SYN seq 100");
	inject(t, "SYN|ACK seq 1000 ack 101 mss 1460 ts 7000 ecr 0");
	expect(t, "ACK seq 101 ack 1001");
	srtt_is(t, 0);
	rto_is(t, 3000000);
}

/* Two hosts' connections have one clock, so that a later connection's is later; whoever is
 * not told it cannot know how long the machine runs.
 */
static void offset_of_a_pair(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 first, plain;

	bring_to(t, IN_SYN_SENT);
	first = t->tsval_seen;
	user_close(t);
	t->tuple.lport++;
	bring_to(t, IN_SYN_SENT);
	KUNIT_EXPECT_LT(test, t->tsval_seen - first, 10 * 1000);
	user_close(t);
	t->xn->sysctl.timestamps = 2;
	bring_to(t, IN_SYN_SENT);
	plain = (u32)div_u64(ktime_get_ns(), NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, plain - t->tsval_seen, 10 * 1000);
	KUNIT_EXPECT_GT(test, first - t->tsval_seen + 10 * 1000, 20 * 1000);
	user_close(t);
}

/* ---- PAWS: RFC 7323, 5 ---- */

static void place_desc(const enum place *place, char *desc)
{
	strscpy(desc, place_names[*place], KUNIT_PARAM_DESC_SIZE);
}

static const enum place synchronized[] = {
	IN_REQUEST, IN_SIMULTANEOUS, IN_ESTABLISHED, IN_FIN_WAIT_1, IN_FIN_WAIT_2,
	IN_CLOSE_WAIT, IN_CLOSING, IN_LAST_ACK, IN_TIME_WAIT,
};

KUNIT_ARRAY_PARAM(place, synchronized, place_desc);

/* 5.3, R1: it is answered with an ACK, and dropped; TS.Recent stays. */
static void paws(struct kunit *test)
{
	static const char *const segments[] = {
		"ACK seq R ack S", "PSH|ACK seq R ack S len 10", "FIN|ACK seq R ack S",
		"FIN|ACK seq R-1 ack S", "ACK seq R ack S+1", "FIN seq R",
		"SYN|ACK seq R ack S", "URG|ACK seq R ack S len 3 urg 2",
	};
	enum place place = *(const enum place *)test->param_value;
	struct conv *t = conv_of(test);

	bring_to(t, place);
	for (int i = 0; i < ARRAY_SIZE(segments); i++) {
		/* of a SYN in TIME_WAIT other rules decide */
		bool syn = i == 6 && place == IN_TIME_WAIT;
		long before = conv_count(t, XTCP_MIB_PAWS);
		struct xtcp_segment seg;

		inject(t, "%s ts 6999 ecr T", segments[i]);
		seg = next_segment(t);
		KUNIT_EXPECT_EQ(test, XTCP_ACK, seg.flags & (XTCP_ACK | XTCP_SYN | XTCP_RST));
		KUNIT_EXPECT_EQ(test, t->rcv_nxt, seg.ack);
		KUNIT_EXPECT_EQ(test, 7000, seg.opt.tsecr);
		KUNIT_EXPECT_EQ(test, !syn, conv_count(t, XTCP_MIB_PAWS) - before);
		state_is(t, place_states[place]);
	}
	silence(t);
	if (place == IN_REQUEST)
		counted(t, PASSIVE_OPENS, 0);
}

/* 3.2: what has no timestamp is dropped, and not answered. */
static void without_a_timestamp(struct kunit *test)
{
	static const char *const segments[] = {
		"ACK seq R ack S", "PSH|ACK seq R ack S len 10", "FIN|ACK seq R ack S",
		"ACK seq R+10 ack S len 10", "ACK seq R+100000 ack S", "ACK seq R ack S+1",
	};
	enum place place = *(const enum place *)test->param_value;
	struct conv *t = conv_of(test);

	bring_to(t, place);
	for (int i = 0; i < ARRAY_SIZE(segments); i++) {
		inject(t, "%s plain", segments[i]);
		silence(t);
		state_is(t, place_states[place]);
	}
	counted(t, NO_TIMESTAMP, ARRAY_SIZE(segments));
	if (place == IN_REQUEST)
		counted(t, PASSIVE_OPENS, 0);
}

/* 5.2: a RST counts, whatever its timestamp says, and if it has none. */
static void reset_whatever_the_timestamp(struct kunit *test)
{
	static const char *const timestamps[] = { "ts 6999 ecr T", "plain", "ts 7000 ecr T" };
	enum place place = *(const enum place *)test->param_value;
	struct conv *t = conv_of(test);

	for (int i = 0; i < ARRAY_SIZE(timestamps); i++) {
		bring_to(t, place);
		inject(t, "RST seq R+5 %s", timestamps[i]);
		expect(t, "ACK ack R");		/* RFC 5961, 3.2 */
		inject(t, "RST seq R %s", timestamps[i]);
		state_is(t, place == IN_REQUEST ? TCP_LISTEN : TCP_CLOSE);
		if (t->sock && t->sock != t->listener)
			user_close(t);
		if (t->listener)
			user_close_socket(t, t->listener);
		t->sock = NULL;
	}
}

/* 5.3: what PAWS rejects does not move TS.Recent, nor does what lies outside the window. */
static void rejected_moves_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R+10000000 ack S len 10 ts 9000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000");
	inject(t, "ACK seq R-10 ack S len 10 ts 9000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000 sack R-10..R");
	inject(t, "ACK seq R ack S+1 ts 9000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000");
	inject(t, "SYN seq R ts 9000 ecr 0");
	expect(t, "ACK seq S ack R ecr 7000");
	inject(t, "ACK seq R ack S len 10 ts 7001 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 7001");
}

/* 5.3, and RFC 2883, 4.3: a duplicate from long ago, and its D-SACK. */
static void old_duplicate(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	inject(t, "ACK seq R ack S len 100 ts 7050 ecr T");
	expect(t, "ACK seq S ack R+100 ecr 7050");
	inject(t, "ACK seq R-100 ack S len 50 ts 7001 ecr T");
	expect(t, "ACK seq S ack R ecr 7050 sack R-100..R-50");
	counted(t, PAWS, 1);
	counted(t, DSACKS_OUT, 1);
	/* new data under an old timestamp is no duplicate, and not taken */
	inject(t, "ACK seq R ack S len 50 ts 7001 ecr T");
	expect(t, "ACK seq S ack R ecr 7050");
	counted(t, PAWS, 2);
}

/* An ACK that another has overtaken is heard, as far as it changes nothing else. */
static void overtaken_ack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, ALL, 2000);
	in_flight(t, 5, 0);
	time_passes(t, 2000);
	set_quick_acks(t, 0);
	inject(t, "ACK seq R ack U sack U+m..U+2m ts 7020 ecr T");
	inject(t, "ACK seq R ack U sack U+m..U+3m ts 7019 ecr T");
	sacked_is(t, 2 * (MSS - XTCP_TIMESTAMPS_BYTES));
	counted(t, PAWS, 0);
	/* TS.Recent stays */
	inject(t, "ACK seq R ack U len 10 ts 7020 ecr T");
	fire(t, XTCP_TIMER_DELACK);
	expect(t, "ACK seq S ack R ecr 7020");
	/* but not where it has another window, or text, or lies behind or before */
	inject(t, "ACK seq R ack U win 100 ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	inject(t, "ACK seq R ack U len 10 ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	inject(t, "ACK seq R-10 ack U ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	inject(t, "ACK seq R ack U+m ts 7019 ecr T");
	expect(t, "ACK seq S ack R ecr 7020");
	/* nor if it is from long ago */
	inject(t, "ACK seq R ack U sack U+m..U+4m ts %u ecr T", 7020 - 60000);
	expect(t, "ACK seq S ack R ecr 7020");
	counted(t, PAWS, 5);
	acked_is(t, 101);
	sacked_is(t, 2 * (MSS - XTCP_TIMESTAMPS_BYTES));
}

/* 5.5: after 24 days without a segment TS.Recent means nothing. */
static void idle_for_24_days(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established(t);
	time_passes(t, DAYS_MS(24) - 20 * 60 * 1000);
	inject(t, "ACK seq R ack S len 10 ts 6000 ecr T");
	expect(t, "ACK seq S ack R ecr 7000");
	counted(t, PAWS, 1);
	time_passes(t, 20 * 60 * 1000);
	inject(t, "ACK seq R ack S len 10 ts 6000 ecr T");
	expect(t, "ACK seq S ack R+10 ecr 6000");
	inject(t, "ACK seq R ack S len 10 ts 5999 ecr T");
	expect(t, "ACK seq S ack R ecr 6000");
	counted(t, PAWS, 2);
}

/* ---- TIME_WAIT: RFC 6191 ---- */

/* Section 2: of the new SYN, what makes it new.  RFC 9293: SHLD-4. */
static const struct reuse {
	const char	*name;
	u8		old;		/* options of the old connection */
	const char	*syn;
	bool		reused;
} reuses[] = {
	{ "later timestamp, lower seq", TS, "seq R-1000 ts 7001 ecr 0", true },
	{ "later timestamp, higher seq", TS, "seq R+1000 ts 7001 ecr 0", true },
	{ "same timestamp, higher seq", TS, "seq R+1000 ts 7000 ecr 0", true },
	{ "same timestamp, lower seq", TS, "seq R-1000 ts 7000 ecr 0", false },
	{ "same timestamp, same seq", TS, "seq R ts 7000 ecr 0", false },
	{ "earlier timestamp, higher seq", TS, "seq R+1000 ts 6999 ecr 0", false },
	{ "earlier timestamp, lower seq", TS, "seq R-1000 ts 6999 ecr 0", false },
	{ "no timestamp, higher seq", TS, "seq R+1000 plain", true },
	{ "no timestamp, lower seq", TS, "seq R-1000 plain", false },
	{ "timestamp now, lower seq", 0, "seq R-1000 ts 1 ecr 0", true },
	{ "none before or now, higher seq", 0, "seq R+1000 plain", true },
	{ "none before or now, lower seq", 0, "seq R-1000 plain", false },
};

static void reuse_desc(const struct reuse *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reuse, reuses, reuse_desc);

static void time_wait_beside_listener(struct conv *t)
{
	established_passive(t);
	user_close(t);
	expect(t, "FIN|ACK seq S ack R");
	inject(t, "ACK seq R ack S");
	inject(t, "FIN|ACK seq R ack S");
	expect(t, "ACK seq S ack R+1");
	state_is(t, TCP_TIME_WAIT);
	conv_look(t);
}

static void new_incarnation(struct kunit *test)
{
	const struct reuse *r = test->param_value;
	struct conv *t = conv_of(test);
	struct xtcp_segment seg;

	with_options(t, r->old);
	time_wait_beside_listener(t);
	with_options(t, TS);
	inject(t, "SYN %s mss 1460", r->syn);
	seg = next_segment(t);
	KUNIT_EXPECT_EQ(test, r->reused ? XTCP_SYN | XTCP_ACK : XTCP_ACK, seg.flags);
	state_is(t, r->reused ? TCP_SYN_RECV : TCP_TIME_WAIT);
	counted(t, TW_REUSED, r->reused);
	if (r->reused)		/* beyond all that the old one sent */
		KUNIT_EXPECT_EQ(test, t->snd_nxt + 65537, seg.seq);
}

/* The new connection would have no timestamps: the sequence number decides. */
static void new_incarnation_without(struct kunit *test)
{
	struct conv *t = conv_of(test);

	with_options(t, TS);
	time_wait_beside_listener(t);
	with_options(t, 0);
	inject(t, "SYN seq R-1000 ts 7001 ecr 0 mss 1460");
	expect(t, "ACK seq S ack R ecr 7000");
	state_is(t, TCP_TIME_WAIT);
	inject(t, "SYN seq R+1000 ts 6999 ecr 0 mss 1460");
	expect(t, "SYN|ACK seq S+65537 ack R+1001");
}

/* connect() to where a connection is in TIME_WAIT: net.xtcp.tw_reuse. */
static const struct follow {
	const char	*name;
	u8		reuse;
	u8		old;
	u8		now;
	u32		age_s;
	bool		bound;
	bool		may;
} follows[] = {
	{ "1: with timestamps, after a second", 1, TS, TS, 1, false, true },
	{ "1: all options, after a minute", 1, ALL, ALL, 60, false, true },
	{ "1: within the second", 1, TS, TS, 0, false, false },
	{ "1: there were no timestamps", 1, 0, TS, 60, false, false },
	{ "1: there will be no timestamps", 1, TS, 0, 60, false, false },
	{ "2: not on the loopback device", 2, TS, TS, 60, false, false },
	{ "0", 0, TS, TS, 60, false, false },
	{ "0: a bound port", 0, TS, TS, 60, true, true },
	{ "0: a bound port, within the second", 0, ALL, ALL, 0, true, true },
	{ "1: a bound port, there were none", 1, 0, TS, 60, true, false },
	{ "1: a bound port, there will be none", 1, TS, 0, 60, true, false },
};

static void follow_desc(const struct follow *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(follow, follows, follow_desc);

/* A socket that is bound to the port, or has no other to choose. */
static void new_socket(struct conv *t, bool bound)
{
	t->sock = user_socket(t);
	returns(t, 0, user_option(t, SOL_SOCKET, SO_REUSEADDR, 1));
	if (bound)
		returns(t, 0, user_bind(t, t->sock, HERE_ADDR, t->tuple.lport));
	else
		returns(t, 0, user_option(t, SOL_IP, IP_LOCAL_PORT_RANGE,
					  t->tuple.lport << 16 | t->tuple.lport));
}

static void connect_follows(struct kunit *test)
{
	const struct follow *f = test->param_value;
	struct conv *t = conv_of(test);

	t->tuple.lport = 40000;		/* among those that connect() may choose */
	t->xn->sysctl.tw_reuse = f->reuse;
	new_socket(t, f->bound);
	with_options(t, f->old);
	bring_to(t, IN_TIME_WAIT);
	user_close(t);
	/* -1: in this second, and by no means in the one before */
	time_wait_passes(t, f->age_s ?: -1);
	with_options(t, f->now);
	new_socket(t, f->bound);
	if (!f->may) {
		returns(t, -EADDRNOTAVAIL, user_connect(t));
		state_is(t, TCP_TIME_WAIT);
		return;
	}
	returns(t, -EINPROGRESS, user_connect(t));
	expect(t, "SYN seq S+65537 mss 1460");
	state_is(t, TCP_SYN_SENT);
	counted(t, TW_REUSED, 1);
	inject(t, "SYN|ACK seq 5000 ack S mss 1460 ts 7000 ecr T");
	expect(t, "ACK seq S ack 5001 ecr 7000");
	state_is(t, TCP_ESTABLISHED);
}

static struct kunit_case wire_timestamps_cases[] = {
	KUNIT_CASE(echo_of_the_first),
	KUNIT_CASE(echo_around_a_gap),
	KUNIT_CASE(equal_and_wrapped),
	KUNIT_CASE(syn_with_timestamp_0),
	KUNIT_CASE(impossible_echoes),
	KUNIT_CASE(echo_of_0_is_none),
	KUNIT_CASE(echo_of_what_went_again),
	KUNIT_CASE(syn_again_measured),
	KUNIT_CASE(syn_again_in_vain),
	KUNIT_CASE(syn_again_without_echo),
	KUNIT_CASE(offset_of_a_pair),
	KUNIT_CASE_PARAM(paws, place_gen_params),
	KUNIT_CASE_PARAM(without_a_timestamp, place_gen_params),
	KUNIT_CASE_PARAM(reset_whatever_the_timestamp, place_gen_params),
	KUNIT_CASE(rejected_moves_nothing),
	KUNIT_CASE(old_duplicate),
	KUNIT_CASE(overtaken_ack),
	KUNIT_CASE(idle_for_24_days),
	KUNIT_CASE_PARAM(new_incarnation, reuse_gen_params),
	KUNIT_CASE(new_incarnation_without),
	KUNIT_CASE_PARAM(connect_follows, follow_gen_params),
	{ }
};

struct kunit_suite wire_timestamps_suite = {
	.name = "wire_timestamps",
	.init = conv_init_with_options,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = wire_timestamps_cases,
};
