/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one MSI frame of the VM, and to whom each of its SPIs belongs: whoever's MSI-X (or MSI) table
 * the guest wrote the SPI into, until the entry is rewritten or its function goes.
 */
#ifndef VMM_GICV2M_H
#define VMM_GICV2M_H

#include "mmio.h"
#include "vgic.h"

#define GICV2M_SPIS 120	/* as many as a connection has MSI counters (IOBUF_MSIS) */

struct gicv2m {
	struct vgic *gic;
	gpa_t base;
	unsigned int first;	/* INTID */
	unsigned int count;
	const void *owner[GICV2M_SPIS];		/* NULL: nobody's */
	uint32_t uses[GICV2M_SPIS];		/* table entries of the owner that name it */
};

void gicv2m_init(struct gicv2m *frame, struct vgic *gic, gpa_t base, unsigned int first,
		 unsigned int count);
void gicv2m_reset(struct gicv2m *frame);

/* mmio_handler */
enum mmio_result gicv2m_mmio(void *device, struct mmio_access *access);

/* The SPI (index in the frame) that an MSI of this address and data raises, or -1. */
int gicv2m_spi(const struct gicv2m *frame, uint64_t address, uint32_t data);

/* A table entry of owner names the SPI now (no more). Binding what is another's takes it away. */
void gicv2m_bind(struct gicv2m *frame, int spi, const void *owner);
void gicv2m_unbind(struct gicv2m *frame, int spi, const void *owner);
void gicv2m_unbind_all(struct gicv2m *frame, const void *owner);

/* Raises it if it is the owner's. */
bool gicv2m_raise(struct gicv2m *frame, int spi, const void *owner);

#endif
