/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's console: characters out, nothing in. The UART is as the firmware left it. */
#include <arm/pl011.h>
#include <kernel/arch.h>
#include <platform.h>

#include "machine.h"

#define UART_BASE	(KERNEL_DEVICES + 0x3000 + PLATFORM_UART_OFFSET)
/* BCM2711's mini UART (16550-like). */
#define MINI_IO		0x00
#define MINI_LSR	0x14
#define MINI_LSR_TX_EMPTY	0x20

static volatile u32 *uart(unsigned int offset)
{
	return (volatile u32 *)(u64)(UART_BASE + offset);
}

static void put(char c)
{
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

void uart_init(void)
{
	if (!PLATFORM_UART_MINI)
		*uart(PL011_CR) = PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE;
}

void arch_putc(char c)
{
	if (c == '\n')
		put('\r');
	put(c);
}
