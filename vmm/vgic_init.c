/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of the vGIC: made, given list registers, reset; vCPUs go on and off. */
#include <stddef.h>
#include <string.h>

#include "arm/gicv2.h"
#include "vcpu.h"
#include "vgic.h"

static void irq_reset(struct vgic_irq *irq, unsigned int intid, unsigned int cpu)
{
	bool release = irq->ended && irq->level;

	irq->next = NULL;
	irq->intid = (uint16_t)intid;
	irq->priority = 0;
	irq->targets = (uint8_t)(intid < VGIC_PRIVATE ? 1u << cpu : 1u);
	irq->cpu = (uint8_t)cpu;
	irq->sources = 0;
	irq->active_source = 0;
	irq->taken = irq->mark = 0;
	irq->lr = -1;
	irq->queued = irq->spilled = false;
	irq->enabled = intid < VGIC_SGIS;
	irq->group1 = false;
	irq->edge = intid < VGIC_SGIS;
	irq->latched = false;
	irq->active = false;
	irq->soft = false;
	if (release) {
		irq->level = false;
		irq->ended(irq->source, intid);
	}
}

void vgic_reset(struct vgic *gic)
{
	unsigned int cpu, i;

	gic->ctlr = 0;
	for (cpu = 0; cpu < gic->cpus; cpu++) {
		struct vgic_cpu *c = &gic->cpu[cpu];

		c->ready = c->spilled = NULL;
		c->control = GICH_HCR_EN;
		c->timer = 0;		/* vCPU objects are made anew */
		c->news = false;
		memset(c->in_lr, 0, sizeof(c->in_lr));
		memset(c->parked, 0, sizeof(c->parked));
		memset(c->written, 0, sizeof(c->written));
		c->free = (1u << gic->lrs) - 1;
		for (i = 0; i < VGIC_PRIVATE; i++)
			irq_reset(&c->private[i], i, cpu);
	}
	for (i = VGIC_PRIVATE; i < gic->intids; i++)
		irq_reset(&gic->spi[i - VGIC_PRIVATE], i, 0);
}

void vgic_init(struct vgic *gic, struct vcpu *const *vcpus, unsigned int cpus,
	       unsigned int intids)
{
	unsigned int i;

	memset(gic, 0, sizeof(*gic));
	gic->cpus = cpus < VGIC_CPUS ? cpus : VGIC_CPUS;
	gic->intids = intids < VGIC_INTIDS ? intids : VGIC_INTIDS;
	for (i = 0; i < gic->cpus; i++)
		gic->cpu[i].vcpu = vcpus[i];
	vgic_reset(gic);
}

void vgic_set_list_registers(struct vgic *gic, const struct vcpu_lists *lists)
{
	unsigned int i;

	gic->timer = lists->timer && lists->access && lists->count > 1 && lists->count <= VGIC_LRS;
	gic->lrs = lists->count < VGIC_LRS ? lists->count : VGIC_LRS;
	gic->lrs -= gic->timer;
	gic->access = lists->access;
	for (i = 0; i < gic->cpus; i++)
		gic->cpu[i].free = (1u << gic->lrs) - 1;
}

/* Without a look at list registers what was in them may have been taken: edges come once more. */
static void unload_blindly(struct vgic *gic, struct vgic_cpu *c, unsigned int lr)
{
	struct vgic_irq *irq = c->in_lr[lr];

	c->in_lr[lr] = NULL;
	irq->lr = -1;
	irq->latched |= irq->edge && irq->intid >= VGIC_PRIVATE;
	irq->soft = false;
}

/* What is in its list registers comes back here, and goes to another vCPU if it may. */
static void unload_all(struct vgic *gic, unsigned int cpu)
{
	struct vgic_cpu *c = &gic->cpu[cpu];
	unsigned int i;

	for (i = 0; i < gic->lrs; i++) {
		struct vgic_irq *irq = c->in_lr[i];

		if (!irq)
			continue;
		if (gic->access)
			vgic_fold(gic, irq);
		else
			unload_blindly(gic, c, i);
		vgic_update(gic, irq);
	}
	c->free = (1u << gic->lrs) - 1;		/* of the next vCPU object */
	memset(c->parked, 0, sizeof(c->parked));
	c->control = GICH_HCR_EN;
}

/* What was active there still is, but the next vCPU object has no active priority of it. */
static void forget_priority(struct vgic_irq *irq, unsigned int cpu)
{
	if (irq->cpu == cpu)
		irq->taken = irq->mark = 0;
}

/* A line of its own that was up: of the vCPU object that is gone. */
static void release_lines(struct vgic_cpu *c)
{
	unsigned int i;

	for (i = VGIC_SGIS; i < VGIC_PRIVATE; i++)
		if (c->private[i].ended)
			c->private[i].level = false;
}

void vgic_cpu_online(struct vgic *gic, unsigned int cpu, bool online)
{
	struct vgic_cpu *c = &gic->cpu[cpu];
	unsigned int i;

	c->online = online;
	if (!online)
		unload_all(gic, cpu);
	else
		release_lines(c);
	for (i = 0; i < VGIC_PRIVATE; i++) {
		forget_priority(&c->private[i], cpu);
		vgic_update(gic, &c->private[i]);
	}
	for (i = VGIC_PRIVATE; i < gic->intids; i++) {
		forget_priority(&gic->spi[i - VGIC_PRIVATE], cpu);
		vgic_update(gic, &gic->spi[i - VGIC_PRIVATE]);
	}
}
