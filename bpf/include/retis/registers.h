/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Registers at a function's entry and return, per architecture (struct pt_regs; for arm64 struct user_pt_regs). */
#ifndef RETIS_REGISTERS_H
#define RETIS_REGISTERS_H

#include <retis/kernel.h>

#if defined(__TARGET_ARCH_x86)

/* arch/x86/include/asm/ptrace.h; arguments per the System V ABI. */
struct retis_registers {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#define RETIS_REGISTER_ARGS 6
#define RETIS_EACH_REGISTER_ARG(X) X(0, di) X(1, si) X(2, dx) X(3, cx) X(4, r8) X(5, r9)
#define retis_first_arg(regs) ((regs)->di)
#define retis_second_arg(regs) ((regs)->si)
#define retis_returned(regs) ((regs)->ax)
/* Where a function that was just called returns to: at the top of the stack. */
#define retis_read_caller(to, regs) bpf_probe_read_kernel(to, sizeof(*(to)), (void *)(regs)->sp)
/* The breakpoint instruction has been executed: the instruction pointer is one byte past the probed address. */
#define RETIS_IP_ADVANCE 1

#elif defined(__TARGET_ARCH_arm64)

/* arch/arm64/include/uapi/asm/ptrace.h; arguments per AAPCS64. */
struct retis_registers {
	u64 regs[31], sp, ip, pstate;
};

#define RETIS_REGISTER_ARGS 8
#define RETIS_EACH_REGISTER_ARG(X)                                                                                     \
	X(0, regs[0]) X(1, regs[1]) X(2, regs[2]) X(3, regs[3]) X(4, regs[4]) X(5, regs[5]) X(6, regs[6]) X(7, regs[7])
#define retis_first_arg(regs) ((regs)->regs[0])
#define retis_second_arg(regs) ((regs)->regs[1])
#define retis_returned(regs) ((regs)->regs[0])
/* Where a function that was just called returns to: the link register. */
#define retis_read_caller(to, regs) (*(to) = (regs)->regs[30])
#define RETIS_IP_ADVANCE 0

#else
#error "unsupported architecture"
#endif

#endif
