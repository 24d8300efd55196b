/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of every thread of a component that has generated stubs; sp set by the root task.
 *
 * The first thread: x0 = configuration, x1 = IPC buffer; its TLS block is the linker's copy. The
 * others: x0 = the thread's number, x1 = slot of the notification that starts it. It is signalled
 * when the first thread has made the TLS block, which lies above the stack: the thread pointer is
 * also where the stack begins.
 */
	.section .text.start, "ax"
	.global _start
	.type _start, %function
_start:
	mov	x29, xzr
	mov	x30, xzr
	cmp	x0, #4096
	b.lo	1f
	adrp	x9, __tls_pointer
	add	x9, x9, :lo12:__tls_pointer
	msr	tpidr_el0, x9
	bl	component_start
	brk	#0
1:	mov	x19, x0
	mov	x0, x1
	mov	x1, xzr
	mov	x7, #-5			/* Recv */
	svc	#0
	adrp	x9, component_thread_pointer
	add	x9, x9, :lo12:component_thread_pointer
	ldr	x9, [x9, x19, lsl #3]
	msr	tpidr_el0, x9
	and	x10, x9, #-16
	mov	sp, x10
	mov	x0, x19
	bl	component_thread
	brk	#0
	.size _start, . - _start
	.section .note.GNU-stack, "", %progbits
