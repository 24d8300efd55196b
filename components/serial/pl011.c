/* SPDX-License-Identifier: BSD-2-Clause */
#include <arm/pl011.h>
#include "pl011.h"

static volatile uint32_t *uart;

static uint32_t get(uint32_t reg)
{
	return uart[reg / 4];
}

static void set(uint32_t reg, uint32_t value)
{
	uart[reg / 4] = value;
}

/* Clock and baud rate stay as the firmware set them. */
void pl011_init(uint64_t page)
{
	uart = (volatile uint32_t *)(uintptr_t)page;
	set(PL011_IMSC, 0);
	set(PL011_LCR_H, PL011_LCR_H_WLEN8 | PL011_LCR_H_FEN);
	set(PL011_IFLS, 0);	/* both at one eighth: early, the rate is low */
	set(PL011_CR, get(PL011_CR) | PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE);
	set(PL011_ICR, 0x7ff);
	set(PL011_IMSC, PL011_INT_RX | PL011_INT_RT);
}

bool pl011_put(uint8_t byte)
{
	if (get(PL011_FR) & PL011_FR_TXFF)
		return false;
	set(PL011_DR, byte);
	return true;
}

bool pl011_get(uint8_t *byte)
{
	if (get(PL011_FR) & PL011_FR_RXFE)
		return false;
	*byte = (uint8_t)get(PL011_DR);
	return true;
}

void pl011_want_room(bool want)
{
	set(PL011_IMSC, PL011_INT_RX | PL011_INT_RT | (want ? PL011_INT_TX : 0));
}

void pl011_acknowledge(void)
{
	set(PL011_ICR, PL011_INT_RX | PL011_INT_RT | PL011_INT_TX);
}
