/* SPDX-License-Identifier: BSD-2-Clause */
/* Invocations of threads (ABI 2.6, 10.3). */
#include <arch/clamp.h>
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/invocation.h>
#include <kernel/notification.h>
#include <kernel/object.h>
#include <kernel/sched.h>

#define FRAME_REGISTERS	17u	/* the first part of the register array */
#define SPSR_REGISTER	2u

static struct tcb *target_of(const struct invocation *inv)
{
	return tcb_of(inv->cap);
}

static enum invoke read_registers(struct invocation *inv)
{
	struct tcb *tcb = target_of(inv);
	u64 flags = invocation_mr(inv, 0), count = invocation_mr(inv, 1);

	if (inv->length < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	if (count < 1 || count > SEL4_TCB_REGISTERS)
		return error_range(inv, 1, SEL4_TCB_REGISTERS);
	if (tcb == inv->caller)
		return error_plain(inv, seL4_IllegalOperation);

	if (flags & 1)
		tcb_suspend(tcb);
	arch_context_sync(tcb);
	count = index_clamp(count, SEL4_TCB_REGISTERS + 1);
	tcb_read_registers(tcb, inv->result, (unsigned int)count);
	inv->results = (unsigned int)count;
	return INVOKE_OK;
}

static void write_register(struct tcb *tcb, unsigned int i, u64 value)
{
	*tcb_register(tcb, i) = i == SPSR_REGISTER ? tcb_sanitise_spsr(tcb, value) : value;
}

/* The thread's registers changed: it goes on at pc, and the CPU's copies are refreshed. */
static void registers_written(struct tcb *tcb)
{
	tcb->context.next_ip = tcb->context.fault_ip;
	tcb->progress = 0;
	core_void_trap(tcb);
	arch_tls_changed(tcb);
}

static enum invoke write_registers(struct invocation *inv)
{
	struct tcb *tcb = target_of(inv);
	u64 flags = invocation_mr(inv, 0), count = invocation_mr(inv, 1);

	if (inv->length < 2 || inv->length - 2 < count)
		return error_plain(inv, seL4_TruncatedMessage);
	if (tcb == inv->caller)
		return error_plain(inv, seL4_IllegalOperation);

	if (count > SEL4_TCB_REGISTERS)
		count = SEL4_TCB_REGISTERS;
	count = index_clamp(count, SEL4_TCB_REGISTERS + 1);
	arch_context_sync(tcb);
	for (unsigned int i = 0; i < count; i++)
		write_register(tcb, i, invocation_mr(inv, i + 2));
	registers_written(tcb);
	if (flags & 1)
		tcb_resume(tcb);
	return INVOKE_OK;
}

#define COPY_SUSPEND	1u
#define COPY_RESUME	2u
#define COPY_FRAME	4u
#define COPY_INTEGER	8u

static void copy_range(struct tcb *to, struct tcb *from, unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i++)
		*tcb_register(to, i) = *tcb_register(from, i);
}

static enum invoke copy_registers(struct invocation *inv)
{
	struct tcb *tcb = target_of(inv), *from;
	u64 flags = invocation_mr(inv, 0);

	if (inv->length < 1 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (cap_type(invocation_extra(inv, 0)) != CAP_THREAD)
		return error_capability(inv, 1);

	from = tcb_of(invocation_extra(inv, 0));
	sched_hold(from);
	if (flags & COPY_SUSPEND)
		tcb_suspend(from);
	if (flags & COPY_RESUME)
		tcb_resume(tcb);
	arch_context_sync(from);
	arch_context_sync(tcb);
	if (flags & COPY_FRAME) {
		copy_range(tcb, from, 0, FRAME_REGISTERS);
		/* A guest's mode in a native thread would end the kernel: unlike upstream, no. */
		tcb->context.spsr = tcb_sanitise_spsr(tcb, tcb->context.spsr);
		tcb->context.next_ip = tcb->context.fault_ip;
	}
	tcb->progress = 0;
	core_void_trap(tcb);
	if (flags & COPY_INTEGER)
		copy_range(tcb, from, FRAME_REGISTERS, SEL4_TCB_REGISTERS);
	arch_tls_changed(tcb);
	return INVOKE_OK;
}

/* What Configure, SetSpace and SetIPCBuffer change, checked. */
struct spaces {
	struct cap cspace, vspace, buffer;
	struct slot *cspace_from, *vspace_from, *buffer_from;	/* NULL: no buffer */
	u64 buffer_at;
};

static enum invoke decode_buffer(struct invocation *inv, unsigned int extra, u64 at,
				 struct spaces *out)
{
	struct slot *from = inv->extra[extra];
	seL4_Error error;

	out->buffer_from = NULL;
	out->buffer_at = at;
	if (at == 0)
		return INVOKE_OK;
	error = object_derive(from, from->cap, &out->buffer);
	if (error != seL4_NoError)
		return error_plain(inv, error);
	if (cap_type(out->buffer) != CAP_FRAME || cap_frame_device(out->buffer))
		return error_plain(inv, seL4_IllegalOperation);
	if (at & bit_mask(SEL4_IPC_BUFFER_BITS))
		return error_plain(inv, seL4_AlignmentError);
	out->buffer_from = from;
	return INVOKE_OK;
}

static enum invoke decode_root(struct invocation *inv, struct slot *from, u64 data,
			       struct cap *out)
{
	struct cap cap = from->cap;
	seL4_Error error;

	if (data)
		cap = object_update_data(cap, data, false);
	error = object_derive(from, cap, out);
	return error == seL4_NoError ? INVOKE_OK : error_plain(inv, error);
}

static enum invoke decode_roots(struct invocation *inv, struct spaces *out)
{
	struct tcb *tcb = target_of(inv);

	if (cnode_delete_is_long(&tcb->slots[TCB_CSPACE]) ||
	    cnode_delete_is_long(&tcb->slots[TCB_VSPACE]))
		return error_plain(inv, seL4_IllegalOperation);
	out->cspace_from = inv->extra[0];
	out->vspace_from = inv->extra[1];
	if (decode_root(inv, out->cspace_from, invocation_mr(inv, 1), &out->cspace) != INVOKE_OK)
		return INVOKE_ERROR;
	if (cap_type(out->cspace) != CAP_CNODE)
		return error_plain(inv, seL4_IllegalOperation);
	if (decode_root(inv, out->vspace_from, invocation_mr(inv, 2), &out->vspace) != INVOKE_OK)
		return INVOKE_ERROR;
	if (!cap_is_valid_vspace(out->vspace))
		return error_plain(inv, seL4_IllegalOperation);
	return INVOKE_OK;
}

/*
 * Puts a cap into a slot of the invoked thread in place of what was there. Deleting that may have
 * deleted the source of the new cap or the thread itself: then nothing is put.
 */
static bool install(struct invocation *inv, enum tcb_slot which, struct cap cap, struct slot *from)
{
	struct slot *to = &target_of(inv)->slots[which];

	if (!cnode_delete(to))
		return false;
	if (from && object_same(cap, from->cap) && object_same(inv->cap, inv->slot->cap))
		cdt_insert(to, cap, from);
	return true;
}

static enum invoke install_roots(struct invocation *inv, const struct spaces *spaces)
{
	arch_timer_review();
	target_of(inv)->fault_handler = invocation_mr(inv, 0);
	if (!install(inv, TCB_CSPACE, spaces->cspace, spaces->cspace_from) ||
	    !install(inv, TCB_VSPACE, spaces->vspace, spaces->vspace_from))
		return INVOKE_PREEMPTED;
	sched_stale();
	return INVOKE_OK;
}

static enum invoke install_buffer(struct invocation *inv, const struct spaces *spaces)
{
	struct tcb *tcb = target_of(inv);

	if (!install(inv, TCB_BUFFER, spaces->buffer, spaces->buffer_from))
		return INVOKE_PREEMPTED;
	tcb->buffer = vaddr(spaces->buffer_at);
	return INVOKE_OK;
}

static enum invoke configure(struct invocation *inv)
{
	struct spaces spaces = { .buffer_at = 0 };
	enum invoke outcome;

	if (inv->length < 4 || inv->extras < 3)
		return error_plain(inv, seL4_TruncatedMessage);
	if (decode_buffer(inv, 2, invocation_mr(inv, 3), &spaces) != INVOKE_OK ||
	    decode_roots(inv, &spaces) != INVOKE_OK)
		return INVOKE_ERROR;
	outcome = install_roots(inv, &spaces);
	return outcome == INVOKE_OK ? install_buffer(inv, &spaces) : outcome;
}

static enum invoke set_space(struct invocation *inv)
{
	struct spaces spaces = { .buffer_at = 0 };

	if (inv->length < 3 || inv->extras < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	if (decode_roots(inv, &spaces) != INVOKE_OK)
		return INVOKE_ERROR;
	return install_roots(inv, &spaces);
}

static enum invoke set_buffer(struct invocation *inv)
{
	struct spaces spaces = { .buffer_at = 0 };

	if (inv->length < 1 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (decode_buffer(inv, 0, invocation_mr(inv, 0), &spaces) != INVOKE_OK)
		return INVOKE_ERROR;
	return install_buffer(inv, &spaces);
}

/* A priority that the authority, the first extra cap, may give. */
static enum invoke check_priority(struct invocation *inv, u64 priority)
{
	struct cap authority = invocation_extra(inv, 0);

	if (cap_type(authority) != CAP_THREAD)
		return error_capability(inv, 1);
	if (priority > tcb_of(authority)->mcp)
		return error_range(inv, 0, tcb_of(authority)->mcp);
	return INVOKE_OK;
}

/* SetPriority and SetMCPriority. */
static enum invoke set_one_priority(struct invocation *inv)
{
	u64 priority = invocation_mr(inv, 0);

	if (inv->length < 1 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (check_priority(inv, priority) != INVOKE_OK)
		return INVOKE_ERROR;
	if (inv->label == TCBSetPriority)
		tcb_set_priority(target_of(inv), (u8)priority);
	else
		target_of(inv)->mcp = (u8)priority;
	return INVOKE_OK;
}

static enum invoke set_sched_params(struct invocation *inv)
{
	u64 mcp = invocation_mr(inv, 0), priority = invocation_mr(inv, 1);

	if (inv->length < 2 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (check_priority(inv, mcp) != INVOKE_OK || check_priority(inv, priority) != INVOKE_OK)
		return INVOKE_ERROR;
	target_of(inv)->mcp = (u8)mcp;
	tcb_set_priority(target_of(inv), (u8)priority);
	return INVOKE_OK;
}

static enum invoke set_tls_base(struct invocation *inv)
{
	if (inv->length < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	arch_context_sync(target_of(inv));
	target_of(inv)->context.tpidr = invocation_mr(inv, 0);
	arch_tls_changed(target_of(inv));
	return INVOKE_OK;
}

static enum invoke set_flags(struct invocation *inv)
{
	struct tcb *tcb = target_of(inv);
	u64 clear = invocation_mr(inv, 0), set = invocation_mr(inv, 1);

	if (inv->length < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	tcb->flags = ((tcb->flags & ~clear) | set) & TCB_FLAG_FPU_DISABLED;
	arch_fpu_flags_changed(tcb);
	invocation_result(inv, tcb->flags);
	return INVOKE_OK;
}

static enum invoke bind_notification(struct invocation *inv)
{
	struct tcb *tcb = target_of(inv);
	struct cap cap = invocation_extra(inv, 0);
	struct notification *ntfn;

	if (inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (tcb->bound_notification || cap_type(cap) != CAP_NOTIFICATION ||
	    !(cap_rights(cap) & SEL4_RIGHT_READ))
		return error_plain(inv, seL4_IllegalOperation);
	ntfn = notification_of(cap);
	if (ntfn->bound || notification_state(ntfn) == NOTIFICATION_WAITING)
		return error_plain(inv, seL4_IllegalOperation);
	notification_bind(ntfn, tcb);
	return INVOKE_OK;
}

static enum invoke unbind_notification(struct invocation *inv)
{
	if (!target_of(inv)->bound_notification)
		return error_plain(inv, seL4_IllegalOperation);
	notification_unbind(target_of(inv));
	return INVOKE_OK;
}

static enum invoke suspend(struct invocation *inv)
{
	tcb_suspend(target_of(inv));
	return INVOKE_OK;
}

static enum invoke resume(struct invocation *inv)
{
	tcb_resume(target_of(inv));
	return INVOKE_OK;
}

#if KERNEL_CORES > 1
static enum invoke set_affinity(struct invocation *inv)
{
	u64 number = invocation_mr(inv, 0);

	if (inv->length < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (number >= KERNEL_CORES)
		return error_plain(inv, seL4_IllegalOperation);
	sched_migrate(target_of(inv), &cores[index_clamp(number, KERNEL_CORES)]);
	return INVOKE_OK;
}
#endif

enum invoke tcb_decode(struct invocation *inv)
{
	static enum invoke (*const calls[])(struct invocation *) = {
		[TCBReadRegisters] = read_registers,
		[TCBWriteRegisters] = write_registers,
		[TCBCopyRegisters] = copy_registers,
		[TCBConfigure] = configure,
		[TCBSetPriority] = set_one_priority,
		[TCBSetMCPriority] = set_one_priority,
		[TCBSetSchedParams] = set_sched_params,
		[TCBSetIPCBuffer] = set_buffer,
		[TCBSetSpace] = set_space,
		[TCBSuspend] = suspend,
		[TCBResume] = resume,
		[TCBBindNotification] = bind_notification,
		[TCBUnbindNotification] = unbind_notification,
#if KERNEL_CORES > 1
		[TCBSetAffinity] = set_affinity,
#endif
		[TCBSetTLSBase] = set_tls_base,
		[TCBSetFlags] = set_flags,
	};

	if (inv->label >= sizeof(calls) / sizeof(calls[0]) || !calls[inv->label])
		return error_plain(inv, seL4_IllegalOperation);
	if (!sched_may_hold(target_of(inv)))
		return INVOKE_PREEMPTED;
	sched_hold(target_of(inv));
	return calls[inv->label](inv);
}
