/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel keeps per core (CPU). A kernel for one core (KERNEL_CORES 1, the default) finds
 * it at a constant address, so that a field costs what a variable does.
 *
 * With more cores all of it is read and written under the kernel's lock; "call" alone is shared
 * without it. A core that is not in the kernel either runs its current thread, whose registers and
 * state are then its own, or is idle.
 */
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include <stdatomic.h>

#include <kernel/domain.h>
#include <kernel/tcb.h>

#define CORE_SIZE_BITS		13	/* entry code; several cores only */
#define SCHED_PRIORITIES	256

/*
 * What to do at the end of this kernel entry: go on with the current thread, look at one thread
 * that was woken, or choose among all.
 */
enum sched_action { KEEP_CURRENT, SWITCH_TO_WOKEN, CHOOSE };

struct run_queue {
	struct tcb *head, *tail;
};

typedef void core_function(u64 argument);

struct core {
#if KERNEL_CORES > 1
	u64 stack;			/* first: where the kernel's stack begins (entry code) */
	core_function *_Atomic call;	/* another core wants this done here */
	u64 call_argument;
	u64 undisturbed_until;		/* by other cores, so that its thread gets on */
	bool trap_void;			/* what the current thread trapped for is not to be handled */
	bool tickless;			/* idle: the timer is off */
	u32 irq_target;			/* this core's bit at the interrupt controller */
	u64 space, vmid;		/* in VTTBR_EL2 */
#endif
	/* core/sched.c */
	struct tcb *current;		/* sched_current */
	struct tcb *loaded;		/* whom arch_switch_to() was last called for */
	struct tcb *woken;
	enum sched_action action;
	unsigned int preempt_work;
	u64 charged_since;		/* counter; account.h */
	u8 charged;			/* the account that pays for the time since then */

	/* object/domain.c */
	u8 domain;			/* domain_current */
	unsigned int domain_index;
	u64 domain_ticks;

	/* arch */
	struct tcb *fpu_owner;		/* whose SIMD state the CPU holds */
	u32 irq_taken;			/* as acknowledged at the interrupt controller */
	u32 guests[256];		/* by VMID: the vCPU that ran last, as object/vcpu.c names it */
	struct vcpu *vcpu;		/* whose registers are in the hardware, NULL: nobody's */
	bool vcpu_enabled;		/* and its thread runs */
	bool vtimer_unmasked;		/* PPI 27 at the controller */
	bool vtimer_active;		/* the same: active, as far as known */
	bool timer_open;		/* the current thread may use CNTP_* */
	const struct tcb *timer_user;	/* the last one that did; never followed, it may be gone */
	struct slot *timer_handler;	/* the cap to PPI 30's handler that was last used; may be gone */

	int highest[DOMAIN_COUNT];	/* priority of a queued thread or band of a parked one, or -1 */
	u64 occupied[DOMAIN_COUNT][SCHED_PRIORITIES / 64];
	struct run_queue queues[DOMAIN_COUNT][SCHED_PRIORITIES];
	struct tcb idle;		/* sched_idle */
}
#if KERNEL_CORES > 1
__attribute__((aligned(1 << CORE_SIZE_BITS)))
#endif
;

extern struct core cores[KERNEL_CORES];

#if KERNEL_CORES > 1
#include <arch/core.h>

_Static_assert(sizeof(struct core) == 1 << CORE_SIZE_BITS, "entry code");

/* The core that this code runs on. */
static inline struct core *core_self(void)
{
	return arch_core();
}

/* The core that the thread runs on. */
static inline struct core *core_of(const struct tcb *tcb)
{
	return &cores[tcb->affinity];
}

/*
 * At entry, once the thread's registers are in its TCB: waits for the lock. False: another core has
 * stopped the current thread or sent it elsewhere meanwhile. Its system call or fault is void then,
 * and sched_current need not be the thread that entered. An interrupt is handled all the same.
 */
bool core_enter(void);
/* By the entry code, at the end: after this only the context of the thread to resume is touched. */
void core_leave(void);
/* Does another core wait for the lock? */
bool core_awaited(void);
/*
 * Has fn(argument) done on another core, which is outside the kernel or waits for the lock, and
 * waits until it is. Then that core waits for the lock, its current thread's registers in the TCB.
 */
void core_call(struct core *core, core_function *fn, u64 argument);
/*
 * Stops the current thread of another core: until this core leaves the kernel that thread executes
 * nothing, its context is in its TCB, and it may be changed like one that is not running.
 */
void core_hold(struct core *core);
/*
 * A thread that calls a capability again and again must not keep another core from its work. So an
 * invocation that will stop that core or call it waits until this is true: it returns
 * INVOKE_PREEMPTED before it has changed anything, and its caller executes it again.
 */
bool core_may_disturb(const struct core *core);
/*
 * The thread does not go on where it was: if it is held, it does not complete the system call or
 * fault that it may have entered the kernel for.
 */
void core_void_trap(const struct tcb *tcb);
/* Makes another core enter the kernel and look what to run. */
void core_interrupt(struct core *core);
#else
static inline struct core *core_self(void)
{
	return &cores[0];
}

static inline struct core *core_of(const struct tcb *tcb)
{
	(void)tcb;
	return &cores[0];
}

static inline bool core_enter(void)
{
	return true;
}

static inline void core_leave(void)
{
}

static inline bool core_awaited(void)
{
	return false;
}

static inline void core_call(struct core *core, core_function *fn, u64 argument)
{
	(void)core;
	fn(argument);
}

static inline void core_hold(struct core *core)
{
	(void)core;
}

static inline bool core_may_disturb(const struct core *core)
{
	(void)core;
	return true;
}

static inline void core_void_trap(const struct tcb *tcb)
{
	(void)tcb;
}

static inline void core_interrupt(struct core *core)
{
	(void)core;
}
#endif

static inline unsigned int core_number(const struct core *core)
{
	return (unsigned int)(core - cores);
}

/* Has fn(argument) done on that core, be it this one or another. */
static inline void core_do(struct core *core, core_function *fn, u64 argument)
{
	if (core == core_self())
		fn(argument);
	else
		core_call(core, fn, argument);
}

#define sched_current	(core_self()->current)
#define sched_idle	(core_self()->idle)
#define domain_current	(core_self()->domain)

#endif
