/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler (ABI 10.1). The current thread is in no queue while it runs. */
#include <kernel/arch.h>
#include <kernel/domain.h>
#include <kernel/irq.h>
#include <kernel/sched.h>

struct queue {
	struct tcb *head, *tail;
};

struct tcb *sched_current;
struct tcb sched_idle;

static struct queue queues[DOMAIN_COUNT][SCHED_PRIORITIES];
static u64 occupied[DOMAIN_COUNT][SCHED_PRIORITIES / 64];

/*
 * What to do at the end of this kernel entry: go on with the current thread, look at one thread
 * that was woken, or choose among all.
 */
static enum { KEEP_CURRENT, SWITCH_TO_WOKEN, CHOOSE } action;
static struct tcb *woken;

static struct tcb *loaded;	/* whom arch_switch_to() was last called for */
static unsigned int preempt_work;

static void empty_queues(void)
{
	for (unsigned int d = 0; d < DOMAIN_COUNT; d++) {
		for (unsigned int i = 0; i < SCHED_PRIORITIES; i++)
			queues[d][i] = (struct queue){ NULL, NULL };
		for (unsigned int i = 0; i < SCHED_PRIORITIES / 64; i++)
			occupied[d][i] = 0;
	}
	action = KEEP_CURRENT;
	woken = NULL;
	loaded = NULL;
}

void sched_init(struct tcb *first)
{
	empty_queues();
	sched_idle.state = THREAD_IDLE;
	sched_idle.flags = TCB_FLAG_FPU_DISABLED;
	sched_current = &sched_idle;
	sched_set_state(first, THREAD_RUNNING);
	sched_wake(first);
}

static struct queue *queue_of(const struct tcb *tcb)
{
	return &queues[tcb->domain][tcb->priority];
}

static void mark_occupied(const struct tcb *tcb)
{
	occupied[tcb->domain][tcb->priority / 64] |= 1UL << (tcb->priority % 64);
}

void sched_enqueue_head(struct tcb *tcb)
{
	struct queue *queue = queue_of(tcb);

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

void sched_enqueue_tail(struct tcb *tcb)
{
	struct queue *queue = queue_of(tcb);

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
	struct queue *queue = queue_of(tcb);

	if (tcb->run_prev)
		tcb->run_prev->run_next = tcb->run_next;
	else
		queue->head = tcb->run_next;
	if (tcb->run_next)
		tcb->run_next->run_prev = tcb->run_prev;
	else
		queue->tail = tcb->run_prev;
	if (!queue->head)
		occupied[tcb->domain][tcb->priority / 64] &= ~(1UL << (tcb->priority % 64));
	tcb->queued = false;
}

void sched_dequeue(struct tcb *tcb)
{
	if (tcb->queued)
		unlink_queued(tcb);
	if (action == SWITCH_TO_WOKEN && woken == tcb)
		action = CHOOSE;
}

/* The highest priority with a queued thread, or -1. */
static int highest_priority(u8 domain)
{
	for (int i = SCHED_PRIORITIES / 64 - 1; i >= 0; i--) {
		if (occupied[domain][i])
			return i * 64 + 63 - __builtin_clzl(occupied[domain][i]);
	}
	return -1;
}

void sched_reschedule(void)
{
	if (action == SWITCH_TO_WOKEN)
		sched_enqueue_head(woken);
	action = CHOOSE;
}

void sched_wake(struct tcb *tcb)
{
	if (tcb->domain != domain_current) {
		sched_enqueue_head(tcb);
	} else if (action != KEEP_CURRENT) {
		if (action == SWITCH_TO_WOKEN && woken == tcb)
			return;
		sched_reschedule();
		sched_enqueue_head(tcb);
	} else if (tcb != sched_current) {
		action = SWITCH_TO_WOKEN;
		woken = tcb;
	}
}

void sched_set_state(struct tcb *tcb, enum thread_state state)
{
	tcb->state = state;
	if (tcb == sched_current && action == KEEP_CURRENT && !tcb_runnable(tcb))
		action = CHOOSE;
}

void sched_tick(void)
{
	struct tcb *tcb = sched_current;

	if (tcb->state == THREAD_RUNNING) {
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
	sched_enqueue_tail(sched_current);
	sched_reschedule();
}

void sched_stale(void)
{
	loaded = NULL;
}

void sched_forget(struct tcb *tcb)
{
	sched_dequeue(tcb);
	if (loaded == tcb)
		loaded = NULL;
}

static struct tcb *choose(void)
{
	int priority = highest_priority(domain_current);
	struct tcb *tcb;

	if (priority < 0)
		return &sched_idle;
	tcb = queues[domain_current][priority].head;
	unlink_queued(tcb);
	return tcb;
}

/* May the woken thread run at once? If not it is queued. */
static bool woken_goes_first(bool current_runnable)
{
	const struct tcb *current = sched_current;

	if (woken->queued || woken->domain != domain_current)
		return false;
	if (current == &sched_idle || woken->priority < current->priority) {
		if (woken->priority < highest_priority(domain_current)) {
			sched_enqueue_head(woken);
			return false;
		}
	} else if (current_runnable && woken->priority == current->priority) {
		sched_enqueue_tail(woken);
		return false;
	}
	return true;
}

static struct tcb *next_thread(void)
{
	struct tcb *next;
	bool runnable;

	if (action == KEEP_CURRENT)
		return sched_current;
	runnable = tcb_runnable(sched_current);
	if (runnable)
		sched_enqueue_head(sched_current);
	if (action == SWITCH_TO_WOKEN && woken_goes_first(runnable))
		next = woken;
	else
		next = choose();
	action = KEEP_CURRENT;
	woken = NULL;
	return next;
}

struct tcb *sched_run(void)
{
	for (;;) {
		sched_current = next_thread();
		if (sched_current != loaded) {
			arch_switch_to(sched_current);
			loaded = sched_current;
		}
		if (sched_current != &sched_idle)
			break;
		arch_wait_for_interrupt();
		irq_handle();
	}
	if (sched_current->state == THREAD_RESTART) {
		sched_current->context.next_ip = sched_current->context.fault_ip;
		sched_current->state = THREAD_RUNNING;
	}
	return sched_current;
}

bool preempt_point(void)
{
	if (++preempt_work < PREEMPT_PERIOD)
		return false;
	preempt_work = 0;
	return arch_irq_pending();
}
