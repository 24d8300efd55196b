/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into the kernel and out of it. While a user thread runs, SP_EL2 points at the context in its
 * TCB (16-byte aligned), so that saving needs no scratch register; inside the kernel SP_EL2 is the
 * core's kernel stack.
 *
 * SErrors: an entry completes what the interrupted thread's accesses started (DSB) and looks
 * whether an SError is pending: then it is that thread's. After that they are unmasked, and one that
 * comes belongs to the kernel. docs/hardware.md.
 */
#include <arch/memory.h>
#include <kernel/context.h>

#ifndef KERNEL_CORES
#define KERNEL_CORES	1
#endif
#define CORE_SIZE_BITS	13		/* kernel/core.h */
#define EC_SHIFT	26
#define EC_SVC64	0x15
#define ISR_A_BIT	8
#define DAIF_A		4		/* immediate of DAIFSet, DAIFClr */
#define SPSR_A		0x100
#define CURRENT_SERROR	7		/* vector */

/* Behind an instruction that always leaves: a core that runs on straight ahead finds this. */
	.macro speculation_barrier
	dsb	nsh
	isb
	.endm

	.section .text.start, "ax"
	.global _start
/* x0..x5 as ABI 7.1 says; MMU on with the loader's tables. */
_start:
	msr	daifset, #15
	msr	spsel, #1
	adr	x9, _start
	at	s1e2r, x9			/* where did the loader put us? */
	isb
	mrs	x10, par_el1
	and	x6, x10, #0x0000fffffffff000
#if KERNEL_CORES > 1
	mrs	x11, tpidr_el1			/* the loader's number for this core */
	cmp	x11, #KERNEL_CORES
	b.hs	park
	ldr	x12, =cores
	add	x12, x12, x11, lsl #CORE_SIZE_BITS
	msr	tpidr_el2, x12
	ldr	x9, =KERNEL_STACK_TOP
	mov	x10, #KERNEL_STACK_STEP
	madd	x9, x11, x10, x9
	str	x9, [x12]			/* struct core's stack */
	ldr	x9, =kernel_stacks + KERNEL_STACK_SIZE
	mov	x10, #KERNEL_STACK_SIZE
	madd	x9, x11, x10, x9
	mov	sp, x9				/* until the kernel's own tables map the other address */
	cbnz	x11, 1f
#else
	ldr	x9, =kernel_stacks + KERNEL_STACK_SIZE
	mov	sp, x9
#endif
	stp	x4, x5, [sp, #-16]!
	stp	x2, x3, [sp, #-16]!
	stp	x0, x1, [sp, #-16]!
	mov	x0, sp
	mov	x1, x6
	ldr	x9, =vectors
	msr	vbar_el2, x9
	isb
	mov	x29, xzr
	mov	x30, xzr
	bl	boot_start
#if KERNEL_CORES > 1
	b	2f
1:	ldr	x9, =vectors
	msr	vbar_el2, x9
	isb
	mov	x29, xzr
	mov	x30, xzr
	bl	boot_start_core
2:	mov	x19, x0
	bl	core_leave
	mov	x0, x19
	b	entry_exit
#endif
	/* falls through with x0 = context of the first thread */

	.global entry_exit
entry_exit:
	mov	sp, x0
/* SP = the context to load. */
exit:
	ldp	x21, x22, [sp, #CONTEXT_SP]	/* sp, next ip */
	ldr	x23, [sp, #CONTEXT_SPSR]
	ldp	x24, x25, [sp, #CONTEXT_TPIDR]
	msr	sp_el0, x21
	msr	elr_el2, x22
	msr	spsr_el2, x23
	msr	tpidr_el0, x24
	msr	tpidrro_el0, x25
	ldp	x0, x1, [sp, #CONTEXT_X(0)]
	ldp	x2, x3, [sp, #CONTEXT_X(2)]
	ldp	x4, x5, [sp, #CONTEXT_X(4)]
	ldp	x6, x7, [sp, #CONTEXT_X(6)]
	ldp	x8, x9, [sp, #CONTEXT_X(8)]
	ldp	x10, x11, [sp, #CONTEXT_X(10)]
	ldp	x12, x13, [sp, #CONTEXT_X(12)]
	ldp	x14, x15, [sp, #CONTEXT_X(14)]
	ldp	x16, x17, [sp, #CONTEXT_X(16)]
	ldp	x18, x19, [sp, #CONTEXT_X(18)]
	ldp	x20, x21, [sp, #CONTEXT_X(20)]
	ldp	x22, x23, [sp, #CONTEXT_X(22)]
	ldp	x24, x25, [sp, #CONTEXT_X(24)]
	ldp	x26, x27, [sp, #CONTEXT_X(26)]
	ldp	x28, x29, [sp, #CONTEXT_X(28)]
	ldr	x30, [sp, #CONTEXT_X(30)]
	eret
	speculation_barrier

	.macro kernel_stack
#if KERNEL_CORES > 1
	mrs	x9, tpidr_el2
	ldr	x9, [x9]
#else
	ldr	x9, =KERNEL_STACK_TOP
#endif
	mov	sp, x9
	.endm

	.macro save_registers
	stp	x0, x1, [sp, #CONTEXT_X(0)]
	stp	x2, x3, [sp, #CONTEXT_X(2)]
	stp	x4, x5, [sp, #CONTEXT_X(4)]
	stp	x6, x7, [sp, #CONTEXT_X(6)]
	stp	x8, x9, [sp, #CONTEXT_X(8)]
	stp	x10, x11, [sp, #CONTEXT_X(10)]
	stp	x12, x13, [sp, #CONTEXT_X(12)]
	stp	x14, x15, [sp, #CONTEXT_X(14)]
	stp	x16, x17, [sp, #CONTEXT_X(16)]
	stp	x18, x19, [sp, #CONTEXT_X(18)]
	stp	x20, x21, [sp, #CONTEXT_X(20)]
	stp	x22, x23, [sp, #CONTEXT_X(22)]
	stp	x24, x25, [sp, #CONTEXT_X(24)]
	stp	x26, x27, [sp, #CONTEXT_X(26)]
	stp	x28, x29, [sp, #CONTEXT_X(28)]
	str	x30, [sp, #CONTEXT_X(30)]
	mrs	x22, elr_el2
	.endm

/* The rest, with x22 = ELR and the address of the instruction that trapped; then the kernel's stack. */
	.macro save_state fault_ip
	mrs	x21, sp_el0
	mrs	x23, spsr_el2
	mrs	x25, tpidr_el0
	mrs	x26, tpidrro_el0
	stp	x21, x22, [sp, #CONTEXT_SP]
	stp	x23, \fault_ip, [sp, #CONTEXT_SPSR]
	stp	x25, x26, [sp, #CONTEXT_TPIDR]
	kernel_stack
	.endm

/* Goes to the label if an SError of the interrupted thread is pending, else they are the kernel's. */
	.macro claim_serrors theirs
	dsb	sy
	mrs	x9, isr_el1
	tbnz	x9, #ISR_A_BIT, \theirs
	msr	daifclr, #DAIF_A
	.endm

/* The lock is given back; x0 stays. */
	.macro unlock
#if KERNEL_CORES > 1
	mov	x19, x0
	bl	core_leave
	mov	x0, x19
#endif
	.endm

/* x0 = the TCB to resume */
	.macro leave
	unlock
	add	sp, x0, #160			/* TCB_CONTEXT_OFFSET */
	b	exit
	.endm

	.text
lower_sync:
	save_registers
	claim_serrors sync_serror
	mrs	x19, esr_el2
	lsr	x9, x19, #EC_SHIFT
	sub	x9, x9, #EC_SVC64		/* SVC64, HVC64: a system call */
	cmp	x9, #1
	b.hi	1f
	sub	x24, x22, #4
	save_state x24
	mov	x0, x7
	bl	kernel_syscall
	leave
1:	save_state x22
	mov	x0, x19
	bl	exception_sync
	leave

/* Also FIQs: the controller's interrupts are all of one kind, and asking it for one is harmless. */
lower_irq:
	save_registers
	claim_serrors irq_serror
	save_state x22
	bl	exception_irq
	leave

/* Taken from the thread. */
lower_serror:
	save_registers
	save_state x22
	mrs	x0, esr_el2
	b	1f

/* An SError was pending when something else was taken: that happens again after the SError. */
sync_serror:
	mrs	x9, esr_el2
	lsr	x9, x9, #EC_SHIFT
	sub	x9, x9, #EC_SVC64
	cmp	x9, #1
	b.hi	irq_serror
	sub	x22, x22, #4			/* a system call is issued again */
irq_serror:
	save_state x22
	bl	serror_take
1:	bl	exception_serror
	leave

/*
 * Takes a pending SError of others: x0 = its ESR, or 0. The handler of this level knows the window
 * by its address. Changes x9 and x10, too.
 */
	.global serror_take
serror_take:
	mov	x0, xzr
serror_window:
	msr	daifclr, #DAIF_A
	isb
	msr	daifset, #DAIF_A
	ret
	speculation_barrier

current_serror:
	mrs	x9, elr_el2
	adr	x10, serror_window
	sub	x9, x9, x10
	cmp	x9, #8
	b.hi	1f
	mrs	x0, esr_el2
	mrs	x9, spsr_el2
	orr	x9, x9, #SPSR_A			/* one is enough */
	msr	spsr_el2, x9
	eret
	speculation_barrier
1:	mov	x18, #CURRENT_SERROR

/*
 * x18: the vector of an exception that the kernel itself caused. Its stack may be the cause, so
 * another one is used, by the first that comes here: not by other cores, nor once more by this one.
 */
fatal:
	msr	daifset, #15
	ldr	x9, =emergency_used
	mov	w10, #1
1:	ldaxr	w11, [x9]
	stxr	w12, w10, [x9]
	cbnz	w12, 1b
	cbnz	w11, park
	ldr	x9, =emergency_stack_top
	mov	sp, x9
	mov	x0, x18
	bl	exception_fatal
park:	wfi
	b	park

	.macro vector_fatal number
	.balign 128
	mov	x18, \number
	b	fatal
	.endm

	.macro vector target
	.balign 128
	b	\target
	.endm

/* The thread may have trained what predicts our branches: the firmware forgets it first. */
	.macro vector_firmware target
	.balign 128
	stp	x0, x1, [sp, #CONTEXT_X(0)]
	stp	x2, x3, [sp, #CONTEXT_X(2)]
	adrp	x0, firmware_workaround
	ldr	w0, [x0, :lo12:firmware_workaround]
	smc	#0				/* keeps x4 and up (SMCCC 1.1) */
	ldp	x2, x3, [sp, #CONTEXT_X(2)]
	ldp	x0, x1, [sp, #CONTEXT_X(0)]
	b	\target
	.endm

	.macro vectors_own
	vector_fatal 0
	vector_fatal 1
	vector_fatal 2
	vector_fatal 3
	vector_fatal 4
	vector_fatal 5
	vector_fatal 6
	vector	current_serror
	.endm

	.section .vectors, "ax"
	.balign 2048
	.global vectors
vectors:
	vectors_own
	.rept	2				/* AArch64; AArch32: a guest's 32-bit programs */
	vector	lower_sync
	vector	lower_irq
	vector	lower_irq
	vector	lower_serror
	.endr

/* Of cores that need the firmware's help. */
	.balign 2048
	.global vectors_firmware
vectors_firmware:
	vectors_own
	.rept	2
	vector_firmware lower_sync
	vector_firmware lower_irq
	vector_firmware lower_irq
	vector_firmware lower_serror
	.endr

	.section .stack, "aw", %nobits
	.balign KERNEL_STACK_SIZE
	.global kernel_stacks
kernel_stacks:
	.skip	KERNEL_STACK_SIZE * KERNEL_CORES
	.skip	1024
emergency_stack_top:
emergency_used:
	.skip	4

/* SIMD state: q0..q31, FPSR, FPCR. Enabled in CPTR_EL2 by the caller. */
	.text
	.arch_extension fp
	.arch_extension simd
	.macro fpu_all op
	\op	q0, q1, [x0], #32
	\op	q2, q3, [x0], #32
	\op	q4, q5, [x0], #32
	\op	q6, q7, [x0], #32
	\op	q8, q9, [x0], #32
	\op	q10, q11, [x0], #32
	\op	q12, q13, [x0], #32
	\op	q14, q15, [x0], #32
	\op	q16, q17, [x0], #32
	\op	q18, q19, [x0], #32
	\op	q20, q21, [x0], #32
	\op	q22, q23, [x0], #32
	\op	q24, q25, [x0], #32
	\op	q26, q27, [x0], #32
	\op	q28, q29, [x0], #32
	\op	q30, q31, [x0], #32
	.endm

	.global fpu_save
fpu_save:
	fpu_all	stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	stp	x1, x2, [x0]
	ret
	speculation_barrier

	.global fpu_load
fpu_load:
	fpu_all	ldp
	ldp	x1, x2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
	speculation_barrier
