/* SPDX-License-Identifier: BSD-2-Clause */
/* Several cores: into the kernel one after the other, and work for another core. */
#include <kernel/arch.h>
#include <kernel/core.h>
#include <kernel/lock.h>

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
 * The lock's holder may need something of this core, so its calls are served while waiting: else
 * both would wait for ever. Once this core holds the lock nobody can have a call for it: a caller
 * keeps the lock until it is served.
 */
bool core_enter(void)
{
	struct core *core = core_self();
	unsigned int ticket = lock_draw(&lock);
	bool cancelled;

	while (!lock_is_served(&lock, ticket)) {
		serve(core);
		arch_core_relax();
	}
	cancelled = core->cancelled;
	core->cancelled = false;
	return cancelled;
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

void core_interrupt(struct core *core)
{
	arch_core_interrupt(core, CORE_SGI_RESCHEDULE);
}
#endif
