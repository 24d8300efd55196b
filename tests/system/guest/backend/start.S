/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of the bare guests of test_backends.py: an arm64 Image header, a stack, no use of an exception. */
	.section .text.start, "ax"
	.globl	_start
_start:
	b	1f
	.long	0
	.quad	0			/* text_offset */
	.quad	_end - _start		/* image_size */
	.quad	0xa			/* flags: little-endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0
1:	adr	x0, stack_top
	mov	sp, x0
	bl	guest_main
	b	.

	.bss
	.balign	16
	.skip	0x4000
stack_top:
