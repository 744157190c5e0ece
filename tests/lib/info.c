// SPDX-License-Identifier: GPL-2.0
#include "info.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int get_info(int fd, struct info *info)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	memset(&ti, 0, sizeof(ti));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len))
		return -1;
	info->state = ti.tcpi_state;
	info->ca_state = ti.tcpi_ca_state;
	info->retransmits = ti.tcpi_retransmits;
	info->probes = ti.tcpi_probes;
	info->backoff = ti.tcpi_backoff;
	info->options = ti.tcpi_options;
	info->snd_wscale = ti.tcpi_snd_wscale;
	info->rcv_wscale = ti.tcpi_rcv_wscale;
	info->rto = ti.tcpi_rto;
	info->snd_mss = ti.tcpi_snd_mss;
	info->rcv_mss = ti.tcpi_rcv_mss;
	info->unacked = ti.tcpi_unacked;
	info->sacked = ti.tcpi_sacked;
	info->lost = ti.tcpi_lost;
	info->retrans = ti.tcpi_retrans;
	info->last_data_sent = ti.tcpi_last_data_sent;
	info->last_data_recv = ti.tcpi_last_data_recv;
	info->last_ack_recv = ti.tcpi_last_ack_recv;
	info->pmtu = ti.tcpi_pmtu;
	info->rtt = ti.tcpi_rtt;
	info->rttvar = ti.tcpi_rttvar;
	info->min_rtt = ti.tcpi_min_rtt;
	info->advmss = ti.tcpi_advmss;
	info->snd_ssthresh = ti.tcpi_snd_ssthresh;
	info->snd_cwnd = ti.tcpi_snd_cwnd;
	info->rcv_space = ti.tcpi_rcv_space;
	info->rcv_ssthresh = ti.tcpi_rcv_ssthresh;
	info->reordering = ti.tcpi_reordering;
	info->total_retrans = ti.tcpi_total_retrans;
	info->segs_out = ti.tcpi_segs_out;
	info->segs_in = ti.tcpi_segs_in;
	info->data_segs_out = ti.tcpi_data_segs_out;
	info->data_segs_in = ti.tcpi_data_segs_in;
	info->notsent_bytes = ti.tcpi_notsent_bytes;
	info->rcv_ooopack = ti.tcpi_rcv_ooopack;
	info->snd_wnd = ti.tcpi_snd_wnd;
	info->bytes_acked = ti.tcpi_bytes_acked;
	info->bytes_received = ti.tcpi_bytes_received;
	info->bytes_sent = ti.tcpi_bytes_sent;
	info->bytes_retrans = ti.tcpi_bytes_retrans;
	info->pacing_rate = ti.tcpi_pacing_rate;
	info->max_pacing_rate = ti.tcpi_max_pacing_rate;
	info->delivered = ti.tcpi_delivered;
	info->delivered_ce = ti.tcpi_delivered_ce;
	info->delivery_rate = ti.tcpi_delivery_rate;
	info->delivery_rate_app_limited = ti.tcpi_delivery_rate_app_limited;
	info->busy_time = ti.tcpi_busy_time;
	info->rwnd_limited = ti.tcpi_rwnd_limited;
	info->sndbuf_limited = ti.tcpi_sndbuf_limited;
	return len;
}
