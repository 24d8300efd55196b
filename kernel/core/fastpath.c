/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short way through the kernel for what happens all the time: a call to a thread that waits, a
 * reply followed by a wait, a fault to a handler that waits and its answer. Each looks first
 * whether anything unusual is there; if so it goes the general way (api/syscall.c, fault.c), with
 * nothing done. The results are the same: messages_test.c compares. No function here needs a
 * stack frame: what is called is inline or comes last.
 */
#include <kernel/endpoint.h>
#include <kernel/fastpath.h>
#include <kernel/ipc.h>
#include <kernel/notification.h>
#include <kernel/reply.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#ifdef KERNEL_FAKE
bool fastpath_enabled = true;
unsigned long fastpath_taken;
#define COUNT_TAKEN()		(fastpath_taken++)
#else
#define fastpath_enabled	true
#define COUNT_TAKEN()		((void)0)
#endif

#define CALL_RIGHTS	(SEL4_RIGHT_GRANT | SEL4_RIGHT_GRANT_REPLY)

static bool may_call(struct cap cap)
{
	return cap_type(cap) == CAP_ENDPOINT && (cap_rights(cap) & SEL4_RIGHT_WRITE) &&
	       (cap_rights(cap) & CALL_RIGHTS);
}

/* Who waits at the endpoint, if a call by tcb would run it next. */
static struct tcb *receiver_of(const struct endpoint *ep, const struct tcb *tcb)
{
	struct tcb *receiver = (struct tcb *)ep->head;

	if (endpoint_state(ep) != ENDPOINT_RECEIVERS || slot_is_empty(&tcb->slots[TCB_REPLY]) ||
	    !sched_goes_first(receiver))
		return NULL;
	return receiver;
}

/* tcb's message has been taken by the first receiver, which runs; tcb waits for the answer. */
static struct tcb *wait_for_reply(struct tcb *tcb, struct endpoint *ep, struct tcb *receiver)
{
	COUNT_TAKEN();
	endpoint_take(ep, receiver);
	tcb->state = THREAD_BLOCKED_REPLY;
	receiver->state = THREAD_RUNNING;
	reply_link(tcb, receiver, receiver->receive_grant);
	return sched_switch_to(receiver);
}

struct tcb *fastpath_call(struct tcb *tcb)
{
	u64 info = tcb->context.x[IPC_REG_INFO];
	const struct slot *slot = lookup_in(tcb->slots[TCB_CSPACE].cap, tcb->context.x[IPC_REG_BADGE]);
	struct tcb *receiver;
	struct endpoint *ep;

	if (!fastpath_enabled || !slot || message_caps(info) || !may_call(slot->cap))
		return kernel_slow_syscall(SEL4_SYS_CALL);
	ep = endpoint_of(slot->cap);
	receiver = receiver_of(ep, tcb);
	if (!receiver)
		return kernel_slow_syscall(SEL4_SYS_CALL);
	ipc_transfer_plain(tcb, info, cap_badge(slot->cap), receiver);
	return wait_for_reply(tcb, ep, receiver);
}

struct tcb *fastpath_fault(struct tcb *tcb)
{
	const struct slot *slot = lookup_in(tcb->slots[TCB_CSPACE].cap, tcb->fault_handler);
	struct tcb *receiver;
	struct endpoint *ep;

	if (!fastpath_enabled || !slot || !may_call(slot->cap))
		return fault_send(tcb);
	ep = endpoint_of(slot->cap);
	receiver = receiver_of(ep, tcb);
	if (!receiver)
		return fault_send(tcb);
	receiver->context.x[IPC_REG_INFO] = message_info((u64)tcb->fault.type, 0, 0,
							 fault_message(tcb, receiver));
	receiver->context.x[IPC_REG_BADGE] = cap_badge(slot->cap);
	return wait_for_reply(tcb, ep, receiver);
}

/* The endpoint of a receive that would block. */
static struct endpoint *idle_endpoint(const struct tcb *tcb, const struct slot *slot)
{
	const struct notification *bound = tcb->bound_notification;
	struct endpoint *ep;

	if (!slot || cap_type(slot->cap) != CAP_ENDPOINT ||
	    !(cap_rights(slot->cap) & SEL4_RIGHT_READ) ||
	    (bound && notification_state(bound) == NOTIFICATION_ACTIVE))
		return NULL;
	ep = endpoint_of(slot->cap);
	return endpoint_state(ep) == ENDPOINT_SENDERS ? NULL : ep;
}

/* Answers that always let the thread go on. */
static bool is_answered_quickly(const struct tcb *tcb)
{
	return tcb->fault.type == seL4_Fault_NullFault || tcb->fault.type == seL4_Fault_VMFault ||
	       tcb->fault.type == seL4_Fault_VCPUFault;
}

static void answer(struct tcb *tcb, u64 info, struct tcb *caller)
{
	if (caller->fault.type == seL4_Fault_NullFault) {
		ipc_transfer_plain(tcb, info, 0, caller);
	} else {
		fault_reply(caller, tcb);
		caller->fault.type = seL4_Fault_NullFault;
		caller->context.next_ip = caller->context.fault_ip;
	}
	caller->state = THREAD_RUNNING;
}

struct tcb *fastpath_reply_recv(struct tcb *tcb)
{
	u64 info = tcb->context.x[IPC_REG_INFO];
	struct slot *reply = &tcb->slots[TCB_CALLER];
	const struct slot *slot = lookup_in(tcb->slots[TCB_CSPACE].cap,
					    tcb->context.x[IPC_REG_BADGE]);
	struct endpoint *ep = idle_endpoint(tcb, slot);
	struct tcb *caller;

	if (!fastpath_enabled || !ep || message_caps(info) || cap_type(reply->cap) != CAP_REPLY)
		return kernel_slow_syscall(SEL4_SYS_REPLY_RECV);
	caller = tcb_of(reply->cap);
	if (!is_answered_quickly(caller) || !sched_goes_first(caller))
		return kernel_slow_syscall(SEL4_SYS_REPLY_RECV);
	COUNT_TAKEN();
	reply_unlink(reply);
	answer(tcb, info, caller);
	tcb->state = THREAD_BLOCKED_RECEIVE;
	endpoint_wait(ep, tcb, cap_rights(slot->cap) & SEL4_RIGHT_GRANT);
	return sched_switch_to(caller);
}
