/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the vCPU tests run at EL1, in one page that is mapped at GUEST_CODE with the MMU off. The
 * VMM starts it at the offset of an entry.
 */
	.section .rodata.guest, "a"
	.balign	4096
	.global guest_start, guest_mmio, guest_irq, guest_timer, guest_timer_poll, guest_signal
	.global guest_counter
	.global guest_arm32, guest_spin, guest_put_char, guest_fp
	.global guest_short, guest_ticks, guest_loop_load, guest_loop_wfi, guest_loop_signal
guest_start:

/* x0: an address nobody has. Load, store, wfi, smc, unknown hvc, in turn; each is a fault. */
guest_mmio:
	ldr	w1, [x0]
	strh	w1, [x0, #6]
	wfi
	smc	#3
	mov	x7, #100
	hvc	#9
	mrs	x2, cntpct_el0
	mrs	x3, mpidr_el1
	mrs	x4, currentel
	wfi
	br	x0			/* a fetch there */

/* The physical counter, a register of the physical timer, and a stop. */
guest_counter:
	mrs	x2, cntpct_el0
	mrs	x3, cntp_ctl_el0
	wfi

/* x0: GICV. The vectors, and every priority passes the CPU interface. */
	.macro open_interrupts
	adr	x9, guest_vectors
	msr	vbar_el1, x9
	mov	w9, #0xf8
	str	w9, [x0, #4]		/* PMR */
	mov	w9, #1
	str	w9, [x0]		/* CTLR */
	.endm

/*
 * x0: GICV. Opens the CPU interface and waits with interrupts on; the handler notes INTID in x20,
 * ends it, counts in x21.
 */
guest_irq:
	open_interrupts
	mov	x21, #0
	msr	daifclr, #2
1:	wfi
	b	1b

/* The timer fires; its interrupt reaches the VMM, which may give it to us. */
guest_timer:
	open_interrupts
	msr	daifclr, #2
	mrs	x9, cntfrq_el0
	lsr	x9, x9, #8
	msr	cntv_tval_el0, x9
	mov	x9, #1
	msr	cntv_ctl_el0, x9
	isb
1:	b	1b

/* The same, and set anew each time that it fired. */
guest_ticks:
	open_interrupts
	mov	x21, #0
	msr	daifclr, #2
1:	mrs	x10, cntfrq_el0
	lsr	x10, x10, #9
	msr	cntv_tval_el0, x10
	mov	x10, #1
	msr	cntv_ctl_el0, x10
	isb
2:	mrs	x10, cntv_ctl_el0
	tbz	x10, #1, 2b		/* until the handler masked it */
	b	1b

/* Does the counter run while nobody runs us? x1, x2: before and after a wfi. */
guest_timer_poll:
	mrs	x1, cntvct_el0
	wfi
	isb
	mrs	x2, cntvct_el0
	wfi

/* x0: a notification in our capability space. */
guest_signal:
	mov	x1, #0
	mov	x7, #-3
	hvc	#0
	mov	x20, x7
	wfi

/* A debug call: not for guests. */
guest_put_char:
	mov	x0, #'!'
	mov	x7, #-9
	hvc	#0
	wfi

/* SIMD state is the thread's: x0 goes in, x1 comes out after an exit. CPACR as the VMM set it. */
guest_fp:
	fmov	d9, x0
	wfi
	fmov	x1, d9
	wfi

/* A 32-bit program at EL0 that reads the address in r0. */
guest_arm32:
	mov	x9, #0x10		/* user mode, AArch32 */
	msr	spsr_el1, x9
	adr	x9, 1f
	msr	elr_el1, x9
	eret
1:	.inst	0xe5901000		/* ldr r1, [r0] */
	.inst	0xe5901004		/* ldr r1, [r0, #4] */
	.inst	0xeafffffe		/* b . */

guest_spin:
	add	x21, x21, #1
	b	guest_spin

/*
 * x0: GICV. Counts in a register of the vCPU for ever, interrupts on. x22 counts the cases in which
 * another one was not what the VMM set it to.
 */
	.global guest_busy, guest_count
guest_busy:
	open_interrupts
	mov	x21, #0
	mov	x22, #0
	msr	daifclr, #2
guest_count:
	mrs	x10, tpidr_el1
	add	x10, x10, #1
	msr	tpidr_el1, x10
	mrs	x11, far_el1
	cmp	x11, x1
	cinc	x22, x22, ne
	b	guest_count

/*
 * What a VMM with short faults emulates, x0: an address nobody has. Load into x5, store of x6 and
 * of zero, load to nowhere, smc, a trapped read and write, wfi, a fetch.
 */
guest_short:
	mov	x1, #11
	mov	x2, #12
	mov	x6, #0x66
	ldr	x5, [x0]
	str	w6, [x0, #8]
	strb	wzr, [x0, #12]
	ldr	wzr, [x0]
	smc	#0
	mrs	x7, cntpct_el0
	msr	cntp_cval_el0, x6
	ldp	x8, x9, [x0]		/* no syndrome: nothing is loaded */
	wfi
	br	x0

/* What goes on without an exit; x20 counts. The wfi is the first one. */
	.global guest_direct
guest_direct:
	mov	x20, #0
	tlbi	vmalle1
	ic	iallu
	dc	cisw, xzr
	adr	x9, guest_start
	dc	civac, x9
	dsb	sy
	isb
	add	x20, x20, #1
	mrs	x9, midr_el1
	mrs	x9, id_aa64pfr0_el1
	mrs	x9, id_aa64mmfr0_el1
	mrs	x9, ctr_el0
	mrs	x9, clidr_el1
	add	x20, x20, #1
	mrs	x9, cntvct_el0
	mrs	x9, cntv_ctl_el0
	mrs	x9, cntfrq_el0
	add	x20, x20, #1
	mrs	x9, pmcr_el0
	msr	osdlr_el1, xzr
	msr	oslar_el1, xzr
	mrs	x9, mdscr_el1
	add	x20, x20, #1
	mrs	x9, cpacr_el1
	msr	cpacr_el1, x9
	msr	mair_el1, x9
	msr	tcr_el1, xzr
	msr	ttbr0_el1, xzr
	msr	ttbr1_el1, xzr
	msr	contextidr_el1, xzr
	mrs	x9, sctlr_el1
	msr	sctlr_el1, x9
	add	x20, x20, #1
	wfi

/*
 * Turns on whatever debugging can do to others: single steps, a breakpoint at x0 and a watchpoint at
 * x1, at all levels. Then x2 = MDSCR after an exit, twice.
 */
	.global guest_debugs
guest_debugs:
	msr	oslar_el1, xzr
	msr	dbgbvr0_el1, x0
	mov	x9, #0x1e7		/* enabled, EL0 and EL1, all of the word */
	msr	dbgbcr0_el1, x9
	msr	dbgwvr0_el1, x1
	mov	x9, #0x1fff		/* loads and stores, all of the 8 bytes */
	msr	dbgwcr0_el1, x9
	mov	x9, #0xa001		/* MDE, KDE, SS */
	msr	mdscr_el1, x9
	isb
	wfi
	mrs	x2, mdscr_el1
	wfi
	mrs	x2, mdscr_el1
	msr	dbgbcr0_el1, xzr
	msr	dbgwcr0_el1, xzr
	msr	mdscr_el1, xzr
	wfi

/* A reply without a change of the registers executes it again: every entry ends in an exit. */
guest_loop_wfi:
	wfi
	b	guest_loop_wfi

/* x0: an address nobody has. A reply that is "done" goes on to the next load. */
guest_loop_load:
	.rept	64
	ldr	w1, [x0]
	.endr
	b	guest_loop_load

guest_loop_signal:
	mov	x19, x0
	mov	x7, #-3
1:	mov	x0, x19
	mov	x1, #0
	hvc	#0
	b	1b

	.balign	2048
guest_vectors:
	.balign	128
	.rept	5
	hvc	#0x77			/* not expected: x7 as it is */
	b	.
	.balign	128
	.endr
/* IRQ from EL1h */
	ldr	w20, [x0, #12]		/* IAR */
	cmp	w20, #27
	b.ne	1f
	mov	x9, #2			/* the timer: masked */
	msr	cntv_ctl_el0, x9
	isb
1:	str	w20, [x0, #16]		/* EOIR */
	add	x21, x21, #1
	eret
	.balign	4096
	.section .note.GNU-stack, "", %progbits
