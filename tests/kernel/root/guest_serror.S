/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests of hardware.c, in one page that is mapped at GUEST_CODE, at EL1 with the MMU off. Each says
 * in x0 what it got to, by an unknown system call.
 */
	.macro tell what
	mov	x0, #\what
	mov	x7, #100
	hvc	#0
	.endm

	.section .rodata.guest, "a"
	.balign	4096
	.global serror_guest, serror_masked, serror_open
serror_guest:

/* SErrors stay masked for a while. */
serror_masked:
	adr	x9, serror_vectors
	msr	vbar_el1, x9
	tell	1
	msr	daifclr, #4
	isb
	tell	2

/* SErrors are welcome from the start. */
serror_open:
	adr	x9, serror_vectors
	msr	vbar_el1, x9
	msr	daifclr, #4
	isb
	tell	3

	.balign	2048
serror_vectors:
	.skip	0x380			/* SError, from EL1 */
	mrs	x1, esr_el1
	tell	4
	.balign	4096
