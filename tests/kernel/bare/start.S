/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of the bare root task (x0 = boot information), of its threads, and the guest's code. */
	.section .text.start, "ax"
	.global _start
_start:
	adrp	x9, root_stack_top
	add	x9, x9, :lo12:root_stack_top
	mov	sp, x9
	mov	x29, xzr
	mov	x30, xzr
	bl	root_main
	brk	#0

	.text
	.balign	64
	.global spaces_probe
spaces_probe:
	ldr	x2, [x1]
	str	x0, [x1]
	brk	#0

	.section .bss, "aw", %nobits
	.balign	16
	.skip	16384
root_stack_top:

/*
 * The guest: EL1, MMU off, in an address space of its own at 0x2000. x20 counts what it got to.
 * It takes one virtual interrupt (vectors at 0x2800) and one of its virtual timer.
 */
	.section .guest, "ax"
	.balign	4096
	.global guest_code, guest_code_end
guest_code:
	mov	x20, #1
	mrs	x21, mpidr_el1
	mrs	x22, currentel
	mov	x7, #77
	mov	x0, #5
	hvc	#0			/* unknown system call: the VMM adds 4 to the address */
	mov	x20, #2
	mov	x7, #-9
	mov	x0, #33
	hvc	#0			/* DebugPutChar: refused, unknown as well */
	mov	x20, #3
	mov	x7, #-3			/* Send */
	mov	x0, #1			/* its notification */
	mov	x1, #0
	hvc	#0
	mov	x20, #4
	wfi				/* VCPUFault: the VMM injects 40 and adds 4 */
	mov	x9, #0x2800
	msr	vbar_el1, x9
	movz	x10, #0x0804, lsl #16	/* GICV at its own address */
	mov	w11, #0xff
	str	w11, [x10, #4]		/* PMR */
	mov	w11, #1
	str	w11, [x10]		/* CTLR */
	msr	daifclr, #2
1:	cbz	x23, 1b			/* the handler sets it */
	mov	x20, #5
	movz	x9, #0x3000
	str	x20, [x9]		/* not mapped: VMFault at 0x3000, the VMM maps it */
	mov	x20, #6
	mrs	x9, cntvct_el0
	add	x9, x9, #1000
	msr	cntv_cval_el0, x9
	mov	x9, #1
	msr	cntv_ctl_el0, x9
	isb
2:	b	2b			/* VPPIEvent ends it */
	.balign	2048
	/* vectors: VBAR points here */
	.skip	0x280
	ldr	w24, [x10, #12]		/* IAR */
	str	w24, [x10, #16]		/* EOIR: maintenance event */
	mov	x23, #1
	eret
guest_code_end:
