/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes others work for it without end, in one of several ways. Each way is a function of its name;
 * the test compiles one image for each with -DATTACK=NAME.
 */
#include "guest.h"

#define UNBACKED	0x3ff00000ul

/* Takes the CPU that it is given: what the other attacks are compared with. */
static inline void compute(void)
{
	__asm__ volatile("");
}

static inline void distributor_control(void)
{
	store(GICD_BASE, 0);
	store(GICD_BASE, 1);
}

static inline void distributor_read(void)
{
	load(GICD_BASE + 4);
}

static inline void pending_bits(void)
{
	store(GICD_BASE + 0x208, ~0u);
	store(GICD_BASE + 0x288, ~0u);
}

static inline void firmware(void)
{
	smc_call(PSCI_VERSION, 0, 0, 0);
}

static inline void resets(void)
{
	smc_call(0x84000009u, 0, 0, 0);
}

/* Each wait is a request to the timer server and an interrupt that it takes. */
static inline void short_sleeps(void)
{
	uint64_t value;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value));
	__asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb\n\twfi"
			 : : "r"(value + 100), "r"(1ul));
}

/* Work of the serial server. */
static inline void console_output(void)
{
	store(UART_BASE, 'x');
	store(UART_BASE, '\n');
}

/* What nobody knows, as a system call and as a fault message. */
static inline void garbage_calls(void)
{
	register uint64_t number __asm__("x7") = (uint64_t)-3;
	register uint64_t to __asm__("x0") = 1;
	register uint64_t info __asm__("x1") = 4;

	__asm__ volatile("hvc #0" : "+r"(to), "+r"(info) : "r"(number) : "x2", "x3", "x4", "x5", "memory");
}

static void skip(struct frame *frame)
{
	frame->elr += 4;
}

static inline void aborts(void)
{
	load(UNBACKED);
}

void guest_main(void)
{
	on_sync(skip);
	for (;;)
		ATTACK();
}
