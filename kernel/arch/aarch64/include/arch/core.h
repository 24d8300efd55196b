/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernels for several cores: TPIDR_EL2 of each points at its part. */
#ifndef ARCH_CORE_H
#define ARCH_CORE_H

struct core;

/* Constant for the code that runs on a core, so the compiler may keep it. */
static inline struct core *arch_core(void)
{
	struct core *core;

	__asm__("mrs %0, tpidr_el2" : "=r"(core));
	return core;
}

/* In a loop that waits for another core, for a short time. */
static inline void arch_core_relax(void)
{
	__asm__ volatile("yield");
}

/* The same for a long time: sleeps until arch_core_wake_all(), or for no reason. */
static inline void arch_core_sleep(void)
{
	__asm__ volatile("wfe");
}

/* What was written before is seen by the cores that this wakes. */
static inline void arch_core_wake_all(void)
{
	__asm__ volatile("dsb ish\n\tsev" : : : "memory");
}

#endif
