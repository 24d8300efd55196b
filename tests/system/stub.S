/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine without anything of ours on it, to test `peervisor run` alone: says what a serial server
 * would say, then answers keys: `o` powers the VM off, `s` stops it, `h` ends QEMU, others are echoed.
 */
	.equ	UART, 0x09000000
	.globl	_start
_start:
	b	1f
	.long	0
	.quad	0x200000	/* text_offset */
	.quad	0x10000		/* image_size */
	.quad	0xa		/* flags */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0
1:	mov	x1, #UART
	mov	w2, #0x301	/* enable, transmit, receive */
	str	w2, [x1, #0x30]
	adr	x0, hello
	bl	puts
2:	ldr	w2, [x1, #0x18]
	tbnz	w2, #4, 2b
	ldr	w3, [x1]
	and	w3, w3, #0xff
	cmp	w3, #'o'
	b.eq	off
	cmp	w3, #'s'
	b.eq	stopped
	cmp	w3, #'p'
	b.eq	panic
	cmp	w3, #'h'
	b.eq	halt
	cmp	w3, #0x1e
	b.ne	3f
	mov	w3, #'~'
3:	str	w3, [x1]
	b	2b
off:	adr	x0, off_text
	bl	puts
	b	2b
stopped:
	adr	x0, stopped_text
	bl	puts
	b	2b
panic:	adr	x0, panic_text
	bl	puts
	b	2b
halt:	ldr	w0, =0x84000008	/* SYSTEM_OFF; QEMU answers smc with virtualization=on */
	smc	#0
	b	.
puts:	ldrb	w2, [x0], #1
	cbz	w2, 4f
	str	w2, [x1]
	b	puts
4:	ret
hello:	.ascii	"loader\n\x1e"
	.ascii	"vm_a\x1e"
	.ascii	"a's console\n\x1e"
	.ascii	"vm_b\x1e"
	.ascii	"b's console\n\x1e"
	.ascii	"vm_a.log\x1e"
	.ascii	"vm_a: up\n\x1e"
	.asciz	"vm_a\x1e"
off_text:
	.ascii	"\x1evm_a.log\x1e"
	.ascii	"vm_a: powered off\n\x1e"
	.ascii	"vm_b.log\x1e"
	.asciz	"vm_b: powered off\n"
stopped_text:
	.ascii	"\x1evm_a.log\x1e"
	.asciz	"vm_a: stopped: kernel is broken\n"
panic_text:
	.ascii	"\x1etimer.log\x1e"
	.asciz	"timer: error: PANIC at timer.c:12: no clock\n"
	.ltorg
