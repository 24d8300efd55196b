/* SPDX-License-Identifier: BSD-2-Clause */
/* The first thread: x0 = boot info, nothing else. */
	.section .text.start, "ax"
	.global _start
_start:
	/* entry_rest: all bits of what else is in registers, which nothing should be. */
	.irp	n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	orr	x1, x1, x\n
	.endr
	mov	x2, sp
	orr	x1, x1, x2
	mrs	x2, tpidr_el0
	orr	x1, x1, x2
	mrs	x2, tpidrro_el0
	orr	x1, x1, x2
	adrp	x9, entry_rest
	str	x1, [x9, :lo12:entry_rest]
	adrp	x9, stack_top
	add	x9, x9, :lo12:stack_top
	mov	sp, x9
	adrp	x9, __tls_pointer
	add	x9, x9, :lo12:__tls_pointer
	msr	tpidr_el0, x9
	mov	x29, xzr
	mov	x30, xzr
	bl	test_main
	brk	#0

	.bss
	.balign	16
	.global entry_rest
entry_rest:
	.space	16
	.space	32768
stack_top:
	.section .note.GNU-stack, "", %progbits
