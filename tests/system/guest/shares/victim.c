/* SPDX-License-Identifier: BSD-2-Clause */
/* Computes, and tells how often it went around a loop in each of five equal spans of the virtual counter. */
#include "guest.h"

#define SPANS	5u
#define TICKS	3125000u	/* 50 ms at 62.5 MHz: some rounds of the scheduler */

static uint64_t now(void)
{
	uint64_t value;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value));
	return value;
}

static uint64_t count(void)
{
	uint64_t loops = 0, end = now() + TICKS;

	while (now() < end)
		for (unsigned int i = 0; i < 20; i++, loops++)
			__asm__ volatile("" : "+r"(loops));
	return loops;
}

static void put(char c)
{
	store(UART_BASE, (uint32_t)c);
}

static void put_number(uint64_t value)
{
	if (value >= 10)
		put_number(value / 10);
	put((char)('0' + value % 10));
}

void guest_main(void)
{
	uint64_t loops[SPANS];

	for (unsigned int i = 0; i < SPANS; i++)
		loops[i] = count();
	for (unsigned int i = 0; i < SPANS; i++) {
		for (const char *s = "loops "; *s; s++)
			put(*s);
		put_number(loops[i]);
		put('\n');
	}
	check(true, "counted");
}
