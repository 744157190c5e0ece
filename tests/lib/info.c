// SPDX-License-Identifier: GPL-2.0
#include "info.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define COPY(field)	(info->field = ti.tcpi_##field)

int get_info(int fd, struct info *info)
{
	struct tcp_info ti;
	socklen_t len = sizeof(ti);

	memset(&ti, 0, sizeof(ti));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len))
		return -1;
	COPY(state);
	COPY(ca_state);
	COPY(retransmits);
	COPY(probes);
	COPY(backoff);
	COPY(options);
	COPY(rto);
	COPY(snd_mss);
	COPY(rcv_mss);
	COPY(unacked);
	COPY(sacked);
	COPY(lost);
	COPY(retrans);
	COPY(last_data_sent);
	COPY(last_data_recv);
	COPY(last_ack_recv);
	COPY(pmtu);
	COPY(rtt);
	COPY(rttvar);
	COPY(min_rtt);
	COPY(advmss);
	COPY(snd_ssthresh);
	COPY(snd_cwnd);
	COPY(rcv_space);
	COPY(rcv_ssthresh);
	COPY(reordering);
	COPY(total_retrans);
	COPY(segs_out);
	COPY(segs_in);
	COPY(data_segs_out);
	COPY(data_segs_in);
	COPY(notsent_bytes);
	COPY(rcv_ooopack);
	COPY(snd_wnd);
	COPY(bytes_acked);
	COPY(bytes_received);
	COPY(bytes_sent);
	COPY(bytes_retrans);
	COPY(pacing_rate);
	COPY(max_pacing_rate);
	return len;
}
