/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread's registers are in memory. The entry code saves into it and the exit code loads
 * from it, so the offsets are macros that assembly can use.
 */
#ifndef KERNEL_CONTEXT_H
#define KERNEL_CONTEXT_H

#define CONTEXT_X(n)		((n) * 8)	/* x0..x30 */
#define CONTEXT_SP		248		/* SP_EL0 */
#define CONTEXT_NEXT_IP		256		/* ELR_EL2 to return to */
#define CONTEXT_SPSR		264
#define CONTEXT_FAULT_IP	272		/* the instruction that trapped */
#define CONTEXT_TPIDR		280		/* TPIDR_EL0 */
#define CONTEXT_TPIDRRO		288		/* TPIDRRO_EL0 */
#define CONTEXT_SIZE		296

#define FPU_CONTEXT_CONTROL	512		/* FPSR, FPCR after q0..q31 */
#define FPU_CONTEXT_SIZE	528

#ifndef __ASSEMBLER__

#include <kernel/types.h>

/*
 * On every entry: next_ip = ELR. fault_ip = the address of the trap instruction for svc and hvc
 * (ELR - 4), else ELR. On every exit ELR = next_ip; the scheduler sets next_ip = fault_ip for a
 * thread that must restart.
 */
struct context {
	u64 x[31];
	u64 sp;
	u64 next_ip;
	u64 spsr;
	u64 fault_ip;
	u64 tpidr;
	u64 tpidrro;
};

_Static_assert(offsetof(struct context, sp) == CONTEXT_SP, "entry code");
_Static_assert(offsetof(struct context, next_ip) == CONTEXT_NEXT_IP, "entry code");
_Static_assert(offsetof(struct context, spsr) == CONTEXT_SPSR, "entry code");
_Static_assert(offsetof(struct context, fault_ip) == CONTEXT_FAULT_IP, "entry code");
_Static_assert(offsetof(struct context, tpidr) == CONTEXT_TPIDR, "entry code");
_Static_assert(offsetof(struct context, tpidrro) == CONTEXT_TPIDRRO, "entry code");
_Static_assert(sizeof(struct context) == CONTEXT_SIZE, "entry code");

struct fpu_context {
	_Alignas(16) u64 q[64];
	u64 fpsr;
	u64 fpcr;
};

_Static_assert(sizeof(struct fpu_context) == FPU_CONTEXT_SIZE, "entry code");

#endif /* __ASSEMBLER__ */
#endif
