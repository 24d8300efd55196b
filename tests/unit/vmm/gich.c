/* SPDX-License-Identifier: BSD-2-Clause */
#include "gich.h"

#include <string.h>

#include "arm/gicv2.h"

#define EOI_COUNT_SHIFT	27
#define IDLE		0x100u

void gich_reset(struct gich *g)
{
	memset(g, 0, sizeof(*g));
	g->hcr = GICH_HCR_EN;
}

static uint32_t priority(uint32_t lr)
{
	return (lr >> GICH_LR_PRIORITY_SHIFT & 31) << 3;
}

static uint32_t running(const struct gich *g)
{
	return g->apr ? (uint32_t)__builtin_ctz(g->apr) << 3 : IDLE;
}

/* The bits that are the group priority. */
static uint32_t group_mask(const struct gich *g, uint32_t lr)
{
	uint32_t bp = g->vmcr >> VMCR_BP_SHIFT & 7;

	if ((lr & GICH_LR_GROUP1) && !(g->vmcr & VMCR_CBPR))
		return ~0u << (g->vmcr >> VMCR_ABP_SHIFT & 7);
	return ~0u << (bp + 1);
}

static int most_urgent(const struct gich *g)
{
	int best = -1;

	for (unsigned int i = 0; i < GICH_LRS; i++)
		if ((g->lr[i] & GICH_LR_STATE) == GICH_LR_PENDING &&
		    (best < 0 || priority(g->lr[i]) < priority(g->lr[best])))
			best = (int)i;
	return best;
}

static bool signalled(const struct gich *g, uint32_t lr)
{
	uint32_t mask = group_mask(g, lr);

	return (g->hcr & GICH_HCR_EN) &&
	       (g->vmcr & (lr & GICH_LR_GROUP1 ? VMCR_GROUP1 : VMCR_GROUP0)) &&
	       priority(lr) >> 3 < g->vmcr >> VMCR_MASK_SHIFT &&
	       (!g->apr || (priority(lr) & mask) < (running(g) & mask));
}

uint32_t gich_read_iar(struct gich *g)
{
	int best = most_urgent(g);
	uint32_t *lr = &g->lr[best < 0 ? 0 : best];

	if (best < 0 || !signalled(g, *lr))
		return GIC_SPURIOUS;
	if ((*lr & GICH_LR_GROUP1) && !(g->vmcr & VMCR_ACK_CTL))
		return GIC_SPURIOUS - 1;
	g->apr |= 1u << ((priority(*lr) & group_mask(g, *lr)) >> 3);
	*lr ^= GICH_LR_STATE;
	/* Only an SGI has a source; of others these bits are for the maintenance of their end. */
	return *lr & ((*lr & GICH_LR_VIRTUALID) < GIC_SGIS ? 0x1fff : GICH_LR_VIRTUALID);
}

static bool deactivate(struct gich *g, uint32_t intid)
{
	for (unsigned int i = 0; i < GICH_LRS; i++)
		if ((g->lr[i] & GICH_LR_ACTIVE) && (g->lr[i] & GICH_LR_VIRTUALID) == intid) {
			g->lr[i] &= ~GICH_LR_ACTIVE;
			return true;
		}
	return false;
}

void gich_write_eoir(struct gich *g, uint32_t value)
{
	uint32_t intid = value & GICH_LR_VIRTUALID;
	bool dropped = g->apr;

	if (intid > GIC_MAX_INTID)
		return;
	g->apr &= g->apr - 1;
	if (!(g->vmcr & VMCR_EOI_MODE) && !deactivate(g, intid) && dropped)
		g->hcr += 1u << EOI_COUNT_SHIFT;
}

void gich_write_dir(struct gich *g, uint32_t value)
{
	uint32_t intid = value & GICH_LR_VIRTUALID;

	if (intid <= GIC_MAX_INTID && (g->vmcr & VMCR_EOI_MODE) && !deactivate(g, intid))
		g->hcr += 1u << EOI_COUNT_SHIFT;
}

uint32_t gich_read_rpr(const struct gich *g)
{
	return g->apr ? running(g) : 0xff;
}

void gich_write_pmr(struct gich *g, uint32_t value)
{
	g->vmcr = (g->vmcr & ~(31u << VMCR_MASK_SHIFT)) | (value >> 3 & 31) << VMCR_MASK_SHIFT;
}

void gich_write_bpr(struct gich *g, uint32_t value)
{
	uint32_t bp = (value & 7) < GICH_BP_MIN ? GICH_BP_MIN : value & 7;
	uint32_t abp = bp < 7 ? bp + 1 : 7;

	g->vmcr &= ~(7u << VMCR_BP_SHIFT | 7u << VMCR_ABP_SHIFT);
	g->vmcr |= bp << VMCR_BP_SHIFT | abp << VMCR_ABP_SHIFT;
}

uint32_t gich_ended(const struct gich *g)
{
	uint32_t ended = 0;

	for (unsigned int i = 0; i < GICH_LRS; i++)
		if (!(g->lr[i] & (GICH_LR_STATE | GICH_LR_HW)) && (g->lr[i] & GICH_LR_EOI))
			ended |= 1u << i;
	return ended;
}

uint32_t gich_empty(const struct gich *g)
{
	uint32_t empty = 0;

	for (unsigned int i = 0; i < GICH_LRS; i++)
		if (!(g->lr[i] & GICH_LR_STATE) && !(gich_ended(g) >> i & 1))
			empty |= 1u << i;
	return empty;
}

bool gich_asserted(const struct gich *g)
{
	return gich_ended(g) || ((g->hcr & GICH_HCR_LRENPIE) && g->hcr >> EOI_COUNT_SHIFT) ||
	       ((g->hcr & GICH_HCR_NPIE) && most_urgent(g) < 0);
}
