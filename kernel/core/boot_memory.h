/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory at boot: sorted lists of regions, and what the device tree says of them. */
#ifndef CORE_BOOT_MEMORY_H
#define CORE_BOOT_MEMORY_H

#include <kernel/types.h>

#define BOOT_REGIONS	64

struct region {
	u64 start, end;
};

/* Sorted, not overlapping, not touching. */
struct regions {
	unsigned int count;
	struct region at[BOOT_REGIONS];
};

/* Both halt with a line if the list is full. Empty regions are ignored. */
void regions_add(struct regions *list, u64 start, u64 end);
void regions_remove(struct regions *list, u64 start, u64 end);
/* Cuts every region down to whole multiples of 2^bits. */
void regions_align(struct regions *list, unsigned int bits);
/* The whole of [start, end) lies in one region. */
bool regions_contain(const struct regions *list, u64 start, u64 end);

/* Memory nodes into ram; reserved ranges without a map into reserved. NULL, or what is wrong. */
const char *boot_fdt_memory(const void *fdt, u64 size, struct regions *ram,
			    struct regions *reserved);

/* Does the tree have a PSCI, of 0.2 or later, that is called by smc? */
bool boot_fdt_psci(const void *fdt, u64 size);

#endif
