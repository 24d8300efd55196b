/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints. The queue is a list of TCBs; the low bits of tail say who waits. */
#include <kernel/account.h>
#include <kernel/endpoint.h>
#include <kernel/ipc.h>
#include <kernel/notification.h>
#include <kernel/reply.h>
#include <kernel/sched.h>

static struct tcb *tail_of(const struct endpoint *ep)
{
	return (struct tcb *)(ep->tail & ~ENDPOINT_STATE_MASK);
}

static void set_tail(struct endpoint *ep, struct tcb *tail, enum endpoint_state state)
{
	ep->tail = (u64)tail | (tail ? state : ENDPOINT_IDLE);
}

static void append(struct endpoint *ep, struct tcb *tcb, enum endpoint_state state)
{
	struct tcb *tail = tail_of(ep);

	tcb->wait_prev = tail;
	tcb->wait_next = NULL;
	if (tail)
		tail->wait_next = tcb;
	else
		ep->head = (u64)tcb;
	set_tail(ep, tcb, state);
}

/*
 * Where a preempted CancelBadgedSends goes on: no sender before next has the badge. One for each
 * core: else two that interrupt each other would begin anew for ever.
 */
static struct cancelling {
	const struct endpoint *ep;	/* NULL: none is under way */
	u64 badge;
	struct tcb *next;
} cancelling[KERNEL_CORES];

static void unlink_waiter(struct endpoint *ep, struct tcb *tcb)
{
	enum endpoint_state state = endpoint_state(ep);

	for (unsigned int i = 0; i < KERNEL_CORES; i++) {
		struct cancelling *at = &cancelling[i];

		if (at->ep == ep && at->next == tcb) {
			at->next = tcb->wait_next;
			if (!at->next)
				at->ep = NULL;
		}
	}
	if (tcb->wait_prev)
		tcb->wait_prev->wait_next = tcb->wait_next;
	else
		ep->head = (u64)tcb->wait_next;
	if (tcb->wait_next)
		tcb->wait_next->wait_prev = tcb->wait_prev;
	else
		set_tail(ep, tcb->wait_prev, state);
}

/* sender's message has been taken: it waits for the answer, goes on, or is stuck for good. */
static void after_send(struct tcb *sender, struct tcb *receiver, bool call, bool may_reply,
		       bool reply_grant)
{
	if (!call) {
		if (sender->state != THREAD_RUNNING) {
			sched_set_state(sender, THREAD_RUNNING);
			sched_wake(sender);
		}
	} else if (may_reply) {
		reply_setup(sender, receiver, reply_grant);
	} else {
		sched_set_state(sender, THREAD_INACTIVE);
	}
}

static void block_sender(struct endpoint *ep, struct tcb *tcb, struct endpoint_send how)
{
	tcb->send.badge = how.badge;
	tcb->send.grant = how.grant;
	tcb->send.grant_reply = how.grant_reply;
	tcb->send.call = how.call;
	tcb->blocked_on = arch_ptr_to_phys(ep);
	sched_set_state(tcb, THREAD_BLOCKED_SEND);
	append(ep, tcb, ENDPOINT_SENDERS);
}

void endpoint_send(struct endpoint *ep, struct tcb *tcb, struct endpoint_send how)
{
	struct tcb *receiver;

	if (endpoint_state(ep) != ENDPOINT_RECEIVERS) {
		if (how.blocking)
			block_sender(ep, tcb, how);
		return;
	}
	receiver = (struct tcb *)ep->head;
	endpoint_take(ep, receiver);
	ipc_transfer(tcb, ep, how.badge, how.grant, receiver);
	account_serve(receiver, tcb->charged);
	sched_set_state(receiver, THREAD_RUNNING);
	sched_wake(receiver);
	after_send(tcb, receiver, how.call, how.grant || how.grant_reply, receiver->receive_grant);
}

void endpoint_wait(struct endpoint *ep, struct tcb *tcb, bool grant)
{
	tcb->receive_grant = grant;
	tcb->blocked_on = arch_ptr_to_phys(ep);
	append(ep, tcb, ENDPOINT_RECEIVERS);
}

void endpoint_receive(struct endpoint *ep, struct tcb *tcb, bool grant, bool blocking)
{
	struct notification *bound = tcb->bound_notification;
	struct tcb *sender;

	if (bound && notification_state(bound) == NOTIFICATION_ACTIVE) {
		notification_complete(bound, tcb);
		return;
	}
	if (endpoint_state(ep) != ENDPOINT_SENDERS) {
		if (blocking) {
			sched_set_state(tcb, THREAD_BLOCKED_RECEIVE);
			endpoint_wait(ep, tcb, grant);
		} else {
			tcb->context.x[IPC_REG_BADGE] = 0;
		}
		return;
	}
	sender = (struct tcb *)ep->head;
	unlink_waiter(ep, sender);
	ipc_transfer(sender, ep, sender->send.badge, sender->send.grant, tcb);
	account_serve(tcb, sender->charged);
	after_send(sender, tcb, sender->send.call, sender->send.grant || sender->send.grant_reply,
		   grant);
}

void endpoint_cancel(struct tcb *tcb)
{
	unlink_waiter(arch_phys_to_ptr(tcb->blocked_on), tcb);
}

static void restart(struct tcb *tcb)
{
	tcb->fault.type = seL4_Fault_NullFault;
	sched_set_state(tcb, THREAD_RESTART);
	sched_enqueue_head(tcb);
}

bool endpoint_cancel_first(struct endpoint *ep)
{
	struct tcb *tcb = (struct tcb *)ep->head;

	if (endpoint_state(ep) == ENDPOINT_IDLE)
		return false;
	unlink_waiter(ep, tcb);
	restart(tcb);
	sched_reschedule();
	return true;
}

static struct tcb *first_to_look_at(const struct endpoint *ep, u64 badge)
{
	struct cancelling *at = &cancelling[core_number(core_self())];
	bool again = at->ep == ep && at->badge == badge;
	struct tcb *first = again ? at->next : (struct tcb *)ep->head;

	if (again)
		at->ep = NULL;
	return endpoint_state(ep) == ENDPOINT_SENDERS ? first : NULL;
}

bool endpoint_cancel_badged(struct endpoint *ep, u64 badge)
{
	struct tcb *tcb = first_to_look_at(ep, badge), *next;

	for (; tcb; tcb = next) {
		next = tcb->wait_next;
		if (tcb->send.badge == badge) {
			unlink_waiter(ep, tcb);
			restart(tcb);
			sched_reschedule();
		}
		if (next && preempt_point()) {
			cancelling[core_number(core_self())] = (struct cancelling){ ep, badge, next };
			return false;
		}
	}
	return true;
}
