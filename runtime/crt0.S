/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of a component: x0 = configuration, x1 = IPC buffer, x2 to x5 = seed, sp set by
 * the root task, memory zero where the file has none. One thread, so its TLS block is
 * the linker's copy itself.
 */
	.section .text.start, "ax"
	.global _start
	.type _start, %function
_start:
	adrp	x9, __tls_pointer
	add	x9, x9, :lo12:__tls_pointer
	msr	tpidr_el0, x9
	mov	x29, xzr
	mov	x30, xzr
	bl	runtime_start
	brk	#0
	.size _start, . - _start
	.section .note.GNU-stack, "", %progbits
