/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications (ABI 9.3). */
#include <kernel/account.h>
#include <kernel/ipc.h>
#include <kernel/notification.h>
#include <kernel/sched.h>

static struct tcb *tail_of(const struct notification *ntfn)
{
	return (struct tcb *)(ntfn->tail & ~NOTIFICATION_STATE_MASK);
}

static void set_tail(struct notification *ntfn, struct tcb *tail)
{
	ntfn->tail = (u64)tail | (tail ? NOTIFICATION_WAITING : NOTIFICATION_IDLE);
}

static void set_idle(struct notification *ntfn)
{
	ntfn->word = 0;
	ntfn->head = 0;
	ntfn->tail = NOTIFICATION_IDLE;
}

static void append(struct notification *ntfn, struct tcb *tcb)
{
	struct tcb *tail = tail_of(ntfn);

	tcb->wait_prev = tail;
	tcb->wait_next = NULL;
	if (tail)
		tail->wait_next = tcb;
	else
		ntfn->head = (u64)tcb;
	set_tail(ntfn, tcb);
}

static void unlink_waiter(struct notification *ntfn, struct tcb *tcb)
{
	if (tcb->wait_prev)
		tcb->wait_prev->wait_next = tcb->wait_next;
	else
		ntfn->head = (u64)tcb->wait_next;
	if (tcb->wait_next)
		tcb->wait_next->wait_prev = tcb->wait_prev;
	else
		set_tail(ntfn, tcb->wait_prev);
}

/* Only the badge is delivered: everything else keeps what it held at the trap. */
static void deliver(struct tcb *tcb, u64 badge, u8 payer)
{
	tcb->context.x[IPC_REG_BADGE] = badge;
	account_serve(tcb, payer);
	sched_set_state(tcb, THREAD_RUNNING);
	sched_wake(tcb);
}

void notification_signal(struct notification *ntfn, u64 badge, u8 payer)
{
	struct tcb *tcb;

	switch (notification_state(ntfn)) {
	case NOTIFICATION_IDLE:
		tcb = ntfn->bound;
		if (tcb && tcb->state == THREAD_BLOCKED_RECEIVE) {
			tcb_cancel_ipc(tcb);
			deliver(tcb, badge, payer);
			return;
		}
		ntfn->word = badge;
		ntfn->head = payer;
		ntfn->tail = NOTIFICATION_ACTIVE;
		return;
	case NOTIFICATION_WAITING:
		tcb = (struct tcb *)ntfn->head;
		unlink_waiter(ntfn, tcb);
		deliver(tcb, badge, payer);
		return;
	case NOTIFICATION_ACTIVE:
		ntfn->word |= badge;
		ntfn->head = payer;
		return;
	}
}

void notification_complete(struct notification *ntfn, struct tcb *tcb)
{
	tcb->context.x[IPC_REG_BADGE] = ntfn->word;
	account_serve(tcb, (u8)ntfn->head);
	set_idle(ntfn);
}

void notification_receive(struct notification *ntfn, struct tcb *tcb, bool blocking)
{
	if (notification_state(ntfn) == NOTIFICATION_ACTIVE) {
		notification_complete(ntfn, tcb);
	} else if (blocking) {
		tcb->blocked_on = arch_ptr_to_phys(ntfn);
		sched_set_state(tcb, THREAD_BLOCKED_NOTIFICATION);
		append(ntfn, tcb);
	} else {
		tcb->context.x[IPC_REG_BADGE] = 0;
	}
}

void notification_cancel(struct tcb *tcb)
{
	unlink_waiter(arch_phys_to_ptr(tcb->blocked_on), tcb);
}

bool notification_cancel_first(struct notification *ntfn)
{
	struct tcb *tcb = (struct tcb *)ntfn->head;

	if (notification_state(ntfn) != NOTIFICATION_WAITING)
		return false;
	unlink_waiter(ntfn, tcb);
	sched_set_state(tcb, THREAD_RESTART);
	sched_enqueue_head(tcb);
	sched_reschedule();
	return true;
}

void notification_bind(struct notification *ntfn, struct tcb *tcb)
{
	ntfn->bound = tcb;
	tcb->bound_notification = ntfn;
}

void notification_unbind(struct tcb *tcb)
{
	if (tcb->bound_notification)
		tcb->bound_notification->bound = NULL;
	tcb->bound_notification = NULL;
}

void notification_finalise(struct notification *ntfn)
{
	if (ntfn->bound)
		notification_unbind(ntfn->bound);
}
