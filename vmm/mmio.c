/* SPDX-License-Identifier: BSD-2-Clause */
#include "mmio.h"

#include <stddef.h>

#include "vcpu.h"

bool mmio_add(struct mmio_bus *bus, const char *name, gpa_t base, uint64_t size,
	      mmio_handler handler, void *device)
{
	unsigned int i;

	if (!size || base.value + size < base.value || bus->count == MMIO_REGIONS)
		return false;
	for (i = 0; i < bus->count; i++) {
		const struct mmio_region *r = &bus->region[i];

		if (base.value < r->base.value + r->size && r->base.value < base.value + size)
			return false;
	}
	bus->region[bus->count++] = (struct mmio_region){ name, base, size, handler, device };
	return true;
}

static bool contains(const struct mmio_region *region, gpa_t address)
{
	return address.value - region->base.value < region->size;
}

static const struct mmio_region *find(struct mmio_bus *bus, gpa_t address)
{
	unsigned int i;

	if (bus->last < bus->count && contains(&bus->region[bus->last], address))
		return &bus->region[bus->last];
	for (i = 0; i < bus->count; i++) {
		if (contains(&bus->region[i], address)) {
			bus->last = i;
			return &bus->region[i];
		}
	}
	return NULL;
}

enum mmio_result mmio_dispatch(struct mmio_bus *bus, struct mmio_access *access)
{
	const struct mmio_region *region = find(bus, access->address);

	if (!region)
		return MMIO_UNHANDLED;
	access->offset = access->address.value - region->base.value;
	if (access->offset + access->size > region->size)
		return MMIO_UNHANDLED;
	return region->handler(region->device, access);
}

uint64_t mmio_write_value(struct mmio_access *access)
{
	if (!access->value_known) {
		access->value = vcpu_register(access->vcpu, access->reg);
		access->value_known = true;
	}
	return access->value & mmio_mask(access->size);
}

uint64_t mmio_extend(const struct mmio_access *access, uint64_t value)
{
	uint64_t mask = mmio_mask(access->size);
	uint64_t sign = (mask >> 1) + 1;

	value &= mask;
	if (access->sign_extend && (value & sign))
		value |= ~mask;
	return access->wide ? value : value & 0xffffffffu;
}
