/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several cores: they enter the kernel one after the other, and the one inside can stop the others
 * or have work done by them.
 */
#include <kernel/arch.h>
#include <kernel/core.h>
#include <kernel/lock.h>
#include <kernel/sched.h>

#define RESTS_PER_TICK	400	/* 5 us: several times what it costs to be stopped */

struct core cores[KERNEL_CORES];

#if KERNEL_CORES > 1
static struct ticket_lock lock;

/*
 * Acquire and release in pairs: what the caller wrote before its store of "call" is seen by the
 * function, and what the function wrote (a thread's saved state, say) by the caller, who waits for
 * the zero. Its interrupt has done its work: left pending it would bring this core back at once,
 * and a thread that another one asks about again and again would not get on.
 */
static void serve(struct core *core)
{
	core_function *fn = atomic_load_explicit(&core->call, memory_order_acquire);

	if (!fn)
		return;
	arch_core_interrupt_seen(CORE_SGI_CALL);
	fn(core->call_argument);
	atomic_store_explicit(&core->call, NULL, memory_order_release);
}

/*
 * Other cores have stopped the current thread, or changed what this core had set up for it, while
 * the core waited for the lock. All that they did counts as done before the thread's trap. If the
 * thread may still run, it becomes current again, with its vCPU and address space loaded, as the
 * trap's handler expects them; else the idle thread is current. Returns whether the trap is still
 * to be handled: not if the thread was stopped or sent elsewhere.
 */
static __attribute__((noinline, cold)) bool take_back(struct core *core)
{
	struct tcb *tcb = core->current;
	bool valid = !core->trap_void && tcb_runnable(tcb);

	core->trap_void = false;
	core->undisturbed_until = arch_counter() + arch_counter_per_tick() / RESTS_PER_TICK;
	if (!tcb_runnable(tcb)) {
		tcb = &core->idle;
	} else if (tcb->state == THREAD_RESTART) {
		sched_dequeue(tcb);		/* if it was suspended and resumed */
		if (!valid)
			tcb->context.next_ip = tcb->context.fault_ip;
		tcb->state = THREAD_RUNNING;
	}
	sched_switch_to(tcb);
	return valid;
}

/*
 * The core that holds the lock may be waiting for this one to serve a call, so calls are served
 * while this core waits. Once it holds the lock there can be no call for it: a caller keeps the
 * lock until its call is served.
 */
bool core_enter(void)
{
	struct core *core = core_self();
	unsigned int ticket = lock_draw(&lock);

	while (!lock_is_served(&lock, ticket)) {
		serve(core);
		arch_core_relax();
	}
	return core->current == core->loaded || take_back(core);
}

void core_leave(void)
{
	lock_release(&lock);
}

bool core_awaited(void)
{
	return lock_has_waiter(&lock);
}

void core_call(struct core *core, core_function *fn, u64 argument)
{
	core->call_argument = argument;
	atomic_store_explicit(&core->call, fn, memory_order_release);
	arch_core_interrupt(core, CORE_SGI_CALL);
	while (atomic_load_explicit(&core->call, memory_order_acquire))
		arch_core_relax();
}

static void nothing(u64 argument)
{
	(void)argument;
}

/*
 * In state Restart the thread is one that will execute its trap again. That is what happens if it
 * is changed; else take_back() handles the trap that it has executed already.
 */
void core_hold(struct core *core)
{
	core_call(core, nothing, 0);
	core->loaded = NULL;
	if (core->current->state == THREAD_RUNNING)
		core->current->state = THREAD_RESTART;
}

/*
 * The time counts from when the core was about to resume its thread. Before that it is in the
 * kernel anyway, and to stop it once more costs it nothing.
 */
bool core_may_disturb(const struct core *core)
{
	return core == core_self() || arch_counter() >= core->undisturbed_until;
}

void core_void_trap(const struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	if (core != core_self() && core->current == tcb)
		core->trap_void = true;
}

void core_interrupt(struct core *core)
{
	arch_core_interrupt(core, CORE_SGI_RESCHEDULE);
}
#endif
