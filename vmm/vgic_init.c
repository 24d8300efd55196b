/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of the vGIC: made, given list registers, reset; vCPUs go on and off. */
#include <stddef.h>
#include <string.h>

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
	irq->lr = -1;
	irq->queued = false;
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

		c->ready = NULL;
		c->timer = 0;		/* vCPU objects are made anew */
		c->news = false;
		memset(c->in_lr, 0, sizeof(c->in_lr));
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

void vgic_cpu_online(struct vgic *gic, unsigned int cpu, bool online)
{
	gic->cpu[cpu].online = online;
	if (online)
		vgic_update_all(gic);
}
