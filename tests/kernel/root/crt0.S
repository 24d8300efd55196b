/* SPDX-License-Identifier: BSD-2-Clause */
/* The first thread: x0 = boot info, nothing else. */
	.section .text.start, "ax"
	.global _start
_start:
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
	.space	32768
stack_top:
	.section .note.GNU-stack, "", %progbits
