/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_LIST_H
#define _XTCP_CONG_LIST_H

#include "cong.h"

/* A connection's, unless the user chooses another. */
#define XTCP_CONG_DEFAULT	(&xtcp_cong_reno)

const struct xtcp_cong_ops *xtcp_cong_find(const char *name);

#endif /* _XTCP_CONG_LIST_H */
