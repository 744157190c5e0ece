// SPDX-License-Identifier: GPL-2.0
/*
 * Which congestion controls there are.  A new one is a file with its struct
 * xtcp_cong_ops, and a row here.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/jhash.h>
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

/* The number by which a route knows a name: the kernel's TCP makes it. */
static u32 key_of(const char *name)
{
	char padded[XTCP_CONG_NAME_MAX] = "";

	strscpy(padded, name, sizeof(padded));
	return jhash(padded, sizeof(padded), strlen(padded));
}

/**
 * xtcp_cong_by_key() - the congestion control that a route asks for
 * @key: its attribute congctl, RTAX_CC_ALGO; 0: none
 *
 * Return: its operations, or NULL where we have none of that name
 */
const struct xtcp_cong_ops *xtcp_cong_by_key(u32 key)
{
	size_t i;

	if (likely(!key))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(controls); i++)
		if (key_of(controls[i]->name) == key)
			return controls[i];
	return NULL;
}

/**
 * xtcp_cong_bit() - a congestion control as a set
 * @ops: its operations
 *
 * Return: the set that has just this one
 */
u32 xtcp_cong_bit(const struct xtcp_cong_ops *ops)
{
	size_t i;

	BUILD_BUG_ON(ARRAY_SIZE(controls) > 32);
	for (i = 0; controls[i] != ops; i++)
		;
	return BIT(i);
}

/**
 * xtcp_cong_print() - the names of a set
 * @set: the set
 * @names: where to write them
 */
void xtcp_cong_print(u32 set, char names[XTCP_CONG_NAMES_MAX])
{
	size_t i, n = 0;

	BUILD_BUG_ON(ARRAY_SIZE(controls) * XTCP_CONG_NAME_MAX > XTCP_CONG_NAMES_MAX);
	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(controls); i++)
		if (set & BIT(i))
			n += scnprintf(names + n, XTCP_CONG_NAMES_MAX - n, "%s%s",
				       n ? " " : "", controls[i]->name);
}

/**
 * xtcp_cong_scan() - the set of some names
 * @names: the names, with spaces between; used up
 * @set: where to put it
 *
 * Return: false, and no set, if one of them is unknown
 */
bool xtcp_cong_scan(char *names, u32 *set)
{
	const struct xtcp_cong_ops *ops;
	u32 found = 0;
	char *name;

	while ((name = strsep(&names, " "))) {
		if (!*name)
			continue;
		ops = xtcp_cong_find(name);
		if (!ops)
			return false;
		found |= xtcp_cong_bit(ops);
	}
	*set = found;
	return true;
}
