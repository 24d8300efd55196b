/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short way through the kernel for what happens all the time: a call to a thread that waits, a
 * reply followed by a wait, a fault to a handler that waits and its answer. Each looks first
 * whether anything unusual is there; if so it goes the general way (api/syscall.c, fault.c), with
 * nothing done. The results are the same: messages_test.c compares. Calls come last or are inline,
 * so that the shortest ways need no stack frame.
 */
#include <kernel/account.h>
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
#ifdef KERNEL_SLOW
#define fastpath_enabled	false
#else
#define fastpath_enabled	true
#endif
#define COUNT_TAKEN()		((void)0)
#endif

#define CALL_RIGHTS	(SEL4_RIGHT_GRANT | SEL4_RIGHT_GRANT_REPLY)

/* Of an endpoint's cap. */
static bool may_call(struct cap cap)
{
	return (cap_rights(cap) & SEL4_RIGHT_WRITE) && (cap_rights(cap) & CALL_RIGHTS);
}

/* Who waits at the endpoint, if a call by tcb would run it next. */
static struct tcb *receiver_of(const struct endpoint *ep, const struct tcb *tcb)
{
	struct tcb *receiver = (struct tcb *)ep->head;

	if (endpoint_state(ep) != ENDPOINT_RECEIVERS || slot_is_empty(&tcb->slots[TCB_REPLY]) ||
	    !sched_goes_first(receiver))
		return NULL;
	if (receiver->charged != tcb->charged && !account_cross(receiver, true))
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

static __attribute__((noinline)) struct tcb *call_long(struct tcb *tcb, struct endpoint *ep,
						       u64 badge, struct tcb *receiver)
{
	ipc_transfer_plain(tcb, tcb->context.x[IPC_REG_INFO], badge, receiver);
	return wait_for_reply(tcb, ep, receiver);
}

struct tcb *fastpath_call(struct tcb *tcb)
{
	u64 info = tcb->context.x[IPC_REG_INFO];
	struct slot *slot = lookup_in(tcb->slots[TCB_CSPACE].cap, tcb->context.x[IPC_REG_BADGE]);
	struct tcb *receiver;
	struct endpoint *ep;

	if (!fastpath_enabled || !slot)
		return kernel_slow_syscall(SEL4_SYS_CALL);
	if (cap_type(slot->cap) != CAP_ENDPOINT)
		return kernel_invoke(tcb, slot, info);
	if (message_caps(info) || !may_call(slot->cap))
		return kernel_slow_syscall(SEL4_SYS_CALL);
	ep = endpoint_of(slot->cap);
	receiver = receiver_of(ep, tcb);
	if (!receiver)
		return kernel_slow_syscall(SEL4_SYS_CALL);
	if (message_length(info) > SEL4_MSG_REGISTERS)
		return call_long(tcb, ep, cap_badge(slot->cap), receiver);
	ipc_transfer_short(tcb, info, cap_badge(slot->cap), receiver);
	return wait_for_reply(tcb, ep, receiver);
}

struct tcb *fastpath_fault(struct tcb *tcb)
{
	const struct slot *slot = lookup_in(tcb->slots[TCB_CSPACE].cap, tcb->fault_handler);
	struct tcb *receiver;
	struct endpoint *ep;

	if (!fastpath_enabled || !slot || cap_type(slot->cap) != CAP_ENDPOINT ||
	    !may_call(slot->cap))
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
}

/* caller has been answered and runs; tcb waits. */
static struct tcb *wait_for_message(struct tcb *tcb, struct endpoint *ep, bool grant,
				    struct tcb *caller)
{
	COUNT_TAKEN();
	reply_unlink(&tcb->slots[TCB_CALLER]);
	caller->state = THREAD_RUNNING;
	tcb->state = THREAD_BLOCKED_RECEIVE;
	endpoint_wait(ep, tcb, grant);
	return sched_switch_to(caller);
}

/* Apart, so that the shortest way does not save registers. */
static __attribute__((noinline)) struct tcb *answer_and_wait(struct tcb *tcb, struct endpoint *ep,
							     bool grant, struct tcb *caller)
{
	answer(tcb, tcb->context.x[IPC_REG_INFO], caller);
	return wait_for_message(tcb, ep, grant, caller);
}

struct tcb *fastpath_reply_recv(struct tcb *tcb)
{
	u64 info = tcb->context.x[IPC_REG_INFO];
	struct cap reply = tcb->slots[TCB_CALLER].cap;
	const struct slot *slot = lookup_in(tcb->slots[TCB_CSPACE].cap,
					    tcb->context.x[IPC_REG_BADGE]);
	struct endpoint *ep = idle_endpoint(tcb, slot);
	struct tcb *caller;
	bool grant;

	if (!fastpath_enabled || !ep || message_caps(info) || cap_type(reply) != CAP_REPLY)
		return kernel_slow_syscall(SEL4_SYS_REPLY_RECV);
	caller = tcb_of(reply);
	if (!is_answered_quickly(caller) || !sched_goes_first(caller))
		return kernel_slow_syscall(SEL4_SYS_REPLY_RECV);
	if (caller->charged != tcb->charged && !account_cross(caller, false))
		return kernel_slow_syscall(SEL4_SYS_REPLY_RECV);
	grant = cap_rights(slot->cap) & SEL4_RIGHT_GRANT;
	if (caller->fault.type != seL4_Fault_NullFault || message_length(info) > SEL4_MSG_REGISTERS)
		return answer_and_wait(tcb, ep, grant, caller);
	ipc_transfer_short(tcb, info, 0, caller);
	return wait_for_message(tcb, ep, grant, caller);
}
