/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces that C cannot say. */
	.text
/*
 * int registers_survive(long call, x0, x1, result[2]): 0 if every register but x0 and x1 is what it
 * was, and the flags are; those two are the result.
 */
	.global registers_survive
registers_survive:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	mov	x7, x0
	mov	x9, sp
	stp	x7, x9, [sp, #-48]!
	str	x3, [sp, #16]
	mov	x0, x1
	mov	x1, x2
	.irp	n, 2,3,4,5,6,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	mov	x\n, #\n + 1000
	.endr
	cmp	xzr, xzr		/* Z and C set */
	svc	#0
	stp	x0, x1, [sp, #32]
	mov	x0, #1
	b.ne	1f
	b.cc	1f
	.irp	n, 2,3,4,5,6,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	cmp	x\n, #\n + 1000
	b.ne	1f
	.endr
	ldp	x1, x2, [sp]
	cmp	x1, x7
	b.ne	1f
	sub	x2, x2, #48
	mov	x1, sp
	cmp	x1, x2
	b.ne	1f
	mov	x0, #0
1:	ldr	x3, [sp, #16]
	ldp	x1, x2, [sp, #32]
	stp	x1, x2, [x3]
	add	sp, sp, #48
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

/* One system call with the registers the thread was given, then a stop. */
	.global lone_trap
lone_trap:
	svc	#0
	.global after_lone_trap
after_lone_trap:
	brk	#7

/* Instructions that a thread without privilege must not have, one each. */
	.global bad_undefined, bad_hvc, bad_smc, bad_midr, bad_brk, bad_simd, bad_cntpct, bad_daif
bad_undefined:
	udf	#0
bad_hvc:
	.inst	0xd4000002
bad_smc:
	.inst	0xd4000003
bad_midr:
	mrs	x0, midr_el1
bad_brk:
	brk	#1
bad_simd:
	fmov	d0, x0
bad_cntpct:
	mrs	x0, cntpct_el0
bad_daif:
	msr	daifset, #2

/* An access to a register of the timers each, then a stop; in the order of test_timer.c's names. */
	.macro try_read name
	mrs	x0, \name
	brk	#2
	.endm
	.macro try_write name
	msr	\name, x0
	brk	#2
	.endm
	.global timer_accesses
timer_accesses:
	try_read cntp_ctl_el0
	try_read cntp_cval_el0
	try_read cntp_tval_el0
	try_write cntp_ctl_el0
	try_write cntp_cval_el0
	try_write cntp_tval_el0
	try_read cntv_ctl_el0
	try_read cntv_cval_el0
	try_read cntv_tval_el0
	try_write cntv_ctl_el0
	try_write cntv_cval_el0
	try_write cntv_tval_el0
	try_read cntvct_el0
	try_read cntkctl_el1
	try_write cntkctl_el1
	try_read cntpct_el0
	try_read cntfrq_el0

/*
 * A page that runs by itself in a space that maps nothing but it and a data page: reads the word
 * at x0 and calls the endpoint in x19 with it, again and again.
 */
	.section .text.page, "ax"
	.balign	4096
	.global lone_page
lone_page:
	mov	x20, x0
1:	ldr	x2, [x20]
	mov	x0, x19
	mov	x1, #1			/* label 0, one word */
	mov	x7, #-1			/* Call */
	svc	#0
	b	1b
	.balign	4096
	.section .note.GNU-stack, "", %progbits
