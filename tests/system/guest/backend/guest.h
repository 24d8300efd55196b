/* SPDX-License-Identifier: BSD-2-Clause */
/* What the bare guests of test_backends.py share: the console, firmware, registers of a device. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_BASE	0x09000000ul
#define SYSTEM_OFF	0x84000008u
#define SYSTEM_RESET	0x84000009u

void guest_main(void);
void *memset(void *to, int byte, size_t length);
void *memcpy(void *to, const void *from, size_t length);

static inline uint32_t load(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

static inline void store(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static inline void put(const char *text)
{
	while (*text)
		store(UART_BASE, (uint8_t)*text++);
}

static inline void put_hex(uint32_t value)
{
	for (int shift = 28; shift >= 0; shift -= 4)
		store(UART_BASE, (uint8_t)"0123456789abcdef"[value >> shift & 15]);
}

static inline void firmware(uint32_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("smc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
}

static inline uint64_t ticks(void)
{
	uint64_t now;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(now));
	return now;
}

static inline uint64_t ticks_per_ms(void)
{
	uint64_t frequency;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	return frequency / 1000;
}

#endif
