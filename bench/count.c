// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU's TCG that counts the guest's instructions between marks:
 * how often each block of code ran, and the tree of calls with what each call
 * cost.  It knows addresses only; report.c gives them names.
 *
 * A call writes its return address, and QEMU says where it writes it.  That tells which
 * calls it is nested in and whose stack it is, so neither interrupts nor switches
 * between tasks confuse the tree.
 *
 * Arguments: out=FILE
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "plugin.h"

int qemu_plugin_version = 1;

/* ---- what is counted ---- */

#define WINDOWS		16		/* spans between marks */
#define BLOCKS		0x100000	/* a power of two, more than there ever are */
#define NODES		0x100000
#define STACKS		64
#define STACK_SHIFT	14		/* a task's or an interrupt's stack: 16 KiB */
#define DEPTH		256
#define KERNEL		0x8000000000000000ull

struct block {
	__u64 address;
	__u32 instructions;
	bool returns;
	__u64 runs[WINDOWS];
};

/* A function as called along one path; its costs are without its callees'. */
struct node {
	__u64 address;
	__u32 parent, child, sibling;
	__u64 calls[WINDOWS];
	__u64 cost[WINDOWS];
};

struct frame {
	__u64 slot;		/* where the return address is, */
	__u64 back;		/* and that */
	__u32 node;
};

struct stack {
	__u64 id;
	unsigned int depth;
	struct frame frames[DEPTH];
};

static struct block *blocks[BLOCKS];
static struct node *nodes;
static __u32 used_nodes = 1;
static struct stack stacks[STACKS];
static struct stack *current = &stacks[0];
static struct frame called;		/* by the block before, if it has a slot */
static bool returned;
static int window = -1;
static bool counting;
static const char *out;

static struct block *block_of(__u64 address, __u32 instructions)
{
	__u32 at = (address ^ address >> 20 ^ instructions * 40503u) & (BLOCKS - 1);
	struct block *block;

	for (; (block = blocks[at]); at = (at + 1) & (BLOCKS - 1)) {
		if (block->address == address && block->instructions == instructions)
			return block;
	}
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	block->address = address;
	block->instructions = instructions;
	blocks[at] = block;
	return block;
}

static __u32 child_of(__u32 parent, __u64 address)
{
	__u32 n;

	for (n = nodes[parent].child; n; n = nodes[n].sibling) {
		if (nodes[n].address == address)
			return n;
	}
	if (used_nodes == NODES)
		abort();
	n = used_nodes++;
	nodes[n].address = address;
	nodes[n].parent = parent;
	nodes[n].sibling = nodes[parent].child;
	nodes[parent].child = n;
	return n;
}

static void switch_to(__u64 slot)
{
	__u64 id = slot >> STACK_SHIFT;

	if (current->id == id)
		return;
	for (unsigned int i = 1; i < STACKS; i++) {
		if (!stacks[i].id)
			stacks[i].id = id;
		if (stacks[i].id == id) {
			current = &stacks[i];
			return;
		}
	}
	current = &stacks[0];
	current->id = id;
	current->depth = 0;
}

/* Forget the frames that the stack no longer holds. */
static void unwind(__u64 slot)
{
	while (current->depth && current->frames[current->depth - 1].slot <= slot)
		current->depth--;
}

static __u32 current_node(void)
{
	return current->depth ? current->frames[current->depth - 1].node : 0;
}

static void on_call(unsigned int cpu, __u32 info, __u64 slot, void *data)
{
	(void)cpu;
	(void)info;
	if (!counting)
		return;
	switch_to(slot);
	unwind(slot);
	called = (struct frame){ slot, (unsigned long)data, 0 };
}

/* The call that is returned to waited at that address. */
static void on_return(__u64 address)
{
	for (unsigned int depth = current->depth; depth-- > 0;) {
		if (current->frames[depth].back == address) {
			current->depth = depth;
			return;
		}
	}
}

static void on_block(unsigned int cpu, void *data)
{
	struct block *block = data;

	(void)cpu;
	if (!counting)
		return;
	if (called.slot) {
		called.node = child_of(current_node(), block->address);
		nodes[called.node].calls[window]++;
		if (current->depth < DEPTH)
			current->frames[current->depth++] = called;
		called.slot = 0;
	} else if (returned) {
		on_return(block->address);
	}
	returned = block->returns;
	block->runs[window]++;
	/* A program's own code belongs to no call of the kernel's. */
	if (block->address & KERNEL)
		nodes[current_node()].cost[window] += block->instructions;
}

static void on_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	counting = *(const __u8 *)data == MARK_START && window + 1 < WINDOWS;
	if (counting)
		window++;
	called.slot = 0;
	returned = false;
	for (unsigned int i = 0; i < STACKS; i++)
		stacks[i].depth = 0;
}

/* ---- what QEMU translates ---- */

static void look_for_mark(struct qemu_plugin_insn *insn)
{
	static const __u8 what[] = { MARK_START, MARK_STOP };
	const __u8 *code = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != MARK_LENGTH ||
	    memcmp(code, MARK_BYTES, strlen(MARK_BYTES)))
		return;
	for (unsigned int i = 0; i < sizeof(what); i++) {
		if (code[strlen(MARK_BYTES)] == what[i])
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, NO_REGISTERS,
							       (void *)&what[i]);
	}
}

static bool is_return(const struct qemu_plugin_insn *insn)
{
	const __u8 *code = qemu_plugin_insn_data(insn);

	return code[0] == 0xc3 || code[0] == 0xc2;
}

/* Near calls, behind any prefixes: e8, ff /2. */
static void look_for_call(struct qemu_plugin_insn *insn)
{
	static const __u8 prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0xf2, 0xf3 };
	const __u8 *code = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	__u64 back = qemu_plugin_insn_vaddr(insn) + size;

	while (size > 1 && ((code[0] & 0xf0) == 0x40 ||
			    memchr(prefixes, code[0], sizeof(prefixes)))) {
		code++;
		size--;
	}
	if (code[0] == 0xe8 || (code[0] == 0xff && size > 1 && (code[1] >> 3 & 7) == 2))
		qemu_plugin_register_vcpu_mem_cb(insn, on_call, NO_REGISTERS, ON_WRITE,
						 (void *)(unsigned long)back);
}

static void on_translation(__u64 id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, n - 1);
	__u64 address = qemu_plugin_tb_vaddr(tb);
	struct block *block = block_of(address, n);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, NO_REGISTERS, block);
	if (address & KERNEL) {
		block->returns = is_return(last);
		look_for_call(last);
		return;
	}
	for (size_t i = 0; i < n; i++)
		look_for_mark(qemu_plugin_tb_get_insn(tb, i));
}

/* ---- the end ---- */

static void print_counts(FILE *f, const __u64 *counts)
{
	for (int w = 0; w <= window; w++)
		fprintf(f, " %llu", (unsigned long long)counts[w]);
	fputc('\n', f);
}

static bool any(const __u64 *counts)
{
	for (int w = 0; w <= window; w++) {
		if (counts[w])
			return true;
	}
	return false;
}

/*
 * Lines "block ADDRESS INSTRUCTIONS RUNS..." and "node NUMBER PARENT ADDRESS", each of the
 * latter with "calls CALLS..." and "cost COST..." below; a figure per window.
 */
static void on_exit_write(__u64 id, void *data)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)data;
	if (!f) {
		perror(out);
		return;
	}
	fprintf(f, "windows %d\n", window + 1);
	for (__u32 i = 0; i < BLOCKS; i++) {
		if (!blocks[i] || !any(blocks[i]->runs))
			continue;
		fprintf(f, "block %llx %u", (unsigned long long)blocks[i]->address,
			blocks[i]->instructions);
		print_counts(f, blocks[i]->runs);
	}
	for (__u32 i = 0; i < used_nodes; i++) {
		fprintf(f, "node %u %u %llx\ncalls", i, nodes[i].parent,
			(unsigned long long)nodes[i].address);
		print_counts(f, nodes[i].calls);
		fputs("cost", f);
		print_counts(f, nodes[i].cost);
	}
	if (fclose(f))
		perror(out);
}

int qemu_plugin_install(__u64 id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
	}
	nodes = calloc(NODES, sizeof(*nodes));
	if (!out || !nodes) {
		fputs("count.so: out=FILE is missing, or memory\n", stderr);
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_write, NULL);
	return 0;
}
