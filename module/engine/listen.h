/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_LISTEN_H
#define _XTCP_LISTEN_H

#include "fsm.h"

struct sock;

int xtcp_start_listening(struct sock *sk);
void xtcp_stop_listening(struct sock *sk, enum xtcp_event event);

#endif /* _XTCP_LISTEN_H */
