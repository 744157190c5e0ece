// SPDX-License-Identifier: GPL-2.0
/*
 * Where to find what a network namespace has; and its net.xtcp, made from the list in
 * sysctl.h.
 */
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <net/ip.h>
#include "compat.h"
#include "engine/cong_list.h"
#include "engine/memory.h"
#include "netns.h"
#include "sysctl.h"

#define BUFFER_LEAST	2048

unsigned int xtcp_net_id __read_mostly;
EXPORT_SYMBOL_GPL(xtcp_net_id);
struct xtcp_net *xtcp_first_net __read_mostly;	/* whose sysctls bound the others' */

/* net.xtcp.mem: low, pressure, high; refused unless they are in this order. */
static int sysctl_set_mem(XTCP_CTL_TABLE *table, int write, void *buffer,
			  size_t *len, loff_t *pos)
{
	unsigned long mem[ARRAY_SIZE(xtcp_mem)];
	struct ctl_table copy = *table;
	int err, i;

	for (i = 0; i < ARRAY_SIZE(mem); i++)
		mem[i] = READ_ONCE(xtcp_mem[i]);
	copy.data = mem;
	err = proc_doulongvec_minmax(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (mem[0] > mem[1] || mem[1] > mem[2] || mem[2] > LONG_MAX)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(mem); i++)
		WRITE_ONCE(xtcp_mem[i], mem[i]);
	return 0;
}

/* net.xtcp.congestion_control: what new sockets have. */
static int sysctl_set_congestion_control(XTCP_CTL_TABLE *table, int write,
					 void *buffer, size_t *len, loff_t *pos)
{
	const struct xtcp_cong_ops **is = table->data, *ops;
	char name[XTCP_CONG_NAME_MAX];
	struct ctl_table copy = { .data = name, .maxlen = sizeof(name) };
	int err;

	strscpy(name, READ_ONCE(*is)->name, sizeof(name));
	err = proc_dostring(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	ops = xtcp_cong_find(name);
	if (!ops)
		return -ENOENT;
	WRITE_ONCE(*is, ops);
	return 0;
}

/* net.xtcp.allowed_congestion_control: what anybody may choose. */
static int sysctl_set_allowed_congestion_control(XTCP_CTL_TABLE *table, int write,
						 void *buffer, size_t *len,
						 loff_t *pos)
{
	u32 *is = table->data, allowed;
	const struct xtcp_sysctls *ctl =
		container_of(is, struct xtcp_sysctls, allowed_congestion_control);
	char names[XTCP_CONG_NAMES_MAX];
	struct ctl_table copy = { .data = names, .maxlen = sizeof(names) };
	int err;

	allowed = READ_ONCE(*is) | xtcp_cong_bit(READ_ONCE(ctl->congestion_control));
	xtcp_cong_print(allowed, names);
	err = proc_dostring(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (!xtcp_cong_scan(names, &allowed))
		return -ENOENT;
	WRITE_ONCE(*is, allowed);
	return 0;
}

/* net.xtcp.available_congestion_control: all there are; only to be read. */
static int sysctl_set_available_congestion_control(XTCP_CTL_TABLE *table, int write,
						   void *buffer, size_t *len,
						   loff_t *pos)
{
	char names[XTCP_CONG_NAMES_MAX];
	struct ctl_table copy = { .data = names, .maxlen = sizeof(names) };

	xtcp_cong_print(~0u, names);
	return proc_dostring(&copy, write, buffer, len, pos);
}

/* net.xtcp.local_port_range: no port that needs a privilege, and not backwards. */
static int sysctl_set_local_port_range(XTCP_CTL_TABLE *table, int write, void *buffer,
				       size_t *len, loff_t *pos)
{
	static int least = 1, most = U16_MAX;
	u32 *is = table->data;
	const struct xtcp_net *xn = container_of(is, struct xtcp_net,
						 sysctl.local_port_range);
	int range[] = { XTCP_PORT_RANGE_LOW(READ_ONCE(*is)),
			XTCP_PORT_RANGE_HIGH(READ_ONCE(*is)) };
	struct ctl_table copy = { .data = range, .maxlen = sizeof(range),
				  .extra1 = &least, .extra2 = &most };
	int err;

	err = proc_dointvec_minmax(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	if (range[0] > range[1] || inet_port_requires_bind_service(xn->net, range[0]))
		return -EINVAL;
	WRITE_ONCE(*is, XTCP_PORT_RANGE(range[0], range[1]));
	return 0;
}

#define HANDLER(type)						\
	(__same_type(type, u8) ? proc_dou8vec_minmax :		\
	 __same_type(type, u32) ? proc_douintvec_minmax : proc_dointvec_minmax)

/* A field's place in struct xtcp_sysctls; the table is made per namespace. */
#define FIELD_ROW(field, file_mode, handler, ...) {		\
	.procname = #field,					\
	.data = (void *)offsetof(struct xtcp_sysctls, field),	\
	.maxlen = sizeof_field(struct xtcp_sysctls, field),	\
	.mode = file_mode,					\
	.proc_handler = handler,				\
	__VA_ARGS__						\
},
#define BOUNDS(least, most)	.extra1 = (int []){ least }, .extra2 = (int []){ most }

#define NUMBER_ROW(type, name, standard, least, most, bound, doc) \
	FIELD_ROW(name, 0644, HANDLER(type), BOUNDS(least, most))
#define BUFFER_ROW(name, least, standard, most, doc) \
	FIELD_ROW(name, 0644, proc_dointvec_minmax, BOUNDS(BUFFER_LEAST, INT_MAX))
#define WORDS_ROW(type, name, standard, mode, doc) \
	FIELD_ROW(name, mode, sysctl_set_##name)
/* last: every namespace but the first gets a table without it */
#define MACHINE_ROW(name, doc) {				\
	.procname = #name,					\
	.data = xtcp_##name,					\
	.maxlen = sizeof(xtcp_##name),				\
	.mode = 0644,						\
	.proc_handler = sysctl_set_##name,			\
},

static const struct ctl_table xtcp_table[] = {
	XTCP_SYSCTLS(NUMBER_ROW, BUFFER_ROW, WORDS_ROW, MACHINE_ROW)
};

/* Row by row: is it bounded by what the first namespace has? */
#define OWN	false
#define FIRST	true
#define NUMBER_BOUND(type, name, standard, least, most, bound, doc)	\
	(bound) + BUILD_BUG_ON_ZERO((bound) && !__same_type(type, int)),
#define BUFFER_BOUND(name, least, standard, most, doc)	OWN,
#define WORDS_BOUND(type, name, standard, mode, doc)	OWN,
#define MACHINE_BOUND(name, doc)			OWN,

static const bool sysctl_bounded[ARRAY_SIZE(xtcp_table)] = {
	XTCP_SYSCTLS(NUMBER_BOUND, BUFFER_BOUND, WORDS_BOUND, MACHINE_BOUND)
};

#define NUMBER_DEFAULT(type, name, standard, least, most, bound, doc)	\
	.name = standard,
#define BUFFER_DEFAULT(name, least, standard, most, doc)	\
	.name = { least, standard, most },
#define WORDS_DEFAULT(type, name, standard, mode, doc)	.name = standard,
#define MACHINE_DEFAULT(name, doc)

static const struct xtcp_sysctls sysctl_defaults = {
	XTCP_SYSCTLS(NUMBER_DEFAULT, BUFFER_DEFAULT, WORDS_DEFAULT, MACHINE_DEFAULT)
};

/* As the kernel's TCP: no buffer grows beyond a 128th of memory, and a new namespace
 * begins with what the first one has by then.
 */
static void sysctl_size_buffers(struct xtcp_net *xn)
{
	const struct xtcp_sysctls *first = &xtcp_first_net->sysctl;
	int i;

	if (net_eq(xn->net, &init_net)) {
		xn->sysctl.rmem[2] = xtcp_buffer_most(xn->sysctl.rmem[2]);
		xn->sysctl.wmem[2] = xtcp_buffer_most(xn->sysctl.wmem[2]);
		return;
	}
	for (i = 0; i < 3; i++) {
		xn->sysctl.rmem[i] = READ_ONCE(first->rmem[i]);
		xn->sysctl.wmem[i] = READ_ONCE(first->wmem[i]);
	}
}

/* Every namespace but the first begins with no more than the first has, and stays
 * there.
 */
static void sysctl_bound(struct xtcp_net *xn)
{
	u8 *first = (u8 *)&xtcp_first_net->sysctl;
	struct ctl_table *row = xn->sysctl_table;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sysctl_bounded); i++, row++) {
		int *most = (int *)(first + (unsigned long)xtcp_table[i].data);
		int *is = row->data;

		if (!sysctl_bounded[i])
			continue;
		*is = min(*is, READ_ONCE(*most));
		row->extra2 = most;
	}
}

/**
 * xtcp_sysctl_net_init() - make net.xtcp in a namespace, at its defaults
 * @xn: the namespace
 *
 * Process context.  Return: 0 or -ENOMEM
 */
int xtcp_sysctl_net_init(struct xtcp_net *xn)
{
	const struct xtcp_sysctls *first;
	size_t n = ARRAY_SIZE(xtcp_table) - 1, i;

	if (net_eq(xn->net, &init_net))
		xtcp_first_net = xn;
	first = &xtcp_first_net->sysctl;
	xn->sysctl = sysctl_defaults;
	if (xn != xtcp_first_net) {
		xn->sysctl.congestion_control = READ_ONCE(first->congestion_control);
		xn->sysctl.allowed_congestion_control =
			READ_ONCE(first->allowed_congestion_control);
	}
	xn->sysctl.max_tw_buckets =
		READ_ONCE(xn->net->ipv4.tcp_death_row.sysctl_max_tw_buckets);
	sysctl_size_buffers(xn);
	if (!IS_ENABLED(CONFIG_SYSCTL))
		return 0;
	/* one more entry, zeroed: older kernels look for it */
	xn->sysctl_table = kcalloc(n + 2, sizeof(xtcp_table[0]), GFP_KERNEL);
	if (!xn->sysctl_table)
		return -ENOMEM;
	memcpy(xn->sysctl_table, xtcp_table, n * sizeof(xtcp_table[0]));
	for (i = 0; i < n; i++)
		xn->sysctl_table[i].data = (u8 *)&xn->sysctl +
					   (unsigned long)xtcp_table[i].data;
	if (net_eq(xn->net, &init_net))
		xn->sysctl_table[n++] = xtcp_table[i];
	else
		sysctl_bound(xn);
	xn->sysctl_header = xtcp_register_sysctl(xn->net, "net/xtcp",
						 xn->sysctl_table, n);
	if (xn->sysctl_header)
		return 0;
	kfree(xn->sysctl_table);
	return -ENOMEM;
}

/**
 * xtcp_sysctl_net_exit() - undo xtcp_sysctl_net_init()
 * @xn: the namespace
 */
void xtcp_sysctl_net_exit(struct xtcp_net *xn)
{
	if (!xn->sysctl_header)
		return;
	unregister_net_sysctl_table(xn->sysctl_header);
	kfree(xn->sysctl_table);
}
