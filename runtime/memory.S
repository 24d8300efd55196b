/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy, memmove and memset for components, with general registers only:
 * picolibc's use SIMD registers, and a VMM that touches those at an exit makes
 * the kernel save the guest's. Unaligned accesses are fine: all of a
 * component's memory but registers of devices is normal memory.
 */
	.text

	/* x0 to, x1 from, x2 length; returns x0 */
	.global memcpy
	.type memcpy, %function
	.balign 64
memcpy:
	mov	x3, x0
forward:
	subs	x2, x2, #64
	b.lo	2f
1:	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	ldp	x8, x9, [x1, #32]
	ldp	x10, x11, [x1, #48]
	add	x1, x1, #64
	stp	x4, x5, [x3]
	stp	x6, x7, [x3, #16]
	stp	x8, x9, [x3, #32]
	stp	x10, x11, [x3, #48]
	add	x3, x3, #64
	subs	x2, x2, #64
	b.hs	1b
2:	adds	x2, x2, #64 - 8		/* what is left, less the 8 of the next step */
	b.mi	4f
3:	ldr	x4, [x1], #8
	str	x4, [x3], #8
	subs	x2, x2, #8
	b.pl	3b
4:	adds	x2, x2, #8
	b.eq	6f
5:	ldrb	w4, [x1], #1
	strb	w4, [x3], #1
	subs	x2, x2, #1
	b.ne	5b
6:	ret
	.size memcpy, . - memcpy

	.global memmove
	.type memmove, %function
memmove:
	mov	x3, x0
	sub	x4, x0, x1
	cmp	x4, x2
	b.hs	forward			/* to lies before from, or behind its end */
	add	x1, x1, x2
	add	x3, x3, x2
	subs	x2, x2, #16
	b.lo	2f
1:	ldp	x4, x5, [x1, #-16]!
	stp	x4, x5, [x3, #-16]!
	subs	x2, x2, #16
	b.hs	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	ldrb	w4, [x1, #-1]!
	strb	w4, [x3, #-1]!
	subs	x2, x2, #1
	b.ne	3b
4:	ret
	.size memmove, . - memmove

	/* x0 to, w1 byte, x2 length; returns x0 */
	.global memset
	.type memset, %function
	.balign 64
memset:
	mov	x3, x0
	and	x1, x1, #0xff
	orr	x1, x1, x1, lsl #8
	orr	x1, x1, x1, lsl #16
	orr	x1, x1, x1, lsl #32
	subs	x2, x2, #64
	b.lo	2f
1:	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	subs	x2, x2, #64
	b.hs	1b
2:	adds	x2, x2, #64 - 8
	b.mi	4f
3:	str	x1, [x3], #8
	subs	x2, x2, #8
	b.pl	3b
4:	adds	x2, x2, #8
	b.eq	6f
5:	strb	w1, [x3], #1
	subs	x2, x2, #1
	b.ne	5b
6:	ret
	.size memset, . - memset

	.section .note.GNU-stack, "", %progbits
