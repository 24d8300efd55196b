/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts as objects: who gets them (ABI 2.8, 9). */
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/invocation.h>
#include <kernel/irq.h>
#include <kernel/notification.h>
#include <kernel/sched.h>

static u8 states[IRQ_LIMIT];		/* enum irq_state */
static struct slot targets[IRQ_LIMIT];	/* the notification of each handler */

void irq_init(void)
{
	for (unsigned int irq = 0; irq < IRQ_LIMIT; irq++) {
		states[irq] = IRQ_INACTIVE;
		targets[irq] = (struct slot){ 0 };
	}
}

void irq_set_timer(unsigned int irq)
{
	states[irq] = IRQ_TIMER;
}

void irq_set_reserved(unsigned int irq)
{
	states[irq] = IRQ_RESERVED;
}

enum irq_state irq_state(unsigned int irq)
{
	return (enum irq_state)states[irq];
}

static void signal_target(unsigned int irq)
{
	struct cap cap = targets[irq].cap;

	if (cap_type(cap) == CAP_NOTIFICATION && (cap_rights(cap) & SEL4_RIGHT_WRITE))
		notification_signal(notification_of(cap), cap_badge(cap));
}

void irq_handle(void)
{
	unsigned int irq = arch_irq_take();

	if (irq >= IRQ_LIMIT)
		return;
	switch (irq_state(irq)) {
	case IRQ_SIGNAL:
		signal_target(irq);
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

void irq_handler_finalise(unsigned int irq)
{
	arch_irq_mask(irq);
	states[irq] = IRQ_INACTIVE;
	arch_irq_user_claimed(irq, false);
	cnode_delete_now(&targets[irq]);
}

struct irq_request {
	u64 irq;
	int edge;		/* 0 level, 1 edge, -1 leave as it is */
	unsigned int place;	/* message register of the destination's index; its depth follows */
};

static enum invoke issue_handler(struct invocation *inv, struct irq_request request)
{
	unsigned int irq;
	struct slot *slot;

	if (inv->length < request.place + 2 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (request.irq > arch_irq_max())
		return error_range(inv, 0, arch_irq_max());
	irq = (unsigned int)request.irq;
	if (states[irq] != IRQ_INACTIVE)
		return error_plain(inv, seL4_RevokeFirst);
	slot = invocation_empty_slot(inv, inv->extra[0]->cap, invocation_mr(inv, request.place),
				     invocation_mr(inv, request.place + 1));
	if (!slot)
		return INVOKE_ERROR;

	if (request.edge >= 0)
		arch_irq_set_edge(irq, request.edge);
	states[irq] = IRQ_SIGNAL;
	arch_irq_user_claimed(irq, true);
	arch_irq_unmask(irq);
	cdt_insert(slot, cap_plain(CAP_IRQ_HANDLER, irq), inv->slot);
	return INVOKE_OK;
}

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

enum invoke irq_control_decode(struct invocation *inv)
{
	switch (inv->label) {
	case IRQIssueIRQHandler:
		return issue_handler(inv, (struct irq_request){ invocation_mr(inv, 0), -1, 1 });
	case ARMIRQIssueIRQHandlerTrigger:
		return issue_handler(inv, (struct irq_request){
			invocation_mr(inv, 0), invocation_mr(inv, 1) != 0, 2 });
	case ARMIRQIssueSGISignal:
		return issue_sgi(inv);
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

	cnode_delete_now(target);
	cdt_insert(target, cap, inv->extra[0]);
	return INVOKE_OK;
}

enum invoke irq_handler_decode(struct invocation *inv)
{
	unsigned int irq = (unsigned int)cap_value(inv->cap);

	switch (inv->label) {
	case IRQAckIRQ:
		arch_irq_unmask(irq);
		return INVOKE_OK;
	case IRQSetIRQHandler:
		return set_target(inv, &targets[irq]);
	case IRQClearIRQHandler:
		cnode_delete_now(&targets[irq]);
		return INVOKE_OK;
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
