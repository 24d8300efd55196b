/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest without an operating system that prints LINES long lines with their numbers, never looks
 * whether the UART has room, and then ends in the way END: 0 powers off, 1 jumps to where nothing is
 * before it has exception vectors, which stops the VM.
 */
	.equ	UART, 0x09000000
	.globl	_start
_start:
	b	1f
	.long	0
	.quad	0		/* text_offset */
	.quad	0x10000		/* image_size */
	.quad	0xa		/* flags */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0
1:	mov	x1, #UART
	mov	x20, #0
2:	mov	x3, #1000	/* four digits */
	mov	x5, #10
	mov	x0, x20
3:	udiv	x4, x0, x3
	msub	x0, x4, x3, x0
	add	w4, w4, #'0'
	str	w4, [x1]
	udiv	x3, x3, x5
	cbnz	x3, 3b
	mov	w4, #'.'
	mov	x6, #150
4:	strb	w4, [x1]
	subs	x6, x6, #1
	b.ne	4b
	mov	w4, #'\n'
	str	w4, [x1]
	add	x20, x20, #1
	ldr	x2, =LINES
	cmp	x20, x2
	b.ne	2b
	.if	END
	mov	x0, #0x3000000
	br	x0
	.endif
	ldr	w0, =0x84000008	/* PSCI SYSTEM_OFF */
	smc	#0
	b	.
	.ltorg
