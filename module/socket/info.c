// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_INFO: how a connection fares, in the fields of the kernel's TCP.
 */
#include <linux/tcp.h>
#include "../compat.h"
#include "../engine/clock.h"
#include "../engine/mss.h"
#include "../engine/rate.h"
#include "../engine/rtt.h"
#include "../engine/window.h"
#include "info.h"

/* Bytes a second.  "No limit" is all ones: of a long in the kernel, of 64 bits
 * here.
 */
static u64 info_rate_bytes(unsigned long bytes_per_s)
{
	return bytes_per_s == ~0UL ? ~0ULL : bytes_per_s;
}

/* What the two SYNs have agreed on, once both are known. */
static void get_info_agreed(const struct sock *sk, struct tcp_info *info)
{
	const struct xtcp_agreed *a = &xtcp_sk(sk)->agreed;

	info->tcpi_rcv_wscale = a->rcv_wscale;
	if (sk->sk_state == TCP_SYN_SENT)
		return;
	info->tcpi_snd_wscale = a->snd_wscale;
	if (a->timestamps)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (a->sack)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (a->wscale)
		info->tcpi_options |= TCPI_OPT_WSCALE;
	if (a->ecn)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (xtcp_sk(sk)->ecn.seen)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
}

/* The path, the windows and the timers, as they are now. */
static void get_info_now(struct sock *sk, struct tcp_info *info)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 now = xtcp_now_ms();

	info->tcpi_retransmits = x->retries;
	info->tcpi_probes = x->probes;
	info->tcpi_backoff = x->rtt.backoff;
	info->tcpi_rto = xtcp_timeout_us(x);
	info->tcpi_ato = READ_ONCE(x->xn->sysctl.delack_ms) * USEC_PER_MSEC;
	info->tcpi_snd_mss = x->snd_mss;
	info->tcpi_rcv_mss = x->rcv_mss;
	info->tcpi_last_data_sent = now - x->last_sent_ms;
	info->tcpi_last_data_recv = now - (x->tally.data_in_ms ?: x->tally.opened_ms);
	info->tcpi_last_ack_recv = now - x->last_rcv_ms;
	info->tcpi_pmtu = x->pmtu;
	info->tcpi_rtt = x->rtt.srtt_us;
	info->tcpi_rttvar = x->rtt.rttvar_us;
	info->tcpi_min_rtt = x->rtt.min_us;
	info->tcpi_advmss = xtcp_offered_mss(sk);
	info->tcpi_rcv_ssthresh = xtcp_largest_window(sk);
	info->tcpi_rcv_space = min(x->rightsize.most_bytes, xtcp_largest_window(sk));
	info->tcpi_rcv_rtt = x->rightsize.rtt_us;
	info->tcpi_notsent_bytes = x->write_seq - x->snd_nxt;
	info->tcpi_snd_wnd = x->snd_wnd;
	xtcp_info_set_rcv_wnd(info, xtcp_rcv_window(x));
	info->tcpi_pacing_rate = info_rate_bytes(READ_ONCE(sk->sk_pacing_rate));
	info->tcpi_max_pacing_rate =
		info_rate_bytes(READ_ONCE(sk->sk_max_pacing_rate));
}

/* How many segments are in flight, and how many of them are thought lost. */
static void get_info_recovery(const struct xtcp_sock *x, struct tcp_info *info)
{
	struct xtcp_board_segs segs = xtcp_board_count(&x->board, x->snd_una);
	u32 mss = max(x->snd_mss, 1u);

	info->tcpi_unacked = segs.all;
	info->tcpi_reordering = 3;	/* duplicate ACKs that say "lost" */
	info->tcpi_snd_ssthresh = x->cong.ssthresh_bytes / mss;
	info->tcpi_snd_cwnd = x->cong.cwnd_bytes / mss;
	/* as Linux: what was sent again is still counted as lost */
	info->tcpi_retrans = segs.resent;
	info->tcpi_lost = segs.lost + segs.resent;
	info->tcpi_sacked = x->agreed.sack ? segs.sacked : x->dup_acks;
	if (x->phase == XTCP_PHASE_LOSS || x->retries)
		info->tcpi_ca_state = TCP_CA_Loss;
	else if (x->phase == XTCP_PHASE_RECOVERY)
		info->tcpi_ca_state = TCP_CA_Recovery;
	else if (x->phase == XTCP_PHASE_CWR)
		info->tcpi_ca_state = TCP_CA_CWR;
	else
		info->tcpi_ca_state = info->tcpi_sacked ? TCP_CA_Disorder : TCP_CA_Open;
}

/* Totals since the connection opened. */
static void get_info_tally(const struct xtcp_tally *t, struct tcp_info *info)
{
	info->tcpi_total_retrans = t->segs_resent;
	info->tcpi_bytes_acked = t->bytes_acked;
	info->tcpi_bytes_received = t->bytes_received;
	info->tcpi_bytes_sent = t->bytes_sent;
	info->tcpi_bytes_retrans = t->bytes_resent;
	info->tcpi_segs_in = t->segs_in;
	info->tcpi_segs_out = t->segs_out;
	info->tcpi_data_segs_in = t->data_segs_in;
	info->tcpi_data_segs_out = t->data_segs_out;
	info->tcpi_rcv_ooopack = t->segs_out_of_order;
	info->tcpi_delivered = t->segs_delivered;
	info->tcpi_delivered_ce = t->segs_delivered_ce;
	info->tcpi_dsack_dups = t->segs_dsacked;
	info->tcpi_reord_seen = t->reorderings;
	xtcp_info_set_total_rto(info, t->timeouts, t->rto_rows,
				xtcp_tally_rto_ms(t));
}

static u64 info_limited_us(const struct xtcp_tally *t, enum xtcp_limit limit)
{
	return (u64)xtcp_limited_ms(t, limit) * USEC_PER_MSEC;
}

/* The delivery rate, and what has limited it. */
static void get_info_rate(const struct xtcp_sock *x, struct tcp_info *info)
{
	const struct xtcp_tally *t = &x->tally;

	info->tcpi_delivery_rate = xtcp_rate_per_s(&x->rate);
	/* 1 as long as there is no rate */
	info->tcpi_delivery_rate_app_limited = x->rate.app_limited ||
					       !x->rate.interval_us;
	info->tcpi_rwnd_limited = info_limited_us(t, XTCP_LIMIT_WINDOW);
	info->tcpi_sndbuf_limited = info_limited_us(t, XTCP_LIMIT_SNDBUF);
	info->tcpi_busy_time = info_limited_us(t, XTCP_LIMIT_PATH) +
			       info->tcpi_rwnd_limited +
			       info->tcpi_sndbuf_limited;
}

/**
 * xtcp_get_info() - struct tcp_info, where a field has a meaning here
 * @sk: the socket, locked
 * @info: where to write it
 *
 * Process context.
 */
void xtcp_get_info(struct sock *sk, struct tcp_info *info)
{
	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = sk->sk_max_ack_backlog;
		return;
	}
	get_info_agreed(sk, info);
	get_info_now(sk, info);
	get_info_recovery(xtcp_sk(sk), info);
	get_info_tally(&xtcp_sk(sk)->tally, info);
	get_info_rate(xtcp_sk(sk), info);
}
EXPORT_SYMBOL_GPL(xtcp_get_info);
