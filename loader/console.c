/* SPDX-License-Identifier: BSD-2-Clause */
/* Text on the first UART. */
#include <arm/pl011.h>

#include "loader.h"

#define UART	0x09000000ull	/* QEMU virt */

static void put(char c)
{
	volatile uint32_t *uart = (volatile uint32_t *)UART;

	while (uart[PL011_FR / 4] & PL011_FR_TXFF)
		;
	uart[PL011_DR / 4] = (uint8_t)c;
}

void console_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			put('\r');
		put(*text);
	}
}

void console_hex(uint64_t value)
{
	console_text("0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		if (value >> shift || shift == 0)
			put("0123456789abcdef"[value >> shift & 15]);
}

_Noreturn void stop(const char *what, uint64_t value)
{
	console_text("loader: ");
	console_text(what);
	console_text(" (");
	console_hex(value);
	console_text("); stopped\n");
	for (;;)
		__asm__ volatile("wfi");
}

/* Debian's libfdt.a is built with stack protection. */
uintptr_t __stack_chk_guard = 0x5bd1e995;
void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	stop("stack overrun in libfdt", 0);
}
