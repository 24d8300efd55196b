/* SPDX-License-Identifier: BSD-2-Clause */
#include "gicv2m.h"

#include <string.h>

#include "arm/gicv2m.h"

void gicv2m_init(struct gicv2m *frame, struct vgic *gic, gpa_t base, unsigned int first,
		 unsigned int count)
{
	memset(frame, 0, sizeof(*frame));
	frame->gic = gic;
	frame->base = base;
	frame->first = first;
	frame->count = count < GICV2M_SPIS ? count : GICV2M_SPIS;
}

void gicv2m_reset(struct gicv2m *frame)
{
	memset(frame->owner, 0, sizeof(frame->owner));
	memset(frame->uses, 0, sizeof(frame->uses));
}

enum mmio_result gicv2m_mmio(void *device, struct mmio_access *access)
{
	struct gicv2m *frame = device;
	uint64_t intid;

	if (access->size != 4 || (access->offset & 3))
		return MMIO_UNHANDLED;
	if (!access->write) {
		access->value = 0;
		if (access->offset == V2M_MSI_TYPER)
			access->value = (uint64_t)frame->first << 16 | frame->count;
		return MMIO_DONE;
	}
	if (access->offset == V2M_MSI_SETSPI_NS) {
		intid = mmio_write_value(access);
		if (intid >= frame->first && intid - frame->first < frame->count)
			vgic_pulse(frame->gic, 0, (unsigned int)intid);
	}
	return MMIO_DONE;
}

int gicv2m_spi(const struct gicv2m *frame, uint64_t address, uint32_t data)
{
	if (address != frame->base.value + V2M_MSI_SETSPI_NS)
		return -1;
	if (data < frame->first || data - frame->first >= frame->count)
		return -1;
	return (int)(data - frame->first);
}

void gicv2m_bind(struct gicv2m *frame, int spi, const void *owner)
{
	if (spi < 0)
		return;
	if (frame->owner[spi] != owner)
		frame->uses[spi] = 0;
	frame->owner[spi] = owner;
	frame->uses[spi]++;
}

void gicv2m_unbind(struct gicv2m *frame, int spi, const void *owner)
{
	if (spi < 0 || frame->owner[spi] != owner || !frame->uses[spi])
		return;
	if (--frame->uses[spi] == 0)
		frame->owner[spi] = NULL;
}

void gicv2m_unbind_all(struct gicv2m *frame, const void *owner)
{
	unsigned int i;

	for (i = 0; i < frame->count; i++) {
		if (frame->owner[i] == owner) {
			frame->owner[i] = NULL;
			frame->uses[i] = 0;
		}
	}
}

bool gicv2m_raise(struct gicv2m *frame, int spi, const void *owner)
{
	if (spi < 0 || (unsigned int)spi >= frame->count || frame->owner[spi] != owner)
		return false;
	vgic_pulse(frame->gic, 0, frame->first + (unsigned int)spi);
	return true;
}
