/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OFFLOAD_H
#define _XTCP_OFFLOAD_H

#include <linux/skbuff.h>

/* The native wire's GSO type.  No TSO bit: a NIC would take the segments for
 * TCP's.  SCTP's is known to software devices alone (loopback, veth), which pass
 * such an skb on whole; before a NIC the kernel comes to xtcp_gso_segment().
 */
#define XTCP_GSO_TYPE	SKB_GSO_SCTP

int xtcp_offload_init(void);
void xtcp_offload_exit(void);

#endif /* _XTCP_OFFLOAD_H */
