/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes a guest's access that faulted to the device that is emulated there. */
#ifndef VMM_MMIO_H
#define VMM_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_memory.h"

struct vcpu;

enum mmio_result {
	MMIO_DONE,		/* a read's value is in access->value */
	MMIO_LATER,		/* vcpu_complete_mmio comes later: the vCPU stays blocked */
	MMIO_UNHANDLED,		/* nothing there: an external abort for the guest */
	MMIO_READ_ONLY,		/* likewise; memory that the guest may only read */
};

struct mmio_access {
	struct vcpu *vcpu;
	gpa_t address;
	uint64_t offset;	/* in the region */
	uint64_t value;		/* of a write only through mmio_write_value */
	uint8_t size;		/* 1, 2, 4 or 8 */
	uint8_t reg;		/* 0 to 31; 31 = zero register */
	bool write;
	bool value_known;
	bool sign_extend;
	bool wide;		/* the register is 64 bits wide */
};

typedef enum mmio_result (*mmio_handler)(void *device, struct mmio_access *access);

struct mmio_region {
	const char *name;
	gpa_t base;
	uint64_t size;
	mmio_handler handler;
	void *device;
};

#define MMIO_REGIONS 160

struct mmio_bus {
	struct mmio_region region[MMIO_REGIONS];
	unsigned int count;
	unsigned int last;	/* the one that was hit last: accesses come in runs */
};

/* False: no room, or it overlaps one that is there. */
bool mmio_add(struct mmio_bus *bus, const char *name, gpa_t base, uint64_t size,
	      mmio_handler handler, void *device);

enum mmio_result mmio_dispatch(struct mmio_bus *bus, struct mmio_access *access);

/* What the guest stores. Read from the vCPU only when asked for: a doorbell never asks. */
uint64_t mmio_write_value(struct mmio_access *access);

/* What the guest's register gets for a value that was read. */
uint64_t mmio_extend(const struct mmio_access *access, uint64_t value);

static inline uint64_t mmio_mask(unsigned int size)
{
	return size >= 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

#endif
