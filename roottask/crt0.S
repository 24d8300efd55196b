/* SPDX-License-Identifier: BSD-2-Clause */
/* The first user instruction: x0 = boot info, everything else 0, so the stack is our own. */
	.section .text.start, "ax"
	.global _start
	.type _start, %function
_start:
	adrp	x9, stack_top
	add	x9, x9, :lo12:stack_top
	mov	sp, x9
	adrp	x9, __tls_pointer
	add	x9, x9, :lo12:__tls_pointer
	msr	tpidr_el0, x9
	mov	x29, xzr
	mov	x30, xzr
	bl	roottask_main
	brk	#0
	.size _start, . - _start

	.bss
	.balign 16
	.space	16384
stack_top:
	.section .note.GNU-stack, "", %progbits
