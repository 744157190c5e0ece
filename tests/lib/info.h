/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP_INFO as the kernel has it: the C library's struct tcp_info ends early, and
 * its header cannot be had together with the kernel's.
 */
#ifndef TESTS_INFO_H
#define TESTS_INFO_H

/* struct tcp_info's names without "tcpi_" */
struct info {
	unsigned int state, ca_state, retransmits, probes, backoff, options;
	unsigned int snd_wscale, rcv_wscale;
	unsigned int rto, snd_mss, rcv_mss;
	unsigned int unacked, sacked, lost, retrans;
	unsigned int last_data_sent, last_data_recv, last_ack_recv;
	unsigned int pmtu, rtt, rttvar, min_rtt, advmss;
	unsigned int snd_ssthresh, snd_cwnd, rcv_space, rcv_ssthresh;
	unsigned int reordering, total_retrans;
	unsigned int segs_out, segs_in, data_segs_out, data_segs_in;
	unsigned int notsent_bytes, rcv_ooopack, snd_wnd;
	unsigned int delivered, delivered_ce, delivery_rate_app_limited;
	unsigned long long bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	unsigned long long pacing_rate, max_pacing_rate, delivery_rate;
	unsigned long long busy_time, rwnd_limited, sndbuf_limited;
};

/* Return: how many bytes the kernel gave, -1 with errno on failure */
int get_info(int fd, struct info *info);

#endif
