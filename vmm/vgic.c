/* SPDX-License-Identifier: BSD-2-Clause */
#include "vgic.h"

#include <stddef.h>

#include "arm/gicv2.h"
#include "vcpu.h"

/* GICH_VMCR, IHI 0048B 5.3.6 */
#define VMCR_ENABLE_GROUP0	(1u << 0)
#define VMCR_ENABLE_GROUP1	(1u << 1)
#define VMCR_PRIORITY_SHIFT	27

#define CTLR_GROUP0		(1u << 0)
#define CTLR_GROUP1		(1u << 1)

struct vgic_irq *vgic_irq(struct vgic *gic, unsigned int cpu, unsigned int intid)
{
	if (intid < VGIC_PRIVATE)
		return cpu < gic->cpus ? &gic->cpu[cpu].private[intid] : NULL;
	return intid < gic->intids ? &gic->spi[intid - VGIC_PRIVATE] : NULL;
}

static bool is_sgi(const struct vgic_irq *irq)
{
	return irq->intid < VGIC_SGIS;
}

bool vgic_is_pending(const struct vgic_irq *irq)
{
	if (is_sgi(irq))
		return irq->sources;
	return irq->latched || (!irq->edge && irq->level);
}

bool vgic_is_forwarded(const struct vgic *gic, const struct vgic_irq *irq)
{
	return gic->ctlr & (irq->group1 ? CTLR_GROUP1 : CTLR_GROUP0);
}

/* Who gets it: the first of its targets that is on; while it is active the one that will end it. */
static bool choose_cpu(struct vgic *gic, struct vgic_irq *irq)
{
	unsigned int i;

	if (irq->intid < VGIC_PRIVATE || irq->active)
		return gic->cpu[irq->cpu].online;
	for (i = 0; i < gic->cpus; i++) {
		if (gic->cpu[i].online && (irq->targets >> i & 1)) {
			irq->cpu = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* Of 32. An active one keeps the priority with which it was acknowledged until it ends. */
static unsigned int urgency(const struct vgic_irq *irq)
{
	return irq->active && irq->taken ? irq->taken - 1u : irq->priority >> 3;
}

uint32_t vgic_list_value(const struct vgic_irq *irq)
{
	return irq->intid | (uint32_t)urgency(irq) << GICH_LR_PRIORITY_SHIFT |
	       (irq->group1 ? GICH_LR_GROUP1 : 0);
}

/* ---- the queues of a vCPU, pending and active: by priority, then by INTID ---- */

static void dequeue(struct vgic *gic, struct vgic_irq *irq)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	struct vgic_irq **link = irq->spilled ? &c->spilled : &c->ready;

	while (*link != irq)
		link = &(*link)->next;
	*link = irq->next;
	irq->queued = irq->spilled = false;
}

static bool before(const struct vgic_irq *a, const struct vgic_irq *b)
{
	unsigned int first = urgency(a), second = urgency(b);

	return first != second ? first < second : a->intid < b->intid;
}

static void enqueue(struct vgic *gic, struct vgic_irq *irq)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	struct vgic_irq **link = irq->active ? &c->spilled : &c->ready;

	while (*link && before(*link, irq))
		link = &(*link)->next;
	irq->next = *link;
	*link = irq;
	irq->queued = true;
	irq->spilled = irq->active;
}

/* May it be delivered to the vCPU that it is of? */
static bool is_open(const struct vgic *gic, const struct vgic_irq *irq)
{
	return irq->enabled && vgic_is_forwarded(gic, irq);
}

static bool deliverable(const struct vgic *gic, const struct vgic_irq *irq)
{
	return is_open(gic, irq) && vgic_is_pending(irq);
}

/* It is active where it came from, and pending somewhere else when it ends there. */
static bool is_moved(const struct vgic_irq *irq)
{
	return !(irq->targets >> irq->cpu & 1);
}

void vgic_update(struct vgic *gic, struct vgic_irq *irq)
{
	if (irq->lr >= 0 && !gic->access && (!is_open(gic, irq) || is_moved(irq)))
		vgic_blind_withdraw(gic, irq);
	if (irq->lr >= 0)
		return;
	if (vgic_timer_is(gic, irq))
		vgic_timer_update(gic, irq);
	if (irq->queued)
		dequeue(gic, irq);	/* priority or target may be new */
	if ((irq->active ? gic->access : deliverable(gic, irq)) && choose_cpu(gic, irq))
		enqueue(gic, irq);
}

/* ---- list registers ---- */

static void vacate(struct vgic_cpu *c, struct vgic_irq *irq)
{
	c->in_lr[irq->lr] = NULL;
	c->free |= 1u << irq->lr;
	irq->lr = -1;
}

/* It is over (or was never taken), and nothing of it is in a list register. */
static void over(struct vgic *gic, struct vgic_irq *irq)
{
	irq->soft = false;
	irq->active = false;
	irq->taken = irq->mark = 0;
	if (irq->ended) {
		irq->level = false;
		irq->ended(irq->source, irq->intid);
	}
	vgic_update(gic, irq);
}

/* The state of its list register is 0. */
static void ended(struct vgic *gic, struct vgic_cpu *c, unsigned int lr)
{
	struct vgic_irq *irq = c->in_lr[lr];

	vacate(c, irq);
	over(gic, irq);
}

static void reap(struct vgic *gic, struct vgic_cpu *c)
{
	uint64_t empty = vcpu_empty_lrs(c->vcpu);
	unsigned int i;

	for (i = 0; i < gic->lrs; i++)
		if (c->in_lr[i] && (empty >> i & 1))
			ended(gic, c, i);
}

/* State of a list register back into the interrupt; the register is free then. */
static void unload(struct vgic *gic, struct vgic_irq *irq, uint32_t value)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	bool by_guest = irq->taken || !(c->written[irq->lr] & GICH_LR_ACTIVE);

	vcpu_write_lr(c->vcpu, (unsigned int)irq->lr, 0);
	vacate(c, irq);
	irq->active = value & GICH_LR_ACTIVE;
	irq->taken = irq->active && by_guest ? (uint8_t)(1 + (value >> GICH_LR_PRIORITY_SHIFT & 31)) : 0;
	irq->mark = 0;
	if (is_sgi(irq)) {
		uint8_t source = value >> GICH_LR_CPUID_SHIFT & 7;

		if (value & GICH_LR_PENDING)
			irq->sources |= (uint8_t)(1u << source);
		irq->active_source = source;
	} else if (value & GICH_LR_PENDING) {
		irq->latched |= irq->edge || irq->soft;
	}
	irq->soft = false;
}

uint32_t vgic_peek(struct vgic *gic, const struct vgic_irq *irq)
{
	const struct vgic_cpu *c = &gic->cpu[irq->cpu];
	uint32_t value = 0;

	if (irq->lr >= 0 && gic->access)
		value = vcpu_read_lr(c->vcpu, (unsigned int)irq->lr);
	else if (vgic_timer_is(gic, irq) && c->timer)
		value = vcpu_read_lr(c->vcpu, gic->lrs);
	return value & GICH_LR_STATE ? value : 0;
}

void vgic_fold(struct vgic *gic, struct vgic_irq *irq)
{
	uint32_t value;

	if (vgic_timer_is(gic, irq))
		vgic_timer_take_back(gic, irq);
	if (irq->lr < 0 || !gic->access)
		return;
	vcpu_hold(gic->cpu[irq->cpu].vcpu);
	value = vcpu_read_lr(gic->cpu[irq->cpu].vcpu, (unsigned int)irq->lr);
	if (value & GICH_LR_STATE)
		unload(gic, irq, value);
	else
		ended(gic, &gic->cpu[irq->cpu], (unsigned int)irq->lr);
}

/* Pending in addition to active: its next delivery is here, and of the priority in the list register. */
static bool may_pend_again(const struct vgic *gic, const struct vgic_irq *irq)
{
	return is_open(gic, irq) && (!irq->active || irq->taken == 1 + (irq->priority >> 3));
}

static uint32_t sgi_state(struct vgic *gic, struct vgic_irq *irq)
{
	uint32_t value = 0;

	if (irq->active)
		value = GICH_LR_ACTIVE;
	else
		irq->active_source = (uint8_t)__builtin_ctz(irq->sources);
	if (may_pend_again(gic, irq) && (irq->sources >> irq->active_source & 1)) {
		value |= GICH_LR_PENDING;
		irq->sources &= (uint8_t)~(1u << irq->active_source);
	}
	if (irq->sources)
		value |= GICH_LR_EOI;	/* the next source's turn is when this one ended */
	return value | (uint32_t)irq->active_source << GICH_LR_CPUID_SHIFT;
}

static uint32_t line_state(struct vgic *gic, struct vgic_irq *irq)
{
	uint32_t value = irq->active ? GICH_LR_ACTIVE : 0;
	bool pending = deliverable(gic, irq);
	bool here = !irq->active || (irq->edge && !is_moved(irq) && may_pend_again(gic, irq));

	/* A level that is active and pending is looked at again when it ends. */
	if (!irq->edge || irq->ended || (pending && !here))
		value |= GICH_LR_EOI;
	if (pending && here) {
		value |= GICH_LR_PENDING;
		irq->soft = !irq->edge && irq->latched;
		irq->latched = false;
	}
	return value;
}

/* The kernel holds this list register for active: it is free after its maintenance event. */
static void refused(struct vgic *gic, struct vgic_cpu *c, struct vgic_irq *irq, unsigned int lr)
{
	c->free &= ~(1u << lr);
	if (is_sgi(irq))
		irq->sources |= (uint8_t)(1u << irq->active_source);
	else
		irq->latched |= irq->edge || irq->soft;
	irq->soft = false;
	vgic_update(gic, irq);
}

void vgic_load(struct vgic *gic, struct vgic_irq *irq, unsigned int lr)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	uint32_t value = vgic_list_value(irq);

	value |= is_sgi(irq) ? sgi_state(gic, irq) : line_state(gic, irq);
	dequeue(gic, irq);
	if (gic->access)
		vcpu_write_lr(c->vcpu, lr, value);
	else if (!vcpu_inject_irq(c->vcpu, irq->intid, irq->priority >> 3, irq->group1, lr))
		return refused(gic, c, irq, lr);
	irq->lr = (int8_t)lr;
	irq->again = gic->timer && irq->edge && !irq->ended && !is_moved(irq) &&
		     may_pend_again(gic, irq);
	irq->active = false;
	c->in_lr[lr] = irq;
	c->written[lr] = value;
	c->free &= ~(1u << lr);
	c->news |= value & GICH_LR_PENDING;
	gic->injected++;
}

/* A list register whose interrupt is pending only and less urgent than irq is emptied. */
static void displace(struct vgic *gic, struct vgic_cpu *c, const struct vgic_irq *irq)
{
	struct vgic_irq *lowest = NULL;
	unsigned int i;
	uint32_t value;

	vcpu_hold(c->vcpu);
	for (i = 0; i < gic->lrs; i++) {
		struct vgic_irq *there = c->in_lr[i];

		if (!there || there->priority <= irq->priority ||
		    (lowest && there->priority <= lowest->priority))
			continue;
		value = vcpu_read_lr(c->vcpu, i);
		if (!(value & GICH_LR_ACTIVE))
			lowest = there;
	}
	if (!lowest)
		return;
	vgic_fold(gic, lowest);
	vgic_update(gic, lowest);
}

/* If none of them is pending only, the least urgent active interrupt leaves its list register. */
static void spill(struct vgic *gic, struct vgic_cpu *c)
{
	struct vgic_irq *lowest = NULL;
	uint32_t value, priority, least = 0;
	unsigned int i;

	for (i = 0; i < gic->lrs; i++) {
		value = vcpu_read_lr(c->vcpu, i);
		if (!(value & GICH_LR_ACTIVE))
			return;
		priority = value & GICH_LR_PRIORITY;
		if (lowest && priority <= least)
			continue;
		lowest = c->in_lr[i];
		least = priority;
	}
	if (!lowest)
		return;
	vgic_fold(gic, lowest);
	vgic_update(gic, lowest);
}

/* The list register in use is to report its end. */
static void ask_for_end(struct vgic *gic, struct vgic_cpu *c, unsigned int lr)
{
	uint32_t value;

	if (c->written[lr] & GICH_LR_EOI)
		return;
	value = vcpu_read_lr(c->vcpu, lr);
	if (!(value & GICH_LR_STATE)) {
		ended(gic, c, lr);
		return;
	}
	value |= GICH_LR_EOI;
	if (gic->timer)		/* on another core it may end just now */
		vcpu_pend_lr(c->vcpu, lr, value & ~GICH_LR_STATE);
	else
		vcpu_write_lr(c->vcpu, lr, value);
	c->written[lr] = value;
}

/* For the first one that is ready; which one that is may change. */
static int free_lr(struct vgic *gic, struct vgic_cpu *c)
{
	if (!c->free)
		reap(gic, c);
	if (!c->free && c->ready) {
		gic->overflowed++;
		displace(gic, c, c->ready);
	}
	if (!c->free && c->ready)
		spill(gic, c);
	return c->free ? __builtin_ctz(c->free) : -1;
}

/* The bit that its acknowledge set: the guest may have changed the binary point since. */
static uint8_t mark_of(const struct vgic_irq *irq, uint32_t active)
{
	uint32_t below = active & ((2u << (irq->taken - 1u)) - 1u);

	return below ? (uint8_t)(32 - __builtin_clz(below)) : 0;
}

/* Those of them that the guest has ended are over; of the others note whose bit is which. */
static void reap_spilled(struct vgic *gic, struct vgic_cpu *c)
{
	uint32_t active = vcpu_active_priorities(c->vcpu);
	struct vgic_irq *irq = c->spilled, *next;

	for (; irq; irq = next) {
		next = irq->next;
		if (!irq->mark && irq->taken)
			irq->mark = mark_of(irq, active);
		else if (irq->mark && !(active >> (irq->mark - 1u) & 1))
			over(gic, irq);
	}
}

/* What the hardware reports beside the end of an interrupt that asks for it. */
static void control(struct vgic_cpu *c)
{
	uint32_t value = GICH_HCR_EN;

	if (c->ready)
		value |= GICH_HCR_NPIE;
	if (c->spilled)
		value |= GICH_HCR_LRENPIE;
	if (value == c->control)
		return;
	vcpu_hold(c->vcpu);
	vcpu_set_control(c->vcpu, value);
	c->control = value;
}

static void load_ready(struct vgic *gic, struct vgic_cpu *c)
{
	while (c->ready) {
		int lr = free_lr(gic, c);

		if (lr < 0 || !c->ready)
			return;
		vgic_load(gic, c->ready, (unsigned int)lr);
	}
}

void vgic_settle(struct vgic *gic, unsigned int cpu)
{
	struct vgic_cpu *c = &gic->cpu[cpu];

	if (!gic->access) {
		vgic_blind_settle(gic, c);
		return;
	}
	load_ready(gic, c);
	while (c->spilled && c->free)
		vgic_load(gic, c->spilled, (unsigned int)__builtin_ctz(c->free));
	if (c->spilled)
		reap_spilled(gic, c);
	control(c);
}

/* The hardware counts ends that match no list register; which ones they were the priorities say. */
static void uncounted(struct vgic *gic, struct vgic_cpu *c)
{
	reap_spilled(gic, c);
	c->control = 0;			/* to be written, with a count of 0 */
}

bool vgic_maintenance(struct vgic *gic, unsigned int cpu, uint64_t index)
{
	struct vgic_cpu *c = &gic->cpu[cpu];

	if (gic->access) {
		reap(gic, c);
		if (index == ~0ull)
			uncounted(gic, c);
		vgic_settle(gic, cpu);
		return index == ~0ull || index < gic->lrs;
	}
	if (index >= gic->lrs || (!c->in_lr[index] && (c->free >> index & 1)))
		return false;
	vgic_blind_forget(c, (unsigned int)index);
	if (!c->in_lr[index])
		c->free |= 1u << index;
	else
		ended(gic, c, (unsigned int)index);
	return true;
}

/* Does the guest's CPU interface let this one through? */
static bool passes_mask(uint32_t vmcr, uint32_t lr)
{
	uint32_t enable = lr & GICH_LR_GROUP1 ? VMCR_ENABLE_GROUP1 : VMCR_ENABLE_GROUP0;

	return (vmcr & enable) && (lr >> GICH_LR_PRIORITY_SHIFT & 0x1f) < vmcr >> VMCR_PRIORITY_SHIFT;
}

/* The list registers in use that are not said to be empty. */
static uint64_t to_look_at(const struct vgic *gic, const struct vgic_cpu *c, uint64_t empty)
{
	uint64_t used = ((1u << gic->lrs) - 1) & ~c->free;

	if (c->timer)
		used |= 1u << gic->lrs;
	return used & ~empty;
}

/* Looks at what is in them. An end that was not noticed yet may bring the next one. */
static bool look(struct vgic *gic, struct vgic_cpu *c, uint64_t empty, bool *ends)
{
	uint64_t used = to_look_at(gic, c, empty);
	uint32_t vmcr = 0, value;

	*ends = false;
	for (; used; used &= used - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(used);

		if (i < gic->lrs && !c->in_lr[i])
			continue;	/* the kernel refused it */
		if (!gic->access)
			return true;	/* may be; a wfi too many costs an exit, one too few a hang */
		value = vcpu_read_lr(c->vcpu, i);
		if (!(value & GICH_LR_STATE) && c->in_lr[i]) {
			ended(gic, c, i);
			*ends = true;
		}
		if (!(value & GICH_LR_PENDING))
			continue;
		if (!vmcr)
			vmcr = vcpu_vmcr(c->vcpu);
		if (passes_mask(vmcr, value))
			return true;
	}
	return false;
}

bool vgic_pending(struct vgic *gic, unsigned int cpu, uint64_t empty)
{
	struct vgic_cpu *c = &gic->cpu[cpu];
	bool ends;

	if (c->ready)
		empty = 0;		/* what is loaded now was not there when it was said */
	do {
		vgic_settle(gic, cpu);
		c->news = false;
		if (look(gic, c, empty, &ends))
			return true;
	} while (ends && c->ready);
	return false;
}

bool vgic_news(struct vgic *gic, unsigned int cpu)
{
	bool news = gic->cpu[cpu].news;

	gic->cpu[cpu].news = false;
	return news;
}

/* ---- what devices do ---- */

/* One that nobody waits for the end of: whether it has ended is the kernel's to see. */
static void pend_again(struct vgic *gic, struct vgic_irq *irq)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	unsigned int lr = (unsigned int)irq->lr;

	vcpu_pend_lr(c->vcpu, lr, (c->written[lr] & ~GICH_LR_STATE) | GICH_LR_PENDING);
	c->news = true;
	gic->injected++;
}

/* An edge: only an interrupt that is not pending in its list register already makes a difference. */
static void latch(struct vgic *gic, struct vgic_irq *irq)
{
	uint32_t value;

	if (irq->lr >= 0 && irq->again)
		return pend_again(gic, irq);
	if (irq->lr >= 0 && gic->access) {
		vcpu_hold(gic->cpu[irq->cpu].vcpu);
		value = vcpu_read_lr(gic->cpu[irq->cpu].vcpu, (unsigned int)irq->lr);
		if (value & GICH_LR_PENDING)
			return;
		if (value & GICH_LR_STATE)
			unload(gic, irq, value);
		else
			ended(gic, &gic->cpu[irq->cpu], (unsigned int)irq->lr);
	}
	irq->latched = true;
	vgic_update(gic, irq);
}

void vgic_pulse(struct vgic *gic, unsigned int cpu, unsigned int intid)
{
	struct vgic_irq *irq = vgic_irq(gic, cpu, intid);

	if (irq && !is_sgi(irq))
		latch(gic, irq);
}

/* The line fell: what was pending by it alone is pending no more. */
static void lowered(struct vgic *gic, struct vgic_irq *irq)
{
	uint32_t value;

	if (irq->lr >= 0 && gic->access && !irq->edge && !irq->soft) {
		vcpu_hold(gic->cpu[irq->cpu].vcpu);
		value = vcpu_read_lr(gic->cpu[irq->cpu].vcpu, (unsigned int)irq->lr);
		if (value & GICH_LR_PENDING)
			unload(gic, irq, value);
	}
	vgic_update(gic, irq);
}

void vgic_set_level(struct vgic *gic, unsigned int cpu, unsigned int intid, bool level)
{
	struct vgic_irq *irq = vgic_irq(gic, cpu, intid);

	if (!irq || is_sgi(irq) || irq->level == level)
		return;
	irq->level = level;
	if (!level)
		lowered(gic, irq);
	else if (irq->edge)
		latch(gic, irq);
	else
		vgic_update(gic, irq);
}

void vgic_hold(struct vgic *gic, unsigned int cpu, unsigned int intid, vgic_ended end,
	       void *source)
{
	struct vgic_irq *irq = vgic_irq(gic, cpu, intid);

	if (!irq)
		return;
	irq->ended = end;
	irq->source = source;
}

/* ---- what the distributor's registers do ---- */

void vgic_enable(struct vgic *gic, struct vgic_irq *irq, bool enabled)
{
	if (irq->enabled == enabled)
		return;
	vgic_fold(gic, irq);
	irq->enabled = enabled;
	/* A held line was raised long ago: its source says whether that is still so. */
	if (enabled && irq->ended && irq->level && irq->lr < 0 && !irq->active) {
		irq->level = false;
		irq->ended(irq->source, irq->intid);
	}
	vgic_update(gic, irq);
}

static bool is_source(uint32_t lr, unsigned int from)
{
	return (lr >> GICH_LR_CPUID_SHIFT & 7) == from;
}

/* There is one already, in a list register. True: nothing more is to be done. */
static bool join(struct vgic *gic, struct vgic_irq *irq, unsigned int from)
{
	struct vgic_cpu *c = &gic->cpu[irq->cpu];
	unsigned int lr = (unsigned int)irq->lr;
	uint32_t value;

	if (!gic->timer) {
		vcpu_hold(c->vcpu);
		value = vcpu_read_lr(c->vcpu, lr);
		if ((value & GICH_LR_PENDING) && is_source(value, from))
			return true;
		vgic_fold(gic, irq);
		return false;
	}
	if (is_source(c->written[lr], from) && irq->again) {
		pend_again(gic, irq);
		return true;
	}
	ask_for_end(gic, c, lr);	/* then it is this one's turn */
	return false;
}

void vgic_sgi(struct vgic *gic, unsigned int from, unsigned int to, unsigned int intid)
{
	struct vgic_irq *irq = intid < VGIC_SGIS ? vgic_irq(gic, to, intid) : NULL;

	if (!irq || (irq->lr >= 0 && gic->access && join(gic, irq, from)))
		return;
	irq->sources |= (uint8_t)(1u << from);
	vgic_update(gic, irq);
}

void vgic_update_all(struct vgic *gic)
{
	unsigned int cpu, i;

	for (cpu = 0; cpu < gic->cpus; cpu++)
		for (i = 0; i < VGIC_PRIVATE; i++) {
			vgic_fold(gic, &gic->cpu[cpu].private[i]);
			vgic_update(gic, &gic->cpu[cpu].private[i]);
		}
	for (i = VGIC_PRIVATE; i < gic->intids; i++) {
		vgic_fold(gic, &gic->spi[i - VGIC_PRIVATE]);
		vgic_update(gic, &gic->spi[i - VGIC_PRIVATE]);
	}
}

void vgic_set_ctlr(struct vgic *gic, uint32_t ctlr)
{
	ctlr &= CTLR_GROUP0 | CTLR_GROUP1;
	if (ctlr == gic->ctlr)
		return;
	gic->ctlr = ctlr;
	vgic_update_all(gic);
}
