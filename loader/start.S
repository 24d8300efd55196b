/* SPDX-License-Identifier: BSD-2-Clause */
/* The image's first bytes, and the way into C and into the kernel. Linux' Documentation: arm64 booting. */
	.section .text.start, "ax"
	.global _start
_start:
	b	entry
	.long	0
	.quad	0			/* text_offset */
	.quad	0			/* image_size: patched by the tool */
	.quad	0xa			/* little-endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0
	.global image_header
image_header:				/* offset 64: struct image_header, filled by the tool */
	.skip	48

entry:
	msr	daifset, #15
	mrs	x1, currentel
	cmp	x1, #8
	b.ne	wrong_level
	adrp	x1, stack_top
	add	x1, x1, :lo12:stack_top
	mov	sp, x1
	mov	x29, xzr
	mov	x30, xzr
	adrp	x1, _start
	add	x1, x1, :lo12:_start
	bl	loader_main
halt:	wfi
	b	halt

wrong_level:
	adrp	x1, stack_top
	add	x1, x1, :lo12:stack_top
	mov	sp, x1
	bl	loader_wrong_level
	b	halt

/*
 * enter_kernel(struct entry *): x0..x5 for the kernel, its virtual entry, the level 0 table. Turns
 * the MMU on with the values of ABI 7.1; this code goes on in its identity mapping.
 */
	.global enter_kernel
enter_kernel:
	ldr	x7, [x0, #48]
	ldr	x8, [x0, #56]
	ldp	x9, x10, [x0]
	ldp	x11, x12, [x0, #16]
	ldp	x13, x14, [x0, #32]
	ldr	x1, =0x000000ff00000000	/* MAIR: 0 device nGnRnE, 4 normal write-back */
	msr	mair_el2, x1
	ldr	x1, =0x80843510
	msr	tcr_el2, x1
	msr	ttbr0_el2, x8
	msr	cntvoff_el2, xzr
	dsb	sy
	tlbi	alle2
	tlbi	alle1
	ic	iallu
	dsb	sy
	isb
	ldr	x1, =0x30c51835		/* RES1, M, C, I, SA */
	msr	sctlr_el2, x1
	isb
	mov	x0, x9
	mov	x1, x10
	mov	x2, x11
	mov	x3, x12
	mov	x4, x13
	mov	x5, x14
	msr	tpidr_el1, xzr
	br	x7

	.bss
	.balign 16
	.skip	8192
stack_top:
