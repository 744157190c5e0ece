/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_DIAG_MESSAGE_H
#define _XTCP_DIAG_MESSAGE_H

#include <linux/inet_diag.h>
#include "../observe/entries.h"

size_t xtcp_diag_size(void);
int xtcp_diag_put(struct sk_buff *skb, struct netlink_callback *cb,
		  const struct inet_diag_req_v2 *req, const struct xtcp_entry *e,
		  u16 flags, bool net_admin);

#endif /* _XTCP_DIAG_MESSAGE_H */
