/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_WAIT_H
#define _XTCP_WAIT_H

#include "../engine/connection.h"

/* Has another thread disconnected the socket while this one slept?  Then this
 * thread's call is over, even if there is a new connection by now.
 */
static inline bool xtcp_disconnected(const struct sock *sk, u32 incarnation)
{
	return unlikely(xtcp_sk(sk)->incarnation != incarnation);
}

#endif /* _XTCP_WAIT_H */
