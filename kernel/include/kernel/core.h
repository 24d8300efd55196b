/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel keeps per core (CPU). A kernel for one core (KERNEL_CORES 1, the default) finds
 * it at a constant address, so that a field costs what a variable does.
 */
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include <kernel/domain.h>
#include <kernel/tcb.h>

#ifndef KERNEL_CORES
#define KERNEL_CORES	1
#endif

#define SCHED_PRIORITIES	256

/*
 * What to do at the end of this kernel entry: go on with the current thread, look at one thread
 * that was woken, or choose among all.
 */
enum sched_action { KEEP_CURRENT, SWITCH_TO_WOKEN, CHOOSE };

struct run_queue {
	struct tcb *head, *tail;
};

struct core {
	/* core/sched.c */
	struct tcb *current;		/* sched_current */
	struct tcb *loaded;		/* whom arch_switch_to() was last called for */
	struct tcb *woken;
	enum sched_action action;
	unsigned int preempt_work;

	/* object/domain.c */
	u8 domain;			/* domain_current */
	unsigned int domain_index;
	u64 domain_ticks;

	/* arch */
	struct tcb *fpu_owner;		/* whose SIMD state the CPU holds */
	u32 irq_taken;			/* as acknowledged at the interrupt controller */
	struct vcpu *vcpu;		/* whose registers are in the hardware, NULL: nobody's */
	bool vcpu_enabled;		/* and its thread runs */
	bool vtimer_unmasked;		/* PPI 27 at the controller */
	bool vtimer_active;		/* the same: active, as far as known */

	int highest[DOMAIN_COUNT];	/* priority of a queued thread, or -1 */
	u64 occupied[DOMAIN_COUNT][SCHED_PRIORITIES / 64];
	struct run_queue queues[DOMAIN_COUNT][SCHED_PRIORITIES];
	struct tcb idle;		/* sched_idle */
};

extern struct core cores[KERNEL_CORES];

/* The core that this code runs on. */
static inline struct core *core_self(void)
{
	return &cores[0];
}

/* The core that the thread runs on. */
static inline struct core *core_of(const struct tcb *tcb)
{
	(void)tcb;
	return &cores[0];
}

#define sched_current	(core_self()->current)
#define sched_idle	(core_self()->idle)
#define domain_current	(core_self()->domain)

#endif
