/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A GICv2 as a guest sees it, written from IHI 0048B without list registers in mind: each interrupt has a
 * state, each CPU interface a stack of what it has acknowledged.
 *
 * Where the architecture leaves something open (which of several of one priority, which CPU of several
 * targets) the model says whether an answer is one of the right ones, and goes on with that.
 */
#ifndef GICV2_MODEL_H
#define GICV2_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_CPUS	4u
#define MODEL_PRIVATE	32u
#define MODEL_INTIDS	64u
#define MODEL_DEPTH	64u

struct model_irq {
	bool enabled, group1, edge, line, latch, active;
	uint8_t priority, targets;
	uint8_t sources;		/* of an SGI: pending from CPU n */
	uint8_t unended;		/* acknowledged so many times without an EOI */
};

struct model_cpu {
	bool group0, group1, ack_ctl, eoi_mode;
	uint32_t mask, binary_point;
	struct model_irq private[MODEL_PRIVATE];
	struct { uint32_t word; uint8_t priority; } stack[MODEL_DEPTH];
	unsigned int depth;
};

struct model {
	unsigned int cpus;
	uint32_t ctlr;
	struct model_cpu cpu[MODEL_CPUS];
	struct model_irq shared[MODEL_INTIDS];
};

void model_reset(struct model *m, unsigned int cpus);
struct model_irq *model_irq(struct model *m, unsigned int cpu, unsigned int intid);
bool model_pending(const struct model_irq *irq);
void model_sgi(struct model *m, unsigned int from, unsigned int to, unsigned int intid);
/* May a read of IAR give this? If so it is done. */
bool model_take(struct model *m, unsigned int cpu, uint32_t iar);
/* Could it be delivered at all, whatever is more urgent? */
bool model_open(struct model *m, unsigned int cpu, unsigned int intid);
/* EOIR of what was acknowledged last. */
void model_end(struct model *m, unsigned int cpu);
void model_deactivate(struct model *m, unsigned int cpu, uint32_t word);
uint32_t model_running(const struct model *m, unsigned int cpu);

#endif
