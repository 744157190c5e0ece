/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_KUNIT_SUITES_H
#define _XTCP_KUNIT_SUITES_H

#include <kunit/test.h>

/* How often something random is tried: with sanitizers it takes much longer. */
static inline int tries(int n)
{
	return IS_ENABLED(CONFIG_KASAN) ? n / 10 : n;
}

extern struct kunit_suite ack_suite;
extern struct kunit_suite buffers_suite;
extern struct kunit_suite close_suite;
extern struct kunit_suite cong_suite;
extern struct kunit_suite conns_suite;
extern struct kunit_suite conv_suite;
extern struct kunit_suite counters_suite;
extern struct kunit_suite cubic_suite;
extern struct kunit_suite data_suite;
extern struct kunit_suite early_suite;
extern struct kunit_suite ecn_gso_suite;
extern struct kunit_suite ecn_sender_suite;
extern struct kunit_suite ecn_suite;
extern struct kunit_suite examples_suite;
extern struct kunit_suite faults_suite;
extern struct kunit_suite frames_live_suite;
extern struct kunit_suite frames_suite;
extern struct kunit_suite fsm_suite;
extern struct kunit_suite gso_cut_suite;
extern struct kunit_suite gso_suite;
extern struct kunit_suite handshake_suite;
extern struct kunit_suite headers_suite;
extern struct kunit_suite hostile_suite;
extern struct kunit_suite hystart_suite;
extern struct kunit_suite icmp_suite;
extern struct kunit_suite pmtu_suite;
extern struct kunit_suite ipv6_suite;
extern struct kunit_suite matrix_suite;
extern struct kunit_suite nagle_suite;
extern struct kunit_suite options_suite;
extern struct kunit_suite ports_suite;
extern struct kunit_suite rack_suite;
extern struct kunit_suite rate_suite;
extern struct kunit_suite reassembly_suite;
extern struct kunit_suite recovery_suite;
extern struct kunit_suite rfc_suite;
extern struct kunit_suite rightsize_suite;
extern struct kunit_suite rival_suite;
extern struct kunit_suite rtt_suite;
extern struct kunit_suite sack_cut_suite;
extern struct kunit_suite sack_hostile_suite;
extern struct kunit_suite sack_suite;
extern struct kunit_suite sacks_suite;
extern struct kunit_suite scoreboard_suite;
extern struct kunit_suite seams_gso_suite;
extern struct kunit_suite seams_suite;
extern struct kunit_suite segment_suite;
extern struct kunit_suite seq_suite;
extern struct kunit_suite spurious_suite;
extern struct kunit_suite outage_suite;
extern struct kunit_suite timer_suite;
extern struct kunit_suite times_suite;
extern struct kunit_suite urgent_suite;
extern struct kunit_suite versions_suite;
extern struct kunit_suite window_suite;
extern struct kunit_suite cookies_suite;
extern struct kunit_suite wire_blocks_suite;
extern struct kunit_suite wire_cookies_suite;
extern struct kunit_suite wire_options_suite;
extern struct kunit_suite wire_rack_suite;
extern struct kunit_suite wire_scale_suite;
extern struct kunit_suite wire_timestamps_suite;
extern struct kunit_suite entries_suite;
extern struct kunit_suite why_suite;
extern struct kunit_suite zero_window_suite;

#endif /* _XTCP_KUNIT_SUITES_H */
