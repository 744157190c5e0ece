// SPDX-License-Identifier: GPL-2.0
/* TCP_INFO, in ss's words. */
#include <stdio.h>

#include "info.h"

static void word(bool there, const char *name)
{
	if (there)
		printf(" %s", name);
}

static void number(const char *name, unsigned long long n)
{
	if (n)
		printf(" %s:%llu", name, n);
}

/* Bits a second, where bytes a second are given; all ones: no limit. */
static void rate(const char *name, unsigned long long bytes)
{
	static const char *const units[] = { "bps", "Kbps", "Mbps", "Gbps", "Tbps" };
	double bits = bytes * 8.0;
	int unit = 0;

	if (!bytes || bytes == ~0ULL)
		return;
	while (bits >= 1000 && unit < 4) {
		bits /= 1000;
		unit++;
	}
	printf(" %s %.*f%s", name, unit ? 1 : 0, bits, units[unit]);
}

/* Microseconds, as milliseconds. */
static void ms(const char *name, unsigned int us)
{
	if (us)
		printf(" %s:%g", name, us / 1000.0);
}

/* How long something held the connection back, and how much of its time that was. */
static void limited(const char *name, unsigned long long us, unsigned long long of)
{
	if (us)
		printf(" %s:%llums(%.1f%%)", name, us / 1000, of ? 100.0 * us / of : 0);
}

static void window_and_rate(const struct tcp_info *i)
{
	number("cwnd", i->tcpi_snd_cwnd);
	if (i->tcpi_snd_ssthresh < 0x7fff)
		number("ssthresh", i->tcpi_snd_ssthresh);
	number("bytes_sent", i->tcpi_bytes_sent);
	number("bytes_retrans", i->tcpi_bytes_retrans);
	number("bytes_acked", i->tcpi_bytes_acked);
	number("bytes_received", i->tcpi_bytes_received);
	number("segs_out", i->tcpi_segs_out);
	number("segs_in", i->tcpi_segs_in);
	number("data_segs_out", i->tcpi_data_segs_out);
	number("data_segs_in", i->tcpi_data_segs_in);
	if (i->tcpi_rtt)
		rate("send", (unsigned long long)i->tcpi_snd_cwnd * i->tcpi_snd_mss * 1000000 /
			     i->tcpi_rtt);
	number("lastsnd", i->tcpi_last_data_sent);
	number("lastrcv", i->tcpi_last_data_recv);
	number("lastack", i->tcpi_last_ack_recv);
	rate("pacing_rate", i->tcpi_pacing_rate);
	rate("delivery_rate", i->tcpi_delivery_rate);
	number("delivered", i->tcpi_delivered);
	number("delivered_ce", i->tcpi_delivered_ce);
	word(i->tcpi_delivery_rate_app_limited, "app_limited");
}

static void recovery(const struct tcp_info *i)
{
	if (i->tcpi_busy_time)
		printf(" busy:%llums", (unsigned long long)i->tcpi_busy_time / 1000);
	limited("rwnd_limited", i->tcpi_rwnd_limited, i->tcpi_busy_time);
	limited("sndbuf_limited", i->tcpi_sndbuf_limited, i->tcpi_busy_time);
	number("unacked", i->tcpi_unacked);
	if (i->tcpi_retrans || i->tcpi_total_retrans)
		printf(" retrans:%u/%u", i->tcpi_retrans, i->tcpi_total_retrans);
	number("lost", i->tcpi_lost);
	number("sacked", i->tcpi_sacked);
	number("dsack_dups", i->tcpi_dsack_dups);
	if (i->tcpi_reordering != 3)
		number("reordering", i->tcpi_reordering);
	number("reord_seen", i->tcpi_reord_seen);
	ms("rcv_rtt", i->tcpi_rcv_rtt);
	number("rcv_space", i->tcpi_rcv_space);
	number("rcv_ssthresh", i->tcpi_rcv_ssthresh);
	number("notsent", i->tcpi_notsent_bytes);
	if (i->tcpi_min_rtt != ~0U)
		ms("minrtt", i->tcpi_min_rtt);
	number("rcv_ooopack", i->tcpi_rcv_ooopack);
	number("snd_wnd", i->tcpi_snd_wnd);
}

/**
 * info_print() - what -i shows
 * @c: the connection; a listener has no more than its congestion control
 */
void info_print(const struct conn *c)
{
	const struct tcp_info *i = &c->info;

	if (!(c->has & HAS_INFO))
		return;
	word(i->tcpi_options & TCPI_OPT_TIMESTAMPS, "ts");
	word(i->tcpi_options & TCPI_OPT_SACK, "sack");
	word(i->tcpi_options & TCPI_OPT_ECN, "ecn");
	word(i->tcpi_options & TCPI_OPT_ECN_SEEN, "ecnseen");
	if (c->has & HAS_CONG)
		printf(" %s", c->cong);
	if (c->state == S_LISTENING || c->state == S_BOUND)
		return;
	if (i->tcpi_options & TCPI_OPT_WSCALE)
		printf(" wscale:%d,%d", i->tcpi_snd_wscale, i->tcpi_rcv_wscale);
	ms("rto", i->tcpi_rto);
	number("backoff", i->tcpi_backoff);
	if (i->tcpi_rtt)
		printf(" rtt:%g/%g", i->tcpi_rtt / 1000.0, i->tcpi_rttvar / 1000.0);
	ms("ato", i->tcpi_ato);
	number("mss", i->tcpi_snd_mss);
	number("pmtu", i->tcpi_pmtu);
	number("rcvmss", i->tcpi_rcv_mss);
	number("advmss", i->tcpi_advmss);
	window_and_rate(i);
	recovery(i);
}
