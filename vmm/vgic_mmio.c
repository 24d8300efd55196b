/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of register blocks: place, bits for each interrupt, and what a field reads and does.
 * IHI 0048B, 4.3. Bytes are accessible where the manual says so, words everywhere.
 */
#include "vgic_mmio.h"

#include <stddef.h>

#include "arm/gicv2.h"
#include "vcpu.h"
#include "vgic.h"

typedef uint32_t (*field_read)(struct vgic *gic, struct vgic_irq *irq);
typedef void (*field_write)(struct vgic *gic, struct vgic_irq *irq, uint32_t value);

struct block {
	uint8_t bits;		/* of each interrupt */
	bool bytes;		/* byte accesses allowed */
	bool ones;		/* a zero bit written does nothing */
	field_read read;
	field_write write;
};

static bool is_sgi(const struct vgic_irq *irq)
{
	return irq->intid < VGIC_SGIS;
}

static uint32_t read_group(struct vgic *gic, struct vgic_irq *irq)
{
	return irq->group1;
}

static void write_group(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	if (irq->group1 == !!value)
		return;
	vgic_fold(gic, irq);
	irq->group1 = value;
	vgic_update(gic, irq);
}

static uint32_t read_enable(struct vgic *gic, struct vgic_irq *irq)
{
	return irq->enabled;
}

static void set_enable(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	vgic_enable(gic, irq, true);
}

static void clear_enable(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	vgic_enable(gic, irq, false);
}

static uint32_t read_pending(struct vgic *gic, struct vgic_irq *irq)
{
	uint32_t there;

	if (vgic_is_pending(irq) || (!gic->access && irq->lr >= 0))
		return 1;
	there = vgic_peek(gic, irq);
	/* A line that fell is pending no more, but what was latched and the kernel's timer are. */
	return (there & GICH_LR_PENDING) && (irq->edge || irq->soft || irq->lr < 0);
}

static void set_pending(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	if (is_sgi(irq))
		return;		/* by SPENDSGIR */
	vgic_fold(gic, irq);
	irq->latched = true;
	vgic_update(gic, irq);
}

static void clear_pending(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	if (is_sgi(irq))
		return;
	vgic_fold(gic, irq);
	irq->latched = false;
	vgic_update(gic, irq);
}

static uint32_t read_active(struct vgic *gic, struct vgic_irq *irq)
{
	return irq->active || (vgic_peek(gic, irq) & GICH_LR_ACTIVE);
}

static void set_active(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	vgic_fold(gic, irq);
	irq->active = true;
	vgic_update(gic, irq);
}

static void clear_active(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	vgic_fold(gic, irq);
	irq->active = false;
	irq->taken = irq->mark = 0;
	vgic_update(gic, irq);
}

static uint32_t read_priority(struct vgic *gic, struct vgic_irq *irq)
{
	return irq->priority;
}

static void write_priority(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	uint8_t priority = value & 0xf8;	/* 32 levels, as a list register has them */

	if (priority == irq->priority)
		return;
	vgic_fold(gic, irq);
	irq->priority = priority;
	vgic_update(gic, irq);
}

static uint32_t read_targets(struct vgic *gic, struct vgic_irq *irq)
{
	return irq->targets;
}

static void write_targets(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	if (irq->intid < VGIC_PRIVATE)
		return;
	vgic_fold(gic, irq);
	irq->targets = (uint8_t)(value & ((1u << gic->cpus) - 1));
	vgic_update(gic, irq);
}

static uint32_t read_config(struct vgic *gic, struct vgic_irq *irq)
{
	return irq->edge ? 2 : 0;
}

static void write_config(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	bool edge = value & 2;

	if (irq->intid < VGIC_PRIVATE || irq->edge == edge)
		return;
	vgic_fold(gic, irq);
	irq->edge = edge;
	vgic_update(gic, irq);
}

static uint32_t read_sources(struct vgic *gic, struct vgic_irq *irq)
{
	uint32_t there = vgic_peek(gic, irq), sources = irq->sources;

	if (there & GICH_LR_PENDING)
		sources |= 1u << (there >> GICH_LR_CPUID_SHIFT & 7);
	return sources;
}

static void set_sources(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	vgic_fold(gic, irq);
	irq->sources |= (uint8_t)(value & ((1u << gic->cpus) - 1));
	vgic_update(gic, irq);
}

static void clear_sources(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	vgic_fold(gic, irq);
	irq->sources &= (uint8_t)~value;
	vgic_update(gic, irq);
}

/* The register blocks begin at multiples of 0x80: where an offset leads is a look into a table. */
#define SLOT(offset)		((offset) / 0x80)
#define SLOTS			SLOT(0x1000)
#define SPAN(offset, length)	[SLOT(offset) ... SLOT((offset) + (length) - 1)]

static const struct block blocks[SLOTS] = {
	/* offset	length	   bits bytes  ones   read		write */
	SPAN(GICD_IGROUPR,	0x80) =	 { 1, false, false, read_group,	write_group },
	SPAN(GICD_ISENABLER,	0x80) =	 { 1, false, true,  read_enable,	set_enable },
	SPAN(GICD_ICENABLER,	0x80) =	 { 1, false, true,  read_enable,	clear_enable },
	SPAN(GICD_ISPENDR,	0x80) =	 { 1, false, true,  read_pending,	set_pending },
	SPAN(GICD_ICPENDR,	0x80) =	 { 1, false, true,  read_pending,	clear_pending },
	SPAN(GICD_ISACTIVER,	0x80) =	 { 1, false, true,  read_active,	set_active },
	SPAN(GICD_ICACTIVER,	0x80) =	 { 1, false, true,  read_active,	clear_active },
	SPAN(GICD_IPRIORITYR,	0x400) = { 8, true,  false, read_priority,	write_priority },
	SPAN(GICD_ITARGETSR,	0x400) = { 8, true,  false, read_targets,	write_targets },
	SPAN(GICD_ICFGR,	0x100) = { 2, false, false, read_config,	write_config },
};

/* Where the blocks whose registers are not a multiple of 0x80 long begin. */
static const struct block clear_sgi = { 8, true, true, read_sources, clear_sources };
static const struct block set_sgi = { 8, true, true, read_sources, set_sources };

static const struct block *block_at(uint64_t offset, uint64_t *first)
{
	const struct block *b = &blocks[SLOT(offset)];

	if (b->read) {
		/* 1,020 interrupts of 1, 2 or 8 bits from the start of the block */
		*first = b->bits == 1 ? offset & ~0x7full :
			 b->bits == 2 ? GICD_ICFGR : offset & ~0x3ffull;
		return b;
	}
	*first = offset & ~0xfull;
	if (*first == GICD_CPENDSGIR)
		return &clear_sgi;
	return *first == GICD_SPENDSGIR ? &set_sgi : NULL;
}

/* Interrupts of one word are neighbours in memory: all private or all shared. */
static uint64_t read_block(struct vgic *gic, const struct block *b, const struct mmio_access *a,
			   unsigned int first)
{
	struct vgic_irq *irq = vgic_irq(gic, a->vcpu->index, first);
	unsigned int bits = a->size * 8u, at;
	uint64_t value = 0;

	if (!irq)
		return 0;
	if (b->read == read_enable)	/* what Linux reads most, all 32: no call for each */
		for (at = 0; at < bits; at++, irq++)
			value |= (uint64_t)irq->enabled << at;
	else
		for (at = 0; at < bits; at += b->bits, irq++)
			value |= (uint64_t)b->read(gic, irq) << at;
	return value;
}

static void write_block(struct vgic *gic, const struct block *b, struct mmio_access *a,
			unsigned int first)
{
	struct vgic_irq *irq = vgic_irq(gic, a->vcpu->index, first);
	uint32_t mask = (1u << b->bits) - 1, value = (uint32_t)mmio_write_value(a);
	unsigned int bits = a->size * 8u, at;

	for (at = 0; irq && at < bits; at += b->bits) {
		if (b->ones && !(value >> at))
			return;
		if (b->ones)	/* on to the next that something is written for */
			at += (unsigned int)__builtin_ctz(value >> at) & ~(b->bits - 1u);
		b->write(gic, irq + at / b->bits, value >> at & mask);
	}
}

/* Apart: it needs more registers than the accesses that a guest with one CPU makes. */
static __attribute__((noinline)) void write_sgir(struct vgic *gic, unsigned int from, uint32_t value)
{
	unsigned int filter = value >> 24 & 3, i;
	uint32_t targets = value >> 16 & 0xff;

	if (filter == 1)
		targets = ~(1u << from);
	else if (filter == 2)
		targets = 1u << from;
	else if (filter == 3)
		return;
	for (i = 0; i < gic->cpus; i++)
		if (targets >> i & 1)
			vgic_sgi(gic, from, i, value & 15);
}

static enum mmio_result read_word(struct vgic *gic, struct mmio_access *a)
{
	switch (a->offset) {
	case GICD_CTLR:
		a->value = gic->ctlr;
		break;
	case GICD_TYPER:	/* no security extension, CPUs, 32 interrupts each line */
		a->value = (gic->cpus - 1) << 5 | ((gic->intids + 31) / 32 - 1);
		break;
	case GICD_IIDR:
		a->value = 0x0000043b;	/* implementer Arm */
		break;
	case GICD_ICPIDR2:
		a->value = 0x2b;	/* architecture GICv2 */
		break;
	default:
		a->value = 0;
	}
	return MMIO_DONE;
}

static enum mmio_result write_word(struct vgic *gic, struct mmio_access *a)
{
	switch (a->offset) {
	case GICD_CTLR:
		vgic_set_ctlr(gic, (uint32_t)mmio_write_value(a));
		break;
	case GICD_SGIR:
		write_sgir(gic, a->vcpu->index, (uint32_t)mmio_write_value(a));
		break;
	}
	return MMIO_DONE;
}

enum mmio_result vgic_mmio(void *device, struct mmio_access *a)
{
	struct vgic *gic = device;
	const struct block *b;
	unsigned int intid;
	uint64_t first;

	if ((a->offset & (a->size - 1u)) || a->size > 4 || a->offset >= SLOTS * 0x80)
		return MMIO_UNHANDLED;
	b = block_at(a->offset, &first);
	if (a->size != 4 && !(b && b->bytes && a->size == 1))
		return MMIO_UNHANDLED;
	if (!b)
		return a->write ? write_word(gic, a) : read_word(gic, a);
	intid = (unsigned int)(a->offset - first) * 8 / b->bits;
	if (a->write)
		write_block(gic, b, a, intid);
	else
		a->value = read_block(gic, b, a, intid);
	return MMIO_DONE;
}
