/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic timer: the EL2 physical timer is the kernel's tick. ARM ARM D11. */
#include <arm/gicv2.h>
#include <kernel/arch.h>
#include <kernel/core.h>
#include <kernel/irq.h>

#include "machine.h"

#define TICKS_PER_SECOND	500	/* 2 ms */
#define TIMER_ENABLE		1

static u64 reload;
static unsigned int user_timers;	/* handlers for PPI 30: one per core at most */

void timer_start_core(void)
{
	reload = sysreg_read(cntfrq_el0) / TICKS_PER_SECOND;
	sysreg_write(cntvoff_el2, 0);
	sysreg_write(cntp_ctl_el0, 0);
	sysreg_write(cntv_ctl_el0, 0);
	timer_native_access();
	sysreg_write(cnthp_cval_el2, sysreg_read(cntpct_el0) + reload);
	sysreg_write(cnthp_ctl_el2, TIMER_ENABLE);
	isb();
	irq_set_timer(GIC_PPI_HYP_TIMER);
	arch_irq_unmask(GIC_PPI_HYP_TIMER);
}

/* From the last deadline, so that ticks do not drift; not into the past after a long stop. */
void arch_timer_tick(void)
{
	u64 now = sysreg_read(cntpct_el0);
	u64 next = sysreg_read(cnthp_cval_el2) + reload;

	if (next <= now)
		next = now + reload;
	sysreg_write(cnthp_cval_el2, next);
	isb();
}

#if KERNEL_CORES > 1
void arch_timer_enable(bool on)
{
	if (on)
		sysreg_write(cnthp_cval_el2, sysreg_read(cntpct_el0) + reload);
	sysreg_write(cnthp_ctl_el2, on ? TIMER_ENABLE : 0);
	isb();
}
#endif

void timer_native_access(void)
{
	sysreg_write(cnthctl_el2, user_timers ? CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN : 0);
	sysreg_write(cntkctl_el1, user_timers ? CNTKCTL_EL0PCTEN | CNTKCTL_EL0PTEN : 0);
}

void timer_guest_access(void)
{
	sysreg_write(cnthctl_el2, 0);
}

/* Called in an invocation: the current thread may be a native one or, by hvc, a vCPU's. */
static void access_changed(u64 argument)
{
	(void)argument;
	if (sysreg_read(hcr_el2) == HCR_NATIVE)
		timer_native_access();
	isb();
}

/* All cores let their native threads at the counter, so that a time means the same everywhere. */
void timer_user_claimed(bool claimed)
{
	user_timers += claimed ? 1u : -1u;
	for (unsigned int i = 0; i < KERNEL_CORES; i++)
		core_do(&cores[i], access_changed, 0);
}
