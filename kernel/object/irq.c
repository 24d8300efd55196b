/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts as objects: who gets them (ABI 2.8, 9). */
#include <arch/clamp.h>
#include <kernel/account.h>
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/invocation.h>
#include <kernel/irq.h>
#include <kernel/notification.h>
#include <kernel/object.h>
#include <kernel/sched.h>

static u8 states[IRQ_NAMES];		/* enum irq_state */
static struct slot targets[IRQ_NAMES];	/* the notification of each handler */

static unsigned int name_of(const struct core *core, unsigned int irq)
{
	if (KERNEL_CORES == 1 || irq >= IRQ_PRIVATE || core == &cores[0])
		return irq;
	return IRQ_LIMIT + (core_number(core) - 1) * IRQ_PRIVATE + irq;
}

static unsigned int irq_of(unsigned int name)
{
	return name < IRQ_LIMIT ? name : (name - IRQ_LIMIT) % IRQ_PRIVATE;
}

/* Where its registers are: a shared interrupt's are the same everywhere. */
static struct core *core_of_irq(unsigned int name)
{
	if (KERNEL_CORES > 1 && name >= IRQ_LIMIT)
		return &cores[(name - IRQ_LIMIT) / IRQ_PRIVATE + 1];
	return name < IRQ_PRIVATE ? &cores[0] : core_self();
}

bool irq_handler_is(struct cap cap, const struct core *core, unsigned int irq)
{
	return cap_type(cap) == CAP_IRQ_HANDLER && cap_value(cap) == name_of(core, irq);
}

static void mask_here(u64 irq)
{
	arch_irq_mask((unsigned int)irq);
}

static void unmask_here(u64 irq)
{
	arch_irq_unmask((unsigned int)irq);
}

static void set_level_here(u64 irq)
{
	arch_irq_set_edge((unsigned int)irq, false);
}

static void set_edge_here(u64 irq)
{
	arch_irq_set_edge((unsigned int)irq, true);
}

void irq_init(void)
{
	for (unsigned int irq = 0; irq < IRQ_NAMES; irq++) {
		states[irq] = IRQ_INACTIVE;
		targets[irq] = (struct slot){ 0 };
	}
}

void irq_set_timer(unsigned int irq)
{
	states[name_of(core_self(), irq)] = IRQ_TIMER;
}

void irq_set_reserved(unsigned int irq)
{
	states[name_of(core_self(), irq)] = IRQ_RESERVED;
}

enum irq_state irq_state(unsigned int irq)
{
	return (enum irq_state)states[name_of(core_self(), irq)];
}

static void signal_target(unsigned int name)
{
	struct cap cap = targets[name].cap;

	if (cap_type(cap) == CAP_NOTIFICATION && (cap_rights(cap) & SEL4_RIGHT_WRITE))
		notification_signal(notification_of(cap), cap_badge(cap), ACCOUNT_CALLER);
}

/*
 * The next interrupt. One from another core asks for nothing but this entry, so it must not take the
 * place of another interrupt in it: their numbers come first, and others could send them for ever.
 * They are sent with the lock held, so there are at most a few of them.
 */
static unsigned int take(void)
{
	unsigned int irq = arch_irq_take();

	while (KERNEL_CORES > 1 && (irq == CORE_SGI_CALL || irq == CORE_SGI_RESCHEDULE)) {
		arch_irq_end(irq);
		irq = arch_irq_take();
	}
	return irq;
}

void irq_handle(void)
{
	unsigned int irq = take();

	if (irq >= IRQ_LIMIT)
		return;
	switch (irq_state(irq)) {
	case IRQ_SIGNAL:
		signal_target(name_of(core_self(), irq));
		arch_irq_mask(irq);
		break;
	case IRQ_TIMER:
		sched_tick();
		arch_timer_tick();
		break;
	case IRQ_RESERVED:
		arch_irq_end(irq);	/* first: a guest may be the one to deactivate it */
		arch_reserved_irq(irq);
		return;
	case IRQ_INACTIVE:
		arch_irq_mask(irq);
		break;
	}
	arch_irq_end(irq);
}

bool irq_handler_wind_down(unsigned int name)
{
	struct slot *target = &targets[name];

	return !slot_is_empty(target) && cdt_is_final(target) && object_wind_down(&target->cap);
}

void irq_handler_finalise(unsigned int name)
{
	core_do(core_of_irq(name), mask_here, irq_of(name));
	states[name] = IRQ_INACTIVE;
	arch_irq_handler_used(core_of_irq(name), irq_of(name), NULL);
	cnode_delete_now(&targets[name]);
}

struct irq_request {
	u64 irq;
	int edge;		/* 0 level, 1 edge, -1 leave as it is */
	unsigned int place;	/* message register of the destination's index; its depth follows */
	struct core *core;	/* whose it is, or who gets it */
};

static enum invoke issue_handler(struct invocation *inv, struct irq_request request)
{
	unsigned int irq, name;
	struct slot *slot;

	if (inv->length < request.place + 2 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (request.irq > arch_irq_max())
		return error_range(inv, 0, arch_irq_max());
	irq = (unsigned int)index_clamp(request.irq, arch_irq_max() + 1);
	name = name_of(request.core, irq);
	if (states[name] != IRQ_INACTIVE)
		return error_plain(inv, seL4_RevokeFirst);
	slot = invocation_empty_slot(inv, inv->extra[0]->cap, invocation_mr(inv, request.place),
				     invocation_mr(inv, request.place + 1));
	if (!slot)
		return INVOKE_ERROR;

	if (request.edge >= 0)
		core_do(core_of_irq(name), request.edge ? set_edge_here : set_level_here, irq);
#if KERNEL_CORES > 1
	if (irq >= IRQ_PRIVATE)
		arch_irq_route(irq, request.core);
#endif
	states[name] = IRQ_SIGNAL;
	arch_irq_handler_used(core_of_irq(name), irq, slot);
	core_do(core_of_irq(name), unmask_here, irq);
	cdt_insert(slot, cap_plain(CAP_IRQ_HANDLER, name), inv->slot);
	return INVOKE_OK;
}

#if KERNEL_CORES > 1
static enum invoke issue_on_core(struct invocation *inv)
{
	u64 core = invocation_mr(inv, 4);

	if (inv->length < 5 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (core >= KERNEL_CORES)
		return error_argument(inv, 4);
	return issue_handler(inv, (struct irq_request){
		invocation_mr(inv, 0), invocation_mr(inv, 1) != 0, 2, &cores[index_clamp(core, KERNEL_CORES)] });
}
#else
static enum invoke issue_sgi(struct invocation *inv)
{
	u64 sgi = invocation_mr(inv, 0), target = invocation_mr(inv, 1);
	struct slot *slot;

	if (inv->length < 4 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (sgi > 15)
		return error_range(inv, 0, 15);
	if (target > 7)
		return error_argument(inv, 1);
	slot = invocation_empty_slot(inv, inv->extra[0]->cap, invocation_mr(inv, 2),
				     invocation_mr(inv, 3));
	if (!slot)
		return INVOKE_ERROR;

	cdt_insert(slot, cap_plain(CAP_SGI, sgi | target << 8), inv->slot);
	return INVOKE_OK;
}
#endif

/* A trigger for a private interrupt needs a core, too. */
static enum invoke issue_with_trigger(struct invocation *inv)
{
	u64 irq = invocation_mr(inv, 0);

	if (KERNEL_CORES > 1 && inv->length >= 4 && inv->extras >= 1 && irq < IRQ_PRIVATE)
		return error_plain(inv, seL4_IllegalOperation);
	return issue_handler(inv, (struct irq_request){
		irq, invocation_mr(inv, 1) != 0, 2, &cores[0] });
}

enum invoke irq_control_decode(struct invocation *inv)
{
	switch (inv->label) {
	case IRQIssueIRQHandler:
		return issue_handler(inv, (struct irq_request){
			invocation_mr(inv, 0), -1, 1, &cores[0] });
	case ARMIRQIssueIRQHandlerTrigger:
		return issue_with_trigger(inv);
#if KERNEL_CORES > 1
	case ARMIRQIssueIRQHandlerTriggerCore:
		return issue_on_core(inv);
#else
	case ARMIRQIssueSGISignal:
		return issue_sgi(inv);
#endif
	default:
		return error_plain(inv, seL4_IllegalOperation);
	}
}

static enum invoke set_target(struct invocation *inv, struct slot *target)
{
	struct cap cap = invocation_extra(inv, 0);

	if (inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (cap_type(cap) != CAP_NOTIFICATION || !(cap_rights(cap) & SEL4_RIGHT_WRITE))
		return error_capability(inv, 0);

	if (!cnode_delete(target))
		return INVOKE_PREEMPTED;
	cdt_insert(target, cap, inv->extra[0]);
	return INVOKE_OK;
}

enum invoke irq_handler_decode(struct invocation *inv)
{
	unsigned int name = (unsigned int)cap_value(inv->cap);

	arch_irq_handler_used(core_of_irq(name), irq_of(name), inv->slot);
	switch (inv->label) {
	case IRQAckIRQ:
		if (!core_may_disturb(core_of_irq(name)))
			return INVOKE_PREEMPTED;
		core_do(core_of_irq(name), unmask_here, irq_of(name));
		return INVOKE_OK;
	case IRQSetIRQHandler:
		return set_target(inv, &targets[name]);
	case IRQClearIRQHandler:
		return cnode_delete(&targets[name]) ? INVOKE_OK : INVOKE_PREEMPTED;
	default:
		return error_plain(inv, seL4_IllegalOperation);
	}
}

enum invoke sgi_decode(struct invocation *inv)
{
	arch_sgi_raise((unsigned int)cap_value(inv->cap) & 15,
		       (unsigned int)cap_value(inv->cap) >> 8);
	return INVOKE_OK;
}
