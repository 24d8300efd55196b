/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual timer's interrupt while the kernel delivers it, and the way back. */
#include "arm/gicv2.h"
#include "vcpu.h"
#include "vgic.h"

/* If its line is still up the kernel's event says so. */
void vgic_timer_take_back(struct vgic *gic, struct vgic_irq *irq)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	uint32_t value;

	if (!c->timer)
		return;
	c->timer = 0;
	vcpu_hold(c->vcpu);
	vcpu_set_timer(c->vcpu, 0);
	value = vcpu_read_lr(c->vcpu, gic->lrs);
	if (!(value & GICH_LR_STATE))
		return;
	irq->active = value & GICH_LR_ACTIVE;
	irq->taken = irq->active ? (uint8_t)(1 + (value >> GICH_LR_PRIORITY_SHIFT & 31)) : 0;
	vcpu_write_lr(c->vcpu, gic->lrs, 0);
}

/* While nothing of it is here it is the kernel's. */
void vgic_timer_update(struct vgic *gic, struct vgic_irq *irq)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];

	if (!irq->enabled || !vgic_is_forwarded(gic, irq) || !c->online || irq->active ||
	    vgic_is_pending(irq)) {
		vgic_timer_take_back(gic, irq);
	} else if (!c->timer) {
		c->timer = vgic_list_value(irq) | GICH_LR_PENDING;
		vcpu_set_timer(c->vcpu, c->timer);
	}
}

void vgic_timer(struct vgic *gic, unsigned int cpu)
{
	struct vgic_irq *irq = &gic->cpu[cpu].private[VGIC_TIMER_INTID];

	if (gic->cpu[cpu].timer && irq->ended)
		irq->ended(irq->source, irq->intid);	/* of before it was given to the kernel */
	else
		vgic_set_level(gic, cpu, VGIC_TIMER_INTID, true);
}

bool vgic_timer_is_up(struct vgic *gic, unsigned int cpu, uint64_t empty)
{
	const struct vgic_cpu *c = &gic->cpu[cpu];

	return c->timer ? !(empty >> gic->lrs & 1) : c->private[VGIC_TIMER_INTID].level;
}
