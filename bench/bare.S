/* SPDX-License-Identifier: BSD-2-Clause */
/* arm64 Image header (Linux Documentation/arch/arm64/booting.rst), stack, vectors. */
	.section .head, "ax"
	.global	_start
_start:
	b	1f
	.long	0
	.quad	0			/* text_offset */
	.quad	image_end - _start	/* image_size */
	.quad	2			/* little-endian, 4 KiB pages */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0
1:	ldr	x1, =stack_top
	mov	sp, x1
	ldr	x1, =vectors
	msr	vbar_el1, x1
	isb
	bl	bare_main
2:	wfi
	b	2b

	.text
interrupt:
	stp	x0, x1, [sp, #-176]!
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	bl	bare_interrupt
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x30, [sp, #144]
	ldp	x0, x1, [sp], #176
	eret

	.balign	2048
vectors:
	.rept	5
	b	.
	.balign	128
	.endr
	b	interrupt		/* IRQ of the current level, its own stack */
	.balign	128
	.rept	10
	b	.
	.balign	128
	.endr
