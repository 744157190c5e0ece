// SPDX-License-Identifier: GPL-2.0
/*
 * Socket options: TCP's numbers and meanings at SOL_TCP, the IP layer's at
 * SOL_IP and SOL_IPV6.
 */
#include <linux/capability.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "../compat.h"
#include "../engine/cong.h"
#include "../engine/cong_list.h"
#include "../engine/output.h"
#include "../engine/timeout.h"
#include "../engine/timers.h"
#include "../engine/transmit.h"
#include "../engine/window.h"
#include "../wire/segment.h"
#include "address.h"
#include "info.h"
#include "sockopt.h"

#define MAX_KEEPIDLE_S	32767
#define MAX_KEEPINTVL_S	32767
#define MAX_KEEPCNT	127
#define MAX_SYNCNT	127
#define MAX_LINGER2_S	60
#define MAX_MSS		32767

/* MUST-17 */
static void set_nonagle(struct sock *sk, u8 bit, int on)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (on)
		x->nonagle |= bit;
	else
		x->nonagle &= ~bit;
	/* setting TCP_NODELAY, or clearing TCP_CORK, sends what waits */
	if (bit == XTCP_NAGLE_OFF ? on : !on)
		xtcp_output(sk, x->nonagle & XTCP_NAGLE_CORK && bit == XTCP_NAGLE_OFF ?
			    XTCP_NAGLE_PUSH : x->nonagle | XTCP_NAGLE_PUSH);
}

static int set_maxseg(struct xtcp_sock *x, int val)
{
	if (val && (val < XTCP_MSS_USER_LEAST || val > MAX_MSS))
		return -EINVAL;
	WRITE_ONCE(x->user_mss, val);
	return 0;
}

/* MUST-27 */
static int set_keepidle(struct sock *sk, int val)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (val < 1 || val > MAX_KEEPIDLE_S)
		return -EINVAL;
	x->keepalive_time_s = val;
	xtcp_keepalive_changed(sk);
	return 0;
}

static int set_linger2(struct xtcp_sock *x, int val)
{
	if (val < 0)
		x->linger2_s = -1;
	else if (val > MAX_LINGER2_S)
		x->linger2_s = 0;
	else
		x->linger2_s = val;
	return 0;
}

static void set_quickack(struct sock *sk, int val)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->ack.ping_pong = !val;
	x->ack_held = !val && xtcp_in_state(sk, TCPF_CLOSE | TCPF_SYN_SENT);
	if (!val || !xtcp_in_state(sk, XTCP_STATES_CONNECTED))
		return;
	xtcp_ack_quickly(&x->ack, x->rcv_wnd, x->rcv_mss);
	if (!x->ack.pending)
		return;
	xtcp_send_ack(sk, XTCP_WHY_PLAIN);
	x->ack.ping_pong = !(val & 1);	/* as Linux: an even number asks for this ACK alone */
}

static int set_window_clamp(struct sock *sk, int val)
{
	if (!val) {
		if (sk->sk_state != TCP_CLOSE)
			return -EINVAL;
		WRITE_ONCE(xtcp_sk(sk)->window_clamp, XTCP_WINDOW_MAX);
		return 0;
	}
	/* the least: as Linux */
	WRITE_ONCE(xtcp_sk(sk)->window_clamp, max_t(u32, val, SOCK_MIN_RCVBUF / 2));
	return 0;
}

/* TCP_DEFER_ACCEPT is given in seconds and kept in timeouts of the SYN,ACK. */
static u8 defer_accept_timeouts(int seconds)
{
	int n = 0, timeout = 1;

	for (; seconds > 0; seconds -= timeout, timeout *= 2)
		n++;
	return n;
}

static int defer_accept_seconds(u8 timeouts)
{
	return (1 << timeouts) - 1;
}

/* Socket locked. */
static int set_tcp_int(struct sock *sk, int name, int val)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	switch (name) {
	case TCP_NODELAY:
		set_nonagle(sk, XTCP_NAGLE_OFF, val);
		return 0;
	case TCP_CORK:
		set_nonagle(sk, XTCP_NAGLE_CORK, val);
		return 0;
	case TCP_MAXSEG:
		return set_maxseg(x, val);
	case TCP_KEEPIDLE:
		return set_keepidle(sk, val);
	case TCP_KEEPINTVL:
		if (val < 1 || val > MAX_KEEPINTVL_S)
			return -EINVAL;
		x->keepalive_intvl_s = val;
		return 0;
	case TCP_KEEPCNT:
		if (val < 1 || val > MAX_KEEPCNT)
			return -EINVAL;
		x->keepalive_probes = val;
		return 0;
	case TCP_SYNCNT:
		if (val < 1 || val > MAX_SYNCNT)
			return -EINVAL;
		WRITE_ONCE(x->syn_retries, val);
		return 0;
	case TCP_LINGER2:
		return set_linger2(x, val);
	case TCP_QUICKACK:
		set_quickack(sk, val);
		return 0;
	case TCP_USER_TIMEOUT:
		if (val < 0)
			return -EINVAL;
		x->user_timeout_ms = val;
		if (xtcp_timer_armed(x, XTCP_TIMER_RETRANSMIT))
			xtcp_limit_patience(sk);
		return 0;
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(sk, val);
	case TCP_DEFER_ACCEPT:
		WRITE_ONCE(x->defer_accept, defer_accept_timeouts(val));
		return 0;
	case TCP_NOTSENT_LOWAT:
		WRITE_ONCE(x->notsent_lowat, val);
		sk->sk_write_space(sk);
		return 0;
	case TCP_TIMESTAMP:	/* it is the clock's, not the user's to set */
		return -EPERM;
	case TCP_INQ:
		if (val < 0 || val > 1)
			return -EINVAL;
		x->recv_inq = val;
		return 0;
	}
	return -ENOPROTOOPT;
}

/* Who may administrate the namespace may choose any; others what it allows. */
static bool may_choose(const struct sock *sk, const struct xtcp_cong_ops *ops)
{
	const struct xtcp_sysctls *ctl = &xtcp_sk(sk)->xn->sysctl;

	return ops == READ_ONCE(ctl->congestion_control) ||
	       READ_ONCE(ctl->allowed_congestion_control) & xtcp_cong_bit(ops) ||
	       ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN);
}

/* TCP_CONGESTION.  The window stays; another rule moves it from now on. */
static int set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_cong_ops *ops;
	int err = -EPERM;
	char name[XTCP_CONG_NAME_MAX] = "";

	if (len < 1)
		return -EINVAL;
	if (copy_from_sockptr(name, val, min_t(unsigned int, len,
					       sizeof(name) - 1)))
		return -EFAULT;
	ops = xtcp_cong_find(name);
	if (!ops)
		return -ENOENT;
	lock_sock(sk);
	if (!x->cong_locked && (ops == x->cong.ops || may_choose(sk, ops))) {
		xtcp_cong_switch(&x->cong, ops);
		x->cong_chosen = 1;
		err = 0;
	}
	release_sock(sk);
	return err;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Extension headers are not sent, and a socket's family is what it is. */
static bool ipv6_option_refused(int name)
{
	switch (name) {
	case IPV6_ADDRFORM:
	case IPV6_HOPOPTS:
	case IPV6_RTHDRDSTOPTS:
	case IPV6_RTHDR:
	case IPV6_DSTOPTS:
	case IPV6_2292PKTOPTIONS:
		return true;
	}
	return false;
}

static int set_ipv6(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int err;

	lock_sock(sk);
	err = xtcp_take_family(sk, AF_INET6);
	release_sock(sk);
	if (err)
		return err;
	if (sk->sk_family != AF_INET6 || ipv6_option_refused(name))
		return -ENOPROTOOPT;
	return ipv6_setsockopt(sk, SOL_IPV6, name, val, len);
}

static int get_ipv6(struct sock *sk, int name, char __user *val, int __user *len)
{
	return sk->sk_family == AF_INET6 ?
	       ipv6_getsockopt(sk, SOL_IPV6, name, val, len) : -ENOPROTOOPT;
}
#else
static int set_ipv6(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	return -ENOPROTOOPT;
}

static int get_ipv6(struct sock *sk, int name, char __user *val, int __user *len)
{
	return -ENOPROTOOPT;
}
#endif

/**
 * xtcp_setsockopt() - set an option of level SOL_TCP, SOL_IP or SOL_IPV6
 * @sk: the socket
 * @level: SOL_TCP, SOL_IP, SOL_IPV6
 * @name: the option
 * @val: its value
 * @len: the value's length in bytes
 *
 * Process context.  This is struct proto's setsockopt.
 *
 * Return: 0; -ENOPROTOOPT for an option that is not there; -EINVAL for a value
 * out of range or too short; -EFAULT; for a congestion control -ENOENT if it is unknown,
 * -EPERM if the caller may not choose it, or the route has
 */
int xtcp_setsockopt(struct sock *sk, int level, int name, sockptr_t val,
		    unsigned int len)
{
	int number, err;

	if (level == SOL_IP && name == IP_OPTIONS)
		return -ENOPROTOOPT;
	if (level == SOL_IPV6)
		return set_ipv6(sk, name, val, len);
	if (level != SOL_TCP)
		return ip_setsockopt(sk, level, name, val, len);
	if (name == TCP_CONGESTION)
		return set_congestion(sk, val, len);
	if (len < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&number, val, sizeof(number)))
		return -EFAULT;
	lock_sock(sk);
	err = set_tcp_int(sk, name, number);
	release_sock(sk);
	return err;
}

/* Of a connection also what the scale leaves of it; 0 where nobody has set one. */
static int get_window_clamp(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (!xtcp_in_state(sk, TCPF_CLOSE | TCPF_LISTEN))
		return min(x->window_clamp, xtcp_agreed_window_max(&x->agreed));
	return x->window_clamp == XTCP_WINDOW_MAX ? 0 : x->window_clamp;
}

/* Socket locked. */
static int get_tcp_int(struct sock *sk, int name, int *val)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_sysctls *ctl = &x->xn->sysctl;

	switch (name) {
	case TCP_NODELAY:
		*val = !!(x->nonagle & XTCP_NAGLE_OFF);
		return 0;
	case TCP_CORK:
		*val = !!(x->nonagle & XTCP_NAGLE_CORK);
		return 0;
	case TCP_MAXSEG:
		*val = x->snd_mss;
		if (x->user_mss && xtcp_in_state(sk, TCPF_CLOSE | TCPF_LISTEN))
			*val = x->user_mss;
		return 0;
	case TCP_KEEPIDLE:
		*val = x->keepalive_time_s ?: READ_ONCE(ctl->keepalive_time);
		return 0;
	case TCP_KEEPINTVL:
		*val = x->keepalive_intvl_s ?: READ_ONCE(ctl->keepalive_intvl);
		return 0;
	case TCP_KEEPCNT:
		*val = x->keepalive_probes ?: READ_ONCE(ctl->keepalive_probes);
		return 0;
	case TCP_SYNCNT:
		*val = x->syn_retries ?: READ_ONCE(ctl->syn_retries);
		return 0;
	case TCP_LINGER2:
		*val = x->linger2_s ?:
		       READ_ONCE(ctl->fin_timeout);
		return 0;
	case TCP_QUICKACK:
		*val = !x->ack.ping_pong;
		return 0;
	case TCP_USER_TIMEOUT:
		*val = x->user_timeout_ms;
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = get_window_clamp(sk);
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = defer_accept_seconds(x->defer_accept);
		return 0;
	case TCP_NOTSENT_LOWAT:
		*val = READ_ONCE(x->notsent_lowat);
		return 0;
	case TCP_TIMESTAMP:
		*val = xtcp_tsval(&x->ts);
		return 0;
	case TCP_INQ:
		*val = x->recv_inq;
		return 0;
	}
	return -ENOPROTOOPT;
}

static int put_option(const void *from, int size, char __user *val,
		      int __user *len)
{
	int room;

	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	room = min(room, size);
	if (put_user(room, len) || copy_to_user(val, from, room))
		return -EFAULT;
	return 0;
}

/* Of a level that there is not, IPv6 says something else. */
static int get_ipv4(struct sock *sk, int level, int name, char __user *val, int __user *len)
{
	if (level != SOL_IP && sk->sk_family == AF_INET6)
		return -ENOPROTOOPT;
	return ip_getsockopt(sk, level, name, val, len);
}

/**
 * xtcp_getsockopt() - read an option of level SOL_TCP, SOL_IP or SOL_IPV6
 * @sk: the socket
 * @level: SOL_TCP, SOL_IP, SOL_IPV6
 * @name: the option
 * @val: where to write its value
 * @len: room there; set to what was written
 *
 * Process context.  This is struct proto's getsockopt.
 *
 * Return: 0; -ENOPROTOOPT, -EOPNOTSUPP, -EINVAL, -EFAULT
 */
int xtcp_getsockopt(struct sock *sk, int level, int name, char __user *val,
		    int __user *len)
{
	struct tcp_info info;
	int number, err;

	if (level == SOL_IPV6)
		return get_ipv6(sk, name, val, len);
	if (level != SOL_TCP)
		return get_ipv4(sk, level, name, val, len);
	if (name == TCP_CONGESTION) {
		char padded[XTCP_CONG_NAME_MAX] = "";

		lock_sock(sk);
		strscpy(padded, xtcp_sk(sk)->cong.ops->name, sizeof(padded));
		release_sock(sk);
		return put_option(padded, sizeof(padded), val, len);
	}
	lock_sock(sk);
	if (name == TCP_INFO) {
		xtcp_get_info(sk, &info);
		release_sock(sk);
		return put_option(&info, sizeof(info), val, len);
	}
	err = get_tcp_int(sk, name, &number);
	release_sock(sk);
	return err ?: put_option(&number, sizeof(number), val, len);
}
