/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler: strict priorities, FIFO within one, event based. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/core.h>

#define SCHED_SLICE		5
#ifndef PREEMPT_PERIOD
#define PREEMPT_PERIOD		50	/* units of work between two looks for an interrupt */
#endif

/* sched_current is the thread that entered the kernel and, after sched_run(), the one to resume. */

/* Boot: the first thread, runnable, becomes current when the kernel is left. */
void sched_init(struct tcb *first);
/* tcb became runnable: run it now, soon or later by ABI 10.1. */
void sched_wake(struct tcb *tcb);
/* Current must not simply go on: choose anew at the end of the kernel entry. */
void sched_reschedule(void);
/* tcb is current, here or on its core, and may have to make way. */
void sched_reconsider(struct tcb *tcb);
void sched_enqueue_head(struct tcb *tcb);
void sched_enqueue_tail(struct tcb *tcb);
void sched_dequeue(struct tcb *tcb);
void sched_set_state(struct tcb *tcb, enum thread_state state);
/* What arch_switch_to() set up is out of date (space or vCPU changed): call it again. */
void sched_stale(void);
/*
 * Called before tcb's registers, space, vCPU or flags are changed or read: if it runs on another
 * core it is stopped until this core leaves the kernel, and its context is in the TCB.
 */
void sched_hold(struct tcb *tcb);
/* An invocation asks this first; see core_may_disturb(). */
bool sched_may_hold(const struct tcb *tcb);
/* From one core to another. */
void sched_migrate(struct tcb *tcb, struct core *to);
/* tcb is being deleted: no trace of it may stay. */
void sched_forget(struct tcb *tcb);
void sched_tick(void);
void sched_yield(void);
/* Would tcb, woken now, run as soon as the current thread blocks? */
bool sched_goes_first(const struct tcb *tcb);
/* The current thread blocked; tcb, which goes first, runs instead. Returns it. */
struct tcb *sched_switch_to(struct tcb *tcb);
/*
 * Chooses and switches to the thread to resume (arch_switch_to), waits for interrupts while there
 * is none. Returns sched_current, whose context is ready to be loaded.
 */
struct tcb *sched_run(void);

/* Long operations call this after each unit of work: true = stop, an interrupt waits. */
bool preempt_point(void);

#endif
