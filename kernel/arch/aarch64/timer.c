/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic timer: the EL2 physical timer is the kernel's tick. ARM ARM D11. */
#include <arm/esr.h>
#include <arm/gicv2.h>
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/core.h>
#include <kernel/irq.h>

#include "machine.h"

#define TICKS_PER_SECOND	500	/* 2 ms */
#define TIMER_ENABLE		1

static u64 reload;
static unsigned int timer_handlers;	/* of PPI 30: one per core at most */

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

/* Unordered: what it times is long. */
u64 arch_counter(void)
{
	return sysreg_read(cntpct_el0);
}

u64 arch_counter_per_tick(void)
{
	return reload;
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

/*
 * While any core has a handler for PPI 30 all native threads read the counter, so that a time means
 * the same everywhere. CNTP_* is opened by CNTKCTL_EL1 alone, for the thread that is running. No
 * native thread reads or writes the virtual timer or its counter, nor gets an event stream.
 */
void timer_native_access(void)
{
	sysreg_write(cnthctl_el2, timer_handlers ? CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN : 0);
	sysreg_write(cntkctl_el1, timer_handlers ? CNTKCTL_EL0PCTEN : 0);
}

void timer_guest_access(bool counter)
{
	sysreg_write(cnthctl_el2, counter ? CNTHCTL_EL1PCTEN : 0);
}

/*
 * Who may use CNTP_*. The registers go with the capability to this core's handler of PPI 30: a
 * native thread has them while the slot through which that capability was last used lies in the
 * root CNode of its CSpace. That slot may have been emptied, and its memory reused, since; it is
 * looked at only once it is known to lie in a CNode that exists.
 */
static bool holds_timer(const struct tcb *tcb)
{
	struct cap root = tcb->slots[TCB_CSPACE].cap;
	const struct core *core = core_self();
	u64 slot = (u64)core->timer_handler, first;

	if (tcb->vcpu || !slot || cap_type(root) != CAP_CNODE)
		return false;
	first = (u64)cnode_slots(root);
	return slot >= first && slot - first < 1UL << (cap_cnode_radix(root) + SEL4_SLOT_BITS) &&
	       irq_handler_is(core->timer_handler->cap, core, GIC_PPI_PHYSICAL_TIMER);
}

static void open_timer(void)
{
	core_self()->timer_open = true;
	sysreg_write(cntkctl_el1, CNTKCTL_EL0PCTEN | CNTKCTL_EL0PTEN);
}

static void close_timer(u64 argument)
{
	(void)argument;
	core_self()->timer_open = false;
	sysreg_write(cntkctl_el1, timer_handlers ? CNTKCTL_EL0PCTEN : 0);
	isb();
}

void timer_leave(void)
{
	if (core_self()->timer_open)
		close_timer(0);
}

void timer_enter(const struct tcb *tcb)
{
	if (core_self()->timer_user == tcb && holds_timer(tcb))
		open_timer();
}

static bool is_timer_register(u32 esr)
{
	return (esr & ESR_SYSREG_NAME & ~ESR_SYSREG(0u, 0u, 0u, 0u, 7u)) ==
	       ESR_SYSREG(3u, 3u, 14u, 2u, 0u);
}

/* The first use traps; from then on the thread finds the registers open whenever it runs here. */
bool timer_take(const struct tcb *tcb, u32 esr)
{
	struct core *core = core_self();

	if (core->timer_open || !is_timer_register(esr) || !holds_timer(tcb))
		return false;
	core->timer_user = tcb;
	open_timer();
	isb();
	return true;
}

/* A thread that has the registers open may lose them. If it does not, its next use opens them again. */
void arch_timer_review(void)
{
	for (unsigned int i = 0; i < KERNEL_CORES; i++)
		if (cores[i].timer_open)
			core_do(&cores[i], close_timer, 0);
}

/* Of what one holder leaves the next one finds nothing. */
static void reset_timer(u64 argument)
{
	(void)argument;
	sysreg_write(cntp_ctl_el0, 0);
	sysreg_write(cntp_cval_el0, 0);
	isb();
}

/* Called in an invocation: the current thread may be a native one or, by hvc, a vCPU's. */
static void access_changed(u64 argument)
{
	(void)argument;
	core_self()->timer_open = false;
	if (sysreg_read(hcr_el2) == HCR_NATIVE)
		timer_native_access();
	isb();
}

void timer_handler_used(struct core *core, struct slot *slot)
{
	bool claimed = !core->timer_handler, released = !slot;

	if (core->timer_handler == slot)
		return;
	core->timer_handler = slot;
	if (!claimed && !released) {
		arch_timer_review();
		return;
	}
	timer_handlers += claimed ? 1u : -1u;
	core_do(core, reset_timer, 0);
	for (unsigned int i = 0; i < KERNEL_CORES; i++)
		core_do(&cores[i], access_changed, 0);
}
