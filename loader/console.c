/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines on the UART, which is as the firmware left it. */
#include <arm/pl011.h>
#include <arm/psci.h>
#include <platform.h>
#include <stdarg.h>

#include "loader.h"

#define MINI_IO			0x00	/* BCM2711's mini UART, 16550-like */
#define MINI_LSR		0x14
#define MINI_LSR_TX_EMPTY	0x20

static volatile u32 *uart(u64 offset)
{
	return (volatile u32 *)(PLATFORM_UART + PLATFORM_UART_OFFSET + offset);
}

static void put(char c)
{
	if (c == '\n')
		put('\r');
	if (PLATFORM_UART_MINI) {
		while (!(*uart(MINI_LSR) & MINI_LSR_TX_EMPTY))
			;
		*uart(MINI_IO) = (u8)c;
		return;
	}
	while (*uart(PL011_FR) & PL011_FR_TXFF)
		;
	*uart(PL011_DR) = (u8)c;
}

static void put_hex(u64 v)
{
	unsigned int shift = 60;

	while (shift && !(v >> shift))
		shift -= 4;
	for (;; shift -= 4) {
		unsigned int digit = v >> shift & 15;

		put((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
		if (!shift)
			return;
	}
}

static void print_list(const char *format, va_list list)
{
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		if (*++format == 's')
			for (const char *s = va_arg(list, const char *); *s; s++)
				put(*s);
		else
			put_hex(va_arg(list, u64));
	}
}

void console_print(const char *format, ...)
{
	va_list list;

	if (!PLATFORM_UART_MINI)
		*uart(PL011_CR) = PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE;
	va_start(list, format);
	print_list(format, list);
	va_end(list);
}

/* PSCI SYSTEM_OFF, so that who waits for the machine sees that it ended. */
_Noreturn void fail(const char *format, ...)
{
	register u64 x0 __asm__("x0") = PSCI_SYSTEM_OFF;
	va_list list;

	console_print("loader: ");
	va_start(list, format);
	print_list(format, list);
	va_end(list);
	put('\n');
	x0 = PSCI_SYSTEM_OFF;
	__asm__ volatile("smc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
	for (;;)
		__asm__ volatile("wfi");
}

/* Debian's libfdt.a is built with stack protection. */
#pragma GCC visibility push(default)
uintptr_t __stack_chk_guard = 0x5bd1e995;
_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
	fail("the stack was overrun in libfdt");
}
#pragma GCC visibility pop
