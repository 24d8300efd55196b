/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hardware's virtual CPU interface: what a guest's accesses to GICV do to the list registers.
 * IHI 0048B, chapter 5; 32 priorities and one word of active priorities, as in a GIC-400.
 */
#ifndef GICH_H
#define GICH_H

#include <stdbool.h>
#include <stdint.h>

#define GICH_LRS	4u

struct gich {
	uint32_t lr[GICH_LRS], hcr, vmcr, apr;
};

/* GICH_VMCR */
#define VMCR_GROUP0	(1u << 0)
#define VMCR_GROUP1	(1u << 1)
#define VMCR_ACK_CTL	(1u << 2)
#define VMCR_CBPR	(1u << 4)
#define VMCR_EOI_MODE	(1u << 9)
#define VMCR_ABP_SHIFT	18
#define VMCR_BP_SHIFT	21
#define VMCR_MASK_SHIFT	27

#define GICH_BP_MIN	2u		/* what a smaller binary point is taken for */

void gich_reset(struct gich *g);
uint32_t gich_read_iar(struct gich *g);
void gich_write_eoir(struct gich *g, uint32_t value);
void gich_write_dir(struct gich *g, uint32_t value);
uint32_t gich_read_rpr(const struct gich *g);
void gich_write_pmr(struct gich *g, uint32_t value);
void gich_write_bpr(struct gich *g, uint32_t value);

uint32_t gich_ended(const struct gich *g);	/* GICH_EISR */
uint32_t gich_empty(const struct gich *g);	/* GICH_ELRSR */
bool gich_asserted(const struct gich *g);	/* the maintenance interrupt */

#endif
