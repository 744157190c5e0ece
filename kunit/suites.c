// SPDX-License-Identifier: GPL-2.0
/*
 * All suites: they run when the module is loaded on a kernel with kunit.enable=1.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include "conv.h"
#include "suites.h"

/* First the suites that never run twice: what they test knows neither which options both ends
 * have nor which IP version.
 */
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
		  &cookies_suite,
		  &rightsize_suite,
		  &rack_suite,
		  &scoreboard_suite,
		  &frames_suite,
		  &frames_live_suite,
		  &wire_scale_suite,
		  &wire_blocks_suite,
		  &buffers_suite,
		  &sack_suite,
		  &wire_rack_suite,
		  &examples_suite,
		  &spurious_suite,
		  &outage_suite,
		  &sack_hostile_suite,
		  /* in what follows headers, addresses or ports matter, and so the IP version */
		  &conv_suite,
		  &wire_options_suite,
		  &wire_timestamps_suite,
		  &sack_cut_suite,
		  /* and in this some case leaves open which options there are */
		  &ports_suite,
		  &conns_suite,
		  &handshake_suite,
		  &wire_cookies_suite,
		  &headers_suite,
		  &data_suite,
		  &ack_suite,
		  &nagle_suite,
		  &zero_window_suite,
		  &gso_suite,
		  &gso_cut_suite,
		  &urgent_suite,
		  &recovery_suite,
		  &close_suite,
		  &timer_suite,
		  &times_suite,
		  &icmp_suite,
		  &pmtu_suite,
		  &ipv6_suite,
		  &versions_suite,
		  &rfc_suite,
		  &hostile_suite,
		  &faults_suite,
		  &early_suite,
		  &why_suite,
		  &entries_suite,
		  &ecn_suite,
		  &ecn_gso_suite,
		  &rival_suite,
		  &seams_suite,
		  &seams_gso_suite,
		  /* and these run once with sanitizers: what they try long hardly differs then */
		  &window_suite,
		  &counters_suite,
		  &ecn_sender_suite,
		  &matrix_suite);

/* With options only the suites run that differ by them, or, if conv_ipv6 or conv_tcp_wire is
 * given as well, by the IP version or the wire; with sanitizers but for the last.  KUnit
 * looks for suites when the module is live, which is later than this.
 */
static void choose_suites(void)
{
	struct kunit_suite *first = conv_ipv6 || conv_tcp_wire ? &conv_suite : &ports_suite;
	struct module *module = THIS_MODULE;
	static int left_out, all;

	if (!all)
		all = module->num_kunit_suites;
	module->kunit_suites -= left_out;
	module->num_kunit_suites = all;
	left_out = 0;
	if (!conv_options && !conv_tcp_wire)
		return;
	while (module->kunit_suites[left_out] != first)
		left_out++;
	module->kunit_suites += left_out;
	module->num_kunit_suites -= left_out;
	if (IS_ENABLED(CONFIG_KASAN))
		while (module->kunit_suites[module->num_kunit_suites - 1] != &seams_gso_suite)
			module->num_kunit_suites--;
}

static int set_conv_options(const char *val, const struct kernel_param *kp)
{
	int err = param_set_byte(val, kp);

	choose_suites();
	return err;
}

static int set_conv_bool(const char *val, const struct kernel_param *kp)
{
	int err = param_set_bool(val, kp);

	choose_suites();
	return err;
}

static const struct kernel_param_ops conv_options_ops = {
	.set = set_conv_options,
	.get = param_get_byte,
};

static const struct kernel_param_ops conv_bool_ops = {
	.set = set_conv_bool,
	.get = param_get_bool,
};

module_param_cb(conv_options, &conv_options_ops, &conv_options, 0444);
MODULE_PARM_DESC(conv_options, "XTCP_OPT_*: what both ends have in the test cases that do not say");
module_param_cb(conv_tcp_wire, &conv_bool_ops, &conv_tcp_wire, 0444);
MODULE_PARM_DESC(conv_tcp_wire, "the test cases that do not say talk over TCP's wire");
module_param_cb(conv_ipv6, &conv_bool_ops, &conv_ipv6, 0444);
MODULE_PARM_DESC(conv_ipv6, "the test cases that do not say talk over IPv6");
