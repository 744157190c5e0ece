// SPDX-License-Identifier: GPL-2.0
/*
 * All suites: they run when the module is loaded on a kernel with kunit.enable=1.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include "conv.h"
#include "suites.h"

kunit_test_suites(&seq_suite,
		  &segment_suite,
		  &options_suite,
		  &sacks_suite,
		  &fsm_suite,
		  &rtt_suite,
		  &reassembly_suite,
		  &cong_suite,
		  &cubic_suite,
		  &hystart_suite,
		  &rate_suite,
		  &rightsize_suite,
		  &rack_suite,
		  &scoreboard_suite,
		  &conv_suite,
		  &frames_suite,
		  &frames_live_suite,
		  &wire_options_suite,
		  &wire_scale_suite,
		  &wire_timestamps_suite,
		  &wire_blocks_suite,
		  &buffers_suite,
		  &sack_suite,
		  &wire_rack_suite,
		  &examples_suite,
		  &spurious_suite,
		  &sack_hostile_suite,
		  &sack_cut_suite,
		  /* in what follows some case leaves open which options there are */
		  &ports_suite,
		  &conns_suite,
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
		  &early_suite,
		  &rival_suite,
		  &seams_suite,
		  &seams_gso_suite,
		  &matrix_suite);

/* With options only the suites run that differ by them.  KUnit looks for suites when the
 * module is live, which is later than this.
 */
static int set_conv_options(const char *val, const struct kernel_param *kp)
{
	struct module *module = THIS_MODULE;
	int err = param_set_byte(val, kp);

	if (err || !conv_options)
		return err;
	while (*module->kunit_suites != &ports_suite) {
		module->kunit_suites++;
		module->num_kunit_suites--;
	}
	return 0;
}

static const struct kernel_param_ops conv_options_ops = {
	.set = set_conv_options,
	.get = param_get_byte,
};

module_param_cb(conv_options, &conv_options_ops, &conv_options, 0444);
MODULE_PARM_DESC(conv_options, "XTCP_OPT_*: what both ends have in the test cases that do not say");
