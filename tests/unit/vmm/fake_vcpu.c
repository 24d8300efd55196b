/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_vcpu.h"

#include <stdio.h>
#include <string.h>

#include "arm/gicv2.h"

struct fake_guest fake[VGIC_CPUS];
void (*fake_meanwhile)(unsigned int cpu);

void fake_vcpu_reset(void)
{
	unsigned int i;

	memset(fake, 0, sizeof(fake));
	fake_meanwhile = NULL;
	for (i = 0; i < VGIC_CPUS; i++) {
		fake[i].vmcr = 0xf8000001;	/* group 0 on, mask lets all through */
		fake[i].control = GICH_HCR_EN;
	}
}

static unsigned int priority(uint32_t lr)
{
	return lr >> GICH_LR_PRIORITY_SHIFT & 31;
}

static int most_urgent(const struct fake_guest *g)
{
	int best = -1;

	for (int i = 0; i < FAKE_LRS; i++)
		if ((g->lr[i] & GICH_LR_PENDING) && !(g->lr[i] & GICH_LR_ACTIVE) &&
		    (best < 0 || priority(g->lr[i]) < priority(g->lr[best])))
			best = i;
	return best;
}

int fake_take(unsigned int cpu)
{
	struct fake_guest *g = &fake[cpu];
	int best = most_urgent(g);

	if (best < 0)
		return -1;
	g->active |= 1u << priority(g->lr[best]);
	g->lr[best] = (g->lr[best] & ~GICH_LR_PENDING) | GICH_LR_ACTIVE;
	return (int)(g->lr[best] & GICH_LR_VIRTUALID);
}

int fake_nest(unsigned int cpu)
{
	struct fake_guest *g = &fake[cpu];
	int best = most_urgent(g);

	if (best < 0 || fake_asserted(cpu) || priority(g->lr[best]) >= g->vmcr >> 27 ||
	    (g->active && (int)priority(g->lr[best]) >= __builtin_ctz(g->active)))
		return -1;
	return fake_take(cpu);
}

bool fake_asserted(unsigned int cpu)
{
	const struct fake_guest *g = &fake[cpu];
	bool pending = false;

	for (int i = 0; i < FAKE_LRS; i++)
		pending |= (g->lr[i] & GICH_LR_STATE) == GICH_LR_PENDING;
	return g->maintenance || (g->uncounted && (g->control & GICH_HCR_LRENPIE)) ||
	       (!pending && (g->control & GICH_HCR_NPIE));
}

void fake_end(unsigned int cpu, int intid)
{
	struct fake_guest *g = &fake[cpu];

	for (int i = 0; i < FAKE_LRS; i++) {
		if ((g->lr[i] & GICH_LR_VIRTUALID) != (uint32_t)intid ||
		    !(g->lr[i] & GICH_LR_ACTIVE))
			continue;
		g->lr[i] &= ~GICH_LR_ACTIVE;
		g->active &= ~(1u << priority(g->lr[i]));
		if (intid == VGIC_TIMER_INTID && i == FAKE_LRS - 1)
			g->timer_active = false;
		if (!(g->lr[i] & GICH_LR_STATE) && (g->lr[i] & GICH_LR_EOI)) {
			g->lr[i] &= ~GICH_LR_EOI;
			g->maintenance |= 1u << i;
		}
		return;
	}
	if (!g->active)
		fail_msg("guest ended %d, which is not active", intid);
	g->active &= g->active - 1;
	g->uncounted = true;
}

void fake_maintain(struct vgic *gic, unsigned int cpu)
{
	while (fake[cpu].maintenance) {
		unsigned int i = (unsigned int)__builtin_ctz(fake[cpu].maintenance);

		fake[cpu].maintenance &= ~(1u << i);
		vgic_maintenance(gic, cpu, i);
	}
	if (fake_asserted(cpu))
		vgic_maintenance(gic, cpu, ~0ull);
	assert_false(fake_asserted(cpu));
	vgic_settle(gic, cpu);
}

/* ---- vcpu.h ---- */

void vcpu_exited(struct vcpu *vcpu)
{
}

void vcpu_exited_at(struct vcpu *vcpu, uint64_t pc)
{
}

bool vcpu_make(struct vcpu *vcpu)
{
	return true;
}

bool vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t x0)
{
	vcpu->state = VCPU_RUNNING;
	return true;
}

void vcpu_stop(struct vcpu *vcpu)
{
	vcpu->state = VCPU_OFF;
}

uint64_t vcpu_pc(struct vcpu *vcpu)
{
	return 0x1000;
}

uint64_t vcpu_register(struct vcpu *vcpu, unsigned int n)
{
	return n > 30 ? 0 : fake[vcpu->index].x[n];
}

void vcpu_set_register(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	fake[vcpu->index].x[n] = value;
}

void vcpu_resume(struct vcpu *vcpu)
{
	vcpu->state = VCPU_RUNNING;
}

void vcpu_finish(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	if (n <= 30)
		fake[vcpu->index].x[n] = value;
	vcpu->state = VCPU_RUNNING;
}

void vcpu_complete_mmio(struct vcpu *vcpu, struct mmio_access *access, uint64_t value)
{
	vcpu->state = VCPU_RUNNING;
	fake[vcpu->index].completed++;
	fake[vcpu->index].completed_value = mmio_extend(access, value);
}

void vcpu_inject_abort(struct vcpu *vcpu, uint32_t esr, uint64_t ipa)
{
	fake[vcpu->index].aborted++;
}

void vcpu_inject_undefined(struct vcpu *vcpu)
{
	fake[vcpu->index].aborted++;
}

bool vcpu_has_vectors(struct vcpu *vcpu)
{
	return true;
}

struct vcpu_idle vcpu_read_idle(struct vcpu *vcpu, bool lists)
{
	return (struct vcpu_idle){ .empty = lists ? vcpu_empty_lrs(vcpu) : 0 };
}

uint64_t vcpu_timer_deadline(const struct vcpu *vcpu, const struct vcpu_idle *idle)
{
	return ~0ull;
}

void vcpu_timer_ack(struct vcpu *vcpu)
{
	fake[vcpu->index].acked++;
}

void vcpu_fault_registers(struct vcpu *vcpu, uint64_t *esr, uint64_t *far)
{
	*esr = *far = 0;
}

struct vcpu_lists vcpu_probe_lists(struct vcpu *vcpu)
{
	return (struct vcpu_lists){
		.count = FAKE_LRS,
		.access = !fake[vcpu->index].no_access,
		.timer = fake[vcpu->index].timer_offered,
	};
}

#ifdef SEL4_SMP
void vcpu_hold(struct vcpu *vcpu)
{
	fake[vcpu->index].held = true;
}

void vcpu_let_go(struct vcpu *vcpu)
{
	fake[vcpu->index].held = false;
}
#endif

static void meanwhile(const struct vcpu *vcpu)
{
	if (fake_meanwhile && !fake[vcpu->index].held)
		fake_meanwhile(vcpu->index);
}

uint32_t vcpu_read_lr(struct vcpu *vcpu, unsigned int index)
{
	uint32_t value;

	assert_true(index < FAKE_LRS);
	assert_false(fake[vcpu->index].no_access);
	fake[vcpu->index].lr_reads++;
	value = fake[vcpu->index].lr[index];
	meanwhile(vcpu);
	return value;
}

/* What the architecture forbids: one INTID in two list registers. */
static void check_unique(const struct fake_guest *g)
{
	for (int a = 0; a < FAKE_LRS; a++)
		for (int b = a + 1; b < FAKE_LRS; b++)
			if ((g->lr[a] & GICH_LR_STATE) && (g->lr[b] & GICH_LR_STATE))
				assert_int_not_equal(g->lr[a] & GICH_LR_VIRTUALID,
						     g->lr[b] & GICH_LR_VIRTUALID);
}

void vcpu_write_lr(struct vcpu *vcpu, unsigned int index, uint32_t value)
{
	struct fake_guest *g = &fake[vcpu->index];

	assert_true(index < FAKE_LRS);
	assert_false(g->no_access);
	g->lr_writes++;
	g->lr[index] = value;
	g->maintenance &= ~(1u << index);
	check_unique(g);
}

void vcpu_pend_lr(struct vcpu *vcpu, unsigned int index, uint32_t value)
{
	struct fake_guest *g = &fake[vcpu->index];

	assert_true(index < FAKE_LRS && g->timer_offered);
	g->lr_writes++;
	if (g->lr[index] & GICH_LR_STATE) {
		assert_int_equal(g->lr[index] & GICH_LR_VIRTUALID, value & GICH_LR_VIRTUALID);
		g->lr[index] |= value & (GICH_LR_STATE | GICH_LR_EOI);
	} else {
		g->lr[index] = value;
		if (!(value & GICH_LR_STATE) && (value & GICH_LR_EOI))
			g->maintenance |= 1u << index;
	}
	check_unique(g);
}

void vcpu_set_timer(struct vcpu *vcpu, uint32_t value)
{
	struct fake_guest *g = &fake[vcpu->index];

	assert_true(g->timer_offered);
	g->timer = value;
	if (!value)
		g->timer_active = false;
}

bool fake_timer(unsigned int cpu)
{
	struct fake_guest *g = &fake[cpu];

	if (!g->timer || g->timer_active)
		return false;
	assert_int_equal(g->lr[FAKE_LRS - 1] & GICH_LR_STATE, 0);
	g->lr[FAKE_LRS - 1] = g->timer;
	g->timer_active = true;
	check_unique(g);
	return true;
}

uint64_t vcpu_empty_lrs(struct vcpu *vcpu)
{
	uint64_t empty = 0;

	for (unsigned int i = 0; i < FAKE_LRS; i++)
		if (!(fake[vcpu->index].lr[i] & GICH_LR_STATE))
			empty |= 1u << i;
	meanwhile(vcpu);
	return empty;
}

uint32_t vcpu_active_priorities(struct vcpu *vcpu)
{
	return fake[vcpu->index].active;
}

void vcpu_set_control(struct vcpu *vcpu, uint32_t value)
{
	assert_false(fake[vcpu->index].no_access);
	fake[vcpu->index].control = value;
	fake[vcpu->index].uncounted = false;
}

uint32_t vcpu_vmcr(struct vcpu *vcpu)
{
	return fake[vcpu->index].vmcr;
}

bool vcpu_inject_irq(struct vcpu *vcpu, unsigned int intid, unsigned int level,
		     unsigned int group, unsigned int index)
{
	struct fake_guest *g = &fake[vcpu->index];

	assert_true(g->no_access);
	assert_true(index < FAKE_LRS && level < 32 && group < 2);
	if ((g->lr[index] & GICH_LR_STATE) == GICH_LR_ACTIVE)
		return false;
	g->lr[index] = intid | level << GICH_LR_PRIORITY_SHIFT | GICH_LR_PENDING | GICH_LR_EOI;
	check_unique(g);
	return true;
}
