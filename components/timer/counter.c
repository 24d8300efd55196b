/* SPDX-License-Identifier: BSD-2-Clause */
#include "counter.h"

#define CNTP_CTL_ENABLE	UINT64_C(1)

uint64_t counter_now(void)
{
	uint64_t value;

	/* isb: the counter must not be read ahead of what came before */
	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(value) : : "memory");
	return value;
}

uint64_t counter_frequency(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
	return value;
}

void counter_program(uint64_t deadline)
{
	uint64_t control = deadline == COUNTER_NEVER ? UINT64_C(0) : CNTP_CTL_ENABLE;

	__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
			 : : "r"(deadline), "r"(control) : "memory");
}
