/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image's first bytes and the loader's entry. Linux's "Booting AArch64 Linux" describes the
 * header: whoever starts it passes the device tree in x0, MMU off, at EL2 for us. Everything is
 * addressed relative to the PC: the loader may find itself anywhere and must be able to say so.
 */
	.section .head, "ax"
	.global loader_start
loader_start:
	b	start
	.long	0
	.quad	0			/* text offset */
	.quad	loader_end - loader_start	/* image_size: the tool writes the file's */
	.quad	0xa			/* little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.global loader_header		/* struct image_header, filled in by the tool */
loader_header:
	.skip	48

start:
	msr	daifset, #15
	mrs	x9, CurrentEL
	cmp	x9, #2 << 2
	b.ne	1f
	mov	x9, #0x33ff		/* CPTR_EL2: RES1, SIMD does not trap (the C library's memset) */
	msr	cptr_el2, x9
1:	adrp	x9, stack_top
	add	x9, x9, :lo12:stack_top
	mov	sp, x9
	mov	x19, x0
	mov	x29, xzr
	mov	x30, xzr
	bl	loader_early		/* checks the level, builds the identity map */

	bl	mmu_on
	mov	x0, x19
	bl	loader_main

/* PSCI starts the other cores here, MMU off; x0: the core's number. */
	.global secondary_start
secondary_start:
	msr	daifset, #15
	mov	x19, x0
	mov	x9, #0x33ff
	msr	cptr_el2, x9
	bl	mmu_on
	adrp	x0, loader_arguments
	add	x0, x0, :lo12:loader_arguments
	mov	x1, x19
	b	kernel_enter

mmu_on:	adrp	x9, mmu_level0
	add	x9, x9, :lo12:mmu_level0
	msr	ttbr0_el2, x9
	mrs	x10, id_aa64mmfr0_el1
	and	x10, x10, #15
	ldr	x9, =0x80843510		/* ABI 7.1: 48-bit addresses, 44-bit physical */
	ldr	x11, =0x80823510	/* 40-bit physical */
	cmp	x10, #4
	csel	x9, x9, x11, hs
	msr	tcr_el2, x9
	ldr	x9, =0xff00000000	/* index 0 device nGnRnE, 4 normal write-back */
	msr	mair_el2, x9
	mov	x9, #1 << 31		/* HCR_EL2.RW */
	msr	hcr_el2, x9
	msr	cntvoff_el2, xzr
	dsb	sy
	tlbi	alle2
	ic	iallu
	dsb	sy
	isb
	ldr	x9, =0x30c51835		/* SCTLR_EL2: RES1, I, C, M */
	msr	sctlr_el2, x9
	isb
	ret

/* x0: the kernel's arguments x0..x5, then its entry. x1: this core's number. */
	.global kernel_enter
kernel_enter:
	mov	x9, x0
	ic	iallu
	dsb	sy
	isb
	msr	tpidr_el1, x1
	ldp	x0, x1, [x9]
	ldp	x2, x3, [x9, #16]
	ldp	x4, x5, [x9, #32]
	ldr	x10, [x9, #48]
	mov	x29, xzr
	mov	x30, xzr
	br	x10

	.section .bss.stack, "aw", %nobits
	.balign	16
	.skip	8192
stack_top:
	.section .note.GNU-stack, "", %progbits
