/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts: who gets them. The controller itself is the arch's (arch.h). */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include <arch/irq.h>
#include <kernel/cdt.h>

struct core;

#define IRQ_LIMIT	ARCH_IRQ_LIMIT	/* interrupts that the platform has */
#define IRQ_PRIVATE	32	/* the first of them, which each core has for itself */

/*
 * What a handler cap names: an interrupt of core 0 or of all by its number; the private ones of
 * other cores follow.
 */
#define IRQ_NAMES	(IRQ_LIMIT + (KERNEL_CORES - 1) * IRQ_PRIVATE)

enum irq_state { IRQ_INACTIVE, IRQ_SIGNAL, IRQ_TIMER, IRQ_RESERVED };

/* Every interrupt is inactive (as after boot). */
void irq_init(void);
/* Boot: the kernel's own interrupts, on this core if private. Unmasking them is the arch's business. */
void irq_set_timer(unsigned int irq);
void irq_set_reserved(unsigned int irq);
enum irq_state irq_state(unsigned int irq);
/* Is this a cap to the handler of that core's interrupt? */
bool irq_handler_is(struct cap cap, const struct core *core, unsigned int irq);
/* One pending interrupt: take it from the controller, act, end it. Does not schedule. */
void irq_handle(void);
/* A step of the end of what the last handler cap signals, see object_wind_down(). */
bool irq_handler_wind_down(unsigned int name);
/* The last handler cap goes; nothing is left to wind down. */
void irq_handler_finalise(unsigned int name);

#endif
