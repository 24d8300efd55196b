/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler (ABI 10.1). The current thread is in no queue while it runs. */
#include <kernel/account.h>
#include <kernel/arch.h>
#include <kernel/domain.h>
#include <kernel/irq.h>
#include <kernel/sched.h>
#include <kernel/vcpu.h>

static void init_core(struct core *core)
{
	for (unsigned int d = 0; d < DOMAIN_COUNT; d++) {
		for (unsigned int i = 0; i < SCHED_PRIORITIES; i++)
			core->queues[d][i] = (struct run_queue){ NULL, NULL };
		for (unsigned int i = 0; i < SCHED_PRIORITIES / 64; i++)
			core->occupied[d][i] = 0;
		core->highest[d] = -1;
	}
	core->action = KEEP_CURRENT;
	core->woken = NULL;
	core->loaded = NULL;
	core->idle.state = THREAD_IDLE;
	core->idle.flags = TCB_FLAG_FPU_DISABLED;
	core->current = &core->idle;
	core->charged = ACCOUNT_NONE;
}

void sched_init(struct tcb *first)
{
	account_init(SCHED_SLICE * arch_counter_per_tick());
	for (unsigned int i = 0; i < KERNEL_CORES; i++)
		init_core(&cores[i]);
	sched_set_state(first, THREAD_RUNNING);
	sched_wake(first);
}

static struct run_queue *queue_of(const struct tcb *tcb)
{
	return &core_of(tcb)->queues[tcb->domain][tcb->priority];
}

static void mark_occupied(const struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	core->occupied[tcb->domain][tcb->priority / 64] |= 1UL << (tcb->priority % 64);
	if (tcb->priority > core->highest[tcb->domain])
		core->highest[tcb->domain] = tcb->priority;
}

/* The thread, the last of its kind at the highest priority, is gone. */
static void find_highest(struct core *core, unsigned int domain)
{
	const u64 *occupied = core->occupied[domain];
	int word = core->highest[domain] / 64, band = account_highest_band(core, domain);

	while (word > 0 && !occupied[word])
		word--;
	core->highest[domain] = occupied[word] ?
		word * 64 + 63 - __builtin_clzl(occupied[word]) : -1;
	if (band > core->highest[domain])
		core->highest[domain] = band;
}

/* The last thread of its priority left the queue. */
static void mark_empty(const struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	core->occupied[tcb->domain][tcb->priority / 64] &= ~(1UL << (tcb->priority % 64));
	if (tcb->priority == core->highest[tcb->domain])
		find_highest(core, tcb->domain);
}

static void park(struct tcb *tcb)
{
	struct core *core = core_of(tcb);
	int band;

	account_park(tcb);
	tcb->queued = true;
	band = account_highest_band(core, tcb->domain);
	if (band > core->highest[tcb->domain])
		core->highest[tcb->domain] = band;
}

static void unpark(struct tcb *tcb)
{
	account_unpark(tcb);
	tcb->queued = false;
	find_highest(core_of(tcb), tcb->domain);
}

/* A thread of another core was queued there: does it run before what runs there now? */
static void tell_core(const struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	if (core == core_self() || tcb->domain != core->domain || core->action != KEEP_CURRENT)
		return;
	if (core->current != &core->idle && tcb->priority <= core->current->priority)
		return;
	core->action = CHOOSE;
	core_interrupt(core);
}

static void enqueue_head(struct tcb *tcb)
{
	struct run_queue *queue = queue_of(tcb);

	if (tcb->queued)
		return;
	tcb->queued = true;
	tcb->run_prev = NULL;
	tcb->run_next = queue->head;
	if (queue->head)
		queue->head->run_prev = tcb;
	else
		queue->tail = tcb;
	queue->head = tcb;
	mark_occupied(tcb);
}

void sched_enqueue_head(struct tcb *tcb)
{
	enqueue_head(tcb);
	tell_core(tcb);
}

void sched_enqueue_tail(struct tcb *tcb)
{
	struct run_queue *queue = queue_of(tcb);

	if (tcb->queued)
		return;
	tcb->queued = true;
	tcb->run_next = NULL;
	tcb->run_prev = queue->tail;
	if (queue->tail)
		queue->tail->run_next = tcb;
	else
		queue->head = tcb;
	queue->tail = tcb;
	mark_occupied(tcb);
}

static void unlink_queued(struct tcb *tcb)
{
	struct run_queue *queue = queue_of(tcb);

	if (tcb->run_prev)
		tcb->run_prev->run_next = tcb->run_next;
	else
		queue->head = tcb->run_next;
	if (tcb->run_next)
		tcb->run_next->run_prev = tcb->run_prev;
	else
		queue->tail = tcb->run_prev;
	if (!queue->head)
		mark_empty(tcb);
	tcb->queued = false;
}

void sched_dequeue(struct tcb *tcb)
{
	struct core *core = core_self();

	if (tcb->parked)
		unpark(tcb);
	else if (tcb->queued)
		unlink_queued(tcb);
	if (core->action == SWITCH_TO_WOKEN && core->woken == tcb)
		core->action = CHOOSE;
}

/* The highest priority with a queued thread, or band with a parked one; or -1. */
static int highest_priority(void)
{
	return core_self()->highest[DOMAIN_COUNT == 1 ? 0 : domain_current];
}

void sched_reschedule(void)
{
	struct core *core = core_self();

	if (core->action == SWITCH_TO_WOKEN)
		sched_enqueue_head(core->woken);
	core->action = CHOOSE;
}

void sched_reconsider(struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	if (core == core_self()) {
		sched_reschedule();
	} else {
		core->action = CHOOSE;
		core_interrupt(core);
	}
}

void sched_wake(struct tcb *tcb)
{
	struct core *core = core_self();

	if (core_of(tcb) != core || tcb->domain != core->domain) {
		sched_enqueue_head(tcb);
	} else if (core->action != KEEP_CURRENT) {
		if (core->action == SWITCH_TO_WOKEN && core->woken == tcb)
			return;
		sched_reschedule();
		sched_enqueue_head(tcb);
	} else if (tcb != core->current) {
		core->action = SWITCH_TO_WOKEN;
		core->woken = tcb;
	}
}

void sched_set_state(struct tcb *tcb, enum thread_state state)
{
	struct core *core = core_of(tcb);

	tcb->state = state;
	if (tcb == core->current && core->action == KEEP_CURRENT && !tcb_runnable(tcb))
		core->action = CHOOSE;
}

void sched_tick(void)
{
	struct tcb *tcb = sched_current;

	account_charge(core_self());
	if (tcb->state == THREAD_RUNNING) {
		if (account_is_spent(tcb))
			sched_reschedule();
		if (tcb->slice > 1) {
			tcb->slice--;
		} else {
			tcb->slice = SCHED_SLICE;
			sched_enqueue_tail(tcb);
			sched_reschedule();
		}
	}
	if (domain_tick())
		sched_reschedule();
}

void sched_yield(void)
{
	/* Alone at its priority it would be chosen again. */
	if (highest_priority() < sched_current->priority)
		return;
	sched_enqueue_tail(sched_current);
	sched_reschedule();
}

void sched_stale(void)
{
	core_self()->loaded = NULL;
}

void sched_forget(struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	sched_dequeue(tcb);
	if (core->loaded == tcb)
		core->loaded = NULL;
	if (core != core_self() && core->current == tcb) {
		core->current = &core->idle;
		core->action = CHOOSE;
	}
}

bool sched_may_hold(const struct tcb *tcb)
{
	const struct core *core = core_of(tcb);

	return core->current != tcb || core_may_disturb(core);
}

void sched_hold(struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	if (core != core_self() && core->current == tcb)
		core_hold(core);
}

#if KERNEL_CORES > 1
void sched_migrate(struct tcb *tcb, struct core *to)
{
	struct core *from = core_of(tcb);

	if (from == to)
		return;
	sched_hold(tcb);
	core_void_trap(tcb);
	arch_migrate(tcb);
	sched_dequeue(tcb);
	if (from->current == tcb) {
		if (from == core_self())
			sched_reschedule();
		else
			from->action = CHOOSE;
		from->current = &from->idle;
	}
	tcb->affinity = (u8)core_number(to);
	if (tcb_runnable(tcb)) {
		sched_enqueue_tail(tcb);
		tell_core(tcb);
	}
}
#endif

static struct tcb *choose(void)
{
	struct core *core = core_self();
	struct tcb *tcb;
	int priority;

	while ((priority = highest_priority()) >= 0) {
		tcb = core->queues[domain_current][priority].head;
		if (!tcb) {
			account_take_turn(core, domain_current);
			continue;
		}
		unlink_queued(tcb);
		if (!account_is_spent(tcb))
			return tcb;
		park(tcb);
	}
	return &sched_idle;
}

/* May the woken thread run at once? If not it is queued. */
static bool woken_goes_first(bool current_runnable)
{
	struct core *core = core_self();
	struct tcb *woken = core->woken;

	if (woken->queued || woken->domain != domain_current)
		return false;
	if (woken->charged != core->charged && account_is_spent(woken)) {
		sched_enqueue_head(woken);
		return false;
	}
	if (core->current == &core->idle || woken->priority < core->current->priority) {
		if (woken->priority < highest_priority()) {
			sched_enqueue_head(woken);
			return false;
		}
	} else if (current_runnable && woken->priority == core->current->priority) {
		sched_enqueue_tail(woken);
		return false;
	}
	return true;
}

static struct tcb *next_thread(void)
{
	struct core *core = core_self();
	struct tcb *next;
	bool runnable;

	if (core->action == KEEP_CURRENT)
		return core->current;
	runnable = tcb_runnable(core->current);
	if (runnable)
		enqueue_head(core->current);
	if (core->action == SWITCH_TO_WOKEN && woken_goes_first(runnable))
		next = core->woken;
	else
		next = choose();
	core->action = KEEP_CURRENT;
	core->woken = NULL;
	return next;
}

bool sched_goes_first(const struct tcb *tcb)
{
	return (DOMAIN_COUNT == 1 || tcb->domain == domain_current) && core_of(tcb) == core_self() &&
	       (tcb->priority >= sched_current->priority ||
		tcb->priority >= highest_priority());
}

struct tcb *sched_switch_to(struct tcb *tcb)
{
	struct core *core = core_self();

	core->current = tcb;
	core->loaded = tcb;
	return arch_switch_to(tcb);
}

/*
 * An idle core among several has no tick: it would only keep the others waiting for the lock.
 * (Ticks change domains, too, but there is one.)
 */
static void set_tick(struct core *core, bool on)
{
#if KERNEL_CORES > 1
	_Static_assert(DOMAIN_COUNT == 1, "an idle core counts no ticks");
	if (core->tickless == !on)
		return;
	core->tickless = !on;
	arch_timer_enable(on);
#else
	(void)core;
	(void)on;
#endif
}

static __attribute__((noinline)) struct tcb *run_next(void)
{
	struct core *core = core_self();

	for (;;) {
		core->current = next_thread();
		if (core->current->charged != core->charged)
			account_switch(core, core->current->charged);
		if (core->current != core->loaded) {
			arch_switch_to(core->current);
			core->loaded = core->current;
		}
		if (core->current != &core->idle)
			break;
		set_tick(core, false);
		if (KERNEL_CORES > 1)
			vcpu_flush();		/* its monitor may run elsewhere, and need not call for it */
		core_leave();
		arch_wait_for_interrupt();
		core_enter();
		irq_handle();
	}
	set_tick(core, true);
	if (core->current->state == THREAD_RESTART) {
		core->current->context.next_ip = core->current->context.fault_ip;
		core->current->state = THREAD_RUNNING;
	}
	return core->current;
}

struct tcb *sched_run(void)
{
	const struct core *core = core_self();

	/* Mostly nothing changed. */
	if (core->action == KEEP_CURRENT && core->current == core->loaded &&
	    core->current->state == THREAD_RUNNING)
		return core->current;
	return run_next();
}

bool preempt_point(void)
{
	struct core *core = core_self();

	if (++core->preempt_work < PREEMPT_PERIOD)
		return false;
	core->preempt_work = 0;
	return arch_irq_pending() || core_awaited();
}
