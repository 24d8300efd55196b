/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls (ABI 1) and the other reasons to enter the kernel. */
#include <kernel/arch.h>
#include <kernel/debug.h>
#include <kernel/endpoint.h>
#include <kernel/fastpath.h>
#include <kernel/invocation.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/notification.h>
#include <kernel/reply.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

static enum invoke signal_decode(struct invocation *inv)
{
	if (!(cap_rights(inv->cap) & SEL4_RIGHT_WRITE))
		return error_capability(inv, 0);
	notification_signal(notification_of(inv->cap), cap_badge(inv->cap), inv->caller->charged);
	return INVOKE_OK;
}

static enum invoke reply_decode(struct invocation *inv)
{
	if (cap_reply_master(inv->cap))
		return error_capability(inv, 0);
	reply_transfer(inv->caller, tcb_of(inv->cap), inv->slot, cap_reply_grant(inv->cap));
	return INVOKE_OK;
}

/* An endpoint gets here only without the right to send. */
static enum invoke decode(struct invocation *inv)
{
	switch (cap_type(inv->cap)) {
	case CAP_UNTYPED:
		return untyped_decode(inv);
	case CAP_THREAD:
		return tcb_decode(inv);
	case CAP_CNODE:
		return cnode_decode(inv);
	case CAP_IRQ_CONTROL:
		return irq_control_decode(inv);
	case CAP_IRQ_HANDLER:
		return irq_handler_decode(inv);
	case CAP_SGI:
		return sgi_decode(inv);
	case CAP_DOMAIN:
		return domain_decode(inv);
	case CAP_VSPACE:
		return vspace_decode(inv);
	case CAP_FRAME:
		return frame_decode(inv);
	case CAP_PAGE_TABLE:
		return page_table_decode(inv);
	case CAP_ASID_CONTROL:
		return asid_control_decode(inv);
	case CAP_ASID_POOL:
		return asid_pool_decode(inv);
	case CAP_VCPU:
		return vcpu_decode(inv);
	case CAP_SMC:
		return smc_decode(inv);
	case CAP_NOTIFICATION:
		return signal_decode(inv);
	case CAP_REPLY:
		return reply_decode(inv);
	default:
		return error_capability(inv, 0);
	}
}

static unsigned int lookup_words(const struct error_record *error, u64 *w)
{
	unsigned int n = lookup_failure_words(&error->lookup);

	w[0] = error->source;
	w[1] = error->lookup.type;
	for (unsigned int i = 0; i < n; i++)
		w[2 + i] = error->lookup.detail[i];
	return 2 + n;
}

/* The message registers of an error (ABI 2.2). */
static unsigned int error_words(const struct error_record *error, u64 *w)
{
	switch (error->code) {
	case seL4_InvalidArgument:
	case seL4_InvalidCapability:
		w[0] = error->argument;
		return 1;
	case seL4_RangeError:
		w[0] = error->low;
		w[1] = error->high;
		return 2;
	case seL4_FailedLookup:
		return lookup_words(error, w);
	case seL4_NotEnoughMemory:
		w[0] = error->free;
		return 1;
	default:
		return 0;
	}
}

static void answer(struct tcb *tcb, seL4_Error code, const u64 *words, unsigned int length)
{
	u64 *buffer = length > SEL4_MSG_REGISTERS ? tcb_buffer(tcb, true) : NULL;
	unsigned int n;

	if (length > SEL4_MSG_REGISTERS && !buffer)
		length = SEL4_MSG_REGISTERS;
	for (n = 0; n < length && n < SEL4_MSG_REGISTERS; n++)
		tcb->context.x[IPC_REG_MR0 + n] = words[n];
	for (; n < length; n++)
		buffer[SEL4_IPC_BUFFER_MSG / sizeof(u64) + n] = words[n];
	tcb->context.x[IPC_REG_BADGE] = 0;
	tcb->context.x[IPC_REG_INFO] = message_info(code, 0, 0, length);
}

static void finish(struct invocation *inv, enum invoke outcome)
{
	struct tcb *tcb = inv->caller;
	u64 words[5];

	/* Still in state Restart, so that the trap is executed again. */
	if (outcome == INVOKE_PREEMPTED)
		return;
	tcb->progress = 0;
	if (outcome == INVOKE_ERROR) {
		debug_report(inv);
		if (inv->call)
			answer(tcb, inv->error.code, words, error_words(&inv->error, words));
	} else if (tcb->state == THREAD_RESTART && inv->call) {
		answer(tcb, seL4_NoError, inv->result, inv->results);
	}
	if (tcb->state == THREAD_RESTART)
		sched_set_state(tcb, THREAD_RUNNING);
}

/* Looks up the extra caps, then decodes and acts. */
static void invoke_object(struct tcb *tcb, struct slot *slot, u64 info, bool blocking, bool call)
{
	struct invocation inv;
	struct lookup_failure failure;
	u64 bad;

	inv.caller = tcb;
	inv.slot = slot;
	inv.cap = slot->cap;
	inv.cptr = tcb->context.x[IPC_REG_BADGE];
	inv.label = message_label(info);
	inv.buffer = NULL;
	inv.length = message_length(info);
	if (inv.length > SEL4_MSG_REGISTERS) {
		inv.buffer = tcb_buffer(tcb, false);
		if (!inv.buffer)
			inv.length = SEL4_MSG_REGISTERS;
	}
	inv.blocking = blocking;
	inv.call = call;
	inv.results = 0;
	inv.error.code = seL4_NoError;	/* its other fields only count with their code */
	if (!ipc_lookup_extra(tcb, info, inv.extra, &inv.extras, &bad, &failure)) {
		if (blocking)
			fault_cap(bad, false, &failure);
		return;
	}
	sched_set_state(tcb, THREAD_RESTART);
	finish(&inv, decode(&inv));
}

struct tcb *kernel_invoke(struct tcb *tcb, struct slot *slot, u64 info)
{
	invoke_object(tcb, slot, info, true, true);
	return sched_run();
}

/* A message through an endpoint. Its extra caps must resolve before it is queued or delivered. */
static void send_message(struct tcb *tcb, struct cap cap, u64 info, bool blocking, bool call)
{
	if (message_caps(info)) {
		struct slot *extra[SEL4_MSG_MAX_EXTRA_CAPS];
		struct lookup_failure failure;
		unsigned int count;
		u64 bad;

		if (!ipc_lookup_extra(tcb, info, extra, &count, &bad, &failure)) {
			if (blocking)
				fault_cap(bad, false, &failure);
			return;
		}
	}
	endpoint_send(endpoint_of(cap), tcb, (struct endpoint_send){
		.badge = cap_badge(cap),
		.blocking = blocking,
		.call = call,
		.grant = cap_rights(cap) & SEL4_RIGHT_GRANT,
		.grant_reply = cap_rights(cap) & SEL4_RIGHT_GRANT_REPLY,
	});
}

static void do_send(bool blocking, bool call)
{
	struct tcb *tcb = sched_current;
	u64 cptr = tcb->context.x[IPC_REG_BADGE], info = tcb->context.x[IPC_REG_INFO];
	struct lookup_failure failure;
	struct slot *slot = lookup_slot(tcb, cptr, &failure);

	if (!slot) {
		if (blocking)
			fault_cap(cptr, false, &failure);
		return;
	}
	if (cap_type(slot->cap) == CAP_ENDPOINT && (cap_rights(slot->cap) & SEL4_RIGHT_WRITE)) {
		send_message(tcb, slot->cap, info, blocking, call);
		return;
	}
	if (cap_type(slot->cap) == CAP_NOTIFICATION && !call && message_caps(info) == 0 &&
	    (cap_rights(slot->cap) & SEL4_RIGHT_WRITE)) {
		notification_signal(notification_of(slot->cap), cap_badge(slot->cap), tcb->charged);
		return;
	}
	invoke_object(tcb, slot, info, blocking, call);
}

static void do_reply(void)
{
	struct tcb *tcb = sched_current;
	struct slot *slot = &tcb->slots[TCB_CALLER];

	if (cap_type(slot->cap) == CAP_REPLY && !cap_reply_master(slot->cap))
		reply_transfer(tcb, tcb_of(slot->cap), slot, cap_reply_grant(slot->cap));
}

static void receive_fault(u64 cptr)
{
	struct lookup_failure failure = lookup_missing(0);

	fault_cap(cptr, true, &failure);
}

static void receive_notification(struct tcb *tcb, struct cap cap, u64 cptr, bool blocking)
{
	struct notification *ntfn = notification_of(cap);

	if (!(cap_rights(cap) & SEL4_RIGHT_READ) || (ntfn->bound && ntfn->bound != tcb))
		receive_fault(cptr);
	else
		notification_receive(ntfn, tcb, blocking);
}

static void do_receive(bool blocking)
{
	struct tcb *tcb = sched_current;
	u64 cptr = tcb->context.x[IPC_REG_BADGE];
	struct lookup_failure failure;
	struct slot *slot = lookup_slot(tcb, cptr, &failure);
	struct cap cap;

	if (!slot) {
		fault_cap(cptr, true, &failure);
		return;
	}
	cap = slot->cap;
	if (cap_type(cap) == CAP_NOTIFICATION) {
		receive_notification(tcb, cap, cptr, blocking);
	} else if (cap_type(cap) == CAP_ENDPOINT && (cap_rights(cap) & SEL4_RIGHT_READ)) {
		reply_drop_caller(tcb);
		endpoint_receive(endpoint_of(cap), tcb, cap_rights(cap) & SEL4_RIGHT_GRANT,
				 blocking);
	} else {
		receive_fault(cptr);
	}
}

struct tcb *kernel_slow_syscall(long nr)
{
	switch (nr) {
	case SEL4_SYS_CALL:
		do_send(true, true);
		break;
	case SEL4_SYS_REPLY_RECV:
		do_reply();
		do_receive(true);
		break;
	case SEL4_SYS_SEND:
		do_send(true, false);
		break;
	case SEL4_SYS_NB_SEND:
		do_send(false, false);
		break;
	case SEL4_SYS_RECV:
		do_receive(true);
		break;
	case SEL4_SYS_REPLY:
		do_reply();
		break;
	case SEL4_SYS_YIELD:
		sched_yield();
		break;
	case SEL4_SYS_NB_RECV:
		do_receive(false);
		break;
	default:
		if (!debug_syscall(nr))
			fault_unknown_syscall((u64)nr);
	}
	return sched_run();
}

struct tcb *kernel_syscall(long nr)
{
	if (!core_enter())
		return sched_run();
	if (nr == SEL4_SYS_CALL)
		return fastpath_call(sched_current);
	if (nr == SEL4_SYS_REPLY_RECV)
		return fastpath_reply_recv(sched_current);
	return kernel_slow_syscall(nr);
}

struct tcb *kernel_irq(void)
{
	irq_handle();
	return sched_run();
}

struct tcb *kernel_vm_fault(u64 address, u32 esr, bool fetch)
{
	return fault_vm(address, esr, fetch);
}

struct tcb *kernel_user_exception(u64 number, u64 code)
{
	return fault_user_exception(number, code);
}

struct tcb *kernel_vcpu_fault(u32 esr)
{
	return fault_vcpu(esr);
}

struct tcb *kernel_resume(void)
{
	return sched_run();
}
