/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * List registers that can be written by InjectIRQ and not be read. Each is in use until its maintenance
 * event, so an interrupt cannot be spilled, and what is nested is at most as deep as there are of them.
 *
 * What must not be delivered any more is *parked*: the same interrupt is written there with priority 31,
 * which no priority mask of 5 bits lets through. Its state is here again; the list register is free for
 * others, and the first choice for itself, since no INTID may be in two of them.
 */
#include "vgic.h"

#include <stddef.h>

#include "vcpu.h"

#define NEVER	31u

/* The guest may have taken it already; then an edge comes once more. Refused: it is known to be active. */
void vgic_blind_withdraw(struct vgic *gic, struct vgic_irq *irq)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	unsigned int lr = (unsigned int)irq->lr;

	if (!vcpu_inject_irq(c->vcpu, irq->intid, NEVER, irq->group1, lr))
		return;
	c->in_lr[lr] = NULL;
	c->free |= 1u << lr;
	c->parked[lr] = irq;
	irq->lr = -1;
	if (irq->intid < VGIC_SGIS)
		irq->sources |= (uint8_t)(1u << irq->active_source);
	else
		irq->latched |= irq->edge || irq->soft;
	irq->soft = false;
}

void vgic_blind_forget(struct vgic_cpu *c, unsigned int lr)
{
	c->parked[lr] = NULL;
}

static unsigned int choose(const struct vgic *gic, const struct vgic_cpu *c,
			   const struct vgic_irq *irq)
{
	unsigned int i, lr = (unsigned int)__builtin_ctz(c->free);

	for (i = 0; i < gic->lrs; i++) {
		if (c->parked[i] == irq)
			return i;
		if ((c->free >> i & 1) && c->parked[lr] && !c->parked[i])
			lr = i;
	}
	return lr;
}

void vgic_blind_settle(struct vgic *gic, struct vgic_cpu *c)
{
	while (c->ready && c->free) {
		unsigned int lr = choose(gic, c, c->ready);

		vgic_blind_forget(c, lr);
		vgic_load(gic, c->ready, lr);
	}
}
