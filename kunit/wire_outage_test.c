// SPDX-License-Identifier: GPL-2.0
/*
 * What an outage does to the round trip, and to the back-off: nothing that it did not
 * measure.  RFC 6298, 3 and 5; RFC 4015, 3.1.
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

/* All arrived, and for 5 s every ACK was lost: that says nothing of the round trip,
 * whoever looks at which clock (RFC 6298, 3; RFC 4015, 3.1, (11)).
 */
static void acks_lost(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);
	u32 before;
	s64 srtt, rto;

	established_over(t, kind->options, 100);
	t->xn->sysctl.early_retrans = 0;
	set_rto(t, 300000);
	in_flight(t, 10, 20);
	before = t->tsval_seen;
	srtt = conv_value(t, CONV_SRTT);
	rto = conv_value(t, CONV_RTO_BASE);
	for (int i = 0; i < 4; i++) {
		time_passes(t, 300 << i);
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq U ack R len m");
	}
	time_passes(t, 500);
	/* a duplicate does not change the time that the peer echoes: RFC 7323, 4.3 */
	if (kind->options & SACK)
		inject(t, "ACK seq R ack U+10m ecr %u sack U..U+m", before);
	else
		inject(t, "ACK seq R ack U+10m ecr %u", before);
	pass_over(t);
	srtt_is(t, srtt);
	CONV_IS(t, RTO_BASE, rto);
	phase_is(t, OPEN);
	/* what was sent once measures, and ends the back-off: RFC 6298, 5 */
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	backoff_is(t, 0);
}

/* The same with a loss probe in between. */
static void acks_lost_after_probe(struct kunit *test)
{
	struct conv *t = conv_of(test);
	u32 before;
	s64 srtt;

	established_over(t, SACK | TS, 100);
	in_flight(t, 4, 0);
	before = t->tsval_seen;
	srtt = conv_value(t, CONV_SRTT);
	time_passes(t, 5000);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "PSH|ACK seq U+3m ack R len m");
	inject(t, "ACK seq R ack S ecr %u sack S-m..S", before);
	srtt_is(t, srtt);
}

/* An ACK that answers what was sent again, and says so, measures it. */
static void timestamp_of_second(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);
	s64 srtt;

	established_over(t, kind->options | TS, RTT_MS);
	t->xn->sysctl.early_retrans = 0;
	in_flight(t, 4, 0);
	time_passes(t, 3 * RTT_MS);
	srtt = conv_value(t, CONV_SRTT);
	for (int i = 0; i < 2; i++) {
		time_passes(t, 10000);
		fire(t, XTCP_TIMER_RETRANSMIT);
		expect(t, "ACK seq U ack R len m");
	}
	backoff_is(t, 2);
	time_passes(t, RTT_MS / 2);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	backoff_is(t, 0);
	KUNIT_EXPECT_LT(test, conv_value(t, CONV_SRTT), srtt);
	KUNIT_EXPECT_GE(test, conv_value(t, CONV_SRTT), srtt * 7 / 8);
}

/* Without timestamps the back-off lasts until something sent once is acknowledged. */
static void backoff_lasts(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct conv *t = conv_of(test);
	s64 srtt;

	established_over(t, kind->options & ~TS, RTT_MS);
	t->xn->sysctl.early_retrans = 0;
	in_flight(t, 4, 4);
	time_passes(t, 3 * RTT_MS);
	srtt = conv_value(t, CONV_SRTT);
	fire(t, XTCP_TIMER_RETRANSMIT);
	expect(t, "ACK seq U ack R len m");
	time_passes(t, RTT_MS);
	inject(t, "ACK seq R ack U+4m");
	pass_over(t);
	srtt_is(t, srtt);
	backoff_is(t, 1);
	inject(t, "ACK seq R ack U+m");
	pass_over(t);
	backoff_is(t, 0);
}

static struct kunit_case outage_cases[] = {
	KUNIT_CASE_PARAM(acks_lost, kind_gen_params),
	KUNIT_CASE(acks_lost_after_probe),
	KUNIT_CASE_PARAM(timestamp_of_second, kind_gen_params),
	KUNIT_CASE_PARAM(backoff_lasts, kind_gen_params),
	{}
};

struct kunit_suite outage_suite = {
	.name = "wire_outage",
	.init = conv_init,
	.exit = conv_exit,
	.suite_exit = conv_suite_exit,
	.test_cases = outage_cases,
};
