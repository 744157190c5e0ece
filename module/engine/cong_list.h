/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_LIST_H
#define _XTCP_CONG_LIST_H

#include "cong.h"

/* A connection's, unless net.xtcp.congestion_control or the user says another. */
#define XTCP_CONG_DEFAULT	(&xtcp_cong_cubic)

#define XTCP_CONG_NAMES_MAX	128	/* of all their names, with spaces between */

const struct xtcp_cong_ops *xtcp_cong_find(const char *name);
const struct xtcp_cong_ops *xtcp_cong_by_key(u32 key);
u32 xtcp_cong_bit(const struct xtcp_cong_ops *ops);
void xtcp_cong_print(u32 set, char names[XTCP_CONG_NAMES_MAX]);
bool xtcp_cong_scan(char *names, u32 *set);

#endif /* _XTCP_CONG_LIST_H */
