/* SPDX-License-Identifier: BSD-2-Clause */
/* GICv2: distributor and CPU interface for the kernel. ARM IHI 0048B. */
#include <arm/gicv2.h>
#include <kernel/arch.h>
#include <kernel/core.h>
#include <kernel/irq.h>
#include <platform.h>

#include "machine.h"

#define GICD_BASE	(KERNEL_DEVICES + 0x0000)
#define GICC_BASE	(KERNEL_DEVICES + 0x1000)
#define GICH_BASE	(KERNEL_DEVICES + 0x2000)

#define GIC_LINES	1020u	/* interrupt identifiers that a GICv2 can have */
#define IRQ_PRIORITY	0x80808080u
#define PRIORITY_MASK	0xf0u
#define BINARY_POINT	3u

static unsigned int irqs;	/* interrupt identifiers that the distributor has */

static volatile u32 *gicd(unsigned int offset)
{
	return (volatile u32 *)(u64)(GICD_BASE + offset);
}

static volatile u32 *gicc(unsigned int offset)
{
	return (volatile u32 *)(u64)(GICC_BASE + offset);
}

volatile u32 *gich_register(unsigned int offset)
{
	return (volatile u32 *)(u64)(GICH_BASE + offset);
}

/* A single core reads its own bit in the target registers of its private interrupts, or 0. */
static u32 own_target(void)
{
	for (unsigned int i = 0; i < GIC_PRIVATE; i += 4) {
		u32 targets = *gicd(GICD_ITARGETSR + i);

		targets |= targets >> 16;
		targets |= targets >> 8;
		if (targets & 0xff)
			return targets & 0xff;
	}
	return 1;
}

static void init_lines(unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i += 32) {
		*gicd(GICD_ICENABLER + i / 8) = ~0u;
		*gicd(GICD_ICPENDR + i / 8) = ~0u;
		*gicd(GICD_ICACTIVER + i / 8) = ~0u;
		*gicd(GICD_IGROUPR + i / 8) = PLATFORM_GIC_GROUP1 ? ~0u : 0;
	}
	for (unsigned int i = first; i < end; i += 4)
		*gicd(GICD_IPRIORITYR + i) = IRQ_PRIORITY;
}

void gicv2_init(void)
{
	u32 target = own_target();

	irqs = 32 * ((*gicd(GICD_TYPER) & 31) + 1);
	if (irqs > GIC_LINES)
		irqs = GIC_LINES;
	*gicd(GICD_CTLR) = 0;
	init_lines(GIC_PRIVATE, irqs);
	for (unsigned int i = GIC_PRIVATE; i < irqs; i += 4)
		*gicd(GICD_ITARGETSR + i) = target * 0x01010101u;
	for (unsigned int i = GIC_PRIVATE; i < irqs; i += 16)
		*gicd(GICD_ICFGR + i / 4) = 0;
	*gicd(GICD_CTLR) = 1;
}

/* The registers of private interrupts and the CPU interface are this core's own. */
void gicv2_start_core(void)
{
	init_lines(0, GIC_PRIVATE);
	/* What the loader was sent, or took and did not end. */
	for (unsigned int i = 0; i < GIC_SGIS; i += 4)
		*gicd(GICD_CPENDSGIR + i) = ~0u;
	*gicc(GICC_APR) = 0;
	*gicc(GICC_PMR) = PRIORITY_MASK;
	*gicc(GICC_BPR) = BINARY_POINT;
	*gicc(GICC_CTLR) = 1;
	*gich_register(GICH_HCR) = 0;
	irq_set_reserved(GIC_PPI_MAINTENANCE);
	irq_set_reserved(GIC_PPI_VIRTUAL_TIMER);
	arch_irq_unmask(GIC_PPI_MAINTENANCE);
#if KERNEL_CORES > 1
	core_self()->irq_target = own_target();
	irq_set_reserved(CORE_SGI_CALL);
	irq_set_reserved(CORE_SGI_RESCHEDULE);
	irq_set_reserved(CORE_SGI_STOP);
	arch_irq_unmask(CORE_SGI_CALL);
	arch_irq_unmask(CORE_SGI_RESCHEDULE);
	arch_irq_unmask(CORE_SGI_STOP);
#endif
}

unsigned int arch_irq_max(void)
{
	return PLATFORM_IRQ_MAX < irqs ? PLATFORM_IRQ_MAX : irqs - 1;
}

unsigned int arch_irq_take(void)
{
	u32 taken = *gicc(GICC_IAR);
	unsigned int irq = taken & 0x3ff;

	/* The source CPU of an SGI stays in the value that ends it. */
	core_self()->irq_taken = taken;
	return irq >= IRQ_LIMIT ? ARCH_IRQ_NONE : irq;
}

void arch_irq_end(unsigned int irq)
{
	(void)irq;
	*gicc(GICC_EOIR) = core_self()->irq_taken;
}

void arch_irq_mask(unsigned int irq)
{
	*gicd(GICD_ICENABLER + irq / 32 * 4) = 1u << irq % 32;
	dsb();
}

void arch_irq_unmask(unsigned int irq)
{
	*gicd(GICD_ISENABLER + irq / 32 * 4) = 1u << irq % 32;
}

/* Active by hand: not signalled again until somebody deactivates it. */
void gicv2_set_active(unsigned int irq, bool active)
{
	*gicd((active ? GICD_ISACTIVER : GICD_ICACTIVER) + irq / 32 * 4) = 1u << irq % 32;
	dsb();
}

bool gicv2_is_active(unsigned int irq)
{
	return *gicd(GICD_ISACTIVER + irq / 32 * 4) >> irq % 32 & 1;
}

void arch_irq_set_edge(unsigned int irq, bool edge)
{
	volatile u32 *config = gicd(GICD_ICFGR + irq / 16 * 4);
	u32 bit = 2u << irq % 16 * 2;

	*config = edge ? *config | bit : *config & ~bit;
}

void arch_irq_handler_used(struct core *core, unsigned int irq, struct slot *slot)
{
	if (irq == GIC_PPI_PHYSICAL_TIMER)
		timer_handler_used(core, slot);
}

void arch_sgi_raise(unsigned int sgi, unsigned int target)
{
	dsb();
	*gicd(GICD_SGIR) = (1u << target) << 16 | sgi;
}

#if KERNEL_CORES > 1
void arch_irq_route(unsigned int irq, struct core *core)
{
	*(volatile u8 *)(u64)(GICD_BASE + GICD_ITARGETSR + irq) = (u8)core->irq_target;
}

/*
 * What was written before, under the lock or in core_call(), is seen by whoever got the interrupt,
 * although that core orders what it reads by acquiring: the DSB ends the writes before the signal.
 */
void arch_core_interrupt(struct core *core, unsigned int sgi)
{
	dsb();
	*gicd(GICD_SGIR) = core->irq_target << 16 | sgi;
}

/* From whichever core. */
void arch_core_interrupt_seen(unsigned int sgi)
{
	*(volatile u8 *)(u64)(GICD_BASE + GICD_CPENDSGIR + sgi) = 0xff;
}
#endif

/* They stop when they take it, or wait for a lock that is not given back. */
void gicv2_stop_others(void)
{
	if (KERNEL_CORES > 1)
		*gicd(GICD_SGIR) = GICD_SGIR_OTHERS | CORE_SGI_STOP;
}

bool arch_irq_pending(void)
{
	return sysreg_read(isr_el1) & 0x80;
}

void arch_wait_for_interrupt(void)
{
	dsb();
	__asm__ volatile("wfi" : : : "memory");
}
