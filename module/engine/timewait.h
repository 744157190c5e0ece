/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TIMEWAIT_H
#define _XTCP_TIMEWAIT_H

#include "connection.h"

int xtcp_timewait_init(void);
void xtcp_timewait_exit(void);
void xtcp_time_wait(struct sock *sk, enum xtcp_event event);
bool xtcp_timewait_cede(struct xtcp_timewait *tw, u32 seq);
bool xtcp_timewait_segment(struct xtcp_timewait *tw, struct sk_buff *skb);
bool xtcp_timewait_get(struct xtcp_timewait *tw);
void xtcp_timewait_put(struct xtcp_timewait *tw);
void xtcp_timewait_kill(struct xtcp_timewait *tw, enum xtcp_event event);
bool xtcp_timewait_fire(struct xtcp_timewait *tw);

#endif /* _XTCP_TIMEWAIT_H */
