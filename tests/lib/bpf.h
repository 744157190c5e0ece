/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BPF programs for a cgroup, written by hand: no compiler and no library. And
 * cgroups.
 */
#ifndef TESTS_BPF_H
#define TESTS_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>

#define INSN(c, d, s, o, i) \
	((struct bpf_insn) { .code = (c), .dst_reg = (d), .src_reg = (s), \
			     .off = (o), .imm = (i) })

/* dst = immediate, dst = src, dst += immediate */
#define MOV_IMM(d, i)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOV_REG(d, s)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD_IMM(d, i)	INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
/* 32 bits: dst = *(src + offset), *(dst + offset) = src, = immediate */
#define LOAD(d, s, o)	INSN(BPF_LDX | BPF_MEM | BPF_W, d, s, o, 0)
#define STORE(d, o, s)	INSN(BPF_STX | BPF_MEM | BPF_W, d, s, o, 0)
#define STORE_IMM(d, o, i) INSN(BPF_ST | BPF_MEM | BPF_W, d, 0, o, i)
/* skip @n instructions where dst is (not) the immediate */
#define JUMP_EQ(d, i, n) INSN(BPF_JMP | BPF_JEQ | BPF_K, d, 0, n, i)
#define JUMP_NE(d, i, n) INSN(BPF_JMP | BPF_JNE | BPF_K, d, 0, n, i)
#define CALL(f)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##f)
#define EXIT		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

bool cgroup_enter(const char *name);
void cgroup_leave(const char *name);

int bpf_attach(const char *group, enum bpf_attach_type where,
	       const struct bpf_insn *insns, int n);
void bpf_detach(const char *group, enum bpf_attach_type where);
int bpf_lsm_deny(const char *hook);

#endif
