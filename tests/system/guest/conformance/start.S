/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of a conformance guest at EL1 with the MMU off: an arm64 Image header, stacks, vectors. */
	.equ	STACK, 0x4000		/* of each CPU */

	.section .text.start, "ax"
	.globl	_start
_start:
	b	1f
	.long	0
	.quad	0			/* text_offset */
	.quad	_end - _start		/* image_size */
	.quad	0xa			/* flags: little-endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0
1:	mov	x1, #0

/* A further CPU starts here; CPU_ON's context is its number, for the first one it is in x1. */
enter:	adr	x2, stacks
	add	x3, x1, #1
	mov	x4, #STACK
	madd	x2, x3, x4, x2
	mov	sp, x2
	adr	x2, vectors
	msr	vbar_el1, x2
	mov	x2, #3 << 20		/* SIMD registers do not trap */
	msr	cpacr_el1, x2
	isb
	mov	x0, x1
	bl	guest_enter
	b	.

	.globl	secondary_start
secondary_start:
	mov	x1, x0
	b	enter

	/* struct frame of guest.h */
	.macro	vector kind
	.balign	128
	sub	sp, sp, #288
	stp	x0, x1, [sp]
	mov	x0, #\kind
	b	exception
	.endm

	.balign	2048
vectors:
	.irp	kind, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\kind
	.endr

exception:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el1
	stp	x30, x2, [sp, #240]
	mrs	x2, spsr_el1
	mrs	x3, esr_el1
	stp	x2, x3, [sp, #256]
	mrs	x2, far_el1
	str	x2, [sp, #272]
	mov	x1, sp
	bl	guest_exception
	ldp	x30, x2, [sp, #240]
	msr	elr_el1, x2
	ldr	x2, [sp, #256]
	msr	spsr_el1, x2
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldp	x0, x1, [sp], #288
	eret

	.globl	smc_call
smc_call:
	smc	#0
	ret

	.bss
	.balign	16
stacks:	.skip	8 * STACK
