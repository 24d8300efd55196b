/* SPDX-License-Identifier: BSD-2-Clause */
/* What the machine's device tree says, which the kernel hands over with the boot info (ABI 8.2). Pure. */
#ifndef ROOTTASK_MACHINE_H
#define ROOTTASK_MACHINE_H

#include <stdbool.h>
#include <sel4/sel4.h>
#include <stdint.h>

#define MACHINE_RANGES	16

struct machine_ram {
	struct {
		uint64_t start, end;	/* end exclusive */
	} at[MACHINE_RANGES];
	unsigned int count;
	bool known;		/* false: there is no tree, or it says something else than ranges */
};

/* NULL: there is none that can be read. */
const void *machine_tree(const seL4_BootInfo *boot);
void machine_find_ram(const seL4_BootInfo *boot, struct machine_ram *ram);
bool machine_has_ram(const struct machine_ram *ram, uint64_t start, uint64_t end);

#endif
