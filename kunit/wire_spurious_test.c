// SPDX-License-Identifier: GPL-2.0
/*
 * Mistakes: what was thought lost was not, and what it cost is given back.  F-RTO, RFC
 * 5682; by timestamps, RFC 3522 and RFC 4015; by D-SACKs, RFC 3708.  The first byte in
 * flight is 101.
 */
#include "conv.h"
#include "suites.h"

#define TS	XTCP_OPT_TIMESTAMPS
#define SACK	XTCP_OPT_SACK_PERMITTED
#define RTT_MS	2000

/* The four kinds of connections. */
static const struct kind {
	u8		options;
	const char	name[24];
} kinds[] = {
	{ 0, "plain" }, { TS, "timestamps" }, { SACK, "SACK" }, { TS | SACK, "both" },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static u32 seg(const struct conv *t)
{
	return conv_value((struct conv *)t, CONV_MSS);
}

static void sent(struct conv *t, u8 options, int segs, int more)
{
	established_over(t, options, RTT_MS);
	t->xn->sysctl.early_retrans = 0;	/* no loss probe before the timeout */
	in_flight(t, segs, more);
	time_passes(t, 3 * RTT_MS);
}

static void times_out(struct conv *t)
{
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, LOSS);
	cwnd_is(t, seg(t));
}

/* As before the timeout. */
static void was_a_mistake(struct conv *t, u32 segs)
{
	phase_is(t, OPEN);
	lost_is(t, 0);
	counted(t, UNDOS, 1);
	counted(t, TIMEOUTS, 1);
	counted(t, RETRANS, 1);
	KUNIT_EXPECT_GE(t->test, conv_value(t, CONV_CWND), segs * seg(t));
	ssthresh_is(t, 0x7fffffff);
}

static void was_none(struct conv *t)
{
	counted(t, UNDOS, 0);
	KUNIT_EXPECT_LT(t->test, conv_value(t, CONV_SSTHRESH), 0x7fffffff);
}

/* ---- F-RTO ---- */

/* The ACKs were late: two new segments go, and the next ACK shows it. */
static void frto_spurious(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);

	sent(t, kind->options & ~TS, 10, 20);
	times_out(t);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+10m ack R len m");
	expect(t, "PSH|ACK seq U+11m ack R len m");
	phase_is(t, LOSS);
	inject(t, "ACK seq R ack U+m");
	was_a_mistake(t, 10);
	pass_over(t);
	counted(t, RETRANS, 1);
}

/* The loss was real: duplicates answer the new segments, and the rest goes again. */
static void frto_real(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);
	bool sack = kind->options & SACK;

	sent(t, kind->options, 10, 20);
	times_out(t);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+10m ack R len m");
	expect(t, "PSH|ACK seq U+11m ack R len m");
	time_passes(t, RTT_MS + 100);
	inject(t, sack ? "ACK seq R ack U sack 101+10m..101+11m" : "ACK seq R ack U");
	phase_is(t, LOSS);
	if (sack)
		expect(t, "ACK seq U ack R len m");
	inject(t, sack ? "ACK seq R ack U sack 101+10m..101+12m" : "ACK seq R ack U");
	pass_over(t);
	was_none(t);
	inject(t, "ACK seq R ack 101+2m%s", sack ? " sack 101+10m..101+12m" : "");
	pass_over(t);
	phase_is(t, LOSS);
	was_none(t);
}

/* (2a): the first ACK acknowledges all: as ever.  But with SACK, what was sent only once
 * would have been SACKed if the first had been lost and not the ACKs: as Linux.
 */
static void frto_all_acked(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);

	sent(t, kind->options, 10, 20);
	times_out(t);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U+10m");
	pass_over(t);
	phase_is(t, OPEN);
	if (kind->options & SACK) {
		counted(t, UNDOS, 1);
		return;
	}
	was_none(t);
	/* slow start: one segment was out, and ten acknowledged */
	KUNIT_EXPECT_LE(test, conv_value(t, CONV_CWND), 11 * seg(t));
}

static void frto_duplicate_first(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 0, 10, 20);
	times_out(t);
	inject(t, "ACK seq R ack U");
	inject(t, "ACK seq R ack U+m");
	/* no new data: what is lost goes again */
	expect(t, "ACK seq U+m ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	was_none(t);
}

/* (2b): there is no new data to send: as ever. */
static void frto_nothing_new(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, 0, 10, 0);
	times_out(t);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+m ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	was_none(t);
}

/* The sysctl turns it off. */
static void frto_off(struct kunit *test)
{
	struct conv *t = conv_of(test);

	t->xn->sysctl.frto = 0;
	sent(t, SACK, 10, 20);
	times_out(t);
	inject(t, "ACK seq R ack U+m");
	expect(t, "ACK seq U+m ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	was_none(t);
}

/* SACKed by the first ACK, and never sent again: it was on its way. */
static void frto_by_sack(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 20);
	times_out(t);
	inject(t, "ACK seq R ack U sack U+m..U+2m");
	pass_over(t);
	counted(t, UNDOS, 1);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_CWND), 10 * seg(t));
	phase_is(t, OPEN);
}

/* ---- timestamps ---- */

/* The first ACK after a timeout echoes what was sent before it. */
static void eifel_timeout(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, kind->options | TS, 10, 20);
	before = t->tsval_seen;
	times_out(t);
	inject(t, "ACK seq R ack U+m ecr %u", before);
	was_a_mistake(t, 10);
	pass_over(t);
	counted(t, RETRANS, 1);
}

/* It echoes what was sent again: that was needed. */
static void eifel_real(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);

	sent(t, kind->options | TS, 10, 0);
	times_out(t);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	was_none(t);
	phase_is(t, LOSS);
}

static void three_duplicates(struct conv *t, bool sack, u32 ecr)
{
	for (int i = 2; i < 5; i++)
		if (sack)
			inject(t, "ACK seq R ack U ecr %u sack U+m..U+%dm", ecr, i);
		else
			inject(t, "ACK seq R ack U ecr %u", ecr);
}

/* A fast retransmit that was not needed. */
static void eifel_fast(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, kind->options | TS, 10, 0);
	before = t->tsval_seen;
	three_duplicates(t, kind->options & SACK, before);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack U+4m ecr %u", before);
	phase_is(t, OPEN);
	counted(t, UNDOS, 1);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_CWND), 10 * seg(t));
	ssthresh_is(t, 0x7fffffff);
	lost_is(t, 0);
	/* and the path reorders: the next three SACKs are no loss */
	reordered_is(t, !!(kind->options & SACK));
}

static void eifel_fast_real(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, kind->options | TS, 10, 0);
	before = t->tsval_seen;
	three_duplicates(t, kind->options & SACK, before);
	expect(t, "ACK seq U ack R len m");
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack U+4m");
	pass_over(t);
	was_none(t);
}

/* ---- D-SACKs ---- */

/* Both that were sent again had come: the second D-SACK tells. */
static void dsack_fast(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+2m..U+5m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U sack U+2m..U+7m");
	expect(t, "ACK seq U+m ack R len m");
	inject(t, "ACK seq R ack U+7m");
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack U sack 101..101+m");
	counted(t, UNDOS, 0);
	inject(t, "ACK seq R ack U sack 101+m..101+2m");
	counted(t, UNDOS, 1);
	phase_is(t, OPEN);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_CWND), 10 * seg(t));
	ssthresh_is(t, 0x7fffffff);
	reordering_mult_is(t, 2);
}

/* One of the two was lost. */
static void dsack_of_one(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+2m..U+5m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U sack U+2m..U+7m");
	expect(t, "ACK seq U+m ack R len m");
	inject(t, "ACK seq R ack U+7m");
	inject(t, "ACK seq R ack U sack 101..101+m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	was_none(t);
}

/* It comes when all is acknowledged, and nothing is in flight. */
static void dsack_at_the_end(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	cwnd_is(t, 5 * seg(t));
	inject(t, "ACK seq R ack S sack 101..101+m");
	counted(t, UNDOS, 1);
	cwnd_is(t, 10 * seg(t));
	not_armed(t, XTCP_TIMER_RETRANSMIT);
}

/* A D-SACK of what was not sent again, or of what nobody sent, undoes nothing. */
static void dsack_of_nothing(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U+5m");
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U sack 101..101+m");	/* of before it began */
	inject(t, "ACK seq R ack U sack U-m..U+200m");
	inject(t, "ACK seq R ack U sack U-200000..U-100000");
	was_none(t);
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack S");
	was_none(t);
}

/* Nor one of what went once, or of more than went again (RFC 2883, 4). */
static void dsack_of_more(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U sack U+m..U+2m U+m..U+4m");
	inject(t, "ACK seq R ack U sack U..U+m U+m..U+4m");
	counted(t, DSACKS_IN, 1);
	inject(t, "ACK seq R ack U+4m");
	inject(t, "ACK seq R ack U sack 101+m..101+2m");
	inject(t, "ACK seq R ack U sack 101..101+2m");
	inject(t, "ACK seq R ack U sack 101..101+4m");
	inject(t, "ACK seq R ack U sack 101+4m..101+5m 101+4m..101+6m");
	was_none(t);
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack U sack 101..101+m");
	counted(t, UNDOS, 1);
	phase_is(t, OPEN);
}

/* Nor one of what went once between two that went again. */
static void dsack_of_once(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+2m U+3m..U+7m");
	expect(t, "ACK seq U ack R len m");
	expect(t, "ACK seq U+2m ack R len m");
	inject(t, "ACK seq R ack U sack U+m..U+2m U+m..U+2m U+3m..U+7m");
	inject(t, "ACK seq R ack U+2m sack 101..101+m 101+3m..101+7m");
	counted(t, DSACKS_IN, 2);
	was_none(t);
	inject(t, "ACK seq R ack 101+7m sack 101+2m..101+3m");
	counted(t, UNDOS, 1);
}

/* One of more than is still to be answered neither counts, nor spoils those that do. */
static void dsack_of_both(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+2m..U+7m");
	expect(t, "ACK seq U ack R len m");
	expect(t, "ACK seq U+m ack R len m");
	inject(t, "ACK seq R ack U+7m");
	inject(t, "ACK seq R ack U sack 101..101+m");
	inject(t, "ACK seq R ack U sack 101..101+2m");
	was_none(t);
	inject(t, "ACK seq R ack U sack 101+m..101+2m");
	counted(t, UNDOS, 1);
}

/* The first of two comes late, and both had been thought lost: the second may be as late.
 * When that is over, it is lost.
 */
static void late_beside_late(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, SACK | TS, 10, 0);
	before = t->tsval_seen;
	inject(t, "ACK seq R ack U ecr %u sack U+2m..U+5m", before);
	expect(t, "ACK seq U ack R len m");
	lost_is(t, seg(t));
	inject(t, "ACK seq R ack U+m ecr %u sack 101+2m..101+5m", before);
	counted(t, UNDOS, 1);
	phase_is(t, OPEN);
	lost_is(t, 0);
	cwnd_is(t, 11 * seg(t));	/* slow start goes on */
	waits_for(t, REORDERING);
	time_passes(t, RTT_MS / 2);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	phase_is(t, RECOVERY);
	counted(t, FAST_RETRANS, 2);
}

/* Two went again.  The first of the one comes late; the other may have been lost. */
static void two_sent_again(struct conv *t, u32 *before)
{
	sent(t, SACK | TS, 10, 0);
	*before = t->tsval_seen;
	inject(t, "ACK seq R ack U ecr %u sack U+2m..U+7m", *before);
	expect(t, "ACK seq U ack R len m");
	expect(t, "ACK seq U+m ack R len m");
	inject(t, "ACK seq R ack U+m ecr %u sack 101+2m..101+7m", *before);
	silence(t);
	phase_is(t, RECOVERY);
	was_none(t);
	reordered_is(t, true);
	waits_for(t, REORDERING);
}

static void late_beside_lost(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	two_sent_again(t, &before);
	time_passes(t, RTT_MS + 100);
	inject(t, "ACK seq R ack S");
	phase_is(t, OPEN);
	was_none(t);
	cwnd_is(t, 5 * seg(t));
	ssthresh_is(t, 5 * seg(t));
}

/* Nor is a third one, which was only thought lost, any more. */
static void late_beside_waiting(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	sent(t, SACK | TS, 10, 0);
	before = t->tsval_seen;
	inject(t, "ACK seq R ack U ecr %u sack U+3m..U+7m", before);
	expect(t, "ACK seq U ack R len m");
	expect(t, "ACK seq U+m ack R len m");
	lost_is(t, seg(t));
	inject(t, "ACK seq R ack U+m ecr %u sack 101+3m..101+7m", before);
	silence(t);
	phase_is(t, RECOVERY);
	was_none(t);
	lost_is(t, 0);
}

static void both_late(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;

	two_sent_again(t, &before);
	inject(t, "ACK seq R ack 101+7m ecr %u", before);
	phase_is(t, OPEN);
	counted(t, UNDOS, 1);
	cwnd_is(t, 16 * seg(t));	/* slow start goes on */
	ssthresh_is(t, 0x7fffffff);
}

/* The ACK that shows the mistake shows a loss: that goes again at once. */
static void loss_beside_mistake(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U+4m sack 101..101+m 101+5m..101+9m");
	expect(t, "ACK seq U+4m ack R len m");
	counted(t, UNDOS, 1);
	counted(t, FAST_RETRANS, 2);
	phase_is(t, RECOVERY);
	/* of what is in flight now, not of what was halved before */
	ssthresh_is(t, 3 * seg(t));
	pipe_is(t, 2 * seg(t));
}

/* Not what was reduced for a new loss later. */
static void undone_once(struct kunit *test)
{
	struct conv *t = conv_of(test);

	sent(t, SACK, 10, 0);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack S");
	inject(t, "ACK seq R ack S sack 101..101+m");
	inject(t, "ACK seq R ack S sack 101..101+m");
	counted(t, UNDOS, 1);
	in_flight(t, 10, 0);
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U sack U+m..U+4m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U sack 101..101+m U+m..U+4m");
	counted(t, UNDOS, 1);
	phase_is(t, RECOVERY);
}

/* Nor by the answer to what had been sent again before that loss was found. */
static void earlier_repair_answered(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before, again;

	sent(t, SACK | TS, 10, 20);
	before = t->tsval_seen;
	times_out(t);
	again = t->tsval_seen;
	inject(t, "ACK seq R ack U ecr %u sack U+m..U+2m", before);
	counted(t, UNDOS, 1);
	phase_is(t, OPEN);
	pass_over(t);
	time_passes(t, 100);
	inject(t, "ACK seq R ack U ecr %u sack U+m..U+2m U+3m..U+6m", before);
	phase_is(t, RECOVERY);
	pass_over(t);
	inject(t, "ACK seq R ack U+2m ecr %u sack U+3m..U+6m", again);
	phase_is(t, RECOVERY);
	/* nor where that came twice */
	inject(t, "ACK seq R ack U ecr %u sack 101..101+m U+m..U+4m", again);
	counted(t, DSACKS_IN, 1);
	phase_is(t, RECOVERY);
	counted(t, UNDOS, 1);
}

/* It counts along: the reduction was a mistake if what went again for it came twice, and
 * what had gone again before.
 */
static void earlier_repair_came_twice(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before, again;

	sent(t, SACK | TS, 10, 20);
	before = t->tsval_seen;
	times_out(t);
	again = t->tsval_seen;
	inject(t, "ACK seq R ack U ecr %u sack U+m..U+2m", before);
	counted(t, UNDOS, 1);
	pass_over(t);
	time_passes(t, 100);
	inject(t, "ACK seq R ack U ecr %u sack U+m..U+2m U+3m..U+6m", before);
	phase_is(t, RECOVERY);
	pass_over(t);
	inject(t, "ACK seq R ack 101+6m ecr %u sack 101+2m..101+3m", again);
	pass_over(t);
	counted(t, DSACKS_IN, 1);
	counted(t, UNDOS, 1);
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack U ecr %u sack 101..101+m", again);
	pass_over(t);
	counted(t, UNDOS, 2);
	phase_is(t, OPEN);
}

/* Nor by a D-SACK of the loss probe that found it. */
static void dsack_of_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, SACK, RTT_MS);
	in_flight(t, 5, 0);
	time_passes(t, 2 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+4m ack R len m");
	inject(t, "ACK seq R ack U sack U+m..U+5m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack U sack U+4m..U+5m U+m..U+5m");
	counted(t, DSACKS_IN, 1);
	phase_is(t, RECOVERY);
	inject(t, "ACK seq R ack S");
	was_none(t);
}

/* The probe counts along as well. */
static void dsack_of_probe_last(struct kunit *test)
{
	struct conv *t = conv_of(test);

	established_over(t, SACK, RTT_MS);
	in_flight(t, 5, 0);
	time_passes(t, 2 * RTT_MS);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+4m ack R len m");
	inject(t, "ACK seq R ack U sack U+m..U+5m");
	expect(t, "ACK seq U ack R len m");
	inject(t, "ACK seq R ack S sack 101..101+m");
	was_none(t);
	inject(t, "ACK seq R ack S sack 101+4m..101+5m");
	counted(t, DSACKS_IN, 2);
	counted(t, UNDOS, 1);
}

static struct kunit_case spurious_cases[] = {
	KUNIT_CASE_PARAM(frto_spurious, kind_gen_params),
	KUNIT_CASE_PARAM(frto_real, kind_gen_params),
	KUNIT_CASE_PARAM(frto_all_acked, kind_gen_params),
	KUNIT_CASE(frto_duplicate_first),
	KUNIT_CASE(frto_nothing_new),
	KUNIT_CASE(frto_off),
	KUNIT_CASE(frto_by_sack),
	KUNIT_CASE_PARAM(eifel_timeout, kind_gen_params),
	KUNIT_CASE_PARAM(eifel_real, kind_gen_params),
	KUNIT_CASE_PARAM(eifel_fast, kind_gen_params),
	KUNIT_CASE_PARAM(eifel_fast_real, kind_gen_params),
	KUNIT_CASE(dsack_fast),
	KUNIT_CASE(dsack_of_one),
	KUNIT_CASE(dsack_at_the_end),
	KUNIT_CASE(dsack_of_nothing),
	KUNIT_CASE(dsack_of_more),
	KUNIT_CASE(dsack_of_once),
	KUNIT_CASE(dsack_of_both),
	KUNIT_CASE(late_beside_late),
	KUNIT_CASE(late_beside_lost),
	KUNIT_CASE(late_beside_waiting),
	KUNIT_CASE(both_late),
	KUNIT_CASE(loss_beside_mistake),
	KUNIT_CASE(undone_once),
	KUNIT_CASE(earlier_repair_answered),
	KUNIT_CASE(earlier_repair_came_twice),
	KUNIT_CASE(dsack_of_probe),
	KUNIT_CASE(dsack_of_probe_last),
	{}
};

struct kunit_suite spurious_suite = {
	.name = "wire_spurious",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = spurious_cases,
};
