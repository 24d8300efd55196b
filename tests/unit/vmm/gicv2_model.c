/* SPDX-License-Identifier: BSD-2-Clause */
#include "gicv2_model.h"

#include <stddef.h>
#include <string.h>

#define SGIS		16u
#define SPURIOUS	1023u
#define OTHER_GROUP	1022u

void model_reset(struct model *m, unsigned int cpus)
{
	memset(m, 0, sizeof(*m));
	m->cpus = cpus;
	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		for (unsigned int i = 0; i < MODEL_PRIVATE; i++) {
			m->cpu[cpu].private[i].targets = (uint8_t)(1u << cpu);
			m->cpu[cpu].private[i].enabled = m->cpu[cpu].private[i].edge = i < SGIS;
		}
	for (unsigned int i = MODEL_PRIVATE; i < MODEL_INTIDS; i++)
		m->shared[i].targets = 1;
}

struct model_irq *model_irq(struct model *m, unsigned int cpu, unsigned int intid)
{
	return intid < MODEL_PRIVATE ? &m->cpu[cpu].private[intid] : &m->shared[intid];
}

bool model_pending(const struct model_irq *irq)
{
	return irq->sources || irq->latch || (irq->line && !irq->edge);
}

void model_sgi(struct model *m, unsigned int from, unsigned int to, unsigned int intid)
{
	m->cpu[to].private[intid].sources |= (uint8_t)(1u << from);
}

bool model_open(struct model *m, unsigned int cpu, unsigned int intid)
{
	const struct model_irq *irq = model_irq(m, cpu, intid);

	return irq->enabled && (m->ctlr >> irq->group1 & 1) && (irq->targets >> cpu & 1);
}

static bool candidate(struct model *m, unsigned int cpu, unsigned int intid)
{
	const struct model_irq *irq = model_irq(m, cpu, intid);

	return model_open(m, cpu, intid) && model_pending(irq) && !irq->active;
}

/* Group 1 has a binary point of its own, one more than the other one here: the same bits. */
static uint32_t group_priority(const struct model_cpu *c, uint32_t priority)
{
	return priority & ~0u << (c->binary_point + 1);
}

uint32_t model_running(const struct model *m, unsigned int cpu)
{
	const struct model_cpu *c = &m->cpu[cpu];

	return c->depth ? c->stack[c->depth - 1].priority : 0xff;
}

static bool passes(const struct model_cpu *c, const struct model_irq *irq)
{
	if (!(irq->group1 ? c->group1 : c->group0) || irq->priority >= c->mask)
		return false;
	return !c->depth || group_priority(c, irq->priority) <
			    group_priority(c, c->stack[c->depth - 1].priority);
}

/* Another CPU may be the one that is asked to take it. */
static bool may_go_elsewhere(const struct model_irq *irq)
{
	return irq->targets & (irq->targets - 1);
}

static uint32_t most_urgent(struct model *m, unsigned int cpu)
{
	uint32_t best = 256;

	for (unsigned int i = 0; i < MODEL_INTIDS; i++) {
		const struct model_irq *irq = model_irq(m, cpu, i);

		if (candidate(m, cpu, i) && !may_go_elsewhere(irq) && irq->priority < best)
			best = irq->priority;
	}
	return best;
}

static uint32_t answer_of(const struct model_cpu *c, const struct model_irq *irq, uint32_t intid)
{
	if (!passes(c, irq))
		return SPURIOUS;
	return irq->group1 && !c->ack_ctl ? OTHER_GROUP : intid;
}

static bool is_right(struct model *m, unsigned int cpu, uint32_t answer)
{
	uint32_t best = most_urgent(m, cpu);

	if (best == 256 && answer == SPURIOUS)
		return true;
	for (unsigned int i = 0; i < MODEL_INTIDS; i++) {
		const struct model_irq *irq = model_irq(m, cpu, i);

		if (candidate(m, cpu, i) && irq->priority <= best &&
		    answer_of(&m->cpu[cpu], irq, i) == answer)
			return true;
	}
	return false;
}

bool model_take(struct model *m, unsigned int cpu, uint32_t iar)
{
	struct model_cpu *c = &m->cpu[cpu];
	uint32_t intid = iar & 1023, source = iar >> 10;
	struct model_irq *irq;

	if (!is_right(m, cpu, intid))
		return false;
	if (intid >= OTHER_GROUP)
		return !source;
	irq = model_irq(m, cpu, intid);
	if (intid >= SGIS && source)
		return false;
	if (intid < SGIS && !(irq->sources >> source & 1))
		return false;
	irq->sources &= (uint8_t)~(1u << source);
	irq->latch = false;
	irq->active = true;
	irq->unended++;
	c->stack[c->depth].word = iar;
	c->stack[c->depth++].priority = (uint8_t)group_priority(c, irq->priority);
	return true;
}

void model_deactivate(struct model *m, unsigned int cpu, uint32_t word)
{
	model_irq(m, cpu, word & 1023)->active = false;
}

void model_end(struct model *m, unsigned int cpu)
{
	struct model_cpu *c = &m->cpu[cpu];
	uint32_t word = c->stack[--c->depth].word;

	model_irq(m, cpu, word & 1023)->unended--;
	if (!c->eoi_mode)
		model_deactivate(m, cpu, word);
}
