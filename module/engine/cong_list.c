// SPDX-License-Identifier: GPL-2.0
/*
 * Which congestion controls there are.  A new one is a file with its struct
 * xtcp_cong_ops, and a row here.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "cong_list.h"

static const struct xtcp_cong_ops *const controls[] = {
	&xtcp_cong_cubic,
	&xtcp_cong_reno,
};

/**
 * xtcp_cong_find() - the congestion control of a name
 * @name: as TCP_CONGESTION gives it
 *
 * Return: its operations, or NULL
 */
const struct xtcp_cong_ops *xtcp_cong_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(controls); i++)
		if (!strcmp(controls[i]->name, name))
			return controls[i];
	return NULL;
}
