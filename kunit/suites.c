// SPDX-License-Identifier: GPL-2.0
/*
 * All suites: they run when the module is loaded on a kernel with kunit.enable=1.
 */
#include "suites.h"

kunit_test_suites(&seq_suite,
		  &segment_suite,
		  &fsm_suite,
		  &rtt_suite,
		  &reassembly_suite,
		  &cong_suite,
		  &hystart_suite,
		  &rate_suite,
		  &conv_suite,
		  &ports_suite,
		  &frames_suite,
		  &frames_live_suite,
		  &handshake_suite,
		  &data_suite,
		  &ack_suite,
		  &nagle_suite,
		  &window_suite,
		  &zero_window_suite,
		  &gso_suite,
		  &gso_cut_suite,
		  &urgent_suite,
		  &recovery_suite,
		  &close_suite,
		  &timer_suite,
		  &times_suite,
		  &icmp_suite,
		  &rfc_suite,
		  &hostile_suite,
		  &faults_suite,
		  &counters_suite,
		  &seams_suite,
		  &seams_gso_suite,
		  &matrix_suite);
